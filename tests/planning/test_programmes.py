"""Programmes: progress from the ledger by hand, and targets that nobody gave."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import mine_geo as mg
from mine_geo.errors import RecordError
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import Fold, fold
from mine_geo.planning.programmes import programme_progress


@pytest.fixture(scope="module")
def register() -> Fold:
    """Two fields of 1,200,149 m²; half of the first was cleared in May 2022."""
    hazards = mg.to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": ["AP-1", "AP-2"],
                "kind": "ap_minefield",
                "province": "Battambang",
                "surveyed_on": ["2020-01-31", "2020-01-31"],
            },
            geometry=[shapely.box(103, 13, 103.01, 13.01), shapely.box(103.1, 13, 103.11, 13.01)],
            crs=4326,
        )
    )
    cleared = to_events(
        gpd.GeoDataFrame(
            {
                "event_id": ["e1"],
                "hazard_id": ["AP-1"],
                "event_type": ["cleared"],
                "happened_on": ["2022-05-01"],
                "recorded_at": ["2022-06-01T08:00:00Z"],
            },
            geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)],
            crs=4326,
        )
    )
    return fold(pd.concat([registered_events(hazards), cleared]))


def members(*ids: str, **columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"programme": "Strategy", "baseline_on": "2021-12-31", "hazard_id": ids, **columns}
    )


@pytest.mark.parametrize(
    ("year", "due", "on"),
    [(2022, 1.0, False), (2025, 0.25, True), (None, None, None)],
)
def test_progress_and_target(
    register: Fold, year: int | None, due: float | None, on: bool | None
) -> None:
    (row,) = programme_progress(
        members("AP-1", target_year=[year]), register, today="2022-12-31"
    ).to_dict("records")
    assert (row["baseline_m2"], row["released_m2"]) == (1_200_149, 600_075)
    assert row["remaining_m2"] == 600_074
    assert row["done_share"] == pytest.approx(600_075 / 1_200_149)
    if due is None:
        assert pd.isna(row["due_share"])
        assert pd.isna(row["on_target"])
    else:
        assert row["due_share"] == pytest.approx(due)
        assert row["on_target"] == on


def test_a_target_of_some_is_no_target_of_all(register: Fold) -> None:
    found = programme_progress(
        members("AP-1", "AP-2", target_year=[2025, None]), register, today="2022-12-31"
    )
    assert found["hazards"].tolist() == [2]
    assert found["target_year"].isna().all()


def test_what_was_released_before_the_baseline_is_no_progress(register: Fold) -> None:
    later = members("AP-1").assign(baseline_on="2022-05-01")
    found = programme_progress(later, register, today="2022-12-31")
    assert found["baseline_m2"].tolist() == [600_074]
    assert found["released_m2"].tolist() == [0]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (members("AP-9"), "not in the register: AP-9"),
        (members("AP-1", "AP-1"), "hazards twice in a programme: AP-1"),
        (members("AP-1").assign(baseline_on="1/2/2020"), "Strategy: baseline_on is no clear day"),
        (members("AP-1").drop(columns="programme"), "lack the column programme"),
        (members("AP-1", target_year=["soon"]), "target_year soon: not a year"),
        (
            members("AP-1", "AP-2").assign(baseline_on=["2021-12-31", "2022-12-31"]),
            "Strategy: several baselines",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(register: Fold, table: pd.DataFrame, says: str) -> None:
    with pytest.raises(RecordError, match=says):
        programme_progress(table, register, today="2022-12-31")
