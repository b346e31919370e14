"""Where the parts of a sheet stand: the window of the map, and the column or strip beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mine_geo.maps.sheets.grid import SIZES, Grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mine_geo.maps.sheets.overview import Overview
    from mine_geo.maps.sheets.panel import Facts, Legend, Part
    from mine_geo.maps.sheets.paper import Box, Paper
    from mine_geo.maps.sheets.paper import Page as Sheet
    from mine_geo.maps.sheets.tables import Table

MARGIN_MM: Final = 8.0
HEADER_MM: Final = 16.5
FOOTER_MM: Final = 6.0
FURNITURE_MM: Final = 10.0
"""The strip below the map: scale bar, scale, north arrow."""

GUTTER_MM: Final = 3.8
"""Around the window, for the names of the graticule."""

COLUMN_MM: Final = 88.0
GAP_MM: Final = 5.0
STRIP_LEAST_MM: Final = 52.0
STRIP_USUAL_MM: Final = 62.0
STRIP_MOST: Final = 0.37
"""The most of the page's height that the strip of a portrait sheet takes."""

SHARES: Final = (0.29, 0.41, 0.30)
"""Of the strip's width: legend, table, facts."""


@dataclass(frozen=True)
class Plan:
    """The boxes of a sheet, mm; `panel` is beside the map, or below it on a portrait sheet."""

    header: Box
    window: Box
    furniture: Box
    panel: Box
    footer: Box
    notice: Box
    """The standing text of a sheet for everybody: over the footer, on a landscape sheet only as
    wide as the map, for the column beside that needs all its height."""


def plan(paper: Paper, strip_mm: float = STRIP_LEAST_MM, notice_mm: float = 0.0) -> Plan:
    """Return where everything stands; `strip_mm` counts on a portrait sheet only."""
    unit = paper.unit
    wide, high = paper.size_mm
    margin, gutter = MARGIN_MM * unit, GUTTER_MM * unit
    left, right = margin, wide - margin
    top, bottom = high - margin, margin
    header = (left, top - HEADER_MM * unit, right, top)
    footer = (left, bottom, right, bottom + FOOTER_MM * unit)
    low, up = footer[3] + 1.5 * unit, header[1] - 1.5 * unit
    notice = (left, low, left + wide_mm(paper), low + notice_mm)
    above = notice[3] + (1.5 * unit if notice_mm else 0)
    if paper.orientation == "landscape":
        edge = right - COLUMN_MM * unit
        panel = (edge, low, right, up)
        area = (left, above, edge - GAP_MM * unit, up)
    else:
        panel = (left, above, right, above + strip_mm)
        area = (left, panel[3] + 3 * unit, right, up)
    furniture = (area[0] + gutter, area[1], area[2] - gutter, area[1] + FURNITURE_MM * unit)
    window = (area[0] + gutter, furniture[3] + gutter, area[2] - gutter, area[3] - gutter)
    return Plan(header, window, furniture, panel, footer, notice)


def wide_mm(paper: Paper) -> float:
    """Return the width of the map, or of a portrait sheet, between the margins, mm."""
    beside = COLUMN_MM + GAP_MM if paper.orientation == "landscape" else 0.0
    return paper.size_mm[0] - (2 * MARGIN_MM + beside) * paper.unit


def strip_most(paper: Paper) -> float:
    """Return how high the strip of a portrait sheet may be, mm."""
    return STRIP_MOST * paper.size_mm[1]


def _grids(tables: Iterable[Table]) -> Iterable[Grid]:
    for table in tables:
        for size in SIZES:
            yield Grid(table, size)


def _cut(page: Sheet, tables: Sequence[Table], width: float, height: float) -> Grid:
    """Return the shortest table, with as many of its rows as there is room for."""
    table, size = tables[-1], SIZES[-1]
    for count in range(len(table.rows), -1, -1):
        grid = Grid(replace(table, rows=table.rows[:count]).told(len(table.rows) - count), size)
        if grid.height(page, width) <= height:
            break
    return grid


def strip_grid(page: Sheet, tables: Sequence[Table]) -> Grid:
    """Return the most detailed table that has room on a portrait sheet."""
    box = plan(page.paper).panel
    width = (box[2] - box[0] - 2 * GAP_MM * page.unit) * SHARES[1]
    most = strip_most(page.paper)
    for grid in _grids(tables):
        if grid.height(page, width) <= most and grid.widths(page, width) is not None:
            return grid
    return _cut(page, tables, width, most)


def legend_mm(page: Sheet, legend: Legend) -> float:
    """Return the height of the legend on a portrait sheet, mm."""
    box = plan(page.paper).panel
    return legend.height(page, (box[2] - box[0] - 2 * GAP_MM * page.unit) * SHARES[0])


def strip_mm(
    page: Sheet, grid: Grid, facts: Facts, overview: Overview | None, least: float = 0
) -> float:
    """Return the height of the strip of a portrait sheet, mm."""
    box = plan(page.paper).panel
    room = box[2] - box[0] - 2 * GAP_MM * page.unit
    needed = max(
        grid.height(page, room * SHARES[1]),
        _stacked(page, [facts, *([] if overview is None else [overview])], room * SHARES[2]),
        STRIP_LEAST_MM * page.unit,
        least,
    )
    return min(needed + 1, strip_most(page.paper))


def draw_strip(
    page: Sheet, box: Box, grid: Grid, legend: Legend, facts: Facts, overview: Overview | None
) -> None:
    """Draw the parts side by side below the map; the overview where it has room."""
    gap = GAP_MM * page.unit
    room = box[2] - box[0] - 2 * gap
    columns: list[list[Part]] = [[legend], [grid], [facts]]
    if overview is not None:
        for number in (2, 0):
            parts = [*columns[number], overview]
            if _stacked(page, parts, room * SHARES[number]) <= box[3] - box[1]:
                columns[number] = parts
                break
    left = box[0]
    for share, parts in zip(SHARES, columns, strict=True):
        _stack(page, parts, (left, box[1], left + room * share, box[3]))
        left += room * share + gap


def draw_column(
    page: Sheet,
    box: Box,
    tables: Sequence[Table],
    legend: Legend,
    facts: Facts,
    overview: Overview | None,
) -> Grid:
    """Draw the parts one below the other beside the map; return the table that had room."""
    width, height = box[2] - box[0], box[3] - box[1]
    around: list[list[Part]] = [[overview, legend]] if overview is not None else []
    around.append([legend])
    for table in tables:
        for above in around:
            for grid in _grids([table]):
                parts = [*above, grid, facts]
                fits = _stacked(page, parts, width) <= height
                if fits and grid.widths(page, width) is not None:
                    _stack(page, parts, box)
                    return grid
    rest = height - _stacked(page, [legend, facts], width) - _gap(page)
    grid = _cut(page, tables, width, rest)
    _stack(page, [legend, grid, facts], box)
    return grid


def _gap(page: Sheet) -> float:
    return 4.0 * page.unit


def _stacked(page: Sheet, parts: Sequence[Part], width: float) -> float:
    """Return the height of parts one below the other, mm."""
    return sum(part.height(page, width) for part in parts) + _gap(page) * (len(parts) - 1)


def _stack(page: Sheet, parts: Sequence[Part], box: Box) -> None:
    """Draw parts one below the other from the top of a box."""
    top, width = box[3], box[2] - box[0]
    for part in parts:
        high = part.height(page, width)
        if not high:
            continue
        part.draw(page, box[0], top, width)
        page.blocks[part.name] = (box[0], top - high, box[2], top)
        top -= high + _gap(page)
