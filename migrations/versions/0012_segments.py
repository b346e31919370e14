"""The active border as single segments, for the distances that PostgreSQL itself measures.

Revision: 0012, after 0011. A GeoPackage stays as it is. The library fills the table when a border
is made the active one, and after this migration; it follows from the border.
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    op.create_table(
        "border_segment",
        sa.Column("fid", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("version_fid", sa.BigInteger(), nullable=False),
        sa.Column("coast", sa.Boolean(), nullable=False),
        sa.Column("west", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("geometry", Geometry("LINESTRING", srid=32648, spatial_index=False)),
        sa.PrimaryKeyConstraint("fid", name="pk_border_segment"),
    )
    op.create_index("ix_border_segment_coast", "border_segment", ["coast"])
    op.create_index(
        "ix_border_segment_geometry", "border_segment", ["geometry"], postgresql_using="gist"
    )
