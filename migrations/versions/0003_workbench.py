"""The workbench: files received, their records, and what the checks say of them.

Revision: 0003, after 0002. Runs on PostGIS and on GeoPackage. Nothing that is there changes.
"""

import sqlalchemy as sa
from alembic import op

from mine_geo.store.schema.types import Moment, Shape

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ATTRIBUTES = (
    "kind",
    "also",
    "area_type",
    "status",
    "province",
    "province_code",
    "district",
    "district_code",
    "commune",
    "village",
    "difficulty",
    "operator",
)
ITEMS = ("ap_mines", "av_mines", "submunitions", "uxo")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    submission()
    submitted_record()
    submission_finding()
    if op.get_context().dialect.name == "postgresql":  # in a GeoPackage QGIS makes its own index
        op.create_index(
            "ix_submitted_record_geometry",
            "submitted_record",
            ["geometry"],
            postgresql_using="gist",
        )


def submission() -> None:
    op.create_table(
        "submission",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("submitted_by", sa.Text()),
        sa.Column("operator", sa.Text()),
        sa.Column("comment", sa.Text()),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("bytes", NUMBER, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text()),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text()),
        sa.Column("accuracy_m", sa.Double()),
        sa.Column("closed_left_out", NUMBER, nullable=False),
        sa.Column("closed_m2", NUMBER, nullable=False),
        sa.Column("mapping", sa.Text()),
        sa.Column("reading_hash", sa.Text(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.CheckConstraint(one_of("what", ("hazards", "reports")), name="ck_submission_what"),
        sa.PrimaryKeyConstraint("fid", name="pk_submission"),
        sa.UniqueConstraint("submission_id", name="uq_submission_submission_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submission_checksum", "submission", ["checksum"])


def submitted_record() -> None:
    op.create_table(
        "submitted_record",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("record", NUMBER, nullable=False),
        sa.Column("hazard_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", Moment()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.Column("did", sa.Text()),
        sa.Column("errors", NUMBER, nullable=False),
        sa.Column("warnings", NUMBER, nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ATTRIBUTES),
        sa.Column("surveyed_on", sa.Date()),
        sa.Column("reported_size_m2", sa.Double()),
        sa.Column("size_m2", NUMBER, nullable=False),
        sa.Column("event_id", sa.Text()),
        sa.Column("event_type", sa.Text()),
        sa.Column("happened_on", sa.Date()),
        sa.Column("report_ref", sa.Text()),
        *(sa.Column(name, NUMBER) for name in ITEMS),
        sa.Column("depth_cm", sa.Double()),
        sa.Column("comment", sa.Text()),
        sa.Column("extra", sa.Text()),
        sa.Column("geometry_hash", sa.Text()),
        sa.Column("drawn", sa.Text()),
        sa.Column("geometry", Shape("MULTIPOLYGON")),
        *decision_constraints(),
        sqlite_autoincrement=True,
    )
    for name in ("state", "decided_at", "hazard_id"):
        op.create_index(f"ix_submitted_record_{name}", "submitted_record", [name])


def decision_constraints() -> tuple[sa.Constraint, ...]:
    states = one_of("state", ("waiting", "accepted", "rejected"))
    decided = "(state = 'waiting') = (decided_at IS NULL)"
    why = "(state = 'rejected') = (why IS NOT NULL)"
    return (
        sa.CheckConstraint(states, name="ck_submitted_record_state"),
        sa.CheckConstraint(decided, name="ck_submitted_record_decided_at"),
        sa.CheckConstraint(why, name="ck_submitted_record_why"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name="fk_submitted_record_submission_id",
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_submitted_record"),
        sa.UniqueConstraint(
            "submission_id", "record", name="uq_submitted_record_submission_id_record"
        ),
    )


def submission_finding() -> None:
    op.create_table(
        "submission_finding",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("record", NUMBER),
        sa.Column("hazard_id", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("geometry", Shape("POINT")),
        sa.CheckConstraint(
            one_of("severity", ("error", "warning", "note")), name="ck_submission_finding_severity"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name="fk_submission_finding_submission_id",
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_submission_finding"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submission_finding_submission_id", "submission_finding", ["submission_id"])
