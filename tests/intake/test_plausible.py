"""Coordinates that cannot be: each slip named with its likely cause and its mend."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError
from mine_geo.geo import sample
from mine_geo.geo.crs import CAMBODIA
from mine_geo.intake import read_hazards
from mine_geo.intake.points.plausible import (
    MARGIN_DEGREES,
    check_on_the_ground,
    check_place,
    swapped_records,
)

# Battambang, Samlout, Svay Rieng and Ratanak Kiri: on WGS 84, and in UTM zone 48N to the metre
DEGREES = [(103.20, 13.10), (102.85, 12.60), (105.80, 11.08), (107.05, 14.25)]
UTM48 = [(304855, 1448889), (266433, 1393858), (587374, 1224942), (721181, 1576350)]
FEET = 0.3048


def frame(pairs, crs):
    return gpd.GeoDataFrame(
        {"hazard_id": [f"AP-{n}" for n in range(len(pairs))]},
        geometry=[shapely.Point(x, y) for x, y in pairs],
        crs=crs,
    )


def swap(pairs):
    return [(y, x) for x, y in pairs]


def told(check, *given_):
    with pytest.raises(CRSError) as error:
        check(*given_)
    text = str(error.value)
    assert text.startswith("fields.shp: ")
    assert "\n" not in text
    return text


def test_the_numbers_of_this_test_are_the_same_places():
    there = frame(UTM48, 32648).to_crs(4326)
    off = np.array([(g.x, g.y) for g in there.geometry]) - DEGREES
    assert np.abs(off).max() < 1e-5  # 1 m


@pytest.mark.parametrize(
    ("pairs", "crs"),
    [
        (DEGREES, 4326),
        (DEGREES, "OGC:CRS84"),
        (DEGREES, 4131),
        (DEGREES, 4240),
        (DEGREES, 4322),
        (DEGREES, "EPSG:4131+5773"),
        (DEGREES, pyproj.CRS("EPSG:4131").to_3d()),
        (UTM48, 32648),
        (UTM48, 3148),
        (UTM48, 24048),
        (UTM48, "+proj=utm +zone=48 +ellps=evrst30 +towgs84=198,881,317 +units=m +type=crs"),
        ([(x / FEET, y / FEET) for x, y in UTM48], "+proj=utm +zone=48 +datum=WGS84 +units=ft"),
    ],
)
def test_places_in_cambodia_pass(pairs, crs):
    check_place(frame(pairs, crs), "fields.shp")
    assert not swapped_records(frame(pairs, crs)).any()


def test_all_of_cambodia_passes():
    districts = gpd.read_file(sample.path("districts"))
    check_on_the_ground(districts, "districts")
    west, south, east, north = districts.total_bounds
    assert CAMBODIA[0] <= west < CAMBODIA[0] + 0.1
    assert CAMBODIA[1] <= south < CAMBODIA[1] + 0.1
    assert CAMBODIA[2] - 0.1 < east <= CAMBODIA[2]
    assert CAMBODIA[3] - 0.1 < north <= CAMBODIA[3]
    # So a zone too far, 6 degrees, is never near: the sense of the margin.
    assert west + 6 > CAMBODIA[2] + MARGIN_DEGREES
    assert east - 6 < CAMBODIA[0] - MARGIN_DEGREES
    check_place(districts.to_crs(32648), "districts")
    check_place(read_hazards(sample.path("minefields")), "minefields")


def test_srid_4236_written_for_4326():
    text = told(check_place, frame(DEGREES, 4236), "fields.shp")
    assert "Hu Tzu Shan 1950 is a reference system of Taiwan" in text
    assert "EPSG:4236 is easily written for EPSG:4326" in text
    assert 'crs="EPSG:4326"' in text
    esri = (
        'GEOGCS["GCS_Hu_Tzu_Shan",DATUM["D_Hu_Tzu_Shan",SPHEROID["International_1924",6378388.0,'
        '297.0]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    )
    assert "Taiwan" in told(check_place, frame(DEGREES, esri), "fields.shp")


@pytest.mark.parametrize("code", [4269, 4258, 4267, 4244])
def test_a_datum_of_another_part_of_the_world(code):
    text = told(check_place, frame(DEGREES, code), "fields.shp")
    assert "is a reference system of" in text
    assert "easily written" not in text


def test_a_place_in_taiwan_is_not_in_cambodia_either():
    text = told(check_place, frame([(121.5, 25.0)], 4236), "fields.shp")
    assert "no record lies in or near Cambodia as Hu Tzu Shan 1950" in text


@pytest.mark.parametrize("crs", [4326, "OGC:CRS84", 4131])
def test_swapped_longitude_and_latitude(crs):
    text = told(check_place, frame(swap(DEGREES), crs), "fields.shp")
    assert "the first is at x 13.1, y 103.2" in text
    assert "x and y are swapped: they lie there as latitude first, then longitude" in text
    assert "swap them in the source" in text
    assert swapped_records(frame(swap(DEGREES), crs)).all()


def test_swapped_on_the_ground():
    text = told(check_on_the_ground, frame(swap(DEGREES), 4326), "fields.shp")
    assert "x and y are swapped" in text


@pytest.mark.parametrize("crs", [32648, 3148])
def test_swapped_easting_and_northing(crs):
    text = told(check_place, frame(swap(UTM48), crs), "fields.shp")
    assert "x and y are swapped: they lie there as northing first, then easting, of UTM" in text
    assert swapped_records(frame(swap(UTM48), crs)).all()


@pytest.mark.parametrize("crs", [32648, 3148, 3857, 32647])
def test_degrees_declared_as_metres(crs):
    text = told(check_place, frame(DEGREES, crs), "fields.shp")
    assert "degrees are declared as metres: they lie there as longitude and latitude" in text
    assert 'read it with crs="EPSG:4326" if its datum is WGS 84' in text
    text = told(check_place, frame(swap(DEGREES), crs), "fields.shp")
    assert "degrees are declared as metres: they lie there as latitude first" in text


@pytest.mark.parametrize("crs", [4326, 4131])
def test_metres_declared_as_degrees(crs):
    text = told(check_place, frame(UTM48, crs), "fields.shp")
    assert "the first is at x 304855, y 1448889" in text
    assert "declared as degrees: they lie there as metres of UTM zone 48N" in text
    assert 'crs="EPSG:32648"' in text
    mercator = [(11488171, 1471159), (11449210, 1413827)]  # the first two places
    text = told(check_place, frame(mercator, crs), "fields.shp")
    assert "declared as degrees: they lie there as metres of Web Mercator" in text
    assert "metres of UTM zone 48N" in told(check_on_the_ground, frame(UTM48, 4326), "fields.shp")


@pytest.mark.parametrize("declared", [32647, 32649, 32748, 24047])
def test_a_wrong_utm_zone(declared):
    text = told(check_place, frame(UTM48, declared), "fields.shp")
    assert "the UTM zone is wrong: they lie there as metres of UTM zone 48N" in text
    assert 'crs="EPSG:32648" if its datum is WGS 84' in text


def test_coordinates_of_a_neighbouring_zone_declared_as_48():
    in_47 = frame(DEGREES[:2], 4326).to_crs(32647)
    text = told(check_place, in_47.set_crs(32648, allow_override=True), "fields.shp")
    assert "the UTM zone is wrong: they lie there as metres of UTM zone 47N" in text
    in_49 = frame(DEGREES[2:], 4326).to_crs(32649)
    text = told(check_place, in_49.set_crs(32648, allow_override=True), "fields.shp")
    assert "metres of UTM zone 49N" in text


@pytest.mark.parametrize(("zone", "way"), [(47, "west"), (49, "east")])
def test_a_wrong_zone_is_seen_in_degrees_too(zone, way):
    wrong = frame(UTM48, 32600 + zone).to_crs(4326)
    text = told(check_on_the_ground, wrong, "fields.shp")
    assert f"6 degrees too far {way}, as from a wrong UTM zone" in text
    assert "Cambodia lies in 48" in text


def test_any_zone_error_is_seen_from_corner_to_corner():
    west, south, east, north = gpd.read_file(sample.path("border")).total_bounds
    corners = [(lon, lat) for lon in (west, east) for lat in (south, north)]
    there = frame(corners, 4326).to_crs(32648)
    for zone in (47, 49):
        for n in range(4):
            one = there.iloc[[n]].set_crs(32600 + zone, allow_override=True)
            told(check_place, one, "fields.shp")


@pytest.mark.parametrize("crs", [32648, 3148])
def test_feet_for_metres(crs):
    feet = frame([(x / FEET, y / FEET) for x, y in UTM48], crs)
    text = told(check_place, feet, "fields.shp")
    assert "the unit is wrong: they lie there as feet of UTM zone 48N" in text
    mend = text.split('crs="')[1].split('"')[0]
    check_place(feet.set_crs(mend, allow_override=True), "fields.shp")
    back = feet.set_crs(mend, allow_override=True).to_crs(4326).geometry
    assert np.abs(np.column_stack([back.x, back.y]) - DEGREES).max() < 1e-5
    as_degrees = told(check_place, feet.set_crs(4326, allow_override=True), "fields.shp")
    assert "feet of UTM zone 48N" in as_degrees


def test_metres_declared_as_feet():
    text = told(
        check_place, frame(UTM48, "+proj=utm +zone=48 +datum=WGS84 +units=ft"), "fields.shp"
    )
    assert "metres of UTM zone 48N" in text


def test_nowhere_near_and_no_cause_known():
    text = told(check_place, frame([(2.35, 48.85), (4.83, 45.76)], 4326), "fields.shp")
    assert "see that it is a file of Cambodia" in text
    assert "the first is at x 2.35, y 48.85" in text
    text = told(check_on_the_ground, frame([(2.35, 48.85)], 4326), "fields.shp")
    assert "see that it is a file of Cambodia" in text


@pytest.mark.parametrize("crs", [4326, 32648])
def test_zeros_for_missing_positions(crs):
    assert "all coordinates are 0" in told(check_place, frame([(0, 0), (0, 0)], crs), "fields.shp")


def test_no_reference_system():
    for pairs, words in (
        (UTM48, "lie in Cambodia as metres of UTM zone 48N"),
        (DEGREES, "lie in Cambodia as longitude and latitude in degrees"),
        (swap(DEGREES), "lie in Cambodia as latitude first, then longitude"),
    ):
        text = told(check_place, frame(pairs, None), "fields.shp")
        assert "no coordinate reference system" in text
        assert words in text
        assert "on which datum" in text
    for pairs in ([(2.35, 48.85)], [], [(np.nan, np.nan)]):
        text = told(check_place, frame(pairs, None), "fields.shp")
        assert "ask its maker which one it is" in text


@pytest.mark.parametrize(
    "crs", ['LOCAL_CS["Undefined Cartesian SRS",UNIT["metre",1]]', "EPSG:4978"]
)
def test_a_system_without_places(crs):
    text = told(check_place, frame(UTM48, crs), "fields.shp")
    assert "without places on the earth" in text
    assert "UTM zone 48N" in text
    assert not swapped_records(frame(UTM48, crs)).any()


def test_the_cause_is_that_of_more_than_half_of_the_records():
    text = told(check_place, frame([(2.35, 48.85), *swap(DEGREES[:2])], 4326), "fields.shp")
    assert "x and y are swapped" in text
    half = frame([(2.35, 48.85), swap(DEGREES)[0]], 4326)
    assert "see that it is a file of Cambodia" in told(check_place, half, "fields.shp")


# Single records are left to the checks


def test_one_record_in_cambodia_lets_the_file_pass():
    mixed = frame([*swap(DEGREES), DEGREES[0], (0, 0)], 4326)
    check_place(mixed, "fields.shp")
    check_on_the_ground(mixed, "fields.shp")
    assert swapped_records(mixed).tolist() == [True] * 4 + [False] * 2


def test_half_a_degree_is_near():
    west, south, east, north = CAMBODIA
    for lon, lat in [
        (west - 0.49, 13),
        (east + 0.49, 13),
        (105, south - 0.49),
        (105, north + 0.49),
    ]:
        check_on_the_ground(frame([(lon, lat)], 4326), "fields.shp")
    for lon, lat in [
        (west - 0.51, 13),
        (east + 0.51, 13),
        (105, south - 0.51),
        (105, north + 0.51),
    ]:
        told(check_on_the_ground, frame([(lon, lat)], 4326), "fields.shp")


def test_a_polygon_with_one_stray_vertex_is_for_the_checks():
    stray = gpd.GeoDataFrame(
        geometry=[shapely.Polygon([(103, 13), (103.01, 13), (0, 0)])], crs=4326
    )
    check_place(stray, "fields.shp")
    check_on_the_ground(stray, "fields.shp")
    assert not swapped_records(stray).any()


def test_nothing_to_judge():
    nothing = gpd.GeoDataFrame(
        {"hazard_id": list("abcd")},
        geometry=[
            None,
            shapely.Polygon(),
            shapely.Point(np.nan, np.nan),
            shapely.LineString([(np.inf, 13), (103, 13)]),
        ],
        crs=4326,
    )
    for table in (nothing, nothing.iloc[:0]):
        check_place(table, "fields.shp")
        check_on_the_ground(table, "fields.shp")
        assert swapped_records(table).tolist() == [False] * len(table)


def test_records_without_a_number_do_not_hide_the_others():
    some = pd.concat([frame(swap(DEGREES), 4326), frame([(np.nan, np.nan)], 4326)])
    assert "swapped" in told(check_place, some, "fields.shp")
    assert swapped_records(some).tolist() == [True] * 4 + [False]


def test_polygons_swapped():
    here = gpd.GeoDataFrame(geometry=[shapely.box(103, 13, 103.02, 13.01)], crs=4326)
    there = here.set_geometry(here.geometry.transform(lambda xy: xy[:, ::-1]))
    assert swapped_records(there).tolist() == [True]
    assert "swapped" in told(check_on_the_ground, there, "fields.shp")


anything = st.one_of(
    st.floats(width=64, allow_nan=True, allow_infinity=True),
    st.floats(-200, 200),
    st.floats(-1e7, 1e7),
)


@given(
    pairs=st.lists(st.tuples(anything, anything), max_size=4),
    crs=st.sampled_from([None, 4326, 32648, 3857, 4131, 3148, 4236, "EPSG:3148+5773"]),
)
def test_whatever_the_numbers_it_passes_or_is_refused_in_one_line(pairs, crs):
    table = frame(pairs, crs)
    assert len(swapped_records(table)) == len(table)
    for check in (check_place, check_on_the_ground):
        said = "fields.shp: passes"
        try:
            check(table, "fields.shp")
        except CRSError as error:
            said = str(error)
        assert said.startswith("fields.shp: ")
        assert "\n" not in said


@given(
    pairs=st.lists(
        st.tuples(st.floats(102.33, 107.63), st.floats(9.91, 14.69)),
        min_size=1,
        max_size=5,
    )
)
def test_any_place_in_cambodia_passes_and_any_swapped_one_is_found(pairs):
    check_place(frame(pairs, 4326), "fields.shp")
    utm = frame(pairs, 4326).to_crs(32648)
    check_place(utm, "fields.shp")
    assert not swapped_records(frame(pairs, 4326)).any()
    assert swapped_records(frame(swap(pairs), 4326)).all()
    assert "swapped" in told(check_place, frame(swap(pairs), 4326), "fields.shp")
    turned = utm.set_geometry(utm.geometry.transform(lambda xy: xy[:, ::-1]))
    assert "swapped" in told(check_place, turned, "fields.shp")
    assert "degrees are declared as metres" in told(check_place, frame(pairs, 32648), "fields.shp")
