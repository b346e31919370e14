"""Which province and district each row belongs to, so that no row is lost or counted twice.

A recorded code decides; a name without one belongs to the only unit of that name. Rows that
name no province, or no district in it, are kept apart: they are not recorded, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from mine_geo.maps.words import Said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

NOT_RECORDED: Final = ""
"""The key of rows that name no unit."""

LEVELS: Final = ("province", "district")


@dataclass(frozen=True, eq=False)
class Unit:
    """A province or district, and which rows of the two frames are in it."""

    key: str
    code: str
    name: Said
    hazards: Rows
    """Positions in the frame of hazards."""
    shapes: Rows
    """Positions in the district table."""
    districts: tuple[Unit, ...] = ()
    keys: tuple[str, ...] = ()
    """Of a province: the key of the district of each of its hazards."""


def _texts(frame: pd.DataFrame | None, column: str) -> list[str]:
    """Return a column as texts without blanks around; empty where there is nothing."""
    if frame is None or column not in frame.columns:
        return [""] * (0 if frame is None else len(frame))
    values = frame[column].astype(object)
    return ["" if pd.isna(value) else str(value).strip() for value in values]


@dataclass(frozen=True)
class _Named:
    """Codes and names that the rows of a frame record at a level."""

    codes: list[str]
    names: list[str]
    khmer: list[str]

    @classmethod
    def of(cls, frame: pd.DataFrame | None, level: str) -> _Named:
        return cls(*(_texts(frame, f"{level}{part}") for part in ("_code", "", "_km")))

    def among(self, rows: Rows) -> _Named:
        return _Named(
            *([column[row] for row in rows] for column in (self.codes, self.names, self.khmer))
        )


def _codes_by_name(*tables: _Named) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for table in tables:
        for code, name in zip(table.codes, table.names, strict=True):
            if code and name:
                found[name.casefold()].add(code)
    return found


def _keys(table: _Named, known: Mapping[str, set[str]]) -> list[str]:
    """Return a key for each row: `code ...`, `name ...`, or that of nothing recorded."""
    keys = []
    for code, name in zip(table.codes, table.names, strict=True):
        codes = {code} if code else known.get(name.casefold(), set())
        if len(codes) == 1:
            keys.append(f"code {next(iter(codes))}")
        else:
            keys.append(f"name {name.casefold()}" if name else NOT_RECORDED)
    return keys


def _where(keys: Sequence[str]) -> dict[str, Rows]:
    found = defaultdict(list)
    for row, key in enumerate(keys):
        found[key].append(row)
    return {key: np.asarray(rows, dtype=np.int64) for key, rows in found.items()}


def _said(key: str, tables: Sequence[tuple[_Named, Rows]]) -> Said:
    """Return the name that the district table, else the hazards, record; else the code."""
    name = khmer = ""
    for table, rows in tables:
        name = name or next((table.names[row] for row in rows if table.names[row]), "")
        khmer = khmer or next((table.khmer[row] for row in rows if table.khmer[row]), "")
    name = name or khmer or key.removeprefix("code ")
    return Said(name, khmer or name)


def _grouped(hazards: _Named, admin: _Named) -> tuple[list[Unit], list[str]]:
    """Return the units of two tables in the order of codes, then names; and each hazard's key."""
    known = _codes_by_name(admin, hazards)
    keys = _keys(hazards, known)
    ours, theirs = _where(keys), _where(_keys(admin, known))
    nothing = np.empty(0, dtype=np.int64)
    units = []
    for key in sorted({*ours, *theirs} - {NOT_RECORDED}):
        rows, shapes = ours.get(key, nothing), theirs.get(key, nothing)
        code = key.removeprefix("code ") if key.startswith("code ") else ""
        units.append(Unit(key, code, _said(key, [(admin, shapes), (hazards, rows)]), rows, shapes))
    return units, keys


def provinces(
    hazards: pd.DataFrame, admin: pd.DataFrame | None
) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    """Return all provinces with their districts, and the key of each hazard's province.

    Parameters
    ----------
    hazards
        With `province`, `district` and their codes, as far as recorded.
    admin
        The district table; its units come first, with or without hazards.

    Examples
    --------
    >>> fields = pd.DataFrame({"province": ["Kratie", None], "province_code": ["10", None],
    ...                        "district": ["Snuol", None]})
    >>> found, keys = provinces(fields, None)
    >>> [(unit.code, unit.name.en, unit.districts[0].name.en) for unit in found], keys
    ([('10', 'Kratie', 'Snuol')], ('code 10', ''))
    """
    tables = [{level: _Named.of(frame, level) for level in LEVELS} for frame in (hazards, admin)]
    ours, theirs = tables
    units, keys = _grouped(ours["province"], theirs["province"])
    return tuple(_with_districts(unit, ours["district"], theirs["district"]) for unit in units), (
        tuple(keys)
    )


def _with_districts(province: Unit, hazards: _Named, admin: _Named) -> Unit:
    districts, keys = _grouped(hazards.among(province.hazards), admin.among(province.shapes))
    placed = tuple(
        Unit(
            unit.key,
            unit.code,
            unit.name,
            province.hazards[unit.hazards],
            province.shapes[unit.shapes],
        )
        for unit in districts
    )
    return Unit(
        province.key,
        province.code,
        province.name,
        province.hazards,
        province.shapes,
        placed,
        tuple(keys),
    )
