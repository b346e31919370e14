"""The store: a register of hazards, in PostGIS or in one GeoPackage file, behind one class.

What a store is and holds: the lines of `mine-geo db info`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
from sqlalchemy import Table, func, select

from mine_geo.errors import MineGeoError
from mine_geo.ledger.events import MOMENT_WAS
from mine_geo.split.engines import engine
from mine_geo.split.zones import border_split, unmeasurable
from mine_geo.store import engines, layers, migrate
from mine_geo.store import hazards as hazard_rows
from mine_geo.store.engines import MOMENTS, clock, last_moment
from mine_geo.store.ledger import kinship
from mine_geo.store.ledger import register as registration
from mine_geo.store.ledger.projection import HASH
from mine_geo.store.ledger.reading_api import Accounts
from mine_geo.store.ledger.recording_api import Officer, Surveyor
from mine_geo.store.publisher import Publisher
from mine_geo.store.schema.models import (
    WAITING,
    AdminVersion,
    BorderVersion,
    Event,
    Hazard,
    SpotTask,
    Submission,
    SubmittedRecord,
)
from mine_geo.store.workbench import listing
from mine_geo.store.workbench.api import Workbench
from mine_geo.terms import CRS, THRESHOLD_M

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from mine_geo import terms
    from mine_geo.ledger.events import Day, Moment
    from mine_geo.store.layers import Loaded
    from mine_geo.store.ledger.register import Registered


_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]
_SPOT_TASK: Final[Table] = SpotTask.__table__  # type: ignore[assignment]
_SUBMISSION: Final[Table] = Submission.__table__  # type: ignore[assignment]
_RECORD: Final[Table] = SubmittedRecord.__table__  # type: ignore[assignment]
_VERSIONS: Final[dict[str, Table]] = {
    "border": BorderVersion.__table__,  # type: ignore[dict-item]
    "districts": AdminVersion.__table__,  # type: ignore[dict-item]
}


def info(connection: Connection, title: str | None, *, synthetic: bool) -> pd.DataFrame:
    """Return the facts of a store, one a row: `what` and `value`."""
    rows = [
        ("title", title or ""),
        ("data", "synthetic" if synthetic else "a register of its own"),
        ("backend", "PostGIS" if connection.dialect.name == "postgresql" else "GeoPackage"),
        ("schema", migrate.current(connection) or ""),
        ("engine of distances", engine()),
    ]
    for what, versions in _VERSIONS.items():
        query = select(versions).order_by(versions.c.loaded_at)
        rows += [
            (what, f"{row.name} {row.version}{' (active)' if row.active else ''}")
            for row in connection.execute(query)
        ]
    left = _HAZARD.c.status.is_not(None) & (_HAZARD.c.status != "closed")
    kinds = select(_HAZARD.c.kind, func.count()).where(left).group_by(_HAZARD.c.kind)
    rows += [
        (f"hazards, {kind or 'no kind'}", f"{count:,}")
        for kind, count in connection.execute(kinds.order_by(_HAZARD.c.kind))
    ]
    closed = select(func.count()).select_from(_HAZARD).where(_HAZARD.c.status == "closed")
    waiting = select(func.count()).select_from(_RECORD).where(_RECORD.c.state == WAITING)
    counts = [
        ("closed hazards", closed),
        ("events", select(func.count()).select_from(_EVENT)),
        ("spot tasks", select(func.count()).select_from(_SPOT_TASK)),
        ("submissions", select(func.count()).select_from(_SUBMISSION)),
        ("records on the workbench", waiting),
    ]
    for what, query in counts:
        count = connection.scalar(query) or 0
        if count or what == "events":
            rows.append((what, f"{count:,}"))
    return pd.DataFrame([*rows, *_moments(connection)], columns=["what", "value"])


def _moments(connection: Connection) -> list[tuple[str, str]]:
    """Return the last moment, those that have not come yet, and how many were mended."""
    last, now = last_moment(connection), clock(connection)
    if last is None:
        return []
    rows = [("last recorded", f"{last:%Y-%m-%d %H:%M:%S} UTC")]
    for what, moment in MOMENTS.items():
        query = select(func.count(), func.min(moment), func.max(moment)).where(moment > now)
        count, first, latest = connection.execute(query).one()
        if count:
            said = f"{count:,}, from {first:%Y-%m-%d %H:%M:%S} to {latest:%Y-%m-%d %H:%M:%S} UTC"
            rows.append((f"in the future: {what}", said))
    if len(rows) > 1:
        rows.append(("the clock says", f"{now:%Y-%m-%d %H:%M:%S} UTC"))
        mend = "db export FOLDER; into a new store: db import FOLDER --mend-moments"
        rows.append(("if the clock is right", mend))
    marked = _EVENT.c.detail.contains(f'"{MOMENT_WAS}"', autoescape=True)
    mended = connection.scalar(select(func.count()).select_from(_EVENT).where(marked)) or 0
    return [*rows, ("events with a mended moment", f"{mended:,}")] if mended else rows


class Store(Officer, Surveyor, Workbench, Accounts, Publisher):
    """A register of hazards. Made by `open_store` and `create_store`; a context manager.

    Every write is one transaction under the store's write lock: all of it is done, or nothing.
    Polygons and lines are EPSG:4326 (longitude, latitude), distances metres, sizes m².
    """

    def info(self) -> pd.DataFrame:
        """Return what the store is and holds, one fact a row: `what` and `value`.

        Title, backend, schema, versions of border and districts, hazards by kind, events.
        """
        with self._reading() as connection:
            return info(connection, self.title, synthetic=self.synthetic)

    def last_moment(self) -> datetime | None:
        """Return the moment of the last record, in UTC: what is read now is known as at that.

        None where nothing was recorded yet. Maps and files name it, and so the same store gives
        the same bytes on any day.
        """
        with self._reading() as connection:
            return engines.last_moment(connection)

    def load_admin(
        self, admin: gpd.GeoDataFrame, name: str | None = None, version: str | None = None
    ) -> Loaded:
        """Load districts and make them the active ones; earlier versions are kept.

        Parameters
        ----------
        admin
            Districts in EPSG:4326, as from `read_admin`.
        name
            What the dataset is called; "districts" unless told.
        version
            Its version; a hash of the content unless told.

        Returns
        -------
        Loaded
            What was done; loading the active version again changes nothing.

        Raises
        ------
        ConflictError
            If that name and version are there with other content.
        """
        with self._writing() as connection:
            return layers.load_admin(connection, admin, name, version)

    def load_border(self, border: gpd.GeoDataFrame) -> Loaded:
        """Load a border and make it the active one; earlier versions are kept.

        Parameters
        ----------
        border
            Lines in EPSG:4326, as from `read_border`, of one `border_name` and `border_version`.

        Returns
        -------
        Loaded
            What was done; loading the active version again changes nothing.

        Raises
        ------
        ConflictError
            If that name and version are there with other content.
        RecordError
            If the table holds several names or versions.
        """
        with self._writing() as connection:
            return layers.load_border(connection, border)

    def admin(self, name: str | None = None, version: str | None = None) -> gpd.GeoDataFrame:
        """Return the districts: the active ones, or those of a name or version.

        Raises
        ------
        StoreError
            If no districts are loaded.
        OptionError
            If there is no such version; the message lists those that there are.
        """
        with self._reading() as connection:
            return layers.read_admin(connection, name, version)

    def border(self, name: str | None = None, version: str | None = None) -> gpd.GeoDataFrame:
        """Return the border: the active one, or that of a name or version.

        Raises
        ------
        StoreError
            If no border is loaded.
        OptionError
            If there is no such version; the message lists those that there are.
        """
        with self._reading() as connection:
            return layers.read_border(connection, name, version)[1]

    def versions(self) -> pd.DataFrame:
        """Return the versions of districts and border that are loaded.

        Returns
        -------
        pandas.DataFrame
            `layer` ("districts", "border"), `name`, `version`, `loaded_at` (UTC), `active`.
        """
        with self._reading() as connection:
            return layers.versions(connection)

    def register(
        self,
        hazards: gpd.GeoDataFrame,
        *,
        registered_on: date | str | None = None,
        recorded_by: str | None = None,
        same_polygons: bool = False,
        dry_run: bool = False,
    ) -> Registered:
        """Enter hazards: a `registered` event each, on the day when they were surveyed.

        Parameters
        ----------
        hazards
            Hazard table in EPSG:4326, as from `read_hazards`. What `border_split` added is left
            out: it is computed from the polygons.
        registered_on
            The day for hazards without `surveyed_on`; today in Cambodia unless told.
        recorded_by
            Who enters them.
        same_polygons
            Enter also hazards whose polygon (up to 1 mm) a hazard of their kind has under another
            id, in the store or in this table: by default they are taken for the same hazard and
            refused.
        dry_run
            As for `record`: judge them, and write nothing.

        Returns
        -------
        Registered
            How many are new, and how many were there with the same content.

        Raises
        ------
        ConflictError
            If an id is there with other content, or a polygon under another id (in the store, or
            in this table); the ids are listed and nothing is written.
        NotSyntheticError
            If invented hazards would be mixed with real ones.
        RecordError, GeometryError, CRSError
            If the table is not in order; nothing is written.
        """
        table = registration.checked(hazards, self.name, synthetic=self.synthetic)
        return self._judging(
            lambda view: (
                registration.register(
                    view,
                    table,
                    synthetic=self.synthetic,
                    registered_on=registered_on,
                    recorded_by=recorded_by,
                    same_polygons=same_polygons,
                ).done
            ),
            dry_run=dry_run,
        )

    def hazards(
        self,
        *,
        province: str | None = None,
        district: str | None = None,
        kind: str | None = None,
        workbench: terms.Workbench = "include",
        as_of: Day = None,
        known_at: Moment = None,
        closed: bool = False,
    ) -> gpd.GeoDataFrame:
        """Return what remains of the hazards, in the order of their ids.

        Parameters
        ----------
        province, district
            Name, in any known spelling, or code of the recorded province and district.
        kind
            One of `terms.KINDS`.
        workbench
            Records not yet accepted, marked `in_workbench`: "include", "exclude" or "only". They
            are hazards that were registered so, and those that wait on the workbench and could
            enter the register (see `submit`); a hazard that is in the register and was submitted
            again is not one of them.
        as_of
            The end of this day: a date, or ISO text; now unless told. "1 January 2023" in a
            report is 2022-12-31.
        known_at
            As it was recorded by this moment: a datetime with its time zone.
        closed
            Hazards of which nothing remains too, with an empty polygon.

        Returns
        -------
        geopandas.GeoDataFrame
            The canonical hazard table; then `parent_id` where a hazard was divided or merged,
            `synthetic` in a store of invented data, and the further columns of the files.

        Raises
        ------
        UnknownNameError
            If there is no such province or district.
        OptionError
            If `kind` or `workbench` is unknown.
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.
        """
        asked = hazard_rows.Asked.of(
            province=province, district=district, kind=kind, workbench=workbench, closed=closed
        )
        with self._reading() as connection:
            found = hazard_rows.read(
                connection, asked, as_of=as_of, known_at=known_at, synthetic=self.synthetic
            )
        return found.drop(columns=HASH)

    def restricted(self, *, as_of: Day = None, known_at: Moment = None) -> gpd.GeoDataFrame:
        """Return every polygon that no public map may give away; see `disclosure.disclose`.

        Parameters
        ----------
        as_of, known_at
            The day and moment that are shown, as for `hazards`.

        Returns
        -------
        geopandas.GeoDataFrame
            `hazard_id`, `kind`, `parent_id`, `kin`, `remains`, polygons in EPSG:4326. With
            `remains`: what remained then, what remains today, and whatever waits on the workbench,
            hazards and reports that draw one anew, even with a bad polygon, or with none: then it
            withholds the hazard of its id. A hazard that gave land away by an amendment is there
            with what waits on that land. Without `remains`: all land released of any hazard, and,
            without a polygon, the id of another hazard (`kin`) that divisions, mergers or land
            amended away link each with. A hazard may be there several times.

        Raises
        ------
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.
        """
        with self._reading() as connection:
            waiting = listing.claimed(connection)
            kin = kinship.kin(connection)
            again = kinship.waiting_on_amended_land(connection, waiting)
        found = [self.hazards(as_of=as_of, known_at=known_at), waiting, again]
        if as_of is not None or known_at is not None:
            found.append(self.hazards())
        found = [part.assign(remains=True) for part in found]
        found += [self.released_land().assign(remains=False), kin.assign(remains=False)]
        columns = ["hazard_id", "kind", "parent_id", "kin", "remains", "geometry"]
        texts = dict.fromkeys(columns[:4], "str")
        # whoever is named as a parent has a row, though nothing else be known of it
        named = {name for part in found for name in part.get("parent_id", pd.Series()).dropna()}
        found.append(gpd.GeoDataFrame({"hazard_id": sorted(named), "remains": False}))
        parts = [pd.DataFrame(part.reindex(columns=columns)).astype(texts) for part in found]
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=CRS)

    def split(
        self,
        *,
        threshold_m: float = THRESHOLD_M,
        rule: terms.Rule = "edge",
        include_coast: bool = False,
        border: str | None = None,
        province: str | None = None,
        district: str | None = None,
        kind: str | None = None,
        workbench: terms.Workbench = "include",
        as_of: Day = None,
        known_at: Moment = None,
    ) -> gpd.GeoDataFrame:
        """Return what remains of the hazards, split by distance to the border.

        Distances are kept for each polygon, border version and `include_coast`; only those that
        are not there yet are computed. See `border_split`. A record that cannot be measured is
        left out and does not stop the others; `not_in_split` names it.

        Parameters
        ----------
        threshold_m
            Metres.
        rule
            One of `terms.RULES`.
        include_coast
            Count the coast as border too.
        border
            The version of the border; the active one unless told.
        province, district, kind, workbench, as_of, known_at
            As for `hazards`.

        Raises
        ------
        StoreError
            If no border is loaded.
        OptionError, UnknownNameError, RecordError
            If an option or a name is unknown, or a time is none.
        """
        asked = hazard_rows.Asked.of(
            province=province, district=district, kind=kind, workbench=workbench
        )
        with self._reading() as connection:
            found = hazard_rows.read(
                connection, asked, as_of=as_of, known_at=known_at, synthetic=self.synthetic
            )
        return self._split(
            found, threshold_m=threshold_m, rule=rule, include_coast=include_coast, border=border
        )

    def _split(
        self,
        hazards: gpd.GeoDataFrame,
        *,
        threshold_m: float,
        rule: terms.Rule,
        include_coast: bool,
        border: str | None,
    ) -> gpd.GeoDataFrame:
        """Split hazards that have the hash of their polygon beside them.

        One that cannot be measured is left out, so that the figures of the others stand; see
        `not_in_split`.
        """
        with self._reading() as connection:
            border_fid, lines = layers.read_border(connection, version=border)
            kept = hazard_rows.known(connection, border_fid, include_coast=include_coast)
        why = unmeasurable(hazards, lines, rule=rule, include_coast=include_coast)
        if why.notna().any():
            hazards = hazards[why.isna()].reset_index(drop=True)
        new = hazard_rows.missing(hazards, kept, lines, include_coast=include_coast)
        if not new.empty:
            self._keep(new, border_fid, include_coast=include_coast)
        return border_split(
            hazards.drop(columns=HASH),
            lines,
            threshold_m=threshold_m,
            rule=rule,
            include_coast=include_coast,
            distances=hazard_rows.aligned(hazards, kept, new),
        )

    def _keep(self, new: pd.DataFrame, border_fid: int, *, include_coast: bool) -> None:
        """Keep distances, where this store may be written at all."""
        try:
            with self._writing() as connection:
                hazard_rows.keep(connection, new, border_fid, include_coast=include_coast)
        except MineGeoError as error:
            if not engines.is_read_only(error):
                raise
