"""Records in the words of their source into ours: hazards for the checks, reports for the ledger.

Nothing is lost on the way: a column that is none of ours is kept under its own name, a word that
no profile knows stays as it is written, and a cell that is neither a day nor a number is
reported with its text.
Geometry is EPSG:4326 and never repaired.

States of approval that stand beside a record: received, in review, validated, rejected.
A record that its own source rejected, or has not validated yet, does not count as validated.
Several columns may speak of one record (the workflow, each review, the validation): the worst
counts. A word that no profile knows is never taken as validated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import choose, some
from mine_geo.geo.cells import is_never, is_serial, read_days, read_flags, read_numbers, read_texts
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import size_m2, to_multipolygons, without_empty
from mine_geo.geo.hazards import PLACE_COLUMNS, contradictions, located
from mine_geo.intake.columns import Match, fold, heading, is_made, match, names_of, read_words
from mine_geo.intake.findings import EMPTY_LEFT_OUT, Finding
from mine_geo.intake.profiles import DAYS, FLAGS, NUMBERS, OURS
from mine_geo.intake.received import REPORT_COLUMNS, REPORT_TYPES, SAID_COLUMNS, STATES
from mine_geo.intake.report_words import (
    COMPLETIONS,
    Land,
    Words,
    chosen_days,
    items_of,
    judged,
    looks_like_items,
    may_be_kind,
    of_model,
    quoted,
    repeated,
    unknown_outcome,
)
from mine_geo.terms import CRS, HAZARD_COLUMNS, ITEM_COLUMNS, KINDS, OUTCOMES, PERSONAL
from mine_geo.terms import RESTRICTED_WORD as RESTRICTED
from mine_geo.terms import RESTRICTION_COLUMN as RESTRICTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mine_geo.intake.received import Fields, Profile, States


UNITS: Final = ("province", "district", "commune", "village")
"""Names that a source may keep in several languages, each in a column of its own."""
EXAMPLE_LENGTH: Final = 40
"""Characters of an example that are shown."""

_SERIAL: Final = (
    "is the number of a day in a spreadsheet? Give the column the format of a date there, or say "
    'in a profile [{}] dates = ["excel_1900"] ("excel_1904" of an old workbook of a Macintosh)'
)
_HAZARD_LIKE: Final = re.compile(r"hazard|field|sha|cha|(?:^|[^a-z])mf|polygon|suspect|area")
"""In the name of a column that may be the id of a hazard."""
_GUID: Final = re.compile(r"\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?")


@dataclass(frozen=True)
class Mapped:
    """Records in our words, and which column went where."""

    table: gpd.GeoDataFrame
    columns: pd.DataFrame
    """`source` (null: not from the file), `ours` (null where left over), `how` (`by profile`,
    `same name`, `last step of its path`, `truncated name`, `constant`, `computed anew`, or
    `left over` with the reason), `filled` (records with a value), `example` (the first one)."""
    findings: tuple[Finding, ...]
    approval: Approval | None = None
    """The states of approval of the records, where a column says any."""


def to_candidates(table: gpd.GeoDataFrame, profile: Profile, *, kind: str | None = None) -> Mapped:
    """Return hazards in our words, as they are: what the checks and the workbench take.

    Parameters
    ----------
    table
        Records in EPSG:4326, in the words of their source; geometry null or invalid allowed.
    profile
        How the source calls its columns and words.
    kind
        The kind of records that have none: one of `terms.KINDS`. Counts before the profile's.

    Returns
    -------
    Mapped
        Its table has `terms.HAZARD_COLUMNS`, then the source's other columns, and a RangeIndex.
        Texts are trimmed, in Unicode NFC, null where blank; `surveyed_on` is datetime64[ms],
        `reported_size_m2` float64 (m²), `size_m2` int64 (m², 0 where there is no polygon or one
        that cannot be measured). Known names of provinces and districts are in the standard
        spelling, with their codes; a code that contradicts a name is left beside it. A record that
        is not validated at its source is `in_workbench`.

    Raises
    ------
    CRSError
        If the table is not in EPSG:4326.
    OptionError
        If `kind` is none.

    Examples
    --------
    >>> from mine_geo.intake import profiles
    >>> table = gpd.GeoDataFrame(
    ...     {"HAZARD_LOC": [" MF-1 "], "areatype": ["Confirmed Hazardous Area"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> mapped = to_candidates(table, profiles.load("imsma_ng"), kind="ap_minefield")
    >>> mapped.table[["hazard_id", "kind", "area_type", "size_m2"]].values.tolist()
    [['MF-1', 'ap_minefield', 'CHA', 1200149]]
    >>> mapped.columns[["source", "ours", "how"]].values.tolist()[:2]
    [['HAZARD_LOC', 'hazard_id', 'truncated name'], ['areatype', 'area_type', 'same name']]
    """
    given = {} if kind is None else {"kind": choose(kind, KINDS, "kind")}
    draft = _Draft(table, profile, "hazards", given)
    new = draft.read()
    if draft.approval is not None:
        new["in_workbench"] |= draft.approval.waits
    places = pd.DataFrame({column: new[column] for column in PLACE_COLUMNS})
    apart = contradictions(places)
    found = located(places)
    new |= {column: found[column].where(~apart, places[column]) for column in PLACE_COLUMNS}
    new["size_m2"] = pd.Series(_sizes(draft.geometry), index=draft.index)
    return draft.mapped(new, HAZARD_COLUMNS)


def to_reports(table: gpd.GeoDataFrame, profile: Profile, *, all_hazards: bool = False) -> Mapped:
    """Return reports of survey and clearance in our words, ready to be recorded.

    Parameters
    ----------
    table
        Records in EPSG:4326, in the words of their source; geometry null or invalid allowed.
    profile
        How the source calls its columns and words.
    all_hazards
        Whether a report that names no hazard is of every hazard that its polygon touches.

    Returns
    -------
    Mapped
        Its table has `received.REPORT_COLUMNS`, then the source's other columns, and a RangeIndex.
        `event_id` is the source's globalid in small letters without braces, so that the same
        report has the same id in every export; items are Int64, `happened_on` datetime64[ms],
        `reported_size_m2` the m² released where a column says them, `depth_cm` cm. The day is
        the one that fits the outcome: a day of survey never dates a clearance. A type of event
        that is unknown or missing, a missing day, a missing hazard, and a report that does not say
        that land was released are findings.

    Raises
    ------
    CRSError
        If the table is not in EPSG:4326.

    Examples
    --------
    >>> from mine_geo.intake import profiles
    >>> table = gpd.GeoDataFrame(
    ...     {"GlobalID": ["r-1"], "outcome": ["Clearance"], "end_date": ["2024-05-01"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> mapped = to_reports(table, profiles.load("survey123"))
    >>> mapped.table[["event_id", "event_type"]].values.tolist()
    [['r-1', 'cleared']]
    """
    draft = _Draft(table, profile, "reports", {})
    new = draft.read()
    said = draft.reported(new)
    # A guid in one form; any other text as it is.
    new["event_id"] = (
        new["event_id"]
        .map(lambda text: text.strip("{}").lower() if _GUID.fullmatch(text.lower()) else text,
             na_action="ignore")
        .astype("str")
    )  # fmt: skip
    for column in ITEM_COLUMNS:
        new[column] = new[column].astype("Int64")
    draft.missing(new)
    draft.hazards(new, all_hazards=all_hazards)
    draft.released(new, said)
    draft.once(new)
    return draft.mapped(new, REPORT_COLUMNS)


def _sizes(geometry: gpd.GeoSeries) -> NDArray[np.int64]:
    """Return the size of each polygon, 0 where there is none or a coordinate is off the earth."""
    shapes = geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    on_earth = (np.abs(xy) <= (180, 90)).all(axis=1)  # False for what is not a number
    broken = np.bincount(owner[~on_earth], minlength=len(shapes)) > 0
    return size_m2(np.where(broken, None, shapes))


class _Draft:
    """A table while it is mapped: where each column goes, and what could not be read."""

    def __init__(
        self, table: gpd.GeoDataFrame, profile: Profile, what: str, given: Mapping[str, str]
    ) -> None:
        require_lonlat(table, "records")
        frame = table.reset_index(drop=True)
        self.index = frame.index
        drawn, empty = without_empty(frame)
        shapes = to_multipolygons(drawn)
        self.geometry = gpd.GeoSeries(shapes, index=self.index, crs=CRS)
        self._rest = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        self._names = [str(column) for column in self._rest.columns]
        fields = profile.hazards if what == "hazards" else profile.reports
        self._summed = _summed(fields, self._names)
        self._fields: Fields = replace(fields, columns={**fields.columns, **self._summed})
        self._decimal = profile.options.get("decimal")
        self._given = given
        self._what = what
        secret = {fold(name) for name in self._fields.personal}
        self._marks = {
            place
            for place, name in enumerate(self._names)
            # nothing but that its file is restricted
            if name == RESTRICTION
            and set(read_texts(self._rest.iloc[:, place]).dropna().str.startswith(RESTRICTED))
            == {True}
        }
        self._personal = {place for place, n in enumerate(self._names) if fold(n) in secret}
        self._matches = self._matched(OURS[what])
        self._place = {m.ours: place for place, m in enumerate(self._matches) if m.ours}
        self._faults: list[tuple[str, int, str]] = [
            ("empty_part", int(record), EMPTY_LEFT_OUT) for record in np.flatnonzero(empty)
        ]
        self._constants: list[tuple[str, int, str]] = []
        self._filling: dict[int, str] = {}
        self._parts: dict[int, str] = {}
        self._kept = SAID_COLUMNS if what == "reports" else ()
        self.approval = read_states(self._rest, profile.states)
        named = self._place.get("in_workbench")
        if self.approval and named is not None and fold(self._names[named]) == "inworkbench":
            # Our own table: who accepted a record here decided on it, whatever its source said.
            self.approval = self.approval.decided()
        self._note_states()

    def _matched(self, ours: Sequence[str]) -> list[Match]:
        """Say where each column goes; a personal one is taken for none of ours."""
        hidden = [
            f"{PERSONAL}{name}" if place in self._personal else name
            for place, name in enumerate(self._names)
        ]
        found = match(hidden, self._fields, ours)
        for place in self._personal:
            found[place] = Match(self._names[place], None, "personal")
        return found

    def _note_states(self) -> None:
        """Note the records that their source has not validated, and states that are not known."""
        if self.approval is None:
            return
        for record, column, word in self.approval.unknown:
            text = (
                f"{column} {_shortened(word)!r} is no state of approval that is known; say in a "
                f'profile what it means: [states.words] "{word}" = "validated", or "received", '
                '"in_review", "rejected"'
            )
            self._faults.append(("unknown_state", record, text))
        for record in np.flatnonzero(self.approval.waits).tolist():
            said = self.approval.said[record] or "no state of approval"
            self._faults.append(("not_validated", record, f"not validated at its source: {said}"))

    def read(self) -> dict[str, pd.Series[Any]]:
        """Return our columns, read from those of the source, with the profile's constants."""
        later = (*SAID_COLUMNS, "happened_on") if self._what == "reports" else ()
        return {ours: self._read(ours) for ours in OURS[self._what] if ours not in later}

    def _read(self, ours: str) -> pd.Series[Any]:
        if ours in self._place:
            cells = self._rest.iloc[:, self._place[ours]]
        else:
            cells = pd.Series(None, index=self.index, dtype="str")
        if ours in DAYS:
            return self._days(ours, cells)
        if ours in ITEM_COLUMNS and self._what == "reports":
            return self._items(ours)
        if ours in NUMBERS:
            return self._numbers(ours)
        texts = read_texts(cells)
        if ours in UNITS:
            texts = self._from_others(ours, texts)
        texts = read_words(texts, self._fields.values.get(ours, {}))  # noqa: PD011
        texts = self._filled(ours, texts, self._given.get(ours))
        texts = self._filled(ours, texts, self._fields.constants.get(ours))
        return self._flags(ours, texts) if ours in FLAGS else texts

    def _from_others(self, ours: str, texts: pd.Series[Any]) -> pd.Series[Any]:
        """Fill an empty name of a unit from its other columns, as those of other languages."""
        known = names_of(self._fields, ours)
        order = {fold(name): number for number, name in enumerate(known)}
        places = [
            place
            for place, name in enumerate(self._names)
            if fold(name) in order and place not in self._place.values()
        ]
        for place in sorted(places, key=lambda place: order[fold(self._names[place])]):
            self._filling[place] = ours
            texts = texts.where(texts.notna(), read_texts(self._rest.iloc[:, place]))
        return texts.astype("str")

    def _filled(
        self, ours: str, cells: pd.Series[Any], value: Any, bad: Any = False
    ) -> pd.Series[Any]:
        """Return a column with a constant where the source says nothing, not even nonsense."""
        if value is None:
            return cells
        empty = cells.isna() & ~np.asarray(bad, dtype=bool)
        self._constants.append((ours, int(empty.sum()), str(value)))
        return cells.where(~empty, value)

    def _days(self, ours: str, cells: pd.Series[Any]) -> pd.Series[Any]:
        days, bad = read_days(cells, self._fields.dates)
        self._no_days(cells, bad)
        constant = self._fields.constants.get(ours)
        return self._filled(ours, days, None if constant is None else _moment(constant), bad)

    def _no_days(self, cells: pd.Series[Any], bad: Any) -> None:
        """Note the cells that are no day, and why."""
        texts = read_texts(cells)
        serial, never = bad & is_serial(texts), bad & is_never(texts)
        for which, said in (
            (serial, _SERIAL.format(self._what)),
            (never, "is no day of the calendar; correct it in the source"),
            (
                bad & ~serial & ~never,
                (
                    "is no day that is clear; write 2022-12-31, or name the format in a profile "
                    "(dates)"
                ),
            ),
        ):
            self._unread("bad_date", cells, which, said)

    def _numbers(self, ours: str) -> pd.Series[Any]:
        """Return numbers; in a report an empty one from the other columns that say the same."""
        places = [self._place[ours]] if ours in self._place else []
        if self._what == "reports":
            places = self._places_of(ours)
        column = pd.Series(np.nan, index=self.index)
        unread = np.zeros(len(self.index), dtype=bool)
        for place in places:
            cells = self._rest.iloc[:, place]
            numbers, bad = self._read_numbers(ours, cells)
            if place != self._place.get(ours):
                self._filling[place] = ours
            both = column.notna().to_numpy() & ~np.isnan(numbers) & (column.to_numpy() != numbers)
            for record in np.flatnonzero(both):
                first = self._names[places[0]]
                text = (
                    f"{cells.name} says {numbers[record]:g} and {first} "
                    f"{column.iloc[record]:g}, which is taken as {ours}; correct one"
                )
                self._faults.append(("columns_differ", int(record), text))
            column = column.fillna(pd.Series(numbers, index=self.index))
            unread |= np.asarray(bad, dtype=bool)
        constant = self._fields.constants.get(ours)
        bad = unread & column.isna().to_numpy()
        return self._filled(ours, column, None if constant is None else float(constant), bad)

    def _items(self, ours: str) -> pd.Series[Any]:
        """Return the items of a kind: of several columns the total, or the sum of what is parts."""
        places = self._places_of(ours)
        if ours in self._summed:
            named = {fold(name) for name in self._summed[ours]}
            places = [place for place in places if fold(self._names[place]) in named]
        whole: dict[str, NDArray[np.float64]] = {}
        parts: dict[str, NDArray[np.float64]] = {}
        unread = np.zeros(len(self.index), dtype=bool)
        for place in places:
            numbers, bad = self._read_numbers(ours, self._rest.iloc[:, place])
            unread |= np.asarray(bad, dtype=bool)
            name = self._names[place]
            if ours in self._summed or of_model(name)[1]:
                self._parts[place] = ours
                parts.setdefault(name, numbers)
            else:
                whole.setdefault(name, numbers)
                if place != self._place.get(ours):
                    self._filling[place] = ours
        column = pd.Series(np.nan, index=self.index)
        if whole or parts:
            numbers, unclear = items_of(whole, parts)
            column = pd.Series(numbers, index=self.index)
            self._unclear(ours, {**whole, **parts}, unclear)
            unread |= unclear
        constant = self._fields.constants.get(ours)
        return self._filled(ours, column, None if constant is None else float(constant), unread)

    def _unclear(self, ours: str, said: Mapping[str, NDArray[np.float64]], unclear: Any) -> None:
        """Note the records whose columns of one kind of items say different numbers."""
        for record in np.flatnonzero(unclear):
            there = {name: n[record] for name, n in said.items() if not np.isnan(n[record])}
            each = some((f"{name} {number:,.0f}" for name, number in there.items()), 6)
            text = (
                f"{each}: are these different {ours}, or the same? If they are different, say in a "
                f"profile that they are added up: {_sum_line(ours, there)}; if one of them counts "
                f"all, name it alone: {_sum_line(ours, [*there][:1])}"
            )
            self._faults.append(("items_unclear", int(record), text))

    def _read_numbers(self, ours: str, cells: pd.Series[Any]) -> tuple[NDArray[np.float64], Any]:
        """Return the numbers of a column, m² or cm by the unit of its heading; note the others."""
        unit = heading(str(cells.name))[1] if ours.endswith(("_m2", "_cm")) else 1.0
        numbers, bad = read_numbers(
            cells,
            factor=self._fields.factors.get(ours, unit),
            decimal=self._decimal,
            whole=ours in ITEM_COLUMNS,
        )
        what = "whole number" if ours in ITEM_COLUMNS else "number"
        self._unread(
            "bad_number",
            cells,
            bad,
            f"is no {what} that is clear and not below 0; "
            "correct it, or say the decimal sign in a profile (options)",
        )
        return numbers, bad

    def _places_of(self, ours: str) -> list[int]:
        """Return the columns that bear a name of ours, the one that was taken first."""
        names = {fold(name): n for n, name in enumerate(names_of(self._fields, ours))}
        states = () if self.approval is None else self.approval.places
        ranks = {}
        for place, name in enumerate(self._names):
            if self._matches[place].ours not in {None, ours} or place in states:
                continue
            rank = names.get(fold(name), names.get(fold(heading(name)[0])))
            if rank is None and ours in ITEM_COLUMNS:
                rank = names.get(fold(of_model(name)[0]))
            if self._matches[place].ours == ours:
                rank = -1
            if rank is not None:
                ranks[place] = rank
        return sorted(ranks, key=lambda place: ranks[place])

    def _flags(self, ours: str, texts: pd.Series[Any]) -> pd.Series[bool]:
        flags, bad = read_flags(texts)
        if ours in self._place:
            cells = self._rest.iloc[:, self._place[ours]]
            self._unread("unknown_word", cells, bad, "is neither true nor false")
        return pd.Series(flags, index=self.index)

    def _unread(self, code: str, cells: pd.Series[Any], bad: Any, mend: str) -> None:
        """Note the cells that cannot be read, with what stands there."""
        places = np.flatnonzero(bad)
        for record, cell in zip(places, cells.iloc[places].tolist(), strict=True):
            text = f"{cells.name} {_shortened(cell)!r} {mend}"
            self._faults.append((code, int(record), text))

    def reported(self, new: dict[str, pd.Series[Any]]) -> dict[str, Any]:
        """Read what a report says besides; the day that fits its outcome and the m² released."""
        new["happened_on"], done = self._day_of(new["event_type"])
        sizes = {name: self._numbers(name) for name in SAID_COLUMNS if name.endswith("_m2")}
        named = [each for each in OUTCOMES if self._places_of(f"{each}_m2")]
        if len(named) == 1:  # then such a heading is of all outcomes
            only = sizes[f"{named[0]}_m2"]
            other = (new["event_type"] != named[0]).to_numpy()
            sizes["released_m2"] = sizes["released_m2"].fillna(only.where(other))
            sizes[f"{named[0]}_m2"] = only.mask(other)
        said = {"done": done, "generic": new["reported_size_m2"], **sizes}
        released = sizes["released_m2"].copy()
        for outcome in OUTCOMES:
            own = sizes[f"{outcome}_m2"]
            released = released.mask((new["event_type"] == outcome) & own.notna(), own)
        new["reported_size_m2"] = released.fillna(new["reported_size_m2"])
        return said

    def _day_of(self, types: pd.Series[Any]) -> tuple[pd.Series[Any], NDArray[np.bool_]]:
        """Return the day of each report by its outcome, and whether it is one of completion."""
        roles = ("cleared_on", "happened_on", "surveyed_on", "reported_on")
        named = {place: role for role in roles for place in self._places_of(role)}
        cells = {place: self._rest.iloc[:, place] for place in named}
        texts = {place: (named[place], read_texts(each)) for place, each in cells.items()}
        taken = chosen_days(types, texts)
        read = {place: read_days(each, self._fields.dates) for place, each in cells.items()}
        days = pd.Series(pd.NaT, index=self.index, dtype="datetime64[ms]")
        unread = np.zeros(len(self.index), dtype=bool)
        for place, (found, bad) in read.items():
            mine = taken == place
            days = days.mask(mine, found)
            unread |= np.asarray(bad, dtype=bool) & mine
            self._no_days(cells[place], np.asarray(bad, dtype=bool) & mine)
            if place != self._place.get("happened_on"):
                self._filling[place] = "happened_on"
        for record in range(len(self.index)):
            there = {
                place: found.iloc[record]
                for place, (found, _) in read.items()
                if pd.notna(found.iloc[record])
            }
            if len(set(there.values())) > 1 and taken[record] >= 0:
                each = some((f"{self._names[p]} {day:%Y-%m-%d}" for p, day in there.items()), 6)
                text = f"several days: {each}; taken: {self._names[taken[record]]}"
                self._faults.append(("several_days", record, text))
            elif taken[record] < 0 and there:
                each = some(f"{self._names[p]} {day:%Y-%m-%d}" for p, day in there.items())
                text = (
                    f"no day of completion: {each} is a day of survey, which dates no clearance; "
                    "give its day as completion_date"
                )
                self._faults.append(("bad_date", record, text))
        done = np.isin(taken, [place for place, role in named.items() if role in COMPLETIONS])
        constant = self._fields.constants.get("happened_on")
        filled = self._filled(
            "happened_on", days, None if constant is None else _moment(constant), unread
        )
        return filled, done | (filled.notna().to_numpy() & (taken < 0))

    def released(self, new: Mapping[str, pd.Series[Any]], said: Mapping[str, Any]) -> None:
        """Note the reports of a release that do not say that all of their land was released."""
        place = self._place.get("event_type")
        column = "" if place is None else self._names[place]
        words = new["event_type"] if place is None else read_texts(self._rest.iloc[:, place])
        drawn = _sizes(self.geometry)
        states, ends = (
            [(self._names[n], read_texts(self._rest.iloc[:, n])) for n in self._places_of(role)]
            for role in ("report_status", "conclusion")
        )
        for record in np.flatnonzero(new["event_type"].isin(OUTCOMES)):
            statuses = [
                (name, texts.iloc[record], self._state(texts.iloc[record]))
                for name, texts in states
                if pd.notna(texts.iloc[record])
            ]
            conclusions = [
                (name, texts.iloc[record], self._meaning("conclusion", texts.iloc[record]))
                for name, texts in ends
                if pd.notna(texts.iloc[record])
            ]
            comment = new["comment"].iloc[record]
            outcome = str(new["event_type"].iloc[record])
            found = judged(
                Words(
                    outcome,
                    str(words.iloc[record]),
                    column,
                    statuses,
                    conclusions,
                    None if pd.isna(comment) else str(comment),
                    bool(said["done"][record]),
                ),
                Land(
                    float(drawn[record]),
                    float(said["released_m2"].iloc[record]),
                    {each: float(said[f"{each}_m2"].iloc[record]) for each in OUTCOMES},
                    float(said["surveyed_m2"].iloc[record]),
                    float(said["worked_m2"].iloc[record]),
                    float(said["generic"].iloc[record]),
                ),
            )
            if found is not None:
                self._faults.append((found.code, int(record), found.message))

    def _meaning(self, column: str, text: str) -> str | None:
        """Return what a word of a column means by the profile, None where it says nothing."""
        values: Mapping[str, str] = self._fields.values.get(column, {})  # noqa: PD011
        known = {fold(word): meaning for word, meaning in values.items()}
        return known.get(fold(text))

    def _state(self, text: str) -> str | None:
        """Return what a state means; a word of an outcome says nothing of the state."""
        known = self._meaning("report_status", text)
        return "" if known is None and self._meaning("event_type", text) is not None else known

    def once(self, new: dict[str, pd.Series[Any]]) -> None:
        """Let the m² and items of a report that stand on several of its rows count once."""
        table = pd.DataFrame(new)
        for rows, lead in repeated(table, _sizes(self.geometry)).items():
            items = int(table.loc[[lead], list(ITEM_COLUMNS)].fillna(0).to_numpy().sum())
            size = table["reported_size_m2"].iloc[lead]
            figures = some(
                [f"{size:,.0f} m²"] * bool(size > 0) + [f"{items:,} items"] * bool(items)
            )
            text = (
                f"{figures} stand on {len(rows)} rows of report {table['report_ref'].iloc[lead]}, "
                f"and count once, with {table['hazard_id'].iloc[lead]}; give each row its own "
                "figures if they are not of the whole report"
            )
            self._faults.append(("figures_repeated", lead, text))
            others = [row for row in rows if row != lead]
            for name in ("reported_size_m2", *ITEM_COLUMNS):
                new[name] = new[name].mask(self.index.isin(others))

    def hazards(self, new: Mapping[str, pd.Series[Any]], *, all_hazards: bool) -> None:
        """Note the reports that name no hazard."""
        ids = new["hazard_id"]
        lacking = np.flatnonzero(ids.isna())
        if not len(lacking):
            return
        if all_hazards:
            for record in lacking:
                text = "names no hazard: taken as of every hazard that its polygon touches"
                self._faults.append(("over_all", int(record), text))
            return
        if len(lacking) < len(ids):
            text = (
                f"no hazard_id, which {len(ids) - len(lacking):,} other reports of the file have; "
                "write it, or say that it is of every hazard that it touches, with "
                "all_hazards=True"
            )
        else:
            able = self._could_be_ids()
            take = f"take one with {option_of(next(iter(able.values())))}, " if able else ""
            listed = some([f"{name!r} ({text})" for text, name in able.items()], 4)
            there = f"; these could be it: {listed}" if able else ""
            text = (
                f"no column says of which hazard a report is{there}; {take}name it in a profile: "
                'reports.columns.hazard_id = ["..."], or say that each report is of every hazard '
                "that it touches, with all_hazards=True"
            )
        for record in lacking:
            self._faults.append(("missing_id", int(record), text))

    def _could_be_ids(self) -> dict[str, str]:
        """Return the columns that could be the id of a hazard, each by its first value."""
        found: dict[str, str] = {}
        for place, match_ in enumerate(self._matches):
            name = self._names[place]
            if match_.ours is not None or is_made(name) or not _HAZARD_LIKE.search(name.lower()):
                continue
            texts = read_texts(self._rest.iloc[:, place])
            if texts.notna().all() and len(texts) and texts.str.len().max() <= EXAMPLE_LENGTH:
                found.setdefault(str(texts.iloc[0]), name)
        return found

    def missing(self, new: Mapping[str, pd.Series[Any]]) -> None:
        """Note reports whose type of event or day is missing or unknown."""
        types, days = new["event_type"], new["happened_on"]
        unread = {record for code, record, _ in self._faults if code == "bad_date"}
        strange = types.notna() & ~types.isin(REPORT_TYPES)
        known = self._fields.values.get("event_type", {})  # noqa: PD011
        for record in np.flatnonzero(strange):
            text = unknown_outcome(types.iloc[record], REPORT_TYPES, known)
            self._faults.append(("unknown_word", int(record), text))
        for record in np.flatnonzero(types.isna()):
            text = f"no event_type; write one of: {', '.join(REPORT_TYPES)}"
            self._faults.append(("unknown_word", int(record), text))
        for record in np.flatnonzero(days.isna()):
            if record not in unread:
                text = "no day on which it happened; write 2022-12-31"
                self._faults.append(("bad_date", int(record), text))

    def mapped(self, new: dict[str, pd.Series[Any]], columns: Sequence[str]) -> Mapped:
        """Return the table with the columns that are left over, what went where, and findings."""
        extras = self._extras(columns)
        kept = {}
        for place, name in extras.items():
            cells = self._rest.iloc[:, place]
            # Flags without nulls are NumPy's, as every other function gives them.
            full = cells.dtype == "boolean" and not cells.isna().any()
            kept[name] = cells.astype(bool) if full else cells
        own = {column: new[column] for column in columns if column != "geometry"}
        table = gpd.GeoDataFrame(own | {"geometry": self.geometry} | kept, crs=CRS)
        ids = new["hazard_id"]
        known = ids.notna().to_numpy()
        findings = [
            Finding(code, text, record, hazard_id=str(ids.iloc[record]) if known[record] else None)
            for code, record, text in sorted(self._faults, key=lambda fault: fault[1])
        ]
        left = [self._names[place] for place in extras if self._known(place) is None]
        if left:
            text = f"columns that are none of ours, kept as they are: {some(left, 12)}"
            findings.append(Finding("left_over", text))
        if self._what == "reports":
            findings += self._items_left(extras)
        said = self._columns(extras, columns)
        return Mapped(table, said, tuple(findings), self.approval)

    def _items_left(self, extras: Mapping[int, str]) -> list[Finding]:
        """Say which columns look like items found, and are not counted."""
        found = {}
        for place in extras:
            count = looks_like_items(self._names[place], self._rest.iloc[:, place])
            if count and self._known(place) is None:
                found[self._names[place]] = count
        if not found:
            return []
        each = some([f"{name} ({count:,})" for name, count in found.items()], 12)
        name = next(iter(found))
        text = (
            f"columns that look like items found, and are not counted: {each}; if they are, name "
            f'them in a profile, as  reports.columns.ap_mines = ["{quoted(name)}"]  (or av_mines, '
            "submunitions, uxo)"
        )
        sums = []
        for ours in ITEM_COLUMNS:
            more = [name for name in found if may_be_kind(name) == ours]
            read = [self._names[place] for place in self._places_of(ours)]
            if more and len(more) + len(read) > 1:
                sums.append(_sum_line(ours, [*read, *more]))
        if sums:
            text += f"; different items are added up, if none is a total: {', '.join(sums)}"
        return [Finding("items_unread", text)]

    def _known(self, place: int) -> str | None:
        """Say what a column is that is known and kept, None of one that no word fits."""
        if self.approval is not None and place in self.approval.places:
            return "state of approval, kept as it is"
        if self._matches[place].ours in self._kept:
            return "counts, kept as it is"
        if place in self._parts:
            return f"a part of {self._parts[place]}, kept as it is"
        if place in self._filling:
            return f"fills {self._filling[place]} where that is empty, kept as it is"
        if place in self._personal or self._names[place].startswith(PERSONAL):
            return "personal: in no output unless asked for by name"
        kept = {fold(name) for name in self._fields.kept}
        return "known, kept as it is" if fold(self._names[place]) in kept else None

    def _extras(self, columns: Sequence[str]) -> dict[int, str]:
        """Return place -> name of the columns that are left over, no name twice in any case."""
        used = {column.lower() for column in columns}
        names: dict[int, str] = {}
        for place, name in enumerate(self._names):
            said = self._matches[place].ours
            taken = said is not None and said not in self._kept and place not in self._parts
            if taken or self._computed(place):
                continue
            head = PERSONAL if place in self._personal and not name.startswith(PERSONAL) else ""
            free = f"{head}{name}"
            if free.lower() in used:
                free = f"{head}source_{name}"
            number = 1
            while free.lower() in used:
                number += 1
                free = f"{head}source_{name}_{number}"
            names[place] = free
            used.add(free.lower())
        return names

    def _computed(self, place: int) -> bool:
        """Say whether a column is made anew: our size, and what a file of ours says of itself."""
        if self._what == "hazards" and self._names[place].strip().lower() == "size_m2":
            return True  # one in a file is never believed
        return place in self._marks

    def _columns(self, extras: Mapping[int, str], columns: Sequence[str]) -> pd.DataFrame:
        rows: list[tuple[str | None, str | None, str, int, str | None]] = []
        for place, found in enumerate(self._matches):
            cells = self._rest.iloc[:, place]
            filled, first = shown(cells)
            secret = place in self._personal or self._names[place].startswith(PERSONAL)
            rows.append((*self._went(place, found, extras), filled, None if secret else first))
        order = {column: number for number, column in enumerate(columns)}
        constants = sorted(self._constants, key=lambda constant: order[constant[0]])
        rows += [(None, ours, "constant", count, value) for ours, count, value in constants]
        frame = pd.DataFrame(rows, columns=["source", "ours", "how", "filled", "example"])
        texts = dict.fromkeys(["source", "ours", "how", "example"], "str")
        return frame.astype(texts | {"filled": "int64"})

    def _went(
        self, place: int, found: Match, extras: Mapping[int, str]
    ) -> tuple[str, str | None, str]:
        if place in self._marks:
            return found.source, None, "what a restricted file says of itself, written anew"
        if self._computed(place):
            return found.source, "size_m2", "computed anew"
        if found.ours in self._kept:
            return found.source, found.ours, found.how
        known = self._known(place) if place in extras else None
        if known is not None:
            return found.source, None, known
        if place in extras and extras[place] != found.source:
            return found.source, None, f"{found.how}, kept as {extras[place]}"
        return found.source, found.ours, found.how


def _summed(fields: Fields, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the columns that are there of those that a profile adds up, by our column."""
    there = {fold(name) for name in names}
    found = {
        ours: tuple(name for name in known if fold(name) in there)
        for ours, known in fields.sums.items()
    }
    return {ours: known for ours, known in found.items() if known}


def _sum_line(ours: str, names: Iterable[str]) -> str:
    """Return the line of a profile that says which columns are added up."""
    listed = ", ".join(f'"{quoted(name)}"' for name in names)
    return f"reports.sums.{ours} = [{listed}]"


def option_of(name: str) -> str:
    """Return the option that takes a column as the id.

    Examples
    --------
    >>> print(option_of("MF ID"))
    id_column="MF ID"
    """
    mark = "'" if '"' in name else '"'
    return f"id_column={mark}{name}{mark}"


def _moment(constant: str) -> pd.Timestamp:
    return read_days(pd.Series([constant]))[0][0]


def _shortened(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 1] + "…"


def shown(cells: pd.Series[Any]) -> tuple[int, str | None]:
    """Return how many cells hold something, and the first of them.

    Examples
    --------
    >>> shown(pd.Series([None, " AP-1 "]))
    (1, 'AP-1')
    """
    there = cells.notna()
    if str(cells.dtype) in {"str", "object"}:
        there &= cells.astype("str").str.strip() != ""
    places = np.flatnonzero(there)
    return len(places), _shortened(cells.iloc[places[0]]) if len(places) else None


RECEIVED, IN_REVIEW, VALIDATED, REJECTED = STATES
_WORST_FIRST: Final = (REJECTED, IN_REVIEW, RECEIVED, VALIDATED)
_CUT: Final = 10
"""Letters of a column's name in a Shapefile."""


@dataclass(frozen=True)
class Approval:
    """What the columns of states say of the records of a table."""

    places: tuple[int, ...]
    """The columns that say something, by their place."""
    states: NDArray[np.object_]
    """The state of each record: one of `STATES`; None where one of its words is not known."""
    said: tuple[str | None, ...]
    """For each record the column and word that count, as the source writes them."""
    unknown: tuple[tuple[int, str, str], ...]
    """Record, column and word of what is not known."""

    @property
    def waits(self) -> NDArray[np.bool_]:
        """Which records are not validated yet."""
        return np.isin(self.states, (RECEIVED, IN_REVIEW))

    def decided(self) -> Approval:
        """Return it without records that wait: the file itself says which are on a workbench."""
        return replace(self, states=np.where(self.waits, VALIDATED, self.states))

    @property
    def rejected(self) -> NDArray[np.bool_]:
        """Which records their source rejected."""
        return np.asarray(self.states == REJECTED, dtype=bool)


def is_state(name: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a column bears a name of a state, `*` for any letters; cut short by dBASE too.

    Examples
    --------
    >>> [is_state(name, ("sys_review_*_status",)) for name in (
    ...     "SYS_Review_QA_Status", "sys_review", "sys_revi_1", "status")]
    [True, True, True, False]
    """
    plain = name.strip().lower().rpartition("/")[2]
    for pattern in patterns:
        words = (re.escape(fold(part)) for part in pattern.split("*"))
        if re.fullmatch(".*".join(words), fold(plain)):
            return True
        start = pattern.partition("*")[0].lower()
        if len(start) < _CUT or len(plain) != _CUT:
            continue
        numbered = plain[:8] == start[:8] and re.fullmatch(r"_\d", plain[8:])
        if plain == start[:_CUT] or numbered:
            return True
    return False


def read_states(cells: pd.DataFrame, states: States) -> Approval | None:
    """Read the states of records; None where no column says any.

    Parameters
    ----------
    cells
        The columns of a source, in its words.
    states
        Which of them are states, and what their words mean.

    Examples
    --------
    >>> import pandas as pd
    >>> from mine_geo.intake.profiles import load
    >>> cells = pd.DataFrame({"sys_workflow_status": ["validated", "rejected", "?"],
    ...                       "is_approved": ["no", "no", "yes"]})
    >>> read = read_states(cells, load("plain").states)
    >>> read.states.tolist(), read.unknown
    (['received', 'rejected', None], ((2, 'sys_workflow_status', '?'),))
    """
    words = {fold(word): state for word, state in states.words.items()}
    found: list[list[tuple[str, str]]] = [[] for _ in range(len(cells))]
    unknown: list[tuple[int, str, str]] = []
    places: list[int] = []
    for place, column in enumerate(cells.columns):
        name = str(column)
        flag = is_state(name, states.flags)
        if not flag and not is_state(name, states.columns or ()):
            continue
        texts = read_texts(cells.iloc[:, place])
        if texts.isna().all():
            continue  # a workflow that is not in use says nothing
        places.append(place)
        meant = _flags(texts) if flag else [words.get(fold(text)) for text in texts.fillna("")]
        for record, (text, state) in enumerate(zip(texts, meant, strict=True)):
            if not isinstance(text, str):
                continue
            if state is None and flag:
                state = words.get(fold(text))  # noqa: PLW2901  (a flag in words)
            if state is None:
                unknown.append((record, name, text))
            else:
                found[record].append((state, f"{name} {text!r}"))
    if not places:
        return None
    strange = {record for record, _, _ in unknown}
    worst = [min(each, key=lambda one: _WORST_FIRST.index(one[0]), default=None) for each in found]
    said: list[str | None] = []
    result = np.full(len(cells), None, dtype=object)
    for record, each in enumerate(worst):
        said.append(None if each is None else each[1])
        state = RECEIVED if each is None else each[0]
        result[record] = state if state == REJECTED or record not in strange else None
    unknown = [each for each in unknown if result[each[0]] is None]
    return Approval(tuple(places), result, tuple(said), tuple(unknown))


def _flags(texts: Any) -> list[str | None]:
    flags, bad = read_flags(texts)
    return [
        None if strange else VALIDATED if flag else RECEIVED
        for flag, strange in zip(flags, bad, strict=True)
    ]
