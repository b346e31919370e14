"""Hazards divided and merged, tried on a hazard table: land moves, nothing is released.

Frame in, frame out; no ledger is known here. The store asks these functions what a part or a
merged hazard may be; its m² are those of the fold, whose cut (`mine_geo.cuts.cut`) is the same.
Geometries are in EPSG:4326, sizes in whole m² on the WGS 84 ellipsoid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.cuts import LEAST_M2, areal, cut, released_land
from mine_geo.errors import CRSError, GeometryError, MixedError, RecordError, choose, some
from mine_geo.geometry import exact_size_m2, size_m2, to_multipolygons
from mine_geo.release import Balance, nothing_released, row_of, worked_polygon
from mine_geo.terms import CRS, HAZARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REMAINDERS: Final = ("refuse", "keep")


@dataclass(frozen=True)
class Transfer:
    """What a division or a merger would do."""

    hazards: gpd.GeoDataFrame
    """The hazards that come of it, canonical, with `parent_id`; a hazard that keeps land too."""
    balance: Balance
    """Of all hazards concerned: before, what goes to another hazard, what stays in its own."""
    rounding_m2: int
    """What the sizes afterwards have over `before_m2`, by rounding or overlap; `amended_m2`."""
    notes: tuple[str, ...]


def divide(
    hazards: gpd.GeoDataFrame,
    hazard_id: str,
    parts: gpd.GeoDataFrame | Mapping[str, Any],
    *,
    remainder: str = "refuse",
) -> Transfer:
    """Show what dividing a hazard of this table into parts would give.

    On a day of the ledger: `Store.divide(..., dry_run=True)`.

    Each part takes, in the order of the ids, what of the hazard lies under its polygon. Parts may
    reach outside the hazard: that land is left out, and said.

    Parameters
    ----------
    hazards
        A canonical hazard table in EPSG:4326.
    hazard_id
        The hazard to divide.
    parts
        The new hazards: ids with polygons, or a GeoDataFrame with `hazard_id`, polygons in
        EPSG:4326 and any attributes that differ from those of the hazard.
    remainder
        What to do when the parts leave land of the hazard over: `refuse`, or `keep` it as the
        hazard itself. Slivers thinner than 0.05 m go with the parts.

    Raises
    ------
    OptionError, UnknownNameError, CRSError, GeometryError
        As `release_area`; also if parts overlap by 0.5 m² or more, or do not add up.
    RecordError
        If an id is missing, repeated, or there already.

    Examples
    --------
    >>> hazards = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> west, east = shapely.box(103, 13, 103.004, 13.01), shapely.box(103.004, 13, 103.01, 13.01)
    >>> done = divide(hazards, "AP-1", {"AP-1a": west, "AP-1b": east})
    >>> done.hazards[["hazard_id", "size_m2", "parent_id"]].values.tolist()
    [['AP-1a', 480059, 'AP-1'], ['AP-1b', 720089, 'AP-1']]
    >>> done.balance, done.rounding_m2
    (Balance(before_m2=1200149, released_m2=1200149, after_m2=0), -1)
    """
    choose(remainder, REMAINDERS, "remainder")
    row = row_of(hazards, hazard_id)
    table = _parts(hazards, parts)
    before = left = to_multipolygons([row.geometry])[0]
    said = {str(name): value for name, value in row.items()}
    notes, rows = [], []
    _refuse_overlaps(table)
    for part in table.to_dict("records"):
        name, drawn = part["hazard_id"], part["geometry"]
        done = cut([left], [drawn])
        land = released_land(left, done.after[0], drawn)
        if land.is_empty:
            nothing_released(hazard_id, before, drawn)
            raise GeometryError(f"part {name} takes nothing of {hazard_id}; leave it out")
        outside = round(float(exact_size_m2([shapely.difference(drawn, before)])[0]))
        if outside:
            notes.append(f"{outside:,} m² of {name} lie outside {hazard_id}; left out")
        left = done.after[0]
        own = {str(column): value for column, value in part.items() if not _is_null(value)}
        rows.append({**said, **own, "geometry": land, "parent_id": hazard_id})
    kept = int(size_m2([left])[0])
    if kept and remainder == "refuse":
        raise GeometryError(
            f"the parts leave {kept:,} m² of {hazard_id} over; draw them over all of it, or use "
            'remainder="keep"'
        )
    if kept:
        rows.append({**said, "geometry": left})
        notes.append(f"{hazard_id} keeps {kept:,} m²")
    return _transfer(hazards, rows, [before], kept, notes)


def _is_null(value: Any) -> bool:
    return bool(pd.isna(value)) if pd.api.types.is_scalar(value) else False


def _parts(hazards: gpd.GeoDataFrame, parts: Any) -> gpd.GeoDataFrame:
    """Return the parts as a table in the order of their ids, their polygons checked."""
    if isinstance(parts, gpd.GeoDataFrame):
        if "hazard_id" not in parts:
            raise RecordError("the parts have no column 'hazard_id'; give each part its id")
        if parts.crs != CRS:
            raise CRSError("the parts must be in EPSG:4326; use to_crs(4326)")
        table = pd.DataFrame(parts).rename(columns={parts.geometry.name: "geometry"})
    else:
        table = pd.DataFrame({"hazard_id": list(parts), "geometry": list(parts.values())})
    ids = table["hazard_id"]
    if table.empty or ids.isna().any():
        raise RecordError("a part has no hazard_id; give each part its id")
    taken = [*ids[ids.duplicated()], *ids[ids.isin(hazards["hazard_id"])]]
    if taken:
        raise RecordError(f"hazard_id {some(taken)} is taken; give each part an id of its own")
    polygons = [
        worked_polygon(polygon, f"part {name}")
        for name, polygon in zip(ids, table["geometry"], strict=True)
    ]
    frame = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=polygons, crs=CRS)
    return frame.sort_values("hazard_id", ignore_index=True)


def _refuse_overlaps(parts: gpd.GeoDataFrame) -> None:
    polygons = parts.geometry.to_numpy()
    one, other = np.triu_indices(len(polygons), 1)
    shared = [areal(part) for part in shapely.intersection(polygons[one], polygons[other])]
    sizes = exact_size_m2(shared) if shared else np.zeros(0)
    both = np.flatnonzero(sizes >= LEAST_M2)
    if len(both):
        ids = parts["hazard_id"].to_numpy()
        first = both[0]
        raise GeometryError(
            f"parts {ids[one[first]]} and {ids[other[first]]} overlap by {sizes[first]:,.0f} m²; "
            "draw each square metre once"
        )


def merge(hazards: gpd.GeoDataFrame, ids: Sequence[str], new_id: str) -> Transfer:
    """Show what merging hazards of this table into one would give.

    On a day of the ledger: `Store.merge(..., dry_run=True)`.

    Attributes that all have in common stay; the others are those of the largest, and said.

    Parameters
    ----------
    hazards
        A canonical hazard table in EPSG:4326.
    ids
        The hazards to merge, two or more, of one kind.
    new_id
        The id of the hazard that comes of it: a new one, or one of `ids`.

    Raises
    ------
    UnknownNameError, CRSError, GeometryError
        As `release_area`.
    RecordError
        If there are fewer than two ids, one is repeated, or `new_id` is another hazard's.
    MixedError
        If the hazards are of several kinds.

    Examples
    --------
    >>> hazards = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1", "AP-2"]},
    ...     geometry=shapely.box([103, 103.01], 13, [103.01, 103.02], 13.01), crs=4326)
    >>> done = merge(hazards, ["AP-1", "AP-2"], "AP-3")
    >>> done.hazards[["hazard_id", "size_m2", "parent_id"]].values.tolist()
    [['AP-3', 2400297, 'AP-1 + AP-2']]
    """
    ids = sorted(ids)
    if len(ids) < 2 or len(set(ids)) < len(ids):
        raise RecordError(f"cannot merge {some(ids)}: give two or more different ids")
    if new_id not in ids and (hazards["hazard_id"] == new_id).any():
        raise RecordError(f"hazard_id {new_id} is taken; give the merged hazard an id of its own")
    rows = [row_of(hazards, hazard_id) for hazard_id in ids]
    kinds = {row.get("kind") for row in rows}
    if len(kinds) > 1:
        raise MixedError(f"{some(ids)} are of several kinds ({some(kinds)}); merge those of one")
    before = [to_multipolygons([row.geometry])[0] for row in rows]
    sizes = size_m2(before)
    largest = rows[int(np.argmax(sizes))]
    differ = [
        name
        for name in largest.index
        if name not in {"hazard_id", "geometry", "size_m2", "status"}
        and len({None if _is_null(row[name]) else row[name] for row in rows}) > 1
    ]
    notes = [f"{some(differ, 20)}: of {largest.hazard_id}, the largest"] if differ else []
    overlap = int(sizes.sum()) - int(size_m2([areal(shapely.union_all(before))])[0])
    if overlap > len(ids):
        notes.append(f"the hazards overlap by {overlap:,} m², counted once from now on")
    parents = " + ".join(hazard_id for hazard_id in ids if hazard_id != new_id)
    merged = areal(shapely.union_all(before))
    row = {
        **{str(name): value for name, value in largest.items()},
        "hazard_id": new_id,
        "geometry": merged,
        "parent_id": parents,
    }
    stays = int(sizes[ids.index(new_id)]) if new_id in ids else 0
    return _transfer(hazards, [row], before, stays, notes)


def _transfer(
    hazards: gpd.GeoDataFrame, rows: list[dict[str, Any]], before: list[Any], stays: int,
    notes: list[str],
) -> Transfer:  # fmt: skip
    """Return the hazards that come of a transfer, with its balance."""
    columns = dict.fromkeys([*hazards.columns, "parent_id"])
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(columns)), crs=CRS)
    kept = {name: kind for name, kind in hazards.dtypes.items() if name != "geometry"}
    table = table.astype(kept | {"parent_id": "str"})
    table = table.set_geometry(gpd.GeoSeries(to_multipolygons(table), crs=CRS))
    table["size_m2"] = size_m2(table)
    order = [name for name in HAZARD_COLUMNS if name in table]
    table = table[[*order, *(name for name in table.columns if name not in order)]]
    had = int(size_m2(before).sum())
    over = int(table["size_m2"].sum()) - had
    table = table.sort_values("hazard_id", ignore_index=True)
    return Transfer(table, Balance(had, had - stays, stays), over, tuple(notes))
