"""What an office records: the methods of a store, and the entries that they make of what is said.

Releases, redrawn polygons, changed attributes, errors; hazards confirmed, divided and merged are
entries in `reshaping`. One polygon worked on over several hazards is a release of each, in one
transaction. Each event has the whole polygon, so that a later correction of a hazard finds what was
worked on. What the operator wrote once, size and items, stands once: on the hazard of which the
polygon takes most. EPSG:4326, m².
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Final, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from mine_geo.errors import (
    ConflictError,
    GeometryError,
    MineGeoError,
    OptionError,
    RecordError,
    UnknownNameError,
    choose,
    some,
)
from mine_geo.geo.cells import refuse_unfit, value_fault
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.geo.hazards import refuse_several_kinds, to_hazards
from mine_geo.ledger.events import ATTRIBUTES
from mine_geo.ledger.fold import fold
from mine_geo.ledger.preview import distance_m, outcome_first, worked_polygon
from mine_geo.ledger.report import RedrawnReport, Remarks, Report, SpotTask, SurveyReport
from mine_geo.store.ledger import reshaping, same_reports, spot_tasks
from mine_geo.store.ledger.entries import CONTENT, Entry, Facts, day, id_of, text_of
from mine_geo.store.ledger.judging import Base, as_there, judge, unknown
from mine_geo.store.ledger.reshaping import as_asked
from mine_geo.store.ledger.stored import MANY
from mine_geo.store.schema import content
from mine_geo.store.schema.models import EVENT
from mine_geo.terms import CRS, EVENT_COLUMNS, KINDS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from mine_geo.ledger.events import Day
    from mine_geo.ledger.preview import Remainder
    from mine_geo.store.ledger.judging import Expected, Recorded, View
    from mine_geo.store.ledger.spot_tasks import RecordedTask
    from mine_geo.terms import Outcome


class RecordingMethods(Base):
    """Recording into the ledger; each call is one transaction, written under the write lock.

    With `dry_run=True` a call judges and returns the same, without lock and without writing.

    A report is judged on the day on which it happened, whenever it is recorded. The same call with
    the same content is recognised and changes nothing; the content counts, not who recorded it.
    Times are those of the store's own clock and strictly increase.
    """

    def record(
        self,
        hazard_id: str,
        outcome: Outcome,
        polygon: Any,
        *,
        happened_on: Day,
        dry_run: bool = False,
        **report: Unpack[Report],
    ) -> Recorded:
        """Record that land of a hazard was released; what of it lay under the polygon is gone.

        Parameters
        ----------
        hazard_id
            The hazard.
        outcome
            `cancelled` (NTS), `reduced` (TS) or `cleared`.
        polygon
            The land worked on: a polygon in longitude / latitude, or a GeoSeries or GeoDataFrame
            in EPSG:4326. It may reach outside the hazard, and over land released earlier.
        happened_on
            The day, from the report: a date, or ISO text.
        dry_run
            Judge it, and write nothing: what is returned, or raised, is what the recording would
            give on the ledger as it stands. It takes no lock, waits for no other writer, and
            needs no right to write.
        **report
            What else the report says, by the names of `Report`: `operator`, `report_ref`,
            `event_id` (the caller's own: sent again with the same content it changes nothing),
            `reported_size_m2` (m² as the operator wrote it, kept beside what the polygon gives),
            `ap_mines`, `av_mines`, `submunitions`, `uxo` (items found and destroyed), `depth_cm`
            (depth of clearance, cm), `comment`, `recorded_by`.

        Returns
        -------
        Recorded
            The event_id (a `str`), with `released_m2`, `before_m2`, `after_m2`, `outside_m2`,
            `notes`, `new` (it was not there yet), `written` (by this call), and `effects`: all
            that it changes in the accounts of this hazard and of others.

        Raises
        ------
        UnknownNameError
            If there is no such hazard.
        OptionError
            If the outcome is unknown or stands after the polygon, or a name is none of a report.
        RecordError
            If the day is in the future, before the registration, or nothing was left then; if a
            number is negative, or a datetime has no time zone.
        GeometryError, CRSError
            If the polygon is invalid, in another reference system, or misses the hazard.
        ConflictError
            If the event_id is there with other content. Nothing is written then, nor on any
            other error.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01", operator="MAG")
        >>> done.released_m2, done.after_m2
        (600075, 600074)
        >>> again = store.record("AP-1", "cleared", half, happened_on="2022-05-01", operator="MAG")
        >>> again == done, again.new
        (True, False)
        >>> store.record("AP-1", "cleared", half, happened_on="2022-05-01", operatr="MAG")
        Traceback (most recent call last):
        mine_geo.errors.OptionError: record: operatr is unknown; did you mean operator? valid: ...
        """
        facts = _facts(self.record, Report, report)
        entry = release(hazard_id, outcome, polygon, happened_on, facts)
        return self._recording(lambda view: _one(view, entry), dry_run=dry_run)

    def record_report(
        self,
        outcome: Outcome,
        polygon: Any,
        *,
        happened_on: Day,
        kind: str | None = None,
        dry_run: bool = False,
        **report: Unpack[Report],
    ) -> list[Recorded]:
        """Record one polygon worked on over several hazards: one event each, all or none.

        The reported size and the items stand on the event of the hazard of which the polygon
        takes most; `outside_m2` there is the land outside all of them.

        Parameters
        ----------
        outcome, polygon, happened_on, dry_run
            As for `record`; the polygon is in EPSG:4326.
        kind
            Only hazards of this kind; must be given where those under the polygon are of several.
        **report
            As for `record`. The `event_id` is that of the first event; the others add a colon and
            their hazard_id.

        Returns
        -------
        list of Recorded
            One for each hazard, that of which most was taken first; m² as for `record`.

        Raises
        ------
        GeometryError
            If the polygon lies over no hazard on that day.
        MixedError
            If it lies over hazards of several kinds and `kind` is not given.
        OptionError, RecordError, CRSError, ConflictError
            As for `record`.

        Examples
        --------
        >>> over_both = shapely.box(103.005, 13, 103.012, 13.01)
        >>> done = store.record_report("reduced", over_both, happened_on="2022-05-01")
        >>> [(each.hazard_id, each.released_m2) for each in done]
        [('AP-1', 600075), ('AP-2', 240030)]
        """
        facts = _facts(self.record_report, Report, report)
        return self._recording(
            lambda view: record_report(view, outcome, polygon, happened_on, kind, facts),
            dry_run=dry_run,
        )

    def record_many(
        self, frame: pd.DataFrame, *, recorded_by: str | None = None, dry_run: bool = False
    ) -> list[Recorded]:
        """Record a table of events in one transaction: all of them, or none.

        Parameters
        ----------
        frame
            A GeoDataFrame in EPSG:4326, one row an event: `hazard_id`, `event_type` (or
            `outcome`), `happened_on`, and any of `terms.EVENT_COLUMNS` but `recorded_at`.
            Types: the three outcomes, `amended`, `confirmed`, and `described` with the changed
            attributes as JSON in `detail`.
        recorded_by
            Who records them, where the table does not say.
        dry_run
            As for `record`.

        Returns
        -------
        list of Recorded
            In the order of the rows; rows that say the same are one event.

        Raises
        ------
        RecordError, OptionError, GeometryError, CRSError, UnknownNameError, ConflictError
            As for `record`; the message names the row or the hazard.

        Examples
        --------
        >>> table = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-1", "AP-2"], "outcome": "cleared", "happened_on": "2022-05-01"},
        ...     geometry=shapely.box([103, 103.01], 13, [103.005, 103.02], 13.01), crs=4326)
        >>> [each.after_m2 for each in store.record_many(table, recorded_by="Desk 2")]
        [600074, 0]
        """
        return self._recording(
            lambda view: _each(view, table_entries(view, frame, recorded_by)),
            dry_run=dry_run,
        )

    def amend(
        self,
        hazard_id: str,
        polygon: Any,
        *,
        happened_on: Day,
        expected: Expected | None = None,
        dry_run: bool = False,
        **report: Unpack[RedrawnReport],
    ) -> Recorded:
        """Record that a survey drew what remains of a hazard anew; that releases nothing.

        Parameters
        ----------
        hazard_id
            The hazard; a closed one is open again.
        polygon
            What remains as of that day, in EPSG:4326, as for `record`.
        happened_on, dry_run
            As for `record`.
        expected
            How you last saw the hazard: the event_id of its last event, or its m² (`size_m2`).
            Where it is otherwise by now, the second of two who changed it is told.
        **report
            `operator`, `report_ref`, `event_id`, `reported_size_m2` (m²), `comment`,
            `recorded_by`: as for `record`.

        Returns
        -------
        Recorded
            As for `record`; a note says in m² what was released earlier and is covered again.

        Raises
        ------
        OptionError, UnknownNameError, RecordError, GeometryError, CRSError, ConflictError
            As for `record`.

        Examples
        --------
        >>> narrower = shapely.box(103, 13, 103.008, 13.01)
        >>> done = store.amend("AP-1", narrower, happened_on="2022-05-01")
        >>> done.before_m2, done.after_m2, done.released_m2
        (1200149, 960119, 0)
        """
        facts = _facts(self.amend, RedrawnReport, report)
        entry = amendment(hazard_id, polygon, happened_on, facts)
        return self._recording(
            lambda view: _one(view, entry), dry_run=dry_run, expected=_seen(hazard_id, expected)
        )

    def describe(
        self,
        hazard_id: str | Sequence[str],
        changes: Mapping[str, Any],
        *,
        happened_on: Day,
        dry_run: bool = False,
        **report: Unpack[Remarks],
    ) -> list[Recorded]:
        """Record changed attributes: a corrected district, an admin reform on the decree's day.

        Parameters
        ----------
        hazard_id
            The hazard, or several: one event each, all in one transaction.
        changes
            New values by column of the hazard table; None takes a value away. A province or
            district is written in the standard spelling, with its code. `residual` is true by
            somebody's decision, whose name `recorded_by` gives; `happened_on` is its day.
        happened_on, dry_run
            As for `record`.
        **report
            `report_ref`, `event_id`, `comment`, `recorded_by`: as for `record`; with several
            hazards each event_id adds a colon and the hazard_id.

        Returns
        -------
        list of Recorded
            One for each hazard.

        Raises
        ------
        OptionError
            If a column cannot be changed; the message lists those that can.
        UnknownNameError, RecordError, ConflictError
            As for `record`; also if a value is outside the vocabulary.

        Examples
        --------
        >>> done = store.describe(
        ...     ["AP-1", "AP-2"], {"district": "Rotonak Mondol"}, happened_on="2022-05-01")
        >>> store.hazards()[["hazard_id", "district", "district_code"]].values.tolist()
        [['AP-1', 'Rotanak Mondol', '0207'], ['AP-2', 'Rotanak Mondol', '0207']]
        """
        facts = _facts(self.describe, Remarks, report)
        several = isinstance(hazard_id, Iterable) and not isinstance(hazard_id, str)
        ids: list[Any] = list(hazard_id) if several else [hazard_id]
        return self._recording(
            lambda view: _each(view, descriptions(view, ids, changes, happened_on, facts)),
            dry_run=dry_run,
        )

    def confirm(
        self,
        hazard_id: str,
        *,
        happened_on: Day,
        polygon: Any = None,
        outcome: Outcome | None = None,
        expected: Expected | None = None,
        dry_run: bool = False,
        **report: Unpack[SurveyReport],
    ) -> Recorded:
        """Record that a SHA is a CHA; with a narrower polygon the rest of it is released.

        Parameters
        ----------
        hazard_id
            The hazard.
        happened_on, dry_run
            As for `record`.
        polygon
            What is confirmed, where that is less than what was suspected; EPSG:4326, as for
            `record`.
        outcome
            How the rest is released: `cancelled` or `reduced`; required with `polygon`.
        expected
            How you last saw the hazard: the event_id of its last event, or its m² (`size_m2`).
            Where it is otherwise by now, the second of two who changed it is told.
        **report
            `operator`, `report_ref`, `event_id`, `comment`, `recorded_by`: as for `record`. The
            release has the event_id, a colon and the outcome.

        Returns
        -------
        Recorded
            The event_id of the confirmation, with the m² that were released.

        Raises
        ------
        OptionError
            If the outcome is missing, unknown, or given without a polygon.
        RecordError
            If the hazard is a CHA already, or nothing was left of it.
        UnknownNameError, GeometryError, CRSError, ConflictError
            As for `record`.

        Examples
        --------
        >>> narrower = shapely.box(103, 13, 103.004, 13.01)
        >>> done = store.confirm(
        ...     "AP-1", happened_on="2022-05-01", polygon=narrower, outcome="cancelled")
        >>> done.released_m2, done.after_m2
        (720090, 480059)
        """
        facts = _facts(self.confirm, SurveyReport, report)
        return self._recording(
            lambda view: reshaping.confirm(view, hazard_id, happened_on, polygon, outcome, facts),
            dry_run=dry_run,
            expected=_seen(hazard_id, expected),
        )

    def divide(
        self,
        hazard_id: str,
        parts: gpd.GeoDataFrame | Mapping[str, Any],
        *,
        happened_on: Day,
        remainder: Remainder = "refuse",
        expected: Expected | None = None,
        dry_run: bool = False,
        **report: Unpack[SurveyReport],
    ) -> Recorded:
        """Divide a hazard: its land moves to new hazards, and nothing is released or found.

        Parameters
        ----------
        hazard_id
            The hazard.
        parts
            The new hazards: polygons by id, or a GeoDataFrame in EPSG:4326 with `hazard_id` and
            the attributes that differ. They keep `parent_id`.
        happened_on, dry_run
            As for `record`.
        remainder
            What to do when the parts leave land over: `refuse`, or `keep` it as the hazard itself.
        expected
            How you last saw the hazard: the event_id of its last event, or its m² (`size_m2`).
            Where it is otherwise by now, the second of two who changed it is told.
        **report
            `operator`, `report_ref`, `event_id`, `comment`, `recorded_by`: as for `record`.

        Returns
        -------
        Recorded
            The transfer_id, which is the event_id of the side that loses land; m² as for `record`.

        Raises
        ------
        RecordError
            If an id is taken, or nothing was left of the hazard.
        GeometryError
            If parts overlap, take nothing of the hazard, or leave land over.
        OptionError, UnknownNameError, CRSError, ConflictError
            As for `record`.

        Examples
        --------
        >>> west, east = shapely.box([103, 103.005], 13, [103.005, 103.01], 13.01)
        >>> done = store.divide("AP-1", {"AP-1W": west, "AP-1E": east}, happened_on="2022-05-01")
        >>> store.hazards()[["hazard_id", "size_m2", "parent_id"]].values.tolist()
        [['AP-1E', 600074, 'AP-1'], ['AP-1W', 600074, 'AP-1'], ['AP-2', 1200149, nan]]
        """
        facts = _facts(self.divide, SurveyReport, report)
        return self._recording(
            lambda view: reshaping.divide_hazard(
                view, hazard_id, parts, happened_on, remainder, facts
            ),
            dry_run=dry_run,
            expected=_seen(hazard_id, expected),
        )

    def merge(
        self,
        hazard_ids: Sequence[str],
        into: str,
        *,
        happened_on: Day,
        expected: Mapping[str, Expected] | None = None,
        dry_run: bool = False,
        **report: Unpack[SurveyReport],
    ) -> Recorded:
        """Merge hazards of one kind into one: their land moves, and nothing is released or found.

        Parameters
        ----------
        hazard_ids
            Two or more hazards.
        into
            The hazard that comes of it: a new id, or one of `hazard_ids`.
        happened_on, dry_run
            As for `record`.
        expected
            How you last saw hazards, by hazard_id; each as for `amend`.
        **report
            `operator`, `report_ref`, `event_id`, `comment`, `recorded_by`: as for `record`.

        Returns
        -------
        Recorded
            The transfer_id, which is the event_id of the first side that loses land; m² as for
            `record`.

        Raises
        ------
        RecordError
            If `into` is another hazard's id, or nothing was left of one.
        MixedError
            If they are of several kinds.
        OptionError, UnknownNameError, ConflictError
            As for `record`.

        Examples
        --------
        >>> done = store.merge(["AP-1", "AP-2"], "AP-3", happened_on="2022-05-01")
        >>> store.hazards()[["hazard_id", "size_m2", "parent_id"]].values.tolist()
        [['AP-3', 2400297, 'AP-1 + AP-2']]
        """
        facts = _facts(self.merge, SurveyReport, report)
        return self._recording(
            lambda view: reshaping.merge_hazards(view, hazard_ids, into, happened_on, facts),
            dry_run=dry_run,
            expected=expected,
        )

    def retract(
        self,
        event_id: str,
        *,
        reason: str,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Void an event that was entered in error, at every day, from now on.

        What was known before stays to be seen with `known_at`. Retracting one side of a transfer
        voids all its sides. Of a report over several hazards all events are retracted with it, in
        one transaction, as what was reported of all of them stands on one; of a confirmation with
        a release each is retracted by itself.

        Parameters
        ----------
        event_id
            The event.
        reason
            Why.
        recorded_by
            Who retracts it.
        dry_run
            As for `record`.

        Returns
        -------
        Recorded
            The event_id of the retraction; a note says which events were retracted with it.

        Raises
        ------
        UnknownNameError
            If there is no such event.
        RecordError
            If it is a retraction itself, or later events could not stand without it: those of a
            hazard whose registration, or division, it is.
        ConflictError
            If it was retracted already, for another reason.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> void = store.retract(done, reason="another field of that name")
        >>> store.hazards()["size_m2"].tolist()
        [1200149, 1200149]
        """
        return self._judging(
            lambda view: retract(view, event_id, reason, recorded_by), dry_run=dry_run
        )

    def record_spot_task(
        self, *, happened_on: Day, dry_run: bool = False, **task: Unpack[SpotTask]
    ) -> RecordedTask:
        """Record items destroyed outside any hazard.

        Parameters
        ----------
        happened_on, dry_run
            As for `record`.
        **task
            One or more of `ap_mines`, `av_mines`, `submunitions`, `uxo` (items), and any of
            `task_id`, `operator`, `report_ref`, `province`, `district`, `commune`, `village`,
            `lon`, `lat` (degrees, WGS 84), `comment`, `recorded_by`: the names of `SpotTask`.

        Returns
        -------
        RecordedTask
            The task_id (a `str`), a hash of the content unless given; with `new` and `written`.

        Raises
        ------
        OptionError
            If a name is none of a spot task.
        RecordError, GeometryError, ConflictError
            If it is not in order, or the task_id is there with other content.

        Examples
        --------
        >>> store.record_spot_task(happened_on="2022-05-01", uxo=2, task_id="ST-1")
        'ST-1'
        >>> store.spot_tasks()[["task_id", "uxo"]].values.tolist()
        [['ST-1', 2]]
        """
        _refuse_other(self.record_spot_task, SpotTask, task)
        said = {**task, "happened_on": happened_on}
        return self._judging(
            lambda view: spot_tasks.record(view, said, synthetic=self.synthetic), dry_run=dry_run
        )

    def retract_spot_task(self, task_id: str, *, reason: str, dry_run: bool = False) -> None:
        """Void a spot task that was entered in error, from now on.

        Parameters
        ----------
        task_id, reason
            The task, and why.
        dry_run
            As for `record`.

        Raises
        ------
        UnknownNameError
            If there is no such task.
        ConflictError
            If it was retracted already, for another reason.

        Examples
        --------
        >>> task = store.record_spot_task(happened_on="2022-05-01", uxo=2)
        >>> store.retract_spot_task(task, reason="entered twice")
        >>> len(store.spot_tasks())
        0
        """
        self._judging(lambda view: spot_tasks.retract(view, task_id, reason), dry_run=dry_run)


def _seen(hazard_id: str, expected: Expected | None) -> dict[str, Expected] | None:
    return None if expected is None else {id_of(hazard_id, "hazard_id"): expected}


def _facts(verb: Callable[..., Any], known: type, report: Mapping[str, Any]) -> Facts:
    """Check what a report says in the call of a verb; `known` are the names that it may use."""
    _refuse_other(verb, known, report)
    return Facts.of_row(report)


def _refuse_other(verb: Callable[..., Any], known: type, report: Mapping[str, Any]) -> None:
    """Refuse what the call of a verb says under another name than those that it may use.

    A misspelled `dry_run` arrives here too: it must not record what was only to be tried.
    """
    other = [name for name in report if name not in known.__annotations__]
    if not other:
        return
    own = signature(verb).parameters.values()
    keywords = [each.name for each in own if each.kind is Parameter.KEYWORD_ONLY]
    valid = [*keywords, *known.__annotations__]
    like = get_close_matches(other[0], valid, 1)
    hint = f" did you mean {like[0]}?" if like else ""
    raise OptionError(f"{verb.__name__}: {some(other)} is unknown;{hint} valid: {', '.join(valid)}")


def _one(view: View, entry: Entry) -> Recorded:
    judged = judge(view, [entry])
    done = judged.recorded(judged.ids[0])
    if done.new:
        done.notes += same_reports.doubts(judged.before, entry)
    return done


def _each(view: View, entries: Sequence[Entry]) -> list[Recorded]:
    judged = judge(view, entries)
    return [judged.recorded(name) for name in judged.ids]


DESCRIBABLE: Final = tuple(name for name in ATTRIBUTES if name != "status")
MANY_TYPES: Final = (*OUTCOMES, "amended", "described", "confirmed")
"""What may stand in a table for `record_many`."""
_CODES: Final = {"province": ("province_code",), "district": ("district_code",)}


def release(hazard_id: Any, outcome: str, polygon: Any, happened_on: Any, facts: Facts) -> Entry:
    """Return the entry of a release; see `Store.record`."""
    outcome_first("record(hazard_id, outcome, polygon)", outcome, polygon)
    name = id_of(hazard_id, "hazard_id")
    drawn = worked_polygon(polygon, f"the released polygon of {name}")
    return Entry(name, outcome, day(happened_on), drawn, facts, facts.event_id)


def amendment(hazard_id: Any, polygon: Any, happened_on: Any, facts: Facts) -> Entry:
    """Return the entry of a redrawn polygon; see `Store.amend`."""
    name = id_of(hazard_id, "hazard_id")
    drawn = worked_polygon(polygon, f"the new polygon of {name}")
    return Entry(name, "amended", day(happened_on), drawn, facts, facts.event_id)


def descriptions(
    view: View,
    hazard_ids: Sequence[str],
    changes: Mapping[str, Any],
    happened_on: Any,
    facts: Facts,
) -> list[Entry]:
    """Return an entry of changed attributes for each hazard; see `Store.describe`."""
    when, base = day(happened_on), facts.event_id
    names = [id_of(each, "hazard_id") for each in hazard_ids]
    if not names:
        raise RecordError("no hazard_id is given; name the hazards that the change is for")
    if changes.get("residual") and facts.recorded_by is None:
        raise RecordError("residual is a decision: say whose it is (recorded_by=...)")
    entries = []
    details: dict[Any, str] = {}  # many hazards with one change: each province is looked up once
    for name, found in _rows(view, names).items():
        own = base if base is None or len(names) == 1 else f"{base}:{name}"
        further = frozenset(content.from_json(found.extra))
        key = (found.province, found.province_code, further)
        if key not in details:
            details[key] = _described(name, found, further, changes)
        entries.append(Entry(name, "described", when, None, facts, own, detail=details[key]))
    return entries


def _rows(view: View, hazard_ids: Sequence[str]) -> dict[str, Any]:
    """Return what the layer says of hazards, in their order."""
    names = ("hazard_id", "extra", "province", "province_code")
    found = {row.hazard_id: row for row in view.layer(hazard_ids, names)}
    missing = [name for name in hazard_ids if name not in found]
    if missing:
        raise unknown(view, missing)
    return {name: found[name] for name in hazard_ids}


def _described(
    hazard_id: str, found: Any, further: Collection[str], changes: Mapping[str, Any]
) -> str:
    """Return changed attributes as JSON, in the standard spelling and with their codes."""
    unknown = [name for name in changes if name not in (*DESCRIBABLE, *further)]
    if unknown or not changes:
        valid = ", ".join([*DESCRIBABLE, *sorted(further)])
        raise OptionError(f"cannot change {some(unknown) or 'nothing'}; valid: {valid}")
    known = {name: value for name, value in changes.items() if name in DESCRIBABLE}
    row = dict(known)
    if "district" in known or "district_code" in known:
        row = {"province": found.province, "province_code": found.province_code} | row
    if "province" in known and "province_code" not in known:
        row.pop("province_code", None)
    said: dict[str, Any] = dict.fromkeys(known)
    for unit, codes in _CODES.items():
        if unit in known or codes[0] in known:
            said |= dict.fromkeys((unit, *codes))
    table = _checked(hazard_id, row)
    said = {name: content.plain(table[name])[0] for name in said}
    own = {name: content.plain_value(changes[name]) for name in changes if name in further}
    for name in own:
        if why := value_fault(changes[name]):
            raise RecordError(f"{hazard_id}: {name} {why}, which no store takes; correct it")
    return content.to_json(said | ({"extra": own} if own else {}), keep_missing=True)


def _checked(hazard_id: str, row: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return attributes as the hazard table has them; the polygon is a stand-in."""
    said = {"hazard_id": hazard_id, **row}
    columns = {  # as they are given: no type is guessed before they are looked at
        name: pd.Series([value], dtype=object) for name, value in said.items() if value is not None
    }
    shape = [shapely.box(104, 12, 105, 13)]
    return to_hazards(gpd.GeoDataFrame(columns, geometry=shape, crs=CRS))


def table_entries(view: View, frame: pd.DataFrame, recorded_by: Any) -> list[Entry]:
    """Return the entries of a table, one a row; see `Store.record_many`."""
    table = _table(frame)
    entries: list[Entry] = []
    shapes = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else [None] * len(frame)
    for place, (row, shape) in enumerate(zip(table.to_dict("records"), shapes, strict=True)):
        try:
            said = {str(name): value for name, value in row.items()}
            said.setdefault("recorded_by", recorded_by)
            entries += _row(view, said, shape)
        except MineGeoError as error:
            raise type(error)(f"row {place + 1} ({row.get('hazard_id')}): {error}") from error
    return entries


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame, gpd.GeoDataFrame):
        require_lonlat(frame, "the events")
    if frame.empty:
        raise RecordError("no events in the table; nothing was written")
    if "recorded_at" in frame:
        raise RecordError(
            "the store itself says when an event is recorded; drop the column recorded_at, "
            "or use import_log for a whole ledger"
        )
    refuse_unfit(pd.DataFrame(frame), "row")
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else ""
    table = pd.DataFrame(frame.drop(columns=[shape] if shape else []))
    if "event_type" not in table and "outcome" in table:
        table = table.rename(columns={"outcome": "event_type"})
    missing = [name for name in ("hazard_id", "event_type", "happened_on") if name not in table]
    if missing:
        raise RecordError(f"the events have no column {some(missing)}; add it")
    strange = [name for name in table if name not in EVENT_COLUMNS]
    if strange:
        valid = ", ".join(EVENT_COLUMNS)
        raise RecordError(f"column {some(strange)} is unknown; drop it; valid: {valid}")
    return table


def _row(view: View, said: dict[str, Any], shape: Any) -> Iterable[Entry]:
    kind = choose(said["event_type"], MANY_TYPES, "event_type")
    facts, when = Facts.of_row(said), said["happened_on"]
    if kind in OUTCOMES:
        return [release(said["hazard_id"], kind, shape, when, facts)]
    if kind == "amended":
        return [amendment(said["hazard_id"], shape, when, facts)]
    if kind == "described":
        changes = content.given_json(text_of(said.get("detail"), "detail"), "detail")
        extra = changes.pop("extra", None) or {}
        if not isinstance(extra, dict):
            raise RecordError("extra in detail is no object in JSON; correct it")
        flat = {**changes, **extra}
        return descriptions(view, [said["hazard_id"]], flat, when, facts)
    if shape is not None:
        raise GeometryError("a narrower polygon goes with confirm(...), which releases the rest")
    name = id_of(said["hazard_id"], "hazard_id")
    return [Entry(name, "confirmed", day(when), None, facts, facts.event_id)]


def retract(view: View, event_id: str, reason: str, recorded_by: Any) -> Recorded:
    """Void an event, and all that is of one report with it; see `Store.retract`."""
    name, why = id_of(event_id, "event_id"), id_of(reason, "reason")
    read = view.connection.execute
    aimed = read(select(EVENT).where(EVENT.c.event_id == name)).one_or_none()
    if aimed is None:
        raise UnknownNameError(f"no event {name} in this store; history(hazard_id) lists them")
    if aimed.event_type == "retracted":
        raise RecordError(f"{name} is itself a retraction of {aimed.retracts}; record anew instead")
    there = read(select(EVENT).where(EVENT.c.retracts == name)).one_or_none()
    if there is not None and there.comment != why:
        raise ConflictError(f"event {name} is retracted already: {there.comment}")
    parts = _parts(view, aimed)
    sides = sorted(set(parts) - view.retracted(parts) - {name})
    judged = judge(view, retractions(view, [name, *sides], why, recorded_by))
    done = judged.recorded(_retraction_id(name))
    if sides:
        done.notes += (f"retracted with it, as one report: {some(sides)}",)
    return done


def retractions(
    view: View, event_ids: Sequence[str], why: str, recorded_by: Any
) -> list[Entry]:  # fmt: skip
    """Return the entries that void events of the store, one each, in their order."""
    facts = Facts.of(comment=why, recorded_by=recorded_by)
    hazards = hazards_of(view, event_ids)
    return [
        Entry(hazards[each], "retracted", None, None, facts, _retraction_id(each), retracts=each)
        for each in event_ids
    ]


def hazards_of(view: View, event_ids: Sequence[str]) -> dict[str, str]:
    """Return the hazard of each of some events of the store."""
    query = select(EVENT.c.event_id, EVENT.c.hazard_id)
    if len(event_ids) <= MANY:
        query = query.where(EVENT.c.event_id.in_(event_ids))
    wanted = set(event_ids)
    found = view.connection.execute(query)
    return {row.event_id: row.hazard_id for row in found if row.event_id in wanted}


def _retraction_id(event_id: str) -> str:
    return content.digest("retracted", event_id)


def _parts(view: View, aimed: Any) -> list[str]:
    """Return the events that are one report over several hazards with an event.

    What the operator wrote of all of them stands on one: none of them holds without the others.
    """
    report = content.from_json(aimed.detail).get("report")
    if report is None or aimed.event_type not in MANY_TYPES:
        return []
    c = EVENT.c
    query = select(c.event_id, c.detail).where(c.event_type.in_(MANY_TYPES), c.detail.is_not(None))
    return [
        name
        for name, detail in view.connection.execute(query)
        if content.from_json(detail).get("report") == report
    ]


LEAST_M2: Final = 0.5
"""Less than this rounds to 0 m²: the polygon only touches the hazard."""


def record_report(
    view: View,
    outcome: Outcome,
    polygon: Any,
    happened_on: Any,
    kind: str | None,
    facts: Facts,
    *,
    renewed: bool = False,
) -> list[Recorded]:
    """Release what of any hazard lies under a polygon; see `Store.record_report`.

    `renewed`: also where just this was said under the event_id, and retracted.
    """
    outcome_first("record_report(outcome, polygon)", outcome, polygon)
    if kind is not None:
        choose(kind, KINDS, "kind")
    when, drawn = day(happened_on), worked_polygon(polygon, "the polygon of the report")
    base, there = as_asked(
        view,
        facts.event_id,
        _said(Entry("", outcome, when, drawn, facts, detail=kind)),
        renewed=renewed,
    )
    if there is not None:
        return _again(view, base, drawn)
    found = _under(view, drawn, when, kind)
    taken = exact_size_m2(shapely.intersection(found.geometry.to_numpy(), drawn))
    lead = found["hazard_id"].iloc[int(np.argmax(np.rint(taken)))]
    beyond = shapely.difference(drawn, shapely.union_all(found.geometry.to_numpy()))
    said = _said(Entry("", outcome, when, drawn, facts, detail=kind))
    entries = []
    for hazard in sorted(found["hazard_id"], key=lambda name: (name != lead, name)):
        first = hazard == lead
        detail = {"report": base} | ({"said": said} if first else {})
        entries.append(
            Entry(
                hazard,
                outcome,
                when,
                drawn,
                facts if first else facts.without_figures(),
                base if first else f"{base}:{hazard}",
                detail=content.to_json(detail),
                outside_m2=round(float(exact_size_m2([beyond])[0])) if first else 0,
            )
        )
    judged = judge(view, entries)
    return [judged.recorded(each) for each in judged.ids]


def _said(entry: Entry) -> str:
    """Return the hash of what the report says."""
    text = content.to_json({name: content.plain_value(entry.said()[name]) for name in CONTENT})
    return content.digest("report", text, *content.geometry_hashes(gpd.GeoSeries([entry.geometry])))


def _again(view: View, base: str, drawn: Any) -> list[Recorded]:
    """Return what a report did that is there already."""
    events = view.events(view.within(drawn.bounds))
    told = [content.from_json(text).get("report") == base for text in events["detail"]]
    mine = events[told]
    ids = sorted(mine["event_id"], key=lambda name: (name != base, name))
    judged = as_there(view, mine["hazard_id"].tolist(), ids)
    return [judged.recorded(name) for name in ids]


def _under(view: View, drawn: Any, when: date, kind: str | None) -> gpd.GeoDataFrame:
    """Return the hazards of which, on that day, something lay under the polygon.

    Raises
    ------
    GeometryError
        If there is none; with the nearest one and its distance in metres.
    MixedError
        If they are of several kinds and none is named.
    """
    near = view.together(view.within(drawn.bounds))
    there = fold(view.events(near), as_of=when).hazards
    if kind is not None:
        there = there[there["kind"] == kind]
    inside = exact_size_m2(shapely.intersection(there.geometry.to_numpy(), drawn)) >= LEAST_M2
    found = there[inside]
    if found.empty:
        raise GeometryError(_none_under(view, drawn, when, kind))
    refuse_several_kinds(
        found, "the polygon lies over hazards", "say which were released, with kind="
    )
    return found


def _none_under(view: View, drawn: Any, when: date, kind: str | None) -> str:
    """Return what to say of a polygon under which nothing lies."""
    found = fold(view.events(), as_of=when).hazards
    found = found[~found.geometry.is_empty]
    if kind is not None:
        found = found[found["kind"] == kind]
    what = "hazard" if kind is None else f"hazard of kind {kind}"
    if found.empty:
        return f"no {what} was left on {when}; check the day"
    places = shapely.STRtree(found.geometry.to_numpy()).query_nearest(drawn)
    nearest = found.iloc[places]
    metres = min(distance_m(each, drawn) for each in nearest.geometry)
    return (
        f"the polygon lies over no {what} on {when}: the nearest, {some(nearest['hazard_id'], 1)}, "
        f"is {metres:,.1f} m away; check the coordinates and their datum, or whether this land is "
        "released already"
    )
