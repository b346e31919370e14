"""Each square metre once: land released over two hazards, and land covered again.

Geometries in EPSG:4326, sizes in whole m².
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from mine_geo.geo.geometry import size_m2
from mine_geo.ledger.cut import areal, released_land
from mine_geo.terms import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]


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
