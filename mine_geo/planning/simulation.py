"""A plan run many times over, with inputs that vary: when it may end, and what it may cost.

Each run draws one factor for each input, between 1 - x and 1 + x with 1 the likeliest (triangular),
and keeps it for all years: what is not known is the level. Factors are even around 1, so that the
median of the runs is the plan itself where it has a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, RecordError
from mine_geo.planning.ground import (
    MOST_YEARS,
    cost_usd,
    in_calendar,
    lengths,
    periods,
    shares_of,
    usd_of,
    verdict_of,
)
from mine_geo.planning.march import FAR, NEAR, march

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mine_geo.planning.ground import Basis, Ground
    from mine_geo.planning.plan_inputs import Spread

    Whole = NDArray[np.int64]
    Floats = NDArray[np.float64]


MOST_RUNS: Final = 1_000_000
PERCENTS: Final = (5, 10, 25, 50, 75, 90, 95)


@dataclass(frozen=True)
class Simulation:
    """Many runs of a plan: arrays have one entry a run, tables percentiles of the runs."""

    basis: Basis
    runs: int
    seed: int
    years: pd.DataFrame
    """A row a year: `year`, and `p5` to `p95` of what is left at its end, m²."""
    provinces: pd.DataFrame
    """A row a province, and one for all together: `province`, `province_code`, `p5` to `p95` of
    the calendar year in which it is finished (inf is never), `on_time` (the share of runs that end
    within the horizon), `verdict`."""
    takes_years: Floats
    """Until all is released, in years from the start; inf is never."""
    cost_usd: Floats
    """Not a number where the plan says no cost of land that is released; of a run that never ends,
    to its last year."""
    opening_m2: Whole
    inflow_m2: Whole
    released_m2: Whole
    remaining_m2: Whole


def simulate(
    basis: Basis,
    *,
    runs: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Simulation:
    """Run a plan many times; see `Plan.simulate`.

    Raises
    ------
    OptionError
        If `runs` is not from 1 to 1,000,000.
    RecordError
        If the border shall vary, and the zones were not made by the rule `edge`.
    """
    if not 1 <= runs <= MOST_RUNS:
        raise OptionError(f"runs must be from 1 to {MOST_RUNS:,}, not {runs}")
    inputs, scenario, ground = basis
    rng = np.random.default_rng(seed)
    factors = {
        name: 1 + getattr(inputs.spread, name) * rng.triangular(-1, 0, 1, runs)
        for name in ("capacity", "inflow", "cancelled", "cost")
    }
    stock = _stock(ground, inputs.spread, rng, runs)
    usd = _usd(basis, factors)
    opening = stock.sum(axis=(1, 2))
    inflow, released = np.zeros_like(opening), np.zeros_like(opening)
    cost = np.zeros(runs)
    left: list[Whole] = []
    years: list[int] = []
    walk = march(stock, periods(ground, inputs, scenario, factors), inputs.order)
    for step, (year, _) in zip(walk, lengths(inputs.start), strict=True):
        inflow += step.inflow.sum(axis=(1, 2))
        released += step.released.sum(axis=(1, 2))
        cost += cost_usd(step.released.sum(axis=2), usd).sum(axis=1)
        left.append(step.closing.sum(axis=(1, 2)))
        years.append(year)
        if progress is not None:
            progress(len(years), MOST_YEARS)
        if not left[-1].any():
            break
    finished = np.column_stack([step.finished, step.finished_all])
    return Simulation(
        basis, runs, seed,
        _fan(years, np.array(left), inputs.horizon),
        _ends(basis, finished),
        step.finished_all, cost, opening, inflow, released, left[-1],
    )  # fmt: skip


def _stock(ground: Ground, spread: Spread, rng: np.random.Generator, runs: int) -> Whole:
    """Return what each run begins with: where the border varies, land changes its zone."""
    stock = np.broadcast_to(ground.stock, (runs, *ground.stock.shape)).copy()
    if not spread.border_m or ground.hazards.empty:
        return stock
    hazards = ground.hazards
    if "rule" not in hazards or set(hazards["rule"]) != {"edge"}:
        raise RecordError(
            "the position of the border can vary (spread.border_m) only where zones were made by "
            "the rule edge; make the split so, or leave border_m out"
        )
    # As if the border lay so much nearer or farther: a hazard is near below the shifted threshold.
    shift = rng.uniform(-spread.border_m, spread.border_m, runs)
    threshold = float(hazards["threshold_m"].iloc[0])
    for place in range(len(ground.codes)):
        mine = hazards[hazards["place"] == place].sort_values("border_distance_m")
        sizes = (mine["far_m2"] + mine["near_m2"]).to_numpy()
        ends = np.concatenate([[0], np.cumsum(sizes)])
        count = np.searchsorted(mine["border_distance_m"].to_numpy(), threshold + shift, "left")
        stock[:, place, NEAR] = ends[count]
        stock[:, place, FAR] = ends[-1] - ends[count]
    return stock


def _usd(basis: Basis, factors: dict[str, Floats]) -> Floats:
    """Return the USD of a m² released, by run and province."""
    inputs, scenario, ground = basis
    shares = shares_of(ground, inputs)
    reduced = np.array([each.reduced for each in shares])
    cancelled = np.array([each.cancelled for each in shares]) * factors["cancelled"][:, None]
    cancelled = np.minimum(cancelled, 1 - reduced)
    relative = [inputs.relative_cost.get(name, 1.0) for name in ("cancelled", "reduced")]
    weight = cancelled * relative[0] + reduced * relative[1] + (1 - cancelled - reduced)
    return weight * usd_of(ground, inputs, scenario) * factors["cost"][:, None]


def _percentiles(values: Any, axis: int = 0) -> Floats:
    # A value that a run has: between a year and never there is none.
    return np.percentile(values, PERCENTS, axis=axis, method="inverted_cdf")


def _fan(years: list[int], left: Whole, horizon: int) -> pd.DataFrame:
    """Return percentiles of what is left, until nine runs of ten ended or past the horizon."""
    table = pd.DataFrame(
        _percentiles(left, axis=1).T.astype(np.int64), columns=[f"p{each}" for each in PERCENTS]
    )
    table.insert(0, "year", years)
    last = max(horizon + 5, years[0])
    open_ = table["p90"] > 0
    until = table["year"] <= min(last, table.loc[open_, "year"].max() + 1 if open_.any() else last)
    return table[until | (table.index == 0)]


def _ends(basis: Basis, finished: Floats) -> pd.DataFrame:
    """Return percentiles of the calendar year in which each province is finished."""
    inputs, _, ground = basis
    offset = in_calendar(inputs.start, 0.0)
    found = _percentiles(finished).T + offset
    table = pd.DataFrame(found, columns=[f"p{each}" for each in PERCENTS])
    table.insert(0, "province", [*ground.names, "all"])
    table.insert(1, "province_code", [*ground.codes, None])
    table["on_time"] = (finished + offset <= inputs.horizon + 1).mean(axis=0)
    # Nine runs of ten say so, early or late; where they do not agree it is open.
    early, late = (
        [verdict_of(year, inputs.horizon) for year in table[name]] for name in ("p10", "p90")
    )
    on_time = f"by {inputs.horizon}"
    table["verdict"] = [
        first if first != on_time or last == on_time else "open"
        for first, last in zip(early, late, strict=True)
    ]
    return table
