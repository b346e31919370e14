"""The pages open without network, draw what the split holds, and answer a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import pandas as pd
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mine_geo import maps
from tests.maps.browser import PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.maps.conftest import Opener

    Draw = Callable[..., Any]

KINDS: dict[str, Callable[..., Any]] = {
    "national": lambda split, **layers: maps.national(maps.layers(split, **layers)),
    "province": lambda split, **layers: maps.province(maps.layers(split, **layers), "Battambang"),
    "district": lambda split, **layers: maps.district(
        maps.layers(split, **layers), "Battambang", "Samlout"
    ),
    "border_zone": lambda split, **layers: maps.border_zone(
        maps.layers(split, **layers), "Battambang"
    ),
}
COUNTS = {
    "national": (3, 2),
    "province": (3, 2),
    "district": (2, 1),
    "border_zone": (3, 2),
}
TOTALS = {
    "national": ["3", "3,000,150", "2", "24,000", "5", "3,024,150"],
    "district": ["2", "3,000,100", "1", "20,000", "3", "3,020,100"],
}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def test_it_opens_alone_and_draws_every_hazard(
    kind: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    before = split.copy()
    page = open_page(KINDS[kind](split, border=border, admin=admin))
    page.check_alone()
    near, far = COUNTS[kind]
    # Samlout's page draws one of the two hazards of Bavel: the other lies beyond its frame.
    others = {"others": 1} if kind == "district" else {}
    assert page.counts() == {"ap_minefield-near": near, "ap_minefield-far": far} | others
    pd.testing.assert_frame_equal(split, before)


def test_title_block_says_what_the_page_holds(
    kind: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    page = open_page(KINDS[kind](split, border=border, admin=admin))
    cells = page.js(
        "return [...document.querySelectorAll('.mg-totals td')].map((cell) => cell.textContent)"
    )
    assert cells == TOTALS.get(kind, TOTALS["national"])
    said = page.js("return document.querySelector('.mg-about').textContent")
    for words in ("drawn by hand, 1", "7,000 m", "does not count as border", "nearest edge"):
        assert words in said
    assert "latest survey 29 February 2020" in said
    assert "SYNTHETIC" not in page.driver.page_source.split("<script")[0]


def test_the_page_fits_a_phone(
    kind: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    page = open_page(KINDS[kind](split, border=border, admin=admin))
    page.size(*PHONE)
    width = page.js("return document.documentElement.scrollWidth")
    assert width <= PHONE[0]
    assert page.js("return window.mineGeo.map.getSize().y") >= 300


def test_the_outlines_are_those_of_the_frame(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split))
    assert page.js("return window.mineGeo.openHazard('AP-3')")
    drawn = page.js(
        "const found = [];"
        "window.mineGeo.map.eachLayer((layer) => {"
        "  if (layer.mineGeoRow === 2) { found.push(layer.toGeoJSON(7).geometry); } });"
        "return found"
    )
    assert len(drawn) == 1
    frame = gpd.GeoSeries.from_wkt([gpd.GeoSeries(split.geometry).iloc[2].wkt])
    assert drawn[0]["type"] == "MultiPolygon"
    assert [len(part) for part in drawn[0]["coordinates"]] == [2, 1]
    ours = {(round(x, 6), round(y, 6)) for x, y in frame.get_coordinates().to_numpy()}
    theirs = {
        (round(x, 6), round(y, 6))
        for part in drawn[0]["coordinates"]
        for ring in part
        for x, y in ring
    }
    assert theirs == ours


def test_a_popup_says_what_the_record_says(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split))
    page.js("return window.mineGeo.openHazard('AP-3')")
    assert page.popup().startswith("AP-3")
    assert page.popup_fields() == {
        "Kind": "AP minefield",
        "Status": "open",
        "Register": "accepted",
        "Zone": "near",
        # Cut off, not rounded: 7,000.0 would read as far.
        "Border distance": "6,999.9 m",
        "Nearest neighbour": "Thailand",
        "Size": "3,000,000 m²",
        "Reported size": "0 m²",
        "Province": "Battambang",
        "District": "Samlout",
        "Difficulty": "high",
        "Surveyed on": "29 February 2020",
    }


def test_exactly_at_the_threshold_reads_as_far(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split))
    page.js("return window.mineGeo.openHazard('AP-4')")
    fields = page.popup_fields()
    assert (fields["Zone"], fields["Border distance"]) == ("far", "7,000.0 m")


def test_a_click_on_the_drawing_opens_the_record(
    open_page: Opener, split: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(split))
    x, y = page.js(
        "const map = window.mineGeo.map;"
        "map.fitBounds([[13.2, 103.2], [13.24, 103.22]], { animate: false });"
        "const point = map.latLngToContainerPoint([13.204, 103.204]);"
        "const box = map.getContainer().getBoundingClientRect();"
        "return [Math.round(box.left + point.x), Math.round(box.top + point.y)]"
    )
    body = page.driver.find_element(By.TAG_NAME, "html")
    width, height = page.js("return [innerWidth, innerHeight]")
    ActionChains(page.driver).move_to_element_with_offset(
        body, x - width // 2, y - height // 2
    ).click().perform()
    assert page.popup().startswith("AP-2")
    pointer = page.js("return document.getElementById('mg-pointer').textContent")
    assert pointer.startswith("13.20")
    page.check_alone()


def test_a_layer_switches_off_and_on(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    page = open_page(maps.national(maps.layers(split, border=border, admin=admin)))
    near = page.driver.find_element(By.CSS_SELECTOR, "[data-layer='ap_minefield-near']")
    near.send_keys(Keys.SPACE)
    assert page.counts() == {"ap_minefield-near": 0, "ap_minefield-far": 2}
    near.send_keys(Keys.SPACE)
    assert page.counts() == {"ap_minefield-near": 3, "ap_minefield-far": 2}
    # A record is on the map while its kind and zone, its area type and its status are all on.
    confirmed = page.driver.find_element(By.CSS_SELECTOR, ".mg-legend [data-layer='area_type-CHA']")
    near.send_keys(Keys.SPACE)
    confirmed.send_keys(Keys.SPACE)
    assert page.counts() == {"ap_minefield-near": 0, "ap_minefield-far": 1}
    near.send_keys(Keys.SPACE)
    assert page.counts() == {"ap_minefield-near": 2, "ap_minefield-far": 1}
    confirmed.send_keys(Keys.SPACE)
    assert page.all_counts() == {
        "ap_minefield-near": 3,
        "ap_minefield-far": 2,
        "area_type-CHA": 2,
        "area_type-SHA": 2,
        "area_type-unknown": 1,
        "status-open": 3,
        "status-worked_on": 1,
        "status-closed": 1,
    }
    for box in page.driver.find_elements(By.CSS_SELECTOR, ".mg-legend input"):
        box.send_keys(Keys.SPACE)
        box.send_keys(Keys.SPACE)
    page.check_alone()


def test_names_stand_in_english_and_khmer(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    places = pd.DataFrame({"name": ["Ou Rumduol"], "lon": [103.2], "lat": [13.1]})
    page = open_page(
        maps.district(
            maps.layers(split, border=border, admin=admin, places=places), "Battambang", "Samlout"
        )
    )
    names = page.js(
        "return [...document.querySelectorAll('.mg-label')]"
        ".filter((box) => box.style.display !== 'none').map((box) => box.textContent)"
    )
    assert "Samlout" + "សំឡូត" in names
    assert "Ou Rumduol" in names
    assert page.js("return document.querySelector('h1').textContent") == (
        "Samlout district, Battambang province"
    )


def test_a_page_without_hazards_says_so(
    kind: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    page = open_page(KINDS[kind](split.iloc[:0], border=border, admin=admin))
    page.check_alone()
    assert sum(page.counts().values()) == 0
    assert "No hazard is recorded here." in page.js("return document.body.textContent")


def test_nothing_at_all_still_gives_a_page(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(split.iloc[:0]))
    page.check_alone()


def test_kinds_are_never_added_up(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    mixed = split.assign(kind=["ap_minefield"] * 4 + ["cluster_munition"])
    page = open_page(maps.national(mixed))
    assert page.counts() == {
        "ap_minefield-near": 2,
        "ap_minefield-far": 2,
        "cluster_munition-near": 1,
    }
    table = page.js("return document.querySelector('.mg-totals').textContent")
    assert "Cluster munition areas" in table
    assert "Total" not in table


def test_released_land_is_drawn_by_outcome(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    released = gpd.GeoDataFrame(
        {
            "hazard_id": ["AP-1", "AP-1", "AP-2"],
            "outcome": ["cleared", "reduced", "cleared"],
            "happened_on": pd.to_datetime(["2021-05-01", "2021-06-01", None]),
        },
        geometry=list(split.geometry[:3]),
        crs="EPSG:4326",
    )
    page = open_page(maps.national(maps.layers(split, releases=released)))
    counts = page.counts()
    assert (counts["released-cleared"], counts["released-reduced"]) == (2, 1)
    assert page.all_counts()["year-undated"] == 1
    page.driver.find_element(By.CSS_SELECTOR, "[data-layer='year-2021']").send_keys(Keys.SPACE)
    counts = page.counts()
    assert (counts["released-cleared"], counts["released-reduced"]) == (1, 0)
    page.check_alone()


def test_a_hazard_without_polygon_is_listed_but_not_drawn(
    open_page: Opener, split: gpd.GeoDataFrame
) -> None:
    closed = split.copy()
    closed.geometry = [None, *closed.geometry[1:]]
    page = open_page(maps.national(closed))
    page.js("return window.mineGeo.openHazard('AP-1')")
    assert page.popup().startswith("AP-1")
    page.check_alone()


def test_other_folium_layers_can_be_added(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    drawn = maps.national(split)
    folium.Marker([13.2, 103.2], tooltip="office").add_to(drawn)
    page = open_page(drawn)
    page.check_alone()
    icon = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-marker-icon[src]")
    assert page.js("return arguments[0].naturalWidth", icon) > 0


def test_what_is_not_real_is_said(
    kind: str, open_page: Opener, split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    page = open_page(KINDS[kind](split.assign(synthetic=True), admin=admin.assign(schematic=True)))
    badges = page.js(
        "return [...document.querySelectorAll('.mg-badges strong')].map((b) => b.textContent)"
    )
    assert badges == ["SYNTHETIC SAMPLE", "Schematic districts"]
