"""The waiting hazards that totals count with the register: as of a day, as known at a moment.

A record counts from the moment it was received until it is decided on, if only the decision is
missing: it has an id, a kind and a polygon, and no finding of severity `error`. One whose id is in
the register is that hazard sent again and never counted beside it; of several with one id the
newest counts. EPSG:4326, m².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Table, or_, select

from mine_geo.attributes import PARENT
from mine_geo.cells import day_of, moment_of
from mine_geo.fold import fold
from mine_geo.store import ledger, neighbours, rows
from mine_geo.store.entries import DAYS_IN
from mine_geo.store.models import Event, Hazard
from mine_geo.store.projection import HASH, MANY
from mine_geo.store.reception import DESCRIBED
from mine_geo.store.register import status_of
from mine_geo.store.submitted import WAITING, Submission, SubmittedRecord
from mine_geo.terms import HAZARD_COLUMNS

if TYPE_CHECKING:
    from datetime import datetime

    import geopandas as gpd
    from sqlalchemy import ColumnElement, Connection

    from mine_geo.events import Day, Moment

RECORD: Final[Table] = SubmittedRecord.__table__  # type: ignore[assignment]
SUBMISSION: Final[Table] = Submission.__table__  # type: ignore[assignment]
_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]
_NAMES: Final = ("hazard_id", *DESCRIBED, "size_m2", "extra", HASH, "geometry")


def read(
    connection: Connection, *, as_of: Day = None, known_at: Moment = None, synthetic: bool = False
) -> gpd.GeoDataFrame | None:
    """Read the waiting hazards that count, in the shape of the hazard layer; None if there is none.

    Parameters
    ----------
    connection
        A connection to a store.
    as_of
        A day: those surveyed (or, without that day, received) by its end.
    known_at
        A moment: those received by then and not decided on by then.
    synthetic
        Whether the store holds invented data.
    """
    moment, day = moment_of(known_at), day_of(as_of)
    light = _light(connection, moment)
    if light.empty:
        return None
    if day is not None:
        light = light[light["day"] <= pd.Timestamp(day)]
    light = light.sort_values(["received_at", "fid"]).drop_duplicates("hazard_id", keep="last")
    there = in_register(connection, set(light["hazard_id"]), moment)
    light = light[~light["hazard_id"].isin(there)]
    if light.empty:
        return None
    return _whole(connection, set(light["fid"]), moment, synthetic=synthetic)


def undecided(moment: datetime | None) -> ColumnElement[bool]:
    """Return the condition of a record that waits, or waited at a moment."""
    waits = RECORD.c.state == WAITING
    return waits if moment is None else or_(waits, RECORD.c.decided_at > moment)


def _light(connection: Connection, moment: datetime | None) -> pd.DataFrame:
    """Return number, id, day and moment of each record that may count."""
    columns = [RECORD.c[name] for name in ("fid", "hazard_id", "surveyed_on")]
    where = [
        RECORD.c.submission_id == SUBMISSION.c.submission_id,
        RECORD.c.counted,
        undecided(moment),
    ]
    if moment is not None:
        where.append(SUBMISSION.c.received_at <= moment)
    found = rows.read(connection, [*columns, SUBMISSION.c.received_at], where)
    received = found["received_at"].dt.tz_convert(DAYS_IN).dt.tz_localize(None).dt.normalize()
    return found.assign(day=found["surveyed_on"].fillna(received.astype("datetime64[ms]")))


def in_register(connection: Connection, ids: set[str], moment: datetime | None) -> set[str]:
    """Return those of the ids that are in the register at any day, as known at a moment."""
    query = select(_HAZARD.c.hazard_id).where(_HAZARD.c.status.is_not(None))
    if len(ids) <= MANY:
        query = query.where(_HAZARD.c.hazard_id.in_(ids))
    there = set(connection.scalars(query)) & ids
    if moment is None:
        return there
    later = select(_EVENT.c.hazard_id).distinct().where(_EVENT.c.recorded_at > moment)
    changed = set(connection.scalars(later)) & ids
    if not changed:
        return there
    events = ledger.read(connection, neighbours.together(connection, changed))
    then = fold(events, known_at=moment).hazards["hazard_id"]
    return (there - changed) | (set(then) & changed)


def _whole(
    connection: Connection, fids: set[int], moment: datetime | None, *, synthetic: bool
) -> gpd.GeoDataFrame:
    where = [RECORD.c.counted, undecided(moment)]
    if len(fids) <= MANY:
        where = [RECORD.c.fid.in_(fids)]
    columns = [RECORD.c[name] for name in ("fid", *_NAMES)]
    found: Any = rows.read(connection, columns, where)
    found = found[found["fid"].isin(fids)].drop(columns="fid").reset_index(drop=True)
    nothing = pd.Series(None, index=found.index, dtype="str")
    found = found.assign(
        status=status_of(found["status"]),
        in_workbench=np.ones(len(found), dtype=bool),
        synthetic=synthetic,
        **{PARENT: nothing},
    )
    return found[[*HAZARD_COLUMNS, PARENT, "synthetic", "extra", HASH]]
