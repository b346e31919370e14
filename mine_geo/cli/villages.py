"""Commands of villages: `mine-free`, `declare`, `declarations`, `points`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mine_geo.cli.lists import BY
from mine_geo.cli.options import (
    YES,
    Sheet,
    as_day,
    as_known_options,
    days_written,
    echo,
    example,
    gathering,
    open_named,
    output_options,
)
from mine_geo.errors import OptionError, StoreError, UnknownNameError, meant, some
from mine_geo.terms import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from mine_geo.planning.units import Level
    from mine_geo.store import Store

FILES: Final = ("accidents", "evidence", "spot_tasks", "declarations")
"""What is looked at beside the register and the workbench."""
DAYS: Final = {"accidents": "happened_on", "evidence": "found_on"}


@dataclass(frozen=True)
class Looking:
    """What is looked at beside the register: the store's lists, files, or that there is nothing."""

    accidents: Path | None
    evidence: Path | None
    spot_tasks: Path | None
    declarations: Path | None
    none: tuple[str, ...]

    def given(self, store: Store, known_at: str | None) -> dict[str, pd.DataFrame | None]:
        """Return each list: of a file, else of the store; None of what nobody gave.

        A list of the store in which nothing was ever entered is not known to be empty. Spot tasks
        of the store are done, not open.
        """
        from mine_geo.planning import units, villages  # noqa: PLC0415

        found: dict[str, pd.DataFrame | None] = {}
        for name in FILES:
            file: Path | None = getattr(self, name)
            none = name.replace("_", "-") in self.none
            if none and file is not None:
                raise OptionError(f"--none {name} and a file of them; say one of the two")
            if none:
                found[name] = villages.nothing()
            elif file is not None:
                found[name] = units.read_entries(file)
            else:
                held = None if name == "spot_tasks" else store.listed(name, known_at=known_at)
                found[name] = None if held is None or held.empty else held
        return found


def looking_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Looking` and hand it over as `looking`."""
    wrapped = gathering(command, Looking, "looking")
    helps = {
        "accidents": "Accidents instead of the store's: happened_on, and a unit's code or a place.",
        "evidence": "Evidence instead of the store's: found_on, hazard_id, and a code or a place.",
        "spot_tasks": "Spot tasks that are open: a code of a unit, or hazard_id.",
        "declarations": "Declarations instead of the store's: level, code, declared_on.",
    }
    for name in reversed(FILES):
        wrapped = click.option(
            f"--{name.replace('_', '-')}",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=helps[name],
        )(wrapped)
    return click.option(
        "--none",
        multiple=True,
        type=click.Choice([name.replace("_", "-") for name in FILES]),
        help="Somebody looked, and there are none of these; may be given again.",
    )(wrapped)


UNITS: Final = click.option(
    "--units",
    "units_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Codes and names of the units, a CSV or a layer; else those of the store.",
)


@click.command(
    "mine-free",
    short_help="List what stands between each unit and mine-free.",
    epilog=example("mine-geo mine-free --level village --units list.csv"),
)
@click.option(
    "--level",
    default="district",
    show_default=True,
    type=click.Choice(("district", "commune", "village")),
    help="Which units are declared.",
)
@UNITS
@click.option(
    "--since",
    callback=as_day,
    metavar="DAY",
    help="Where nothing is declared: accidents up to this day stand in nobody's way.",
)
@looking_options
@as_known_options
@output_options
@click.pass_context
def mine_free(
    ctx: click.Context,
    looking: Looking,
    *,
    level: Level,
    units_file: Path | None,
    since: str | None,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """List what stands between each unit and its declaration as mine-free, nearest first.

    Hazards of all kinds count; records that wait on the workbench stand apart. What nobody gave is
    not known to be none: then a unit is at best `unknown`, never `ready`.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.planning import villages  # noqa: PLC0415

    store = open_named(ctx)
    listed = _units(store, level, units_file)
    hazards = store.hazards(as_of=as_of, known_at=known_at)
    waits = hazards["in_workbench"].astype(bool)
    table = villages.mine_free(
        hazards[~waits], listed, level=level, waiting=hazards[waits], since=since, as_of=as_of,
        **looking.given(store, known_at),
    )  # fmt: skip
    table = days_written(table)
    counts = table["state"].value_counts()
    said = ", ".join(f"{counts.get(state, 0):,} {state}" for state in villages.STATES)
    title = f"What stands between each {level} and its declaration: {said}"
    plain = format_ == "table" and output is None
    unknown = [name for name in villages.COUNTS if table[name].isna().all()]
    if plain:
        kinds = [f"{kind}_m2" for kind in KINDS if not table[f"{kind}_m2"].any()]
        table = table.drop(columns=[*kinds, *unknown, "declared_on"])
    Sheet(table, store, title, {f"{kind}_m2": f"{kind} m²" for kind in KINDS}).give(format_, output)
    if plain and unknown and len(table):
        words = some(name.replace("_", " ") for name in unknown)
        terminal.show_lines([f"Not looked at: {words}. A state says nothing of these."])
    surplus = listed[listed["surplus"] > 0] if "surplus" in listed else listed.head(0)
    if plain and len(surplus):
        terminal.show_lines([f"Codes on several rows of the list: {some(surplus['code'], 60)}."])


def _units(store: Store, level: Level, file: Path | None) -> pd.DataFrame:
    """Return the units of a level: those of a file, else those that the store holds."""
    from mine_geo.planning import units  # noqa: PLC0415

    if file is not None:
        return units.read_units(file, level=level)
    if level == "district":
        return units.of_districts(store.admin())
    try:
        return units.of_villages(store.villages(), level)
    except StoreError as error:
        raise StoreError(f"{error}; or say --units FILE") from error


@click.command(
    short_help="Say of accidents or evidence on what ground they lay.",
    epilog=example("mine-geo points accidents"),
)
@click.argument("name", type=click.Choice(tuple(DAYS)))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--within",
    "within_m",
    default=500.0,
    show_default=True,
    type=float,
    metavar="METRES",
    help="Up to how far from a hazard a point is nearby.",
)
@as_known_options
@output_options
@click.pass_context
def points(
    ctx: click.Context,
    *,
    name: str,
    file: Path | None,
    within_m: float,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Say of accidents or evidence on what ground they lay on their day.

    In released land, in a hazard, near one, or on ground of which the register says nothing; in
    this order, the latest first. What lay in released land is the list to look at first. Those of
    the store, or of FILE.
    """
    import pandas as pd  # noqa: PLC0415

    from mine_geo.ledger.fold import fold  # noqa: PLC0415
    from mine_geo.planning import points as grounds  # noqa: PLC0415
    from mine_geo.planning import units  # noqa: PLC0415

    store = open_named(ctx)
    entries = store.listed(name, known_at=known_at) if file is None else units.read_entries(file)
    found = grounds.listed_by_ground(
        entries,
        fold(store.events(), as_of=as_of, known_at=known_at),
        day=DAYS[name],
        within_m=within_m,
    )
    counts = found["ground"].value_counts()
    said = ", ".join(
        f"{counts.get(ground, 0):,} {grounds.WORDS[ground]}" for ground in counts.index
    )
    title = f"{name.capitalize()} by the ground on their day: {said or 'none'}"
    left_out = len(entries) - len(found)
    if left_out:
        title += f"\n{left_out:,} have no place, or happened after the day, and are left out."
    table = days_written(pd.DataFrame(found.drop(columns="geometry")))
    if format_ == "table" and output is None:
        plain = [DAYS[name], "ground", "hazard_id", "distance_m", "released_on", "event_id"]
        keys = [each for each in ("entry_id", "id") if each in table]
        table = table[[*keys, *plain]].assign(distance_m=table["distance_m"].round(1))
    Sheet(table, store, title).give(format_, output)


@click.command(
    short_help="Show what stands against declaring a unit mine-free.",
    epilog=example("mine-geo declare district 0209 --on 2026-11-30 --by CMAA"),
)
@click.argument("level", type=click.Choice(("district", "commune", "village")))
@click.argument("code")
@click.option(
    "--on", "declared_on", required=True, callback=as_day, metavar="DAY", help="The day of it."
)
@click.option("--by", "declared_by", metavar="NAME", help="The authority that declared it.")
@click.option("--document", metavar="TEXT", help="The document that says so.")
@UNITS
@looking_options
@BY
@YES
@click.pass_context
def declare(
    ctx: click.Context,
    looking: Looking,
    *,
    level: Level,
    code: str,
    declared_on: str,
    declared_by: str | None,
    document: str | None,
    units_file: Path | None,
    recorded_by: str | None,
    yes: bool,
) -> None:
    """Show what stands against the declaration of a unit as mine-free; with --yes record it.

    A declaration is an event of its day: land found or an accident afterwards reopens it.
    """
    import pandas as pd  # noqa: PLC0415

    from mine_geo.planning import villages  # noqa: PLC0415

    store = open_named(ctx)
    listed = _units(store, level, units_file)
    unit = listed[listed["code"] == code]
    if unit.empty:
        hint = meant([code], listed["code"]).get(code)
        raise UnknownNameError(
            f"no {level} {code}" + (f"; did you mean {hint}?" if hint else "; codes decide")
        )
    said = {"level": level, "code": code, "name": unit["name"].iloc[0]}
    said |= {"declared_on": declared_on, "declared_by": declared_by, "document": document}
    entry = pd.DataFrame([{key: value for key, value in said.items() if value is not None}])
    lists = looking.given(store, None)
    hazards = store.hazards()
    waits = hazards["in_workbench"].astype(bool)
    table = villages.declared(
        hazards[~waits], entry, waiting=hazards[waits], accidents=lists["accidents"],
        evidence=lists["evidence"], spot_tasks=lists["spot_tasks"],
    )  # fmt: skip
    done = store.add_entries("declarations", entry, recorded_by=recorded_by, dry_run=not yes)
    title = f"{level.capitalize()} {code} {unit['name'].iloc[0]}, declared on {declared_on}: "
    title += "shown, not recorded" if not yes else "recorded" if done.added else "there already"
    table = days_written(table).drop(columns=["declared_by", "document"])
    Sheet(table, store, title).give("table", None)
    if not yes:
        echo("Say it again with --yes to record it.")


@click.command(epilog=example("mine-geo declarations --as-of 2026-12-31"))
@looking_options
@as_known_options
@output_options
@click.pass_context
def declarations(
    ctx: click.Context,
    looking: Looking,
    *,
    as_of: str | None,
    known_at: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """List the declarations, and which of them still hold: land found or an accident reopens one.

    `mine-geo load declarations` and `declare` record them, `list declarations` shows them as they
    were recorded.
    """
    from mine_geo.planning import villages  # noqa: PLC0415

    store = open_named(ctx)
    lists = looking.given(store, known_at)
    entries = lists["declarations"]
    hazards = store.hazards(as_of=as_of, known_at=known_at)
    waits = hazards["in_workbench"].astype(bool)
    table = villages.declared(
        hazards[~waits],
        villages.nothing() if entries is None else entries,
        waiting=hazards[waits],
        accidents=lists["accidents"],
        evidence=lists["evidence"],
        spot_tasks=lists["spot_tasks"],
        as_of=as_of,
    )
    counts = table["state"].value_counts()
    said = ", ".join(f"{count:,} {state}" for state, count in counts.items()) or "none"
    Sheet(days_written(table), store, f"Declarations as mine-free: {said}").give(format_, output)
