"""The rows of one report enter the ledger together, or wait together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pytest
import shapely

from mine_geo import errors
from tests.reports_register import hazards, square
from tests.store.inbox import received, report_file
from tests.store.test_same_reports import HALF, OTHER, codes, report, sent, sums

if TYPE_CHECKING:
    from mine_geo.store import Store

WHOLE: Final = {"reported_size_m2": 38_000.0, "ap_mines": 7}
"""What the report says of 19,988 m² of AP-001 and as many of AP-002."""
HALVES: Final = (
    {"reported_size_m2": 20_000.0, "ap_mines": 3},
    {"reported_size_m2": 18_000.0, "ap_mines": 4},
)
NOTHING: Final = {"reported_size_m2": None, "ap_mines": None}
KNOWN_BY: Final = ("id", "first row", "reference")
"""One GlobalID, figures repeated; one reference, figures in the first row; or each with its own."""


def rows(by: str, first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a report over AP-001 and AP-002, with what its rows say otherwise."""
    known = {"event_id": "{G}", "report_ref": None} if by == "id" else {"report_ref": "CR-1"}
    one, other = {"id": (WHOLE, WHOLE), "first row": (WHOLE, NOTHING), "reference": HALVES}[by]
    return [
        report(**{**known, **one, **first}),
        report(**{**known, **other, "hazard_id": "AP-002", "geometry": OTHER, **second}),
    ]


UNKNOWN: Final = {"hazard_id": "AP-099", "geometry": square(30, 100.0)}
MISSES: Final = {"geometry": square(5, 100.0)}
BEYOND: Final = {"geometry": square(19, 100.0, 170.0)}
"""30 of 100 m are in AP-019."""
MISTAKEN: Final = {"reported_size_m2": 90_000.0}


def waits(desk: Store, name: str, bad: int, why: str) -> None:
    """Check that one record of two waits for what it is, and the other for it; nothing is done."""
    shown = desk.accept(name, dry_run=True)
    done = desk.accept(name)
    assert shown.left == done.left
    assert (done.accepted, done.events) == (0, ())
    left = {each.record: each.why for each in done.left}
    assert set(left) == {1, 2}
    assert why in left[bad]
    assert f"is one report with record {bad} of this file, which waits (" in left[3 - bad]
    assert why in left[3 - bad]
    assert sums(desk) == [0, 0, 0, 0]


@pytest.mark.parametrize("by", KNOWN_BY)
@pytest.mark.parametrize("bad", [1, 2])
@pytest.mark.parametrize(
    ("said", "why"),
    [
        (UNKNOWN, "AP-099"),
        (MISSES, "misses AP-00"),
        (BEYOND | {"hazard_id": "AP-019"}, "mostly_beyond"),
        ({"happened_on": None}, "bad_date"),
        ({"event_type": None}, "unknown_word"),
        ({"geometry": None}, "no_land"),
    ],
)
def test_a_report_waits_whole(
    desk: Store, by: str, bad: int, said: dict[str, Any], why: str
) -> None:
    """Refused by the checks, by the ledger, or when it is weighed."""
    two = rows(by, *((said, {}) if bad == 1 else ({}, said)))
    waits(desk, sent(desk, *two), bad, why)


def test_the_size_of_the_first_row_keeps_the_second_back(desk: Store) -> None:
    name = sent(desk, *rows("first row", MISTAKEN, {}))
    waits(desk, name, 1, "size_mistaken")
    with pytest.raises(errors.RecordError, match="name its records 1, 2"):
        desk.accept(name, records=[1], despite="size_mistaken")
    with pytest.raises(errors.RecordError, match="name its records 1, 2"):
        desk.accept(name, hazards="AP-002")
    assert sums(desk) == [0, 0, 0, 0]
    done = desk.accept(name, records=[1, 2], despite="size_mistaken")  # the mend
    assert (done.accepted, done.left) == (2, ())
    assert sums(desk) == [2, 2 * HALF, 90_000, 7]


@pytest.mark.parametrize("by", KNOWN_BY)
def test_when_the_hazard_is_entered_all_of_it_goes_in(desk: Store, by: str) -> None:
    name = sent(desk, *rows(by, {}, UNKNOWN))
    waits(desk, name, 2, "AP-099")
    new = hazards([18])
    new = new.assign(hazard_id="AP-099", geometry=gpd.GeoSeries([square(30)], crs=4326))
    desk.accept(desk.submit(received(new)))
    assert desk.accept(name).left == ()
    assert sums(desk)[0] == 2
    assert sums(desk)[2:] == [38_000, 7]


@pytest.mark.parametrize("bad", [1, 2])
def test_a_row_that_is_not_of_it_is_rejected(desk: Store, bad: int) -> None:
    """38,000 m² are within twice 19,988, and of 39,976 they are as well. Its items are kept."""
    name = sent(desk, *rows("id", *((MISSES, {}) if bad == 1 else ({}, MISSES))))
    waits(desk, name, bad, "misses AP-00")
    desk.reject(name, reason="of another report", records=[bad])
    done = desk.accept(name)
    assert (done.accepted, done.left) == (1, ())
    said = f"record {bad} was rejected, of one report with record {3 - bad}: what m² and items"
    assert any(said in note for note in done.notes)
    assert sums(desk) == [1, HALF, 38_000, 7]


def test_the_row_with_the_figures_is_rejected(desk: Store) -> None:
    name = sent(desk, *rows("first row", MISSES, {}))
    desk.reject(name, reason="of another report", records=[1])
    done = desk.accept(name)
    assert any("record 1 was rejected with the m² and items" in note for note in done.notes)
    assert sums(desk) == [1, HALF, 0, 0]


def test_the_size_of_the_whole_is_doubted_on_what_is_left_of_it(desk: Store) -> None:
    """45,000 m² fit the land of both rows; of 19,988 they are more than twice."""
    name = sent(desk, *rows("id", *[{"reported_size_m2": 45_000.0}] * 2))
    assert desk.accept(name, dry_run=True).left == ()
    desk.reject(name, reason="not worked", records=[2])
    done = desk.accept(name)
    assert done.left[0].why.startswith("size_mistaken: ")
    assert sums(desk) == [0, 0, 0, 0]
    assert desk.accept(name, records=[1], despite="size_mistaken").accepted == 1  # the mend
    assert desk.submission(name).records["did"].iloc[0] == "cleared despite size_mistaken"
    assert sums(desk) == [1, HALF, 45_000, 7]


def test_what_the_ledger_has_already_waits_for_nothing(desk: Store) -> None:
    desk.accept(sent(desk, *rows("id", {}, {})))
    more = report(event_id="{G}", report_ref=None, **WHOLE | UNKNOWN)
    done = desk.accept(sent(desk, *rows("id", {}, {}), more))
    assert (done.same, [each.record for each in done.left]) == (2, [3])
    assert sums(desk) == [2, 2 * HALF, 38_000, 7]


def test_a_row_that_was_retracted_keeps_the_others_back(desk: Store) -> None:
    two = rows("reference", {}, {})
    (event,) = desk.accept(sent(desk, two[0])).events
    desk.retract(event, reason="never happened")
    done = desk.accept(sent(desk, *two))
    why = {each.record: each.why for each in done.left}
    assert "was retracted" in why[1]
    assert "is one report with record 1" in why[2]
    assert sums(desk) == [0, 0, 0, 0]


@pytest.mark.parametrize("bad", [False, True])
def test_a_row_that_names_no_hazard_is_of_the_whole_too(desk: Store, *, bad: bool) -> None:
    """It is 300 m east of AP-003 and AP-004, or on them; AP-004 has 1 m² more, see SIZE_M2."""
    east = 500.0 if bad else 0.0
    both = shapely.MultiPolygon([square(3, 100.0, east), square(4, 100.0, east)])
    first = report(reported_size_m2=50_000.0, ap_mines=7)
    name = sent(desk, first, first | {"hazard_id": None, "geometry": both} | NOTHING)
    if bad:
        waits(desk, name, 2, "")
    else:
        assert desk.accept(name).left == ()
        assert sums(desk) == [3, 3 * HALF + 1, 50_000, 7]


def test_a_row_that_names_no_hazard_keeps_the_others_out(desk: Store) -> None:
    """The row of AP-001 is refused after the checks; the other three hazards keep their land."""
    both = shapely.MultiPolygon([square(3, 100.0), square(4, 100.0)])
    first = report(**MISSES)
    name = sent(desk, first, first | {"hazard_id": None, "geometry": both} | NOTHING)
    waits(desk, name, 1, "misses AP-001")


def test_others_are_judged_as_if_it_were_not_there(desk: Store) -> None:
    """CR-1 has the land of CR-2 on AP-001 on an earlier day, and misses AP-002."""
    two = rows("reference", {}, MISSES)
    later = report(report_ref="CR-2", happened_on="2024-06-03", reported_size_m2=20_000.0)
    name = sent(desk, *two, later)
    done = desk.accept(name)
    assert ({each.record for each in done.left}, done.accepted) == ({1, 2}, 1)
    assert sums(desk) == [1, HALF, 20_000, 3]


def test_what_is_looked_at_shows_each_row(desk: Store) -> None:
    name = sent(desk, *rows("first row", MISTAKEN, {}))
    table = desk.submission(name).records
    assert table["released_m2"].tolist() == [HALF, HALF]
    assert sums(desk) == [0, 0, 0, 0]


def test_it_is_said_before_it_is_submitted(desk: Store) -> None:
    file = report_file(*rows("reference", {}, MISSES))
    found = desk.check(file)
    assert found.loc[found["code"] == "refused", "record"].tolist() == [1, 2]
    assert desk.submit(file).foreseen.accepted == 0


@pytest.mark.parametrize("bad", [{"happened_on": None}, {"event_type": None}])
def test_a_correction_is_whole_too(desk: Store, bad: dict[str, Any]) -> None:
    """The second row cannot be read: what stands there is not replaced by the first alone."""
    desk.accept(sent(desk, *rows("id", {}, {})))
    more = {"ap_mines": 8}
    name = sent(desk, *rows("id", more, more | bad))
    done = desk.accept(name, as_correction=True)
    assert (done.retracted, {each.record for each in done.left}) == (0, {1, 2})
    assert sums(desk) == [2, 2 * HALF, 38_000, 7]


def test_rows_of_one_id_are_one_report_whatever_their_reference(desk: Store) -> None:
    name = sent(desk, *rows("id", {"report_ref": "CR-1"}, MISSES | {"report_ref": "CR-2"}))
    waits(desk, name, 2, "misses AP-002")


# One report in two files


def parts(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a report of AP-001 and AP-002 whose parts come in two files."""
    return rows("reference", first, second)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_parts_in_two_files_are_told_and_both_recorded(desk: Store, order: tuple[int, int]) -> None:
    names = [sent(desk, row) for row in parts({}, {})]
    said = desk.submission(names[1]).findings.query("code == 'waits_elsewhere'")["message"].iloc[0]
    assert "may be parts of one report" in said
    assert "as_another=True" in said
    assert "accept the one that holds and reject" not in said
    first, second = (names[place] for place in order)
    done = desk.accept(first)
    if first == names[0]:
        assert "may be parts of one report" in done.left[0].why
        assert "which is newer" in done.left[0].why
        done = desk.accept(first, records=[1])
    assert sums(desk)[0] == 1
    (left,) = desk.accept(second).left
    assert "may be parts of one report" in left.why
    assert "is released no more" in left.why
    assert desk.accept(second, as_another=True).left == ()
    assert sums(desk) == [2, 2 * HALF, 38_000, 7]


@pytest.mark.parametrize(
    "other",
    [{"geometry": square(1, 100.0, 100.0)}, {"hazard_id": "AP-002"}],
    ids=["other land of one hazard", "one land on another hazard"],
)
def test_what_is_no_part_of_one_report(desk: Store, other: dict[str, Any]) -> None:
    sent(desk, report())
    name = sent(desk, report(**other))
    said = desk.submission(name).findings.query("code == 'waits_elsewhere'")["message"].iloc[0]
    assert "accept the one that holds and reject the other" in said


@pytest.mark.parametrize("by", ["reference", "id"])
@pytest.mark.parametrize(
    ("repeated", "named"),
    [
        ({"reported_size_m2": 38_000.0, "ap_mines": 7}, "reported_size_m2 38000, ap_mines 7"),
        ({"reported_size_m2": None, "ap_mines": 7}, "ap_mines 7"),
    ],
)
def test_figures_that_both_parts_repeat_do_not_count_twice(
    desk: Store, by: str, repeated: dict[str, Any], named: str
) -> None:
    first, second = rows(by, repeated, repeated)
    one = sent(desk, first)
    two = sent(desk, second)
    for name in (one, two):
        found = desk.submission(name).findings.query("code == 'figures_twice'")["message"]
        assert len(found) == (name == two)  # the first file knows nothing of the second yet
        assert all(named in text for text in found)
    desk.accept(two)
    (left,) = desk.accept(one, as_another=True).left
    assert left.why.startswith("figures_twice: ")
    assert named in left.why
    reported = repeated["reported_size_m2"] or 0
    assert sums(desk) == [1, HALF, reported, 7]
    bare = sent(desk, first | NOTHING)  # the mend
    assert desk.accept(bare, as_another=True).accepted == 1
    assert sums(desk) == [2, 2 * HALF, reported, 7]


def test_the_size_of_both_parts_is_told_where_items_are_their_own(desk: Store) -> None:
    """36,000 m² are nearer to 39,976 than to 19,988, and no error: within twice of both."""
    first, second = parts({"reported_size_m2": 36_000.0}, {"reported_size_m2": 36_000.0})
    desk.accept(sent(desk, first))
    name = sent(desk, second)
    (said,) = desk.submission(name).findings.query("code == 'figures_twice'")["message"]
    assert "(reported_size_m2 36000)" in said
    done = desk.accept(name, records=[1], as_another=True, despite="figures_twice")  # it is so
    assert done.accepted == 1
    assert desk.submission(name).records["did"].iloc[0] == "cleared despite figures_twice"
    assert sums(desk) == [2, 2 * HALF, 72_000, 7]


def test_figures_that_are_alike_by_chance_are_not_doubted(desk: Store) -> None:
    first, second = parts({"ap_mines": 4}, {})
    desk.accept(sent(desk, first))
    name = sent(desk, second)
    assert codes(desk, name) == ["known_report"]
    assert desk.submission(name).findings.query("code == 'figures_twice'").empty
    assert desk.accept(name, as_another=True).accepted == 1
    assert sums(desk) == [2, 2 * HALF, 38_000, 8]
