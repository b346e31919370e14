"""A file onto the workbench: made ready, recognised if it was there before, checked, written whole.

Made ready (`prepare`) are columns, findings, and which records count. Words stay as they were
written; names of provinces and districts that are known are written in the standard spelling, with
their codes, as the register would have them. Polygons are EPSG:4326, sizes m².
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import insert, select

from mine_geo.errors import OptionError, StoreError, some
from mine_geo.geo import admin_names
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import size_m2, to_multipolygons
from mine_geo.geo.hazards import located
from mine_geo.intake.findings import FINDING_COLUMNS, WAITS, Finding, as_table
from mine_geo.ledger.events import LATER
from mine_geo.store import hazards as hazard_rows
from mine_geo.store import layers
from mine_geo.store.engines import next_moment, sees_all
from mine_geo.store.ledger import register, same_reports, stored
from mine_geo.store.ledger.entries import DAYS_IN, DESCRIBED, Facts
from mine_geo.store.ledger.register import check_synthetic, without_split
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import FINDING, HAZARD, RECORD, SUBMISSION, WAITING, WHAT
from mine_geo.store.workbench import listing
from mine_geo.store.workbench.accept import BATCH
from mine_geo.store.workbench.listing import REPORT
from mine_geo.terms import CRS, HAZARD_COLUMNS, ITEM_COLUMNS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from mine_geo.intake.received import Received
    from mine_geo.store.workbench.accept import Accepted

    Objects = NDArray[np.object_]


_DAYS: Final = ("surveyed_on", "happened_on")
_NUMBERS: Final = ("reported_size_m2", "depth_cm")
_TYPES: Final = {
    **dict.fromkeys(_DAYS, "datetime64[ms]"),
    **dict.fromkeys((*_NUMBERS, *ITEM_COLUMNS), "float64"),
}


@dataclass(frozen=True)
class Table:
    """The records of a file: for the checks as they were written, for the workbench as columns."""

    what: str
    frame: gpd.GeoDataFrame
    """Our columns in known types, trimmed; words and geometry as they were written."""
    columns: stored.Columns
    """The columns of the workbench; provinces and districts in the standard spelling."""
    reading: str
    """A hash of all that the columns say."""

    @classmethod
    def of(cls, received: Received, store: str, *, synthetic: bool) -> Table:
        """Take what was received.

        Raises
        ------
        CRSError
            If it is not in EPSG:4326.
        OptionError
            If it is neither hazards nor reports.
        NotSyntheticError
            If invented records would be mixed with real ones.
        """
        frame = typed(received)
        table = without_split(received.table).reset_index(drop=True)
        _check_synthetic(table, store, synthetic=synthetic)
        ours = (*HAZARD_COLUMNS,) if received.what == "hazards" else (*REPORT, "geometry")
        columns = _columns(frame)
        columns |= {
            "record": (received.numbers + 1).tolist(),
            "extra": content.extra_texts(
                content.extras(table, (*ours, table.geometry.name, "synthetic"))
            ),
        }
        said = (
            json.dumps([name, values], default=str)
            for name, values in columns.items()
            if name != "geometry" and not (name in LATER and not any(values))
        )
        return cls(received.what, frame, columns, content.digest(*said))

    @property
    def bounds(self) -> list[float] | None:
        """How far the polygons reach: minx, miny, maxx, maxy in degrees."""
        shapes = np.array([each for each in self.columns["geometry"] if each], dtype=object)
        return shapely.total_bounds(shapes).tolist() if len(shapes) else None


def typed(received: Received) -> gpd.GeoDataFrame:
    """Return our columns of what was received, in known types and trimmed; no others.

    Raises
    ------
    CRSError
        If it is not in EPSG:4326.
    OptionError
        If it is neither hazards nor reports.
    """
    if received.what not in WHAT:
        raise OptionError(f"what {received.what!r} is unknown; valid: {', '.join(WHAT)}")
    table = received.table
    require_lonlat(table, "submitted records")
    names = dict.fromkeys(("hazard_id", *(DESCRIBED if received.what == "hazards" else REPORT)))
    columns = {name: _typed(table, name).reset_index(drop=True) for name in names}
    return gpd.GeoDataFrame(columns, geometry=list(table.geometry), crs=CRS)


def _columns(frame: gpd.GeoDataFrame) -> stored.Columns:
    """Return what records say as the workbench keeps it."""
    spelled = located(frame) if "province" in frame else {}
    columns = {name: _plain(spelled.get(name, frame[name])) for name in frame if name != "geometry"}
    shapes, drawn = _polygons(frame)
    series = gpd.GeoSeries(list(shapes), index=frame.index, crs=CRS)
    hashes = content.geometry_hashes(series)
    there = ~shapely.is_missing(shapes)
    return {
        **columns,
        "size_m2": size_m2(series).tolist(),
        stored.HASH: [each if has else None for each, has in zip(hashes, there, strict=True)],
        "drawn": drawn,
        "geometry": list(shapes),
    }


def _typed(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in table:
        return pd.Series(None, index=table.index, dtype=_TYPES.get(name, "str"))
    if name in _TYPES:
        numbers: pd.Series[Any] = table[name].astype(_TYPES[name])  # type: ignore[call-overload]
        return numbers
    texts = table[name].astype("str").str.strip()
    return texts.mask(texts == "").astype("str")


def _check_synthetic(table: gpd.GeoDataFrame, store: str, *, synthetic: bool) -> None:
    """Refuse to mix invented records with real ones; files write the mark in several ways."""
    if "synthetic" in table:
        words = table["synthetic"].astype("str").str.strip().str.lower()
        marks = words.isin(("true", "1", "1.0", "yes"))
    else:
        marks = pd.Series(data=False, index=table.index)
    ids = table["hazard_id"].astype(object)
    numbers = pd.Series([f"record {place + 1}" for place in range(len(table))], index=table.index)
    named = pd.DataFrame({"hazard_id": ids.where(ids.notna(), numbers), "synthetic": marks})
    check_synthetic(gpd.GeoDataFrame(named), store, synthetic=synthetic)


@dataclass(frozen=True)
class Prepared:
    """A submission before it is written."""

    table: Table
    judged: stored.Columns
    """The columns that follow from the findings."""
    findings: gpd.GeoDataFrame
    """All findings, see `findings.as_table`; numbered as in the file."""


def prepare(table: Table, findings: gpd.GeoDataFrame) -> Prepared:
    """Say which records could enter the register.

    Parameters
    ----------
    table
        The records.
    findings
        What the reading and the checks have to say, numbered as in the file.
    """
    frame, numbers = table.frame, table.columns["record"]
    said = _with_records(findings, frame["hazard_id"], numbers)
    wrong = _per_record(said, "error", numbers)
    counted = np.zeros(len(frame), dtype=bool)
    if table.what == "hazards":
        drawn = np.array([each is not None for each in table.columns["geometry"]], dtype=bool)
        counted = drawn & (wrong == 0) & frame["kind"].isin(KINDS).to_numpy()
    judged = {
        "errors": wrong.tolist(),
        "warnings": _per_record(said, "warning", numbers).tolist(),
        "counted": counted.tolist(),
    }
    return Prepared(table, judged, said)


def _plain(column: pd.Series[Any]) -> list[Any]:
    if column.name in _DAYS:
        return stored.days(column)
    if column.name in _NUMBERS:
        return stored.floats(content.plain(column))
    if column.name in ITEM_COLUMNS:
        counts = np.where(np.isfinite(column), column, np.nan)
        return [None if np.isnan(each) else round(each) for each in counts.tolist()]
    return content.plain(column)


def _with_records(
    said: gpd.GeoDataFrame, ids: pd.Series[Any], numbers: list[int]
) -> gpd.GeoDataFrame:
    """Return findings, each once; those that name only the hazard get its record."""
    once = ids.notna() & ~ids.duplicated()
    records = pd.Series(numbers, index=ids)[once.to_numpy()]
    named = said["record"].isna() & said["hazard_id"].notna()
    record = said["record"].mask(named, said["hazard_id"].map(records)).astype("Int64")
    found = said.assign(record=record)
    return found.drop_duplicates(["code", "record", "hazard_id", "message"], ignore_index=True)


def _per_record(said: pd.DataFrame, severity: str, numbers: list[int]) -> NDArray[np.int64]:
    """Count the findings of a severity for each record."""
    counts = said.loc[said["severity"] == severity, "record"].value_counts()
    return np.asarray(counts.reindex(numbers, fill_value=0), dtype=np.int64)


def _polygons(frame: gpd.GeoDataFrame) -> tuple[Objects, list[str | None]]:
    """Return polygons as multipolygons, and other geometry as WKB text; None where there is none.

    A coordinate that is no number has no place in a database either.
    """
    shapes = to_multipolygons(frame.geometry)
    kinds = shapely.get_type_id(shapes)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = np.bincount(owner[~np.isfinite(xy).all(axis=1)], minlength=len(shapes)) > 0
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    areal = there & (kinds == shapely.GeometryType.MULTIPOLYGON) & ~broken
    other = there & ~areal
    texts: list[str | None] = [None] * len(shapes)
    for place in np.flatnonzero(other):
        texts[place] = shapely.to_wkb(shapes[place], hex=True)
    shapes[~areal] = None
    return shapes, texts


_WORD: Final = ("known_report", "perhaps_known", "waits_elsewhere", "duplicate_report")
"""The codes of reports of which an officer says whether they are another one or a correction."""


class Submitted(str):
    """The submission_id of a file on the workbench, with what is in it."""

    __slots__ = (
        "changes",
        "errors",
        "foreseen",
        "new",
        "not_in_split",
        "notes",
        "records",
        "same",
        "waiting",
        "warnings",
        "written",
    )
    new: bool
    """False where this file, read in this way, was there already; nothing was written then."""
    written: bool
    """Whether this call wrote it: it is new, and was no dry run."""
    records: int
    waiting: int
    """Records that wait for a decision."""
    same: int
    """Waiting hazards that say what the register says already."""
    not_in_split: int
    """Waiting hazards without a polygon."""
    changes: dict[str, int]
    """Waiting hazards by how they differ from the register, see `Store.submission`."""
    errors: int
    """Findings that keep a record out of the register."""
    warnings: int
    notes: tuple[str, ...]
    foreseen: Accepted | None
    """Of reports: what `accept` would do with those that wait, and what it would leave and why."""


def check(
    connection: Connection,
    received: Received,
    table: gpd.GeoDataFrame,
    *,
    of_reports: bool,
    operator: str | None = None,
) -> gpd.GeoDataFrame:
    """Return what the reading and the checks have to say, with what the store knows.

    Parameters
    ----------
    connection
        A connection to a store.
    received
        What was read.
    table
        Its records, in known types.
    of_reports
        Whether the hazards of reports must be in the register. While they wait their hazards
        may come: then that is seen when they are accepted.
    operator
        Whose file it is.
    """
    if table.empty:
        return received.said()
    try:
        admin = layers.read_admin(connection)
    except StoreError:  # no districts are loaded: then they are not checked
        admin = None
    country = None if admin is None else _country(admin)
    hazards = received.what == "hazards"
    register = None
    if hazards or of_reports:
        asked = hazard_rows.Asked.of(closed=not hazards)
        register = hazard_rows.read(connection, asked, with_waiting=False)
    typed = replace(received, table=table)
    from mine_geo.intake import reading  # noqa: PLC0415 - all readers of files come with it

    found = reading.check_received(typed, admin=admin, country=country, register=register)
    hidden = as_table(_of_others(connection, typed))
    if not hidden.empty:
        found = pd.concat([each for each in (found, hidden) if len(each)], ignore_index=True)
    if not hazards:
        parts = [
            as_table(_columns_of_ids(connection, received)),
            found,
            as_table(_reported(connection, typed, operator)),
        ]
        said = [part for part in parts if not part.empty]
        return pd.concat(said, ignore_index=True) if said else found
    known = as_table(_known(connection, typed))
    if known.empty:
        return found
    # Of land under the same polygon nothing more is said.
    again = (found["code"] == "overlaps_register") & found["record"].isin(known["record"])
    return pd.concat([found[~again], known], ignore_index=True)


def with_foreseen(found: gpd.GeoDataFrame, foreseen: Accepted) -> gpd.GeoDataFrame:
    """Return findings of reports with what `accept` would say of them on the ledger as it stands.

    A report that would be left, of which no finding says yet that it must be mended or waits for
    an officer's word, is one that the ledger refuses.

    Parameters
    ----------
    found
        As from `check`.
    foreseen
        What `accept` would do.
    """
    judged = [each for told in foreseen.reports for each in told.findings]
    told = found[(found["severity"] == "error") | found["code"].isin((*WAITS, *_WORD))]
    said = set(told["record"].dropna())
    judged += [
        Finding("refused", left.why, record=left.record - 1, hazard_id=left.hazard_id)
        for left in foreseen.left
        if left.record not in said
    ]
    if not judged:
        return found
    every = as_table(judged) if found.empty else pd.concat([found, as_table(judged)])
    return every.drop_duplicates(["code", "record", "message"]).sort_values(
        "record", kind="stable", na_position="first", ignore_index=True
    )


def _columns_of_ids(connection: Connection, received: Received) -> Iterator[Finding]:
    """Name the columns of reports without hazards that hold ids of hazards of the register."""
    table = received.table
    lacking = table["hazard_id"].isna().to_numpy(dtype=bool)
    if not lacking.any():
        return
    wanted = [str(name) for name in received.columns.loc[received.columns["ours"].isna(), "source"]]
    texts = {
        name: table.loc[lacking, name].dropna().astype("str").str.strip()
        for name in wanted
        if name in table
    }
    every = sorted({text for each in texts.values() for text in each})
    known: set[str] = set()
    for start in range(0, len(every), BATCH):
        c = HAZARD.c.hazard_id
        known |= set(connection.scalars(select(c).where(c.in_(every[start : start + BATCH]))))
    for name, each in texts.items():
        held = sorted(set(each) & known)
        if held:
            mark = "'" if '"' in name else '"'
            yield Finding(
                "missing_id",
                f"column {name!r} holds ids of hazards of the register ({some(held, 3)}): read it "
                f"with id_column={mark}{name}{mark}",
            )


_OTHERS: Final = {
    "same": "a waiting record of another operator is the same: its polygon is this one",
    "overlaps": "a waiting record of another operator overlaps it",
}


def _of_others(connection: Connection, received: Received) -> Iterator[Finding]:
    """Say on what land a record waits that this user may not see."""
    if sees_all(connection):
        return
    table, hazards = received.table, received.what == "hazards"
    shapes = gpd.GeoSeries(list(_polygons(table)[0]), crs=CRS)
    kinds = _plain(table["kind"]) if hazards else [None] * len(table)
    for place, how in listing.waits_of_others(connection, received.what, kinds, shapes).items():
        own = table["hazard_id"].iloc[place]
        yield Finding(
            "another_waits",
            f"{_OTHERS[how]}; the officer sees both",
            record=int(received.numbers[place]),
            hazard_id=None if pd.isna(own) else str(own),
        )


def _known(connection: Connection, received: Received) -> Iterator[Finding]:
    """Say which polygons are there already under another id."""
    table = received.table
    rows_: Any = register.known_polygons(connection, table, with_waiting=True).itertuples()
    for row in rows_:
        own = table["hazard_id"].iloc[row.place]
        if isinstance(row.submission_id, str):
            where = f"which waits in {row.submission_id}"
            mend = (
                "reject that one if this is the right id, and submit this file again (again=True)"
            )
        else:
            where = "as it was once drawn in the register" if row.drawn else "of the register"
            mend = (
                f"send it as {row.other}, or take the column that says so (id_column=...); if it "
                "truly is another hazard, register it with same_polygons=True"
            )
        yield Finding(
            "known_polygon",
            f"its polygon is that of {row.other}, {where}: one hazard under two ids; {mend}",
            record=int(received.numbers[row.place]),
            hazard_id=None if pd.isna(own) else str(own),
        )


def _reported(
    connection: Connection, received: Received, operator: str | None
) -> Iterator[Finding]:
    """Say which reports are in the ledger already, or wait in another file."""
    table = same_reports.with_parts(received.table.assign(record=received.numbers))
    for number, known in same_reports.find(connection, table, operator=operator).items():
        yield from known.findings(number)


def _country(admin: gpd.GeoDataFrame) -> Any:
    """Return the union of the districts; None where an office holds those of some provinces."""
    every = set(admin_names.units()["province_code"])
    if not every <= set(admin["province_code"]):
        return None
    return shapely.union_all(admin.geometry.to_numpy())


def there_already(connection: Connection, received: Received, table: Table) -> Submitted | None:
    """Return the submission of this very file, read in this very way; None if there is none."""
    found = _of_file(connection, received)
    same = [row for row in found if row.reading_hash == _reading(received, table)]
    if not same:
        return None
    day = same[0].received_at.astimezone(DAYS_IN).date()
    note = f"this very file was submitted on {day} as {same[0].submission_id}"
    return _result(connection, same[0].submission_id, new=False, notes=(note,))


def _of_file(connection: Connection, received: Received) -> Sequence[Any]:
    """Return the submissions of these bytes, the newest first."""
    c = SUBMISSION.c
    query = select(c.submission_id, c.received_at, c.reading_hash)
    where = c.checksum == received.source.checksum
    return connection.execute(query.where(where).order_by(c.fid.desc())).all()


def _reading(received: Received, table: Table) -> str:
    """Return the hash of how a file was read, and of what came out."""
    source = received.source
    how = (source.format, source.layer, source.profile, source.crs, source.operation)
    said = []
    if received.what == "reports":  # the same cells, of which an officer or a profile says more
        said = [
            f"{each.record}:{each.code}" for each in received.findings if each.record is not None
        ]
    return content.digest(received.what, *(each or "" for each in how), table.reading, *said)


def submit(
    connection: Connection,
    received: Received,
    prepared: Prepared,
    facts: Facts,
    *,
    again: bool,
    synthetic: bool,
    dry_run: bool = False,
) -> tuple[Submitted, str]:
    """Write a submission that is not there yet, within the write transaction.

    See `Store.submit`. A dry run writes nothing: what it returns says what would be.

    Returns
    -------
    Submitted
        What is in it.
    str
        Its id; of a dry run one that holds what would be written, see `submissions.Unwritten`.
    """
    done = None if again else there_already(connection, received, prepared.table)
    if done is not None:
        return done, str(done)
    before = _of_file(connection, received)
    notes = []
    if before:
        same = before[0].reading_hash == _reading(received, prepared.table)
        how = "in the same way" if same else "in another way"
        notes.append(f"this file was read {how} before, as {before[0].submission_id}")
    if not sees_all(connection):
        notes.append(
            "compared with the register and your own submissions; with what else waits by its land "
            "alone"
        )
    now = next_moment(connection)
    count = listing.submitted_so_far(connection)
    name = f"S-{count + 1:04d}"
    if dry_run:
        name = _unwritten(name, now, received, prepared, facts)
    else:
        _write(connection, name, now, received, prepared, facts, synthetic=synthetic)
    return _result(connection, name, new=True, notes=tuple(notes)), name


def _unwritten(
    name: str, now: datetime, received: Received, prepared: Prepared, facts: Facts
) -> listing.Unwritten:
    """Return a submission as it would be read, had it been written."""
    tried = listing.Unwritten(name)
    tried.what, tried.operator, tried.received_at = received.what, facts.operator, now
    kept = [each for each in RECORD.columns if each.name not in {"fid", "submission_id"}]
    count = len(prepared.table.frame)
    values = {**prepared.table.columns, **prepared.judged, "state": [WAITING] * count}
    found = rows.as_read(kept, values, count).sort_values("record", ignore_index=True)
    tried.records = gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)
    tried.findings = prepared.findings[list(FINDING_COLUMNS)]
    return tried


def _write(
    connection: Connection,
    name: str,
    now: datetime,
    received: Received,
    prepared: Prepared,
    facts: Facts,
    *,
    synthetic: bool,
) -> None:
    """Write a submission within the write transaction."""
    source = received.source
    mapping = received.columns.astype(object).where(received.columns.notna(), None)
    values = {
        "submission_id": name,
        "received_at": now,
        "submitted_by": facts.recorded_by,
        "operator": facts.operator,
        "comment": facts.comment,
        "what": received.what,
        "file": source.name,
        "path": source.path,
        "mapping": content.to_json(
            {"columns": [content.plain_value(row) for row in mapping.to_dict("records")]}
        ),
        "reading_hash": _reading(received, prepared.table),
        "synthetic": synthetic,
    }
    own = ("checksum", "bytes", "format", "layer", "profile", "crs", "operation", "accuracy_m")
    values |= {each: getattr(source, each) for each in own}
    values |= {each: getattr(source, each) for each in ("closed_left_out", "closed_m2")}
    connection.execute(insert(SUBMISSION).values(values))
    _write_records(connection, name, prepared)
    bounds = {RECORD.name: prepared.table.bounds}
    for table in (SUBMISSION, RECORD, FINDING):
        gpkg.touch(connection, table.name, now, bounds.get(table.name))


def _write_records(connection: Connection, name: str, prepared: Prepared) -> None:
    count = len(prepared.table.frame)
    same = {"submission_id": [name] * count, "state": [WAITING] * count}
    rows.insert_rows(connection, RECORD, {**prepared.table.columns, **prepared.judged, **same})
    said = prepared.findings
    columns = {each: content.plain(said[each]) for each in ("hazard_id", "code", "severity")}
    columns |= {
        "submission_id": [name] * len(said),
        "message": said["message"].tolist(),
        "record": content.plain(said["record"]),
        "geometry": list(said.geometry),
    }
    rows.insert_rows(connection, FINDING, columns)


def _result(connection: Connection, name: str, *, new: bool, notes: tuple[str, ...]) -> Submitted:
    """Return what is in a submission now, or would be."""
    done = Submitted(name)
    done.new, done.notes, done.foreseen = new, notes, None
    counts: Any
    if isinstance(name, listing.Unwritten):
        done.written, counts = False, listing.counts_of(name)
    else:
        done.written, counts = new, listing.listed(connection, name).iloc[0]
    done.records, done.waiting = int(counts["records"]), int(counts["waiting"])
    done.errors, done.warnings = int(counts["errors"]), int(counts["warnings"])
    done.not_in_split = int(counts["not_in_split"])
    done.changes = {}
    if counts["what"] == "hazards":
        done.changes = listing.changes(connection, name)
    done.same = done.changes.get(listing.SAME, 0)
    return done
