"""A release tried on a hazard: shares of a box worked out by hand, field polygons, bad input."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from mine_geo.errors import CRSError, GeometryError, OptionError, RecordError, UnknownNameError
from mine_geo.geo.geometry import exact_size_m2, size_m2
from mine_geo.ledger.cut import cut
from mine_geo.ledger.preview import Balance, distance_m, release_area
from tests import nasty

# Size is proportional to width between two meridians: shares of this box are shares of its size.
SIZE = 1_200_148.56
BOX = shapely.box(103, 13, 103.01, 13.01)
METRE = 1 / 111_320


def table(*polygons, crs=4326):
    ids = [f"H{number}" for number in range(1, len(polygons) + 1)]
    return gpd.GeoDataFrame({"hazard_id": ids}, geometry=list(polygons), crs=crs)


def west(share):
    """The western share of the box, reaching out of it to the west, north and south."""
    return shapely.box(102.99, 12.99, 103 + 0.01 * share, 13.02)


@pytest.mark.parametrize(("share", "left"), [(0.25, 900_111), (0.5, 600_074), (0.75, 300_037)])
def test_shares_of_a_box(share, left):
    done = release_area(table(BOX), "H1", "cleared", west(share))
    assert done.balance == Balance(1_200_149, 1_200_149 - left, left)
    assert done.remaining.bounds == pytest.approx((103 + 0.01 * share, 13, 103.01, 13.01))
    assert done.remaining.geom_type == done.released.geom_type == "MultiPolygon"
    assert exact_size_m2([done.released])[0] == pytest.approx(SIZE * share, abs=0.01)


def test_outside_is_said_and_not_released():
    done = release_area(table(BOX), "H1", "reduced", shapely.box(103.005, 13, 103.0125, 13.01))
    assert done.outside_m2 == round(SIZE / 4)
    assert done.balance.released_m2 == 600_075
    assert "300,037 m² lie outside" in done.notes[0]


def test_everything_leaves_nothing():
    done = release_area(table(BOX), "H1", "reduced", BOX.buffer(0.001))
    assert done.remaining.is_empty
    assert done.remaining.geom_type == "MultiPolygon"
    assert done.balance == Balance(1_200_149, 1_200_149, 0)
    assert "closed" in done.notes[-1]
    assert done.released.equals(BOX)


def test_a_hole_is_not_released_twice():
    hole = shapely.box(103.0025, 13.0025, 103.0075, 13.0075)
    ring = shapely.Polygon(BOX.exterior, [hole.exterior])
    done = release_area(table(ring), "H1", "reduced", west(0.5))
    whole = int(size_m2([ring])[0])
    assert done.balance.before_m2 == whole
    assert abs(done.balance.released_m2 - whole / 2) <= 1
    # the hole lies outside what was left
    assert done.outside_m2 == round(exact_size_m2([west(0.5)])[0] - whole / 2)


def test_a_release_inside_leaves_a_hole():
    inner = shapely.box(103.0025, 13.0025, 103.0075, 13.0075)
    done = release_area(table(BOX), "H1", "reduced", inner)
    assert len(done.remaining.geoms[0].interiors) == 1
    assert done.balance.released_m2 == pytest.approx(SIZE / 4, abs=30)


def test_parts_and_rows_count_together():
    quarters = [shapely.box(103 + a, 13, 103 + a + 0.0025, 13.01) for a in (0, 0.0025, 0.0075)]
    multi = shapely.MultiPolygon([quarters[0], quarters[2]])
    assert release_area(table(BOX), "H1", "reduced", multi).balance.after_m2 == 600_074
    rows = gpd.GeoSeries(quarters, crs=4326)
    assert release_area(table(BOX), "H1", "reduced", rows).balance.after_m2 == 300_037
    assert (
        release_area(table(BOX), "H1", "reduced", rows.to_frame("g").set_geometry("g")).outside_m2
        == 0
    )
    mixed = shapely.GeometryCollection([*quarters, shapely.Point(103, 13), multi])
    assert release_area(table(BOX), "H1", "reduced", mixed).balance.after_m2 == 300_037


def test_a_hazard_in_parts_loses_from_each():
    east = affinity.translate(BOX, 0.02, 0)
    done = release_area(
        table(shapely.MultiPolygon([BOX, east])),
        "H1",
        "reduced",
        shapely.box(103.005, 12, 103.025, 14),
    )
    assert done.balance == Balance(2_400_297, 1_200_148, 1_200_149)


def test_released_already_is_zero_and_said():
    first = release_area(table(BOX), "H1", "reduced", west(0.5))
    again = release_area(table(first.remaining), "H1", "reduced", west(0.5))
    assert again.balance == Balance(600_074, 0, 600_074)
    assert again.released.is_empty
    assert "released already" in again.notes[0]
    gone = release_area(table(shapely.MultiPolygon()), "H1", "reduced", west(0.5))
    assert gone.balance == Balance(0, 0, 0)
    assert "released already" in gone.notes[0]


@pytest.mark.parametrize("metres", [10.0, 1000.0, 20_000.0])
def test_a_miss_says_by_how_many_metres(metres):
    # along a meridian: 110,630 m a degree at 13.05 degrees north (Karney)
    south = shapely.box(103, 12, 103.01, 13 - metres / 110_630)
    with pytest.raises(GeometryError, match=r"misses H1 by ") as caught:
        release_area(table(BOX), "H1", "reduced", south)
    said = float(str(caught.value).split(" by ")[1].split(" m")[0].replace(",", ""))
    assert said == pytest.approx(metres, rel=0.001)


def test_distance_along_a_parallel_is_geodesic():
    # a degree of longitude at 60 degrees north is half of one at the equator
    one, other = shapely.box(0, 60, 1, 60.00001), shapely.box(2, 60, 3, 60.00001)
    assert distance_m(one, other) == pytest.approx(55_799, abs=5)


def test_touching_edges_release_nothing():
    done = release_area(table(BOX), "H1", "reduced", shapely.box(103.01, 13, 103.02, 13.01))
    assert done.balance == Balance(1_200_149, 0, 1_200_149)
    assert done.remaining.equals(BOX)
    assert "only touches" in done.notes[0]


@pytest.mark.parametrize("thick", [0.001, 0.02, 0.045])
def test_a_sliver_left_goes_with_the_release(thick):
    north = shapely.box(102, 12, 104, 13.01 - thick * METRE)
    done = release_area(table(BOX), "H1", "reduced", north)
    assert done.remaining.is_empty
    assert done.sliver_m2 == pytest.approx(thick * 1084, rel=0.02, abs=0.6)
    assert "strips thinner than 0.05 m" in " ".join(done.notes)


def test_no_line_is_left_of_a_sliver():
    """Cut along a meridian through its top edge: half of what is left would be a line."""
    low, top = (102.78736749999999, 13.850852351050184), (102.78736749999999, 13.855354189744128)
    west = [
        (102.7865229, 13.8508512),
        (102.7867628, 13.851998),
        (102.7867127, 13.8527411),
        (102.7866129, 13.8533743),
        (102.7867036, 13.8546177),
        (102.7872546, 13.8553929),
    ]
    east = [
        (102.7882121, 13.8550646),
        (102.7880107, 13.8542568),
        (102.7878954, 13.853259),
        (102.7878785, 13.8527676),
        (102.7878938, 13.8520057),
        (102.7877703, 13.8508529),
    ]
    field = shapely.MultiPolygon([shapely.Polygon([*west, *east])])
    drawn = shapely.MultiPolygon([shapely.Polygon([*west, top, low])])
    done = cut([field], [drawn])
    assert done.after[0].geom_type in {"Polygon", "MultiPolygon"}
    whole, taken = exact_size_m2([field, drawn])
    assert abs(done.exact_m2[0] - (whole - taken)) < 0.5


def test_a_strip_thicker_than_the_tolerance_stays():
    done = release_area(
        table(BOX), "H1", "reduced", shapely.box(102, 12, 104, 13.01 - 0.06 * METRE)
    )
    assert done.balance.after_m2 == pytest.approx(0.06 * 1084, abs=1)
    assert done.sliver_m2 == 0


def test_thin_arms_beside_the_cut_go_with_it_and_the_rest_stays():
    off = 0.01 * METRE
    done = release_area(
        table(BOX), "H1", "reduced", shapely.box(103, 13 + off, 103.005, 13.01 - off)
    )
    assert done.sliver_m2 == pytest.approx(2 * 0.01 * 542, abs=1)
    assert done.balance == Balance(1_200_149, 600_075, 600_074)
    east_half = (103.005, 13, 103.01, 13.01)
    assert done.remaining.bounds == pytest.approx(east_half, abs=1e-12)
    assert done.remaining.length == pytest.approx(0.03, abs=1e-9)  # no hair is left on it


def test_a_thin_neck_elsewhere_is_no_sliver():
    neck = shapely.box(103.01, 13.005, 103.02, 13.005 + 0.02 * METRE)
    hazard = shapely.union_all([BOX, neck, affinity.translate(BOX, 0.02, 0)])
    done = release_area(table(hazard), "H1", "reduced", west(0.5))
    assert done.sliver_m2 == 0
    assert done.remaining.covers(shapely.Point(103.015, 13.005 + 0.01 * METRE))


def test_a_cut_that_rounds_to_nothing_leaves_the_polygon():
    poke = shapely.box(103.0, 13.01 - 0.0004 * METRE, 103.01, 13.02)  # 0.4 mm: 0.43 m²
    done = release_area(table(BOX), "H1", "reduced", poke)
    assert done.balance.released_m2 == 0
    assert done.remaining.geoms[0].equals_exact(BOX)
    assert "rounds to 0" in done.notes[0]


def test_index_and_input_are_kept():
    frame = table(BOX, affinity.translate(BOX, 1, 0)).set_axis(["x", "x"], axis=0)
    copy = frame.copy(deep=True)
    assert release_area(frame, "H2", "reduced", affinity.translate(BOX, 1, 0)).remaining.is_empty
    assert frame.equals(copy)


def test_third_dimension_is_left_out():
    flat = release_area(table(BOX), "H1", "reduced", shapely.force_3d(west(0.5), 17.0))
    assert not flat.remaining.has_z
    assert flat.balance.after_m2 == 600_074


BOW_TIE = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        (BOW_TIE, r"invalid ring: Self-intersection\[103.005 13.005\]"),
        (shapely.MultiPolygon([BOX, west(0.5)]), "invalid ring: "),
        (shapely.GeometryCollection([shapely.Point(0, 0), BOW_TIE]), "invalid ring"),
        (shapely.GeometryCollection([shapely.Point(103, 13)]), "holds no polygon, only Point"),
        (shapely.GeometryCollection(), "holds no polygon"),
        (shapely.LineString([(103, 13), (104, 14)]), "LineString instead of a polygon"),
        (shapely.Polygon(), "empty geometry"),
        (None, "missing"),
        (gpd.GeoSeries([None], crs=4326), "missing"),
        ("POLYGON ((0 0, 1 1, 1 0, 0 0))", "not a geometry"),
        (shapely.box(300_000, 1_440_000, 301_000, 1_441_000), "not longitude / latitude"),
        (shapely.transform(BOX, lambda xy: xy + np.array([np.inf, 0])), "not a finite number"),
    ],
)
def test_bad_polygons_are_refused(polygon, message):
    with pytest.raises(GeometryError, match=message):
        release_area(table(BOX), "H1", "reduced", polygon)


def test_other_reference_systems_are_refused():
    for crs in (32648, 3857, 4131):
        with pytest.raises(CRSError, match="must be in EPSG:4326, not in"):
            release_area(table(BOX), "H1", "reduced", gpd.GeoSeries([BOX], crs=crs))
    with pytest.raises(CRSError, match="set_crs"):
        release_area(table(BOX), "H1", "reduced", gpd.GeoSeries([BOX]))
    with pytest.raises(CRSError, match="hazards must be in EPSG:4326"):
        release_area(table(BOX, crs=32648), "H1", "reduced", BOX)


def test_unknown_outcome_hazard_and_columns():
    with pytest.raises(OptionError, match="valid: cancelled, reduced, cleared"):
        release_area(table(BOX), "H1", "demined", BOX)
    with pytest.raises(UnknownNameError, match="no hazard 'H9'"):
        release_area(table(BOX), "H9", "reduced", BOX)
    with pytest.raises(RecordError, match="stands 2 times"):
        release_area(table(BOX, BOX).assign(hazard_id="H1"), "H1", "reduced", BOX)
    with pytest.raises(RecordError, match="no column 'hazard_id'"):
        release_area(table(BOX)[["geometry"]], "H1", "reduced", BOX)
    with pytest.raises(GeometryError, match="H1: invalid ring"):
        release_area(table(BOW_TIE), "H1", "reduced", BOX)


@pytest.mark.untraced
def test_a_thousand_nasty_pairs():
    refused, cut_up = 0, 0
    for name, hazard, polygon in nasty.pairs(1001, seed=20220104):
        try:
            done = release_area(table(hazard), "H1", "reduced", polygon)
        except GeometryError as error:
            words = ("invalid ring", "misses", "no polygon")
            known = [word for word in words if word in str(error)]
            assert known, (name, error)  # noqa: PT017
            refused += 1
            continue
        had, released, left = vars(done.balance).values()
        assert had == released + left, name
        assert had == size_m2([hazard])[0], name
        assert min(released, left, done.outside_m2, done.sliver_m2) >= 0, name
        assert left == size_m2([done.remaining])[0], name
        whole, rest, taken = exact_size_m2([hazard, done.remaining, done.released])
        assert abs(whole - rest - taken) < 0.5, name
        assert done.remaining.is_valid, name
        assert done.released.is_valid, name
        again = cut([done.remaining], [done.released]) if released else None
        assert again is None or abs(again.exact_m2[0] - rest) < 0.5, name
        cut_up += released > 0
    assert refused < 300
    assert cut_up > 500


coordinates = st.floats(-0.02, 0.02, allow_nan=False, allow_subnormal=False)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12), st.integers(0, 3))
def test_any_ring_balances_or_is_refused(ring, nudges):
    polygon = shapely.Polygon([(103 + x, 13 + y) for x, y in ring])
    polygon = affinity.translate(polygon, 1e-9 * nudges, 0)
    try:
        done = release_area(table(BOX), "H1", "reduced", polygon)
    except GeometryError:
        return
    assert done.balance.before_m2 == done.balance.released_m2 + done.balance.after_m2 == 1_200_149
    assert done.balance.released_m2 >= 0


def test_many_cuts_at_once_are_the_same_as_one_by_one():
    some = [(h, p) for _, h, p in nasty.pairs(300, seed=3) if h.is_valid and p.is_valid]
    some = [(h, p) for h, p in some if p.geom_type in {"Polygon", "MultiPolygon"}]
    together = cut([h for h, _ in some], [p for _, p in some])
    for number, (hazard, polygon) in enumerate(some):
        alone = cut([hazard], [polygon])
        assert alone.after[0].wkb == together.after[number].wkb
        assert alone.exact_m2[0] == together.exact_m2[number]
