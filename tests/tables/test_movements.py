"""Movement tables: figures worked out by hand, zones, operators, why a total moved."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from mine_geo.errors import MixedError, OptionError, RecordError
from mine_geo.geo.border import to_border
from mine_geo.ledger.fold import fold
from mine_geo.split.zones import border_split
from mine_geo.tables.movements import (
    MOST_MOMENTS,
    OUTCOME_COLUMNS,
    SIGNS,
    balance,
    changes,
    moments,
    opening_hazards,
    releases,
    steps,
    timeline,
    year_ends,
)
from mine_geo.tables.totals import totals
from mine_geo.terms import MOVEMENT_COLUMNS
from tests.ledger.test_fold import (
    BOX,
    DAYS,
    QUARTERS,
    THIRDS,
    WHOLE,
    born,
    event,
    ledger,
    part,
    random_events,
    sides,
)

NEXT = affinity.translate(BOX, 0.05, 0)
TWO = ledger(
    born(province="Pailin", province_code="24", operator="CMAC"),
    born("H2", NEXT, "2021-06-01", province="Battambang", province_code="02", operator="MAG"),
    event("a", "H1", "cancelled", "2021-03-01", part(0, 0.25), reported_size_m2=300_000.4),
    event("b", "H1", "cleared", "2022-03-01", part(0, 0.5), operator="HALO", ap_mines=3, uxo=1,
          reported_size_m2=650_000.0),
    event("c", "H2", "reduced", "2022-07-01", part(0, 0.25, 103.05)),
    event("d", "H2", "amended", "2022-08-01", NEXT),
)  # fmt: skip


def rows(table):
    return table.to_dict("records")


def cells(table, columns):
    return [list(row.values()) for row in rows(table[columns])]


def identity(table):
    net = sum(sign * table[name] for name, sign in SIGNS.items())
    moved = table.get("moved_m2", 0)
    return (table["opening_m2"] + net + moved == table["remaining_m2"]).all()


def test_balance_of_a_period_by_province():
    table = balance(fold(TWO), since="2021-12-31", by="province", total=True)
    by_name = table.set_index("province")
    assert by_name.loc["Pailin"].drop(["row", "province_code"]).tolist() == [
        900_111, 0, 0, 0, 0, 0, 300_037, 600_074,
    ]  # fmt: skip
    assert by_name.loc["Battambang"].drop(["row", "province_code"]).tolist() == [
        WHOLE, 0, 300_038, 0, 0, 300_038, 0, WHOLE,
    ]  # fmt: skip
    assert table["row"].tolist() == ["data", "data", "total"]
    assert table["remaining_m2"].tolist()[-1] == 600_074 + WHOLE
    assert identity(table)


def test_confirmed_land_is_what_became_cha_and_is_no_release():
    """Of a SHA a quarter is cancelled as it is confirmed: three quarters became CHA, by MAG.

    Another is confirmed whole in the next year, by nobody named: it counts with its hazard's. A
    release of the same day, by a report of its own, took nothing off what was confirmed.
    """
    told = ledger(
        born(operator="CMAC", area_type="SHA"),
        born("H2", NEXT, "2021-06-01", operator="CMAC", area_type="SHA"),
        event("C", "H1", "confirmed", "2021-03-01", part(0.25, 1), operator="MAG"),
        event("C:cancelled", "H1", "cancelled", "2021-03-01", part(0, 0.25), operator="MAG"),
        event("D", "H2", "confirmed", "2022-03-01"),
        event("E", "H2", "cleared", "2022-03-01", part(0, 0.5, 103.05), operator="HALO"),
    )
    found = releases(fold(told), by=["year", "operator"], total=True)
    quarter, half = WHOLE - 900_111, 600_075
    assert cells(found, ["operator", "events", "released_m2", "confirmed_m2"]) == [
        ["MAG", 1, quarter, WHOLE - quarter],
        ["CMAC", 0, 0, WHOLE],
        ["HALO", 1, half, 0],
        [None, 2, quarter + half, 2 * WHOLE - quarter],
    ]
    assert found["unreported"].tolist() == [1, 0, 1, 2]
    assert "confirmed_m2" not in releases(fold(told), by="outcome")
    assert releases(fold(told), by="outcome")["events"].tolist() == [1, 1]


def test_balance_from_the_beginning_has_no_opening():
    table = balance(fold(TWO))
    assert rows(table) == [
        {
            "opening_m2": 0, "registered_m2": 2 * WHOLE, "amended_m2": 300_038,
            "transferred_m2": 0, "cancelled_m2": 300_038, "reduced_m2": 300_038,
            "cleared_m2": 300_037, "remaining_m2": 600_074 + WHOLE,
        }
    ]  # fmt: skip


def test_a_corrected_province_takes_its_history_along():
    moved = event("m", "H1", "described", "2023-01-01",
                  detail={"province": "Kampot", "province_code": "07"})  # fmt: skip
    table = balance(fold(pd.concat([TWO, ledger(moved)])), since="2021-12-31", by=["province"])
    assert table.set_index("province").loc["Kampot", "opening_m2"] == 900_111
    assert "Pailin" not in set(table["province"])


def test_divisions_move_land_between_groups_and_sum_to_nothing():
    children = [*sides("t", "2022-01-01", ["H1"], THIRDS)]
    children[-1]["detail"] = '{"role": "child", "operator": "MAG"}'
    state = fold(ledger(born(operator="CMAC"), *children))
    table = balance(state, by=["operator"]).set_index("operator")
    assert table["transferred_m2"].tolist() == [-400_049, 400_049]
    assert table["amended_m2"].tolist() == [0, 1]
    assert identity(table)


def test_kinds_are_never_added_up():
    both = pd.concat([TWO, ledger(born("H3", NEXT, kind="cluster_munition"))])
    with pytest.raises(MixedError, match="never added up"):
        balance(fold(both))
    with pytest.raises(MixedError, match="never added up"):
        releases(fold(both))
    assert balance(fold(both), kind="cluster_munition")["remaining_m2"].tolist() == [WHOLE]
    assert len(balance(fold(both), by="kind")) == 2
    for table in (balance, releases):
        with pytest.raises(MixedError, match="without a total"):
            table(fold(both), by=["kind"], total=True)
    assert len(balance(fold(both), by="kind", kind="cluster_munition", total=True)) == 2
    with pytest.raises(OptionError, match=r"cannot group by zon: .* there are: zone, hazard_id"):
        balance(fold(both), by="zon", kind="cluster_munition")
    with pytest.raises(OptionError, match="kind 'mines' is unknown"):
        balance(fold(both), kind="mines")
    with pytest.raises(OptionError, match="cannot group by team"):
        balance(fold(TWO), by="team")


def test_releases_reported_beside_effective():
    table = releases(fold(TWO))
    columns = ["year", "province", "events", "released_m2", "reported_m2", "unreported"]
    assert cells(table, columns) == [
        [2021, "Pailin", 1, 300_038, 300_000, 0],
        [2022, "Battambang", 1, 300_038, None, 1],
        [2022, "Pailin", 1, 300_037, 650_000, 0],
    ]  # fmt: skip
    one = releases(fold(TWO), by=["operator", "outcome"], since="2021-12-31")
    assert cells(one, ["operator", "outcome", "cleared_m2", "ap_mines", "uxo"]) == [
        ["HALO", "cleared", 300_037, 3, 1],
        ["MAG", "reduced", 0, None, None],  # no report of it names any
    ]
    every = releases(fold(TWO), by=[])
    assert every["released_m2"].tolist() == [900_113]
    none = releases(fold(QUARTERS, as_of="2020-12-31"), by="year")
    assert none.empty


def test_the_m2_of_a_report_over_several_hazards_are_said_once_for_all_of_its_events():
    """R is over H1 and H2 and says 600,000 m² on H1; S is over both and says nothing; T is alone.

    Three of five events are unreported: both of S, and T; by province one of R's and S's each.
    """
    report = {"detail": {"report": "R"}}
    silent = {"detail": {"report": "S"}}
    told = ledger(
        born(province="Pailin", province_code="24"),
        born("H2", NEXT, province="Battambang", province_code="02"),
        event("R", "H1", "cleared", "2022-03-01", part(0, 0.25), reported_size_m2=6e5, **report),
        event("R:H2", "H2", "cleared", "2022-03-01", part(0, 0.25, 103.05), **report),
        event("S", "H1", "cleared", "2022-04-01", part(0.25, 0.5), **silent),
        event("S:H2", "H2", "cleared", "2022-04-01", part(0.25, 0.5, 103.05), **silent),
        event("T", "H1", "cleared", "2022-05-01", part(0.5, 0.75)),
    )
    columns = ["events", "reported_m2", "unreported"]
    assert cells(releases(fold(told), by=[]), columns) == [[5, 600_000, 3]]
    assert cells(releases(fold(told)), ["province", *columns]) == [
        ["Battambang", 2, None, 1],
        ["Pailin", 3, 600_000, 2],
    ]  # fmt: skip
    late = fold(told, as_of="2022-03-31")
    assert cells(releases(late, by=[]), columns) == [[2, 600_000, 0]]


def land_border(longitude):
    line = shapely.LineString([(longitude, 12), (longitude, 14)])
    frame = gpd.GeoDataFrame(
        {"kind": ["land"], "neighbour": ["THA"], "accuracy_m": [50.0]}, geometry=[line], crs=4326
    )
    return to_border(frame)


def split_both(state, since, border, threshold_m):
    left = state.hazards[state.hazards["status"] != "closed"]
    return (
        border_split(opening_hazards(state, since), border, threshold_m=threshold_m),
        border_split(left, border, threshold_m=threshold_m),
    )


def test_land_moves_between_zones_when_the_near_edge_is_released():
    # The border 100 m west of the box; its western quarter (271 m wide) lies nearer than 300 m.
    border = land_border(103 - 100 / 108_500)
    state = fold(ledger(born(), event("a", "H1", "cleared", "2021-06-01", part(0, 0.25))))
    opening, closing = split_both(state, "2020-12-31", border, 300.0)
    table = balance(state, since="2020-12-31", by="zone", opening=opening, closing=closing)
    figures = table.set_index("zone")[["opening_m2", "cleared_m2", "moved_m2", "remaining_m2"]]
    assert figures.loc["near"].tolist() == [WHOLE, 300_038, -900_111, 0]
    assert figures.loc["far"].tolist() == [0, 0, 900_111, 900_111]
    assert identity(table)
    progress = releases(state, by=["zone"], opening=opening)
    assert cells(progress, ["zone", "released_m2"]) == [["near", 300_038]]


def check_each_step(events, border, threshold_m):
    """Compare each day of a timeline with the register as of that day, and with its balance."""
    state = fold(events)
    table = timeline(state, border, threshold_m=threshold_m)
    days = year_ends(state)
    assert set(table["day"]) <= set(days)
    for day in days:
        then = fold(events, as_of=day)
        left = then.hazards[~then.hazards.geometry.is_empty]
        own = table[table["day"] == day]
        split = border_split(left, border, threshold_m=threshold_m)
        figures = totals(split, by=[]).iloc[0]
        names = ["near_hazards", "near_size_m2", "far_hazards", "far_size_m2"]
        assert own[names].sum().tolist() == figures[names].tolist(), day
        so_far = balance(then).iloc[0]
        assert own[list(OUTCOME_COLUMNS)].sum().tolist() == so_far[list(OUTCOME_COLUMNS)].tolist()
        assert own["near_size_m2"].sum() + own["far_size_m2"].sum() == so_far["remaining_m2"]


def test_a_timeline_by_hand():
    # The border 100 m west of the first; its western quarter (271 m wide) is nearer than 300 m.
    border = land_border(103 - 100 / 108_500)
    table = timeline(fold(TWO), border, threshold_m=300.0)
    by_day = table.groupby("day")[["near_size_m2", "far_size_m2", *OUTCOME_COLUMNS]].sum()
    assert [day.isoformat() for day in by_day.index] == ["2020-12-31", "2021-12-31", "2022-08-01"]
    assert by_day["near_size_m2"].tolist()[0] == WHOLE
    # Its near quarter was cancelled in 2021, and the second was found.
    assert by_day["near_size_m2"].tolist()[1:] == [0, 0]
    assert by_day["cancelled_m2"].tolist() == [0, 300_038, 300_038]
    assert by_day["cleared_m2"].tolist()[:2] == [0, 0]
    check_each_step(TWO, border, 300.0)


def test_without_a_release_there_is_no_timeline():
    state = fold(ledger(born()))
    assert year_ends(state) == []
    assert timeline(state, land_border(102.99)).empty


@settings(max_examples=25)
@given(random_events())
def test_each_step_of_a_timeline_is_the_register_of_that_day(events):
    check_each_step(events, land_border(102.999), 1_000.0)


def test_a_hazard_that_begins_or_closes_in_the_period_has_a_zone():
    border = land_border(102.99)
    events = [
        born(),
        event("a", "H1", "cleared", "2021-06-01", BOX),
        born("H2", NEXT, "2022-01-01"),
        event("b", "H2", "reduced", "2022-06-01", part(0, 0.5, 103.05)),
    ]
    state = fold(ledger(*events))
    opening, closing = split_both(state, "2020-12-31", border, 2000.0)
    assert opening.set_index("hazard_id")["size_m2"].to_dict() == {"H1": WHOLE, "H2": WHOLE}
    table = balance(state, since="2020-12-31", by="zone", opening=opening, closing=closing)
    assert cells(table, ["zone", "opening_m2", "registered_m2", "remaining_m2"]) == [
        ["far", 0, WHOLE, 600_074],
        ["near", WHOLE, 0, 0],
    ]
    assert identity(table)


def test_zones_must_be_given():
    with pytest.raises(RecordError, match="opening=border_split"):
        balance(fold(TWO), by="zone")
    none = pd.DataFrame({"hazard_id": ["H1"], "zone": ["near"]})
    with pytest.raises(RecordError, match="H2: in no zone"):
        balance(fold(TWO), by="zone", opening=none, closing=none)


def test_why_a_total_moved():
    late = event("0", "H1", "cleared", "2021-02-01", part(0, 0.25), known="2022-12-01T00:00Z")
    new = event(
        "e", "H2", "cleared", "2022-12-05", part(0, 0.25, 103.05), known="2022-12-06T00:00Z"
    )
    undo = event("u", "H2", "retracted", None, retracts="d", known="2022-12-07T00:00Z")
    events = pd.concat([TWO, ledger(late, new, undo)])
    before, after = fold(events, known_at="2022-11-30T17:00:00Z"), fold(events)
    table = changes(before, after)
    assert cells(table, ["event_id", "why", "change_m2"]) == [
        ["0", "late", -300_038],
        ["a", "re-attributed", 300_038],
        ["d", "gone", -300_038],
        ["e", "new", 0],
    ]
    assert table["province"].tolist() == ["Pailin", "Pailin", "Battambang", "Battambang"]
    moved = after.hazards["size_m2"].sum() - before.hazards["size_m2"].sum()
    assert table["change_m2"].sum() == moved
    assert changes(after, after).empty
    days = changes(fold(TWO, as_of="2021-12-31"), fold(TWO, as_of="2022-03-31"))
    assert cells(days, ["event_id", "why", "change_m2"]) == [["b", "new", -300_037]]


@settings(derandomize=True, deadline=None, max_examples=25)
@given(random_events(), st.sampled_from(DAYS), st.sampled_from(DAYS))
def test_random_periods_balance(events, since, until):
    state = fold(events, as_of=until)
    table = balance(state, since=since, by=["hazard_id"])
    assert identity(table)
    assert table["remaining_m2"].sum() == state.hazards["size_m2"].sum()
    if since <= until:
        opening = fold(events, as_of=since).hazards["size_m2"].sum()
        assert table["opening_m2"].sum() == opening
        moved = changes(fold(events, as_of=since), state)["change_m2"].sum()
        assert moved == state.hazards["size_m2"].sum() - opening
    effective = releases(state, by=[], since=since)["released_m2"].sum()
    assert effective == table[list(MOVEMENT_COLUMNS[3:])].sum().sum()


def test_changes_between_two_ledgers_are_refused():
    other = ledger(
        born("H2", NEXT, "2021-06-01"), event("a", "H2", "cancelled", "2022-03-01", NEXT)
    )
    with pytest.raises(RecordError, match="event a is of another hazard"):
        changes(fold(TWO), fold(other))


def stood(found, at):
    """Return what is said of each hazard that stood at a step, by id."""
    own = found.versions.iloc[found.stood[at]]
    assert own["hazard_id"].is_unique
    return {
        row.hazard_id: (row.size_m2, row.area_type, row.status, row.geometry.wkb)
        for row in own.itertuples()
    }


def of_fold(state):
    left = state.hazards[~state.hazards.geometry.is_empty]
    return {
        row.hazard_id: (row.size_m2, row.area_type, row.status, row.geometry.wkb)
        for row in left.itertuples()
    }


def check_steps(events):
    """Compare each step with a register folded for it alone: by day, and by moment."""
    border = land_border(102.999)
    state = fold(events)
    days = sorted({day.date().isoformat() for day in state.effects["happened_on"]})
    by_day = steps([(state, day) for day in days], border, threshold_m=1_000.0)
    for at, day in list(enumerate(days))[::2]:
        then = fold(events, as_of=day)
        assert stood(by_day, at) == of_fold(then), day
        sums = then.effects.groupby("hazard_id")[list(OUTCOME_COLUMNS)].sum()
        assert by_day.released[at].sum().tolist() == sums.sum().tolist()
    assert not by_day.versions[["hazard_id", "area_type", "status"]].assign(
        drawn=by_day.versions.geometry.to_wkb()).fillna("").duplicated().any()  # fmt: skip
    known = moments(state)
    assert known == sorted(set(state.effects["recorded_at"]))[-MOST_MOMENTS:]
    known = known[::3]
    folds = [fold(events, known_at=moment) for moment in known]
    by_moment = steps([(each, None) for each in folds], border, threshold_m=1_000.0)
    for at, each in enumerate(folds):
        assert stood(by_moment, at) == of_fold(each), known[at]
        left = each.hazards[~each.hazards.geometry.is_empty]
        if len(left):
            split = border_split(left, border, threshold_m=1_000.0).set_index("hazard_id")
            own = by_moment.versions.iloc[by_moment.stood[at]].set_index("hazard_id")
            for name in ("zone", "near_size_m2", "border_distance_m"):
                assert own[name].to_dict() == split[name].to_dict()


@settings(max_examples=15)
@given(random_events())
def test_each_step_is_the_register_of_that_day_and_of_that_moment(events):
    check_steps(events)


def test_a_hazard_that_was_confirmed_later_was_a_sha():
    half = shapely.box(103, 13, 103.005, 13.02)
    events = ledger(
        born("H1", area_type="SHA"),
        born("H2", NEXT, "2020-06-01", area_type="CHA"),
        born("H3", affinity.translate(BOX, 0.1, 0), "2020-06-01"),
        event("a", "H1", "confirmed", "2022-02-01", half, detail={"outcome": "reduced"}),
        event("b", "H2", "cleared", "2022-03-01", NEXT, known="2024-01-01T00:00:00Z"),
    )
    check_steps(events)
    state = fold(events)
    found = steps([(state, "2021-12-31"), (state, "2022-12-31")], land_border(102.999))
    first, last = stood(found, 0), stood(found, 1)
    said = [first[name][1] for name in ("H1", "H2", "H3")]
    assert (said[:2], pd.isna(said[2])) == (["SHA", "CHA"], True)
    assert {each[2] for each in first.values()} == {"open"}
    assert last["H1"][1] == "CHA"
    assert set(last) == {"H1", "H3"}


@pytest.mark.parametrize(
    ("count", "every", "steps_"),
    [
        (30, "1min", 30),  # each moment
        (2000, "1min", 2),  # two days
        (60, "12h", 30),  # thirty days, from the first at noon
        (400, "1D", 14),  # months
        (200, "10D", 22),  # quarters
        (200, "60D", 30),  # years, the latest
    ],
)
def test_moments_are_no_more_than_can_be_told_apart(count, every, steps_):
    at = pd.date_range("2000-01-01T00:00Z", periods=count, freq=every)
    made = [born(f"H{number}", known=moment.isoformat()) for number, moment in enumerate(at)]
    state = fold(ledger(*made[:1]))
    effects = pd.DataFrame({"recorded_at": pd.Series(at).sample(frac=1, random_state=1)})
    many = type(state)(state.hazards, effects, *[None] * 5)
    found = moments(many)
    assert len(found) <= MOST_MOMENTS
    assert abs(len(found) - steps_) <= 1
    assert found == sorted(found)
    assert found[-1] == at[-1]
    assert set(found) <= set(at)
