"""Decisions on submitted records: which are meant, and what is decided, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Table, select, update

from mine_geo.errors import OptionError, RecordError, UnknownNameError, choose, some
from mine_geo.store import gpkg
from mine_geo.store.entries import id_of
from mine_geo.store.submissions import Unwritten
from mine_geo.store.submitted import ACCEPTED, REJECTED, WAITING, SubmittedRecord
from mine_geo.terms import OUTCOMES, OVERRULED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from mine_geo.findings import Finding

RECORD: Final[Table] = SubmittedRecord.__table__  # type: ignore[assignment]
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
    written: bool = True
    """Whether it was written: False for a dry run, and where nothing is accepted."""
    reports: tuple[Told, ...] = ()
    """Of reports what each does; what there is to say of them is in the notes too."""


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
