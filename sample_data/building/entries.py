"""Entries of the ledger as rows, and their tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from building.attributes import UNSAID_TEXTS
from building.dates import strictly_increasing
from mine_geo import terms
from mine_geo.geo.geometry import size_m2

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    import shapely

TYPES = (
    "registered", "described", "confirmed", "amended", "transferred", "cancelled", "reduced",
    "cleared", "retracted",
)  # fmt: skip
COLUMNS = (
    "event_id", "hazard_id", "event_type", "happened_on", "recorded_at", "recorded_by",
    "operator", "report_ref", "reported_size_m2", "outside_m2", "ap_mines", "av_mines",
    "submunitions", "uxo", "depth_cm", "comment", "retracts", "transfer_id", "detail",
)  # fmt: skip
ITEMS = ("ap_mines", "av_mines", "submunitions", "uxo")
OFFICE = "database unit"


@dataclass
class Entry:
    """One event to come; `retracts` is the entry that this one voids."""

    hazard_id: str
    event_type: str
    happened_on: date | None
    recorded_at: datetime
    operator: str | None = None
    geometry: shapely.Geometry | None = None
    reported_size_m2: float | None = None
    outside_m2: float | None = None
    items: dict[str, int] = field(default_factory=dict)
    depth_cm: float | None = None
    comment: str | None = None
    retracts: Entry | None = None
    transfer_id: str | None = None
    detail: dict[str, Any] | None = None
    event_id: str = ""
    report_ref: str | None = None


@dataclass
class Registration:
    """A hazard as first registered: its attributes and polygon, and when it was recorded."""

    attributes: dict[str, Any]
    geometry: shapely.Geometry
    recorded_at: datetime

    @property
    def hazard_id(self) -> str:
        """The id of the hazard."""
        return str(self.attributes["hazard_id"])


def number(entries: Iterable[Entry]) -> list[Entry]:
    """Give each entry its id: the hazard's, and a number in the order of day and type."""
    rank = {name: place for place, name in enumerate(TYPES)}
    ordered = sorted(
        entries,
        key=lambda e: (
            e.hazard_id,
            e.happened_on is None,
            (e.happened_on or e.recorded_at.date()).toordinal(),
            rank[e.event_type],
            e.recorded_at,
        ),
    )
    counts: dict[str, int] = {}
    for entry in ordered:
        counts[entry.hazard_id] = counts.get(entry.hazard_id, 0) + 1
        entry.event_id = f"{entry.hazard_id}-E{counts[entry.hazard_id]:02d}"
    return ordered


def spread_moments(registrations: list[Registration], entries: list[Entry]) -> None:
    """Make all `recorded_at` different, in place."""
    rows: list[Registration | Entry] = [*registrations, *entries]
    for row, when in zip(rows, strictly_increasing([row.recorded_at for row in rows]), strict=True):
        row.recorded_at = when


def event_table(entries: list[Entry]) -> gpd.GeoDataFrame:
    """Return the events table (EPSG:4326), by event_id."""
    rows = [
        {
            "event_id": e.event_id,
            "hazard_id": e.hazard_id,
            "event_type": e.event_type,
            "happened_on": e.happened_on,
            "recorded_at": e.recorded_at,
            "recorded_by": OFFICE,
            "operator": e.operator,
            "report_ref": e.report_ref,
            "reported_size_m2": e.reported_size_m2,
            "outside_m2": e.outside_m2,
            **{name: e.items.get(name) for name in ITEMS},
            "depth_cm": e.depth_cm,
            "comment": e.comment,
            "retracts": e.retracts.event_id if e.retracts else None,
            "transfer_id": e.transfer_id,
            "detail": json.dumps(e.detail, ensure_ascii=False) if e.detail else None,
            "synthetic": True,
        }
        for e in entries
    ]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "synthetic"])
    frame["happened_on"] = pd.to_datetime(frame["happened_on"]).astype("datetime64[ms]")
    frame["recorded_at"] = pd.to_datetime(frame["recorded_at"], utc=True).astype(
        "datetime64[ms, UTC]"
    )
    for column in ("reported_size_m2", "outside_m2", "depth_cm"):
        frame[column] = frame[column].astype("float64")
    for column in ITEMS:
        frame[column] = frame[column].astype("Int64")
    for column in ("operator", "report_ref", "comment", "retracts", "transfer_id", "detail"):
        frame[column] = frame[column].astype("string")
    return gpd.GeoDataFrame(frame, geometry=[e.geometry for e in entries], crs=terms.CRS)


def hazard_table(registrations: list[Registration]) -> gpd.GeoDataFrame:
    """Return the hazards as first registered (EPSG:4326), by id, with `recorded_at`."""
    rows = sorted(registrations, key=lambda row: row.hazard_id)
    frame = canonical([row.attributes for row in rows], [row.geometry for row in rows])
    moments = pd.to_datetime([row.recorded_at for row in rows], utc=True)
    frame["recorded_at"] = pd.Series(moments, index=frame.index).astype("datetime64[ms, UTC]")
    frame["synthetic"] = True
    first = [name for name in terms.HAZARD_COLUMNS if name != "geometry"]
    return frame[[*first, "recorded_at", "synthetic", "geometry"]]


def canonical(rows: list[dict[str, Any]], geometry: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    """Return a hazard table of attributes and polygons, typed, with computed sizes."""
    frame = pd.DataFrame(rows)
    frame["surveyed_on"] = pd.to_datetime(frame["surveyed_on"]).astype("datetime64[ms]")
    for column in ("also", *UNSAID_TEXTS, "difficulty"):
        frame[column] = frame[column].astype("string")
    frame["size_m2"] = size_m2(geometry)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=terms.CRS)
