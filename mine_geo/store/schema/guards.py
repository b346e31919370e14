"""Triggers: the ledger is append-only, and no layer is edited past `mine_geo`.

They are made again after every migration, since SQLite loses them with a table it rebuilds.
A layer may change only in a transaction of ours: on PostgreSQL one that holds the row of
`write_lock`; in a file while `store_info.writing` is true, which our own transactions set and
unset. So QGIS, psql and GDAL read every layer and edit none. An event is never changed at all,
what was received is kept, and a record is decided on once: this holds for writes of ours too.

The statements stand in `sql/guards_sqlite.sql` and `sql/guards_postgresql.sql`, part by part; here
is which table gets which part.

`read` gives the SQL that lies in `sql/` beside this file, one file a subject.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import DDL, Connection, inspect

from mine_geo.store.schema.models import (
    DECISION,
    EDITION,
    EDITION_RECALL,
    EVENT,
    FINDING,
    LISTS,
    RECORD,
    SETTING,
    SPOT_TASK,
    SUBMISSION,
    TAKEN_OVER,
)
from mine_geo.store.schema.models import TABLES as PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator


_PART: Final = re.compile(r"^--- (\w+)\n", re.MULTILINE)
_TRIGGER: Final = re.compile(r"CREATE TRIGGER (\w+)\b.*?\bON (\w+)\b", re.DOTALL)
_FUNCTION: Final = re.compile(
    r"CREATE OR REPLACE FUNCTION mine_geo\.(\w+)\(.*?AS \$\$(.*)\$\$", re.DOTALL
)
_COMMENT: Final = re.compile(r"^--.*\n?", re.MULTILINE)


def read_statements(name: str) -> dict[str, tuple[str, ...]]:
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
    >>> list(read_statements("guards_postgresql"))[:4]
    ['', 'functions', 'layer', 'event']
    >>> read_statements("guards_postgresql")["event"][0]
    'DROP TRIGGER IF EXISTS keep_event ON %(table)s'
    """
    text = (resources.files("mine_geo.store.schema") / "sql" / f"{name}.sql").read_text("utf-8")
    first, *rest = _PART.split(text)
    parts = {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}
    return {part: _statements(of) for part, of in parts.items()}


def _statements(text: str) -> tuple[str, ...]:
    pieces = (piece.strip() for piece in _COMMENT.sub("", text).split("\n\n"))
    return tuple(piece.removesuffix(";") for piece in pieces if piece)


RECEIVED: Final = (SUBMISSION.name, FINDING.name, RECORD.name)
"""Tables of the workbench; of the last one the decision is set, once."""
LAYERS: Final = (
    "hazard",
    "event",
    "event_effect",
    "spot_task",
    "district",
    "border",
    "border_segment",
    "admin_version",
    "border_version",
    "village",
    "village_version",
    TAKEN_OVER.name,
    *RECEIVED,
    *PUBLISHED,
    *LISTS,
)
"""Tables that only `mine_geo` writes."""
ONCE: Final = {"public_edition": "number", "edition_recall": "edition"}
"""The column of a table that holds each value once."""

LEDGER: Final = (EVENT.name, TAKEN_OVER.name)
"""Tables in which nothing is ever changed, not by writes of ours either."""
STAMPED: Final = {
    SUBMISSION.name: ("submitted_by", "received_at"),
    SPOT_TASK.name: ("recorded_by", "recorded_at"),
    TAKEN_OVER.name: ("taken_by", "taken_at"),
    SETTING.name: ("set_by", "set_at"),
    EDITION.name: ("approved_by", "made_at"),
    EDITION_RECALL.name: ("recalled_by", "recalled_at"),
    **dict.fromkeys(LISTS, ("recorded_by", "recorded_at")),
}
"""Where PostgreSQL says itself who wrote a row, and asks its clock about the moment: the columns.

Events and decisions have it too, each in its own way."""

Filled = tuple[str, dict[str, str]]
"""A part of the statements, and the names that it is filled in with."""


class Guard(NamedTuple):
    """A trigger as this version makes it."""

    name: str
    table: str
    statement: str


def install(connection: Connection) -> None:
    """Make all guards, in place of those that are there; on the tables that there are."""
    for statement, names in _statements_for(connection):
        connection.execute(DDL(statement, context=names))  # type: ignore[no-untyped-call]


def _statements_for(connection: Connection) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the statements of all guards, and the names that each is filled in with."""
    dialect = connection.dialect.name
    parts = read_statements(f"guards_{dialect}")
    there = set(inspect(connection).get_table_names())
    for part, names in _on_server() if dialect == "postgresql" else _on_file():
        if "source" in names:  # a store of an earlier schema has fewer columns
            columns = {each["name"] for each in inspect(connection).get_columns(RECORD.name)}
            kept = [name for name in names["source"].split(", ") if name in columns]
            names = names | {"source": ", ".join(kept)}  # noqa: PLW2901
        if names.get("table", "event") in there:
            for statement in parts[part]:
                yield statement, names


def triggers(connection: Connection) -> list[Guard]:
    """Return every trigger that `install` makes: what a doctor looks for.

    Examples
    --------
    >>> with store._reading() as connection:
    ...     [each.table for each in triggers(connection) if each.name == "keep_event_delete"]
    ['event']
    """
    filled = (statement % names for statement, names in _statements_for(connection))
    found = ((_TRIGGER.match(statement), statement) for statement in filled)
    return [Guard(made[1], made[2], statement) for made, statement in found if made is not None]


def functions() -> dict[str, str]:
    """Return the bodies of the functions that the triggers of a database run, by name.

    Examples
    --------
    >>> "append-only" in functions()["keep_event"]
    True
    """
    parts = read_statements("guards_postgresql")["functions"]
    made = (_FUNCTION.match(each % {}) for each in parts)  # a percent sign is written twice
    return {each[1]: each[2] for each in made if each is not None}


def _record() -> Filled:
    """Return the guard of the columns of a record that its decision does not set."""
    source = ", ".join(each.name for each in RECORD.columns if each.name not in DECISION)
    return "record", {"table": RECORD.name, "source": source}


def _on_server() -> Iterator[Filled]:
    yield "functions", {}
    for table in LAYERS:
        yield "layer", {"table": table}
    for table in LEDGER:
        yield "event", {"table": table}
    yield "stamp_event", {}
    for table, (who, when) in STAMPED.items():
        yield "stamp", {"table": table, "who": who, "when": when}
    yield "stamp_decision", {"table": RECORD.name}
    for table in RECEIVED:
        if table != RECORD.name:
            yield "received", {"table": table}
        yield "received_whole", {"table": table}
    yield _record()
    for table in PUBLISHED:
        yield "published", {"table": table}
    for table in LISTS:
        yield "listed", {"table": table}


def _on_file() -> Iterator[Filled]:
    for table in LAYERS:
        for action in ("insert", "update", "delete"):
            yield "layer", {"table": table, "action": action}
    for table in LEDGER:
        for action in ("update", "delete"):
            yield "event", {"table": table, "action": action}
    yield "event_again", {}
    yield "link", {}
    yield "taken_over_again", {"table": TAKEN_OVER.name}
    for table in RECEIVED:
        for action in ("delete",) if table == RECORD.name else ("update", "delete"):
            yield "received", {"table": table, "action": action}
        yield "received_again", {"table": table}
    yield _record()
    yield "submission", {"table": SUBMISSION.name}
    for table in PUBLISHED:
        for action in ("update", "delete"):
            yield "published", {"table": table, "action": action}
        yield "published_again", {"table": table}
        if table in ONCE:
            yield "published_once", {"table": table, "column": ONCE[table]}
    yield from _lists_on_file()


def _lists_on_file() -> Iterator[Filled]:
    for table in LISTS:
        for action in ("update", "delete"):
            yield "listed", {"table": table, "action": action}
        yield "listed_again", {"table": table}
