"""Tables as a notebook shows them: every figure readable, none changed, data never markup."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo.errors import OptionError
from mine_geo.tables.shown import UNKNOWN


class Cells(HTMLParser):
    """Read the rows of a table with the reader of the standard library."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1] and self.get_starttag_text().startswith(("<td", "<th")):
            self.rows[-1][-1] += data.strip("\n")


def seen(table, **how):
    return Cells(mg.shown(table, **how)._repr_html_())


TABLE = pd.DataFrame(
    {
        "row": ["data", "data", "total"],
        "province": ["Kratie", None, None],
        "province_code": ["10", None, None],
        "near_size_m2": [1234567, 0, 1234567],
        "cost_usd": pd.array([5000, None, None], dtype="Int64"),
        "border_distance_m": [6998.04, 12.0, np.nan],
    }
)


def test_units_separators_and_sums():
    assert seen(TABLE).rows == [
        ["province", "province code", "near size m²", "cost USD", "border distance m"],
        ["Kratie", "10", "1,234,567", "5,000", "6,998.04"],
        [UNKNOWN, UNKNOWN, "0", UNKNOWN, "12.00"],
        ["Total", "", "1,234,567", UNKNOWN, UNKNOWN],
    ]


@given(
    st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=8),
    st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8),
)
def test_figures_read_back_as_they_were_and_texts_are_no_markup(numbers, texts):
    rows = min(len(numbers), len(texts))
    table = pd.DataFrame({"size_m2": numbers[:rows], "village": texts[:rows]})
    found = seen(table)
    assert found.tags <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert [int(row[0].replace(",", "")) for row in found.rows[1:]] == numbers[:rows]


@pytest.mark.parametrize("word", ["<script>alert(1)</script>", "<b>", "&amp;", '" onload="x'])
def test_what_stands_in_a_cell_or_heading_is_text(word):
    found = seen(pd.DataFrame({word: [word]}))
    assert found.rows == [[word], [word]]
    assert found.tags == {"table", "thead", "tbody", "tr", "th", "td"}


def test_of_a_long_table_the_first_rows_and_the_sums_are_shown():
    rows = pd.DataFrame({"row": "data", "hazards": range(1000)})
    total = pd.DataFrame({"row": ["total"], "hazards": [499_500]})
    table = pd.concat([rows, total], ignore_index=True)
    view = mg.shown(table, most=3)
    assert [row[0] for row in Cells(view._repr_html_()).rows] == [
        "hazards",
        "0",
        "1",
        "2",
        "499,500",
    ]
    assert "... and 997 rows more" in view._repr_html_()
    assert repr(view).endswith("... and 997 rows more")
    assert view.table is table


def test_as_text_columns_stand_beneath_each_other():
    lines = repr(mg.shown(TABLE)).splitlines()
    ends = {
        re.search(r"1,234,567|near size m²", line).end() for line in (lines[0], lines[1], lines[3])
    }
    assert len(ends) == 1


def test_a_year_is_a_name_and_geometry_is_left_out():
    table = pd.DataFrame({"year": [2024], "geometry": ["POINT"], "events": [2024]})
    assert seen(table).rows == [["year", "events"], ["2024", "2,024"]]


def test_an_empty_table_has_its_headings():
    assert seen(TABLE.head(0)).rows == [
        ["province", "province code", "near size m²", "cost USD", "border distance m"]
    ]
    with pytest.raises(OptionError, match="from 1"):
        mg.shown(TABLE, most=0)
