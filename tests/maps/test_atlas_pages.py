"""The pages of an atlas in a browser: from the index to a district and back, without network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps
from mine_geo.maps.atlas.build import atlas
from tests.maps.browser import DESKTOP, PHONE, await_ready, visit
from tests.maps.test_accessibility import axe, faults, overlapping, pale
from tests.maps.test_injection import NASTY

if TYPE_CHECKING:
    import geopandas as gpd
    from selenium import webdriver

    from tests.maps.browser import Page

PROVINCE = "02-battambang"


@pytest.fixture
def index(
    chromium: webdriver.Chrome,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    tmp_path: Path,
) -> Page:
    """Give the open index of the small atlas."""
    layers = maps.layers(split, border=border, admin=admin)
    made = atlas(layers, tmp_path / "atlas", all_units=True)
    return visit(chromium, made.folder / "index.html")


def follow(page: Page, text: str, to: str) -> None:
    """Click a link by its words and wait for the page that it leads to."""
    page.driver.find_element(By.LINK_TEXT, text).click()
    arrive(page, to)


def arrive(page: Page, to: str) -> None:
    await_ready(page.driver, page.path.parent / to)
    page.check_alone(page.path.parent)


def title(page: Page) -> str:
    return page.js("return document.querySelector('h1').textContent")


def marked(page: Page) -> str:
    return page.js("return document.querySelector('.mg-trail [aria-current=page]').textContent")


def test_from_the_index_to_a_district_and_back(index: Page) -> None:
    index.check_alone(index.path.parent)
    assert index.counts() == {"ap_minefield-near": 3, "ap_minefield-far": 2}
    follow(index, "Battambang", f"{PROVINCE}/index.html")
    assert title(index) == "Battambang province"
    follow(index, "Samlout", f"{PROVINCE}/0209-samlout.html")
    assert title(index) == "Samlout district, Battambang province"
    assert marked(index) == "Samlout"
    # Beside its own it draws one of Bavel's.
    assert index.counts() == {"ap_minefield-near": 2, "ap_minefield-far": 1, "others": 1}
    follow(index, "Bavel", f"{PROVINCE}/0204-bavel.html")
    index.driver.back()
    arrive(index, f"{PROVINCE}/0209-samlout.html")
    follow(index, "Battambang", f"{PROVINCE}/index.html")
    follow(index, "Priority list of hazards", f"{PROVINCE}/border-zone.html")
    assert len(index.js("return [...document.querySelectorAll('#mg-list tbody tr')]")) == 5
    follow(index, "National map", "index.html")
    assert title(index) == "AP minefields: national map"
    # The language that is chosen goes along.
    index.driver.find_element(By.CSS_SELECTOR, "[data-language=km]").click()
    follow(index, "បាត់ដំបង", f"{PROVINCE}/index.html")
    assert title(index) == "ខេត្តបាត់ដំបង"
    caption = index.js("return document.querySelector('.mg-units caption').textContent")
    assert caption == "ចម្ការមីនប្រឆាំងមនុស្ស តាមស្រុក"
    index.driver.find_element(By.CSS_SELECTOR, "[data-language=en]").click()


def test_a_page_without_its_folder_says_what_is_missing(index: Page, tmp_path: Path) -> None:
    alone = "return getComputedStyle(document.querySelector('.mg-alone')).display"
    assert index.js(alone) == "none"
    sent = shutil.copy(index.path.parent / PROVINCE / "index.html", tmp_path / "sent.html")
    index.driver.get(Path(sent).as_uri())
    assert index.js(alone) == "block"
    text = index.js("return document.querySelector('.mg-alone').innerText")
    assert "copy the whole atlas" in text
    assert "ចម្លងអាត្លាសទាំងមូល" in text


def test_the_tables_and_links_are_for_everybody(index: Page) -> None:
    table = "document.querySelector('.mg-units table')"
    assert index.js(f"return [...{table}.tHead.rows].map((row) => row.cells.length)") == [4, 6]
    scopes = f"return [...{table}.querySelectorAll('th')].filter((cell) => !cell.scope).length"
    assert index.js(scopes) == 0
    # By keyboard alone: every link is reached in turn and leads on.
    reached = []
    for _ in range(40):
        index.driver.switch_to.active_element.send_keys(Keys.TAB)
        link = index.js(
            "const link = document.activeElement; return link.href && "
            "[link.textContent, getComputedStyle(link).outlineStyle]"
        )
        if link:
            reached.append(link)
    assert [link for link in reached if link[0] in ("Battambang", "Kandal")][:2] == [
        ["Battambang", "solid"],
        ["Kandal", "solid"],
    ]
    index.js("document.querySelector('.mg-units a').focus()")
    index.driver.switch_to.active_element.send_keys(Keys.ENTER)
    arrive(index, f"{PROVINCE}/index.html")
    index.size(*PHONE)
    wide = "return document.documentElement.scrollWidth > innerWidth"
    assert index.js(wide) is False
    tall = (
        "return document.querySelector('.mg-units a').closest('tr').getBoundingClientRect().height"
    )
    assert index.js(tall) >= 24
    follow(index, "Samlout", f"{PROVINCE}/0209-samlout.html")
    assert index.js(wide) is False
    index.size(*DESKTOP)


def test_axe_finds_nothing_on_pages_with_tables_and_trails(index: Page) -> None:
    for to in ("index.html", f"{PROVINCE}/index.html", f"{PROVINCE}/0209-samlout.html"):
        index.driver.get((index.path.parent / to).as_uri())
        await_ready(index.driver, index.path.parent / to)
        index.js(axe())  # which asks for the style again, and complains of the answer
        assert faults(index) == []
        assert pale(index) == []
        for size in (PHONE, DESKTOP):
            index.size(*size)
            assert overlapping(index) == []


def test_names_of_units_stay_text(
    chromium: webdriver.Chrome, split: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    rows = split.iloc[[0] * len(NASTY)].assign(province=NASTY, district=NASTY)
    rows["hazard_id"] = [f"AP-{number}" for number in range(len(rows))]
    rows = rows.assign(province_code=[f"{n:02}" for n in range(len(NASTY))], district_code=None)
    made = atlas(rows, tmp_path / "atlas")
    page = visit(chromium, made.folder / "index.html")
    page.check_alone(made.folder)
    names = "return [...document.querySelectorAll('.mg-units tbody a')].map((a) => a.textContent)"
    shown = [text.strip().replace("\x00", "\ufffd") for text in NASTY]
    assert page.js(names) == shown
    for number in range(3):
        page.js(f"document.querySelectorAll('.mg-units tbody a')[{number}].click()")
        (room,) = {path.parent for path in made.pages if path.parent.name[:2] == f"{number:02}"}
        arrive(page, f"{room.name}/index.html")
        assert marked(page) == shown[number]
        assert page.js(names) == [shown[number]]
        page.js("document.querySelector('.mg-units tbody a').click()")
        (district,) = {path for path in made.pages if path.parent == room} - {
            room / "index.html",
            room / "border-zone.html",
        }
        arrive(page, f"{room.name}/{district.name}")
        assert marked(page) == shown[number]
        assert page.js("return window.hit") is None
        page.driver.get(page.path.as_uri())
        arrive(page, "index.html")
