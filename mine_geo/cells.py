"""Cells of a hazard table as they were written, read as far as they can be.

Each `read_` function gives what can be read, and says which records cannot: `hazards.to_hazards`
raises on them, `checks` lists them.

And the rule of what a cell may hold at all, the same for every way into a store and for both of its
backends: what one of them cannot hold, neither takes. A text has no NUL, no half of a character, no
control character but tab and line break, and at most `TEXT_LENGTH` characters; an id none that
cannot be seen, and at most `ID_LENGTH`; a whole number has 64 bits, a number is finite.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from numbers import Number
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from mine_geo.errors import RecordError, visible
from mine_geo.terms import TIME_ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


TEXT_LENGTH: Final = 1_000_000
"""Characters that a text may have."""
ID_LENGTH: Final = 200
"""Characters that an id or a code may have: PostgreSQL indexes no more than 2,704 bytes, and an
event of several hazards has two ids in one."""
NAME_LENGTH: Final = 1000
"""Characters that the name of a column may have; forms have whole questions there."""
EVENT_ID_LENGTH: Final = 2 * ID_LENGTH + 50
"""Characters of an event_id that the store made of two ids."""
IDS: Final = {
    **dict.fromkeys(("hazard_id", "task_id", "province_code", "district_code"), ID_LENGTH),
    **dict.fromkeys(("event_id", "retracts", "transfer_id"), EVENT_ID_LENGTH),
}
"""The columns that are ids, and how long they may be."""
DEEPEST: Final = 20
"""How deep lists and records may lie in one another."""
MOST_WHOLE: Final = 2**63 - 1
FLOAT_WHOLE: Final = 2**53
"""Above this a whole number loses its last digit as a float."""

_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# An id that differs by what nobody sees is taken for another: Unicode's Cc, Cf, Zl and Zp too.
_UNFIT_ID: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class Unfit(NamedTuple):
    """A cell that no store takes."""

    place: int | None
    """The place of the record, from 0; None for the name of the column."""
    column: str
    why: str


def text_fault(text: str, most: int = TEXT_LENGTH, *, is_id: bool = False) -> str | None:
    r"""Say why no store takes a text, None where it does.

    Parameters
    ----------
    text
        The text.
    most
        How many characters it may have.
    is_id
        Whether it tells records apart: then nothing in it may be invisible.

    Examples
    --------
    >>> text_fault("a\x00b"), text_fault("Ta Sanh\n2"), text_fault("AP-1\u200b", is_id=True)
    ('holds a NUL (U+0000)', None, 'holds an invisible character (U+200B)')
    """
    if len(text) > most:
        return f"has {len(text):,} characters, more than {most:,}"
    found = (_UNFIT_ID if is_id else _UNFIT).search(text)
    if found is None:
        return None
    code = ord(found[0])
    what = "an invisible character"
    if code == 0:
        what = "a NUL"
    elif 0xD800 <= code <= 0xDFFF:
        what = "half a character"
    elif code < 0xA0:
        what = "a control character"
    return f"holds {what} (U+{code:04X})"


def value_fault(value: Any, *, deep: int = 0) -> str | None:
    """Say why no store takes a value, or what lies within it; None where it does.

    Examples
    --------
    >>> value_fault(2**63), value_fault({"a": [1, float("inf")]}), value_fault(7)
    ('is a whole number of more than 64 bits', 'is no finite number', None)
    """
    value = value.item() if isinstance(value, np.generic) else value
    why: str | None = None
    match value:
        case None | bool() | dt.date() | dt.time() | dt.timedelta():
            pass
        case int() if not -MOST_WHOLE - 1 <= value <= MOST_WHOLE:
            why = "is a whole number of more than 64 bits"
        case float() | decimal.Decimal() if math.isinf(value):
            why = "is no finite number"
        case int() | float() | decimal.Decimal():
            pass
        case bytes() | bytearray() | memoryview():
            why = "holds bytes"
        case dict() | list() | tuple() | set() | frozenset() | np.ndarray():
            why = _within_fault(value, deep)
        case _:
            why = text_fault(str(value))
    return why


def _within_fault(value: Any, deep: int) -> str | None:
    """Say why no store takes something in a list or record."""
    if deep >= DEEPEST:
        return f"is nested more than {DEEPEST} deep"
    names = value if isinstance(value, dict) else ()
    faults = [text_fault(str(name), NAME_LENGTH) for name in names]
    each = value.values() if isinstance(value, dict) else value
    faults += [value_fault(one, deep=deep + 1) for one in each]
    return next((why for why in faults if why), None)


def unfit_cells(table: pd.DataFrame) -> Iterator[Unfit]:
    r"""Give the cells, and the names of columns, that no store takes; geometry is not looked at.

    Examples
    --------
    >>> for each in unfit_cells(pd.DataFrame({"hazard_id": ["A\x1b", "B"]})):
    ...     print(*each)
    0 hazard_id holds a control character (U+001B)
    """
    for place, name in enumerate(table.columns):
        why = text_fault(str(name), NAME_LENGTH)
        if why:
            yield Unfit(None, str(name), why)
        column: pd.Series[Any] = table.iloc[:, place]
        if column.dtype == "geometry":
            continue
        if getattr(column.dtype, "kind", "") == "M":
            years = column.dt.year
            for at in np.flatnonzero((years < dt.MINYEAR) | (years > dt.MAXYEAR)):
                yield Unfit(int(at), str(name), "is no day of the years 1 to 9999")
            continue
        for at in _suspects(column, str(name).lower()):
            why = _cell_fault(column.iloc[at], str(name).lower())
            if why:
                yield Unfit(int(at), str(name), why)


def _cell_fault(value: Any, name: str) -> str | None:
    if name in IDS:
        why = None if isinstance(value, str) else value_fault(value)
        return why or text_fault(str(value).strip(), IDS[name], is_id=True)
    return value_fault(value)


def _suspects(column: pd.Series[Any], name: str) -> NDArray[np.intp]:
    """Return the places of a column that are worth a look; of most columns none."""
    kind = column.dtype
    if isinstance(kind, np.dtype) and kind.kind in "bm":
        return np.array([], dtype=np.intp)
    if pd.api.types.is_numeric_dtype(kind):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.flatnonzero(np.isinf(numbers) | (np.abs(numbers) >= MOST_WHOLE))
    there = np.flatnonzero(column.notna().to_numpy(dtype=bool))
    values = column.to_numpy(dtype=object)[there]
    if name in IDS or not all(isinstance(value, str) for value in values):
        return there
    # one look at all texts: hardly ever is there anything to find
    if max(map(len, values), default=0) <= TEXT_LENGTH and not _UNFIT.search("".join(values)):
        return np.array([], dtype=np.intp)
    return there


def refuse_unfit(table: pd.DataFrame, what: str = "record", label: str = "hazard_id") -> None:
    r"""Refuse a table with a cell that no store takes.

    Parameters
    ----------
    table
        Any table.
    what
        What a row is called in messages.
    label
        The column that names a row, in any capitals, if it is there.

    Raises
    ------
    RecordError
        Names the first such cell and counts the others.

    Examples
    --------
    >>> refuse_unfit(pd.DataFrame({"hazard_id": ["AP-1"], "village": ["a\x00b"]}))
    Traceback (most recent call last):
    mine_geo.errors.RecordError: AP-1: village holds a NUL (U+0000), which no store takes; ...
    """
    found = list(unfit_cells(table))
    if not found:
        return
    first = found[0]
    more = f"; {len(found) - 1:,} more cells are like it" if len(found) > 1 else ""
    name = f"column {visible(first.column)}"
    if first.place is not None:
        named = next((each for each in table.columns if str(each).lower() == label), None)
        row = f"{what} {first.place + 1}"
        if named is not None and first.column.lower() != label:
            row = visible(table[named].iloc[first.place])
        name = f"{row}: {visible(first.column)}"
    raise RecordError(f"{name} {first.why}, which no store takes; correct it{more}")


def as_column(values: list[Any], index: Any = None) -> pd.Series[Any]:
    """Return values as a column, whole numbers to the last digit also where some are missing.

    Examples
    --------
    >>> as_column([2**62 + 1, None]).tolist()
    [4611686018427387905, None]
    """
    whole = any(isinstance(each, int) and abs(each) > FLOAT_WHOLE for each in values)
    return pd.Series(values, index=index, dtype=object if whole else None)


def held(value: Any, most: int = TEXT_LENGTH, *, is_id: bool = False) -> str:
    r"""Return a value that no store takes as a text that shows what was there.

    Examples
    --------
    >>> held("a\x00b\n"), held(b"abc"), held(2**64)
    ('a\\x00b\n', '3 bytes', '18446744073709551616')
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value):,} bytes"
    try:
        text = str(value)
    except (ValueError, RecursionError):  # a number of thousands of digits; lists without end
        return f"a {type(value).__name__} that cannot be written"
    unfit = _UNFIT_ID if is_id else _UNFIT
    text = unfit.sub(lambda each: each[0].encode("unicode_escape").decode("ascii"), text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


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
