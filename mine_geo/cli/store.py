"""Commands that make and fill a store: `init`, `load`, `db`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mine_geo import errors
from mine_geo.cli import upkeep
from mine_geo.cli.files import say_whole
from mine_geo.cli.lists import LISTS, loading
from mine_geo.cli.options import (
    ASSIGN,
    FILE,
    PROFILE,
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
    open_named,
    output_options,
    span,
    with_units,
    wrote,
)

if TYPE_CHECKING:
    import pandas as pd

    from mine_geo.intake import Layer, Received
    from mine_geo.intake.proposals import Sort
    from mine_geo.store import Store


UNIT_CODES: Final = ("unknown_place", "code_differs", "wrong_province", "wrong_district")
"""The findings on what a record says of its province and district."""
MOST_SAID: Final = 5
NAMED: Final = {"border": "border", "admin": "districts", "hazards": "hazards"}
"""What a file holds, in words."""


@click.command(epilog=example("mine-geo init --from border.gpkg districts.geojson hazards.shp"))
@click.option("--title", help="A title of the store.")
@click.option("--synthetic", is_flag=True, help="For invented data, and nothing else ever.")
@click.option("--from", "filled", is_flag=True, help="Load FILES: border, districts, hazards.")
@click.argument("files", nargs=-1, metavar="[FILES]", type=click.Path(path_type=Path))
@file_options
@click.pass_context
def init(
    ctx: click.Context,
    how: FileReading,
    files: tuple[Path, ...],
    title: str | None,
    *,
    synthetic: bool,
    filled: bool,
) -> None:
    """Make an empty store, or one that holds what stands in FILES.

    With --from each file is told by what is in it: lines are the border, polygons with names of
    districts the districts, any other file hazards, to which the options of reading apply. All are
    read before a store is made; what was understood, and what is left over, is said of each.
    """
    from mine_geo.store import create_store  # noqa: PLC0415

    if bool(files) != filled:
        raise errors.OptionError(
            "name the files after --from: mine-geo init --from border.gpkg districts.geojson "
            "hazards.shp"
        )
    given = _told_apart(files, how)
    with create_store(ctx.obj, synthetic=synthetic, title=title) as store:
        if not files:
            echo(f"made {store.name}; next: mine-geo load border FILE")
            return
        echo(f"made {store.name}")
        for sort, (file, received) in given.items():
            try:
                _load_first(store, sort, file, received)
            except errors.MineGeoError as error:
                raise type(error)(
                    f"{error}; the store is made and holds what is named above: mend {file.name}, "
                    f"then mine-geo load {sort} {file.name}"
                ) from error


SORTS: Final = ("admin", "border", "hazards")
"""What a new store is filled with, in the order in which it is loaded."""


def _told_apart(files: tuple[Path, ...], how: FileReading) -> dict[Sort, tuple[Path, Any]]:
    """Read files, each as what it holds, in the order of loading; refuse what cannot be loaded."""
    from mine_geo.cli.profiles import receive  # noqa: PLC0415
    from mine_geo.intake import in_order, sort_of  # noqa: PLC0415

    found: dict[Sort, tuple[Path, Any]] = {}
    for file in files:
        sort = sort_of(file, crs=how.crs, profile=how.profile)
        if sort in found:
            raise errors.OptionError(
                f"{found[sort][0].name} and {file.name} both look like {NAMED[sort]}; load each by "
                "its own command: mine-geo load border, load admin, load hazards"
            )
        of_file = how if sort == "hazards" else replace(how, layer=None)
        received: Any = receive(of_file, file, sort)
        try:
            if sort == "hazards":
                in_order(received)
            else:
                received.in_order()
        except errors.MineGeoError as error:
            propose = f"mine-geo profile new {file.name} --of {sort} -o office.toml"
            raise type(error)(
                f"{error}; taken for {NAMED[sort]}; no store was made. {propose} proposes a profile"
            ) from error
        found[sort] = (file, received)
    return {sort: found[sort] for sort in SORTS if sort in found}


def _load_first(store: Store, sort: Sort, file: Path, received: Any) -> None:
    """Load a file into a new store, and say what was understood of it and what is left over."""
    from mine_geo.intake import in_order  # noqa: PLC0415

    if sort == "border":
        store.load_border(received.in_order())
        said = held(received)
    elif sort == "admin":
        done = store.load_admin(received.in_order(), name=file.stem)
        said = f"{held(received)}, as {done.name} {done.version}"
    else:
        received = with_units(received, store, assign=False)
        hazards = in_order(received)
        registered = store.register(hazards).registered
        said = (
            f"{registered:,} hazards, {int(hazards['size_m2'].sum()):,} m², surveyed "
            f"{span(hazards['surveyed_on'])}"
        )
    echo(f"{NAMED[sort]}: {file.name}: {said}")
    columns = received.columns
    taken = columns[columns["ours"].notna() & columns["source"].notna()]
    pairs = [f"{row.source} = {row.ours}" for row in taken.itertuples() if row.source != row.ours]
    if pairs:
        echo(f"  understood: {', '.join(map(errors.visible, pairs))}")
    left = columns.loc[columns["ours"].isna(), "source"]
    if len(left):
        echo(f"  left over: {errors.some(left, 20)}")
        echo(f"  a profile to edit: mine-geo profile new {file.name} --of {sort} -o office.toml")
    for finding in received.findings:
        if finding.record is None and finding.code not in {"left_over", "taken_for"}:
            echo(f"  {finding.severity}: {as_options(finding.message)}")
    if sort == "hazards" and (silent := int(received.table["kind"].isna().sum())):
        echo(
            f"  note: the file says no kind of {silent:,} hazards, so no kind's figures have them; "
            "make the store with --kind ap_minefield, if that is what they are"
        )


@click.group(
    cls=Commands,
    short_help="Load districts, a border, hazards, or a list from a file.",
    epilog=example("mine-geo load hazards fields.gpkg --kind ap_minefield"),
)
def load() -> None:
    """Load districts, a border, hazards, or a list from a file into the store."""


for _name in LISTS:
    load.add_command(loading(_name))


@load.command("admin", epilog=example("mine-geo load admin khm_adm2.gpkg --name COD-AB"))
@FILE
@click.option("--name", help="What the dataset is called.")
@click.option("--version", help="Its version.")
@admin_options
@click.pass_context
def load_admin(
    ctx: click.Context, how: AdminReading, file: Path, name: str | None, version: str | None
) -> None:
    """Load districts; earlier ones are kept, these become the active ones."""
    received = how.receive(file)
    admin = received.in_order()
    done = open_named(ctx).load_admin(admin, name=name or file.stem, version=version)
    echo(f"{held(received)} {_said(changed=done.changed)}: {done.name} {done.version}")
    if "repaired" in admin and admin["repaired"].any():
        codes = errors.some(admin.loc[admin["repaired"], "district_code"], 20)
        echo(f"note: invalid rings were repaired in districts {codes}", err=True)
    _say_findings(received)


@load.command("border", epilog=example("mine-geo load border border.gpkg --accuracy 50"))
@FILE
@click.option("--name", help="What the dataset is called.")
@click.option("--version", help="Its version.")
@click.option("--accuracy", type=float, metavar="METRES", help="How far off the lines may be.")
@border_options
@click.pass_context
def load_border(
    ctx: click.Context,
    how: BorderReading,
    file: Path,
    name: str | None,
    version: str | None,
    accuracy: float | None,
) -> None:
    """Load border lines; earlier ones are kept, these become the active ones."""
    received = how.receive(file, name, version, accuracy)
    done = open_named(ctx).load_border(received.in_order())
    echo(f"{done.rows:,} lines {_said(changed=done.changed)}: {done.name} {done.version}")
    echo(held(received))
    _say_findings(received)


def _say_findings(received: Layer) -> None:
    """Say what there is to say of a border or districts that were loaded."""
    for finding in received.findings:
        echo(f"{finding.severity}: {as_options(finding.message)}", err=True)


@load.command("villages", epilog=example("mine-geo load villages CambodiaVillagesList2025.csv"))
@FILE
@click.option("--name", help="What the dataset is called.")
@click.option("--version", help="Its version.")
@PROFILE
@click.pass_context
def load_villages(
    ctx: click.Context, file: Path, name: str | None, version: str | None, profile: str | None
) -> None:
    """Load villages, a list or a layer; earlier ones are kept, these become the active ones."""
    from mine_geo.planning.units import read_villages  # noqa: PLC0415

    villages = read_villages(file, profile=profile)
    done = open_named(ctx).load_villages(villages, name=name or file.stem, version=version)
    drawn = int(villages.geometry.notna().sum())
    said = f"{done.rows:,} villages of {villages['commune_code'].nunique():,} communes"
    echo(f"{said}, {drawn:,} with a boundary, {_said(changed=done.changed)}: {done.name} "
         f"{done.version}")  # fmt: skip
    surplus = villages[villages["surplus"] > 0]
    if len(surplus):
        more = int(surplus["surplus"].sum())
        echo(
            f"note: {more:,} more rows stand on the codes of others, whose names are kept beside: "
            f"{errors.some(surplus['village_code'], 60)}",
            err=True,
        )


@load.command("hazards", epilog=example("mine-geo load hazards fields.gpkg --kind ap_minefield"))
@FILE
@ASSIGN
@click.option(
    "--same-polygons",
    is_flag=True,
    help="Also those whose polygon is in the register, or in the file, under another id.",
)
@click.option(
    "--accept-good",
    is_flag=True,
    help="Register the records that are in order and leave the others, named; exit code 21.",
)
@file_options
@click.pass_context
def load_hazards(
    ctx: click.Context,
    file: Path,
    how: FileReading,
    *,
    assign_units: bool,
    same_polygons: bool,
    accept_good: bool,
) -> None:
    """Register hazards; the same file again changes nothing, other content is a conflict."""
    from mine_geo.intake import in_order, without_errors  # noqa: PLC0415

    received, store = how.read(file), open_named(ctx)
    found, records = None, len(received.table)
    if accept_good:
        found = store.check(received)
        received = without_errors(received, found)
    _in_order_or_desk(received, file)
    received = with_units(received, store, assign=assign_units)
    hazards = in_order(received)
    if assign_units:
        _say_elsewhere(store.check(received))
    echo(f"surveyed {span(hazards['surveyed_on'])}")
    done = store.register(hazards, same_polygons=same_polygons)
    echo(f"{done.registered:,} hazards registered, {done.unchanged:,} there already")
    say_whole(received)
    if found is not None and len(received.table) < records:
        _say_left(found, records - len(received.table))
        ctx.exit(errors.FINDINGS_EXIT)


def _in_order_or_desk(received: Received, file: Path) -> None:
    """Refuse a file with records that are not in order; say where the others may wait."""
    from mine_geo.intake import in_order  # noqa: PLC0415

    try:
        in_order(received)
    except (errors.GeometryError, errors.RecordError) as error:
        if len(received.table) < 2:
            raise
        raise type(error)(
            f"{error}; nothing was registered. --accept-good takes the records that are in order; "
            f"mine-geo workbench submit {file.name} lets all of them wait"
        ) from error


def _say_left(found: pd.DataFrame, count: int) -> None:
    """Name the records that were left, and why: each error in its words."""
    from mine_geo.cli.files import FINDING_NAMES, shown  # noqa: PLC0415

    wrong = shown(found[found["severity"] == "error"], "table", None, every=False)
    title = f"{count:,} records left: mend them and load the file again"
    Sheet(wrong.drop(columns="severity"), None, title, FINDING_NAMES).give("table", None)


def _say_elsewhere(found: pd.DataFrame) -> None:
    """Say which recorded units are kept although the polygon, or the table of names, differs."""
    wrong = found[found["code"].isin(UNIT_CODES)]
    for row in wrong.head(MOST_SAID).itertuples():
        echo(f"kept as recorded: {row.hazard_id}: {row.message}")
    if len(wrong) > MOST_SAID:
        echo(f"... and {len(wrong) - MOST_SAID:,} more; mine-geo check lists them")


def _said(*, changed: bool) -> str:
    return "loaded" if changed else "there already"


@click.group(
    cls=Commands,
    short_help="Look after a store: contents, schema, copies, backups.",
    epilog=example("mine-geo --database register.gpkg db info"),
)
def db() -> None:
    """Look after a store: what is in it, its schema, copies and backups."""


@db.command("info", epilog=example("mine-geo --database register.gpkg db info"))
@output_options
@click.pass_context
def db_info(ctx: click.Context, format_: str, output: Path | None) -> None:
    """Say what a store is and holds."""
    store = open_named(ctx)
    Sheet(store.info(), store, "What it is and holds").give(format_, output)


@db.command("rebuild", epilog=example("mine-geo --database register.gpkg db rebuild"))
@click.option("--repair", is_flag=True, help="Write what the events say.")
@output_options
@click.pass_context
def db_rebuild(ctx: click.Context, format_: str, output: Path | None, *, repair: bool) -> None:
    """Fold every event again and list what the store has otherwise; exit code 20 if anything."""
    store = open_named(ctx)
    found = store.rebuild(repair=repair)
    title = f"{len(found):,} differences between the events and what the store shows"
    Sheet(found, store, f"{title}{'; repaired' if repair and len(found) else ''}").give(
        format_, output
    )
    if len(found) and not repair:
        ctx.exit(errors.DIFFERENCES_EXIT)


@db.command("export-log", epilog=example("mine-geo --database old.gpkg db export-log log"))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def db_export(ctx: click.Context, folder: Path) -> None:
    """Write the whole ledger into a folder, which `db import` takes over into another store."""
    from mine_geo.store import write_log  # noqa: PLC0415

    store = open_named(ctx)
    log = store.export_log()
    for path in write_log(log, folder):
        echo(wrote(path, public=False))
    echo(f"{len(log.events):,} events and {len(log.spot_tasks):,} spot tasks")
    for name, table in (log.lists or {}).items():
        echo(f"{len(table):,} rows of {name.replace('_', ' ')}")
    waiting = int(store.submissions()["waiting"].sum())
    if waiting:
        echo(f"note: {waiting:,} records wait on the workbench; submit their files again")
    echo("note: border and districts are no part of the ledger; load them into the new store")


@db.command("import", epilog=example("mine-geo db import hazards.gpkg events.gpkg"))
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FOLDER | HAZARDS EVENTS",
    type=click.Path(path_type=Path),
)
@click.option(
    "--spot-tasks",
    "spots",
    type=click.Path(path_type=Path),
    help="A table of spot tasks (.csv, .xlsx, or points), with task_id and recorded_at.",
)
@click.option("--mend-moments", is_flag=True, help="Moments in the future become now, and say so.")
@click.pass_context
def db_import(
    ctx: click.Context, files: tuple[Path, ...], spots: Path | None, *, mend_moments: bool
) -> None:
    """Take over a whole ledger, with the moments of recording, into an empty store.

    FOLDER is one that `db export-log` wrote; or give hazards as first registered, and all other
    events.
    """
    from mine_geo.geo.vector import read_vector  # noqa: PLC0415
    from mine_geo.intake import read_hazards  # noqa: PLC0415
    from mine_geo.store import read_log, read_spot_tasks  # noqa: PLC0415

    if len(files) > 2:
        raise errors.OptionError("give one folder of db export-log, or hazards and events")
    if len(files) == 1:
        hazards, events, tasks, lists = read_log(files[0])
    else:
        hazards, events = read_hazards(files[0]), read_vector(files[1])
        tasks, lists = None, None
    if spots is not None:
        tasks = read_spot_tasks(spots)
    echo(f"events {span(events['happened_on'])}" if "happened_on" in events else "events")
    done = open_named(ctx).import_log(hazards, events, tasks, lists, mend_moments=mend_moments)
    said = f"{done.hazards:,} hazards registered, {done.events:,} later events"
    echo(f"{said} and {done.spot_tasks:,} spot tasks taken over")
    if done.lists:
        echo(f"{done.lists:,} rows of lists taken over")
    if done.mended:
        echo(f"note: {done.mended:,} moments lay in the future; mended, and marked as such")


@db.command("roles", epilog=example("mine-geo db roles --prefix mine_geo"))
@click.option("--prefix", default="mine_geo", help="The beginning of their names: mine_geo.")
@click.pass_context
def db_roles(ctx: click.Context, prefix: str) -> None:
    """Make the roles of a PostgreSQL store, and set what each may do; needs an administrator."""
    from mine_geo.store import make_roles  # noqa: PLC0415

    for name in make_roles(ctx.obj, prefix=prefix):
        echo(name)
    echo("next, for each person's own login: mine-geo db grant USER reader|operator|officer|admin")


@db.command("grant", epilog=example("mine-geo db grant chan officer"))
@click.argument("user")
@click.argument("role", type=click.Choice(("reader", "operator", "officer", "admin")))
@click.pass_context
def db_grant(ctx: click.Context, user: str, role: str) -> None:
    """Give a login one role in a PostgreSQL store, in place of the one that it had."""
    from mine_geo.store import grant_role  # noqa: PLC0415

    echo(f"{user}: {grant_role(ctx.obj, user, role)}")


@db.command("revoke", epilog=example("mine-geo db revoke chan officer"))
@click.argument("user")
@click.argument("role", type=click.Choice(("reader", "operator", "officer", "admin")))
@click.pass_context
def db_revoke(ctx: click.Context, user: str, role: str) -> None:
    """Take a role in a PostgreSQL store from a login; what it recorded keeps its name."""
    from mine_geo.store import revoke_role  # noqa: PLC0415

    echo(f"{user}: no longer {revoke_role(ctx.obj, user, role)}")


for _command in (
    upkeep.status,
    upkeep.examine,
    upkeep.back_up,
    upkeep.restore,
    upkeep.copy,
    upkeep.upgrade,
    upkeep.activate,
):
    db.add_command(_command)
