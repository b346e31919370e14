"""Checks of polygons against each other: the same one twice, one under another, the register's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import some
from mine_geo.geo.geometry import exact_size_m2, to_multipolygons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mine_geo.intake.checks.records import Objects, Places, Records
    from mine_geo.intake.findings import Finding


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
