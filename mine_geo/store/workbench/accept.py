"""Decisions on submitted records, and submitted hazards into the ledger.

Which records are meant, and what is decided, once. New hazards are registered, others amended,
described, confirmed. One moment for all events of an acceptance, which is also that of the
decision: at no `known_at` is a record both on the workbench and in the register, or in neither.
EPSG:4326, m².
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import pandas as pd
from sqlalchemy import func, select, update

from mine_geo.errors import OptionError, RecordError, UnknownNameError, choose, some, visible
from mine_geo.store.ledger import register
from mine_geo.store.ledger import register as registration
from mine_geo.store.ledger.entries import DAYS_IN, DESCRIBED, Entry, Facts, day, id_of
from mine_geo.store.ledger.judging import judge
from mine_geo.store.ledger.stored import HASH, MANY
from mine_geo.store.schema import content, gpkg
from mine_geo.store.schema.models import ACCEPTED, EVENT, RECORD, REJECTED, SUBMISSION, WAITING
from mine_geo.store.workbench import listing
from mine_geo.store.workbench.listing import Unwritten
from mine_geo.terms import CRS, HAZARD_COLUMNS, OUTCOMES, OVERRULED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from mine_geo.intake.findings import Finding
    from mine_geo.ledger.events import Day
    from mine_geo.store.ledger.judging import Judged, View


BATCH: Final = 5000
"""Records marked by one statement; both backends take as many values."""
OTHER: Final = {ACCEPTED: "retract its event instead", REJECTED: "submit it again instead"}


class Left(NamedTuple):
    """A record that was not accepted, and why."""

    record: int
    hazard_id: str | None
    why: str


@dataclass(frozen=True)
class Told:
    """What the acceptance of one report does; sizes in whole m²."""

    record: int
    """Its number in the file, from 1."""
    hazards: tuple[str, ...]
    """The hazards that it is of; of a report that names none those under its polygon."""
    event_type: str
    happened_on: date
    events: tuple[str, ...]
    """By event_id, one a hazard."""
    new: bool
    """False where it was recorded before: nothing is written then."""
    drawn_m2: int
    had_m2: int
    """What was left of its hazards before, on its own day."""
    released_m2: int
    """What it releases: what another hazard is credited with already is not in it."""
    outside_m2: int
    """Worked land outside what was left."""
    left_m2: int
    """What is left of its hazards after it, on its own day."""
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    """What the judging has to say: where the land fell, and how its sizes compare."""
    had: Any = field(default=None, repr=False)
    """What was left of its hazards before it: a polygon in EPSG:4326."""
    left: Any = field(default=None, repr=False)
    """What is left of them after it."""

    @property
    def name(self) -> str:
        """The record and its hazards, for a line."""
        return f"record {self.record} ({some(self.hazards, 3)})"

    @property
    def line(self) -> str:
        """All of it in a line."""
        said = [f"{self.event_type} on {self.happened_on}"]
        if not self.new:
            said.append("recorded before, nothing to write")
        elif self.event_type in OUTCOMES:
            said.append(f"{self.released_m2:,} of {self.drawn_m2:,} m² drawn are released")
            said.append(f"{self.left_m2:,} m² are left")
        elif self.event_type == "amended":
            said.append(f"{self.had_m2:,} m² become {self.left_m2:,} m²")
        return f"{self.name}: {'; '.join([', '.join(said), *self.notes])}"


@dataclass(frozen=True, eq=False)
class Accepted:
    """What an acceptance writes into the ledger."""

    submission_id: str
    accepted: int
    """How many records; the events may be more, or fewer."""
    events: tuple[str, ...]
    """The events, by event_id."""
    registered: int
    amended: int
    described: int
    confirmed: int
    released: int
    """How many events of each type; releases of the three outcomes together."""
    same: int
    """Records that said what the register says already: done, without an event."""
    left: tuple[Left, ...]
    """Records that are left waiting, with the reasons."""
    retracted: int = 0
    """Earlier events that stand no more, where reports were accepted as corrections."""
    released_m2: int = 0
    notes: tuple[str, ...] = ()
    """All that there is to say: `general`, and after it what each report has."""
    written: bool = True
    """Whether it was written: False for a dry run, and where nothing is accepted."""
    reports: tuple[Told, ...] = ()
    """Of reports what each does; what there is to say of them is in the notes too."""
    general: tuple[str, ...] = ()
    """Those of the notes that no report of `reports` has."""


@dataclass(frozen=True)
class Rejected:
    """What a rejection does."""

    submission_id: str
    rejected: int
    """How many records."""
    notes: tuple[str, ...] = ()
    written: bool = True
    """Whether it was written: False for a dry run, and where nothing is rejected."""


@dataclass(frozen=True)
class Chosen:
    """Records that are meant: those that wait."""

    numbers: set[int]
    by_name: bool
    """Whether they were asked for one by one: then each of them must do."""
    notes: tuple[str, ...]
    overruled: tuple[str, ...] = ()
    """Codes of errors that do not keep them back."""
    apart: bool = False
    """Whether a row of a report is looked at without the others: never to be written."""

    def overruling(self, codes: Iterable[str] | str) -> Chosen:
        """Return the same with errors overruled.

        Raises
        ------
        OptionError
            If a code is none that can be overruled, or the records are not named.
        """
        given = (codes,) if isinstance(codes, str) else tuple(codes)
        for code in given:
            choose(code, OVERRULED, "despite")
        if given and not self.by_name:
            raise OptionError("errors are overruled one by one: name the records by their numbers")
        return replace(self, overruled=given)


def choose_records(
    connection: Connection,
    name: str,
    hazards: Iterable[str] | str | None,
    records: Iterable[int] | None,
    wanted: str,
) -> Chosen:
    """Find the waiting records of a submission that are meant.

    Parameters
    ----------
    connection
        A connection to a store.
    name
        The submission.
    hazards
        Ids of hazards, or of the events of reports.
    records
        Numbers of records, from 1. Without either: all that wait.
    wanted
        The state that they shall have.

    Raises
    ------
    UnknownNameError
        If an id or a number is not in the submission.
    RecordError
        If one was decided on otherwise.
    """
    names = ("record", "hazard_id", "event_id", "state", "decided_at")
    rows: Sequence[Any]
    if isinstance(name, Unwritten):
        rows = list(name.records[list(names)].itertuples(index=False))
    else:
        query = select(*(RECORD.c[each] for each in names)).where(RECORD.c.submission_id == name)
        rows = connection.execute(query.order_by(RECORD.c.record)).all()
    by_name = hazards is not None or records is not None
    meant = rows
    if by_name:
        ids = [] if hazards is None else [hazards] if isinstance(hazards, str) else list(hazards)
        meant = _named(rows, name, {id_of(each, "hazard_id") for each in ids}, set(records or ()))
    other = [row for row in meant if row.state not in {WAITING, wanted}]
    if by_name and other:
        first = other[0]
        raise RecordError(
            f"{first.hazard_id or first.record} was {first.state} on "
            f"{first.decided_at:%Y-%m-%d}: a decision stands; {OTHER[first.state]}"
        )
    waits = {row.record for row in meant if row.state == WAITING}
    done = sum(row.state == wanted for row in meant)
    notes = [f"{done:,} of the records were {wanted} before"] if done else []
    if not waits:
        notes.append(f"nothing waits in {name}" if not by_name else "none of them waits")
    return Chosen(waits, by_name, tuple(notes))


def _named(rows: Any, name: str, ids: set[str], numbers: set[int]) -> list[Any]:
    """Return the rows with these ids or numbers."""
    known = {each for row in rows for each in (row.hazard_id, row.event_id)}
    strange = [*sorted(ids - known), *sorted(numbers - {row.record for row in rows})]
    if strange:
        raise UnknownNameError(
            f"{some(strange)}: not in {name}; submission({name!r}).records lists what is in it"
        )
    return [
        row
        for row in rows
        if row.record in numbers or row.hazard_id in ids or row.event_id in ids
    ]  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """A decision on records that wait, judged: to be written."""

    submission_id: str
    numbers: tuple[int, ...]
    """The records, from 1."""
    state: str
    decided_by: str | None
    why: str | None = None
    did: str | None = None
    rows: None = None
    """It has no events of its own."""

    def write(self, connection: Connection, now: datetime, *, synthetic: bool) -> None:  # noqa: ARG002  (the records say it)
        """Write it, at the moment of the events, if there are any."""
        told = {name: getattr(self, name) for name in ("state", "decided_by", "why", "did")}
        for start in range(0, len(self.numbers), BATCH):
            these = RECORD.c.record.in_(self.numbers[start : start + BATCH])
            where = (RECORD.c.submission_id == self.submission_id, these)
            connection.execute(update(RECORD).where(*where).values(decided_at=now, **told))
        gpkg.touch(connection, RECORD.name, now)


_CLOSED: Final = (
    "closed in the register, where all its land was released: if land is there again, record that "
    "by hand with amend"
)
LONGEST: Final = 2000
"""Characters of a reason that are shown: all errors of a record, each with its mend."""
_UNVALIDATED: Final = {
    "not_validated": "not validated at its source: accept it by its id or number if it is true",
    "release_unsaid": "it does not say that land was released: accept it by its number if it was",
}
_UNDATED: Final = "redrawn, and no day of survey: say from which day, with happened_on=..."


@dataclass
class Work:
    """An acceptance under way."""

    submission_id: str
    received_at: datetime
    accepted_by: str | None
    happened_on: date | None
    synthetic: bool
    operator: str | None = None
    """Whose file it is."""
    events: list[str] = field(default_factory=list)
    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    did: dict[str | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Numbers of records, by what their acceptance wrote."""
    left: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reports: list[Told] = field(default_factory=list)

    def copy(self) -> Work:
        """Return how far it is, to come back to; see `restore`."""
        count = defaultdict(int, self.count)
        did = defaultdict(list, {what: [*numbers] for what, numbers in self.did.items()})
        return replace(
            self,
            events=[*self.events],
            count=count,
            did=did,
            notes=[*self.notes],
            reports=[*self.reports],
        )

    def restore(self, kept: Work) -> None:
        """Go back to where it was."""
        self.events, self.count, self.did = kept.events, kept.count, kept.did
        self.notes, self.reports = kept.notes, kept.reports

    def finish(self, view: View) -> Accepted:
        """Put the decisions onto the view, and tell what is done."""
        for did, numbers in self.did.items():
            order = tuple(sorted(numbers))
            view.add(Decision(self.submission_id, order, ACCEPTED, self.accepted_by, did=did))
        types = ("registered", "amended", "described", "confirmed", "released", "same", "retracted")
        told = sorted(self.reports, key=lambda each: each.record)
        said = [f"{each.name}: {'; '.join(each.notes)}" for each in told if each.notes]
        return Accepted(
            self.submission_id,
            sum(len(numbers) for numbers in self.did.values()),
            tuple(self.events),
            **{name: self.count[name] for name in types},
            left=tuple(self.left),
            released_m2=view.released_m2(),
            notes=(*self.notes, *said),
            written=view.writes and bool(self.did),
            reports=tuple(told),
            general=tuple(self.notes),
        )

    def leave(self, reasons: Mapping[int, str], records: pd.DataFrame, *, by_name: bool) -> None:
        """Leave records waiting; refuse instead where they were asked for one by one.

        Raises
        ------
        RecordError
            If they were.
        """
        ids = dict(zip(records["record"], records["hazard_id"], strict=True))
        for number, why in sorted(reasons.items()):
            hazard: str | None = None if pd.isna(ids[number]) else str(ids[number])
            self.left.append(Left(number, hazard, why))
        if by_name and reasons:
            lines = [
                visible(f"{each.hazard_id or f'record {each.record}'} ({each.why})", LONGEST)
                for each in self.left
            ]
            more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
            raise RecordError(
                f"{', '.join(lines[:3])}{more}: cannot be accepted; nothing was written; leave "
                "them out, or submit them corrected"
            )


def begin(row: Any, happened_on: Day, accepted_by: str | None, *, synthetic: bool) -> Work:
    """Return the acceptance of a submission at its beginning."""
    when = None if happened_on is None else day(happened_on)
    who = Facts.of(recorded_by=accepted_by).recorded_by
    return Work(row.submission_id, row.received_at, who, when, synthetic, row.operator)


def accept_hazards(view: View, work: Work, chosen: Chosen) -> None:
    """Judge hazards that are accepted; see `Store.accept`."""
    connection = view.connection
    records = listing.records(connection, work.submission_id, waiting=True, numbers=chosen.numbers)
    compared = listing.compare(connection, records)
    reasons = _reasons(connection, work, records, compared)
    if not chosen.by_name:
        reasons |= unvalidated(connection, work, records, reasons)
    work.leave(reasons, records, by_name=chosen.by_name)
    fit = ~records["record"].isin(reasons)
    records, compared = records[fit], compared[fit]
    if records.empty:
        return
    work.notes += _waiting_elsewhere(connection, work, records["hazard_id"].tolist())
    new = compared["change"] == listing.NEW
    if new.any():
        _register(view, work, records[new])
    _change(view, work, records[~new], compared[~new])


def _reasons(
    connection: Connection, work: Work, records: gpd.GeoDataFrame, compared: pd.DataFrame
) -> dict[int, str]:
    """Return why records cannot enter the register, by number."""
    found = listing.errors_of(connection, work.submission_id, records)
    new = records[compared["change"] == listing.NEW]
    for row in register.known_polygons(connection, new).itertuples():
        number = int(new["record"].iloc[row.place])
        found.setdefault(number, f"its polygon is in the register as {row.other}")
    change = dict(zip(records["record"], compared["change"], strict=True))
    rows = zip(
        records["record"],
        records[HASH].isna(),
        records["kind"].isna(),
        records["surveyed_on"].isna(),
        compared["redrawn"],
        strict=True,
    )
    for number, bare, kindless, undated, redrawn in rows:
        if number in found:
            continue
        if bare:
            found[number] = "no polygon: not in the split"
        elif change[number] == listing.CLOSED:
            found[number] = _CLOSED
        elif change[number] == listing.NEW and kindless:
            found[number] = "no kind: say which when the file is read, with kind="
        elif redrawn and undated and work.happened_on is None:
            found[number] = _UNDATED
    return dict(sorted(found.items()))


def unvalidated(
    connection: Connection, work: Work, records: pd.DataFrame, reasons: Mapping[int, str]
) -> dict[int, str]:
    """Return why records wait for an officer's word, by number.

    Their source has not validated them, or they do not say that land was released. An officer may
    accept one by its name.
    """
    waits = listing.unvalidated(connection, work.submission_id)
    return {
        number: _UNVALIDATED[waits[number]]
        for number in records["record"]
        if number in waits and number not in reasons
    }


def _waiting_elsewhere(connection: Connection, work: Work, ids: list[str]) -> list[str]:
    """Tell which of the hazards wait in a newer submission too."""
    r, s = RECORD.c, SUBMISSION.c
    query = select(r.hazard_id, r.submission_id).where(
        r.submission_id == s.submission_id, r.state == WAITING, s.received_at > work.received_at
    )
    wanted: set[str] = set(ids)
    found: dict[str, set[str]] = defaultdict(set)
    for hazard, name in connection.execute(query):
        if hazard in wanted:
            found[name].add(hazard)
    return [
        f"{some(sorted(hazards))}: waits in {name} too, which is newer"
        for name, hazards in sorted(found.items())
    ]


def _register(view: View, work: Work, records: gpd.GeoDataFrame) -> None:
    """Register new hazards, on the day of their survey; else the day named, else that received."""
    table = pd.DataFrame(records[["hazard_id", *DESCRIBED, "size_m2"]])
    table = table.assign(in_workbench=False, residual=False, geometry=records.geometry)
    frame = gpd.GeoDataFrame(table[list(HAZARD_COLUMNS)], geometry="geometry", crs=CRS)
    frame = content.with_extras(frame, records["extra"].tolist())
    if work.synthetic:
        frame = frame.assign(synthetic=True)
    judged = registration.register(
        view,
        frame.reset_index(drop=True),
        synthetic=work.synthetic,
        registered_on=work.happened_on or work.received_at.astimezone(DAYS_IN).date(),
        recorded_by=work.accepted_by,
        same_polygons=True,  # `_reasons` says which record has a polygon that is there
    )
    work.count["registered"] += judged.done.registered
    work.did["registered"] += records["record"].tolist()
    if judged.events is not None:
        work.events += sorted(judged.events["event_id"])


def _change(view: View, work: Work, records: gpd.GeoDataFrame, compared: pd.DataFrame) -> None:
    """Judge what records say otherwise than the register."""
    first = _first_days(view.connection, records["hazard_id"].tolist())
    entries: list[Entry] = []
    rows = zip(records.to_dict("records"), compared.to_dict("records"), strict=True)
    for record, other in rows:
        made = _entries(work, record, other, first[record["hazard_id"]])
        entries += made
        types = [each.event_type for each in made]
        work.did[", ".join(types) or None].append(int(record["record"]))
        for name in types or [listing.SAME]:
            work.count[name] += 1
    if entries:
        judged = judge(view, entries)
        work.events += judged.ids
        work.notes += judged.notes()
        changed = records["hazard_id"].isin({entry.hazard_id for entry in entries})
        work.notes += _unheard(view.connection, records[changed], judged)


def _entries(work: Work, record: dict[Any, Any], other: dict[Any, Any], first: date) -> list[Entry]:
    """Return the events of one record: of its attributes, its confirmation, its polygon."""
    surveyed = None if pd.isna(record["surveyed_on"]) else record["surveyed_on"].date()
    received = work.received_at.astimezone(DAYS_IN).date()
    when = work.happened_on or max(surveyed or received, first)
    said = dict(other["described"])
    types: list[tuple[str, Any, str | None]] = []
    if said.get("area_type") == "CHA" and other["confirms"]:
        del said["area_type"]
        types.append(("confirmed", None, None))
    if said:
        types.append(("described", None, content.to_json(said, keep_missing=True)))
    if other["redrawn"]:
        types.append(("amended", record["geometry"], None))
    facts = Facts.of(
        operator=record["operator"],
        reported_size_m2=record["reported_size_m2"],
        comment=f"{work.submission_id}, record {record['record']}",
        recorded_by=work.accepted_by,
    )
    return [
        Entry(
            record["hazard_id"],
            name,
            when,
            drawn,
            facts if name == "amended" else facts.without_figures(),
            event_id(work.submission_id, record["hazard_id"], name),
            detail=detail,
        )
        for name, drawn, detail in types
    ]


def event_id(submission_id: str, hazard_id: str, event_type: str) -> str:
    """Return the id of an event, in the order of the submissions: of one day the newest counts.

    Examples
    --------
    >>> event_id("S-0012", "AP-1", "amended")
    'S-0000012:AP-1:amended'
    """
    return f"S-{int(submission_id.removeprefix('S-')):07d}:{hazard_id}:{event_type}"


def _first_days(connection: Connection, ids: list[str]) -> dict[str, date]:
    """Return the first day on which each hazard is in the register."""
    c = EVENT.c
    retracted = select(c.retracts).where(c.retracts.is_not(None)).scalar_subquery()
    where = [c.event_type.in_(("registered", "transferred")), c.event_id.not_in(retracted)]
    if len(ids) <= MANY:
        where.append(c.hazard_id.in_(ids))
    query = select(c.hazard_id, func.min(c.happened_on)).where(*where).group_by(c.hazard_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _unheard(connection: Connection, records: gpd.GeoDataFrame, judged: Judged) -> list[str]:
    """Tell of records that a later event, or one of a newer submission, still outweighs."""
    compared = listing.compare(connection, records, judged)
    still = compared[compared["change"] != listing.SAME]
    ids = records.loc[still.index, "hazard_id"]
    return [
        f"{hazard}: the register still says otherwise ({change}): a later event counts"
        for hazard, change in zip(ids, still["change"], strict=True)
    ]
