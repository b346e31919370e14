"""Commands of the life of a store: `db status`, `doctor`, `backup`, `restore`, `copy` ..."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mine_geo import errors
from mine_geo.cli.options import YES, Sheet, echo, example, open_named, output_options, wrote

if TYPE_CHECKING:
    from mine_geo.store.upkeep.backup import BackedUp


def _at(place: str | None) -> str:
    """Name a place in a line: a database without its password."""
    from mine_geo.store.engines import locate  # noqa: PLC0415

    return locate(place).name


@click.command(epilog=example("mine-geo --database register.gpkg db status"))
@output_options
@click.pass_context
def status(ctx: click.Context, format_: str, output: Path | None) -> None:
    """Say what state a store is in: its schema, and how many rows each table has."""
    from mine_geo.store.upkeep import doctor  # noqa: PLC0415

    Sheet(doctor.status(ctx.obj), None, f"{_at(ctx.obj)}: what state it is in").give(
        format_, output
    )


@click.command("doctor", epilog=example("mine-geo --database register.gpkg db doctor"))
@click.option(
    "--head",
    metavar="SEQ:HASH",
    help="The head of the chain on an earlier day, as db info showed it: it must be in it still.",
)
@click.option("--audit", is_flag=True, help="PostGIS folds every event by itself, too.")
@output_options
@click.pass_context
def examine(
    ctx: click.Context, head: str | None, format_: str, output: Path | None, *, audit: bool
) -> None:
    """Look at a store with every check; exit code 20 if anything is wrong. Nothing is written.

    Pages of the file, the chain of events, guards, indexes, grants, moments in the future, broken
    polygons, kept distances computed again, and every event folded again.
    """
    from mine_geo.store.upkeep import doctor  # noqa: PLC0415

    found = doctor.examine(ctx.obj, head=head, audit=audit)
    counts = found["severity"].value_counts()
    said = ", ".join(f"{counts.get(each, 0):,} {each}" for each in doctor.SEVERITIES)
    Sheet(found, None, f"{_at(ctx.obj)}: {said}").give(format_, output)
    if counts.get("error", 0):
        ctx.exit(errors.DIFFERENCES_EXIT)


@click.command("backup", epilog=example("mine-geo --database register.gpkg db backup"))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def back_up(ctx: click.Context, file: Path | None) -> None:
    """Back a store up, restore the backup beside it, and compare.

    FILE ends in .gpkg for a GeoPackage, in .dump for a database (by pg_dump). Beside it lies its
    list of sums. Both hold the whole register, and are their owner's alone.
    """
    from mine_geo.store.upkeep import backup  # noqa: PLC0415

    _say_backup(backup.back_up(ctx.obj, file))


def _say_backup(done: BackedUp) -> None:
    rows = int(done.tables["rows"].sum())
    echo(f"{wrote(done.path, public=False)}: schema {done.revision}, {rows:,} rows")
    if done.unverified is None:
        echo("restored and compared: the same")
    else:
        echo(f"note: not restored and compared: {done.unverified}", err=True)


@click.command("restore", epilog=example("mine-geo db restore backup.gpkg new.gpkg"))
@click.argument("backup", type=click.Path(path_type=Path))
@click.argument("place", metavar="PLACE")
def restore(backup: Path, place: str) -> None:
    """Restore a backup into a new store, and compare it with the backup's list of sums.

    PLACE is a path that is not there, or a database without a store: nothing is overwritten. Look
    at it, and only then let it take the place of the old one.
    """
    from mine_geo.store.upkeep import backup as backups  # noqa: PLC0415

    done = backups.restore(backup, place)
    rows = int(done.tables["rows"].sum())
    echo(f"restored into {_at(place)}: {rows:,} rows in {len(done.tables)} tables")
    if done.rights is not None:
        echo(f"note: {done.rights}")


@click.command("copy", epilog=example("mine-geo db copy register.gpkg postgresql://db/register"))
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(source: str, target: str) -> None:
    """Copy a whole store into a new one, both ways between PostGIS and a GeoPackage.

    Events with their moments, the workbench, all versions of the layers, spot tasks, lists. Counts,
    hashes and balance are compared before it counts as made.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.store.upkeep import contents, copying  # noqa: PLC0415

    began = time.perf_counter()
    with terminal.counting() as counted:
        tables = [table.name for table in contents.carried()]
        done = copying.copy_store(
            source,
            target,
            progress=lambda name: counted(tables.index(name), len(tables), name),
        )
    rows = int(done.tables["rows"].sum())
    echo(
        f"copied {_at(source)} into {_at(target)}: {rows:,} rows in {len(done.tables)} tables, "
        f"the same by counts, hashes and balance, in {time.perf_counter() - began:.1f} s"
    )
    if done.rights is not None:
        echo(f"note: {done.rights}")


@click.command("upgrade", epilog=example("mine-geo --database register.gpkg db upgrade"))
@click.option(
    "--backup",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the backup goes that is made first.",
)
@click.option("--no-backup", is_flag=True, help="Upgrade without a backup.")
@click.pass_context
def upgrade(ctx: click.Context, path: Path | None, *, no_backup: bool) -> None:
    """Bring a store made by an older version to this version's schema, behind a backup."""
    from mine_geo.store.upkeep import backup  # noqa: PLC0415

    done = backup.upgrade_with_backup(ctx.obj, backup=not no_backup, path=path)
    if done.backup is not None:
        _say_backup(done.backup)
    same = done.before == done.after
    echo(f"schema {done.after}, as before" if same else f"schema {done.before} -> {done.after}")


@click.command("activate", epilog=example("mine-geo db activate border government 2024"))
@click.argument("layer", type=click.Choice(("border", "districts", "villages")))
@click.argument("name")
@click.argument("version")
@YES
@click.pass_context
def activate(ctx: click.Context, layer: str, name: str, version: str, *, yes: bool) -> None:
    """Show what making a version that is loaded the active one changes; with --yes do it."""
    store = open_named(ctx)
    done = store.activate(layer, name, version, dry_run=not yes)
    before = store.versions()
    before = before[(before["layer"] == layer) & before["active"]]
    now = " ".join(before[["name", "version"]].iloc[0])
    if not done.changed:
        echo(f"{layer}: {name} {version} is active already")
    elif yes:
        echo(f"{layer}: {name} {version} is active now")
    else:
        echo(f"{layer}: {name} {version} ({done.rows:,} rows) would take the place of {now}")
        if layer == "border":
            echo("zones, and every total by zone, would follow it")
        echo("Say it again with --yes to do it.")
