"""Checks of the recorded province and district: names and codes unknown, or that clash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo import admin_names
from mine_geo.cells import read_texts
from mine_geo.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mine_geo.checks.records import Objects, Records
    from mine_geo.findings import Finding

RECORDED: Final = ("province", "province_code", "district", "district_code")


@dataclass(frozen=True)
class Recorded:
    """What four recorded words mean."""

    province: str | None
    """Code of the province: as its code says, else its name, else the district's."""
    district: str | None
    unknown: tuple[str, ...] = ()
    """What is wrong with names and codes that are not in the table."""
    contradictions: tuple[str, ...] = ()


def read_recorded(
    province: str | None, province_code: str | None, district: str | None, district_code: str | None
) -> Recorded:
    """Return which province and district are meant, what is unknown, and what contradicts.

    A code counts before a name, as in `hazards.to_hazards`.

    Examples
    --------
    >>> read_recorded("Pailin", "02", "Samlout", None).contradictions
    ('province code 02 is Battambang (02), not Pailin (24)',)
    >>> read_recorded(None, None, "Samlot City", None).unknown
    ("no district 'Samlot City'; did you mean Samlout (0209), ...",)
    """
    unknown: list[str] = []
    by_code = _known(admin_names.province_code, unknown, province_code)
    by_name = _known(admin_names.province_code, unknown, province)
    inside = by_code or by_name
    unit = _known(admin_names.district_code, unknown, district_code)
    clashes = []
    if by_code and by_name and by_code != by_name:
        clashes.append(f"province code {by_code} is {_called(by_code)}, not {_called(by_name)}")
    if unit is not None and district is not None:
        clashes += _other_name(unit, district)
    elif district is not None and (inside or not unknown):
        unit = _known(admin_names.district_code, unknown, district, inside)
    if unit is not None and inside not in {None, unit[:2]}:
        clashes.append(f"district {_called(unit)} is in {_called(unit[:2])}, not {_called(inside)}")
    found = inside or (None if unit is None else unit[:2])
    return Recorded(found, unit, tuple(dict.fromkeys(unknown)), tuple(clashes))


def _known(
    find: Callable[..., str], unknown: list[str], name: str | None, *within: str | None
) -> str | None:
    """Return the code of a name; what is not in the table goes into the list."""
    if name is None:
        return None
    try:
        return find(name, *within)
    except UnknownNameError as error:
        unknown.append(str(error))
        return None


def _other_name(unit: str, district: str) -> list[str]:
    """Say that a district's name is that of another; names beside its code may be in any script."""
    code = _known(admin_names.district_code, [], district)
    named = (code,) if code is not None else admin_names.districts_named(district)
    either = {unit, *admin_names.newer_codes(unit)}
    if not named or any(either & {code, *admin_names.newer_codes(code)} for code in named):
        return []
    listed = " or ".join(_called(code) for code in named)
    return [f"district code {unit} is {_called(unit)}, not {listed}"]


def _called(code: str | None) -> str:
    """Name a province or district with its code."""
    if code is None:
        return "unknown"
    name = admin_names.province_name if len(code) == 2 else admin_names.district_name
    return f"{name(code)} ({code})"


class Locations:
    """What the recorded words of each record mean."""

    def __init__(self, records: Records) -> None:
        table = records.table
        columns = [
            read_texts(table[name]) if name in table else np.full(len(table), None)
            for name in RECORDED
        ]
        rows = pd.MultiIndex.from_arrays(columns)
        self._which, kinds = pd.factorize(rows)
        self._kinds = [read_recorded(*(_text(word) for word in row)) for row in kinds]

    def check(self, records: Records) -> Iterator[Finding]:
        """Give names that are in no table, and names that contradict their code."""
        wrong = [bool(kind.unknown or kind.contradictions) for kind in self._kinds]
        for place in np.flatnonzero(np.array(wrong, dtype=bool)[self._which]):
            kind = self._kinds[self._which[place]]
            if kind.unknown:
                yield records.finding("unknown_place", place, "; ".join(kind.unknown))
            if kind.contradictions:
                mend = "correct the name or the code (the code counts)"
                said = "; ".join(kind.contradictions)
                yield records.finding("code_differs", place, f"{said}; {mend}")

    def codes(self, of: str) -> Objects:
        """Return the code of the recorded `province` or `district` of each record, or None."""
        found = np.array([getattr(kind, of) for kind in self._kinds], dtype=object)
        return np.asarray(found[self._which], dtype=object)


def _text(word: Any) -> str | None:
    return word if isinstance(word, str) else None
