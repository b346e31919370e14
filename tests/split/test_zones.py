"""The split: rules by hand on straight borders, thresholds, outside, sensitivity, properties."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import CRSError, GeometryError, OptionError, OutsideError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read_border, read_hazards
from mine_geo.split.distance import border_distance, border_nearest
from mine_geo.split.zones import border_sensitivity, border_split
from mine_geo.terms import HAZARD_COLUMNS, RULES, SPLIT_COLUMNS
from tests.hand import GEOD, cell_m2, geod_m, hazards, lines

MERIDIAN = lines([(103, 10), (103, 16)], neighbour="THA", accuracy_m=50.0)
PARALLEL = lines([(100, 13), (108, 13)], neighbour="THA")
NORTH_7KM = 13 + 7000 / geod_m(104, 13, 104, 14) * 1.0


def latitude_at(metres):
    """Return the latitude so many metres north of 13 N."""
    return GEOD.fwd(104, 13, 0, metres)[1]


def strip(south_m, north_m, west=104.0, east=104.01):
    """Return a rectangle from so many to so many metres north of 13 N."""
    return shapely.box(west, latitude_at(south_m), east, latitude_at(north_m))


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


@pytest.fixture(name="minefields", scope="module")
def _minefields():
    return read_hazards(sample.path("minefields"))


@pytest.fixture(name="around", scope="module")
def _around(minefields, border):
    """Some hazards, most of them near the threshold."""
    metres = border_distance(minefields, border)
    near = minefields[(metres > 5500) & (metres < 8000)]
    return pd.concat(
        [near.sample(150, random_state=1), minefields.sample(100, random_state=2)]
    ).drop_duplicates("hazard_id")


# By hand


@pytest.mark.parametrize(
    ("south", "north", "zones"),
    [
        (6000, 6800, "near near near near"),
        (6999, 7100, "near far far far"),
        (6000, 7900, "near near near near"),
        (6000, 8100, "near far far far"),
        (7001, 7100, "far far far far"),
    ],
)
def test_the_four_rules_on_a_straight_border(south, north, zones):
    field = hazards(strip(south, north))
    found = [border_split(field, PARALLEL, rule=rule).iloc[0] for rule in RULES]
    assert [row["zone"] for row in found] == zones.split()
    size = round(cell_m2(104, latitude_at(south), 104.01, latitude_at(north)))
    near = round(cell_m2(104, latitude_at(south), 104.01, latitude_at(np.clip(7000, south, north))))
    width = geod_m(104, 13, 104.01, 13)
    for rule, row in zip(RULES, found, strict=True):
        assert row["size_m2"] == size
        expected = near if rule == "area" else size if row["zone"] == "near" else 0
        assert row["near_size_m2"] == pytest.approx(expected, abs=width if rule == "area" else 0)
        assert row["near_size_m2"] + row["far_size_m2"] == size
        assert row["border_distance_m"] == pytest.approx(south, abs=0.05)
        assert row["border_margin_m"] == row["border_distance_m"] - 7000
        assert (row["rule"], row["neighbour"], row["threshold_m"]) == (rule, "THA", 7000)


@pytest.mark.parametrize("metres", [500, 7000, 50_000])
def test_the_cut_beside_a_meridian_is_right_to_a_metre(metres):
    """At 13 N the geodesic of 7 km off a meridian ends at fwd(103, lat, 90, 7000)."""
    north, south = 13.02, 13.0
    middle = GEOD.fwd(103, 13.01, 90, metres)[0]
    field = hazards(shapely.box(middle - 0.004, south, middle + 0.006, north))
    row = border_split(field, MERIDIAN, rule="area", threshold_m=metres).iloc[0]
    feet = np.linspace(south - 0.01, north + 0.01, 401)
    rim = np.array([GEOD.fwd(103, latitude, 90, metres)[:2] for latitude in feet])
    near = shapely.Polygon([*rim, (middle - 0.02, north + 0.01), (middle - 0.02, south - 0.01)])
    expected = exact_size_m2([near.intersection(field.geometry[0])])[0]
    assert 0.3 < expected / row["size_m2"] < 0.5
    assert row["near_size_m2"] == pytest.approx(expected, abs=geod_m(103, south, 103, north))
    assert row["zone"] == "far"


def test_exactly_at_the_threshold_is_far_and_a_hair_less_is_near():
    field = hazards(*[strip(7000, 7100)] * 4)
    given_m = [7000.0, np.nextafter(7000.0, 0), np.nextafter(7000.0, 8000), 0.0]
    known = pd.DataFrame({"border_distance_m": given_m, "neighbour": "THA"})
    split = border_split(field, PARALLEL, distances=known)
    assert split["zone"].tolist() == ["far", "near", "far", "near"]
    assert split["border_margin_m"].iloc[0] == 0
    whole = split["size_m2"].iloc[0]
    assert split["near_size_m2"].tolist() == [0, whole, 0, whole]


def test_touching_the_border_is_at_distance_zero():
    row = border_split(hazards(shapely.box(104, 13, 104.01, 13.01)), PARALLEL).iloc[0]
    assert (row["border_distance_m"], row["border_margin_m"], row["zone"]) == (0, -7000, "near")


def test_half_and_half_is_near_and_a_part_beyond_counts():
    """Two parts of one hazard, one near and one far, of nearly the same size."""
    near, far = strip(1000, 1500), strip(9000, 9500)
    smaller = strip(9000, 9498)
    field = hazards(
        shapely.MultiPolygon([near, smaller]), shapely.MultiPolygon([strip(1000, 1490), far])
    )
    for rule, zones in {"majority": ["near", "far"], "area": ["near", "far"]}.items():
        split = border_split(field, PARALLEL, rule=rule)
        assert split["zone"].tolist() == zones
    sizes = exact_size_m2([near, strip(1000, 1490)])
    assert split["near_size_m2"].tolist() == pytest.approx(np.rint(sizes).tolist(), abs=1)


def test_a_hole_does_not_count_on_either_side():
    outer, hole = strip(6000, 8000), strip(6200, 6800, 104.002, 104.008)
    field = hazards(shapely.Polygon(outer.exterior, [hole.exterior.coords]))
    row = border_split(field, PARALLEL, rule="area").iloc[0]
    expected = exact_size_m2([strip(6000, 7000)])[0] - exact_size_m2([hole])[0]
    assert row["near_size_m2"] == pytest.approx(expected, abs=1100)


def test_the_coast_counts_only_when_asked():
    both = lines(
        [(100, 13), (108, 13)],
        [(100, 14), (108, 14)],
        kind=["land", "coast"],
        neighbour=["THA", None],
    )
    field = hazards(shapely.box(104, 13.95, 104.01, 13.96))
    assert border_split(field, both)["zone"].tolist() == ["far"]
    row = border_split(field, both, include_coast=True).iloc[0]
    assert (row["zone"], row["include_coast"]) == ("near", True)
    assert pd.isna(row["neighbour"])


# The sample


@pytest.mark.parametrize("rule", RULES)
def test_sizes_add_up_index_is_kept_and_input_unchanged(around, border, rule):
    frame = around.set_axis([f"n{n}" for n in range(len(around))])
    before = frame.copy(deep=True)
    split = border_split(frame, border, rule=rule)
    assert_geodataframe_equal(frame, before)
    assert split.index.equals(frame.index)
    assert list(split.columns[: len(HAZARD_COLUMNS)]) == list(HAZARD_COLUMNS)
    assert set(SPLIT_COLUMNS) <= set(split.columns)
    assert (split["near_size_m2"] + split["far_size_m2"] == split["size_m2"]).all()
    assert (split[["near_size_m2", "far_size_m2"]] >= 0).all(axis=None)
    assert split[["near_size_m2", "far_size_m2"]].dtypes.tolist() == [np.int64, np.int64]
    shuffled = border_split(frame.sample(frac=1, random_state=3), border, rule=rule)
    assert_geodataframe_equal(shuffled.loc[split.index], split)
    parts = split["near_size_m2"] >= split["far_size_m2"]
    assert ((split["zone"] == "near") == (parts & (split["near_size_m2"] > 0))).all()


def test_edge_is_never_farther_than_another_rule_says(around, border):
    zones = {rule: border_split(around, border, rule=rule)["zone"] == "near" for rule in RULES}
    for rule in RULES:
        assert not (zones[rule] & ~zones["edge"]).any()
    assert (zones["majority"] == zones["area"]).all()
    assert (zones["edge"] & ~zones["centroid"]).any()


@settings(max_examples=6, deadline=None)
@given(st.floats(500, 12_000), st.floats(1, 2000), st.sampled_from(RULES))
def test_more_is_near_at_a_larger_threshold(around, border, threshold_m, more, rule):
    some = around.iloc[:80]
    one = border_split(some, border, threshold_m=threshold_m, rule=rule)
    two = border_split(some, border, threshold_m=threshold_m + more, rule=rule)
    assert (two["near_size_m2"] >= one["near_size_m2"] - (2 if rule == "area" else 0)).all()
    assert not ((one["zone"] == "near") & (two["zone"] == "far")).any()


def test_known_distances_give_the_same_split(around, border):
    known = border_nearest(around, border).sample(frac=1, random_state=5)
    assert_geodataframe_equal(
        border_split(around, border, distances=known), border_split(around, border)
    )


def test_sensitivity_is_each_split_added_up(around, border):
    some = around.iloc[:120]
    table = border_sensitivity(some, border)
    assert len(table) == 24
    for row in table[table["threshold_m"] != 6950].itertuples():
        split = border_split(
            some,
            border,
            rule=row.rule,
            include_coast=row.include_coast,
            threshold_m=row.threshold_m,
        )
        assert row.near_hazards == (split["zone"] == "near").sum()
        assert row.near_size_m2 == split["near_size_m2"].sum()
        assert row.far_size_m2 == split["far_size_m2"].sum()
    base = table[
        (table["rule"] == "edge") & ~table["include_coast"] & (table["threshold_m"] == 7000)
    ]
    assert base[["changed_hazards", "near_change_m2"]].to_numpy().tolist() == [[0, 0]]
    totals = table["near_size_m2"] + table["far_size_m2"]
    assert (totals == some["size_m2"].sum()).all()


def test_sensitivity_without_coast_or_accuracy():
    table = border_sensitivity(hazards(strip(6000, 8000)), PARALLEL)
    assert table["rule"].tolist() == list(RULES)
    assert table["near_hazards"].tolist()[0] == 1


# The country

COUNTRY = shapely.box(103, 12, 105, 14)
COAST = lines([(103, 10), (103, 16)], [(103, 12), (105, 12)], kind=["land", "coast"],
              neighbour=["THA", None], accuracy_m=50.0)  # fmt: skip


def wide(metres):
    """Return degrees of longitude for so many metres at 13 N."""
    return GEOD.fwd(103, 13, 90, metres)[0] - 103


@pytest.mark.parametrize("rule", RULES)
def test_reaching_over_the_border_stays_near_under_every_rule(rule):
    """A belt from 200 m beyond the border to 40 km within: its larger part and centroid are far."""
    field = hazards(shapely.box(103 - wide(200), 13, 103 + wide(40_000), 13.01))
    row = border_split(field, COAST, rule=rule, country=COUNTRY).iloc[0]
    assert (row["zone"], row["near_size_m2"]) == ("near", row["size_m2"])
    expected = cell_m2(103 - wide(200), 13, 103, 13.01)
    assert row["outside_m2"] == pytest.approx(expected, abs=1)
    without = border_split(field, COAST, rule=rule).iloc[0]
    assert without["zone"] == ("near" if rule == "edge" else "far")
    assert "outside_m2" not in without


@pytest.mark.parametrize(("metres", "counted"), [(49, False), (51, True)])
def test_reaching_out_counts_beyond_the_accuracy(metres, counted):
    field = hazards(shapely.box(103 - wide(metres), 13, 103 + wide(40_000), 13.01))
    row = border_split(field, COAST, rule="centroid", country=COUNTRY).iloc[0]
    assert (row["outside_m2"] > 0) == counted
    assert row["zone"] == ("near" if counted else "far")


def test_into_the_sea_is_outside_but_not_near():
    field = hazards(shapely.box(104, 12 - 0.01, 104.01, 12.3))
    row = border_split(field, COAST, country=COUNTRY).iloc[0]
    assert row["outside_m2"] == pytest.approx(cell_m2(104, 11.99, 104.01, 12), abs=1)
    assert row["zone"] == "far"
    assert border_split(field, COAST, country=COUNTRY, include_coast=True)["zone"].iloc[0] == "near"


@pytest.mark.parametrize("rule", RULES)
def test_a_part_far_beyond_the_border_keeps_the_hazard_near(rule):
    """Parts 9 km within and 9 km beyond: no edge nearer than 7 km, yet it is over the border."""
    parts = [shapely.box(103 + wide(9000), 13, 103 + wide(9500), 13.01),
             shapely.box(103 - wide(9100), 13, 103 - wide(9000), 13.01)]  # fmt: skip
    field = hazards(shapely.MultiPolygon(parts))
    row = border_split(field, COAST, rule=rule, country=COUNTRY).iloc[0]
    assert (row["zone"], row["near_size_m2"]) == ("near", row["size_m2"])
    assert row["outside_m2"] == pytest.approx(exact_size_m2(parts)[1], abs=1)


def test_wholly_outside_raises_or_is_kept_near():
    field = hazards(
        strip(100, 200),
        shapely.box(101, 13, 101.01, 13.01),
        shapely.box(13, 13, 13.1, 13.1).buffer(0),
    )
    field = field.iloc[:2]
    with pytest.raises(OutsideError, match="A1: wholly outside the country; check") as told:
        border_split(field, COAST, country=COUNTRY)
    assert "A0" not in str(told.value)
    kept = border_split(field, COAST, country=COUNTRY, on_outside="keep")
    assert kept["zone"].tolist()[1] == "near"
    assert kept["outside_m2"].tolist()[1] == kept["size_m2"].tolist()[1]


def test_the_country_as_frame_series_or_geometry_is_the_same(minefields, border):
    country = gpd.read_file(sample.path("country"))
    some = minefields.sample(100, random_state=8)
    splits = [
        border_split(some, border, country=form)
        for form in (country, country.geometry, country.union_all())
    ]
    assert_geodataframe_equal(splits[0], splits[1])
    assert_geodataframe_equal(splits[0], splits[2])
    plain = border_split(some, border)
    inside = splits[0]["outside_m2"] == 0
    assert inside.sum() > 90
    assert (plain["zone"] == splits[0]["zone"])[inside].all()


# Faults


@pytest.mark.parametrize("threshold", [0, -1, np.nan, np.inf, "7000", None])
def test_a_threshold_that_is_no_length(threshold):
    with pytest.raises(OptionError, match=r"threshold_m .* is not a length"):
        border_split(hazards(strip(1, 2)), PARALLEL, threshold_m=threshold)


def test_options_list_their_values():
    with pytest.raises(OptionError, match="valid: edge, centroid, majority, area"):
        border_split(hazards(strip(1, 2)), PARALLEL, rule="nearest")
    with pytest.raises(OptionError, match="valid: raise, keep"):
        border_split(hazards(strip(1, 2)), PARALLEL, on_outside="drop")


def test_a_known_distance_that_is_missing_is_never_far():
    field = hazards(strip(100, 200), strip(300, 400))
    known = pd.DataFrame({"border_distance_m": [100.0], "neighbour": "THA"})
    with pytest.raises(RecordError, match="A1: no border distance"):
        border_split(field, PARALLEL, distances=known)


def test_polygons_that_cannot_be_split_are_named():
    fine = strip(100, 200)
    with pytest.raises(GeometryError, match="A1: no polygon"):
        border_split(hazards(fine, None), PARALLEL)
    bow = shapely.Polygon([(104, 13.05), (104.1, 13.1), (104.1, 13.05), (104, 13.1)])
    for rule in ("majority", "area"):
        with pytest.raises(GeometryError, match=r"A1: invalid ring: Self-intersection\["):
            border_split(hazards(fine, bow), PARALLEL, rule=rule)
    with pytest.raises(GeometryError, match="A1: invalid ring"):
        border_sensitivity(hazards(fine, bow), PARALLEL)
    with pytest.raises(GeometryError, match="A1: invalid ring"):
        border_split(hazards(fine, bow), PARALLEL, country=COUNTRY)


def test_frames_that_cannot_be_split():
    field = hazards(strip(100, 200), strip(100, 200))
    with pytest.raises(CRSError):
        border_split(field.to_crs(32648), PARALLEL)
    with pytest.raises(OptionError, match="reset_index"):
        border_split(field.set_axis([1, 1]), PARALLEL)
    with pytest.raises(RecordError, match="A1: no size_m2"):
        border_split(field.assign(size_m2=[1.0, np.nan]), PARALLEL)


@pytest.mark.parametrize("rule", RULES)
def test_no_hazards_are_split_into_none(rule):
    nothing = to_hazards(hazards(strip(100, 200))).iloc[:0]
    split = border_split(nothing, PARALLEL, rule=rule, country=COUNTRY)
    assert split.empty
    assert set(SPLIT_COLUMNS) <= set(split.columns)
