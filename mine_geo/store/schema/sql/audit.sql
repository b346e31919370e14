-- The fold once more, by PostGIS alone: what each event leaves of its hazard, by a plain chain of
-- differences, and where its size is another than the library keeps. Sizes are whole m², EPSG:4326.

--- fold
WITH RECURSIVE voided AS (
    SELECT v.event_id, v.transfer_id FROM event r JOIN event v ON v.event_id = r.retracts),
standing AS (
    SELECT e.event_id, e.hazard_id, e.event_type, e.transfer_id, e.geometry,
        coalesce(e.detail::json ->> 'role', '') AS role,
        row_number() OVER (PARTITION BY e.hazard_id ORDER BY e.happened_on, array_position(
            ARRAY['registered', 'described', 'confirmed', 'amended', 'transferred', 'cancelled',
                'reduced', 'cleared'], e.event_type), e.event_id COLLATE "C") AS place
    FROM event e
    WHERE e.event_type <> 'retracted' AND e.event_id NOT IN (SELECT v.event_id FROM voided v)
        AND (e.transfer_id IS NULL OR e.transfer_id NOT IN (
            SELECT v.transfer_id FROM voided v WHERE v.transfer_id IS NOT NULL))),
began AS (
    SELECT s.hazard_id, min(s.place) AS place FROM standing s
    WHERE s.event_type = 'registered' OR s.role = 'child' GROUP BY s.hazard_id),
folded AS (
    SELECT s.hazard_id, s.event_id, s.place, m.geometry, m.exact
    FROM began b JOIN standing s ON s.hazard_id = b.hazard_id AND s.place = b.place
    LEFT JOIN event_effect f ON f.event_id = s.event_id,
        LATERAL (SELECT g.geometry, ST_Area(ST_Transform(ST_Segmentize(g.geometry, 0.001), 6933))
                AS exact
            FROM (SELECT CASE WHEN s.event_type = 'registered' THEN s.geometry
                ELSE coalesce(f.geometry, 'SRID=4326;POLYGON EMPTY') END AS geometry) g) m
    UNION ALL
    SELECT s.hazard_id, s.event_id, s.place,
        CASE WHEN c.cuts AND p.exact - m.exact < 0.5 THEN p.geometry
            WHEN c.cuts AND m.exact < 0.5 THEN 'SRID=4326;POLYGON EMPTY'::geometry
            ELSE c.geometry END,
        CASE WHEN c.cuts AND p.exact - m.exact < 0.5 THEN p.exact
            WHEN c.cuts AND m.exact < 0.5 THEN 0 ELSE m.exact END
    FROM folded p
    JOIN standing s ON s.hazard_id = p.hazard_id AND s.place = p.place + 1
    LEFT JOIN event_effect f ON f.event_id = s.event_id,
        LATERAL (SELECT s.event_type IN ('cancelled', 'reduced', 'cleared') OR s.role = 'parent'
                AS cuts,
            CASE WHEN s.event_type = 'amended' THEN s.geometry
                WHEN s.event_type IN ('cancelled', 'reduced', 'cleared')
                    THEN ST_Difference(p.geometry, s.geometry)
                WHEN s.role = 'parent' THEN ST_Difference(p.geometry, (
                    SELECT ST_Union(t.geometry) FROM event t
                    WHERE t.transfer_id = s.transfer_id AND t.geometry IS NOT NULL))
                WHEN s.role = 'child' THEN coalesce(f.geometry, 'SRID=4326;POLYGON EMPTY')
                ELSE p.geometry END AS geometry OFFSET 0) c,
        LATERAL (SELECT ST_Area(ST_Transform(ST_Segmentize(c.geometry, 0.001), 6933)) AS exact
            OFFSET 0) m)
SELECT coalesce(a.hazard_id, k.hazard_id) AS hazard_id, coalesce(a.event_id, k.event_id) AS event_id,
    k.after_m2 AS kept, round(a.exact)::bigint AS audited
FROM folded a FULL JOIN (SELECT * FROM event_effect WHERE counts) k ON k.event_id = a.event_id
WHERE k.after_m2 IS DISTINCT FROM round(a.exact)::bigint
UNION ALL
SELECT h.hazard_id, NULL, h.size_m2, round(l.exact)::bigint
FROM hazard h FULL JOIN (
    SELECT DISTINCT ON (hazard_id) hazard_id, exact FROM folded ORDER BY hazard_id, place DESC) l
    ON l.hazard_id = h.hazard_id
WHERE h.status IS NOT NULL AND h.size_m2 IS DISTINCT FROM round(l.exact)::bigint
ORDER BY 1, 2;

--- counted
SELECT count(*) FROM event_effect WHERE counts;
