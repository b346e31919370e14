"""The parts beside the map, each of which knows its height: legend, facts, standing text, tables.

The country, small, with the ground of the map marked in it.

The tables: figures of `mine_geo.tables.totals`, or the hazards themselves. `choices` gives the most
detailed table first; the sheet takes the first that has room. It is drawn as a `Grid`: columns as
wide as their texts, figures to the right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np
import pandas as pd
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from mine_geo.maps import grouping
from mine_geo.maps.sheets import mapping
from mine_geo.maps.sheets.paper import GREY, INK, RULE, WARNING
from mine_geo.maps.sheets.view import fit, ground_bounds
from mine_geo.maps.symbols import symbol
from mine_geo.tables.totals import totals
from mine_geo.terms import NO_UNIT, ZONES
from mine_geo.words import LANGUAGES, Said, same, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mine_geo.maps.facts import Facts as PageFacts
    from mine_geo.maps.ground import Beneath
    from mine_geo.maps.sheets.mapping import Entry
    from mine_geo.maps.sheets.paper import Page
    from mine_geo.maps.sheets.view import View
    from mine_geo.maps.subject import Subject


HEAD: Final = 7.0
TEXT: Final = 6.2
SWATCH_MM: Final = 6.5
NOTICE: Final = 5.6
NOTICE_GAP_MM: Final = 6.0
KHMER_ROOM: Final = 1.1
"""How much farther apart lines of Khmer stand in longer texts, which have many stacked letters."""


class Part(Protocol):
    """A part of the sheet that can be placed in a column."""

    name: str

    def height(self, page: Page, width: float) -> float:
        """Return its height (mm) in a column so wide (mm)."""

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Draw it with its upper left at a place (mm)."""


def heading(page: Page, left: float, top: float, text: Said) -> float:
    """Write the heading of a part; return how high it is (mm)."""
    high = page.line_mm(HEAD)
    page.text(left, top - high * 0.7, text.within(page.language), size=HEAD, bold=True)
    return high * 1.12


def heading_mm(page: Page) -> float:
    """Return the height of a heading, mm."""
    return page.line_mm(HEAD) * 1.12


def roomy_mm(page: Page, size: float, language: str) -> float:
    """Return the step of the lines of a longer text (mm), `size` in points on A4."""
    return page.line_mm(size, language) * (KHMER_ROOM if language == "km" else 1)


@dataclass
class Legend:
    """What the symbols mean: in two columns where all names have room in them."""

    entries: list[Entry]
    name: str = "legend"

    def _columns(self, page: Page, width: float) -> int:
        room = width / 2 - (SWATCH_MM + 2.5) * page.unit
        texts = [entry.name.within(page.language) for entry in self.entries]
        narrow = all(page.width_of(text, TEXT) <= room for text in texts)
        return 2 if narrow and len(texts) > 3 else 1

    def _lines(self, page: Page, width: float) -> list[list[str]]:
        room = width / self._columns(page, width) - (SWATCH_MM + 1.5) * page.unit
        return [
            page.wrap(entry.name.within(page.language), room, TEXT, most=5)
            for entry in self.entries
        ]

    def _split(self, page: Page, width: float) -> list[list[int]]:
        """Return the entries of each column."""
        numbers = list(range(len(self.entries)))
        if self._columns(page, width) == 1:
            return [numbers]
        half = (len(numbers) + 1) // 2
        return [numbers[:half], numbers[half:]]

    def height(self, page: Page, width: float) -> float:
        """Return its height (mm) in a column so wide (mm)."""
        if not self.entries:
            return 0.0
        lines = self._lines(page, width)
        step = page.line_mm(TEXT)
        tallest = max(
            sum(step * (len(lines[number]) + 0.12) for number in column)
            for column in self._split(page, width)
        )
        return heading_mm(page) + tallest

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Draw it with its upper left at a place (mm)."""
        if not self.entries:
            return
        top -= heading(page, left, top, say("sheet.legend"))
        lines = self._lines(page, width)
        columns = self._split(page, width)
        step = page.line_mm(TEXT)
        for number, column in enumerate(columns):
            x, y = left + number * width / len(columns), top
            for entry in column:
                swatch(page, x, y - step * 0.55, self.entries[entry])
                for row, text in enumerate(lines[entry]):
                    after = x + (SWATCH_MM + 1.5) * page.unit
                    page.text(after, y - step * (row + 0.76), text, size=TEXT)
                y -= step * (len(lines[entry]) + 0.12)


def swatch(page: Page, left: float, middle: float, entry: Entry) -> None:
    """Draw a symbol of the legend, its middle line at a height (mm)."""
    style, unit = entry.symbol, page.unit
    wide, high = SWATCH_MM * unit, 2.3 * unit
    width = style.weight * mapping.POINTS_PER_PIXEL * unit
    if style.dot:
        dot = Line2D(
            [left + wide / 2], [middle], marker="o", ms=2 * unit, mew=0, color=style.fill, zorder=9
        )
        page.put(dot)
    elif style.fill is not None or entry.outline:
        colour = style.fill if not entry.outline else None
        if style.casing is not None:
            rim = 2 * style.casing_weight * mapping.POINTS_PER_PIXEL * unit
            box = (left + 0.3, middle - high / 2, left + wide - 0.3, middle + high / 2)
            page.box(box, line=style.casing, width=max(width, 0.6 * unit) + rim)
        page.put(
            Rectangle(
                (left + 0.3, middle - high / 2),
                wide - 0.6,
                high,
                facecolor=mapping.colour(colour, style.fill_opacity),
                edgecolor=mapping.colour(style.line, style.line_opacity),
                linewidth=max(width, 0.6 * unit) if style.line else 0,
                linestyle=mapping.dashes(style, unit),
                zorder=9,
                **mapping.hatching(style),
            )
        )
    else:
        page.put(
            Line2D(
                [left + 0.2, left + wide - 0.2],
                [middle, middle],
                color=mapping.colour(style.line, style.line_opacity),
                linewidth=width,
                linestyle=mapping.dashes(style, unit),
                dash_capstyle="butt",
                zorder=9,
            )
        )


@dataclass
class Facts:
    """What the figures rest on: names and values, and notes below them."""

    rows: list[tuple[Said, Said]]
    notes: list[Said]
    name: str = "facts"

    def _lines(self, page: Page, width: float) -> list[tuple[str, list[str]]]:
        room = width - self._indent(page, width)
        return [
            (
                label.within(page.language),
                page.wrap(value.within(page.language), room, TEXT, most=4),
            )
            for label, value in self.rows
        ]

    def _indent(self, page: Page, width: float) -> float:
        labels = [label.within(page.language) for label, _ in self.rows]
        widest = max((page.width_of(text, TEXT, bold=True) for text in labels), default=0.0)
        return min(widest + 2 * page.unit, width / 2)

    def _notes(self, page: Page, width: float) -> list[str]:
        texts = [note.within(page.language) for note in self.notes]
        return [line for text in texts for line in page.wrap(text, width, TEXT, most=10)]

    def height(self, page: Page, width: float) -> float:
        """Return its height (mm) in a column so wide (mm)."""
        count = sum(len(lines) for _, lines in self._lines(page, width))
        notes = len(self._notes(page, width)) * roomy_mm(page, TEXT, page.language)
        return heading_mm(page) + page.line_mm(TEXT) * count + notes

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Draw it with its upper left at a place (mm)."""
        top -= heading(page, left, top, say("page.about"))
        step = page.line_mm(TEXT)
        indent = self._indent(page, width)
        y = top - step * 0.76
        for label, lines in self._lines(page, width):
            page.text(
                left, y, page.cut(label, indent - page.unit, TEXT, bold=True), size=TEXT, bold=True
            )
            for text in lines:
                page.text(left + indent, y, text, size=TEXT)
                y -= step
        step = roomy_mm(page, TEXT, page.language)
        for text in self._notes(page, width):
            page.text(left, y, text, size=TEXT, colour=GREY)
            y -= step


@dataclass
class Notice:
    """The standing text of a sheet for everybody, in both languages side by side, never cut."""

    heading: Said
    paragraphs: list[Said]
    name: str = "notice"

    def _columns(self, page: Page, width: float) -> list[tuple[str, list[str], float]]:
        """Return heading, lines and their step (mm) of each language, that of the sheet first."""
        languages = [page.language, *(each for each in LANGUAGES if each != page.language)]
        room = (width - NOTICE_GAP_MM * page.unit) / 2
        return [
            (
                self.heading.within(language),
                [
                    line
                    for paragraph in self.paragraphs
                    for line in page.wrap(paragraph.within(language), room, NOTICE)
                ],
                roomy_mm(page, NOTICE, language),
            )
            for language in languages
        ]

    def height(self, page: Page, width: float) -> float:
        """Return its height (mm) in a band so wide (mm); nothing where there is no text."""
        if not self.paragraphs:
            return 0.0
        most = max(len(lines) * step for _, lines, step in self._columns(page, width))
        return page.line_mm(HEAD) * 1.12 + most + 1.6 * page.unit

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Draw it with its upper left at a place (mm), below a line."""
        page.line([(left, top), (left + width, top)], width=1.1 * page.unit, colour=WARNING)
        lead = page.line_mm(HEAD) * 1.12
        for number, (first, lines, step) in enumerate(self._columns(page, width)):
            x = left + number * (width + NOTICE_GAP_MM * page.unit) / 2
            y = top - 0.8 * page.unit
            page.text(x, y - lead * 0.7, first, size=HEAD, bold=True, colour=WARNING)
            y -= lead
            for text in lines:
                page.text(x, y - step * 0.76, text, size=NOTICE)
                y -= step


@dataclass
class Overview:
    """The part that tells where the map lies."""

    layers: Beneath
    subject: Subject
    high: float
    """The most that it takes, mm on A4."""

    view: View | None = None
    """The view of the map, once it stands."""

    name: str = "overview"

    def _bounds(self) -> Any:
        return ground_bounds(np.atleast_1d(self.layers.land))

    def height(self, page: Page, width: float) -> float:
        """Return its height (mm) in a column so wide (mm)."""
        west, south, east, north = self._bounds()
        return min(self.high * page.unit, width * (north - south) / (east - west)) + heading_mm(
            page
        )

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Draw it with its upper left at a place (mm)."""
        bottom = top - self.height(page, width)
        top -= heading(page, left, top, say("sheet.overview"))
        bounds = self._bounds()
        shape = (bounds[2] - bounds[0]) / (bounds[3] - bounds[1])
        wide = min(width, (top - bottom) * shape * 1.05)
        view = fit((left, bottom, left + wide, top), bounds)
        drawing_box = page.add_axes(view.box, above=6)
        drawing_box.set_xlim(left, left + wide)
        drawing_box.set_ylim(bottom, top)
        page.box(view.box, fill=symbol("outside").fill, line=RULE, width=0.4)
        self._draw(page, drawing_box, view)

    def _draw(self, page: Page, axes: Any, view: Any) -> None:
        layers, subject = self.layers, self.subject
        land = mapping.polygons(view.on_paper(layers.land))
        mapping.add(axes, land, symbol("subject"), unit=page.unit, above=1)
        if subject.units is not None and len(subject.units):
            ours = mapping.polygons(view.on_paper(subject.units.geometry))
            mapping.add(axes, ours, symbol("overview_unit"), unit=page.unit, above=2)
        if "province" in layers.outlines:
            inner = mapping.path_of_lines(view.on_paper([layers.outlines["province"]]))
            mapping.add(axes, inner, symbol("overview_line"), unit=page.unit, above=3)
        rim = mapping.path_of_lines(view.on_paper(layers.land))
        mapping.add(axes, rim, symbol("overview_rim"), unit=page.unit, above=4)
        if self.view is None:
            return
        west, south, east, north = self.view.ground()
        corners = view.to_mm(np.array([[west, south], [east, north]]))
        frame = shapely.box(*corners.ravel())
        shown = shapely.intersection(frame, shapely.box(*view.box))
        marked = mapping.polygons(shown)
        mapping.add(axes, marked, symbol("overview_frame"), unit=page.unit, above=5)


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
    kinds = grouping.kind_of_rows(hazards)
    found = sorted(kinds.unique()) or [""]
    return [(grouping.kind_name(kind), hazards[kinds == kind]) for kind in found]


def _figures(row: Any) -> tuple[Said, ...]:
    return tuple(_count(row[figure]) for figure in FIGURES)


def _headed(said: PageFacts, first: Said, title: Said, rows: list[Row]) -> Table:
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
    subject: Subject, layers: Beneath, said: PageFacts, level: Literal["province", "district"]
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


def disclosed(said: PageFacts) -> Table | None:
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


def by_zone(said: PageFacts) -> Table:
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


def choices(subject: Subject, layers: Beneath, said: PageFacts) -> Iterator[Table]:
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
