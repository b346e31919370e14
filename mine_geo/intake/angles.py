"""Degrees as people write them, to numbers: decimal, degrees-minutes-seconds, degrees-minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = pd.Series[Any]

Axis = Literal["lon", "lat"]
MOST_DEGREES: Final = {"lon": 180.0, "lat": 90.0}
SIDES: Final = {"lon": ("E", "W"), "lat": ("N", "S")}

_MARKS: Final = (
    ("\u00c2?[°\u00ba\u02da\u2218]", "°"),  # UTF-8 read as Windows-1252 leaves the first
    ("''|[\u2033\u201c\u201d\u201e\u02ba]", '"'),
    ("[\u2018\u2019\u2032\u00b4`\u02b9]", "'"),
    ("[\u2212\u2012\u2013\u2014]", "-"),
    ("[\\s\u00a0\u2009\u202f\ufeff]+", " "),
    ("^ | $", ""),
    ("''", '"'),
)
"""Spellings of one mark: degree, second, minute, minus, space."""
_KHMER: Final = {0x17E0 + digit: str(digit) for digit in range(10)}
PLAIN: Final = r"[+-]?(?:[0-9]{1,20}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE]-[0-9]{1,3})?"

_SIDE: Final = "(?:NORTH|SOUTH|EAST|WEST|[Nn]orth|[Ss]outh|[Ee]ast|[Ww]est|[NSEWnew])"
# A small s alone is no side: it marks seconds.
_BEGIN: Final = rf"^(?P<before>{_SIDE})?[ :]{{0,2}}(?P<sign>[+-])? ?"
_END: Final = rf" ?(?P<after>{_SIDE})?$"
_PART: Final = r"(?:\.[0-9]{0,40})?"
_D: Final = rf"(?P<d>[0-9]{{1,3}}{_PART})"
_M: Final = rf"(?P<m>[0-9]{{1,2}}{_PART})"
_S: Final = rf"(?P<s>[0-9]{{1,2}}{_PART})"
_MARKED: Final = (
    rf"{_BEGIN}{_D}"
    rf"(?:(?: ?[°:-] ?| ){_M}(?:(?: ?[':-] ?| ){_S}(?: ?[\"'])?| ?')?| ?°)?{_END}"
)
_LETTERED: Final = (
    rf"{_BEGIN}{_D} ?(?:d|deg|DEG|degrees)\.?"
    rf"(?: ?{_M} ?(?:m|min|MIN|minutes|')\.?(?: ?{_S} ?(?:s|sec|SEC|seconds|\")?\.?)?)?{_END}"
)
_PACKED: Final = {
    axis: rf"^(?P<before>{_SIDE})? ?(?P<sign>[+-])?(?P<d>[0-9]{{{digits}}})"
    rf"(?P<m>[0-9]{{2}}{_PART})(?P<s>[0-9]{{2}}{_PART})?{_END}"
    for axis, digits in (("lon", 3), ("lat", 2))
}


@dataclass(frozen=True)
class Numbers:
    """Numbers read from text, row by row."""

    number: pd.Series[float]
    """NaN where a text cannot be read; index of the texts."""
    reasons: pd.Series[Any]
    """Why not, as text; null where it was read."""


def degrees(texts: Texts, axis: Axis) -> Numbers:
    r"""Read longitudes or latitudes, in degrees.

    Parameters
    ----------
    texts
        Decimal degrees (13.358, 13,358, 13.358 N, N13.358°), degrees and minutes
        (13°21.508'), degrees, minutes and seconds with marks, spaces, hyphens or colons
        (13°21'30.5"N, 13 21 30.5, 13-21-30.5 N, 13d21m30.5s), or packed with their letter
        (132130.5N, 1045230.5E, 1321.508N); digits may be Khmer. Letters N, S, E, W before or
        after; S and W are negative, and so is a minus without a letter.
    axis
        What the column holds: "lon" or "lat". A letter of the other one is not read.

    Returns
    -------
    Numbers
        Degrees. Not read: a number beyond 180 (90), 60 minutes and more, a sign together with S
        or W, a part of degrees beside minutes.

    Examples
    --------
    >>> texts = pd.Series(["13°21'30\"N", "13 21.5", "13,3583", "104.5 E", "13 61 00"])
    >>> read = degrees(texts, "lat")
    >>> read.number.round(6).tolist()
    [13.358333, 13.358333, 13.3583, nan, nan]
    >>> read.reasons[3]
    "'104.5 E' is no latitude: E"
    """
    written = as_written(texts)
    number, other = plain_numbers(written)
    reasons = pd.Series(None, index=texts.index, dtype="str")
    if other.any():
        read = _angles(normal(written[other]).str.replace(",", ".", regex=False), axis)
        number[other], reasons[other] = read.number, read.reasons
    most, name = MOST_DEGREES[axis], {"lon": "longitude", "lat": "latitude"}[axis]
    reasons = reasons.mask(number.abs() > most, f"beyond {most:g} degrees")
    bad = number.isna() | reasons.notna()
    reasons[bad] = (quoted(written[bad]) + f" is no {name}: " + reasons[bad]).fillna(
        f"{name} is empty"
    )
    return Numbers(number.mask(bad), reasons)


def plain_numbers(written: Texts) -> tuple[pd.Series[float], pd.Series[bool]]:
    """Return the numbers that are written plainly, with a point; and which others hold text."""
    plain = written.str.fullmatch(PLAIN).fillna(value=False).astype(bool)
    number = pd.Series(np.nan, index=written.index)
    number[plain] = written[plain].astype(float)
    return number, ~plain & written.notna()


def as_written(texts: Texts) -> Texts:
    """Return texts as dtype str, null where they are blank."""
    written = texts.astype("str")
    return written.mask(written.str.strip() == "")


def quoted(written: Texts) -> Texts:
    """Return texts in quotes for a message, long ones cut."""
    shown = written.str.replace("\\s+", " ", regex=True)
    return "'" + shown.where(~(shown.str.len() > 40), shown.str.slice(0, 40) + "...") + "'"


def normal(texts: Texts) -> Texts:
    """Return texts trimmed, with one spelling of each mark, and Khmer digits as 0 to 9."""
    khmer = texts.str.contains("[\u17e0-\u17e9]").fillna(value=False).astype(bool)
    if khmer.any():
        texts = texts.where(~khmer, texts.str.translate(_KHMER))
    for spellings, mark in _MARKS:
        texts = texts.str.replace(spellings, mark, regex=True)
    return texts


def groups(texts: Texts, pattern: str, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the named groups of a pattern, null in rows that do not match, "" for an unused one.

    Arrow's regular expressions (RE2): ten times as fast as those of Python on a column.
    """
    found = pc.extract_regex(pa.array(texts, type=pa.large_string(), from_pandas=True), pattern)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    matched = found.is_valid().to_numpy(zero_copy_only=False)
    columns: Mapping[str, Any] = {
        name: pd.Series(found.field(name).to_pandas(), dtype="str").to_numpy(dtype=object)
        for name in names
    }
    frame = pd.DataFrame(columns, index=texts.index, dtype="str")
    return frame.where(pd.Series(matched, index=texts.index), None)


def _angles(plain: Texts, axis: Axis) -> Numbers:
    """Read what is more than a decimal number; reasons say what is wrong with it."""
    names = ("before", "sign", "d", "m", "s", "after")
    marked = groups(plain, _MARKED, names)
    lettered = groups(plain, _LETTERED, names)
    packed = groups(plain, _PACKED[axis], names)
    packed = packed.where((packed["before"] != "") ^ (packed["after"] != ""))
    parts = marked.where(marked["d"].notna(), lettered).where(
        marked["d"].notna() | lettered["d"].notna(), packed
    )
    readable = parts["d"].notna()
    parts = parts.fillna("")
    side = (parts["before"] + parts["after"]).str.slice(0, 1).str.upper()
    d, m, s = (parts[name].replace("", "0").astype(float) for name in "dms")
    has_m, has_s = parts["m"] != "", parts["s"] != ""
    inner = (has_m & parts["d"].str.contains(".", regex=False)) | (
        has_s & parts["m"].str.contains(".", regex=False)
    )
    reasons = pd.Series(None, index=plain.index, dtype="str")
    faults = (
        (((side != "") & ~side.isin(SIDES[axis])), side),
        ((m > 60) | (s > 60), "minutes or seconds beyond 60"),
        (inner, "decimals before its last part"),
        ((parts["sign"] == "-") & (side != ""), "a minus and a letter"),
        ((parts["before"] != "") & (parts["after"] != ""), "a letter at both ends"),
        (~readable, "written in no way that is known"),
    )
    for mask, reason in faults:
        reasons = reasons.mask(mask, reason)
    negative = side.isin(("S", "W")) | (parts["sign"] == "-")
    number: pd.Series[float] = (d + m / 60 + s / 3600) * np.where(negative, -1.0, 1.0)
    return Numbers(number.mask(reasons.notna()), reasons)
