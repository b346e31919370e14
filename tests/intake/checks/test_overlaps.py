"""Polygons against each other and against the register: by hand first, then by brute force."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.geo.geometry import exact_size_m2
from mine_geo.intake.checks import check_hazards
from mine_geo.intake.checks.shapes import normal_form
from tests.hand import cell_m2, hazards

SOUTH = 13.0
CODES = ["duplicate_polygon", "overlaps_hazard", "overlaps_register"]


def box(west, width=0.01, south=SOUTH, height=0.01):
    return shapely.box(103 + west, south, 103 + west + width, south + height)


def said(frame, **options):
    found = check_hazards(frame, **options)
    return found[found["code"].isin(CODES)].reset_index(drop=True)


def pairs(found):
    return list(zip(found["hazard_id"], found["code"], strict=True))


def kinds(*names):
    short = {"ap": "ap_minefield", "cm": "cluster_munition", "": None}
    return [short[name] for name in names]


# The same polygon


RING = [(103, 13), (103.01, 13), (103.02, 13.01), (103, 13.01)]
HOLE = [(103.001, 13.001), (103.003, 13.001), (103.003, 13.003), (103.001, 13.003)]


@pytest.mark.parametrize(
    "again",
    [
        shapely.Polygon(RING[2:] + RING[:2], [HOLE]),
        shapely.Polygon(RING[::-1], [HOLE[::-1]]),
        shapely.Polygon([RING[0], RING[0], *RING[1:], RING[3]], [HOLE]),
        shapely.MultiPolygon([shapely.Polygon(RING, [HOLE[1:] + HOLE[:1]])]),
        shapely.force_3d(shapely.Polygon(RING, [HOLE]), 7),
    ],
)
def test_the_same_polygon_however_it_is_written(again):
    drawn = shapely.Polygon(RING, [HOLE])
    found = said(hazards(drawn, again, kind=kinds("ap", "ap")))
    assert pairs(found) == [("A0", "duplicate_polygon"), ("A1", "duplicate_polygon")]
    assert found["severity"].tolist() == ["error", "error"]
    assert found["message"][0].startswith("the same polygon as A1 (")
    assert drawn.contains(found["place"][0])


def test_parts_in_another_order_are_the_same_polygon():
    one, other = box(0), box(0.1)
    frame = hazards(shapely.MultiPolygon([one, other]), shapely.MultiPolygon([other, one]))
    assert pairs(said(frame)) == [("A0", "duplicate_polygon"), ("A1", "duplicate_polygon")]


def test_the_same_polygon_of_another_kind_is_no_duplicate():
    assert said(hazards(box(0), box(0), kind=kinds("ap", "cm"))).empty
    assert said(hazards(box(0), box(0), kind=kinds("ap", ""))).empty


def test_three_of_one_polygon_name_each_other():
    found = said(hazards(box(0), box(0), box(0.5), box(0)))
    assert found["record"].tolist() == [1, 2, 4]
    assert "the same polygon as A1, A3 (" in found["message"][0]


def test_a_record_that_stands_twice_is_said_once():
    frame = hazards(box(0), box(0)).assign(hazard_id=["A", " a "])
    assert said(frame).empty
    assert "duplicate_id" in set(check_hazards(frame)["code"])


def test_records_without_id_are_compared():
    frame = hazards(box(0), box(0)).assign(hazard_id=[None, None])
    assert said(frame)["message"].str.contains("record ").all()
    assert len(said(frame)) == 2


def test_a_copy_that_differs_by_rounding_is_a_duplicate():
    drawn = box(0)
    moved = shapely.transform(drawn, lambda xy: xy + 1e-9)
    found = said(hazards(drawn, moved))
    assert pairs(found) == [("A0", "duplicate_polygon"), ("A1", "duplicate_polygon")]
    assert "the polygon of A1 but for less than 1 m²" in found["message"][0]


# One under another


def test_ninety_per_cent_of_the_smaller_is_said_of_both():
    # In one row of latitude, parts of a width are parts of the size.
    small, large = box(0), box(0.0005, width=0.05)  # 95 % of the small one
    found = said(hazards(small, large, kind=kinds("ap", "ap")))
    assert pairs(found) == [("A0", "overlaps_hazard"), ("A1", "overlaps_hazard")]
    m2 = cell_m2(103.0005, 13, 103.01, 13.01)
    assert found["message"][0].startswith(f"95% of it lies under A1 ({m2:,.0f} m²)")
    assert found["message"][1].startswith(f"95% of A0 ({m2:,.0f} m²) lies under it")
    assert small.intersection(large).contains(found["place"][0])


@pytest.mark.parametrize(("shift", "found"), [(0.000999, 2), (0.001001, 0)])
def test_the_limit_is_ninety_per_cent(shift, found):
    assert len(said(hazards(box(0), box(shift)))) == found
    assert len(said(hazards(box(0), box(shift)), overlap_share=0.5)) == 2


def test_many_hazards_under_one_are_counted_in_one_message():
    frame = hazards(box(0, width=0.2), *(box(0.02 * n) for n in range(1, 6)))
    found = said(frame)
    assert found["record"].tolist() == [1, 2, 3, 4, 5, 6]
    assert "and 2 more" in found["message"][0]


def test_hazards_that_touch_do_not_overlap():
    assert said(hazards(box(0), box(0.01)), overlap_share=1e-9).empty


@settings(max_examples=60)
@given(st.data())
def test_pairs_are_those_of_a_brute_force(data):
    count = data.draw(st.integers(2, 8))
    grid = st.integers(0, 6)
    side = st.integers(1, 6)
    frame = hazards(
        *(
            shapely.box(103 + x / 100, 13 + y / 100, 103 + (x + w) / 100, 13 + (y + h) / 100)
            for x, y, w, h in data.draw(
                st.lists(st.tuples(grid, grid, side, side), min_size=count, max_size=count)
            )
        ),
        kind=data.draw(
            st.lists(st.sampled_from(kinds("ap", "cm")), min_size=count, max_size=count)
        ),
    )
    share = data.draw(st.sampled_from([0.3, 0.5, 0.9, 1.0]))
    expected = set()
    shapes = frame.geometry.to_numpy()
    first = {}
    for n in range(count):
        first.setdefault((shapes[n].wkt, frame["kind"][n]), n)
    for a in range(count):
        for b in range(count):
            if a == b or frame["kind"][a] != frame["kind"][b]:
                continue
            if shapes[a].equals(shapes[b]):
                expected.add((f"A{a}", "duplicate_polygon"))
            elif {a, b} <= set(first.values()):
                inside, one, other = exact_size_m2(
                    [shapes[a].intersection(shapes[b]), shapes[a], shapes[b]]
                )
                if inside >= share * min(one, other) * (1 - 1e-9):
                    expected.add((f"A{a}", "overlaps_hazard"))
    near = share * (1 + 1e-9) if share < 1 else share
    found = set(pairs(said(frame, overlap_share=share)))
    assert found <= expected
    assert set(pairs(said(frame, overlap_share=near * (1 - 1e-8)))) == expected


@settings(max_examples=30)
@given(st.permutations(range(6)))
def test_the_order_of_records_changes_no_finding(order):
    frame = hazards(box(0), box(0), box(0.0005), box(0.1), box(0.1, width=0.3), box(0.9))
    whole, turned = (
        {
            (row.hazard_id, row.code)
            for row in said(each).itertuples()
            if row.code == "duplicate_polygon" or row.hazard_id not in {"A0", "A1"}
        }
        for each in (frame, frame.iloc[list(order)])
    )
    assert whole == turned


def test_normal_form_tells_different_polygons_apart():
    forms = normal_form([box(0), box(0, width=0.0100001), box(0).union(box(0.5))])
    assert len(set(forms)) == 3


# The register


def test_overlap_with_the_register_is_said_in_m2():
    register = hazards(box(0), box(0.01), box(0.5), kind=kinds("ap", "ap", "ap"))
    new = hazards(box(0.008), kind=kinds("ap")).assign(hazard_id=["N1"])
    found = said(new, register=register)
    assert pairs(found) == [("N1", "overlaps_register")]
    much, little = cell_m2(103.01, 13, 103.018, 13.01), cell_m2(103.008, 13, 103.01, 13.01)
    assert found["message"][0].startswith(
        f"80 % of it lies under A1 ({much:,.0f} m²), 20 % of it lies under A0 ({little:,.0f} m²) "
        "of the register"
    )
    assert box(0.01).contains(found["place"][0])


def test_the_hazard_itself_sent_again_is_no_overlap():
    register = hazards(box(0), box(0.005), kind=kinds("ap", "ap"))
    assert pairs(said(register, register=register)) == [
        ("A0", "overlaps_register"),
        ("A1", "overlaps_register"),
    ]
    assert said(register.iloc[:1], register=register.iloc[:1]).empty


def test_another_kind_in_the_register_is_no_overlap():
    register = hazards(box(0), kind=kinds("cm"))
    new = hazards(box(0), kind=kinds("ap")).assign(hazard_id=["N1"])
    assert said(new, register=register).empty


def test_a_square_metre_counts_and_less_does_not():
    register = hazards(box(0), kind=kinds("ap"))
    width = 1e-8  # 1.2 m² over a height of 0.01 degrees
    for shift, count in ((width, 1), (width / 4, 0)):
        new = hazards(box(0.01 - shift), kind=kinds("ap")).assign(hazard_id=["N1"])
        assert len(said(new, register=register)) == count


def test_a_register_with_closed_hazards_and_none():
    register = hazards(None, shapely.Polygon(), kind=kinds("ap", "ap"))
    new = hazards(box(0), kind=kinds("ap"))
    assert said(new, register=register).empty
    assert said(new, register=register.iloc[:0]).empty


def test_more_polygons_than_are_asked_at_once():
    count = 2_300
    many = hazards(*(box(0.02 * n, south=10 + 0.02 * (n % 7)) for n in range(count)))
    assert said(many).empty
    twice = hazards(*many.geometry, many.geometry.iloc[-1], shapely.box(0, 0, 1, 1))
    assert said(twice)["record"].tolist() == [count, count + 1]
    shifted = many.assign(hazard_id=[f"N{n}" for n in range(count)])
    found = said(shifted, register=many)
    assert len(found) == count
    assert np.array_equal(found["record"], np.arange(count) + 1)


def test_records_of_one_id_are_not_compared_where_they_overlap():
    frame = hazards(box(0), box(0.0005)).assign(hazard_id=["A", "a"])
    assert said(frame).empty


def test_overlaps_are_found_anywhere_in_a_long_table():
    count = 450
    many = [box(0.02 * n) for n in range(count)]
    found = said(hazards(*many, *(box(0.02 * n + 0.0005) for n in (0, 230, 449))))
    assert found["record"].tolist() == [1, 231, 450, 451, 452, 453]
    assert "A450" in found["message"][0]
    assert "A230" in found["message"][4]


def test_where_more_lie_on_each_other_than_are_compared_all_are_said():
    crowd = hazards(*(box(0.00001 * n) for n in range(150)))
    found = said(crowd)
    assert found["record"].tolist() == list(range(1, 151))
    assert set(found["code"]) == {"overlaps_hazard"}
