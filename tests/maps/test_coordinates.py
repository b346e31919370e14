"""Coordinates under the pointer: the projection against PROJ, what is shown where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from mine_geo import maps
from tests.maps.browser import PHONE

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

WHERE = "return ['mg-pointer-of', 'mg-pointer', 'mg-utm'].map((id) => document.getElementById(id)"
TEXTS = WHERE + ".textContent)"


def seen(page: Page, lat: float, lon: float) -> list[str]:
    page.js(
        "window.mineGeo.map.setView([arguments[0], arguments[1]], 12, { animate: false })", lat, lon
    )
    return page.js(TEXTS)


def test_metres_are_those_of_proj(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split))
    random = np.random.default_rng(20220104)
    lon, lat = random.uniform(102, 108, 200), random.uniform(9, 15, 200)
    # The rim of what is shown, where the series is under most strain.
    lon = np.append(lon, [96.0, 114.0, 96.0, 105.0, 114.0])
    lat = np.append(lat, [0.0, 84.0, 84.0, 0.0, 12.0])
    found = page.js(
        "return arguments[0].map(([lat, lon]) => window.mineGeo.coordinates.utm48(lat, lon))",
        np.column_stack([lat, lon]).tolist(),
    )
    projected = pyproj.Transformer.from_crs(4326, 32648, always_xy=True).transform(lon, lat)
    ours = np.array([[point["easting"], point["northing"]] for point in found])
    assert np.abs(ours - np.column_stack(projected)).max() < 1e-3

    assert seen(page, 13.5, 103.25) == [
        "Middle of the map",
        "13.50000° N 103.25000° E",
        "UTM 48N 310588 E 1493105 N",
    ]
    assert seen(page, -1.25, 95.5)[1:] == ["1.25000° S 95.50000° E", ""]
    assert seen(page, 12.0, 114.5)[2] == ""
    assert seen(page, 12.0, -70.0)[1:] == ["12.00000° N 70.00000° W", ""]
    assert seen(page, 12.0, 105 + 360)[1] == "12.00000° N 105.00000° E"
    page.js("window.mineGeo.words.use('km')")
    assert page.js(TEXTS)[1] == "12.00000° ជើង 105.00000° កើត"
    page.check_alone()


def test_the_pointer_is_followed_and_a_finger_is_not(
    open_page: Opener, split: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(split))
    canvas = page.driver.find_element(By.CSS_SELECTOR, ".mg-canvas")
    middle = page.js(TEXTS)
    assert middle[0] == "Middle of the map"
    ActionChains(page.driver).move_to_element_with_offset(canvas, 100, 0).perform()
    expected = page.js(
        "const map = window.mineGeo.map; const at = map.containerPointToLatLng("
        "map.getSize().divideBy(2).add([100, 0])); return at.lng"
    )
    of, place, _ = page.js(TEXTS)
    assert of == "Pointer"
    assert abs(float(place.split("° ")[1].split()[-1]) - expected) < 0.01
    # While the map moves beneath it, it stays where it is.
    page.js("window.mineGeo.map.panBy([200, 0], { animate: false })")
    assert page.js(TEXTS)[0] == "Pointer"
    assert page.js(TEXTS)[1] != place
    button = page.driver.find_element(By.CSS_SELECTOR, "[data-language='en']")
    ActionChains(page.driver).move_to_element(button).perform()
    assert page.js(TEXTS)[0] == "Middle of the map"

    page.size(*PHONE)
    page.js(
        "arguments[0].dispatchEvent(new PointerEvent('pointermove',"
        " { pointerType: 'touch', clientX: 50, clientY: 500, bubbles: true }))",
        canvas,
    )
    assert page.js(TEXTS)[0] == "Middle of the map"
    page.check_alone()
