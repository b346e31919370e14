"""The fold once more, by PostGIS alone, as an audit of what the library keeps.

It shares nothing with the library's fold but the events: standing events in their order, a plain
chain of ST_Difference, sizes by the equal-area projection of `mine_geo_views.size_m2`. What it
does not repeat, and takes from the library: what the child of a division or merger receives, the
slivers that go with a cut (it lists them, by their m²), and the credit of land that was released
over two hazards, which moves m² between releases and changes no size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from mine_geo.errors import OptionError
from mine_geo.store.schema.guards import read_statements

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Audit(NamedTuple):
    """What an audit found."""

    events: int
    """How many events count."""
    differences: pd.DataFrame
    """`hazard_id`, `event_id` (null: the hazard as it stands), `kept_m2` (the library's size after
    the event), `audited_m2` (that of PostGIS); null where the other knows nothing of it."""


def audit(connection: Connection) -> Audit:
    """Fold all events by PostGIS, and list where a size is another than the library keeps.

    Parameters
    ----------
    connection
        A connection to a store on PostgreSQL; nothing is written.

    Raises
    ------
    OptionError
        If the store is a file: SQLite has no polygons.

    Examples
    --------
    >>> with store._reading() as connection:
    ...     audit(connection)
    Traceback (most recent call last):
    mine_geo.errors.OptionError: a GeoPackage cannot fold by itself; ...
    """
    if connection.dialect.name != "postgresql":
        raise OptionError(
            "a GeoPackage cannot fold by itself; copy the store to PostgreSQL and audit it there, "
            "or compare with db rebuild"
        )
    parts = read_statements("audit")
    found = connection.exec_driver_sql(parts["fold"][0]).all()
    names = ["hazard_id", "event_id", "kept_m2", "audited_m2"]
    table = pd.DataFrame([tuple(row) for row in found], columns=names).astype(
        {"hazard_id": "str", "event_id": "str", "kept_m2": "Int64", "audited_m2": "Int64"}
    )
    counted = connection.exec_driver_sql(parts["counted"][0]).scalar_one()
    return Audit(int(counted), table)
