"""What is on the workbench: the files received, their records, and what the checks say of them.

Submitted hazards are set beside the register as it stands (`compare`): what is new, redrawn,
described otherwise. What a record leaves empty says nothing: the register keeps what it has.
Polygons are compared by their edges (EPSG:4326), sizes are m².
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Table, case, func, or_, select, text

from mine_geo.errors import UnknownNameError
from mine_geo.geo.cells import changed
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.geo.snapshots import same_outlines
from mine_geo.intake.checks.reports import OF_ONE
from mine_geo.intake.findings import FINDING_COLUMNS, SEVERITIES, WAITS, as_table
from mine_geo.ledger.fold import PARENT
from mine_geo.store.engines import refuse_partial, session_statement
from mine_geo.store.hazards import in_register
from mine_geo.store.ledger import stored
from mine_geo.store.ledger.entries import DESCRIBED, id_of
from mine_geo.store.ledger.stored import HASH, MANY
from mine_geo.store.schema import content, rows
from mine_geo.store.schema.models import EVENT, FINDING, HAZARD, RECORD, STATES, SUBMISSION, WAITING
from mine_geo.tables.accounts import DESK_COLUMNS
from mine_geo.terms import CRS, EVENT_TYPES, ITEM_COLUMNS, OVERRULED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection

    from mine_geo.store.ledger.judging import Judged
    from mine_geo.store.workbench.accept import Left, Told

    Said = dict[str, Any]
    Places = NDArray[np.intp]
    Values = dict[str, NDArray[np.object_]]


NEW: Final = "new"
SAME: Final = "same"
CLOSED: Final = "closed"
NO_POLYGON: Final = "no polygon"
REDRAWN: Final = "redrawn"
OTHERWISE: Final = "described"

_UNITS: Final = ("province", "district")
_CODES: Final = tuple(f"{unit}_code" for unit in _UNITS)
_PLAIN: Final = tuple(name for name in DESCRIBED if name not in {"status", *_UNITS, *_CODES})
_KEPT: Final = (*_PLAIN, *_UNITS, *_CODES, "status", "in_workbench", "size_m2", "extra", HASH)
_SAID: Final = (*_PLAIN, *_UNITS, *_CODES, "extra", HASH)
_DRAWN: Final = ("registered", "amended")


def compare(
    connection: Connection, records: gpd.GeoDataFrame, judged: Judged | None = None
) -> pd.DataFrame:
    """Compare submitted hazards with the register as it stands.

    Parameters
    ----------
    connection
        A connection to a store.
    records
        Submitted hazards: the columns of the workbench.
    judged
        What was judged of all these hazards: compare with the register as it will be after it.

    Returns
    -------
    pandas.DataFrame
        On the index of `records`: `change` (`new`, `same`, `redrawn`, `described`,
        `redrawn, described`, `no polygon`, `closed`: nothing is left of it in the register),
        `redrawn` (bool), `described` (a dictionary: what it says otherwise), `confirms` (bool: a
        SHA is a CHA now), `register_size_m2`, `gained_m2`, `lost_m2` (Int64; null where there is
        nothing to compare), `changed` (text).
    """
    ids = records["hazard_id"].astype(object)
    wanted = ids.dropna().unique().tolist()
    there = _register(connection, wanted) if judged is None else _after(judged, wanted)
    at = there.index.get_indexer(ids)
    known = at >= 0
    if known.all():
        return _beside_register(connection, records, there, at, judged)
    alone = records[~known]
    nothing = pd.array([None] * len(alone), dtype="Int64")
    new = pd.DataFrame(
        {
            "change": np.where(alone[HASH].isna(), NO_POLYGON, NEW),
            "redrawn": False,
            "described": [{} for _ in range(len(alone))],
            "confirms": False,
            **dict.fromkeys(("register_size_m2", "gained_m2", "lost_m2"), nothing),
            "changed": None,
        },
        index=alone.index,
    )
    if not known.any():
        return new
    beside = _beside_register(connection, records[known], there, at[known], judged)
    return pd.concat([beside, new]).loc[records.index]


def _beside_register(
    connection: Connection,
    records: gpd.GeoDataFrame,
    there: gpd.GeoDataFrame,
    at: Places,
    judged: Judged | None,
) -> pd.DataFrame:
    """Compare hazards that are in the register with it; `at` says where each is in `there`."""
    old = {name: np.array(content.plain(there[name]), dtype=object)[at] for name in _KEPT}
    new = {name: np.array(content.plain(records[name]), dtype=object) for name in _SAID}
    drawn = ~_missing(new[HASH])
    closed = old["status"] == CLOSED
    other = drawn & ~closed & (new[HASH] != old[HASH])
    shapes = there.geometry.to_numpy()[at]
    other[other] = ~same_outlines(records.geometry.to_numpy()[other], shapes[other])
    events = None if judged is None else judged.events
    before = _as_drawn_before(connection, records[other], old["size_m2"][other], events)
    redrawn = other & ~records.index.isin(list(before))
    described = _described(new, old)
    gained, lost = _moved(records, there, at, redrawn)
    says = np.array([bool(each) for each in described], dtype=bool)
    found = {
        "change": np.select(
            [~drawn, closed, redrawn & says, redrawn, says],
            [NO_POLYGON, CLOSED, f"{REDRAWN}, {OTHERWISE}", REDRAWN, OTHERWISE],
            SAME,
        ),
        "redrawn": redrawn,
        "described": described,
        "confirms": (old["area_type"] == "SHA") & (new["area_type"] == "CHA"),
        "register_size_m2": pd.array(old["size_m2"], dtype="Int64"),
        "gained_m2": gained,
        "lost_m2": lost,
        "changed": [
            _text(said, place, old, before.get(label))
            for place, (label, said) in enumerate(zip(records.index, described, strict=True))
        ],
    }
    return pd.DataFrame(found, index=records.index)


def _register(connection: Connection, ids: list[str]) -> gpd.GeoDataFrame:
    """Return those of the hazards that are in the register, by id."""
    names = ("hazard_id", *_KEPT, "geometry")
    where: list[ColumnElement[bool]] = [HAZARD.c.status.is_not(None)]
    if len(ids) <= MANY:
        where.append(HAZARD.c.hazard_id.in_(ids))
    found = rows.read(connection, [HAZARD.c[name] for name in names], where)
    found = found[found["hazard_id"].isin(set(ids))]
    return gpd.GeoDataFrame(found.set_index("hazard_id"))


def _after(judged: Judged, ids: list[str]) -> gpd.GeoDataFrame:
    """Return those of the hazards that are in the register after what was judged, by id."""
    found = judged.after.hazards
    found = found[found["hazard_id"].isin(ids)]
    columns = stored.columns_after(found)
    table = gpd.GeoDataFrame(columns, geometry="geometry", crs=CRS)
    return gpd.GeoDataFrame(table.set_index("hazard_id")[[*_KEPT, "geometry"]])


def _missing(values: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.array([value is None for value in values], dtype=bool)


def _described(new: Values, old: Values) -> list[Said]:
    """Return what each record says otherwise than the register, by column."""
    found: list[Said] = [{} for _ in range(len(new[HASH]))]
    for name in _PLAIN:
        for place in np.flatnonzero(~_missing(new[name]) & (new[name] != old[name])):
            found[place][name] = new[name][place]
    for unit, code in zip(_UNITS, _CODES, strict=True):
        nameless, codeless = _missing(new[unit]), _missing(new[code])
        same = (new[unit] == old[unit]) & (codeless | (new[code] == old[code]))
        for place in np.flatnonzero(~same & ~(nameless & codeless)):
            found[place] |= {unit: new[unit][place], code: new[code][place]}
    for place in np.flatnonzero(old["in_workbench"] == np.True_):
        found[place]["in_workbench"] = False
    for place in np.flatnonzero(~_missing(new["extra"]) & (new["extra"] != old["extra"])):
        other = _further(new["extra"][place], old["extra"][place])
        if other:
            found[place]["extra"] = other
    return found


def _further(new: str, old: str | None) -> Said:
    """Return the further columns that say something else; 3 and "3" are the same."""
    before = content.from_json(old)
    said = {name: value for name, value in content.from_json(new).items() if value is not None}
    return {
        name: value
        for name, value in said.items()
        if name != PARENT and str(value) != str(before.get(name))
    }


def _as_drawn_before(
    connection: Connection,
    records: gpd.GeoDataFrame,
    left_m2: NDArray[Any],
    events: gpd.GeoDataFrame | None,
) -> dict[Any, str]:
    """Return the records whose polygon is the one last drawn, before releases, with the m² since.

    Many sources keep the whole polygon while a hazard is worked on; that says nothing new.
    `events` are those of the hazards; None: those of the store.
    """
    if records.empty:
        return {}
    ids = set(records["hazard_id"])
    events = _drawn_events(connection, ids) if events is None else events
    kept = events["event_type"].isin((*_DRAWN, "transferred")) & events["hazard_id"].isin(ids)
    events = events[kept & ~events["event_id"].isin(events["retracts"].dropna())]
    moved = set(events.loc[events["event_type"] == "transferred", "hazard_id"])
    rank = events["event_type"].map(EVENT_TYPES.index)
    last = events.assign(rank=rank).sort_values(["happened_on", "rank", "event_id"])
    last = gpd.GeoDataFrame(last.drop_duplicates("hazard_id", keep="last"))
    at_first = last.set_index("hazard_id").geometry.reindex(records["hazard_id"])
    same = same_outlines(records.geometry.to_numpy(), at_first.to_numpy())
    said = zip(records.index, records["hazard_id"], same, records["size_m2"], left_m2, strict=True)
    return {
        label: f"drawn as before, of which {size - left:,} m² were released"
        for label, hazard, as_before, size, left in said
        if as_before and hazard not in moved
    }


def _drawn_events(connection: Connection, ids: set[str]) -> gpd.GeoDataFrame:
    """Read what was drawn of hazards, without what was retracted."""
    c = EVENT.c
    names = ("hazard_id", "event_type", "happened_on", "event_id", "retracts", "geometry")
    retracted = select(c.retracts).where(c.retracts.is_not(None)).scalar_subquery()
    where = [c.event_type.in_((*_DRAWN, "transferred")), c.event_id.not_in(retracted)]
    if len(ids) <= MANY:
        where.append(c.hazard_id.in_(ids))
    return gpd.GeoDataFrame(rows.read(connection, [c[name] for name in names], where))


def _moved(
    records: gpd.GeoDataFrame, there: gpd.GeoDataFrame, at: Places, redrawn: NDArray[np.bool_]
) -> tuple[Any, Any]:
    """Return the m² that redrawn polygons gain and lose; their difference is that of the sizes."""
    valid = redrawn & shapely.is_valid(records.geometry.to_numpy())
    new = records.geometry.to_numpy()[valid]
    old = there.geometry.to_numpy()[at[valid]]
    more = np.rint(exact_size_m2(shapely.difference(new, old))).astype(np.int64)
    change = records["size_m2"].to_numpy()[valid] - there["size_m2"].to_numpy()[at[valid]]
    more = np.maximum(more, change)  # each size is rounded by itself
    gained, lost = (pd.array([None] * len(records), dtype="Int64") for _ in range(2))
    gained[valid], lost[valid] = more, more - change
    return gained, lost


def _text(said: Said, place: int, old: Values, before: str | None) -> str | None:
    """Return in words what a record says otherwise."""
    flat = {name: value for name, value in said.items() if name not in {"extra", *_CODES}}
    parts = [] if before is None else [before]
    parts += [
        f"{name}: {_word(old[name][place])} -> {_word(value)}" for name, value in flat.items()
    ]
    codes = [code for code in _CODES if code in said and said[code] != old[code][place]]
    parts += [f"{code}: {_word(old[code][place])} -> {_word(said[code])}" for code in codes]
    further = content.from_json(old["extra"][place])
    parts += [
        changed(name, _word(further.get(name)), _word(value))
        for name, value in said.get("extra", {}).items()
    ]
    return "; ".join(parts) or None


def _word(value: Any) -> str:
    if value is None:
        return "nothing"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


REPORT: Final = (
    "event_id",
    "hazard_id",
    "event_type",
    "happened_on",
    "operator",
    "report_ref",
    "reported_size_m2",
    *ITEM_COLUMNS,
    "depth_cm",
    "comment",
)
COUNTS: Final = (
    "records",
    *STATES,
    "not_in_split",
    "errors",
    "warnings",
    "closed_left_out",
    "closed_m2",
    "waiting_m2",
)
LISTED: Final = (
    "submission_id",
    "received_at",
    "file",
    "format",
    "what",
    "operator",
    "submitted_by",
    "operation",
    *COUNTS,
)
FORESEEN: Final = ("had_m2", "released_m2", "outside_m2", "left_m2")
"""What an acceptance would do with a report, m²."""
_DECISION: Final = ("state", "why", "did", "decided_at", "decided_by", "errors", "warnings")
_ORDER: Final = ("size_m2", "register_size_m2", "gained_m2", "lost_m2", "change", "changed")


class Unwritten(str):
    """A submission that is tried and not written: the id that it would have, and what it holds.

    All that reads a submission by its id takes it: so what is tried is judged as what is written.
    """

    __slots__ = ("findings", "operator", "received_at", "records", "what")
    what: str
    operator: str | None
    received_at: datetime
    records: gpd.GeoDataFrame
    """As `records` reads them."""
    findings: gpd.GeoDataFrame
    """As `findings` reads them."""

    @property
    def submission_id(self) -> Unwritten:
        """Itself: it stands for its row too."""
        return self


@dataclass(frozen=True, eq=False)
class Examined:
    """One submission: where it came from, its records beside the register, its findings."""

    submission_id: str
    what: str
    facts: pd.DataFrame
    """`what` and `value`: the file, how it was read, the datum transformation, the counts."""
    columns: pd.DataFrame
    """Which column of the file went where."""
    records: gpd.GeoDataFrame
    """One row a record, see `Store.submission`."""
    findings: gpd.GeoDataFrame
    """See `findings.as_table`; of reports with what the judging finds."""
    foreseen: tuple[Told, ...] = ()
    """Of waiting reports, what accepting each would do."""

    def foreseeing(self, told: Sequence[Told], left: Sequence[Left]) -> Examined:
        """Return the same with what an acceptance would do with its reports."""
        numbers = self.records["record"]
        by_record = {each.record: each for each in told}
        table = self.records.copy()
        for name in FORESEEN:
            said = [getattr(by_record.get(number), name, None) for number in numbers]
            table[name] = pd.Series(said, index=table.index, dtype="Int64")
        notes = ["; ".join(by_record[n].notes) if n in by_record else None for n in numbers]
        over = [", ".join(by_record[n].hazards) if n in by_record else None for n in numbers]
        because = dict(
            zip((each.record for each in left), (each.why for each in left), strict=True)
        )
        table = table.assign(
            hazards=pd.Series(over, index=table.index, dtype="str"),
            notes=pd.Series(notes, index=table.index, dtype="str"),
            left_because=pd.Series(
                [because.get(number) for number in numbers], index=table.index, dtype="str"
            ),
        )
        order = [*table.columns.drop("geometry"), "geometry"]
        judged = as_table([found for each in told for found in each.findings])
        said = judged if self.findings.empty else pd.concat([self.findings, judged])
        said = said.sort_values("record", kind="stable", na_position="first", ignore_index=True)
        return replace(self, records=table[order], findings=said, foreseen=tuple(told))


def listed(connection: Connection, name: str | None = None) -> pd.DataFrame:
    """Return one row for each submission, oldest first; see `Store.submissions`."""
    s, r, f = SUBMISSION.c, RECORD.c, FINDING.c
    own = [s[each] for each in LISTED if each in s]
    table = rows.read(connection, own, _only(SUBMISSION, name), [s.fid])
    bare = (s.what == "hazards") & r[HASH].is_(None)
    sums = (func.count(), func.sum(case((bare, 1), else_=0)), func.sum(r.size_m2))
    query = select(r.submission_id, r.state, *sums).join(SUBMISSION)
    found = connection.execute(
        query.where(*_only(RECORD, name)).group_by(r.submission_id, r.state)
    ).all()
    counts: dict[tuple[str, str], int] = {}
    for submission, state, count, without, size in found:
        counts[submission, state] = count
        counts[submission, "records"] = counts.get((submission, "records"), 0) + count
        if state == WAITING:
            counts[submission, "not_in_split"], counts[submission, "waiting_m2"] = without, size
    query = select(f.submission_id, f.severity, func.count()).where(*_only(FINDING, name))
    for submission, severity, count in connection.execute(
        query.group_by(f.submission_id, f.severity)
    ):
        counts[submission, f"{severity}s"] = count
    for each in COUNTS:
        if each not in table:
            said = [int(counts.get((submission, each), 0)) for submission in table["submission_id"]]
            table[each] = np.array(said, dtype=np.int64)
    return table[list(LISTED)]


def counts_of(tried: Unwritten) -> dict[str, Any]:
    """Return of a submission that is not written what `listed` counts of one that is."""
    found = tried.records
    bare = found[HASH].isna().sum() if tried.what == "hazards" else 0
    said = tried.findings["severity"].value_counts()
    every = {"records": len(found), "waiting": len(found), "not_in_split": int(bare)}
    counted = {f"{each}s": int(said.get(each, 0)) for each in SEVERITIES}
    return {"what": tried.what, **every, **counted}


def _only(table: Table, name: str | None) -> list[ColumnElement[bool]]:
    return [] if name is None else [table.c.submission_id == name]


def known(connection: Connection, name: Any) -> Any:
    """Return the row of a submission.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    if isinstance(name, Unwritten):
        return name
    wanted = id_of(name, "submission_id")
    found = connection.execute(
        select(SUBMISSION).where(SUBMISSION.c.submission_id == wanted)
    ).one_or_none()
    if found is None:
        raise UnknownNameError(f"no submission {wanted} in this store; submissions() lists them")
    return found


def records(
    connection: Connection, name: str, *, waiting: bool = False, numbers: set[int] | None = None
) -> gpd.GeoDataFrame:
    """Read the records of a submission in the order of the file, as they are kept.

    Parameters
    ----------
    connection
        A connection to a store.
    name
        The submission.
    waiting
        Only those that wait.
    numbers
        Only these, from 1.
    """
    if isinstance(name, Unwritten):  # of which all wait
        found = name.records
        mine = slice(None) if numbers is None else found["record"].isin(numbers)
        return gpd.GeoDataFrame(found[mine].reset_index(drop=True))
    where = _only(RECORD, name)
    if waiting:
        where.append(RECORD.c.state == WAITING)
    if numbers is not None and len(numbers) <= MANY:
        where.append(RECORD.c.record.in_(numbers))
    columns = [each for each in RECORD.columns if each.name not in {"fid", "submission_id"}]
    found = rows.read(connection, columns, where, [RECORD.c.record])
    if numbers is not None:
        found = found[found["record"].isin(numbers)].reset_index(drop=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)


def outlines(connection: Connection) -> gpd.GeoDataFrame:
    """Return the polygons of all waiting hazards, whether a total counts them or not."""
    where = [
        RECORD.c.submission_id == SUBMISSION.c.submission_id,
        SUBMISSION.c.what == "hazards",
        RECORD.c.state == WAITING,
        RECORD.c.geometry.is_not(None),
    ]
    names = ("hazard_id", "kind", "submission_id", "geometry")
    found = rows.read(connection, [RECORD.c[name] for name in names], where, [RECORD.c.fid])
    return gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)


def received(connection: Connection, moment: datetime | None) -> pd.DataFrame:
    """Return each record that was received by a moment, and its state then: `DESK_COLUMNS`.

    Raises
    ------
    StoreError
        If this user sees only a part of what waits.
    """
    refuse_partial(connection)
    r, s = RECORD.c, SUBMISSION.c
    where = [r.submission_id == s.submission_id]
    if moment is not None:
        where.append(s.received_at <= moment)
    columns = [s[name] if name in {"what", "received_at"} else r[name] for name in DESK_COLUMNS]
    found = rows.read(connection, columns, where, [s.fid, r.record])
    if moment is not None:
        later = found["decided_at"] > pd.Timestamp(moment)
        found["state"] = found["state"].mask(later, WAITING)
        found["decided_at"] = found["decided_at"].mask(later)
    return pd.DataFrame(found)


def submitted_so_far(connection: Connection) -> int:
    """Return how many submissions there are, whoever may see which."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(select(func.mine_geo.submitted_so_far())) or 0)
    return connection.scalar(select(func.count()).select_from(SUBMISSION)) or 0


def waits_of_others(
    connection: Connection, what: str, kinds: list[str | None], shapes: gpd.GeoSeries
) -> dict[int, str]:
    """Say of which polygons a record waits that another person submitted: `same` or `overlaps`.

    For one who may not see that record (an operator): the server looks, and tells no more of it.
    Whoever asks often enough could still draw its outline; each file submitted says who asked.

    Parameters
    ----------
    connection
        A connection to a server.
    what
        `hazards` or `reports`.
    kinds
        The kind of each; None of reports.
    shapes
        Multipolygons in EPSG:4326; None where there is none.

    Returns
    -------
    dict
        By place.
    """
    places = [place for place, shape in enumerate(shapes) if shape is not None]
    hashes = content.geometry_hashes(shapes)
    asked = {
        "what": what,
        "kinds": [kinds[place] for place in places],
        "hashes": [hashes[place] for place in places],
        "drawn": [shapely.to_wkb(shapes.iloc[place]) for place in places],
    }
    found = connection.execute(text(session_statement("waits_of_others")), asked)
    return {places[row.place - 1]: row.how for row in found if row.how is not None}


def claimed(connection: Connection) -> gpd.GeoDataFrame:
    """Return id, kind and place of all that waits and says that something is there.

    Those are hazards, and reports that draw one anew or confirm it; id and place may be missing.
    A place that is no polygon, as a point, stands as it was drawn.

    Raises
    ------
    StoreError
        If this user sees only a part of what waits.
    """
    refuse_partial(connection)
    where = [
        RECORD.c.submission_id == SUBMISSION.c.submission_id,
        or_(SUBMISSION.c.what == "hazards", RECORD.c.event_type.in_(OF_ONE)),
        RECORD.c.state == WAITING,
    ]
    names = ("hazard_id", "kind", "drawn", "geometry")
    found = rows.read(connection, [RECORD.c[name] for name in names], where, [RECORD.c.fid])
    drawn = [None if pd.isna(text) else bytes.fromhex(text) for text in found["drawn"]]
    as_drawn = gpd.GeoSeries(shapely.from_wkb(np.array(drawn, dtype=object)), crs=CRS)
    places = found["geometry"].where(found["geometry"].notna(), as_drawn)
    table = found[["hazard_id", "kind"]]
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(places, crs=CRS))


def changes(connection: Connection, name: str) -> dict[str, int]:
    """Count the waiting hazards of a submission by how they differ from the register."""
    names = ("record", "hazard_id", HASH)
    if isinstance(name, Unwritten):
        light = pd.DataFrame(name.records[list(names)])
    else:
        where = [*_only(RECORD, name), RECORD.c.state == WAITING]
        light = rows.read(connection, [RECORD.c[each] for each in names], where)
    there = light["hazard_id"].isin(in_register(connection, set(light["hazard_id"].dropna()), None))
    bare = light[HASH].isna()
    found = Counter({NEW: int((~there & ~bare).sum())})
    found[NO_POLYGON] = int((~there & bare).sum())
    if there.any():
        same = records(connection, name, waiting=True, numbers=set(light.loc[there, "record"]))
        found.update(compare(connection, same)["change"])
    return {change: count for change, count in found.items() if count}


def findings(connection: Connection, name: str) -> gpd.GeoDataFrame:
    """Read the findings of a submission, as `findings.as_table` has them."""
    if isinstance(name, Unwritten):
        return name.findings
    columns = [FINDING.c[each] for each in (*FINDING_COLUMNS[:-1], "geometry")]
    found = rows.read(connection, columns, _only(FINDING, name), [FINDING.c.fid])
    found = gpd.GeoDataFrame(found, geometry="geometry", crs=CRS).rename_geometry("place")
    return found.astype({"record": "Int64"})


def errors_of(
    connection: Connection, name: str, records: pd.DataFrame, overruled: Collection[str] = ()
) -> dict[int, str]:
    """Return the errors of records that have some, in words, by number; without those overruled."""
    wrong = records.loc[records["errors"] > 0, "record"]
    if wrong.empty:
        return {}
    said = findings(connection, name)
    said = said[(said["severity"] == "error") & said["record"].isin(wrong)]
    said = said[~said["code"].isin(list(overruled))]
    return {
        int(number): in_words_of(list(zip(rows["code"], rows["message"], strict=True)))
        for number, rows in said.groupby("record")
    }


def overruled(connection: Connection, name: str, codes: Collection[str]) -> dict[int, list[str]]:
    """Return which of these errors the records of a submission have, by number."""
    found = defaultdict[int, list[str]](list)
    for record, code in _codes(connection, name, codes):
        found[record].append(code)
    return found


def _codes(
    connection: Connection, name: str, codes: Collection[str]
) -> list[tuple[int, str]]:  # fmt: skip
    """Return the records of a submission of which one of these codes is said, with the code."""
    if isinstance(name, Unwritten):
        said = name.findings
        said = said[said["code"].isin(list(codes)) & said["record"].notna()]
        return [(int(n), code) for n, code in zip(said["record"], said["code"], strict=True)]
    f = FINDING.c
    where = (f.submission_id == name, f.code.in_(list(codes)), f.record.is_not(None))
    query = select(f.record, f.code).where(*where)
    return [(record, code) for record, code in connection.execute(query)]


def in_words_of(errors: Sequence[tuple[str, str]]) -> str:
    """Say errors of one record in a line: code and message of each, and whether they can be true.

    Examples
    --------
    >>> in_words_of([("no_land", "no polygon of the land; ask for it")])
    'no_land: no polygon of the land; ask for it'
    >>> in_words_of([("mostly_beyond", "900 of its 1,000 m² never were in AP-1")])
    'mostly_beyond: 900 of its 1,000 m² never were in AP-1; if it is true all the same, accept it
    by its number with despite="mostly_beyond"'
    """
    said = "; ".join(dict.fromkeys(f"{code}: {message}" for code, message in errors))
    codes = sorted({code for code, _ in errors})
    if not set(codes) <= set(OVERRULED):
        return said
    words = " ".join(f'despite="{code}"' for code in codes)
    return f"{said}; if it is true all the same, accept it by its number with {words}"


def unvalidated(connection: Connection, name: str) -> dict[int, str]:
    """Return the code of the records that wait for an officer's word, by number."""
    return dict(_codes(connection, name, WAITS))


def examine(connection: Connection, name: Any) -> Examined:
    """Return a submission as it stands beside the register; see `Store.submission`."""
    row = known(connection, name)
    found = records(connection, row.submission_id)
    said = content.from_json(row.mapping).get("columns", [])
    return Examined(
        row.submission_id,
        row.what,
        _facts(row, listed(connection, row.submission_id).iloc[0]),
        pd.DataFrame(said, columns=["source", "ours", "how", "filled", "example"]),
        _beside(connection, row.what, found),
        findings(connection, row.submission_id),
    )


def _facts(row: Any, counts: pd.Series[Any]) -> pd.DataFrame:
    accuracy = "not known" if row.accuracy_m is None else f"{row.accuracy_m:g} m"
    facts = {
        "submission": row.submission_id,
        "received": row.received_at.isoformat(timespec="seconds"),
        "submitted by": row.submitted_by,
        "operator": row.operator,
        "comment": row.comment,
        "what": row.what,
        "file": row.file,
        "path": row.path,
        "bytes": f"{row.bytes:,}",
        "SHA-256": row.checksum,
        "format": row.format,
        "layer": row.layer,
        "profile": row.profile,
        "reference system": row.crs,
        "datum transformation": row.operation or "none: the data stand on WGS 84",
        "its accuracy": None if row.operation is None else accuracy,
        "closed records left out": f"{row.closed_left_out:,} ({row.closed_m2:,} m²)",
        **{name.replace("_", " "): f"{counts[name]:,}" for name in COUNTS if name[:6] != "closed"},
    }
    told = [(what, value) for what, value in facts.items() if value is not None]
    return pd.DataFrame(told, columns=["what", "value"])


def _beside(connection: Connection, what: str, found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return records with what they would change; of decided ones what was done."""
    said = DESCRIBED if what == "hazards" else REPORT
    names = ["record", "hazard_id", *_DECISION, *(each for each in said if each != "hazard_id")]
    table = found[[*names, "size_m2", "geometry"]].assign(geometry=_shown(found))
    waits = found["state"] == WAITING
    empty = pd.Series(None, index=found.index, dtype="str")
    table = table.assign(change=empty, changed=empty)
    if what == "hazards":
        moved = ["register_size_m2", "gained_m2", "lost_m2"]
        compared = compare(connection, found[waits])
        table[moved] = compared[moved].reindex(found.index)
        table["change"] = compared["change"].astype("str").reindex(found.index)
        table["changed"] = compared["changed"].astype("str").reindex(found.index)
    for name in ITEM_COLUMNS if what == "reports" else ():
        table[name] = table[name].astype("Int64")
    first = ["record", "hazard_id", "state", "change", *(n for n in _ORDER if n in table)]
    order = list(dict.fromkeys([*first, *table.columns.drop("geometry"), "geometry"]))
    return gpd.GeoDataFrame(table[order], geometry="geometry", crs=CRS)


def _shown(found: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the geometry of each record, also where it is no polygon."""
    other = shapely.from_wkb(found["drawn"].astype(object).where(found["drawn"].notna(), None))
    shapes = found.geometry.to_numpy()
    missing = shapely.is_missing(shapes)
    return gpd.GeoSeries(np.where(missing, other, shapes), index=found.index, crs=CRS)


def not_in_split(connection: Connection, *, at_all: bool = True) -> pd.DataFrame:
    """Return waiting hazards that no total shows, and why; see `Store.not_in_split`.

    `at_all=False`: none of them, a table without rows.
    """
    said = ("hazard_id", "kind", "province", "district", "operator", "reported_size_m2", "size_m2")
    names = ("submission_id", "record", *said, "errors", HASH)
    where = [
        RECORD.c.submission_id == SUBMISSION.c.submission_id,
        SUBMISSION.c.what == "hazards",
        RECORD.c.state == WAITING,
        ~RECORD.c.counted,
        *([] if at_all else [RECORD.c.fid < 0]),
    ]
    order = [SUBMISSION.c.fid, RECORD.c.record]
    found = rows.read(connection, [RECORD.c[name] for name in names], where, order)
    there = in_register(connection, set(found["hazard_id"].dropna()), None)
    bare, wrong = found[HASH].isna(), found["errors"] > 0
    found["why"] = np.select([bare, wrong], ["no polygon", "errors"], "no kind")
    found["in_register"] = found["hazard_id"].isin(there)
    return found.drop(columns=[HASH, "errors"]).astype({"why": "str"})
