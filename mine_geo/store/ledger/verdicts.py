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
_NOT_YET = ("the hazard is not registered on that day", "the hazard is not registered")
_OUTSIDE = "it lies outside what was left"


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
    ignored = dict(zip(after.ignored["event_id"], after.ignored["reason"], strict=True))
    before = dict(zip(after.effects["event_id"], after.effects["before_m2"], strict=True))
    notes = after.notes[after.notes["event_id"].isin(list(new))]
    said = set(zip(notes["event_id"], notes["note"], strict=True))
    failed = {event: note for event, note in said if "cannot be cut" in note}
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
        if key in failed:
            raise GeometryError(f"{entry.hazard_id}: {failed[key]}; simplify the polygon")
        if (key, _OUTSIDE) in said:
            _refuse_miss(events, entry)


def keeps_others_possible(before: Fold, after: Fold, new: set[str]) -> None:
    """Refuse entries that leave events of others hanging in the air.

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
        f"{first['event_type']} {first['event_id']} of {first['hazard_id']}{more} would hang in "
        f"the air ({first['reason']}); retract what happened later first"
    )


def _refused(events: gpd.GeoDataFrame, entry: Entry, reason: str) -> str:
    if reason not in _NOT_YET:
        return f"{entry.hazard_id}: {reason}; check the id"
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
