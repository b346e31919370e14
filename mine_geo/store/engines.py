"""From a path or URL to an SQLAlchemy engine with the settings that a store needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from mine_geo import settings
from mine_geo.errors import OptionError, visible
from mine_geo.store import gpkg

SCHEMA: Final = "mine_geo"
SEARCH_PATH: Final = f"{SCHEMA},public"
CONNECT_SECONDS: Final = 10
BUSY_SECONDS: Final = 30
WRITE_OPTION: Final = "mine_geo_write"
"""The execution option of a connection whose transaction takes SQLite's write lock at once."""


@dataclass(frozen=True)
class Place:
    """Where a store is: a GeoPackage (`path`) or a PostgreSQL database (`path` is None)."""

    url: URL
    path: Path | None

    @property
    def name(self) -> str:
        """The name for headings: the file's name, or host/database; never a password."""
        if self.path is not None:
            return self.path.name
        return f"{self.url.host or 'localhost'}/{self.url.database or ''}"

    @property
    def shown(self) -> str:
        """The place as one would give it to `--database`, with the password hidden."""
        if self.path is not None:
            return str(self.path)
        return self.url.set(drivername="postgresql").render_as_string(hide_password=True)


def locate(place: str | os.PathLike[str] | None = None) -> Place:
    """Read a place: a path, a PostgreSQL URL, or None for the one in the settings.

    Raises
    ------
    OptionError
        If a URL is of another kind of database, or is not a URL at all.

    Examples
    --------
    >>> locate("work/register.gpkg").name
    'register.gpkg'
    >>> locate("postgresql://officer:secret@db.example:5433/mines").name
    'db.example/mines'
    """
    text = settings.database(place)
    try:
        if b"\0" in os.fsencode(text):
            raise OptionError(f"{visible(text)} is no place: it holds a NUL; give another")
    except UnicodeEncodeError as error:
        raise OptionError(f"{visible(text)} is no place: half a character; give another") from error
    if "://" not in text:
        path = Path(text).expanduser()
        return Place(_file_url(path), path)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise OptionError(f"the database URL cannot be read: {error}") from error
    backend = url.drivername.split("+")[0]
    if backend not in ("postgresql", "postgres"):
        raise OptionError(
            f"database {backend!r} is unknown; valid: postgresql://user@host/database, "
            f"or the path of a GeoPackage such as {settings.DEFAULT_DATABASE}"
        )
    return Place(url.set(drivername="postgresql+psycopg"), None)


def _file_url(path: Path) -> URL:
    # mode=rw: connecting never creates a file
    uri = f"file:{quote(os.fsencode(path.absolute()))}"
    return URL.create("sqlite", database=uri, query={"mode": "rw", "uri": "true"})


def make_engine(place: Place) -> Engine:
    """Make the engine of a place; nothing is connected yet."""
    return _postgres(place.url) if place.path is None else _geopackage(place.url)


def _postgres(url: URL) -> Engine:
    given = url.query.get("options", ())
    options = [given] if isinstance(given, str) else list(given)
    arguments = {
        "application_name": SCHEMA,
        "connect_timeout": CONNECT_SECONDS,
        "options": " ".join([*options, f"-csearch_path={SEARCH_PATH}", "-ctimezone=UTC"]),
    }
    url = url.difference_update_query(["options"])
    return create_engine(
        url, connect_args={**arguments, **_said(url, arguments)}, pool_pre_ping=True
    )


def _said(url: URL, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return those arguments that the URL states itself; they win."""
    return {name: url.query[name] for name in arguments if name in url.query}


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
