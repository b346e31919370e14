"""The slider over the ledger: each step says what the library says of that day, and draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

import mine_geo as mg
from mine_geo import maps
from mine_geo.disclosure.layers import Selection
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold
from mine_geo.tables.movements import released_land
from mine_geo.tables.totals import totals
from tests.maps.browser import DESKTOP, PHONE, await_ready
from tests.maps.test_accessibility import axe, faults
from tests.maps.test_colours import LEAST_CONTRAST, contrast

if TYPE_CHECKING:
    from mine_geo.disclosure.layers import Layers
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener


def square(lon: float, lat: float, width: float = 0.01) -> shapely.Polygon:
    return shapely.box(lon, lat, lon + width, lat + 0.01)


@pytest.fixture(scope="module")
def events() -> gpd.GeoDataFrame:
    """Give three hazards in two districts and five releases; one moves from near to far."""
    hazards = to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": ["AP-1", "AP-2", "AP-3"],
                "surveyed_on": ["2018-05-01", "2019-03-01", "2021-02-01"],
                "kind": "ap_minefield",
                "area_type": "CHA",
                "province": "Battambang",
                "province_code": "02",
                "district": ["Samlout", "Bavel", "Bavel"],
                "district_code": ["0209", "0204", "0204"],
            },
            # The first reaches from 2 km to 9 km of the border at 103 degrees.
            geometry=[square(103.02, 13.2, 0.06), square(103.3, 13.6), square(103.2, 13.7)],
            crs="EPSG:4326",
        )
    )
    cuts = [
        ("a", "AP-1", "cleared", "2019-06-01", square(103.02, 13.2, 0.01)),
        ("b", "AP-1", "reduced", "2020-06-01", square(103.03, 13.2, 0.045)),
        ("c", "AP-2", "cancelled", "2020-12-31", square(103.3, 13.6, 0.004)),
        ("d", "AP-2", "cleared", "2021-01-01", square(103.3, 13.6)),
        ("e", "AP-3", "cleared", "2022-03-01", square(103.2, 13.7, 0.002)),
    ]
    names = ["event_id", "hazard_id", "event_type", "happened_on"]
    later = gpd.GeoDataFrame(
        [dict(zip(names, cut[:4], strict=True)) for cut in cuts],
        geometry=[cut[4] for cut in cuts],
        crs="EPSG:4326",
    )
    both = [registered_events(hazards), to_events(later.assign(recorded_at="2022-12-31T00:00Z"))]
    return pd.concat(both, ignore_index=True)


def of_day(
    events: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    day: str | None,
    known_at: str | None = None,
) -> gpd.GeoDataFrame:
    moment = None if known_at is None else pd.Timestamp(known_at)
    state = fold(events, as_of=day, known_at=moment)
    return mg.border_split(state.hazards[~state.hazards.geometry.is_empty], border)


@pytest.fixture
def layers(events: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> Layers:
    state = fold(events, as_of="2022-12-31")
    return maps.layers(
        of_day(events, border, "2022-12-31"),
        border=border,
        admin=admin,
        releases=released_land(state),
        as_of="2022-12-31",
        ledger=state,
        selection=Selection(kind="ap_minefield"),
    )


DAYS = ["2018-12-31", "2019-12-31", "2020-12-31", "2021-12-31", "2022-12-31"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("district", [None, "Samlout", "Bavel"])
def test_each_step_says_what_the_library_says(
    district: str | None,
    size: tuple[int, int],
    open_page: Opener,
    layers: Layers,
    events: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
) -> None:
    drawn = (
        maps.national(layers) if district is None else maps.district(layers, "Battambang", district)
    )
    page = open_page(drawn)
    page.size(*size)
    slider = page.driver.find_element(By.ID, "mg-time")
    slider.send_keys(Keys.HOME)
    for day in DAYS:
        state = fold(events, as_of=day)
        split = of_day(events, border, day)
        done = state.effects
        if district is not None:
            split = split[split["district"] == district]
            ids = state.hazards["hazard_id"][state.hazards["district"] == district]
            done = done[done["hazard_id"].isin(ids)]
        sums = totals(split, by=[]).iloc[0]
        released = int(done[["cancelled_m2", "reduced_m2", "cleared_m2"]].to_numpy().sum())
        said = page.js("return document.querySelector('.mg-time .mg-symbols').innerText")
        lines = [line for line in said.split("\n") if line.strip()]
        assert lines[0] == f"Near: {sums['near_size_m2']:,} m² ({sums['near_hazards']})"
        assert lines[1] == f"Far: {sums['far_size_m2']:,} m² ({sums['far_hazards']})"
        assert lines[2] == f"Released up to that day: {released:,} m²"
        row = page.js(
            "return [...document.querySelectorAll('.mg-time-table tbody tr')][arguments[0]]"
            ".textContent",
            DAYS.index(day),
        )
        assert f"{sums['near_size_m2']:,} ({sums['near_hazards']})" in row
        assert f"{sums['size_m2']:,} ({sums['hazards']})" in row
        slider.send_keys(Keys.ARROW_RIGHT)
    assert page.js("return document.documentElement.scrollWidth") <= size[0]
    page.check_alone()


SEEN = (
    "let canvas = null;"
    "window.mineGeo.map.eachLayer((one) => { canvas = one.mineGeoShapes ? one : canvas; });"
    "canvas._redraw();"
    "const value = (one, name) => one.mineGeoLayer.columns"
    "  .find((column) => column.name === name)?.value(one.mineGeoRow) ?? null;"
    "return canvas._alone.map((one) => [one.mineGeoLayer.name, value(one, 'hazard_id'),"
    " value(one, 'size_m2'), one.mineGeoArea()])"
)
LIST = (
    "const rows = [...document.querySelectorAll('#mg-list tbody tr[data-row]')];"
    "return rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
)


def whole(text: str) -> int:
    return int(text.replace(",", "") or 0)


def check_page(page: Page, split: gpd.GeoDataFrame, released: set[str]) -> None:
    """Compare map, list, sums and plan of a page with a split of the library."""
    drawn = page.js(SEEN)
    ours = {row["hazard_id"]: int(row["size_m2"]) for _, row in split.iterrows()}
    assert {one[1]: one[2] for one in drawn if one[0] == "hazards"} == ours
    for name, hazard_id, size, area in drawn:
        if name == "hazards":  # the polygon too is that of the day, not only what is said of it
            assert area == pytest.approx(size, rel=0.01), hazard_id
    assert {one[0] for one in drawn} <= {"hazards", "releases"}
    assert {one[1] for one in drawn if one[0] == "releases"} == released
    listed = page.js(LIST)
    order = split.sort_values(["zone", "border_distance_m"])  # far comes before near
    assert [row[1] for row in listed] == order["hazard_id"].tolist()
    assert [row[0] for row in listed] == [str(rank + 1) for rank in range(len(order))]
    assert [whole(row[5]) for row in listed] == order["size_m2"].tolist()
    assert [row[3].lower() for row in listed] == order["zone"].tolist()
    assert [whole(row[6]) for row in listed] == order["size_m2"].cumsum().tolist()
    sums = page.js(
        "return [...document.querySelectorAll('.mg-totals tr[data-group]')]"
        ".map((row) => [row.dataset.group.replace(/.*-/, ''), row.cells[1].innerText,"
        " row.cells[2].innerText])"
    )
    for zone, hazards, size in sums:
        rows = split[split["zone"] == zone]
        assert (whole(hazards), whole(size)) == (len(rows), rows["size_m2"].sum())
    years = -(-int(split["size_m2"].sum()) // CAPACITY_M2)
    said = page.js("return document.getElementById('mg-plan').innerText")
    assert (f"{years} year" in said) if years else "Nothing" in said or "nothing" in said, said


CAPACITY_M2 = 1_000_000
POPUP = "return document.querySelector('.leaflet-popup-content')?.textContent ?? ''"


def await_popup(page: Page, of: str) -> None:
    WebDriverWait(page.driver, 10).until(lambda _: page.js(POPUP).startswith(of))


def test_map_list_sums_and_plan_are_of_the_day(
    open_page: Opener, layers: Layers, events: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(layers, "Battambang", capacity_m2=CAPACITY_M2))
    bars = page.driver.find_elements(By.CSS_SELECTOR, ".mg-time-bar")
    assert len(bars) == len(DAYS)
    for place in (2, 0, 4, 1, 3, 4):
        day = DAYS[place]
        page.js("document.querySelectorAll('.mg-time-bar')[arguments[0]]"
                ".dispatchEvent(new Event('click'))", place)  # fmt: skip
        done = fold(events, as_of=day).effects
        released = done[done["event_type"].isin(["cancelled", "reduced", "cleared"])]
        counted = released[released["before_m2"] > released["after_m2"]]
        check_page(page, of_day(events, border, day), set(counted["hazard_id"]))
    note = page.driver.find_element(By.CSS_SELECTOR, ".mg-time .mg-note")
    filtered = page.driver.find_element(By.CSS_SELECTOR, ".mg-filtered")
    assert not note.is_displayed()
    assert not filtered.is_displayed()
    bars[2].click()
    assert "31 December 2020" in note.text
    assert "31 December 2022" in note.text
    assert "End of 31 December 2020" in filtered.text
    assert page.js(
        "return [...document.querySelectorAll('.mg-waiting, .mg-unplaced')]"
        ".filter((one) => one.getClientRects().length).length"
    ) == 0  # fmt: skip
    assert page.js("return location.hash").count("step=2020-12-31") == 1
    page.driver.find_element(By.CSS_SELECTOR, "[data-language='km']").click()
    assert "31 ធ្នូ 2020" in note.text
    # The address says hazard and step together, and is followed; moving on closes the hazard.
    page.js("location.hash = '#AP-2&step=2020-12-31'")
    await_popup(page, "AP-2")
    assert page.js("return location.hash").startswith("#AP-2&step=2020-12-31")
    page.js("location.hash = '#AP-1&step=2019-12-31'")
    await_popup(page, "AP-1")
    then = of_day(events, border, "2019-12-31").set_index("hazard_id")
    assert f"{then.loc['AP-1', 'size_m2']:,} ម²" in page.popup()
    page.js("document.querySelectorAll('.mg-time-bar')[2].dispatchEvent(new Event('click'))")
    assert page.js("return document.querySelector('.leaflet-popup, .mg-record')") is None
    assert "AP-1" not in page.js("return location.hash")
    # A hazard that was surveyed later is looked for as it is now.
    assert page.js("return window.mineGeo.openHazard('AP-3')")
    assert page.js("return document.getElementById('mg-time').value") == "4"
    page.check_alone()


def test_the_page_as_it_was_known_at_each_report(
    open_page: Opener, events: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    """The clearance of 2019 was uploaded in 2022, after the survey of 2020 over the same ground."""
    moments = {
        "a": "2022-05-01T02:00Z", "b": "2020-07-01T02:00Z", "c": "2021-01-15T02:00Z",
        "d": "2021-02-01T02:00Z", "e": "2022-05-01T09:00Z",
    }  # fmt: skip
    first = pd.Series(pd.Timestamp("2018-01-01T00:00Z"), index=events.index)
    recorded = events["event_id"].map(moments)
    late = events.assign(recorded_at=pd.to_datetime(recorded).fillna(first))
    whole_ledger = fold(late, as_of="2022-12-31")
    steps = sorted(set(late["recorded_at"]))
    known = tuple(fold(late, as_of="2022-12-31", known_at=moment) for moment in steps[:-1])
    held = maps.layers(
        of_day(late, border, "2022-12-31"),
        border=border,
        admin=admin,
        releases=released_land(whole_ledger),
        as_of="2022-12-31",
        ledger=whole_ledger,
        recorded=(*known, whole_ledger),
        selection=Selection(kind="ap_minefield"),
    )
    page = open_page(maps.border_zone(held, "Battambang", capacity_m2=CAPACITY_M2))
    page.driver.find_element(By.CSS_SELECTOR, "input[name='mg-time-by'][value='reports']").click()
    slider = page.driver.find_element(By.ID, "mg-time")
    slider.send_keys(Keys.HOME)
    for moment in steps:
        state = fold(late, as_of="2022-12-31", known_at=moment)
        split = mg.border_split(state.hazards[~state.hazards.geometry.is_empty], border)
        check_page(page, split, set(released_land(state)["hazard_id"]))
        said = page.js("return document.querySelector('.mg-time .mg-symbols').innerText")
        done = int(state.effects[["cancelled_m2", "reduced_m2", "cleared_m2"]].to_numpy().sum())
        assert f"Released up to that day: {done:,} m²" in said
        slider.send_keys(Keys.ARROW_RIGHT)
    # Two moments of one day are told apart, in the address too.
    label = page.driver.find_element(By.CSS_SELECTOR, ".mg-time-label strong")
    assert "1 May 2022, 16:00:00.000" in label.text
    slider.send_keys(Keys.ARROW_LEFT)
    assert "1 May 2022, 09:00:00.000" in label.text
    address = page.js("return location.href")
    assert "step=reports,2022-05-01T09:00:00.000000" in address
    page.driver.get("about:blank")
    page.driver.get(address)
    await_ready(page.driver)
    again = page.driver.find_element(By.CSS_SELECTOR, ".mg-time-label strong")
    assert "1 May 2022, 09:00:00.000" in again.text
    page.check_alone()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_axe_finds_nothing_while_the_slider_is_used(
    open_page: Opener, layers: Layers, size: tuple[int, int]
) -> None:
    page = open_page(maps.border_zone(layers, "Battambang", capacity_m2=CAPACITY_M2))
    page.size(*size)
    page.js(axe())
    page.driver.find_element(By.ID, "mg-time").send_keys(Keys.HOME)
    for language in ("en", "km"):
        page.js("document.querySelector(`[data-language='${arguments[0]}']`).click()", language)
        assert faults(page) == []
    # Each bar is set off the page by its edge, whatever its colour.
    edges = page.js(
        "const style = (one) => getComputedStyle(one);"
        "return [...document.querySelectorAll('.mg-time-bar rect:not(.mg-time-hit)')]"
        ".map((one) => [style(one).stroke, style(document.querySelector('.mg-side'))"
        ".backgroundColor])"
    )
    assert len(edges) == 3 * len(DAYS)
    for edge, ground in edges:
        pair = [colour_of(edge), colour_of(ground)]
        assert contrast(*pair) >= LEAST_CONTRAST, (edge, ground)
    page.check_alone()


def colour_of(css: str) -> str:
    """Return `#rrggbb` of a colour as a browser says it; what is seen through lies on white."""
    parts = [float(part) for part in css[css.index("(") + 1 : -1].replace("/", ",").split(",")]
    if len(parts) == 4 and parts[3] == 0:
        return "#ffffff"
    return "#" + "".join(f"{round(part):02x}" for part in parts[:3])


def test_there_is_none_of_several_kinds_in_public_or_without_a_ledger(layers: Layers) -> None:
    assert "time" in maps.national(layers).data
    assert "time" in maps.border_zone(layers, "Battambang").data
    assert "time" not in maps.national(maps.layers(layers.split, border=layers.border)).data
    mixed = layers.ledger.hazards.assign(kind=["ap_minefield", "cluster_munition", "other_erw"])
    state = type(layers.ledger)(mixed, layers.ledger.effects, layers.ledger.polygons, *[None] * 4)
    several = maps.layers(layers.split, border=layers.border, ledger=state)
    assert "time" not in maps.national(several).data
    public = maps.layers(
        layers.split, border=layers.border, admin=layers.admin, restricted=layers.split,
        ledger=layers.ledger, selection=layers.selection,
    )  # fmt: skip
    assert "time" not in maps.national(public, public=True).data
