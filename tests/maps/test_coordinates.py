"""Coordinates under the pointer: the projection against PROJ, what is shown where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mgrs
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
        "return arguments[0].map(([lat, lon]) => window.mineGeo.coordinates.utm(lat, lon, 48))",
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


def read(page: Page, texts: list[str]) -> list[list[float] | None]:
    return page.js(
        "return arguments[0].map((text) => { const at = window.mineGeo.places.read(text);"
        " return at && [at.lat, at.lon]; })",
        texts,
    )


def metres_apart(found: list[list[float] | None], lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    assert None not in found
    ours = np.array(found)
    return pyproj.Geod(ellps="WGS84").inv(ours[:, 1], ours[:, 0], lon, lat)[2]


def sexagesimal(degrees: float) -> str:
    whole, minutes = divmod(degrees * 60, 60)
    return f"{int(whole)}\N{DEGREE SIGN}{int(minutes)}'{(minutes % 1) * 60:.3f}\""


def test_places_that_are_typed(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    """Against pyproj and the mgrs package, to 1 m; what can be read in two ways is refused."""
    page = open_page(maps.national(split))
    random = np.random.default_rng(4)
    lon, lat = random.uniform(96, 114, 200), random.uniform(0, 84, 200)
    zones = (np.floor(lon / 6) + 31).astype(int)
    # Within Cambodia most of all.
    lon[:100], lat[:100], zones[:100] = (
        random.uniform(102, 108, 100),
        random.uniform(9, 15, 100),
        48,
    )
    pairs = list(zip(lat, lon, strict=True))
    written = [
        [f"{y:.6f}, {x:.6f}" for y, x in pairs],
        [f"{x:.6f}\N{DEGREE SIGN}E {y:.6f}\N{DEGREE SIGN}N" for y, x in pairs],
        [f"{sexagesimal(y)}N {sexagesimal(x)}E" for y, x in pairs],
    ]
    # A number that can be a latitude is none: 96 and more says which is which.
    written.append([f"{x:.6f} {y:.6f}" for y, x in pairs])
    for texts in written:
        assert metres_apart(read(page, texts), lat, lon).max() < 0.2
    metres = [
        pyproj.Transformer.from_crs(4326, 32600 + int(zone), always_xy=True).transform(x, y)
        for zone, x, y in zip(zones, lon, lat, strict=True)
    ]
    good = [at for at, (east, north) in enumerate(metres) if north >= 100_000]
    for form in (
        "{z}N {e:.1f} {n:.1f}",
        "UTM {z}N {e:.1f} E {n:.1f} N",
        "{z}P, {n:.1f}N, {e:.1f}E",
    ):
        texts = [form.format(z=zones[at], e=metres[at][0], n=metres[at][1]) for at in good]
        assert metres_apart(read(page, texts), lat[good], lon[good]).max() < 0.2
    squares = mgrs.MGRS()
    for digits in (5, 4, 2):
        texts = [squares.toMGRS(y, x, MGRSPrecision=digits) for y, x in pairs]
        middles = np.array([squares.toLatLon(text) for text in texts])
        spaced = [
            f"{text[:3]} {text[3:5]} {text[5 : 5 + digits]} {text[5 + digits :]}" for text in texts
        ]
        for form in (texts, spaced):
            assert metres_apart(read(page, form), middles[:, 0], middles[:, 1]).max() < 1
    same = [
        *("12.57,102.86", "12.57 102.86", "102.86, 12.57", "12.57;102.86"),
        "\u17e1\u17e2.\u17e5\u17e7, \u17e1\u17e0\u17e2.\u17e8\u17e6",
        "12\N{DEGREE SIGN}34\u203212\u2033N 102\N{DEGREE SIGN}51\u203236\u2033E",
        *("12 34 12 N, 102 51 36 E", "12 34.2 N 102 51.6 E"),
    ]  # fmt: skip
    found = read(page, same)
    assert metres_apart(found, np.full(len(found), 12.57), np.full(len(found), 102.86)).max() < 0.2
    nothing = [
        *("", "12", "12.57", "AP-0209-0399", "12.57, 202.86", "12.57N 102.86N", "95, 100"),
        *("12 74 12 N, 102 51 36 E", "48PTV1058893", "48ATV1058893105", "61PTV1058893105"),
        *("48PAV1058893105", "310588", "99999 1493105", "48S 310588 1493105", "1e5, 3"),
        *("310588 E 1493105 E", "48PTV105889310a", "12.5.7, 102.86"),
    ]  # fmt: skip
    assert [text for text, at in zip(nothing, read(page, nothing), strict=True) if at] == []
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
