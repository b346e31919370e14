"""The mends that the checks of reports name, each carried out: then it enters, with its m²."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

from mine_geo.geo.hazards import to_hazards
from tests.reports_register import SIZE_M2, square
from tests.store.inbox import candidates, report_file

if TYPE_CHECKING:
    from mine_geo.store import Store

HALF = 19_988


def report(**said: Any) -> dict[str, Any]:
    return {
        "event_id": "{g1}",
        "hazard_id": "AP-001",
        "event_type": "cleared",
        "happened_on": "2024-05-03",
        "geometry": square(1),
        "operator": "CMAC",
        "ap_mines": 3,
        **said,
    }


def messages(desk: Store, code: str, *rows: dict[str, Any]) -> list[str]:
    found = desk.check(report_file(*rows))
    return found.loc[found["code"] == code, "message"].tolist()


def accepted(desk: Store, *rows: dict[str, Any]) -> tuple[int, int]:
    """Return the m² that a file releases, all of whose records are accepted, and its mines."""
    done = desk.accept(desk.submit(report_file(*rows)))
    assert done.left == ()
    return done.released_m2, int(desk.events()["ap_mines"].sum())


@pytest.mark.parametrize(
    ("wrong", "code", "mend", "mended"),
    [
        ({"event_type": "burnt"}, "unknown_word", "write one of: cancelled, reduced, cleared", {}),
        ({"event_type": None}, "unknown_word", "no event_type; write one of: cancelled", {}),
        ({"hazard_id": "ap-1"}, "unknown_hazard", "did you mean AP-001?", {"hazard_id": "AP-001"}),
        ({"happened_on": None}, "bad_date", "write 2022-12-31", {"happened_on": "2022-12-31"}),
        ({"happened_on": "2999-01-01"}, "future_date", "correct it", {"happened_on": "2024-05-03"}),
        ({"ap_mines": -3}, "bad_number", "write 0 or more, or leave it out", {"ap_mines": 3}),
        (
            {"reported_size_m2": 3.9976},
            "size_mistaken",
            "reported in hectares? give m²",
            {"reported_size_m2": 39_976},
        ),
        ({"geometry": None}, "no_land", "no polygon of the land; ask for it", {}),
    ],
)
def test_a_mend_lets_the_report_in(
    desk: Store, wrong: dict[str, Any], code: str, mend: str, mended: dict[str, Any]
) -> None:
    said = messages(desk, code, report(**wrong))
    assert len(said) == 1
    assert mend in said[0]
    assert accepted(desk, report(**mended)) == (SIZE_M2, 3)


def test_entering_the_hazard_first(desk: Store) -> None:
    row = report(hazard_id="AP-030", geometry=square(30))
    assert "enter the hazard first" in messages(desk, "unknown_hazard", row)[0]
    new = {"hazard_id": "AP-030", "geometry": square(30), "surveyed_on": "2020-01-15"}
    desk.register(to_hazards(candidates([new])))
    released, mines = accepted(desk, row)
    assert abs(released - SIZE_M2) <= 30
    assert mines == 3


def test_what_is_of_one_hazard_gets_its_id(desk: Store) -> None:
    row = report(event_type="confirmed", hazard_id=None, geometry=None, ap_mines=None)
    assert "no hazard_id; only a release" in messages(desk, "missing_id", row)[0]
    done = desk.accept(desk.submit(report_file(row | {"hazard_id": "AP-002"})))
    assert (done.confirmed, done.left) == (1, ())


def test_two_parts_of_one_report_become_one_polygon(desk: Store) -> None:
    """One id over two polygons of one hazard: neither is lost, and the mines count once."""
    parts = [square(1, 50), square(1, 50, 100)]
    rows = [report(geometry=part) for part in parts]
    said = messages(desk, "duplicate_id", *rows)
    assert len(said) == 2
    assert "as one polygon of several parts" in said[0]
    assert desk.accept(desk.submit(report_file(*rows))).accepted == 0
    released, mines = accepted(desk, report(geometry=shapely.MultiPolygon(parts)))
    assert abs(released - HALF) <= 2
    assert mines == 3


def test_the_same_row_twice_is_left_out_once(desk: Store) -> None:
    rows = [report(), report(event_id="{g2}")]
    said = messages(desk, "duplicate_report", *rows)
    assert len(said) == 2
    assert "leave one out if it is one" in said[0]
    assert accepted(desk, rows[0]) == (SIZE_M2, 3)


def test_the_same_row_twice_counts_once_until_a_word_is_said(desk: Store) -> None:
    done = desk.accept(desk.submit(report_file(report(), report(event_id="{g2}"))))
    assert done.released_m2 == SIZE_M2
    assert [each.record for each in done.left] == [2]
    assert int(desk.events()["ap_mines"].sum()) == 3
