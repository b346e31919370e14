"""A file onto the workbench: recognised if it was there before, checked, written whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import func, insert, select

from mine_geo.errors import StoreError, some
from mine_geo.geo import admin_names
from mine_geo.intake.findings import FINDING_COLUMNS, WAITS, Finding, as_table
from mine_geo.store import hazards as hazard_rows
from mine_geo.store import layers
from mine_geo.store.engines import next_moment
from mine_geo.store.ledger import register, same_reports
from mine_geo.store.ledger.entries import DAYS_IN, Facts
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import (
    FINDING,
    HAZARD,
    RECORD,
    SUBMISSION,
    WAITING,
)
from mine_geo.store.workbench import compare, listing
from mine_geo.store.workbench.accept import BATCH
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from mine_geo.intake.received import Received
    from mine_geo.store.workbench.accept import Accepted
    from mine_geo.store.workbench.prepare import Prepared
    from mine_geo.store.workbench.prepare import Table as Records


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


def there_already(connection: Connection, received: Received, table: Records) -> Submitted | None:
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


def _reading(received: Received, table: Records) -> str:
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
    now = next_moment(connection)
    count = connection.scalar(select(func.count()).select_from(SUBMISSION)) or 0
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
    done.same = done.changes.get(compare.SAME, 0)
    return done
