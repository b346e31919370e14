"""The bundled sample on the pages: every minefield is drawn and the published totals stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mine_geo import maps
from mine_geo.maps.pages.compose import HAZARD_FIELDS
from tests.benchmarks import map_pages
from tests.maps.test_shapes import UNSEEN

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.conftest import Opener


@pytest.fixture(scope="module")
def frames() -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    return map_pages.frames()


@pytest.fixture(scope="module")
def sample_split(frames) -> gpd.GeoDataFrame:
    return frames[0]


@pytest.fixture(scope="module")
def layers(frames) -> dict[str, Any]:
    return frames[1]


def test_the_national_page_is_whole_and_small(
    open_page: Opener, sample_split: gpd.GeoDataFrame, layers
) -> None:
    page = open_page(maps.national(maps.layers(sample_split, **layers)))
    page.check_alone()
    counts = page.counts()
    # Table 3 of the work plan of 2023.
    assert (counts["ap_minefield-near"], counts["ap_minefield-far"]) == (4075, 3317)
    releases = layers["releases"]
    for outcome, count in releases.groupby("outcome").size().items():
        assert counts[f"released-{outcome}"] == count
    assert sum(counts.values()) == 7392 + len(releases)
    text = page.js("return document.querySelector('.mg-title').textContent")
    for figure in ("353,402,819", "327,881,692", "7,392", "681,284,511", "SYNTHETIC SAMPLE"):
        assert figure in text
    credit = page.js("return document.querySelector('.mg-credit').textContent")
    assert "OpenStreetMap" in credit
    columns = [name for name, _ in HAZARD_FIELDS if name in sample_split.columns]
    plain = map_pages.plain(sample_split, columns).get_root().render()
    assert page.path.stat().st_size <= len(plain.encode()) / map_pages.SHARE
    # At first sight most are smaller than a pixel.
    assert page.js(UNSEEN, [12.6, 105.0], 7) == []


def test_battambang_list_is_in_order(
    open_page: Opener, sample_split: gpd.GeoDataFrame, layers
) -> None:
    page = open_page(maps.border_zone(maps.layers(sample_split, **layers), "Battambang"))
    page.check_alone()
    cells = page.js(
        "window.dispatchEvent(new Event('beforeprint'));"  # all rows, in view or not
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
    page = open_page(maps.province(maps.layers(sample_split, **layers), "Koh Kong"))
    page.check_alone()
    counts = page.counts()
    assert (counts["ap_minefield-near"], counts["ap_minefield-far"]) == (324, 31)
    legend = page.js("return document.querySelector('.mg-legend').textContent")
    assert "Coast" in legend
    assert "counts as border" in page.js("return document.querySelector('.mg-about').textContent")
