"""What a file is, whatever its name."""

import codecs
import json
import zipfile

import openpyxl
import pandas as pd
import pytest

from mine_geo.errors import FileError
from mine_geo.intake.guard.recognise import content, recognise, root_element
from tests.intake.fields import FIELDS
from tests.intake.test_vector_files import GOOD, KML, PLACEMARK, features, write

ESRI = {
    "objectIdFieldName": "OBJECTID",
    "geometryType": "esriGeometryPolygon",
    "spatialReference": {"wkid": 102100, "latestWkid": 3857},
    "fields": [{"name": "type", "type": "esriFieldTypeString"}],
    "features": [{"attributes": {"type": "Feature"}, "geometry": {"rings": []}}],
}
MAXML = "<MineActionFieldReport><FieldReports/></MineActionFieldReport>"
GML = '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2"/>'
WFS = '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"/>'
GPX = '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"/>'
CSV = "hazard_id,wkt\nAP-1,\n"

TEXTS = [
    (features(GOOD), "GeoJSON", "vector"),
    (json.dumps({"features": [], "type": "FeatureCollection"}), "GeoJSON", "vector"),
    (json.dumps({"type": "Feature", "properties": {"attributes": {}}}), "GeoJSON", "vector"),
    ('{"exceededTransferLimit": true, "type": "FeatureCollection"}', "GeoJSON", "vector"),
    (json.dumps(GOOD), "GeoJSON", "vector"),
    (json.dumps({"type": "Feature", "geometry": None}) + "\n" * 2, "GeoJSON", "vector"),
    (json.dumps(ESRI), "Esri JSON", "esri_json"),
    (json.dumps([ESRI, ESRI]), "Esri JSON", "esri_json"),
    (json.dumps(ESRI, indent=2), "Esri JSON", "esri_json"),
    ('{"features": []}', "Esri JSON", "esri_json"),
    ('{"error": {"code": 499, "message": "Token required"}}', "Esri JSON", "esri_json"),
    (KML.format(PLACEMARK.format("a", "b")), "KML", "vector"),
    ("<?xml version='1.0'?>\n<!-- a note -->\n" + KML.format(""), "KML", "vector"),
    ('<kml:kml xmlns:kml="http://earth.google.com/kml/2.1"></kml:kml>', "KML", "vector"),
    (MAXML, "maXML", "maxml"),
    (GML, "GML", "vector"),
    (WFS, "GML", "vector"),
    (GPX, "GPX", "vector"),
    (CSV, "CSV", "sheets"),
    ("លេខ;ភូមិ\n1;ថ្មី\n", "CSV", "sheets"),
]


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.kml", "a", "a.zip"])
@pytest.mark.parametrize(("text", "form", "reader"), TEXTS)
def test_a_text_by_what_it_says(tmp_path, text, form, reader, name):
    path = tmp_path / name
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(text, encoding=encoding)
        assert (content(path).format, recognise(path)) == (form, reader)


@pytest.mark.parametrize(("text", "form", "reader"), TEXTS)
def test_a_text_in_utf_16(tmp_path, text, form, reader):
    path = tmp_path / "a.txt"
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        path.write_bytes(mark + text.encode(encoding))
        assert (content(path).format, recognise(path)) == (form, reader)


@pytest.mark.parametrize(
    ("suffix", "form"),
    [
        ("gpkg", "GeoPackage"),
        ("shp", "Shapefile"),
        ("geojson", "GeoJSON"),
        ("fgb", "FlatGeobuf"),
        ("kml", "KML"),
        ("gdb", "file geodatabase"),
        ("gml", "GML"),
        ("parquet", "GeoParquet"),
    ],
)
def test_what_real_writers_write(tmp_path, suffix, form):
    path = write(FIELDS, tmp_path / f"fields.{suffix}")
    assert content(path).format == form
    assert recognise(path) == ("parquet" if suffix == "parquet" else "vector")
    if suffix == "shp":
        return
    assert content(path.rename(tmp_path / "fields.dat")).format == form


def test_a_workbook_is_one_by_its_parts(tmp_path):
    path = tmp_path / "book.zip"
    openpyxl.Workbook().save(path)
    assert (content(path).format, recognise(path)) == ("XLSX", "sheets")
    pd.DataFrame({"a": [1]}).to_excel(tmp_path / "a.xlsx")
    assert recognise(tmp_path / "a.xlsx") == "sheets"


@pytest.mark.parametrize(
    ("parts", "form"),
    [
        ({"doc.kml": KML.format("")}, "KML"),
        ({"a.geojson": features(GOOD), "a.csv": CSV}, "GeoJSON"),
        ({"export/a.gdb/a00000001.gdbtable": "x", "b.shp": ""}, "file geodatabase"),
        ({"a.csv": CSV, "b.csv": CSV}, "CSV"),
        ({"a.csv": CSV, "__MACOSX/._a.kml": KML.format("")}, "CSV"),
    ],
)
def test_a_zip_by_what_is_in_it(tmp_path, parts, form):
    path = tmp_path / "a.dat"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    assert content(path).format == form
    assert content(path).zipped


def test_folders(tmp_path):
    for name in ("page_1.json", "page_2.json"):
        (tmp_path / name).write_text(json.dumps(ESRI))
    (tmp_path / "notes.csv").write_text(CSV)
    assert recognise(tmp_path) == "esri_json"
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "hazard.csv").write_text(CSV)
    assert recognise(tables) == "sheets"


def refused(path):
    with pytest.raises(FileError) as error:
        recognise(path)
    text = str(error.value)
    assert "\n" not in text
    assert str(path) in text
    return text


@pytest.mark.parametrize(
    ("content_of_it", "told"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "supported: GeoPackage, Shapefile"),
        (b"%PDF-1.7", "a PDF; ask for the data behind it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "save it as .xlsx"),
        (b"\x00\x01\x00\x00Standard Jet DB", "an Access database"),
        (b"ARROW1\0\0", "Arrow or Feather"),
        (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "XML of 'OGRVRTDataSource'"),
        (b"<html><body>log in</body></html>", "XML of 'html' is not read"),
        (b"<?xml version='1.0'?><", "supported: GeoPackage"),
        (b"< 5 m", "supported: GeoPackage"),
        (b'{"type": "gdal_streamed_alg"}', "supported: GeoPackage"),
        (b'{"type": "Topology"}', "supported: GeoPackage"),
        (b"[1, 2]", "supported: GeoPackage"),
        (bytes(range(256)), "supported: GeoPackage"),
        (b"PK\x03\x04 and no more", "a damaged zip"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(tmp_path, content_of_it, told):
    for name in ("a.gpkg", "a.csv"):
        path = tmp_path / name
        path.write_bytes(content_of_it)
        assert told in refused(path)


def test_zips_and_folders_of_nothing(tmp_path):
    path = tmp_path / "a.zip"
    for parts, told in [
        ({}, "a zip of nothing"),
        ({"a.png": b"\x89PNG"}, "a zip of a.png; supported"),
        ({"inner.zip": b"PK\x03\x04"}, "zip in a zip; unpack it"),
        ({"page.json": json.dumps(ESRI)}, "Esri JSON in a zip; unpack it"),
        ({"xl/workbook.bin": b"x", "[Content_Types].xml": b"x"}, "a binary workbook"),
    ]:
        with zipfile.ZipFile(path, "w") as packed:
            for name, text in parts.items():
                packed.writestr(name, text)
        assert told in refused(path)
    path.unlink()
    assert "nothing in this folder" in refused(tmp_path)
    write(FIELDS, tmp_path / "a.shp")
    assert "name one of its files: a.shp" in refused(tmp_path)
    assert "a part of a Shapefile; name a.shp" in refused(tmp_path / "a.dbf")
    assert "a part of a Shapefile; name a.shp" in refused(tmp_path / "a.shx")
    assert "no such file" in refused(tmp_path / "none.shp")
    (tmp_path / "old.gdb").mkdir()
    assert "a geodatabase without its tables" in refused(tmp_path / "old.gdb")


def test_a_document_type_is_not_expanded():
    bomb = '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml><name>&b;</name></kml>'
    assert root_element(bomb.encode()) == "kml"
