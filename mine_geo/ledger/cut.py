"""What a cut leaves of a hazard and what it takes, in m², and each square metre counted once.

Every release and every transfer goes through `cut`, in a preview as in the ledger, so that both
say the same; slivers are given to one side. `overlaps` and `again_m2` take out what was released
over two hazards, and what was covered again. Geometries are in EPSG:4326; edges are straight in
longitude / latitude, as the overlay functions of GEOS have it, and nothing is snapped to a grid.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

from mine_geo.geo.geometry import as_geometries, exact_size_m2, size_m2
from mine_geo.terms import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]


SLIVER_M: Final = 0.05
"""A strip left beside a released polygon and thinner than this is given to the released side."""
SLIVER_DEGREES: Final = SLIVER_M / 111_320
"""The same in degrees of latitude."""
SLIVER_LONG: Final = 20
"""A thin strip that hangs on the rest is a sliver if it is this many times longer than thick."""
LEAST_M2: Final = 0.5
"""Less than this rounds to 0 m²."""
LARGE: Final = 100
"""A polygon with more vertices is searched for slivers only around the cut."""
NOTHING: Final = shapely.MultiPolygon()


@dataclass(frozen=True)
class Cuts:
    """What cutting several hazards, each by its polygon, left of them."""

    after: Geometries
    """What remains; the very polygon of before where nothing was cut, empty where all was."""
    exact_m2: Floats
    """Size of what remains, not rounded."""
    sliver_m2: Floats
    """Size of the slivers given to the released side."""
    failed: dict[int, str]
    """Pairs that GEOS could not cut, with its reason; they count as not cut."""


def cut(before: Any, by: Any, *, exact_m2: Floats | None = None) -> Cuts:
    """Cut each hazard by its polygon.

    A cut whose size rounds to 0 m² leaves the polygon as it was. A strip left beside the cut
    that is thinner than `SLIVER_M` goes with the cut. If what is left rounds to 0 m², nothing is.

    Parameters
    ----------
    before
        Valid polygons or multipolygons in EPSG:4326, empty ones too.
    by
        One valid polygon or multipolygon each.
    exact_m2
        Sizes of `before`, not rounded, if they are known.

    Examples
    --------
    >>> done = cut([shapely.box(103, 13, 103.01, 13.01)], [shapely.box(103, 13, 103.005, 13.02)])
    >>> done.after[0].bounds, done.exact_m2.round(1)
    ((103.005, 13.0, 103.01, 13.01), array([600074.3]))

    A strip of 1 mm goes with the cut:

    >>> all_but_a_strip = shapely.box(103, 13, 103.01, 13.00999999)
    >>> strip = cut([shapely.box(103, 13, 103.01, 13.01)], [all_but_a_strip])
    >>> strip.after[0].is_empty, strip.sliver_m2.round(1)
    (True, array([1.2]))
    """
    before, by = as_geometries(before), as_geometries(by)
    had = exact_size_m2(before) if exact_m2 is None else np.asarray(exact_m2, dtype=float)
    after, failed = _difference(before, by)
    left = exact_size_m2(after)
    touched = had - left >= LEAST_M2
    after = np.where(touched, after, before)
    sliver = np.zeros(len(after))
    thin = touched & _tight(after, by)
    for place in np.flatnonzero(thin):
        with suppress(GEOSException):  # then the slivers stay where they are
            after[place], sliver[place] = _without_slivers(after[place], by[place])
    left[thin] = exact_size_m2(after[thin])
    left = np.where(touched, left, had)
    gone = touched & (left < LEAST_M2)
    after[gone], left[gone] = NOTHING, 0.0
    return Cuts(after, left, sliver, failed)


def _difference(before: Geometries, by: Geometries) -> tuple[Geometries, dict[int, str]]:
    """Return before less by; one at a time if GEOS gives up on a pair."""
    try:
        return shapely.difference(before, by), {}
    except GEOSException:
        pass
    after, failed = before.copy(), {}
    for place, (one, other) in enumerate(zip(before, by, strict=True)):
        try:
            after[place] = shapely.difference(one, other)
        except GEOSException as error:
            failed[place] = str(error)
    return after, failed


def _tight(after: Geometries, by: Geometries) -> NDArray[np.bool_]:
    """Say where an edge or vertex of what is left is so near another that slivers may be."""
    large = shapely.get_num_coordinates(after) > LARGE
    near = np.where(large, NOTHING, after)
    for place in np.flatnonzero(large):  # what is far from the cut was looked at in its own cut
        near[place] = shapely.clip_by_rect(after[place], *_around(by[place]))
    return np.asarray(shapely.minimum_clearance(near) < SLIVER_DEGREES)


def _around(by: Any) -> Floats:
    """Return the bounds of a cut, wide enough that the slivers beside it do not feel them."""
    margin = np.array([-1, -1, 1, 1]) * (10 * SLIVER_DEGREES)
    return np.asarray(by.bounds + margin, dtype=float)


def _without_slivers(left: Any, by: Any) -> tuple[Any, float]:
    """Return what is left without the thin strips beside the cut, and their size in m²."""
    half = SLIVER_DEGREES / 2
    near = shapely.intersection(left, shapely.box(*_around(by)))
    eroded = shapely.buffer(near, -half, join_style="mitre")
    thick = shapely.buffer(eroded, half * (1 + 1e-6), join_style="mitre")
    beside = shapely.buffer(by, SLIVER_DEGREES, join_style="mitre")
    thin = shapely.get_parts(shapely.intersection(shapely.difference(near, thick), beside))
    bounds = shapely.bounds(thin)
    long = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    detached = shapely.disjoint(thin, eroded) & shapely.disjoint(thin, thick)
    keep = (long > SLIVER_LONG * SLIVER_DEGREES) | detached
    slivers = thin[keep & (shapely.get_dimensions(thin) == 2)]
    if not len(slivers):
        return left, 0.0
    rest = shapely.difference(left, shapely.union_all(slivers))
    if rest.geom_type == "GeometryCollection":  # a sliver that rounds to a line leaves it behind
        rest = areal(rest)
    tidy = shapely.remove_repeated_points(rest, SLIVER_DEGREES / 1000)
    had, size, after = exact_size_m2([left, rest, tidy])
    if shapely.is_valid(tidy) and abs(after - size) < LEAST_M2 / 10:
        rest, size = tidy, after
    return rest, float(had - size)


def released_land(before: Any, after: Any, by: Any) -> Any:
    """Return the land of one hazard that a cut took: a multipolygon in EPSG:4326.

    Parameters
    ----------
    before, after
        The hazard's polygon before and after `cut`.
    by
        The polygon it was cut by.

    Examples
    --------
    >>> box = shapely.box(103, 13, 103.01, 13.01)
    >>> left = shapely.box(103.005, 13, 103.01, 13.01)
    >>> released_land(box, left, shapely.box(103, 13, 103.005, 13.02)).bounds
    (103.0, 13.0, 103.005, 13.01)
    """
    if after is before:
        return NOTHING
    if after.is_empty:
        return areal(before)
    inside = areal(shapely.intersection(before, by))
    had, left, taken = exact_size_m2([before, after, inside])
    if abs(had - left - taken) < LEAST_M2 / 10:
        return inside
    beside = areal(shapely.difference(shapely.difference(before, after), by))
    slivers = [part for part in beside.geoms if exact_size_m2([part])[0] >= LEAST_M2 / 10]
    return areal(shapely.union_all([inside, *slivers])) if slivers else inside


def areal(geometry: Any) -> Any:
    """Return the polygons of any geometry as one multipolygon; lines and points are left out.

    Examples
    --------
    >>> mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(3, 3)])
    >>> areal(mixed).wkt
    'MULTIPOLYGON (((1 0, 1 1, 0 1, 0 0, 1 0)))'
    """
    if geometry.geom_type == "MultiPolygon":
        return geometry
    parts = shapely.get_parts(geometry)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    polygons = parts[
        (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    ]
    return shapely.MultiPolygon(list(polygons)) if len(polygons) else NOTHING


def overlaps(
    *,
    hazards: Sequence[str],
    kinds: Sequence[Any],
    days: NDArray[np.datetime64],
    since: NDArray[np.datetime64],
    before: Geometries,
    after: Geometries,
    by: Geometries,
) -> dict[int, tuple[int, list[str]]]:
    """Find land that a release took and that an overlapping hazard of its kind had released.

    The earlier release has the land, on one day that of the lower hazard_id. A release earlier
    than `since`, the day on which the polygon of the later one's hazard was last drawn, does not
    count: then the land is contaminated anew.

    Parameters
    ----------
    hazards, kinds, days, since, before, after, by
        One each for each release: its hazard and kind, its day, the day since which its hazard's
        polygon stands, the hazard's polygon before and after it, its own polygon.

    Returns
    -------
    dict
        By the place of the release: the m² that another hazard has already, and the ids of those.

    Examples
    --------
    >>> field = shapely.box(103, 13, 103.01, 13.01)
    >>> day, gone = np.array(["2022-05-01"] * 2, "datetime64[D]"), shapely.MultiPolygon()
    >>> overlaps(hazards=["A", "B"], kinds=["ap_minefield"] * 2, days=day, since=day,
    ...     before=np.array([field] * 2), after=np.array([gone] * 2), by=np.array([field] * 2))
    {1: (1200149, ['A'])}
    """
    took = np.array([one is not other for one, other in zip(before, after, strict=True)], bool)
    places = np.flatnonzero(took)
    if len(places) < 2:
        return {}
    one, other = _meeting(places, hazards, before, by)
    key = [(days[place], hazards[place], int(place)) for place in range(len(hazards))]
    pairs: dict[int, list[int]] = defaultdict(list)
    for late, early in zip(one.tolist(), other.tolist(), strict=True):
        if kinds[late] == kinds[early] and key[early] < key[late] and days[early] >= since[late]:
            pairs[late].append(early)
    land: dict[int, Any] = {}
    found = {}
    for late in sorted(pairs):
        for place in (late, *pairs[late]):
            if place not in land:
                land[place] = released_land(before[place], after[place], by[place])
        shared = shapely.intersection([land[early] for early in pairs[late]], land[late])
        common = np.array([areal(part) for part in shared], dtype=object)
        size = int(size_m2([areal(shapely.union_all(common))])[0])
        if size > 0:
            whose = {
                hazards[early]
                for early, m2 in zip(pairs[late], size_m2(common), strict=True)
                if m2 > 0
            }
            found[late] = (size, sorted(whose))
    return found


def _meeting(
    places: NDArray[np.intp], hazards: Sequence[str], before: Geometries, by: Geometries
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of releases of different hazards whose lands may meet, both ways round.

    Land that both took lies in both polygons, and in the bounds of both hazards.
    """
    whose = np.array([hazards[place] for place in places], dtype=object)
    lows = np.maximum(*(shapely.bounds(each[places])[:, :2] for each in (before, by)))
    highs = np.minimum(*(shapely.bounds(each[places])[:, 2:] for each in (before, by)))
    tree = shapely.STRtree(shapely.box(*lows.T, *np.maximum(lows, highs).T))
    one, other = tree.query(tree.geometries, predicate=None)
    differ = whose[one] != whose[other]
    one, other = places[one[differ]], places[other[differ]]
    meet = shapely.intersects(by[one], by[other])
    return one[meet], other[meet]


def again_m2(
    steps: Sequence[tuple[int, str, int]], had: Geometries, left: Geometries, drawn: Geometries
) -> dict[int, int]:
    """Find the land released earlier that an amendment covers again, m² by its place.

    Parameters
    ----------
    steps
        Hazard, type and place of each event that changed a polygon, in the order of folding.
    had, left, drawn
        By place: the hazard's polygon before and after the event, the event's polygon.

    Examples
    --------
    >>> field, half = shapely.box(103, 13, 103.01, 13.01), shapely.box(103, 13, 103.005, 13.01)
    >>> rest = shapely.box(103.005, 13, 103.01, 13.01)
    >>> had, left = np.array([field, rest]), np.array([rest, field])
    >>> again_m2([(0, "cleared", 0), (0, "amended", 1)], had, left, np.array([half, field]))
    {1: 600074}
    """
    amended = {hazard for hazard, kind, _ in steps if kind == "amended"}
    released: dict[int, list[int]] = defaultdict(list)
    found = {}
    for hazard, kind, place in steps:
        if hazard not in amended:
            continue
        if kind in OUTCOMES:
            released[hazard].append(place)
        elif kind == "amended" and released[hazard]:
            land = [released_land(had[each], left[each], drawn[each]) for each in released[hazard]]
            added = areal(shapely.difference(drawn[place], had[place]))
            again = shapely.intersection(shapely.union_all(land), added)
            size = int(size_m2([areal(again)])[0])
            if size > 0:
                found[place] = size
    return found
