"""The fold: hazards as of a day, as known at a moment, out of the events of the ledger.

Frame in, frame out, no database. Geometries are in EPSG:4326, sizes in whole m² on the WGS 84
ellipsoid. Standing events are taken in the order of their day, type and id; each release and each
transfer is one `cut`. At every day and moment, for each hazard and in all:

    registered + amended + transferred - cancelled - reduced - cleared = remaining

Beside the polygon, events say attributes, parent and status (`described`): `registered` sets the
attributes, `described` changes some, `confirmed` makes a SHA a CHA, and the child of a transfer
begins with those of its first parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.geo.cells import as_column, day_of, moment_of, read_days
from mine_geo.geo.geometry import exact_size_m2, to_multipolygons
from mine_geo.ledger.cut import NOTHING, again_m2, cut, overlaps, released_land
from mine_geo.ledger.events import (
    ATTRIBUTES,
    CANNOT_BE,
    MARKS,
    Sequence,
    Step,
    detail_of,
    promoted,
    sequence,
    standing,
)
from mine_geo.terms import CRS, HAZARD_COLUMNS, ITEM_COLUMNS, MOVEMENT_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from mine_geo.ledger.events import Day, Moment

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]


NOT_ATTRIBUTES: Final = frozenset(
    {"role", "parent_id", "outcome", "extra", "hazard_id", "size_m2", "geometry", *MARKS}
)
"""What may stand in `detail` and is no attribute."""
PARENT: Final = "parent_id"
FLAGS: Final = ("in_workbench", "residual")
_NUMBERS: Final = ("reported_size_m2",)
_TRUE: Final = frozenset({"true", "1", "yes"})

Said = dict[str, Any]


def described(events: pd.DataFrame, levels: list[list[Step]]) -> dict[str, Said]:
    """Return what is known of each hazard after all steps, by id.

    Parameters
    ----------
    events
        Standing events.
    levels
        Their steps, see `sequence`.

    Examples
    --------
    >>> from mine_geo.ledger.events import Step
    >>> table = pd.DataFrame({
    ...     "hazard_id": ["A", "A"], "event_type": ["registered", "confirmed"],
    ...     "detail": ['{"kind": "cluster_munition", "area_type": "SHA"}', None]})
    >>> described(table, [[Step((0,))], [Step((1,))]])
    {'A': {'kind': 'cluster_munition', 'area_type': 'CHA'}}
    """
    hazards = events["hazard_id"].tolist()
    types = events["event_type"].tolist()
    details = events["detail"].tolist()
    known: dict[str, Said] = {}
    for level in levels:
        for step in level:
            if step.children:
                _inherit(step, hazards, details, known)
                continue
            place = step.places[0]
            if types[place] in {"registered", "described"}:
                said = known.setdefault(hazards[place], {})
                said.update(_said(details[place]))
            elif types[place] == "confirmed":
                known[hazards[place]]["area_type"] = "CHA"
    return known


def _said(detail: Any) -> Said:
    """Return the attributes in a `detail`, further columns beside them."""
    found = promoted(detail_of(detail) or {})
    extra = found.get("extra")
    said = {name: value for name, value in found.items() if name not in NOT_ATTRIBUTES}
    if isinstance(extra, dict):
        said |= {name: value for name, value in extra.items() if name not in HAZARD_COLUMNS}
    return said


def _inherit(step: Step, hazards: list[str], details: list[Any], known: dict[str, Said]) -> None:
    parents = [hazards[place] for place in step.places]
    first = {name: value for name, value in known[parents[0]].items() if name != "status"}
    for place in step.children:
        if hazards[place] not in known:
            line = {PARENT: " + ".join(parents)}
            known[hazards[place]] = {**first, **_said(details[place]), **line}


def hazard_table(
    known: Mapping[str, Said],
    geometries: NDArray[np.object_],
    sizes: NDArray[np.int64],
    worked_on: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    """Return the canonical hazard table, `parent_id` and further columns after it.

    Parameters
    ----------
    known
        What is known of each hazard, by id.
    geometries, sizes, worked_on
        One each, in the same order: remaining polygon (EPSG:4326), its size in m², whether any
        of it was released.

    Examples
    --------
    >>> import shapely
    >>> table = hazard_table(
    ...     {"A": {"kind": "ap_minefield"}}, np.array([shapely.MultiPolygon()]), np.array([0]),
    ...     np.array([True]))
    >>> table[["hazard_id", "status", "size_m2", "parent_id"]].values.tolist()
    [['A', 'closed', 0, nan]]
    """
    said = list(known.values())
    columns: dict[str, Any] = {"hazard_id": pd.Series(list(known), dtype="str")}
    for name in ATTRIBUTES:
        columns[name] = _typed(name, [each.get(name) for each in said])
    before = np.isin(columns["status"].fillna("").to_numpy(dtype=object), ("worked_on", "closed"))
    left = np.array([not geometry.is_empty for geometry in geometries], dtype=bool)
    status = np.where(left, np.where(worked_on | before, "worked_on", "open"), "closed")
    columns["status"] = pd.Series(status, dtype="str")
    columns["size_m2"] = np.asarray(sizes, dtype=np.int64)
    columns["geometry"] = gpd.GeoSeries(list(geometries), crs=CRS)
    columns[PARENT] = _typed(PARENT, [each.get(PARENT) for each in said])
    skip = {*HAZARD_COLUMNS, PARENT}
    for name in dict.fromkeys(name for each in said for name in each if name not in skip):
        columns[name] = as_column([each.get(name) for each in said])
    table = gpd.GeoDataFrame(columns, geometry="geometry", crs=CRS)
    rest = [name for name in table.columns if name not in HAZARD_COLUMNS]
    table = table[[*HAZARD_COLUMNS, *rest]]
    return table.sort_values("hazard_id", ignore_index=True)


def _typed(name: str, values: list[Any]) -> pd.Series[Any]:
    if name in FLAGS:
        flags = [value is True or str(value).strip().lower() in _TRUE for value in values]
        return pd.Series(flags, dtype=bool)
    column = pd.Series(values, dtype=object)
    if name in _NUMBERS:
        return pd.to_numeric(column, errors="coerce").astype(float)
    if name == "surveyed_on":
        return read_days(column)[0]
    return column.map(str, na_action="ignore").astype("str")


DRAWN: Final = ("registered", "amended")
EFFECT_COLUMNS: Final = (
    "event_id",
    "hazard_id",
    "event_type",
    "happened_on",
    "recorded_at",
    "before_m2",
    "after_m2",
    *MOVEMENT_COLUMNS,
    "again_m2",
    "overlap_m2",
    "operator",
    "report_ref",
    "report",
    "reported_size_m2",
    "outside_m2",
    *ITEM_COLUMNS,
    "transfer_id",
)
"""What the fold says of each event; the m² are int64, `reported_size_m2` is the operator's.

`report` is what the releases of one report over several hazards have in common; else the event_id.
"""


WORTH_SAYING: Final = {
    "nothing_left": "nothing was left: released already",
    "rounds_to_nothing": "what it takes off rounds to 0 m²",
    "outside": "it lies outside what was left",
    "not_cut": "it cannot be cut",
    "slivers": "slivers left beside it went with it",
    "sides_overlap": "its sides overlap; booked as amended",
    "credited": "credited to another hazard",
    "covers_again": "it covers land again that was released earlier",
}
"""What is worth saying of an event that was folded: code and words."""


@dataclass(frozen=True)
class Fold:
    """The register as of a day, as known at a moment."""

    hazards: gpd.GeoDataFrame
    """The canonical hazard table, closed hazards (empty polygon, 0 m²) too, and `parent_id`."""
    effects: pd.DataFrame
    """`EFFECT_COLUMNS` for each event folded, in the order of folding, under its own index."""
    polygons: gpd.GeoSeries
    """The multipolygon that each event left of its hazard, on the index of `effects`."""
    ignored: pd.DataFrame
    """`event_id`, `hazard_id`, `event_type`, `code`, `reason` of the events that cannot be; see
    `events.CANNOT_BE`."""
    notes: pd.DataFrame
    """`event_id`, `hazard_id`, `code`, `note`, `size_m2`: what is worth saying of the events that
    were folded; see `WORTH_SAYING`."""
    as_of: dt.date | None
    known_at: dt.datetime | None

    def only(self, hazard_ids: Iterable[str]) -> Fold:
        """Return what is said of some hazards.

        Examples
        --------
        >>> from mine_geo.ledger.events import registered_events
        >>> from mine_geo.geo.hazards import to_hazards
        >>> hazards = to_hazards(gpd.GeoDataFrame(
        ...     {"hazard_id": ["AP-1", "AP-2"], "surveyed_on": "2020-01-31"},
        ...     geometry=[shapely.box(103, 13, 103.01, 13.01)] * 2, crs=4326))
        >>> fold(registered_events(hazards)).only({"AP-2"}).effects["hazard_id"].tolist()
        ['AP-2']
        """
        wanted = set(hazard_ids)
        frames = (self.hazards, self.effects, self.ignored, self.notes)
        hazards, effects, ignored, notes = (
            frame[frame["hazard_id"].isin(wanted)] for frame in frames
        )
        polygons = self.polygons[self.effects["hazard_id"].isin(wanted).to_numpy()]
        return Fold(hazards, effects, polygons, ignored, notes, self.as_of, self.known_at)


def fold(events: gpd.GeoDataFrame, *, as_of: Day = None, known_at: Moment = None) -> Fold:
    """Fold the events of a ledger.

    A release takes off what of the hazard lies under its polygon; `released m²` is the size
    before less the size after, so land is released once. An amendment sets what remains. A
    transfer moves land to its children, in the order of their ids, and sums to 0; the m² by which
    rounding or an overlap of its sides miss that are `amended_m2`. Land released over two
    overlapping hazards of one kind is credited to the first release, on one day to the lower
    hazard_id; for the other it is `overlap_m2`, and taken off `amended_m2`, for the register had
    counted it twice.

    Parameters
    ----------
    events
        An events table in EPSG:4326, see `to_events`, in any order.
    as_of
        The end of this day: a date or ISO text. None: all days.
    known_at
        What was recorded by this moment: an aware datetime. None: everything.

    Returns
    -------
    Fold
        Hazards, effects, and what was left out or is worth saying. What an event says never
        raises: an event that cannot be is listed in `ignored`.

    Raises
    ------
    RecordError
        If a column is missing, `known_at` has no time zone or `as_of` is no day.
    CRSError
        If `events` is not in EPSG:4326.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> cleared = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-06-01T08:00:00Z"]},
    ...     geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)], crs=4326)
    >>> events = pd.concat([registered_events(hazards), cleared])
    >>> now = fold(events)
    >>> now.hazards[["hazard_id", "status", "size_m2"]].values.tolist()
    [['AP-1', 'worked_on', 600074]]
    >>> now.effects[["registered_m2", "cleared_m2", "after_m2"]].values.tolist()
    [[1200149, 0, 1200149], [0, 600075, 600074]]
    >>> fold(events, known_at="2022-05-31T00:00:00Z").hazards.size_m2.tolist()
    [1200149]
    """
    found, ignored = standing(events, as_of=as_of, known_at=known_at)
    steps = sequence(found)
    known = described(found, steps.levels)
    work = _Work(found, list(known))
    for level in steps.levels:
        work.do(level)
    kinds = [said.get("kind") for said in known.values()]
    work.credit(steps.order, kinds)
    hazards = hazard_table(known, to_multipolygons(work.remaining), work.size, work.worked_on)
    order = np.array(steps.order, dtype=np.intp)
    effects = work.effects().iloc[order]
    polygons = gpd.GeoSeries(to_multipolygons(work.left[order]), index=effects.index, crs=CRS)
    return Fold(
        hazards,
        effects,
        polygons,
        _all_ignored(found, steps, ignored),
        work.noted(steps.order),
        day_of(as_of),
        moment_of(known_at),
    )


def _all_ignored(found: pd.DataFrame, steps: Sequence, ignored: pd.DataFrame) -> pd.DataFrame:
    columns = ["event_id", "hazard_id", "event_type"]
    more = pd.DataFrame(found[columns].iloc[list(steps.ignored)])
    more["code"] = list(steps.ignored.values())
    more["reason"] = more["code"].map(CANNOT_BE)
    table = pd.concat([ignored, more.astype("str")], ignore_index=True)
    return table.sort_values(["event_id", "reason"], ignore_index=True)


class _Note(NamedTuple):
    """Something worth saying of an event."""

    place: int
    code: str
    size_m2: int = 0
    words: str = ""
    """Instead of the usual ones."""

    @property
    def text(self) -> str:
        return self.words or WORTH_SAYING[self.code]


class _Work:
    """The state of all hazards while events are folded, and what each event did."""

    def __init__(self, events: gpd.GeoDataFrame, hazards: list[str]) -> None:
        self.events = events
        self.types = events["event_type"].to_numpy(dtype=object)
        number = {hazard: place for place, hazard in enumerate(hazards)}
        self.who = np.array([number.get(each, -1) for each in events["hazard_id"]], dtype=np.intp)
        self.days = events["happened_on"].to_numpy().astype("datetime64[D]")
        self.drawn = np.asarray(events.geometry.to_numpy(), dtype=object)
        count, made = len(hazards), len(events)
        self.remaining = np.full(count, NOTHING, dtype=object)
        self.exact = np.zeros(count)
        self.size: Integers = np.zeros(count, dtype=np.int64)
        self.worked_on: Flags = np.zeros(count, dtype=bool)
        self.since = np.full(count, np.datetime64("NaT"), dtype="datetime64[D]")
        self.had = np.full(made, NOTHING, dtype=object)
        self.left = np.full(made, NOTHING, dtype=object)
        self.valid_since = np.full(made, np.datetime64("NaT"), dtype="datetime64[D]")
        names = ("before_m2", "after_m2", *MOVEMENT_COLUMNS, "again_m2", "overlap_m2")
        self.m2: dict[str, Integers] = {name: np.zeros(made, dtype=np.int64) for name in names}
        self.notes: list[_Note] = []

    def do(self, level: list[Step]) -> None:
        """Do steps of different hazards at once."""
        single = np.array([step.places[0] for step in level if not step.children], dtype=np.intp)
        every = np.array([p for step in level for p in (*step.places, *step.children)], np.intp)
        who = self.who[every]
        self.had[every], self.m2["before_m2"][every] = self.remaining[who], self.size[who]
        types = self.types[single]
        self._set(single[np.isin(types, DRAWN)])
        self._release(single[np.isin(types, OUTCOMES)])
        for step in level:
            if step.children:
                self._transfer(step)
        self.left[every], self.m2["after_m2"][every] = self.remaining[who], self.size[who]
        self.valid_since[every] = self.since[who]

    def _set(self, places: NDArray[np.intp]) -> None:
        """Take the polygon as drawn: registered, amended."""
        if not len(places):
            return
        who, exact = self.who[places], exact_size_m2(self.drawn[places])
        self._keep(who, self.drawn[places], exact)
        self.since[who] = self.days[places]
        change = self.size[who] - self.m2["before_m2"][places]
        new = self.types[places] == "registered"
        self.m2["registered_m2"][places] = np.where(new, change, 0)
        self.m2["amended_m2"][places] = np.where(new, 0, change)

    def _keep(self, who: Any, geometries: Any, exact: Any) -> None:
        self.remaining[who] = geometries
        self.exact[who] = exact
        self.size[who] = np.rint(exact).astype(np.int64)

    def _release(self, places: NDArray[np.intp]) -> None:
        """Cut once for each release."""
        if not len(places):
            return
        who = self.who[places]
        done = cut(self.remaining[who], self.drawn[places], exact_m2=self.exact[who])
        touched = done.exact_m2 != self.exact[who]
        self._keep(who, done.after, done.exact_m2)
        self.worked_on[who] |= touched
        released = self.m2["before_m2"][places] - self.size[who]
        for outcome in OUTCOMES:
            of = self.types[places] == outcome
            self.m2[f"{outcome}_m2"][places[of]] = released[of]
        for place in places[~touched]:
            self.notes.append(_Note(int(place), _why_nothing(self.had[place], self.drawn[place])))
        for number in np.flatnonzero(done.sliver_m2 > 0):
            size = round(done.sliver_m2[number])
            self.notes.append(_Note(int(places[number]), "slivers", size))
        for failed, reason in done.failed.items():
            self.notes.append(
                _Note(int(places[failed]), "not_cut", words=f"it cannot be cut: {reason}")
            )

    def _transfer(self, step: Step) -> None:
        """Give the land that each child is drawn over from the parents to it; book it as moved."""
        for child in step.children:
            to = self.who[child]
            gained = []
            for parent in step.places:
                of = self.who[parent]
                had = self.remaining[of]
                done = cut([had], [self.drawn[child]], exact_m2=self.exact[[of]])
                gained.append(released_land(had, done.after[0], self.drawn[child]))
                self._keep(of, done.after[0], done.exact_m2[0])
            begun = [self.since[self.who[parent]] for parent in step.places]
            self.since[to] = min([*begun, self.since[to]] if self.size[to] else begun)
            if any(not land.is_empty for land in gained):
                land = gained[0] if len(gained) == 1 else shapely.union_all(gained)
                if self.size[to]:
                    land = shapely.union(self.remaining[to], land)
                self._keep(to, land, exact_size_m2([land])[0])
        self._book(step)

    def _book(self, step: Step) -> None:
        """Book a transfer so that it sums to 0; what is over is amended, from the last side on."""
        parents, children = list(step.places), list(step.children)
        change = {
            place: int(self.size[self.who[place]] - self.m2["before_m2"][place])
            for place in (*parents, *children)
        }
        over: int = sum(change.values())
        sign = -1 if over < 0 else 1
        for place in reversed(parents if over < 0 else children):
            amended = sign * max(0, min(abs(over), sign * change[place]))
            over -= amended
            change[place] -= amended
            self.m2["amended_m2"][place] = amended
        for place, moved in change.items():
            self.m2["transferred_m2"][place] = moved
        missed = int(sum(self.m2["amended_m2"][place] for place in change))
        if abs(missed) > len(change):
            self.notes.append(_Note(parents[-1], "sides_overlap", missed))

    def credit(self, order: list[int], kinds: list[Any]) -> None:
        """Book land released over two hazards once, and say what an amendment covers again."""
        releases = [place for place in order if self.types[place] in OUTCOMES]
        ids = self.events["hazard_id"].tolist()
        starts = [place for place in order if self.left[place] is not self.had[place]]
        found = overlaps(
            hazards=[ids[place] for place in releases],
            kinds=[kinds[self.who[place]] for place in releases],
            days=self.days[releases],
            since=self.valid_since[releases],
            before=self.had[releases],
            after=self.left[releases],
            by=self.drawn[releases],
        )
        for number, (shared, others) in found.items():
            place = releases[number]
            column = self.m2[f"{self.types[place]}_m2"]
            size = min(shared, int(column[place]))
            column[place] -= size
            self.m2["amended_m2"][place] -= size
            self.m2["overlap_m2"][place] = size
            whose = f"credited to {' + '.join(others)}, which it overlaps"
            self.notes.append(_Note(place, "credited", size, whose))
        again = again_m2(
            [(self.who[place], self.types[place], place) for place in starts],
            self.had,
            self.left,
            self.drawn,
        )
        for place, size in again.items():
            self.m2["again_m2"][place] = size
            self.notes.append(_Note(place, "covers_again", size))

    def effects(self) -> pd.DataFrame:
        """Return the effects of all standing events, in their order."""
        said = [name for name in EFFECT_COLUMNS if name in self.events]
        table = pd.DataFrame(self.events[said])
        report, details = (self.events[name].tolist() for name in ("event_id", "detail"))
        for place in np.flatnonzero(np.isin(self.types, OUTCOMES)):
            report[place] = (detail_of(details[place]) or {}).get("report") or report[place]
        return table.assign(**self.m2, report=pd.Series(report, index=table.index, dtype="str"))[
            list(EFFECT_COLUMNS)
        ]

    def noted(self, order: list[int]) -> pd.DataFrame:
        """Return the notes as a table, in the order of folding."""
        rank = {place: number for number, place in enumerate(order)}
        notes = sorted(self.notes, key=lambda note: (rank[note.place], note.text))
        table = pd.DataFrame(self.events[["event_id", "hazard_id"]].iloc[[n.place for n in notes]])
        table["code"] = pd.Series([note.code for note in notes], index=table.index, dtype="str")
        table["note"] = pd.Series([note.text for note in notes], index=table.index, dtype="str")
        table["size_m2"] = np.array([note.size_m2 for note in notes], dtype=np.int64)
        return table.reset_index(drop=True)


def _why_nothing(had: Any, drawn: Any) -> str:
    """Return the code of why a release takes nothing off its hazard."""
    if had.is_empty:
        return "nothing_left"
    inside = exact_size_m2([shapely.intersection(had, drawn)])[0]
    return "rounds_to_nothing" if inside > 0 else "outside"


def linked(events: pd.DataFrame, hazard_ids: Any) -> set[str]:
    """Return these hazards and all that transfers connect them with: what folds together.

    Examples
    --------
    >>> table = pd.DataFrame({"hazard_id": ["A", "B", "C"], "transfer_id": ["t", "t", None]})
    >>> sorted(linked(table, ["A"]))
    ['A', 'B']
    """
    moved = events[events["transfer_id"].notna()]
    sides = moved.groupby("transfer_id")["hazard_id"].agg(set).tolist()
    found, more = set(hazard_ids), True
    while more:
        reached = [side for side in sides if side & found]
        grown = found.union(*reached)
        more, found = len(grown) > len(found), grown
    return found
