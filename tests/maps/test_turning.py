"""The popup of a hazard: centroid and turning points, what can be done, the sheet of a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import shapely
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps
from tests.maps.browser import DESKTOP, PHONE

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

TABLE = (
    "return [...document.querySelectorAll('.mg-turning tbody tr')]"
    ".map((row) => [...row.cells].map((cell) => cell.textContent))"
)
CHOSEN = "return [...document.querySelectorAll('.leaflet-chosen-pane path')].length"


def opened(page: Page, hazard_id: str) -> list[list[str]]:
    """Open a hazard and its turning points by keyboard; return the rows of their table."""
    page.js("window.mineGeo.openHazard(arguments[0])", hazard_id)
    page.driver.find_element(By.CSS_SELECTOR, ".mg-points summary").send_keys(Keys.ENTER)
    page.driver.execute_async_script("setTimeout(arguments[0], 50)")
    return page.js(TABLE)


def test_centroid_and_turning_points(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    """Against shapely and PROJ: a part with a hole and another part, in the order as drawn."""
    page = open_page(maps.national(split))
    to_utm = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)
    for row in (0, 4):
        shape = split.geometry.iloc[row]
        rows = opened(page, split["hazard_id"].iloc[row])
        heads = [cells[0] for cells in rows if len(cells) == 1]
        assert heads == ["Part 1", "Part 1, hole 1", "Part 2"]
        points = [cells for cells in rows if len(cells) == 5]
        assert [cells[0] for cells in points] == ["Centroid", *"1234", *"1234", *"1234"]
        drawn = [shape.centroid.coords[0]]
        for part in shape.geoms:
            for ring in (part.exterior, *part.interiors):
                drawn += list(ring.coords)[:-1]
        told = np.array([[float(text) for text in cells[1:]] for cells in points])
        assert np.abs(told[:, [1, 0]] - drawn).max() < 1.1e-6
        metres = np.column_stack(to_utm.transform(told[:, 1], told[:, 0]))
        assert np.abs(told[:, 2:] - metres).max() < 0.051
    title = page.js("return document.querySelector('.mg-points summary').textContent")
    assert title == "Centroid and turning points: 12"
    page.js("window.mineGeo.words.use('km')")
    assert page.js(TABLE)[0][0] == "ចំណុចកណ្ដាល"
    page.check_alone()


def test_centroids_of_random_polygons(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    chance = np.random.default_rng(9)
    shapes = []
    while len(shapes) < 60:
        corners = chance.uniform([103.1, 13.1], [103.15, 13.12], (chance.integers(3, 12), 2))
        shape = shapely.concave_hull(shapely.MultiPoint(corners), 0.4)
        holed = shapely.difference(shape, shapely.buffer(shapely.centroid(shape), 0.0005))
        if holed.geom_type in ("Polygon", "MultiPolygon") and not holed.is_empty:
            # as bytes: GEOS rounds the centroid of what it was told to round
            rounded = shapely.set_precision(holed, 1e-6)
            shapes.append(shapely.from_wkb(shapely.to_wkb(rounded)))
    many = split.iloc[[0] * len(shapes)].assign(
        hazard_id=[f"AP-{n}" for n in range(len(shapes))], geometry=shapes
    )
    page = open_page(maps.national(many))
    found = page.js(
        "const found = []; window.mineGeo.map.eachLayer((one) => {"
        " if (one.mineGeoRow !== undefined) {"
        "  const at = window.mineGeo.turning.centroid(one);"
        "  found[one.mineGeoRow] = [at.lng, at.lat];"
        " } }); return found"
    )
    wanted = shapely.get_coordinates(shapely.centroid(np.array(shapes)))
    assert np.abs(np.array(found) - wanted).max() < 1e-9


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_what_can_be_done_with_a_hazard(
    size: tuple[int, int], open_page: Opener, split: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(split, "Battambang"))
    page.size(*size)
    opened(page, "AP-2")
    zoom, link, printed = page.driver.find_elements(
        By.CSS_SELECTOR, ".mg-record .mg-actions button"
    )
    page.js("window.mineGeo.map.setZoom(9, { animate: false })")
    zoom.send_keys(Keys.ENTER)
    inside = "return window.mineGeo.map.getBounds().contains([[13.2, 103.2], [13.24, 103.22]])"
    assert page.js(inside)
    assert page.js("return window.mineGeo.map.getZoom()") > 11
    # The clipboard may be refused here: what would be copied is told instead.
    page.js(
        "navigator.clipboard.writeText = (text) => { window.copied = text;"
        " return Promise.resolve(); }"
    )
    link.send_keys(Keys.SPACE)
    page.driver.execute_async_script("setTimeout(arguments[0], 50)")
    assert "AP-2" in page.js("return window.copied.split('#')[1]").split("&")
    status = page.driver.find_element(By.CSS_SELECTOR, ".mg-record .mg-actions [role='status']")
    assert status.get_attribute("textContent") == "Link copied"
    # What is printed: title and restriction, the map, the record with its points, and no list.
    page.js("window.print = () => {}")
    printed.send_keys(Keys.ENTER)
    page.js("window.dispatchEvent(new Event('beforeprint'))")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    seen = {
        name: page.driver.find_element(By.CSS_SELECTOR, name).is_displayed()
        for name in (
            ".mg-restricted",
            ".mg-canvas",
            ".mg-printed .mg-turning",
            ".mg-list",
            ".mg-side",
        )
    }
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert list(seen.values()) == [True, True, True, False, False]
    page.js("window.dispatchEvent(new Event('afterprint'))")
    assert page.js("return document.querySelector('.mg-printed')") is None
    page.check_alone()


def test_the_chosen_hazard_stands_out(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split))
    assert page.js(CHOSEN) == 0
    page.js("window.mineGeo.openHazard('AP-1')")
    assert page.js(CHOSEN) == 4
    seen = (
        "return [...document.querySelectorAll('.leaflet-chosen-pane path')]"
        ".map((one) => one.getAttribute('stroke-opacity'))"
    )
    assert page.js(seen) == ["1", "0", "1", "0"]
    page.js("window.mineGeo.map.setZoom(6, { animate: false })")
    assert page.js(seen) == ["0", "1", "0", "1"]  # from afar a ring around it
    page.js("window.mineGeo.openHazard('AP-4')")
    assert page.js(CHOSEN) == 4
    page.driver.find_element(By.CSS_SELECTOR, ".leaflet-popup-content").send_keys(Keys.ESCAPE)
    assert page.js(CHOSEN) == 0
    page.check_alone()


def test_on_a_phone_a_sheet_comes_from_below(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(split, "Battambang"))
    page.size(*PHONE)
    row = page.driver.find_element(By.CSS_SELECTOR, "#mg-list tbody button")
    row.send_keys(Keys.ENTER)
    assert page.popup().startswith("AP-4")
    left, right, top, bottom = page.js(
        "const box = document.querySelector('.mg-sheet').getBoundingClientRect();"
        "return [box.left, box.right, box.top, box.bottom]"
    )
    assert [left, right, bottom] == [0, *PHONE]
    assert top > PHONE[1] / 2
    # The hazard is seen above it.
    y = page.js(
        "const map = window.mineGeo.map; const box = map.getContainer().getBoundingClientRect();"
        "return map.latLngToContainerPoint([13.6, 103.065]).y + box.top"
    )
    assert 0 < y < top
    # It does not move with the map, and Escape closes it and gives the focus back.
    page.js("window.mineGeo.map.panBy([0, 60], { animate: false })")
    assert page.js("return document.querySelector('.mg-sheet').getBoundingClientRect().top") == top
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.js("return document.querySelector('.mg-sheet')") is None
    assert page.js("return document.activeElement === arguments[0]", row)
    page.check_alone()
