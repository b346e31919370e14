"""Reports that are there already: in the ledger, or on the workbench in another file.

A report is known by its own reference with its operator, or by its own id (GlobalID, event_id).
Where neither tells, a report of the same hazard and outcome, of a near day and of nearly the same
polygon is perhaps the same. What is the same and says the same needs nothing; what says something
else waits for the officer's word: a correction of the earlier one, or another report.
EPSG:4326, m².
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from mine_geo.errors import visible
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.intake.checks.reports import REPORTED
from mine_geo.intake.findings import Finding
from mine_geo.store.ledger import stored
from mine_geo.store.ledger.entries import own_id
from mine_geo.store.schema import content, rows
from mine_geo.store.schema.models import (
    ACCEPTED,
    EVENT,
    HAZARD,
    RECORD,
    SUBMISSION,
    WAITING,
)
from mine_geo.terms import ITEM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    import geopandas as gpd
    from sqlalchemy import Connection

    from mine_geo.store.ledger.entries import Entry


NEAR_DAYS: Final = 31
"""Reports of one polygon whose days lie farther apart are not taken for one."""
NEARLY: Final = 0.9
"""Two polygons are nearly the same if this part of their union is in both."""
LEAST_M2: Final = 0.5
"""Polygons that differ by less than this are one."""
FIGURES: Final = ("reported_size_m2", *ITEM_COLUMNS)
_NAMES: Final = (
    "event_id",
    "hazard_id",
    "event_type",
    "happened_on",
    "operator",
    "report_ref",
    *FIGURES,
    "depth_cm",
    "geometry",
)
WORDS: Final = (
    "if it corrects that one, accept it as a correction (as_correction=True); if it is another "
    "report, say so (as_another=True)"
)
PART: Final = (
    "the two lie on different hazards and may be parts of one report: accepted as another "
    "(as_another=True) it stands beside that one; as a correction (as_correction=True) it stands "
    "in the place of that one, and the land of that one is released no more"
)
_BOTH: Final = (
    "on different hazards they may be parts of one report: then accept the one and, as another "
    "(as_another=True), the other; if only one holds, accept it and reject the other"
)
"""How both parts of a report are recorded."""
TWICE: Final = "figures_twice"
"""The code of figures that stand in two parts of a report which came in two files."""


@dataclass(frozen=True)
class Word:
    """What a report says: one that is in the ledger, or that waits."""

    events: tuple[str, ...]
    """Its events in the ledger; none where it waits."""
    hazard: str | None
    """None where it is of all hazards under its polygon."""
    kind: str
    """Its event_type."""
    day: date | None
    operator: str | None
    """Its own, else that of its file, else that of its hazard."""
    ref: str | None
    own: str | None
    """Its own id."""
    figures: tuple[Any, ...]
    depth: Any
    polygon: Any
    where: str = ""
    """The file in which it waits."""
    newer: bool = False
    """Whether that file came later."""
    why: str | None = None
    """Why it was retracted; None where it stands."""

    @property
    def name(self) -> str:
        """How an officer calls it."""
        if self.ref is not None:
            return visible(f"{self.ref} of {self.operator}" if self.operator else self.ref, 60)
        return visible(self.own or f"{self.kind} of {self.hazard or 'several hazards'}", 60)

    def differs(self, other: Word) -> list[str]:
        """Tell what this word says otherwise than an earlier one, in words; nothing if nothing.

        Remarks do not count. What is not said is no 0.
        """
        pairs = [
            ("hazard_id", other.hazard, self.hazard),
            ("event_type", other.kind, self.kind),
            ("happened_on", other.day, self.day),
            ("operator", other.operator, self.operator),
            ("report_ref", other.ref, self.ref),
            *zip(FIGURES, other.figures, self.figures, strict=True),
            ("depth_cm", other.depth, self.depth),
        ]
        found = [
            f"{name} {_shown(was)}, now {_shown(now)}"
            for name, was, now in pairs
            if _plain(name, was) != _plain(name, now)
        ]
        apart = _apart_m2(other.polygon, self.polygon)
        if apart >= LEAST_M2:
            found.append(
                f"its polygon, by {apart:,.0f} m²" if np.isfinite(apart) else "its polygon"
            )
        return found


@dataclass
class Known:
    """What there is of a report already."""

    word: Word
    report: tuple[int, ...]
    """The records of its file that are of the same report, less those that were rejected."""
    same: Word | None = None
    """One in the ledger that says the same."""
    earlier: list[Word] = field(default_factory=list)
    """What the ledger has of this report and its file does not say again."""
    perhaps: list[Word] = field(default_factory=list)
    """What is in the ledger and perhaps is this report."""
    gone: Word | None = None
    """What said the same and was retracted."""
    renewed: bool = False
    """Whether it comes back though it was retracted: the rest of its report is corrected."""
    waiting: list[Word] = field(default_factory=list)
    """What waits in other files and is, or perhaps is, this report, and says something else."""

    @property
    def replaces(self) -> list[str]:
        """The events that stand no more if this is a correction."""
        return [name for each in (*self.earlier, *self.perhaps) for name in each.events]

    def why(self) -> str | None:
        """Tell why it waits for a word; None if it does not."""
        if self.same is not None:
            return None
        if self.earlier:
            first = self.earlier[0]
            said = ", ".join(self.word.differs(first))
            return f"{self.word.name} is there with other content (event {_ids(first)}): {said}"
        if self.perhaps:
            first = self.perhaps[0]
            said = ", ".join(self.word.differs(first)) or "all is the same"
            return (
                f"perhaps it is there already, as event {_ids(first)}: the same outcome on nearly "
                f"the same land ({said})"
            )
        if self.gone is not None:
            return (
                f"{self.word.name} said just this before and was retracted (event "
                f"{_ids(self.gone)}: {visible(self.gone.why, 60)})"
            )
        return None

    def mend(self) -> str:
        """Tell which word an officer may say of it, and what that does."""
        there = [*self.earlier, *self.perhaps]
        parts = bool(there) and all(_may_be_parts(self.word, each) for each in there)
        return PART if parts else WORDS

    def newer(self) -> str | None:
        """Tell where a newer word of it waits, and the mend; None if there is none."""
        found = [each for each in self.waiting if each.newer]
        if not found:
            return None
        last = found[-1]
        if _may_be_parts(self.word, last):
            return f"{self.word.name} waits in {last.where} too, which is newer: {_BOTH}"
        return (
            f"{last.where} has a newer word of {self.word.name}: accept that one and reject this, "
            "or name this one if it holds"
        )

    def beside(self) -> Iterator[str]:
        """Tell of those that wait in other files what is to be done if this one holds."""
        for each in self.waiting:
            if _may_be_parts(self.word, each):
                yield f"{each.name} waits in {each.where} too: {_BOTH}"
            else:
                yield (
                    f"{each.name} waits in {each.where} too, and says something else; reject it "
                    "if this holds"
                )

    def repeated(self) -> str | None:
        """Tell which figures would count twice if it is recorded beside what is there."""
        for each in self.earlier:
            if found := _repeats(self.word, each):
                return (
                    f"event {_ids(each)} of {each.name} has just these figures ({found}): if they "
                    "are of both together they would count twice; then leave them out of this one "
                    "and submit it again"
                )
        return None

    def findings(self, place: int) -> Iterator[Finding]:
        """Give what is to be known of it before it is accepted."""
        hazard = self.word.hazard
        if why := self.why():
            code = "known_report" if self.earlier or self.gone else "perhaps_known"
            yield Finding(code, f"{why}; {self.mend()}", record=place, hazard_id=hazard)
        elif self.same is not None:
            said = f"the ledger says this already (event {_ids(self.same)}); nothing will be added"
            yield Finding("same_report", said, record=place, hazard_id=hazard)
        if self.same is None and (twice := self.repeated()):
            yield Finding(TWICE, twice, record=place, hazard_id=hazard)
        for each in self.waiting:
            parts = _may_be_parts(self.word, each)
            mend = _BOTH if parts else "accept the one that holds and reject the other"
            said = (
                f"{each.name} waits in {each.where} too, and says something else "
                f"({', '.join(self.word.differs(each))}); {mend}"
            )
            yield Finding("waits_elsewhere", said, record=place, hazard_id=hazard)
            if parts and (figures := _repeats(self.word, each)):
                twice = (
                    f"{each.name} waits in {each.where} too, with just these figures ({figures}): "
                    "if they are of both together they would count twice; then leave them out of "
                    "this one and submit it again"
                )
                yield Finding(TWICE, twice, record=place, hazard_id=hazard)


def find(
    connection: Connection,
    records: pd.DataFrame,
    *,
    operator: str | None = None,
    submission_id: str | None = None,
) -> dict[int, Known]:
    """Find what is there already of reports.

    Parameters
    ----------
    connection
        A connection to a store.
    records
        Reports of one file in EPSG:4326: `record` and the columns of a report; with `state` where
        some of them were accepted already: these are of this file, and not an earlier word.
    operator
        Whose file it is.
    submission_id
        The submission; None where it is none yet, and newer than all that wait.

    Returns
    -------
    dict
        By `record`, of those that have a known type and a day.
    """
    if "state" in records:
        records = records[records["state"].isin((WAITING, ACCEPTED))]
    fits = records["event_type"].isin(REPORTED) & records["happened_on"].notna()
    if not fits.any():
        return {}
    of_hazard = _operators(connection)
    every = {
        int(row["record"]): _word(row, operator, of_hazard) for row in records.to_dict("records")
    }
    mine = {number: every[number] for number in records.loc[fits, "record"].astype(int)}
    there = _ledger(connection, list(mine.values()), of_hazard)
    found: dict[int, Known] = {}
    in_ledger = _Index(there)
    for whole in _reports(every):
        numbers = [number for number in whole if number in mine]
        found |= {number: Known(mine[number], tuple(whole)) for number in numbers}
        words = {id(e): e for number in numbers for e in in_ledger.named(mine[number])}
        _match([found[number] for number in numbers], list(words.values()))
    lone = [each for each in found.values() if each.same is None and not each.earlier]
    _perhaps(lone, in_ledger, taken={name for each in found.values() for name in _same(each)})
    _renew(found.values())
    others = _Index(_waiting(connection, submission_id, of_hazard))
    for known in found.values():
        words = {id(e): e for e in (*others.named(known.word), *others.near(known.word))}
        known.waiting = [each for each in words.values() if known.word.differs(each)]
    return dict(sorted(found.items()))


def reports_of(
    connection: Connection, records: pd.DataFrame, operator: str | None = None
) -> list[list[int]]:
    """Return the records of each report of a file, of whatever state, see `find`."""
    of_hazard = _operators(connection)
    table = records.to_dict("records")
    return _reports({int(row["record"]): _word(row, operator, of_hazard) for row in table})


class _Index:
    """Words by what may make them one with another."""

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._names: dict[Any, list[Word]] = defaultdict(list)
        for each in words:
            for name in _names_of(each):
                self._names[name].append(each)
        shapes = np.array([each.polygon for each in words], dtype=object)
        self._tree = shapely.STRtree(shapes)

    def named(self, word: Word) -> list[Word]:
        """Return those that are of the same report by its own name."""
        found = {id(e): e for name in _names_of(word) for e in self._names.get(name, ())}
        return [each for each in found.values() if _one(word, each)]

    def near(self, word: Word) -> list[Word]:
        """Return those that are perhaps of the same report."""
        if not _sound(word.polygon):
            return []
        places = np.sort(self._tree.query(word.polygon))
        return [self._words[place] for place in places if _alike(word, self._words[place])]


def _names_of(word: Word) -> list[tuple[str, str]]:
    found = [("own", word.own), ("ref", _folded(word.ref))]
    return [(what, name) for what, name in found if name is not None]


def _same(known: Known) -> tuple[str, ...]:
    return () if known.same is None else known.same.events


def _word(row: dict[Any, Any], operator: str | None, of_hazard: dict[str, str | None]) -> Word:
    """Return what a record says."""
    said = {name: _cell(row.get(name)) for name in _NAMES}
    hazard = said["hazard_id"]
    return Word(
        (),
        hazard,
        said["event_type"],
        None if said["happened_on"] is None else pd.Timestamp(said["happened_on"]).date(),
        said["operator"] or operator or of_hazard.get(hazard),
        said["report_ref"],
        own_id(_cell(row.get("report")) or said["event_id"]),
        tuple(said[name] for name in FIGURES),
        said["depth_cm"],
        said["geometry"],
    )


def _operators(connection: Connection) -> dict[str, str | None]:
    query = select(HAZARD.c.hazard_id, HAZARD.c.operator).where(HAZARD.c.operator.is_not(None))
    return {row.hazard_id: row.operator for row in connection.execute(query)}


def _ledger(
    connection: Connection, mine: Sequence[Word], of_hazard: dict[str, str | None]
) -> list[Word]:
    """Return the reports in the ledger that may be these: of their hazards, or with their name."""
    refs = {_folded(each.ref) for each in mine} - {None}
    owns = {each.own for each in mine} - {None}
    names = ("event_id", "hazard_id", "report_ref", "detail")
    light = rows.read(
        connection, [EVENT.c[name] for name in names], [EVENT.c.event_type.in_(REPORTED)]
    )
    if light.empty:
        return []
    report = [content.from_json(text).get("report") for text in light["detail"]]
    bases = [base or own_id(name) for base, name in zip(report, light["event_id"], strict=True)]
    hazards = {each.hazard for each in mine}
    near = light["hazard_id"].isin(hazards - {None})
    if None in hazards:
        near |= True
    near |= light["report_ref"].map(_folded, na_action="ignore").isin(refs)
    near |= pd.Series(bases, index=light.index).isin(owns)
    # A report over several hazards is one; its other events lie on hazards that nobody asked for.
    groups = pd.Series(report, index=light.index, dtype=object)
    near |= groups.isin(set(groups[near].dropna()))
    events = stored.read_events(connection, set(light.loc[near, "hazard_id"]))
    events = events[events["event_id"].isin(set(light.loc[near, "event_id"]))]
    query = select(EVENT.c.retracts, EVENT.c.comment).where(EVENT.c.retracts.is_not(None))
    gone = {name: why or "" for name, why in connection.execute(query)}
    return _units(events, gone, of_hazard)


def _units(
    events: pd.DataFrame, gone: dict[str, str], of_hazard: dict[str, str | None]
) -> list[Word]:
    """Return what the events of reports say; those of one report over several hazards together."""
    units: dict[str, list[dict[Any, Any]]] = defaultdict(list)
    whole: dict[str, str | None] = {}
    for row in events.sort_values("event_id").to_dict("records"):
        said = content.from_json(row["detail"])
        row["report"] = said.get("report")
        key = row["event_id"]
        if said.get("said"):
            whole[row["report"]] = key
        units[key].append(row)
    for key in list(units):
        base = units[key][0]["report"]
        lead = whole.get(base)
        if lead is not None and lead != key:
            units[lead] += units.pop(key)
    found = []
    for key, parts in units.items():
        lead_row = parts[0]
        several = whole.get(lead_row["report"]) == key
        stands = tuple(each["event_id"] for each in parts if each["event_id"] not in gone)
        word = _word(lead_row, None, of_hazard)
        found.append(
            Word(
                stands or (key,),
                None if several else word.hazard,
                word.kind,
                word.day,
                word.operator,
                word.ref,
                word.own,
                word.figures,
                word.depth,
                word.polygon,
                why=None if stands else gone[key],
            )
        )
    return found


def _reports(every: dict[int, Word]) -> list[list[int]]:
    """Return the records of each report of a file: those of one id, or one reference."""
    of: dict[int, list[int]] = {}
    first: dict[Any, int] = {}
    for number, word in every.items():
        of[number] = [number]
        for what, name in _names_of(word):
            key = (what, name) if what == "own" else (what, name, _folded(word.operator))
            other = first.setdefault(key, number)
            one, two = of[other], of[number]
            if one is two:
                continue
            more, less = (one, two) if len(one) >= len(two) else (two, one)
            more += less
            of.update(dict.fromkeys(less, more))
    reports = {id(numbers): numbers for numbers in of.values()}
    return [sorted(numbers) for numbers in reports.values()]


def _match(report: list[Known], words: list[Word]) -> None:
    """Tell of each record of a report what the ledger has of it, each event once."""
    left = [each for each in words if each.why is None]
    for known in report:
        same = next((each for each in left if not known.word.differs(each)), None)
        if same is not None:
            known.same = same
            left.remove(same)
    for known in report:
        # the most alike first
        known.earlier = sorted(left, key=lambda each: len(known.word.differs(each)))
        if known.same is None and not left:
            known.gone = next(
                (e for e in words if e.why is not None and not known.word.differs(e)), None
            )


def _perhaps(lone: Iterable[Known], there: _Index, taken: set[str]) -> None:
    """Tell what is perhaps the same, of records of which nothing is known by name.

    What says the very same of the same land is the same, and each event is so once.
    """
    for known in lone:
        found = [e for e in there.near(known.word) if not taken.intersection(e.events)]
        standing = [each for each in found if each.why is None]
        known.same = next((each for each in standing if not known.word.differs(each)), None)
        if known.same is not None:
            taken.update(known.same.events)
            continue
        known.perhaps = standing
        gone = [each for each in found if each.why is not None and not known.word.differs(each)]
        if gone and known.gone is None:
            known.gone = gone[0]


def _renew(found: Iterable[Known]) -> None:
    """Let what was retracted come back with a report over several hazards that is corrected.

    Its figures stand on one of its parts: where they are corrected, the others say what they said.
    """
    reports: dict[str, list[Known]] = defaultdict(list)
    for known in found:
        if known.word.own is not None:
            reports[known.word.own].append(known)
    for parts in reports.values():
        waits = any(each.earlier or each.perhaps for each in parts)
        if not waits and any(each.same is None and each.gone is None for each in parts):
            for each in parts:
                each.gone, each.renewed = None, each.gone is not None


def _waiting(
    connection: Connection, submission_id: str | None, of_hazard: dict[str, str | None]
) -> list[Word]:
    """Return the reports that wait in other files."""
    r, s = RECORD.c, SUBMISSION.c
    columns: list[Any] = [
        r.submission_id,
        *(r[name] for name in _NAMES),
        s.operator.label("whose"),
        s.fid,
    ]
    where = [
        r.submission_id == s.submission_id,
        s.what == "reports",
        r.state == WAITING,
        r.event_type.in_(REPORTED),
    ]
    found = rows.read(connection, columns, where, [s.fid, r.record])
    mine = connection.scalar(select(s.fid).where(s.submission_id == submission_id))
    words = []
    for row in found.to_dict("records"):
        if row["submission_id"] == submission_id:
            continue
        word = _word(row, _cell(row["whose"]), of_hazard)
        newer = mine is not None and row["fid"] > mine
        words.append(replace(word, where=row["submission_id"], newer=newer))
    return words


def _one(one: Word, other: Word) -> bool:
    """Say whether two words are of one report by its own name."""
    if one.own is not None and one.own == other.own:
        return True
    if one.ref is None or _folded(one.ref) != _folded(other.ref):
        return False
    whose = {_folded(one.operator), _folded(other.operator)} - {None}
    return len(whose) < 2


def _alike(one: Word, other: Word) -> bool:
    """Say whether two words are perhaps of one report: outcome, hazard, near day, near polygon."""
    if one.kind != other.kind or one.day is None or other.day is None:
        return False
    if one.hazard is not None and other.hazard is not None and one.hazard != other.hazard:
        return False
    if abs((one.day - other.day).days) > NEAR_DAYS or not _refs_may_be_one(one.ref, other.ref):
        return False
    return _nearly(one.polygon, other.polygon)


def _refs_may_be_one(one: str | None, other: str | None) -> bool:
    """Say whether two references may be of one report: CR-1 and CR 1 rev, not CR-1 and CR-2."""
    if one is None or other is None:
        return True
    short, long = sorted((re.sub(r"[\W_]+", "", each).casefold() for each in (one, other)), key=len)
    return long.startswith(short) and not long[len(short) :][:1].isdigit()


def _nearly(one: Any, other: Any) -> bool:
    if not _sound(one) or not _sound(other) or not shapely.intersects(one, other):
        return False
    both, either = exact_size_m2([shapely.intersection(one, other), shapely.union(one, other)])
    return bool(both >= NEARLY * either)


def _may_be_parts(one: Word, other: Word) -> bool:
    """Say whether two words may be parts of one report: on two hazards, on land of their own."""
    if one.hazard is None or other.hazard is None or one.hazard == other.hazard:
        return False
    if not _sound(one.polygon) or not _sound(other.polygon) or not _one(one, other):
        return False
    both = shapely.intersection(one.polygon, other.polygon)
    shared, *sizes = exact_size_m2([both, one.polygon, other.polygon])
    return bool(shared <= (1 - NEARLY) * min(sizes))


def _repeats(one: Word, other: Word) -> str | None:
    """Return the figures that two words have in common if they may be those of both together.

    Numbers may be alike by chance: where others differ, only m² that fit the land of both together
    better than the land of the one are named.
    """
    pairs = [
        (name, *(_plain(name, value) for value in values))
        for name, *values in zip(FIGURES, one.figures, other.figures, strict=True)
    ]
    given = [each for each in pairs if each[1] or each[2]]
    alike = [(name, mine) for name, mine, theirs in given if mine == theirs]
    if len(alike) < len(given):
        alike = [each for each in alike if each[0] == FIGURES[0] and _of_both(one, other)]
    return ", ".join(f"{name} {_shown(value)}" for name, value in alike) or None


def _of_both(one: Word, other: Word) -> bool:
    """Say whether the m² of a word are nearer to the land of both than to its own."""
    if not _sound(one.polygon) or not _sound(other.polygon):
        return False
    own, both = exact_size_m2([one.polygon, shapely.union(one.polygon, other.polygon)])
    said = float(one.figures[0])
    return bool(abs(both - said) < abs(own - said))


def _apart_m2(one: Any, other: Any) -> float:
    """Return the land that is in one of two polygons only, m²; infinite where it is not known."""
    if one is None or other is None:
        return 0.0 if one is other else np.inf
    if shapely.equals_exact(one, other, tolerance=0.0):
        return 0.0
    if not _sound(one) or not _sound(other):
        return np.inf
    return float(exact_size_m2([shapely.symmetric_difference(one, other)])[0])


def _sound(shape: Any) -> bool:
    if shape is None or shapely.is_empty(shape) or shapely.get_dimensions(shape) < 2:
        return False
    return bool(shapely.is_valid(shape))


def _folded(text: str | None) -> str | None:
    """Return a name as it is compared: case and spaces do not count."""
    return None if text is None else " ".join(text.split()).casefold() or None


def _plain(name: str, value: Any) -> Any:
    if name in {"operator", "report_ref"}:
        return _folded(value)
    return content.plain_value(value)


def _shown(value: Any) -> str:
    return "none" if value is None else visible(content.plain_value(value), 40)


def _ids(word: Word) -> str:
    more = f" and {len(word.events) - 1} more" if len(word.events) > 1 else ""
    return f"{visible(word.events[0], 60)}{more}"


def _cell(value: Any) -> Any:
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else value


def doubts(before: pd.DataFrame, entry: Entry) -> tuple[str, ...]:
    """Tell by which events of its hazard a report that is recorded by hand may be there already.

    Parameters
    ----------
    before
        The events of its hazard and of those around, as an events table.
    entry
        The event that is recorded.
    """
    if entry.event_type not in REPORTED:
        return ()
    gone = set(before["retracts"].dropna())
    there = before[before["event_type"].isin(REPORTED) & ~before["event_id"].isin(gone)]
    mine = _word(entry.said() | {"event_id": None, "geometry": entry.geometry}, None, {})
    return tuple(
        f"event {_ids(each)} is of the same report, or perhaps: if so, retract one of the two"
        for each in _units(there, {}, {})
        if each.hazard in {mine.hazard, None} and (_one(mine, each) or _alike(mine, each))
    )


def replaced(report: Iterable[Known]) -> list[str]:
    """Return the events that stand no more if the records of one report correct it, in order."""
    words = list(report)
    kept = {name for each in words for name in _same(each)}
    every = dict.fromkeys(name for each in words for name in each.replaces)
    return [name for name in every if name not in kept]


def with_parts(records: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return reports of one file so that what is one report over several hazards counts once.

    Records under one id of their own are parts of one report: that of the lowest hazard_id has
    that id, the others add a colon and their hazard_id; figures that they repeat stand on the
    first. So are records of one reference, operator, type and day of which only one has figures.

    Parameters
    ----------
    records
        All reports of the file in its order, EPSG:4326.

    Returns
    -------
    geopandas.GeoDataFrame
        The same with `event_id` and figures of the parts, and `report`: what all parts of a report
        have in common; null where a record stands by itself.
    """
    table = records.assign(report=pd.Series(None, index=records.index, dtype=object))
    for rows_ in _under_one_id(table):
        first, *others = rows_
        base = table.loc[first, "event_id"]
        table.loc[rows_, "report"] = base
        said = [table.loc[first, name] for name in FIGURES]
        for row in others:
            table.loc[row, "event_id"] = f"{base}:{table.loc[row, 'hazard_id']}"
            if all(_plain(n, _cell(table.loc[row, n])) == _plain(n, _cell(v))
                   for n, v in zip(FIGURES, said, strict=True)):  # fmt: skip
                table.loc[row, list(FIGURES)] = None
    for rows_ in _of_one_reference(table):
        names = ("report_ref", "operator", "event_type", "happened_on")
        said = [str(_cell(table.loc[rows_[0], name])) for name in names]
        table.loc[rows_, "report"] = content.digest("report", *said)
    return table


def _under_one_id(table: pd.DataFrame) -> Iterator[list[Any]]:
    named = table[table["event_id"].notna() & table["hazard_id"].notna()]
    every = table["event_id"].value_counts()
    for name, group in named.groupby("event_id", sort=False):
        whole = len(group) == every[name] and not group["hazard_id"].duplicated().any()
        if len(group) > 1 and whole:
            yield group.sort_values("hazard_id").index.tolist()


def _of_one_reference(table: pd.DataFrame) -> Iterator[list[Any]]:
    keys = ["report_ref", "operator", "event_type", "happened_on"]
    free = table["report_ref"].notna() & table["event_id"].isna() & table["hazard_id"].notna()
    bare = table[list(FIGURES)].isna().all(axis=1)
    for _, group in table[free].groupby(keys, dropna=False, sort=False):
        alone = (~bare[group.index]).sum() == 1
        if len(group) > 1 and alone and not group["hazard_id"].duplicated().any():
            yield group.index.tolist()
