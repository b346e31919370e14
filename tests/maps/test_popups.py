"""Popups: the record, what was released of it, and where the focus goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener


NOTHING = "\N{EN DASH}"


def history(page: Page) -> list[list[str]]:
    return page.js(
        "return [...document.querySelectorAll('.mg-history tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def click_on(page: Page, row: int) -> None:
    """Click where a released polygon lies."""
    page.js(
        "const map = window.mineGeo.map; let shape = null;"
        "map.eachLayer((one) => { if (one.mineGeoRow === arguments[0]"
        "  && one.options.fillColor === window.mineGeo.symbols.of('cleared').fillColor)"
        "  { shape = one; } });"
        "map.fitBounds(shape.getBounds(), { animate: false });"
        "shape.fire('click', { latlng: shape.getBounds().getCenter() }, true)",
        row,
    )


def test_the_history_of_a_hazard(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(maps.layers(split, releases=released)))
    page.js("window.mineGeo.openHazard('AP-1')")
    assert history(page) == [
        ["Day", "Outcome", "Released, m²", "Operator", "Report"],
        ["1 June 2020", "reduced", "30", "HALO", "TS-2"],
        ["1 May 2021", "cleared", "1,200 reported 1,250", "CMAC", "CL-1"],
        [NOTHING, "cleared", "500", "CMAC", "CL-3"],
        ["Released in all", "1,730", ""],
    ]
    heads = page.js(
        "const table = document.querySelector('.mg-history');"
        "return [table.caption.textContent, [...table.tHead.rows[0].cells].map((c) => c.scope),"
        " [...table.tBodies[0].rows].map((row) => row.cells[0].scope), table.tFoot.rows.length]"
    )
    assert heads == ["Release history", ["col"] * 5, ["row"] * 3, 1]
    assert page.popup_fields()["Size"] == "100 m²"
    page.js("window.mineGeo.openHazard('AP-3')")
    assert history(page)[1:] == [
        ["1 June 2021", "cancelled", "7", NOTHING, NOTHING],
        ["Released in all", "7", ""],
    ]
    page.js("window.mineGeo.openHazard('AP-2')")
    assert history(page) == []
    page.check_alone()


def test_only_outcome_and_id_are_known_of_releases(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    bare = released[["hazard_id", "outcome", "geometry"]]
    page = open_page(maps.national(maps.layers(split, releases=bare)))
    page.js("window.mineGeo.openHazard('AP-3')")
    # Nothing is added up that nobody told.
    assert history(page) == [["Day", "Outcome", "Released, m²"], [NOTHING, "cancelled", ""]]
    page.check_alone()


def test_a_hazard_of_nobody_knows_no_history(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(maps.layers(split, releases=released[["outcome", "geometry"]])))
    page.js("window.mineGeo.openHazard('AP-1')")
    assert history(page) == []
    click_on(page, 0)
    assert page.popup() == "cleared"
    page.check_alone()


def test_released_land_says_what_it_is_and_leads_to_its_hazard(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(maps.layers(split, releases=released)))
    click_on(page, 0)
    assert page.popup().startswith("AP-1")
    assert page.popup_fields() == {
        "Outcome": "cleared",
        "Day": "1 May 2021",
        "Released": "1,200 m²",
        "Reported size": "1,250 m²",
        "Operator": "CMAC",
        "Report": "CL-1",
    }
    assert history(page) == []
    button = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-popup-content button")
    button.send_keys(Keys.ENTER)
    assert page.popup_fields()["Kind"] == "AP minefield"
    assert len(history(page)) == 5
    click_on(page, 5)
    assert page.driver.find_elements(By.CSS_SELECTOR, ".leaflet-popup-content button") == []
    page.check_alone()


def test_the_focus_goes_into_a_popup_and_back(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(maps.layers(split, releases=released), "Battambang"))
    focus = "return document.activeElement.className.split(' ')[0]"
    rows = page.driver.find_elements(By.CSS_SELECTOR, "#mg-list tbody button")
    rows[1].send_keys(Keys.ENTER)
    assert page.js(focus) == "leaflet-popup-content"
    frame = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-popup")
    named = frame.get_attribute("aria-labelledby")
    assert frame.get_attribute("role") == "dialog"
    assert page.js("return document.getElementById(arguments[0]).textContent", named) == "AP-2"
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.js("return document.activeElement === arguments[0]", rows[1])
    assert page.js("return document.querySelector('.leaflet-popup')") is None
    # By its own button, which answers to Enter and to the space bar.
    for key in (Keys.ENTER, Keys.SPACE):
        rows[3].send_keys(Keys.ENTER)
        close = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-popup-close-button")
        assert close.get_attribute("aria-label") == "Close"
        close.send_keys(key)
        assert page.js("return document.activeElement === arguments[0]", rows[3])
    # From one popup to the next the first opener is kept.
    rows[0].send_keys(Keys.ENTER)
    page.js("window.mineGeo.openHazard('AP-5')")
    assert page.popup().startswith("AP-5")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.js("return document.activeElement === arguments[0]", rows[0])
    # One that was opened by mouse leaves the focus where it is.
    page.driver.find_element(By.ID, "mg-search").click()
    click_on(page, 0)
    assert page.js("return document.activeElement.id") == "mg-search"
    page.check_alone()
