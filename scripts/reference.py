"""The pages of the site that are made, not written: commands, library, exit codes.

    python -m scripts.reference commands.md     print one

mkdocs calls `on_files` (mkdocs.yml, `hooks`) and the pages join those of docs/; nothing here needs
mkdocs but that. What the commands say is their own `--help`; the library's pages name modules and
functions, of which mkdocstrings reads the docstrings.
"""

from __future__ import annotations

import re
import sys
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

import mine_geo
from mine_geo import errors
from mine_geo.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).parent.parent
FONTS: Final = ROOT / "mine_geo" / "maps" / "assets" / "fonts"
MODULES: Final = {"checks": "intake.checks", "sample": "geo.sample"}
"""Where the modules of the facade stand that bear another name there."""
HOST: Final = re.compile(
    r"""<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//[^"'\s>]+"""
)
"""A part of a page that a browser fetches from another host."""


class Page(NamedTuple):
    """A page that is made: its name in the site, and what makes it."""

    name: str
    text: Callable[[], str]


def every(
    group: click.Group = main, words: tuple[str, ...] = ("mine-geo",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give each command below a group, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from every(command, (*words, name))


def helped(words: tuple[str, ...], command: click.Command) -> str:
    """Return what `--help` prints of a command, as on a terminal 80 wide."""
    settings = main.context_settings
    context = click.Context(command, info_name=" ".join(words), **settings)
    return command.get_help(context).rstrip()


def commands() -> str:
    """Return the page of all commands."""
    parts = [
        "# Every command\n",
        (
            "As `--help` prints it; this page is made from it. Options of every command stand "
            "before its name: `mine-geo --database register.gpkg totals`.\n"
        ),
        f"```text\n{helped(('mine-geo',), main)}\n```\n",
    ]
    for words, command in every():
        heading = "#" * len(words)
        parts.append(f"{heading} {' '.join(words)}\n\n```text\n{helped(words, command)}\n```\n")
    return "\n".join(parts)


def groups(doc: str) -> dict[str, list[str]]:
    """Return the names of the facade's docstring below the headings that it gives them."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in doc.splitlines()[4:]:
        if name := re.match(r"    (\w[\w, ]*?)  +\S", line):
            found[heading] += [each.strip() for each in name[1].split(",")]
        elif line and not line.startswith(" "):
            heading = line
            found[heading] = []
    return {heading: names for heading, names in found.items() if names}


def library() -> str:
    """Return the page of the functions and classes that `import mine_geo as mg` gives."""
    parts = [
        "# The library\n",
        (
            "`import mine_geo as mg` gives these. Polygons and lines travel in EPSG:4326 "
            "(longitude, latitude), distances in metres, sizes in whole m². Every example runs in "
            "the tests.\n"
        ),
    ]
    for heading, names in groups(getdoc(mine_geo) or "").items():
        parts.append(f"## {heading}\n")
        for name in names:
            if name == "Store":
                parts.append("`Store`: [The store](store.md)\n")
            elif is_module(name):
                parts.append(f"`mg.{name}`: [Modules](modules.md#{anchor(name)})\n")
            else:
                parts.append(f"::: mine_geo.{name}\n")
    return "\n".join(parts)


def store() -> str:
    """Return the page of the store and its methods."""
    return (
        "# The store\n\nEvery method of a register, on PostGIS and on a GeoPackage alike. The "
        "examples are about the store that the first one makes.\n\n::: mine_geo.Store\n"
    )


def is_module(name: str) -> bool:
    """Say whether a name of the facade is a module."""
    return not callable(getattr(mine_geo, name))


def anchor(name: str) -> str:
    """Return the anchor of a module's heading."""
    return f"mg{name}"


def modules() -> str:
    """Return the page of the facade's modules."""
    parts = ["# Modules\n", "What `mg.maps`, `mg.exports` and the others hold.\n"]
    for name in mine_geo.__all__:
        if is_module(name):
            home = f"mine_geo.{MODULES.get(name, name)}"
            parts.append(f"## mg.{name} {{ #{anchor(name)} }}\n\n::: {home}\n")
    return "\n".join(parts)


def exit_codes() -> str:
    """Return the page of the exceptions, and how a command ends with each."""
    rows = [
        f"| {code} | `{error.__name__}` | {(getdoc(error) or '').splitlines()[0]} |"
        for error, code in sorted(errors.EXIT_CODES.items(), key=lambda pair: pair[1])
    ]
    return "\n".join(
        [
            "# Errors and exit codes\n",
            (
                "Each error is one line that names the file, the record and the mend. The library "
                "raises the class, the command ends with the code. 0 is success, 2 also an option "
                f"that the command line does not know, {errors.DIFFERENCES_EXIT} that figures "
                f"differ, {errors.FINDINGS_EXIT} that a record cannot enter the register, "
                f"{errors.INTERRUPTED_EXIT} that it was interrupted (Ctrl-C).\n"
            ),
            "| code | exception | what it says |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


PAGES: Final = (
    Page("commands.md", commands),
    Page("library.md", library),
    Page("store.md", store),
    Page("modules.md", modules),
    Page("exit-codes.md", exit_codes),
)


def on_files(files: Any, config: Any) -> Any:
    """Put the made pages, and the Khmer font of the maps, beside what docs/ holds."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - only mkdocs calls this

    for page in PAGES:
        files.append(File.generated(config, page.name, content=page.text()))
    for font in sorted(FONTS.glob("*.woff2")):
        files.append(File.generated(config, f"assets/{font.name}", abs_src_path=str(font)))
    return files


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Refuse a page that would fetch anything from another host."""
    from mkdocs.exceptions import PluginError  # noqa: PLC0415 - only mkdocs calls this

    parts = [found for found in HOST.findall(output) if 'rel="canonical"' not in found]
    if parts:
        raise PluginError(f"{page.file.src_uri} asks another host: {parts[0]}")
    return output


if __name__ == "__main__":
    (chosen,) = [page for page in PAGES if page.name in sys.argv[1:]]
    sys.stdout.write(chosen.text())
