"""A bar for what takes longer than two seconds, in a terminal and in a notebook."""

from __future__ import annotations

import html
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from mine_geo.errors import OptionError, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Told = Callable[..., None]

WAIT_S: Final = 2.0
"""What is done sooner shows no bar."""
PAUSE_S: Final = 0.2
"""A notebook's bar is drawn anew after so long, or at the end."""


@contextmanager
def progress_bar(what: str = "", *, wait_s: float = WAIT_S) -> Iterator[Told]:
    """Show how far something is; call what is given after each step.

    It takes how many are done, of how many, and if there is one the name of the last. The bar
    comes after two seconds and goes at the end: on standard error where that is a terminal, below
    the cell in a notebook, else nowhere.

    Parameters
    ----------
    what
        What is done, before the bar.
    wait_s
        After how many seconds it comes.

    Raises
    ------
    OptionError
        If `wait_s` is no number of seconds.

    Examples
    --------
    >>> import mine_geo as mg
    >>> with mg.progress_bar("people") as told:
    ...     for done in range(3):
    ...         told(done + 1, 3)
    """
    if not wait_s >= 0:
        raise OptionError(f"wait_s {wait_s!r} is no number of seconds from 0")
    notebook = _in_notebook()
    if not (notebook or sys.stderr.isatty()):
        yield lambda *_: None
        return
    bar = _Notebook(what) if notebook else _Terminal(what)
    begun = time.monotonic()

    def told(done: int, whole: int, name: str = "") -> None:
        if time.monotonic() - begun >= wait_s:
            bar.show(done, whole, visible(name or what))

    try:
        yield told
    finally:
        bar.end()


def _in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this, whose front end draws HTML."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and shell.__class__.__name__ == "ZMQInteractiveShell"


class _Terminal:
    """A bar of rich on standard error."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bar: Any = None
        self._task: Any = None

    def show(self, done: int, whole: int, name: str) -> None:
        if self._bar is None:
            from rich.console import Console  # noqa: PLC0415  (only where there is a terminal)
            from rich.progress import (  # noqa: PLC0415
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description:<44.44}", markup=False),
                BarColumn(bar_width=16),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(file=sys.stderr, highlight=False),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=None)
        self._bar.update(self._task, completed=done, total=whole, description=name)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()


class _Notebook:
    """A bar of plain HTML below the cell: no widget has to be installed."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown: Any = None
        self._drawn = 0.0

    def show(self, done: int, whole: int, name: str) -> None:
        from IPython.display import HTML, display  # noqa: PLC0415  (only where there is a kernel)

        if self._shown is not None and done < whole and time.monotonic() - self._drawn < PAUSE_S:
            return
        self._drawn = time.monotonic()
        bar = f'<progress value="{done:d}" max="{whole:d}"></progress>'
        drawn: Any = HTML(f"{html.escape(name)} {bar} {done:,} of {whole:,}")  # type: ignore[no-untyped-call]  # IPython is typed in part
        if self._shown is None:
            self._shown = display(drawn, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._shown.update(drawn)

    def end(self) -> None:
        if self._shown is not None:
            from IPython.display import HTML  # noqa: PLC0415

            self._shown.update(HTML(""))  # type: ignore[no-untyped-call]
