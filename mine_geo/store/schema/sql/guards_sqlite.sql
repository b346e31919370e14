-- The guards of a GeoPackage. A part begins with its name (--- name) and a word on what it is for;
-- statements are parted by an empty line. %(table)s, %(action)s, %(column)s and %(source)s are
-- filled in by `guards.py`, with names of our own tables and columns only.

--- layer
-- A table that only mine_geo writes: for each of insert, update and delete.
DROP TRIGGER IF EXISTS guard_%(table)s_%(action)s;

CREATE TRIGGER guard_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    WHEN NOT EXISTS (SELECT 1 FROM store_info WHERE writing)
    BEGIN SELECT RAISE(ABORT, '%(table)s is written by mine_geo only: use the command mine-geo or the library, which keep the ledger'); END;

--- event
-- The ledger is append-only, for writes of ours too, and so is what says where it came from: for
-- each of update and delete.
DROP TRIGGER IF EXISTS keep_%(table)s_%(action)s;

CREATE TRIGGER keep_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: retract the event instead of changing it'); END;

--- event_again
-- INSERT OR REPLACE deletes without a delete trigger.
DROP TRIGGER IF EXISTS keep_event_insert;

CREATE TRIGGER keep_event_insert BEFORE INSERT ON event
    WHEN EXISTS (SELECT 1 FROM event WHERE event_id = NEW.event_id OR fid = NEW.fid)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: this event is already there'); END;

--- link
-- Each event is the next of the chain.
DROP TRIGGER IF EXISTS keep_event_link;

CREATE TRIGGER keep_event_link BEFORE INSERT ON event
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event) OR length(NEW.hash) IS NOT 64
    BEGIN SELECT RAISE(ABORT, 'an event is the next of the chain, with its hash'); END;

--- taken_over_again
DROP TRIGGER IF EXISTS keep_taken_over_insert;

CREATE TRIGGER keep_taken_over_insert BEFORE INSERT ON taken_over
    WHEN EXISTS (SELECT 1 FROM taken_over WHERE fid = NEW.fid)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: this row is already there'); END;

--- received
-- What was received is kept: submissions and findings are neither changed nor deleted, records
-- are not deleted.
DROP TRIGGER IF EXISTS keep_%(table)s_%(action)s;

CREATE TRIGGER keep_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    BEGIN SELECT RAISE(ABORT, 'what was received is kept as it is: submit the corrected file instead'); END;

--- received_again
DROP TRIGGER IF EXISTS keep_%(table)s_insert;

CREATE TRIGGER keep_%(table)s_insert BEFORE INSERT ON %(table)s
    WHEN EXISTS (SELECT 1 FROM %(table)s WHERE fid = NEW.fid)
    BEGIN SELECT RAISE(ABORT, 'what was received is kept as it is: this record is already there'); END;

--- record
-- Of a record only the decision is set, once: %(source)s are all other columns.
DROP TRIGGER IF EXISTS keep_submitted_record_again;

CREATE TRIGGER keep_submitted_record_again BEFORE INSERT ON submitted_record
    WHEN EXISTS (SELECT 1 FROM submitted_record
                 WHERE submission_id = NEW.submission_id AND record = NEW.record)
    BEGIN SELECT RAISE(ABORT, 'what was received is kept as it is: this record is already there'); END;

DROP TRIGGER IF EXISTS keep_submitted_record_source;

CREATE TRIGGER keep_submitted_record_source BEFORE UPDATE OF %(source)s ON submitted_record
    BEGIN SELECT RAISE(ABORT, 'what was received is kept as it is: submit the corrected file instead'); END;

DROP TRIGGER IF EXISTS keep_submitted_record_decision;

CREATE TRIGGER keep_submitted_record_decision BEFORE UPDATE ON submitted_record
    WHEN OLD.state <> 'waiting' OR NEW.state = 'waiting'
    BEGIN SELECT RAISE(ABORT, 'a decision stands: submit the record again instead of changing it'); END;

--- submission
DROP TRIGGER IF EXISTS keep_submission_again;

CREATE TRIGGER keep_submission_again BEFORE INSERT ON submission
    WHEN EXISTS (SELECT 1 FROM submission WHERE submission_id = NEW.submission_id)
    BEGIN SELECT RAISE(ABORT, 'what was received is kept as it is: this record is already there'); END;

--- published
-- Settings and editions of public outputs are append-only: for each of update and delete.
DROP TRIGGER IF EXISTS keep_%(table)s_%(action)s;

CREATE TRIGGER keep_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    BEGIN SELECT RAISE(ABORT, 'what was set and published is kept as it is: set it anew, or recall the edition'); END;

--- published_again
DROP TRIGGER IF EXISTS keep_%(table)s_insert;

CREATE TRIGGER keep_%(table)s_insert BEFORE INSERT ON %(table)s
    WHEN EXISTS (SELECT 1 FROM %(table)s WHERE fid = NEW.fid)
    BEGIN SELECT RAISE(ABORT, 'what was set and published is kept as it is: set it anew, or recall the edition'); END;

--- published_once
-- %(column)s holds each value once.
DROP TRIGGER IF EXISTS keep_%(table)s_once;

CREATE TRIGGER keep_%(table)s_once BEFORE INSERT ON %(table)s
    WHEN EXISTS (SELECT 1 FROM %(table)s WHERE %(column)s = NEW.%(column)s)
    BEGIN SELECT RAISE(ABORT, 'what was set and published is kept as it is: set it anew, or recall the edition'); END;

--- listed
-- Lists are append-only, a later row withdraws an entry: for each of update and delete.
DROP TRIGGER IF EXISTS keep_%(table)s_%(action)s;

CREATE TRIGGER keep_%(table)s_%(action)s BEFORE %(action)s ON %(table)s
    BEGIN SELECT RAISE(ABORT, 'a list is only added to: withdraw the entry instead of changing it'); END;

--- listed_again
-- INSERT OR REPLACE deletes without a delete trigger.
DROP TRIGGER IF EXISTS keep_%(table)s_insert;

CREATE TRIGGER keep_%(table)s_insert BEFORE INSERT ON %(table)s
    WHEN EXISTS (SELECT 1 FROM %(table)s
                 WHERE fid = NEW.fid OR entry_id = NEW.entry_id
                    OR (withdraws IS NOT NULL AND withdraws = NEW.withdraws))
    BEGIN SELECT RAISE(ABORT, 'a list is only added to: this entry is already there'); END;
