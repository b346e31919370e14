"""Transactions: a reader's, a writer's under the store's lock, and a migration's."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError

from mine_geo.errors import ClockError, StoreError
from mine_geo.store.engines import BUSY_SECONDS, WRITE_OPTION
from mine_geo.store.models import Event, SpotTask, StoreInfo, Submission, SubmittedRecord
from mine_geo.store.types import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY: Final = f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}"
MOMENTS: Final = {
    "events": Event.recorded_at,
    "spot tasks": SpotTask.recorded_at,
    "spot tasks retracted": SpotTask.retracted_at,
    "submissions": Submission.received_at,
    "decisions": SubmittedRecord.decided_at,
}
"""What a store knows the moment of."""
CLOCK_OPTION: Final = "mine_geo_clock_is_right"
"""The execution option of an engine whose user vouches for the clock of this computer."""
MOST_BEHIND: Final = timedelta(minutes=5)
"""How far the clock may be behind the last moment of a ledger, as between two computers."""
MOST_AHEAD: Final = timedelta(days=30)
"""How long nothing may have been recorded in a file before its user is asked about the clock."""
LOCK: Final = 0x6D696E6567656F  # "minegeo"
"""The key of PostgreSQL's advisory lock; it holds within one database."""


def _is_file(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one state of the store, whoever writes meanwhile."""
    with engine.connect() as connection:
        if not _is_file(engine):
            connection = connection.execution_options(  # noqa: PLW2901
                isolation_level="REPEATABLE READ"
            )
        with connection.begin():
            if not _is_file(engine):
                # SQLAlchemy's postgresql_readonly would make the next one READ WRITE, whatever
                # default_transaction_read_only says
                connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection


@contextmanager
def locked(engine: Engine) -> Iterator[Connection]:
    """Give a connection with a transaction that holds the store's write lock.

    It is committed at the end, and rolled back whole on any error.
    """
    with engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
        if _is_file(engine):
            _journal(connection, "PRAGMA journal_mode = WAL")
        with connection.begin():
            if not _is_file(engine):
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a locked connection on which the guards of the layers let us write."""
    with locked(engine) as connection:
        connection.execute(update(StoreInfo).values(writing=True))
        yield connection
        connection.execute(update(StoreInfo).values(writing=False))


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """Give a locked connection on which tables may be changed.

    SQLite changes a table by copying it: foreign keys are off meanwhile, and checked at the end.

    Raises
    ------
    StoreError
        If a row refers to one that is not there any more; nothing is changed then.
    """
    if not _is_file(engine):
        with locked(engine) as connection:
            yield connection
        return
    with engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
        try:
            _outside(connection, "PRAGMA foreign_keys = OFF")
            _outside(connection, "PRAGMA legacy_alter_table = ON")
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise StoreError(f"the change would leave table {broken[0]} without its links")
        finally:
            connection.invalidate()  # these settings must not go back into the pool


def _journal(connection: Connection, statement: str) -> None:
    """Change how SQLite keeps its journal, if nobody else holds the file just now.

    With WAL readers go on while we write. Without (a network drive may refuse it, or another
    program be reading) they wait for each other, and all else is the same.
    """
    _outside(connection, "PRAGMA busy_timeout = 0")
    with suppress(sqlite3.DatabaseError):
        _outside(connection, statement)
    _outside(connection, BUSY)


def _outside(connection: Connection, statement: str) -> None:
    """Run a PRAGMA that SQLite takes only outside a transaction."""
    connection.connection.driver_connection.execute(statement)  # type: ignore[union-attr]


def leave_wal(engine: Engine) -> None:
    """Make a GeoPackage one file again, unless another program still has it open."""
    if not _is_file(engine):
        return
    engine.dispose()  # every other connection of ours holds the file too
    with suppress(DBAPIError), engine.connect() as connection:
        _journal(connection, "PRAGMA journal_mode = DELETE")


def clock(connection: Connection) -> datetime:
    """Read the clock that counts, to the millisecond: PostgreSQL's; for a file this computer's."""
    if _is_file(connection.engine):
        return milliseconds(datetime.now(UTC))
    return milliseconds(connection.execute(select(func.clock_timestamp())).scalar_one())


def last_moment(connection: Connection) -> datetime | None:
    """Return the last moment that a store knows; None where nothing was recorded yet."""
    found = [connection.scalar(select(func.max(moment))) for moment in MOMENTS.values()]
    return max((each for each in found if each is not None), default=None)


def next_moment(connection: Connection) -> datetime:
    """Return the moment to record now: later than every one before, to the millisecond.

    Call it under the write lock. A moment that is once recorded stays, and every later one must
    come after it: so a clock that may be wrong is refused before it is believed.

    Raises
    ------
    ClockError
        If the clock is more than `MOST_BEHIND` behind the last moment of the ledger; or, on a
        file, more than `MOST_AHEAD` ahead of it, and nobody said that the clock is right.
    """
    now, last = clock(connection), last_moment(connection)
    if last is None:
        return now
    if last - now > MOST_BEHIND:
        raise ClockError(
            f"the clock says {_said(now)}, and the ledger's last moment is {_said(last)}: set the "
            "clock right; if it is right, the ledger holds moments of a clock that ran ahead (db "
            "info names them): write it out with mine-geo db export FOLDER and take it over into "
            "a new store with mine-geo db import FOLDER --mend-moments"
        )
    vouched = connection.get_execution_options().get(CLOCK_OPTION, False)
    if now - last > MOST_AHEAD and _is_file(connection.engine) and not vouched:
        raise ClockError(
            f"the clock of this computer says {_said(now)}, {(now - last).days:,} days after the "
            f"ledger's last moment, {_said(last)}; what is recorded now keeps its moment for good: "
            "set the clock right, or say that it is, with mine-geo --clock-is-right ... "
            "(open_store(..., clock_is_right=True))"
        )
    return max(now, last + timedelta(milliseconds=1))


def _said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
