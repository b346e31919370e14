"""New hazards into a store: a `registered` event each, and the hazard as it stands.

Hazards whose polygon is there already under another id: one hazard that was named twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from mine_geo.errors import ConflictError, NotSyntheticError, RecordError, some
from mine_geo.geo.cells import read_flags
from mine_geo.geo.hazards import to_hazards
from mine_geo.geo.snapshots import same_places
from mine_geo.ledger.events import ATTRIBUTES, promoted, to_events
from mine_geo.ledger.fold import PARENT
from mine_geo.store.ledger import effects, stored
from mine_geo.store.ledger.entries import day, text_of, unmarked
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import EVENT, EVENT_EFFECT, HAZARD, RECORD, SUBMISSION, WAITING
from mine_geo.terms import CRS, HAZARD_COLUMNS, ITEM_COLUMNS, SPLIT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from mine_geo.store.ledger.judging import View


_WORKED: Final = ("worked_on", "closed")


@dataclass(frozen=True)
class Registered:
    """What a registration does."""

    registered: int
    """How many hazards are new in the store."""
    unchanged: int
    """How many were there already with the same content."""
    written: bool = field(default=True, compare=False)
    """Whether it was written: False for a dry run, and where nothing is new."""


@dataclass(frozen=True)
class Batch:
    """Hazards with what the store keeps beside them."""

    frame: gpd.GeoDataFrame
    columns: stored.Columns
    """The rows of the hazard layer."""
    details: list[str]
    """What the registrations say, JSON."""
    digests: list[str]
    """The hashes of their content."""

    @classmethod
    def of(cls, hazards: gpd.GeoDataFrame, *, synthetic: bool) -> Batch:
        """Prepare checked hazards."""
        frame = without_split(hazards)
        frame = frame.assign(status=status_of(frame["status"]))
        extras = content.extras(frame, (*HAZARD_COLUMNS, "synthetic"))
        parents = [text_of(extra.get(PARENT), PARENT) for extra in extras]
        attributes = {name: content.plain(frame[name]) for name in ATTRIBUTES}
        values = zip(*attributes.values(), extras, strict=True)
        details = [detail_of(dict(zip((*ATTRIBUTES, "extra"), row, strict=True))) for row in values]
        kept = [{name: each[name] for name in each if name != PARENT} for each in extras]
        columns = stored.columns_of(frame, content.extra_texts(kept), synthetic=synthetic)
        columns |= {PARENT: parents}
        said = zip(columns["hazard_id"], details, columns[stored.HASH], strict=True)
        return cls(frame, columns, details, [content.digest(*parts) for parts in said])

    def only(self, places: list[int]) -> Batch:
        """Return the records at these places."""

        def pick(values: Sequence[Any]) -> list[Any]:
            return [values[place] for place in places]

        return Batch(
            self.frame.iloc[places],
            {name: pick(values) for name, values in self.columns.items()},
            pick(self.details),
            pick(self.digests),
        )


def status_of(said: pd.Series[Any]) -> pd.Series[Any]:
    """Return the status that follows from what is said: worked on before it came, or open.

    Examples
    --------
    >>> status_of(pd.Series([None, "worked_on"], dtype="str")).tolist()
    ['open', 'worked_on']
    """
    worked = said.fillna("").isin(_WORKED)
    return pd.Series(np.where(worked, "worked_on", "open"), index=said.index, dtype="str")


def detail_of(said: dict[str, Any]) -> str:
    """Write what a registration says; `open`, and that it is not residual, go without saying.

    Examples
    --------
    >>> detail_of({"kind": "ap_minefield", "status": "open"})
    '{"kind":"ap_minefield"}'
    """
    status = "worked_on" if said.get("status") in _WORKED else None
    residual = said.get("residual") or None
    return content.to_json({**said, "status": status, "residual": residual})


def without_split(hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hazards without what `border_split` added: it is computed, never registered."""
    if not {"border_distance_m", "border_margin_m", "zone"} <= set(hazards.columns):
        return hazards
    return hazards.drop(columns=[name for name in SPLIT_COLUMNS if name in hazards.columns])


def check_synthetic(hazards: gpd.GeoDataFrame, store: str, *, synthetic: bool) -> None:
    """Refuse to mix invented hazards with real ones.

    Raises
    ------
    NotSyntheticError
        If `hazards` has invented records and the store is real, or the reverse.
    """
    if "synthetic" in hazards.columns:
        # A file may write its flags in words: "no" is no. What is no flag at all counts as yes.
        invented, unread = read_flags(hazards["synthetic"])
        invented = invented | unread
    else:
        invented = np.zeros(len(hazards), dtype=bool)
    wrong = hazards["hazard_id"][invented != synthetic]
    if wrong.empty:
        return
    if synthetic:
        raise NotSyntheticError(
            f"{store} holds invented sample data, and {some(wrong)} is not marked synthetic; "
            "load real hazards into another store"
        )
    raise NotSyntheticError(
        f"{some(wrong)} is invented sample data, and {store} is not a synthetic store; "
        "load it into a store made for samples (mine-geo demo makes one)"
    )


def checked(hazards: gpd.GeoDataFrame, store: str, *, synthetic: bool) -> gpd.GeoDataFrame:
    """Return the hazards in canonical shape, fit for this store; nothing is written."""
    table = to_hazards(hazards)
    check_synthetic(table, store, synthetic=synthetic)
    return table


def register(
    view: View,
    hazards: gpd.GeoDataFrame,
    *,
    synthetic: bool,
    registered_on: date | str | None,
    recorded_by: str | None,
    same_polygons: bool = False,
) -> Registrations:
    """Judge checked hazards, and put those that are new onto the view; see `Store.register`."""
    batch = Batch.of(hazards, synthetic=synthetic)
    ids = batch.columns["hazard_id"]
    there = _There.of(view.connection, ids)
    other = there.differing(view.connection, dict(zip(ids, batch.digests, strict=True)))
    if other:
        raise ConflictError(
            f"{some(other, 20)}: {len(other)} of {len(ids)} hazards are registered with other "
            "content; nothing was written; correct the file, or record the change as an event"
        )
    new = [place for place, hazard in enumerate(ids) if hazard not in there.register]
    if new and not same_polygons:
        _check_polygons(view.connection, batch.frame.iloc[new])
    fresh = batch.only(new)
    done = Registered(len(new), len(ids) - len(new), written=view.writes and bool(new))
    when = None if registered_on is None else day(registered_on, "registered_on")
    events = _events(fresh, there, when, recorded_by, view) if new else None
    judged = Registrations(fresh.columns, events, there.rows, done)
    if events is not None:  # what is there already asks for no moment
        view.add(judged)
    return judged


@dataclass(frozen=True)
class Registrations:
    """Hazards judged for the register."""

    columns: stored.Columns
    """Their rows of the layer."""
    events: stored.Columns | None
    """Their events; None where nothing is new."""
    there: set[str]
    """Hazards that have a row already."""
    done: Registered

    @cached_property
    def rows(self) -> gpd.GeoDataFrame | None:
        """The events, as an events table."""
        if self.events is None:
            return None
        table = to_events(gpd.GeoDataFrame(self.events, geometry="geometry", crs=CRS))
        return table.astype(dict.fromkeys(ITEM_COLUMNS, float))

    def write(self, connection: Connection, now: datetime, *, synthetic: bool) -> None:  # noqa: ARG002  (the rows say it)
        """Write the hazards and their events."""
        if self.events is None:
            return
        bounds = shapely.total_bounds(self.events["geometry"]).tolist()
        stored.put_hazards(connection, self.columns, self.there)
        gpkg.touch(connection, HAZARD.name, now, bounds)
        stored.put_events(connection, self.events)
        gpkg.touch(connection, EVENT.name, now, bounds)
        did = effects.of_registrations(self.events, self.columns["size_m2"])
        rows.insert_rows(connection, EVENT_EFFECT, did)
        effects.touch(connection, [], now)


def _check_polygons(connection: Connection, hazards: gpd.GeoDataFrame) -> None:
    """Refuse polygons that hazards of the register, or of the same table, have under other ids."""
    for known, of, mend in (
        (
            known_polygons(connection, hazards),
            "one that is registered under the id in brackets",
            "send them under those ids, take the column that says them (id_column=...)",
        ),
        (
            twins(hazards),
            "another one of the same table, with the id in brackets",
            "keep one of each, take another column as their id (id_column=...)",
        ),
    ):
        if known.empty:
            continue
        ids = hazards["hazard_id"].to_numpy()[known["place"].to_numpy(dtype=int)]
        pairs = [f"{own} ({other})" for own, other in zip(ids, known["other"], strict=True)]
        raise ConflictError(
            f"{some(pairs, 5)}: {len(pairs)} of {len(hazards)} new hazards have the polygon of "
            f"{of}; nothing was written; {mend}, or, if they truly are other hazards, say so "
            "(same_polygons=True)"
        )


@dataclass(frozen=True)
class _There:
    """The hazards that a store has already."""

    rows: set[str]
    """All that have a row."""
    register: set[str]
    """Those that are in the register."""
    events: dict[str, str]
    """The registration that stands, by hazard; those divided off or merged have none."""
    retracted: Counter[str]
    """How many registrations of a hazard were retracted."""

    @classmethod
    def of(cls, connection: Connection, ids: Collection[str]) -> _There:
        """Return those among some ids; or more, where that is as quick."""
        few = len(ids) <= stored.MANY
        rows_of = select(HAZARD.c.hazard_id, HAZARD.c.status)
        query = select(EVENT.c.hazard_id, EVENT.c.event_id)
        query = query.where(EVENT.c.event_type == "registered")
        gone = select(EVENT.c.retracts).where(EVENT.c.retracts.is_not(None))
        if few:
            rows_of = rows_of.where(HAZARD.c.hazard_id.in_(ids))
            query = query.where(EVENT.c.hazard_id.in_(ids))
            gone = gone.where(EVENT.c.hazard_id.in_(ids))
        every = connection.execute(rows_of).all()
        found = connection.execute(query).all()
        voided = set(connection.scalars(gone))
        return cls(
            {row.hazard_id for row in every},
            {row.hazard_id for row in every if row.status is not None},
            {row.hazard_id: row.event_id for row in found if row.event_id not in voided},
            Counter(row.hazard_id for row in found if row.event_id in voided),
        )

    def event_id(self, hazard: str, digest: str) -> str:
        """Return the id of a registration; registered anew after a retraction it is another."""
        again = self.retracted[hazard]
        return content.digest(digest, str(again)) if again else digest

    def differing(self, connection: Connection, digests: dict[str, str]) -> list[str]:
        """Return the hazards of the register whose registration says something else."""
        there = [hazard for hazard in digests if hazard in self.register]
        unlike = {
            self.events[hazard]: hazard
            for hazard in there
            if hazard in self.events
            and self.events[hazard] != self.event_id(hazard, digests[hazard])
        }
        found = _digests_of(connection, list(unlike)) if unlike else {}
        other = {hazard for event, hazard in unlike.items() if found[event] != digests[hazard]}
        return [hazard for hazard in there if hazard in other or hazard not in self.events]


def _digests_of(connection: Connection, event_ids: list[str]) -> dict[str, str]:
    """Return the hashes of registrations whose id is not it, as in a ledger that was imported."""
    columns = [EVENT.c[name] for name in ("event_id", "hazard_id", "detail", "geometry")]
    few = len(event_ids) <= stored.MANY
    where = EVENT.c.event_id.in_(event_ids) if few else EVENT.c.event_type == "registered"
    found = rows.read(connection, columns, [where])
    said = zip(
        found["hazard_id"],
        (detail_of(promoted(content.from_json(unmarked(text)))) for text in found["detail"]),
        content.geometry_hashes(found.geometry),
        strict=True,
    )
    return dict(zip(found["event_id"], (content.digest(*parts) for parts in said), strict=True))


def _events(
    batch: Batch,
    there: _There,
    registered_on: date | None,
    recorded_by: str | None,
    view: View,
) -> stored.Columns:
    """Return the events of new hazards, as columns."""
    columns, ids = batch.columns, batch.columns["hazard_id"]
    days = [surveyed or registered_on or view.today for surveyed in columns["surveyed_on"]]
    early = [hazard for hazard, each in zip(ids, days, strict=True) if each > view.today]
    if early:
        raise RecordError(
            f"{some(early)}: surveyed_on is in the future (today is {view.today}); check the day"
        )
    events = zip(ids, batch.digests, strict=True)
    return {
        "event_id": [there.event_id(hazard, digest) for hazard, digest in events],
        "hazard_id": ids,
        "event_type": ["registered"] * len(ids),
        "happened_on": days,
        "recorded_at": [view.now] * len(ids),
        "recorded_by": [recorded_by] * len(ids),
        "operator": columns["operator"],
        "reported_size_m2": columns["reported_size_m2"],
        "detail": batch.details,
        "geometry": columns["geometry"],
    }


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
    few = len(records) <= _FEW
    bounds = records.geometry.bounds.to_numpy()
    around = stored.near(connection, bounds[~np.isnan(bounds).any(axis=1)]) if few else None
    there = _drawn(connection, around)
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


_FEW: Final = 50
"""Of more new hazards the neighbours are not looked for one by one: all polygons are read."""


def _drawn(connection: Connection, ids: Collection[str] | None) -> pd.DataFrame:
    """Return the polygons of some hazards, or of all: as they remain, and as they were drawn."""
    h, c = HAZARD.c, EVENT.c
    some_of = ids is not None and len(ids) <= stored.MANY
    columns = [h[name] for name in ("hazard_id", "kind", "geometry")]
    there = [h.status.is_not(None), *([h.hazard_id.in_(ids or ())] if some_of else [])]
    left = rows.read(connection, columns, there)
    kinds = dict(zip(left["hazard_id"], left["kind"], strict=True))
    retracted = select(c.retracts).where(c.retracts.is_not(None)).scalar_subquery()
    where = [c.event_type.in_(_DRAWN), c.event_id.not_in(retracted), c.geometry.is_not(None)]
    if some_of:
        where.append(c.hazard_id.in_(ids or ()))
    drawn = rows.read(connection, [c[name] for name in ("hazard_id", "geometry")], where)
    drawn = drawn[drawn["hazard_id"].isin(kinds)]
    left = left.assign(order=0, drawn=False)
    drawn = drawn.assign(kind=drawn["hazard_id"].map(kinds), order=1, drawn=True)
    every = pd.concat([pd.DataFrame(left), pd.DataFrame(drawn)], ignore_index=True)
    return every.assign(submission_id=None)


def _waiting(connection: Connection) -> pd.DataFrame:
    """Return the polygons of hazards that wait on the workbench."""
    r, s = RECORD.c, SUBMISSION.c
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
