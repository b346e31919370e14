"""Cells of a table as they were written, and the days and moments that people give.

Days and moments have one reading, for files, options and functions: ISO 8601, year first, or a
format that is named. 03/05/2024 is a day in May to one and in March to another, so without a named
format it is none. Functions on columns give what can be read, and say which records cannot:
`hazards.to_hazards` raises on them, `checks` lists them.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, RecordError
from mine_geo.terms import TIME_ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS: Final = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
"""Khmer digits, which say nothing else than ours."""
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

FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


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
    read = iso_days(pd.Series([text if _ISO_DAY.fullmatch(text) else None], dtype="str"))
    for written in formats:
        if read.isna()[0]:
            read = days_in_format(pd.Series([text], dtype="str"), written)
    return None if read.isna()[0] else read[0].date()


def moment_of(value: Any) -> dt.datetime | None:
    """Return a moment in UTC: an aware datetime, or an ISO text with its offset.

    Raises
    ------
    RecordError
        If it has no time zone, or is no moment.

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


def read_days(column: pd.Series[Any]) -> tuple[pd.Series[Any], NDArray[np.bool_]]:
    """Return days (datetime64[ms]; NaT where null or unreadable), and which cannot be read.

    A moment with a time zone becomes the day that it is in Cambodia.

    Examples
    --------
    >>> days, bad = read_days(pd.Series(["2022-12-31", "31/12/2022", None]))
    >>> days.dt.strftime("%Y-%m-%d").tolist(), bad.tolist()
    (['2022-12-31', nan, nan], [False, True, False])
    """
    if column.dtype.kind == "M":
        return days_of(column), np.zeros(len(column), dtype=bool)
    there = column.notna().to_numpy(dtype=bool)
    said = [
        str(value).strip().translate(DIGITS) if isinstance(value, str | dt.date) else None
        for value in column.astype(object).where(there, None).tolist()
    ]
    days = iso_days(pd.Series(said, index=column.index, dtype="str"))
    return days, days.isna().to_numpy(dtype=bool) & there


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
    said = [
        str(value).strip().translate(DIGITS) if isinstance(value, str | dt.datetime) else None
        for value in column.astype(object).where(column.notna(), None).tolist()
    ]
    texts = pd.Series(said, index=column.index, dtype="str")
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
    return days.set_axis(texts.index)


def days_in_format(texts: pd.Series[Any], written: str) -> pd.Series[Any]:
    """Return the days of texts in a format of strptime (datetime64[ms]), NaT where they are not.

    Examples
    --------
    >>> days_in_format(pd.Series(["3 May 2024", "2024-05-03"]), "%d %B %Y").tolist()
    [Timestamp('2024-05-03 00:00:00'), NaT]
    """
    return days_of(pd.to_datetime(texts, format=written, errors="coerce", utc="%z" in written))


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
