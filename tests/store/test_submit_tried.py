"""`submit` as a dry run: what it says is what a submission says, and no byte is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mine_geo import errors
from tests.reports_register import SIZE_M2, hazards, square
from tests.store.inbox import file, report_file
from tests.store.inbox import square as field
from tests.store.test_dry_run import state

if TYPE_CHECKING:
    from mine_geo.intake.received import Received
    from mine_geo.store import Accepted, Store, Submitted

COUNTS = ("records", "waiting", "same", "not_in_split", "changes", "errors", "warnings", "notes")


@pytest.fixture
def desk(store: Store) -> Store:
    store.register(hazards())
    return store


def report(number: int, **said: Any) -> dict[str, Any]:
    return {
        "event_id": f"{{g{number}}}",
        "hazard_id": f"AP-{number:03d}",
        "event_type": "cleared",
        "happened_on": "2024-05-03",
        "geometry": square(number),
        "operator": "CMAC",
        "report_ref": f"CR-{number}",
        **said,
    }


def sent() -> Received:
    """Give reports: one that can be, and one each of what waits or is refused."""
    return report_file(
        report(1),
        report(2, hazard_id="ap-002"),
        report(3, happened_on="2019-01-01"),
        report(4, reported_size_m2=4.0),
        report(5, geometry=square(5, 210)),
        report(6, happened_on=None),
    )


def told(foreseen: Accepted) -> tuple[Any, ...]:
    reports = [(each.line, each.findings) for each in foreseen.reports]
    return foreseen.accepted, foreseen.released_m2, foreseen.left, foreseen.notes, reports


def alike(tried: Submitted, done: Submitted) -> None:
    assert str(tried) == str(done)
    for name in COUNTS:
        assert getattr(tried, name) == getattr(done, name), name
    assert tried.new
    assert (tried.written, done.written) == (False, True)


def test_reports_are_judged_as_a_submission_judges_them(desk: Store) -> None:
    before = state(desk)
    tried = desk.submit(sent(), operator="CMAC", dry_run=True)
    assert state(desk) == before
    assert desk.submissions().empty
    done = desk.submit(sent(), operator="CMAC")
    alike(tried, done)
    assert tried.foreseen is not None
    assert done.foreseen is not None
    assert told(tried.foreseen) == told(done.foreseen)
    assert [each.record for each in tried.foreseen.left] == [2, 3, 4, 6]
    assert tried.foreseen.accepted == 2
    accepted = desk.accept(done)
    assert accepted.released_m2 == tried.foreseen.released_m2
    # The same file again, tried and submitted: it was there before, and what waits is judged.
    again = desk.submit(sent(), operator="CMAC", dry_run=True)
    assert (again.new, again.written, again.waiting) == (False, False, 4)
    assert again.foreseen is not None
    assert [each.record for each in again.foreseen.left] == [2, 3, 4, 6]


def test_reports_beside_others_that_wait(desk: Store) -> None:
    """What the ledger and other files say already is seen in a dry run as in a submission."""
    desk.accept(desk.submit(report_file(report(1, ap_mines=3))))
    desk.submit(report_file(report(2, ap_mines=1)))
    rows = [report(1, ap_mines=4), report(2, ap_mines=2), report(3)]
    tried = desk.submit(report_file(*rows), dry_run=True)
    done = desk.submit(report_file(*rows))
    alike(tried, done)
    assert tried.foreseen is not None
    assert done.foreseen is not None
    assert told(tried.foreseen) == told(done.foreseen)
    assert [each.record for each in tried.foreseen.left] == [1]
    assert any("waits in S-0002 too" in note for note in tried.foreseen.notes)


def test_hazards_are_tried(desk: Store) -> None:
    rows = [
        {"hazard_id": "AP-001", "geometry": square(1), "surveyed_on": "2024-01-15"},
        {"hazard_id": "AP-050", "geometry": field(103.5)},
        {"hazard_id": "AP-051"},
        {"hazard_id": None, "geometry": field(103.7)},
    ]
    before = state(desk)
    tried = desk.submit(file(*rows), dry_run=True)
    assert state(desk) == before
    alike(tried, desk.submit(file(*rows)))
    assert tried.foreseen is None
    assert tried.changes["no polygon"] == 1


def test_an_empty_file_is_tried(desk: Store) -> None:
    tried = desk.submit(report_file(), dry_run=True)
    alike(tried, desk.submit(report_file()))


def test_what_a_submission_refuses_is_refused(desk: Store) -> None:
    refused = report_file(report(1, synthetic=True))
    for dry_run in (True, False):
        with pytest.raises(errors.NotSyntheticError):
            desk.submit(refused, dry_run=dry_run)


def test_check_says_what_accept_would(desk: Store) -> None:
    before = state(desk)
    found = desk.check(sent())
    assert state(desk) == before
    by_record = found.groupby("record")["code"].agg(set).to_dict()
    assert 1 not in by_record
    assert "unknown_hazard" in by_record[2]
    assert by_record[3] == {"refused"}
    assert by_record[4] == {"size_mistaken"}
    assert "bad_date" in by_record[6]
    said = found.loc[found["code"] == "refused", "message"].item()
    assert "comes before it was in the register" in said
    unknown = found.loc[found["code"] == "unknown_hazard", "message"].item()
    assert "did you mean AP-002?" in unknown
    # The mend is carried out: the day is corrected, and nothing is said any more.
    mended = desk.check(report_file(report(3)))
    assert mended.empty
    assert desk.accept(desk.submit(report_file(report(3)))).released_m2 == SIZE_M2
