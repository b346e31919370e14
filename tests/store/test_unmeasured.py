"""A record that cannot be measured, as earlier versions let in: the others' figures stand."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from mine_geo.errors import GeometryError, OptionError, StoreError
from mine_geo.geo.geometry import size_m2
from mine_geo.ledger import events
from mine_geo.store.ledger import register
from mine_geo.tables.totals import totals
from tests.store.conftest import box

RING = "((103.2 13.5, 103.21 13.5, 103.21 13.51, 103.2 13.5))"
HOLLOW = {
    "part": f"MULTIPOLYGON ({RING}, EMPTY)",
    "first": f"MULTIPOLYGON (EMPTY, {RING})",
    "hole": f"MULTIPOLYGON ({RING[:-1]}, EMPTY))",
}


def enter(store, table, geometry):
    """Register the first hazard of a table as an earlier version would have: unchecked."""
    raw = table.iloc[[0]].assign(hazard_id="OLD-1")
    raw = raw.set_geometry(gpd.GeoSeries([geometry], index=raw.index, crs=4326))
    raw = raw.assign(size_m2=size_m2(raw))
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(register, "checked", lambda table, *_, **__: table)
        earlier.setattr(events, "without_empty", lambda given: (given, np.zeros(len(given), bool)))
        store.register(raw)


@pytest.fixture
def full(store, hazards, border):
    store.load_border(border)
    store.register(hazards)
    return store


@pytest.mark.parametrize("drawn", HOLLOW)
def test_empty_parts_and_holes_of_earlier_versions_are_read_as_what_is_drawn(
    full, hazards, backend, drawn
):
    if (backend, drawn) == ("postgis", "hole"):  # which PostGIS never held
        with pytest.raises(StoreError, match="at least four points"):
            enter(full, hazards, shapely.from_wkt(HOLLOW[drawn]))
        return
    enter(full, hazards, shapely.from_wkt(HOLLOW[drawn]))
    expected = shapely.from_wkt(f"POLYGON {RING}")
    for rule in ("edge", "area"):
        split = full.split(rule=rule).set_index("hazard_id")
        assert len(split) == 5
        assert shapely.equals_exact(shapely.get_parts(split.geometry["OLD-1"])[0], expected)
    assert split["border_distance_m"]["OLD-1"] == pytest.approx(75_900, abs=200)
    assert full.not_in_split().empty
    assert full.rebuild().empty
    assert len(full.hazards(as_of="2100-01-01", known_at="2100-01-01T00:00Z")) == 5
    done = full.record("OLD-1", "cleared", box(103.2, 13.5, 0.005), happened_on="2023-01-01")
    assert done.released_m2 > 0


AFAR = shapely.MultiPolygon([shapely.box(13.2, 12.5, 13.21, 12.51)])
"""On earth, and in Africa: no distance to this border can be told."""


def test_a_record_that_cannot_be_measured_leaves_the_others_their_figures(full, hazards):
    before = {rule: full.split(rule=rule) for rule in ("edge", "centroid", "majority", "area")}
    enter(full, hazards, AFAR)
    for rule, split in before.items():
        after = full.split(rule=rule)
        assert after["hazard_id"].tolist() == split["hazard_id"].tolist()
        columns = ["border_distance_m", "near_size_m2", "far_size_m2"]
        assert after[columns].equals(split[columns])
        assert totals(after, "kind").equals(totals(split, "kind"))
    named = full.not_in_split()
    assert full.not_in_split(only="unmeasured").equals(named)
    assert full.not_in_split(only="waiting").empty
    with pytest.raises(OptionError, match="valid: waiting, unmeasured"):
        full.not_in_split(only="all")
    assert named[["hazard_id", "in_register"]].values.tolist() == [["OLD-1", True]]
    assert "more than 10 degrees of longitude" in named["why"][0]
    assert named["submission_id"].isna().all()


def test_the_balance_by_zone_puts_it_where_no_zone_is_known(full, hazards):
    plain = full.balance(kind="ap_minefield")["remaining_m2"][0]
    enter(full, hazards, AFAR)
    size = int(full.hazards().set_index("hazard_id")["size_m2"]["OLD-1"])
    zones = full.balance(by="zone", kind="ap_minefield").set_index("zone")["remaining_m2"]
    assert zones[["near", "far"]].sum() == plain
    assert zones[zones.index.isna()].tolist() == [size]
    released = full.releases(by="zone", kind="ap_minefield")
    assert released["released_m2"].sum() == 0


def test_a_broken_ring_is_left_out_only_where_polygons_are_cut(full, hazards):
    bow = shapely.MultiPolygon([shapely.Polygon(
        [(103.2, 13.5), (103.21, 13.51), (103.21, 13.5), (103.2, 13.51)])])  # fmt: skip
    enter(full, hazards, bow)
    assert "OLD-1" in set(full.split()["hazard_id"])
    assert full.not_in_split().empty
    assert "OLD-1" not in set(full.split(rule="area")["hazard_id"])
    assert full.not_in_split(rule="area")["why"].tolist() == [
        "invalid ring: Self-intersection[103.205 13.505]"
    ]


def test_retracted_and_loaded_anew_it_is_measured(full, hazards):
    """The mend that the note names."""
    enter(full, hazards, AFAR)
    event = full.history("OLD-1")["event_id"].iloc[0]
    full.retract(event, reason="longitude of another country")
    mended = hazards.iloc[[0]].assign(hazard_id="OLD-1")
    full.register(mended.set_geometry([box(103.2, 13.5)], crs=4326))
    assert full.not_in_split().empty
    assert "OLD-1" in set(full.split()["hazard_id"])


@pytest.mark.parametrize("drawn", HOLLOW)
def test_no_door_of_the_ledger_lets_one_in(full, hazards, drawn):
    hollow = shapely.from_wkt(HOLLOW[drawn])
    frame = hazards.iloc[[0]].assign(hazard_id="NEW-1").set_geometry([hollow], crs=4326)
    told = "an empty part or hole; take it out with mine_geo.geo.geometry.without_empty"
    with pytest.raises(GeometryError, match=f"NEW-1: {told}"):
        full.register(frame)
    for call in (
        lambda: full.record("B-2", "cleared", hollow, happened_on="2023-01-01"),
        lambda: full.record_report("cleared", hollow, happened_on="2023-01-01"),
        lambda: full.amend("B-2", hollow, happened_on="2023-01-01"),
        lambda: full.confirm(
            "B-2", polygon=hollow, happened_on="2023-01-01", outcome="reduced", operator="MAG"
        ),
        lambda: full.divide(
            "B-2", {"B-2a": hollow, "B-2b": box(102.55, 13.1)}, happened_on="2023-01-01"
        ),
    ):
        with pytest.raises(GeometryError, match=told):
            call()
    assert set(full.events()["hazard_id"]) == set(hazards["hazard_id"])


@pytest.mark.parametrize("drawn", HOLLOW)
def test_a_ledger_with_one_is_not_taken_over(store, hazards, drawn):
    hollow = shapely.from_wkt(HOLLOW[drawn])
    event = gpd.GeoDataFrame(
        {"event_id": ["e-1"], "hazard_id": ["B-2"], "event_type": ["cleared"],
         "happened_on": ["2022-05-01"], "recorded_at": ["2022-05-20T08:00:00Z"]},
        geometry=[hollow], crs=4326,
    )  # fmt: skip
    whole = hazards.assign(surveyed_on=hazards["surveyed_on"].fillna("2019-01-01"))
    with pytest.raises(GeometryError, match="event e-1: an empty part or hole"):
        store.import_log(whole, event)
    bad = whole.set_geometry([hollow, *whole.geometry[1:]], crs=4326)
    with pytest.raises(GeometryError, match="B-2: an empty part or hole"):
        store.import_log(bad, event.set_geometry([box(102.55, 13.1)], crs=4326))
    assert store.hazards().empty
