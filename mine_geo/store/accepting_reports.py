"""Submitted reports into the ledger: each is the event that it reports, on its own day.

What the ledger refuses is left waiting with the ledger's own words; asked for by name, it refuses
the whole acceptance. A report that is there already and says something else waits for the officer's
word: a correction retracts the earlier events and records the new ones, or neither.
EPSG:4326, m².
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import MineGeoError, OptionError, RecordError, some
from mine_geo.store import (
    comparing,
    content,
    field_reports,
    recording,
    same_reports,
    submissions,
)
from mine_geo.store.accepting import unvalidated
from mine_geo.store.entries import Entry, Facts, day, text_of
from mine_geo.store.judging import judge
from mine_geo.store.submitted import WAITING
from mine_geo.terms import KINDS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.store.accepting import Work
    from mine_geo.store.deciding import Chosen
    from mine_geo.store.judging import View
    from mine_geo.store.same_reports import Known

    Record = dict[Any, Any]
    Made = tuple[Record, Entry]

_FACTS: Final = (
    "operator",
    "report_ref",
    "reported_size_m2",
    "ap_mines",
    "av_mines",
    "submunitions",
    "uxo",
    "depth_cm",
    "comment",
)
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
    every = submissions.records(view.connection, work.submission_id)
    every = same_reports.with_parts(every)
    known = same_reports.find(
        view.connection, every, operator=work.operator, submission_id=work.submission_id
    )
    waits = every["state"].eq(WAITING) & every["record"].isin(chosen.numbers)
    records = every[waits].reset_index(drop=True)
    reasons = submissions.errors_of(view.connection, work.submission_id, records)
    if not chosen.by_name:
        reasons |= unvalidated(view.connection, work, records, reasons)
    fit = records[~records["record"].isin(reasons)]
    fit = fit.sort_values(["happened_on", "record"])
    rows = {int(row["record"]): row for row in fit.to_dict("records")}
    if word == CORRECTION:
        _correct(view, work, rows, known, reasons, every)
    for number in [*rows]:
        if number in known and (why := _waits(work, known[number], word, chosen)):
            reasons[number] = why
            del rows[number]
    for number in [*rows]:
        if number in known and known[number].same is not None:
            _count(work, rows.pop(number), new=False)
    _record_all(view, work, rows, known, word, reasons)
    work.leave(dict(sorted(reasons.items())), records, by_name=chosen.by_name)


def _record_all(
    view: View,
    work: Work,
    rows: dict[int, Record],
    known: dict[int, Known],
    word: str | None,
    reasons: dict[int, str],
) -> None:
    """Judge reports that are not there yet: those of one hazard first, at once."""
    made: list[Made] = []
    over_several: list[Record] = []
    for number, record in rows.items():
        if pd.isna(record["hazard_id"]):
            over_several.append(record)
            continue
        try:
            made.append((record, _entry(work, record, known.get(number), word)))
        except MineGeoError as error:
            reasons[number] = str(error)
    _judge(view, work, made, reasons)
    for record in over_several:
        try:
            _judge_several(view, work, record, renewed=word is not None)
        except MineGeoError as error:
            reasons[record["record"]] = str(error)


def _waits(work: Work, known: Known, word: str | None, chosen: Chosen) -> str | None:
    """Return why a report waits for a word of the officer; None if it does not."""
    if word is None and (why := known.why()):
        return f"{why}; {same_reports.WORDS}"
    newer = known.newer()
    if newer and word is None and not chosen.by_name:
        return f"{newer}: accept that one and reject this, or name this one if it holds"
    if word is None and known.same is not None and known.earlier:
        others = some([name for each in known.earlier for name in each.events], 3)
        work.notes.append(
            f"{known.word.name}: the ledger has more of it ({others}); if that is wrong, accept "
            "the whole report as a correction"
        )
    work.notes += [
        f"{each.name} waits in {each.where} too, and says something else; reject it if this holds"
        for each in known.waiting
        if not each.newer or word is not None or chosen.by_name
    ]
    return None


def _correct(
    view: View,
    work: Work,
    rows: dict[int, Record],
    known: dict[int, Known],
    reasons: dict[int, str],
    every: pd.DataFrame,
) -> None:
    """Judge reports of which an earlier word is there: that is retracted, this recorded, or none.

    What is done is taken out of `rows`.
    """
    reports: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number in rows:
        if number in known:
            reports[known[number].report].append(number)
    waiting = set(every.loc[every["state"] == WAITING, "record"])
    for report, numbers in reports.items():
        words = [known[number] for number in report]
        gone = same_reports.replaced(words)
        if not gone:
            continue
        mine = [rows.pop(number) for number in numbers]
        missing = sorted(waiting.intersection(report) - set(numbers))
        why = None
        if missing:
            why = (
                f"{words[0].word.name} is one report with {some(missing, 3)} of this file, which "
                "cannot be accepted or was not named: a correction is of the whole report"
            )
        elif corrected := view.retracted(gone):
            why = f"event {some(sorted(corrected), 2)} was corrected by another record of this file"
        try:
            if why is None:
                _replace(view, work, mine, known, gone)
        except MineGeoError as error:
            why = str(error)
        if why is not None:
            reasons.update(dict.fromkeys(numbers, why))


def _replace(
    view: View, work: Work, records: list[Record], known: dict[int, Known], gone: list[str]
) -> None:
    """Judge the retraction of events and what stands in their place; all of it, or nothing."""
    kept = work.copy()
    first = records[0]["record"]
    why = f"corrected by {work.submission_id}, record {first}"
    with view.attempt():
        try:
            retracted = judge(
                view, recording.retractions(view, gone, why, work.accepted_by)
            )  # fmt: skip
            work.events += [name for name in retracted.ids if name in retracted.new]
            work.count["retracted"] += len(retracted.new)
            for record in records:
                mine = known[int(record["record"])]
                if mine.same is not None:
                    _count(work, record, new=False)
                elif pd.isna(record["hazard_id"]):
                    _judge_several(view, work, record, renewed=True)
                else:
                    _record(view, work, [(record, _entry(work, record, mine, CORRECTION))])
                work.notes += [
                    f"{mine.word.name} in place of event {some(each.events, 2)}: "
                    f"{', '.join(mine.word.differs(each))}"
                    for each in (*mine.earlier, *mine.perhaps)[:1]
                    if mine.same is None
                ]
        except MineGeoError:
            work.restore(kept)
            raise


def _facts(work: Work, record: Record) -> Facts:
    said = {name: record[name] for name in _FACTS}
    return Facts.of(said | {"recorded_by": work.accepted_by})


def _entry(work: Work, record: Record, known: Known | None, word: str | None) -> Entry:
    """Return the event of a report on one hazard."""
    kind, hazard, drawn = record["event_type"], record["hazard_id"], record["geometry"]
    when, facts = day(record["happened_on"]), _facts(work, record)
    own, report = text_of(record["event_id"], "event_id"), text_of(record["report"], "report")
    taken = known is not None and any(each.own == own for each in known.earlier)
    if word == ANOTHER and own and known is not None and taken:
        if any(each.hazard in {hazard, None} for each in known.earlier):
            raise RecordError(
                f"its id {own} is that of an event there, and another report has an id of its "
                "own: accept it as a correction, or correct the id in the file"
            )
        own, report = f"{own}:{hazard}", own
    detail = None if report is None else content.to_json({"report": report})
    if kind in OUTCOMES:
        entry = recording.release(hazard, kind, drawn, when, facts, own)
    elif kind == "amended":
        entry = recording.amendment(hazard, drawn, when, facts, own)
    elif drawn is not None:
        raise RecordError(
            "a confirmation with a polygon releases the rest of the hazard: record it by hand, "
            "with confirm"
        )
    else:
        entry = Entry(hazard, kind, when, None, facts, own)
    return replace(entry, detail=detail, renewed=word is not None)


def _judge(view: View, work: Work, made: Sequence[Made], reasons: dict[int, str]) -> None:
    """Judge reports at once; where the ledger refuses, halve them until the refused one is left.

    What is refused leaves nothing on the view.
    """
    if not made:
        return
    try:
        _record(view, work, made)
    except MineGeoError as error:
        if len(made) == 1:
            reasons[made[0][0]["record"]] = str(error)
            return
        middle = len(made) // 2
        _judge(view, work, made[:middle], reasons)
        _judge(view, work, made[middle:], reasons)


def _record(view: View, work: Work, made: Sequence[Made]) -> None:
    """Judge reports, all or none."""
    judged = judge(view, [entry for _, entry in made])
    work.events += [name for name in judged.ids if name in judged.new]
    for (record, _), name in zip(made, judged.ids, strict=True):
        _count(work, record, new=name in judged.new)
    work.notes += judged.notes()


def _count(work: Work, record: Record, *, new: bool) -> None:
    kind = record["event_type"]
    work.did[kind if new else None].append(int(record["record"]))
    work.count[("released" if kind in OUTCOMES else kind) if new else comparing.SAME] += 1


def _judge_several(view: View, work: Work, record: Record, *, renewed: bool) -> None:
    """Judge a report that names no hazard: of all that lie under its polygon."""
    kind = content.from_json(record["extra"]).get("kind")
    done = field_reports.record_report(
        view,
        record["geometry"],
        record["event_type"],
        day(record["happened_on"]),
        kind if kind in KINDS else None,
        _facts(work, record),
        record["event_id"],
        renewed=renewed,
    )
    new = [each for each in done if each.new]
    work.events += list(new)
    work.notes += [f"{each.hazard_id}: {note}" for each in new for note in each.notes]
    _count(work, record, new=bool(new))
