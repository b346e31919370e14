"""The events of the ledger: their table, which of them stand, and in which order they are folded.

An events table is a GeoDataFrame in EPSG:4326 with `terms.EVENT_COLUMNS`, one row an event. Days
are naive (Asia/Phnom_Penh), moments in UTC. Frame in, frame out; no database.

`standing` picks the events that stand on a day, as known at a moment; `sequence` puts them in the
order in which they are folded, and says which of them find their hazard there. Events of a day
follow the rank of their type, then `event_id`; a transfer is one step for all its sides. When an
event was recorded does not matter there.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import GeometryError, RecordError, some
from mine_geo.geo.cells import day_of, moment_of, read_days, read_moments
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import EMPTY_PART, find_faults, to_multipolygons, without_empty
from mine_geo.terms import (
    CRS,
    EVENT_COLUMNS,
    EVENT_TYPES,
    EVIDENCES,
    HAZARD_COLUMNS,
    ITEM_COLUMNS,
    OUTCOMES,
    SURVEY_METHODS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Day = dt.date | str | None
    Moment = dt.datetime | str | None


REQUIRED: Final = ("event_id", "hazard_id", "event_type", "happened_on", "recorded_at")
NUMBERS: Final = ("reported_size_m2", "outside_m2", "depth_cm")
DRAWN: Final = ("registered", "amended", *OUTCOMES)
"""Types that cannot do without a polygon; so does the child's side of `transferred`."""
ATTRIBUTES: Final = tuple(
    name for name in HAZARD_COLUMNS if name not in {"hazard_id", "size_m2", "geometry"}
)
"""What an event may say of a hazard beside its id and polygon."""
LATER: Final[dict[str, tuple[Any, ...]]] = {
    "commune_code": (),
    "village_code": (),
    "survey_method": SURVEY_METHODS,
    "evidence": EVIDENCES,
    "residual": (True, False),
}
"""Attributes that were further columns of a file in older ledgers, with the words that they take;
none: any text."""
TYPES: Final = {
    "happened_on": "datetime64[ms]",
    "recorded_at": "datetime64[ms, UTC]",
    **dict.fromkeys(NUMBERS, "float64"),
    **dict.fromkeys(ITEM_COLUMNS, "Int64"),
}
"""The type of each column of an events table; the others are `str`."""
MOMENT_WAS: Final = "recorded_at_was"
DAY_WAS: Final = "happened_on_was"
MARKS: Final = (MOMENT_WAS, DAY_WAS)
"""What `detail` keeps of an event whose moment was mended; it is no part of what the event says."""


CANNOT_BE: Final = {
    "no_id": "no event_id or no hazard_id",
    "no_moment": "no recorded_at with a time zone",
    "no_day": "no happened_on",
    "other_content": "its event_id stands twice with other content",
    "unknown_type": "its event_type is unknown",
    "bad_polygon": "its polygon is missing or broken",
    "retracts_retraction": "a retraction cannot be retracted",
    "retracts_nothing": "the event that it retracts is not in the ledger",
    "no_transfer_id": "it has no transfer_id",
    "no_role": "its detail gives no role",
    "lone_side": "the other side of its transfer is missing",
    "twice_in_transfer": "the hazard stands twice in its transfer",
    "registered_twice": "the hazard is registered already",
    "not_registered": "the hazard is not registered",
    "not_yet_registered": "the hazard is not registered on that day",
}
"""Why an event cannot be: the code that others ask for, and the words that people read."""
IGNORED: Final = ("event_id", "hazard_id", "event_type", "code", "reason")
"""The columns of a table of events that cannot be."""
_NOTHING: Final = pd.DataFrame({name: pd.Series(dtype="str") for name in IGNORED})


def to_events(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return an events table: every column there, typed; the index is kept.

    What an event says is not judged here, only the shape of the table; `fold` leaves out the
    events that cannot be, and says which.

    Raises
    ------
    RecordError
        If a column is missing, or `recorded_at` has no time zone.
    CRSError
        If the frame is not in EPSG:4326.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-05-20T08:00:00Z"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> to_events(frame)[["happened_on", "recorded_at"]].iloc[0].map(str).tolist()
    ['2022-05-01 00:00:00', '2022-05-20 08:00:00+00:00']
    """
    missing = [name for name in REQUIRED if name not in frame]
    if missing:
        raise RecordError(f"an events table needs the column {some(missing)}; add it")
    require_lonlat(frame, "events")
    geometry = frame.geometry
    if isinstance(frame["recorded_at"].dtype, np.dtype) and frame["recorded_at"].dtype.kind == "M":
        raise RecordError("recorded_at has no time zone; say which, as in tz_localize('UTC')")
    empty = without_empty(geometry)[1]
    if empty.any():
        raise GeometryError(f"event {some(frame['event_id'][empty])}: {EMPTY_PART}")
    columns: dict[str, Any] = {name: _column(frame, name) for name in EVENT_COLUMNS[:-1]}
    polygons = gpd.GeoSeries(to_multipolygons(geometry), index=frame.index, crs=CRS)
    return gpd.GeoDataFrame(columns, geometry=polygons, index=frame.index)


def _column(frame: gpd.GeoDataFrame, name: str) -> pd.Series[Any]:
    if name not in frame:
        empty = pd.Series(None, index=frame.index, dtype=object)
        column: pd.Series[Any] = empty
    else:
        column = frame[name]
    if str(column.dtype) == TYPES.get(name, "str") and name != "happened_on":
        return column
    if name == "happened_on":
        return read_days(column)[0]
    if name == "recorded_at":
        return _times(column).astype("datetime64[ms, UTC]")
    if name in NUMBERS:
        return pd.to_numeric(column, errors="coerce").astype(float)
    if name in ITEM_COLUMNS:
        return pd.to_numeric(column, errors="coerce").round().astype("Int64")
    texts = column.astype(object).where(column.notna(), None)
    if name == "detail":
        texts = texts.map(lambda value: json.dumps(value) if isinstance(value, dict) else value)
    return texts.map(str, na_action="ignore").astype("str")


def _times(column: pd.Series[Any]) -> pd.Series[Any]:
    if getattr(column.dtype, "kind", "") == "M":
        return column.dt.tz_localize("UTC") if column.dt.tz is None else column
    return read_moments(column)


def registered_events(
    hazards: gpd.GeoDataFrame, *, happened_on: Day = None, recorded_at: Moment = None
) -> gpd.GeoDataFrame:
    """Return the `registered` event of each hazard of a canonical table.

    Parameters
    ----------
    hazards
        A canonical hazard table, see `to_hazards`; a column `recorded_at` is taken as such.
    happened_on
        The day of those without `surveyed_on`; without it such a hazard is refused.
    recorded_at
        The moment of those without `recorded_at`: an aware datetime. If it is not given, the end
        of the day on which the hazard was surveyed (UTC).

    Returns
    -------
    geopandas.GeoDataFrame
        An events table on the index of `hazards`; `event_id` is "registered " and the hazard's id.

    Raises
    ------
    RecordError
        If a hazard has no day.

    Examples
    --------
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> registered_events(hazards, happened_on="2020-01-31").event_id[0]
    'registered AP-1'
    """
    days = hazards["surveyed_on"]
    if happened_on is not None:
        days = days.fillna(pd.Timestamp(str(day_of(happened_on))))
    if days.isna().any():
        ids = hazards.loc[days.isna(), "hazard_id"]
        raise RecordError(f"{some(ids)}: no surveyed_on; give happened_on=...")
    moments = (days + pd.Timedelta(hours=23)).dt.tz_localize("UTC")
    if recorded_at is not None:
        moments = pd.Series(pd.Timestamp(str(moment_of(recorded_at))), index=hazards.index)
    if "recorded_at" in hazards:
        moments = _times(hazards["recorded_at"]).fillna(moments)
    skip = {*HAZARD_COLUMNS, "recorded_at"}
    extra = [str(name) for name in hazards.columns if name not in skip]
    # Below pandas 3.1 a frame without columns iterates over no rows.
    further = hazards[extra].itertuples(index=False, name=None) if extra else [()] * len(hazards)
    rows = zip(hazards[list(ATTRIBUTES)].itertuples(index=False, name=None), further, strict=True)
    details = [_detail(ATTRIBUTES, row, extra, others) for row, others in rows]
    frame = gpd.GeoDataFrame(
        {
            "event_id": "registered " + hazards["hazard_id"],
            "hazard_id": hazards["hazard_id"],
            "event_type": "registered",
            "happened_on": days,
            "recorded_at": moments,
            "operator": hazards["operator"],
            "reported_size_m2": hazards["reported_size_m2"],
            "detail": details,
        },
        geometry=hazards.geometry,
        index=hazards.index,
    )
    return to_events(frame)


def _detail(
    names: Iterable[str], values: tuple[Any, ...], extra: list[str], others: tuple[Any, ...]
) -> str:
    said = {name: _plain(value) for name, value in zip(names, values, strict=True)}
    further = {name: _plain(value) for name, value in zip(extra, others, strict=True)}
    kept = {name: value for name, value in said.items() if value is not None}
    if further:
        kept["extra"] = {name: value for name, value in further.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it; missing as None."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, bool | int | float | str) else str(value)


def detail_of(text: Any) -> dict[str, Any] | None:
    """Return what `detail` says; nothing if it is empty, None if it is not a JSON object.

    Examples
    --------
    >>> detail_of('{"role": "child"}'), detail_of(None), detail_of("[1]")
    ({'role': 'child'}, {}, None)
    """
    if not isinstance(text, str) or not text.strip():
        return {}
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def promoted(said: dict[str, Any]) -> dict[str, Any]:
    """Return what a `detail` says, where further columns that are attributes by now are such.

    A ledger is never rewritten: events that were recorded before a column was ours have it among
    the further ones. What is outside the vocabulary stays there.

    Examples
    --------
    >>> promoted({"kind": "ap_minefield", "extra": {"village_code": "02090101", "task": 3}})
    {'kind': 'ap_minefield', 'extra': {'task': 3}, 'village_code': '02090101'}
    >>> promoted({"extra": {"evidence": "hearsay"}})
    {'extra': {'evidence': 'hearsay'}}
    """
    extra = said.get("extra")
    if not isinstance(extra, dict) or LATER.keys().isdisjoint(extra):
        return said
    moved = {
        name: extra[name]
        for name, words in LATER.items()
        if name not in said and extra.get(name) is not None and (not words or extra[name] in words)
    }
    rest = {name: value for name, value in extra.items() if name not in moved}
    kept = {name: value for name, value in said.items() if name != "extra" or rest}
    return {**kept, **({"extra": rest} if rest else {}), **moved}


def standing(
    events: gpd.GeoDataFrame, *, as_of: Day = None, known_at: Moment = None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the events that stand, and those left out because they cannot be.

    Parameters
    ----------
    events
        An events table.
    as_of
        A day; events after it do not count. None: all days.
    known_at
        An aware datetime; what was recorded after it does not count, retractions too. None: all.

    Returns
    -------
    tuple
        The standing events in their canonical shape (not yet in the order of folding), without
        `retracted` ones and without those that they void; retracting one side of a transfer voids
        all sides. And a table `event_id`, `hazard_id`, `event_type`, `code` and `reason`, see
        `CANNOT_BE`.

    Raises
    ------
    RecordError
        If `known_at` has no time zone or `as_of` is no day.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"event_id": ["e1", "e2"], "hazard_id": ["AP-1", "AP-1"],
    ...      "event_type": ["cleared", "retracted"], "happened_on": ["2022-05-01", None],
    ...      "recorded_at": ["2022-05-20T08:00:00Z", "2022-06-01T00:00:00Z"],
    ...      "retracts": [None, "e1"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01), None], crs=4326)
    >>> [len(standing(frame, known_at=f"2022-{month}-01T00:00:00Z")[0]) for month in ("06", "07")]
    [0, 0]
    >>> len(standing(frame, known_at="2022-05-31T00:00:00Z")[0])
    1
    """
    day, moment = day_of(as_of), moment_of(known_at)
    table = to_events(events)
    labels = table.index
    table, ignored = _once(table.reset_index(drop=True))
    # As a rule nothing is wrong and everything stands, and this is asked at every recording: a
    # table is made only of what there is.
    known = table["recorded_at"].notna()
    if not known.all():
        ignored.append(_because(table[~known], "no_moment"))
    if moment is not None:
        known &= table["recorded_at"] <= pd.Timestamp(moment)
    retracts = known & (table["event_type"] == "retracted")
    stands = known & ~retracts
    if retracts.any():
        voided, dangling = _voided(table, retracts)
        ignored.append(dangling)
        stands &= ~table["event_id"].isin(voided)
    dated = table["happened_on"].notna()
    if not dated[stands].all():
        ignored.append(_because(table[stands & ~dated], "no_day"))
        stands &= dated
    if day is not None:
        stands &= table["happened_on"] <= pd.Timestamp(day)
    found = table if stands.all() else table[stands]
    codes, broken = _faults(found)
    wrong = codes.notna()
    if wrong.any():
        left_out = _because(found.loc[wrong], codes[wrong])
        ignored.append(left_out.assign(reason=broken.fillna(left_out["reason"])))
        found = found[~wrong]
    found = found.set_axis(labels[found.index], axis=0)
    return found, pd.concat(ignored, ignore_index=True) if ignored else _NOTHING.copy()


def _because(events: pd.DataFrame, code: str | pd.Series[str]) -> pd.DataFrame:
    """Return events that cannot be, each with the code that says why and its words."""
    table = pd.DataFrame(events[list(IGNORED[:3])]).assign(code=code)
    return table.assign(reason=table["code"].map(CANNOT_BE)).astype("str")


def _once(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[pd.DataFrame]]:
    """Leave out repetitions of an event_id: the one recorded first counts, whatever the order."""
    ignored: list[pd.DataFrame] = []
    nameless = table["event_id"].isna() | table["hazard_id"].isna()
    if nameless.any():
        ignored.append(_because(table[nameless], "no_id"))
        table = table[~nameless]
    twice = table["event_id"].duplicated(keep=False)
    if not twice.any():
        return table, ignored
    double = table[twice].assign(wkb=shapely.to_wkb(table.geometry[twice].to_numpy(), hex=True))
    columns = [name for name in EVENT_COLUMNS if name not in {"geometry", "event_id"}]
    double = double.assign(place=np.flatnonzero(twice))
    double = double.sort_values(["event_id", "recorded_at", *columns, "wkb"], kind="stable")
    other = double.drop_duplicates([*columns, "event_id", "wkb"])
    other = other[other["event_id"].duplicated()]
    ignored.append(_because(other, "other_content"))
    first = double.loc[~double["event_id"].duplicated().to_numpy(), "place"].to_numpy()
    keep = ~twice.to_numpy()
    keep[first] = True
    return table[keep], ignored


def _voided(table: gpd.GeoDataFrame, retracts: pd.Series[bool]) -> tuple[set[str], pd.DataFrame]:
    """Return the events that the retractions void, and the retractions that void nothing."""
    made = table[retracts]
    kinds = dict(zip(table["event_id"], table["event_type"], strict=True))
    aimed = made["retracts"].map(kinds)
    code = aimed.map({"retracted": "retracts_retraction"})
    code = code.mask(aimed.isna(), "retracts_nothing")
    voided = set(made.loc[code.isna(), "retracts"])
    transfers = table.loc[table["event_id"].isin(voided), "transfer_id"].dropna()
    voided |= set(table.loc[table["transfer_id"].isin(set(transfers)), "event_id"])
    return voided, _because(made[code.notna()], code.dropna())


def _faults(events: gpd.GeoDataFrame) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return for each event the code of why it cannot be, and what is wrong with its polygon."""
    codes = pd.Series(None, index=events.index, dtype="str")
    broken = codes.copy()
    kind = events["event_type"]
    codes = codes.mask(~kind.isin(EVENT_TYPES), "unknown_type")
    moved = kind == "transferred"
    said = [detail_of(text) or {} for text in events.loc[moved, "detail"]]
    role = pd.Series([each.get("role") for each in said], index=events.index[moved], dtype=object)
    role = role.reindex(events.index)
    codes = codes.mask(moved & events["transfer_id"].isna(), "no_transfer_id")
    codes = codes.mask(moved & ~role.isin(("parent", "child")), "no_role")
    drawn = (kind.isin(DRAWN) | (moved & (role == "child"))).to_numpy()
    faults = find_faults(events.geometry[drawn], np.flatnonzero(drawn))
    for place, message in zip(faults["id"], faults["message"], strict=True):
        codes.iloc[int(place)], broken.iloc[int(place)] = "bad_polygon", message
    return codes, broken[codes.notna()]


_RANK = {name: rank for rank, name in enumerate(EVENT_TYPES)}


class Step(NamedTuple):
    """One step of the fold: an event, or the sides of a transfer; places in the events table."""

    places: tuple[int, ...]
    children: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sequence:
    """The steps of a fold."""

    order: list[int]
    """The places of the events that are folded, in order."""
    levels: list[list[Step]]
    """The same, so that no hazard stands twice in one level: a level is done at once."""
    ignored: dict[int, str] = field(default_factory=dict)
    """The places of the others, and why: a code of `events.CANNOT_BE`."""


def sequence(events: pd.DataFrame) -> Sequence:
    """Put standing events in the order of folding.

    Parameters
    ----------
    events
        What `standing` returned.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "event_id": ["a", "b", "c"], "hazard_id": ["AP-1", "AP-1", "AP-2"],
    ...     "event_type": ["cleared", "registered", "cleared"],
    ...     "happened_on": pd.to_datetime(["2022-05-01"] * 3), "transfer_id": None, "detail": None})
    >>> found = sequence(table)
    >>> found.order, found.ignored
    ([1, 0], {2: 'not_registered'})
    """
    hazards = events["hazard_id"].tolist()
    types = events["event_type"].tolist()
    registered = {
        hazard for hazard, kind in zip(hazards, types, strict=True) if kind == "registered"
    }
    found = Sequence([], [])
    begun: set[str] = set()
    level: dict[str, int] = {}
    for step in _steps(events):
        if step.children:
            step = _transfer(step, hazards, begun, found.ignored)  # noqa: PLW2901
        elif not _stands(step.places[0], hazards, types, begun, registered, found.ignored):
            continue
        if not step.places:
            continue
        who = {hazards[place] for place in (*step.places, *step.children)}
        height = max(level.get(hazard, 0) for hazard in who)
        level.update(dict.fromkeys(who, height + 1))
        if height == len(found.levels):
            found.levels.append([])
        found.levels[height].append(step)
        found.order.extend((*step.places, *step.children))
    return found


def _stands(
    place: int,
    hazards: list[str],
    types: list[str],
    begun: set[str],
    registered: set[str],
    ignored: dict[int, str],
) -> bool:
    """Say whether a single event finds its hazard as it must be; a registration begins it."""
    hazard, kind = hazards[place], types[place]
    if kind == "transferred":
        ignored[place] = "lone_side"
    elif kind == "registered" and hazard in begun:
        ignored[place] = "registered_twice"
    elif kind == "registered":
        begun.add(hazard)
        return True
    elif hazard in begun:
        return True
    else:
        ignored[place] = "not_yet_registered" if hazard in registered else "not_registered"
    return False


def _transfer(step: Step, hazards: list[str], begun: set[str], ignored: dict[int, str]) -> Step:
    """Return the sides of a transfer that can be: parents that are there, children beside them."""
    parents, children, seen = [], [], set()
    for place in sorted(step.places, key=lambda place: hazards[place]):
        if hazards[place] not in begun:
            ignored[place] = "not_yet_registered"
        elif hazards[place] in seen:
            ignored[place] = "twice_in_transfer"
        else:
            parents.append(place)
            seen.add(hazards[place])
    for place in sorted(step.children, key=lambda place: hazards[place]):
        if hazards[place] in seen:
            ignored[place] = "twice_in_transfer"
        else:
            children.append(place)
            seen.add(hazards[place])
    if not parents or not children:
        left = dict.fromkeys((*parents, *children), "lone_side")
        ignored.update(left)
        return Step(())
    begun.update(hazards[place] for place in children)
    return Step(tuple(parents), tuple(children))


def _steps(events: pd.DataFrame) -> Iterator[Step]:
    """Yield the events in order, those of one transfer together."""
    days = events["happened_on"].astype("int64").tolist()
    ranks = [_RANK[kind] for kind in events["event_type"]]
    ids = events["event_id"].tolist()
    places = sorted(range(len(ids)), key=lambda place: (days[place], ranks[place], ids[place]))
    moved = _RANK["transferred"]
    for (_, rank), group in groupby(places, key=lambda place: (days[place], ranks[place])):
        if rank == moved:
            yield from _transfers(events, group)
        else:
            yield from (Step((place,)) for place in group)


def _transfers(events: pd.DataFrame, places: Iterable[int]) -> Iterator[Step]:
    """Yield the transfers of a day: what makes a hazard before what takes from it."""
    names, details = events["transfer_id"].to_numpy(), events["detail"].to_numpy()
    sides: dict[str, tuple[list[int], list[int]]] = {}
    for place in places:
        parents, children = sides.setdefault(str(names[place]), ([], []))
        role = (detail_of(details[place]) or {}).get("role")
        (parents if role == "parent" else children).append(place)
    hazards = events["hazard_id"].to_numpy()
    groups = list(sides.values())
    for number in _makers_first([({*hazards[p]}, {*hazards[c]}) for p, c in groups]):
        parents, children = groups[number]
        if parents and children:
            yield Step(tuple(parents), tuple(children))
        else:
            yield from (Step((place,)) for place in (*parents, *children))


def _makers_first(groups: list[tuple[set[str], set[str]]]) -> Iterator[int]:
    """Order pairs (taken from, added to): first those that nobody adds to what they take from.

    Among the free ones, and in a circle, the order given decides.

    Examples
    --------
    >>> list(_makers_first([({"B"}, {"C"}), ({"A"}, {"B"})]))
    [1, 0]
    """
    makers: dict[str, set[int]] = {}
    for number, (_, made) in enumerate(groups):
        for hazard in made:
            makers.setdefault(hazard, set()).add(number)
    needs = [set().union(*(makers.get(h, ()) for h in taken)) for taken, _ in groups]
    waiting = dict.fromkeys(range(len(groups)))
    users: dict[int, list[int]] = {}
    for number, need in enumerate(needs):
        need.discard(number)
        for maker in need:
            users.setdefault(maker, []).append(number)
    free = [number for number in waiting if not needs[number]]
    while waiting:
        number = heappop(free) if free else next(iter(waiting))
        if number not in waiting:
            continue
        del waiting[number]
        yield number
        for user in users.get(number, ()):
            needs[user].discard(number)
            if not needs[user]:
                heappush(free, user)
