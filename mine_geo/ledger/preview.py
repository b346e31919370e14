"""Land release tried on a hazard table: what would remain, what would be released.

Frame in, frame out; no ledger is known here. Geometries are in EPSG:4326, sizes in whole m² on the
WGS 84 ellipsoid. The cut is that of the ledger (`mine_geo.ledger.cut.cut`).

Hazards divided and merged, tried on a hazard table: land moves, nothing is released. The store
asks these functions what a part or a merged hazard may be; its m² are those of the fold, whose cut
is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import (
    GeometryError,
    OptionError,
    RecordError,
    UnknownNameError,
    choose,
    some,
)
from mine_geo.geo import crs
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import exact_size_m2, find_faults, size_m2, to_multipolygons
from mine_geo.geo.hazards import refuse_several_kinds
from mine_geo.ledger.cut import LEAST_M2, SLIVER_M, areal, cut, released_land
from mine_geo.terms import CRS, HAZARD_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mine_geo.terms import Outcome


@dataclass(frozen=True)
class Balance:
    """Whole m²: `before_m2` is `released_m2` (or what was moved) and `after_m2` together."""

    before_m2: int
    released_m2: int
    after_m2: int


@dataclass(frozen=True)
class Release:
    """What a release would do to one hazard."""

    hazard_id: str
    outcome: Outcome
    remaining: Any
    """MultiPolygon in EPSG:4326; empty if everything is released."""
    released: Any
    """MultiPolygon in EPSG:4326; empty if nothing is."""
    balance: Balance
    outside_m2: int
    """Worked land outside what was left of the hazard."""
    sliver_m2: int
    """Slivers left beside the polygon, given to the released side; within `released_m2`."""
    notes: tuple[str, ...]


def release_area(
    hazards: gpd.GeoDataFrame, hazard_id: str, outcome: Outcome, polygon: Any
) -> Release:
    """Show what releasing a polygon would leave of a hazard of this table.

    A pure calculation that knows no ledger: neither which day it is about, nor what was released
    later, nor which land is credited to another hazard that overlaps this one. What a recording
    does is what `Store.record(..., dry_run=True)` says.

    Parameters
    ----------
    hazards
        A canonical hazard table: the polygons that remain, EPSG:4326. Hazards of which nothing is
        left may have an empty polygon.
    hazard_id
        The hazard.
    outcome
        `cancelled` (NTS), `reduced` (TS) or `cleared`.
    polygon
        The land worked on: a polygon, multipolygon or collection (its polygons count) in
        longitude / latitude, or a GeoSeries or GeoDataFrame in EPSG:4326 (its rows together).

    Returns
    -------
    Release
        `released_m2` is the size before less the size after, so that both add up to the square
        metre. A cut that rounds to 0 m² leaves the polygon as it was. A strip left beside the
        polygon and thinner than 0.05 m (in degrees of latitude) goes with it. If less than
        0.5 m² would be left, nothing is.

    Raises
    ------
    OptionError
        If the outcome is unknown, or stands after the polygon.
    UnknownNameError
        If no hazard has that id.
    CRSError
        If hazards or polygon have no reference system or another one than EPSG:4326.
    GeometryError
        If the polygon is missing, empty, without area or invalid (with reason and place), or
        misses the hazard (with the distance in metres).

    Examples
    --------
    >>> hazards = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> done = release_area(hazards, "AP-1", "cleared", shapely.box(103.005, 13, 103.012, 13.01))
    >>> done.balance
    Balance(before_m2=1200149, released_m2=600075, after_m2=600074)
    >>> done.outside_m2, done.remaining.bounds
    (240030, (103.0, 13.0, 103.005, 13.01))
    """
    outcome_first("release_area(hazards, hazard_id, outcome, polygon)", outcome, polygon)
    before = to_multipolygons([row_of(hazards, hazard_id).geometry])[0]
    drawn = worked_polygon(polygon, "the released polygon")
    done = cut([before], [drawn])
    if done.failed:
        raise GeometryError(f"{hazard_id} cannot be cut: {done.failed[0]}; simplify the polygon")
    after = done.after[0]
    released = released_land(before, after, drawn)
    had, left = int(size_m2([before])[0]), int(np.rint(done.exact_m2[0]))
    outside = round(float(exact_size_m2([shapely.difference(drawn, before)])[0]))
    sliver = round(float(done.sliver_m2[0]))
    notes = nothing_released(hazard_id, before, drawn) if after is before else []
    if outside:
        notes.append(f"{outside:,} m² lie outside what was left of {hazard_id}; not released")
    if done.sliver_m2[0] > 0:
        notes.append(
            f"strips thinner than {SLIVER_M} m left beside the polygon ({sliver:,} m²) "
            "go with the released land"
        )
    if after.is_empty and after is not before:
        notes.append(f"nothing is left of {hazard_id}: it would be closed")
    multi = to_multipolygons([after])[0]
    return Release(
        hazard_id, outcome, multi, released, Balance(had, had - left, left), outside, sliver,
        tuple(notes),
    )  # fmt: skip


def nothing_released(hazard_id: str, before: Any, drawn: Any) -> list[str]:
    """Say why a cut takes nothing, or raise if the polygon misses the hazard.

    Examples
    --------
    >>> field = shapely.box(103, 13, 103.01, 13.01)
    >>> nothing_released("AP-1", field, shapely.box(103.01, 13, 103.02, 13.01))
    ['the polygon only touches what is left of AP-1: land released already, or none']
    """
    if before.is_empty:
        return [f"nothing is left of {hazard_id}: this land is released already"]
    metres = distance_m(before, drawn)
    if metres > SLIVER_M:
        raise GeometryError(
            f"the polygon misses {hazard_id} by {metres:,.1f} m; check the id, the coordinates "
            "and their datum, or whether this land is released already"
        )
    inside = float(exact_size_m2([areal(shapely.intersection(before, drawn))])[0])
    if inside > 0:
        return [f"the polygon takes {inside:.2g} m² off {hazard_id}, which rounds to 0"]
    return [f"the polygon only touches what is left of {hazard_id}: land released already, or none"]


def distance_m(one: Any, other: Any) -> float:
    """Geodesic distance in metres between two geometries in EPSG:4326; 0 if they meet.

    The nearest points are found in degrees with longitudes shortened by the cosine of the
    latitude, then measured on the ellipsoid (Karney 2013); right to about 0.5 %.

    Examples
    --------
    >>> round(distance_m(shapely.box(103, 13, 103.01, 13.01), shapely.box(103.02, 13, 104, 14)))
    1085
    """
    shrink = np.array([np.cos(np.radians(one.centroid.y)), 1.0])
    flat = shapely.transform([one, other], lambda xy: xy * shrink)
    ends = shapely.get_coordinates(shapely.shortest_line(*flat)) / shrink
    return float(crs.geodesic_m(ends[:1], ends[1:])[0])


def outcome_first(call: str, outcome: object, polygon: object) -> None:
    """Refuse an outcome that is unknown, and one that stands where the polygon belongs.

    Parameters
    ----------
    call
        How it is called, its arguments in their order.
    outcome, polygon
        What was given for each.

    Raises
    ------
    OptionError
        In one line, with the right order or the valid outcomes.

    Examples
    --------
    >>> outcome_first("record_report(outcome, polygon)", "cleared", shapely.box(0, 0, 1, 1))
    >>> outcome_first("record_report(outcome, polygon)", shapely.box(0, 0, 1, 1), "cleared")
    Traceback (most recent call last):
    mine_geo.errors.OptionError: the outcome comes before the polygon: write ...
    """
    if isinstance(polygon, str) and (polygon in OUTCOMES or not isinstance(outcome, str)):
        raise OptionError(f"the outcome comes before the polygon: write {call}")
    if not isinstance(outcome, str):
        given = type(outcome).__name__
        raise OptionError(f"{call}: outcome is a {given}; valid: {', '.join(OUTCOMES)}")
    choose(outcome, OUTCOMES, "outcome")


def worked_polygon(polygon: Any, what: str) -> Any:
    """Return land drawn in the field as one valid multipolygon in EPSG:4326.

    Parameters
    ----------
    polygon
        See `release_area`.
    what
        What it is, for messages.

    Raises
    ------
    CRSError, GeometryError
        As `release_area` does.

    Examples
    --------
    >>> two = gpd.GeoSeries(shapely.box([103, 103.01], 13, [103.01, 103.02], 13.01), crs=4326)
    >>> worked_polygon(two, "the report").bounds
    (103.0, 13.0, 103.02, 13.01)
    """
    if isinstance(polygon, gpd.GeoSeries | gpd.GeoDataFrame):
        require_lonlat(polygon, what)
        parts = list(polygon.geometry)
    else:
        parts = list(polygon) if isinstance(polygon, list | tuple | np.ndarray) else [polygon]
    if not all(part is None or isinstance(part, shapely.Geometry) for part in parts):
        raise GeometryError(f"{what} is not a geometry; give a shapely polygon or a GeoSeries")
    parts = [_checked_part(part, what) for part in parts if part is not None]
    if not parts:
        raise GeometryError(f"{what} is missing; give the polygon of the land worked on")
    return parts[0] if len(parts) == 1 else areal(shapely.union_all(parts))


def _checked_part(part: Any, what: str) -> Any:
    flat = shapely.force_2d(part)
    pieces = shapely.get_parts(flat) if flat.geom_type == "GeometryCollection" else [flat]
    collected = len(pieces) > 1 or flat.geom_type == "GeometryCollection"
    polygons = [piece for piece in pieces if piece.geom_type in {"Polygon", "MultiPolygon"}]
    if collected and not polygons:
        raise GeometryError(f"{what} holds no polygon, only {some({p.geom_type for p in pieces})}")
    checked = polygons if collected else [flat]
    faults = find_faults(checked, [what] * len(checked))
    if len(faults):
        mend = "mend it in its source, for example with make_valid in QGIS, and look at it"
        raise GeometryError(f"{what}: {some(faults['message'], 3)}; {mend}")
    if collected:
        return areal(shapely.union_all(checked))
    return to_multipolygons(checked)[0]


def row_of(hazards: gpd.GeoDataFrame, hazard_id: str) -> pd.Series[Any]:
    """Return the one row of a hazard, its polygon (EPSG:4326) checked.

    Raises
    ------
    UnknownNameError, RecordError, CRSError, GeometryError
        If no row or several rows have this id, or its polygon is none.

    Examples
    --------
    >>> table = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> row_of(table, "AP-1").hazard_id
    'AP-1'
    """
    require_lonlat(hazards, "hazards")
    if "hazard_id" not in hazards:
        raise RecordError("no column 'hazard_id'; use read_hazards or to_hazards first")
    rows = hazards[hazards["hazard_id"] == hazard_id]
    if rows.empty:
        raise UnknownNameError(f"no hazard {hazard_id!r} in this table; check the id")
    if len(rows) > 1:
        raise RecordError(f"hazard_id {hazard_id} stands {len(rows)} times; ids must be unique")
    faults = find_faults(rows, rows["hazard_id"])
    faults = faults[faults["fault"] != "empty"]
    if len(faults):
        raise GeometryError(f"{hazard_id}: {faults['message'].iloc[0]}; mend the hazard first")
    row: pd.Series[Any] = rows.iloc[0]
    return row


Remainder = Literal["refuse", "keep"]
REMAINDERS: Final = get_args(Remainder)
"""What becomes of land that the parts of a divided hazard leave over."""


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
    remainder: Remainder = "refuse",
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
        require_lonlat(parts, "the parts")
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


def merge(hazards: gpd.GeoDataFrame, hazard_ids: Sequence[str], into: str) -> Transfer:
    """Show what merging hazards of this table into one would give.

    On a day of the ledger: `Store.merge(..., dry_run=True)`.

    Attributes that all have in common stay; the others are those of the largest, and said.

    Parameters
    ----------
    hazards
        A canonical hazard table in EPSG:4326.
    hazard_ids
        The hazards to merge, two or more, of one kind.
    into
        The hazard that comes of it: a new id, or one of `hazard_ids`.

    Raises
    ------
    UnknownNameError, CRSError, GeometryError
        As `release_area`.
    RecordError
        If there are fewer than two ids, one is repeated, or `into` is another hazard's.
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
    ids = sorted(hazard_ids)
    if len(ids) < 2 or len(set(ids)) < len(ids):
        raise RecordError(f"cannot merge {some(ids)}: give two or more different ids")
    if into not in ids and (hazards["hazard_id"] == into).any():
        raise RecordError(f"hazard_id {into} is taken; give the merged hazard an id of its own")
    rows = [row_of(hazards, hazard_id) for hazard_id in ids]
    refuse_several_kinds(
        hazards[hazards["hazard_id"].isin(ids)], f"{some(ids)}: hazards", "merge those of one kind"
    )
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
    parents = " + ".join(hazard_id for hazard_id in ids if hazard_id != into)
    merged = areal(shapely.union_all(before))
    row = {
        **{str(name): value for name, value in largest.items()},
        "hazard_id": into,
        "geometry": merged,
        "parent_id": parents,
    }
    stays = int(sizes[ids.index(into)]) if into in ids else 0
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
