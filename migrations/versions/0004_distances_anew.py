"""Distances to the border are computed anew: those kept may be of a polygon built anew by GEOS.

Revision: 0004, after 0003. Runs on PostGIS and on GeoPackage. It empties a cache; `split` fills it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.delete(sa.table("border_distance")))
