"""What stands beside the map: its legend, the country small, and the tables, as Typst is told them.

The tables: figures of `mine_geo.tables.totals`, or the hazards themselves. `choices` gives the most
detailed table first; the sheet takes the first that has room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import shapely

from mine_geo.maps import grouping
from mine_geo.maps.sheets import mapping
from mine_geo.maps.sheets.paper import RULE, Page
from mine_geo.maps.sheets.view import fit, ground_bounds
from mine_geo.maps.symbols import ink, symbol
from mine_geo.tables.totals import totals
from mine_geo.terms import NO_UNIT, ZONES
from mine_geo.typeset import Column, Listing, Row
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mine_geo.maps.facts import Facts
    from mine_geo.maps.ground import Beneath
    from mine_geo.maps.sheets.mapping import Entry
    from mine_geo.maps.sheets.view import View
    from mine_geo.maps.subject import Subject


def swatches(entries: Sequence[Entry], unit: float) -> list[dict[str, Any]]:
    """Return the legend: each symbol with its widths in points, and its name."""
    pixel = mapping.POINTS_PER_PIXEL * unit
    found = []
    for entry in entries:
        style = entry.symbol
        width = style.weight * pixel
        rim = (
            0.0
            if style.casing is None
            else max(width, 0.6 * unit) + 2 * style.casing_weight * pixel
        )
        found.append(
            {
                "name": entry.name,
                "outline": entry.outline,
                "dot": style.dot,
                "fill": style.fill,
                "fill_opacity": style.fill_opacity,
                "line": style.line,
                "line_opacity": style.line_opacity,
                "weight": width,
                "dashes": [length * pixel for length in style.dashes],
                "casing": style.casing,
                "rim": rim,
                "hatch": style.hatch,
                "hatch_color": style.hatch_color or ink("hatch"),
            }
        )
    return found


OVERVIEW_MM: Final = {"landscape": 34.0, "portrait": 26.0}
"""The most that the country, small, is high, on A4."""


def overview_mm(layers: Beneath, high: float, wide: float) -> tuple[float, float]:
    """Return width and height of the country, small, in a room (mm)."""
    west, south, east, north = _extent(layers)
    shape = 1.05 * (east - west) / (north - south)
    return min(wide, high * shape), min(high, wide / shape)


def _extent(layers: Beneath) -> Any:
    return ground_bounds(np.atleast_1d(layers.land))


def overview(
    layers: Beneath, subject: Subject, view: View, size: tuple[float, float], unit: float
) -> Page:
    """Draw the country, small, with the ground of the map marked in it."""
    page = Page(*size, unit, "en")
    small = fit((0.2, 0.2, size[0] - 0.2, size[1] - 0.2), _extent(layers))
    page.box(small.box, fill=symbol("outside").fill, line=RULE, width=0.4)
    axes = page.add_axes((0, 0, *size), above=6)
    axes.set_xlim(0, size[0])
    axes.set_ylim(0, size[1])
    land = mapping.polygons(small.on_paper(layers.land))
    mapping.add(axes, land, symbol("subject"), unit=unit, above=1)
    if subject.units is not None and len(subject.units):
        ours = mapping.polygons(small.on_paper(subject.units.geometry))
        mapping.add(axes, ours, symbol("overview_unit"), unit=unit, above=2)
    if "province" in layers.outlines:
        inner = mapping.path_of_lines(small.on_paper([layers.outlines["province"]]))
        mapping.add(axes, inner, symbol("overview_line"), unit=unit, above=3)
    rim = mapping.path_of_lines(small.on_paper(layers.land))
    mapping.add(axes, rim, symbol("overview_rim"), unit=unit, above=4)
    west, south, east, north = view.ground()
    corners = small.to_mm(np.array([[west, south], [east, north]]))
    shown = shapely.intersection(shapely.box(*corners.ravel()), shapely.box(*small.box))
    mapping.add(axes, mapping.polygons(shown), symbol("overview_frame"), unit=unit, above=5)
    return page


FIGURES: Final = ("near_hazards", "near_size_m2", "far_hazards", "far_size_m2")


def _count(value: Any) -> Said:
    return value if isinstance(value, Said) else same(f"{int(value):,}")


def _by_kind(subject: Subject) -> list[tuple[Said, pd.DataFrame]]:
    """Return the rows of each kind with its name, in the order of the pages; at least one."""
    hazards = subject.hazards
    kinds = grouping.kind_of_rows(hazards)
    found = sorted(kinds.unique()) or [""]
    return [(grouping.kind_name(kind), hazards[kinds == kind]) for kind in found]


def _figures(row: Any) -> tuple[Said, ...]:
    return tuple(_count(row[figure]) for figure in FIGURES)


def _headed(said: Facts, first: Said, title: Said, rows: list[Row]) -> Listing:
    counted = (
        Column(say("totals.hazards"), figures=True),
        Column(say("totals.m2"), figures=True),
    )
    return Listing(
        title=title,
        groups=(
            (same(""), 1),
            (say("sheet.near", threshold=said.threshold), 2),
            (say("sheet.far", threshold=said.threshold), 2),
        ),
        columns=(Column(first, wide=True), *counted, *counted),
        rows=tuple(rows),
    )


def by_unit(
    subject: Subject, layers: Beneath, said: Facts, level: Literal["province", "district"]
) -> Listing | None:
    """Return near and far by province or district, kinds apart; None where rows name none."""
    needed = {level, f"{level}_code", "province", "province_code"}
    if not needed <= set(subject.hazards.columns):
        return None
    kinds = _by_kind(subject)
    names = grouping.unit_words(layers.admin).get(level, {})
    rows: list[Row] = []
    for kind, ours in kinds:
        if len(kinds) > 1:
            rows.append(Row((kind,), heading=True))
        table = totals(ours, by=[level])
        for _, row in table.iterrows():
            rows.append(Row((_name(row, level, names), *_figures(row))))
        rows.append(Row((say("totals.total"), *_figures(table[list(FIGURES)].sum())), total=True))
    return _headed(said, say(f"field.{level}"), say(f"sheet.by_{level}"), rows)


def _name(row: Any, level: str, names: dict[Any, Said]) -> Said:
    if pd.isna(row[f"{level}_code"]) and row[level] == NO_UNIT:
        return say("about.not_recorded")
    known = names.get(row[f"{level}_code"])
    return known if known is not None and known.en == row[level] else same(str(row[level]))


def disclosed(said: Facts) -> Listing | None:
    """Return near and far by province, district or commune of a public sheet, kinds apart."""
    tables = [table for table in said.tables if table.rows]
    if not tables:
        return None
    rows: list[Row] = []
    for table in tables:
        if len(said.tables) > 1:
            rows.append(Row((table.caption,), heading=True))
        rows += [
            Row((unit.name, *map(_count, unit.figures[: len(FIGURES)]))) for unit in table.rows
        ]
        sums = map(_count, table.total[: len(FIGURES)])
        rows.append(Row((say("totals.total"), *sums), total=True))
    level = tables[0].level
    return _headed(said, say(f"field.{level}"), say(f"sheet.by_{level}"), rows)


def by_zone(said: Facts) -> Listing:
    """Return near, far and their sum, each kind by itself: kinds are never added up."""
    rows: list[Row] = []
    for kind in dict.fromkeys(group.kind for group in said.groups):
        groups = [group for group in said.groups if group.kind == kind]
        if said.mixed:
            rows.append(Row((kind,), heading=True))
        for group in groups:
            name = say(f"sheet.{group.zone}", threshold=said.threshold)
            rows.append(Row((name, _count(group.hazards), _count(group.size_m2))))
        sums = map(_count, grouping.together(groups))
        rows.append(Row((say("totals.total"), *sums), total=True))
    return Listing(
        title=say("sheet.by_zone"),
        columns=(
            Column(say("field.zone")),
            Column(say("totals.hazards"), figures=True),
            Column(say("totals.m2"), figures=True),
        ),
        rows=tuple(rows),
    )


def hazards(subject: Subject) -> Listing:
    """Return the hazards one by one: nearest to the border first, each kind by itself."""
    rows: list[Row] = []
    kinds = _by_kind(subject)
    for kind, ours in kinds:
        if len(kinds) > 1:
            rows.append(Row((kind,), heading=True))
        named = ours.assign(order=ours["hazard_id"].astype(str))
        for _, hazard in named.sort_values(["border_distance_m", "order"]).iterrows():
            rows.append(Row(_hazard(hazard)))
        counted = say("sheet.total_hazards", count=_count(len(ours)))
        total = (counted, same(""), same(""), same(""), _count(ours["size_m2"].sum()))
        rows.append(Row(total, total=True))
    return Listing(
        title=say("sheet.hazards"),
        columns=(
            Column(say("field.hazard_id")),
            Column(say("sheet.type")),
            Column(say("field.zone")),
            Column(say("sheet.border_m"), figures=True),
            Column(say("totals.m2"), figures=True),
        ),
        rows=tuple(rows),
    )


def _hazard(hazard: pd.Series[Any]) -> tuple[Said, ...]:
    """Return the cells of a hazard; metres are cut off, so that 6,999.99 stays below 7,000."""
    kind, zone = hazard.get("area_type"), hazard["zone"]
    return (
        same(str(hazard["hazard_id"])),
        same("" if pd.isna(kind) else str(kind)),
        say(f"zone.{zone}") if zone in ZONES else same(str(zone)),
        _count(np.floor(float(hazard["border_distance_m"]) + 1e-6)),
        _count(hazard["size_m2"]),
    )


def choices(subject: Subject, layers: Beneath, said: Facts) -> Iterator[Listing]:
    """Give the tables that suit a sheet, the most detailed first; the last one is short."""
    levels: dict[str, Literal["province", "district"]]
    levels = {"national": "province", "province": "district"}
    level = levels.get(subject.level)
    if said.public:
        table = disclosed(said)
    elif level is None:
        table = hazards(subject) if len(subject.hazards) else None
    else:
        table = by_unit(subject, layers, said, level) if len(subject.hazards) else None
    if table is not None:
        yield table
    yield by_zone(said)
