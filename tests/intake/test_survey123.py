"""Survey123 exports, written with pandas and openpyxl as the site writes them, and read back."""

import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError, FileError, MineGeoError
from mine_geo.intake.findings import as_table
from mine_geo.intake.formats import survey123
from mine_geo.intake.formats.sheets import read_book
from mine_geo.intake.received import NO_PROFILE, Profile, Wanted

A = "8f14e45f-ceea-467f-a8f1-1a2b3c4d5e6f"
B = "c9f0f895-fb98-4b91-9d2b-0a1b2c3d4e5f"
C = "45c48cce-2e2d-4fbd-aa1a-c51c7c6ad26a"
SQUARE = [("103", "13"), ("103.01", "13"), ("103.01", "13.01"), ("103", "13.01")]
TRIANGLE = [("104", "12"), ("104.02", "12"), ("104", "12.02")]


def form(*keys, **more):
    rows = {"ObjectID": [str(n) for n in range(1, len(keys) + 1)], "GlobalID": list(keys)}
    return pd.DataFrame(rows | more, dtype="str")


def repeat(*groups, parent="ParentGlobalID", **more):
    """Rows of a repeat: (parent id, corners), their x and y."""
    rows = [(key, x, y) for key, corners in groups for x, y in corners]
    table = pd.DataFrame(rows, columns=[parent, "x", "y"], dtype="str")
    table.insert(0, "ObjectID", [str(n) for n in range(1, len(rows) + 1)])
    table.insert(1, "GlobalID", [f"p{n}" for n in range(1, len(rows) + 1)])
    return table.assign(**more)


def read(profile=NO_PROFILE, layer=None, **sheets):
    return survey123.read_form(sheets, Path("form.zip"), Wanted(layer=layer, profile=profile))


def mine(**points):
    options = points.pop("options", {})
    return Profile("mine", "Mine", points=points, options=options)


def codes(raw):
    return [(finding.code, finding.record) for finding in raw.findings]


# --- files as they come


def as_folder(folder, sheets):
    folder.mkdir()
    for name, table in sheets.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig")
    return folder


def as_zip(folder, sheets):
    as_folder(folder, sheets)
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as parts:
        for file in folder.iterdir():
            parts.write(file, file.name)
    return path


def as_workbook(folder, sheets):
    path = folder.with_suffix(".xlsx")
    with pd.ExcelWriter(path) as book:
        for name, table in sheets.items():
            numbers = table.copy()
            for column in ("x", "y", "ObjectID"):
                if column in numbers:
                    numbers[column] = pd.to_numeric(numbers[column])
            numbers.to_excel(book, sheet_name=name, index=False)
    return path


@pytest.mark.parametrize(
    ("write", "form_name"),
    [(as_folder, "Survey123 CSV"), (as_zip, "Survey123 CSV"), (as_workbook, "Survey123 XLSX")],
)
def test_an_export_gives_polygons_in_order_of_entry(tmp_path, write, form_name):
    points = repeat((A.upper(), TRIANGLE), (f"{{{B}}}", SQUARE))
    shuffled = points.iloc[[4, 1, 6, 0, 5, 3, 2]]
    tables = {
        "hazard_report_0": form(
            f"{{{A.upper()}}}",
            B,
            C,
            village=["អូរតាវ៉ៅ", "Kamrieng", "Sala Krau"],
            EditDate=["5/3/2024 7:05:00 AM", "5/3/2024 7:05:00 AM", None],
        ),
        "turning_points_1": shuffled,
    }
    path = write(tmp_path / "export", tables)
    sheets = read_book(path).tables
    assert survey123.is_form(sheets)
    raw = survey123.read_form(sheets, path)
    assert raw.format == form_name
    assert (raw.layer, raw.profile) == ("hazard_report_0", "survey123")
    assert raw.table.crs.to_epsg() == 4326
    assert list(raw.table.columns) == ["ObjectID", "GlobalID", "village", "EditDate", "geometry"]
    assert raw.table.village[0] == "អូរតាវ៉ៅ"
    assert raw.table.EditDate[0] == "5/3/2024 7:05:00 AM"
    expected = [shapely.Polygon([(float(x), float(y)) for x, y in c]) for c in (TRIANGLE, SQUARE)]
    assert raw.table.geometry[0].equals_exact(expected[0], 0)
    assert raw.table.geometry[1].equals_exact(expected[1], 0)
    assert raw.table.geometry[2] is None
    assert raw.findings == ()


def test_older_forms_are_joined_by_their_row_ids():
    points = repeat((A, SQUARE), parent="parentrowid").drop(columns="ObjectID")
    main = form(A).rename(columns={"GlobalID": "uniquerowid"})
    assert survey123.is_form({"main": main, "repeat": points})
    assert read(main=main, repeat=points).table.geometry.is_valid.tolist() == [True]


def test_both_kinds_of_ids_in_one_form():
    """An older form that was published again: the repeat's parentglobalid is empty."""
    points = repeat((A, SQUARE), parent="parentrowid").assign(parentglobalid=None)
    main = form(C).assign(uniquerowid=A)
    assert read(main=main, repeat=points).table.geometry[0].geom_type == "Polygon"


def test_without_object_ids_rows_are_in_order_of_entry():
    points = repeat((A, SQUARE))
    points.loc[2, "ObjectID"] = None
    raw = read(main=form(A), points=points.iloc[::-1])
    corners = shapely.get_coordinates(raw.table.geometry[0])[:-1]
    assert corners.tolist() == [[float(x), float(y)] for x, y in SQUARE[::-1]]


def test_object_ids_sort_as_numbers():
    points = repeat((A, SQUARE), ObjectID=["8", "9", "10", "11"]).iloc[[2, 3, 0, 1]]
    corners = shapely.get_coordinates(read(main=form(A), points=points).table.geometry[0])
    assert corners[:-1].tolist() == [[float(x), float(y)] for x, y in SQUARE]


def test_point_numbers_that_the_profile_names_come_before_entry():
    points = repeat((A, SQUARE), corner=["TP4", "TP1", "TP2", "TP3"])
    raw = read(mine(order=("corner",)), main=form(A), points=points)
    assert shapely.get_coordinates(raw.table.geometry[0])[0].tolist() == [103.01, 13]
    missing = repeat((A, SQUARE), corner=["1", "2", "3", "5"])
    raw = read(mine(order=("corner",)), main=form(A), points=missing)
    assert codes(raw) == [("point_order", 0)]
    assert raw.table.geometry[0] is None


# --- repeats within repeats


def test_a_repeat_within_a_repeat_gives_parts():
    """Two parts of one hazard: 0.01 x 0.01 and half of 0.02 x 0.02 degrees."""
    areas = pd.DataFrame({"GlobalID": ["q1", "q2", "q3"], "ParentGlobalID": [B, A, B]}, dtype="str")
    points = repeat(("Q1", TRIANGLE), ("q3", SQUARE), ("q2", SQUARE))
    raw = read(main=form(A, B), areas=areas, turning_points=points)
    assert raw.table.geometry.geom_type.tolist() == ["Polygon", "MultiPolygon"]
    assert raw.table.geometry[0].area == pytest.approx(1e-4)
    assert raw.table.geometry[1].area == pytest.approx(1e-4 + 2e-4)
    assert raw.findings == ()


def test_a_repeat_may_be_the_table_of_records():
    """One visit, two hazards: each row of the outer repeat is a hazard of its own."""
    hazards = pd.DataFrame({"GlobalID": ["q1", "q2"], "ParentGlobalID": [A, A]}, dtype="str")
    points = repeat(("q1", TRIANGLE), ("q2", SQUARE))
    raw = read(layer="hazards", main=form(A), hazards=hazards, turning_points=points)
    assert raw.layer == "hazards"
    assert raw.table.geometry.geom_type.tolist() == ["Polygon", "Polygon"]
    assert codes(raw) == [("unread_part", None)]
    assert raw.findings[0].message == "tables that were not read: main"


def test_a_column_of_parts():
    points = repeat((A, TRIANGLE), (A, SQUARE), block=["N", "N", "N", "S", "S", "S", "S"])
    raw = read(mine(part=("block",)), main=form(A), points=points)
    assert raw.table.geometry[0].geom_type == "MultiPolygon"
    assert raw.table.geometry[0].area == pytest.approx(3e-4)


# --- what does not fit


def test_points_of_no_record_are_said_and_never_mixed_in():
    points = repeat((A, SQUARE), (B, TRIANGLE), (None, TRIANGLE[:1]))
    raw = read(main=form(A), points=points)
    assert codes(raw) == [("orphan_points", None)]
    assert "4 turning points" in raw.findings[0].message
    assert B in raw.findings[0].message
    assert raw.table.geometry[0].area == pytest.approx(1e-4)


def test_a_point_that_cannot_be_read_costs_the_polygon_and_is_said_once():
    bad = [*SQUARE[:2], ("103.01 N", "13.01"), (None, None)]
    raw = read(main=form(A, B), points=repeat((A, bad), (B, SQUARE)))
    assert codes(raw) == [("bad_point", 0)]
    assert "2 turning points" in raw.findings[0].message
    assert "no longitude" in raw.findings[0].message
    assert raw.table.geometry.isna().tolist() == [True, False]


def test_two_points_are_no_polygon():
    raw = read(main=form(A), points=repeat((A, SQUARE[:2])))
    assert codes(raw) == [("few_points", 0)]


def test_an_id_that_stands_twice_is_said():
    raw = read(main=form(A, f"{{{A.upper()}}}"), points=repeat((A, SQUARE)))
    assert codes(raw) == [("duplicate_id", 1)]
    assert raw.table.geometry.isna().tolist() == [False, True]


def test_a_form_without_repeats_has_no_polygons():
    raw = read(main=form(A, B, x=["103", "104"], y=["13", "12"]))
    assert raw.table.geometry.isna().all()
    (finding,) = raw.findings
    assert finding.code == "unread_part"
    assert finding.message.startswith("no repeat with turning points: no polygons; name the folder")


def test_drawn_polygons_are_not_in_a_csv():
    raw = read(main=form(A, Shape__Area=["12000.5"]))
    assert codes(raw) == [("unread_part", None)]
    assert "file geodatabase" in raw.findings[0].message


def test_tables_in_a_circle_end():
    one = pd.DataFrame({"globalid": ["1"], "parentglobalid": ["2"]}, dtype="str")
    two = pd.DataFrame(
        {"globalid": ["2"], "parentglobalid": ["1"], "x": "1", "y": "1"}, dtype="str"
    )
    raw = read(main=form(A), one=one, two=two)
    assert codes(raw) == [("unread_part", None)] * 2
    with pytest.raises(FileError, match="only repeats"):
        read(one=one, two=two)


def test_a_column_called_geometry_is_kept():
    raw = read(main=form(A, geometry=["by the river"]))
    assert raw.table["geometry_text"][0] == "by the river"


# --- which repeat


def test_points_of_something_else_are_no_turning_points():
    points, evidence = repeat((A, SQUARE)), repeat((A, TRIANGLE))
    raw = read(main=form(A), evidence_points_1=evidence, turning_points_2=points)
    assert raw.table.geometry[0].area == pytest.approx(1e-4)
    assert raw.findings[0].message == "tables that were not read: evidence_points_1"
    assert read(main=form(A), evidence_points_1=evidence).table.geometry[0] is None


def test_several_repeats_that_may_be_it_are_refused():
    with pytest.raises(FileError, match=r"form\.zip: several repeats.*walk, round"):
        read(main=form(A), walk=repeat((A, SQUARE)), round=repeat((A, TRIANGLE)))


def test_repeats_without_places_are_no_matter():
    photos = pd.DataFrame({"ParentGlobalID": [A], "file": ["a.jpg"]}, dtype="str")
    raw = read(main=form(A), photos_2=photos, points_1=repeat((A, SQUARE)))
    assert raw.table.geometry[0].area == pytest.approx(1e-4)
    assert codes(raw) == [("unread_part", None)]


def test_several_forms_ask_for_one():
    with pytest.raises(FileError, match=r"several forms.*main, other"):
        read(main=form(A), other=form(B))
    assert read(layer="other", main=form(A), other=form(B)).table.GlobalID.tolist() == [B]
    with pytest.raises(FileError, match="no table 'third'"):
        read(layer="third", main=form(A))


def test_the_form_with_points_is_the_one():
    raw = read(users=form(C), main=form(A), points=repeat((A, SQUARE)))
    assert raw.layer == "main"


# --- coordinates


def test_places_that_the_form_asks_for_instead_of_x_and_y():
    points = repeat((A, SQUARE)).drop(columns=["x", "y"])
    lon = ["103°00'00\"E", "103.01", "103.01", "103"]
    points = points.assign(longitude=lon, latitude=["13", "13", "13.01", "13.01"])
    raw = read(main=form(A), points=points)
    assert raw.table.geometry[0].area == pytest.approx(1e-4)


def test_x_and_y_that_are_empty_leave_it_to_longitude_and_latitude():
    points = repeat((A, SQUARE), longitude=None, latitude=None)
    points["longitude"], points["latitude"] = points["x"], points["y"]
    points.loc[1:, ["x", "y"]] = None
    raw = read(main=form(A), points=points)
    assert raw.table.geometry[0].area == pytest.approx(1e-4)


UTM = [("500000", "1437000"), ("500100", "1437000"), ("500100", "1437200"), ("500000", "1437200")]
"""100 m by 200 m in zone 48."""


def utm_points(**more):
    return repeat((A, UTM)).rename(columns={"x": "east", "y": "north"}).assign(**more)


def test_eastings_and_northings_need_a_zone_or_a_system():
    roles = {"easting": ("east",), "northing": ("north",)}
    zoned = read(mine(zone=("zone",), **roles), main=form(A), points=utm_points(zone="48N"))
    assert zoned.table.crs.to_epsg() == 32648
    assert zoned.table.geometry[0].area == 20_000
    system = mine(options={"crs": "EPSG:3148"}, **roles)
    named = read(system, main=form(A), points=utm_points())
    assert named.table.crs.to_epsg() == 3148
    assert named.table.geometry[0].area == 20_000
    with pytest.raises(FileError, match=r"without a zone.*crs = \"EPSG:32648\""):
        read(mine(**roles), main=form(A), points=utm_points())
    old = mine(options={"crs": "EPSG:4131"}, zone=("zone",), **roles)
    indian = read(old, main=form(A), points=utm_points(zone="48"))
    assert indian.table.crs.to_epsg() == 3148


def test_mgrs_references():
    squares = ["48P WV 0000 3700", "48P WV 0010 3700", "48P WV 0010 3720"]
    points = repeat((A, SQUARE[:3])).drop(columns=["x", "y"]).assign(grid=squares)
    raw = read(mine(mgrs=("grid",)), main=form(A), points=points)
    assert raw.table.crs.to_epsg() == 4326
    assert raw.table.geometry.to_crs(32648)[0].area == pytest.approx(100 * 200 / 2, rel=1e-6)


def test_a_profile_may_say_that_x_and_y_are_metres():
    raw = read(mine(options={"crs": "EPSG:32648"}), main=form(A), points=repeat((A, UTM)))
    assert raw.table.geometry[0].area == 20_000
    with pytest.raises(CRSError, match="'Mars' is no reference system"):
        read(mine(options={"crs": "Mars"}), main=form(A))


# --- what is a form


def test_what_is_no_form():
    plain = pd.DataFrame(columns=["hazard_id", "lon", "lat"])
    exported = pd.DataFrame(columns=["GlobalID", "CreationDate", "Creator", "EditDate", "WKT"])
    assert not survey123.is_form({})
    assert not survey123.is_form({"hazards": plain})
    assert not survey123.is_form({"hazards": pd.DataFrame(columns=["globalid", "lon", "lat"])})
    assert not survey123.is_form({"layer": exported})
    assert survey123.is_form({"layer": exported.drop(columns="WKT")})


# --- whatever the tables hold

CELLS = st.none() | st.sampled_from(
    [A, B, f"{{{A.upper()}}}", "1", "2", "103", "103.5", "13", "0", "-1e999", "nan", "inf", "", " "]
) | st.text(max_size=4)  # fmt: skip
IDS = ["globalid", "GlobalID", "parentglobalid", "ParentGlobalID", "uniquerowid", "parentrowid"]
PLACES = ["x", "y", "longitude", "latitude", "east", "north", "zone", "grid"]
OTHERS = ["objectid", "point_no", "geometry", "Shape__Area", "village"]
COLUMNS = st.sampled_from([*IDS, *PLACES, *OTHERS])


@st.composite
def tables(draw):
    columns = draw(st.lists(COLUMNS, max_size=7, unique=True))
    rows = draw(st.integers(0, 6))
    cells = {name: draw(st.lists(CELLS, min_size=rows, max_size=rows)) for name in columns}
    return pd.DataFrame(cells, dtype="str", index=range(rows))


NAMES = st.sampled_from(["main", "points_1", "turning_points_2", "evidence_3", "tp"])
PROFILES = st.sampled_from(
    [
        NO_PROFILE,
        mine(order=("point_no",), easting=("east",), northing=("north",), zone=("zone",)),
        mine(mgrs=("grid",), part=("zone",), lon=("east",)),
        mine(parent=("village",), options={"crs": "EPSG:3857"}),
    ]
)


def test_a_record_whose_points_are_all_of_another_has_no_polygon():
    # found by the test below: NaN stood for the polygon, which is no geometry
    form = pd.DataFrame({"globalid": ["{A}"]}, dtype="str")
    points = pd.DataFrame({"parentglobalid": ["{B}"], "x": ["103"], "y": ["13"]}, dtype="str")
    raw = survey123.read_form({"form_0": form, "turning_points_1": points}, Path("form.zip"))
    assert raw.table.geometry.tolist() == [None]


@given(sheets=st.dictionaries(NAMES, tables(), max_size=4), profile=PROFILES)
def test_any_tables_are_read_or_refused_in_one_line(sheets, profile):
    before = {name: table.copy() for name, table in sheets.items()}
    assert survey123.is_form(sheets) in (True, False)
    lines, raw = [], None
    try:
        raw = survey123.read_form(sheets, Path("form.zip"), Wanted(profile=profile))
    except MineGeoError as error:
        lines = str(error).splitlines()
    for name, table in sheets.items():
        pd.testing.assert_frame_equal(table, before[name])
    if raw is None:
        assert len(lines) == 1
        return
    assert isinstance(raw.table, gpd.GeoDataFrame)
    assert isinstance(raw.table.index, pd.RangeIndex)
    assert len(raw.table) == len(sheets[raw.layer])
    assert as_table(raw.findings).record.dropna().between(1, len(raw.table)).all()


CORNERS = st.lists(
    st.tuples(st.floats(100, 110).map(repr), st.floats(5, 20).map(repr)),
    min_size=3,
    max_size=6,
    unique=True,
)


@given(rings=st.lists(CORNERS, min_size=1, max_size=4), shuffle=st.randoms())
def test_any_corners_come_back_whole_and_in_order(rings, shuffle):
    keys = [f"{n:032x}" for n in range(len(rings))]
    points = repeat(*zip(keys, rings, strict=True))
    rows = list(range(len(points)))
    shuffle.shuffle(rows)
    raw = read(main=form(*keys), points=points.iloc[rows])
    for ring, polygon in zip(rings, raw.table.geometry, strict=True):
        corners = [[float(x), float(y)] for x, y in ring]
        assert shapely.get_coordinates(polygon)[:-1].tolist() == corners
