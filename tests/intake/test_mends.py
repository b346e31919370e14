"""Each mend that a message of the intake names is carried out, to the letter, and the file read."""

import datetime as dt
import json
import re
import shlex
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from click.testing import CliRunner
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from mine_geo.cli import main
from mine_geo.errors import FINDINGS_EXIT, CRSError, MineGeoError
from mine_geo.intake import check_received, read, read_hazards
from tests.intake.test_cases_read import CASES, RINGS, assert_there

FEET = "+proj=utm +zone=48 +datum=WGS84 +units=ft +type=crs"
IDS = ["BTB-0001", "BTB-0002", "BTB-0003"]
DRIVERS = {
    "gpkg": "GPKG",
    "shp": "ESRI Shapefile",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "gdb": "OpenFileGDB",
    "gml": "GML",
    "tab": "MapInfo File",
    "mif": "MapInfo File",
}
ENDINGS = (*DRIVERS, "parquet", "json", "csv", "ewkb.csv")


def numbers(crs):
    """Return the polygons of the cases in the coordinates of a reference system."""
    way = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    return [shapely.Polygon(np.column_stack(way.transform(*np.array(ring).T))) for ring in RINGS]


def write(path, shapes, declared):
    """Write polygons in a format, under the reference system that is declared."""
    ending = path.name.partition(".")[2]
    table = {"hazard_id": IDS[: len(shapes)], "kind": ["ap_minefield"] * len(shapes)}
    if ending == "json":
        features = [
            {"attributes": {"hazard_id": name, "kind": "ap_minefield"},
             "geometry": {"rings": [[list(xy) for xy in shape.exterior.coords]]}}
            for name, shape in zip(IDS, shapes, strict=True)
        ]  # fmt: skip
        code = {} if declared is None else {"spatialReference": {"wkid": declared}}
        path.write_text(
            json.dumps({"geometryType": "esriGeometryPolygon", **code, "features": features})
        )
    elif ending.endswith("csv"):
        if ending == "ewkb.csv":
            made = [shapely.set_srid(shape, declared or 0) for shape in shapes]
            texts = shapely.to_wkb(made, hex=True, include_srid=True)
        else:
            start = "" if declared is None else f"SRID={declared};"
            texts = [start + shape.wkt for shape in shapes]
        pd.DataFrame({**table, "wkt": texts}).to_csv(path, index=False)
    else:
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs=declared)
        if ending == "parquet":
            frame.to_parquet(path)
            return path
        more = {"SPATIAL_INDEX": "NO"} if ending == "fgb" else {}
        more |= {"FORMAT": "MIF"} if ending == "mif" else {}
        if ending in {"tab", "mif"}:  # whose coordinates are whole numbers of a grid within these
            west, south, east, north = frame.total_bounds
            more |= {"BOUNDS": f"{west - 1},{south - 1},{east + 1},{north + 1}"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(frame, path, driver=DRIVERS[ending], **more)
    return path


def mends(message):
    """Return the options that a message names, as the library writes them."""
    return dict(re.findall(r'\b(crs|operation)="([^"]+)"', message))


def refused(path, **options):
    with pytest.raises(MineGeoError) as caught:
        read_hazards(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def of_command(message):
    """Return the options that a message of the command names."""
    found = re.findall(r"--(?:crs|operation) (?:'[^']*'|[^\s';,)]+)", message)
    return [word for one in found[:1] for word in shlex.split(one)]


WRONG = {
    "degrees as metres": (4326, 32648),
    "degrees as the next zone": (4326, 32647),
    "degrees as Web Mercator": (4326, 3857),
    "degrees as Indian 1960 in metres": (4326, 3148),
    "metres as degrees": (32648, 4326),
    "the wrong zone": (32648, 32647),
    "Web Mercator as UTM": (3857, 32648),
    "feet as metres": (FEET, 32648),
    "a slip of the code": (4326, 4236),
    "metres of Taiwan": (32648, 3826),
    "degrees of nothing": (4326, None),
    "metres of nothing": (32648, None),
}
SAY_NONE = {"geojson", "gml"}
"""What these two hold without a system is on WGS 84, or cannot be written so."""


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_wrong_reference_system_is_mended_as_the_message_says(tmp_path, ending, wrong):
    true, declared = WRONG[wrong]
    if declared is None and ending in SAY_NONE:
        pytest.skip("this format always says one")
    path = write(tmp_path / f"a.{ending}", numbers(true), declared)
    message = refused(path)
    options = mends(message)
    assert set(options) == {"crs"}, message
    # A geodatabase made for metres keeps four decimals: of degrees that is 11 m.
    rough = ending == "gdb" and true == 4326
    table = read_hazards(path, **options).sort_values("hazard_id", ignore_index=True)
    assert_there(table, off_m=20 if rough else 0.1, off_m2=600 if rough else 1)

    run = CliRunner().invoke(main, ["check", str(path)])
    assert run.exit_code == 4
    assert 'crs="' not in run.output, "the words of the library"
    assert of_command(run.output), run.output
    again = CliRunner().invoke(main, ["check", str(path), *of_command(run.output)])
    assert again.exit_code == 0, again.output
    assert f"3 hazards, {table['size_m2'].sum():,} m²" in again.output


def test_a_system_by_datum_names_its_operation(tmp_path):
    """Indian 1960: refused with the operations listed, each of which may be named."""
    path = write(tmp_path / "a.gpkg", numbers(4131), 4131)
    message = refused(path)
    code = re.search(r"EPSG:\d+(?=,| \()|EPSG:\d{4}", message.partition("operation=")[2])
    assert code, message
    assert_there(read_hazards(path, operation=code[0]), off_m=600, off_m2=6)
    run = CliRunner().invoke(main, ["check", str(path)])
    assert "(--operation ...)" in run.output
    again = CliRunner().invoke(main, ["check", str(path), "--operation", code[0]])
    assert again.exit_code == 0, again.output


MAPINFO = {
    "Indian (Thailand, Vietnam)": "Earth Projection 1, 42",
    "unknown datum": "Earth Projection 1, 0",
    "a shift of its own": "Earth Projection 1, 999, 6, 214, 804, 268",
    "of no place": 'NonEarth Units "m" Bounds (0, 0) (200, 200)',
}


@pytest.mark.parametrize("name", MAPINFO)
def test_no_datum_of_mapinfo_is_taken_for_wgs_84(tmp_path, name):
    """Each is refused, and read with the system or the operation that the message asks for."""
    for ending in ("mif", "mid"):
        text = (CASES / f"b.{ending}").read_text(encoding="utf-8")
        text = text.replace("CoordSys Earth Projection 1, 104", f"CoordSys {MAPINFO[name]}")
        (tmp_path / f"b.{ending}").write_text(text, encoding="utf-8")
    path = tmp_path / "b.mif"
    with pytest.raises(CRSError) as caught:
        read_hazards(path)
    message = str(caught.value)
    assert "WGS 84" in message or "without places" in message
    assert_there(read_hazards(path, crs="EPSG:4326"))  # its maker says that it is
    if "operation=" in message:
        table = read_hazards(path, operation="as the file declares")
        assert "as the file declares" in message
        x, y = shapely.get_coordinates(shapely.centroid(table.geometry[0]))[0]
        away = np.hypot((x - 102.75058) * 108_600, (y - 12.70064) * 110_600)
        assert 300 < away < 600, "Indian 1975 to WGS 84 lies some 440 m off"
    else:
        assert "crs=" in message


def test_x_and_y_exchanged_are_exchanged_back_in_the_source(tmp_path):
    turned = [shapely.transform(shape, lambda xy: xy[:, ::-1]) for shape in numbers(4326)]
    path = write(tmp_path / "a.gpkg", turned, 4326)
    message = refused(path)
    assert "swap them in the source" in message
    back = [shapely.transform(shape, lambda xy: xy[:, ::-1]) for shape in turned]
    assert_there(read_hazards(write(tmp_path / "b.gpkg", back, 4326)))


def test_columns_of_latitude_and_longitude_exchanged_are_named_in_a_profile(tmp_path):
    path = tmp_path / "a.csv"
    rows = [(name, *xy[::-1]) for name, ring in zip(IDS, RINGS, strict=True) for xy in ring]
    pd.DataFrame(rows, columns=["hazard_id", "lon", "lat"]).to_csv(path, index=False)
    message = refused(path, crs="EPSG:4326", kind="ap_minefield")
    said = re.search(r"\[points\] (lon = \S+) (lat = \S+), or rename them", message)
    profile = tmp_path / "own.toml"
    profile.write_text(f"[points]\n{said[1]}\n{said[2]}\n")
    table = read_hazards(path, profile=profile, kind="ap_minefield", crs="EPSG:4326")
    assert_there(table)


def test_degrees_from_a_wrong_zone_are_converted_again(tmp_path):
    """Metres of zone 48 that somebody converted as of zone 47 lie six degrees too far west."""
    shapes = numbers(32648)
    wrong = gpd.GeoSeries(shapes, crs=32647).to_crs(4326)
    path = write(tmp_path / "a.gpkg", wrong.tolist(), 4326)
    message = refused(path)
    assert "convert them again from UTM in the zone in which they were measured" in message
    again = gpd.GeoSeries(wrong.to_crs(32647).to_numpy(), crs=32648).to_crs(4326)
    assert_there(read_hazards(write(tmp_path / "b.gpkg", again.tolist(), 4326)))


def points(path, crs, **more):
    rows = [
        (name, *xy)
        for name, shape in zip(IDS, numbers(crs), strict=True)
        for xy in shape.exterior.coords[:-1]
    ]
    names = ["hazard_id", "easting", "northing"]
    table = pd.DataFrame(rows, columns=names).assign(kind="ap_minefield", **more)
    table.to_csv(path, index=False)
    return path


def test_points_in_the_wrong_zone(tmp_path):
    path = points(tmp_path / "a.csv", 32648, zone="47N")
    assert "crs=" in refused(path)
    message = refused(path, crs="EPSG:4326")
    assert mends(message) == {"crs": "EPSG:32648"}
    assert_there(read_hazards(path, crs="EPSG:32648"))


def test_points_of_a_zone_need_their_datum_alone(tmp_path):
    path = points(tmp_path / "a.csv", 32648, zone="48N")
    message = refused(path)
    assert_there(read_hazards(path, **mends(message)))
    assert_there(read_hazards(path, crs="EPSG:4326"))
    assert_there(read_hazards(path, crs="EPSG:32648"))


def test_points_of_several_zones_and_a_grid_of_one_are_refused_with_a_mend(tmp_path):
    path, west = tmp_path / "a.csv", [(x - 0.4, y) for x, y in RINGS[0]]
    rows = []
    for name, zone, ring in (("W", "47N", west), ("E", "48N", RINGS[1])):
        way = pyproj.Transformer.from_crs(4326, f"EPSG:326{zone[:2]}", always_xy=True)
        rows += [(name, zone, *way.transform(*xy), "ap_minefield") for xy in ring]
    columns = ["hazard_id", "zone", "easting", "northing", "kind"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    message = refused(path, crs="EPSG:32648")
    assert mends(message) == {"crs": "EPSG:4326"}
    table = read_hazards(path, **mends(message)).set_index("hazard_id")
    assert table.loc["E", "size_m2"] == 14562
    assert table.geometry["W"].hausdorff_distance(shapely.Polygon(west)) < 1e-8
    assert mends(refused(path)) in ({"crs": "EPSG:4131"}, {"crs": "EPSG:4326"})


def test_a_layer_is_named_as_the_message_says(tmp_path):
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame(
        {"hazard_id": IDS, "kind": "ap_minefield"}, geometry=numbers(4326), crs=4326
    )
    for layer in ("fields of 2023", "fields of 2024"):
        frame.to_file(path, layer=layer)
    message = refused(path)
    assert 'layer="fields of 2023"' in message
    assert_there(read_hazards(path, layer="fields of 2023"))
    run = CliRunner().invoke(main, ["check", str(path)])
    words = shlex.split(re.search(r"--layer '[^']*'", run.output)[0])
    assert CliRunner().invoke(main, ["check", str(path), *words]).exit_code == 0


def gpx(*rings, closed=True):
    tracks = "".join(
        f"<trk><name>{name}</name><trkseg>"
        + "".join(
            f'<trkpt lat="{y}" lon="{x}"/>' for x, y in ([*ring, ring[0]] if closed else ring)
        )
        + "</trkseg></trk>"
        for name, ring in zip(IDS, rings, strict=False)
    )
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="a receiver" '
        f'xmlns="http://www.topografix.com/GPX/1/1">{tracks}</gpx>'
    )


OWN_NAME = '[hazards.columns]\nhazard_id = ["{}"]\n[hazards.constants]\nkind = "ap_minefield"\n'


def own_profile(tmp_path, column):
    path = tmp_path / "own.toml"
    path.write_text(OWN_NAME.format(column))
    return path


def test_a_track_that_is_open_is_closed_in_the_source(tmp_path):
    path, profile = tmp_path / "a.gpx", own_profile(tmp_path, "name")
    path.write_text(gpx(*RINGS, closed=False))
    message = refused(path, profile=profile)
    assert "BTB-0001: an open track, no polygon" in message
    assert "end it in its first point" in message
    path.write_text(gpx(*RINGS, closed=True))  # as the message says
    assert_there(read_hazards(path, profile=profile))


def test_waypoints_become_a_table_of_corners(tmp_path):
    path, profile = tmp_path / "a.gpx", own_profile(tmp_path, "name")
    marks = "".join(
        f'<wpt lat="{y}" lon="{x}"><name>{name}</name></wpt>'
        for name, ring in zip(IDS, RINGS, strict=True)
        for x, y in ring
    )
    path.write_text(gpx().replace("</gpx>", f"{marks}</gpx>"))
    message = refused(path, profile=profile)
    assert "write its corners as a table (CSV) with hazard_id, lon and lat" in message
    frame = gpd.read_file(path, layer="waypoints")
    table = pd.DataFrame(
        {"hazard_id": frame["name"], "lon": frame.geometry.x, "lat": frame.geometry.y}
    )
    table.to_csv(tmp_path / "a.csv", index=False)
    assert_there(read_hazards(tmp_path / "a.csv", kind="ap_minefield", crs="EPSG:4326"))


def dxf(*entities):
    head = ["0", "SECTION", "2", "ENTITIES"]
    return "\n".join(
        [*head, *(word for one in entities for word in one), "0", "ENDSEC", "0", "EOF", ""]
    )


def polyline(ring, layer="MINES", flag=1):
    words = ["0", "LWPOLYLINE", "8", layer, "90", str(len(ring)), "70", str(flag)]
    return [*words, *(word for x, y in ring for word in ("10", repr(x), "20", repr(y)))]


def text(place, said):
    return [
        "0",
        "TEXT",
        "8",
        "LABELS",
        "10",
        repr(place[0]),
        "20",
        repr(place[1]),
        "40",
        "1",
        "1",
        said,
    ]


def corners(shape):
    return [(float(x), float(y)) for x, y in shape.exterior.coords[:-1]]


def test_closed_polylines_of_a_drawing(tmp_path):
    """A drawing says no reference system; the text that lies in a polygon is its name."""
    path, profile = tmp_path / "a.dxf", own_profile(tmp_path, "Text")
    shapes = numbers(32648)
    labels = [
        text(shapely.get_coordinates(shape.representative_point())[0].tolist(), name)
        for shape, name in zip(shapes, IDS, strict=True)
    ]
    path.write_text(dxf(*map(polyline, map(corners, shapes)), *labels))
    message = refused(path)
    assert mends(message) == {"crs": "EPSG:32648"}
    received = read(path, profile=profile, **mends(message))
    assert_there(read_hazards(path, profile=profile, crs="EPSG:32648"))
    codes = [finding.code for finding in received.findings]
    assert codes.count("as_polygon") == 1
    assert any("3 texts, points and blocks" in f.message for f in received.findings)


def test_an_open_polyline_of_a_drawing_is_closed_in_the_source(tmp_path):
    path, profile = tmp_path / "a.dxf", own_profile(tmp_path, "Layer")
    rings = [corners(shape) for shape in numbers(32648)]
    path.write_text(dxf(*(polyline(ring, name, 0) for ring, name in zip(rings, IDS, strict=True))))
    message = refused(path, profile=profile, crs="EPSG:32648")
    assert "BTB-0001: an open line, no polygon" in message
    shut = [polyline([*ring, ring[0]], name, 0) for ring, name in zip(rings, IDS, strict=True)]
    path.write_text(dxf(*shut))
    assert_there(read_hazards(path, profile=profile, crs="EPSG:32648"))


def test_the_drawing_of_the_cases():
    """Three polygons on one layer, without a name: place and size are there, the ids are not."""
    path = CASES / "a.dxf"
    assert mends(refused(path)) == {"crs": "EPSG:4326"}
    assert_there(read(path, crs="EPSG:4326").table, ids=None)
    assert "no column says the id of a hazard" in refused(path, crs="EPSG:4326")


def test_arcs_of_a_drawing_are_drawn_finely(tmp_path):
    circle = ["0", "CIRCLE", "8", "BTB-0001", "10", "300000", "20", "1410000", "40", "100"]
    path = tmp_path / "a.dxf"
    path.write_text(dxf(circle))
    before = pyogrio.get_gdal_config_option("OGR_ARC_STEPSIZE")
    table = read(path, crs="EPSG:32648", profile=own_profile(tmp_path, "Layer")).table
    assert abs(table["size_m2"].iloc[0] / (np.pi * 100**2) - 1) < 1e-3  # the scale of the grid
    assert shapely.get_num_coordinates(table.geometry.iloc[0]) > 3600
    said = [f.message for f in read(path, crs="EPSG:32648").findings if f.code == "as_polygon"]
    assert "arcs are drawn with a point every 0.1 degrees" in said[0]
    assert pyogrio.get_gdal_config_option("OGR_ARC_STEPSIZE") == before


def test_blocks_in_blocks_of_a_drawing_are_not_multiplied(tmp_path):
    """Ten levels of ten inserts would be 10,000,000,000 polygons."""
    blocks = ["0", "SECTION", "2", "BLOCKS"]
    for level in range(10):
        inside = [polyline([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])] if level == 0 else []
        inside += [["0", "INSERT", "8", "0", "2", f"B{level - 1}", "10", "1", "20", "1"]] * (
            10 if level else 0
        )
        blocks += ["0", "BLOCK", "8", "0", "2", f"B{level}", "10", "0", "20", "0"]
        blocks += [word for one in inside for word in one] + ["0", "ENDBLK", "8", "0"]
    blocks += ["0", "ENDSEC"]
    insert = ["0", "INSERT", "8", "0", "2", "B9", "10", "300000", "20", "1410000"]
    ring = polyline(corners(numbers(32648)[0]), IDS[0])
    path = tmp_path / "a.dxf"
    header = ["0", "SECTION", "2", "HEADER", "0", "ENDSEC"]
    path.write_text("\n".join([*header, *blocks, dxf(insert, ring)]))
    received = read(path, crs="EPSG:32648", profile=own_profile(tmp_path, "Layer"))
    assert_there(received.table, ids=IDS[:1])
    assert any("take it apart (EXPLODE)" in finding.message for finding in received.findings)


def table_of(tmp_path, **columns):
    path = tmp_path / "a.csv"
    pd.DataFrame({"hazard_id": IDS, "kind": "ap_minefield", **columns}).to_csv(path, index=False)
    return path


def geoshape(ring):
    return "; ".join(f"{y} {x} 0.0 4.5" for x, y in ring)


def test_the_geoshapes_of_odk():
    received = read(CASES / "o_odk.csv")
    assert_there(read_hazards(CASES / "o_odk.csv"))
    assert received.source.format == "table with geoshapes (CSV)"
    assert received.source.crs == "EPSG:4326"


def test_an_open_geoshape_is_closed_in_the_source(tmp_path):
    path = table_of(tmp_path, area=[geoshape(ring) for ring in RINGS])
    message = refused(path)
    assert "BTB-0001: an open line, no polygon" in message
    assert "repeat its first point at the end" in message
    assert_there(read_hazards(table_of(tmp_path, area=[geoshape([*r, r[0]]) for r in RINGS])))


def test_two_columns_of_geoshapes_need_a_profile(tmp_path):
    shapes = [geoshape([*ring, ring[0]]) for ring in RINGS]
    walks = [geoshape([(104.0, 12.0), (104.1, 12.0), (104.1, 12.1)])] * 3
    path = table_of(tmp_path, walk=walks, area=shapes)
    message = refused(path)
    assert '[points] geoshape = ["walk"]' in message
    profile = tmp_path / "own.toml"
    profile.write_text('[points]\ngeoshape = ["area"]\n')
    assert_there(read_hazards(path, profile=profile))


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("12.7 102.75 0 4.5; 12.7 abc 0 4; 12.8 102.8 0 4; 12.7 102.75 0 4.5", "bad_coordinates"),
        ("102.75 12.7 0 4; 102.8 12.7 0 4; 102.8 12.8 0 4; 102.75 12.7 0 4", "bad_coordinates"),
        ("12.7 102.75; 12.7 102.8; 12.7 102.75", "few_points"),
        ("hello", "bad_coordinates"),
    ],
)
def test_a_geoshape_that_cannot_be_read_is_said_of_its_record(tmp_path, cell, code):
    shapes = [geoshape([*ring, ring[0]]) for ring in RINGS]
    received = read(table_of(tmp_path, area=[shapes[0], cell, shapes[2]]))
    assert [(f.code, f.record) for f in received.findings if f.severity == "error"] == [(code, 1)]
    assert received.table["size_m2"].tolist()[::2] == [14563, 14555]


@pytest.mark.parametrize("column", ["wkt", "geojson", "the area"])
def test_geojson_in_a_cell(tmp_path, column):
    texts = [shapely.to_geojson(shapely.Polygon(ring)) for ring in RINGS]
    texts[1] = json.dumps({"type": "Feature", "properties": {}, "geometry": json.loads(texts[1])})
    path = table_of(tmp_path, **{column: texts})
    assert_there(read_hazards(path))
    assert read(path).source.format == "table with GeoJSON (CSV)"


def test_geojson_in_a_cell_on_another_datum(tmp_path):
    """As ST_AsGeoJSON of PostGIS writes it: the system stands in each geometry."""

    def named(shape, name):
        crs = {"type": "name", "properties": {"name": name}}
        return json.dumps({**json.loads(shapely.to_geojson(shape)), "crs": crs})

    texts = [named(shape, "EPSG:4131") for shape in numbers(4131)]
    assert "operation=" in refused(table_of(tmp_path, geom=texts))
    texts[1] = named(numbers(4326)[1], "EPSG:4326")
    message = refused(table_of(tmp_path, geom=texts))
    assert "its records name several reference systems: EPSG:4131 in 2" in message
    unknown = [named(shape, "Datum of X") for shape in numbers(4326)]
    message = refused(table_of(tmp_path, geom=unknown))
    assert "it names a reference system that is not known: 'Datum of X'" in message
    assert 'crs="' in message
    assert_there(read_hazards(table_of(tmp_path, geom=unknown), crs="EPSG:4326"))


def test_no_geojson_is_said_of_its_record(tmp_path):
    texts = [shapely.to_geojson(shapely.Polygon(ring)) for ring in RINGS]
    received = read(table_of(tmp_path, geom=[texts[0], texts[1][:50], texts[2]]))
    errors = [(f.code, f.record) for f in received.findings if f.severity == "error"]
    assert errors == [("bad_coordinates", 1)]


@pytest.mark.parametrize(
    ("system", "epoch"), [("excel_1900", "1899-12-30"), ("excel_1904", "1904-01-01")]
)
def test_days_as_numbers_of_excel_are_a_question(tmp_path, system, epoch):
    """44926 is 31 December 2022 in the system of 1900."""
    days = ["2022-12-31", "2021-03-04", "2023-01-02"]
    serial = [(pd.Timestamp(day) - pd.Timestamp(epoch)).days for day in days]
    assert serial[0] == {"excel_1900": 44926, "excel_1904": 43464}[system]
    wkt = [shapely.Polygon(ring).wkt for ring in RINGS]
    path = table_of(tmp_path, survey_date=serial, wkt=wkt)
    message = refused(path, crs="EPSG:4326")
    assert f"survey_date '{serial[0]}' is the number of a day in a spreadsheet?" in message
    said = re.search(r'\[hazards\] (dates = \["excel_1900"\]) \("excel_1904"', message)
    profile = tmp_path / "own.toml"
    profile.write_text(f"[hazards]\n{said[1].replace('excel_1900', system)}\n")
    table = read_hazards(path, crs="EPSG:4326", profile=profile)
    assert table["surveyed_on"].dt.strftime("%Y-%m-%d").tolist() == days


def test_a_year_is_no_number_of_a_day(tmp_path):
    wkt = [shapely.Polygon(ring).wkt for ring in RINGS]
    path = table_of(tmp_path, survey_date=[2022, 2021, 2023], wkt=wkt)
    profile = tmp_path / "own.toml"
    profile.write_text('[hazards]\ndates = ["excel_1900"]\n')
    assert "survey_date '2022' is no day that is clear" in refused(
        path, crs="EPSG:4326", profile=profile
    )


@pytest.mark.parametrize("epoch", [CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904])
def test_dates_of_a_workbook_are_days_and_its_numbers_a_question(tmp_path, epoch):
    book = openpyxl.Workbook()
    book.epoch = epoch
    sheet = book.active
    sheet.append(["hazard_id", "kind", "survey_date", "wkt"])
    for name, ring in zip(IDS, RINGS, strict=True):
        day = dt.date(2022, 12, 31)
        sheet.append([name, "ap_minefield", day, shapely.Polygon(ring).wkt])
    path = tmp_path / "a.xlsx"
    book.save(path)
    table = read_hazards(path, crs="EPSG:4326")
    assert set(table["surveyed_on"].dt.strftime("%Y-%m-%d")) == {"2022-12-31"}
    for row in range(2, 5):
        sheet.cell(row, 3).number_format = "General"
    book.save(path)
    message = refused(path, crs="EPSG:4326")
    assert (
        "is the number of a day in a spreadsheet? Give the column the format of a date" in message
    )
    for row in range(2, 5):
        sheet.cell(row, 3).number_format = "yyyy-mm-dd"  # as the message says
    book.save(path)
    again = read_hazards(path, crs="EPSG:4326")
    assert set(again["surveyed_on"].dt.strftime("%Y-%m-%d")) == {"2022-12-31"}


@pytest.mark.parametrize(
    ("written", "told", "mend"),
    [
        ("31/12/2022", "is no day that is clear", "%d/%m/%Y"),
        ("20221231", "is no day that is clear", "%Y%m%d"),
        ("20221131", "is no day of the calendar; correct it in the source", None),
        ("2022-02-30", "is no day of the calendar; correct it in the source", None),
    ],
)
def test_days_that_are_not_clear(tmp_path, written, told, mend):
    wkt = [shapely.Polygon(ring).wkt for ring in RINGS]
    path = table_of(tmp_path, survey_date=[written] * 3, wkt=wkt)
    assert f"survey_date '{written}' {told}" in refused(path, crs="EPSG:4326")
    profile = tmp_path / "own.toml"
    profile.write_text(f'[hazards]\ndates = ["{mend or "%Y%m%d"}"]\n')
    if mend is None:
        assert told in refused(path, crs="EPSG:4326", profile=profile)
        path = table_of(tmp_path, survey_date=["2022-12-31"] * 3, wkt=wkt)
    table = read_hazards(path, crs="EPSG:4326", profile=profile)
    assert set(table["surveyed_on"].dt.strftime("%Y-%m-%d")) == {"2022-12-31"}


def test_records_without_an_id_are_named_by_their_place(tmp_path):
    wkt = [shapely.Polygon(ring).wkt for ring in RINGS]
    path = tmp_path / "a.csv"
    table = {"hazard_id": [IDS[0], None, None], "survey_date": ["2022-01-01", "x", "y"], "wkt": wkt}
    pd.DataFrame(table).to_csv(path, index=False)
    message = refused(path, crs="EPSG:4326")
    assert "record 2: survey_date 'x'" in message
    assert "record 3: survey_date 'y'" in message
    assert "nan" not in message


RAW_WORDS = re.compile(r"Exception|LinearRing|linestring|GEOS|IllegalArgument|Traceback|nan:")


@pytest.mark.parametrize(
    "cell",
    [
        "POLYGON ((102.75 12.7, 102.76 12.7, 102.76 12.71))",
        "POLYGON ((102.75 12.7, 102.76 12.7, 102.75 12.7))",
        "POLYGON ((102.75 12.7, 102.76",
        "POLYGON ((102.75 12,7, 102.76 12,7, 102.76 12,71, 102.75 12,7))",
        "POLYGON ((a b, c d))",
        "0103000000" + "0" * 20,
        "polygon",
        "(102.75 12.7)",
    ],
)
def test_no_words_of_geos_reach_the_user(tmp_path, cell):
    wkt = [shapely.Polygon(ring).wkt for ring in RINGS]
    message = refused(table_of(tmp_path, wkt=[wkt[0], cell, wkt[2]]), crs="EPSG:4326")
    assert not RAW_WORDS.search(message), message
    assert "BTB-0002" in message
    assert_there(read_hazards(table_of(tmp_path, wkt=wkt), crs="EPSG:4326"))


def test_a_ring_that_is_not_closed_is_closed_in_the_source(tmp_path):
    def collection(*rings):
        features = [
            {"type": "Feature", "properties": {"hazard_id": name, "kind": "ap_minefield"},
             "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for name, ring in zip(IDS, rings, strict=True)
        ]  # fmt: skip
        return json.dumps({"type": "FeatureCollection", "features": features})

    path = tmp_path / "a.geojson"
    path.write_text(collection(RINGS[0], [*RINGS[1], RINGS[1][0]], [*RINGS[2], RINGS[2][0]]))
    message = refused(path)
    assert "BTB-0001: a ring that is not closed; end it in its first point" in message
    assert not RAW_WORDS.search(message)
    path.write_text(collection(*([*ring, ring[0]] for ring in RINGS)))
    assert_there(read_hazards(path))


@pytest.mark.parametrize(
    "name", ["w_degas32648.gpkg", "w_degas3857.geojson", "j_crs_wrong.geojson"]
)
def test_the_wrong_systems_of_the_cases(name):
    message = refused(CASES / name)
    assert mends(message) == {"crs": "EPSG:4326"}
    assert_there(read_hazards(CASES / name, crs="EPSG:4326"))


def test_the_workbook_of_kobo_says_no_reference_system():
    message = refused(CASES / "o_kobo_noid.xlsx")
    assert mends(message) == {"crs": "EPSG:4326"}
    assert_there(read(CASES / "o_kobo_noid.xlsx", crs="EPSG:4326").table, ids=None)


def test_what_went_where_is_checked_too(tmp_path):
    path = str(CASES / "h_date0.shp")
    plain = CliRunner().invoke(main, ["check", path])
    explained = CliRunner().invoke(main, ["check", path, "--explain"])
    assert (plain.exit_code, explained.exit_code) == (21, 21)
    assert "surveyed_on" in explained.output
    assert "20221131" in explained.output
    out = tmp_path / "columns.csv"
    written = CliRunner().invoke(main, ["check", path, "--explain", "-o", str(out)])
    assert written.exit_code == 21
    assert "1 error" in written.stderr
    assert "how" in out.read_text().splitlines()[0]
    whole = CliRunner().invoke(main, ["check", str(CASES / "h_deleted.shp"), "--explain"])
    assert whole.exit_code == 0


def test_reports_are_not_read_as_hazards(tmp_path):
    table = {
        "hazard_id": IDS,
        "outcome": "Clearance",
        "happened_on": "2024-05-03",
        "wkt": [shapely.Polygon(ring).wkt for ring in RINGS],
    }
    path = tmp_path / "a.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    words = ["check", str(path), "--crs", "EPSG:4326"]
    run = CliRunner().invoke(main, [*words, "--format", "csv"])
    assert "taken for reports of released land by outcome (cleared)" in run.output
    assert "if it is of hazards, read it with --hazards" in run.output
    for word in ([], ["--reports"]):
        assert "3 reports" in CliRunner().invoke(main, [*words, *word]).output
    told = CliRunner().invoke(main, [*words, "--hazards", "--format", "csv"])
    assert told.exit_code == FINDINGS_EXIT
    assert "are_reports,error" in told.output


def degrees_table(**more):
    rows = [(name, *xy) for name, ring in zip(IDS, RINGS, strict=True) for xy in ring]
    table = pd.DataFrame(rows, columns=["hazard_id", "lon", "lat"])
    return table.assign(kind="ap_minefield", **more)


def test_numbers_of_points_with_a_gap(tmp_path):
    path, profile = tmp_path / "a.csv", tmp_path / "own.toml"
    degrees_table(point_no=[1, 2, 3, 5] * 3).to_csv(path, index=False)
    found = check_received(read(path, crs="EPSG:4326"))
    message = found.loc[found["code"] == "point_order", "message"].iloc[0]
    said = re.search(r'say (number_gaps = "accept") in a profile\'s (\[options\])', message)
    profile.write_text(f"{said[2]}\n{said[1]}\n")
    assert_there(read_hazards(path, crs="EPSG:4326", profile=profile))


def test_thousands_or_tenths(tmp_path):
    path, profile = tmp_path / "a.csv", tmp_path / "own.toml"
    degrees_table(reported_size="14,563").to_csv(path, index=False)
    message = refused(path, crs="EPSG:4326")
    assert "say the decimal sign in a profile (options)" in message
    profile.write_text('[options]\ndecimal = "."\n')
    table = read_hazards(path, crs="EPSG:4326", profile=profile)
    assert_there(table)
    assert table["reported_size_m2"].tolist() == [14563.0] * 3


def test_a_column_that_names_another_datum(tmp_path):
    path, profile = tmp_path / "a.csv", tmp_path / "own.toml"
    degrees_table(datum="Indian 1960").to_csv(path, index=False)
    message = refused(path, crs="EPSG:4326")
    assert mends(message) == {"crs": "EPSG:4131"}
    assert "operation=" in refused(path, **mends(message))
    assert read_hazards(path, operation="EPSG:1542", **mends(message))["size_m2"].gt(14000).all()
    said = re.search(r"say (system = \[\]) in a profile's (\[points\])", message)
    profile.write_text(f"{said[2]}\n{said[1]}\n")
    assert_there(read_hazards(path, crs="EPSG:4326", profile=profile))


def test_a_column_that_says_whose_a_point_is(tmp_path):
    path, profile = tmp_path / "a.csv", tmp_path / "own.toml"
    degrees_table().rename(columns={"hazard_id": "whose"}).to_csv(path, index=False)
    message = refused(path, crs="EPSG:4326")
    assert "name it as parent in a profile's [points]" in message
    profile.write_text('[points]\nparent = ["whose"]\n[hazards.columns]\nhazard_id = ["whose"]\n')
    assert_there(read_hazards(path, crs="EPSG:4326", profile=profile))


def test_columns_of_coordinates_that_nobody_knows(tmp_path):
    path, profile = tmp_path / "a.csv", tmp_path / "own.toml"
    degrees_table().rename(columns={"lon": "A", "lat": "B"}).to_csv(path, index=False)
    assert "name them in a profile's [points]" in refused(path, crs="EPSG:4326")
    profile.write_text('[points]\nlon = ["A"]\nlat = ["B"]\n')
    assert_there(read_hazards(path, crs="EPSG:4326", profile=profile))


def test_rows_above_the_headings(tmp_path):
    path = tmp_path / "a.csv"
    text = degrees_table().to_csv(index=False)
    path.write_text(f"List of fields,,,\n{text}")
    assert "delete the rows above the headings" in refused(path, crs="EPSG:4326")
    path.write_text(text)
    assert_there(read_hazards(path, crs="EPSG:4326"))


def test_a_column_of_ids_that_nobody_knows(tmp_path):
    path, profile = tmp_path / "a.csv", tmp_path / "own.toml"
    wkt = [shapely.Polygon(ring).wkt for ring in RINGS]
    pd.DataFrame({"Our name": IDS, "kind": "ap_minefield", "wkt": wkt}).to_csv(path, index=False)
    message = refused(path, crs="EPSG:4326")
    said = re.search(r"(\[hazards\.columns\]) (hazard_id = \[)", message)
    profile.write_text(f'{said[1]}\n{said[2]}"Our name"]\n')
    assert_there(read_hazards(path, crs="EPSG:4326", profile=profile))


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    degrees_table(comment="x" * 100_000).to_csv(path, index=False)
    monkeypatch.setenv("MINE_GEO_MAX_FILE_MB", "1")
    assert "set MINE_GEO_MAX_FILE_MB higher" in refused(path, crs="EPSG:4326")
    monkeypatch.setenv("MINE_GEO_MAX_FILE_MB", "2")
    assert_there(read_hazards(path, crs="EPSG:4326"))


def test_the_grid_of_a_form_without_a_zone(tmp_path):
    path, profile = tmp_path / "a.zip", tmp_path / "own.toml"
    rows = [
        (f"{{{name}}}", *xy)
        for name, shape in zip(IDS, numbers(32648), strict=True)
        for xy in corners(shape)
    ]
    forms = pd.DataFrame({"hazard_id": IDS, "kind": "ap_minefield"})
    forms["globalid"] = [f"{{{name}}}" for name in IDS]
    repeat = pd.DataFrame(rows, columns=["parentglobalid", "easting", "northing"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("form_0.csv", forms.to_csv(index=False))
        archive.writestr("turning_points_1.csv", repeat.to_csv(index=False))
    message = refused(path)
    said = re.search(r'(\[options\]) (crs = "EPSG:32648")', message)
    profile.write_text(f"{said[1]}\n{said[2]}\n")
    assert_there(read_hazards(path, profile=profile))
    assert_there(read_hazards(path, crs="EPSG:32648"))
