"""Cells read as texts, days, numbers, flags: by hand, and what must not be guessed."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import RecordError
from mine_geo.geo.cells import read_days, read_flags, read_numbers, read_texts
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import profiles
from mine_geo.intake.mapping import to_candidates


def texts(values, dtype=None):
    return [None if pd.isna(t) else t for t in read_texts(pd.Series(values, dtype=dtype))]


def days(values, formats=(), dtype=None):
    read, bad = read_days(pd.Series(values, dtype=dtype), formats)
    assert read.dtype == "datetime64[ms]"
    assert not (bad & read.notna().to_numpy()).any()
    return [None if pd.isna(d) else str(d.date()) for d in read], bad.tolist()


def numbers(values, **options):
    read, bad = read_numbers(pd.Series(values), **options)
    return [None if np.isnan(n) else float(n) for n in read], bad.tolist()


# Texts


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ([" a ", "", "  ", None], ["a", None, None, None]),
        ([7, 8], ["7", "8"]),
        ([7.0, 8.5, None], ["7", "8.5", None]),
        ([True, False], ["true", "false"]),
        (["<Null>", "NULL", "null", "N/A"], [None, None, "null", "N/A"]),
        ([1, 1.0, True, "1 "], ["1", "1", "true", "1"]),  # equal in Python, not as they are written
        ([["a", 1], {"b": 2}], ["['a', 1]", "{'b': 2}"]),
        (["\u200bភូមិ\ufeff", "\u00a0x\u00a0"], ["ភូមិ", "x"]),
        (["cafe\u0301", "caf\u00e9"], ["caf\u00e9", "caf\u00e9"]),
        (["12.0", "0012"], ["12.0", "0012"]),  # a text that looks like a number stays one
        ([], []),
    ],
)
def test_texts(values, read):
    assert texts(values) == read


def test_texts_of_categories_and_of_nullable_whole_numbers():
    assert texts(["a ", None, "a "], "category") == ["a", None, "a"]
    assert texts([12, None], "Int64") == ["12", None]


# Flags


def test_flags():
    flags, bad = read_flags(pd.Series(["TRUE", "1", "no", None, "maybe"], dtype="str"))
    assert flags.tolist() == [True, True, False, False, False]
    assert bad.tolist() == [False, False, False, False, True]


# Days


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2022-12-31", "2022-12-31"),
        ("2022-12-31 23:59", "2022-12-31"),
        ("2022-12-31T16:59:59Z", "2022-12-31"),  # 23:59:59 in Phnom Penh
        ("2022-12-31T17:00:00Z", "2023-01-01"),
        ("2022-12-31T17:00:00+07:00", "2022-12-31"),
        ("2022/12/31 17:00:00+00", "2023-01-01"),  # as GDAL writes a moment
        ("២០២២-១២-៣១", "2022-12-31"),
    ],
)
def test_days_that_are_clear(written, day):
    assert days([written]) == ([day], [False])


@pytest.mark.parametrize(
    "written",
    [
        "5/12/2022",
        "31/12/2022",
        "31.12.2022",
        "2022",
        "2022-12",
        "20221231",
        "44926",
        "44926.0",
        "1672444800000",
        "2022-02-29",
        "2022-13-01",
        "2022-12/31",
        "yesterday",
    ],
)
def test_days_that_are_not_clear_are_never_guessed(written):
    assert days([written]) == ([None], [True])


def test_named_formats_in_their_order():
    written = ["5/12/2022", "2022-12-05", "31/12/2022", "12/31/2022", "5-Dec-2022"]
    assert days(written, ("%d/%m/%Y", "%d-%b-%Y"))[0] == [
        "2022-12-05",
        "2022-12-05",
        "2022-12-31",
        None,
        "2022-12-05",
    ]
    assert days(["5/12/2022"], ("%m/%d/%Y", "%d/%m/%Y"))[0] == ["2022-05-12"]
    assert days(["05/12/2022 11:00 PM +0000"], ("%d/%m/%Y %I:%M %p %z",))[0] == ["2022-12-06"]


def test_milliseconds_since_1970_only_where_the_profile_says_so():
    # 1672506000000 is 2022-12-31T17:00Z, midnight in Phnom Penh
    for values in ([1672506000000, None], ["1672506000000", None], [1672505999999.0, None]):
        assert days(values)[0] == [None, None]
    assert days([1672506000000, None], ("epoch_ms",)) == (["2023-01-01", None], [False, False])
    assert days([1672505999999.0], ("epoch_ms",)) == (["2022-12-31"], [False])
    assert days(["44926", "2022"], ("epoch_ms",)) == ([None, None], [True, True])


def test_dates_of_pandas_and_python():
    moment = dt.datetime(2022, 12, 31, 18, tzinfo=dt.UTC)
    assert days(pd.to_datetime(["2022-12-31 23:00", None]))[0] == ["2022-12-31", None]
    assert days(pd.to_datetime(["2022-12-31T18:00Z"]))[0] == ["2023-01-01"]
    assert days([dt.date(2022, 12, 31), moment, None], dtype=object)[0] == [
        "2022-12-31",
        "2023-01-01",
        None,
    ]


def test_one_bad_day_spoils_no_other():
    assert days(["2022-01-02", "x", "2022-01-02T20:00Z", None, "2022-01-02"]) == (
        ["2022-01-02", None, "2022-01-03", None, "2022-01-02"],
        [False, True, False, False, False],
    )


@given(st.dates(), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %B %Y"]))
def test_a_day_written_in_the_named_format_comes_back(day, written):
    year = f"{day.year:04}"  # strftime leaves out the zeros of years before 1000
    text = day.strftime(written.replace("%Y", "Y")).replace("Y", year)
    assert days([text], (written,))[0] == [day.isoformat()]


# Numbers


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["12", "12.5", " 7 ", "1e3", ".5"], [12, 12.5, 7, 1000, 0.5]),
        (["1,234,567"], [1234567]),
        (["1.234.567"], [1234567]),
        (["1,234.5"], [1234.5]),
        (["1.234,5"], [1234.5]),
        (["12,5"], [12.5]),
        (["0,125"], [0.125]),
        (["1 234", "1\u00a0234\u202f567", "1'234.5"], [1234, 1234567, 1234.5]),
        (["១២៣"], [123]),
        (["12,345"], [None]),  # twelve thousand, or twelve and a third?
        (["12,345", "1,234,567"], [12345, 1234567]),
        (["12,345", "3.5"], [12345, 3.5]),
        (["12,345", "12,5"], [12.345, 12.5]),
        (["12,345", "3.5", "12,5"], [None, 3.5, 12.5]),
        (["12.345"], [12.345]),
        (["12.345", "12,5"], [None, 12.5]),
        (["12.345", "1.234,5"], [12345, 1234.5]),
    ],
)
def test_numbers_where_the_signs_are_clear(values, read):
    assert numbers(values)[0] == read


@pytest.mark.parametrize(
    "written",
    ["12.5 ha", "-1", "nan", "inf", "1e999", "1_000", "0x10", "12 34", "1,23,456", "1.2.3", "½"],
)
def test_what_is_no_number(written):
    assert numbers([written]) == ([None], [True])


def test_numbers_of_any_dtype():
    assert numbers([1.5, np.nan, np.inf, -1.0]) == (
        [1.5, None, None, None],
        [False, False, True, True],
    )
    assert numbers(pd.array([3, None], dtype="Int64")) == ([3.0, None], [False, False])
    assert numbers([True, False])[1] == [True, True]
    assert numbers([3, " 4 ", None, "x"]) == ([3, 4, None, None], [False, False, False, True])


def test_the_sign_that_is_named_decides():
    assert numbers(["12,345", "12.345"], decimal=".")[0] == [12345, 12.345]
    assert numbers(["12,345", "12.345"], decimal=",")[0] == [12.345, 12345]
    assert numbers(["1,234,567"], decimal=",") == ([None], [True])


def test_hectares_and_items():
    assert numbers(["1.5"], factor=10_000)[0] == [15000]
    assert numbers([3, 2.5, 0.0], whole=True) == ([3, None, 0], [False, True, False])
    assert numbers(["1,234", "2,5"], whole=True) == ([1234, None], [False, True])


def test_what_is_read_is_not_changed_in_its_column():
    column = pd.Series([1.0, 2.0])
    read_numbers(column, factor=10)
    assert column.tolist() == [1.0, 2.0]


@given(
    st.floats(0, 1e12).map(lambda x: round(x, 2)),
    st.sampled_from([(",", "."), (".", ","), (" ", "."), ("'", "."), ("", ",")]),
)
def test_a_number_with_its_signs_named_comes_back(number, signs):
    groups, decimal = signs
    text = f"{number:,.2f}".replace(",", "G").replace(".", decimal).replace("G", groups)
    assert numbers([text], decimal=decimal)[0] == [number]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_text_is_read_or_said(cells):
    column = pd.Series(cells, dtype="str")
    there = read_texts(column).notna().to_numpy()
    for read, bad in (read_numbers(column), read_days(column, ("%d/%m/%Y", "epoch_ms"))):
        known = pd.Series(read).notna().to_numpy()
        assert (known ^ bad == there).all()


# A frame and a file: the same cell says the same, or is refused by both

BAD = object()
DAY = "2024-05-03"
CELLS = [
    # column, cell, what it says
    ("in_workbench", "yes", True),
    ("in_workbench", "Y", True),
    ("in_workbench", "t", True),
    ("in_workbench", "TRUE", True),
    ("in_workbench", "VRAI", True),
    ("in_workbench", "oui", True),
    ("in_workbench", "1.0", True),
    ("in_workbench", 1.0, True),
    ("in_workbench", "១", True),
    ("in_workbench", True, True),
    ("in_workbench", "n", False),
    ("in_workbench", "FAUX", False),
    ("in_workbench", "Non", False),
    ("in_workbench", "០", False),
    ("in_workbench", 0, False),
    ("in_workbench", "", False),
    ("in_workbench", "<Null>", False),
    ("in_workbench", None, False),
    ("in_workbench", "2", BAD),
    ("in_workbench", "maybe", BAD),
    ("in_workbench", "peut-être", BAD),
    ("in_workbench", "#N/A", BAD),
    ("surveyed_on", DAY, DAY),
    ("surveyed_on", " 2024/05/03 ", DAY),
    ("surveyed_on", "២០២៤-០៥-០៣", DAY),
    ("surveyed_on", "2024-05-02T17:00:00Z", DAY),  # midnight in Phnom Penh
    ("surveyed_on", "2024-05-03 00:00:00", DAY),
    ("surveyed_on", dt.date(2024, 5, 3), DAY),
    ("surveyed_on", pd.Timestamp(DAY), DAY),
    ("surveyed_on", "", None),
    ("surveyed_on", "NULL", None),
    ("surveyed_on", "03/05/2024", BAD),
    ("surveyed_on", "3 mai 2024", BAD),
    ("surveyed_on", "៣/៥/២០២៤", BAD),
    ("surveyed_on", "45415", BAD),
    ("surveyed_on", 45415, BAD),
    ("surveyed_on", "1900-01-00", BAD),
    ("surveyed_on", "########", BAD),
    ("reported_size_m2", "1200.5", 1200.5),
    ("reported_size_m2", "1,200.5", 1200.5),
    ("reported_size_m2", "1 200,5", 1200.5),
    ("reported_size_m2", "1\u202f200,5", 1200.5),
    ("reported_size_m2", "1.2005E+03", 1200.5),
    ("reported_size_m2", "១២០០.៥", 1200.5),
    ("reported_size_m2", 1200.5, 1200.5),
    ("reported_size_m2", "0", 0.0),
    ("reported_size_m2", "<Null>", None),
    ("reported_size_m2", "", None),
    ("reported_size_m2", "12,345", BAD),  # twelve thousand, or twelve and a third?
    ("reported_size_m2", "1200 m2", BAD),
    ("reported_size_m2", "-5", BAD),
    ("reported_size_m2", True, BAD),
    ("reported_size_m2", "#DIV/0!", BAD),
    ("reported_size_m2", float("inf"), BAD),
    ("village", " Ta Sanh ", "Ta Sanh"),
    ("village", "café", "café"),
    ("village", "\u200bភូមិ﻿", "ភូមិ"),
    ("village", "<Null>", None),
    ("village", 7.0, "7"),
]


@pytest.mark.parametrize(
    ("column", "cell", "says"), CELLS, ids=lambda value: "bad" if value is BAD else repr(value)
)
def test_a_cell_says_the_same_in_a_frame_and_in_a_file(column, cell, says):
    cells = pd.Series([cell], dtype=object)
    frame = gpd.GeoDataFrame(
        {"hazard_id": ["AP-1"], column: cells}, geometry=[shapely.box(103, 13, 103.01, 13.01)],
        crs=4326,
    )  # fmt: skip
    mapped = to_candidates(frame, profiles.load("plain"))
    of_cell = {f.code for f in mapped.findings} & {"unknown_word", "bad_date", "bad_number"}
    if says is BAD:
        assert of_cell
        with pytest.raises(RecordError, match=column):
            to_hazards(frame)
        return
    assert not of_cell
    for table in (to_hazards(frame), mapped.table):
        found = table[column].iloc[0]
        if column == "surveyed_on" and says is not None:
            found = str(found.date())
        assert pd.isna(found) if says is None else found == says
