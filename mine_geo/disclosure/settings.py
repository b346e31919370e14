"""The one set of parameters of all public outputs, and what each of them says of itself.

The parameters (`PublicSettings`) are set by the authority and kept in the store. Figures of
several thresholds, rules or roundings together tell what none of them tells alone: two thresholds
a metre apart find every hazard between them. So whatever is public is made with one set. Distances
are metres, sizes m².

The standing text (`StandingText`), in English and Khmer, says on pages, atlases, sheets and in
exported files that no record does not mean no danger: whose record the figures are and of when,
what they cannot know, what they are not for, and where to report and to ask. The words stand in
`mine_geo/words/standing.json`; an authority may set its own.
"""

from __future__ import annotations

import json
import math
import string
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from mine_geo.disclosure.withholding import CLEARANCE_M, LEAST_CLEARANCE_M
from mine_geo.errors import OptionError, choose, quoted, some
from mine_geo.terms import KINDS, OUTCOMES, RULES, THRESHOLD_M
from mine_geo.words import Pair, filled, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mine_geo.terms import Rule


TEXT_PLACES: Final = ("authority", "data", "known", "contact")
"""What the authority's own text may name in braces."""


@dataclass(frozen=True)
class StandingText:
    """What an authority has its public outputs say, each in English and Khmer; None: the usual.

    Raises
    ------
    OptionError
        If a text is empty in one of the languages, or names anything but `TEXT_PLACES` in braces.

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
            unknown = _named(half) - set(TEXT_PLACES)
            if unknown:
                raise OptionError(
                    f"standing text: {some(f'{{{name}}}' for name in sorted(unknown))} is not "
                    f"known there; use {', '.join(f'{{{name}}}' for name in TEXT_PLACES)}"
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


USUAL_TEXT: Final = StandingText()
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
    parts = (text or USUAL_TEXT).paragraphs(data=(data, data), known=(known, known))
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


LEAST_COUNT: Final = 5
ROUND_M2: Final = 1_000
NONE_SUPPRESSED: Final = 1
LEAST_TOLD: Final = 3
"""Where "fewer than N" is said, N is at least this: "fewer than 2" would say: one."""
MOST_ROUND_M2: Final = 10_000_000
TEXTS: Final = ("authority", "contact", "text")


@dataclass(frozen=True)
class PublicSettings:
    """How everything that is shown to everybody is made.

    Raises
    ------
    OptionError
        If a value is none that can be; the message says which there are.

    Examples
    --------
    >>> PublicSettings().least_count, PublicSettings(round_m2=10_000).round_m2
    (5, 10000)
    >>> PublicSettings(least_count=2)
    Traceback (most recent call last):
    mine_geo.errors.OptionError: least_count 2: "fewer than 2" would say one; give 3 or more, ...
    """

    threshold_m: float = THRESHOLD_M
    """Nearer to the border than this is near."""

    rule: Rule = "edge"
    """What decides the zone, one of `terms.RULES`."""

    include_coast: bool = False
    """Whether the coast is border too."""

    least_count: int = LEAST_COUNT
    """A figure of fewer hazards than this is not shown, but for none; 1 shows every figure."""

    round_m2: int = ROUND_M2
    """Sizes are rounded to multiples of this, m²; 1 does not round."""

    clearance_m: float = CLEARANCE_M
    """How far released land lies at least from all that remains if it is drawn."""

    tell_waiting: bool = False
    """Whether the number of records that wait to be accepted is told."""

    authority: Pair | None = None
    """By whom the figures are recorded, for the standing text; None: the usual words."""

    contact: Pair | None = None
    """Where to report and to ask, for the standing text."""

    text: Pair | None = None
    """The whole standing text of public outputs."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        choose(self.rule, RULES, "rule")
        if not _number(self.threshold_m) or self.threshold_m <= 0:
            raise OptionError(f"threshold_m {quoted(self.threshold_m)}: give metres, above 0")
        if not _number(self.clearance_m) or self.clearance_m < LEAST_CLEARANCE_M:
            raise OptionError(f"clearance_m {quoted(self.clearance_m)}: give metres, at least 1")
        for name in ("include_coast", "tell_waiting"):
            if not isinstance(getattr(self, name), bool):
                raise OptionError(f"{name} {quoted(getattr(self, name))}: give true or false")
        if not _whole(self.least_count) or self.least_count < NONE_SUPPRESSED:
            raise OptionError(f"least_count {quoted(self.least_count)}: give a whole number")
        if NONE_SUPPRESSED < self.least_count < LEAST_TOLD:
            raise OptionError(
                f'least_count {self.least_count}: "fewer than {self.least_count}" would say one; '
                f"give {LEAST_TOLD} or more, or {NONE_SUPPRESSED} to show every figure"
            )
        if not _whole(self.round_m2) or not 1 <= self.round_m2 <= MOST_ROUND_M2:
            raise OptionError(
                f"round_m2 {quoted(self.round_m2)}: give whole m², 1 (as it is) to "
                f"{MOST_ROUND_M2:,}, as 1000 or 10000"
            )
        for name in TEXTS:
            pair = getattr(self, name)
            if pair is not None and not (len(pair) == 2 and all(map(_said, pair))):
                raise OptionError(f"{name}: give words in English and in Khmer")
        StandingText(self.authority, self.contact, self.text)  # refuses what it cannot say

    @property
    def standing_text(self) -> StandingText | None:
        """What the authority has its public outputs say; None: the usual words."""
        own = (self.authority, self.contact, self.text)
        return None if own == (None, None, None) else StandingText(*own)

    @property
    def suppresses(self) -> bool:
        """Whether figures of few hazards are left out."""
        return self.least_count > NONE_SUPPRESSED

    def check_told(
        self,
        *,
        threshold_m: float | None = None,
        rule: Rule | None = None,
        include_coast: bool | None = None,
    ) -> None:
        """Refuse a public output that is asked for otherwise than by the set.

        Parameters
        ----------
        threshold_m, rule, include_coast
            As they were asked for; None: they were not.

        Raises
        ------
        OptionError
            With what is set, and who can set it otherwise.

        Examples
        --------
        >>> PublicSettings().check_told(threshold_m=7000)
        >>> PublicSettings().check_told(threshold_m=3985)
        Traceback (most recent call last):
        mine_geo.errors.OptionError: public outputs are made with one set of parameters: ...
        """
        told = {"threshold_m": threshold_m, "rule": rule, "include_coast": include_coast}
        wrong = [
            f"{name} is {getattr(self, name)!r}, not {value!r}"
            for name, value in told.items()
            if value is not None and value != getattr(self, name)
        ]
        if wrong:
            raise OptionError(
                f"public outputs are made with one set of parameters: {', '.join(wrong)}; several "
                "together would tell where hazards lie: leave it out, or have the authority set "
                "it for all that is public (mine-geo public set)"
            )

    def to_json(self) -> str:
        """Return the set as a line of JSON.

        Examples
        --------
        >>> PublicSettings.of_json(PublicSettings(least_count=7).to_json()).least_count
        7
        """
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def of_json(cls, text: str) -> PublicSettings:
        """Return the set that a line of JSON says."""
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> PublicSettings:
        """Return a set of values by name; what is not there is as usual."""
        known = {each.name for each in fields(cls)}
        told = {name: value for name, value in values.items() if name in known}
        pairs = {name: tuple(told[name]) for name in TEXTS if told.get(name) is not None}
        return replace(cls(), **(told | pairs))

    def rounded(self, size_m2: int) -> int:
        """Return a size as it may be shown: the nearest multiple, more than none never none.

        Examples
        --------
        >>> [PublicSettings().rounded(size) for size in (0, 1, 1_499, 1_500, 12_345_678)]
        [0, 1000, 1000, 2000, 12346000]
        """
        if size_m2 <= 0:
            return 0
        return max(1, (size_m2 + self.round_m2 // 2) // self.round_m2) * self.round_m2


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _said(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


USUAL: Final = PublicSettings()
"""The set where the authority has set none."""
