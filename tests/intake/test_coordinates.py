"""Coordinates in every way of writing: values by hand, round trips, and texts that are none."""

import mgrs
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import CRSError, OptionError
from mine_geo.intake.points.coordinates import degrees, grid, lon_lat, numbers, plane, utm


def texts(*written):
    return pd.Series(list(written), dtype="str")


def one(text, axis="lat"):
    read = degrees(texts(text), axis)
    assert np.isnan(read.number[0]) == (not pd.isna(read.reasons[0]))
    return read.number[0]


# 13 + 21/60 + 30.5/3600 and 13 + 21.508/60, by hand
DMS = 13.358472222222222
DM = 13.358466666666667


@pytest.mark.parametrize(
    "text",
    [
        "13°21'30.5\"N",
        "13° 21' 30.5\" N",
        "N 13°21'30.5\"",
        "N13 21 30.5",
        "13 21 30.5",
        "13 21 30,5 N",
        "13-21-30.5 N",
        "13:21:30.5",
        "13º21\u201930,5\u201dN",
        "13°21\u203230.5\u2033 N",
        "13°21'30.5''N",
        "13Â°21'30.5\"N",
        "13d21m30.5s",
        "13d 21m 30.5s N",
        "13 deg 21 min 30.5 sec North",
        "132130.5N",
        "N132130.5",
        "  13°21'30.5\"  n ",
        "13\u00a021\u00a030.5",
        "១៣°២១'៣០.៥\"N",
        "+13 21 30.5",
    ],
)
def test_degrees_minutes_seconds(text):
    assert one(text) == pytest.approx(DMS, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["13°21.508'", "13 21.508 N", "13-21,508", "1321.508N", "13d21.508m"]
)
def test_degrees_and_minutes(text):
    assert one(text) == pytest.approx(DM, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["13.358", "13,358", "13.358N", "N 13.358°", "+13.358", "13.358 north"]
)
def test_decimal_degrees(text):
    assert one(text) == 13.358


@pytest.mark.parametrize(
    ("text", "axis", "value"),
    [
        ("104.5", "lon", 104.5),
        ("104°30'E", "lon", 104.5),
        ("1043000E", "lon", 104.5),
        ("10430.0E", "lon", 104.5),
        ("0953000E", "lon", 95.5),
        ("W 104 30", "lon", -104.5),
        ("-104 30", "lon", -104.5),
        ("13.5 S", "lat", -13.5),
        ("-13.5", "lat", -13.5),
        ("\u221213.5", "lat", -13.5),
        ("13 30 S", "lat", -13.5),
        ("-0 30", "lat", -0.5),
        ("13 59 60", "lat", 14.0),
        ("1e-5", "lat", 0.00001),
        ("90", "lat", 90.0),
        ("0", "lat", 0.0),
    ],
)
def test_sides_signs_and_edges(text, axis, value):
    assert one(text, axis) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "axis", "reason"),
    [
        ("", "lat", "latitude is empty"),
        ("  ", "lon", "longitude is empty"),
        (None, "lon", "longitude is empty"),
        ("13.5 E", "lat", "'13.5 E' is no latitude: E"),
        ("N13 30", "lon", "'N13 30' is no longitude: N"),
        ("104.5", "lat", "'104.5' is no latitude: beyond 90 degrees"),
        ("181", "lon", "'181' is no longitude: beyond 180 degrees"),
        ("13 61 00", "lat", "minutes or seconds beyond 60"),
        ("13 21 61", "lat", "minutes or seconds beyond 60"),
        ("13.5 21", "lat", "decimals before its last part"),
        ("13 21.5 30", "lat", "decimals before its last part"),
        ("-13 S", "lat", "a minus and a letter"),
        ("N 13 N", "lat", "a letter at both ends"),
        ("N 13 S", "lat", "a letter at both ends"),
    ],
)
def test_reasons(text, axis, reason):
    read = degrees(texts(text), axis)
    assert np.isnan(read.number[0])
    assert reason in read.reasons[0]


@pytest.mark.parametrize(
    "text",
    [
        "inf", "nan", "NaN", "0x10", "13E1", "1_3", "13.21.30", "13 21 30 40", "13,5,2", "abc",
        "13°21'30s",  # seconds, or south?
        "13D21M30S",  # the same
        "132130",  # packed only with its letter
        "13213N",  # neither of 4 nor of 6 digits
        "13.5, 104.5", "13°-21'", "--13", "N", "°", "#N/A", "9" * 400, "13 21\n\n30\x00",
        "13/21/30",
    ],
)  # fmt: skip
def test_nothing_else_is_read(text):
    read = degrees(texts(text), "lat")
    assert np.isnan(read.number[0])
    assert len(read.reasons[0].splitlines()) == 1
    assert len(read.reasons[0]) < 120


def test_longitude_and_latitude_are_never_exchanged():
    read = lon_lat(texts("13.2", "104.5", "13.2N"), texts("104.5", "13.2", "104.5E"))
    assert np.isnan(read.xy).all(axis=1).tolist() == [True, False, True]
    assert read.reasons[2] == "'13.2N' is no longitude: N; '104.5E' is no latitude: E"
    assert read.crs is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("12.5", 12.5), ("12,5", 12.5), ("-12,5", -12.5), ("0,345", 0.345),
        ("1.435.123", 1435123), ("1,435,123", 1435123), ("1,435.5", 1435.5), ("1.435,5", 1435.5),
        ("1 435 123,5", 1435123.5), ("1'435'123.5", 1435123.5), ("1435123,123", 1435123.123),
        ("12 m", 12), ("12.5m", 12.5), ("12 metres", 12), ("១២,៥", 12.5), ("12.345", 12.345),
        ("1\u202f435\u202f123", 1435123),
    ],
)  # fmt: skip
def test_numbers(text, value):
    read = numbers(texts(text))
    assert read.number[0] == value
    assert pd.isna(read.reasons[0])


def test_a_comma_before_three_digits_is_read_only_when_the_decimal_sign_is_said():
    assert numbers(texts("12,345")).reasons[0] == "'12,345' is no number: decimals or thousands?"
    assert numbers(texts("12,345"), decimal=",").number[0] == 12.345
    assert numbers(texts("12,345"), decimal=".").number[0] == 12345
    assert numbers(texts("12.345"), decimal=",").number[0] == 12345
    assert numbers(texts("12.345"), decimal=".").number[0] == 12.345


@pytest.mark.parametrize(
    "text", ["", None, "x", "1 2", "1,2,3", "inf", "12 km", "1e5", "12,34,567"]
)
def test_texts_that_are_no_numbers(text):
    read = numbers(texts(text))
    assert np.isnan(read.number[0])
    assert not pd.isna(read.reasons[0])


def test_plane_coordinates_are_numbers_of_a_system_that_the_caller_knows():
    read = plane(texts("483123,5", "x"), texts("1435123.5", ""), pyproj.CRS(32648))
    assert read.xy[0].tolist() == [483123.5, 1435123.5]
    assert read.reasons[1] == "'x' is no number; number is empty"
    assert read.crs == pyproj.CRS(32648)


@pytest.mark.parametrize(
    "zone",
    [
        "48N",
        "48P",
        "48p",
        " 48 ",
        "48.0",
        "48 North",
        "UTM 48N",
        "UTM zone 48 N",
        "WGS 84 / UTM zone 48N",
        "Zone 48P",
    ],
)
def test_utm_zones(zone):
    read = utm(texts("500000"), texts("1435123"), texts(zone))
    assert read.xy.tolist() == [[500000, 1435123]]
    assert read.crs == pyproj.CRS(32648)


def test_utm_by_hand_on_the_central_meridian():
    # On it the northing is 0.9996 of the meridian arc; that to 13 degrees by series (Snyder 3-21).
    e2 = 0.00669437999014
    f = np.radians(13)
    arc = 6378137 * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * f
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * np.sin(2 * f)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * np.sin(4 * f)
        - 35 * e2**3 / 3072 * np.sin(6 * f)
    )
    northing = f"{0.9996 * arc:.4f}"
    read = utm(texts("500000", "500000"), texts(northing, northing), texts("48P", "47P"))
    assert np.abs(read.xy - [[105, 13], [99, 13]]).max() < 1e-8
    assert read.crs == pyproj.CRS(4326)


@pytest.mark.parametrize(
    ("easting", "northing", "zone", "reason"),
    [
        ("1435123", "500000", "48P", "'1435123' is no easting: not within 100,000 to 900,000 m"),
        ("50000", "1435123", "48P", "is no easting"),
        ("483.123", "1435123", "48P", "is no easting"),
        ("500000", "-1", "48P", "is no northing"),
        ("500000", "10000001", "48P", "is no northing"),
        ("500000", "435,123", "48P", "decimals or thousands?"),
        ("", "1435123", "48P", "easting is empty"),
        ("500000", None, "48P", "northing is empty"),
        ("500000", "1435123", None, "UTM zone is empty"),
        ("500000", "1435123", "61", "'61' is no UTM zone"),
        ("500000", "1435123", "0", "'0' is no UTM zone"),
        ("500000", "1435123", "48I", "'48I' is no UTM zone"),
        ("500000", "1435123", "P48", "'P48' is no UTM zone"),
        ("500000", "1435123", "48S", "south or band S"),
        ("500000", "1435123", "48Q", "'48Q' is not the band of that latitude"),
        ("500000", "1435123", "48L", "'48L' is not the band of that latitude"),
        ("x", "y", "z", "'x' is no easting; 'y' is no northing; 'z' is no UTM zone"),
    ],
)
def test_utm_reasons(easting, northing, zone, reason):
    read = utm(texts(easting), texts(northing), texts(zone))
    assert np.isnan(read.xy).all()
    assert reason in read.reasons[0]


def test_an_easting_with_thousands_is_not_half_a_kilometre():
    read = utm(
        texts("483,123", "E 483123", "483123mE"),
        texts("1,435,123", "N 1435123", "1435123 mN"),
        texts("48", "48", "48"),
    )
    assert read.xy.tolist() == [[483123, 1435123]] * 3


def test_utm_south_of_the_equator():
    read = utm(texts("500000"), texts("9000000"), texts("48 South"))
    assert read.crs == pyproj.CRS(32748)
    assert utm(texts("500000"), texts("9000000"), texts("48L")).crs == pyproj.CRS(32748)


@pytest.mark.parametrize(
    ("datum", "zone", "code"),
    [
        ("WGS 84", "48N", 32648),
        ("Indian 1960", "48N", 3148),
        ("Indian 1960", "49P", 3149),
        ("Indian 1975", "47N", 24047),
    ],
)
def test_utm_on_other_datums(datum, zone, code):
    read = utm(texts("500000"), texts("1435123"), texts(zone), datum)
    assert read.xy.tolist() == [[500000, 1435123]]
    assert read.crs == pyproj.CRS(code)


def test_several_zones_meet_on_the_datum_without_a_shift():
    east, north = texts("500000", "500000"), texts("1435123", "1435123")
    read = utm(east, north, texts("48N", "49N"), "Indian 1960")
    assert read.crs == pyproj.CRS(4131)
    assert np.abs(read.xy[:, 0] - [105, 111]).max() < 1e-9
    # The ellipsoid is Everest's, on which the same northing is another latitude.
    assert abs(read.xy[0, 1] - utm(east, north, texts("48N", "47N")).xy[0, 1]) > 1e-4


def test_a_zone_that_the_datum_does_not_have_and_a_datum_that_is_none():
    read = utm(texts("500000"), texts("1435123"), texts("47N"), "Indian 1960")
    assert read.reasons[0] == "no UTM zone 47N on Indian 1960 in EPSG"
    with pytest.raises(OptionError, match="'Indian 1961' has no UTM zones"):
        utm(texts("500000"), texts("1435123"), texts("48N"), "Indian 1961")


def test_without_a_datum_one_zone_is_read_and_several_are_refused():
    one_zone = utm(texts("500000"), texts("1435123"), texts("48N"), None)
    assert one_zone.crs is None
    assert one_zone.xy.tolist() == [[500000, 1435123]]
    with pytest.raises(CRSError, match="zones 47N, 48N and on no datum"):
        utm(texts("500000", "500000"), texts("1435123", "1435123"), texts("48N", "47N"), None)


@pytest.mark.parametrize(
    "text", ["48PVV4582259307", "48P VV 45822 59307", " 48pvv 45822 59307 ", "48 P VV 4582259307"]
)
def test_mgrs(text):
    read = grid(texts(text))
    # Zone 48, square VV of 100 km: column V begins at easting 400,000, row V at 1,400,000.
    east, north = pyproj.Transformer.from_crs(4326, 32648, always_xy=True).transform(*read.xy[0])
    assert east == pytest.approx(445822.5, abs=1e-4)
    assert north == pytest.approx(1459307.5, abs=1e-4)
    assert read.crs == pyproj.CRS(4326)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "MGRS reference is empty"), (None, "MGRS reference is empty"),
        ("48PVV", "a square of 100000 m"), ("48PVV4559", "a square of 1000 m"),
        ("48PVV458593", "a square of 100 m, too large for a point"),
        ("48PVV458225930", "no MGRS"), ("48P VV 458 22593", "no MGRS"),
        ("48PVV45822593071", "no MGRS"),
        ("48PVV458225930712", "no MGRS"), ("48PAA4582259307", "no MGRS"),
        ("61PVV4582259307", "no MGRS"), ("48IVV4582259307", "no MGRS"),
        ("PVV4582259307", "no MGRS"), ("13.2 104.5", "no MGRS"), ("48PVV45822-59307", "no MGRS"),
        ("ក", "no MGRS"), ("\x00", "no MGRS"),
    ],
)  # fmt: skip
def test_mgrs_reasons(text, reason):
    read = grid(texts(text))
    assert np.isnan(read.xy).all()
    assert reason in read.reasons[0]


def test_a_coarser_mgrs_is_the_middle_of_its_square():
    read = grid(texts("48PVV45825930", "48PVV458593"), most_square_m=100)
    turn = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)
    metres = np.column_stack(turn.transform(*read.xy.T))
    assert np.abs(metres - [[445825, 1459305], [445850, 1459350]]).max() < 1e-4


def test_any_index_is_kept_and_the_input_unchanged():
    lon, lat = texts("104.5", "x").set_axis([7, 7]), texts("13.5", "13.5").set_axis([7, 7])
    before = lon.copy(deep=True)
    read = lon_lat(lon, lat)
    assert read.reasons.index.tolist() == [7, 7]
    assert read.reasons.isna().tolist() == [True, False]
    pd.testing.assert_series_equal(lon, before)
    assert utm(lon, lat, lat).reasons.notna().all()
    assert grid(lon).reasons.index.tolist() == [7, 7]


def test_empty_columns():
    none = texts()
    for read in (lon_lat(none, none), utm(none, none, none), grid(none), plane(none, none)):
        assert read.xy.shape == (0, 2)
        assert len(read.reasons) == 0


def dms(value, sides, mark):
    """Return degrees, minutes and seconds to 1e-6 second, written with some marks."""
    units = round(abs(value) * 3600e6)
    d, rest = divmod(units, 3600_000_000)
    m, s = divmod(rest, 60_000_000)
    side = sides[value < 0]
    seconds = f"{s / 1e6:.6f}"
    forms = {
        "marks": f"{d}°{m}'{seconds}\"{side}",
        "spaces": f"{side} {d} {m} {seconds.replace('.', ',')}",
        "hyphens": f"{d}-{m:02d}-{seconds} {side}",
        "words": f"{d} deg {m} min {seconds} sec {side}",
        "minutes": f"{d}°{m + s / 60e6:.9f}'{side}",
    }
    return forms[mark]


WAYS = ("marks", "spaces", "hyphens", "words", "minutes")


@given(
    st.floats(-179.999, 179.999).map(lambda value: round(value, 12)),
    st.floats(-89.999, 89.999).map(lambda value: round(value, 12)),
    st.sampled_from(WAYS),
)
def test_what_is_written_is_read_again(lon, lat, mark):
    read = lon_lat(texts(repr(lon), dms(lon, "EW", mark)), texts(repr(lat), dms(lat, "NS", mark)))
    assert read.reasons.isna().all()
    assert read.xy[0].tolist() == [lon, lat]
    assert np.abs(read.xy[1] - [lon, lat]).max() < 1e-9


@given(st.floats(102, 108, exclude_max=True), st.floats(8.1, 15.9))  # on 108 zone 49 begins
def test_utm_and_mgrs_are_read_to_what_is_written(lon, lat):
    turn = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)
    east, north = turn.transform(lon, lat)
    read = utm(texts(f"{east:.3f}"), texts(f"{north:.3f}".replace(".", ",")), texts("48P"))
    assert np.abs(read.xy - [east, north]).max() <= 0.000501
    square = grid(texts(mgrs.MGRS().toMGRS(lat, lon)))
    middle = np.array(turn.transform(*square.xy[0]))
    assert np.abs(middle - [east, north]).max() <= 0.5001


ANY = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.text("0123456789°'\".,:- NSEWnsewdms+\u17e0\u00a0UTMPVeE", max_size=20),
)


@given(st.lists(st.tuples(ANY, ANY, ANY), min_size=1, max_size=20))
@settings(max_examples=50)
def test_any_text_is_a_number_or_has_a_reason(rows):
    columns = [texts(*column) for column in zip(*rows, strict=True)]
    for read in (lon_lat(*columns[:2]), plane(*columns[:2]), grid(columns[0]), utm(*columns)):
        assert np.isnan(read.xy).any(axis=1).tolist() == read.reasons.notna().tolist()
        assert np.isnan(read.xy).all(axis=1).tolist() == read.reasons.notna().tolist()
        assert all("\n" not in reason for reason in read.reasons.dropna())
