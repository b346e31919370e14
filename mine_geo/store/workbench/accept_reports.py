"""Submitted reports into the ledger: each is the event that it reports, on its own day.

Where the worked land of reports fell: on their hazards, on others, on waiting ones, on none.
The land of a judged release is laid beside the register and the workbench as they stand. What that
says against the report, `checks.reports.weigh` knows. EPSG:4326, whole m².

What the ledger refuses is left waiting with the ledger's own words; asked for by name, it refuses
the whole acceptance. The rows of one report enter the ledger together or not at all: its m² and
items are those of the whole. A report that is there already and says something else waits for the
officer's word: a correction retracts the earlier events and records the new ones, or neither.
EPSG:4326, m².
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely

from mine_geo.errors import MineGeoError, OptionError, RecordError, some, visible
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.intake.checks.reports import OnOther, WorkedLand, check_reports, weigh
from mine_geo.intake.findings import Finding
from mine_geo.ledger.cut import LEAST_M2
from mine_geo.store.ledger import recording, same_reports
from mine_geo.store.ledger.entries import Entry, Facts, day, text_of
from mine_geo.store.ledger.judging import Judged, judge, outside_note
from mine_geo.store.schema import content, rows
from mine_geo.store.schema.models import HAZARD, REJECTED, WAITING
from mine_geo.store.workbench import listing
from mine_geo.store.workbench.accept import LONGEST, Told, unvalidated
from mine_geo.terms import CRS, EVENT_TYPES, KINDS, OUTCOMES, OVERRULED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from mine_geo.store.ledger.judging import Recorded, View
    from mine_geo.store.ledger.same_reports import Known, Word
    from mine_geo.store.workbench.accept import Chosen, Work

    Record = dict[Any, Any]
    Made = tuple[Record, Entry]
    Piece = tuple[Judged, Sequence[Made]]


class Outlines:
    """The hazards of the register and of the workbench; read once, if needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def hazards(self) -> gpd.GeoDataFrame:
        """The register's first, each part by `hazard_id`; `submission_id` where one waits."""
        names = ("hazard_id", "kind", "geometry")
        columns = [HAZARD.c[name] for name in names]
        where = [HAZARD.c.status.is_not(None)]
        there = rows.read(self._connection, columns, where).sort_values("hazard_id")
        waits = listing.outlines(self._connection)
        waits = waits[shapely.is_valid(waits.geometry.to_numpy())]  # a broken one cannot be cut
        both = pd.concat([there.assign(submission_id=None), waits], ignore_index=True)
        return gpd.GeoDataFrame(both, geometry="geometry", crs=CRS)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A tree of their polygons; those without land meet nothing."""
        return shapely.STRtree(self.hazards.geometry.to_numpy())

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each hazard of the register, by hazard_id."""
        names = self.hazards["hazard_id"][self.hazards["submission_id"].isna()]
        return dict(zip(names, names.index, strict=True))

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kinds of the hazards of the register that say one."""
        found = self.hazards.iloc[list(self.place.values())]
        found = found[found["kind"].notna()]
        return dict(zip(found["hazard_id"], found["kind"], strict=True))


class Surroundings:
    """The hazards that are there, in the register and on the workbench.

    Parameters
    ----------
    read
        What was read of them.
    now
        What is left of hazards since then, by hazard_id: polygons in EPSG:4326.
    """

    def __init__(self, read: Outlines, now: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._read = read
        self._now = now

    def after(self, judged: Judged) -> Surroundings:
        """Return the same once something judged stands: what it leaves of hazards is there then."""
        left = judged.remains
        now = {name: left[name] for name in judged.concerned if name in left}
        return Surroundings(self._read, {**self._now, **now})

    @cached_property
    def _changed(self) -> dict[int, Any]:
        """What is left of hazards that are not as they were read, by their place."""
        place = self._read.place
        return {place[name]: left for name, left in self._now.items() if name in place}

    @cached_property
    def _changed_tree(self) -> shapely.STRtree:
        return shapely.STRtree([*self._changed.values()])

    def near(self, land: Any) -> gpd.GeoDataFrame:
        """Return those that meet some land, in their order."""
        read, changed = self._read, self._changed
        places = set(read.tree.query(land, predicate="intersects").tolist()).difference(changed)
        if changed:
            those = list(changed)
            places |= {those[n] for n in self._changed_tree.query(land, predicate="intersects")}
        found = read.hazards.iloc[sorted(places)]
        if places.isdisjoint(changed):
            return found
        return found.assign(geometry=[changed.get(n, g) for n, g in found.geometry.items()])

    def kind_of(self, hazard_id: str) -> str | None:
        """Return the kind of a hazard of the register; None where nothing says it."""
        return self._read.kinds.get(hazard_id)


def fell(
    there: Surroundings, judged: Judged, done: Sequence[Recorded], land: Any, day: date
) -> WorkedLand:
    """Return where the land of one report fell.

    Parameters
    ----------
    there
        The hazards beside it.
    judged
        The judgement in which it stands, with the other reports of the file.
    done
        The releases of the report, one a hazard.
    land
        Its polygon, EPSG:4326.
    day
        When it happened.
    """
    names = [each.hazard_id for each in done]
    had = shapely.union_all([judged.had[str(each)] for each in done])
    rest = shapely.difference(land, had)
    outside = sum(each.outside_m2 for each in done)
    again, others = 0, list[OnOther]()
    if outside:
        outlines = [each for name in names for each in judged.outlines(name, day)]
        again, rest = _split(rest, shapely.union_all(outlines))
        others, rest = _on_others(there, judged, names, rest)
    taken = sum(each.before_m2 - each.after_m2 for each in done)
    return WorkedLand(
        tuple(names),
        _size(land),
        sum(each.before_m2 for each in done),
        taken,
        outside,
        again,
        tuple(others),
        _size(rest) if outside else 0,
    )


def _size(land: Any) -> int:
    return round(float(exact_size_m2([land])[0]))


def _split(land: Any, by: Any) -> tuple[int, Any]:
    """Return how much of some land lies in a polygon, m², and the rest of the land."""
    inside = exact_size_m2([shapely.intersection(land, by)])[0]
    if inside < LEAST_M2:
        return 0, land
    return round(float(inside)), shapely.difference(land, by)


def _on_others(
    there: Surroundings, judged: Judged, names: Sequence[str], rest: Any
) -> tuple[list[OnOther], Any]:
    """Return the land on hazards that are not the report's own, and what is on none."""
    kinds = {there.kind_of(name) for name in names} - {None}
    found = []
    for hazard, kind, waits_in, polygon in zip(
        *(there.near(rest)[name] for name in ("hazard_id", "kind", "submission_id", "geometry")),
        strict=True,
    ):
        if waits_in is None and hazard in names:
            continue
        on_it = shapely.intersection(rest, polygon)
        size, rest = _split(rest, polygon)
        if not size:
            continue
        left = judged.remains.get(hazard) if waits_in is None else None
        lost = size if left is None else _size(shapely.intersection(on_it, left))
        same = not kinds or kind is None or kind in kinds
        found.append(OnOther(str(hazard), size, lost, _size(polygon), waits_in, same))
    return found, rest


NOTHING: Final = (0, 0, 0, 0, (), ())
"""What a report does that is recorded already."""
CORRECTION: Final = "correction"
ANOTHER: Final = "another"
WORDS: Final = (CORRECTION, ANOTHER)
"""What an officer may say of a report that is there already: it stands in the place of the earlier
one, or it is another one."""


def accept_reports(view: View, work: Work, chosen: Chosen, word: str | None = None) -> None:
    """Judge reports that are accepted; see `Store.accept`.

    Parameters
    ----------
    view
        The ledger as it was read.
    work
        The acceptance.
    chosen
        The records that are meant.
    word
        What the officer says of reports that are there already: one of `WORDS`, or nothing.
    """
    if work.happened_on is not None:
        raise OptionError("a report holds from its own day; leave out happened_on")
    every = listing.records(view.connection, work.submission_id)
    rejected = every["state"].eq(REJECTED)
    torn = _torn(view, work, every) if rejected.any() else {}
    every = same_reports.with_parts(every[~rejected])
    known = same_reports.find(
        view.connection, every, operator=work.operator, submission_id=work.submission_id
    )
    waits = every["state"].eq(WAITING) & every["record"].isin(chosen.numbers)
    records = every[waits].reset_index(drop=True)
    stored = listing.overruled(view.connection, work.submission_id, chosen.overruled)
    _also_stored(stored, torn, known, chosen, word)
    # Another report of land that was reported before may take nothing more off its hazard.
    overruled = (*chosen.overruled, *(("releases_nothing",) if word == ANOTHER else ()))
    weighing = _Weighing(Surroundings(Outlines(view.connection)), overruled, stored)
    reasons = _errors(view, work, records, known, chosen, torn)
    if not chosen.by_name:
        reasons |= unvalidated(view.connection, work, records, reasons)
    fit = records[~records["record"].isin(reasons)]
    fit = fit.sort_values(["happened_on", "record"])
    rows = {int(row["record"]): row for row in fit.to_dict("records")}
    if word == CORRECTION:
        weighing = _correct(view, work, rows, known, reasons, every, weighing)
    _wait_or_count(work, rows, known, word, reasons, chosen)
    open_ = set(every.loc[every["state"] == WAITING, "record"])
    reports = _whole(rows, known, reasons, set() if chosen.apart else open_)
    _record_all(view, work, reports, known, word, reasons, weighing)
    work.leave(reasons, records, by_name=chosen.by_name)


def _also_stored(
    stored: dict[int, list[str]],
    torn: dict[int, list[tuple[str, str]]],
    known: dict[int, Known],
    chosen: Chosen,
    word: str | None,
) -> None:
    """Add the overruled errors that no check could say when the file came."""
    for number, wrong in torn.items():
        stored.setdefault(number, []).extend(c for c, _ in wrong if c in chosen.overruled)
    if word == ANOTHER and same_reports.TWICE in chosen.overruled:
        for number, each in known.items():
            if each.repeated():
                stored.setdefault(number, []).append(same_reports.TWICE)


def _errors(
    view: View,
    work: Work,
    records: pd.DataFrame,
    known: dict[int, Known],
    chosen: Chosen,
    torn: dict[int, list[tuple[str, str]]],
) -> dict[int, str]:
    """Return the errors of records that keep them back.

    What the ledger has in just these words was taken in spite of those that can be overruled.
    """
    there = [number for number, each in known.items() if each.same is not None]
    again = records["record"].isin(there)
    of = partial(listing.errors_of, view.connection, work.submission_id)
    found = of(records[~again], chosen.overruled) | of(records[again], OVERRULED)
    for number in records.loc[~again, "record"]:
        wrong = [each for each in torn.get(number, ()) if each[0] not in chosen.overruled]
        if wrong:
            found.setdefault(number, listing.in_words_of(wrong))
    return found


def _wait_or_count(
    work: Work,
    rows: dict[int, Record],
    known: dict[int, Known],
    word: str | None,
    reasons: dict[int, str],
    chosen: Chosen,
) -> None:
    """Take out of `rows` those that wait for a word, and those that the ledger has already."""
    for number in [*rows]:
        if number in known and (why := _waits(work, known[number], word, chosen)):
            reasons[number] = why
            del rows[number]
    for number in [*rows]:
        if number in known and (same := known[number].same) is not None:
            _count_same(work, rows.pop(number), same)


def _torn(view: View, work: Work, every: gpd.GeoDataFrame) -> dict[int, list[tuple[str, str]]]:
    """Return what speaks against reports of which a row was rejected, by record: sizes far off.

    The m² that such a report gives were compared with the land of all its rows.
    """
    state = dict(zip(every["record"], every["state"], strict=True))
    figures = every[list(same_reports.FIGURES)].notna().any(axis=1)
    said = set(every.loc[figures, "record"])
    left: list[int] = []
    for report in same_reports.reports_of(view.connection, every, work.operator):
        gone = [number for number in report if state[number] == REJECTED]
        waits = [number for number in report if state[number] == WAITING]
        if not gone or not waits:
            continue
        left += waits
        if said.isdisjoint(waits) and not said.isdisjoint(gone):
            work.notes.append(
                f"{_records(gone)} was rejected with the m² and items of one report with "
                f"{_records(waits)}: they count nowhere; if they are of the rest, submit it again"
            )
        else:
            work.notes.append(
                f"{_records(gone)} was rejected, of one report with {_records(waits)}: what m² and "
                "items are written there count for the rest alone"
            )
    table = every[every["record"].isin(left)].reset_index(drop=True)
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    if not table.empty:
        for each in check_reports(table, numbers=table["record"]).itertuples():
            if each.code == "size_mistaken":
                found[int(each.record)].append((each.code, each.message))
    return found


def _whole(
    rows: dict[int, Record], known: dict[int, Known], reasons: dict[int, str], waiting: set[int]
) -> list[list[Record]]:
    """Return the rows of each report that are to be recorded together.

    Where others of its rows stay on the workbench, they stay too: then `reasons` says why.
    """
    found: list[list[Record]] = []
    taken: set[int] = set()
    for number, record in rows.items():
        if number in taken:
            continue
        report = known[number].report if number in known else (number,)
        mine = [number, *(each for each in report if each in rows and each != number)]
        taken.update(mine)
        lacks = [
            each
            for each in report
            if each in waiting and each not in rows
            if each not in known or known[each].same is None
        ]
        if lacks:
            _hold_back(mine, lacks, known, reasons)
        else:
            found.append([record, *(rows[each] for each in mine[1:])])
    return found


def _hold_back(
    numbers: Sequence[int], lacks: Sequence[int], known: dict[int, Known], reasons: dict[int, str]
) -> None:
    """Say of rows of a report that they stay because others of its rows do."""
    name = known[numbers[0]].word.name
    told = sorted(number for number in lacks if number in reasons)
    if told:
        why = visible(reasons[told[0]], LONGEST // 4)
        said = (
            f"which waits ({why}); a report is accepted whole: mend that, or reject "
            f"{_records(told)} if the land is not of this report"
        )
    else:
        every = some([str(each) for each in sorted({*numbers, *lacks})], 10)
        said = (
            f"which was not named; a report is accepted whole: name its records {every}, or "
            f"reject {_records(lacks)} if the land is not of this report"
        )
    why = f"{name} is one report with {_records(told or lacks)} of this file, {said}"
    reasons.update(dict.fromkeys(numbers, why))


def _records(numbers: Sequence[int]) -> str:
    return f"record{'s' if len(numbers) > 1 else ''} {some([str(n) for n in sorted(numbers)], 3)}"


def _record_all(
    view: View,
    work: Work,
    reports: Sequence[Sequence[Record]],
    known: dict[int, Known],
    word: str | None,
    reasons: dict[int, str],
    weighing: _Weighing,
) -> None:
    """Judge reports that are not there yet: those whose hazards are named first, at once."""
    named: list[list[Made]] = []
    over_several: list[tuple[list[Made], list[Record]]] = []
    for report in reports:
        made: list[Made] = []
        several = [record for record in report if pd.isna(record["hazard_id"])]
        for record in report:
            if pd.isna(record["hazard_id"]):
                continue
            try:
                made.append((record, _entry(work, record, known.get(record["record"]), word)))
            except MineGeoError as error:
                reasons[record["record"]] = str(error)
        if any(record["record"] in reasons for record in report):
            continue
        if several:
            over_several.append((made, several))
        else:
            named.append(made)
    _judge(view, work, named, reasons, weighing)
    for made, several in over_several:
        _judge_several(view, work, made, several, reasons, weighing, renewed=word is not None)
    for report in reports:
        numbers = [int(record["record"]) for record in report]
        lacks = [number for number in numbers if number in reasons]
        if lacks and len(lacks) < len(numbers):
            _hold_back([n for n in numbers if n not in reasons], lacks, known, reasons)


def _waits(work: Work, known: Known, word: str | None, chosen: Chosen) -> str | None:
    """Return why a report waits for a word of the officer; None if it does not."""
    if word is None and (why := known.why()):
        return f"{why}; {known.mend()}"
    newer = known.newer()
    if newer and word is None and not chosen.by_name:
        return newer
    twice = known.repeated() if word == ANOTHER and known.same is None else None
    if twice and same_reports.TWICE not in chosen.overruled:
        return listing.in_words_of([(same_reports.TWICE, twice)])
    if word is None and known.same is not None and known.earlier:
        others = some([name for each in known.earlier for name in each.events], 3)
        work.notes.append(
            f"{known.word.name}: the ledger has more of it ({others}); if that is wrong, accept "
            "the whole report as a correction"
        )
    if not newer or word is not None or chosen.by_name:
        work.notes += known.beside()
    return None


class _Correction(NamedTuple):
    """A report in whose place another one stands."""

    records: list[Record]
    """What stands there from now on."""
    gone: list[str]
    """The events that are retracted."""


@dataclass
class _Corrected:
    """What a correction does."""

    retracted: list[str] = field(default_factory=list)
    """Its retractions, by event_id."""
    told: list[Told] = field(default_factory=list)
    same: list[tuple[Record, Word]] = field(default_factory=list)
    """Records that the ledger has already, in just these words."""
    notes: list[str] = field(default_factory=list)


def _correct(
    view: View,
    work: Work,
    rows: dict[int, Record],
    known: dict[int, Known],
    reasons: dict[int, str],
    every: pd.DataFrame,
    weighing: _Weighing,
) -> _Weighing:
    """Judge reports of which an earlier word is there: that is retracted, this recorded, or none.

    What is done is taken out of `rows`. What comes out is what comes out if one is accepted after
    the other: those that do not depend on each other are judged at once, the others in turn.
    """
    reports: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number in rows:
        if number in known:
            reports[known[number].report].append(number)
    waiting = set(every.loc[every["state"] == WAITING, "record"])
    asked: list[_Correction] = []
    for report, numbers in reports.items():
        words = [known[number] for number in report if number in known]
        gone = same_reports.replaced(words)
        if not gone:
            continue
        mine = [rows.pop(number) for number in numbers]
        if missing := sorted(waiting.intersection(report) - set(numbers)):
            _hold_back(numbers, missing, known, reasons)
        else:
            asked.append(_Correction(mine, gone))
    done: dict[int, _Corrected] = {}
    for turn in _turns(view, asked):
        weighing = _take_turn(view, work, turn, known, reasons, weighing, done)
    for each in (done[record["record"]] for one in asked for record in one.records[:1]
                 if record["record"] in done):  # fmt: skip
        work.events += each.retracted
        work.count["retracted"] += len(each.retracted)
        for record, same in each.same:
            _count_same(work, record, same)
        for told in each.told:
            _count(work, told, weighing)
        work.notes += each.notes
    return weighing


def _turns(view: View, asked: Sequence[_Correction]) -> list[list[_Correction]]:
    """Return corrections in turns: of one turn none changes what another is judged by.

    A correction changes its hazards, and is judged by them, by those that overlap them, and by
    those under its land. One that depends on another comes in a later turn, in their order.
    """
    if len(asked) < 2:
        return [list(asked)] if asked else []
    hazards = recording.hazards_of(view, [name for each in asked for name in each.gone])
    reach = view.reach()
    drawn = (
        [record["geometry"] for record in each.records if record["geometry"] is not None]
        for each in asked
    )
    boxes = [shapely.envelope(shapely.GeometryCollection(shapes)) for shapes in drawn]
    under = reach.meeting(boxes)
    touched: list[set[str]] = []
    for each, below in zip(asked, under, strict=True):
        named = {record["hazard_id"] for record in each.records}
        mine = {hazards[name] for name in each.gone} | {n for n in named if not pd.isna(n)}
        touched.append(reach.together(mine | below if any(map(pd.isna, named)) else mine))
    beside = reach.overlapping(set().union(*touched))
    last_changed: dict[Any, int] = defaultdict(int)
    last_judged: dict[Any, int] = defaultdict(int)
    meets: dict[int, list[int]] = defaultdict(list)
    for one, other in zip(*shapely.STRtree(boxes).query(boxes), strict=True):
        if other < one:
            meets[one].append(other)
    turn_of: list[int] = []
    for place, (mine, below) in enumerate(zip(touched, under, strict=True)):
        judged_by = reach.together(below.union(*(beside[name] for name in mine)))
        turn = 1 + max(
            (
                *(last_changed[name] for name in judged_by),
                *(last_judged[name] for name in mine),
                *(turn_of[other] for other in meets[place]),
            ),
            default=0,
        )
        turn_of.append(turn)
        for name in mine:
            last_changed[name] = max(turn, last_changed[name])
        for name in judged_by:
            last_judged[name] = max(turn, last_judged[name])
    turns: list[list[_Correction]] = [[] for _ in range(max(turn_of))]
    for each, turn in zip(asked, turn_of, strict=True):
        turns[turn - 1].append(each)
    return turns


def _take_turn(
    view: View,
    work: Work,
    turn: Sequence[_Correction],
    known: dict[int, Known],
    reasons: dict[int, str],
    weighing: _Weighing,
    done: dict[int, _Corrected],
) -> _Weighing:
    """Judge corrections that do not depend on each other at once, each whole or not at all.

    What is done is put onto the view and into `done`, by its first record.
    """
    corrected = view.retracted([name for each in turn for name in each.gone])
    fit = []
    for each in turn:
        if twice := sorted(corrected.intersection(each.gone)):
            why = f"event {some(twice, 2)} was corrected by another record of this file"
            reasons.update({record["record"]: why for record in each.records})
        else:
            fit.append(each)
    return _at_once(view, work, fit, known, reasons, weighing, done)


def _at_once(
    view: View,
    work: Work,
    fit: Sequence[_Correction],
    known: dict[int, Known],
    reasons: dict[int, str],
    weighing: _Weighing,
    done: dict[int, _Corrected],
) -> _Weighing:
    """Judge corrections at once; where the ledger refuses, halve them until that one is left."""
    while fit:
        try:
            pieces, found = _replaced(view.scratch(), work, fit, known, weighing)
        except MineGeoError as error:
            if len(fit) == 1:
                reasons.update({record["record"]: str(error) for record in fit[0].records})
                return weighing
            middle = len(fit) // 2
            for half in (fit[:middle], fit[middle:]):
                weighing = _at_once(view, work, half, known, reasons, weighing, done)
            return weighing
        against = [
            next(filter(None, (weighing.against(told) for told in each.told)), None)
            for each in found
        ]
        if not any(against):
            done.update({one.records[0]["record"]: d for one, d in zip(fit, found, strict=True)})
            for piece in pieces:
                view.add(piece)
                weighing = weighing.after(piece)
            return weighing
        for each, why in zip(fit, against, strict=True):
            if why is not None:
                reasons.update(dict.fromkeys((record["record"] for record in each.records), why))
        fit = [each for each, why in zip(fit, against, strict=True) if why is None]
    return weighing


def _replaced(
    view: View,
    work: Work,
    corrections: Sequence[_Correction],
    known: dict[int, Known],
    weighing: _Weighing,
) -> tuple[list[Judged], list[_Corrected]]:
    """Judge retractions on a view, and what stands in the place of what they void.

    Raises
    ------
    MineGeoError
        If the ledger refuses something of it.
    """
    entries: list[Entry] = []
    for each in corrections:
        why = f"corrected by {work.submission_id}, record {each.records[0]['record']}"
        entries += recording.retractions(view, each.gone, why, work.accepted_by)
    retracted = judge(view, entries)
    pieces, weighing = [retracted], weighing.after(retracted)
    ids = iter(retracted.ids)
    found: list[_Corrected] = []
    made: list[Made] = []
    over_several: list[tuple[Record, _Corrected]] = []
    owners: dict[int, _Corrected] = {}
    for each in corrections:
        one = _Corrected([name for name in islice(ids, len(each.gone)) if name in retracted.new])
        found.append(one)
        for record in each.records:
            mine = known[int(record["record"])]
            if mine.same is not None:
                one.same.append((record, mine.same))
                continue
            if pd.isna(record["hazard_id"]):
                over_several.append((record, one))
            else:
                made.append((record, _entry(work, record, mine, CORRECTION)))
                owners[record["record"]] = one
            for word in (*mine.earlier, *mine.perhaps)[:1]:
                said = ", ".join(mine.word.differs(word))
                one.notes.append(
                    f"{mine.word.name} in place of event {some(word.events, 2)}: {said}"
                )
    if made:
        judged = judge(view, [entry for _, entry in made])
        pieces.append(judged)
        for told in weighing.tell_each(judged, made):
            owners[told.record].told.append(told)
    for record, one in over_several:
        several = _over_several(view, work, record, renewed=True)
        pieces.append(Judged.of(several[0]))
        one.told.append(weighing.tell(record, several, record["geometry"]))
    return pieces, found


@dataclass(frozen=True)
class _Weighing:
    """How reports are weighed that the ledger would take."""

    there: Surroundings
    overruled: tuple[str, ...]
    stored: dict[int, list[str]]
    """Errors of the checks that were overruled, by the number of the record."""

    def after(self, judged: Judged) -> _Weighing:
        """Return the same once something judged stands."""
        return replace(self, there=self.there.after(judged))

    def tell(self, record: Record, done: Sequence[Recorded], land: Any) -> Told:
        """Return what a judged report does, and what speaks against it."""
        kind, when = record["event_type"], day(record["happened_on"])
        new = any(each.new for each in done)
        notes, findings = _notes(done), list[Finding]()
        if new and kind in OUTCOMES:
            where = fell(self.there, Judged.of(done[0]), done, land, when)
            findings = weigh(where, int(record["record"]) - 1)
            if where.outside_m2:
                notes.insert(0, f"{outside_note(where.outside_m2)}: {where.outside()}")
        return Told(
            int(record["record"]),
            tuple(each.hazard_id for each in done),
            kind,
            when,
            tuple(str(each) for each in done),
            new,
            int(record["size_m2"]),
            sum(each.before_m2 for each in done),
            sum(each.released_m2 for each in done),
            sum(each.outside_m2 for each in done),
            sum(each.after_m2 for each in done),
            (*notes, *(each.message for each in findings if each.severity == "warning")),
            tuple(findings),
            *(
                shapely.union_all([of[name] for name in map(str, done) if name in of])
                for of in (Judged.of(done[0]).had, Judged.of(done[0]).left)
            ),
        )

    def tell_each(self, judged: Judged, made: Sequence[Made]) -> list[Told]:
        """Return what each of some rows does that were judged at once.

        Rows in the very same words, without an id of their own, are one event: the first is told,
        and the others are the same.
        """
        found: dict[str, Told] = {}
        told: list[Told] = []
        for (record, entry), name in zip(made, judged.ids, strict=True):
            first = found.get(name)
            if first is None:
                told.append(self.tell(record, [judged.recorded(name)], entry.geometry))
                found[name] = told[-1]
            else:
                told.append(_told_again(record, first.hazards, first.event_type, first.events))
        return told

    def against(self, told: Told) -> str | None:
        """Return the errors that are not overruled, in words; None if there are none."""
        wrong = [
            (each.code, each.message)
            for each in told.findings
            if each.severity == "error" and each.code not in self.overruled
        ]
        return listing.in_words_of(wrong) if wrong else None


def _notes(done: Sequence[Recorded]) -> list[str]:
    """Return what the ledger says of a report, but how much lies outside: `fell` says where."""
    found = []
    for each in done:
        name = f"{each.hazard_id}: " if len(done) > 1 else ""
        found += [name + note for note in Judged.of(each).notes_of(each, outside=False)]
    return found


def _facts(work: Work, record: Record) -> Facts:
    """Return what a report says; one without an operator is of the operator of its file."""
    operator: Any = work.operator if pd.isna(record["operator"]) else record["operator"]
    return Facts.of_row({**record, "operator": operator, "recorded_by": work.accepted_by})


def _entry(work: Work, record: Record, known: Known | None, word: str | None) -> Entry:
    """Return the event of a report on one hazard."""
    kind, hazard, drawn = record["event_type"], record["hazard_id"], record["geometry"]
    when, facts = day(record["happened_on"]), _facts(work, record)
    own, report = facts.event_id, text_of(record["report"], "report")
    taken = known is not None and any(each.own == own for each in known.earlier)
    if word == ANOTHER and own and known is not None and taken:
        if any(each.hazard in {hazard, None} for each in known.earlier):
            raise RecordError(
                f"its id {own} is that of an event there, and another report has an id of its "
                "own: accept it as a correction, or correct the id in the file"
            )
        facts, report = replace(facts, event_id=f"{own}:{hazard}"), own
    detail = None if report is None else content.to_json({"report": report})
    if kind in OUTCOMES:
        entry = recording.release(hazard, kind, drawn, when, facts)
    elif kind == "amended":
        entry = recording.amendment(hazard, drawn, when, facts)
    elif drawn is not None:
        raise RecordError(
            "a confirmation with a polygon releases the rest of the hazard: record it by hand, "
            "with confirm"
        )
    else:
        entry = Entry(hazard, kind, when, None, facts, facts.event_id)
    renewed = word is not None or (known is not None and known.renewed)
    return replace(entry, detail=detail, renewed=renewed)


def _judge(
    view: View,
    work: Work,
    reports: list[list[Made]],
    reasons: dict[int, str],
    weighing: _Weighing,
) -> None:
    """Judge reports together, less those that the ledger refuses or that must not pass unseen.

    Each is whole or not at all. One that is left out may have taken the land of the next: then all
    the others are judged anew.
    """
    while reports:
        refused: dict[int, str] = {}
        pieces = _possible(view.scratch(), reports, refused)
        told = [
            each
            for judged, part in (pieces if len(pieces) < 2 else _together(view, pieces))
            for each in weighing.tell_each(judged, part)
        ]
        wrong = _first_of_each(told, reports, weighing)
        if not wrong:
            break
        reasons.update(wrong)
        reports = [each for each in reports if not any(row["record"] in wrong for row, _ in each)]
    else:
        return
    reasons.update(refused)
    for judged, _ in pieces:
        view.add(judged)
    for each in told:
        _count(work, each, weighing)


def _possible(
    view: View, reports: Sequence[Sequence[Made]], refused: dict[int, str]
) -> list[Piece]:
    """Judge reports on a view; where the ledger refuses, halve them until the refused one is left.

    What can be is on the view, in pieces that were judged at once.
    """
    made = [row for report in reports for row in report]
    try:
        judged = judge(view, [entry for _, entry in made])
    except MineGeoError as error:
        if len(reports) == 1:
            refused.update(_refused(view, made, error))
            return []
        middle = len(reports) // 2
        halves = (reports[:middle], reports[middle:])
        return [piece for half in halves for piece in _possible(view, half, refused)]
    return [(judged, made)]


def _refused(view: View, report: Sequence[Made], error: MineGeoError) -> dict[int, str]:
    """Return the rows of a report that the ledger refuses, and why; all where it is their sum."""
    found: dict[int, str] = {}
    if len(report) > 1:
        for record, entry in report:
            try:
                judge(view, [entry], keep=False)
            except MineGeoError as alone:
                found[record["record"]] = str(alone)
    return found or {record["record"]: str(error) for record, _ in report}


def _together(view: View, pieces: list[Piece]) -> list[Piece]:
    """Return pieces judged at once, so that each report is seen beside all others of the file."""
    made = [each for _, part in pieces for each in part]
    try:
        return [(judge(view, [entry for _, entry in made], keep=False), made)]
    except MineGeoError:  # one after the other they can be
        return pieces


def _first_of_each(
    told: Sequence[Told], reports: Sequence[Sequence[Made]], weighing: _Weighing
) -> dict[int, str]:
    """Return, of each hazard, the first report that must not pass unseen, and why."""
    of = {record["record"]: place for place, each in enumerate(reports) for record, _ in each}
    found: dict[int, str] = {}
    seen: set[str] = set()
    out: set[int] = set()
    ranks = {name: rank for rank, name in enumerate(EVENT_TYPES)}
    for each in sorted(told, key=lambda one: (one.happened_on, ranks[one.event_type], one.events)):
        why, place = weighing.against(each), of[each.record]
        if why is not None and (place in out or seen.isdisjoint(each.hazards)):
            found[each.record] = why
            out.add(place)
            seen.update(entry.hazard_id for _, entry in reports[place])
    return found


def _count_same(work: Work, record: Record, same: Word) -> None:
    """Count a report that the ledger has already, in just these words."""
    hazards = (same.hazard,) if same.hazard else ()
    told = _told_again(record, hazards, same.kind, same.events)
    work.did[None].append(told.record)
    work.count[listing.SAME] += 1
    work.reports.append(told)


def _told_again(
    record: Record, hazards: tuple[str, ...], kind: str, events: tuple[str, ...]
) -> Told:
    """Return what a report does that is there in just these words: nothing."""
    number, drawn = int(record["record"]), int(record["size_m2"])
    return Told(number, hazards, kind, day(record["happened_on"]), events, False, drawn, *NOTHING)


def _count(work: Work, told: Told, weighing: _Weighing) -> None:
    """Count a report as accepted, with what was overruled."""
    kind = told.event_type
    codes = {each.code for each in told.findings if each.severity == "error"}
    codes |= set(weighing.stored.get(told.record, ()))
    did = f"{kind} despite {', '.join(sorted(codes))}" if codes else kind
    work.did[did if told.new else None].append(told.record)
    work.count[("released" if kind in OUTCOMES else kind) if told.new else listing.SAME] += 1
    work.events += list(told.events) if told.new else []
    work.reports.append(told)


def _judge_several(
    view: View,
    work: Work,
    made: Sequence[Made],
    several: Sequence[Record],
    reasons: dict[int, str],
    weighing: _Weighing,
    *,
    renewed: bool,
) -> None:
    """Judge a report with a row that names no hazard: that is of all that lie under its polygon.

    It is whole or not at all; `reasons` says what keeps it back.
    """
    tried = view.scratch()
    pieces: list[Judged] = []
    told: list[Told] = []
    if made:
        refused: dict[int, str] = {}
        for judged, _ in _possible(tried, [made], refused):
            pieces.append(judged)
            told += weighing.tell_each(judged, made)
        reasons.update(refused)
    for record in several:
        try:
            done = _over_several(tried, work, record, renewed=renewed)
        except MineGeoError as error:
            reasons[record["record"]] = str(error)
            continue
        pieces.append(Judged.of(done[0]))
        told.append(weighing.tell(record, done, record["geometry"]))
    reasons.update({e.record: why for e in told if (why := weighing.against(e)) is not None})
    if any(record["record"] in reasons for record in (*several, *(row for row, _ in made))):
        return
    for judged in pieces:
        view.add(judged)
    for each in told:
        _count(work, each, weighing)


def _over_several(view: View, work: Work, record: Record, *, renewed: bool) -> list[Recorded]:
    """Judge a report that names no hazard onto a view; an event of each hazard under it."""
    kind = content.from_json(record["extra"]).get("kind")
    return recording.record_report(
        view,
        record["event_type"],
        record["geometry"],
        day(record["happened_on"]),
        kind if kind in KINDS else None,
        _facts(work, record),
        renewed=renewed,
    )
