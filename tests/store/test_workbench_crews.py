"""Officers at one desk at once: a file is entered once, a record decided on once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from mine_geo import errors
from mine_geo.store import Store, create_store, open_store
from tests.store.inbox import file, square

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = 40
DAY = "2020-05-01"


def rows(shift: float = 0.0) -> list[dict[str, Any]]:
    return [
        {"hazard_id": f"H{n:02d}", "geometry": square(103 + n * 0.02 + shift), "surveyed_on": DAY}
        for n in range(FIELDS)
    ]


def together(place: str, *works: Callable[[Store], Any]) -> list[Any]:
    """Let officers, each with a store of his own, begin at the same moment."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def officer(number: int) -> None:
        with open_store(place) as store:
            start.wait()
            try:
                results[number] = works[number](store)
            except errors.MineGeoError as error:
                results[number] = error

    crew = [threading.Thread(target=officer, args=(number,)) for number in range(len(works))]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    return results


@pytest.fixture
def desk(place: str) -> str:
    """Give a store with a submission that waits."""
    with create_store(place) as store:
        store.submit(file(*rows()))
    return place


def test_one_file_submitted_by_several_is_entered_once(place: str) -> None:
    create_store(place).close()
    done = together(place, *[lambda store: store.submit(file(*rows()))] * 4)
    assert sorted(each.new for each in done) == [False, False, False, True]
    assert set(done) == {"S-0001"}
    with open_store(place) as store:
        assert store.submissions()["records"].tolist() == [FIELDS]


def test_several_files_at_once_have_numbers_of_their_own(place: str) -> None:
    create_store(place).close()
    works = [lambda store, n=n: store.submit(file(*rows(n / 100))) for n in range(4)]
    assert sorted(together(place, *works)) == ["S-0001", "S-0002", "S-0003", "S-0004"]
    with open_store(place) as store:
        assert store.submissions()["received_at"].is_monotonic_increasing
        assert store.submissions()["received_at"].is_unique
        assert len(store.hazards()) == FIELDS


def test_several_accept_one_submission(desk: str) -> None:
    done = together(desk, *[lambda store: store.accept("S-0001")] * 4)
    assert sorted(each.accepted for each in done) == [0, 0, 0, FIELDS]
    with open_store(desk) as store:
        assert len(store.events()) == FIELDS
        assert len(store.hazards(workbench="exclude")) == FIELDS
        assert store.hazards(workbench="only").empty
        assert store.rebuild().empty


def test_several_accept_what_is_redrawn(desk: str) -> None:
    with open_store(desk) as store:
        store.accept("S-0001")
        store.submit(file(*rows(0.001)))
    half = [f"H{n:02d}" for n in range(FIELDS // 2)]
    works = [
        lambda store: store.accept("S-0002"),
        lambda store: store.accept("S-0002", hazards=half),
        lambda store: store.accept("S-0002"),
    ]
    done = together(desk, *works)
    assert sum(each.amended for each in done) == FIELDS
    with open_store(desk) as store:
        assert (store.events()["event_type"] == "amended").sum() == FIELDS
        assert set(store.submission("S-0002").records["state"]) == {"accepted"}
        assert store.rebuild().empty


def test_one_accepts_and_one_rejects(desk: str) -> None:
    accepted, rejected = together(
        desk,
        lambda store: store.accept("S-0001"),
        lambda store: store.reject("S-0001", reason="no"),
    )
    assert sorted([accepted.accepted, rejected.rejected]) == [0, FIELDS]
    with open_store(desk) as store:
        assert len(store.events()) == accepted.accepted
        assert len(store.hazards()) == accepted.accepted
