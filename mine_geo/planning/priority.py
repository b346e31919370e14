"""Which hazards first: a score out of criteria and weights that somebody decided, and its rank.

Nothing of it is hidden: each criterion is a percentile, each contribution stands in a column, and
they add up to the score. What is missing adds nothing, and is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, RecordError, some
from mine_geo.geo.admin_names import province_code
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import size_m2
from mine_geo.geo.hazards import refuse_several_kinds
from mine_geo.planning.criteria import value
from mine_geo.terms import WEIGHT_COLUMNS
from mine_geo.words import say

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.planning.weights import Allocation, WeightSet

    Floats = NDArray[np.float64]

LOW_SCORE: Final = say("priority.low_score").en
"""What stands in every table, map and file that holds a score."""

RUNS: Final = 10_000
AT_ONCE: Final = 1 << 22
"""Scores that are in memory at a time."""


def priority(
    hazards: gpd.GeoDataFrame,
    weights: WeightSet,
    *,
    layers: Mapping[str, gpd.GeoDataFrame | pd.DataFrame | str | os.PathLike[str]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return the score and the rank of each hazard, with what each criterion adds to it.

    With n hazards that are not closed, the percentile of one in a criterion is the number of those
    that it comes before, and half of those that are equal, divided by n - 1 (1 where n is 1): 1 is
    the first, 0 the last. Equal values have equal percentiles. A missing value comes after all
    others and its percentile is 0, so that it never raises a rank: neither its own, nor, beside
    it, that of the hazard. The score is the sum of weight times percentile. Ranks go by the score,
    then by the sum of percentiles, then by `hazard_id`: a hazard that is better in every criterion
    never stands behind. An allocation comes before that order: each unit's hazards keep their
    order, and the list takes from each by its share of m² (that with the least m² so far, its next
    hazard included, divided by its share, comes next; those without a share after all).

    Parameters
    ----------
    hazards
        Hazards or a split in EPSG:4326, any index, of one kind, with `hazard_id` and the columns
        that the weight set names.
    weights
        As from `read_weights`.
    layers
        By the names that the weight set uses: frames in EPSG:4326 (places, roads, water, schools,
        accidents, concessions), tables to join, the path of a raster.
    progress
        Is told how many criteria are measured, and of how many.

    Returns
    -------
    pandas.DataFrame
        On the index of `hazards`: `score` (0 to 1), `priority_rank` (1 first; null for closed
        hazards), `partial` (a value is missing), `missing` (which, or null), `contribution_` and
        the name of each criterion (their sum is the score within 1e-12), `weights_name`,
        `weights_hash`, `weights_decided_by`, `weights_decided_on`, `weights_frozen`, and `caution`:
        a low score is not safe land.

    Raises
    ------
    OptionError
        If a column or layer is not there, or an allocation's unit is unknown.
    RecordError
        If ids are missing or repeated, or a column holds what cannot be compared.
    MixedError
        If the hazards are of several kinds, which are never ranked together.
    CRSError, FileError
        If `hazards` or a layer is in another reference system, or a raster cannot be read.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo.geo import sample
    >>> from mine_geo.planning.weights import read_weights
    >>> split = gpd.GeoDataFrame(
    ...     {"hazard_id": ["A", "B"], "zone": ["near", "far"], "border_distance_m": [10.0, 9000.0],
    ...      "difficulty": [None, "low"], "size_m2": [5000, 100]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01), shapely.box(104, 13, 104.01, 13.01)],
    ...     crs=4326)
    >>> rasters = {name: sample.path(name) for name in ("terrain", "population")}
    >>> priority(split, read_weights(sample.path("weights")), layers=rasters)[
    ...     ["priority_rank", "partial", "missing"]].values.tolist()
    [[2, True, 'difficulty'], [1, False, None]]
    """
    measured = _measured(hazards, weights, layers, progress)
    part = np.array([each.weight for each in weights.criteria])
    added = measured.percentiles * part
    score = _summed(added)
    order = _order(score, measured.percentiles, measured.ids)
    if weights.allocation is not None:
        order = _allocated(hazards[measured.open], order, weights.allocation)
    rank = np.empty(len(order))
    rank[order] = np.arange(1, len(order) + 1)
    names = np.array([each.name for each in weights.criteria], dtype=object)
    missing = [", ".join(names[row]) or None for row in measured.missing]
    found = pd.DataFrame(
        {
            "score": score,
            "priority_rank": pd.Series(rank, dtype="Int64"),
            "partial": measured.missing.any(axis=1),
            "missing": pd.Series(missing, dtype=object),
            **{f"contribution_{name}": added[:, place] for place, name in enumerate(names)},
        }
    ).set_axis(np.flatnonzero(measured.open))
    found = found.reindex(range(len(hazards)))
    found["partial"] = found["partial"].eq(other=True)
    found["missing"] = found["missing"].where(found["missing"].notna(), None)
    return found.assign(**_provenance(weights)).set_axis(hazards.index)


def robustness(
    hazards: gpd.GeoDataFrame,
    weights: WeightSet,
    *,
    first: int,
    layers: Mapping[str, gpd.GeoDataFrame | pd.DataFrame | str | os.PathLike[str]] | None = None,
    runs: int = RUNS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return how often each hazard is among the first so many when the weights are left to chance.

    Each run draws weights that sum to 1, every such set as likely as any other (a Dirichlet
    distribution of ones), and orders the hazards as `priority` does, without an allocation. What
    is among the first in nearly every run does not hang on anybody's weights.

    Parameters
    ----------
    hazards, weights, layers
        As for `priority`. Of the weights only the criteria count.
    first
        How many are picked, from 1.
    runs
        How many sets of weights.
    seed
        The same seed gives the same answer, whatever the order of the rows.
    progress
        Is told how many sets of weights are done, and of how many.

    Returns
    -------
    pandas.DataFrame
        On the index of `hazards` (EPSG:4326): `among_first`, 0 to 1 (NaN for closed hazards),
        `first`, `runs`, `seed`, and what `priority` says of the weight set.

    Raises
    ------
    OptionError
        If `first` or `runs` is no whole number from 1; and as `priority`.
    RecordError, MixedError, CRSError, FileError
        As `priority`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo.geo import sample
    >>> from mine_geo.planning.weights import read_weights
    >>> split = gpd.GeoDataFrame(
    ...     {"hazard_id": ["A", "B"], "zone": ["near", "far"], "border_distance_m": [10.0, 9000.0],
    ...      "difficulty": ["low", "high"], "size_m2": [5000, 100]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01), shapely.box(104, 13, 104.01, 13.01)],
    ...     crs=4326)
    >>> rasters = {name: sample.path(name) for name in ("terrain", "population")}
    >>> weights = read_weights(sample.path("weights"))
    >>> found = robustness(split, weights, first=2, layers=rasters, runs=100)
    >>> found["among_first"].tolist()
    [1.0, 1.0]
    """
    for name, number in (("first", first), ("runs", runs)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise OptionError(f"{name} {number!r} is no number; give a whole one, from 1")
    measured = _measured(hazards, weights, layers)
    count = len(measured.ids)
    # In the order in which equal scores stand: by the sum of percentiles, then by id.
    order = _order(np.zeros(count), measured.percentiles, measured.ids)
    percentiles = measured.percentiles[order]
    times = np.zeros(count)
    chance = np.random.default_rng(seed)
    picked = min(first, count)
    done = 0
    while done < runs and picked:
        block = min(runs - done, max(1, AT_ONCE // count))
        drawn = chance.dirichlet(np.ones(percentiles.shape[1]), block)
        # Product by product, in the order of `priority`: a matrix product rounds as it likes, and
        # then a hazard could come behind one that it dominates.
        score = np.zeros((block, count))
        for place in range(percentiles.shape[1]):
            score += drawn[:, place, None] * percentiles[None, :, place]
        last = np.partition(score, count - picked, axis=1)[:, count - picked, None]
        above, equal = score > last, score == last
        room = picked - above.sum(axis=1, keepdims=True)
        times += (above | (equal & (equal.cumsum(axis=1) <= room))).sum(axis=0)
        done += block
        if progress is not None:
            progress(done, runs)
    share = np.full(len(hazards), np.nan)
    share[np.flatnonzero(measured.open)[order]] = times / runs
    found = pd.DataFrame({"among_first": share, "first": first, "runs": runs, "seed": seed})
    return found.assign(**_provenance(weights)).set_axis(hazards.index)


@dataclass(frozen=True)
class _Measured:
    """The hazards that are not closed, in all criteria."""

    open: NDArray[np.bool_]
    """Of all hazards, which ones."""
    ids: NDArray[np.object_]
    percentiles: Floats
    """Shape (hazards, criteria), 0 to 1."""
    missing: NDArray[np.bool_]


def _measured(
    hazards: gpd.GeoDataFrame,
    weights: WeightSet,
    layers: Mapping[str, Any] | None,
    progress: Callable[[int, int], None] | None = None,
) -> _Measured:
    require_lonlat(hazards, "hazards")
    refuse_several_kinds(hazards, "hazards", "rank one kind at a time, with kind=...")
    if "hazard_id" not in hazards:
        raise RecordError("hazards have no hazard_id, and a rank is of one; use to_hazards first")
    ids = hazards["hazard_id"]
    if ids.isna().any() or ids.duplicated().any():
        twice = ids[ids.duplicated()].dropna()
        wrong = f"{some(twice.unique())} stands twice" if len(twice) else "one is missing"
        raise RecordError(f"hazard_id: {wrong}; a rank is of one hazard")
    there = np.ones(len(hazards), dtype=bool)
    if "status" in hazards:
        there = ~hazards["status"].eq("closed").to_numpy(dtype=bool)
    rows = hazards[there]
    percentiles = np.zeros((len(rows), len(weights.criteria)))
    missing = np.zeros(percentiles.shape, dtype=bool)
    for place, criterion in enumerate(weights.criteria):
        found = np.asarray(value(rows, criterion, layers or {}), dtype=np.float64)
        # Words of an order are counted from the first.
        ahead: Floats = -found if criterion.order or criterion.first == "low" else found
        percentiles[:, place] = percentile(ahead)
        missing[:, place] = np.isnan(found)
        if progress is not None:
            progress(place + 1, len(weights.criteria))
    names = ids[there].astype(str).to_numpy(dtype=object)
    return _Measured(there, names, percentiles, missing)


def percentile(values: Floats) -> Floats:
    """Return the part of all others that each value is over, half of the equal ones counted.

    (lower + (equal - 1) / 2) / (n - 1), and 1 where there is one value. NaN is lower than all, and
    its own percentile is 0.

    Examples
    --------
    >>> percentile(np.array([10.0, 30.0, 10.0, np.nan, 20.0])).tolist()
    [0.375, 1.0, 0.375, 0.0, 0.75]
    """
    known = ~np.isnan(values)
    lower = np.where(known, values, -np.inf)
    ordered = np.sort(lower)
    before = np.searchsorted(ordered, lower, side="left")
    equal = np.searchsorted(ordered, lower, side="right") - before
    found = (before + (equal - 1) / 2) / max(len(values) - 1, 1)
    if len(values) == 1:
        found = np.ones(1)
    return np.where(known, found, 0.0)


def _summed(added: Floats) -> Floats:
    """Add columns up from the first to the last, the same way in each row."""
    score = np.zeros(len(added))
    for column in added.T:
        score += column
    return score


def _order(score: Floats, percentiles: Floats, ids: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the rows, the first one first."""
    names = pd.Series(ids).rank(method="first").to_numpy() if len(ids) else np.zeros(0)
    return np.lexsort((names, -_summed(percentiles), -score))


def _allocated(
    hazards: gpd.GeoDataFrame, order: NDArray[np.intp], allocation: Allocation
) -> NDArray[np.intp]:
    """Return the rows in the order in which the shares of units take them."""
    units = _units(hazards, allocation)
    shares = [share for _, share in allocation.shares]
    others = 1 - sum(shares)
    shares.append(others if others > 1e-9 else 0.0)
    sizes = size_m2(hazards.geometry).astype(float)
    taken = np.zeros(len(order))
    for unit, share in enumerate(shares):
        rows = order[units[order] == unit]
        taken[rows] = np.cumsum(sizes[rows]) / share if share else np.inf
    place = np.empty(len(order))
    place[order] = np.arange(len(order))
    return np.lexsort((place, taken))


def _units(hazards: gpd.GeoDataFrame, allocation: Allocation) -> NDArray[np.intp]:
    """Return which share each hazard belongs to; the last number is that of all others."""
    names = [name for name, _ in allocation.shares]
    if allocation.by == "province":
        keys = [province_code(name) for name in names]
        column = "province_code"
    else:
        keys, column = names, allocation.by
    if column not in hazards:
        raise OptionError(
            f"allocation by {allocation.by}: the hazards have no column {column!r}; give it, or "
            "leave the allocation out"
        )
    cells = hazards[column].astype("string")
    if allocation.by == "operator":
        strange = [name for name in names if not cells.eq(name).any()]
        if strange:
            raise OptionError(
                f"allocation: no hazard has the operator {some(strange)}; there are "
                f"{some(sorted(cells.dropna().unique()), 20)}"
            )
    places = {key: place for place, key in enumerate(keys)}
    return cells.map(places).fillna(len(keys)).to_numpy(dtype=np.intp)


def _provenance(weights: WeightSet) -> dict[str, Any]:
    """Return the columns that say whose weights these are, and what a score is not."""
    said = (
        weights.name,
        weights.hash,
        weights.decided_by,
        weights.decided_on.isoformat(),
        weights.frozen,
        LOW_SCORE,
    )
    return dict(zip(WEIGHT_COLUMNS, said, strict=True))
