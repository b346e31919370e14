"""Packed numbers, outlines and columns read back as they were."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.maps import packing, records

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


def test_nulls_in_columns() -> None:
    assert unpack(packing.pack_numbers(pd.Series([0.0, np.nan, 4000.4]))) == [1, 0, 4001]
    days = pd.Series(pd.to_datetime(["1900-01-01", None, "1900-01-03", "1899-12-31"]))
    assert unpack(packing.pack_days(days)) == [1, 0, 3, 0]


def test_texts_in_both_languages(split, admin) -> None:
    split["district"] = ["Samlout", None, "Elsewhere", "Samlout", "Samlout"]
    split["district_code"] = ["0209", "0209", "0209", "0204", None]
    units = records.unit_words(admin)
    columns = records.hazard_layer(split, units)["columns"]
    column = next(column for column in columns if column["name"] == "district")
    # A Khmer name only where the code bears that very name.
    assert unpack(column["rows"]) == [1, 0, 2, 3, 3]
    assert column["words"] == ["Samlout", "Elsewhere", "Samlout"]
    assert column["words_km"] == ["សំឡូត", "Elsewhere", "Samlout"]


@pytest.mark.parametrize("text", ["</script>", "<!--", "\u2028\u2029", "\ud800", "&amp;"])
def test_json_cannot_end_its_block(text: str) -> None:
    written = packing.safe_json([text])
    assert not set("<>&\u2028\u2029\ud800") & set(written)
    assert json.loads(written) == [text]


def test_json_refuses_what_json_has_not() -> None:
    with pytest.raises(ValueError, match="JSON"):
        packing.safe_json(float("nan"))
