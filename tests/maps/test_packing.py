"""Packed numbers, outlines and columns read back as they were."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.maps import grouping, packing
from mine_geo.maps.pages import compose

VALUE = {letter: value for value, letter in enumerate(packing.ALPHABET)}


def unpack(text: str) -> list[int]:
    """Read packed numbers back, by the words of the module's docstring."""
    numbers, number, place = [], 0, 0
    for letter in text:
        value = VALUE[letter]
        number += (value % 32) << (5 * place)
        place += 1
        if value < 32:
            numbers.append(number)
            number, place = 0, 0
    return numbers


@given(st.lists(st.integers(min_value=0, max_value=2**53)))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert unpack(packing.pack(numbers)) == numbers


def test_letters_by_hand() -> None:
    # 0 is A; 31 is f; 32 is 0 with the sign of more, then 1; 1024 is two such zeros, then 1.
    assert packing.pack([0, 31, 32, 1024]) == "AfgBggB"
    assert packing.pack_signed([0, -1, 1, -2, 2]) == "ABCDE"


@given(st.lists(st.integers(min_value=-(2**40), max_value=2**40)))
def test_signed_numbers_come_back(numbers: list[int]) -> None:
    back = [n // 2 if n % 2 == 0 else -(n + 1) // 2 for n in unpack(packing.pack_signed(numbers))]
    assert back == numbers


def test_a_square_by_hand() -> None:
    square = shapely.Polygon(
        [(103, 13), (103.000002, 13), (103.000002, 13.000001), (103, 13.000001)]
    )
    packed = packing.pack_polygons(np.array([square]))
    assert [unpack(packed[key]) for key in ("parts", "rings", "points")] == [[1], [1], [4]]
    # The first vertex whole, then 2 steps east, 1 north, 2 west, each doubled, less 1 if negative.
    assert unpack(packed["steps"]) == [206_000_000, 26_000_000, 4, 0, 0, 2, 3, 0]


def test_missing_and_empty_geometries_have_no_parts() -> None:
    shapes = np.array([None, shapely.Polygon(), shapely.box(0, 0, 1, 1)], dtype=object)
    assert unpack(packing.pack_polygons(shapes)["parts"]) == [0, 0, 1]
    assert packing.pack_polygons(np.array([], dtype=object))["steps"] == ""


def test_repeated_vertices_after_rounding_go() -> None:
    ring = [(0, 0), (1, 0), (1 + 1e-9, 1e-9), (1, 1), (0, 0)]
    packed = packing.pack_polygons(np.array([shapely.Polygon(ring)]))
    assert unpack(packed["points"]) == [3]


def test_a_hazard_smaller_than_the_lattice_keeps_a_vertex() -> None:
    tiny = shapely.box(103, 13, 103 + 1e-7, 13 + 1e-7)
    holed = shapely.Polygon(
        shapely.box(0, 0, 1, 1).exterior, [shapely.box(0.5, 0.5, 0.5 + 1e-7, 0.5 + 1e-7).exterior]
    )
    packed = packing.pack_polygons(np.array([tiny, holed]))
    assert [unpack(packed[key]) for key in ("parts", "rings", "points")] == [
        [1, 1],
        [1, 2],
        [1, 4, 1],
    ]


def unpack_signed(text: str) -> list[int]:
    return [n // 2 if n % 2 == 0 else -(n + 1) // 2 for n in unpack(text)]


def unpack_polygons(packed: dict[str, str]) -> list[list[list[list[tuple[int, int]]]]]:
    """Read shapes back: parts of rings of vertices on the lattice."""
    steps = np.cumsum(np.reshape(unpack_signed(packed["steps"]), (-1, 2)), axis=0).tolist()
    vertices = iter([(x, y) for x, y in steps])
    points, rings = iter(unpack(packed["points"])), iter(unpack(packed["rings"]))
    return [
        [[[next(vertices) for _ in range(next(points))] for _ in range(next(rings))]
         for _ in range(parts)]
        for parts in unpack(packed["parts"])
    ]  # fmt: skip


@given(st.lists(st.tuples(st.floats(102, 108), st.floats(9.5, 15)), min_size=2, max_size=6))
def test_neighbours_share_their_vertices_still(edge: list[tuple[float, float]]) -> None:
    # Both sides of a line, each with a corner of its own and in its own direction.
    west = shapely.Polygon([*edge, (101.0, 12.0)])
    east = shapely.Polygon([*edge[::-1], (109.0, 12.0)])
    packed = packing.pack_polygons(np.array([west, east]))
    one, other = (set(parts[0][0]) for parts in unpack_polygons(packed))
    shared = {(round(x * 1e6), round(y * 1e6)) for x, y in edge}
    assert shared <= one
    assert shared <= other


def unpack_areas(packed: dict[str, str], known: list[tuple[int, int]]) -> list[list[list]]:
    """Read areas back by the words of `pack_areas`."""
    steps = np.cumsum(np.reshape(unpack_signed(packed["steps"]), (-1, 2)), axis=0).tolist()
    new = iter([(x, y) for x, y in steps])
    runs = iter(zip(unpack(packed["starts"]), unpack_signed(packed["lengths"]), strict=True))

    def run() -> list[tuple[int, int]]:
        start, length = next(runs)
        if not start:
            return [next(new) for _ in range(length)]
        way = 1 if length > 0 else -1
        return [known[start - 1 + way * step] for step in range(abs(length))]

    counts = iter(unpack(packed["runs"]))
    return [
        [[vertex for _ in range(next(counts)) for vertex in run()] for _ in range(rings)]
        for rings in unpack(packed["rings"])
    ]


LATTICE = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(
    st.lists(st.lists(LATTICE, min_size=2, max_size=12), max_size=4),
    st.lists(LATTICE, min_size=3, max_size=12, unique=True),
    st.integers(0, 11),
)
def test_areas_that_point_to_lines_come_back(lines, ring, turn) -> None:
    # So few places that runs cross, turn round and begin anew.
    drawn = [
        np.array([shapely.LineString(np.asarray(line) / 1e6)]) for line in [*lines, ring[turn:]]
        if len(line) > 1
    ]  # fmt: skip
    known = packing.Vertices(drawn)
    area = shapely.Polygon(np.asarray(ring) / 1e6)
    packed = packing.pack_areas(shapely.MultiPolygon([area]), known)
    assert unpack_areas(packed, known.steps) == [[ring]]


def test_an_area_along_a_line_sends_no_vertex_of_it() -> None:
    line = [(x / 1e3, (x % 3) / 1e3) for x in range(20)]
    known = packing.Vertices([np.array([shapely.LineString(line[::-1])])])
    area = shapely.Polygon([*line, (0.01, 1)])
    packed = packing.pack_areas(area, known)
    assert unpack(packed["starts"]) == [20, 0]
    assert unpack_signed(packed["lengths"]) == [-20, 1]
    assert unpack_signed(packed["steps"]) == [10_000, 1_000_000]


@given(st.lists(st.text(max_size=6), min_size=50, max_size=60))
def test_many_words_come_back(words: list[str]) -> None:
    packed = packing.pack_words(words)
    back, word = [], ""
    for shared, rest in zip(unpack(packed["shared"]), packed["rest"], strict=True):
        word = word[:shared] + rest
        back.append(word)
    assert back == words


def test_letters_that_count_as_two_are_not_shared() -> None:
    words = ["\U0001f600a", "\U0001f600b"] * 25
    assert unpack(packing.pack_words(words)["shared"]) == [0] * 50


def test_nulls_in_columns() -> None:
    assert unpack(packing.pack_numbers(pd.Series([0.0, np.nan, 4000.4]))) == [1, 0, 4001]
    days = pd.Series(pd.to_datetime(["1900-01-01", None, "1900-01-03", "1899-12-31"]))
    assert unpack(packing.pack_days(days)) == [1, 0, 3, 0]


def test_texts_in_both_languages(split, admin) -> None:
    split["district"] = ["Samlout", None, "Elsewhere", "Samlout", "Samlout"]
    split["district_code"] = ["0209", "0209", "0209", "0204", None]
    units = grouping.unit_words(admin)
    columns = compose.hazard_layer(split, units)["columns"]
    column = next(column for column in columns if column["name"] == "district")
    # A Khmer name only where the code bears that very name.
    assert unpack(column["rows"]) == [1, 0, 2, 3, 3]
    assert column["words"] == ["Samlout", "Elsewhere", "Samlout"]
    assert column["words_km"] == ["សំឡូត", "Elsewhere", "Samlout"]
    # Each row has an id of its own: nothing says which.
    ids = next(column for column in columns if column["name"] == "hazard_id")
    assert ids["words"] == ["AP-1", "AP-2", "AP-3", "AP-4", "AP-5"]
    assert "rows" not in ids


@pytest.mark.parametrize("text", ["</script>", "<!--", "\u2028\u2029", "\ud800", "&amp;"])
def test_json_cannot_end_its_block(text: str) -> None:
    written = packing.safe_json([text])
    assert not set("<>&\u2028\u2029\ud800") & set(written)
    assert json.loads(written) == [text]


def test_json_refuses_what_json_has_not() -> None:
    with pytest.raises(ValueError, match="JSON"):
        packing.safe_json(float("nan"))
