"""Repair: only what is broken, kept as polygons, and every square metre of the change said."""

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.geo.geometry import size_m2
from mine_geo.intake.checks import check_hazards, repair
from tests.hand import cell_m2, hazards
from tests.nasty import pairs

BOX = shapely.box(103, 13, 103.01, 13.01)
BOW = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])


def mended(polygon):
    """Return the repaired polygon and the message."""
    table, found = repair(hazards(polygon))
    assert found["code"].tolist() == ["repaired"]
    assert found["severity"].tolist() == ["note"]
    return table.geometry.iloc[0], found["message"].iloc[0]


def test_a_valid_polygon_is_never_changed():
    frame = hazards(BOX, shapely.force_3d(BOX, 5), None, shapely.Polygon()).set_axis([4, 4, 1, 0])
    before = frame.copy(deep=True)
    table, found = repair(frame)
    assert found.empty
    assert_geodataframe_equal(table, before)
    assert table.geometry.iloc[1].has_z


def test_a_bow_tie_becomes_its_two_wings():
    polygon, message = mended(BOW)
    assert polygon.is_valid
    assert polygon.geom_type == "MultiPolygon"
    half = round(cell_m2(103, 13, 103.01, 13.01) / 2)
    assert size_m2([polygon])[0] == pytest.approx(half, abs=1)
    assert message.startswith("self-intersection at 103.0050000, 13.0050000: 600,07")
    assert "; 2 parts now, 1 as drawn; compare it with its report" in message


def test_land_that_was_drawn_twice_stays_land_and_counts_once():
    parts = [shapely.box(103, 13, 103.02, 13.02), shapely.box(103.01, 13.01, 103.03, 13.03)]
    polygon, message = mended(shapely.MultiPolygon(parts))
    twice = cell_m2(103.01, 13.01, 103.02, 13.02)
    assert polygon.equals(shapely.union_all(parts))
    assert f"({-twice:+,.0f} m²); 1 parts now, 2 as drawn" in message


def test_a_ring_wound_twice_is_one_polygon():
    ring = list(BOX.exterior.coords)[:-1]
    polygon, _ = mended(shapely.Polygon(ring + ring))
    assert polygon.equals(BOX)


def test_a_spike_is_cut_off():
    ring = [
        (103, 13),
        (103.01, 13),
        (103.01, 13.01),
        (103.02, 13.02),
        (103.01, 13.01),
        (103, 13.01),
    ]
    polygon, message = mended(shapely.Polygon(ring))
    assert polygon.equals(BOX)
    assert "(+0 m²)" in message


def test_a_collection_keeps_its_polygons():
    mixed = shapely.GeometryCollection(
        [shapely.Point(103, 13), shapely.MultiPolygon([BOX]), shapely.LineString([(1, 1), (2, 2)])]
    )
    polygon, message = mended(mixed)
    assert polygon.equals(BOX)
    assert message.startswith("GeometryCollection instead of a polygon: 1,200,149 m² now")


@pytest.mark.parametrize(
    "hopeless",
    [
        shapely.Polygon([(103, 13), (104, 14), (105, 15)]),
        shapely.Polygon([(103, 13)] * 4),
        shapely.LineString([(103, 13), (104, 13), (104, 14), (103, 13)]),
        shapely.Point(103, 13),
        shapely.GeometryCollection([shapely.Point(103, 13)]),
        shapely.Polygon([(13, 103), (14, 103), (13, 104)]),
    ],
)
def test_what_cannot_be_a_polygon_stays_as_it_was_with_its_error(hopeless):
    frame = hazards(hopeless)
    table, found = repair(frame)
    assert found.empty
    assert table.geometry.iloc[0].equals_exact(hopeless)
    assert "error" in set(check_hazards(table)["severity"])


def test_size_index_columns_and_input_are_kept():
    frame = hazards(BOX, BOW, SIZE_M2=[1_200_149, 0], note=["a", "b"]).set_axis(["x", "y"])
    frame = frame.rename_geometry("shape")
    before = frame.copy(deep=True)
    table, found = repair(frame)
    assert_geodataframe_equal(frame, before)
    assert table.columns.tolist() == before.columns.tolist()
    assert table.index.tolist() == ["x", "y"]
    assert table["SIZE_M2"].tolist() == [1_200_149, int(size_m2(table)[1])]
    assert table.crs == before.crs
    assert found["record"].tolist() == [2]
    assert found["hazard_id"].tolist() == ["A1"]


@settings(max_examples=100)
@given(st.integers(0, 10_000))
def test_after_repair_a_polygon_is_valid_or_as_it_was(seed):
    drawn = [polygon for _, hazard, other in pairs(13, seed) for polygon in (hazard, other)]
    frame = gpd.GeoDataFrame(
        {"hazard_id": [f"A{n}" for n in range(len(drawn))]}, geometry=drawn, crs=4326
    )
    table, found = repair(frame)
    changed = set(found["record"] - 1)
    for place, polygon in enumerate(table.geometry):
        if place in changed:
            assert not drawn[place].is_valid or drawn[place].geom_type == "GeometryCollection"
            assert polygon.is_valid
            assert polygon.geom_type == "MultiPolygon"
            assert size_m2([polygon])[0] > 0
        else:
            assert polygon is drawn[place] or polygon.equals_exact(drawn[place])
    again, nothing = repair(table)
    assert nothing.empty
    assert_geodataframe_equal(again, table)
