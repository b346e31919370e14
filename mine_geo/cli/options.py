"""Options that several commands share, and how they open a store and give a table."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast, get_args

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from mine_geo import terms
from mine_geo.errors import FileError, OptionError, RecordError, choose, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import geopandas as gpd
    import pandas as pd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.exports.tables import FileFormat
    from mine_geo.intake.layers import Layer
    from mine_geo.intake.received import Received, What
    from mine_geo.store import Store
    from mine_geo.tables.envelope import Envelope, Zones
    from mine_geo.terms import Kind, Rule, Workbench


CLOCK_IS_RIGHT: Final = "mine_geo.clock_is_right"
LOCK_SECONDS: Final = "mine_geo.lock_seconds"
"""Where a command finds in `ctx.meta` that its user vouches for the clock."""
FORMATS: Final = ("table", "csv", "json", "xlsx")
MOST_LETTERS: Final = 10_000
"""Letters of a line."""


class Offered(click.ParamType):  # type: ignore[type-arg]  # of some versions
    """A text that the shell completes from words that are known; any other is taken too."""

    name = "text"

    def __init__(self, words: Callable[[], Iterable[str]]) -> None:
        self._words = words

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the words that begin as what is written, in small or capital letters."""
        del ctx, param
        begun = incomplete.casefold()
        return [CompletionItem(word) for word in self._words() if word.casefold().startswith(begun)]


def _provinces() -> Iterable[str]:
    from mine_geo.geo.admin_names import province_names  # noqa: PLC0415

    return province_names()


def _published() -> Iterable[str]:
    from mine_geo.tables.published import published_names  # noqa: PLC0415

    return published_names()


PROVINCE_NAME: Final = Offered(_provinces)
PUBLISHED_TABLE: Final = Offered(_published)
GROUP: Final = Offered(lambda: get_args(terms.Group))
RELEASE_GROUP: Final = Offered(lambda: (*get_args(terms.Group), "year", "outcome"))

FILE = click.argument("file", type=click.Path(path_type=Path))
LAYER = click.option("--layer", help="The layer, where the file has several.")
FILE_KIND = click.option(
    "--kind", type=click.Choice(terms.KINDS), help="The kind, where the file does not say."
)
KIND = click.option("--kind", type=click.Choice(terms.KINDS), help="Only this kind.")
YES = click.option("--yes", is_flag=True, help="Write it; without this it is only shown.")
COAST = click.option("--include-coast", is_flag=True, help="Count the coast as border too.")


_SAID_AS: Final = {"id_column": "id"}
"""An option that is called otherwise than the library's, where no command runs to ask."""
_NAMED: Final = re.compile(
    r"(?<![\w.\"'])(?P<name>[a-z][a-z_]+)="
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<open>\.\.\.)|(?P<flag>True)|(?=[\s;,:)]|$))"
)
"""An option of the library, as its messages write it."""
_FLAGS: Final = {
    'what="reports"': "--reports",
    'what="hazards"': "--hazards",
    "register it with same_polygons=True": "load it with --same-polygons",
    'say replace="public"': "say --replace-public",
    'say replace="restricted"': "say --replace-restricted",
    " (open_store(..., clock_is_right=True))": "",
    "leave draw=True out": "leave --draw out",
}
"""What the command says otherwise than by the name of an option."""
_CALLED: Final = re.compile(r", as read_\w+\([^()]*\)")
"""A call of the library, behind what the command says too."""
_AGAIN: Final = re.compile(
    r"(?P<said>--[a-z][^();]*?)(?:(?:[,;] (?P=said))| \((?P=said)\))(?=[\s;,:)]|$)"
)
"""An option that a message names as the command and as the library do."""


def _options(command: click.Command) -> dict[str, str]:
    """Return how a command, and each below it, calls its options: by the library's name."""
    found = {
        option.name: option.opts[0]
        for option in command.params
        if isinstance(option, click.Option) and option.name is not None
    }
    below = command.commands.values() if isinstance(command, click.Group) else ()
    for each in below:
        found = _options(each) | found
    return found


def as_options(text: str) -> str:
    """Return a message of the library with its options as those of the command.

    Messages name a mend once, in the words of the library; the command says it in its own: by what
    the command that runs calls the option, else any other.

    Examples
    --------
    >>> as_options('read it with crs="EPSG:4326", or name an operation (operation=...)')
    'read it with --crs EPSG:4326, or name an operation (--operation ...)'
    >>> as_options('crs="+proj=utm +zone=48", layer="my fields", what="reports"')
    "--crs '+proj=utm +zone=48', --layer 'my fields', --reports"
    >>> as_options("name one (--kind-column; kind_column=), or say again=True")
    'name one (--kind-column), or say --again'
    """
    context = click.get_current_context(silent=True)
    known = None
    if context is not None:
        known = _options(context.find_root().command) | _options(context.command)

    def option(found: re.Match[str]) -> str:
        name = found["name"]
        alone = f"--{_SAID_AS.get(name, name).replace('_', '-')}"
        flag = alone if known is None else known.get(name)
        if flag is None:
            return found[0]
        value = found["double"] if found["single"] is None else found["single"]
        if found["open"] or value is None:
            return f"{flag} ..." if found["open"] else flag
        return f"{flag} {shlex.quote(value)}"

    for said, instead in _FLAGS.items():
        text = text.replace(said, instead)
    return _AGAIN.sub(r"\g<said>", _NAMED.sub(option, _CALLED.sub("", text)))


def as_day(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the day of an option in ISO form: as ISO has it, or in a `--day-format`.

    Raises
    ------
    RecordError
        If it is no day that is clear.
    """
    from mine_geo.geo.cells import day_of  # noqa: PLC0415

    if value is None:
        return None
    try:
        return str(day_of(value, ctx.find_root().meta.get(DAY_FORMAT) or ()))
    except RecordError as error:
        mend = "as mine-geo --day-format %d/%m/%Y before the command does"
        raise RecordError(f"{param.opts[0]}: {error}, {mend}") from error


def as_moment(_: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the moment of an option as it was given; refuse what is none before anything is read.

    Raises
    ------
    RecordError
        If it is no moment, or has no time zone.
    """
    from mine_geo.geo.cells import moment_of  # noqa: PLC0415

    try:
        moment_of(value)
    except RecordError as error:
        raise RecordError(f"{param.opts[0]}: {error}") from error
    return value


def _checked_output(
    ctx: click.Context, _: click.Parameter, value: Path | None, further: tuple[str, ...] = ()
) -> Path | None:
    """Return where a table goes; refuse what no table can be written to before anything is read."""
    asked = ctx.params.get("format_", "table")
    if value is None:
        if asked == "xlsx":
            raise OptionError("a workbook needs a file: give --output FILE.xlsx")
        return None
    if asked == "table":
        endings = (*FORMATS[1:], *further)
        choose(value.suffix.lower().lstrip("."), endings, f"--output {value}: the ending")
    if not value.parent.is_dir():
        raise FileError(f"{value}: there is no folder {value.parent}; make it first")
    return value


SINCE: Final = click.option(
    "--since", callback=as_day, metavar="DAY", help="From the end of this day on."
)
DAY_FORMAT: Final = "mine_geo.day_format"
"""Where a context keeps the formats of days that the command was given."""


HAPPENED_ON: Final = click.option(
    "--happened-on",
    required=True,
    callback=as_day,
    metavar="DAY",
    help="The day it holds from.",
)


def in_words(day: str) -> str:
    """Write an ISO day so that nobody can take the month for the day.

    Examples
    --------
    >>> in_words("2024-05-03")
    '3 May 2024'
    """
    from mine_geo.geo import cells  # noqa: PLC0415

    found = cells.day_of(day)
    return day if found is None else cells.in_words(found)


def span(column: pd.Series[Any]) -> str:
    """Say in words from which day to which a column of days reaches.

    Examples
    --------
    >>> import pandas as pd
    >>> span(pd.Series(["2024-05-03", None, "2023-12-31"]))
    '31 December 2023 to 3 May 2024'
    """
    from mine_geo.geo import cells  # noqa: PLC0415

    days = cells.read_days(column)[0].dropna()
    if days.empty:
        return "on no day that is recorded"
    first, last = (cells.in_words(day.date()) for day in (days.min(), days.max()))
    return first if first == last else f"{first} to {last}"


def example(text: str) -> str:
    """Return the last lines of a command's help."""
    return f"Example: {text}"


_REPLACE: Final = "mine_geo.replace"
_REMARKS: Final = "mine_geo.without_remarks"
_PERSONAL: Final = "mine_geo.with_personal"
"""Where a context keeps what may be replaced, and what may leave."""


def _noting(key: str, value: Any = None) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that keeps the value of an option in the context, where it was given."""

    def note(ctx: click.Context, _: click.Parameter, said: Any) -> None:
        if said:
            ctx.meta[key] = said if value is None else value

    return note


def replace_options(command: Callable[..., None], *, public: bool = True) -> Callable[..., None]:
    """Add the words that name what may be replaced; `public`: the command writes public files too.

    `replaceable` gives what was said.
    """
    if public:
        command = click.option(
            "--replace-restricted",
            is_flag=True,
            expose_value=False,
            callback=_noting(_REPLACE, "restricted"),
            help="A public file may take a restricted one's place.",
        )(command)
    return click.option(
        "--replace-public",
        is_flag=True,
        expose_value=False,
        callback=_noting(_REPLACE, "public"),
        help="A restricted file may take a public one's place.",
    )(command)


def replaceable() -> str | None:
    """Return what the command was told that it may replace: `public`, `restricted` or nothing."""
    found: str | None = click.get_current_context().meta.get(_REPLACE)
    return found


def leaving_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what may leave of persons: `leaving` gives it."""
    with_personal = click.option(
        "--with-personal",
        metavar="COLUMN",
        multiple=True,
        expose_value=False,
        callback=_noting(_PERSONAL),
        help="Write this column, which a profile marked as personal; may be given again.",
    )(command)
    return click.option(
        "--without-remarks",
        is_flag=True,
        expose_value=False,
        callback=_noting(_REMARKS),
        help="Leave out comments, who recorded, and columns that are none of ours.",
    )(with_personal)


class Leaving(TypedDict):
    """What may leave, as the library's functions that write are told."""

    without_remarks: bool
    with_personal: tuple[str, ...]


def leaving() -> Leaving:
    """Return what the command was told of remarks and personal columns."""
    meta = click.get_current_context().meta
    return Leaving(without_remarks=meta.get(_REMARKS, False), with_personal=meta.get(_PERSONAL, ()))


def wrote(output: Path, *, public: bool | None) -> str:
    """Say that a file was written, and whether it is public or restricted.

    Examples
    --------
    >>> wrote(Path("btb.html"), public=False), wrote(Path("totals.csv"), public=None)
    ('wrote btb.html (restricted)', 'wrote totals.csv')
    """
    kind = {True: " (public)", False: " (restricted)", None: ""}[public]
    return f"wrote {output}{kind}"


def echo(line: str, *, err: bool = False) -> None:
    """Print a line; controls in it are escaped, and the middle of a very long one is left out."""
    click.echo(visible(line, MOST_LETTERS), err=err)


EXPECTED: Final = click.option(
    "--expected",
    metavar="EVENT_ID|M2",
    help="As you last saw the hazard: its last event, or its m²; else refused.",
)


def _as_seen(
    _ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str] | None:
    """Read HAZARD_ID=SEEN, several times."""
    pairs = [each.rpartition("=") for each in given]
    if not all(name and seen for name, _, seen in pairs):
        raise click.BadParameter("write HAZARD_ID=EVENT_ID, or HAZARD_ID=M2")
    return {name: seen for name, _, seen in pairs} or None


EXPECTED_EACH: Final = click.option(
    "--expected",
    multiple=True,
    callback=_as_seen,
    metavar="HAZARD_ID=EVENT_ID|M2",
    help="As you last saw a hazard: its last event, or its m²; else refused.",
)


def open_named(ctx: click.Context) -> Store:
    """Open the store that the command was given; it is closed when the command ends."""
    from mine_geo.store import open_store  # noqa: PLC0415  (--help loads no store)

    right, seconds = ctx.meta.get(CLOCK_IS_RIGHT, False), ctx.meta.get(LOCK_SECONDS)
    return ctx.with_resource(open_store(ctx.obj, clock_is_right=right, lock_seconds=seconds))


@dataclass(frozen=True)
class Reading:
    """How the split is read, and of which hazards."""

    threshold_m: float
    rule: Rule
    include_coast: bool
    kind: Kind | None
    workbench: Workbench
    as_of: str | None
    known_at: str | None

    def on(self, day: str) -> Reading:
        """Return this reading as of a day, unless a day was asked for."""
        return self if self.as_of else replace(self, as_of=day)

    def asked(self, **more: str | None) -> str | None:
        """Say which records are read, where not all: `kind=ap_minefield; workbench=exclude`."""
        waiting = None if self.workbench == "include" else self.workbench
        said = {"kind": self.kind, "workbench": waiting} | more
        return "; ".join(f"{name}={value}" for name, value in said.items() if value) or None

    def split(self, store: Store, province: str | None = None) -> gpd.GeoDataFrame:
        """Return the split of a store read in this way; say what cannot be measured, by name."""
        found = store.split(
            threshold_m=self.threshold_m,
            rule=self.rule,
            include_coast=self.include_coast,
            kind=self.kind,
            workbench=self.workbench,
            province=province,
            as_of=self.as_of,
            known_at=self.known_at,
        )
        say_unmeasured(store, self.rule)
        say_left_out(store, self.kind, self.as_of, self.known_at)
        unsaid = found.loc[found["kind"].isna(), "size_m2"]
        if len(unsaid):
            echo(
                f"note: no kind is recorded of {len(unsaid):,} of these hazards, "
                f"{unsaid.sum():,} m²",
                err=True,
            )
        return found

    def layers(
        self,
        store: Store,
        *,
        released: bool = True,
        places: Path | None = None,
        public: bool = False,
        printed_on: str | None = None,
        ledger: bool = False,
        recorded: bool = False,
    ) -> Layers:
        """Return what a map, an atlas or a file is made from; say what cannot be measured, by name.

        What is public is made as the store's settings say: only what the command line says itself
        can differ from them, and is refused.
        """
        from mine_geo.geo.vector import read_places  # noqa: PLC0415

        source = click.get_current_context().get_parameter_source

        def told(name: str) -> bool:
            return not public or source(name) is ParameterSource.COMMANDLINE

        found = store.layers(
            threshold_m=self.threshold_m if told("threshold_m") else None,
            rule=self.rule if told("rule") else None,
            include_coast=self.include_coast if told("include_coast") else None,
            kind=self.kind,
            workbench=self.workbench,
            as_of=self.as_of,
            known_at=self.known_at,
            released=released,
            places=None if places is None else read_places(places),
            public=public,
            printed_on=printed_on,
            ledger=ledger,
            recorded=recorded,
        )
        say_unmeasured(store, found.selection.rule or "edge")
        say_left_out(store, self.kind, self.as_of, self.known_at)
        return found

    def hazards(self, store: Store) -> gpd.GeoDataFrame:
        """Return the hazards of all provinces that are read in this way, without zones."""
        return store.hazards(
            kind=self.kind, workbench=self.workbench, as_of=self.as_of, known_at=self.known_at
        )

    def __str__(self) -> str:
        """Say it in a line for a heading."""
        border = "land border and coast" if self.include_coast else "land border"
        said = f"threshold {self.threshold_m:,.10g} m, rule {self.rule}, {border}"
        said = said if self.kind is None else f"{self.kind}, {said}"
        said += "" if self.workbench == "include" else f", workbench: {self.workbench}"
        said += f", as of {self.as_of}" if self.as_of else ""
        return said + (f", as known at {self.known_at}" if self.known_at else "")


def nowhere(
    hazards: gpd.GeoDataFrame, province: str | None, district: str | None = None
) -> list[str]:
    """Say how many hazards may lie in the unit that was asked for because they record none."""
    from mine_geo.geo.hazards import without_unit  # noqa: PLC0415

    if province is None:
        return []
    level = "province" if district is None else "district"
    lost = hazards.loc[without_unit(hazards, level, province=province), "size_m2"]
    if lost.empty:
        return []
    said = f"{terms.NO_UNIT.capitalize()}: {len(lost):,} hazards, {lost.sum():,} m². They are in no"
    return [f"{said} {level}'s figures, and may lie in this one."]


class Commands(click.Group):
    """A group whose list says in whole words what each command is for."""

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list: of each help as many clauses as a line of 80 columns holds."""
        room = 80 - 6 - max(map(len, self.commands), default=0)
        rows = [(name, _clauses(command, room)) for name, command in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _clauses(command: click.Command, room: int) -> str:
    """Return what a command is for in a line, cut where a clause ends and never within one."""
    text = command.short_help or (command.help or "").split("\n\n", maxsplit=1)[0]
    text = " ".join(text.split()).split(". ")[0].removesuffix(".")
    if len(text) <= room:
        return text
    for sign in ("; ", ": ", ", "):
        ends = [found.start() for found in re.finditer(re.escape(sign), text)]
        fits = [end for end in ends if 20 <= end <= room]
        if fits:
            return text[: fits[-1]]
    return text


printed_on_option = click.option(
    "--printed-on",
    metavar="DAY",
    help="Say the day of printing too; without it the same data gives the same file.",
)


def say_unmeasured(store: Store, rule: Rule = "edge") -> None:
    """Name, a line each, the records that no split can hold; the others' figures stand."""
    left = store.not_in_split(rule=rule, only="unmeasured")
    for name, why in zip(left["hazard_id"], left["why"], strict=True):
        echo(
            f"note: {name} is in no total and on no map: {why}; retract it, and load it corrected",
            err=True,
        )


def say_left_out(
    store: Store,
    kind: Kind | None,
    as_of: str | None = None,
    known_at: str | None = None,
) -> None:
    """Say what may be of the kind or the day that was asked for, and is in none of its figures."""

    def say(left: pd.DataFrame, lacking: str, told: str) -> None:
        if len(left):
            count = f"{len(left):,} hazard{'' if len(left) == 1 else 's'}"
            said = f"{count}, {left['size_m2'].sum():,} m²"
            echo(f"note: no {lacking} is recorded of {said}: {told}", err=True)

    if kind is not None:
        told = f"they may be of {kind}, and are in none of its figures"
        say(store.of_no_kind(as_of=as_of, known_at=known_at), "kind", told)
    if as_of is not None:
        undated = store.undated(as_of, known_at=known_at)
        if kind is not None:
            undated = undated[undated["kind"] == kind]
        told = f"they count from the day that they were loaded, and not as of {as_of}"
        say(undated, "day of survey", told)


def gathering(command: Callable[..., None], kind: type[Any], name: str) -> Callable[..., None]:
    """Return a command that takes the options of a dataclass one by one, and hands them over."""

    def gather(ctx: click.Context, /, **given: Any) -> Any:
        chosen = {field: given.pop(field) for field in kind.__dataclass_fields__}
        return ctx.invoke(command, **{name: kind(**chosen)}, **given)

    gather.__name__, gather.__doc__ = command.__name__, command.__doc__
    gather.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    wrapped: Callable[..., None] = click.pass_context(gather)
    return wrapped


@dataclass(frozen=True)
class FileReading:
    """How a file of hazards or reports is read."""

    layer: str | None
    kind: str | None
    crs: str | None
    operation: str | None
    profile: str | None
    id_column: str | None

    def read(
        self, file: Path, what: What | None = "hazards", *, all_hazards: bool = False
    ) -> Received:
        """Read a file, with all that there is to say of it."""
        from mine_geo.intake import read  # noqa: PLC0415

        return read(
            file,
            what=what,
            layer=self.layer,
            kind=self.kind,
            crs=self.crs,
            operation=self.operation,
            profile=self.profile,
            id_column=self.id_column,
            all_hazards=all_hazards,
        )


PROFILE: Final = click.option("--profile", help="A bundled profile, or a TOML file of your own.")
OPERATION: Final = click.option(
    "--operation", help="The named datum transformation, if one is needed."
)


ASSIGN: Final = click.option(
    "--assign-units",
    is_flag=True,
    help="Take a province or district that is not recorded from the polygon and the districts.",
)


def with_units(received: Received, store: Store, *, assign: bool) -> Received:
    """Return hazards with the units that were missing, if asked, and say how many have none."""
    from mine_geo.intake import assign_units, fill_units, said_without_unit  # noqa: PLC0415

    lacking = said_without_unit(received.table)
    if not lacking:
        return received
    there = store.versions()
    there = there[(there["layer"] == "districts") & there["active"]]
    source = " ".join(there[["name", "version"]].iloc[0]) if len(there) else ""
    if not (assign or source):
        echo(f"{lacking}: they are in no unit's figures; load districts, then --assign-units")
        return received
    filled = fill_units(received.table, store.admin(), source)
    if assign:
        echo(f"{source}: {filled}")
        return assign_units(received, filled, source)
    told = int((filled.whole | filled.district).sum())
    mend = f"--assign-units gives {told:,} of them theirs, by {source}"
    echo(f"{lacking}: they are in no unit's figures; {mend}")
    return received


def file_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a `FileReading` and hand it over as `how`."""
    wrapped = gathering(command, FileReading, "how")
    for option in (
        PROFILE,
        OPERATION,
        click.option("--id", "id_column", metavar="COLUMN", help="The column that is the id."),
        click.option("--crs", help="Reference system, where the file says none or a wrong one."),
        FILE_KIND,
        LAYER,
    ):
        wrapped = option(wrapped)
    return wrapped


@dataclass(frozen=True)
class BorderReading:
    """How a file of border lines is read."""

    layer: str | None
    kind: str | None
    kind_column: str | None
    neighbour_column: str | None
    operation: str | None
    profile: str | None

    def receive(
        self,
        file: Path,
        name: str | None = None,
        version: str | None = None,
        accuracy_m: float | None = None,
    ) -> Layer:
        """Read a file, with all that there is to say of it."""
        from mine_geo.intake import receive_border  # noqa: PLC0415

        return receive_border(
            file, name=name, version=version, accuracy_m=accuracy_m, layer=self.layer,
            kind=self.kind, kind_column=self.kind_column, neighbour_column=self.neighbour_column,
            profile=self.profile, operation=self.operation,
        )  # fmt: skip


@dataclass(frozen=True)
class AdminReading:
    """How a file of districts is read."""

    layer: str | None
    district_column: str | None
    province_column: str | None
    code_column: str | None
    operation: str | None
    profile: str | None

    def receive(self, file: Path) -> Layer:
        """Read a file, with all that there is to say of it."""
        from mine_geo.intake import receive_admin  # noqa: PLC0415

        return receive_admin(
            file, self.layer, district_column=self.district_column,
            province_column=self.province_column, code_column=self.code_column,
            profile=self.profile, operation=self.operation,
        )  # fmt: skip


def border_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a `BorderReading` and hand it over as `how`."""
    wrapped = gathering(command, BorderReading, "how")
    for option in (
        PROFILE,
        OPERATION,
        click.option(
            "--neighbour-column", metavar="NAME", help="The column of the country beside a line."
        ),
        click.option("--kind-column", metavar="NAME", help="The column that says land or coast."),
        click.option(
            "--kind",
            type=click.Choice(terms.BORDER_KINDS),
            help="What the lines are of which the file does not say it.",
        ),
        LAYER,
    ):
        wrapped = option(wrapped)
    return wrapped


def admin_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of an `AdminReading` and hand it over as `how`."""
    wrapped = gathering(command, AdminReading, "how")
    for option in (
        PROFILE,
        OPERATION,
        click.option("--code-column", metavar="NAME", help="The column of the district's code."),
        click.option("--province-column", metavar="NAME", help="The column of the province."),
        click.option("--district-column", metavar="NAME", help="The column of the district."),
        LAYER,
    ):
        wrapped = option(wrapped)
    return wrapped


def held(layer: Layer) -> str:
    """Say in a line what a border or districts hold."""
    from mine_geo.intake import understood  # noqa: PLC0415

    found = understood(layer)
    if "km" not in found:
        return f"{found['districts'].sum():,} districts in {len(found):,} provinces"
    names = terms.NEIGHBOUR_NAMES
    said = []
    for row in found.itertuples():
        beside = names.get(str(row.neighbour), "neighbour not said") if row.kind == "land" else ""
        said.append(f"{row.kind} {beside} {row.km:,.0f} km".replace("  ", " "))
    return ", ".join(said)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a `Reading` and hand it over as `reading`."""
    wrapped = as_known_options(gathering(command, Reading, "reading"))
    for option in (
        click.option(
            "--workbench",
            default="include",
            show_default=True,
            type=click.Choice(terms.WORKBENCH),
            help="Records not yet accepted.",
        ),
        KIND,
        COAST,
        click.option(
            "--rule",
            default="edge",
            show_default=True,
            type=click.Choice(terms.RULES),
            help="What decides the zone.",
        ),
        click.option(
            "--threshold",
            "threshold_m",
            default=terms.THRESHOLD_M,
            show_default=True,
            metavar="METRES",
            type=float,
            help="Nearer than this is near.",
        ),
    ):
        wrapped = option(wrapped)
    return wrapped


def as_known_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the ledger's two times: `as_of` and `known_at`."""
    as_known = click.option(
        "--known-at",
        callback=as_moment,
        metavar="MOMENT",
        help="As recorded by this moment, 2024-04-30T12:00+07:00.",
    )(command)
    return click.option(
        "--as-of",
        callback=as_day,
        metavar="DAY",
        help="At the end of this day, 2022-12-31; else now.",
    )(as_known)


def output_options(
    command: Callable[..., None], *, further: tuple[str, ...] = ()
) -> Callable[..., None]:
    """Add the options of every command that prints a table: `format_` and `output`.

    `further`: endings of what the command writes besides tables.
    """
    with_file = click.option(
        "--output",
        "-o",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=partial(_checked_output, further=further),
        help="Write to this file (.csv .json .xlsx).",
    )(replace_options(leaving_options(command), public=False))
    return click.option(
        "--format",
        "format_",
        default="table",
        show_default=True,
        type=click.Choice(FORMATS),
        is_eager=True,  # before --output, whose ending it may overrule
        help="How to write the table.",
    )(with_file)


def days_written(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose days are texts, as 2024-05-03: none of them has a time."""
    days = table.select_dtypes("datetime").columns
    return table.assign(**{name: table[name].dt.strftime("%Y-%m-%d") for name in days})


@dataclass(frozen=True)
class Sheet:
    """A table with what stands over it."""

    table: pd.DataFrame
    store: Store | None
    """None where the table comes from files alone."""
    title: str
    names: dict[str, str] | None = None
    zones: Zones | None = None
    """How the zones of its figures were made, where it has any."""
    as_of: str | None = None
    """The day of its figures, where it is another than the one asked for."""
    asked: str | None = None
    """Which records its figures are of, where not of all."""

    def give(self, format_: str, output: Path | None) -> None:
        """Print the table under the store's name, or write it where and how it was asked for."""
        from mine_geo.cli import terminal  # noqa: PLC0415
        from mine_geo.disclosure import restriction  # noqa: PLC0415

        if output is None and format_ == "table":
            said = self.title
            if self.store is not None:
                over = terminal.heading(self.store.name, synthetic=self.store.synthetic)
                said = f"{over}\n{said}"
            how = leaving()
            restriction.check_personal(how["with_personal"], self.table.columns)
            shown = restriction.leaving(self.table, remarks=False, **how)
            terminal.show_table(shown, title=said, names=self.names)
            return
        from mine_geo.exports.tables import write_table  # noqa: PLC0415

        table = self.table
        if output is None and sys.stdout.isatty():
            table = terminal.as_seen(table)
        marked = write_table(
            table,
            output or sys.stdout,
            self.about(),
            format=None if format_ == "table" else cast("FileFormat", format_),
            replace=replaceable(),
            **leaving(),
        )
        if output is not None:
            echo(wrote(output, public=False if marked else None))

    def about(self) -> Envelope:
        """Return what the table says of itself, with the day and moment that were asked for."""
        from mine_geo.tables.envelope import Envelope  # noqa: PLC0415

        if self.store is None:
            return Envelope(self.title)
        asked = click.get_current_context().params
        return Envelope.of_store(
            self.store,
            self.title,
            zones=self.zones,
            as_of=self.as_of or asked.get("as_of"),
            known_at=asked.get("known_at"),
            asked=self.asked,
        )
