-- What QGIS and other programs read in a GeoPackage: views, listed like tables. A part begins with
-- its name (--- name); statements are parted by an empty line. OGC_FID is the key. GDAL takes a column
-- without a type for geometry: what is computed is cast. SQLite measures nothing: a polygon has the distance that the library
-- keeps, or none. Sizes are whole m², distances metres, geometry EPSG:4326.

--- drop
DROP VIEW IF EXISTS balance_by_province;

DROP VIEW IF EXISTS release_by_year;

DROP VIEW IF EXISTS totals_by_district;

DROP VIEW IF EXISTS totals_by_province_zone;

DROP VIEW IF EXISTS hazard_zone;

DROP VIEW IF EXISTS hazard_open;

DROP VIEW IF EXISTS waiting;

DROP VIEW IF EXISTS border_active;

DROP VIEW IF EXISTS district_active;

DROP VIEW IF EXISTS village_active;

--- make
CREATE VIEW border_active AS
SELECT b.fid AS OGC_FID, b.kind, b.neighbour, b.border_name, b.border_version, b.accuracy_m,
    b.geometry
FROM border b WHERE b.active;

CREATE VIEW district_active AS
SELECT d.fid AS OGC_FID, d.province, d.province_code, d.province_km, d.district, d.district_code,
    d.district_km, d.schematic, d.geometry
FROM district d WHERE d.active;

CREATE VIEW village_active AS
SELECT v.fid AS OGC_FID, v.village, v.village_code, v.village_km, v.commune, v.commune_code,
    v.commune_km, v.district_code, v.geometry
FROM village v WHERE v.active;

CREATE VIEW waiting AS
SELECT CAST(r.fid AS INTEGER) AS OGC_FID, r.hazard_id, r.submission_id, r.record, r.received_at, r.submitted_by,
    r.kind, r.also, r.area_type,
    CAST(CASE WHEN r.status IN ('worked_on', 'closed') THEN 'worked_on' ELSE 'open' END AS TEXT)
        AS status,
    r.province, r.province_code, r.district, r.district_code, r.commune, r.village, r.commune_code, r.village_code,
    r.survey_method, r.evidence, r.difficulty,
    r.operator, r.surveyed_on, r.reported_size_m2, r.size_m2, r.geometry_hash, r.geometry
FROM (
    SELECT t.*, s.received_at, s.submitted_by,
        row_number() OVER (PARTITION BY t.hazard_id ORDER BY s.received_at DESC, t.fid DESC) AS newest
    FROM submitted_record t
    JOIN submission s ON s.submission_id = t.submission_id
    WHERE t.counted AND t.state = 'waiting') r
WHERE r.newest = 1 AND NOT EXISTS (
    SELECT 1 FROM hazard h WHERE h.hazard_id = r.hazard_id AND h.status IS NOT NULL);

CREATE VIEW hazard_open AS
SELECT CAST(2 * h.fid AS INTEGER) AS OGC_FID, h.hazard_id, h.kind, h.also, h.area_type, h.status, h.in_workbench,
    h.province, h.province_code, h.district, h.district_code, h.commune, h.village, h.commune_code, h.village_code,
    h.survey_method, h.evidence, h.residual, h.difficulty,
    h.operator, h.surveyed_on, h.reported_size_m2, h.size_m2, h.parent_id, h.geometry_hash,
    h.geometry
FROM hazard h
WHERE h.status IS NOT NULL AND h.status <> 'closed' AND h.geometry IS NOT NULL
UNION ALL
SELECT CAST(2 * w.OGC_FID + 1 AS INTEGER), w.hazard_id, w.kind, w.also, w.area_type, w.status, 1, w.province,
    w.province_code, w.district, w.district_code, w.commune, w.village, w.commune_code, w.village_code,
    w.survey_method, w.evidence, 0, w.difficulty, w.operator,
    w.surveyed_on, w.reported_size_m2, w.size_m2, NULL, w.geometry_hash, w.geometry
FROM waiting w;

CREATE VIEW hazard_zone AS
SELECT CAST(h.OGC_FID AS INTEGER) AS OGC_FID, h.hazard_id, h.kind, h.also, h.area_type,
    CAST(h.status AS TEXT) AS status, CAST(h.in_workbench AS INTEGER) AS in_workbench, h.province,
    h.province_code, h.district, h.district_code, h.commune, h.village, h.commune_code, h.village_code,
    h.survey_method, h.evidence, CAST(h.residual AS INTEGER) AS residual, h.difficulty, h.operator,
    h.surveyed_on, h.reported_size_m2, h.size_m2, CAST(h.parent_id AS TEXT) AS parent_id,
    d.border_distance_m, d.neighbour,
    CAST(CASE WHEN d.border_distance_m < 7000 THEN 'near' WHEN d.border_distance_m >= 7000
        THEN 'far' END AS TEXT) AS zone,
    CAST(CASE WHEN d.fid IS NOT NULL THEN 'library' END AS TEXT) AS measured_by,
    v.name AS border_name, v.version AS border_version, h.geometry
FROM hazard_open h
LEFT JOIN border_version v ON v.active
LEFT JOIN border_distance d
    ON d.version_fid = v.fid AND d.include_coast = 0 AND d.geometry_hash = h.geometry_hash;

CREATE VIEW totals_by_province_zone AS
SELECT CAST(row_number() OVER (ORDER BY z.kind, z.province_code, z.province) AS INTEGER) AS OGC_FID, z.*
FROM (
    SELECT h.kind, h.province_code, CAST(min(h.province) AS TEXT) AS province,
        CAST(count(*) FILTER (WHERE h.zone = 'near') AS INTEGER) AS near_hazards,
        CAST(coalesce(sum(h.size_m2) FILTER (WHERE h.zone = 'near'), 0) AS INTEGER) AS near_size_m2,
        CAST(count(*) FILTER (WHERE h.zone = 'far') AS INTEGER) AS far_hazards,
        CAST(coalesce(sum(h.size_m2) FILTER (WHERE h.zone = 'far'), 0) AS INTEGER) AS far_size_m2,
        CAST(count(*) FILTER (WHERE h.zone IS NULL) AS INTEGER) AS unmeasured_hazards,
        CAST(coalesce(sum(h.size_m2) FILTER (WHERE h.zone IS NULL), 0) AS INTEGER)
            AS unmeasured_size_m2
    FROM hazard_zone h
    GROUP BY h.kind, h.province_code, CASE WHEN h.province_code IS NULL THEN h.province END) z;

CREATE VIEW totals_by_district AS
SELECT CAST(row_number() OVER (ORDER BY t.kind, t.district_code, t.district, t.province_code) AS INTEGER) AS OGC_FID,
    t.*, d.geometry
FROM (
    SELECT h.kind, h.province_code, CAST(min(h.province) AS TEXT) AS province, h.district_code,
        CAST(min(h.district) AS TEXT) AS district, CAST(count(*) AS INTEGER) AS hazards,
        CAST(sum(h.size_m2) AS INTEGER) AS size_m2
    FROM hazard_open h
    GROUP BY h.kind, h.province_code, CASE WHEN h.province_code IS NULL THEN h.province END,
        h.district_code, CASE WHEN h.district_code IS NULL THEN h.district END) t
LEFT JOIN district d ON d.fid = (
    SELECT min(a.fid) FROM district a WHERE a.active AND a.district_code = t.district_code);

CREATE VIEW release_by_year AS
SELECT CAST(row_number() OVER (ORDER BY y.kind, y.year, y.province_code, y.province) AS INTEGER) AS OGC_FID, y.*
FROM (
    SELECT h.kind, CAST(strftime('%Y', e.happened_on) AS INTEGER) AS year, h.province_code,
        CAST(min(h.province) AS TEXT) AS province, CAST(count(*) AS INTEGER) AS events,
        CAST(sum(f.cancelled_m2) AS INTEGER) AS cancelled_m2,
        CAST(sum(f.reduced_m2) AS INTEGER) AS reduced_m2,
        CAST(sum(f.cleared_m2) AS INTEGER) AS cleared_m2,
        CAST(sum(f.cancelled_m2 + f.reduced_m2 + f.cleared_m2) AS INTEGER) AS released_m2,
        CAST(sum(CASE WHEN e.reported_size_m2 - CAST(e.reported_size_m2 AS INTEGER) = 0.5
            THEN CAST(e.reported_size_m2 AS INTEGER) + CAST(e.reported_size_m2 AS INTEGER) % 2
            ELSE round(e.reported_size_m2) END) AS INTEGER) AS reported_m2,
        CAST(sum(e.ap_mines) AS INTEGER) AS ap_mines, CAST(sum(e.av_mines) AS INTEGER) AS av_mines,
        CAST(sum(e.submunitions) AS INTEGER) AS submunitions, CAST(sum(e.uxo) AS INTEGER) AS uxo
    FROM event_effect f
    JOIN event e ON e.event_id = f.event_id
    JOIN hazard h ON h.hazard_id = f.hazard_id
    WHERE f.counts AND e.event_type IN ('cancelled', 'reduced', 'cleared') AND h.status IS NOT NULL
    GROUP BY h.kind, strftime('%Y', e.happened_on), h.province_code,
        CASE WHEN h.province_code IS NULL THEN h.province END) y;

CREATE VIEW balance_by_province AS
SELECT CAST(row_number() OVER (ORDER BY b.kind, b.province_code, b.province) AS INTEGER) AS OGC_FID, b.*,
    CAST(b.registered_m2 + b.amended_m2 + b.transferred_m2 - b.cancelled_m2 - b.reduced_m2
        - b.cleared_m2 AS INTEGER) AS remaining_m2
FROM (
    SELECT h.kind, h.province_code, CAST(min(h.province) AS TEXT) AS province,
        CAST(sum(f.registered_m2) AS INTEGER) AS registered_m2,
        CAST(sum(f.amended_m2) AS INTEGER) AS amended_m2,
        CAST(sum(f.transferred_m2) AS INTEGER) AS transferred_m2,
        CAST(sum(f.cancelled_m2) AS INTEGER) AS cancelled_m2,
        CAST(sum(f.reduced_m2) AS INTEGER) AS reduced_m2,
        CAST(sum(f.cleared_m2) AS INTEGER) AS cleared_m2
    FROM event_effect f
    JOIN hazard h ON h.hazard_id = f.hazard_id
    WHERE f.counts AND h.status IS NOT NULL
    GROUP BY h.kind, h.province_code, CASE WHEN h.province_code IS NULL THEN h.province END) b;

--- styles
-- QGIS looks for styles in the table layer_styles, in this layout.
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT,
    f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT,
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));

DELETE FROM layer_styles WHERE styleName = 'mine_geo';
