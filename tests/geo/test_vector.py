"""Files good and bad: each fault is one line that names the file and the mend, and its class.

Names of places out of the files that offices have.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from mine_geo.errors import CRSError, FileError, GeometryError, MineGeoError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.vector import list_layers, read_places, read_vector
from mine_geo.intake import read_border, read_hazards
from tests.geo.test_crs import GEOGRAPHIC, UTM_ESRI

if TYPE_CHECKING:
    from pathlib import Path


COUNT = 300
FIELDS = gpd.GeoDataFrame(
    {"hazard_id": [f"A{n}" for n in range(COUNT)], "kind": "ap_minefield"},
    geometry=shapely.box(
        np.arange(COUNT) / 1000 + 103, 13, np.arange(COUNT) / 1000 + 103.0005, 13.001
    ),
    crs=4326,
)
FORMATS = ("gpkg", "geojson", "shp", "fgb")
BESIDE = ("shx", "dbf", "prj", "cpg")


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for kind in FORMATS:
        FIELDS.to_file(folder / f"fields.{kind}")
    return folder


def one_line(error, path):
    text = str(error.value)
    assert "\n" not in text
    assert path.name in text
    return text


def features(*geometries, **more):
    rows = [
        {"type": "Feature", "properties": {"hazard_id": f"A{n}"}, "geometry": geometry}
        for n, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows, **more})


def polygon(*xy):
    return {"type": "Polygon", "coordinates": [list(xy)]}


GOOD = polygon((103, 13), (103.01, 13), (103.01, 13.01), (103, 13))


@pytest.mark.parametrize("kind", FORMATS)
def test_whole_files_are_read_whole(files, kind):
    hazards = read_hazards(files / f"fields.{kind}")
    assert set(hazards["hazard_id"]) == set(FIELDS["hazard_id"])
    assert len(hazards) == COUNT
    assert hazards.crs.to_epsg() == 4326


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("part", [0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999])
def test_truncated_files_are_refused(files, tmp_path, kind, part):
    path = tmp_path / f"cut.{kind}"
    whole = (files / f"fields.{kind}").read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    if kind == "shp":
        for other in BESIDE:
            shutil.copy(files / f"fields.{other}", tmp_path / f"cut.{other}")
    with pytest.raises((FileError, GeometryError, RecordError)) as error:
        read_hazards(path)
    text = one_line(error, path)
    assert "it has: cut" not in text, "the layer is there"


def test_a_truncated_sample_is_refused_or_whole(tmp_path):
    """The pages that GDAL does not need may be missing; no record may be."""
    whole = sample.path("minefields").read_bytes()
    for part in np.linspace(0.02, 0.995, 14):
        path = tmp_path / "cut.gpkg"
        path.write_bytes(whole[: int(len(whole) * part) // 4096 * 4096])
        try:
            count, told = len(read_hazards(path)), ""
        except MineGeoError as error:
            count, told = 7392, str(error)
        assert count == 7392
        assert not told or str(path) in told


@pytest.mark.parametrize("other", ["shx", "dbf", "prj"])
@pytest.mark.parametrize("half", [True, False])
def test_a_shapefile_with_a_file_missing_or_cut(files, tmp_path, other, half):
    for kind in ("shp", *BESIDE):
        whole = (files / f"fields.{kind}").read_bytes()
        if kind != other:
            (tmp_path / f"fields.{kind}").write_bytes(whole)
        elif half:
            (tmp_path / f"fields.{kind}").write_bytes(whole[: len(whole) // 2])
    with pytest.raises((FileError, RecordError, CRSError)) as error:
        read_hazards(tmp_path / "fields.shp")
    one_line(error, tmp_path / "fields.shp")


OPEN = polygon((103, 13), (103.1, 13), (103.1, 13.1), (103, 13.1))
LINE = polygon((103, 13), (103.1, 13))
SHORT = polygon((103, 13), (103.1, 13), (103, 13))
BOW = polygon((103, 13), (103.1, 13.1), (103.1, 13), (103, 13.1), (103, 13))
NAN = polygon((103, 13), (103.1, float("nan")), (103.1, 13), (103, 13))
UTM = polygon((303000, 14e5), (303010, 14e5), (303010, 1400010), (303000, 14e5))
EMPTY = {"type": "Polygon", "coordinates": []}
POINT = {"type": "Point", "coordinates": [103, 13]}


@pytest.mark.parametrize(
    ("name", "text", "kind", "told"),
    [
        ("a.geojson", features(GOOD, OPEN), GeometryError, "A1: a ring that is not closed"),
        ("a.geojson", features(GOOD, LINE), GeometryError, "A1: fewer than three"),
        ("a.geojson", features(GOOD, polygon((103, 13))), GeometryError, "A1: fewer than three"),
        ("a.geojson", features(None, GOOD, SHORT), GeometryError, "A0: no geometry, A2: invalid"),
        ("a.geojson", features(GOOD, BOW), GeometryError, "A1: invalid ring: Self-intersection"),
        ("a.geojson", features(GOOD, EMPTY), GeometryError, "A1: empty geometry"),
        ("a.geojson", features(GOOD, POINT), GeometryError, "A1: Point instead of a polygon"),
        ("a.geojson", features(GOOD, NAN), GeometryError, "A1: a coordinate is not a finite"),
        ("a.geojson", features(UTM), CRSError, "metres or feet are declared as degrees"),
        ("a.geojson", features(), RecordError, "no records; choose another layer"),
        ("a.csv", "hazard_id\nA0\n", FileError, "no columns of WKT or of coordinates"),
        ("a.txt", "hello", FileError, "no table of delimited text"),
    ],
)
def test_bad_files(tmp_path, name, text, kind, told):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(kind, match=told) as error:
        read_hazards(path)
    assert type(error.value) is kind
    one_line(error, path)


def test_missing_files_and_layers(files, tmp_path):
    with pytest.raises(FileError, match=r"nothing\.gpkg: no such file"):
        read_hazards(tmp_path / "nothing.gpkg")
    with pytest.raises(FileError, match="nothing in this folder can be read"):
        read_hazards(tmp_path)
    with pytest.raises(FileError, match=r"no layer 'minen'; it has: fields"):
        read_hazards(files / "fields.gpkg", layer="minen")
    path = tmp_path / "two.gpkg"
    for layer in ("north", "south"):
        FIELDS.to_file(path, layer=layer)
    with pytest.raises(
        FileError, match='several layers; name one, as layer="north", of: north, south'
    ):
        read_hazards(path)
    assert len(read_hazards(path, layer="south")) == COUNT
    FIELDS.head(2).to_file(path, layer="hazards")
    assert len(read_hazards(path)) == 2
    assert list_layers(path) == ["north", "south", "hazards"]


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("kind", ["gpkg", "shp", "fgb"])
def test_a_file_without_reference_system(tmp_path, kind):
    path = tmp_path / f"bare.{kind}"
    FIELDS.set_crs(None, allow_override=True).to_file(path)
    with pytest.raises(CRSError, match=r"no coordinate reference system|says no datum") as error:
        read_hazards(path)
    one_line(error, path)


@pytest.mark.parametrize("srs", [0, -1])
def test_a_geopackage_of_undefined_system(files, tmp_path, srs):
    path = tmp_path / "undefined.gpkg"
    shutil.copy(files / "fields.gpkg", path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE gpkg_contents SET srs_id = ?", (srs,))
        connection.execute("UPDATE gpkg_geometry_columns SET srs_id = ?", (srs,))
    connection.close()
    with pytest.raises(CRSError, match=r"without places on the earth|says no datum"):
        read_hazards(path)


@pytest.mark.parametrize(
    ("system", "text"),
    [
        (32648, UTM_ESRI),
        (
            4326,
            GEOGRAPHIC.format(name="GCS_WGS_1984", datum="D_WGS_1984", unit="0.0174532925199433"),
        ),
        (4326, GEOGRAPHIC.format(name="WGS84", datum="WGS_1984", unit="0.01745329")),
    ],
)
def test_a_shapefile_whose_prj_has_no_code(tmp_path, system, text):
    FIELDS.to_crs(system).to_file(tmp_path / "fields.shp")
    (tmp_path / "fields.prj").write_text(text)
    hazards = read_hazards(tmp_path / "fields.shp")
    apart = shapely.hausdorff_distance(hazards.geometry.to_numpy(), FIELDS.geometry.to_numpy())
    assert apart.max() < 1e-8


def test_indian_1960_is_never_read_in_silence(tmp_path):
    path = tmp_path / "old.shp"
    FIELDS.head(3).set_crs(4131, allow_override=True).to_crs(3148).to_file(path)
    with pytest.raises(CRSError, match=r"old\.shp: Indian 1960 .*'Indian 1960 to WGS 84 \(2\)'"):
        read_hazards(path)
    moved = read_hazards(path, operation="Indian 1960 to WGS 84 (2)")
    silent = FIELDS.geometry[0].distance(moved.geometry[0])
    assert 0.001 < silent < 0.01


def measured_shapefile(path, points):
    """Write a shapefile of one PolygonM (type 25) by hand; ArcGIS makes them."""
    ring = b"".join(struct.pack("<2d", *xy) for xy in points)
    west, south = np.min(points, axis=0)
    east, north = np.max(points, axis=0)
    count = len(points)
    content = struct.pack("<i4d2ii", 25, west, south, east, north, 1, count, 0) + ring
    content += struct.pack("<2d", 0, 0) + struct.pack(f"<{count}d", *[1.0] * count)
    record = struct.pack(">2i", 1, len(content) // 2) + content

    def header(length):
        start = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, length // 2) + struct.pack("<2i", 1000, 25)
        return start + struct.pack("<8d", west, south, east, north, 0, 0, 0, 0)

    path.write_bytes(header(100 + len(record)) + record)
    index = struct.pack(">2i", 50, len(content) // 2)
    path.with_suffix(".shx").write_bytes(header(108) + index)
    field = b"HAZARD_ID\0\0C" + bytes(4) + struct.pack("<BB", 4, 0) + bytes(14)
    dbf = (
        struct.pack("<4BIHH20x", 3, 122, 1, 1, 1, 32 + 32 + 1, 5)
        + field
        + b"\r"
        + b" A0  "
        + b"\x1a"
    )
    path.with_suffix(".dbf").write_bytes(dbf)
    path.with_suffix(".prj").write_text(
        UTM_ESRI[UTM_ESRI.index("GEOGCS") : UTM_ESRI.index(",PROJECTION")]
    )


def test_measures_are_dropped_without_a_word(tmp_path):
    path = tmp_path / "m.shp"
    measured_shapefile(path, [(103, 13), (103, 13.01), (103.01, 13.01), (103.01, 13), (103, 13)])
    hazards = read_hazards(path)
    assert hazards["hazard_id"].tolist() == ["A0"]
    assert hazards["size_m2"].tolist() == [1200149]
    assert not hazards.geometry.has_z.any()


def test_read_vector_keeps_columns_and_order(files):
    frame = read_vector(files / "fields.gpkg")
    assert frame.columns.tolist() == ["hazard_id", "kind", "geometry"]


@pytest.mark.parametrize("door", [read_vector, read_hazards, read_border])
def test_a_prj_that_is_no_text_is_refused_in_one_line(tmp_path, door):
    path = tmp_path / "fields.shp"
    gpd.GeoDataFrame({"hazard_id": ["A"]}, geometry=[shapely.box(103, 13, 104, 14)],
                     crs=4326).to_file(path)  # fmt: skip
    text = path.with_suffix(".prj").read_bytes()
    path.with_suffix(".prj").write_bytes(text.replace(b"GCS_WGS_1984", b"GCS\x80"))
    with pytest.raises(FileError, match=r"\.prj, is no text") as caught:
        door(path)
    assert "\n" not in str(caught.value)


def test_a_table_and_a_layer_give_the_same(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    table.write_text(
        "\ufeffname,longitude,latitude,kind\nSamlout,102.8,12.6,town\n,103,13,x\nTa Sanh,,,y\n"
        "ស្រុក,103.5,13.25,z\n",
        encoding="utf-8",
    )
    found = read_places(table)
    assert found["name"].tolist() == ["Samlout", "ស្រុក"]
    assert found.get_coordinates().to_numpy().tolist() == [[102.8, 12.6], [103.5, 13.25]]
    assert found.crs == "EPSG:4326"
    found.to_crs(32648).to_file(tmp_path / "places.gpkg")
    again = read_places(tmp_path / "places.gpkg")
    assert again["name"].tolist() == ["Samlout", "ស្រុក"]
    assert abs(again.get_coordinates().to_numpy() - found.get_coordinates().to_numpy()).max() < 1e-9


def test_a_polygon_counts_with_its_centroid(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.box(103, 13, 104, 14)], crs=4326)
    frame.to_file(tmp_path / "places.gpkg")
    assert read_places(tmp_path / "places.gpkg").geometry.iloc[0].wkt == "POINT (103.5 13.5)"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("name,lon,lat\nA,103,13\nB,1030,13\n", GeometryError, "record 2 has"),
        ("name,lon,lat\nA,103,\n", GeometryError, "record 1 has"),
        ("name,lon,lat\nA,east,13\n", GeometryError, "record 1 has"),
        ("title,lon,lat\nA,103,13\n", RecordError, "no column 'name'"),
        ("name,east,north\nA,103,13\n", RecordError, "no columns lon and lat; there are: name"),
        ("", FileError, "cannot be read"),
    ],
)
def test_bad_tables_are_refused(
    text: str, error: type[Exception], said: str, tmp_path: Path
) -> None:
    table = tmp_path / "places.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=said):
        read_places(table)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_places(tmp_path / "none.csv")


def test_the_sample_keeps_all_its_places() -> None:
    assert len(read_places(sample.path("places"))) == 301


class Unhashable(pa.ExtensionType):
    """A type of Arrow as geoarrow registers it: GDAL names it, and it has no hash."""

    __hash__ = None

    def __init__(self, storage=None):
        super().__init__(pa.binary() if storage is None else storage, "geoarrow.wkb")

    def __arrow_ext_serialize__(self):
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage, serialized):
        return cls(storage)


def test_types_of_another_library_do_not_stop_a_reader(tmp_path):
    FIELDS.to_file(tmp_path / "fields.gpkg")
    before = read_hazards(tmp_path / "fields.gpkg")
    pa.register_extension_type(Unhashable())
    try:
        after = read_hazards(tmp_path / "fields.gpkg")
    finally:
        pa.unregister_extension_type("geoarrow.wkb")
    assert after.equals(before)
