"""Whatever an attribute holds is shown as text, on every kind of page and in both languages.

One page of each kind holds all strings: a hazard, a release, a place, a district and a piece of
border for each.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo import maps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

NASTY = (
    "</script><script>window.hit=1</script>",
    "</script",
    '"><img src=x onerror=window.hit=1>',
    "' onmouseover='window.hit=1",
    "`${window.hit=1}`",
    "`",
    "${}",
    "{{ 7*7 }}{% raw %}{# x #}",
    "{en} {km} {0} {count}",
    "a\u2028b\u2029c",
    "\u202eright to left\u200f\u2067",
    "<!-- <script>",
    "]]>--!>",
    "\\u003c'\"&amp;\x00\x1f",
    "__proto__",
    "constructor",
    "បាត់\u200bដំបង <b>",
)
TITLE = " ".join(NASTY)
HAZARD_TEXTS = ("also", "commune", "village", "difficulty", "operator", "status", "area_type",
                "kind", "neighbour")  # fmt: skip
SHOWN = ("Kind", "Also", "Area type", "Status", "Commune", "Village", "Difficulty", "Operator",
         "District", "Nearest neighbour")  # fmt: skip
KINDS: dict[str, Callable[..., maps.OfflinePage]] = {
    "national": maps.national,
    "province": partial(maps.province, name="02"),
    "district": partial(maps.district, province="02", name="0200"),
    "border_zone": partial(maps.border_zone, province="02"),
    "public": partial(maps.national, public=True),
}


def in_markup(text: str) -> str:
    """Return what markup makes of a text: it cannot hold a null character."""
    return text.replace("\x00", "\ufffd")


def cell(number: int) -> shapely.Polygon:
    """Return a strip of the square country for one of the strings."""
    step = 1 / len(NASTY)
    return shapely.box(103, 13 + number * step, 104, 13 + (number + 1) * step)


@pytest.fixture
def nasty_split(split: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give one hazard a string, each in every field; all of them in the first district's code."""
    rows = split.iloc[[0] * len(NASTY)].reset_index(drop=True)
    rows = rows.assign(**dict.fromkeys(HAZARD_TEXTS, NASTY), hazard_id=NASTY, district=NASTY)
    rows = rows.assign(province=TITLE, province_code="02", district_code="0200")
    rows = rows.assign(border_name=TITLE, border_version=TITLE)
    rows.geometry = [
        shapely.buffer(shapely.centroid(cell(number)), 0.002) for number in range(len(rows))
    ]
    return rows


@pytest.fixture
def nasty_layers() -> dict[str, gpd.GeoDataFrame]:
    """Give border, districts, places and released land in which every word is a string."""
    numbers = range(len(NASTY))
    cells = [cell(number) for number in numbers]
    whole = shapely.box(103, 13, 104, 14)
    border = gpd.GeoDataFrame(
        {"neighbour": NASTY, "kind": "land", "border_name": TITLE, "border_version": TITLE},
        geometry=[shapely.intersection(one, shapely.boundary(whole)) for one in cells],
        crs="EPSG:4326",
    ).assign(attribution=TITLE, accuracy_m=0.0, demarcated=[number % 2 == 0 for number in numbers])
    admin = gpd.GeoDataFrame(
        {"district": NASTY, "district_km": NASTY[::-1]}, geometry=cells, crs="EPSG:4326"
    ).assign(
        province=TITLE, province_km=TITLE, province_code="02",
        district_code=[f"02{number:02}" for number in numbers],
    )  # fmt: skip
    releases = gpd.GeoDataFrame(
        dict.fromkeys(("hazard_id", "outcome", "operator", "report_ref", "kind"), NASTY)
        | {"happened_on": pd.Timestamp("2021-05-01"), "year": 2021, "released_m2": 100},
        geometry=[shapely.buffer(shapely.centroid(one), 0.001) for one in cells],
        crs="EPSG:4326",
    )
    places = gpd.GeoDataFrame(
        {"name": NASTY}, geometry=[shapely.point_on_surface(one) for one in cells], crs="EPSG:4326"
    )
    return {"border": border, "admin": admin, "releases": releases, "places": places}


def texts(page: Page, selector: str) -> list[str]:
    found = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
    return page.js(found, selector)


def check_popups(page: Page, kind: str) -> None:
    """Look at the popup of each hazard, with its history."""
    page.js("window.mineGeo.map._fadeAnimated = false")
    for text in NASTY:
        assert page.js("return window.mineGeo.openHazard(arguments[0])", text)
        assert texts(page, ".leaflet-popup-content h2") == [text]
        fields = page.popup_fields()
        shown = SHOWN[1:] if kind == "border_zone" else SHOWN
        assert [fields[name] for name in shown] == [text] * len(shown)
        history = texts(page, ".mg-history tbody bdi")
        assert history[1:] == [text, text, text] or (kind == "district" and text not in NASTY[:8])


def check_words(page: Page, kind: str) -> None:
    """Look at title, table, legend and what is told about the map."""
    # Around the southernmost district lies not all of the border.
    words = [in_markup(text) for text in (NASTY[:8] if kind == "district" else NASTY)]
    assert texts(page, "h1") == [in_markup(TITLE)]
    assert in_markup(TITLE) in " ".join(texts(page, ".mg-about"))
    assert in_markup(TITLE) in " ".join(texts(page, ".mg-credit"))
    switches = texts(page, ".mg-legend bdi, .mg-legend label")
    assert all(any(text in switch for switch in switches) for text in words)


def untouched(page: Page) -> None:
    """Assert that nothing ran, nothing was made an element, nothing was said of an error."""
    assert page.js("return window.hit === undefined && {}.hit === undefined")
    assert (
        page.js(
            "return document.querySelectorAll('.mg-page img, .mg-page b, .mg-page script').length"
        )
        == 0
    )
    assert texts(page, "title") == [in_markup(TITLE)]
    page.check_alone()


@pytest.mark.parametrize("kind", list(KINDS))
def test_attributes_stay_text(
    kind: str,
    open_page: Opener,
    nasty_split: gpd.GeoDataFrame,
    nasty_layers: dict[str, gpd.GeoDataFrame],
) -> None:
    told = dict(nasty_layers)
    if kind == "public":
        # What is for everybody refuses land of an unknown outcome.
        nasty_layers["releases"]["outcome"] = "cleared"
        told["restricted"] = nasty_split
    if kind == "border_zone":
        # A list of priorities is of one kind that is known.
        nasty_split["kind"] = nasty_layers["releases"]["kind"] = "ap_minefield"
    page = open_page(KINDS[kind](maps.layers(nasty_split, **told), title=TITLE))
    untouched(page)
    check_words(page, kind)
    if kind != "public":
        check_popups(page, kind)
    if kind == "border_zone":
        page.js("window.dispatchEvent(new Event('beforeprint'))")  # all rows, in view or not
        ids = texts(page, "#mg-list tbody tr th")
        assert sorted(ids) == sorted(NASTY)
    page.js("window.mineGeo.map.setView([13.5, 103.5], 11, { animate: false })")
    names = "\n".join(texts(page, ".mg-label"))
    assert all(text in names for text in NASTY[6:9])
    page.js("window.mineGeo.words.use('km')")
    assert page.js("return document.documentElement.lang") == "km"
    if kind != "public":
        fields = texts(page, ".leaflet-popup-content .mg-fields td")
        assert fields.count(NASTY[-1]) >= len(SHOWN) - 1 - (kind == "border_zone")
    check_words(page, kind)
    untouched(page)
