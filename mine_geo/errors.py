"""The exceptions: one base, one class a fault, one table from class to exit code.

A message says what is wrong, which record, and how to mend it. Imports nothing of ours.
"""

from __future__ import annotations

import re
from os import PathLike
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_Word = TypeVar("_Word", bound=str)


class MineGeoError(Exception):
    """Base of every error that `mine_geo` raises on purpose."""


class OptionError(MineGeoError, ValueError):
    """An option or a name has no such value; the message lists the valid ones."""


class FileError(MineGeoError, OSError):
    """A file, or a layer of it, cannot be read or written."""


class CRSError(MineGeoError, ValueError):
    """The coordinate reference system is missing or cannot be trusted."""


class GeometryError(MineGeoError, ValueError):
    """A geometry is invalid, empty, or of the wrong type."""


class RecordError(MineGeoError, ValueError):
    """Records or columns are missing, repeated or outside the vocabulary."""


class OutsideError(MineGeoError, ValueError):
    """A hazard lies outside the country."""


class MixedError(MineGeoError, ValueError):
    """One total was asked over things that must not be added up."""


class UnknownNameError(MineGeoError, LookupError):
    """A province, district or other name is not in the table of names."""


class StoreError(MineGeoError):
    """Base of the faults of a store."""


class StoreNotFoundError(StoreError):
    """There is no store at that place."""


class UnreachableError(StoreError, ConnectionError):
    """The database does not answer."""


class NoPostGISError(StoreError):
    """The database has no PostGIS extension and none can be created."""


class SchemaVersionError(StoreError):
    """The store was written by a newer or older schema than this version reads."""


class ConflictError(StoreError):
    """A record with the same id and other content is already there."""


class NotSyntheticError(StoreError):
    """Invented sample data was about to be mixed with a real register, or the reverse."""


class ClockError(StoreError):
    """The clock and the last moment of the ledger are too far apart for either to be trusted."""


class EditionError(StoreError):
    """An edition of public outputs would tell, beside an earlier one, what neither tells."""


EXIT_CODES: Final[dict[type[MineGeoError], int]] = {
    MineGeoError: 1,
    OptionError: 2,
    FileError: 3,
    CRSError: 4,
    GeometryError: 5,
    RecordError: 6,
    OutsideError: 7,
    MixedError: 8,
    UnknownNameError: 9,
    StoreError: 10,
    StoreNotFoundError: 11,
    UnreachableError: 12,
    NoPostGISError: 13,
    SchemaVersionError: 14,
    ConflictError: 15,
    NotSyntheticError: 16,
    ClockError: 17,
    EditionError: 18,
}
"""The exit code of the command for each class; the nearest base counts."""

DIFFERENCES_EXIT: Final = 20
"""Exit code of `mine-geo reconcile` when figures differ."""
FINDINGS_EXIT: Final = 21
"""Exit code of `mine-geo check` when a record cannot enter the register."""
INTERRUPTED_EXIT: Final = 130
"""Exit code of the command when it was interrupted (Ctrl-C): 128 and the number of the signal."""


def exit_code(error: MineGeoError) -> int:
    """Return the exit code of an error: that of its nearest class in `EXIT_CODES`.

    Examples
    --------
    >>> exit_code(ConflictError("id AP-1 is there with another polygon"))
    15
    """
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


MOST_SHOWN: Final = 1_000
"""Characters of an id or a cell that are shown; a longer one is cut in its middle."""

# Controls, lone surrogates, and what hides or turns other letters; not the zero-width space and
# joiners of Khmer.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: object, most: int = MOST_SHOWN) -> str:
    r"""Return a text as it may stand in a line of a terminal: controls escaped, the longest cut.

    Parameters
    ----------
    text
        Anything: an id, a name, a message.
    most
        How many characters are shown; of a longer text the begin and the end, and its length.

    Examples
    --------
    >>> print(visible("AP-1\x1b[2J\n"), visible("A" * 1000, most=9))
    AP-1\x1b[2J\n AAAAAA…(1,000...characters)…AAA
    """
    said = str(text)
    if len(said) > most:
        tail = most // 3
        cut = f"…({len(said):,}\N{NO-BREAK SPACE}characters)…"
        said = f"{said[: most - tail]}{cut}{said[len(said) - tail :]}"
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), said)


def quoted(value: object) -> str:
    """Return a value as Python writes it, fit for a line; whatever it is.

    Examples
    --------
    >>> quoted("AP-1"), quoted(10**5000)
    ("'AP-1'", 'a int that cannot be written')
    """
    try:
        return visible(repr(value))
    except (ValueError, RecursionError):  # a number of thousands of digits; lists without end
        return f"a {type(value).__name__} that cannot be written"


def some(items: Iterable[object], most: int = 5) -> str:
    """List the first few items for a message of one line and count the rest.

    Examples
    --------
    >>> some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    texts = [visible(item) for item in items]
    shown = ", ".join(texts[:most])
    return f"{shown} and {len(texts) - most} more" if len(texts) > most else shown


_WORDS_AND_NUMBERS: Final = re.compile(r"[0-9]+|[^\W\d_]+")


def meant(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return which known name each unknown one may stand for: the same letters and numbers.

    Capitals, blanks, signs between and zeros in front of a number make no difference; where two
    known names are alike so, none is offered.

    Examples
    --------
    >>> meant(["ap-001", "AP 2", "AP-3"], ["AP-001", "AP-0002", "CM-3"])
    {'ap-001': 'AP-001', 'AP 2': 'AP-0002'}
    """
    there: dict[tuple[str, ...], list[str]] = {}
    for name in known:
        there.setdefault(_letters_and_numbers(name), []).append(name)
    found = {name: there.get(_letters_and_numbers(name), []) for name in names}
    return {name: like[0] for name, like in found.items() if len(like) == 1}


def _letters_and_numbers(name: str) -> tuple[str, ...]:
    parts = _WORDS_AND_NUMBERS.findall(name.casefold())
    return tuple(part.lstrip("0") or "0" if part[0].isdigit() else part for part in parts)


def choose(value: object, valid: Sequence[_Word], what: str) -> _Word:
    """Return `value` if it is one of `valid`; the error lists the valid ones.

    Raises
    ------
    OptionError
        If `value` is none of `valid`.

    Examples
    --------
    >>> choose("edge", ("edge", "area"), "rule")
    'edge'
    """
    for word in valid:
        if word == value:
            return word
    raise OptionError(f"{what} {quoted(value)} is unknown; valid: {', '.join(valid)}")


def in_order(
    call: str, *, names: Mapping[str, object], frames: Mapping[str, object | None]
) -> None:
    """Refuse a table where a name belongs, and a name where a table belongs.

    Parameters
    ----------
    call
        How it is called: its first arguments in their order.
    names, frames
        What was given for texts and for tables, by argument; None is left out.

    Raises
    ------
    OptionError
        In one line: which argument is wrong, what it is, and the right order.

    Examples
    --------
    >>> in_order("province(split, name)", names={"name": "Kep"}, frames={"split": None})
    >>> in_order("province(split, name)", names={"name": 2}, frames={})
    Traceback (most recent call last):
    mine_geo.errors.OptionError: province(split, name): name must be a text, not int; ...
    """
    wrong = [
        f"{argument} must be a text, not {type(value).__name__}"
        for argument, value in names.items()
        if value is not None and not isinstance(value, (str, PathLike))
    ]
    wrong += [
        f"{argument} must be a table, not {_shown(value)}"
        for argument, value in frames.items()
        if value is not None and not hasattr(value, "columns")
    ]
    if wrong:
        raise OptionError(f"{call}: {'; '.join(wrong)}; keep that order, or name the arguments")


def _shown(value: object) -> str:
    """Return a text in quotes, of anything else what it is."""
    return quoted(value[:40]) if isinstance(value, str) else type(value).__name__


__all__ = [
    "DIFFERENCES_EXIT",
    "EXIT_CODES",
    "FINDINGS_EXIT",
    "INTERRUPTED_EXIT",
    "MOST_SHOWN",
    "CRSError",
    "ClockError",
    "ConflictError",
    "EditionError",
    "FileError",
    "GeometryError",
    "MineGeoError",
    "MixedError",
    "NoPostGISError",
    "NotSyntheticError",
    "OptionError",
    "OutsideError",
    "RecordError",
    "SchemaVersionError",
    "StoreError",
    "StoreNotFoundError",
    "UnknownNameError",
    "UnreachableError",
    "choose",
    "exit_code",
    "in_order",
    "meant",
    "quoted",
    "some",
    "visible",
]


def __dir__() -> list[str]:
    return sorted(__all__)
