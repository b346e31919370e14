"""The table of provinces on the index, and of districts on a province's page.

Figures are those of `mine_geo.totals`: hazards and whole m², near and far. Kinds have a table
each and are never added up. Rows that name no unit have a row of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from mine_geo.maps import records
from mine_geo.maps.atlases.units import NOT_RECORDED
from mine_geo.maps.directory import UnitRow, UnitTable
from mine_geo.maps.words import Said, say
from mine_geo.totals import totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

FIGURES: Final = (
    "near_hazards",
    "near_size_m2",
    "far_hazards",
    "far_size_m2",
    "hazards",
    "size_m2",
)


def unit_tables(
    hazards: gpd.GeoDataFrame,
    keys: Sequence[str],
    level: str,
    units: Mapping[str, tuple[Said, str]],
) -> tuple[UnitTable, ...]:
    """Return a table for each kind of hazard.

    Parameters
    ----------
    hazards
        Rows of a split.
    keys
        The key of each row's unit.
    level
        `province` or `district`.
    units
        Name and address of each unit's page, by key, in the order of the rows.
    """
    kinds = records.kinds_of(hazards)
    listed = [*units, *([NOT_RECORDED] if NOT_RECORDED in keys else [])]
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(kinds, sorted(kinds.unique()) or [""]),
            "unit": pd.Categorical(list(keys), listed),
            **{column: hazards[column].to_numpy() for column in ("zone", "size_m2")},
            "near_size_m2": hazards["near_size_m2"].to_numpy(),
        }
    )
    figures = totals(frame, ["kind", "unit"])
    return tuple(
        _table(str(kind), rows, level, units)
        for kind, rows in figures.groupby("kind", observed=False, sort=True)
    )


def _table(
    kind: str, figures: pd.DataFrame, level: str, units: Mapping[str, tuple[Said, str]]
) -> UnitTable:
    apart = (say("units.not_recorded"), None)
    rows = []
    for key, *row in figures[["unit", *FIGURES]].itertuples(index=False):
        name, href = units.get(key, apart)
        rows.append(UnitRow(name, href, tuple(int(figure) for figure in row)))
    total = tuple(int(figures[figure].sum()) for figure in FIGURES)
    caption = say(f"units.by_{level}", what=records.kind_name(kind))
    return UnitTable(caption, level, tuple(rows), total)
