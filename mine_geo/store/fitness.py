"""What keeps a submitted record out of the register, whatever the checks have said of it.

The checks look for more; these are the faults that the register itself refuses. Frame in
(EPSG:4326, RangeIndex), findings out; a fault that a check has named already is not named again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import some
from mine_geo.findings import Finding
from mine_geo.geometry import find_faults
from mine_geo.terms import AREA_TYPES, DIFFICULTIES, ITEM_COLUMNS, KINDS, OUTCOMES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

REPORTED: Final = (*OUTCOMES, "amended", "confirmed")
"""The events that a report can be."""
_WORDS: Final = {
    "kind": KINDS,
    "area_type": AREA_TYPES,
    "status": STATUSES,
    "difficulty": DIFFICULTIES,
}
_CODES: Final = {
    "null": "no_polygon",
    "empty": "no_polygon",
    "type": "not_polygon",
    "coordinates": "bad_coordinates",
    "ring": "invalid_ring",
}
_SHAPES: Final = frozenset(
    {"not_polygon", "bad_coordinates", "few_points", "invalid_ring", "self_overlap", "bad_point"}
)
"""Errors of a polygon: one of them is enough."""


def of_hazards(table: gpd.GeoDataFrame, today: date, said: pd.DataFrame) -> list[Finding]:
    """Return what keeps hazards out of the register.

    Parameters
    ----------
    table
        Candidates: the columns of a hazard table, words as they were written.
    today
        The day in Cambodia.
    said
        The findings so far, see `findings.as_table`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.findings import as_table
    >>> table = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1", None], "kind": ["mines", None]}, geometry=[None, None], crs=4326)
    >>> import datetime as dt
    >>> [(each.code, each.record) for each in of_hazards(table, dt.date(2022, 1, 1), as_table([]))]
    [('missing_id', 1), ('unknown_word', 0), ('no_polygon', 0), ('no_polygon', 1)]
    """
    found = [*_ids(table, "hazard_id"), *_words(table, _WORDS)]
    found += [*_numbers(table, ("reported_size_m2",)), *_days(table, "surveyed_on", today)]
    found += _polygons(table, np.ones(len(table), dtype=bool))
    return list(_not_said(found, said))


def of_reports(table: gpd.GeoDataFrame, today: date, said: pd.DataFrame) -> list[Finding]:
    """Return what keeps reports out of the ledger; see `of_hazards`."""
    kind = table["event_type"]
    found = [*_words(table, {"event_type": REPORTED})]
    found += _each(table, kind.isna(), "unknown_word", "no event_type")
    found += _each(
        table,
        table["hazard_id"].isna() & kind.isin(("amended", "confirmed")),
        "missing_id",
        "no hazard_id: only a release can be over several hazards",
    )
    twice = table["event_id"].notna() & table["event_id"].duplicated(keep=False)
    found += _each(table, twice, "duplicate_id", "an event_id that stands more than once")
    found += _each(table, table["happened_on"].isna(), "bad_date", "no day on which it happened")
    found += _days(table, "happened_on", today)
    numbers = ("reported_size_m2", "depth_cm", *ITEM_COLUMNS)
    found += [*_numbers(table, numbers), *_polygons(table, (kind != "confirmed").to_numpy())]
    return list(_not_said(found, said))


def _each(
    table: pd.DataFrame, wrong: pd.Series[bool] | Flags, code: str, message: str
) -> Iterator[Finding]:
    ids = table["hazard_id"].tolist()
    for place in np.flatnonzero(np.asarray(wrong, dtype=bool)):
        yield Finding(code, message, int(place), hazard_id=_text(ids[place]))


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def _ids(table: pd.DataFrame, name: str) -> Iterator[Finding]:
    ids = table[name]
    yield from _each(table, ids.isna(), "missing_id", f"no {name}")
    twice = ids.notna() & ids.duplicated(keep=False)
    yield from _each(table, twice, "duplicate_id", f"a {name} that stands more than once")


def _words(table: pd.DataFrame, words: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    for name, valid in words.items():
        if name not in table:
            continue
        strange = table[name].notna() & ~table[name].isin(valid)
        for word in table.loc[strange, name].unique():
            message = f"{name} {word!r} is unknown; valid: {', '.join(valid)}"
            yield from _each(table, table[name] == word, "unknown_word", message)


def _numbers(table: pd.DataFrame, names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if name in table:
            values = table[name].astype("float64")
            wrong = (values < 0) | np.isinf(values)
            yield from _each(table, wrong, "bad_number", f"{name} is below 0, or without end")


def _days(table: pd.DataFrame, name: str, today: date) -> Iterator[Finding]:
    if name in table:
        late = table[name] > pd.Timestamp(today)
        message = f"{name} is in the future (today is {today})"
        yield from _each(table, late, "future_date", message)


def _polygons(table: gpd.GeoDataFrame, needed: Flags) -> Iterator[Finding]:
    ids = table["hazard_id"].tolist()
    faults = find_faults(table.geometry, np.arange(len(table)))
    for place, fault, message in faults.itertuples(index=False, name=None):
        code = _CODES[fault]
        if code != "no_polygon" or needed[place]:
            yield Finding(code, message, int(place), hazard_id=_text(ids[place]))


def _not_said(found: Iterable[Finding], said: pd.DataFrame) -> Iterator[Finding]:
    """Leave out what a check has said: the same fault, or another error of the same polygon."""
    named = said[said["record"].notna()]
    codes = set(zip(named["record"].astype(int) - 1, named["code"], strict=True))
    shapes = {place for place, code in codes if code in _SHAPES}
    for each in found:
        if (each.record, each.code) in codes:
            continue
        if each.code in _SHAPES and each.record in shapes:
            continue
        yield each


def why_not(codes: Iterable[str]) -> str:
    """Say why a record with these errors cannot enter.

    Examples
    --------
    >>> why_not(["invalid_ring", "bad_date", "bad_date"])
    'errors: bad_date, invalid_ring'
    """
    return f"errors: {some(sorted(set(codes)))}"
