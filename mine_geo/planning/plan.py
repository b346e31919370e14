"""From today's register to the last square metre: year by year, province by province.

`make_plan` takes a split and the inputs of a plan, and says what is released, what it costs, what
is left in each zone, and when each province is without land. Whole m²; cost in USD. Residual land
is neither open nor released and stays out; what is blocked at the border is never released, and
both are shown apart. A plan is arithmetic on its inputs: it says nothing of land nobody has found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import RecordError, some
from mine_geo.geo import admin_names
from mine_geo.planning.ground import (
    Basis,
    Ground,
    cost_usd,
    ends_in,
    ground_of,
    in_calendar,
    lengths,
    periods,
    refuse_too_large,
    shares_of,
    usd_of,
    verdict_of,
    whole_m2,
)
from mine_geo.planning.march import FAR, NEAR, Step, march
from mine_geo.planning.simulation import Simulation, simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from mine_geo.planning.plan_inputs import PlanInputs


YEAR_COLUMNS: Final = (
    "opening_m2",
    "inflow_m2",
    "cancelled_m2",
    "reduced_m2",
    "cleared_m2",
    "released_m2",
    "far_released_m2",
    "near_released_m2",
    "remaining_m2",
    "far_remaining_m2",
    "near_remaining_m2",
    "cost_usd",
)


@dataclass(frozen=True)
class Plan:
    """A plan, computed: tables in whole m², years as calendar years (2026.5 is the middle)."""

    inputs: PlanInputs
    scenario: str | None
    ground: Ground
    years: pd.DataFrame
    """A row a year: `year` and `YEAR_COLUMNS`; `cost_usd` is in whole USD, null where the cost of
    land released in some province is not given."""
    provinces: pd.DataFrame
    """A row a year and province: `year`, `province`, `province_code`, `YEAR_COLUMNS`; `cost_usd`
    not rounded, so that provinces add up to their year."""
    remaining: pd.DataFrame
    """A row a province: what is left at the end of the horizon by zone, `blocked_m2` and
    `residual_m2` apart, `years` it takes, `finished` (calendar year), `on_time`, `verdict`."""
    takes_years: float
    """Until all that can be released is; inf is never."""
    finished: float
    """The same as a calendar year."""

    def simulate(
        self,
        *,
        runs: int = 10_000,
        seed: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> Simulation:
        """Run the plan many times with inputs that vary as its `spread` says.

        Parameters
        ----------
        runs
            How many runs.
        seed
            The same seed gives the same runs.
        progress
            Is told how many years are done, and of how many at most.

        Raises
        ------
        OptionError
            If `runs` is not from 1 to 1,000,000.
        RecordError
            If the border shall vary, and the zones were not made by the rule `edge`.
        """
        return simulate(
            Basis(self.inputs, self.scenario, self.ground), runs=runs, seed=seed, progress=progress
        )

    @property
    def remarks(self) -> list[str]:
        """What has to be said beside the tables, a sentence each."""
        said: list[str] = []
        near = self.years["near_released_m2"].to_numpy()
        begins = int(np.argmax(near > 0))
        year, far = (int(self.years[name].iloc[begins]) for name in ("year", "far_released_m2"))
        if self.inputs.order == "far_first" and near[begins] > 0 and far > 0:
            said.append(
                f"{year}: of the {far + near[begins]:,} m² of this year {near[begins]:,} lie in "
                f"the near zone, for no more than {far:,} m² are far."
            )
        blocked, residual = int(self.ground.blocked.sum()), int(self.ground.residual.sum())
        if blocked:
            said.append(f"{blocked:,} m² are blocked at the border: never released, and apart.")
        if residual:
            said.append(f"{residual:,} m² are residual: neither open nor released, left out.")
        if not self.years["inflow_m2"].any():
            said.append("No newly found land is reckoned with: the plan gives no inflow.")
        said.append(self.verdict)
        return said

    @property
    def verdict(self) -> str:
        """When it is finished, in a sentence."""
        if math.isinf(self.finished):
            return "Never finished: what is newly found each year is as much as is released."
        year = ends_in(self.finished)
        late = self.inputs.horizon + 1
        when = "by" if year < late else f"not before {late}: in"
        last = f"{when} {year if year >= late else self.inputs.horizon}"
        return f"Finished after {self.takes_years:.2f} years ({year}), {last}."


def make_plan(
    split: gpd.GeoDataFrame,
    inputs: PlanInputs,
    *,
    scenario: str | None = None,
) -> Plan:
    """Compute a plan from the register's hazards and its inputs.

    Parameters
    ----------
    split
        The hazards on the evening before the plan starts, as `border_split` (or `Store.split`)
        returns them, EPSG:4326, all of one kind. Closed hazards count nothing; those with
        `residual` true are left out and shown apart.
    inputs
        From `read_plan`.
    scenario
        One of the scenarios of the inputs; None: the plan itself.

    Returns
    -------
    Plan
        Its tables are in whole m².

    Raises
    ------
    MixedError
        If the hazards are of several kinds, or of another kind than the inputs.
    RecordError
        If the hazards have no zones, the inputs name a province without a hazard, or the figures
        are too large to be m².
    OptionError
        If there is no such scenario.

    Notes
    -----
    With stock S, capacity C and inflow I a year, S / (C - I) years; never where I is as large
    as C. Capacity of one province works there alone, common capacity in proportion to what is
    left in the zone whose turn it is.

    A blocked belt is never released. Its polygons are cut out of the hazards; a distance blocks a
    hazard whole if its nearest edge is nearer to the border than that.

    Examples
    --------
    >>> from datetime import date
    >>> import geopandas as gpd
    >>> from mine_geo.planning.plan_inputs import Capacity, PlanInputs
    >>> split = gpd.GeoDataFrame({
    ...     "hazard_id": ["AP-1", "AP-2"], "kind": "ap_minefield", "province_code": "02",
    ...     "province": "Battambang", "size_m2": [300, 169], "zone": ["far", "near"],
    ...     "near_size_m2": [0, 169], "far_size_m2": [300, 0], "border_distance_m": [8e3, 1e3]})
    >>> plan = make_plan(split, PlanInputs("by hand", date(2026, 1, 1), (Capacity(130),)))
    >>> plan.years[["year", "far_released_m2", "near_released_m2", "remaining_m2"]].values.tolist()
    [[2026, 130, 0, 339], [2027, 130, 0, 209], [2028, 40, 90, 79], [2029, 0, 79, 0]]
    >>> round(plan.takes_years, 2), round(plan.finished, 2)
    (3.61, 2029.61)
    """
    ground = ground_of(split, inputs)
    unknown = inputs.provinces() - {code for code in ground.codes if code}
    if unknown:
        raise RecordError(
            f"the plan names {some(admin_names.province_name(c) for c in sorted(unknown))}, where "
            "no hazard of this register is; leave it out of the plan, or load its hazards"
        )
    refuse_too_large(ground, inputs, scenario)
    steps = _until_done(ground, inputs, scenario)
    provinces = pd.concat(
        [_table(step, ground, inputs, scenario, year) for step, year in steps], ignore_index=True
    )
    years = provinces.groupby("year", as_index=False)[list(YEAR_COLUMNS)].sum()
    # A cost that nobody gave of one province is not 0: that of the year is not known either.
    said = provinces["cost_usd"].notna().groupby(provinces["year"]).all().to_numpy()
    years["cost_usd"] = years["cost_usd"].where(said).round().astype("Int64")
    last = steps[-1][0]
    takes = float(last.finished_all[0])
    return Plan(
        inputs,
        scenario,
        ground,
        years,
        provinces,
        _remaining(steps, ground, inputs),
        takes,
        in_calendar(inputs.start, takes),
    )


def _until_done(ground: Ground, inputs: PlanInputs, scenario: str | None) -> list[tuple[Step, int]]:
    """Return the steps until all is released, at least one; where it never is, to the horizon."""
    one = np.ones(1)
    walk = march(
        ground.stock[None], periods(ground, inputs, scenario, {"capacity": one, "inflow": one}),
        inputs.order,
    )  # fmt: skip
    found = []
    for step, (year, _) in zip(walk, lengths(inputs.start), strict=True):
        found.append((step, year))
        if not step.closing.any():
            return found
    return [each for each in found if each[1] <= max(inputs.horizon, inputs.start.year)]


def _table(
    step: Step, ground: Ground, inputs: PlanInputs, scenario: str | None, year: int
) -> pd.DataFrame:
    """Return the rows of a year, a province each."""
    released = step.released[0].sum(axis=1)
    shares = shares_of(ground, inputs)
    # By survey the nearest whole m²; cleared is the rest, so that the three add up.
    cancelled = whole_m2(released * np.array([each.cancelled for each in shares]))
    reduced = np.minimum(
        whole_m2(released * np.array([each.reduced for each in shares])), released - cancelled
    )
    cleared = released - cancelled - reduced
    relative = inputs.relative_cost
    weighed = (
        cancelled * relative.get("cancelled", 1.0)
        + reduced * relative.get("reduced", 1.0)
        + cleared
    )
    columns: dict[str, Any] = {
        "year": year,
        "province": ground.names,
        "province_code": ground.codes,
        "opening_m2": step.opening[0].sum(axis=1),
        "inflow_m2": step.inflow[0].sum(axis=1),
        "cancelled_m2": cancelled,
        "reduced_m2": reduced,
        "cleared_m2": cleared,
        "released_m2": released,
        "far_released_m2": step.released[0][:, FAR],
        "near_released_m2": step.released[0][:, NEAR],
        "remaining_m2": step.closing[0].sum(axis=1),
        "far_remaining_m2": step.closing[0][:, FAR],
        "near_remaining_m2": step.closing[0][:, NEAR],
        "cost_usd": cost_usd(weighed, usd_of(ground, inputs, scenario)),
    }
    return pd.DataFrame(columns)


def _remaining(steps: list[tuple[Step, int]], ground: Ground, inputs: PlanInputs) -> pd.DataFrame:
    """Return what is left of each province at the end of the horizon, and when it is finished."""
    by_then = [step for step, year in steps if year <= inputs.horizon] or [steps[0][0]]
    left = by_then[-1].closing[0]
    years = steps[-1][0].finished[0]
    finished = np.array([in_calendar(inputs.start, each) for each in years])
    return pd.DataFrame(
        {
            "province": ground.names,
            "province_code": ground.codes,
            "remaining_m2": left.sum(axis=1),
            "far_remaining_m2": left[:, FAR],
            "near_remaining_m2": left[:, NEAR],
            "blocked_m2": ground.blocked,
            "residual_m2": ground.residual,
            "years": years,
            "finished": finished,
            "on_time": finished <= inputs.horizon + 1,
            "verdict": [verdict_of(each, inputs.horizon) for each in finished],
        }
    )
