"""What an office does to a store: one process of `tests.benchmarks.stores`.

Run by its path, with the library to be measured first in PYTHONPATH, so that the same office works
with the code of another day: nothing of the tests is imported, and only what both have is called.
What was done is printed as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import mine_geo as mg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mine_geo.store import Store

DAY: Final = "2024-05-01"
POOL: Final = 200
"""Hazards that all officers work on, so that now and then two of them work on one."""
ACROSS: Final = 60
"""Strips into which a hazard is cut from west to east; officers take them in turn."""


def fill(place: str, hazards: str, _: str) -> dict[str, Any]:
    """Make a store with the border and the hazards of a file (a pickled table)."""
    table = pd.read_pickle(hazards)
    border = mg.read_border(mg.sample.path("border"))
    with mg.create_store(place, synthetic=True) as store:
        store.load_border(border)
        began = time.perf_counter()
        store.register(table)
        return {"register": time.perf_counter() - began}


def costs(place: str, hazards: str, times: str) -> dict[str, Any]:
    """Take what an office asks of a store in turn; return the median seconds of each."""
    table = pd.read_pickle(hazards)
    worked = table.iloc[np.linspace(0, len(table) - 1, 12).astype(int)]
    found: dict[str, float] = {}

    def timed(name: str, ask: Callable[[], Any], rounds: int) -> None:
        taken = []
        for _ in range(rounds):
            began = time.perf_counter()
            ask()
            taken.append(time.perf_counter() - began)
        found[name] = statistics.median(taken)

    with mg.open_store(place) as store:
        reports = (half(row.hazard_id, row.geometry) for row in worked.itertuples())
        store.record(**next(reports))  # what is loaded once is not counted
        since = store.last_moment()
        timed("record", lambda: store.record(**next(reports)), 11)
        new = iter([table.iloc[[n]].assign(hazard_id=f"NEW-{n}") for n in range(3)])
        timed("register one", lambda: store.register(next(new), same_polygons=True), 3)
        rounds = int(times)
        timed("balance", store.balance, rounds)
        timed("changes", lambda: store.changes(since), rounds)
        timed("hazards, one province", lambda: store.hazards(province="Pailin"), rounds)
        timed("hazards", store.hazards, rounds)
        timed("split, one province", lambda: store.split(province="Pailin"), rounds)
        timed("split", store.split, rounds)
        split = store.split()
        timed("totals", lambda: mg.totals(split, by=["province"]), rounds)
    return found


def half(hazard_id: str, polygon: Any) -> dict[str, Any]:
    """Return the report of a release of the western half of a hazard."""
    west, south, east, north = polygon.bounds
    worked = shapely.box(west - 1e-4, south - 1e-4, (west + east) / 2, north + 1e-4)
    return {
        "hazard_id": hazard_id, "outcome": "cleared", "polygon": worked, "happened_on": DAY,
    }  # fmt: skip


def strips(table: gpd.GeoDataFrame, officer: int, officers: int) -> Iterator[dict[str, Any]]:
    """Give reports of strips across hazards, one officer's, each of them once."""
    for turn in range(ACROSS * POOL):
        row = table.iloc[(turn * 7 + officer * (POOL // officers)) % POOL]
        west, south, east, north = row.geometry.bounds
        place = (turn // POOL * officers + officer) % ACROSS
        if turn // POOL * officers + officer >= ACROSS:
            return
        edges = west + (east - west) * np.array([place, place + 1]) / ACROSS
        strip = shapely.box(edges[0], south - 1e-4, edges[1], north + 1e-4)
        if shapely.area(shapely.intersection(row.geometry, strip)) > 1e-10:
            yield {
                "hazard_id": row.hazard_id,
                "outcome": "cleared",
                "polygon": strip,
                "happened_on": DAY,
                "event_id": f"office-{officer}-{turn}",
            }


def officers(place: str, hazards: str, asked: str) -> dict[str, Any]:
    """Let officers record, each with a store of his own, until their time is over."""
    said = json.loads(asked)
    table = pd.read_pickle(hazards).iloc[:POOL]
    reports = {number: strips(table, number, said["of"]) for number in said["numbers"]}

    def work(store: Store, number: int) -> Iterator[str]:
        for report in reports[number]:
            done = store.record(**report)
            if not done.new:
                raise RuntimeError(f"{done} was there already")
            yield str(done)

    return _together(place, work, said)


def readers(place: str, hazards: str, asked: str) -> dict[str, Any]:
    """Let readers look, each with a store of his own, until their time is over."""
    said = json.loads(asked)
    ids = pd.read_pickle(hazards)["hazard_id"].iloc[:POOL].tolist()

    def work(store: Store, number: int) -> Iterator[str]:
        while True:
            for each in range(number, number + 4):
                store.history(ids[each * 11 % POOL])
                yield "history"
            store.hazards(district="Samlout")
            yield "hazards"
            if store.balance()["remaining_m2"].iloc[0] <= 0:
                raise RuntimeError("nothing is left")
            yield "balance"

    return _together(place, work, said)


def _together(
    place: str, work: Callable[[Store, int], Iterator[str]], said: dict[str, Any]
) -> dict[str, Any]:
    done: list[str] = []
    errors: list[str] = []
    seconds: list[float] = []

    def one(number: int) -> None:
        with mg.open_store(place) as store:
            time.sleep(max(said["start"] - time.time(), 0))
            steps = work(store, number)
            while time.time() < said["end"]:
                began = time.perf_counter()
                try:
                    done.append(next(steps))
                except StopIteration:
                    return
                except Exception as error:  # noqa: BLE001  (each is counted and shown)
                    errors.append(f"{type(error).__name__}: {error}")
                    steps = work(store, number)
                    continue
                seconds.append(time.perf_counter() - began)

    crew = [threading.Thread(target=one, args=(number,)) for number in said["numbers"]]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    return {"done": done, "errors": errors, "seconds": seconds}


def audit(place: str, hazards: str, acknowledged: str) -> dict[str, Any]:
    """Compare a store with what was acknowledged: lost updates, m² that are not as by hand."""
    table = pd.read_pickle(hazards)
    told = set(json.loads(Path(acknowledged).read_text(encoding="utf-8")))
    with mg.open_store(place) as store:
        events = store.events()
        balance = store.balance()
        differences = len(store.rebuild())
    worked = events[events["event_type"] == "cleared"]
    rest = table.set_index("hazard_id").geometry
    ids = worked["hazard_id"].unique()
    done = worked.geometry.groupby(worked["hazard_id"]).agg(shapely.union_all)
    left = [shapely.difference(rest[each], done[each]) for each in ids]
    whole = int(table["size_m2"].sum())
    released = int(table.set_index("hazard_id").loc[ids, "size_m2"].sum())
    by_hand = whole - released + int(mg.size_m2(gpd.GeoSeries(left, crs=4326)).sum())
    return {
        "events": len(worked),
        "lost": len(told - set(worked["event_id"])),
        "not acknowledged": len(set(worked["event_id"]) - told),
        "off_m2": int(balance["remaining_m2"].iloc[0]) - by_hand,
        "rebuild": differences,
    }


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    works = {each.__name__: each for each in (fill, costs, officers, readers, audit)}
    json.dump(works[what](*given), sys.stdout)
