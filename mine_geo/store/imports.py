"""A whole ledger into an empty store, with the moments at which it was recorded elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import Table, exists, select

from mine_geo.errors import ConflictError, MineGeoError, RecordError, some
from mine_geo.events import detail_of, registered_events, to_events
from mine_geo.fold import fold
from mine_geo.store import ledger, projection, register, spot_tasks
from mine_geo.store.entries import DAYS_IN
from mine_geo.store.models import Event, Hazard, SpotTask
from mine_geo.store.transactions import next_moment

if TYPE_CHECKING:
    import geopandas as gpd
    from sqlalchemy import Connection

_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]
_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
_SPOT_TASK: Final[Table] = SpotTask.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class Imported:
    """What an import wrote."""

    hazards: int
    """Hazards registered."""
    events: int
    """Other events."""
    spot_tasks: int


def import_log(
    connection: Connection,
    hazards: gpd.GeoDataFrame,
    events: gpd.GeoDataFrame,
    tasks: pd.DataFrame | None,
    *,
    synthetic: bool,
) -> Imported:
    """Write a ledger; see `Store.import_log`. The hazards are checked already."""
    for table in (_EVENT, _HAZARD, _SPOT_TASK):
        if connection.scalar(select(exists().where(table.c.fid.is_not(None)))):
            raise ConflictError(
                "a ledger is imported into an empty store only; make one, or use record_many"
            )
    moments = hazards.get("recorded_at")
    if moments is not None and moments.dtype.kind == "M" and moments.dt.tz is None:
        raise RecordError("recorded_at of the hazards has no time zone; use tz_localize('UTC')")
    batch = register.Batch.of(
        hazards.drop(columns="recorded_at", errors="ignore"), synthetic=synthetic
    )
    log = _log(batch, moments, to_events(events))
    now = next_moment(connection)
    _in_time(log, now)
    done = fold(log)
    if len(done.ignored):
        lines = [f"{row.event_id} ({row.reason})" for row in done.ignored.itertuples()]
        raise RecordError(f"events that cannot be: {some(lines, 3)}; correct them in the log")
    extras = dict(zip(batch.columns["hazard_id"], batch.columns["extra"], strict=True))
    ids = set(done.hazards["hazard_id"]) | set(extras)
    projection.write(connection, done.hazards, ids, now, synthetic=synthetic, extras=extras)
    order = log.sort_values(["recorded_at", "event_id"], kind="stable")
    order = pd.concat([order[order["retracts"].isna()], order[order["retracts"].notna()]])
    ledger.insert(connection, order, now)
    written = _tasks(tasks, synthetic=synthetic)
    if written:
        spot_tasks.insert(connection, written, now)
    return Imported(len(hazards), len(events), len(written))


def _log(
    batch: register.Batch, moments: pd.Series[Any] | None, events: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return registrations and other events as one table."""
    known = set(batch.columns["hazard_id"])
    twice = events["event_id"][events["event_id"].duplicated()]
    if len(twice):
        raise RecordError(f"event_id {some(twice.unique())} stands twice; give each its own")
    if (events["event_type"] == "registered").any():
        raise RecordError("registrations belong into the table of hazards; take them out of events")
    child = [(detail_of(text) or {}).get("role") == "child" for text in events["detail"]]
    known |= set(events["hazard_id"][child])
    strange = events["hazard_id"][~events["hazard_id"].isin(known)].unique()
    if len(strange):
        raise RecordError(f"hazard {some(strange)} is in the events, not in the hazards; add it")
    frame = batch.frame if moments is None else batch.frame.assign(recorded_at=moments)
    registered = registered_events(frame).assign(detail=batch.details)
    taken = events["event_id"][events["event_id"].isin(registered["event_id"])]
    if len(taken):
        raise RecordError(f"event_id {some(taken)} is that of a registration; give another")
    return pd.concat([registered, events], ignore_index=True)


def _in_time(log: gpd.GeoDataFrame, now: Any) -> None:
    """Refuse what has no moment, and what is yet to come."""
    missing = log["event_id"][log["recorded_at"].isna()]
    if len(missing):
        raise RecordError(f"{some(missing)}: no recorded_at with a time zone; add it")
    today = pd.Timestamp(now.astimezone(DAYS_IN).date())
    future = log["event_id"][(log["happened_on"] > today) | (log["recorded_at"] > now)]
    if len(future):
        raise RecordError(f"{some(future)}: in the future (today is {today.date()}); check the day")


def _tasks(tasks: pd.DataFrame | None, *, synthetic: bool) -> list[dict[str, Any]]:
    """Return spot tasks as the table has them."""
    if tasks is None:
        return []
    tasks = spot_tasks.with_position(tasks)
    missing = [name for name in ("task_id", "recorded_at") if name not in tasks]
    if missing:
        raise RecordError(f"the spot tasks have no column {some(missing)}; add it")
    spot_tasks.check_synthetic(tasks, synthetic=synthetic)
    moments = pd.to_datetime(tasks["recorded_at"].astype(object), utc=True, format="ISO8601")
    found = []
    for row, moment in zip(tasks.to_dict("records"), moments, strict=True):
        try:
            said = {str(name): value for name, value in row.items()}
            task = spot_tasks.checked(said, synthetic=synthetic)
        except MineGeoError as error:
            raise type(error)(f"spot task {row['task_id']}: {error}") from error
        found.append({**task, "recorded_at": moment.to_pydatetime()})
    ids = pd.Series([task["task_id"] for task in found])
    if ids.duplicated().any():
        raise RecordError(f"task_id {some(ids[ids.duplicated()])} stands twice; give each its own")
    return found
