"""A GeoPackage lists of border, districts and villages what counts, and no earlier version.

Revision: 0015, after 0014. No table changes: after each migration the contents of a GeoPackage and
the views are made again, and they are now without the tables of versions, and with a view of the
villages that count. On PostgreSQL the view of the villages alone is new.
"""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing but to have the contents and the views made again."""
