"""How tables are shown to people: separators, units, what is not known, sums set apart.

`shown` is for notebooks; the terminal writes its cells by the same rules. Only what is read is
changed, never the figures.
"""

from __future__ import annotations

import datetime as dt
import html
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, visible
from mine_geo.terms import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = "\N{EN DASH}"
"""What stands where nothing is recorded: never a blank, and never 0."""
ENOUGH_DECIMALS: Final = 7
DEGREES: Final = ("lon", "lat", "longitude", "latitude")
SUMS: Final = {"total": "Total", "compared": "Compared"}
"""What rows of sums are called, by what their column `row` says."""
MOST_ROWS: Final = 30
MOST_LETTERS: Final = 1_000
"""Letters of a cell that are shown; of a longer one its middle is left out."""
_UNITS: Final = {"m2": "m²", "km2": "km²", "usd": "USD", "pct": "%"}
"""What the last part of a column's name is in words; metres and centimetres are written alike."""


def cells(values: pd.Series[Any]) -> list[str]:
    """Write values: whole numbers with thousands separators, others with their decimals.

    Examples
    --------
    >>> cells(pd.Series([1234567, None], dtype="Int64")) == ["1,234,567", UNKNOWN]
    True
    >>> cells(pd.Series([0.5, 1234.25]))
    ['0.50', '1,234.25']
    """
    floats = [value for value in values.dropna() if isinstance(value, float)]
    decimals = ENOUGH_DECIMALS if values.name in DEGREES else _decimals(floats)
    return [_cell(value, decimals) for value in values.astype(object)]


def is_figures(values: pd.Series[Any]) -> bool:
    """Tell whether a column holds numbers, which stand to the right; a year is a name."""
    known = values.dropna()
    figures = values.name != "year" and all(
        isinstance(value, Real) and not isinstance(value, bool | np.bool_) for value in known
    )
    if known.empty:  # then its type says what would stand in it
        return figures and pd.api.types.is_numeric_dtype(values)
    return figures


def _decimals(values: list[float]) -> int:
    """Return how many decimals say all of each value; one, if none up to seven do.

    So a distance of many binary digits is shown to 0.1 m.
    """
    known = [value for value in values if np.isfinite(value)]
    for decimals in range(ENOUGH_DECIMALS + 1):
        if all(abs(value - round(value, decimals)) < 1e-9 for value in known):
            return decimals
    return 1


def _cell(value: object, decimals: int) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  (not a number)
        return UNKNOWN
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, dt.datetime) and value.tzinfo is None and value.time() == dt.time():
        return value.date().isoformat()  # a day
    return f"{value:,.{decimals}f}" if isinstance(value, Real) else str(value)


def heading(name: object) -> str:
    """Return a column's name in words, its unit as it is written.

    Examples
    --------
    >>> heading("near_size_m2"), heading("border_distance_m"), heading("cost_usd")
    ('near size m²', 'border distance m', 'cost USD')
    """
    *words, last = str(name).split("_")
    return visible(" ".join([*words, _UNITS.get(last, last) if words else last]))


class Shown:
    """A table as it is read: in a notebook as HTML, elsewhere as text. `table` is the table."""

    def __init__(self, table: pd.DataFrame, names: Mapping[str, str], most: int) -> None:
        self.table = table
        self._names = names
        self._most = most

    def _columns(self) -> list[tuple[str, list[str], bool]]:
        """Return heading, cells and whether these are figures, of each column that is shown."""
        table = self._seen()
        sums = [SUMS.get(str(row)) for row in table.get(ROW, [None] * len(table))]
        columns: list[tuple[str, list[str], bool]] = []
        told = [False] * len(table)
        for place, name in enumerate(table.columns):
            if name in {ROW, "geometry"}:
                continue
            values = table.iloc[:, place]
            written = values.astype("string").fillna(UNKNOWN) if name == "year" else cells(values)
            texts = [visible(text, MOST_LETTERS) for text in written]
            figures = is_figures(values)
            for row, sum_ in enumerate(sums):
                # A sum has no keys: the first says what it is, the others are blank.
                if sum_ is not None and pd.isna(values.iloc[row]) and not (figures and told[row]):
                    texts[row], told[row] = "" if told[row] else sum_, True
            columns.append((self._names.get(str(name), heading(name)), texts, figures))
        return columns

    def _seen(self) -> pd.DataFrame:
        """Return the rows that are shown: the first ones, and sums at the end."""
        if len(self.table) <= self._most:
            return self.table
        sums = self.table[ROW].isin(list(SUMS)) if ROW in self.table.columns else None
        first = self.table.head(self._most)
        if sums is None:
            return first
        return pd.concat([first, self.table.iloc[self._most :][sums.iloc[self._most :]]])

    def _left(self) -> str:
        left = len(self.table) - len(self._seen())
        return f"... and {left:,} rows more" if left else ""

    def __repr__(self) -> str:
        """Return the table as text, columns beside each other."""
        lines = zip(
            *(
                [text.rjust(width) if figures else text.ljust(width) for text in (name, *texts)]
                for name, texts, figures in self._columns()
                for width in [max(map(len, (name, *texts)))]
            ),
            strict=True,
        )
        said = ["  ".join(line).rstrip() for line in lines]
        return "\n".join(said + ([self._left()] if self._left() else []))

    def _repr_html_(self) -> str:
        """Return the table as HTML: what data holds is text."""
        columns = self._columns()

        def cell(tag: str, text: str, *, figures: bool, bold: bool = False) -> str:
            side = "right" if figures else "left"
            weight = ";font-weight:bold" if bold else ""
            return f'<{tag} style="text-align:{side}{weight}">{html.escape(text)}</{tag}>'

        seen = self._seen()
        apart = seen[ROW].isin(list(SUMS)).tolist() if ROW in seen.columns else [False] * len(seen)
        head = "".join(cell("th", name, figures=figures) for name, _, figures in columns)
        body = "".join(
            "<tr>"
            + "".join(cell("td", texts[row], figures=f, bold=bold) for _, texts, f in columns)
            + "</tr>\n"
            for row, bold in enumerate(apart)
        )
        left = f"<p>{self._left()}</p>" if self._left() else ""
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>{left}"


def shown(
    table: pd.DataFrame, *, names: Mapping[str, str] | None = None, most: int = MOST_ROWS
) -> Shown:
    """Show a table with units in its headings and separators in its figures.

    Parameters
    ----------
    table
        Any table, as `totals`, `releases` or `reconcile` return it; a geometry column (EPSG:4326)
        is left out. Its column `row` is not shown: rows of sums are called so.
    names
        Headings for columns, where the column's own name is not what should be read.
    most
        Rows that are shown, sums beside them; a line says how many more there are.

    Returns
    -------
    Shown
        What a notebook shows; `.table` is the table, unchanged: m² stay whole numbers.

    Raises
    ------
    OptionError
        If `most` is no number from 1.

    Examples
    --------
    >>> import mine_geo as mg
    >>> table = pd.DataFrame({
    ...     "row": ["data", "total"], "province": ["Kratie", None], "near_size_m2": [1234567] * 2})
    >>> mg.shown(table)
    province  near size m²
    Kratie       1,234,567
    Total        1,234,567
    """
    if most < 1:
        raise OptionError(f"most {most!r} is no number of rows from 1")
    return Shown(table, names or {}, most)
