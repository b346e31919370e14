"""The near zone: its rim is at the threshold to 1 m, it grows with it, it misses nothing."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import GeometryError
from mine_geo.geo import sample
from mine_geo.geo.border import border_lines
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.intake import read_border
from mine_geo.split.distance import border_distance
from mine_geo.split.zones import near_zone
from tests.hand import BruteForce, cell_m2, geod_m, hazards, lines


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


def rim(zone, count, seed=1):
    """Return places on the outline of a zone, not only its vertices."""
    rings = shapely.get_rings(shapely.get_parts(zone))
    rng = np.random.default_rng(seed)
    length = shapely.length(rings)
    chosen = rng.choice(len(rings), count, p=length / length.sum())
    return shapely.line_interpolate_point(rings[chosen], rng.uniform(0, 1, count), normalized=True)


@pytest.mark.parametrize("include_coast", [False, True])
@pytest.mark.parametrize("threshold_m", [500, 7000, 50_000])
def test_the_rim_is_at_the_threshold_to_a_metre(border, threshold_m, include_coast):
    zone = near_zone(border, threshold_m=threshold_m, include_coast=include_coast)
    assert zone.is_valid
    places = gpd.GeoSeries(rim(zone, 3000), crs=4326)
    metres = border_distance(places, border, include_coast=include_coast)
    assert np.abs(metres - threshold_m).max() < 1


def test_the_rim_by_brute_force(border):
    places = rim(near_zone(border, threshold_m=7000), 40, seed=2)
    brute = BruteForce(border_lines(border))
    metres = [brute.polygon(shapely.box(p.x, p.y, p.x + 1e-9, p.y + 1e-9)) for p in places]
    assert np.abs(np.array(metres) - 7000).max() < 1


@pytest.mark.parametrize("threshold_m", [7000, 50_000])
def test_places_are_inside_as_their_distance_says(border, threshold_m):
    """Places on all sides, most of them near the rim."""
    zone = near_zone(border, threshold_m=threshold_m)
    rng = np.random.default_rng(4)
    near = shapely.get_coordinates(rim(zone, 2000, seed=5))
    xy = near + rng.normal(0, 20 / 111_000, near.shape)
    everywhere = np.column_stack([rng.uniform(102, 108, 2000), rng.uniform(10, 15, 2000)])
    xy = np.vstack([xy, everywhere])
    metres = border_distance(gpd.GeoSeries(shapely.points(xy), crs=4326), border).to_numpy()
    inside = shapely.contains_xy(zone, xy)
    sure = np.abs(metres - threshold_m) > 1
    assert (inside == (metres < threshold_m))[sure].all()


def test_about_a_straight_border_its_size_is_two_strips_and_two_half_discs():
    """On the parallel of 13 N: 0.2 degree long, strips to 7 km by the meridian on both sides."""
    zone = near_zone(lines([(103, 13), (103.2, 13)]))
    north = 13.0 + 7000 / geod_m(103, 13, 103, 14)
    strips = cell_m2(103, 13 - (north - 13), 103.2, north)
    discs = np.pi * 7000**2
    assert exact_size_m2([zone])[0] == pytest.approx(strips + discs, rel=3e-4)


@pytest.mark.parametrize("radius", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("threshold_m", [2000, 7000, 30_000])
def test_a_bay_of_the_border_keeps_its_bend(radius, threshold_m):
    """GEOS straightens shallow bays before it buffers."""
    angle = np.linspace(-0.35, 0.35, 101)
    bay = lines(np.column_stack([104 + radius * np.sin(angle), 13 - radius * np.cos(angle)]))
    places = gpd.GeoSeries(rim(near_zone(bay, threshold_m=threshold_m), 2000), crs=4326)
    assert np.abs(border_distance(places, bay) - threshold_m).max() < 1


@settings(max_examples=5, deadline=None)
@given(st.floats(1000, 20_000), st.floats(1.01, 3))
def test_a_larger_threshold_takes_in_the_smaller(border, threshold_m, times):
    part = border.clip((102.3, 12.8, 103.3, 14.0))
    small, large = (
        near_zone(part, threshold_m=threshold_m),
        near_zone(part, threshold_m=threshold_m * times),
    )
    assert shapely.covers(large, small)


@pytest.mark.parametrize("threshold_m", [500, 7000])
def test_around_some_fields_it_is_the_same_zone(border, threshold_m):
    rng = np.random.default_rng(9)
    lon, lat = rng.uniform(102.3, 107.6, 400), rng.uniform(10.3, 14.7, 400)
    fields = hazards(*shapely.box(lon, lat, lon + 0.03, lat + 0.03))
    whole = near_zone(border, threshold_m=threshold_m)
    part = near_zone(border, threshold_m=threshold_m, around=fields)
    sizes = [exact_size_m2(shapely.intersection(fields.geometry, zone)) for zone in (whole, part)]
    assert sizes[1] == pytest.approx(sizes[0], abs=60)
    assert sizes[0].max() > 1e6


def test_nothing_around_is_an_empty_zone(border):
    far = hazards(shapely.box(104.9, 12.4, 104.95, 12.45))
    assert near_zone(border, threshold_m=7000, around=far).is_empty
    nothing = gpd.GeoSeries([shapely.Polygon(), shapely.box(104.9, 12.4, 104.95, 12.45)], crs=4326)
    assert near_zone(border, threshold_m=7000, around=nothing).is_empty


def test_a_wrong_border_is_refused(border):
    with pytest.raises(GeometryError, match="no land line"):
        near_zone(border[border["kind"] == "coast"], threshold_m=7000)
