"""Cells of a table as they were written, cells of a CSV, and the days and moments people give.

Days and moments have one reading, for files, options and functions: ISO 8601, year first, or a
format that is named. 03/05/2024 is a day in May to one and in March to another, so without a named
format it is not read. Functions on columns return what can be read, and which cells cannot:
`hazards.to_hazards` raises on them, `checks` lists them.

There is one reader of texts, of flags, of numbers and of days, for frames that are handed over and
for files that are read: the same cell means the same, or is refused, wherever it comes from.

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
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, RecordError, visible
from mine_geo.terms import PERSONAL, TIME_ZONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


DIGITS: Final = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
"""Khmer digits to ours."""
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
MOST_QUOTED: Final = 60
_CLOCK: Final = r"[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?"
_ZONE: Final = r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SLASHED: Final = r"[0-9]{4}/[0-9]{2}/[0-9]{2}"
_ISO_DAY: Final = re.compile(_DAY)
_ISO_MOMENT: Final = re.compile(f"{_DAY}[T ]{_CLOCK}{_ZONE}")
_ISO: Final = f"(?:{_DAY}|{_SLASHED})(?:[T ]{_CLOCK}(?:{_ZONE})?)?"
_ZONED: Final = f"(?:{_DAY}|{_SLASHED})[T ]{_CLOCK}{_ZONE}"
_DIRECTIVE: Final = re.compile("%[-#]?(.)")
_WHOLE: Final = frozenset("dmYbBaAHIMSfpzZj%")
"""What a format may name; %y leaves the century open, %x and %c are another in each office."""

FLAGS: Final = {
    **dict.fromkeys(("true", "1", "yes", "y", "t", "oui", "vrai"), True),
    **dict.fromkeys(("false", "0", "no", "n", "f", "non", "faux"), False),
}
"""What says yes and no: databases, people, and spreadsheets in English and in French."""

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
_GROUPED_BY_SPACE: Final = re.compile("(?<=\\d)[ \u00a0\u202f\u2009'\u2019](?=\\d{3}(?!\\d))")
_DOT: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?"
_COMMA: Final = r"[+-]?(?:\d+,?\d*|,\d+)|[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?"

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


def day_of(value: Any, formats: tuple[str, ...] = ()) -> dt.date | None:
    """Return a day: a date, a text such as "2022-12-31", or a moment with its time zone.

    Parameters
    ----------
    value
        A date; ISO text, year first (Khmer digits too); an aware datetime, which is the day that
        it was in Cambodia; a Timestamp of midnight without a zone, as columns of days hold; None.
    formats
        Further formats of text, as strptime has them, in the order in which they are tried.

    Raises
    ------
    RecordError
        If it is anything else: no day is guessed.
    OptionError
        If a format does not say day, month and whole year.

    Examples
    --------
    >>> day_of("2022-12-31"), day_of("31/12/2022", ("%d/%m/%Y",))
    (datetime.date(2022, 12, 31), datetime.date(2022, 12, 31))
    >>> day_of("03/05/2024")
    Traceback (most recent call last):
        ...
    mine_geo.errors.RecordError: '03/05/2024' is not a day that is clear; write it as
    year-month-day, 2022-12-31, or say in which format it is
    """
    if value is None:
        return None
    if isinstance(value, np.datetime64) and np.datetime_data(value)[0] not in "YMW":
        value = pd.Timestamp(value)
    if isinstance(value, dt.date) and value is not pd.NaT:
        return _day_of_moment(value) if isinstance(value, dt.datetime) else value
    if isinstance(value, str):
        found = _day_of_text(value, formats)
        if found is not None:
            return found
    raise RecordError(
        f"{_quoted(value)} is not a day that is clear; write it as year-month-day, 2022-12-31, "
        "or say in which format it is"
    )


def _quoted(value: Any) -> str:
    """Return a value for a message: in one line, and not all of a long one."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits
        return f"a {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= MOST_QUOTED else f"{text[: MOST_QUOTED - 1]}…"


def _day_of_moment(value: dt.datetime) -> dt.date:
    if value.tzinfo is not None:
        return value.astimezone(ZoneInfo(TIME_ZONE)).date()
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return value.date()
    raise RecordError(
        f"{value} has no time zone; give the day, as {value.date()}, or say which zone, as in "
        f"{value}+07:00"
    )


def _day_of_text(value: str, formats: tuple[str, ...]) -> dt.date | None:
    text = value.strip().translate(DIGITS)
    if _ISO_DAY.fullmatch(text):
        with suppress(ValueError):  # no such day
            return dt.date.fromisoformat(text)
    for written in formats:
        read = days_in_format(pd.Series([text], dtype="str"), written)
        if read.notna()[0]:
            day: dt.date = read[0].date()
            return day
    return None


def moment_of(value: Any) -> dt.datetime | None:
    """Return a moment in UTC: an aware datetime, or an ISO text with its offset.

    Raises
    ------
    RecordError
        If it has no time zone, or is not a moment.

    Examples
    --------
    >>> moment_of("2023-01-01T06:00:00+07:00").isoformat()
    '2022-12-31T23:00:00+00:00'
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip().translate(DIGITS)
        if not _ISO_MOMENT.fullmatch(text):
            lacks = re.fullmatch(f"{_DAY}[T ]{_CLOCK}", text)
            wrong = "has no time zone" if lacks else "is not a moment"
            raise RecordError(
                f"{_quoted(value)} {wrong}; write day, time and zone, as in "
                "2023-01-01T06:00:00+07:00"
            )
        moment = pd.to_datetime(text.replace(",", "."), format="ISO8601", errors="coerce")
    elif isinstance(value, dt.datetime):
        moment = pd.Timestamp(value)
    else:
        raise RecordError(f"{_quoted(value)} is not a moment; write 2023-01-01T06:00:00+07:00")
    if pd.isna(moment):
        raise RecordError(f"{_quoted(value)} is not a moment; write 2023-01-01T06:00:00+07:00")
    if moment.tzinfo is None:
        raise RecordError(f"{value} has no time zone; say which, as in {value}+07:00")
    return moment.tz_convert("UTC").to_pydatetime()


def in_words(day: dt.date) -> str:
    """Write a day so that nobody can take the month for the day.

    Examples
    --------
    >>> in_words(dt.date(2024, 5, 3))
    '3 May 2024'
    """
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def check_format(written: str) -> str:
    """Return a format of days if it says day, month and whole year, wherever it is read.

    Raises
    ------
    OptionError
        If it does not.

    Examples
    --------
    >>> check_format("%d/%m/%Y")
    '%d/%m/%Y'
    >>> check_format("%d/%m/%y")
    Traceback (most recent call last):
        ...
    mine_geo.errors.OptionError: format of days '%d/%m/%y': %y is not taken; say day, month and the
    whole year, as %d/%m/%Y does
    """
    strange = [f"%{one}" for one in _DIRECTIVE.findall(written) if one not in _WHOLE]
    mend = "say day, month and the whole year, as %d/%m/%Y does"
    if strange:
        raise OptionError(f"format of days {written!r}: {strange[0]} is not taken; {mend}")
    day = pd.Timestamp(2001, 2, 3)
    try:
        read = pd.to_datetime(day.strftime(written), format=written)
    except ValueError as error:
        raise OptionError(f"format of days {written!r}: {error}; {mend}") from error
    if read.tz_localize(None) != day:
        raise OptionError(f"format of days {written!r} does not say all of a day; {mend}")
    return written


def read_days(
    column: pd.Series[Any], formats: tuple[str, ...] = ()
) -> tuple[pd.Series[pd.Timestamp], NDArray[np.bool_]]:
    """Return days (datetime64[ms], NaT where not readable), and which cells are no day.

    Understood are dates of pandas, ISO 8601 (also with slashes, year first), and the formats that
    are named; a moment with a time zone is the day that it was in Cambodia. Neither the number of
    a day in a spreadsheet nor 5/12/2022 is guessed.

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


def is_serial(texts: pd.Series[Any]) -> NDArray[np.bool_]:
    """Say which cells may be the number of a day in a spreadsheet.

    Examples
    --------
    >>> is_serial(pd.Series(["44926", "2022", "20221231", None])).tolist()
    [True, False, False, False]
    """
    return texts.str.fullmatch(_SERIAL).fillna(value=False).to_numpy(dtype=bool)


def is_never(texts: pd.Series[Any]) -> NDArray[np.bool_]:
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


def days_of(moments: pd.Series[Any]) -> pd.Series[Any]:
    """Return the days of moments (datetime64[ms]); with a time zone as it was day in Cambodia.

    Examples
    --------
    >>> days_of(pd.Series(pd.to_datetime(["2022-12-31T18:00Z"])))[0]
    Timestamp('2023-01-01 00:00:00')
    """
    if isinstance(moments.dtype, pd.DatetimeTZDtype):
        moments = moments.dt.tz_convert(TIME_ZONE).dt.tz_localize(None)
    return moments.dt.normalize().astype("datetime64[ms]")


def read_moments(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return moments in UTC; NaT where nothing, no moment, or none with a time zone stands.

    Examples
    --------
    >>> read_moments(pd.Series(["2023-01-01T06:00+07:00", "2023-01-01T06:00", "2023"])).tolist()
    [Timestamp('2022-12-31 23:00:00+0000', tz='UTC'), NaT, NaT]
    """
    texts = read_texts(column).str.translate(DIGITS)
    zoned = texts.str.fullmatch(_ZONED).fillna(value=False).astype(bool)
    return iso_moments(texts.where(zoned))


def iso_moments(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Return the moments of ISO texts in UTC, in which those without a time zone are; else NaT.

    Examples
    --------
    >>> iso_moments(pd.Series(["2022-12-31", "2022-12-31T06:00+07:00", "2022"])).tolist()
    [Timestamp('2022-12-31 00:00:00+0000', tz='UTC'),
    Timestamp('2022-12-30 23:00:00+0000', tz='UTC'), NaT]
    """
    plain = texts.astype("str").str.replace("/", "-", regex=False)
    clear = texts.astype("str").str.fullmatch(_ISO).fillna(value=False).astype(bool)
    return pd.to_datetime(plain.where(clear), errors="coerce", utc=True, format="ISO8601")


def iso_days(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Return the days of ISO texts (datetime64[ms]), NaT where a text is none.

    Year, month and day must all be there, year first, with hyphens or slashes; a time may follow,
    and a time zone, which counts as in `days_of`.

    Examples
    --------
    >>> iso_days(pd.Series(["2022-12-31", "2022-12-31T20:00Z", "2022", "31/12/2022"])).tolist()
    [Timestamp('2022-12-31 00:00:00'), Timestamp('2023-01-01 00:00:00'), NaT, NaT]
    """
    written = texts.reset_index(drop=True)
    plain = written.str.replace("/", "-", regex=False)
    days = pd.Series(pd.NaT, index=plain.index, dtype="datetime64[ms]")
    iso = written.str.fullmatch(_ISO).fillna(value=False).astype(bool)
    zoned = iso & written.str.fullmatch(_ZONED).fillna(value=False).astype(bool)
    for these, utc in ((iso & ~zoned, False), (zoned, True)):
        read = pd.to_datetime(plain[these], format="ISO8601", errors="coerce", utc=utc)
        days[read.index] = days_of(read)
    return days.mask(days.dt.year < 1).set_axis(texts.index)  # pandas has a year 0


def days_in_format(texts: pd.Series[Any], written: str) -> pd.Series[Any]:
    """Return the days of texts in a format of strptime (datetime64[ms]), NaT where they are not.

    Examples
    --------
    >>> days_in_format(pd.Series(["3 May 2024", "2024-05-03"]), "%d %B %Y").tolist()
    [Timestamp('2024-05-03 00:00:00'), NaT]
    """
    return days_of(pd.to_datetime(texts, format=written, errors="coerce", utc="%z" in written))


def read_numbers(
    column: pd.Series[Any], *, factor: float = 1.0, decimal: str | None = None, whole: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
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


def read_flags(column: pd.Series[Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which cells say yes, and which say neither yes nor no; null says no.

    Parameters
    ----------
    column
        Cells, of any dtype; the words of `FLAGS` in any case, digits also Khmer.

    Examples
    --------
    >>> flags, bad = read_flags(pd.Series([True, "no", 1.0, "Oui", "maybe", None]))
    >>> flags.tolist(), bad.tolist()
    ([True, False, True, True, False, False], [False, False, False, False, True, False])
    """
    if column.dtype == bool:
        return column.to_numpy(), np.zeros(len(column), dtype=bool)
    words = read_texts(column).str.translate(DIGITS).str.casefold().str.removesuffix(".0")
    flags = words.map(FLAGS)
    bad = (flags.isna() & words.notna()).to_numpy(dtype=bool)
    return (flags == True).to_numpy(dtype=bool), bad  # noqa: E712  (null is not true)


def changed(column: str, before: str, after: str) -> str:
    """Say how a column of a record has changed; of a personal one only that it has.

    Examples
    --------
    >>> changed("village", "Ta Sanh", "Ou Tim"), changed("personal_surveyor", "Sok", "Chan")
    ('village: Ta Sanh -> Ou Tim', 'personal_surveyor: changed')
    """
    if column.startswith(PERSONAL):
        return f"{column}: changed"
    return f"{column}: {before} -> {after}"


def personal_of(columns: Iterable[Any]) -> list[Any]:
    """Return the personal columns among some, those that a profile marked.

    Examples
    --------
    >>> personal_of(["hazard_id", "personal_surveyor"])
    ['personal_surveyor']
    """
    return [name for name in columns if str(name).startswith(PERSONAL)]
