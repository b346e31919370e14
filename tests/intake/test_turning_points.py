"""Turning points to polygons: order, closing, parts, and every way to be unclear."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.intake.points.turning_points import order_numbers, polygons

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]


def points(rows, order=None, part=None, record="A"):
    """Return a table of turning points from pairs."""
    table = pd.DataFrame(rows, columns=["lon", "lat"], dtype=float)
    table.insert(0, "record", record)
    if order is not None:
        table["order"] = order
    if part is not None:
        table["part"] = part
    return table


def codes(built):
    return [(key, finding.code) for key, finding in built.findings]


def test_points_become_a_polygon_in_order_of_entry():
    built = polygons(points(SQUARE))
    assert built.geometry["A"].wkt == "POLYGON ((0 0, 4 0, 4 3, 0 3, 0 0))"
    assert built.geometry["A"].area == 12
    assert not built.findings


@pytest.mark.parametrize(
    "numbers", [[1, 3, 2, 4], ["1", "3", "02", "4"], ["TP1", "TP 3", "tp-2", "4."], [0, 2, 1, 3]]
)
def test_points_become_a_polygon_in_order_of_their_numbers(numbers):
    mixed = [SQUARE[place] for place in (0, 2, 1, 3)]
    assert polygons(points(mixed, numbers)).geometry["A"].area == 12
    assert not polygons(points(mixed)).geometry["A"].is_valid


def test_start_and_end_points_stand_before_and_after_all_numbers():
    mixed = [SQUARE[place] for place in (3, 1, 2, 0)]
    built = polygons(points(mixed, ["EP", "1", "2", "SP"]))
    assert built.geometry["A"].wkt == "POLYGON ((0 0, 4 0, 4 3, 0 3, 0 0))"
    assert not built.findings


@pytest.mark.parametrize(
    "order",
    [None, [1, 2, 3, 4, 5], [1, 2, 3, 4, 1], [1, 2, 3, 4, None], ["SP", "1", "2", "3", "EP"]],
)
def test_a_last_point_on_the_first_closes_the_ring(order):
    built = polygons(points([*SQUARE, SQUARE[0]], order))
    assert shapely.get_num_coordinates(built.geometry["A"]) == 5
    assert not built.findings


def test_a_point_out_of_order_on_the_first_is_not_taken_for_the_closing():
    # Entered last, but number 3: the ring touches its start there, and that is kept.
    rows = [SQUARE[0], SQUARE[1], SQUARE[2], SQUARE[3], SQUARE[0]]
    built = polygons(points(rows, [1, 2, 4, 5, 3]))
    assert shapely.get_num_coordinates(built.geometry["A"]) == 6


@pytest.mark.parametrize(
    ("numbers", "code", "words"),
    [
        ([1, 2, 2, 3], "point_order", "stands twice: 2"),
        ([1, 2, 4, 5], "point_order", "missing before number 4"),
        ([2, 3, 4, 5], "point_order", "missing before number 2"),
        ([1, 2, 3, None], "point_order", "some turning points only: 1, 2, 3"),
        (["SP", "SP", "1", "2"], "point_order", "stands twice: SP"),
    ],
)
def test_unclear_numbers_leave_no_polygon(numbers, code, words):
    built = polygons(points(SQUARE, numbers))
    assert built.geometry["A"] is None
    assert codes(built) == [("A", code)]
    assert words in built.findings[0][1].message


def test_gaps_may_be_accepted_and_then_only_gaps():
    assert polygons(points(SQUARE, [2, 3, 5, 9]), gaps=True).geometry["A"].area == 12
    assert polygons(points(SQUARE, [2, 3, 3, 9]), gaps=True).geometry["A"] is None


def test_numbers_that_run_on_through_the_table_are_no_gaps():
    table = pd.concat([points(SQUARE, [1, 2, 3, 4]), points(SQUARE, [5, 6, 7, 8], record="B")])
    built = polygons(table)
    assert not built.findings
    assert built.geometry["B"].area == 12


def test_a_first_number_missing_is_seen_where_records_are_numbered_each():
    table = pd.concat([points(SQUARE, [1, 2, 3, 4]), points(SQUARE, [2, 3, 4, 5], record="B")])
    assert codes(polygons(table)) == [("B", "point_order")]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_corner_that_is_no_number_is_never_left_out(bad):
    rows = [*SQUARE[:2], (4.0, bad), SQUARE[3], (2.0, 4.0)]
    built = polygons(points(rows))
    assert built.geometry["A"] is None
    assert codes(built) == [("A", "bad_point")]


@pytest.mark.parametrize(
    "rows",
    [
        SQUARE[:1],
        SQUARE[:2],
        [*SQUARE[:2], SQUARE[0]],
        [SQUARE[0]] * 5,
        [SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[1]],
    ],
)
def test_fewer_than_three_different_points_are_no_polygon(rows):
    built = polygons(points(rows))
    assert built.geometry["A"] is None
    assert codes(built) == [("A", "few_points")]


def test_parts_make_one_multipolygon_each_with_its_own_numbers():
    second = [(x + 10, y) for x, y in SQUARE]
    table = points(SQUARE + second, [1, 2, 3, 4] * 2, part=["1"] * 4 + ["2"] * 4)
    built = polygons(table)
    assert built.geometry["A"].geom_type == "MultiPolygon"
    assert built.geometry["A"].area == 24
    assert not built.findings


def test_one_bad_part_leaves_no_polygon_at_all():
    table = points([*SQUARE, (9, 9), (9, 8)], part=["1"] * 4 + ["2"] * 2)
    built = polygons(table)
    assert built.geometry["A"] is None
    assert codes(built) == [("A", "few_points")]


def test_records_mixed_row_by_row_are_told_apart_and_stay_in_order_of_appearance():
    table = pd.concat([points(SQUARE, record=7), points(SQUARE[:3], record=3)])
    table = table.iloc[[0, 4, 1, 5, 2, 6, 3]]
    built = polygons(table)
    assert built.geometry.index.tolist() == [7, 3]
    assert [shape.area for shape in built.geometry] == [12, 6]


def test_a_ring_that_crosses_itself_is_kept_for_the_checks():
    bow = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]
    assert not polygons(points(bow)).geometry["A"].is_valid


def test_rows_without_record_and_empty_tables():
    assert polygons(points([], record="A")).geometry.empty
    built = polygons(points(SQUARE, record=None))
    assert built.geometry.empty
    assert not built.findings


def test_the_input_is_unchanged_and_its_index_does_not_count():
    table = points(SQUARE, ["1", "2", "3", "4"]).set_axis([5, 5, 0, 9])
    before = table.copy(deep=True)
    assert polygons(table).geometry["A"].area == 12
    pd.testing.assert_frame_equal(table, before)


def test_numbers_in_names():
    texts = pd.Series(["TP1", " 02 ", "3.5", "Start Point", "ep", "P1-2", "", None, "ក"])
    expected = [1, 2, 3.5, -np.inf, np.inf, np.nan, np.nan, np.nan, np.nan]
    np.testing.assert_array_equal(order_numbers(texts), expected)


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=0, max_size=9),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_shuffled_rows_with_numbers_give_the_same_polygons(rings, random):
    rows = [
        (f"AP-{record}", place + 1, x, y)
        for record, ring in enumerate(rings)
        for place, (x, y) in enumerate(ring)
    ]
    table = pd.DataFrame(rows, columns=["record", "order", "lon", "lat"])
    shuffled = table.iloc[random.sample(range(len(table)), len(table))]
    ordered, mixed = polygons(table.drop(columns="order")), polygons(shuffled)
    assert sorted(codes(ordered)) == sorted(codes(mixed))
    for record, ring in enumerate(rings):
        if not ring:
            continue
        shape = mixed.geometry[f"AP-{record}"]
        assert (shape is None) == (len(set(ring)) < 3)
        if shape is not None:
            corners = shapely.get_coordinates(shape)
            assert set(map(tuple, corners)) == set(ring)
            other = ordered.geometry[f"AP-{record}"]
            assert shape.wkt == other.wkt


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", None]),
            st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["1", "2", "3", "SP", "EP"])),
            st.floats(),
            st.floats(),
            st.sampled_from(["1", "2", None]),
        ),
        max_size=12,
    )
)
def test_any_table_gives_a_polygon_or_a_finding_for_each_record(rows):
    table = pd.DataFrame(rows, columns=["record", "order", "lon", "lat", "part"])
    table = table.astype({"order": "str", "part": "str", "lon": float, "lat": float})
    built = polygons(table)
    assert set(built.geometry.index) == set(table["record"].dropna())
    found = {key for key, _ in built.findings}
    assert all((shape is None) == (key in found) for key, shape in built.geometry.items())


HOLE = [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)]


def ringed(*rings):
    """Return points of rings, each given as (part, name of the ring, corners)."""
    return pd.concat(
        [points(xy, range(1, len(xy) + 1)).assign(part=part, ring=ring) for part, ring, xy in rings]
    )


@pytest.mark.parametrize("word", ["hole 1", "Hole", "inner", " interior ring"])
def test_a_hole_is_cut_out_of_its_own_part(word):
    other = [(x + 10, y) for x, y in SQUARE]
    built = polygons(
        ringed(("1", "outer", SQUARE), ("2", "outer", other), ("1", word, HOLE)).iloc[::-1]
    )
    assert not built.findings
    assert built.geometry["A"].is_valid
    assert built.geometry["A"].area == 12 - 1 + 12
    assert shapely.get_num_interior_rings(shapely.get_parts(built.geometry["A"])).sum() == 1


def test_two_holes_of_a_part_are_both_cut_out():
    second = [(x + 1.5, y) for x, y in HOLE]
    built = polygons(ringed(("1", "", SQUARE), ("1", "hole 1", HOLE), ("1", "hole 2", second)))
    assert built.geometry["A"].area == 12 - 2
    assert built.geometry["A"].geom_type == "Polygon"


@pytest.mark.parametrize(
    "rings",
    [
        [("1", "hole 1", HOLE)],
        [("1", "outer", SQUARE), ("2", "hole 1", HOLE)],
        [("1", "a", SQUARE), ("1", "b", [(x + 10, y) for x, y in SQUARE]), ("1", "hole", HOLE)],
    ],
)
def test_a_hole_without_one_outer_ring_leaves_no_polygon(rings):
    built = polygons(ringed(*rings))
    assert built.geometry["A"] is None
    assert codes(built) == [("A", "stray_hole")]
