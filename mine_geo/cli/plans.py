"""Commands of plans: `plan`, `capacity`, `programmes`, `sampling`."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

import click

from mine_geo.cli.options import (
    KIND,
    Reading,
    Sheet,
    as_day,
    as_known_options,
    days_written,
    echo,
    example,
    open_named,
    output_options,
    reading_options,
    replaceable,
    wrote,
)
from mine_geo.errors import OptionError
from mine_geo.terms import OUTCOMES, TIME_ZONE

if TYPE_CHECKING:
    import pandas as pd

    from mine_geo.planning.plan import Plan
    from mine_geo.planning.simulation import Simulation
    from mine_geo.terms import Kind, ReleaseGroup

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


def _simulated(made: Plan, runs: int, seed: int) -> Simulation:
    """Run the plan many times, with a bar, and say how long it took."""
    from mine_geo.cli import terminal  # noqa: PLC0415

    began = time.perf_counter()
    with terminal.counting() as counted:
        found = made.simulate(
            runs=runs,
            seed=seed,
            progress=lambda done, whole: counted(done, whole, f"{runs:,} runs, year by year"),
        )
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


_SHOWN: Final = ("done", "efficiency", "nothing", "teams")


@click.command(epilog=example("mine-geo capacity --by operator --plan plan.toml"))
@click.option(
    "--show",
    default="done",
    show_default=True,
    type=click.Choice(_SHOWN),
    help="m² a year as done; how a year's land was released; where clearance found nothing; "
    "rates of teams.",
)
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(("operator", "province", "district", "all")),
    help="Groups; may be given again. Else operator and province; all: none.",
)
@click.option("--since", callback=as_day, metavar="DAY", help="Only releases after this day.")
@click.option("--year", type=int, help="Of efficiency: which year; else the last with releases.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A plan (TOML) whose capacity stands beside.",
)
@click.option(
    "--teams",
    "teams_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A CSV of teams: method, team, working_months, released_m2.",
)
@KIND
@as_known_options
@output_options
@click.pass_context
def capacity(
    ctx: click.Context,
    *,
    show: str,
    by: tuple[str, ...],
    since: str | None,
    year: int | None,
    plan_file: Path | None,
    teams_file: Path | None,
    kind: Kind | None,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Show capacity as it was done: m² a year by operator and province, from the ledger.

    Of AP minefields, unless --kind says another: kinds are never added up.
    """
    from mine_geo.planning import capacity as done  # noqa: PLC0415

    if show == "teams" or teams_file is not None:
        if teams_file is None:
            raise OptionError("--show teams needs --teams FILE")
        rates = done.team_rates(done.read_teams(teams_file))
        Sheet(rates, None, f"m² of a team-month by method, {teams_file.name}").give(format_, output)
        return
    from mine_geo.ledger.fold import fold  # noqa: PLC0415
    from mine_geo.planning.plan_inputs import read_plan  # noqa: PLC0415

    of = kind or "ap_minefield"
    store = open_named(ctx)
    state = fold(store.events(), as_of=as_of, known_at=known_at)
    groups = cast("tuple[ReleaseGroup, ...]", by or ("operator", "province"))
    groups = () if "all" in by else groups
    if show == "nothing":
        table = done.cleared_nothing(state, kind=of, since=since)
        title = f"{of}: clearance that found nothing, or does not say"
    elif show == "efficiency":
        years = done.as_done(state, kind=of, by=[], since=since)["year"]
        if year is None and years.empty:
            raise OptionError(f"nothing of {of} is released; there is no year to show")
        asked = int(years.max()) if year is None else year
        table = done.efficiency(state, kind=of, year=asked, by=groups)
        if format_ == "table" and output is None:
            table = _in_percent(table.dropna(axis="columns", how="all"))
        share = done.cha_share(state.hazards[state.hazards["kind"] == of])
        title = f"{of}: how the land of {asked} was released"
        title += "" if math.isnan(share) else f"; CHA share of what is left {share:.1%}"
    else:
        planned = None if plan_file is None else read_plan(plan_file)
        table = done.as_done(state, kind=of, by=groups, since=since, planned=planned)
        title = f"{of}: m² a year as done" + (f", beside {planned.name}" if planned else "")
    Sheet(table, store, title).give(format_, output)


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    """Return shares in percent, for a terminal."""
    shares = [str(name) for name in table.columns if str(name).endswith("_share")]
    found = table.assign(**{name: (table[name] * 100).astype(float).round(1) for name in shares})
    found = found.rename(columns={name: f"{name.removesuffix('_share')} %" for name in shares})
    return found.drop(columns="province_code", errors="ignore")


@click.command(epilog=example("mine-geo programmes --as-of 2026-12-31"))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@as_known_options
@output_options
@click.pass_context
def programmes(
    ctx: click.Context,
    *,
    file: Path | None,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Show how far programmes are: named sets of hazards with a baseline and perhaps a target.

    Those of the store (`load programmes`), or of FILE, a row a hazard: programme, baseline_on,
    hazard_id, target_year. A target that no document gives is unknown, and so is whether it is met.
    """
    from mine_geo.ledger.fold import fold  # noqa: PLC0415
    from mine_geo.planning.programmes import programme_progress  # noqa: PLC0415
    from mine_geo.planning.units import read_entries  # noqa: PLC0415

    store = open_named(ctx)
    state = fold(store.events(), as_of=as_of, known_at=known_at)
    day = as_of or datetime.now(ZoneInfo(TIME_ZONE)).date().isoformat()
    members = store.listed("programmes", known_at=known_at) if file is None else read_entries(file)
    table = programme_progress(members, state, today=day)
    if format_ == "table" and output is None:
        table = table.drop(columns="province_code")
        shares = ["done_share", "due_share"]
        table[shares] = table[shares].round(3)
    Sheet(table, store, f"Programmes as of {day}", as_of=day).give(format_, output)


@click.command(epilog=example("mine-geo sampling --defective 5 --since 2023-12-31"))
@click.option(
    "--defective",
    required=True,
    type=click.IntRange(min=1),
    help="So many bad releases must not pass.",
)
@click.option(
    "--confidence",
    default="0.95",
    show_default=True,
    help="The least probability with which they are found out.",
)
@click.option(
    "--accept",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Bad ones that the sample may hold all the same.",
)
@click.option("--seed", default=0, show_default=True, type=int, help="Draws the sample.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Only releases of this outcome.")
@click.option("--since", callback=as_day, metavar="DAY", help="From the end of this day on.")
@KIND
@as_known_options
@output_options
@click.pass_context
def sampling(
    ctx: click.Context,
    *,
    defective: int,
    confidence: str,
    accept: int,
    seed: int,
    outcome: str | None,
    since: str | None,
    kind: Kind | None,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Say how many releases to inspect, and which.

    The fewest that find out a lot with --defective bad ones, by exact hypergeometric probability;
    the same seed draws the same releases.
    """
    from mine_geo.planning.sampling import inspections, sampling_plan  # noqa: PLC0415

    store = open_named(ctx)
    released = store.released_land(as_of=as_of, known_at=known_at, since=since, kind=kind)
    if outcome is not None:
        released = released[released["outcome"] == outcome]
    title, table = "Nothing was released, and there is nothing to inspect", released.head(0)
    if len(released):
        found = sampling_plan(
            released["event_id"].tolist(),
            defective=defective, confidence=confidence, accept=accept, seed=seed,
        )  # fmt: skip
        table = inspections(released, found)
        title = (
            f"Inspect {found.size:,} of {found.lot:,} releases (seed {seed}): with {defective} bad "
            f"ones the lot passes with {float(found.missed):.3%}"
        )
    if format_ == "table" and output is None:
        table = table.drop(columns=["hazard_id", "province", "geometry"], errors="ignore")
    Sheet(days_written(table), store, title, {"released_m2": "m²"}).give(format_, output)
