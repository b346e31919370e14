"""Commands of the lists beside the ledger: `load accidents` and its like, `list`, `withdraw`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from mine_geo.cli.options import (
    FILE,
    LAYER,
    YES,
    Sheet,
    as_moment,
    days_written,
    echo,
    example,
    open_named,
    output_options,
)
from mine_geo.errors import some

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


LISTS: Final = {
    "declarations": "units that were declared free of mines: level, code, declared_on",
    "accidents": "accidents: happened_on, and a point or units; no names of persons",
    "evidence": "evidence: found_on, evidence (direct, indirect), and a point or units",
    "weights": "a weight set (TOML), to be had again by its hash",
    "programmes": "programmes, a row a hazard: programme, baseline_on, hazard_id, target_year",
    "inspections": "inspections of released land: hazard_id, inspected_on, verdict",
    "operator-totals": "operators' own totals: operator, outcome, year, reported_m2, source",
}
"""What each list holds, by the word that the command has for it."""
NAME: Final = click.argument("name", type=click.Choice(tuple(LISTS)))
BY: Final = click.option("--recorded-by", metavar="NAME", help="Who records it; kept with it.")


def loading(name: str) -> click.Command:
    """Return the command `load` of a list."""
    file = "2026.toml" if name == "weights" else f"{name}.csv"

    @click.command(
        name,
        help=f"Add {LISTS[name]}.\n\nThe same entries again change nothing; `mine-geo withdraw` "
        "takes one back.",
        epilog=example(f"mine-geo load {name} {file}"),
    )
    @FILE
    @LAYER
    @BY
    @click.pass_context
    def load(ctx: click.Context, file: Path, layer: str | None, recorded_by: str | None) -> None:
        table = _read(name, file, layer)
        done = open_named(ctx).add_entries(_of(name), table, recorded_by=recorded_by)
        echo(f"{name}: {done.added:,} added, {done.unchanged:,} there already")
        if done.left_out:
            echo(f"note: left out, the list has no such columns: {some(done.left_out, 20)}")

    return load


def _of(name: str) -> str:
    return name.replace("-", "_")


def _read(name: str, file: Path, layer: str | None) -> pd.DataFrame:
    """Read a file of entries, every cell of a table as text."""
    from mine_geo.store import read_list_file, weight_set  # noqa: PLC0415

    return weight_set(file) if name == "weights" else read_list_file(file, layer)


@click.command("list", epilog=example("mine-geo list accidents -o accidents.csv"))
@NAME
@click.option(
    "--known-at",
    callback=as_moment,
    metavar="MOMENT",
    help="As recorded by this moment, 2024-04-30T12:00+07:00.",
)
@click.option("--withdrawn", is_flag=True, help="Those that were withdrawn too, with the reason.")
@output_options
@click.pass_context
def list_entries(
    ctx: click.Context,
    name: str,
    known_at: str | None,
    format_: str,
    output: Path | None,
    *,
    withdrawn: bool,
) -> None:
    """List the entries of a list, as they stand."""
    store = open_named(ctx)
    table = _shown(
        store.listed(_of(name), known_at=known_at, withdrawn=withdrawn),
        plain=format_ == "table" and output is None,
    )
    Sheet(table, store, f"{name}: {len(table):,}").give(format_, output)


def _shown(table: pd.DataFrame, *, plain: bool) -> pd.DataFrame:
    """Return entries as a table has them: a point as lon and lat; on a terminal what is said."""
    if "geometry" in table:
        points = table.geometry.geom_type.isin(["Point"]) | table.geometry.isna()
        if points.all():
            table = table.assign(lon=table.geometry.x, lat=table.geometry.y)
        table = table.drop(columns="geometry")
    table = days_written(table)
    if not plain:
        return table
    table = table.drop(columns=["weights", "recorded_at", "recorded_by"], errors="ignore")
    return table[[name for name in table if name == "entry_id" or table[name].notna().any()]]


@click.command(epilog=example("mine-geo withdraw accidents A-17 --reason 'of another country'"))
@NAME
@click.argument("entry_id")
@click.option("--reason", required=True, help="Why it does not hold.")
@BY
@YES
@click.pass_context
def withdraw(
    ctx: click.Context,
    name: str,
    entry_id: str,
    reason: str,
    recorded_by: str | None,
    *,
    yes: bool,
) -> None:
    """Show an entry of a list that is to be withdrawn; with --yes withdraw it.

    Nothing is deleted: `mine-geo list --withdrawn` shows it, with the reason.
    """
    store = open_named(ctx)
    entry = store.withdraw_entry(
        _of(name), entry_id, reason=reason, recorded_by=recorded_by, dry_run=not yes
    )
    if yes:
        echo(f"{entry_id}: withdrawn from {name}: {reason}")
        return
    Sheet(_shown(entry, plain=True), store, f"{name}: {entry_id}: not withdrawn yet").give(
        "table", None
    )
    echo("Say it again with --yes to withdraw it.")
