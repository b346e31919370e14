"""What a doctor looks at in a store: is it whole, guarded, and does it show what its events say.

Each check says what it found and how to mend it; none writes. What is sound is said too, so that
nobody takes a check that was not made for one that passed.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import func, inspect, select

from mine_geo.errors import MineGeoError, some
from mine_geo.geo.geometry import as_geometries
from mine_geo.split.distance import border_nearest
from mine_geo.store import audit as auditing
from mine_geo.store import chain, engines, layers
from mine_geo.store import hazards as hazard_rows
from mine_geo.store.chain import Head
from mine_geo.store.engines import MOMENTS, locate, reading
from mine_geo.store.ledger.stored import HASH
from mine_geo.store.schema import gpkg, guards, models, rows
from mine_geo.store.schema.models import BORDER_DISTANCE, BORDER_VERSION, HAZARD, METADATA, SCHEMA
from mine_geo.store.store import engine_at, open_store, revision_of
from mine_geo.store.upkeep import contents
from mine_geo.store.upkeep.server_tools import ask

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from mine_geo.store.engines import Place


OK: Final = "ok"
SEVERITIES: Final = ("error", "warning", "note", OK)
COLUMNS: Final = ("severity", "check", "said", "mend")
_MOST_LINKS: Final = 5
MOST_OFF_M: Final = 0.005
"""How far a distance that is kept may be from the one computed now, metres."""


class Finding(NamedTuple):
    """What a check says."""

    severity: str
    said: str
    mend: str = ""


def examine(
    place: str | os.PathLike[str] | None = None,
    *,
    head: str | None = None,
    audit: bool = False,
) -> pd.DataFrame:
    """Look at a store with every check.

    Parameters
    ----------
    place
        As for `open_store`.
    head
        The head of the chain on an earlier day, SEQ:HASH: it must stand in the chain still.
    audit
        Let PostGIS fold every event by itself, too: of a database only.

    Returns
    -------
    pandas.DataFrame
        `severity` (`error`, `warning`, `note`, `ok`), `check`, `said`, `mend`; the worst first.

    Raises
    ------
    StoreNotFoundError, SchemaVersionError, UnreachableError
        If there is no store, or it cannot be opened at all.
    OptionError
        If `head` is none.

    Examples
    --------
    >>> found = examine(folder / "example.gpkg")
    >>> found[found["severity"] == "error"].empty, "guards" in set(found["check"])
    (True, True)
    """
    where = locate(place)
    told = None if head is None else Head.parse(head)
    on_file = where.path is not None
    found: list[tuple[str, str, str, str]] = []
    if on_file:  # a damaged file may not be opened by anything else
        found += _rows("file", _file(where))
    store_checks: dict[str, Callable[[Connection], Iterator[Finding]]] = {
        "versions": _versions,
        "guards": _guards,
        "indexes": _indexes,
        "clock": _moments,
        "chain": lambda connection: _chain(connection, told),
        "geometry": _geometry,
        "distances": _distances,
    }
    if not on_file:
        store_checks["grants"] = _grants
    if audit:
        store_checks["audit"] = _audited
    with open_store(place) as store:
        for name, check in store_checks.items():
            found += _rows(name, _with_connection(where, check))
        found += _rows("rebuild", _rebuilt(store.rebuild))
    table = pd.DataFrame(found, columns=list(COLUMNS))
    order = table["severity"].map(SEVERITIES.index)
    return table.assign(order=order).sort_values(["order"], kind="stable", ignore_index=True)[
        list(COLUMNS)
    ]


def status(place: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Say in a few lines what state a store is in; one of an earlier schema too.

    Returns
    -------
    pandas.DataFrame
        `what`, `value`.

    Examples
    --------
    >>> found = status(folder / "example.gpkg").set_index("what")["value"]
    >>> found["state"], found["rows of event"]
    ('up to date', '2')
    """
    where = locate(place)
    with engine_at(where) as engine, engines.translated(where), reading(engine) as connection:
        found = revision_of(connection, where)
        known = models.known_revisions()
        state = "up to date"
        if found != known[-1]:
            older = found in known
            state = f"needs db upgrade (to {known[-1]})" if older else "of another mine_geo"
        backend, size = _backend(connection, where)
        rows_ = [
            ("backend", backend),
            ("schema", found),
            ("state", state),
            ("size", f"{size / 1e6:,.1f} MB"),
        ]
        for table in contents.carried():
            if contents.columns_there(connection, table):
                count = connection.scalar(select(func.count()).select_from(table)) or 0
                rows_.append((f"rows of {table.name.replace('_', ' ')}", f"{count:,}"))
    return pd.DataFrame(rows_, columns=["what", "value"])


def _backend(connection: Connection, where: Place) -> tuple[str, int]:
    if where.path is not None:
        return f"GeoPackage, SQLite {sqlite3.sqlite_version}", where.path.stat().st_size
    said = ask(connection, "versions").one()
    size = ask(connection, "size", schema=SCHEMA).scalar_one()
    return f"PostgreSQL {said.server}, PostGIS {said.postgis}", int(size)


def _rows(name: str, found: Iterator[Finding]) -> list[tuple[str, str, str, str]]:
    """Return what a check says; where it cannot be made, that."""
    said = []
    try:
        said += [(each.severity, name, each.said, each.mend) for each in found]
    except MineGeoError as error:
        said.append(("error", name, str(error), "restore the store from a backup"))
    return said or [(OK, name, "sound", "")]


def _with_connection(
    where: Place, check: Callable[[Connection], Iterator[Finding]]
) -> Iterator[Finding]:
    with _connected(where) as connection:
        yield from check(connection)


@contextmanager
def _connected(where: Place) -> Iterator[Connection]:
    with engine_at(where) as engine, engines.translated(where), reading(engine) as connection:
        yield connection


def _file(where: Place) -> Iterator[Finding]:
    """Ask SQLite whether every page of the file is whole, and every link leads somewhere."""
    with _connected(where) as connection:
        mend = "restore the store from a backup (mine-geo db restore)"
        broken = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
        if broken != ["ok"]:
            yield Finding("error", f"damaged: {some(broken, 3)}", mend)
        orphans = Counter(row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check"))
        for table, count in orphans.items():
            yield Finding("error", f"{table}: {count:,} rows refer to what is not there", mend)
        for pragma, ours in (
            ("application_id", gpkg.APPLICATION_ID),
            ("user_version", gpkg.USER_VERSION),
        ):
            if connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() != ours:
                yield Finding("warning", f"the {pragma} is not that of a GeoPackage 1.3")


def _versions(connection: Connection) -> Iterator[Finding]:
    """Say which versions compute here: a figure is compared with those of the same ones."""
    if connection.dialect.name == "sqlite":
        said = f"SQLite {sqlite3.sqlite_version}"
    else:
        found = ask(connection, "versions").one()
        said = f"PostgreSQL {found.server}, {found.postgis_whole}"
    yield Finding("note", f"{said}; here GEOS {shapely.geos_version_string}")


_MEND_GUARDS: Final = (
    "ask since when, by the backups; a copy (mine-geo db copy) has its guards again"
)


def _guards(connection: Connection) -> Iterator[Finding]:
    """Compare the triggers, and what they run, with what this version makes."""
    on_file = connection.dialect.name == "sqlite"
    states = _on_file(connection) if on_file else _on_server(connection)
    for guard in guards.triggers(connection):
        wrong = states.get((guard.table, guard.name), "gone")
        if on_file and wrong == " ".join(guard.statement.split()):
            wrong = ""
        elif on_file and wrong != "gone":
            wrong = "not as it was made"
        if wrong:
            said = f"the guard {guard.name} of {guard.table} is {wrong}"
            yield Finding("error", said, _MEND_GUARDS)
    if on_file:
        return
    bodies = {row.proname: row.prosrc for row in ask(connection, "functions", schema=SCHEMA)}
    for name, body in guards.functions().items():
        if bodies.get(name, "").split() != body.split():
            said = f"the function {name} of the guards is not as it was made"
            yield Finding("error", said, _MEND_GUARDS)


def _on_file(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the triggers of a file, as they are written."""
    found = connection.exec_driver_sql(
        "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
    )
    return {(table, name): " ".join(statement.split()) for table, name, statement in found}


_STATES: Final = {
    "A": "",
    "O": "not ALWAYS: the session of a replica passes it",
    "R": "off but for a replica",
    "D": "disabled",
}


def _on_server(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the triggers of a database, with what is wrong with each."""
    return {
        (row.relname, row.tgname): _STATES.get(row.tgenabled, row.tgenabled)
        for row in ask(connection, "triggers", schema=SCHEMA)
    }


def _indexes(connection: Connection) -> Iterator[Finding]:
    """Name indexes that are gone: a store without them is right, and slow."""
    there = inspect(connection)
    on_file = connection.dialect.name == "sqlite"
    for table in METADATA.sorted_tables:
        names = {each["name"] for each in there.get_indexes(table.name)}
        names |= {each["name"] for each in there.get_unique_constraints(table.name)}
        wanted = {
            str(each.name)
            for each in table.indexes
            if not (on_file and each.dialect_options["postgresql"].get("using") == "gist")
        }
        for name in sorted(wanted - names):
            mend = "copy the store (mine-geo db copy): a new one has its indexes"
            yield Finding("warning", f"the index {name} of {table.name} is gone", mend)


def _moments(connection: Connection) -> Iterator[Finding]:
    """Name moments that have not come yet: nothing can be recorded before they are past."""
    now = engines.clock(connection)
    for what, moment in MOMENTS.items():
        query = select(func.count(), func.max(moment)).where(moment > now)
        count, last = connection.execute(query).one()
        if count:
            said = f"{what}: {count:,} moments in the future, the last {last:%Y-%m-%d %H:%M:%S} UTC"
            mend = "set the clock right, or db export-log and db import --mend-moments"
            yield Finding("error", said, mend)


def _chain(connection: Connection, told: Head | None) -> Iterator[Finding]:
    """Check the chain of events, and that a head of an earlier day is in it."""
    faults = chain.broken(connection, told)
    for row in faults.head(_MOST_LINKS).itertuples():
        name = f"event {row.event_id!s} " if isinstance(row.event_id, str) else ""
        yield Finding("error", f"{name}{row.what!s}", "compare with the last good backup")
    if len(faults) > _MOST_LINKS:
        yield Finding("error", f"and {len(faults) - _MOST_LINKS:,} more faults of the chain")
    said = f"its head is {chain.head(connection)}"
    lacks = "" if told is not None else "; give one of an earlier day as --head to compare"
    yield Finding("note", f"{said}{lacks}")


def _audited(connection: Connection) -> Iterator[Finding]:
    """Let PostGIS fold every event by itself; it shares nothing with the library's fold."""
    done = auditing.audit(connection)
    if len(done.differences):
        ids = some(done.differences["hazard_id"].unique())
        said = f"PostGIS folds {len(done.differences):,} sizes otherwise than the library ({ids})"
        yield Finding("error", said, "compare with mine-geo db rebuild, and with a backup")
    credit = "whose land released over two hazards is, only the library says"
    yield Finding("note", f"PostGIS folded {done.events:,} events by itself; {credit}")


def _geometry(connection: Connection) -> Iterator[Finding]:
    """Name polygons and lines that are broken."""
    for table in contents.carried():
        broken, kept = [], gpkg.geometry_column(table)
        if kept is None or table.name == "submitted_record":  # what waits is kept as it came
            continue
        for columns, found in contents.batches(connection, table):
            names = [each.name for each in columns]
            shapes = as_geometries([row[names.index(kept)] for row in found])
            bad = ~(shapely.is_missing(shapes) | shapely.is_valid(shapes))
            label = next((n for n in ("hazard_id", "event_id", "entry_id") if n in names), "fid")
            broken += [found[place][names.index(label)] for place in np.flatnonzero(bad)]
        if broken:
            said = f"{table.name}: {len(broken):,} broken geometries ({some(broken)})"
            yield Finding("error", said, "amend the hazard, or load the layer corrected")


def _distances(connection: Connection) -> Iterator[Finding]:
    """Compute the distances that are kept of hazards, to the active border, again."""
    active = connection.scalar(select(BORDER_VERSION.c.fid).where(BORDER_VERSION.c.active))
    if active is None:
        yield Finding("note", "no border is loaded: no distances", "mine-geo load border FILE")
        return
    lines = layers.read_border(connection)[1]
    columns = [HAZARD.c[name] for name in ("hazard_id", HASH, "geometry")]
    hazards = rows.read(
        connection, columns, [HAZARD.c.status.is_not(None), HAZARD.c.geometry.is_not(None)]
    )
    unmeasured = 0
    for coast in (False, True):
        hashes = set(hazards[HASH])
        kept = hazard_rows.known(connection, active, include_coast=coast, hashes=hashes)
        mine: Any = hazards[hazards[HASH].isin(kept.index)]
        if not coast:
            unmeasured = len(hazards) - len(mine)
        if mine.empty:
            continue
        now = border_nearest(mine, lines, include_coast=coast)["border_distance_m"].to_numpy()
        then = kept.loc[mine[HASH], "border_distance_m"].to_numpy()
        off = np.abs(now - then) > MOST_OFF_M
        if off.any():
            ids = some(mine["hazard_id"].to_numpy()[off])
            most = float(np.abs(now - then).max())
            said = f"{int(off.sum()):,} kept distances are off, by up to {most:,.3f} m ({ids})"
            yield Finding("error", said, "copy the store without its cache, or ask for a mend")
    if unmeasured:
        said = f"{unmeasured:,} hazards have no kept distance to the active border yet"
        yield Finding("note", said, "mine-geo split computes and keeps them")
    gone = select(func.count()).select_from(BORDER_DISTANCE)
    others = connection.scalar(gone.where(BORDER_DISTANCE.c.version_fid != active)) or 0
    if others:
        yield Finding("note", f"{others:,} distances are of earlier borders; they do no harm")


def _grants(connection: Connection) -> Iterator[Finding]:
    """Name who may write past the library: PUBLIC, logins with rights of their own, the owner."""
    tables: dict[str, list[str]] = {}
    for row in ask(connection, "writers", schema=SCHEMA):
        tables.setdefault(row.who, []).append(row.relname)
    for who, names in tables.items():
        mend = "revoke it; who writes does so through the library"
        yield Finding("error", f"{who} may write {some(names, 3)} by itself", mend)
    for who in ask(connection, "owners", schema=SCHEMA).scalars():
        mend = "let a role own them that nobody logs in as"
        yield Finding("note", f"the login {who} owns tables, and can take any guard off", mend)


def _rebuilt(rebuild: Callable[[], pd.DataFrame]) -> Iterator[Finding]:
    """Fold every event again and compare the hazards as the store shows them."""
    found = rebuild()
    if len(found):
        ids = some(found["hazard_id"].unique())
        said = f"{len(found):,} differences between the events and what the store shows ({ids})"
        yield Finding("error", said, "mine-geo db rebuild lists them, --repair writes the events'")
