"""The fan of a simulation: what may be left at the end of each year, drawn."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mine_geo.disclosure import restriction
from mine_geo.errors import OptionError
from mine_geo.planning.ground import in_calendar
from mine_geo.terms import SYNTHETIC

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes

    from mine_geo.planning.plan import Plan
    from mine_geo.planning.simulation import Simulation

FORMATS: Final = (".png", ".svg", ".pdf")
_BANDS: Final = (("p5", "p95", 0.18, "90 of 100 runs"), ("p25", "p75", 0.38, "50 of 100 runs"))
_COLOUR: Final = "#1f5c8b"
_SQUARE_KM: Final = 1e6


def chart_format(path: Path) -> str:
    """Return the ending of a chart's file.

    Raises
    ------
    OptionError
        If it is none of `FORMATS`.

    Examples
    --------
    >>> chart_format(Path("fan.PNG"))
    '.png'
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise OptionError(f"{path.name}: a chart is written as {', '.join(FORMATS)}")
    return kind


def fan_chart(
    plan: Plan,
    simulation: Simulation,
    path: str | os.PathLike[str],
    *,
    synthetic: bool = False,
    replace: str | None = None,
) -> Path:
    """Draw what is left at the end of each year: the plan as a line, its runs as a fan.

    Parameters
    ----------
    plan
        The plan.
    simulation
        Its runs, from `Plan.simulate`.
    path
        Where to write; the ending says how, one of `FORMATS`.
    synthetic
        Whether the hazards are invented: the chart says so.
    replace
        "restricted", to put it in the place of a restricted file.

    Returns
    -------
    pathlib.Path
        The file. It holds no record, only sums, km².

    Raises
    ------
    OptionError
        If the ending is none of `FORMATS`.
    FileError
        If it cannot be written.
    """
    path = Path(path)
    kind = chart_format(path)
    restriction.check(path, public=None, replace=replace)
    figure = Figure(figsize=(8, 4.6), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    draw_fan(plan, simulation, figure.add_subplot())
    apart = int(plan.ground.blocked.sum() + plan.ground.residual.sum()) / _SQUARE_KM
    said = f"{simulation.runs:,} runs, seed {simulation.seed}; inputs {plan.inputs.digest[:12]}"
    said += f"; {apart:,.1f} km² blocked or residual are not in it" if apart else ""
    said += f"\n{SYNTHETIC}" if synthetic else ""
    figure.supxlabel(said, fontsize=7, color="#444444")
    written = io.BytesIO()
    undated = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    figure.savefig(written, format=kind[1:], metadata=undated[kind])
    restriction.put(path, written.getvalue(), restricted=False)
    return path


def draw_fan(plan: Plan, simulation: Simulation, axes: Axes) -> None:
    """Draw the plan and its runs into axes: km² left at the end of each year.

    Parameters
    ----------
    plan
        The plan, a line.
    simulation
        Its runs, from `Plan.simulate`: bands of 50 and of 90 of 100.
    axes
        Where to draw.
    """
    fan = simulation.years
    start = in_calendar(plan.inputs.start, 0.0)
    ends = np.concatenate([[start], fan["year"].to_numpy() + 1])
    opening = int(plan.ground.stock.sum()) / _SQUARE_KM
    for low, high, alpha, label in _BANDS:
        axes.fill_between(
            ends,
            [opening, *(fan[low] / _SQUARE_KM)],
            [opening, *(fan[high] / _SQUARE_KM)],
            color=_COLOUR, alpha=alpha, linewidth=0, label=label,
        )  # fmt: skip
    years = plan.years
    axes.plot(
        [start, *(years["year"] + 1)],
        [opening, *(years["remaining_m2"] / _SQUARE_KM)],
        color=_COLOUR, marker="o", markersize=3, label="the plan",
    )  # fmt: skip
    horizon = plan.inputs.horizon + 1
    axes.axvline(horizon, color="#8b1f1f", linewidth=1, linestyle="--")
    axes.annotate(
        f"end of {plan.inputs.horizon}", (horizon, opening), color="#8b1f1f",
        xytext=(-4, 0), textcoords="offset points", ha="right", va="top", fontsize=8,
    )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_ylabel("km² left")
    axes.set_xticks(np.arange(int(start), max(ends.max(), horizon) + 1))
    axes.set_xlabel("1 January of the year")
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    name = plan.inputs.name + ("" if plan.scenario is None else f", scenario {plan.scenario}")
    axes.set_title(name, loc="left", fontsize=10)
