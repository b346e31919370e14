"""Insets: none where all is legible; each frame has its hazards; what is not legible is said."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo import maps
from mine_geo.maps.sheets.insets import LARGER, MOST, choose_insets
from mine_geo.maps.sheets.view import View
from tests.maps.papers import printed, texts, untidy, written
from tests.typeset.prints import lines

MAP = View((0.0, 0.0, 180.0, 160.0), (300_000.0, 1_450_000.0), 300_000.0)
"""A millimetre of it is 300 m."""
CELL = (4.0, 4.0, 84.0, 74.0)
PLANE = pyproj.Transformer.from_crs(32648, 4326, always_xy=True)


def squares(east: float, north: float, *, count: int, side: float, apart: float) -> list:
    """Return squares in a square, metres, with so much ground between them."""
    step = side + apart
    return [
        shapely.box(
            east + i * step, north + j * step, east + i * step + side, north + j * step + side
        )
        for i in range(count)
        for j in range(count)
    ]


def chosen(shapes: list):
    return choose_insets(np.array(shapes, dtype=object), MAP, CELL)


def test_what_is_a_millimetre_apart_has_no_inset() -> None:
    made = chosen(squares(300_000, 1_450_000, count=4, side=200, apart=300.01))
    assert (made.found, made.crowded.tolist(), made.unread.tolist()) == ((), [], [])
    close = chosen(squares(300_000, 1_450_000, count=4, side=200, apart=299.9))
    assert close.crowded.tolist() == list(range(16))
    assert len(chosen([]).found) == len(chosen([shapely.box(0, 0, 1, 1)]).found) == 0


def test_two_crowds_have_a_frame_each_in_which_all_is_legible() -> None:
    south = squares(300_000, 1_450_000, count=3, side=100, apart=60)
    north = squares(310_000, 1_470_000, count=3, side=100, apart=60)
    alone = [shapely.box(330_000, 1_460_000, 330_100, 1_460_100)]
    made = chosen([*south, *alone, *north])
    assert [each.letter for each in made.found] == ["A", "B"]  # from north to south
    assert sorted(made.found[0].rows.tolist()) == list(range(10, 19))
    assert sorted(made.found[1].rows.tolist()) == list(range(9))
    assert made.unread.tolist() == []
    # A map shows 1 km at least: in 94 % of 70 mm that is 1:15,198, and the next round scale is it
    assert {each.view.denominator for each in made.found} == {17_500.0}


def test_what_no_scale_tells_apart_is_said_to_be_not_legible() -> None:
    twice = [shapely.box(300_000, 1_450_000, 300_100, 1_450_100)] * 2
    near = squares(310_000, 1_450_000, count=2, side=100, apart=60)
    made = chosen([*twice, *near])
    assert made.crowded.tolist() == list(range(6))
    assert made.unread.tolist() == [0, 1]
    assert [sorted(each.rows.tolist()) for each in made.found] == [[2, 3, 4, 5]]


boxes = st.lists(
    st.tuples(
        st.integers(0, 40_000), st.integers(0, 40_000), st.integers(20, 900), st.integers(20, 900)
    ),
    max_size=40,
)


@pytest.mark.untraced
@settings(max_examples=60, deadline=None)
@given(boxes)
def test_each_hazard_that_is_too_close_is_legible_in_a_frame_or_said_to_be_not(told) -> None:
    shapes = np.array(
        [
            shapely.box(280_000 + x, 1_430_000 + y, 280_000 + x + w, 1_430_000 + y + h)
            for x, y, w, h in told
        ],
        dtype=object,
    )
    made = choose_insets(shapes, MAP, CELL)
    again = choose_insets(shapes, MAP, CELL)
    gap = [
        min((one.distance(other) for m, other in enumerate(shapes) if m != n), default=np.inf)
        for n, one in enumerate(shapes)
    ]
    crowded = [n for n, each in enumerate(gap) if each < 300]
    assert made.crowded.tolist() == crowded
    assert len(made.found) <= MOST
    assert [each.letter for each in made.found] == list("ABCDEFGHIJKL"[: len(made.found)])
    legible = set()
    for each, same in zip(made.found, again.found, strict=True):
        assert (each.view, each.rows.tolist()) == (same.view, same.rows.tolist())
        assert each.view.denominator * LARGER <= MAP.denominator
        west, south, east, north = each.view.ground()
        metres = each.view.denominator / 1000
        for row in each.rows.tolist():
            left, bottom, right, top = shapes[row].bounds
            assert west <= left
            assert right <= east
            assert south <= bottom
            assert top <= north
            width = min(right - left, top - bottom)
            if gap[row] >= metres or (gap[row] >= 0.4 * metres and width >= 0.75 * metres):
                legible.add(row)
    rows = [row for each in made.found for row in each.rows.tolist()]
    assert len(rows) == len(set(rows))
    assert set(made.unread.tolist()) == set(crowded) - legible


def crowd(split: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return hazards of Samlout: nine and nine close together, one far from all."""
    shapes = [
        *squares(303_000, 1_455_000, count=3, side=120, apart=40),
        *squares(318_000, 1_475_000, count=3, side=120, apart=40),
        shapely.box(310_000, 1_465_000, 310_300, 1_465_300),
    ]
    degrees = [
        shapely.transform(each, lambda xy: np.column_stack(PLANE.transform(*xy.T)))
        for each in shapes
    ]
    rows = pd.concat([split.iloc[[0]]] * len(shapes), ignore_index=True)
    ids = [f"S-{n}" for n in range(9)] + [f"N-{n}" for n in range(9)] + ["ALONE"]
    return gpd.GeoDataFrame(rows.assign(hazard_id=ids), geometry=degrees, crs=4326)


@pytest.mark.parametrize("paper", ["A4-landscape", "A4-portrait"])
def test_a_sheet_draws_each_frame_on_the_map_and_its_hazards_behind_it(
    paper, split, border, admin
) -> None:
    layers = maps.layers(crowd(split), border=border, admin=admin)
    drawn = maps.sheet(layers, "Battambang", "Samlout", paper=paper)
    assert [each.letter for each in drawn.insets.found] == ["A", "B"]
    letters = {each.text: each.box for each in written(drawn) if each.text in ("A", "B")}
    assert set(letters) == {"A", "B"}
    assert letters["A"][1] > letters["B"][1]
    # The hazards of each frame stand in its picture where an oracle puts them, and in no other.
    for number, (frame, part) in enumerate(zip("NS", drawn.insets.found, strict=True)):
        named = {each.text: each.box for each in written(drawn, number)}
        assert {name for name in named if "-" in name} == {f"{frame}-{n}" for n in range(9)}
        left, bottom, right, top = part.view.box
        east, north = part.view.centre
        for name, (x0, y0, x1, y1) in named.items():
            if "-" in name:
                place = layers.split.set_index("hazard_id").geometry[name].centroid
                metres = PLANE.transform(place.x, place.y, direction="INVERSE")
                x = (left + right) / 2 + (metres[0] - east) / part.view.denominator * 1000
                y = (bottom + top) / 2 + (metres[1] - north) / part.view.denominator * 1000
                assert abs((x0 + x1) / 2 - x) < 14
                assert abs((y0 + y1) / 2 - y) < 8
    behind = printed(drawn)[1]
    said = "".join(lines(behind))
    for each in drawn.insets.found:
        assert f"Scale1:{each.view.denominator:,.0f}onA4" in said
    assert "Onthemap18hazardsstandcloserthan1mmtoanotherone." in said
    assert "Nottoldapart" not in said
    assert "RESTRICTED,notforpublication" in said
    assert untidy(drawn) == []


def test_what_is_not_legible_is_named(split, border, admin) -> None:
    twice = crowd(split).iloc[[0, 1, 18]]
    twice.loc[twice.index[1], "geometry"] = twice.geometry.iloc[0]
    drawn = maps.sheet(maps.layers(twice, border=border, admin=admin), "02", "0209")
    assert drawn.insets.found == ()
    assert "Not told apart in an inset either, 2: S-0, S-1." in texts(drawn)
    assert untidy(drawn) == []


def test_far_hazards_public_sheets_and_the_country_have_no_insets(split, border, admin) -> None:
    assert maps.sheet(maps.layers(split, border=border, admin=admin), "02").insets.found == ()
    rows = crowd(split)
    layers = maps.layers(rows, border=border, admin=admin, restricted=rows)
    assert maps.sheet(layers).insets.found == ()
    assert maps.sheet(layers, "02", "0209", public=True).insets.found == ()
