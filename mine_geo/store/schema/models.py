"""The tables, one description for PostGIS and GeoPackage.

The ground of all tables: their key, names of constraints, and spatial indexes.

The tables of the workbench: files received, their records, and what the checks say of them.
Nothing here is changed but the decision on a record, once. Geometry is EPSG:4326, sizes are m².

The tables of public outputs: their parameters, the editions, and which were recalled.
All of them are append-only. What an edition drew of released land is kept with the hazards that it
belongs to: restricted, as everything in a store. Geometry is EPSG:4326.

The tables of the lists: accidents, declarations and so on. They are append-only too: a later row
withdraws an entry.

No table names a schema: on PostgreSQL the search path puts them into `mine_geo`. Column types are
those that a GeoPackage knows. `event` is the ledger (append-only); `hazard` is identity and a
projection of the present that the events can rebuild.

Which schema a store has, and which ones this version of the library knows: the schema is a chain
of Alembic revisions in `migrations/`, one file each, and the file's name begins with the revision.
So the chain is known without Alembic, which every command that only reads would otherwise load.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    column,
    false,
    inspect,
    select,
    table,
    text,
)

import mine_geo
from mine_geo.errors import SchemaVersionError, StoreError
from mine_geo.intake.findings import SEVERITIES
from mine_geo.store.schema import texts
from mine_geo.store.schema.rows import Moment, Shape, WholeNumber, Words
from mine_geo.terms import EVENT_TYPES, EVIDENCES, KINDS, MOVEMENT_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.types import TypeEngine

    from mine_geo.store.engines import Place


SCHEMA: Final = "mine_geo"
"""The schema of a PostgreSQL database in which all of it is."""
NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def one_of(column: str, values: tuple[str, ...]) -> str:
    """Return the condition of a column that holds one of some words."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


METADATA: Final = MetaData(naming_convention=NAMES)
"""Every table below, by name."""


def _table(name: str, *items: SchemaItem) -> Table:
    """Return a table with the integer key that a GeoPackage wants, never given twice."""
    fid = Column("fid", WholeNumber, primary_key=True)
    return Table(name, METADATA, fid, *items, sqlite_autoincrement=True)


def _required(
    name: str, kind: TypeEngine[Any], *links: ForeignKey, unique: bool = False
) -> Column[Any]:
    """Return a column that has a value in every row."""
    return Column(name, kind, *links, nullable=False, unique=unique)


def gist(table: str) -> Index:
    """Return the spatial index of a table on PostGIS; in a GeoPackage QGIS makes its own."""
    index = Index(f"ix_{table}_geometry", "geometry", postgresql_using="gist")
    return index.ddl_if(dialect="postgresql")


WHAT: Final = ("hazards", "reports")
WAITING: Final = "waiting"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
STATES: Final = (WAITING, ACCEPTED, REJECTED)


SUBMISSION: Final = _table(
    "submission",
    _required("submission_id", Words(), unique=True),
    _required("received_at", Moment()),
    Column("submitted_by", Words()),
    Column("operator", Words()),
    Column("comment", Words()),
    _required("what", Words()),
    _required("file", Words()),
    _required("path", Words()),
    # SHA-256 of the bytes.
    _required("checksum", Words()),
    _required("bytes", WholeNumber),
    _required("format", Words()),
    Column("layer", Words()),
    _required("profile", Words()),
    _required("crs", Words()),
    # The datum transformation that was named.
    Column("operation", Words()),
    Column("accuracy_m", Double()),
    _required("closed_left_out", WholeNumber),
    _required("closed_m2", WholeNumber),
    # Which column went where, JSON.
    Column("mapping", Words()),
    # How it was read and what came out: the same file read otherwise has another.
    _required("reading_hash", Words()),
    _required("synthetic", Boolean()),
    CheckConstraint(one_of("what", WHAT), name="what"),
    Index("ix_submission_checksum", "checksum"),
)
"""A file that was received, and how it was read."""


RECORD: Final = _table(
    "submitted_record",
    _required("submission_id", Words(), ForeignKey("submission.submission_id")),
    # Its number in the file, from 1.
    _required("record", WholeNumber),
    Column("hazard_id", Words()),
    _required("state", Words()),
    Column("decided_at", Moment()),
    Column("decided_by", Words()),
    # Why it was rejected.
    Column("why", Words()),
    # What its acceptance wrote into the ledger; null where nothing.
    Column("did", Words()),
    _required("errors", WholeNumber),
    _required("warnings", WholeNumber),
    # Whether totals that include the workbench count it: only the decision is missing.
    _required("counted", Boolean()),
    Column("kind", Words()),
    Column("also", Words()),
    Column("area_type", Words()),
    Column("status", Words()),
    Column("province", Words()),
    Column("province_code", Words()),
    Column("district", Words()),
    Column("district_code", Words()),
    Column("commune", Words()),
    Column("commune_code", Words()),
    Column("village", Words()),
    Column("village_code", Words()),
    Column("difficulty", Words()),
    Column("operator", Words()),
    Column("survey_method", Words()),
    Column("evidence", Words()),
    Column("surveyed_on", Date()),
    Column("reported_size_m2", Double()),
    _required("size_m2", WholeNumber),
    Column("event_id", Words()),
    Column("event_type", Words()),
    Column("happened_on", Date()),
    Column("report_ref", Words()),
    Column("ap_mines", WholeNumber),
    Column("av_mines", WholeNumber),
    Column("submunitions", WholeNumber),
    Column("uxo", WholeNumber),
    Column("depth_cm", Double()),
    Column("comment", Words()),
    # Further columns of the file, JSON.
    Column("extra", Words()),
    Column("geometry_hash", Words()),
    # A geometry that is no polygon, or has no numbers for coordinates: WKB, hexadecimal.
    Column("drawn", Words()),
    Column("geometry", Shape("MULTIPOLYGON")),
    UniqueConstraint("submission_id", "record"),
    CheckConstraint(one_of("state", STATES), name="state"),
    CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_at"),
    CheckConstraint("(state = 'rejected') = (why IS NOT NULL)", name="why"),
    Index("ix_submitted_record_state", "state"),
    Index("ix_submitted_record_decided_at", "decided_at"),
    Index("ix_submitted_record_hazard_id", "hazard_id"),
    gist("submitted_record"),
)
"""A record of such a file: a hazard, or a report of what was done to one."""


FINDING: Final = _table(
    "submission_finding",
    _required("submission_id", Words(), ForeignKey("submission.submission_id")),
    Column("record", WholeNumber),
    Column("hazard_id", Words()),
    _required("code", Words()),
    _required("severity", Words()),
    _required("message", Words()),
    Column("geometry", Shape("POINT")),
    CheckConstraint(one_of("severity", SEVERITIES), name="severity"),
    Index("ix_submission_finding_submission_id", "submission_id"),
)
"""What the reading or a check says of a record, or of the file as a whole."""


DECISION: Final = ("state", "decided_at", "decided_by", "why", "did")
"""The columns of a record that its decision sets; no others ever change."""


SETTING: Final = _table(
    "public_setting",
    _required("set_at", Moment()),
    _required("set_by", Words()),
    # JSON of a `PublicSettings`.
    _required("parameters", Words()),
)
"""A set of parameters of public outputs; the last one holds."""


EDITION: Final = _table(
    "public_edition",
    _required("number", WholeNumber, unique=True),
    _required("made_at", Moment()),
    _required("as_of", Date()),
    Column("known_at", Moment()),
    _required("asked_by", Words()),
    _required("approved_by", Words()),
    # JSON of a `PublicSettings`.
    _required("parameters", Words()),
    # The SHA-256 of each file by its name, JSON.
    _required("files", Words()),
    # The figures of hazards as they were shown, JSON: null where one was left out.
    _required("figures", Words()),
    # How many polygons it withholds that an earlier edition drew, by decision of the two.
    _required("despite", WholeNumber),
    CheckConstraint("asked_by <> approved_by", name="two_persons"),
)
"""An edition of public outputs as it was written."""


EDITION_LAND: Final = _table(
    "edition_land",
    _required("edition", WholeNumber, ForeignKey("public_edition.number")),
    Column("hazard_id", Words()),
    _required("outcome", Words()),
    _required("geometry_hash", Words()),
    _required("geometry", Shape("MULTIPOLYGON")),
    Index("ix_edition_land_edition", "edition"),
    gist("edition_land"),
)
"""A released polygon that an edition drew."""


EDITION_RECALL: Final = _table(
    "edition_recall",
    _required("edition", WholeNumber, ForeignKey("public_edition.number"), unique=True),
    _required("recalled_at", Moment()),
    _required("recalled_by", Words()),
    _required("reason", Words()),
)
"""That an edition was recalled: it was public, and is not to be used any more."""


TABLES: Final = {
    SETTING.name: "The parameters of public outputs; the last row holds",
    EDITION.name: "Editions of public outputs as they were written",
    EDITION_LAND.name: "Restricted: released land that editions drew, with its hazards",
    EDITION_RECALL.name: "Editions that were recalled",
}
"""What each table is, in the words that a GeoPackage shows."""


STORE_INFO: Final = _table(
    "store_info",
    Column("title", Words()),
    _required("synthetic", Boolean()),
    _required("created_at", Moment()),
    CheckConstraint("fid = 1", name="one_row"),
)
"""One row: what this store is. In a GeoPackage `writing` too: true only within a transaction of
`mine_geo`; the guards of the layers look at it, and migrations leave it alone."""


HAZARD: Final = _table(
    "hazard",
    _required("hazard_id", Words(), unique=True),
    Column("kind", Words()),
    Column("also", Words()),
    Column("area_type", Words()),
    Column("status", Words()),
    _required("in_workbench", Boolean()),
    Column("province", Words()),
    Column("province_code", Words()),
    Column("district", Words()),
    Column("district_code", Words()),
    Column("commune", Words()),
    Column("commune_code", Words()),
    Column("village", Words()),
    Column("village_code", Words()),
    Column("difficulty", Words()),
    Column("operator", Words()),
    Column("survey_method", Words()),
    Column("evidence", Words()),
    # Land left as it is, by decision: neither open nor released; who and when says its event.
    Column("residual", Boolean(), nullable=False, server_default=false()),
    Column("surveyed_on", Date()),
    Column("reported_size_m2", Double()),
    _required("size_m2", WholeNumber),
    # The hazards of which it was divided off, or merged.
    Column("parent_id", Words()),
    _required("synthetic", Boolean()),
    # Further columns of the file, JSON.
    Column("extra", Words()),
    Column("geometry_hash", Words()),
    Column("geometry", Shape("MULTIPOLYGON")),
    CheckConstraint(one_of("kind", KINDS), name="kind"),
    CheckConstraint("size_m2 >= 0", name="size_m2"),
    Index("ix_hazard_province_code", "province_code"),
    Index("ix_hazard_geometry_hash", "geometry_hash"),
    gist("hazard"),
)
"""A hazard as it stands now: its events, folded.

A closed hazard has no polygon and size 0. One whose registration was retracted is not in the
register; its row stays for the events that name it, without status."""


EVENT: Final = _table(
    "event",
    _required("event_id", Words(), unique=True),
    _required("hazard_id", Words(), ForeignKey("hazard.hazard_id")),
    _required("event_type", Words()),
    Column("happened_on", Date()),
    _required("recorded_at", Moment()),
    Column("recorded_by", Words()),
    Column("operator", Words()),
    Column("report_ref", Words()),
    Column("reported_size_m2", Double()),
    Column("outside_m2", WholeNumber),
    Column("ap_mines", WholeNumber),
    Column("av_mines", WholeNumber),
    Column("submunitions", WholeNumber),
    Column("uxo", WholeNumber),
    Column("depth_cm", Double()),
    Column("comment", Words()),
    Column("transfer_id", Words()),
    Column("retracts", Words(), ForeignKey("event.event_id")),
    # JSON: attributes of a `registered` or `described` event.
    Column("detail", Words()),
    Column("geometry", Shape("MULTIPOLYGON")),
    # Its place in the order of writing, without gaps from 1, and the hash of its content and of the
    # hash before it: see `store.chain`. On PostgreSQL a trigger fills both in.
    Column("seq", WholeNumber),
    Column("hash", Words()),
    CheckConstraint(one_of("event_type", EVENT_TYPES), name="event_type"),
    CheckConstraint("(happened_on IS NULL) = (event_type = 'retracted')", name="happened_on"),
    CheckConstraint("(retracts IS NULL) = (event_type <> 'retracted')", name="retracts"),
    Index("ix_event_hazard_id", "hazard_id"),
    Index("ix_event_recorded_at", "recorded_at"),
    Index("ix_event_retracts", "retracts", unique=True),
    Index("ix_event_transfer_id", "transfer_id"),
    Index("ix_event_seq", "seq", unique=True),
    gist("event"),
)
"""One entry of the ledger; never changed, never deleted."""


DID: Final = ("before_m2", "after_m2", *MOVEMENT_COLUMNS, "again_m2", "overlap_m2")
"""What an event did, whole m²: the size before and after it, what it moved, what it covers again of
land released earlier, and what of its land another hazard's release has."""


EVENT_EFFECT: Final = _table(
    "event_effect",
    _required("event_id", Words(), ForeignKey("event.event_id"), unique=True),
    _required("hazard_id", Words()),
    _required("counts", Boolean()),
    # Its place among the events of its hazard that count, in the order of folding, from 1.
    Column("place", WholeNumber),
    # Why it does not count: `voided`, `retraction`, or a code of `events.CANNOT_BE`.
    Column("why", Words()),
    *(Column(name, WholeNumber) for name in DID),
    # What the releases of one report over several hazards have in common; else its own event_id.
    Column("report", Words()),
    # What is worth saying of it: code, note and size_m2 of each, JSON.
    Column("notes", Words()),
    # What it left of its hazard; null where nothing, or where that is what it drew itself.
    Column("geometry", Shape("MULTIPOLYGON")),
    CheckConstraint("counts = (why IS NULL)", name="why"),
    CheckConstraint("counts = (place IS NOT NULL)", name="place"),
    CheckConstraint("counts = (after_m2 IS NOT NULL)", name="after_m2"),
    Index("ix_event_effect_hazard_id", "hazard_id"),
)
"""What the fold says of each event; it follows from the events, which can rebuild it."""


COPIED: Final = "copied"
TAKEN_OVER_HOW: Final = ("imported", COPIED, "migrated")


TAKEN_OVER: Final = _table(
    "taken_over",
    _required("taken_at", Moment()),
    Column("taken_by", Words()),
    _required("how", Words()),
    # The first event of the chain that came so; null where none did.
    Column("first_seq", WholeNumber),
    CheckConstraint(one_of("how", TAKEN_OVER_HOW), name="how"),
)
"""That what a store holds was not all recorded here: with whom and when it came, and how.

Only a transaction that enters a row here may write moments and names other than its own."""


SPOT_TASK: Final = _table(
    "spot_task",
    _required("task_id", Words(), unique=True),
    _required("happened_on", Date()),
    _required("recorded_at", Moment()),
    Column("recorded_by", Words()),
    Column("operator", Words()),
    Column("report_ref", Words()),
    Column("province", Words()),
    Column("province_code", Words()),
    Column("district", Words()),
    Column("district_code", Words()),
    Column("commune", Words()),
    Column("village", Words()),
    Column("lon", Double()),
    Column("lat", Double()),
    Column("ap_mines", WholeNumber),
    Column("av_mines", WholeNumber),
    Column("submunitions", WholeNumber),
    Column("uxo", WholeNumber),
    Column("comment", Words()),
    _required("synthetic", Boolean()),
    _required("content_hash", Words()),
    Column("retracted_at", Moment()),
    Column("retracted_why", Words()),
    CheckConstraint("(retracted_at IS NULL) = (retracted_why IS NULL)", name="retracted"),
)
"""Items destroyed outside any hazard; never totalled with land."""


def _one_active(table: str) -> Index:
    return Index(
        f"ix_{table}_active",
        "active",
        unique=True,
        postgresql_where=text("active"),
        sqlite_where=text("active"),
    )


def _versions(name: str) -> Table:
    """Return the table of the versions of a layer, of which one counts."""
    return _table(
        name,
        _required("name", Words()),
        _required("version", Words()),
        _required("content_hash", Words()),
        _required("loaded_at", Moment()),
        _required("active", Boolean()),
        UniqueConstraint("name", "version"),
        _one_active(name),
    )


ADMIN_VERSION: Final = _versions("admin_version")
"""One loaded version of the districts."""


DISTRICT: Final = _table(
    "district",
    _required("version_fid", WholeNumber, ForeignKey("admin_version.fid")),
    _required("active", Boolean()),
    Column("province", Words()),
    Column("province_code", Words()),
    Column("province_km", Words()),
    Column("district", Words()),
    Column("district_code", Words()),
    Column("district_km", Words()),
    _required("schematic", Boolean()),
    Column("extra", Words()),
    Column("geometry", Shape("MULTIPOLYGON")),
    Index("ix_district_version_fid", "version_fid"),
    gist("district"),
)
"""A district of one version; `active` is repeated here so that QGIS can filter by it."""


VILLAGE_VERSION: Final = _versions("village_version")
"""One loaded version of the villages."""


VILLAGE: Final = _table(
    "village",
    _required("version_fid", WholeNumber, ForeignKey("village_version.fid")),
    _required("active", Boolean()),
    _required("village_code", Words()),
    Column("village", Words()),
    Column("village_km", Words()),
    Column("commune_code", Words()),
    Column("commune", Words()),
    Column("commune_km", Words()),
    Column("district_code", Words()),
    # How many more rows of the list stand on its code: their names are in `village`.
    _required("surplus", WholeNumber),
    Column("extra", Words()),
    Column("geometry", Shape("MULTIPOLYGON")),
    Index("ix_village_version_fid", "version_fid"),
    gist("village"),
)
"""A village of one version, with its official boundary where an office has it."""


BORDER_VERSION: Final = _versions("border_version")
"""One loaded version of the border."""


BORDER: Final = _table(
    "border",
    _required("version_fid", WholeNumber, ForeignKey("border_version.fid")),
    _required("active", Boolean()),
    Column("kind", Words()),
    Column("neighbour", Words()),
    _required("border_name", Words()),
    _required("border_version", Words()),
    Column("accuracy_m", Double()),
    Column("extra", Words()),
    Column("geometry", Shape("MULTILINESTRING")),
    Index("ix_border_version_fid", "version_fid"),
    gist("border"),
)
"""A line of one version of the border; `active` is repeated here for QGIS."""


BORDER_DISTANCE: Final = _table(
    "border_distance",
    _required("geometry_hash", Words()),
    _required("version_fid", WholeNumber, ForeignKey("border_version.fid")),
    _required("include_coast", Boolean()),
    _required("border_distance_m", Double()),
    Column("neighbour", Words()),
    UniqueConstraint("version_fid", "include_coast", "geometry_hash"),
)
"""The distance of a polygon from a version of the border; a cache, metres."""


DECLARED_LEVELS: Final = ("district", "commune", "village")
VERDICTS: Final = ("passed", "failed")


def _list(name: str, needed: tuple[str, ...], *items: SchemaItem) -> Table:
    """Return the table of a list: it is only added to, and a later row withdraws an entry."""
    said = " AND ".join(f"{column} IS NOT NULL" for column in needed)
    return _table(
        name,
        _required("entry_id", Words(), unique=True),
        _required("recorded_at", Moment()),
        Column("recorded_by", Words()),
        *items,
        Column("comment", Words()),
        _required("synthetic", Boolean()),
        # The entry that this row withdraws; then it says nothing else but why.
        Column("withdraws", Words(), ForeignKey(f"{name}.entry_id")),
        Column("reason", Words()),
        CheckConstraint("(withdraws IS NULL) = (reason IS NULL)", name="reason"),
        CheckConstraint(f"withdraws IS NOT NULL OR ({said})", name="said"),
        Index(f"ix_{name}_withdraws", "withdraws", unique=True),
        Index(f"ix_{name}_recorded_at", "recorded_at"),
    )


def _units() -> tuple[Column[Any], ...]:
    names = ("province", "district", "commune", "village")
    return tuple(Column(f"{name}{end}", Words()) for name in names for end in ("", "_code"))


DECLARATION: Final = _list(
    "declaration",
    ("level", "code", "declared_on"),
    Column("level", Words()),
    Column("code", Words()),
    Column("name", Words()),
    Column("declared_on", Date()),
    Column("declared_by", Words()),
    Column("document", Words()),
    CheckConstraint(one_of("level", DECLARED_LEVELS), name="level"),
)
"""That a unit was declared free of mines, by an authority and on a day."""


ACCIDENT: Final = _list(
    "accident",
    ("happened_on",),
    Column("happened_on", Date()),
    *_units(),
    Column("killed", WholeNumber),
    Column("injured", WholeNumber),
    # What went off, and what was done there; never who was hurt.
    Column("item", Words()),
    Column("activity", Words()),
    Column("source", Words()),
    Column("geometry", Shape("POINT")),
    gist("accident"),
)
"""An accident with a mine or a remnant of war; no names of persons."""


EVIDENCE: Final = _list(
    "evidence_point",
    ("found_on",),
    Column("found_on", Date()),
    Column("evidence", Words()),
    # The hazard that it belongs to, where there is one.
    Column("hazard_id", Words()),
    *_units(),
    Column("what", Words()),
    Column("operator", Words()),
    Column("report_ref", Words()),
    Column("source", Words()),
    Column("geometry", Shape("POINT")),
    CheckConstraint(one_of("evidence", EVIDENCES), name="evidence"),
    gist("evidence_point"),
)
"""A place where something speaks for contamination: a mine seen, a crater, a word of a farmer."""


WEIGHT_SET: Final = _list(
    "weight_set",
    ("name", "weights_hash", "weights"),
    Column("name", Words()),
    Column("weights_hash", Words()),
    Column("decided_by", Words()),
    Column("decided_on", Date()),
    # The file, TOML.
    Column("weights", Words()),
)
"""A weight set as it was decided: its file whole, known by its hash."""


PROGRAMME: Final = _list(
    "programme",
    ("programme", "baseline_on", "hazard_id"),
    Column("programme", Words()),
    Column("baseline_on", Date()),
    Column("hazard_id", Words()),
    Column("target_year", WholeNumber),
    Column("document", Words()),
    Index("ix_programme_programme", "programme"),
)
"""A hazard of a programme: a named set with its day, and if known the year of its target."""


INSPECTION: Final = _list(
    "inspection",
    ("hazard_id", "inspected_on", "verdict"),
    Column("hazard_id", Words()),
    # The release that was inspected, where it is known.
    Column("event_id", Words()),
    Column("inspected_on", Date()),
    # The unit, not a person.
    Column("inspected_by", Words()),
    Column("sample_m2", WholeNumber),
    Column("verdict", Words()),
    Column("recleared_on", Date()),
    Column("report_ref", Words()),
    Column("geometry", Shape("MULTIPOLYGON")),
    CheckConstraint(one_of("verdict", VERDICTS), name="verdict"),
    Index("ix_inspection_hazard_id", "hazard_id"),
    gist("inspection"),
)
"""An inspection of released land: the sample, its verdict, and whether it was cleared again."""


OPERATOR_TOTAL: Final = _list(
    "operator_total",
    ("operator", "outcome", "year", "source"),
    Column("operator", Words()),
    Column("outcome", Words()),
    Column("kind", Words()),
    Column("province", Words()),
    Column("province_code", Words()),
    Column("year", WholeNumber),
    Column("reported_m2", Double()),
    Column("ap_mines", WholeNumber),
    Column("av_mines", WholeNumber),
    Column("submunitions", WholeNumber),
    Column("uxo", WholeNumber),
    Column("source", Words()),
    CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
    CheckConstraint(one_of("kind", KINDS), name="kind"),
)
"""What an operator says of its own work in a year; never added to the ledger's figures."""


LISTS: Final = {
    DECLARATION.name: "Units that were declared free of mines",
    ACCIDENT.name: "Restricted: accidents, no names of persons",
    EVIDENCE.name: "Restricted: places where something speaks for contamination",
    WEIGHT_SET.name: "Weight sets as they were decided",
    PROGRAMME.name: "Restricted: programmes, a row a hazard",
    INSPECTION.name: "Restricted: inspections of released land",
    OPERATOR_TOTAL.name: "Totals as operators give them themselves",
}
"""The lists, which are only added to, in the words that a GeoPackage shows."""


LAYERS: Final = {
    HAZARD.name: "Hazards as they stand now",
    DISTRICT.name: "Districts, every version loaded; filter by active",
    BORDER.name: "Border lines, every version loaded; filter by active",
    VILLAGE.name: "Villages, every version loaded; filter by active",
    EVENT.name: "The ledger: what happened to each hazard",
    EVENT_EFFECT.name: "What each event of the ledger did, m²; follows from the ledger",
    TAKEN_OVER.name: "What was not recorded here: imported, copied, or there before the chain",
    SPOT_TASK.name: "Items destroyed outside any hazard",
    STORE_INFO.name: "What this store is",
    ADMIN_VERSION.name: "Versions of the districts",
    BORDER_VERSION.name: "Versions of the border",
    VILLAGE_VERSION.name: "Versions of the villages",
    BORDER_DISTANCE.name: "Distances already computed",
    RECORD.name: "The workbench: records received; filter by state",
    SUBMISSION.name: "The workbench: files received, and how they were read",
    FINDING.name: "The workbench: what the checks say of records",
    **TABLES,
    **LISTS,
}
"""What each table is, in the words that a GeoPackage shows."""
OUT_OF_SIGHT: Final = frozenset(
    {
        DISTRICT.name,
        BORDER.name,
        VILLAGE.name,
        ADMIN_VERSION.name,
        BORDER_VERSION.name,
        VILLAGE_VERSION.name,
        BORDER_DISTANCE.name,
    }
)
"""Tables that a GeoPackage does not list: they hold versions that no longer count, too.

Who opens the file in QGIS finds the version that counts, by the views of active layers.
"""


for _each in METADATA.tables.values():
    _each.comment = LAYERS.get(_each.name)
    for _one in _each.columns:
        _one.comment = texts.COLUMNS.get(_one.name)


VERSION_TABLE: Final = "mine_geo_version"
"""Where Alembic keeps the revision of a store."""
_version = table(VERSION_TABLE, column("version_num"))


def revisions_folder() -> Path:
    """Return where the migrations lie: in an installed wheel, or beside the package.

    Raises
    ------
    StoreError
        If they are in neither place.

    Examples
    --------
    >>> (revisions_folder() / "env.py").exists()
    True
    """
    package = Path(mine_geo.__file__).parent
    for place in (package / "migrations", package.parent / "migrations"):
        if (place / "env.py").exists():
            return place
    raise StoreError(f"no migrations beside {package}; install mine_geo again")


def known_revisions() -> tuple[str, ...]:
    """Return the revisions that this version of the library knows, oldest first.

    Examples
    --------
    >>> known_revisions()[0]
    '0003'
    """
    files = (revisions_folder() / "versions").glob("[0-9]*.py")
    return tuple(sorted(path.name.split("_", maxsplit=1)[0] for path in files))


def current_revision(connection: Connection) -> str | None:
    """Return the revision of a store, None where there is no store."""
    schema = SCHEMA if connection.dialect.name == "postgresql" else None
    if not inspect(connection).has_table(VERSION_TABLE, schema):
        return None
    return connection.scalar(select(_version.c.version_num))


def check_revision(found: str, place: Place) -> None:
    """Refuse a store of another schema than ours.

    Raises
    ------
    SchemaVersionError
        If the store is newer than this library, or older; the message says what to do.
    """
    ours = known_revisions()
    if found == ours[-1]:
        return
    if found in ours:
        raise SchemaVersionError(
            f"{place.shown}: its schema is {found}, this mine_geo needs {ours[-1]}; "
            f"bring it up to date: {place.command('db upgrade')}"
        )
    if found < ours[0]:
        raise SchemaVersionError(
            f"{place.shown}: its schema {found} is older than any that this mine_geo reads "
            f"({ours[0]} on); write it out with the mine_geo that made it (db export FOLDER), and "
            "take that over into a new store of this one (init, then db import FOLDER)"
        )
    raise SchemaVersionError(
        f"{place.shown}: its schema {found} is newer than this mine_geo knows ({ours[-1]}); "
        "install a newer mine_geo"
    )
