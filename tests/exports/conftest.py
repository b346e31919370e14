"""A split made by hand: holes, parts, nulls, and texts that attack whoever shows them."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo.disclosure.disclosed import Disclosed
from mine_geo.disclosure.settings import USUAL

ATTACK = "</script><b>`${x}` $[name] ]]> \u2028\u202e\x0b\x00 \"'&amp;\r\n=1+1 ភូមិ"
"""Markup, template and entity signs, a CDATA end, line separator, right-to-left mark, controls."""
LONG = "AP " + "ខ្មែរ " * 32  # an id has at most 200 characters


def square(lon: float, lat: float, side: float = 0.001) -> shapely.Polygon:
    """On the lattice of 1e-7 degree, to the last bit."""
    return shapely.box(*(round(at, 7) for at in (lon, lat, lon + side, lat + side)))


def holed(lon: float, lat: float) -> shapely.MultiPolygon:
    """Two parts, the first with two holes, all on the lattice of 1e-7 degree."""
    shell = square(lon, lat, 0.01)
    holes = [square(lon + 0.001, lat + 0.001), square(lon + 0.005, lat + 0.005)]
    first = shapely.Polygon(shell.exterior, [hole.exterior for hole in holes])
    return shapely.MultiPolygon([first, square(lon, lat + 0.02)])


def table(hazard_id: list[str], geometry: list[object], **columns: object) -> gpd.GeoDataFrame:
    """Return a split of hazards that are all near, whatever their polygons say."""
    said = {
        "hazard_id": hazard_id,
        "kind": "ap_minefield",
        "area_type": None,
        "status": "open",
        "in_workbench": False,
        "province": "Battambang",
        "province_code": "02",
        "district": "Samlout",
        "district_code": "0209",
        "operator": "CMAC",
        "surveyed_on": pd.Series(pd.NaT, index=range(len(hazard_id)), dtype="datetime64[ms]"),
        "reported_size_m2": None,
        "size_m2": 12_000,
        "border_distance_m": 6_999.99,
        "border_margin_m": -0.01,
        "neighbour": "THA",
        "zone": "near",
        "near_size_m2": 12_000,
        "far_size_m2": 0,
        "threshold_m": 7000.0,
        "rule": "edge",
        "include_coast": False,
        "border_name": "osm by hand",
        "border_version": "1",
    }
    made = gpd.GeoDataFrame(
        said | columns, index=range(len(hazard_id)), geometry=geometry, crs=4326
    )
    return made.astype({"size_m2": "int64", "reported_size_m2": float})


def disclosed(aggregates: gpd.GeoDataFrame, released: gpd.GeoDataFrame) -> Disclosed:
    """Return figures and released land as what was found fit to be shown."""
    none = pd.DataFrame()
    return Disclosed(
        aggregates=aggregates,
        upper=none,
        upper_yearly=none,
        upper_withheld=none,
        communes=none,
        yearly=none,
        released=released,
        withheld=none,
        settings=USUAL,
        as_of=None,
        synthetic=False,
    )


@pytest.fixture
def split() -> gpd.GeoDataFrame:
    """Five hazards on an odd index; the fourth is full of attacks, the last has a long id."""
    made = table(
        ["AP-1", "AP-2", "AP 3 / ក", "X" + ATTACK, LONG],
        [square(103.01, 13.1), holed(103.02, 13.1), *(square(103, 13 + n / 10) for n in (2, 3, 4))],
        area_type=["CHA", "SHA", None, ATTACK, "CHA"],
        status=["open", "worked_on", "closed", None, "open"],
        operator=["CMAC", None, "MAG", ATTACK, "HALO"],
        district=["Samlout", "Samlout", "Samlout", ATTACK, "Samlout"],
        surveyed_on=pd.to_datetime(["2012-03-04", None, "2020-02-29", None, "1899-12-31"]),
        reported_size_m2=[100.0, None, 0.0, 4000.4, 50.0],
        zone=["near", "far", "near", "far", "near"],
        synthetic=True,
    )
    made["Task"], made["task"], made["fid"] = ATTACK, 7, [1, 2, 3, None, 5]
    return made.set_index(pd.Index([11, 3, 7, 5, 2]))


@pytest.fixture
def border() -> gpd.GeoDataFrame:
    """Land borders of all three neighbours, one of none, and a coast; one not demarcated."""
    lines = [shapely.LineString([(103 + n, 13), (103 + n, 14)]) for n in range(5)]
    return gpd.GeoDataFrame(
        {
            "kind": ["land", "land", "land", "land", "coast"],
            "neighbour": ["THA", "LAO", "VNM", None, None],
            "demarcated": [False, True, True, True, True],
            "border_name": "osm by hand",
            "border_version": "1",
            "accuracy_m": 10.0,
        },
        geometry=lines,
        crs=4326,
    )


@pytest.fixture
def admin() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "province": "Battambang",
            "province_code": "02",
            "province_km": "បាត់ដំបង",
            "district": ["Samlout", ATTACK],
            "district_code": ["0209", "0204"],
            "district_km": ["សំឡូត", None],
            "schematic": True,
        },
        geometry=[shapely.box(103, 13, 103.5, 13.5), shapely.box(103, 13.5, 103.5, 14)],
        crs=4326,
    )


@pytest.fixture
def releases() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "outcome": ["cancelled", "reduced", "cleared"],
            "hazard_id": ["AP-1", ATTACK, None],
            "happened_on": pd.to_datetime(["2021-01-02", "2022-12-31", None]),
            "released_m2": [10, 20, 30],
        },
        geometry=[square(103.3, 13 + n / 10) for n in range(3)],
        crs=4326,
    )


@pytest.fixture
def places() -> pd.DataFrame:
    return pd.DataFrame(
        {"name": ["Samlout", ATTACK, "nowhere"], "lon": [103.1, 103.2, None], "lat": [13.1] * 3}
    )
