"""Records that count but cannot be measured: the split leaves them out, and they are named.

No door of today lets one in. Earlier versions did, and other software may write to the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import StoreError
from mine_geo.store import distances, layers, rows, waiting
from mine_geo.store import hazards as hazard_rows
from mine_geo.store.models import Hazard
from mine_geo.store.projection import HASH
from mine_geo.store.waiting import RECORD
from mine_geo.zones import CUTTING, unmeasurable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_TABLE: Final[Table] = Hazard.__table__  # type: ignore[assignment]


def read(connection: Connection, *, rule: str, synthetic: bool) -> pd.DataFrame:
    """Return the hazards that the split of today leaves out, with `why` and `in_register`.

    None where no border is loaded: then nothing is split at all.
    """
    try:
        border_fid, lines = layers.read_border(connection)
    except StoreError:
        return pd.DataFrame()
    if rule not in CUTTING and not _unknown(connection, border_fid):
        return pd.DataFrame()
    found = hazard_rows.read(connection, hazard_rows.Asked(), synthetic=synthetic)
    coast_only = not (lines["kind"] == "land").any()
    why = unmeasurable(found, lines, rule=rule, include_coast=coast_only).dropna()
    gone: pd.DataFrame = pd.DataFrame(found.loc[why.index].drop(columns="geometry"))
    there = waiting.in_register(connection, set(gone["hazard_id"]), None)
    return gone.assign(why=why, in_register=gone["hazard_id"].isin(there))


def _unknown(connection: Connection, border_fid: int) -> set[Any]:
    """Return the polygons (their hashes) that were never measured to this border."""
    hashes: set[Any] = set()
    for column, where in (
        (_TABLE.c[HASH], [_TABLE.c.status.is_not(None), _TABLE.c.geometry.is_not(None)]),
        (RECORD.c[HASH], [RECORD.c.counted]),
    ):
        hashes |= set(rows.read(connection, [column], where)[HASH])
    for include_coast in (False, True):
        hashes -= set(distances.known(connection, border_fid, include_coast=include_coast).index)
    return hashes
