"""Submitted reports into the ledger: each is the event that it reports, on its own day.

What the ledger refuses is left waiting with the ledger's own words; asked for by name, it refuses
the whole acceptance. EPSG:4326, m².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely

from mine_geo.checks.reports import weigh
from mine_geo.errors import MineGeoError, OptionError, RecordError
from mine_geo.findings import Finding
from mine_geo.store import comparing, content, field_reports, recording, submissions
from mine_geo.store.accepting import unvalidated
from mine_geo.store.deciding import Told
from mine_geo.store.entries import Entry, Facts, day, text_of
from mine_geo.store.judging import Judged, judge, outside_note
from mine_geo.store.worked_land import Surroundings, fell
from mine_geo.terms import EVENT_TYPES, KINDS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.store.accepting import Work
    from mine_geo.store.deciding import Chosen
    from mine_geo.store.judging import Recorded, View

    Record = dict[Any, Any]
    Made = tuple[Record, Entry]
    Piece = tuple[Judged, Sequence[Made]]

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
_OVER_SEVERAL: Final = "over several hazards"


def accept_reports(view: View, work: Work, chosen: Chosen) -> None:
    """Judge reports that are accepted; see `Store.accept`."""
    if work.happened_on is not None:
        raise OptionError("a report holds from its own day; leave out happened_on")
    records = submissions.records(
        view.connection, work.submission_id, waiting=True, numbers=chosen.numbers
    )
    reasons = submissions.errors_of(view.connection, work.submission_id, records, chosen.overruled)
    if not chosen.by_name:
        reasons |= unvalidated(view.connection, work, records, reasons)
    fit = records[~records["record"].isin(reasons)]
    fit = fit.sort_values(["happened_on", "record"])
    made: list[Made] = []
    for record in fit.to_dict("records"):
        if pd.isna(record["hazard_id"]):
            continue
        try:
            made.append((record, _entry(work, record)))
        except MineGeoError as error:
            reasons[record["record"]] = str(error)
    stored = submissions.overruled(view.connection, work.submission_id, chosen.overruled)
    weighing = _Weighing(Surroundings(view.connection), chosen.overruled, stored)
    _judge(view, work, made, reasons, weighing)
    for record in fit[fit["hazard_id"].isna()].to_dict("records"):
        _judge_several(view, work, record, reasons, weighing)
    work.leave(dict(sorted(reasons.items())), records, by_name=chosen.by_name)


@dataclass(frozen=True)
class _Weighing:
    """How reports are weighed that the ledger would take."""

    there: Surroundings
    overruled: tuple[str, ...]
    stored: dict[int, list[str]]
    """Errors of the checks that were overruled, by the number of the record."""

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

    def against(self, told: Told) -> str | None:
        """Return the errors that are not overruled, in words; None if there are none."""
        wrong = [
            (each.code, each.message)
            for each in told.findings
            if each.severity == "error" and each.code not in self.overruled
        ]
        return submissions.in_words_of(wrong) if wrong else None


def _notes(done: Sequence[Recorded]) -> list[str]:
    """Return what the ledger says of a report, but how much lies outside: `fell` says where."""
    found = []
    for each in done:
        name = f"{each.hazard_id}: " if len(done) > 1 else ""
        kept = (note for note in each.notes if note != outside_note(each.outside_m2))
        found += [name + note for note in kept]
    return found


def _facts(work: Work, record: Record) -> Facts:
    said = {name: record[name] for name in _FACTS}
    return Facts.of(said | {"recorded_by": work.accepted_by})


def _entry(work: Work, record: Record) -> Entry:
    """Return the event of a report on one hazard."""
    kind, hazard, drawn = record["event_type"], record["hazard_id"], record["geometry"]
    when, facts = day(record["happened_on"]), _facts(work, record)
    own = text_of(record["event_id"], "event_id")
    if kind in OUTCOMES:
        return recording.release(hazard, kind, drawn, when, facts, own)
    if kind == "amended":
        return recording.amendment(hazard, drawn, when, facts, own)
    if drawn is not None:
        raise RecordError(
            "a confirmation with a polygon releases the rest of the hazard: record it by hand, "
            "with confirm"
        )
    return Entry(hazard, kind, when, None, facts, own)


def _judge(
    view: View, work: Work, made: Sequence[Made], reasons: dict[int, str], weighing: _Weighing
) -> None:
    """Judge reports together, less those that the ledger refuses or that must not pass unseen.

    One that is left out may have taken the land of the next: then all the others are judged anew.
    """
    while made:
        refused: dict[int, str] = {}
        pieces = _possible(view.scratch(), made, refused)
        told = [
            weighing.tell(record, [judged.recorded(name)], entry.geometry)
            for judged, part in (pieces if len(pieces) < 2 else _together(view, pieces))
            for (record, entry), name in zip(part, judged.ids, strict=True)
        ]
        wrong = _first_of_each(told, weighing)
        if not wrong:
            break
        reasons.update(wrong)
        made = [each for each in made if each[0]["record"] not in wrong]
    else:
        return
    reasons.update(refused)
    for judged, _ in pieces:
        view.add(judged)
    for each in told:
        _count(work, each, weighing)


def _possible(view: View, made: Sequence[Made], refused: dict[int, str]) -> list[Piece]:
    """Judge reports on a view; where the ledger refuses, halve them until the refused one is left.

    What can be is on the view, in pieces that were judged at once.
    """
    try:
        judged = judge(view, [entry for _, entry in made])
    except MineGeoError as error:
        if len(made) == 1:
            refused[made[0][0]["record"]] = str(error)
            return []
        middle = len(made) // 2
        halves = (made[:middle], made[middle:])
        return [piece for half in halves for piece in _possible(view, half, refused)]
    return [(judged, made)]


def _together(view: View, pieces: list[Piece]) -> list[Piece]:
    """Return pieces judged at once, so that each report is seen beside all others of the file."""
    made = [each for _, part in pieces for each in part]
    try:
        return [(judge(view, [entry for _, entry in made], keep=False), made)]
    except MineGeoError:  # one after the other they can be
        return pieces


def _first_of_each(told: Sequence[Told], weighing: _Weighing) -> dict[int, str]:
    """Return, of each hazard, the first report that must not pass unseen, and why."""
    found: dict[int, str] = {}
    seen: set[tuple[str, ...]] = set()
    ranks = {name: rank for rank, name in enumerate(EVENT_TYPES)}
    for each in sorted(told, key=lambda one: (one.happened_on, ranks[one.event_type], one.events)):
        why = weighing.against(each)
        if why is not None and each.hazards not in seen:
            found[each.record] = why
            seen.add(each.hazards)
    return found


def _count(work: Work, told: Told, weighing: _Weighing) -> None:
    """Count a report as accepted, with what was overruled."""
    kind = told.event_type
    codes = {each.code for each in told.findings if each.severity == "error"}
    codes |= set(weighing.stored.get(told.record, ()))
    did = f"{kind} despite {', '.join(sorted(codes))}" if codes else kind
    work.did[did if told.new else None].append(told.record)
    work.count[("released" if kind in OUTCOMES else kind) if told.new else comparing.SAME] += 1
    work.events += list(told.events) if told.new else []
    work.reports.append(told)


def _judge_several(
    view: View, work: Work, record: Record, reasons: dict[int, str], weighing: _Weighing
) -> None:
    """Judge a report that names no hazard: of all that lie under its polygon."""
    kind = content.from_json(record["extra"]).get("kind")
    said = (
        record["geometry"],
        record["event_type"],
        day(record["happened_on"]),
        kind if kind in KINDS else None,
        _facts(work, record),
        record["event_id"],
    )
    try:
        done = field_reports.record_report(view.scratch(), *said)
    except MineGeoError as error:
        reasons[record["record"]] = str(error)
        return
    told = weighing.tell(record, done, record["geometry"])
    why = weighing.against(told)
    if why is not None:
        reasons[record["record"]] = why
        return
    field_reports.record_report(view, *said)
    _count(work, told, weighing)
