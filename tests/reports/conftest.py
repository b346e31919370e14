"""A small ledger made by hand, with a border beside it; and the whole sample."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo import maps
from mine_geo.disclosure.layers import Layers
from mine_geo.geo import sample
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read_admin, read_border, read_hazards
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold
from mine_geo.split.zones import border_split
from mine_geo.tables.movements import released_land
from tests.hand import lines

HUNDRED = shapely.Point(103.05, 13.06).buffer(0.004, quad_segs=30)
"""A polygon of 120 corners."""


def registered() -> gpd.GeoDataFrame:
    """Return five hazards: two side by side, one of another kind 100 m off, one far, one round."""
    return to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": ["AP-1", "AP-2", "CM-1", "AP-9", "AP-100"],
                "kind": ["ap_minefield", "ap_minefield", "cluster_munition", *["ap_minefield"] * 2],
                "area_type": ["CHA", "SHA", None, "CHA", "CHA"],
                "province": "Battambang",
                "province_code": "02",
                "district": "Samlout",
                "district_code": "0209",
                "village": ["Ou Thum", None, None, None, None],
                "operator": ["CMAC", "MAG", "CMAC", "HALO", "CMAC"],
                "surveyed_on": "2020-01-31",
                "access_route": ["from the pagoda 2 km north", None, None, " ", None],
                "personal_guide": ["Sok", None, None, None, None],
            },
            geometry=[
                shapely.box(103, 13, 103.01, 13.01),
                shapely.box(103.012, 13, 103.02, 13.01),
                shapely.box(103, 13.011, 103.01, 13.02),
                shapely.box(103.5, 13.5, 103.51, 13.51),
                HUNDRED,
            ],
            crs=4326,
        )
    )


def events() -> gpd.GeoDataFrame:
    """Return what happened to them: AP-1 half cleared, AP-2 cancelled whole, one report wrong."""
    return gpd.GeoDataFrame(
        {
            "event_id": ["TS-1", "CL-1", "NTS-2", "CL-0"],
            "hazard_id": ["AP-1", "AP-1", "AP-2", "AP-1"],
            "event_type": ["reduced", "cleared", "cancelled", "cleared"],
            "happened_on": ["2021-03-01", "2022-05-01", "2022-06-01", "2019-01-01"],
            "recorded_at": "2022-06-02T08:00:00Z",
            "operator": ["MAG", "CMAC", None, None],
            "reported_size_m2": [None, 600_000.0, None, None],
            "ap_mines": [None, 7, None, None],
            "uxo": [None, 0, None, None],
        },
        geometry=[
            shapely.box(103, 13, 103.01, 13.002),
            shapely.box(103.005, 12.9, 103.011, 13.1),
            shapely.box(103, 12, 104, 14),
            shapely.box(103, 13, 103.01, 13.002),
        ],
        crs=4326,
    )


@pytest.fixture(scope="session")
def by_hand() -> Layers:
    """Give the small ledger as layers."""
    log = pd.concat([registered_events(registered()), to_events(events())], ignore_index=True)
    ledger = fold(log)
    border = lines([(102.95, 12), (102.95, 14)], neighbour="THA", accuracy_m=5.0)
    left = ledger.hazards[ledger.hazards["status"] != "closed"].reset_index(drop=True)
    split = border_split(left, border)
    land = released_land(ledger)
    return maps.layers(split, border=border, releases=land, ledger=ledger, as_of="2022-12-31")


@pytest.fixture(scope="session")
def sampled() -> Layers:
    """Give the bundled sample with its ledger."""
    import pyogrio  # noqa: PLC0415 - few tests ask for it

    hazards = read_hazards(sample.path("ledger_hazards"))
    told = to_events(pyogrio.read_dataframe(sample.path("ledger_events")))
    ledger = fold(pd.concat([registered_events(hazards), told], ignore_index=True))
    border = read_border(sample.path("border"))
    left = ledger.hazards[ledger.hazards["status"] != "closed"].reset_index(drop=True)
    return maps.layers(
        border_split(left, border),
        border=border,
        admin=read_admin(sample.path("districts")),
        releases=released_land(ledger),
        ledger=ledger,
        as_of="2024-12-31",
    )
