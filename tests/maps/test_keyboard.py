"""A page without a mouse: every control is reached in order, none traps, and all of them work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps
from tests.maps.browser import DESKTOP, PHONE

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

# Of radio buttons only the chosen one is reached; what is folded away or hidden is not.
CONTROLS = """
const all = [...document.querySelectorAll(
  'a[href], button, input, select, textarea, summary, [tabindex]')];
window.controls = all.filter((one) => one.tabIndex >= 0 && !one.disabled
  && one.checkVisibility({ visibilityProperty: true })
  && !(one.type === 'radio' && !one.checked));
return window.controls.length;
"""
NAMES = """
return window.controls.map((one) => one.getAttribute('aria-label') || one.textContent.trim()
  || (one.labels && one.labels.length && one.labels[0].textContent.trim()) || one.outerHTML);
"""


def tab(page: Page, *, back: bool = False) -> None:
    keys = ActionChains(page.driver)
    if back:
        keys.key_down(Keys.SHIFT)
    keys.send_keys(Keys.TAB)
    if back:
        keys.key_up(Keys.SHIFT)
    keys.perform()


def reached(page: Page, count: int, *, back: bool = False) -> list[int]:
    """Return which of the controls have the focus, press by press."""
    found = []
    for _ in range(count):
        tab(page, back=back)
        found.append(page.js("return window.controls.indexOf(document.activeElement)"))
    return found


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_tab_reaches_every_control_in_order(
    size: tuple[int, int],
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    released: gpd.GeoDataFrame,
) -> None:
    layers = {"border": border, "admin": admin, "releases": released}
    page = open_page(maps.border_zone(maps.layers(split, **layers), "Battambang"))
    page.size(*size)
    page.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    count = page.js(CONTROLS)
    assert count > 25
    names = page.js(NAMES)
    assert all(name and not name.startswith("<") for name in names)
    assert reached(page, count) == list(range(count))
    # And back again; the ring is seen wherever the focus is.
    assert reached(page, count - 1, back=True) == list(range(count - 2, -1, -1))
    for index in range(count):
        shown = page.js(
            "const one = window.controls[arguments[0]]; one.focus({ focusVisible: true });"
            "const style = getComputedStyle(one); return [style.outlineStyle, style.outlineWidth]",
            index,
        )
        assert shown[0] != "none", names[index]
        assert shown[1] != "0px", names[index]
    page.check_alone()


def test_controls_work_by_keyboard(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(maps.layers(split, releases=released), "Battambang"))

    def press(selector: str, *keys: str) -> None:
        page.driver.find_element(By.CSS_SELECTOR, selector).send_keys(*keys)

    press("[data-language='km']", Keys.SPACE)
    assert page.js("return document.documentElement.lang") == "km"
    press("[data-language='en']", Keys.ENTER)
    press("[data-layer='ap_minefield-far']", Keys.SPACE)
    assert page.counts()["ap_minefield-far"] == 0
    press("#mg-search", "ap-2", Keys.ENTER)
    assert page.popup().startswith("AP-2")
    assert page.counts()["ap_minefield-far"] == 2
    press(".leaflet-popup-content", Keys.ESCAPE)
    assert page.js("return document.activeElement.id") == "mg-search"
    press("#mg-list tbody button", Keys.ENTER)
    assert page.popup().startswith("AP-4")
    press(".leaflet-popup-content", Keys.ESCAPE)
    press(".mg-legend summary", Keys.ENTER)
    assert page.js("return document.querySelector('.mg-legend').open")
    press("[data-layer='released-cleared']", Keys.SPACE)
    assert page.counts()["released-cleared"] == 0
    page.check_alone()


def test_the_map_moves_zooms_and_answers(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split))
    canvas = page.driver.find_element(By.CSS_SELECTOR, ".mg-canvas")
    how = page.driver.find_element(By.ID, canvas.get_attribute("aria-describedby"))
    assert "Arrow keys" in how.get_attribute("textContent")
    assert canvas.get_attribute("aria-label") == "Map"
    assert not how.is_displayed()
    page.js("window.mineGeo.map.setView([13.204, 103.204], 14, { animate: false })")
    canvas.send_keys(Keys.ENTER)
    assert page.popup().startswith("AP-2")
    assert page.js("return document.activeElement.className").startswith("leaflet-popup-content")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.js("return document.activeElement === arguments[0]", canvas)
    assert how.is_displayed()
    assert page.js("return getComputedStyle(arguments[0]).outlineStyle", canvas) == "solid"
    view = "const at = window.mineGeo.map.getCenter(); return [at.lat, at.lng]"
    lat, lon = page.js(view)
    canvas.send_keys(Keys.ARROW_RIGHT)
    assert page.js(view)[1] > lon
    canvas.send_keys(Keys.ARROW_UP)
    assert page.js(view)[0] > lat
    zoom = "return window.mineGeo.map.getZoom()"
    before = page.js(zoom)
    canvas.send_keys(Keys.ADD)
    assert page.js(zoom) == before + 0.75
    page.driver.find_element(By.CSS_SELECTOR, ".leaflet-control-zoom-out").send_keys(Keys.SPACE)
    assert page.js(zoom) == before
    names = page.js(
        "window.mineGeo.words.use('km');"
        "return [...document.querySelectorAll('.leaflet-control-zoom a')]"
        ".map((one) => one.getAttribute('aria-label'))"
    )
    assert names == ["ពង្រីក", "បង្រួម"]
    scale = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-control-scale-line")
    assert scale.text.endswith((" m", " km"))
    assert "Leaflet" in page.js("return document.querySelector('.mg-credit').textContent")
    page.check_alone()
