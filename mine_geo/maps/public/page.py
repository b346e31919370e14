"""What a map for everybody is made of: disclosed figures and released land, never the split.

Nothing in this room can see a hazard: `PublicLayers` holds a `Disclosed`, and a page's subject
is chosen from its rows. Geometry (districts, released land) is EPSG:4326, sizes whole m².
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.disclosure.disclosed import RELEASED_COLUMNS
from mine_geo.disclosure.figures import WAITING
from mine_geo.disclosure.layers import EVERYTHING
from mine_geo.maps import facts, grouping, packing
from mine_geo.maps import subject as subjects
from mine_geo.maps.ground import Beneath
from mine_geo.maps.public import tables
from mine_geo.terms import TOTAL_COLUMNS, ZONES
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd

    from mine_geo.disclosure.disclosed import Disclosed
    from mine_geo.disclosure.layers import Selection
    from mine_geo.maps.ground import Around
    from mine_geo.maps.pages.basemap import Basemap
    from mine_geo.maps.subject import Subject


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
    for kind in tables.kinds_of(rows) or [None]:
        part = tables.of_kind(rows, kind)
        own = part.iloc[0] if len(part) else None

        def told(column: str, row: pd.Series | None = own) -> int | Said:
            return 0 if row is None else tables.figure(row, column, disclosed)

        found += [
            grouping.Group(
                key=f"{kind or 'hazards'}-{zone}",
                kind=tables.kind_name(kind),
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
        *(
            say("suppressed.unplaced", what=tables.kind_name(kind))
            for kind in tables.kinds_of(hidden)
        ),
    )


def facts_of(
    subject: Subject, layers: PublicLayers, around: Around, title: str | None
) -> facts.Facts:
    """Gather what the page says in words, with its tables."""
    own, waiting = tables.own_rows(layers.disclosed, subject), None
    if layers.disclosed.settings.tell_waiting:
        waiting = own.groupby(grouping.kinds_of(own))[WAITING].sum()
    said = facts.facts(
        subject,
        layers,
        around,
        unplaced=_unplaced(subject),
        kind=subject.level,
        title=title,
        groups=_groups(own, layers.disclosed),
        workbench=waiting,
        public=tables.sections(layers.disclosed, subject),
    )
    return replace(said, tables=tables.unit_tables(layers.disclosed, subject))


def _units(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a district that can be drawn."""
    found = rows.loc[~tables.key(rows).duplicated()]
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
    for kind in tables.kinds_of(rows):
        part = tables.of_kind(rows, kind)
        part = part.set_index(tables.key(part)).reindex(tables.key(drawn))
        name = tables.kind_name(kind)
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
        0 if lost else tables.figure(row, name, disclosed)
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
    drawn = tables.key(_units(rows))
    found = []
    for kind in tables.kinds_of(whole):
        part = tables.of_kind(rows, kind)
        sizes = part.set_index(tables.key(part))["size_m2"].reindex(drawn, fill_value=0)
        steps = tables.breaks(tables.of_kind(whole, kind)["size_m2"])
        symbols = tables.classes(sizes, steps)
        found.append({"key": f"remaining-{kind or 'hazards'}", "symbols": symbols})
    return found


def switches(disclosed: Disclosed) -> list[facts.Switch]:
    """Return the switch of each kind's shading; the first is on."""
    return [
        facts.Switch(
            f"remaining-{kind or 'hazards'}",
            say("public.layer", what=tables.kind_name(kind)),
            "",
            on=place == 0,
        )
        for place, kind in enumerate(tables.kinds_of(disclosed.aggregates))
    ]
