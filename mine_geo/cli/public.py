"""Commands for what is shown to everybody: its parameters, and its editions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from mine_geo import terms
from mine_geo.cli.options import (
    Commands,
    Sheet,
    as_known_options,
    echo,
    example,
    open_named,
    output_options,
)
from mine_geo.errors import OptionError, some

if TYPE_CHECKING:
    from collections.abc import Callable


MOST_SAID: Final = 20


@click.group(
    cls=Commands,
    short_help="Set how public outputs are made; write and list editions.",
    epilog=example("mine-geo public settings"),
)
def public() -> None:
    """Set how public outputs are made, write editions of them, recall one."""


@public.command("settings", epilog=example("mine-geo public settings"))
@click.option("--history", is_flag=True, help="Every set there was, with who set it and when.")
@output_options
@click.pass_context
def settings(ctx: click.Context, format_: str, output: Path | None, *, history: bool) -> None:
    """Say with which parameters everything public is made."""
    import pandas as pd  # noqa: PLC0415

    store = open_named(ctx)
    if history:
        Sheet(store.public_settings_history(), store, "public settings, oldest first").give(
            format_, output
        )
        return
    held = store.public_settings()
    rows = [(name, _shown(getattr(held, name))) for name in held.__dataclass_fields__]
    Sheet(pd.DataFrame(rows, columns=["what", "value"]), store, "public settings").give(
        format_, output
    )


def _shown(value: Any) -> str:
    match value:
        case None:
            return "the usual words"
        case tuple():
            return " / ".join(value)
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
    return str(value)


_Decorator: TypeAlias = "Callable[[Callable[..., None]], Callable[..., None]]"


def _pair(option: str, what: str) -> _Decorator:
    """Return an option of a text in both languages."""
    return click.option(
        option, nargs=2, metavar="ENGLISH KHMER", help=f"Standing text: {what}; both languages."
    )


@public.command("set", epilog=example('mine-geo public set --least-count 5 --by "Sok Dara"'))
@click.option("--threshold", "threshold_m", type=float, metavar="METRES", help="Nearer is near.")
@click.option("--rule", type=click.Choice(terms.RULES), help="What decides the zone.")
@click.option(
    "--include-coast/--no-include-coast", default=None, help="Count the coast as border too."
)
@click.option(
    "--least-count", type=int, help="Figures of fewer hazards are not shown; 1 shows all."
)
@click.option("--round", "round_m2", type=int, metavar="M2", help="Round sizes to so many m².")
@click.option(
    "--clearance", "clearance_m", type=float, metavar="METRES",
    help="How far released land that is drawn lies from what remains.",
)  # fmt: skip
@click.option("--tell-waiting/--no-tell-waiting", default=None, help="Tell how many records wait.")
@_pair("--authority", "by whom the figures are recorded")
@_pair("--contact", "where to report and to ask")
@_pair("--text", "the whole of it")
@click.option("--usual-text", is_flag=True, help="Go back to the usual standing text.")
@click.option("--by", "set_by", required=True, metavar="NAME", help="Who sets it; it is kept.")
@click.pass_context
def set_(ctx: click.Context, /, *, set_by: str, usual_text: bool, **told: Any) -> None:
    """Set the parameters of everything public; those that are not named stay."""
    changes = {name: value for name, value in told.items() if value is not None}
    if usual_text:
        changes |= dict.fromkeys(("authority", "contact", "text"))
    if not changes:
        raise OptionError("nothing to set: name an option, as --least-count 5")
    store = open_named(ctx)
    before = store.public_settings()
    held = store.set_public_settings(changes, set_by=set_by)
    for name in held.__dataclass_fields__:
        old, new = getattr(before, name), getattr(held, name)
        echo(f"{name}: {_shown(new)}{'' if old == new else f' (was {_shown(old)})'}")


@public.command("release", epilog=example("mine-geo public release 2026-12 --asked-by A ..."))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--asked-by", required=True, metavar="NAME", help="Who asked for it.")
@click.option(
    "--approved-by",
    required=True,
    metavar="NAME",
    help="Who approved it, another one: on a server who is logged in.",
)
@click.option("--places", type=click.Path(dir_okay=False, path_type=Path), help="Names to draw.")
@click.option("--atlas/--no-atlas", default=True, help="An atlas too.")
@click.option(
    "--despite-withheld",
    is_flag=True,
    help="Write it although it withholds what an earlier edition drew.",
)
@as_known_options
@click.pass_context
def release(
    ctx: click.Context,
    out: Path,
    *,
    asked_by: str,
    approved_by: str,
    places: Path | None,
    atlas: bool,
    despite_withheld: bool,
    as_of: str | None,
    known_at: str | None,
) -> None:
    """Write an edition of all public outputs into the folder OUT, and record it.

    First it is compared with the earlier editions. What this says on the terminal is RESTRICTED.
    Exit code 18: an earlier edition drew what this one withholds.
    """
    from mine_geo.exports import editions  # noqa: PLC0415
    from mine_geo.geo.vector import read_places  # noqa: PLC0415

    store = open_named(ctx)
    _, approved = store.two_persons(asked_by, approved_by)  # before minutes are spent on comparing
    made = editions.draft(
        store,
        as_of=as_of,
        known_at=known_at,
        places=None if places is None else read_places(places),
    )
    for line in made.comparison.lines(MOST_SAID):
        echo(line)
    done = editions.release(
        store,
        out,
        asked_by=asked_by,
        approved_by=approved_by,
        despite_withheld=despite_withheld,
        atlas=atlas,
        prepared=made,
        say=echo,
    )
    echo(f"edition {done.number}, approved by {approved}: {len(done.files):,} files in {out}")


@public.command("recall", epilog=example('mine-geo public recall 3 --reason "..." --by "Sok Dara"'))
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; it is kept and listed.")
@click.option("--by", "recalled_by", required=True, metavar="NAME", help="Who recalls it.")
@click.pass_context
def recall(ctx: click.Context, number: int, *, reason: str, recalled_by: str) -> None:
    """Name an edition as recalled; it stays in the list, and editions are compared with it."""
    store = open_named(ctx)
    store.recall_edition(number, reason=reason, recalled_by=recalled_by)
    listed = store.editions()
    (files,) = listed.loc[listed["number"] == number, "files"]
    echo(f"edition {number} is recalled; take back its {len(files):,} files: {some(files, 3)}")


@public.command("editions", epilog=example("mine-geo public editions"))
@output_options
@click.pass_context
def editions(ctx: click.Context, format_: str, output: Path | None) -> None:
    """List the editions: day, persons, number of files, and which were recalled."""
    store = open_named(ctx)
    found = store.editions()
    found["files"] = [len(each) for each in found["files"]]
    if format_ == "table" and output is None:
        found = found.drop(columns="parameters")
    Sheet(found, store, "editions of public outputs").give(format_, output)
