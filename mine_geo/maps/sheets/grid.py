"""A table of a sheet as it is drawn: columns as wide as their texts, figures to the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mine_geo.maps.sheets.panel import heading, heading_mm
from mine_geo.maps.sheets.paper import GREY, INK

if TYPE_CHECKING:
    from mine_geo.maps.sheets.paper import Page
    from mine_geo.maps.sheets.tables import Row, Table
    from mine_geo.maps.words import Said

SIZES: Final = (6.6, 6.2, 5.8, 5.4, 5.0)
"""Sizes of letters to try, points on A4."""

LEAST_NAME: Final = 0.2
"""The least share of a table's width that names keep; smaller letters come first."""


@dataclass
class Grid:
    """A table, in the largest letters that have room."""

    table: Table
    size: float
    name: str = "table"

    def _step(self, page: Page) -> float:
        return page.line_mm(self.size) * 1.02

    def height(self, page: Page, width: float) -> float:  # noqa: ARG002 - as every part
        """Return its height (mm) in a column so wide (mm)."""
        lines = len(self.table.rows) + 1 + bool(self.table.groups)
        return heading_mm(page) + lines * self._step(page) + 1.0 * page.unit

    def _needed(self, page: Page) -> list[float]:
        """Return how wide each column's texts and headings are, with a gap (mm)."""
        gap = 1.6 * page.unit
        rows = [row for row in self.table.rows if not row.heading]
        needed = []
        for number, name in enumerate(self.table.columns):
            widest = page.width_of(name.within(page.language), self.size, bold=True)
            for row in rows:
                if row.total and number == 0:
                    continue  # the words of a total may run on: the cells after them are empty
                text = row.cells[number].within(page.language)
                widest = max(widest, page.width_of(text, self.size, bold=row.total))
            needed.append(widest + gap)
        first = 0
        for name, count in self.table.groups:
            wide = page.width_of(name.within(page.language), self.size, bold=True) + 2 * gap
            lack = max(wide - sum(needed[first : first + count]), 0) / count
            needed[first : first + count] = [each + lack for each in needed[first : first + count]]
            first += count
        return needed

    def widths(self, page: Page, width: float) -> list[float] | None:
        """Return the widths of the columns (mm), or None where smaller letters are called for."""
        needed = self._needed(page)
        spare = width - sum(needed)
        last = self.size <= SIZES[-1]
        if spare < 0 and not (last and needed[0] + spare >= LEAST_NAME * width):
            return None
        each = max(spare, 0) / len(needed)
        return [needed[0] + min(spare, 0) + each, *(wide + each for wide in needed[1:])]

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Draw it with its upper left at a place (mm)."""
        top -= heading(page, left, top, self.table.title)
        step = self._step(page)
        widths = self.widths(page, width) or [width / len(self.table.columns)] * len(
            self.table.columns
        )
        edges = left + np.concatenate([[0.0], np.cumsum(widths)])
        self._groups(page, edges, top, step)
        y = top - step * bool(self.table.groups)
        self._row(page, edges, y, self.table.columns, bold=True)
        y -= step
        page.line([(left, y), (left + width, y)], width=0.6 * page.unit)
        y -= 0.5 * page.unit
        for row in self.table.rows:
            y = self._body(page, edges, y, row)
        page.line([(left, y), (left + width, y)], width=0.6 * page.unit)

    def _body(self, page: Page, edges: Any, y: float, row: Row) -> float:
        step = self._step(page)
        if row.heading:
            text = page.cut(
                row.cells[0].within(page.language), edges[-1] - edges[0], self.size, bold=True
            )
            page.text(edges[0], y - step * 0.74, text, size=self.size, bold=True)
        else:
            if row.total:
                page.line([(edges[0], y), (edges[-1], y)], width=0.4 * page.unit, colour=GREY)
            self._row(page, edges, y, row.cells, bold=row.total)
        return y - step

    def _groups(self, page: Page, edges: Any, top: float, step: float) -> None:
        """Write the headings that stand over several columns."""
        first = 0
        for name, count in self.table.groups:
            last = first + count
            text = name.within(page.language)
            if text:
                room = edges[last] - edges[first] - 1.6 * page.unit
                shown = page.cut(text, room, self.size, bold=True)
                page.text(
                    edges[last], top - step * 0.74, shown, size=self.size, bold=True, align="right"
                )
                ends = [(edges[last] - room, top - step), (edges[last], top - step)]
                page.line(ends, width=0.3 * page.unit, colour=GREY)
            first = last

    def _row(
        self, page: Page, edges: Any, y: float, cells: tuple[Said, ...], *, bold: bool
    ) -> None:
        step = self._step(page)
        for number, cell in enumerate(cells):
            last = number + 1
            while last < len(cells) and not cells[last].en and not cells[last].km:
                last += 1  # a text runs on over empty cells
            room = edges[last] - edges[number] - 1.2 * page.unit
            text = page.cut(cell.within(page.language), room + 0.6, self.size, bold=bold)
            if not text:
                continue
            figures = number >= self.table.texts
            x = edges[last] if figures else edges[number]
            align = "right" if figures else "left"
            page.text(x, y - step * 0.74, text, size=self.size, bold=bold, align=align, colour=INK)
