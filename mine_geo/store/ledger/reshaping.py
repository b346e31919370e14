"""Hazards confirmed, divided and merged: several events that belong together, in one transaction.

The first event of such a group has the caller's event_id and a hash of all that was asked, so that
the same call sent again is recognised, whatever was recorded meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from mine_geo.errors import OptionError, RecordError, choose, some
from mine_geo.geo.cells import refuse_unfit
from mine_geo.geo.geometry import exact_size_m2, to_multipolygons
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.cut import areal
from mine_geo.ledger.events import ATTRIBUTES
from mine_geo.ledger.fold import fold
from mine_geo.ledger.preview import Transfer, divide, merge, nothing_released, worked_polygon
from mine_geo.store.ledger.entries import Entry, Facts, day, id_of, next_id
from mine_geo.store.ledger.judging import (
    as_there,
    judge,
    named_by_id,
    other_content,
    said_before,
    unknown,
)
from mine_geo.store.schema import content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from mine_geo.ledger.preview import Remainder
    from mine_geo.store.ledger.judging import Judged, Recorded, View
    from mine_geo.terms import Outcome


NARROWED: Final = ("cancelled", "reduced")
INHERITED: Final = tuple(name for name in ATTRIBUTES if name != "status")


def as_asked(
    view: View, base: str | None, said: str, *, renewed: bool = False
) -> tuple[str, str | None]:
    """Return the id of a group and, if it is there already with the same content, its own id.

    Raises
    ------
    ConflictError
        If the id is there with other content, or its first event said this and was retracted;
        unless it is `renewed` on purpose.
    """
    name, again, before = base or said, 0, None
    while True:
        there = view.there([name]).get(name)
        if there is None:
            if before and not renewed:
                raise said_before(before, name)
            return name, None
        own = content.from_json(there.detail).get("said")
        if not view.retracted([name]):
            if own != said:
                raise other_content(name, there)
            return name, name
        again += 1
        before = name if base and own == said else before
        name = next_id(name) if base else content.digest(said, str(again))


def state(view: View, ids: Sequence[str], when: date) -> gpd.GeoDataFrame:
    """Return hazards as they stand at the end of a day; EPSG:4326.

    Raises
    ------
    UnknownNameError
        If one is not in the store.
    RecordError
        If one was not registered on that day, or nothing was left of it.
    """
    events = view.events(view.together(ids))
    found = fold(events, as_of=when).hazards
    for name in ids:
        row = found[found["hazard_id"] == name]
        if row.empty and not (events["hazard_id"] == name).any():
            raise unknown(view, [name])
        if row.empty:
            raise RecordError(f"{name} was not registered on {when}; check the day")
        if row.geometry.is_empty.all():
            raise RecordError(f"{name}: nothing was left of it on {when}; check the id and the day")
    return found


def confirm(
    view: View,
    hazard_id: Any,
    happened_on: Any,
    polygon: Any,
    outcome: Outcome | None,
    facts: Facts,
) -> Recorded:
    """Make a SHA a CHA, and release what a narrower polygon leaves out; see `Store.confirm`."""
    name, when, base = id_of(hazard_id, "hazard_id"), day(happened_on), facts.event_id
    if polygon is not None and outcome is None:
        raise OptionError(
            f"{name}: with a narrower polygon the rest is released; say how, with outcome=...: "
            f"{', '.join(NARROWED)}"
        )
    if outcome is not None and polygon is None:
        raise OptionError(f"{name}: outcome={outcome!r} needs the narrower polygon; give both")
    drawn, detail = None, None
    if polygon is not None:
        choose(outcome, NARROWED, "outcome")
        drawn = worked_polygon(polygon, f"the confirmed polygon of {name}")
        detail = content.to_json({"outcome": outcome})
    entry = Entry(name, "confirmed", when, drawn, facts, base, detail=detail)
    entries = [entry]
    own = named_by_id(view, entries)[0][0]
    rest = f"{own}:{outcome}"
    if own not in view.there([own]):
        row = _row(state(view, [name], when), name)
        if row["area_type"] == "CHA":
            raise RecordError(f"{name} was confirmed (CHA) by {when} already; check the id")
        if drawn is not None and outcome is not None:
            entries += _narrowed(row, entry, outcome, rest)
    judged = judge(view, entries)
    result = judged.recorded(own)
    if (judged.events["event_id"] == rest).any():
        second = judged.recorded(rest)
        result.after_m2, result.released_m2 = second.after_m2, second.released_m2
        result.notes += second.notes
    return result


def _row(table: gpd.GeoDataFrame, name: str) -> pd.Series[Any]:
    row: pd.Series[Any] = table[table["hazard_id"] == name].iloc[0]
    return row


def _narrowed(row: pd.Series[Any], entry: Entry, outcome: Outcome, event_id: str) -> list[Entry]:
    """Return the release of what the narrower polygon leaves out, if it leaves out anything."""
    before = row["geometry"]
    if not shapely.intersects(before, entry.geometry):
        nothing_released(entry.hazard_id, before, entry.geometry)
    rest = areal(shapely.difference(before, entry.geometry))
    if exact_size_m2([rest])[0] < 0.5:
        return []
    facts = entry.facts.without_figures()
    return [
        Entry(entry.hazard_id, outcome, entry.happened_on, rest, facts, event_id, outside_m2=0)
    ]  # fmt: skip


def divide_hazard(
    view: View,
    hazard_id: Any,
    parts: gpd.GeoDataFrame | Mapping[str, Any],
    happened_on: Any,
    remainder: Remainder,
    facts: Facts,
) -> Recorded:
    """Divide a hazard; see `Store.divide`."""
    name, when = id_of(hazard_id, "hazard_id"), day(happened_on)
    drawn = _drawn(parts)
    said = content.digest("divided", name, str(when), remainder, *_texts(parts, drawn))
    base, there = as_asked(view, facts.event_id, said)
    if there is None:
        taken = view.hazards(list(drawn), in_register=True)
        if taken:
            raise RecordError(
                f"hazard_id {some(sorted(taken))} is taken; give each part an id of its own"
            )
        table = state(view, [name], when)
        done = divide(table[table["hazard_id"] == name], name, parts, remainder=remainder)
        children = _described(done, parts if isinstance(parts, pd.DataFrame) else {})
        detail = content.to_json({"role": "parent", "said": said})
        whole = areal(shapely.union_all(list(drawn.values())))
        lead = Entry(name, "transferred", when, whole, facts, base, transfer_id=base, detail=detail)
        parent = _row(table, name)
        entries = [
            lead,
            *(
                _child(part, drawn[part], parent, _row(children, part), name, lead)
                for part in sorted(drawn)
            ),
        ]
        return _moved(judge(view, entries, born=list(drawn)), base, done)
    return _again(view, base)


def merge_hazards(
    view: View,
    hazard_ids: Sequence[str],
    into: Any,
    happened_on: Any,
    facts: Facts,
) -> Recorded:
    """Merge hazards into one; see `Store.merge`."""
    ids = sorted(id_of(each, "hazard_id") for each in hazard_ids)
    name, when = id_of(into, "into"), day(happened_on)
    said = content.digest("merged", str(when), name, *ids)
    base, there = as_asked(view, facts.event_id, said)
    if there is not None:
        return _again(view, base)
    if name not in ids and view.hazards([name], in_register=True):
        raise RecordError(f"hazard_id {name} is taken; give the merged hazard an id of its own")
    table = state(view, ids, when)
    done = merge(table[table["hazard_id"].isin(ids)], ids, name)
    others = [each for each in ids if each != name]
    polygons = [_row(table, each)["geometry"] for each in others]
    entries: list[Entry] = []
    for each, polygon in zip(others, polygons, strict=True):
        own = base if not entries else f"{base}:{each}"
        detail = content.to_json({"role": "parent", "said": said if not entries else None})
        entries.append(
            Entry(each, "transferred", when, polygon, facts, own, transfer_id=base, detail=detail)
        )
    union = areal(shapely.union_all(polygons))
    first = _row(table, others[0])
    child = _child(name, union, first, _row(done.hazards, name), " + ".join(others), entries[0])
    return _moved(judge(view, [*entries, child], born=[name]), base, done)


def _child(
    name: str,
    drawn: Any,
    parent: pd.Series[Any],
    row: pd.Series[Any],
    parents: str,
    lead: Entry,
) -> Entry:
    """Return the side of a transfer that gains land, with what differs from the first parent."""
    before = _plain(parent)
    own = {key: value for key, value in _plain(row).items() if value != before[key]}
    detail = content.to_json({"role": "child", "parent_id": parents, **own}, keep_missing=True)
    shape = to_multipolygons([drawn])[0]
    return Entry(
        name,
        "transferred",
        lead.happened_on,
        shape,
        lead.facts.without_figures(),
        f"{lead.event_id}:{name}",
        transfer_id=lead.transfer_id,
        detail=detail,
    )


def _plain(row: pd.Series[Any]) -> dict[str, Any]:
    values = content.plain(pd.Series([row[name] for name in INHERITED], dtype=object))
    return dict(zip(INHERITED, values, strict=True))


def _drawn(parts: gpd.GeoDataFrame | Mapping[str, Any]) -> dict[str, Any]:
    """Return the polygon of each part by its id; `divide` says what is wrong with the others."""
    if isinstance(parts, gpd.GeoDataFrame):
        if "hazard_id" not in parts:
            raise RecordError("the parts have no column 'hazard_id'; give each part its id")
        refuse_unfit(pd.DataFrame(parts), "part")
        worked_polygon(parts.geometry.iloc[:1], "the first part")  # has the frame the right CRS
        pairs = list(zip(parts["hazard_id"], parts.geometry, strict=True))
    else:
        pairs = list(parts.items())
    ids = [id_of(name, "hazard_id of a part") for name, _ in pairs]
    if len(set(ids)) < len(ids):
        raise RecordError("hazard_id of a part stands twice; give each part an id of its own")
    return {
        name: worked_polygon(each, f"part {name}")
        for name, (_, each) in zip(ids, pairs, strict=True)
    }


def _texts(parts: Any, drawn: dict[str, Any]) -> list[str]:
    """Return what the parts say, in the order of their ids, whatever the order of the rows."""
    hashes = content.geometry_hashes(gpd.GeoSeries(list(drawn.values())))
    columns: dict[str, list[Any]] = {"hazard_id": list(drawn), "geometry": list(hashes)}
    if isinstance(parts, gpd.GeoDataFrame):
        further = parts.columns.difference(["hazard_id", parts.geometry.name])
        columns |= {str(name): content.plain(parts[name]) for name in further}
    rows = zip(*columns.values(), strict=True)
    return sorted(content.to_json(dict(zip(columns, row, strict=True))) for row in rows)


def _described(done: Transfer, parts: Any) -> gpd.GeoDataFrame:
    """Return the hazards that come of a division, names in the standard spelling with codes.

    Raises
    ------
    RecordError
        If an attribute of a part is outside the vocabulary.
    """
    table = done.hazards
    for unit in ("province", "district"):
        code = f"{unit}_code"
        if unit in parts and code not in parts:  # the code is the parent's, the name is new
            new = table["hazard_id"].isin(parts.loc[parts[unit].notna(), "hazard_id"])
            table = table.assign(**{code: table[code].mask(new)})
    return to_hazards(table)


def _moved(judged: Judged, base: str, done: Transfer) -> Recorded:
    result = judged.recorded(base)
    result.notes += done.notes
    return result


def _again(view: View, base: str) -> Recorded:
    """Return what a group did that is there already."""
    return as_there(view, [view.there([base])[base].hazard_id], [base]).recorded(base)
