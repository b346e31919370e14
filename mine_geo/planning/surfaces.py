"""Rasters that are made here: the distance to the border, and where the contamination lies.

Both are Cloud-Optimised GeoTIFFs in the UTM zone (WGS 84) of their middle, written tile by tile,
with a style for QGIS beside them (`.qml`).
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio import shutil
from rasterio.transform import Affine
from rasterio.windows import Window

from mine_geo.disclosure import restriction
from mine_geo.errors import GeometryError, OptionError, RecordError, some
from mine_geo.geo.border import border_lines
from mine_geo.geo.crs import require_lonlat, utm_zone
from mine_geo.geo.geometry import as_given, size_m2
from mine_geo.geo.hazards import refuse_several_kinds
from mine_geo.planning.coverage import TILE, Grid, covered
from mine_geo.split.distance import border_distance
from mine_geo.terms import CRS, RESTRICTION_COLUMN, SYNTHETIC, THRESHOLD_M

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]


MOST_CELLS: Final = 4_000_000_000
NOT_SAFE: Final = "no hazard recorded in a cell does not make it safe land"
"""What the raster of contamination says of its empty cells."""

_DISTANCE_COLOURS: Final = (
    (0.0, "#b2182b", "border"),
    (THRESHOLD_M / 2, "#ef8a62", ""),
    (THRESHOLD_M, "#fddbc7", "7 km"),
    (3 * THRESHOLD_M, "#d1e5f0", ""),
    (20 * THRESHOLD_M, "#2166ac", ""),
)
_SHARE_COLOURS: Final = ((0.0, "#fee5d9"), (0.25, "#fcae91"), (0.5, "#fb6a4a"), (1.0, "#a50f15"))


def border_distance_raster(
    border: gpd.GeoDataFrame,
    out: str | os.PathLike[str],
    *,
    cell_m: float,
    include_coast: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write how far each cell's centre is from the border, in metres, and return the path.

    The geodesic of `border_distance`, on both sides of the border; float32, so right to 0.05 m up
    to 500 km. It covers the box of all lines, coast included, in the UTM zone of its middle.

    Parameters
    ----------
    border
        Border lines in EPSG:4326, as from `read_border`.
    out
        A `.tif`, in a folder that is there; a style for QGIS is put beside it.
    cell_m
        The side of a cell, metres.
    include_coast
        Count the coast as border too.
    overwrite
        Replace a file that is there already.
    progress
        Is told how many tiles are done, and of how many.

    Returns
    -------
    pathlib.Path
        A COG; its tags name the border and its version.

    Raises
    ------
    OptionError
        If `cell_m` is no length, or makes more than 4,000,000,000 cells.
    GeometryError
        If no border line is left to measure to.
    FileError
        If the file cannot be written, or is there already.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> border = read_border(sample.path("border"))
    >>> made = border_distance_raster(border, Path(mkdtemp(), "border.tif"), cell_m=20_000)
    >>> with rasterio.open(made) as source:
    ...     source.crs.to_epsg(), source.units
    (32648, ('metre',))
    """
    border_lines(border, include_coast=include_coast)
    grid = _grid(border, cell_m)
    names = {
        f"mine_geo_{column}": "; ".join(dict.fromkeys(border[column].dropna().astype(str)))
        for column in ("border_name", "border_version")
        if column in border
    }
    said = f"distance to the {'land border and coast' if include_coast else 'land border'}, metres"
    band = _Band("float32", None, "metre", said, {**names, "mine_geo_cell_value": "at its centre"})
    style = _style(_DISTANCE_COLOURS, transparent=None)
    with _raster(Path(out), grid, band, style, overwrite=overwrite, public=None) as made:
        tiles = list(_tiles(grid))
        for done, (column, row, width, height) in enumerate(tiles, 1):
            rows, columns = np.indices((height, width)).reshape(2, -1) + 0.5
            lon, lat = grid.degrees(columns + column, rows + row)
            centres = gpd.GeoSeries(shapely.points(lon, lat), crs=CRS)
            metres = border_distance(centres, border, include_coast=include_coast)
            values = metres.to_numpy(dtype=np.float32).reshape(height, width)
            made.write(values, 1, window=Window(column, row, width, height))
            if progress is not None:
                progress(done, len(tiles))
    return Path(out)


def contamination_raster(
    hazards: gpd.GeoDataFrame,
    out: str | os.PathLike[str],
    *,
    cell_m: float,
    overwrite: bool = False,
    replace: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write how many m² of the hazards lie in each cell, and return the path.

    A hazard's whole m² (`size_m2`) are shared over the cells by the part of each that it covers:
    with p that part, size times p / sum(p). float64, so that the cells of a hazard, and of all,
    add up to a relative 1e-9. The file is restricted: it shows where hazards lie.

    Parameters
    ----------
    hazards
        Hazards of one kind in EPSG:4326, any index.
    out
        A `.tif`, in a folder that is there; a style for QGIS is put beside it.
    cell_m
        The side of a cell, metres.
    overwrite
        Replace a file that is there already.
    replace
        "public": it may take the place of a public file.
    progress
        Is told how many tiles are done, and of how many.

    Returns
    -------
    pathlib.Path
        A COG; cells in which no hazard is recorded are 0, and its tags say that this does not make
        them safe.

    Raises
    ------
    OptionError
        If `cell_m` is no length, or makes more than 4,000,000,000 cells.
    MixedError
        If the hazards are of several kinds, which are never added up.
    RecordError
        If there is no hazard.
    GeometryError
        If a hazard is too small for such cells.
    CRSError, FileError
        If the hazards are in another reference system, or the file cannot be written.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> field = gpd.GeoDataFrame(geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> made = contamination_raster(field, Path(mkdtemp(), "m2.tif"), cell_m=250)
    >>> with rasterio.open(made) as source:
    ...     round(float(source.read(1).sum()), 3), int(size_m2(field.geometry).sum())
    (1200149.0, 1200149)
    """
    require_lonlat(hazards, "hazards")
    refuse_several_kinds(hazards, "hazards", "choose one with kind=...")
    grid = _grid(hazards, cell_m)
    cells = grid.in_cells(as_given(hazards))
    sizes = size_m2(hazards.geometry).astype(np.float64)
    parts = np.zeros(len(cells))
    tiles = len(list(_tiles(grid)))
    for tile in covered(grid, cells):
        parts += np.bincount(tile.polygon, tile.part, len(cells))
    lost = (parts == 0) & (sizes > 0)
    if lost.any():
        ids = hazards["hazard_id"] if "hazard_id" in hazards else hazards.index.to_series()
        raise GeometryError(
            f"{some(ids[lost])}: too small for cells of {cell_m:,.10g} m; choose smaller ones"
        )
    a_part = np.divide(sizes, parts, out=np.zeros(len(cells)), where=parts > 0)
    kinds = "" if "kind" not in hazards else ", ".join(hazards["kind"].dropna().unique())
    tags = {"mine_geo_kind": kinds, "mine_geo_remark": NOT_SAFE}
    if "synthetic" in hazards and hazards["synthetic"].fillna(value=False).any():
        tags["mine_geo_synthetic"] = SYNTHETIC
    band = _Band("float64", 0.0, "m2", f"m² of recorded hazards in each cell; {NOT_SAFE}", tags)
    top = float(cell_m) ** 2
    style = _style([(top * part, colour, "") for part, colour in _SHARE_COLOURS], transparent=0.0)
    with _raster(
        Path(out), grid, band, style, overwrite=overwrite, public=False, replace=replace
    ) as made:
        done = 0
        place: tuple[int, int] | None = None
        sums = np.zeros(0)
        for tile in covered(grid, cells):
            window = Window(tile.column, tile.row, tile.width, tile.height)
            if place != (tile.column, tile.row):  # a tile comes again with other hazards
                place, sums, done = (
                    (tile.column, tile.row),
                    np.zeros(tile.width * tile.height),
                    done + 1,
                )
            sums += np.bincount(tile.cell, tile.part * a_part[tile.polygon], len(sums))
            made.write(sums.reshape(tile.height, tile.width), 1, window=window)
            if progress is not None:
                progress(done, tiles)
    return Path(out)


@dataclass(frozen=True)
class _Band:
    """What the one band of a raster holds."""

    dtype: str
    nodata: float | None
    unit: str
    said: str
    tags: dict[str, str]


def _grid(frame: gpd.GeoDataFrame, cell_m: float) -> Grid:
    """Return square cells over the box of a frame, their corners on whole multiples of the side."""
    if not (isinstance(cell_m, (int, float)) and math.isfinite(cell_m) and cell_m > 0):
        raise OptionError(f"cell_m {cell_m!r} is no side of a cell; give metres, over 0")
    west, south, east, north = frame.total_bounds
    if not np.isfinite([west, south, east, north]).all():
        raise RecordError("there is no geometry, and so no raster; give hazards with polygons")
    system = utm_zone((west + east) / 2, (south + north) / 2)
    plane = frame.geometry.to_crs(system)
    # An edge straight in longitude and latitude bends on the plane: a cell more on each side.
    left, bottom, right, top = plane.total_bounds
    first, last = math.floor(left / cell_m) - 1, math.ceil(right / cell_m) + 1
    low, high = math.floor(bottom / cell_m) - 1, math.ceil(top / cell_m) + 1
    width, height = last - first, high - low
    if width * height > MOST_CELLS:
        raise OptionError(
            f"cell_m {cell_m:,.10g} makes {width:,} by {height:,} cells, more than "
            f"{MOST_CELLS:,}; choose larger ones"
        )
    affine = (float(cell_m), 0.0, first * cell_m, 0.0, -float(cell_m), high * cell_m)
    return Grid(system, affine, width, height)


def _tiles(grid: Grid) -> Iterator[tuple[int, int, int, int]]:
    """Yield column, row, width and height of each tile."""
    for row in range(0, grid.height, TILE):
        for column in range(0, grid.width, TILE):
            yield column, row, min(TILE, grid.width - column), min(TILE, grid.height - row)


@contextmanager
def _raster(
    out: Path,
    grid: Grid,
    band: _Band,
    style: bytes,
    *,
    overwrite: bool,
    public: bool | None,
    replace: str | None = None,
) -> Iterator[Any]:
    """Give an open raster to write tiles into; at the end it is a COG, with a style."""
    restricted = public is False
    tags = dict(band.tags)
    if restricted:
        tags |= {
            restriction.FIELD: restriction.RESTRICTED,
            RESTRICTION_COLUMN: restriction.said(),
        }
    with restriction.new_file(out, overwrite=overwrite, public=public, replace=replace) as place:
        plain = place.with_name(f"plain-{place.name}")
        with rasterio.open(
            plain,
            "w",
            driver="GTiff",
            width=grid.width,
            height=grid.height,
            count=1,
            dtype=band.dtype,
            crs=grid.system.to_wkt(),
            transform=Affine(*grid.affine),
            nodata=band.nodata,
            tiled=True,
            blockxsize=TILE,
            blockysize=TILE,
            compress="DEFLATE",
            zlevel=1,
            sparse_ok=True,
            bigtiff="IF_SAFER",
        ) as made:
            made.set_band_unit(1, band.unit)
            made.set_band_description(1, band.said)
            made.update_tags(TIFFTAG_IMAGEDESCRIPTION=band.said, **tags)
            yield made
        shutil.copy(
            plain,
            place,
            driver="COG",
            compress="DEFLATE",
            predictor="YES",
            overview_resampling="AVERAGE",
            bigtiff="IF_SAFER",
        )
    restriction.put(out.with_suffix(".qml"), style, restricted=restricted)


def _style(colours: Any, *, transparent: float | None) -> bytes:
    """Return a style of QGIS: one band in false colours, straight between the values."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    low, high = colours[0][0], colours[-1][0]
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        opacity="1",
        alphaBand="-1",
        classificationMin=f"{low:g}",
        classificationMax=f"{high:g}",
    )
    clear = ET.SubElement(renderer, "rasterTransparency")
    if transparent is not None:
        values = ET.SubElement(clear, "singleValuePixelList")
        ET.SubElement(
            values,
            "pixelListEntry",
            min=f"{transparent:g}",
            max=f"{transparent:g}",
            percentTransparent="100",
        )
    shader = ET.SubElement(renderer, "rastershader")
    ramp = ET.SubElement(
        shader,
        "colorrampshader",
        colorRampType="INTERPOLATED",
        classificationMode="1",
        clip="0",
        minimumValue=f"{low:g}",
        maximumValue=f"{high:g}",
    )
    for value, colour, label in colours:
        ET.SubElement(
            ramp,
            "item",
            value=f"{value:g}",
            color=colour,
            alpha="255",
            label=label or f"{value:,.6g}",
        )
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)
