"""One polygon worked on over several hazards: a release of each, in one transaction.

Each event has the whole polygon, so that a later correction of a hazard finds what was worked on.
What the operator wrote once, size and items, stands once: on the hazard of which the polygon takes
most. EPSG:4326, m².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

from mine_geo.errors import GeometryError, MixedError, choose, some
from mine_geo.fold import fold
from mine_geo.geometry import exact_size_m2
from mine_geo.release import distance_m, worked_polygon
from mine_geo.store import content
from mine_geo.store.entries import CONTENT, Entry, Facts, day, text_of
from mine_geo.store.judging import as_there, judge
from mine_geo.store.reshaping import as_asked
from mine_geo.terms import KINDS, OUTCOMES

if TYPE_CHECKING:
    from datetime import date

    from mine_geo.store.judging import Recorded, View

LEAST_M2: Final = 0.5
"""Less than this rounds to 0 m²: the polygon only touches the hazard."""


def record_report(
    view: View,
    polygon: Any,
    outcome: str,
    happened_on: Any,
    kind: str | None,
    facts: Facts,
    event_id: Any,
    *,
    renewed: bool = False,
) -> list[Recorded]:
    """Release what of any hazard lies under a polygon; see `Store.record_report`.

    `renewed`: also where just this was said under the event_id, and retracted.
    """
    choose(outcome, OUTCOMES, "outcome")
    if kind is not None:
        choose(kind, KINDS, "kind")
    when, drawn = day(happened_on), worked_polygon(polygon, "the polygon of the report")
    base, there = as_asked(
        view,
        text_of(event_id, "event_id"),
        _said(Entry("", outcome, when, drawn, facts, detail=kind)),
        renewed=renewed,
    )
    if there is not None:
        return _again(view, base, drawn)
    found = _under(view, drawn, when, kind)
    taken = exact_size_m2(shapely.intersection(found.geometry.to_numpy(), drawn))
    lead = found["hazard_id"].iloc[int(np.argmax(np.rint(taken)))]
    beyond = shapely.difference(drawn, shapely.union_all(found.geometry.to_numpy()))
    said = _said(Entry("", outcome, when, drawn, facts, detail=kind))
    entries = []
    for hazard in sorted(found["hazard_id"], key=lambda name: (name != lead, name)):
        first = hazard == lead
        detail = {"report": base} | ({"said": said} if first else {})
        entries.append(
            Entry(
                hazard,
                outcome,
                when,
                drawn,
                facts if first else facts.without_figures(),
                base if first else f"{base}:{hazard}",
                detail=content.to_json(detail),
                outside_m2=round(float(exact_size_m2([beyond])[0])) if first else 0,
            )
        )
    judged = judge(view, entries)
    return [judged.recorded(each) for each in judged.ids]


def _said(entry: Entry) -> str:
    """Return the hash of what the report says."""
    text = content.to_json({name: content.plain_value(entry.said()[name]) for name in CONTENT})
    return content.digest("report", text, *content.geometry_hashes(gpd.GeoSeries([entry.geometry])))


def _again(view: View, base: str, drawn: Any) -> list[Recorded]:
    """Return what a report did that is there already."""
    events = view.events(view.within(drawn.bounds))
    told = [content.from_json(text).get("report") == base for text in events["detail"]]
    mine = events[told]
    ids = sorted(mine["event_id"], key=lambda name: (name != base, name))
    judged = as_there(view, mine["hazard_id"].tolist(), ids)
    return [judged.recorded(name) for name in ids]


def _under(view: View, drawn: Any, when: date, kind: str | None) -> gpd.GeoDataFrame:
    """Return the hazards of which, on that day, something lay under the polygon.

    Raises
    ------
    GeometryError
        If there is none; with the nearest one and its distance in metres.
    MixedError
        If they are of several kinds and none is named.
    """
    near = view.together(view.within(drawn.bounds))
    there = fold(view.events(near), as_of=when).hazards
    if kind is not None:
        there = there[there["kind"] == kind]
    inside = exact_size_m2(shapely.intersection(there.geometry.to_numpy(), drawn)) >= LEAST_M2
    found = there[inside]
    if found.empty:
        raise GeometryError(_none_under(view, drawn, when, kind))
    kinds = sorted(found["kind"].fillna("no kind").unique())
    if len(kinds) > 1:
        raise MixedError(
            f"the polygon lies over hazards of several kinds ({', '.join(kinds)}); say which were "
            "released, with kind="
        )
    return found


def _none_under(view: View, drawn: Any, when: date, kind: str | None) -> str:
    """Return what to say of a polygon under which nothing lies."""
    found = fold(view.events(), as_of=when).hazards
    found = found[~found.geometry.is_empty]
    if kind is not None:
        found = found[found["kind"] == kind]
    what = "hazard" if kind is None else f"hazard of kind {kind}"
    if found.empty:
        return f"no {what} was left on {when}; check the day"
    places = shapely.STRtree(found.geometry.to_numpy()).query_nearest(drawn)
    nearest = found.iloc[places]
    metres = min(distance_m(each, drawn) for each in nearest.geometry)
    return (
        f"the polygon lies over no {what} on {when}: the nearest, {some(nearest['hazard_id'], 1)}, "
        f"is {metres:,.1f} m away; check the coordinates and their datum, or whether this land is "
        "released already"
    )
