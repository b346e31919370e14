"""Facts of hazards from rasters: slope, population, land cover, whatever a GeoTIFF holds.

Each cell counts with the part of it that the hazard covers, so that a hazard smaller than a cell
has a value; tile by tile, so that the size of the raster is no matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import FileError, OptionError, choose, some
from mine_geo.geo.crs import WGS84, extent, horizontal, require_lonlat
from mine_geo.geo.geometry import as_given
from mine_geo.geo.raster_files import opened, system_of
from mine_geo.planning.coverage import Grid, covered

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.planning.coverage import Tile

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Objects = NDArray[np.object_]

How = Literal["mean", "max", "min", "sum", "share"]
Measure = Literal["value", "count", "slope"]

HOWS: Final[tuple[How, ...]] = ("mean", "max", "min", "sum", "share")
MEASURES: Final[tuple[Measure, ...]] = ("value", "count", "slope")
METRES: Final = ("", "m", "metre", "metres", "meter", "meters")
"""How a terrain model may call its unit of height; one that says none is taken to be in metres."""
COUNTED: Final = re.compile(
    r"(people|persons?|inhabitants|population|pop|counts?)(\W.*cell)?\W*", re.IGNORECASE
)
"""Units of counts: "people", "persons per cell"; not "people per km2"."""
MOST_CLASSES: Final = 256
SURFACE: Final = (
    "a surface model takes the edges of forest and buildings for slopes: use a terrain model"
)
"""What is said beside each slope."""


def raster_facts(
    hazards: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    *,
    how: How = "mean",
    name: str | None = None,
    measure: Measure | None = None,
    band: int = 1,
    within_m: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return what a raster says of each hazard, on the index of `hazards`.

    With v the value of a cell and p the part of it that the hazard covers, over the cells that
    have data: mean = sum(p v) / sum(p), sum = sum(p v), share of a class = sum(p of the cells of
    that class) / sum(p); max and min are those of any cell that is touched by more than its edge.
    The file's scale and offset are applied. p is exact (Baston 2018, exactextract), not by
    centres.

    Parameters
    ----------
    hazards
        Polygons in EPSG:4326 (any GeoDataFrame), any index.
    path
        A GeoTIFF or COG on the datum WGS 84, in any projection, turned or not, of any size.
    how
        "mean", "max", "min", "sum", or "share": one column a class.
    name
        The column's; else the file's name and `how`, as `terrain_mean`.
    measure
        What the values are. "count": things in each cell, as people in WorldPop; they are only
        ever summed. "slope": heights in metres, of which the slope in degrees is taken before
        anything else (Horn 1981, as `gdaldem slope`; a cell beside one without data has none).
        "value": as they stand. None: as they stand, unless the file's unit says that they are
        counts and something else than their sum is asked for.
    band
        Counted from 1.
    within_m
        The land within so many metres of the hazard, itself included: population within 1 km. On a
        plane of its own about each hazard, right to 0.1 % of the distance.
    progress
        Is told how many hazards are done, and of how many; at the end of each tile.

    Returns
    -------
    pandas.DataFrame
        `name`, or of "share" `name` and the class for each class that occurs (`cover_share_3`);
        NaN where no cell with data is covered. `name_covered`: what part (0 to 1) of the hazard
        lies on cells with data; the rest is unknown and in no figure. `name_source`: file, band,
        unit and method in a line.

    Raises
    ------
    OptionError
        If an option is none of those, the band is not there, counts (also those that the unit of
        the file tells of) are not summed, or slopes are.
    FileError
        If the file is missing, broken, misplaced, does not overlap the hazards, has no data where
        they lie, is in another unit of height than metres, or has no classes.
    CRSError
        If the file or `hazards` is in no, or another, reference system.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.geo import sample
    >>> field = gpd.GeoDataFrame(geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> facts = raster_facts(field, sample.path("population"), how="sum", measure="count")
    >>> list(facts.columns)
    ['population_sum', 'population_sum_covered', 'population_sum_source']
    """
    require_lonlat(hazards, "hazards")
    place = Path(path)
    asked = _Asked.of(how, measure, within_m, band, place)
    title = name or f"{place.stem}_{how}"
    geometries = as_given(hazards)
    drawn = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    if within_m:
        geometries = around(geometries, within_m)
    with opened(place) as source:
        reading = _Reading.of(source, asked)
        cells = reading.grid.in_cells(geometries)
        sums = _summed(reading, cells, progress)
        if not sums.reached and drawn.any():
            there = ", ".join(f"{value:.4g}" for value in source.bounds)
            ours = extent(hazards) or ()
            raise FileError(
                f"raster {place}: does not reach any of the hazards; it spans {there} in "
                f"{reading.grid.system.name}, they {', '.join(f'{v:.4g}' for v in ours)} in "
                "degrees; give the one of their region"
            )
        if not sums.parts.any() and drawn.any():
            raise FileError(
                f"raster {place}: band {band} has no data where the hazards lie; choose another "
                "band or file"
            )
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(drawn, sums.parts / shapely.area(cells), np.nan)
    facts = sums.facts(how, title)
    facts[f"{title}_covered"] = share.clip(max=1).round(6)  # single precision in exactextract
    facts[f"{title}_source"] = reading.said
    return facts.set_axis(hazards.index)


def around(geometries: Objects, metres: float) -> Objects:
    """Return all that lies within a distance of geometries in EPSG:4326, themselves included.

    Each on the plane that touches the ellipsoid in the middle of its box: right to 0.1 % of the
    distance for hazards of up to 20 km.

    Examples
    --------
    >>> around(np.array([shapely.Point(103, 13)]), 1000)[0].bounds[1] < 12.991
    True
    """
    boxes = shapely.bounds(geometries)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    scale = metres_per_degree(middle[:, 1])
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    plane = shapely.set_coordinates(geometries.copy(), (coordinates - middle[owner]) * scale[owner])
    grown = shapely.buffer(plane, metres, quad_segs=32)
    coordinates, owner = shapely.get_coordinates(grown, return_index=True)
    back = shapely.set_coordinates(grown, coordinates / scale[owner] + middle[owner])
    return np.asarray(back, dtype=object)


def metres_per_degree(latitudes: Floats) -> Floats:
    """Return metres in a degree of longitude and of latitude on WGS 84, shape (n, 2).

    Radii of curvature of the prime vertical and the meridian (Snyder 1987, equations 4-20, 4-19).

    Examples
    --------
    >>> metres_per_degree(np.array([13.0])).round(1).tolist()
    [[108484.8, 110630.5]]
    """
    phi = np.radians(latitudes)
    w = 1 - WGS84.es * np.sin(phi) ** 2
    east = WGS84.a * np.cos(phi) / np.sqrt(w)
    north = WGS84.a * (1 - WGS84.es) / w**1.5
    return np.radians(np.stack([east, north], axis=-1))


@dataclass(frozen=True)
class _Asked:
    """What is asked of a raster, checked."""

    how: How
    measure: Measure | None
    within_m: float
    band: int
    path: Path

    @classmethod
    def of(
        cls, how: How, measure: Measure | None, within_m: float, band: int, path: Path
    ) -> _Asked:
        choose(how, HOWS, "how")
        kind = None if measure is None else choose(measure, MEASURES, "measure")
        if kind == "count" and how != "sum":
            raise OptionError(
                f'how {how!r}: counts in cells are summed, never anything else; say how="sum", or '
                'measure="value" if they are densities'
            )
        if kind == "slope" and how in ("sum", "share"):
            raise OptionError(f'how {how!r}: of slopes there is "mean", "max" or "min"')
        if not (np.isfinite(within_m) and within_m >= 0):
            raise OptionError(f"within_m {within_m!r} is no distance; give metres from 0")
        return cls(how, kind, float(within_m), band, path)


@dataclass(frozen=True)
class _Reading:
    """A band of an opened raster, and how its cells are read."""

    source: Any
    asked: _Asked
    grid: Grid
    said: str

    @classmethod
    def of(cls, source: Any, asked: _Asked) -> _Reading:
        band = asked.band
        if not (isinstance(band, int) and 1 <= band <= source.count):
            raise OptionError(
                f"band {band!r} of {asked.path} is not there; it has {source.count}, from 1"
            )
        unit = (source.units[band - 1] or "").strip()
        if asked.measure == "slope" and unit.lower() not in METRES:
            raise FileError(
                f"raster {asked.path}: heights in {unit!r}, and a slope needs metres; convert it "
                "(gdal_calc.py, or the raster calculator of QGIS)"
            )
        if asked.measure is None and asked.how != "sum" and COUNTED.fullmatch(unit.strip()):
            raise OptionError(
                f"how {asked.how!r}: the cells of {asked.path} hold counts (unit {unit!r}), which "
                'are summed; say how="sum", measure="count", or measure="value" if they are none'
            )
        matrix = source.transform
        grid = Grid(
            horizontal(system_of(source)),
            (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f),
            source.width,
            source.height,
        )
        said = f"{asked.path.name}, band {band}, unit {unit or 'not said'}, {asked.how}"
        if asked.measure == "slope":
            said = f"{said} of the slope in degrees ({SURFACE})"
        if asked.measure == "count":
            said += " of counts"
        if asked.within_m:
            said += f" within {asked.within_m:,.10g} m"
        return cls(source, asked, grid, said)

    def values(self, tile: Tile) -> tuple[Floats, Flags]:
        """Return the values of a tile row by row, and which of them are data."""
        if self.asked.measure == "slope":
            return self._slopes(tile)
        values, valid = self._read(tile.column, tile.row, tile.width, tile.height)
        return values.ravel(), valid.ravel()

    def _read(self, column: int, row: int, width: int, height: int) -> tuple[Floats, Flags]:
        """Return values and validity of a window that lies within the raster."""
        window = ((row, row + height), (column, column + width))
        read = self.source.read(self.asked.band, window=window, masked=True)
        scale = self.source.scales[self.asked.band - 1]
        offset = self.source.offsets[self.asked.band - 1]
        values = np.asarray(read.data, dtype=np.float64) * scale + offset
        return values, ~np.ma.getmaskarray(read) & np.isfinite(values)

    def _slopes(self, tile: Tile) -> tuple[Floats, Flags]:
        """Return slopes in degrees by the eight neighbours of each cell (Horn 1981)."""
        heights = np.full((tile.height + 2, tile.width + 2), np.nan)
        left, top = max(tile.column - 1, 0), max(tile.row - 1, 0)
        right = min(tile.column + tile.width + 1, self.grid.width)
        bottom = min(tile.row + tile.height + 1, self.grid.height)
        values, valid = self._read(left, top, right - left, bottom - top)
        at = (top - tile.row + 1, left - tile.column + 1)
        here = heights[at[0] : at[0] + bottom - top, at[1] : at[1] + right - left]
        here[:] = np.where(valid, values, np.nan)
        z = [[heights[r : r + tile.height, c : c + tile.width] for c in range(3)] for r in range(3)]
        column = (z[0][2] + 2 * z[1][2] + z[2][2] - z[0][0] - 2 * z[1][0] - z[2][0]) / 8
        row = (z[2][0] + 2 * z[2][1] + z[2][2] - z[0][0] - 2 * z[0][1] - z[0][2]) / 8
        a, b, _, d, e, _ = self.grid.affine
        # The gradient in x and y from that in columns and rows: the transposed inverse.
        determinant = a * e - b * d
        x, y = (e * column - d * row) / determinant, (a * row - b * column) / determinant
        if self.grid.system.is_geographic:
            rows, columns = np.indices((tile.height, tile.width)) + 0.5
            latitude = self.grid.degrees(
                (columns + tile.column).ravel(), (rows + tile.row).ravel()
            )[1]
            metres = metres_per_degree(latitude).reshape(tile.height, tile.width, 2)
            x, y = x / metres[..., 0], y / metres[..., 1]
        else:
            metre = self.grid.system.axis_info[0].unit_conversion_factor
            x, y = x / metre, y / metre
        slope = np.degrees(np.arctan(np.hypot(x, y))).ravel()
        # The middle cell is in none of the sums: without data of its own it has no slope either.
        return slope, np.isfinite(slope) & np.isfinite(z[1][1]).ravel()


@dataclass
class _Sums:
    """What is added up for each hazard."""

    parts: Floats
    weighted: Floats
    highest: Floats
    lowest: Floats
    classes: dict[int, Floats]
    reached: bool = False

    def facts(self, how: How, title: str) -> pd.DataFrame:
        """Return the columns that were asked for."""
        known = self.parts > 0
        if how == "share":
            shares = {
                f"{title}_{key}": np.divide(
                    parts, self.parts, out=np.full(len(parts), np.nan), where=known
                )
                for key, parts in sorted(self.classes.items())
            }
            return pd.DataFrame(shares)
        figures = {"sum": self.weighted, "max": self.highest, "min": self.lowest}
        if how == "mean":
            mean = np.divide(
                self.weighted, self.parts, out=np.full(len(known), np.nan), where=known
            )
            # Rounding may not carry a mean out of what it is a mean of.
            figures["mean"] = np.clip(mean, self.lowest, self.highest)
        return pd.DataFrame({title: np.where(known, figures[how], np.nan)})


def _summed(
    reading: _Reading, cells: Objects, progress: Callable[[int, int], None] | None
) -> _Sums:
    """Add up over all tiles."""
    count = len(cells)
    sums = _Sums(
        np.zeros(count), np.zeros(count), np.full(count, -np.inf), np.full(count, np.inf), {}
    )
    seen = np.zeros(count, dtype=bool)
    for tile in _told(covered(reading.grid, cells), seen, progress):
        sums.reached = sums.reached or len(tile.cell) > 0
        values, valid = reading.values(tile)
        there = valid[tile.cell] & (tile.part > 0)
        polygon, part, value = tile.polygon[there], tile.part[there], values[tile.cell[there]]
        sums.parts += np.bincount(polygon, part, count)
        sums.weighted += np.bincount(polygon, part * value, count)
        np.maximum.at(sums.highest, polygon, value)
        np.minimum.at(sums.lowest, polygon, value)
        if reading.asked.how == "share":
            _add_classes(sums, polygon, part, value, reading.asked)
    sums.highest[sums.parts == 0] = np.nan
    sums.lowest[sums.parts == 0] = np.nan
    return sums


def _add_classes(
    sums: _Sums, polygon: NDArray[np.int64], part: Floats, value: Floats, asked: _Asked
) -> None:
    whole = np.unique(value)
    if (whole % 1 != 0).any():
        raise FileError(
            f"raster {asked.path}: band {asked.band} holds {some(whole[whole % 1 != 0], 1)}, and "
            'classes are whole numbers; ask for how="mean", or give a raster of classes'
        )
    if len({*sums.classes, *map(int, whole)}) > MOST_CLASSES:
        raise FileError(
            f"raster {asked.path}: band {asked.band} holds more than {MOST_CLASSES} different "
            'values, and so no classes; ask for how="mean"'
        )
    for key in whole:
        these = value == key
        here = np.bincount(polygon[these], part[these], len(sums.parts))
        before = sums.classes.get(int(key), np.zeros(len(sums.parts)))
        sums.classes[int(key)] = before + here


def _told(
    tiles: Iterator[Tile], seen: Flags, progress: Callable[[int, int], None] | None
) -> Iterator[Tile]:
    for tile in tiles:
        yield tile
        if progress is not None:
            seen[tile.polygon] = True
            progress(int(seen.sum()), len(seen))
