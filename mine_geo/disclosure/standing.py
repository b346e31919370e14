"""What every public output says of itself: that no record does not mean no danger.

One standing text, in English and Khmer, for pages, atlases, sheets and exported files: whose
record the figures are and of when, what they cannot know, what they are not for, and where to
report and to ask. The words stand in `mine_geo/words/standing.json`; an authority may set its own
(`StandingText`).
"""

from __future__ import annotations

import string
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from mine_geo.errors import OptionError, some
from mine_geo.terms import KINDS, OUTCOMES
from mine_geo.words import Pair, filled, table

if TYPE_CHECKING:
    from collections.abc import Iterable


PLACES: Final = ("authority", "data", "known", "contact")
"""What the authority's own text may name in braces."""


@dataclass(frozen=True)
class StandingText:
    """What an authority has its public outputs say, each in English and Khmer; None: the usual.

    Raises
    ------
    OptionError
        If a text is empty in one of the languages, or names anything but `PLACES` in braces.

    Examples
    --------
    >>> own = StandingText(contact=("hotline 999", "ទូរស័ព្ទ 999"))
    >>> own.paragraphs(data=("as of 2022", "2022"), known=("today", "ថ្ងៃនេះ"))[-1][0][-27:]
    'for questions: hotline 999.'
    >>> StandingText(text=("{day}", "{day}"))
    Traceback (most recent call last):
    mine_geo.errors.OptionError: standing text: {day} is not known there; ...
    """

    authority: Pair | None = None
    """By whom the figures are recorded."""

    contact: Pair | None = None
    """Where to report and to ask."""

    text: Pair | None = None
    """The whole text instead of the usual one; `{authority}`, `{data}` (the day of the data),
    `{known}` (the day on which it was known) and `{contact}` stand for what they name."""

    def __post_init__(self) -> None:
        """Refuse a text that would be printed half."""
        for name in (each.name for each in fields(self)):
            pair = getattr(self, name)
            if pair is not None and not (len(pair) == 2 and all(half.strip() for half in pair)):
                raise OptionError(f"standing text: {name} needs words in English and in Khmer")
        for half in self.text or ():
            unknown = _named(half) - set(PLACES)
            if unknown:
                raise OptionError(
                    f"standing text: {some(f'{{{name}}}' for name in sorted(unknown))} is not "
                    f"known there; use {', '.join(f'{{{name}}}' for name in PLACES)}"
                )

    def paragraphs(self, *, data: Pair, known: Pair) -> tuple[Pair, ...]:
        """Return the text in its parts.

        Parameters
        ----------
        data
            The day of the data, as "as of 31 December 2022".
        known
            The day on which it was known.
        """
        values = {
            "authority": self.authority or table()["standing.authority"],
            "contact": self.contact or table()["standing.contact"],
            "data": data,
            "known": known,
        }
        if self.text is not None:
            return (filled(self.text, **values),)
        parts = ("recorded", "unknown", "use", "report")
        return tuple(filled(table()[f"standing.{part}"], **values) for part in parts)


def _named(text: str) -> set[str]:
    """Return what stands in braces.

    Raises
    ------
    OptionError
        If the braces do not pair, or hold more than a name.
    """
    try:
        found = list(string.Formatter().parse(text))
    except ValueError as error:
        raise OptionError(f"standing text: {error}; write a brace as {{{{ or }}}}") from error
    return {f"{name}{form and ':'}{form}" for _, name, form, _ in found if name is not None}


USUAL: Final = StandingText()
"""The text where the authority has set none."""


def not_counted(
    kinds: Iterable[Any], *, waiting: bool = False, accepted: bool = True, unplaced: bool = False
) -> Pair:
    """Name what figures do not count: it stands wherever they say that none is recorded.

    Parameters
    ----------
    kinds
        The kinds that are counted; one that is none (null) says nothing.
    waiting
        Whether records that wait to be accepted are left out.
    accepted
        Whether accepted records are counted.
    unplaced
        Whether hazards have no unit recorded, and may lie in the one that is shown.

    No number: kinds are never added up, and a page says by itself how many of each there are.

    Examples
    --------
    >>> not_counted(["ap_minefield"], waiting=True, unplaced=True)[0]
    'records that wait to be accepted; hazards for which no unit is recorded; all kinds but AP
     minefields; ground that nobody has surveyed'
    >>> not_counted([])[0]
    'other kinds of explosive ordnance; ground that nobody has surveyed'
    """
    words = table()
    items = []
    if waiting:
        items.append(words["standing.waiting"])
    if not accepted:
        items.append(words["standing.accepted"])
    if unplaced:
        items.append(words["standing.no_unit"])
    shown = set(kinds)
    known = [words[f"kind.{kind}"] for kind in KINDS if kind in shown]
    if known and len(known) < len(KINDS):
        items.append(filled(words["standing.other_kinds"], kinds=_joined(known, ", ")))
    else:
        items.append(words["standing.unknown_kind"])
    items.append(words["standing.unsurveyed"])
    return _joined(items, "; ")


def _joined(pairs: list[Pair], between: str) -> Pair:
    return between.join(pair[0] for pair in pairs), between.join(pair[1] for pair in pairs)


def outcomes() -> tuple[tuple[Pair, Pair], ...]:
    """Return the name of each outcome of land release, and what it means (IMAS 04.10, 07.11).

    Examples
    --------
    >>> [name[0] for name, _ in outcomes()]
    ['cancelled', 'reduced', 'cleared']
    """
    words = table()
    return tuple((words[f"outcome.{each}"], words[f"standing.{each}"]) for each in OUTCOMES)


def metadata(data: str, known: str, text: StandingText | None = None) -> list[tuple[str, str]]:
    """Return the standing text and the outcomes as names and texts, for the metadata of a file.

    Parameters
    ----------
    data, known
        The day of the data and the moment at which it was known, as the file says them.
    text
        The authority's own; else the usual one.

    Examples
    --------
    >>> [name for name, _ in metadata("2022-12-31", "not recorded")]
    ['notice', 'notice_km', 'cancelled', 'reduced', 'cleared', 'cancelled_km', 'reduced_km',
     'cleared_km']
    """
    parts = (text or USUAL).paragraphs(data=(data, data), known=(known, known))
    title, meanings = table()["standing.title"], outcomes()
    rows = []
    for place, ending in ((0, ""), (1, "_km")):
        said = " ".join(part[place] for part in parts)
        rows.append((f"notice{ending}", f"{title[place]}{('.', '។')[place]} {said}"))
    for place, ending in ((0, ""), (1, "_km")):
        rows += [
            (f"{outcome}{ending}", meaning[place])
            for outcome, (_, meaning) in zip(OUTCOMES, meanings, strict=True)
        ]
    return rows
