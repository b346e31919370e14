--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: mine_geo; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA mine_geo;


--
-- Name: guard_layer(); Type: FUNCTION; Schema: mine_geo; Owner: -
--

CREATE FUNCTION mine_geo.guard_layer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM mine_geo.store_info WHERE writing) THEN
            RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is written by mine_geo only: use the command mine-geo or the library, which keep the ledger';
        END IF;
        RETURN NULL;
    END $$;


--
-- Name: keep_decision(); Type: FUNCTION; Schema: mine_geo; Owner: -
--

CREATE FUNCTION mine_geo.keep_decision() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'a decision stands: submit the record again instead of changing it';
    END $$;


--
-- Name: keep_event(); Type: FUNCTION; Schema: mine_geo; Owner: -
--

CREATE FUNCTION mine_geo.keep_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'the ledger is append-only: retract the event instead of changing it';
    END $$;


--
-- Name: keep_received(); Type: FUNCTION; Schema: mine_geo; Owner: -
--

CREATE FUNCTION mine_geo.keep_received() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'what was received is kept as it is: submit the corrected file instead';
    END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: admin_version; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.admin_version (
    fid bigint NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    content_hash text NOT NULL,
    loaded_at timestamp with time zone NOT NULL,
    active boolean NOT NULL
);


--
-- Name: admin_version_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.admin_version_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: admin_version_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.admin_version_fid_seq OWNED BY mine_geo.admin_version.fid;


--
-- Name: border; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.border (
    fid bigint NOT NULL,
    version_fid bigint NOT NULL,
    active boolean NOT NULL,
    kind text,
    neighbour text,
    border_name text NOT NULL,
    border_version text NOT NULL,
    accuracy_m double precision,
    extra text,
    geometry public.geometry(MultiLineString,4326)
);


--
-- Name: border_distance; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.border_distance (
    fid bigint NOT NULL,
    geometry_hash text NOT NULL,
    version_fid bigint NOT NULL,
    include_coast boolean NOT NULL,
    border_distance_m double precision NOT NULL,
    neighbour text
);


--
-- Name: border_distance_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.border_distance_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: border_distance_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.border_distance_fid_seq OWNED BY mine_geo.border_distance.fid;


--
-- Name: border_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.border_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: border_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.border_fid_seq OWNED BY mine_geo.border.fid;


--
-- Name: border_version; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.border_version (
    fid bigint NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    content_hash text NOT NULL,
    loaded_at timestamp with time zone NOT NULL,
    active boolean NOT NULL
);


--
-- Name: border_version_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.border_version_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: border_version_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.border_version_fid_seq OWNED BY mine_geo.border_version.fid;


--
-- Name: district; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.district (
    fid bigint NOT NULL,
    version_fid bigint NOT NULL,
    active boolean NOT NULL,
    province text,
    province_code text,
    province_km text,
    district text,
    district_code text,
    district_km text,
    schematic boolean NOT NULL,
    extra text,
    geometry public.geometry(MultiPolygon,4326)
);


--
-- Name: district_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.district_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: district_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.district_fid_seq OWNED BY mine_geo.district.fid;


--
-- Name: event; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.event (
    fid bigint NOT NULL,
    event_id text NOT NULL,
    hazard_id text NOT NULL,
    event_type text NOT NULL,
    happened_on date,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by text,
    operator text,
    report_ref text,
    reported_size_m2 double precision,
    outside_m2 bigint,
    ap_mines bigint,
    av_mines bigint,
    submunitions bigint,
    uxo bigint,
    depth_cm double precision,
    comment text,
    transfer_id text,
    retracts text,
    detail text,
    geometry public.geometry(MultiPolygon,4326),
    CONSTRAINT ck_event_ck_event_event_type CHECK ((event_type = ANY (ARRAY['registered'::text, 'described'::text, 'confirmed'::text, 'amended'::text, 'transferred'::text, 'cancelled'::text, 'reduced'::text, 'cleared'::text, 'retracted'::text]))),
    CONSTRAINT ck_event_ck_event_happened_on CHECK (((happened_on IS NULL) = (event_type = 'retracted'::text))),
    CONSTRAINT ck_event_ck_event_retracts CHECK (((retracts IS NULL) = (event_type <> 'retracted'::text)))
);


--
-- Name: event_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.event_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: event_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.event_fid_seq OWNED BY mine_geo.event.fid;


--
-- Name: hazard; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.hazard (
    fid bigint NOT NULL,
    hazard_id text NOT NULL,
    kind text,
    also text,
    area_type text,
    status text,
    in_workbench boolean NOT NULL,
    province text,
    province_code text,
    district text,
    district_code text,
    commune text,
    village text,
    difficulty text,
    operator text,
    surveyed_on date,
    reported_size_m2 double precision,
    size_m2 bigint NOT NULL,
    synthetic boolean NOT NULL,
    extra text,
    geometry_hash text,
    geometry public.geometry(MultiPolygon,4326),
    parent_id text,
    CONSTRAINT ck_hazard_ck_hazard_kind CHECK ((kind = ANY (ARRAY['ap_minefield'::text, 'av_minefield'::text, 'cluster_munition'::text, 'other_erw'::text]))),
    CONSTRAINT ck_hazard_ck_hazard_size_m2 CHECK ((size_m2 >= 0))
);


--
-- Name: hazard_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.hazard_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: hazard_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.hazard_fid_seq OWNED BY mine_geo.hazard.fid;


--
-- Name: mine_geo_version; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.mine_geo_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: spot_task; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.spot_task (
    fid bigint NOT NULL,
    task_id text NOT NULL,
    happened_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by text,
    operator text,
    report_ref text,
    province text,
    province_code text,
    district text,
    district_code text,
    commune text,
    village text,
    lon double precision,
    lat double precision,
    ap_mines bigint,
    av_mines bigint,
    submunitions bigint,
    uxo bigint,
    comment text,
    synthetic boolean NOT NULL,
    content_hash text NOT NULL,
    retracted_at timestamp with time zone,
    retracted_why text,
    CONSTRAINT ck_spot_task_ck_spot_task_retracted CHECK (((retracted_at IS NULL) = (retracted_why IS NULL)))
);


--
-- Name: spot_task_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.spot_task_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: spot_task_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.spot_task_fid_seq OWNED BY mine_geo.spot_task.fid;


--
-- Name: store_info; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.store_info (
    fid bigint NOT NULL,
    title text,
    synthetic boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    writing boolean NOT NULL,
    CONSTRAINT ck_store_info_ck_store_info_one_row CHECK ((fid = 1))
);


--
-- Name: store_info_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.store_info_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: store_info_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.store_info_fid_seq OWNED BY mine_geo.store_info.fid;


--
-- Name: submission; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.submission (
    fid bigint NOT NULL,
    submission_id text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    submitted_by text,
    operator text,
    comment text,
    what text NOT NULL,
    file text NOT NULL,
    path text NOT NULL,
    checksum text NOT NULL,
    bytes bigint NOT NULL,
    format text NOT NULL,
    layer text,
    profile text NOT NULL,
    crs text NOT NULL,
    operation text,
    accuracy_m double precision,
    closed_left_out bigint NOT NULL,
    closed_m2 bigint NOT NULL,
    mapping text,
    reading_hash text NOT NULL,
    synthetic boolean NOT NULL,
    CONSTRAINT ck_submission_ck_submission_what CHECK ((what = ANY (ARRAY['hazards'::text, 'reports'::text])))
);


--
-- Name: submission_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.submission_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: submission_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.submission_fid_seq OWNED BY mine_geo.submission.fid;


--
-- Name: submission_finding; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.submission_finding (
    fid bigint NOT NULL,
    submission_id text NOT NULL,
    record bigint,
    hazard_id text,
    code text NOT NULL,
    severity text NOT NULL,
    message text NOT NULL,
    geometry public.geometry(Point,4326),
    CONSTRAINT ck_submission_finding_ck_submission_finding_severity CHECK ((severity = ANY (ARRAY['error'::text, 'warning'::text, 'note'::text])))
);


--
-- Name: submission_finding_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.submission_finding_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: submission_finding_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.submission_finding_fid_seq OWNED BY mine_geo.submission_finding.fid;


--
-- Name: submitted_record; Type: TABLE; Schema: mine_geo; Owner: -
--

CREATE TABLE mine_geo.submitted_record (
    fid bigint NOT NULL,
    submission_id text NOT NULL,
    record bigint NOT NULL,
    hazard_id text,
    state text NOT NULL,
    decided_at timestamp with time zone,
    decided_by text,
    why text,
    did text,
    errors bigint NOT NULL,
    warnings bigint NOT NULL,
    counted boolean NOT NULL,
    kind text,
    also text,
    area_type text,
    status text,
    province text,
    province_code text,
    district text,
    district_code text,
    commune text,
    village text,
    difficulty text,
    operator text,
    surveyed_on date,
    reported_size_m2 double precision,
    size_m2 bigint NOT NULL,
    event_id text,
    event_type text,
    happened_on date,
    report_ref text,
    ap_mines bigint,
    av_mines bigint,
    submunitions bigint,
    uxo bigint,
    depth_cm double precision,
    comment text,
    extra text,
    geometry_hash text,
    drawn text,
    geometry public.geometry(MultiPolygon,4326),
    CONSTRAINT ck_submitted_record_ck_submitted_record_decided_at CHECK (((state = 'waiting'::text) = (decided_at IS NULL))),
    CONSTRAINT ck_submitted_record_ck_submitted_record_state CHECK ((state = ANY (ARRAY['waiting'::text, 'accepted'::text, 'rejected'::text]))),
    CONSTRAINT ck_submitted_record_ck_submitted_record_why CHECK (((state = 'rejected'::text) = (why IS NOT NULL)))
);


--
-- Name: submitted_record_fid_seq; Type: SEQUENCE; Schema: mine_geo; Owner: -
--

CREATE SEQUENCE mine_geo.submitted_record_fid_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: submitted_record_fid_seq; Type: SEQUENCE OWNED BY; Schema: mine_geo; Owner: -
--

ALTER SEQUENCE mine_geo.submitted_record_fid_seq OWNED BY mine_geo.submitted_record.fid;


--
-- Name: admin_version fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.admin_version ALTER COLUMN fid SET DEFAULT nextval('mine_geo.admin_version_fid_seq'::regclass);


--
-- Name: border fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border ALTER COLUMN fid SET DEFAULT nextval('mine_geo.border_fid_seq'::regclass);


--
-- Name: border_distance fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border_distance ALTER COLUMN fid SET DEFAULT nextval('mine_geo.border_distance_fid_seq'::regclass);


--
-- Name: border_version fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border_version ALTER COLUMN fid SET DEFAULT nextval('mine_geo.border_version_fid_seq'::regclass);


--
-- Name: district fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.district ALTER COLUMN fid SET DEFAULT nextval('mine_geo.district_fid_seq'::regclass);


--
-- Name: event fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.event ALTER COLUMN fid SET DEFAULT nextval('mine_geo.event_fid_seq'::regclass);


--
-- Name: hazard fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.hazard ALTER COLUMN fid SET DEFAULT nextval('mine_geo.hazard_fid_seq'::regclass);


--
-- Name: spot_task fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.spot_task ALTER COLUMN fid SET DEFAULT nextval('mine_geo.spot_task_fid_seq'::regclass);


--
-- Name: store_info fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.store_info ALTER COLUMN fid SET DEFAULT nextval('mine_geo.store_info_fid_seq'::regclass);


--
-- Name: submission fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submission ALTER COLUMN fid SET DEFAULT nextval('mine_geo.submission_fid_seq'::regclass);


--
-- Name: submission_finding fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submission_finding ALTER COLUMN fid SET DEFAULT nextval('mine_geo.submission_finding_fid_seq'::regclass);


--
-- Name: submitted_record fid; Type: DEFAULT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submitted_record ALTER COLUMN fid SET DEFAULT nextval('mine_geo.submitted_record_fid_seq'::regclass);


--
-- Data for Name: admin_version; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.admin_version VALUES (1, 'districts', 'c93bce995df1', 'c93bce995df1dd5aa2d1e8b05e3bc22a', '2023-01-10 02:14:00.252+00', true);


--
-- Data for Name: border; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.border VALUES (1, 1, false, 'land', 'THA', 'drawn', '1', 50, NULL, '0105000020E6100000010000000102000000020000000000000000A0594000000000000028400000000000A059400000000000002E40');
INSERT INTO mine_geo.border VALUES (2, 1, false, 'coast', NULL, 'drawn', '1', 50, NULL, '0105000020E6100000010000000102000000030000000000000000A0594000000000000028400000000000C059406666666666E629400000000000405A400000000000002840');
INSERT INTO mine_geo.border VALUES (3, 2, true, 'land', 'THA', 'drawn', '2', 5, NULL, '0105000020E6100000010000000102000000020000000000000000A0594000000000000028400000000000A059400000000000002E40');
INSERT INTO mine_geo.border VALUES (4, 2, true, 'coast', NULL, 'drawn', '2', 5, NULL, '0105000020E6100000010000000102000000030000000000000000A0594000000000000028400000000000C059406666666666E629400000000000405A400000000000002840');


--
-- Data for Name: border_distance; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.border_distance VALUES (1, '1bd8dee09a5d90746326a174a2c2f9a8', 2, false, 5424.020502712312, 'THA');
INSERT INTO mine_geo.border_distance VALUES (2, 'afc7d13d25294d74bc3f3b7e66c48595', 2, false, 5966.374481060299, 'THA');
INSERT INTO mine_geo.border_distance VALUES (3, '8dbac8fd85811bfb73fab614e0adb316', 2, false, 10956.56493952908, 'THA');
INSERT INTO mine_geo.border_distance VALUES (4, '2314c3745081c87f0fb31f8405f82713', 2, false, 21696.079905839408, 'THA');
INSERT INTO mine_geo.border_distance VALUES (5, 'd4fb6dbae10a4d1bbc32712d230b976e', 2, false, 23866.165437755113, 'THA');
INSERT INTO mine_geo.border_distance VALUES (6, 'badfc80892748a59705eaa5705d71e1c', 2, false, 13071.915110824044, 'THA');
INSERT INTO mine_geo.border_distance VALUES (7, '13aad4782db487e1908adb12dd6c2e6e', 2, false, 65088.186048699376, 'THA');
INSERT INTO mine_geo.border_distance VALUES (8, 'e3dfbaab78e0fab605606f8105880ad4', 2, false, 217385.20580535635, 'THA');
INSERT INTO mine_geo.border_distance VALUES (9, '496dc8a66453461f9e70294fb94ca647', 2, false, 239123.24752869742, 'THA');
INSERT INTO mine_geo.border_distance VALUES (10, '2b325ca1ffe612b29a9f05d45eba3cac', 2, false, 75936.19164054102, 'THA');


--
-- Data for Name: border_version; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.border_version VALUES (1, 'drawn', '1', 'a861fd3f919cdc8777a720a5a664c513', '2023-01-10 02:51:00.253+00', false);
INSERT INTO mine_geo.border_version VALUES (2, 'drawn', '2', 'e04096c07e7b5958ac5199d86efd2b5a', '2023-01-10 03:28:00.254+00', true);


--
-- Data for Name: district; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.district VALUES (1, 1, true, 'Banteay Meanchey', '01', 'បន្ទាយមានជ័យ', 'Mongkol Bourei', '0102', 'មង្គលបូរី', true, '{"repaired":false}', '0106000020E610000001000000010300000001000000050000003333333333B35940CDCCCCCCCCCC29403333333333B359406766666666662A400000000000A059406766666666662A400000000000A05940CDCCCCCCCCCC29403333333333B35940CDCCCCCCCCCC2940');
INSERT INTO mine_geo.district VALUES (2, 1, true, 'Banteay Meanchey', '01', 'បន្ទាយមានជ័យ', 'Phnum Srok', '0103', 'ភ្នំស្រុក', true, '{"repaired":false}', '0106000020E610000001000000010300000001000000050000003333333333D35940CDCCCCCCCCCC29403333333333D35940CDCCCCCCCCCC2A403333333333B35940CDCCCCCCCCCC2A403333333333B35940CDCCCCCCCCCC29403333333333D35940CDCCCCCCCCCC2940');
INSERT INTO mine_geo.district VALUES (3, 1, true, 'Banteay Meanchey', '01', 'បន្ទាយមានជ័យ', 'Preah Netr Preah', '0104', 'ព្រះនេត្រព្រះ', true, '{"repaired":false}', '0106000020E610000001000000010300000001000000050000009A99999999395A40CDCCCCCCCCCC28409A99999999395A40CDCCCCCCCCCC29409A99999999195A40CDCCCCCCCCCC29409A99999999195A40CDCCCCCCCCCC28409A99999999395A40CDCCCCCCCCCC2840');


--
-- Data for Name: event; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.event VALUES (1, '282de08eea6effa55d0797bea9c00f10', 'AP-1', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, 1200000.5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"area_type":"SHA","extra":{"priority":3,"task":"TS 14 <b>"},"in_workbench":false,"kind":"ap_minefield","province":"Battambang","province_code":"02","reported_size_m2":1200000.5,"surveyed_on":"2019-05-01"}', '0106000020E61000000100000001030000000100000005000000A4703D0AD7A359400000000000002A40A4703D0AD7A3594085EB51B81E052A403333333333A3594085EB51B81E052A403333333333A359400000000000002A40A4703D0AD7A359400000000000002A40');
INSERT INTO mine_geo.event VALUES (2, '75742652a9d8b85cf878a1a7c024100c', 'AP-2', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"area_type":"CHA","extra":{"priority":1},"in_workbench":false,"kind":"ap_minefield","province":"Battambang","province_code":"02","surveyed_on":"2019-05-01"}', '0106000020E610000001000000010300000001000000050000005D8FC2F528A459401B2FDD2406012A405D8FC2F528A45940A01A2FDD24062A40EC51B81E85A35940A01A2FDD24062A40EC51B81E85A359401B2FDD2406012A405D8FC2F528A459401B2FDD2406012A40');
INSERT INTO mine_geo.event VALUES (3, '167cbc1150a6dd778cd9503350cba4c4', 'AP-3', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"area_type":"SHA","extra":{"priority":2,"task":"ទី"},"in_workbench":false,"kind":"ap_minefield","province":"Battambang","province_code":"02","reported_size_m2":7,"surveyed_on":"2019-05-01"}', '0106000020E61000000100000001030000000100000005000000D7A3703D0AA759400000000000002A40D7A3703D0AA7594085EB51B81E052A406666666666A6594085EB51B81E052A406666666666A659400000000000002A40D7A3703D0AA759400000000000002A40');
INSERT INTO mine_geo.event VALUES (4, '3b65a950a48d5677c14f65cde9d3f70c', 'AP-4', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"area_type":"CHA","extra":{"priority":2,"task":"x"},"in_workbench":false,"kind":"ap_minefield","province":"Battambang","province_code":"02","reported_size_m2":0,"surveyed_on":"2019-05-01"}', '0106000020E61000000100000001030000000100000005000000B91E85EB51A859400000000000002A40B91E85EB51A8594085EB51B81E052A4048E17A14AEA7594085EB51B81E052A4048E17A14AEA759400000000000002A40B91E85EB51A859400000000000002A40');
INSERT INTO mine_geo.event VALUES (5, '309f352ec07d5b83188dde09b0a37776', 'AP-5', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"area_type":"CHA","extra":{"priority":5,"task":"it''s"},"in_workbench":false,"kind":"ap_minefield","province":"Battambang","province_code":"02","surveyed_on":"2019-05-01"}', '0106000020E61000000100000001030000000100000005000000295C8FC2F5A859400000000000002A40295C8FC2F5A8594085EB51B81E052A40B81E85EB51A8594085EB51B81E052A40B81E85EB51A859400000000000002A40295C8FC2F5A859400000000000002A40');
INSERT INTO mine_geo.event VALUES (6, '2895e371ba9b840894145d813c7f0aa1', 'AP-6', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"extra":{"priority":6,"task":"\""},"in_workbench":false,"kind":"ap_minefield","province":"Battambang","province_code":"02","surveyed_on":"2019-05-01"}', '0106000020E610000002000000010300000001000000050000003E0AD7A370AD59400000000000002A403E0AD7A370AD594085EB51B81E052A40CDCCCCCCCCAC594085EB51B81E052A40CDCCCCCCCCAC59400000000000002A403E0AD7A370AD59400000000000002A40010300000001000000050000006666666666AE59400000000000002A406666666666AE5940C3F5285C8F022A40AE47E17A14AE5940C3F5285C8F022A40AE47E17A14AE59400000000000002A406666666666AE59400000000000002A40');
INSERT INTO mine_geo.event VALUES (7, 'd9bbbaf72846b7efc37dac4f2dd7024c', 'CM-1', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"area_type":"SHA","extra":{"priority":7,"task":"%s"},"in_workbench":false,"kind":"cluster_munition","province":"Pursat","province_code":"15","surveyed_on":"2019-05-01"}', '0106000020E61000000100000001030000000100000005000000713D0AD7A3C059400000000000002A40713D0AD7A3C0594085EB51B81E052A400000000000C0594085EB51B81E052A400000000000C059400000000000002A40713D0AD7A3C059400000000000002A40');
INSERT INTO mine_geo.event VALUES (8, '6413d87eeaaa8231c66b71d356aa14f4', 'CM-2', 'registered', '2019-05-01', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"area_type":"CHA","extra":{"priority":8,"task":":x"},"in_workbench":false,"kind":"cluster_munition","province":"Pursat","province_code":"15","surveyed_on":"2019-05-01"}', '0106000020E61000000100000001030000000200000005000000D7A3703D0AC759400000000000002A40D7A3703D0AC7594085EB51B81E052A406666666666C6594085EB51B81E052A406666666666C659400000000000002A40D7A3703D0AC759400000000000002A40050000001F85EB51B8C65940355EBA490C022A401F85EB51B8C65940C2F5285C8F022A402DB29DEFA7C65940C2F5285C8F022A402DB29DEFA7C65940355EBA490C022A401F85EB51B8C65940355EBA490C022A40');
INSERT INTO mine_geo.event VALUES (9, '06b5e8cb02ef4253af71b44fd399f873', 'ចំការ-7', 'registered', '2020-01-31', '2023-01-10 04:05:00.255+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"extra":{"priority":9,"task":"{}"},"in_workbench":false,"kind":"ap_minefield"}', '0106000020E610000001000000010300000001000000050000003E0AD7A370CD59400000000000002A403E0AD7A370CD594085EB51B81E052A40CDCCCCCCCCCC594085EB51B81E052A40CDCCCCCCCCCC59400000000000002A403E0AD7A370CD59400000000000002A40');
INSERT INTO mine_geo.event VALUES (10, 'ts-1', 'AP-1', 'cleared', '2022-03-01', '2023-01-10 04:42:00.256+00', 'Sok', 'MAG', 'TS-1', 190000.5, 0, 3, NULL, NULL, 1, 20, NULL, NULL, NULL, NULL, '0106000020E61000000100000001030000000100000005000000FA7E6ABC74A359400000000000002A40FA7E6ABC74A35940355EBA490C022A403333333333A35940355EBA490C022A403333333333A359400000000000002A40FA7E6ABC74A359400000000000002A40');
INSERT INTO mine_geo.event VALUES (11, 'late-1', 'AP-1', 'reduced', '2021-07-01', '2023-01-10 05:19:00.257+00', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E61000000100000001030000000100000005000000B29DEFA7C6A359408D976E1283002A40B29DEFA7C6A35940355EBA490C022A40DD24068195A35940355EBA490C022A40DD24068195A359408D976E1283002A40B29DEFA7C6A359408D976E1283002A40');
INSERT INTO mine_geo.event VALUES (12, 'both', 'AP-1', 'cleared', '2022-04-01', '2023-01-10 05:56:00.258+00', NULL, 'HALO', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"report":"both","said":"3c8cc7651fb5b5e8c020f401670cfcca"}', '0106000020E61000000100000001030000000100000005000000B29DEFA7C6A35940355EBA490C022A40B29DEFA7C6A35940508D976E12032A40CFF753E3A5A35940508D976E12032A40CFF753E3A5A35940355EBA490C022A40B29DEFA7C6A35940355EBA490C022A40');
INSERT INTO mine_geo.event VALUES (13, 'both:AP-2', 'AP-2', 'cleared', '2022-04-01', '2023-01-10 05:56:00.258+00', NULL, 'HALO', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"report":"both"}', '0106000020E61000000100000001030000000100000005000000B29DEFA7C6A35940355EBA490C022A40B29DEFA7C6A35940508D976E12032A40CFF753E3A5A35940508D976E12032A40CFF753E3A5A35940355EBA490C022A40B29DEFA7C6A35940355EBA490C022A40');
INSERT INTO mine_geo.event VALUES (14, 'aa7fba73292d09ec3a1a35fc7c81c589', 'AP-2', 'cancelled', '2022-04-02', '2023-01-10 06:33:00.259+00', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 'ដី; DROP TABLE event; --', NULL, NULL, NULL, '0106000020E610000001000000010300000001000000050000008716D9CEF7A35940508D976E12032A408716D9CEF7A359406BBC749318042A40A4703D0AD7A359406BBC749318042A40A4703D0AD7A35940508D976E12032A408716D9CEF7A35940508D976E12032A40');
INSERT INTO mine_geo.event VALUES (15, '011fbf814219cd59281b71bbad141d74', 'AP-4', 'cleared', '2022-05-01', '2023-01-10 07:10:00.26+00', NULL, 'MAG', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E610000001000000010300000001000000050000000000000000A859400000000000002A400000000000A85940C3F5285C8F022A4048E17A14AEA75940C3F5285C8F022A4048E17A14AEA759400000000000002A400000000000A859400000000000002A40');
INSERT INTO mine_geo.event VALUES (16, '9e67047003b7b57ea86a25642ff6f719', 'AP-4', 'retracted', NULL, '2023-01-10 07:47:00.261+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'another field''s', NULL, '011fbf814219cd59281b71bbad141d74', NULL, NULL);
INSERT INTO mine_geo.event VALUES (17, '671ebd54ed397a5876bdb706a5880486', 'AP-4', 'cleared', '2022-05-01', '2023-01-10 08:24:00.262+00', NULL, 'MAG', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E610000001000000010300000001000000050000001D5A643BDFA759400000000000002A401D5A643BDFA75940A8C64B3789012A4048E17A14AEA75940A8C64B3789012A4048E17A14AEA759400000000000002A401D5A643BDFA759400000000000002A40');
INSERT INTO mine_geo.event VALUES (18, '7a90413b25d87b86566e6e6ff042a387', 'AP-3', 'confirmed', '2022-05-05', '2023-01-10 09:01:00.263+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"outcome":"cancelled"}', '0106000020E61000000100000001030000000100000005000000E5D022DBF9A659408D976E1283002A40E5D022DBF9A65940F753E3A59B042A405839B4C876A65940F753E3A59B042A405839B4C876A659408D976E1283002A40E5D022DBF9A659408D976E1283002A40');
INSERT INTO mine_geo.event VALUES (19, '7a90413b25d87b86566e6e6ff042a387:cancelled', 'AP-3', 'cancelled', '2022-05-05', '2023-01-10 09:01:00.263+00', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E610000001000000010300000002000000050000006666666666A659400000000000002A406666666666A6594085EB51B81E052A40D7A3703D0AA7594085EB51B81E052A40D7A3703D0AA759400000000000002A406666666666A659400000000000002A4005000000E5D022DBF9A65940F753E3A59B042A405839B4C876A65940F753E3A59B042A405839B4C876A659408D976E1283002A40E5D022DBF9A659408D976E1283002A40E5D022DBF9A65940F753E3A59B042A40');
INSERT INTO mine_geo.event VALUES (20, 'a5d07ef75e51cbb27640132341f8d11a', 'AP-4', 'amended', '2022-06-01', '2023-01-10 09:38:00.264+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E61000000100000001030000000100000005000000B91E85EB51A859400000000000002A40B91E85EB51A85940BE9F1A2FDD042A40C1CAA145B6A75940BE9F1A2FDD042A40C1CAA145B6A759400000000000002A40B91E85EB51A859400000000000002A40');
INSERT INTO mine_geo.event VALUES (21, '349a55b61e0ab4a1896652e9d146b7c0', 'AP-5', 'described', '2022-06-02', '2023-01-10 10:15:00.265+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"difficulty":"high","village":"Ta Sanh"}', NULL);
INSERT INTO mine_geo.event VALUES (22, '6d0621d2859e8320cfef531b9a6fb4c7', 'AP-6', 'transferred', '2022-07-01', '2023-01-10 10:52:00.266+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '6d0621d2859e8320cfef531b9a6fb4c7', NULL, '{"role":"parent","said":"6d0621d2859e8320cfef531b9a6fb4c7"}', '0106000020E61000000200000001030000000100000005000000AE47E17A14AE59400000000000002A40AE47E17A14AE5940C3F5285C8F022A406666666666AE5940C3F5285C8F022A406666666666AE59400000000000002A40AE47E17A14AE59400000000000002A4001030000000100000005000000CDCCCCCCCCAC59400000000000002A40CDCCCCCCCCAC594085EB51B81E052A403E0AD7A370AD594085EB51B81E052A403E0AD7A370AD59400000000000002A40CDCCCCCCCCAC59400000000000002A40');
INSERT INTO mine_geo.event VALUES (23, '6d0621d2859e8320cfef531b9a6fb4c7:AP-6a', 'AP-6a', 'transferred', '2022-07-01', '2023-01-10 10:52:00.266+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '6d0621d2859e8320cfef531b9a6fb4c7', NULL, '{"parent_id":"AP-6","role":"child"}', '0106000020E610000001000000010300000001000000050000003E0AD7A370AD59400000000000002A403E0AD7A370AD594085EB51B81E052A40CDCCCCCCCCAC594085EB51B81E052A40CDCCCCCCCCAC59400000000000002A403E0AD7A370AD59400000000000002A40');
INSERT INTO mine_geo.event VALUES (24, '6d0621d2859e8320cfef531b9a6fb4c7:AP-6b', 'AP-6b', 'transferred', '2022-07-01', '2023-01-10 10:52:00.266+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '6d0621d2859e8320cfef531b9a6fb4c7', NULL, '{"parent_id":"AP-6","role":"child"}', '0106000020E610000001000000010300000001000000050000006666666666AE59400000000000002A406666666666AE5940C3F5285C8F022A40AE47E17A14AE5940C3F5285C8F022A40AE47E17A14AE59400000000000002A406666666666AE59400000000000002A40');
INSERT INTO mine_geo.event VALUES (25, '2b4563111726d7bb8f749800bb9452bb', 'AP-4', 'transferred', '2022-08-01', '2023-01-10 11:29:00.267+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2b4563111726d7bb8f749800bb9452bb', NULL, '{"role":"parent","said":"2b4563111726d7bb8f749800bb9452bb"}', '0106000020E61000000100000001030000000100000005000000B91E85EB51A859400000000000002A40B91E85EB51A85940BE9F1A2FDD042A40C1CAA145B6A75940BE9F1A2FDD042A40C1CAA145B6A759400000000000002A40B91E85EB51A859400000000000002A40');
INSERT INTO mine_geo.event VALUES (26, '2b4563111726d7bb8f749800bb9452bb:AP-5', 'AP-5', 'transferred', '2022-08-01', '2023-01-10 11:29:00.267+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2b4563111726d7bb8f749800bb9452bb', NULL, '{"role":"parent"}', '0106000020E61000000100000001030000000100000005000000295C8FC2F5A859400000000000002A40295C8FC2F5A8594085EB51B81E052A40B81E85EB51A8594085EB51B81E052A40B81E85EB51A859400000000000002A40295C8FC2F5A859400000000000002A40');
INSERT INTO mine_geo.event VALUES (27, '2b4563111726d7bb8f749800bb9452bb:AP-9', 'AP-9', 'transferred', '2022-08-01', '2023-01-10 11:29:00.267+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2b4563111726d7bb8f749800bb9452bb', NULL, '{"difficulty":"high","parent_id":"AP-4 + AP-5","reported_size_m2":null,"role":"child","village":"Ta Sanh"}', '0106000020E61000000100000001030000000100000009000000C1CAA145B6A759400000000000002A40C1CAA145B6A75940BE9F1A2FDD042A40B81E85EB51A85940BE9F1A2FDD042A40B81E85EB51A8594085EB51B81E052A40295C8FC2F5A8594085EB51B81E052A40295C8FC2F5A859400000000000002A40B91E85EB51A859400000000000002A40B81E85EB51A859400000000000002A40C1CAA145B6A759400000000000002A40');
INSERT INTO mine_geo.event VALUES (28, '61ffcb1407f7e3bdfe539c9a9700144f', 'AP-9', 'cleared', '2022-09-01', '2023-01-10 12:06:00.268+00', NULL, 'CMAC', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E61000000100000001030000000100000005000000068195438BA859400000000000002A40068195438BA85940355EBA490C022A403F355EBA49A85940355EBA490C022A403F355EBA49A859400000000000002A40068195438BA859400000000000002A40');
INSERT INTO mine_geo.event VALUES (29, 'ce5d92720d93ff53534331ecd73dcadb', 'CM-1', 'cleared', '2022-10-01', '2023-01-10 12:43:00.269+00', NULL, NULL, NULL, NULL, 3600351, NULL, NULL, 12, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E61000000100000001030000000100000005000000E17A14AE47C159400000000000002A40E17A14AE47C159400AD7A3703D0A2A400000000000C059400AD7A3703D0A2A400000000000C059400000000000002A40E17A14AE47C159400000000000002A40');
INSERT INTO mine_geo.event VALUES (30, '659c98dce092bc03e12b9b202965d24e', 'CM-2', 'reduced', '2022-10-02', '2023-01-10 13:20:00.27+00', NULL, NULL, NULL, NULL, 3000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E61000000100000001030000000100000005000000A59BC420B0C659400000000000002A40A59BC420B0C65940FCA9F1D24D022A406666666666C65940FCA9F1D24D022A406666666666C659400000000000002A40A59BC420B0C659400000000000002A40');
INSERT INTO mine_geo.event VALUES (31, '434dd8460bacae1f0878a2901ced9b76', 'W-1', 'registered', '2022-11-01', '2023-01-10 16:25:00.275+00', 'Chan', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"extra":{},"in_workbench":false,"kind":"ap_minefield"}', '0106000020E61000000100000001030000000100000005000000713D0AD7A3205A400000000000002940713D0AD7A3205A4085EB51B81E0529400000000000205A4085EB51B81E0529400000000000205A400000000000002940713D0AD7A3205A400000000000002940');
INSERT INTO mine_geo.event VALUES (32, 'w-report', 'W-1', 'cleared', '2022-11-05', '2023-01-10 18:16:00.278+00', NULL, 'MAG', 'R-1', NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0106000020E61000000100000001030000000100000005000000E3A59BC420205A400000000000002940E3A59BC420205A401B2FDD24060129400000000000205A401B2FDD24060129400000000000205A400000000000002940E3A59BC420205A400000000000002940');


--
-- Data for Name: hazard; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.hazard VALUES (9, 'ចំការ-7', 'ap_minefield', NULL, NULL, 'open', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1200149, false, '{"task":"{}","priority":9}', '2b325ca1ffe612b29a9f05d45eba3cac', '0106000020E610000001000000010300000001000000050000003E0AD7A370CD59400000000000002A403E0AD7A370CD594085EB51B81E052A40CDCCCCCCCCCC594085EB51B81E052A40CDCCCCCCCCCC59400000000000002A403E0AD7A370CD59400000000000002A40', NULL);
INSERT INTO mine_geo.hazard VALUES (1, 'AP-1', 'ap_minefield', NULL, 'SHA', 'worked_on', false, 'Battambang', '02', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', 1200000.5, 852102, false, '{"task":"TS 14 <b>","priority":3}', '1bd8dee09a5d90746326a174a2c2f9a8', '0106000020E61000000100000001030000000200000007000000A4703D0AD7A3594085EB51B81E052A40A4703D0AD7A359400000000000002A40FA7E6ABC74A359400000000000002A40FA7E6ABC74A35940355EBA490C022A403333333333A35940355EBA490C022A403333333333A3594085EB51B81E052A40A4703D0AD7A3594085EB51B81E052A4008000000DD24068195A359408D976E1283002A40B29DEFA7C6A359408D976E1283002A40B29DEFA7C6A35940355EBA490C022A40B29DEFA7C6A35940508D976E12032A40CFF753E3A5A35940508D976E12032A40CFF753E3A5A35940355EBA490C022A40DD24068195A35940355EBA490C022A40DD24068195A359408D976E1283002A40', NULL);
INSERT INTO mine_geo.hazard VALUES (2, 'AP-2', 'ap_minefield', NULL, 'CHA', 'worked_on', false, 'Battambang', '02', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', NULL, 1104128, false, '{"task":null,"priority":1}', 'afc7d13d25294d74bc3f3b7e66c48595', '0106000020E61000000100000001030000000300000005000000EC51B81E85A35940A01A2FDD24062A405D8FC2F528A45940A01A2FDD24062A405D8FC2F528A459401B2FDD2406012A40EC51B81E85A359401B2FDD2406012A40EC51B81E85A35940A01A2FDD24062A4005000000CFF753E3A5A35940508D976E12032A40CFF753E3A5A35940355EBA490C022A40B29DEFA7C6A35940355EBA490C022A40B29DEFA7C6A35940508D976E12032A40CFF753E3A5A35940508D976E12032A40050000008716D9CEF7A359406BBC749318042A40A4703D0AD7A359406BBC749318042A40A4703D0AD7A35940508D976E12032A408716D9CEF7A35940508D976E12032A408716D9CEF7A359406BBC749318042A40', NULL);
INSERT INTO mine_geo.hazard VALUES (3, 'AP-3', 'ap_minefield', NULL, 'CHA', 'worked_on', false, 'Battambang', '02', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', 7, 768095, false, '{"task":"ទី","priority":2}', '8dbac8fd85811bfb73fab614e0adb316', '0106000020E61000000100000001030000000100000005000000E5D022DBF9A659408D976E1283002A405839B4C876A659408D976E1283002A405839B4C876A65940F753E3A59B042A40E5D022DBF9A65940F753E3A59B042A40E5D022DBF9A659408D976E1283002A40', NULL);
INSERT INTO mine_geo.hazard VALUES (10, 'AP-6a', 'ap_minefield', NULL, NULL, 'open', false, 'Battambang', '02', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', NULL, 1200149, false, '{"priority":6,"task":"\""}', '2314c3745081c87f0fb31f8405f82713', '0106000020E610000001000000010300000001000000050000003E0AD7A370AD59400000000000002A40CDCCCCCCCCAC59400000000000002A40CDCCCCCCCCAC594085EB51B81E052A403E0AD7A370AD594085EB51B81E052A403E0AD7A370AD59400000000000002A40', 'AP-6');
INSERT INTO mine_geo.hazard VALUES (11, 'AP-6b', 'ap_minefield', NULL, NULL, 'open', false, 'Battambang', '02', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', NULL, 300040, false, '{"priority":6,"task":"\""}', 'd4fb6dbae10a4d1bbc32712d230b976e', '0106000020E61000000100000001030000000100000005000000AE47E17A14AE59400000000000002A40AE47E17A14AE5940C3F5285C8F022A406666666666AE5940C3F5285C8F022A406666666666AE59400000000000002A40AE47E17A14AE59400000000000002A40', 'AP-6');
INSERT INTO mine_geo.hazard VALUES (6, 'AP-6', 'ap_minefield', NULL, NULL, 'closed', false, 'Battambang', '02', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', NULL, 0, false, '{"task":"\"","priority":6}', NULL, NULL, NULL);
INSERT INTO mine_geo.hazard VALUES (4, 'AP-4', 'ap_minefield', NULL, 'CHA', 'closed', false, 'Battambang', '02', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', 0, 0, false, '{"task":"x","priority":2}', NULL, NULL, NULL);
INSERT INTO mine_geo.hazard VALUES (5, 'AP-5', 'ap_minefield', NULL, 'CHA', 'closed', false, 'Battambang', '02', NULL, NULL, NULL, 'Ta Sanh', 'high', NULL, '2019-05-01', NULL, 0, false, '{"task":"it''s","priority":5}', NULL, NULL, NULL);
INSERT INTO mine_geo.hazard VALUES (12, 'AP-9', 'ap_minefield', NULL, 'CHA', 'worked_on', false, 'Battambang', '02', NULL, NULL, NULL, 'Ta Sanh', 'high', NULL, '2019-05-01', NULL, 2091258, false, '{"priority":2,"task":"x"}', 'badfc80892748a59705eaa5705d71e1c', '0106000020E6100000010000000103000000010000000B000000C1CAA145B6A75940BE9F1A2FDD042A40B81E85EB51A85940BE9F1A2FDD042A40B81E85EB51A8594085EB51B81E052A40295C8FC2F5A8594085EB51B81E052A40295C8FC2F5A859400000000000002A40068195438BA859400000000000002A40068195438BA85940355EBA490C022A403F355EBA49A85940355EBA490C022A403F355EBA49A859400000000000002A40C1CAA145B6A759400000000000002A40C1CAA145B6A75940BE9F1A2FDD042A40', 'AP-4 + AP-5');
INSERT INTO mine_geo.hazard VALUES (7, 'CM-1', 'cluster_munition', NULL, 'SHA', 'closed', false, 'Pursat', '15', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', NULL, 0, false, '{"task":"%s","priority":7}', NULL, NULL, NULL);
INSERT INTO mine_geo.hazard VALUES (8, 'CM-2', 'cluster_munition', NULL, 'CHA', 'worked_on', false, 'Pursat', '15', NULL, NULL, NULL, NULL, NULL, NULL, '2019-05-01', NULL, 948115, false, '{"task":":x","priority":8}', '13aad4782db487e1908adb12dd6c2e6e', '0106000020E6100000010000000103000000010000000B0000006666666666C6594085EB51B81E052A40D7A3703D0AC7594085EB51B81E052A40D7A3703D0AC759400000000000002A40A59BC420B0C659400000000000002A40A59BC420B0C65940355EBA490C022A401F85EB51B8C65940355EBA490C022A401F85EB51B8C65940C2F5285C8F022A402DB29DEFA7C65940C2F5285C8F022A402DB29DEFA7C65940FCA9F1D24D022A406666666666C65940FCA9F1D24D022A406666666666C6594085EB51B81E052A40', NULL);
INSERT INTO mine_geo.hazard VALUES (13, 'W-1', 'ap_minefield', NULL, NULL, 'worked_on', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1154362, false, NULL, 'e3dfbaab78e0fab605606f8105880ad4', '0106000020E610000001000000010300000001000000070000000000000000205A4085EB51B81E052940713D0AD7A3205A4085EB51B81E052940713D0AD7A3205A400000000000002940E3A59BC420205A400000000000002940E3A59BC420205A401B2FDD24060129400000000000205A401B2FDD24060129400000000000205A4085EB51B81E052940', NULL);


--
-- Data for Name: mine_geo_version; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.mine_geo_version VALUES ('0003');


--
-- Data for Name: spot_task; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.spot_task VALUES (1, 'c6647d5dca0cd4b6a0dd02e57952278b', '2022-05-01', '2023-01-10 13:57:00.271+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, NULL, NULL, false, 'c6647d5dca0cd4b6a0dd02e57952278b', '2023-01-10 14:34:00.272+00', 'entered twice');
INSERT INTO mine_geo.spot_task VALUES (2, '95e54c8294153896a43b4d2c25efbbb1', '2022-05-02', '2023-01-10 15:11:00.273+00', NULL, 'MAG', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, false, '95e54c8294153896a43b4d2c25efbbb1', NULL, NULL);


--
-- Data for Name: store_info; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.store_info VALUES (1, 'Before the chain', false, '2023-01-10 01:37:00.251+00', false);


--
-- Data for Name: submission; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.submission VALUES (1, 'S-0001', '2023-01-10 15:48:00.274+00', 'Desk 2', NULL, NULL, 'hazards', 'fields.gpkg', '/inbox/fields.gpkg', 'd40a1c9f4df6f78638f89e0481da1869a0f01718b551ef01b56791fa3936fc45', 527, 'GeoPackage', NULL, 'plain', 'EPSG:4326', NULL, NULL, 0, 0, '{"columns":[{"example":"AP-1","filled":3,"how":"profile","ours":"hazard_id","source":"ID"}]}', '61cdcb8ea4ee0d770220941c64fa7edd', false);
INSERT INTO mine_geo.submission VALUES (2, 'S-0002', '2023-01-10 17:39:00.277+00', NULL, NULL, NULL, 'reports', 'fields.gpkg', '/inbox/fields.gpkg', '6a36fda1d2267e919026f126a46143b9fa7e1f5030f66929b39961f45e073a38', 263, 'GeoPackage', NULL, 'plain', 'EPSG:4326', NULL, NULL, 0, 0, '{"columns":[{"example":"AP-1","filled":1,"how":"profile","ours":"hazard_id","source":"ID"}]}', '265cbe6ea5fbd58855515cea3af59846', false);


--
-- Data for Name: submission_finding; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.submission_finding VALUES (1, 'S-0001', 1, 'W-1', 'missing_data', 'warning', 'minimum data (IMAS 05.10) missing: area_type, province, district, operator, surveyed_on; ask the operator', NULL);
INSERT INTO mine_geo.submission_finding VALUES (2, 'S-0001', 2, 'W-2', 'missing_data', 'warning', 'minimum data (IMAS 05.10) missing: area_type, province, district, operator, surveyed_on; ask the operator', NULL);
INSERT INTO mine_geo.submission_finding VALUES (3, 'S-0001', 3, 'W-3', 'missing_data', 'warning', 'minimum data (IMAS 05.10) missing: area_type, province, district, operator, surveyed_on; ask the operator', NULL);


--
-- Data for Name: submitted_record; Type: TABLE DATA; Schema: mine_geo; Owner: -
--

INSERT INTO mine_geo.submitted_record VALUES (3, 'S-0001', 3, 'W-3', 'waiting', NULL, NULL, NULL, NULL, 0, 1, true, 'ap_minefield', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1202461, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '496dc8a66453461f9e70294fb94ca647', NULL, '0106000020E610000001000000010300000001000000050000003E0AD7A3702D5A4000000000000029403E0AD7A3702D5A4085EB51B81E052940CDCCCCCCCC2C5A4085EB51B81E052940CDCCCCCCCC2C5A4000000000000029403E0AD7A3702D5A400000000000002940');
INSERT INTO mine_geo.submitted_record VALUES (1, 'S-0001', 1, 'W-1', 'accepted', '2023-01-10 16:25:00.275+00', 'Chan', NULL, 'registered', 0, 1, true, 'ap_minefield', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1202461, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'f6b82b5519e734208e37ca5dd081c338', NULL, '0106000020E61000000100000001030000000100000005000000713D0AD7A3205A400000000000002940713D0AD7A3205A4085EB51B81E0529400000000000205A4085EB51B81E0529400000000000205A400000000000002940713D0AD7A3205A400000000000002940');
INSERT INTO mine_geo.submitted_record VALUES (2, 'S-0001', 2, 'W-2', 'rejected', '2023-01-10 17:02:00.276+00', NULL, 'twice', NULL, 0, 1, true, 'ap_minefield', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1202461, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ac3d16010b2452d24287fcb979735548', NULL, '0106000020E61000000100000001030000000100000005000000D7A3703D0A275A400000000000002940D7A3703D0A275A4085EB51B81E0529406666666666265A4085EB51B81E0529406666666666265A400000000000002940D7A3703D0A275A400000000000002940');
INSERT INTO mine_geo.submitted_record VALUES (4, 'S-0002', 1, 'W-1', 'accepted', '2023-01-10 18:16:00.278+00', NULL, NULL, 'cleared', 0, 0, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'MAG', NULL, NULL, 48099, 'w-report', 'cleared', '2022-11-05', 'R-1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'b4de1565346ef6176ea02f72137189f2', NULL, '0106000020E61000000100000001030000000100000005000000E3A59BC420205A400000000000002940E3A59BC420205A401B2FDD24060129400000000000205A401B2FDD24060129400000000000205A400000000000002940E3A59BC420205A400000000000002940');


--
-- Name: admin_version_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.admin_version_fid_seq', 1, true);


--
-- Name: border_distance_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.border_distance_fid_seq', 10, true);


--
-- Name: border_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.border_fid_seq', 4, true);


--
-- Name: border_version_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.border_version_fid_seq', 2, true);


--
-- Name: district_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.district_fid_seq', 3, true);


--
-- Name: event_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.event_fid_seq', 32, true);


--
-- Name: hazard_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.hazard_fid_seq', 13, true);


--
-- Name: spot_task_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.spot_task_fid_seq', 2, true);


--
-- Name: store_info_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.store_info_fid_seq', 1, false);


--
-- Name: submission_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.submission_fid_seq', 2, true);


--
-- Name: submission_finding_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.submission_finding_fid_seq', 3, true);


--
-- Name: submitted_record_fid_seq; Type: SEQUENCE SET; Schema: mine_geo; Owner: -
--

SELECT pg_catalog.setval('mine_geo.submitted_record_fid_seq', 4, true);


--
-- Name: mine_geo_version mine_geo_version_pkc; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.mine_geo_version
    ADD CONSTRAINT mine_geo_version_pkc PRIMARY KEY (version_num);


--
-- Name: admin_version pk_admin_version; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.admin_version
    ADD CONSTRAINT pk_admin_version PRIMARY KEY (fid);


--
-- Name: border pk_border; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border
    ADD CONSTRAINT pk_border PRIMARY KEY (fid);


--
-- Name: border_distance pk_border_distance; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border_distance
    ADD CONSTRAINT pk_border_distance PRIMARY KEY (fid);


--
-- Name: border_version pk_border_version; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border_version
    ADD CONSTRAINT pk_border_version PRIMARY KEY (fid);


--
-- Name: district pk_district; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.district
    ADD CONSTRAINT pk_district PRIMARY KEY (fid);


--
-- Name: event pk_event; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.event
    ADD CONSTRAINT pk_event PRIMARY KEY (fid);


--
-- Name: hazard pk_hazard; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.hazard
    ADD CONSTRAINT pk_hazard PRIMARY KEY (fid);


--
-- Name: spot_task pk_spot_task; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.spot_task
    ADD CONSTRAINT pk_spot_task PRIMARY KEY (fid);


--
-- Name: store_info pk_store_info; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.store_info
    ADD CONSTRAINT pk_store_info PRIMARY KEY (fid);


--
-- Name: submission pk_submission; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submission
    ADD CONSTRAINT pk_submission PRIMARY KEY (fid);


--
-- Name: submission_finding pk_submission_finding; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submission_finding
    ADD CONSTRAINT pk_submission_finding PRIMARY KEY (fid);


--
-- Name: submitted_record pk_submitted_record; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submitted_record
    ADD CONSTRAINT pk_submitted_record PRIMARY KEY (fid);


--
-- Name: admin_version uq_admin_version_name_version; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.admin_version
    ADD CONSTRAINT uq_admin_version_name_version UNIQUE (name, version);


--
-- Name: border_distance uq_border_distance_version_fid_include_coast_geometry_hash; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border_distance
    ADD CONSTRAINT uq_border_distance_version_fid_include_coast_geometry_hash UNIQUE (version_fid, include_coast, geometry_hash);


--
-- Name: border_version uq_border_version_name_version; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border_version
    ADD CONSTRAINT uq_border_version_name_version UNIQUE (name, version);


--
-- Name: event uq_event_event_id; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.event
    ADD CONSTRAINT uq_event_event_id UNIQUE (event_id);


--
-- Name: hazard uq_hazard_hazard_id; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.hazard
    ADD CONSTRAINT uq_hazard_hazard_id UNIQUE (hazard_id);


--
-- Name: spot_task uq_spot_task_task_id; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.spot_task
    ADD CONSTRAINT uq_spot_task_task_id UNIQUE (task_id);


--
-- Name: submission uq_submission_submission_id; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submission
    ADD CONSTRAINT uq_submission_submission_id UNIQUE (submission_id);


--
-- Name: submitted_record uq_submitted_record_submission_id_record; Type: CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submitted_record
    ADD CONSTRAINT uq_submitted_record_submission_id_record UNIQUE (submission_id, record);


--
-- Name: ix_admin_version_active; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE UNIQUE INDEX ix_admin_version_active ON mine_geo.admin_version USING btree (active) WHERE active;


--
-- Name: ix_border_geometry; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_border_geometry ON mine_geo.border USING gist (geometry);


--
-- Name: ix_border_version_active; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE UNIQUE INDEX ix_border_version_active ON mine_geo.border_version USING btree (active) WHERE active;


--
-- Name: ix_border_version_fid; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_border_version_fid ON mine_geo.border USING btree (version_fid);


--
-- Name: ix_district_geometry; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_district_geometry ON mine_geo.district USING gist (geometry);


--
-- Name: ix_district_version_fid; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_district_version_fid ON mine_geo.district USING btree (version_fid);


--
-- Name: ix_event_geometry; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_event_geometry ON mine_geo.event USING gist (geometry);


--
-- Name: ix_event_hazard_id; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_event_hazard_id ON mine_geo.event USING btree (hazard_id);


--
-- Name: ix_event_recorded_at; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_event_recorded_at ON mine_geo.event USING btree (recorded_at);


--
-- Name: ix_event_retracts; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE UNIQUE INDEX ix_event_retracts ON mine_geo.event USING btree (retracts);


--
-- Name: ix_hazard_geometry; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_hazard_geometry ON mine_geo.hazard USING gist (geometry);


--
-- Name: ix_hazard_geometry_hash; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_hazard_geometry_hash ON mine_geo.hazard USING btree (geometry_hash);


--
-- Name: ix_hazard_province_code; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_hazard_province_code ON mine_geo.hazard USING btree (province_code);


--
-- Name: ix_submission_checksum; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_submission_checksum ON mine_geo.submission USING btree (checksum);


--
-- Name: ix_submission_finding_submission_id; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_submission_finding_submission_id ON mine_geo.submission_finding USING btree (submission_id);


--
-- Name: ix_submitted_record_decided_at; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_submitted_record_decided_at ON mine_geo.submitted_record USING btree (decided_at);


--
-- Name: ix_submitted_record_geometry; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_submitted_record_geometry ON mine_geo.submitted_record USING gist (geometry);


--
-- Name: ix_submitted_record_hazard_id; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_submitted_record_hazard_id ON mine_geo.submitted_record USING btree (hazard_id);


--
-- Name: ix_submitted_record_state; Type: INDEX; Schema: mine_geo; Owner: -
--

CREATE INDEX ix_submitted_record_state ON mine_geo.submitted_record USING btree (state);


--
-- Name: admin_version guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.admin_version FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.admin_version ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: border guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.border FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.border ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: border_version guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.border_version FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.border_version ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: district guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.district FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.district ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: event guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.event FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.event ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: hazard guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.hazard FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.hazard ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: spot_task guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.spot_task FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.spot_task ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: submission guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.submission FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.submission ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: submission_finding guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.submission_finding FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.submission_finding ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: submitted_record guard_layer; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER guard_layer BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON mine_geo.submitted_record FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.guard_layer();

ALTER TABLE mine_geo.submitted_record ENABLE ALWAYS TRIGGER guard_layer;


--
-- Name: submitted_record keep_decision; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_decision BEFORE UPDATE ON mine_geo.submitted_record FOR EACH ROW WHEN (((old.state <> 'waiting'::text) OR (new.state = 'waiting'::text))) EXECUTE FUNCTION mine_geo.keep_decision();

ALTER TABLE mine_geo.submitted_record ENABLE ALWAYS TRIGGER keep_decision;


--
-- Name: event keep_event; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_event BEFORE DELETE OR UPDATE ON mine_geo.event FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_event();

ALTER TABLE mine_geo.event ENABLE ALWAYS TRIGGER keep_event;


--
-- Name: event keep_event_whole; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_event_whole BEFORE TRUNCATE ON mine_geo.event FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_event();

ALTER TABLE mine_geo.event ENABLE ALWAYS TRIGGER keep_event_whole;


--
-- Name: submission keep_received; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_received BEFORE DELETE OR UPDATE ON mine_geo.submission FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE mine_geo.submission ENABLE ALWAYS TRIGGER keep_received;


--
-- Name: submission_finding keep_received; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_received BEFORE DELETE OR UPDATE ON mine_geo.submission_finding FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE mine_geo.submission_finding ENABLE ALWAYS TRIGGER keep_received;


--
-- Name: submitted_record keep_received; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_received BEFORE DELETE OR UPDATE OF fid, submission_id, record, hazard_id, errors, warnings, counted, kind, also, area_type, status, province, province_code, district, district_code, commune, village, difficulty, operator, surveyed_on, reported_size_m2, size_m2, event_id, event_type, happened_on, report_ref, ap_mines, av_mines, submunitions, uxo, depth_cm, comment, extra, geometry_hash, drawn, geometry ON mine_geo.submitted_record FOR EACH ROW EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE mine_geo.submitted_record ENABLE ALWAYS TRIGGER keep_received;


--
-- Name: submission keep_received_whole; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_received_whole BEFORE TRUNCATE ON mine_geo.submission FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE mine_geo.submission ENABLE ALWAYS TRIGGER keep_received_whole;


--
-- Name: submission_finding keep_received_whole; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_received_whole BEFORE TRUNCATE ON mine_geo.submission_finding FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE mine_geo.submission_finding ENABLE ALWAYS TRIGGER keep_received_whole;


--
-- Name: submitted_record keep_received_whole; Type: TRIGGER; Schema: mine_geo; Owner: -
--

CREATE TRIGGER keep_received_whole BEFORE TRUNCATE ON mine_geo.submitted_record FOR EACH STATEMENT EXECUTE FUNCTION mine_geo.keep_received();

ALTER TABLE mine_geo.submitted_record ENABLE ALWAYS TRIGGER keep_received_whole;


--
-- Name: border_distance fk_border_distance_version_fid; Type: FK CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border_distance
    ADD CONSTRAINT fk_border_distance_version_fid FOREIGN KEY (version_fid) REFERENCES mine_geo.border_version(fid);


--
-- Name: border fk_border_version_fid; Type: FK CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.border
    ADD CONSTRAINT fk_border_version_fid FOREIGN KEY (version_fid) REFERENCES mine_geo.border_version(fid);


--
-- Name: district fk_district_version_fid; Type: FK CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.district
    ADD CONSTRAINT fk_district_version_fid FOREIGN KEY (version_fid) REFERENCES mine_geo.admin_version(fid);


--
-- Name: event fk_event_hazard_id; Type: FK CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.event
    ADD CONSTRAINT fk_event_hazard_id FOREIGN KEY (hazard_id) REFERENCES mine_geo.hazard(hazard_id);


--
-- Name: event fk_event_retracts; Type: FK CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.event
    ADD CONSTRAINT fk_event_retracts FOREIGN KEY (retracts) REFERENCES mine_geo.event(event_id);


--
-- Name: submission_finding fk_submission_finding_submission_id; Type: FK CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submission_finding
    ADD CONSTRAINT fk_submission_finding_submission_id FOREIGN KEY (submission_id) REFERENCES mine_geo.submission(submission_id);


--
-- Name: submitted_record fk_submitted_record_submission_id; Type: FK CONSTRAINT; Schema: mine_geo; Owner: -
--

ALTER TABLE ONLY mine_geo.submitted_record
    ADD CONSTRAINT fk_submitted_record_submission_id FOREIGN KEY (submission_id) REFERENCES mine_geo.submission(submission_id);


--
-- PostgreSQL database dump complete
--


