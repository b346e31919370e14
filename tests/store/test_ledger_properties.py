"""Whatever is recorded, in whatever order: every square metre counts once, on both backends."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import event, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from mine_geo.errors import MineGeoError, StoreError
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.fold import fold
from mine_geo.tables.movements import changes, released_land
from mine_geo.terms import MOVEMENT_COLUMNS
from tests.store.yard import Yard

if TYPE_CHECKING:
    from mine_geo.ledger.fold import Fold
    from mine_geo.store import Store

WEST, SOUTH, STEP = 103.0, 13.0, 0.001
FIRST = dt.date(2021, 1, 1)
SIGNS = dict(zip(MOVEMENT_COLUMNS, (1, 1, 1, -1, -1, -1), strict=True))
EXAMPLES = settings().max_examples  # each of ours is a whole store
Step = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def yard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Yard:
    server = request.getfixturevalue("postgis_server") if request.param == "postgis" else None
    return Yard(request.param, tmp_path_factory.mktemp("yard"), server)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    """Give stores to compare with; which backend they are on must not matter."""
    return Yard("gpkg", tmp_path_factory.mktemp("second"), None)


# near-coincident edges are what field polygons are like
nudges = st.sampled_from([0.0, 0.0, 1e-9, -1e-9, 3.3e-6, 4.1e-4])
days = st.integers(1, 60).map(lambda n: (FIRST + dt.timedelta(days=n)).isoformat())


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Polygon:
    """Draw a rectangle on the land of the hazards, or a triangle of its corners."""
    west, south = draw(st.integers(-1, 22)), draw(st.integers(-1, 9))
    east, north = west + draw(st.integers(1, 12)), south + draw(st.integers(1, 12))
    corners = [(west, south), (east, south), (east, north), (west, north)]
    if draw(st.booleans()) and draw(st.booleans()):
        corners.pop()
    return shapely.Polygon(
        [(WEST + x * STEP + draw(nudges), SOUTH + y * STEP + draw(nudges)) for x, y in corners]
    )


@st.composite
def registers(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Draw three hazards of a kind, side by side or overlapping."""
    width = draw(st.sampled_from([10, 7]))  # of 7 steps to 10: they overlap
    shapes = [
        shapely.box(
            WEST + place * width * STEP + draw(nudges),
            SOUTH,
            WEST + (place * width + 10) * STEP,
            SOUTH + 10 * STEP,
        )
        for place in range(3)
    ]
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": [f"H{place}" for place in range(len(shapes))],
            "kind": "ap_minefield",
            "area_type": "SHA",
            "surveyed_on": pd.Timestamp(FIRST),
        },
        geometry=shapes,
        crs=4326,
    )
    return to_hazards(frame)


ids = st.sampled_from(["H0", "H0", "H0", "H1", "H1", "H2", "H0a"])


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Draw what is recorded, in the order of arrival; the days are in any order."""
    found: list[Step] = []
    for number in range(draw(st.integers(3, 8))):
        name = draw(
            st.sampled_from(
                ["record"] * 5
                + ["retract"] * 2
                + ["amend", "divide", "confirm", "describe", "merge"]
            )
        )
        said: dict[str, Any] = {"happened_on": draw(days), "event_id": f"e{number}"}
        if name == "retract":
            said = {"event_id": f"e{draw(st.integers(0, max(number - 1, 0)))}", "reason": "wrong"}
        elif name == "divide":
            line = WEST + draw(st.integers(1, 9)) * STEP + draw(nudges)
            said |= {
                "hazard_id": "H0",
                "parts": {
                    "H0a": shapely.box(WEST - STEP, SOUTH - STEP, line, SOUTH + 11 * STEP),
                    "H0b": shapely.box(line, SOUTH - STEP, WEST + 11 * STEP, SOUTH + 11 * STEP),
                },
            }
        elif name == "merge":
            said |= {"hazard_ids": ["H1", "H2"], "into": draw(st.sampled_from(["H1", "H9"]))}
        elif name == "describe":
            said |= {"hazard_id": draw(ids), "changes": {"village": f"V{number}"}}
        else:
            said |= {"hazard_id": draw(ids)}
        if name in {"record", "amend"}:
            said["polygon"] = draw(polygons())
        if name == "record":
            said["outcome"] = draw(st.sampled_from(["cancelled", "reduced", "cleared"]))
        found.append((name, said))
    return found


def do(store: Store, step: Step) -> bool:
    """Record a step; say whether it was accepted. A refusal must leave everything as it was."""
    name, said = step
    refusal = None
    try:
        getattr(store, name)(**said)
    except MineGeoError as error:
        refusal = error
    event(f"accepted: {name}" if refusal is None else f"refused: {type(refusal).__name__}")
    assert "\n" not in str(refusal)
    assert type(refusal) is not StoreError  # the database has nothing to refuse
    return refusal is None


def balances(store: Store, when: dict[str, Any]) -> None:
    """Check that at a day, as known at a moment, what moved is what remains."""
    hazards = store.hazards(closed=True, **when)
    found = store.balance(**when).iloc[0]
    moved = sum(sign * int(found[name]) for name, sign in SIGNS.items())
    assert moved == int(found["remaining_m2"]) == int(hazards["size_m2"].sum())
    whole = fold(store.events(), **when)
    same_as_folded(store.state(**when), whole)  # though it was read, or folded in part
    assert states(hazards) == states(whole.hazards)  # though only some hazards were folded
    released = whole.effects[["cancelled_m2", "reduced_m2", "cleared_m2"]]
    assert (released >= 0).all(axis=None)
    assert whole.effects["transferred_m2"].sum() == 0


def same_as_folded(found: Fold, whole: Fold) -> None:
    """Check that what the rows say is what a fold of all events says."""
    assert states(found.hazards) == states(whole.hazards)
    texts = [
        pd.DataFrame(each.hazards.drop(columns="geometry")).astype(str).to_dict("list")
        for each in (found, whole)
    ]
    assert texts[0] == texts[1]
    for name in ("ignored", "notes"):
        one, two = (sorted(getattr(each, name).itertuples(index=False)) for each in (found, whole))
        assert one == two
    one, two = (
        each.effects.assign(left=each.polygons.to_wkb()).set_index("event_id")
        for each in (found, whole)
    )
    assert_frame_equal(one.loc[two.index], two)
    places = [each.groupby("hazard_id").cumcount() for each in (one, two)]
    assert places[0].to_dict() == places[1].to_dict()
    land = [released_land(each).sort_values("event_id") for each in (found, whole)]
    assert land[0].to_wkb().equals(land[1].set_axis(land[0].index, axis=0).to_wkb())


def moved_since(store: Store, when: dict[str, Any], moment: Any) -> None:
    """Check that why a total moved is what two folds of all events say."""
    events = store.events()
    before = fold(events, as_of=when["as_of"], known_at=moment)
    expected = changes(before, fold(events, **when))
    assert_frame_equal(store.changes(moment, **when), expected, check_dtype=False)


def states(hazards: gpd.GeoDataFrame) -> dict[str, tuple[Any, ...]]:
    """Return status, size and polygon, to the last bit, of each hazard."""
    columns = (hazards["status"], hazards["size_m2"].tolist(), hazards.geometry.to_wkb())
    return dict(zip(hazards["hazard_id"], zip(*columns, strict=True), strict=True))


def standing(store: Store) -> pd.DataFrame:
    """Return the events that are neither registrations, nor retracted, nor retractions."""
    events = store.events()
    gone = set(events["retracts"].dropna())
    sides = set(events.loc[events["event_id"].isin(gone), "transfer_id"].dropna())
    keep = ~events["event_type"].isin(("registered", "retracted"))
    keep &= ~events["event_id"].isin(gone) & ~events["transfer_id"].isin(sides)
    return events[keep]


@settings(max_examples=EXAMPLES // 7)
@given(table=registers(), told=steps(), data=st.data())
def test_every_square_metre_counts_once(
    yard: Yard, second: Yard, table: gpd.GeoDataFrame, told: list[Step], data: st.DataObject
) -> None:
    with yard.empty() as store:
        store.register(table)
        accepted = [step for step in told if do(store, step)]
        assert store.rebuild().empty
        events = store.events()
        moments = [None, *sorted(set(events["recorded_at"]))]
        for _ in range(2):
            day = data.draw(st.one_of(st.none(), days))
            when = {"as_of": day, "known_at": data.draw(st.sampled_from(moments))}
            balances(store, when)
            moved_since(store, when, data.draw(st.sampled_from(moments[1:])))
        balances(store, {})
        sent_again(store, accepted, events)
        now, effects = states(store.hazards(closed=True)), fold(events).effects
        left = standing(store)
        # the same events, in another order of arrival, without those that were retracted
        order = data.draw(st.permutations(range(len(left))))
        with second.empty() as other:
            arrived = left.iloc[list(order)].assign(recorded_at=left["recorded_at"].to_numpy())
            arrived = arrived.assign(recorded_at=pd.DatetimeIndex(left["recorded_at"]))
            other.import_log(table, arrived.reset_index(drop=True))
            assert states(other.hazards(closed=True)) == now
            assert other.rebuild().empty
            again = fold(other.events()).effects
            columns = ["before_m2", "after_m2", *MOVEMENT_COLUMNS, "overlap_m2", "again_m2"]
            one, two = (
                each[each["event_type"] != "registered"].set_index("event_id")[columns]
                for each in (effects, again)
            )
            assert_frame_equal(one.sort_index(), two.sort_index())


def sent_again(store: Store, accepted: list[Step], events: gpd.GeoDataFrame) -> None:
    """Check that sending what was accepted once more changes nothing."""
    for step in accepted:
        do(store, step)  # what was retracted meanwhile is refused
    assert_frame_equal(pd.DataFrame(store.events()), pd.DataFrame(events))


@settings(max_examples=EXAMPLES // 10)
@given(
    reports=st.lists(
        st.tuples(days, polygons(), st.sampled_from(["cancelled", "reduced", "cleared"])),
        min_size=2,
        max_size=5,
    ),
    data=st.data(),
)
def test_reports_may_arrive_in_any_order(
    yard: Yard, reports: list[tuple[str, Any, str]], data: st.DataObject
) -> None:
    """Recorded one by one in two orders; the field is too long for all of it to be released."""
    table = to_hazards(
        gpd.GeoDataFrame(
            {"hazard_id": ["H0"], "kind": ["ap_minefield"], "surveyed_on": [pd.Timestamp(FIRST)]},
            geometry=[shapely.box(WEST - 1, SOUTH, WEST + 50 * STEP, SOUTH + 10 * STEP)],
            crs=4326,
        )
    )
    orders = [range(len(reports)), data.draw(st.permutations(range(len(reports))))]
    found = []
    for order in orders:
        with yard.empty() as store:
            store.register(table)
            taken = np.zeros(len(reports), dtype=bool)
            for place in order:
                day, polygon, outcome = reports[place]
                said = {"hazard_id": "H0", "outcome": outcome, "polygon": polygon}
                taken[place] = do(
                    store, ("record", {**said, "happened_on": day, "event_id": f"e{place}"})
                )
            assert store.rebuild().empty
            did = store.history("H0").set_index("event_id")["released_m2"].sort_index()
            found.append((taken.tolist(), states(store.hazards()), did.iloc[:-1].tolist()))
    assert found[0] == found[1]


def test_the_guards_are_back_after_a_yard_is_emptied(yard: Yard) -> None:
    with yard.empty() as store:
        store.record_spot_task(happened_on="2021-01-01", uxo=1)
        with (
            pytest.raises(Exception, match="written by mine_geo only"),
            store._engine.begin() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM spot_task")
