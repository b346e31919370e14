"""IMSMA NG tables: joins, corners and base points, bearing and distance, closure, bad exports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import FileError, OptionError
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.intake.formats import imsma_ng
from mine_geo.intake.points import geopoints
from mine_geo.intake.received import NO_PROFILE, Profile, Raw, Wanted

GEOD = pyproj.Geod(ellps="WGS84")
HERE = Path("export")
MM = 1e-8
"""A millimetre in degrees, at most."""


def table(columns: dict) -> pd.DataFrame:
    return pd.DataFrame(columns).astype("str").where(pd.DataFrame(columns).notna())


def geopoint(*rows: dict) -> pd.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    return table({name: [row.get(name) for row in rows] for name in names})


def hazards(*ids: str) -> pd.DataFrame:
    return table({"hazard_guid": [f"{{{one}}}" for one in ids], "hazard_localid": list(ids)})


def place(start: tuple[float, float], *legs: tuple[float, float]) -> tuple[float, float]:
    """Walk legs of bearing and metres, by PROJ's direct solution, one after the other."""
    lon, lat = start
    for bearing, metres in legs:
        lon, lat, _ = GEOD.fwd(lon, lat, bearing, metres)
    return lon, lat


def read(points: pd.DataFrame, *ids: str, **options: str) -> Raw:
    profile = Profile("mine", "Mine", options=options) if options else NO_PROFILE
    sheets = {"hazard": hazards(*(ids or ("A",))), "geopoint": points}
    return imsma_ng.read_export(sheets, HERE, Wanted(profile=profile))


def corners(raw: Raw, record: int = 0) -> np.ndarray:
    return shapely.get_coordinates(raw.table.geometry[record])


def said(raw: Raw) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.record) for finding in raw.findings]


def traverse(*legs: tuple[float, float], start: tuple[float, float] = (103.0, 13.0)) -> list[dict]:
    """Return the geopoints of a traverse: an absolute start point, then legs from each other."""
    rows = [
        {"hazard_guid": "A", "pointno": 1, "pointlocal_id": "SP", "pointtypeenum": "Start Point"}
    ]
    rows[0] |= {"longitude": start[0], "latitude": start[1]}
    for number, (bearing, metres) in enumerate(legs, start=1):
        rows.append(
            {
                "hazard_guid": "A",
                "pointno": number + 1,
                "pointlocal_id": f"TP{number}",
                "pointtypeenum": "Turning Point",
                "bearing": bearing,
                "distance": metres,
                "frompointinput": "SP" if number == 1 else f"TP{number - 1}",
            }
        )
    return rows


SQUARE = ((0, 100), (90, 100), (180, 100), (270, 100))


# -- absolute points


def test_the_whole_database_export_joins_as_gichd_joins_it() -> None:
    # The joins of GICHD's own geocheck.sql, with words from imsmaenum and two polygons.
    words = {"POLY": "Polygon", "POINT": "Point", "LINE": "Polyline"}
    words |= {"TP": "Turning Point", "BM": "Benchmark", "OPEN": "Open", "SHUT": "Closed"}
    sheets = {
        "hazard": table(
            {
                "hazard_guid": ["{H-1}", "{H-2}"],
                "hazard_localid": ["BTB-MF-1", "BTB-MF-2"],
                "status_guid": ["{E-OPEN}", "{E-SHUT}"],
                "areasize": ["10000", None],
            }
        ),
        "hazard_has_geospatialinfo": table(
            {
                "hazard_guid": ["{h-1}", "{H-1}", "{H-1}", "{H-2}"],
                "geospatialinfo_guid": ["{G-1}", "{G-2}", "{G-3}", "{G-4}"],
            }
        ),
        "geospatialinfo": table(
            {
                "geospatialinfo_guid": ["{G-1}", "{G-2}", "{G-3}", "{G-4}"],
                "shape_id": ["P1", "P2", "BM", "P1"],
                "shapeenum_guid": ["{E-POLY}", "{E-POLY}", "{E-POINT}", "{E-LINE}"],
            }
        ),
        "geopoint": table(
            {
                "geopoint_guid": [f"{{P-{n}}}" for n in range(10)],
                "geospatialinfo_guid": ["{G-1}"] * 3 + ["{G-2}"] * 3 + ["{G-3}"] + ["{G-4}"] * 3,
                "pointno": ["2", "3", "1", "1", "2", "3", "1", "1", "2", "3"],
                "pointtypeenum_guid": ["{E-TP}"] * 6 + ["{E-BM}"] + ["{E-TP}"] * 3,
                "longitude": [103.01, 103.01, 103, 103.1, 103.11, 103.11, 102.9, 104, 104.1, 104.2],
                "latitude": [13, 13.01, 13, 13, 13, 13.01, 12.9, 13, 13, 13],
            }
        ),
        "imsmaenum": table(
            {"imsmaenum_guid": [f"{{E-{one}}}" for one in words], "enumvalue": words.values()}
        ),
    }
    assert imsma_ng.is_export(sheets)
    raw = imsma_ng.read_export(sheets, HERE)
    two = "MULTIPOLYGON (((103 13, 103.01 13, 103.01 13.01, 103 13)), "
    two += "((103.1 13, 103.11 13, 103.11 13.01, 103.1 13)))"
    assert raw.table.geometry[0].wkt == two
    assert raw.table.geometry[1] is None  # a polyline is no polygon
    assert raw.table["status_enum"].tolist() == ["Open", "Closed"]
    assert raw.table["status_guid"].tolist() == ["{E-OPEN}", "{E-SHUT}"]  # as it was written
    assert list(raw.table)[:4] == ["hazard_guid", "hazard_localid", "status_guid", "areasize"]
    assert raw.table.crs == "EPSG:4326"
    assert (raw.format, raw.layer, raw.profile) == ("IMSMA NG tables", "hazard", "imsma_ng")
    assert raw.findings == ()


def test_points_stand_in_the_order_of_their_numbers_not_of_their_rows() -> None:
    rows = [
        {"hazard_guid": "A", "pointno": n, "longitude": lon, "latitude": lat}
        for n, lon, lat in [(10, 103, 13.1), (2, 103.1, 13), (1, 103, 13), (9, 103.1, 13.1)]
    ]
    raw = read(geopoint(*rows), number_gaps="accept")
    assert corners(raw).tolist() == [[103, 13], [103.1, 13], [103.1, 13.1], [103, 13.1], [103, 13]]
    assert raw.findings == ()
    refused = read(geopoint(*rows))  # 3 to 8 may be missing corners
    assert refused.table.geometry[0] is None
    assert said(refused) == [("point_order", 0)]


def test_points_without_number_stand_by_their_names_else_as_entered() -> None:
    at = [(103, 13), (103.1, 13.1), (103.1, 13)]
    expected = [[103, 13], [103.1, 13], [103.1, 13.1], [103, 13]]
    named = [
        {"hazard_guid": "A", "pointlocal_id": name, "longitude": lon, "latitude": lat}
        for name, (lon, lat) in zip(["SP", "TP2", "TP1"], at, strict=True)
    ]
    assert corners(read(geopoint(*named))).tolist() == expected
    plain = [row | {"pointlocal_id": name} for row, name in zip(named, "xyz", strict=True)]
    as_entered = [*at, at[0]]
    assert corners(read(geopoint(*plain))).tolist() == [list(xy) for xy in as_entered]


def test_reference_points_benchmarks_and_landmarks_are_no_corners() -> None:
    kinds = ["Reference Point", "Start Point", "Bench mark", "turning point", "Intermediate Point"]
    kinds += ["Landmark", "End Point", "Evidence Point"]
    away, at = (102, 12), [(103, 13), (103.1, 13), (103.1, 13.05), (103.1, 13.1)]
    places = [away, at[0], away, at[1], at[2], away, at[3], away]
    rows = [
        {"hazard_guid": "A", "pointno": n, "pointtypeenum": kind, "longitude": lon, "latitude": lat}
        for n, (kind, (lon, lat)) in enumerate(zip(kinds, places, strict=True), start=1)
    ]
    raw = read(geopoint(*rows))
    expected = [[103, 13], [103.1, 13], [103.1, 13.05], [103.1, 13.1], [103, 13]]
    assert corners(raw).tolist() == expected
    assert raw.findings == ()  # numbers of benchmarks leave no gap


@pytest.mark.parametrize(
    "columns",
    [
        {"longitude": "104°30'00\"E", "latitude": "13°12'00\"N"},
        {"longitude": "104,5", "latitude": "13,2"},
        {"user_entered_mgrs": "48P VV 45822 59307", "coordrefsys": "WGS 1984 MGRS"},
        {"user_entered_x": "445822.5", "user_entered_y": "1459307.6", "coordrefsys": "UTM 48N"},
        {"user_entered_x": "445822.5", "user_entered_y": "1459307.6", "zone": "48P"},
        {"user_entered_x": "104.5", "user_entered_y": "13.2", "coordrefsys": "WGS 1984"},
        # What was entered does not count where latitude and longitude are there.
        {"longitude": "104.5", "latitude": "13.2", "user_entered_x": "1", "user_entered_y": "1"},
    ],
)
def test_a_place_in_any_way_of_writing(columns) -> None:
    # 104.5 E, 13.2 N is 445,822 m east, 1,459,307 m north in zone 48N, by PROJ.
    plane = pyproj.Proj("EPSG:32648")
    assert plane(104.5, 13.2) == pytest.approx((445822.5, 1459307.6), abs=1)
    rows = traverse(*SQUARE[:3])
    rows[0] = {k: v for k, v in rows[0].items() if k not in ("longitude", "latitude")} | columns
    placed = corners(read(geopoint(*rows)))
    np.testing.assert_allclose(placed[0], (104.5, 13.2), rtol=0, atol=1e-5)
    np.testing.assert_allclose(placed[1], place(tuple(placed[0]), (0, 100)), rtol=0, atol=MM)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"longitude": "1045", "latitude": "13.2"}, "'1045'"),
        ({"longitude": None, "latitude": "13.2"}, "SP: "),
        ({"longitude": "13.2N", "latitude": "104.5E"}, "no longitude"),
        ({"longitude": "nan", "latitude": "inf"}, "SP: "),
        ({"user_entered_mgrs": "48P VV"}, "48P VV"),
        (
            {"user_entered_x": "445822", "user_entered_y": "1459307", "zone": "48N"}
            | {"coordrefsys": "Indian 1960 / UTM zone 48N"},
            "SP: entered in 'Indian 1960 / UTM zone 48N', without latitude and longitude",
        ),
    ],
)
def test_a_place_that_cannot_be_read_is_said(columns, words) -> None:
    rows = traverse(*SQUARE)
    rows[0] = {k: v for k, v in rows[0].items() if k not in ("longitude", "latitude")} | columns
    raw = read(geopoint(*rows))
    assert raw.table.geometry[0] is None
    assert {finding.code for finding in raw.findings} == {"bad_point"}
    assert words in raw.findings[0].message


# -- bearing and distance


def test_a_square_of_100_m_closes() -> None:
    raw = read(geopoint(*traverse(*SQUARE)))
    start = (103.0, 13.0)
    expected = [start, place(start, *SQUARE[:1]), place(start, *SQUARE[:2])]
    expected += [place(start, *SQUARE[:3]), start]
    np.testing.assert_allclose(corners(raw), expected, rtol=0, atol=MM)
    # The parallel 100 m north is shorter: a square on the ellipsoid misses by
    # 100 m * 100 m / 6,378 km * tan(13 degrees) = 0.36 mm.
    (finding,) = raw.findings
    assert (finding.code, finding.record, finding.hazard_id) == ("closure", 0, "A")
    assert "misses its start by 0.00 m" in finding.message
    assert exact_size_m2(raw.table.geometry)[0] == pytest.approx(10_000, abs=0.1)


@pytest.mark.parametrize(
    ("legs", "code", "words"),
    [
        # 400 m walked, the way south 2 m shorter than the way north.
        (((0, 101), (90, 100), (180, 99), (270, 100)), "closure", "2.00 m (1:200)"),
        (((0, 102), (90, 100), (180, 98), (270, 100)), "closure", "4.00 m (1:100)"),
        (((0, 103), (90, 100), (180, 97), (270, 100)), "bad_closure", "6.00 m (1:67)"),
        # 4,000 m walked: far better than 1:100, but more than 5 m. The two legs that set out
        # east and west bend to the equator by 1 km² / (2 * 6,378 km) * tan(13 degrees) = 18 mm.
        (((0, 1003), (90, 1000), (180, 997), (270, 1000)), "bad_closure", "5.96 m (1:671)"),
    ],
)
def test_misclosure_is_said_in_metres_and_as_a_ratio(legs, code, words) -> None:
    raw = read(geopoint(*traverse(*legs)))
    (finding,) = raw.findings
    assert finding.code == code
    assert words in finding.message
    assert len(corners(raw)) == 5
    # Nothing is adjusted: the corners are where the legs lead, the ring closes on the start.
    np.testing.assert_allclose(corners(raw)[3], place((103, 13), *legs[:3]), rtol=0, atol=MM)
    np.testing.assert_allclose(
        [finding.place.x, finding.place.y], place((103, 13), *legs), rtol=0, atol=MM
    )


def test_an_end_point_away_from_the_start_is_a_corner() -> None:
    rows = traverse(*SQUARE[:3])
    rows[-1] |= {"pointlocal_id": "EP", "pointtypeenum": "End Point"}
    raw = read(geopoint(*rows))
    assert len(corners(raw)) == 5
    assert raw.findings == ()


def test_the_start_named_again_closes_however_badly() -> None:
    rows = traverse((0, 100), (90, 100), (180, 100), (270, 40))
    rows[-1] |= {"pointlocal_id": "SP", "pointtypeenum": "Start Point"}
    raw = read(geopoint(*rows))
    assert len(corners(raw)) == 5
    (finding,) = raw.findings
    assert finding.code == "bad_closure"
    assert "60.00 m (1:6)" in finding.message


def test_a_strip_keeps_its_fourth_corner() -> None:
    # 3 m wide and 200 m long: the last corner is 3 m from the start, and no closing point.
    raw = read(geopoint(*traverse((0, 200), (90, 3), (180, 200))))
    assert len(corners(raw)) == 5
    assert raw.findings == ()
    assert exact_size_m2(raw.table.geometry)[0] == pytest.approx(600, abs=0.1)


def test_reference_point_benchmark_start_point_and_turning_points_in_a_chain() -> None:
    # The minefield record: where the reference point is, all else by bearing and distance.
    landmark = (103.0, 13.0)
    legs = [("BM", "Benchmark", 45, 250), ("SP", "Start Point", 90, 30)]
    legs += [("TP1", "Turning Point", 10, 120), ("TP2", "Turning Point", 100, 80)]
    rows = [
        {
            "hazard_guid": "A",
            "pointno": 1,
            "pointlocal_id": "RP",
            "pointtypeenum": "Reference Point",
            "longitude": landmark[0],
            "latitude": landmark[1],
        }
    ]
    for number, (name, kind, bearing, metres) in enumerate(legs, start=2):
        row = {"hazard_guid": "A", "pointno": number, "pointlocal_id": name, "pointtypeenum": kind}
        rows.append(row | {"bearing": bearing, "distance": metres})
    start = place(landmark, (45, 250), (90, 30))
    expected = [start, place(start, (10, 120)), place(start, (10, 120), (100, 80)), start]
    raw = read(geopoint(*rows))  # says of no point what it is measured from
    np.testing.assert_allclose(corners(raw), expected, rtol=0, atol=MM)
    assert raw.findings == ()
    for row, before in zip(rows[1:], ["RP", "BM", "SP", "TP1"], strict=True):
        row["frompointinput"] = before.lower() + " "
    np.testing.assert_allclose(corners(read(geopoint(*rows))), expected, rtol=0, atol=MM)


def test_all_corners_from_one_benchmark() -> None:
    # Polar: each corner from the benchmark, none from the corner before.
    rays = [(30, 100), (80, 140), (130, 90)]
    bench = {"hazard_guid": "A", "pointlocal_id": "BM1", "pointtypeenum": "Benchmark"}
    bench |= {"longitude": 103, "latitude": 13, "geopoint_guid": "{B}"}
    rows = [
        {
            "hazard_guid": "A",
            "pointno": number,
            "pointtypeenum": "Turning Point",
            "bearing": ray[0],
            "distance": ray[1],
            "frompoint_guid": "b",
            "geopoint_guid": f"{{{number}}}",
        }
        for number, ray in enumerate(rays, start=1)
    ]
    raw = read(geopoint(*rows, bench))
    expected = [place((103, 13), ray) for ray in rays]
    np.testing.assert_allclose(corners(raw)[:3], expected, rtol=0, atol=MM)


def test_magnetic_bearings_are_turned_by_the_declination() -> None:
    raw = read(geopoint(*traverse(*SQUARE)), magnetic_declination_deg="-0.5")
    np.testing.assert_allclose(corners(raw)[1], place((103, 13), (359.5, 100)), rtol=0, atol=MM)
    for text in ("east", "nan", "400", ""):
        with pytest.raises(OptionError, match="magnetic_declination_deg"):
            read(geopoint(*traverse(*SQUARE)), magnetic_declination_deg=text)


def test_coordinates_count_and_bearing_and_distance_check_them() -> None:
    # IMSMA NG stores the coordinates that it computed beside bearing and distance.
    rows = traverse(*SQUARE[:3])
    for number, row in enumerate(rows):
        row["longitude"], row["latitude"] = place((103, 13), *SQUARE[:number])
    assert read(geopoint(*rows)).findings == ()
    lon, lat = rows[2]["longitude"], rows[2]["latitude"]
    rows[2]["longitude"], rows[2]["latitude"] = place((lon, lat), (0, 3))
    raw = read(geopoint(*rows))
    np.testing.assert_allclose(corners(raw)[2], place((lon, lat), (0, 3)), rtol=0, atol=MM)
    (finding,) = raw.findings
    assert (finding.code, finding.record) == ("bad_closure", 0)
    assert "up to 3.00 m (TP2, TP3)" in finding.message


# -- chains that lead nowhere


def test_points_measured_from_each_other_are_a_circle() -> None:
    rows = traverse(*SQUARE)
    rows[0] |= {"longitude": None, "latitude": None, "bearing": 0, "distance": 100}
    rows[0] |= {"frompointinput": "TP4"}
    raw = read(geopoint(*rows))
    assert raw.table.geometry[0] is None
    (finding,) = raw.findings
    assert finding.code == "bad_point"
    assert finding.message == "SP, TP1, TP2, TP3, TP4: measured from each other in a circle"


def test_a_point_measured_from_itself_is_a_circle() -> None:
    rows = traverse(*SQUARE)
    rows[2]["frompointinput"] = "TP2"
    raw = read(geopoint(*rows))
    assert raw.table.geometry[0] is None
    assert raw.findings[0].message == "TP2: measured from each other in a circle"
    assert raw.findings[1].message == "TP3, TP4: measured from a point that has no place"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frompointinput": "TP9"}, "TP2: measured from 'TP9', which is not there"),
        ({"frompointinput": "TP\n9"}, "TP2: measured from 'TP 9', which is not there"),
        ({"pointlocal_id": "TP\n2", "bearing": None}, r"TP\n2: neither coordinates nor bearing"),
        ({"bearing": "north"}, "TP2: bearing 'north' cannot be"),
        ({"bearing": "400"}, "TP2: bearing '400' cannot be"),
        ({"distance": "-100"}, "TP2: distance '-100' cannot be"),
        ({"distance": "1e9"}, "TP2: distance '1e9' cannot be"),
        ({"distance": "12,345"}, "TP2: distance '12,345' cannot be"),  # 12 m or 12 km
        ({"distance": None}, "TP2: neither coordinates nor bearing and distance"),
        ({"distance": "inf"}, "TP2: distance 'inf' cannot be"),
    ],
)
def test_a_corner_without_place_leaves_no_polygon(change, words) -> None:
    rows = traverse(*SQUARE)
    rows[2] |= change
    raw = read(geopoint(*rows))
    assert raw.table.geometry[0] is None  # not a triangle of what is left
    assert any(finding.message.startswith(words) for finding in raw.findings)
    assert {finding.code for finding in raw.findings} == {"bad_point"}


def test_two_benchmarks_and_none_named() -> None:
    rows = traverse(*SQUARE)
    rows[0] |= {"longitude": None, "latitude": None, "bearing": 0, "distance": 100}
    bench = {"hazard_guid": "A", "pointtypeenum": "Benchmark", "latitude": 13}
    both = [bench | {"pointlocal_id": f"BM{n}", "longitude": 103 + n} for n in (1, 2)]
    raw = read(geopoint(*rows, *both))
    assert raw.table.geometry[0] is None
    assert raw.findings[0].message.startswith("SP: measured from a point that several")
    rows[0]["frompointinput"] = "BM2"
    raw = read(geopoint(*rows, *both))
    np.testing.assert_allclose(corners(raw)[0], place((105, 13), (0, 100)), rtol=0, atol=MM)


def test_a_name_means_the_point_of_the_own_ring() -> None:
    rows = []
    for ring, start in (("P1", (103, 13)), ("P2", (104, 12))):
        rows += [row | {"shape_id": ring} for row in traverse(*SQUARE[:3], start=start)]
    raw = read(geopoint(*rows))
    assert raw.findings == ()
    first, second = raw.table.geometry[0].geoms
    np.testing.assert_allclose(
        shapely.get_coordinates(second)[2], place((104, 12), *SQUARE[:2]), rtol=0, atol=MM
    )
    assert first.disjoint(second)


@given(
    st.lists(
        st.tuples(st.floats(0, 360), st.floats(0.5, 900)).map(
            lambda leg: (*map(round, leg, (3, 2)),)
        ),
        min_size=3,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
    st.sampled_from(["frompointinput", "frompoint_guid", "none"]),
)
def test_any_traverse_is_walked_as_proj_walks_it(legs, random, how) -> None:
    rows = traverse(*legs)
    for number, row in enumerate(rows):
        row["geopoint_guid"] = f"{{G{number}}}"
        named = row.pop("frompointinput", None)
        if named is not None and how == "frompointinput":
            row[how] = named
        elif named is not None and how == "frompoint_guid":
            row[how] = f"{{G{number - 1}}}"
    expected = [place((103, 13), *legs[:n]) for n in range(len(rows))]
    random.shuffle(rows)
    placed = corners(read(geopoint(*rows)))[:-1]
    # A last corner near the start is the start again: that is told in tests of their own.
    assert len(placed) in (len(expected), len(expected) - 1)
    np.testing.assert_allclose(placed, expected[: len(placed)], rtol=0, atol=MM)


# -- joins that fail


def test_activities_beside_hazards_are_a_layer_of_their_own() -> None:
    at = [(103, 13), (103.1, 13), (103.1, 13.1)]
    sheets = {
        "hazard": hazards("A"),
        "hazreduc": table({"hazreduc_guid": ["C"], "hazreduc_localid": ["CL-1"]}),
        "hazreduc_point": table(
            {
                "hazreduc_guid": ["C"] * 3,
                "point_local_id": ["1", "2", "3"],
                "point_type": ["Turning Point"] * 3,
                "lon": [lon for lon, _ in at],
                "lat": [lat for _, lat in at],
            }
        ),
        "hazard_point": table(
            {
                "hazard_guid": ["A"] * 3,
                "point_local_id": ["3", "2", "1"],
                "lon": [lon + 1 for lon, _ in at],
                "lat": [lat for _, lat in at],
            }
        ),
    }
    raw = imsma_ng.read_export(sheets, HERE)
    assert said(raw) == [("unread_part", None)]
    assert corners(raw).tolist() == [[104.1, 13.1], [104.1, 13], [104, 13], [104.1, 13.1]]
    raw = imsma_ng.read_export(sheets, HERE, Wanted(layer="hazreduc"))
    assert raw.table["hazreduc_localid"].tolist() == ["CL-1"]
    assert corners(raw).tolist() == [[103, 13], [103.1, 13], [103.1, 13.1], [103, 13]]
    assert imsma_ng.read_export(sheets, HERE, Wanted(what="reports")).layer == "hazreduc"
    assert imsma_ng.read_export(sheets, HERE, Wanted(what="hazards")).layer == "hazard"
    assert (
        imsma_ng.read_export(sheets, HERE, Wanted(what="reports", layer="Hazard")).layer == "hazard"
    )
    del sheets["hazreduc"]
    with pytest.raises(FileError, match=r"no table hazreduc \(reports\); it has: hazard"):
        imsma_ng.read_export(sheets, HERE, Wanted(what="reports"))
    with pytest.raises(FileError, match="no table 'task'; it has: hazard"):
        imsma_ng.read_export(sheets, HERE, Wanted(layer="task"))


def test_one_joined_table_gives_one_row_a_hazard() -> None:
    flat = table(
        {
            "HAZARD_GUID": ["a"] * 3 + ["b"] * 3,
            "Hazard_LocalID": ["A"] * 3 + ["B"] * 3,
            "PointNo": [1, 2, 3, 3, 2, 1],
            "Longitude": [103, 103.1, 103.1] * 2,
            "Latitude": [13, 13, 13.1] * 2,
        }
    )
    assert imsma_ng.is_export({"export": flat})
    raw = imsma_ng.read_export({"export": flat}, HERE)
    assert raw.table["Hazard_LocalID"].tolist() == ["A", "B"]
    assert corners(raw).tolist() == [[103, 13], [103.1, 13], [103.1, 13.1], [103, 13]]
    assert corners(raw, 1).tolist() == [[103.1, 13.1], [103.1, 13], [103, 13], [103.1, 13.1]]


def test_points_of_records_that_are_not_there_are_counted() -> None:
    rows = [
        {"hazard_guid": guid, "pointno": n, "longitude": 103 + n, "latitude": 13 + n * n}
        for guid in ("A", "Z")
        for n in range(1, 4)
    ]
    raw = read(geopoint(*rows))
    assert raw.findings[0].code == "orphan_points"
    assert raw.findings[0].message == "3 geopoints belong to no record of the table hazard: of z"
    assert raw.table.geometry[0] is not None


def test_hazards_without_points_are_kept() -> None:
    rows = [
        {"hazard_guid": "A", "pointno": n, "longitude": 103 + n, "latitude": 13 + n * n}
        for n in range(3)
    ]
    raw = read(geopoint(*rows), "A", "B")
    assert raw.table.geometry.isna().tolist() == [False, True]
    raw = imsma_ng.read_export({"hazard": hazards("A", "B")}, HERE)
    assert raw.table.geometry.isna().all()
    assert said(raw) == [("unread_part", None)]


def test_what_joins_the_points_must_be_there() -> None:
    points = table({"geopoint_guid": ["p"], "geospatialinfo_guid": ["g"], "latitude": ["13"]})
    points["longitude"] = "103"
    with pytest.raises(FileError, match="export hazard_has_geospatialinfo too"):
        imsma_ng.read_export({"hazard": hazards("A"), "geopoint": points}, HERE)
    with pytest.raises(FileError, match="no table hazard or hazreduc"):
        imsma_ng.read_export({"geopoint": points}, HERE)


def test_a_link_table_that_multiplies_is_refused() -> None:
    many = 3000
    points = table({"geopoint_guid": range(many), "geospatialinfo_guid": ["g"] * many})
    points = points.assign(latitude="13", longitude="103")
    link = table({"hazard_guid": range(many), "geospatialinfo_guid": ["g"] * many})
    sheets = {"hazard": hazards("A"), "geopoint": points, "hazard_has_geospatialinfo": link}
    with pytest.raises(FileError, match="joins to 9,000,000 geopoints"):
        imsma_ng.read_export(sheets, HERE)


def test_other_tables_are_no_export() -> None:
    assert not imsma_ng.is_export({"a": table({"id": ["1"], "latitude": ["1"], "pointno": ["1"]})})
    assert not imsma_ng.is_export({"a": hazards("A").assign(wkt="POINT (1 1)")})
    assert not imsma_ng.is_export({})


def test_a_long_chain_and_many_records_take_no_time_to_speak_of() -> None:
    # 2,000 records of 50 points each, all relative: quadratic code would not come back.
    count, corners_each = 2000, 50
    turn = 360 / corners_each
    frame = pd.DataFrame(
        {
            "record": np.repeat(np.arange(count).astype(str), corners_each),
            "part": None,
            "order": np.tile(np.arange(1.0, corners_each + 1), count),
            "guid": None,
            "name": np.tile([f"TP{n}" for n in range(corners_each)], count),
            "kind": None,
            "shape": None,
            "lon": np.tile([103.0] + [np.nan] * (corners_each - 1), count),
            "lat": np.tile([13.0] + [np.nan] * (corners_each - 1), count),
            "bearing": np.tile(np.arange(corners_each) * turn, count),
            "distance": 20.0,
            "from_point": np.tile([None, *(f"TP{n}" for n in range(corners_each - 1))], count),
            "fault": None,
        }
    )
    built = geopoints.build(frame)
    # A regular polygon of 50 sides of 20 m: 50 * 20² / (4 tan(pi / 50)) = 79,473 m².
    size = exact_size_m2(built.geometry.to_numpy()[[0, -1]])
    np.testing.assert_allclose(size, 50 * 400 / (4 * np.tan(np.pi / 50)), rtol=1e-4)


def test_points_that_were_entered_on_another_datum_are_said() -> None:
    corners_ = [(103, 13), (103.01, 13), (103.01, 13.01)]
    rows = [
        {"hazard_guid": "A", "pointno": n, "longitude": x, "latitude": y, "coordrefsys": "UTM 48N"}
        for n, (x, y) in enumerate(corners_, start=1)
    ]
    assert not read(geopoint(*rows)).findings
    other = [row | {"Datum": "Indian 1960"} for row in rows]
    assert said(read(geopoint(*other))) == [("datum_taken", None)]
    assert not read(geopoint(*other), crs="EPSG:4131").findings
    grid = [row | {"user_entered_x": "305000", "user_entered_y": "1460000"} for row in other]
    grid = [{k: v for k, v in row.items() if k not in ("longitude", "latitude")} for row in grid]
    raw = read(geopoint(*grid))
    assert raw.table.geometry.isna().all()
    assert "Indian 1960" in raw.findings[0].message


def test_benchmarks_that_are_numbered_by_themselves_move_no_corner() -> None:
    kinds = ["Benchmark", "Start Point", "Turning Point", "Benchmark", "Turning Point"]
    places = [(103.2, 13.2), (103, 13), (103.01, 13), (103.2, 13.2), (103.01, 13.01)]
    rows = [
        {"hazard_guid": "A", "pointno": n, "pointtypeenum": kind, "longitude": x, "latitude": y}
        for n, kind, (x, y) in zip([1, 1, 2, 2, 3], kinds, places, strict=True)
    ]
    raw = read(geopoint(*rows))
    assert said(raw) == []
    assert corners(raw).tolist() == [[103, 13], [103.01, 13], [103.01, 13.01], [103, 13]]
