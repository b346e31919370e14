"""Each command on a small register with known figures."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

import mine_geo as mg
from mine_geo.cli import main
from mine_geo.errors import DIFFERENCES_EXIT
from tests.cli.conftest import Command, fields

SIZE_1, SIZE_2 = 11_987, 1_200_149
"""By the closed formula of a cell of meridians and parallels; AP-2 also in test_geometry."""


def test_the_same_file_twice_changes_nothing(filled: Command) -> None:
    again = filled.done("load", "hazards", filled.folder / "fields.gpkg")
    assert again == "surveyed 30 June 2020\n0 hazards registered, 2 there already\n"
    assert "there already" in filled.done("load", "border", mg.sample.path("border"))
    assert "there already" in filled.done("load", "admin", mg.sample.path("districts"))


def test_totals_count_near_and_far(filled: Command) -> None:
    rows = json.loads(filled.done("totals", "--format", "json"))["rows"]
    assert [row["province"] for row in rows] == ["Battambang", None]
    assert [row["row"] for row in rows] == ["data", "total"]
    for row in rows:
        assert (row["near_hazards"], row["far_hazards"]) == (1, 1)
        assert row["far_size_m2"] == SIZE_2
        assert row["near_size_m2"] == mg.read_hazards(filled.folder / "fields.gpkg").size_m2[0]


def test_what_may_be_of_the_kind_that_is_asked_for_is_said(filled: Command) -> None:
    of_one = ("--kind", "ap_minefield")
    asking = (
        ("totals", *of_one),
        ("split", *of_one),
        ("balance", *of_one),
        ("releases", *of_one),
        ("map", "national", "-o", "x.html", *of_one),
    )
    for words in asking:
        assert "no kind" not in filled(*words).stderr
    lost = fields(filled.folder / "lost.gpkg", 0.0015, hazard_id=["N-1", "N-2"], kind=None)
    filled.done("load", "hazards", lost)
    size = int(mg.read_hazards(lost).size_m2.sum())
    said = f"no kind is recorded of 2 hazards, {size:,} m²: they may be of ap_minefield"
    for words in asking:
        assert said in filled(*words).stderr, words
    rows = json.loads(filled.done("totals", *of_one, "--format", "json"))["rows"]
    assert rows[-1]["hazards"] == 2
    assert "Totals: ap_minefield, threshold 7,000 m" in filled.done("totals", *of_one)
    # Asked for all kinds they are in the figures, and said to be.
    assert "nan" not in filled.done("balance", "--by", "kind")
    every = filled("totals", "--by", "kind")
    assert f"no kind is recorded of 2 of these hazards, {size:,} m²" in every.stderr


def test_what_may_have_been_there_on_a_day_is_said(filled: Command) -> None:
    day = ("--as-of", "2020-07-01")  # the two that are there were surveyed the day before
    asking = (("totals", *day), ("balance", *day), ("releases", *day))
    for words in asking:
        assert "no day" not in filled(*words).stderr
    lost = fields(filled.folder / "lost.gpkg", 0.0015, hazard_id=["N-1", "N-2"], surveyed_on=None)
    filled.done("load", "hazards", lost)
    size = int(mg.read_hazards(lost).size_m2.sum())
    said = f"no day of survey is recorded of 2 hazards, {size:,} m²: they count from the day"
    for words in asking:
        assert said in filled(*words).stderr, words
    assert "no day" not in filled("totals", *day, "--kind", "cluster_munition").stderr
    assert "no day" not in filled("totals").stderr
    rows = json.loads(filled.done("totals", *day, "--format", "json"))["rows"]
    assert rows[-1]["hazards"] == 2


def test_hazards_without_a_province_are_counted_beside_every_province(filled: Command) -> None:
    lost = fields(
        filled.folder / "lost.gpkg", 0.0015, hazard_id=["N-1", "N-2"], province=None, district=None
    )
    filled.done("load", "hazards", lost)
    rows = json.loads(filled.done("totals", "--format", "json"))["rows"]
    assert [row["province"] for row in rows] == ["Battambang", "no unit recorded", None]
    size = int(mg.read_hazards(lost).size_m2.sum())
    assert [row["size_m2"] for row in rows] == [size, size, 2 * size]
    said = f"No unit recorded: 2 hazards, {size:,} m²"
    for province in ("Battambang", "Pailin"):
        for table in ("totals", "split"):
            assert said in filled.done(table, "--province", province)
    in_one = ["--province", "Battambang", "--district", "Banan"]
    assert said in filled.done("export", "x.csv", "--province", "Battambang")
    assert said in filled.done("export", "y.csv", *in_one)
    assert said in filled.done("map", "district", *in_one, "-o", "x.html")
    assert "No unit recorded" not in filled.done("totals")
    assert "No unit recorded" not in filled.done("export", "z.csv")
    assert "no unit recorded" in filled.done("balance", "--by", "province")
    rows = json.loads(filled.done("totals", "--by", "commune", "--format", "json"))["rows"]
    assert rows[0]["commune"] == "no unit recorded"


def test_totals_fit_80_columns_and_name_the_store(filled: Command) -> None:
    for by in ("province", "district", "kind"):
        lines = filled.done("totals", "--by", by).splitlines()
        assert lines[0] == "register.gpkg"
        assert max(map(len, lines)) <= 80
        assert "…" not in "".join(lines)


def test_threshold_moves_hazards(filled: Command) -> None:
    far = json.loads(filled.done("totals", "--threshold", 10, "--format", "json"))["rows"][-1]
    near = json.loads(filled.done("totals", "--threshold", 99_999, "--format", "json"))["rows"][-1]
    assert (far["near_hazards"], near["near_hazards"]) == (0, 2)


def test_totals_to_each_kind_of_file(filled: Command) -> None:
    filled.done("totals", "-o", "totals.csv")
    filled.done("totals", "-o", "totals.json")
    filled.done("totals", "-o", "totals.xlsx")
    read = pd.read_csv("totals.csv", dtype={"province_code": str})
    assert read.hazards.tolist() == [2, 2]
    assert read.province_code[0] == "02"
    assert read["row"].tolist() == ["data", "total"]
    assert read["synthetic"].tolist() == [False, False]
    assert json.loads(Path("totals.json").read_text())["synthetic"] is False
    sheet = openpyxl.load_workbook("totals.xlsx").active
    assert sheet is not None
    values = [cell.value for row in sheet.iter_rows() for cell in row]
    assert SIZE_2 in values
    assert any(str(value).startswith("register.gpkg") for value in values)


def test_split_lists_the_nearest_first(filled: Command) -> None:
    rows = json.loads(filled.done("split", "--format", "json"))["rows"]
    assert [row["hazard_id"] for row in rows] == ["AP-1", "AP-2"]
    assert [row["zone"] for row in rows] == ["near", "far"]
    assert [row["neighbour"] for row in rows] == ["THA", "THA"]
    assert rows[1]["border_distance_m"] == pytest.approx(50_973.4, abs=0.1)
    assert "AP-1" in filled.done("split", "--province", "BTB")
    assert "AP-1" not in filled.done("split", "--province", "Siem Reap")


def test_reconcile_says_what_differs_with_its_exit_code(filled: Command) -> None:
    result = filled("reconcile", "wp2023_table1", "--format", "json")
    assert result.exit_code == DIFFERENCES_EXIT
    rows = json.loads(result.stdout)["rows"]
    battambang = next(
        row for row in rows if row["province"] == "Battambang" and row["figure"] == "hazards"
    )
    assert (battambang["ours"], battambang["published"]) == (2, 1251)
    assert battambang["difference"] == 2 - 1251


def test_sensitivity_shows_every_reading(filled: Command) -> None:
    rows = json.loads(filled.done("sensitivity", "--format", "json"))["rows"]
    assert len(rows) == 4 * 2 * 3
    assert {row["rule"] for row in rows} == set(mg.terms.RULES)


def test_check_needs_no_store_but_the_one_that_is_named(command: Command) -> None:
    file = fields(command.folder / "fields.gpkg")
    said = CliRunner().invoke(main, ["check", str(file)])
    assert said.exit_code == 0, said.output
    assert "2 hazards" in said.output
    assert "0 errors" in said.output
    assert "Battambang" in said.output
    line = command.refused(mg.errors.StoreNotFoundError, "check", file)
    assert "init" in line
    assert not command.store.exists()


def test_db_info_and_upgrade(filled: Command) -> None:
    said = filled.done("db", "info")
    assert "register.gpkg" in said
    assert "osm-geo-maps-1m" in said
    assert "as before" in filled.done("db", "upgrade")


def test_a_hazard_changed_since_is_a_conflict_that_names_it(filled: Command) -> None:
    before = filled.done("totals", "--format", "csv")
    changed = fields(filled.folder / "changed.gpkg", operator=["MAG", None])
    line = filled.refused(mg.errors.ConflictError, "load", "hazards", changed)
    assert "AP-1" in line
    assert "AP-2" not in line
    assert filled.done("totals", "--format", "csv") == before


def test_init_leaves_a_store_that_is_there_alone(filled: Command) -> None:
    line = filled.refused(mg.errors.ConflictError, "init")
    assert "register.gpkg" in line
    assert "AP-1" in filled.done("split")


def test_help_needs_no_store_and_every_command_has_an_example() -> None:
    for name in main.commands:
        said = CliRunner().invoke(main, [name, "--help"])
        assert said.exit_code == 0
        assert "Example: mine-geo" in said.output
