"""What the command shows in a terminal: tables of 80 columns, progress, notes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mine_geo.terms import SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PLAIN_WIDTH: Final = 80
MOST_ROWS: Final = 60


def console(*, errors: bool = False) -> Console:
    """Return a console on standard output (or error), 80 columns wide where it is no terminal."""
    stream = sys.stderr if errors else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)


def heading(name: str, *, synthetic: bool) -> str:
    """Return the line over a table: the store's name, and whether its data is invented."""
    return f"{name} · {SYNTHETIC}" if synthetic else name


def show_table(
    table: pd.DataFrame,
    *,
    title: str,
    names: Mapping[str, str] | None = None,
    most: int = MOST_ROWS,
) -> None:
    """Print a table; whole numbers with thousands separators, the last row `Total` set apart.

    Parameters
    ----------
    table
        Any table; a geometry column is left out.
    title
        The line above it.
    names
        Headings for columns, where the column's own name is not what should be read.
    most
        Rows printed; a line says how many more there are.
    """
    out = console()
    out.print(title, style="bold", markup=False)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1))
    shown = table.drop(columns="geometry", errors="ignore").head(most)
    if shown.empty:
        out.print("(nothing)\n")
        return
    cells = []
    for column in shown:
        values = shown[column]
        numbers = all(isinstance(value, Real) for value in values.dropna())
        text = (names or {}).get(str(column), str(column).replace("_", " "))
        drawn.add_column(escape(text), justify="right" if numbers else "left", no_wrap=numbers)
        cells.append(values.astype(str).tolist() if column == "year" else _cells(values))
    totals = (shown.iloc[:, 0].astype(str) == "Total").tolist()
    for place, row in enumerate(zip(*cells, strict=True)):
        drawn.add_row(*map(escape, row), end_section=totals[place : place + 2] == [False, True])
    out.print(drawn)
    if len(table) > most:
        out.print(f"... and {len(table) - most:,} rows more; write them all with --output FILE.csv")


def _cells(values: pd.Series[Any]) -> list[str]:
    """Write values: whole numbers with thousands separators, others with one decimal."""
    floats = [value for value in values.dropna() if isinstance(value, float)]
    figures = ".0f" if all(value.is_integer() for value in floats) else ".1f"
    return [_cell(value, figures) for value in values.astype(object)]


def _cell(value: object, figures: str) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  (not a number)
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{value:,}"
    return f"{value:,{figures}}" if isinstance(value, Real) else str(value)


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar of steps on standard error; call what is given with the name of each step.

    Where standard error is no terminal each step is a line.
    """
    out = console(errors=True)
    if not out.is_terminal:
        yield lambda step: out.print(f"  {step} ...", markup=False)
        return
    with _bar(out) as bar:
        task = bar.add_task("", total=total, completed=-1)

        def advance(step: str) -> None:
            bar.update(task, description=step, advance=1)

        yield advance


def _bar(out: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<44.44}", markup=False),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=out,
        transient=True,
    )


@contextmanager
def counting() -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar of many things on standard error; call what is given after each of them.

    It takes how many are done, of how many, and the name of the last. Where standard error is
    no terminal nothing is shown.
    """
    out = console(errors=True)
    if not out.is_terminal:
        yield lambda _done, _total, _name: None
        return
    with _bar(out) as bar:
        task = bar.add_task("", total=None)

        def counted(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        yield counted


def show_lines(lines: list[str]) -> None:
    """Print paragraphs, wrapped to the width, and an empty line after them; nothing for none."""
    out = console()
    if not lines:
        return
    for line in lines:
        out.print(line, markup=False)
    out.print()


def show_stacked(head: str, lines: list[str]) -> None:
    """Print a record: its first line, and the others indented below it, wrapped to the width."""
    out = console()
    out.print(Text(head, style="bold"))
    for line in lines:
        out.print(Padding(Text(line), (0, 0, 0, 2)))
    out.print()
