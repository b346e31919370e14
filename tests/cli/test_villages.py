"""The commands `mine-free`, `points`, `capacity` and `programmes`, on two minefields and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

import mine_geo as mg
from mine_geo.errors import (
    FileError,
    GeometryError,
    OptionError,
    RecordError,
    StoreError,
    UnknownNameError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Command

# Of AP-2 (103 to 103.01 east) the western half is cleared on 1 May 2022.
ACCIDENTS = """id,happened_on,lon,lat
before,2022-04-30,103.002,13.005
after,2022-05-01,103.002,13.005
later,2022-05-03,103.002,13.005
beside,2022-05-02,102.9985,13.005
far,2022-05-02,104.5,12.5
nowhere,2022-05-02,,
"""


def rows(command: Command, *words: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command.done(*words, "--format", "json"))["rows"]
    return found


@pytest.fixture
def cleared(filled: Command) -> Command:
    half = gpd.GeoDataFrame(geometry=[shapely.box(103, 13, 103.005, 13.01)], crs=4326)
    half.to_file(filled.folder / "half.gpkg")
    filled.done(
        "release", "AP-2", "half.gpkg", "--outcome", "cleared", "--happened-on", "2022-05-01",
        "--operator", "MAG", "--yes",
    )  # fmt: skip
    (filled.folder / "accidents.csv").write_text(ACCIDENTS)
    return filled


def test_accidents_by_the_ground_of_their_day(cleared: Command) -> None:
    found = rows(cleared, "points", "accidents", "accidents.csv")
    assert [(row["id"], row["ground"]) for row in found] == [
        ("later", "released"), ("after", "released"), ("before", "hazard"), ("beside", "unknown"),
        ("far", "unknown"),
    ]  # fmt: skip
    assert {row["released_on"] for row in found[:2]} == {"2022-05-01"}
    text = cleared.done("points", "accidents", "accidents.csv")
    assert "2 in released land, 2 on unknown ground, 1 in a hazard" in text
    assert "1 have no place" in text
    wide = rows(cleared, "points", "accidents", "accidents.csv", "--within", 1000)
    assert [row["ground"] for row in wide] == ["released"] * 2 + ["hazard", "nearby", "unknown"]
    # On the evening before the clearance all of it was a hazard, and only one had happened.
    found = rows(cleared, "points", "accidents", "accidents.csv", "--as-of", "2022-04-30")
    assert [(row["id"], row["ground"]) for row in found] == [("before", "hazard")]


def test_what_is_wrong_with_points_is_said_in_a_line(cleared: Command) -> None:
    path = cleared.folder / "bad.csv"
    path.write_text("happened_on,village_code\n2022-05-01,02090101\n")
    assert "give lon and lat" in cleared.refused(GeometryError, "points", "accidents", path)
    path.write_text("happened_on,lon,lat\n1/2/2022,103,13\n")
    assert "no day" in cleared.refused(RecordError, "points", "accidents", path)
    path.write_text("happened_on,lon,lat\n2022-05-01,1030,13\n")
    assert "no longitude" in cleared.refused(GeometryError, "points", "accidents", path)
    words = "points", "evidence", "accidents.csv"
    assert "lack the column found_on" in cleared.refused(RecordError, *words)
    assert "none.csv" in cleared.refused(FileError, "points", "accidents", "none.csv")


def test_a_district_is_ready_only_where_all_was_looked_at(cleared: Command) -> None:
    codes = mg.read_admin(mg.sample.path("districts")).set_index("district")["district_code"]
    (cleared.folder / "said.csv").write_text(
        f"level,code,declared_on\ndistrict,{codes['Bavel']},2021-06-30\n"
        f"district,{codes['Banan']},2019-06-30\n"
    )
    looked = ["--none", "spot-tasks", "--none", "evidence", "--accidents", "accidents.csv"]
    said = ["--declarations", "said.csv"]
    states = {
        row["name"]: (row["state"], row["why"])
        for row in rows(cleared, "mine-free", *looked, *said)
        if row["name"] in ("Bavel", "Banan", "Moung Ruessei")
    }
    assert states["Bavel"] == ("declared", "")
    assert states["Moung Ruessei"] == ("ready", "")
    assert states["Banan"][0] == "reopened"  # its field was found a year after
    assert "1 hazard found afterwards" in states["Banan"][1]
    before = rows(cleared, "mine-free", *looked, *said, "--as-of", "2019-12-31")
    assert {row["state"] for row in before if row["name"] == "Banan"} == {"declared"}
    words = "mine-free", "--none", "accidents", "--accidents", "accidents.csv"
    assert "say one of the two" in cleared.refused(OptionError, *words)


def test_a_declaration_is_an_event_and_reopened(cleared: Command) -> None:
    codes = mg.read_admin(mg.sample.path("districts")).set_index("district")["district_code"]
    code = codes["Bavel"]
    words = ("declare", "district", code, "--on", "2021-06-30", "--by", "CMAA")
    none = ("--none", "spot-tasks", "--none", "evidence", "--none", "accidents")
    assert "shown, not recorded" in cleared.done(*words, *none)
    assert rows(cleared, "declarations") == []
    assert "recorded" in cleared.done(*words, *none, "--yes")
    assert "there already" in cleared.done(*words, *none, "--yes")
    (entry,) = rows(cleared, "declarations", *none)
    assert (entry["name"], entry["state"], entry["declared_by"]) == ("Bavel", "declared", "CMAA")
    (entry,) = rows(cleared, "declarations")
    assert (entry["state"], entry["why"]) == (
        "unknown", "not looked at: open spot tasks, evidence without a hazard, accidents",
    )  # fmt: skip
    path = cleared.folder / "accident.csv"
    path.write_text(f"happened_on,district_code\n2021-07-01,{code[1:]}\n")  # without its zero
    cleared.done("load", "accidents", path)
    (entry,) = rows(cleared, "declarations", *none[:4])
    assert (entry["state"], entry["why"]) == ("reopened", "1 accident afterwards")
    (entry,) = rows(cleared, "declarations", *none[:4], "--as-of", "2021-06-30")
    assert entry["state"] == "declared"
    assert rows(cleared, "declarations", "--as-of", "2021-06-29") == []
    assert "no district 9999" in cleared.refused(UnknownNameError, *words[:2], "9999", *words[3:])
    # Land that stands against it is shown, before and after.
    against = ("declare", "district", codes["Banan"], "--on", "2021-06-30", "--yes")
    assert "doubtful" in cleared.done(*against)
    state = {row["name"]: row["state"] for row in rows(cleared, "mine-free")}
    assert (state["Bavel"], state["Banan"]) == ("reopened", "doubtful")


def test_points_and_programmes_of_the_store(cleared: Command) -> None:
    assert rows(cleared, "points", "accidents") == []
    assert rows(cleared, "programmes") == []
    cleared.done("load", "accidents", "accidents.csv")
    found = rows(cleared, "points", "accidents")
    assert [row["ground"] for row in found] == ["released"] * 2 + ["hazard", "unknown", "unknown"]
    path = cleared.folder / "members.csv"
    path.write_text("programme,baseline_on,hazard_id,target_year\nDonor,2021-12-31,AP-2,2023\n")
    cleared.done("load", "programmes", path)
    (row,) = rows(cleared, "programmes", "--as-of", "2022-12-31")
    assert (row["programme"], row["on_target"]) == ("Donor", True)


def test_capacity_as_it_was_done(cleared: Command) -> None:
    (row,) = rows(cleared, "capacity")
    assert (row["year"], row["operator"], row["province"]) == (2022, "MAG", "Battambang")
    assert row["cleared_m2"] == row["released_m2"] == 600_075
    plan = cleared.folder / "plan.toml"
    plan.write_text(
        'name = "By hand"\nstart = 2022-01-01\n[[capacity]]\nm2 = 1_200_150\noperator = "MAG"\n'
    )
    (row,) = rows(cleared, "capacity", "--by", "operator", "--plan", plan)
    assert (row["planned_m2"], row["done_share"]) == (1_200_150, 0.5)
    (row,) = rows(cleared, "capacity", "--show", "efficiency", "--by", "operator")
    assert (row["nts_share"], row["clearance_share"]) == (0, 1)
    (row,) = rows(cleared, "capacity", "--show", "efficiency", "--by", "all")
    assert (row["released_m2"], row["ts_share"]) == (600_075, 0)
    assert "clearance %" in cleared.done("capacity", "--show", "efficiency")
    (row,) = rows(cleared, "capacity", "--show", "nothing")
    assert (row["hazard_id"], row["found"]) == ("AP-2", "unknown")
    (cleared.folder / "teams.csv").write_text(
        "method,team,working_months,released_m2\ndogs,1,16,5722500\ndeminers,2,17,5715000\n"
    )
    found = rows(cleared, "capacity", "--show", "teams", "--teams", "teams.csv")
    assert [round(row["m2_a_month"]) for row in found] == [336_176, 357_656]
    assert "needs --teams" in cleared.refused(OptionError, "capacity", "--show", "teams")
    words = "capacity", "--show", "efficiency", "--kind", "other_erw"
    assert "nothing of other_erw is released" in cleared.refused(OptionError, *words)


def test_how_far_a_programme_is(cleared: Command) -> None:
    path: Path = cleared.folder / "members.csv"
    path.write_text(
        "programme,baseline_on,hazard_id,target_year\nStrategy,2021-12-31,AP-1,\n"
        "Donor,2021-12-31,AP-2,2023\n"
    )
    donor, strategy = rows(cleared, "programmes", path, "--as-of", "2022-12-31")
    assert (donor["released_m2"], donor["baseline_m2"]) == (600_075, 1_200_149)
    # Half of two years have gone, and a little more than half of the land is released.
    assert (donor["due_share"], donor["on_target"]) == (pytest.approx(0.5), True)
    assert (strategy["target_year"], strategy["on_target"]) == (None, None)
    path.write_text("programme,baseline_on,hazard_id\nDonor,2021-12-31,AP-9\n")
    assert "AP-9" in cleared.refused(RecordError, "programmes", path)


def test_villages_of_a_file_or_of_the_store(filled: Command) -> None:
    words = ("mine-free", "--level", "village")
    said = filled.refused(StoreError, *words)
    assert "mine-geo load villages FILE" in said
    assert "--units FILE" in said
    path = filled.folder / "villages.csv"
    path.write_text("adm4_pcode,adm4_en,adm3_en\nKH02010101,One,Kantueu\n2010101,Two,Kantueu\n")
    found = filled.done(*words, "--units", path)
    assert "One / Two" in found
    assert "Codes on several rows of the list: 02010101" in found
    assert "no unit recorded" in found  # the fields record no village
    loaded = filled("load", "villages", path, "--version", "2025")
    assert "1 villages of 1 communes, 0 with a boundary" in loaded.stdout
    assert "1 more rows stand on the codes of others" in loaded.stderr
    assert filled.done(*words) == found
    communes = rows(filled, "mine-free", "--level", "commune")
    assert [row["name"] for row in communes] == ["Kantueu", "no unit recorded"]
    path.write_text("mine,called\n02010101,One\n")
    profile = filled.folder / "own.toml"
    profile.write_text('[villages.columns]\nvillage_code = ["mine"]\nvillage = ["called"]\n')
    filled.done("load", "villages", path, "--profile", profile)
    assert [row["name"] for row in rows(filled, *words)] == ["One", "no unit recorded"]
