"""Triggers: the ledger is append-only, and no layer is edited past `mine_geo`.

They are made again after every migration, since SQLite loses them with a table it rebuilds.
A layer may change only while `store_info.writing` is true, which our own transactions set and
unset; so QGIS, psql and GDAL read every layer and edit none. An event is never changed at all;
of the workbench, see `workbench_guards`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, Connection, inspect

from mine_geo.store import workbench_guards as workbench
from mine_geo.store.publications import TABLES as PUBLISHED

LAYERS: Final = (
    "hazard",
    "event",
    "spot_task",
    "district",
    "border",
    "admin_version",
    "border_version",
    *workbench.TABLES,
    *PUBLISHED,
)
"""Tables that only `mine_geo` writes."""

_OURS: Final = (
    "is written by mine_geo only: use the command mine-geo or the library, which keep the ledger"
)
_KEPT: Final = "the ledger is append-only: retract the event instead of changing it"
_SAID: Final = "what was set and published is kept as it is: set it anew, or recall the edition"
_THERE: Final = "the ledger is append-only: this event is already there"

_FILE_LAYER: Final = (
    "DROP TRIGGER IF EXISTS guard_%(table)s_%(action)s",
    """CREATE TRIGGER guard_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    WHEN NOT EXISTS (SELECT 1 FROM store_info WHERE writing)
    BEGIN SELECT RAISE(ABORT, '%(table)s %(ours)s'); END""",
)
_FILE_EVENT: Final = (
    "DROP TRIGGER IF EXISTS keep_event_%(action)s",
    """CREATE TRIGGER keep_event_%(action)s BEFORE %(action)s ON event
    BEGIN SELECT RAISE(ABORT, '%(kept)s'); END""",
)
# INSERT OR REPLACE deletes without a delete trigger
_FILE_EVENT_INSERT: Final = (
    "DROP TRIGGER IF EXISTS keep_event_insert",
    """CREATE TRIGGER keep_event_insert BEFORE INSERT ON event
    WHEN EXISTS (SELECT 1 FROM event WHERE event_id = NEW.event_id OR fid = NEW.fid)
    BEGIN SELECT RAISE(ABORT, '%(there)s'); END""",
)
_SERVER_FUNCTIONS: Final = (
    """CREATE OR REPLACE FUNCTION mine_geo.guard_layer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM mine_geo.store_info WHERE writing) THEN
            RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' %(ours)s';
        END IF;
        RETURN NULL;
    END $$""",
    """CREATE OR REPLACE FUNCTION mine_geo.keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = '%(kept)s';
    END $$""",
)
_SERVER_PUBLISHED: Final = (
    """CREATE OR REPLACE FUNCTION mine_geo.keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = '%(said)s';
    END $$""",
)
_SERVER_KEPT: Final = (
    "DROP TRIGGER IF EXISTS keep_published ON %(table)s",
    """CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_published()""",
    "ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_published",
    "DROP TRIGGER IF EXISTS keep_published_whole ON %(table)s",
    """CREATE TRIGGER keep_published_whole BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_published()""",
    "ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_published_whole",
)
_FILE_KEPT: Final = (
    "DROP TRIGGER IF EXISTS keep_%(table)s_%(action)s",
    """CREATE TRIGGER keep_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    BEGIN SELECT RAISE(ABORT, '%(said)s'); END""",
)
# INSERT OR REPLACE deletes without a delete trigger
_FILE_KEPT_INSERT: Final = (
    "DROP TRIGGER IF EXISTS keep_%(table)s_insert",
    """CREATE TRIGGER keep_%(table)s_insert BEFORE INSERT ON %(table)s
    WHEN EXISTS (SELECT 1 FROM %(table)s WHERE fid = NEW.fid)
    BEGIN SELECT RAISE(ABORT, '%(said)s'); END""",
)
_FILE_KEPT_ONCE: Final = (
    "DROP TRIGGER IF EXISTS keep_%(table)s_once",
    """CREATE TRIGGER keep_%(table)s_once BEFORE INSERT ON %(table)s
    WHEN EXISTS (SELECT 1 FROM %(table)s WHERE %(column)s = NEW.%(column)s)
    BEGIN SELECT RAISE(ABORT, '%(said)s'); END""",
)
_ONCE: Final = {"public_edition": "number", "edition_recall": "edition"}
"""The column of a table that holds each value once."""
_SERVER_LAYER: Final = (
    "DROP TRIGGER IF EXISTS guard_layer ON %(table)s",
    """CREATE TRIGGER guard_layer BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer()""",
    "ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER guard_layer",
)
_SERVER_EVENT: Final = (
    "DROP TRIGGER IF EXISTS keep_event ON event",
    """CREATE TRIGGER keep_event BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_event()""",
    "ALTER TABLE event ENABLE ALWAYS TRIGGER keep_event",
    "DROP TRIGGER IF EXISTS keep_event_whole ON event",
    """CREATE TRIGGER keep_event_whole BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_event()""",
    "ALTER TABLE event ENABLE ALWAYS TRIGGER keep_event_whole",
)


def install(connection: Connection) -> None:
    """Make all guards, in place of those that are there; on the tables that there are."""
    there = set(inspect(connection).get_table_names())
    layers = [layer for layer in LAYERS if layer in there]
    kept = [table for table in workbench.KEPT if table in there]
    published = [table for table in PUBLISHED if table in there]
    if connection.dialect.name == "postgresql":
        _install_server(connection, layers, kept)
        _run(connection, _SERVER_PUBLISHED)
        for table in published:
            _run(connection, _SERVER_KEPT, table=table)
    else:
        _install_file(connection, layers, kept)
        for table in published:
            for action in ("update", "delete"):
                _run(connection, _FILE_KEPT, table=table, action=action)
            _run(connection, _FILE_KEPT_INSERT, table=table)
            if table in _ONCE:
                _run(connection, _FILE_KEPT_ONCE, table=table, column=_ONCE[table])


def _install_server(connection: Connection, layers: list[str], kept: list[str]) -> None:
    _run(connection, _SERVER_FUNCTIONS)
    for layer in layers:
        _run(connection, _SERVER_LAYER, table=layer)
    _run(connection, _SERVER_EVENT)
    if not kept:
        return
    _run(connection, workbench.SERVER_FUNCTIONS)
    for table in kept:
        _run(connection, workbench.SERVER_KEPT, table=table)
    _run(connection, workbench.SERVER_RECORDS)
    for table in workbench.TABLES:
        _run(connection, workbench.SERVER_WHOLE, table=table)


def _install_file(connection: Connection, layers: list[str], kept: list[str]) -> None:
    for action in ("insert", "update", "delete"):
        for layer in layers:
            _run(connection, _FILE_LAYER, table=layer, action=action)
    for action in ("update", "delete"):
        _run(connection, _FILE_EVENT, action=action)
    _run(connection, _FILE_EVENT_INSERT)
    if not kept:
        return
    for action in ("update", "delete"):
        for table in kept:
            _run(connection, workbench.FILE_KEPT, table=table, action=action)
    _run(connection, workbench.FILE_KEPT, table=workbench.RECORDS, action="delete")
    for table in workbench.TABLES:
        _run(connection, workbench.FILE_INSERTED, table=table)
    _run(connection, workbench.FILE_RECORDS)
    _run(connection, workbench.FILE_SUBMISSION)


def _run(
    connection: Connection,
    statements: tuple[str, ...],
    table: str = "",
    action: str = "",
    column: str = "",
) -> None:
    words = {"table": table, "action": action, "ours": _OURS, "kept": _KEPT, "there": _THERE}
    words |= {"said": _SAID, "column": column, **workbench.WORDS}
    for statement in statements:
        connection.execute(DDL(statement, context=words))  # type: ignore[no-untyped-call]
