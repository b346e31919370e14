"""The ledger as a database keeps it: its events, and the hazard layer that follows from them.

The layer says what the events say of each hazard now, kept ready to be read. It is written in the
same transaction as the events, from a fold of only those hazards that they concern, and can be
made anew from the events at any time. What may be written is judged in `judging`. Polygons are
EPSG:4326, sizes m².
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import select

from mine_geo.errors import RecordError
from mine_geo.ledger.events import ATTRIBUTES
from mine_geo.ledger.fold import PARENT
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import EVENT, HAZARD
from mine_geo.terms import CRS, EVENT_COLUMNS, HAZARD_COLUMNS, ITEM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import Connection


HASH: Final = "geometry_hash"
DERIVED: Final = ("size_m2", HASH, "geometry")
MANY: Final = 500
"""More ids than this are not asked for one by one: the whole table is read."""

Columns = dict[str, list[Any]]


def columns_of(hazards: gpd.GeoDataFrame, extras: list[str | None], *, synthetic: bool) -> Columns:
    """Return canonical hazards as the columns of the layer.

    Parameters
    ----------
    hazards
        A canonical table in EPSG:4326, its sizes computed; `parent_id` if there is any. A closed
        hazard has an empty polygon.
    extras
        Their further columns, as `content.extra_texts` writes them.
    synthetic
        Whether they are invented.
    """
    empty = hazards.geometry.is_empty.to_numpy()
    hashes = content.geometry_hashes(hazards.geometry)
    parents = content.plain(hazards[PARENT]) if PARENT in hazards else [None] * len(hazards)
    return {
        "hazard_id": hazards["hazard_id"].tolist(),
        **{name: content.plain(hazards[name]) for name in ATTRIBUTES},
        "surveyed_on": days(hazards["surveyed_on"]),
        "reported_size_m2": floats(content.plain(hazards["reported_size_m2"])),
        PARENT: parents,
        "synthetic": [synthetic] * len(hazards),
        "extra": extras,
        "size_m2": hazards["size_m2"].tolist(),
        HASH: [None if gone else each for each, gone in zip(hashes, empty, strict=True)],
        "geometry": list(hazards.geometry),
    }


def days(column: pd.Series[Any]) -> list[date | None]:
    """Return days as the database takes them."""
    return column.to_numpy().astype("datetime64[D]").astype(object).tolist()  # NaT is None


def floats(values: list[Any]) -> list[float | None]:
    """Return numbers as the database takes them."""
    return [None if value is None else float(value) for value in values]


def write_hazards(
    connection: Connection,
    folded: gpd.GeoDataFrame,
    ids: Collection[str],
    now: datetime,
    *,
    synthetic: bool,
    extras: dict[str, str | None] | None = None,
) -> None:
    """Write what a fold says of some hazards, in place of what the layer says of them.

    Parameters
    ----------
    connection
        A connection with a write transaction.
    folded
        `Fold.hazards`; rows of other hazards are left alone.
    ids
        The hazards. One that the fold does not have is taken out of the register.
    now
        The moment of the change.
    synthetic
        Whether the store holds invented data.
    extras
        Further columns of new hazards, for their order.
    """
    there = _extras(connection, ids)
    table = folded[folded["hazard_id"].isin(set(ids))]
    columns = _folded(table, {**(extras or {}), **there}, synthetic=synthetic)
    put_hazards(connection, columns, there)
    lost = sorted(set(there) - set(columns["hazard_id"]))
    nothing: Columns = {name: [None] * len(lost) for name in ("status", PARENT, HASH, "geometry")}
    nothing |= {"hazard_id": lost, "size_m2": [0] * len(lost)}
    rows.update_rows(connection, HAZARD, "hazard_id", nothing)
    left = table[~table.geometry.is_empty]
    gpkg.touch(connection, HAZARD.name, now, left.total_bounds.tolist() if len(left) else None)


def put_hazards(connection: Connection, columns: Columns, there: Collection[str]) -> None:
    """Write rows of the layer: new ones, and those of hazards that have a row."""
    known = [hazard in there for hazard in columns["hazard_id"]]
    rows.insert_rows(connection, HAZARD, _pick(columns, [not each for each in known]))
    rows.update_rows(connection, HAZARD, "hazard_id", _pick(columns, known))


def _pick(columns: Columns, wanted: list[bool]) -> Columns:
    return {
        name: [value for value, take in zip(values, wanted, strict=True) if take]
        for name, values in columns.items()
    }


def _extras(connection: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """Return the further columns of those of the hazards that have a row."""
    query = select(HAZARD.c.hazard_id, HAZARD.c.extra)
    if len(ids) <= MANY:
        query = query.where(HAZARD.c.hazard_id.in_(ids))
    wanted = set(ids)
    found = connection.execute(query)
    return {row.hazard_id: row.extra for row in found if row.hazard_id in wanted}


def _folded(hazards: gpd.GeoDataFrame, there: dict[str, str | None], *, synthetic: bool) -> Columns:
    """Return folded hazards as columns; further columns in the order in which they came in."""
    said = content.extras(hazards, (*HAZARD_COLUMNS, PARENT))
    texts = []
    for hazard, new in zip(hazards["hazard_id"], said, strict=True):
        before = dict.fromkeys(json.loads(there.get(hazard) or "{}"))
        texts.append(before | {name: value for name, value in new.items() if value is not None})
    return columns_of(hazards, content.extra_texts(texts), synthetic=synthetic)


def columns_after(hazards: gpd.GeoDataFrame) -> Columns:
    """Return what the layer would say of folded hazards; further columns in no known order."""
    return _folded(hazards, {}, synthetic=False)


def differences(
    connection: Connection, folded: gpd.GeoDataFrame, *, synthetic: bool
) -> pd.DataFrame:
    """Compare the layer with a fold of all events.

    Returns
    -------
    pandas.DataFrame
        `hazard_id`, `column`, `kept` (in the layer), `folded` (from the events), as text; polygons
        by their hash. A hazard that is on one side only has the row `hazard_id`.
    """
    names = ["hazard_id", *ATTRIBUTES, PARENT, "synthetic", "extra", *DERIVED]
    kept = rows.read(
        connection, [HAZARD.c[name] for name in names], [HAZARD.c.status.is_not(None)]
    ).set_index("hazard_id")
    there = dict(zip(kept.index, _texts(kept, "extra"), strict=True))
    new = _folded(folded, there, synthetic=synthetic)
    kept_columns = {name: _texts(kept, name) for name in kept.columns}
    before = dict(zip(kept.index, zip(*kept_columns.values(), strict=True), strict=True))
    columns = {name: new[name] for name in kept.columns} | {"geometry": _hexes(new["geometry"])}
    after = dict(zip(new["hazard_id"], zip(*columns.values(), strict=True), strict=True))
    found: list[tuple[str, str, str | None, str | None]] = [
        (name, "hazard_id", name, None) for name in before if name not in after
    ]
    for hazard, values in after.items():
        if hazard not in before:
            found.append((hazard, "hazard_id", None, hazard))
            continue
        for name, old, one in zip(columns, before[hazard], values, strict=True):
            same = _same_extra(old, one) if name == "extra" else old == one
            if not same:
                found.append((hazard, name, _shown(name, old), _shown(name, one)))
    table = pd.DataFrame(found, columns=["hazard_id", "column", "kept", "folded"])
    return table.astype("str").sort_values(["hazard_id", "column"], ignore_index=True)


def _texts(table: pd.DataFrame, name: str) -> list[Any]:
    if name == "geometry":
        return _hexes(list(table["geometry"]))
    if name == "surveyed_on":
        return days(table[name])
    return content.plain(table[name])


def _hexes(polygons: list[Any]) -> list[str | None]:
    """Return each polygon, to the last bit, as text; none as None."""
    there = [None if each is None or each.is_empty else each for each in polygons]
    return list(shapely.to_wkb(there, hex=True, byte_order=1))


def _same_extra(one: str | None, other: str | None) -> bool:
    said = [json.loads(text or "{}") for text in (one, other)]
    found = [{name: value for name, value in each.items() if value is not None} for each in said]
    return bool(found[0] == found[1])


def _shown(name: str, value: Any) -> str | None:
    if name == "geometry" and value is not None:
        return content.digest(value)
    return None if value is None else str(value)


def read_events(connection: Connection, ids: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Read the events of some hazards, or of all, as an events table."""
    many = ids is None or len(ids) > MANY
    where = [] if many else [EVENT.c.hazard_id.in_(ids or ())]
    found = rows.read(connection, [EVENT.c[name] for name in EVENT_COLUMNS], where)
    if ids is not None and many:
        found = found[found["hazard_id"].isin(set(ids))].reset_index(drop=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)


def insert_events(connection: Connection, frame: gpd.GeoDataFrame, now: datetime) -> None:
    """Write an events table as it is; nothing is checked."""
    whole = {*ITEM_COLUMNS, "outside_m2"}
    columns: dict[str, list[Any]] = {}
    for name in EVENT_COLUMNS[:-1]:
        values = frame[name].astype(object).where(frame[name].notna(), None).tolist()
        columns[name] = [
            None if value is None else round(value) if name in whole else value for value in values
        ]
    columns["happened_on"] = days(frame["happened_on"])
    columns["recorded_at"] = [moment.to_pydatetime() for moment in frame["recorded_at"]]
    columns["geometry"] = list(frame.geometry)
    if any(each is None for each in columns["event_id"]):
        raise RecordError("an event has no event_id; give each event its id")
    rows.insert_rows(connection, EVENT, columns)
    drawn = frame.geometry[frame.geometry.notna()]
    bounds = drawn.total_bounds.tolist() if len(drawn) else None
    gpkg.touch(connection, EVENT.name, now, bounds)
