"""What an office records: releases, redrawn polygons, corrections, hazards divided and merged."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Unpack

from mine_geo.errors import OptionError, some
from mine_geo.ledger.report import RedrawnReport, Remarks, Report, SpotTask, SurveyReport
from mine_geo.store.ledger import recording, reshaping, same_reports, spot_tasks
from mine_geo.store.ledger.base import Base
from mine_geo.store.ledger.entries import Facts
from mine_geo.store.ledger.judging import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from mine_geo.ledger.events import Day
    from mine_geo.ledger.preview import Remainder
    from mine_geo.store.ledger.entries import Entry
    from mine_geo.store.ledger.judging import Recorded, View
    from mine_geo.store.ledger.spot_tasks import RecordedTask
    from mine_geo.terms import Outcome


class Recording(Base):
    """Recording into the ledger; each call is one transaction under the write lock.

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
        entry = recording.release(hazard_id, outcome, polygon, happened_on, facts)
        return self._judging(lambda view: _one(view, entry), dry_run=dry_run)

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
        return self._judging(
            lambda view: recording.record_report(view, outcome, polygon, happened_on, kind, facts),
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
        return self._judging(
            lambda view: _each(view, recording.table_entries(view, frame, recorded_by)),
            dry_run=dry_run,
        )

    def amend(
        self,
        hazard_id: str,
        polygon: Any,
        *,
        happened_on: Day,
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
        entry = recording.amendment(hazard_id, polygon, happened_on, facts)
        return self._judging(lambda view: _one(view, entry), dry_run=dry_run)

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
            district is written in the standard spelling, with its code.
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
        return self._judging(
            lambda view: _each(
                view, recording.descriptions(view, ids, changes, happened_on, facts)
            ),
            dry_run=dry_run,
        )

    def confirm(
        self,
        hazard_id: str,
        *,
        happened_on: Day,
        polygon: Any = None,
        outcome: Outcome | None = None,
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
        return self._judging(
            lambda view: reshaping.confirm(view, hazard_id, happened_on, polygon, outcome, facts),
            dry_run=dry_run,
        )

    def divide(
        self,
        hazard_id: str,
        parts: gpd.GeoDataFrame | Mapping[str, Any],
        *,
        happened_on: Day,
        remainder: Remainder = "refuse",
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
        return self._judging(
            lambda view: reshaping.divide_hazard(
                view, hazard_id, parts, happened_on, remainder, facts
            ),
            dry_run=dry_run,
        )

    def merge(
        self,
        hazard_ids: Sequence[str],
        into: str,
        *,
        happened_on: Day,
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
        return self._judging(
            lambda view: reshaping.merge_hazards(view, hazard_ids, into, happened_on, facts),
            dry_run=dry_run,
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
            lambda view: recording.retract(view, event_id, reason, recorded_by), dry_run=dry_run
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
