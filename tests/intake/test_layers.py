"""Borders and districts of every make: no line that could be coast becomes land border."""

import sqlite3
import struct

import geopandas as gpd
import numpy as np
import pytest
import shapely

import mine_geo as mg
from mine_geo.errors import FileError, GeometryError, OptionError, RecordError
from mine_geo.geo import sample
from mine_geo.intake import read_admin, read_border, receive_admin, receive_border, understood
from mine_geo.split.distance import border_distance
from tests.hand import GEOD

# Beside Thailand, Lao PDR, Viet Nam, and by the sea.
LINES = [
    shapely.LineString([(102.3, 13.0), (102.4, 13.5)]),
    shapely.LineString([(105, 14), (106, 14)]),
    shapely.LineString([(106, 11), (107, 12)]),
    shapely.LineString([(103, 11), (103.5, 10.5)]),
]
KM = [GEOD.geometry_length(one) / 1000 for one in LINES]
BESIDE = ["THA", "LAO", "VNM", None]
LAND_AND_COAST = ["land", "land", "land", "coast"]
FIELD = gpd.GeoDataFrame(
    {"hazard_id": ["by the sea"]}, geometry=[shapely.box(103.25, 10.75, 103.26, 10.76)], crs=4326
)
"""On the coast, 150 km from any land border."""


def write(tmp_path, columns, lines=LINES, name="border.gpkg"):
    path = tmp_path / name
    shapes = list(lines)
    frame = gpd.GeoDataFrame(columns, index=range(len(shapes)), geometry=shapes, crs=4326)
    frame.to_file(path)
    return path


def profile(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def kinds(border):
    return border["kind"].tolist(), border["neighbour"].astype(object).where(
        border["neighbour"].notna(), None
    ).tolist()


def refused(path, *words, **how):
    with pytest.raises(RecordError) as caught:
        read_border(path, **how)
    line = str(caught.value)
    assert line.startswith(f"{path}: border: ")
    assert "\n" not in line
    for word in words:
        assert word in line
    return line


# Borders that say what they are

COUNTRIES = [
    ["Thailand", "Laos", "Viet Nam", None],
    ["THA", "LAO", "VNM", "sea"],
    ["Thai", "Lao PDR", "Vietnam", "Gulf of Thailand"],
    ["ថៃ", "ឡាវ", "វៀតណាម", "សមុទ្រ"],
    ["TH", "LA", "VN", "KHM"],
    ["Cambodia - Thailand", "KHM/LAO", "Cambodia and Viet Nam", "Cambodia"],
]
KINDS = [
    ("TYPE", LAND_AND_COAST),
    ("type", ["Land border", "LAND", "river", "Coastline"]),
    ("BND_TYPE", ["boundary", "Boundary", "boundary", "shoreline"]),
    ("ប្រភេទ", ["គោក", "គោក", "ព្រំដែនគោក", "ឆ្នេរ"]),
]


@pytest.mark.parametrize("countries", COUNTRIES)
@pytest.mark.parametrize(("column", "words"), KINDS)
def test_words_of_offices(tmp_path, column, words, countries):
    path = write(tmp_path, {column: words, "CNTRY": countries})
    border = read_border(path)
    assert kinds(border) == (LAND_AND_COAST, BESIDE)
    assert border_distance(FIELD, border)[0] > 100_000
    assert border_distance(FIELD, border, include_coast=True)[0] == 0


def test_the_bundled_border_is_as_it_was():
    border = read_border(sample.path("border"))
    drawn = gpd.read_file(sample.path("border"))
    for column in ("kind", "neighbour", "border_name", "border_version", "accuracy_m"):
        assert border[column].fillna("").tolist() == drawn[column].fillna("").tolist()
    assert shapely.equals_exact(border.geometry.to_numpy(), drawn.geometry.to_numpy()).all()
    km = understood(receive_border(sample.path("border"))).set_index(["kind", "neighbour"])["km"]
    assert km.tolist() == pytest.approx([824, 559, 1175, 841], abs=1)
    assert [neighbour for _, neighbour in km.index][:3] == ["THA", "LAO", "VNM"]


def test_natural_earth(tmp_path):
    """Its lines are those of the whole world, by the countries on their two sides."""
    elsewhere = shapely.LineString([(100, 15), (101, 16)])
    path = write(
        tmp_path,
        {
            "FEATURECLA": ["International boundary (verify)"] * 2
            + ["Disputed (please verify)", "International boundary (verify)"],
            "ADM0_LEFT": ["Thailand", "Cambodia", "Vietnam", "Thailand"],
            "ADM0_RIGHT": ["Cambodia", "Laos", "Cambodia", "Myanmar"],
        },
        [*LINES[:3], elsewhere],
        "ne_10m_admin_0_boundary_lines_land.shp",
    )
    received = receive_border(path)
    assert kinds(received.in_order()) == (["land"] * 3, BESIDE[:3])
    [left_out] = received.said()["message"]
    assert left_out.startswith(f"1 line ({GEOD.geometry_length(elsewhere) / 1000:,.0f} km) no part")
    unknown = write(tmp_path, {"ADM0_LEFT": ["Cambodia"], "ADM0_RIGHT": ["Siam"]}, LINES[:1])
    refused(unknown, "ADM0_RIGHT 'Siam' is not understood")


def test_openstreetmap(tmp_path):
    """boundary=administrative is said of lines at sea as well."""
    columns = {
        "boundary": "administrative",
        "admin_level": "2",
        "maritime": [None, None, None, "yes"],
        "left:country": ["Thailand", "Cambodia", "Cambodia", "Cambodia"],
        "right:country": ["Cambodia", "Laos", "Vietnam", None],
    }
    path = write(tmp_path, columns, name="osm.geojson")
    assert kinds(read_border(path)) == (["land"] * 3, BESIDE[:3])
    at_sea = write(tmp_path, columns | {"maritime": [None] * 4}, name="unsaid.geojson")
    refused(at_sea, f"1 line ({KM[3]:,.0f} km) could be land border or coast")
    odd = write(tmp_path, columns | {"maritime": ["no", None, None, "partly"]}, name="odd.geojson")
    refused(odd, "maritime 'partly' is neither yes nor no")
    bare = write(tmp_path, {"boundary": "administrative", "type": "boundary"}, LINES, "b.geojson")
    refused(bare, "4 lines", "could be land border or coast")


def test_lines_between_provinces_and_at_sea_are_left_out_and_said(tmp_path):
    path = write(tmp_path, {"type": ["land", "province", "maritime", "coast"]})
    received = receive_border(path)
    assert kinds(received.in_order()) == (["land", "coast"], [None, None])
    said = received.said().set_index("code")["message"]
    assert said["not_border"].startswith(f"2 lines ({KM[1] + KM[2]:,.0f} km)")
    assert said["no_neighbour"].startswith(f"1 line ({KM[0]:,.0f} km) are land border")
    nothing = write(tmp_path, {"type": ["province"] * 4}, name="inner.gpkg")
    with pytest.raises(GeometryError, match="no line of it is border of the country"):
        read_border(nothing)


# What could be coast, and the mends that the message names

UNCLEAR = {
    "nothing": {"name": "x"},
    "an outline": {"COUNTRY": "Cambodia"},
    "GADM": {"GID_0": "KHM", "COUNTRY": "Cambodia"},
    "COD-AB": {"ADM0_EN": "Cambodia", "ADM0_PCODE": "KH"},
    "one word for all": {"TYPE": "boundary"},
    "natural earth without sides": {"FEATURECLA": "International boundary (verify)"},
}


@pytest.mark.parametrize("columns", UNCLEAR.values(), ids=UNCLEAR)
def test_lines_that_could_be_coast_are_refused_and_each_mend_mends(tmp_path, columns):
    path = write(tmp_path, columns)
    refused(path, f"4 lines ({sum(KM):,.0f} km) could be land border or coast", 'kind="land"')
    assert kinds(read_border(path, kind="land"))[0] == ["land"] * 4
    assert kinds(read_border(path, kind="coast"))[0] == ["coast"] * 4
    which = columns | {"sort": LAND_AND_COAST, "other": BESIDE}
    told = write(tmp_path, which, name="told.gpkg")
    assert kinds(read_border(told, kind_column="SORT"))[0] == LAND_AND_COAST
    both = read_border(told, kind_column="sort", neighbour_column="other")
    assert kinds(both) == (LAND_AND_COAST, BESIDE)
    with_neighbours = write(tmp_path, {"o": BESIDE[:3]}, LINES[:3], name="three.gpkg")
    refused(with_neighbours)
    assert kinds(read_border(with_neighbours, neighbour_column="o")) == (["land"] * 3, BESIDE[:3])


def test_the_outline_of_the_country_as_polygon_is_refused(tmp_path):
    path = write(tmp_path, {"TYPE": ["boundary"]}, [shapely.box(103, 11, 104, 12)])
    with pytest.raises(GeometryError, match="Polygon instead of a line"):
        read_border(path)


def test_unknown_words_are_refused_and_a_profile_mends_it(tmp_path):
    path = write(tmp_path, {"TYPE": ["A", "A", "A", "B"], "CNTRY": ["Siam", "Laos", "Annam", ""]})
    refused(path, "TYPE 'A' is not understood", "[border.values.kind]", "CNTRY 'Siam'")
    own = profile(
        tmp_path,
        """
        [border.values.kind]
        A = "land"
        B = "coast"
        [border.values.neighbour]
        Siam = "THA"
        Annam = "VNM"
        """,
    )
    assert kinds(read_border(path, profile=own)) == (LAND_AND_COAST, BESIDE)


def test_a_profile_names_columns_and_constants(tmp_path):
    path = write(tmp_path, {"sort": LAND_AND_COAST, "off": 0.05})
    own = profile(
        tmp_path,
        """
        [border.columns]
        kind = ["sort"]
        accuracy_m = ["off"]
        [border.constants]
        neighbour = "THA"
        border_version = "2024"
        [border.factors]
        accuracy_m = 1000
        """,
    )
    received = receive_border(path, profile=own)
    border = received.in_order()
    assert kinds(border) == (LAND_AND_COAST, ["THA", "THA", "THA", None])
    assert border["border_version"].tolist() == ["2024"] * 4
    assert border["accuracy_m"].tolist() == [50] * 4
    assert received.columns.set_index("ours").loc["neighbour", "how"] == "constant"


def test_a_profile_with_other_words_is_refused_at_once(tmp_path):
    own = profile(
        tmp_path,
        """
        [border.values.kind]
        A = "sea"
        [border.values.left]
        B = "THA"
        [admin.columns]
        commune = ["x"]
        """,
    )
    with pytest.raises(FileError) as caught:
        read_border(sample.path("border"), profile=own)
    for said in ("'sea' is unknown; valid: land, coast, either, none", "left", "commune"):
        assert said in str(caught.value)


def test_the_outline_of_a_neighbour_is_said(tmp_path):
    around = shapely.LineString(shapely.box(97.5, 6, 105.5, 20).exterior.coords)
    received = receive_border(write(tmp_path, {"CNTRY": ["Thailand"]}, [around]))
    [said] = received.said().itertuples()
    assert said.code == "long_border"
    assert "beside Thailand, where 824 km are known: is it the outline of Thailand?" in said.message
    assert receive_border(sample.path("border")).findings == ()


def test_a_coast_with_a_neighbour_is_refused(tmp_path):
    path = write(tmp_path, {"TYPE": LAND_AND_COAST, "CNTRY": ["THA", "LAO", "VNM", "THA"]})
    refused(path, "coast and have a neighbour")
    mended = write(tmp_path, {"TYPE": LAND_AND_COAST, "CNTRY": BESIDE}, name="mended.gpkg")
    assert kinds(read_border(mended)) == (LAND_AND_COAST, BESIDE)


def test_options_and_columns_that_are_not_there(tmp_path):
    path = write(tmp_path, {"TYPE": LAND_AND_COAST})
    with pytest.raises(OptionError, match="kind 'sea' is unknown; valid: land, coast"):
        read_border(path, kind="sea")
    with pytest.raises(OptionError, match="no column 'sort'; it has: TYPE"):
        read_border(path, kind_column="sort")
    with pytest.raises(OptionError, match="profile 'x' is unknown"):
        read_border(path, profile="x")
    assert read_border(path, name="given", version="1", accuracy_m=3).iloc[0][
        ["border_name", "border_version", "accuracy_m"]
    ].tolist() == ["given", "1", 3]


def test_a_column_of_our_name_in_capitals_does_not_stand_twice(tmp_path):
    border = read_border(write(tmp_path, {"KIND": LAND_AND_COAST, "note": "x"}))
    assert [name.lower() for name in border.columns].count("kind") == 1
    assert border["note"].tolist() == ["x"] * 4


# Districts

SQUARES = [shapely.box(102.9, 12.5, 103, 12.6), shapely.box(103.1, 12.5, 103.2, 12.6)]
LAYOUTS = {
    "COD-AB": {"ADM2_EN": ["Samlout", "Banan"], "ADM2_PCODE": ["KH0209", "KH0201"]},
    "COD-AB of 2024": {"adm2_name": ["Samlout", "Banan"], "adm1_name": "Battambang"},
    "geoBoundaries": {"shapeName": ["Samlout", "Banan"], "shapeType": "ADM2"},
    "GADM": {"NAME_1": "Battambang", "NAME_2": ["Samlout", "Banan"], "GID_2": ["a", "b"]},
    "Khmer": {"ខេត្ត": "បាត់ដំបង", "ស្រុក": ["សំឡូត", "បាណន់"]},
}


@pytest.mark.parametrize("columns", LAYOUTS.values(), ids=LAYOUTS)
def test_districts_of_every_make(tmp_path, columns):
    received = receive_admin(write(tmp_path, columns, SQUARES))
    admin = received.in_order()
    assert admin["district_code"].tolist() == ["0201", "0209"]
    assert understood(received).to_numpy().tolist() == [["Battambang", 2]]


def test_columns_of_districts_are_named_by_option_or_profile(tmp_path):
    path = write(tmp_path, {"label": ["Samraong", "Bati"], "within": ["Takeo", "21"]}, SQUARES)
    with pytest.raises(RecordError, match=r"no column of districts; .* or say which it is"):
        read_admin(path)
    named = read_admin(path, district_column="LABEL", province_column="within")
    assert named["district_code"].tolist() == ["2102", "2107"]
    assert named["label"].tolist() == ["Bati", "Samraong"]
    own = profile(
        tmp_path,
        """
        [admin.columns]
        district = ["label"]
        province = ["within"]
        [admin.values.district]
        Bati = "Bati"
        Samraong = "Tram Kak"
        """,
    )
    assert read_admin(path, profile=own)["district"].tolist() == ["Bati", "Tram Kak"]
    coded = write(tmp_path, {"nr": ["0209", "0201"]}, SQUARES, name="coded.gpkg")
    assert read_admin(coded, code_column="nr")["district_code"].tolist() == ["0201", "0209"]
    with pytest.raises(OptionError, match="no column 'nb'; it has: nr"):
        read_admin(coded, code_column="nb")


def test_the_facade_gives_the_same_functions():
    assert mg.read_border is read_border
    assert mg.read_admin is read_admin


# Arcs are drawn by GDAL, and it is said


def circle(lon, lat, radius):
    """Return half a circle as ISO 13249-3 writes an arc: a circular string of three points."""
    points = [(lon + radius, lat), (lon, lat + radius), (lon - radius, lat)]
    return struct.pack("<BII", 1, 8, 3) + b"".join(struct.pack("<2d", *xy) for xy in points)


def with_curves(path, columns, lines, curves):
    """Write a GeoPackage in which curves stand in the place of the first records."""
    frame = gpd.GeoDataFrame(columns, geometry=list(lines), crs=4326)
    frame.to_file(path, geometry_type="Unknown", SPATIAL_INDEX="NO")
    with sqlite3.connect(path) as connection:
        for number, wkb in enumerate(curves, 1):
            head = b"GP\x00\x01" + struct.pack("<i", 4326)
            values = (head + wkb, number)
            connection.execute(f"UPDATE {path.stem} SET geom = ? WHERE fid = ?", values)
    connection.close()
    return path


def test_arcs_of_a_border_are_said(tmp_path):
    columns = {"kind": LAND_AND_COAST, "neighbour": BESIDE}
    path = with_curves(tmp_path / "border.gpkg", columns, LINES, [circle(102.3, 13.0, 0.2)])
    received = receive_border(path)
    (said,) = [each for each in received.findings if each.code == "arcs_drawn"]
    assert said.severity == "note"
    assert said.message.startswith("arcs are drawn with a point every 0.1 degrees")
    assert said.message.endswith("record number 1")
    first = received.in_order().geometry.iloc[0]
    assert shapely.get_num_coordinates(first) > 1000
    assert first.length == pytest.approx(0.2 * np.pi, rel=1e-6)
    assert not receive_border(write(tmp_path, columns, name="straight.gpkg")).findings


def test_arcs_of_districts_are_said(tmp_path):
    """A curve polygon: half a circle closed by its chord."""
    columns = {"district_code": ["0102"], "district": ["Mongkol Borei"], "province_code": ["01"]}
    chord = struct.pack("<BII4d", 1, 2, 2, 102.9, 13.0, 103.1, 13.0)
    ring = struct.pack("<BII", 1, 9, 2) + circle(103.0, 13.0, 0.1) + chord
    boxes = [shapely.box(103, 13, 103.1, 13.1)]
    curves = [struct.pack("<BII", 1, 10, 1) + ring]
    path = with_curves(tmp_path / "d.gpkg", columns, boxes, curves)
    received = receive_admin(path)
    assert [each.code for each in received.findings] == ["arcs_drawn"]
    drawn = received.in_order().geometry.iloc[0]
    assert drawn.area == pytest.approx(np.pi * 0.1**2 / 2, rel=1e-4)
    assert not receive_admin(sample.path("districts")).findings


def test_an_accuracy_that_is_no_number_is_refused_and_not_taken_as_0_m(tmp_path):
    own = profile(
        tmp_path,
        """
        [border.columns]
        accuracy_m = ["off_km"]
        [border.factors]
        accuracy_m = 1000
        """,
    )
    kinds = {"kind": LAND_AND_COAST, "neighbour": BESIDE}
    path = write(tmp_path, {**kinds, "off_km": ["0.05", "1,5", "1", None]})
    assert read_border(path, profile=own)["accuracy_m"].tolist() == [50, 1500, 1000, 0]
    path = write(tmp_path, {**kinds, "off_km": ["0.05", "some", "1", None]}, name="bad.gpkg")
    with pytest.raises(RecordError, match="accuracy_m some is not a length"):
        read_border(path, profile=own)
