"""The command `mine-geo`: each command parses, calls the library, and prints."""

from __future__ import annotations

import re
from typing import Any

import click

from mine_geo import __version__, errors
from mine_geo.cli import (
    demo,
    files,
    ledger,
    lists,
    maps,
    planning,
    plans,
    profiles,
    public,
    reports,
    store,
    tables,
    villages,
    workbench,
)
from mine_geo.cli.options import (
    CLOCK_IS_RIGHT,
    DAY_FORMAT,
    LOCK_SECONDS,
    MOST_LETTERS,
    Commands,
    as_options,
    echo,
)
from mine_geo.store import address


class _Group(Commands):
    """A group that turns the errors of `mine_geo` into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            said, shown = error.format_message(), _harmless(error.format_message())
            if said == shown:
                raise
            raise click.UsageError(shown, ctx=error.ctx) from None
        except errors.MineGeoError as error:
            echo(f"Error: {address.without_passwords(as_options(str(error)))}", err=True)
            ctx.exit(errors.exit_code(error))
        except KeyboardInterrupt:
            echo("Interrupted.", err=True)
            ctx.exit(errors.INTERRUPTED_EXIT)


def _harmless(message: str) -> str:
    """Return a message of click, which repeats what was given, as it may be shown.

    The address of a database may stand where a command belongs.
    """
    hidden = re.sub(r"\S*://\S*", "...", address.without_passwords(message))
    return "\n".join(errors.visible(line, MOST_LETTERS) for line in hidden.split("\n"))


def _say_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from mine_geo.split import engines  # noqa: PLC0415

    try:
        engine = engines.engine()
    except errors.OptionError as error:
        raise click.UsageError(str(error), ctx=ctx) from None
    echo(f"mine-geo, version {__version__}, distances by the {engine} engine")
    ctx.exit()


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Example: mine-geo demo",
)
@click.option(
    "--database",
    metavar="PLACE",
    help=f"The store: a GeoPackage or postgresql://...; else {address.DATABASE_VARIABLE}, "
    f"else {address.DEFAULT_DATABASE}.",
)
@click.option(
    "--clock-is-right",
    is_flag=True,
    help="Vouch for this computer's clock, where nothing was recorded for 30 days.",
)
@click.option(
    "--lock-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="How long a write waits for another one; 30 unless told.",
)
@click.option(
    "--day-format",
    multiple=True,
    metavar="FORMAT",
    help="How days are written in options, beside 2024-05-03: %d/%m/%Y is 03/05/2024 in May.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    help="Show the version, and which engine measures distances, and exit.",
)
@click.pass_context
def main(
    ctx: click.Context,
    database: str | None,
    lock_seconds: float | None,
    day_format: tuple[str, ...],
    *,
    clock_is_right: bool,
) -> None:
    """Minefields, their distance to the border, and the 7 km split."""
    ctx.obj = database
    ctx.meta[CLOCK_IS_RIGHT] = clock_is_right
    ctx.meta[LOCK_SECONDS] = lock_seconds
    if day_format:
        from mine_geo.geo.cells import check_format  # noqa: PLC0415

        ctx.meta[DAY_FORMAT] = tuple(map(check_format, day_format))


for command in (
    demo.demo,
    store.init,
    store.load,
    files.check,
    files.compare,
    files.forms,
    profiles.profile,
    workbench.workbench,
    tables.split,
    tables.totals,
    tables.reconcile,
    tables.sensitivity,
    ledger.release,
    ledger.amend,
    ledger.confirm,
    ledger.describe,
    ledger.divide,
    ledger.merge,
    ledger.retract,
    ledger.spot_task,
    ledger.history,
    ledger.releases,
    ledger.balance,
    ledger.changes,
    lists.list_entries,
    lists.withdraw,
    planning.priority,
    planning.weights,
    planning.raster,
    plans.plan,
    plans.capacity,
    plans.programmes,
    plans.sampling,
    villages.mine_free,
    villages.declare,
    villages.declarations,
    villages.points,
    maps.draw,
    maps.atlas,
    maps.export,
    reports.dossier,
    reports.report,
    public.public,
    store.db,
):
    main.add_command(command)
