"""The write lock is a row that only writers are granted; on PostgreSQL the flag of writers goes.

Revision: 0008, after 0007. A GeoPackage stays as it is: SQLite has a lock of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    op.create_table(
        "write_lock",
        sa.Column("fid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.CheckConstraint("fid = 1", name="ck_write_lock_one_row"),
        sa.PrimaryKeyConstraint("fid", name="pk_write_lock"),
    )
    lock = sa.table("write_lock", sa.column("fid"))
    op.execute(sa.insert(lock).values(fid=1))
    # locked by this transaction too, so that what the next revisions write passes the guards
    op.execute(sa.select(lock.c.fid).with_for_update())
    op.drop_column("store_info", "writing")
    # it asks for that column; all guards are made again after the last revision
    op.execute("DROP FUNCTION IF EXISTS mine_geo.guard_layer() CASCADE")
