"""The ledger: parents of divided hazards, spot tasks; the status is derived.

Revision: 0002, after 0001. Runs on PostGIS and on GeoPackage. Until now a store held registrations
only, so the status follows from what was registered.
"""

import sqlalchemy as sa
from alembic import op

from mine_geo.store.schema.types import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXTS = (
    "recorded_by",
    "operator",
    "report_ref",
    "province",
    "province_code",
    "district",
    "district_code",
    "commune",
    "village",
)
ITEMS = ("ap_mines", "av_mines", "submunitions", "uxo")


def upgrade() -> None:
    op.add_column("hazard", sa.Column("parent_id", sa.Text()))
    derive_status()
    spot_task()


def derive_status() -> None:
    hazard = sa.table("hazard", sa.column("status"))
    worked_on = hazard.c.status.in_(("worked_on", "closed"))
    derived = sa.case((worked_on, "worked_on"), else_="open")
    info = sa.table("store_info", sa.column("writing", sa.Boolean()))
    op.execute(sa.update(info).values(writing=True))  # the guards of the layers look at it
    op.execute(sa.update(hazard).values(status=derived))
    op.execute(sa.update(info).values(writing=False))


def spot_task() -> None:
    op.create_table(
        "spot_task",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in TEXTS),
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
