"""What the events say of a hazard beside its polygon: attributes, parent, status.

`registered` sets the attributes, `described` changes some, `confirmed` makes a SHA a CHA, the
child of a transfer begins with those of its first parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mine_geo.geo.cells import as_column, read_days
from mine_geo.ledger.events import ATTRIBUTES, MARKS, detail_of
from mine_geo.terms import CRS, HAZARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mine_geo.ledger.order import Step


NOT_ATTRIBUTES: Final = frozenset(
    {"role", "parent_id", "outcome", "extra", "hazard_id", "size_m2", "geometry", *MARKS}
)
"""What may stand in `detail` and is no attribute."""
PARENT: Final = "parent_id"
_NUMBERS: Final = ("reported_size_m2",)
_TRUE: Final = frozenset({"true", "1", "yes"})

Said = dict[str, Any]


def described(events: pd.DataFrame, levels: list[list[Step]]) -> dict[str, Said]:
    """Return what is known of each hazard after all steps, by id.

    Parameters
    ----------
    events
        Standing events.
    levels
        Their steps, see `sequence`.

    Examples
    --------
    >>> from mine_geo.ledger.order import Step
    >>> table = pd.DataFrame({
    ...     "hazard_id": ["A", "A"], "event_type": ["registered", "confirmed"],
    ...     "detail": ['{"kind": "cluster_munition", "area_type": "SHA"}', None]})
    >>> described(table, [[Step((0,))], [Step((1,))]])
    {'A': {'kind': 'cluster_munition', 'area_type': 'CHA'}}
    """
    hazards = events["hazard_id"].tolist()
    types = events["event_type"].tolist()
    details = events["detail"].tolist()
    known: dict[str, Said] = {}
    for level in levels:
        for step in level:
            if step.children:
                _inherit(step, hazards, details, known)
                continue
            place = step.places[0]
            if types[place] in {"registered", "described"}:
                said = known.setdefault(hazards[place], {})
                said.update(_said(details[place]))
            elif types[place] == "confirmed":
                known[hazards[place]]["area_type"] = "CHA"
    return known


def _said(detail: Any) -> Said:
    """Return the attributes in a `detail`, further columns beside them."""
    found = detail_of(detail) or {}
    extra = found.get("extra")
    said = {name: value for name, value in found.items() if name not in NOT_ATTRIBUTES}
    if isinstance(extra, dict):
        said |= {name: value for name, value in extra.items() if name not in HAZARD_COLUMNS}
    return said


def _inherit(step: Step, hazards: list[str], details: list[Any], known: dict[str, Said]) -> None:
    parents = [hazards[place] for place in step.places]
    first = {name: value for name, value in known[parents[0]].items() if name != "status"}
    for place in step.children:
        if hazards[place] not in known:
            line = {PARENT: " + ".join(parents)}
            known[hazards[place]] = {**first, **_said(details[place]), **line}


def hazard_table(
    known: Mapping[str, Said],
    geometries: NDArray[np.object_],
    sizes: NDArray[np.int64],
    worked_on: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    """Return the canonical hazard table, `parent_id` and further columns after it.

    Parameters
    ----------
    known
        What is known of each hazard, by id.
    geometries, sizes, worked_on
        One each, in the same order: remaining polygon (EPSG:4326), its size in m², whether any
        of it was released.

    Examples
    --------
    >>> import shapely
    >>> table = hazard_table(
    ...     {"A": {"kind": "ap_minefield"}}, np.array([shapely.MultiPolygon()]), np.array([0]),
    ...     np.array([True]))
    >>> table[["hazard_id", "status", "size_m2", "parent_id"]].values.tolist()
    [['A', 'closed', 0, nan]]
    """
    said = list(known.values())
    columns: dict[str, Any] = {"hazard_id": pd.Series(list(known), dtype="str")}
    for name in ATTRIBUTES:
        columns[name] = _typed(name, [each.get(name) for each in said])
    before = np.isin(columns["status"].fillna("").to_numpy(dtype=object), ("worked_on", "closed"))
    left = np.array([not geometry.is_empty for geometry in geometries], dtype=bool)
    status = np.where(left, np.where(worked_on | before, "worked_on", "open"), "closed")
    columns["status"] = pd.Series(status, dtype="str")
    columns["size_m2"] = np.asarray(sizes, dtype=np.int64)
    columns["geometry"] = gpd.GeoSeries(list(geometries), crs=CRS)
    columns[PARENT] = _typed(PARENT, [each.get(PARENT) for each in said])
    skip = {*HAZARD_COLUMNS, PARENT}
    for name in dict.fromkeys(name for each in said for name in each if name not in skip):
        columns[name] = as_column([each.get(name) for each in said])
    table = gpd.GeoDataFrame(columns, geometry="geometry", crs=CRS)
    rest = [name for name in table.columns if name not in HAZARD_COLUMNS]
    table = table[[*HAZARD_COLUMNS, *rest]]
    return table.sort_values("hazard_id", ignore_index=True)


def _typed(name: str, values: list[Any]) -> pd.Series[Any]:
    if name == "in_workbench":
        flags = [value is True or str(value).strip().lower() in _TRUE for value in values]
        return pd.Series(flags, dtype=bool)
    column = pd.Series(values, dtype=object)
    if name in _NUMBERS:
        return pd.to_numeric(column, errors="coerce").astype(float)
    if name == "surveyed_on":
        return read_days(column)[0]
    return column.map(str, na_action="ignore").astype("str")
