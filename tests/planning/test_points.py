"""On what ground an accident happened, as it was on that day."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import mine_geo as mg
from mine_geo.errors import GeometryError, OptionError, RecordError
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import Fold, fold
from mine_geo.planning.points import ground_of_points

EAST = shapely.box(103.005, 12.9, 103.02, 13.1)


@pytest.fixture(scope="module")
def register() -> Fold:
    """A field drawn in 2020, its eastern half cleared in May 2022, and drawn again in 2023."""
    hazards = mg.to_hazards(
        gpd.GeoDataFrame(
            {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
            geometry=[shapely.box(103, 13, 103.01, 13.01)],
            crs=4326,
        )
    )
    later = to_events(
        gpd.GeoDataFrame(
            {
                "event_id": ["clear", "again"],
                "hazard_id": "AP-1",
                "event_type": ["cleared", "amended"],
                "happened_on": ["2022-05-01", "2023-05-01"],
                "recorded_at": ["2022-06-01T08:00:00Z", "2023-06-01T08:00:00Z"],
            },
            geometry=[EAST, shapely.box(103, 13, 103.01, 13.01)],
            crs=4326,
        )
    )
    return fold(pd.concat([registered_events(hazards), later]))


def accidents(*rows: tuple[str, float, float], **columns: object) -> gpd.GeoDataFrame:
    days, x, y = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"happened_on": days, **columns}, geometry=gpd.points_from_xy(x, y), crs=4326,
        index=[f"A-{number}" for number in range(len(rows))],
    )  # fmt: skip


def test_the_same_place_on_other_days(register: Fold) -> None:
    place = (103.008, 13.005)
    days = ["2020-01-30", "2020-01-31", "2022-04-30", "2022-05-01", "2023-04-30", "2023-05-01"]
    found = ground_of_points(accidents(*((day, *place) for day in days)), register)
    assert found["ground"].tolist() == [
        "unknown", "hazard", "hazard", "released", "released", "hazard",
    ]  # fmt: skip
    assert found["event_id"].tolist()[3:5] == ["clear", "clear"]
    assert found["released_on"].iloc[3] == pd.Timestamp("2022-05-01")
    assert found.index.tolist() == [f"A-{number}" for number in range(6)]


def test_near_a_hazard_is_as_far_as_the_ellipsoid_says(register: Fold) -> None:
    x = 103.0 - np.array([0.001, 0.004, 0.0045, 0.0047])
    found = ground_of_points(accidents(*(("2021-01-01", each, 13.005) for each in x)), register)
    geod = pyproj.Geod(ellps="WGS84")
    true = [geod.inv(each, 13.005, 103.0, 13.005)[2] for each in x]
    assert found["ground"].tolist() == ["nearby"] * 3 + ["unknown"]
    assert found["distance_m"].tolist()[:3] == pytest.approx(true[:3], abs=0.05)
    assert true[2] < 500 < true[3]
    assert np.isnan(found["distance_m"].iloc[3])


def test_released_land_beside_a_hazard_is_released_land(register: Fold) -> None:
    found = ground_of_points(accidents(("2022-07-01", 103.0051, 13.005)), register)
    assert found["ground"].tolist() == ["released"]


def test_a_missing_point_is_unknown_to_us_too(register: Fold) -> None:
    points = accidents(("2022-07-01", 103.0051, 13.005), ("2022-07-01", 0, 0))
    points = points.set_geometry([points.geometry.iloc[0], None], crs=4326)
    found = ground_of_points(points, register)["ground"]
    assert found.iloc[0] == "released"
    assert pd.isna(found.iloc[1])


def test_against_a_brute_force_of_folds(register: Fold) -> None:
    rng = np.random.default_rng(4)
    days = pd.Timestamp("2019-12-01") + pd.to_timedelta(rng.integers(0, 1400, 60), unit="D")
    x, y = rng.uniform(102.99, 103.02, 60), rng.uniform(12.99, 13.02, 60)
    points = accidents(*zip(days.strftime("%Y-%m-%d"), x, y, strict=True))
    found = ground_of_points(points, register)
    whole, west = shapely.box(103, 13, 103.01, 13.01), shapely.box(103, 13, 103.005, 13.01)
    for (_, row), point, day in zip(found.iterrows(), points.geometry, days, strict=True):
        state = (
            None if day < pd.Timestamp("2020-01-31")
            else whole if day < pd.Timestamp("2022-05-01")
            else west if day < pd.Timestamp("2023-05-01")
            else whole
        )  # fmt: skip
        past = day >= pd.Timestamp("2022-05-01") and point.within(whole) and point.x > 103.005
        if state is not None and point.within(state):
            assert row["ground"] == "hazard"
        elif past:
            assert row["ground"] == "released"
        else:
            assert row["ground"] in ("nearby", "unknown")
            if state is None:
                assert row["ground"] == "unknown"


def test_what_is_wrong_is_said_in_a_line(register: Fold) -> None:
    good = accidents(("2022-07-01", 103, 13))
    with pytest.raises(OptionError, match="within_m must be from 0 to 5,000 m"):
        ground_of_points(good, register, within_m=-1)
    with pytest.raises(RecordError, match="lack the column found_on"):
        ground_of_points(good, register, day="found_on")
    with pytest.raises(RecordError, match="A-0: happened_on is no day"):
        ground_of_points(good.assign(happened_on="7/1/2022"), register)
    with pytest.raises(GeometryError, match="are points"):
        ground_of_points(good.set_geometry([shapely.box(0, 0, 1, 1)], crs=4326), register)
