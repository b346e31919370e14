"""Each polygon by itself: what GEOS says, where, in words that say how to mend it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from mine_geo.intake.checks import check_hazards, is_fit
from tests.hand import cell_m2, geod_m, hazards

BOX = shapely.box(103, 13, 103.01, 13.01)
BOW = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])
GEOMETRY_CODES = {
    "no_polygon",
    "not_polygon",
    "bad_coordinates",
    "few_points",
    "invalid_ring",
    "self_overlap",
    "vertex_gap",
    "zero_size",
}


def said(*polygons, **options):
    """Return the findings about geometry."""
    found = check_hazards(hazards(*polygons), **options)
    return found[found["code"].isin(GEOMETRY_CODES)].reset_index(drop=True)


def drawn(ring):
    """Return a polygon whose coordinates may be no numbers."""
    with np.errstate(invalid="ignore"):
        return shapely.Polygon(ring)


def one(polygon, **options):
    """Return the single finding about the geometry of one hazard."""
    found = said(polygon, **options)
    assert len(found) == 1, found["message"].tolist()
    return found.iloc[0]


def test_a_sound_polygon_has_no_finding():
    holed = shapely.Polygon(
        BOX.exterior, [shapely.box(103.002, 13.002, 103.004, 13.004).exterior.coords]
    )
    two = shapely.MultiPolygon([BOX, shapely.box(103.02, 13, 103.03, 13.01)])
    corner = shapely.MultiPolygon([BOX, shapely.box(103.01, 13.01, 103.02, 13.02)])
    high = shapely.force_3d(BOX, 12)
    assert said(BOX, holed, two, corner, high).empty


@pytest.mark.parametrize("nothing", [None, shapely.Polygon(), shapely.MultiPolygon()])
def test_no_polygon_is_kept_and_said(nothing):
    found = one(nothing)
    assert (found["code"], found["severity"], found["record"]) == ("no_polygon", "warning", 1)
    assert "not in the split" in found["message"]
    assert found["place"] is None
    assert is_fit(check_hazards(hazards(nothing)), hazards(nothing)).all()


@pytest.mark.parametrize(
    ("geometry", "name"),
    [
        (shapely.Point(103, 13), "Point"),
        (shapely.LineString([(103, 13), (104, 13)]), "LineString"),
        (shapely.GeometryCollection([BOX, shapely.Point(103, 13)]), "GeometryCollection"),
    ],
)
def test_another_type_is_named(geometry, name):
    found = one(geometry)
    assert (found["code"], found["severity"]) == ("not_polygon", "error")
    assert found["message"].startswith(f"{name} instead of a polygon; ")
    assert ("repair" in found["message"]) == (name == "GeometryCollection")
    assert found["place"].distance(shapely.Point(103, 13)) < 1


@pytest.mark.parametrize(
    ("ring", "says"),
    [
        ([(103, 13), (np.nan, 13), (103, 14)], "no number"),
        ([(103, 13), (np.inf, 13), (103, 14)], "no number"),
        ([(13, 103), (13.01, 103), (13, 103.01)], "swapped"),
        ([(103, 13), (103, 91), (104, 13)], "degrees"),
        ([(306000, 1437000), (306100, 1437000), (306000, 1437100)], "metres"),
    ],
)
def test_coordinates_that_are_no_place_on_the_earth(ring, says):
    found = one(drawn(ring))
    assert (found["code"], found["severity"]) == ("bad_coordinates", "error")
    assert says in found["message"]
    assert found["place"] is None


def test_a_single_bad_vertex_is_counted_from_one():
    ring = [(103, 13), (np.nan, 13), (103, 14)]
    assert "vertex 2 of 4" in one(drawn(ring))["message"]


@pytest.mark.parametrize(
    ("ring", "points"),
    [
        ([(103, 13), (104, 14), (103, 13), (103, 13)], "2 different points"),
        ([(103, 13)] * 4, "1 different point"),
    ],
)
def test_fewer_than_three_points(ring, points):
    found = one(shapely.Polygon(ring))
    assert (found["code"], found["severity"]) == ("few_points", "error")
    assert points in found["message"]
    assert found["place"].equals(shapely.Point(103, 13))


def test_a_hole_of_two_points_is_few_points_too():
    found = one(shapely.Polygon(BOX.exterior, [[(103.001, 13.001), (103.002, 13.002)] * 2]))
    assert found["code"] == "few_points"


@pytest.mark.parametrize(
    ("polygon", "reason", "x", "y"),
    [
        (BOW, "self-intersection", 103.005, 13.005),
        (
            shapely.Polygon([(103, 13), (103.04, 13), (103.04, 13.04), (103.02, 13), (103, 13.04)]),
            "ring Self-intersection",
            103.02,
            13,
        ),
        (
            shapely.Polygon(BOX.exterior, [[(104, 13), (104.01, 13), (104, 13.01)]]),
            "hole lies outside shell",
            104,
            13,
        ),
    ],
)
def test_an_invalid_ring_is_said_with_reason_and_place(polygon, reason, x, y):
    found = one(polygon)
    assert (found["code"], found["severity"]) == ("invalid_ring", "error")
    assert found["message"].startswith(f"{reason} at {x:.7f}, {y:.7f};")
    assert found["place"].distance(shapely.Point(x, y)) < 1e-9


def test_three_points_on_a_line_are_an_invalid_ring():
    found = one(shapely.Polygon([(103, 13), (104, 14), (105, 15)]))
    assert found["code"] == "invalid_ring"


def test_an_invalid_ring_is_not_measured_and_not_compared():
    long_bow = shapely.Polygon([(103, 13), (104, 14), (104, 13), (103, 14)])
    same = {"kind": ["ap_minefield"] * 2, "reported_size_m2": [1.0, 1.0], "province": ["Kep"] * 2}
    frame = hazards(long_bow, long_bow, **same)
    country = shapely.box(90, 1, 91, 2)
    found = check_hazards(frame, country=country, register=hazards(BOX, kind=["ap_minefield"]))
    assert set(found["code"]) == {"invalid_ring", "missing_data"}


def test_overlapping_parts_are_said_with_their_size():
    # Two cells of 0.02 degrees that share one of 0.01.
    parts = [shapely.box(103, 13, 103.02, 13.02), shapely.box(103.01, 13.01, 103.03, 13.03)]
    found = one(shapely.MultiPolygon(parts))
    assert (found["code"], found["severity"]) == ("self_overlap", "error")
    assert f"{cell_m2(103.01, 13.01, 103.02, 13.02):,.0f} m² would count twice" in found["message"]


def test_a_part_within_another_overlaps():
    parts = [shapely.box(103, 13, 103.03, 13.03), shapely.box(103.01, 13.01, 103.02, 13.02)]
    found = one(shapely.MultiPolygon(parts))
    assert f"{cell_m2(103.01, 13.01, 103.02, 13.02):,.0f} m² would count twice" in found["message"]


def test_parts_that_share_an_edge_are_told_from_overlap():
    parts = [shapely.box(103, 13, 103.01, 13.01), shapely.box(103.01, 13, 103.02, 13.01)]
    found = one(shapely.MultiPolygon(parts))
    assert (found["code"], "share an edge" in found["message"]) == ("self_overlap", True)


def test_an_invalid_part_is_said_before_overlap():
    assert one(shapely.MultiPolygon([BOW, BOX]))["code"] == "invalid_ring"


def test_a_long_edge_is_measured_by_the_geodesic():
    wide = shapely.box(103, 13, 103.05, 13.001)  # 5,423 m along the parallel
    found = one(wide)
    assert (found["code"], found["severity"]) == ("vertex_gap", "warning")
    metres = geod_m(103, 13, 103.05, 13)
    assert metres == pytest.approx(0.05 * 108_485, abs=1)  # a degree there, by tables
    assert found["message"].startswith(f"an edge of {metres:,.0f} m (and 1 more beyond 5,000 m)")
    assert found["place"].distance(shapely.Point(103.025, 13)) < 1e-9
    assert said(wide, longest_edge_m=metres + 0.01).empty
    assert len(said(wide, longest_edge_m=metres - 0.01)) == 1


def test_the_longest_edge_is_found_in_any_ring_of_any_part():
    far = shapely.box(104, 12, 105, 13)
    hole = shapely.box(104.1, 12.1, 104.9, 12.9)
    both = shapely.MultiPolygon([BOX, far.difference(hole)])
    found = one(both)
    metres = max(geod_m(104, 12, 105, 12), geod_m(104, 12, 104, 13))
    assert f"an edge of {metres:,.0f} m (and 7 more" in found["message"]


def test_an_edge_across_two_parts_is_none():
    apart = shapely.MultiPolygon([BOX, shapely.box(105, 12, 105.01, 12.01)])
    assert said(apart).empty


def test_a_polygon_that_counts_as_nothing_is_said():
    tiny = shapely.box(103, 13, 103 + 5e-6, 13 + 5e-6)  # 0.54 m by 0.55 m: 0.3 m²
    assert one(tiny)["code"] == "zero_size"
    assert said(shapely.box(103, 13, 103 + 9e-6, 13 + 9e-6)).empty  # 0.97 m²


def test_findings_are_in_order_and_say_which_record():
    frame = hazards(BOW, BOX, None, BOW).set_axis([9, 9, 3, "x"])
    found = check_hazards(frame)
    order = list(zip(found["record"], found["code"], strict=True))
    assert order == sorted(order)
    rings = found[found["code"] == "invalid_ring"]
    assert rings["record"].tolist() == [1, 4]
    assert rings["hazard_id"].tolist() == ["A0", "A3"]
    fit = is_fit(found, frame)
    assert fit.tolist() == [False, True, True, False]
    assert fit.index.tolist() == [9, 9, 3, "x"]
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.crs == "EPSG:4326"
