"""From a path or URL to an SQLAlchemy engine with the settings that a store needs.

Transactions: a reader's, a writer's under the store's lock, and a migration's.

From a database driver's error to one of ours: one line, what is wrong and how to mend it.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from sqlalchemy import (
    URL,
    Boolean,
    Connection,
    Engine,
    column,
    create_engine,
    event,
    func,
    inspect,
    literal,
    make_url,
    or_,
    select,
    table,
    text,
    union_all,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, StatementError

from mine_geo.errors import (
    ClockError,
    FileError,
    MineGeoError,
    OptionError,
    RecordError,
    StoreError,
    UnreachableError,
    visible,
)
from mine_geo.store import address
from mine_geo.store.schema import gpkg
from mine_geo.store.schema.guards import read_statements
from mine_geo.store.schema.models import (
    EVENT,
    LISTS,
    METADATA,
    RECORD,
    SCHEMA,
    SPOT_TASK,
    STORE_INFO,
    SUBMISSION,
)
from mine_geo.store.schema.rows import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator


CONNECT_SECONDS: Final = 10
OTHER_DATABASES: Final = ("file", "http", "https", "mariadb", "mssql", "mysql", "oracle", "sqlite")
NOT_READ: Final = (
    "the store's place looks like the address of a database and cannot be read as one (it is not "
    "repeated, for it may hold a password); write postgresql://user@host/database, with a password "
    "percent-encoded (@ is %40) or, better, in ~/.pgpass; or the path of a GeoPackage such as "
    f"{address.DEFAULT_DATABASE}"
)
_HOST: Final = re.compile(r"[\w.-]+(:\d+)?|[0-9A-Fa-f:]+(%\w+)?|/[\w./ -]*")
_PORT: Final = re.compile(r"[\d,]*")
_NAME: Final = re.compile(r"[\w. -]*")
WRITE_OPTION: Final = "mine_geo_write"
"""The execution option of a connection whose transaction takes SQLite's write lock at once."""
LOCK_OPTION: Final = "mine_geo_lock_seconds"
"""The execution option of an engine whose writers wait no longer for the lock than was told."""
LOCK_SECONDS: Final = 30.0
"""How long a writer waits for the lock, and a reader of a file for a writer, where nobody told."""
TRYING_SECONDS: Final = (0.01, 0.03)
"""How long a writer sleeps between two tries to lock a file: at random, so that all have the same
chance. SQLite's own waiting tries the less often the longer it waits."""
READERS_AT_ONCE: Final = 2
"""How many threads of one process read one file at a time."""
WRITE_LOCK: Final = table("write_lock", column("fid"), schema=SCHEMA)
"""PostgreSQL's write lock: one row, that only writers are granted. Whoever has locked it writes."""
_FLAG: Final = table(STORE_INFO.name, column("writing", Boolean))
"""In a GeoPackage: whether a write of ours is under way; the guards of the layers look at it."""


@dataclass(frozen=True)
class Place:
    """Where a store is: a GeoPackage (`path`) or a PostgreSQL database (`path` is None)."""

    url: URL
    """Of a database host, port and name alone: it may be shown."""
    path: Path | None
    arguments: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What a database is connected with besides: user, password, options; never shown."""

    @property
    def name(self) -> str:
        """The name for headings: the file's name, or host/database; never a password."""
        if self.path is not None:
            return self.path.name
        return f"{', '.join(_hosts(self.url)) or 'localhost'}/{self.url.database or ''}"

    @property
    def shown(self) -> str:
        """The place as one would give it to `--database`, without user, password and options."""
        if self.path is not None:
            return str(self.path)
        return self.url.set(drivername="postgresql").render_as_string(hide_password=True)

    def command(self, words: str) -> str:
        """Return a command for this place as one would type it; what is not shown is asked for."""
        again = " (with the user and the options that you gave)" if self.arguments else ""
        return f"mine-geo --database {self.shown} {words}{again}"

    def hidden(self, text: str) -> str:
        """Return a driver's text with stars for each secret of this place in it."""
        for secret in self._secrets():
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
        return text

    def _secrets(self) -> list[str]:
        """Return passwords and other values that may hold one, the longest first."""
        values = [value for name, value in self.arguments if name != "user"]
        parts = [part for value in values for part in re.split(r"[\s=]+", value) if len(part) > 3]
        every = {each for value in (*values, *parts) for each in (value, quote(value, safe=""))}
        return sorted(every - {""}, key=len, reverse=True)


def _hosts(url: URL) -> list[str]:
    """Return the hosts of a URL, also those in its query."""
    asked = url.query.get("host", ())
    listed = [asked] if isinstance(asked, str) else list(asked)
    return [host for host in (url.host or "", *listed) if host]


def locate(place: str | os.PathLike[str] | None = None) -> Place:
    """Read a place: a path, a PostgreSQL URL, or None for the one in the settings.

    Raises
    ------
    OptionError
        If a URL is of another kind of database, or is not a URL at all. What looks like the
        address of a database is never taken for a path, and is not repeated: it may hold a
        password.

    Examples
    --------
    >>> locate("work/register.gpkg").name
    'register.gpkg'
    >>> locate("postgresql://officer:secret@db.example:5433/mines").shown
    'postgresql://db.example:5433/mines'
    """
    text = address.database(place)
    try:
        readable = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        readable = False
    if "://" in text and readable:
        return _database(text)
    if "://" in text or address.like_a_connection(text):
        raise OptionError(NOT_READ)
    if not readable:
        raise OptionError(
            f"{visible(text)} is no place: it holds a NUL or half a character; give another"
        )
    path = Path(text).expanduser()
    return Place(_file_url(path), path)


def _database(text: str) -> Place:
    url = _parsed(text)
    if url is None:  # raised here: an error being handled would be kept beside it, with the text
        raise OptionError(NOT_READ)
    backend = url.drivername.split("+")[0]
    if backend not in ("postgresql", "postgres"):
        named = f"database {backend!r}" if backend in OTHER_DATABASES else "such a database"
        raise OptionError(
            f"{named} is unknown; valid: postgresql://user@host/database, "
            f"or the path of a GeoPackage such as {address.DEFAULT_DATABASE}"
        )
    database = unquote(url.database or "")
    kept = {name: value for name, value in url.query.items() if name in ("host", "port")}
    if not (
        all(_HOST.fullmatch(host) for host in _hosts(url))
        and _PORT.fullmatch(",".join(_listed(kept.get("port", ""))))
        and _NAME.fullmatch(database)
    ):
        raise OptionError(NOT_READ)
    given = [("user", url.username), ("password", url.password)]
    given += [
        (name, " ".join(_listed(value)) if name == "options" else _listed(value)[-1])
        for name, value in url.query.items()
        if name not in kept
    ]
    shown = URL.create("postgresql+psycopg", None, None, url.host, url.port, database or None, kept)
    return Place(shown, None, tuple((name, str(value)) for name, value in given if value))


def _parsed(text: str) -> URL | None:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        return None


def _listed(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _file_url(path: Path) -> URL:
    # mode=rw: connecting never creates a file
    uri = f"file:{quote(os.fsencode(path.absolute()))}"
    return URL.create("sqlite", database=uri, query={"mode": "rw", "uri": "true"})


def make_engine(place: Place) -> Engine:
    """Make the engine of a place; nothing is connected yet."""
    return _postgres(place) if place.path is None else _geopackage(place.url)


def _postgres(place: Place) -> Engine:
    arguments = {
        "application_name": SCHEMA,
        "connect_timeout": CONNECT_SECONDS,
        **dict(place.arguments),  # what the URL states itself wins
        # a statement prepared in one session is not there in the next that a pooler gives us
        "prepare_threshold": None,
    }
    engine = create_engine(place.url, connect_args=arguments, pool_pre_ping=True)
    event.listen(engine, "begin", settle)
    return engine


def settle(connection: Connection) -> None:
    """Say where this transaction looks, and that its moments are in UTC.

    No start-up option does it, and nothing outlives the transaction: so a store is where it says
    behind PgBouncer too.
    """
    connection.exec_driver_sql(session_statement("begin"))


def session_statements(part: str) -> tuple[str, ...]:
    """Return the statements of a part of `session.sql`."""
    return read_statements("session")[part]


def session_statement(part: str) -> str:
    """Return a statement of `session.sql`.

    Examples
    --------
    >>> session_statement("place").startswith("SELECT")
    True
    """
    (statement,) = session_statements(part)
    return statement


def sees_all(connection: Connection) -> bool:
    """Tell whether this user sees every submission, or only its own, as an operator does."""
    if _is_file(connection.engine):
        return True
    return bool(connection.scalar(select(func.mine_geo.sees_all())))


def refuse_partial(connection: Connection) -> None:
    """Refuse a total over what waits where this user sees only a part of it.

    Raises
    ------
    StoreError
        If it does.
    """
    if not sees_all(connection):
        raise StoreError(
            "you see your own submissions only, and a total counts all that waits: leave it out "
            '(--workbench exclude, workbench="exclude"), or ask an officer'
        )


def _geopackage(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": LOCK_SECONDS})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        gpkg.add_functions(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        if is_writing(connection):
            _begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _begin_writing(connection: Connection) -> None:
    """Begin a transaction that may write to a file, when its turn comes.

    At its end it waits as long again for those that read: SQLite lets no new ones in meanwhile.
    """
    seconds = _lock_seconds(connection)
    end = time.monotonic() + seconds
    _outside(connection, "PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                # DEFERRED means "database is locked" as soon as two writers meet
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
                if code != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(random.uniform(*TRYING_SECONDS))  # noqa: S311 - no secret
            else:
                return
    finally:
        _outside(connection, f"PRAGMA busy_timeout = {round(seconds * 1000)}")


def _lock_seconds(connection: Connection) -> float:
    """Return how long a writer waits for the lock of a file."""
    told = connection.get_execution_options().get(LOCK_OPTION)
    return LOCK_SECONDS if told is None else float(told)


class _Turns:
    """Of the threads of this process as many use a file at a time as there are turns.

    All at once, each would hold the file as long as all of them together need, and who writes
    waits until each of them has let go of it. They are a courtesy, given in the order of asking:
    who has waited long enough goes on without one, and SQLite decides.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: deque[threading.Event] = deque()
        self._guard = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for a turn, and give it to the next one in the end; a thread needs one only."""
        if getattr(self._mine, "has", False):
            yield
            return
        has = self._mine.has = self._take(seconds)
        try:
            yield
        finally:
            if has:
                self._mine.has = False
                self._give()

    def _take(self, seconds: float) -> bool:
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(seconds):
            return True
        with self._guard:
            if not mine.is_set():
                self._waiting.remove(mine)
            return mine.is_set()

    def _give(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


@cache
def _turns(file: str, at_once: int) -> _Turns:  # noqa: ARG001 - each file has turns of its own
    return _Turns(at_once)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_turns.cache_clear)


@contextmanager
def _turn(connection: Connection) -> Iterator[None]:
    """Use a file when it is this thread's turn; on a server nobody waits."""
    if not _is_file(connection.engine):
        yield
        return
    at_once = 1 if is_writing(connection) else READERS_AT_ONCE
    turns = _turns(connection.engine.url.database or "", at_once)
    with turns.turn(_lock_seconds(connection)):
        yield


BUSY: Final = f"PRAGMA busy_timeout = {round(LOCK_SECONDS * 1000)}"
MOMENTS: Final = {
    "events": EVENT.c.recorded_at,
    "spot tasks": SPOT_TASK.c.recorded_at,
    "spot tasks retracted": SPOT_TASK.c.retracted_at,
    "submissions": SUBMISSION.c.received_at,
    "decisions": RECORD.c.decided_at,
    **{name.replace("_", " "): METADATA.tables[name].c.recorded_at for name in LISTS},
}
"""What a store knows the moment of."""
CLOCK_OPTION: Final = "mine_geo_clock_is_right"
"""The execution option of an engine whose user vouches for the clock of this computer."""
MOST_BEHIND: Final = timedelta(minutes=5)
"""How far the clock may be behind the last moment of a ledger, as between two computers."""
MOST_AHEAD: Final = timedelta(days=30)
"""How long nothing may have been recorded in a file before its user is asked about the clock."""
_MIGRATION_LOCK: Final = 0x6D696E6567656F  # "minegeo"
"""The key of the advisory lock of migrations, which may find no table yet; of one database."""


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
        with _turn(connection), connection.begin():
            if not _is_file(engine):
                # SQLAlchemy's postgresql_readonly would make the next one READ WRITE, whatever
                # default_transaction_read_only says
                connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection


@contextmanager
def locked(engine: Engine) -> Iterator[Connection]:
    """Give a connection with a transaction that holds the store's write lock.

    It is committed at the end, and rolled back whole on any error.

    Raises
    ------
    UnreachableError
        If another writer holds the lock, on PostgreSQL with who it is.
    """
    with (
        engine.connect().execution_options(**{WRITE_OPTION: True}) as connection,
        _turn(connection),
    ):
        if _is_file(engine):
            _journal(connection, "PRAGMA journal_mode = WAL")
        with connection.begin():
            if not _is_file(engine):
                _take_role(connection)
                _lock(connection)
            yield connection


def is_writing(connection: Connection) -> bool:
    """Tell whether the transaction of a file may write."""
    return bool(connection.get_execution_options().get(WRITE_OPTION, False))


def _take_role(connection: Connection, *, owner: bool = False) -> None:
    """Take on the role that writes, or owns, for this transaction; see `roles.py`.

    Who is logged in is known all the same. Without roles the login's own rights count.
    """
    if owner:
        found = connection.exec_driver_sql(session_statement("place")).one_or_none()
        role = found.owner if found and found.prefix and found.owns else None
    else:
        role = connection.exec_driver_sql(session_statement("writer")).scalar()
    if role is not None:
        connection.execute(select(func.set_config("role", role, True)))


def _lock(connection: Connection) -> None:
    """Take PostgreSQL's write lock, which ends with the transaction."""
    seconds = _bound_waiting(connection)
    try:
        connection.execute(select(WRITE_LOCK.c.fid).with_for_update())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":
            raise
        raise UnreachableError(
            f"another writer holds the lock of {connection.engine.url.database}: "
            f"{_holder(connection.engine)}; waited {seconds:g} s; nothing was written: try again"
        ) from error


def _bound_waiting(connection: Connection) -> float:
    """Bound how long this transaction waits for a lock; return seconds.

    What was told wins, then what the server has for this user, then `LOCK_SECONDS`.
    """
    told = connection.get_execution_options().get(LOCK_OPTION)
    name = "lock_timeout"
    seconds = LOCK_SECONDS if told is None else told
    unset = or_(literal(told is not None), func.current_setting(name) == "0")
    new = func.set_config(name, f"{max(round(seconds * 1000), 1)}ms", True)
    connection.execute(select(new).where(unset))
    query = text("SELECT extract(epoch FROM CAST(current_setting('lock_timeout') AS interval))")
    return float(connection.execute(query).scalar_one())


def _holder(engine: Engine) -> str:
    """Say who holds the write lock."""
    with engine.connect() as connection, connection.begin():
        _take_role(connection)  # only writers see the lock
        found = connection.exec_driver_sql(session_statement("holder")).first()
    if found is None:
        return "somebody who has let go of it just now"
    since = f" since {_said(found.xact_start.astimezone(UTC))}" if found.xact_start else ""
    return f"{found.usename} ({found.application_name or 'no name'}, process {found.pid}){since}"


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a locked connection on which the guards of the layers let us write.

    On PostgreSQL the lock itself is what they ask for; a file has a flag.
    """
    with locked(engine) as connection, past_guards(connection):
        yield connection


@contextmanager
def past_guards(connection: Connection) -> Iterator[None]:
    """Let the transaction of a connection, which has the write lock, write in this block."""
    if not _is_file(connection.engine):
        yield
        return
    connection.execute(update(_FLAG).values(writing=True))
    yield
    connection.execute(update(_FLAG).values(writing=False))


@contextmanager
def filling(connection: Connection) -> Iterator[None]:
    """Let the transaction that has made the tables of a store write into them, in this block."""
    if not _is_file(connection.engine):
        _lock(connection)
    with past_guards(connection):
        yield


@contextmanager
def migrating(engine: Engine, *, as_owner: bool = True) -> Iterator[Connection]:
    """Give a locked connection on which tables may be changed, as their owner.

    `as_owner=False`: as whoever is logged in, who may change the roles themselves.

    SQLite changes a table by copying it: foreign keys are off meanwhile, and checked at the end.

    Raises
    ------
    StoreError
        If a row refers to one that is not there any more; nothing is changed then.
    UnreachableError
        As for `locked`.
    """
    if not _is_file(engine):
        with engine.connect() as connection, connection.begin():
            _bound_waiting(connection)
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            if as_owner:
                _take_role(connection, owner=True)
            place = connection.exec_driver_sql(session_statement("place")).one_or_none()
            if (
                as_owner
                and place
                and place.usage
                and inspect(connection).has_table(WRITE_LOCK.name, SCHEMA)
            ):
                _lock(connection)
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
    each = union_all(*(select(func.max(moment).label("moment")) for moment in MOMENTS.values()))
    found: datetime | None = connection.scalar(select(func.max(each.subquery().c.moment)))
    return found


def last_known(connection: Connection) -> datetime | None:
    """Return the last moment that a store knows, whether this user may see its record or not."""
    last = last_moment(connection)
    if _is_file(connection.engine):
        return last
    asked = func.has_function_privilege("mine_geo.last_submitted()", "EXECUTE")
    if not connection.scalar(select(asked)):
        return last  # a login that tries something: only the role that it writes in may ask
    hidden = connection.scalar(select(func.mine_geo.last_submitted()))
    return max((each for each in (last, hidden) if each is not None), default=None)


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
    now, last = clock(connection), last_known(connection)
    if last is None:
        return now
    if last - now > MOST_BEHIND:
        raise ClockError(
            f"the clock says {_said(now)}, and the ledger's last moment is {_said(last)}: set the "
            "clock right; if it is right, the ledger holds moments of a clock that ran ahead (db "
            "info names them): write it out with mine-geo db export-log FOLDER and take it over "
            "into a new store with mine-geo db import FOLDER --mend-moments"
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


_FILE_FAULTS: Final[dict[int, tuple[type[MineGeoError], str]]] = {
    sqlite3.SQLITE_NOTADB: (FileError, "not a GeoPackage; give the path of one"),
    sqlite3.SQLITE_CORRUPT: (FileError, "damaged or cut short; restore it from a backup"),
    sqlite3.SQLITE_CANTOPEN: (FileError, "cannot be opened; check the path and its permissions"),
    sqlite3.SQLITE_READONLY: (FileError, "may not be written; check the file's permissions"),
    sqlite3.SQLITE_FULL: (FileError, "the disk is full; nothing was written"),
    sqlite3.SQLITE_IOERR: (FileError, "cannot be read or written; check the drive"),
    sqlite3.SQLITE_BUSY: (
        UnreachableError,
        "another program is writing; save or close its edits (QGIS), then try again",
    ),
    sqlite3.SQLITE_LOCKED: (
        UnreachableError,
        "another program is writing; save or close its edits (QGIS), then try again",
    ),
}
_REACH: Final = "check the address, the user and the password, and that the server runs"
_AGAIN: Final = (
    "the connection was lost; nothing is half done, and sending the same again is safe (what was "
    "written already, under the same event_id, changes nothing)"
)
_SERVER_FAULTS: Final[dict[str, tuple[type[MineGeoError], str]]] = {
    "08": (UnreachableError, _REACH),
    "28": (UnreachableError, _REACH),
    "3D": (UnreachableError, "make the database first (createdb), or check its name"),
    "42501": (
        StoreError,
        "ask an administrator for the right to do this, or a role: mine-geo db grant USER ROLE",
    ),
    "25006": (StoreError, "the connection may only read"),
    "53100": (UnreachableError, "the server's disk is full; nothing was written"),
    "53": (UnreachableError, "the server is out of room; try again later"),
    "57014": (UnreachableError, "the server's time limit for a statement; nothing was written"),
    "57P": (UnreachableError, _AGAIN),
    "55P03": (UnreachableError, "another writer holds the lock; try again"),
    "40": (UnreachableError, "another writer was first; try again"),
}
_CONNECTING: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"no such database|database .* does not exist"), _SERVER_FAULTS["3D"][1]),
    (
        re.compile(r"no such user|role .* does not exist"),
        "there is no such user; its administrator makes one (createuser), or check the name",
    ),
)
"""What a server, or PgBouncer, says while it is connected to; it gives no code for it."""


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Turn any error of a driver into one of ours, within this block.

    Raises
    ------
    FileError, UnreachableError, StoreError
        According to what the driver says.
    """
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, MineGeoError):  # one of ours, met while values were written
            raise error.orig from error
        _hide(place, error)
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        raise fault(place, error.orig or error, lost=lost) from error
    except _raised_by_driver(place) as error:
        _hide(place, error)
        raise fault(place, error) from error
    except (OverflowError, UnicodeEncodeError) as error:  # SQLite's driver met it before SQLite
        raise RecordError(f"a value that no store takes ({error})") from error


def _raised_by_driver(place: Place) -> tuple[type[Exception], ...]:
    """Return what PostgreSQL's driver raises where SQLAlchemy is passed by, as in a COPY."""
    if place.path is not None:
        return ()
    import psycopg  # noqa: PLC0415 - a file needs no driver of a server

    return (psycopg.Error,)


def _hide(place: Place, error: BaseException) -> None:
    """Take the secrets of a place out of a driver's error, and of those that it came from.

    They are kept as its cause, and a traceback prints them.
    """
    seen: list[BaseException | None] = [None]
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each in seen or each is None:
            continue
        seen.append(each)
        each.args = tuple(place.hidden(a) if isinstance(a, str) else a for a in each.args)
        waiting += [each.__cause__, each.__context__, getattr(each, "orig", None)]


def fault(place: Place, error: BaseException, *, lost: bool = False) -> MineGeoError:
    """Return our error for one of a driver's; `lost`: it broke a connection that stood."""
    said = place.hidden(str(error).strip().split("\n", maxsplit=1)[0])
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind, mend = _FILE_FAULTS.get(code, (StoreError, ""))
        return kind(f"{place.shown}: {mend or said}" + (f" ({said})" if mend else ""))
    import psycopg  # noqa: PLC0415 - a file needs no driver of a server

    state = getattr(error, "sqlstate", None)
    if lost:
        return UnreachableError(f"{place.shown}: {said}; {_AGAIN}")
    if state is None and isinstance(error, psycopg.OperationalError):
        text = str(error)
        mend = next((mend for said_so, mend in _CONNECTING if said_so.search(text)), _REACH)
        return UnreachableError(f"{place.shown}: {said}; {mend}")
    for start, (kind, mend) in _SERVER_FAULTS.items():
        if state is not None and state.startswith(start):
            return kind(f"{place.shown}: {said}; {mend}")
    return StoreError(f"{place.shown}: {said}")


def is_read_only(error: MineGeoError) -> bool:
    """Tell whether an error only says that this store may not be written."""
    cause = getattr(error.__cause__, "orig", error.__cause__)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY
    return getattr(cause, "sqlstate", None) in ("25006", "42501")
