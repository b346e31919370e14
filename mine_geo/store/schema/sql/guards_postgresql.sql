-- The guards of a PostgreSQL database. A part begins with its name (--- name) and a word on what it
-- is for; statements are parted by an empty line. %(table)s and %(source)s are filled in by
-- `guards.py`, with names of our own tables and columns only. ENABLE ALWAYS holds against a
-- superuser and a replica too.

--- functions
CREATE OR REPLACE FUNCTION mine_geo.guard_layer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM mine_geo.write_lock
                       WHERE xmax = pg_current_xact_id_if_assigned()::xid) THEN
            RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is written by mine_geo only: use the command mine-geo or the library, which keep the ledger';
        END IF;
        RETURN NULL;
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'the ledger is append-only: retract the event instead of changing it';
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.keep_received() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'what was received is kept as it is: submit the corrected file instead';
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.keep_decision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'a decision stands: submit the record again instead of changing it';
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'what was set and published is kept as it is: set it anew, or recall the edition';
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.keep_listed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'a list is only added to: withdraw the entry instead of changing it';
    END $$;

--- layer
-- A table that only mine_geo writes: in a transaction that holds the write lock, which only writers
-- are granted and which ends with the transaction by itself.
DROP TRIGGER IF EXISTS guard_layer ON %(table)s;

CREATE TRIGGER guard_layer BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER guard_layer;

--- event
-- The ledger is append-only, for writes of ours too.
DROP TRIGGER IF EXISTS keep_event ON event;

CREATE TRIGGER keep_event BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_event();

ALTER TABLE event ENABLE ALWAYS TRIGGER keep_event;

DROP TRIGGER IF EXISTS keep_event_whole ON event;

CREATE TRIGGER keep_event_whole BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_event();

ALTER TABLE event ENABLE ALWAYS TRIGGER keep_event_whole;

--- received
-- What was received is kept: submissions and findings are neither changed nor deleted.
DROP TRIGGER IF EXISTS keep_received ON %(table)s;

CREATE TRIGGER keep_received BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_received;

--- received_whole
DROP TRIGGER IF EXISTS keep_received_whole ON %(table)s;

CREATE TRIGGER keep_received_whole BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_received_whole;

--- record
-- Of a record only the decision is set, once: %(source)s are all other columns.
DROP TRIGGER IF EXISTS keep_received ON submitted_record;

CREATE TRIGGER keep_received BEFORE DELETE OR UPDATE OF %(source)s ON submitted_record
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE submitted_record ENABLE ALWAYS TRIGGER keep_received;

DROP TRIGGER IF EXISTS keep_decision ON submitted_record;

CREATE TRIGGER keep_decision BEFORE UPDATE ON submitted_record FOR EACH ROW
    WHEN (OLD.state <> 'waiting' OR NEW.state = 'waiting')
    EXECUTE FUNCTION mine_geo.keep_decision();

ALTER TABLE submitted_record ENABLE ALWAYS TRIGGER keep_decision;

--- published
-- Settings and editions of public outputs are append-only.
DROP TRIGGER IF EXISTS keep_published ON %(table)s;

CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_published();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_published;

DROP TRIGGER IF EXISTS keep_published_whole ON %(table)s;

CREATE TRIGGER keep_published_whole BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_published();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_published_whole;

--- listed
-- Lists are append-only: a later row withdraws an entry.
DROP TRIGGER IF EXISTS keep_listed ON %(table)s;

CREATE TRIGGER keep_listed BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_listed();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_listed;

DROP TRIGGER IF EXISTS keep_listed_whole ON %(table)s;

CREATE TRIGGER keep_listed_whole BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_listed();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_listed_whole;
