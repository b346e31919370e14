"""Where the worked land of reports fell, and what of it must not pass unseen, on both backends.

The register is that of `tests.reports_register`: squares of 39,976 m² (39,977 further east), 800 m
of free land between two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

from mine_geo import errors
from mine_geo.intake import read
from mine_geo.terms import OVERRULED
from tests.reports_register import REPORTS, SIZE_M2, square
from tests.store.inbox import candidates, received, report_file

if TYPE_CHECKING:
    from mine_geo.store import Store


def submit(desk: Store, file: str, **how: Any) -> str:
    return desk.submit(read(REPORTS / file, what="reports", crs="EPSG:4326", **how))


def report(number: int = 1, **said: Any) -> dict[str, Any]:
    return {
        "event_id": f"{{g{number}}}",
        "hazard_id": "AP-001",
        "event_type": "cleared",
        "happened_on": "2024-05-03",
        "geometry": square(1),
        **said,
    }


def left(desk: Store, *names: str) -> list[int]:
    """Return what is left of hazards, m²; 0 of closed ones."""
    found = dict(zip(*(desk.hazards()[name] for name in ("hazard_id", "size_m2")), strict=True))
    return [int(found.get(name, 0)) for name in names]


def near(found: int, derived: float, within: int = 2) -> bool:
    """Tell whether a size is the one derived by hand, but for rounded coordinates."""
    return abs(found - derived) <= within


def codes(why: str) -> list[str]:
    """Return the codes of errors that a line names."""
    return [code for code in OVERRULED if f"{code}: " in why]


# ------------------------------------------------------------------ land on others


def test_land_on_a_hazard_that_is_not_named_is_told_and_waits(desk: Store) -> None:
    """Half of AP-001 and half of AP-002 under one id: 100 m by 200 m of each, 19,988 m²."""
    name = submit(desk, "c7c.xlsx")
    done = desk.accept(name)
    assert (done.accepted, done.released_m2) == (0, 0)
    assert codes(done.left[0].why) == ["on_other_hazard"]
    assert "19,988 m² on AP-002 would be released by no report" in done.left[0].why
    assert left(desk, "AP-001", "AP-002") == [SIZE_M2, SIZE_M2]
    done = desk.accept(name, records=[1], despite="on_other_hazard")
    assert near(done.released_m2, SIZE_M2 / 2)
    said = "19,989 m² lie outside what was left; not released: 19,988 m² on AP-002"
    assert any(said in note for note in done.notes)
    assert desk.submission(name).records["did"].tolist() == ["cleared despite on_other_hazard"]
    assert desk.rebuild().empty


def test_the_mend_a_report_of_each_hazard_releases_both(desk: Store) -> None:
    parts = [square(1, 100), square(2, 100)]
    whole = shapely.MultiPolygon(parts)
    name = desk.submit(report_file(report(geometry=whole)))
    assert "send a report of each hazard with its part of the land" in desk.accept(name).left[0].why
    each = [
        report(number, hazard_id=f"AP-00{number}", geometry=part)
        for number, part in enumerate(parts, 1)
    ]
    done = desk.accept(desk.submit(report_file(*each)))
    assert (done.accepted, done.left) == (2, ())
    assert near(done.released_m2, SIZE_M2)
    assert all(near(size, SIZE_M2 / 2) for size in left(desk, "AP-001", "AP-002"))


def test_reports_of_one_file_that_share_their_land_stand_for_one_another(desk: Store) -> None:
    """One row a hazard, each with the whole land: nothing of it is lost."""
    whole = shapely.MultiPolygon([square(1, 100), square(2, 100)])
    rows = [report(n, hazard_id=f"AP-00{n}", geometry=whole) for n in (1, 2)]
    done = desk.accept(desk.submit(report_file(*rows)))
    assert (done.accepted, done.left) == (2, ())
    assert near(done.released_m2, SIZE_M2)


def test_a_report_mostly_on_another_hazard_waits(desk: Store) -> None:
    """From 10 m before the end of AP-001 to the end of AP-002: 1,010 m by 200 m, 10 m its own."""
    name = submit(desk, "c7h.xlsx")
    done = desk.accept(name)
    why = done.left[0].why
    assert codes(why) == ["mostly_beyond", "on_other_hazard", "larger_than_left"]
    assert "39,975 m² on AP-002" in why
    assert "159,904 m² on no hazard" in why
    assert left(desk, "AP-001", "AP-002") == [SIZE_M2, SIZE_M2]


def test_a_report_over_two_hazards_and_the_gap(desk: Store) -> None:
    """1,200 m by 200 m drawn, 80,000 m² reported: two squares of 200 m, and 800 m between."""
    name = submit(desk, "c7a.xlsx", all_hazards=True)
    assert codes(desk.accept(name).left[0].why) == ["size_mistaken"]
    why = "the polygon has 239,855 m²"
    assert why in desk.accept(name).left[0].why
    with pytest.raises(errors.RecordError, match="mostly_beyond: 159,905 of its 239,855 m²"):
        desk.accept(name, records=[1], despite="size_mistaken")
    done = desk.accept(
        name, records=[1], despite=["size_mistaken", "mostly_beyond", "larger_than_left"]
    )
    assert near(done.released_m2, 2 * SIZE_M2)
    assert any("159,905 m² on no hazard" in note for note in done.notes)
    assert left(desk, "AP-001", "AP-002") == [0, 0]
    assert desk.events()["ap_mines"].sum() == 3


def test_land_on_a_waiting_hazard_is_not_lost(desk: Store) -> None:
    """Without an id, over AP-001 and a hazard that waits: accepted first, both are released."""
    waiting = candidates(
        [{"hazard_id": "AP-021", "geometry": square(1, east=200), "surveyed_on": "2023-01-15"}]
    )
    hazards = desk.submit(received(waiting))
    both = report(hazard_id=None, geometry=square(1, 400))
    name = desk.submit(report_file(both))
    why = desk.accept(name).left[0].why
    assert codes(why) == ["on_other_hazard"]
    assert "m² on AP-021 would be released by no report; accept AP-021 of S-0001 first" in why
    assert left(desk, "AP-001") == [SIZE_M2]
    desk.accept(hazards)
    done = desk.accept(name)
    assert (done.accepted, done.left) == (1, ())
    assert near(done.released_m2, 2 * SIZE_M2)
    assert left(desk, "AP-001", "AP-021") == [0, 0]


def test_a_waiting_outline_of_the_same_hazard_is_told(desk: Store) -> None:
    wider = candidates(
        [{"hazard_id": "AP-001", "geometry": square(1, 400), "surveyed_on": "2023-01-15"}]
    )
    desk.submit(received(wider))
    done = desk.accept(desk.submit(report_file(report(geometry=square(1, 400)))))
    assert "on AP-001 would be released by no report; accept AP-001 of S-0001" in done.left[0].why


def test_a_little_on_a_neighbour_is_said_and_no_more(desk: Store) -> None:
    """AP-101 begins where AP-001 ends; the report reaches 10 m over: a twentieth."""
    near_it = candidates(
        [
            {
                "hazard_id": "AP-101",
                "geometry": square(1, east=200),
                "surveyed_on": "2020-01-15",
            }
        ]
    )
    desk.accept(desk.submit(received(near_it)))
    done = desk.accept(desk.submit(report_file(report(geometry=square(1, 210)))))
    assert (done.accepted, done.left) == (1, ())
    assert any("m² on AP-101" in note for note in done.notes)


def test_land_under_another_kind_is_told_but_does_not_wait(desk: Store) -> None:
    other = candidates(
        [
            {
                "hazard_id": "CM-1",
                "kind": "cluster_munition",
                "geometry": square(1, 400),
                "surveyed_on": "2020-01-15",
            }
        ]
    )
    desk.accept(desk.submit(received(other)))
    done = desk.accept(desk.submit(report_file(report(geometry=square(1, 260)))))
    assert (done.accepted, done.left) == (1, ())
    assert any("m² on CM-1" in note for note in done.notes)
    assert [each.code for each in done.reports[0].findings] == ["beyond_hazard"]


# ------------------------------------------------------------------ sizes


def test_a_polygon_far_larger_than_reported_waits(desk: Store) -> None:
    """20,000 m² reported, 4,000 m by 3,000 m drawn: 12 km² less than nothing may clear it."""
    huge = square(1, 4000, east=-1900, height=3000)
    name = desk.submit(report_file(report(geometry=huge, reported_size_m2=20_000)))
    assert name.errors == 1
    assert codes(desk.accept(name).left[0].why) == ["size_mistaken"]
    with pytest.raises(errors.RecordError) as refused:
        desk.accept(name, records=[1], despite="size_mistaken")
    assert codes(str(refused.value)) == ["mostly_beyond", "on_other_hazard", "larger_than_left"]
    assert left(desk, "AP-001", "AP-002") == [SIZE_M2, SIZE_M2]
    assert len(desk.events()) == 20


@pytest.mark.parametrize(
    ("reported", "code"),
    [
        (SIZE_M2, None),
        (SIZE_M2 * 1.09, None),
        (SIZE_M2 * 1.12, "size_differs"),
        (SIZE_M2 * 0.6, "size_differs"),
        (SIZE_M2 * 1.99, "size_differs"),
        (SIZE_M2 * 2.01, "size_mistaken"),
        (SIZE_M2 * 0.49, "size_mistaken"),
        (3.9976, "size_mistaken"),
        (0, "size_mistaken"),
        (None, None),
    ],
)
def test_reported_against_drawn(desk: Store, reported: float | None, code: str | None) -> None:
    file = report_file(report(reported_size_m2=reported))
    found = desk.check(file)
    assert found["code"].tolist() == ([] if code is None else [code])
    name = desk.submit(file)
    done = desk.accept(name, dry_run=True)
    assert done.accepted == (code != "size_mistaken")
    if code == "size_mistaken":
        assert desk.accept(name, records=[1], despite=[code]).released_m2 == SIZE_M2
    if reported == 3.9976:
        assert "reported in hectares?" in found["message"].iloc[0]


def test_a_size_that_a_report_repeats_a_row_is_that_of_all_its_rows(desk: Store) -> None:
    """40,000 m² and 7 items stand in both rows of CR-1, of 19,988 m² each."""
    name = submit(desk, "c7d.xlsx")
    assert name.errors == 0
    assert near(desk.accept(name).released_m2, SIZE_M2)


def test_land_released_before_is_said_and_twice_the_same_waits(desk: Store) -> None:
    desk.accept(desk.submit(report_file(report(1, geometry=square(1, 80)))))
    done = desk.accept(desk.submit(report_file(report(2, happened_on="2024-06-03"))))
    assert (done.accepted, done.left) == (1, ())
    assert [each.code for each in done.reports[0].findings] == ["worked_again"]
    assert "released before, or drawn otherwise" in done.notes[0]
    again = desk.submit(
        report_file(report(3, hazard_id="AP-002", geometry=square(2, 100)),
                    report(4, hazard_id="AP-002", geometry=square(2, 99)))
    )  # fmt: skip
    done = desk.accept(again)
    assert (done.accepted, [each.record for each in done.left]) == (1, [2])
    assert codes(done.left[0].why) == ["releases_nothing"]
    assert desk.accept(again, records=[2], despite="releases_nothing").released_m2 == 0


def test_more_than_twice_what_was_left_waits(desk: Store) -> None:
    """50 of 200 m are left, 200 m are drawn: four times as much."""
    desk.accept(desk.submit(report_file(report(1, geometry=square(1, 150)))))
    name = desk.submit(report_file(report(2, happened_on="2024-06-03")))
    assert codes(desk.accept(name).left[0].why) == ["larger_than_left"]
    done = desk.accept(name, records=[1], despite="larger_than_left")
    assert near(done.released_m2, SIZE_M2 / 4)


def test_one_that_waits_does_not_take_the_land_of_the_next(desk: Store) -> None:
    """The first, 4 km wide, would take AP-001 whole; it waits, and the others stand."""
    rows = [
        report(1, geometry=square(1, 4000, east=-1900), happened_on="2024-01-01"),
        report(2, geometry=square(1, 100), happened_on="2024-02-01"),
        report(3, geometry=square(1, 100, east=100), happened_on="2024-03-01"),
        report(4, hazard_id="AP-999"),
        report(5, hazard_id="AP-005", geometry=square(5)),
    ]
    done = desk.accept(desk.submit(report_file(*rows)))
    assert [each.record for each in done.left] == [1, 4]
    assert [each.record for each in done.reports] == [2, 3, 5]
    assert near(done.released_m2, 2 * SIZE_M2)
    assert left(desk, "AP-001", "AP-005") == [0, 0]
    assert desk.rebuild().empty


def test_on_one_day_the_order_of_the_ledger_counts(desk: Store) -> None:
    """Of one day a cancellation comes before a clearance, whatever the order of the rows."""
    rows = [
        report(1, geometry=square(1, 100)),
        report(2, event_type="cancelled", geometry=square(1, 4000, east=-1900)),
    ]
    done = desk.accept(desk.submit(report_file(*rows)))
    assert [each.record for each in done.left] == [2]
    assert near(done.released_m2, SIZE_M2 / 2)


# ------------------------------------------------------------------ the officer's word


def test_errors_are_overruled_by_name_and_only_those_that_can_be(desk: Store) -> None:
    name = desk.submit(report_file(report(reported_size_m2=5)))
    with pytest.raises(errors.OptionError, match="name the records by their numbers"):
        desk.accept(name, despite="size_mistaken")
    with pytest.raises(errors.OptionError, match="despite 'no_land' is unknown; valid: size_mist"):
        desk.accept(name, records=[1], despite="no_land")
    with pytest.raises(errors.RecordError, match="size_mistaken"):
        desk.accept(name, records=[1], despite="mostly_beyond")
    assert len(desk.events()) == 20
    assert desk.accept(name, hazards="AP-001", despite=OVERRULED).released_m2 == SIZE_M2
    assert desk.submission(name).records["did"].tolist() == ["cleared despite size_mistaken"]


def test_a_dry_run_says_what_the_acceptance_does(desk: Store) -> None:
    rows = [
        report(1, geometry=square(1, 210)),
        report(2, hazard_id="AP-002", geometry=square(3)),
        report(3, hazard_id=None, geometry=square(4, 100)),
        report(4, hazard_id="ap-005", geometry=square(5)),
    ]
    name = desk.submit(report_file(*rows))
    tried, done = desk.accept(name, dry_run=True), desk.accept(name)
    assert (tried.reports, tried.left, tried.notes) == (done.reports, done.left, done.notes)
    first, second = (each.line for each in done.reports)
    assert first == (
        "record 1 (AP-001): cleared on 2024-05-03, 39,976 of 41,974 m² drawn are released, "
        "0 m² are left; 1,999 m² lie outside what was left; not released: 1,999 m² on no hazard; "
        "slivers left beside it went with it; nothing is left of AP-001: closed"
    )
    assert second.startswith("record 3 (AP-004): cleared on 2024-05-03, 19,989 of 19,988 m² drawn")
    assert done.left[1].why == "no hazard ap-005 in this store; did you mean AP-005?"
