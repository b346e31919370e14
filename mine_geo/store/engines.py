"""From a path or URL to an SQLAlchemy engine with the settings that a store needs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from mine_geo import settings
from mine_geo.errors import OptionError, visible
from mine_geo.store import gpkg

SCHEMA: Final = "mine_geo"
SEARCH_PATH: Final = f"{SCHEMA},public"
CONNECT_SECONDS: Final = 10
BUSY_SECONDS: Final = 30
OTHER_DATABASES: Final = ("file", "http", "https", "mariadb", "mssql", "mysql", "oracle", "sqlite")
NOT_READ: Final = (
    "the store's place looks like the address of a database and cannot be read as one (it is not "
    "repeated, for it may hold a password); write postgresql://user@host/database, with a password "
    "percent-encoded (@ is %40) or, better, in ~/.pgpass; or the path of a GeoPackage such as "
    f"{settings.DEFAULT_DATABASE}"
)
_HOST: Final = re.compile(r"[\w.-]+(:\d+)?|[0-9A-Fa-f:]+(%\w+)?|/[\w./ -]*")
_PORT: Final = re.compile(r"[\d,]*")
_NAME: Final = re.compile(r"[\w. -]*")
WRITE_OPTION: Final = "mine_geo_write"
"""The execution option of a connection whose transaction takes SQLite's write lock at once."""


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
    text = settings.database(place)
    try:
        readable = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        readable = False
    if "://" in text and readable:
        return _database(text)
    if "://" in text or settings.like_a_connection(text):
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
            f"or the path of a GeoPackage such as {settings.DEFAULT_DATABASE}"
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
    given = dict(place.arguments)
    own = [f"-csearch_path={SEARCH_PATH}", "-ctimezone=UTC"]
    arguments = {
        "application_name": SCHEMA,
        "connect_timeout": CONNECT_SECONDS,
        **given,  # what the URL states itself wins
        "options": " ".join(filter(None, [given.get("options"), *own])),
    }
    return create_engine(place.url, connect_args=arguments, pool_pre_ping=True)


def _geopackage(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        gpkg.add_functions(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        # DEFERRED for a writer means "database is locked" as soon as two of them meet
        write = connection.get_execution_options().get(WRITE_OPTION)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
