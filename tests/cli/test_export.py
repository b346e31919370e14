"""`mine-geo export`: each format from a store, what is chosen, and what is refused."""

import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

import mine_geo as mg
from mine_geo import errors, exports
from tests.cli.conftest import Command, listing

NEAR = "102.36"
"""How longitudes of AP-1 begin."""


def test_each_format_is_written_from_the_store(filled: Command) -> None:
    for ending in ("gpkg", "kml", "gpx", "csv"):
        path = filled.folder / f"all.{ending}"
        assert filled.done("export", path) == f"wrote {path} (restricted): 2 hazards\n"
    hazards = gpd.read_file(filled.folder / "all.gpkg", layer="hazards")
    assert hazards[["hazard_id", "zone"]].to_numpy().tolist() == [["AP-1", "near"], ["AP-2", "far"]]
    layers = [name for name, _ in pyogrio.list_layers(filled.folder / "all.gpkg")]
    assert layers == [
        "districts", "near_zone", "near_zone_limit", "border", "released", "hazards",
        "layer_styles", "provenance",
    ]  # fmt: skip
    assert len(gpd.read_file(filled.folder / "all.kml", layer="Near (1)")) == 1
    assert len(gpd.read_file(filled.folder / "all.gpx", layer="tracks")) == 2
    found = mg.read_hazards(filled.folder / "all.csv", crs="EPSG:4326").set_index("hazard_id")
    assert shapely.equals(found.geometry["AP-1"], shapely.box(102.36, 13.28, 102.361, 13.281))


def test_a_province_or_district_and_a_reading_are_chosen(filled: Command) -> None:
    one = filled.folder / "one.gpkg"
    told = ("--threshold", 20_000, "--as-of", "2022-12-31", "--title", "Banan <b>")
    said = filled.done("export", one, "--province", "BTB", "--district", "Banan", *told)
    assert said == f"wrote {one} (restricted): 1 hazards\n"
    assert gpd.read_file(one, layer="hazards")["hazard_id"].tolist() == ["AP-2"]
    assert gpd.read_file(one, layer="districts")["district"].tolist() == ["Banan"]
    about = gpd.read_file(one, layer="provenance").set_index("name")["text"]
    assert about[["title", "data_day", "threshold_m"]].tolist() == [
        "Banan <b>", "2022-12-31", "20000",
    ]  # fmt: skip
    names = filled.folder / "names.csv"
    names.write_text("name,lon,lat\nភូមិ,103.0,13.0\n", encoding="utf-8")
    filled.done(
        "export", one, "--places", names, "--district", "Banan", "--province", 2, "--overwrite"
    )
    assert gpd.read_file(one, layer="places")["name"].tolist() == ["ភូមិ"]
    none = filled.folder / "none.csv"
    assert filled.done("export", none, "--province", "Kandal").endswith("0 hazards\n")
    assert len(pd.read_csv(none)) == 0
    filled.done("export", none, "--kind", "cluster_munition", "--overwrite")


def test_public_files_have_no_corner_of_a_hazard(filled: Command) -> None:
    (filled.folder / "names.csv").write_text("name,lon,lat\nBanan,103.0,13.0\n", encoding="utf-8")
    filled.done("public", "set", "--least-count", "1", "--by", "Sok Dara")
    filled.done("export", filled.folder / "p.gpkg", "--public", "--places", "names.csv")
    filled.done("export", filled.folder / "p.kml", "--public", "--province", "Battambang")
    with sqlite3.connect(filled.folder / "p.gpkg") as file:
        held = {name for (name,) in file.execute("SELECT table_name FROM gpkg_contents")}
        assert held == {"districts", "released", "places", "layer_styles", "provenance"}
        figures = file.execute("SELECT sum(hazards), sum(near_hazards) FROM districts").fetchone()
    assert figures == (2, 1)
    for name in ("p.gpkg", "p.kml"):
        data = (filled.folder / name).read_bytes()
        assert b"AP-1" not in data
        for corner in shapely.get_coordinates(shapely.box(102.36, 13.28, 102.361, 13.281)):
            assert shapely.to_wkb(shapely.Point(corner))[5:] not in data
            assert f"{corner[0]:.7f},{corner[1]:.7f}".encode() not in data


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["x.gpx", "--public"], errors.OptionError, "outlines of hazards, which are not public"),
        (["x.csv", "--public"], errors.OptionError, "write .gpkg or .kml"),
        (["x.gpx", "--places", "p.csv"], errors.OptionError, "drop --places"),
        (["x.dxf"], errors.OptionError, "valid: gpkg, kml, kmz, gpx, csv, geojson, shp, fgb"),
        (["x.shp", "--public"], errors.OptionError, "hazards, which are not public"),
        (["x.kml", "--district", "Banan"], errors.OptionError, "--district needs --province"),
        (["x.kml", "--province", "Atlantis"], errors.UnknownNameError, "valid: Banteay Meanchey"),
        (
            ["x.kml", "--province", "Battambang", "--district", "Atlantis"],
            errors.UnknownNameError,
            "valid: Aek Phnum",
        ),
        (["none/x.kml"], errors.FileError, "there is no folder none"),
        (["fields.gpkg"], errors.FileError, "is there already"),
        (["register.gpkg", "--overwrite"], errors.FileError, "is a store, with all its events"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    words: list[str], error: type[errors.MineGeoError], says: str, filled: Command
) -> None:
    before = listing(filled.folder)
    assert says in filled.refused(error, "export", *words)
    after = listing(filled.folder)
    assert after.keys() == before.keys()
    assert after["fields.gpkg"] == before["fields.gpkg"]
    assert len(mg.open_store(filled.store).hazards()) == 2


def test_a_store_without_districts_is_exported(command: Command, filled: Command) -> None:
    bare = filled.folder / "bare.gpkg"
    command.done("init", store=bare)
    command.done("load", "border", mg.sample.path("border"), store=bare)
    command.done("load", "hazards", filled.folder / "fields.gpkg", store=bare)
    path = Path("bare.kml")
    assert command.done("export", path, store=bare) == "wrote bare.kml (restricted): 2 hazards\n"
    assert "Districts" not in [name for name, _ in pyogrio.list_layers(path)]


@pytest.mark.parametrize("ending", exports.FORMATS)
def test_an_export_says_the_moment_of_its_data_and_repeats(filled, ending) -> None:
    with mg.open_store(filled.store) as store:
        last = store.last_moment()
    said = f"{last:%Y-%m-%dT%H:%M:%S}.{last.microsecond // 1000:03d}Z, the last record"
    written = []
    for number in range(2):
        filled.done("export", f"{number}.{ending}")
        written.append(Path(f"{number}.{ending}").read_bytes())
    assert written[0] == written[1]
    content = written[0]
    if ending == "shp":
        tables = [Path(f"{number}.dbf").read_bytes() for number in range(2)]
        assert tables[0] == tables[1]
        content = tables[0].replace(b" known at", b"") + said.encode()  # which is cut there
    if ending == "kmz":
        with zipfile.ZipFile("0.kmz") as archive:
            content = archive.read("doc.kml")
    assert said.encode() in content
    assert b"printed_on" not in content
    filled.done("export", f"asked.{ending}", "--known-at", "2030-01-02T03:04:05+07:00")
    filled.done("export", f"printed.{ending}", "--printed-on", "2026-05-03")
    if ending not in {"kmz", "shp"}:
        assert b"2030-01-01T20:04:05.000Z, as asked for" in Path(f"asked.{ending}").read_bytes()
        assert b"2026-05-03" in Path(f"printed.{ending}").read_bytes()


def test_what_is_made_of_a_store_names_the_head_of_its_ledger(filled: Command) -> None:
    """Whole in files, short on a map, and nowhere in public; it stands in the chain still."""
    with mg.open_store(filled.store) as store:
        head = store.head()
    filled.done("export", "office.gpkg")
    said = gpd.read_file(filled.folder / "office.gpkg", layer="provenance")
    assert said.set_index("name")["text"]["ledger_head"] == str(head)
    filled.done("map", "national", "-o", "office.html")
    short = f"{head.seq}:{head.hash[:12]}"
    assert short in (filled.folder / "office.html").read_text(encoding="utf-8")
    filled.done("export", "all.gpkg", "--public")
    filled.done("map", "national", "-o", "all.html", "--public")
    for name in ("all.gpkg", "all.html"):
        assert head.hash[:12].encode() not in (filled.folder / name).read_bytes()
    filled.done("db", "doctor", "--head", str(head))


def test_what_changed_goes_back_into_core_and_a_second_run_writes_nothing(filled: Command) -> None:
    said = filled.done("export", "1.gpkg", "--to", "core")
    assert said == (
        "wrote 1.gpkg (restricted): 2 hazards, 0 reports, 2 states that changed; core.json keeps "
        "up to when\n"
    )
    found = mg.read_hazards("1.gpkg", layer="hazards", profile="imsma_core")
    assert found["hazard_id"].tolist() == ["AP-1", "AP-2"]
    again = filled.done("export", "2.gpkg", "--to", "core")
    assert again.startswith("nothing changed since ")
    assert not Path("2.gpkg").exists()
    whole = filled.done("export", "2.gpkg", "--to", "core", "--since", "2020-01-01T00:00+07:00")
    assert "2 hazards" in whole
    for words, says in (
        (["3.gpkg", "--to", "core", "--province", "Battambang", "--overwrite"],
         "--province, --overwrite does not go with --to core"),
        (["3.gpkg", "--since", "2020-01-01T00:00Z"], "--since goes with --to core"),
        (["3.gpkg", "--profile", "plain"], "--profile goes with --to core"),
        (["3.gpkg", "--to", "core", "--profile", "imsma"], "profile 'imsma' is unknown"),
        (["3.kml", "--to", "core"], "valid: .gpkg"),
    ):  # fmt: skip
        assert says in filled.refused(errors.OptionError, "export", *words)
    assert "core.json: cannot be read" not in filled.done("export", "3.gpkg", "--to", "core")
    Path("core.json").write_text("{}")
    line = filled.refused(errors.FileError, "export", "3.gpkg", "--to", "core")
    assert line.endswith("put it right, or say since when with --since ...")


def test_open_data_is_public_and_a_shapefile_says_what_it_cuts(filled: Command) -> None:
    filled.done("public", "set", "--least-count", "1", "--by", "Sok Dara")
    said = filled.done("export", "open", "--open-data")
    assert said == "wrote remaining.csv, released.csv, datapackage.json into open (public)\n"
    rows = pd.read_csv("open/remaining.csv", skiprows=[1])
    country = rows[rows["level"] == "national"]
    assert country[["hazards", "near_hazards", "far_hazards"]].to_numpy().tolist() == [[2, 1, 1]]
    first = {each.name: each.read_bytes() for each in Path("open").iterdir()}
    filled.done("export", "open", "--open-data")
    assert {each.name: each.read_bytes() for each in Path("open").iterdir()} == first
    line = filled.refused(
        errors.OptionError, "export", "o", "--open-data", "--kind", "ap_minefield"
    )
    assert "--kind does not go with --open-data" in line
    result = filled("export", "x.shp")
    assert "note: names of columns are cut to 10 bytes: " in result.stderr
    assert "border_distance_m as border_dis" in result.stderr
