"""The tables of a map for everybody, from disclosed figures alone: remaining and released land.

Sizes are whole m². Kinds stand side by side and are never added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.maps.directory import UnitRow, UnitTable
from mine_geo.maps.words import Said, same, say
from mine_geo.terms import OUTCOMES
from mine_geo.totals import without_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mine_geo.disclosure import Disclosed
    from mine_geo.maps.subject import Subject

CLASSES: Final = 5
"""Classes of remaining land; beside them stands the class of none."""

PLACE: Final = ("province_code", "province", "district_code", "district")
FIGURES: Final = (
    *("near_hazards", "near_size_m2", "far_hazards", "far_size_m2"),
    *("hazards", "size_m2"),
)


@dataclass(frozen=True)
class Year:
    """Land released in a year: m² of each outcome, in the order of `OUTCOMES`, and their sum."""

    name: Said
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """What the page says of one kind, beside its table of units."""

    name: Said
    legend: tuple[tuple[str, Said], ...]
    """Each class of remaining land: symbol and meaning."""

    years: tuple[Year, ...]
    withheld: Said | None


def _round(value: float) -> int:
    """Return the one of 1, 2, 5, 10, 20, 50 ... that is nearest by ratio.

    Examples
    --------
    >>> [_round(value) for value in (0.3, 2, 3, 3.5, 999, 6001, 8001)]
    [1, 2, 2, 5, 1000, 5000, 10000]
    """
    power = 10 ** int(np.floor(np.log10(max(value, 1))))
    near = min((1, 2, 5, 10), key=lambda step: abs(np.log(step * power / max(value, 1))))
    return int(near * power)


def breaks(sizes: Iterable[int]) -> list[int]:
    """Return the round numbers at which the classes of remaining land begin, without the first.

    Fifths of all districts that have any, rounded to 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> breaks([100, 20_000, 300_000, 4_000_000, 7, 0])
    [5, 100, 20000, 200000]
    >>> breaks([0, 0])
    []
    """
    found = sorted(size for size in sizes if size > 0)
    if not found:
        return []
    fifths = np.quantile(found, np.arange(1, CLASSES) / CLASSES, method="inverted_cdf")
    steps = sorted({_round(float(value)) for value in fifths})
    while len(steps) < CLASSES - 1:
        lower = _round(steps[0] / 2.5)
        steps = [lower, *steps] if lower < steps[0] else [*steps, _round(steps[-1] * 2)]
    return steps


def classes(sizes: Iterable[int], steps: list[int]) -> list[str]:
    """Return the symbol of each size: none, or its class.

    Examples
    --------
    >>> classes([0, 1, 9, 10, 5_000], [10, 100, 200, 500])
    ['remaining_0', 'remaining_1', 'remaining_1', 'remaining_2', 'remaining_5']
    """
    values = np.asarray(list(sizes), dtype=np.int64)
    number = np.where(values > 0, 1 + np.searchsorted(steps, values, side="right"), 0)
    return [f"remaining_{each}" for each in number]


def legend(steps: list[int], *, unsure: bool = False) -> tuple[tuple[str, Said], ...]:
    """Return each class's symbol and what it stands for, none first.

    `unsure`: hazards without a unit are recorded, so that "none" would be too much to say.

    Examples
    --------
    >>> [said.en for _, said in legend([1000, 2000])]
    ['none recorded (does not mean none)', 'under 1,000 m²', '1,000 to 1,999 m²',
     '2,000 m² or more']
    """
    said = [say("public.none_by_name" if unsure else "public.none")]
    if steps:
        said.append(say("public.under", most=f"{steps[0]:,}"))
        said += [
            say("public.from_to", least=f"{least:,}", most=f"{more - 1:,}")
            for least, more in pairwise(steps)
        ]
        said.append(say("public.or_more", least=f"{steps[-1]:,}"))
    return tuple((f"remaining_{place}", each) for place, each in enumerate(said))


def unsure(disclosed: Disclosed, kind: Any) -> bool:
    """Say whether hazards of a kind are recorded for which no district is."""
    rows = of_kind(disclosed.aggregates, kind)
    return bool((without_unit(rows, "district") & (rows["hazards"] > 0)).any())


def key(frame: pd.DataFrame) -> pd.Series:
    """Return one text for each place: its codes and names."""
    texts = [frame[column].astype(object).where(frame[column].notna(), "") for column in PLACE]
    joined = texts[0].astype(str)
    for text in texts[1:]:
        joined = joined + "\n" + text.astype(str)
    return joined


def kinds_of(frame: pd.DataFrame) -> list[Any]:
    """Return the kinds in the order of the rows; None stands for: not recorded."""
    return [None if pd.isna(kind) else kind for kind in pd.unique(frame["kind"].astype(object))]


def of_kind(frame: pd.DataFrame, kind: Any) -> pd.DataFrame:
    """Return the rows of a kind, or those of none recorded."""
    return frame[frame["kind"].isna() if kind is None else frame["kind"].eq(kind)]


def kind_name(kind: Any) -> Said:
    """Return the plural of a kind in both languages."""
    if kind is None:
        return say("kind.several")
    try:
        return say(f"kind.{kind}")
    except KeyError:
        return same(str(kind))


def _name(row: pd.Series, level: str) -> Said:
    name = row[level]
    if name is None or pd.isna(name):
        return say("about.not_recorded")
    khmer = row.get(f"{level}_km")
    return same(str(name)) if khmer is None or pd.isna(khmer) else Said(str(name), str(khmer))


def _unit_table(frame: pd.DataFrame, level: str, kind: Any) -> UnitTable:
    """Add up the figures of a kind by province, or take them as they are by district, commune."""
    column = f"{level}_code" if f"{level}_code" in frame else level
    rows = []
    for _, part in frame.groupby([*PLACE[:2], column, level], sort=False, dropna=False):
        sums = tuple(int(part[figure].sum()) for figure in FIGURES)
        rows.append(UnitRow(_name(part.iloc[0], level), None, sums))
    total = tuple(int(frame[figure].sum()) for figure in FIGURES)
    return UnitTable(say(f"units.by_{level}", what=kind_name(kind)), level, tuple(rows), total)


def unit_tables(disclosed: Disclosed, subject: Subject) -> tuple[UnitTable, ...]:
    """Return near, far and total by province, district or commune of a page, a table a kind.

    A district's page has them by commune where any is recorded.
    """
    level = {"national": "province", "province": "district"}.get(subject.level, "commune")
    frame = pd.DataFrame(subject.hazards.drop(columns=subject.hazards.geometry.name))
    if level == "commune":
        inside = set(key(frame))
        frame = disclosed.communes[key(disclosed.communes).isin(inside)]
    return tuple(_unit_table(of_kind(frame, kind), level, kind) for kind in kinds_of(frame))


def _years(yearly: pd.DataFrame) -> tuple[Year, ...]:
    found = []
    for year, part in yearly.groupby("year", dropna=False, sort=True):
        sizes = [int(part.loc[part["outcome"] == each, "released_m2"].sum()) for each in OUTCOMES]
        name = say("public.undated") if pd.isna(year) else same(str(int(str(year))))
        found.append(Year(name, (*sizes, sum(sizes))))
    return tuple(found)


def _withheld(rows: pd.DataFrame, clearance_m: float) -> Said | None:
    """Say how much released land is not drawn, and why."""
    if not len(rows):
        return None
    return say(
        "public.withheld",
        count=f"{int(rows['releases'].sum()):,}",
        size=f"{int(rows['released_m2'].sum()):,}",
        metres=f"{clearance_m:g}",
    )


def sections(disclosed: Disclosed, subject: Subject) -> tuple[Section, ...]:
    """Return what a page says of each kind.

    Parameters
    ----------
    disclosed
        All figures: the classes are the same on every page.
    subject
        Its `hazards` are the rows of `disclosed.aggregates` that the page is about.
    """
    inside = set(key(subject.hazards))
    yearly, withheld = (
        table[key(table).isin(inside)] for table in (disclosed.yearly, disclosed.withheld)
    )
    return tuple(
        Section(
            name=kind_name(kind),
            legend=legend(
                breaks(of_kind(disclosed.aggregates, kind)["size_m2"]),
                unsure=unsure(disclosed, kind),
            ),
            years=_years(of_kind(yearly, kind)),
            withheld=_withheld(of_kind(withheld, kind), disclosed.clearance_m),
        )
        for kind in kinds_of(disclosed.aggregates) or [None]
    )
