"""Kills at random moments: the client, a backend of it, or the whole server at once.

Run as `python -m tests.store.kills BACKEND KILLS`, so that each fork is of a process without
threads. Each kill falls into one of five works (a load, an acceptance, records one after another,
an upgrade, a copy); afterwards the store must be sound and hold all that was acknowledged, the same
work is done once more, and every balance must be that of boxes kept beside it, which shares no code
with the library.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import psycopg
import shapely

from mine_geo.errors import MineGeoError, UnreachableError
from mine_geo.geo.hazards import to_hazards
from mine_geo.store import create_store, open_store, upgrade_store
from mine_geo.store.upkeep import copying, doctor
from tests.postgis.cluster import Cluster, Server, cluster
from tests.store import earlier, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WEST, SOUTH, SIDE, APART = 103.0, 11.0, 0.002, 0.003
FIELDS: Final = 10
"""Hazards that are recorded on, one a kill in turn."""
BATCH: Final = 30
"""How many hazards a load or an acceptance is of."""
RECORDS: Final = 8
"""How many records are made one after another."""
WORKS: Final = ("load", "accept", "record", "migrate", "copy")
WAYS: Final = ("client", "end of the backend", "kill of the backend", "server", "server stopped")
SETTINGS: Final = {
    "synchronous_commit": "off",  # what is acknowledged stays all the same
    "wal_writer_delay": "10s",
}


def place_of(row: int, column: int) -> tuple[float, float]:
    """Return the south-west corner of a box of the yard."""
    return WEST + column * APART, SOUTH + row * APART


def box(row: int, column: int, width: float = SIDE, start: float = 0.0) -> shapely.Polygon:
    west, south = place_of(row, column)
    return shapely.box(west + start, south, west + start + width, south + SIDE)


def named(letter: str, row: int) -> list[str]:
    return [f"{letter}{row:02d}-{column:02d}" for column in range(BATCH)]


class Beside:
    """What the store must hold, by rectangles: registered and cleared, hazard by hazard."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.cleared: dict[str, float] = {}
        """Of a hazard how wide a part is gone, from the west, degrees."""

    def m2(self, hazard: str, width: float) -> int:
        south = SOUTH + self.rows[hazard] * APART
        return round(earlier.box_m2(width, south, south + SIDE))

    def add(self, ids: list[str], row: int) -> None:
        self.rows |= dict.fromkeys(ids, row)

    def sizes(self) -> dict[str, int]:
        left = {each: self.m2(each, SIDE - self.cleared.get(each, 0.0)) for each in self.rows}
        return {each: size for each, size in left.items() if size}

    def balance(self) -> tuple[int, int, int]:
        registered = sum(self.m2(each, SIDE) for each in self.rows)
        remaining = sum(self.sizes().values())
        return registered, registered - remaining, remaining


def child(work: Callable[[Callable[[str], None]], None]) -> tuple[int, Any]:
    """Let a process of its own do the work and say lines; return its id and what it says."""
    there, here = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(there)

        def say(line: str) -> None:
            os.write(here, f"{line}\n".encode())

        try:
            work(say)
            say("done")
        except MineGeoError as error:
            say(f"refused {type(error).__name__}: {error!s}")
        except BaseException as error:  # noqa: BLE001 - a traceback is what must not be
            say(f"traceback {error!r}")
        finally:
            os._exit(0)
    os.close(here)
    return process, os.fdopen(there)


class Yard:
    """A store, its server where it is on one, and what is known of it beside it."""

    def __init__(self, folder: Path, server: Cluster | None) -> None:
        self.folder, self.cluster = folder, server
        self.databases = None if server is None else Server(server.url)
        self.store = self.new("register")
        self.beside = Beside()
        self.places: dict[int, str] = {}
        """The stores of their own that upgrades and copies are of, by the number of the kill."""
        self.lasts: dict[str, float] = {}
        """How long each work took when it was last done to its end, seconds."""
        self.faults: list[str] = []
        create_store(self.store).close()

    def new(self, name: str) -> str:
        """Return a place for another store."""
        if self.databases is None:
            return str(self.folder / f"{name}.gpkg")
        return self.databases.database()

    def forget(self, number: int) -> None:
        """Take away the store of its own that a work was of: a server has few at a time."""
        place = self.places.pop(number, None)
        if place is not None and self.databases is not None:
            self.databases.drop(place)

    # ------------------------------------------------------------ works

    def load(self, number: int, say: Callable[[str], None]) -> None:
        ids = named("L", number)
        table = gpd.GeoDataFrame(
            {"hazard_id": ids, "kind": "ap_minefield", "surveyed_on": pd.Timestamp("2020-01-31")},
            geometry=[box(number, column) for column in range(BATCH)],
            crs=4326,
        )
        with open_store(self.store) as store:
            say("begin")
            done = store.register(to_hazards(table))
            say(f"ok {done.registered + done.unchanged}")

    def accept(self, number: int, say: Callable[[str], None]) -> None:
        with open_store(self.store) as store:
            say("begin")
            done = store.accept(f"S-{number // len(WORKS) + 1:04d}", happened_on="2020-02-01")
            say(f"ok {done.accepted}")

    def submit(self, number: int) -> None:
        rows = [
            {"hazard_id": name, "geometry": box(number, column)}
            for column, name in enumerate(named("A", number))
        ]
        with open_store(self.store) as store:
            store.submit(inbox.file(*rows, name=f"{number}.gpkg"))

    def record(self, number: int, say: Callable[[str], None]) -> None:
        with open_store(self.store) as store:
            say("begin")
            for strip in range(RECORDS):
                name = f"r{number:02d}-{strip}"
                done = store.record(
                    self.field(number),
                    "cleared",
                    box(0, self.column(number), 1.5 * self.strip, strip * self.strip),
                    happened_on="2022-05-01",
                    event_id=name,
                )
                say(f"ok {name if done == name else f'{done} for {name}'}")

    strip = SIDE / (RECORDS + 2)

    def column(self, number: int) -> int:
        return number // len(WORKS)

    def field(self, number: int) -> str:
        return named("L", 0)[self.column(number)]

    def migrate(self, number: int, say: Callable[[str], None]) -> None:
        place = self.places[number]
        say("begin")
        say(f"ok {upgrade_store(place)[1]}")

    def copy(self, number: int, say: Callable[[str], None]) -> None:
        place = self.places[number]
        say("begin")
        say(f"ok {len(copying.copy_store(self.store, place).tables)}")

    # ------------------------------------------------------------ a kill, and what is so after it

    def run(self, number: int, kill: Callable[[int], None] | None) -> list[str]:
        """Do a work in a process of its own, killed on the way unless `kill` is None."""
        work = getattr(self, WORKS[number % len(WORKS)])
        process, told = child(lambda say: work(number, say))
        with told:
            said = [told.readline().rstrip("\n")]
            began = time.monotonic()
            if kill is not None and said == ["begin"]:
                kill(process)
            said += [line.rstrip("\n") for line in told if line.endswith("\n")]
        os.waitpid(process, 0)
        if said[-1] == "done":
            self.lasts[WORKS[number % len(WORKS)]] = time.monotonic() - began
        return said

    def kill(self, way: str, seconds: float) -> Callable[[int], None]:
        """Return what kills after so many seconds."""
        after = random.uniform(0, seconds)

        def at_random(process: int) -> None:
            if self.cluster is None or way == "client":
                time.sleep(after)
                os.kill(process, signal.SIGKILL)
            elif way.startswith("server"):
                time.sleep(after)
                self.cluster.kill() if way == "server" else self.cluster.stop_at_once()
            else:
                with psycopg.connect(self.cluster.url, autocommit=True) as connection:
                    time.sleep(after)
                    end_backend(connection, kill=way == "kill of the backend")

        return at_random

    def prepare(self, number: int) -> None:
        """Make what a work begins with."""
        work = WORKS[number % len(WORKS)]
        if work == "accept":
            self.submit(number)
        elif work == "migrate":
            self.places[number] = self.new(f"earlier{number}")
            earlier.put(self.places[number])
        elif work == "copy":
            self.places[number] = self.new(f"copy{number}")

    def wrong(self, number: int, said: list[str], *, retried: bool) -> Iterator[str]:
        """Give what is wrong after a work, killed or done; notes what it has done."""
        work = WORKS[number % len(WORKS)]
        acknowledged = [line.removeprefix("ok ") for line in said if line.startswith("ok ")]
        bad = [line for line in said if line.startswith("traceback")]
        refused = [line for line in said if line.startswith("refused")]
        # a copy that is there whole is not made again
        whole = retried and work == "copy" and "is left as it is" in said[-1]
        bad += [line for line in refused if retried or UnreachableError.__name__ not in line]
        yield from (f"{work}: {line}" for line in bad if not whole)
        if whole:
            acknowledged = ["there"]
        elif retried and (not acknowledged or said[-1] != "done"):
            yield f"{work}: not done when sent again: {said}"
        yield from getattr(self, f"after_{work}")(number, acknowledged)
        if work not in ("migrate", "copy"):
            yield from self.sound()

    def after_load(self, number: int, acknowledged: list[str]) -> Iterator[str]:
        yield from self.all_or_none(named("L", number), number, acknowledged)

    def after_accept(self, number: int, acknowledged: list[str]) -> Iterator[str]:
        ids = named("A", number)
        yield from self.all_or_none(ids, number, acknowledged)
        with open_store(self.store) as store:
            row = store.submissions().set_index("submission_id").iloc[-1]
            decided = (row["waiting"], row["accepted"])
        if decided != ((0, BATCH) if ids[0] in self.beside.rows else (BATCH, 0)):
            yield f"accept: waiting, accepted are {decided}"

    def all_or_none(self, ids: list[str], row: int, acknowledged: list[str]) -> Iterator[str]:
        with open_store(self.store) as store:
            there = store.hazards(workbench="exclude")["hazard_id"].isin(ids).sum()
        if acknowledged not in ([], [str(BATCH)], ["0"]):  # none where all were accepted before
            yield f"acknowledged {acknowledged}"
        if there not in (0, BATCH) or (acknowledged and not there):
            yield f"{there} of {BATCH} are there, acknowledged: {acknowledged}"
        if there:
            self.beside.add(ids, row)

    def after_record(self, number: int, acknowledged: list[str]) -> Iterator[str]:
        with open_store(self.store) as store:
            ids = store.events()["event_id"]
        there = sorted(ids[ids.str.startswith(f"r{number:02d}-")])
        in_flight = [*acknowledged, f"r{number:02d}-{len(acknowledged)}"]
        if there not in (acknowledged, in_flight):
            yield f"record: {acknowledged} acknowledged, {there} there"
        if there:
            self.beside.cleared[self.field(number)] = (len(there) + 0.5) * self.strip

    def after_migrate(self, number: int, acknowledged: list[str]) -> Iterator[str]:
        place = self.places[number]
        state = doctor.status(place).set_index("what")["value"]
        if state["state"] == "up to date":
            with open_store(place, clock_is_right=True) as store:
                told = earlier.said("balance").to_numpy().tolist()
                if store.balance(by="kind").to_numpy().tolist() != told:
                    yield "migrate: another balance"
            yield from ill(place)
        elif acknowledged:
            yield f"migrate: acknowledged, and {state['state']}"
        elif int(state["rows of event"]) != 32 or "chain" in state:
            yield f"migrate: half done: {state.to_dict()}"

    def after_copy(self, number: int, acknowledged: list[str]) -> Iterator[str]:
        place = self.places[number]
        try:
            with open_store(place) as copy, open_store(self.store) as store:
                if copy.head() != store.head():
                    yield f"copy: {copy.head()} for {store.head()}"
                if not copy.balance(by="kind").equals(store.balance(by="kind")):
                    yield "copy: another balance"
        except MineGeoError as error:
            if acknowledged:
                yield f"copy: acknowledged, and {error}"
        else:
            yield from ill(place)

    def sound(self) -> Iterator[str]:
        """Give what is wrong with the store, by the doctor and by the rectangles."""
        yield from ill(self.store)
        with open_store(self.store) as store:
            found = store.hazards(workbench="exclude").set_index("hazard_id")["size_m2"].to_dict()
            row = store.balance(by="kind").iloc[0] if self.beside.rows else None
        if found != self.beside.sizes():
            yield f"sizes: {set(found.items()) ^ set(self.beside.sizes().items())}"
        if row is not None:
            told = (row["registered_m2"], row["cleared_m2"], row["remaining_m2"])
            if told != self.beside.balance():
                yield f"balance: {told} for {self.beside.balance()}"


def ill(place: str) -> Iterator[str]:
    found = doctor.examine(place)
    bad = found[found["severity"].isin(["error", "warning"])]
    yield from (f"{row.check}: {row.said}" for row in bad.itertuples())


def end_backend(connection: psycopg.Connection[Any], *, kill: bool) -> None:
    """End a backend of a store's client, by a word to it or by a signal that asks nothing."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mine_geo'"
    with suppress(psycopg.OperationalError):  # the server ends all sessions where one is killed
        for (pid,) in connection.execute(query).fetchall():
            if kill:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            else:
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))


def run(backend: str, kills: int) -> dict[str, Any]:
    """Kill so many times; return how often each work was cut short, and all that was wrong."""
    seed = random.randrange(1 << 32)
    random.seed(seed)
    cut: Counter[str] = Counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mgkill-")))
        server = stack.enter_context(cluster(**SETTINGS)) if backend == "postgis" else None
        yard = Yard(folder, server)
        for number in range(kills):
            work = WORKS[number % len(WORKS)]
            way = WAYS[(number + number // len(WORKS)) % len(WAYS)] if server else "client"
            yard.prepare(number)
            said = yard.run(number, yard.kill(way, 1.1 * yard.lasts.get(work, 0.3)))
            if server is not None:
                server.start() if way.startswith("server") else server.wait()
            if said[-1] != "done":
                cut[f"{work}: {way}"] += 1
            faults = list(yard.wrong(number, said, retried=False))
            again = yard.run(number, None)
            faults += yard.wrong(number, again, retried=True)
            yard.forget(number)
            yard.faults += [f"{number} {work}, {way}: {fault}" for fault in faults]
    return {"seed": seed, "kills": kills, "cut": dict(cut), "faults": yard.faults}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1], int(sys.argv[2]))))
