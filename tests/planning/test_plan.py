"""Plans: Table 4 to the dollar, the closed forms, the balance, and what bad inputs are told."""

import dataclasses
import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo.errors import (
    CRSError,
    FileError,
    GeometryError,
    MixedError,
    OptionError,
    RecordError,
)
from mine_geo.planning.plan import Plan, make_plan
from mine_geo.planning.plan_inputs import Capacity, PlanInputs, Shares, Spread, read_plan
from mine_geo.tables.published import published_table

KM2 = 1_000_000
PROVINCES = {"01": "Banteay Meanchey", "02": "Battambang", "17": "Siem Reap"}


def split_of(*rows: tuple[str, int, int, float], **columns: object) -> gpd.GeoDataFrame:
    """Return a split by hand: province, far m², near m², distance to the border."""
    codes, far, near, distance = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "hazard_id": [f"AP-{number}" for number in range(len(rows))],
            "kind": "ap_minefield",
            "province_code": codes,
            "province": [PROVINCES[code] for code in codes],
            "size_m2": np.add(far, near),
            "near_size_m2": near,
            "far_size_m2": far,
            "zone": np.where(np.array(near) > 0, "near", "far"),
            "border_distance_m": distance,
            "threshold_m": 7000.0,
            "rule": "edge",
            **columns,
        },
        geometry=[
            shapely.box(103 + number / 50, 13, 103.01 + number / 50, 13.01)
            for number in range(len(rows))
        ],
        crs=4326,
    )


def inputs(*capacity: Capacity, **more: object) -> PlanInputs:
    return PlanInputs("by hand", dt.date(2026, 1, 1), capacity, **more)


@pytest.fixture(scope="module")
def sample_split() -> gpd.GeoDataFrame:
    hazards = mg.read_hazards(mg.sample.path("minefields"))
    border = mg.read_border(mg.sample.path("border"))
    return mg.border_split(hazards, border, include_coast=True)


def test_table_4_to_the_dollar(sample_split: gpd.GeoDataFrame) -> None:
    plan = make_plan(sample_split, read_plan(mg.sample.path("workplan_2023")))
    printed = published_table("wp2023_table4")
    for ours, theirs in (("released_m2", "released_m2"), ("cost_usd", "usd")):
        assert plan.years[ours].tolist() == printed[theirs].tolist()
    assert plan.years["year"].tolist() == [2023, 2024, 2025]
    assert plan.years["cost_usd"].sum() == 175_090_119
    first = plan.years.iloc[0]
    assert (first["far_released_m2"], first["near_released_m2"]) == (327_881_692, 17_402_819)
    assert "17,402,819 lie in the near zone" in plan.remarks[0]
    assert "No newly found land is reckoned with: the plan gives no inflow." in plan.remarks
    # The three provinces without near land are finished when the country's far land is.
    early = plan.remaining[plan.remaining["years"] < 1]
    assert early["province"].tolist() == ["Kampong Thom", "Mondul Kiri", "Siem Reap"]
    assert early["years"].tolist() == pytest.approx([327_881_692 / 345_284_511] * 3)


@pytest.mark.parametrize(
    ("capacity", "inflow", "years"),
    [(130, 0, 3.61), (168, 0, 2.79), (78.2, 0, 6.00), (130, 21, 4.30)],
)
def test_the_closed_forms(capacity: float, inflow: float, years: float) -> None:
    split = split_of(("01", 200 * KM2, 0, 9e3), ("02", 0, 269 * KM2, 1e3))
    plan = make_plan(split, inputs(Capacity(round(capacity * KM2)), inflow_m2=round(inflow * KM2)))
    assert plan.takes_years == pytest.approx(469 / (capacity - inflow), abs=1e-6)
    assert round(plan.takes_years, 2) == years
    runs = dataclasses.replace(plan.inputs, spread=Spread(capacity=0.2, inflow=0.5, border_m=100))
    found = make_plan(split, runs).simulate(runs=10_000, seed=1)
    assert np.median(found.takes_years) == pytest.approx(plan.takes_years, rel=0.01)


@pytest.mark.parametrize("inflow", [130, 131])
def test_inflow_as_large_as_capacity_never_ends(inflow: int) -> None:
    split = split_of(("01", 200 * KM2, 269 * KM2, 1e3))
    plan = make_plan(split, inputs(Capacity(130 * KM2), inflow_m2=inflow * KM2))
    assert np.isinf(plan.takes_years)
    assert plan.verdict.startswith("Never finished")
    assert plan.years["year"].tolist() == [2026, 2027, 2028, 2029, 2030]
    assert plan.years["remaining_m2"].iloc[-1] == (469 + 5 * (inflow - 130)) * KM2
    assert not plan.remaining["on_time"].any()


def test_not_before_2031_is_an_answer() -> None:
    split = split_of(("01", 469 * KM2, 0, 9e3))
    plan = make_plan(split, inputs(Capacity(78_200_000), spread=Spread(capacity=0.05)))
    assert (round(plan.finished, 2), plan.verdict) == (
        2032.00,
        "Finished after 6.00 years (2031), not before 2031: in 2031.",
    )
    assert plan.remaining["remaining_m2"].tolist() == [(469 - 5 * 78.2) * KM2]
    table = plan.simulate(runs=1000).provinces
    assert table["verdict"].tolist() == ["not before 2031"] * 2
    assert table["on_time"].tolist() == [0, 0]


def test_a_plan_begins_within_a_year() -> None:
    # 31 March 2025: 275 of 365 days are left of the year.
    plan = make_plan(
        split_of(("01", 469 * KM2, 0, 9e3)),
        PlanInputs("by hand", dt.date(2025, 4, 1), (Capacity(130 * KM2),)),
    )
    assert plan.years["released_m2"].iloc[0] == round(130 * KM2 * 275 / 365)
    assert plan.takes_years == pytest.approx(469 / 130, abs=1e-8)
    assert plan.finished == pytest.approx(2025 + 90 / 365 + 469 / 130, abs=1e-8)


def test_the_capacity_of_a_province_works_there_alone() -> None:
    split = split_of(("01", 0, 100, 1e3), ("02", 300, 100, 1e3), ("17", 50, 0, 9e3))
    plan = make_plan(
        split, inputs(Capacity(60, "01", "MAG"), Capacity(100, "02"), Capacity(10, "17", "NPA"))
    )
    took = plan.provinces.pivot_table(index="year", columns="province_code", values="released_m2")
    assert took.loc[2026].tolist() == [60, 100, 10]
    assert took.loc[2027].tolist() == [40, 100, 10]
    years = plan.remaining.set_index("province_code")["years"]
    assert years.to_dict() == pytest.approx({"01": 100 / 60, "02": 4, "17": 5})
    assert plan.takes_years == 5
    # Far before near, in the province too.
    battambang = plan.provinces[plan.provinces["province_code"] == "02"].head(4)
    assert battambang["near_released_m2"].tolist() == [0, 0, 0, 100]


def test_outcomes_and_cost_by_hand() -> None:
    plan = make_plan(
        split_of(("01", 1000, 0, 9e3), ("02", 1000, 0, 9e3)),
        inputs(
            Capacity(2000),
            usd_m2=0.2,
            usd_m2_by_province={"02": 0.1},
            shares=Shares(0.25, 0.1),
            shares_by_province={"02": Shares(0.0, 1.0)},
            relative_cost={"cancelled": 0.0, "reduced": 0.5},
        ),
    )
    first, second = plan.provinces.to_dict("records")
    named = ["cancelled_m2", "reduced_m2", "cleared_m2"]
    assert [first[name] for name in named] == [250, 100, 650]
    assert [second[name] for name in named] == [0, 1000, 0]
    assert first["cost_usd"] == pytest.approx((50 + 650) * 0.2)
    assert second["cost_usd"] == pytest.approx(500 * 0.1)
    assert plan.years["cost_usd"].tolist() == [190]
    without = make_plan(split_of(("01", 1000, 0, 9e3)), inputs(Capacity(2000)))
    assert without.years["cost_usd"].isna().all()  # nobody said a cost: it is unknown, not 0


def test_scenarios_scale_capacity_cost_and_inflow() -> None:
    split = split_of(("01", 1000, 0, 9e3))
    plain = inputs(
        Capacity(100), inflow_m2=10, usd_m2=1.0,
        scenarios={"half": {"capacity": 0.5, "cost": 2.0, "inflow": 3.0}},
    )  # fmt: skip
    half = make_plan(split, plain, scenario="half").years.iloc[0]
    assert (half["released_m2"], half["inflow_m2"], half["cost_usd"]) == (50, 30, 100)
    with pytest.raises(OptionError, match="scenario 'twice' is unknown; valid: half"):
        make_plan(split, plain, scenario="twice")


def test_nothing_of_the_blocked_belt_is_released() -> None:
    split = split_of(("01", 0, 700, 100.0), ("01", 0, 300, 600.0), ("02", 500, 0, 9e3))
    plan = make_plan(split, inputs(Capacity(400), blocked_distance_m=500.0))
    assert plan.years["released_m2"].sum() == 800
    assert plan.remaining["blocked_m2"].tolist() == [700, 0]
    assert any("700 m² are blocked at the border" in said for said in plan.remarks)
    runs = make_plan(
        split,
        inputs(Capacity(400), blocked_distance_m=500.0, spread=Spread(capacity=0.9, border_m=5000)),
    ).simulate(runs=500)
    assert (runs.opening_m2 == 800).all()
    assert (runs.released_m2 <= 800).all()


def test_a_belt_of_polygons_is_cut_out() -> None:
    frame = split_of(("01", 0, 1, 1e3), ("02", 1, 0, 9e3))
    sizes = mg.size_m2(frame.geometry)
    frame = frame.assign(size_m2=sizes, near_size_m2=[sizes[0], 0], far_size_m2=[0, sizes[1]])
    belt = gpd.GeoDataFrame(geometry=[shapely.box(102, 12, 103.005, 14)], crs=4326)
    plan = make_plan(frame, inputs(Capacity(10 * KM2), belt=belt))
    half = mg.size_m2(gpd.GeoSeries([shapely.box(103, 13, 103.005, 13.01)], crs=4326))[0]
    assert plan.remaining["blocked_m2"].tolist() == [half, 0]
    assert plan.years["released_m2"].sum() == sizes.sum() - half
    with pytest.raises(CRSError, match="the blocked belt must be in EPSG:4326"):
        make_plan(frame, inputs(Capacity(10), belt=belt.to_crs(32648)))


def test_residual_land_is_left_out_and_shown() -> None:
    split = split_of(("01", 700, 0, 9e3), ("01", 300, 0, 9e3), residual=[True, None])
    plan = make_plan(split, inputs(Capacity(300)))
    assert plan.years["opening_m2"].tolist() == [300]
    assert plan.remaining["residual_m2"].tolist() == [700]
    assert any("700 m² are residual" in said for said in plan.remarks)


stocks = st.lists(
    st.tuples(
        st.sampled_from(["01", "02", "17"]),
        st.integers(0, 10**8),
        st.integers(0, 10**8),
        st.floats(0, 20_000),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(
    stocks,
    st.integers(0, 10**8),
    st.integers(0, 10**8),
    st.integers(0, 10**7),
    st.sampled_from(["far_first", "near_first", "together"]),
    st.dates(dt.date(2020, 1, 1), dt.date(2027, 12, 31)),
)
def test_every_square_metre_is_accounted_for(
    rows: list[tuple[str, int, int, float]],
    common: int,
    own: int,
    inflow: int,
    order: str,
    start: dt.date,
) -> None:
    plan = make_plan(
        split_of(*rows),
        PlanInputs(
            "drawn", start, (Capacity(common), Capacity(own, rows[0][0])), order=order,
            inflow_m2=inflow, shares=Shares(0.3, 0.2), blocked_distance_m=500.0,
            spread=Spread(0.5, 0.5, 0.5, 0.5, 500.0),
        ),
    )  # fmt: skip
    assert_balanced(plan)
    runs = plan.simulate(runs=20, seed=3)
    assert (runs.opening_m2 + runs.inflow_m2 - runs.released_m2 == runs.remaining_m2).all()
    assert (runs.opening_m2 == plan.ground.stock.sum()).all()
    assert (runs.remaining_m2 >= 0).all()


def assert_balanced(plan: Plan) -> None:
    for table in (plan.years, plan.provinces):
        assert (
            table["opening_m2"] + table["inflow_m2"] - table["released_m2"] == table["remaining_m2"]
        ).all()
        parts = table[["cancelled_m2", "reduced_m2", "cleared_m2"]]
        assert (parts >= 0).all(axis=None)
        assert (parts.sum(axis=1) == table["released_m2"]).all()
        assert (table["far_released_m2"] + table["near_released_m2"] == table["released_m2"]).all()
        left = table[["far_remaining_m2", "near_remaining_m2"]]
        assert (left >= 0).all(axis=None)
        assert (left.sum(axis=1) == table["remaining_m2"]).all()
    years = plan.years
    assert (years["opening_m2"].iloc[1:].to_numpy() == years["remaining_m2"].iloc[:-1]).all()
    split = plan.ground
    assert years["opening_m2"].iloc[0] == split.stock.sum()
    # No more than there are people for.
    most = sum(line.m2 for line in plan.inputs.capacity)
    assert (years["released_m2"] <= most + 2).all()


def test_the_order_of_rows_does_not_matter() -> None:
    rows = [("01", 700, 0, 9e3), ("02", 0, 301, 1e3), ("17", 333, 0, 8e3)]
    one, other = (make_plan(split_of(*each), inputs(Capacity(77))) for each in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(one.provinces, other.provinces)
    assert (
        one.simulate(runs=50).takes_years.tolist() == other.simulate(runs=50).takes_years.tolist()
    )


def test_the_same_seed_gives_the_same_runs() -> None:
    plan = make_plan(
        split_of(("01", 1000, 0, 9e3)), inputs(Capacity(77), spread=Spread(capacity=0.3))
    )
    one, again, other = (plan.simulate(runs=100, seed=seed) for seed in (5, 5, 6))
    assert one.takes_years.tolist() == again.takes_years.tolist() != other.takes_years.tolist()


def test_where_the_border_may_be_moves_land_between_the_zones() -> None:
    split = split_of(("01", 0, 500, 6_990.0), ("01", 500, 0, 7_010.0), ("01", 300, 0, 9e3))
    plan = make_plan(split, inputs(Capacity(400), spread=Spread(border_m=50.0)))
    left = plan.simulate(runs=2000).takes_years
    assert (left == 1300 / 400).all()  # how long it takes does not change
    moved = split.assign(rule="area")
    with pytest.raises(RecordError, match=r"only where zones were made by the rule edge"):
        make_plan(moved, inputs(Capacity(4), spread=Spread(border_m=50.0))).simulate(runs=2)


@pytest.mark.parametrize("runs", [0, -1, 2_000_000])
def test_a_number_of_runs_that_makes_no_sense(runs: int) -> None:
    plan = make_plan(split_of(("01", 10, 0, 9e3)), inputs(Capacity(77)))
    with pytest.raises(OptionError, match="runs must be from 1"):
        plan.simulate(runs=runs)


def test_what_cannot_be_planned() -> None:
    split = split_of(("01", 10, 0, 9e3))
    with pytest.raises(RecordError, match="names Siem Reap, where no hazard of this register is"):
        make_plan(split, inputs(Capacity(77, "17")))
    with pytest.raises(MixedError, match="the plan is of cluster_munition"):
        make_plan(split, inputs(Capacity(77), kind="cluster_munition"))
    with pytest.raises(MixedError):
        make_plan(
            split_of(("01", 1, 0, 9e3), ("01", 1, 0, 9e3), kind=["ap_minefield", "other_erw"]),
            inputs(Capacity(77)),
        )
    with pytest.raises(RecordError, match="no zones in this table"):
        make_plan(split.drop(columns="zone"), inputs(Capacity(77)))
    with pytest.raises(RecordError, match="too large to be m²"):
        make_plan(split, inputs(Capacity(2 * 10**18), inflow_m2=10**9))


GOOD = 'name = "x"\nstart = 2026-01-01\n[[capacity]]\nm2 = 5\n'
BAD = {
    "nothing": ("", "capacity: missing"),
    "not TOML": ("name = ", "not TOML"),
    "no name": (GOOD.replace('name = "x"', ""), "name: missing"),
    "start": (GOOD.replace("2026-01-01", '"1/2/2026"'), r"start \(line 2\): not a day"),
    "capacity": (GOOD.replace("m2 = 5", "m2 = -5"), r"capacity.m2 .*: -5 is not a number from 0"),
    "nan": (GOOD.replace("m2 = 5", "m2 = nan"), "capacity.m2 .*: nan is not a number"),
    "flag": (GOOD.replace("m2 = 5", "m2 = true"), "capacity.m2 .*: True is not a number"),
    "no m2": (GOOD.replace("m2 = 5", ""), "capacity.m2: None is not a number"),
    "province": (GOOD + 'province = "Batambang"\n', "no province 'Batambang'; did you mean"),
    "years": (GOOD + "years = { soon = 3 }\n", "'soon' is not a year of four digits"),
    "shares": (GOOD + "[shares]\ncancelled = 0.7\nreduced = 0.4\n", "together are 1.1, over 1"),
    "share": (GOOD + "[shares]\ncancelled = 1.2\n", "1.2 is not a number from 0 to 1"),
    "key": (GOOD + "[cost]\nusd = 0.2\n", "cost.usd .*: unknown; did you mean"),
    "order": ('order = "far"\n' + GOOD, "order .*'far' is unknown; valid: far_first"),
    "kind": ('kind = "mines"\n' + GOOD, "kind .*'mines' is unknown; valid: ap_minefield"),
    "scenario": (GOOD + "[scenarios.low]\nmoney = 0.5\n", "scenarios.low.money .*: unknown"),
    "belt": (GOOD + '[blocked]\npolygons = "no.gpkg"\n', "blocked.polygons .*no.gpkg"),
    "shape": ("shares = 3\n" + GOOD, "shares .*: not a table"),
    "twice": (GOOD + '[cost]\nby_province = { BTB = 1, "02" = 2 }\n', "Battambang stands twice"),
    "figures": (GOOD + f"[inflow]\nm2 = 1{'0' * 5000}\n", "not TOML"),
    "too large": (GOOD + f"[inflow]\nm2 = 1{'0' * 400}\n", "inflow.m2"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_plan_is_said_in_a_line(fault: str, tmp_path: Path) -> None:
    text, says = BAD[fault]
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(FileError, match=says) as error:
        read_plan(path)
    assert "\n" not in str(error.value)
    assert "plan.toml" in str(error.value)


def test_a_belt_that_crosses_itself_is_said_in_a_line(tmp_path: Path) -> None:
    bow_tie = shapely.Polygon([(103, 13), (103.02, 13.02), (103.02, 13), (103, 13.02)])
    belt = gpd.GeoDataFrame(geometry=[bow_tie], crs=4326)
    belt.to_file(tmp_path / "belt.gpkg")
    path = tmp_path / "plan.toml"
    path.write_text(GOOD + '[blocked]\npolygons = "belt.gpkg"\n')
    with pytest.raises(FileError, match=r"blocked.polygons .*belt.gpkg, row 1: invalid ring"):
        read_plan(path)
    with pytest.raises(GeometryError, match="the blocked belt, row 1: invalid ring"):
        make_plan(split_of(("01", 10, 0, 9e3)), inputs(Capacity(77), belt=belt))


def test_a_cost_that_is_not_given_is_not_nothing() -> None:
    split = split_of(("01", 10, 0, 9e3), ("02", 30, 0, 9e3), ("17", 0, 0, 9e3))
    lines = Capacity(10, "01"), Capacity(10, "02")
    plan = make_plan(split, inputs(*lines, usd_m2_by_province={"02": 0.5}))
    # In the first year land of 01 is released, whose cost nobody gave; then only land of 02.
    assert plan.years["cost_usd"].tolist() == [pd.NA, 5, 5]
    assert np.isnan(plan.simulate(runs=2).cost_usd).all()
    whole = make_plan(split, inputs(*lines, usd_m2_by_province={"01": 1.0, "02": 0.5}))
    assert whole.years["cost_usd"].tolist() == [15, 5, 5]
    assert whole.simulate(runs=2).cost_usd.tolist() == [25, 25]


def test_a_missing_plan_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        read_plan(tmp_path / "none.toml")


def test_all_that_a_file_may_say(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    belt = gpd.GeoDataFrame(geometry=[shapely.box(102, 12, 103.005, 14)], crs=4326)
    belt.to_file(tmp_path / "belt.geojson")
    path.write_text(
        'name = "All"\nkind = "ap_minefield"\nstart = 2026-01-01\nhorizon = 2030\n'
        'order = "near_first"\n'
        '[[capacity]]\nm2 = 5\nprovince = "BTB"\noperator = "MAG"\nyears = { 2027 = 7 }\n'
        "[cost]\nusd_m2 = 0.2\nby_province = { Pailin = 0.134 }\nrelative = { cancelled = 0.1 }\n"
        "[shares]\ncancelled = 0.1\nreduced = 0.2\nby_province = { Pailin = { cancelled = 0.5 } }\n"
        "[inflow]\nm2 = 21\nby_province = { Kep = 3 }\n"
        '[blocked]\ndistance_m = 500\npolygons = "belt.geojson"\n'
        "[spread]\ncapacity = 0.2\nborder_m = 50\n"
        "[scenarios.low]\ncapacity = 0.5\n"
    )
    found = read_plan(path)
    assert found.capacity == (Capacity(5, "02", "MAG", {2027: 7}),)
    assert [found.capacity[0].of(year) for year in (2026, 2027)] == [5, 7]
    assert found.usd_m2_by_province == {"24": 0.134}
    assert found.shares_by_province == {"24": Shares(0.5, 0.0)}
    assert found.inflow_by_province == {"23": 3}
    assert found.belt is not None
    assert found.belt.geometry.iloc[0].equals(belt.geometry.iloc[0])
    assert found.spread == Spread(capacity=0.2, border_m=50)
    assert found.scenarios == {"low": {"capacity": 0.5}}
    assert found.provinces() == {"02", "23", "24"}
    assert len(found.digest) == 64
