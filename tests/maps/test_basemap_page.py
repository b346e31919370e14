"""A page with a basemap: the image lies where it should, the page needs nothing else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyproj
import pytest
from PIL import Image
from selenium.webdriver.support.ui import WebDriverWait

from mine_geo.disclosure.layers import Layers
from mine_geo.errors import OptionError
from mine_geo.maps import subject
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.scene import Scene
from tests.maps import rasters

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from mine_geo.maps.pages.page import OfflinePage
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

UNSEEN = (
    "document.querySelectorAll('input[data-layer]').forEach((box) => { if (box.checked) {"
    " box.click(); } });"
    "document.querySelectorAll('.leaflet-control, .mg-label').forEach((one) => one.remove());"
)
"""Leaves only what no switch turns off: land and basemap."""


@pytest.fixture
def drawn(split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame):
    def made(source: str | Path | None) -> OfflinePage:
        scene = Scene.of(Layers(split, border, admin), source)
        return compose(scene, subject.province(split, admin, "Battambang"))

    return made


def wait(page: Page, condition: str) -> None:
    WebDriverWait(page.driver, 10).until(lambda _: page.js(f"return Boolean({condition})"))


def at(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Return where on the screen the map has a place, CSS pixels."""
    return tuple(
        page.js(
            "const map = window.mineGeo.map;"
            "const point = map.latLngToContainerPoint([arguments[1], arguments[0]]);"
            "const box = map.getContainer().getBoundingClientRect();"
            "return [box.left + point.x, box.top + point.y]",
            lon,
            lat,
        )
    )


def screen(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.driver.get_screenshot_as_png())).convert("RGB")


def mercator(lon: float, lat: float) -> tuple[float, float]:
    return pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(lon, lat)


def test_an_image_lies_where_the_raster_lies(open_page: Opener, drawn, tmp_path: Path) -> None:
    source = rasters.write(
        tmp_path / "q.tif", rasters.quadrants(), rasters.UTM, "EPSG:32648", photometric="RGB"
    )
    with rasters.rasterio.open(source, "r+") as opened:
        opened.update_tags(TIFFTAG_COPYRIGHT="<i>Survey</i>")
    page = open_page(drawn(source))
    wait(page, "document.querySelector('.leaflet-basemap-pane img')?.complete")
    data = page.js("return JSON.parse(document.getElementById('mine-geo-data').textContent)")
    (south, west), (north, east) = data["basemap"]["bounds"]
    left, top, right, bottom = page.js(
        "const box = document.querySelector('.leaflet-basemap-pane img').getBoundingClientRect();"
        "return [box.left, box.top, box.right, box.bottom]"
    )
    assert at(page, west, north) == pytest.approx((left, top), abs=1)
    assert at(page, east, south) == pytest.approx((right, bottom), abs=1)
    # The map's own scale, by pyproj alone: two places a known way apart.
    (x0, y0), (x1, y1) = mercator(west, north), mercator(east, south)
    assert (right - left) / (bottom - top) == pytest.approx((x1 - x0) / (y0 - y1), abs=0.005)

    page.js(UNSEEN)
    picture = screen(page)
    to_degrees = pyproj.Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    colours = zip((0.25, 0.75, 0.25, 0.75), (0.25, 0.25, 0.75, 0.75), strict=True)
    expected = [colour for row in rasters.QUADRANTS for colour in row]
    for (across, down), colour in zip(colours, expected, strict=True):
        lon, lat = to_degrees.transform(290_000 + 50_000 * across, 1_500_000 - 50_000 * down)
        x, y = at(page, lon, lat)
        assert picture.getpixel((round(x), round(y))) == pytest.approx(colour, abs=14)
    # The seam between the quadrants is where pyproj has it, to two pixels of the screen.
    x, y = at(page, *to_degrees.transform(315_000, 1_490_000))
    assert picture.getpixel((round(x) - 3, round(y))) == pytest.approx(rasters.RED, abs=20)
    assert picture.getpixel((round(x) + 3, round(y))) == pytest.approx(rasters.GREEN, abs=20)

    page.read_logs()
    image = page.path.with_name(f"{page.path.stem}_basemap.webp")
    assert image.is_file()
    requested = {url for url in page.requests if not url.startswith("data:")}
    assert requested == {page.path.as_uri(), image.as_uri()}
    assert page.console == []
    credit = page.js("return document.querySelector('.mg-credit').textContent")
    assert "<i>Survey</i>" in credit

    # Switched off, the land is white again.
    page.js("document.getElementById('mg-basemap').click()")
    assert page.js("return document.querySelector('.leaflet-basemap-pane img')") is None
    x, y = at(page, 103.2, 13.3)
    assert screen(page).getpixel((round(x), round(y))) == (255, 255, 255)


def test_the_page_works_without_its_image(open_page: Opener, drawn, tmp_path: Path) -> None:
    source = rasters.write(tmp_path / "q.tif", rasters.quadrants(), photometric="RGB")
    page = open_page(drawn(source))
    page.path.with_name(f"{page.path.stem}_basemap.png").unlink()
    page.driver.refresh()
    wait(page, "window.mineGeo && window.mineGeo.ready")
    wait(page, "!document.querySelector('.mg-basemap-note').hidden")
    assert page.js("return document.querySelector('.mg-basemap-note').textContent") == (
        f"The file {page.path.stem}_basemap.png does not lie beside this page."
    )
    assert sum(page.counts().values()) == 5
    assert page.js("return window.mineGeo.openHazard('AP-3')")
    assert page.popup().startswith("AP-3")
    land = page.js(
        "const fills = []; window.mineGeo.map.eachLayer((one) => {"
        " if (one.options.pane === 'context' && one.options.fill) {"
        " fills.push(one.options.fillOpacity); } }); return fills"
    )
    assert land.count(1) == 3  # sea, land, and that of the unit


def test_tiles_are_asked_for_by_name_only(open_page: Opener, drawn) -> None:
    page = open_page(drawn("Esri.WorldImagery"))
    wait(page, "!document.querySelector('.mg-basemap-note').hidden")
    page.read_logs()
    hosts = {url.split("/")[2] for url in page.requests if url.startswith("http")}
    assert hosts == {"server.arcgisonline.com"}
    assert "internet" in page.js("return document.querySelector('.mg-basemap-note').textContent")
    assert "Esri" in page.js("return document.querySelector('.mg-credit').textContent")
    page.js("window.mineGeo.words.use('km')")
    note, name = page.js(
        "return ['.mg-basemap-note', '#mg-basemap + span']"
        ".map((one) => document.querySelector(one).textContent)"
    )
    assert "អ៊ីនធឺណិត" in note
    assert name == "ផែនទីគោល"


def test_without_a_basemap_there_is_none(open_page: Opener, drawn) -> None:
    page = open_page(drawn(None))
    page.check_alone()
    assert page.js("return document.getElementById('mg-basemap')") is None
    assert [path.name for path in page.path.parent.iterdir()] == [page.path.name]


def test_a_raster_of_elsewhere_is_refused_on_a_page_and_passed_over_in_an_atlas(
    drawn, tmp_path: Path
) -> None:
    elsewhere = rasters.Affine(0.001, 0, 90, 0, -0.001, 10)
    source = rasters.write(tmp_path / "q.tif", rasters.quadrants(20, 20), elsewhere)
    page = drawn(source)
    with pytest.raises(OptionError, match="does not reach this page"):
        page.save(tmp_path / "page.html")
    page.lay_beside(tmp_path / "page.html")
    assert "basemap" not in page.data
    assert "mg-canvas" in page.write("assets/")
    page.save(io.BytesIO(), close_file=False)
