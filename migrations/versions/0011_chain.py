"""Each event has its place in the order of writing, and a hash over its content and the one before.

Revision: 0011, after 0010. Runs on PostGIS and on GeoPackage. The chain is filled for the events
that are there, in the order in which they were written, and marked as migrated.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from mine_geo.store import chain
from mine_geo.store.schema.rows import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GUARDS = {  # they are made again after the last revision
    "postgresql": ("keep_event ON event",),
    "sqlite": ("keep_event_update", "guard_event_update"),
}


def upgrade() -> None:
    op.create_table(
        "taken_over",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("taken_at", Moment(), nullable=False),
        sa.Column("taken_by", sa.Text()),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("first_seq", NUMBER),
        sa.CheckConstraint("how IN ('imported', 'copied', 'migrated')", name="ck_taken_over_how"),
        sa.PrimaryKeyConstraint("fid", name="pk_taken_over"),
        sqlite_autoincrement=True,
    )
    op.add_column("event", sa.Column("seq", NUMBER))
    op.add_column("event", sa.Column("hash", sa.Text()))
    for guard in GUARDS[op.get_context().dialect.name]:
        op.execute(f"DROP TRIGGER IF EXISTS {guard}")
    if chain.fill(op.get_bind()):
        chain.take_over(op.get_bind(), "migrated", datetime.now(UTC), first_seq=1)
    op.create_index("ix_event_seq", "event", ["seq"], unique=True)
