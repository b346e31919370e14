"""Commands that write papers: `dossier` of single hazards and tasks, `report` of the register."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mine_geo import terms
from mine_geo.cli.options import (
    COAST,
    SINCE,
    Commands,
    Reading,
    as_known_options,
    as_moment,
    echo,
    example,
    gathering,
    open_named,
    printed_on_option,
    reading_options,
    replace_options,
    replaceable,
    wrote,
)
from mine_geo.errors import OptionError
from mine_geo.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mine_geo.ledger.fold import Fold
    from mine_geo.reports import Form, Section
    from mine_geo.reports.documents import Form as ReportForm
    from mine_geo.store import Store
    from mine_geo.tables.accounts import Accounts


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


@click.group(
    cls=Commands, epilog=example("mine-geo report monthly --as-of 2024-12-31 -o december.xlsx")
)
def report() -> None:
    """Write reports of the register: monthly, Article 7, to donors, progress.

    Each figure can be followed to hazards and events. A report names its day, its moment and the
    versions of border and districts: asked for again with them it has the same figures.
    """


def _report_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every report, and hand over how the register is read as `asked`."""
    wrapped = gathering(command, Asked, "asked")
    for option in (
        click.option(
            "--template",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Of your office, for .docx: a Word document with fields, see docs/reports.md.",
        ),
        click.option("--districts", metavar="VERSION", help="Of the districts; else the active."),
        click.option("--border", metavar="VERSION", help="Of the border; else the active one."),
        click.option(
            "--output",
            "-o",
            required=True,
            type=click.Path(dir_okay=False, path_type=Path),
            help="The report to write: a workbook (.xlsx) or a Word document (.docx).",
        ),
    ):
        wrapped = option(wrapped)
    return reading_options(replace_options(wrapped, public=False))


@dataclass(frozen=True)
class Asked:
    """Which versions a report is made with, and where it goes."""

    border: str | None
    districts: str | None
    output: Path
    template: Path | None

    def check(self, form: ReportForm | None = None) -> None:
        """Refuse a place or a template before anything is read."""
        from mine_geo.reports.documents import check  # noqa: PLC0415

        check(self.output, form=form, template=self.template, replace=replaceable())

    def accounts(
        self, store: Store, reading: Reading, title: str, more: Mapping[str, object]
    ) -> Accounts:
        """Read the accounts of a store; they name what else was asked for, to be asked again."""
        found = store.accounts(
            as_of=reading.as_of, known_at=reading.known_at, threshold_m=reading.threshold_m,
            rule=reading.rule, include_coast=reading.include_coast, border=self.border,
            districts=self.districts, kind=reading.kind, workbench=reading.workbench,
        )  # fmt: skip
        said = {name: str(value) for name, value in more.items() if value is not None}
        about = replace(found.about, title=title, asked=reading.asked(**said))
        return replace(found, about=about)

    def write(
        self,
        sections: Sequence[Section],
        accounts: Accounts,
        form: ReportForm | None = None,
    ) -> None:
        """Write the sections, and say so."""
        from mine_geo import reports  # noqa: PLC0415

        reports.save(
            self.output, sections, accounts.about, form=form, template=self.template,
            replace=replaceable(),
        )  # fmt: skip
        echo(wrote(self.output, public=False))


THEN: Final = click.option(
    "--then",
    callback=as_moment,
    metavar="MOMENT",
    help="Set what was known at this moment beside what is known now.",
)
PEOPLE: Final = click.option(
    "--beneficiaries",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="People: a CSV of sex, age, people; else they are left out, and it is said.",
)


def _then(store: Store, accounts: Accounts, moment: str | None) -> Fold | None:
    """Read the ledger of the same day as known at an earlier moment."""
    return None if moment is None else store.state(as_of=accounts.day, known_at=moment)


@report.command(epilog=example("mine-geo report monthly --as-of 2024-12-31 -o december.xlsx"))
@SINCE
@THEN
@PEOPLE
@_report_options
@click.pass_context
def monthly(
    ctx: click.Context,
    asked: Asked,
    reading: Reading,
    since: str | None,
    then: str | None,
    beneficiaries: Path | None,
) -> None:
    """Write the monthly report: Tables 1 to 3, Annex 1, releases, flows, the workbench.

    The period begins with the month of its last day, unless --since says another.
    """
    from mine_geo import reports  # noqa: PLC0415

    asked.check("monthly")
    people = None if beneficiaries is None else reports.read_beneficiaries(beneficiaries)
    store = open_named(ctx)
    more = {"since": since, "then": then, "beneficiaries": beneficiaries}
    accounts = asked.accounts(store, reading, "Monthly report", more)
    sections = reports.monthly(
        accounts, since=since, beneficiaries=people, then=_then(store, accounts, then)
    )
    asked.write(sections, accounts, "monthly")


@report.command(epilog=example("mine-geo report article7 --as-of 2024-12-31 -o article7.xlsx"))
@THEN
@_report_options
@click.pass_context
def article7(ctx: click.Context, asked: Asked, reading: Reading, then: str | None) -> None:
    """Write what an Article 7 report asks for, kind by kind.

    Areas by type and unit, land released in the year by outcome, items destroyed. The layout is
    ours, not the Convention's.
    """
    from mine_geo import reports  # noqa: PLC0415

    asked.check("article7")
    store = open_named(ctx)
    accounts = asked.accounts(store, reading, "Figures for Article 7", {"then": then})
    sections = reports.article7(accounts, then=_then(store, accounts, then))
    asked.write(sections, accounts, "article7")


@report.command(epilog=example("mine-geo report donor AP-1 AP-2 --cost-usd 426709 -o donor.xlsx"))
@click.argument("hazard_ids", nargs=-1, metavar="[HAZARD_ID]...")
@click.option("--programme", metavar="NAME", help="The hazards of a programme, by its name.")
@click.option("--cost-usd", type=click.FloatRange(min=0), help="What the project cost, USD.")
@SINCE
@PEOPLE
@_report_options
@click.pass_context
def donor(
    ctx: click.Context,
    asked: Asked,
    reading: Reading,
    hazard_ids: tuple[str, ...],
    programme: str | None,
    cost_usd: float | None,
    since: str | None,
    *,
    beneficiaries: Path | None,
) -> None:
    """Write a report to a donor: the polygons of a project, m², USD a m², people.

    Of a programme land counts that was released since its baseline, unless --since says another
    day.
    """
    from mine_geo import reports  # noqa: PLC0415

    asked.check()
    if bool(hazard_ids) == bool(programme):
        raise OptionError("name the hazards of the project, or a --programme; one of the two")
    people = None if beneficiaries is None else reports.read_beneficiaries(beneficiaries)
    more = {
        "programme": programme,
        "cost-usd": None if cost_usd is None else f"{cost_usd:.15g}",
        "since": since,
        "beneficiaries": beneficiaries,
    }
    accounts = asked.accounts(open_named(ctx), reading, "Report to the donor", more)
    ids, baseline = list(hazard_ids), None
    if programme is not None:
        ids, baseline = reports.members(accounts, programme)
    sections = reports.donor(
        accounts, ids, since=since or baseline, cost_usd=cost_usd, beneficiaries=people
    )
    asked.write(sections, accounts)


@report.command(epilog=example("mine-geo report progress --plan plan.toml -o progress.xlsx"))
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The plan; without it only programmes are reported.",
)
@click.option("--scenario", help="One of the plan's scenarios.")
@_report_options
@click.pass_context
def progress(
    ctx: click.Context,
    asked: Asked,
    reading: Reading,
    plan_file: Path | None,
    scenario: str | None,
) -> None:
    """Write what was planned beside what was done, and how far programmes are."""
    from mine_geo import reports  # noqa: PLC0415
    from mine_geo.planning.plan_inputs import read_plan  # noqa: PLC0415

    asked.check()
    inputs = None if plan_file is None else read_plan(plan_file)
    store = open_named(ctx)
    accounts = asked.accounts(store, reading, "Progress", {"plan": plan_file, "scenario": scenario})
    opening = None
    if inputs is not None:
        kind = inputs.kind or reading.kind
        opening = store.split(
            threshold_m=reading.threshold_m, rule=reading.rule,
            include_coast=reading.include_coast, border=asked.border, kind=kind,
            workbench=reading.workbench, as_of=inputs.start - timedelta(days=1),
            known_at=accounts.about.known_at,
        )  # fmt: skip
    sections = reports.progress(accounts, inputs, opening=opening, scenario=scenario)
    asked.write(sections, accounts)
