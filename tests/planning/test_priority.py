"""Ranks: figures by hand, then what must hold whatever the values and weights."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
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
from mine_geo.geo import sample
from mine_geo.planning.criteria import value
from mine_geo.planning.weights import Criterion, WeightSet, frozen, read_weights

HEAD = 'name = "set"\ndecided_by = "MAPU"\ndecided_on = 2026-01-31\n'


BY_PROVINCE = '\n[allocation]\nby = "province"\n[allocation.shares]\n'


def weight_set(folder: Path, *criteria: str, head: str = HEAD, tail: str = "") -> WeightSet:
    text = head + "".join(f"\n[[criterion]]\n{each}\n" for each in criteria) + tail
    path = folder / "set.toml"
    path.write_text(text, encoding="utf-8")
    return read_weights(path)


def made(weights: dict[str, float], first: dict[str, str] | None = None) -> WeightSet:
    whole = sum(weights.values())
    criteria = tuple(
        Criterion(name, weight / whole, first=(first or {}).get(name, "high"), column=name)
        for name, weight in weights.items()
    )
    return WeightSet("set", "MAPU", dt.date(2026, 1, 31), "weights", criteria, None, frozen=False)


def fields(columns: dict[str, list[Any]], side: float = 0.01) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    drawn = [
        shapely.box(103 + 0.02 * n, 13, 103 + 0.02 * n + side, 13 + side) for n in range(count)
    ]
    ids = [f"AP-{n:03d}" for n in range(count)]
    return gpd.GeoDataFrame({"hazard_id": ids, **columns}, geometry=drawn, crs=4326)


def test_a_score_by_hand(tmp_path: Path) -> None:
    weights = weight_set(
        tmp_path,
        'name = "zone"\nweight = 3',
        'name = "slope"\nfirst = "low"\nweight = 1',
    )
    rows = fields({"zone": ["near", "far", "far", None], "slope": [2.0, 5.0, None, 1.0]})
    found = mg.priority(rows, weights)
    # Zone: far 2.5 of 3 others, near 1 of 3, unknown 0. Slope: 1 is first, then 2, then 5, unknown.
    assert found["contribution_zone"].tolist() == pytest.approx([0.25, 0.625, 0.625, 0])
    assert found["contribution_slope"].tolist() == pytest.approx([2 / 12, 1 / 12, 0, 3 / 12])
    assert found["score"].tolist() == pytest.approx([5 / 12, 8.5 / 12, 7.5 / 12, 3 / 12])
    assert found["priority_rank"].tolist() == [3, 1, 2, 4]
    assert found["partial"].tolist() == [False, False, True, True]
    assert found["missing"].tolist() == [None, None, "slope", "zone"]
    assert set(found["weights_hash"]) == {weights.hash}
    assert set(found["weights_decided_by"]) == {"MAPU"}
    assert set(found["weights_decided_on"]) == {"2026-01-31"}
    assert found["caution"].str.contains("low score is not safe land").all()


def test_rank_order_centroids_by_hand(tmp_path: Path) -> None:
    weights = weight_set(
        tmp_path, 'name = "a"\nfirst = "high"', 'name = "b"\nfirst = "low"',
        head=HEAD + 'method = "rank_order_centroid"\n',
    )  # fmt: skip
    assert [each.weight for each in weights.criteria] == [0.75, 0.25]


def test_closed_hazards_have_no_rank_and_count_nowhere() -> None:
    rows = fields({"a": [1.0, 2.0, 3.0], "status": ["open", "worked_on", "closed"]})
    found = mg.priority(rows, made({"a": 1}))
    assert found["priority_rank"].tolist() == [2, 1, pd.NA]
    assert found["score"].tolist()[:2] == [0.0, 1.0]
    assert np.isnan(found["score"].iloc[2])
    assert found["partial"].tolist() == [False, False, False]


def test_an_allocation_comes_before_the_order(tmp_path: Path) -> None:
    weights = weight_set(
        tmp_path,
        'name = "a"\nfirst = "high"\nweight = 1',
        tail=f"{BY_PROVINCE}Battambang = 0.5\nPailin = 0.25\n",
    )
    rows = fields(
        {"a": [9.0, 8, 7, 6, 5, 4, 3], "province_code": ["02", "02", "02", "24", "24", "03", None]}
    )
    # Of equal sizes: Battambang's come at 2, 4, 6, Pailin's at 4, 8, the others' at 4, 8 (a tie of
    # shares goes by the score).
    found = mg.priority(rows, weights)
    assert found["priority_rank"].tolist() == [1, 2, 5, 3, 6, 4, 7]
    whole = weight_set(
        tmp_path,
        'name = "a"\nfirst = "high"\nweight = 1',
        tail=f"{BY_PROVINCE}Pailin = 1.0\n",
    )
    assert mg.priority(rows, whole)["priority_rank"].tolist() == [3, 4, 5, 1, 2, 6, 7]


VALUES = st.one_of(st.none(), st.integers(-3, 3).map(float), st.floats(-1e6, 1e6))


@st.composite
def registers(draw: st.DrawFn) -> tuple[gpd.GeoDataFrame, WeightSet]:
    count = draw(st.integers(1, 9))
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    columns = {name: draw(st.lists(VALUES, min_size=count, max_size=count)) for name in names}
    weights = {name: draw(st.floats(0, 1)) for name in names}
    weights["a"] += 0.01
    first = {name: draw(st.sampled_from(["high", "low"])) for name in names}
    rows = fields({name: pd.array(cells, dtype="Float64") for name, cells in columns.items()})
    return rows.astype(dict.fromkeys(names, float)), made(weights, first)


@given(registers())
def test_contributions_add_up_and_ranks_are_whole(
    drawn: tuple[gpd.GeoDataFrame, WeightSet],
) -> None:
    rows, weights = drawn
    before = rows.copy()
    found = mg.priority(rows, weights)
    parts = found.filter(regex="^contribution_").sum(axis=1)
    assert (parts - found["score"]).abs().max() <= 1e-12
    assert found["score"].between(0, 1 + 1e-12).all()
    assert sorted(found["priority_rank"]) == list(range(1, len(rows) + 1))
    assert found.sort_values("priority_rank")["score"].is_monotonic_decreasing
    pd.testing.assert_frame_equal(rows, before)


@given(registers(), st.data())
def test_better_in_a_criterion_never_falls(
    drawn: tuple[gpd.GeoDataFrame, WeightSet], data: st.DataObject
) -> None:
    rows, weights = drawn
    criterion = data.draw(st.sampled_from(weights.criteria))
    place = data.draw(st.integers(0, len(rows) - 1))
    old = rows[criterion.name].iloc[place]
    new = data.draw(st.floats(-1e6, 1e6))
    better = rows.copy()
    if np.isnan(old):
        better.loc[place, criterion.name] = new
    else:
        step = abs(new) if criterion.first == "high" else -abs(new)
        better.loc[place, criterion.name] = old + step
    ranks = [mg.priority(each, weights)["priority_rank"].iloc[place] for each in (rows, better)]
    assert ranks[1] <= ranks[0]


@given(registers(), st.data())
def test_a_missing_value_never_raises_a_rank(
    drawn: tuple[gpd.GeoDataFrame, WeightSet], data: st.DataObject
) -> None:
    rows, weights = drawn
    criterion = data.draw(st.sampled_from(weights.criteria))
    place = data.draw(st.integers(0, len(rows) - 1))
    without = rows.copy()
    without.loc[place, criterion.name] = np.nan
    before, after = mg.priority(rows, weights), mg.priority(without, weights)
    assert after["priority_rank"].iloc[place] >= before["priority_rank"].iloc[place]
    assert after["partial"].iloc[place]
    # The others keep their order among themselves in that criterion.
    name = f"contribution_{criterion.name}"
    assert (after[name].drop(place) >= before[name].drop(place)).all()


def dominated(rows: gpd.GeoDataFrame, weights: WeightSet) -> list[tuple[int, int]]:
    ahead = np.column_stack(
        [
            np.nan_to_num(rows[c.name] * (1 if c.first == "high" else -1), nan=-np.inf)
            for c in weights.criteria
        ]
    )
    return [
        (one, other)
        for one in range(len(rows))
        for other in range(len(rows))
        if (ahead[one] >= ahead[other]).all() and (ahead[one] > ahead[other]).any()
    ]


@given(registers(), st.integers(1, 9))
def test_dominance_is_never_broken(drawn: tuple[gpd.GeoDataFrame, WeightSet], first: int) -> None:
    rows, weights = drawn
    ranks = mg.priority(rows, weights)["priority_rank"]
    often = mg.robustness(rows, weights, first=first, runs=50)["among_first"]
    for one, other in dominated(rows, weights):
        assert ranks[one] < ranks[other]
        assert often[one] >= often[other]
    assert often.sum() == pytest.approx(min(first, len(rows)))


@given(registers(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_further_columns_change_nothing(
    drawn: tuple[gpd.GeoDataFrame, WeightSet], chance: Any
) -> None:
    rows, weights = drawn
    places = list(range(len(rows)))
    chance.shuffle(places)
    moved = rows.iloc[places].assign(b_again=1.0, index_right=2)
    twice = pd.concat([moved, moved[["a"]]], axis=1)  # a column that stands twice, the same
    ours = mg.priority(rows, weights).loc[moved.index]
    pd.testing.assert_frame_equal(mg.priority(twice, weights), ours)
    often = [mg.robustness(each, weights, first=2, runs=20) for each in (rows, twice)]
    pd.testing.assert_frame_equal(often[1], often[0].loc[moved.index])


@given(registers())
def test_a_criterion_in_two_halves_counts_as_one(
    drawn: tuple[gpd.GeoDataFrame, WeightSet],
) -> None:
    rows, weights = drawn
    said = {each.name: each.weight for each in weights.criteria}
    first = {each.name: each.first for each in weights.criteria}
    halves = said | {"a": said["a"] / 2, "a2": said["a"] / 2}
    once = mg.priority(rows, weights)["score"]
    again = mg.priority(rows.assign(a2=rows["a"]), made(halves, first | {"a2": first["a"]}))
    np.testing.assert_allclose(again["score"], once, atol=1e-12)


def test_robustness_by_hand() -> None:
    # Two criteria that contradict each other: whose weight is the greater wins, half of the runs.
    rows = fields({"a": [1.0, 0.0], "b": [0.0, 1.0]})
    found = mg.robustness(rows, made({"a": 1, "b": 9}), first=1)
    assert found["among_first"].sum() == 1
    assert found["among_first"].iloc[0] == pytest.approx(0.5, abs=0.02)
    assert found["runs"].iloc[0] == 10_000
    again = mg.robustness(rows, made({"a": 1, "b": 9}), first=1)
    pd.testing.assert_frame_equal(found, again)
    for wrong in ({"first": 0}, {"first": 1, "runs": 0}, {"first": 1.5}, {"first": True}):
        with pytest.raises(OptionError, match="is no number"):
            mg.robustness(rows, made({"a": 1}), **wrong)  # type: ignore[arg-type]


class TestCriteria:
    ROWS = fields({"commune": ["x", "y", None]})

    def of(self, measure: str, layers: dict[str, Any], **said: Any) -> list[float]:
        found = value(self.ROWS, Criterion("c", 1, measure, layer="l", **said), {"l": layers})
        return found.tolist()

    def test_a_rank_that_communes_were_given(self) -> None:
        ranks = pd.DataFrame({"commune": ["y", "x", "z"], "rank": [1, 2, 3]})
        assert self.of("joined", ranks, key="commune", column="rank")[:2] == [2, 1]
        with pytest.raises(RecordError, match="stands several times"):
            self.of("joined", pd.concat([ranks, ranks]), key="commune", column="rank")

    def test_distance_is_the_geodesic_of_the_nearest(self) -> None:
        roads = gpd.GeoDataFrame(
            geometry=[shapely.LineString([(102, 13.1), (104, 13.1)]), None, shapely.Point(90, 1)],
            crs=4326,
        )
        # From 13.01 to 13.1 along the meridian: 0.09 degree of 110,631 m; the line lies straight.
        assert self.of("distance", roads) == pytest.approx([9956.8] * 3, abs=1)
        assert np.isnan(self.of("distance", roads.iloc[1:2])).all()
        touched = gpd.GeoDataFrame(geometry=[shapely.Point(103.005, 13.005)], crs=4326)
        assert self.of("distance", touched)[0] == 0
        with pytest.raises(CRSError, match="layer 'l'"):
            self.of("distance", roads.to_crs(32648))

    def test_accidents_within_a_radius_and_a_period(self) -> None:
        # 500 m north of the first hazard, then 1,500 m; inside; and one without a day at the third.
        accidents = gpd.GeoDataFrame(
            {"day": ["2024-05-01", "2024-06-01", "2010-01-01", None]},
            geometry=gpd.points_from_xy(
                [103.005, 103.005, 103.005, 103.045], [13.01452, 13.02356, 13.005, 13.005]
            ),
            crs=4326,
        )
        assert self.of("count", accidents, radius_m=1000) == [2, 0, 1]
        assert self.of("count", accidents, radius_m=499) == [1, 0, 1]
        since = self.of("count", accidents, radius_m=1000, since=dt.date(2020, 1, 1))
        assert since[:2] == [1, 0]
        assert np.isnan(since[2])  # it depends on the one whose day nobody knows
        until = self.of("count", accidents, radius_m=1000, until=dt.date(2010, 1, 1))
        assert until[:2] == [1, 0]

    def test_neighbours_that_are_released_are_those_of_others(self) -> None:
        released = self.ROWS[["hazard_id", "geometry"]].iloc[[0, 0, 1]]
        assert self.of("count", released, radius_m=1.0) == [2, 1, 0]
        assert self.of("count", released, radius_m=1.0, of_others=True) == [0, 0, 0]
        wide = self.of("count", released, radius_m=1200.0, of_others=True)
        assert wide == [1, 2, 1]  # 1.08 km from each to the next
        with pytest.raises(OptionError, match="no column 'hazard_id'"):
            self.of("count", released[["geometry"]], radius_m=1.0, of_others=True)

    def test_overlap_counts_each_square_metre_once(self) -> None:
        half = shapely.box(103, 13, 103.005, 13.01)
        land = gpd.GeoDataFrame(
            geometry=[half, half, shapely.box(103.03, 13, 103.06, 13.01)], crs=4326
        )
        expected = mg.size_m2([half, shapely.box(103.04, 13, 103.05, 13.01)])
        assert self.of("overlap", land) == [expected[0], 0, expected[1]]

    def test_a_layer_that_crosses_itself_is_refused(self) -> None:
        bow_tie = shapely.Polygon([(103, 13), (103.02, 13.02), (103.02, 13), (103, 13.02)])
        layer = gpd.GeoDataFrame(geometry=[None, bow_tie], crs=4326)
        with pytest.raises(GeometryError, match="layer 'l', row 2: invalid ring"):
            self.of("overlap", layer)

    def test_codes_that_lost_their_zeros_are_refused(self) -> None:
        table = pd.DataFrame({"commune": ["1", "2"], "mapu": [1, 2]})
        with pytest.raises(RecordError, match=r"no commune of the hazards \(x and 1 more\)"):
            self.of("joined", table, key="commune", column="mapu")

    def test_what_is_not_there_is_refused(self) -> None:
        with pytest.raises(OptionError, match="layer 'l' is not given"):
            value(self.ROWS, Criterion("c", 1, "distance", layer="l"), {})
        with pytest.raises(OptionError, match="there is no column 'slope'"):
            value(self.ROWS, Criterion("c", 1, column="slope"), {})
        with pytest.raises(RecordError, match="x, y is no number"):
            value(self.ROWS, Criterion("c", 1, column="commune"), {})
        with pytest.raises(RecordError, match="y is not in its order"):
            value(self.ROWS, Criterion("c", 1, column="commune", order=("x",)), {})
        with pytest.raises(OptionError, match="is to be the path of a raster"):
            self.of("raster", self.ROWS)
        with pytest.raises(OptionError, match="is no table"):
            self.of("distance", "roads.gpkg")  # type: ignore[arg-type]
        double = pd.concat([self.ROWS.assign(v=1.0), pd.Series([2.0, 1, 1], name="v")], axis=1)
        with pytest.raises(RecordError, match="2 columns are called 'v' and differ"):
            value(double, Criterion("c", 1, column="v"), {})


def test_ranks_are_of_hazards_with_ids_of_their_own() -> None:
    rows = fields({"a": [1.0, 2.0]})
    for ids, said in ((["X", "X"], "X stands twice"), (["X", None], "one is missing")):
        with pytest.raises(RecordError, match=said):
            mg.priority(rows.assign(hazard_id=ids), made({"a": 1}))
    with pytest.raises(RecordError, match="no hazard_id"):
        mg.priority(rows.drop(columns="hazard_id"), made({"a": 1}))
    with pytest.raises(MixedError, match="several kinds"):
        mg.priority(rows.assign(kind=["ap_minefield", "other_erw"]), made({"a": 1}))
    with pytest.raises(CRSError, match="to_crs"):
        mg.priority(rows.to_crs(32648), made({"a": 1}))


COUNT = 'first = "low"\nweight = 1\nmeasure = "count"\n'
RASTER = 'first = "low"\nweight = 1\nmeasure = "raster"\nlayer = "x"\n'


class TestWeightSets:
    GOOD = 'name = "a"\nfirst = "high"\nweight = 1'

    @pytest.mark.parametrize(
        ("criterion", "said"),
        [
            ('first = "high"\nweight = -0.1', "weight -0.1 is negative"),
            ('first = "high"\nweight = "much"', "weight 'much' is not a number"),
            ('first = "high"\nweight = nan', "weight nan is not a number"),
            ('first = "high"\nweight = inf', "weight inf is not a number"),
            ('first = "high"\nweight = true', "weight True is not a number"),
            ('first = "high"\nweight = 0', "all weights together are 0"),
            ('first = "high"', "has no weight"),
            ("weight = 1", "say which values come first"),
            ('first = "big"\nweight = 1', "say which values come first"),
            ('first = "low"\norder = ["x"]\nweight = 1', "both order and first"),
            ('order = ["x", "x"]\nweight = 1', "each of them once"),
            ('first = "low"\nweight = 1\nhue = 3', "'hue' is unknown; valid: name"),
            ('first = "low"\nweight = 1\nmeasure = "feel"', "measure 'feel' is unknown"),
            ('first = "low"\nweight = 1\nmeasure = "count"', "needs layer.*needs radius_m"),
            (f'{COUNT}layer = "x"\nradius_m = -3', "radius_m -3 is no distance"),
            (f'{COUNT}layer = "x"\nradius_m = 1\nsince = "x"', "since 'x' is no day"),
            (f'{COUNT}radius_m = 1\nlayer = ""', "layer '' is no text"),
            (f"{RASTER}band = 0", "band 0 is no number from 1"),
            (f'{RASTER}how = "median"', "how 'median' is unknown; valid: mean, max, min, sum"),
            (f'{RASTER}quantity = "count"', "counts in cells are summed"),
            (f'{RASTER}how = "sum"\nquantity = "slope"', "of slopes there is how"),
            ('first = "low"\nweight = 1\nmeasure = []', r"measure \[\] is unknown"),
            (f'first = "low"\nweight = 1{"0" * 400}', "is not a number"),
            (f'{COUNT}layer = "x"\nradius_m = 1\nof_others = 1', "of_others 1 is neither"),
        ],
    )
    def test_a_bad_criterion_is_one_line(self, tmp_path: Path, criterion: str, said: str) -> None:
        with pytest.raises(OptionError, match=said) as caught:
            weight_set(tmp_path, f'name = "a"\n{criterion}')
        assert "\n" not in str(caught.value)
        assert "set.toml" in str(caught.value)

    @pytest.mark.parametrize(
        ("head", "tail", "said"),
        [
            ("", "", "name is missing.*decided_by is missing.*decided_on is no day"),
            (HEAD + 'method = "vote"\n', "", "method 'vote' is unknown; valid: weights"),
            (HEAD + "x = 1\n", "", "'x' is unknown"),
            (HEAD, '[allocation]\nby = "village"\n[allocation.shares]\na = 1', "valid: province"),
            (HEAD, '[allocation]\nby = "operator"', "allocation: say by"),
            (
                HEAD,
                '[allocation]\nby = "operator"\n[allocation.shares]\na = 0.7\nb = 0.7',
                "all shares together are 1.4, over 1",
            ),
            (
                HEAD,
                '[allocation]\nby = "operator"\n[allocation.shares]\na = -1\nb = "x"',
                "share -1 of 'a' is not over 0.*'x' of 'b' is not a number",
            ),
            (HEAD, f'{BY_PROVINCE}BTB = 0.4\n"02" = 0.3', "'BTB' and '02' are one province"),
            (HEAD, f"{BY_PROVINCE}Batambang = 0.4", "no province 'Batambang'; did you mean"),
        ],
    )
    def test_a_bad_set_is_one_line(self, tmp_path: Path, head: str, tail: str, said: str) -> None:
        with pytest.raises(OptionError, match=said) as caught:
            weight_set(tmp_path, self.GOOD, head=head, tail=tail)
        assert "\n" not in str(caught.value)

    def test_what_is_no_set(self, tmp_path: Path) -> None:
        with pytest.raises(OptionError, match="there is no criterion"):
            weight_set(tmp_path)
        with pytest.raises(OptionError, match="stands 2 times"):
            weight_set(tmp_path, self.GOOD, self.GOOD)
        with pytest.raises(OptionError, match="is no word of a-z"):
            weight_set(tmp_path, 'name = "A b"\nfirst = "low"\nweight = 1')
        with pytest.raises(FileError, match="cannot be read"):
            read_weights(tmp_path / "none.toml")
        (tmp_path / "bad.toml").write_text(f"{HEAD}x = 1{'0' * 5000}")
        with pytest.raises(FileError, match="is no TOML"):
            read_weights(tmp_path / "bad.toml")
        (tmp_path / "bad.toml").write_text("name =")
        with pytest.raises(FileError, match="is no TOML"):
            read_weights(tmp_path / "bad.toml")

    def test_an_operator_that_nobody_has_is_refused(self, tmp_path: Path) -> None:
        weights = weight_set(
            tmp_path, self.GOOD, tail='[allocation]\nby = "operator"\n[allocation.shares]\nMAGG = 1'
        )
        rows = fields({"a": [1.0], "operator": ["MAG"]})
        with pytest.raises(OptionError, match="no hazard has the operator MAGG; there are MAG"):
            mg.priority(rows, weights)
        with pytest.raises(OptionError, match="no column 'operator'"):
            mg.priority(rows.drop(columns="operator"), weights)

    def test_the_hash_is_of_what_is_said_not_of_how(self, tmp_path: Path) -> None:
        one = weight_set(tmp_path, 'name = "a"\nfirst = "high"\nweight = 1')
        same = weight_set(tmp_path, '# a comment\nweight = 1.0\nfirst = "high"\nname = "a"')
        other = weight_set(tmp_path, 'name = "a"\nfirst = "low"\nweight = 1')
        later = weight_set(tmp_path, self.GOOD, head=HEAD.replace("01-31", "02-01"))
        assert one.hash == same.hash
        assert len({one.hash, other.hash, later.hash}) == 3

    def test_a_hash_holds_when_more_can_be_said(self, tmp_path: Path) -> None:
        # Of what the set leaves as it is nothing is in the hash: a set that was frozen before a
        # further word was known has the same one. This one was computed from the text alone.
        found = weight_set(tmp_path, self.GOOD)
        said = {
            "name": "set", "decided_by": "MAPU", "decided_on": "2026-01-31", "method": "weights",
            "criteria": [{"name": "a", "weight": 1.0, "column": "a"}], "allocation": None,
        }  # fmt: skip
        text = json.dumps(said, sort_keys=True)
        assert found.hash == hashlib.sha256(text.encode()).hexdigest()

    def test_what_was_frozen_and_changed_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "frozen.toml"
        path.write_text(frozen(sample.path("weights")), encoding="utf-8")
        found = read_weights(path)
        assert found.frozen
        assert found.hash == read_weights(sample.path("weights")).hash
        assert frozen(path) == path.read_text(encoding="utf-8")
        path.write_text(path.read_text("utf-8").replace("weight = 0.35", "weight = 0.36"))
        with pytest.raises(OptionError, match="was changed after it was frozen"):
            read_weights(path)


@pytest.mark.untraced
def test_the_sample_ranks_far_before_near() -> None:
    split = mg.border_split(
        gpd.read_file(sample.path("minefields")).iloc[::12], mg.read_border(sample.path("border"))
    )
    rasters = {name: sample.path(name) for name in ("terrain", "population")}
    found = mg.priority(split, read_weights(sample.path("weights")), layers=rasters)
    assert sorted(found["priority_rank"]) == list(range(1, len(split) + 1))
    means = found.groupby(split["zone"])["priority_rank"].mean()
    assert means["far"] < means["near"]
