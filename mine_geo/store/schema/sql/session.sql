-- What a transaction on PostgreSQL begins with, and what is asked of the server itself. A part
-- begins with its name (--- name) and a word on what it is for.

--- begin
-- The place and the time zone hold for this transaction only: a pooler such as PgBouncer gives the
-- next one to another session. PostGIS may be in a schema of its own; what is temporary comes last,
-- so that no temporary table stands in for one of ours.
SELECT set_config('search_path', concat_ws(', ', 'mine_geo',
        (SELECT quote_ident(nspname) FROM pg_extension
         JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'),
        'pg_temp'), true),
    set_config('timezone', 'UTC', true);

--- holder
-- Who holds the write lock: whose transaction has locked its row.
SELECT a.usename, a.application_name, a.pid, a.xact_start
FROM mine_geo.write_lock w
JOIN pg_locks l ON l.locktype = 'transactionid' AND l.transactionid = w.xmax AND l.granted
JOIN pg_stat_activity a ON a.pid = l.pid;

--- place
-- Where the store is, whose it is, and whether this user may look into it.
SELECT pg_get_userbyid(nspowner) AS owner, session_user AS login,
    has_schema_privilege(oid, 'USAGE') AS usage
FROM pg_namespace WHERE nspname = 'mine_geo';

--- strangers
-- Which of these tables are not in our schema.
SELECT name FROM unnest(CAST(:names AS text[])) AS name
WHERE NOT EXISTS (
    SELECT FROM pg_class WHERE relname = name AND relnamespace = 'mine_geo'::regnamespace);
