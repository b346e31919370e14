"""What the command says speaks of the command: no message names an option as Python writes it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import click
import pytest

from mine_geo.cli import main
from mine_geo.cli.options import as_options
from tests.test_house import rooms, said

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = re.compile(r"(?<![\w.\"'/?&])[a-z][a-z_]+=(?:[\"']|\.\.\.|True|False|None|(?=[\s;,:)]|$))")
"""An argument of a call: `kind="x"`, `again=True`, `crs=...`, `kind=`."""
OF_PYTHON = {
    "disclosure/disclosed.py": "public needs restricted=: a frame; the command gives it",
    "disclosure/layers.py": "how layers() is called",
    "exports/__init__.py": "how write() is called",
    "maps/__init__.py": "how the doors are called",
    "maps/sheets/__init__.py": "how the doors are called",
    "planning/programmes.py": "the command gives the day",
    "planning/rasters.py": "counts are summed, whatever the word",
    "plot.py": "of charts in a notebook",
    "reports/facts.py": "layers of two moments; the command reads them at once",
    "split/zones.py": "a country to cut by, which no command takes",
}
"""Rooms whose messages on arguments reach nobody who types a command, and why."""
MARKUP = re.compile(r"<\w|</")


def messages() -> Iterator[tuple[str, str]]:
    """Give every text of the library that is no docstring, with a mark for what is filled in."""
    for path in rooms("mine_geo"):
        if "cli" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        within = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(tree):
            if id(node) in apart or id(node) in within:
                continue
            if isinstance(node, ast.JoinedStr):
                parts = [
                    each.value if isinstance(each, ast.Constant) else "public"
                    for each in node.values
                ]
                yield said(path), "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield said(path), node.value


def test_every_message_names_options_as_the_command_does() -> None:
    wrong = []
    with click.Context(main):
        for room, text in messages():
            if " " not in text or MARKUP.search(text) or not PYTHON.search(text):
                continue
            if any(room.endswith(f"mine_geo/{each}") for each in OF_PYTHON):
                continue
            left = PYTHON.findall(as_options(text))
            wrong += [(room, text, left)] if left else []
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name your file (kind_column=, neighbour_column=)",
         "name your file (--kind-column, --neighbour-column)"),
        ("or say again=True", "or say --again"),
        ("say which were released, with kind=", "say which were released, with --kind"),
        ("choose one with kind=..., or group", "choose one with --kind ..., or group"),
        ('layer="a b", id_column="MF ID"', "--layer 'a b', --id 'MF ID'"),
        ("since when with since=...", "since when with --since ..."),
        ('leave it out (--workbench exclude, workbench="exclude")',
         "leave it out (--workbench exclude)"),
        ("with mine-geo --clock-is-right ... (open_store(..., clock_is_right=True))",
         "with mine-geo --clock-is-right ..."),
        ("import --mend-moments (mend_moments=True) mends", "import --mend-moments mends"),
        ('read them with kind=..., as read_hazards(file, kind="x")', "read them with --kind ..."),
        # What is no option of any command stays, and so do the words of a file.
        ("restricted=: every polygon", "restricted=: every polygon"),
        ("asked was province=Battambang", "asked was province=Battambang"),
        ('in a profile: reports.columns.hazard_id = ["x"]',
         'in a profile: reports.columns.hazard_id = ["x"]'),
    ],
)  # fmt: skip
def test_a_message_by_hand(text: str, shown: str) -> None:
    with click.Context(main):
        assert as_options(text) == shown
