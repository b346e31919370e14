"""Hazards out of a store, as the canonical table (EPSG:4326, m²): now, and as of a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Table, exists, false, func, or_, select, true

from mine_geo import admin_names
from mine_geo.attributes import PARENT
from mine_geo.cells import day_of, moment_of
from mine_geo.cuts import NOTHING
from mine_geo.errors import UnknownNameError, choose
from mine_geo.fold import fold
from mine_geo.store import content, ledger, neighbours, rows, waiting
from mine_geo.store.entries import text_of
from mine_geo.store.models import Event, Hazard
from mine_geo.store.projection import HASH
from mine_geo.terms import CRS, HAZARD_COLUMNS, KINDS, WORKBENCH

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from mine_geo.events import Day, Moment

_TABLE: Final[Table] = Hazard.__table__  # type: ignore[assignment]
_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]
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
        code, text = _TABLE.c[f"{self.unit}_code"], _TABLE.c[self.unit]
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
    workbench: str = "include"
    units: tuple[Unit, ...] = ()
    closed: bool = False

    @classmethod
    def of(
        cls,
        *,
        province: str | None = None,
        district: str | None = None,
        kind: str | None = None,
        workbench: str = "include",
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
        where: list[ColumnElement[bool]] = [_TABLE.c.status.is_not(None)]
        if not self.closed:
            where += [_TABLE.c.geometry.is_not(None), _TABLE.c.status != "closed"]
        if self.kind is not None:
            where.append(_TABLE.c.kind == self.kind)
        if self.workbench != "include":
            where.append(_TABLE.c.in_workbench == (true() if self.workbench == "only" else false()))
        return [*where, *(unit.where() for unit in self.units)]

    def of_frame(self, hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the rows of a table that fit."""
        fits = np.ones(len(hazards), dtype=bool)
        if not self.closed:
            fits &= (hazards["status"] != "closed").to_numpy()
        if self.kind is not None:
            fits &= (hazards["kind"] == self.kind).to_numpy(dtype=bool)
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
    found = rows.read(connection, [_TABLE.c[name] for name in _NAMES], asked.where())
    extras: list[Any] = found["extra"].tolist()
    found = found.drop(columns="extra")
    names = content.names_of(extras)
    past = None
    if changed:
        keep = ~found["hazard_id"].isin(changed).to_numpy()
        found, extras = found[keep], [text for text, kept in zip(extras, keep, strict=True) if kept]
        past = fold(ledger.read(connection, changed), as_of=as_of, known_at=known_at).hazards
    waits = None
    if with_waiting and asked.workbench != "exclude":
        waits = waiting.read(connection, as_of=as_of, known_at=known_at, synthetic=synthetic)
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
    day, moment = day_of(as_of), moment_of(known_at)
    later: list[ColumnElement[bool]] = []
    if day is not None:
        later.append(_EVENT.c.happened_on > day)
    if moment is not None:
        later.append(_EVENT.c.recorded_at > moment)
    if not later:
        return set()
    ids = set(connection.scalars(select(_EVENT.c.hazard_id).distinct().where(or_(*later))))
    return neighbours.together(connection, ids) if ids else ids


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
