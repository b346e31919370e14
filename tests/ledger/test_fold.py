"""The fold: days and moments, order, retractions, transfers, overlaps; then random ledgers."""

from __future__ import annotations

import datetime as dt
import json
import random

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from mine_geo.errors import CRSError, RecordError
from mine_geo.geo.geometry import exact_size_m2, size_m2
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold, linked
from mine_geo.ledger.preview import release_area
from mine_geo.terms import HAZARD_COLUMNS, MOVEMENT_COLUMNS, OUTCOMES
from tests import nasty

WHOLE = 1_200_149
BOX = shapely.box(103, 13, 103.01, 13.01)


def part(start, end, at=103.0):
    """A share of the box, cut off along meridians: its size is that share of 1,200,148.56 m²."""
    return shapely.box(at + 0.01 * start, 12.99, at + 0.01 * end, 13.02)


def event(event_id, hazard_id, event_type, day, polygon=None, **said):
    late = said.pop("known", f"{day}T12:00:00Z")
    detail = said.pop("detail", None)
    return {
        "event_id": event_id,
        "hazard_id": hazard_id,
        "event_type": event_type,
        "happened_on": day,
        "recorded_at": late,
        "detail": None if detail is None else json.dumps(detail),
        "geometry": polygon,
        **said,
    }


def ledger(*events):
    frame = pd.DataFrame(list(events))
    return to_events(gpd.GeoDataFrame(frame, geometry="geometry", crs=4326))


def born(hazard_id="H1", polygon=BOX, day="2020-01-01", **said):
    known = said.pop("known", f"{day}T12:00:00Z")
    detail = {"kind": "ap_minefield", "province": "Pailin", **said}
    return event(
        f"r-{hazard_id}", hazard_id, "registered", day, polygon, detail=detail, known=known
    )


def sizes(events, **when):
    found = fold(events, **when).hazards
    return dict(zip(found["hazard_id"], found["size_m2"], strict=True))


def effect(state, event_id):
    rows = state.effects[state.effects["event_id"] == event_id]
    row = rows.iloc[0]
    names = ["before_m2", "after_m2", *MOVEMENT_COLUMNS, "again_m2", "overlap_m2"]
    return {name: int(row[name]) for name in names if row[name]}


def balanced(state):
    """Check the identity for each hazard and in all, and return what remains."""
    effects = state.effects
    columns = list(MOVEMENT_COLUMNS)
    assert (effects[["cancelled_m2", "reduced_m2", "cleared_m2"]] >= 0).all(axis=None)
    per = effects.groupby("hazard_id")[columns].sum()
    net = per.iloc[:, :3].sum(axis=1) - per.iloc[:, 3:].sum(axis=1)
    remaining = state.hazards.set_index("hazard_id")["size_m2"]
    assert net.reindex(remaining.index).tolist() == remaining.tolist()
    assert effects["transferred_m2"].sum() == 0
    assert size_m2(state.hazards).tolist() == remaining.tolist()
    assert state.hazards.geometry.is_valid.all()
    return int(remaining.sum())


# Numbers worked out by hand


QUARTERS = ledger(
    born(),
    event("a", "H1", "cancelled", "2021-01-01", part(-1, 0.25)),
    event("b", "H1", "reduced", "2022-01-01", part(0, 0.5)),
    event("c", "H1", "cleared", "2023-01-01", part(0.25, 0.75)),
)


def test_each_square_metre_is_released_once():
    state = fold(QUARTERS)
    assert effect(state, "a") == {
        "before_m2": WHOLE,
        "after_m2": 900_111,
        "cancelled_m2": 300_038,
    }
    assert effect(state, "b")["reduced_m2"] == 300_037
    assert effect(state, "c")["cleared_m2"] == 300_037
    assert balanced(state) == 300_037
    assert state.hazards["status"].tolist() == ["worked_on"]
    assert state.ignored.empty
    assert state.notes.empty


def test_as_of_is_the_end_of_the_day():
    days = ["2019-12-31", "2020-01-01", "2020-12-31", "2021-01-01", dt.date(2022, 1, 1)]
    assert [sizes(QUARTERS, as_of=day).get("H1", 0) for day in days] == [
        0, WHOLE, WHOLE, 900_111, 600_074,
    ]  # fmt: skip
    assert sizes(QUARTERS, as_of="2019-12-31") == {}


def test_a_late_report_lands_on_its_own_day_and_later_ones_are_reattributed():
    late = event(
        "0", "H1", "cleared", "2020-06-01", part(0, 0.5), known="2024-01-01T00:00:00+07:00"
    )
    events = pd.concat([QUARTERS, ledger(late)])
    before, after = "2023-12-31T16:59:59Z", "2023-12-31T17:00:00Z"
    assert effect(fold(events, known_at=before), "b")["reduced_m2"] == 300_037
    now = fold(events, known_at=after)
    assert effect(now, "0")["cleared_m2"] == 600_075
    assert "reduced_m2" not in effect(now, "b")
    assert "cancelled_m2" not in effect(now, "a")
    assert effect(now, "c")["cleared_m2"] == 300_037
    assert balanced(now) == 300_037
    notes = now.notes.set_index("event_id")["note"]
    assert set(notes[["a", "b"]]) <= {
        "it lies outside what was left",
        "what it takes off rounds to 0 m²",
    }
    assert sizes(events, as_of="2020-12-31", known_at=before) == {"H1": WHOLE}
    assert sizes(events, as_of="2020-12-31", known_at=after) == {"H1": 600_074}


def test_events_of_a_day_follow_their_type_then_their_id():
    day = "2021-05-05"
    events = ledger(
        event("a", "H1", "cleared", day, part(0, 0.5)),
        event("z", "H1", "cancelled", day, part(0, 0.25)),
        event("y", "H1", "cancelled", day, part(0, 0.25)),
        born(day=day),
        event("x", "H1", "confirmed", day),
    )
    state = fold(events)
    assert state.effects["event_id"].tolist() == ["r-H1", "x", "y", "z", "a"]
    assert effect(state, "y")["cancelled_m2"] == 300_038
    assert "cancelled_m2" not in effect(state, "z")
    assert effect(state, "a")["cleared_m2"] == 300_037


def test_a_retraction_voids_from_its_own_moment_on_at_every_day():
    wrong = event("w", "H1", "cleared", "2021-06-01", BOX)
    undo = event("u", "H1", "retracted", None, retracts="w", known="2022-06-01T00:00:00Z")
    events = pd.concat([QUARTERS, ledger(wrong, undo)])
    assert sizes(events, as_of="2021-12-31", known_at="2022-05-31T00:00:00Z") == {"H1": 0}
    assert sizes(events, as_of="2021-12-31", known_at="2022-06-01T00:00:00Z") == {"H1": 900_111}
    pd.testing.assert_frame_equal(fold(events).effects, fold(QUARTERS).effects)


def test_retractions_that_void_nothing_are_listed():
    events = pd.concat(
        [
            QUARTERS,
            ledger(
                event("u1", "H1", "retracted", None, retracts="nowhere", known="2024-01-01T00Z"),
                event("u2", "H1", "retracted", None, retracts="c", known="2024-01-01T00:00Z"),
                event("u3", "H1", "retracted", None, retracts="u2", known="2024-01-02T00:00Z"),
            ),
        ]
    )
    state = fold(events)
    reasons = dict(zip(state.ignored["event_id"], state.ignored["reason"], strict=True))
    assert reasons == {
        "u1": "the event that it retracts is not in the ledger",
        "u3": "a retraction cannot be retracted",
    }
    assert balanced(state) == 600_074


def test_an_amendment_redraws_what_remains_and_is_no_release():
    smaller, larger = part(0.5, 0.75).intersection(BOX), part(0, 1).intersection(BOX)
    events = ledger(
        born(),
        event("a", "H1", "reduced", "2021-01-01", part(0, 0.5)),
        event("b", "H1", "amended", "2022-01-01", smaller),
        event("c", "H1", "amended", "2023-01-01", larger),
        event("d", "H1", "cleared", "2024-01-01", part(0, 0.25)),
    )
    state = fold(events)
    assert effect(state, "b")["amended_m2"] == 300_037 - 600_074
    assert effect(state, "c")["amended_m2"] == WHOLE - 300_037
    assert effect(state, "c")["again_m2"] == 600_074  # the half that was reduced, not the quarter
    assert "covers land again" in state.notes["note"][0]
    assert effect(state, "d")["cleared_m2"] == 300_038
    assert balanced(state) == 900_111


def test_everything_released_is_closed_and_kept():
    events = ledger(born(), event("a", "H1", "cleared", "2021-01-01", part(-1, 2)))
    state = fold(events)
    row = state.hazards.iloc[0]
    assert (row["status"], row["size_m2"], row.geometry.geom_type) == ("closed", 0, "MultiPolygon")
    assert row.geometry.is_empty
    again = fold(pd.concat([events, ledger(event("b", "H1", "cleared", "2022-01-01", BOX))]))
    assert effect(again, "b") == {}
    assert again.notes["note"].tolist() == ["nothing was left: released already"]
    back = ledger(event("c", "H1", "amended", "2023-01-01", BOX))
    back = fold(pd.concat([events, back]))
    assert back.hazards["status"].tolist() == ["worked_on"]
    assert effect(back, "c")["again_m2"] == WHOLE


def test_what_is_said_of_a_hazard_is_folded_too():
    events = ledger(
        born(area_type="SHA", district="Sala Krau", surveyed_on="2019-05-04", in_workbench=True,
             reported_size_m2=1000, extra={"task": "T-7"}),
        event("a", "H1", "described", "2021-01-01",
              detail={"district": "Pailin", "difficulty": None, "extra": {"task": "T-8"}}),
        event("b", "H1", "confirmed", "2021-02-01", detail={"outcome": "reduced"}),
        event("c", "H1", "reduced", "2021-02-01", part(0, 0.5)),
    )  # fmt: skip
    first = fold(events, as_of="2020-12-31").hazards.iloc[0]
    assert (first["area_type"], first["district"], first["task"]) == ("SHA", "Sala Krau", "T-7")
    state = fold(events)
    assert list(state.hazards.columns) == [*HAZARD_COLUMNS, "parent_id", "task"]
    last = state.hazards.iloc[0]
    assert (last["area_type"], last["district"], last["task"]) == ("CHA", "Pailin", "T-8")
    assert last["in_workbench"]
    assert last["surveyed_on"] == pd.Timestamp("2019-05-04")
    assert last["reported_size_m2"] == 1000
    assert state.hazards["surveyed_on"].dtype == "datetime64[ms]"
    assert balanced(state) == 600_074


# Transfers


def sides(transfer_id, day, parents, children, **said):
    drawn = shapely.union_all([polygon for _, polygon in children])
    gives = [
        event(f"{transfer_id}-{name}", name, "transferred", day, drawn, transfer_id=transfer_id,
              detail={"role": "parent"}, **said)
        for name in parents
    ]  # fmt: skip
    takes = [
        event(f"{transfer_id}-{name}", name, "transferred", day, polygon, transfer_id=transfer_id,
              detail={"role": "child", "parent_id": parents[0]}, **said)
        for name, polygon in children
    ]  # fmt: skip
    return [*gives, *takes]


THIRDS = [(f"H1{name}", part(i / 3, (i + 1) / 3)) for i, name in enumerate("abc")]


def test_a_division_sums_to_nothing_and_rounding_is_amended():
    state = fold(ledger(born(), *sides("t", "2021-01-01", ["H1"], THIRDS)))
    assert sizes_of(state) == {"H1": 0, "H1a": 400_050, "H1b": 400_050, "H1c": 400_050}
    # 3 x 400,049.52 m² round up to one more than 1,200,148.56
    assert effect(state, "t-H1")["transferred_m2"] == -WHOLE
    assert effect(state, "t-H1c") == {
        "after_m2": 400_050, "amended_m2": 1, "transferred_m2": 400_049,
    }  # fmt: skip
    assert balanced(state) == WHOLE + 1
    table = state.hazards.set_index("hazard_id")
    assert table["parent_id"].tolist()[1:] == ["H1"] * 3
    assert table["status"].tolist() == ["closed", "open", "open", "open"]
    assert set(table["province"]) == {"Pailin"}


def sizes_of(state):
    return dict(zip(state.hazards["hazard_id"], state.hazards["size_m2"], strict=True))


def test_a_late_release_before_a_division_takes_from_the_parent():
    late = event("l", "H1", "cleared", "2020-06-01", part(0, 0.5), known="2025-01-01T00:00Z")
    events = ledger(born(), *sides("t", "2021-01-01", ["H1"], THIRDS), late)
    state = fold(events)
    assert effect(state, "l")["cleared_m2"] == 600_075
    assert sizes_of(state) == {"H1": 0, "H1a": 0, "H1b": 200_025, "H1c": 400_050}
    assert state.hazards["status"].tolist() == ["closed", "closed", "open", "open"]
    balanced(state)


def test_children_may_leave_land_with_the_parent():
    state = fold(ledger(born(), *sides("t", "2021-01-01", ["H1"], THIRDS[:1])))
    assert sizes_of(state) == {"H1": 800_099, "H1a": 400_050}
    assert balanced(state) == WHOLE


def test_a_merger_of_overlapping_hazards_counts_the_overlap_once():
    other = affinity.translate(BOX, 0.005, 0)
    events = ledger(
        born(), born("H2", other),
        *sides("t", "2021-01-01", ["H1", "H2"], [("H3", BOX.union(other))]),
    )  # fmt: skip
    state = fold(events)
    assert sizes_of(state) == {"H1": 0, "H2": 0, "H3": 1_800_223}
    assert effect(state, "t-H1")["transferred_m2"] == -WHOLE
    assert effect(state, "t-H2") == {
        "before_m2": WHOLE, "amended_m2": -600_075, "transferred_m2": 1_200_149 - 1_800_223,
    }  # fmt: skip
    assert balanced(state) == 1_800_223
    assert "overlap" in state.notes["note"][0]
    assert state.hazards["parent_id"].tolist()[2] == "H1 + H2"


def test_transfers_of_one_day_follow_each_other():
    events = ledger(
        born(),
        *sides("z", "2021-01-01", ["H1"], [("H1a", part(0, 0.5)), ("H1b", part(0.5, 1))]),
        *sides("a", "2021-01-01", ["H1a"], [("H1aa", part(0, 0.25)), ("H1ab", part(0.25, 0.5))]),
    )
    state = fold(events)
    assert state.ignored.empty
    assert sizes_of(state)["H1ab"] == 300_037
    balanced(state)


def test_retracting_one_side_voids_the_transfer():
    undo = event("u", "H1b", "retracted", None, retracts="t-H1b", known="2022-01-01T00:00Z")
    state = fold(ledger(born(), *sides("t", "2021-01-01", ["H1"], THIRDS), undo))
    assert sizes_of(state) == {"H1": WHOLE}
    assert state.ignored.empty


def test_a_side_alone_moves_nothing():
    both = sides("t", "2021-01-01", ["H1"], THIRDS[:1])
    for side in both:
        state = fold(ledger(born(), side))
        assert sizes_of(state)["H1"] == WHOLE
        assert "missing" in state.ignored["reason"][0]
        balanced(state)


def test_land_goes_to_a_hazard_that_is_there():
    neighbour = affinity.translate(BOX, 0.01, 0)
    events = ledger(
        born(), born("H2", neighbour),
        *sides("t", "2021-01-01", ["H1"], [("H2", part(0.75, 1))]),
    )  # fmt: skip
    state = fold(events)
    assert sizes_of(state) == {"H1": 900_111, "H2": 1_500_186}
    assert state.hazards["parent_id"].isna().all()
    assert balanced(state) == 2 * WHOLE - 1  # rounding, amended
    assert effect(state, "t-H2")["transferred_m2"] == 300_037


def test_linked_finds_what_folds_together():
    events = ledger(
        born(), *sides("t", "2021-01-01", ["H1"], THIRDS),
        *sides("u", "2022-01-01", ["H1a"], [("X", part(0, 0.1))]), born("H9"),
    )  # fmt: skip
    assert linked(events, ["X"]) == {"X", "H1", "H1a", "H1b", "H1c"}
    assert linked(events, ["H9"]) == {"H9"}


# Overlaps


def overlapping(first="2021-01-01", second="2021-01-01", **other):
    east = affinity.translate(BOX, 0.005, 0)
    detail = {"kind": "ap_minefield", **other}
    return ledger(
        born(), event("r-H2", "H2", "registered", "2020-01-01", east, detail=detail),
        event("b", "H1", "cleared", first, part(0.5, 2)),
        event("a", "H2", "cleared", second, part(0.5, 2)),
    )  # fmt: skip


def test_land_released_over_two_hazards_counts_for_the_lower_id():
    state = fold(overlapping())
    assert effect(state, "b")["cleared_m2"] == 600_075
    assert effect(state, "a") == {
        "before_m2": WHOLE, "amended_m2": -600_074, "cleared_m2": 600_075, "overlap_m2": 600_074,
    }  # fmt: skip
    assert balanced(state) == 600_074
    assert state.notes["note"].tolist() == ["credited to H1, which it overlaps"]


def test_an_earlier_release_keeps_its_land():
    state = fold(overlapping(first="2021-01-02"))
    assert "overlap_m2" not in effect(state, "a")
    assert effect(state, "b")["overlap_m2"] == 600_074
    assert effect(state, "b")["cleared_m2"] == 1
    balanced(state)


def test_other_kinds_and_land_drawn_anew_are_no_overlap():
    assert fold(overlapping(kind="cluster_munition")).effects["overlap_m2"].sum() == 0
    events = overlapping(second="2023-01-01")
    east = affinity.translate(BOX, 0.005, 0)
    anew = ledger(event("n", "H2", "amended", "2022-01-01", east))
    state = fold(pd.concat([events, anew]))
    assert state.effects["overlap_m2"].sum() == 0
    assert effect(state, "a")["cleared_m2"] == WHOLE


# What cannot be


def test_events_that_cannot_be_are_listed_and_change_nothing():
    tie = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])
    wrong = {
        "x01": (event("x01", "H9", "cleared", "2021-01-01", BOX), "not registered"),
        "x02": (event("x02", "H1", "cleared", "2019-12-31", BOX), "not registered on that day"),
        "x03": (event("x03", "H1", "cleared", "2021-01-01", tie), "Self-intersection"),
        "x04": (event("x04", "H1", "cleared", "2021-01-01"), "no geometry"),
        "x05": (event("x05", "H1", "cleared", "2021-01-01", shapely.MultiPolygon()), "empty"),
        "x06": (event("x06", "H1", "demined", "2021-01-01", BOX), "event_type is unknown"),
        "x07": (event("x07", "H1", "registered", "2021-01-01", BOX), "registered already"),
        "x08": (event("x08", "H1", "cleared", None, BOX, known="2021-01-01T00:00Z"), "happened_on"),
        "x09": (event("x09", "H1", "cleared", "2021-01-01", BOX, known=None), "no recorded_at"),
        "x10": (event("x10", "H1", "cleared", "2021-01-01", BOX, known="2021-01-01T00:00"),
                "no recorded_at with a time zone"),
        "x11": (event("x11", "H1", "transferred", "2021-01-01", BOX), "gives no role"),
        "x12": (event("x12", "H1", "transferred", "2021-01-01", BOX,
                      detail={"role": "child"}), "no transfer_id"),
        "x13": (event("x13", "H1", "cleared", "2021-01-01", shapely.Point(103, 13)), "Point"),
        "x14": (event("x14", "H1", "cleared", "not a day", BOX, known="2021-01-01T00:00Z"),
                "happened_on"),
        "x15": (event("x15", "H1", "amended", "2021-01-01",
                      shapely.box(300_000, 1_400_000, 300_100, 1_400_100)), "not longitude"),
    }  # fmt: skip
    good = fold(QUARTERS)
    state = fold(pd.concat([QUARTERS, ledger(*(one for one, _ in wrong.values()))]))
    reasons = dict(zip(state.ignored["event_id"], state.ignored["reason"], strict=True))
    assert reasons.keys() == wrong.keys()
    for name, (_, words) in wrong.items():
        assert words in reasons[name], name
    pd.testing.assert_frame_equal(state.effects, good.effects)


def test_bad_detail_is_no_reason_to_lose_land():
    events = ledger(born()).assign(detail="{not json")
    state = fold(events)
    assert sizes_of(state) == {"H1": WHOLE}
    assert state.hazards["kind"].isna().all()


def test_one_event_id_counts_once():
    twice = pd.concat([QUARTERS, QUARTERS])
    pd.testing.assert_frame_equal(fold(twice).effects, fold(QUARTERS).effects)
    assert fold(twice).ignored.empty
    other = ledger(event("a", "H1", "cleared", "2021-01-01", BOX, known="2021-01-01T13:00:00Z"))
    for both in (pd.concat([QUARTERS, other]), pd.concat([other, QUARTERS])):
        state = fold(both)
        assert sizes_of(state) == {"H1": 300_037}
        assert state.ignored["reason"].tolist() == ["its event_id stands twice with other content"]


def test_the_shape_of_the_table_is_checked():
    with pytest.raises(RecordError, match="needs the column happened_on"):
        fold(QUARTERS.drop(columns="happened_on"))
    with pytest.raises(CRSError, match="EPSG:4326"):
        fold(QUARTERS.to_crs(32648))
    naive = QUARTERS.assign(recorded_at=QUARTERS["recorded_at"].dt.tz_localize(None))
    with pytest.raises(RecordError, match="no time zone"):
        fold(naive)


@pytest.mark.parametrize("moment", ["2022-01-01T00:00", dt.datetime(2022, 1, 1), "soon"])  # noqa: DTZ001
def test_naive_moments_are_refused(moment):
    with pytest.raises(RecordError, match=r"no time zone|not a moment"):
        fold(QUARTERS, known_at=moment)


@pytest.mark.parametrize("day", ["2022-13-01", "2022-01-01T05:00", "2022-01-01T00:00Z", "soon"])
def test_what_is_no_day_is_refused(day):
    with pytest.raises(RecordError, match="is not a day"):
        fold(QUARTERS, as_of=day)


def test_an_empty_ledger_gives_empty_tables():
    state = fold(QUARTERS.iloc[:0])
    assert list(state.hazards.columns) == [*HAZARD_COLUMNS, "parent_id"]
    assert len(state.hazards) == len(state.effects) == len(state.ignored) == 0
    assert state.hazards.crs == "EPSG:4326"


def test_input_and_index_are_kept():
    events = QUARTERS.set_axis(list("wxyz"), axis=0)
    copy = events.copy(deep=True)
    state = fold(events)
    assert state.effects.index.tolist() == list("wxyz")
    assert state.polygons.index.tolist() == list("wxyz")
    pd.testing.assert_frame_equal(pd.DataFrame(events), pd.DataFrame(copy))


def test_days_and_moments_may_be_objects_and_labels_may_repeat():
    days = [None if pd.isna(day) else day.date() for day in QUARTERS["happened_on"]]
    moments = [moment.to_pydatetime() for moment in QUARTERS["recorded_at"]]
    events = QUARTERS.assign(
        happened_on=pd.Series(days, dtype=object), recorded_at=pd.Series(moments, dtype=object)
    )
    events = events.set_axis([7] * len(events), axis=0)
    state = fold(events)
    assert sizes_of(state) == {"H1": 300_037}
    assert state.effects.index.tolist() == [7] * 4
    same = state.effects.reset_index(drop=True)
    pd.testing.assert_frame_equal(same, fold(QUARTERS).effects.reset_index(drop=True))


def test_registered_hazards_come_back_as_they_were():
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": ["B", "A"],
            "province": ["Pailin", None],
            "surveyed_on": ["2019-01-01", "2018-01-01"],
            "in_workbench": [True, False],
            "reported_size_m2": [5.5, None],
            "team": ["red", None],
        },
        geometry=[BOX, affinity.translate(BOX, 1, 0)],
        crs=4326,
    )
    hazards = to_hazards(frame, kind="ap_minefield")
    state = fold(registered_events(hazards))
    back = state.hazards.drop(columns="parent_id")
    expected = hazards.sort_values("hazard_id", ignore_index=True).assign(status="open")
    pd.testing.assert_frame_equal(pd.DataFrame(back), pd.DataFrame(expected), check_dtype=False)
    missing = hazards.assign(surveyed_on=pd.NaT)
    with pytest.raises(RecordError, match="no surveyed_on"):
        registered_events(missing)


@pytest.mark.untraced
def test_the_preview_says_what_the_fold_does():
    for number, (name, hazard, polygon) in enumerate(nasty.pairs(65, seed=7)):
        if not (hazard.is_valid and polygon.is_valid and polygon.geom_type == "Polygon"):
            continue
        events = ledger(born(polygon=hazard), event("a", "H1", "reduced", "2021-01-01", polygon))
        state = fold(events)
        table = fold(events, as_of="2020-12-31").hazards
        if "outside" in " ".join(state.notes["note"]):
            continue
        shown = release_area(table, "H1", "reduced", polygon)
        assert effect(state, "a").get("reduced_m2", 0) == shown.balance.released_m2, (number, name)
        assert state.hazards.geometry[0].equals_exact(shown.remaining), (number, name)


@pytest.mark.untraced
def test_a_hundred_nasty_releases_on_one_hazard():
    rng = np.random.default_rng(5)
    field = nasty.star(rng, points=60)
    drawn = [
        nasty.star(rng, nasty.KM / 8, (103 + x, 13 + y)) for x, y in rng.normal(0, 0.004, (60, 2))
    ]
    drawn += [affinity.translate(polygon, nasty.tiny(rng), nasty.tiny(rng)) for polygon in drawn]
    events = [born(polygon=field)]
    events += [
        event(f"e{i:03}", "H1", OUTCOMES[i % 3], f"2021-{1 + i % 12:02}-01", polygon)
        for i, polygon in enumerate(drawn)
    ]
    state = fold(ledger(*events))
    left = exact_size_m2([field.difference(shapely.union_all(drawn))])[0]
    assert abs(balanced(state) - left) < len(drawn)


# Random ledgers

DAYS = [f"2021-01-{day:02}" for day in range(1, 13)]
SLOTS = {"H0": 0.0, "H1": 0.006, "H2": 0.02, "H3": 0.03}  # H0 and H1 overlap
shares = st.integers(-2, 12).map(lambda tenth: tenth / 10)


@st.composite
def random_events(draw):
    """Events of four hazards, two overlapping, with every type and any lateness."""
    made = []

    def add(hazard, kind, day, polygon=None, **said):
        late = draw(st.integers(0, 9))
        known = pd.Timestamp(day or DAYS[0], tz="UTC") + pd.Timedelta(days=late, minutes=len(made))
        name = f"{draw(st.integers(0, 999)):03}-{len(made)}"
        made.append(event(name, hazard, kind, day, polygon, known=known.isoformat(), **said))
        return name

    for hazard, at in SLOTS.items():
        day = draw(st.sampled_from(DAYS[:3]))
        add(hazard, "registered", day, affinity.translate(BOX, at, 0),
            detail={"kind": "ap_minefield"})  # fmt: skip
    for _ in range(draw(st.integers(0, 12))):
        hazard = draw(st.sampled_from([*SLOTS, "H0a", "H2m"]))
        at = 103 + SLOTS.get(hazard[:2], 0)
        day = draw(st.sampled_from(DAYS))
        start, width = draw(shares), draw(st.sampled_from((0.1, 0.35, 1.0)))
        height = draw(st.sampled_from((13.004, 13.02)))
        box = shapely.box(at + 0.01 * start, 12.99, at + 0.01 * (start + width), height)
        what = draw(st.sampled_from(["cut", "cut", "cut", "amend", "divide", "merge", "retract"]))
        if what == "cut":
            add(hazard, draw(st.sampled_from(OUTCOMES)), day, box)
        elif what == "amend":
            add(hazard, "amended", day, box)
        elif what == "divide":
            group = {"transfer_id": f"t{len(made)}"}
            add(hazard, "transferred", day, box, detail={"role": "parent"}, **group)
            add(f"{hazard[:2]}a", "transferred", day, box, detail={"role": "child"}, **group)
        elif what == "merge":
            group = {"transfer_id": f"t{len(made)}"}
            union = shapely.box(103.02, 13, 103.04, 13.01)
            for parent in ("H2", "H3"):
                add(parent, "transferred", day, union, detail={"role": "parent"}, **group)
            add("H2m", "transferred", day, union, detail={"role": "child"}, **group)
        else:
            target = draw(st.sampled_from([one["event_id"] for one in made]))
            if target not in {one.get("retracts") for one in made}:
                add(hazard, "retracted", None, retracts=target)
    return ledger(*made)


EARLY, LATE = "2021-01-04T00:00:00Z", "2021-01-09T00:00:00+07:00"
MOMENTS = [(None, None), (None, DAYS[6]), (EARLY, None), (LATE, DAYS[2]), (LATE, DAYS[8])]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(random_events(), st.randoms(use_true_random=False))
def test_random_ledgers_balance_whatever_the_order_of_arrival(events, chance: random.Random):
    order = list(range(len(events)))
    chance.shuffle(order)
    shuffled = events.iloc[order]
    for known_at, as_of in MOMENTS:
        state = fold(events, as_of=as_of, known_at=known_at)
        balanced(state)
        other = fold(pd.concat([shuffled, events.iloc[:2]]), as_of=as_of, known_at=known_at)
        assert sizes_of(other) == sizes_of(state)
        here, there = (each.effects.reset_index(drop=True) for each in (state, other))
        pd.testing.assert_frame_equal(here, there)
        pairs = zip(state.hazards.geometry, other.hazards.geometry, strict=True)
        assert all(one.equals_exact(two) for one, two in pairs)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(random_events(), st.data())
def test_a_retracted_event_is_as_if_it_had_never_been(events, data):
    here = events[events["event_type"] != "retracted"]
    target = data.draw(st.sampled_from(here["event_id"].tolist()))
    if (events["retracts"] == target).any():
        return
    undo = ledger(event("zz", "H0", "retracted", None, retracts=target, known="2021-06-01T00:00Z"))
    row = events[events["event_id"] == target].iloc[0]
    never = events["event_id"] != target
    if isinstance(row["transfer_id"], str):
        never &= events["transfer_id"] != row["transfer_id"]
    without = fold(events[never & (events["retracts"] != target)])
    voided = fold(pd.concat([events, undo]))
    pd.testing.assert_frame_equal(voided.effects, without.effects)
    assert sizes_of(voided) == sizes_of(without)
    before = fold(pd.concat([events, undo]), known_at="2021-05-31T00:00:00Z")
    assert sizes_of(before) == sizes_of(fold(events))


@settings(derandomize=True, deadline=None, max_examples=50)
@given(random_events())
def test_simple_ledgers_agree_with_a_plain_loop(events):
    """Without transfers and retractions: shapely's difference, event by event."""
    plain = events[~events["event_type"].isin(("transferred", "retracted"))]
    plain = plain[plain["hazard_id"].isin(SLOTS)]
    state = fold(plain)
    rank = {"registered": 0, "amended": 1, "cancelled": 2, "reduced": 3, "cleared": 4}
    table = plain.assign(rank=plain["event_type"].map(rank))
    table = table.sort_values(["happened_on", "rank", "event_id"])
    left = {}
    for row in table.itertuples():
        if row.event_type in OUTCOMES and row.hazard_id in left:
            left[row.hazard_id] = left[row.hazard_id].difference(row.geometry)
        elif row.event_type == "registered" or row.hazard_id in left:
            left[row.hazard_id] = row.geometry
    assert sizes_of(state) == {name: size_m2([shape])[0] for name, shape in left.items()}
