"""New hazards into a store: a `registered` event each, and the hazard as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Table, select

from mine_geo.errors import ConflictError, NotSyntheticError, some
from mine_geo.hazards import to_hazards
from mine_geo.store import content, gpkg, rows
from mine_geo.store.models import Event, Hazard
from mine_geo.store.transactions import next_moment
from mine_geo.terms import HAZARD_COLUMNS, SPLIT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    import geopandas as gpd
    from sqlalchemy import Connection

DAYS_IN: Final = ZoneInfo("Asia/Phnom_Penh")
"""Where a day begins and ends."""
DERIVED: Final = ("size_m2", "geometry")
ATTRIBUTES: Final = tuple(name for name in HAZARD_COLUMNS if name not in {*DERIVED, "hazard_id"})
"""What a file says of a hazard beside its id and polygon."""
_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class Registered:
    """What a registration did."""

    registered: int
    """How many hazards are new in the store."""
    unchanged: int
    """How many were there already with the same content."""


@dataclass(frozen=True)
class _Batch:
    """Hazards with what the store keeps beside them."""

    frame: gpd.GeoDataFrame
    attributes: dict[str, list[Any]]
    extras: list[dict[str, Any]]
    details: list[str]
    geometry_hashes: list[str]
    event_ids: list[str]

    @classmethod
    def of(cls, hazards: gpd.GeoDataFrame) -> _Batch:
        frame = without_split(hazards)
        attributes = {name: content.plain(frame[name]) for name in ATTRIBUTES}
        extras = content.extras(frame, (*HAZARD_COLUMNS, "synthetic"))
        rows_of = zip(*attributes.values(), extras, strict=True)
        details = [
            content.to_json(dict(zip((*ATTRIBUTES, "extra"), row, strict=True))) for row in rows_of
        ]
        hashes = content.geometry_hashes(frame.geometry)
        ids = frame["hazard_id"].tolist()
        events = [content.digest(*parts) for parts in zip(ids, details, hashes, strict=True)]
        return cls(frame, attributes, extras, details, hashes, events)

    def only(self, places: list[int]) -> _Batch:
        """Return the records at these places."""

        def pick(values: Sequence[Any]) -> list[Any]:
            return [values[place] for place in places]

        return _Batch(
            self.frame.iloc[places],
            {name: pick(values) for name, values in self.attributes.items()},
            pick(self.extras),
            pick(self.details),
            pick(self.geometry_hashes),
            pick(self.event_ids),
        )


def without_split(hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hazards without what `border_split` added: it is computed, never registered."""
    if not {"border_distance_m", "border_margin_m", "zone"} <= set(hazards.columns):
        return hazards
    return hazards.drop(columns=[name for name in SPLIT_COLUMNS if name in hazards.columns])


def check_synthetic(hazards: gpd.GeoDataFrame, store: str, *, synthetic: bool) -> None:
    """Refuse to mix invented hazards with real ones.

    Raises
    ------
    NotSyntheticError
        If `hazards` has invented records and the store is real, or the reverse.
    """
    if "synthetic" in hazards.columns:
        invented = hazards["synthetic"].fillna(value=False).astype(bool).to_numpy()
    else:
        invented = pd.Series(data=False, index=hazards.index).to_numpy()
    wrong = hazards["hazard_id"][invented != synthetic]
    if wrong.empty:
        return
    if synthetic:
        raise NotSyntheticError(
            f"{store} holds invented sample data, and {some(wrong)} is not marked synthetic; "
            "load real hazards into another store"
        )
    raise NotSyntheticError(
        f"{some(wrong)} is invented sample data, and {store} is not a synthetic store; "
        "load it into a store made for samples (mine-geo demo makes one)"
    )


def checked(hazards: gpd.GeoDataFrame, store: str, *, synthetic: bool) -> gpd.GeoDataFrame:
    """Return the hazards in canonical shape, fit for this store; nothing is written."""
    table = to_hazards(hazards)
    check_synthetic(table, store, synthetic=synthetic)
    return table


def register(
    connection: Connection,
    hazards: gpd.GeoDataFrame,
    *,
    synthetic: bool,
    registered_on: date | None,
    recorded_by: str | None,
) -> Registered:
    """Write checked hazards within the write transaction; see `Store.register`."""
    batch = _Batch.of(hazards)
    there = _registered(connection)
    ids = batch.frame["hazard_id"].tolist()
    pairs = list(zip(ids, batch.event_ids, strict=True))
    other = [hazard for hazard, event in pairs if there.get(hazard, event) != event]
    if other:
        raise ConflictError(
            f"{some(other, 20)}: {len(other)} of {len(ids)} hazards are registered with other "
            "content; nothing was written; correct the file, or record the change as an event"
        )
    new = [place for place, hazard in enumerate(ids) if hazard not in there]
    if new:
        _write(connection, batch.only(new), synthetic, registered_on, recorded_by)
    return Registered(registered=len(new), unchanged=len(ids) - len(new))


def _registered(connection: Connection) -> dict[str, str]:
    """Return the event that registered each hazard of the store."""
    found = connection.execute(
        select(_EVENT.c.hazard_id, _EVENT.c.event_id).where(_EVENT.c.event_type == "registered")
    )
    return {row.hazard_id: row.event_id for row in found}


def _write(
    connection: Connection,
    batch: _Batch,
    synthetic: bool,
    registered_on: date | None,
    recorded_by: str | None,
) -> None:
    now = next_moment(connection)
    size = len(batch.frame)
    ids, geometry = batch.frame["hazard_id"].tolist(), list(batch.frame.geometry)
    surveyed = _days(batch.frame["surveyed_on"])
    fallback = registered_on or today(now)
    reported = _floats(batch.attributes["reported_size_m2"])
    hazard_columns = {
        **batch.attributes,
        "hazard_id": ids,
        "surveyed_on": surveyed,
        "reported_size_m2": reported,
        "size_m2": batch.frame["size_m2"].tolist(),
        "synthetic": [synthetic] * size,
        "extra": content.extra_texts(batch.extras),
        "geometry_hash": batch.geometry_hashes,
        "geometry": geometry,
    }
    event_columns = {
        "event_id": batch.event_ids,
        "hazard_id": ids,
        "event_type": ["registered"] * size,
        "happened_on": [day or fallback for day in surveyed],
        "recorded_at": [now] * size,
        "recorded_by": [recorded_by] * size,
        "operator": batch.attributes["operator"],
        "reported_size_m2": reported,
        "detail": batch.details,
        "geometry": geometry,
    }
    bounds = batch.frame.total_bounds.tolist()
    for table, columns in ((_HAZARD, hazard_columns), (_EVENT, event_columns)):
        rows.insert_rows(connection, table, columns)
        gpkg.touch(connection, table.name, now, bounds)


def today(now: datetime) -> date:
    """Return the day of a moment in Cambodia.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> today(datetime(2022, 12, 31, 18, 0, tzinfo=UTC)).isoformat()
    '2023-01-01'
    """
    return now.astimezone(DAYS_IN).date()


def _days(column: pd.Series[Any]) -> list[date | None]:
    return [None if pd.isna(day) else day.date() for day in column]


def _floats(values: list[Any]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]
