"""Reports that come twice: recognised in the ledger and on the workbench, corrected in one step."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from mine_geo import errors
from mine_geo.intake.reading import read
from mine_geo.store import Store
from tests.reports_register import REPORTS, hazards, square
from tests.store.inbox import report_file

WEST, EAST = square(1, 100.0), square(1, 100.0, 100.0)
OTHER = square(2, 100.0)
BOTH = shapely.MultiPolygon([WEST, OTHER])
HALF = 19_988
"""Half of a square, m²: the corners of the files are rounded to 1e-7 degree."""
NAMES = ["events", "cleared_m2", "reported_m2", "ap_mines"]


def report(**said: Any) -> dict[str, Any]:
    return {
        "hazard_id": "AP-001",
        "event_type": "cleared",
        "happened_on": "2024-05-03",
        "operator": "CMAC",
        "report_ref": "CR-1",
        "reported_size_m2": 20_000.0,
        "ap_mines": 3,
        "geometry": WEST,
        **said,
    }


def sent(desk: Store, *rows: dict[str, Any], **said: Any) -> str:
    return desk.submit(report_file(*rows, **said))


def case(desk: Store, name: str) -> str:
    return desk.submit(read(REPORTS / f"{name}.xlsx", what="reports", crs="EPSG:4326"))


def sums(desk: Store) -> list[int]:
    """Return events, m² cleared, m² reported and mines, and check that the ledger is sound."""
    assert desk.rebuild().empty
    found = desk.balance().iloc[0]
    released = found[["cancelled_m2", "reduced_m2", "cleared_m2"]].sum()
    assert found["registered_m2"] + found["amended_m2"] - released == found["remaining_m2"]
    return desk.releases(by=[])[NAMES].fillna(0).iloc[0].tolist()  # 0 where no report says it


def codes(desk: Store, name: str) -> list[str]:
    known = ("known_report", "perhaps_known", "waits_elsewhere", "same_report")
    return [each for each in desk.submission(name).findings["code"] if each in known]


@pytest.mark.parametrize(
    ("first", "second", "said", "year_day", "mines"),
    [
        ("c9a", "c9a2", "ap_mines 3, now 5", "2024-05-03", 5),
        ("c9b", "c9b2", "happened_on 2024-05-03, now 2024-05-08", "2024-05-08", 3),
    ],
)
def test_sent_again_with_something_corrected(
    desk: Store, first: str, second: str, said: str, year_day: str, mines: int
) -> None:
    half = HALF + 1  # with the slivers beside it
    assert desk.accept(case(desk, first)).released_m2 == half
    assert sums(desk) == [1, half, 20_000, 3]
    name = case(desk, second)
    assert codes(desk, name) == ["known_report"]
    left = desk.accept(name)
    assert (left.accepted, left.events) == (0, ())
    assert left.left[0].why.startswith("CR-1 of CMAC is there with other content")
    assert said in left.left[0].why
    assert "as_correction=True" in left.left[0].why
    assert sums(desk) == [1, half, 20_000, 3]
    with pytest.raises(errors.RecordError, match="other content"):
        desk.accept(name, records=[1])

    shown = desk.accept(name, as_correction=True, dry_run=True)
    assert sums(desk) == [1, half, 20_000, 3]
    done = desk.accept(name, as_correction=True)
    assert vars(done) | {"written": False} == vars(shown)
    assert (done.accepted, done.released, done.retracted) == (1, 1, 1)
    assert done.released_m2 == half
    assert any(said in note for note in done.notes)
    assert sums(desk) == [1, half, 20_000, mines]
    counts = desk.history("AP-001").query("event_type == 'cleared' and not voided")
    assert [f"{each:%Y-%m-%d}" for each in counts["happened_on"]] == [year_day]
    moments = desk.events().query("event_type in ('cleared', 'retracted')")["recorded_at"]
    assert moments.nunique() == 2  # of the first report; of its retraction and the correction


def test_a_correction_may_be_taken_back(desk: Store) -> None:
    desk.accept(sent(desk, report()))
    desk.accept(sent(desk, report(ap_mines=5)), as_correction=True)
    back = desk.submit(report_file(report()), again=True)
    assert "is there with other content" in desk.accept(back).left[0].why
    desk.accept(back, as_correction=True)
    assert sums(desk) == [1, HALF, 20_000, 3]


def test_recorded_by_hand_and_then_accepted(desk: Store) -> None:
    said = {"happened_on": "2024-05-03", "operator": "CMAC", "report_ref": "cr-1 "}
    desk.record("AP-001", "cleared", WEST, reported_size_m2=20_000, ap_mines=3, **said)
    name = sent(desk, report(comment="from the file"))
    assert codes(desk, name) == ["same_report"]
    done = desk.accept(name)
    assert (done.accepted, done.same, done.events) == (1, 1, ())
    assert sums(desk) == [1, HALF, 20_000, 3]
    assert "ap_mines 3, now 4" in desk.accept(sent(desk, report(ap_mines=4))).left[0].why
    assert sums(desk) == [1, HALF, 20_000, 3]


def test_items_that_are_not_said_are_no_zero(desk: Store) -> None:
    desk.accept(sent(desk, report(ap_mines=None)))
    assert "ap_mines none, now 0" in desk.accept(sent(desk, report(ap_mines=0))).left[0].why


def test_accepted_and_then_recorded_by_hand(desk: Store) -> None:
    (event,) = desk.accept(sent(desk, report())).events
    said: dict[str, Any] = {"happened_on": "2024-05-09", "dry_run": True}
    twice = desk.record("AP-001", "cleared", WEST, **said)
    assert any(event in note and "retract one of the two" in note for note in twice.notes)
    for other in (
        desk.record("AP-001", "cleared", EAST, **said),
        desk.record("AP-001", "reduced", square(1, 150.0), **said),
    ):
        assert not any("of the two" in note for note in other.notes)
    desk.retract(event, reason="by hand instead")
    assert not any("of the two" in n for n in desk.record("AP-001", "cleared", WEST, **said).notes)


@pytest.mark.parametrize("mines", [0, 3])
@pytest.mark.parametrize("reported", [None, 20_000.0])
def test_without_a_reference_what_says_the_very_same_adds_nothing(
    desk: Store, mines: int, reported: float | None
) -> None:
    row = report(ap_mines=mines, reported_size_m2=reported, report_ref=None)
    first = desk.accept(sent(desk, row))
    once = sums(desk)
    name = desk.submit(report_file(row), again=True)
    assert codes(desk, name) == ["same_report"]
    again = desk.accept(name)
    assert (first.released, again.same, again.left, again.events) == (1, 1, (), ())
    assert sums(desk) == once


def test_by_hand_without_a_reference_it_is_perhaps_the_same(desk: Store) -> None:
    desk.record("AP-001", "cleared", WEST, happened_on="2024-05-08", ap_mines=3)
    name = sent(desk, report())
    assert codes(desk, name) == ["perhaps_known"]
    assert desk.accept(name).left[0].why.startswith("perhaps it is there already")
    assert sums(desk) == [1, HALF, 0, 3]
    assert desk.accept(name, as_correction=True).retracted == 1
    assert sums(desk) == [1, HALF, 20_000, 3]


def test_another_report_of_the_same_land_is_recorded_at_a_word(desk: Store) -> None:
    desk.accept(sent(desk, report(report_ref=None)))
    name = sent(desk, report(report_ref=None, happened_on="2024-05-20", ap_mines=1))
    assert codes(desk, name) == ["perhaps_known"]
    assert desk.accept(name, as_another=True).released == 1
    assert sums(desk) == [2, HALF, 40_000, 4]


@pytest.mark.parametrize(
    "other",
    [
        report(report_ref=None, geometry=EAST),
        report(report_ref=None, happened_on="2024-06-04"),
        report(report_ref=None, event_type="reduced"),
        report(report_ref=None, hazard_id="AP-002", geometry=OTHER),
        report(report_ref="CR-2"),
        report(report_ref="CR-10"),
        report(operator="HALO", geometry=EAST),
    ],
)
def test_what_is_another_report_is_not_doubted(desk: Store, other: dict[str, Any]) -> None:
    desk.accept(sent(desk, report()))
    left = desk.accept(sent(desk, other)).left
    assert not any("perhaps" in each.why or "other content" in each.why for each in left)


@pytest.mark.parametrize(
    "said",
    [
        *({"report_ref": ref} for ref in ("CR 1", "CR-1 rev", "cr-1a", None)),
        {"operator": "HALO"},
        {"report_ref": None, "event_id": "{G2}"},
        {"report_ref": None, "geometry": square(1, 98.0, 1.0)},
    ],
)
def test_what_is_written_a_little_otherwise_is_doubted(desk: Store, said: dict[str, Any]) -> None:
    desk.accept(sent(desk, report()))
    assert desk.accept(sent(desk, report(ap_mines=9, **said))).accepted == 0
    assert sums(desk) == [1, HALF, 20_000, 3]


def test_the_operator_is_that_of_the_hazard_where_the_report_says_none(desk: Store) -> None:
    desk.accept(sent(desk, report(operator=None)))
    assert "other content" in desk.accept(sent(desk, report(ap_mines=4))).left[0].why
    assert desk.accept(sent(desk, report(operator="MAG", geometry=EAST))).accepted == 1


def test_two_files_wait_with_two_words(desk: Store) -> None:
    old, new = sent(desk, report()), sent(desk, report(ap_mines=5))
    assert codes(desk, old) == []
    assert codes(desk, new) == ["waits_elsewhere"]
    left = desk.accept(old).left
    assert f"{new} has a newer word of CR-1 of CMAC" in left[0].why
    done = desk.accept(new)
    assert any(old in note for note in done.notes)
    assert sums(desk) == [1, HALF, 20_000, 5]
    assert "ap_mines 5, now 3" in desk.accept(old).left[0].why
    desk.reject(old, reason="an older word")
    assert sums(desk) == [1, HALF, 20_000, 5]


def test_the_older_of_two_is_accepted_by_its_name(desk: Store) -> None:
    old, new = sent(desk, report()), sent(desk, report(ap_mines=5))
    assert desk.accept(old, records=[1]).accepted == 1
    assert "ap_mines 3, now 5" in desk.accept(new).left[0].why
    desk.accept(new, as_correction=True)
    assert sums(desk) == [1, HALF, 20_000, 5]


def test_what_was_retracted_does_not_come_back_by_itself(desk: Store) -> None:
    first = desk.accept(sent(desk, report())).events[0]
    desk.retract(first, reason="never happened")
    again = desk.submit(report_file(report()), again=True)
    assert "was retracted (event" in desk.accept(again).left[0].why
    assert sums(desk) == [0, 0, 0, 0]
    other = sent(desk, report(ap_mines=4))  # it is corrected: no word is needed
    assert desk.accept(other).accepted == 1
    assert sums(desk) == [1, HALF, 20_000, 4]


@pytest.mark.parametrize("word", ["as_correction", "as_another"])
def test_what_was_retracted_comes_back_at_a_word(desk: Store, word: str) -> None:
    said = report(event_id="{G1}", report_ref=None)
    desk.accept(sent(desk, said))
    desk.retract("{G1}", reason="never happened")
    again = desk.submit(report_file(said), again=True)
    assert "was retracted" in desk.accept(again).left[0].why
    assert desk.accept(again, **{word: True}).events == ("{G1}~2",)
    assert sums(desk) == [1, HALF, 20_000, 3]
    third = desk.submit(report_file(said), again=True)
    assert (desk.accept(third).same, sums(desk)[0]) == (1, 1)


def test_a_global_id_comes_back_with_a_correction(desk: Store) -> None:
    said = report(event_id="{G1}", report_ref=None)
    desk.accept(sent(desk, said))
    for mines in (4, 5):
        name = sent(desk, said | {"ap_mines": mines, "report_ref": "CR-9"})
        assert f"now {mines}" in desk.accept(name).left[0].why
        desk.accept(name, as_correction=True)
        assert sums(desk) == [1, HALF, 20_000, mines]
    ids = desk.history("AP-001").query("event_type == 'cleared'")["event_id"]
    assert set(ids) == {"{G1}", "{G1}~2", "{G1}~3"}
    assert desk.record("AP-001", "cleared", WEST, happened_on="2024-05-03", event_id="{G1}",
                       operator="CMAC", report_ref="CR-9", reported_size_m2=20_000,
                       ap_mines=5) == "{G1}~3"  # fmt: skip


def test_by_hand_an_id_comes_back_with_other_content(desk: Store) -> None:
    said: dict[str, Any] = {"happened_on": "2024-05-03", "event_id": "mine"}
    desk.record("AP-001", "cleared", WEST, **said)
    with pytest.raises(errors.ConflictError, match="retract that one first"):
        desk.record("AP-001", "cleared", EAST, **said)
    desk.retract("mine", reason="the other half")  # the mend
    assert desk.record("AP-001", "cleared", EAST, **said) == "mine~2"
    desk.retract("mine~2", reason="the first half after all")
    with pytest.raises(errors.ConflictError, match="give it the event_id mine~3") as refusal:
        desk.record("AP-001", "cleared", WEST, **said)
    mend = str(refusal.value).split()[-1]
    assert desk.record("AP-001", "cleared", WEST, **said | {"event_id": mend}) == "mine~3"
    assert not desk.record("AP-001", "cleared", WEST, **said).new
    assert sums(desk)[:2] == [1, HALF]


def test_one_global_id_over_two_hazards(desk: Store) -> None:
    """The form repeats what was reported once: it counts once."""
    said = report(event_id="{G}", report_ref=None, reported_size_m2=40_000.0, ap_mines=7)
    rows = [said, said | {"hazard_id": "AP-002", "geometry": OTHER}]
    name = sent(desk, *rows)
    assert desk.submission(name).findings.empty
    done = desk.accept(name)
    assert (done.released, done.events) == (2, ("{G}", "{G}:AP-002"))
    assert sums(desk) == [2, 2 * HALF, 40_000, 7]
    again = sent(desk, *reversed(rows))
    assert (desk.accept(again).same, sums(desk)) == (2, [2, 2 * HALF, 40_000, 7])

    gone = desk.retract("{G}:AP-002", reason="not there", dry_run=True)
    assert gone.notes == ("retracted with it, as one report: {G}",)
    moment = desk.events()["recorded_at"].max()
    desk.retract("{G}:AP-002", reason="not there")
    assert sums(desk) == [0, 0, 0, 0]
    assert desk.releases(by=[], known_at=moment)[NAMES].iloc[0].tolist() == [
        2, 2 * HALF, 40_000, 7,
    ]  # fmt: skip
    half = sent(desk, said)
    with pytest.raises(errors.RecordError, match="was retracted"):  # 40,000 m² on half the land
        desk.accept(half, records=[1], despite="size_mistaken")
    word = {"records": [1], "despite": "size_mistaken", "as_correction": True}
    assert desk.accept(half, **word).accepted == 1
    assert sums(desk) == [1, HALF, 40_000, 7]


def test_a_corrected_report_over_two_hazards_comes_back_whole(desk: Store) -> None:
    """The part without figures says what it said; alone it would lack half of the land."""
    said = report(event_id="{G}", report_ref=None, reported_size_m2=40_000.0, ap_mines=7)
    other = said | {"hazard_id": "AP-002", "geometry": OTHER}
    desk.accept(sent(desk, said, other))
    desk.retract("{G}", reason="7 were 8")
    again = desk.submit(report_file(said, other), again=True)
    assert ["was retracted" in each.why for each in desk.accept(again).left] == [True, True]
    desk.reject(again, reason="the old word")
    name = sent(desk, said | {"ap_mines": 8}, other | {"ap_mines": 8})
    assert codes(desk, name) == []
    done = desk.accept(name)
    assert (done.left, set(done.events)) == ((), {"{G}~2", "{G}:AP-002~2"})
    assert sums(desk) == [2, 2 * HALF, 40_000, 8]
    desk.retract("{G}:AP-002~2", reason="never happened")
    assert sums(desk) == [0, 0, 0, 0]


def test_what_was_overruled_once_needs_no_word_when_it_is_sent_again(desk: Store) -> None:
    """45,000 m² on 19,988: another file with the very same report adds nothing, and is done."""
    said = report(reported_size_m2=45_000.0)
    name = sent(desk, said)
    assert "size_mistaken" in desk.accept(name).left[0].why
    desk.accept(name, records=[1], despite="size_mistaken")
    assert sums(desk) == [1, HALF, 45_000, 3]
    again = sent(desk, said, report(report_ref="CR-2", geometry=EAST))
    done = desk.accept(again)
    assert (done.left, done.same, done.released) == ((), 1, 1)
    assert sums(desk) == [2, 2 * HALF, 65_000, 6]
    other = sent(desk, said | {"ap_mines": 4})  # somebody must look at it anew
    assert "size_mistaken" in desk.accept(other).left[0].why


def test_a_part_of_a_report_is_corrected_with_the_whole(desk: Store) -> None:
    said = report(event_id="{G}", report_ref=None, reported_size_m2=40_000.0, ap_mines=7)
    other = said | {"hazard_id": "AP-002", "geometry": OTHER}
    desk.accept(sent(desk, said, other))
    name = sent(desk, said, other | {"geometry": square(2, 50.0)})
    left = desk.accept(name)
    assert (left.same, len(left.left)) == (1, 1)
    name = sent(desk, said | {"ap_mines": 8}, other | {"ap_mines": 8})
    with pytest.raises(errors.RecordError, match="one report with record 2 of this file"):
        desk.accept(name, records=[1], as_correction=True)
    desk.accept(name, as_correction=True)
    assert sums(desk) == [2, 2 * HALF, 40_000, 8]
    one = sent(desk, said | {"ap_mines": 8})  # one hazard only, with the size of both
    desk.accept(one, records=[1], despite="size_mistaken", as_correction=True)
    assert sums(desk) == [1, HALF, 40_000, 8]


def test_one_reference_whose_figures_stand_in_the_first_row(desk: Store) -> None:
    first = report(reported_size_m2=40_000.0, ap_mines=7)
    other = report(hazard_id="AP-002", geometry=OTHER, reported_size_m2=None, ap_mines=None)
    done = desk.accept(sent(desk, first, other))
    assert sums(desk) == [2, 2 * HALF, 40_000, 7]
    desk.retract(done.events[0], reason="not there")
    assert sums(desk) == [0, 0, 0, 0]


@pytest.mark.parametrize("side", [0, 1])
def test_of_a_report_over_several_hazards_all_is_retracted(desk: Store, side: int) -> None:
    said = {"happened_on": "2024-05-03", "reported_size_m2": 40_000, "ap_mines": 7}
    done = desk.record_report("cleared", BOTH, event_id="R", **said)
    assert sums(desk) == [2, 2 * HALF, 40_000, 7]
    gone = desk.retract(done[side], reason="wrong")
    assert gone.notes
    assert sums(desk) == [0, 0, 0, 0]
    assert not desk.retract(done[1 - side], reason="wrong").new
    again = desk.record_report("cleared", BOTH, event_id="R", **said | {"ap_mines": 8})
    assert again[0] == "R~2"
    assert sums(desk) == [2, 2 * HALF, 40_000, 8]


def test_a_report_without_hazard_is_recognised_and_corrected(desk: Store) -> None:
    said = report(hazard_id=None, geometry=BOTH, reported_size_m2=40_000.0, ap_mines=7)
    desk.accept(sent(desk, said))
    assert desk.accept(sent(desk, said | {"comment": "sent again"})).same == 1
    name = sent(desk, said | {"ap_mines": 8})
    assert "ap_mines 7, now 8" in desk.accept(name).left[0].why
    shown = desk.accept(name, as_correction=True, dry_run=True)
    done = desk.accept(name, as_correction=True)
    assert (done.events, done.retracted, done.released_m2) == (
        shown.events, 2, 2 * HALF,
    )  # fmt: skip
    assert sums(desk) == [2, 2 * HALF, 40_000, 8]
    half = said | {"hazard_id": "AP-002", "geometry": OTHER, "reported_size_m2": 2e4, "ap_mines": 1}
    desk.accept(sent(desk, half), as_correction=True)
    assert sums(desk) == [1, HALF, 20_000, 1]


def test_a_correction_that_cannot_be_leaves_all_as_it_was(desk: Store) -> None:
    desk.accept(sent(desk, report(), report(report_ref="CR-2", geometry=EAST)))
    before = desk.events()["event_id"].tolist()
    bad = report(geometry=square(5), ap_mines=5)
    name = sent(desk, bad, report(report_ref="CR-2", geometry=EAST, ap_mines=1))
    shown = desk.accept(name, as_correction=True, dry_run=True)
    done = desk.accept(name, as_correction=True)
    assert done.left == shown.left
    assert "misses AP-001" in done.left[0].why
    assert (done.accepted, done.retracted) == (1, 1)
    assert set(done.events) == set(desk.events()["event_id"]) - set(before)
    assert sums(desk) == [2, 2 * HALF, 40_000, 4]


def test_another_part_under_a_known_id_gets_its_own(desk: Store) -> None:
    said = report(event_id="{G}", report_ref=None)
    desk.accept(sent(desk, said))
    other = said | {"hazard_id": "AP-002", "geometry": OTHER, "ap_mines": 4}
    name = sent(desk, other)
    assert "hazard_id AP-001, now AP-002" in desk.accept(name).left[0].why
    assert desk.accept(name, as_another=True).events == ("{G}:AP-002",)
    assert sums(desk) == [2, 2 * HALF, 40_000, 7]
    name = sent(desk, said | {"ap_mines": 1})
    assert "another report has an id of its own" in desk.accept(name, as_another=True).left[0].why


def test_words_are_for_reports_and_one_at_a_time(desk: Store) -> None:
    name = sent(desk, report())
    with pytest.raises(errors.OptionError, match="say one of the two"):
        desk.accept(name, as_correction=True, as_another=True)
    fields = desk.submit(read_hazards())
    with pytest.raises(errors.OptionError, match="are for reports"):
        desk.accept(fields, as_correction=True)
    assert desk.accept(name, as_correction=True).released == 1  # there is nothing to correct


def read_hazards() -> Any:
    from tests.store.inbox import received  # noqa: PLC0415

    return received(hazards())


def test_rows_in_the_very_same_words_are_one_event(desk: Store) -> None:
    """Without an id of their own: a confirmation that stands twice in a file, far apart."""
    twin = {"event_type": "confirmed", "reported_size_m2": None, "ap_mines": None, "geometry": None}
    rows = report(**twin, report_ref=None), report(), report(**twin, report_ref=None)
    shown = desk.submit(report_file(*rows)).foreseen
    assert shown is not None
    done = desk.accept("S-0001")
    for each in (shown, done):
        assert (each.accepted, each.confirmed, each.released, each.same) == (3, 1, 1, 1)
        assert len(set(each.events)) == len(each.events) == 2
        assert [told.new for told in sorted(each.reports, key=lambda told: told.record)] == [
            True, True, False,
        ]  # fmt: skip
    assert sums(desk) == [1, HALF, 20_000, 3]
    assert desk.history("AP-001")["event_type"].tolist().count("confirmed") == 1
