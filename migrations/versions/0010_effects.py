"""What each event did, as rows: `event_effect`, which the library fills after the migrations.

Revision: 0010, after 0009. Runs on PostGIS and on GeoPackage. Nothing that is there changes; the
events are folded once to fill the table (`effects.complete`).
"""

import sqlalchemy as sa
from alembic import op

from mine_geo.store.schema.rows import Shape

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DID = (
    "before_m2",
    "after_m2",
    "registered_m2",
    "amended_m2",
    "transferred_m2",
    "cancelled_m2",
    "reduced_m2",
    "cleared_m2",
    "again_m2",
    "overlap_m2",
)


def upgrade() -> None:
    op.create_table(
        "event_effect",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("hazard_id", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("place", NUMBER),
        sa.Column("why", sa.Text()),
        *(sa.Column(name, NUMBER) for name in DID),
        sa.Column("report", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("geometry", Shape("MULTIPOLYGON")),
        sa.CheckConstraint("counts = (why IS NULL)", name="ck_event_effect_why"),
        sa.CheckConstraint("counts = (place IS NOT NULL)", name="ck_event_effect_place"),
        sa.CheckConstraint("counts = (after_m2 IS NOT NULL)", name="ck_event_effect_after_m2"),
        sa.ForeignKeyConstraint(["event_id"], ["event.event_id"], name="fk_event_effect_event_id"),
        sa.PrimaryKeyConstraint("fid", name="pk_event_effect"),
        sa.UniqueConstraint("event_id", name="uq_event_effect_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_effect_hazard_id", "event_effect", ["hazard_id"])
    op.create_index("ix_event_transfer_id", "event", ["transfer_id"])
