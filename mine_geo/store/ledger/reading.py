"""What the ledger says: history, releases, balance, why a total moved; and whether it is sound.

What happened to one hazard: its events in the order of folding, with what each did (m²).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
from sqlalchemy import select

from mine_geo.errors import RecordError, UnknownNameError
from mine_geo.geo.cells import moment_of
from mine_geo.ledger.fold import fold
from mine_geo.store.engines import clock
from mine_geo.store.ledger import effects, imports, stored
from mine_geo.store.ledger import register as registration
from mine_geo.store.ledger import spot_tasks as tasks
from mine_geo.store.ledger.entries import id_of
from mine_geo.store.ledger.judging import Base, View
from mine_geo.store.schema import content
from mine_geo.store.schema.models import DID, EVENT
from mine_geo.tables import movements
from mine_geo.tables.movements import released_land
from mine_geo.terms import EVENT_TYPES, ITEM_COLUMNS, MOVEMENT_COLUMNS, OUTCOMES, THRESHOLD_M

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import geopandas as gpd
    from sqlalchemy import Connection

    from mine_geo.ledger.events import Day, Moment
    from mine_geo.ledger.fold import Fold
    from mine_geo.store.ledger.imports import Imported, Log
    from mine_geo.terms import Group, Kind, ReleaseGroup, Rule


COLUMNS: Final = (
    "event_id",
    "event_type",
    "happened_on",
    "recorded_at",
    "recorded_by",
    "before_m2",
    "after_m2",
    "released_m2",
    "reported_size_m2",
    "outside_m2",
    *MOVEMENT_COLUMNS,
    "again_m2",
    "overlap_m2",
    *ITEM_COLUMNS,
    "depth_cm",
    "operator",
    "report_ref",
    "comment",
    "counts",
    "voided",
    "retracted_by",
    "retracts",
    "transfer_id",
    "note",
)


def history(connection: Connection, hazard_id: str, as_of: Day, known_at: Moment) -> pd.DataFrame:
    """Return the events of a hazard; see `Store.history`."""
    hazard_id = id_of(hazard_id, "hazard_id")
    view = View(connection)
    events = view.events(view.surroundings([hazard_id]))
    mine = events[events["hazard_id"] == hazard_id]
    if mine.empty:
        raise UnknownNameError(f"no hazard {hazard_id} in this store; check the id, or register it")
    moment = moment_of(known_at)
    if moment is not None:
        mine = mine[mine["recorded_at"] <= pd.Timestamp(moment)]
    done = fold(events, as_of=as_of, known_at=known_at)
    rank = {name: place for place, name in enumerate(EVENT_TYPES)}
    table = pd.DataFrame(mine.drop(columns="geometry"))
    table = table.assign(
        rank=table["event_type"].map(rank), late=table["happened_on"].isna()
    ).sort_values(["late", "happened_on", "rank", "recorded_at", "event_id"], ignore_index=True)
    table["retracted_by"] = _voiding(table, events, moment).astype("str")
    table["voided"] = table["retracted_by"].notna()
    table = _with_effects(table, done)
    table["note"] = table["event_id"].map(_notes(done)).astype("str")
    for name in ITEM_COLUMNS:
        table[name] = table[name].astype("Int64")
    table["outside_m2"] = table["outside_m2"].astype("Int64")
    return table[list(COLUMNS)]


def _voiding(table: pd.DataFrame, events: pd.DataFrame, moment: datetime | None) -> pd.Series[str]:
    """Return the retraction of each event; that of any side of a transfer voids all sides."""
    known = events if moment is None else events[events["recorded_at"] <= pd.Timestamp(moment)]
    made = known[known["event_type"] == "retracted"]
    by = dict(zip(made["retracts"], made["event_id"], strict=True))
    sides = events[events["event_id"].isin(by) & events["transfer_id"].notna()]
    of_transfer = {row.transfer_id: by[row.event_id] for row in sides.itertuples()}
    own = table["event_id"].map(by)
    return own.where(own.notna(), table["transfer_id"].map(of_transfer))


def _with_effects(table: pd.DataFrame, done: Fold) -> pd.DataFrame:
    """Add what each event did; null for those that do not count."""
    effects = done.effects.set_index("event_id")[list(DID)]
    found = effects.reindex(table["event_id"]).set_axis(table.index)
    table["counts"] = table["event_id"].isin(effects.index).to_numpy()
    for name in DID:
        table[name] = found[name].astype("Int64")
    released = table[[f"{outcome}_m2" for outcome in OUTCOMES]].sum(axis=1, min_count=1)
    table["released_m2"] = released.astype("Int64")
    return table


def _notes(done: Fold) -> dict[str, str]:
    """Return what is worth saying of each event, why it does not count first."""
    said: dict[str, list[str]] = {}
    for event, reason in zip(done.ignored["event_id"], done.ignored["reason"], strict=True):
        said.setdefault(event, []).append(f"does not count: {reason}")
    columns = (done.notes[name] for name in ("event_id", "note", "size_m2"))
    for event, note, size in zip(*columns, strict=True):
        said.setdefault(event, []).append(f"{note} ({size:,} m²)" if size else note)
    return {event: "; ".join(texts) for event, texts in said.items()}


def changed_since(
    connection: Connection, since: datetime | str, as_of: Day, known_at: Moment
) -> pd.DataFrame:
    """Return why a total moved; see `Store.changes`.

    Only hazards of which something was recorded since, and those around them, are looked at.
    """
    first, second = moment_of(since), moment_of(known_at)
    start = min(each for each in (first, second) if each is not None)
    query = select(EVENT.c.hazard_id).distinct().where(EVENT.c.recorded_at > start)
    moved = set(connection.scalars(query))
    concerned = effects.surroundings(connection, moved) if moved else moved
    events = stored.read_events(connection, effects.surroundings(connection, concerned))
    before = fold(events, as_of=as_of, known_at=since).only(concerned)
    if as_of is None and known_at is None:
        return movements.changes(before, effects.of_hazards(connection, concerned))
    after = fold(events, as_of=as_of, known_at=known_at).only(concerned)
    return movements.changes(before, after)


def differences(
    connection: Connection, events: gpd.GeoDataFrame, done: Fold, *, synthetic: bool
) -> pd.DataFrame:
    """Compare the layer, and what is kept of each event, with a fold of all events."""
    found = stored.differences(connection, done.hazards, synthetic=synthetic)
    more = effects.differences(connection, events, done)
    if not more:
        return found
    table = pd.concat([found, pd.DataFrame(more, columns=found.columns)], ignore_index=True)
    return table.astype("str").sort_values(["hazard_id", "column"], ignore_index=True)


class ReadingMethods(Base):
    """Reading the ledger; all m² are whole and balance."""

    def _split(
        self,
        hazards: gpd.GeoDataFrame,
        *,
        threshold_m: float,
        rule: Rule,
        include_coast: bool,
        border: str | None,
    ) -> gpd.GeoDataFrame:
        raise NotImplementedError

    def events(self) -> gpd.GeoDataFrame:
        """Return the whole ledger as an events table: `terms.EVENT_COLUMNS`, EPSG:4326.

        Examples
        --------
        >>> store.events()[["hazard_id", "event_type"]].values.tolist()
        [['AP-1', 'registered'], ['AP-2', 'registered']]
        """
        with self._reading() as connection:
            found = stored.read_events(connection)
        return found.sort_values(["recorded_at", "event_id"], ignore_index=True)

    def history(
        self, hazard_id: str, *, as_of: Day = None, known_at: Moment = None
    ) -> pd.DataFrame:
        """Return what happened to a hazard, with what each event did.

        Parameters
        ----------
        hazard_id
            The hazard.
        as_of, known_at
            As for `hazards`: events after the day do not count, later recordings are not shown.

        Returns
        -------
        pandas.DataFrame
            One row an event, in the order in which they count, retractions last: what was
            recorded, `before_m2` and `after_m2`, `released_m2` (effective, beside
            `reported_size_m2`), `outside_m2`, all movements, `counts`, `voided`, `note`.
            The m² of an event that does not count are null.

        Raises
        ------
        UnknownNameError
            If there is no such hazard.
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> store.history("AP-1")[["event_type", "before_m2", "after_m2"]].values.tolist()
        [['registered', 0, 1200149], ['cleared', 1200149, 600074]]
        """
        with self._reading() as connection:
            return history(connection, hazard_id, as_of, known_at)

    def state(self, *, as_of: Day = None, known_at: Moment = None, polygons: bool = True) -> Fold:
        """Return the register with what each event did, as `mine_geo.ledger.fold` gives it.

        What was folded once is read; only hazards with an event after the day or the moment, and
        those around them, are folded for it.

        Parameters
        ----------
        as_of, known_at
            As for `hazards`.
        polygons
            With the polygons of the hazards, and those that each event left. Else they are null.

        Returns
        -------
        Fold
            `hazards` (closed ones too), `effects`, `polygons`, `ignored`, `notes`; EPSG:4326, m².

        Raises
        ------
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> store.state().effects[["hazard_id", "registered_m2", "cleared_m2"]].values.tolist()
        [['AP-1', 1200149, 0], ['AP-2', 1200149, 0], ['AP-1', 0, 600075]]
        """
        with self._reading() as connection:
            return effects.state(connection, as_of=as_of, known_at=known_at, polygons=polygons)

    def releases(
        self,
        by: Sequence[ReleaseGroup] | ReleaseGroup = ("year", "province"),
        *,
        as_of: Day = None,
        known_at: Moment = None,
        since: Day = None,
        kind: Kind | None = None,
        total: bool = False,
        threshold_m: float = THRESHOLD_M,
        rule: Rule = "edge",
        include_coast: bool = False,
    ) -> pd.DataFrame:
        """Add up releases: effective m² by outcome, beside what the operators reported.

        Parameters
        ----------
        by
            `year`, `outcome`, `operator`, `zone`, or columns of the hazards. The zone is that of
            the hazard when the period began, or when it was registered.
        as_of, known_at, kind
            As for `hazards`.
        since
            Only releases after this day.
        total
            Add a last row of sums, marked in a first column `row`; see `totals.with_total`.
        threshold_m, rule, include_coast
            For `zone`, as for `split`: metres, and whether the coast is border too.

        Returns
        -------
        pandas.DataFrame
            Whole m² by group, see `movements.releases`.

        Raises
        ------
        MixedError
            If hazards of several kinds would be added up.
        OptionError, RecordError, StoreError
            If an option is unknown, a time is none, or no border is loaded for `zone`.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> store.releases(by="year")[["year", "cleared_m2", "events"]].values.tolist()
        [[2022, 600075, 1]]
        """
        by_zone = "zone" in ([by] if isinstance(by, str) else by)
        done = self.state(as_of=as_of, known_at=known_at, polygons=by_zone)
        opening = None
        if by_zone:
            first = movements.opening_hazards(done, since)
            opening = self._in_zones(first, threshold_m, rule, include_coast, None)
        return movements.releases(done, by=by, kind=kind, since=since, opening=opening, total=total)

    def released_land(
        self,
        *,
        as_of: Day = None,
        known_at: Moment = None,
        since: Day = None,
        kind: Kind | None = None,
    ) -> gpd.GeoDataFrame:
        """Return the land that each release took off its hazard, for maps.

        Parameters
        ----------
        as_of, known_at, kind
            As for `hazards`.
        since
            Only releases after this day.

        Returns
        -------
        geopandas.GeoDataFrame
            See `movements.released_land`; EPSG:4326.

        Raises
        ------
        OptionError, RecordError
            If the kind is unknown, or a time is none.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> land = store.released_land()
        >>> land["hazard_id"].tolist(), land.total_bounds.tolist()
        (['AP-1'], [103.0, 13.0, 103.005, 13.01])
        """
        with self._reading() as connection:
            done = effects.state(
                connection, as_of=as_of, known_at=known_at, polygons=True, released=True
            )
        return released_land(done, kind=kind, since=since)

    def balance(
        self,
        since: Day = None,
        *,
        as_of: Day = None,
        known_at: Moment = None,
        by: Sequence[Group] | Group = (),
        kind: Kind | None = None,
        total: bool = False,
        threshold_m: float = THRESHOLD_M,
        rule: Rule = "edge",
        include_coast: bool = False,
    ) -> pd.DataFrame:
        """Return the movement table of a period: opening, what came and went, what remains.

        Parameters
        ----------
        since
            The opening is the end of this day; None: before everything.
        as_of, known_at, kind
            As for `hazards`.
        by
            Columns of the hazards to group by, and `zone`: then `moved_m2` is the land that is in
            another zone at the end, because the nearest edge of its hazard was released.
        total
            Add a last row of sums, marked in a first column `row`; see `totals.with_total`.
        threshold_m, rule, include_coast
            For `zone`, as for `split`: metres, and whether the coast is border too.

        Returns
        -------
        pandas.DataFrame
            `opening_m2 registered_m2 amended_m2 transferred_m2 cancelled_m2 reduced_m2 cleared_m2
            remaining_m2` for each group, whole m²; see `movements.balance`.

        Raises
        ------
        MixedError
            If hazards of several kinds would be added up.
        OptionError, RecordError, StoreError
            As for `releases`.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> store.balance(since="2021-12-31")[
        ...     ["opening_m2", "cleared_m2", "remaining_m2"]].values.tolist()
        [[2400298, 600075, 1800223]]
        """
        by_zone = "zone" in ([by] if isinstance(by, str) else by)
        done = self.state(as_of=as_of, known_at=known_at, polygons=by_zone)
        opening = closing = None
        if by_zone:
            left = done.hazards[done.hazards["status"] != "closed"]
            zones = (threshold_m, rule, include_coast, None)
            opening = self._in_zones(movements.opening_hazards(done, since), *zones)
            closing = self._in_zones(left, *zones)
        return movements.balance(
            done, since=since, by=by, kind=kind, opening=opening, closing=closing, total=total
        )

    def _in_zones(
        self,
        hazards: gpd.GeoDataFrame,
        threshold_m: float,
        rule: Rule,
        include_coast: bool,
        border: str | None,
    ) -> gpd.GeoDataFrame:
        """Split hazards; those that cannot be measured have no zone."""
        hashes = content.geometry_hashes(hazards.geometry)
        split = self._split(
            hazards.assign(**{stored.HASH: hashes}),
            threshold_m=threshold_m,
            rule=rule,
            include_coast=include_coast,
            border=border,
        )
        rest = hazards[~hazards["hazard_id"].isin(split["hazard_id"])]
        nowhere = rest.assign(zone=pd.Series(None, index=rest.index, dtype="str"))
        return split if rest.empty else pd.concat([split, nowhere], ignore_index=True)

    def changes(
        self, since: datetime | str, *, as_of: Day = None, known_at: Moment = None
    ) -> pd.DataFrame:
        """Tell why a total moved: the events recorded since a moment, and what they did.

        Parameters
        ----------
        since
            The moment of the last reading: a datetime with its time zone, or ISO text.
        as_of
            The day of both readings; today unless told.
        known_at
            The moment of the second reading; now unless told.

        Returns
        -------
        pandas.DataFrame
            One row an event: `why` (`new`, `late`, `gone`, `re-attributed`), the change of each
            movement in m², and `change_m2`, whose sum is the change of the total; see
            `movements.changes`.

        Raises
        ------
        RecordError
            If a moment has no time zone, or `as_of` is no day.

        Examples
        --------
        >>> before = store.last_moment()
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> store.changes(before)[["hazard_id", "why", "change_m2"]].values.tolist()
        [['AP-1', 'late', -600075]]
        """
        if moment_of(since) is None:
            raise RecordError("since is missing; give the moment of the last reading")
        with self._reading() as connection:
            return changed_since(connection, since, as_of, known_at)

    def rebuild(self, *, repair: bool = False) -> pd.DataFrame:
        """Compare the hazards as they stand with the events, all folded anew.

        Parameters
        ----------
        repair
            Write what the events say where it differs.

        Returns
        -------
        pandas.DataFrame
            `hazard_id`, `column`, `kept`, `folded` of each difference, of the hazards as they
            stand and of what each event did; empty when all is sound.

        Examples
        --------
        >>> len(store.rebuild())
        0
        """
        if not repair:
            with self._reading() as connection:
                events = stored.read_events(connection)
                return differences(connection, events, fold(events), synthetic=self.synthetic)
        with self._writing() as connection:
            events = stored.read_events(connection)
            done = fold(events)
            found = differences(connection, events, done, synthetic=self.synthetic)
            if len(found):
                now, ids = clock(connection), set(found["hazard_id"])
                folded = stored.Folded.of(done.hazards, ids)
                stored.write_hazards(connection, folded, now, synthetic=self.synthetic)
                effects.write(connection, effects.columns_of(events, done, ids), ids, now)
                self._measure(connection, ids)
            return found

    def export_log(self) -> Log:
        """Return the whole ledger as `import_log` takes it: `store.import_log(*log)`.

        Border and districts are not part of it, nor is the workbench: files that wait there are
        submitted again.

        Returns
        -------
        Log
            `hazards` (None: the registrations are among the events), `events`, `spot_tasks`,
            `lists`.

        Raises
        ------
        StoreError
            If nothing is recorded yet.

        Examples
        --------
        >>> log = store.export_log()
        >>> with mg.create_store(folder / "copy.gpkg") as copy:
        ...     copy.import_log(*log)
        Imported(hazards=2, events=0, spot_tasks=0, mended=0, lists=0)
        """
        with self._reading() as connection:
            return imports.export_log(connection, synthetic=self.synthetic)

    def import_log(
        self,
        hazards: gpd.GeoDataFrame | None,
        events: gpd.GeoDataFrame,
        spot_tasks: pd.DataFrame | None = None,
        lists: dict[str, pd.DataFrame] | None = None,
        *,
        mend_moments: bool = False,
    ) -> Imported:
        """Take over a whole ledger with the moments at which it was recorded; once, when empty.

        Parameters
        ----------
        hazards
            Hazards as first registered, as from `read_hazards`, with `surveyed_on` and, if it is
            known, `recorded_at` (with time zone). None where the events hold the registrations,
            as in a log from `export_log`.
        events
            All other events: `terms.EVENT_COLUMNS` in EPSG:4326, see `events.to_events`.
        spot_tasks
            `task_id`, `recorded_at` and the fields of `record_spot_task`, and `retracted_at` and
            `retracted_why` of those that were; a GeoDataFrame of points in EPSG:4326 instead of
            `lon` and `lat`, as `spot_tasks` gives it.
        lists
            The rows of lists by the name of their table, as `export_log` gives them.
        mend_moments
            Where a clock ran ahead: moments that lie in the future become the last that can be, a
            millisecond apart and in their order. Each says in `detail` (`recorded_at_was`), a spot
            task in its comment, what it was. A registration or description without a day of its
            own is moved to today, and says so (`happened_on_was`).

        Returns
        -------
        Imported
            How many hazards, events and spot tasks, and how many moments were mended.

        Raises
        ------
        ConflictError
            If the store holds hazards or spot tasks already.
        RecordError, GeometryError, CRSError, NotSyntheticError
            If the tables are not in order, or an event cannot be; nothing is written.

        Examples
        --------
        >>> log = store.export_log()
        >>> with mg.create_store(folder / "copy.gpkg") as copy:
        ...     done = copy.import_log(*log)
        ...     copy.hazards()["size_m2"].tolist()
        [1200149, 1200149]
        >>> store.import_log(*log)
        Traceback (most recent call last):
        mine_geo.errors.ConflictError: a ledger is imported into an empty store only; ...
        """
        table = hazards
        if hazards is not None:
            table = registration.checked(hazards, self.name, synthetic=self.synthetic)
        with self._writing() as connection:
            done = imports.import_log(
                connection,
                table,
                events,
                spot_tasks,
                lists=lists,
                synthetic=self.synthetic,
                mend_moments=mend_moments,
            )
            self._measure(connection, None)
            return done

    def spot_tasks(self, *, as_of: Day = None, known_at: Moment = None) -> gpd.GeoDataFrame:
        """Return the spot tasks that stand, by day: items destroyed outside any hazard.

        Parameters
        ----------
        as_of, known_at
            As for `hazards`.

        Returns
        -------
        geopandas.GeoDataFrame
            Points in EPSG:4326, null where no place was given.

        Raises
        ------
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> task = store.record_spot_task(
        ...     happened_on="2022-05-01", uxo=2, province="Battambang", lon=103.2, lat=13.1)
        >>> store.spot_tasks()[["province_code", "uxo"]].values.tolist()
        [['02', 2]]
        """
        with self._reading() as connection:
            return tasks.read(connection, as_of, known_at)
