"""The register of a store beside geopandas' own way into PostGIS and out of it.

They do not do the same: `to_postgis` writes a table, `Store.register` judges every record, writes
an event for each, and keeps the bytes of the polygon as drawn; `read_postgis` reads the table,
`Store.hazards` the register with what waits, in the canonical columns.
"""

from __future__ import annotations

import contextlib
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
from sqlalchemy import create_engine

import mine_geo as mg
from tests.benchmarks.timing import FEWER, interleaved, report
from tests.postgis.cluster import NoPostGISHereError, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mine_geo.store import Store
    from tests.postgis.cluster import Server

TABLE = "plain_hazards"
QUERY = "SELECT * FROM plain_hazards"


def register(empty: Iterator[Store], hazards: gpd.GeoDataFrame) -> Store:
    """Register hazards in the next store that is empty."""
    store = next(empty)
    store.register(hazards)
    return store


def places(folder: Path, running: Server | None, count: int) -> dict[str, list[Any]]:
    """Return where stores can be made, by what is said of them."""
    found: dict[str, list[Any]] = {
        "in a GeoPackage": [folder / f"register_{number}.gpkg" for number in range(count)]
    }
    if running is not None:
        found["in PostGIS"] = [running.database() for _ in range(count)]
    return found


def compare(hazards: gpd.GeoDataFrame, rounds: int) -> dict[str, dict[str, float]]:
    """Compare writing and reading; return how many times as long each way takes."""
    print("\nstores", flush=True)
    rounds = min(rounds, FEWER)  # each round of writing needs a store of its own
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            running = stack.enter_context(server())
        except NoPostGISHereError as error:
            print(f"PostGIS: not installed ({error})")
            running = None
        writing: dict[str, Callable[[], Any]] = {}
        reading: dict[str, Callable[[], Any]] = {}
        for said, each in sorted(places(folder, running, rounds).items(), reverse=True):
            empty = [stack.enter_context(mg.create_store(place, synthetic=True)) for place in each]
            writing[f"Store.register {said}"] = partial(register, iter(empty), hazards)
            reading[f"Store.hazards {said}"] = empty[-1].hazards
        if running is not None:
            address = running.database().replace("postgresql://", "postgresql+psycopg://", 1)
            engine = create_engine(address)
            stack.callback(engine.dispose)
            writing["geopandas to_postgis"] = partial(
                hazards.to_postgis, TABLE, engine, if_exists="replace"
            )
            reading["geopandas read_postgis"] = partial(
                gpd.read_postgis, QUERY, engine, geom_col="geometry"
            )
        elsewhere = [way for way in (*writing, *reading) if "GeoPackage" not in way]
        written, _ = interleaved(writing, rounds)
        read, _ = interleaved(reading, rounds)
    return {
        "stores, writing": report(
            f"writing {len(hazards):,} hazards", written, elsewhere=elsewhere
        ),
        "stores, reading": report(f"reading {len(hazards):,} hazards", read, elsewhere=elsewhere),
    }
