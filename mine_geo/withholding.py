"""Which released polygons would give away the outline of land that remains.

Geometry is EPSG:4326 (longitude, latitude in degrees), edges straight in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from mine_geo.geometry import as_geometries

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

CLEARANCE_M: Final = 10.0
"""How far released land lies at least from all that remains if it is shown, metres."""
LEAST_CLEARANCE_M: Final = 1.0

_METRES_A_DEGREE: Final = 110_574.0
"""The shortest degree of latitude on WGS 84; one of longitude is longer than it times cosine."""


def drawn(polygons: Any) -> Mask:
    """Return which geometries are there and not empty.

    Examples
    --------
    >>> drawn([shapely.box(103, 13, 103.1, 13.1), shapely.Polygon(), None])
    array([ True, False, False])
    """
    polygons = as_geometries(polygons)
    return np.asarray(~(shapely.is_missing(polygons) | shapely.is_empty(polygons)), dtype=bool)


def nearer(polygons: Any, others: Any, metres: float) -> Mask:
    """Return which polygons lie nearer than `metres` to any of the others, or little farther.

    A degree in any direction is at least the shortest degree of latitude times the cosine of
    the latitude; what is not nearer by that measure is not nearer on the ground.

    Parameters
    ----------
    polygons, others
        Geometries in EPSG:4326, none missing; each of `polygons` is told of.
    metres
        The distance. Up to 5 % farther may count as nearer (at 15 degrees of latitude).

    Examples
    --------
    >>> field = shapely.box(103, 13, 103.01, 13.01)
    >>> nine, eleven = 13.01 + 9 / 110_630, 13.01 + 11 / 110_630  # metres north of it
    >>> nearer([shapely.box(103, y, 103.01, y + 1) for y in (nine, eleven)], [field], 10)
    array([ True, False])
    """
    polygons, others = as_geometries(polygons), as_geometries(others)
    found = np.zeros(len(polygons), dtype=bool)
    if not len(others) or not len(polygons):
        return found
    south, north = shapely.total_bounds(polygons)[[1, 3]]
    # Others that are near lie at these latitudes too; where the rest lie, if anywhere, is all one.
    steepest = min(max(abs(south), abs(north)) + 2 * metres / _METRES_A_DEGREE, 89.0)
    degrees = metres / (_METRES_A_DEGREE * np.cos(np.radians(steepest)))
    pairs = shapely.STRtree(others).query(polygons, predicate="dwithin", distance=degrees)
    found[pairs[0]] = True
    return found


def _remains(frame: gpd.GeoDataFrame) -> Mask:
    """Return which hazards have anything left, drawn or not."""
    remains = drawn(frame)
    if "size_m2" in frame:
        remains |= (frame["size_m2"] > 0).to_numpy()
    return remains


def _safely(parts: list[Any]) -> Any:
    """Return polygons as they are; instead of a broken one, all the land that it may mean."""
    polygons = np.concatenate(parts)
    for place in np.flatnonzero(~shapely.is_valid(polygons)):
        xy = shapely.get_coordinates(polygons[place])
        vertices = shapely.multipoints(xy[np.isfinite(xy).all(axis=1)])
        polygons[place] = shapely.convex_hull(vertices)
    return polygons


def may_be_shown(
    land: pd.DataFrame, restricted: list[gpd.GeoDataFrame], clearance_m: float = CLEARANCE_M
) -> Mask:
    """Return which released polygons give away nothing of what remains.

    Those of a hazard of which nothing is left, if all that was released of it lies
    `clearance_m` from everything that is left of others: a hazard is shown whole or not at all.

    Parameters
    ----------
    land
        Released land: `hazard_id` (str or None) and `geometry` (EPSG:4326).
    restricted
        Frames with `hazard_id`, `geometry` and, if known, `parent_id`; polygons that are there
        remain. Land released of a hazard before it was divided borders on what its parts are
        now, so it counts as not wholly released while one of them remains.
    clearance_m
        Metres.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> left, strip, far = shapely.box(3, 1, 4, 2), shapely.box(4, 1, 5, 2), shapely.box(7, 1, 8, 2)
    >>> fields = gpd.GeoDataFrame({"hazard_id": ["A"]}, geometry=[left], crs=4326)
    >>> land = pd.DataFrame({"hazard_id": ["A", "B", None], "geometry": [strip, far, far]})
    >>> may_be_shown(land, [fields])
    array([False,  True, False])
    """
    left = [frame[_remains(frame)] for frame in restricted]
    unfinished: set[Any] = set()
    for frame in left:
        unfinished.update(str(each) for each in frame["hazard_id"])
        if "parent_id" in frame:
            for parents in frame["parent_id"].dropna():
                unfinished.update((str(parents), *str(parents).split(" + ")))
    polygons = as_geometries(land["geometry"].to_numpy(dtype=object))
    there = drawn(polygons) & land["hazard_id"].notna().to_numpy()
    told = land["hazard_id"].to_numpy(dtype=object)
    remaining = _safely([as_geometries(frame)[drawn(frame)] for frame in left])
    close = nearer(polygons[drawn(polygons)], remaining, clearance_m)
    unfinished.update(told[drawn(polygons)][close])
    return there & np.array([each not in unfinished for each in told], dtype=bool)
