"""The tables of a sheet: figures of `mine_geo.tables.totals`, or the hazards themselves.

`choices` gives the most detailed table first; the sheet takes the first that has room.

A table of a sheet as it is drawn: columns as wide as their texts, figures to the right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from mine_geo.maps import grouping
from mine_geo.maps.sheets.panel import heading, heading_mm
from mine_geo.maps.sheets.paper import GREY, INK
from mine_geo.tables.totals import totals
from mine_geo.terms import NO_UNIT, ZONES
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mine_geo.maps.facts import Facts
    from mine_geo.maps.ground import Beneath
    from mine_geo.maps.sheets.paper import Page
    from mine_geo.maps.subject import Subject


FIGURES: Final = ("near_hazards", "near_size_m2", "far_hazards", "far_size_m2")


@dataclass(frozen=True)
class Row:
    """A row of a table: its cells, and whether it is a heading over rows, or a total."""

    cells: tuple[Said, ...]
    heading: bool = False
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A table in words: groups of columns (name, how many), columns, rows."""

    title: Said
    groups: tuple[tuple[Said, int], ...]
    columns: tuple[Said, ...]
    rows: tuple[Row, ...]
    texts: int
    """How many columns, from the first on, hold text; the rest are figures."""

    lists_hazards: bool = False

    def told(self, left_out: int) -> Table:
        """Return the table with a last row that says how many rows it leaves out."""
        if not left_out:
            return self
        more = Row((say("sheet.more", count=f"{left_out:,}"),), heading=True)
        return replace(self, rows=(*self.rows, more))


def _count(value: Any) -> Said:
    return value if isinstance(value, Said) else same(f"{int(value):,}")


def _by_kind(subject: Subject) -> list[tuple[Said, pd.DataFrame]]:
    """Return the rows of each kind with its name, in the order of the pages; at least one."""
    hazards = subject.hazards
    kinds = grouping.kinds_of(hazards)
    found = sorted(kinds.unique()) or [""]
    return [(grouping.kind_name(kind), hazards[kinds == kind]) for kind in found]


def _figures(row: Any) -> tuple[Said, ...]:
    return tuple(_count(row[figure]) for figure in FIGURES)


def _headed(said: Facts, first: Said, title: Said, rows: list[Row]) -> Table:
    counted = (say("totals.hazards"), say("totals.m2"))
    return Table(
        title=title,
        groups=(
            (same(""), 1),
            (say("sheet.near", threshold=said.threshold), 2),
            (say("sheet.far", threshold=said.threshold), 2),
        ),
        columns=(first, *counted, *counted),
        rows=tuple(rows),
        texts=1,
    )


def by_unit(
    subject: Subject, layers: Beneath, said: Facts, level: Literal["province", "district"]
) -> Table | None:
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


def disclosed(said: Facts) -> Table | None:
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


def by_zone(said: Facts) -> Table:
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
    return Table(
        title=say("sheet.by_zone"),
        groups=(),
        columns=(say("field.zone"), say("totals.hazards"), say("totals.m2")),
        rows=tuple(rows),
        texts=1,
    )


def hazards(subject: Subject) -> Table:
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
    return Table(
        title=say("sheet.hazards"),
        groups=(),
        columns=(
            say("field.hazard_id"),
            say("sheet.type"),
            say("field.zone"),
            say("sheet.border_m"),
            say("totals.m2"),
        ),
        rows=tuple(rows),
        texts=3,
        lists_hazards=True,
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


def choices(subject: Subject, layers: Beneath, said: Facts) -> Iterator[Table]:
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
