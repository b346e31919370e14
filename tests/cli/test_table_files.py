"""Every table that leaves is of one schema, in JSON and in CSV, and the same twice."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

import click
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from jsonschema import Draft202012Validator

import mine_geo as mg
from mine_geo.cli import main
from mine_geo.tables import envelope

from .conftest import fields

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Command

SCHEMA = envelope.schema()
IN_JSON = Draft202012Validator(SCHEMA)
IN_CSV = Draft202012Validator(SCHEMA["$defs"]["csv_row"] | {"$defs": SCHEMA["$defs"]})

TABLES: dict[str, tuple[object, ...]] = {
    "check hazards": ("fields.gpkg",),
    "check border": (mg.sample.path("border"),),
    "check admin": (mg.sample.path("districts"),),
    "compare": ("fields.gpkg", "moved.gpkg"),
    "workbench list": (),
    "workbench show": ("S-0001",),
    "split": (),
    "totals": ("--by", "district"),
    "reconcile": ("wp2023_table3",),
    "sensitivity": (),
    "list": ("accidents",),
    "history": ("AP-1",),
    "releases": ("--by", "year", "--by", "zone"),
    "balance": ("--by", "zone", "--include-coast"),
    "changes": ("--since", "2020-01-01T00:00Z"),
    "plan": ("plan.toml",),
    "mine-free": (),
    "points": ("accidents", "accidents.csv"),
    "declarations": (),
    "capacity": (),
    "programmes": ("members.csv",),
    "sampling": ("--defective", 1),
    "priority": (
        "--weights", mg.sample.path("weights"), "--layer",
        f"population={mg.sample.path('population')}", "--layer",
        f"terrain={mg.sample.path('terrain')}",
    ),
    "weights show": (mg.sample.path("weights"),),
    "raster facts": (mg.sample.path("population"), "--how", "sum", "--measure", "count"),
    "public settings": (),
    "public editions": (),
    "db info": (),
    "db rebuild": (),
    "release": ("AP-1", "cut.gpkg", "--outcome", "cleared", "--happened-on", "2024-01-01"),
    "db status": (),
    "db doctor": (),
}  # fmt: skip
MORE = (
    ("check", "hazards", "fields.gpkg", "--explain"),
    ("workbench", "show", "S-0001", "--findings"),
    ("workbench", "show", "S-0001", "--explain"),
    ("workbench", "list", "--not-in-split"),
    ("public", "settings", "--history"),
    ("reconcile", "--claims"),
    ("reconcile", "--flows"),
    ("reconcile", "t3.csv"),
    ("reconcile", "t3.csv", "--polygons"),
    ("reconcile", "--claims", "claims.csv"),
    ("plan", "plan.toml", "--show", "finish"),
    ("totals", "--by", "kind"),
    ("totals", "--as-of", "2019-01-01"),
)
JSON = ("--format", "json")
PLAN = 'name = "By hand"\nstart = 2025-01-01\n[[capacity]]\nm2 = 300_000\n'
MEMBERS = "programme,baseline_on,hazard_id,target_year\nDonor,2021-12-31,AP-2,2030\n"
OWN = "# document: Plan\n# day: 2026-12-31\n# kind: ap_minefield\nprovince,near_hazards\n"
CLAIMS = "# document: Plan\nclaim,printed,expression,figures\nHalf,50,100 * a / b,"
ALL = [*((*name.split(), *words) for name, words in TABLES.items()), *MORE]


@pytest.fixture
def desk(filled: Command) -> Command:
    """The store of two minefields, with a submission that waits and a set of public settings."""
    filled.done("workbench", "submit", fields(filled.folder / "moved.gpkg", 0.5))
    filled.done("public", "set", "--least-count", 8, "--by", "Sok Dara")
    west = gpd.GeoDataFrame(geometry=[shapely.box(102.36, 13.28, 102.3605, 13.281)], crs=4326)
    west.to_file(filled.folder / "cut.gpkg")
    (filled.folder / "t3.csv").write_text(f"{OWN}Battambang,2\n")
    (filled.folder / "claims.csv").write_text(f"{CLAIMS}a=1; b=t3.csv/Battambang/near_hazards\n")
    (filled.folder / "plan.toml").write_text(PLAN)
    (filled.folder / "accidents.csv").write_text("happened_on,lon,lat\n2021-05-03,103.005,13.005\n")
    (filled.folder / "members.csv").write_text(MEMBERS)
    return filled


def commands(group: click.Group = main, *words: str) -> list[str]:
    """Return every command that takes `--format`."""
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, *words, name)
        elif "format_" in {option.name for option in command.params}:
            found.append(" ".join((*words, name)))
    return found


def test_no_command_that_gives_a_table_is_left_out() -> None:
    assert sorted(commands()) == sorted(TABLES)


def test_the_schema_is_one_and_names_the_fields_that_are_written() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    json_fields = set(SCHEMA["properties"]) - {"rows", "restriction"}
    assert json_fields == set(envelope.FIELDS)
    assert set(SCHEMA["required"]) == json_fields | {"rows"}
    assert set(SCHEMA["$defs"]["csv_row"]["required"]) == json_fields | {"row"}
    assert SCHEMA["properties"]["schema_version"]["const"] == envelope.SCHEMA_VERSION


def test_every_table_is_of_the_schema_and_the_same_twice(desk: Command) -> None:
    for words in ALL:
        text = desk(*words, "--format", "json").stdout
        assert text == desk(*words, "--format", "json").stdout, words
        told = json.loads(text)
        faults = [f"{words}: {fault.message}" for fault in IN_JSON.iter_errors(told)]
        assert faults == []
        written = desk(*words, "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(written, newline="")))
        faults = [f"{words}: {fault.message}" for row in rows for fault in IN_CSV.iter_errors(row)]
        assert faults == []
        assert len(rows) == len(told["rows"]), words
        for name in envelope.FIELDS:
            own = any(name in row for row in told["rows"])
            cells = {row[name] for row in rows}
            if rows and not own:
                said = told[name]
                assert cells == {"" if said is None else str(said)}, (words, name)


def test_where_the_figures_are_from(desk: Command) -> None:
    how = ("--threshold", 9000, "--rule", "area", "--include-coast", "--as-of", "2022-12-31")
    told = json.loads(desk.done("totals", *how, "--known-at", "2999-01-01T07:00+07:00", *JSON))
    assert {name: told[name] for name in ("threshold_m", "rule", "include_coast", "as_of")} == {
        "threshold_m": 9000.0,
        "rule": "area",
        "include_coast": True,
        "as_of": "2022-12-31",
    }
    assert told["known_at"] == "2999-01-01T00:00:00.000Z"
    assert f"{told['border_name']} {told['border_version']} (active)" in desk.done("db", "info")
    assert told["districts_name"] == "districts"
    assert (told["store"], told["product_version"]) == ("register.gpkg", mg.__version__)


def test_a_table_without_zones_names_no_border_and_no_threshold(desk: Command) -> None:
    for words in (("history", "AP-1"), ("balance", "--by", "province"), ("releases",)):
        told = json.loads(desk.done(*words, *JSON))
        assert [told[name] for name in ("threshold_m", "rule", "border_name")] == [None] * 3
        assert told["known_at"].endswith("Z")
        assert told["districts_name"] == "districts"
    zoned = json.loads(desk.done("balance", "--by", "zone", *JSON))
    assert (zoned["threshold_m"], zoned["rule"], zoned["include_coast"]) == (7000.0, "edge", False)


def test_where_rows_differ_each_says_its_own(desk: Command) -> None:
    told = json.loads(desk.done("sensitivity", *JSON))
    assert [told[name] for name in ("threshold_m", "rule", "include_coast")] == [None] * 3
    assert told["border_name"] is not None
    assert {row["rule"] for row in told["rows"]} == set(mg.terms.RULES)
    rows = pd.read_csv(io.StringIO(desk.done("sensitivity", "--format", "csv")))
    assert set(rows["rule"]) == set(mg.terms.RULES)


def test_reconcile_is_of_the_day_of_its_table(desk: Command) -> None:
    told = json.loads(desk("reconcile", "wp2023_table3", *JSON).stdout)
    assert told["as_of"] == "2022-12-31"
    assert told["threshold_m"] == 7000.0
    assert {row["row"] for row in told["rows"]} == {"data", "compared", "total"}
    assert {row["province"] for row in told["rows"] if row["row"] != "data"} == {None}
    without = json.loads(desk("reconcile", "wp2023_table1", *JSON).stdout)
    assert without["threshold_m"] is None


def test_a_workbook_has_the_fields_on_a_sheet_and_is_the_same_twice(desk: Command) -> None:
    for words in (("totals",), ("split",)):
        desk.done(*words, "-o", "a.xlsx")
        desk.done(*words, "-o", "b.xlsx")
        first, second = (desk.folder.joinpath(name) for name in ("a.xlsx", "b.xlsx"))
        assert first.read_bytes() == second.read_bytes()
        about = pd.read_excel(first, sheet_name="about", engine="openpyxl").set_index("field")[
            "value"
        ]
        assert about.index.tolist() == list(envelope.FIELDS)
        assert about["threshold_m"] == 7000
        book = openpyxl.load_workbook(first)
        assert book.sheetnames == ["table", "about"]
        assert (book.active and book.active.title) == "table"


def test_a_synthetic_register_says_so_in_every_row(command: Command, tmp_path: Path) -> None:
    command.done("init", "--synthetic")
    command.done("load", "border", mg.sample.path("border"))
    command.done("load", "hazards", fields(tmp_path / "f.gpkg", synthetic=True))
    rows = pd.read_csv(io.StringIO(command.done("totals", "--format", "csv")))
    assert rows["synthetic"].tolist() == [True, True]
    told = json.loads(command.done("totals", *JSON))
    assert told["synthetic"] is True
    assert told["districts_name"] is None


def test_columns_of_an_office_that_are_called_like_a_field_are_kept_apart(
    command: Command, tmp_path: Path
) -> None:
    own = {"title": "MF 7", "row": 3, "synthetic": "no", "store": "shed", "restriction": "none"}
    command.done("init")
    command.done("load", "border", mg.sample.path("border"))
    command.done("load", "hazards", fields(tmp_path / "own.gpkg", **own))
    told = json.loads(command.done("split", *JSON))
    assert list(IN_JSON.iter_errors(told)) == []
    assert told["title"].startswith("Hazards by distance")
    first = told["rows"][0]
    assert (first["row"], first["source_title"], first["source_row"]) == ("data", "MF 7", 3)
    rows = pd.read_csv(io.StringIO(command.done("split", "--format", "csv")))
    assert set(rows["synthetic"]) == {False}
    assert set(rows["source_store"]) == {"shed"}
    assert rows["restriction"].str.startswith("RESTRICTED: ").all()


def test_an_own_table_and_own_claims(desk: Command) -> None:
    said = desk("reconcile", "t3.csv")
    assert said.exit_code == mg.errors.DIFFERENCES_EXIT
    assert "Plan, t3: " in said.stdout
    assert re.search(r"Battambang +near_hazards +1 +2 +-1", said.stdout)
    # AP-1 lies in Phnum Proek, which reaches the border, AP-2 in Banan, 40 km from it: two near
    # ones cannot be, wherever in its district each lies.
    assert "near_hazards 2 cannot be: the districts of our records allow 0 to 1" in said.stdout
    behind = json.loads(desk("reconcile", "t3.csv", "--polygons", *JSON).stdout)["rows"]
    # The near one alone; what is on the workbench is counted too, and lies farther away.
    assert [(row["hazard_id"], row["m2"]) for row in behind] == [("AP-1", 11_988)]
    far = desk("reconcile", "t3.csv", "--threshold", 200_000)  # AP-2 is near then, too
    assert far.exit_code == 0, far.stdout
    assert desk("reconcile", "--claims", "claims.csv").exit_code == 0
    (desk.folder / "claims.csv").write_text(f"{CLAIMS}a=1; b=3\n")
    assert desk("reconcile", "--claims", "claims.csv").exit_code == 20
    line = desk.refused(mg.errors.FileError, "reconcile", "t4.csv")
    assert line == "Error: t4.csv: no such file; check the path"


def test_a_release_as_a_table_says_whether_it_is_written(desk: Command) -> None:
    words = ("release", "AP-1", "cut.gpkg", "--outcome", "cleared", "--happened-on", "2024-01-01",
             "--event-id", "BAC-1")  # fmt: skip
    for more, state in (((), "not written"), (("--yes",), "recorded"), (("--yes",), "there")):
        said = desk(*words, *more, *JSON)
        (row,) = json.loads(said.stdout)["rows"]
        assert row["state"].startswith(state)
        # 0.0005 of the 0.001 degree of 11,988 m², as by hand below.
        figures = [row[name] for name in ("before_m2", "released_m2", "after_m2", "outside_m2")]
        assert figures == [11_988, 5_994, 5_994, 0]
        assert "cleared on 1 January 2024" in said.stderr
    assert desk.done(*words, "--yes", "-o", "r.csv") == "wrote r.csv (restricted)\n"


def test_totals_compared_with_last_night_say_what_moved_and_why(filled: Command) -> None:
    filled.done("totals", "-o", "last.json")
    assert "(nothing)" in filled.done("totals", "--compare", "last.json")
    west = gpd.GeoDataFrame(geometry=[shapely.box(102.36, 13.28, 102.3605, 13.281)], crs=4326)
    west.to_file(filled.folder / "cut.gpkg")
    filled.done(
        "release", "AP-1", "cut.gpkg", "--outcome", "cleared", "--happened-on", "2024-01-01",
        "--operator", "CMAC", "--yes",
    )  # fmt: skip
    result = filled("totals", "--compare", "last.json", "-o", "last.json")
    assert result.exit_code == mg.errors.DIFFERENCES_EXIT
    # 0.0005 x 0.001 degree of the 11,988 m² that stood, by the size of the polygon left.
    assert re.search(r"Battambang +near m² +11,988 +5,994 +-5,994", result.stdout)
    assert re.search(r"AP-1 +cleared +2024-01-01 +late +-5,994", result.stdout)
    assert "(nothing)" in filled.done("totals", "--compare", "last.json")  # written anew above


def test_totals_are_not_compared_with_those_of_another_question(filled: Command) -> None:
    filled.done("totals", "--by", "district", "--province", "Battambang", "-o", "last.json")
    for other, says in (
        (("--by", "district"), "asked was province=Battambang"),
        (("--province", "Battambang"), "other columns"),
        (("--by", "district", "--province", "Battambang", "--include-coast"), "include_coast"),
    ):
        assert says in filled.refused(
            mg.errors.OptionError, "totals", *other, "--compare", "last.json", "-o", "new.json"
        )
        assert not (filled.folder / "new.json").exists()


def test_json_of_what_moved_is_a_table_like_any_other(filled: Command) -> None:
    filled.done("totals", "-o", "last.json")
    filled.done("load", "hazards", fields(filled.folder / "more.gpkg", 0.2, hazard_id=["B1", "B2"]))
    result = filled("totals", "--compare", "last.json", *JSON)
    assert result.exit_code == mg.errors.DIFFERENCES_EXIT
    IN_JSON.validate(json.loads(result.stdout))
