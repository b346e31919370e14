"""Hazards out of a store, as the canonical table (EPSG:4326, m²): now, and as of a day.

Distances to the border, each computed once (metres; see `mine_geo.split.distance`).
A distance depends on the polygon, the version of the border, and whether the coast counts; so
that is its key. Thresholds, rules and zones are cheap and never kept.

The waiting hazards that totals count with the register: as of a day, as known at a moment.
A record counts from the moment it was received until it is decided on, if only the decision is
missing: it has an id, a kind and a polygon, and no finding of severity `error`. One whose id is in
the register is that hazard sent again and never counted beside it; of several with one id the
newest counts. EPSG:4326, m².

Records that count but cannot be measured: the split leaves them out, and they are named.
No door of today lets one in. Earlier versions did, and other software may write to the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import exists, false, func, or_, select, true

from mine_geo.errors import StoreError, UnknownNameError, choose
from mine_geo.geo import admin_names
from mine_geo.geo.cells import day_of, moment_of
from mine_geo.ledger.cut import NOTHING
from mine_geo.ledger.fold import PARENT, fold
from mine_geo.split.distance import border_nearest
from mine_geo.split.zones import CUTTING, unmeasurable
from mine_geo.store import layers
from mine_geo.store.engines import refuse_partial
from mine_geo.store.ledger import stored
from mine_geo.store.ledger.effects import later_events
from mine_geo.store.ledger.entries import DAYS_IN, DESCRIBED, text_of
from mine_geo.store.ledger.register import status_of
from mine_geo.store.ledger.stored import HASH, MANY
from mine_geo.store.schema import content, rows, views
from mine_geo.store.schema.models import (
    BORDER_DISTANCE,
    EVENT,
    EVENT_EFFECT,
    HAZARD,
    RECORD,
    SCHEMA,
    SUBMISSION,
    WAITING,
)
from mine_geo.terms import CRS, HAZARD_COLUMNS, KINDS, WORKBENCH

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from mine_geo.ledger.events import Day, Moment
    from mine_geo.terms import Rule, Workbench


COLUMNS: Final = ("border_distance_m", "neighbour")


def known(
    connection: Connection, border_fid: int, *, include_coast: bool, hashes: Collection[str]
) -> pd.DataFrame:
    """Return the distances that are kept of polygons with these hashes, by hash; or of more."""
    where: list[ColumnElement[bool]] = [
        BORDER_DISTANCE.c.version_fid == border_fid,
        BORDER_DISTANCE.c.include_coast == include_coast,
    ]
    columns = [BORDER_DISTANCE.c[name] for name in (HASH, *COLUMNS)]
    if len(hashes) > _PORTIONS * MANY:
        return rows.read(connection, columns, where).set_index(HASH)
    wanted = sorted(set(hashes))
    portions = [wanted[start : start + MANY] for start in range(0, len(wanted), MANY)] or [[]]
    found = [
        rows.read(connection, columns, [*where, BORDER_DISTANCE.c[HASH].in_(portion)])
        for portion in portions
    ]
    there = [each for each in found if len(each)] or found[:1]
    return pd.concat(there, ignore_index=True).set_index(HASH)


_PORTIONS: Final = 10
"""So many times `MANY` rows are asked for by their keys; of more the whole table is read."""


def missing(
    hazards: gpd.GeoDataFrame, kept: pd.DataFrame, border: gpd.GeoDataFrame, *, include_coast: bool
) -> pd.DataFrame:
    """Compute the distances of those polygons that are not kept yet, by hash of the polygon."""
    new = hazards[kept.index.get_indexer(hazards[HASH]) < 0].drop_duplicates(HASH)
    if new.empty:
        return kept.iloc[:0]
    computed = border_nearest(new, border, include_coast=include_coast)
    return computed[list(COLUMNS)].set_axis(new[HASH].to_numpy(), axis=0).rename_axis(HASH)


def keep(
    connection: Connection,
    computed: pd.DataFrame,
    border_fid: int,
    *,
    include_coast: bool = False,
) -> None:
    """Write distances that no one else has written meanwhile; within the write transaction."""
    there = known(
        connection, border_fid, include_coast=include_coast, hashes=computed.index.tolist()
    ).index
    new = computed[~computed.index.isin(there)]
    columns: dict[str, list[Any]] = {
        HASH: new.index.tolist(),
        "version_fid": [border_fid] * len(new),
        "include_coast": [include_coast] * len(new),
        "border_distance_m": new["border_distance_m"].astype(float).tolist(),
        "neighbour": content.plain(new["neighbour"]),
    }
    rows.insert_rows(connection, BORDER_DISTANCE, columns)


def measure(connection: Connection, ids: Collection[str] | None, *, waiting: bool = False) -> None:
    """Keep the distance from the active land border of every polygon that lacks it.

    Written in the transaction that brings the polygons, so that none is without its distance. Where
    no border with land is loaded, and of polygons that cannot be measured, there is none.

    Parameters
    ----------
    connection
        A connection with a write transaction.
    ids
        The hazards that may lack it; None: all.
    waiting
        Look at the waiting records that count, too.
    """
    if not may_keep(connection):
        return
    if ids is None:  # the border may be another one
        views.refresh_segments(connection)
    try:
        border_fid = layers.border_fid(connection)
    except StoreError:
        return
    found = _unmeasured(connection, border_fid, ids, waiting=waiting)
    if found.empty:
        return
    lines = layers.read_border(connection)[1]
    if not (lines["kind"] == "land").any():
        return
    can = found[unmeasurable(found, lines).isna()]
    if len(can):
        keep(connection, missing(can, _NONE, lines, include_coast=False), border_fid)


_NONE: Final = pd.DataFrame({name: [] for name in COLUMNS}, index=pd.Index([], name=HASH))


def may_keep(connection: Connection) -> bool:
    """Tell whether this transaction may keep distances; an operator's may not: it could forge."""
    if connection.dialect.name != "postgresql":
        return True
    table = f"{SCHEMA}.{BORDER_DISTANCE.name}"
    return bool(connection.scalar(select(func.has_table_privilege(table, "INSERT"))))


def _unmeasured(
    connection: Connection, border_fid: int, ids: Collection[str] | None, *, waiting: bool
) -> gpd.GeoDataFrame:
    """Return id, hash and polygon of hazards, and of waiting records, without a distance."""
    hazard: list[ColumnElement[bool]] = [HAZARD.c.geometry.is_not(None)]
    if ids is not None and len(ids) <= MANY:
        hazard.append(HAZARD.c.hazard_id.in_(ids))
    asked = [] if ids is not None and not ids else [(HAZARD, hazard)]
    if waiting:
        asked.append((RECORD, [RECORD.c.counted, RECORD.c.state == WAITING]))
    parts = []
    for table, where in asked:
        measured = exists().where(
            BORDER_DISTANCE.c.version_fid == border_fid,
            ~BORDER_DISTANCE.c.include_coast,
            BORDER_DISTANCE.c[HASH] == table.c[HASH],
        )
        chosen = [table.c[name] for name in ("hazard_id", HASH, "geometry")]
        part = rows.read(connection, chosen, [*where, ~measured])
        if len(part):
            parts.append(part)
    if not parts:
        return gpd.GeoDataFrame({"hazard_id": [], HASH: []}, geometry=[], crs=CRS)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))


def aligned(hazards: gpd.GeoDataFrame, kept: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the distances on the index of the hazards."""
    every = new if kept.empty else kept if new.empty else pd.concat([kept, new])
    return every.loc[hazards[HASH]].set_axis(hazards.index, axis=0)


_WAITING_NAMES: Final = ("hazard_id", *DESCRIBED, "size_m2", "extra", HASH, "geometry")


def read_waiting(
    connection: Connection, *, as_of: Day = None, known_at: Moment = None, synthetic: bool = False
) -> gpd.GeoDataFrame | None:
    """Read the waiting hazards that count, in the shape of the hazard layer; None if there is none.

    Parameters
    ----------
    connection
        A connection to a store.
    as_of
        A day: those surveyed (or, without that day, received) by its end.
    known_at
        A moment: those received by then and not decided on by then.
    synthetic
        Whether the store holds invented data.

    Raises
    ------
    StoreError
        If this user sees only a part of what waits: a total counts all, or is refused.
    """
    refuse_partial(connection)
    moment, day = moment_of(known_at), day_of(as_of)
    light = _light(connection, moment)
    if light.empty:
        return None
    if day is not None:
        light = light[light["day"] <= pd.Timestamp(day)]
    light = light.sort_values(["received_at", "fid"]).drop_duplicates("hazard_id", keep="last")
    there = in_register(connection, set(light["hazard_id"]), moment)
    light = light[~light["hazard_id"].isin(there)]
    if light.empty:
        return None
    return _whole(connection, set(light["fid"]), moment, synthetic=synthetic)


def undecided(moment: datetime | None) -> ColumnElement[bool]:
    """Return the condition of a record that waits, or waited at a moment."""
    waits = RECORD.c.state == WAITING
    return waits if moment is None else or_(waits, RECORD.c.decided_at > moment)


def _light(connection: Connection, moment: datetime | None) -> pd.DataFrame:
    """Return number, id, day and moment of each record that may count."""
    columns = [RECORD.c[name] for name in ("fid", "hazard_id", "surveyed_on")]
    where = [
        RECORD.c.submission_id == SUBMISSION.c.submission_id,
        RECORD.c.counted,
        undecided(moment),
    ]
    if moment is not None:
        where.append(SUBMISSION.c.received_at <= moment)
    found = rows.read(connection, [*columns, SUBMISSION.c.received_at], where)
    received = found["received_at"].dt.tz_convert(DAYS_IN).dt.tz_localize(None).dt.normalize()
    return found.assign(day=found["surveyed_on"].fillna(received.astype("datetime64[ms]")))


def in_register(connection: Connection, ids: set[str], moment: datetime | None) -> set[str]:
    """Return those of the ids that are in the register at any day, as known at a moment."""
    query = select(HAZARD.c.hazard_id).where(HAZARD.c.status.is_not(None))
    if len(ids) <= MANY:
        query = query.where(HAZARD.c.hazard_id.in_(ids))
    there = set(connection.scalars(query)) & ids
    if moment is None:
        return there
    later = select(EVENT.c.hazard_id).distinct().where(EVENT.c.recorded_at > moment)
    changed = set(connection.scalars(later)) & ids
    if not changed:
        return there
    events = stored.read_events(connection, stored.together(connection, changed))
    then = fold(events, known_at=moment).hazards["hazard_id"]
    return (there - changed) | (set(then) & changed)


def _whole(
    connection: Connection, fids: set[int], moment: datetime | None, *, synthetic: bool
) -> gpd.GeoDataFrame:
    where = [RECORD.c.counted, undecided(moment)]
    if len(fids) <= MANY:
        where = [RECORD.c.fid.in_(fids)]
    columns = [RECORD.c[name] for name in ("fid", *_WAITING_NAMES)]
    found: Any = rows.read(connection, columns, where)
    found = found[found["fid"].isin(fids)].drop(columns="fid").reset_index(drop=True)
    nothing = pd.Series(None, index=found.index, dtype="str")
    found = found.assign(
        status=status_of(found["status"]),
        in_workbench=np.ones(len(found), dtype=bool),
        residual=np.zeros(len(found), dtype=bool),
        synthetic=synthetic,
        **{PARENT: nothing},
    )
    return found[[*HAZARD_COLUMNS, PARENT, "synthetic", "extra", HASH]]


_NAMES: Final = (*HAZARD_COLUMNS, PARENT, "synthetic", "extra", HASH)


@dataclass(frozen=True)
class Unit:
    """A province or district that is asked for."""

    unit: str
    name: str
    code: str | None
    unknown: UnknownNameError | None = None
    """Set where the name is not in the table of names: then it must be recorded somewhere."""

    @classmethod
    def of(cls, unit: str, name: str, province: str | None) -> Unit:
        """Look a name or code up."""
        try:
            if unit == "province":
                code = admin_names.province_code(name)
            else:
                code = admin_names.district_code(name, province)
        except UnknownNameError as error:
            return cls(unit, name.strip(), None, error)
        return cls(unit, name.strip(), code)

    def where(self) -> ColumnElement[bool]:
        """Match by code, else by the name as it was recorded."""
        code, text = HAZARD.c[f"{self.unit}_code"], HAZARD.c[self.unit]
        as_written = code.is_(None) & (func.lower(text) == self.name.lower())
        return or_(as_written, code == (self.code or self.name))

    def of_frame(self, hazards: pd.DataFrame) -> pd.Series[bool]:
        """Match the rows of a table likewise."""
        code, text = hazards[f"{self.unit}_code"], hazards[self.unit]
        as_written = code.isna() & (text.str.lower() == self.name.lower())
        return (as_written | (code == (self.code or self.name))).astype(bool)


@dataclass(frozen=True)
class Asked:
    """Which hazards are asked for."""

    kind: str | None = None
    workbench: Workbench = "include"
    units: tuple[Unit, ...] = ()
    closed: bool = False
    of_no_kind: bool = False
    """Those of which no kind is recorded, and no others."""

    @classmethod
    def of(
        cls,
        *,
        province: str | None = None,
        district: str | None = None,
        kind: str | None = None,
        workbench: Workbench = "include",
        closed: bool = False,
    ) -> Asked:
        """Check the options of `Store.hazards`.

        Raises
        ------
        OptionError
            If `kind` or `workbench` is unknown.
        """
        if kind is not None:
            choose(kind, KINDS, "kind")
        choose(workbench, WORKBENCH, "workbench")
        within = text_of(province, "province")
        names = (("province", province, None), ("district", district, within))
        units = tuple(
            Unit.of(unit, text_of(name, unit) or "", of)
            for unit, name, of in names
            if name is not None
        )
        return cls(kind, workbench, units, closed)

    def where(self) -> list[ColumnElement[bool]]:
        """Return the conditions for the hazard layer."""
        where: list[ColumnElement[bool]] = [HAZARD.c.status.is_not(None)]
        if not self.closed:
            where += [HAZARD.c.geometry.is_not(None), HAZARD.c.status != "closed"]
        if self.kind is not None:
            where.append(HAZARD.c.kind == self.kind)
        if self.of_no_kind:
            where.append(HAZARD.c.kind.is_(None))
        if self.workbench != "include":
            waiting = true() if self.workbench == "only" else false()
            where.append(HAZARD.c.in_workbench == waiting)
        return [*where, *(unit.where() for unit in self.units)]

    def of_frame(self, hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the rows of a table that fit."""
        fits = np.ones(len(hazards), dtype=bool)
        if not self.closed:
            fits &= (hazards["status"] != "closed").to_numpy()
        if self.kind is not None:
            fits &= (hazards["kind"] == self.kind).to_numpy(dtype=bool)
        if self.of_no_kind:
            fits &= hazards["kind"].isna().to_numpy()
        if self.workbench != "include":
            fits &= (hazards["in_workbench"] == (self.workbench == "only")).to_numpy()
        for unit in self.units:
            fits &= unit.of_frame(hazards).to_numpy()
        return hazards[fits]


def read(
    connection: Connection,
    asked: Asked,
    *,
    as_of: Day = None,
    known_at: Moment = None,
    synthetic: bool = False,
    with_waiting: bool = True,
) -> gpd.GeoDataFrame:
    """Read hazards in the order of their ids, with `geometry_hash` beside the canonical columns.

    Records that wait on the workbench are added unless they are left out. Only hazards with an
    event after the day or the moment are folded; the others are as they are.

    Raises
    ------
    UnknownNameError
        If a name is neither in the table of names nor recorded in the store.
    RecordError
        If `as_of` is no day, or `known_at` has no time zone.
    """
    changed = _changed(connection, as_of, known_at)
    found = rows.read(connection, [HAZARD.c[name] for name in _NAMES], asked.where())
    extras: list[Any] = found["extra"].tolist()
    found = found.drop(columns="extra")
    names = content.names_of(extras)
    past = None
    if changed:
        keep = ~found["hazard_id"].isin(changed).to_numpy()
        found, extras = found[keep], [text for text, kept in zip(extras, keep, strict=True) if kept]
        past = fold(stored.read_events(connection, changed), as_of=as_of, known_at=known_at).hazards
    waits = None
    if with_waiting and asked.workbench != "exclude":
        waits = read_waiting(connection, as_of=as_of, known_at=known_at, synthetic=synthetic)
    for unit in asked.units:
        _known(connection, unit, past, waits)
    if past is not None:
        new, more = _as_rows(asked.of_frame(past), synthetic=synthetic)
        found = _joined(found, new)
        extras += more
    if waits is not None:
        new = asked.of_frame(waits)
        found, extras = _joined(found, new.drop(columns="extra")), extras + new["extra"].tolist()
    found = found.assign(extra=pd.Series(extras, index=found.index, dtype=object))
    found = found.sort_values("hazard_id", ignore_index=True)  # not by the database's collation
    nothing = found.geometry.isna().to_numpy()
    if nothing.any():
        shapes = np.where(nothing, NOTHING, found.geometry.to_numpy())
        found = found.assign(geometry=gpd.GeoSeries(list(shapes), index=found.index, crs=CRS))
    return _canonical(gpd.GeoDataFrame(found), names)


def undated(connection: Connection, as_of: Day, known_at: Moment = None) -> pd.DataFrame:
    """Return hazards of no day of survey that were registered as of a later day than this one.

    Raises
    ------
    RecordError
        If `as_of` is no day, or `known_at` has no time zone.
    """
    day, moment = day_of(as_of), moment_of(known_at)
    query = (
        select(
            HAZARD.c.hazard_id,
            HAZARD.c.kind,
            EVENT.c.happened_on.label("registered_on"),
            EVENT_EFFECT.c.after_m2.label("size_m2"),
        )
        .join(EVENT, EVENT.c.hazard_id == HAZARD.c.hazard_id)
        .join(EVENT_EFFECT, EVENT_EFFECT.c.event_id == EVENT.c.event_id)
        .where(HAZARD.c.surveyed_on.is_(None), EVENT.c.event_type == "registered")
        .where(EVENT_EFFECT.c.counts, EVENT.c.happened_on > day)
    )
    if moment is not None:
        query = query.where(EVENT.c.recorded_at <= moment)
    found = pd.DataFrame(
        connection.execute(query).all(),
        columns=["hazard_id", "kind", "registered_on", "size_m2"],
    )
    found["registered_on"] = pd.to_datetime(found["registered_on"])
    return found.astype({"size_m2": "int64"}).sort_values("hazard_id", ignore_index=True)


def _joined(found: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if new.empty:
        return found
    return pd.concat([found, new], ignore_index=True) if len(found) else new


def _canonical(found: gpd.GeoDataFrame, names: list[str]) -> gpd.GeoDataFrame:
    texts = found["extra"].tolist()
    frame = found.drop(columns="extra")
    if not frame["synthetic"].any():
        frame = frame.drop(columns="synthetic")
    if frame[PARENT].isna().all():
        frame = frame.drop(columns=PARENT)
    return content.with_extras(frame, texts, names)


def _changed(connection: Connection, as_of: Day, known_at: Moment) -> set[str]:
    """Return the hazards that have an event after a day or a moment, and those tied to them."""
    later = later_events(day_of(as_of), moment_of(known_at))
    if not later:
        return set()
    ids = set(connection.scalars(select(EVENT.c.hazard_id).distinct().where(or_(*later))))
    return stored.together(connection, ids) if ids else ids


def _as_rows(hazards: gpd.GeoDataFrame, *, synthetic: bool) -> tuple[gpd.GeoDataFrame, list[Any]]:
    """Return folded hazards in the shape of the layer, and their further columns."""
    said = content.extras(hazards, (*HAZARD_COLUMNS, PARENT))
    kept = [{name: value for name, value in each.items() if value is not None} for each in said]
    table = hazards[[*HAZARD_COLUMNS, PARENT]].assign(synthetic=synthetic)
    empty = table.geometry.is_empty.to_numpy()
    hashes = pd.Series(content.geometry_hashes(table.geometry), index=table.index, dtype="str")
    table[HASH] = hashes.mask(empty)
    return table, content.extra_texts(kept)


def _known(connection: Connection, unit: Unit, *others: pd.DataFrame | None) -> None:
    """Refuse a name that is neither in the table of names nor recorded of any hazard."""
    if unit.unknown is None or connection.scalar(select(exists().where(unit.where()))):
        return
    if not any(other is not None and unit.of_frame(other).any() for other in others):
        raise unit.unknown


def not_in_split(connection: Connection, *, rule: Rule, synthetic: bool) -> pd.DataFrame:
    """Return the hazards that the split of today leaves out, with `why` and `in_register`.

    None where no border is loaded: then nothing is split at all.
    """
    try:
        border_fid = layers.border_fid(connection)
    except StoreError:
        return pd.DataFrame()
    if rule not in CUTTING and _all_measured(connection, border_fid):
        return pd.DataFrame()
    lines = layers.read_border(connection)[1]
    found = read(connection, Asked(), synthetic=synthetic)
    coast_only = not (lines["kind"] == "land").any()
    why = unmeasurable(found, lines, rule=rule, include_coast=coast_only).dropna()
    gone: pd.DataFrame = pd.DataFrame(found.loc[why.index].drop(columns="geometry"))
    there = in_register(connection, set(gone["hazard_id"]), None)
    return gone.assign(why=why, in_register=gone["hazard_id"].isin(there))


def _all_measured(connection: Connection, border_fid: int) -> bool:
    """Tell whether the distance of every polygon to this border is kept, with coast or without."""
    for column, where in (
        (HAZARD.c[HASH], [HAZARD.c.status.is_not(None), HAZARD.c.geometry.is_not(None)]),
        (RECORD.c[HASH], [RECORD.c.counted]),
    ):
        # both values of `include_coast` are named, so that the key of the table finds each row
        measured = exists().where(
            BORDER_DISTANCE.c.version_fid == border_fid,
            BORDER_DISTANCE.c.include_coast.in_((False, True)),
            BORDER_DISTANCE.c[HASH] == column,
        )
        if connection.scalar(select(exists().where(*where, ~measured))):
            return False
    return True
