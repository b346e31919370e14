"""Distances to the border are computed anew: those kept were measured in a plane, up to 5 mm off.

Revision: 0006, after 0005. Runs on PostGIS and on GeoPackage. It empties a cache; `split` fills it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.delete(sa.table("border_distance")))
