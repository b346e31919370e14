"""Bad input to the command: one clear line, the exit code of its class, nothing written."""

import json
import sqlite3
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import mine_geo as mg
from mine_geo import errors
from tests.cli.conftest import Command, fields, listing

BOX = shapely.box(103, 13, 103.01, 13.01)
BOW_TIE = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])


def write(path: Path, geometry: list[object], crs: object = 4326, **columns: object) -> Path:
    columns = {"hazard_id": [f"X-{n}" for n in range(len(geometry))], **columns}
    gpd.GeoDataFrame(columns, geometry=geometry, crs=crs).to_file(path)
    return path


def no_crs(folder: Path) -> Path:
    path = write(folder / "fields.shp", [BOX])
    path.with_suffix(".prj").unlink()
    return path


def truncated(folder: Path) -> Path:
    whole = fields(folder / "whole.gpkg").read_bytes()
    path = folder / "cut.gpkg"
    path.write_bytes(whole[: len(whole) // 3])
    return path


def layers(folder: Path) -> Path:
    path = fields(folder / "two.gpkg")
    gpd.read_file(path).to_file(path, layer="other")
    return path


OTHER = shapely.affinity.translate(BOX, 0.001, 0.001)
"""A polygon that is not in the register under another id."""

HAZARD_FILES = {
    "no CRS": (no_crs, errors.CRSError, "reference system"),
    "points": (
        lambda f: write(f / "p.gpkg", [shapely.Point(103, 13)]),
        errors.GeometryError,
        "X-0",
    ),
    "invalid ring": (
        lambda f: write(f / "r.gpkg", [BOX, BOW_TIE]),
        errors.GeometryError,
        "X-1: invalid ring",
    ),
    "empty": (
        lambda f: write(f / "e.gpkg", [OTHER, shapely.Polygon()]),
        errors.GeometryError,
        "X-1",
    ),
    "null": (lambda f: write(f / "n.gpkg", [OTHER, None]), errors.GeometryError, "X-1"),
    "truncated": (truncated, errors.FileError, "cut.gpkg"),
    "several layers": (layers, errors.FileError, "other"),
    "missing": (lambda f: f / "nothing.gpkg", errors.FileError, "no such file"),
    "twice": (
        lambda f: write(f / "t.gpkg", [BOX, BOX], hazard_id=["A", "A "]),
        errors.RecordError,
        "A",
    ),
    "no id": (
        lambda f: write(f / "i.gpkg", [BOX], hazard_id=[None]),
        errors.RecordError,
        "hazard_id",
    ),
    "unknown word": (
        lambda f: write(f / "w.gpkg", [BOX], area_type=["maybe"]),
        errors.RecordError,
        "maybe",
    ),
}


FINDINGS = {
    "points": ("not_polygon", 1, errors.FINDINGS_EXIT),
    "invalid ring": ("invalid_ring", 2, errors.FINDINGS_EXIT),
    "empty": ("no_polygon", 2, 0),
    "null": ("no_polygon", 2, 0),
    "twice": ("duplicate_id", 2, errors.FINDINGS_EXIT),
    "no id": ("missing_id", 1, errors.FINDINGS_EXIT),
    "unknown word": ("unknown_word", 1, errors.FINDINGS_EXIT),
}
"""What `check` lists of such a file: code, record, exit code; what cannot be read it refuses."""


@pytest.mark.parametrize("case", HAZARD_FILES)
def test_a_file_of_hazards_that_cannot_be_loaded(filled: Command, case: str) -> None:
    make, error, word = HAZARD_FILES[case]
    file = make(filled.folder)
    before = listing(filled.folder)
    line = filled.refused(error, "load", "hazards", file)
    assert word in line
    assert file.name in line
    if error in {errors.FileError, errors.CRSError}:
        assert filled.refused(error, "check", file) == line
    else:
        code, place, out = FINDINGS[case]
        result = filled("check", file, "--format", "json")
        assert result.exit_code == out
        found = [(row["code"], row["record"]) for row in json.loads(result.stdout)["rows"]]
        assert (code, place) in found
    assert listing(filled.folder) == before


def test_an_unknown_layer_lists_those_that_there_are(filled: Command) -> None:
    file = fields(filled.folder / "fields.gpkg")
    line = filled.refused(errors.FileError, "check", file, "--layer", "mines")
    assert "'mines'" in line
    assert "it has: fields" in line


def test_a_border_that_is_not_lines(filled: Command) -> None:
    file = fields(filled.folder / "fields.gpkg")
    line = filled.refused(errors.GeometryError, "load", "border", file)
    assert "fields.gpkg" in line
    assert "instead of a line" in line


def test_districts_that_are_not_districts(filled: Command) -> None:
    nameless = write(filled.folder / "polygons.gpkg", [BOX])
    filled.refused(errors.RecordError, "load", "admin", nameless)
    filled.refused(errors.RecordError, "load", "admin", mg.sample.path("border"))


def test_mixed_kinds_in_one_total(filled: Command) -> None:
    more = write(filled.folder / "cm.gpkg", [BOX], kind=["cluster_munition"])
    filled.done("load", "hazards", more)
    line = filled.refused(errors.MixedError, "totals")
    assert "ap_minefield" in line
    assert "cluster_munition" in line
    assert "X-0" in filled.done("split", "--kind", "cluster_munition")
    assert filled.done("totals", "--by", "kind")


def test_a_store_that_does_not_exist(command: Command) -> None:
    for words in (["totals"], ["split"], ["db", "info"], ["db", "upgrade"], ["sensitivity"]):
        line = command.refused(errors.StoreNotFoundError, *words)
        assert "init" in line
    assert listing(command.folder) == {}


def test_a_store_without_a_border(command: Command) -> None:
    command.done("init")
    line = command.refused(errors.StoreError, "totals")
    assert "mine-geo load border" in line


def test_a_file_that_is_no_store(command: Command) -> None:
    command.store.write_text("not a database\n" * 99)
    command.refused(errors.FileError, "totals")


def test_a_store_of_a_newer_schema(filled: Command) -> None:
    with sqlite3.connect(filled.store) as connection:
        connection.execute("UPDATE mine_geo_version SET version_num = '9999'")
    connection.close()
    before = filled.store.read_bytes()
    for words in (["totals"], ["db", "upgrade"]):
        line = filled.refused(errors.SchemaVersionError, *words)
        assert "9999" in line
    assert filled.store.read_bytes() == before


def test_an_unreachable_database_hides_the_password(command: Command) -> None:
    place = "postgresql://officer:secret@127.0.0.1:9/register"
    for words in (["totals"], ["init"], ["demo", "--out", command.folder]):
        line = command.refused(errors.UnreachableError, *words, store=place)
        assert "secret" not in line
        assert "127.0.0.1" in line


def test_names_and_options_that_are_unknown(filled: Command) -> None:
    assert "Siem Reap" in filled.refused(
        errors.UnknownNameError, "split", "--province", "Siem Raep"
    )
    assert "wp2023_table3" in filled.refused(errors.OptionError, "reconcile", "table_3")
    assert "colour" in filled.refused(errors.OptionError, "totals", "--by", "colour")
    filled.refused(errors.OptionError, "totals", "--threshold", "-1")
    filled.refused(errors.OptionError, "totals", "-o", "totals.doc")
    filled.refused(errors.OptionError, "totals", "--format", "xlsx")
    filled.refused(errors.OptionError, "map", "province", "-o", "page.html")
    filled.refused(errors.FileError, "totals", "-o", "no/such/folder/totals.csv")


def test_the_class_of_each_error_has_its_own_code() -> None:
    codes = list(errors.EXIT_CODES.values())
    assert len(codes) == len(set(codes))
    assert errors.DIFFERENCES_EXIT not in codes
    assert (
        mg.errors.exit_code(mg.errors.ConflictError("")) == errors.EXIT_CODES[errors.ConflictError]
    )


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["totals", "-o", "t.docx"], errors.OptionError, "valid: csv, json, xlsx"),
        (["totals", "-o", "no/such/t.csv"], errors.FileError, "there is no folder no/such"),
        (["totals", "--format", "xlsx"], errors.OptionError, "give --output FILE.xlsx"),
        (["totals", "--known-at", "2024-05-03"], errors.RecordError, "--known-at: "),
        (["changes", "--since", "yesterday"], errors.RecordError, "--since: 'yesterday'"),
        (["split", "-o", "s.parquet"], errors.OptionError, "is split into .csv, .json or .xlsx"),
        (["check", "none.gpkg", "-o", "x.txt"], errors.OptionError, "valid: csv, json, xlsx"),
        (["export", "x.gpkg", "--to", "core", "--since", "1"], errors.RecordError, "--since: "),
    ],
)
def test_bad_options_are_refused_before_any_file_is_read(
    command: Command, words: list[str], error: type[errors.MineGeoError], says: str
) -> None:
    """There is no store, and no file: nobody got so far as to miss them."""
    assert says in command.refused(error, *words)
