"""Curved polygons: read with chords at most a millimetre off, and said; areas by hand."""

import math
import sqlite3
import struct
import warnings

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import FileError
from mine_geo.intake import check_received, read, read_hazards
from mine_geo.intake.formats.drawings import TOLERANCE_M, straightened

EAST, NORTH, RADIUS = 300_000.0, 1_410_000.0, 100.0
"""UTM 48N, south of Battambang."""


def points(*xy):
    return struct.pack("<I", len(xy)) + b"".join(struct.pack("<2d", *one) for one in xy)


def arc(*xy):
    return struct.pack("<BI", 1, 8) + points(*xy)


def line(*xy):
    return struct.pack("<BI", 1, 2) + points(*xy)


def many(kind, *parts):
    return struct.pack("<BII", 1, kind, len(parts)) + b"".join(parts)


def circle(x, y, radius):
    """A circle as ISO 13249-3 and PostGIS write it: two half arcs."""
    return arc((x + radius, y), (x, y + radius), (x - radius, y), (x, y - radius), (x + radius, y))


DISC = many(10, circle(EAST, NORTH, RADIUS))
RING = many(10, circle(EAST, NORTH, RADIUS), circle(EAST, NORTH, 50))
FULL = many(10, arc((EAST, NORTH), (EAST + 200, NORTH), (EAST, NORTH)))
"""A circle in three points: the one in the middle lies across."""
STADIUM = many(
    10,
    many(
        9,
        line((EAST, NORTH), (EAST + 300, NORTH)),
        arc((EAST + 300, NORTH), (EAST + 400, NORTH + 100), (EAST + 300, NORTH + 200)),
        line((EAST + 300, NORTH + 200), (EAST, NORTH + 200)),
        arc((EAST, NORTH + 200), (EAST - 100, NORTH + 100), (EAST, NORTH)),
    ),
)
SURFACE = many(12, DISC, shapely.to_wkb(shapely.box(EAST + 500, NORTH, EAST + 600, NORTH + 50)))
AREAS = {
    "disc": (DISC, math.pi * RADIUS**2, 2 * math.pi * RADIUS),
    "disc with a hole": (RING, math.pi * (100**2 - 50**2), 2 * math.pi * 150),
    "disc in three points": (FULL, math.pi * RADIUS**2, 2 * math.pi * RADIUS),
    "stadium": (STADIUM, 300 * 200 + math.pi * 100**2, 600 + 2 * math.pi * 100),
    "multisurface": (SURFACE, math.pi * RADIUS**2 + 5000, 2 * math.pi * RADIUS),
}


@pytest.mark.parametrize("name", AREAS)
def test_the_area_of_arcs_is_that_of_circles(name):
    wkb, area, length = AREAS[name]
    drawn = shapely.from_wkb(straightened(wkb, TOLERANCE_M)[0])
    assert drawn.is_valid
    # Between arc and chord lie at most two thirds of height times length.
    assert 0 <= abs(area - drawn.area) <= length * TOLERANCE_M * 2 / 3
    assert abs(area - drawn.area) < 1


@given(
    st.floats(1, 5000), st.floats(0, 6.28), st.floats(0.01, 6.2), st.floats(0.1, 0.9), st.booleans()
)
def test_no_point_of_an_arc_is_farther_off_than_the_tolerance(radius, first, turn, part, back):
    turn = -turn if back else turn
    angles = first + turn * np.array([0, part, 1])
    xy = np.column_stack([np.cos(angles), np.sin(angles)]) * radius
    wkb, arcs = straightened(arc(*xy), TOLERANCE_M)
    drawn = shapely.from_wkb(wkb)
    every = first + turn * np.linspace(0, 1, 2000)
    on_arc = shapely.points(np.column_stack([np.cos(every), np.sin(every)]) * radius)
    assert arcs == 1
    assert shapely.distance(drawn, on_arc).max() <= TOLERANCE_M * 1.001 + 1e-9 * radius
    assert (shapely.get_coordinates(drawn)[[0, -1]] == xy[[0, -1]]).all(), "the ends stay exactly"
    # And nothing of what is drawn lies elsewhere than on the arc.
    assert abs(drawn.length - radius * abs(turn)) < 1e-3 * radius * abs(turn) + 1e-6


def test_straight_geometries_stay_to_the_last_bit():
    for shape in (
        shapely.box(EAST, NORTH, EAST + 1, NORTH + 1).difference(shapely.Point(EAST, NORTH)),
        shapely.from_wkt("MULTIPOLYGON (((0 0, 3 0, 3 3, 0 0), (1 1, 2 1, 2 2, 1 1)))"),
        shapely.from_wkt("GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 0.1 0.3))"),
        shapely.from_wkt("POLYGON EMPTY"),
        shapely.from_wkt("POLYGON Z ((0 0 5, 3 0 5, 3 3 5, 0 0 5))"),
    ):
        for flavour, order in (("iso", 1), ("extended", 0)):
            wkb = shapely.to_wkb(shape, flavor=flavour, byte_order=order)
            new, arcs = straightened(wkb, 0.001)
            assert (new, arcs) == (shapely.to_wkb(shapely.force_2d(shape)), 0)


def test_three_points_in_line_are_a_line_and_nonsense_is_said():
    wkb, _ = straightened(arc((0, 0), (1, 1), (2, 2)), 0.001)
    assert shapely.from_wkb(wkb).wkt == "LINESTRING (0 0, 1 1, 2 2)"
    for bad, why in (
        (arc((0, 0), (1, 1)), "third point"),
        (DISC[:-5], "breaks off"),
        (struct.pack("<BII", 1, 10, 1) + shapely.to_wkb(shapely.Point(1, 2)), "ring of type 1"),
        (struct.pack("<BI", 1, 99), "type 99"),
        (b"", "breaks off"),
    ):
        with pytest.raises(ValueError, match=why):
            straightened(bad, 0.001)


def write_geopackage(path, shapes, crs=32648, driver="GPKG"):
    """Write curves: polygons by GDAL, their blobs then changed as PostGIS and QGIS have them."""
    boxes = [shapely.box(EAST, NORTH, EAST + 1, NORTH + 1)] * len(shapes)
    frame = gpd.GeoDataFrame(
        {"hazard_id": [f"BTB-{n}" for n in range(len(shapes))], "kind": "ap_minefield"},
        geometry=boxes,
        crs=crs,
    )
    frame.to_file(path, driver=driver, layer="fields", SPATIAL_INDEX="NO")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY'")
        for number, shape in enumerate(shapes, 1):
            wkb = shapely.to_wkb(shape) if isinstance(shape, shapely.Geometry) else shape
            head = b"GP\x00\x01" + struct.pack("<i", crs)
            connection.execute("UPDATE fields SET geom = ? WHERE fid = ?", (head + wkb, number))
    connection.close()
    return path


SQUARE = shapely.box(EAST, NORTH + 1000, EAST + 100, NORTH + 1100)


def test_a_geopackage_with_curves(tmp_path):
    path = write_geopackage(tmp_path / "a.gpkg", [SQUARE, *(wkb for wkb, _, _ in AREAS.values())])
    received = read(path)
    said = [f.message for f in received.findings if f.code == "as_polygon"]
    assert said == [
        "arcs are drawn as straight edges, at most 1 mm off: record number 2, 3, 4, 5, 6"
    ]
    # UTM's scale at 300 km E of zone 48 is k; areas on the ellipsoid are those of the plane by k².
    flat = read_hazards(write_geopackage(tmp_path / "b.gpkg", [SQUARE]))
    scale = flat["size_m2"].iloc[0] / SQUARE.area
    sizes = received.table["size_m2"].tolist()[1:]
    for size, (_, area, _) in zip(sizes, AREAS.values(), strict=True):
        assert abs(size - area * scale) < 2.5, (size, area * scale)
    assert read_hazards(path)["hazard_id"].tolist() == [f"BTB-{n}" for n in range(6)]


def to_gml(path):
    ring = (
        "<gml:Ring><gml:curveMember><gml:Curve gml:id='c{n}'><gml:segments>"
        "<gml:ArcString><gml:posList>{places}</gml:posList></gml:ArcString>"
        "</gml:segments></gml:Curve></gml:curveMember></gml:Ring>"
    )
    places = " ".join(
        f"{x} {y}"
        for x, y in (
            (EAST + RADIUS, NORTH), (EAST, NORTH + RADIUS), (EAST - RADIUS, NORTH),
            (EAST, NORTH - RADIUS), (EAST + RADIUS, NORTH),
        )
    )  # fmt: skip
    member = (
        "<gml:featureMember><m:field gml:id='f{n}'><m:hazard_id>BTB-{n}</m:hazard_id>"
        "<m:kind>ap_minefield</m:kind>"
        "<m:geom><gml:Polygon gml:id='p{n}' srsName='urn:ogc:def:crs:EPSG::32648'><gml:exterior>"
        + ring
        + "</gml:exterior></gml:Polygon></m:geom></m:field></gml:featureMember>"
    )
    path.write_text(
        "<?xml version='1.0'?><gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml/3.2' "
        "xmlns:m='http://mines'>" + member.format(n=1, places=places) + "</gml:FeatureCollection>"
    )
    return path


def test_gml_and_a_geodatabase_with_curves(tmp_path):
    gml = to_gml(tmp_path / "a.gml")
    gdb = tmp_path / "a.gdb"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        meta, table = pyogrio.raw.read_arrow(gml)
        pyogrio.raw.write_arrow(
            table, gdb, driver="OpenFileGDB", geometry_name=meta["geometry_name"] or "wkb_geometry",
            crs=meta["crs"], geometry_type="Polygon", layer="fields",
        )  # fmt: skip
    for path in (gml, gdb):
        received = read(path)
        said = [f.message for f in received.findings if f.code == "as_polygon"]
        assert said == ["arcs are drawn as straight edges, at most 1 mm off: record number 1"], path
        assert received.table["hazard_id"].tolist() == ["BTB-1"]
        assert abs(received.table["size_m2"].iloc[0] / (math.pi * RADIUS**2) - 1) < 5e-4


def test_curves_in_degrees_and_the_case_of_the_tree():
    """Three records of which the first is a circle of 0.001 degree, south-west of Samlout."""
    path = "tests/cases/intake/curve_kh.gpkg"
    received = read(path)
    shape = received.table.geometry[0]
    assert shapely.get_coordinates(shape.centroid)[0] == pytest.approx((102.751, 12.7), abs=1e-7)
    assert shape.area == pytest.approx(math.pi * 0.001**2, rel=2e-5)
    assert received.table["hazard_id"].tolist() == ["BTB-0001", "BTB-0002", "BTB-0003"]
    sizes = received.table["size_m2"].tolist()
    assert sizes[1:] == [14562, 14555]
    # A square degree there, by the metres of a degree at 12.7 degrees north (WGS 84).
    assert abs(sizes[0] / (math.pi * 0.001**2 * 110_631.0 * 108_625.0) - 1) < 1e-3
    found = check_received(received)
    assert "record number 1" in found.loc[found["code"] == "as_polygon", "message"].iloc[0]
    assert not (found["severity"] == "error").any()


def test_a_curve_of_too_many_points_is_refused_in_one_line(tmp_path):
    far = many(10, circle(EAST, NORTH, 1e13))
    path = write_geopackage(tmp_path / "a.gpkg", [far])
    with pytest.raises(FileError, match=r"curved edges that cannot be drawn \(an arc of more"):
        read(path)
