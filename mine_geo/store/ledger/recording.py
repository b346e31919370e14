"""What happened to one hazard, as entries: releases, redrawn polygons, attributes, errors.

One polygon worked on over several hazards: a release of each, in one transaction.
Each event has the whole polygon, so that a later correction of a hazard finds what was worked on.
What the operator wrote once, size and items, stands once: on the hazard of which the polygon takes
most. EPSG:4326, m².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Table, select

from mine_geo.errors import (
    ConflictError,
    GeometryError,
    MineGeoError,
    OptionError,
    RecordError,
    UnknownNameError,
    choose,
    some,
)
from mine_geo.geo.cells import refuse_unfit, value_fault
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.geo.hazards import refuse_several_kinds, to_hazards
from mine_geo.ledger.events import ATTRIBUTES
from mine_geo.ledger.fold import fold
from mine_geo.ledger.preview import distance_m, worked_polygon
from mine_geo.store.ledger.entries import CONTENT, Entry, Facts, day, id_of, text_of
from mine_geo.store.ledger.judging import as_there, judge, unknown
from mine_geo.store.ledger.projection import MANY
from mine_geo.store.ledger.reshaping import as_asked
from mine_geo.store.schema import content
from mine_geo.store.schema.models import Event, Hazard
from mine_geo.terms import CRS, EVENT_COLUMNS, KINDS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from mine_geo.store.ledger.judging import Recorded, View
    from mine_geo.terms import Outcome


_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]
_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
DESCRIBABLE: Final = tuple(name for name in ATTRIBUTES if name != "status")
MANY_TYPES: Final = (*OUTCOMES, "amended", "described", "confirmed")
"""What may stand in a table for `record_many`."""
_CODES: Final = {"province": ("province_code",), "district": ("district_code",)}


def release(
    hazard_id: Any, outcome: str, polygon: Any, happened_on: Any, facts: Facts, event_id: Any
) -> Entry:
    """Return the entry of a release; see `Store.record`."""
    choose(outcome, OUTCOMES, "outcome")
    name = id_of(hazard_id, "hazard_id")
    return Entry(
        name,
        outcome,
        day(happened_on),
        worked_polygon(polygon, f"the released polygon of {name}"),
        facts,
        text_of(event_id, "event_id"),
    )


def amendment(hazard_id: Any, polygon: Any, happened_on: Any, facts: Facts, event_id: Any) -> Entry:
    """Return the entry of a redrawn polygon; see `Store.amend`."""
    name = id_of(hazard_id, "hazard_id")
    drawn = worked_polygon(polygon, f"the new polygon of {name}")
    return Entry(
        name, "amended", day(happened_on), drawn, facts, text_of(event_id, "event_id")
    )  # fmt: skip


def descriptions(
    view: View,
    hazard_ids: Sequence[str],
    changes: Mapping[str, Any],
    happened_on: Any,
    facts: Facts,
    event_id: Any,
) -> list[Entry]:
    """Return an entry of changed attributes for each hazard; see `Store.describe`."""
    when, base = day(happened_on), text_of(event_id, "event_id")
    names = [id_of(each, "hazard_id") for each in hazard_ids]
    if not names:
        raise RecordError("no hazard_id is given; name the hazards that the change is for")
    entries = []
    details: dict[Any, str] = {}  # many hazards with one change: each province is looked up once
    for name, found in _rows(view, names).items():
        own = base if base is None or len(names) == 1 else f"{base}:{name}"
        further = frozenset(content.from_json(found.extra))
        key = (found.province, found.province_code, further)
        if key not in details:
            details[key] = _described(name, found, further, changes)
        entries.append(Entry(name, "described", when, None, facts, own, detail=details[key]))
    return entries


def _rows(view: View, hazard_ids: Sequence[str]) -> dict[str, Any]:
    """Return what the layer says of hazards, in their order."""
    columns = [_HAZARD.c[name] for name in ("hazard_id", "extra", "province", "province_code")]
    query = select(*columns)
    if len(hazard_ids) <= MANY:
        query = query.where(_HAZARD.c.hazard_id.in_(hazard_ids))
    found = {row.hazard_id: row for row in view.connection.execute(query)}
    missing = [name for name in hazard_ids if name not in found]
    if missing:
        raise unknown(view, missing)
    return {name: found[name] for name in hazard_ids}


def _described(
    hazard_id: str, found: Any, further: Collection[str], changes: Mapping[str, Any]
) -> str:
    """Return changed attributes as JSON, in the standard spelling and with their codes."""
    unknown = [name for name in changes if name not in (*DESCRIBABLE, *further)]
    if unknown or not changes:
        valid = ", ".join([*DESCRIBABLE, *sorted(further)])
        raise OptionError(f"cannot change {some(unknown) or 'nothing'}; valid: {valid}")
    known = {name: value for name, value in changes.items() if name in DESCRIBABLE}
    row = dict(known)
    if "district" in known or "district_code" in known:
        row = {"province": found.province, "province_code": found.province_code} | row
    if "province" in known and "province_code" not in known:
        row.pop("province_code", None)
    said: dict[str, Any] = dict.fromkeys(known)
    for unit, codes in _CODES.items():
        if unit in known or codes[0] in known:
            said |= dict.fromkeys((unit, *codes))
    table = _checked(hazard_id, row)
    said = {name: content.plain(table[name])[0] for name in said}
    own = {name: content.plain_value(changes[name]) for name in changes if name in further}
    for name in own:
        if why := value_fault(changes[name]):
            raise RecordError(f"{hazard_id}: {name} {why}, which no store takes; correct it")
    return content.to_json(said | ({"extra": own} if own else {}), keep_missing=True)


def _checked(hazard_id: str, row: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return attributes as the hazard table has them; the polygon is a stand-in."""
    said = {"hazard_id": hazard_id, **row}
    columns = {  # as they are given: no type is guessed before they are looked at
        name: pd.Series([value], dtype=object) for name, value in said.items() if value is not None
    }
    shape = [shapely.box(104, 12, 105, 13)]
    return to_hazards(gpd.GeoDataFrame(columns, geometry=shape, crs=CRS))


def table_entries(view: View, frame: pd.DataFrame, recorded_by: Any) -> list[Entry]:
    """Return the entries of a table, one a row; see `Store.record_many`."""
    table = _table(frame)
    entries: list[Entry] = []
    shapes = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else [None] * len(frame)
    for place, (row, shape) in enumerate(zip(table.to_dict("records"), shapes, strict=True)):
        try:
            said = {str(name): value for name, value in row.items()}
            said.setdefault("recorded_by", recorded_by)
            entries += _row(view, said, shape)
        except MineGeoError as error:
            raise type(error)(f"row {place + 1} ({row.get('hazard_id')}): {error}") from error
    return entries


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame, gpd.GeoDataFrame):
        require_lonlat(frame, "the events")
    if frame.empty:
        raise RecordError("no events in the table; nothing was written")
    if "recorded_at" in frame:
        raise RecordError(
            "the store itself says when an event is recorded; drop the column recorded_at, "
            "or use import_log for a whole ledger"
        )
    refuse_unfit(pd.DataFrame(frame), "row")
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else ""
    table = pd.DataFrame(frame.drop(columns=[shape] if shape else []))
    if "event_type" not in table and "outcome" in table:
        table = table.rename(columns={"outcome": "event_type"})
    missing = [name for name in ("hazard_id", "event_type", "happened_on") if name not in table]
    if missing:
        raise RecordError(f"the events have no column {some(missing)}; add it")
    strange = [name for name in table if name not in EVENT_COLUMNS]
    if strange:
        valid = ", ".join(EVENT_COLUMNS)
        raise RecordError(f"column {some(strange)} is unknown; drop it; valid: {valid}")
    return table


def _row(view: View, said: dict[str, Any], shape: Any) -> Iterable[Entry]:
    kind = choose(said["event_type"], MANY_TYPES, "event_type")
    facts, when, own = Facts.of(said), said["happened_on"], said.get("event_id")
    if kind in OUTCOMES:
        return [release(said["hazard_id"], kind, shape, when, facts, own)]
    if kind == "amended":
        return [amendment(said["hazard_id"], shape, when, facts, own)]
    if kind == "described":
        changes = content.given_json(text_of(said.get("detail"), "detail"), "detail")
        extra = changes.pop("extra", None) or {}
        if not isinstance(extra, dict):
            raise RecordError("extra in detail is no object in JSON; correct it")
        flat = {**changes, **extra}
        return descriptions(view, [said["hazard_id"]], flat, when, facts, own)
    if shape is not None:
        raise GeometryError("a narrower polygon goes with confirm(...), which releases the rest")
    name = id_of(said["hazard_id"], "hazard_id")
    return [Entry(name, "confirmed", day(when), None, facts, text_of(own, "event_id"))]


def retract(view: View, event_id: str, reason: str, recorded_by: Any) -> Recorded:
    """Void an event, and all that is of one report with it; see `Store.retract`."""
    name, why = id_of(event_id, "event_id"), id_of(reason, "reason")
    read = view.connection.execute
    aimed = read(select(_EVENT).where(_EVENT.c.event_id == name)).one_or_none()
    if aimed is None:
        raise UnknownNameError(f"no event {name} in this store; history(hazard_id) lists them")
    if aimed.event_type == "retracted":
        raise RecordError(f"{name} is itself a retraction of {aimed.retracts}; record anew instead")
    there = read(select(_EVENT).where(_EVENT.c.retracts == name)).one_or_none()
    if there is not None and there.comment != why:
        raise ConflictError(f"event {name} is retracted already: {there.comment}")
    parts = _parts(view, aimed)
    sides = sorted(set(parts) - view.retracted(parts) - {name})
    judged = judge(view, retractions(view, [name, *sides], why, recorded_by))
    done = judged.recorded(_retraction_id(name))
    if sides:
        done.notes += (f"retracted with it, as one report: {some(sides)}",)
    return done


def retractions(
    view: View, event_ids: Sequence[str], why: str, recorded_by: Any
) -> list[Entry]:  # fmt: skip
    """Return the entries that void events of the store, one each, in their order."""
    facts = Facts.of({"comment": why, "recorded_by": recorded_by})
    hazards = hazards_of(view, event_ids)
    return [
        Entry(hazards[each], "retracted", None, None, facts, _retraction_id(each), retracts=each)
        for each in event_ids
    ]


def hazards_of(view: View, event_ids: Sequence[str]) -> dict[str, str]:
    """Return the hazard of each of some events of the store."""
    query = select(_EVENT.c.event_id, _EVENT.c.hazard_id)
    if len(event_ids) <= MANY:
        query = query.where(_EVENT.c.event_id.in_(event_ids))
    wanted = set(event_ids)
    found = view.connection.execute(query)
    return {row.event_id: row.hazard_id for row in found if row.event_id in wanted}


def _retraction_id(event_id: str) -> str:
    return content.digest("retracted", event_id)


def _parts(view: View, aimed: Any) -> list[str]:
    """Return the events that are one report over several hazards with an event.

    What the operator wrote of all of them stands on one: none of them holds without the others.
    """
    report = content.from_json(aimed.detail).get("report")
    if report is None or aimed.event_type not in MANY_TYPES:
        return []
    c = _EVENT.c
    query = select(c.event_id, c.detail).where(c.event_type.in_(MANY_TYPES), c.detail.is_not(None))
    return [
        name
        for name, detail in view.connection.execute(query)
        if content.from_json(detail).get("report") == report
    ]


LEAST_M2: Final = 0.5
"""Less than this rounds to 0 m²: the polygon only touches the hazard."""


def record_report(
    view: View,
    polygon: Any,
    outcome: Outcome,
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
    refuse_several_kinds(
        found, "the polygon lies over hazards", "say which were released, with kind="
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
