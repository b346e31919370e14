"""Far out one mark stands for many hazards; it says each class with its count and m², exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps
from tests.maps.browser import DESKTOP, PHONE
from tests.maps.test_accessibility import axe, faults

if TYPE_CHECKING:
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

DRAWN = """
const { map, crowds } = window.mineGeo;
map.setView(arguments[0], arguments[1], { animate: false });
let canvas = null;
map.eachLayer((layer) => { canvas = layer.mineGeoShapes ? layer : canvas; });
canvas._redraw();
return {
  crowds: canvas._crowds.map((crowd) => crowds.tally(crowd)),
  alone: canvas._alone.map(({ mineGeoLayer: layer, mineGeoRow: row }) => [layer.name, row]),
};
"""
ZONES = {"near": "near", "far": "far"}
TYPES = {"CHA": "Confirmed hazardous area (CHA)", "SHA": "Suspected hazardous area (SHA)"}


@pytest.fixture
def crowded(split: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give 400 hazards: of 20 m and of 500 m, most of them in three crowds, sizes beyond 2^31."""
    rng = np.random.default_rng(17)
    at = rng.integers(len(split), size=400)
    made = split.iloc[at].reset_index(drop=True)
    middle = np.array([[103.1, 13.2], [103.35, 13.6], [103.1, 13.8]])[rng.integers(3, size=400)]
    places = middle + rng.normal(0, 0.02, (400, 2))
    half = np.where(rng.random(400) < 0.9, 1e-4, 2.5e-3)
    made.geometry = shapely.box(*(places - half[:, None]).T, *(places + half[:, None]).T)
    made["size_m2"] = rng.integers(1, 2**40, size=400)
    made["hazard_id"] = [f"C-{number:03}" for number in range(400)]
    made["area_type"] = rng.choice(["CHA", "SHA"], size=400)
    made["status"] = "open"
    return made


def expected(rows: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """Return count and m² by zone and area type."""
    grouped = rows.groupby(["zone", "area_type"])["size_m2"]
    return {key: (len(sizes), int(sizes.sum())) for key, sizes in grouped}


def found(drawn: dict[str, Any], rows: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """Return what the crowds say and what is drawn as it is, together."""
    alone = rows.iloc[[row for layer, row in drawn["alone"] if layer == "hazards"]]
    sums = {key: list(pair) for key, pair in expected(alone).items()}
    for one in (one for crowd in drawn["crowds"] for one in crowd if one["layer"] == "hazards"):
        zone = next(z for z in ZONES if f", {z}," in one["said"]["en"])
        area_type = next(t for t, word in TYPES.items() if word in one["said"]["en"])
        assert one["unsaid"] == 0
        pair = sums.setdefault((zone, area_type), [0, 0])
        pair[0] += one["count"]
        pair[1] += one["m2"]
    return {key: (count, m2) for key, (count, m2) in sums.items()}


def test_nothing_is_lost_at_any_zoom(open_page: Opener, crowded: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(crowded))
    for zoom in (5, 7.25, 8, 9, 10, 11.5, 13, 14.75):
        drawn = page.js(DRAWN, [13.5, 103.2], zoom)
        assert found(drawn, crowded) == expected(crowded), zoom
    # Three towns far out; all apart near by.
    assert len(page.js(DRAWN, [13.5, 103.2], 8)["crowds"]) >= 3
    near = page.js(DRAWN, [13.5, 103.2], 15)
    assert near["crowds"] == []
    assert len(near["alone"]) == 400
    page.check_alone()


def test_what_is_switched_off_is_in_no_crowd(
    open_page: Opener, crowded: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    many = pd.concat([released] * 20, ignore_index=True)
    land = gpd.GeoDataFrame(
        many.assign(geometry=shapely.box(103.1, 13.2, 103.1001, 13.2001)), crs="EPSG:4326"
    )
    page = open_page(maps.national(maps.layers(crowded, releases=land)))
    drawn = page.js(DRAWN, [13.5, 103.2], 8)
    assert found(drawn, crowded) == expected(crowded)
    m2 = {
        one["said"]["en"]: one["m2"]
        for crowd in drawn["crowds"]
        for one in crowd
        if one["layer"] == "releases"
    }
    # Added up by hand from the fixture.
    assert m2 == {"cleared": 20 * 1_702, "reduced": 20 * 30, "cancelled": 20 * 47}
    page.driver.find_element(By.CSS_SELECTOR, "[data-layer='ap_minefield-near']").send_keys(" ")
    far = crowded[crowded["zone"] == "far"]
    drawn = page.js(DRAWN, [13.5, 103.2], 8)
    assert found(drawn, crowded) == expected(far)


@pytest.mark.parametrize(
    ("how", "size"),
    [("mouse", DESKTOP), ("touch", DESKTOP), ("touch", PHONE), ("keyboard", DESKTOP)],
)
def test_a_crowd_says_what_it_holds(
    how: str, size: tuple[int, int], open_page: Opener, crowded: gpd.GeoDataFrame
) -> None:
    same = crowded.assign(zone="near", area_type="CHA", size_m2=2**31)
    same.geometry = [shapely.box(103.2, 13.5, 103.2002, 13.5002)] * len(same)
    page = open_page(maps.national(same))
    page.size(*size)
    page.js("window.mineGeo.map.invalidateSize()")
    page.js(DRAWN, [13.5001, 103.2001], 8)
    choose(page, how)
    rows = page.js(
        "return [...document.querySelectorAll('.mg-crowd tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"
    )
    words = "AP minefields, near, Confirmed hazardous area (CHA), Status: open"
    assert rows == [[words, "400", f"{400 * 2**31:,}"]]
    page.js(axe())
    assert faults(page) == []
    zoom = page.js("return window.mineGeo.map.getZoom()")
    page.driver.find_element(By.CSS_SELECTOR, ".mg-record .mg-link").click()
    assert page.js("return window.mineGeo.map.getZoom()") > zoom
    assert page.js("return document.documentElement.scrollWidth") <= size[0]
    page.check_alone()


def choose(page: Page, how: str) -> None:
    """Choose what lies in the middle of the map."""
    canvas = page.driver.find_element(By.CSS_SELECTOR, ".mg-canvas")
    if how == "keyboard":
        page.js("arguments[0].focus()", canvas)
        canvas.send_keys(Keys.ENTER)
    elif how == "mouse":
        ActionChains(page.driver).move_to_element(canvas).click().perform()
    else:
        x, y = page.js(
            "const box = arguments[0].getBoundingClientRect();"
            "return [box.left + box.width / 2, box.top + box.height / 2]",
            canvas,
        )
        for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
            page.driver.execute_cdp_cmd(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )
        page.js("return new Promise((done) => setTimeout(done, 400))")


def test_names_give_way_to_hazards(
    open_page: Opener, crowded: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    places = pd.DataFrame({"name": ["In the crowd", "Alone"], "lon": [103.1, 103.4],
                           "lat": [13.2, 13.1]})  # fmt: skip
    page = open_page(maps.national(maps.layers(crowded, admin=admin, places=places)))
    page.js("window.mineGeo.map.setView([13.4, 103.25], 9.75, { animate: false })")
    seen = page.js(
        "return [...document.querySelectorAll('.mg-label')]"
        ".filter((box) => getComputedStyle(box).visibility === 'visible')"
        ".map((box) => box.textContent)"
    )
    assert "Alone" in seen
    assert "In the crowd" not in seen
    page.check_alone()
