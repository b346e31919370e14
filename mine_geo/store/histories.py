"""What happened to one hazard: its events in the order of folding, with what each did (m²)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from mine_geo.cells import moment_of
from mine_geo.errors import UnknownNameError
from mine_geo.fold import fold
from mine_geo.store.entries import id_of
from mine_geo.store.judging import View
from mine_geo.terms import EVENT_TYPES, ITEM_COLUMNS, MOVEMENT_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from mine_geo.events import Day, Moment
    from mine_geo.fold import Fold

_DID: Final = ("before_m2", "after_m2", *MOVEMENT_COLUMNS, "again_m2", "overlap_m2")
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
    effects = done.effects.set_index("event_id")[list(_DID)]
    found = effects.reindex(table["event_id"]).set_axis(table.index)
    table["counts"] = table["event_id"].isin(effects.index).to_numpy()
    for name in _DID:
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
