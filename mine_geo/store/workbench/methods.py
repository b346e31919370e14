"""The workbench: records received, looked at, and accepted into the register or rejected."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from mine_geo.errors import OptionError, RecordError, choose
from mine_geo.intake.received import Received, check_ids
from mine_geo.store import hazards
from mine_geo.store.ledger.entries import Facts, id_of
from mine_geo.store.ledger.judging import Base, View
from mine_geo.store.schema.models import ACCEPTED, REJECTED
from mine_geo.store.workbench import accept, listing, submit
from mine_geo.store.workbench.accept import Accepted, Rejected
from mine_geo.store.workbench.accept_reports import ANOTHER, CORRECTION, accept_reports
from mine_geo.store.workbench.submit import Table, prepare, typed
from mine_geo.terms import OVERRULED, RULES

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

    from mine_geo.intake.received import What
    from mine_geo.ledger.events import Day
    from mine_geo.store.ledger.judging import Expected
    from mine_geo.store.workbench.listing import Examined
    from mine_geo.store.workbench.submit import Submitted
    from mine_geo.terms import Rule


MOST_ALONE: Final = 100
"""Reports of a submission that are judged once more alone, since they would be left waiting."""


class WorkbenchMethods(Base):
    """Records between a file and the register; each call is one transaction."""

    def submit(
        self,
        received: Received | str | os.PathLike[str],
        *,
        submitted_by: str | None = None,
        operator: str | None = None,
        comment: str | None = None,
        again: bool = False,
        id_column: str | None = None,
        what: What | None = None,
        all_hazards: bool = False,
        dry_run: bool = False,
    ) -> Submitted:
        """Put the records of a file onto the workbench, with what the checks say of them.

        Hazards are checked against the districts and the register of this store. Totals that
        include the workbench count a hazard from now on if only the decision is missing: it has
        an id, a kind and a polygon, no finding of severity `error`, and is not in the register.

        Parameters
        ----------
        received
            What was read from a file, see `intake.read`; or the path of a file.
        submitted_by, operator, comment
            Who submits it, whose it is, and what there is to say.
        again
            Enter a file that was there before once more, as after a rejection by mistake.
        id_column, what, all_hazards
            Of a path: the column that is the id of a hazard, whether it holds hazards or reports,
            and whether a report without a hazard is of all that it touches; see `intake.read`.
        dry_run
            As for `accept`: judge it, and write nothing.

        Returns
        -------
        Submitted
            The submission_id (a `str`), with `new`, `written`, `records`, `waiting`, `same`,
            `changes`, `not_in_split`, `errors`, `warnings`, `notes`; of reports also `foreseen`,
            what `accept` would do on the register as it stands. The same bytes read in the same way
            are recognised: `new` is False then, and nothing was written.

        Raises
        ------
        FileError
            If a path is given and the file cannot be read.
        NotSyntheticError
            If invented records would be mixed with real ones.
        CRSError, RecordError
            If the table is not in order, or no column says the ids of the hazards.

        Examples
        --------
        >>> more = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": ["ap_minefield"]},
        ...     geometry=[shapely.box(103.02, 13, 103.03, 13.01)], crs=4326)
        >>> more.to_file(folder / "more.gpkg")
        >>> done = store.submit(folder / "more.gpkg", submitted_by="Desk 2")
        >>> done, done.waiting, done.changes
        ('S-0001', 1, {'new': 1})
        >>> store.submit(folder / "more.gpkg").new
        False
        """
        got = received
        if not isinstance(got, Received):
            from mine_geo.intake.reading import read  # noqa: PLC0415 - all readers: where one is asked

            got = read(got, id_column=id_column, what=what, all_hazards=all_hazards)
        check_ids(got)
        facts = Facts.of(operator=operator, comment=comment, recorded_by=submitted_by)
        records = Table.of(got, self.name, synthetic=self.synthetic)
        with self._reading() as connection:
            done = None if again else submit.there_already(connection, got, records)
            name = str(done)
            if done is None:
                found = submit.check(
                    connection, got, records.frame, of_reports=False, operator=operator
                )
                prepared = prepare(records, found)
            if done is None and dry_run:
                done, name = submit.submit(
                    connection, got, prepared, facts,
                    again=again, synthetic=self.synthetic, dry_run=True,
                )  # fmt: skip
            if dry_run and got.what == "reports" and done is not None:
                done.foreseen = self._accept(View(connection), name)
        if done is None:
            with self._writing() as connection:
                done, _ = submit.submit(
                    connection, got, prepared, facts, again=again, synthetic=self.synthetic
                )
                self._measure(connection, ())
        if got.what == "reports" and not dry_run:
            done.foreseen = self.accept(done, dry_run=True)
        return done

    def check(self, received: Received) -> gpd.GeoDataFrame:
        """List what the reading and the checks have to say of a file; nothing is written.

        Against the districts and the register of this store: what `submit` keeps with the
        records, and of reports also what `accept` would say of them on the register as it stands:
        whether their hazards are there, where their land fell, and what the ledger would refuse.

        Parameters
        ----------
        received
            What was read from a file, see `intake.read`.

        Returns
        -------
        geopandas.GeoDataFrame
            As `findings.as_table`: `code`, `severity`, `hazard_id`, `message`, `record` (in the
            file, from 1), `place` (EPSG:4326).

        Raises
        ------
        CRSError, OptionError
            If the table is not in EPSG:4326, or neither hazards nor reports.
        NotSyntheticError
            If it holds invented reports and the store is real, or the reverse.

        Examples
        --------
        >>> more = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": ["ap_minefield"]},
        ...     geometry=[shapely.box(103.02, 13, 103.03, 13.01)], crs=4326)
        >>> more.to_file(folder / "more.gpkg")
        >>> received = mg.intake.read(folder / "more.gpkg")
        >>> found = store.check(received)
        >>> found.loc[found["severity"] == "error", "code"].tolist()
        []
        """
        with self._reading() as connection:
            found = submit.check(connection, received, typed(received), of_reports=True)
        if received.what == "hazards":
            return found
        foreseen = self.submit(received, dry_run=True).foreseen
        return found if foreseen is None else submit.with_foreseen(found, foreseen)

    def submissions(self, *, waiting: bool = False) -> pd.DataFrame:
        """List what was submitted, oldest first.

        Parameters
        ----------
        waiting
            Only those of which records wait for a decision.

        Returns
        -------
        pandas.DataFrame
            `submission_id`, `received_at` (UTC), `file`, `format`, `what` (hazards, reports),
            `operator`, `submitted_by`, `operation` (the datum transformation that was named);
            records: `records`, `waiting`, `accepted`, `rejected`, `not_in_split` (waiting hazards
            without a polygon); findings: `errors`, `warnings`; `closed_left_out` and `closed_m2`
            (closed records of the file, not taken over, and their m²); `waiting_m2`.

        Examples
        --------
        >>> more = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": ["ap_minefield"]},
        ...     geometry=[shapely.box(103.02, 13, 103.03, 13.01)], crs=4326)
        >>> more.to_file(folder / "more.gpkg")
        >>> name = store.submit(folder / "more.gpkg")
        >>> store.submissions()[["submission_id", "file", "waiting"]].values.tolist()
        [['S-0001', 'more.gpkg', 1]]
        """
        with self._reading() as connection:
            found = listing.listed(connection)
        return found[found["waiting"] > 0].reset_index(drop=True) if waiting else found

    def submission(self, submission_id: str) -> Examined:
        """Return a submission: where it came from, its records, its findings.

        Parameters
        ----------
        submission_id
            The submission.

        Returns
        -------
        Examined
            `facts` (a table of `what` and `value`), `columns` (which column of the file went
            where), `findings`, and `records`: one row each with `record` (from 1), `hazard_id`,
            `state` (`waiting`, `accepted`, `rejected`), the attributes, `errors`, `warnings`,
            `why` (rejected), `did` (what acceptance wrote), `decided_at`, `decided_by` and, of
            waiting hazards, the difference to the register as it stands: `change` (`new`,
            `redrawn`, `described`, `redrawn, described`, `same`, `closed` in the register,
            `no polygon`), `register_size_m2`, `gained_m2`, `lost_m2` (m²), and `changed` in words.
            Of waiting reports what `accept` would do on the register as it stands, each with all
            others that it would take: `had_m2` (left before, on its day), `released_m2`,
            `outside_m2` (worked land outside what was left), `left_m2`, `notes`, and
            `left_because` where it would be left waiting; the figures are then those of the report
            alone, with the errors overruled that can be. What the judging finds is in `findings`.

        Raises
        ------
        UnknownNameError
            If there is no such submission.

        Examples
        --------
        >>> more = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": ["ap_minefield"]},
        ...     geometry=[shapely.box(103.02, 13, 103.03, 13.01)], crs=4326)
        >>> more.to_file(folder / "more.gpkg")
        >>> name = store.submit(folder / "more.gpkg")
        >>> seen = store.submission(name)
        >>> seen.records[["record", "hazard_id", "state", "change"]].values.tolist()
        [[1, 'AP-3', 'waiting', 'new']]
        """
        with self._reading() as connection:
            seen = listing.examine(connection, submission_id)
            if seen.what != "reports":
                return seen
            foreseen = self._accept(View(connection), seen.submission_id)
            told = list(foreseen.reports)
            for left in foreseen.left[:MOST_ALONE]:
                with suppress(RecordError):
                    alone = self._accept(
                        View(connection),
                        seen.submission_id,
                        records=[left.record],
                        despite=OVERRULED,
                        apart=True,
                    )
                    told += alone.reports
        return seen.foreseeing(told, foreseen.left)

    def accept(
        self,
        submission_id: str,
        *,
        hazards: Iterable[str] | str | None = None,
        records: Iterable[int] | None = None,
        happened_on: Day = None,
        accepted_by: str | None = None,
        despite: Iterable[str] | str = (),
        as_correction: bool = False,
        as_another: bool = False,
        expected: Mapping[str, Expected] | None = None,
        dry_run: bool = False,
    ) -> Accepted:
        """Accept waiting records into the register: events in the ledger, all in one transaction.

        A new hazard is `registered`. One that is there is `amended` where its polygon is another,
        `confirmed` where a SHA is a CHA now, `described` where it says something else; what the
        record leaves empty stays as it is. A report is the event that it reports. The rows of one
        report (one reference and operator, or one id) are accepted together: where one is left,
        the others are left with it, less those that the ledger has already.

        Parameters
        ----------
        submission_id
            The submission.
        hazards
            Only these: ids of hazards or, of reports, of their events.
        records
            Only these: numbers of records, from 1. Without either all that fit are accepted, and
            the others are left with the reason.
        happened_on
            The day from which a change holds, and a new hazard without a day of survey. Unless
            given: the day of survey of each record (not before the hazard was in the register);
            for a new or described hazard without it the day when it was received; a redrawn one
            without it is left. A report has a day of its own: then it is refused.
        accepted_by
            Who accepts.
        despite
            Errors of reports that are true all the same, by their codes (`terms.OVERRULED`):
            for records that are named, they do not keep them back. What was overruled is kept
            with the record, and the very same report in another file needs no word again.
        as_correction
            Reports that are there already and say something else stand in the place of what is
            there: the earlier events are retracted and the new ones recorded, or neither. Without
            a word such reports are left: those of one reference and operator, or of one id of
            their own; and those of one outcome on nearly the same land on a near day.
        as_another
            Such reports are others, and are recorded beside what is there.
        expected
            How you last saw hazards of the register, by hazard_id: the event_id of the last event,
            or the m²; as for `amend`.
        dry_run
            Judge it, and write nothing: what is returned, or raised, is what the acceptance would
            give on the store as it stands. It takes no lock, and needs no right to write.

        Returns
        -------
        Accepted
            The events, how many of each type, what was `left` and why, and notes; of reports also
            what each does (`reports`): m² drawn, released, outside, and where that lies.

        Raises
        ------
        UnknownNameError
            If there is no such submission, hazard or record in it.
        OptionError
            If a day is given for reports, a word on earlier reports for hazards, or an error
            overruled that cannot be, or for records that are not named.
        RecordError
            If a record that is asked for by name cannot be accepted: it has errors, no polygon,
            no kind, was rejected, or the hazard is closed in the register.
        RecordError, GeometryError, ConflictError
            If the ledger refuses, as for `record`. Nothing is written then.

        Examples
        --------
        >>> more = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": ["ap_minefield"]},
        ...     geometry=[shapely.box(103.02, 13, 103.03, 13.01)], crs=4326)
        >>> more.to_file(folder / "more.gpkg")
        >>> name = store.submit(folder / "more.gpkg")
        >>> store.accept(name, dry_run=True).written
        False
        >>> done = store.accept(name, happened_on="2022-05-01", accepted_by="Desk 2")
        >>> done.accepted, done.registered, store.hazards()["hazard_id"].tolist()
        (1, 1, ['AP-1', 'AP-2', 'AP-3'])
        """
        if as_correction and as_another:
            raise OptionError("a report is a correction or another one; say one of the two")
        word = CORRECTION if as_correction else ANOTHER if as_another else None
        return self._judging(
            lambda view: self._accept(
                view, submission_id, hazards, records, happened_on, accepted_by, despite, word=word
            ),
            dry_run=dry_run,
            expected=expected,
        )

    def _accept(
        self,
        view: View,
        submission_id: str,
        hazards: Iterable[str] | str | None = None,
        records: Iterable[int] | None = None,
        happened_on: Day = None,
        accepted_by: str | None = None,
        despite: Iterable[str] | str = (),
        *,
        word: str | None = None,
        apart: bool = False,
    ) -> Accepted:
        """Judge an acceptance on a view; see `accept`."""
        row = listing.known(view.connection, submission_id)
        if word and row.what == "hazards":
            raise OptionError(
                f"{row.submission_id} holds hazards; as_correction and as_another are for "
                "reports: leave them out"
            )
        chosen = accept.choose_records(
            view.connection, row.submission_id, hazards, records, ACCEPTED
        ).overruling(despite)
        work = accept.begin(row, happened_on, accepted_by, synthetic=self.synthetic)
        work.notes += chosen.notes
        if chosen.numbers and row.what == "hazards":
            accept.accept_hazards(view, work, chosen)
        elif chosen.numbers:
            accept_reports(view, work, replace(chosen, apart=apart), word)
        return work.finish(view)

    def reject(
        self,
        submission_id: str,
        *,
        reason: str,
        hazards: Iterable[str] | str | None = None,
        records: Iterable[int] | None = None,
        rejected_by: str | None = None,
        dry_run: bool = False,
    ) -> Rejected:
        """Reject waiting records; they stay to be seen, with the reason, and count no more.

        Parameters
        ----------
        submission_id
            The submission.
        reason
            Why; kept with each record, for the operator will ask.
        hazards, records
            As for `accept`; without either all that wait.
        rejected_by
            Who rejects.
        dry_run
            As for `accept`.

        Returns
        -------
        Rejected
            How many records.

        Raises
        ------
        UnknownNameError
            If there is no such submission, hazard or record in it.
        RecordError
            If there is no reason, or a record that is asked for by name was accepted.

        Examples
        --------
        >>> more = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": ["ap_minefield"]},
        ...     geometry=[shapely.box(103.02, 13, 103.03, 13.01)], crs=4326)
        >>> more.to_file(folder / "more.gpkg")
        >>> name = store.submit(folder / "more.gpkg")
        >>> store.reject(name, reason="not a minefield", rejected_by="Desk 2").rejected
        1
        >>> store.submission(name).records[["state", "why"]].values.tolist()
        [['rejected', 'not a minefield']]
        """
        why = id_of(reason, "reason")
        who = Facts.of(recorded_by=rejected_by).recorded_by

        def ask(view: View) -> Rejected:
            name = listing.known(view.connection, submission_id).submission_id
            chosen = accept.choose_records(view.connection, name, hazards, records, REJECTED)
            numbers = tuple(sorted(chosen.numbers))
            if numbers:
                view.add(accept.Decision(name, numbers, REJECTED, who, why=why))
            written = view.writes and bool(numbers)
            return Rejected(name, len(numbers), chosen.notes, written=written)

        return self._judging(ask, dry_run=dry_run)

    def not_in_split(self, *, rule: Rule = "edge", only: str | None = None) -> pd.DataFrame:
        """List the hazards that no total counts by themselves, and why.

        They are waiting hazards, and any that cannot be measured to the active border: the split
        leaves it out.

        Parameters
        ----------
        rule
            As for `split`: where polygons are cut, a broken one cannot be measured either.
        only
            `waiting` or `unmeasured`: these alone; the others are not looked for.

        Returns
        -------
        pandas.DataFrame
            `submission_id`, `record`, `hazard_id`, `kind`, `province`, `district`, `operator`,
            `reported_size_m2`, `size_m2` (m²), `why` (`no polygon`, `errors`, `no kind`; for what
            cannot be measured, the reason) and `in_register`: whether the register has that hazard
            already; what cannot be measured has no `submission_id` and no `record`.

        Raises
        ------
        OptionError
            If the rule, or `only`, is unknown.

        Examples
        --------
        >>> bare = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": ["ap_minefield"]}, geometry=[None], crs=4326)
        >>> bare.to_file(folder / "bare.gpkg")
        >>> name = store.submit(folder / "bare.gpkg", what="hazards")
        >>> store.not_in_split()[["hazard_id", "why"]].values.tolist()
        [['AP-3', 'no polygon']]
        """
        choose(rule, RULES, "rule")
        if only is not None:
            choose(only, ("waiting", "unmeasured"), "only")
        with self._reading() as connection:
            waiting = listing.not_in_split(connection, at_all=only != "unmeasured")
            if only == "waiting":
                return waiting
            gone = hazards.not_in_split(connection, rule=rule, synthetic=self.synthetic)
        if gone.empty:
            return waiting
        table = pd.concat([waiting, gone[waiting.columns.intersection(gone.columns)]])
        table["record"] = table["record"].astype("Int64")
        return table[waiting.columns].reset_index(drop=True)
