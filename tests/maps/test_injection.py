"""Whatever an attribute holds is shown as text, on every kind of page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mine_geo import maps
from tests.maps.test_pages import KINDS

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.conftest import Opener

NASTY = (
    "</script><script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=1>',
    "`${window.hit=1}`",
    "{{ 7*7 }}{% raw %}{# x #}",
    "a\u2028b\u2029c",
    "\u202eright to left\u200f\u2067",
    "<!-- <script>",
    "\\u003c'\"&amp;\x00\x1f",
    "__proto__",
)
TEXTS = ("also", "commune", "village", "difficulty", "operator")


def nasty_split(split: gpd.GeoDataFrame, text: str) -> gpd.GeoDataFrame:
    changed = split.copy()
    for column in (*TEXTS, "status", "area_type", "kind", "neighbour", "border_name"):
        changed[column] = text
    changed["hazard_id"] = [f"{text} {number}" for number in range(len(changed))]
    return changed.assign(province=text, district=text, border_version=text)


@pytest.fixture(params=NASTY)
def text(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def nasty_layers(
    text: str, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> dict[str, gpd.GeoDataFrame]:
    """Give border, districts and a place in which every word is the string."""
    lines = border.assign(border_name=text, border_version=text, attribution=text)
    lines["neighbour"] = [text, None]
    names = dict.fromkeys(("province", "district", "province_km", "district_km"), text)
    place = admin.iloc[:1].assign(name=text)[["name", "geometry"]]
    return {"border": lines, "admin": admin.assign(**names), "places": place}


@pytest.mark.parametrize("kind", list(KINDS))
def test_attributes_stay_text(
    text: str,
    kind: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    nasty_layers: dict[str, gpd.GeoDataFrame],
) -> None:
    drawn = {
        "national": maps.national,
        "province": lambda split, **layers: maps.province(split, "02", **layers),
        "district": lambda split, **layers: maps.district(split, "02", "0209", **layers),
        "border_zone": lambda split, **layers: maps.border_zone(split, "02", **layers),
    }[kind]
    page = open_page(drawn(nasty_split(split, text), title=text, **nasty_layers))
    page.check_alone()
    assert page.js("return window.hit === undefined")
    assert page.js("return window.mineGeo.openHazard(arguments[0])", f"{text} 0")
    assert page.popup().startswith(f"{text} 0")
    fields = page.popup_fields()
    names = ("Also", "Status", "Area type", "Village", "Operator", "Kind")
    assert [fields[name] for name in names] == [text] * len(names)
    assert page.js("return document.querySelectorAll('.mg-page img').length") == 0
    # Markup cannot hold a null character: there it is a replacement mark.
    title = page.js("return document.querySelector('h1 bdi').textContent")
    assert title.replace("\ufffd", "\x00") == text
    page.check_alone()
