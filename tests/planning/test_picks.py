"""Years under a capacity, pins, and picks."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import FileError, OptionError, RecordError
from mine_geo.geo.geometry import size_m2
from mine_geo.planning.picks import checked_pins, picked, read_pins, years

SIDE_M2 = int(size_m2([shapely.box(103, 13, 103.01, 13.01)])[0])


def ranked(ranks: list[int | None], **columns: list[object]) -> gpd.GeoDataFrame:
    boxes = [shapely.box(103, 13, 103.01, 13.01)] * len(ranks)
    ids = [f"AP-{n}" for n in range(len(ranks))]
    frame = gpd.GeoDataFrame({"hazard_id": ids, **columns}, geometry=boxes, crs=4326)
    return frame.assign(priority_rank=pd.array(ranks, dtype="Int64"))


def pins(**of: int) -> pd.DataFrame:
    ids = [name.replace("_", "-") for name in of]
    return pd.DataFrame({"hazard_id": ids, "year": of.values(), "who": "MAPU", "why": "a school"})


def test_years_go_down_the_ranks_without_a_gap() -> None:
    # Each is a whole of SIDE_M2; in a year one and a half of them.
    rows = ranked([3, 1, 2, None])
    found = years(rows, SIDE_M2 * 1.5)
    assert found["year"].tolist() == [2, 1, 1, pd.NA]  # the third begins where two are done
    assert found["pinned_by"].tolist() == [None] * 4


def test_pins_survive_another_order_and_use_the_capacity_of_their_year() -> None:
    rows = ranked([1, 2, 3, 4])
    fixed = pins(AP_3=1, AP_0=3)
    found = years(rows, SIDE_M2, pins=fixed)
    assert found["year"].tolist() == [3, 2, 4, 1]
    assert found["pinned_why"].tolist() == ["a school", None, None, "a school"]
    turned = years(ranked([4, 3, 2, 1]), SIDE_M2, pins=fixed)
    assert turned["year"].tolist() == [3, 4, 2, 1]


def test_pins_of_more_than_a_year_run_into_the_next() -> None:
    found = years(ranked([1, 2, 3]), SIDE_M2 / 2, pins=pins(AP_1=1))
    assert found["year"].tolist() == [3, 1, 5]
    other = years(ranked([1, 2, 3]), SIDE_M2, pins=pins(AP_9=1))  # of a hazard that is not here
    assert other["year"].tolist() == [1, 2, 3]


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
    st.floats(0.3, 5),
    st.dictionaries(st.integers(0, 11), st.integers(1, 6), max_size=4),
)
def test_no_year_begins_more_than_its_capacity_allows(
    sides: list[int], capacity: float, fixed: dict[int, int]
) -> None:
    rows = ranked(list(range(1, len(sides) + 1)))
    drawn = [shapely.box(103, 13, 103 + side / 1000, 13.01) for side in sides]
    rows = rows.set_geometry(drawn, crs=4326)
    m2 = SIDE_M2 * capacity
    own = pins(**{f"AP_{n}": year for n, year in fixed.items()})
    found = years(rows, m2, pins=own)["year"].to_numpy(dtype=float)
    sizes = size_m2(rows.geometry)
    for number, year in fixed.items():
        if number < len(sides):
            assert found[number] == year
    free = [n for n in range(len(sides)) if n not in fixed]
    assert (np.diff(found[free]) >= 0).all()
    if not any(n < len(sides) for n in fixed):
        before = np.cumsum(sizes) - sizes
        assert found.tolist() == (before // m2 + 1).tolist()  # as the page counts


def test_a_capacity_that_is_none_is_refused() -> None:
    for wrong in (0, -1, float("nan"), float("inf"), "much"):
        with pytest.raises(OptionError, match="is no yearly capacity"):
            years(ranked([1]), wrong)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="take more than 10,000 years"):
        years(ranked([1]), 0.5, pins=pins(AP_0=1))
    with pytest.raises(OptionError, match="have no priority_rank"):
        years(ranked([1]).drop(columns="priority_rank"), 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hazard_id,year,who\nA,1,x", "no column why"),
        ("hazard_id,year,who,why\nA,1,x,y\nA,2,x,y", "A stands twice"),
        ("hazard_id,year,who,why\nA,0,x,y", "A: year is no whole number"),
        ("hazard_id,year,who,why\nA,1.5,x,y", "A: year is no whole number"),
        ("hazard_id,year,who,why\nA,1, ,y", "A: nobody said who"),
        ("hazard_id,year,who,why\nA,1,x,", "A: nobody said why"),
        ("hazard_id,year,who,why\n,1,x,y", "a row names no hazard_id"),
    ],
)
def test_a_bad_pin_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pins.csv"
    path.write_text(text)
    with pytest.raises(RecordError, match=said) as caught:
        read_pins(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(FileError, match="cannot be read"):
        read_pins(tmp_path / "none.csv")
    assert checked_pins(pins(A=1))["year"].tolist() == [1]


def test_picks_by_rank_year_id_and_zone() -> None:
    rows = ranked([3, 1, 2, None], zone=["near", "far", "far", "near"])
    rows["year"] = pd.array([2, 1, 1, None], dtype="Int64")
    assert picked(rows, ranks="1-2")["hazard_id"].tolist() == ["AP-1", "AP-2"]
    assert picked(rows, ranks="3")["hazard_id"].tolist() == ["AP-0"]
    assert picked(rows, year=1)["hazard_id"].tolist() == ["AP-1", "AP-2"]
    assert picked(rows, zone="near")["hazard_id"].tolist() == ["AP-0", "AP-3"]
    assert picked(rows, ids=["AP-3", "AP-1"], zone="far")["hazard_id"].tolist() == ["AP-1"]
    for wrong in ("0-3", "3-1", "x", "1,2", ""):
        with pytest.raises(OptionError, match="is no span of ranks"):
            picked(rows, ranks=wrong)
    with pytest.raises(RecordError, match="AP1: no such hazard is here; AP1 may be AP-1"):
        picked(rows, ids=["AP1"])
    with pytest.raises(RecordError, match="no hazard is what was asked for"):
        picked(rows, year=9)
    with pytest.raises(OptionError, match="no column 'year'"):
        picked(rows.drop(columns="year"), year=1)
