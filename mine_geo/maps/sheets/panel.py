"""The parts beside the map, each of which knows its height: legend, facts, standing text.

The country, small, with the ground of the map marked in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from mine_geo.maps.sheets import drawing
from mine_geo.maps.sheets.paper import GREY, RULE, WARNING
from mine_geo.maps.sheets.view import fit, ground_bounds
from mine_geo.maps.symbols import symbol
from mine_geo.words import LANGUAGES, Said, say

if TYPE_CHECKING:
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
    width = style.weight * drawing.POINTS_PER_PIXEL * unit
    if style.dot:
        dot = Line2D(
            [left + wide / 2], [middle], marker="o", ms=2 * unit, mew=0, color=style.fill, zorder=9
        )
        page.put(dot)
    elif style.fill is not None or entry.outline:
        colour = style.fill if not entry.outline else None
        if style.casing is not None:
            rim = 2 * style.casing_weight * drawing.POINTS_PER_PIXEL * unit
            box = (left + 0.3, middle - high / 2, left + wide - 0.3, middle + high / 2)
            page.box(box, line=style.casing, width=max(width, 0.6 * unit) + rim)
        page.put(
            Rectangle(
                (left + 0.3, middle - high / 2),
                wide - 0.6,
                high,
                facecolor=drawing.colour(colour, style.fill_opacity),
                edgecolor=drawing.colour(style.line, style.line_opacity),
                linewidth=max(width, 0.6 * unit) if style.line else 0,
                linestyle=drawing.dashes(style, unit),
                zorder=9,
                **drawing.hatching(style),
            )
        )
    else:
        page.put(
            Line2D(
                [left + 0.2, left + wide - 0.2],
                [middle, middle],
                color=drawing.colour(style.line, style.line_opacity),
                linewidth=width,
                linestyle=drawing.dashes(style, unit),
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
        land = drawing.polygons(view.on_paper(layers.land))
        drawing.add(axes, land, symbol("subject"), unit=page.unit, above=1)
        if subject.units is not None and len(subject.units):
            ours = drawing.polygons(view.on_paper(subject.units.geometry))
            drawing.add(axes, ours, symbol("overview_unit"), unit=page.unit, above=2)
        if "province" in layers.outlines:
            inner = drawing.lines(view.on_paper([layers.outlines["province"]]))
            drawing.add(axes, inner, symbol("overview_line"), unit=page.unit, above=3)
        rim = drawing.lines(view.on_paper(layers.land))
        drawing.add(axes, rim, symbol("overview_rim"), unit=page.unit, above=4)
        if self.view is None:
            return
        west, south, east, north = self.view.ground()
        corners = view.to_mm(np.array([[west, south], [east, north]]))
        frame = shapely.box(*corners.ravel())
        shown = shapely.intersection(frame, shapely.box(*view.box))
        marked = drawing.polygons(shown)
        drawing.add(axes, marked, symbol("overview_frame"), unit=page.unit, above=5)
