"""Commands of the ledger: `release`, `history`, `releases`, `balance`, `changes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from mine_geo import terms
from mine_geo.cli.options import (
    COAST,
    FILE,
    KIND,
    LAYER,
    Sheet,
    as_day,
    as_known_options,
    example,
    in_words,
    open_named,
    output_options,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.release import Release

SINCE: Final = click.option(
    "--since", callback=as_day, metavar="DAY", help="From the end of this day on."
)
NAMES: Final = {
    "opening_m2": "opening",
    "registered_m2": "registered",
    "amended_m2": "amended",
    "transferred_m2": "transf.",
    "cancelled_m2": "cancelled m²",
    "reduced_m2": "reduced m²",
    "cleared_m2": "cleared m²",
    "released_m2": "released m²",
    "reported_m2": "reported m²",
    "remaining_m2": "remaining",
    "moved_m2": "moved",
    "before_m2": "before m²",
    "after_m2": "after m²",
    "change_m2": "change m²",
}
ITEMS: Final = ("ap_mines", "av_mines", "submunitions", "uxo")


def _ordnance(command: Any) -> Any:
    for item in reversed(ITEMS):
        option = f"--{item.replace('_', '-')}"
        command = click.option(option, item, type=int, help="Items found and destroyed.")(command)
    return command


@click.command(
    epilog=example("mine-geo release AP-0209-0001 worked.gpkg --outcome cleared --on 2024-05-03")
)
@click.argument("hazard_id")
@FILE
@LAYER
@click.option(
    "--outcome",
    required=True,
    type=click.Choice(terms.OUTCOMES),
    help="NTS cancels, TS reduces, clearance clears.",
)
@click.option(
    "--on", "happened_on", required=True, callback=as_day, metavar="DAY", help="Day of the work."
)
@click.option("--operator", help="Who did it.")
@click.option("--report", "report_ref", help="Reference of the report.")
@click.option("--event-id", help="An id of your own; sending it again changes nothing.")
@click.option(
    "--reported-size",
    "reported_size_m2",
    type=float,
    metavar="M2",
    help="m² as the operator wrote it.",
)
@_ordnance
@click.option("--comment", help="A remark, kept with the event.")
@click.option("--yes", is_flag=True, help="Write it; without this it is only shown.")
@click.pass_context
def release(
    ctx: click.Context,
    /,
    hazard_id: str,
    file: Path,
    layer: str | None,
    outcome: str,
    happened_on: str,
    *,
    yes: bool,
    **facts: Any,
) -> None:
    """Show what releasing a polygon leaves of a hazard; with --yes record it in the ledger.

    FILE holds the land worked on: one polygon, or several that are taken together.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.release import release_area  # noqa: PLC0415
    from mine_geo.vector import read_vector  # noqa: PLC0415

    click.echo(f"{hazard_id}: {outcome} on {in_words(happened_on)}")
    polygon = read_vector(file, layer)
    store = open_named(ctx)
    if not yes:
        hazards = store.hazards(as_of=happened_on, closed=True)
        shown = release_area(hazards, hazard_id, polygon, outcome=outcome)
        title = terminal.heading(store.name, synthetic=store.synthetic)
        terminal.show_table(_previewed(shown), title=f"{title}\n{hazard_id}: not written yet")
        terminal.show_lines([*map(str, shown.notes), "Record it with the same words and --yes."])
        return
    done = store.record(
        hazard_id, outcome, polygon, happened_on=happened_on,
        operator=facts["operator"], report_ref=facts["report_ref"], event_id=facts["event_id"],
        reported_size_m2=facts["reported_size_m2"], ap_mines=facts["ap_mines"],
        av_mines=facts["av_mines"], submunitions=facts["submunitions"], uxo=facts["uxo"],
        comment=facts["comment"],
    )  # fmt: skip
    said = "recorded" if done.new else "there already, nothing written"
    click.echo(f"{done}: {said}; {outcome} {done.released_m2:,} m², {done.after_m2:,} m² remain")
    for note in done.notes:
        click.echo(f"note: {note}")


def _previewed(shown: Release) -> Any:
    import pandas as pd  # noqa: PLC0415

    balance = shown.balance
    rows = [
        ("before", balance.before_m2),
        (shown.outcome, balance.released_m2),
        ("remaining", balance.after_m2),
        ("worked outside the hazard", shown.outside_m2),
    ]
    return pd.DataFrame(rows, columns=["what", "m²"])


@click.command(epilog=example("mine-geo history AP-0211-0076 --known-at 2022-01-31T00:00Z"))
@click.argument("hazard_id")
@as_known_options
@output_options
@click.pass_context
def history(
    ctx: click.Context,
    hazard_id: str,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """List the events of a hazard, with what each did in m²."""
    store = open_named(ctx)
    table = store.history(hazard_id, as_of=as_of, known_at=known_at)
    if format_ == "table" and output is None:
        columns = ["happened_on", "event_type", "operator", "before_m2", "after_m2", "event_id"]
        voided = table["voided"].astype(bool)
        days = table["happened_on"].dt.strftime("%Y-%m-%d")
        types = table["event_type"].where(~voided, table["event_type"] + " (void)")
        table = table.assign(happened_on=days, event_type=types)[columns]
    Sheet(table, store, f"History of {hazard_id}", NAMES).give(format_, output)


@click.command(epilog=example("mine-geo releases --kind ap_minefield --by year --by province"))
@click.option(
    "--by",
    multiple=True,
    default=("year", "province"),
    show_default=True,
    help="year, province, district, outcome, operator, kind, zone; may be given again.",
)
@SINCE
@KIND
@COAST
@as_known_options
@output_options
@click.pass_context
def releases(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    by: tuple[str, ...],
    since: str | None,
    kind: str | None,
    include_coast: bool,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Add up released m² by outcome, as it took effect and as it was reported."""
    store = open_named(ctx)
    table = store.releases(
        list(by), since=since, kind=kind, include_coast=include_coast, as_of=as_of,
        known_at=known_at, total=True,
    )  # fmt: skip
    if format_ == "table" and output is None:
        spare = ["province_code", "district_code", "unreported", "events", *ITEMS]
        if len(by) > 1:
            spare.append("reported_m2")
        table = table.drop(columns=spare, errors="ignore")
    Sheet(table, store, "Released land", NAMES).give(format_, output)


@click.command(epilog=example("mine-geo balance --since 2021-12-31 --as-of 2022-12-31 --by zone"))
@click.option("--by", multiple=True, help="province, district, kind, zone, ...; may be repeated.")
@SINCE
@KIND
@COAST
@as_known_options
@output_options
@click.pass_context
def balance(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    by: tuple[str, ...],
    since: str | None,
    kind: str | None,
    include_coast: bool,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Show what moved the register in a period: opening, movements, what remains, in m²."""
    store = open_named(ctx)
    table = store.balance(
        since, by=list(by), kind=kind, include_coast=include_coast, as_of=as_of,
        known_at=known_at, total=bool(by),
    )  # fmt: skip
    if format_ == "table" and output is None:
        table = table.drop(columns=["province_code", "district_code"], errors="ignore")
        table = _upright(table, list(by))
    Sheet(table, store, _period(since, as_of), NAMES).give(format_, output)


def _upright(table: Any, by: list[str]) -> Any:
    """Return the movements one below the other, for 80 columns; a column for each group."""
    if len(table) > 4:
        return table
    labels = [" ".join(map(str, row)) for row in table[by].itertuples(index=False)] or ["m²"]
    upright = table.drop(columns=by).T.set_axis(labels, axis=1)
    return upright.rename_axis("movement").reset_index()


def _period(since: str | None, as_of: str | None) -> str:
    first = f"from the end of {since}" if since else "from the beginning"
    return f"Movements in m² {first} to {f'the end of {as_of}' if as_of else 'now'}"


@click.command(epilog=example("mine-geo changes --since 2024-04-30T00:00+07:00"))
@click.option("--since", required=True, metavar="MOMENT", help="When the totals were last read.")
@output_options
@click.pass_context
def changes(ctx: click.Context, since: str, format_: str, output: Path | None) -> None:
    """Say which events moved the totals since a moment, and why."""
    store = open_named(ctx)
    table = store.changes(since)
    change, events = int(table["change_m2"].sum()), len(table)
    if format_ == "table" and output is None:
        columns = ["hazard_id", "event_type", "happened_on", "why", "change_m2"]
        days = table["happened_on"].dt.strftime("%Y-%m-%d")
        table = table.assign(happened_on=days)[columns]
        table = table[table["change_m2"] != 0]
    title = f"What moved since {since}: {change:+,} m² in {events:,} events"
    Sheet(table, store, title, NAMES).give(format_, output)
