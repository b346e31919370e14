"""The atlas: an index, a page a province and district, in a folder that opens without internet.

The pages of an atlas, made in this process or in several, in the same order and alike.
"""

from __future__ import annotations

import multiprocessing.connection
import os
import pickle
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from mine_geo.disclosure.disclosed import required
from mine_geo.disclosure.layers import as_layers
from mine_geo.errors import MineGeoError, OptionError, choose
from mine_geo.maps.atlas.folder import Folder
from mine_geo.maps.atlas.pages import ASSETS, Plan
from mine_geo.maps.pages import page, records
from mine_geo.maps.scene import Scene
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.maps.atlas.pages import Drawn, Leaf
    from mine_geo.terms import Kind, Zone


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


@dataclass(frozen=True)
class Atlas:
    """A folder of pages, and what the run that made it changed."""

    folder: Path
    pages: list[Path]
    """All its pages; the first is the index."""

    written: int
    """Files (pages, style, script) that are new or have changed."""

    unchanged: int
    """Files that were there, the same byte by byte, and were not touched."""

    removed: int
    """Files of earlier runs that no longer belong."""


def atlas(
    layers: gpd.GeoDataFrame | Layers,
    out: str | os.PathLike[str],
    *,
    title: str | None = None,
    first: Zone = "far",
    kind: Kind | None = None,
    basemap: str | os.PathLike[str] | None = None,
    public: bool = False,
    jobs: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> Atlas:
    """Write a folder of maps that link to each other and ask the network for nothing.

    `index.html` is the national map with a table of provinces; each province has a page with a
    table of its districts, a page for each of them, and, if it has hazards of the kind that is
    listed, a priority list.
    The figures are those of `totals`: hazards that record no province or district have a row of
    their own. On the next run only what has changed is written, and pages of units that are
    gone are taken away; the index is written last.

    Parameters
    ----------
    layers
        What `border_split` returned (EPSG:4326; sizes whole m²), or the split with all that is
        drawn with it (`maps.layers`, `Store.layers`). Without districts the provinces and
        districts are those of the hazards.
    out
        The folder: new, empty, or an atlas of an earlier run. Files that are not the atlas's
        own are left alone.
    title
        Title of the index instead of the usual one.
    first
        The zone that the priority lists begin with, "far" or "near".
    kind
        The one kind of the priority lists, as in `border_zone`: AP minefields unless told.
    basemap
        As in `national`; the image of a GeoTIFF lies beside each page.
    public
        Write pages for everybody: figures by district and released land, no hazard. The layers
        must say what is restricted.
    jobs
        How many processes make the pages; the pages are the same. With more than one, a script
        must stand behind `if __name__ == "__main__"`, as the standard library's
        `multiprocessing` wants it.
    progress
        Called after each page with how many are done, of how many, and its name in English.

    Returns
    -------
    Atlas
        The folder, its pages, and how many files were written, left as they were, and removed.

    Raises
    ------
    RecordError, MixedError, CRSError
        As for `maps.layers`.
    OptionError
        For an unknown zone or kind, less than one process, a basemap that nobody knows, or
        public pages where nothing says what is restricted.
    FileError
        If `out` is a file, holds other things, an atlas of the other kind (public or
        restricted), or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd
    >>> from mine_geo.terms import SPLIT_COLUMNS
    >>> columns = ["hazard_id", "size_m2", *SPLIT_COLUMNS, "province", "district"]
    >>> split = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry", crs=4326)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = [atlas(split, folder) for _ in range(2)]
    >>> [(each.pages[0].name, each.written, each.unchanged) for each in made]
    [('index.html', 3, 0), ('index.html', 0, 3)]
    """
    held = as_layers("atlas(layers, out)", layers, {"out": out, "title": title})
    choose(first, ZONES, "first")
    if public:  # refused before there is a folder
        required(held.restricted)
        held.selection.accepted()
    if jobs < 1:
        raise OptionError(f"jobs is {jobs}; it takes one process at least")
    scene = Scene.of(held, basemap)
    of = records.kind_of(kind, held.selection.kind)
    plan = Plan(scene, Path(out).absolute(), title, first, of, public)
    folder = Folder.open(plan.place, public=public)
    _write(plan, folder, jobs, progress)
    return Atlas(
        folder=Path(out),
        pages=[Path(out) / leaf.path for leaf in reversed(plan.leaves)],
        written=folder.written,
        unchanged=folder.unchanged,
        removed=folder.removed,
    )


def _write(
    plan: Plan,
    folder: Folder,
    jobs: int,
    progress: Callable[[int, int, str], None] | None,
) -> None:
    """Write what all pages share, then the pages, the index last."""
    plan.prepare()
    assets = {
        f"{ASSETS}/{page.STYLE}": page.style().encode(),
        f"{ASSETS}/{page.SCRIPT}": page.script().encode(),
    }
    folder.claim([*assets, *(leaf.path for leaf in plan.leaves)])
    for name, content in assets.items():
        folder.put(name, content)
    for number, (leaf, made) in enumerate(drawn(plan, jobs), start=1):
        folder.put(leaf.path, made.content)
        if made.beside is not None:
            folder.adopt(made.beside)
        if progress is not None:
            progress(number, len(plan.leaves), plan.name(leaf).en)
    folder.close()
