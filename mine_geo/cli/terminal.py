"""What the command shows in a terminal: tables, progress, notes.

No table loses a digit or a key. What is wider than the terminal is laid out otherwise; in a pipe
or a file a table is as wide as it needs. Data is text: markup in it is shown, controls escaped.
"""

from __future__ import annotations

import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mine_geo.errors import visible
from mine_geo.progress import progress_bar
from mine_geo.tables.shown import MOST_LETTERS, SUMS, UNKNOWN, cells, is_figures
from mine_geo.terms import ROW, SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

PLAIN_WIDTH: Final = 80
"""Columns of paragraphs where there is no terminal."""
MOST_ROWS: Final = 250
"""Rows of a table in a terminal; a pipe or a file gets all."""
FEW_ROWS: Final = 40
"""Up to so many rows, columns that do not fit stand in a second table; else each row by itself."""
PROSE: Final = 30
"""A column with a longer text may be wrapped between words, down to this width."""


def console(*, errors: bool = False) -> Console:
    """Return a console on standard output (or error), 80 columns wide where it is no terminal."""
    stream = sys.stderr if errors else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)


def heading(name: str, *, synthetic: bool) -> str:
    """Return the line over a table: the store's name, and whether its data is invented."""
    return f"{visible(name)} · {SYNTHETIC}" if synthetic else visible(name)


@dataclass(frozen=True)
class _Column:
    """A column as text: its heading, and a cell a row."""

    name: str
    cells: tuple[str, ...]
    figures: bool
    """Whether it holds numbers, which stand to the right."""
    fixed: int | None = None
    """The width that it is wrapped to, between words."""

    @property
    def width(self) -> int:
        """What it needs on one line."""
        return max(map(cell_len, (self.name, *self.cells)))

    @property
    def least(self) -> int:
        """What it needs at least: no figure, key or word is ever broken."""
        if self.figures or self.width <= PROSE:
            return self.width
        words = " ".join((self.name, *self.cells)).split()
        return min(self.width, max(PROSE, *map(cell_len, words)))


def show_table(
    table: pd.DataFrame,
    *,
    title: str,
    names: Mapping[str, str] | None = None,
    most: int = MOST_ROWS,
) -> None:
    """Print a table; whole numbers with thousands separators, sums set apart and called so.

    Where the terminal is too narrow, texts are wrapped between words; if that is not enough, the
    columns stand in several tables, the keys in each, or each row by itself.

    Parameters
    ----------
    table
        Any table; a geometry column is left out. Its column `row` is not shown: of a row of sums
        the first column says what it is.
    title
        The lines above it.
    names
        Headings for columns, where the column's own name is not what should be read.
    most
        Rows printed in a terminal, a total in the last one beside them; a line says how many more
        there are. Elsewhere all are.
    """
    out = console()
    for line in title.split("\n"):
        _print(out, line, "bold")
    shown, left = table.drop(columns="geometry", errors="ignore"), 0
    if out.is_terminal and len(shown) > most:
        last = shown[ROW].iloc[-1] in SUMS if ROW in shown else False
        left = len(shown) - most
        shown = pd.concat([shown.head(most), shown.tail(1)]) if last else shown.head(most)
        left -= int(last)
    if shown.empty:
        _print(out, "(nothing)")
        _print(out, "")
        return
    names_of_sums = [SUMS.get(str(said)) for said in shown.get(ROW, [None] * len(shown))]
    apart = [name is not None for name in names_of_sums]
    shown = shown.drop(columns=ROW, errors="ignore")
    columns = []
    for place, column in enumerate(shown.columns):
        values = shown.iloc[:, place]
        # A sum has no keys: the first of them says what it is, the others are blank.
        said = [
            None if name is None or not unknown else "" if told else name
            for name, unknown, told in zip(
                names_of_sums, values.isna(), shown.iloc[:, :place].isna().any(axis=1), strict=True
            )
        ]
        columns.append(_column(values, (names or {}).get(str(column)), said))
    room = out.width if out.is_terminal else sys.maxsize
    laid = _laid_out(columns, room)
    if laid:
        for part in laid:
            _draw(out, part, apart)
    else:
        _print_records(out, columns, room)
    if left:
        _print(out, f"... and {left:,} rows more; write them all with --output FILE.csv")


def as_seen(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts may be written to a terminal in any format."""
    seen = table.drop(columns="geometry", errors="ignore").map(
        lambda value: visible(value, MOST_LETTERS) if isinstance(value, str) else value
    )
    return pd.DataFrame(seen.set_axis([visible(name) for name in seen.columns], axis="columns"))


def _print(out: Console, line: str, style: str = "") -> None:
    """Print a line as it is; the terminal wraps it."""
    out.print(
        Text(visible(line, 10 * MOST_LETTERS) if line.strip() else line, style), soft_wrap=True
    )


def _column(values: pd.Series[Any], named: str | None, said: list[str | None]) -> _Column:
    """Return a column as text; `said` is what stands in the place of a key that a sum lacks."""
    figures = is_figures(values)
    year = values.name == "year"  # a name, and no number to add up
    written = values.astype("string").fillna(UNKNOWN) if year else cells(values)
    texts = [
        visible(cell, MOST_LETTERS) if name is None or (figures and not name) else name
        for cell, name in zip(written, said, strict=True)
    ]
    name = named if named is not None else str(values.name).replace("_", " ")
    return _Column(visible(name), tuple(texts), figures)


def _needed(widths: Sequence[int]) -> int:
    """Return how wide a table is whose columns have these widths."""
    return sum(width + 2 for width in widths)  # two blanks between columns, one at each edge


def _laid_out(columns: list[_Column], room: int) -> list[list[_Column]]:
    """Return the tables, side by side no wider than the room, that show all columns; or none."""
    if _needed([column.width for column in columns]) <= room:
        return [columns]
    if _needed([column.least for column in columns]) <= room:
        return [_wrapped(columns, room)]
    return _parts(columns, room) if len(columns[0].cells) <= FEW_ROWS else []


def _wrapped(columns: list[_Column], room: int) -> list[_Column]:
    """Give the columns of prose the room that there is, the narrower ones first."""
    wants = {place: each.width - each.least for place, each in enumerate(columns)}
    prose = sorted((place for place, more in wants.items() if more), key=wants.__getitem__)
    spare = room - _needed([column.least for column in columns])
    laid = list(columns)
    for left, place in zip(range(len(prose), 0, -1), prose, strict=True):
        given = min(wants[place], spare // left)
        laid[place] = replace(columns[place], fixed=columns[place].least + given)
        spare -= given
    return laid


def _parts(columns: list[_Column], room: int) -> list[list[_Column]]:
    """Share columns out among several tables, each with the keys: the first columns of text."""
    count = next((n for n, column in enumerate(columns) if column.figures), 1) or 1
    keys, rest = columns[:count], columns[count:]
    if any(key.least < key.width for key in keys):
        return []  # prose is no key: each row reads better by itself
    parts: list[list[_Column]] = []
    for column in rest:
        if not parts or _needed([each.least for each in (*keys, *parts[-1], column)]) > room:
            parts.append([])
        parts[-1].append(column)
    tables = [[*keys, *part] for part in parts]
    if any(_needed([column.least for column in part]) > room for part in tables):
        return []
    return [_wrapped(part, room) for part in tables]


def _draw(out: Console, columns: list[_Column], sums: list[bool]) -> None:
    """Print a table; sums stand apart, with an empty line before them."""
    if all(column.fixed is None for column in columns):
        _draw_lines(out, columns, sums)
        return
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1))
    for column in columns:
        drawn.add_column(
            Text(column.name),
            justify="right" if column.figures else "left",
            no_wrap=column.fixed is None,
            width=column.fixed or column.width,
        )
    for place, row in enumerate(zip(*(column.cells for column in columns), strict=True)):
        apart = sums[place : place + 2] == [False, True]
        drawn.add_row(*map(Text, row), end_section=apart)
    usual, needed = out.width, _needed([column.fixed or column.width for column in columns])
    out.width = needed  # rich would cut what is wider than its console
    out.print(drawn)
    out.width = usual


def _draw_lines(out: Console, columns: list[_Column], sums: list[bool]) -> None:
    """Print a table with a line a row, as rich draws it, in a hundredth of its time."""
    widths = [column.width for column in columns]

    def line(cells: Iterable[str]) -> str:
        padded = [
            " " * (width - cell_len(cell)) + cell
            if column.figures
            else cell + " " * (width - cell_len(cell))
            for column, width, cell in zip(columns, widths, cells, strict=True)
        ]
        return " " + "  ".join(padded) + " "

    edge = " " * _needed(widths)
    rows = list(map(line, zip(*(column.cells for column in columns), strict=True)))
    for place in reversed([n for n in range(1, len(rows)) if sums[n - 1 : n + 1] == [False, True]]):
        rows.insert(place, edge)
    out.print(edge, soft_wrap=True, markup=False)
    out.print(Text(line(column.name for column in columns), "bold"), soft_wrap=True)
    rule = " " + "─" * (_needed(widths) - 2) + " "
    out.file.write("\n".join((rule, *rows, edge, "")))


def _print_records(out: Console, columns: list[_Column], room: int) -> None:
    """Print each row by itself, a line a column; prose is wrapped between words."""
    label = max(cell_len(column.name) for column in columns)
    for place in range(len(columns[0].cells)):
        _print(out, "")
        for column in columns:
            name = column.name + " " * (label - cell_len(column.name))
            wrap = room - label - 2
            lines = _wrap(column.cells[place], wrap) if column.least < column.width else None
            for number, line in enumerate(lines or [column.cells[place]]):
                _print(out, f" {name if number == 0 else ' ' * label} {line}")
    _print(out, "")


def _wrap(text: str, width: int) -> list[str]:
    """Wrap a text between words; a word that is longer than the width stays whole."""
    return textwrap.wrap(text, max(width, PROSE), break_long_words=False, break_on_hyphens=False)


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar of steps on standard error; call what is given with the name of each step.

    Where standard error is no terminal each step is a line.
    """
    out = console(errors=True)
    if not out.is_terminal:
        yield lambda step: _print(out, f"  {step} ...")
        return
    with _bar(out) as bar:
        task = bar.add_task("", total=total, completed=-1)

        def advance(step: str) -> None:
            bar.update(task, description=visible(step), advance=1)

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

    It takes how many are done, of how many, and the name of the last. What is done within two
    seconds shows none, and nothing is shown where standard error is no terminal.
    """
    with progress_bar() as told:
        yield told


def show_lines(lines: list[str]) -> None:
    """Print paragraphs, wrapped to the width, and an empty line after them; nothing for none."""
    out = console()
    if not lines:
        return
    for line in lines:
        for part in _wrap(visible(line, 10 * MOST_LETTERS), out.width):
            _print(out, part)
    _print(out, "")


def show_stacked(head: str, lines: list[str]) -> None:
    """Print a record: its first line, and the others indented below it, wrapped to the width."""
    out = console()
    _print(out, head, "bold")
    for line in lines:
        for part in _wrap(visible(line, 10 * MOST_LETTERS), out.width - 2):
            _print(out, f"  {part}")
    _print(out, "")
