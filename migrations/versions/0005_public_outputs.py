"""Public outputs: their parameters, the editions that were written, and those that were recalled.

Revision: 0005, after 0004. Runs on PostGIS and on GeoPackage. Nothing that is there changes.
"""

import sqlalchemy as sa
from alembic import op

from mine_geo.store.schema.rows import Moment, Shape

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "public_setting",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fid", name="pk_public_setting"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "public_edition",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("known_at", Moment()),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("despite", NUMBER, nullable=False),
        sa.CheckConstraint("asked_by <> approved_by", name="ck_public_edition_two_persons"),
        sa.PrimaryKeyConstraint("fid", name="pk_public_edition"),
        sa.UniqueConstraint("number", name="uq_public_edition_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edition_land",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("edition", NUMBER, nullable=False),
        sa.Column("hazard_id", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("geometry_hash", sa.Text(), nullable=False),
        sa.Column("geometry", Shape("MULTIPOLYGON"), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["public_edition.number"], name="fk_edition_land_edition"
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_edition_land"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_edition_land_edition", "edition_land", ["edition"])
    if op.get_context().dialect.name == "postgresql":  # in a GeoPackage QGIS makes its own index
        op.create_index(
            "ix_edition_land_geometry", "edition_land", ["geometry"], postgresql_using="gist"
        )
    op.create_table(
        "edition_recall",
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("edition", NUMBER, nullable=False),
        sa.Column("recalled_at", Moment(), nullable=False),
        sa.Column("recalled_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["public_edition.number"], name="fk_edition_recall_edition"
        ),
        sa.PrimaryKeyConstraint("fid", name="pk_edition_recall"),
        sa.UniqueConstraint("edition", name="uq_edition_recall_edition"),
        sqlite_autoincrement=True,
    )
