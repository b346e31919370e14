"""What a file names anywhere is heeded: another datum is never read as WGS 84."""

import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError
from mine_geo.geo.crs import geodesic_m
from mine_geo.geo.named_systems import same_system, system_of
from mine_geo.geo.vector import read_vector
from mine_geo.intake import read, read_admin, read_border, read_hazards
from tests.store import gdal

CASES = Path(__file__).parents[1] / "cases" / "intake"
RING = [[102.75, 12.7], [102.751, 12.7], [102.7511, 12.7012], [102.7503, 12.70144], [102.75, 12.7]]
OTHER = [[x + 0.05, y + 0.02] for x, y in RING]
OPERATION = "EPSG:1542"
"""Indian 1960 to WGS 84 (2): 198, 881, 317 m (EPSG)."""


def shifted(lon, lat):
    """Return a place of Indian 1960 on WGS 84, by three translations and nothing of PROJ's list."""
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +proj=cart +a=6377276.345 +rf=300.8017 "
        "+step +proj=helmert +x=198 +y=881 +z=317 "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    return pyproj.Transformer.from_pipeline(pipeline).transform(lon, lat)


def named(name):
    return {"type": "name", "properties": {"name": name}}


INDIAN = named("EPSG:4131")


def feature(number=1, geometry=None, ring=RING, properties=None, **more):
    attributes = {"hazard_id": f"BTB-{number:04d}", "kind": "ap_minefield"} | (properties or {})
    shape = {"type": "Polygon", "coordinates": [ring]} | (geometry or {})
    return {"type": "Feature", "properties": attributes, "geometry": shape, **more}


def collection(*features, **more):
    return {"type": "FeatureCollection", "features": list(features), **more}


def saved(tmp_path, content, name="fields.geojson"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def first_corner(path, **how):
    frame = read_hazards(path, kind="ap_minefield", **how)
    return frame.geometry.iloc[0].geoms[0].exterior.coords[0][:2]


WHERE = {
    "in each geometry": collection(feature(geometry={"crs": INDIAN})),
    "on the feature": collection(feature(crs=INDIAN)),
    "at the top": collection(feature(), crs=INDIAN),
    "at the top, after the features": {
        "type": "FeatureCollection", "features": [feature()], "crs": INDIAN
    },
    "in words": collection(feature(), crs=named("Indian 1960")),
    "as a text": collection(feature(), crs="EPSG:4131"),
    "as a number": collection(feature(), crs=4131),
    "URN of OGC": collection(feature(geometry={"crs": named("urn:ogc:def:crs:EPSG::4131")})),
    "URN with a version": collection(feature(crs=named("urn:ogc:def:crs:EPSG:9.6:4131"))),
    "address of OGC": collection(feature(crs=named("http://www.opengis.net/def/crs/EPSG/0/4131"))),
    "old code": collection(feature(crs={"type": "EPSG", "properties": {"code": 4131}})),
    "link": collection(
        feature(), crs={"type": "link", "properties": {"href": "https://epsg.io/4131.proj4"}}
    ),
    "WKT": collection(feature(crs=named(pyproj.CRS(4131).to_wkt("WKT1_GDAL")))),
    "PROJJSON": collection(feature(crs=pyproj.CRS(4131).to_json_dict())),
    "coordRefSys": collection(
        feature(coordRefSys="http://www.opengis.net/def/crs/EPSG/0/4131"),
    ),
    "srsName": collection(feature(geometry={"srsName": "EPSG:4131"})),
    "escaped": json.dumps(collection(feature(crs=INDIAN))).replace('"crs"', '"\\u0063rs"'),
    "an attribute": collection(feature(properties={"srid": 4131})),
    "in a nested collection": collection(
        feature(
            geometry={
                "type": "GeometryCollection",
                "geometries": [{"type": "Polygon", "coordinates": [RING], "crs": INDIAN}],
            }
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_a_system_named_anywhere_needs_its_operation(tmp_path, where):
    path = saved(tmp_path, WHERE[where])
    for refused in (read_vector, read):
        with pytest.raises(CRSError, match=r"Indian 1960 has another datum.*EPSG:1542"):
            refused(path)
    for found in (read_vector(path, operation=OPERATION), read(path, operation=OPERATION).table):
        corners = shapely.get_coordinates(found.geometry)
        at = corners[np.abs(corners - shifted(*RING[0])).sum(axis=1).argmin()]
        assert tuple(at) == pytest.approx(shifted(*RING[0]), abs=1e-8)
    apart = geodesic_m(at[np.newaxis], np.array([RING[0]]))[0]
    assert 400 < apart < 500


UNCLEAR = {
    "words that mean nothing": collection(feature(crs=named("our own grid"))),
    "an approximate name": collection(feature(), crs=named("Indian")),
    "a link to a file": collection(
        feature(), crs={"type": "link", "properties": {"href": "data.crs", "type": "ogcwkt"}}
    ),
    "null": collection(feature(), crs=None),
    "null in a geometry": collection(feature(geometry={"crs": None})),
    "some say it, some do not": collection(feature(geometry={"crs": INDIAN}), feature(2)),
    "two systems": collection(feature(crs=INDIAN), feature(2, ring=OTHER, crs=named("EPSG:4326"))),
    "two datums, none WGS 84": collection(feature(crs=INDIAN), feature(2, crs=named("EPSG:4240"))),
    "the top and a geometry": collection(feature(geometry={"crs": INDIAN}), crs=named("EPSG:4326")),
    "a feature and its geometry": collection(
        feature(geometry={"crs": INDIAN}, crs=named("EPSG:4326"))
    ),
    "in a sequence": "\n".join(
        json.dumps(one) for one in (feature(crs=INDIAN), feature(2, ring=OTHER))
    ),
}


@pytest.mark.parametrize("what", UNCLEAR)
def test_several_systems_or_an_unknown_one_are_refused_with_a_mend_that_mends(tmp_path, what):
    path = saved(tmp_path, UNCLEAR[what])
    with pytest.raises(CRSError, match=r"export it in EPSG:4326.*as crs=\"EPSG:4131\""):
        read(path)
    with pytest.raises(CRSError, match="export it in EPSG:4326"):
        read_vector(path)
    # The one mend: the caller says it.
    assert first_corner(path, crs="EPSG:4326") == pytest.approx(RING[0])
    given = first_corner(path, crs="EPSG:4131", operation=OPERATION)
    assert given == pytest.approx(shifted(*RING[0]), abs=1e-8)
    # The other: it is exported in EPSG:4326.
    again = tmp_path / "again.geojson"
    gpd.read_file(path, engine="pyogrio").set_crs(4326, allow_override=True).to_file(again)
    assert first_corner(again) == pytest.approx(RING[0], abs=1e-6)


def test_the_message_says_which_records_name_what(tmp_path):
    plain = [feature(n, geometry={"crs": INDIAN} if n > 2 else {}) for n in range(1, 6)]
    with pytest.raises(CRSError, match=r"EPSG:4131 in 3 \(the first is number 3\), WGS 84 in 2"):
        read(saved(tmp_path, collection(*plain)))


FINE = {
    "nothing": collection(feature()),
    "CRS84": collection(feature(), crs=named("urn:ogc:def:crs:OGC:1.3:CRS84")),
    "4326 in a geometry": collection(feature(geometry={"crs": named("EPSG:4326")})),
    "4326 in some": collection(feature(crs=named("EPSG:4326")), feature(2)),
    "words": collection(feature(), crs=named("WGS 84")),
    "words of Esri": collection(feature(crs=named("GCS_WGS_1984"))),
    "an attribute that is none": collection(
        feature(properties={"srs": "SRS-12", "CRS": "Catholic Relief"})
    ),
    "without a geometry": {
        "type": "FeatureCollection",
        "features": [feature(crs=named("EPSG:4326")), feature(2) | {"geometry": None}],
    },
    "in a text": collection(feature(properties={"note": 'he wrote "crs": "EPSG:4131"'})),
}


@pytest.mark.parametrize("what", FINE)
def test_wgs84_in_any_words_is_read_as_it_is(tmp_path, what):
    path = saved(tmp_path, FINE[what])
    corner = shapely.get_coordinates(read_vector(path).geometry)[0]
    assert tuple(corner) == pytest.approx(RING[0], abs=1e-12)


def test_a_zone_in_each_geometry_counts_for_all(tmp_path):
    utm = gpd.GeoSeries([shapely.Polygon(RING)], crs=4326).to_crs(32648)
    ring = [list(xy) for xy in utm[0].exterior.coords]
    path = saved(tmp_path, collection(feature(ring=ring, geometry={"crs": named("EPSG:32648")})))
    assert first_corner(path) == pytest.approx(RING[0], abs=1e-9)


@pytest.mark.parametrize(
    ("name", "records"),
    [("pg_4131.geojson", 1), ("jc_geomcrs.geojson", 3), ("jc_crs.geojsonl", 3),
     ("jc_link.geojson", 3), ("jc_indian_name.geojson", 3)],
)  # fmt: skip
def test_files_that_were_read_440_m_off(name, records):
    path = CASES / name
    with pytest.raises(CRSError, match="Indian 1960 has another datum than WGS 84; name the trans"):
        read(path)
    hazards = read_hazards(path, operation=OPERATION)
    assert hazards["hazard_id"].tolist() == [f"BTB-{n:04d}" for n in range(1, records + 1)]
    corner = shapely.get_coordinates(hazards.geometry)[0]
    assert tuple(corner) == pytest.approx(shifted(102.75, 12.7), abs=1e-8)
    assert hazards["size_m2"].iloc[0] == pytest.approx(14_563, abs=3)


def test_degrees_that_are_declared_as_metres_are_refused():
    with pytest.raises(CRSError, match=r"degrees are declared as metres.*crs=\"EPSG:4326\""):
        read(CASES / "j_crs_wrong.geojson")


def test_borders_and_districts_too(tmp_path):
    line = {"type": "LineString", "coordinates": RING[:3], "crs": INDIAN}
    border = {"type": "Feature", "geometry": line, "properties": {}}
    border["properties"] |= {"kind": "land", "neighbour": "THA"}
    path = saved(tmp_path, collection(border), "border.geojson")
    with pytest.raises(CRSError, match="Indian 1960"):
        read_border(path)
    at = shapely.get_coordinates(read_border(path, operation=OPERATION).geometry)[0]
    assert tuple(at) == pytest.approx(shifted(*RING[0]), abs=1e-8)
    unit = feature(properties={"district": "Samlout", "province": "Battambang"}, crs=INDIAN)
    path = saved(tmp_path, collection(unit), "districts.geojson")
    with pytest.raises(CRSError, match="Indian 1960"):
        read_admin(path)
    at = shapely.get_coordinates(read_admin(path, operation=OPERATION).geometry)[0]
    assert np.abs(at - shifted(*RING[0])).max() < 0.01


def test_topojson_and_a_zip(tmp_path):
    arcs = {"type": "Polygon", "arcs": [[0]], "properties": {"hazard_id": "A"}, "crs": INDIAN}
    topology = {"type": "Topology", "objects": {"fields": arcs}, "arcs": [RING]}
    with pytest.raises(CRSError, match="several reference systems: EPSG:4131 in 1"):
        read(saved(tmp_path, topology, "fields.json"))
    del arcs["crs"]
    with pytest.raises(CRSError, match="Indian 1960 has another datum"):
        read(saved(tmp_path, {**topology, "crs": named("Indian 1960")}, "fields.json"))
    path = tmp_path / "fields.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fields.geojson", json.dumps(WHERE["in each geometry"]))
    for refused in (read, read_vector):
        with pytest.raises(CRSError, match="Indian 1960"):
            refused(path)
    gpd.read_file(path).set_crs(4326, allow_override=True).to_file(tmp_path / "plain.shp")
    with zipfile.ZipFile(path, "w") as archive:
        for part in tmp_path.glob("plain.*"):
            archive.write(part, part.name)
        archive.writestr("about.json", json.dumps({"crs": "EPSG:4131"}))
    for found in (read(path).table, read_vector(path)):
        corner = shapely.get_coordinates(found.geometry)[:4]
        assert np.abs(corner - RING[0]).sum(axis=1).min() < 1e-9


GML = """<?xml version="1.0"?>
<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml">
{members}</ogr:FeatureCollection>"""
MEMBER = (
    "<gml:featureMember><ogr:fields fid='f.{n}'><ogr:hazard_id>BTB-{n}</ogr:hazard_id>"
    "<ogr:geometryProperty><gml:Polygon srsName='{name}'><gml:outerBoundaryIs><gml:LinearRing>"
    "<gml:coordinates>102.75,12.7 102.751,12.7 102.751,12.701 102.75,12.7</gml:coordinates>"
    "</gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></ogr:geometryProperty></ogr:fields>"
    "</gml:featureMember>\n"
)


def test_each_geometry_of_gml(tmp_path):
    def gml(*names):
        members = "".join(MEMBER.format(n=n, name=name) for n, name in enumerate(names, 1))
        return saved(tmp_path, GML.format(members=members), f"{len(names)}_{len(members)}.gml")

    assert first_corner(gml("EPSG:4326", "EPSG:4326")) == pytest.approx(RING[0])
    for refused in (read, read_vector):
        with pytest.raises(CRSError, match=r"several reference systems: EPSG:4326, EPSG:4131"):
            refused(gml("EPSG:4326", "EPSG:4131"))
    with pytest.raises(CRSError, match="Indian 1960"):
        read(gml("EPSG:4131", "EPSG:4131"))


@pytest.fixture(name="layered")
def _layered(tmp_path):
    path = tmp_path / "fields.gpkg"
    frame = gpd.GeoDataFrame(
        {"hazard_id": ["A", "B"]}, geometry=[shapely.Polygon(RING)] * 2, crs=4326
    )
    frame.to_file(path, layer="fields")
    return path


def test_geometries_of_a_geopackage_that_bear_another_number(layered):
    assert len(read(layered).table) == 2
    connection = sqlite3.connect(layered)
    (blob,) = connection.execute("SELECT geom FROM fields WHERE fid = 2").fetchone()
    connection.close()
    order = "<" if blob[3] & 1 else ">"
    other = blob[:4] + struct.pack(f"{order}i", 4131) + blob[8:]
    gdal.execute(layered, f"UPDATE fields SET geom = x'{other.hex()}' WHERE fid = 2")
    for refused in (read, read_vector):
        with pytest.raises(CRSError, match=r"bear other reference systems.*4131 in 1"):
            refused(layered)
    assert first_corner(layered, crs="EPSG:4326") == pytest.approx(RING[0])


def test_a_geopackage_that_defines_4326_as_another_datum(layered):
    connection = sqlite3.connect(layered)
    with connection:
        connection.execute(
            "UPDATE gpkg_spatial_ref_sys SET definition = ? WHERE srs_id = 4326",
            (pyproj.CRS(4131).to_wkt("WKT1_GDAL"),),
        )
    connection.close()
    with pytest.raises(CRSError, match="Indian 1960"):
        read_vector(layered)


def test_srid_of_wkt_and_of_hexadecimal_wkb(tmp_path):
    shape = shapely.set_srid(shapely.Polygon(RING), 4131)
    ways = {
        "text": f"SRID=4131;{shape.wkt}",
        "hex": shapely.to_wkb(shape, hex=True, include_srid=True),
    }
    for name, text in ways.items():
        frame = pd.DataFrame({"hazard_id": ["A"], "kind": ["ap_minefield"], "wkt": [text]})
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        frame.to_excel(tmp_path / f"{name}.xlsx", index=False)
        for ending in ("csv", "xlsx"):
            path = tmp_path / f"{name}.{ending}"
            with pytest.raises(CRSError, match="Indian 1960"):
                read(path)
            at = first_corner(path, operation=OPERATION)
            assert at == pytest.approx(shifted(*RING[0]), abs=1e-8)


def test_geojson_in_the_cells_of_a_table(tmp_path):
    def cells(*systems):
        shape = {"type": "Polygon", "coordinates": [RING]}
        shapes = [shape if each is None else shape | {"crs": named(each)} for each in systems]
        rows = {"hazard_id": [f"A{n}" for n in range(len(systems))], "kind": "ap_minefield"}
        path = tmp_path / "fields.csv"
        frame = pd.DataFrame(rows | {"geojson": [json.dumps(each) for each in shapes]})
        frame.to_csv(path, index=False)
        return path

    assert first_corner(cells(None, "EPSG:4326")) == pytest.approx(RING[0])
    with pytest.raises(CRSError, match="Indian 1960 has another datum"):
        read(cells("EPSG:4131", "Indian 1960"))
    given = first_corner(cells("EPSG:4131"), operation=OPERATION)
    assert given == pytest.approx(shifted(*RING[0]), abs=1e-8)
    for systems in (("EPSG:4131", None), ("EPSG:4131", "EPSG:4326"), ("Indian",)):
        path = cells(*systems)
        with pytest.raises(CRSError, match=r"export them in EPSG:4326.* as crs="):
            read(path)
        assert first_corner(path, crs="EPSG:4326") == pytest.approx(RING[0])


@pytest.mark.parametrize("column", ["datum", "SRID", "EPSG", "map_datum"])
@pytest.mark.parametrize("ending", ["geojson", "gpkg", "parquet", "csv"])
def test_a_column_that_names_another_datum(tmp_path, column, ending):
    said = {"datum": "Indian 1960", "map_datum": "Indian Thailand"}.get(column, 4131)
    frame = gpd.GeoDataFrame(
        {"hazard_id": ["A"], "kind": ["ap_minefield"], column: [said]},
        geometry=[shapely.Polygon(RING)],
        crs=4326,
    )
    path = tmp_path / f"fields.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "csv":
        frame.assign(wkt=frame.geometry.to_wkt()).drop(columns="geometry").to_csv(path, index=False)
    else:
        frame.to_file(path)
    how = {"crs": "EPSG:4326"} if ending == "csv" else {}
    with pytest.raises(CRSError, match=r"\[points\]|name the transformation|several"):
        read(path, **how)
    given = first_corner(path, crs="EPSG:4131", operation=OPERATION)
    assert given == pytest.approx(shifted(*RING[0]), abs=1e-8)
    if ending != "geojson" or column != "SRID":
        profile = tmp_path / "ours.toml"
        profile.write_text("[points]\nsystem = []\n")
        assert first_corner(path, profile=profile, **how) == pytest.approx(RING[0], abs=1e-8)


def test_a_geoparquet_whose_geometries_bear_a_number(tmp_path):
    path = tmp_path / "fields.parquet"
    frame = gpd.GeoDataFrame({"hazard_id": ["A"]}, geometry=[shapely.Polygon(RING)], crs=4326)
    frame.to_parquet(path)
    table = pq.read_table(path)
    wkb = shapely.to_wkb(shapely.set_srid(shapely.Polygon(RING), 4131), include_srid=True)
    place = table.schema.get_field_index("geometry")
    table = table.set_column(place, table.schema.field(place), [pa.array([wkb], pa.binary())])
    pq.write_table(table, path)
    with pytest.raises(CRSError, match="4131"):
        read(path)


def test_what_postgis_itself_writes(shared_postgis_url, tmp_path):
    with psycopg.connect(shared_postgis_url) as connection:
        connection.execute("CREATE TEMP TABLE fields (hazard_id text, geom geometry)")
        for number, srid in enumerate((4131, 4131), 1):
            connection.execute(
                "INSERT INTO fields VALUES (%s, ST_SetSRID(ST_GeomFromText(%s), %s))",
                (f"BTB-{number:04d}", shapely.Polygon(RING).wkt, srid),
            )
        query = (
            "SELECT json_build_object('type', 'FeatureCollection', 'features', json_agg("
            "json_build_object('type', 'Feature', 'geometry', {}::json, "
            "'properties', json_build_object('hazard_id', hazard_id))))::text FROM fields"
        )
        ways = ("ST_AsGeoJSON(geom)", "ST_AsGeoJSON(geom, 15, 2)", "ST_AsGeoJSON(geom, 15, 4)")
        for way in ways:
            (text,) = connection.execute(query.format(way)).fetchone()
            path = saved(tmp_path, text)
            with pytest.raises(CRSError, match="Indian 1960"):
                read(path)
            at = first_corner(path, operation=OPERATION)
            assert at == pytest.approx(shifted(*RING[0]), abs=1e-8)
        # PostGIS leaves 4326 out: such a table says two things.
        connection.execute("UPDATE fields SET geom = ST_SetSRID(geom, 4326) WHERE hazard_id = %s",
                           ("BTB-0002",))  # fmt: skip
        (text,) = connection.execute(query.format(ways[0])).fetchone()
        with pytest.raises(CRSError, match="several reference systems"):
            read(saved(tmp_path, text))
        # The mend: it is carried to EPSG:4326 where it stands.
        mended = query.format("ST_AsGeoJSON(ST_Transform(geom, 4326), 15)")
        (text,) = connection.execute(mended).fetchone()
        assert len(read(saved(tmp_path, text)).table) == 2


@given(st.sampled_from([4326, 4131, 4240, 32648, 3148, 4979, 3857]), st.integers(0, 7))
def test_a_system_is_known_in_every_spelling(code, way):
    spelled = (
        f"EPSG:{code}", f"epsg {code}", f"urn:ogc:def:crs:EPSG::{code}",
        f"urn:ogc:def:crs:EPSG:10.1:{code}", f"http://www.opengis.net/def/crs/EPSG/0/{code}",
        f"http://www.opengis.net/gml/srs/epsg.xml#{code}", f"[EPSG:{code}]", str(code),
    )[way]  # fmt: skip
    assert system_of(spelled).to_epsg() == code
    for other in (4326, 4131, 32648):
        flat = {code, other} <= {4326, 4979}
        assert same_system(system_of(spelled), pyproj.CRS(other)) == (code == other or flat)


WORDS = st.sampled_from(["name", "properties", "code", "type", "href", "datum", "wkid"])
LEAVES = st.none() | st.booleans() | st.text(max_size=30) | st.integers()
TWIGS = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(WORDS, LEAVES)
NONSENSE = TWIGS | st.lists(TWIGS, max_size=3) | st.dictionaries(WORDS, TWIGS)


@given(NONSENSE)
def test_nonsense_names_nothing_and_never_raises(said):
    found = system_of(said)
    assert found is None or isinstance(found, pyproj.CRS)
