"""Commands that print tables: `split`, `totals`, `reconcile`, `sensitivity`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from mine_geo import terms
from mine_geo.cli.options import (
    GROUP,
    KIND,
    PROVINCE_NAME,
    PUBLISHED_TABLE,
    Reading,
    Sheet,
    days_written,
    echo,
    example,
    leaving,
    nowhere,
    open_named,
    output_options,
    reading_options,
    replaceable,
    say_unmeasured,
    wrote,
)
from mine_geo.errors import DIFFERENCES_EXIT, OptionError, some
from mine_geo.terms import ROW

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from mine_geo.store import Store
    from mine_geo.tables.compared import Earlier
    from mine_geo.tables.envelope import Zones
    from mine_geo.tables.own import OwnTable
    from mine_geo.tables.rederive import Recipe, Sources
    from mine_geo.terms import Group, Kind, Size


NEVER: Final = "1970-01-01T00:00Z"
ZONE_SIZES: Final = {"near_size_m2": "near m²", "far_size_m2": "far m²"}
TOTAL_NAMES: Final = {"size_m2": "m²", "near_hazards": "near", "far_hazards": "far"} | ZONE_SIZES


@click.command(epilog=example("mine-geo split --province Battambang -o split.xlsx"))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--province", type=PROVINCE_NAME, help="Only this province, name or code.")
@click.option(
    "--border",
    "border_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With FILE: the border lines, else those of the store.",
)
@partial(output_options, further=("parquet",))
@reading_options
@click.pass_context
def split(
    ctx: click.Context,
    reading: Reading,
    file: Path | None,
    province: str | None,
    border_file: Path | None,
    format_: str,
    output: Path | None,
) -> None:
    """List hazards with their distance to the border and their zone, nearest first.

    With a GeoParquet FILE, `mine-geo split in.parquet -o out.parquet`: its hazards instead of the
    store's, in their order, a batch at a time, however many there are.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415

    if file is not None:
        _split_file(ctx, reading, file, border_file, output)
        return
    if output is not None and output.suffix.lower() == ".parquet":
        raise OptionError(
            f"{output}: a store is split into .csv, .json or .xlsx; GeoParquet: export"
        )
    if border_file is not None:
        raise OptionError("--border goes with a file of hazards: mine-geo split in.parquet")
    store = open_named(ctx)
    rows = reading.split(store, province).sort_values(["border_distance_m", "hazard_id"])
    names = {"border_distance_m": "distance m"} | ZONE_SIZES
    plain = format_ == "table" and output is None
    if plain:
        rows = rows[["hazard_id", "district", "neighbour", "zone", *names]]
    title = f"Hazards by distance to the border: {reading}"
    Sheet(rows, store, title, names, _zones(reading)).give(format_, output)
    if plain:
        terminal.show_lines(_nowhere(store, reading, province))


def _split_file(
    ctx: click.Context, reading: Reading, file: Path, border_file: Path | None, output: Path | None
) -> None:
    """Split a GeoParquet file into another one."""
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.exports import split_file  # noqa: PLC0415
    from mine_geo.intake import read_border  # noqa: PLC0415

    if output is None or {file.suffix.lower(), output.suffix.lower()} != {".parquet"}:
        raise OptionError(
            "a file of hazards is split from GeoParquet into GeoParquet: "
            "mine-geo split in.parquet -o out.parquet"
        )
    told = [
        f"--{name.strip('_').replace('_', '-')}"
        for name in ("province", "workbench", "as_of", "known_at", "format_")
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if told:
        raise OptionError(f"{some(told)} is of a store; leave it out where a file is split")
    border = open_named(ctx).border() if border_file is None else read_border(border_file)
    with terminal.counting() as counted:
        hazards = split_file(
            file,
            output,
            border,
            threshold_m=reading.threshold_m,
            rule=reading.rule,
            include_coast=reading.include_coast,
            kind=reading.kind,
            overwrite=True,
            replace=replaceable(),
            progress=lambda done, whole: counted(done, whole, file.name),
            **leaving(),
        )
    echo(f"{hazards:,} hazards; {wrote(output, public=False)}")


@click.command(epilog=example("mine-geo totals --by district --format csv"))
@click.option("--province", type=PROVINCE_NAME, help="Only this province, name or code.")
@click.option(
    "--by",
    multiple=True,
    type=GROUP,
    default=("province",),
    show_default=True,
    help="Group by: province, district, kind, or any column; may be given again.",
)
@click.option(
    "--size",
    default="computed",
    show_default=True,
    type=click.Choice(("computed", "reported")),
    help="Our size of the polygon, or as the operator wrote it.",
)
@click.option(
    "--compare",
    "last",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Say what moved since FILE, an earlier -o FILE.json of this command, and why; exit code "
    "20 if anything did. With -o the totals of now are written there.",
)
@output_options
@reading_options
@click.pass_context
def totals(  # noqa: PLR0917  (click gives them by name)
    ctx: click.Context,
    reading: Reading,
    province: str | None,
    by: tuple[Group, ...],
    size: Size,
    last: Path | None,
    format_: str,
    output: Path | None,
) -> None:
    """Count hazards and add up m², nearer and farther than the threshold."""
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.tables.totals import UNITS, name_no_unit  # noqa: PLC0415
    from mine_geo.tables.totals import totals as add_up  # noqa: PLC0415

    earlier = None
    if last is not None:
        from mine_geo.tables.compared import read_earlier  # noqa: PLC0415

        earlier = read_earlier(last)
    store = open_named(ctx)
    hazards = reading.split(store, province)
    # Kinds stand side by side and are never added up.
    table = add_up(hazards, list(by), size=size, total="kind" not in by)
    table = name_no_unit(table, UNITS)
    asked = reading.asked(province=province, size=None if size == "computed" else size)
    if earlier is not None:
        whole = Sheet(table, store, f"Totals: {reading}", TOTAL_NAMES, _zones(reading), asked=asked)
        every = province is None and size == "computed"  # then events account for all m²
        if _say_moved(whole, reading, earlier, format_, output, every=every):
            ctx.exit(DIFFERENCES_EXIT)
        return
    if format_ == "table" and output is None:
        # 80 columns hold the two zones of a district, or of fewer names the sum as well.
        spare = ["hazards", "size_m2"] if "district" in by else []
        codes = ["province_code", "district_code"]
        table = table.drop(columns=[*codes, *spare], errors="ignore")
    title = f"Totals: {reading}"
    Sheet(table, store, title, TOTAL_NAMES, _zones(reading), asked=asked).give(format_, output)
    if format_ == "table" and output is None:
        lines = _on_the_desk(hazards, store, reading)
        terminal.show_lines([*_nowhere(store, reading, province), *lines])


def _say_moved(
    now: Sheet,
    reading: Reading,
    earlier: Earlier,
    format_: str,
    output: Path | None,
    *,
    every: bool,
) -> bool:
    """Give what moved since an earlier table, and say why; return whether anything did."""
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.tables.compared import ground_moved, moved  # noqa: PLC0415

    store, about = now.store, now.about()
    assert store is not None, "totals are of a store"  # noqa: S101
    table = moved(now.table, about, earlier)
    since = earlier.about["known_at"] or NEVER
    if output is not None:
        now.give(format_, output)
        format_ = "table"
    title = f"What moved since {since}: {reading}"
    if format_ != "table":
        Sheet(table, store, title, zones=now.zones, asked=now.asked).give(format_, None)
        return bool(len(table))
    codes = [name for name in table if f"{name}".endswith("_code")]
    shown = table.drop(columns=codes).assign(figure=table["figure"].map(_figure_name))
    Sheet(shown, store, title, {"figure": ""}).give(format_, None)
    why = store.changes(since, as_of=reading.as_of, known_at=reading.known_at)
    if reading.kind is not None:
        why = why[why["kind"] == reading.kind]
    if len(why):
        columns = ["hazard_id", "event_type", "happened_on", "why", "change_m2"]
        said = f"{len(why):,} events were recorded since: {int(why['change_m2'].sum()):+,} m²"
        Sheet(days_written(why[columns]), None, said, {"change_m2": "change m²"}).give(
            format_, None
        )
    terminal.show_lines(
        ground_moved(about, earlier) + _beside_events(now, table, why, earlier, every=every)
    )
    return bool(len(table))


def _beside_events(
    now: Sheet, table: pd.DataFrame, why: pd.DataFrame, earlier: Earlier, *, every: bool
) -> list[str]:
    """Say what else than events moved totals, and whether the ledger is the same one still."""
    told = []
    m2 = table.loc[(table["figure"] == "size_m2") & (table.get(ROW, "data") == "data"), "change"]
    rest = int(m2.sum()) - int(why["change_m2"].sum())
    if rest and every:
        told.append(
            f"{rest:+,} m² by none of these events: records that were received, accepted or "
            "rejected on the workbench"
        )
    head = earlier.about["ledger_head"]
    if head is not None and now.store is not None and len(now.store.check_chain(head)):
        told.append(
            f"the ledger is not that of the earlier table: mine-geo db doctor --head {head}"
        )
    return told


def _figure_name(name: str) -> str:
    return TOTAL_NAMES.get(name, name)


def _zones(reading: Reading) -> Zones:
    from mine_geo.tables.envelope import Zones  # noqa: PLC0415

    return Zones(reading.threshold_m, reading.rule, reading.include_coast)


def _nowhere(store: Store, reading: Reading, province: str | None) -> list[str]:
    """Say how many hazards record no province: they may lie in the one that was asked for."""
    return [] if province is None else nowhere(reading.hazards(store), province)


def _on_the_desk(hazards: gpd.GeoDataFrame, store: Store, reading: Reading) -> list[str]:
    """Say how much of a total is on the workbench, and what of it no total counts."""
    if reading.workbench == "exclude":
        return []
    waiting = hazards.loc[hazards["in_workbench"], "size_m2"]
    said = [f"{len(waiting):,} of them on the workbench: {waiting.sum():,} m²."]
    counts = ""
    if reading.as_of is None and reading.known_at is None:
        why = store.not_in_split(only="waiting")["why"].value_counts()
        counts = ", ".join(f"{reason}: {count:,}" for reason, count in why.items())
    if counts:
        said.append(f"Waiting and not in the split: {counts} (workbench list --not-in-split).")
    return said if len(waiting) or counts else []


@click.command(epilog=example("mine-geo reconcile wp2023_table3 --include-coast"))
@click.argument("table", default="wp2023_table3", type=PUBLISHED_TABLE, metavar="[TABLE|FILE]")
@click.option(
    "--province", type=PROVINCE_NAME, help="Only this province on both sides, name or code."
)
@click.option("--all", "everything", is_flag=True, help="Also the figures that agree.")
@click.option(
    "--polygons",
    is_flag=True,
    help="List the hazards, or releases, behind our side of each difference, with their m².",
)
@click.option(
    "--claims",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="The claims of the texts against their own tables, or those of FILE; no store.",
)
@click.option(
    "--flows",
    "between",
    is_flag=True,
    help="The inflow that dated stocks and releases imply, as an interval; no store.",
)
@output_options
@reading_options
@click.pass_context
def reconcile(
    ctx: click.Context,
    reading: Reading,
    table: str,
    province: str | None,
    format_: str,
    output: Path | None,
    *,
    everything: bool,
    polygons: bool,
    claims: str | None,
    between: bool,
) -> None:
    """Derive a published table again and lay it beside; exit code 20 when a figure differs.

    FILE is a table of your own, a CSV that says before its rows what it is (docs/reconcile.md).
    Ours is as of the table's own day unless --as-of says another. A figure that one table lacks is
    a dash: unknown, counted, and in no difference. --claims and --flows need no store.
    """
    from mine_geo.tables import own, published, rederive  # noqa: PLC0415

    if claims is not None:
        if _claims(Path(claims) if claims else None, format_, output):
            ctx.exit(DIFFERENCES_EXIT)
        return
    if between:
        _flows(format_, output)
        return
    mine = own.read_table(table) if own.is_file(table) else None
    how = rederive.recipe(table) if mine is None else mine.recipe()
    if mine is not None:
        reading = _as_printed(ctx, reading, mine)
    store = open_named(ctx)
    reading = reading.on(how.as_of)
    sources = _sources(store, reading, how)
    printed = table if mine is None else mine.table
    rows = published.reconcile(how.make(sources), printed, province=province)
    different = published.differences(rows)
    shown = rows if everything or output is not None or format_ != "table" else different
    name = table if mine is None else f"{mine.document}, {mine.name}"
    title = f"{name}: {published.counted(rows)}; {reading}"
    if polygons:
        year = int(how.as_of[:4]) if mine is None else mine.year
        shown = own.polygons_behind(different, sources, year)
        title = f"Behind our side of each difference\n{title}"
    if format_ == "table" and output is None:
        shown = shown.drop(columns=["province_code", "district_code"], errors="ignore")
    zones = _zones(reading) if how.zones else None
    Sheet(shown, store, title, zones=zones, as_of=reading.as_of).give(format_, output)
    if mine is not None and how.zones and format_ == "table" and output is None:
        _say_beyond(store, reading, mine, sources)
    if len(different):
        ctx.exit(DIFFERENCES_EXIT)


def _say_beyond(store: Store, reading: Reading, mine: OwnTable, sources: Sources) -> None:
    """Name the printed figures that geography cannot support, where districts are loaded."""
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.tables.own import beyond_geography  # noqa: PLC0415

    versions = store.versions()
    if not (versions["active"] & versions["layer"].eq("districts")).any():
        return
    found = beyond_geography(
        mine, sources, store.admin(), store.border(),
        threshold_m=reading.threshold_m, include_coast=reading.include_coast,
    )  # fmt: skip
    lines = []
    for row in found.to_dict("records"):
        unit = row["province"] or "Total"
        said = f"the districts of our records allow {row['least']:,} to {row['most']:,}"
        lines.append(f"{unit}: {row['figure']} {row['published']:,} cannot be: {said}")
    terminal.show_lines(lines)


def _as_printed(ctx: click.Context, reading: Reading, mine: OwnTable) -> Reading:
    """Return how the figures of an own table are read: as it says, where the command does not."""
    told = {
        name: getattr(mine, name)
        for name in ("threshold_m", "rule", "include_coast")
        if ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE
    }
    return replace(reading, **told)


def _sources(store: Store, reading: Reading, how: Recipe) -> Sources:
    """Gather from a store what a published table is made from."""
    from mine_geo.tables.rederive import Sources  # noqa: PLC0415

    ledger = store.state(as_of=reading.as_of, known_at=reading.known_at)
    split = replace(reading, kind=how.kind).split(store) if how.zones else None
    tasks = store.spot_tasks(as_of=reading.as_of, known_at=reading.known_at)
    return Sources(ledger, how.kind, split, tasks)


def _claims(file: Path | None, format_: str, output: Path | None) -> bool:
    """Give the claims, of no store; return whether one of an own file is contradicted."""
    from mine_geo.tables.own import read_claims  # noqa: PLC0415
    from mine_geo.tables.published import VERDICTS, claims  # noqa: PLC0415

    table = claims() if file is None else read_claims(file)
    wrong = file is not None and bool((table["verdict"] == "contradicts").any())
    counts = table["verdict"].value_counts()
    said = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    title = (
        f"Claims of the texts against their own tables, each on the reading that it names: {said}"
    )
    for document, rows in table.groupby("document", sort=False):
        title += f"\n{len(rows)} of: {document}"
    if format_ == "table" and output is None:
        figures = ["printed", "computed", "difference"]
        table = table[["claim", *figures, "unit", "verdict", "reading", "note"]]
        years = table["unit"] == "year"
        table[figures] = (
            table[figures]
            .map(lambda value: f"{value:,.10g}")
            .where(~years, table[figures].map(lambda value: f"{value:.0f}"))
        )
    Sheet(table, None, title).give(format_, output)
    return wrong


def _flows(format_: str, output: Path | None) -> None:
    """Give what published stocks and releases imply of newly found land."""
    from mine_geo.tables.flows import dated_figures, flows  # noqa: PLC0415

    table = flows(dated_figures())
    counts = table["comparable"].value_counts()
    title = (
        f"Inflow between each two published stocks, km²: {counts.get('yes', 0)} of kinds that are "
        f"said to be the same, {counts.get('if', 0)} if they are, {counts.get('no', 0)} not "
        "comparable\nThe figures were seen in stored extracts of the pages, not in the documents"
    )
    names = {"opening_day": "from", "closing_day": "to", "least_km2": "least", "most_km2": "most"}
    if format_ == "table" and output is None:
        table = table[[*names, "comparable", "said", "reason"]]
    Sheet(table, None, title, names).give(format_, output)


@click.command(epilog=example("mine-geo sensitivity --kind ap_minefield"))
@click.option(
    "--threshold",
    "threshold_m",
    default=terms.THRESHOLD_M,
    show_default=True,
    metavar="METRES",
    type=float,
    help="The threshold in the middle.",
)
@KIND
@output_options
@click.pass_context
def sensitivity(
    ctx: click.Context, threshold_m: float, kind: Kind | None, format_: str, output: Path | None
) -> None:
    """Show what the totals depend on: rule, coast, and the border's accuracy."""
    from mine_geo.split.zones import border_sensitivity, unmeasurable  # noqa: PLC0415
    from mine_geo.tables.envelope import Zones  # noqa: PLC0415

    store = open_named(ctx)
    hazards, border = store.hazards(kind=kind), store.border()
    hazards = hazards[unmeasurable(hazards, border, rule="area").isna()]
    say_unmeasured(store, "area")
    table = border_sensitivity(hazards, border, threshold_m=threshold_m)
    names = {
        "include_coast": "coast",
        "threshold_m": "metres",
        "near_hazards": "near",
        "near_size_m2": "near m²",
        "changed_hazards": "moved",
        "near_change_m2": "change m²",
    }
    if format_ == "table" and output is None:
        table = table.drop(columns=["far_hazards", "far_size_m2"])
    title = "What the split depends on; moved and change are against the first rule, land border"
    each_its_own = Zones(None, None, None)
    Sheet(table, store, title, names, each_its_own).give(format_, output)
