-- What a transaction on PostgreSQL begins with, and what is asked of the server itself. A part
-- begins with its name (--- name) and a word on what it is for.

--- begin
-- The place and the time zone hold for this transaction only: a pooler such as PgBouncer gives the
-- next one to another session. PostGIS may be in a schema of its own; what is temporary comes last,
-- so that no temporary table stands in for one of ours. A server that takes a commit for done before
-- it is on its disk (synchronous_commit = off) may not do so with ours: what was acknowledged stays.
SELECT set_config('search_path', concat_ws(', ', 'mine_geo',
        (SELECT quote_ident(nspname) FROM pg_extension
         JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'),
        'pg_temp'), true),
    set_config('timezone', 'UTC', true),
    set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true);

--- holder
-- Who holds the write lock: whose transaction has locked its row.
SELECT a.usename, a.application_name, a.pid, a.xact_start
FROM mine_geo.write_lock w
JOIN pg_locks l ON l.locktype = 'transactionid' AND l.transactionid = w.xmax AND l.granted
JOIN pg_stat_activity a ON a.pid = l.pid;

--- place
-- Where the store is, whose it is, whether this user may look into it or is its owner, and the
-- prefix of its roles, where roles were made.
SELECT o.rolname AS owner, session_user AS login, has_schema_privilege(n.oid, 'USAGE') AS usage,
    pg_has_role(session_user, o.oid, 'MEMBER') AS owns,
    (SELECT left(o.rolname, -6) FROM pg_roles r
     WHERE right(o.rolname, 6) = '_owner' AND r.rolname = left(o.rolname, -6) || '_officer_writes') AS prefix
FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner WHERE n.nspname = 'mine_geo';

--- strangers
-- Which of these tables are not in our schema.
SELECT name FROM unnest(CAST(:names AS text[])) AS name
WHERE NOT EXISTS (
    SELECT FROM pg_class WHERE relname = name AND relnamespace = 'mine_geo'::regnamespace);

--- writer
-- The role that this user's writes are made in, the highest: see `roles.py`. None without roles.
SELECT r.rolname FROM pg_namespace n
JOIN pg_roles o ON o.oid = n.nspowner AND right(o.rolname, 6) = '_owner'
JOIN (VALUES (1, '_admin_writes'), (2, '_officer_writes'), (3, '_operator_writes')) AS w (place, ending) ON true
JOIN pg_roles r ON r.rolname = left(o.rolname, -6) || w.ending
WHERE n.nspname = 'mine_geo' AND pg_has_role(session_user, r.oid, 'MEMBER')
ORDER BY w.place LIMIT 1;

--- owned
-- What is in a schema, as ALTER names it; what belongs to a table goes with it.
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, c.oid::regclass::text
FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s) AND c.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'FUNCTION', p.oid::regprocedure::text
FROM pg_proc p WHERE p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s);

--- waits_of_others
-- Whether what other people submitted, and what waits, has the land of these: 'same', 'overlaps' (by
-- more than a square metre) or null.
SELECT a.place, mine_geo.waits_of_others(:what, a.kind, a.hash, a.drawn) AS how
FROM unnest(CAST(:kinds AS text[]), CAST(:hashes AS text[]), CAST(:drawn AS bytea[])) WITH ORDINALITY
    AS a (kind, hash, drawn, place);

--- own_only
-- Whoever sees all submissions sees all; an operator its own.
DROP POLICY IF EXISTS own_only ON mine_geo.submission;

CREATE POLICY own_only ON mine_geo.submission
    USING ((SELECT mine_geo.sees_all()) OR submitted_by = session_user);

DROP POLICY IF EXISTS own_only ON mine_geo.submitted_record;

CREATE POLICY own_only ON mine_geo.submitted_record
    USING ((SELECT mine_geo.sees_all()) OR submission_id IN (SELECT submission_id FROM mine_geo.submission));

DROP POLICY IF EXISTS own_only ON mine_geo.submission_finding;

CREATE POLICY own_only ON mine_geo.submission_finding
    USING ((SELECT mine_geo.sees_all()) OR submission_id IN (SELECT submission_id FROM mine_geo.submission));
