"""Commands of the ledger: what is recorded (`release`, `amend`, ...), and its accounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

import click

from mine_geo import errors, terms
from mine_geo.cli.options import (
    COAST,
    EXPECTED,
    EXPECTED_EACH,
    FILE,
    GROUP,
    HAPPENED_ON,
    KIND,
    LAYER,
    OPERATION,
    RELEASE_GROUP,
    SINCE,
    YES,
    Sheet,
    as_known_options,
    as_moment,
    echo,
    example,
    in_words,
    open_named,
    output_options,
    say_left_out,
    say_unmeasured,
)
from mine_geo.ledger.report import RedrawnReport, Remarks, Report, SpotTask, SurveyReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from mine_geo.ledger.preview import Remainder
    from mine_geo.store import Recorded, Store
    from mine_geo.tables.envelope import Zones
    from mine_geo.terms import Group, Kind, Outcome, ReleaseGroup


T = TypeVar("T")
NAMES: Final = {
    "opening_m2": "opening",
    "registered_m2": "registered",
    "amended_m2": "amended",
    "transferred_m2": "transf.",
    "cancelled_m2": "cancelled m²",
    "reduced_m2": "reduced m²",
    "cleared_m2": "cleared m²",
    "released_m2": "released m²",
    "confirmed_m2": "SHA to CHA m²",
    "unreported": "not said",
    "reported_m2": "reported m²",
    "remaining_m2": "remaining",
    "moved_m2": "moved",
    "before_m2": "before m²",
    "after_m2": "after m²",
    "change_m2": "change m²",
}
AGAIN: Final = "Record it with the same words and --yes."
ITEMS: Final = ("ap_mines", "av_mines", "submunitions", "uxo")
_ITEM: Final = {"type": int, "help": "Items found and destroyed."}
_WORDS: Final[dict[str, dict[str, Any]]] = {
    **dict.fromkeys(ITEMS, _ITEM),
    "report_ref": {"help": "Reference of the report."},
    "event_id": {"help": "An id of your own; sending it again changes nothing."},
    "task_id": {"help": "An id of your own; sending it again changes nothing."},
    "operator": {"help": "Who did it."},
    "reported_size_m2": {"type": float, "metavar": "M2", "help": "m² as the operator wrote it."},
    "depth_cm": {"type": float, "metavar": "CM", "help": "Depth of clearance, cm."},
    "province": {"help": "Where: province, by name or code."},
    "district": {"help": "District."},
    "commune": {"help": "Commune."},
    "village": {"help": "Village."},
    "lon": {"type": float, "metavar": "DEGREES", "help": "Longitude, WGS 84."},
    "lat": {"type": float, "metavar": "DEGREES", "help": "Latitude, WGS 84."},
    "comment": {"help": "A remark, kept with it."},
    "recorded_by": {"metavar": "NAME", "help": "Who records it; kept with it."},
}
"""The options of what a report may say, each called as the library calls it: `--report-ref`."""


def _option(name: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    return click.option(f"--{name.replace('_', '-')}", name, **_WORDS[name])


def _says(fields: type) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Add --happened-on, what a report may say (`fields`, of `ledger.report`), and --yes."""

    def add(command: Callable[..., T]) -> Callable[..., T]:
        command = YES(command)
        for name in reversed(fields.__annotations__):
            command = _option(name)(command)
        return HAPPENED_ON(command)

    return add


@click.command(
    epilog=example(
        "mine-geo release AP-0209-0001 worked.gpkg --outcome cleared --happened-on 2024-05-03"
    )
)
@click.argument("hazard_id")
@FILE
@LAYER
@OPERATION
@click.option(
    "--outcome",
    required=True,
    type=click.Choice(terms.OUTCOMES),
    help="NTS cancels, TS reduces, clearance clears.",
)
@_says(Report)
@output_options
@click.pass_context
def release(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    /,
    hazard_id: str,
    file: Path,
    layer: str | None,
    operation: str | None,
    outcome: Outcome,
    happened_on: str,
    format_: str,
    output: Path | None,
    *,
    yes: bool,
    **report: Unpack[Report],
) -> None:
    """Show what releasing a polygon leaves of a hazard; with --yes record it in the ledger.

    FILE holds the land worked on: one polygon, or several that are taken together.
    """
    import pandas as pd  # noqa: PLC0415

    from mine_geo.geo.vector import read_vector  # noqa: PLC0415

    plain = format_ == "table" and output is None
    echo(f"{hazard_id}: {outcome} on {in_words(happened_on)}", err=not plain)
    polygon = read_vector(file, layer, operation=operation)
    store = open_named(ctx)
    done = store.record(
        hazard_id, outcome, polygon, happened_on=happened_on, dry_run=not yes, **report
    )
    if not plain:
        _as_row(store, done, outcome, happened_on).give(format_, output)
        for note in (*done.notes, *_elsewhere(done)):
            echo(f"note: {note}", err=True)
        return
    if yes:
        _say(done, f"{outcome} {done.released_m2:,} m², {done.after_m2:,} m² remain")
        return
    balance = [
        ("before", done.before_m2),
        (outcome, done.released_m2),
        ("remaining", done.after_m2),
        ("worked outside the hazard", done.outside_m2),
    ]
    _not_yet(store, pd.DataFrame(balance, columns=["what", "m²"]), [done])


def _as_row(store: Store, done: Recorded, outcome: Outcome, happened_on: str) -> Sheet:
    """Return what a release does as a table of one row, and whether it is written."""
    import pandas as pd  # noqa: PLC0415

    state = "recorded" if done.written else "not written" if done.new else "there already"
    row = {
        "hazard_id": done.hazard_id, "event_id": str(done), "outcome": outcome,
        "happened_on": happened_on, "before_m2": done.before_m2,
        "released_m2": done.released_m2, "after_m2": done.after_m2,
        "outside_m2": done.outside_m2, "state": state,
    }  # fmt: skip
    return Sheet(pd.DataFrame([row]), store, f"{done.hazard_id}: {outcome}, {state}")


def _say(done: Recorded, what: str) -> None:
    """Say what was recorded."""
    said = "recorded" if done.new else "there already, nothing written"
    echo("; ".join(each for each in (f"{done}: {said}", what) if each))
    for note in (*done.notes, *_elsewhere(done)):
        echo(f"note: {note}")


def _not_yet(store: Store, table: pd.DataFrame, done: Sequence[Recorded]) -> None:
    from mine_geo.cli import terminal  # noqa: PLC0415

    new = any(each.new for each in done)
    said = "not written yet" if new else f"there already, as {done[0]}"
    title = terminal.heading(store.name, synthetic=store.synthetic)
    terminal.show_table(table, title=f"{title}\n{done[0].hazard_id}: {said}", names=NAMES)
    notes = dict.fromkeys(
        note for each in done for note in (*each.notes, *_elsewhere(each) * (each == done[0]))
    )
    terminal.show_lines([*notes, *[AGAIN] * new])


def _tell(store: Store, done: Sequence[Recorded], what: str = "", *, yes: bool) -> None:
    """Say what was recorded or, without --yes, show what it does in the accounts."""
    if yes:
        for each in done:
            _say(each, what)
        return
    moved = done[0].effects
    own = moved[moved["why"] != "re-attributed"]
    columns = ["hazard_id", "event_type", "happened_on", "change_m2"]
    days = own["happened_on"].dt.strftime("%Y-%m-%d")
    types = own["event_type"].where(own["why"] != "gone", own["event_type"] + " (void)")
    _not_yet(store, own.assign(happened_on=days, event_type=types)[columns], done)


def _elsewhere(done: Recorded) -> list[str]:
    """Return what counts otherwise in the accounts because of a recording, beside its own event."""
    moved = done.effects
    moved = moved[(moved["event_id"] != str(done)) & (moved["why"] == "re-attributed")]
    return [
        f"{row.event_type} {row.event_id} of {row.hazard_id} counts otherwise: "
        + ", ".join(
            f"{name.removesuffix('_m2')} {getattr(row, name):+,} m²"
            for name in terms.MOVEMENT_COLUMNS
            if getattr(row, name)
        )
        for row in moved.itertuples()
    ]


@click.command(
    epilog=example("mine-geo amend AP-0209-0001 resurveyed.gpkg --happened-on 2024-05-03")
)
@click.argument("hazard_id")
@FILE
@LAYER
@OPERATION
@EXPECTED
@_says(RedrawnReport)
@click.pass_context
def amend(
    ctx: click.Context,
    /,
    hazard_id: str,
    file: Path,
    layer: str | None,
    operation: str | None,
    happened_on: str,
    expected: str | None,
    *,
    yes: bool,
    **report: Unpack[RedrawnReport],
) -> None:
    """Show what drawing anew what remains of a hazard does; with --yes record it.

    FILE holds what remains as of that day. Nothing is released by it.
    """
    from mine_geo.geo.vector import read_vector  # noqa: PLC0415

    polygon = read_vector(file, layer, operation=operation)
    store = open_named(ctx)
    echo(f"{hazard_id}: amended on {in_words(happened_on)}")
    done = store.amend(
        hazard_id, polygon, happened_on=happened_on, expected=expected, dry_run=not yes, **report
    )
    _tell(store, [done], yes=yes)


@click.command(epilog=example("mine-geo confirm CM-0102-0007 --happened-on 2024-05-03"))
@click.argument("hazard_id")
@click.option(
    "--polygon",
    "file",
    type=click.Path(path_type=Path),
    help="A file with what is confirmed, where that is less.",
)
@LAYER
@OPERATION
@click.option(
    "--outcome",
    type=click.Choice(("cancelled", "reduced")),
    help="How the rest is released; with --polygon.",
)
@EXPECTED
@_says(SurveyReport)
@click.pass_context
def confirm(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    /,
    hazard_id: str,
    file: Path | None,
    layer: str | None,
    operation: str | None,
    outcome: Outcome | None,
    happened_on: str,
    expected: str | None,
    *,
    yes: bool,
    **report: Unpack[SurveyReport],
) -> None:
    """Show what making a suspected area a confirmed one does; with --yes record it."""
    from mine_geo.geo.vector import read_vector  # noqa: PLC0415

    polygon = None if file is None else read_vector(file, layer, operation=operation)
    store = open_named(ctx)
    echo(f"{hazard_id}: confirmed on {in_words(happened_on)}")
    done = store.confirm(
        hazard_id, happened_on=happened_on, polygon=polygon, outcome=outcome,
        expected=expected, dry_run=not yes, **report,
    )  # fmt: skip
    rest = f"{outcome} {done.released_m2:,} m²" if outcome else ""
    _tell(store, [done], rest, yes=yes)


@click.command(
    epilog=example(
        "mine-geo describe AP-1 --set district='Rotonak Mondol' --happened-on 2024-05-03"
    )
)
@click.argument("hazard_ids", nargs=-1, required=True, metavar="HAZARD_ID...")
@click.option(
    "--set",
    "changes",
    multiple=True,
    required=True,
    metavar="COLUMN=VALUE",
    help="A new value; nothing after = takes it away. May be given again.",
)
@_says(Remarks)
@click.pass_context
def describe(
    ctx: click.Context,
    /,
    hazard_ids: tuple[str, ...],
    changes: tuple[str, ...],
    happened_on: str,
    *,
    yes: bool,
    **report: Unpack[Remarks],
) -> None:
    """Show what changed attributes of hazards do; with --yes record them.

    A corrected district, or an admin reform on the day of the decree.
    """
    said = {}
    for change in changes:
        column, given, value = change.partition("=")
        if not given:
            raise errors.OptionError(f"--set {change}: write COLUMN=VALUE")
        said[column.strip()] = value.strip() or None
    store = open_named(ctx)
    words = ", ".join(f"{name} {value or 'taken away'}" for name, value in said.items())
    echo(f"described from {in_words(happened_on)} on: {words}")
    done = store.describe(
        list(hazard_ids), said, happened_on=happened_on, dry_run=not yes, **report
    )
    _tell(store, done, yes=yes)


@click.command(epilog=example("mine-geo divide AP-0209-0001 parts.gpkg --happened-on 2024-05-03"))
@click.argument("hazard_id")
@FILE
@LAYER
@OPERATION
@click.option(
    "--id",
    "id_column",
    default="hazard_id",
    show_default=True,
    metavar="COLUMN",
    help="The column of the new ids.",
)
@click.option(
    "--remainder",
    default="refuse",
    show_default=True,
    type=click.Choice(("refuse", "keep")),
    help="What the parts leave over: refuse it, or keep it as the hazard.",
)
@EXPECTED
@_says(SurveyReport)
@click.pass_context
def divide(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    /,
    hazard_id: str,
    file: Path,
    layer: str | None,
    operation: str | None,
    id_column: str,
    remainder: Remainder,
    happened_on: str,
    expected: str | None,
    *,
    yes: bool,
    **report: Unpack[SurveyReport],
) -> None:
    """Show what dividing a hazard into the polygons of FILE does; with --yes record it.

    The column --id names the new hazards; attributes that differ may stand beside it.
    """
    from mine_geo.geo.vector import read_vector  # noqa: PLC0415

    parts = read_vector(file, layer, operation=operation)
    if id_column not in parts:
        there = errors.some(parts.columns.drop(parts.geometry.name), 20)
        raise errors.OptionError(f"{file}: no column {id_column!r}; --id names one of: {there}")
    store = open_named(ctx)
    echo(f"{hazard_id}: divided on {in_words(happened_on)} into {len(parts):,}")
    done = store.divide(
        hazard_id,
        parts.rename(columns={id_column: "hazard_id"}),
        happened_on=happened_on,
        remainder=remainder,
        expected=expected,
        dry_run=not yes,
        **report,
    )
    _tell(store, [done], yes=yes)


@click.command(epilog=example("mine-geo merge AP-1 AP-2 --into AP-9 --happened-on 2024-05-03"))
@click.argument("hazard_ids", nargs=-1, required=True, metavar="HAZARD_ID...")
@click.option("--into", required=True, metavar="HAZARD_ID", help="A new id, or one of them.")
@EXPECTED_EACH
@_says(SurveyReport)
@click.pass_context
def merge(
    ctx: click.Context,
    /,
    hazard_ids: tuple[str, ...],
    into: str,
    happened_on: str,
    expected: dict[str, str] | None,
    *,
    yes: bool,
    **report: Unpack[SurveyReport],
) -> None:
    """Show what merging hazards of one kind into one does; with --yes record it."""
    store = open_named(ctx)
    echo(f"{' + '.join(hazard_ids)}: merged on {in_words(happened_on)} into {into}")
    done = store.merge(
        hazard_ids, into, happened_on=happened_on, expected=expected, dry_run=not yes, **report
    )
    _tell(store, [done], yes=yes)


@click.command(epilog=example("mine-geo retract TS-14 --reason 'another field of that name'"))
@click.argument("event_id")
@click.option("--reason", required=True, help="Why it was entered in error.")
@_option("recorded_by")
@YES
@click.pass_context
def retract(
    ctx: click.Context, event_id: str, reason: str, recorded_by: str | None, *, yes: bool
) -> None:
    """Show what voiding an event at every day does; with --yes record it.

    What was known before stays to be seen with --known-at.
    """
    store = open_named(ctx)
    done = store.retract(event_id, reason=reason, recorded_by=recorded_by, dry_run=not yes)
    _tell(store, [done], f"{event_id} of {done.hazard_id} is void", yes=yes)


@click.command("spot-task", epilog=example("mine-geo spot-task --happened-on 2024-05-03 --uxo 2"))
@_says(SpotTask)
@click.pass_context
def spot_task(
    ctx: click.Context, /, happened_on: str, *, yes: bool, **task: Unpack[SpotTask]
) -> None:
    """Show items destroyed outside any hazard as they would be kept; with --yes record them."""
    import pandas as pd  # noqa: PLC0415

    from mine_geo.cli import terminal  # noqa: PLC0415

    store = open_named(ctx)
    echo(f"spot task on {in_words(happened_on)}")
    done = store.record_spot_task(happened_on=happened_on, dry_run=not yes, **task)
    if yes:
        echo(f"{done}: {'recorded' if done.new else 'there already, nothing written'}")
        return
    said = {"happened_on": happened_on, **task}
    kept = {name: str(value) for name, value in said.items() if value is not None}
    title = terminal.heading(store.name, synthetic=store.synthetic)
    state = "not written yet" if done.new else "there already"
    table = pd.DataFrame(kept.items(), columns=["what", "value"])
    terminal.show_table(table, title=f"{title}\nspot task {done}: {state}")
    terminal.show_lines([AGAIN] if done.new else [])


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
    type=RELEASE_GROUP,
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
    by: tuple[ReleaseGroup, ...],
    since: str | None,
    kind: Kind | None,
    include_coast: bool,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Add up released m² by outcome, as it took effect and as it was reported.

    What no report says is a dash (in files a blank), and how many say nothing is counted.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415

    store = open_named(ctx)
    table = store.releases(
        list(by), since=since, kind=kind, include_coast=include_coast, as_of=as_of,
        known_at=known_at, total="kind" not in by,
    )  # fmt: skip
    if "zone" in by:
        say_unmeasured(store)
    say_left_out(store, kind, as_of, known_at)
    plain, silent = format_ == "table" and output is None, _unreported(table)
    if plain:
        spare = ["province_code", "district_code", *ITEMS]
        spare += ["reported_m2", "unreported"] if len(by) > 1 else []
        spare += [] if "confirmed_m2" in table and table["confirmed_m2"].any() else ["confirmed_m2"]
        table = table.drop(columns=[*spare, "events"], errors="ignore")
    names = {name: said.removesuffix(" m²") for name, said in NAMES.items()}
    zones = _zones(by, include_coast=include_coast)
    Sheet(table, store, "Released land, m²", names, zones).give(format_, output)
    if plain:
        terminal.show_lines(silent)


def _zones(by: Sequence[str], *, include_coast: bool) -> Zones | None:
    """Return how zones were made, where figures are by zone."""
    from mine_geo.tables.envelope import Zones  # noqa: PLC0415

    return Zones(terms.THRESHOLD_M, "edge", include_coast) if "zone" in by else None


def _unreported(table: pd.DataFrame) -> list[str]:
    """Say how many releases no operator gave a size for."""
    if table.empty:
        return []
    if terms.ROW in table:
        table = table[table[terms.ROW] == "total"]
    events, silent = (int(table[name].sum()) for name in ("events", "unreported"))
    if not silent:
        return []
    return [f"reported m²: {silent:,} of {events:,} events say nothing; the sums leave them out."]


@click.command(epilog=example("mine-geo balance --since 2021-12-31 --as-of 2022-12-31 --by zone"))
@click.option(
    "--by", multiple=True, type=GROUP, help="province, district, kind, zone; may be given again."
)
@SINCE
@KIND
@COAST
@as_known_options
@output_options
@click.pass_context
def balance(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    by: tuple[Group, ...],
    since: str | None,
    kind: Kind | None,
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
        known_at=known_at, total=bool(by) and "kind" not in by,
    )  # fmt: skip
    if "zone" in by:
        say_unmeasured(store)
    say_left_out(store, kind, as_of, known_at)
    if format_ == "table" and output is None:
        table = table.drop(columns=["province_code", "district_code"], errors="ignore")
        table = _upright(table, list(by))
    zones = _zones(by, include_coast=include_coast)
    Sheet(table, store, _period(since, as_of), NAMES, zones).give(format_, output)


def _upright(table: Any, by: Sequence[str]) -> Any:
    """Return the movements one below the other, for 80 columns; a column for each group."""
    from mine_geo.tables.shown import UNKNOWN  # noqa: PLC0415

    if len(table) > 4:
        return table
    groups = table[list(by)]
    said = groups.astype(object).where(groups.notna(), UNKNOWN).itertuples(index=False)
    labels = [" ".join(map(str, row)) for row in said] if by else ["m²"]
    if terms.ROW in table:  # the last is their sum, and has no name of its own
        labels[-1] = "Total"
    upright = table.drop(columns=[*by, terms.ROW], errors="ignore").T.set_axis(labels, axis=1)
    return upright.rename_axis("movement").reset_index()


def _period(since: str | None, as_of: str | None) -> str:
    first = f"from the end of {since}" if since else "from the beginning"
    return f"Movements in m² {first} to {f'the end of {as_of}' if as_of else 'now'}"


@click.command(epilog=example("mine-geo changes --since 2024-04-30T00:00+07:00"))
@click.option(
    "--since",
    required=True,
    callback=as_moment,
    metavar="MOMENT",
    help="When the totals were last read.",
)
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
