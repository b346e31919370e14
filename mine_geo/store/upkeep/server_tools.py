"""`pg_dump` and `pg_restore` of the server's own version, called so that no password is seen.

A service file in a private folder tells them where to connect: the list of processes of a machine
shows the arguments of each, and its environment to some.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from mine_geo.errors import FileError, StoreError
from mine_geo.store.schema.guards import read_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Result

    from mine_geo.store.engines import Place


def ask(connection: Connection, part: str, **bound: Any) -> Result[Any]:
    """Ask a server for a part of `sql/upkeep_postgresql.sql`, with its names bound."""
    return connection.execute(text(read_statements("upkeep_postgresql")[part][0]), bound)


_SERVICE: Final = "mine_geo"
_FOLDERS: Final = "/usr/lib/postgresql"
"""Where Debian keeps the programs of each version."""
_VERSION: Final = re.compile(r"\) (\d+)")


def program(name: str, server: int) -> Path:
    """Return a program of PostgreSQL that can serve a server of a version.

    Parameters
    ----------
    name
        `pg_dump` or `pg_restore`.
    server
        The server's major version.

    Raises
    ------
    FileError
        If there is none, or only older ones: they refuse a newer server.
    """
    found = [Path(_FOLDERS, str(server), "bin", name)]
    found += [Path(path) for path in [shutil.which(name)] if path is not None]
    older = []
    for path in found:
        if not path.exists():
            continue
        said = subprocess.run(  # noqa: S603 - a program of PostgreSQL, found here
            [path, "--version"], capture_output=True, text=True, check=False
        )
        version = _VERSION.search(said.stdout)
        if version is not None and int(version[1]) >= server:
            return path
        older.append(said.stdout.strip())
    there = f"only {', '.join(older)}" if older else "none"
    raise FileError(
        f"{name} of PostgreSQL {server} is needed, and there is {there}; install it (Debian: "
        f"postgresql-client-{server})"
    )


def run(tool: Path, place: Place, arguments: list[str], *, database: str | None = None) -> None:
    """Run a program of PostgreSQL on a place.

    Raises
    ------
    StoreError
        If it fails: with its first line, without secrets.
    """
    with _service(place, database) as environment:
        done = subprocess.run(  # noqa: S603 - as above, and no shell
            [tool, *arguments], env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if line.strip()), "no word")
        raise StoreError(f"{place.shown}: {tool.name} failed: {place.hidden(said)}")


TO_SERVICE: Final = f"--dbname=service={_SERVICE}"
"""The argument of a program that connects to the place."""


@contextmanager
def _service(place: Place, database: str | None) -> Iterator[dict[str, str]]:
    """Give an environment in which the programs know where to connect."""
    said = {
        "host": place.url.host,
        "port": None if place.url.port is None else str(place.url.port),
        "dbname": database or place.url.database,
        **{name: _one(value) for name, value in place.url.query.items()},
        **dict(place.arguments),
    }
    lines = [f"[{_SERVICE}]", *(f"{name}={value}" for name, value in said.items() if value)]
    with tempfile.TemporaryDirectory(prefix="mine_geo-") as folder:
        file = Path(folder, "service.conf")
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield {**os.environ, "PGSERVICEFILE": str(file)}


def _one(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)
