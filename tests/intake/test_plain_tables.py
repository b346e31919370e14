"""Plain tables: WKT, turning points in every way of writing, columns, sheets, what is unclear."""

from dataclasses import replace
from pathlib import Path

import mgrs
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import CRSError, FileError, MineGeoError
from mine_geo.intake.formats.plain import read_table
from mine_geo.intake.profiles import bundled
from mine_geo.intake.received import NO_PROFILE, Profile, Wanted

PATH = Path("office/points.csv")
CORNERS = [(104.5, 13.2), (104.51, 13.2), (104.51, 13.21), (104.5, 13.21)]


def sheet(**columns):
    return pd.DataFrame(columns).astype("str")


def points(corners=CORNERS, key="A", **columns):
    """Return a sheet of turning points in decimal degrees."""
    lon, lat = zip(*corners, strict=True)
    return sheet(hazard_id=key, lon=map(str, lon), lat=map(str, lat), **columns)


def raw(*sheets, names=None, **options):
    tables = dict(zip(names or "abc", sheets, strict=False))
    found = read_table(tables, PATH, Wanted(**options))
    assert found.table.index.equals(pd.RangeIndex(len(found.table)))
    return found


def codes(found):
    return [(finding.record, finding.code) for finding in found.findings]


def refused(*sheets, **options):
    with pytest.raises(MineGeoError) as caught:
        raw(*sheets, **options)
    message = str(caught.value)
    assert message.startswith(f"{PATH}: ")
    assert len(message.splitlines()) == 1
    return message, type(caught.value)


def profile(points=None, **options):
    plain = bundled()["plain"]
    return replace(plain, points={**plain.points, **(points or {})}, options=options)


def test_wkt_is_read_as_it_is_and_its_column_goes():
    found = raw(sheet(id=["A", "B"], WKT=["POLYGON ((1 2, 3 2, 3 4, 1 2))", None], n=["1", "2"]))
    assert list(found.table.columns) == ["id", "n", "geometry"]
    assert found.table.geometry[0].wkt == "POLYGON ((1 2, 3 2, 3 4, 1 2))"
    assert found.table.geometry[1] is None
    assert found.table.crs is None
    assert found.format == "table with WKT"
    assert found.findings == ()


@pytest.mark.parametrize("name", ["wkt", "geometry", "Geom", "the_geom", "WKT_GEOM"])
def test_names_of_wkt_columns(name):
    found = raw(sheet(id=["A"], **{name: ["POLYGON ((1 2, 3 2, 3 4, 1 2))"]}))
    assert found.table.geometry[0].area == 2


def test_an_invalid_polygon_of_wkt_is_kept():
    found = raw(sheet(id=["A"], wkt=["POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"]))
    assert not found.table.geometry[0].is_valid
    assert found.findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON ((1 2, 3 2, 3 4))",  # not closed
        "POLYGON ((1 2, 3 2",
        "POLYGON 1 2",
        "hello",
        "ភូមិ",
        "0106000020E61000",
        "SRID=4326;POLYGON ((1",
    ],
)
def test_wkt_that_cannot_be_read_is_a_finding_of_its_record(text):
    found = raw(sheet(id=["A", "B"], wkt=["POLYGON ((1 2, 3 2, 3 4, 1 2))", text]))
    assert found.table.geometry[1] is None
    code = "invalid_ring" if "not closed" in found.findings[0].message else "bad_coordinates"
    assert code == ("invalid_ring" if text == "POLYGON ((1 2, 3 2, 3 4))" else "bad_coordinates")
    assert codes(found) == [(1, code)]
    assert len(found.findings[0].message.splitlines()) == 1


@pytest.mark.parametrize("prefix", ["SRID=32648;", "srid = 32648 ; "])
def test_ewkt_says_its_reference_system(prefix):
    found = raw(sheet(id=["A"], wkt=[f"{prefix}POLYGON ((1 2, 3 2, 3 4, 1 2))"]))
    assert found.table.crs == pyproj.CRS(32648)
    assert found.table.geometry[0].area == 2


def test_hexadecimal_wkb_of_postgis_is_read_with_its_srid():
    shape = shapely.set_srid(shapely.MultiPolygon([shapely.box(104, 13, 105, 14)]), 4326)
    text = shapely.to_wkb(shape, hex=True, include_srid=True)
    found = raw(sheet(id=["A", "B"], geom=[text, None]))
    assert found.table.geometry[0].equals(shape)
    assert found.table.crs == pyproj.CRS(4326)
    assert shapely.get_srid(found.table.geometry[0]) == 0


@pytest.mark.parametrize(
    ("prefixes", "words", "kind"),
    [
        (["SRID=4326;", "SRID=32648;"], "SRID 4326, 32648 in one column", FileError),
        (["SRID=4326;", ""], "SRID 0, 4326 in one column", FileError),
        (["SRID=99;", "SRID=99;"], "SRID 99 is unknown", CRSError),
    ],
)
def test_srids_that_contradict_or_are_none(prefixes, words, kind):
    texts = [f"{prefix}POLYGON ((1 2, 3 2, 3 4, 1 2))" for prefix in prefixes]
    message, error = refused(sheet(id=["A", "B"], wkt=texts))
    assert words in message
    assert error is kind


def test_the_profile_says_the_reference_system_and_must_not_contradict():
    table = sheet(id=["A"], wkt=["POLYGON ((1 2, 3 2, 3 4, 1 2))"])
    assert raw(table, profile=profile(crs="EPSG:3148")).table.crs == pyproj.CRS(3148)
    bare = Profile("", "", options={"crs": "EPSG:3148"})
    assert raw(table, profile=bare).table.crs == pyproj.CRS(3148)
    table["wkt"] = "SRID=4326;" + table["wkt"]
    assert "say EPSG:4326, the profile EPSG:3148" in refused(table, profile=bare)[0]
    message, error = refused(table, profile=profile(crs="EPSG:0"))
    assert "'EPSG:0' is no reference system" in message
    assert error is CRSError


def test_turning_points_become_one_record_each_with_its_columns():
    table = pd.concat([points(), points([(x + 1, y) for x, y in CORNERS[:3]], key="B")])
    table.insert(0, "Village", ["Boeng", None, None, None, None, "Tuol", "Tuol"])
    found = raw(table)
    assert found.table["hazard_id"].tolist() == ["A", "B"]
    assert found.table["Village"].tolist() == ["Boeng", "Tuol"]
    assert list(found.table.columns) == ["Village", "hazard_id", "geometry"]
    assert shapely.get_coordinates(found.table.geometry[0])[:-1].tolist() == [*map(list, CORNERS)]
    assert found.format == "table of turning points"
    assert found.findings == ()


@pytest.mark.parametrize(
    "bare", [NO_PROFILE, Profile("", "", options={"crs": "EPSG:4326"}), bundled()["plain"]]
)
@pytest.mark.parametrize(
    ("lon", "lat", "key", "order"),
    [
        ("Longitude", "Latitude", "Minefield ID", "Point No"),
        ("LONG", "LAT", "hazard_id", "Seq"),
        ("lng", "lat", "MF_CODE", "TP"),
        ("X", "Y", "id", "turning_point"),
        ("point_x", "point_y", "polygon_id", "vertex"),
    ],
)
def test_names_of_point_columns(lon, lat, key, order, bare):
    table = points(order=["TP1", "TP2", "TP4", "TP3"]).iloc[[2, 0, 3, 1]]
    table["order"] = ["3", "1", "4", "2"]
    table = table.rename(columns={"lon": lon, "lat": lat, "hazard_id": key, "order": order})
    found = raw(table, profile=bare)
    assert found.table.geometry[0].equals_exact(shapely.Polygon(CORNERS), 0)
    assert list(found.table.columns) == [key, "geometry"]


def test_a_profile_names_its_own_columns_and_may_take_one_away():
    table = points().rename(columns={"lon": "Kinh do", "lat": "Vi do", "hazard_id": "Ma"})
    own = profile({"lon": ("Kinh do",), "lat": ("Vi do",), "parent": ("ma",)})
    assert raw(table, profile=own).table.geometry[0].equals(shapely.Polygon(CORNERS))
    assert (
        "no columns of WKT or of coordinates" in refused(points(), profile=profile({"lon": ()}))[0]
    )


@given(
    st.lists(
        st.tuples(st.floats(103, 107), st.floats(10.5, 14.5)), min_size=3, max_size=7, unique=True
    )
)
@settings(max_examples=25)
def test_the_same_corners_in_every_way_of_writing_are_the_same_polygon(corners):
    east, north = pyproj.Transformer.from_crs(4326, 32648, always_xy=True).transform(
        *np.array(corners).T
    )
    expected = np.column_stack([east, north])
    expected = np.vstack([expected, expected[:1]])

    def dms(value, letters):
        seconds = round(value * 3600e4)
        d, rest = divmod(seconds, 36_000_000)
        m, s = divmod(rest, 600_000)
        return f"{d}°{m}'{s / 1e4:.4f}\"{letters}"

    zone = ["48P"] * len(corners)
    lon, lat = zip(*corners, strict=True)
    ring = ", ".join(f"{x!r} {y!r}" for x, y in [*corners, corners[0]])
    tables = {
        # What the last digit that is written is worth on the ground, metres, halved.
        1e-4: sheet(id=["A"], wkt=[f"SRID=4326;POLYGON (({ring}))"]),
        0.006: sheet(id="A", lon=[f"{x:.7f}" for x in lon], lat=[f"{y:.7f}" for y in lat]),
        0.0016: sheet(id="A", lon=[dms(x, "E") for x in lon], lat=[dms(y, "N") for y in lat]),
        0.00051: sheet(
            id="A",
            easting=[f"{x:.3f}" for x in east],
            northing=[f"{y:.3f}" for y in north],
            zone=zone,
        ),
        0.501: sheet(id="A", mgrs=[mgrs.MGRS().toMGRS(y, x) for x, y in corners]),
    }
    wgs = profile(crs="EPSG:4326")
    for tolerance, table in tables.items():
        found = raw(table, profile=wgs)
        if any(code == "few_points" for _, code in codes(found)):
            assert len(set(map(tuple, table.to_numpy()))) < 3
            continue
        turn = pyproj.Transformer.from_crs(found.table.crs, 32648, always_xy=True)
        xy = shapely.get_coordinates(found.table.geometry[0])
        got = np.column_stack(turn.transform(*xy.T))
        assert np.abs(got - expected).max() <= tolerance


def utm_sheet(zones, easting="480000", key="A"):
    return sheet(
        id=key,
        utm_e=[easting, "481,000", "481000"],
        utm_n=["1435000", "1,435,000", "1436000,0"],
        utm_zone=zones,
    )


def test_utm_of_one_zone_says_no_datum_by_itself():
    found = raw(utm_sheet("48P"))
    assert found.table.crs is None
    assert found.table.geometry[0].area == 500_000


@pytest.mark.parametrize(
    ("said", "code"),
    [("EPSG:4326", 32648), ("EPSG:32648", 32648), ("EPSG:4131", 3148), ("EPSG:3148", 3148)],
)
def test_utm_takes_the_datum_that_is_said(said, code):
    found = raw(utm_sheet("48P"), profile=profile(crs=said))
    assert found.table.crs == pyproj.CRS(code)
    assert found.table.geometry[0].area == 500_000


def test_utm_of_several_zones_needs_a_datum():
    table = pd.concat([utm_sheet("48P"), utm_sheet("47P", key="B", easting="800000")])
    message, error = refused(table)
    assert "UTM zones 47N, 48N and on no datum" in message
    assert error is CRSError
    found = raw(table, profile=profile(crs="EPSG:4326"))
    assert found.table.crs == pyproj.CRS(4326)
    west, _, east, _ = found.table.total_bounds
    assert 98 < west < 102
    assert 104 < east < 105


def test_a_zone_that_contradicts_the_profile_is_refused():
    message, _ = refused(utm_sheet("47P"), profile=profile(crs="EPSG:32648"))
    assert "its UTM zones say EPSG:32647, and EPSG:32648 is given; correct the zones" in message


def test_eastings_without_zones_are_of_the_system_that_is_said():
    table = utm_sheet("48P").drop(columns="utm_zone")
    table["utm_e"], table["utm_n"] = (
        ["480000", "481000", "481000"],
        ["1435000", "1435000", "1436000,5"],
    )
    assert raw(table).table.crs is None
    found = raw(table, profile=profile(crs="EPSG:32648"))
    assert found.table.crs == pyproj.CRS(32648)
    assert found.table.geometry[0].area == 500_250


def test_mgrs_is_on_wgs_84():
    table = sheet(id="A", MGRS=["48PVV4500059000", "48P VV 46000 59000", "48PVV4600060000"])
    found = raw(table)
    assert found.table.crs == pyproj.CRS(4326)
    assert found.findings == ()


def test_of_two_ways_the_one_that_is_filled_counts():
    table = points(mgrs=[None] * 4, easting=["480000", None, None, None], northing=[None] * 4)
    found = raw(table)
    assert found.table.geometry[0].equals(shapely.Polygon(CORNERS))
    assert list(found.table.columns) == ["hazard_id", "geometry"]


def test_a_point_that_cannot_be_read_leaves_no_polygon_and_says_why():
    table = points()
    table.loc[1, "lat"] = "13.2E"
    found = raw(pd.concat([table, points(key="B")]))
    assert found.table.geometry[0] is None
    assert found.table.geometry[1] is not None
    assert codes(found) == [(0, "bad_point")]
    assert found.findings[0].message == "point 2: '13.2E' is no latitude: E"


def test_a_corner_whose_row_has_no_id_is_not_left_out_unseen():
    table = points()
    table.loc[2, "hazard_id"] = None
    found = raw(pd.concat([points(key="B"), table]))
    assert found.table["hazard_id"].tolist() == ["B", "A"]
    assert codes(found) == [(1, "bad_point")]
    assert found.table.geometry[1] is None
    assert "point 3: no hazard_id on its row" in found.findings[0].message


def test_an_id_in_the_first_row_only_is_not_guessed():
    table = pd.concat([points(), points(key="B")], ignore_index=True)
    table.loc[table["hazard_id"].duplicated(), "hazard_id"] = None
    found = raw(table)
    assert codes(found) == [(0, "bad_point"), (1, "bad_point")]
    assert found.table.geometry.isna().all()


def test_points_before_any_id_are_told():
    table = points()
    table.loc[0, "hazard_id"] = None
    found = raw(pd.concat([table.iloc[:1], points(key="B")]))
    assert codes(found) == [(None, "orphan_points")]
    assert found.table["hazard_id"].tolist() == ["B"]


def test_rows_with_neither_id_nor_place_are_notes():
    table = pd.concat([points(comment=["x"] * 4), sheet(comment=["drawn by hand"])])
    found = raw(table)
    assert found.table.geometry[0].equals(shapely.Polygon(CORNERS))
    assert found.findings == ()


def test_a_record_without_any_place_has_no_polygon_and_no_bad_point():
    found = raw(pd.concat([points(), sheet(hazard_id=["B"], lon=[None], lat=[None])]))
    assert found.table["hazard_id"].tolist() == ["A", "B"]
    assert found.table.geometry[1] is None
    assert found.findings == ()


def test_order_and_parts_of_a_record():
    second = [(x + 0.1, y) for x, y in CORNERS]
    table = points(CORNERS + second, point_no=["1", "2", "3", "4"] * 2, part=["1"] * 4 + ["2"] * 4)
    found = raw(table)
    assert found.table.geometry[0].geom_type == "MultiPolygon"
    assert list(found.table.columns) == ["hazard_id", "geometry"]
    assert codes(raw(table.drop(columns="part"))) == [(0, "point_order")]


def test_gaps_in_numbers_may_be_accepted():
    table = points(point_no=["1", "2", "4", "7"])
    assert codes(raw(table)) == [(0, "point_order")]
    assert codes(raw(table, profile=profile(number_gaps="accept"))) == []


def test_benchmarks_and_reference_points_are_no_corners():
    table = points(
        [(104.4, 13.1), (104.49, 13.19), *CORNERS],
        point_type=["Reference Point", "Bench mark", "Start Point", "TP", "Turning Point", "TP 3"],
    )
    found = raw(table)
    assert found.table.geometry[0].equals(shapely.Polygon(CORNERS))
    assert found.findings == ()


def test_rows_that_differ_are_told_and_the_first_counts():
    table = points(village=["Boeng", None, "Tuol", "Boeng"], district="Samlout")
    found = raw(table)
    assert found.table["village"].tolist() == ["Boeng"]
    assert codes(found) == [(0, "rows_differ")]
    assert "differ in village" in found.findings[0].message


def test_columns_of_the_points_are_left_out_and_named():
    table = points(accuracy=["1", "2", "3", "4"], team="T1")
    found = raw(table)
    assert list(found.table.columns) == ["hazard_id", "team", "geometry"]
    assert codes(found) == [(None, "left_over")]
    assert "accuracy" in found.findings[0].message


def test_a_sheet_of_hazards_and_one_of_their_points():
    hazards = sheet(hazard_id=["B", "A", "C", None], village=["b", "a", "c", "d"])
    found = raw(
        hazards,
        pd.concat([points(), points(CORNERS[:2], key="B"), points(key="Z")]),
        names=["hazards", "points"],
    )
    assert found.layer == "hazards"
    assert found.table["village"].tolist() == ["b", "a", "c", "d"]
    assert found.table.geometry.isna().tolist() == [True, False, True, True]
    assert sorted(codes(found), key=str) == [(0, "few_points"), (None, "orphan_points")]
    assert "turning points of Z," in found.findings[-1].message


def test_a_place_in_the_sheet_of_hazards_does_not_count_beside_numbered_points():
    hazards = sheet(hazard_id=["A"], lat=["13.2"], lon=["104.5"])
    numbered = points(point_no=["1", "2", "3", "4"])
    found = raw(hazards, numbered, names=["hazards", "points"])
    assert found.table.geometry[0].equals(shapely.Polygon(CORNERS))
    assert list(found.table.columns) == ["hazard_id", "lat", "lon", "geometry"]


def test_a_report_of_a_hazard_is_a_record_of_its_own():
    table = pd.concat([points(event_id="E1"), points(event_id="E2")])
    found = raw(table)
    assert found.table["event_id"].tolist() == ["E1", "E2"]
    assert found.table["hazard_id"].tolist() == ["A", "A"]


def test_sheets_that_hold_no_records_are_named():
    found = raw(points(), sheet(code=["1"], meaning=["x"]), names=["points", "codes"])
    assert codes(found) == [(None, "unread_part")]
    assert "sheet 'codes'" in found.findings[0].message
    assert found.layer == "points"


def test_a_list_of_hazards_with_one_place_each_is_kept_as_points():
    found = raw(sheet(id=["A", "B", "C"], lat=["13", "13.1", "x"], lon=["104", "104.1", "105"]))
    assert found.table.geometry.geom_type.tolist()[:2] == ["Point", "Point"]
    assert found.table.geometry[2] is None
    assert codes(found) == [(2, "bad_point")]


def test_one_numbered_point_a_record_is_too_few():
    found = raw(sheet(id=["A", "B"], no=["1", "1"], lat=["13", "13.1"], lon=["104", "104.1"]))
    assert codes(found) == [(0, "few_points"), (1, "few_points")]


@pytest.mark.parametrize(
    ("sheets", "options", "words"),
    [
        (
            [sheet(id=["A"], name=["x"])],
            {},
            "no columns of WKT or of coordinates (there are: id, name)",
        ),
        ([sheet(id=["A"], lon=["104"])], {}, "no columns of WKT"),
        ([points().drop(columns="hazard_id")], {}, "no column says which record a turning point"),
        ([points(), points()], {}, 'several sheets with places; name one, as layer="a", of: a, b'),
        ([points()], {"layer": "x"}, "no sheet 'x'; it has: a"),
        (
            [points(), sheet(id=["A"]), sheet(hazard_id=["A"])],
            {},
            'several sheets of records; name one, as layer="b", of: b, c',
        ),
        ([points(), sheet(x=["A"])], {"layer": "b"}, "sheet 'b' says no place"),
    ],
)
def test_what_is_no_table_of_records(sheets, options, words):
    message, kind = refused(*sheets, **options)
    assert words in message
    assert kind is FileError


def test_the_layer_chooses():
    wkt = sheet(id=["A"], wkt=["POLYGON ((1 2, 3 2, 3 4, 1 2))"])
    other = points(key="B", point_no=["1", "2", "3", "4"])
    assert raw(wkt, other, layer="a").table["id"].tolist() == ["A"]
    assert raw(wkt, other, layer="b").table["hazard_id"].tolist() == ["B"]
    assert "several sheets with places" in refused(wkt, other)[0]
    hazards = sheet(hazard_id=["B"], village=["v"])
    assert raw(hazards, other, sheet(id=["B"]), layer="a").table["village"].tolist() == ["v"]


def test_a_column_called_geometry_beside_points_is_kept_under_another_name():
    found = raw(points(geometry=[None] * 4).assign(geometry=None).astype("str"))
    assert "geometry" in found.table.columns
    assert found.table.geometry[0].equals(shapely.Polygon(CORNERS))


def test_a_table_without_rows_or_without_any_id():
    assert len(raw(sheet(hazard_id=[None], lon=[None], lat=[None])).table) == 0
    found = raw(sheet(hazard_id=[None], lon=["104"], lat=["13"]))
    assert codes(found) == [(None, "orphan_points")]
    assert len(raw(points().iloc[:0]).table) == 0
    assert len(raw(sheet(id=["A"], wkt=["x"]).iloc[:0]).table) == 0


CELL = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(
        ["A", "B", "1", "2", "104.5", "13.2", "13°", "48P", "48PVV4500059000", "500000"]
    ),
)
NAMES = [
    "hazard_id", "id", "lon", "lat", "easting", "northing", "zone", "mgrs", "wkt", "part",
    "point_no", "point_type", "x", "y", "village", "event_id",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True).flatmap(
        lambda names: st.lists(st.tuples(*[CELL] * len(names)), max_size=7).map(
            lambda rows: pd.DataFrame(rows, columns=names, dtype="str")
        )
    ),
    st.one_of(st.none(), st.just("EPSG:4326"), st.just("EPSG:3148")),
)
@settings(max_examples=60)
def test_any_table_is_read_or_refused_in_one_line(table, crs):
    own = NO_PROFILE if crs is None else profile(crs=crs)
    try:
        found = read_table({"a": table}, PATH, Wanted(profile=own))
    except MineGeoError as error:
        message = str(error)
    else:
        assert len(found.table) <= len(table)
        message = "; ".join(finding.message for finding in found.findings)
        assert all(finding.severity for finding in found.findings)
    assert len(message.splitlines()) <= 1


def test_curved_edges_are_said_and_the_other_records_read():
    curve = "CURVEPOLYGON (CIRCULARSTRING (103 13, 103.01 13.01, 103.02 13, 103.01 12.99, 103 13))"
    hexadecimal = "010A000000010000000108000000" + "03000000" + "00" * 48
    plain = "POLYGON ((103 13, 103.01 13, 103.01 13.01, 103 13))"
    found = raw(sheet(id=["A", "B", "C", "D"], wkt=[curve, plain, hexadecimal, plain]))
    assert found.table.geometry.notna().tolist() == [False, True, False, True]
    assert codes(found) == [(0, "not_polygon"), (2, "bad_coordinates")]
    assert found.findings[0].message.startswith("curved edges")


@pytest.mark.parametrize("name", ["Datum", "coordinate system", "map_datum"])
def test_a_column_that_names_another_datum_refuses_wgs_84(name):
    table = points(**{name: "Indian 1960"})
    mgrs_ = sheet(hazard_id="A", mgrs=["48PUV0500060000"], **{name: "Indian 1960"})
    wkt = sheet(id=["A"], wkt=["POINT (103 13)"], **{name: ["EPSG:3148"]})
    for one in (table, mgrs_, wkt):
        for options in ({}, {"profile": profile(crs="EPSG:4326")}):
            message, error = refused(one, **options)
            assert error is CRSError
            assert f"column '{name}' says" in message
    assert raw(table, profile=profile(crs="EPSG:4131")).table.crs == pyproj.CRS(4131)
    assert raw(table, profile=profile({"system": ()})).table.crs is None
    for fine in ("WGS 84", "WGS_1984_UTM_Zone_48N", "UTM 48N", "EPSG:4326", "GPS", ""):
        assert raw(points(**{name: fine})).table.crs is None


def test_mgrs_on_another_datum_is_refused():
    table = sheet(hazard_id="A", mgrs=["48PUV0500060000"])
    message, error = refused(table, profile=profile(crs="EPSG:4131"))
    assert error is CRSError
    assert "MGRS references are read on WGS 84, not on Indian 1960" in message


def test_columns_that_say_the_place_once_more_are_named():
    utm_ = {"easting": "305000", "northing": "1460000", "zone": "48P"}
    found = raw(points(**utm_))
    (finding,) = found.findings
    assert finding.code == "left_over"
    assert finding.message.startswith("places are read from lon, lat; ")
    assert finding.message.endswith("not read: easting, northing")


@pytest.mark.parametrize(
    ("kinds", "numbers"),
    [
        (["Reference point", "SP", "TP", "Landmark", "TP", "TP"], "123456"),
        (["Benchmark", "SP", "TP", "Benchmark", "TP", "TP"], "112234"),
        (["Benchmark", "SP", "TP", "RP", "TP", "TP"], "512634"),
    ],
)
def test_numbers_that_benchmarks_take_up_are_no_gaps(kinds, numbers):
    first, second, third, fourth = CORNERS
    places = [(104, 13), first, second, (104, 13), third, fourth]
    found = raw(points(places, tp=list(numbers), point_type=kinds))
    assert codes(found) == []
    assert shapely.get_coordinates(found.table.geometry[0])[:4].tolist() == [
        list(corner) for corner in CORNERS
    ]


def test_a_gap_in_the_numbers_says_what_follows_and_the_mend():
    found = raw(points(tp=["1", "2", "4", "5"]))
    assert codes(found) == [(0, "point_order")]
    assert "no polygon is drawn" in found.findings[0].message
    assert 'number_gaps = "accept"' in found.findings[0].message


def test_a_title_above_the_headings_is_thought_of():
    message, _ = refused(sheet(**{"Minefields of 2023": ["id", "A"], "column 2": ["lat", "13"]}))
    assert "delete the rows above the headings" in message


def test_a_repeat_alone_names_the_other_tables_of_its_form():
    lonely = sheet(GlobalID=["a"], ParentGlobalID=["b"], x=["103"], y=["13"])
    assert "name the folder or zip of all its tables" in refused(lonely)[0]
    assert "Survey123" not in refused(sheet(x=["103"], y=["13"]))[0]
