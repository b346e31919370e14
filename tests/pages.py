"""The pages of docs/ as sessions: the code blocks of one, run in the folder where the test stands.

`console` blocks are run and compared with what the page shows, in which `...` stands for anything;
`python` blocks are run one after another, and compared with a `text` block behind them;
`toml` blocks with a title are written as files.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from click.testing import CliRunner

from mine_geo.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent.parent / "docs"
SHOWS_AS = OutputChecker()
FENCE = re.compile(r"^```(\S*)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"\s+# exit code (\d+)$")


class Block(NamedTuple):
    """A code block of a page."""

    language: str
    title: str | None
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], found[3], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


def steps(block: Block) -> Iterator[tuple[str, str]]:
    """Give each command of a console block, and what the page shows that it prints."""
    for step in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = step.replace("\\\n", " ").partition("\n")
        yield command, shown


def trimmed(text: str) -> str:
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def said(command: str) -> str:
    """Run a command as a shell would, and return what it prints; its exit code is as noted."""
    code = CODE.search(command)
    name, *words = shlex.split(command, comments=True)
    assert name == "mine-geo", f"not ours to run: {command}"
    result = CliRunner().invoke(main, words)
    assert result.exit_code == (int(code[1]) if code else 0), f"{command}\n{result.output}"
    return trimmed(result.stdout or result.stderr)


def same(shown: str, printed: str) -> bool:
    """Say whether a page shows what is printed; where JSON breaks its line is the page's choice."""
    loose = NORMALIZE_WHITESPACE if printed.startswith("{") else 0
    return SHOWS_AS.check_output(trimmed(shown), printed, ELLIPSIS | loose)


def run_python(text: str, names: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, "page", "exec"), names)
    return trimmed(printed.getvalue())


def shown_and_printed(
    block: Block, behind: Block | None, names: dict[str, object]
) -> Iterator[tuple[str, str]]:
    """Run a block; give what the page shows of it, and what it prints."""
    if block.language == "toml" and block.title:
        Path(block.title).write_text(block.text, encoding="utf-8")
    if block.language == "console":
        for command, shown in steps(block):
            yield shown, said(command)
    if block.language == "python":
        printed = run_python(block.text, names)
        if behind and behind.language == "text":
            yield behind.text, printed


def wrong(path: Path) -> list[str]:
    """Run a page here and return where it shows something else than what is printed.

    `MINE_GEO_RENEW=1` writes what is printed into the page.
    """
    page = path.read_text(encoding="utf-8")
    here = blocks(path)
    names: dict[str, object] = {}
    found = []
    for block, behind in zip_longest(here, here[1:]):
        for shown, printed in shown_and_printed(block, behind, names):
            if shown.strip() and not same(shown, printed):
                found.append(f"{path.name}:{block.line}\n{shown}\nis\n{printed}")
                page = page.replace(shown, printed, 1)
    if found and os.environ.get("MINE_GEO_RENEW"):
        path.write_text(page, encoding="utf-8")
    return found
