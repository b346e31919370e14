"""Every word of a page turns to Khmer and back; the choice is kept, and carried on by links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps
from tests.maps.browser import await_ready, load

if TYPE_CHECKING:
    import geopandas as gpd
    from selenium import webdriver

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

KHMER = "[\\u1780-\\u17ff]"
TITLE = {
    "en": "Samlout district, Battambang province",
    "km": "ស្រុកសំឡូត ខេត្តបាត់ដំបង",
}


@pytest.fixture
def page(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    released: gpd.GeoDataFrame,
) -> Page:
    places = pd.DataFrame({"name": ["Ou Rumduol"], "lon": [103.2], "lat": [13.1]})
    layers = {"border": border, "admin": admin, "releases": released, "places": places}
    return open_page(maps.district(maps.layers(split, **layers), "Battambang", "Samlout"))


def said(page: Page) -> list[str]:
    """Return all texts of the page that one sees outside the map."""
    return page.js(
        "return [...document.querySelectorAll('.mg-page [data-km]')].map((one) => one.textContent)"
    )


def press(page: Page, language: str) -> None:
    button = page.driver.find_element(By.CSS_SELECTOR, f"[data-language='{language}']")
    button.send_keys(Keys.ENTER)


def languages(page: Page) -> list[str]:
    return page.js(
        "return [document.documentElement.lang, ...[...document.querySelectorAll("
        "'[data-language]')].map((one) => `${one.lang} ${one.getAttribute('aria-pressed')}`)]"
    )


def test_all_words_turn_and_turn_back(page: Page) -> None:
    english = said(page)
    assert languages(page) == ["en", "en true", "km false"]
    assert page.driver.title == TITLE["en"]
    press(page, "km")
    assert languages(page) == ["km", "en false", "km true"]
    assert page.driver.title == TITLE["km"]
    heads = "return [...document.querySelectorAll('h1, .mg-other-name')].map((o) => o.textContent)"
    assert page.js(heads) == [TITLE["km"], TITLE["en"]]
    # A heading that is spoken in another language than the page's says in which.
    assert page.js("return document.querySelector('.mg-other-name bdi').lang") == "en"
    latin = page.js(
        "return [...document.querySelectorAll('.mg-page [data-km]')].map((one) => one.textContent)"
        f".filter((text) => /[A-Za-z]/.test(text) && !/{KHMER}/.test(text))"
    )
    assert set(latin) == {TITLE["en"], "drawn by hand, 1", "CMAC", "HALO"}
    labels = page.js(
        "return [...document.querySelectorAll('[data-km-aria-label]')]"
        ".map((one) => one.getAttribute('aria-label'))"
    )
    assert len(labels) > 4
    assert all("\u1780" <= label[0] <= "\u17ff" for label in labels)
    press(page, "en")
    assert said(page) == english
    page.check_alone()


def test_names_on_the_map_stand_in_the_pages_language_first(page: Page) -> None:
    first = (
        "const box = [...document.querySelectorAll('.mg-label-district')]"
        " .find((one) => one.textContent.startsWith('Samlout'));"
        "const lines = [...box.children].filter((one) => one.getClientRects().length);"
        "lines.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);"
        "return lines.map((one) => `${one.lang} ${one.textContent}`)"
    )
    assert page.js(first) == ["en Samlout", "km សំឡូត"]
    press(page, "km")
    assert page.js(first) == ["km សំឡូត", "en Samlout"]
    page.js("window.mineGeo.map.setZoom(7, { animate: false })")
    alone = "return [...document.querySelectorAll('.mg-label-province')].map((o) => o.innerText)"
    assert "បាត់ដំបង" in page.js(alone)
    assert not any("Battambang" in name for name in page.js(alone))


def test_popups_and_counts_speak_khmer(page: Page) -> None:
    press(page, "km")
    page.js("return window.mineGeo.openHazard('AP-1')")
    fields = page.popup_fields()
    assert (fields["ស្រុក"], fields["ទំហំ"]) == ("សំឡូត", "100 ម²")
    press(page, "en")
    assert page.popup_fields()["District"] == "Samlout"
    assert page.js("return document.querySelector('.mg-history caption').textContent") == (
        "Release history"
    )


def test_the_choice_is_kept_and_carried_on(page: Page) -> None:
    page.js(
        "['other.html', '../index.html#year=2020', 'https://example.org/', '#top'].forEach("
        "(href) => { const link = document.createElement('a'); link.className = 'way';"
        " link.setAttribute('href', href); document.body.append(link); })"
    )
    ways = "return [...document.querySelectorAll('a.way')].map((link) => link.getAttribute('href'))"
    press(page, "km")
    assert page.driver.current_url == page.path.as_uri() + "#km"
    outside = ["https://example.org/", "#top"]
    assert page.js(ways) == ["other.html#km", "../index.html#km&year=2020", *outside]
    press(page, "en")
    assert page.js(ways) == ["other.html", "../index.html#year=2020", *outside]
    press(page, "km")
    page.driver.get("about:blank")
    page.driver.get(page.path.as_uri())
    await_ready(page.driver)
    assert page.driver.title == TITLE["km"]
    page.driver.get("about:blank")
    page.driver.get(page.path.as_uri() + "#en")
    await_ready(page.driver)
    assert page.driver.title == TITLE["en"]


def test_without_storage_the_hash_carries_it(chromium: webdriver.Chrome, page: Page) -> None:
    refused = chromium.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument",
        {
            "source": "Object.defineProperty(window, 'localStorage',"
            " { get() { throw new DOMException('refused', 'SecurityError'); },"
            " configurable: true });"
        },
    )
    try:
        chromium.get("about:blank")
        page.read_logs()
        page.console.clear()
        chromium.get(page.path.as_uri() + "#km")
        await_ready(chromium)
        assert chromium.title == TITLE["km"]
        press(page, "en")
        press(page, "km")
        assert chromium.current_url.endswith("#km")
        page.read_logs()
        assert page.console == []
    finally:
        chromium.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", refused)
        chromium.get(page.path.as_uri())


def test_khmer_is_set_in_the_font_of_the_page(page: Page) -> None:
    assert page.js("return document.fonts.check('14px \"Mine Geo Khmer\"', 'ខ្មែរ')")
    faces = page.js(
        "return [...document.fonts].map((face) => [face.family.replace(/\"/g, ''), face.status])"
    )
    assert faces == [["Mine Geo Khmer", "loaded"]]
    # Another width than in whatever font the machine would have taken.
    widths = page.js(
        "const pen = document.createElement('canvas').getContext('2d');"
        "return ['\"Mine Geo Khmer\"', 'serif', 'sans-serif'].map((family) => {"
        " pen.font = `100px ${family}`; return pen.measureText('ខេត្តបាត់ដំបង').width; })"
    )
    assert widths[0] not in widths[1:]
    page.check_alone()


def test_a_title_of_ones_own_is_said_once(chromium, split, tmp_path) -> None:
    page = load(chromium, maps.national(split, title="My title"), tmp_path / "own.html")
    assert page.js("return document.querySelector('.mg-other-name')") is None
    page.check_alone()
