"""A whole ledger out of a store, and into an empty one, with the moments of its recording.

So a ledger moves from a file to a server; and one whose clock ran ahead is mended: its moments
that lie in the future are moved to the last that can be, and say what they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Date, Integer, exists, select

from mine_geo.disclosure import restriction
from mine_geo.errors import (
    ConflictError,
    FileError,
    MineGeoError,
    NotSyntheticError,
    RecordError,
    StoreError,
    some,
    visible,
)
from mine_geo.geo.cells import FLOAT_WHOLE, day_of, moment_of, refuse_unfit
from mine_geo.geo.hazards import WORDS
from mine_geo.ledger.events import (
    DAY_WAS,
    MOMENT_WAS,
    NUMBERS,
    detail_of,
    registered_events,
    to_events,
)
from mine_geo.ledger.fold import fold
from mine_geo.store import chain
from mine_geo.store.engines import clock
from mine_geo.store.ledger import effects, register, spot_tasks, stored
from mine_geo.store.ledger.entries import DAYS_IN
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import EVENT, HAZARD, LISTS, METADATA, SPOT_TASK
from mine_geo.store.schema.rows import moment_text
from mine_geo.terms import ITEM_COLUMNS

if TYPE_CHECKING:
    import os

    from sqlalchemy import Connection


EVENTS_FILE: Final = "events.gpkg"
TASKS_FILE: Final = "spot_tasks.gpkg"
LISTS_FILE: Final = "lists.gpkg"
"""A layer a list."""
SEQ: Final = "seq"
"""The column of a log that says the place of an event in the chain."""
_MOVABLE: Final = ("registered", "described")
"""Events whose day is that of their recording where nothing else is said."""
_MOMENTS: Final = ("recorded_at", "retracted_at")
_STEP: Final = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Imported:
    """What an import wrote."""

    hazards: int
    """Hazards registered."""
    events: int
    """Other events."""
    spot_tasks: int
    mended: int = 0
    """Events and spot tasks whose moment lay in the future and was mended."""
    lists: int = 0
    """Rows of lists, withdrawals too."""


class Log(NamedTuple):
    """A whole ledger, in the shape that `Store.import_log` takes."""

    hazards: None
    """None: the registrations are among the events, with their own ids and moments."""
    events: gpd.GeoDataFrame
    """All events, `terms.EVENT_COLUMNS` in EPSG:4326; `synthetic` where they are invented."""
    spot_tasks: pd.DataFrame
    """All spot tasks, retracted ones too."""
    lists: dict[str, pd.DataFrame] | None = None
    """The rows of each list by the name of its table, withdrawals too; of those that have any."""


def export_log(connection: Connection, *, synthetic: bool) -> Log:
    """Read a ledger whole; see `Store.export_log`."""
    events = stored.read_events(connection)
    if events.empty:
        raise StoreError("nothing is recorded in this store yet: there is no log to write out")
    places = rows.read(connection, [EVENT.c.event_id, EVENT.c.seq]).set_index("event_id")["seq"]
    events[SEQ] = events["event_id"].map(places)
    events = events.sort_values(SEQ, ignore_index=True)
    if synthetic:
        events["synthetic"] = True
    names = (*spot_tasks.COLUMNS, "lon", "lat", *spot_tasks.RETRACTED)
    tasks = rows.read(connection, [SPOT_TASK.c[name] for name in names])
    tasks[list(ITEM_COLUMNS)] = tasks[list(ITEM_COLUMNS)].astype("Int64")
    tasks = tasks.sort_values(["recorded_at", "task_id"], ignore_index=True)
    return Log(None, events, tasks, _lists(connection))


def _lists(connection: Connection) -> dict[str, pd.DataFrame]:
    """Return the rows of each list, in the order in which they were written."""
    found = {}
    for name in LISTS:
        table = METADATA.tables[name]
        columns = [each for each in table.columns if each.name != "fid"]
        kept = rows.read(connection, columns, order_by=[table.c.fid])
        whole = [each.name for each in columns if isinstance(each.type, Integer)]
        if len(kept):
            found[str(name)] = kept.astype(dict.fromkeys(whole, "Int64"))
    return found


def write_log(log: Log, folder: str | os.PathLike[str]) -> list[Path]:
    """Write a ledger into a folder: `events.gpkg`, `spot_tasks.gpkg`, and `lists.gpkg`.

    The last two only where there are any.

    Days and moments are text in ISO form, so that no program changes them on the way. They hold all
    that the ledger does, personal columns too, and are restricted: their descriptions say so, and
    they are their owner's alone.

    Parameters
    ----------
    log
        As from `Store.export_log`.
    folder
        Made if it is not there; files that are there already are left alone.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    FileError
        If a file is there already, or the folder cannot be written.
    """
    import pyogrio  # noqa: PLC0415 - GDAL, only where a ledger is written out

    place = Path(folder)
    tables = {EVENTS_FILE: log.events}
    if len(log.spot_tasks):
        tasks = log.spot_tasks
        points = gpd.points_from_xy(tasks["lon"], tasks["lat"], crs=log.events.crs)
        there = tasks["lon"].notna().to_numpy()
        shapes = gpd.GeoSeries(points).where(there, None)
        tables[TASKS_FILE] = gpd.GeoDataFrame(tasks, geometry=shapes.to_numpy(), crs=4326)
    lists = log.lists or {}
    names = [*tables, *([LISTS_FILE] if lists else [])]
    for name in names:
        if (place / name).exists():
            raise FileError(f"{place / name}: there already and left alone; name another folder")
    mode = restriction.file_mode()
    try:
        restriction.make_folder(place, public=False, parents=True)
        for name, table in tables.items():
            kind = "MultiPolygon" if name == EVENTS_FILE else "Point"
            pyogrio.write_dataframe(
                _as_text(table),
                place / name,
                layer=Path(name).stem,
                geometry_type=kind,
                layer_options={"DESCRIPTION": restriction.said()},
            )
            (place / name).chmod(mode)
        for name, table in lists.items():
            pyogrio.write_dataframe(
                _as_text(table),
                place / LISTS_FILE,
                layer=f"{name}",
                layer_options={"DESCRIPTION": restriction.said()},
            )
            (place / LISTS_FILE).chmod(mode)
    except (OSError, RuntimeError) as error:
        raise FileError(f"{place}: cannot be written ({error}); name another folder") from error
    return [place / name for name in names]


def _as_text(table: Any) -> Any:
    """Return a table with days and moments as ISO text, and counts as numbers of any GIS."""
    new: dict[str, Any] = {}
    for name in table.columns.drop("geometry", errors="ignore"):
        column = table[name]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            new[name] = pd.Series(
                [None if pd.isna(each) else moment_text(each) for each in column], dtype="str"
            )
        elif column.dtype.kind == "M":
            new[name] = column.dt.strftime("%Y-%m-%d").astype("str")
        elif str(column.dtype) == "Int64":
            new[name] = column.astype("float64")
    return table.assign(**new)


def read_log(folder: str | os.PathLike[str]) -> Log:
    """Read a ledger that `write_log` wrote.

    Raises
    ------
    FileError
        If there is no `events.gpkg`, or it cannot be read.
    """
    from mine_geo.geo.vector import read_vector  # noqa: PLC0415 - GDAL, only for a file

    place = Path(folder)
    if not (place / EVENTS_FILE).exists():
        raise FileError(
            f"{place}: no {EVENTS_FILE} in it; name the folder of mine-geo db export-log"
        )
    tasks = pd.DataFrame(columns=["task_id", "recorded_at"])
    if (place / TASKS_FILE).exists():
        tasks = pd.DataFrame(read_vector(place / TASKS_FILE).drop(columns="geometry"))
    return Log(None, read_vector(place / EVENTS_FILE), tasks, _read_lists(place / LISTS_FILE))


def _read_lists(path: Path) -> dict[str, pd.DataFrame]:
    import pyogrio  # noqa: PLC0415 - GDAL, only for a file

    if not path.exists():
        return {}
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        return {name: pyogrio.read_dataframe(path, layer=name) for name in layers}
    except (OSError, RuntimeError, ValueError) as error:
        raise FileError(f"{path}: cannot be read ({error}); write the log out again") from error


def import_log(
    connection: Connection,
    hazards: gpd.GeoDataFrame | None,
    events: gpd.GeoDataFrame,
    tasks: pd.DataFrame | None,
    *,
    lists: dict[str, pd.DataFrame] | None = None,
    synthetic: bool,
    mend_moments: bool = False,
) -> Imported:
    """Write a ledger; see `Store.import_log`. The hazards are checked already."""
    for table in (EVENT, HAZARD, SPOT_TASK):
        if connection.scalar(select(exists().where(table.c.fid.is_not(None)))):
            raise ConflictError(
                "a ledger is imported into an empty store only; make one, or use record_many"
            )
    _check_cells(events)
    extras: dict[str, str | None] = {}
    if hazards is None:
        _check_synthetic(events, synthetic=synthetic)
        log = to_events(events).reset_index(drop=True)
        _check_once(log)
        _known(log, set())
    else:
        moments = hazards.get("recorded_at")
        if moments is not None and moments.dtype.kind == "M" and moments.dt.tz is None:
            raise RecordError("recorded_at of the hazards has no time zone; use tz_localize('UTC')")
        batch = register.Batch.of(
            hazards.drop(columns="recorded_at", errors="ignore"), synthetic=synthetic
        )
        log = _log(batch, moments, to_events(events))
        extras = dict(zip(batch.columns["hazard_id"], batch.columns["extra"], strict=True))
    written = _tasks(tasks, synthetic=synthetic)
    now, mended = clock(connection), 0
    if mend_moments:
        log, written, mended = _mended(log, written, now)
    else:
        _recorded_in_time(log, written, now)
    _in_time(log, written, now)
    done = fold(log)
    if len(done.ignored):
        lines = [f"{row.event_id} ({row.reason})" for row in done.ignored.itertuples()]
        raise RecordError(f"events that cannot be: {some(lines, 3)}; correct them in the log")
    _check_words(done.hazards)
    chain.take_over(connection, "imported", now)
    ids = set(done.hazards["hazard_id"]) | set(log["hazard_id"])
    folded = stored.Folded.of(done.hazards, ids)
    stored.write_hazards(connection, folded, now, synthetic=synthetic, extras=extras)
    stored.insert_events(connection, stored.event_columns(_in_order(log, events)), now)
    every = set(log["hazard_id"])
    effects.write(connection, effects.columns_of(log, done, every), every, now)
    if written:
        spot_tasks.insert(connection, written, now)
    for name, listed in (lists or {}).items():
        _enter_list(connection, name, listed, now, synthetic=synthetic, mend=mend_moments)
    registered = int((log["event_type"] == "registered").sum())
    rows_of_lists = sum(len(listed) for listed in (lists or {}).values())
    return Imported(registered, len(log) - registered, len(written), mended, rows_of_lists)


def _in_order(log: gpd.GeoDataFrame, events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return events in the order of the chain that they had, so that it comes over as it was.

    Where the log does not know it, in that of their moments, retractions last.
    """
    if SEQ in events and len(events) == len(log):
        seq = pd.to_numeric(events[SEQ].astype(object), errors="coerce")
        if seq.notna().all() and seq.is_unique:
            places = pd.Series(seq.to_numpy(), index=events["event_id"].to_numpy())
            return log.iloc[np.argsort(log["event_id"].map(places).to_numpy(), kind="stable")]
    order = log.sort_values(["recorded_at", "event_id"], kind="stable")
    retracted = order["retracts"].notna()
    return gpd.GeoDataFrame(pd.concat([order[~retracted], order[retracted]]))


def _enter_list(
    connection: Connection,
    name: str,
    frame: pd.DataFrame,
    now: datetime,
    *,
    synthetic: bool,
    mend: bool,
) -> None:
    """Write the rows of a list as they were, with their moments.

    Raises
    ------
    RecordError
        If there is no such list, or a moment is missing or has not come yet.
    """
    if name not in LISTS:
        raise RecordError(f"{name!r} is no list; there are: {', '.join(LISTS)}")
    table = METADATA.tables[name]
    columns: dict[str, list[Any]] = {}
    for column in table.columns:
        if column.name not in frame or column.name == "fid":
            continue
        cells = frame[column.name]
        kept = cells.astype(object).where(cells.notna(), None).tolist()
        columns[column.name] = [None if each is None else _cell(column.type, each) for each in kept]
    columns["synthetic"] = [synthetic] * len(frame)
    moments = columns.get("recorded_at", [None])
    if mend and None not in moments:
        moments = columns["recorded_at"] = [min(each, now) for each in moments]
    if any(each is None or each > now for each in moments):
        raise RecordError(f"{name}: a row without recorded_at, or recorded in the future")
    rows.insert_rows(connection, table, columns)
    gpkg.touch(connection, name, now)


def _cell(kind: Any, value: Any) -> Any:
    """Return a cell of a list as its column has it."""
    if isinstance(kind, rows.Moment):
        return moment_of(str(value) if isinstance(value, str) else value)
    if isinstance(kind, Date):
        return day_of(str(value)[:10])
    if isinstance(kind, Integer):
        return int(value)
    if isinstance(kind, rows.Words):
        return str(value)
    return value


def _check_synthetic(events: gpd.GeoDataFrame, *, synthetic: bool) -> None:
    """Refuse to mix invented events with real ones."""
    marked = events["synthetic"].fillna(value=False).astype(bool) if "synthetic" in events else None
    invented = marked is not None and bool(marked.any())
    if invented != synthetic or (invented and marked is not None and not marked.all()):
        has, is_for = ("invented", "real") if not synthetic else ("real", "invented")
        raise NotSyntheticError(
            f"the log holds {has} data and this store is for {is_for} data; take it over into a "
            "store of its own kind (mine-geo init, with or without --synthetic)"
        )


def _check_cells(events: gpd.GeoDataFrame) -> None:
    """Refuse events with a text, a number or a detail that no store takes."""
    refuse_unfit(pd.DataFrame(events), "event", "event_id")
    if "event_id" not in events:
        return  # `to_events` says so
    for name in (*NUMBERS, *ITEM_COLUMNS):
        if name not in events:
            continue
        written = events[name]
        numbers = pd.to_numeric(written.astype(object), errors="coerce").astype(float)
        bad = (numbers.isna() & written.notna()) | np.isinf(numbers) | (numbers < 0)
        if name in ITEM_COLUMNS:
            bad |= (numbers != numbers.round()) & numbers.notna() | (numbers > FLOAT_WHOLE)
        if bad.any():
            shown = some(events["event_id"][bad])
            raise RecordError(f"{name} of {shown} is no such number; correct it or leave it out")
    for event, text in zip(events["event_id"], events.get("detail", ()), strict=False):
        if isinstance(text, str):
            content.given_json(text.strip(), f"{visible(event)}: detail")


def _check_once(events: gpd.GeoDataFrame) -> None:
    twice = events["event_id"][events["event_id"].duplicated()]
    if len(twice):
        raise RecordError(f"event_id {some(twice.unique())} stands twice; give each its own")


def _known(events: gpd.GeoDataFrame, known: set[str]) -> None:
    """Refuse events of hazards that are neither known, nor registered, nor divided off."""
    child = [(detail_of(text) or {}).get("role") == "child" for text in events["detail"]]
    registered = events["event_type"] == "registered"
    known = known | set(events["hazard_id"][child]) | set(events["hazard_id"][registered])
    strange = events["hazard_id"][~events["hazard_id"].isin(known)].unique()
    if len(strange):
        raise RecordError(f"hazard {some(strange)} is in the events, not in the hazards; add it")


def _check_words(hazards: gpd.GeoDataFrame) -> None:
    """Refuse words outside the vocabulary, which events may say as well as hazards."""
    for column, words in WORDS.items():
        wrong = hazards[column].notna() & ~hazards[column].isin(words)
        if wrong.any():
            row = hazards[wrong].iloc[0]
            raise RecordError(
                f"{column} {row[column]!r} is unknown ({row['hazard_id']}); valid: "
                f"{', '.join(words)}"
            )


def _log(
    batch: register.Batch, moments: pd.Series[Any] | None, events: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return registrations and other events as one table."""
    _check_once(events)
    if (events["event_type"] == "registered").any():
        raise RecordError("registrations belong into the table of hazards; take them out of events")
    _known(events, set(batch.columns["hazard_id"]))
    frame = batch.frame if moments is None else batch.frame.assign(recorded_at=moments)
    registered = registered_events(frame).assign(detail=batch.details)
    taken = events["event_id"][events["event_id"].isin(registered["event_id"])]
    if len(taken):
        raise RecordError(f"event_id {some(taken)} is that of a registration; give another")
    return pd.concat([registered, events], ignore_index=True)


def _mended(
    log: gpd.GeoDataFrame, tasks: list[dict[str, Any]], now: datetime
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]], int]:
    """Return events and spot tasks without moments in the future, and how many were mended.

    Such moments become the last that can be, one millisecond apart and in their order, and each
    event or task says what its own was.
    """
    said = [each for each in log["recorded_at"] if not pd.isna(each)]
    said += [task[name] for task in tasks for name in _MOMENTS if task.get(name) is not None]
    ahead = sorted({each for each in said if each > now})
    if not ahead:
        return log, tasks, 0
    good = max((each for each in said if each <= now), default=now - len(ahead) * _STEP)
    # Just after a good moment the last ones are milliseconds ahead, as when a store is busy.
    first = max(now - (len(ahead) - 1) * _STEP, good + _STEP)
    new = {moment: first + place * _STEP for place, moment in enumerate(ahead)}
    log, wrong = log.copy(), log["recorded_at"].isin(ahead).to_numpy()
    today = pd.Timestamp(now.astimezone(DAYS_IN).date())
    for place in wrong.nonzero()[0]:
        row = log.iloc[place]
        marks = {MOMENT_WAS: moment_text(row["recorded_at"])}
        kind, day = row["event_type"], row["happened_on"]
        detail = detail_of(row["detail"]) or {}
        if kind in _MOVABLE and day > today and not detail.get("surveyed_on"):
            marks[DAY_WAS] = f"{day:%Y-%m-%d}"
            log.loc[place, "happened_on"] = today
        log.loc[place, "detail"] = content.to_json(marks | detail, keep_missing=True)
        log.loc[place, "recorded_at"] = pd.Timestamp(new[row["recorded_at"]])
    count = int(wrong.sum())
    mended = []
    for task in tasks:
        was = {name: task[name] for name in _MOMENTS if task.get(name) in new}
        changed: dict[str, Any] = {name: new[moment] for name, moment in was.items()}
        if was:
            notes = [f"[{name} was {moment_text(moment)}]" for name, moment in was.items()]
            changed["comment"] = " ".join([*([task["comment"]] if task["comment"] else []), *notes])
            count += 1
        mended.append(task | changed)
    return log, mended, count


def _in_time(log: gpd.GeoDataFrame, tasks: list[dict[str, Any]], now: datetime) -> None:
    """Refuse what has no moment, and days that are yet to come."""
    missing = log["event_id"][log["recorded_at"].isna()]
    if len(missing):
        raise RecordError(f"{some(missing)}: no recorded_at with a time zone; add it")
    today = now.astimezone(DAYS_IN).date()
    future = log["event_id"][log["happened_on"] > pd.Timestamp(today)].tolist()
    future += [task["task_id"] for task in tasks if task["happened_on"] > today]
    if future:
        raise RecordError(
            f"{some(future)}: happened in the future (today is {today}); correct the day"
        )


def _recorded_in_time(log: gpd.GeoDataFrame, tasks: list[dict[str, Any]], now: datetime) -> None:
    """Refuse moments that are yet to come."""
    ahead = log["event_id"][log["recorded_at"] > now].tolist()
    ahead += [
        t["task_id"] for t in tasks if any(t.get(each) and t[each] > now for each in _MOMENTS)
    ]
    if ahead:
        raise RecordError(
            f"{some(ahead)}: recorded in the future (it is {moment_text(now)}); where the clock "
            "ran ahead, mine-geo db import ... --mend-moments (mend_moments=True) mends and "
            "marks them"
        )


def _tasks(tasks: pd.DataFrame | None, *, synthetic: bool) -> list[dict[str, Any]]:
    """Return spot tasks as the table has them."""
    if tasks is None:
        return []
    tasks = spot_tasks.with_position(tasks)
    missing = [name for name in ("task_id", "recorded_at") if name not in tasks]
    if missing:
        raise RecordError(f"the spot tasks have no column {some(missing)}; add it")
    spot_tasks.check_synthetic(tasks, synthetic=synthetic)
    found = []
    for row in tasks.to_dict("records"):
        try:
            said = {str(name): value for name, value in row.items()}
            found.append(spot_tasks.recorded(said, synthetic=synthetic))
        except MineGeoError as error:
            raise type(error)(f"spot task {visible(row['task_id'])}: {error}") from error
    ids = pd.Series([task["task_id"] for task in found])
    if ids.duplicated().any():
        raise RecordError(f"task_id {some(ids[ids.duplicated()])} stands twice; give each its own")
    return found
