"""Spot tasks: items destroyed outside any hazard. They release no land and are never added to it.

Places are longitude / latitude in EPSG:4326, degrees; days are those of Cambodia.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select, update

from mine_geo.errors import (
    ConflictError,
    FileError,
    GeometryError,
    NotSyntheticError,
    RecordError,
    UnknownNameError,
    some,
)
from mine_geo.geo.cells import day_of, moment_of
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.hazards import PLACE_COLUMNS, locate
from mine_geo.store.ledger.entries import Facts, day, id_of, not_in_future, text_of
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import SPOT_TASK
from mine_geo.terms import CRS, ITEM_COLUMNS

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from mine_geo.ledger.events import Day, Moment
    from mine_geo.store.ledger.judging import View


_PLACE: Final = (
    "province",
    "province_code",
    "district",
    "district_code",
    "commune",
    "village",
)
COLUMNS: Final = (
    "task_id",
    "happened_on",
    "recorded_at",
    "recorded_by",
    "operator",
    "report_ref",
    *_PLACE,
    *ITEM_COLUMNS,
    "comment",
    "synthetic",
)
RETRACTED: Final = ("retracted_at", "retracted_why")
_NOT_CONTENT: Final = ("recorded_at", "recorded_by")
_MARK: Final = re.compile(r" ?\[(recorded|retracted)_at was [0-9TZ:.-]+\]")
"""What an import adds to the comment of a task whose moment it mended; no part of its content."""


def checked(said: Mapping[str, Any], *, synthetic: bool) -> dict[str, Any]:
    """Return a spot task as the table has it, all but its moment.

    Raises
    ------
    RecordError
        If the day, an item count or a word is wrong, or no item was found.
    GeometryError
        If only one of `lon` and `lat` is given, or they are no place on Earth.
    """
    facts = Facts.of_row(said)
    items = {name: getattr(facts, name) for name in ITEM_COLUMNS}
    if not any(items.values()):
        raise RecordError(f"a spot task without items; give one of {', '.join(ITEM_COLUMNS)}")
    row = {
        "happened_on": day(said.get("happened_on")),
        "operator": facts.operator,
        "report_ref": facts.report_ref,
        "comment": facts.comment,
        **_place(said),
        **_position(said),
        **items,
        "synthetic": synthetic,
    }
    hashed = content.digest(
        "spot task",
        content.to_json(
            {name: content.plain_value(value) for name, value in row.items()}
            | {"comment": _MARK.sub("", facts.comment or "") or None}
        ),
    )
    task = text_of(said.get("task_id"), "task_id") or hashed
    return {**row, "content_hash": hashed, "task_id": task, "recorded_by": facts.recorded_by}


def recorded(said: Mapping[str, Any], *, synthetic: bool) -> dict[str, Any]:
    """Return a spot task with the moments at which it was recorded, and retracted, elsewhere.

    Raises
    ------
    RecordError
        If there is no moment with a time zone, or a retraction without its reason.
    """
    task = checked(said, synthetic=synthetic)
    when, voided = (moment_of(_present(said.get(name))) for name in ("recorded_at", RETRACTED[0]))
    why = text_of(said.get(RETRACTED[1]), RETRACTED[1])
    if when is None:
        raise RecordError("no recorded_at with a time zone; add it")
    if (voided is None) != (why is None):
        raise RecordError("retracted_at and retracted_why belong together; give both")
    return {**task, "recorded_at": when, RETRACTED[0]: voided, RETRACTED[1]: why}


def _present(value: Any) -> Any:
    return None if value is None or value is pd.NaT or value != value else value  # noqa: PLR0124


def _place(said: Mapping[str, Any]) -> dict[str, str | None]:
    """Return province, district and so on in the standard spelling, with their codes."""
    texts = {name: text_of(said.get(name), name) for name in _PLACE}
    found = locate(*(texts[name] for name in PLACE_COLUMNS))
    return texts | dict(zip(PLACE_COLUMNS, found, strict=True))


def _position(said: Mapping[str, Any]) -> dict[str, float | None]:
    texts = [text_of(said.get(name), name) for name in ("lon", "lat")]
    if texts == [None, None]:
        return {"lon": None, "lat": None}
    try:
        lon, lat = (float(text or "nan") for text in texts)
    except ValueError:
        lon = lat = float("nan")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise GeometryError(
            f"lon {texts[0]}, lat {texts[1]} is no place; give both in degrees of WGS 84"
        )
    return {"lon": lon, "lat": lat}


def read_file(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of spot tasks for `Store.import_log`, every cell as text.

    Parameters
    ----------
    path
        A CSV or XLSX file with one table, or a vector file of points in EPSG:4326, or without any.

    Returns
    -------
    pandas.DataFrame
        The columns of the file.

    Raises
    ------
    FileError, LayerError, CRSError
        If it cannot be read, holds several tables, or its points are in another system.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> table = read_file(sample.path("spot_tasks"))
    >>> len(table), table["province_code"][0]
    (269, '02')
    """
    return with_position(read_table(path, "spot tasks"))


def read_table(path: str | os.PathLike[str], of: str) -> pd.DataFrame:
    """Read the one table of a CSV or XLSX file, every cell as text; or a vector file.

    Parameters
    ----------
    path
        The file.
    of
        What the table is of, for the message where there are several.

    Raises
    ------
    FileError, LayerError
        If it cannot be read, or holds several tables.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> len(read_table(sample.path("spot_tasks"), "spot tasks"))
    269
    """
    file = Path(path)
    if file.suffix.lower() not in {".csv", ".xlsx"}:
        from mine_geo.geo.vector import read_vector  # noqa: PLC0415 - GDAL, only for a file

        return read_vector(file)
    from mine_geo.intake.formats.sheets import read_book  # noqa: PLC0415 - and its XLSX reader

    tables = read_book(file).tables
    if len(tables) > 1:
        raise FileError(f"{file}: {len(tables)} tables ({some(tables)}); leave one of {of}")
    return next(iter(tables.values()))


def with_position(tasks: pd.DataFrame) -> pd.DataFrame:
    """Return spot tasks with `lon` and `lat`, taken from their points where they have some.

    Raises
    ------
    CRSError
        If the points are not in EPSG:4326.
    GeometryError
        If they are no points.
    """
    if not isinstance(tasks, gpd.GeoDataFrame):
        return tasks
    shapes = tasks.geometry
    table = pd.DataFrame(tasks.drop(columns=shapes.name))
    if shapes.isna().all() or {"lon", "lat"} <= set(table):
        return table
    require_lonlat(shapes, "the spot tasks")
    if not (shapes.dropna().geom_type == "Point").all():
        raise GeometryError("the places of spot tasks must be points; give lon and lat instead")
    return table.assign(lon=shapes.x, lat=shapes.y)


def check_synthetic(tasks: pd.DataFrame, *, synthetic: bool) -> None:
    """Refuse invented spot tasks where the store is for real ones.

    Raises
    ------
    NotSyntheticError
        If one is marked so.
    """
    if synthetic or "synthetic" not in tasks:
        return
    marked = tasks["synthetic"].astype(str).str.lower().isin(("true", "1", "yes"))
    if marked.any():
        raise NotSyntheticError(
            f"{some(tasks.loc[marked, 'task_id'])} is invented sample data, and this is not a "
            "synthetic store; leave them out, or import them into a store made for samples"
        )


class RecordedTask(str):
    """The task_id of a spot task."""

    __slots__ = ("new", "written")
    new: bool
    """False where this very task was there already."""
    written: bool
    """Whether this call wrote it: it is new, and was no dry run."""


@dataclass(frozen=True)
class _Tasks:
    """Spot tasks judged: to be written."""

    tasks: list[dict[str, Any]]
    rows: None = None

    def write(self, connection: Connection, now: datetime, *, synthetic: bool) -> None:  # noqa: ARG002  (the rows say it)
        insert(connection, [{**task, "recorded_at": now} for task in self.tasks], now)


@dataclass(frozen=True)
class _Retraction:
    """A spot task to be voided."""

    task_id: str
    why: str
    rows: None = None

    def write(self, connection: Connection, now: datetime, *, synthetic: bool) -> None:  # noqa: ARG002  (the row says it)
        change = update(SPOT_TASK).where(SPOT_TASK.c.task_id == self.task_id)
        connection.execute(change.values(retracted_at=now, retracted_why=self.why))
        gpkg.touch(connection, SPOT_TASK.name, now)


def record(view: View, said: Mapping[str, Any], *, synthetic: bool) -> RecordedTask:
    """Judge a spot task, and put it onto the view; see `Store.record_spot_task`."""
    row = checked(said, synthetic=synthetic)
    query = select(SPOT_TASK.c.content_hash).where(SPOT_TASK.c.task_id == row["task_id"])
    there = view.connection.scalar(query)
    if there is not None and there != row["content_hash"]:
        raise ConflictError(
            f"spot task {row['task_id']} is there with other content; give this one another task_id"
        )
    result = RecordedTask(row["task_id"])
    result.new = there is None
    result.written = result.new and view.writes
    if result.new:
        not_in_future(row["happened_on"], view.today, str(row["task_id"]))
        view.add(_Tasks([row]))
    return result


def insert(connection: Connection, tasks: list[dict[str, Any]], now: datetime) -> None:
    """Write checked spot tasks with their moments."""
    names = list(tasks[0]) if tasks else []
    rows.insert_rows(
        connection, SPOT_TASK, {name: [task[name] for task in tasks] for name in names}
    )
    gpkg.touch(connection, SPOT_TASK.name, now)


def retract(view: View, task_id: str, reason: str) -> None:
    """Judge the voiding of a spot task; see `Store.retract_spot_task`."""
    name, why = id_of(task_id, "task_id"), id_of(reason, "reason")
    query = select(SPOT_TASK).where(SPOT_TASK.c.task_id == name)
    there = view.connection.execute(query).one_or_none()
    if there is None:
        raise UnknownNameError(f"no spot task {name} in this store; spot_tasks() lists them")
    if there.retracted_why == why:
        return
    if there.retracted_why is not None:
        raise ConflictError(f"spot task {name} is retracted already: {there.retracted_why}")
    view.add(_Retraction(name, why))


def read(connection: Connection, as_of: Day, known_at: Moment) -> gpd.GeoDataFrame:
    """Read spot tasks; see `Store.spot_tasks`."""
    when, moment = day_of(as_of), moment_of(known_at)
    c = SPOT_TASK.c
    stands: ColumnElement[bool] = c.retracted_at.is_(None)
    where = [stands if moment is None else stands | (c.retracted_at > moment)]
    if when is not None:
        where.append(c.happened_on <= when)
    if moment is not None:
        where.append(c.recorded_at <= moment)
    found = rows.read(connection, [c[name] for name in (*COLUMNS, "lon", "lat")], where)
    found = found.sort_values(["happened_on", "task_id"], ignore_index=True)
    lon, lat = found.pop("lon").to_numpy(), found.pop("lat").to_numpy()
    there = ~np.isnan(lon)
    points = np.full(len(found), None, dtype=object)
    points[there] = shapely.points(lon[there], lat[there])
    for name in ITEM_COLUMNS:
        found[name] = found[name].astype("Int64")
    if not found["synthetic"].any():
        found = found.drop(columns="synthetic")
    return gpd.GeoDataFrame(pd.DataFrame(found), geometry=list(points), crs=CRS)
