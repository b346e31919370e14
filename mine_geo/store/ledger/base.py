"""What every part of a `Store` has: its place, its engine, and two kinds of transaction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, TypeVar

from mine_geo.store import engines
from mine_geo.store.engines import leave_wal, reading, writing
from mine_geo.store.ledger.judging import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from sqlalchemy import Connection, Engine

    from mine_geo.store.engines import Place


T = TypeVar("T")


class Base:
    """A store that is open."""

    def __init__(self, place: Place, engine: Engine, title: str | None, *, synthetic: bool) -> None:
        self._place = place
        self._engine = engine
        self.title: str | None = title
        self.synthetic: bool = synthetic
        """Whether this store holds invented sample data, and may hold nothing else."""

    @property
    def name(self) -> str:
        """The name for headings: the file's name, or host/database."""
        return self._place.name

    def __repr__(self) -> str:
        """Return the name, and whether the data are invented."""
        return f"<Store {self.name}{' (synthetic)' if self.synthetic else ''}>"

    def __enter__(self) -> Self:
        """Return the store; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Let go of the file or the database; a GeoPackage is one plain file again.

        Examples
        --------
        >>> store.close()
        >>> store.name
        'example.gpkg'
        """
        leave_wal(self._engine)
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with engines.translated(self._place), reading(self._engine) as connection:
            yield connection

    def _judging(self, ask: Callable[[View], T], *, dry_run: bool) -> T:
        """Judge what is asked; write what comes of it, unless it is only tried.

        A recording holds the lock from before the first look, so what it judged still stands when
        it is written. A dry run takes no lock and writes nothing.
        """
        if dry_run:
            with self._reading() as connection:
                return ask(View(connection))
        with self._writing() as connection:
            view = View(connection, writes=True)
            done = ask(view)
            view.write(synthetic=self.synthetic)
            return done

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with engines.translated(self._place), writing(self._engine) as connection:
            yield connection
