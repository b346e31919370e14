"""The browser of the map tests, and small frames made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import shapely.affinity

from tests.maps import browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    import folium
    from selenium import webdriver


class Opener(Protocol):
    def __call__(self, drawn: folium.Map) -> browser.Page: ...


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `browser` whatever opens a page."""
    for item in items:
        if {"chromium", "open_page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Give one headless Chromium for the session; without it the tests fail and say the mend."""
    try:
        driver = browser.start(tmp_path_factory.mktemp("profile"))
    except browser.NoBrowserError as error:
        pytest.fail(str(error), pytrace=False)
    yield driver
    driver.quit()


@pytest.fixture
def open_page(chromium: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """Give a function that saves a map and opens it."""
    folder = tmp_path_factory.mktemp("pages")

    def opened(drawn: folium.Map) -> browser.Page:
        return browser.load(chromium, drawn, folder / f"page-{len(list(folder.iterdir()))}.html")

    return opened


@pytest.fixture
def border() -> gpd.GeoDataFrame:
    """Give the outline of a square country: land border to Thailand in the west, else coast."""
    return gpd.GeoDataFrame(
        {
            "kind": ["land", "coast"],
            "neighbour": ["THA", None],
            "border_name": "drawn by hand",
            "border_version": "1",
            "accuracy_m": 10.0,
        },
        geometry=[
            shapely.LineString([(103, 13), (103, 14)]),
            shapely.LineString([(103, 14), (104, 14), (104, 13), (103, 13)]),
        ],
        crs="EPSG:4326",
    )


@pytest.fixture
def admin() -> gpd.GeoDataFrame:
    """Give three districts of two provinces; Kandal has no hazards."""
    return gpd.GeoDataFrame(
        {
            "province": ["Battambang", "Battambang", "Kandal"],
            "province_code": ["02", "02", "08"],
            "province_km": ["បាត់ដំបង", "បាត់ដំបង", "កណ្ដាល"],
            "district": ["Samlout", "Bavel", "Ta Khmau"],
            "district_code": ["0209", "0204", "0811"],
            "district_km": ["សំឡូត", "បវេល", "តាខ្មៅ"],
        },
        geometry=[
            shapely.MultiPolygon([shapely.box(103, 13, 103.5, 13.5)]),
            shapely.MultiPolygon([shapely.box(103, 13.5, 103.5, 14)]),
            shapely.MultiPolygon(
                [shapely.Polygon([(103.5, 13), (104, 13), (104, 14), (103.5, 14), (103.5, 13.5)])]
            ),
        ],
        crs="EPSG:4326",
    )


def hazard_at(lon: float, lat: float) -> shapely.MultiPolygon:
    """Return a square of 0.02 degree with a hole, and a second part north of it."""
    square = shapely.box(lon, lat, lon + 0.02, lat + 0.02)
    hole = shapely.box(lon + 0.008, lat + 0.008, lon + 0.012, lat + 0.012)
    return shapely.MultiPolygon(
        [shapely.difference(square, hole), shapely.box(lon, lat + 0.03, lon + 0.02, lat + 0.04)]
    )


@pytest.fixture
def split() -> gpd.GeoDataFrame:
    """Give five hazards of a split: three near, two far; two of them in Bavel."""
    zone = ["near", "far", "near", "far", "near"]
    size = [100, 20_000, 3_000_000, 4_000, 50]
    near = [m2 if z == "near" else 0 for z, m2 in zip(zone, size, strict=True)]
    return gpd.GeoDataFrame(
        {
            "hazard_id": ["AP-1", "AP-2", "AP-3", "AP-4", "AP-5"],
            "kind": "ap_minefield",
            "also": None,
            "area_type": ["CHA", "SHA", None, "CHA", "SHA"],
            "status": ["open", "worked_on", "open", None, "closed"],
            "in_workbench": [False, True, False, False, False],
            "province": "Battambang",
            "province_code": "02",
            "district": ["Samlout", "Samlout", "Samlout", "Bavel", "Bavel"],
            "district_code": ["0209", "0209", "0209", "0204", "0204"],
            "commune": None,
            "village": None,
            "difficulty": "high",
            "operator": ["CMAC", "HALO", None, "MAG", "NPMEC"],
            "surveyed_on": pd.to_datetime(["2012-03-04", None, "2020-02-29", None, "1899-12-31"]),
            "reported_size_m2": [100.0, None, 0.0, 4000.4, 50.0],
            "size_m2": size,
            "border_distance_m": [1082.04, 21_641.0, 6_999.99, 7_000.0, 0.0],
            "border_margin_m": [-5917.96, 14_641.0, -0.01, 0.0, -7000.0],
            "neighbour": "THA",
            "zone": zone,
            "near_size_m2": near,
            "far_size_m2": [m2 - n for m2, n in zip(size, near, strict=True)],
            "threshold_m": 7000.0,
            "rule": "edge",
            "include_coast": False,
            "border_name": "drawn by hand",
            "border_version": "1",
        },
        geometry=[
            hazard_at(103.01, 13.1),
            hazard_at(103.2, 13.2),
            hazard_at(103.0645, 13.3),
            hazard_at(103.0646, 13.6),
            hazard_at(103.0, 13.8),
        ],
        crs="EPSG:4326",
        index=[11, 3, 7, 5, 2],
    )


@pytest.fixture
def released(split: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give six releases: three on AP-1, one on AP-3, two on AP-9, of which nothing is left."""
    return gpd.GeoDataFrame(
        {
            "hazard_id": ["AP-1", "AP-1", "AP-3", "AP-1", "AP-9", "AP-9"],
            "outcome": ["cleared", "reduced", "cancelled", "cleared", "cancelled", "cleared"],
            "happened_on": pd.to_datetime(
                ["2021-05-01", "2020-06-01", "2021-06-01", None, "2019-01-31", "2021-02-01"]
            ),
            "released_m2": [1_200, 30, 7, 500, 40, 2],
            "reported_size_m2": [1_250.0, 30.0, None, 500.0, 41.0, 2.0],
            "operator": ["CMAC", "HALO", None, "CMAC", "MAG", "MAG"],
            "report_ref": ["CL-1", "TS-2", None, "CL-3", "NTS-4", "CL-5"],
        },
        geometry=[shapely.affinity.translate(shape, 0.04) for shape in split.geometry]
        + [hazard_at(103.3, 13.7)],
        crs="EPSG:4326",
    )
