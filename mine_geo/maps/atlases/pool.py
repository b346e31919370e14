"""The pages of an atlas, made in this process or in several, in the same order and alike."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from mine_geo.errors import MineGeoError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mine_geo.maps.atlases.pages import Drawn, Leaf, Plan

FEW: Final = 12
"""Pages for which no process is started: it takes longer than they do."""

_held: list[Plan] = []
"""In a process of the pool: the plan, read once."""


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


def _draw(leaf: Leaf) -> Drawn:
    return _held[0].draw(leaf)


def drawn(plan: Plan, jobs: int) -> Iterator[tuple[Leaf, Drawn]]:
    """Give each page of a plan, in the plan's order.

    Processes are started afresh (`spawn`), so that no library's threads or handles are copied.
    Where none can be started, or they die, this process goes on alone.
    """
    done = 0
    if jobs > 1 and len(plan.leaves) > FEW:
        try:
            for each in _shared(plan, jobs):
                yield each
                done += 1
        except MineGeoError:
            raise
        except (BrokenProcessPool, OSError, ImportError):
            pass
    for leaf in plan.leaves[done:]:
        yield leaf, plan.draw(leaf)


def _shared(plan: Plan, jobs: int) -> Iterator[tuple[Leaf, Drawn]]:
    """Draw in processes, which read the plan from a file.

    Not from the pipe that they begin with: it is held open on both sides, and whoever writes more
    into it than it holds waits for ever for a process that has ended.
    """
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory(prefix="mine_geo-") as folder:
        file = Path(folder, "plan")
        file.write_bytes(pickle.dumps(plan, pickle.HIGHEST_PROTOCOL))
        pool = ProcessPoolExecutor(
            min(jobs, len(plan.leaves)), context, initializer=_hold, initargs=(str(file),)
        )
        try:
            yield from zip(plan.leaves, pool.map(_draw, plan.leaves), strict=True)
        finally:
            pool.shutdown(cancel_futures=True)
