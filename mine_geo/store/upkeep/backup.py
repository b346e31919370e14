"""Backups of a store, restored and compared before they count as made; and upgrades behind one.

A GeoPackage is copied by SQLite's own backup, which sees one state of it whoever has it open. Of a
database `pg_dump` writes the schemas of the store from one snapshot; that very snapshot is hashed.
Beside each backup lies its list of sums (`.sums.json`), by which a restored store is compared.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pandas as pd

from mine_geo.disclosure import restriction
from mine_geo.errors import ConflictError, FileError, StoreError, some
from mine_geo.store import engines
from mine_geo.store.engines import Place, locate, make_engine, reading
from mine_geo.store.making import upgrade_store
from mine_geo.store.schema import gpkg, models
from mine_geo.store.schema.models import SCHEMA
from mine_geo.store.store import engine_at, postgis_schema, revision_of
from mine_geo.store.upkeep import contents, server_tools
from mine_geo.store.upkeep.server_tools import ask

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from sqlalchemy import Connection


DUMP: Final = ".dump"
SUMS: Final = ".sums.json"
SCHEMAS: Final = (SCHEMA, f"{SCHEMA}_views")
"""What of a database belongs to a store."""


@dataclass(frozen=True)
class BackedUp:
    """A backup that was made."""

    path: Path
    revision: str
    tables: pd.DataFrame
    """`table`, `rows`, `hash` of what it holds."""
    unverified: str | None
    """Why it was not restored and compared; None where it was, and is the same."""


@dataclass(frozen=True)
class Restored:
    """A store that was restored, and compared with the sums of its backup."""

    tables: pd.DataFrame
    """`table`, `rows`, `hash` of what it holds."""
    rights: str | None
    """Whether the roles of a database may use it again, or what to run; None of a file."""


def back_up(
    place: str | os.PathLike[str] | None, path: str | os.PathLike[str] | None = None
) -> BackedUp:
    """Back a store up, restore the backup beside it, and compare.

    Parameters
    ----------
    place
        As for `open_store`; a store of an earlier schema too.
    path
        A file that is not there: ending in .gpkg for a GeoPackage, in .dump for a database. By
        default it is named after the store, its schema and the moment, beside a GeoPackage, in the
        working folder for a database.

    Returns
    -------
    BackedUp
        The backup. Of a database it is compared where the login may make another one to restore
        into; else `unverified` says why not.

    Raises
    ------
    FileError
        If the file is there, cannot be written, or there is no `pg_dump` of the server's version.
    StoreError
        If the backup does not hold what the store does; it is taken away.

    Examples
    --------
    >>> done = back_up(folder / "example.gpkg", folder / "backup.gpkg")
    >>> done.path.name, done.unverified, len(mg.open_store(done.path).hazards())
    ('backup.gpkg', None, 2)
    """
    where = locate(place)
    ending = DUMP if where.path is None else gpkg.SUFFIX
    with engine_at(where) as engine, engines.translated(where), reading(engine) as connection:
        revision = revision_of(connection, where)
        target = _name(where, revision) if path is None else Path(path)
        if target.suffix.lower() != ending:
            raise FileError(f"{target}: a backup of {where.name} must end in {ending}; name it so")
        if target.exists():
            raise FileError(f"{target}: is there already and left alone; name another file")
        before = contents.fingerprint(connection)
        prefix = None
        if where.path is None:
            from mine_geo.store import roles  # noqa: PLC0415 - a file needs no driver of a server

            prefix = roles.owner_of(connection)
        try:
            _make_private(target)
            if where.path is not None:
                why = _of_file(where.path, target, before)
            else:
                why = _of_server(connection, where, target, before)
            _write_sums(target, where, revision, before, prefix)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return BackedUp(target, revision, before, why)


def restore(backup: str | os.PathLike[str], place: str | os.PathLike[str]) -> Restored:
    """Restore a backup into a new store, and compare it with the backup's sums.

    Rights are no part of a dump. Where the roles of the store are on the server, and the login is a
    superuser, they are given theirs again; else it is said what to run.

    Parameters
    ----------
    backup
        A file that `back_up` made.
    place
        A path that is not there (of a .gpkg), or a database without a store (of a .dump).

    Returns
    -------
    Restored
        What is in it, and what of its rights.

    Raises
    ------
    ConflictError
        If there is a store, or another file, already; it is left as it is.
    FileError
        If the backup is missing or damaged, or of the other kind: that is copied (`copy_store`).
    StoreError
        If what was restored is not what the sums say.

    Examples
    --------
    >>> done = back_up(folder / "example.gpkg", folder / "backup.gpkg")
    >>> restore(folder / "backup.gpkg", folder / "again.gpkg").tables.equals(done.tables)
    True
    """
    source, where = Path(backup), locate(place)
    if not source.exists():
        raise FileError(f"{source}: there is no such backup")
    ending = DUMP if where.path is None else gpkg.SUFFIX
    if source.suffix.lower() != ending:
        raise FileError(
            f"{source}: {where.name} is restored from a file ending in {ending}; between a file "
            "and a database a store is copied (mine-geo db copy FROM TO)"
        )
    if where.path is not None:
        return Restored(_into_file(source, where), None)
    found = _into_server(source, where)
    from mine_geo.store import roles  # noqa: PLC0415 - a file needs no driver of a server

    return Restored(found, roles.give_again(where, _roles(source)).line)


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did."""

    before: str
    after: str
    backup: BackedUp | None
    """The backup that was made first; None where nothing was to do, or none was wanted."""


def upgrade_with_backup(
    place: str | os.PathLike[str] | None = None,
    *,
    backup: bool = True,
    path: str | os.PathLike[str] | None = None,
) -> Upgraded:
    """Bring a store's schema up to date, behind a backup.

    Parameters
    ----------
    place
        As for `open_store`.
    backup
        Make one first, where there is something to do; without it nothing is upgraded.
    path
        As for `back_up`.

    Raises
    ------
    FileError, StoreError
        As for `back_up`: then nothing was upgraded.
    SchemaVersionError, StoreNotFoundError
        As for `upgrade_store`.

    Examples
    --------
    >>> done = upgrade_with_backup(folder / "example.gpkg")
    >>> done.before == done.after, done.backup
    (True, None)
    """
    where = locate(place)
    with engine_at(where) as engine, engines.translated(where), reading(engine) as connection:
        revision = revision_of(connection, where)
    made = None
    if backup and revision in models.known_revisions()[:-1]:
        made = back_up(place, path)
    before, after = upgrade_store(place)
    return Upgraded(before, after, made)


def _name(where: Place, revision: str) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    if where.path is not None:
        return where.path.with_name(f"{where.path.stem}-{revision}-{now}{gpkg.SUFFIX}")
    return Path(f"{where.url.database or SCHEMA}-{revision}-{now}{DUMP}")


def _make_private(target: Path) -> None:
    mode = restriction.file_mode()
    try:
        target.touch(exist_ok=False)
        target.chmod(mode)
    except OSError as error:
        raise FileError(f"{target}: cannot be made: {error.strerror}; check the folder") from error


def _sums_of(path: Path) -> Path:
    return path.with_name(path.name + SUMS)


def _write_sums(
    target: Path, where: Place, revision: str, tables: pd.DataFrame, prefix: str | None
) -> None:
    said = {
        "store": where.name,
        "schema": revision,
        "roles": prefix,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": tables.to_dict("records"),
    }
    sums = _sums_of(target)
    sums.write_text(json.dumps(said, indent=1), encoding="utf-8")
    sums.chmod(restriction.file_mode())


def _said(backup: Path) -> dict[str, Any]:
    """Return what the list of sums of a backup says; nothing where there is no list."""
    path = _sums_of(backup)
    if not path.exists():
        return {}
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        pd.DataFrame(said["tables"], columns=["table", "rows", "hash"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path}: no list of sums; restore it too, or take it away") from error
    return said


def _sums(backup: Path) -> pd.DataFrame | None:
    """Return what a backup holds by its list of sums; None where there is no list."""
    said = _said(backup)
    return pd.DataFrame(said["tables"], columns=["table", "rows", "hash"]) if said else None


def _roles(backup: Path) -> str | None:
    """Return the prefix of the roles of the store of a backup; None where it is not known."""
    prefix = _said(backup).get("roles")
    return prefix if isinstance(prefix, str) else None


def _compared(where: Place, found: pd.DataFrame, sums: pd.DataFrame | None, what: str) -> None:
    if sums is None:
        return
    # the list says what is compared: one of an earlier version names fewer tables
    wrong = contents.differing(sums, found[found["table"].isin(sums["table"])])
    if wrong:
        raise StoreError(f"{where.shown}: {what} differs in {some(wrong, 20)}")


def _of_file(source: Path, target: Path, before: pd.DataFrame) -> str | None:
    """Back a GeoPackage up by SQLite itself, and compare it."""
    _backed_up(source, target)
    copy = Place(engines.locate(target).url, target)
    found = _looked_at(copy)
    if contents.differing(before, found):  # it was written meanwhile: what it holds now counts
        found = _looked_at(locate(source))
    _compared(copy, _looked_at(copy), found, "the backup")
    return None


def _backed_up(source: Path, target: Path) -> None:
    uri = locate(source).url.database
    try:
        with (
            closing(sqlite3.connect(f"{uri}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as write,
        ):
            read.backup(write)
            write.execute("PRAGMA journal_mode = DELETE")
            found = [row[0] for row in write.execute("PRAGMA integrity_check")]
    except sqlite3.Error as error:
        raise FileError(f"{source}: cannot be backed up ({error})") from error
    if found != ["ok"]:
        raise FileError(f"{source}: damaged: {some(found, 2)}; restore it from an earlier backup")


@contextmanager
def _connected(where: Place) -> Iterator[Connection]:
    with engine_at(where) as engine, engines.translated(where), reading(engine) as connection:
        yield connection


def _looked_at(where: Place) -> pd.DataFrame:
    with _connected(where) as connection:
        return contents.fingerprint(connection)


def _into_file(source: Path, where: Place) -> pd.DataFrame:
    if where.path is None:  # pragma: no cover - the caller asked
        raise FileError(f"{where.shown} is no file")
    if gpkg.left_behind(where.path):
        where.path.unlink()
    if where.path.exists():
        raise ConflictError(f"{where.path} exists already; it is left as it is: name another")
    gpkg.check_header(source)
    _make_private(where.path)
    try:
        _backed_up(source, where.path)
        found = _looked_at(where)
        _compared(where, found, _sums(source), "what was restored")
    except BaseException:
        where.path.unlink(missing_ok=True)
        raise
    return found


def _of_server(
    connection: Connection, where: Place, target: Path, before: pd.DataFrame
) -> str | None:
    """Dump the schemas of a store from the snapshot of a connection; restore it and compare."""
    version = int(ask(connection, "versions").one().major)
    snapshot = ask(connection, "snapshot").scalar_one()
    schemas = [f"--schema={name}" for name in SCHEMAS]
    server_tools.run(
        server_tools.program("pg_dump", version),
        where,
        [
            server_tools.TO_SERVICE,
            "--format=custom",
            f"--snapshot={snapshot}",
            *schemas,
            f"--file={target}",
        ],
    )
    try:
        with _scratch(where, postgis_schema(connection) or "public") as database:
            _restored(where, target, version, database)
            found = _looked_at(_at(where, database))
    except StoreError as error:
        if not _may_not(error):
            raise
        return str(error)
    _compared(where, found, before, "the backup")
    return None


def _may_not(error: StoreError) -> bool:
    """Say whether an error only says that the login may make no database, or no PostGIS in it."""
    return getattr(error, "refused", False)


class _RefusedError(StoreError):
    """The login may not make what the comparison needs."""

    refused = True


@contextmanager
def _scratch(where: Place, home: str) -> Iterator[str]:
    """Give the name of a database of its own with PostGIS, dropped at the end."""
    import psycopg  # noqa: PLC0415 - a file needs no driver of a server
    from psycopg import sql  # noqa: PLC0415

    name = f"mine_geo_backup_{uuid4().hex[:12]}"
    engine = make_engine(where)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            try:
                driver.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
                )
            except psycopg.errors.InsufficientPrivilege as error:
                raise _RefusedError(
                    "the login may not make a database to restore into (CREATEDB)"
                ) from error
            try:
                _with_postgis(_at(where, name), home)
                yield name
            finally:
                driver.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )
    finally:
        engine.dispose()


def _with_postgis(where: Place, home: str) -> None:
    """Make PostGIS in a database, in the schema in which its tables look for it."""
    from psycopg import errors, sql  # noqa: PLC0415 - a file needs no driver of a server

    engine = make_engine(where)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            schema = sql.Identifier(home)
            try:
                driver.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
                driver.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA {}").format(schema)
                )
            except errors.InsufficientPrivilege as error:
                raise _RefusedError("the login may not make PostGIS in a new database") from error
    finally:
        engine.dispose()


def _at(where: Place, database: str) -> Place:
    return Place(where.url.set(database=database), None, where.arguments)


def _restored(where: Place, source: Path, version: int, database: str | None = None) -> None:
    server_tools.run(
        server_tools.program("pg_restore", version),
        where,
        [
            server_tools.TO_SERVICE,
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            str(source),
        ],
        database=database,
    )


def _into_server(source: Path, where: Place) -> pd.DataFrame:
    engine = make_engine(where)
    try:
        with engines.translated(where), reading(engine) as connection:
            home = postgis_schema(connection)
            there = ask(connection, "schemas", names=list(SCHEMAS)).scalars().all()
    finally:
        engine.dispose()
    if there:
        raise ConflictError(
            f"{where.shown} has a schema {some(there)} already; it is left as it is: name "
            "a new database"
        )
    if home is None:
        _with_postgis(where, "public")
    with _connected(where) as connection:
        version = int(ask(connection, "versions").one().major)
    _restored(where, source, version)
    found = _looked_at(where)
    _compared(where, found, _sums(source), "what was restored")
    return found
