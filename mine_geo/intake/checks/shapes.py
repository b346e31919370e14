"""Checks of polygons: each by itself, and against each other; and their repair.

By itself: coordinates, rings, parts, long edges. Against each other: the same one twice, one under
another, one of the register.

Polygons are repaired only when it is asked for; what was changed is said, and by how many m².
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import some
from mine_geo.geo.crs import geodesic_m
from mine_geo.geo.geometry import SHAPES, exact_size_m2, size_m2, to_multipolygons
from mine_geo.intake.checks.records import Records
from mine_geo.intake.findings import EMPTY_LEFT_OUT, Finding, as_table
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mine_geo.intake.checks.records import Objects, Places


DEGREE_M: Final = 111_700.0
"""No degree, of longitude or latitude, is longer on WGS 84."""
_REASON: Final = re.compile(r"(?P<why>[^\[]*)\[(?P<x>\S+) (?P<y>\S+)\]")


def check_shapes(records: Records, longest_edge_m: float) -> Iterator[Finding]:
    """Give the findings of each geometry by itself.

    A geometry with one fault is not looked at for others: an invalid ring is not measured.

    Parameters
    ----------
    records
        The records, in EPSG:4326.
    longest_edge_m
        An edge that is longer, by the geodesic in metres, is a finding.
    """
    for place, fault, message in zip(
        records.faults["id"], records.faults["fault"], records.faults["message"], strict=True
    ):
        geometry = records.geometries[place]
        if fault in {"null", "empty"}:
            yield records.finding(
                "no_polygon", place, f"{message}: kept, and not in the split; ask for its polygon"
            )
        elif fault == "coordinates":
            yield records.finding("bad_coordinates", place, _bad_coordinate(geometry))
        else:
            found = fault_of(geometry)
            yield records.finding(found.code, place, f"{found.what}; {found.mend}", found.where)
    for place in np.flatnonzero(records.emptied):
        yield records.finding("empty_part", place, EMPTY_LEFT_OUT)
    yield from _without_size(records)
    yield from _long_edges(records, longest_edge_m)


def _on_earth(xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(xy) <= [180, 90]).all(axis=1))


def _bad_coordinate(geometry: shapely.Geometry) -> str:
    """Say which vertices are no place on the earth, and why that may be."""
    xy = shapely.get_coordinates(geometry)
    bad = np.flatnonzero(~_on_earth(xy))
    listed = some((f"({x:.7g}, {y:.7g})" for x, y in xy[bad]), 2)
    which = f"vertex {bad[0] + 1} of {len(xy)}" if len(bad) == 1 else f"{len(bad)} of {len(xy)}"
    if not np.isfinite(xy).all():
        return f"{which} vertices: {listed} is no number; give longitude and latitude"
    mend = "give longitude and latitude in degrees"
    if _on_earth(xy[:, ::-1]).all():
        mend = "longitude and latitude seem to be swapped"
    elif np.abs(xy).max() > 1000:
        mend = "these seem to be metres: say in which reference system"
    return f"{which} vertices are not on the earth: {listed}; {mend}"


@dataclass(frozen=True)
class Fault:
    """Why a geometry is no polygon, or none that can be measured."""

    code: str
    what: str
    mend: str
    where: shapely.Point | None


def fault_of(geometry: shapely.Geometry) -> Fault:
    """Return what is wrong with an invalid polygon, or a geometry of another type.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> fault_of(bow_tie).what
    'self-intersection at 0.5000000, 0.5000000'
    """
    parts = shapely.get_parts(geometry)
    if not np.isin(shapely.get_type_id(geometry), SHAPES["polygon"]):
        mend = "draw the polygon"
        if np.isin(shapely.get_type_id(parts), SHAPES["polygon"]).any():
            mend = "keep its polygons only (repair does that)"
        return Fault(
            "not_polygon", f"{geometry.geom_type} instead of a polygon", mend, _middle(geometry)
        )
    why, where = _reason_of(geometry)
    at = "" if where is None else f" at {where.x:.7f}, {where.y:.7f}"
    rings = shapely.get_rings(parts)
    points = min(len(np.unique(shapely.get_coordinates(ring), axis=0)) for ring in rings)
    if points < 3:
        said = f"a ring of {points} different {'point' if points == 1 else 'points'}{at}"
        return Fault("few_points", said, "a polygon needs three or more: complete the ring", where)
    if len(parts) > 1 and shapely.is_valid(parts).all():
        return _overlap(parts, at, where)
    mend = "draw the ring so that it neither crosses nor touches itself"
    return Fault("invalid_ring", f"{why[:1].lower()}{why[1:]}{at}", mend, where)


def _middle(geometry: shapely.Geometry) -> shapely.Point | None:
    with np.errstate(invalid="ignore"):
        middle = shapely.centroid(geometry)
    xy = shapely.get_coordinates(middle)
    return middle if len(xy) and _on_earth(xy).all() else None


def _reason_of(geometry: shapely.Geometry) -> tuple[str, shapely.Point | None]:
    """Return GEOS's reason why a geometry is invalid, and the place."""
    reason = shapely.is_valid_reason(geometry)
    match = _REASON.fullmatch(reason)
    if match is None:
        return reason, None
    return match["why"], shapely.Point(float(match["x"]), float(match["y"]))


def _overlap(parts: NDArray[np.object_], at: str, where: shapely.Point | None) -> Fault:
    """Say how much of valid parts lies one under the other."""
    twice = exact_size_m2(parts).sum() - exact_size_m2([shapely.union_all(parts)])[0]
    if round(twice) < 1:
        return Fault(
            "self_overlap", f"parts that share an edge{at}", "join them to one part", where
        )
    said = f"its {len(parts)} parts overlap{at}: {twice:,.0f} m² would count twice"
    return Fault("self_overlap", said, "draw each square metre once", where)


def _without_size(records: Records) -> Iterator[Finding]:
    for place in np.flatnonzero(records.sound & (records.size_m2 < 0.5)):
        yield records.finding(
            "zero_size",
            place,
            f"a polygon of {records.size_m2[place]:.2f} m², which counts as 0; "
            "check its vertices (all of one place?)",
            shapely.centroid(records.geometries[place]),
        )


def _long_edges(records: Records, longest_edge_m: float) -> Iterator[Finding]:
    """Give the longest edge of each polygon that has one beyond the limit."""
    places = np.flatnonzero(records.sound)
    parts, part = shapely.get_parts(records.geometries[places], return_index=True)
    rings, ring = shapely.get_rings(parts, return_index=True)
    xy, owner = shapely.get_coordinates(rings, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0).T) if len(xy) else np.zeros(0)
    maybe = np.flatnonzero((owner[1:] == owner[:-1]) & (step * DEGREE_M > longest_edge_m))
    metres = geodesic_m(xy[maybe], xy[maybe + 1])
    maybe, metres = maybe[metres > longest_edge_m], metres[metres > longest_edge_m]
    hazard = places[part[ring[owner[maybe]]]]
    order = np.lexsort((-metres, hazard))
    _, first, count = np.unique(hazard[order], return_index=True, return_counts=True)
    for start, edges in zip(first, count, strict=True):
        edge = maybe[order[start]]
        more = f" (and {edges - 1} more beyond {longest_edge_m:,.0f} m)" if edges > 1 else ""
        yield records.finding(
            "vertex_gap",
            hazard[order[start]],
            f"an edge of {metres[order[start]]:,.0f} m{more}; "
            "check its two vertices for a slip of the pen",
            shapely.Point((xy[edge] + xy[edge + 1]) / 2),
        )


def repair(hazards: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Mend invalid rings, overlapping parts and mixed collections; say what that changed.

    GEOS's `make_valid` by "structure": each ring is made valid by itself, shells are joined and
    holes taken off. So land that was drawn twice stays land; by "linework", the other way, it would
    become a hole, and a hazard lost. What collapses to a line or point is left out.

    Parameters
    ----------
    hazards
        A table in EPSG:4326 as for `check_hazards`, on any index.

    Returns
    -------
    hazards : geopandas.GeoDataFrame
        The same table with the geometries that could be mended (MultiPolygon); where it has a
        column `size_m2`, that of the mended ones is computed again. A valid polygon is never
        touched; what cannot become a polygon with a size stays as it was, with its error.
    findings : geopandas.GeoDataFrame
        One `repaired` for each geometry that was changed: why, the size (whole m²) as it was drawn
        and as it is now, and where.

    Raises
    ------
    CRSError, GeometryError, RecordError
        As `check_hazards`.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])
    >>> frame = gpd.GeoDataFrame({"hazard_id": ["AP-1"]}, geometry=[bow_tie], crs=4326)
    >>> mended, found = repair(frame)
    >>> mended.geometry.is_valid.tolist(), found["message"].tolist()
    ([True], ['self-intersection at 103.0050000, 13.0050000: 600,074 m² now, ...])
    """
    records = Records.of(hazards)
    broken = records.faults.loc[records.faults["fault"].isin(["ring", "type"]), "id"]
    places = broken.to_numpy(dtype=np.intp)
    mended = _mend(records.geometries[places])
    good = shapely.is_valid(mended) & (size_m2(mended) > 0)
    places, mended = places[good], mended[good]
    table = hazards.copy()
    name = table.geometry.name
    geometries = table[name].to_numpy().copy()
    geometries[places] = mended
    table[name] = gpd.GeoSeries(geometries, index=table.index, crs=CRS)
    for column in [each for each in table.columns if str(each).lower() == "size_m2"]:
        sizes = table[column].to_numpy().copy()
        sizes[places] = size_m2(mended)
        table[column] = sizes
    return table, as_table(_say(records, places, mended))


def _mend(geometries: Objects) -> Objects:
    """Return valid multipolygons of what is polygonal in each geometry, empty where nothing is."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, within = shapely.get_parts(parts, return_index=True)
        owner = owner[within]
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    empty = np.full(len(geometries), shapely.MultiPolygon(), dtype=object)
    drawn = shapely.multipolygons(parts[areal], indices=owner[areal], out=empty)
    return to_multipolygons(shapely.make_valid(drawn, method="structure", keep_collapsed=False))


def _say(records: Records, places: Places, mended: Objects) -> Iterator[Finding]:
    drawn = records.geometries[places]
    sizes = zip(exact_size_m2(drawn), exact_size_m2(mended), strict=True)
    pieces_of = shapely.get_num_geometries(drawn), shapely.get_num_geometries(mended)
    counts = zip(*pieces_of, strict=True)
    for place, (before, now), (parts, left) in zip(places, sizes, counts, strict=True):
        fault = fault_of(records.geometries[place])
        pieces = "" if parts == left else f"; {left} parts now, {parts} as drawn"
        yield records.finding(
            "repaired",
            place,
            f"{fault.what}: {now:,.0f} m² now, {before:,.0f} m² as drawn "
            f"({now - before:+,.0f} m²){pieces}; compare it with its report",
            fault.where,
        )


AT_ONCE: Final = 200
"""Polygons asked of a tree at a time, so that memory stays small where many overlap."""
COMPARED: Final = 100
"""Where more polygons lie about one, only so many are compared: time stays bounded."""
SLACK: Final = 0.98
"""By how much degrees may misjudge a share: within one hazard they hardly change their length."""
SAME_M2: Final = 1.0
"""Two polygons that differ by less are one polygon that was written twice."""


def normal_form(geometries: Any) -> NDArray[np.object_]:
    """Return polygons as one and the same bytes, wherever a ring starts and whichever way it runs.

    Points that repeat the one before are left out, parts and holes put in order, heights dropped.

    Parameters
    ----------
    geometries
        Valid polygons and multipolygons.

    Returns
    -------
    numpy.ndarray
        Well-known binary of each.

    Examples
    --------
    >>> one = shapely.Polygon([(0, 0), (1, 0), (1, 1)])
    >>> other = shapely.Polygon([(1, 1), (1, 0), (1, 0), (0, 0)])
    >>> first, second = normal_form([one, other])
    >>> first == second
    True
    """
    plain = shapely.remove_repeated_points(to_multipolygons(geometries))
    return np.asarray(shapely.to_wkb(shapely.normalize(plain)), dtype=object)


def check_overlaps(records: Records, overlap_share: float) -> Iterator[Finding]:
    """Give the hazards of one kind that have the same polygon, or lie under one another.

    Records of one id are not compared: the check of ids says that they stand twice. Of several
    hazards with the same polygon the first alone is compared with the rest; where a hundred lie
    about one, those whose boxes have most in common with its box.

    Parameters
    ----------
    records
        The records, in EPSG:4326.
    overlap_share
        From which part of the smaller of two on (0 to 1) an overlap is a finding.
    """
    places = np.flatnonzero(records.sound & (records.size_m2 > 0))
    kinds = pd.factorize(records.kinds)[0]
    owners = _owners(records.ids)
    forms = pd.factorize(normal_form(records.geometries[places]))[0]
    table = pd.DataFrame({"place": places, "form": forms, "kind": kinds[places]})
    drawn_twice = table[table.duplicated(["form", "kind"], keep=False)]
    for _, group in drawn_twice.groupby(["form", "kind"])["place"]:
        yield from _same(records, group.to_numpy(), owners)
    firsts = places[~table.duplicated(["form", "kind"]).to_numpy()]
    yield from _under(records, _covered(records, firsts, kinds, owners, overlap_share))


def _owners(ids: Objects) -> Places:
    """Return a number for each id, the same in any case; a missing id has one of its own."""
    names = [place if name is None else name.casefold() for place, name in enumerate(ids)]
    return np.asarray(pd.factorize(np.array(names, dtype=object))[0], dtype=np.intp)


def _same(records: Records, group: Places, owners: Places) -> Iterator[Finding]:
    """Say of each record with one polygon which other hazards have it."""
    first = np.sort(group[np.unique(owners[group], return_index=True)[1]])
    if len(first) == 1:
        return
    where = shapely.point_on_surface(records.geometries[group])
    for place, point in zip(group, where, strict=True):
        shown = [other for other in first[:4] if owners[other] != owners[place]][:3]
        more = len(first) - 1 - len(shown)
        names = ", ".join(records.label(other) for other in shown)
        yield records.finding(
            "duplicate_polygon",
            place,
            f"the same polygon as {names}{f' and {more} more' if more else ''} "
            f"({records.size_m2[place]:,.0f} m²); keep one of them",
            point,
        )


def _covered(
    records: Records, places: Places, kinds: Places, owners: Places, overlap_share: float
) -> pd.DataFrame:
    """Return the pairs of which one lies under the other: `one`, `other`, `inside` and m²."""
    geometries = records.geometries[places]
    tree = shapely.STRtree(geometries)
    bounds, area = shapely.bounds(geometries), shapely.area(geometries)
    found: list[pd.DataFrame] = []
    for start in range(0, len(places), AT_ONCE):
        one, other = tree.query(geometries[start : start + AT_ONCE])
        one = one + start
        first = one < other
        one, other = one[first], other[first]
        alike = kinds[places[one]] == kinds[places[other]]
        alike &= owners[places[one]] != owners[places[other]]
        alike &= _common_box(bounds[one], bounds[other]) >= (
            overlap_share * SLACK * np.minimum(area[one], area[other])
        )
        one, other = _closest(one[alike], other[alike], bounds)
        inside = shapely.intersection(geometries[one], geometries[other])
        sizes = np.column_stack([records.size_m2[places[one]], records.size_m2[places[other]]])
        m2 = exact_size_m2(inside)
        enough = m2 >= overlap_share * sizes.min(axis=1)
        found.append(
            pd.DataFrame(
                {
                    "one": places[one[enough]],
                    "other": places[other[enough]],
                    "inside": inside[enough],
                    "m2": m2[enough],
                }
            )
        )
    columns = ["one", "other", "inside", "m2"]
    return pd.concat(found) if found else pd.DataFrame(columns=columns)


def _closest(one: Places, other: Places, bounds: NDArray[np.float64]) -> tuple[Places, Places]:
    """Return of the pairs of each `one` only so many, those whose boxes have most in common."""
    if len(one) <= COMPARED:
        return one, other
    order = np.lexsort((-_common_box(bounds[one], bounds[other]), one))
    one, other = one[order], other[order]
    start = np.flatnonzero(np.concatenate([[True], one[1:] != one[:-1]]))
    turn = np.arange(len(one)) - np.repeat(start, np.diff(np.append(start, len(one))))
    return one[turn < COMPARED], other[turn < COMPARED]


def _common_box(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area that two boxes have in common, square degrees."""
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    return np.asarray(np.maximum(high - low, 0).prod(axis=1))


def _under(records: Records, pairs: pd.DataFrame) -> Iterator[Finding]:
    """Say each pair of both its records, the largest overlap of a record first."""
    turned = pairs.rename(columns={"one": "other", "other": "one"})
    both = pd.concat([pairs, turned]).sort_values(["one", "m2"], ascending=[True, False])
    every, parts = both["other"].to_numpy(dtype=np.intp), both["m2"].to_numpy()
    points = shapely.point_on_surface(both["inside"].to_numpy())
    for place, rows in _by_record(both):
        others, m2, where = every[rows], parts[rows], points[rows.start]
        size, sizes = records.size_m2[place], records.size_m2[others]
        twin = np.maximum(size, sizes) - m2 < SAME_M2
        if twin.any():
            yield records.finding(
                "duplicate_polygon",
                place,
                f"the polygon of {records.labels(others[twin])} but for less than "
                f"{SAME_M2:.0f} m² ({size:,.0f} m²); keep one of them",
                where,
            )
        if not twin.all():
            said = [
                f"{part / size:.0%} of it lies under {records.label(other)} ({part:,.0f} m²)"
                if size <= whole
                else f"{part / whole:.0%} of {records.label(other)} ({part:,.0f} m²) lies under it"
                for other, part, whole in zip(others[~twin], m2[~twin], sizes[~twin], strict=True)
            ]
            mend = "keep one of them, or draw their common edge once"
            yield records.finding("overlaps_hazard", place, f"{some(said, 3)}; {mend}", where)


def check_register(records: Records, register: Records) -> Iterator[Finding]:
    """Give the land of each record that hazards of its kind in the register have already.

    The hazard of the same id is left out: the record is that hazard, sent again.

    Parameters
    ----------
    records
        The records, in EPSG:4326.
    register
        The hazards that are there; those without a polygon are passed over.
    """
    there = register.geometries[register.sound]
    names, kinds = register.ids[register.sound], register.kinds[register.sound]
    tree = shapely.STRtree(there)
    places = np.flatnonzero(records.sound & (records.size_m2 > 0))
    for start in range(0, len(places), AT_ONCE):
        some_places = places[start : start + AT_ONCE]
        one, other = tree.query(records.geometries[some_places], predicate="intersects")
        one = some_places[one]
        wanted = (records.kinds[one] == kinds[other]) & (records.ids[one] != names[other])
        one, other = one[wanted], other[wanted]
        inside = shapely.intersection(records.geometries[one], there[other])
        m2 = exact_size_m2(inside)
        table = pd.DataFrame({"one": one, "name": names[other], "m2": m2, "inside": inside})
        yield from _in_register(records, table[np.rint(m2) >= 1])


def _by_record(pairs: pd.DataFrame) -> Iterator[tuple[int, slice]]:
    """Give each record of pairs that are sorted by record, and its rows."""
    places, starts, counts = np.unique(
        pairs["one"].to_numpy(dtype=np.intp), return_index=True, return_counts=True
    )
    for place, start, count in zip(places, starts, counts, strict=True):
        yield int(place), slice(int(start), int(start + count))


def _in_register(records: Records, pairs: pd.DataFrame) -> Iterator[Finding]:
    ordered = pairs.sort_values(["one", "m2", "name"], ascending=[True, False, True])
    names, parts = ordered["name"].to_numpy(), ordered["m2"].to_numpy()
    points = shapely.point_on_surface(ordered["inside"].to_numpy())
    for place, rows in _by_record(ordered):
        said = [
            f"{_share(m2 / records.size_m2[place])} of it lies under {name} ({m2:,.0f} m²)"
            for name, m2 in zip(names[rows], parts[rows], strict=True)
        ]
        yield records.finding(
            "overlaps_register",
            place,
            f"{some(said, 3)} of the register; draw their common edge once, or send it as "
            "that hazard",
            points[rows.start],
        )


def _share(part: float) -> str:
    """Write a share, a small one with its digits.

    Examples
    --------
    >>> _share(0.97), _share(0.0004)
    ('97 %', '0.04 %')
    """
    return f"{100 * part:.0f} %" if part >= 0.01 else f"{100 * part:.2g} %"
