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


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("kind", list(KINDS))
def test_attributes_stay_text(
    text: str,
    kind: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    hazards = nasty_split(split, text)
    names = {"province": text, "district": text, "province_km": text, "district_km": text}
    border = border.assign(border_name=text, border_version=text, attribution=text)
    border["neighbour"] = [text, None]
    place = admin.iloc[:1].assign(name=text)[["name", "geometry"]]
    draw = {
        "national": maps.national,
        "province": lambda split, **layers: maps.province(split, "02", **layers),
        "district": lambda split, **layers: maps.district(split, "02", "0209", **layers),
        "border_zone": lambda split, **layers: maps.border_zone(split, "02", **layers),
    }[kind]
    page = open_page(
        draw(hazards, border=border, admin=admin.assign(**names), places=place, title=text)
    )
    page.check_alone()
    assert page.js("return window.hit === undefined")
    assert page.js("return window.mineGeo.openHazard(arguments[0])", f"{text} 0")
    assert page.popup().startswith(f"{text} 0")
    fields = page.popup_fields()
    shown = [fields[name] for name in ("Also", "Status", "Area type", "Village", "Operator", "Kind")]
    assert shown == [text] * 6
    assert page.js("return document.querySelectorAll('.mg-page img').length") == 0
    # HTML itself turns a null character into a replacement mark outside of script blocks.
    title = page.js("return document.querySelector('h1').textContent").strip()
    assert title == text.replace("\x00", "\ufffd") or "\x00" in text
    page.check_alone()
