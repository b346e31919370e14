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

CREATE OR REPLACE FUNCTION mine_geo.check_moment(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF at < date_trunc('milliseconds', transaction_timestamp()) OR at > clock_timestamp() + interval '301 seconds' THEN
            RAISE EXCEPTION USING MESSAGE = 'the moment ' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC is not now, by the clock of the server: what was recorded elsewhere comes in by import_log or copy, which mark it';
        END IF;
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.hashed(said bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce('\x01'::bytea || int8send(octet_length(said)::bigint) || said, '\x00'::bytea) $$;

CREATE OR REPLACE FUNCTION mine_geo.event_hash(e mine_geo.event, previous text) RETURNS text LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
    BEGIN
        RETURN encode(sha256(convert_to('mine_geo event 1', 'UTF8') || int8send(e.seq) || decode(coalesce(previous, repeat('0', 64)), 'hex')
            || hashed(convert_to(e.event_id, 'UTF8'))
            || hashed(convert_to(e.hazard_id, 'UTF8'))
            || hashed(convert_to(e.event_type, 'UTF8'))
            || hashed(convert_to(to_char(e.happened_on, 'YYYY-MM-DD'), 'UTF8'))
            || hashed(convert_to(to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'UTF8'))
            || hashed(convert_to(e.recorded_by, 'UTF8'))
            || hashed(convert_to(e.operator, 'UTF8'))
            || hashed(convert_to(e.report_ref, 'UTF8'))
            || hashed(float8send(e.reported_size_m2 + 0.0::float8))
            || hashed(convert_to(e.outside_m2::text, 'UTF8'))
            || hashed(convert_to(e.ap_mines::text, 'UTF8'))
            || hashed(convert_to(e.av_mines::text, 'UTF8'))
            || hashed(convert_to(e.submunitions::text, 'UTF8'))
            || hashed(convert_to(e.uxo::text, 'UTF8'))
            || hashed(float8send(e.depth_cm + 0.0::float8))
            || hashed(convert_to(e.comment, 'UTF8'))
            || hashed(convert_to(e.transfer_id, 'UTF8'))
            || hashed(convert_to(e.retracts, 'UTF8'))
            || hashed(convert_to(e.detail, 'UTF8'))
            || hashed(ST_AsBinary(e.geometry, 'NDR'))), 'hex');
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.stamp_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
        mine CONSTANT xid := pg_current_xact_id()::xid;
        last record;
    BEGIN
        SELECT seq, hash, recorded_at, xmin = mine AS ours INTO last FROM mine_geo.event WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1;
        IF NOT EXISTS (SELECT FROM mine_geo.taken_over WHERE xmin = mine) THEN
            NEW.recorded_by := session_user;
            IF last.ours THEN
                IF NEW.recorded_at <> last.recorded_at THEN
                    RAISE EXCEPTION USING MESSAGE = 'all events of one transaction have one moment';
                END IF;
                NEW.recorded_at := last.recorded_at;
            ELSE
                NEW.recorded_at := coalesce(NEW.recorded_at, date_trunc('milliseconds', clock_timestamp()));
                IF NEW.recorded_at <= last.recorded_at THEN
                    RAISE EXCEPTION USING MESSAGE = 'an event is recorded later than every one before it';
                END IF;
                PERFORM mine_geo.check_moment(NEW.recorded_at);
            END IF;
        END IF;
        NEW.seq := coalesce(last.seq, 0) + 1;
        NEW.hash := mine_geo.event_hash(NEW, last.hash);
        RETURN NEW;
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.stamp_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
        moment timestamptz;
    BEGIN
        IF EXISTS (SELECT FROM mine_geo.taken_over WHERE xmin = pg_current_xact_id()::xid) THEN
            RETURN NEW;
        END IF;
        EXECUTE format('SELECT ($1).%%I', TG_ARGV[1]) INTO moment USING NEW;
        PERFORM mine_geo.check_moment(moment);
        RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], session_user));
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.sees_all() RETURNS boolean LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
    DECLARE
        roles text[] := (SELECT array_agg(substr(r.rolname, length(o.rolname) - 5)) FROM pg_namespace n
            JOIN pg_roles o ON o.oid = n.nspowner AND right(o.rolname, 6) = '_owner'
            JOIN pg_roles r ON r.rolname IN (left(o.rolname, -6) || '_operator', left(o.rolname, -6) || '_officer', left(o.rolname, -6) || '_admin')
            WHERE n.nspname = 'mine_geo' AND pg_has_role(session_user, r.oid, 'MEMBER'));
    BEGIN
        RETURN roles IS NULL OR roles && ARRAY['_officer', '_admin'];
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.submitted_so_far() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    BEGIN
        RETURN (SELECT count(*) FROM mine_geo.submission);
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.last_submitted() RETURNS timestamptz LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    BEGIN
        RETURN greatest((SELECT max(received_at) FROM mine_geo.submission), (SELECT max(decided_at) FROM mine_geo.submitted_record));
    END $$;

CREATE OR REPLACE FUNCTION mine_geo.waits_of_others(sort text, of_kind text, hash text, drawn bytea) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
        land CONSTANT geometry := ST_GeomFromWKB(drawn, 4326);
        other record;
        found text;
    BEGIN
        FOR other IN
            SELECT r.geometry_hash, r.geometry FROM mine_geo.submitted_record r
            JOIN mine_geo.submission s ON s.submission_id = r.submission_id
            WHERE r.state = 'waiting' AND s.what = sort AND r.kind IS NOT DISTINCT FROM of_kind
                AND s.submitted_by IS DISTINCT FROM session_user AND r.geometry && land LOOP
            IF other.geometry_hash = hash THEN
                RETURN 'same';
            ELSIF found IS NULL AND ST_IsValid(other.geometry) AND ST_IsValid(land) THEN
                IF ST_Area(ST_Intersection(other.geometry, land)) > 1e-10 THEN
                    found := 'overlaps';
                END IF;
            END IF;
        END LOOP;
        RETURN found;
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
-- The ledger is append-only, for writes of ours too, and so is what says where it came from.
DROP TRIGGER IF EXISTS keep_event ON %(table)s;

CREATE TRIGGER keep_event BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_event();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_event;

DROP TRIGGER IF EXISTS keep_event_whole ON %(table)s;

CREATE TRIGGER keep_event_whole BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_event();

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER keep_event_whole;

--- stamp_event
-- Each event is stamped by the server: who is logged in, its own clock, its link in the chain.
DROP TRIGGER IF EXISTS stamp_event ON event;

CREATE TRIGGER stamp_event BEFORE INSERT ON event
    FOR EACH ROW EXECUTE FUNCTION mine_geo.stamp_event();

ALTER TABLE event ENABLE ALWAYS TRIGGER stamp_event;

--- stamp
-- Who is logged in, into column %(who)s; the moment in %(when)s is that of the server's clock.
DROP TRIGGER IF EXISTS stamp_row ON %(table)s;

CREATE TRIGGER stamp_row BEFORE INSERT ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION mine_geo.stamp_row('%(who)s', '%(when)s');

ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER stamp_row;

--- stamp_decision
DROP TRIGGER IF EXISTS stamp_row ON submitted_record;

CREATE TRIGGER stamp_row BEFORE UPDATE ON submitted_record
    FOR EACH ROW EXECUTE FUNCTION mine_geo.stamp_row('decided_by', 'decided_at');

ALTER TABLE submitted_record ENABLE ALWAYS TRIGGER stamp_row;

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
