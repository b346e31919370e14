"""Reference systems: variants of WGS 84 are taken as they are, any other datum must be named."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError
from mine_geo.geo.crs import (
    extent,
    geodesic_m,
    is_wgs84,
    require_lonlat,
    shift_to_wgs84,
    to_wgs84,
    utm_zone,
)

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
