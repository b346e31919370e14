"""Capacity as done and efficiency: the published figures of 2024 from the sample's ledger."""

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest

import mine_geo as mg
from mine_geo.errors import RecordError
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import Fold, fold
from mine_geo.planning.capacity import (
    as_done,
    cha_share,
    cleared_nothing,
    efficiency,
    m2_an_item,
    team_rates,
)
from mine_geo.planning.plan_inputs import Capacity, PlanInputs


@pytest.fixture(scope="module")
def register() -> Fold:
    """The cluster-munition part of the sample at the end of 2024."""
    hazards = mg.read_hazards(mg.sample.path("ledger_hazards"))
    hazards = hazards[hazards["kind"] == "cluster_munition"]
    events = to_events(gpd.read_file(mg.sample.path("ledger_events")))
    events = events[events["hazard_id"].isin(hazards["hazard_id"])]
    return fold(pd.concat([registered_events(hazards), events]), as_of="2024-12-31")


def test_the_shares_of_2024(register: Fold) -> None:
    row = efficiency(register, kind="cluster_munition", year=2024, by=[]).iloc[0]
    assert row["cancelled_m2"] == 9_208_364
    assert row["reduced_m2"] == 4_436_132
    assert row["cleared_m2"] == 55_246_106
    shares = row[["nts_share", "ts_share", "clearance_share"]].astype(float) * 100
    assert shares.round(1).tolist() == [13.4, 6.4, 80.2]


def test_m2_a_submunition_of_each_operator(register: Fold) -> None:
    table = efficiency(register, kind="cluster_munition", year=2024).set_index("operator")
    found = table["m2_a_submunition"].astype("Float64").round().astype("Int64")
    assert found.loc[["CMAC", "NPA", "MAG"]].tolist() == [6098, 7578, 15736]
    assert table.loc["CMAC", "submunitions"] == 6833
    assert pd.isna(found["HALO"])  # it cancelled only


def test_the_share_of_confirmed_land(register: Fold) -> None:
    left = register.hazards[register.hazards["status"] != "closed"]
    assert round(100 * cha_share(left), 1) == 23.2


def test_as_done_beside_what_was_planned(register: Fold) -> None:
    plan = PlanInputs(
        "by hand",
        dt.date(2024, 1, 1),
        (Capacity(40_000_000, operator="CMAC"), Capacity(1, "16", "MAG"), Capacity(9)),
    )
    table = as_done(
        register, kind="cluster_munition", by=["operator"], since="2023-12-31", planned=plan
    ).set_index("operator")
    assert table.loc["CMAC", "released_m2"] == 41_667_854 + 2_214_499
    assert table.loc["CMAC", "planned_m2"] == 40_000_000
    assert table.loc["CMAC", "done_share"] == pytest.approx(43_882_353 / 40_000_000)
    assert pd.isna(table.loc["NPA", "planned_m2"])  # capacity for anybody is of no operator
    both = as_done(register, kind="cluster_munition", planned=plan, since="2023-12-31")
    assert both["released_m2"].sum() == 9_208_364 + 4_436_132 + 55_246_106
    mag = both[both["operator"] == "MAG"]
    assert mag["province_code"].tolist() == ["16"]
    assert mag["planned_m2"].tolist() == [1]
    assert "planned_m2" not in as_done(register, kind="cluster_munition")
    whole = as_done(register, kind="cluster_munition", by=[], planned=plan, since="2023-12-31")
    assert whole["planned_m2"].tolist() == [40_000_010]


def test_where_clearance_found_nothing(register: Fold) -> None:
    table = cleared_nothing(register, kind="cluster_munition", since="2023-12-31")
    effects = register.effects
    mine = effects[
        (effects["event_type"] == "cleared") & (effects["happened_on"] > pd.Timestamp("2023-12-31"))
    ]
    by_hand = {}
    for hazard, events in mine.groupby("hazard_id"):
        found = [row for _, row in events.iterrows() if row["cleared_m2"] > 0]
        items = [
            [row[name] for name in ("ap_mines", "av_mines", "submunitions", "uxo")] for row in found
        ]
        told = all(any(pd.notna(item) for item in each) for each in items)
        some = any(pd.notna(item) and item > 0 for each in items for item in each)
        if found and not some:
            by_hand[hazard] = "nothing" if told else "unknown"
    assert dict(zip(table["hazard_id"], table["found"], strict=True)) == by_hand
    assert table["cleared_m2"].is_monotonic_decreasing


def test_none_found_is_no_rate() -> None:
    rates = m2_an_item(pd.Series([10, 10, 10]), pd.Series([2, 0, None]))
    assert rates.iloc[0] == 5
    assert rates.isna().tolist() == [False, True, True]


def test_teams() -> None:
    teams = pd.DataFrame(
        {
            "method": ["dogs", "deminers", "dogs"],
            "team": ["A", "B", "C"],
            "working_months": [10, 17, 6],
            "released_m2": [3_000_000, 5_715_000, 2_722_500],
        }
    )
    table = team_rates(teams).set_index("method")
    assert table.loc["dogs", ["teams", "working_months", "released_m2"]].tolist() == [
        2, 16, 5_722_500,
    ]  # fmt: skip
    assert table.loc["dogs", "m2_a_month"] == pytest.approx(357_656.25)
    assert table.loc["deminers", "m2_a_month"] == pytest.approx(5_715_000 / 17)
    with pytest.raises(RecordError, match="teams B: working_months must be over 0"):
        team_rates(teams.assign(working_months=[1, 0, 1]))
    with pytest.raises(RecordError, match="lack the column working_months"):
        team_rates(teams.drop(columns="working_months"))


def test_a_day_that_is_not_clear_is_refused_as_everywhere(register: Fold) -> None:
    for day in ("May 2024", "2024", "13/05/2024"):
        with pytest.raises(RecordError, match="not a day that is clear"):
            cleared_nothing(register, kind="cluster_munition", since=day)
