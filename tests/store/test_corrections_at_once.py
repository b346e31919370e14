"""Corrections of one file, accepted at once: just what comes out of one after the other."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo.errors import RecordError
from mine_geo.geo.hazards import to_hazards
from tests.reports_register import hazards, square
from tests.store.inbox import candidates, report_file

if TYPE_CHECKING:
    from mine_geo.store import Store


def m2(number: int, width: float) -> float:
    """Return the size of a strip of a hazard, 200 m of the grid high, by its scale there."""
    west_km = 240 - number
    return width * 200 / (0.9996 * (1 + west_km**2 / (2 * 6379**2))) ** 2


def row(number: int, ref: str, land: Any, **said: Any) -> dict[str, Any]:
    return {
        "hazard_id": f"AP-{number:03}",
        "event_type": "cleared",
        "happened_on": "2024-05-03",
        "operator": "CMAC",
        "report_ref": ref,
        "ap_mines": 3,
        "geometry": land,
        **said,
    }


BOTH = shapely.MultiPolygon([square(9, 100), square(10, 100)])
FIRST = [
    [row(1, "alone", square(1, 100))],
    [row(2, "west", square(2, 100))],
    [row(2, "east", square(2, 100, 100), happened_on="2024-06-01")],
    [row(3, "under", square(3, 100))],
    [row(30, "over", square(3, 100, 100))],
    [row(4, "moved", square(4, 100))],
    [row(5, "missing", square(5, 100))],
    [row(6, "beyond", square(6, 100))],
    [row(7, "two", square(7, 100)), row(8, "two", square(8, 100), ap_mines=None)],
    [row(9, "nameless", BOTH, hazard_id=None)],
    [row(11, "torn", square(11, 100)), row(12, "torn", square(12, 100), ap_mines=None)],
    [row(13, "same", square(13, 100))],
]
"""Reports, each of one row or more. AP-030 has the land of AP-003."""
SECOND = [
    [row(1, "alone", square(1, 120))],
    [row(2, "west", square(2, 120))],  # the 20 m that `east` has given up: together 200 m
    [row(2, "east", square(2, 80, 120), happened_on="2024-04-01")],  # and before it
    [row(3, "under", square(3, 150))],
    [row(30, "over", square(3, 150, 50))],
    [row(14, "moved", square(14, 100))],
    [row(5, "missing", square(17, 100))],
    [row(6, "beyond", square(6, 40, 190))],  # 10 m of 40 are in it
    [row(7, "two", square(7, 120)), row(8, "two", square(8, 120), ap_mines=None)],
    [row(9, "nameless", BOTH, hazard_id=None, ap_mines=8)],
    [row(11, "torn", square(11, 120)), row(12, "torn", square(18, 120), ap_mines=None)],
    [row(13, "same", square(13, 100))],
]


def desk(store: Store) -> Store:
    over = {"hazard_id": "AP-030", "geometry": square(3), "surveyed_on": "2020-01-15"}
    both = pd.concat([hazards(), to_hazards(candidates([over]))], ignore_index=True)
    store.register(gpd.GeoDataFrame(both, geometry="geometry", crs=4326), same_polygons=True)
    store.accept(store.submit(report_file(*chain(*FIRST))))
    return store


def ledger(store: Store) -> list[list[Any]]:
    """Return all events but for the moment when they were recorded."""
    said = store.events().drop(columns="recorded_at").sort_values("event_id")
    drawn = shapely.to_wkb(said.geometry.to_numpy(), hex=True)
    said = pd.DataFrame(said.drop(columns="geometry")).assign(drawn=drawn)
    return said.astype(object).where(said.notna(), None).to_numpy().tolist()


def in_order(reports: list[list[dict[str, Any]]]) -> list[list[int]]:
    """Return the numbers of the records of each report, in the order of acceptance."""
    numbers = iter(range(1, 100))
    found = [(one[0]["happened_on"], [next(numbers) for _ in one]) for one in reports]
    return [of for _, of in sorted(found)]


@pytest.mark.parametrize("turned", [False, True])
def test_at_once_is_one_after_the_other(store: Store, second: Store, *, turned: bool) -> None:
    reports = SECOND[::-1] if turned else SECOND
    file = report_file(*chain(*reports))
    desk(store)
    name = store.submit(file)
    shown = store.accept(name, as_correction=True, dry_run=True)
    done = store.accept(name, as_correction=True)
    assert vars(done) | {"written": False} == vars(shown)
    assert store.rebuild().empty

    desk(second)
    name = second.submit(file)
    left: dict[int, str] = {}
    events: list[str] = []
    for numbers in in_order(reports):
        try:
            events += second.accept(name, records=numbers, as_correction=True).events
        except RecordError as error:
            left.update(dict.fromkeys(numbers, str(error)))
    assert ledger(store) == ledger(second)
    assert list(done.events) == events
    assert {each.record for each in done.left} == set(left)
    assert all(each.why in left[each.record] for each in done.left)


def test_each_correction_is_whole_or_not_at_all(store: Store) -> None:
    """By hand: what is left, in m², of hazards whose reports were corrected, and of those refused.

    `torn` has a row that misses its hazard: both of its events stand as they were. Of AP-003 and
    AP-030, one land, 150 m and the other 50 m are gone from each.
    """
    desk(store)
    done = store.accept(store.submit(report_file(*chain(*SECOND))), as_correction=True)
    words = {each.record: each.why for each in done.left}
    assert set(words) == {7, 8, 12, 13}
    assert "misses AP-005" in words[7]
    assert "mostly_beyond" in words[8]
    assert "misses AP-012" in words[12] == words[13]
    assert (done.accepted, done.same) == (10, 1)
    sizes = dict(zip(*(store.hazards()[name] for name in ("hazard_id", "size_m2")), strict=True))
    metres = {1: 80, 2: 0, 3: 50, 30: 50, 4: 200, 14: 100, 5: 100, 6: 100, 7: 80, 8: 80}
    metres |= dict.fromkeys((9, 10, 11, 12), 100)
    for number, width in metres.items():
        derived = m2(3 if number == 30 else number, width)
        assert abs(sizes.get(f"AP-{number:03}", 0) - derived) <= 2, number
    gone = store.events()["retracts"].dropna()
    assert gone.nunique() == len(gone) == done.retracted == 10


def test_rows_of_one_report_are_weighed_beside_each_other(store: Store) -> None:
    """Each row has the whole land, 50 m of AP-015 and 150 m of AP-016: no row is by itself."""
    desk(store)
    whole = shapely.MultiPolygon([square(15, 50), square(16, 150)])
    rows = [row(15, "R", whole), row(16, "R", whole, ap_mines=None)]
    first = store.accept(store.submit(report_file(*rows)))
    assert (first.accepted, first.left) == (2, ())
    rows[0]["happened_on"] = rows[1]["happened_on"] = "2024-05-04"
    done = store.accept(store.submit(report_file(*rows)), as_correction=True)
    assert (done.accepted, done.retracted, done.left) == (2, 2, ())
    assert abs(done.released_m2 - m2(15, 50) - m2(16, 150)) <= 2
