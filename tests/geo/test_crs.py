"""Reference systems: variants of WGS 84 are taken as they are, any other datum must be named.

Shifts of datum: none in silence, the named one as EPSG's numbers have it.
"""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError
from mine_geo.geo.crs import (
    AS_DECLARED,
    CAMBODIA,
    choose_operation,
    declared_shift,
    extent,
    geodesic_m,
    horizontal,
    is_wgs84,
    operations,
    require_lonlat,
    shift_to_wgs84,
    to_wgs84,
    utm_zone,
)
from mine_geo.intake import read_hazards

PLACE = gpd.GeoDataFrame(geometry=[shapely.Point(103.25, 13.5), None], crs=4326)
UTM_ESRI = (
    'PROJCS["WGS_1984_UTM_Zone_48N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",'
    'SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",105.0],PARAMETER["Scale_Factor",0.9996],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
GEOGRAPHIC = (
    'GEOGCS["{name}",DATUM["{datum}",SPHEROID["WGS84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",{unit}]]'
)
FULL = "0.0174532925199433"
WGS84S = [
    "EPSG:4326",
    "EPSG:32648",
    "EPSG:32647",
    "EPSG:3857",
    "EPSG:4979",
    "EPSG:9057",
    "EPSG:32648+5773",
    "OGC:CRS84",
    "ESRI:102100",
    UTM_ESRI,
    GEOGRAPHIC.format(name="GCS_WGS_1984", datum="D_WGS_1984", unit=FULL),
    GEOGRAPHIC.format(name="WGS84", datum="WGS_1984", unit=FULL),
    GEOGRAPHIC.format(name="WGS 84", datum="World Geodetic System 1984", unit=FULL),
]


@pytest.mark.parametrize("system", WGS84S)
def test_wgs84_by_any_name_needs_no_operation(system):
    assert is_wgs84(pyproj.CRS(system))
    there = PLACE.to_crs(system)
    back = to_wgs84(there, "file")
    assert back.crs.to_epsg() == 4326
    assert back.geometry[0].distance(PLACE.geometry[0]) < 1e-9
    assert back.geometry[1] is None
    assert there.crs == pyproj.CRS(system)


def test_a_degree_rounded_in_a_prj_moves_nothing():
    system = GEOGRAPHIC.format(name="WGS84", datum="WGS_1984", unit="0.01745329")
    frame = PLACE.set_crs(system, allow_override=True)
    assert to_wgs84(frame, "file").geometry[0].equals(PLACE.geometry[0])


@pytest.mark.parametrize(
    "system", ["EPSG:3148", "EPSG:4131", "EPSG:3405", "EPSG:4269", "EPSG:4267"]
)
def test_another_datum_is_refused_with_the_transformations_named(system):
    frame = PLACE.set_crs(system, allow_override=True)
    with pytest.raises(CRSError, match=r"old\.shp: .* another datum than WGS 84; name the") as told:
        to_wgs84(frame, "old.shp")
    assert " to WGS 84" in str(told.value)
    assert "\n" not in str(told.value)
    with pytest.raises(CRSError):
        to_wgs84(frame, "old.shp", "Indian 1975 to WGS 84 (4)")


UNKNOWN = [
    GEOGRAPHIC.format(name="unknown", datum="unknown", unit=FULL),
    GEOGRAPHIC.format(name="Undefined geographic SRS", datum="unknown", unit=FULL),
    'LOCAL_CS["Undefined Cartesian SRS",UNIT["metre",1]]',
    GEOGRAPHIC.format(name="Paris", datum="WGS_1984", unit=FULL).replace(
        '"Greenwich",0', '"Paris",2.33722917'
    ),
    GEOGRAPHIC.format(name="GCS_WGS_1984", datum="D_WGS_1984", unit=FULL).replace(
        "6378137", "6378388"
    ),
]


@pytest.mark.parametrize("system", UNKNOWN)
def test_an_unknown_datum_is_refused_and_says_the_mend(system):
    frame = PLACE.set_crs(system, allow_override=True)
    with pytest.raises(CRSError, match=r"^x\.shp: ") as told:
        to_wgs84(frame, "x.shp")
    assert "ask the file's maker" in str(told.value) or "operation" in str(told.value)


def test_no_reference_system():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(103, 13)])
    with pytest.raises(CRSError, match=r"x\.shp: no coordinate reference system; set it"):
        to_wgs84(frame, "x.shp")


def indian_to_wgs84(lon, lat, shift):
    """Return the place by the formula: to space on Everest 1830 (1937), shift, back on WGS 84."""
    a, f = 6377276.345, 1 / 300.8017
    e2 = f * (2 - f)
    lam, phi = np.radians([lon, lat])
    n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    space = [
        n * np.cos(phi) * np.cos(lam),
        n * np.cos(phi) * np.sin(lam),
        n * (1 - e2) * np.sin(phi),
    ]
    x, y, z = np.add(space, shift)
    a, e2 = 6378137.0, 0.0066943799901413165
    p, latitude = np.hypot(x, y), phi
    for _ in range(10):
        n = a / np.sqrt(1 - e2 * np.sin(latitude) ** 2)
        latitude = np.arctan2(z + e2 * n * np.sin(latitude), p)
    return np.degrees([np.arctan2(y, x), latitude])


@pytest.mark.parametrize(
    ("operation", "shift"),
    [
        ("Indian 1960 to WGS 84 (2)", (198, 881, 317)),  # EPSG:1542
        ("Indian 1960 to WGS 84 (3)", (182, 915, 344)),  # EPSG:1543
    ],
)
@pytest.mark.parametrize("system", ["EPSG:3148", "EPSG:4131"])
def test_a_named_operation_shifts_by_its_three_numbers(system, operation, shift):
    lon, lat = 103.25, 13.5
    old = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat), None], crs="EPSG:4131").to_crs(system)
    new = to_wgs84(old, "old.gpkg", operation)
    expected = indian_to_wgs84(lon, lat, shift)
    moved = geodesic_m(np.array([[new.geometry[0].x, new.geometry[0].y]]), expected[None])[0]
    assert moved < 0.05
    silent = geodesic_m(np.array([[lon, lat]]), expected[None])[0]
    assert 400 < silent < 560
    assert new.crs.to_epsg() == 4326
    assert new.geometry[1] is None


def test_the_whole_way_may_be_named_too():
    old = PLACE.set_crs(4131, allow_override=True).to_crs(3148)
    whole = "Inverse of UTM zone 48N + Indian 1960 to WGS 84 (2) + axis order change (2D)"
    short = to_wgs84(old, "x", "Indian 1960 to WGS 84 (2)").geometry[0]
    assert to_wgs84(old, "x", whole).geometry[0].equals(short)


@pytest.mark.parametrize("system", WGS84S)
def test_on_wgs84_there_is_no_shift_and_none_may_be_named(system):
    there = PLACE.to_crs(system)
    assert shift_to_wgs84(there, "file")[1] is None
    with pytest.raises(
        CRSError, match=r"^x\.shp: .* stands on WGS 84, where operation 'EPSG:1542'"
    ):
        shift_to_wgs84(there, "x.shp", "EPSG:1542")


def test_geocentric_coordinates_are_no_map():
    frame = PLACE.set_crs("EPSG:4978", allow_override=True)
    with pytest.raises(CRSError, match=r"^x\.shp: .*export the file in EPSG:4326"):
        to_wgs84(frame, "x.shp")


def test_everything_else_of_the_frame_stays():
    old = gpd.GeoDataFrame(
        {"hazard_id": ["b", "a"]},
        geometry=[shapely.box(103, 13, 103.1, 13.1), None],
        index=[7, 3],
        crs=4131,
    ).rename_geometry("shape")
    before = old.copy(deep=True)
    new, _ = shift_to_wgs84(old, "old.gpkg", "EPSG:1542")
    assert new.geometry.name == "shape"
    assert new.index.tolist() == [7, 3]
    assert new.hazard_id.tolist() == ["b", "a"]
    assert new.geometry.isna().tolist() == [False, True]
    assert new.geometry[7].geom_type == "Polygon"
    assert old.crs == before.crs
    assert old.geometry[7].equals(before.geometry[7])


def test_an_empty_frame_has_no_extent_and_still_needs_a_name():
    empty = gpd.GeoDataFrame({"hazard_id": []}, geometry=[], crs=3148)
    assert extent(empty) is None
    with pytest.raises(CRSError, match="EPSG:1542"):
        to_wgs84(empty, "old.gpkg")
    new, shift = shift_to_wgs84(empty, "old.gpkg", "EPSG:1542")
    assert len(new) == 0
    assert new.crs.to_epsg() == 4326
    assert not shift.covers


def test_the_extent_leaves_out_what_is_no_number():
    points = [shapely.Point(103, 13), shapely.Point(np.nan, 1), shapely.Point(np.inf, 1), None]
    frame = gpd.GeoDataFrame(geometry=points, crs=4131)
    assert extent(frame) == (103, 13, 103, 13)


@given(
    x=st.floats(allow_nan=True, allow_infinity=True),
    y=st.floats(allow_nan=True, allow_infinity=True),
    system=st.sampled_from(["EPSG:3148", "EPSG:4131", "EPSG:32648", "EPSG:4326", "EPSG:3857"]),
)
def test_any_numbers_come_through_and_the_good_record_is_not_harmed(x, y, system):
    place = PLACE.set_crs("EPSG:4131" if "31" in system else 4326, allow_override=True)
    good = place.to_crs(system).geometry[0]
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(x, y), good], crs=system)
    operation = None if is_wgs84(frame.crs) else "EPSG:1542"
    alone, _ = shift_to_wgs84(frame.iloc[[1]], "x.shp", operation)
    both, _ = shift_to_wgs84(frame, "x.shp", operation)
    assert both.geometry[1].equals(alone.geometry[1])
    assert both.crs.to_epsg() == 4326


def test_utm_zone():
    assert [utm_zone(lon, 13).to_epsg() for lon in (102, 104.99, 107.9, 108, 180)] == [
        32648, 32648, 32648, 32649, 32601,
    ]  # fmt: skip
    assert utm_zone(20, -9).to_epsg() == 32734


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (
            PLACE.to_crs(32648),
            r"the land must be in EPSG:4326, not in WGS 84 / UTM zone 48N; use to",
        ),
        (PLACE.geometry.to_crs(3857), "not in WGS 84 / Pseudo-Mercator"),
        (PLACE.set_crs("OGC:CRS84", allow_override=True), "not in WGS 84"),  # another axis order
        (PLACE.set_crs(None, allow_override=True), "no reference system is set; use set_crs"),
        (PLACE.drop(columns="geometry").assign(crs="EPSG:4326"), "no reference system is set"),
        (gpd.GeoDataFrame({"hazard_id": ["A"]}), "no reference system is set"),
    ],
)
def test_all_but_longitude_and_latitude_is_refused_in_one_line(frame, said):
    with pytest.raises(CRSError, match=said) as told:
        require_lonlat(frame, "the land")
    assert "\n" not in str(told.value)


def test_longitude_and_latitude_pass_whatever_holds_them():
    for frame in (PLACE, PLACE.geometry, PLACE.iloc[:0], PLACE.rename_geometry("shape")):
        require_lonlat(frame, "the land")


TEN_PLACES = {  # on Indian 1960, degrees: all corners of the country and its middle
    "Battambang": (103.20, 13.10),
    "Poipet": (102.57, 13.65),
    "Pailin": (102.61, 12.85),
    "Koh Kong": (102.98, 11.61),
    "Koh Wai island": (102.88, 9.93),
    "Svay Rieng": (105.80, 11.08),
    "Mondul Kiri": (107.20, 12.45),
    "Ratanak Kiri, in the box": (107.05, 14.25),
    "Siem Pang, in the box": (106.39, 14.11),
    "Preah Vihear": (104.68, 14.39),
}
PLACES = np.array(list(TEN_PLACES.values()))
IN_BOX = np.array(["in the box" in name for name in TEN_PLACES])
"""Where PROJ uses EPSG:1542 by itself: 105.61 to 109.36 E, 14 to 18.01 N."""

INDIAN_1960 = ("EPSG:4131", "EPSG:3148")
NAME = "Indian 1960 to WGS 84 (2)"

EVEREST_1937 = (6377276.345, 300.8017)  # EPSG:7015, Everest 1830 (1937 Adjustment)
WGS84 = (6378137.0, 298.257223563)  # EPSG:7030
EPSG_1542 = (198.0, 881.0, 317.0)
EPSG_1304 = (210.0, 814.0, 289.0)


def to_space(lon, lat, ellipsoid):
    """Return X, Y, Z in metres on the ellipsoid (EPSG Guidance Note 7-2, method 9602)."""
    a, reciprocal = ellipsoid
    e2 = (2 - 1 / reciprocal) / reciprocal
    lam, phi = np.radians(lon), np.radians(lat)
    normal = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    across = normal * np.cos(phi)
    return np.array([across * np.cos(lam), across * np.sin(lam), normal * (1 - e2) * np.sin(phi)])


def from_space(xyz, ellipsoid):
    """Return longitude, latitude in degrees, by fixed-point iteration to 1e-14 radian."""
    a, reciprocal = ellipsoid
    e2 = (2 - 1 / reciprocal) / reciprocal
    x, y, z = xyz
    across = np.hypot(x, y)
    phi = np.arctan2(z, across * (1 - e2))
    for _ in range(30):
        normal = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + e2 * normal * np.sin(phi), across)
    return np.degrees(np.column_stack([np.arctan2(y, x), phi]))


def shifted(lonlat, numbers):
    """Return places by three geocentric translations (method 9603), with no PROJ in it."""
    xyz = to_space(lonlat[:, 0], lonlat[:, 1], EVEREST_1937)
    return from_space(xyz + np.array(numbers)[:, None], WGS84)


def to_utm48(lonlat, ellipsoid):
    """Return easting, northing in UTM zone 48N by Snyder (1987), equations 8-9, 8-10 and 3-21."""
    a, reciprocal = ellipsoid
    e2 = (2 - 1 / reciprocal) / reciprocal
    lam, phi = np.radians(lonlat[:, 0] - 105), np.radians(lonlat[:, 1])
    second = e2 / (1 - e2)
    n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    t, c, big_a = np.tan(phi) ** 2, second * np.cos(phi) ** 2, lam * np.cos(phi)
    m = a * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * phi
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * np.sin(2 * phi)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * np.sin(4 * phi)
        - 35 * e2**3 / 3072 * np.sin(6 * phi)
    )
    east = big_a + (1 - t + c) * big_a**3 / 6
    east += (5 - 18 * t + t**2 + 72 * c - 58 * second) * big_a**5 / 120
    north = big_a**2 / 2 + (5 - t + 9 * c + 4 * c**2) * big_a**4 / 24
    north += (61 - 58 * t + t**2 + 600 * c - 330 * second) * big_a**6 / 720
    return np.column_stack([500000 + 0.9996 * n * east, 0.9996 * (m + n * np.tan(phi) * north)])


def old_frame(system, lonlat=PLACES):
    """Return the places as a file on Indian 1960 has them, in degrees or in UTM."""
    xy = to_utm48(lonlat, EVEREST_1937) if "3148" in system else lonlat
    return gpd.GeoDataFrame(
        {"place": range(len(xy))}, geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=system
    )


def lonlat_of(frame):
    return np.column_stack([frame.geometry.x, frame.geometry.y])


# The formulas of this test, against figures printed by others


def test_the_formula_on_the_example_of_the_epsg_guidance_note():
    # Guidance Note 7-2, method 9602: WGS 84, 53 48 33.82 N, 2 7 46.38 E.
    lat, lon = 53 + 48 / 60 + 33.82 / 3600, 2 + 7 / 60 + 46.38 / 3600
    xyz = to_space(lon, lat, WGS84)
    assert np.abs(xyz - [3771734.79, 140242.97, 5124259.60]).max() < 75  # height 73 m left out
    assert np.abs(from_space(xyz[:, None], WGS84) - [lon, lat]).max() < 1e-12


def test_the_projection_on_the_example_of_snyder():
    # Snyder (1987), page 269: Clarke 1866, 73.5 W of 75 W, 40.5 N: x 127106.5 m, y 4484124.4 m.
    xy = to_utm48(np.array([[106.5, 40.5]]), (6378206.4, 294.9786982))
    assert np.abs(xy - [627106.5, 4484124.4]).max() < 0.1


# What PROJ does alone


@pytest.mark.parametrize("system", INDIAN_1960)
def test_plain_to_crs_is_hundreds_of_metres_off_without_a_word(system):
    # Warnings are errors in this suite: PROJ gives none.
    plain = lonlat_of(old_frame(system).to_crs(4326))
    off = geodesic_m(plain, shifted(PLACES, EPSG_1542))
    assert (off[IN_BOX] < 0.01).all()
    assert ((off[~IN_BOX] > 430) & (off[~IN_BOX] < 505)).all()


def test_only_the_best_is_no_help():
    best = pyproj.Transformer.from_crs("EPSG:4131", "EPSG:4326", always_xy=True, only_best=True)
    moved = np.column_stack(best.transform(PLACES[:, 0], PLACES[:, 1]))
    off = geodesic_m(moved, shifted(PLACES, EPSG_1542))
    assert (off[~IN_BOX] > 430).all()
    assert (off[IN_BOX] < 0.01).all()


# Ten places across Cambodia


@pytest.mark.parametrize("system", INDIAN_1960)
def test_ten_places_are_refused_without_an_operation(system):
    with pytest.raises(CRSError) as told:
        shift_to_wgs84(old_frame(system), "old.shp")
    text = str(told.value)
    assert text.startswith("old.shp: Indian 1960")
    assert "operation=" in text
    assert "\n" not in text
    for fact in (
        f"'{NAME}' (EPSG:1542, 44 m, meant for: Vietnam - onshore between 14°N and 18°N; these",
        "'Indian 1960 to WGS 84 (3)' (EPSG:1543, 44 m, meant for: Vietnam - Con Son Island;",
        "EPSG:1541 + EPSG:1240, 27 m",
        "no shift at all",
    ):
        assert fact in text
    assert text.index("EPSG:1542") < text.index("no shift at all")


@pytest.mark.parametrize("place", TEN_PLACES)
@pytest.mark.parametrize("system", INDIAN_1960)
def test_each_place_is_refused_alone_too(system, place):
    """In the north-east PROJ would be right by itself: it is refused there as well."""
    with pytest.raises(CRSError, match="EPSG:1542"):
        to_wgs84(old_frame(system, np.array([TEN_PLACES[place]])), "old.shp")


@pytest.mark.parametrize("operation", [NAME, "EPSG:1542", " epsg:1542 "])
@pytest.mark.parametrize("system", INDIAN_1960)
def test_ten_places_by_the_named_operation(system, operation):
    old = old_frame(system)
    new, shift = shift_to_wgs84(old, "old.shp", operation)
    off = geodesic_m(lonlat_of(new), shifted(PLACES, EPSG_1542))
    assert off.max() < 0.01
    assert new.crs.to_epsg() == 4326
    assert old.crs == pyproj.CRS(system)
    assert new.place.tolist() == old.place.tolist()
    assert (shift.operation, shift.code, shift.accuracy_m) == (NAME, "EPSG:1542", 44.0)
    assert shift.area == "Vietnam - onshore between 14°N and 18°N"
    assert not shift.covers
    assert not shift.ballpark
    assert shift.text == (
        f"{NAME} (EPSG:1542, 44 m, meant for: {shift.area}; the data lie outside)"
    )


def test_the_whole_way_of_proj_may_be_named():
    for system in INDIAN_1960:
        listed = operations(pyproj.CRS(system)).set_index("code").description["EPSG:1542"]
        new, shift = shift_to_wgs84(old_frame(system), "old.shp", listed)
        assert geodesic_m(lonlat_of(new), shifted(PLACES, EPSG_1542)).max() < 0.01
        assert shift.operation == NAME


def test_one_operation_serves_all_records_wherever_they_lie():
    """Records within and without the area of use move alike: none is left to PROJ's choice."""
    along = np.column_stack([np.linspace(102.4, 107.6, 200), np.full(200, 14.05)])
    old = old_frame("EPSG:4131", along)
    new = lonlat_of(to_wgs84(old, "old.shp", NAME))
    assert np.abs(np.diff(new - along, axis=0)).max() < 1e-5  # 1 m from one to the next
    plain = lonlat_of(old.to_crs(4326))
    assert np.abs(np.diff(plain - along, axis=0)).max() > 1e-3  # torn at 105.61 E


# Indian 1975


@pytest.mark.parametrize("system", ["EPSG:4240", "EPSG:24048"])
def test_indian_1975_is_not_given_the_operation_of_thailand(system):
    lonlat = PLACES[:1]
    xy = to_utm48(lonlat, EVEREST_1937) if system == "EPSG:24048" else lonlat
    old = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=system)
    with pytest.raises(CRSError) as told:
        to_wgs84(old, "old.shp")
    listed = "'Indian 1975 to WGS 84 (4)' (EPSG:1812, 3 m, meant for: Thailand - onshore; these"
    assert listed in str(told.value)
    assert "EPSG:1304, 5 m" in str(told.value)
    new, shift = shift_to_wgs84(old, "old.shp", "EPSG:1304")
    assert geodesic_m(lonlat_of(new), shifted(lonlat, EPSG_1304)).max() < 0.01
    # The box of Thailand holds Battambang; Thailand does not.
    box = operations(pyproj.CRS(system)).set_index("code").loc["EPSG:1304"]
    assert box.west < 103.2 < box.east
    assert box.south < 13.1 < box.north
    assert not shift.covers
    moved = geodesic_m(lonlat, lonlat_of(new))
    assert 400 < moved[0] < 500
    assert geodesic_m(lonlat_of(old.to_crs(4326)), lonlat_of(new))[0] > 1  # PROJ takes 1812


# The list of operations


def test_operations_of_indian_1960():
    table = operations(pyproj.CRS("EPSG:3148"), CAMBODIA)
    assert table.code.tolist()[0] == "EPSG:1542"
    assert table.ballpark.tolist() == [False, False, False, True]
    assert table.accuracy_m.tolist()[:3] == [44.0, 27.0, 44.0]
    assert np.isnan(table.accuracy_m[3])
    assert table.loc[0, ["west", "south", "east", "north"]].tolist() == [105.61, 14, 109.36, 18.01]
    assert np.isnan(table.loc[3, "west"])
    assert not table.covers.any()
    assert (table.grids == "").all()
    assert operations(pyproj.CRS("EPSG:3148")).covers.isna().all()


def test_an_area_holds_data_of_that_country():
    dalat_to_hue = (107.6, 16.0, 108.5, 16.5)
    table = operations(pyproj.CRS("EPSG:4131"), (107.8, 16.0, 108.5, 16.5)).set_index("code")
    assert bool(table.covers["EPSG:1542"])
    assert not bool(table.covers["EPSG:1543"])
    _, shift = choose_operation(pyproj.CRS("EPSG:4131"), NAME, "x", dalat_to_hue)
    assert shift.covers
    assert "outside" not in shift.text
    _, shift = choose_operation(pyproj.CRS("EPSG:4322"), "EPSG:1238", "x", CAMBODIA)
    assert shift.covers  # WGS 72, the whole world


def test_an_area_across_the_antimeridian():
    aleutian = operations(pyproj.CRS("EPSG:4269"), (173.0, 52.0, 174.0, 53.0)).set_index("code")
    assert aleutian.west["EPSG:1251"] > aleutian.east["EPSG:1251"]
    assert bool(aleutian.covers["EPSG:1251"])
    assert not bool(
        operations(pyproj.CRS("EPSG:4269"), (0.0, 52.0, 1.0, 53.0))
        .set_index("code").covers["EPSG:1251"]
    )  # fmt: skip


def test_null_shifts_stand_last_and_what_lacks_a_grid_before_them():
    table = operations(pyproj.CRS("EPSG:4269"), CAMBODIA)
    order = np.where(table.ballpark, 2, np.where(table.grids != "", 1, 0))
    assert set(order) == {0, 1, 2}
    assert (np.diff(order) >= 0).all()


def test_a_system_without_any_operation_gives_an_empty_table():
    table = operations(pyproj.CRS('LOCAL_CS["Undefined Cartesian SRS",UNIT["metre",1]]'), CAMBODIA)
    assert len(table) == 0
    assert table.accuracy_m.dtype == float


def test_a_null_shift_is_used_only_when_named_so():
    ballpark = "Ballpark geographic offset from Indian 1960 to WGS 84"
    new, shift = shift_to_wgs84(old_frame("EPSG:4131"), "old.shp", ballpark)
    assert np.array_equal(lonlat_of(new), PLACES)
    assert shift.ballpark
    assert not shift.covers
    assert shift.accuracy_m is None
    assert "no shift at all" in shift.text


def test_an_operation_that_there_is_not():
    for operation in ("EPSG:9999", "EPSG:1812", "WGS 84", "", "  ", AS_DECLARED):
        with pytest.raises(CRSError, match=r"^old\.shp: no operation '.*EPSG:1542") as told:
            to_wgs84(old_frame("EPSG:3148"), "old.shp", operation)
        assert "\n" not in str(told.value)


def test_many_operations_are_counted_not_all_listed():
    frame = old_frame("EPSG:4131").set_crs("EPSG:4269", allow_override=True)
    with pytest.raises(
        CRSError, match=r"; and \d+ more, see mine_geo\.geo\.crs\.operations$"
    ) as told:
        to_wgs84(frame, "old.shp")
    assert len(str(told.value)) < 1500


def test_an_operation_whose_grid_is_not_installed():
    table = operations(pyproj.CRS("EPSG:4269"))
    lacking = table[table.grids != ""]
    assert lacking.grids[lacking.code == "EPSG:1696"].tolist() == ["ca_nrc_NA83SCRS.tif"]
    quebec = gpd.GeoDataFrame(geometry=[shapely.Point(-72, 47)], crs="EPSG:4269")
    for operation in ("NAD83 to WGS 84 (6)", "EPSG:1696"):
        with pytest.raises(
            CRSError,
            match=r"q\.shp: operation 'NAD83 to WGS 84 \(6\)' needs the "
            r"grid ca_nrc_NA83SCRS\.tif, which is not installed; .*EPSG:1188",
        ):
            to_wgs84(quebec, "q.shp", operation)  # fmt: skip


# Systems that are more than a datum and a projection


@pytest.mark.parametrize("system", ["EPSG:3148+5773", "EPSG:4131+5773"])
def test_heights_change_nothing_of_it(system):
    flat = old_frame(system.split("+")[0])
    old = flat.set_crs(system, allow_override=True)
    with pytest.raises(CRSError, match="EPSG:1542"):
        to_wgs84(old, "old.gpkg")
    new, shift = shift_to_wgs84(old, "old.gpkg", "EPSG:1542")
    assert geodesic_m(lonlat_of(new), shifted(PLACES, EPSG_1542)).max() < 0.01
    assert shift.operation == NAME


def test_three_dimensions():
    system = pyproj.CRS("EPSG:4131").to_3d()
    high = [shapely.Point(lon, lat, 70.0) for lon, lat in PLACES]
    old = gpd.GeoDataFrame(geometry=high, crs=system)
    with pytest.raises(CRSError, match="EPSG:1542"):
        to_wgs84(old, "old.gpkg")
    new = to_wgs84(old, "old.gpkg", "EPSG:1542")
    assert geodesic_m(lonlat_of(new), shifted(PLACES, EPSG_1542)).max() < 0.01
    assert horizontal(system).to_epsg() == 4131


PRJ = (
    'PROJCS["Indian_1960_UTM_Zone_48N",GEOGCS["GCS_Indian_1960",DATUM["D_Indian_1960",'
    'SPHEROID["Everest_Adjustment_1937",6377276.345,300.8017]{shift}],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",105.0],PARAMETER["Scale_Factor",0.9996],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
DECLARED = [
    PRJ.format(shift=",TOWGS84[198,881,317,0,0,0,0]"),
    "+proj=utm +zone=48 +a=6377276.345 +rf=300.8017 +towgs84=198,881,317 +units=m +type=crs",
]


def test_a_prj_as_esri_writes_it_is_the_same_datum():
    old = old_frame("EPSG:3148").set_crs(PRJ.format(shift=""), allow_override=True)
    with pytest.raises(CRSError, match="EPSG:1542"):
        to_wgs84(old, "old.shp")
    new = to_wgs84(old, "old.shp", "EPSG:1542")
    assert geodesic_m(lonlat_of(new), shifted(PLACES, EPSG_1542)).max() < 0.01


@pytest.mark.parametrize("system", DECLARED)
def test_a_shift_that_the_file_declares_must_be_named_too(system):
    old = old_frame("EPSG:3148").set_crs(system, allow_override=True)
    with pytest.raises(CRSError, match=r"'as the file declares: TOWGS84\[198, 881, 317") as told:
        to_wgs84(old, "old.shp")
    assert "\n" not in str(told.value)
    new, shift = shift_to_wgs84(old, "old.shp", AS_DECLARED)
    assert geodesic_m(lonlat_of(new), shifted(PLACES, EPSG_1542)).max() < 0.01
    assert shift.operation.startswith("as the file declares: TOWGS84[198, 881, 317")
    assert shift.accuracy_m is None
    assert not shift.covers
    again, same = shift_to_wgs84(old, "old.shp", shift.operation)  # as it was recorded
    assert np.array_equal(lonlat_of(again), lonlat_of(new))
    assert same == shift


def test_of_a_declared_shift_and_the_ones_of_epsg_the_named_one_is_used():
    other = PRJ.format(shift=",TOWGS84[182,915,344,0,0,0,0]")
    old = old_frame("EPSG:3148").set_crs(other, allow_override=True)
    assert declared_shift(old.crs)[:3] == (182.0, 915.0, 344.0)
    by_epsg = lonlat_of(to_wgs84(old, "old.shp", "EPSG:1542"))
    assert geodesic_m(by_epsg, shifted(PLACES, EPSG_1542)).max() < 0.01
    by_file = lonlat_of(to_wgs84(old, "old.shp", AS_DECLARED))
    assert geodesic_m(by_file, shifted(PLACES, (182, 915, 344))).max() < 0.01


def test_a_declared_grid_that_is_not_there():
    system = "+proj=longlat +ellps=evrst30 +nadgrids=nothere.gsb +no_defs +type=crs"
    old = old_frame("EPSG:4131").set_crs(system, allow_override=True)
    with pytest.raises(CRSError, match=r"needs the grid nothere\.gsb, which is not installed"):
        to_wgs84(old, "old.shp")
    with pytest.raises(CRSError, match=r"needs the grid nothere\.gsb, which is not installed"):
        to_wgs84(old, "old.shp", AS_DECLARED)


def test_wgs84_with_a_shift_of_its_own_contradicts_itself():
    wgs84 = (
        'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]{}],'
        'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
    )
    frame = old_frame("EPSG:4131")
    null = frame.set_crs(wgs84.format(",TOWGS84[0,0,0,0,0,0,0]"), allow_override=True)
    assert np.array_equal(lonlat_of(to_wgs84(null, "x.shp")), PLACES)
    strange = frame.set_crs(wgs84.format(",TOWGS84[198,881,317,0,0,0,0]"), allow_override=True)
    with pytest.raises(CRSError, match=r"x\.shp: its reference system says WGS 84, and yet"):
        to_wgs84(strange, "x.shp")


def test_an_unknown_datum_on_the_same_ellipsoid_is_not_guessed():
    system = "+proj=utm +zone=48 +ellps=evrst30 +units=m +no_defs +type=crs"
    old = old_frame("EPSG:3148").set_crs(system, allow_override=True)
    with pytest.raises(CRSError, match="ask the file's maker"):
        to_wgs84(old, "old.shp")
    with pytest.raises(CRSError, match="no operation 'EPSG:1542'"):
        to_wgs84(old, "old.shp", "EPSG:1542")


# From a file


def test_a_shapefile_in_indian_1960_becomes_hazards_where_they_belong(tmp_path):
    xy = to_utm48(PLACES, EVEREST_1937)
    squares = [shapely.box(x, y, x + 100, y + 100) for x, y in xy]
    old = gpd.GeoDataFrame(
        {"hazard_id": [f"AP-{n}" for n in range(10)], "kind": "ap_minefield"},
        geometry=squares,
        crs="EPSG:3148",
    )
    old.to_file(tmp_path / "old.shp")
    with pytest.raises(CRSError, match=r"old\.shp: .*EPSG:1542, 44 m"):
        read_hazards(tmp_path / "old.shp")
    new = read_hazards(tmp_path / "old.shp", operation="EPSG:1542")
    expected = shifted(PLACES, EPSG_1542)
    for polygon, place in zip(new.geometry, expected, strict=True):
        corners = shapely.get_coordinates(polygon)
        assert geodesic_m(corners, np.tile(place, (len(corners), 1))).min() < 0.01
