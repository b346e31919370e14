-- What is asked of a PostgreSQL database by backups and by a doctor. A part begins with its name
-- (--- name) and a word on what it is for; each is one statement. :names are bound, never written in.

--- versions
SELECT current_setting('server_version') AS server,
       current_setting('server_version_num')::integer / 10000 AS major,
       postgis_lib_version() AS postgis,
       postgis_full_version() AS postgis_whole;

--- size
-- What the tables of a store take, with indexes, bytes.
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = :schema AND relkind = 'r';

--- triggers
SELECT relname, tgname, tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = :schema AND NOT tgisinternal;

--- functions
SELECT proname, prosrc
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
WHERE nspname = :schema;

--- writers
-- Who but the owner holds a right to write by itself: PUBLIC, or a login.
SELECT DISTINCT coalesce(r.rolname, 'PUBLIC') AS who, relname
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace,
     aclexplode(relacl) AS a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE nspname = :schema AND relkind = 'r' AND grantee <> relowner
  AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
  AND (grantee = 0 OR r.rolcanlogin)
ORDER BY 1, 2;

--- owners
-- Logins that own tables of the store.
SELECT DISTINCT rolname
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_roles r ON r.oid = relowner
WHERE nspname = :schema AND relkind = 'r' AND rolcanlogin
ORDER BY 1;

--- snapshot
SELECT pg_export_snapshot();

--- schemas
-- Which of some schemas are there.
SELECT nspname FROM pg_namespace WHERE nspname = ANY(:names) ORDER BY 1;

--- follow
-- Let the keys of a table go on after those that were copied.
SELECT setval(pg_get_serial_sequence(:name, 'fid'), :last);
