"""Sizes against closed formulas and Geod; parts that add up; densifying; faults."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import CRSError
from mine_geo.geo.geometry import densify, exact_size_m2, find_faults, size_m2, to_multipolygons
from tests.hand import GEOD, cell_m2

LON, LAT = st.floats(102.4, 107.5), st.floats(10.2, 14.6)


def star(lon, lat, radii, size=0.01):
    """Return a polygon with a vertex in each direction; never self-crossing."""
    angle = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    radius = size * np.asarray(radii)
    return shapely.Polygon(
        np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)])
    )


STARS = st.builds(
    star, LON, LAT, st.lists(st.floats(0.2, 1), min_size=3, max_size=14), st.floats(1e-4, 0.02)
)


@pytest.mark.parametrize(
    "cell",
    [
        (103, 13, 103.01, 13.01),
        (102.3, 10, 107.7, 14.7),
        (0, -1, 1, 1),
        (-71, -55, -70, -54),
        (20, 69.999, 20.001, 70),
        (105, 10, 105.00001, 10.00001),
    ],
)
def test_a_box_is_a_cell_of_the_grid(cell):
    ours, closed = exact_size_m2([shapely.box(*cell)])[0], cell_m2(*cell)
    assert ours == pytest.approx(closed, rel=1e-10, abs=1e-4)


def test_the_whole_grid_is_the_ellipsoid():
    lon, lat = np.meshgrid(np.arange(-180, 180, 5.0), np.arange(-90, 90, 5.0))
    cells = shapely.box(lon, lat, lon + 5, lat + 5).ravel()
    a, e2 = 6378137.0, 0.0066943799901413165
    e = np.sqrt(e2)
    surface = 2 * np.pi * a * a * (1 + (1 - e2) / e * np.arctanh(e))
    assert exact_size_m2(cells).sum() == pytest.approx(surface, rel=1e-11)


@pytest.mark.parametrize("seed", range(4))
def test_against_geod_on_densified_edges(seed):
    """Geod's edges are geodesics; densified to 10 m they are ours to 1e-8."""
    rng = np.random.default_rng(seed)
    polygon = star(rng.uniform(102, 107), rng.uniform(10, 15), rng.uniform(0.3, 1, 11), 0.02)
    fine = shapely.segmentize(polygon, 1e-4)
    geod = abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(fine))[0])
    assert exact_size_m2([polygon])[0] == pytest.approx(geod, rel=1e-8)


def test_against_proj_cylindrical_equal_area():
    polygon = star(103.3, 13.2, [1, 0.4, 0.9, 0.5, 0.7, 1, 0.3], 0.05)
    project = pyproj.Transformer.from_crs(4326, "+proj=cea +ellps=WGS84", always_xy=True)
    fine = shapely.segmentize(polygon, 1e-5)
    flat = shapely.transform(fine, lambda xy: np.column_stack(project.transform(*xy.T)))
    assert exact_size_m2([polygon])[0] == pytest.approx(flat.area, rel=1e-9)


def test_a_hole_is_taken_off_whichever_way_it_runs():
    outer, inner = (103, 13, 103.01, 13.01), (103.002, 13.002, 103.004, 13.004)
    ring = shapely.box(*inner).exterior.coords
    expected = cell_m2(*outer) - cell_m2(*inner)
    for hole in (ring, list(ring)[::-1]):
        for shell in (shapely.box(*outer, ccw=True), shapely.box(*outer, ccw=False)):
            polygon = shapely.Polygon(shell.exterior, [hole])
            assert exact_size_m2([polygon])[0] == pytest.approx(expected, abs=1e-4)


def test_parts_count_together_and_nothing_else_counts():
    one, two = (103, 13, 103.01, 13.01), (103.02, 13, 103.03, 13.01)
    both = cell_m2(*one) + cell_m2(*two)
    multi = shapely.MultiPolygon([shapely.box(*one), shapely.Polygon(), shapely.box(*two)])
    nested = shapely.GeometryCollection(
        [shapely.MultiPolygon([shapely.box(*one), shapely.box(*two)]), shapely.Point(103, 13)]
    )
    others = [None, shapely.Polygon(), shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])]
    sizes = exact_size_m2([multi, *others, nested, shapely.box(*one)])
    assert sizes.tolist() == pytest.approx([both, 0, 0, 0, 0, both, cell_m2(*one)], abs=1e-4)
    assert exact_size_m2([]).tolist() == []
    assert size_m2([None]).dtype == np.int64


@given(STARS)
def test_size_does_not_depend_on_direction_start_or_third_dimension(polygon):
    ring = np.asarray(polygon.exterior.coords)[:-1]
    sizes = [
        exact_size_m2([shapely.Polygon(np.roll(way, shift, axis=0))])[0]
        for way in (ring, ring[::-1])
        for shift in range(len(ring))
    ]
    assert np.ptp(sizes) < 1e-4
    assert exact_size_m2([shapely.force_3d(polygon, 77)])[0] == exact_size_m2([polygon])[0]


@given(STARS, STARS, st.floats(-1, 1), st.floats(-1, 1))
def test_cut_sizes_add_up(polygon, knife, east, north):
    at = polygon.centroid
    knife = shapely.transform(
        knife,
        lambda xy: (
            xy - [knife.centroid.x, knife.centroid.y] + [at.x, at.y] + [east / 200, north / 200]
        ),
    )
    inside, outside = shapely.intersection(polygon, knife), shapely.difference(polygon, knife)
    whole, *parts = exact_size_m2([polygon, inside, outside])
    assert sum(parts) == pytest.approx(whole, abs=1e-4)


@settings(max_examples=20)
@given(STARS, st.lists(st.tuples(st.floats(-0.02, 0.02), STARS), min_size=1, max_size=6))
def test_a_dozen_cuts_through_holes_and_parts_add_up(polygon, knives):
    at = np.array(polygon.centroid.coords[0])
    hole = shapely.transform(polygon, lambda xy: at + (xy - at) * 0.3)
    pieces = [shapely.difference(polygon, hole), shapely.intersection(polygon, hole)]
    for move, knife in knives:
        middle = np.array(knife.centroid.coords[0])
        placed = shapely.transform(knife, lambda xy, m=middle, d=move: xy - m + at + [d / 3, d / 4])
        pieces = [
            part
            for piece in pieces
            for part in (shapely.difference(piece, placed), shapely.intersection(piece, placed))
        ]
    assert exact_size_m2(pieces).sum() == pytest.approx(exact_size_m2([polygon])[0], abs=1e-4)


@given(STARS, st.floats(1e-3, 0.01))
def test_densifying_moves_no_edge(polygon, degrees):
    dense = densify([polygon], degrees)[0]
    steps = np.diff(shapely.get_coordinates(dense), axis=0)
    assert np.hypot(*steps.T).max() <= degrees * (1 + 1e-9)
    assert exact_size_m2([dense])[0] == pytest.approx(exact_size_m2([polygon])[0], abs=1e-4)
    assert shapely.hausdorff_distance(dense, polygon) < 1e-12


def test_densify_changes_no_input_and_keeps_the_missing():
    given_ = np.array([None, shapely.box(0, 0, 1, 1), shapely.Polygon()], dtype=object)
    before = shapely.to_wkt(given_).tolist()
    dense = densify(given_)
    assert shapely.to_wkt(given_).tolist() == before
    assert dense[0] is None
    assert dense[2].is_empty


def test_to_multipolygons():
    multi = to_multipolygons([shapely.box(0, 0, 1, 1), None, shapely.Point(1, 2)])
    assert [getattr(g, "geom_type", None) for g in multi] == ["MultiPolygon", None, "Point"]
    three = shapely.from_wkt("POLYGON Z ((0 0 5, 1 0 5, 1 1 5, 0 0 5))")
    assert not to_multipolygons([three])[0].has_z


def test_each_fault_is_named_in_the_order_of_the_records():
    with np.errstate(invalid="ignore"):
        nan = shapely.from_wkt("POLYGON ((103 13, 103.1 NaN, 103.1 13.1, 103 13))")
    inf = shapely.from_wkt("POLYGON ((103 13, 103.1 inf, 103.1 13.1, 103 13))")
    given_ = {
        "fine": shapely.box(103, 13, 104, 14),
        "null": None,
        "empty": shapely.Polygon(),
        "point": shapely.Point(103, 13),
        "nan": nan,
        "inf": inf,
        "utm": shapely.box(300000, 1400000, 300010, 1400010),
        "swapped": shapely.box(13, 103, 13.1, 103.1),
        "bow": shapely.Polygon([(103, 13), (104, 14), (104, 13), (103, 14)]),
        "hole": shapely.Polygon(
            shapely.box(0, 0, 1, 1).exterior, [shapely.box(2, 2, 3, 3).exterior]
        ),
    }
    faults = find_faults(list(given_.values()), list(given_))
    assert faults["id"].tolist() == list(given_)[1:]
    assert faults["fault"].tolist() == [
        "null", "empty", "type", *["coordinates"] * 4, "ring", "ring",
    ]  # fmt: skip
    assert faults["message"].iloc[-2] == "invalid ring: Self-intersection[103.5 13.5]"
    assert "Hole lies outside shell" in faults["message"].iloc[-1]
    assert find_faults([], []).empty


def test_a_size_of_metres_taken_for_degrees_is_refused():
    box = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=32648)
    with pytest.raises(CRSError, match="must be in EPSG:4326"):
        size_m2(box)
    with pytest.raises(CRSError, match="must be in EPSG:4326"):
        exact_size_m2(gpd.GeoDataFrame(geometry=box))
