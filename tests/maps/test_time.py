"""The slider over the ledger: each step says what the library says of that day, and draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import mine_geo as mg
from mine_geo import maps
from mine_geo.disclosure.layers import Selection
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold
from mine_geo.tables.movements import released_land
from mine_geo.tables.totals import totals
from tests.maps.browser import DESKTOP, PHONE

if TYPE_CHECKING:
    from mine_geo.disclosure.layers import Layers
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


def of_day(events: gpd.GeoDataFrame, border: gpd.GeoDataFrame, day: str) -> gpd.GeoDataFrame:
    state = fold(events, as_of=day)
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


def test_the_map_is_that_of_the_day(open_page: Opener, layers: Layers) -> None:
    page = open_page(maps.national(layers))
    seen = (
        "let canvas = null;"
        "window.mineGeo.map.eachLayer((one) => { canvas = one.mineGeoShapes ? one : canvas; });"
        "canvas._redraw();"
        "return [...canvas._alone.map((one) => one.mineGeoLayer.name),"
        " canvas._alone.filter((one) => Object.hasOwn(one.options, 'fillColor')).length]"
    )
    assert page.js(seen).count("hazards") == 2
    bars = page.driver.find_elements(By.CSS_SELECTOR, ".mg-time-bar")
    assert len(bars) == 5
    bars[2].click()
    # AP-3 was surveyed in 2021; its release and one of AP-2 came after 2020.
    then = page.js(seen)
    assert then.count("hazards") == 1
    assert then[-1] == 2
    note = page.driver.find_element(By.CSS_SELECTOR, ".mg-time .mg-note")
    assert "31 December 2020" in note.text
    assert "31 December 2022" in note.text
    page.driver.find_element(By.CSS_SELECTOR, "[data-language='km']").click()
    assert "31 ធ្នូ 2020" in note.text
    bars[4].click()
    assert page.js(seen)[-1] == 0
    assert not note.is_displayed()
    page.check_alone()


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
