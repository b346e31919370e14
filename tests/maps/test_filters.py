"""List, map, sums and plan say the same, whatever is filtered: compared with pandas on the frame.

What is shown is worked out here by boolean masks of the frame, and the plan by cumulative sums:
no code of the page's own is asked.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mine_geo import maps
from tests.maps.browser import PHONE, await_ready

if TYPE_CHECKING:
    from pathlib import Path

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

STATES = 200
HAZARDS = 90
SEED = 20220104
ROWS = """
const list = document.getElementById('mg-list');
window.dispatchEvent(new Event('beforeprint'));
const rows = [...list.tBodies[0].rows].map((row) => [...row.cells].map((one) => one.textContent));
window.dispatchEvent(new Event('afterprint'));
return rows;
"""
SEEN = """
const rows = (() => { ROWS })();
const drawn = [];
window.mineGeo.map.eachLayer((one) => {
  if (one.mineGeoRow !== undefined && !one.mineGeoHidden) { drawn.push(one.mineGeoRow); }
});
const sums = [...document.querySelectorAll('.mg-totals tr[data-group], .mg-totals tfoot tr')]
  .map((row) => [row.dataset.group || 'total', ...[1, 2].map((at) => row.cells[at].textContent)]);
const note = document.querySelector('.mg-title .mg-filtered');
return { rows, drawn, sums, plan: document.getElementById('mg-plan').textContent,
  note: note.hidden ? '' : note.textContent, counts: window.mineGeo.counts() };
""".replace("ROWS", ROWS)
SET = """
const state = arguments[0];
const turn = (box, on) => {
  if (box.checked !== on) {
    box.checked = on;
    box.dispatchEvent(new Event('change', { bubbles: true }));
  }
};
document.querySelectorAll('#mg-facets input').forEach((box) => {
  const facet = box.closest('fieldset').querySelector('legend').textContent;
  const name = box.dataset.layer || `${facet}=${box.value}`;
  turn(box, !state.off.includes(name));
});
Object.entries(state.limits).forEach(([id, text]) => { document.getElementById(id).value = text; });
document.getElementById('mg-limits').dispatchEvent(new Event('change'));
document.getElementById('mg-capacity').value = state.capacity;
document.getElementById('mg-plan-form').dispatchEvent(new Event('change'));
"""
NO_LIMITS = {f"mg-{name}-{side}": "" for name in ("size", "surveyed") for side in ("from", "to")}
NOTHING: dict[str, Any] = {"off": [], "limits": NO_LIMITS, "capacity": ""}
FACETS = {"District": "district", "Operator": "operator", "Difficulty": "difficulty"}


@pytest.fixture(scope="module")
def many() -> gpd.GeoDataFrame:
    """Give hazards of one province with every value that can be filtered, some not recorded."""
    chance = np.random.default_rng(SEED)
    metres = np.round(chance.uniform(0, 20_000, HAZARDS), 2)
    size = chance.choice([0, 1, 40, 999, 12_345, 2_000_000], HAZARDS) + chance.integers(
        0, 50, HAZARDS
    )
    size[chance.random(HAZARDS) < 0.05] = 0
    zone = np.where(metres < 7000, "near", "far")
    days = pd.to_datetime("2000-01-01") + pd.to_timedelta(chance.integers(0, 8000, HAZARDS), "D")
    lon, lat = chance.uniform(103, 103.4, HAZARDS), chance.uniform(13, 13.4, HAZARDS)
    return gpd.GeoDataFrame(
        {
            "hazard_id": [f"AP-{n:04}" for n in range(HAZARDS)],
            "kind": "ap_minefield",
            "area_type": chance.choice(["CHA", "SHA", None], HAZARDS),
            "status": chance.choice(["open", "worked_on", "closed"], HAZARDS),
            "province": "Battambang",
            "district": chance.choice(["Samlout", "Bavel", "Kamrieng", "Phnum, P.", None], HAZARDS),
            "difficulty": chance.choice(["high", "medium", "low", None], HAZARDS),
            "operator": chance.choice(["CMAC", "HALO", "A & B, C", None], HAZARDS),
            "surveyed_on": pd.Series(days).where(chance.random(HAZARDS) > 0.1),
            "size_m2": size,
            "border_distance_m": metres,
            "border_margin_m": metres - 7000,
            "neighbour": "THA",
            "zone": zone,
            "near_size_m2": np.where(zone == "near", size, 0),
            "far_size_m2": np.where(zone == "far", size, 0),
            "threshold_m": 7000.0,
            "rule": "edge",
            "include_coast": False,
            "border_name": "drawn by hand",
            "border_version": "1",
        },
        geometry=[shapely.box(x, y, x + 0.003, y + 0.003) for x, y in zip(lon, lat, strict=True)],
        crs="EPSG:4326",
    )  # fmt: skip


def a_state(chance: random.Random) -> dict[str, Any]:
    """Return what is unticked, by its name on the page, the limits and the capacity."""
    switches = [f"ap_minefield-{zone}" for zone in ("near", "far")]
    switches += [f"area_type-{kind}" for kind in ("CHA", "SHA", "unknown")]
    switches += [f"status-{status}" for status in ("open", "worked_on", "closed")]
    values = {
        "District": ["Samlout", "Bavel", "Kamrieng", "Phnum, P.", ""],
        "Operator": ["CMAC", "HALO", "A & B, C", ""],
        "Difficulty": ["high", "medium", "low", ""],
    }
    share = chance.choice([0, 0.1, 0.3])
    names = [*switches, *(f"{facet}={one}" for facet, ones in values.items() for one in ones)]
    limits = dict(NO_LIMITS)
    if chance.random() < 0.4:
        limits["mg-size-from"] = chance.choice(["1", "1,000", "12345"])
    if chance.random() < 0.3:
        limits["mg-size-to"] = chance.choice(["1049", "12,400", "2000049"])
    if chance.random() < 0.3:
        limits["mg-surveyed-from"] = str(chance.randrange(1999, 2015))
    if chance.random() < 0.3:
        limits["mg-surveyed-to"] = str(chance.randrange(2010, 2024))
    capacity = chance.choice(["", "100000", "3000000", "999999999"])
    return {
        "off": [name for name in names if chance.random() < share],
        "limits": limits,
        "capacity": capacity,
    }


def recorded(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), "")


def expected(frame: gpd.GeoDataFrame, state: dict[str, Any]) -> pd.DataFrame:
    """Return the hazards that are shown in the order of the list, with totals and years."""
    table = pd.DataFrame(frame.drop(columns="geometry"))
    keys = [
        "ap_minefield-" + table["zone"],
        "area_type-" + recorded(table["area_type"]).replace("", "unknown"),
        "status-" + table["status"],
        *(f"{facet}=" + recorded(table[name]) for facet, name in FACETS.items()),
    ]
    shown = pd.Series(True, index=table.index)
    for key in keys:
        shown &= ~key.isin(state["off"])
    years = table["surveyed_on"].dt.year
    for numbers, name in ((table["size_m2"], "size"), (years, "surveyed")):
        least, most = (
            state["limits"][f"mg-{name}-{side}"].replace(",", "") for side in ("from", "to")
        )
        if least:
            shown &= numbers >= int(least)
        if most:
            shown &= numbers <= int(most)
    order = table.assign(zoned=table["zone"] != "far")
    order = order.sort_values(["zoned", "border_distance_m", "hazard_id"])
    order["rank"] = range(1, len(order) + 1)
    found = order[shown.loc[order.index]].copy()
    found["running"] = found["size_m2"].cumsum()
    if state["capacity"]:
        m2 = int(state["capacity"])
        found["first"] = (found["running"] - found["size_m2"]) // m2 + 1
        found["last"] = -(-found["running"] // m2)
    return found


def totals(found: pd.DataFrame) -> list[list[str]]:
    wanted = []
    for name, rows in (
        ("ap_minefield-near", found[found["zone"] == "near"]),
        ("ap_minefield-far", found[found["zone"] == "far"]),
        ("total", found),
    ):
        wanted.append([name, f"{len(rows):,}", f"{rows['size_m2'].sum():,}"])
    return wanted


def listed(page: Page) -> list[list[str]]:
    """Return all rows of the list but the headings, as they would be printed."""
    return [row for row in page.js(ROWS) if len(row) > 1]


def shown_rows(found: pd.DataFrame) -> list[list[str]]:
    def year(row: Any) -> str:
        if "first" not in found or not row.size_m2:
            return ""
        return f"{row.first}" if row.first == row.last else f"{row.first}\N{EN DASH}{row.last}"

    return [
        [f"{row.rank}", row.hazard_id, f"{row.size_m2:,}", f"{row.running:,}", year(row)]
        for row in found.itertuples()
    ]


def test_list_map_sums_and_plan_agree_after_random_filters(
    open_page: Opener, many: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(many, "Battambang"))
    chance = random.Random(SEED)
    lengths = []
    for number in range(STATES):
        state = a_state(chance)
        page.js(SET, state)
        found = expected(many, state)
        lengths.append(len(found))
        seen = page.js(SEEN)
        rows = [[*row[:2], *row[5:8]] for row in seen["rows"] if len(row) > 1]
        assert rows == shown_rows(found), (number, state)
        drawn = many["hazard_id"].iloc[seen["drawn"]]
        assert set(drawn) == set(found["hazard_id"]), (number, state)
        assert sorted(seen["sums"]) == sorted(totals(found)), (number, state)
        if state["capacity"] and found["size_m2"].sum():
            assert f": {found['last'].max():,} year" in seen["plan"], (number, state)
        told = f"{len(found)} of {HAZARDS} hazards" in seen["note"]
        assert told or len(found) == HAZARDS, (number, state)
        assert seen["counts"]["ap_minefield-near"] == (found["zone"] == "near").sum()
    assert min(lengths) < 10
    assert max(lengths) > 60
    page.check_alone()


def test_an_address_keeps_the_filters(open_page: Opener, many: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(many, "Battambang"))
    state = {
        "off": ["status-closed", "District=", "District=Bavel", "Operator=A & B, C"],
        "limits": NO_LIMITS | {"mg-size-from": "1", "mg-surveyed-to": "2015"},
        "capacity": "100000",
    }  # fmt: skip
    page.js(SET, state)
    before = listed(page)
    assert [row[1] for row in before] == expected(many, state)["hazard_id"].tolist()
    page.driver.refresh()
    await_ready(page.driver)
    assert listed(page) == before
    page.driver.find_element(By.CSS_SELECTOR, ".mg-title .mg-show-all").click()
    assert len(listed(page)) == HAZARDS
    assert "district" not in page.js("return location.hash")
    # What an address says and the page does not know hides nothing.
    for bad in ("off=nothing,%E0%A4%A", "size=5..x", "surveyed=..", "district=%zz", "sort=-none"):
        page.js("window.history.replaceState(null, '', '#' + arguments[0])", bad)
        page.driver.refresh()
        await_ready(page.driver)
        assert len(listed(page)) == HAZARDS, bad
    # Nothing ticked is not the one value that is not recorded.
    page.js("window.history.replaceState(null, '', '#district=,')")
    page.driver.refresh()
    await_ready(page.driver)
    assert listed(page) == []
    page.js("window.history.replaceState(null, '', '#district=')")
    page.driver.refresh()
    await_ready(page.driver)
    assert [row[2] for row in listed(page)] == [""] * many["district"].isna().sum()


def test_the_csv_follows_filters_and_order(
    open_page: Opener, many: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    page = open_page(maps.border_zone(many, "Battambang"))
    state = NOTHING | {"off": ["ap_minefield-near", "Operator=HALO"], "capacity": "100000"}
    page.js(SET, state)
    page.driver.find_element(By.CSS_SELECTOR, "th[data-name='size_m2'] button").click()
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    page.driver.find_element(By.ID, "mg-save-list").send_keys(Keys.ENTER)
    saved = tmp_path / f"{page.path.stem}_list_filtered.csv"
    WebDriverWait(page.driver, 10).until(lambda _: saved.exists())
    found = pd.read_csv(saved, encoding="utf-8-sig")
    wanted = expected(many, state).sort_values("size_m2", kind="stable")
    for ours, theirs in (("hazard_id", "hazard_id"), ("rank", "rank"), ("size_m2", "size_m2")):
        assert found[ours].tolist() == wanted[theirs].tolist()
    assert found["running_total_m2"].tolist() == wanted["running"].tolist()
    worked = wanted[wanted["size_m2"] > 0]
    assert found["first_year"].dropna().tolist() == worked["first"].tolist()
    assert set(found["zone"]) == {"far"}


def test_each_column_sorts(open_page: Opener, many: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(many, "Battambang", capacity_m2=1_000_000))
    table = expected(many, NOTHING | {"capacity": "1000000"})
    table["year"] = table["first"].where(table["size_m2"] > 0)
    by = {
        "hazard": "hazard_id", "district": "district", "zone": "zone", "year": "year",
        "border_distance_m": "border_distance_m", "size_m2": "size_m2", "running": "running",
        "rank": "rank",
    }  # fmt: skip
    for name, column in by.items():
        for down in (False, True):
            button = page.driver.find_element(By.CSS_SELECTOR, f"th[data-name='{name}'] button")
            button.send_keys(Keys.ENTER if down else Keys.SPACE)
            # pandas turns what is equal round when it sorts downwards; the page keeps the ranks
            keys = table[column].rank(method="dense", ascending=not down)
            wanted = table.assign(key=keys).sort_values("key", kind="stable", na_position="last")
            if column == "border_distance_m":  # the page has decimetres
                keys = np.floor(table[column] * 10 + 1e-6).rank(method="dense", ascending=not down)
                wanted = table.assign(key=keys).sort_values("key", kind="stable")
            assert [row[1] for row in listed(page)] == wanted["hazard_id"].tolist(), (name, down)
            said = page.js(
                "return [...document.querySelectorAll('#mg-list th[aria-sort]')]"
                ".map((one) => [one.dataset.name, one.getAttribute('aria-sort')])"
            )
            assert said == [[name, "descending" if down else "ascending"]]
    assert "sort=-rank" in page.js("return location.hash")


def test_only_rows_in_view_stand_in_the_document(open_page: Opener, many: gpd.GeoDataFrame) -> None:
    rows = pd.concat([many] * 112, ignore_index=True)
    rows["hazard_id"] = [f"AP-{n:05}" for n in range(len(rows))]
    page = open_page(maps.border_zone(rows, "Battambang", capacity_m2=10_000_000_000))
    count = "return document.querySelectorAll('#mg-list tbody tr[data-row]').length"
    assert 10 < page.js(count) < 80
    table = page.driver.find_element(By.ID, "mg-list")
    headed = len(rows) + 2  # the head, and the one year
    assert int(table.get_attribute("aria-rowcount")) == headed
    order = expected(rows, NOTHING)["hazard_id"].tolist()
    first = page.driver.find_element(By.CSS_SELECTOR, "#mg-list .mg-link")
    first.send_keys(Keys.END)
    focused = "return document.activeElement.closest('tr')?.querySelector('.mg-link').textContent"
    assert page.js(focused) == order[-1]
    last = page.js("return document.activeElement.closest('tr').getAttribute('aria-rowindex')")
    assert int(last) == headed
    assert page.js(count) < 120
    for key, at in ((Keys.ARROW_UP, -2), (Keys.HOME, 0), (Keys.ARROW_DOWN, 1)):
        page.driver.switch_to.active_element.send_keys(key)
        assert page.js(focused) == order[at]
        in_view = page.js(
            "const row = document.activeElement.getBoundingClientRect();"
            "const box = document.querySelector('.mg-scroll').getBoundingClientRect();"
            "const head = document.querySelector('#mg-list thead').getBoundingClientRect();"
            "return row.top >= head.bottom - 1 && row.bottom <= box.bottom + 1"
        )
        assert in_view, key
    # The row that has the focus keeps it when it is scrolled out of view, and Tab finds it again.
    page.js("document.querySelector('.mg-scroll').scrollTop = 100000")
    page.driver.execute_async_script(
        "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
    )
    assert page.js(focused) == order[1]
    shown = page.js(
        "return [...document.querySelectorAll('#mg-list tbody tr[data-row] .mg-link')]"
        ".map((one) => one.textContent)"
    )
    assert order[1] in shown
    assert order[4000] in shown
    widths = (
        "return [...document.querySelectorAll('#mg-list thead th')].map((one) => one.offsetWidth)"
    )
    there = page.js(widths)
    page.js("document.querySelector('.mg-scroll').scrollTop = 0")
    assert page.js(widths) == there
    # A hazard that the map opens is brought into view in the list.
    page.js("window.mineGeo.openHazard(arguments[0])", order[7000])
    current = page.driver.find_element(By.CSS_SELECTOR, "#mg-list [aria-current]")
    assert order[7000] in current.text
    page.size(*PHONE)
    assert page.js(count) < 120
    page.check_alone()
