"""What a plan works on: the land of each province by zone, and the periods of its capacity.

Whole m²; what is blocked at the border and what is residual stands apart from what can be released.
"""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import MixedError, RecordError, some
from mine_geo.geo import admin_names
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import as_geometries, refuse_invalid, size_m2
from mine_geo.geo.hazards import refuse_several_kinds
from mine_geo.planning.march import Period
from mine_geo.terms import NO_UNIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.planning.plan_inputs import PlanInputs, Shares

    Whole = NDArray[np.int64]
    Floats = NDArray[np.float64]


MOST_YEARS: Final = 100
"""A plan that has not ended by then never does."""


@dataclass(frozen=True)
class Ground:
    """What there is to release when a plan begins: whole m² by province."""

    codes: tuple[str | None, ...]
    """The provinces, in the order of the arrays; None: none recorded."""
    names: tuple[str, ...]
    stock: Whole
    """Far and near land that can be released: (provinces, 2)."""
    blocked: Whole
    """Land that is blocked at the border: (provinces,)."""
    residual: Whole
    """Land that is left as residual: (provinces,)."""
    hazards: pd.DataFrame
    """Of each hazard that can be released: `place` among the provinces, `border_distance_m`,
    `far_m2` and `near_m2` without what is blocked, `threshold_m`, `rule`."""


class Basis(NamedTuple):
    """What a plan is computed from."""

    inputs: PlanInputs
    scenario: str | None
    ground: Ground


def ground_of(split: gpd.GeoDataFrame, inputs: PlanInputs) -> Ground:
    """Sum up what there is to release, and what is blocked or residual."""
    if "zone" not in split:
        raise RecordError("no zones in this table; call border_split (or store.split) first")
    refuse_several_kinds(split, "a plan", "plan one kind at a time")
    kinds = set(split["kind"].dropna())
    if inputs.kind is not None and kinds - {inputs.kind}:
        raise MixedError(
            f"the plan is of {inputs.kind}, these hazards are {some(sorted(kinds))}; choose them "
            f'with kind="{inputs.kind}"'
        )
    residual = _flag(split, "residual")
    blocked = _blocked(split, inputs)
    # What is blocked lies at the border: it is taken off the near part first.
    near_blocked = np.minimum(blocked, split["near_size_m2"].to_numpy(dtype=np.int64))
    near = split["near_size_m2"].to_numpy(dtype=np.int64) - near_blocked
    far = split["far_size_m2"].to_numpy(dtype=np.int64) - (blocked - near_blocked)
    # In the order of the codes; hazards that record no province come last.
    places, units = pd.factorize(split["province_code"].astype("str"), sort=True)
    order: tuple[str | None, ...] = tuple(str(code) for code in units)
    if (places < 0).any():
        places, order = np.where(places < 0, len(order), places), (*order, None)
    count = len(order)

    def summed(values: Any) -> Whole:
        sums = np.zeros(count, dtype=np.int64)
        np.add.at(sums, places, values)
        return sums

    open_ = ~residual
    hazards = pd.DataFrame(
        {
            "place": places,
            "border_distance_m": split["border_distance_m"].to_numpy(dtype=np.float64),
            "far_m2": far,
            "near_m2": near,
        }
    )
    for name in ("threshold_m", "rule"):
        if name in split:
            hazards[name] = split[name].to_numpy()
    return Ground(
        order,
        tuple(NO_UNIT if code is None else admin_names.province_name(code) for code in order),
        np.stack([summed(np.where(open_, far, 0)), summed(np.where(open_, near, 0))], axis=1),
        summed(np.where(open_, blocked, 0)),
        summed(np.where(residual, split["size_m2"].to_numpy(dtype=np.int64), 0)),
        hazards[open_].reset_index(drop=True),
    )


def _flag(table: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    if name not in table:
        return np.zeros(len(table), dtype=bool)
    return table[name].fillna(value=False).astype(bool).to_numpy()


def _blocked(split: gpd.GeoDataFrame, inputs: PlanInputs) -> Whole:
    """Return the blocked m² of each hazard."""
    sizes = split["size_m2"].to_numpy(dtype=np.int64)
    blocked = np.zeros(len(split), dtype=np.int64)
    if inputs.blocked_distance_m is not None:
        nearer = split["border_distance_m"].to_numpy(dtype=float) < inputs.blocked_distance_m
        blocked = np.where(nearer, sizes, 0)
    belt = inputs.belt
    if belt is None:
        return blocked
    require_lonlat(belt, "the blocked belt")
    refuse_invalid(belt, "the blocked belt")
    require_lonlat(split, "hazards")
    polygons = as_geometries(split.geometry)
    land = shapely.union_all(as_geometries(belt.geometry))
    shapely.prepare(land)
    touched = shapely.intersects(polygons, land)
    # A polygon wholly inside is blocked as it is: nothing is cut that need not be.
    inside = np.zeros(len(split), dtype=bool)
    inside[touched] = shapely.covers(land, polygons[touched])
    cut = touched & ~inside
    within = np.where(inside, sizes, 0)
    within[cut] = np.minimum(size_m2(shapely.intersection(polygons[cut], land)), sizes[cut])
    return np.maximum(blocked, within)


def refuse_too_large(ground: Ground, inputs: PlanInputs, scenario: str | None) -> None:
    """Refuse figures whose products no longer fit 64 bits: they are no m²."""
    inflow = int(inflow_rate(ground, inputs, scenario).sum())
    most = int(ground.stock.sum()) + MOST_YEARS * inflow
    years = {year for line in inputs.capacity for year in line.years} | {inputs.start.year}
    capacity = max(
        (sum(line.of(year) for line in inputs.capacity) for year in years), default=0
    ) * inputs.factor(scenario, "capacity")
    if most * max(capacity, 1) > 2**62:
        raise RecordError(
            f"a stock of {int(ground.stock.sum()):,} m², an inflow of {inflow:,} and a capacity of "
            f"{capacity:,.0f} m² a year are too large to be m²; check the units of the plan"
        )


def inflow_rate(ground: Ground, inputs: PlanInputs, scenario: str | None) -> Whole:
    """Return the newly found land of a year, m²: (provinces, 2).

    What is said for the country is divided as the stock of the start is; of what is said for a
    province its own zones decide, or the country's where it has none left.
    """
    factor = inputs.factor(scenario, "inflow")
    total = np.array(round(inputs.inflow_m2 * factor), dtype=np.int64)
    flat = ground.stock.reshape(-1)
    if not flat.sum():
        flat = np.ones_like(flat)
    rate = divided_by(flat, total).reshape(ground.stock.shape)
    country = np.maximum(ground.stock.sum(axis=0), 0)
    for code, m2 in inputs.inflow_by_province.items():
        place = ground.codes.index(code)
        own = ground.stock[place] if ground.stock[place].sum() else country
        own = own if own.sum() else np.ones_like(own)
        rate[place] += divided_by(own, np.array(round(m2 * factor), dtype=np.int64))
    return rate


def divided_by(weights: Whole, amount: Whole) -> Whole:
    """Divide a whole amount by weights, whatever its size; the parts add up to it.

    Examples
    --------
    >>> divided_by(np.array([1, 2]), np.array(9)).tolist()
    [3, 6]
    """
    ends = np.cumsum(weights) / weights.sum()
    return np.diff(np.rint(ends * int(amount)).astype(np.int64), prepend=0)


def lengths(start: date) -> Iterator[tuple[int, float]]:
    """Give the years of a plan, with the part of each that belongs to it."""
    yield start.year, first_length(start)
    for year in range(start.year + 1, start.year + MOST_YEARS):
        yield year, 1.0


def periods(
    ground: Ground, inputs: PlanInputs, scenario: str | None, factors: dict[str, Floats]
) -> Iterator[Period]:
    """Give the periods of a plan for runs that each have a factor of capacity and of inflow."""
    capacity = factors["capacity"] * inputs.factor(scenario, "capacity")
    rate = inflow_rate(ground, inputs, scenario)
    places = {code: place for place, code in enumerate(ground.codes)}
    for year, length in lengths(inputs.start):
        own = np.zeros(len(ground.codes))
        common = 0.0
        for line in inputs.capacity:
            if line.province_code is None:
                common += line.of(year)
            else:
                own[places[line.province_code]] += line.of(year)
        yield Period(
            length,
            whole_m2(own * capacity[:, None] * length),
            whole_m2(common * capacity * length),
            whole_m2(rate * factors["inflow"][:, None, None] * length),
        )


def whole_m2(values: Any) -> Whole:
    """Return the nearest whole m².

    Examples
    --------
    >>> whole_m2([0.4, 1.6]).tolist()
    [0, 2]
    """
    return np.rint(values).astype(np.int64)


def shares_of(ground: Ground, inputs: PlanInputs) -> list[Shares]:
    """Return the shares of survey of each province."""
    return [
        inputs.shares_by_province.get(code, inputs.shares) if code else inputs.shares
        for code in ground.codes
    ]


def cost_usd(m2: Any, usd_m2: Any) -> Floats:
    """Return what land costs; nothing costs nothing, also where nobody said what a m² costs.

    Examples
    --------
    >>> cost_usd([0, 10, 10], [math.nan, math.nan, 0.2]).tolist()
    [0.0, nan, 2.0]
    """
    return np.where(np.asarray(m2) == 0, 0.0, np.multiply(m2, usd_m2))


def usd_of(ground: Ground, inputs: PlanInputs, scenario: str | None) -> Floats:
    """Return the USD of a m² that is cleared, by province; not a number where nobody said."""
    plain = math.nan if inputs.usd_m2 is None else inputs.usd_m2
    usd = [inputs.usd_m2_by_province.get(code, plain) if code else plain for code in ground.codes]
    return np.array(usd) * inputs.factor(scenario, "cost")


def in_calendar(start: date, years: float) -> float:
    """Return a number of years from a day on as a calendar year: 2026.5 is its middle.

    Examples
    --------
    >>> from datetime import date
    >>> in_calendar(date(2026, 1, 1), 3.61), in_calendar(date(2025, 7, 2), 1)
    (2029.61, 2026.4986301369863)
    """
    return start.year + 1 - first_length(start) + years


def first_length(start: date) -> float:
    """Return which part of its year is left when a plan starts.

    Examples
    --------
    >>> from datetime import date
    >>> first_length(date(2026, 1, 1)), first_length(date(2025, 12, 31))
    (1.0, 0.0027397260273972603)
    """
    days = 366 if calendar.isleap(start.year) else 365
    return (days + 1 - start.timetuple().tm_yday) / days


def ends_in(finished: float) -> int:
    """Return the year in which it ends: 2026.0 is the last evening of 2025.

    Examples
    --------
    >>> ends_in(2026.0), ends_in(2026.01)
    (2025, 2026)
    """
    return math.ceil(finished) - 1


def verdict_of(finished: float, horizon: int) -> str:
    """Say of a calendar year whether it is within the horizon, after it, or never.

    Examples
    --------
    >>> verdict_of(2031.0, 2030), verdict_of(2031.5, 2030), verdict_of(math.inf, 2030)
    ('by 2030', 'not before 2031', 'never')
    """
    if math.isinf(finished):
        return "never"
    return f"by {horizon}" if finished <= horizon + 1 else f"not before {horizon + 1}"
