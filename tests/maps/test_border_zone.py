"""The border-zone page: order, running totals, years under a capacity, colours, the list as CSV."""

# ruff: noqa: RUF001 - spans of years bear an en dash

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

import mine_geo as mg
from mine_geo import maps
from mine_geo.disclosure.layers import EVERYTHING, Selection
from mine_geo.errors import RecordError
from mine_geo.maps import symbols
from mine_geo.maps.pages import compose
from mine_geo.words import say
from tests.maps.browser import PHONE

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.maps.pages.page import OfflinePage
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

# By hand, from the five hazards of `split`, far first, then by border distance.
ORDER = ["AP-4", "AP-2", "AP-5", "AP-1", "AP-3"]
RUNNING = ["4,000", "24,000", "24,050", "24,150", "3,024,150"]
PRIORITY = [f"priority_{number}" for number in range(1, 6)]
COLUMNS = ["rank", "hazard", "district", "zone"]
COLUMNS += ["border_distance_m", "size_m2", "running", "year"]


def rows(page: Page) -> list[list[str]]:
    """Return the text of the list's rows as it is seen; a heading is a row of one cell."""
    return page.js(
        "return [...document.querySelectorAll('#mg-list tbody tr')]"
        ".filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => cell.innerText))"
    )


def column(page: Page, name: str) -> list[str]:
    return [row[COLUMNS.index(name)] for row in rows(page) if len(row) > 1]


def headings(page: Page) -> list[str]:
    return [row[0] for row in rows(page) if len(row) == 1]


def said(page: Page) -> str:
    return page.js("return document.getElementById('mg-plan').textContent")


def set_capacity(page: Page, text: str) -> None:
    """Type a capacity, and Enter."""
    field = page.driver.find_element(By.ID, "mg-capacity")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text or Keys.DELETE, Keys.ENTER)


def fills(page: Page) -> dict[str, str]:
    """Return the class that each hazard is drawn in, by its fill."""
    drawn = page.js(
        "const found = {}; window.mineGeo.map.eachLayer((one) => {"
        " if (one.mineGeoRow !== undefined) {"
        "  found[one.mineGeoRow] = one.options.dotColor || one.options.fillColor; } });"
        "return found"
    )
    names = {symbols.table()["others"][f"priority_{n}"]["fillColor"]: n for n in (*"12345", "none")}
    return {f"AP-{int(row) + 1}": names.get(fill, fill) for row, fill in drawn.items()}


def key(page: Page) -> list[str]:
    return page.js(
        "return [...document.querySelectorAll('#mg-classes li')].map((one) => one.textContent)"
    )


# The list and the map


def test_the_list_and_what_a_row_leads_to(
    open_page: Opener, split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(maps.layers(split, border=border, admin=admin), "Battambang"))
    assert [row[:7] for row in rows(page)] == [
        ["1", "AP-4", "Bavel", "far", "7,000.0", "4,000", "4,000"],
        ["2", "AP-2", "Samlout", "far", "21,641.0", "20,000", "24,000"],
        ["3", "AP-5", "Bavel", "near", "0.0", "50", "24,050"],
        ["4", "AP-1", "Samlout", "near", "1,082.0", "100", "24,150"],
        ["5", "AP-3", "Samlout", "near", "6,999.9", "3,000,000", "3,024,150"],
    ]
    assert headings(page) == []
    # Without a capacity: a fifth of the list each.
    assert fills(page) == {"AP-4": "1", "AP-2": "2", "AP-5": "3", "AP-1": "4", "AP-3": "5"}
    assert key(page) == ["1 1", "2 1", "3 1", "4 1", "5 1"]
    row = page.driver.find_elements(By.CSS_SELECTOR, "#mg-list tbody tr")[3]
    row.find_element(By.CSS_SELECTOR, ".mg-c-district").click()
    assert page.popup().startswith("AP-1")
    assert row.get_attribute("aria-current") == "true"
    west, south, east, north = page.js(
        "const box = window.mineGeo.map.getBounds();"
        "return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]"
    )
    assert west < 103.01
    assert 103.03 < east < 103.2
    assert south < 13.1
    assert 13.14 < north < 13.3
    page.check_alone()


def test_what_is_sought_and_hidden_is_shown(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(split, "Battambang", first="near"))
    page.driver.find_element(By.CSS_SELECTOR, "[data-layer='ap_minefield-near']").click()
    assert page.counts()["ap_minefield-near"] == 0
    assert column(page, "hazard") == ["AP-4", "AP-2"]
    page.driver.find_element(By.ID, "mg-search").send_keys("AP-5", Keys.ENTER)
    assert page.popup().startswith("AP-5")
    assert page.counts()["ap_minefield-near"] == 3
    assert column(page, "hazard") == ["AP-5", "AP-1", "AP-3", "AP-4", "AP-2"]


def test_a_capacity_makes_years(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(split, "Battambang"))
    set_capacity(page, "24,000")
    assert column(page, "hazard") == ORDER
    assert column(page, "running") == RUNNING
    # AP-2 ends exactly with year 1; AP-3 begins in year 2 and ends after 126 whole years.
    assert column(page, "year") == ["1", "1", "2", "2", "2–127"]
    assert headings(page) == [
        "Year 1: 2 hazards, 24,000 m²",
        "Year 2: 3 hazards, 24,000 m²",
        "Years 3 to 127: AP-3 goes on, 2,976,150 m²",
    ]
    assert said(page) == "With 24,000 m² a year: 127 years. Year 1: 2 hazards, 24,000 m²."
    assert fills(page) == {"AP-4": "1", "AP-2": "1", "AP-5": "2", "AP-1": "2", "AP-3": "2"}
    assert key(page) == ["Year 1 2", "Year 2 3"]
    page.js("window.mineGeo.words.use('km')")
    assert headings(page)[0] == "ឆ្នាំទី 1៖ តំបន់ 2 កន្លែង 24,000 ម²"
    page.js("window.mineGeo.words.use('en')")

    set_capacity(page, "10,000,000")  # larger than all
    assert column(page, "year") == ["1"] * 5
    assert headings(page) == ["Year 1: 5 hazards, 3,024,150 m²"]
    assert said(page) == "With 10,000,000 m² a year: 1 year. Year 1: 5 hazards, 3,024,150 m²."
    set_capacity(page, "4,000")  # AP-4 in year 1, AP-2 in 2 to 6, then all the rest begins in 7
    assert column(page, "year") == ["1", "2–6", "7", "7", "7–757"]
    assert headings(page)[1:3] == [
        "Year 2: 1 hazard, 4,000 m²", "Years 3 to 6: AP-2 goes on, 16,000 m²",
    ]  # fmt: skip
    assert fills(page) == {"AP-4": "1", "AP-2": "2", "AP-5": "5", "AP-1": "5", "AP-3": "5"}
    assert key(page) == ["Year 1 1", "Year 2 1", "Year 5 and later 3"]
    for wrong in ("0", "-3", "many"):
        set_capacity(page, wrong)
        assert said(page).startswith("A capacity is a number greater than 0")
        field = page.driver.find_element(By.ID, "mg-capacity")
        assert field.get_attribute("aria-invalid") == "true"
        assert headings(page) == []
    set_capacity(page, "")
    assert said(page) == "Set a yearly capacity to divide the list into years."
    assert column(page, "running") == RUNNING
    page.check_alone()


def test_what_is_chosen_is_kept_and_a_page_may_begin_with_a_capacity(
    open_page: Opener, split: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(split, "Battambang", capacity_m2=24_000))
    assert column(page, "year")[-1] == "2–127"
    page.js("document.getElementById('mg-unit').value = 'ha'")
    set_capacity(page, "0.4")
    page.driver.find_element(By.ID, "mg-colours-type").click()
    assert "capacity=4000" in page.js("return location.hash")
    page.driver.refresh()
    WebDriverWait(page.driver, 10).until(lambda _: page.js("return window.mineGeo?.ready"))
    assert column(page, "year")[-1] == "7–757"
    chosen = page.js(
        "return ['mg-capacity', 'mg-unit'].map((id) => document.getElementById(id).value)"
    )
    assert chosen == ["0.4", "ha"]
    # The colours are the area types again, and their legend shows them.
    red, orange = (symbols.table()["fills"][name]["fillColor"] for name in ("CHA", "SHA"))
    assert (fills(page)["AP-1"], fills(page)["AP-2"]) == (red, orange)
    seen = "return getComputedStyle(document.querySelector('#mg-hazard-legend svg')).visibility"
    assert page.js(seen) == "visible"
    assert page.js("return document.getElementById('mg-classes').hidden")
    page.driver.find_element(By.ID, "mg-colours-priority").click()
    assert fills(page)["AP-1"] == "5"
    assert page.js(seen) == "hidden"
    outlines = page.js(
        "const found = []; window.mineGeo.map.eachLayer((one) => {"
        " if (one.mineGeoRow === 4) { found.push(one.options.color); } }); return found"
    )
    assert outlines == [symbols.table()["outlines"]["closed"]["color"]]


def test_all_of_it_by_keyboard(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(split, "Battambang"))

    def press(*keys: str) -> None:
        ActionChains(page.driver).send_keys(*keys).perform()

    def focused() -> str:
        return page.js("const one = document.activeElement; return one.id || one.className")

    passed = []
    while "mg-link" not in passed and len(passed) < 60:
        press(Keys.TAB)
        passed.append(focused())
        if passed[-1] == "mg-capacity":
            press("24000")
        elif passed[-1] == "mg-colours-priority":
            press(Keys.ARROW_RIGHT)
    for name in ("mg-capacity", "mg-unit", "mg-save-list", "mg-scroll", "mg-link"):
        assert name in passed, passed
    assert page.js("return document.getElementById('mg-colours-type').checked")
    assert column(page, "year") == ["1", "1", "2", "2", "2–127"]
    press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ENTER)
    assert page.popup().startswith("AP-2")
    press(Keys.ESCAPE)
    # One stop for Tab, however long the list: what comes next is no row.
    page.js("document.querySelector('#mg-list [tabindex=\"0\"]').focus()")
    press(Keys.END)
    assert page.js("return document.activeElement.textContent") == "AP-3"
    press(Keys.TAB)
    assert not page.js("return document.activeElement.matches('.mg-link')")
    page.check_alone()


def test_a_phone_shows_what_is_planned_with(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    long = split.assign(hazard_id=[f"{name}-{'long' * 12}" for name in split["hazard_id"]])
    page = open_page(maps.border_zone(long, "Battambang", capacity_m2=24_000))
    page.size(*PHONE)
    assert page.js("return document.documentElement.scrollWidth") <= PHONE[0]
    boxes = page.js(
        "return ['#mg-capacity', '#mg-list', '#mg-save-list'].map((one) => {"
        " const box = document.querySelector(one).getBoundingClientRect();"
        " return [box.left, box.right]; })"
    )
    assert all(left >= 0 and right <= PHONE[0] for left, right in boxes), boxes
    assert heads(page) == ["Rank", "Hazard", "Size, m²", "Running total, m²", "Year"]


def heads(page: Page) -> list[str]:
    """Return the columns of the list that are shown."""
    return page.js(
        "return [...document.querySelectorAll('#mg-list thead th')]"
        ".filter((cell) => cell.offsetWidth).map((cell) => cell.innerText)"
    )


def test_old_screens_show_the_running_total_and_paper_shows_all(
    open_page: Opener, split: gpd.GeoDataFrame
) -> None:
    wide = split.assign(
        hazard_id=[f"AP-0209-000{n}" for n in range(5)], size_m2=split["size_m2"] + 80_000_000
    )
    page = open_page(maps.border_zone(wide, "Battambang", capacity_m2=24_000_000))
    for width, height in ((1152, 864), (1024, 768), (1024, 600), (800, 600)):
        page.size(width, height)
        room, needed = page.js(
            "const box = document.querySelector('.mg-scroll');"
            "return [box.clientWidth, box.scrollWidth]"
        )
        assert needed <= room, (width, height)
    page.size(715, 1000)  # A4 without its margins
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert heads(page) == [
        *("Rank", "Hazard", "District", "Zone", "Border, m", "Size, m²"),
        *("Running total, m²", "Year"),
    ]
    # What the colours mean, and under which capacity.
    for one in ("mg-plan", "mg-classes", "mg-capacity"):
        assert page.driver.find_element(By.ID, one).is_displayed()
    assert not page.driver.find_element(By.ID, "mg-save-list").is_displayed()
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_nothing_left_has_no_year(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    closed = split.copy()
    closed.loc[closed["hazard_id"].isin(["AP-4", "AP-5"]), ["size_m2", "near_size_m2"]] = 0
    page = open_page(maps.border_zone(closed, "Battambang", capacity_m2=20_000))
    assert column(page, "running") == ["0", "20,000", "20,000", "20,100", "3,020,100"]
    assert column(page, "year") == ["", "1", "", "2", "2–152"]
    assert fills(page) == {"AP-4": "none", "AP-2": "1", "AP-5": "none", "AP-1": "2", "AP-3": "2"}
    assert key(page)[-1] == "Others 2"
    page = open_page(maps.border_zone(closed[closed["size_m2"] == 0], "Battambang", capacity_m2=1))
    assert said(page) == "Nothing that is recorded is left here to release."
    assert headings(page) == []
    page.check_alone()


MIXED = ["ap_minefield", "cluster_munition", "ap_minefield", None, "ap_minefield"]


def drawn(page: OfflinePage) -> list[str]:
    """Return the ids of a page's hazards, without a browser."""
    hazards = next(layer for layer in page.data["layers"] if layer["name"] == "hazards")
    texts = {column["name"]: column for column in hazards["columns"]}
    return list(texts["hazard_id"]["words"]) if hazards["rows"] else []


def test_only_ap_minefields_are_listed_unless_told(
    open_page: Opener, split: gpd.GeoDataFrame
) -> None:
    """The Executive Order is about AP minefields; kinds are never ranked in one list."""
    page = open_page(maps.border_zone(split.assign(kind=MIXED), "Battambang", capacity_m2=24_000))
    assert column(page, "hazard") == ["AP-5", "AP-1", "AP-3"]
    assert column(page, "running") == ["50", "150", "3,000,150"]
    assert column(page, "year") == ["1", "1", "1–126"]
    note = page.js("return document.querySelector('.mg-list .mg-note').textContent")
    assert note.startswith("AP minefields. Far from the border first")
    assert "Not in this list: Cluster munition areas: 1; kind not recorded: 1." in note
    assert "AP minefields" in page.js("return document.querySelector('.mg-title').textContent")
    page.check_alone()


@pytest.mark.parametrize(
    ("told", "ids"),
    [
        ({"kind": "cluster_munition"}, ["AP-2"]),
        ({"selection": Selection(kind="cluster_munition")}, ["AP-2"]),
        ({}, ["AP-1", "AP-3", "AP-5"]),
        ({"kind": "other_erw"}, []),
    ],
)
def test_a_list_takes_the_kind_that_is_told(
    split: gpd.GeoDataFrame, told: dict[str, Any], ids: list[str]
) -> None:
    layers = maps.layers(split.assign(kind=MIXED), selection=told.get("selection", EVERYTHING))
    page = maps.border_zone(layers, "Battambang", kind=told.get("kind"))
    assert drawn(page) == ids
    assert page.facts.order is not None
    wanted = told.get("kind") or getattr(told.get("selection"), "kind", None) or "ap_minefield"
    assert page.facts.order.en.startswith(say(f"kind.{wanted}").en)


def test_land_of_another_kind_is_not_drawn_beside_the_list(split: gpd.GeoDataFrame) -> None:
    land = gpd.GeoDataFrame(
        {"outcome": "cleared", "kind": ["ap_minefield", "cluster_munition"]},
        geometry=[shapely.box(103.0, 13.0, 103.01, 13.01)] * 2,
        crs=4326,
    )
    page = maps.border_zone(maps.layers(split, releases=land), "Battambang")
    (beside,) = [layer for layer in page.data["layers"] if layer["name"] != "hazards"]
    assert beside["rows"] == 1


def test_a_list_of_no_recorded_kind_is_refused_with_a_mend_that_mends(
    split: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    plain = split.drop(columns="kind")
    with pytest.raises(RecordError, match=r"records its kind .*read_hazards\(file, kind="):
        maps.border_zone(plain, "Battambang")
    plain[["hazard_id", "province", "geometry"]].to_file(tmp_path / "plain.gpkg")
    read = mg.read_hazards(tmp_path / "plain.gpkg", kind="ap_minefield")
    again = plain.assign(kind=read["kind"].to_numpy())
    assert len(drawn(maps.border_zone(again, "Battambang"))) == 5


def test_a_page_without_hazards_asks_for_no_capacity(
    open_page: Opener, split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(maps.layers(split, admin=admin), "Kandal", capacity_m2=5))
    assert page.js("return document.getElementById('mg-plan-form').hidden")
    page.check_alone()


# Ranks


def test_recorded_ranks_come_first_then_zone_distance_and_id(split: gpd.GeoDataFrame) -> None:
    ids = split["hazard_id"].to_numpy()

    def order(ranks: list[Any], first: str = "far") -> list[str]:
        return ids[compose.ranked(split.assign(priority_rank=ranks), first)].tolist()

    assert order([5, 4, 3, 2, 1]) == ["AP-5", "AP-4", "AP-3", "AP-2", "AP-1"]
    assert order([2, None, 1, None, None]) == ["AP-3", "AP-1", "AP-4", "AP-2", "AP-5"]
    assert order([1, 1, 1, 2, 1]) == ["AP-2", "AP-5", "AP-1", "AP-3", "AP-4"]
    assert order([1, 1, 1, 2, 1], "near") == ["AP-5", "AP-1", "AP-3", "AP-2", "AP-4"]
    assert order([None] * 5) == ORDER
    same = split.assign(border_distance_m=[9.0, np.nan, 9.0, np.nan, 9.0])
    assert ids[compose.ranked(same, "near")].tolist() == [
        "AP-1",
        "AP-3",
        "AP-5",
        "AP-2",
        "AP-4",
    ]
    for wrong in (0, -1, 1.5, "first", 2**60):
        ranks = pd.Series([1, 2, wrong, None, 3], index=split.index, dtype=object)
        with pytest.raises(RecordError, match="no whole number from 1 for hazards AP-3;"):
            compose.ranked(split.assign(priority_rank=ranks), "far")


def test_recorded_ranks_are_shown(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    ranked = split.assign(priority_rank=[1017, None, 3, 3, None])
    page = open_page(maps.border_zone(ranked, "Battambang"))
    assert column(page, "rank") == ["3", "3", "1,017", "–", "–"]
    assert column(page, "hazard") == ["AP-4", "AP-3", "AP-1", "AP-2", "AP-5"]
    assert key(page) == ["3 1", "3 1", "1,017 1", "Others 2"]
    note = page.js("return document.querySelector('.mg-list .mg-note').textContent")
    assert note.strip().startswith("AP minefields. By priority rank; what has none comes last")
    # What has no rank has its turn all the same: AP-5 after 3,024,100 m², 126 years and 100 m².
    set_capacity(page, "24000")
    assert column(page, "year")[-2:] == ["126–127", "127"]


# The list as CSV


def test_the_list_as_csv(open_page: Opener, split: gpd.GeoDataFrame, tmp_path: Path) -> None:
    nasty = ['=HYPERLINK("x")', "+1", "-2,3", "@SUM(A1)", 'a "quoted"\nline <b>ក']
    page = open_page(
        maps.border_zone(
            split.assign(hazard_id=nasty, district="\uff1d1", synthetic=True),
            "Battambang",
            capacity_m2=24_000,
        )
    )
    assert page.js("return document.querySelectorAll('#mg-list b, #mg-list img').length") == 0
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    page.driver.find_element(By.ID, "mg-save-list").send_keys(Keys.ENTER)
    saved = tmp_path / f"{page.path.stem}_list.csv"
    WebDriverWait(page.driver, 10).until(lambda _: saved.exists())
    text = saved.read_bytes().decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert table[0] == [
        "rank", "hazard_id", "kind", "province", "district", "zone", "border_distance_m", "size_m2",
        "running_total_m2", "first_year", "last_year", "synthetic", "restriction",
    ]  # fmt: skip
    assert all(row[-1].startswith("RESTRICTED, not for publication") for row in table[1:])
    assert [row[1] for row in table[1:]] == [
        "'@SUM(A1)", "'+1", 'a "quoted"\nline <b>ក', "'=HYPERLINK(\"x\")", "'-2,3",
    ]  # fmt: skip
    assert table[5][:1] + table[5][2:-1] == [
        "5", "AP minefield", "Battambang", "'\uff1d1", "near", "6999.9", "3000000", "3024150",
        "2", "127", "True",
    ]  # fmt: skip
    assert text.endswith("\r\n")


# Colours


def test_the_classes_can_be_told_apart_by_a_colour_blind_reader() -> None:
    colours = [symbols.table()["others"][name]["fillColor"] for name in PRIORITY]
    rgb = np.array([[int(text[n : n + 2], 16) / 255 for n in (1, 3, 5)] for text in colours])
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    # Machado, Oliveira and Fernandes 2009: no deficiency, deuteranopia, protanopia.
    seen = [
        np.eye(3),
        np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
        np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    ]
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    for matrix in seen:
        xyz = (light @ matrix.T).clip(0, 1) @ to_xyz.T / [0.9505, 1.0, 1.089]
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        lightness = 116 * f[:, 1] - 16
        assert (np.diff(lightness) > 5).all()  # year 1 is the darkest
        lab = np.column_stack([lightness, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])])
        apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)[~np.eye(5, dtype=bool)]
        assert apart.min() > 20
