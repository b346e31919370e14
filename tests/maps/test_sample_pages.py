"""The bundled sample on the pages: every minefield is drawn and the published totals stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mine_geo import admin, border, intake, maps, sample, zones

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.conftest import Opener


@pytest.fixture(scope="module")
def layers() -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    return {
        "border": border.read_border(sample.path("border")),
        "admin": admin.read_admin(sample.path("districts")),
        "places": pd.read_csv(sample.path("places")),
    }


@pytest.fixture(scope="module")
def sample_split(layers) -> gpd.GeoDataFrame:
    fields = intake.read_hazards(sample.path("minefields"))
    return zones.border_split(fields, layers["border"], include_coast=True)


def test_the_national_page_is_whole_and_small(
    open_page: Opener, sample_split: gpd.GeoDataFrame, layers
) -> None:
    page = open_page(maps.national(sample_split, **layers))
    page.check_alone()
    # Table 3 of the work plan of 2023.
    assert page.counts() == {"ap_minefield-near": 4075, "ap_minefield-far": 3317}
    text = page.js("return document.querySelector('.mg-title').textContent")
    for figure in ("353,402,819", "327,881,692", "7,392", "681,284,511", "SYNTHETIC SAMPLE"):
        assert figure in text
    credit = page.js("return document.querySelector('.mg-credit').textContent")
    assert "OpenStreetMap" in credit
    assert page.path.stat().st_size < 2_000_000


def test_battambang_list_is_in_order(
    open_page: Opener, sample_split: gpd.GeoDataFrame, layers
) -> None:
    page = open_page(maps.border_zone(sample_split, "Battambang", **layers))
    page.check_alone()
    cells = page.js(
        "return [...document.querySelectorAll('#mg-list tbody tr')]"
        ".map((row) => [row.cells[3].textContent, Number(row.cells[4].textContent"
        ".replace(/,/g, ''))])"
    )
    assert len(cells) == 482 + 769
    assert [zone for zone, _ in cells] == ["far"] * 769 + ["near"] * 482
    assert cells == sorted(cells, key=lambda cell: (cell[0] == "near", cell[1]))


def test_koh_kong_draws_the_coast(
    open_page: Opener, sample_split: gpd.GeoDataFrame, layers
) -> None:
    page = open_page(maps.province(sample_split, "Koh Kong", **layers))
    page.check_alone()
    assert page.counts() == {"ap_minefield-near": 324, "ap_minefield-far": 31}
    legend = page.js("return document.querySelector('.mg-legend').textContent")
    assert "Coast" in legend
    assert "counts as border" in page.js("return document.querySelector('.mg-about').textContent")
