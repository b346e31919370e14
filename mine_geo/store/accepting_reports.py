"""Submitted reports into the ledger: each is the event that it reports, on its own day.

What the ledger refuses is left waiting with the ledger's own words; asked for by name, it refuses
the whole acceptance. EPSG:4326, m².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import MineGeoError, OptionError, RecordError
from mine_geo.store import comparing, content, field_reports, recording, submissions
from mine_geo.store.accepting import unvalidated
from mine_geo.store.entries import Entry, Facts, day, text_of
from mine_geo.store.judging import judge
from mine_geo.terms import KINDS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.store.accepting import Work
    from mine_geo.store.deciding import Chosen
    from mine_geo.store.judging import View

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
_OVER_SEVERAL: Final = "over several hazards"


def accept_reports(view: View, work: Work, chosen: Chosen) -> None:
    """Judge reports that are accepted; see `Store.accept`."""
    if work.happened_on is not None:
        raise OptionError("a report holds from its own day; leave out happened_on")
    records = submissions.records(
        view.connection, work.submission_id, waiting=True, numbers=chosen.numbers
    )
    reasons = submissions.errors_of(view.connection, work.submission_id, records)
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
    _judge(view, work, made, reasons)
    for record in fit[fit["hazard_id"].isna()].to_dict("records"):
        _judge_several(view, work, record, reasons)
    work.leave(dict(sorted(reasons.items())), records, by_name=chosen.by_name)


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


def _judge(view: View, work: Work, made: Sequence[Made], reasons: dict[int, str]) -> None:
    """Judge reports at once; where the ledger refuses, halve them until the refused one is left.

    What is refused leaves nothing on the view.
    """
    if not made:
        return
    try:
        judged = judge(view, [entry for _, entry in made])
    except MineGeoError as error:
        if len(made) == 1:
            reasons[made[0][0]["record"]] = str(error)
            return
        middle = len(made) // 2
        _judge(view, work, made[:middle], reasons)
        _judge(view, work, made[middle:], reasons)
        return
    work.events += [name for name in judged.ids if name in judged.new]
    for (record, _), name in zip(made, judged.ids, strict=True):
        _count(work, record, new=name in judged.new)
    work.notes += judged.notes()


def _count(work: Work, record: Record, *, new: bool) -> None:
    kind = record["event_type"]
    work.did[kind if new else None].append(int(record["record"]))
    work.count[("released" if kind in OUTCOMES else kind) if new else comparing.SAME] += 1


def _judge_several(view: View, work: Work, record: Record, reasons: dict[int, str]) -> None:
    """Judge a report that names no hazard: of all that lie under its polygon."""
    kind = content.from_json(record["extra"]).get("kind")
    try:
        done = field_reports.record_report(
            view,
            record["geometry"],
            record["event_type"],
            day(record["happened_on"]),
            kind if kind in KINDS else None,
            _facts(work, record),
            record["event_id"],
        )
    except MineGeoError as error:
        reasons[record["record"]] = str(error)
        return
    new = [each for each in done if each.new]
    work.events += list(new)
    work.notes += [f"{each.hazard_id}: {note}" for each in new for note in each.notes]
    _count(work, record, new=bool(new))
