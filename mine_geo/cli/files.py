"""Commands of foreign files: `check`, `compare`, `forms`, and how they say what they found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from mine_geo.cli.options import (
    FILE,
    AdminReading,
    BorderReading,
    Commands,
    FileReading,
    Sheet,
    admin_options,
    as_options,
    border_options,
    echo,
    example,
    file_options,
    held,
    leaving,
    open_named,
    output_options,
    replace_options,
    replaceable,
    wrote,
)
from mine_geo.errors import FINDINGS_EXIT, OptionError, StoreNotFoundError

if TYPE_CHECKING:
    import pandas as pd

    from mine_geo.intake import Layer, Received
    from mine_geo.intake.received import What
    from mine_geo.store import Accepted, Left, Store


REPORTS: Final = click.option(
    "--reports/--hazards",
    "reports",
    default=None,
    help="What the file holds: reports of released land, or hazards; else its columns tell.",
)
ALL_HAZARDS: Final = click.option(
    "--all-hazards",
    is_flag=True,
    help="A report that names no hazard is of every hazard that its polygon touches.",
)
EXPLAIN: Final = click.option(
    "--explain", is_flag=True, help="Which column went where, and what each word was taken for."
)
EVERY: Final = click.option(
    "--all", "every", is_flag=True, help="Each finding, also those in the very same words."
)
FINDING_NAMES: Final = {"findings": "times", "hazard_id": "hazard", "record": "no."}
LAYER_NAMES: Final = {"km": "kilometres"}
CHANGE_NAMES: Final = {
    "hazard_id": "hazard",
    "old_size_m2": "old m²",
    "new_size_m2": "new m²",
    "gained_m2": "gained",
    "lost_m2": "lost",
}


class _Checks(Commands):
    """A group whose first word may be left out: `check FILE` is `check hazards FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["hazards", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Checks, epilog=example("mine-geo check submission.xlsx --explain"))
def check() -> None:
    """List what is wrong with a file; exit code 21 if anything must be mended.

    `mine-geo check FILE` checks hazards: it is short for `mine-geo check hazards FILE`. Nothing is
    written.
    """


@check.command("hazards", epilog=example("mine-geo check hazards submission.xlsx --explain"))
@FILE
@REPORTS
@ALL_HAZARDS
@click.option("--explain", is_flag=True, help="Also which column went where.")
@EVERY
@click.option(
    "--repair",
    "repaired",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.gpkg",
    help="Write the hazards there with invalid polygons repaired; by how many m² is said.",
)
@file_options
@output_options
@click.pass_context
def check_hazards(
    ctx: click.Context,
    how: FileReading,
    file: Path,
    repaired: Path | None,
    format_: str,
    output: Path | None,
    *,
    reports: bool | None,
    all_hazards: bool,
    explain: bool,
    every: bool,
) -> None:
    """List what is wrong with a file; exit code 21 when a record cannot enter the register.

    Places and overlaps are checked against the store, where there is one; reports are judged on
    its ledger, as `workbench submit` does. Nothing is written.
    """
    from mine_geo.geo.hazards import summarise  # noqa: PLC0415
    from mine_geo.intake import check_received  # noqa: PLC0415

    received = how.read(file, sort_said(reports), all_hazards=all_hazards)
    reports = received.what == "reports"
    if reports and repaired is not None:
        raise OptionError("--repair mends hazards; leave it out, or mend reports at the source")
    if explain:
        _explain(received, format_, output)
    if repaired is not None:
        received = _repair(received, repaired)
    store = _store_if_any(ctx)
    found = check_received(received) if store is None else store.check(received)
    against = "" if store is None else f", checked against {store.name}"
    table = shown(found, format_, output, every=every)
    title = f"{_heading(received)}\n{counted(found)}{against}"
    title += "; --all lists each" if "findings" in table else ""
    if explain and (output is not None or format_ != "table"):  # which holds what went where
        echo(f"{counted(found)}{against}; leave out --explain to list them", err=True)
    else:
        Sheet(table, None, title, FINDING_NAMES).give(format_, output)
    if reports and format_ == "table" and output is None:
        _say_of_ledger(received, store)
    if (found["severity"] == "error").any():
        ctx.exit(FINDINGS_EXIT)
    if not reports and format_ == "table" and output is None:
        names = {"size_m2": "m²"}
        Sheet(summarise(received.table), None, "What it holds", names).give(format_, output)


def _say_of_ledger(received: Received, store: Store | None) -> None:
    """Say what `submit` says of reports, or that there is no ledger to judge them on."""
    if store is None:
        echo(
            "No store at hand: whether their hazards are in the register, whether they were "
            "reported before, and what they would release was not looked at; name one with "
            "mine-geo --database"
        )
        return
    tried = store.submit(received, dry_run=True)
    for note in tried.notes:
        echo(f"  note: {as_options(note)}")
    if tried.foreseen is not None and tried.waiting:
        say_foreseen(tried.foreseen)


def say_foreseen(would: Accepted) -> None:
    """Say what accepting reports would do: a line each."""
    released = f", {would.released_m2:,} m² released" if would.released else ""
    echo(f"  accept would take {would.accepted:,} of them{released}")
    for told in would.reports:
        echo(f"    {as_options(told.line)}")
    for left in would.left:
        echo(f"    left: {named(left)}: {as_options(left.why)}")


def named(left: Left) -> str:
    """Return the hazard and the number of a record that is left."""
    number = f"record {left.record}"
    return f"{left.hazard_id} ({number})" if left.hazard_id else number


@check.command("border", epilog=example("mine-geo check border border.shp --explain"))
@FILE
@EXPLAIN
@border_options
@output_options
@click.pass_context
def check_border(
    ctx: click.Context, how: BorderReading, file: Path, format_: str, output: Path | None, *,
    explain: bool,
) -> None:  # fmt: skip
    """Say how border lines are understood: kilometres by kind and neighbour.

    Lines that could be coast, and of which nothing says that they are not, are an error.
    """
    _check_layer(ctx, how.receive(file), format_, output, explain=explain)


@check.command("admin", epilog=example("mine-geo check admin khm_adm2.shp --explain"))
@FILE
@EXPLAIN
@admin_options
@output_options
@click.pass_context
def check_admin(
    ctx: click.Context, how: AdminReading, file: Path, format_: str, output: Path | None, *,
    explain: bool,
) -> None:  # fmt: skip
    """Say how districts are understood: how many, of which provinces."""
    _check_layer(ctx, how.receive(file), format_, output, explain=explain)


def _check_layer(
    ctx: click.Context, layer: Layer, format_: str, output: Path | None, *, explain: bool
) -> None:
    """Show how a border or districts are understood, and what is wrong with them."""
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.intake import understood  # noqa: PLC0415

    plain = format_ == "table" and output is None
    if explain:
        columns = layer.columns.fillna("") if plain else layer.columns
        title = f"{layer.path}\nWhich column went where; the rest is kept as it is"
        Sheet(columns, None, title, {"ours": "is our"}).give(format_, output)
        if len(layer.words) and plain:
            words = layer.words.assign(meaning=layer.words["meaning"].fillna("not understood"))
            Sheet(words, None, "What its words mean", {"source": "column"}).give(format_, None)
    elif layer.table is not None:
        Sheet(understood(layer), None, f"{layer.path}\n{held(layer)}", LAYER_NAMES).give(
            format_, output
        )
    if plain:
        said = [f for f in layer.findings if f.severity != "error"]
        terminal.show_lines([f"{f.severity}: {as_options(f.message)}" for f in said])
    if layer.fault is not None:
        echo(f"Error: {as_options(str(layer.fault))}", err=True)
        ctx.exit(FINDINGS_EXIT)


def sort_said(reports: bool | None) -> What | None:
    """Return what an option says that a file holds; None where it says nothing."""
    return None if reports is None else "reports" if reports else "hazards"


def _heading(received: Received) -> str:
    source, records = received.source, len(received.table)
    size = f", {int(received.table['size_m2'].sum()):,} m²" if received.what == "hazards" else ""
    return f"{source.name}: {source}\n{records:,} {received.what}{size}"


def say_sort(received: Received) -> None:
    """Say first what a file was taken for, where nobody said it."""
    for finding in received.findings:
        if finding.code == "taken_for":
            echo(f"{received.source.name}: {as_options(finding.message)}")


def say_whole(received: Received) -> None:
    """Say what is not in the table of a file that was read, or not as it was written."""
    for finding in received.findings:
        if finding.record is None and finding.code not in {"left_over", "taken_for"}:
            echo(f"{finding.severity}: {as_options(finding.message)}")


def counted(found: pd.DataFrame) -> str:
    """Count findings by severity, in words."""
    counts = found["severity"].value_counts()
    kinds = (("error", "errors"), ("warning", "warnings"), ("note", "notes"))
    said = (
        f"{counts.get(one, 0):,} {one if counts.get(one) == 1 else all_}" for one, all_ in kinds
    )
    return ", ".join(said)


def shown(found: pd.DataFrame, format_: str, output: Path | None, *, every: bool) -> pd.DataFrame:
    """Return findings as a terminal shows them, the worst first; a file has each, whole.

    Those in the very same words are one row with their number, unless `every` one is asked for.
    """
    from mine_geo.intake.findings import grouped, worst_first  # noqa: PLC0415

    found = found.assign(message=found["message"].map(as_options))
    if format_ != "table" or output is not None:
        place = found["place"]
        return found.drop(columns="place").assign(lon=place.x, lat=place.y)
    if every:
        return worst_first(found)[["severity", "hazard_id", "record", "code", "message"]]
    rows = grouped(found)
    several = rows["findings"] > 1
    if not several.any():
        return rows.drop(columns="findings")
    named = rows["hazard_id"].where(~several, rows["hazard_id"] + " ...")
    return rows.assign(hazard_id=named)


def _explain(received: Received, format_: str, output: Path | None) -> None:
    columns = received.columns
    if format_ == "table" and output is None:
        columns = columns.fillna("")
        columns = columns[["source", "ours", "how", "filled", "example"]]
    title = f"{_heading(received)}\nWhich column went where; the rest is kept as it is"
    Sheet(columns, None, title, {"ours": "is our"}).give(format_, output)


def _store_if_any(ctx: click.Context) -> Store | None:
    """Open the store that was named, or the usual one if it is there."""
    try:
        return open_named(ctx)
    except StoreNotFoundError:
        if ctx.obj is not None:
            raise
        return None


def _repair(received: Received, target: Path) -> Received:
    """Repair the polygons of hazards and write all of them, as a GeoPackage."""
    from mine_geo.exports.tables import write_layer  # noqa: PLC0415
    from mine_geo.intake.checks import repair  # noqa: PLC0415
    from mine_geo.intake.findings import in_words  # noqa: PLC0415

    table, found = repair(received.table)
    write_layer(table, target, "hazards", **leaving())
    said = f"{len(found):,} polygons repaired, {len(table):,} hazards written to {target}"
    echo(f"{said} (restricted)")
    for row in found.itertuples():
        echo(f"  {in_words(row)}")
    return replace(received, table=table)


@click.command(epilog=example("mine-geo compare hazards_2023.gpkg hazards_2024.gpkg"))
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@file_options
@output_options
def compare(how: FileReading, old: Path, new: Path, format_: str, output: Path | None) -> None:
    """Lay two editions of a hazard layer side by side: added, removed, redrawn, described anew."""
    from mine_geo.geo.snapshots import compare_snapshots, summary  # noqa: PLC0415
    from mine_geo.intake import check_ids  # noqa: PLC0415

    tables = []
    for file in (old, new):
        received = how.read(file)
        check_ids(received)
        tables.append(received.table)
    changes = compare_snapshots(*tables)
    title = f"{new.name} against {old.name}: {len(changes):,} hazards differ"
    if format_ == "table" and output is None:
        Sheet(summary(changes), None, title, CHANGE_NAMES).give(format_, output)
        if changes.empty:
            return
        changes = changes[["hazard_id", "change", "gained_m2", "lost_m2", "described"]]
        title = "Each hazard"
    Sheet(changes, None, title, CHANGE_NAMES).give(format_, output)


@click.command(epilog=example("mine-geo forms hazards -o hazards.xlsx --operator CMAC"))
@click.argument("what", type=click.Choice(("hazards", "reports")))
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.xlsx",
    help="Where to write the form.",
)
@click.option(
    "--tool",
    default="survey123",
    show_default=True,
    type=click.Choice(("survey123", "odk")),
    help="Turning points one by one for Survey123, one outline for ODK.",
)
@click.option(
    "--operator",
    "operators",
    multiple=True,
    metavar="NAME",
    help="An operator to choose from; may be given again. Else the name is written.",
)
@replace_options
def forms(
    what: Literal["hazards", "reports"],
    output: Path,
    tool: Literal["survey123", "odk"],
    operators: tuple[str, ...],
) -> None:
    """Write a form for the field: an XLSForm for Survey123 or ODK.

    In English and Khmer, with our own columns and words, so that what is sent comes back through
    check, load and workbench submit with no column left over. Direct evidence is not sent as SHA.
    """
    from mine_geo.exports import write_form  # noqa: PLC0415

    write_form(output, what, tool=tool, operators=operators, replace=replaceable())
    echo(wrote(output, public=None))
