"""From layers to a sheet: title, map, panel and sources, each in its place; and its files.

Where the parts of a sheet stand: the window of the map, and the column or strip beside it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mine_geo.disclosure import restriction
from mine_geo.disclosure.restriction import write_file
from mine_geo.errors import OptionError, choose
from mine_geo.maps import facts
from mine_geo.maps import public as public_page
from mine_geo.maps.ground import Around
from mine_geo.maps.public import PublicLayers
from mine_geo.maps.sheets import labels
from mine_geo.maps.sheets.mapping import Map
from mine_geo.maps.sheets.panel import SIZES, Facts, Grid, Legend, Notice, Overview, choices
from mine_geo.maps.sheets.paper import DPI, GREY, WARNING, Page, papers, pinned, register
from mine_geo.maps.sheets.view import (
    fit,
    graticule,
    ground_bounds,
    label_graticule,
    north_arrow,
    restricted_bands,
    scale_bar,
)
from mine_geo.typeset.letters import clean
from mine_geo.words import LANGUAGES, Said, same, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mine_geo.maps.ground import Beneath
    from mine_geo.maps.scene import Scene
    from mine_geo.maps.sheets.panel import Part, Table
    from mine_geo.maps.sheets.paper import Box, Paper
    from mine_geo.maps.sheets.view import Bounds, View
    from mine_geo.maps.subject import Subject


ENDINGS: Final = (".pdf", ".png")


@dataclass(frozen=True, eq=False)
class Sheet:
    """A printed sheet: a page of paper with a map on it.

    `save` writes it; the same sheet gives the same bytes.
    """

    page: Page
    view: View
    title: str
    restricted: Said | None
    """What a restricted sheet says of itself in its metadata; None of one for everybody."""
    notice: str = ""
    """The standing text of a sheet for everybody, for the metadata of its file."""

    @property
    def paper(self) -> str:
        """The paper: A4 or A3."""
        return self.page.paper.name

    @property
    def orientation(self) -> str:
        """`portrait` or `landscape`."""
        return self.page.paper.orientation

    @property
    def scale(self) -> float:
        """The map's scale is one to this."""
        return self.view.denominator

    @property
    def public(self) -> bool:
        """Whether it is for everybody; else it is restricted."""
        return self.restricted is None

    def save(self, path: str | Path, *, replace: str | None = None) -> Path:
        """Write the sheet: a vector PDF, or a PNG of 300 dots per inch, by the path's ending.

        A restricted one says so in its metadata and is its owner's alone.

        Parameters
        ----------
        path
            The file; one that is there is replaced at the very end, or not at all.
        replace
            "public" or "restricted": of which kind the file that is there may be, where it is not
            of the same.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OptionError
            If the ending is neither `.pdf` nor `.png`.
        FileError
            If the file cannot be written, or takes the place of one of the other kind (or lies in
            the folder of an atlas of the other kind) that `replace` does not name.
        """
        place = Path(path)
        ending = place.suffix.casefold()
        if ending not in ENDINGS:
            raise OptionError(
                f"{place.name}: a sheet is written as {' or '.join(ENDINGS)}; give one of them"
            )
        content = self._content(ending.removeprefix("."))
        write_file(place, content, public=self.public, replace=replace)
        return place

    def _content(self, kind: str) -> bytes:
        """Return the bytes of a file; nothing in them tells when it was made."""
        title = clean(self.title)
        access = restriction.PUBLIC if self.public else restriction.RESTRICTED
        # In letters that any program of documents finds, whatever the sheet's language.
        about = "" if self.restricted is None else self.restricted.en.replace(" · ", "; ")
        said: dict[str, Any] = {"Title": title}
        if kind == "pdf":
            said |= {"Creator": "mine_geo", "CreationDate": None, "Producer": None}
            said |= {"Keywords": restriction.KEYWORDS[access]}
            said |= {"Subject": about} if about else {}
        else:
            said |= {"Software": "mine_geo", restriction.FIELD: access}
            said |= {"Description": about} if about else {}
        if self.notice:
            said["Subject" if kind == "pdf" else "Description"] = clean(self.notice)
        written = io.BytesIO()
        with pinned():
            register()
            self.page.figure.savefig(written, format=kind, dpi=DPI, metadata=said)
        return written.getvalue()


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


def planned(paper: Paper, strip_mm: float = STRIP_LEAST_MM, notice_mm: float = 0.0) -> Plan:
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


def _cut(page: Page, tables: Sequence[Table], width: float, height: float) -> Grid:
    """Return the shortest table, with as many of its rows as there is room for."""
    table, size = tables[-1], SIZES[-1]
    for count in range(len(table.rows), -1, -1):
        grid = Grid(replace(table, rows=table.rows[:count]).told(len(table.rows) - count), size)
        if grid.height(page, width) <= height:
            break
    return grid


def strip_grid(page: Page, tables: Sequence[Table]) -> Grid:
    """Return the most detailed table that has room on a portrait sheet."""
    box = planned(page.paper).panel
    width = (box[2] - box[0] - 2 * GAP_MM * page.unit) * SHARES[1]
    most = strip_most(page.paper)
    for grid in _grids(tables):
        if grid.height(page, width) <= most and grid.widths(page, width) is not None:
            return grid
    return _cut(page, tables, width, most)


def legend_mm(page: Page, legend: Legend) -> float:
    """Return the height of the legend on a portrait sheet, mm."""
    box = planned(page.paper).panel
    return legend.height(page, (box[2] - box[0] - 2 * GAP_MM * page.unit) * SHARES[0])


def strip_mm(
    page: Page, grid: Grid, facts: Facts, overview: Overview | None, least: float = 0
) -> float:
    """Return the height of the strip of a portrait sheet, mm."""
    box = planned(page.paper).panel
    room = box[2] - box[0] - 2 * GAP_MM * page.unit
    needed = max(
        grid.height(page, room * SHARES[1]),
        _stacked(page, [facts, *([] if overview is None else [overview])], room * SHARES[2]),
        STRIP_LEAST_MM * page.unit,
        least,
    )
    return min(needed + 1, strip_most(page.paper))


def draw_strip(
    page: Page, box: Box, grid: Grid, legend: Legend, facts: Facts, overview: Overview | None
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
    page: Page,
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


def _gap(page: Page) -> float:
    return 4.0 * page.unit


def _stacked(page: Page, parts: Sequence[Part], width: float) -> float:
    """Return the height of parts one below the other, mm."""
    return sum(part.height(page, width) for part in parts) + _gap(page) * (len(parts) - 1)


def _stack(page: Page, parts: Sequence[Part], box: Box) -> None:
    """Draw parts one below the other from the top of a box."""
    top, width = box[3], box[2] - box[0]
    for part in parts:
        high = part.height(page, width)
        if not high:
            continue
        part.draw(page, box[0], top, width)
        page.blocks[part.name] = (box[0], top - high, box[2], top)
        top -= high + _gap(page)


ANYWHERE: Final = (170_000.0, 1_090_000.0, 830_000.0, 1_640_000.0)
"""The ground of a sheet without any extent, metres of the plane: Cambodia."""

NOWHERE: Final = (0.0, 0.0, 0.0, 0.0)
"""The frame around a subject before its map has a window: the legend says what is in that."""

TITLE: Final = 15.0
TITLE_LEAST: Final = 10.0
SUBTITLE: Final = 8.6
BADGE_SIZE: Final = 7.6


def ground_of(subject: Subject, layers: Beneath) -> Bounds:
    """Return the ground that the sheet must show, metres of the plane."""
    land = [] if layers.land is None else [layers.land]
    units = [] if subject.units is None else subject.units.geometry.to_numpy()
    hazards = subject.hazards.geometry.to_numpy()
    order = [land, units, hazards] if subject.level == "national" else [units, hazards, land]
    for geometries in order:
        bounds = ground_bounds(geometries)
        if bounds is not None:
            return bounds
    return ANYWHERE


def choose_paper(wanted: str, ground: Bounds) -> Paper:
    """Return the paper that shows the ground largest, of the orientations that were asked for."""

    def scale(paper: Paper) -> float:
        height = STRIP_USUAL_MM * paper.unit
        return fit(planned(paper, height).window, ground).denominator

    return min(papers(wanted), key=scale)


@dataclass
class Composer:
    """Draws one sheet."""

    layers: Scene | PublicLayers
    subject: Subject
    said: facts.Facts
    page: Page
    strip_mm: float = 0.0
    """The least height of the strip of a portrait sheet."""

    legend_mm: float = 0.0
    """How much of it the legend takes, once it is drawn."""

    lacks_room: bool = False
    """Whether that was more than there is."""

    def __post_init__(self) -> None:
        """Gather tables and facts."""
        self.tables = list(choices(self.subject, self.layers, self.said))
        self.facts = self._facts()
        self.notice = self._standing()

    def draw(self, ground: Bounds) -> View:
        """Draw the sheet; return the view of its map."""
        portrait = self.page.paper.orientation == "portrait"
        notice_mm = self.notice.height(self.page, wide_mm(self.page.paper))
        overview = None
        if self.subject.level != "national" and self.layers.land is not None:
            overview = Overview(self.layers, self.subject, 26.0 if portrait else 34.0)
        if portrait:
            grid = strip_grid(self.page, self.tables)
            height = strip_mm(self.page, grid, self.facts, overview, self.strip_mm)
            plan = planned(self.page.paper, height, notice_mm)
        else:
            plan = planned(self.page.paper, notice_mm=notice_mm)
        view = fit(plan.window, ground)
        drawn = Map(self.page, view, self.layers, self.subject, alone=bool(self.said.public))
        own, hazards = self._map(drawn)
        legend = Legend(drawn.entries)
        if overview is not None:
            overview.view = view
        if portrait:
            self.legend_mm = legend_mm(self.page, legend)
            self.lacks_room = self.legend_mm > plan.panel[3] - plan.panel[1]
            draw_strip(self.page, plan.panel, grid, legend, self.facts, overview)
        else:
            grid = draw_column(self.page, plan.panel, self.tables, legend, self.facts, overview)
        labels.write(drawn, own, hazards, ids=grid.table.lists_hazards)
        self._furniture(plan, view)
        self._header(plan)
        self._notice(plan)
        self._footer(plan)
        if self.said.restricted is not None:
            restricted_bands(self.page, self.said.restricted)
        return view

    def _map(self, drawn: Map) -> tuple[Any, Any]:
        """Draw all layers of the map; return the subject's hazards as drawn (mm), and all.

        None on a public sheet.
        """
        grid = graticule(drawn.view, self.page.unit)
        drawn.add_ground()
        hazards: tuple[Any, Any] = (np.empty(0, dtype=object), np.empty(0, dtype=object))
        public = bool(self.said.public)
        if isinstance(self.layers, PublicLayers):
            drawn.add_shades(self.layers.disclosed)
        else:
            hazards = drawn.add_hazards()
        drawn.add_graticule(grid)
        drawn.add_zone(filled=not public)
        drawn.add_veil()
        drawn.add_border()
        drawn.add_units()
        drawn.add_releases()
        drawn.add_places_entry()
        drawn.add_frame()
        label_graticule(self.page, drawn.view, grid)
        return hazards

    def _facts(self) -> Facts:
        notes = []
        if self.said.mixed:
            notes.append(say("sheet.never_added"))
        if not self.said.total_hazards:
            notes.append(self.said.none)
        elif self.said.not_counted is not None:
            notes.append(say("standing.not_counted", items=self.said.not_counted))
        notes += self.said.unplaced
        notes += self.said.waiting
        notes += [each.withheld for each in self.said.public if each.withheld is not None]
        return Facts([*self.said.rows, (say("sheet.plane"), say("sheet.plane_is"))], notes)

    def _standing(self) -> Notice:
        """Return the standing text, and what the outcomes of land release are."""
        paragraphs = [_joined(self.said.standing, " ")] if self.said.standing else []
        if self.said.outcomes:
            meanings = [Said(f"{n.en}: {m.en}", f"{n.km}៖ {m.km}") for n, m in self.said.outcomes]
            told = _joined(meanings, "; ")
            title = say("standing.outcomes")
            paragraphs.append(Said(f"{title.en} {told.en}.", f"{title.km} {told.km}។"))
        return Notice(say("standing.title"), paragraphs)

    def _notice(self, plan: Plan) -> None:
        left, _, right, top = plan.notice
        if self.notice.paragraphs:
            self.notice.draw(self.page, left, top, right - left)
            self.page.blocks["notice"] = plan.notice

    def _furniture(self, plan: Plan, view: View) -> None:
        """Draw scale bar, scale and north arrow below the map."""
        page, unit = self.page, self.page.unit
        left, bottom, right, top = plan.furniture
        edge = north_arrow(page, view, right, bottom, top - bottom)
        room = edge - left
        scale_bar(page, view, left, bottom + 1.2 * unit, min(0.55 * room, 70 * unit))
        after = page.blocks["scale bar"][2] + 5 * unit
        words = say(
            "sheet.scale", scale=same(f"{view.denominator:,.0f}"), paper=page.paper.name
        ).within(page.language)
        shown = page.cut(words, edge - after - 2 * unit, 6.4, bold=True)
        page.text(after, bottom + 1.2 * unit, shown, size=6.4, bold=True)

    def _header(self, plan: Plan) -> None:
        page, unit = self.page, self.page.unit
        left, bottom, right, top = plan.header
        page.blocks["header"] = plan.header
        first, other = self.said.title.within(page.language), ""
        if self.said.title.en != self.said.title.km:
            other = self.said.title.en if page.language == "km" else self.said.title.km
        low = bottom + 2.8 * unit
        wide = sum(self._badge_widths())
        edge = right - wide
        beside = page.width_of(first, TITLE_LEAST, bold=True) <= edge - left
        if not beside:  # the title has the whole line, and they stand on the next one
            edge = right
        self._badges(right, top if beside else low + 4.2 * unit)
        size = TITLE
        while size > TITLE_LEAST and page.width_of(first, size, bold=True) > edge - left:
            size -= 0.5
        shown = page.cut(first, edge - left, size, bold=True)
        line = top - 6.2 * unit
        page.text(left, line, shown, size=size, bold=True)
        after = left + page.width_of(shown, size, bold=True) + 4 * unit
        last = right if beside else right - wide
        subtitle = page.cut(self.said.subtitle.within(page.language), last - left, SUBTITLE)
        page.text(left, low, subtitle, size=SUBTITLE, colour=GREY)
        if after + page.width_of(other, size * 0.8) <= edge:
            page.text(after, line, other, size=size * 0.8, colour=GREY)
        elif other and beside:  # no room beside the title: beside the subtitle
            room = right - left - page.width_of(subtitle, SUBTITLE) - 4 * unit
            shown = page.cut(other, room, SUBTITLE)
            page.text(right, low, shown, size=SUBTITLE, colour=GREY, align="right")
        page.line([(left, bottom), (right, bottom)], width=0.9 * unit)

    def _badge_widths(self) -> list[float]:
        """Return how wide each badge is with the gap before it (mm), and a gap before them all."""
        page, unit = self.page, self.page.unit
        texts = [badge.within(page.language) for badge in self.said.badges]
        boxes = [page.width_of(text, BADGE_SIZE, bold=True) + 6 * unit for text in texts]
        return [2 * unit, *boxes]

    def _badges(self, right: float, top: float) -> None:
        """Draw what is not real in boxes at the right (mm)."""
        page, unit = self.page, self.page.unit
        edge, high = right, page.line_mm(BADGE_SIZE) + 1.6 * unit
        widths = self._badge_widths()[1:]
        for badge, room in zip(reversed(self.said.badges), reversed(widths), strict=True):
            text, wide = badge.within(page.language), room - 2 * unit
            page.box((edge - wide, top - high, edge, top), line=WARNING, width=1.1 * unit)
            page.text(
                edge - wide / 2,
                top - high / 2,
                text,
                size=BADGE_SIZE,
                bold=True,
                colour=WARNING,
                align="center",
                valign="center_baseline",
            )
            edge -= room

    def _footer(self, plan: Plan) -> None:
        page = self.page
        left, bottom, right, top = plan.footer
        page.blocks["footer"] = plan.footer
        if not self.said.sources:
            return
        words = say("sheet.sources", sources=same(" · ".join(self.said.sources)))
        step = page.line_mm(5.4)
        page.line([(left, top), (right, top)], width=0.3 * page.unit, colour=GREY)
        most = max(int((top - bottom) / step), 1)
        for number, text in enumerate(
            page.wrap(words.within(page.language), right - left, 5.4, most=most)
        ):
            page.text(left, top - step * (number + 0.95), text, size=5.4, colour=GREY)


def _joined(texts: Sequence[Said], between: str) -> Said:
    return Said(between.join(each.en for each in texts), between.join(each.km for each in texts))


def draw(
    layers: Scene,
    subject: Subject,
    *,
    title: str | None = None,
    paper: str = "A4",
    language: str = "en",
    public: bool = False,
) -> Sheet:
    """Draw the sheet of a subject.

    Raises
    ------
    OptionError
        If the paper or the language is unknown.
    """
    choose(language, LANGUAGES, "language")
    if public:
        told = layers.public
        subject = public_page.subject_of(told, subject.level, subject.name, subject.within)
        beside = Around(subject, None, told.releases, NOWHERE)
        said = public_page.facts_of(subject, told, beside, title)
        return _drawn(told, subject, said, paper, language)
    beside = Around(subject, None, layers.releases, NOWHERE)
    said = facts.facts(
        subject,
        layers,
        beside,
        kind=subject.level,
        title=title,
        unplaced=facts.unplaced_of(subject, None),
    )
    return _drawn(layers, subject, said, paper, language)


def _drawn(
    layers: Scene | PublicLayers, subject: Subject, said: facts.Facts, paper: str, language: str
) -> Sheet:
    ground = ground_of(subject, layers)
    chosen = choose_paper(paper, ground)
    with pinned():
        page = Page(chosen, language)
        composer = Composer(layers, subject, said, page)
        view = composer.draw(ground)
        if composer.lacks_room:
            # What the legend has is known once the map is drawn: then again, with room for it.
            page = Page(chosen, language)
            view = Composer(layers, subject, said, page, composer.legend_mm).draw(ground)
    told = _joined(said.standing, " ").within(language)
    return Sheet(page, view, said.title.within(language), said.restricted_whole, told)
