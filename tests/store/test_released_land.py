"""Released land out of a store: the same polygons and figures from both backends."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import shapely

from mine_geo.disclosure.disclosed import disclose
from mine_geo.disclosure.settings import PublicSettings
from tests.store.conftest import box
from tests.store.inbox import file, report_file, square

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.store import Store


def remaining(restricted: gpd.GeoDataFrame) -> set[str]:
    """Return the ids of what remains or waits."""
    return set(restricted.loc[restricted["remains"], "hazard_id"])


def shown_of(store: Store) -> int:
    """Return how many released polygons may be shown."""
    split, land = store.split(), store.released_land()
    return len(disclose(split, released=land, restricted=store.restricted()).released)


def test_released_land_is_read_as_it_was_recorded(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    half = box(102.555, 13.1, 0.02)
    store.record("B-2", "reduced", half, happened_on="2022-05-03", operator="MAG", report_ref="T-1")
    store.record("B-2", "cleared", box(102.55, 13.1), happened_on="2023-01-09")
    land = store.released_land()
    assert land[["hazard_id", "outcome", "year"]].to_numpy().tolist() == [
        ["B-2", "reduced", 2022],
        ["B-2", "cleared", 2023],
    ]
    assert land["report_ref"].fillna("").tolist() == ["T-1", ""]
    assert land.crs == "EPSG:4326"
    assert land["province_code"].tolist() == ["02", "02"]
    whole = box(102.55, 13.1)
    assert shapely.union_all(land.geometry.to_numpy()).equals(whole)
    assert int(land["released_m2"].sum()) == int(hazards["size_m2"][0])
    # As of a day, as known at a moment, since a day.
    assert store.released_land(as_of="2022-12-31")["outcome"].tolist() == ["reduced"]
    assert store.released_land(since="2022-12-31")["outcome"].tolist() == ["cleared"]
    assert store.released_land(known_at="2020-01-01T00:00+07:00").empty
    assert store.released_land(kind="cluster_munition").empty


def test_what_is_restricted_is_all_that_remains_then_now_and_on_the_workbench(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    store.load_border(border)
    store.record("B-2", "cleared", box(102.55, 13.1), happened_on="2023-01-09")
    bow_tie = shapely.Polygon([(103.8, 13), (103.81, 13.01), (103.81, 13), (103.8, 13.01)])
    store.submit(
        file({"hazard_id": "W", "geometry": square(103.7)}, {"hazard_id": "X", "geometry": bow_tie})
    )
    now = store.restricted()
    assert remaining(now) == {"A-1", "a-3", "Ä-4", "W", "X"}
    gone = now[~now["remains"]]
    assert gone["hazard_id"].tolist() == ["B-2"]
    assert gone.geometry.iloc[0].equals(box(102.55, 13.1))
    # Shown as of an earlier day: what remained then, and what has come since.
    then = store.restricted(as_of="2022-12-31")
    assert remaining(then) == {"A-1", "B-2", "a-3", "Ä-4", "W", "X"}
    split = store.split(kind="ap_minefield")
    exact = PublicSettings(least_count=1, round_m2=1)
    shown = disclose(split, released=store.released_land(), restricted=now, settings=exact)
    assert shown.released["released_m2"].tolist() == [int(hazards["size_m2"][0])]
    # Land that a waiting polygon touches is not shown.
    store.submit(file({"hazard_id": "Y", "geometry": square(102.56, 13.1)}))
    shown = disclose(
        split, released=store.released_land(), restricted=store.restricted(), settings=exact
    )
    assert shown.released.empty
    assert int(shown.withheld["released_m2"].sum()) == int(hazards["size_m2"][0])


def test_the_whole_family_of_what_remains_is_restricted(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards, registered_on=date(2022, 1, 2))
    store.load_border(border)
    west, north, south = (
        shapely.box(102.55, 13.1, 102.552, 13.11),
        shapely.box(102.552, 13.105, 102.56, 13.11),
        shapely.box(102.552, 13.1, 102.56, 13.105),
    )
    # Divided, merged under another id and divided again; of the first hazard a strip was cleared,
    # 500 m from what is left in the end.
    store.record("B-2", "cleared", west, happened_on="2023-01-09")
    store.divide("B-2", {"P": north, "Q": south}, happened_on="2023-02-01")
    store.record("P", "cleared", north, happened_on="2023-03-01")
    store.merge(["Q", "A-1"], "A-1", happened_on="2023-04-01")
    kept, gone = shapely.box(102.557, 13.1, 102.56, 13.105), hazards.geometry[1]
    parts = {"R": kept, "S": shapely.difference(south, kept), "T": gone}
    store.divide("A-1", parts, happened_on="2023-05-01")
    for part in ("S", "T"):
        store.record(part, "cleared", parts[part], happened_on="2023-06-01")
    assert {"B-2", "P", "Q", "A-1", "R", "S", "T"} <= set(store.restricted()["hazard_id"])
    split, land = store.split(), store.released_land()
    assert disclose(split, released=land, restricted=store.restricted()).released.empty
    store.record("R", "cleared", kept, happened_on="2023-07-01")
    split, land = store.split(), store.released_land()
    assert len(disclose(split, released=land, restricted=store.restricted()).released) == 5


def test_a_waiting_record_without_a_polygon_withholds_the_hazard_of_its_id(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    store.load_border(border)
    store.record("B-2", "cleared", box(102.55, 13.1), happened_on="2023-01-09")
    assert shown_of(store) == 1
    store.submit(file({"hazard_id": "other", "geometry": None}))
    store.submit(file({"hazard_id": None, "geometry": None}))  # of what, nobody knows
    assert shown_of(store) == 1
    store.submit(file({"hazard_id": "B-2", "geometry": None}))
    assert "B-2" in remaining(store.restricted())
    assert shown_of(store) == 0


def test_a_waiting_point_and_a_waiting_report_withhold_what_lies_there(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    store.load_border(border)
    store.record("B-2", "cleared", box(102.55, 13.1), happened_on="2023-01-09")
    store.submit(file({"hazard_id": "far", "geometry": shapely.Point(102.6, 13.105)}))
    assert shown_of(store) == 1
    drawn = {"event_type": "amended", "happened_on": "2024-01-09"}
    store.submit(report_file({"hazard_id": "B-2", "geometry": square(104.0), **drawn}))
    assert shown_of(store) == 0  # drawn anew somewhere else: something of it is left
    store.reject(store.submissions()["submission_id"].iloc[-1], reason="sent in error")
    assert shown_of(store) == 1
    store.submit(file({"hazard_id": "here", "geometry": shapely.Point(102.555, 13.105)}))
    assert shown_of(store) == 0


def test_land_amended_away_and_registered_again_is_kin(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    """Of A-1, 2 km wide, only the west half was there; a corner of the rest, 1 km off, is N."""
    first = hazards.iloc[[0]]
    west, south, _, north = first.total_bounds
    wide = shapely.box(west, south, west + 0.02, north)
    store.register(first.set_geometry([wide], crs=4326), registered_on=date(2022, 1, 2))
    store.load_border(border)
    (name,) = first["hazard_id"]
    half = shapely.box(west, south, west + 0.01, north)
    store.amend(name, half, happened_on="2022-05-01")
    store.record(name, "cleared", half, happened_on="2022-06-01")
    assert shown_of(store) == 1
    corner = shapely.box(west + 0.019, south, west + 0.02, south + 0.001)
    beside = shapely.box(west + 0.021, south, west + 0.022, south + 0.001)
    again = first.assign(hazard_id="beside").set_geometry([beside], crs=4326)
    store.register(again, registered_on=date(2023, 1, 2))
    assert shown_of(store) == 1  # never land of the first
    # It waits there: withheld. Rejected: not. In the register: withheld, until it is released.
    store.submit(file({"hazard_id": "waits", "geometry": corner}))
    assert name in remaining(store.restricted())
    assert shown_of(store) == 0
    store.reject(store.submissions()["submission_id"].iloc[-1], reason="sent in error")
    assert shown_of(store) == 1
    again = first.assign(hazard_id="N").set_geometry([corner], crs=4326)
    store.register(again, registered_on=date(2023, 1, 2))
    links = store.restricted().dropna(subset="kin")
    assert links[["hazard_id", "kin"]].to_numpy().tolist() == [["N", name]]
    assert shown_of(store) == 0
    store.record("N", "cleared", corner, happened_on="2023-06-01")
    # "beside" lies 100 m from N, and not in the hull of both
    assert shown_of(store) == 2


def test_a_parent_that_the_register_never_had_is_there_by_its_name(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    """Files name parents that nobody registered; no map is refused for that."""
    store.register(hazards.assign(parent_id=["old list 7 + old list 8", None, None, None]))
    store.load_border(border)
    restricted = store.restricted()
    (named,) = restricted[restricted["hazard_id"] == "old list 7 + old list 8"].itertuples()
    assert not named.remains
    assert named.geometry is None
    store.record("a-3", "cleared", hazards.geometry[2], happened_on="2023-01-09")
    assert shown_of(store) == 1


def test_layers_know_the_register_at_each_moment_of_recording(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    store.load_border(border)
    half = box(102.555, 13.1, 0.02)
    store.record("B-2", "cleared", box(102.55, 13.1), happened_on="2023-01-09")
    late = store.record("B-2", "reduced", half, happened_on="2022-05-03")  # uploaded later
    assert store.layers().recorded == ()
    assert store.layers(ledger=True).recorded == ()
    held = store.layers(recorded=True)
    assert held.ledger is held.recorded[-1]
    moments = [each.effects["recorded_at"].max() for each in held.recorded]
    assert moments == sorted(moments)
    assert len(moments) == len(set(moments)) == 3
    for known, moment in zip(held.recorded, moments, strict=True):
        then = store.balance(known_at=moment, by="kind")
        for name in ("cleared_m2", "reduced_m2"):
            assert int(known.effects[name].sum()) == int(then[name].sum()), (moment, name)
    # The late report takes its half from what had been said to be cleared.
    before, after = held.recorded[1:]
    assert int(before.effects["reduced_m2"].sum()) == 0
    assert int(after.effects["reduced_m2"].sum()) > 0
    assert late in set(after.effects["event_id"])
    # Of an earlier day the moments are those of what counts then.
    assert len(store.layers(as_of="2022-12-31", recorded=True).recorded) == 2
