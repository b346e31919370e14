"""Cells of a hazard table as they were written, read as far as they can be; cells of a CSV.

Each function gives what can be read, and says which records cannot: `hazards.to_hazards` raises on
them, `checks` lists them.
"""

from __future__ import annotations

import re
from numbers import Number
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.terms import TIME_ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
# As `assets/list_csv.js` has it: spreadsheets run the wide signs too.
_FORMULA: Final = re.compile("^'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_GUARDED: Final = re.compile("^'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def guarded(value: Any) -> Any:
    """Return a cell for CSV: a text that a spreadsheet would run as a formula is marked as text.

    Numbers stay numbers, negative ones too. `unguarded` gives the text back.

    Examples
    --------
    >>> [guarded(value) for value in ("=1+1", "AP-1", -5, "-5")]
    ["'=1+1", 'AP-1', -5, "'-5"]
    """
    marked = isinstance(value, str) and _FORMULA.search(value) is not None
    return f"'{value}" if marked else value


def unguarded(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells of text, read from CSV, without the marks that `guarded` sets.

    Examples
    --------
    >>> unguarded(pd.DataFrame({0: ["'=1+1", "AP-1", "'s-Graven"]}))[0].tolist()
    ['=1+1', 'AP-1', "'s-Graven"]
    """
    plain = {}
    for name, column in cells.items():
        marked = column.str.contains(_GUARDED, na=False)
        plain[name] = column.mask(marked, column.str[1:]) if marked.any() else column
    return pd.DataFrame(plain, index=cells.index)


def guarded_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts, headings among them, are `guarded`.

    Examples
    --------
    >>> guarded_table(pd.DataFrame({"@id": ["+1"], "m2": [-1]})).to_csv(index=False).split()
    ["'@id,m2", "'+1,-1"]
    """
    texts = [
        place
        for place, kind in enumerate(table.dtypes)
        if not pd.api.types.is_numeric_dtype(kind)
        and not pd.api.types.is_datetime64_any_dtype(kind)
    ]
    parts = [
        table.iloc[:, place].astype(object).map(guarded) if place in texts else table.iloc[:, place]
        for place in range(len(table.columns))
    ]
    if not parts:
        return table
    return pd.concat(parts, axis=1).set_axis([guarded(str(name)) for name in table], axis=1)


def read_texts(column: pd.Series[Any]) -> NDArray[np.object_]:
    """Return trimmed texts, whole numbers without their `.0`, None where null or blank.

    Examples
    --------
    >>> read_texts(pd.Series([7.0, None])).tolist()
    ['7', None]
    """
    if pd.api.types.is_float_dtype(column):
        whole = column.dropna()
        if (whole == whole.round()).all():
            column = column.where(~np.isinf(column)).astype("Int64")
    there = column.notna().to_numpy(dtype=bool)
    texts = np.full(len(column), None, dtype=object)
    values = column.to_numpy(dtype=object)[there]
    texts[there] = [str(value).strip() or None for value in values]
    return texts


def read_days(column: pd.Series[Any]) -> tuple[pd.Series[Any], NDArray[np.bool_]]:
    """Return days (datetime64[ms]; NaT where null or unreadable), and which cannot be read.

    A moment with a time zone becomes the day that it is in Cambodia.

    Examples
    --------
    >>> days, bad = read_days(pd.Series(["2022-12-31", "31/12/2022", None]))
    >>> days.dt.strftime("%Y-%m-%d").tolist(), bad.tolist()
    (['2022-12-31', nan, nan], [False, True, False])
    """
    texts = column
    if column.dtype == object:
        words = np.array([not isinstance(value, Number) for value in column], dtype=bool)
        texts = column.where(words, None)
    if pd.api.types.is_numeric_dtype(column):
        days = pd.Series(pd.NaT, index=column.index, dtype="datetime64[ms]")
    elif isinstance(column.dtype, pd.DatetimeTZDtype) or _with_zone(texts).any():
        days = pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=True)
        days = days.dt.tz_convert(TIME_ZONE).dt.tz_localize(None)
    else:
        days = pd.to_datetime(texts, errors="coerce", format="ISO8601")
    bad = (days.isna() & column.notna()).to_numpy(dtype=bool)
    return days.astype("datetime64[ms]").dt.normalize(), bad


def _with_zone(column: pd.Series[Any]) -> pd.Series[bool]:
    """Say which texts end in a time zone: Z or +07:00 after a time."""
    return column.astype("str").str.contains(r":.*(?:Z|[+-]\d\d:?\d\d)$", na=False)


def read_numbers(column: pd.Series[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return numbers (NaN where null or unreadable), and which are no size in m².

    Examples
    --------
    >>> read_numbers(pd.Series(["12.5", "1 ha", "-3"]))
    (array([12.5,  nan,  nan]), array([False,  True,  True]))
    """
    numbers = np.array(pd.to_numeric(column, errors="coerce"), dtype=np.float64)
    bad = np.isnan(numbers) & column.notna().to_numpy(dtype=bool)
    bad |= np.isinf(numbers) | (numbers < 0)
    numbers[bad] = np.nan
    return numbers, bad


def read_flags(column: pd.Series[Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which values are true, null being false, and which are neither in any known spelling.

    Examples
    --------
    >>> flags, bad = read_flags(pd.Series([True, "no", 1.0, "maybe", None]))
    >>> flags.tolist(), bad.tolist()
    ([True, False, True, False, False], [False, False, False, True, False])
    """
    if column.dtype == bool:
        return column.to_numpy(), np.zeros(len(column), dtype=bool)
    there = column.notna().to_numpy(dtype=bool)
    words = [str(value).strip().lower().removesuffix(".0") for value in column[there]]
    flags, bad = np.zeros(len(column), dtype=bool), np.zeros(len(column), dtype=bool)
    flags[there] = [FLAGS.get(word, False) for word in words]
    bad[there] = [word not in FLAGS for word in words]
    return flags, bad
