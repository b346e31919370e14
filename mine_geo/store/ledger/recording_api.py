"""What officers and surveyors record: releases, redrawn polygons, corrections, hazards divided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mine_geo.store.ledger import recording, reshaping, same_reports, spot_tasks
from mine_geo.store.ledger.base import Base
from mine_geo.store.ledger.entries import Facts
from mine_geo.store.ledger.judging import judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from mine_geo.ledger.events import Day
    from mine_geo.store.ledger.entries import Entry
    from mine_geo.store.ledger.judging import Recorded, View
    from mine_geo.store.ledger.spot_tasks import RecordedTask
    from mine_geo.terms import Outcome


class Officer(Base):
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
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        reported_size_m2: float | None = None,
        ap_mines: int | None = None,
        av_mines: int | None = None,
        submunitions: int | None = None,
        uxo: int | None = None,
        depth_cm: float | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
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
        operator, report_ref, comment, recorded_by
            From the report, as it is written.
        event_id
            The caller's own id. Sent again with the same content it changes nothing.
        reported_size_m2
            What the operator wrote, m²; it is kept beside what the polygon gives.
        ap_mines, av_mines, submunitions, uxo
            Items found and destroyed.
        depth_cm
            Depth of clearance, cm.
        dry_run
            Judge it, and write nothing: what is returned, or raised, is what the recording would
            give on the ledger as it stands. It takes no lock, waits for no other writer, and
            needs no right to write.

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
            If the outcome is unknown.
        RecordError
            If the day is in the future, before the registration, or nothing was left then; if a
            number is negative, or a datetime has no time zone.
        GeometryError, CRSError
            If the polygon is invalid, in another reference system, or misses the hazard.
        ConflictError
            If the event_id is there with other content. Nothing is written then, nor on any
            other error.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "reported_size_m2": reported_size_m2,
                "ap_mines": ap_mines,
                "av_mines": av_mines,
                "submunitions": submunitions,
                "uxo": uxo,
                "depth_cm": depth_cm,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        entry = recording.release(hazard_id, outcome, polygon, happened_on, facts, event_id)
        return self._judging(lambda view: _one(view, entry), dry_run=dry_run)

    def record_report(
        self,
        polygon: Any,
        outcome: Outcome,
        *,
        happened_on: Day,
        kind: str | None = None,
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        reported_size_m2: float | None = None,
        ap_mines: int | None = None,
        av_mines: int | None = None,
        submunitions: int | None = None,
        uxo: int | None = None,
        depth_cm: float | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> list[Recorded]:
        """Record one polygon worked on over several hazards: one event each, all or none.

        The reported size and the items stand on the event of the hazard of which the polygon
        takes most; `outside_m2` there is the land outside all of them.

        Parameters
        ----------
        polygon, outcome, happened_on
            As for `record`.
        kind
            Only hazards of this kind; must be said where those under the polygon are of several.
        operator, report_ref, reported_size_m2, comment, recorded_by
            As for `record`.
        event_id
            The id of the first event; the others add a colon and their hazard_id.
        ap_mines, av_mines, submunitions, uxo, depth_cm, dry_run
            As for `record`.

        Returns
        -------
        list of Recorded
            One for each hazard, that of which most was taken first.

        Raises
        ------
        GeometryError
            If the polygon lies over no hazard on that day.
        MixedError
            If it lies over hazards of several kinds and `kind` is not given.
        OptionError, RecordError, CRSError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "reported_size_m2": reported_size_m2,
                "ap_mines": ap_mines,
                "av_mines": av_mines,
                "submunitions": submunitions,
                "uxo": uxo,
                "depth_cm": depth_cm,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        return self._judging(
            lambda view: recording.record_report(
                view, polygon, outcome, happened_on, kind, facts, event_id
            ),
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
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        reported_size_m2: float | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Record that a survey drew what remains of a hazard anew; that releases nothing.

        Parameters
        ----------
        hazard_id
            The hazard; a closed one is open again.
        polygon
            What remains as of that day, as for `record`.
        happened_on, operator, report_ref, event_id, reported_size_m2, comment, recorded_by, dry_run
            As for `record`.

        Returns
        -------
        Recorded
            As for `record`; a note says in m² what was released earlier and is covered again.

        Raises
        ------
        UnknownNameError, RecordError, GeometryError, CRSError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "reported_size_m2": reported_size_m2,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        entry = recording.amendment(hazard_id, polygon, happened_on, facts, event_id)
        return self._judging(lambda view: _one(view, entry), dry_run=dry_run)

    def describe(
        self,
        hazard_id: str | Sequence[str],
        changes: Mapping[str, Any],
        *,
        happened_on: Day,
        report_ref: str | None = None,
        event_id: str | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> list[Recorded]:
        """Record changed attributes: a corrected district, an admin reform on the decree's day.

        Parameters
        ----------
        hazard_id
            The hazard, or several: one event each, all in one transaction.
        changes
            New values by column of the hazard table; None takes a value away. A province or
            district is written in the standard spelling, with its code.
        happened_on, report_ref, event_id, comment, recorded_by, dry_run
            As for `record`; with several hazards each event_id adds a colon and the hazard_id.

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
        """
        facts = Facts.of({"report_ref": report_ref, "comment": comment, "recorded_by": recorded_by})
        several = isinstance(hazard_id, Iterable) and not isinstance(hazard_id, str)
        ids: list[Any] = list(hazard_id) if several else [hazard_id]
        return self._judging(
            lambda view: _each(
                view, recording.descriptions(view, ids, changes, happened_on, facts, event_id)
            ),
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
            Who says so.
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
            If it is a retraction itself, or later events would hang in the air: those of a hazard
            whose registration, or division, it is.
        ConflictError
            If it was retracted already, for another reason.
        """
        return self._judging(
            lambda view: recording.retract(view, event_id, reason, recorded_by), dry_run=dry_run
        )

    def record_spot_task(self, task: Mapping[str, Any], *, dry_run: bool = False) -> RecordedTask:
        """Record items destroyed outside any hazard.

        Parameters
        ----------
        task
            `happened_on`, one or more of `ap_mines`, `av_mines`, `submunitions`, `uxo`, and any of
            `task_id`, `operator`, `report_ref`, `province`, `district`, `commune`, `village`,
            `lon`, `lat` (degrees, WGS 84), `comment`, `recorded_by`.

        dry_run
            As for `record`.

        Returns
        -------
        RecordedTask
            The task_id (a `str`), a hash of the content unless given; with `new` and `written`.

        Raises
        ------
        RecordError, GeometryError, ConflictError
            If it is not in order, or the task_id is there with other content.
        """
        return self._judging(
            lambda view: spot_tasks.record(view, task, synthetic=self.synthetic), dry_run=dry_run
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
        """
        self._judging(lambda view: spot_tasks.retract(view, task_id, reason), dry_run=dry_run)


def _one(view: View, entry: Entry) -> Recorded:
    judged = judge(view, [entry])
    done = judged.recorded(judged.ids[0])
    if done.new:
        done.notes += same_reports.doubts(judged.before, entry)
    return done


def _each(view: View, entries: Sequence[Entry]) -> list[Recorded]:
    judged = judge(view, entries)
    return [judged.recorded(name) for name in judged.ids]


class Surveyor(Base):
    """Recording what a survey found; each call is one transaction under the write lock.

    With `dry_run=True` it is judged only, see `Officer`.
    """

    def confirm(
        self,
        hazard_id: str,
        *,
        happened_on: Day,
        polygon: Any = None,
        outcome: Outcome | None = None,
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Record that a SHA is a CHA; with a narrower polygon the rest of it is released.

        Parameters
        ----------
        hazard_id
            The hazard.
        happened_on, operator, report_ref, event_id, comment, recorded_by, dry_run
            As for `record`. The release has the event_id, a colon and the outcome.
        polygon
            What is confirmed, where that is less than what was suspected; as for `record`.
        outcome
            How the rest is released: `cancelled` or `reduced`; required with `polygon`.

        Returns
        -------
        Recorded
            The event_id of the confirmation, with what was released.

        Raises
        ------
        OptionError
            If the outcome is missing, unknown, or given without a polygon.
        RecordError
            If the hazard is a CHA already, or nothing was left of it.
        UnknownNameError, GeometryError, CRSError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        return self._judging(
            lambda view: reshaping.confirm(
                view, hazard_id, happened_on, polygon, outcome, facts, event_id
            ),
            dry_run=dry_run,
        )

    def divide(
        self,
        hazard_id: str,
        parts: gpd.GeoDataFrame | Mapping[str, Any],
        *,
        happened_on: Day,
        remainder: str = "refuse",
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Divide a hazard: its land moves to new hazards, and nothing is released or found.

        Parameters
        ----------
        hazard_id
            The hazard.
        parts
            The new hazards: polygons by id, or a GeoDataFrame in EPSG:4326 with `hazard_id` and
            the attributes that differ. They keep `parent_id`.
        remainder
            What to do when the parts leave land over: `refuse`, or `keep` it as the hazard itself.
        happened_on, operator, report_ref, event_id, comment, recorded_by, dry_run
            As for `record`.

        Returns
        -------
        Recorded
            The transfer_id, which is the event_id of the side that loses land.

        Raises
        ------
        RecordError
            If an id is taken, or nothing was left of the hazard.
        GeometryError
            If parts overlap, take nothing of the hazard, or leave land over.
        OptionError, UnknownNameError, CRSError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        return self._judging(
            lambda view: reshaping.divide_hazard(
                view, hazard_id, parts, happened_on, remainder, facts, event_id
            ),
            dry_run=dry_run,
        )

    def merge(
        self,
        hazard_ids: Sequence[str],
        into: str,
        *,
        happened_on: Day,
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Merge hazards of one kind into one: their land moves, and nothing is released or found.

        Parameters
        ----------
        hazard_ids
            Two or more hazards.
        into
            The hazard that comes of it: a new id, or one of `hazard_ids`.
        happened_on, operator, report_ref, event_id, comment, recorded_by, dry_run
            As for `record`.

        Returns
        -------
        Recorded
            The transfer_id, which is the event_id of the first side that loses land.

        Raises
        ------
        RecordError
            If `into` is another hazard's id, or nothing was left of one.
        MixedError
            If they are of several kinds.
        UnknownNameError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        return self._judging(
            lambda view: reshaping.merge_hazards(
                view, hazard_ids, into, happened_on, facts, event_id
            ),
            dry_run=dry_run,
        )
