"""What the command says of restricted and public files, and that nobody's name leaves unasked."""

import json
import shutil
import stat
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

import mine_geo as mg
from mine_geo import errors
from mine_geo.disclosure import restriction
from mine_geo.store import address
from tests.cli.conftest import Command, fields

PERSONS = {
    "surveyor": "Sok Planted-Surveyor",
    "Telephone": "012-planted-phone",
    "remarks": "field of Planted-Farmer",
    "comment": "told by Planted-Neighbour",
}
PROFILE = """
name = "office"
[hazards]
personal = ["surveyor", "telephone"]
"""


BORDER = gpd.GeoDataFrame(
    {"kind": ["land"], "neighbour": ["THA"], "border_name": "by hand", "border_version": "1",
     "accuracy_m": 10.0},
    geometry=[shapely.LineString([(102.3, 12.5), (102.3, 13.5)])],
    crs=4326,
)  # fmt: skip
ADMIN = gpd.GeoDataFrame(
    {"province": "Battambang", "province_code": "02", "province_km": "បាត់ដំបង",
     "district": ["Sampov Lun", "Banan"], "district_code": ["0210", "0201"],
     "district_km": ["សំពៅលូន", "បាណន់"]},
    geometry=[shapely.box(102.3, 12.5, 102.7, 13.5), shapely.box(102.7, 12.5, 103.5, 13.5)],
    crs=4326,
)  # fmt: skip


@pytest.fixture(scope="module")
def persons_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with hazards that name persons in further columns, two of them personal."""
    folder = tmp_path_factory.mktemp("persons")
    (folder / "office.toml").write_text(PROFILE, "utf-8")
    file = fields(folder / "fields.gpkg", **PERSONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(address.DATABASE_VARIABLE, raising=False)
        patch.delenv(restriction.RESTRICTED_MODE_VARIABLE, raising=False)
        patch.chdir(folder)
        with mg.create_store(folder / "register.gpkg") as store:
            store.load_border(BORDER)
            store.load_admin(ADMIN)
        Command(folder).done("load", "hazards", file, "--profile", "office.toml")
    return folder


@pytest.fixture
def persons(command: Command, persons_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A copy of it."""
    monkeypatch.delenv(restriction.RESTRICTED_MODE_VARIABLE, raising=False)
    for each in persons_folder.iterdir():
        shutil.copy(each, command.folder)
    return command


def planted(path: Path) -> set[str]:
    """Return which of the persons stand in any byte of a file, archives opened."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    return {name for name, text in PERSONS.items() if text.encode() in content}


def test_the_store_knows_what_is_personal_and_keeps_it(persons: Command) -> None:
    with mg.open_store(persons.store) as store:
        found = store.hazards()
    assert found["personal_surveyor"].tolist() == [PERSONS["surveyor"]] * 2
    assert found["personal_Telephone"].tolist() == [PERSONS["Telephone"]] * 2
    assert "surveyor" not in found
    # The same file with the same profile says nothing new.
    again = persons.done("load", "hazards", "fields.gpkg", "--profile", "office.toml")
    assert "conflict" not in again
    how = ("--profile", "office.toml", "--explain", "--format", "csv")
    said = persons.done("check", "fields.gpkg", *how)
    assert "personal: in no output unless asked for by name" in said
    assert PERSONS["surveyor"] not in said


EXPORTS = ("gpkg", "kml", "kmz", "gpx", "csv")
TABLES = ("csv", "json", "xlsx")


def written(persons: Command, folder: str, *how: str) -> dict[str, set[str]]:
    """Write everything that shows single hazards; return the persons in each file."""
    Path(folder).mkdir()
    for ending in EXPORTS:
        persons.done("export", f"{folder}/export.{ending}", *how)
    for ending in TABLES:
        persons.done("split", "-o", f"{folder}/split.{ending}", *how)
    return {each.name: planted(each) for each in sorted(Path(folder).iterdir())}


def test_no_personal_column_leaves_unless_asked_for_by_name(persons: Command) -> None:
    remarks = {"remarks", "comment"}
    plain = written(persons, "plain")
    assert set.union(*plain.values()) == remarks  # the search finds what is there
    assert plain["export.gpkg"] == plain["export.kml"] == plain["split.json"] == remarks
    none = written(persons, "none", "--without-remarks")
    assert set.union(*none.values()) == set()
    one = written(persons, "one", "--without-remarks", "--with-personal", "surveyor")
    for name in (
        "export.gpkg",
        "export.kml",
        "export.kmz",
        "split.csv",
        "split.json",
        "split.xlsx",
    ):
        assert one[name] == {"surveyor"}, name
    for word in ("phone", "remarks"):
        said = persons.refused(errors.OptionError, "split", "-o", "x.csv", "--with-personal", word)
        assert "valid: surveyor, Telephone" in said
        assert not Path("x.csv").exists()


def test_no_person_stands_on_a_page_a_sheet_or_in_any_other_table(persons: Command) -> None:
    persons.done("map", "national", "-o", "a.html")
    persons.done("map", "border-zone", "--province", "02", "-o", "b.html")
    persons.done("map", "province", "--province", "02", "-o", "c.png")
    persons.done("history", "AP-1", "-o", "history.json", "--without-remarks")
    persons.done("changes", "--since", "2000-01-01T00:00Z", "-o", "changes.json")
    persons.done("export", "public.gpkg", "--public")
    files = [each for each in Path().rglob("*") if each.is_file()]
    made = [each for each in files if each.name not in {"fields.gpkg", "register.gpkg"}]
    assert len(made) == 7
    assert {str(each): planted(each) for each in made if planted(each)} == {}


def test_a_history_shows_remarks_and_no_personal_column(persons: Command) -> None:
    persons.done("history", "AP-1", "-o", "history.json")
    assert planted(Path("history.json")) <= {"remarks", "comment"}


def test_a_changed_personal_column_is_said_without_its_words(persons: Command) -> None:
    new = fields(Path("new.gpkg"), **(PERSONS | {"surveyor": "Chan Planted-Other"}))
    for form in TABLES:
        persons.done("compare", "fields.gpkg", new, "--profile", "office.toml", "-o", f"c.{form}")
        assert planted(Path(f"c.{form}")) == set()
        assert b"Planted-Other" not in Path(f"c.{form}").read_bytes()
    assert "personal_surveyor: changed" in Path("c.json").read_text("utf-8")


def test_a_repaired_layer_leaves_persons_out_and_is_restricted(persons: Command) -> None:
    said = persons.done("check", "fields.gpkg", "--profile", "office.toml", "--repair", "new.gpkg")
    assert "new.gpkg (restricted)" in said
    assert planted(Path("new.gpkg")) == {"remarks", "comment"}
    assert stat.S_IMODE(Path("new.gpkg").stat().st_mode) == 0o600
    about = pyogrio.read_info("new.gpkg")["layer_metadata"]
    assert about["DESCRIPTION"].startswith("RESTRICTED: ")


def test_the_terminal_says_which_was_written(persons: Command) -> None:
    assert "wrote a.html (restricted)" in persons.done("map", "national", "-o", "a.html")
    assert "wrote b.html (public)" in persons.done("map", "national", "--public", "-o", "b.html")
    assert "wrote b.png (public)" in persons.done("map", "national", "--public", "-o", "b.png")
    assert "wrote b.kml (public)" in persons.done("export", "b.kml", "--public")
    assert "wrote s.csv (restricted)\n" in persons.done("split", "-o", "s.csv")
    assert "wrote t.csv\n" in persons.done("totals", "-o", "t.csv")


def test_a_public_file_is_replaced_by_its_name_alone(persons: Command) -> None:
    ways = ((("map", "national", "-o"), "a.html"), (("export", "--overwrite"), "a.kml"))
    for command, name in ways:
        persons.done(*command, name, "--public")
        before = Path(name).read_bytes()
        said = persons.refused(errors.FileError, *command, name)
        assert f"{name}: is a public file" in said
        assert "say --replace-public" in said
        assert Path(name).read_bytes() == before
        assert "(restricted)" in persons.done(*command, name, "--replace-public")
        said = persons.refused(errors.FileError, *command, name, "--public")
        assert "say --replace-restricted" in said
        assert "(public)" in persons.done(*command, name, "--public", "--replace-restricted")
    persons.done("map", "national", "--public", "-o", "a.csv.html")
    Path("a.csv.html").rename("a.csv")
    assert "--replace-public" in persons.refused(errors.FileError, "totals", "-o", "a.csv")
    persons.done("totals", "-o", "a.csv", "--replace-public")
    assert len(pd.read_csv("a.csv")) > 0


def test_a_public_atlas_is_not_added_to(persons: Command) -> None:
    said = persons.done("atlas", "--out", "open", "--public", "--jobs", "1")
    assert said.endswith("index.html (public)\n")
    said = persons.refused(errors.FileError, "map", "national", "-o", "open/mine.html")
    assert "the folder of a public atlas" in said
    said = persons.refused(errors.FileError, "export", "open/mine.gpkg")
    assert "say --replace-public" in said
    persons.done("map", "national", "-o", "open/mine.html", "--replace-public")
    said = persons.refused(errors.FileError, "atlas", "--out", "open", "--public", "--jobs", "1")
    assert "mine.html is restricted" in said


def test_tables_carry_the_day_and_the_moment_that_were_asked_for(persons: Command) -> None:
    told = ("--as-of", "2022-12-31", "--known-at", "2030-01-01T00:00Z")
    rows = json.loads(persons.done("split", "--format", "json", *told))
    assert (
        "; data of 2022-12-31; known at 2030-01-01T00:00:00.000Z; no edition; "
        in rows["restriction"]
    )
    persons.done("split", "-o", "now.xlsx")
    said = json.loads(persons.done("split", "--format", "json"))["restriction"]
    assert ", the last record of the ledger; no edition; mine_geo " in said


def test_a_ledger_is_exported_restricted(persons: Command) -> None:
    said = persons.done("db", "export-log", "log")
    assert "events.gpkg (restricted)" in said
    assert stat.S_IMODE(Path("log").stat().st_mode) == 0o700
    assert stat.S_IMODE(Path("log/events.gpkg").stat().st_mode) == 0o600
    about = pyogrio.read_info("log/events.gpkg")["layer_metadata"]
    assert about["DESCRIPTION"].startswith("RESTRICTED: ")
    assert len(gpd.read_file("log/events.gpkg")) == 2
