"""Checks of reports of released land, before they enter the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import meant, some
from mine_geo.geo.cells import read_numbers
from mine_geo.intake.checks.records import SIZE_FLOOR_M2, Records, check_sizes, sizes_apart
from mine_geo.intake.checks.shapes import check_shapes
from mine_geo.intake.findings import Finding, as_table
from mine_geo.terms import ITEM_COLUMNS, OUTCOMES, TIME_ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray


LONGEST_EDGE_M: Final = 5000.0
"""An edge of land worked on that is longer is a finding."""
SIZE_TOLERANCE: Final = 0.1
"""A reported size within a tenth of the polygon is that of the polygon: sizes are rounded, and
devices and sketches move an outline by a few metres."""
TIMES_APART: Final = 2.0
"""Two sizes further apart than this are an error: rounding, devices and a rim worked around the
hazard explain some tens of percent. Twice as much is another unit, the land surveyed instead of
the land released, another polygon or another hazard."""
BEYOND_SHARE: Final = 0.1
"""More of the worked land beyond its hazard is a finding, for the reasons of `SIZE_TOLERANCE`."""
MOSTLY_SHARE: Final = 0.5
"""More of it is an error: a rim of 10 m around a field of 100 m by 100 m is a third of what was
worked; where most lies elsewhere, hazard, unit or coordinates are more likely wrong."""
OTHER_SHARE: Final = 0.1
"""More of it on a hazard that the report does not release, or more of that hazard, is an error:
once the report is accepted, nothing would release that land any more."""
LEAST_DEPTH_CM: Final = 2.0
"""A depth of clearance that is less is in metres, it seems."""
MOST_DEPTH_CM: Final = 1000.0
"""A depth of clearance that is more is in centimetres under a heading of metres, it seems."""
OF_ONE: Final = ("amended", "confirmed")
"""What a report can say of one hazard only."""
REPORTED: Final = (*OUTCOMES, *OF_ONE)
"""The events that a report can be."""


def check_reports(
    reports: gpd.GeoDataFrame,
    *,
    register: gpd.GeoDataFrame | None = None,
    today: date | None = None,
    numbers: ArrayLike | None = None,
) -> gpd.GeoDataFrame:
    """List what keeps reports out of the ledger, or must be looked at first.

    Parameters
    ----------
    reports
        A table in EPSG:4326 as from `intake.read_reports`, in order or not.
    register
        The hazards that are there, closed ones too: a report must be of one of them.
    today
        The last day that can be reported; by default today in Cambodia.
    numbers
        The number of each record in its file, from 1; by default its place in the table.

    Returns
    -------
    geopandas.GeoDataFrame
        As `findings.as_table`, ordered by record and code.

    Raises
    ------
    CRSError, GeometryError, RecordError
        If this is not a table of reports in EPSG:4326.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> table = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "event_id": ["r-1"], "event_type": ["cleared"],
    ...     "happened_on": pd.to_datetime(["2024-05-03"])}, geometry=[None], crs=4326)
    >>> check_reports(table)[["code", "severity"]].values.tolist()
    [['no_land', 'error']]
    """
    records = Records.of(reports, what="reports", numbers=numbers)
    day = datetime.now(ZoneInfo(TIME_ZONE)).date() if today is None else today
    found = [
        *_types(records),
        *_ids(records, register),
        *_twice(records),
        *_days(records, day),
        *_numbers(records),
        *_sizes(records),
        *_shapes(records),
    ]
    return as_table(sorted(found, key=lambda each: (each.record or 0, each.code)))


def _types(records: Records) -> Iterator[Finding]:
    types = records.table["event_type"]
    for place in np.flatnonzero(types.isna()):
        message = f"no event_type; write one of: {', '.join(REPORTED)}"
        yield records.finding("unknown_word", place, message)
    for place in np.flatnonzero(types.notna() & ~types.isin(REPORTED)):
        message = f"event_type {types.iloc[place]!r} is unknown; write one of: "
        yield records.finding("unknown_word", place, message + ", ".join(REPORTED))


def _ids(records: Records, register: gpd.GeoDataFrame | None) -> Iterator[Finding]:
    types, events = records.table["event_type"], records.table["event_id"]
    missing = records.ids == None  # noqa: E711  (element by element)
    for place in np.flatnonzero(missing & types.isin(OF_ONE).to_numpy()):
        message = "no hazard_id; only a release can be over several hazards"
        yield records.finding("missing_id", place, message)
    for _, group in events[events.duplicated(keep=False) & events.notna()].groupby(events):
        hazards = records.ids[group.index]
        if len({*hazards} - {None}) == len(group):
            continue  # one report over several hazards
        for place in group.index:
            others = some((f"record {records.numbers[n]}" for n in group.index if n != place), 3)
            message = (
                f"event_id {events[place]} stands in {others} too; draw the land of one report on "
                "one hazard as one polygon of several parts, or leave one out if it is the same"
            )
            yield records.finding("duplicate_id", place, message)
    if register is not None:
        known = set(register["hazard_id"])
        strange = [place for place in np.flatnonzero(~missing) if records.ids[place] not in known]
        like = meant({records.ids[place] for place in strange}, known)
        for place in strange:
            name = records.ids[place]
            mend = f"did you mean {like[name]}?" if name in like else "enter the hazard first"
            message = f"no hazard {name} in the register; {mend}"
            yield records.finding("unknown_hazard", place, message)


def _twice(records: Records) -> Iterator[Finding]:
    """Give reports of one hazard, type, day and outline: their items would count twice."""
    table = records.table
    keys = pd.DataFrame(
        {
            "hazard": records.ids,
            "type": table["event_type"],
            "day": table["happened_on"],
            "land": shapely.to_wkb(shapely.normalize(records.geometries)),
        }
    )
    keys = keys[keys[["hazard", "type", "land"]].notna().all(axis=1)]
    alike = keys[keys.duplicated(keep=False)]
    for _, group in alike.groupby(list(keys.columns), dropna=False, sort=False):
        for place in group.index:
            other = records.numbers[next(n for n in group.index if n != place)]
            message = f"hazard, type, day and land as in record {other}; leave one out if it is one"
            yield records.finding("duplicate_report", place, message)


def _days(records: Records, today: date) -> Iterator[Finding]:
    days = records.table["happened_on"]
    for place in np.flatnonzero(days.isna()):
        yield records.finding("bad_date", place, "no day on which it happened; write 2022-12-31")
    for place in np.flatnonzero(days > pd.Timestamp(today)):
        message = f"{days.iloc[place]:%Y-%m-%d} has not come yet (today is {today}); correct it"
        yield records.finding("future_date", place, message)


def _numbers(records: Records) -> Iterator[Finding]:
    for name in ("reported_size_m2", "depth_cm", *ITEM_COLUMNS):
        if name not in records.table:
            continue
        values = records.table[name].astype("float64")
        for place in np.flatnonzero((values < 0) | np.isinf(values)):
            message = f"{name} {values.iloc[place]:g} cannot be; write 0 or more, or leave it out"
            yield records.finding("bad_number", place, message)
    if "depth_cm" in records.table:
        depths = records.table["depth_cm"].astype("float64")
        for place in np.flatnonzero((depths > 0) & (depths < LEAST_DEPTH_CM)):
            message = (
                f"depth_cm {depths.iloc[place]:g} is {depths.iloc[place] * 10:g} mm: in metres? "
                "write centimetres, or say in a profile: reports.factors.depth_cm = 100"
            )
            yield records.finding("odd_depth", place, message)
        for place in np.flatnonzero((depths > MOST_DEPTH_CM) & np.isfinite(depths)):
            message = (
                f"depth_cm {depths.iloc[place]:g} is {depths.iloc[place] / 100:g} m: were they "
                "centimetres under a heading of metres? correct it, or say in a profile: "
                "reports.factors.depth_cm = 1"
            )
            yield records.finding("odd_depth", place, message)


def _sizes(records: Records) -> Iterator[Finding]:
    """Give reported sizes that are not those of the polygons: errors where they are far off."""
    if "reported_size_m2" not in records.table:
        return
    reported, _ = read_numbers(records.table["reported_size_m2"])
    records = replace(records, size_m2=_of_whole_reports(records, reported))
    for found in check_sizes(records, SIZE_TOLERANCE, SIZE_FLOOR_M2):
        if found.code != "size_differs":
            continue  # of numbers that cannot be `_numbers` speaks
        place = int(np.flatnonzero(records.numbers - 1 == found.record)[0])
        said, size = reported[place], float(np.rint(records.size_m2[place]))
        if max(said, size) > TIMES_APART * min(said, size):
            message = sizes_apart(said, size, SIZE_TOLERANCE)
            yield replace(found, code="size_mistaken", message=message)
        else:
            yield found


def _of_whole_reports(records: Records, reported: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size that each reported size is laid beside: of the polygon, or of the report.

    A report over several hazards is a row a hazard, and writes its size once or repeats it: then
    the size of all its polygons is taken where it is nearer.
    """
    size = records.size_m2.copy()
    given = np.isfinite(reported)
    for names in (["operator", "report_ref"], ["event_id"]):
        if names[-1] not in records.table:
            continue
        rows = records.table[[name for name in names if name in records.table]]
        rows = rows[rows[names[-1]].notna()]
        for _, group in rows.groupby(list(rows.columns), dropna=False):
            places = group.index.to_numpy()
            written = {*reported[places][given[places]]}
            if len({*records.ids[places]}) == len(places) > 1 == len(written):
                whole, said = np.rint(records.size_m2[places]).sum(), written.pop()
                nearer = np.abs(whole - said) < np.abs(records.size_m2[places] - said)
                size[places[nearer]] = whole
    return size


def _shapes(records: Records) -> Iterator[Finding]:
    confirmed = (records.table["event_type"] == "confirmed").to_numpy()
    excused = set(records.numbers[confirmed] - 1)
    for found in check_shapes(records, LONGEST_EDGE_M):
        if found.code != "no_polygon":
            yield found
        elif found.record not in excused:
            yield replace(found, code="no_land", message="no polygon of the land; ask for it")


class OnOther(NamedTuple):
    """Worked land on a hazard that is not one of the report."""

    hazard_id: str
    size_m2: int
    lost_m2: int
    """What of it no report releases: 0 where one of the same file does."""
    of_m2: int
    """What is left of that hazard."""
    waits_in: str | None
    """The submission of a hazard on the workbench; None of one in the register."""
    same_kind: bool
    """False where both say their kind, and it is another: that land is released on its own."""


@dataclass(frozen=True)
class WorkedLand:
    """Where the land of one release fell, whole m²; what fell outside, once each in this order."""

    hazards: tuple[str, ...]
    """Those that the report releases."""
    drawn_m2: int
    had_m2: int
    """What was left of them before."""
    taken_m2: int
    """What the report takes off them."""
    outside_m2: int
    again_m2: int
    """Outside what was left, on land that was in them once: released, or drawn otherwise."""
    others: tuple[OnOther, ...]
    nowhere_m2: int
    """On no hazard of the register or the workbench."""

    @property
    def beyond_m2(self) -> int:
        """Land that never was in these hazards, and is in no other one of their kind."""
        others = sum(each.size_m2 for each in self.others if each.same_kind)
        return max(self.outside_m2 - self.again_m2 - others, 0)

    def outside(self) -> str:
        """Say where the land outside fell.

        Examples
        --------
        >>> other = OnOther("AP-2", 300, 300, 800, None, same_kind=True)
        >>> WorkedLand(("AP-1",), 900, 400, 400, 500, 0, (other,), 200).outside()
        '300 m² on AP-2, 200 m² on no hazard'
        """
        said = [f"{self.again_m2:,} m² released before, or drawn otherwise"]
        said = said if self.again_m2 else []
        for each in self.others:
            where = f", which waits in {each.waits_in}" if each.waits_in else ""
            said.append(f"{each.size_m2:,} m² on {each.hazard_id}{where}")
        if self.nowhere_m2:
            said.append(f"{self.nowhere_m2:,} m² on no hazard")
        return ", ".join(said)


def weigh(land: WorkedLand, record: int) -> list[Finding]:
    """List what speaks against a release: drawn against what was left, worked against released.

    Parameters
    ----------
    land
        Where its land fell.
    record
        The place of the report in its file, from 0.

    Examples
    --------
    >>> land = WorkedLand(("AP-1",), 12_000_000, 40_000, 40_000, 11_960_000, 0, (), 11_960_000)
    >>> [found.code for found in weigh(land, 0)]
    ['mostly_beyond', 'larger_than_left']
    >>> weigh(land, 0)[1].message
    'the polygon has 12,000,000 m², of AP-1 were left 40,000 m²; check unit, hazard and coordinates'
    """
    name, drawn = some(land.hazards, 3), land.drawn_m2
    found: list[tuple[str, str]] = []
    beyond, lost = land.beyond_m2, [each for each in land.others if _would_be_lost(each, drawn)]
    if not land.taken_m2:
        said = (
            f"nothing of its {drawn:,} m² is left of {name}; is it a report that was sent before?"
        )
        found.append(("releases_nothing", said))
    if lost:
        found.append(("on_other_hazard", _lost(lost)))
    if beyond > max(MOSTLY_SHARE * drawn, SIZE_FLOOR_M2):
        said = f"{beyond:,} of its {drawn:,} m² never were in {name}"
        found.append(("mostly_beyond", f"{said} ({land.outside()}); check hazard and coordinates"))
    elif beyond > max(BEYOND_SHARE * drawn, SIZE_FLOOR_M2):
        said = f"{beyond:,} of its {drawn:,} m² never were in {name} ({land.outside()})"
        found.append(("beyond_hazard", said))
    if land.taken_m2 and drawn > TIMES_APART * land.had_m2 + SIZE_FLOOR_M2:
        said = f"the polygon has {drawn:,} m², of {name} were left {land.had_m2:,} m²"
        found.append(("larger_than_left", f"{said}; check unit, hazard and coordinates"))
    if land.taken_m2 and land.again_m2 > max(BEYOND_SHARE * drawn, SIZE_FLOOR_M2):
        said = f"{land.again_m2:,} of its {drawn:,} m² were released before, or drawn otherwise"
        found.append(("worked_again", said))
    one = land.hazards[0] if len(land.hazards) == 1 else None
    return [Finding(code, message, record, hazard_id=one) for code, message in found]


def _would_be_lost(on: OnOther, drawn_m2: int) -> bool:
    """Tell whether land on another hazard is more than an outline is off."""
    least = max(OTHER_SHARE * min(drawn_m2, on.of_m2), SIZE_FLOOR_M2)
    return on.same_kind and on.lost_m2 > least


def _lost(lost: list[OnOther]) -> str:
    """Say on which hazards worked land would be lost, and how it is not."""
    listed = some((f"{each.lost_m2:,} m² on {each.hazard_id}" for each in lost), 3)
    mends = []
    waits = sorted({each.waits_in for each in lost if each.waits_in})
    if waits:
        names = some([each.hazard_id for each in lost if each.waits_in], 3)
        mends.append(f"accept {names} of {some(waits)} first, then this report")
    if any(each.waits_in is None for each in lost):
        mends.append("send a report of each hazard with its part of the land")
    return f"{listed} would be released by no report; {'; '.join(mends)}"
