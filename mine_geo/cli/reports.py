"""Commands that write papers about single hazards and tasks: `dossier`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mine_geo import terms
from mine_geo.cli.options import (
    COAST,
    Reading,
    as_known_options,
    echo,
    example,
    open_named,
    printed_on_option,
    replace_options,
    replaceable,
    wrote,
)
from mine_geo.errors import OptionError
from mine_geo.words import LANGUAGES

if TYPE_CHECKING:
    from mine_geo.reports import Form


FORMS: Final = ("task-order", "completion", "handover")


@click.command(epilog=example("mine-geo dossier AP-0209-0399 AP-0209-0401 --task T-7 -o t7.pdf"))
@click.argument("hazard_ids", nargs=-1, required=True, metavar="HAZARD_ID...")
@click.option("--task", "number", metavar="NUMBER", help="The number of the task; nothing is kept.")
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path),
    help="The dossier to write (.pdf), or with --as a paper (.docx).",
)
@click.option(
    "--each", is_flag=True, help="One for each hazard, into a folder that -o names: ID.pdf."
)
@click.option(
    "--jobs", type=click.IntRange(1), help="With --each: how many processes; else one a core."
)
@click.option("--as", "form", type=click.Choice(FORMS), help="What an office signs, instead.")
@click.option(
    "--template",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of your office, for --as: a Word document with fields, see docs/dossier.md.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(LANGUAGES),
    help="What comes first; the record stands in both.",
)
@click.option(
    "--places",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Names to draw: a CSV (name, lon, lat) or points.",
)
@printed_on_option
@COAST
@partial(replace_options, public=False)
@as_known_options
@click.pass_context
def dossier(  # noqa: PLR0917  (each is an option of the command)
    ctx: click.Context,
    hazard_ids: tuple[str, ...],
    number: str | None,
    output: Path,
    form: Form | None,
    template: Path | None,
    language: str,
    places: Path | None,
    printed_on: str | None,
    as_of: str | None,
    known_at: str | None,
    jobs: int | None,
    *,
    each: bool,
    include_coast: bool,
) -> None:
    """Write all that is known of a hazard, or of the hazards of a task.

    Maps, the record in both languages, turning points, history, items found, neighbours within
    500 m; on every page task = cancelled + reduced + cleared + remaining. Closed hazards have
    one too. It is restricted: it says so, and is its owner's alone.

    --as writes a Word document from a template instead: a task order, a completion report, a
    handover certificate of what was released.
    """
    from mine_geo import reports  # noqa: PLC0415
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.disclosure import restriction  # noqa: PLC0415

    if template is not None and form is None:
        raise OptionError(f"--template is for --as {', '.join(FORMS)}; leave it out, or add --as")
    if each and (form is not None or number is not None):
        raise OptionError("--each writes a dossier for each hazard: leave out --as and --task")
    kept = replaceable()
    restriction.check(output, public=False, replace=kept)
    reading = Reading(terms.THRESHOLD_M, "edge", include_coast, None, "include", as_of, known_at)
    layers = reading.layers(open_named(ctx), places=places, printed_on=printed_on, ledger=True)
    if each:
        with terminal.counting() as counted:
            written = reports.dossiers(
                layers, {name: [name] for name in hazard_ids}, output, numbered=False,
                language=language, jobs=jobs or os.cpu_count() or 1, replace=kept, progress=counted,
            )  # fmt: skip
        echo(f"wrote {len(written):,} dossiers into {output} (restricted)")
        return
    made: Any
    if form is None:
        made = reports.dossier(layers, hazard_ids, number=number, language=language)
    else:
        made = reports.paper(
            layers, hazard_ids, form, number=number, template=template, language=language
        )
    made.save(output, replace=kept)
    echo(wrote(output, public=False))
