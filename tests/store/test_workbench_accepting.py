"""Submitted hazards into the ledger, or rejected: what is written, what is left, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from mine_geo import errors
from mine_geo.geo.hazards import to_hazards
from mine_geo.store import Left, Store
from tests.store.conftest import signed
from tests.store.inbox import candidates, file, square

SIZE = 1_200_149  # a square of 0.01 degree at 13 degrees north
HALF = 600_074  # so that releasing the one half leaves the other and takes 600,075
A = {
    "hazard_id": "A",
    "geometry": square(103.0),
    "surveyed_on": "2020-05-01",
    "area_type": "SHA",
    "province": "Battambang",
    "village": "Ta Sanh",
    "operator": "MAG",
    "reported_size_m2": 1_200_000.0,
    "task": "TS 14",
}
B = {"hazard_id": "B", "geometry": square(103.1), "surveyed_on": "2021-05-01"}
WEST = shapely.box(103.0, 13.0, 103.005, 13.01)


def register(store: Store, *rows: dict[str, Any]) -> None:
    store.register(to_hazards(candidates(rows)))


def submit(store: Store, *rows: dict[str, Any]) -> str:
    return store.submit(file(*rows))


def history(store: Store, hazard: str) -> pd.DataFrame:
    found = store.history(hazard)
    return found[found["event_type"] != "registered"].reset_index(drop=True)


def sound(store: Store) -> None:
    """Check that the ledger is what the register shows, to the square metre."""
    assert store.rebuild().empty
    total = store.hazards(workbench="include", closed=True)
    exclude = store.hazards(workbench="exclude", closed=True)["size_m2"].sum()
    only = store.hazards(workbench="only", closed=True)["size_m2"].sum()
    assert exclude + only == total["size_m2"].sum()


# ---------------------------------------------------------------- new hazards


def test_new_hazards_are_registered(store: Store) -> None:
    name = submit(store, A, {**B, "in_workbench": True})
    done = store.accept(name, accepted_by="chief")
    assert (done.accepted, done.registered, done.left, done.notes) == (2, 2, (), ())
    events = store.events()
    assert done.events == tuple(sorted(events["event_id"]))
    assert set(events["recorded_by"]) == {signed(store, "chief")}
    found = store.hazards(workbench="exclude")
    assert found["size_m2"].tolist() == [SIZE, SIZE]
    assert found["task"].tolist()[0] == "TS 14"
    records = store.submission(name).records
    assert records["state"].tolist() == ["accepted", "accepted"]
    assert records["did"].tolist() == ["registered", "registered"]
    assert records["decided_by"].tolist() == [signed(store, "chief")] * 2
    assert set(records["decided_at"]) == set(events["recorded_at"])
    assert records["change"].isna().all()
    assert store.submissions()["accepted"].tolist() == [2]
    assert store.submissions(waiting=True).empty
    sound(store)


def test_registering_by_file_and_by_workbench_is_the_same(store: Store) -> None:
    store.accept(submit(store, A))
    register(store, A)
    assert len(store.events()) == 1


def test_a_new_hazard_holds_from_its_survey_else_from_the_day_it_was_received(
    store: Store,
) -> None:
    name = submit(store, A, {"hazard_id": "U", "geometry": square(103.2)})
    received = store.submissions()["received_at"][0].tz_convert("Asia/Phnom_Penh").date()
    before = store.hazards(as_of=received)["size_m2"].sum()
    store.accept(name)
    days = store.events().set_index("hazard_id")["happened_on"].dt.date.map(str).to_dict()
    assert days == {"A": "2020-05-01", "U": str(received)}
    assert store.hazards(as_of=received)["size_m2"].sum() == before


def test_a_day_that_is_given_counts_for_those_without_survey(store: Store) -> None:
    name = submit(store, A, {"hazard_id": "U", "geometry": square(103.2)})
    store.accept(name, happened_on="2022-01-31")
    days = store.events().set_index("hazard_id")["happened_on"].dt.date.map(str).to_dict()
    assert days == {"A": "2020-05-01", "U": "2022-01-31"}


def test_accepting_again_writes_nothing(store: Store) -> None:
    name = submit(store, A)
    store.accept(name)
    before = store.events()
    again = store.accept(name)
    assert (again.accepted, again.events) == (0, ())
    assert again.notes == ("1 of the records were accepted before", "nothing waits in S-0001")
    assert store.accept(name, hazards="A").accepted == 0
    assert_frame_equal(pd.DataFrame(store.events()), pd.DataFrame(before))


# ---------------------------------------------------------------- what is left


def test_what_cannot_enter_is_left_with_the_reason(store: Store) -> None:
    bow_tie = shapely.Polygon([(103, 14), (103.01, 14.01), (103.01, 14), (103, 14.01)])
    rows = [
        A,
        {"hazard_id": "N"},
        {"hazard_id": "K", "kind": None, "geometry": square(103.3)},
        {"hazard_id": "X", "kind": "mines", "geometry": bow_tie},
        {"hazard_id": None, "geometry": square(103.4)},
    ]
    name = submit(store, *rows)
    done = store.accept(name)
    assert done.accepted == done.registered == 1
    ring = "invalid_ring: self-intersection at 103.0050000, 14.0050000; draw the ring so that it "
    ring += "neither crosses nor touches itself"
    word = "unknown_word: kind 'mines' is unknown; write one of: ap_minefield, av_minefield, "
    word += "cluster_munition, other_erw"
    assert done.left == (
        Left(2, "N", "no polygon: not in the split"),
        Left(3, "K", "no kind: say which when the file is read, with kind="),
        Left(4, "X", f"{ring}; {word}"),
        Left(5, None, "missing_id: no hazard_id; give the hazard its id"),
    )
    assert store.submission(name).records["state"].tolist() == ["accepted", *["waiting"] * 4]
    listed = store.not_in_split()
    assert listed["record"].tolist() == [2, 3, 4, 5]
    assert listed["why"].tolist() == ["no polygon", "no kind", "errors", "errors"]
    sound(store)


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"hazards": ["A", "X"]}, r"X \(invalid_ring: self-intersection at"),
        ({"records": [1, 3]}, "N .no polygon"),
    ],
)
def test_what_is_asked_for_by_name_is_done_whole_or_not_at_all(
    store: Store, asked: dict[str, Any], match: str
) -> None:
    bow_tie = shapely.Polygon([(103, 14), (103.01, 14.01), (103.01, 14), (103, 14.01)])
    name = submit(store, A, {"hazard_id": "X", "geometry": bow_tie}, {"hazard_id": "N"}, B)
    with pytest.raises(errors.RecordError, match=match):
        store.accept(name, **asked)
    assert store.events().empty
    assert set(store.submission(name).records["state"]) == {"waiting"}
    assert store.accept(name, hazards=["A"]).registered == 1
    assert store.accept(name, records=[4]).registered == 1


def test_names_that_are_not_in_the_submission(store: Store) -> None:
    name = submit(store, A)
    with pytest.raises(errors.UnknownNameError, match="B, 7: not in S-0001"):
        store.accept(name, hazards=["A", "B"], records=[7])
    with pytest.raises(errors.UnknownNameError, match="no submission S-0002"):
        store.accept("S-0002")
    assert store.events().empty


# ---------------------------------------------------------------- what is there already


def test_the_same_is_done_without_an_event(store: Store) -> None:
    register(store, A)
    sparse = {"hazard_id": "A", "geometry": square(103.0).reverse(), "surveyed_on": "2020-05-01"}
    name = submit(store, {**sparse, "task": None, "status": "open"})
    row = store.submission(name).records.iloc[0]
    assert (row["change"], row["register_size_m2"]) == ("same", SIZE)
    done = store.accept(name)
    assert (done.accepted, done.same, done.events) == (1, 1, ())
    assert len(store.events()) == 1
    assert store.hazards()["village"].tolist() == ["Ta Sanh"]  # what is left empty stays
    assert store.submission(name).records["did"].isna().all()


def test_a_redrawn_hazard_is_amended(store: Store) -> None:
    register(store, A)
    moved = shapely.box(103.005, 13.0, 103.015, 13.01)
    name = submit(store, {**A, "geometry": moved, "surveyed_on": "2022-05-01"})
    row = store.submission(name).records.iloc[0]
    assert row["change"] == "redrawn, described"
    assert row[["size_m2", "register_size_m2"]].tolist() == [SIZE, SIZE]
    assert row[["gained_m2", "lost_m2"]].tolist() == [HALF, HALF]
    assert row["changed"] == "surveyed_on: 2020-05-01 -> 2022-05-01"
    done = store.accept(name, accepted_by="chief")
    assert (done.amended, done.described, done.registered) == (1, 1, 0)
    found = history(store, "A")
    assert found["event_type"].tolist() == ["described", "amended"]
    assert found["happened_on"].dt.date.map(str).tolist() == ["2022-05-01"] * 2
    assert found["comment"].tolist() == ["S-0001, record 1"] * 2
    assert set(found["recorded_by"]) == {signed(store, "chief")}
    assert store.hazards().geometry[0].equals(shapely.MultiPolygon([moved]))
    assert (
        store.hazards(as_of="2022-04-30").geometry[0].equals(shapely.MultiPolygon([A["geometry"]]))
    )
    assert store.submission(name).records["did"].tolist() == ["described, amended"]
    sound(store)


def test_what_it_says_otherwise_is_described(store: Store) -> None:
    register(store, A)
    other = {
        **A,
        "village": "Ta Sanh Cheung",
        "province": "pailin",
        "difficulty": None,
        "reported_size_m2": 1_300_000.0,
        "task": "TS 15",
        "team": 4,
    }
    name = submit(store, other)
    row = store.submission(name).records.iloc[0]
    assert row["change"] == "described"
    assert row["changed"] == (
        "village: Ta Sanh -> Ta Sanh Cheung; reported_size_m2: 1200000 -> 1300000; "
        "province: Battambang -> Pailin; province_code: 02 -> 24; task: TS 14 -> TS 15; "
        "team: nothing -> 4"
    )
    done = store.accept(name)
    assert (done.described, done.amended, done.confirmed) == (1, 0, 0)
    found = store.hazards().iloc[0]
    assert found[["village", "province_code", "task", "team"]].tolist() == [
        "Ta Sanh Cheung",
        "24",
        "TS 15",
        4,
    ]
    assert found["reported_size_m2"] == 1_300_000.0
    again = submit(store, {**other, "task": "TS 15 "})
    assert store.submission(again).records["change"].tolist() == ["described"]  # a further column
    sound(store)


def test_an_unknown_province_takes_the_code_away(store: Store) -> None:
    register(store, A)
    store.accept(submit(store, {**A, "province": "Atlantis"}))
    found = store.hazards().iloc[0]
    assert found["province"] == "Atlantis"
    assert pd.isna(found["province_code"])
    sound(store)


def test_a_suspected_hazard_is_confirmed(store: Store) -> None:
    register(store, A)
    done = store.accept(submit(store, {**A, "area_type": "CHA"}))
    assert (done.confirmed, done.described) == (1, 0)
    assert history(store, "A")["event_type"].tolist() == ["confirmed"]
    assert store.hazards()["area_type"].tolist() == ["CHA"]
    back = store.accept(submit(store, {**A, "surveyed_on": "2022-01-01"}))
    assert (back.confirmed, back.described) == (0, 1)
    assert store.hazards()["area_type"].tolist() == ["SHA"]
    sound(store)


def test_a_hazard_flagged_in_the_register_leaves_the_workbench(store: Store) -> None:
    register(store, {**A, "in_workbench": True}, {**B, "in_workbench": True})
    name = submit(store, A)
    row = store.submission(name).records.iloc[0]
    assert (row["change"], row["changed"]) == ("described", "in_workbench: yes -> no")
    store.accept(name)
    assert store.hazards(workbench="only")["hazard_id"].tolist() == ["B"]
    # and without a file
    store.describe(["B"], {"in_workbench": False}, happened_on="2022-01-31")
    assert store.hazards(workbench="only").empty
    sound(store)


# ---------------------------------------------------------------- days


def test_a_survey_before_the_registration_counts_from_that_on(store: Store) -> None:
    register(store, A)
    done = store.accept(submit(store, {**A, "surveyed_on": "2019-01-01", "geometry": WEST}))
    assert (done.amended, done.described) == (1, 1)
    assert history(store, "A")["happened_on"].dt.date.map(str).tolist() == ["2020-05-01"] * 2
    assert store.hazards()["surveyed_on"].dt.date.map(str).tolist() == ["2019-01-01"]
    sound(store)


def test_a_redrawn_hazard_without_a_day_is_left(store: Store) -> None:
    register(store, A, B)
    undated = {**A, "surveyed_on": None}
    name = submit(store, {**undated, "geometry": WEST}, {"hazard_id": "B", "village": "V", **B})
    done = store.accept(name)
    assert done.left == (
        Left(1, "A", "redrawn, and no day of survey: say from which day, with happened_on=..."),
    )
    with pytest.raises(errors.RecordError, match="happened_on="):
        store.accept(name, hazards="A")
    done = store.accept(name, hazards="A", happened_on="2022-01-31")
    assert done.amended == 1
    assert store.hazards(as_of="2022-01-30")["size_m2"].tolist()[0] == SIZE
    assert store.hazards()["size_m2"].tolist()[0] == HALF
    sound(store)


@pytest.mark.parametrize(
    ("day", "match"),
    [("2019-01-01", "comes before it was in the register"), ("2999-01-01", "in the future")],
)
def test_a_day_that_cannot_be_is_refused(store: Store, day: str, match: str) -> None:
    register(store, A)
    name = submit(store, {**A, "geometry": WEST})
    with pytest.raises(errors.RecordError, match=match):
        store.accept(name, happened_on=day)
    assert len(store.events()) == 1
    assert store.submission(name).records["state"].tolist() == ["waiting"]


# ---------------------------------------------------------------- land released before


def test_the_whole_polygon_of_a_hazard_worked_on_says_nothing_new(store: Store) -> None:
    register(store, A)
    store.record("A", "cleared", WEST, happened_on="2022-05-01")
    name = submit(store, A)
    row = store.submission(name).records.iloc[0]
    assert row["change"] == "same"
    assert row["changed"] == "drawn as before, of which 600,075 m² were released"
    assert store.accept(name).same == 1
    assert store.hazards()["size_m2"].tolist() == [HALF]
    described = submit(store, {**A, "village": "V"})
    row = store.submission(described).records.iloc[0]
    assert row["change"] == "described"
    assert row["changed"] == (
        "drawn as before, of which 600,075 m² were released; village: Ta Sanh -> V"
    )


def test_land_released_before_does_not_come_back_by_itself(store: Store) -> None:
    """Redrawn on the day of its survey, what was cleared since is cut out of it again."""
    register(store, A)
    store.record("A", "cleared", WEST, happened_on="2022-05-01")
    longer = shapely.box(103.0, 13.0, 103.02, 13.01)
    name = submit(store, {**A, "geometry": longer})
    row = store.submission(name).records.iloc[0]
    assert row[["change", "gained_m2", "lost_m2"]].tolist() == ["redrawn", 1_800_223, 0]
    store.accept(name)
    assert store.hazards()["size_m2"].tolist() == [2_400_298 - 600_075]
    sound(store)
    found = shapely.box(103.0, 13.0, 103.03, 13.01)
    told = store.accept(submit(store, {**A, "geometry": found, "surveyed_on": "2022-06-01"}))
    assert told.notes == ("A: it covers land again that was released earlier (600,074 m²)",)
    assert store.hazards()["size_m2"].tolist() == [3_600_446]


def test_a_closed_hazard_is_not_opened(store: Store) -> None:
    register(store, A)
    store.record("A", "cleared", square(103.0), happened_on="2022-05-01")
    name = submit(store, {**A, "surveyed_on": "2023-01-01"}, B)
    assert store.submission(name).records["change"].tolist() == ["closed", "new"]
    done = store.accept(name)
    assert done.registered == 1
    assert done.left[0].hazard_id == "A"
    assert "closed in the register" in done.left[0].why
    with pytest.raises(errors.RecordError, match="by hand with amend"):
        store.accept(name, hazards="A")
    assert store.hazards()["hazard_id"].tolist() == ["B"]


# ---------------------------------------------------------------- one hazard, several files


def test_of_one_day_the_newest_submission_counts(store: Store) -> None:
    """The polygon was corrected twice and the day of survey stayed."""
    register(store, A)
    names = [submit(store, {**A, "geometry": square(103.0, size=size)}) for size in (0.02, 0.03)]
    first = store.accept(names[0])
    assert first.notes == ("A: waits in S-0002 too, which is newer",)
    store.accept(names[1])
    assert store.hazards().geometry[0].bounds[2] == pytest.approx(103.03)
    third = store.submit(file({**A, "geometry": square(103.0, size=0.02)}), again=True)
    store.accept(third)
    assert store.hazards().geometry[0].bounds[2] == pytest.approx(103.02)
    assert history(store, "A")["event_type"].tolist() == ["amended"] * 3
    sound(store)


def test_the_older_one_accepted_last_does_not_undo_the_newer(store: Store) -> None:
    register(store, A)
    names = [submit(store, {**A, "geometry": square(103.0, size=size)}) for size in (0.02, 0.03)]
    store.accept(names[1])
    done = store.accept(names[0])
    assert done.notes == ("A: the register still says otherwise (redrawn): a later event counts",)
    assert store.hazards().geometry[0].bounds[2] == pytest.approx(103.03)


def test_the_difference_is_to_the_register_as_it_stands(store: Store) -> None:
    one, two = submit(store, A), submit(store, {**A, "geometry": WEST})
    assert store.submission(two).records["change"].tolist() == ["new"]
    store.accept(one)
    assert store.submission(two).records["change"].tolist() == ["redrawn"]
    assert store.hazards()["size_m2"].tolist() == [SIZE]
    store.accept(two)
    assert store.hazards()["size_m2"].tolist() == [HALF]
    sound(store)


def test_an_acceptance_that_fails_half_way_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(store, A)
    name = submit(store, {**A, "geometry": WEST}, B)

    def failing(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr("mine_geo.store.workbench.accept.Decision.write", failing)
    with pytest.raises(RuntimeError, match="power"):
        store.accept(name)
    monkeypatch.undo()
    assert len(store.events()) == 1
    assert set(store.submission(name).records["state"]) == {"waiting"}
    assert store.accept(name).accepted == 2


# ---------------------------------------------------------------- rejected


def test_rejected_records_stay_to_be_seen_and_count_no_more(store: Store) -> None:
    name = submit(store, A, B, {"hazard_id": None})
    done = store.reject(name, reason=" wrong datum ", hazards="A", rejected_by="desk")
    assert (done.submission_id, done.rejected) == (name, 1)
    assert store.reject(name, reason="no id", records=[3]).rejected == 1
    records = store.submission(name).records
    assert records["state"].tolist() == ["rejected", "waiting", "rejected"]
    assert records["why"].tolist()[::2] == ["wrong datum", "no id"]
    assert records["decided_by"].tolist()[0] == signed(store, "desk")
    assert store.hazards()["hazard_id"].tolist() == ["B"]
    with pytest.raises(errors.RecordError, match=r"A was rejected on .* submit it again"):
        store.accept(name, hazards="A")
    store.accept(name)
    with pytest.raises(errors.RecordError, match=r"B was accepted on .* retract its event"):
        store.reject(name, reason="changed my mind", hazards="B")
    assert store.reject(name, reason="all of it").rejected == 0
    assert store.submissions()[["waiting", "accepted", "rejected"]].iloc[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("why", ["", "  ", None])
def test_a_rejection_needs_a_reason(store: Store, why: Any) -> None:
    name = submit(store, A)
    with pytest.raises(errors.RecordError, match="reason is missing"):
        store.reject(name, reason=why)
    assert store.submission(name).records["state"].tolist() == ["waiting"]
