"""Two editions of a hazard layer: added, removed, redrawn, only described anew.

Operators send their whole layer again and again. Geometries are in EPSG:4326, sizes in whole m².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import GeometryError, RecordError, some
from mine_geo.geo.cells import changed, read_texts
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import (
    as_geometries,
    exact_size_m2,
    find_faults,
    size_m2,
    to_multipolygons,
)
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Objects = NDArray[np.object_]
    Places = NDArray[np.intp]


CHANGES: Final = ("added", "removed", "redrawn", "renumbered", "described")
"""What may have happened to a hazard; the first that is true names the row."""

CHANGE_COLUMNS: Final = (
    "hazard_id",
    "old_id",
    "kind",
    "change",
    "described",
    "old_size_m2",
    "new_size_m2",
    "gained_m2",
    "lost_m2",
    "geometry",
)
NOT_DESCRIBED: Final = frozenset({"hazard_id", "kind", "size_m2", "geometry"})
"""Columns whose change is told by the row itself."""
SAME_DEGREES: Final = 1e-8
"""About 1 mm: outlines nearer than this everywhere are one outline, written with other digits."""


def compare_snapshots(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Say what differs between two editions of a hazard layer, one row for each hazard.

    A polygon counts as redrawn unless its outline is the same: another first vertex, direction of a
    ring, order of parts, repeated or redundant points, and moves of less than 1 mm that change no
    whole m² are no redrawing. Hazards are compared within their kind: one whose kind changed is
    removed from the one and added to the other.

    Parameters
    ----------
    old, new
        Hazards in EPSG:4326 with a column `hazard_id` (each id once), on any index; a geometry may
        be null. Columns that both have, whatever their names, are compared.

    Returns
    -------
    geopandas.GeoDataFrame
        No row for a hazard that is the same in both; by `hazard_id` and `kind`:

        - `hazard_id`, and `old_id` where it was another (`renumbered`: the same polygon, to the
          last digit, under an id that is new, while its old id is gone);
        - `change`: `added`, `removed`, `redrawn`, `renumbered` or `described`;
        - `described`: the changed columns, "operator: MAG -> HALO; status: open -> closed", also
          of a hazard that was redrawn or renumbered; null where none is;
        - `old_size_m2`, `new_size_m2` (0 where there is none), `gained_m2`, `lost_m2`: whole m²,
          and always `old_size_m2 + gained_m2 - lost_m2 = new_size_m2`;
        - `geometry`: the land that differs: all of an added or removed hazard, what was gained and
          what was lost of a redrawn one; else the polygon itself.

    Raises
    ------
    CRSError
        If one of the two is not in EPSG:4326.
    RecordError
        If an id is missing or stands twice.
    GeometryError
        If a geometry is invalid or no polygon.

    Examples
    --------
    >>> boxes = [shapely.box(103, 13, 103.01, 13.01), shapely.box(103, 13, 103.02, 13.01)]
    >>> old, new = (gpd.GeoDataFrame({"hazard_id": ["AP-1"]}, geometry=[box], crs=4326)
    ...     for box in boxes)
    >>> compare_snapshots(old, new)[["change", "old_size_m2", "gained_m2", "lost_m2"]]
        change  old_size_m2  gained_m2  lost_m2
    0  redrawn      1200149    1200148        0
    """
    before, after = _Layer.of(old, "the old layer"), _Layer.of(new, "the new layer")
    pairs = _pairs(before, after)
    shared = [column for column in before.table.columns if column in after.table.columns]
    described = _described(before.table, after.table, pairs, shared)
    rows = pd.concat(
        [
            _of_both(before, after, pairs, described),
            _of_one(before, np.setdiff1d(np.arange(len(before.ids)), pairs[:, 0]), "removed"),
            _of_one(after, np.setdiff1d(np.arange(len(after.ids)), pairs[:, 1]), "added"),
        ]
    )
    ordered = rows.sort_values(["hazard_id", "kind", "change"], ignore_index=True)
    return gpd.GeoDataFrame(ordered[list(CHANGE_COLUMNS)], geometry="geometry", crs=CRS)


@dataclass(frozen=True)
class _Layer:
    table: pd.DataFrame
    ids: Objects
    kinds: Objects
    geometries: Objects
    """Multipolygons, None where there is none."""
    forms: Objects
    """The outline as bytes, the same however it is written."""
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, what: str) -> _Layer:
        require_lonlat(frame, what)
        if "hazard_id" not in frame:
            raise RecordError(f"{what} has no column 'hazard_id'; rename the one that holds the id")
        ids = _texts(frame["hazard_id"])
        missing = [place + 1 for place, name in enumerate(ids) if name is None]
        if missing:
            raise RecordError(f"{what}: record {some(missing)} has no hazard_id; give it one")
        twice = pd.Series(ids)[pd.Series(ids).duplicated()]
        if len(twice):
            raise RecordError(f"{what}: hazard_id {some(twice)} stands more than once")
        geometries = to_multipolygons(as_geometries(frame).copy())
        faults = find_faults(geometries, ids)
        faults = faults[~faults["fault"].isin(["null", "empty"])]
        if len(faults):
            lines = some((f"{row.id}: {row.message}" for row in faults.itertuples()), 3)
            raise GeometryError(f"{what}: {lines}; check it, or repair it, first")
        geometries[shapely.is_empty(geometries)] = None
        plain = shapely.normalize(shapely.remove_repeated_points(geometries))
        kinds = _texts(frame["kind"]) if "kind" in frame else np.full(len(frame), None)
        table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
        forms = np.asarray(shapely.to_wkb(plain), dtype=object)
        return cls(table, ids, kinds, geometries, forms, size_m2(geometries))


def _texts(column: pd.Series[Any]) -> Objects:
    """Return trimmed texts, None where missing; of midnight the day alone."""
    texts = read_texts(column).str.removesuffix(" 00:00:00")
    # A flag is one word, however a program writes it: true, True, TRUE.
    small = texts.str.lower()
    texts = texts.mask(small.isin(["true", "false"]), small).astype(object)
    return np.asarray(texts.where(texts.notna(), None), dtype=object)


def _pairs(before: _Layer, after: _Layer) -> Places:
    """Return places in both layers of the same hazard: by id and kind, then by outline and kind."""
    there = {key: place for place, key in enumerate(zip(after.ids, after.kinds, strict=True))}
    here = enumerate(zip(before.ids, before.kinds, strict=True))
    pairs = [(place, there[key]) for place, key in here if key in there]
    gone, come = _by_outline(before, after), _by_outline(after, before)
    for outline in gone.keys() & come.keys():
        pairs += zip(gone[outline], come[outline], strict=False)
    return np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)


def _by_outline(layer: _Layer, other: _Layer) -> dict[tuple[str | None, bytes], list[int]]:
    """Return the hazards whose id the other layer does not have, by kind and outline, by id."""
    known = set(other.ids)
    found: dict[tuple[str | None, bytes], list[int]] = {}
    for place in np.argsort(layer.ids.astype(str), kind="stable"):
        if layer.ids[place] not in known and layer.forms[place] is not None:
            found.setdefault((layer.kinds[place], layer.forms[place]), []).append(int(place))
    return found


def _described(
    before: pd.DataFrame, after: pd.DataFrame, pairs: Places, columns: Sequence[Any]
) -> Objects:
    """Say for each pair which columns changed, from what to what; None where none did."""
    said: list[list[str]] = [[] for _ in pairs]
    for column in columns:
        if str(column).lower() in NOT_DESCRIBED:
            continue
        was, now = _texts(before[column])[pairs[:, 0]], _texts(after[column])[pairs[:, 1]]
        number = any(pd.api.types.is_numeric_dtype(each[column]) for each in (before, after))
        for place in np.flatnonzero(was != now):
            if not (number and _same_number(was[place], now[place])):
                said[place].append(changed(str(column), _word(was[place]), _word(now[place])))
    return np.array(["; ".join(each) or None for each in said], dtype=object)


def _same_number(was: str | None, now: str | None) -> bool:
    """Say whether two texts are one number, as 1.0 and 1 are."""
    if was is None or now is None:
        return False
    try:
        return float(was) == float(now)
    except ValueError:
        return False


def _word(text: str | None) -> str:
    return "(none)" if text is None else text


def _of_both(before: _Layer, after: _Layer, pairs: Places, described: Objects) -> pd.DataFrame:
    """Return the rows of hazards that both layers have, those that differ."""
    one, other = pairs.T
    was, now = before.geometries[one], after.geometries[other]
    old, new = before.sizes[one], after.sizes[other]
    maybe = np.flatnonzero((before.forms[one] != after.forms[other]) | (old != new))
    lost = np.zeros(len(pairs), dtype=np.int64)
    differs = after.geometries[other].copy()
    redrawn = np.zeros(len(pairs), dtype=bool)
    lost[maybe], differs[maybe], redrawn[maybe] = _redrawn(
        was[maybe], now[maybe], old[maybe], new[maybe]
    )
    differs[~redrawn] = now[~redrawn]
    renumbered = before.ids[one] != after.ids[other]
    said = np.array([text is not None for text in described], dtype=bool)
    change = np.select([redrawn, renumbered, said], ["redrawn", "renumbered", "described"], "same")
    rows = pd.DataFrame(
        {
            "hazard_id": pd.Series(after.ids[other], dtype="str"),
            "old_id": pd.Series(before.ids[one], dtype="str").where(renumbered),
            "kind": pd.Series(after.kinds[other], dtype="str"),
            "change": pd.Series(change, dtype="str"),
            "described": pd.Series(described, dtype="str"),
            "old_size_m2": old,
            "new_size_m2": new,
            "gained_m2": lost + new - old,
            "lost_m2": lost,
            "geometry": differs,
        }
    )
    return rows[rows["change"] != "same"]


def _redrawn(
    was: Objects, now: Objects, old: NDArray[np.int64], new: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Objects, NDArray[np.bool_]]:
    """Return the m² lost, the land that differs, and which outlines are really other ones.

    What is lost is rounded; what is gained follows from the two sizes, so that they add up. Where
    only rounding takes a square metre off the size, it is lost.
    """
    empty = shapely.MultiPolygon()
    was = np.where(shapely.is_missing(was), empty, was)
    now = np.where(shapely.is_missing(now), empty, now)
    away = np.rint(exact_size_m2(shapely.difference(was, now))).astype(np.int64)
    lost = np.maximum(away, np.maximum(old - new, 0))
    redrawn = (lost > 0) | (new != old)
    still = np.flatnonzero(~redrawn)
    redrawn[still] = ~same_outlines(was[still], now[still])
    differs = to_multipolygons(shapely.symmetric_difference(was, now))
    return lost, differs, redrawn


def same_outlines(was: Any, now: Any) -> NDArray[np.bool_]:
    """Say which polygons have one outline, written with other digits: 1 mm apart at most.

    Another first vertex, direction of a ring or order of parts, and redundant points do not count.

    Parameters
    ----------
    was, now
        Polygons in EPSG:4326, one for one; null and empty ones have no outline.

    Examples
    --------
    >>> box = shapely.box(103, 13, 103.01, 13.01)
    >>> same_outlines([box, box, None], [box.reverse(), shapely.box(103, 13, 104, 14), box])
    array([ True, False, False])
    """
    # Where one is missing or empty the distance is none (NaN): not the same.
    apart = shapely.hausdorff_distance(as_geometries(was), as_geometries(now))
    return np.asarray(apart <= SAME_DEGREES)


def same_places(was: Any, now: Any) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the polygons of one table that have an outline of another, whatever their ids.

    Parameters
    ----------
    was, now
        Polygons in EPSG:4326, of any number; null and empty ones have no outline.

    Returns
    -------
    tuple of numpy.ndarray
        The places in `was` and in `now` of each pair of outlines that `same_outlines` calls one.

    Examples
    --------
    >>> box = shapely.box(103, 13, 103.01, 13.01)
    >>> same_places([None, box], [shapely.box(103, 13, 104, 14), box.reverse()])
    (array([1]), array([1]))
    """
    old, new = as_geometries(was), as_geometries(now)
    there, here = (
        np.flatnonzero(~shapely.is_missing(each) & ~shapely.is_empty(each)) for each in (old, new)
    )
    edges, mine = shapely.bounds(old[there]), shapely.bounds(new[here])
    tree = shapely.STRtree(shapely.points(edges[:, :2]))
    near = tree.query(shapely.points(mine[:, :2]), predicate="dwithin", distance=2 * SAME_DEGREES)
    alike = (np.abs(edges[near[1]] - mine[near[0]]) <= SAME_DEGREES).all(axis=1)
    one, other = there[near[1][alike]], here[near[0][alike]]
    # Most are the same to the last digit; only the others need the distance of outlines.
    same = shapely.equals_exact(old[one], new[other], tolerance=0.0)
    rest = np.flatnonzero(~same)
    same[rest] = same_outlines(old[one[rest]], new[other[rest]])
    return one[same], other[same]


def _of_one(layer: _Layer, places: Places, change: str) -> pd.DataFrame:
    """Return the rows of hazards that one layer alone has."""
    sizes, none = layer.sizes[places], np.zeros(len(places), dtype=np.int64)
    old, new = (none, sizes) if change == "added" else (sizes, none)
    return pd.DataFrame(
        {
            "hazard_id": pd.Series(layer.ids[places], dtype="str"),
            "old_id": pd.Series(None, index=range(len(places)), dtype="str"),
            "kind": pd.Series(layer.kinds[places], dtype="str"),
            "change": pd.Series(change, index=range(len(places)), dtype="str"),
            "described": pd.Series(None, index=range(len(places)), dtype="str"),
            "old_size_m2": old,
            "new_size_m2": new,
            "gained_m2": new,
            "lost_m2": old,
            "geometry": layer.geometries[places],
        }
    )


def summary(changes: pd.DataFrame) -> pd.DataFrame:
    """Count hazards and add up m² by kind and change; kinds are never added up.

    Parameters
    ----------
    changes
        As from `compare_snapshots`.

    Returns
    -------
    pandas.DataFrame
        `kind` (null where not recorded), `change`, `hazards`, `old_size_m2`, `new_size_m2`,
        `gained_m2`, `lost_m2`: whole m², by kind and in the order of `CHANGES`. For each kind the
        total of the old layer + gained - lost is the total of the new one.

    Examples
    --------
    >>> one = gpd.GeoDataFrame({"hazard_id": ["AP-1"], "kind": ["ap_minefield"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> summary(compare_snapshots(one, one.iloc[:0])).values.tolist()
    [['ap_minefield', 'removed', 1, 1200149, 0, 0, 1200149]]
    """
    table = pd.DataFrame(changes.drop(columns="geometry"))
    order = pd.CategoricalDtype(list(CHANGES), ordered=True)
    table["change"] = table["change"].astype(order)
    groups = table.groupby(["kind", "change"], dropna=False, observed=True)
    counts = groups.agg(
        hazards=("hazard_id", "size"),
        old_size_m2=("old_size_m2", "sum"),
        new_size_m2=("new_size_m2", "sum"),
        gained_m2=("gained_m2", "sum"),
        lost_m2=("lost_m2", "sum"),
    ).reset_index()
    return counts.assign(change=counts["change"].astype("str"))
