"""Search: what is found, in which order, by keyboard and by mouse, on a phone too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps
from tests.maps.browser import PHONE
from tests.maps.test_injection import NASTY

if TYPE_CHECKING:
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener


def options(page: Page) -> list[str]:
    return page.js(
        "const list = document.getElementById('mg-search-list');"
        "return list.hidden ? [] : [...list.children].map((one) => one.firstChild.textContent)"
    )


def typed(page: Page, *keys: str) -> None:
    box = page.driver.find_element(By.ID, "mg-search")
    box.send_keys(*keys)


def cleared(page: Page) -> None:
    typed(page, Keys.CONTROL, "a")
    typed(page, Keys.DELETE)


def state(page: Page) -> tuple[str, str | None, str]:
    """Return what a screen reader is told: expanded, the active option, the number of matches."""
    expanded, active, status = page.js(
        "const box = document.getElementById('mg-search');"
        "const id = box.getAttribute('aria-activedescendant');"
        "const chosen = document.querySelectorAll('#mg-search-list [aria-selected=\"true\"]');"
        "if (id && (chosen.length !== 1 || chosen[0].id !== id)) { throw new Error(id); }"
        "return [box.getAttribute('aria-expanded'),"
        " id && document.getElementById(id).firstChild.textContent,"
        " document.getElementById('mg-search-said').textContent]"
    )
    return expanded, active, status


def many(split: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    rows = pd.concat([split.iloc[:1]] * count, ignore_index=True)
    ids = [f"M-{number:04d}" for number in range(count)]
    return gpd.GeoDataFrame(rows, crs=split.crs).assign(hazard_id=ids)


def test_keys_lead_to_a_hazard_and_back(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(maps.layers(split, releases=released)))
    page.js("document.querySelector('[data-layer=\"ap_minefield-near\"]').click()")
    typed(page, "ap-")
    assert options(page) == ["AP-1", "AP-2", "AP-3", "AP-4", "AP-5", "AP-9"]
    assert state(page) == ("true", None, "6 matches")
    typed(page, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert state(page) == ("true", "AP-3", "6 matches")
    typed(page, Keys.ARROW_UP)
    assert state(page)[1] == "AP-2"
    typed(page, Keys.ARROW_DOWN, Keys.ENTER)
    assert page.popup().startswith("AP-3")
    assert state(page)[:2] == ("false", None)
    assert page.js("return document.getElementById('mg-search').value") == "AP-3"
    # The layer that hid it is on again, and the map shows it.
    assert page.counts()["ap_minefield-near"] == 3
    assert page.js(
        "return window.mineGeo.map.getBounds().contains([[13.3, 103.0645], [13.34, 103.0845]])"
    )
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.js("return document.activeElement.id") == "mg-search"
    assert page.js("return document.querySelector('.leaflet-popup')") is None
    page.check_alone()


def test_any_part_in_any_case_whole_ids_first(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    ids = ["X-12", "12", "Y-1", "120", "\u00c9-7"]
    page = open_page(maps.national(split.assign(hazard_id=ids)))
    typed(page, "12")
    assert options(page) == ["12", "120", "X-12"]
    cleared(page)
    assert (options(page), state(page)) == ([], ("false", None, ""))
    typed(page, " y-")
    assert (options(page), state(page)[2]) == (["Y-1"], "1 match")
    cleared(page)
    typed(page, "\u00e9")
    assert options(page) == ["\u00c9-7"]
    cleared(page)
    typed(page, "zz")
    assert (options(page), state(page)) == ([], ("false", None, "Nothing found"))
    typed(page, Keys.ENTER)
    assert page.js("return document.querySelector('.leaflet-popup')") is None
    # Escape closes the list, then empties the input.
    cleared(page)
    typed(page, "1", Keys.ARROW_UP)
    assert state(page)[1] == "Y-1" == options(page)[-1]
    typed(page, Keys.ESCAPE)
    assert state(page)[:2] == ("false", None)
    typed(page, Keys.ESCAPE)
    assert page.js("return document.getElementById('mg-search').value") == ""
    page.check_alone()


def test_ids_that_look_alike_are_told_apart(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    ids = ["AB-1", "ab-1", "Ab\u00a0 2", "E\u0301-3", "\u1797-\u17e1\u17e2"]
    page = open_page(maps.national(split.assign(hazard_id=ids)))
    typed(page, "ab-1")
    assert options(page) == ["ab-1", "AB-1"]
    typed(page, Keys.ENTER)
    assert page.popup().startswith("ab-1")
    for asked, found in (("ab 2", ids[2]), ("\u00e9-3", ids[3]), ("\u1797-\u17e1\u17e2", ids[4])):
        cleared(page)
        typed(page, asked)
        assert options(page) == [found]
    page.check_alone()


def test_what_is_not_on_the_page_is_found_by_its_releases(
    open_page: Opener, split: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(maps.layers(split, releases=released)))
    page.js("document.querySelector('[data-layer=\"year-2019\"]').click()")
    typed(page, "ap-9", Keys.ENTER)
    # Of AP-9 this page knows no more: it may be closed, or lie in another province.
    assert page.popup().startswith("AP-9What remains of it, if anything, is not on this page.")
    assert page.js("return document.querySelectorAll('.mg-history tbody tr').length") == 2
    assert page.all_counts()["year-2019"] == 1
    bounds = page.js("return window.mineGeo.map.getBounds().toBBoxString()")
    west, _, east, _ = (float(part) for part in bounds.split(","))
    assert west < 103.04
    assert east > 103.32
    page.check_alone()


def test_thousands_of_ids_on_a_phone(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(many(split, 3000)))
    page.size(*PHONE)
    typed(page, "m-0")
    assert len(options(page)) == 20
    assert state(page)[2] == "1,000 matches, the first 20 shown"
    box = page.js(
        "const box = document.getElementById('mg-search-list').getBoundingClientRect();"
        "return [box.left, box.right, document.documentElement.scrollWidth]"
    )
    assert box[0] >= 0
    assert box[1] <= PHONE[0]
    assert box[2] <= PHONE[0]
    page.driver.find_element(By.CSS_SELECTOR, "#mg-search-list li:nth-child(3)").click()
    assert page.popup().startswith("M-0002")
    popup, zoom = page.js(
        "return ['.leaflet-popup-content-wrapper', '.leaflet-control-zoom'].map((name) => {"
        " const box = document.querySelector(name).getBoundingClientRect();"
        " return [box.left, box.right, box.top, box.bottom]; })"
    )
    assert popup[0] >= 0
    assert popup[1] <= PHONE[0]
    assert popup[2] >= zoom[3]  # the sheet of a phone lies below the map's buttons
    page.check_alone()


def test_nasty_ids_are_text(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    ids = [f"id {text}" for text in NASTY]
    page = open_page(maps.national(many(split, len(ids)).assign(hazard_id=ids)))
    typed(page, "ID")
    assert options(page) == ids
    assert page.js("return document.querySelectorAll('#mg-search-list :not(li, bdi, small)')") == []
    typed(page, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    assert page.popup().startswith(ids[1])
    assert page.js("return window.hit === undefined")
    page.check_alone()


def test_a_page_without_hazards_has_no_search(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split.iloc[:0]))
    assert not page.driver.find_element(By.ID, "mg-search").is_displayed()
    page.check_alone()


def test_names_are_found_in_both_languages(
    open_page: Opener, split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    told = split.assign(
        commune=["Traeng", "Traeng", "Kampong", None, None], village="Phum Samlout Muoy"
    )
    page = open_page(maps.national(maps.layers(told, admin=admin)))
    typed(page, "samlout")
    assert options(page) == ["Samlout", "Phum Samlout Muoy"]
    notes = page.js(
        "return [...document.querySelectorAll('#mg-search-list small')].map((one) => one.innerText)"
    )
    assert notes == ["District: 3 hazards", "Village: 5 hazards"]
    typed(page, Keys.ENTER)
    inside = "return window.mineGeo.map.getBounds().contains(arguments[0])"
    assert page.js(inside, [[13.1, 103.01], [13.34, 103.22]])
    assert not page.js(inside, [[13.8, 103.0]])
    for asked, found in (
        ("\u1794\u179c\u17c1\u179b", "Bavel"),
        ("halo", "HALO"),
        ("traeng", "Traeng"),
    ):
        cleared(page)
        typed(page, asked, Keys.ENTER)
        assert page.js("return document.getElementById('mg-search').value") == found
    assert page.js(inside, [[13.1, 103.01], [13.24, 103.22]])
    page.check_alone()


def test_a_place_is_found(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split))
    page.size(*PHONE)
    typed(page, "12.57, 102.86")
    assert options(page) == ["12.57000\u00b0 N 102.86000\u00b0 E"]
    page.driver.find_element(By.CSS_SELECTOR, "#mg-search-list li").click()
    assert page.popup() == "12.57000\u00b0 N 102.86000\u00b0 EUTM 48N 267493 E 1390530 N"
    at = page.js("const at = window.mineGeo.map.getCenter(); return [at.lat, at.lng]")
    assert abs(at[0] - 12.57) < 0.01
    assert abs(at[1] - 102.86) < 0.01
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.js("return document.activeElement.id") == "mg-search"
    page.check_alone()
