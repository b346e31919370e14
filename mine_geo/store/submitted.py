"""The tables of the workbench: files received, their records, and what the checks say of them.

Nothing here is changed but the decision on a record, once. Geometry is EPSG:4326, sizes are m².
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mine_geo.findings import SEVERITIES
from mine_geo.store.declarative import SQLITE, Base, gist, one_of
from mine_geo.store.types import Shape

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
