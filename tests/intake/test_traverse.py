"""Bearing and distance: legs worked out by hand, chains, closure."""

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.intake.points.geopoints import Closure, closure, polar

GEOD = pyproj.Geod(ellps="WGS84")
DEGREE_M = np.pi / 180 * 6378137.0
"""One degree of longitude along the equator, where the geodesic is the circle itself."""
EAST, NORTH = 104.9, 12.5


def walk(start, bearings, distances, geod):
    """Walk a traverse: each leg begins where the one before it ends."""
    places = [start]
    for bearing, metres in zip(bearings, distances, strict=True):
        places.append(tuple(polar(places[-1], [bearing], [metres], geod)[0]))
    return np.array(places[1:]).reshape(-1, 2)


def meridian_m(south, north):
    """Return the length of a meridian arc by Simpson's rule over its radius of curvature."""
    e2 = 0.00669437999014
    latitude = np.radians(np.linspace(south, north, 2001))
    radius = 6378137.0 * (1 - e2) / (1 - e2 * np.sin(latitude) ** 2) ** 1.5
    step = (latitude[1] - latitude[0]) / 3
    return step * (radius[0] + radius[-1] + 4 * radius[1:-1:2].sum() + 2 * radius[2:-1:2].sum())


def test_legs_along_the_equator_are_degrees():
    places = walk((100.0, 0.0), [90, 90, 270], [DEGREE_M, 2 * DEGREE_M, DEGREE_M], GEOD)
    assert np.abs(places - [[101, 0], [103, 0], [102, 0]]).max() < 1e-9


def test_a_leg_north_follows_the_meridian():
    places = walk((EAST, 12.0), [0], [meridian_m(12.0, 12.25)], GEOD)
    assert np.abs(places - [[EAST, 12.25]]).max() < 1e-9


def test_bearings_turn_clockwise_from_north():
    places = polar((0.0, 0.0), [0, 90, 180, 270], 1000.0, GEOD)
    assert np.sign(places.round(9)).tolist() == [[0, 1], [1, 0], [0, -1], [-1, 0]]


def test_a_bearing_may_be_of_any_turn():
    assert (
        np.abs(
            polar((EAST, NORTH), [10, 370, -350], 50.0, GEOD)[1:]
            - polar((EAST, NORTH), [10, 10], 50.0, GEOD)
        ).max()
        < 1e-12
    )


def test_chained_and_polar_part_at_the_second_leg():
    chained = walk((EAST, NORTH), [0, 90], [100, 100], GEOD)
    seen = polar((EAST, NORTH), [0, 90], [100, 100], GEOD)
    assert (chained[0] == seen[0]).all()
    # The chain's second leg begins 100 m farther north; the other's at the start.
    assert chained[1, 1] - seen[1, 1] == pytest.approx(100 / meridian_m(12, 13), rel=1e-3)


def test_each_place_may_have_its_own_origin():
    origins = [[EAST, NORTH], [EAST, NORTH + 1]]
    assert np.abs(polar(origins, [45, 45], [0, 0], GEOD) - origins).max() < 1e-12


def test_from_a_leg_that_is_no_number_on_the_chain_is_nan_and_other_rays_are_not():
    bearings, distances = [0, np.nan, 90], [10, 10, 10]
    assert np.isnan(walk((EAST, NORTH), bearings, distances, GEOD)).all(axis=1).tolist() == [
        False,
        True,
        True,
    ]
    assert np.isnan(polar((EAST, NORTH), bearings, distances, GEOD)).all(axis=1).tolist() == [
        False,
        True,
        False,
    ]


def test_no_legs_give_no_places():
    assert walk((EAST, NORTH), [], [], GEOD).shape == (0, 2)


def test_a_square_of_one_metre_too_much_closes_with_one_metre():
    places = walk((EAST, NORTH), [0, 90, 180, 270], [101, 100, 100, 100], GEOD)
    found = closure((EAST, NORTH), tuple(places[-1]), 401, GEOD)
    assert found.error_m == pytest.approx(1.0, abs=0.01)
    assert found.ratio == pytest.approx(401, rel=0.01)
    assert str(found) == "1.00 m (1:401)"


def test_an_exact_closure_has_no_ratio_to_speak_of():
    found = closure((EAST, NORTH), (EAST, NORTH), 400, GEOD)
    assert found == Closure(0.0, np.inf)
    assert str(found) == "0.00 m"


@given(
    st.lists(
        st.tuples(st.floats(0, 360), st.floats(0.1, 500)),
        min_size=1,
        max_size=8,
    )
)
def test_walking_back_ends_at_the_start(legs):
    there = np.array([*legs])
    out = walk((EAST, NORTH), there[:, 0], there[:, 1], GEOD)
    starts = np.vstack([[EAST, NORTH], out[:-1]])
    back_bearings, _, lengths = GEOD.inv(out[:, 0], out[:, 1], starts[:, 0], starts[:, 1])
    home = walk(tuple(out[-1]), back_bearings[::-1], lengths[::-1], GEOD)[-1]
    assert closure((EAST, NORTH), tuple(home), there[:, 1].sum(), GEOD).error_m < 1e-6
