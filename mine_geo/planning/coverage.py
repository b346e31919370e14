"""Which cells of a raster polygons cover, and what part of each: tile by tile, by exactextract.

Polygons are carried into the space of the cells, where column and row are counted from the upper
left corner of the raster; so a raster may be turned, and in any projection. Exact fractions (Baston
2018, exactextract), not centres: a polygon smaller than a cell covers its part of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from mine_geo.geo.crs import to_plane
from mine_geo.geo.geometry import densify
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Objects = NDArray[np.object_]


TILE: Final = 512
"""Cells a side that are in memory at a time."""
AT_ONCE: Final = 1 << 22
"""Cells of all polygons that are looked at together, at most (by their boxes)."""

_CELLS: Final = pyproj.CRS.from_wkt(
    'ENGCRS["cells",EDATUM["corner"],CS[Cartesian,2],AXIS["column",east],AXIS["up",north],'
    'LENGTHUNIT["cell",1]]'
)


@dataclass(frozen=True)
class Grid:
    """Where the cells of a raster lie."""

    system: pyproj.CRS
    affine: tuple[float, float, float, float, float, float]
    """a, b, c, d, e, f: x = a column + b row + c, y = d column + e row + f, at cells' corners."""
    width: int
    height: int

    def places(self, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Return x and y, in the raster's system, of places in the space of the cells."""
        a, b, c, d, e, f = self.affine
        return a * columns + b * rows + c, d * columns + e * rows + f

    def degrees(self, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude (EPSG:4326) of places in the space of the cells."""
        back = to_plane(self.system)
        return back.transform(*self.places(columns, rows), direction="INVERSE")

    def in_cells(self, geometries: Objects) -> Objects:
        """Carry geometries in EPSG:4326 into the space of the cells: x column, y row.

        Edges are straight in longitude / latitude, so they are divided before any projection.
        """
        a, b, c, d, e, f = self.affine
        determinant = a * e - b * d
        moved = geometries
        if self.system != pyproj.CRS.from_user_input(CRS):
            ahead = to_plane(self.system)
            moved = shapely.transform(
                densify(moved), lambda xy: np.column_stack(ahead.transform(xy[:, 0], xy[:, 1]))
            )

        def to_cells(xy: Floats) -> Floats:
            x, y = xy[:, 0] - c, xy[:, 1] - f
            return np.column_stack([(e * x - b * y), (a * y - d * x)]) / determinant

        return np.asarray(shapely.transform(moved, to_cells), dtype=object)


@dataclass(frozen=True)
class Tile:
    """A piece of a raster, and what polygons cover of it."""

    column: int
    row: int
    width: int
    height: int
    polygon: Integers
    """Of each pair of a polygon and a cell: the place of the polygon."""
    cell: Integers
    """The cell, counted row by row within the tile."""
    part: Floats
    """What part of the cell the polygon covers, over 0 up to 1."""


def covered(grid: Grid, polygons: Objects) -> Iterator[Tile]:
    """Yield what polygons cover of each cell, a tile after the other, row by row.

    Parameters
    ----------
    grid
        The raster's cells.
    polygons
        In the space of the cells (`Grid.in_cells`). Those that are missing or empty cover nothing.
        What lies outside the raster is left out.

    Yields
    ------
    Tile
        Those that some polygon reaches. One tile may come several times, each time with other
        polygons, where there are many.
    """
    boxes = shapely.bounds(polygons)
    edges = np.array([grid.width, grid.height, grid.width, grid.height])
    reach = np.flatnonzero(
        np.isfinite(boxes).all(axis=1)
        & (boxes[:, :2] < edges[:2]).all(axis=1)
        & (boxes[:, 2:] > 0).all(axis=1)
    )
    first = np.floor(boxes[reach, :2].clip(0) / TILE).astype(np.int64)
    # An edge that runs along a tile's border belongs to no cell behind it.
    last = np.ceil(np.minimum(boxes[reach, 2:], edges[2:]) / TILE).astype(np.int64)
    last = np.maximum(last, first + 1)
    wide, high = (last - first).T
    count = wide * high
    owner = np.repeat(np.arange(len(reach)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column = first[owner, 0] + place % wide[owner]
    row = first[owner, 1] + place // wide[owner]
    order = np.lexsort((reach[owner], column, row))
    owner, column, row = reach[owner][order], column[order], row[order]
    starts = np.flatnonzero(np.diff(column, prepend=-1) | np.diff(row, prepend=-1))
    for start, end in itertools.pairwise([*starts, len(owner)]):
        left, top = int(column[start]) * TILE, int(row[start]) * TILE
        wide_here, high_here = min(TILE, grid.width - left), min(TILE, grid.height - top)
        for some in _few(boxes[owner[start:end]], owner[start:end]):
            yield _tile(polygons, some, (left, top, wide_here, high_here))


def _few(boxes: Floats, owner: Integers) -> list[Integers]:
    """Part the polygons of a tile so that the cells of each part fit into memory."""
    sides = np.minimum(boxes[:, 2:] - boxes[:, :2] + 2, TILE)
    cells = np.cumsum(sides.prod(axis=1))
    return np.split(owner, np.flatnonzero(np.diff(cells // AT_ONCE)) + 1)


def _tile(polygons: Objects, owner: Integers, window: tuple[int, int, int, int]) -> Tile:
    left, top, width, height = window
    # Rows run down, and exactextract's y runs up: the space is mirrored.
    frame = gpd.GeoDataFrame(
        {"place": owner},
        geometry=shapely.transform(polygons[owner], lambda xy: xy * (1, -1)),
        crs=_CELLS,
    )
    cells = NumPyRasterSource(
        np.zeros((height, width), dtype=np.uint8),
        xmin=left,
        xmax=left + width,
        ymin=-(top + height),
        ymax=-top,
        srs_wkt=_CELLS.to_wkt(),
    )
    found = exact_extract(
        cells, frame, ["cell_id", "coverage"], include_cols=["place"], output="pandas"
    )
    counts = found["cell_id"].map(len)
    return Tile(
        left,
        top,
        width,
        height,
        np.repeat(found["place"].to_numpy(dtype=np.int64), counts),
        np.concatenate([*found["cell_id"], np.empty(0)]).astype(np.int64),
        np.concatenate([*found["coverage"], np.empty(0)]).astype(np.float64),
    )
