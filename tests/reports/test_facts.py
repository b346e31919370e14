"""The facts of a task: balances by hand and against the ledger's, corners and neighbours anew."""

import re
from dataclasses import replace
from pathlib import Path

import mgrs
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from mine_geo import maps
from mine_geo.errors import OptionError, RecordError, UnknownNameError
from mine_geo.reports import Gatherer, facts
from mine_geo.split.zones import border_split
from mine_geo.store import create_store
from mine_geo.tables import movements
from tests.hand import GEOD, BruteForce, cell_m2, geod_m, lines
from tests.reports.conftest import HUNDRED, registered

TOLERANCE_M = 0.1


def test_the_balance_of_a_task_is_that_worked_out_by_hand(by_hand):
    found = facts(by_hand, ["AP-2", "AP-1"], number="T-7")
    whole, reduced = cell_m2(103, 13, 103.01, 13.01), cell_m2(103, 13, 103.01, 13.002)
    cleared = cell_m2(103.005, 13.002, 103.01, 13.01)
    other = cell_m2(103.012, 13, 103.02, 13.01)
    assert found.ids == ["AP-2", "AP-1"]
    assert found.balance["hazard_id"].tolist() == ["AP-2", "AP-1"]
    line = found.by_kind.iloc[0]
    assert len(found.by_kind) == 1
    assert line["cancelled_m2"] == round(other)
    assert line["reduced_m2"] == pytest.approx(reduced, abs=1)
    assert line["cleared_m2"] == pytest.approx(cleared, abs=1)
    assert line["remaining_m2"] == pytest.approx(whole - reduced - cleared, abs=1)
    assert line["task_m2"] == round(whole) + round(other)
    parts = line[["cancelled_m2", "reduced_m2", "cleared_m2", "remaining_m2"]].sum()
    assert line["task_m2"] == parts


def test_kinds_are_never_added_up(by_hand):
    found = facts(by_hand, ["AP-1", "CM-1"])
    assert found.by_kind["kind"].tolist() == ["ap_minefield", "cluster_munition"]
    assert found.by_kind["task_m2"].tolist() == found.balance["task_m2"].tolist()


def test_a_closed_hazard_is_told_as_it_was_last_drawn(by_hand):
    found = facts(by_hand, "AP-2")
    hazard = found.hazards.iloc[0]
    assert (hazard["remains"], hazard["status"], hazard["size_m2"]) == (False, "closed", 0)
    assert hazard.geometry.equals(shapely.MultiPolygon([shapely.box(103.012, 13, 103.02, 13.01)]))
    assert hazard["border_distance_m"] == pytest.approx(
        geod_m(102.95, 13.01, 103.012, 13.01), abs=1
    )
    assert hazard["zone"] == "near"
    assert len(found.points) == 4
    assert found.released["released_m2"].tolist() == found.by_kind["task_m2"].tolist()
    assert len(found.released_points) == 4


def test_history_says_what_each_event_did_and_what_does_not_count(by_hand):
    told = facts(by_hand, "AP-1").history.set_index("event_id")
    assert told["event_type"].tolist() == ["registered", "reduced", "cleared", "cleared"]
    assert (
        told.loc["TS-1", "reduced_m2"]
        == told.loc["TS-1", "before_m2"] - told.loc["TS-1", "after_m2"]
    )
    assert told.loc["CL-0", "note"] == "does not count: the hazard is not registered on that day"
    assert pd.isna(told.loc["CL-0", "cleared_m2"])


def test_items_are_of_reports_that_say_and_the_silent_are_counted(by_hand):
    items = facts(by_hand, "AP-1").items.set_index("outcome")
    assert items.loc["cleared", ["ap_mines", "uxo", "events", "silent"]].tolist() == [7, 0, 1, 0]
    assert pd.isna(items.loc["cleared", "submunitions"])
    assert pd.isna(items.loc["reduced", "ap_mines"])
    assert items.loc["reduced", ["events", "silent"]].tolist() == [1, 1]


def test_access_is_what_the_record_says_and_nothing_personal_is_read(by_hand):
    found = facts(by_hand, ["AP-1", "AP-9"])
    assert found.access.to_numpy().tolist() == [
        ["AP-1", "access_route", "from the pagoda 2 km north"]
    ]
    assert "personal_guide" in by_hand.split
    assert not [name for name in found.hazards if name.startswith("personal_")]


def test_every_balance_of_the_sample_is_that_of_the_ledger(sampled):
    rng = np.random.default_rng(17)
    ids = sampled.ledger.hazards["hazard_id"].to_numpy()
    released = sampled.releases["hazard_id"].unique()
    gatherer = Gatherer(sampled)
    for size in (1, 2, 3, 5, 8) * 6:
        chosen = [*rng.choice(released, size, replace=False), *rng.choice(ids, 1)]
        chosen = list(dict.fromkeys(chosen))
        found = gatherer.facts(chosen)
        expected = movements.balance(sampled.ledger.only(chosen), by="kind")
        ours = found.by_kind.sort_values("kind")
        for name in (*movements.SIGNS, "remaining_m2"):
            assert ours[name].tolist() == expected[name].tolist()
        history = found.history[list(movements.SIGNS)].sum()
        assert history.to_dict() == found.balance[list(movements.SIGNS)].sum().to_dict()
        assert found.released["released_m2"].sum() == history[-3:].sum()


def corners(points):
    return points.groupby(["hazard_id", "part", "ring"], sort=False)


def test_turning_points_parse_back_within_ten_centimetres_from_each_of_their_columns(sampled):
    rng = np.random.default_rng(5)
    ids = list(rng.choice(sampled.split["hazard_id"], 40, replace=False))
    points = facts(sampled, ids).points
    drawn = sampled.split.set_index("hazard_id").geometry
    for hazard, own in points.groupby("hazard_id"):
        corner = np.unique(shapely.get_coordinates(drawn[hazard]).round(9), axis=0)
        given = np.unique(own[["longitude", "latitude"]].to_numpy().round(9), axis=0)
        assert len(corner) == len(given)
        for lon, lat in corner:
            at = np.abs(given - [lon, lat]).sum(axis=1).argmin()
            assert geod_m(lon, lat, *given[at]) < TOLERANCE_M
    plane = pyproj.Proj(proj="utm", zone=48, ellps="WGS84")
    lon, lat = plane(points["easting"].to_numpy(), points["northing"].to_numpy(), inverse=True)
    true = points[["longitude", "latitude"]].to_numpy()
    assert GEOD.inv(lon, lat, *true.T)[2].max() < TOLERANCE_M
    # MGRS names a square of 1 m; it is read back as the middle of it
    for point in points.head(200).itertuples():
        y, x = mgrs.MGRS().toLatLon(point.mgrs)
        east, north = plane(x, y)
        assert abs(point.easting - east) < 0.52
        assert abs(point.northing - north) < 0.52
    # walked by bearing and distance from each point, the next one is there
    for _, ring in corners(points):
        xy = ring[["longitude", "latitude"]].to_numpy()
        to = np.roll(xy, -1, axis=0)
        lon, lat, _ = GEOD.fwd(*xy.T, ring["bearing_deg"], ring["distance_m"])
        assert GEOD.inv(lon, lat, *to.T)[2].max() < TOLERANCE_M


def test_a_hazard_of_more_than_a_hundred_corners_has_them_all(by_hand):
    points = facts(by_hand, "AP-100").points
    assert len(points) == 120
    assert points["point_name"].iloc[0] == "AP-100 TP001"
    drawn = {tuple(xy) for xy in shapely.get_coordinates(HUNDRED).round(7)}
    assert drawn == {tuple(xy) for xy in points[["longitude", "latitude"]].to_numpy()}


def test_neighbours_are_those_within_500_m_by_brute_force(sampled):
    rng = np.random.default_rng(8)
    dense = sampled.split[sampled.split["district"] == "Samlout"]
    gatherer = Gatherer(sampled)
    seen = 0
    for hazard in rng.choice(dense["hazard_id"], 4, replace=False):
        found = gatherer.facts([hazard]).neighbours
        own = dense.set_index("hazard_id").geometry[hazard]
        ring = lines(*[list(line.coords) for line in shapely.get_parts(shapely.boundary(own))])
        force = BruteForce(ring)
        around = sampled.split[shapely.distance(sampled.split.geometry.to_numpy(), own) < 0.01]
        around = around[around["hazard_id"] != hazard].set_index("hazard_id")
        metres = around.geometry.map(force.polygon)
        assert set(found["hazard_id"]) == set(metres[metres <= 500].index)
        ours = found.set_index("hazard_id")["distance_m"]
        assert (ours - metres.reindex(ours.index)).abs().to_numpy().max(initial=0) < 0.05
        assert ours.is_monotonic_increasing
        seen += len(found)
    assert seen > 5


def test_a_hazard_inside_another_is_no_metre_away_whichever_is_asked_for(by_hand):
    inner = registered().iloc[:1].assign(hazard_id="IN", kind="other_erw")
    inner = inner.set_geometry(shapely.box([103.004], [13.004], [103.005], [13.005]))
    frame = pd.concat([registered().iloc[:1], inner], ignore_index=True)
    split = border_split(frame.assign(size_m2=1), by_hand.border)
    for one, other in (("AP-1", "IN"), ("IN", "AP-1")):
        found = facts(maps.layers(split), one).neighbours
        assert found[["hazard_id", "distance_m", "nearest_id"]].to_numpy().tolist() == [
            [other, 0.0, one]
        ]


def test_hazards_of_one_task_are_no_neighbours_of_each_other(by_hand):
    assert set(facts(by_hand, "AP-1").neighbours["hazard_id"]) == {"CM-1"}
    assert facts(by_hand, ["AP-1", "CM-1"]).neighbours.empty
    gap = geod_m(103, 13.01, 103, 13.011)
    assert facts(by_hand, "AP-1").neighbours["distance_m"].iloc[0] == pytest.approx(gap, abs=0.05)


def test_without_a_ledger_there_is_no_balance_and_none_is_made_up(by_hand):
    found = facts(replace(by_hand, ledger=None), "AP-1")
    assert found.balance.empty
    assert found.history.empty
    assert found.unbooked["hazard_id"].tolist() == ["AP-1"]


def test_what_the_ledger_does_not_hold_is_in_no_balance(by_hand):
    waiting = by_hand.split.iloc[:1].assign(hazard_id="NEW", in_workbench=True)
    split = pd.concat([by_hand.split, waiting], ignore_index=True)
    found = facts(replace(by_hand, split=split), ["AP-1", "NEW"])
    assert found.unbooked["hazard_id"].tolist() == ["NEW"]
    assert found.balance["hazard_id"].tolist() == ["AP-1"]


@pytest.mark.parametrize(
    ("ids", "error", "said"),
    [
        ([], OptionError, "at least one id"),
        (["AP-1", "AP-1"], RecordError, "AP-1: stands twice"),
        (["AP-1", "AP-3"], UnknownNameError, "AP-3 in the register"),
    ],
)
def test_ids_that_are_no_task_are_refused(by_hand, ids, error, said):
    with pytest.raises(error, match=re.escape(said)):
        facts(by_hand, ids)


def test_a_split_of_another_day_than_the_ledger_is_refused(by_hand):
    other = by_hand.split.assign(size_m2=by_hand.split["size_m2"] + 1)
    with pytest.raises(RecordError, match="what remains is not what the ledger has"):
        facts(replace(by_hand, split=other), "AP-1")


def test_a_store_gives_the_ledger_of_the_day_that_is_asked_for(by_hand, tmp_path: Path):
    with create_store(tmp_path / "register.gpkg") as store:
        store.load_border(by_hand.border)
        store.register(registered().iloc[:1])
        half = shapely.box(103.005, 12.9, 103.011, 13.1)
        store.record("AP-1", "cleared", half, happened_on="2022-05-01", ap_mines=2)
        before = facts(store.layers(ledger=True, as_of="2022-04-30"), "AP-1")
        now = facts(store.layers(ledger=True), "AP-1")
        assert store.layers().ledger is None
        assert before.by_kind["cleared_m2"].tolist() == [0]
        expected = store.balance(kind="ap_minefield")
    assert now.by_kind[list(movements.SIGNS)].equals(expected[list(movements.SIGNS)])
    assert now.items["ap_mines"].tolist() == [2]


def test_the_layers_are_not_changed(by_hand):
    split, ledger = by_hand.split.copy(), by_hand.ledger.effects.copy()
    facts(by_hand, ["AP-1", "AP-2"])
    assert_geodataframe_equal(split, by_hand.split)
    pd.testing.assert_frame_equal(ledger, by_hand.ledger.effects)
