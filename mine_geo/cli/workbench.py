"""Commands of the workbench: `workbench submit`, `list`, `show`, `map`, `accept`, `reject`."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import click

from mine_geo import terms
from mine_geo.cli.files import (
    ALL_HAZARDS,
    EVERY,
    FINDING_NAMES,
    REPORTS,
    counted,
    named,
    say_foreseen,
    say_sort,
    say_whole,
    shown,
    sort_said,
)
from mine_geo.cli.options import (
    ASSIGN,
    EXPECTED_EACH,
    YES,
    Commands,
    FileReading,
    Sheet,
    as_day,
    as_options,
    echo,
    example,
    file_options,
    in_words,
    open_named,
    output_options,
    replace_options,
    replaceable,
    span,
    with_units,
    wrote,
)
from mine_geo.errors import MineGeoError, OptionError, UnknownNameError, choose, exit_code, some

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    import pandas as pd

    from mine_geo.intake.received import What
    from mine_geo.store import Store, Submitted
    from mine_geo.store.workbench.listing import Examined


T = TypeVar("T")
NAMES: Final = {
    "submission_id": "id",
    "hazard_id": "hazard",
    "record": "no.",
    "size_m2": "m²",
    "gained_m2": "gained",
    "lost_m2": "lost",
    "waiting_m2": "waiting m²",
    "not_in_split": "no polygon",
    "reported_size_m2": "reported m²",
}
SUBMISSION: Final = click.argument("submission_id")
HAZARDS: Final = click.argument("hazard_ids", nargs=-1, metavar="[HAZARD_ID]...")
RECORDS: Final = click.option(
    "--record", "records", type=int, multiple=True, metavar="NO", help="A record by its number."
)


def _by(what: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    return click.option(f"--{what}-by", metavar="NAME", help="Who does it; kept with it.")


@click.group(
    cls=Commands, epilog=example("mine-geo workbench submit report.xlsx --submitted-by 'Desk 2'")
)
def workbench() -> None:
    """Look at submitted files and accept or reject their records."""


@workbench.command("submit", epilog=example("mine-geo workbench submit export.json reports.gpkg"))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@REPORTS
@ALL_HAZARDS
@_by("submitted")
@click.option("--operator", help="Whose file it is.")
@click.option("--comment", help="A remark, kept with the submission.")
@click.option("--again", is_flag=True, help="Enter a file that was there before once more.")
@click.option("--dry-run", is_flag=True, help="Only say what would be; nothing is written.")
@ASSIGN
@file_options
@click.pass_context
def submit(
    ctx: click.Context,
    how: FileReading,
    files: tuple[Path, ...],
    submitted_by: str | None,
    operator: str | None,
    comment: str | None,
    *,
    reports: bool | None,
    all_hazards: bool,
    again: bool,
    assign_units: bool,
    dry_run: bool,
) -> None:
    """Put the records of files onto the workbench, with what the checks say of them.

    A file that cannot be read is said, and the next one follows. With --dry-run each is judged on
    the store as it stands, and not on the files before it.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415

    if reports and assign_units:
        raise OptionError("--assign-units is for hazards; leave it out with --reports")
    store, failed = open_named(ctx), []
    with terminal.progress(len(files)) if len(files) > 1 else nullcontext(_no_step) as step:
        for file in files:
            step(file.name)
            try:
                received = how.read(file, sort_said(reports), all_hazards=all_hazards)
                say_sort(received)
                if received.what == "hazards":
                    received = with_units(received, store, assign=assign_units)
                done = store.submit(
                    received,
                    submitted_by=submitted_by,
                    operator=operator,
                    comment=comment,
                    again=again,
                    dry_run=dry_run,
                )
            except MineGeoError as error:
                failed.append(error)
                echo(f"Error: {as_options(str(error))}", err=True)
            else:
                _say(file, received.what, done)
                say_whole(received)
    if dry_run:
        echo("Nothing is written: submit without --dry-run.")
    if failed:
        ctx.exit(exit_code(failed[0]))


def _no_step(_: str) -> None:
    """Show nothing: one file needs no bar."""


def _say(file: Path, what: What, done: Submitted) -> None:
    said = "" if done.new else " was there before, nothing written"
    name = str(done) if done.written or not done.new else f"{done} (it would be)"
    echo(f"{name}: {file.name}{said}; {done.records:,} {what}, {done.waiting:,} waiting")
    changes = ", ".join(f"{count:,} {change}" for change, count in done.changes.items() if count)
    if changes:
        echo(f"  against the register: {changes}")
    echo(f"  findings: {done.errors:,} errors, {done.warnings:,} warnings")
    if done.not_in_split:
        echo(f"  {done.not_in_split:,} without a polygon: not in the split")
    for note in done.notes:
        echo(f"  note: {as_options(note)}")
    if done.foreseen is not None and done.waiting:
        say_foreseen(done.foreseen)


@workbench.command("list", epilog=example("mine-geo workbench list --waiting"))
@click.option("--waiting", is_flag=True, help="Only those of which records wait.")
@click.option("--not-in-split", is_flag=True, help="The records that no total counts, and why.")
@output_options
@click.pass_context
def listing(
    ctx: click.Context, format_: str, output: Path | None, *, waiting: bool, not_in_split: bool
) -> None:
    """List what was submitted, and what waits."""
    store = open_named(ctx)
    if not_in_split:
        table, title = store.not_in_split(), "Not in the split"
        columns = ["submission_id", "hazard_id", "province", "reported_size_m2", "why"]
    else:
        table, title = store.submissions(waiting=waiting), "Submissions"
        columns = ["submission_id", "file", "waiting", "accepted", "rejected"]
        columns += ["not_in_split", "errors", "waiting_m2"]
    if format_ == "table" and output is None:
        table = table[columns]
    Sheet(table, store, title, NAMES | {"waiting_m2": "m²"}).give(format_, output)


@workbench.command("show", epilog=example("mine-geo workbench show S-0001 --findings"))
@SUBMISSION
@click.option("--findings", is_flag=True, help="What the reading and the checks said.")
@EVERY
@click.option("--explain", is_flag=True, help="Which column of the file went where.")
@output_options
@click.pass_context
def show(
    ctx: click.Context,
    submission_id: str,
    format_: str,
    output: Path | None,
    *,
    findings: bool,
    explain: bool,
    every: bool,
) -> None:
    """Show a submission: where it came from, and each record beside the register."""
    store = open_named(ctx)
    seen = store.submission(submission_id)
    plain = format_ == "table" and output is None
    if findings:
        table = shown(seen.findings, format_, output, every=every)
        title = f"{submission_id}: {counted(seen.findings)}"
        title += "; --all lists each" if "findings" in table else ""
        Sheet(table, store, title, FINDING_NAMES).give(format_, output)
        return
    if explain:
        Sheet(seen.columns, store, f"{submission_id}: columns").give(format_, output)
        return
    if plain:
        Sheet(seen.facts, store, f"Submission {submission_id}").give(format_, output)
    if plain and seen.what == "reports":
        from mine_geo.cli import terminal  # noqa: PLC0415

        for _, _, head, lines, _ in _reports(seen):
            terminal.show_stacked(head, lines)
        return
    table = _beside(seen.records) if plain else seen.records
    Sheet(table, None if plain else store, "Its records", NAMES).give(format_, output)


@workbench.command("map", epilog=example("mine-geo workbench map S-0002 -o S-0002.html"))
@SUBMISSION
@RECORDS
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page to write (.html); it opens without internet.",
)
@partial(replace_options, public=False)
@click.pass_context
def draw(ctx: click.Context, submission_id: str, records: tuple[int, ...], output: Path) -> None:
    """Draw submitted reports: the hazard, the land of the report, and what would remain.

    Without numbers all that wait are drawn; nothing is decided by it.
    """
    from mine_geo import maps  # noqa: PLC0415

    choose(output.suffix.lower(), (".html",), "ending of --output")
    store = open_named(ctx)
    seen = store.submission(submission_id)
    if seen.what != "reports":
        raise OptionError(f"{submission_id} holds hazards: `mine-geo map` draws them")
    strange = sorted(set(records) - set(seen.records["record"]))
    if strange:
        raise UnknownNameError(f"{some(strange)}: not in {submission_id}; show lists its records")
    told = {each.record: each for each in seen.foreseen}
    drawn = [
        maps.ReportOnMap(
            head,
            tuple(lines),
            told[number].hazards if number in told else (),
            shape,
            told[number].had if number in told else None,
            told[number].left if number in told else None,
        )
        for number, state, head, lines, shape in _reports(seen)
        if (number in records if records else state == "waiting")
    ]
    moment = store.last_moment()
    page = maps.report_map(
        drawn,
        store.hazards(workbench="include"),
        title=f"{store.name}: {submission_id}",
        note=terms.SYNTHETIC if store.synthetic else None,
        as_of=None if moment is None else moment.astimezone(ZoneInfo(terms.TIME_ZONE)).date(),
    )
    maps.write_file(output, page, replace=replaceable())
    echo(f"{wrote(output, public=False)}: {len(drawn):,} reports")


def _reports(seen: Examined) -> Iterator[tuple[int, str, str, list[str], Any]]:
    """Give each report: number, state, its first line, the others, and its land."""
    table = seen.records.drop(columns="geometry")
    shapes = seen.records.geometry
    said = seen.findings[seen.findings["record"].notna()]
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    for row, shape in zip(rows, shapes, strict=True):
        mine = said[said["record"] == row["record"]]
        lines = [*_figures(row), *_sayings(row, mine)]
        yield row["record"], row["state"], _head(row), lines, shape


def _head(row: dict[Hashable, Any]) -> str:
    """Return the first line of a report: which, what, when, whose."""
    hazards = row["hazard_id"] or row["hazards"]
    when = row["happened_on"] and in_words(str(row["happened_on"].date()))
    said = [hazards, row["event_type"], when, row["operator"], row["report_ref"], row["state"]]
    return f"record {row['record']}: {', '.join(str(each) for each in said if each)}"


def _figures(row: dict[Hashable, Any]) -> list[str]:
    """Return the m² and the items of a report; of those that it does not say, nothing."""
    sizes = {
        "reported": "reported_size_m2",
        "drawn": "size_m2",
        "effective": "released_m2",
        "outside": "outside_m2",
    }
    said = [f"{word} {row[name]:,.0f} m²" for word, name in sizes.items() if row[name] is not None]
    lines = [", ".join(said)]
    if row["left_m2"] is not None:
        lines.append(f"{row['left_m2']:,} m² would be left of {row['had_m2']:,} m²")
    items = [f"{row[name]:,} {name}" for name in terms.ITEM_COLUMNS if row[name] is not None]
    return lines + ([f"items: {', '.join(items)}"] if items else [])


def _sayings(row: dict[Hashable, Any], found: pd.DataFrame) -> list[str]:
    """Return why a report would be left, its notes and its findings, each once."""
    lines = [] if not row["left_because"] else [f"would be left: {row['left_because']}"]
    notes = [] if not row["notes"] else [f"note: {row['notes']}"]
    told = " ".join([*lines, *notes])
    for severity, code, message in found[["severity", "code", "message"]].itertuples(index=False):
        if message not in told:
            notes.append(f"{severity}: {code}: {message}")
    done = [] if not row["did"] else [f"it wrote: {row['did']}"]
    return [as_options(line) for line in (*done, *lines, *notes)]


def _beside(records: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that 80 characters hold."""
    columns = ["record", "hazard_id", "state", "change", "size_m2", "gained_m2", "lost_m2"]
    there = [name for name in columns if name in records and records[name].notna().any()]
    faults = records["errors"].where(records["errors"].ne(0))
    return records[there].assign(errors=faults)


@workbench.command("accept", epilog=example("mine-geo workbench accept S-0001 AP-1 AP-2 --yes"))
@SUBMISSION
@HAZARDS
@RECORDS
@click.option(
    "--despite",
    multiple=True,
    type=click.Choice(terms.OVERRULED),
    metavar="CODE",
    help="An error of a named report that is true all the same, by the word that names it.",
)
@click.option(
    "--happened-on", callback=as_day, metavar="DAY", help="The day; else that of each survey."
)
@click.option(
    "--as-correction",
    is_flag=True,
    help="Reports that are there already and say something else stand in the place of those.",
)
@click.option("--as-another", is_flag=True, help="Such reports are others: record them as well.")
@EXPECTED_EACH
@_by("accepted")
@YES
@click.pass_context
def accept(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    submission_id: str,
    hazard_ids: tuple[str, ...],
    records: tuple[int, ...],
    happened_on: str | None,
    expected: dict[str, str] | None,
    accepted_by: str | None,
    despite: tuple[str, ...],
    *,
    as_correction: bool,
    as_another: bool,
    yes: bool,
) -> None:
    """Accept records into the register; without ids or numbers all that have no errors."""
    store = open_named(ctx)
    echo(f"{submission_id}: {_day_of(store, submission_id, happened_on)}")
    done = store.accept(
        submission_id,
        hazards=hazard_ids or None,
        records=records or None,
        happened_on=happened_on,
        accepted_by=accepted_by,
        despite=despite,
        as_correction=as_correction,
        as_another=as_another,
        expected=expected,
        dry_run=not yes,
    )
    names = ("registered", "amended", "described", "confirmed", "released", "same", "retracted")
    said = ", ".join(f"{getattr(done, n):,} {n}" for n in names if getattr(done, n))
    released = f" ({done.released_m2:,} m²)" if done.released else ""
    what = "records accepted" if yes else "records would be accepted"
    echo(f"{submission_id}: {done.accepted:,} {what}: {said or 'none'}{released}")
    for told in done.reports:
        echo(as_options(told.line))
    for left in done.left:
        echo(f"left: {named(left)}: {as_options(left.why)}")
    _end(done.general, waits=not yes and bool(done.accepted))


def _end(notes: tuple[str, ...], *, waits: bool) -> None:
    for note in notes:
        echo(f"note: {as_options(note)}")
    if waits:
        echo("Nothing is written yet. Decide it with the same words and --yes.")


def _day_of(store: Store, submission_id: str, happened_on: str | None) -> str:
    """Say in words on which day records will be accepted: that of the command, else their own."""
    if happened_on is not None:
        return f"as of {in_words(happened_on)}"
    records = store.submission(submission_id).records
    waiting = records[records["state"] == "waiting"]
    said = [span(waiting[name]) for name in ("surveyed_on", "happened_on") if name in waiting]
    return f"each as of its own day, {said[0]}" if said else "each as of its own day"


@workbench.command(
    "reject", epilog=example("mine-geo workbench reject S-0001 --reason 'no ids' --yes")
)
@SUBMISSION
@HAZARDS
@RECORDS
@click.option("--reason", required=True, help="The reason; the operator will ask.")
@_by("rejected")
@YES
@click.pass_context
def reject(
    ctx: click.Context,
    submission_id: str,
    hazard_ids: tuple[str, ...],
    records: tuple[int, ...],
    reason: str,
    rejected_by: str | None,
    *,
    yes: bool,
) -> None:
    """Reject records, without ids or numbers all that wait; they stay, with the reason."""
    done = open_named(ctx).reject(
        submission_id,
        reason=reason,
        hazards=hazard_ids or None,
        records=records or None,
        rejected_by=rejected_by,
        dry_run=not yes,
    )
    what = "records rejected" if yes else "records would be rejected"
    echo(f"{submission_id}: {done.rejected:,} {what}: {reason}")
    _end(done.notes, waits=not yes and bool(done.rejected))
