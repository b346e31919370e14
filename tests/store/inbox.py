"""Files as the readers give them, made by hand: what comes onto the workbench."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from mine_geo.geo.hazards import TEXT_COLUMNS
from mine_geo.intake.findings import Finding
from mine_geo.intake.received import Received, Source
from mine_geo.store.workbench.submit import REPORT
from mine_geo.terms import HAZARD_COLUMNS, ITEM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ["source", "ours", "how", "filled", "example"]


def square(west: float, south: float = 13.0, size: float = 0.01) -> shapely.Polygon:
    return shapely.box(west, south, west + size, south + size)


def candidates(rows: Sequence[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Give candidates: one dictionary a record; a minefield unless it says something else."""
    said = [{"kind": "ap_minefield", "geometry": None, **row} for row in rows]
    columns: dict[str, Any] = {}
    for name in HAZARD_COLUMNS[:-1]:
        values = [row.get(name) for row in said]
        if name in TEXT_COLUMNS:
            columns[name] = pd.Series(values, dtype="str")
        elif name == "surveyed_on":
            columns[name] = pd.to_datetime(pd.Series(values)).astype("datetime64[ms]")
        elif name == "in_workbench":
            columns[name] = [bool(value) for value in values]
        else:
            kind = "int64" if name == "size_m2" else "float64"
            columns[name] = pd.Series(values, dtype="float64").fillna(
                0 if kind == "int64" else None
            )
            columns[name] = columns[name].astype(kind)
    further = dict.fromkeys(name for row in said for name in row if name not in HAZARD_COLUMNS)
    columns |= {name: [row.get(name) for row in said] for name in further}
    order = [*HAZARD_COLUMNS[:-1], "geometry", *further]
    shapes = [row["geometry"] for row in said]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)[order]


def reports(rows: Sequence[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Give reports: one dictionary each."""
    columns: dict[str, Any] = {}
    for name in REPORT:
        values = pd.Series([row.get(name) for row in rows], dtype=object)
        if name == "happened_on":
            columns[name] = pd.to_datetime(values).astype("datetime64[ms]")
        elif name in ITEM_COLUMNS:
            columns[name] = values.astype("Int64")
        elif name in {"reported_size_m2", "depth_cm"}:
            columns[name] = values.astype("float64")
        else:
            columns[name] = values.astype("str")
    further = dict.fromkeys(
        name for row in rows for name in row if name not in (*REPORT, "geometry")
    )
    columns |= {name: [row.get(name) for row in rows] for name in further}
    return gpd.GeoDataFrame(columns, geometry=[row.get("geometry") for row in rows], crs=4326)


def received(
    table: gpd.GeoDataFrame,
    what: str = "hazards",
    *,
    findings: Sequence[Finding] = (),
    name: str = "fields.gpkg",
    checksum: str | None = None,
    **source: Any,
) -> Received:
    """Give what was read from a file; the same table has the same checksum."""
    said = table.drop(columns="geometry").to_csv() + str(list(table.geometry))
    return Received(
        what,
        table,
        tuple(findings),
        pd.DataFrame([["ID", "hazard_id", "profile", len(table), "AP-1"]], columns=NAMES),
        Source(
            **{
                "path": f"/inbox/{name}",
                "name": name,
                "checksum": checksum or hashlib.sha256(said.encode()).hexdigest(),
                "bytes": len(said),
                "format": "GeoPackage",
                "layer": None,
                "profile": "plain",
                "crs": "EPSG:4326",
                **source,
            }
        ),
    )


def file(*rows: dict[str, Any], **said: Any) -> Received:
    """Give a file of hazards."""
    return received(candidates(rows), **said)


def report_file(*rows: dict[str, Any], **said: Any) -> Received:
    """Give a file of reports."""
    return received(reports(rows), "reports", **said)
