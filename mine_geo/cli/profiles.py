"""Commands of profiles, which say how a source calls its columns and words: `profile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from mine_geo.cli.options import (
    FILE,
    AdminReading,
    BorderReading,
    Commands,
    FileReading,
    Sheet,
    echo,
    example,
    file_options,
)
from mine_geo.errors import FileError

if TYPE_CHECKING:
    from mine_geo.intake import Layer, Received
    from mine_geo.intake.proposals import Sort


@click.group(cls=Commands, epilog=example("mine-geo profile new hazards.shp -o office.toml"))
def profile() -> None:
    """Propose, show and check profiles: how a source calls its columns."""


@profile.command("new", epilog=example("mine-geo profile new hazards.shp -o office.toml"))
@FILE
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.toml",
    help="Where to write it; a file that is there is left as it is.",
)
@click.option(
    "--of",
    "sort",
    type=click.Choice(("hazards", "reports", "border", "admin")),
    help="What the file holds; hazards or reports, by its columns, unless told.",
)
@file_options
def new(how: FileReading, file: Path, output: Path, sort: str | None) -> None:
    """Propose a profile from the columns and words of a file, to be edited.

    It reads the file as it is read without it. What was not understood stands there as a question
    behind a #, beside what the file has.
    """
    if output.suffix.lower() != ".toml":
        raise FileError(f"{output}: a profile is a .toml file; name it so")
    text, of = proposed(how, file, output.stem, sort)
    try:
        with output.open("x", encoding="utf-8", newline="\n") as target:
            target.write(text)
    except FileExistsError as error:
        raise FileError(f"{output} is there already; choose another name") from error
    except OSError as error:
        raise FileError(f"{output}: {error.strerror or error}") from error
    questions = sum(line.startswith("# ") and " = " in line for line in text.splitlines())
    echo(f"wrote {output}: {questions} questions, each behind a #")
    what = "hazards" if of == "reports" else of
    echo(f"next: edit it, then mine-geo check {what} {file.name} --profile {output} --explain")


def proposed(how: FileReading, file: Path, name: str, sort: str | None) -> tuple[str, Sort]:
    """Return a profile for a file, and what it holds."""
    from mine_geo.intake import propose  # noqa: PLC0415

    received = receive(how, file, sort)
    of = cast("Sort", getattr(received, "what", sort))
    return propose(received, name, of, crs=how.crs), of


def receive(how: FileReading, file: Path, sort: str | None) -> Received | Layer:
    """Read a file as what it is said to hold; hazards or reports by its columns unless told."""
    if sort == "border":
        return BorderReading(how.layer, None, None, None, how.operation, how.profile).receive(file)
    if sort == "admin":
        return AdminReading(how.layer, None, None, None, how.operation, how.profile).receive(file)
    if sort is None:
        return how.read(file, None)
    return how.read(file, "reports" if sort == "reports" else "hazards")


@profile.command("show", epilog=example("mine-geo profile show imsma_core"))
@click.argument("name", required=False)
def show(name: str | None) -> None:
    """Print a bundled profile, whose head explains every key; without NAME list them."""
    from mine_geo.intake import profiles  # noqa: PLC0415

    if name is None:
        import pandas as pd  # noqa: PLC0415

        rows = [(each.name, each.title) for each in profiles.bundled().values()]
        table = pd.DataFrame(rows, columns=["profile", "title"])
        Sheet(table, None, "Bundled profiles").give("table", None)
        return
    echo(profiles.text(name).rstrip("\n"))


@profile.command("check", epilog=example("mine-geo profile check office.toml"))
@click.argument("path", metavar="FILE.toml", type=click.Path(path_type=Path))
def check(path: Path) -> None:
    """Say whether a profile can be read; all that is wrong with it at once, with its lines."""
    from mine_geo.intake import profiles  # noqa: PLC0415

    found = profiles.load(path)
    counts = {
        sort: len(getattr(found, sort).columns)
        for sort in ("hazards", "reports", "border", "admin", "villages")
    }
    said = ", ".join(f"{count} of {sort}" for sort, count in counts.items())
    echo(f"{path}: in order; it knows names for these columns of ours: {said}")
