"""The segments of border lines, and which polygons meet them (EPSG:4326, edges straight there)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from mine_geo.errors import GeometryError
from mine_geo.geo.geometry import line_segments, without_empty

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


CHUNK: Final = 8
"""How many consecutive segments stand together in the tree."""


class Segments:
    """Border lines as segments of at most 0.005 degree, none without length.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.LineString([(103, 13), (103, 13.01)])
    >>> segments = Segments(gpd.GeoDataFrame(geometry=[line], crs=4326))
    >>> segments.lonlat.round(3).tolist(), segments.line.tolist()
    ([[[103.0, 13.0], [103.0, 13.005]], [[103.0, 13.005], [103.0, 13.01]]], [0, 0])
    >>> [place.tolist() for place in segments.meeting([shapely.box(102, 13.007, 104, 14)])]
    [[0], [1]]
    """

    lonlat: Floats
    """Both ends of each, shape (segments, 2, 2): longitude, latitude."""
    line: Integers
    """The line that each is of."""
    starts: Floats
    """The first vertex of every part of the lines, shape (parts, 2)."""

    def __init__(self, lines: gpd.GeoDataFrame) -> None:
        """Take the segments of border lines in EPSG:4326.

        Raises
        ------
        GeometryError
            If no line has a length.
        """
        self.lonlat, self.line, begins = line_segments(lines)
        if not len(self.lonlat):
            raise GeometryError("border: no line with a length in it; choose another border")
        self.starts = self.lonlat[begins, 0]

    def __len__(self) -> int:
        """Return how many segments there are."""
        return len(self.lonlat)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A tree over the boxes of runs of `CHUNK` segments."""
        first = np.arange(0, len(self), CHUNK)
        one, other = self.lonlat[:, 0], self.lonlat[:, 1]
        low = np.minimum.reduceat(np.minimum(one, other), first)
        high = np.maximum.reduceat(np.maximum(one, other), first)
        return shapely.STRtree(shapely.box(*low.T, *high.T))

    def in_chunks(self, chunk: Integers) -> tuple[Integers, Integers]:
        """Return the segments of each run of the tree, and the place of the run in the list."""
        segment = (chunk[:, None] * CHUNK + np.arange(CHUNK)).ravel()
        place = np.repeat(np.arange(len(chunk)), CHUNK)
        real = segment < len(self)
        return segment[real], place[real]

    def meeting(self, polygons: Any) -> tuple[Integers, Integers]:
        """Return the pairs of polygon and segment that meet: it crosses the rim, or lies within.

        By GEOS's exact predicates, and of both as they are drawn, where a valid polygon is sure to
        be one: projected, a spike may cross itself.
        """
        polygons = np.asarray(polygons, dtype=object)
        bounds = shapely.bounds(polygons)
        polygon, chunk = self.tree.query(shapely.box(*bounds.T))
        segment, place = self.in_chunks(chunk)
        polygon = polygon[place]
        low, high = bounds[polygon, :2], bounds[polygon, 2:]
        ends = self.lonlat[segment]
        meet = ((ends.min(axis=1) <= high) & (ends.max(axis=1) >= low)).all(axis=1)
        polygon, segment = polygon[meet], segment[meet]
        there, place = np.unique(polygon, return_inverse=True)
        if len(there):
            drawn = shapely.force_2d(without_empty(polygons[there])[0])  # new ones, to be prepared
            shapely.prepare(drawn)
            lines, line = np.unique(segment, return_inverse=True)
            meet = shapely.intersects(drawn[place], shapely.linestrings(self.lonlat[lines])[line])
            polygon, segment = polygon[meet], segment[meet]
        return polygon, segment
