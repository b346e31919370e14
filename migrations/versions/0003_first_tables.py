"""The first tables: hazards and their ledger, districts, the border, distances, the workbench.

Revision: 0003, the first: what came before it was never released. Runs on PostGIS and on
GeoPackage.
"""

import sqlalchemy as sa
from alembic import op

from mine_geo.store.schema.rows import Moment, Shape

revision = "0003"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LAYERS = ("hazard", "event", "district", "border", "submitted_record")
KINDS = ("ap_minefield", "av_minefield", "cluster_munition", "other_erw")
EVENT_TYPES = (
    "registered",
    "described",
    "confirmed",
    "amended",
    "transferred",
    "cancelled",
    "reduced",
    "cleared",
    "retracted",
)
UNITS = ("province", "province_code", "district", "district_code", "commune", "village")
ITEMS = ("ap_mines", "av_mines", "submunitions", "uxo")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    store_info()
    hazard()
    event()
    admin_version()
    district()
    border_version()
    border()
    border_distance()
    spot_task()
    submission()
    submitted_record()
    submission_finding()
    if op.get_context().dialect.name == "postgresql":  # in a GeoPackage QGIS makes its own index
        for layer in LAYERS:
            op.create_index(f"ix_{layer}_geometry", layer, ["geometry"], postgresql_using="gist")


def store_info() -> None:
    op.create_table(
        "store_info",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("writing", sa.Boolean(), nullable=False),
        sa.CheckConstraint("fid = 1", name="ck_store_info_one_row"),
        sa.PrimaryKeyConstraint("fid", name="pk_store_info"),
        sqlite_autoincrement=True,
    )


def hazard() -> None:
    op.create_table(
        "hazard",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("hazard_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("also", sa.Text()),
        sa.Column("area_type", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("in_workbench", sa.Boolean(), nullable=False),
        sa.Column("province", sa.Text()),
        sa.Column("province_code", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("district_code", sa.Text()),
        sa.Column("commune", sa.Text()),
        sa.Column("village", sa.Text()),
        sa.Column("difficulty", sa.Text()),
        sa.Column("operator", sa.Text()),
        sa.Column("surveyed_on", sa.Date()),
        sa.Column("reported_size_m2", sa.Double()),
        sa.Column("size_m2", NUMBER, nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("extra", sa.Text()),
        sa.Column("geometry_hash", sa.Text()),
        sa.Column("geometry", Shape("MULTIPOLYGON")),
        sa.Column("parent_id", sa.Text()),  # last, where the stores have it that were made so far
        sa.CheckConstraint(one_of("kind", KINDS), name="ck_hazard_kind"),
        sa.CheckConstraint("size_m2 >= 0", name="ck_hazard_size_m2"),
        sa.PrimaryKeyConstraint("fid", name="pk_hazard"),
        sa.UniqueConstraint("hazard_id", name="uq_hazard_hazard_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hazard_geometry_hash", "hazard", ["geometry_hash"])
    op.create_index("ix_hazard_province_code", "hazard", ["province_code"])


def event() -> None:
    op.create_table(
        "event",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("hazard_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date()),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("recorded_by", sa.Text()),
        sa.Column("operator", sa.Text()),
        sa.Column("report_ref", sa.Text()),
        sa.Column("reported_size_m2", sa.Double()),
        sa.Column("outside_m2", NUMBER),
        sa.Column("ap_mines", NUMBER),
        sa.Column("av_mines", NUMBER),
        sa.Column("submunitions", NUMBER),
        sa.Column("uxo", NUMBER),
        sa.Column("depth_cm", sa.Double()),
        sa.Column("comment", sa.Text()),
        sa.Column("transfer_id", sa.Text()),
        sa.Column("retracts", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.Column("geometry", Shape("MULTIPOLYGON")),
        sa.CheckConstraint(
            "(happened_on IS NULL) = (event_type = 'retracted')", name="ck_event_happened_on"
        ),
        sa.CheckConstraint(
            "(retracts IS NULL) = (event_type <> 'retracted')", name="ck_event_retracts"
        ),
        sa.CheckConstraint(one_of("event_type", EVENT_TYPES), name="ck_event_event_type"),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.hazard_id"], name="fk_event_hazard_id"),
        sa.ForeignKeyConstraint(["retracts"], ["event.event_id"], name="fk_event_retracts"),
        sa.PrimaryKeyConstraint("fid", name="pk_event"),
        sa.UniqueConstraint("event_id", name="uq_event_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_hazard_id", "event", ["hazard_id"])
    op.create_index("ix_event_recorded_at", "event", ["recorded_at"])
    op.create_index("ix_event_retracts", "event", ["retracts"], unique=True)


def admin_version() -> None:
    op.create_table(
        "admin_version",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("loaded_at", Moment(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("fid", name="pk_admin_version"),
        sa.UniqueConstraint("name", "version", name="uq_admin_version_name_version"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_admin_version_active",
        "admin_version",
        ["active"],
        unique=True,
        postgresql_where=sa.text("active"),
        sqlite_where=sa.text("active"),
    )


def district() -> None:
    op.create_table(
        "district",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("version_fid", NUMBER, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("province", sa.Text()),
        sa.Column("province_code", sa.Text()),
        sa.Column("province_km", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("district_code", sa.Text()),
        sa.Column("district_km", sa.Text()),
        sa.Column("schematic", sa.Boolean(), nullable=False),
        sa.Column("extra", sa.Text()),
        sa.Column("geometry", Shape("MULTIPOLYGON")),
        sa.ForeignKeyConstraint(
            ["version_fid"], ["admin_version.fid"], name="fk_district_version_fid"
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_district"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_district_version_fid", "district", ["version_fid"])


def border_version() -> None:
    op.create_table(
        "border_version",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("loaded_at", Moment(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("fid", name="pk_border_version"),
        sa.UniqueConstraint("name", "version", name="uq_border_version_name_version"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_border_version_active",
        "border_version",
        ["active"],
        unique=True,
        postgresql_where=sa.text("active"),
        sqlite_where=sa.text("active"),
    )


def border() -> None:
    op.create_table(
        "border",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("version_fid", NUMBER, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("neighbour", sa.Text()),
        sa.Column("border_name", sa.Text(), nullable=False),
        sa.Column("border_version", sa.Text(), nullable=False),
        sa.Column("accuracy_m", sa.Double()),
        sa.Column("extra", sa.Text()),
        sa.Column("geometry", Shape("MULTILINESTRING")),
        sa.ForeignKeyConstraint(
            ["version_fid"], ["border_version.fid"], name="fk_border_version_fid"
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_border"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_border_version_fid", "border", ["version_fid"])


def border_distance() -> None:
    op.create_table(
        "border_distance",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("geometry_hash", sa.Text(), nullable=False),
        sa.Column("version_fid", NUMBER, nullable=False),
        sa.Column("include_coast", sa.Boolean(), nullable=False),
        sa.Column("border_distance_m", sa.Double(), nullable=False),
        sa.Column("neighbour", sa.Text()),
        sa.ForeignKeyConstraint(
            ["version_fid"], ["border_version.fid"], name="fk_border_distance_version_fid"
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_border_distance"),
        sa.UniqueConstraint(
            "version_fid",
            "include_coast",
            "geometry_hash",
            name="uq_border_distance_version_fid_include_coast_geometry_hash",
        ),
        sqlite_autoincrement=True,
    )


def spot_task() -> None:
    op.create_table(
        "spot_task",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("recorded_by", sa.Text()),
        sa.Column("operator", sa.Text()),
        sa.Column("report_ref", sa.Text()),
        *(sa.Column(name, sa.Text()) for name in UNITS),
        sa.Column("lon", sa.Double()),
        sa.Column("lat", sa.Double()),
        *(sa.Column(name, NUMBER) for name in ITEMS),
        sa.Column("comment", sa.Text()),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("retracted_at", Moment()),
        sa.Column("retracted_why", sa.Text()),
        sa.CheckConstraint(
            "(retracted_at IS NULL) = (retracted_why IS NULL)", name="ck_spot_task_retracted"
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_spot_task"),
        sa.UniqueConstraint("task_id", name="uq_spot_task_task_id"),
        sqlite_autoincrement=True,
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
        sa.Column("kind", sa.Text()),
        sa.Column("also", sa.Text()),
        sa.Column("area_type", sa.Text()),
        sa.Column("status", sa.Text()),
        *(sa.Column(name, sa.Text()) for name in UNITS),
        sa.Column("difficulty", sa.Text()),
        sa.Column("operator", sa.Text()),
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
