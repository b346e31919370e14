"""The SQL that lies in `sql/` beside this file, one file a subject, statement by statement."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

_PART: Final = re.compile(r"^--- (\w+)\n", re.MULTILINE)
_COMMENT: Final = re.compile(r"^--.*\n?", re.MULTILINE)


def read(name: str) -> dict[str, tuple[str, ...]]:
    """Return the statements of a file by the names of its parts, in order.

    A part begins with a line `--- name`; what stands before the first has the name "". Statements
    are parted by an empty line, since those that make a trigger have semicolons inside. Lines that
    begin with `--` are comments.

    Parameters
    ----------
    name
        The file, without its ending.

    Examples
    --------
    >>> list(read("guards_postgresql"))[:4]
    ['', 'functions', 'layer', 'event']
    >>> read("guards_postgresql")["event"][0]
    'DROP TRIGGER IF EXISTS keep_event ON event'
    """
    text = (resources.files("mine_geo.store.schema") / "sql" / f"{name}.sql").read_text("utf-8")
    first, *rest = _PART.split(text)
    parts = {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}
    return {part: _statements(of) for part, of in parts.items()}


def _statements(text: str) -> tuple[str, ...]:
    pieces = (piece.strip() for piece in _COMMENT.sub("", text).split("\n\n"))
    return tuple(piece.removesuffix(";") for piece in pieces if piece)
