"""What a file gave, made ready for the workbench: columns, findings, and which records count.

Words stay as they were written; names of provinces and districts that are known are written in the
standard spelling, with their codes, as the register would have them. Polygons are EPSG:4326,
sizes m².
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import OptionError
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import size_m2, to_multipolygons
from mine_geo.geo.hazards import located
from mine_geo.store.ledger import stored
from mine_geo.store.ledger.entries import DESCRIBED
from mine_geo.store.ledger.register import check_synthetic, without_split
from mine_geo.store.schema import content
from mine_geo.store.schema.models import WHAT
from mine_geo.terms import CRS, HAZARD_COLUMNS, ITEM_COLUMNS, KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mine_geo.intake.received import Received

    Objects = NDArray[np.object_]


REPORT: Final = (
    "event_id",
    "hazard_id",
    "event_type",
    "happened_on",
    "operator",
    "report_ref",
    "reported_size_m2",
    *ITEM_COLUMNS,
    "depth_cm",
    "comment",
)
_DAYS: Final = ("surveyed_on", "happened_on")
_NUMBERS: Final = ("reported_size_m2", "depth_cm")
_TYPES: Final = {
    **dict.fromkeys(_DAYS, "datetime64[ms]"),
    **dict.fromkeys((*_NUMBERS, *ITEM_COLUMNS), "float64"),
}


@dataclass(frozen=True)
class Table:
    """The records of a file: for the checks as they were written, for the workbench as columns."""

    what: str
    frame: gpd.GeoDataFrame
    """Our columns in known types, trimmed; words and geometry as they were written."""
    columns: stored.Columns
    """The columns of the workbench; provinces and districts in the standard spelling."""
    reading: str
    """A hash of all that the columns say."""

    @classmethod
    def of(cls, received: Received, store: str, *, synthetic: bool) -> Table:
        """Take what was received.

        Raises
        ------
        CRSError
            If it is not in EPSG:4326.
        OptionError
            If it is neither hazards nor reports.
        NotSyntheticError
            If invented records would be mixed with real ones.
        """
        frame = typed(received)
        table = without_split(received.table).reset_index(drop=True)
        _check_synthetic(table, store, synthetic=synthetic)
        ours = (*HAZARD_COLUMNS,) if received.what == "hazards" else (*REPORT, "geometry")
        columns = _columns(frame)
        columns |= {
            "record": (received.numbers + 1).tolist(),
            "extra": content.extra_texts(
                content.extras(table, (*ours, table.geometry.name, "synthetic"))
            ),
        }
        said = (
            json.dumps([name, values], default=str)
            for name, values in columns.items()
            if name != "geometry"
        )
        return cls(received.what, frame, columns, content.digest(*said))

    @property
    def bounds(self) -> list[float] | None:
        """How far the polygons reach: minx, miny, maxx, maxy in degrees."""
        shapes = np.array([each for each in self.columns["geometry"] if each], dtype=object)
        return shapely.total_bounds(shapes).tolist() if len(shapes) else None


def typed(received: Received) -> gpd.GeoDataFrame:
    """Return our columns of what was received, in known types and trimmed; no others.

    Raises
    ------
    CRSError
        If it is not in EPSG:4326.
    OptionError
        If it is neither hazards nor reports.
    """
    if received.what not in WHAT:
        raise OptionError(f"what {received.what!r} is unknown; valid: {', '.join(WHAT)}")
    table = received.table
    require_lonlat(table, "submitted records")
    names = dict.fromkeys(("hazard_id", *(DESCRIBED if received.what == "hazards" else REPORT)))
    columns = {name: _typed(table, name).reset_index(drop=True) for name in names}
    return gpd.GeoDataFrame(columns, geometry=list(table.geometry), crs=CRS)


def _columns(frame: gpd.GeoDataFrame) -> stored.Columns:
    """Return what records say as the workbench keeps it."""
    spelled = located(frame) if "province" in frame else {}
    columns = {name: _plain(spelled.get(name, frame[name])) for name in frame if name != "geometry"}
    shapes, drawn = _polygons(frame)
    series = gpd.GeoSeries(list(shapes), index=frame.index, crs=CRS)
    hashes = content.geometry_hashes(series)
    there = ~shapely.is_missing(shapes)
    return {
        **columns,
        "size_m2": size_m2(series).tolist(),
        stored.HASH: [each if has else None for each, has in zip(hashes, there, strict=True)],
        "drawn": drawn,
        "geometry": list(shapes),
    }


def _typed(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in table:
        return pd.Series(None, index=table.index, dtype=_TYPES.get(name, "str"))
    if name in _TYPES:
        numbers: pd.Series[Any] = table[name].astype(_TYPES[name])  # type: ignore[call-overload]
        return numbers
    texts = table[name].astype("str").str.strip()
    return texts.mask(texts == "").astype("str")


def _check_synthetic(table: gpd.GeoDataFrame, store: str, *, synthetic: bool) -> None:
    """Refuse to mix invented records with real ones; files write the mark in several ways."""
    if "synthetic" in table:
        words = table["synthetic"].astype("str").str.strip().str.lower()
        marks = words.isin(("true", "1", "1.0", "yes"))
    else:
        marks = pd.Series(data=False, index=table.index)
    ids = table["hazard_id"].astype(object)
    numbers = pd.Series([f"record {place + 1}" for place in range(len(table))], index=table.index)
    named = pd.DataFrame({"hazard_id": ids.where(ids.notna(), numbers), "synthetic": marks})
    check_synthetic(gpd.GeoDataFrame(named), store, synthetic=synthetic)


@dataclass(frozen=True)
class Prepared:
    """A submission before it is written."""

    table: Table
    judged: stored.Columns
    """The columns that follow from the findings."""
    findings: gpd.GeoDataFrame
    """All findings, see `findings.as_table`; numbered as in the file."""


def prepare(table: Table, findings: gpd.GeoDataFrame) -> Prepared:
    """Say which records could enter the register.

    Parameters
    ----------
    table
        The records.
    findings
        What the reading and the checks have to say, numbered as in the file.
    """
    frame, numbers = table.frame, table.columns["record"]
    said = _with_records(findings, frame["hazard_id"], numbers)
    wrong = _per_record(said, "error", numbers)
    counted = np.zeros(len(frame), dtype=bool)
    if table.what == "hazards":
        drawn = np.array([each is not None for each in table.columns["geometry"]], dtype=bool)
        counted = drawn & (wrong == 0) & frame["kind"].isin(KINDS).to_numpy()
    judged = {
        "errors": wrong.tolist(),
        "warnings": _per_record(said, "warning", numbers).tolist(),
        "counted": counted.tolist(),
    }
    return Prepared(table, judged, said)


def _plain(column: pd.Series[Any]) -> list[Any]:
    if column.name in _DAYS:
        return stored.days(column)
    if column.name in _NUMBERS:
        return stored.floats(content.plain(column))
    if column.name in ITEM_COLUMNS:
        counts = np.where(np.isfinite(column), column, np.nan)
        return [None if np.isnan(each) else round(each) for each in counts.tolist()]
    return content.plain(column)


def _with_records(
    said: gpd.GeoDataFrame, ids: pd.Series[Any], numbers: list[int]
) -> gpd.GeoDataFrame:
    """Return findings, each once; those that name only the hazard get its record."""
    once = ids.notna() & ~ids.duplicated()
    records = pd.Series(numbers, index=ids)[once.to_numpy()]
    named = said["record"].isna() & said["hazard_id"].notna()
    record = said["record"].mask(named, said["hazard_id"].map(records)).astype("Int64")
    found = said.assign(record=record)
    return found.drop_duplicates(["code", "record", "hazard_id", "message"], ignore_index=True)


def _per_record(said: pd.DataFrame, severity: str, numbers: list[int]) -> NDArray[np.int64]:
    """Count the findings of a severity for each record."""
    counts = said.loc[said["severity"] == severity, "record"].value_counts()
    return np.asarray(counts.reindex(numbers, fill_value=0), dtype=np.int64)


def _polygons(frame: gpd.GeoDataFrame) -> tuple[Objects, list[str | None]]:
    """Return polygons as multipolygons, and other geometry as WKB text; None where there is none.

    A coordinate that is no number has no place in a database either.
    """
    shapes = to_multipolygons(frame.geometry)
    kinds = shapely.get_type_id(shapes)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = np.bincount(owner[~np.isfinite(xy).all(axis=1)], minlength=len(shapes)) > 0
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    areal = there & (kinds == shapely.GeometryType.MULTIPOLYGON) & ~broken
    other = there & ~areal
    texts: list[str | None] = [None] * len(shapes)
    for place in np.flatnonzero(other):
        texts[place] = shapely.to_wkb(shapes[place], hex=True)
    shapes[~areal] = None
    return shapes, texts
