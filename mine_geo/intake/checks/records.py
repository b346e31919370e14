"""The records under check, and the checks of what is written about each.

`Records` holds hazards or candidates with what every check needs, worked out once. Below it stand
the checks of ids, words, days, sizes and the minimum data of a hazard; none looks at a polygon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import choose, some
from mine_geo.geo.cells import read_days, read_flags, read_numbers, read_texts
from mine_geo.geo.geometry import exact_size_m2, find_faults, to_multipolygons, without_empty
from mine_geo.geo.hazards import canonical_names
from mine_geo.intake.findings import Finding
from mine_geo.terms import (
    AREA_TYPES,
    DIFFICULTIES,
    EVIDENCES,
    KINDS,
    STATUSES,
    SURVEY_METHODS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    import geopandas as gpd
    import shapely
    from numpy.typing import ArrayLike, NDArray

    Objects = NDArray[np.object_]
    Places = NDArray[np.intp]


@dataclass(frozen=True)
class Records:
    """Hazards in EPSG:4326, one place (from 0) each."""

    table: gpd.GeoDataFrame
    """RangeIndex, the hazard columns in small letters."""
    ids: Objects
    """Trimmed, None where missing."""
    kinds: Objects
    geometries: Objects
    """As given, without a third dimension; MultiPolygon where it was a polygon."""
    emptied: NDArray[np.bool_]
    """Which had an empty part or hole, left out."""
    faults: pd.DataFrame
    """`geometry.find_faults`; `id` is the place."""
    sound: NDArray[np.bool_]
    """Which are polygons that can be measured and compared."""
    size_m2: NDArray[np.float64]
    """Not rounded; 0 where not sound."""
    numbers: Places
    """What each is called in messages: its number in its file, from 1."""

    @classmethod
    def of(
        cls,
        hazards: gpd.GeoDataFrame,
        kind: str | None = None,
        *,
        what: str = "hazards",
        numbers: ArrayLike | None = None,
    ) -> Records:
        """Take records over from any table of hazards.

        Raises
        ------
        CRSError
            If the table is not in EPSG:4326.
        GeometryError
            If it has no active geometry column.
        RecordError
            If it has no column `hazard_id`, or a column twice.
        OptionError
            If `kind` is none of `terms.KINDS`.
        """
        table = canonical_names(hazards, what).reset_index(drop=True)
        kinds = texts_of(table, "kind")
        if kind is not None:
            kinds[kinds == None] = choose(kind, KINDS, "kind")  # noqa: E711  (element by element)
        drawn, emptied = without_empty(table)
        geometries = to_multipolygons(drawn)
        faults = find_faults(geometries, np.arange(len(table)))
        sound = np.ones(len(table), dtype=bool)
        sound[faults["id"].to_numpy(dtype=np.intp)] = False
        size = np.zeros(len(table))
        size[sound] = exact_size_m2(geometries[sound])
        ids = texts_of(table, "hazard_id")
        named = np.arange(1, len(table) + 1) if numbers is None else np.asarray(numbers, np.intp)
        return cls(table, ids, kinds, geometries, emptied, faults, sound, size, named)

    def finding(
        self,
        code: str,
        place: int | np.integer[Any],
        message: str,
        where: shapely.Point | None = None,
    ) -> Finding:
        """Return a finding of the record at a place."""
        return Finding(code, message, int(self.numbers[place]) - 1, where, self.ids[place])

    def label(self, place: int | np.integer[Any]) -> str:
        """Name a record for a message: its id, else its number.

        Examples
        --------
        >>> import geopandas as gpd
        >>> frame = gpd.GeoDataFrame({"hazard_id": ["A", None]}, geometry=[None, None], crs=4326)
        >>> [Records.of(frame).label(place) for place in (0, 1)]
        ['A', 'record 2']
        """
        return self.ids[place] or f"record {self.numbers[place]}"

    def labels(self, places: Iterable[int | np.integer[Any]], most: int = 3) -> str:
        """Name the first few records for a message."""
        return some((self.label(place) for place in places), most)


def texts_of(table: pd.DataFrame, column: str) -> Objects:
    """Return the trimmed texts of a column, None where missing, and where there is no column."""
    if column not in table:
        return np.full(len(table), None)
    texts = read_texts(table[column]).astype(object)
    return np.array(texts.where(texts.notna(), None), dtype=object)  # a copy, to be filled in


FIRST_SURVEY: Final = pd.Timestamp("1991-01-01")
"""Before the first humanitarian survey in Cambodia, and after the days that devices and sheets
write when they know none: 1900-01-01, 1970-01-01, 1980-01-06."""

SIZE_FLOOR_M2: Final = 100.0
"""Reported sizes are often rounded to 100 m²: a smaller difference is none."""

WORDS: Final = {
    "kind": KINDS,
    "area_type": AREA_TYPES,
    "status": STATUSES,
    "difficulty": DIFFICULTIES,
    "survey_method": SURVEY_METHODS,
    "evidence": EVIDENCES,
}

FLAGS: Final = ("in_workbench", "residual")

MINIMUM_DATA: Final = {
    "kind": ("kind",),
    "area_type": ("area_type",),
    "province": ("province", "province_code", "district_code"),
    "district": ("district", "district_code"),
    "operator": ("operator",),
    "surveyed_on": ("surveyed_on",),
}
"""What IMAS 05.10 wants to be known of each hazard, by the minimum data requirements of the GICHD
(category of device, SHA or CHA, location, organisation, date; the perimeter is a finding of its own
and the status is derived), and the columns of which one must say it."""

_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2}")
"""How a spreadsheet writes a long number: 1.23E+11."""

UNITS: Final = {"hectares": 10_000.0, "square kilometres": 1_000_000.0}


def check_ids(records: Records, register: Records | None) -> Iterator[Finding]:
    """Give missing and rounded ids, and ids that stand twice, also but for blanks or capitals.

    Parameters
    ----------
    records
        The records.
    register
        The hazards that are there: an id with other capitals is a finding, the same id is not.
    """
    for place in np.flatnonzero(_null(records.ids)):
        yield records.finding("missing_id", place, "no hazard_id; give the hazard its id")
    there = np.flatnonzero(~_null(records.ids))
    for place in there:
        if _ROUNDED.fullmatch(records.ids[place]):
            message = "a number that a spreadsheet has rounded; write the whole id, as text"
            yield records.finding("odd_id", place, message)
    names = pd.Series([name.casefold() for name in records.ids[there]], index=there, dtype="str")
    for _, group in names[names.duplicated(keep=False)].groupby(names, sort=False):
        yield from _twice(records, group.index.to_numpy())
    if register is not None:
        yield from _other_capitals(records, names, register.ids)


def _twice(records: Records, places: Places) -> Iterator[Finding]:
    """Say of records whose ids have the same letters how they differ, if they do."""
    written = records.table["hazard_id"].iloc[places].astype("str")
    spelled = pd.Series(records.ids[places], index=places).groupby(records.ids[places])
    spellings = {str(name): group.index.to_numpy() for name, group in spelled}
    for name, same in spellings.items():
        others = [each for each in spellings if each != name]
        said = f"differs from {some(map(repr, others), 3)} by capital letters only"
        blanks = len(set(written.loc[same])) > 1
        for place in same:
            if len(same) > 1:
                shown = [
                    f"record {records.numbers[other]}" for other in same[:4] if other != place
                ][:3]
                more = len(same) - 1 - len(shown)
                said = f"stands in {', '.join(shown)}{f' and {more} more' if more else ''} too"
                said += ", but for blanks at its ends" if blanks else ""
            mend = "write one id in one way" if len(same) == 1 else "give each hazard its own id"
            yield records.finding("duplicate_id", place, f"{said}; {mend}, or leave one out")


def _other_capitals(
    records: Records, names: pd.Series[str], register: Objects
) -> Iterator[Finding]:
    known = {name.casefold(): name for name in register if name is not None}
    exact = set(register)
    for place, name in zip(names.index.to_numpy(), names, strict=True):
        if name in known and records.ids[place] not in exact:
            message = f"the register writes it {known[name]!r}; write it as there"
            yield records.finding("duplicate_id", place, message)


def check_words(records: Records) -> Iterator[Finding]:
    """Give the words that are outside the vocabulary; the message lists the valid ones."""
    for column, valid in WORDS.items():
        if column != "kind" and column not in records.table:
            continue
        words = records.kinds if column == "kind" else texts_of(records.table, column)
        strange = ~_null(words) & ~np.isin(words.astype(str), valid)
        for place in np.flatnonzero(strange):
            message = f"{column} {words[place]!r} is unknown; write one of: {', '.join(valid)}"
            yield records.finding("unknown_word", place, message)
    for column in FLAGS:
        if column not in records.table:
            continue
        flags = records.table[column]
        for place in np.flatnonzero(read_flags(flags)[1]):
            said = f"{column} {str(flags.iloc[place])!r} is unknown; write one of: true, false"
            yield records.finding("unknown_word", place, said)


def check_evidence(records: Records) -> Iterator[Finding]:
    """Give suspected areas for which direct evidence is recorded: these are confirmed ones.

    TN 08.20/02: an area is confirmed on direct evidence, and suspected on indirect evidence.
    """
    direct = texts_of(records.table, "evidence") == "direct"
    suspected = texts_of(records.table, "area_type") == "SHA"
    for place in np.flatnonzero(direct & suspected):
        message = (
            "direct evidence, recorded as SHA: on direct evidence an area is confirmed (CHA, "
            "TN 08.20/02); confirm it, or correct the evidence"
        )
        yield records.finding("direct_evidence", place, message)


def check_days(records: Records, today: date) -> Iterator[Finding]:
    """Give days of survey that cannot be read, have not come yet, or are before any survey.

    Parameters
    ----------
    records
        The records.
    today
        The last day that can be a day of survey.
    """
    if "surveyed_on" not in records.table:
        return
    written = records.table["surveyed_on"]
    days, bad = read_days(written)
    checks: list[tuple[str, pd.Series[bool], Callable[[Any], str]]] = [
        ("bad_date", pd.Series(bad), lambda place: f"{str(written.iloc[place])!r} is no day; "
         "write days as 2022-12-31"),
        ("future_date", days > pd.Timestamp(today), lambda place: f"{days.iloc[place]:%Y-%m-%d} "
         f"has not come yet (today is {today:%Y-%m-%d}); correct the day"),
        ("early_date", days < FIRST_SURVEY, lambda place: f"{days.iloc[place]:%Y-%m-%d} is before "
         f"any survey in the country ({FIRST_SURVEY.year}); correct the day, or leave it out"),
    ]  # fmt: skip
    for code, wrong, say in checks:
        for place in np.flatnonzero(wrong):
            yield records.finding(code, place, f"surveyed_on {say(place)}")


def check_sizes(records: Records, tolerance: float, floor_m2: float) -> Iterator[Finding]:
    """Give reported sizes that are no number, or far from the size of the polygon.

    Parameters
    ----------
    records
        The records.
    tolerance
        The part of the polygon's size (0.1 is a tenth) up to which a difference is none.
    floor_m2
        A difference up to this is none, however small the polygon.
    """
    if "reported_size_m2" not in records.table:
        return
    written = records.table["reported_size_m2"]
    reported, bad = read_numbers(written)
    for place in np.flatnonzero(bad):
        said = f"reported_size_m2 {str(written.iloc[place])!r} is not a size in m²"
        yield records.finding("bad_number", place, f"{said}; correct it or leave it out")
    size = np.rint(records.size_m2)
    off = np.abs(reported - size)
    far = records.sound & (off > np.maximum(tolerance * size, floor_m2) + 1e-6)
    for place in np.flatnonzero(far):
        yield records.finding(
            "size_differs", place, sizes_apart(reported[place], size[place], tolerance)
        )


def sizes_apart(reported: float, size: float, tolerance: float) -> str:
    """Say how far two sizes are apart, and whether the unit explains it.

    Examples
    --------
    >>> sizes_apart(1.2, 12_000.0, 0.1)
    'reported 1.2 m², the polygon has 12,000 m²; reported in hectares? give m²'
    """
    for unit, factor in UNITS.items():
        if abs(reported * factor - size) <= tolerance * size:
            said = f"reported {reported:g} m², the polygon has {size:,.0f} m²"
            return f"{said}; reported in {unit}? give m²"
    part = f", {(reported - size) / size:+.1%}" if size else ""
    return (
        f"reported {reported:,.0f} m², the polygon has {size:,.0f} m² "
        f"({reported - size:+,.0f} m²{part}); check which of the two is right"
    )


def check_minimum(records: Records) -> Iterator[Finding]:
    """Give the minimum data (IMAS 05.10) that a record does not say; see `MINIMUM_DATA`."""
    missing = np.zeros((len(records.ids), len(MINIMUM_DATA)), dtype=bool)
    for number, (name, columns) in enumerate(MINIMUM_DATA.items()):
        if name == "kind":
            missing[:, number] = _null(records.kinds)
            continue
        missing[:, number] = True
        for column in [each for each in columns if each in records.table]:
            missing[:, number] &= _null(texts_of(records.table, column))
    names = np.array(list(MINIMUM_DATA))
    messages: dict[bytes, str] = {}
    for place in np.flatnonzero(missing.any(axis=1)):
        row = missing[place]
        message = messages.setdefault(
            row.tobytes(),
            f"minimum data (IMAS 05.10) missing: {', '.join(names[row])}; ask the operator",
        )
        yield records.finding("missing_data", place, message)


def _null(texts: Objects) -> NDArray[np.bool_]:
    return np.array([text is None for text in texts], dtype=bool)
