"""Charts of tables: near and far, releases, what remains, what the split depends on, a plan's fan.

Each function takes a table as `totals`, `releases`, `timeline`, `border_sensitivity` or a plan
gives it, draws it with matplotlib and returns the axes, as geopandas does: `ax=` draws into axes
that are there, else a figure is made by pyplot, which a notebook shows. What is drawn is the
table's own figures: whole m² (or hazards), on axes in km² from one square kilometre on. Colours are
those of maps and sheets; what must be told apart without colour is hatched or lighter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from mine_geo.errors import MixedError, OptionError, RecordError, choose, some
from mine_geo.geo.cells import read_days
from mine_geo.maps import symbols
from mine_geo.planning.fan import draw_fan
from mine_geo.tables.published import figures as figures_in
from mine_geo.terms import OUTCOMES, ROW, RULES, SYNTHETIC, TOTAL_COLUMNS, ZONES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from mine_geo.planning.plan import Plan
    from mine_geo.planning.simulation import Simulation

    Measure = Literal["size_m2", "hazards"]

__all__ = ["fan", "near_far", "releases", "remaining", "sensitivity"]

MEASURES: Final = ("size_m2", "hazards")
SQUARE_KM: Final = 1_000_000
"""From so many m² on an axis is in km²."""
MOST_BARS: Final = 60
"""Of more units no label could be read."""
_HATCHES: Final = {"far": "////"}
_WIDTH: Final = 7.0
"""Inches, as wide as a column of text on A4."""
_BAR: Final = 0.26
"""Inches a bar."""


def near_far(
    table: pd.DataFrame,
    *,
    measure: Measure = "size_m2",
    ax: Axes | None = None,
    synthetic: bool = False,
) -> Axes:
    """Draw what lies near and far in each unit, a bar a row, the largest on top.

    Parameters
    ----------
    table
        As `totals` returns it, by anything; rows of sums are left out.
    measure
        `size_m2` (whole m²; in km² from 1 km² on) or `hazards`, their number.
    ax
        Axes to draw into; else a figure is made.
    synthetic
        Say on the chart that the hazards are invented.

    Returns
    -------
    matplotlib.axes.Axes
        Two stacks of bars, near and far; the whole of each stands at its end.

    Raises
    ------
    OptionError
        For an unknown measure, or more than 60 rows.
    RecordError
        If the table has no near and far figures, or no rows.

    Examples
    --------
    >>> import mine_geo as mg
    >>> table = pd.DataFrame({
    ...     "province": ["Pursat", "Kratie"], "near_size_m2": [3_000_000, 0],
    ...     "far_size_m2": [1_000_000, 9_000_000]})
    >>> ax = mg.plot.near_far(table)
    >>> ax.get_xlabel(), [label.get_text() for label in ax.get_yticklabels()]
    ('km²', ['Pursat', 'Kratie'])
    """
    choose(measure, MEASURES, "measure")
    rows = _rows(table, [f"{zone}_{measure}" for zone in ZONES], "totals(split)")
    _refuse_many(len(rows), "rows")
    order = rows[[f"{zone}_{measure}" for zone in ZONES]].sum(axis=1)
    rows = rows.loc[order.sort_values(kind="stable").index]
    parts = {zone: rows[f"{zone}_{measure}"] for zone in ZONES}
    divisor, unit = _scale(order.max(), measure)
    ax = _axes(ax, (_WIDTH, 1.2 + _BAR * len(rows)))
    places = np.arange(len(rows))
    left = np.zeros(len(rows))
    for zone, sizes in parts.items():
        height = sizes.to_numpy(dtype=float) / divisor
        ax.barh(places, height, left=left, label=zone, **_zone(zone))
        left += height
    for place, sum_ in zip(places, left, strict=True):
        ax.annotate(
            _figure(sum_), (sum_, place), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=7, color=symbols.ink("grey"),
        )  # fmt: skip
    ax.set_yticks(places, _labels(rows))
    ax.margins(x=0.09)
    ax.set_xlabel(unit)
    return _finished(ax, ax.xaxis, synthetic=synthetic)


def releases(table: pd.DataFrame, *, ax: Axes | None = None, synthetic: bool = False) -> Axes:
    """Draw released m² by outcome, a bar a row, in the order of the table.

    Parameters
    ----------
    table
        As `releases` returns it, by `year` or anything else; rows of sums are left out. Effective
        m², whole.
    ax
        Axes to draw into; else a figure is made.
    synthetic
        Say on the chart that the hazards are invented.

    Returns
    -------
    matplotlib.axes.Axes
        Three stacks of bars: cancelled, reduced, cleared; in km² from 1 km² on.

    Raises
    ------
    OptionError
        For more than 60 rows.
    RecordError
        If the table has no releases by outcome, or no rows.

    Examples
    --------
    >>> import mine_geo as mg
    >>> table = pd.DataFrame({
    ...     "year": [2021, 2022], "cancelled_m2": [10, 0], "reduced_m2": [20, 5],
    ...     "cleared_m2": [30, 1_200]})
    >>> ax = mg.plot.releases(table)
    >>> ax.get_ylabel(), [float(bar.get_height()) for bar in ax.containers[2]]
    ('m² released', [30.0, 1200.0])
    """
    columns = {outcome: f"{outcome}_m2" for outcome in OUTCOMES}
    rows = _rows(table, columns.values(), "releases(..., by='year')")
    _refuse_many(len(rows), "rows")
    divisor, unit = _scale(rows[list(columns.values())].sum(axis=1).max(), "size_m2")
    parts = {
        outcome: rows[name].to_numpy(dtype=float) / divisor for outcome, name in columns.items()
    }
    ax = _axes(ax, (_WIDTH, 3.6))
    _columns(ax, parts, {outcome: _outcome(outcome) for outcome in OUTCOMES})
    _ticks(ax, _labels(rows))
    ax.set_ylabel(f"{unit} released")
    return _finished(ax, ax.yaxis, synthetic=synthetic)


def remaining(table: pd.DataFrame, *, ax: Axes | None = None, synthetic: bool = False) -> Axes:
    """Draw what remains on each day, near and far where the table says it.

    Parameters
    ----------
    table
        A row a day, or several that are added up: `day` (or `as_of`), or `year` for its last
        day, and `near_size_m2` and `far_size_m2`, as `totals` of a split of that day gives them,
        or one of `remaining_m2` (of `balance`) and `size_m2`. Whole m², of one kind.
    ax
        Axes to draw into; else a figure is made.
    synthetic
        Say on the chart that the hazards are invented.

    Returns
    -------
    matplotlib.axes.Axes
        Bars, a day each: nothing is drawn between days, of which nothing is known.

    Raises
    ------
    MixedError
        If the rows are of several kinds.
    OptionError
        For more than 60 days.
    RecordError
        If a column lacks, a day is none, or there are no rows.

    Examples
    --------
    >>> import mine_geo as mg
    >>> table = pd.DataFrame({
    ...     "as_of": ["2022-12-31", "2021-12-31"], "remaining_m2": [681_000_000, 900_000_000]})
    >>> ax = mg.plot.remaining(table)
    >>> ax.get_ylabel(), [label.get_text() for label in ax.get_xticklabels()]
    ('km² remaining', ['2021-12-31', '2022-12-31'])
    """
    zones = [f"{zone}_size_m2" for zone in ZONES]
    by_zone = set(zones) <= set(table.columns)
    found = next((name for name in ("remaining_m2", "size_m2") if name in table.columns), None)
    columns = zones if by_zone else [found or "remaining_m2"]
    rows = _rows(table, columns, "balance(...) or totals(split) with a column as_of")
    kinds = rows["kind"].unique() if "kind" in rows else ["one"]
    if len(kinds) > 1:
        raise MixedError(f"{some(kinds)}: kinds are never added up; draw one each")
    days = _days(rows)
    summed = rows[columns].groupby(days.to_numpy()).sum()
    _refuse_many(len(summed), "days")
    divisor, unit = _scale(summed.sum(axis=1).max(), "size_m2")
    heights = summed.to_numpy(dtype=float).T / divisor
    ax = _axes(ax, (_WIDTH, 3.6))
    if by_zone:
        styles: dict[str, dict[str, Any]] = {zone: _zone(zone) for zone in ZONES}
        _columns(ax, dict(zip(ZONES, heights, strict=True)), styles)
    else:
        _columns(ax, {"remaining": heights[0]}, {"remaining": _plain()})
    _ticks(ax, list(summed.index))
    ax.set_ylabel(f"{unit} remaining")
    return _finished(ax, ax.yaxis, synthetic=synthetic, legend=by_zone)


def sensitivity(table: pd.DataFrame, *, ax: Axes | None = None, synthetic: bool = False) -> Axes:
    """Draw the near m² under each rule, with and without the coast, and the border's accuracy.

    Parameters
    ----------
    table
        As `border_sensitivity` returns it: whole m², thresholds in metres.
    ax
        Axes to draw into; else a figure is made.
    synthetic
        Say on the chart that the hazards are invented.

    Returns
    -------
    matplotlib.axes.Axes
        A mark a rule, at the middle threshold, one for the land border and one with the coast; a
        line from the least to the greatest over all thresholds.

    Raises
    ------
    RecordError
        If the table is none of `border_sensitivity`, or has no rows.

    Examples
    --------
    >>> import mine_geo as mg
    >>> table = pd.DataFrame({
    ...     "rule": "edge", "include_coast": False, "threshold_m": [6950.0, 7000.0, 7050.0],
    ...     "near_size_m2": [348_000_000, 350_000_000, 353_000_000]})
    >>> ax = mg.plot.sensitivity(table)
    >>> ax.get_xlabel(), ax.lines[-1].get_xdata().tolist()
    ('km² nearer than 7,000 m', [350.0])
    """
    needed = ["rule", "include_coast", "threshold_m", "near_size_m2"]
    rows = _rows(table, needed, "border_sensitivity(hazards, border)")
    thresholds = np.sort(rows["threshold_m"].unique())
    middle = thresholds[len(thresholds) // 2]
    divisor, unit = _scale(rows["near_size_m2"].max(), "size_m2")
    rules = [rule for rule in RULES if (rows["rule"] == rule).any()]
    ax = _axes(ax, (_WIDTH, 0.9 + 0.5 * len(rules)))
    for coast, mark, line, label in (
        (False, "o", "border", "land border"),
        (True, "s", "coast", "with the coast"),
    ):
        of_line = rows[rows["include_coast"] == coast]
        colour = symbols.symbol(line).line
        shift = 0.14 if coast else -0.14
        for place, rule in enumerate(rules):
            each = of_line[of_line["rule"] == rule]
            if each.empty:
                continue
            sizes = each["near_size_m2"].to_numpy(dtype=float) / divisor
            at = each["threshold_m"].to_numpy() == middle
            ax.hlines(place + shift, sizes.min(), sizes.max(), color=colour, linewidth=2)
            named = label if rule == rules[0] else f"_{label}"
            ax.plot(
                sizes[at], np.full(at.sum(), place + shift), linestyle="", marker=mark,
                color=colour, markersize=6, label=named,
            )  # fmt: skip
    ax.set_yticks(range(len(rules)), rules)
    ax.invert_yaxis()
    ax.set_xlabel(f"{unit} nearer than {middle:,g} m")
    if len(thresholds) > 1:
        ax.set_title(
            f"mark: {middle:,g} m; line: {thresholds[0]:,g} to {thresholds[-1]:,g} m",
            loc="left", fontsize=8, color=symbols.ink("grey"),
        )  # fmt: skip
    return _finished(ax, ax.xaxis, synthetic=synthetic, bars=False)


def fan(
    plan: Plan, simulation: Simulation, *, ax: Axes | None = None, synthetic: bool = False
) -> Axes:
    """Draw what is left at the end of each year: the plan as a line, its runs as a fan.

    The same drawing as `mine-geo plan --chart` writes.

    Parameters
    ----------
    plan
        From `make_plan`.
    simulation
        Its runs, from `plan.simulate`.
    ax
        Axes to draw into; else a figure is made.
    synthetic
        Say on the chart that the hazards are invented.

    Returns
    -------
    matplotlib.axes.Axes
        km² left at the end of each year, with the bands of 50 and of 90 of 100 runs.

    Raises
    ------
    OptionError
        If the runs are of another plan.

    Examples
    --------
    >>> from datetime import date
    >>> import geopandas as gpd
    >>> import mine_geo as mg
    >>> from mine_geo.planning.plan_inputs import Capacity, PlanInputs
    >>> split = gpd.GeoDataFrame({
    ...     "hazard_id": ["AP-1"], "kind": "ap_minefield", "province_code": "02",
    ...     "province": "Battambang", "size_m2": [3_000_000], "zone": ["far"],
    ...     "near_size_m2": [0], "far_size_m2": [3_000_000], "border_distance_m": [8e3]})
    >>> inputs = PlanInputs("by hand", date(2026, 1, 1), (Capacity(1_000_000),))
    >>> plan = mg.make_plan(split, inputs)
    >>> ax = mg.plot.fan(plan, plan.simulate(runs=10))
    >>> ax.get_ylabel(), ax.lines[0].get_ydata().tolist()
    ('km² left', [3.0, 2.0, 1.0, 0.0])
    """
    if simulation.basis.ground is not plan.ground or simulation.basis.scenario != plan.scenario:
        raise OptionError("these runs are of another plan; give those of plan.simulate()")
    ax = _axes(ax, (_WIDTH, 4.0))
    draw_fan(plan, simulation, ax)
    _note(ax, synthetic=synthetic)
    return ax


def _rows(table: pd.DataFrame, needed: Any, made_by: str) -> pd.DataFrame:
    """Return the rows that are no sums, on a new index."""
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise RecordError(f"no column {some(missing)} in this table; give that of {made_by}")
    rows = table[table[ROW] == "data"] if ROW in table.columns else table
    if rows.empty:
        raise RecordError("this table has no rows to draw")
    unknown = [name for name in needed if rows[name].isna().any()]
    if unknown:
        raise RecordError(f"{some(unknown)} is not known in every row; leave those rows out")
    return rows.reset_index(drop=True)


def _refuse_many(count: int, what: str) -> None:
    if count > MOST_BARS:
        said = f"{count} {what} are more than can be read as bars ({MOST_BARS})"
        raise OptionError(f"{said}; draw a part of them")


def _days(rows: pd.DataFrame) -> pd.Series[str]:
    """Return the day of each row, as 2022-12-31."""
    name = next((name for name in ("day", "as_of", "year") if name in rows.columns), None)
    if name is None:
        raise RecordError("no column day, as_of or year in this table; say the day of each row")
    if name == "year":
        return rows["year"].astype("int64").map(lambda year: f"{year:04d}-12-31")
    days = read_days(rows[name])[0]
    if days.isna().any():
        raise RecordError(f"{name} {some(rows[name][days.isna()])} is no day; write 2022-12-31")
    return days.dt.strftime("%Y-%m-%d")


def _labels(rows: pd.DataFrame) -> list[str]:
    """Return what a row is called: its keys without their codes, the last one first."""
    figures = {*figures_in(rows), *TOTAL_COLUMNS}
    keys = [name for name in rows.columns if name not in figures and name != ROW]
    keys = [name for name in keys if not (name.endswith("_code") and name[:-5] in keys)]
    named = [
        [_word(cell) for cell in reversed(row)]
        for row in rows[keys].itertuples(index=False, name=None)
    ]
    if not keys:
        return ["all"] * len(rows)
    return [row[0] + (f" ({', '.join(row[1:])})" if row[1:] else "") for row in named]


def _word(cell: Any) -> str:
    return "not recorded" if pd.isna(cell) else str(cell).replace("_", " ")


def _scale(largest: float, measure: str) -> tuple[int, str]:
    """Return by what figures are divided, and the unit that gives."""
    if measure == "hazards":
        return 1, "hazards"
    return (SQUARE_KM, "km²") if largest >= SQUARE_KM else (1, "m²")


def _figure(value: float) -> str:
    """Write a figure with separators: whole from 100 on, else with one decimal.

    Examples
    --------
    >>> _figure(1234.5), _figure(12.34), _figure(0.0)
    ('1,234', '12.3', '0')
    """
    whole = value >= 100 or value == round(value)
    return f"{value:,.0f}" if whole else f"{value:,.1f}"


def _axes(ax: Axes | None, inches: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # noqa: PLC0415  (only where a figure is to be made)

    return plt.subplots(figsize=inches, layout="constrained")[1]


def _zone(zone: str) -> dict[str, Any]:
    """Return how a zone's bars look: the far ones hatched, for print without colour."""
    colour = symbols.symbol(f"zone_{zone}").fill
    return {"color": colour, "edgecolor": "white", "linewidth": 0.4, "hatch": _HATCHES.get(zone)}


def _outcome(outcome: str) -> dict[str, Any]:
    """Return how the bars of an outcome look: from light to dark, within one outline."""
    found = symbols.symbol(outcome)
    return {"color": found.fill, "edgecolor": found.line, "linewidth": 0.6}


def _plain() -> dict[str, Any]:
    return {"color": symbols.symbol("remaining_5").fill, "linewidth": 0}


def _columns(ax: Axes, parts: Mapping[str, Any], styles: Mapping[str, dict[str, Any]]) -> None:
    """Draw stacks of upright bars, with the whole of each over it."""
    bottom = np.zeros(len(next(iter(parts.values()))))
    places = np.arange(len(bottom))
    for name, heights in parts.items():
        ax.bar(places, heights, bottom=bottom, width=0.72, label=name, **styles[name])
        bottom = bottom + heights
    for place, sum_ in zip(places, bottom, strict=True):
        ax.annotate(
            _figure(sum_), (place, sum_), xytext=(0, 2), textcoords="offset points",
            ha="center", fontsize=7, color=symbols.ink("grey"),
        )  # fmt: skip


def _ticks(ax: Axes, labels: Sequence[str]) -> None:
    ax.set_xticks(range(len(labels)), labels)
    if len(labels) * max(map(len, labels)) > 80:
        ax.tick_params(axis="x", labelrotation=60)


def _finished(
    ax: Axes, axis: Any, *, synthetic: bool, legend: bool = True, bars: bool = True
) -> Axes:
    """Give an axis of figures its separators and its zero, and say what is what."""
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    if bars and axis.axis_name == "x":
        ax.set_xlim(left=0)
    elif bars:
        ax.set_ylim(bottom=0)
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    if legend:
        ax.legend(frameon=False, fontsize=8)
    _note(ax, synthetic=synthetic)
    return ax


def _note(ax: Axes, *, synthetic: bool) -> None:
    if synthetic:
        ax.annotate(
            SYNTHETIC, (1, 1), xycoords="axes fraction", ha="right", va="bottom",
            fontsize=6.5, color=symbols.ink("warning"),
        )  # fmt: skip
