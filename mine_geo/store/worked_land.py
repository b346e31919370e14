"""Where the worked land of reports fell: on their hazards, on others, on waiting ones, on none.

The land of a judged release is laid beside the register and the workbench as they stand. What that
says against the report, `checks.reports.weigh` knows. EPSG:4326, whole m².
"""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from mine_geo.checks.reports import OnOther, WorkedLand
from mine_geo.cuts import LEAST_M2
from mine_geo.geometry import exact_size_m2
from mine_geo.store import rows, submissions
from mine_geo.store.models import Hazard
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Table

    from mine_geo.store.judging import Judged, Recorded

_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]


class Outlines:
    """The hazards of the register and of the workbench; read once, if needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def hazards(self) -> gpd.GeoDataFrame:
        """The register's first, each part by `hazard_id`; `submission_id` where one waits."""
        names = ("hazard_id", "kind", "geometry")
        columns = [_HAZARD.c[name] for name in names]
        where = [_HAZARD.c.status.is_not(None)]
        there = rows.read(self._connection, columns, where).sort_values("hazard_id")
        waits = submissions.outlines(self._connection)
        waits = waits[shapely.is_valid(waits.geometry.to_numpy())]  # a broken one cannot be cut
        both = pd.concat([there.assign(submission_id=None), waits], ignore_index=True)
        return gpd.GeoDataFrame(both, geometry="geometry", crs=CRS)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A tree of their polygons; those without land meet nothing."""
        return shapely.STRtree(self.hazards.geometry.to_numpy())

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each hazard of the register, by hazard_id."""
        names = self.hazards["hazard_id"][self.hazards["submission_id"].isna()]
        return dict(zip(names, names.index, strict=True))

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kinds of the hazards of the register that say one."""
        found = self.hazards.iloc[list(self.place.values())]
        found = found[found["kind"].notna()]
        return dict(zip(found["hazard_id"], found["kind"], strict=True))


class Surroundings:
    """The hazards that are there, in the register and on the workbench.

    Parameters
    ----------
    read
        What was read of them.
    now
        What is left of hazards since then, by hazard_id: polygons in EPSG:4326.
    """

    def __init__(self, read: Outlines, now: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._read = read
        self._now = now

    def after(self, judged: Judged) -> Surroundings:
        """Return the same once something judged stands: what it leaves of hazards is there then."""
        left = judged.remains
        now = {name: left[name] for name in judged.concerned if name in left}
        return Surroundings(self._read, {**self._now, **now})

    @cached_property
    def _changed(self) -> dict[int, Any]:
        """What is left of hazards that are not as they were read, by their place."""
        place = self._read.place
        return {place[name]: left for name, left in self._now.items() if name in place}

    @cached_property
    def _changed_tree(self) -> shapely.STRtree:
        return shapely.STRtree([*self._changed.values()])

    def near(self, land: Any) -> gpd.GeoDataFrame:
        """Return those that meet some land, in their order."""
        read, changed = self._read, self._changed
        places = set(read.tree.query(land, predicate="intersects").tolist()).difference(changed)
        if changed:
            those = list(changed)
            places |= {those[n] for n in self._changed_tree.query(land, predicate="intersects")}
        found = read.hazards.iloc[sorted(places)]
        if places.isdisjoint(changed):
            return found
        return found.assign(geometry=[changed.get(n, g) for n, g in found.geometry.items()])

    def kind_of(self, hazard_id: str) -> str | None:
        """Return the kind of a hazard of the register; None where nothing says it."""
        return self._read.kinds.get(hazard_id)


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
        outlines = [each for name in names for each in judged.outlines(name, day)]
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
        left = judged.remains.get(hazard) if waits_in is None else None
        lost = size if left is None else _size(shapely.intersection(on_it, left))
        same = not kinds or kind is None or kind in kinds
        found.append(OnOther(str(hazard), size, lost, _size(polygon), waits_in, same))
    return found, rest
