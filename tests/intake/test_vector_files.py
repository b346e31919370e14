"""Vector files: the same five records from each format, and what is said where they are not."""

import datetime as dt
import json
import math
import shutil
import sqlite3
import struct
import warnings
import zipfile

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from mine_geo.errors import FileError
from mine_geo.intake import guard
from mine_geo.intake.formats.vector import read_layer
from mine_geo.intake.received import Wanted
from tests.intake.fields import CODED, FIELDS, apart_m, write_coded_geodatabase

DRIVERS = {
    "gpkg": "GPKG",
    "shp": "ESRI Shapefile",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "kml": "LIBKML",
    "gdb": "OpenFileGDB",
    "gml": "GML",
    "parquet": None,
}


def write(frame, path, **more):
    driver = DRIVERS[path.suffix[1:]]
    if driver is None:
        frame.to_parquet(path, **more)
        return path
    if driver == "OpenFileGDB":
        shapes = [
            shapely.multipolygons([g]) if g.geom_type == "Polygon" else g for g in frame.geometry
        ]
        frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))
    if driver == "FlatGeobuf":
        more["SPATIAL_INDEX"] = "NO"  # keeps the order
    if driver == "GeoJSON":
        more["COORDINATE_PRECISION"] = 9
    if driver == "ESRI Shapefile":
        more.setdefault("encoding", "UTF-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a Shapefile has no moments, a geodatabase no such fields
        pyogrio.write_dataframe(
            frame, path, driver=driver, use_arrow=driver != "ESRI Shapefile", **more
        )
    return path


def as_text(column):
    """Return values as texts, days as days, numbers without a needless fraction."""
    if pd.api.types.is_numeric_dtype(column):
        return [None if pd.isna(v) else float(v) for v in column]
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if pd.isna(v) else v.date().isoformat() for v in column]
    return [None if pd.isna(v) or v == "" else str(v) for v in column]


@pytest.fixture(name="file", params=DRIVERS)
def _file(request, tmp_path):
    return write(FIELDS, tmp_path / f"fields.{request.param}")


def test_each_format_gives_the_same_records(file):
    guard.check_file(file)
    raw = read_layer(file)
    # GDAL writes stars for a number that is missing, as dBASE does for one that has no room.
    assert [f.code for f in raw.findings] == (["no_number"] * 2 if file.suffix == ".shp" else [])
    assert isinstance(raw.table.index, pd.RangeIndex)
    assert raw.table.columns[-1] == "geometry"
    assert raw.table.crs.to_epsg() == 4326
    assert apart_m(raw.table.geometry, FIELDS.geometry) < 0.001
    table = raw.table.rename(columns={"Name": "name"})
    kind = file.suffix
    for column in ("hazard_id", "village", "depth"):
        assert as_text(table[column]) == as_text(FIELDS[column]), column
    mines, days = table["mines"], table["surveyed"]
    if kind in {".kml", ".gdb"}:  # texts of such numbers, and floats
        mines = mines.astype("Float64").astype("Int64")
    if kind in {".kml", ".shp"}:  # and neither has a type for a moment
        days = pd.to_datetime(days.str.replace("/", "-"))
    assert mines.dtype == "Int64"
    assert mines.equals(FIELDS["mines"])
    assert as_text(days) == as_text(FIELDS["surveyed"])


def test_reading_writes_nothing_and_leaves_nothing_open(file, tmp_path):
    before = {p: guard.checksum(p) for p in sorted(tmp_path.rglob("*")) if p.is_file()}
    read_layer(file)
    assert {p: guard.checksum(p) for p in sorted(tmp_path.rglob("*")) if p.is_file()} == before


def test_the_declared_reference_system_stays(tmp_path):
    for suffix in DRIVERS:
        if suffix == "kml":
            continue  # always WGS 84
        path = write(FIELDS.to_crs(32648), tmp_path / f"utm.{suffix}")
        raw = read_layer(path)
        assert raw.table.crs.to_epsg() == 32648, suffix
        assert apart_m(raw.table.geometry.to_crs(4326), FIELDS.geometry) < 0.001


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("suffix", ["gpkg", "shp", "fgb", "parquet"])
def test_no_reference_system_is_none(tmp_path, suffix):
    bare = FIELDS.set_crs(None, allow_override=True)
    crs = read_layer(write(bare, tmp_path / f"bare.{suffix}")).table.crs
    assert crs is None or "ndefined" in crs.name


def features(*geometries, **more):
    rows = [
        {"type": "Feature", "properties": {"hazard_id": f"A{n}"}, "geometry": geometry}
        for n, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows, **more})


def polygon(*xy):
    return {"type": "Polygon", "coordinates": [list(xy)]}


GOOD = polygon((103, 13), (103.01, 13), (103.01, 13.01), (103, 13))
OPEN = polygon((103, 13), (103.1, 13), (103.1, 13.1), (103, 13.1))
TWO = polygon((103, 13), (103.1, 13), (103, 13))
NAN = polygon((103, 13), (103.1, math.nan), (103.1, 13), (103, 13))
FAR = polygon((103, 13), (103.1, math.inf), (103.1, 13), (103, 13))
BOW = polygon((103, 13), (103.1, 13.1), (103.1, 13), (103, 13.1), (103, 13))


def said(raw):
    return [(finding.code, finding.record) for finding in raw.findings]


def test_rings_that_cannot_be_built_are_said_and_the_records_stay(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(features(None, OPEN, GOOD, TWO, BOW, polygon((103, 13))))
    raw = read_layer(path)
    assert raw.table["hazard_id"].tolist() == [f"A{n}" for n in range(6)]
    assert said(raw) == [("invalid_ring", 1), ("few_points", 5)]
    assert raw.table.geometry.isna().tolist() == [True, True, False, False, False, True]
    assert not raw.table.geometry[4].is_valid, "nothing is repaired"


def test_coordinates_that_are_no_numbers_are_said_with_their_record(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(features(GOOD, NAN, None, FAR))
    raw = read_layer(path)
    assert said(raw) == [("bad_coordinates", 1), ("bad_coordinates", 3)]
    frame = raw.table.loc[[0, 1, 3]]
    for suffix in ("gpkg", "fgb", "parquet"):
        again = read_layer(write(frame, tmp_path / f"nan.{suffix}"))
        assert said(again) == [("bad_coordinates", 1), ("bad_coordinates", 2)], suffix


def test_broken_rings_in_parquet(tmp_path):
    path = write(FIELDS, tmp_path / "a.parquet")
    table = pq.read_table(path)
    ring = struct.pack("<biii", 1, 3, 1, 4) + struct.pack("<8d", 0, 0, 1, 0, 1, 1, 0, 1)
    short = struct.pack("<biii", 1, 3, 1, 2) + struct.pack("<4d", 0, 0, 1, 0)
    binary = table["geometry"].to_pylist()
    binary[1:3] = [ring, short]
    place = table.schema.get_field_index("geometry")
    pq.write_table(table.set_column(place, "geometry", [pa.array(binary)]), path)
    raw = read_layer(path)
    assert said(raw) == [("invalid_ring", 1), ("few_points", 2)]
    assert raw.table["hazard_id"].tolist() == FIELDS["hazard_id"].tolist()
    assert raw.table.geometry.isna().tolist() == [False, True, True, False, False]


def test_whole_numbers_keep_their_digits_and_truth_what_is_missing(tmp_path):
    more = FIELDS.assign(
        number=pd.array([2**60 + 1, None, 3, 4, 5], dtype="Int64"),
        seen=pd.array([True, None, False, True, None], dtype="boolean"),
    )
    for suffix in ("gpkg", "geojson", "fgb", "parquet"):
        table = read_layer(write(more, tmp_path / f"a.{suffix}")).table
        assert table["number"].tolist()[0] == 2**60 + 1, suffix
        assert table["seen"].isna().tolist() == [False, True, False, False, True], suffix


def test_days_stay_days(tmp_path):
    days = pa.array([dt.date(2009, 4, 13), None, None, dt.date(1066, 10, 14), None])
    path = tmp_path / "a.gpkg"
    table = pa.table({"day": days, "geometry": pa.array(FIELDS.geometry.to_wkb())})
    more = {"driver": "GPKG", "geometry_name": "geometry", "geometry_type": "Unknown"}
    pyogrio.write_arrow(table, path, crs="EPSG:4326", **more)
    day = read_layer(path).table["day"]
    assert day.dtype == "datetime64[ms]"
    assert as_text(day) == ["2009-04-13", None, None, "1066-10-14", None]


def test_lists_are_given_as_json_and_attachments_left_out(tmp_path):
    path = tmp_path / "a.geojson"
    whole = json.loads(features(GOOD, GOOD))
    whole["features"][0]["properties"]["also"] = ["ខ", "b"]
    whole["features"][0]["properties"]["detail"] = {"k": [1]}
    path.write_text(json.dumps(whole))
    table = read_layer(path).table
    assert table["also"].tolist()[0] == '["ខ", "b"]'
    assert json.loads(table["detail"][0]) == {"k": [1]}
    photos = FIELDS.assign(photo=[b"x", None, None, b"y", None])
    raw = read_layer(write(photos, tmp_path / "photos.parquet"))
    assert said(raw) == [("unread_part", None)]
    assert "photo" in raw.findings[0].message
    assert "photo" not in raw.table


# layers


def test_layers_are_chosen_as_meant(tmp_path):
    path = tmp_path / "a.gpkg"
    for layer in ("north", "south"):
        FIELDS.to_file(path, layer=layer)
    with pytest.raises(
        FileError, match='several layers; name one, as layer="north", of: north, south'
    ):
        read_layer(path)
    with pytest.raises(FileError, match=r"no layer 'minen'; it has: north, south"):
        read_layer(path, Wanted(layer="minen"))
    assert read_layer(path, Wanted(layer="south")).layer == "south"
    FIELDS.head(2).to_file(path, layer="hazards")
    assert len(read_layer(path).table) == 2


KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>all</name>{}</Document></kml>'
PLACEMARK = (
    "<Placemark><name>{}</name><ExtendedData><Data name='{}'><value>7</value></Data></ExtendedData>"
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>103,13 103.1,13 103.1,13.1 103,13"
    "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
)


def test_folders_of_kml_are_layers_and_empty_ones_do_not_count(tmp_path):
    path = tmp_path / "a.kml"
    north = f"<Folder><name>north</name>{PLACEMARK.format('a', 'hazard_id')}</Folder>"
    path.write_text(KML.format(f"<Folder><name>top</name>{north}</Folder>"))
    raw = read_layer(path)
    assert raw.layer == "north"
    assert raw.table.columns.tolist() == ["Name", "hazard_id", "geometry"]
    assert raw.table.iloc[0].tolist()[:2] == ["a", "7"]
    path.write_text(KML.format(north + north.replace("north", "south")))
    with pytest.raises(
        FileError, match='several layers; name one, as layer="north", of: north, south'
    ):
        read_layer(path)
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as kmz:
        kmz.write(path, "doc.kml")
    raw = read_layer(tmp_path / "a.kmz", Wanted(layer="south"))
    assert (raw.format, len(raw.table)) == ("KML in a zip", 1)


def test_khmer_names_of_kml_data_are_told_to_be_lost(tmp_path):
    path = tmp_path / "a.kml"
    path.write_text(KML.format(PLACEMARK.format("a", "ចំនួន")), encoding="utf-8")
    assert said(read_layer(path)) == [("unread_part", None)]


# names, zips


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        ("gpkg", "fields.db"),
        ("geojson", "fields.txt"),
        ("fgb", "fields"),
        ("kml", "fields.xml"),
        ("gml", "fields.xml"),
        ("parquet", "fields.geo"),
        ("gdb", "a geodatabase"),
    ],
)
def test_a_file_by_another_name(tmp_path, suffix, name):
    path = write(FIELDS, tmp_path / f"fields.{suffix}").rename(tmp_path / name)
    guard.check_file(path)
    raw = read_layer(path)
    assert raw.findings == ()
    assert apart_m(raw.table.geometry, FIELDS.geometry) < 0.001
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix == ".gfs") == []


@pytest.mark.parametrize("suffix", ["shp", "gdb", "gpkg", "geojson", "fgb", "kml", "gml"])
@pytest.mark.parametrize("folder", ["", "from the field/"])
def test_a_zip_of_each_format(tmp_path, suffix, folder):
    inside = tmp_path / "inside"
    inside.mkdir()
    write(FIELDS, inside / f"fields.{suffix}")
    path = tmp_path / "fields.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in sorted(inside.rglob("*")):
            packed.write(part, folder + part.relative_to(inside).as_posix())
        packed.writestr("README.txt", "read me")
        packed.writestr("__MACOSX/fields.csv", "junk")
    guard.check_file(path)
    raw = read_layer(path)
    assert apart_m(raw.table.geometry, FIELDS.geometry) < 0.001
    assert raw.table["hazard_id"].tolist() == FIELDS["hazard_id"].tolist()
    stars = [("no_number", None)] * 2 if suffix == "shp" else []
    assert said(raw) == [("unread_part", None), *stars]
    assert "README.txt" in raw.findings[0].message
    assert str(tmp_path) in raw.findings[0].message


def test_a_geodatabase_packed_without_its_folder(tmp_path):
    inside = write(FIELDS, tmp_path / "fields.gdb")
    path = tmp_path / "export.gdb.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for part in inside.iterdir():
            packed.write(part, part.name)
    guard.check_file(path)
    assert len(read_layer(path).table) == 5


def test_two_shapefiles_in_a_zip_are_two_layers(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, count in (("north", 2), ("south", 3)):
            write(FIELDS.head(count), tmp_path / f"{name}.shp")
            for part in tmp_path.glob(f"{name}.*"):
                packed.write(part, part.name)
    with pytest.raises(
        FileError, match=r'two\.zip: several layers; name one, as layer="north", of: north, south'
    ):
        read_layer(path)
    assert len(read_layer(path, Wanted(layer="south")).table) == 3


def test_what_is_wrong_in_a_zip_is_said_of_the_zip(tmp_path):
    path = write(FIELDS, tmp_path / "fields.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(path, "fields.shp")
    with pytest.raises(
        FileError, match=r"a\.zip: fields\.shp in it: fields\.shx, fields\.dbf is"
    ) as e:
        read_layer(tmp_path / "a.zip")
    assert "mine_geo_" not in str(e.value), "no place of our own in a message"


def test_a_geopackage_that_another_program_has_open(tmp_path):
    path = write(FIELDS, tmp_path / "fields.gpkg")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("DELETE FROM fields WHERE hazard_id = 'AP-1'")
    before = guard.checksum(tmp_path)
    guard.check_file(path)
    assert len(read_layer(path).table) == 4
    assert guard.checksum(tmp_path) == before
    connection.close()


# coded values, encodings


def test_coded_values_of_a_geodatabase_are_given_as_words(tmp_path):
    path = tmp_path / "coded.gdb"
    write_coded_geodatabase(path)
    raw = read_layer(path)
    assert raw.table["area_type"].tolist() == [*CODED["area_type"].values(), "9"]
    assert raw.table["kind"].tolist()[:2] == list(CODED["kind"].values())
    assert raw.table["kind"].isna().tolist() == [False, False, True]
    assert said(raw) == [("unknown_word", None)]
    assert "area_type" in raw.findings[0].message


LATIN = "Café “Poipet” €"
THAI = "บ้านใหม่"
KHMER = "ខេត្តបាត់ដំបង"


@pytest.mark.parametrize(
    ("text", "encoding", "cpg", "told"),
    [
        (KHMER, "UTF-8", "UTF-8", 0),
        (KHMER, "UTF-8", "65001", 0),
        (KHMER, "UTF-8", "utf-8\r\n", 0),
        (KHMER, "UTF-8", None, 1),
        (KHMER, "UTF-8", "nonsense", 1),
        (LATIN, "CP1252", "1252", 0),
        (LATIN, "CP1252", "ANSI 1252", 0),
        (LATIN, "CP1252", "windows-1252", 0),
        (LATIN, "CP1252", None, 1),
        ("Café", "ISO-8859-1", "88591", 0),
        ("Café", "ISO-8859-1", "ISO 8859-1", 0),
        (THAI, "CP874", "TIS-620", 0),
        (THAI, "CP874", "874", 0),
        ("plain", "UTF-8", None, 0),
    ],
)
def test_texts_of_a_shapefile_in_their_encoding(tmp_path, text, encoding, cpg, told):
    frame = FIELDS[["hazard_id", "village", "geometry"]].assign(village=text)
    path = write(frame, tmp_path / "a.shp", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    raw = read_layer(path)
    assert raw.table["village"].tolist() == [text] * 5
    assert said(raw) == [("encoding_taken", None)] * told


def test_a_language_byte_counts(tmp_path):
    frame = FIELDS[["hazard_id", "village", "geometry"]].assign(village="Café")
    path = write(frame, tmp_path / "a.shp", encoding="CP850")
    path.with_suffix(".cpg").unlink()
    dbf = path.with_suffix(".dbf")
    content = bytearray(dbf.read_bytes())
    content[29] = 0x02  # code page 850
    dbf.write_bytes(content)
    assert read_layer(path).table["village"].tolist() == ["Café"] * 5


def test_a_wrong_cpg_is_said_in_one_line(tmp_path):
    frame = FIELDS[["hazard_id", "village", "geometry"]].assign(village=LATIN)
    path = write(frame, tmp_path / "a.shp", encoding="CP1252")
    path.with_suffix(".cpg").write_text("UTF-8")
    with pytest.raises(
        FileError, match=r"a\.shp: column 'village' has texts that are not in UTF-8"
    ):
        read_layer(path)


# what servers and other writers leave


def test_an_answer_that_stops_early_is_said(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(features(GOOD, exceededTransferLimit=True))
    assert said(read_layer(path)) == [("more_on_server", None)]
    path.write_text(features(GOOD, properties={"exceededTransferLimit": True}))
    assert said(read_layer(path)) == [("more_on_server", None)]


def test_an_index_and_categories_of_geopandas_are_columns(tmp_path):
    frame = FIELDS.assign(village=FIELDS["village"].astype("category")).set_index("hazard_id")
    frame["centre"] = frame.geometry.representative_point()
    path = write(frame, tmp_path / "a.parquet", write_covering_bbox=True)
    table = read_layer(path).table
    assert table["hazard_id"].tolist() == FIELDS["hazard_id"].tolist()
    assert as_text(table["village"]) == as_text(FIELDS["village"])
    assert table["centre"][3].startswith("POINT (107.000")
    assert "bbox" not in table


def test_a_cut_flatgeobuf_says_how_many_records_there_should_be(tmp_path):
    many = gpd.GeoDataFrame(
        {"hazard_id": [f"A{n}" for n in range(300)]}, geometry=[FIELDS.geometry[0]] * 300, crs=4326
    )
    whole = tmp_path / "whole.fgb"
    pyogrio.write_dataframe(many, whole)
    content = whole.read_bytes()
    path = tmp_path / "cut.fgb"
    for part in range(2, 100, 3):
        path.write_bytes(content[: len(content) * part // 100])
        with pytest.raises(FileError) as error:
            read_layer(path)
        assert "\n" not in str(error.value)


def test_a_text_of_more_than_a_megabyte_is_refused(tmp_path):
    frame = FIELDS.assign(village=["a", "x" * (1 << 20) + "x", None, "", "b"])
    for suffix in ("fgb", "geojson", "gdb", "kml"):
        path = write(frame, tmp_path / f"long.{suffix}")
        with pytest.raises(FileError, match=r"record number 2 has a text of more than 1 MB"):
            read_layer(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
