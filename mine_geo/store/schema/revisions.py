"""Which schema a store has, and which ones this version of the library knows.

The schema is a chain of Alembic revisions in `migrations/`, one file each, and the file's name
begins with the revision. So the chain is known without Alembic, which every command that only reads
would otherwise load.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import column, inspect, select, table

import mine_geo
from mine_geo.errors import SchemaVersionError, StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mine_geo.store.engines import Place


VERSION_TABLE: Final = "mine_geo_version"
"""Where Alembic keeps the revision of a store."""
_version = table(VERSION_TABLE, column("version_num"))


def folder() -> Path:
    """Return where the migrations lie: in an installed wheel, or beside the package.

    Raises
    ------
    StoreError
        If they are in neither place.

    Examples
    --------
    >>> (folder() / "env.py").exists()
    True
    """
    package = Path(mine_geo.__file__).parent
    for place in (package / "migrations", package.parent / "migrations"):
        if (place / "env.py").exists():
            return place
    raise StoreError(f"no migrations beside {package}; install mine_geo again")


def known() -> tuple[str, ...]:
    """Return the revisions that this version of the library knows, oldest first.

    Examples
    --------
    >>> known()[0]
    '0003'
    """
    files = (folder() / "versions").glob("[0-9]*.py")
    return tuple(sorted(path.name.split("_", maxsplit=1)[0] for path in files))


def current(connection: Connection) -> str | None:
    """Return the revision of a store, None where there is no store."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(_version.c.version_num))


def check(found: str, place: Place) -> None:
    """Refuse a store of another schema than ours.

    Raises
    ------
    SchemaVersionError
        If the store is newer than this library, or older; the message says what to do.
    """
    ours = known()
    if found == ours[-1]:
        return
    if found in ours:
        raise SchemaVersionError(
            f"{place.shown}: its schema is {found}, this mine_geo needs {ours[-1]}; "
            f"bring it up to date: {place.command('db upgrade')}"
        )
    if found < ours[0]:
        raise SchemaVersionError(
            f"{place.shown}: its schema {found} is older than any that this mine_geo reads "
            f"({ours[0]} on); write it out with the mine_geo that made it (db export FOLDER), and "
            "take that over into a new store of this one (init, then db import FOLDER)"
        )
    raise SchemaVersionError(
        f"{place.shown}: its schema {found} is newer than this mine_geo knows ({ours[-1]}); "
        "install a newer mine_geo"
    )
