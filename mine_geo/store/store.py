"""The store: a register of hazards, in PostGIS or in one GeoPackage file, behind one class.

What a store is and holds: the lines of `mine-geo db info`. Opening one that is there.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
from sqlalchemy import Table, func, inspect, select, text

from mine_geo.disclosure.layers import Layers, Selection
from mine_geo.disclosure.settings import USUAL
from mine_geo.errors import FileError, MineGeoError, NoPostGISError, StoreError, StoreNotFoundError
from mine_geo.geo.cells import day_of, moment_of
from mine_geo.ledger.events import MOMENT_WAS
from mine_geo.split.engines import engine
from mine_geo.split.zones import border_split, unmeasurable
from mine_geo.store import chain, engines, layers
from mine_geo.store import hazards as hazard_rows
from mine_geo.store.engines import (
    CLOCK_OPTION,
    LOCK_OPTION,
    MOMENTS,
    Place,
    clock,
    last_moment,
    locate,
    make_engine,
    reading,
)
from mine_geo.store.ledger import register as registration
from mine_geo.store.ledger import stored
from mine_geo.store.ledger.reading import ReadingMethods
from mine_geo.store.ledger.recording import RecordingMethods
from mine_geo.store.ledger.stored import HASH
from mine_geo.store.lists import ListMethods
from mine_geo.store.publisher import Publisher
from mine_geo.store.schema import gpkg, models
from mine_geo.store.schema.models import (
    ADMIN_VERSION,
    BORDER_VERSION,
    EVENT,
    HAZARD,
    LISTS,
    METADATA,
    RECORD,
    SPOT_TASK,
    STORE_INFO,
    SUBMISSION,
    TAKEN_OVER,
    VILLAGE_VERSION,
    WAITING,
)
from mine_geo.store.workbench import listing
from mine_geo.store.workbench.methods import WorkbenchMethods
from mine_geo.tables.accounts import Accounts
from mine_geo.tables.envelope import Envelope, written_moment
from mine_geo.tables.movements import moments
from mine_geo.terms import CRS, THRESHOLD_M

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine

    from mine_geo import terms
    from mine_geo.ledger.events import Day, Moment
    from mine_geo.ledger.fold import Fold
    from mine_geo.store.chain import Head
    from mine_geo.store.layers import Loaded
    from mine_geo.store.ledger.register import Registered


_VERSIONS: Final[dict[str, Table]] = {
    "border": BORDER_VERSION,
    "districts": ADMIN_VERSION,
    "villages": VILLAGE_VERSION,
}


def info(connection: Connection, title: str | None, *, synthetic: bool) -> pd.DataFrame:
    """Return the facts of a store, one a row: `what` and `value`."""
    rows = [
        ("title", title or ""),
        ("data", "synthetic" if synthetic else "a register of its own"),
        ("backend", "PostGIS" if connection.dialect.name == "postgresql" else "GeoPackage"),
        ("schema", models.current_revision(connection) or ""),
        ("engine of distances", engine()),
    ]
    for what, versions in _VERSIONS.items():
        query = select(versions).order_by(versions.c.loaded_at)
        rows += [
            (what, f"{row.name} {row.version}{' (active)' if row.active else ''}")
            for row in connection.execute(query)
        ]
    left = HAZARD.c.status.is_not(None) & (HAZARD.c.status != "closed")
    kinds = select(HAZARD.c.kind, func.count()).where(left).group_by(HAZARD.c.kind)
    rows += [
        (f"hazards, {kind or 'no kind'}", f"{count:,}")
        for kind, count in connection.execute(kinds.order_by(HAZARD.c.kind))
    ]
    closed = select(func.count()).select_from(HAZARD).where(HAZARD.c.status == "closed")
    waiting = select(func.count()).select_from(RECORD).where(RECORD.c.state == WAITING)
    own = "" if engines.sees_all(connection) else "your own "  # nobody takes it for a total
    counts = [
        ("closed hazards", closed),
        ("events", select(func.count()).select_from(EVENT)),
        ("spot tasks", select(func.count()).select_from(SPOT_TASK)),
        (f"{own}submissions", select(func.count()).select_from(SUBMISSION)),
        (f"{own}records on the workbench", waiting),
    ]
    counts += [
        (
            f"rows of {name.replace('_', ' ')}",
            select(func.count()).select_from(METADATA.tables[name]),
        )
        for name in LISTS
    ]
    for what, query in counts:
        count = connection.scalar(query) or 0
        if count or what == "events":
            rows.append((what, f"{count:,}"))
    rows += _chain(connection)
    return pd.DataFrame([*rows, *_moments(connection)], columns=["what", "value"])


def _chain(connection: Connection) -> list[tuple[str, str]]:
    """Return the head of the chain, and what of the ledger was not recorded here."""
    last = chain.head(connection)
    if last == chain.EMPTY:
        return []
    rows = [("head of the chain", str(last))]
    for row in connection.execute(select(TAKEN_OVER).order_by(TAKEN_OVER.c.fid)):
        by = f" by {row.taken_by}" if row.taken_by else ""
        rows.append((f"{row.how}, from event {row.first_seq:,}", f"{row.taken_at:%Y-%m-%d}{by}"))
    return rows


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
        mend = "db export-log FOLDER; into a new store: db import FOLDER --mend-moments"
        rows.append(("if the clock is right", mend))
    marked = EVENT.c.detail.contains(f'"{MOMENT_WAS}"', autoescape=True)
    mended = connection.scalar(select(func.count()).select_from(EVENT).where(marked)) or 0
    return [*rows, ("events with a mended moment", f"{mended:,}")] if mended else rows


class Store(RecordingMethods, WorkbenchMethods, ReadingMethods, ListMethods, Publisher):
    """A register of hazards. Made by `open_store` and `create_store`; a context manager.

    Every write is one transaction under the store's write lock: all of it is done, or nothing.
    Polygons and lines are EPSG:4326 (longitude, latitude), distances metres, sizes m².

    Examples
    --------
    The examples of all methods are about this store: a border, and two minefields beside it.

    >>> store = mg.create_store(folder / "register.gpkg", title="Example")
    >>> border = gpd.GeoDataFrame(
    ...     {"neighbour": ["THA"]}, geometry=[shapely.LineString([(102.94, 12), (102.94, 14)])],
    ...     crs=4326)
    >>> store.load_border(border, name="meridian", version="1").rows
    1
    >>> hazards = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1", "AP-2"], "kind": "ap_minefield", "area_type": "SHA",
    ...      "province": "Battambang", "district": "Samlout", "surveyed_on": "2020-01-31"},
    ...     geometry=shapely.box([103, 103.01], 13, [103.01, 103.02], 13.01), crs=4326)
    >>> store.register(hazards).registered
    2
    >>> store.close()
    """

    def info(self) -> pd.DataFrame:
        """Return what the store is and holds, one fact a row: `what` and `value`.

        Title, backend, schema, versions of border and districts, hazards by kind, events.

        Examples
        --------
        >>> facts = store.info().set_index("what")["value"]
        >>> facts[["backend", "border", "hazards, ap_minefield"]].tolist()
        ['GeoPackage', 'meridian 1 (active)', '2']
        """
        with self._reading() as connection:
            return info(connection, self.title, synthetic=self.synthetic)

    def head(self) -> Head:
        """Return the head of the chain: how many events there are, and the hash they lead to.

        Keep it elsewhere (it stands in `info`): `check_chain(head)` tells, on any later day,
        whether the events up to it are the same still.

        Examples
        --------
        >>> store.head().seq, len(store.head().hash)
        (2, 64)
        """
        with self._reading() as connection:
            return chain.head(connection)

    def check_chain(self, head: Head | str | None = None) -> pd.DataFrame:
        """Check every event against its hash, and the chain against a head of an earlier day.

        Parameters
        ----------
        head
            As `head` returned it, or as text: SEQ:HASH.

        Returns
        -------
        pandas.DataFrame
            `seq`, `event_id`, `what`: a row for each event that was changed, is missing, or was
            put in past the library. Empty when the chain is whole. A whole chain written anew by
            whoever owns the store is only found with a `head` that was kept elsewhere.

        Raises
        ------
        OptionError
            If `head` is none.

        Examples
        --------
        >>> store.check_chain(store.head()).empty
        True
        """
        told = chain.Head.parse(head) if isinstance(head, str) else head
        with self._reading() as connection:
            return chain.broken(connection, told)

    def last_moment(self) -> datetime | None:
        """Return the moment of the last record, in UTC: what is read now is known as at that.

        None where nothing was recorded yet. Maps and files name it, and so the same store gives
        the same bytes on any day.

        Examples
        --------
        >>> store.last_moment() == store.events()["recorded_at"].max()
        True
        """
        with self._reading() as connection:
            return engines.last_moment(connection)

    def load_admin(
        self, admin: gpd.GeoDataFrame, *, name: str | None = None, version: str | None = None
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
        RecordError, GeometryError, CRSError
            If the table is not in order.

        Examples
        --------
        >>> districts = mg.read_admin(mg.sample.path("districts"))
        >>> store.load_admin(districts, name="schematic", version="2026")
        Loaded(name='schematic', version='2026', rows=198, changed=True)
        """
        with self._writing() as connection:
            return layers.load_admin(connection, admin, name, version)

    def load_border(
        self, border: gpd.GeoDataFrame, *, name: str | None = None, version: str | None = None
    ) -> Loaded:
        """Load a border and make it the active one; earlier versions are kept.

        Parameters
        ----------
        border
            Lines in EPSG:4326, as from `read_border`, of one `border_name` and `border_version`.
        name, version
            What the dataset is called; what its own columns say unless told.

        Returns
        -------
        Loaded
            What was done; loading the active version again changes nothing.

        Raises
        ------
        ConflictError
            If that name and version are there with other content.
        RecordError, GeometryError, CRSError
            If the table holds several names or versions, or is not in order otherwise.

        Examples
        --------
        >>> coast = mg.read_border(mg.sample.path("border"))
        >>> done = store.load_border(coast, version="1m")
        >>> done.version, done.changed, store.load_border(coast, version="1m").changed
        ('1m', True, False)
        """
        with self._writing() as connection:
            done = layers.load_border(connection, border, name, version)
            self._measure(connection, None)
            return done

    def admin(self, name: str | None = None, version: str | None = None) -> gpd.GeoDataFrame:
        """Return the districts (EPSG:4326): the active ones, or those of a name or version.

        Parameters
        ----------
        name, version
            Of a version that is loaded, active or not; the active one where both are left out.

        Raises
        ------
        StoreError
            If no districts are loaded.
        OptionError
            If there is no such version; the message lists those that there are.

        Examples
        --------
        >>> store.admin()
        Traceback (most recent call last):
        mine_geo.errors.StoreError: no districts in this store; load one with ...
        >>> done = store.load_admin(mg.read_admin(mg.sample.path("districts")))
        >>> len(store.admin())
        198
        """
        with self._reading() as connection:
            return layers.read_admin(connection, name, version)

    def activate(self, layer: str, name: str, version: str, *, dry_run: bool = False) -> Loaded:
        """Make a version of border, districts or villages that is loaded the active one.

        Parameters
        ----------
        layer
            `border`, `districts` or `villages`.
        name, version
            As `versions` lists them.
        dry_run
            Only look whether it could be done.

        Returns
        -------
        Loaded
            How many rows it has, and whether it was (or would be) a change.

        Raises
        ------
        OptionError
            If there is no such layer or version; the message lists those that there are.

        Examples
        --------
        >>> done = store.load_border(store.border(), version="2")
        >>> store.activate("border", "meridian", "1").changed
        True
        >>> store.border()["border_version"].tolist()
        ['1']
        """
        if dry_run:
            with self._reading() as connection:
                return layers.activate(connection, layer, name, version, dry_run=True)
        with self._writing() as connection:
            done = layers.activate(connection, layer, name, version, dry_run=False)
            if done.changed and layer == "border":
                self._measure(connection, None)
            return done

    def load_villages(
        self, villages: gpd.GeoDataFrame, *, name: str | None = None, version: str | None = None
    ) -> Loaded:
        """Load villages and make them the active ones; earlier versions are kept.

        Parameters
        ----------
        villages
            As from `planning.units.read_villages`: `VILLAGE_COLUMNS`, `surplus`, and `geometry`
            (EPSG:4326, polygons, null where an office has no boundary). One row a code.
        name
            What the dataset is called; "villages" unless told.
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
        RecordError, GeometryError, CRSError
            If the table is not in order.

        Examples
        --------
        >>> rows = gpd.GeoDataFrame({"village_code": ["01020101"], "village": ["Ou Thum"],
        ...     "village_km": [None], "commune_code": ["010201"], "commune": [None],
        ...     "commune_km": [None], "district_code": ["0102"], "surplus": [0]},
        ...     geometry=[None], crs=4326)
        >>> store.load_villages(rows, version="2025")
        Loaded(name='villages', version='2025', rows=1, changed=True)
        >>> store.villages()["village"].tolist()
        ['Ou Thum']
        """
        with self._writing() as connection:
            return layers.load_villages(connection, villages, name, version)

    def villages(self, name: str | None = None, version: str | None = None) -> gpd.GeoDataFrame:
        """Return the villages (EPSG:4326): the active ones, or those of a name or version.

        Parameters
        ----------
        name, version
            Of a version that is loaded, active or not; the active one where both are left out.

        Raises
        ------
        StoreError
            If no villages are loaded.
        OptionError
            If there is no such version; the message lists those that there are.

        Examples
        --------
        >>> store.villages()
        Traceback (most recent call last):
        mine_geo.errors.StoreError: no villages in this store; load one with ...
        """
        with self._reading() as connection:
            return layers.read_villages(connection, name, version)

    def border(self, name: str | None = None, version: str | None = None) -> gpd.GeoDataFrame:
        """Return the border (EPSG:4326): the active one, or that of a name or version.

        Parameters
        ----------
        name, version
            Of a version that is loaded, active or not; the active one where both are left out.

        Raises
        ------
        StoreError
            If no border is loaded.
        OptionError
            If there is no such version; the message lists those that there are.

        Examples
        --------
        >>> store.border()[["kind", "neighbour", "border_version"]].values.tolist()
        [['land', 'THA', '1']]
        >>> store.border(version="2")
        Traceback (most recent call last):
        mine_geo.errors.OptionError: border '2' is unknown; there are: meridian 1
        """
        with self._reading() as connection:
            return layers.read_border(connection, name, version)[1]

    def versions(self) -> pd.DataFrame:
        """Return the versions of districts, villages and border that are loaded.

        Returns
        -------
        pandas.DataFrame
            `layer` ("districts", "border", "villages"), `name`, `version`, `loaded_at` (UTC),
            `active`.

        Examples
        --------
        >>> store.versions()[["layer", "name", "version", "active"]].values.tolist()
        [['border', 'meridian', '1', True]]
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

        Examples
        --------
        >>> more = gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-3"], "kind": "ap_minefield"},
        ...     geometry=[shapely.box(103.02, 13, 103.03, 13.01)], crs=4326)
        >>> store.register(more, registered_on="2021-06-30", dry_run=True)
        Registered(registered=1, unchanged=0, written=False)
        >>> store.register(more, registered_on="2021-06-30").written
        True
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
        kind: terms.Kind | None = None,
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
            The canonical hazard table in EPSG:4326, sizes in m²; then `parent_id` where a hazard
            was divided or merged, `synthetic` in a store of invented data, and the further columns
            of the files.

        Raises
        ------
        UnknownNameError
            If there is no such province or district.
        OptionError
            If `kind` or `workbench` is unknown.
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> store.hazards()[["hazard_id", "status", "size_m2"]].values.tolist()
        [['AP-1', 'worked_on', 600074], ['AP-2', 'open', 1200149]]
        >>> store.hazards(as_of="2021-12-31")["size_m2"].tolist()
        [1200149, 1200149]
        """
        asked = hazard_rows.Asked.of(
            province=province, district=district, kind=kind, workbench=workbench, closed=closed
        )
        with self._reading() as connection:
            found = hazard_rows.read(
                connection, asked, as_of=as_of, known_at=known_at, synthetic=self.synthetic
            )
        return found.drop(columns=HASH)

    def of_no_kind(self, *, as_of: Day = None, known_at: Moment = None) -> gpd.GeoDataFrame:
        """Return the registered hazards of which no kind is recorded: no kind's figures have them.

        Parameters
        ----------
        as_of, known_at
            The day and moment that are shown, as for `hazards`.

        Returns
        -------
        geopandas.GeoDataFrame
            What remains of them, as `hazards` returns it, in EPSG:4326 with sizes in m².

        Raises
        ------
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> unsaid = store.hazards().head(1).assign(hazard_id="AP-9", kind=None)
        >>> new = store.register(unsaid.set_geometry([shapely.box(103.2, 13, 103.21, 13.01)]))
        >>> store.of_no_kind()["hazard_id"].tolist(), len(store.hazards(kind="ap_minefield"))
        (['AP-9'], 2)
        """
        asked = hazard_rows.Asked(of_no_kind=True)
        with self._reading() as connection:
            found = hazard_rows.read(
                connection, asked, as_of=as_of, known_at=known_at, synthetic=self.synthetic
            )
        return found.drop(columns=HASH)

    def undated(self, as_of: Day, *, known_at: Moment = None) -> pd.DataFrame:
        """Return the hazards that may have been there on a day, of which no day of survey says so.

        They were registered as of the day that they were loaded on, which is later.

        Parameters
        ----------
        as_of
            The day that is shown, as for `hazards`.
        known_at
            As it was recorded by this moment.

        Returns
        -------
        pandas.DataFrame
            `hazard_id`, `kind`, `registered_on`, and `size_m2` (m²) as it was registered.

        Raises
        ------
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> unsaid = store.hazards().head(1).assign(hazard_id="AP-9", surveyed_on=None)
        >>> new = store.register(unsaid.set_geometry([shapely.box(103.2, 13, 103.21, 13.01)]))
        >>> store.undated("2022-12-31")[["hazard_id", "size_m2"]].values.tolist()
        [['AP-9', 1200149]]
        """
        with self._reading() as connection:
            return hazard_rows.undated(connection, as_of, known_at)

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

        Examples
        --------
        >>> half = shapely.box(103, 13, 103.005, 13.01)
        >>> done = store.record("AP-1", "cleared", half, happened_on="2022-05-01")
        >>> store.restricted()[["hazard_id", "remains"]].values.tolist()
        [['AP-1', True], ['AP-2', True], ['AP-1', False]]
        """
        with self._reading() as connection:
            waiting = listing.claimed(connection)
            kin = stored.kin(connection)
            again = stored.waiting_on_amended_land(connection, waiting)
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
        kind: terms.Kind | None = None,
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

        Returns
        -------
        geopandas.GeoDataFrame
            As `hazards`, EPSG:4326, with the columns of `border_split`: distances in metres, near
            and far sizes in m².

        Raises
        ------
        StoreError
            If no border is loaded.
        OptionError, UnknownNameError, RecordError
            If an option or a name is unknown, or a time is none.

        Examples
        --------
        >>> split = store.split()
        >>> split["border_distance_m"].round(1).tolist(), split["zone"].tolist()
        ([6508.8, 7593.6], ['near', 'far'])
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

    def layers(
        self,
        *,
        threshold_m: float | None = None,
        rule: terms.Rule | None = None,
        include_coast: bool | None = None,
        border: str | None = None,
        kind: terms.Kind | None = None,
        workbench: terms.Workbench = "include",
        as_of: Day = None,
        known_at: Moment = None,
        released: bool = True,
        places: pd.DataFrame | None = None,
        public: bool = False,
        printed_on: date | str | None = None,
        ledger: bool = False,
        recorded: bool = False,
    ) -> Layers:
        """Return all that maps, sheets, atlases and files are made from, in one call.

        Split, border, districts, released land and settings are of one moment. Without districts a
        map is a map still.

        The whole country is read, whatever a map will be about: what lies around a province is
        drawn too, and what is public is disclosed of all districts before one is taken out.

        Parameters
        ----------
        threshold_m, rule, include_coast
            As for `split`: 7,000 m, "edge" and the land border unless told. With `public` they are
            what is set for all public outputs, and nothing else can be told.
        border
            The version of the border, measured to and drawn; the active one unless told.
        kind, workbench, as_of, known_at
            As for `hazards`; released land is of that kind, day and moment too.
        released
            Released land too.
        places
            Names to draw: `name` and a point geometry, or `name`, `lon`, `lat` in degrees.
        public
            For what is shown to everybody: all that is restricted too, see `restricted`.
        printed_on
            The day of printing, where it is to be said.
        ledger
            What each event did too, of closed hazards as well: dossiers are made from it.
        recorded
            The ledger too, and as it was known at moments of recording, no more than 30: a page's
            slider goes by them.

        Raises
        ------
        StoreError
            If no border is loaded.
        OptionError
            If an option is unknown, or public layers are asked for otherwise than by the settings.
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> import tempfile
        >>> from mine_geo import intake, maps
        >>> from mine_geo.geo import sample
        >>> from mine_geo.store import create_store
        >>> fields = intake.read_hazards(sample.path("minefields"))
        >>> with create_store(tempfile.mkdtemp() + "/register.gpkg", synthetic=True) as store:
        ...     _ = store.load_border(intake.read_border(sample.path("border")))
        ...     _ = store.register(fields[fields["province"] == "Pailin"])
        ...     layers = store.layers(kind="ap_minefield", as_of="2022-12-31")
        >>> maps.province(layers, "Pailin").facts.total_hazards
        327
        """
        while True:
            moment, settings = self.last_moment(), self.public_settings()
            if public:
                settings.check_told(threshold_m=threshold_m, rule=rule, include_coast=include_coast)
            usual = settings if public else USUAL
            threshold = usual.threshold_m if threshold_m is None else threshold_m
            deciding = usual.rule if rule is None else rule
            coast = usual.include_coast if include_coast is None else include_coast
            found = Layers(
                split=self.split(
                    threshold_m=threshold,
                    rule=deciding,
                    include_coast=coast,
                    border=border,
                    kind=kind,
                    workbench=workbench,
                    as_of=as_of,
                    known_at=known_at,
                ),
                border=self.border(version=border),
                admin=self._districts(),
                releases=self.released_land(kind=kind, as_of=as_of, known_at=known_at)
                if released
                else None,
                places=places,
                as_of=as_of,
                restricted=self.restricted(as_of=as_of, known_at=known_at) if public else None,
                selection=Selection(
                    kind=kind,
                    workbench=workbench,
                    known_at=known_at,
                    last_record=moment,
                    ledger_head=None if moment is None else str(self.head()),
                    printed_on=printed_on,
                    threshold_m=threshold,
                    rule=deciding,
                    include_coast=coast,
                    synthetic=self.synthetic,
                    standing_text=settings.standing_text,
                ),
                settings=settings,
                ledger=self.state(as_of=as_of, known_at=known_at) if ledger or recorded else None,
            )
            if recorded:
                found = replace(found, recorded=self._as_known(found.ledger, as_of))
            # Each frame is read by itself, and whatever is recorded moves the moment: where it
            # has not moved, they are all of that moment.
            if self.last_moment() == moment:
                return found

    def _as_known(self, last: Fold | None, as_of: Day) -> tuple[Fold, ...]:
        """Return a register as it was known at moments of recording; the last one is itself."""
        if last is None or last.effects.empty:
            return ()
        before = moments(last)[:-1]
        return (*(self.state(as_of=as_of, known_at=moment) for moment in before), last)

    def accounts(
        self,
        *,
        as_of: Day = None,
        known_at: Moment = None,
        threshold_m: float = THRESHOLD_M,
        rule: terms.Rule = "edge",
        include_coast: bool = False,
        border: str | None = None,
        districts: str | None = None,
        kind: terms.Kind | None = None,
        workbench: terms.Workbench = "include",
    ) -> Accounts:
        """Return all that a report is made from, of one day and one moment.

        The same day, moment and versions of border and districts give the same accounts on any
        later day, whatever was recorded meanwhile.

        Parameters
        ----------
        as_of
            The end of this day; that of the moment, in Cambodia, unless told.
        known_at
            As it was recorded by this moment; by the last one unless told.
        threshold_m, rule, include_coast
            As for `split`: metres, and whether the coast is border too.
        border, districts
            Versions of them; the active ones unless told. Without districts there are accounts
            still.
        kind, workbench
            As for `hazards`.

        Returns
        -------
        Accounts
            Polygons in EPSG:4326, whole m².

        Raises
        ------
        StoreError
            If nothing was recorded yet, or no border is loaded.
        OptionError
            If an option is unknown, or there is no such version.
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.

        Examples
        --------
        >>> told = store.accounts(as_of="2020-12-31")
        >>> told.split["size_m2"].tolist(), told.about.border_version, told.about.as_of
        ([1200149, 1200149], '1', '2020-12-31')
        """
        asked = hazard_rows.Asked.of(kind=kind, workbench=workbench)
        while True:
            last = self.last_moment()
            moment = last if known_at is None else moment_of(known_at)
            if moment is None:
                raise StoreError("nothing is recorded in this store yet; load hazards first")
            day = day_of(moment) if as_of is None else day_of(as_of)
            with self._reading() as connection:
                lines = layers.read_border(connection, version=border)[1]
                units = layers.districts_named(connection, districts)
                head = chain.head(connection, moment)
                found = hazard_rows.read(
                    connection, asked, as_of=day, known_at=moment, synthetic=self.synthetic
                )
                desk = listing.received(connection, moment) if workbench != "exclude" else None
            split = self._split(
                found, threshold_m=threshold_m, rule=rule, include_coast=include_coast,
                border=border,
            )  # fmt: skip
            rest = found[~found["hazard_id"].isin(split["hazard_id"])]
            why = unmeasurable(rest, lines, rule=rule, include_coast=include_coast)
            held = Accounts(
                about=Envelope(
                    store=self.name,
                    synthetic=self.synthetic,
                    as_of=None if day is None else day.isoformat(),
                    known_at=written_moment(moment),
                    threshold_m=threshold_m,
                    rule=rule,
                    include_coast=include_coast,
                    border_name=str(lines["border_name"].iloc[0]),
                    border_version=str(lines["border_version"].iloc[0]),
                    districts_name=None if units is None else units[0],
                    districts_version=None if units is None else units[1],
                    ledger_head=str(head),
                ),
                fold=self.state(as_of=day, known_at=moment),
                split=split,
                spot_tasks=self.spot_tasks(as_of=day, known_at=moment),
                inspections=self.listed("inspections", known_at=moment),
                operator_totals=self.listed("operator_totals", known_at=moment),
                programmes=self.listed("programmes", known_at=moment),
                desk=desk,
                unmeasured=pd.DataFrame(
                    {"hazard_id": rest["hazard_id"].to_numpy(), "why": why.to_numpy()}
                ),
            )
            # As for layers: where the last moment has not moved, all of it is of one moment.
            if self.last_moment() == last:
                return held

    def _districts(self) -> gpd.GeoDataFrame | None:
        """Return the active districts, None where none are loaded."""
        try:
            return self.admin()
        except StoreError:
            return None

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
            hashes = hazards[HASH].tolist()
            kept = hazard_rows.known(
                connection, border_fid, include_coast=include_coast, hashes=hashes
            )
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

    def _measure(self, connection: Connection, ids: Collection[str] | None) -> None:
        hazard_rows.measure(connection, ids, waiting=ids is None or not ids)

    def _keep(self, new: pd.DataFrame, border_fid: int, *, include_coast: bool) -> None:
        """Keep distances, where this store may be written at all."""
        try:
            with self._writing() as connection:
                hazard_rows.keep(connection, new, border_fid, include_coast=include_coast)
        except MineGeoError as error:
            if not engines.is_read_only(error):
                raise


def open_store(
    place: str | os.PathLike[str] | None = None,
    *,
    clock_is_right: bool = False,
    lock_seconds: float | None = None,
) -> Store:
    """Open a store; it is never created.

    Parameters
    ----------
    place
        The path of a GeoPackage or the URL of a PostgreSQL database; else
        `MINE_GEO_DATABASE_URL`, else `mine_geo.gpkg` in the working folder.
    clock_is_right
        Vouch for the clock of this computer: whatever is recorded in a file first after more than
        30 days needs it, since a moment that is once recorded stays. On PostgreSQL the server's
        clock counts.
    lock_seconds
        How long a write waits while another one is under way: 30 s unless told or, on PostgreSQL,
        what the server has for this user (`lock_timeout`). On a file as long again for those
        that read.

    Raises
    ------
    StoreNotFoundError
        If there is no store; the message says how to make one.
    StoreError
        If there is one, and this user may not look into it.
    SchemaVersionError
        If it is of a newer or older schema than this version reads.
    FileError
        If the file is not a GeoPackage, or damaged.
    UnreachableError, NoPostGISError
        If the database does not answer, or has no PostGIS.

    Examples
    --------
    >>> open_store("nowhere.gpkg")
    Traceback (most recent call last):
    mine_geo.errors.StoreNotFoundError: ...nowhere.gpkg... mine-geo ... init
    """
    where = locate(place)
    with ExitStack() as on_error:
        engine = on_error.enter_context(engine_at(where))
        engine.update_execution_options(**{CLOCK_OPTION: clock_is_right, LOCK_OPTION: lock_seconds})
        with engines.translated(where), reading(engine) as connection:
            models.check_revision(revision_of(connection, where), where)
            info = connection.execute(select(STORE_INFO)).one()
            store = Store(where, engine, info.title, synthetic=info.synthetic)
        on_error.pop_all()  # the store keeps the engine
    return store


@contextmanager
def engine_at(place: Place) -> Iterator[Engine]:
    """Give the engine of an existing place, and let go of it."""
    if place.path is not None:
        if not place.path.exists():
            raise not_found(place, "there is no such file")
        gpkg.check_header(place.path)
    engine = make_engine(place)
    try:
        yield engine
    finally:
        engine.dispose()


def revision_of(connection: Connection, place: Place) -> str:
    """Return the schema of the store at a place, whatever it is."""
    check_backend(connection, place)
    check_usage(connection, place)
    found = models.current_revision(connection)
    if found is None:
        raise not_found(place, "it holds no store of mine_geo")
    return found


def check_usage(connection: Connection, place: Place) -> None:
    """Refuse a user who may not look into the schema of a store, and say who can grant it.

    Raises
    ------
    StoreError
        If the schema is there, and this user lacks USAGE on it.
    """
    if place.path is not None:
        return
    found = connection.execute(text(engines.session_statement("place"))).one_or_none()
    if found is not None and not found.usage:
        raise StoreError(
            f"{place.shown}: user {found.login} lacks USAGE on schema {models.SCHEMA}, where the "
            f"store is; its owner {found.owner}, or an administrator, can grant a role: "
            f"mine-geo db grant {found.login} ROLE"
        )


def not_found(place: Place, why: str) -> StoreNotFoundError:
    """Return the error of a place without a store, which says how to make one."""
    return StoreNotFoundError(
        f"no store at {place.shown}: {why}; make one with: {place.command('init')}"
    )


def check_backend(connection: Connection, place: Place) -> None:
    """Refuse a database without PostGIS, or an SQLite file that is not a GeoPackage."""
    if place.path is not None:
        if not inspect(connection).has_table("gpkg_contents"):
            raise FileError(f"{place.shown}: an SQLite file, but not a GeoPackage; give another")
        return
    home = postgis_schema(connection)
    if home is None:
        raise NoPostGISError(
            f"{place.shown} has no PostGIS; ask its administrator for: CREATE EXTENSION postgis"
        )
    if not connection.scalar(select(func.has_schema_privilege(home, "USAGE"))):
        raise NoPostGISError(
            f"{place.shown} has PostGIS in schema {home!r}, on which this user lacks USAGE; ask "
            f"its administrator for: GRANT USAGE ON SCHEMA {home} TO ..."
        )


def postgis_schema(connection: Connection) -> str | None:
    """Return the schema of a database in which PostGIS is, None where it is in none."""
    return connection.scalar(
        text(
            "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
            "WHERE extname = 'postgis'"
        )
    )
