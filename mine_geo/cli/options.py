"""Options that several commands share, and how they open a store and give a table."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mine_geo import terms

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from mine_geo.store import Store

FORMATS: Final = ("table", "csv", "json", "xlsx")

FILE = click.argument("file", type=click.Path(path_type=Path))
LAYER = click.option("--layer", help="The layer, where the file has several.")
FILE_KIND = click.option(
    "--kind", type=click.Choice(terms.KINDS), help="The kind, where the file does not say."
)
OPERATION = click.option("--operation", help="The named datum transformation, if one is needed.")
KIND = click.option("--kind", type=click.Choice(terms.KINDS), help="Only this kind.")
COAST = click.option("--coast", "include_coast", is_flag=True, help="The coast is border too.")


def example(text: str) -> str:
    """Return the last lines of a command's help."""
    return f"Example: {text}"


def open_named(ctx: click.Context) -> Store:
    """Open the store that the command was given; it is closed when the command ends."""
    from mine_geo.store import open_store  # noqa: PLC0415  (--help loads no store)

    return ctx.with_resource(open_store(ctx.obj))


@dataclass(frozen=True)
class Reading:
    """How the split is read, and of which hazards."""

    threshold_m: float
    rule: str
    include_coast: bool
    kind: str | None
    workbench: str
    as_of: str | None
    known_at: str | None

    def on(self, day: str) -> Reading:
        """Return this reading as of a day, unless a day was asked for."""
        return self if self.as_of else replace(self, as_of=day)

    def split(self, store: Store, province: str | None = None) -> gpd.GeoDataFrame:
        """Return the split of a store read in this way."""
        return store.split(
            threshold_m=self.threshold_m,
            rule=self.rule,
            include_coast=self.include_coast,
            kind=self.kind,
            workbench=self.workbench,
            province=province,
            as_of=self.as_of,
            known_at=self.known_at,
        )

    def __str__(self) -> str:
        """Say it in a line for a heading."""
        border = "land border and coast" if self.include_coast else "land border"
        said = f"threshold {self.threshold_m:,.10g} m, rule {self.rule}, {border}"
        said += "" if self.workbench == "include" else f", workbench: {self.workbench}"
        said += f", as of {self.as_of}" if self.as_of else ""
        return said + (f", as known at {self.known_at}" if self.known_at else "")


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a `Reading` and hand it over as `reading`."""

    def gather(ctx: click.Context, /, **given: Any) -> Any:
        chosen = {name: given.pop(name) for name in Reading.__dataclass_fields__}
        return ctx.invoke(command, reading=Reading(**chosen), **given)

    gather.__name__, gather.__doc__ = command.__name__, command.__doc__
    gather.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    wrapped: Callable[..., None] = as_known_options(click.pass_context(gather))
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
        metavar="MOMENT",
        help="As recorded by this moment, 2024-04-30T12:00+07:00.",
    )(command)
    return click.option(
        "--as-of", metavar="DAY", help="At the end of this day, 2022-12-31; else now."
    )(as_known)


def output_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that prints a table: `format_` and `output`."""
    with_file = click.option(
        "--output",
        "-o",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write to this file (.csv .json .xlsx).",
    )(command)
    return click.option(
        "--format",
        "format_",
        default="table",
        show_default=True,
        type=click.Choice(FORMATS),
        help="How to write the table.",
    )(with_file)


@dataclass(frozen=True)
class Sheet:
    """A table with what stands over it."""

    table: pd.DataFrame
    store: Store
    title: str
    names: dict[str, str] | None = None

    def give(self, format_: str, output: Path | None) -> None:
        """Print the table under the store's name, or write it where and how it was asked for."""
        from mine_geo import reports  # noqa: PLC0415
        from mine_geo.cli import terminal  # noqa: PLC0415

        synthetic = self.store.synthetic
        said = f"{terminal.heading(self.store.name, synthetic=synthetic)}\n{self.title}"
        if output is None and format_ == "table":
            terminal.show_table(self.table, title=said, names=self.names)
            return
        kind = None if format_ == "table" else format_
        reports.write_table(
            self.table, output or sys.stdout, format=kind, title=said, synthetic=synthetic
        )
        if output is not None:
            click.echo(f"wrote {output}")
