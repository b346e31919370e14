"""Pages for everybody: figures by district, released land that may be shown, no hazard."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from selenium.webdriver.common.by import By

from mine_geo import maps
from mine_geo.disclosure.layers import EVERYTHING, Selection
from mine_geo.disclosure.layers import Layers as AllLayers
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import OptionError, UnknownNameError
from mine_geo.maps import subject as subjects
from mine_geo.maps import symbols
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.scene import Scene
from tests.maps.browser import PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from mine_geo.maps.pages.page import OfflinePage
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

EXACT = PublicSettings(least_count=1, round_m2=1)
"""Every figure as it is: a register of five hazards shows nothing else."""


def Layers(*args: Any, waiting_count: bool = False, **options: Any) -> AllLayers:  # noqa: N802
    settings = replace(EXACT, tell_waiting=waiting_count)
    return Scene.of(AllLayers(*args, **({"settings": settings} | options)))


FILL = (
    "const shape = Object.values(window.mineGeo.map._layers)"
    ".find((layer) => layer.options.pane === 'context' && layer.getLatLngs"
    " && layer.options.fillColor === arguments[0]);"
    "return shape ? shape.getBounds().toBBoxString() : null"
)


@pytest.fixture
def releases(split: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give released land of a closed hazard, twice, and of one that is still open."""
    return gpd.GeoDataFrame(
        {
            "hazard_id": ["AP-8", "AP-8", "AP-1"],
            "kind": "ap_minefield",
            "outcome": ["cleared", "reduced", "cleared"],
            "year": [2021, 2022, 2022],
            "released_m2": [1234, 50, 7],
            "operator": "MAG",
            "province": "Battambang",
            "province_code": "02",
            "district": "Samlout",
            "district_code": "0209",
        },
        geometry=[shapely.box(103.4 + n / 50, 13.4, 103.41 + n / 50, 13.41) for n in range(3)],
        crs=4326,
    )


def page_of(layers: AllLayers, *names: str) -> OfflinePage:
    """Make a public page; what remains is what the split holds, unless the layers say more."""
    split, admin = layers.split, layers.admin
    if layers.restricted is None:
        layers = replace(layers, restricted=split)
    subject = (
        subjects.whole(split, admin)
        if not names
        else subjects.province(split, admin, *names)
        if len(names) == 1
        else subjects.district(split, admin, *names)
    )
    return compose(layers, subject, public=True)


def cells(page: Page, table: str) -> list[list[str]]:
    return page.js(
        f"return [...document.querySelectorAll('{table} tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )


def click(page: Page, lon: float, lat: float) -> None:
    """Click on the map at a place, whatever lies over it."""
    page.js(
        "const map = window.mineGeo.map;"
        "map._fadeAnimated = false;"
        "map.closePopup();"
        "const box = map.getContainer().getBoundingClientRect();"
        "const at = map.latLngToContainerPoint([arguments[1], arguments[0]]);"
        "const event = { bubbles: true, clientX: box.left + at.x, clientY: box.top + at.y };"
        "const top = map.getPane('overlayPane').querySelector('canvas');"
        "['mousedown', 'mouseup', 'click'].forEach((name) =>"
        " top.dispatchEvent(new MouseEvent(name, event)))",
        lon,
        lat,
    )


def test_a_province_shows_figures_and_no_hazard(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    releases: gpd.GeoDataFrame,
) -> None:
    page = open_page(page_of(Layers(split, border, admin, releases), "Battambang"))
    page.check_alone()
    assert page.js("return document.querySelector('.mg-badges').innerText").strip() == (
        "PUBLIC: hazard polygons not shown"
    )
    assert page.counts() == {"units": 2, "released-cleared": 1, "released-reduced": 1}
    assert cells(page, ".mg-units") == [
        ["Bavel", "1", "50", "1", "4,000", "2", "4,050"],
        ["Samlout", "2", "3,000,100", "0", "0", "2", "3,000,100"],
    ]
    assert cells(page, ".mg-released") == [
        ["2021", "0", "0", "1,234", "1,234"],
        ["2022", "0", "50", "7", "57"],
    ]
    text = page.js("return document.querySelector('.mg-side').innerText")
    assert "1 released polygons (7 m²) are in these figures but not drawn" in text
    assert "within 10 m" in text
    legend = page.js(
        "return [...document.querySelectorAll('.mg-legend li')].map((item) => item.innerText)"
    )
    assert [item.strip() for item in legend[:6]] == [
        *("none recorded (does not mean none)", "under 1,000 m²", "1,000 to 1,999 m²"),
        "2,000 to 4,999 m²",
        *("5,000 to 1,999,999 m²", "2,000,000 m² or more"),
    ]
    source = page.path.read_text(encoding="utf-8")
    assert "AP-1" not in source
    assert "MAG" not in source.partition('id="mine-geo-data"')[2].partition("</script>")[0]


def test_a_click_on_a_district_says_its_figures(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    releases: gpd.GeoDataFrame,
) -> None:
    page = open_page(page_of(Layers(split, border, admin, releases)))
    click(page, 103.25, 13.75)
    assert page.popup().startswith("Bavel")
    assert page.popup_fields() == {
        "Province": "Battambang",
        "Kind": "AP minefields",
        "Hazards": "2",
        "Size": "4,050 m²",
        "Hazards near": "1",
        "Size near": "50 m²",
        "Hazards far": "1",
        "Size far": "4,000 m²",
        "Cancelled": "0 m²",
        "Reduced": "0 m²",
        "Cleared": "0 m²",
        "Not counted": "records that wait to be accepted; all kinds but AP minefields; "
        "ground that nobody has surveyed",
    }
    click(page, 103.405, 13.405)
    assert page.popup().startswith("cleared")
    assert page.popup_fields() == {
        "Kind": "AP minefield",
        "Year": "2021",
        "Released": "1,234 m²",
        "Province": "Battambang",
        "District": "Samlout",
    }
    # Samlout has the most, Ta Khmau nothing.
    assert page.js(FILL, "#7567ad") == "103,13,103.5,13.5"
    assert page.js(FILL, symbols.symbol("remaining_0").fill) == "103.5,13,104,14"
    box = page.driver.find_element(By.CSS_SELECTOR, "[data-layer='remaining-ap_minefield']")
    box.click()
    assert page.js(FILL, "#7567ad") is None
    box.click()
    assert page.js(FILL, "#7567ad") == "103,13,103.5,13.5"
    assert page.js("return window.mineGeo.openHazard('AP-1')") is False
    khmer = page.js("window.mineGeo.words.use('km'); return document.body.innerText")
    assert "សាធារណៈ៖ មិនបង្ហាញពហុកោណតំបន់គ្រោះថ្នាក់" in khmer
    page.size(*PHONE)
    assert page.js("return document.documentElement.scrollWidth") <= PHONE[0]
    page.check_alone()


def data_of(layers: AllLayers, *names: str) -> tuple[dict[str, Any], Any]:
    page = page_of(layers, *names)
    return page.data, page.facts


def test_the_view_comes_from_districts_and_border_alone(
    split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    assert data_of(Layers(split, border, admin))[0]["bounds"] == [[13, 103], [14, 104]]
    assert data_of(Layers(split, border, admin), "Battambang", "Bavel")[0]["bounds"] == [
        [13.5, 103],
        [14, 103.5],
    ]
    assert data_of(Layers(split, border))[0]["bounds"] == [[13, 103], [14, 104]]
    assert data_of(Layers(split), "Battambang")[0]["bounds"] == [[9.5, 102], [15, 108]]


def test_communes_are_not_printed_and_kinds_stand_apart(
    split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    told = split.assign(commune=["Ta Taok", "Ta Sanh", "Ta Sanh", None, None], in_workbench=False)
    told["kind"] = ["ap_minefield", "ap_minefield", "cluster_munition", *["ap_minefield"] * 2]
    data, facts = data_of(Layers(told, border, admin), "Battambang", "Samlout")
    found = [(table.caption.en, [row.name.en for row in table.rows]) for table in facts.tables]
    assert found == [
        ("AP minefields by commune", ["not recorded"]),
        ("Cluster munition areas by commune", ["not recorded"]),
    ]
    assert [shade["key"] for shade in data["shades"]] == [
        "remaining-ap_minefield",
        "remaining-cluster_munition",
    ]
    assert [switch.on for switch in facts.switches[:2]] == [True, False]
    groups = [(group.kind.en, group.zone, group.hazards, group.size_m2) for group in facts.groups]
    assert groups == [
        ("AP minefields", "near", 1, 100),
        ("AP minefields", "far", 1, 20_000),
        ("Cluster munition areas", "near", 1, 3_000_000),
        ("Cluster munition areas", "far", 0, 0),
    ]
    assert "Ta Taok" not in json.dumps(data, ensure_ascii=False)
    bavel = data_of(Layers(told, border, admin), "Battambang", "Bavel")[1]
    assert bavel.tables == ()


def test_what_waits_is_in_no_figure_and_a_number_if_the_authority_wants_it(
    split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    plain = data_of(Layers(split, border, admin), "Battambang", "Samlout")[1]
    assert (plain.total_hazards, plain.waiting) == (2, [])
    assert ("Data", "no date recorded; without what waits in the workbench") in [
        (name.en, value.en) for name, value in plain.rows
    ]
    counted = data_of(Layers(split, border, admin, waiting_count=True), "Battambang", "Samlout")[1]
    assert counted.total_hazards == 2
    assert [said.en for said in counted.waiting] == [
        "AP minefields: 1 are in the workbench: received, not yet accepted."
    ]
    only = Layers(split, border, admin, selection=Selection(workbench="only"))
    with pytest.raises(OptionError, match="what waits on the workbench is not public"):
        data_of(only)


def test_no_day_of_a_hazard_or_release_is_said(
    split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, releases: gpd.GeoDataFrame
) -> None:
    """The days of the data are: as of, as known at."""
    dated = releases.assign(happened_on=pd.to_datetime(["2021-05-17", "2022-05-17", "2022-05-18"]))
    told = Selection(known_at="2023-02-03T04:05:06+07:00")
    layers = Layers(split, None, admin, dated, as_of="2022-12-31", selection=told)
    page = page_of(layers)
    source = page.get_root().render()
    said = source.replace("\u202f", " ")
    assert "31 December 2022" in said
    assert "3 February 2023" in said
    for day in ("29 February 2020", "2020-02-29", "4 March 2012", "17 May", "18 May", "2021-05-17"):
        assert day not in said, day
    assert "surveyed_on" not in source.partition('id="mine-geo-data"')[2].partition("</script>")[0]
    undated = page_of(replace(layers, as_of=None, selection=EVERYTHING))
    assert [value.en for name, value in undated.facts.rows if name.en == "Data"] == [
        "no date recorded; without what waits in the workbench"
    ]


@pytest.mark.parametrize(
    "door",
    [
        maps.national,
        partial(maps.province, name="02"),
        partial(maps.district, province="02", name="0209"),
        maps.sheet,
    ],
)
def test_every_door_asks_for_what_is_restricted(
    door: Callable[..., Any], split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    with pytest.raises(OptionError, match=r"needs restricted=: every polygon that remains, of all"):
        door(maps.layers(split, admin=admin), public=True)
    door(maps.layers(split, admin=admin, restricted=split), public=True)


def test_all_that_remains_is_restricted_whatever_the_split_holds(
    split: gpd.GeoDataFrame, releases: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    other = split.iloc[:1].assign(kind="cluster_munition", hazard_id="CM-1")
    other.geometry = [shapely.box(103.41, 13.41, 103.42, 13.42)]
    alone = data_of(Layers(split, None, admin, releases))[0]
    assert [layer["rows"] for layer in alone["layers"]] == [3, 2]
    both = Layers(split, None, admin, releases, restricted=pd.concat([split, other]))
    assert [layer["name"] for layer in data_of(both)[0]["layers"]] == ["districts"]


def test_what_there_is_not(split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> None:
    layers = Layers(split, None, admin)
    subject = subjects.province(split, admin, "Battambang")
    with pytest.raises(OptionError, match="border-zone"):
        compose(layers, subject, first="far", public=True)
    with pytest.raises(UnknownNameError, match="Samlout"):
        page_of(layers, "Battambang", "Ta Khmau")
    data, facts = data_of(Layers(split.iloc[:0], None, admin), "Kandal")
    assert facts.total_hazards == 0
    assert data["shades"] == [{"key": "remaining-hazards", "symbols": ["remaining_0"]}]
