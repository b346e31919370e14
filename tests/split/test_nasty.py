"""Valid polygons as hard as they come: no step changes one, distance and zone by brute force."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import mine_geo
from mine_geo.geo import sample
from mine_geo.geo.border import border_lines
from mine_geo.geo.geometry import densify, exact_size_m2, finer_edges, to_multipolygons
from mine_geo.intake import read_border
from mine_geo.ledger.cut import cut
from mine_geo.maps.sheets.view import View, to_plane
from mine_geo.split.distance import border_distance
from mine_geo.split.zones import border_split, near_zone
from tests.benchmarks.nasty_polygons import MOST_M, measured
from tests.hand import GEOD, BruteForce, Chords, hazards, lines
from tests.nasty import LARGE, VALID, valid_polygon

SPIKE = shapely.from_wkt(
    "POLYGON((106.2506670473188 14.03818030373293,106.26940771795607 14.053751258537902,"
    "106.26028356404576 14.046170324486996,106.253402083547 14.054452639935148,"
    "106.24378556682005 14.046462619181082,106.2506670473188 14.03818030373293))"
)
"""Valid, 6,286.9 m from the border: the spike runs to 106.2694 and back on the same line."""


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


def chains(geometry):
    """Return the coordinates of each ring, in order."""
    rings = shapely.get_rings(shapely.get_parts(geometry))
    return [np.asarray(ring.coords)[:, :2] for ring in rings]


def test_an_out_and_back_spike_is_measured_as_it_is_drawn(border):
    split = border_split(hazards(SPIKE), border).iloc[0]
    assert split["border_distance_m"] == pytest.approx(6286.9, abs=0.05)
    assert (split["zone"], split["near_size_m2"]) == ("near", split["size_m2"])
    brute = BruteForce(border_lines(border)).polygon(SPIKE)
    assert split["border_distance_m"] == pytest.approx(brute, abs=0.01)
    with_segmentize = exact_size_m2([shapely.segmentize(SPIKE, 0.005), SPIKE])
    assert with_segmentize[0] < 1e-6 * with_segmentize[1]


@pytest.mark.untraced
@pytest.mark.parametrize("degrees", [0.005, 0.0007])
def test_densifying_keeps_every_vertex_ring_and_part(degrees):
    for number in range(len(VALID) * 8):
        name, polygon = valid_polygon(number, (103.7, 12.9), size=0.02)
        dense = densify([polygon], degrees)[0]
        assert dense.geom_type == polygon.geom_type, name
        before, after = chains(polygon), chains(dense)
        assert [shapely.get_num_interior_rings(p) for p in shapely.get_parts(dense)] == [
            shapely.get_num_interior_rings(p) for p in shapely.get_parts(polygon)
        ]
        for ring, finer in zip(before, after, strict=True):
            places = {tuple(xy) for xy in finer}
            assert places.issuperset(tuple(xy) for xy in ring), name
            steps = np.hypot(*np.diff(finer, axis=0).T)
            assert steps.max() <= degrees * (1 + 1e-9)
            assert steps.sum() == pytest.approx(np.hypot(*np.diff(ring, axis=0).T).sum(), rel=1e-9)
        sizes = exact_size_m2([polygon, dense])
        assert sizes[1] == pytest.approx(sizes[0], abs=1e-3), name


def test_every_kind_of_geometry_is_densified_as_it_is_put_together():
    box, line = shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 0)])
    hole = shapely.Polygon(
        shapely.box(0, 0, 1, 1).exterior, [shapely.box(0.2, 0.2, 0.8, 0.8).exterior]
    )
    every = [
        line,
        shapely.MultiLineString([line, [(2, 2), (2, 2.1)]]),
        shapely.box(0, 0, 1, 1).exterior,
        hole,
        shapely.MultiPolygon([hole, shapely.box(2, 2, 2.1, 2.1)]),
        shapely.GeometryCollection([line, shapely.Point(5, 5), shapely.MultiPolygon([box, hole])]),
        shapely.MultiPoint([(0, 0), (1, 0)]),
        shapely.from_wkt("POLYGON Z ((0 0 5, 1 0 5, 1 1 5, 0 0 5))"),
    ]
    dense = densify(every, 0.25)
    steps = [5, 5 + 2, 17, 17 + 13, 17 + 13 + 5, 5 + 1 + 17 + 17 + 13, 2, 4 + 4 + 6 + 1]
    assert shapely.get_num_coordinates(dense).tolist() == steps
    assert [each.geom_type for each in dense[[0, 1, 3, 4, 5, 6]]] == [
        "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
        "MultiPoint",
    ]  # fmt: skip
    assert exact_size_m2(dense) == pytest.approx(exact_size_m2(every), abs=1e-3)
    assert shapely.equals(dense[:6], every[:6]).all()


def test_the_ends_of_edges_stay_bit_for_bit():
    rng = np.random.default_rng(5)
    xy = rng.uniform(100, 110, (40, 2))
    finer, source = finer_edges(xy, np.repeat([0, 1], 20), 0.3)
    first = np.flatnonzero(np.append(True, source[1:] != source[:-1]))
    assert (finer[first] == xy).all()
    assert len(finer) > 100
    assert (source[np.flatnonzero(np.hypot(*np.diff(finer, axis=0).T) > 0.3)] == 19).all()


@pytest.mark.untraced
def test_distance_and_zone_are_those_of_a_brute_force(border):
    found = measured(range(119), border)
    assert (found["ours_m"] - found["brute_m"]).abs().max() <= MOST_M
    assert found["zone"].tolist() == found["brute_zone"].tolist()
    assert set(found["zone"]) == {"near", "far"}


@pytest.mark.untraced
@pytest.mark.parametrize("number", range(len(LARGE)))
def test_many_vertices_are_measured_as_few_are(border, number):
    found = measured(range(number, number + 1), border, 6_000).iloc[0]
    assert found["ours_m"] == pytest.approx(found["brute_m"], abs=MOST_M)
    assert shapely.get_num_coordinates(found["geometry"]) > 4_000


def test_the_brute_forces_agree(border):
    """Two ways that share nothing: places 20 m apart, and straight pieces in closed form."""
    land = border_lines(border)
    one, other = BruteForce(land), Chords(land)
    for number, at in enumerate([(102.5, 13.4), (103.2, 13.1), (106.2, 11.2), (107.4, 14.1)]):
        polygon = valid_polygon(number * 5, at)[1]
        assert one.polygon(polygon) == pytest.approx(other.polygon(polygon), abs=0.01)


@pytest.mark.untraced
def test_an_outline_cut_into_runs_is_one_outline():
    """A ring of 3,000 vertices about a border: nearest to its middle, crossed, and at its end."""
    angle = np.linspace(0, 2 * np.pi, 3001)[:-1]
    ring = np.column_stack([104 + 0.1 * np.cos(angle), 13 + 0.1 * np.sin(angle)])
    whole = shapely.Polygon(ring)
    hollow = shapely.Polygon(shapely.box(103.5, 12.5, 104.5, 13.5).exterior, [ring])
    for shift in (0, 1, 255, 256, 257, 1499, 2999):
        same = shapely.Polygon(np.roll(ring, shift, axis=0))
        away = lines([(104.3, 12), (104.3, 14)])
        expected = GEOD.inv(104.1, 13, 104.3, 13)[2]
        assert border_distance(hazards(same), away)[0] == pytest.approx(expected, abs=0.05)
    inside = lines([(104, 13), (104.001, 13)])
    assert border_distance(hazards(whole), inside)[0] == 0
    assert border_distance(hazards(whole), lines([(104, 13), (105, 13)]))[0] == 0
    expected = min(GEOD.inv(104.001, 13, *at)[2] for at in ring)
    assert border_distance(hazards(hollow), inside)[0] == pytest.approx(expected, abs=0.05)


def test_collections_within_collections_have_no_edges_between_their_parts():
    apart = shapely.MultiPolygon(
        [shapely.box(103, 13, 103.1, 13.1), shapely.box(105, 13, 105.1, 13.1)]
    )
    nested = shapely.GeometryCollection(
        [shapely.GeometryCollection([apart]), shapely.Point(103.05, 13.05)]
    )
    between = lines([(104, 12), (104, 14)])
    metres = border_distance(gpd.GeoSeries([nested, apart], crs=4326), between)
    assert metres[0] == pytest.approx(metres[1], abs=1e-6)
    assert metres[0] > 90_000


@pytest.mark.untraced
def test_a_multipolygon_is_its_parts_as_they_are_drawn():
    for number in range(len(VALID) * 2):
        polygon = valid_polygon(number)[1]
        multi = to_multipolygons([polygon])[0]
        assert [ring.tolist() for ring in chains(multi)] == [r.tolist() for r in chains(polygon)]


FLAT = {"sliver", "near_coincident"}
"""Families with hardly any area to share."""


def crossings(rings, lat):
    """Return where the outline crosses a parallel, from west to east."""
    start, end = (np.vstack([ring[part] for ring in rings])
                  for part in (slice(None, -1), slice(1, None)))  # fmt: skip
    spans = (start[:, 1] > lat) != (end[:, 1] > lat)
    (x0, y0), (x1, y1) = start[spans].T, end[spans].T
    return np.sort(x0 + (lat - y0) / (y1 - y0) * (x1 - x0))


def share_inside(polygon, zone, count=1500):
    """Return which part of a polygon a zone covers, along parallels, by the even-odd rule."""
    _, south, _, north = polygon.bounds
    polygon, zone = chains(polygon), chains(zone)
    whole = within = 0.0
    for lat in south + (np.arange(count) + 0.5) / count * (north - south):
        here, there = crossings(polygon, lat), crossings(zone, lat)
        whole += (here[1::2] - here[0::2]).sum()
        west = np.maximum(here[0::2, None], there[None, 0::2])
        east = np.minimum(here[1::2, None], there[None, 1::2])
        within += np.maximum(east - west, 0).sum()
    return within / whole if whole else np.nan


@pytest.mark.untraced
def test_a_cut_at_the_threshold_loses_no_land(border):
    """Near sizes against parallels drawn through both, which no GEOS overlay has touched."""
    numbers = [n for n in range(120) if VALID[n % len(VALID)].__name__ not in FLAT]
    at = (102.915, 13.548)
    polygons = [valid_polygon(n, at, size=0.01)[1] for n in numbers]
    frame = hazards(*polygons)
    metres = border_distance(frame, border)
    split = border_split(frame, border, rule="area", threshold_m=float(metres.median()) + 400)
    zone = near_zone(border, threshold_m=split["threshold_m"].iloc[0], around=polygons)
    cut = split[split["near_size_m2"].between(1, split["size_m2"] - 1)]
    assert len(cut) > 40
    for row in cut.itertuples():
        share = share_inside(row.geometry, zone)
        assert row.near_size_m2 == pytest.approx(share * row.size_m2, abs=0.01 * row.size_m2 + 2)
    whole = exact_size_m2(polygons)
    parts = exact_size_m2(shapely.intersection(polygons, zone))
    parts += exact_size_m2(shapely.difference(polygons, zone))
    assert np.abs(parts - whole).max() < 0.5


@pytest.mark.untraced
def test_a_release_takes_of_a_nasty_hazard_what_it_covers():
    for number in range(len(VALID) * 4):
        name, polygon = valid_polygon(number, (103.7, 12.9), size=0.004)
        land = shapely.box(103.69, 12.89, 103.7007, 12.9011)
        done = cut([polygon], [land])
        whole, left = exact_size_m2([polygon])[0], done.exact_m2[0]
        inside = exact_size_m2([shapely.intersection(polygon, land)])[0]
        assert not done.failed
        assert whole - left - done.sliver_m2[0] == pytest.approx(inside, abs=0.6), name
        if name not in FLAT:
            share = share_inside(polygon, land, 400)
            assert inside == pytest.approx(share * whole, abs=0.03 * whole + 2), name


@pytest.mark.untraced
@pytest.mark.parametrize(("size", "denominator"), [(0.002, 25_000), (0.04, 750_000)])
def test_a_sheet_draws_a_nasty_polygon_as_it_is(size, denominator):
    """In millimetres on the paper, where what is finer than 0.03 is left out."""
    centre = tuple(to_plane(np.array([[103.1, 13.2]]))[0])
    view = View((10, 10, 200, 150), centre, denominator)
    for number in range(len(VALID) * 4):
        name, polygon = valid_polygon(number, (103.1, 13.2), size=size)
        true = shapely.transform(densify([polygon], 0.001)[0], lambda xy: view.to_mm(to_plane(xy)))
        placed = view.on_paper([polygon])[0]
        both = [
            shapely.MultiLineString([r for r in chains(each) if len(r)]) for each in (true, placed)
        ]
        assert shapely.hausdorff_distance(*both) < 0.1, name


def test_no_call_that_builds_polygons_anew_stands_in_the_library():
    banned = re.compile(r"segmentize\(|set_precision\(|buffer\([^()]*, 0(\.0)?[,)]|\.buffer\(0")
    assert banned.search("shapely.segmentize(polygon, 0.005)")
    assert banned.search("shapely.buffer(polygon, 0)")
    for path in Path(mine_geo.__file__).parent.rglob("*.py"):
        found = banned.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name}: {found}"
