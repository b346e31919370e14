"""Triggers of the workbench: what was received is kept, and a record is decided on once.

A submission and its findings are never changed; of a record only the decision is set, while it
waits, and never taken back. This holds for writes of ours too, beside the guard of the layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mine_geo.store.submitted import (
    DECISION,
    WAITING,
    Submission,
    SubmissionFinding,
    SubmittedRecord,
)

if TYPE_CHECKING:
    from sqlalchemy import Table

KEPT: Final = (Submission.__tablename__, SubmissionFinding.__tablename__)
RECORDS: Final = SubmittedRecord.__tablename__
TABLES: Final = (*KEPT, RECORDS)

_RECORD: Final[Table] = SubmittedRecord.__table__  # type: ignore[assignment]
WORDS: Final = {
    "received": "what was received is kept as it is: submit the corrected file instead",
    "again": "what was received is kept as it is: this record is already there",
    "decided": "a decision stands: submit the record again instead of changing it",
    "source": ", ".join(each.name for each in _RECORD.columns if each.name not in DECISION),
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
