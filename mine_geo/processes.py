"""Many things made alike by several processes, in their order: pages of an atlas, dossiers."""

from __future__ import annotations

import multiprocessing.connection
import os
import pickle
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mine_geo.errors import MineGeoError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


FEW: Final = 12
"""Things for which no process is started: it takes longer than they do."""

_Thing = TypeVar("_Thing")
_Made = TypeVar("_Made")
_held: list[Callable[[Any], Any]] = []
"""In a process of the pool: what makes each thing, read once."""


def made(
    make: Callable[[_Thing], _Made], things: Sequence[_Thing], jobs: int
) -> Iterator[tuple[_Thing, _Made]]:
    """Give each thing with what is made of it, in the order of the things.

    Processes are started afresh (`spawn`), so that no library's threads or handles are copied.
    Where none can be started, or they die, this process goes on alone.

    Parameters
    ----------
    make
        What makes a thing; with more than one job it must be fit to be pickled, and so must the
        things and what is made of them.
    things
        What to make.
    jobs
        How many processes.

    Raises
    ------
    OptionError
        If `jobs` is less than one.

    Examples
    --------
    >>> list(made(str.upper, ["a", "b"], 1))
    [('a', 'A'), ('b', 'B')]
    """
    check(jobs)
    done = 0
    if jobs > 1 and len(things) > FEW:
        try:
            for each in _shared(make, things, jobs):
                yield each
                done += 1
        except MineGeoError:
            raise
        except (BrokenProcessPool, OSError, ImportError):
            pass
    for thing in things[done:]:
        yield thing, make(thing)


def check(jobs: int) -> None:
    """Refuse a number of processes that nothing can be made by.

    Raises
    ------
    OptionError
        If it is less than one.

    Examples
    --------
    >>> check(0)
    Traceback (most recent call last):
    mine_geo.errors.OptionError: jobs is 0; it takes one process at least
    """
    if jobs < 1:
        raise OptionError(f"jobs is {jobs}; it takes one process at least")


def _hold(file: str) -> None:
    """Begin a process of the pool; an interruption is for the first process to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    _held[:] = [pickle.loads(Path(file).read_bytes())]  # noqa: S301 - the first one wrote it


def _end_with_the_first() -> None:
    """End this process when the first one is gone, killed perhaps: nobody else would."""
    first = multiprocessing.parent_process()
    if first is not None:
        multiprocessing.connection.wait([first.sentinel])
        os._exit(1)


def _make(thing: Any) -> Any:
    return _held[0](thing)


def _shared(
    make: Callable[[_Thing], _Made], things: Sequence[_Thing], jobs: int
) -> Iterator[tuple[_Thing, _Made]]:
    """Make things in processes, which read from a file how.

    Not from the pipe that they begin with: it is held open on both sides, and whoever writes more
    into it than it holds waits for ever for a process that has ended.
    """
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory(prefix="mine_geo-") as folder:
        file = Path(folder, "make")
        file.write_bytes(pickle.dumps(make, pickle.HIGHEST_PROTOCOL))
        pool = ProcessPoolExecutor(
            min(jobs, len(things)), context, initializer=_hold, initargs=(str(file),)
        )
        try:
            yield from zip(things, pool.map(_make, things), strict=True)
        finally:
            pool.shutdown(cancel_futures=True)
