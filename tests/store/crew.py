"""Officers as processes of their own: several at once, and some that are killed.

Run by the tests as `python -m tests.store.crew`, so that each fork is of a process without threads
and without connections.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import shapely

from mine_geo.errors import ConflictError
from mine_geo.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mine_geo.store import Store

WEST, STEP = 103.0, 0.001
HAZARDS, STRIPS = 20, 5
LONGEST_S = 1.0
"""An officer of `killed` is killed after this long at the latest."""


def strip(number: int) -> dict[str, Any]:
    """Return the report of one strip; those of a hazard overlap their neighbours."""
    hazard, place = number % HAZARDS, number // HAZARDS
    west = WEST + hazard * 0.02 + place * STEP
    return {
        "hazard_id": f"K{hazard:02d}",
        "outcome": "cleared",
        "polygon": shapely.box(west, 12.99, west + 1.5 * STEP, 13.02),
        "happened_on": "2022-05-01",
        "event_id": f"k{number:03d}",
    }


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Let a process of its own do the work; return its id and where it says what it has done."""
    there, here = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(there)
        try:
            work(here)
        finally:
            os._exit(0)
    os.close(here)
    return child, there


def lines(end: int) -> list[str]:
    """Return what was written to a pipe until its writer was gone."""
    with os.fdopen(end) as pipe:
        return [line.rstrip("\n") for line in pipe if line.endswith("\n")]


def killed(place: str, total: int) -> dict[str, Any]:
    """Record reports one after another in processes that are killed at random moments."""
    acknowledged: list[str] = []
    kills, faults = 0, []

    def work(say: int) -> None:
        with open_store(place) as store:
            for number in range(len(acknowledged), total):
                done = store.record(**strip(number))
                os.write(say, f"{done}\n".encode())

    while len(acknowledged) < total:
        child, told = forked(work)
        time.sleep(random.uniform(0, LONGEST_S))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
        acknowledged += lines(told)
        faults += list(wrong(place, acknowledged))
    return {"kills": kills, "acknowledged": len(acknowledged), "faults": faults}


def wrong(place: str, acknowledged: list[str]) -> Iterator[str]:
    """Give what is wrong with a store in which these reports were acknowledged."""
    with open_store(place) as store:
        events = store.events()
        recorded = sorted(events.loc[events["event_type"] == "cleared", "event_id"])
        in_flight = [f"k{len(acknowledged):03d}"]
        if recorded not in (acknowledged, acknowledged + in_flight):
            yield f"{len(acknowledged)} acknowledged, recorded: {recorded[-3:]}"
        if not store.rebuild().empty:
            yield f"after {len(acknowledged)}: {store.rebuild().to_dict('records')[:3]}"


def together(place: str, officers: int, each: int) -> dict[str, Any]:
    """Let officers record on one hazard at once; the last reports are the same for all of them."""
    ready, go = os.pipe()

    def work(officer: int) -> Callable[[int], None]:
        def do(say: int) -> None:
            with open_store(place) as store:
                os.read(ready, 1)  # all begin at once
                for number in range(each):
                    done = store.record(**shared(officer * each + number, officers * each))
                    os.write(say, f"own {done} {done.new}\n".encode())
                for line in same(store, officer):
                    os.write(say, f"{line}\n".encode())

        return do

    crew = [forked(work(officer)) for officer in range(officers)]
    os.write(go, b"!" * officers)
    told = [lines(end) for _, end in crew]
    for child, _ in crew:
        os.waitpid(child, 0)
    return {"told": told}


def shared(number: int, total: int) -> dict[str, Any]:
    """Return one of many reports on one hazard; each overlaps the next ones."""
    width = 0.009 / total
    west = WEST + number * width
    return {
        "hazard_id": "K00",
        "outcome": "reduced",
        "polygon": shapely.box(west, 12.99, west + 3 * width, 13.02),
        "happened_on": f"2022-05-{1 + number * 7 % 28:02d}",
        "event_id": f"t{number:03d}",
    }


def same(store: Store, officer: int) -> Iterator[str]:
    """Send one report as all others do, and one under the same id with other content."""
    polygon = shapely.box(WEST + 0.0195, 12.99, WEST + 0.025, 13.02)
    said = {"happened_on": "2022-05-01", "event_id": "same"}
    done = store.record("K01", "cleared", polygon, **said)
    yield f"same {done} {done.new}"
    try:
        store.record("K02", "cleared", strip(2)["polygon"], happened_on="2022-05-01",
                     event_id="mine", operator=f"officer {officer}")  # fmt: skip
    except ConflictError:
        yield "conflict"
    else:
        yield "first"


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    call = {"killed": killed, "together": together}[what]
    sys.stdout.write(json.dumps(call(where, *map(int, numbers))))
