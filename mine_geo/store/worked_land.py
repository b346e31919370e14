"""Where the worked land of reports fell: on their hazards, on others, on waiting ones, on none.

The land of a judged release is laid beside the register and the workbench as they stand. What that
says against the report, `checks.reports.weigh` knows. EPSG:4326, whole m².
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.checks.reports import OnOther, WorkedLand
from mine_geo.cuts import LEAST_M2
from mine_geo.geometry import exact_size_m2
from mine_geo.store import rows, submissions, verdicts
from mine_geo.store.models import Hazard
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection, Table

    from mine_geo.store.judging import Judged, Recorded

_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]


class Surroundings:
    """The hazards that are there, in the register and on the workbench; read once, if needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def _hazards(self) -> gpd.GeoDataFrame:
        """All with something left, the register's first, each part by `hazard_id`."""
        names = ("hazard_id", "kind", "geometry")
        columns = [_HAZARD.c[name] for name in names]
        where = [_HAZARD.c.status.is_not(None)]
        there = rows.read(self._connection, columns, where).sort_values("hazard_id")
        there = there[~shapely.is_empty(there["geometry"]) & there["geometry"].notna()]
        waits = submissions.outlines(self._connection)
        waits = waits[shapely.is_valid(waits.geometry.to_numpy())]  # a broken one cannot be cut
        both = pd.concat([there.assign(submission_id=None), waits], ignore_index=True)
        return gpd.GeoDataFrame(both, geometry="geometry", crs=CRS)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._hazards.geometry.to_numpy())

    def near(self, land: Any) -> gpd.GeoDataFrame:
        """Return those that meet some land, in their order."""
        return self._hazards.iloc[np.sort(self._tree.query(land, predicate="intersects"))]

    def kind_of(self, hazard_id: str) -> str | None:
        """Return the kind of a hazard of the register; None where nothing says it."""
        found = self._hazards
        mine = found[(found["hazard_id"] == hazard_id) & found["submission_id"].isna()]
        return None if mine.empty or mine["kind"].isna().all() else str(mine["kind"].iloc[0])


def fell(
    there: Surroundings, judged: Judged, done: Sequence[Recorded], land: Any, day: date
) -> WorkedLand:
    """Return where the land of one report fell.

    Parameters
    ----------
    there
        The hazards beside it.
    judged
        The judgement in which it stands, with the other reports of the file.
    done
        The releases of the report, one a hazard.
    land
        Its polygon, EPSG:4326.
    day
        When it happened.
    """
    names = [each.hazard_id for each in done]
    had = shapely.union_all([judged.had[str(each)] for each in done])
    rest = shapely.difference(land, had)
    outside = sum(each.outside_m2 for each in done)
    again, others = 0, list[OnOther]()
    if outside:
        outlines = [o for name in names for o in verdicts.outlines(judged.events, name, day)]
        again, rest = _split(rest, shapely.union_all(outlines))
        others, rest = _on_others(there, judged, names, rest)
    taken = sum(each.before_m2 - each.after_m2 for each in done)
    return WorkedLand(
        tuple(names),
        _size(land),
        sum(each.before_m2 for each in done),
        taken,
        outside,
        again,
        tuple(others),
        _size(rest) if outside else 0,
    )


def _size(land: Any) -> int:
    return round(float(exact_size_m2([land])[0]))


def _split(land: Any, by: Any) -> tuple[int, Any]:
    """Return how much of some land lies in a polygon, m², and the rest of the land."""
    inside = exact_size_m2([shapely.intersection(land, by)])[0]
    if inside < LEAST_M2:
        return 0, land
    return round(float(inside)), shapely.difference(land, by)


def _on_others(
    there: Surroundings, judged: Judged, names: Sequence[str], rest: Any
) -> tuple[list[OnOther], Any]:
    """Return the land on hazards that are not the report's own, and what is on none."""
    last = judged.after.hazards.set_index("hazard_id").geometry
    kinds = {there.kind_of(name) for name in names} - {None}
    found = []
    for hazard, kind, waits_in, polygon in zip(
        *(there.near(rest)[name] for name in ("hazard_id", "kind", "submission_id", "geometry")),
        strict=True,
    ):
        if waits_in is None and hazard in names:
            continue
        on_it = shapely.intersection(rest, polygon)
        size, rest = _split(rest, polygon)
        if not size:
            continue
        left = last.get(hazard) if waits_in is None else None
        lost = size if left is None else _size(shapely.intersection(on_it, left))
        same = not kinds or kind is None or kind in kinds
        found.append(OnOther(str(hazard), size, lost, _size(polygon), waits_in, same))
    return found, rest
