"""Shadows of a page's ground: light from the north-west, in their place, small, and no more."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from selenium.webdriver.common.by import By

from mine_geo import maps
from mine_geo.errors import CRSError, FileError, OptionError
from mine_geo.geo import sample
from mine_geo.maps import relief

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.conftest import Opener

VIEW = (103.0, 13.0, 104.0, 14.0)


def write(path: Path, heights: Any, crs: str | None = "EPSG:4326", **more: Any) -> Path:
    """Write heights (rows from the north) over the view."""
    bands = np.atleast_3d(heights).transpose(2, 0, 1) if np.ndim(heights) == 3 else [heights]
    rows, columns = np.shape(bands[0])
    west, south, east, north = VIEW
    transform = Affine((east - west) / columns, 0, west, 0, (south - north) / rows, north)
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=len(bands), dtype="float32",
        crs=crs, transform=transform, **more,
    ) as made:  # fmt: skip
        for number, band in enumerate(bands, 1):
            made.write(np.asarray(band, dtype="float32"), number)
    return path


def picture(found: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Return how opaque each pixel is, 0 to 255."""
    kind, text = found["image"].split(",")
    assert kind == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    return np.asarray(image.convert("RGBA"))[..., 3]


def cone(size: int = 100) -> np.ndarray[Any, Any]:
    at = np.linspace(-1, 1, size)
    return 3000 * np.clip(1 - np.hypot(*np.meshgrid(at, at)), 0, None)


def test_a_hill_is_lit_from_the_north_west(tmp_path: Path) -> None:
    shade = picture(relief.shadows(write(tmp_path / "hill.tif", cone()), VIEW)).astype(float)
    height, width = shade.shape
    assert shade[height // 3, width // 3] == 0
    assert shade[-height // 3, -width // 3] >= 0.75 * shade.max() > 45
    # Mirrored at the light, it is the same but for the levels and the shape of the pixels.
    assert abs(shade[height // 3, -width // 3] - shade[-height // 3, width // 3]) <= 20


def test_the_picture_lies_where_the_raster_lies(tmp_path: Path) -> None:
    """One step in the ground, north to south at 103.25 degrees: the shadow is along it."""
    heights = np.where(np.arange(200) < 50, 500.0, 0.0) * np.ones((100, 1))
    path = write(tmp_path / "step.tif", heights)
    found = relief.shadows(path, (103.1, 13.2, 103.6, 13.9))
    (south, west), (north, east) = found["bounds"]
    assert (west, south, east, north) == (103.1, 13.2, 103.6, 13.9)
    dark = picture(found).sum(axis=0)
    lon = west + (np.argmax(dark) + 0.5) * (east - west) / len(dark)
    assert lon == pytest.approx(103.25, abs=0.006)
    assert relief.shadows(path, (110.0, 10.0, 111.0, 11.0)) is None


def test_where_no_height_is_known_nothing_is_drawn(tmp_path: Path) -> None:
    heights = cone()
    heights[:, :50] = -9999
    found = relief.shadows(write(tmp_path / "half.tif", heights, nodata=-9999), VIEW)
    shade = picture(found)
    assert shade[:, : shade.shape[1] // 2 - 8].max() == 0
    assert shade.max() > 60
    empty = write(tmp_path / "none.tif", np.full((9, 9), -9999.0), nodata=-9999)
    assert relief.shadows(empty, VIEW) is None


@given(st.floats(-9000, 9000), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_plane_is_evenly_dark_as_its_normal_says(base: float, east: float, south: float) -> None:
    """The oracle is the normal of the plane itself and the light as a vector."""
    x, y = np.meshgrid(np.arange(6.0), np.arange(5.0))
    shade = relief.darkness(base + 30 * (east * x + south * y), np.full(5, 30.0))
    assert np.ptp(shade) < 1e-6
    slope = np.hypot(east, south)
    if slope < 2e-4:
        return
    more = min(relief.MOST_STEEPER, max(1.0, np.tan(np.radians(30)) / slope))
    normal = np.array([-more * east, more * south, 1.0])  # to the east, to the north, up
    light = np.array([-0.5, 0.5, np.sqrt(0.5)])
    lit = normal @ light / np.linalg.norm(normal)
    assert shade[2, 2] == pytest.approx(np.clip(1 - lit / np.sqrt(0.5), 0, 1), abs=1e-6)


def test_what_is_no_raster_of_heights_is_refused(tmp_path: Path) -> None:
    colours = write(tmp_path / "rgb.tif", np.zeros((4, 4, 3)))
    with pytest.raises(FileError, match="3 bands; give a raster of heights"):
        relief.shadows(colours, VIEW)
    with pytest.raises(CRSError):
        relief.shadows(write(tmp_path / "nowhere.tif", cone(9), crs=None), VIEW)
    for bad in (tmp_path / "none.tif", sample.path("weights")):
        with pytest.raises(FileError):
            maps.read_context(credit="x", relief=bad)
    with pytest.raises(OptionError, match="whose"):
        maps.read_context(credit=" ", relief=sample.path("terrain"))


def test_a_page_has_it_inside_and_a_switch(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    layers = maps.layers(split, border=border, admin=admin)
    plain = maps.province(layers, "Battambang")
    context = maps.read_context(credit="Invented heights", relief=sample.path("terrain"))
    drawn = maps.province(layers, "Battambang", context=context)
    grown = len(drawn.get_root().render()) - len(plain.get_root().render())
    assert 1_000 < drawn.context_bytes() <= grown < 120_000
    page = open_page(drawn)
    seen = ".leaflet-relief-pane img"
    assert page.driver.find_element(By.CSS_SELECTOR, seen).is_displayed()
    assert "Invented heights" in page.js("return document.querySelector('.mg-credit').textContent")
    page.js("document.querySelector('.mg-legend').closest('details').open = true")
    page.js("document.querySelector(`input[data-layer='relief']`).click()")
    assert page.driver.find_elements(By.CSS_SELECTOR, seen) == []
    assert "off=relief" in page.js("return location.hash")
    page.js("document.querySelector(`input[data-layer='relief']`).click()")
    assert page.driver.find_element(By.CSS_SELECTOR, seen).is_displayed()
    page.check_alone()
