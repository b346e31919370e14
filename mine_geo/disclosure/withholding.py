"""Which released polygons would give away the outline of land that remains.

Geometry is EPSG:4326 (longitude, latitude in degrees), edges straight in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import RecordError, some
from mine_geo.geo.geometry import as_geometries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
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


def remains(frame: gpd.GeoDataFrame) -> Mask:
    """Return which rows of restricted polygons are of hazards with anything left, or waiting.

    A polygon that is missing says that nobody knows where it lies; one that is empty, that there
    is nothing. What a column `remains` calls False is no longer there.

    Examples
    --------
    >>> import geopandas as gpd
    >>> there, nothing = shapely.box(103, 13, 103.1, 13.1), shapely.Polygon()
    >>> remains(gpd.GeoDataFrame(geometry=[there, nothing, None], crs=4326))
    array([ True, False,  True])
    """
    missing = shapely.is_missing(as_geometries(frame))
    size = np.full(len(frame), np.nan)
    if "size_m2" in frame:
        size = pd.to_numeric(frame["size_m2"]).to_numpy(dtype=float, na_value=np.nan)
    left = drawn(frame) | (size > 0) | (missing & (size != 0))
    if "remains" in frame:
        left &= ~frame["remains"].eq(False).to_numpy()
    return np.asarray(left, dtype=bool)


def safely(polygons: Any) -> Any:
    """Return polygons as they are; instead of a broken one, all the land that it may mean.

    Examples
    --------
    >>> bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> shapely.area(safely([bow, shapely.box(0, 0, 1, 1)])).tolist()
    [1.0, 1.0]
    """
    polygons = as_geometries(polygons).copy()
    for place in np.flatnonzero(~shapely.is_valid(polygons)):
        xy = shapely.get_coordinates(polygons[place])
        vertices = shapely.multipoints(xy[np.isfinite(xy).all(axis=1)])
        polygons[place] = shapely.convex_hull(vertices)
    return polygons


def _named(ids: str) -> tuple[str, ...]:
    """Return the ids that one text may name: itself, and what ` + ` joins."""
    return tuple(dict.fromkeys((ids, *ids.split(" + "))))


def families(frames: Iterable[pd.DataFrame]) -> dict[str, str]:
    """Return for each hazard with kin an id that all of them share.

    Kin are hazards that divisions, mergers or amendments link, over any number of generations.

    Parameters
    ----------
    frames
        Rows of `hazard_id` with `parent_id` or `kin`, as far as they have these columns; a merged
        hazard names several, joined with " + ".

    Raises
    ------
    RecordError
        If a parent is named that has no row: nobody could tell what it was a part of itself.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"hazard_id": ["A", "B", "C", "D"], "parent_id": [None, "A", "B", None]}
    >>> families([pd.DataFrame(rows)])
    {'A': 'A', 'B': 'A', 'C': 'A'}
    """
    head: dict[str, str] = {}

    def top(each: str) -> str:
        while head.setdefault(each, each) != each:
            head[each] = head[head[each]]
            each = head[each]
        return each

    there: set[str] = set()
    parents: set[str] = set()
    for frame in frames:
        there.update(str(each) for each in frame["hazard_id"].dropna())
        for column in ("parent_id", "kin"):
            if column not in frame:
                continue
            linked = frame.loc[frame[column].notna() & frame["hazard_id"].notna()]
            for own, told in zip(linked["hazard_id"], linked[column], strict=True):
                for each in _named(str(told)):
                    one, other = sorted((top(str(own)), top(each)))
                    head[other] = one
            if column == "parent_id":
                parents.update(str(told) for told in linked[column])
    lost = {p for p in parents if p not in there and not set(p.split(" + ")) <= there}
    if lost:
        raise RecordError(
            f"restricted polygons: no row of {some(sorted(lost))}, which hazards name as their "
            "parent_id, so that what it was a part of itself is not known; hand over closed "
            "hazards too, with an empty polygon (Store.restricted does)"
        )
    return {each: top(each) for each in sorted(head)}


def _hulls(polygons: Any, owners: Any) -> tuple[Any, Any]:
    """Return each owner once, and the convex hull of all its polygons."""
    names, place = np.unique(owners, return_inverse=True)
    xy, of = shapely.get_coordinates(polygons, return_index=True)
    told = np.isfinite(xy).all(axis=1)
    xy, mine = xy[told], place[of[told]]
    order = np.argsort(mine, kind="stable")
    each = np.split(xy[order], np.searchsorted(mine[order], np.arange(1, len(names))))
    return names, shapely.convex_hull(np.array([shapely.multipoints(part) for part in each]))


def may_be_shown(
    land: pd.DataFrame, restricted: Sequence[gpd.GeoDataFrame], clearance_m: float = CLEARANCE_M
) -> Mask:
    """Return which released polygons give away nothing of what remains.

    Those of a hazard of which nothing is left, nor of its kin, if the convex hull of all land
    that was released of them lies `clearance_m` from everything that remains of others: what is
    shown of them has no hole, notch or slot with something in it. They are shown all or not at
    all.

    Parameters
    ----------
    land
        Released land: `hazard_id` (str or None) and `geometry` (EPSG:4326).
    restricted
        Frames with `hazard_id`, `geometry` and, as far as they are known:

        - `parent_id`, `kin`: ids of hazards that land came from, or that are linked otherwise;
        - `remains`: False for land that is released already, in `land` or not, and for hazards
          of which nothing is left. All others remain: with their polygon, or, where that is
          missing, nobody knows where.
    clearance_m
        Metres.

    Raises
    ------
    RecordError
        As for `families`.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> left, strip, far = shapely.box(3, 1, 4, 2), shapely.box(4, 1, 5, 2), shapely.box(7, 1, 8, 2)
    >>> fields = gpd.GeoDataFrame({"hazard_id": ["A"]}, geometry=[left], crs=4326)
    >>> land = pd.DataFrame({"hazard_id": ["A", "B", None], "geometry": [strip, far, far]})
    >>> may_be_shown(land, [fields])
    array([False,  True, False])
    """
    told = [*restricted, land] if "parent_id" in land else restricted
    family = families(told)
    remaining = [frame[remains(frame)] for frame in restricted]
    unfinished = {
        family.get(str(each), str(each))
        for frame in remaining
        for each in frame["hazard_id"].dropna()
    }
    gone = [land, *(frame[~remains(frame)] for frame in restricted)]
    ids = [None if pd.isna(each) else str(each) for frame in gone for each in frame["hazard_id"]]
    owners = np.array([family.get(each, each) if each else "" for each in ids], dtype=object)
    polygons = np.concatenate(
        [as_geometries(frame["geometry"].to_numpy(dtype=object)) for frame in gone]
    )
    there = drawn(polygons) & (owners != "")
    broken = np.zeros(len(polygons), dtype=bool)
    broken[there] = ~np.isfinite(shapely.bounds(polygons[there])).all(axis=1)
    unfinished.update(owners[broken])
    whole = there & ~broken
    if whole.any():
        names, hulls = _hulls(polygons[whole], owners[whole].astype(str))
        left = np.concatenate([safely(as_geometries(f)[drawn(f)]) for f in remaining])
        unfinished.update(names[nearer(hulls, left, clearance_m)].tolist())
    mine = owners[: len(land)]
    return there[: len(land)] & np.array([each not in unfinished for each in mine], dtype=bool)
