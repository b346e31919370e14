"""Commands of plans and villages: `plan`, `mine-free`."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mine_geo.cli.options import (
    Reading,
    Sheet,
    as_known_options,
    echo,
    example,
    open_named,
    output_options,
    reading_options,
    replaceable,
    wrote,
)
from mine_geo.errors import OptionError, some
from mine_geo.terms import KINDS

if TYPE_CHECKING:
    import pandas as pd

    from mine_geo.planning.plan import Plan
    from mine_geo.planning.simulation import Simulation
    from mine_geo.planning.units import Level

_NAMES = {
    name: name.removesuffix("_m2").replace("_", " ") + " m²"
    for name in (
        "opening_m2", "inflow_m2", "released_m2", "far_released_m2", "near_released_m2",
        "remaining_m2", "far_remaining_m2", "near_remaining_m2", "blocked_m2", "residual_m2",
    )
} | {"cost_usd": "USD"}  # fmt: skip
_YEARS = ["years", "finished", "p5", "p25", "p50", "p75", "p95"]
_OUTCOMES = ["cancelled_m2", "reduced_m2", "cleared_m2"]


@click.command(epilog=example("mine-geo plan plan.toml --simulate 10000 --chart fan.png"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--show",
    default="years",
    show_default=True,
    type=click.Choice(("years", "provinces", "finish")),
    help="Year by year, by province too, or when each province is finished.",
)
@click.option("--scenario", metavar="NAME", help="One of the plan's scenarios.")
@click.option(
    "--simulate",
    "runs",
    type=int,
    metavar="RUNS",
    help="Also run it so often with varied inputs: the years in which it may end.",
)
@click.option("--seed", default=0, show_default=True, help="The same seed, the same runs.")
@click.option(
    "--chart",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the runs as a fan (.png .svg .pdf); 10,000 runs unless --simulate says.",
)
@output_options
@reading_options
@click.pass_context
def plan(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    reading: Reading,
    file: Path,
    show: str,
    scenario: str | None,
    runs: int | None,
    seed: int,
    chart: Path | None,
    format_: str,
    output: Path | None,
) -> None:
    """Compute a plan from the register: what is released, left and paid, and when it ends.

    FILE is a TOML file of capacity, cost, shares and inflow; the register is that of the evening
    before it starts, unless --as-of says another day. With --simulate the table is of its runs.
    """
    from mine_geo.planning.plan import make_plan  # noqa: PLC0415
    from mine_geo.planning.plan_inputs import read_plan  # noqa: PLC0415
    from mine_geo.tables.envelope import Zones  # noqa: PLC0415

    if chart is not None:
        from mine_geo.planning.fan import chart_format, fan_chart  # noqa: PLC0415

        chart_format(chart)  # before anything is run
    inputs = read_plan(file)
    store = open_named(ctx)
    reading = replace(reading, kind=reading.kind or inputs.kind)
    reading = reading.on((inputs.start - timedelta(days=1)).isoformat())
    made = make_plan(reading.split(store), inputs, scenario=scenario)
    plain = format_ == "table" and output is None
    zones = Zones(reading.threshold_m, reading.rule, reading.include_coast)
    title = "\n".join([f"{inputs.name}: {reading}", *made.remarks])
    if chart is not None or runs is not None:
        found = _simulated(made, 10_000 if runs is None else runs, seed)
        if chart is not None:
            fan_chart(made, found, chart, synthetic=store.synthetic, replace=replaceable())
            echo(wrote(chart, public=None), err=True)
        if runs is not None:
            title += f"\n{found.runs:,} runs, seed {seed}: the year in which each may be finished"
            ends = _readable(found.provinces) if plain else found.provinces
            Sheet(ends, store, title, zones=zones, as_of=reading.as_of).give(format_, output)
            return
    table = {"years": made.years, "provinces": made.provinces, "finish": made.remaining}[show]
    if plain:
        table = _readable(table.drop(columns=[*_OUTCOMES, "province_code"], errors="ignore"))
    Sheet(table, store, title, _NAMES, zones, reading.as_of).give(format_, output)


@click.command("mine-free", epilog=example("mine-geo mine-free --level village --units list.csv"))
@click.option(
    "--level",
    default="district",
    show_default=True,
    type=click.Choice(("district", "commune", "village")),
    help="Which units are declared.",
)
@click.option(
    "--units",
    "units_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Their codes and names, a CSV or a layer; else the districts of the store.",
)
@as_known_options
@output_options
@click.pass_context
def mine_free(
    ctx: click.Context,
    level: Level,
    units_file: Path | None,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """List what stands between each unit and its declaration as mine-free, nearest first.

    Hazards of all kinds count; records that wait on the workbench stand apart.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.planning import units, villages  # noqa: PLC0415

    store = open_named(ctx)
    if units_file is not None:
        listed = units.read_units(units_file, level=level)
    elif level == "district":
        listed = units.of_districts(store.admin())
    else:
        raise OptionError(f"say --units FILE: the store holds no {level}s, only districts")
    hazards = store.hazards(as_of=as_of, known_at=known_at)
    waits = hazards["in_workbench"].astype(bool)
    table = villages.mine_free(
        hazards[~waits], listed, level=level, waiting=hazards[waits], as_of=as_of
    )
    counts = table["state"].value_counts()
    said = ", ".join(f"{counts.get(state, 0):,} {state}" for state in villages.STATES)
    title = f"What stands between each {level} and its declaration: {said}"
    plain = format_ == "table" and output is None
    if plain:
        kinds = [f"{kind}_m2" for kind in KINDS if not table[f"{kind}_m2"].any()]
        table = table.drop(columns=[*kinds, "declared_on"])
    Sheet(table, store, title, {f"{kind}_m2": f"{kind} m²" for kind in KINDS}).give(format_, output)
    unknown = [name for name in villages.COUNTS if table[name].isna().all()]
    if plain and unknown and len(table):
        words = some(name.replace("_", " ") for name in unknown)
        terminal.show_lines([f"Not looked at: {words}. A state says nothing of these."])
    surplus = listed[listed["surplus"] > 0] if "surplus" in listed else listed.head(0)
    if plain and len(surplus):
        terminal.show_lines([f"Codes on several rows of the list: {some(surplus['code'], 60)}."])


def _simulated(made: Plan, runs: int, seed: int) -> Simulation:
    """Run the plan many times, with a bar, and say how long it took."""
    from mine_geo.cli import terminal  # noqa: PLC0415

    began = time.perf_counter()
    with terminal.counting() as counted:
        done = 0

        def next_year(year: int) -> None:
            nonlocal done
            done += 1
            counted(done, 100, str(year))

        found = made.simulate(runs=runs, seed=seed, progress=next_year)
    echo(f"{runs:,} runs in {time.perf_counter() - began:.1f} s", err=True)
    return found


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """Write the years that never come as such, and the others with two decimals."""
    found = table.copy()
    if "cost_usd" in found:
        found["cost_usd"] = found["cost_usd"].astype("Float64").round().astype("Int64")
    for name in found.columns.intersection(_YEARS):
        found[name] = found[name].map(_year)
    return found.drop(columns=["p10", "p90"], errors="ignore")


def _year(value: float) -> str:
    return "never" if value == float("inf") else f"{value:.2f}"
