"""The tables, one description for PostGIS and GeoPackage.

The ground of all tables: their base class, names of constraints, and spatial indexes.

The tables of the workbench: files received, their records, and what the checks say of them.
Nothing here is changed but the decision on a record, once. Geometry is EPSG:4326, sizes are m².

The tables of public outputs: their parameters, the editions, and which were recalled.
All of them are append-only. What an edition drew of released land is kept with the hazards that it
belongs to: restricted, as everything in a store. Geometry is EPSG:4326.

No table names a schema: on PostgreSQL the search path puts them into `mine_geo`. Column types are
those that a GeoPackage knows. `event` is the ledger (append-only); `hazard` is identity and a
projection of the present that the events can rebuild.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    MetaData,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mine_geo.intake.findings import SEVERITIES
from mine_geo.store.schema.types import Moment, Shape, WholeNumber, Words
from mine_geo.terms import EVENT_TYPES, KINDS

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


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        str: Words(),
        float: Double(),
        bool: Boolean(),
        int: WholeNumber,
        datetime: Moment(),
    }

    fid: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


SQLITE: Final = {"sqlite_autoincrement": True}


def gist(table: str) -> Index:
    """Return the spatial index of a table on PostGIS; in a GeoPackage QGIS makes its own."""
    index = Index(f"ix_{table}_geometry", "geometry", postgresql_using="gist")
    return index.ddl_if(dialect="postgresql")


WHAT: Final = ("hazards", "reports")
WAITING: Final = "waiting"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
STATES: Final = (WAITING, ACCEPTED, REJECTED)


class Submission(Base):
    """A file that was received, and how it was read."""

    __tablename__ = "submission"
    __table_args__ = (
        CheckConstraint(one_of("what", WHAT), name="what"),
        Index("ix_submission_checksum", "checksum"),
        SQLITE,
    )

    submission_id: Mapped[str] = mapped_column(unique=True)
    received_at: Mapped[datetime]
    submitted_by: Mapped[str | None]
    operator: Mapped[str | None]
    comment: Mapped[str | None]
    what: Mapped[str]
    file: Mapped[str]
    path: Mapped[str]
    checksum: Mapped[str]
    """SHA-256 of the bytes."""
    bytes: Mapped[int]
    format: Mapped[str]
    layer: Mapped[str | None]
    profile: Mapped[str]
    crs: Mapped[str]
    operation: Mapped[str | None]
    """The datum transformation that was named."""
    accuracy_m: Mapped[float | None]
    closed_left_out: Mapped[int]
    closed_m2: Mapped[int]
    mapping: Mapped[str | None]
    """Which column went where, JSON."""
    reading_hash: Mapped[str]
    """How it was read and what came out: the same file read otherwise has another."""
    synthetic: Mapped[bool]


class SubmittedRecord(Base):
    """A record of such a file: a hazard, or a report of what was done to one."""

    __tablename__ = "submitted_record"
    __table_args__ = (
        UniqueConstraint("submission_id", "record"),
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(state = 'rejected') = (why IS NOT NULL)", name="why"),
        Index("ix_submitted_record_state", "state"),
        Index("ix_submitted_record_decided_at", "decided_at"),
        Index("ix_submitted_record_hazard_id", "hazard_id"),
        gist("submitted_record"),
        SQLITE,
    )

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.submission_id"))
    record: Mapped[int]
    """Its number in the file, from 1."""
    hazard_id: Mapped[str | None]
    state: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    why: Mapped[str | None]
    """Why it was rejected."""
    did: Mapped[str | None]
    """What its acceptance wrote into the ledger; null where nothing."""
    errors: Mapped[int]
    warnings: Mapped[int]
    counted: Mapped[bool]
    """Whether totals that include the workbench count it: only the decision is missing."""
    kind: Mapped[str | None]
    also: Mapped[str | None]
    area_type: Mapped[str | None]
    status: Mapped[str | None]
    province: Mapped[str | None]
    province_code: Mapped[str | None]
    district: Mapped[str | None]
    district_code: Mapped[str | None]
    commune: Mapped[str | None]
    village: Mapped[str | None]
    difficulty: Mapped[str | None]
    operator: Mapped[str | None]
    surveyed_on: Mapped[date | None]
    reported_size_m2: Mapped[float | None]
    size_m2: Mapped[int]
    event_id: Mapped[str | None]
    event_type: Mapped[str | None]
    happened_on: Mapped[date | None]
    report_ref: Mapped[str | None]
    ap_mines: Mapped[int | None]
    av_mines: Mapped[int | None]
    submunitions: Mapped[int | None]
    uxo: Mapped[int | None]
    depth_cm: Mapped[float | None]
    comment: Mapped[str | None]
    extra: Mapped[str | None]
    """Further columns of the file, JSON."""
    geometry_hash: Mapped[str | None]
    drawn: Mapped[str | None]
    """A geometry that is no polygon, or has no numbers for coordinates: WKB, hexadecimal."""
    geometry: Mapped[Any | None] = mapped_column(Shape("MULTIPOLYGON"))


class SubmissionFinding(Base):
    """What the reading or a check says of a record, or of the file as a whole."""

    __tablename__ = "submission_finding"
    __table_args__ = (
        CheckConstraint(one_of("severity", SEVERITIES), name="severity"),
        Index("ix_submission_finding_submission_id", "submission_id"),
        SQLITE,
    )

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.submission_id"))
    record: Mapped[int | None]
    hazard_id: Mapped[str | None]
    code: Mapped[str]
    severity: Mapped[str]
    message: Mapped[str]
    geometry: Mapped[Any | None] = mapped_column(Shape("POINT"))


DECISION: Final = ("state", "decided_at", "decided_by", "why", "did")
"""The columns of a record that its decision sets; no others ever change."""


class PublicSetting(Base):
    """A set of parameters of public outputs; the last one holds."""

    __tablename__ = "public_setting"
    __table_args__ = (SQLITE,)

    set_at: Mapped[datetime]
    set_by: Mapped[str]
    parameters: Mapped[str]
    """JSON of a `PublicSettings`."""


class PublicEdition(Base):
    """An edition of public outputs as it was written."""

    __tablename__ = "public_edition"
    __table_args__ = (
        CheckConstraint("asked_by <> approved_by", name="two_persons"),
        SQLITE,
    )

    number: Mapped[int] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    as_of: Mapped[date]
    known_at: Mapped[datetime | None]
    asked_by: Mapped[str]
    approved_by: Mapped[str]
    parameters: Mapped[str]
    """JSON of a `PublicSettings`."""
    files: Mapped[str]
    """The SHA-256 of each file by its name, JSON."""
    figures: Mapped[str]
    """The figures of hazards as they were shown, JSON: null where one was left out."""
    despite: Mapped[int]
    """How many polygons it withholds that an earlier edition drew, by decision of the two."""


class EditionLand(Base):
    """A released polygon that an edition drew."""

    __tablename__ = "edition_land"
    __table_args__ = (Index("ix_edition_land_edition", "edition"), gist("edition_land"), SQLITE)

    edition: Mapped[int] = mapped_column(ForeignKey("public_edition.number"))
    hazard_id: Mapped[str | None]
    outcome: Mapped[str]
    geometry_hash: Mapped[str]
    geometry: Mapped[Any] = mapped_column(Shape("MULTIPOLYGON"))


class EditionRecall(Base):
    """That an edition was recalled: it was public, and is not to be used any more."""

    __tablename__ = "edition_recall"
    __table_args__ = (SQLITE,)

    edition: Mapped[int] = mapped_column(ForeignKey("public_edition.number"), unique=True)
    recalled_at: Mapped[datetime]
    recalled_by: Mapped[str]
    reason: Mapped[str]


TABLES: Final = {
    PublicSetting.__tablename__: "The parameters of public outputs; the last row holds",
    PublicEdition.__tablename__: "Editions of public outputs as they were written",
    EditionLand.__tablename__: "Restricted: released land that editions drew, with its hazards",
    EditionRecall.__tablename__: "Editions that were recalled",
}
"""What each table is, in the words that a GeoPackage shows."""


__all__ = [
    "LAYERS",
    "AdminVersion",
    "Base",
    "Border",
    "BorderDistance",
    "BorderVersion",
    "District",
    "EditionLand",
    "EditionRecall",
    "Event",
    "Hazard",
    "PublicEdition",
    "PublicSetting",
    "SpotTask",
    "StoreInfo",
    "Submission",
    "SubmissionFinding",
    "SubmittedRecord",
]


class StoreInfo(Base):
    """One row: what this store is, and whether a write of ours is under way."""

    __tablename__ = "store_info"
    __table_args__ = (CheckConstraint("fid = 1", name="one_row"), SQLITE)

    title: Mapped[str | None]
    synthetic: Mapped[bool]
    created_at: Mapped[datetime]
    writing: Mapped[bool]
    """True only within a transaction of `mine_geo`; the guards of the layers look at it."""


class Hazard(Base):
    """A hazard as it stands now: its events, folded.

    A closed hazard has no polygon and size 0. One whose registration was retracted is not in the
    register; its row stays for the events that name it, without status.
    """

    __tablename__ = "hazard"
    __table_args__ = (
        CheckConstraint(one_of("kind", KINDS), name="kind"),
        CheckConstraint("size_m2 >= 0", name="size_m2"),
        Index("ix_hazard_province_code", "province_code"),
        Index("ix_hazard_geometry_hash", "geometry_hash"),
        gist("hazard"),
        SQLITE,
    )

    hazard_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str | None]
    also: Mapped[str | None]
    area_type: Mapped[str | None]
    status: Mapped[str | None]
    in_workbench: Mapped[bool]
    province: Mapped[str | None]
    province_code: Mapped[str | None]
    district: Mapped[str | None]
    district_code: Mapped[str | None]
    commune: Mapped[str | None]
    village: Mapped[str | None]
    difficulty: Mapped[str | None]
    operator: Mapped[str | None]
    surveyed_on: Mapped[date | None]
    reported_size_m2: Mapped[float | None]
    size_m2: Mapped[int]
    parent_id: Mapped[str | None]
    """The hazards of which it was divided off, or merged."""
    synthetic: Mapped[bool]
    extra: Mapped[str | None]
    """Further columns of the file, JSON."""
    geometry_hash: Mapped[str | None]
    geometry: Mapped[Any | None] = mapped_column(Shape("MULTIPOLYGON"))


class Event(Base):
    """One entry of the ledger; never changed, never deleted."""

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint(one_of("event_type", EVENT_TYPES), name="event_type"),
        CheckConstraint("(happened_on IS NULL) = (event_type = 'retracted')", name="happened_on"),
        CheckConstraint("(retracts IS NULL) = (event_type <> 'retracted')", name="retracts"),
        Index("ix_event_hazard_id", "hazard_id"),
        Index("ix_event_recorded_at", "recorded_at"),
        Index("ix_event_retracts", "retracts", unique=True),
        gist("event"),
        SQLITE,
    )

    event_id: Mapped[str] = mapped_column(unique=True)
    hazard_id: Mapped[str] = mapped_column(ForeignKey("hazard.hazard_id"))
    event_type: Mapped[str]
    happened_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str | None]
    operator: Mapped[str | None]
    report_ref: Mapped[str | None]
    reported_size_m2: Mapped[float | None]
    outside_m2: Mapped[int | None]
    ap_mines: Mapped[int | None]
    av_mines: Mapped[int | None]
    submunitions: Mapped[int | None]
    uxo: Mapped[int | None]
    depth_cm: Mapped[float | None]
    comment: Mapped[str | None]
    transfer_id: Mapped[str | None]
    retracts: Mapped[str | None] = mapped_column(ForeignKey("event.event_id"))
    detail: Mapped[str | None]
    """JSON: attributes of a `registered` or `described` event."""
    geometry: Mapped[Any | None] = mapped_column(Shape("MULTIPOLYGON"))


class SpotTask(Base):
    """Items destroyed outside any hazard; never totalled with land."""

    __tablename__ = "spot_task"
    __table_args__ = (
        CheckConstraint("(retracted_at IS NULL) = (retracted_why IS NULL)", name="retracted"),
        SQLITE,
    )

    task_id: Mapped[str] = mapped_column(unique=True)
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str | None]
    operator: Mapped[str | None]
    report_ref: Mapped[str | None]
    province: Mapped[str | None]
    province_code: Mapped[str | None]
    district: Mapped[str | None]
    district_code: Mapped[str | None]
    commune: Mapped[str | None]
    village: Mapped[str | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    ap_mines: Mapped[int | None]
    av_mines: Mapped[int | None]
    submunitions: Mapped[int | None]
    uxo: Mapped[int | None]
    comment: Mapped[str | None]
    synthetic: Mapped[bool]
    content_hash: Mapped[str]
    retracted_at: Mapped[datetime | None]
    retracted_why: Mapped[str | None]


def _one_active(table: str) -> Index:
    return Index(
        f"ix_{table}_active",
        "active",
        unique=True,
        postgresql_where=text("active"),
        sqlite_where=text("active"),
    )


class AdminVersion(Base):
    """One loaded version of the districts."""

    __tablename__ = "admin_version"
    __table_args__ = (UniqueConstraint("name", "version"), _one_active("admin_version"), SQLITE)

    name: Mapped[str]
    version: Mapped[str]
    content_hash: Mapped[str]
    loaded_at: Mapped[datetime]
    active: Mapped[bool]


class District(Base):
    """A district of one version; `active` is repeated here so that QGIS can filter by it."""

    __tablename__ = "district"
    __table_args__ = (
        Index("ix_district_version_fid", "version_fid"),
        gist("district"),
        SQLITE,
    )

    version_fid: Mapped[int] = mapped_column(ForeignKey("admin_version.fid"))
    active: Mapped[bool]
    province: Mapped[str | None]
    province_code: Mapped[str | None]
    province_km: Mapped[str | None]
    district: Mapped[str | None]
    district_code: Mapped[str | None]
    district_km: Mapped[str | None]
    schematic: Mapped[bool]
    extra: Mapped[str | None]
    geometry: Mapped[Any | None] = mapped_column(Shape("MULTIPOLYGON"))


class BorderVersion(Base):
    """One loaded version of the border."""

    __tablename__ = "border_version"
    __table_args__ = (UniqueConstraint("name", "version"), _one_active("border_version"), SQLITE)

    name: Mapped[str]
    version: Mapped[str]
    content_hash: Mapped[str]
    loaded_at: Mapped[datetime]
    active: Mapped[bool]


class Border(Base):
    """A line of one version of the border; `active` is repeated here for QGIS."""

    __tablename__ = "border"
    __table_args__ = (Index("ix_border_version_fid", "version_fid"), gist("border"), SQLITE)

    version_fid: Mapped[int] = mapped_column(ForeignKey("border_version.fid"))
    active: Mapped[bool]
    kind: Mapped[str | None]
    neighbour: Mapped[str | None]
    border_name: Mapped[str]
    border_version: Mapped[str]
    accuracy_m: Mapped[float | None]
    extra: Mapped[str | None]
    geometry: Mapped[Any | None] = mapped_column(Shape("MULTILINESTRING"))


class BorderDistance(Base):
    """The distance of a polygon from a version of the border; a cache, metres."""

    __tablename__ = "border_distance"
    __table_args__ = (UniqueConstraint("version_fid", "include_coast", "geometry_hash"), SQLITE)

    geometry_hash: Mapped[str]
    version_fid: Mapped[int] = mapped_column(ForeignKey("border_version.fid"))
    include_coast: Mapped[bool]
    border_distance_m: Mapped[float]
    neighbour: Mapped[str | None]


LAYERS: Final = {
    Hazard.__tablename__: "Hazards as they stand now",
    District.__tablename__: "Districts, every version loaded; filter by active",
    Border.__tablename__: "Border lines, every version loaded; filter by active",
    Event.__tablename__: "The ledger: what happened to each hazard",
    SpotTask.__tablename__: "Items destroyed outside any hazard",
    StoreInfo.__tablename__: "What this store is",
    AdminVersion.__tablename__: "Versions of the districts",
    BorderVersion.__tablename__: "Versions of the border",
    BorderDistance.__tablename__: "Distances already computed",
    SubmittedRecord.__tablename__: "The workbench: records received; filter by state",
    Submission.__tablename__: "The workbench: files received, and how they were read",
    SubmissionFinding.__tablename__: "The workbench: what the checks say of records",
    **TABLES,
}
"""What each table is, in the words that a GeoPackage shows."""
