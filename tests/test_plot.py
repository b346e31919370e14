"""Charts: what is drawn is what the table says, told by the bars, marks and lines themselves."""

import csv
import datetime as dt
from collections.abc import Iterator

import geopandas as gpd
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import mine_geo as mg
from mine_geo.errors import MixedError, OptionError, RecordError
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.planning.plan_inputs import Capacity, PlanInputs

mpl.use("agg")


@pytest.fixture(autouse=True)
def no_figure_is_left() -> Iterator[None]:
    yield
    plt.close("all")


def own_axes():
    return Figure().add_subplot()


def totals_table(sizes):
    """Make a table by province of (near m², far m²)."""
    near, far = (np.array(column, dtype=np.int64) for column in zip(*sizes, strict=True))
    names = [f"P{place}" for place in range(len(sizes))]
    return pd.DataFrame(
        {
            "province": names,
            "province_code": [f"{place:02d}" for place in range(len(sizes))],
            "hazards": np.arange(len(sizes)) + 2,
            "size_m2": near + far,
            "near_hazards": np.arange(len(sizes)),
            "near_size_m2": near,
            "far_hazards": 2,
            "far_size_m2": far,
        }
    )


SIZES = st.lists(
    st.tuples(st.integers(0, 700_000_000), st.integers(0, 700_000_000)), min_size=1, max_size=25
)


@settings(max_examples=25, deadline=None)
@given(sizes=SIZES)
def test_the_bars_of_near_and_far_add_up_to_the_table(sizes):
    table = totals_table(sizes)
    before = table.copy()
    ax = mg.plot.near_far(table, ax=own_axes())
    in_m2 = {"km²": 1e6, "m²": 1}[ax.get_xlabel()]
    drawn = dict(zip(("near", "far"), ax.containers, strict=True))
    names = [label.get_text() for label in ax.get_yticklabels()]
    for zone, bars in drawn.items():
        said = dict(zip(names, (bar.get_width() * in_m2 for bar in bars), strict=True))
        expected = dict(zip(table["province"], table[f"{zone}_size_m2"], strict=True))
        assert said == pytest.approx(expected, abs=1e-3)
    for near, far in zip(*ax.containers, strict=True):  # far begins where near ends
        assert far.get_x() == pytest.approx(near.get_x() + near.get_width())
        assert far.get_y() == near.get_y()
    wholes = [near.get_width() + far.get_width() for near, far in zip(*ax.containers, strict=True)]
    assert wholes == sorted(wholes)  # the largest on top
    pd.testing.assert_frame_equal(table, before)


def test_sums_are_no_bar_and_hazards_are_counted():
    table = mg.totals(split_of([("AP-1", 300, "near"), ("AP-2", 169, "far")]), total=True)
    ax = mg.plot.near_far(table, measure="hazards", ax=own_axes())
    assert ax.get_xlabel() == "hazards"
    assert [[bar.get_width() for bar in bars] for bars in ax.containers] == [[1.0], [1.0]]


def split_of(rows):
    ids, sizes, zones = zip(*rows, strict=True)
    near = [size if zone == "near" else 0 for _, size, zone in rows]
    return gpd.GeoDataFrame(
        {
            "hazard_id": ids, "kind": "ap_minefield", "province": "Battambang",
            "province_code": "02", "in_workbench": False, "size_m2": sizes, "zone": zones,
            "near_size_m2": near,
            "far_size_m2": [size - part for size, part in zip(sizes, near, strict=True)],
            "border_distance_m": [1e3 if zone == "near" else 8e3 for zone in zones],
        }
    )  # fmt: skip


def test_units_of_one_name_are_told_apart():
    table = pd.DataFrame(
        {
            "province": ["Banteay Meanchey", "Oddar Meanchey"], "province_code": ["01", "22"],
            "district": ["Samraong", "Samraong"], "district_code": ["0105", "2204"],
            "near_size_m2": [2, 1], "far_size_m2": [0, 0],
        }
    )  # fmt: skip
    ax = mg.plot.near_far(table, ax=own_axes())
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Samraong (Oddar Meanchey)",
        "Samraong (Banteay Meanchey)",
    ]


def test_the_zones_can_be_told_apart_without_colour():
    ax = mg.plot.near_far(totals_table([(3, 4)]), ax=own_axes())
    near, far = (bars[0] for bars in ax.containers)
    assert bool(near.get_hatch()) != bool(far.get_hatch())


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.integers(0, 90_000_000)] * 3), min_size=1, max_size=12
    )
)  # fmt: skip
def test_the_bars_of_releases_are_those_of_the_table(rows):
    table = pd.DataFrame(rows, columns=["cancelled_m2", "reduced_m2", "cleared_m2"])
    table.insert(0, "year", range(2010, 2010 + len(rows)))
    ax = mg.plot.releases(table, ax=own_axes())
    in_m2 = {"km² released": 1e6, "m² released": 1}[ax.get_ylabel()]
    for outcome, bars in zip(("cancelled", "reduced", "cleared"), ax.containers, strict=True):
        heights = [bar.get_height() * in_m2 for bar in bars]
        assert heights == pytest.approx(table[f"{outcome}_m2"].tolist(), abs=1e-3)
    tops = [bar.get_y() + bar.get_height() for bar in ax.containers[-1]]
    assert np.array(tops) * in_m2 == pytest.approx(table.iloc[:, 1:].sum(axis=1), abs=1e-3)
    assert [label.get_text() for label in ax.get_xticklabels()] == [str(y) for y in table["year"]]


@pytest.mark.untraced
def test_releases_of_the_sample_are_drawn_as_published():
    hazards = mg.read_hazards(mg.sample.path("ledger_hazards"))
    events = to_events(pyogrio.read_dataframe(mg.sample.path("ledger_events")))
    state = mg.fold(pd.concat([registered_events(hazards), events], ignore_index=True))
    table = mg.releases(state, by="year", kind="ap_minefield", total=True)
    ax = mg.plot.releases(table, ax=own_axes())
    years = [label.get_text() for label in ax.get_xticklabels()]
    tops = [bar.get_y() + bar.get_height() for bar in ax.containers[-1]]
    drawn = dict(zip(years, tops, strict=True))
    with (mg.sample.path("published") / "wp2023_table2.csv").open(encoding="utf-8") as file:
        printed = list(csv.DictReader(file))  # as it stands there, not as it is read elsewhere
    for year in ("2020", "2021", "2022"):
        cells = [row[f"released_{year}_sqm"] for row in printed if row["no"].isdigit()]
        assert drawn[year] == pytest.approx(sum(int(cell or 0) for cell in cells) / 1e6, abs=1e-6)


def test_what_remains_is_a_bar_a_day_in_their_order():
    table = pd.DataFrame(
        {
            "as_of": ["2022-12-31", "2020-12-31", "2022-12-31"],
            "near_size_m2": [2_000_000, 5_000_000, 1_000_000],
            "far_size_m2": [10_000_000, 20_000_000, 0],
        }
    )
    ax = mg.plot.remaining(table, ax=own_axes())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2020-12-31", "2022-12-31"]
    assert [[bar.get_height() for bar in bars] for bars in ax.containers] == [[5, 3], [20, 10]]
    assert ax.get_ylabel() == "km² remaining"


def test_a_year_stands_for_its_last_day():
    table = pd.DataFrame({"year": [2026, 2027], "remaining_m2": [339, 209]})
    ax = mg.plot.remaining(table, ax=own_axes())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2026-12-31", "2027-12-31"]
    assert [bar.get_height() for bar in ax.containers[0]] == [339, 209]
    assert ax.get_legend() is None


def test_kinds_are_never_added_up():
    table = pd.DataFrame(
        {"day": "2022-12-31", "kind": ["ap_minefield", "cluster_munition"], "size_m2": [1, 2]}
    )
    with pytest.raises(MixedError, match="ap_minefield, cluster_munition"):
        mg.plot.remaining(table, ax=own_axes())


def sensitivity_table():
    rows = [
        (rule, coast, threshold, base + 10_000_000 * coast + int(threshold - 7000) * 20_000)
        for rule, base in (("edge", 350_000_000), ("centroid", 330_000_000))
        for coast in (False, True)
        for threshold in (6950.0, 7000.0, 7050.0)
    ]
    return pd.DataFrame(rows, columns=["rule", "include_coast", "threshold_m", "near_size_m2"])


def test_a_mark_is_the_middle_threshold_and_its_line_reaches_over_all():
    ax = mg.plot.sensitivity(sensitivity_table(), ax=own_axes())
    marks = [line.get_xdata().tolist() for line in ax.lines]
    assert marks == [[350.0], [330.0], [360.0], [340.0]]
    spans = [segments.get_segments()[0][:, 0].tolist() for segments in ax.collections]
    assert spans == [[349.0, 351.0], [329.0, 331.0], [359.0, 361.0], [339.0, 341.0]]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["land border", "with the coast"]
    assert {line.get_marker() for line in ax.lines} == {"o", "s"}  # apart without colour


def plan_of(name="by hand"):
    split = split_of([("AP-1", 300_000_000, "far"), ("AP-2", 169_000_000, "near")])
    return mg.make_plan(split, PlanInputs(name, dt.date(2026, 1, 1), (Capacity(130_000_000),)))


def test_a_fan_is_the_plan_by_hand_within_its_bands():
    plan = plan_of()  # 469 km², 130 a year
    simulation = plan.simulate(runs=50)
    ax = mg.plot.fan(plan, simulation, ax=own_axes())
    line = ax.lines[0]
    assert line.get_xdata().tolist() == [2026, 2027, 2028, 2029, 2030]
    assert line.get_ydata().tolist() == [469, 339, 209, 79, 0]
    wide, narrow = (band.get_paths()[0].get_extents() for band in ax.collections)
    assert wide.x0 == 2026
    assert wide.y1 == narrow.y1 == 469
    with pytest.raises(OptionError, match="another plan"):
        mg.plot.fan(plan_of(), simulation, ax=own_axes())


def test_axes_that_are_given_make_no_figure_and_others_one():
    given_ = own_axes()
    assert mg.plot.near_far(totals_table([(3, 4)]), ax=given_) is given_
    assert plt.get_fignums() == []
    mg.plot.near_far(totals_table([(3, 4)]))
    assert len(plt.get_fignums()) == 1


def test_figures_on_an_axis_have_separators():
    ax = mg.plot.near_far(totals_table([(3_000_000_000, 4_500_000_000)]), ax=own_axes())
    assert ax.xaxis.get_major_formatter()(7500, 0) == "7,500"
    assert [text.get_text() for text in ax.texts] == ["7,500"]


def test_invented_data_says_so():
    ax = mg.plot.releases(
        pd.DataFrame({"year": [1], "cancelled_m2": 1, "reduced_m2": 1, "cleared_m2": 1}),
        ax=own_axes(),
        synthetic=True,
    )
    assert any("SYNTHETIC" in text.get_text() for text in ax.texts)


@pytest.mark.parametrize(
    ("draw", "table", "says"),
    [
        (mg.plot.near_far, pd.DataFrame({"province": ["A"]}), "near_size_m2"),
        (mg.plot.near_far, totals_table([(1, 2)]).head(0), "no rows"),
        (mg.plot.releases, pd.DataFrame({"year": [2020], "cleared_m2": [1]}), "cancelled_m2"),
        (mg.plot.remaining, pd.DataFrame({"size_m2": [1]}), "day, as_of or year"),
        (mg.plot.remaining, pd.DataFrame({"day": ["?"], "size_m2": [1]}), "is no day"),
        (mg.plot.remaining, pd.DataFrame({"year": [2020], "size_m2": [None]}), "not known"),
        (mg.plot.sensitivity, pd.DataFrame({"rule": ["edge"]}), "include_coast"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, table, says):
    with pytest.raises(RecordError, match=says):
        draw(table, ax=own_axes())


def test_more_bars_than_can_be_read_are_refused():
    with pytest.raises(OptionError, match="61 rows"):
        mg.plot.near_far(totals_table([(1, 1)] * 61), ax=own_axes())
    with pytest.raises(OptionError, match="measure"):
        mg.plot.near_far(totals_table([(1, 1)]), measure="area", ax=own_axes())
