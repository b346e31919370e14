-- What QGIS, reports and other programs read in a PostgreSQL database: schema mine_geo_views, with
-- nothing but views and functions. A part begins with its name (--- name); statements are parted by
-- an empty line. Whoever made the store owns the views, so that a total is of all records, whoever
-- asks. A `fid` is the key that QGIS wants. Sizes are whole m², distances metres, geometry EPSG:4326.

--- drop
DROP VIEW IF EXISTS mine_geo_views.balance_by_province, mine_geo_views.release_by_year,
    mine_geo_views.totals_by_district, mine_geo_views.totals_by_province_zone,
    mine_geo_views.hazard_zone, mine_geo_views.hazard_open, mine_geo_views.waiting,
    mine_geo_views.border, mine_geo_views.district, mine_geo_views.village;

--- make
CREATE SCHEMA IF NOT EXISTS mine_geo_views;

COMMENT ON SCHEMA mine_geo_views IS 'What the register of mine_geo says now: views and functions to read, nothing to write';

CREATE OR REPLACE FUNCTION mine_geo_views.size_m2(shape geometry) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT round(ST_Area(ST_Transform(ST_Segmentize(shape, 0.001), 6933)))::bigint
    $$;

COMMENT ON FUNCTION mine_geo_views.size_m2(geometry) IS 'Size of a polygon in whole m² on the WGS 84 ellipsoid, its edges straight in longitude / latitude, as the library has it: the cylindrical equal-area projection EPSG:6933 of edges divided to 0.001 degree';

CREATE OR REPLACE FUNCTION mine_geo_views.border_distance_m(
        shape geometry, include_coast boolean DEFAULT false) RETURNS double precision
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
    SET search_path FROM CURRENT SET enable_sort = off SET enable_seqscan = off AS $$
    DECLARE
        flat geometry;
        part record;
        reach record;
        ends geometry;
        one geography;
        other geography;
        nearest double precision;
        shortest double precision;
        metres double precision;
    BEGIN
        SELECT s.west, s.east INTO reach FROM border_segment s WHERE s.coast = include_coast LIMIT 1;
        IF NOT FOUND THEN
            SELECT s.west, s.east INTO reach FROM border_segment s
            WHERE include_coast AND NOT s.coast LIMIT 1;
        END IF;
        IF reach IS NULL OR ST_IsEmpty(shape) OR ST_XMin(shape) < reach.west
                OR ST_XMax(shape) > reach.east OR ST_YMin(shape) < -90 OR ST_YMax(shape) > 90 THEN
            RETURN NULL;
        END IF;
        flat := ST_Transform(ST_Segmentize(shape, 0.005), 32648);
        FOR part IN SELECT s.geometry, s.geometry <-> flat AS metres FROM border_segment s
                WHERE include_coast OR NOT s.coast ORDER BY s.geometry <-> flat LOOP
            nearest := coalesce(nearest, part.metres);
            EXIT WHEN part.metres > nearest * 1.002 + 0.05;
            IF part.metres = 0 THEN
                RETURN 0;
            END IF;
            ends := ST_Transform(ST_ShortestLine(part.geometry, flat), 4326);
            one := ST_StartPoint(ends)::geography;
            other := ST_EndPoint(ends)::geography;
            metres := ST_Distance(one, other, true);
            shortest := least(shortest, metres);
        END LOOP;
        RETURN shortest;
    END $$;

COMMENT ON FUNCTION mine_geo_views.border_distance_m(geometry, boolean) IS 'Geodesic distance in metres from the nearest edge of a polygon (EPSG:4326) to the active border, within 5 mm of the library; with the coast if asked. Null without a border, and for a polygon more than 10 degrees of longitude from its middle. For polygons that the library has not measured: what it keeps stands in hazard_zone';

CREATE OR REPLACE FUNCTION mine_geo_views.zone(
        shape geometry, threshold_m double precision DEFAULT 7000,
        include_coast boolean DEFAULT false) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT CASE WHEN metres < threshold_m THEN 'near' WHEN metres >= threshold_m THEN 'far' END
    FROM mine_geo_views.border_distance_m(shape, include_coast) AS metres
    $$;

COMMENT ON FUNCTION mine_geo_views.zone(geometry, double precision, boolean) IS 'Zone of a polygon (EPSG:4326): near where its distance to the active border is below the threshold in metres, compared unrounded; else far';

CREATE VIEW mine_geo_views.border AS
SELECT b.fid, b.kind, b.neighbour, b.border_name, b.border_version, b.accuracy_m,
    b.geometry::geometry(MultiLineString, 4326) AS geometry
FROM mine_geo.border b WHERE b.active;

COMMENT ON VIEW mine_geo_views.border IS 'Border lines: the version that counts';

CREATE VIEW mine_geo_views.district AS
SELECT d.fid, d.province, d.province_code, d.province_km, d.district, d.district_code,
    d.district_km, d.schematic, d.geometry::geometry(MultiPolygon, 4326) AS geometry
FROM mine_geo.district d WHERE d.active;

COMMENT ON VIEW mine_geo_views.district IS 'Districts: the version that counts';

CREATE VIEW mine_geo_views.village AS
SELECT v.fid, v.village, v.village_code, v.village_km, v.commune, v.commune_code, v.commune_km,
    v.district_code, v.geometry::geometry(MultiPolygon, 4326) AS geometry
FROM mine_geo.village v WHERE v.active;

COMMENT ON VIEW mine_geo_views.village IS 'Villages: the version that counts';

CREATE VIEW mine_geo_views.waiting AS
SELECT r.fid, r.hazard_id, r.submission_id, r.record, r.received_at, r.submitted_by, r.kind,
    r.also, r.area_type,
    CASE WHEN r.status IN ('worked_on', 'closed') THEN 'worked_on' ELSE 'open' END AS status,
    r.province, r.province_code, r.district, r.district_code, r.commune, r.village, r.commune_code, r.village_code,
    r.survey_method, r.evidence, r.difficulty,
    r.operator, r.surveyed_on, r.reported_size_m2, r.size_m2, r.geometry_hash,
    r.geometry::geometry(MultiPolygon, 4326) AS geometry
FROM (
    SELECT t.*, s.received_at, s.submitted_by,
        row_number() OVER (PARTITION BY t.hazard_id ORDER BY s.received_at DESC, t.fid DESC) AS newest
    FROM mine_geo.submitted_record t
    JOIN mine_geo.submission s ON s.submission_id = t.submission_id
    WHERE t.counted AND t.state = 'waiting') r
WHERE r.newest = 1 AND NOT EXISTS (
    SELECT 1 FROM mine_geo.hazard h WHERE h.hazard_id = r.hazard_id AND h.status IS NOT NULL);

COMMENT ON VIEW mine_geo_views.waiting IS 'Hazards on the workbench that totals count: only the decision is missing; of several with one id the newest, and none that is in the register';

CREATE VIEW mine_geo_views.hazard_open AS
SELECT 2 * h.fid AS fid, h.hazard_id, h.kind, h.also, h.area_type, h.status, h.in_workbench,
    h.province, h.province_code, h.district, h.district_code, h.commune, h.village, h.commune_code, h.village_code,
    h.survey_method, h.evidence, h.residual, h.difficulty,
    h.operator, h.surveyed_on, h.reported_size_m2, h.size_m2, h.parent_id, h.geometry_hash,
    h.geometry::geometry(MultiPolygon, 4326) AS geometry
FROM mine_geo.hazard h
WHERE h.status IS NOT NULL AND h.status <> 'closed' AND h.geometry IS NOT NULL
UNION ALL
SELECT 2 * w.fid + 1, w.hazard_id, w.kind, w.also, w.area_type, w.status, true, w.province,
    w.province_code, w.district, w.district_code, w.commune, w.village, w.commune_code, w.village_code,
    w.survey_method, w.evidence, false, w.difficulty, w.operator,
    w.surveyed_on, w.reported_size_m2, w.size_m2, NULL, w.geometry_hash, w.geometry
FROM mine_geo_views.waiting w;

COMMENT ON VIEW mine_geo_views.hazard_open IS 'What remains: hazards of the register that are not closed, and those on the workbench that totals count (in_workbench)';

CREATE VIEW mine_geo_views.hazard_zone AS
SELECT m.fid, m.hazard_id, m.kind, m.also, m.area_type, m.status, m.in_workbench, m.province,
    m.province_code, m.district, m.district_code, m.commune, m.village, m.commune_code, m.village_code,
    m.survey_method, m.evidence, m.residual, m.difficulty, m.operator,
    m.surveyed_on, m.reported_size_m2, m.size_m2, m.parent_id, m.border_distance_m, m.neighbour,
    CASE WHEN m.border_distance_m < 7000 THEN 'near' WHEN m.border_distance_m >= 7000 THEN 'far'
        END AS zone,
    m.measured_by, m.border_name, m.border_version, m.geometry
FROM (
    SELECT h.*, d.neighbour, v.name AS border_name, v.version AS border_version,
        CASE WHEN d.fid IS NULL THEN mine_geo_views.border_distance_m(h.geometry)
            ELSE d.border_distance_m END AS border_distance_m,
        CASE WHEN d.fid IS NULL THEN 'sql' ELSE 'library' END AS measured_by
    FROM mine_geo_views.hazard_open h
    LEFT JOIN LATERAL (
        SELECT a.fid, a.name, a.version FROM mine_geo.border_version a WHERE a.active LIMIT 1) v
        ON true
    LEFT JOIN mine_geo.border_distance d
        ON d.version_fid = v.fid AND NOT d.include_coast AND d.geometry_hash = h.geometry_hash) m;

COMMENT ON VIEW mine_geo_views.hazard_zone IS 'What remains, with the distance from the active land border and the zone at 7,000 m by the nearest edge; measured_by says whether the library measured it or the SQL function';

CREATE VIEW mine_geo_views.totals_by_province_zone AS
SELECT row_number() OVER (ORDER BY z.kind, z.province_code, z.province) AS fid, z.*
FROM (
    SELECT h.kind, h.province_code, min(h.province) AS province,
        count(*) FILTER (WHERE h.zone = 'near') AS near_hazards,
        coalesce(sum(h.size_m2) FILTER (WHERE h.zone = 'near'), 0)::bigint AS near_size_m2,
        count(*) FILTER (WHERE h.zone = 'far') AS far_hazards,
        coalesce(sum(h.size_m2) FILTER (WHERE h.zone = 'far'), 0)::bigint AS far_size_m2,
        count(*) FILTER (WHERE h.zone IS NULL) AS unmeasured_hazards,
        coalesce(sum(h.size_m2) FILTER (WHERE h.zone IS NULL), 0)::bigint AS unmeasured_size_m2
    FROM mine_geo_views.hazard_zone h
    GROUP BY h.kind, h.province_code, CASE WHEN h.province_code IS NULL THEN h.province END) z;

COMMENT ON VIEW mine_geo_views.totals_by_province_zone IS 'Hazards and m² that remain by kind and province, nearer and farther than 7,000 m from the active land border by the nearest edge; those without a distance apart. Kinds are never added up';

CREATE VIEW mine_geo_views.totals_by_district AS
SELECT row_number() OVER (ORDER BY t.kind, t.district_code, t.district, t.province_code) AS fid,
    t.*, d.geometry::geometry(MultiPolygon, 4326) AS geometry
FROM (
    SELECT h.kind, h.province_code, min(h.province) AS province, h.district_code,
        min(h.district) AS district, count(*) AS hazards, sum(h.size_m2)::bigint AS size_m2
    FROM mine_geo_views.hazard_open h
    GROUP BY h.kind, h.province_code, CASE WHEN h.province_code IS NULL THEN h.province END,
        h.district_code, CASE WHEN h.district_code IS NULL THEN h.district END) t
LEFT JOIN (
    SELECT DISTINCT ON (a.district_code) a.district_code AS code, a.geometry
    FROM mine_geo.district a WHERE a.active ORDER BY a.district_code, a.fid) d
    ON d.code = t.district_code;

COMMENT ON VIEW mine_geo_views.totals_by_district IS 'Hazards and m² that remain by kind and district, with the polygon of the active district';

CREATE VIEW mine_geo_views.release_by_year AS
SELECT row_number() OVER (ORDER BY y.kind, y.year, y.province_code, y.province) AS fid, y.*
FROM (
    SELECT h.kind, extract(year FROM e.happened_on)::integer AS year, h.province_code,
        min(h.province) AS province, count(*) AS events, sum(f.cancelled_m2)::bigint AS cancelled_m2,
        sum(f.reduced_m2)::bigint AS reduced_m2, sum(f.cleared_m2)::bigint AS cleared_m2,
        sum(f.cancelled_m2 + f.reduced_m2 + f.cleared_m2)::bigint AS released_m2,
        sum(round(e.reported_size_m2))::bigint AS reported_m2,
        sum(e.ap_mines)::bigint AS ap_mines, sum(e.av_mines)::bigint AS av_mines,
        sum(e.submunitions)::bigint AS submunitions, sum(e.uxo)::bigint AS uxo
    FROM mine_geo.event_effect f
    JOIN mine_geo.event e ON e.event_id = f.event_id
    JOIN mine_geo.hazard h ON h.hazard_id = f.hazard_id
    WHERE f.counts AND e.event_type IN ('cancelled', 'reduced', 'cleared') AND h.status IS NOT NULL
    GROUP BY h.kind, extract(year FROM e.happened_on), h.province_code,
        CASE WHEN h.province_code IS NULL THEN h.province END) y;

COMMENT ON VIEW mine_geo_views.release_by_year IS 'Released land by kind, year and province: effective m² (each square metre once), beside the m² that operators reported and the items found';

CREATE VIEW mine_geo_views.balance_by_province AS
SELECT row_number() OVER (ORDER BY b.kind, b.province_code, b.province) AS fid, b.*,
    b.registered_m2 + b.amended_m2 + b.transferred_m2 - b.cancelled_m2 - b.reduced_m2
        - b.cleared_m2 AS remaining_m2
FROM (
    SELECT h.kind, h.province_code, min(h.province) AS province,
        sum(f.registered_m2)::bigint AS registered_m2, sum(f.amended_m2)::bigint AS amended_m2,
        sum(f.transferred_m2)::bigint AS transferred_m2, sum(f.cancelled_m2)::bigint AS cancelled_m2,
        sum(f.reduced_m2)::bigint AS reduced_m2, sum(f.cleared_m2)::bigint AS cleared_m2
    FROM mine_geo.event_effect f
    JOIN mine_geo.hazard h ON h.hazard_id = f.hazard_id
    WHERE f.counts AND h.status IS NOT NULL
    GROUP BY h.kind, h.province_code, CASE WHEN h.province_code IS NULL THEN h.province END) b;

COMMENT ON VIEW mine_geo_views.balance_by_province IS 'What moved the register, by kind and province: registered, amended and transferred less cancelled, reduced and cleared is what remains, to the square metre';

--- segments
-- The active border as single segments in EPSG:32648, of edges divided to 0.005 degree, with the
-- longitudes between which polygons are measured: without the coast, from the land border's middle.
DELETE FROM mine_geo.border_segment;

INSERT INTO mine_geo.border_segment (version_fid, coast, west, east, geometry)
SELECT b.version_fid, b.coast, b.west, b.east, ST_SetSRID(ST_MakeLine(
        lag(p.geom) OVER (PARTITION BY b.fid, p.path[1] ORDER BY p.path[2]), p.geom), 32648)
FROM (
    SELECT a.fid, a.version_fid, a.kind = 'coast' AS coast, a.geometry,
        (min(ST_XMin(a.geometry)) OVER w + max(ST_XMax(a.geometry)) OVER w) / 2 - 10 AS west,
        (min(ST_XMin(a.geometry)) OVER w + max(ST_XMax(a.geometry)) OVER w) / 2 + 10 AS east
    FROM mine_geo.border a WHERE a.active WINDOW w AS (ORDER BY a.kind = 'coast')) b,
    LATERAL ST_DumpPoints(ST_Transform(ST_Segmentize(b.geometry, 0.005), 32648)) p;

DELETE FROM mine_geo.border_segment WHERE geometry IS NULL;

--- styles
-- QGIS looks for styles in the table layer_styles of the schema public, in this layout.
CREATE TABLE IF NOT EXISTS public.layer_styles (
    id serial PRIMARY KEY, f_table_catalog varchar, f_table_schema varchar, f_table_name varchar,
    f_geometry_column varchar, stylename text, styleqml xml, stylesld xml, useasdefault boolean,
    description text, owner varchar(63), ui xml, update_time timestamp DEFAULT CURRENT_TIMESTAMP,
    type varchar);

GRANT SELECT ON public.layer_styles TO PUBLIC;

DELETE FROM public.layer_styles WHERE f_table_schema = 'mine_geo_views' AND stylename = 'mine_geo' AND f_table_catalog = current_database();

--- grants_kept
-- Who may read the views, kept for this transaction: they are made anew.
SELECT set_config('mine_geo.view_grants', coalesce((
    SELECT json_agg(json_build_array(table_name, grantee))::text
    FROM information_schema.role_table_grants
    WHERE table_schema = 'mine_geo_views' AND privilege_type = 'SELECT' AND grantee <> grantor),
    '[]'), true);

--- grants_again
DO $$
    DECLARE
        each json;
    BEGIN
        FOR each IN SELECT json_array_elements(
                coalesce(nullif(current_setting('mine_geo.view_grants', true), ''), '[]')::json) LOOP
            IF to_regclass('mine_geo_views.' || quote_ident(each ->> 0)) IS NOT NULL THEN
                EXECUTE 'GRANT SELECT ON mine_geo_views.' || quote_ident(each ->> 0) || ' TO '
                    || CASE WHEN each ->> 1 = 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(each ->> 1) END;
            END IF;
        END LOOP;
    END $$;
