"""The guard: what it refuses, what it lets through, and checksums."""

import hashlib
import io
import os
import shutil
import sqlite3
import struct
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import FileError, OptionError
from mine_geo.geo import sample
from mine_geo.intake import guard
from mine_geo.intake.guard import streams
from mine_geo.intake.guard.binary import is_deep_text, is_deep_wkb
from tests.intake.fields import FIELDS
from tests.intake.test_vector_files import DRIVERS, KML, PLACEMARK, write

MB = 1 << 20


def refused(path, told):
    with pytest.raises(FileError) as error:
        guard.check_file(path)
    text = str(error.value)
    assert "\n" not in text
    assert path.name in text
    assert told in text
    return text


@pytest.mark.parametrize("suffix", DRIVERS)
def test_what_real_writers_write_passes(tmp_path, suffix):
    path = write(FIELDS, tmp_path / f"fields.{suffix}")
    guard.check_file(path)
    link = tmp_path / f"link.{suffix}"
    if suffix != "shp":
        link.symlink_to(path)
        assert guard.check_file(link).format == guard.check_file(path).format


def test_the_sample_passes():
    for name in ("minefields", "districts", "border", "cluster_munition_areas"):
        guard.check_file(sample.path(name))


# size


def test_the_limit_is_read_when_asked(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_bytes(b"hazard_id\n" + b"AP-1\n" * 300_000)
    guard.check_file(path)
    monkeypatch.setenv("MINE_GEO_MAX_FILE_MB", "1")
    refused(
        path, "more than 1 MB, refused; ask for it in parts, or set MINE_GEO_MAX_FILE_MB higher"
    )
    for wrong in ("much", "0", "-1", "inf", "nan"):
        monkeypatch.setenv("MINE_GEO_MAX_FILE_MB", wrong)
        with pytest.raises(OptionError, match="MINE_GEO_MAX_FILE_MB"):
            guard.check_file(path)
    monkeypatch.setenv("MINE_GEO_MAX_FILE_MB", "")
    assert guard.most_bytes() == 512 * MB


def test_a_folder_counts_as_a_whole(tmp_path, monkeypatch):
    for name in "abc":
        (tmp_path / f"{name}.csv").write_bytes(b"hazard_id\n" + b"AP-1\n" * 100_000)
    guard.check_file(tmp_path)
    monkeypatch.setenv("MINE_GEO_MAX_FILE_MB", "1")
    refused(tmp_path, "more than 1 MB")


def test_files_that_are_none(tmp_path):
    refused(tmp_path / "none.gpkg", "no such file")
    pipe = tmp_path / "pipe.gpkg"
    os.mkfifo(pipe)
    refused(pipe, "neither a file nor a folder")
    broken = tmp_path / "broken.gpkg"
    broken.symlink_to(tmp_path / "gone")
    refused(broken, "no such file")
    empty = tmp_path / "empty.shp"
    empty.touch()
    refused(empty, "the file is empty")


# zips


def pack(path, parts, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **more) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


def test_a_zip_is_counted_and_not_believed(tmp_path):
    path = pack(tmp_path / "a.zip", {"a.csv": b"hazard_id\n" + b"AP-1\n" * 1_000_000})
    guard.check_file(path)
    content = path.read_bytes()
    real, lie = struct.pack("<I", 5_000_010), struct.pack("<I", 10)
    assert content.count(real) == 2, "in the file's own header, and in the list at the end"
    path.write_bytes(content.replace(real, lie))
    refused(path, "a damaged zip")


def test_a_zip_bomb_is_refused_by_size_and_by_ratio(tmp_path, monkeypatch):
    path = pack(tmp_path / "a.zip", {"a.csv": b"\n" * (80 * MB)})
    assert path.stat().st_size < MB
    refused(path, "more than 500 times its size, refused as a zip bomb")
    monkeypatch.setenv("MINE_GEO_MAX_FILE_MB", "70")
    refused(path, "more than 70 MB")
    many = pack(tmp_path / "b.zip", {f"{n}.csv": b"a\n" for n in range(10_001)})
    refused(many, "10001 files in a zip")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../a.csv", "the path '../a.csv', refused"),
        ("x/../../a.csv", "the path 'x/../../a.csv', refused"),
        ("/etc/a.csv", "the path '/etc/a.csv', refused"),
        ("C:/a.csv", "the path 'C:/a.csv', refused"),
        ("x\\a.csv", "refused; pack it again"),
        ("inner.zip", "an archive in an archive"),
        ("inner.KMZ", "an archive in an archive"),
        ("book.xlsx", "an archive in an archive"),
    ],
)
def test_names_in_a_zip(tmp_path, name, told):
    path = pack(tmp_path / "a.zip", {"good.csv": "hazard_id\n1\n", name: "x"})
    refused(path, told)


def test_a_link_in_a_zip(tmp_path):
    link = zipfile.ZipInfo("b.csv")
    link.external_attr = 0o120777 << 16
    path = pack(tmp_path / "a.zip", {"a.csv": "hazard_id\n1\n", link: "/etc/passwd"})
    refused(path, "a zip with a link, 'b.csv'")


def test_a_zip_with_a_password(tmp_path):
    path = pack(tmp_path / "a.zip", {"a.csv": "hazard_id\n1\n"})
    content = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + place] |= 1
    path.write_bytes(content)
    refused(path, "a zip with a password")


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.99])
def test_a_cut_zip(tmp_path, part):
    path = pack(tmp_path / "a.zip", {"a.csv": os.urandom(5000).hex()})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    refused(path, "a damaged zip")


def test_a_zip_with_a_flipped_byte(tmp_path):
    path = pack(tmp_path / "a.zip", {"a.csv": os.urandom(5000).hex()})
    content = bytearray(path.read_bytes())
    content[2000] ^= 0xFF
    path.write_bytes(content)
    refused(path, "a damaged zip")


def test_a_workbook_of_endless_columns(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["B2000"] = "hazard_id", 1
    book.save(path)
    guard.check_file(path)
    sheet["XFD1048576"] = 1
    book.save(path)
    refused(path, "a sheet that reaches cell XFD1048576; delete the empty rows")


# XML


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = [
    f'<!DOCTYPE kml [<!ENTITY l0 "ha">{LAUGHS}]>',
    '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE kml SYSTEM "http://example.invalid/kml.dtd">',
    "<!DOCTYPE kml>",
    '<!DOCTYPE kml [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
]


@pytest.mark.parametrize("doctype", DOCTYPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(tmp_path, doctype, encoding):
    text = doctype + KML.format(PLACEMARK.format("&l9;" if "l9" in doctype else "a", "b"))
    told = "XML with a document type or entities is refused"
    path = tmp_path / "a.kml"
    path.write_text(text, encoding=encoding)
    refused(path, told)
    refused(pack(tmp_path / "a.kmz", {"doc.kml": path.read_bytes()}), told)
    for root in ("gpx", "MineActionFieldReport"):
        path.write_text(f"{doctype.replace('kml', root)}<{root}></{root}>", encoding=encoding)
        refused(path, told)


def test_a_document_type_in_a_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    start = sheet.index(b"<worksheet")
    parts["xl/worksheets/sheet1.xml"] = sheet[:start] + DOCTYPES[0].encode() + sheet[start:]
    refused(pack(path, parts), "a.xlsx: xl/worksheets/sheet1.xml in it: XML with a document type")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_cut_xml(tmp_path, part):
    path = tmp_path / "a.kml"
    text = KML.format(PLACEMARK.format("a", "b") * 50)
    path.write_text(text[: int(len(text) * part)])
    refused(path, "it may be truncated")


def test_xml_in_no_encoding(tmp_path):
    path = tmp_path / "a.kml"
    for name in ("utfg8", "utf-7", "base64", "utf-16"):
        path.write_text(f'<?xml version="1.0" encoding="{name}"?>{KML.format("")}')
        with pytest.raises(FileError) as error:
            guard.check_file(path)
        assert "\n" not in str(error.value)


def test_xml_that_holds_its_breath(monkeypatch):
    monkeypatch.setattr(streams, "LONGEST", 2 * streams.CHUNK)
    long = b"x" * (4 * streams.CHUNK)
    for start in (b"<a>", b'<a b="', b"<a><!--", b"<", b"<a><![CDATA[", b"<?p "):
        with pytest.raises(FileError, match="one value of more than 2 MB"):
            streams.check_stream(io.BytesIO(start + long), "a.kml", 1e9, text=True)
    for text in (b"<a>" * 201, b"<a><b/>" * 201):
        with pytest.raises(FileError, match="elements in elements without end"):
            streams.check_stream(io.BytesIO(text), "a.kml", 1e9, text=True)
    many = b"<a>" + b"<b>word</b>" * (2 * streams.CHUNK // 4) + b"</a>"
    assert streams.check_stream(io.BytesIO(many), "a.kml", 1e9, text=True) == len(many)


# texts


@pytest.mark.parametrize("place", [5, streams.CHUNK - 1, streams.CHUNK, streams.CHUNK + 1])
def test_nul_bytes_wherever_they_stand(place):
    text = bytearray(b"AP-1;1\n" * (streams.CHUNK // 3))
    streams.check_stream(io.BytesIO(text), "a.csv", 1e9, text=True)
    text[place] = 0
    with pytest.raises(FileError, match=r"a\.csv: NUL bytes in a text"):
        streams.check_stream(io.BytesIO(text), "a.csv", 1e9, text=True)


@given(st.integers(streams.CHUNK - 8, streams.CHUNK + 2))
def test_written_nul_at_the_seam(place):
    text = b'{"a": "' + b"x" * (place - 7) + rb"\u0000" + b'"}'
    with pytest.raises(FileError, match="NUL bytes"):
        streams.check_stream(io.BytesIO(text), "a.json", 1e9, text=True)


def test_utf_16_has_no_nul(tmp_path):
    path = tmp_path / "a.csv"
    text = "hazard_id,village\n1,ភូមិថ្មី\n"
    for encoding in ("utf-16", "utf-32"):
        path.write_text(text, encoding=encoding)
        assert guard.check_file(path).format == "CSV"
        path.write_text(text.replace("1,", "1\0,"), encoding=encoding)
        refused(path, "NUL bytes")


def test_a_value_without_an_end(monkeypatch):
    monkeypatch.setattr(streams, "LONGEST", 3 * streams.CHUNK)
    long = b"x, " * streams.CHUNK + b"xxxxxx"
    for text in (b'{"features": [{"attributes": {"a": "' + long, b"hazard_id\n" + long):
        with pytest.raises(FileError, match="one value of more than 3 MB"):
            streams.check_stream(io.BytesIO(text), "a", 1e9, text=True)
    lines = b"hazard_id\n" + (long[: streams.CHUNK] + b"\n") * 5
    assert streams.check_stream(io.BytesIO(lines), "a.csv", 1e9, text=True) == len(lines)
    points = b'{"coordinates": [' + b"[103.1, 13.2]," * streams.CHUNK
    assert streams.check_stream(io.BytesIO(points), "a.json", 1e9, text=True) == len(points)


# binary files


@pytest.mark.parametrize("part", [0, 1, 50, 99, 100, 101, 130, -1])
@pytest.mark.parametrize("ending", [".shp", ".shx", ".dbf"])
def test_a_cut_shapefile(tmp_path, ending, part):
    path = write(FIELDS, tmp_path / "fields.shp")
    cut = path.with_suffix(ending)
    content = cut.read_bytes()
    if ending == ".dbf" and part == -1:
        part = -3  # the mark of the end is not needed
    cut.write_bytes(content[:part])
    with pytest.raises(FileError) as error:
        guard.check_file(path)
    assert "\n" not in str(error.value)
    assert "fields.shp" in str(error.value)


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
def test_a_shapefile_without(tmp_path, ending):
    path = write(FIELDS, tmp_path / "[fields] *.shp")
    guard.check_file(path)
    path.with_suffix(ending).unlink()
    refused(path, f"{ending} is missing beside it; ask for all files of the Shapefile")
    assert not path.with_suffix(ending).exists(), "nothing is restored"


def test_a_shapefile_in_capitals(tmp_path):
    path = write(FIELDS, tmp_path / "FIELDS.shp")
    for part in list(tmp_path.iterdir()):
        part.rename(part.with_suffix(part.suffix.upper()))
    guard.check_file(path.with_suffix(".SHP"))
    assert guard.checksum(path.with_suffix(".SHP"))[1] == sum(
        p.stat().st_size for p in tmp_path.iterdir()
    )


def test_a_shapefile_of_two_halves(tmp_path):
    path = write(FIELDS, tmp_path / "a.shp")
    write(FIELDS.head(3), tmp_path / "b.shp")
    shutil.copy(tmp_path / "b.dbf", tmp_path / "a.dbf")
    refused(path, "5 polygons, and 3 records in the .dbf")


def test_a_geodatabase_cut_anywhere_is_refused(tmp_path):
    whole = write(FIELDS, tmp_path / "whole.gdb")
    path = tmp_path / "cut.gdb"
    for part in sorted(whole.glob("*.gdbtabl?")):
        for size in (0, 10, 30, 100, part.stat().st_size - 1):
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(whole, path)
            cut = path / part.name
            if size >= part.stat().st_size - (16 if part.suffix == ".gdbtablx" else 0):
                continue  # the trailer of an index is not needed
            cut.write_bytes(part.read_bytes()[:size])
            refused(path, f"{part.name} is cut off")
    cut.unlink()
    refused(path, "missing; copy the whole folder again" if cut.suffix == ".gdbtablx" else "cut")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_geopackage(tmp_path, part):
    path = write(FIELDS, tmp_path / "a.gpkg")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    refused(path, "is cut off")


def test_a_database_that_is_no_geopackage(tmp_path):
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    refused(path, "an SQLite database and no GeoPackage")


@pytest.fixture(name="layer")
def _layer(tmp_path):
    path = write(FIELDS, tmp_path / "a.gpkg")
    connection = sqlite3.connect(path, isolation_level=None)
    yield path, connection
    connection.close()


def spoil(connection, statement, *values):
    """Change a layer by hand; GDAL's triggers ask functions that SQLite does not have."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute(statement, values)


def test_a_long_text_in_a_geopackage(layer):
    path, connection = layer
    spoil(connection, "UPDATE a SET village = ? WHERE fid = 2", "x" * MB)
    guard.check_file(path)
    spoil(connection, "UPDATE a SET village = ? WHERE fid = 2", "x" * MB + "x")
    refused(path, "a text of more than 1 MB in layer 'a'")
    spoil(connection, "UPDATE a SET village = ? WHERE fid = 2", "x" * (65 * MB))
    refused(path, "more than 64 MB")


VIEWS = {
    "without end": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n, geom "
    "FROM c JOIN a",
    "of 1 GB": "SELECT fid, geom, printf('%.*c', 1000000000, 'x') AS village FROM a",
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("listed", [True, False])
def test_a_layer_that_is_computed_is_never_run(layer, view, listed):
    path, connection = layer
    connection.execute(f"CREATE VIEW bomb AS {VIEWS[view]}")
    if listed:
        statement = "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('bomb', 'features')"
        connection.execute(statement)
    refused(path, "layers that are computed from others (views: bomb), refused")


def test_a_column_that_is_computed(layer):
    path, connection = layer
    spoil(connection, "ALTER TABLE a ADD COLUMN bomb TEXT AS (printf('%.*c', 1000000000, 'x'))")
    refused(path, "layer 'a' has computed columns")


def nested(levels):
    return struct.pack("<BII", 1, 7, 1) * levels + struct.pack("<BIdd", 1, 1, 103.0, 13.0)


def test_geometries_in_geometries(layer, tmp_path):
    path, connection = layer
    blob = b"GP\0\x01" + struct.pack("<i", 4326) + nested(30_000)
    spoil(connection, "UPDATE a SET geom = ? WHERE fid = 3", blob)
    refused(path, "collections in collections")
    path = write(FIELDS, tmp_path / "a.parquet")
    table = pq.read_table(path)
    binary = [*table["geometry"].to_pylist()[:4], nested(30_000)]
    place = table.schema.get_field_index("geometry")
    pq.write_table(table.set_column(place, "geometry", [pa.array(binary)]), path)
    refused(path, "collections in collections")


def test_depth_is_told_by_the_structure():
    ring = [(103 + n / 10_000, 13 + n % 7) for n in range(3000)]
    wide = shapely.MultiPolygon([shapely.Polygon([*ring, (103, 99)])] * 3)
    for flavour in ("iso", "extended"):
        for height in (False, True):
            for order in (0, 1):
                shape = shapely.force_3d(wide) if height else wide
                wkb = shapely.to_wkb(shape, flavor=flavour, byte_order=order, output_dimension=3)
                assert not is_deep_wkb(wkb)
                assert not is_deep_text(wkb.hex())
    assert not is_deep_text(shapely.to_wkt(wide))
    second = struct.pack("<BIdd", 1, 1, 103.0, 13.0)
    beside = (struct.pack("<BII", 1, 7, 2) + second) * 5000 + second
    assert is_deep_wkb(beside)
    big = struct.pack(">BII", 0, 0x80000006, 1) * 5000 + second
    assert is_deep_wkb(big)
    assert is_deep_text(nested(5000).hex().upper())
    assert is_deep_text("GEOMETRYCOLLECTION(" * 5000)


def parquet(path, **columns):
    table = pq.read_table(write(FIELDS, path))
    count = len(next(iter(columns.values())))
    geometry = pa.array([table["geometry"][0].as_py()] * count)
    new = pa.table({**columns, "geometry": geometry}).replace_schema_metadata(
        {b"geo": table.schema.metadata[b"geo"]}
    )
    pq.write_table(new, path, compression="zstd")
    return path


def test_a_gigabyte_of_text_in_a_small_parquet_file(tmp_path):
    path = tmp_path / "a.parquet"
    long = pa.array(["x" * (100 * MB)])
    parquet(path, village=long)
    assert path.stat().st_size < MB
    refused(path, "record number 1 has 100 MB in column 'village'")
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["x" * MB]))
    parquet(path, village=words)
    assert path.stat().st_size < MB
    refused(path, "more than 512 MB, refused")
    large = pa.array(["a", None, "x" * (2 * MB)], pa.large_string())
    parquet(path, village=large)
    refused(path, "record number 3 has 2 MB in column 'village'")


def test_a_billion_records_without_content(tmp_path):
    path = tmp_path / "a.parquet"
    geo = pq.read_schema(write(FIELDS, path)).metadata[b"geo"]
    schema = pa.schema([("n", pa.int64()), ("geometry", pa.binary())], metadata={b"geo": geo})
    batch = pa.table({"n": pa.nulls(10**7, pa.int64()), "geometry": pa.nulls(10**7, pa.binary())})
    with pq.ParquetWriter(path, schema) as writer:
        for _ in range(10):
            writer.write_table(batch.cast(schema))
    assert path.stat().st_size < MB
    refused(path, "more than 512 MB")


@pytest.mark.parametrize("part", [0.01, 0.3, 0.9, 0.999])
def test_a_cut_parquet_file(tmp_path, part):
    path = write(FIELDS, tmp_path / "a.parquet")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    refused(path, "a damaged GeoParquet file")


def test_parquet_without_geometry(tmp_path):
    path = tmp_path / "a.parquet"
    FIELDS[["hazard_id"]].to_parquet(path)
    refused(path, "Parquet without a geometry column")


# checksums


def test_the_checksum_of_a_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"hazard_id\n")
    assert guard.checksum(path) == (hashlib.sha256(b"hazard_id\n").hexdigest(), 10)
    with pytest.raises(FileError, match="no such file"):
        guard.checksum(tmp_path / "none.csv")


def test_the_checksum_of_a_shapefile_is_that_of_its_parts(tmp_path):
    path = write(FIELDS, tmp_path / "a.shp")
    first = guard.checksum(path)
    parts = [".cpg", ".dbf", ".prj", ".shp", ".shx"]
    lines = [
        f"{hashlib.sha256(path.with_suffix(part).read_bytes()).hexdigest()}  {part}\n"
        for part in parts
    ]
    size = sum(path.with_suffix(part).stat().st_size for part in parts)
    assert first == (hashlib.sha256("".join(lines).encode()).hexdigest(), size)
    (tmp_path / "a.qix").write_text("an index of QGIS")
    (tmp_path / "a.shp.xml").write_text("metadata of ArcGIS")
    assert guard.checksum(path) == first
    other = tmp_path / "other"
    other.mkdir()
    for part in parts:
        shutil.copy(path.with_suffix(part), other / f"b{part}")
    assert guard.checksum(other / "b.shp") == first
    for part in parts:
        whole = (other / f"b{part}").read_bytes()
        (other / f"b{part}").write_bytes(whole + b" ")
        assert guard.checksum(other / "b.shp")[0] != first[0], part
        (other / f"b{part}").write_bytes(whole)


def test_the_checksum_of_a_folder(tmp_path):
    path = write(FIELDS, tmp_path / "a.gdb")
    first = guard.checksum(path)
    (path / "a.DESKTOP.1234.sr.lock").write_text("held by ArcGIS")
    assert guard.checksum(path) == first
    assert guard.checksum(path.rename(tmp_path / "b.gdb")) == first
    path = tmp_path / "b.gdb"
    one, two = sorted(path.glob("*.gdbtable"))[:2]
    one.rename(path / "x")
    two.rename(one)
    (path / "x").rename(two)
    assert guard.checksum(path)[0] != first[0], "the same contents under other names"
