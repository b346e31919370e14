"""From a database driver's error to one of ours: one line, what is wrong and how to mend it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg
from sqlalchemy.exc import StatementError

from mine_geo.errors import FileError, MineGeoError, RecordError, StoreError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mine_geo.store.engines import Place

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
_SERVER_FAULTS: Final[dict[str, tuple[type[MineGeoError], str]]] = {
    "08": (UnreachableError, _REACH),
    "28": (UnreachableError, _REACH),
    "3D": (UnreachableError, "make the database first (createdb), or check its name"),
    "42501": (StoreError, "ask the database's administrator for the right to do this"),
    "25006": (StoreError, "the connection may only read"),
    "53": (UnreachableError, "the server is out of room; try again later"),
    "57P": (UnreachableError, "the server is stopping or starting; try again"),
    "55P03": (UnreachableError, "another writer holds the lock; try again"),
    "40": (UnreachableError, "another writer was first; try again"),
}


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
        raise fault(place, error.orig or error) from error
    except psycopg.Error as error:
        _hide(place, error)
        raise fault(place, error) from error
    except (OverflowError, UnicodeEncodeError) as error:  # SQLite's driver met it before SQLite
        raise RecordError(f"a value that no store takes ({error})") from error


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


def fault(place: Place, error: BaseException) -> MineGeoError:
    """Return our error for one of a driver's."""
    said = place.hidden(str(error).strip().split("\n", maxsplit=1)[0])
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind, mend = _FILE_FAULTS.get(code, (StoreError, ""))
        return kind(f"{place.shown}: {mend or said}" + (f" ({said})" if mend else ""))
    state = getattr(error, "sqlstate", None)
    if state is None and isinstance(error, psycopg.OperationalError):
        if "does not exist" in str(error):
            state = "3D000"
        return UnreachableError(f"{place.shown}: {said}; {_SERVER_FAULTS[(state or '08')[:2]][1]}")
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
