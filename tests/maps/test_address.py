"""The address of a page: what it says is shown, what is shown it says, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mine_geo import maps
from tests.maps.browser import PHONE, await_ready

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

SHOWN = "return document.querySelector('.leaflet-popup-content h2')?.textContent || null"
VIEW = (
    "const map = window.mineGeo.map; const at = map.getCenter();"
    "return [at.lat.toFixed(5), at.lng.toFixed(5), map.getZoom()]"
)


def address(page: Page) -> list[str]:
    """Return the parts of the hash, once what was done is written into it."""
    page.driver.execute_async_script("setTimeout(arguments[0], 30)")
    return sorted(part for part in page.js("return location.hash.slice(1)").split("&") if part)


def visit(page: Page, hash_: str) -> None:
    """Open the page anew at an address."""
    page.driver.get("about:blank")
    page.driver.get(f"{page.path.as_uri()}#{hash_}")
    await_ready(page.driver)


def back(page: Page, shown: str | None) -> None:
    page.driver.back()
    WebDriverWait(page.driver, 10).until(lambda _: page.js(SHOWN) == shown)


def test_an_id_opens_its_hazard(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    ids = ["AP-1", "km", "a&b=c #1", "\u1798-7", "AP-5"]
    page = open_page(maps.national(maps.layers(split.assign(hazard_id=ids), releases=released)))
    for id_ in ids:
        visit(page, f"hazard={quote(id_, safe='')}")
        assert page.js(SHOWN) == id_
        assert page.js("return window.mineGeo.words.language()") == "en"
    visit(page, "AP-1")
    assert page.js(SHOWN) == "AP-1"
    # What only its releases know, what nobody knows, and what no address can hold.
    visit(page, "AP-9")
    assert page.js(SHOWN) == "AP-9"
    for nobody in ("AP-77", "%E0%A4%A", "at=1,2", "at=91,0,5", "at=,,", "constructor", "=", "&&"):
        visit(page, nobody)
        assert page.js(SHOWN) is None, nobody
    page.check_alone()


def test_back_leads_from_hazard_to_hazard(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(split, "Battambang"))
    first = page.js(VIEW)
    page.js("window.mineGeo.openHazard('AP-2')")
    there = page.js(VIEW)
    assert "AP-2" in address(page)
    page.js("window.mineGeo.openHazard('AP-4')")
    assert "AP-4" in address(page)
    assert "AP-2" not in address(page)
    back(page, "AP-2")
    assert page.js(VIEW) == there
    assert page.driver.find_element(By.CSS_SELECTOR, "#mg-list [aria-current]").text.startswith("2")
    back(page, None)
    assert page.js(VIEW) == first
    page.driver.forward()
    WebDriverWait(page.driver, 10).until(lambda _: page.js(SHOWN) == "AP-2")
    # Closed by hand the address says so; the same hazard opened twice is one step.
    page.driver.find_element(By.CSS_SELECTOR, ".leaflet-popup-content").send_keys(Keys.ESCAPE)
    assert "AP-2" not in address(page)
    steps = page.js("return history.length")
    for _ in range(2):
        page.js("window.mineGeo.openHazard('AP-5')")
        assert page.js(SHOWN) == "AP-5"
        assert "AP-5" in address(page)
    assert page.js("return history.length") <= steps + 1
    page.check_alone()


def test_an_address_says_all_that_is_chosen(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(split, "Battambang"))
    page.size(*PHONE)
    page.driver.find_element(By.CSS_SELECTOR, "[data-language='km']").click()
    page.driver.find_element(By.CSS_SELECTOR, "[data-layer='ap_minefield-far']").click()
    page.driver.find_element(By.ID, "mg-capacity").send_keys("24000", Keys.ENTER)
    page.driver.find_element(By.CSS_SELECTOR, "th[data-name='size_m2'] button").click()
    page.js("window.mineGeo.map.setView([13.3, 103.2], 11.25, { animate: false })")
    page.js("window.mineGeo.openHazard('AP-3')")
    page.js("window.mineGeo.map.setView([13.31, 103.21], 12, { animate: false })")
    told = address(page)
    assert told == [
        "AP-3", "at=13.31000,103.21000,12", "capacity=24000", "km", "off=ap_minefield-far",
        "sort=size_m2",
    ]  # fmt: skip
    rows = "return [...document.querySelectorAll('#mg-list tbody .mg-link')].map((b) => b.title)"
    seen = [page.js(one) for one in (SHOWN, VIEW, rows)]
    assert seen == ["AP-3", ["13.31000", "103.21000", 12], ["AP-5", "AP-1", "AP-3"]]
    visit(page, "&".join(told))
    assert [page.js(one) for one in (SHOWN, rows)] == [seen[0], seen[2]]
    # The middle is that of whole pixels: one of them is 0.0004 degree here.
    assert [float(each) for each in page.js(VIEW)] == pytest.approx([13.31, 103.21, 12], abs=4e-4)
    assert page.js("return document.documentElement.lang") == "km"
    assert page.js("return document.getElementById('mg-capacity').value") == "24,000"
    assert [part for part in address(page) if "at=" not in part] == [
        part for part in told if "at=" not in part
    ]
    page.check_alone()
