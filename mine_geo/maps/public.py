"""What a map for everybody is made of: disclosed figures and released land, never the split.

Nothing in this room can see a hazard: `PublicLayers` holds a `Disclosed`, and a page's subject
is chosen from its rows; so do its tables of remaining and released land (`sections`). Geometry
(districts, released land) is EPSG:4326, sizes whole m². Kinds stand side by side and are never
added up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.disclosure.disclosed import RELEASED_COLUMNS
from mine_geo.disclosure.figures import WAITING
from mine_geo.disclosure.layers import EVERYTHING
from mine_geo.geo.hazards import without_unit
from mine_geo.maps import facts, grouping, packing
from mine_geo.maps import subject as subjects
from mine_geo.maps.ground import Beneath
from mine_geo.maps.subject import UnitRow, UnitTable
from mine_geo.terms import OUTCOMES, TOTAL_COLUMNS, ZONES
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import geopandas as gpd

    from mine_geo.disclosure.disclosed import Disclosed
    from mine_geo.disclosure.layers import Selection
    from mine_geo.maps.ground import Around
    from mine_geo.maps.pages.basemap import Basemap
    from mine_geo.maps.subject import Subject


CLASSES: Final = 5
"""Classes of remaining land; beside them stands the class of none."""

UNSAID: Final = "remaining_unsaid"
"""The symbol of a district whose figure is not shown."""

PLACE: Final = ("province_code", "province", "district_code", "district")
FIGURES: Final = (
    *("near_hazards", "near_size_m2", "far_hazards", "far_size_m2"),
    *("hazards", "size_m2"),
)


@dataclass(frozen=True)
class Year:
    """Land released in a year: m² of each outcome, in the order of `OUTCOMES`, and their sum."""

    name: Said
    sizes: tuple[int | Said, ...]


@dataclass(frozen=True)
class Section:
    """What the page says of one kind, beside its table of units."""

    name: Said
    legend: tuple[tuple[str, Said], ...]
    """Each class of remaining land: symbol and meaning."""

    years: tuple[Year, ...]
    withheld: Said | None
    note: Said | None = None
    """What figures are not shown, and how sizes are rounded."""


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
    found = sorted(size for size in sizes if pd.notna(size) and size > 0)
    if not found:
        return []
    fifths = np.quantile(found, np.arange(1, CLASSES) / CLASSES, method="inverted_cdf")
    steps = sorted({_round(float(value)) for value in fifths})
    while len(steps) < CLASSES - 1:
        lower = _round(steps[0] / 2.5)
        steps = [lower, *steps] if lower < steps[0] else [*steps, _round(steps[-1] * 2)]
    return steps


def classes(sizes: Iterable[int], steps: list[int]) -> list[str]:
    """Return the symbol of each size: none, its class, or that of what is not shown (null).

    Examples
    --------
    >>> classes([None], [10, 100, 200, 500])
    ['remaining_unsaid']
    >>> classes([0, 1, 9, 10, 5_000], [10, 100, 200, 500])
    ['remaining_0', 'remaining_1', 'remaining_1', 'remaining_2', 'remaining_5']
    """
    told = list(sizes)
    values = np.array([0 if pd.isna(size) else size for size in told], dtype=np.int64)
    number = np.where(values > 0, 1 + np.searchsorted(steps, values, side="right"), 0)
    return [
        UNSAID if pd.isna(size) else f"remaining_{each}"
        for size, each in zip(told, number, strict=True)
    ]


def legend(
    steps: list[int], *, unsure: bool = False, least: int | None = None
) -> tuple[tuple[str, Said], ...]:
    """Return each class's symbol and what it stands for, none first.

    `unsure`: hazards without a unit are recorded, so that "none" would be too much to say.
    `least`: fewer hazards than this are not shown, where any figure is not.

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
    found = tuple((f"remaining_{place}", each) for place, each in enumerate(said))
    return (
        found if least is None else (*found, (UNSAID, say("suppressed.legend", least=f"{least:,}")))
    )


def legend_of(disclosed: Disclosed, kind: Any) -> tuple[tuple[str, Said], ...]:
    """Return the legend of a kind, the same on all pages."""
    sizes = of_kind(disclosed.aggregates, kind)["size_m2"]
    hidden = bool(sizes.isna().any())
    return legend(
        breaks(sizes),
        unsure=unsure(disclosed, kind),
        least=disclosed.settings.least_count if hidden else None,
    )


def unsure(disclosed: Disclosed, kind: Any) -> bool:
    """Say whether hazards of a kind are recorded for which no district is."""
    rows = of_kind(disclosed.aggregates, kind)
    return bool(
        (without_unit(rows, "district") & (rows["hazards"].isna() | (rows["hazards"] > 0))).any()
    )


def key(frame: pd.DataFrame) -> pd.Series:
    """Return one text for each place: its codes and names."""
    texts = [frame[column].astype(object).where(frame[column].notna(), "") for column in PLACE]
    joined = texts[0].astype(str)
    for text in texts[1:]:
        joined = joined + "\n" + text.astype(str)
    return joined


def kinds_in_rows(frame: pd.DataFrame) -> list[Any]:
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


def figure(row: Any, column: str, disclosed: Disclosed) -> int | Said:
    """Return a figure of a row, or the words that stand instead of it."""
    value = row[column]
    if not pd.isna(value):
        return int(value)
    if column == "hazards" and row["few"]:
        return say("suppressed.few", least=f"{disclosed.settings.least_count:,}")
    return say("suppressed.hidden")


def own_rows(disclosed: Disclosed, subject: Subject) -> pd.DataFrame:
    """Return the figures of a page as a whole: a row a kind."""
    if subject.level == "district":
        return pd.DataFrame(subject.hazards.drop(columns=subject.hazards.geometry.name))
    upper = disclosed.upper
    if subject.level == "national":
        return upper[upper["level"] == "national"]
    return upper[_of_province(upper, subject)]


def _of_province(table: pd.DataFrame, subject: Subject) -> pd.Series[bool]:
    """Return which rows of a table of provinces are those of a page's province."""
    codes = set(subject.hazards["province_code"].dropna())
    named = table["province"].astype(object).map(lambda name: str(name).casefold())
    same_name = named.eq(subject.name.casefold()) & table["province_code"].isna()
    mine = table["province_code"].isin(codes) | same_name
    return table["level"].eq("province") & mine


def _unit_table(
    frame: pd.DataFrame, whole: pd.DataFrame, level: str, kind: Any, disclosed: Disclosed
) -> UnitTable:
    """Return the figures of a kind by province, district or commune, and those of all together."""
    rows = [
        UnitRow(_name(row, level), None, tuple(figure(row, name, disclosed) for name in FIGURES))
        for _, row in frame.iterrows()
    ]
    total = tuple(figure(whole.iloc[0], name, disclosed) if len(whole) else 0 for name in FIGURES)
    return UnitTable(say(f"units.by_{level}", what=kind_name(kind)), level, tuple(rows), total)


def unit_tables(disclosed: Disclosed, subject: Subject) -> tuple[UnitTable, ...]:
    """Return near, far and total by province, district or commune of a page, a table a kind.

    A district's page has them by commune where any is recorded.
    """
    level = {"national": "province", "province": "district"}.get(subject.level, "commune")
    frame = pd.DataFrame(subject.hazards.drop(columns=subject.hazards.geometry.name))
    if level == "province":
        frame = disclosed.upper[disclosed.upper["level"] == "province"]
    elif level == "commune":
        inside = set(key(frame))
        frame = disclosed.communes[key(disclosed.communes).isin(inside)]
    whole = own_rows(disclosed, subject)
    return tuple(
        _unit_table(of_kind(frame, kind), of_kind(whole, kind), level, kind, disclosed)
        for kind in kinds_in_rows(frame)
    )


def _years(yearly: pd.DataFrame) -> tuple[Year, ...]:
    found = []
    for year, part in yearly.groupby("year", dropna=False, sort=True):
        sizes: list[int | Said] = []
        for outcome in OUTCOMES:
            told = part.loc[part["outcome"] == outcome, "released_m2"]
            sizes.append(say("suppressed.hidden") if told.isna().any() else int(told.sum()))
        name = say("public.undated") if pd.isna(year) else same(str(int(str(year))))
        hidden = next((size for size in sizes if isinstance(size, Said)), None)
        total = sum(size for size in sizes if not isinstance(size, Said))
        found.append(Year(name, (*sizes, total if hidden is None else hidden)))
    return tuple(found)


def _withheld(rows: pd.DataFrame, clearance_m: float) -> Said | None:
    """Say how much released land is not drawn, and why."""
    if not len(rows):
        return None
    if rows["releases"].isna().any():
        return say("suppressed.withheld", metres=f"{clearance_m:g}")
    return say(
        "public.withheld",
        count=f"{int(rows['releases'].sum()):,}",
        size=f"{int(rows['released_m2'].sum()):,}",
        metres=f"{clearance_m:g}",
    )


def _note(disclosed: Disclosed) -> Said | None:
    """Say what is not shown, and how sizes are rounded."""
    made = disclosed.settings
    step = f"{made.round_m2:,}"
    if made.suppresses:
        return say("suppressed.note", least=f"{made.least_count:,}", step=step)
    return None if made.round_m2 == 1 else say("suppressed.rounded", step=step)


def _of_page(lower: pd.DataFrame, upper: pd.DataFrame, subject: Subject) -> pd.DataFrame:
    """Return the rows of a page: of its district, or those of its province or the country."""
    if subject.level == "district":
        return lower[key(lower).isin(set(key(subject.hazards)))]
    if subject.level == "national":
        return upper[upper["level"] == "national"]
    return upper[_of_province(upper, subject)]


def sections(disclosed: Disclosed, subject: Subject) -> tuple[Section, ...]:
    """Return what a page says of each kind.

    Parameters
    ----------
    disclosed
        All figures: the classes are the same on every page.
    subject
        Its `hazards` are the rows of `disclosed.aggregates` that the page is about.
    """
    yearly = _of_page(disclosed.yearly, disclosed.upper_yearly, subject)
    withheld = _of_page(disclosed.withheld, disclosed.upper_withheld, subject)
    return tuple(
        Section(
            name=kind_name(kind),
            legend=legend_of(disclosed, kind),
            years=_years(of_kind(yearly, kind)),
            withheld=_withheld(of_kind(withheld, kind), disclosed.clearance_m),
            note=_note(disclosed) if not place else None,
        )
        for place, kind in enumerate(kinds_in_rows(disclosed.aggregates) or [None])
    )


RELEASE_FIELDS: Final = (
    ("outcome", "text"),
    ("kind", "text"),
    ("year", "text"),
    ("released_m2", "m2"),
    ("province", "text"),
    ("district", "text"),
)


@dataclass(frozen=True, eq=False)
class PublicLayers(Beneath):
    """The frames that a map for everybody is drawn from."""

    disclosed: Disclosed
    border: gpd.GeoDataFrame | None = None
    admin: gpd.GeoDataFrame | None = None
    places: pd.DataFrame | None = None
    as_of: date | str | None = None
    basemap: Basemap | None = None
    selection: Selection = EVERYTHING

    @cached_property
    def told(self) -> gpd.GeoDataFrame:
        """The figures by district and kind, with provenance."""
        return self.disclosed.aggregates.assign(synthetic=self.disclosed.synthetic)

    @property
    def releases(self) -> gpd.GeoDataFrame:
        """The released polygons that may be shown."""
        return self.disclosed.released


def subject_of(layers: PublicLayers, level: str, name: str, within: str) -> Subject:
    """Return what a page is about, its rows taken from the disclosed figures.

    Raises
    ------
    UnknownNameError
        If no district of that name, or in a province of that name, is among them.
    """
    if level == "national":
        return subjects.whole(layers.told, layers.admin)
    if level == "province":
        return subjects.province(layers.told, layers.admin, name)
    return subjects.district(layers.told, layers.admin, within, name)


def _groups(rows: pd.DataFrame, disclosed: Disclosed) -> list[grouping.Group]:
    """Return near and far of each kind, of the rows that say the figures of a page."""
    found = []
    for kind in kinds_in_rows(rows) or [None]:
        part = of_kind(rows, kind)
        own = part.iloc[0] if len(part) else None

        def told(column: str, row: pd.Series | None = own) -> int | Said:
            return 0 if row is None else figure(row, column, disclosed)

        found += [
            grouping.Group(
                key=f"{kind or 'hazards'}-{zone}",
                kind=kind_name(kind),
                zone=zone,
                hazards=told(f"{zone}_hazards"),
                size_m2=told(f"{zone}_size_m2"),
                whole=(told("hazards"), told("size_m2")),
            )
            for zone in ZONES
        ]
    return found


def _unplaced(subject: Subject) -> tuple[Said, ...]:
    """Say how many hazards of the selection name no unit: none of them is in the unit's figures."""
    rows = subject.unplaced
    if rows is None:
        return ()
    rows = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    hidden = rows[rows["hazards"].isna()]
    rows = rows[rows["hazards"].fillna(0) > 0]
    return (
        *facts.unplaced_said(rows, rows["hazards"], rows["size_m2"], None),
        *(say("suppressed.unplaced", what=kind_name(kind)) for kind in kinds_in_rows(hidden)),
    )


def facts_of(
    subject: Subject, layers: PublicLayers, around: Around, title: str | None
) -> facts.Facts:
    """Gather what the page says in words, with its tables."""
    own, waiting = own_rows(layers.disclosed, subject), None
    if layers.disclosed.settings.tell_waiting:
        waiting = own.groupby(grouping.kind_of_rows(own))[WAITING].sum()
    said = facts.facts(
        subject,
        layers,
        around,
        unplaced=_unplaced(subject),
        kind=subject.level,
        title=title,
        groups=_groups(own, layers.disclosed),
        workbench=waiting,
        public=sections(layers.disclosed, subject),
    )
    return replace(said, tables=unit_tables(layers.disclosed, subject))


def _units(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a district that can be drawn."""
    found = rows.loc[~key(rows).duplicated()]
    return found[~(found.geometry.isna() | found.geometry.is_empty)]


def district_layer(
    subject: Subject, disclosed: Disclosed, not_counted: Said | None
) -> dict[str, Any]:
    """Return the districts of a page with what their popups say; `shades` fills them.

    `not_counted` stands in each popup: its figures may be naught.
    """
    drawn = _units(subject.hazards)
    return {
        "name": "districts",
        "rows": len(drawn),
        "polygons": packing.pack_polygons(drawn.geometry.to_numpy()),
        "symbols": ["unseen"],
        "symbol": packing.pack(np.zeros(len(drawn), dtype=np.int64)),
        "groups": [["units"]],
        "group": packing.pack(np.zeros(len(drawn), dtype=np.int64)),
        "columns": _columns(subject.hazards, drawn, disclosed, not_counted),
    }


def _columns(
    rows: pd.DataFrame, drawn: pd.DataFrame, disclosed: Disclosed, not_counted: Said | None
) -> list[dict[str, Any]]:
    columns = [_said(level, _names(drawn, level)) for level in ("district", "province")]
    for kind in kinds_in_rows(rows):
        part = of_kind(rows, kind)
        part = part.set_index(key(part)).reindex(key(drawn))
        name = kind_name(kind)
        columns.append(_said("kind", [name] * len(drawn)))
        columns += [
            _figures(figure, part, disclosed)
            for figure in (*TOTAL_COLUMNS, *RELEASED_COLUMNS)
            if figure in part
        ]
    return [*columns, _said("not_counted", [not_counted] * len(drawn))]


def _names(drawn: pd.DataFrame, level: str) -> list[Said | None]:
    return [
        None if pd.isna(name) else Said(str(name), str(name if pd.isna(khmer) else khmer))
        for name, khmer in zip(drawn[level], drawn[f"{level}_km"], strict=True)
    ]


def _said(name: str, said: list[Said | None]) -> dict[str, Any]:
    return {"name": name, "as": "text"} | grouping.texts(said)


def _figures(name: str, rows: pd.DataFrame, disclosed: Disclosed) -> dict[str, Any]:
    """Pack a column of counts, or of m²; as text where a figure is not shown."""
    missing = rows["few"].isna()  # no such row: nothing of the kind is recorded there
    told = [
        0 if lost else figure(row, name, disclosed)
        for lost, (_, row) in zip(missing, rows.iterrows(), strict=True)
    ]
    if any(isinstance(each, Said) for each in told):
        unit = "unit.m2" if name.endswith("_m2") else None
        return _said(name, [_in_words(each, unit) for each in told])
    numbers = pd.Series(told, dtype="int64")
    if name.endswith("_m2"):
        return {"name": name, "as": "m2", "rows": packing.pack_numbers(numbers)}
    return _said(name, [same(f"{value:,}") for value in numbers])


def _in_words(value: int | Said, unit: str | None) -> Said:
    if isinstance(value, Said):
        return value
    return same(f"{value:,}") if unit is None else say(unit, number=f"{value:,}")


def shades(subject: Subject, disclosed: Disclosed) -> list[dict[str, Any]]:
    """Return for each kind the class of each drawn district's remaining land."""
    rows, whole = subject.hazards, disclosed.aggregates
    drawn = key(_units(rows))
    found = []
    for kind in kinds_in_rows(whole):
        part = of_kind(rows, kind)
        sizes = part.set_index(key(part))["size_m2"].reindex(drawn, fill_value=0)
        steps = breaks(of_kind(whole, kind)["size_m2"])
        symbols = classes(sizes, steps)
        found.append({"key": f"remaining-{kind or 'hazards'}", "symbols": symbols})
    return found


def switches(disclosed: Disclosed) -> list[facts.Switch]:
    """Return the switch of each kind's shading; the first is on."""
    return [
        facts.Switch(
            f"remaining-{kind or 'hazards'}",
            say("public.layer", what=kind_name(kind)),
            "",
            on=place == 0,
        )
        for place, kind in enumerate(kinds_in_rows(disclosed.aggregates))
    ]
