"""Basemaps: which are taken, where a raster comes to lie, in which colours, and what is beside."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import rasterio
from PIL import Image
from rasterio.enums import ColorInterp

from mine_geo.errors import CRSError, FileError, MineGeoError, OptionError
from mine_geo.maps.pages import basemap, geotiff
from tests.maps import rasters

VIEW = (102.0, 12.0, 105.0, 15.0)
PLACES = {  # by name of raster: reference system, geotransform
    "degrees": ("EPSG:4326", rasters.DEGREES),
    "utm": ("EPSG:32648", rasters.UTM),
    "turned": ("EPSG:32648", rasters.TURNED),
}


def opened(cut: geotiff.Cut) -> Image.Image:
    return Image.open(io.BytesIO(cut.content)).convert("RGBA")


def pixel_of(image: Image.Image, cut: geotiff.Cut, lon: float, lat: float) -> tuple[int, ...]:
    """Return the colour of a place, by Mercator's formula alone."""

    def north(degrees: float) -> float:
        return float(np.arcsinh(np.tan(np.radians(degrees))))

    west, south, east, top = cut.bounds
    column = (lon - west) / (east - west) * image.width
    row = (north(top) - north(lat)) / (north(top) - north(south)) * image.height
    return image.getpixel((int(column), int(row)))


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("view", [VIEW, (103.2, 13.2, 103.31, 13.29)])
def test_each_colour_lies_where_the_raster_has_it(
    name: str, view: tuple[float, ...], tmp_path: Path
) -> None:
    crs, transform = PLACES[name]
    bands = rasters.quadrants()
    cut = geotiff.cut(rasters.write(tmp_path / "q.tif", bands, transform, crs), view)
    image = opened(cut)
    to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    seen = 0
    for column, row in np.random.default_rng(1).uniform(6, 994, (600, 2)):
        at_seam = abs(column - 500) < 6 or abs(row - 500) < 6
        lon, lat = to_degrees.transform(
            transform.a * column + transform.b * row + transform.c,
            transform.d * column + transform.e * row + transform.f,
        )
        west, south, east, north = cut.bounds
        if at_seam or not (west < lon < east and south < lat < north):
            continue
        seen += 1
        *colour, opacity = pixel_of(image, cut, lon, lat)
        assert opacity > 250
        difference = np.array(colour) - bands[:, int(row), int(column)].astype(int)
        assert np.abs(difference).max() < 12, (lon, lat)
    assert seen > 5


def test_it_is_cut_to_the_view_and_keeps_its_own_fineness(tmp_path: Path) -> None:
    path = rasters.write(tmp_path / "q.tif", rasters.quadrants())
    cut = geotiff.cut(path, (103.1, 13.1, 103.2, 13.3))
    # 0.1 and 0.2 degree of 0.0005 degree each; Mercator stretches north by 1 / cos 13.2 = 1.027.
    assert cut.bounds == pytest.approx((103.1, 13.1, 103.2, 13.3), abs=1e-7)
    assert opened(cut).width == pytest.approx(200 / 1.027**0.5, abs=2)
    assert opened(cut).height == pytest.approx(400 * 1.027**0.5, abs=3)
    assert opened(cut).getpixel((100, 10))[:3] == pytest.approx(rasters.RED, abs=3)


def test_a_huge_raster_is_read_in_part_and_a_wide_one_from_its_overviews(tmp_path: Path) -> None:
    huge = tmp_path / "huge.tif"  # 90 GB, if anybody read it
    options = {"tiled": True, "sparse_ok": True, "bigtiff": True, "compress": "deflate"}
    with rasterio.open(
        huge, "w", driver="GTiff", width=300_000, height=300_000, count=1, dtype="uint8",
        crs="EPSG:4326", transform=rasters.Affine(1e-5, 0, 102, 0, -1e-5, 15), **options,
    ):  # fmt: skip
        pass
    assert opened(geotiff.cut(huge, (103, 13, 103.01, 13.01))).size == pytest.approx(
        (1000, 1000), abs=30
    )
    wide = rasters.write(tmp_path / "wide.tif", np.full((3, 4400, 4400), 10, np.uint8))
    with rasterio.open(wide, "r+") as source:
        source.build_overviews([2])
    with rasterio.open(wide, "r+") as source:
        source.write(np.full((3, 4400, 4400), 200, np.uint8))  # the overview keeps the 10
    image = opened(geotiff.cut(wide, (100, 10, 110, 15)))
    assert max(image.size) == geotiff.MOST_PX
    assert image.getpixel((1000, 1000)) == (10, 10, 10, 255)


def shown(path: Path) -> Any:
    """Return the image's colours in three places of the middle row, left to right."""
    cut = geotiff.cut(path, VIEW)
    image = opened(cut)
    return [pixel_of(image, cut, lon, 13.24) for lon in (103.05, 103.26, 103.45)]


def columns(values: list[Any], dtype: str, bands: int = 1) -> Any:
    """Return bands of as many upright stripes as there are values."""
    stripes = np.repeat(np.array(values, dtype=dtype), 1000 // len(values))
    return np.broadcast_to(stripes, (bands, 1000, stripes.size)).copy()


def test_a_palette_keeps_its_colours(tmp_path: Path) -> None:
    path = rasters.write(
        tmp_path / "p.tif", columns([1, 1, 2, 2, 9], "uint8"), nodata=9, photometric="palette"
    )
    with rasterio.open(path, "r+") as source:
        source.write_colormap(1, {1: (10, 20, 30, 255), 2: (200, 100, 0, 255), 9: (9, 9, 9, 255)})
    assert geotiff.cut(path, VIEW).suffix == ".png"
    left, middle, right = shown(path)
    assert left == (10, 20, 30, 255)
    assert middle == (200, 100, 0, 255)
    assert right[3] == 0


@pytest.mark.parametrize(
    ("values", "dtype", "nodata"),
    [
        ([-50, -50, 450, 450, -9999], "int16", -9999),
        ([0.25, 0.25, 0.75, 0.75, np.nan], "float32", None),
        ([7.0, 7.0, 9.0, 9.0, -1e38], "float64", -1e38),
        ([40, 40, 90, 90, 0], "uint8", 0),
        ([1000, 1000, 60000, 60000, 65535], "uint16", 65535),
    ],
)
def test_one_band_is_stretched_from_black_to_white(
    values: list[float], dtype: str, nodata: float | None, tmp_path: Path
) -> None:
    path = rasters.write(tmp_path / "g.tif", columns(values, dtype), nodata=nodata)
    left, middle, right = shown(path)
    assert left == (0, 0, 0, 255)
    assert middle == (255, 255, 255, 255)
    assert right[3] == 0


def test_percentiles_leave_outliers_out() -> None:
    # 0 to 99, one each, and one million: the 2nd percentile of 101 numbers is 2, the 98th is 98.
    band = np.array([[[*range(100), 10**6]]], dtype="int32")
    rgba = geotiff.coloured(band, np.full((1, 101), 255, np.uint8))
    assert rgba[0, 0, [0, 2, 50, 98, 99, 100]].tolist() == [0, 0, 128, 255, 255, 255]
    flat = geotiff.coloured(np.full((1, 2, 2), 5.0), np.full((2, 2), 255, np.uint8))
    assert (flat[:3] == 128).all()
    nothing = geotiff.coloured(np.full((1, 2, 2), np.nan), np.full((2, 2), 255, np.uint8))
    assert (nothing[3] == 0).all()


def test_bytes_keep_their_colours_and_finer_numbers_are_stretched(tmp_path: Path) -> None:
    rgb = np.concatenate([columns([v, v, v, v, v], "uint8") for v in (200, 100, 50)])
    assert shown(rasters.write(tmp_path / "b.tif", rgb))[0] == (200, 100, 50, 255)
    fine = columns([100, 100, 4000, 4000, 4000], "uint16", bands=3)
    left, _, right = shown(rasters.write(tmp_path / "f.tif", fine))
    assert (left[:3], right[:3]) == ((0, 0, 0), (255, 255, 255))
    # A fourth band that is not opacity (near infrared) does not count.
    four = np.concatenate([rgb, columns([0, 0, 0, 0, 0], "uint8")])
    path = rasters.write(tmp_path / "n.tif", four, photometric="RGB", alpha="unspecified")
    with rasterio.open(path, "r+") as source:
        source.colorinterp = [*source.colorinterp[:3], ColorInterp.undefined]
    assert shown(path)[0] == (200, 100, 50, 255)


def test_only_what_no_band_has_is_no_data_and_a_mask_is_opacity(tmp_path: Path) -> None:
    red = np.concatenate([columns([255, 255, 0, 0, 0], "uint8"), columns([0] * 5, "uint8", 2)])
    left, middle, right = shown(rasters.write(tmp_path / "r.tif", red, nodata=0))
    assert left == (255, 0, 0, 255)
    assert middle[3] == right[3] == 0
    masked = rasters.write(tmp_path / "m.tif", columns([90] * 5, "uint8", 3))
    with rasterio.open(masked, "r+") as source:
        source.write_mask(columns([255, 255, 255, 0, 0], "uint8")[0])
    assert [colour[3] for colour in shown(masked)] == [255, 255, 0]


def test_the_corner_of_a_box_around_a_turned_raster_is_not_the_raster(tmp_path: Path) -> None:
    # Turned by 37 degrees, it leaves the corners of the box around it empty.
    path = rasters.write(tmp_path / "t.tif", rasters.quadrants(), rasters.TURNED, "EPSG:32648")
    west, south, east, north = geotiff.cut(path, VIEW).bounds
    assert geotiff.cut(path, (west, north - 0.02, west + 0.02, north)) is None
    assert geotiff.cut(path, (east, south, east + 1, north)) is None


def test_a_raster_of_the_world_is_as_fine_here_as_it_is(tmp_path: Path) -> None:
    world = rasters.Affine(0.1, 0, -180, 0, -0.1, 90)
    cut = geotiff.cut(rasters.write(tmp_path / "w.tif", rasters.quadrants(3600, 1800), world), VIEW)
    assert cut.bounds == VIEW
    assert opened(cut).size == pytest.approx((30, 31), abs=1)  # 3 degrees of ten pixels


def test_opacity_is_kept(tmp_path: Path) -> None:
    rgba = np.concatenate([columns([90] * 5, "uint8", 3), columns([255, 255, 255, 0, 0], "uint8")])
    path = rasters.write(tmp_path / "a.tif", rgba, photometric="RGB", alpha="yes")
    assert [colour[3] for colour in shown(path)] == [255, 255, 0]


def test_a_photograph_is_small_and_the_same_each_time(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (3, 500, 500), dtype=np.uint8)
    path = rasters.write(tmp_path / "n.tif", noise)
    whole, corner = geotiff.cut(path, VIEW), geotiff.cut(path, (103.01, 13.3, 103.015, 13.305))
    assert (whole.suffix, corner.suffix) == (".jpg", ".png")
    assert geotiff.cut(path, VIEW) == whole
    turned = rasters.write(tmp_path / "t.tif", noise, rasters.TURNED, "EPSG:32648")
    assert geotiff.cut(turned, VIEW).suffix == ".webp"


def refused(source: Any, error: type[MineGeoError], *words: str) -> None:
    with pytest.raises(error) as caught:
        basemap.choose_basemap(source)
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert word in text


def test_names_of_tile_sources() -> None:
    osm = basemap.choose_basemap("openstreetmap mapnik")
    assert osm.url == "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
    assert osm.attribution == "© OpenStreetMap contributors"
    assert osm.beside(Path("x.html"), VIEW) == {
        "tiles": osm.url,
        "attribution": osm.attribution,
        "max_zoom": 19,
    }
    refused("Esri.WorldImagry", OptionError, "Esri.WorldImagery")
    refused("worldimagery", OptionError, "Esri.WorldImagery")
    refused("", OptionError, "xyzservices")
    refused("x" * 5000, OptionError, "unknown")
    refused("Thunderforest.Outdoors", OptionError, "needs a key")
    refused("NASAGIBS.BlueMarble3413", OptionError, "EPSG:3857")
    refused("https://tile.openstreetmap.org/{z}/{x}/{y}.png", OptionError, "address")


def test_rasters_that_cannot_lie_beneath_a_map(tmp_path: Path) -> None:
    bands = rasters.quadrants(20, 20)
    at = tmp_path / "x.tif"
    refused(tmp_path / "none.tif", FileError, "no such file")
    refused(tmp_path, FileError, "no such file")
    at.write_bytes(b"II*\x00 this is no raster")
    refused(at, FileError, "cannot be read as a GeoTIFF")
    at.unlink()
    Image.fromarray(np.moveaxis(bands, 0, -1)).save(tmp_path / "x.png")
    refused(tmp_path / "x.png", FileError, "cannot be read as a GeoTIFF")
    refused(str(rasters.write(at, bands, None)), FileError, "nobody knows where it lies")
    refused(rasters.write(at, bands, crs=None), CRSError, "gdal_edit.py -a_srs")
    refused(rasters.write(at, bands, crs="EPSG:3148"), CRSError, "Indian 1960", "gdalwarp")
    refused(rasters.write(at, bands.astype("complex64")), FileError, "complex")
    noise = np.random.default_rng(3).integers(0, 255, (3, 100, 100), dtype=np.uint8)
    whole = rasters.write(at, noise, compress="deflate").read_bytes()
    at.write_bytes(whole[:9000] + bytes(9000) + whole[18000:])
    with pytest.raises(FileError, match="cannot be read"):
        basemap.choose_basemap(at).beside(tmp_path / "p.html", VIEW)


def test_what_lies_beside_a_page(tmp_path: Path) -> None:
    source = rasters.write(tmp_path / "q.tif", rasters.quadrants(200, 200))
    chosen = basemap.choose_basemap(str(source))
    page = tmp_path / "Koh Kong #1?.html"
    (tmp_path / "Koh Kong #1?_basemap.jpg").write_bytes(b"of an earlier run")
    data = chosen.beside(page, VIEW)
    assert data is not None
    assert data["image"] == "Koh%20Kong%20%231%3F_basemap.png"
    assert np.array(data["bounds"]) == pytest.approx(np.array([[13.4, 103], [13.5, 103.1]]))
    image = tmp_path / "Koh Kong #1?_basemap.png"
    assert [path.name for path in tmp_path.glob("*_basemap*")] == [image.name]
    written = image.stat().st_mtime_ns
    assert chosen.beside(page, VIEW) == data
    assert image.stat().st_mtime_ns == written
    image.write_bytes(b"of another raster")
    chosen.beside(page, VIEW)
    assert image.stat().st_size > 100
    assert chosen.beside(page, (0.0, 0.0, 1.0, 1.0)) is None
    assert not image.exists()
    with pytest.raises(OptionError, match="does not reach this page"):
        chosen.beside(page, (0.0, 0.0, 1.0, 1.0), required=True)
    with pytest.raises(FileError, match="cannot be written"):
        chosen.beside(tmp_path / "none" / "page.html", VIEW)
