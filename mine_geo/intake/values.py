"""Cells as they were written, read as texts, words, days, numbers and flags; nothing is guessed.

Each reader looks at the different texts of a column once, and says which cells it cannot read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.geo.cells import DIGITS, days_in_format, days_of, iso_days
from mine_geo.intake.matching import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Bad = NDArray[np.bool_]


EPOCH: Final = "epoch_ms"
"""Among the formats of days: milliseconds since 1970, in UTC; of 11 figures or more (the first
months of 1970 would look like a year or the number of a day)."""

EXCEL: Final = {"excel_1900": "1899-12-30", "excel_1904": "1904-01-01"}
"""Among the formats of days: numbers of days as a spreadsheet keeps them, by the day of number 0.
1900 is usual; 1904 is of old workbooks from a Macintosh. Five figures (1927 to 2173), so that no
year passes for one."""
_YEAR_FIRST: Final = r"^([12]\d{3})[-/]?([01]\d)[-/]?([0-3]\d)(?:[T ].*)?$"
_SERIAL: Final = r"[1-9]\d{4}(?:\.\d*)?"

_NOTHING: Final = frozenset({"", "<Null>", "NULL"})
"""What databases and Esri write for null."""
_FLAGS: Final = {
    **dict.fromkeys(("true", "1", "yes", "y", "t"), True),
    **dict.fromkeys(("false", "0", "no", "n", "f"), False),
}
_GROUPED_BY_SPACE: Final = re.compile("(?<=\\d)[ \u00a0\u202f\u2009'\u2019](?=\\d{3}(?!\\d))")
_DOT: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?"
_COMMA: Final = r"[+-]?(?:\d+,?\d*|,\d+)|[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?"


def read_texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return trimmed texts in Unicode NFC; whole numbers without their `.0`; null where blank.

    Examples
    --------
    >>> read_texts(pd.Series([12.0, None])).tolist()
    ['12', nan]
    >>> read_texts(pd.Series([" AP-1 ", "<Null>"])).tolist()
    ['AP-1', nan]
    """
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) != "string":
        found = [_written(value) for value in column]
    else:
        places, different = pd.factorize(column)
        written = [*(_written(value) for value in different.tolist()), None]
        found = [written[place] for place in places]
    return pd.Series(found, index=column.index, dtype="str")


def _written(value: Any) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        return str(int(value)) if float(value).is_integer() else str(value)
    text = unicodedata.normalize("NFC", str(value)).strip().strip("\u200b\ufeff").strip()
    return None if text in _NOTHING else text


def read_words(texts: pd.Series[Any], meanings: Mapping[str, str]) -> pd.Series[Any]:
    """Return texts with the words of a source in ours; what is not known stays as it is written.

    Parameters
    ----------
    texts
        As `read_texts` gives them.
    meanings
        Word of the source, in any case, with or without hyphens -> ours; "" means null.

    Examples
    --------
    >>> read_words(pd.Series(["confirmed  hazardous_area", "?"]), {
    ...     "Confirmed Hazardous Area": "CHA"}).tolist()
    ['CHA', '?']
    """
    if not meanings:
        return texts
    known = {fold(word): meaning or None for word, meaning in meanings.items()}
    places, different = pd.factorize(texts)
    found = [*(known.get(fold(text), text) for text in different.tolist()), None]
    return pd.Series([found[place] for place in places], index=texts.index, dtype="str")


def read_flags(texts: pd.Series[Any]) -> tuple[pd.Series[bool], Bad]:
    """Return true or false, false where nothing or nothing readable stands, and what is neither.

    Examples
    --------
    >>> flags, bad = read_flags(pd.Series(["Yes", None, "perhaps"]))
    >>> flags.tolist(), bad.tolist()
    ([True, False, False], [False, False, True])
    """
    read = texts.str.lower().map(_FLAGS)
    bad = (read.isna() & texts.notna()).to_numpy(dtype=bool)
    return (read == True).astype(bool), bad  # noqa: E712  (null is not true)


def read_days(
    column: pd.Series[Any], formats: tuple[str, ...] = ()
) -> tuple[pd.Series[pd.Timestamp], Bad]:
    """Return days (datetime64[ms], NaT where not readable), and which cells are no day.

    Understood are dates of pandas, ISO 8601 (also with slashes, year first), and the formats that
    are named; a moment with a time zone is the day that it was in Cambodia. Neither the number of
    a day in a spreadsheet nor 5/12/2022 is guessed at.

    Parameters
    ----------
    column
        Cells, of any dtype.
    formats
        As strptime has them, `epoch_ms`, `excel_1900` or `excel_1904`, in the order in which they
        are tried.

    Examples
    --------
    >>> days, bad = read_days(pd.Series(["2022-12-31", "5/12/2022"]))
    >>> days.dt.strftime("%d.%m.%Y").tolist(), bad.tolist()
    (['31.12.2022', nan], [False, True])
    >>> read_days(pd.Series(["5/12/2022"]), ("%d/%m/%Y",))[0][0]
    Timestamp('2022-12-05 00:00:00')
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return days_of(column), np.zeros(len(column), dtype=bool)
    written = read_texts(column)
    places, different = pd.factorize(written)
    texts = pd.Series(different, dtype="str").map(lambda text: text.translate(DIGITS))
    read = _days_of(texts.astype("str"), formats)
    days = pd.Series(
        np.append(read.to_numpy(), np.datetime64("NaT", "ms"))[places],
        index=column.index,
        dtype="datetime64[ms]",
    )
    return days, (days.isna() & written.notna()).to_numpy(dtype=bool)


def is_serial(texts: pd.Series[Any]) -> Bad:
    """Say which cells may be the number of a day in a spreadsheet.

    Examples
    --------
    >>> is_serial(pd.Series(["44926", "2022", "20221231", None])).tolist()
    [True, False, False, False]
    """
    return texts.str.fullmatch(_SERIAL).fillna(value=False).to_numpy(dtype=bool)


def is_never(texts: pd.Series[Any]) -> Bad:
    """Say which cells are written as a day, year first, that the calendar does not have.

    Examples
    --------
    >>> is_never(pd.Series(["20221131", "2022-02-30", "20221130", "5/12/2022", None])).tolist()
    [True, True, False, False, False]
    """
    parts = texts.str.extract(_YEAR_FIRST)
    joined = parts[0] + "-" + parts[1] + "-" + parts[2]
    days = pd.to_datetime(joined, format="%Y-%m-%d", errors="coerce")
    return (parts[0].notna() & days.isna()).to_numpy(dtype=bool)


def _days_of(texts: pd.Series[Any], formats: tuple[str, ...]) -> pd.Series[pd.Timestamp]:
    days = iso_days(texts)
    for written in formats:
        rest = texts[days.isna()]
        if written in EXCEL:
            rest = rest[rest.str.fullmatch(_SERIAL).fillna(value=False).astype(bool)]
            whole = np.floor(rest.astype(float)).astype("int64")
            days[rest.index] = pd.Timestamp(EXCEL[written]) + pd.to_timedelta(whole, unit="D")
        elif written == EPOCH:
            rest = rest[rest.str.fullmatch(r"\d{11,14}")]
            moments = pd.to_datetime(rest.astype("int64"), unit="ms", errors="coerce", utc=True)
            days[rest.index] = days_of(moments)
        else:
            days[rest.index] = days_in_format(rest, written)
    return days


def read_numbers(
    column: pd.Series[Any], *, factor: float = 1.0, decimal: str | None = None, whole: bool = False
) -> tuple[NDArray[np.float64], Bad]:
    """Return numbers (NaN where not readable), and which cells are no number that can be.

    Thousands may be set apart by spaces, commas or dots, tenths by a dot or a comma, where that is
    clear: from `decimal`, from the number (1,234,567), or from the other numbers of the column.
    12,345 alone is not read. A negative number or an infinite one cannot be.

    Parameters
    ----------
    column
        Cells, of any dtype.
    factor
        By what a number is multiplied: 10,000 for hectares to m².
    decimal
        The sign before the tenths, "." or ","; None where it is not known.
    whole
        Whether only whole numbers can be: items.

    Examples
    --------
    >>> read_numbers(pd.Series(["1 200,5", "12.5 ha", "-3"]))[0]
    array([1200.5,    nan,    nan])
    >>> read_numbers(pd.Series(["12,345", "1,234,567"]))[0], read_numbers(pd.Series(["12,345"]))[0]
    (array([  12345., 1234567.]), array([nan]))
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = column.to_numpy(dtype=float, na_value=np.nan, copy=True)
        there = column.notna().to_numpy(dtype=bool)
    else:
        written = read_texts(column)
        places, different = pd.factorize(written)
        numbers = np.append(_numbers_of(different, decimal, whole=whole), np.nan)[places]
        there = written.notna().to_numpy(dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        if factor != 1:  # to 13 digits: 0.29 m are 29 cm, and not 28.999999999999996
            numbers = np.array([float(f"{each * factor:.13g}") for each in numbers])
        bad = there & ~(np.isfinite(numbers) & (numbers >= 0))
        if whole:
            bad |= there & (numbers % 1 != 0)
    numbers[bad] = np.nan
    return numbers, bad


def _numbers_of(different: Any, decimal: str | None, *, whole: bool) -> NDArray[np.float64]:
    texts = pd.Series(
        [_GROUPED_BY_SPACE.sub("", text.translate(DIGITS)) for text in different.tolist()],
        dtype="str",
    )
    dots, commas = _read_as(texts, ".", whole=whole), _read_as(texts, ",", whole=whole)
    if decimal is not None:
        return dots if decimal == "." else commas
    by_dot, by_comma = ~np.isnan(dots), ~np.isnan(commas)
    numbers = np.where(by_dot, dots, commas)
    unclear = by_dot & by_comma & (dots != commas)
    dotted = texts.str.contains(".", regex=False).to_numpy(dtype=bool)
    only_dot, only_comma = by_dot & ~by_comma, by_comma & ~by_dot
    if only_dot.any() and only_comma.any():
        numbers[unclear] = np.nan
    elif only_comma.any():
        # Dots are thousands if another number shows it; programs write 12.345 whatever people do.
        shown = (only_comma & dotted).any()
        numbers[unclear] = np.where(dotted & ~shown, np.nan, commas)[unclear]
    elif not only_dot.any():
        numbers[unclear & ~dotted] = np.nan
    return numbers


def _read_as(texts: pd.Series[Any], decimal: str, *, whole: bool) -> NDArray[np.float64]:
    """Return numbers read with one sign before the tenths, NaN where they cannot be."""
    pattern, groups = (_DOT, ",") if decimal == "." else (_COMMA, ".")
    fits = texts.where(texts.str.fullmatch(pattern).astype(bool))
    plain = fits.str.replace(groups, "", regex=False).str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if whole:
        numbers = np.where(numbers % 1 == 0, numbers, np.nan)
    return np.asarray(numbers)
