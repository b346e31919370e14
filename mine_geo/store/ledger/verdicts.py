"""Whether entries can be: judged by what a fold with them says, one clear line each.

Geometries are EPSG:4326, sizes m².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mine_geo.errors import GeometryError, RecordError
from mine_geo.ledger.cut import NOTHING, SLIVER_M
from mine_geo.ledger.events import detail_of, standing
from mine_geo.ledger.preview import distance_m
from mine_geo.terms import ITEM_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.ledger.fold import Fold
    from mine_geo.store.ledger.entries import Entry


ITEMS = ITEM_COLUMNS
_DRAWN = ("registered", "amended")
_NOT_THERE = ("not_registered", "not_yet_registered")


def judge(events: gpd.GeoDataFrame, after: Fold, new: Mapping[str, Entry]) -> None:
    """Refuse entries that cannot be, on their own day.

    Parameters
    ----------
    events
        All events of the hazards, the new ones among them.
    after
        Their fold.
    new
        The new entries by event_id.

    Raises
    ------
    RecordError
        If the hazard is not registered on that day, or nothing is left of it.
    GeometryError
        If a released polygon misses the hazard; with the distance in metres.
    """
    ignored = {row.event_id: row for row in after.ignored.itertuples()}
    before = dict(zip(after.effects["event_id"], after.effects["before_m2"], strict=True))
    notes = after.notes[after.notes["event_id"].isin(list(new))]
    columns = (notes[name] for name in ("event_id", "code", "note"))
    noted = {(event, code): str(note) for event, code, note in zip(*columns, strict=True)}
    for key, entry in new.items():
        if key in ignored:
            raise RecordError(_refused(events, entry, ignored[key]))
        if entry.event_type not in OUTCOMES:
            continue
        if before[key] == 0:
            raise RecordError(
                f"{entry.hazard_id}: nothing was left of it on {entry.happened_on}, all was "
                "released; check the id and the day"
            )
        if failed := noted.get((key, "not_cut")):
            raise GeometryError(f"{entry.hazard_id}: {failed}; simplify the polygon")
        if (key, "outside") in noted:
            _refuse_miss(events, entry)


def keeps_others_possible(before: Fold, after: Fold, new: set[str]) -> None:
    """Refuse entries without which events of others could not stand.

    Raises
    ------
    RecordError
        If an event that counted before could not be any more.
    """
    was = set(before.ignored["event_id"])
    hit = after.ignored[~after.ignored["event_id"].isin(was | new)]
    if hit.empty:
        return
    first = hit.iloc[0]
    more = f" and {len(hit) - 1} more" if len(hit) > 1 else ""
    raise RecordError(
        f"{first['event_type']} {first['event_id']} of {first['hazard_id']}{more} could not stand "
        f"any more ({first['reason']}); retract what happened later first"
    )


def _refused(events: gpd.GeoDataFrame, entry: Entry, ignored: Any) -> str:
    """Say why an entry cannot be: `ignored` is its row in what the fold left out."""
    if ignored.code not in _NOT_THERE:
        return f"{entry.hazard_id}: {ignored.reason}; check the id"
    found, _ = standing(events[events["hazard_id"] == entry.hazard_id])
    begins = found["event_type"].isin(("registered", "transferred"))
    if not begins.any():
        return f"{entry.hazard_id}: its registration was retracted; register it again, or check"
    day = found.loc[begins, "happened_on"].min()
    return (
        f"{entry.hazard_id}: {entry.event_type} on {entry.happened_on} comes before it was in the "
        f"register, from {day.date()} on; check the day"
    )


def _refuse_miss(events: gpd.GeoDataFrame, entry: Entry) -> None:
    """Refuse a released polygon that lies outside all land that ever was in the hazard."""
    drawn = outlines(events, entry.hazard_id, entry.happened_on)
    metres = min((distance_m(each, entry.geometry) for each in drawn), default=0.0)
    if metres > SLIVER_M:
        raise GeometryError(
            f"the polygon misses {entry.hazard_id} by {metres:,.1f} m; check the id, the "
            "coordinates and their datum"
        )


def outlines(events: gpd.GeoDataFrame, hazard_id: str, as_of: date | None) -> list[Any]:
    """Return the polygons of a hazard as it was ever drawn up to a day."""
    found, _ = standing(events[events["hazard_id"] == hazard_id], as_of=as_of)
    child = np.array([(detail_of(text) or {}).get("role") == "child" for text in found["detail"]])
    return list(found.geometry[found["event_type"].isin(_DRAWN).to_numpy() | child])


def had(after: Fold) -> dict[str, Any]:
    """Return the polygon of its hazard before each event, by event_id."""
    now: dict[str, Any] = {}
    found: dict[str, Any] = {}
    effects: pd.DataFrame = after.effects
    rows = zip(effects["event_id"], effects["hazard_id"], after.polygons, strict=True)
    for event, hazard, left in rows:
        found[event] = now.get(hazard, NOTHING)
        now[hazard] = left
    return found
