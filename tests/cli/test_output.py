"""Tables as files: no cell is a formula, no figure and no letter is lost."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from mine_geo import intake
from mine_geo.cli import main
from mine_geo.errors import RecordError
from mine_geo.exports.points import write_points
from mine_geo.exports.tables import MOST_IN_A_CELL, write_table
from mine_geo.geo.cells import guarded
from mine_geo.intake.formats.sheets import read_csv
from mine_geo.maps.provenance import provenance
from mine_geo.tables.envelope import Envelope

if TYPE_CHECKING:
    from pathlib import Path

SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://x")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1",
    "-5",
    "'=1",
    "''@x",
]
PLAIN = ["AP-1", "'s-Gravenhage", "a=b", " =1", "", "1-2", "ខេត្ត"]
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


def written(table: pd.DataFrame) -> list[list[str]]:
    out = io.StringIO()
    write_table(table, out, format="csv")
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_csv_is_a_formula(text: str) -> None:
    table = pd.DataFrame({"hazard_id": [text], text: ["x"], "m2": [-5], "deg": [-0.25]})
    for row in written(table):
        assert [cell for cell in row[:3] if cell[:1] in SIGNS] == []
    head, row = written(table)
    assert head[2] == f"'{text}"
    assert row[:5] == ["data", f"'{text}", "x", "-5", "-0.25"]
    assert (head[-1], row[-1][:11]) == ("restriction", "RESTRICTED:")


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_are_as_they_were(text: str) -> None:
    assert guarded(text) == text


def test_numbers_stay_numbers_whatever_their_column() -> None:
    mixed = pd.Series([-5, "-5", -0.5, None, True], dtype=object)
    cells = [row[2] for row in written(pd.DataFrame({"n": range(5), "mixed": mixed}))[1:]]
    assert cells == ["-5", "'-5", "-0.5", "", "True"]
    typed = pd.DataFrame({"a": pd.array([-1, None], dtype="Int64"), "b": np.array([-1.5, 2])})
    assert [row[1:3] for row in written(typed)[1:]] == [["-1", "-1.5"], ["", "2.0"]]


@given(TEXTS)
@example("'=1")
@example("''''-")
def test_what_is_read_again_is_what_was_written(text: str) -> None:
    cell = written(pd.DataFrame({"hazard_id": [text], "n": [1]}))[1][1]
    assert cell[:1] not in {*SIGNS} or cell == ""
    if text.strip() and "\r" not in text:
        out = io.StringIO()
        write_table(pd.DataFrame({"hazard_id": [text], "n": [1]}), out, format="csv")
        table, _ = read_csv(out.getvalue().encode(), "t.csv")
        assert table["hazard_id"].tolist() == [text.strip()] or table["hazard_id"].tolist() == [
            text
        ]


def test_the_command_guards_what_it_prints_and_writes(tmp_path: Path) -> None:
    file = tmp_path / "fields.gpkg"
    gpd.GeoDataFrame(
        {"hazard_id": ["=1+1", "@x"], "operator": ["-cmd", "+1"]},
        geometry=[shapely.box(103, 13, 103.01, 13.01), None],
        crs=4326,
    ).to_file(file)
    printed = CliRunner().invoke(main, ["check", str(file), "--format", "csv"]).stdout
    CliRunner().invoke(main, ["check", str(file), "-o", str(tmp_path / "x.csv")])
    for text in (printed, (tmp_path / "x.csv").read_text(encoding="utf-8")):
        cells = [cell for row in csv.DictReader(io.StringIO(text)) for cell in row.items()]
        assert ("hazard_id", "'@x") in cells
        assert [cell for name, cell in cells if cell[:1] in SIGNS and cell and name != "lat"] == []


def test_turning_points_are_guarded_and_read_again(tmp_path: Path) -> None:
    ids = ["=1+1", "-7", "'@x", "AP-1"]
    hazards = gpd.GeoDataFrame(
        {"hazard_id": ids, "province": "+855", "kind": "ap_minefield"},
        geometry=[shapely.box(x, 13, x + 0.001, 13.001) for x in (103, 103.1, 103.2, 103.3)],
        crs=4326,
    )
    write_points(hazards, tmp_path / "points.csv", provenance(hazards))
    with (tmp_path / "points.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    for row in rows:
        numbers = {"longitude", "latitude", "easting", "northing", "bearing_deg", "distance_m"}
        assert all(float(row[name]) or True for name in numbers)
        texts = [cell for name, cell in row.items() if name not in numbers]
        assert [cell for cell in texts if cell and cell[0] in SIGNS] == []
    again = intake.read(tmp_path / "points.csv", crs="EPSG:4326").table
    assert sorted(again["hazard_id"]) == sorted(ids)
    assert set(again["province"]) == {"+855"}


def test_a_negative_coordinate_is_a_number(tmp_path: Path) -> None:
    hazards = gpd.GeoDataFrame(
        {"hazard_id": ["A"]}, geometry=[shapely.box(-3, -1, -2.999, -0.999)], crs=4326
    )
    write_points(hazards, tmp_path / "points.csv", provenance(hazards))
    with (tmp_path / "points.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert {row["longitude"] for row in rows} == {"-3.0000000", "-2.9990000"}


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    table = pd.DataFrame({"=A1": FORMULAS, "m2": [-5] * len(FORMULAS)})
    write_table(table, tmp_path / "x.xlsx", Envelope("=1+1\n+2", synthetic=True))
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    about = {cell.data_type for row in book["about"].iter_rows() for cell in row if cell.value}
    assert about == {"s", "n", "b"}
    sheet = book["table"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s", "n"}
    found = [str(cell.value) for cell in cells]
    assert {"=1+1", "+2", "=A1", "@SUM(A1)"} <= set(found)
    assert found.count("-5") == len(FORMULAS) + 1  # the numbers, and the text


def test_a_workbook_holds_what_it_can_and_says_what_not(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2024-05-03T10:00:00Z", None], utc=True)
    ids = pd.Series(["a\x1b[2J\x00\ud800\ufffe", "b\nc"], dtype=object)
    write_table(pd.DataFrame({"id": ids, "at": moments}), tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert sheet is not None
    assert sheet["B2"].value == "a\\x1b[2J\\x00\\ud800\\ufffe"
    assert sheet["B3"].value == "b\nc"
    assert sheet["C2"].value == "2024-05-03T10:00:00+00:00"
    assert sheet["C3"].value is None
    long = pd.DataFrame({"hazard_id": ["x" * (MOST_IN_A_CELL + 1)]})
    with pytest.raises(RecordError, match=r"hazard_id: .*32,768 characters.*write \.csv or \.json"):
        write_table(long, tmp_path / "y.xlsx")
    write_table(long, tmp_path / "y.csv")
    write_table(long, tmp_path / "y.json")
    assert len(json.loads((tmp_path / "y.json").read_text())["rows"][0]["hazard_id"]) == 32_768
