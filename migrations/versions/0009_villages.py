"""Villages beside the districts: every version loaded, one active.

Revision: 0009, after 0008. Runs on PostGIS and on GeoPackage. Nothing that is there changes.
"""

import sqlalchemy as sa
from alembic import op

from mine_geo.store.schema.rows import Moment, Shape

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAMES = ("village", "village_km", "commune_code", "commune", "commune_km", "district_code")


def upgrade() -> None:
    op.create_table(
        "village_version",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("loaded_at", Moment(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("fid", name="pk_village_version"),
        sa.UniqueConstraint("name", "version", name="uq_village_version_name_version"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_village_version_active",
        "village_version",
        ["active"],
        unique=True,
        postgresql_where=sa.text("active"),
        sqlite_where=sa.text("active"),
    )
    op.create_table(
        "village",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("version_fid", NUMBER, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("village_code", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in NAMES),
        sa.Column("surplus", NUMBER, nullable=False),
        sa.Column("extra", sa.Text()),
        sa.Column("geometry", Shape("MULTIPOLYGON")),
        sa.ForeignKeyConstraint(
            ["version_fid"], ["village_version.fid"], name="fk_village_version_fid"
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_village"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_village_version_fid", "village", ["version_fid"])
    if op.get_context().dialect.name == "postgresql":
        # in a GeoPackage QGIS makes its own
        op.create_index("ix_village_geometry", "village", ["geometry"], postgresql_using="gist")
