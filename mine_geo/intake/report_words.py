"""What a report says of itself: on which day, how many m² of which meaning, whether it is done.

Land surveyed, land worked on and land released are three things. A report that does not say that
land was released releases none. Sizes are m².
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from mine_geo.errors import some
from mine_geo.geo.cells import read_texts
from mine_geo.intake.columns import fold
from mine_geo.terms import ITEM_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

DAY_ORDER: Final = {
    "cleared": ("cleared_on", "happened_on", "reported_on"),
    "": ("happened_on", "surveyed_on", "cleared_on", "reported_on"),
}
"""By outcome (any other: "") the columns that its day is taken from: a survey never dates a
clearance."""
COMPLETIONS: Final = ("cleared_on", "happened_on")
"""Days that say that the work was done, and not only reported."""
TOLERANCE: Final = 0.1
"""How far two sizes may differ, of the larger, and still be the same."""

_SURVEY: Final = re.compile(r"(?i)(survey|\bnts\b|\bts\b)")
_RELEASE: Final = re.compile(r"(?i)(cancel|reduc|releas|clear|\blr\b|\blr_)")
_NOT: Final = re.compile(
    r"(?i)\b(?:no|not|cannot|\w+n['\u2019]t|none|nothing|without|nil|zero|0)\b[^.,;]{0,40}"
    r"\b(?:releas|cancel|reduc|clear)"
    r"|\bnothing\b|\bunreleased\b|\buncleared\b"
)
_GOES_ON: Final = re.compile(
    r"(?i)\b(?:partial|partly|part of|ongoing|on-going|continu|suspend|in progress|incomplete|"
    r"interim|not\s+(?:yet\s+)?(?:complete|finish|done))"
)
_DONE: Final = re.compile(r"(?i)\b(?:releas|cancell?ed|reduced|cleared)")
_KEPT: Final = re.compile(r"(?i)\b(?:confirm|remain)")
_FRENCH: Final = {
    "not_released": re.compile(
        r"(?i)\b(?:aucune?s?|pas|non|sans|rien)\b[^.,;]{0,40}"
        r"\b(?:lib[ée]r|annul|r[ée]dui|d[ée]pollu|d[ée]min[ée])"
    ),
    "ongoing": re.compile(
        r"(?i)\b(?:en cours|partiel|suspendu|interrompu|inachev|incompl[èe]t|se poursui|"
        r"non (?:achev|termin)|pas (?:encore )?(?:achev|termin|fini))"
    ),
    "released": re.compile(
        r"(?i)^(?!.*\brisque).*\b(?:lib[ée]r[ée]|annul[ée]|r[ée]duit|d[ée]pollu[ée])e?s?\b"
    ),
}
"""The conclusions that are certain in French, in the order in which they count."""
_IN_FRENCH: Final = re.compile(
    r"(?i)\b(?:aucune?|le|terres?|superficie|une|des|les|sont|pas|[aà] (?:lib[ée]rer|annuler))\b"
)
_AHEAD: Final = re.compile(
    r"(?i)\b(?:to|will|shall|should|must|may|can)\s+(?:not\s+)?be\s+\w{0,12}\s?"
    r"(?:releas|cancel|reduc|clear)|\b(?:sera|seront|[aà] [êe]tre)\b"
)
"""What shall be done, and was not."""
_KHMER_NOT: Final = re.compile("(?:មិន|គ្មាន|ពុំ)[^។ ]{0,30}(?:លុបចោល|កាត់បន្ថយ|បោសសម្អាត)")
"""Not, none, before: cancel, reduce, clear; for what is asked, since it may be said of mines."""
_LATIN: Final = 0x24F
"""The last letter of the Latin scripts."""
_ITEM: Final = re.compile(
    r"(?i)(?<![a-z])(?:mines?|ap|apm|av|avm|at|atm|uxos?|erw|axo|cmr?|ieds?|items?|devices?|"
    r"cluster|bombs?|bombies|bomblets?|sub-?munitions?|ordnance|grenades?|mortars?|rockets?|"
    r"projectiles?|fu[sz]es?|bl[uv]|pmn|pmd|pomz|mon|ozm|type|tm|ptm|m)(?![a-z])"
)
_NO_ITEM: Final = re.compile(
    r"(?i)(?<![a-z])(?:m2|m²|sqm|ha|area|size|depth|cm|no|nr|id|code|ref|date|day|year|lat|lon|"
    r"hours?|staff|dogs?|deminers?|of task|task)(?![a-z])"
)
_MODEL: Final = (
    r"(?:PMN|POMZ|NOMZ|MBV|PPM)(?:[ -]?\d{1,2}[A-Z]?)?"
    r"|(?:PMD|OZM|MON|TM[NMAD]?|BLU|BDU|MBV|MN|MD|M|type)[ -]?\d{2,3}[A-Z]?(?:[/-][A-Z\d]{1,2})?"
    r"|PMD[ -]?\d[A-Z]?"
)
"""How models of mines and submunitions are called: PMN-2, POMZ-2M, Type 72A, TM-57, BLU-26/B."""
_ONE_MODEL: Final = re.compile(rf"(?i){_MODEL}")
_OF_MODEL: Final = re.compile(
    r"(?i)^(?P<kind>.*[^\W\d_])[\s:_\-]*(?:[\s:_\-]|(?P<open>[(\[]))\s*"
    rf"(?:{_MODEL})(?(open)\s*[)\]])$"
)
_KINDS_OF_ITEMS: Final = {
    "ap_mines": re.compile(r"(?i)(?<![a-z])(?:ap|apm|pmn|pmd|pomz|ozm|mon|nomz)(?![a-z])"),
    "av_mines": re.compile(r"(?i)(?<![a-z])(?:av|avm|at|atm|tm[nmad]?)(?![a-z])"),
    "submunitions": re.compile(
        r"(?i)(?<![a-z])(?:cmr?|cluster|bombies|bomblets?|sub-?munitions?|blu)(?![a-z])"
    ),
    "uxo": re.compile(
        r"(?i)(?<![a-z])(?:uxos?|erw|axo|grenades?|mortars?|rockets?|projectiles?)(?![a-z])"
    ),
}
"""Words of a heading that may count items of a kind: for what is proposed, not for reading."""
_MANY: Final = 100_000
"""A number as high counts nothing that was found."""


class Doubt(NamedTuple):
    """Why a report may release nothing."""

    code: str
    message: str


@dataclass(frozen=True)
class Words:
    """What the words of one report say."""

    outcome: str
    activity: str
    """The word of its outcome as it is written, with the column."""
    column: str
    statuses: Sequence[tuple[str, str, str | None]]
    """Column, word and meaning (`completed`, `ongoing`; "" says nothing, None: not known)."""
    conclusions: Sequence[tuple[str, str, str | None]]
    """Column, text and meaning (`released`, `not_released`; None: by its words)."""
    comment: str | None
    done: bool
    """Whether its day is one of completion."""


@dataclass(frozen=True)
class Land:
    """The m² of one report, NaN where it says none."""

    drawn: float
    released: float
    by_outcome: Mapping[str, float]
    surveyed: float
    worked: float
    reported: float
    """Of which the heading does not say of which land they are."""


def meaning_of(text: str) -> str | None:
    """Return what a conclusion says: `released`, `not_released`, `ongoing`; None if nothing.

    Examples
    --------
    >>> [meaning_of(text) for text in ("Confirmed, no land released", "Land cancelled", "good way")]
    ['not_released', 'released', None]
    >>> [meaning_of(text) for text in ("Aucune terre libérée", "zone dépolluée", "en cours")]
    ['not_released', 'released', 'ongoing']
    """
    if _NOT.search(text):
        return "not_released"
    if _GOES_ON.search(text):
        return "ongoing"
    for meaning, words in _FRENCH.items():
        if words.search(text):
            return None if meaning == "released" and _AHEAD.search(text) else meaning
    if _DONE.search(text) and not _AHEAD.search(text):
        return "released"
    return "not_released" if _KEPT.search(text) else None


def is_understood(text: str) -> bool:
    """Say whether a conclusion that says nothing of a release may be passed over.

    One in another language, or of what shall be, may say anything: it is asked for.

    Examples
    --------
    >>> [is_understood(text) for text in ("good way", "គ្មានដី", "aucune suite", "to be cleared")]
    [True, False, False, False]
    """
    strange = any(letter.isalpha() and ord(letter) > _LATIN for letter in text)
    return not (strange or _IN_FRENCH.search(text) or _AHEAD.search(text))


def judged(words: Words, land: Land) -> Doubt | None:
    """Return why a report of a release may release nothing; None if it may.

    Examples
    --------
    >>> nan = float("nan")
    >>> land = Land(40_000, 5_000, {}, 40_000, nan, nan)
    >>> judged(Words("reduced", "TS", "activity", (), (), None, True), land)[0]
    'land_surveyed'
    """
    said = _by_status(words) or _by_conclusion(words)
    return said or _by_size(words, land) or _unsaid(words, land)


def _by_status(words: Words) -> Doubt | None:
    for column, word, meaning in words.statuses:
        if meaning == "ongoing":
            return Doubt(
                "not_released",
                f"{column} {word!r}: the work goes on, and nothing is released; submit the report "
                "of its completion, or, if this land is finished, write Completed there",
            )
    for column, word, meaning in words.statuses:
        if meaning is None:
            return Doubt(
                "release_unsaid",
                f"{column} {word!r} is no state that is known, and the report waits; say in a "
                f'profile what it means: reports.values.report_status."{quoted(word)}" = '
                '"completed" (or "ongoing"; "" if it says nothing)',
            )
    return None


def _by_conclusion(words: Words) -> Doubt | None:
    for column, text, meaning in words.conclusions:
        said = meaning_of(text) if meaning is None else meaning
        if said in {"not_released", "ongoing"}:
            return Doubt(
                "not_released",
                f"{column} {text[:60]!r}: it says that no land, or not all of it, was released; "
                "leave the report out, or write Confirmed and leave out the polygon; if land was "
                f'released, say so in a profile: reports.values.conclusion."{quoted(text)}" = '
                '"released"',
            )
    for column, text, meaning in words.conclusions:
        if meaning is None and meaning_of(text) is None and not is_understood(text):
            return Doubt(
                "release_unsaid",
                f"{column} {text[:60]!r} is not understood, and the report waits; say in a profile "
                f'what it means: reports.values.conclusion."{quoted(text)}" = "released" (or '
                '"not_released"; "" if it says nothing)',
            )
    if words.comment is not None and any(
        said.search(words.comment) for said in (_NOT, _FRENCH["not_released"], _KHMER_NOT)
    ):
        return Doubt(
            "release_unsaid",
            f"its comment {words.comment[:60]!r} may say that no land was released: accept it by "
            "its number if land was released",
        )
    return None


def _by_size(words: Words, land: Land) -> Doubt | None:
    others = {
        outcome: size
        for outcome, size in land.by_outcome.items()
        if outcome != words.outcome and size > 0
    }
    if others:
        every = {**others, words.outcome: land.by_outcome.get(words.outcome, np.nan)}
        said = some(f"{size:,.0f} m² {name}" for name, size in every.items() if not np.isnan(size))
        return Doubt(
            "mixed_outcomes",
            f"{said} under one polygon: give each outcome its own row, with its own polygon",
        )
    released = figure(words.outcome, land)
    if released == 0:
        return Doubt(
            "not_released",
            "0 m² released: leave the report out, or write Confirmed and leave out the polygon",
        )
    wider = np.nanmax([land.surveyed, land.worked, land.reported, 0])
    if not released < wider * (1 - TOLERANCE):
        return None
    what = "surveyed" if wider == land.surveyed else "worked on"
    if abs(land.drawn - wider) < abs(land.drawn - released):
        return Doubt(
            "land_surveyed",
            f"{wider:,.0f} m² {what}, {released:,.0f} m² released, and the polygon has "
            f"{land.drawn:,.0f} m²: give the polygon of the land released",
        )
    return None


def figure(outcome: str, land: Land) -> float:
    """Return the m² that a report says were released, NaN where no heading says so."""
    own = land.by_outcome.get(outcome, np.nan)
    return land.released if np.isnan(own) else own


def _unsaid(words: Words, land: Land) -> Doubt | None:
    """Say of a survey, or of an activity without an end, that nothing says what it released."""
    if figure(words.outcome, land) > 0 or _RELEASE.search(words.column):
        return None
    if any((meaning_of(t) if m is None else m) == "released" for _, t, m in words.conclusions):
        return None
    survey = bool(_SURVEY.search(words.activity)) and not _RELEASE.search(words.activity)
    if survey:
        return Doubt(
            "release_unsaid",
            f"{words.column} {words.activity!r} is a survey, its polygon may be the land surveyed, "
            "and nothing says that land was released; write the outcome (Cancelled, Reduced) or "
            "the m² released, or accept it by its number if all of the polygon was released",
        )
    ended = words.done or any(meaning == "completed" for _, _, meaning in words.statuses)
    if "activity" in fold(words.column) and not ended:
        return Doubt(
            "release_unsaid",
            f"{words.column} {words.activity!r}, and nothing says that it was completed; write the "
            "day of completion or the m² released, or accept it by its number if it was",
        )
    return None


def quoted(text: str) -> str:
    """Return a text as it stands between the quotes of TOML."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def chosen_days(types: pd.Series[Any], days: Mapping[int, tuple[str, pd.Series[Any]]]) -> Any:
    """Return for each report the place of the column that its day is taken from, -1 for none.

    Parameters
    ----------
    types
        The outcomes.
    days
        By place of the column its role (see `DAY_ORDER`) and its texts, the best first.
    """
    taken = np.full(len(types), -1)
    cleared = (types == "cleared").to_numpy(dtype=bool)
    for mask, order in ((cleared, DAY_ORDER["cleared"]), (~cleared, DAY_ORDER[""])):
        for role in order:
            for place, (own, texts) in days.items():
                if own == role:
                    taken[mask & (taken < 0) & texts.notna().to_numpy(dtype=bool)] = place
    return taken


def unknown_outcome(word: str, valid: Sequence[str], known: Mapping[str, str]) -> str:
    """Return what to say of a word of an outcome that is not known, with a line for a profile.

    Examples
    --------
    >>> print(unknown_outcome("Clearence", OUTCOMES, {"Clearance": "cleared"}))
    event_type 'Clearence' is unknown; valid: cancelled, reduced, cleared; or say in a profile what
    it means: reports.values.event_type."Clearence" = "cleared"
    """
    folded = {fold(name): meaning for name, meaning in known.items()}
    near = difflib.get_close_matches(fold(word), folded, n=1, cutoff=0.8)
    stems = {"cancel": "cancelled", "reduc": "reduced", "clear": "cleared"}
    said = [meaning for stem, meaning in stems.items() if stem in word.casefold()]
    guess = said[0] if len(said) == 1 else folded[near[0]] if near and not said else "..."
    return (
        f"event_type {word!r} is unknown; valid: {', '.join(valid)}; or say in a profile what it "
        f'means: reports.values.event_type."{quoted(word)}" = "{guess}"'
    )


def looks_like_items(name: str, cells: pd.Series[Any]) -> int:
    """Return how many items a column of another name seems to count, 0 if it counts none.

    Examples
    --------
    >>> looks_like_items("BLU-26", pd.Series(["9", None])), looks_like_items("no", pd.Series([9]))
    (9, 0)
    """
    plain = name.replace("_", " ")
    if not _ITEM.search(plain) or _NO_ITEM.search(plain):
        return 0
    texts = read_texts(cells).dropna()
    numbers = pd.to_numeric(texts, errors="coerce")
    whole = numbers.notna() & (numbers % 1 == 0) & numbers.between(0, _MANY)
    return int(numbers.sum()) if len(texts) and whole.all() else 0


def of_model(name: str) -> tuple[str, bool]:
    """Return a heading without the model at its end, and whether it is of one model.

    Items of different models are different items: they can be added up.

    Examples
    --------
    >>> [of_model(name) for name in ("AP mines (PMN-2)", "Type 72A", "AP mines found")]
    [('AP mines', True), ('Type 72A', True), ('AP mines found', False)]
    """
    if _ONE_MODEL.fullmatch(name.strip()):
        return name, True
    found = _OF_MODEL.match(name.strip())
    return (name, False) if found is None else (found["kind"], True)


def may_be_kind(name: str) -> str | None:
    """Return the kind of items that a heading may count, None where no word or several tell it.

    Examples
    --------
    >>> [may_be_kind(name) for name in ("AP mines destroyed by MAG", "BLU-26", "Mines")]
    ['ap_mines', 'submunitions', None]
    """
    plain = name.replace("_", " ")
    found = [kind for kind, words in _KINDS_OF_ITEMS.items() if words.search(plain)]
    return found[0] if len(found) == 1 else None


def items_of(
    whole: Mapping[str, NDArray[np.float64]], parts: Mapping[str, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how many items of a kind reports say, and of which it is not clear.

    Nothing is added up that could be the same items: a total counts once, and its parts beside it
    not at all.

    Parameters
    ----------
    whole
        The columns that say all items of the kind, by heading, the first first; NaN where empty.
    parts
        Those that say items of one model, or of which a profile says that they are added up.

    Examples
    --------
    >>> items_of({"AP": np.array([7.0, np.nan])}, {"PMN": np.array([3.0, 2]),
    ...          "PMN-2": np.array([4.0, np.nan])})[0].tolist()
    [7.0, 2.0]
    >>> items_of({"found": np.array([5.0, 2]), "destroyed": np.array([3.0, 0])}, {})[1].tolist()
    [True, True]
    """
    count = len(next(iter((*whole.values(), *parts.values()))))
    totals = np.full((max(len(whole), 1), count), np.nan)
    for row, numbers in enumerate(whole.values()):
        totals[row] = numbers
    filled = ~np.isnan(totals)
    first = totals[filled.argmax(axis=0), np.arange(count)]
    differ = (filled & (totals != first)).any(axis=0)
    # Columns that differ once are two things, also where they say the same number.
    unclear = (filled.sum(axis=0) > 1) & (np.where(filled, totals, 0) > 0).any(axis=0)
    unclear &= bool(differ.any())
    if parts:
        every = np.array(list(parts.values()))
        said = ~np.isnan(every).all(axis=0)
        together = np.where(said, np.nansum(every, axis=0), np.nan)
        unclear |= said & ~np.isnan(first) & (together > first)
        first = np.where(np.isnan(first), together, first)
    return np.where(unclear, np.nan, first), unclear


def repeated(table: pd.DataFrame, drawn: NDArray[np.int64]) -> dict[tuple[int, ...], int]:
    """Return the rows on which the m² and items of one report are repeated, and which keeps them.

    Rows of one reference, operator, outcome and day that name different hazards, and all say the
    same figures. Where each says the size of its own polygon, the figures are its own.

    Parameters
    ----------
    table
        Reports in our words, RangeIndex.
    drawn
        The m² of their polygons.
    """
    keys = ["report_ref", "operator", "event_type", "happened_on"]
    figures = ["reported_size_m2", *ITEM_COLUMNS]
    found: dict[tuple[int, ...], int] = {}
    named = table[table["report_ref"].notna() & table["event_type"].isin(OUTCOMES)]
    for _, group in named.groupby(keys, dropna=False, sort=False):
        own = group[figures].astype("float64").fillna(0)
        if len(group) < 2 or not (own == own.iloc[0]).all(axis=None) or not own.iloc[0].any():
            continue
        sizes = drawn[group.index.to_numpy()]
        said = own["reported_size_m2"].iloc[0]
        if said and (np.abs(sizes - said) <= TOLERANCE * said).all():
            continue
        rows = tuple(int(row) for row in group.index)
        found[rows] = rows[int(np.argmax(sizes >= sizes.max() * (1 - TOLERANCE)))]
    return found
