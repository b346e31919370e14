"""Empty parts and holes, which GEOS calls valid and dies of: at every door that takes geometry."""

import json
from functools import partial

import geopandas as gpd
import numpy as np
import pytest
import shapely

import mine_geo as mg
from mine_geo.errors import GeometryError
from mine_geo.geo import blobs, sample
from mine_geo.geo.admin import assign_admin, to_admin
from mine_geo.geo.border import to_border
from mine_geo.geo.geometry import (
    densify,
    exact_size_m2,
    find_faults,
    to_multipolygons,
    without_empty,
)
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read_admin, read_border
from mine_geo.intake.checks import check_hazards
from mine_geo.ledger.events import to_events
from mine_geo.ledger.preview import release_area, worked_polygon
from mine_geo.split.distance import border_distance
from mine_geo.split.zones import border_sensitivity, border_split, near_zone
from mine_geo.tables.bounds import district_reach
from tests.hand import hazards, lines
from tests.nasty import valid_polygon

RING = "(103 13, 103.01 13, 103.01 13.01, 103 13)"
DRAWN = shapely.from_wkt(f"POLYGON ({RING})")
HOLLOW = {
    "part": f"MULTIPOLYGON (({RING}), EMPTY)",
    "first part": f"MULTIPOLYGON (EMPTY, ({RING}))",
    "many parts": f"MULTIPOLYGON (EMPTY, EMPTY, ({RING}), EMPTY)",
    "hole": f"POLYGON ({RING}, EMPTY)",
    "hole of a part": f"MULTIPOLYGON (({RING}, EMPTY), EMPTY)",
    "high": "MULTIPOLYGON Z (((103 13 5, 103.01 13 5, 103.01 13.01 5, 103 13 5)), EMPTY)",
}
POLYGONS = {name: shapely.from_wkt(text) for name, text in HOLLOW.items()}
TOLD = "an empty part or hole; take it out with mine_geo.geo.geometry.without_empty"


ONE_BY_ONE = {
    "point": shapely.Point(103, 13),
    "no point": shapely.Point(),
    "missing": None,
    "nothing": shapely.Polygon(),
    "no parts": shapely.MultiPolygon(),
    "collection": shapely.GeometryCollection([DRAWN, shapely.Point(103, 13)]),
    "hole": shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 2, 2),
    "two parts": shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
    "a hole in one part": shapely.MultiPolygon(
        [shapely.box(0, 0, 1, 1), shapely.box(2, 2, 9, 9) - shapely.box(3, 3, 4, 4)]
    ),
    "one part": shapely.MultiPolygon([DRAWN]),
    "height": shapely.force_3d(DRAWN, 7),
    "measure": shapely.from_wkt("POLYGON M ((0 0 1, 1 0 1, 1 1 1, 0 0 1))"),
} | POLYGONS


def test_what_is_empty_is_found_whatever_stands_beside_it():
    # Read from a store, it is told from the length of the binary; here from the text.
    every = np.array([*ONE_BY_ONE.values(), *ONE_BY_ONE.values()][::-1], dtype=object)
    hollow = [
        g is not None and not g.is_empty and "EMPTY" in shapely.to_wkt(g, trim=True) for g in every
    ]
    assert without_empty(every)[1].tolist() == hollow
    assert sum(hollow) == 2 * len(POLYGONS)
    full = blobs.from_wkbs([None if g is None else shapely.to_wkb(g, flavor="iso") for g in every])
    as_text = [None if g is None else shapely.to_wkt(g, trim=True) for g in without_empty(every)[0]]
    assert [None if g is None else shapely.to_wkt(g, trim=True) for g in full] == as_text


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


@pytest.fixture(name="hollow", params=HOLLOW)
def _hollow(request):
    return POLYGONS[request.param]


def frame(geometry, **columns):
    columns = {"hazard_id": ["AP-1"], "kind": "ap_minefield", **columns}
    return gpd.GeoDataFrame(columns, geometry=[geometry], crs=4326)


def test_what_is_drawn_stays_and_what_is_empty_goes(hollow):
    full, which = without_empty([hollow, DRAWN, None, shapely.Polygon(), shapely.Point(1, 2)])
    assert which.tolist() == [True, False, False, False, False]
    assert find_faults(full[:2], ["A", "B"]).empty
    assert shapely.equals_exact(shapely.get_parts(shapely.force_2d(full[0]))[0], DRAWN)
    assert full[0].has_z == hollow.has_z
    assert full[3].is_empty


def test_real_holes_and_parts_stay():
    hole = [(103.004, 13.001), (103.006, 13.001), (103.006, 13.003), (103.004, 13.001)]
    wkt = f"POLYGON ({RING}, EMPTY, {shapely.LinearRing(hole).wkt.removeprefix('LINEARRING ')})"
    kept = without_empty([shapely.from_wkt(wkt)])[0][0]
    assert shapely.equals_exact(kept, shapely.Polygon(DRAWN.exterior, [hole]))
    for number in range(34):
        polygon = valid_polygon(number)[1]
        assert without_empty([polygon])[1].tolist() == [False]
        hollow = shapely.MultiPolygon([*shapely.get_parts(polygon), shapely.Polygon()])
        back = without_empty([hollow])[0][0]
        assert shapely.equals_exact(back, to_multipolygons([polygon])[0])


def test_in_collections_and_lines_too():
    nested = shapely.from_wkt(
        f"GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (MULTIPOLYGON (({RING}), EMPTY)), POINT EMPTY)"
    )
    multi = shapely.from_wkt("MULTILINESTRING ((103 13, 104 14), EMPTY)")
    full, which = without_empty([nested, multi])
    assert which.all()
    assert [each.wkt.count("EMPTY") for each in full] == [0, 0]
    assert exact_size_m2(full)[0] == exact_size_m2([DRAWN])[0]


def test_figures_are_those_of_what_is_drawn(border, hollow):
    """Also where nobody checked before: no crash, no other figure."""
    assert exact_size_m2([hollow, DRAWN]).tolist() == [exact_size_m2([DRAWN])[0]] * 2
    parts = shapely.get_parts(densify([hollow], 0.003)[0])
    assert shapely.equals_exact(parts, densify([DRAWN], 0.003)).tolist() == [True]
    two = hazards(hollow, DRAWN)
    metres = border_distance(two, border)
    assert metres[0] == metres[1]
    inside = lines([(103.005, 13.001), (103.006, 13.001)])
    assert border_distance(two, inside).tolist() == [0, 0]
    admin = read_admin(sample.path("districts"))
    found = assign_admin(two, admin.set_geometry([hollow, *admin.geometry[1:]], crs=4326))
    assert found.iloc[0].equals(found.iloc[1])
    assert found["share"].tolist() == [1, 1]
    assert district_reach(admin.assign(geometry=hollow), border)["reach"].unique().tolist() == [
        "far"
    ]
    assert near_zone(border, threshold_m=7000, around=two).is_empty


def test_a_split_by_the_edge_measures_what_is_drawn(border, hollow):
    split = border_split(hazards(hollow, DRAWN), border)
    measured = ["border_distance_m", "neighbour", "zone", "near_size_m2", "far_size_m2"]
    assert split.loc[0, measured].tolist() == split.loc[1, measured].tolist()


def test_a_split_that_cuts_refuses_it_by_id_and_takes_such_a_country(border, hollow):
    one = hazards(hollow)
    cutting = partial(border_split, rule="area")
    for split in (cutting, partial(border_split, rule="centroid"), border_sensitivity):
        with pytest.raises(GeometryError, match=f"A0: {TOLD}"):
            split(one, border)
    mended = one.set_geometry(without_empty(one)[0], crs=4326)
    assert border_split(mended, border, country=hollow)["outside_m2"].tolist() == [0]


def test_a_table_of_hazards_is_refused_by_id_and_the_mend_works(hollow):
    given = frame(hollow)
    with pytest.raises(GeometryError, match=f"AP-1: {TOLD}"):
        to_hazards(given)
    mended = to_hazards(given.set_geometry(without_empty(given)[0], crs=4326))
    assert mended["size_m2"].tolist() == to_hazards(frame(DRAWN))["size_m2"].tolist()


def test_land_worked_on_is_refused_and_the_mend_works(hollow):
    field = to_hazards(frame(shapely.box(103, 13, 103.01, 13.01)))
    for land in (hollow, [hollow], gpd.GeoSeries([hollow], crs=4326)):
        with pytest.raises(GeometryError, match=TOLD):
            release_area(field, "AP-1", "reduced", land)
    collected = shapely.GeometryCollection([hollow, shapely.Point(103, 13)])
    with pytest.raises(GeometryError, match=TOLD):
        worked_polygon(collected, "the land")
    done = release_area(field, "AP-1", "reduced", without_empty([hollow])[0][0])
    assert done.balance == release_area(field, "AP-1", "reduced", DRAWN).balance
    assert done.balance.released_m2 > 500_000


def test_a_hazard_table_with_one_is_refused_where_it_is_cut(hollow):
    with pytest.raises(GeometryError, match=f"AP-1: {TOLD}"):
        release_area(frame(hollow), "AP-1", "reduced", DRAWN)


def test_an_event_is_refused_by_its_id(hollow):
    event = frame(
        hollow, event_id=["e-1"], event_type=["cleared"], happened_on=["2022-05-01"],
        recorded_at=["2022-05-20T08:00:00Z"],
    )  # fmt: skip
    with pytest.raises(GeometryError, match=f"event e-1: {TOLD}"):
        to_events(event)
    assert len(to_events(event.set_geometry(without_empty(event)[0], crs=4326))) == 1


def test_districts_lose_it_and_are_marked_as_repaired(hollow):
    district = gpd.GeoDataFrame(
        {"district_code": ["0209", "0102"]}, geometry=[hollow, shapely.box(104, 13, 105, 14)],
        crs=4326,
    )  # fmt: skip
    admin = to_admin(district).set_index("district_code")
    assert admin["repaired"].to_dict() == {"0209": True, "0102": False}
    assert shapely.equals_exact(shapely.get_parts(admin.geometry["0209"])[0], DRAWN)


@pytest.mark.parametrize("text", ["MULTILINESTRING ((103 13, 104 14), EMPTY)",
                                  "MULTILINESTRING (EMPTY, (103 13, 104 14))"])  # fmt: skip
def test_a_border_is_refused_by_its_record(text):
    border = gpd.GeoDataFrame({"kind": ["land"]}, geometry=[shapely.from_wkt(text)], crs=4326)
    with pytest.raises(GeometryError, match=f"record 1: {TOLD}"):
        to_border(border)
    mended = to_border(border.set_geometry(without_empty(border)[0], crs=4326))
    assert border_distance(hazards(DRAWN), mended)[0] == 0


def test_a_check_says_it_as_a_warning_and_looks_at_what_is_drawn(hollow):
    found = check_hazards(frame(hollow))
    said = found[found["code"] == "empty_part"]
    assert said[["severity", "hazard_id", "record"]].values.tolist() == [["warning", "AP-1", 1]]
    assert not found["severity"].eq("error").any()


GEOJSON = {
    "part": {"type": "MultiPolygon", "coordinates": [[list(DRAWN.exterior.coords)], []]},
    "hole": {"type": "Polygon", "coordinates": [list(DRAWN.exterior.coords), []]},
}


@pytest.mark.parametrize("name", GEOJSON)
@pytest.mark.parametrize("what", ["hazards", "reports"])
def test_a_file_is_read_without_it_and_says_so(tmp_path, name, what):
    path = tmp_path / "fields.geojson"
    facts = {
        "hazard_id": "AP-1",
        "kind": "ap_minefield",
        "outcome": "cleared",
        "date": "2024-05-01",
    }
    feature = {"type": "Feature", "properties": facts, "geometry": GEOJSON[name]}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    received = mg.intake.read(path, what=what)
    said = received.said()
    said = said[said["code"] == "empty_part"]
    assert said[["severity", "hazard_id"]].values.tolist() == [["warning", "AP-1"]]
    assert shapely.equals(received.table.geometry[0], DRAWN)
    if what == "hazards":
        assert mg.read_hazards(path)["size_m2"].tolist() == np.rint(exact_size_m2([DRAWN])).tolist()
