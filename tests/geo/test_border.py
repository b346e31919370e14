"""Distances by hand, against brute force, where planes and spheres go wrong; properties; faults."""

import geopandas as gpd
import geopandas.testing
import numpy as np
import psycopg
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import CRSError, GeometryError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.border import border_lines, to_border
from mine_geo.intake import read_border, read_hazards
from mine_geo.split.distance import border_distance, border_nearest
from tests.hand import GEOD, BruteForce, geod_m, hazards, lines

MERIDIAN = lines([(103, 10), (103, 15)])
PARALLEL = lines([(101, 13), (107, 13)])


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


@pytest.fixture(name="minefields", scope="module")
def _minefields():
    return read_hazards(sample.path("minefields"))


def at_all_ranges(metres, count):
    """Return places spread evenly over the distances, the least and the largest among them."""
    order = np.argsort(metres.to_numpy())
    return order[np.linspace(0, len(order) - 1, count).astype(int)]


def planar_m(polygons, border, system=32648):
    """Return the planar UTM distance."""
    flat = gpd.GeoSeries(list(polygons), crs=4326).to_crs(system)
    return flat.distance(border.geometry.segmentize(0.001).to_crs(system).union_all()).to_numpy()


# By hand


@pytest.mark.parametrize("degrees", [1e-5, 0.01, 0.0645, 0.5, 1.7])
def test_from_a_parallel_the_nearest_way_is_the_meridian(degrees):
    """Along the meridian from the middle of the north side: an edge of a box runs parallel."""
    field = shapely.box(104.9995, 13 + degrees, 105.0005, 13 + degrees + 0.01)
    metres = border_distance(hazards(field), PARALLEL)[0]
    assert metres == pytest.approx(geod_m(105, 13, 105, 13 + degrees), abs=0.02)


@pytest.mark.parametrize("degrees", [1e-5, 0.01, 0.0645, 0.5, 1.5])
def test_from_a_meridian_the_foot_is_found_on_the_geodesic(degrees):
    """The geodesic from the north-west corner meets the meridian at a right angle."""
    corner = 103 + degrees, 13.01
    field = shapely.box(corner[0], 13, corner[0] + 0.01, corner[1])
    latitudes = 13.01 + np.linspace(-0.001, 0.03, 31001)
    brute = geod_m(*np.broadcast_to(corner, (31001, 2)).T, np.full(31001, 103.0), latitudes).min()
    assert border_distance(hazards(field), MERIDIAN)[0] == pytest.approx(brute, abs=0.002)


def test_a_single_point_of_border_is_reached_by_the_geodesic_itself():
    tip = lines([(103, 13), (103 - 1e-7, 13)])
    field = shapely.box(103.2, 13, 103.21, 13.1)
    expected = geod_m(np.full(1001, 103.2), np.linspace(13, 13.1, 1001), np.full(1001, 103.0),
                      np.full(1001, 13.0)).min()  # fmt: skip
    assert border_distance(hazards(field), tip)[0] == pytest.approx(expected, abs=0.01)


def test_touching_crossing_and_holding_the_border_is_zero():
    polygons = [
        shapely.box(103, 13, 103.01, 13.01),
        shapely.box(102.99, 13, 103.01, 13.01),
        shapely.Polygon([(103, 13.0123457), (103.01, 13.01), (103.01, 13.02)]),
        shapely.MultiPolygon(
            [shapely.box(105, 13, 105.1, 13.1), shapely.box(102.9, 13, 103, 13.1)]
        ),
    ]
    assert border_distance(hazards(*polygons), MERIDIAN).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("elsewhere", [[(105, 13), (105, 14)], [(103.101, 12), (103.101, 14)]])
def test_a_field_that_holds_a_whole_border_line_is_at_it(elsewhere):
    """Its rim is kilometres from the line inside; GEOS's prepared search knows rims only."""
    field = hazards(shapely.box(102.9, 12.9, 103.1, 13.1))
    for end in ((103.001, 13.001), (103.05, 13.05)):
        assert border_distance(field, lines([(103, 13), end]))[0] == 0
        assert border_distance(field, lines([(103, 13), end], elsewhere))[0] == 0


def test_a_corner_on_a_slanting_edge_counts_as_touching():
    """A straight lon/lat edge bends by 2 mm between densified vertices; no more than that."""
    slanting = lines([(103, 13), (104, 13.37)])
    foot = [(103 + t, 13 + 0.37 * t) for t in (0.1234567, 0.5, 0.77777)]
    fields = [
        shapely.Polygon([at, (at[0], at[1] - 0.01), (at[0] + 0.01, at[1] - 0.01)]) for at in foot
    ]
    assert border_distance(hazards(*fields), slanting).max() <= 0.003


def test_a_hole_around_the_border_is_measured_from_its_rim():
    rim = shapely.box(102.9, 12.9, 103.1, 13.1)
    ring = shapely.Polygon(shapely.box(102.8, 12.8, 103.2, 13.2).exterior, [rim.exterior.coords])
    stub = lines([(103, 13), (103.05, 13)])
    expected = geod_m(103.05, 13, 103.1, 13)
    assert border_distance(hazards(ring), stub)[0] == pytest.approx(expected, abs=0.05)


def test_the_neighbour_is_that_of_the_nearest_line_and_null_on_the_coast():
    border = lines(
        [(103, 12), (103, 14)], [(104, 12), (104, 14)], [(103.5, 12), (103.5, 14)],
        neighbour=["THA", "VNM", None], kind=["land", "land", "coast"],
    )  # fmt: skip
    frame = hazards(*shapely.box([103.1, 103.8, 103.45], 13, [103.11, 103.81, 103.46], 13.01))
    assert border_nearest(frame, border)["neighbour"].tolist() == ["THA", "VNM", "THA"]
    with_coast = border_nearest(frame, border, include_coast=True)["neighbour"]
    assert with_coast.isna().tolist() == [False, False, True]


# Against brute force


@pytest.mark.parametrize("include_coast", [False, True])
def test_500_hazards_at_all_ranges_against_brute_force(border, minefields, include_coast):
    metres = border_distance(minefields, border, include_coast=include_coast)
    chosen = at_all_ranges(metres, 250)
    brute = BruteForce(border_lines(border, include_coast=include_coast))
    expected = [brute.polygon(polygon) for polygon in minefields.geometry.iloc[chosen]]
    assert np.abs(metres.iloc[chosen] - expected).max() < 0.05
    assert metres.iloc[chosen].min() < 100
    assert metres.iloc[chosen].max() > 40_000


def test_far_inland_against_brute_force(border):
    """100 to 200 km from the border, where the UTM scale varies by up to 2e-4 on the way."""
    rng = np.random.default_rng(7)
    country = gpd.read_file(sample.path("country")).union_all()
    lon, lat = rng.uniform(102.5, 107.4, 4000), rng.uniform(10.5, 14.4, 4000)
    inside = shapely.contains_xy(country, lon, lat)
    fields = hazards(*shapely.box(lon, lat, lon + 0.013, lat + 0.004)[inside])
    metres = border_distance(fields, border)
    chosen = np.flatnonzero(metres > 100_000)[:60]
    assert len(chosen) == 60
    brute = BruteForce(border_lines(border))
    expected = np.array([brute.polygon(polygon) for polygon in fields.geometry.iloc[chosen]])
    assert np.abs(metres.iloc[chosen] - expected).max() < 0.05
    assert np.abs(planar_m(fields.geometry.iloc[chosen], border) - expected).max() > 20


def two_tips(lon, lat, bearing, metres, apart):
    """Return a border of two lines that lead away from a place in two directions."""
    ways = [(bearing, metres), (bearing + 180, metres + apart)]
    return lines(
        *[[GEOD.fwd(lon, lat, way, far + more)[:2] for more in (0, 50)] for way, far in ways]
    )


@pytest.mark.parametrize(("lon", "metres"), [(102.6, 7000), (107.3, 7000), (102.6, 60_000)])
def test_where_the_planar_nearest_is_not_the_geodesic_nearest(lon, metres):
    """East and west of a field the UTM scale differs: the plane names the wrong neighbour."""
    small = shapely.box(lon, 13, lon + 1e-6, 13 + 1e-6)
    inward = 90 if lon < 105 else 270
    fooled = 0
    for apart in metres * np.array([2e-6, 5e-6, 1e-5, 2e-5, 5e-5]):
        border = two_tips(lon, 13, inward + 180, metres, apart)
        border = border.assign(neighbour=["THA", "VNM"])
        each = [BruteForce(border.iloc[[place]]).polygon(small) for place in (0, 1)]
        flat = [planar_m([small], border.iloc[[place]])[0] for place in (0, 1)]
        found = border_nearest(hazards(small), border).iloc[0]
        assert found["border_distance_m"] == pytest.approx(min(each), abs=0.005)
        if abs(each[0] - each[1]) > 0.01:
            assert found["neighbour"] == ["THA", "VNM"][int(np.argmin(each))]
        fooled += int(np.argmin(flat) != np.argmin(each))
        assert abs(min(flat) - min(each)) > metres * 1e-4
    assert fooled


def test_the_nearer_horn_is_measured_although_the_plane_prefers_the_other():
    """Built so that the planar minimum is on the wrong horn by decimetres, both to one segment."""
    project = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)
    tip = (102.4, 13.0)
    x, y = project.transform(*tip)
    distance, tilt = 60_000, np.radians(4)
    border = lines([tip, (tip[0], tip[1] - 1e-6)])
    # Equal in the plane; the horn nearer the central meridian has the smaller scale: it is longer
    # on the ellipsoid. 0.3 m more in the plane for the other keeps it nearer on the ellipsoid.
    inner = project.transform(
        x + distance * np.sin(2 * tilt), y + distance * np.cos(2 * tilt), direction="INVERSE"
    )
    more = distance + 0.1
    outer = project.transform(x - more * np.sin(tilt), y + more * np.cos(tilt), direction="INVERSE")
    roof = project.transform(x, y + distance + 9000, direction="INVERSE")
    horns = shapely.Polygon([inner, roof, outer, (roof[0], roof[1] + 0.01)])
    if not horns.is_valid:
        horns = shapely.Polygon([inner, (roof[0], roof[1] + 0.01), outer, roof])
    assert horns.is_valid
    brute = BruteForce(border).polygon(horns)
    planar = planar_m([horns], border)[0]
    naive = geod_m(*tip, *inner)
    assert planar == pytest.approx(distance, abs=0.01)
    assert naive - brute > 0.1
    assert border_distance(hazards(horns), border)[0] == pytest.approx(brute, abs=0.05)


def test_planar_utm_is_metres_off_at_seven_kilometres(border, minefields):
    metres = border_distance(minefields, border)
    near = np.flatnonzero((metres > 6_500) & (metres < 7_500))
    flat = planar_m(minefields.geometry.iloc[near], border)
    brute = BruteForce(border_lines(border))
    worst = near[np.argsort(-np.abs(flat - metres.iloc[near]))[:20]]
    expected = np.array([brute.polygon(polygon) for polygon in minefields.geometry.iloc[worst]])
    error = np.abs(planar_m(minefields.geometry.iloc[worst], border) - expected)
    assert error.max() > 2
    assert np.abs(metres.iloc[worst] - expected).max() < 0.05
    scale = 1 - 0.9996 * (1 + (500_000 - 201_000) ** 2 / (2 * 6_371_000**2))
    assert error.max() < 7_500 * abs(scale) + 1.5


PLACES = [(103.0, 12.9), (103.6, 12.6), (104.4, 12.7), (105.0, 12.2), (103.9, 13.1), (106.2, 13.1)]


@pytest.mark.postgis
def test_postgis_geography_is_metres_off_where_ours_is_right(border, shared_postgis_url):
    """ST_Distance(geography) measures between the closest pair of a sphere; `<->` is spherical."""
    rng = np.random.default_rng(3)
    country = gpd.read_file(sample.path("country")).union_all()
    lon, lat = rng.uniform(102.5, 107.4, 1200), rng.uniform(10.5, 14.4, 1200)
    inside = shapely.contains_xy(country, lon, lat)
    fields = hazards(*shapely.box(lon, lat, lon + 0.003, lat + 0.002)[inside][:400])
    metres = border_distance(fields, border).to_numpy()
    chosen = np.flatnonzero(metres > 7_000)[::7]
    whole = shapely.to_wkb(shapely.union_all(border_lines(border).geometry.segmentize(0.005)))
    query = """
        SELECT ST_Distance(h, b), h <-> b
        FROM (SELECT ST_GeomFromWKB(%s, 4326)::geography AS h,
                     ST_GeomFromWKB(%s, 4326)::geography AS b) AS pair
    """
    with psycopg.connect(shared_postgis_url) as connection:
        segments = shapely.get_parts(border_lines(border).geometry.segmentize(0.005).to_numpy())
        assert len(segments)
        rows = [
            connection.execute(
                query, (shapely.to_wkb(fields.geometry.iloc[place]), whole)
            ).fetchone()
            for place in chosen
        ]
    spheroid, sphere = np.array(rows).T
    brute = BruteForce(border_lines(border))
    expected = np.array([brute.polygon(g) for g in fields.geometry.iloc[chosen]])
    assert np.abs(metres[chosen] - expected).max() < 0.05
    assert (spheroid - expected).max() > 5
    assert np.abs(sphere - expected).max() > 100


# Properties

BOXES = st.tuples(
    st.floats(102.5, 107), st.floats(10.5, 14), st.floats(1e-4, 0.02), st.floats(1e-4, 0.02)
)


@settings(max_examples=25, deadline=None)
@given(BOXES, st.integers(0, 30), st.booleans())
def test_any_start_direction_and_order_gives_the_same_distance(border, box, shift, backwards):
    lon, lat, wide, high = box
    angle = np.linspace(0, 2 * np.pi, 11, endpoint=False)
    ring = np.column_stack([lon + wide * np.cos(angle), lat + high * np.sin(angle)])
    other = np.roll(ring[::-1] if backwards else ring, shift, axis=0)
    square = shapely.box(lon + 0.05, lat, lon + 0.06, lat + 0.01)
    one = shapely.MultiPolygon([shapely.Polygon(ring), square])
    two = shapely.MultiPolygon([square.reverse(), shapely.Polygon(other)])
    metres = border_distance(hazards(one, two), border)
    assert metres[0] == pytest.approx(metres[1], abs=1e-6)


def test_order_of_rows_index_and_input(border, minefields):
    some = minefields.sample(300, random_state=1)
    some.index = [f"row {n % 7}-{n}" for n in range(len(some))]
    before, border_before = some.copy(deep=True), border.copy(deep=True)
    metres = border_distance(some, border)
    assert metres.index.equals(some.index)
    assert metres.name == "border_distance_m"
    gpd.testing.assert_geodataframe_equal(some, before)
    gpd.testing.assert_geodataframe_equal(border, border_before)
    shuffled = some.sample(frac=1, random_state=2)
    assert (border_distance(shuffled, border) == metres.loc[shuffled.index]).all()
    alone = border_distance(some.iloc[[17]], border)
    assert alone.iloc[0] == metres.iloc[17]


def test_cutting_the_border_line_into_pieces_or_turning_it_changes_nothing(border, minefields):
    some = minefields.sample(200, random_state=5)
    metres = border_distance(some, border)
    parts = border.explode(ignore_index=True)
    parts = parts.set_geometry(parts.geometry.reverse()).sample(frac=1, random_state=4)
    assert border_distance(some, parts).to_numpy() == pytest.approx(metres.to_numpy(), abs=0.01)


def test_repeated_vertices_and_parts_without_length_change_nothing():
    field = hazards(shapely.box(103.1, 13, 103.2, 13.1))
    parts = [[(103, 10), (103, 12), (103, 12), (103, 15)], [(103.05, 13), (103.05, 13)]]
    frame = gpd.GeoDataFrame(
        {"kind": ["land"]}, geometry=[shapely.MultiLineString(parts)], crs=4326
    )
    expected = border_distance(field, MERIDIAN)[0]
    assert border_distance(field, to_border(frame))[0] == pytest.approx(expected, abs=1e-6)


def test_points_lines_and_polygons_side_by_side():
    """Centroids and feet are measured too; nothing of a line or a ring is lost."""
    hole = shapely.box(102.9, 12.9, 103.1, 13.1).exterior.coords
    frame = gpd.GeoSeries(
        [
            shapely.Point(103.3, 13),
            shapely.Polygon(shapely.box(102, 12, 104, 14).exterior, [hole]),
            shapely.LineString([(103.5, 13), (103.2, 13)]),
            shapely.MultiPoint([(103.7, 13), (103.4, 13)]),
            None,
            shapely.box(103.6, 12.9999, 103.7, 13.0001),
        ],
        crs=4326,
    )
    stub = lines([(103, 13), (103, 13.00001)])
    metres = border_distance(frame, stub)
    east = [103.3, 103.1, 103.2, 103.4, np.nan, 103.6]
    expected = [geod_m(103, 13, lon, 13) for lon in east]
    assert metres.to_numpy() == pytest.approx(np.array(expected), abs=0.1, nan_ok=True)


def test_missing_and_empty_geometries_are_nan_and_no_rows_no_distances():
    series = gpd.GeoSeries([None, shapely.box(103, 13, 103.1, 13.1), shapely.Polygon()], crs=4326)
    assert np.isnan(border_distance(series, MERIDIAN)).tolist() == [True, False, True]
    assert border_distance(series.iloc[[0, 2]], MERIDIAN).isna().all()
    assert border_distance(series.iloc[:0], MERIDIAN).empty


# Faults


def line(*xy):
    return shapely.LineString(xy)


def quiet(text):
    with np.errstate(invalid="ignore"):
        return shapely.from_wkt(text)


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        (shapely.box(103, 12, 104, 13), "record 2: Polygon instead of a line"),
        (shapely.Point(103, 12), "record 2: Point instead of a line"),
        (None, "record 2: no geometry"),
        (shapely.LineString(), "record 2: empty geometry"),
        (line((103, 12), (103, 12)), "record 2: a line without length"),
        (line((300000, 1400000), (310000, 1400000)), "record 2: not longitude / latitude"),
        (quiet("LINESTRING (103 12, 103 NaN, 104 14)"), "record 2: a coordinate is not a finite"),
    ],
)
def test_what_is_no_border_line_is_refused(geometry, told):
    fine = line((103, 12), (103, 14))
    frame = gpd.GeoDataFrame(geometry=[fine, geometry], crs=4326)
    with pytest.raises(GeometryError, match=told):
        to_border(frame)
    table = gpd.GeoDataFrame(
        {"kind": "land", "neighbour": "THA", "border_name": "x", "border_version": "1",
         "accuracy_m": 0.0}, geometry=[fine, geometry], crs=4326, index=[0, 1],
    )  # fmt: skip
    with pytest.raises(GeometryError, match=told):
        border_distance(hazards(shapely.box(103, 13, 104, 14)), table)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"kind": ["land", None]}, "record 2 has no kind"),
        ({"kind": ["land", "river"]}, "river"),
        ({"neighbour": ["THA", "Laos"]}, "Laos"),
        ({"neighbour": ["THA", None]}, "record 2 has no kind and no neighbour"),
        ({"kind": ["land", "coast"], "neighbour": "THA"}, "record 2 is coast and has a neighbour"),
        ({"kind": "land", "accuracy_m": [50, -5]}, "accuracy_m -5"),
        ({"kind": "land", "accuracy_m": ["50", "about 50"]}, "about 50"),
    ],
)
def test_words_and_lengths_of_a_border(columns, told):
    frame = gpd.GeoDataFrame(columns, geometry=[line((103, 12), (103, 14))] * 2, crs=4326)
    with pytest.raises(RecordError, match=told):
        to_border(frame)


def test_what_is_not_demarcated_is_kept_as_said():
    lines = [shapely.LineString([(102, 13), (102, 13 + n)]) for n in (1, 2, 3)]
    frame = gpd.GeoDataFrame(
        {"demarcated": ["no", None, "1"], "neighbour": "LAO"}, geometry=lines, crs=4326
    )
    assert to_border(frame)["demarcated"].tolist() == [False, None, True]
    with pytest.raises(RecordError, match="demarcated partly is neither yes nor no"):
        to_border(frame.assign(demarcated=["no", "partly", "1"]))


def test_defaults_of_a_border():
    frame = gpd.GeoDataFrame(
        {"border_name": [None], "neighbour": "THA"},
        geometry=[line((103, 12), (103, 14))],
        crs=4326,
    )
    table = to_border(frame).iloc[0]
    assert (table["kind"], table["border_name"], table["border_version"]) == (
        "land", "border", "unversioned",
    )  # fmt: skip
    assert table["accuracy_m"] == 0


def test_wrong_systems_bare_frames_and_other_continents_are_refused():
    field = hazards(shapely.box(103.1, 13, 103.2, 13.1))
    with pytest.raises(CRSError, match="border lines"):
        border_distance(field, MERIDIAN.to_crs(32648))
    with pytest.raises(CRSError, match="border lines"):
        to_border(MERIDIAN.set_crs(None, allow_override=True))
    with pytest.raises(CRSError, match="hazards"):
        border_distance(field.to_crs(32648), MERIDIAN)
    with pytest.raises(RecordError, match="read_border"):
        border_distance(field, MERIDIAN[["geometry"]])
    with pytest.raises(GeometryError, match="no land line"):
        border_distance(field, MERIDIAN.assign(kind="coast"))
    with pytest.raises(GeometryError, match="A1: not in longitude"):
        border_distance(hazards(field.geometry[0], shapely.box(-74, 4, -73.9, 4.1)), MERIDIAN)
    with pytest.raises(GeometryError, match="cut it to the country"):
        border_distance(field, lines([(103, 12), (103, 14)], [(-70, 4), (-70, 5)]))
    broken = quiet("POLYGON ((103 13, 103.1 NaN, 103.1 13.1, 103 13))")
    with pytest.raises(GeometryError, match="A1"):
        border_distance(hazards(field.geometry[0], broken), MERIDIAN)


def test_read_border(tmp_path):
    path = tmp_path / "lines.gpkg"
    gpd.GeoDataFrame(geometry=[line((103, 12), (103, 14))], crs=4326).to_file(path)
    table = read_border(path, version="2024", accuracy_m=30, kind="land")
    assert table.iloc[0][["border_name", "border_version", "accuracy_m"]].tolist() == [
        "lines", "2024", 30,
    ]  # fmt: skip
    fields = tmp_path / "fields.gpkg"
    hazards(shapely.box(103, 12, 104, 14)).to_file(fields)
    with pytest.raises(GeometryError, match=r"fields\.gpkg: border: record 1: .*Polygon"):
        read_border(fields)
    old = gpd.GeoDataFrame({"CNTRY": ["TH"]}, geometry=[line((103, 12), (103, 14))], crs=4131)
    old.to_file(tmp_path / "old.gpkg")
    with pytest.raises(CRSError, match="Indian 1960"):
        read_border(tmp_path / "old.gpkg")
    moved = read_border(tmp_path / "old.gpkg", operation="Indian 1960 to WGS 84 (2)")
    assert 400 < geod_m(103, 12, *moved.geometry[0].coords[0]) < 560
