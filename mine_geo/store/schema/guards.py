"""Triggers: the ledger is append-only, and no layer is edited past `mine_geo`.

Triggers of the workbench: what was received is kept, and a record is decided on once.
A submission and its findings are never changed; of a record only the decision is set, while it
waits, and never taken back. This holds for writes of ours too, beside the guard of the layers.

They are made again after every migration, since SQLite loses them with a table it rebuilds.
A layer may change only while `store_info.writing` is true, which our own transactions set and
unset; so QGIS, psql and GDAL read every layer and edit none. An event is never changed at all.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, Connection, inspect

from mine_geo.store.schema.models import (
    DECISION,
    FINDING,
    RECORD,
    SUBMISSION,
    WAITING,
)
from mine_geo.store.schema.models import TABLES as PUBLISHED

KEPT: Final = (SUBMISSION.name, FINDING.name)
RECORDS: Final = RECORD.name
TABLES: Final = (*KEPT, RECORDS)

WORDS: Final = {
    "received": "what was received is kept as it is: submit the corrected file instead",
    "again": "what was received is kept as it is: this record is already there",
    "decided": "a decision stands: submit the record again instead of changing it",
    "source": ", ".join(each.name for each in RECORD.columns if each.name not in DECISION),
    "waiting": WAITING,
}
"""What the statements below are filled in with; no word of it comes from outside."""

FILE_KEPT: Final = (
    "DROP TRIGGER IF EXISTS keep_%(table)s_%(action)s",
    """CREATE TRIGGER keep_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    BEGIN SELECT RAISE(ABORT, '%(received)s'); END""",
)
# INSERT OR REPLACE deletes without a delete trigger
FILE_INSERTED: Final = (
    "DROP TRIGGER IF EXISTS keep_%(table)s_insert",
    """CREATE TRIGGER keep_%(table)s_insert BEFORE INSERT ON %(table)s
    WHEN EXISTS (SELECT 1 FROM %(table)s WHERE fid = NEW.fid)
    BEGIN SELECT RAISE(ABORT, '%(again)s'); END""",
)
FILE_RECORDS: Final = (
    "DROP TRIGGER IF EXISTS keep_submitted_record_again",
    """CREATE TRIGGER keep_submitted_record_again BEFORE INSERT ON submitted_record
    WHEN EXISTS (SELECT 1 FROM submitted_record
                 WHERE submission_id = NEW.submission_id AND record = NEW.record)
    BEGIN SELECT RAISE(ABORT, '%(again)s'); END""",
    "DROP TRIGGER IF EXISTS keep_submitted_record_source",
    """CREATE TRIGGER keep_submitted_record_source BEFORE UPDATE OF %(source)s ON submitted_record
    BEGIN SELECT RAISE(ABORT, '%(received)s'); END""",
    "DROP TRIGGER IF EXISTS keep_submitted_record_decision",
    """CREATE TRIGGER keep_submitted_record_decision BEFORE UPDATE ON submitted_record
    WHEN OLD.state <> '%(waiting)s' OR NEW.state = '%(waiting)s'
    BEGIN SELECT RAISE(ABORT, '%(decided)s'); END""",
)
FILE_SUBMISSION: Final = (
    "DROP TRIGGER IF EXISTS keep_submission_again",
    """CREATE TRIGGER keep_submission_again BEFORE INSERT ON submission
    WHEN EXISTS (SELECT 1 FROM submission WHERE submission_id = NEW.submission_id)
    BEGIN SELECT RAISE(ABORT, '%(again)s'); END""",
)

SERVER_FUNCTIONS: Final = (
    """CREATE OR REPLACE FUNCTION mine_geo.keep_received() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = '%(received)s';
    END $$""",
    """CREATE OR REPLACE FUNCTION mine_geo.keep_decision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = '%(decided)s';
    END $$""",
)
SERVER_KEPT: Final = (
    "DROP TRIGGER IF EXISTS keep_received ON %(table)s",
    """CREATE TRIGGER keep_received BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_received()""",
    "ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_received",
)
SERVER_WHOLE: Final = (
    "DROP TRIGGER IF EXISTS keep_received_whole ON %(table)s",
    """CREATE TRIGGER keep_received_whole BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_received()""",
    "ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_received_whole",
)
SERVER_RECORDS: Final = (
    "DROP TRIGGER IF EXISTS keep_received ON submitted_record",
    """CREATE TRIGGER keep_received BEFORE DELETE OR UPDATE OF %(source)s ON submitted_record
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_received()""",
    "ALTER TABLE submitted_record ENABLE ALWAYS TRIGGER keep_received",
    "DROP TRIGGER IF EXISTS keep_decision ON submitted_record",
    """CREATE TRIGGER keep_decision BEFORE UPDATE ON submitted_record FOR EACH ROW
    WHEN (OLD.state <> '%(waiting)s' OR NEW.state = '%(waiting)s')
    EXECUTE FUNCTION mine_geo.keep_decision()""",
    "ALTER TABLE submitted_record ENABLE ALWAYS TRIGGER keep_decision",
)


LAYERS: Final = (
    "hazard",
    "event",
    "spot_task",
    "district",
    "border",
    "admin_version",
    "border_version",
    *TABLES,
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
    kept = [table for table in KEPT if table in there]
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
    _run(connection, SERVER_FUNCTIONS)
    for table in kept:
        _run(connection, SERVER_KEPT, table=table)
    _run(connection, SERVER_RECORDS)
    for table in TABLES:
        _run(connection, SERVER_WHOLE, table=table)


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
            _run(connection, FILE_KEPT, table=table, action=action)
    _run(connection, FILE_KEPT, table=RECORDS, action="delete")
    for table in TABLES:
        _run(connection, FILE_INSERTED, table=table)
    _run(connection, FILE_RECORDS)
    _run(connection, FILE_SUBMISSION)


def _run(
    connection: Connection,
    statements: tuple[str, ...],
    table: str = "",
    action: str = "",
    column: str = "",
) -> None:
    words = {"table": table, "action": action, "ours": _OURS, "kept": _KEPT, "there": _THERE}
    words |= {"said": _SAID, "column": column, **WORDS}
    for statement in statements:
        connection.execute(DDL(statement, context=words))  # type: ignore[no-untyped-call]
