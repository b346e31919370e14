"""Years under a yearly capacity: by hand, without gap or loss, exact up to 2^53."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from mine_geo import maps
from mine_geo.errors import OptionError

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener


@pytest.fixture
def bare(open_page: Opener, split: gpd.GeoDataFrame) -> Page:
    return open_page(maps.border_zone(split, "Battambang"))


def plan(page: Page, sizes: list[int], capacity: int) -> tuple[list[Any], list[Any]]:
    return page.js(
        "const { plan, years } = window.mineGeo.capacity; const made = plan(...arguments);"
        "return [made.map(({ total, first, last }) => [total, first, last]),"
        " years(made, arguments[1]).map((y) => [y.from, y.to, y.at, y.hazards, y.m2])]",
        sizes,
        capacity,
    )


def test_years_by_hand(bare: Page) -> None:
    # 60 and 60 in years of 100: the second begins in year 1 and ends in year 2.
    assert plan(bare, [60, 60, 100], 100) == [
        [[60, 1, 1], [120, 1, 2], [220, 2, 3]],
        [[1, 1, 0, 2, 100], [2, 2, 2, 1, 100], [3, 3, 3, 0, 20]],
    ]
    # Exactly at the end of a year: it ends in that year, the next begins in the next.
    assert plan(bare, [40, 60, 1], 100) == [
        [[40, 1, 1], [100, 1, 1], [101, 2, 2]],
        [[1, 1, 0, 2, 100], [2, 2, 2, 1, 1]],
    ]
    # One larger than the capacity goes on through years in which nothing else begins.
    assert plan(bare, [10, 350, 5], 100) == [
        [[10, 1, 1], [360, 1, 4], [365, 4, 4]],
        [[1, 1, 0, 2, 100], [2, 3, 2, 0, 200], [4, 4, 2, 1, 65]],
    ]
    # Nothing left: no work, no year, wherever it stands.
    assert plan(bare, [0, 100, 0, 0], 100) == [
        [[0, None, None], [100, 1, 1], [100, None, None], [100, None, None]],
        [[1, 1, 1, 1, 100]],
    ]
    assert plan(bare, [0, 0], 7) == [[[0, None, None]] * 2, []]
    assert plan(bare, [], 7) == [[], []]
    assert plan(bare, [5, 6], 10**15) == [[[5, 1, 1], [11, 1, 1]], [[1, 1, 0, 2, 11]]]
    # A quotient of floats would be one too many here: (2^53 - 1) / (2^53 - 2) is 1 and a bit less
    # than can be told.
    most = 2**53 - 1
    assert plan(bare, [most - 1, 1], most - 1)[0] == [[most - 1, 1, 1], [most, 2, 2]]
    assert plan(bare, [most - 1, 1], most)[0] == [[most - 1, 1, 1], [most, 1, 1]]
    assert plan(bare, [most], 3)[0] == [[most, 1, -(-most // 3)]]


def test_years_hold_every_hazard_and_every_square_metre_once(bare: Page) -> None:
    chance = random.Random(7)
    for _ in range(60):
        sizes = [chance.choice([0, 1, 10, 99, 100, 101, 2500]) for _ in range(chance.randrange(12))]
        capacity = chance.choice([1, 7, 100, 101, 10**4])
        planned, years = plan(bare, sizes, capacity)
        total = 0
        for size, (running, first, last) in zip(sizes, planned, strict=True):
            before, total = total, total + size
            assert running == total
            assert (first, last) == (
                (before // capacity + 1, -(-total // capacity)) if size else (None, None)
            )
        assert sum(year[3] for year in years) == sum(size > 0 for size in sizes)
        assert sum(year[4] for year in years) == total
        assert all(m2 <= (to - start + 1) * capacity for start, to, _, _, m2 in years)
        spans = [n for start, to, *_ in years for n in (start, to + 1)]
        assert spans[1:-1:2] == spans[2::2]  # without a gap
        assert not years or (spans[0], spans[-1] - 1) == (1, -(-total // capacity))


def pinned_plan(
    page: Page, sizes: list[int], capacity: int, pins: dict[int, int]
) -> tuple[list[Any], list[Any]]:
    return page.js(
        "const { plan, years } = window.mineGeo.capacity;"
        "const made = plan(arguments[0], arguments[1], new Map(arguments[2]));"
        "return [made.map(({ first, last }) => [first, last]),"
        " years(made).map((y) => [y.from, y.to, y.hazards, y.m2])]",
        sizes,
        capacity,
        [list(pin) for pin in pins.items()],
    )


def test_pins_keep_their_year_and_use_its_capacity(bare: Page) -> None:
    # Of 100 a year the third takes 60 of year 1: 40 are left there for the first.
    assert pinned_plan(bare, [60, 60, 60], 100, {2: 1}) == [
        [[1, 2], [2, 2], [1, 1]],
        [[1, 1, 1, 40], [2, 2, 1, 80]],
    ]
    # One larger than its year runs into the next, where 50 are left.
    assert pinned_plan(bare, [30, 250, 40], 100, {1: 1}) == [
        [[3, 3], [1, 1], [3, 4]],
        [[3, 3, 2, 50], [4, 4, 0, 20]],
    ]
    # All are pinned, or there is nothing.
    assert pinned_plan(bare, [5, 0], 100, {0: 9, 1: 3}) == [[[9, 9], [None, None]], []]


def test_years_with_pins_are_those_of_the_library(bare: Page) -> None:
    chance = random.Random(3)
    for _ in range(25):
        count = chance.randrange(1, 9)
        sizes = [chance.choice([1, 10, 99, 100, 101, 250]) for _ in range(count)]
        pins = {place: chance.randrange(1, 6) for place in range(count) if chance.random() < 0.3}
        capacity = chance.choice([30, 100, 101])
        wanted = [0] * 60
        for place, year in pins.items():
            wanted[year] += sizes[place]
        # By hand, m² after m²: pins first, then the list.
        left, carried = [0], 0
        for year in range(1, 60):
            carried += wanted[year]
            left.append(max(0, capacity - carried))
            carried = max(0, carried - capacity)
        slots = [year for year in range(1, 60) for _ in range(left[year])]
        at, expected = 0, []
        for place, size in enumerate(sizes):
            if place in pins:
                expected.append([pins[place]] * 2)
                continue
            expected.append([slots[at], slots[at + size - 1]])
            at += size
        found, years = pinned_plan(bare, sizes, capacity, pins)
        assert found == expected
        assert sum(year[3] for year in years) == at
        assert sum(year[2] for year in years) == count - len(pins)


def test_the_row_of_a_pin_says_who_and_why(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    mine = split[split["province"] == "Battambang"]
    place = mine.index[-1]
    fixed = split.assign(year=pd.NA, pinned_by=None, pinned_why=None)
    fixed.loc[place, ["year", "pinned_by", "pinned_why"]] = [41, "MAPU", "a <b>school</b>"]
    page = open_page(maps.border_zone(fixed, "Battambang", capacity_m2=10**9))
    said = page.js(
        "return [...document.querySelectorAll('tr.mg-pinned')]"
        ".map((row) => [row.querySelector('.mg-link').title, row.lastChild.textContent])"
    )
    assert said == [[str(split.loc[place, "hazard_id"]), "41 · MAPU: a <b>school</b>"]]


def test_what_is_read_as_a_capacity(bare: Page) -> None:
    def read(text: str, unit: str = "m2") -> Any:
        return bare.js(
            "const m2 = window.mineGeo.capacity.read(...arguments);"
            "return Number.isNaN(m2) ? 'refused' : m2",
            text,
            unit,
        )

    assert [read(text) for text in ("5000000", "5,000,000", " 5 000 000 ", "០៥០")] == [
        5_000_000, 5_000_000, 5_000_000, 50,
    ]  # fmt: skip
    assert [read(text, "ha") for text in ("12.5", "0.0001", "1,200")] == [125_000, 1, 12_000_000]
    assert [read(text) for text in ("", "  ")] == [None, None]
    wrong = (
        "0",
        "-5",
        "abc",
        "1e3",
        "12,5",
        "1,00,000",
        "0.4",
        "9" * 20,
        "NaN",
        "Infinity",
        "½",
        ".",
    )
    assert {read(text) for text in wrong} == {"refused"}
    assert read("0.00001", "ha") == "refused"


@pytest.mark.parametrize("capacity", [0, -1, 1.5, float("nan"), float("inf"), "5", 2**53])
def test_capacities_that_are_none(split: gpd.GeoDataFrame, capacity: Any) -> None:
    with pytest.raises(OptionError, match="whole m²"):
        maps.border_zone(split, "Battambang", capacity_m2=capacity)
