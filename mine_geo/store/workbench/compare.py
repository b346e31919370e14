"""Submitted hazards beside the register as it stands: what is new, redrawn, described otherwise.

What a record leaves empty says nothing: the register keeps what it has. Polygons are compared by
their edges (EPSG:4326), sizes are m².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from mine_geo.geo.cells import changed
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.geo.snapshots import same_outlines
from mine_geo.ledger.fold import PARENT
from mine_geo.store.ledger import stored
from mine_geo.store.ledger.entries import DESCRIBED
from mine_geo.store.ledger.stored import HASH, MANY
from mine_geo.store.schema import content, rows
from mine_geo.store.schema.models import EVENT, HAZARD
from mine_geo.terms import CRS, EVENT_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection

    from mine_geo.store.ledger.judging import Judged

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
        return _beside(connection, records, there, at, judged)
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
    beside = _beside(connection, records[known], there, at[known], judged)
    return pd.concat([beside, new]).loc[records.index]


def _beside(
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
