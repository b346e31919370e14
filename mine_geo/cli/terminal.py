"""What the command shows in a terminal: tables of 80 columns, progress, notes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mine_geo.reports import SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

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
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold")
    drawn.title = escape(title)
    columns = [column for column in table.columns if column != "geometry"]
    for column in columns:
        right = table[column].dtype.kind in "iuf" or _numbers(table[column])
        heading_text = (names or {}).get(column, str(column).replace("_", " "))
        drawn.add_column(escape(heading_text), justify="right" if right else "left")
    for place, row in enumerate(table[columns].head(most).itertuples(index=False)):
        last = place + 1 < len(table) and str(table.iloc[place + 1][columns[0]]) == "Total"
        drawn.add_row(*(escape(_cell(value)) for value in row), end_section=last)
    out.print(drawn)
    if len(table) > most:
        out.print(f"... and {len(table) - most:,} rows more; write them all with --output FILE.csv")


def _numbers(column: pd.Series[Any]) -> bool:
    return all(isinstance(value, int | float) for value in column.dropna()) and len(column) > 0


def _cell(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124  (not a number)
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if isinstance(value, int) or kind in {"i", "u"}:
        return f"{int(value):,}"  # type: ignore[call-overload]
    if isinstance(value, float) or kind == "f":
        return f"{float(value):,.1f}".removesuffix(".0")  # type: ignore[arg-type]
    return str(value)


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar of steps on standard error; call what is given with the name of each step.

    Where standard error is no terminal each step is a line.
    """
    out = console(errors=True)
    if not out.is_terminal:
        yield lambda step: out.print(f"  {step} ...", markup=False)
        return
    bar = Progress(
        TextColumn("{task.description:<44}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=out,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=total, completed=-1)

        def advance(step: str) -> None:
            bar.update(task, description=step, advance=1)

        yield advance


def show_lines(lines: list[str]) -> None:
    """Print paragraphs, wrapped to the width, and an empty line after them."""
    out = console()
    for line in lines:
        out.print(line, markup=False)
    out.print()
