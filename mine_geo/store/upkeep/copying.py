"""A whole store into a new one, both ways between PostGIS and a GeoPackage.

Events keep their moments, and their chain its hashes; the workbench, all versions of the layers,
spot tasks, lists, settings and editions come along. The copy is read again and compared before it
counts as made; it says of itself that it was copied.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from sqlalchemy import func, select, update

from mine_geo.errors import StoreError, some
from mine_geo.store import chain, engines
from mine_geo.store.engines import locate, reading, translated
from mine_geo.store.making import make_store
from mine_geo.store.schema import gpkg, rows, views
from mine_geo.store.schema.models import COPIED, SCHEMA, STORE_INFO, TAKEN_OVER
from mine_geo.store.store import engine_at, open_store
from mine_geo.store.upkeep import contents
from mine_geo.store.upkeep.server_tools import ask

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from mine_geo.store.engines import Place


@dataclass(frozen=True)
class Copied:
    """What a copy holds; compared with its source."""

    name: str
    """What the new store is called."""
    tables: pd.DataFrame
    """`table`, `rows`, `hash` of each, the same in both."""
    balance: pd.DataFrame
    """The balance by kind, the same in both; m²."""
    rights: str | None
    """Whether the roles of a database may use the copy, or what to run; None of a file."""


def copy_store(
    source: str | os.PathLike[str] | None,
    target: str | os.PathLike[str],
    *,
    progress: Callable[[str], None] | None = None,
) -> Copied:
    """Copy a whole store into a new one; the source is only read, whoever writes it meanwhile.

    Parameters
    ----------
    source
        As for `open_store`.
    target
        As for `create_store`: a path that is not there, or a database without a store.
    progress
        Called with the name of each table before it is copied.

    Returns
    -------
    Copied
        Counts and hashes of all tables, which were compared, as was the balance.

    Raises
    ------
    ConflictError
        If there is a store, or another file, at the target already; it is left as it is.
    StoreError
        If the copy is not what the source is. Then, and where the copying is killed, there is no
        store at the target, and it may be copied again.

    Examples
    --------
    >>> done = copy_store(folder / "example.gpkg", folder / "copy.gpkg")
    >>> done.balance["remaining_m2"].tolist(), int(done.tables["rows"].sum()) > 5
    ([2400298], True)
    """
    place, after = locate(target), pd.DataFrame()

    def fill(write: Connection) -> None:
        nonlocal after
        _copy(read, write, progress)
        after = contents.fingerprint(write)
        wrong = contents.differing(contents.fingerprint(read), after)
        if wrong:  # nothing is made then
            raise StoreError(f"the copy differs from {first.name} in {some(wrong, 20)}")

    with open_store(source) as first, ExitStack() as on_error:
        with _reading(locate(source)) as read:
            make_store(place, synthetic=first.synthetic, title=first.title, fill=fill)
        if place.path is not None:
            on_error.callback(place.path.unlink, missing_ok=True)
        with open_store(target) as second:
            balance = second.balance(by="kind")
            # where the source was written meanwhile, the copy is of the moment before
            known = second.last_moment()
            if known is not None and not balance.equals(first.balance(by="kind", known_at=known)):
                raise StoreError(f"the copy has another balance than {first.name}")
        on_error.pop_all()
    return Copied(second.name, after, balance, _rights(locate(source), place))


def _rights(source: Place, target: Place) -> str | None:
    """Give the roles of the source their rights in the copy, where it is a database with them."""
    if target.path is not None:
        return None
    from mine_geo.store import roles  # noqa: PLC0415 - a file needs no driver of a server

    prefix = None
    if source.path is None:
        with _reading(source) as connection:
            prefix = roles.owner_of(connection)
    return roles.give_again(target, prefix).line


@contextmanager
def _reading(place: Place) -> Iterator[Connection]:
    with engine_at(place) as engine, translated(place), reading(engine) as connection:
        yield connection


def _copy(read: Connection, write: Connection, progress: Callable[[str], None] | None) -> None:
    now = engines.clock(write)
    # before any row: moments and names are those of there; behind the marks that come along
    last = read.scalar(select(func.max(TAKEN_OVER.c.fid))) or 0
    chain.take_over(write, COPIED, now, fid=last + 1)
    for table in contents.carried():
        if progress is not None:
            progress(table.name)
        if table is STORE_INFO:
            info = read.execute(select(STORE_INFO)).mappings().one()
            kept = {name: value for name, value in info.items() if name in ("title", "created_at")}
            write.execute(update(STORE_INFO).values(**kept))
            continue
        bounds: list[Any] = []
        for columns, found in contents.batches(read, table):
            names = [each.name for each in columns]
            values = dict(zip(names, map(list, zip(*found, strict=True)), strict=True))
            rows.insert_rows(write, table, values)
            drawn = [each for each in values.get("geometry", ()) if each is not None]
            bounds += [shapely.total_bounds(drawn)] if drawn else []
        reach = shapely.total_bounds(shapely.box(*zip(*bounds, strict=True))) if bounds else None
        gpkg.touch(write, table.name, now, None if reach is None else reach.tolist())
        if write.dialect.name == "postgresql":
            last = write.scalar(select(func.max(table.c.fid)))
            if last is not None:
                ask(write, "follow", name=f"{SCHEMA}.{table.name}", last=last)
    views.refresh_segments(write)
