"""Hazards whose polygon is there already under another id: one hazard that was named twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from sqlalchemy import Table, select

from mine_geo.snapshots import same_places
from mine_geo.store import rows
from mine_geo.store.models import Event, Hazard
from mine_geo.store.submitted import WAITING, Submission, SubmittedRecord

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from sqlalchemy import Connection

_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]
_RECORD: Final[Table] = SubmittedRecord.__table__  # type: ignore[assignment]
_SUBMISSION: Final[Table] = Submission.__table__  # type: ignore[assignment]
_DRAWN: Final = ("registered", "amended")


def known_polygons(
    connection: Connection, records: gpd.GeoDataFrame, *, with_waiting: bool = False
) -> pd.DataFrame:
    """Find records whose polygon a hazard with another id has already.

    Parameters
    ----------
    connection
        A connection to a store.
    records
        Hazards in EPSG:4326: `hazard_id`, `kind`, `geometry`.
    with_waiting
        Also among the hazards that wait on the workbench.

    Returns
    -------
    pandas.DataFrame
        One row a record: `place` (in `records`, from 0), `other` (the id), `submission_id` (null
        where the other is in the register), `drawn` (bool: as that was once drawn, not as it
        remains). Polygons are one up to 1 mm, of one kind or where a kind is not said; what was
        registered in error and retracted does not count.
    """
    names = ["place", "other", "submission_id", "drawn"]
    if records.empty:
        return pd.DataFrame(columns=names)
    there = _drawn(connection)
    if with_waiting:
        there = pd.concat([there, _waiting(connection)], ignore_index=True)
    if there.empty:
        return pd.DataFrame(columns=names)
    at, place = same_places(there["geometry"].to_numpy(), records.geometry.to_numpy())
    found = there.iloc[at].assign(place=place).rename(columns={"hazard_id": "other"})
    found = found[_one_kind_two_ids(found["kind"], found["other"], records, place)]
    found = found.sort_values(["place", "order", "other"], kind="stable")
    return found.drop_duplicates("place")[names].reset_index(drop=True)


def twins(records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find records whose polygon one before them in the same table has, under another id.

    Parameters
    ----------
    records
        Hazards in EPSG:4326: `hazard_id`, `kind`, `geometry`.

    Returns
    -------
    pandas.DataFrame
        `place` and `other` as `known_polygons` has them; polygons are one as there.
    """
    shapes = records.geometry.to_numpy()
    at, place = same_places(shapes, shapes)
    first = at < place
    at, place = at[first], place[first]
    before = records.iloc[at]
    alike = _one_kind_two_ids(before["kind"], before["hazard_id"], records, place)
    other = before["hazard_id"].to_numpy(dtype=object)[alike]
    found = pd.DataFrame({"place": place[alike], "at": at[alike], "other": other})
    found = found.sort_values(["place", "at"], kind="stable").drop_duplicates("place")
    return found[["place", "other"]].reset_index(drop=True)


def _one_kind_two_ids(
    kinds: pd.Series[str], ids: pd.Series[str], records: gpd.GeoDataFrame, place: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Say of which pairs the kinds may be one, and the ids are two."""
    mine, own = _objects(records["kind"])[place], _objects(records["hazard_id"])[place]
    said = _objects(kinds)
    alike = (said == mine) | _missing(said) | _missing(mine)
    return np.asarray(alike & (_objects(ids) != own), dtype=bool)


def _objects(column: pd.Series[str]) -> NDArray[np.object_]:
    return column.astype(object).where(column.notna(), None).to_numpy()


def _drawn(connection: Connection) -> pd.DataFrame:
    """Return the polygons of the register: as they remain, and as they were drawn."""
    h, c = _HAZARD.c, _EVENT.c
    columns = [h[name] for name in ("hazard_id", "kind", "geometry")]
    left = rows.read(connection, columns, [h.status.is_not(None)])
    kinds = dict(zip(left["hazard_id"], left["kind"], strict=True))
    retracted = select(c.retracts).where(c.retracts.is_not(None)).scalar_subquery()
    where = [c.event_type.in_(_DRAWN), c.event_id.not_in(retracted), c.geometry.is_not(None)]
    drawn = rows.read(connection, [c[name] for name in ("hazard_id", "geometry")], where)
    drawn = drawn[drawn["hazard_id"].isin(kinds)]
    left = left.assign(order=0, drawn=False)
    drawn = drawn.assign(kind=drawn["hazard_id"].map(kinds), order=1, drawn=True)
    every = pd.concat([pd.DataFrame(left), pd.DataFrame(drawn)], ignore_index=True)
    return every.assign(submission_id=None)


def _waiting(connection: Connection) -> pd.DataFrame:
    """Return the polygons of hazards that wait on the workbench."""
    r, s = _RECORD.c, _SUBMISSION.c
    columns = [r[name] for name in ("hazard_id", "kind", "geometry", "submission_id")]
    where = [
        r.submission_id == s.submission_id,
        s.what == "hazards",
        r.state == WAITING,
        r.geometry.is_not(None),
        r.hazard_id.is_not(None),
    ]
    return pd.DataFrame(rows.read(connection, columns, where)).assign(order=2, drawn=False)


def _missing(values: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.array([value is None for value in values], dtype=bool)
