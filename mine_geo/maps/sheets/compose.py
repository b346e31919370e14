"""From layers to a sheet: what Typst is told of it, and the pictures that stand in it.

Typst lays out the sheet (`assets/sheet.typ`) and says how much room it has for the map; Matplotlib
draws the map for that room.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from PIL import Image

from mine_geo.errors import choose
from mine_geo.maps import facts
from mine_geo.maps import public as public_page
from mine_geo.maps.ground import Around
from mine_geo.maps.pages.compose import of_one_kind
from mine_geo.maps.public import PublicLayers
from mine_geo.maps.sheets import labels, panel, ranking
from mine_geo.maps.sheets.insets import NO_INSETS, choose_insets
from mine_geo.maps.sheets.mapping import Map
from mine_geo.maps.sheets.paper import Page, papers, pinned
from mine_geo.maps.sheets.view import (
    fit,
    flat,
    furniture,
    graticule,
    ground_bounds,
    label_graticule,
)
from mine_geo.typeset import Document, Head
from mine_geo.words import LANGUAGES, Said, same, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.maps.ground import Beneath
    from mine_geo.maps.scene import Scene
    from mine_geo.maps.sheets.insets import Insets
    from mine_geo.maps.sheets.paper import Paper
    from mine_geo.maps.sheets.ranking import Ranked
    from mine_geo.maps.sheets.view import Bounds, View
    from mine_geo.maps.subject import Subject
    from mine_geo.terms import Kind


TEMPLATE: Final = Path(__file__).parent.parent / "assets" / "sheet.typ"
GUTTER_MM: Final = 4.2
"""Around the window, for the names of the graticule, on A4."""

BAR_MM: Final = 60.0
"""The most that a scale bar is long, on A4, and which share of the map's width."""
BAR_SHARE: Final = 0.4

UNREAD_MOST: Final = 100
"""Of more hazards a province's sheet does not name all that no inset tells apart."""

NAMED_MOST: Final = 60
NAMED_IN_PART: Final = 30
"""Of more hazards a district's map does not bear the ids, nor an inset of it."""


@dataclass(frozen=True)
class Look:
    """How a sheet is to look, and what its office writes on it."""

    title: str | None = None
    """Instead of the usual one."""

    paper: str = "A4"
    language: str = "en"
    number: str = ""
    """The number of the map, and who answers for it."""

    prepared_by: str = ""
    approved_by: str = ""
    two_sided: bool = False
    """Whether its leaves are bound with others, printed on both sides."""

    insets: bool = True
    """Whether what stands too close is drawn larger; else sheets of districts do that."""


@dataclass(frozen=True, eq=False, repr=False)
class Sheet:
    """A printed sheet: a page of paper with a map on it, and pages of lists behind it.

    `save` writes it; the same sheet gives the same bytes.
    """

    document: Document
    page: Page
    """The picture of the map."""

    view: View
    insets: Insets
    """What of the map is drawn larger on the pages behind it."""

    larger: tuple[Page, ...]
    """The pictures of the insets."""

    paper: str
    """A4 or A3."""

    orientation: str
    """`portrait` or `landscape`."""

    @property
    def title(self) -> str:
        """The title, in the language of the sheet."""
        head = self.document.head
        return head.title.within(head.language)

    @property
    def scale(self) -> float:
        """The map's scale is one to this."""
        return self.view.denominator

    @property
    def public(self) -> bool:
        """Whether it is for everybody; else it is restricted."""
        return self.document.public

    def save(self, path: str | Path, *, replace: str | None = None) -> Path:
        """Write the sheet: a vector PDF, or its first page as a PNG of 300 dots per inch.

        The path's ending says which. Lists that have no room beside the map follow it in the PDF
        alone. A restricted one says so in its metadata and is its owner's alone.

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
        return self.document.save(path, replace=replace, first_page=True)

    def __repr__(self) -> str:
        """Say which sheet it is, in a line."""
        return f"<Sheet {self.title}: {self.paper} {self.orientation}, 1:{self.scale:,.0f}>"

    def _repr_png_(self) -> bytes:
        """Return the first page, small, for a notebook to show below its cell."""
        shown = io.BytesIO()
        with Image.open(io.BytesIO(self.document.png(dpi=SHOWN_DPI)[0])) as page:
            # The method that keeps rare colours: those of symbols are.
            few = page.convert("RGB").quantize(
                256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
            )
            few.save(shown, "PNG", optimize=True)
        return shown.getvalue()


SHOWN_DPI: Final = 72
"""Dots per inch of a sheet in a notebook."""

Size = tuple[float, float]
"""Width and height, mm."""

ANYWHERE: Final = (170_000.0, 1_090_000.0, 830_000.0, 1_640_000.0)
"""The ground of a sheet without any extent, metres of the plane: Cambodia."""

NOWHERE: Final = (0.0, 0.0, 0.0, 0.0)
"""The frame around a subject before its map has a window: the legend says what is in that."""


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


def _window(room: Size, unit: float) -> tuple[float, float, float, float]:
    """Return the window of a map in a picture so large (mm)."""
    gutter = GUTTER_MM * unit
    return gutter, gutter, room[0] - gutter, room[1] - gutter


@dataclass
class Composer:
    """Makes one sheet on a paper."""

    layers: Scene | PublicLayers
    subject: Subject
    said: facts.Facts
    paper: Paper
    look: Look
    ranked: Ranked | None
    cell: Size = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Gather what does not depend on the map."""
        self.tables = list(panel.choices(self.subject, self.layers, self.said))
        if self.ranked is not None:
            by_year = [] if self.ranked.by_year is None else [self.ranked.by_year]
            self.tables = [*by_year, self.tables[-1]]
        self.small = None
        if self.subject.level != "national" and self.layers.land is not None:
            high = panel.OVERVIEW_MM[self.paper.orientation] * self.paper.unit
            self.small = panel.overview_mm(self.layers, high, 50.0 * self.paper.unit)

    def rooms(self, strip_mm: float = 0.0) -> tuple[Size, Size]:
        """Return how much room the sheet has for its map and for an inset (mm), before both."""
        ((wide, high, *cell),) = self._document({"strip": strip_mm}).query("room")
        return (wide, high), (cell[0], cell[1])

    def sheet(self, ground: Bounds, room: Size, cell: Size) -> Sheet:
        """Draw the map and its insets into so much room (mm), and lay out the sheet with them."""
        paper, unit, self.cell = self.paper, self.paper.unit, cell
        with pinned():
            drawn, insets = self._map(ground, room)
            told = self._told(room, drawn, insets)
            if paper.orientation == "portrait":
                draft = self._document(told)
                ((_, high, *_),) = draft.query("room")
                if high < room[1] - 0.01:
                    # What the legend has is known once the map is drawn: again, with room for it.
                    (strip,) = draft.query("strip")
                    room, _ = self.rooms(strip)
                    drawn, insets = self._map(ground, room)
                    told = {**self._told(room, drawn, insets), "strip": strip}
            larger = tuple(
                self._layers(Page(*cell, unit, self.look.language), each.view, part=True).page
                for each in insets.found
            )
            pictures = {"map.pdf": drawn.page.pdf()}
            for each, part in zip(insets.found, larger, strict=True):
                pictures[f"inset-{each.letter}.pdf"] = part.pdf()
            if self.small is not None:
                small = panel.overview(self.layers, self.subject, drawn.view, self.small, unit)
                pictures["overview.pdf"] = small.pdf()
        document = self._document({**told, "draft": False}, pictures)
        return Sheet(
            document, drawn.page, drawn.view, insets, larger, paper.name, paper.orientation
        )

    def _told(self, room: Size, drawn: Map, insets: Insets) -> dict[str, Any]:
        most = min(BAR_MM * self.paper.unit, BAR_SHARE * room[0])
        return {
            "map": {"width": room[0], "height": room[1]},
            "legend": panel.swatches(drawn.entries, self.paper.unit),
            "furniture": furniture(drawn.view, most, self.paper.name),
            "insets": [
                {
                    "letter": each.letter,
                    "furniture": furniture(each.view, BAR_SHARE * self.cell[0], self.paper.name),
                }
                for each in insets.found
            ],
            "crowded": self._crowded(insets),
        }

    def _crowded(self, insets: Insets) -> list[Said]:
        """Say how many hazards are not legible on the map, and which are in no inset either."""
        if not len(insets.crowded):
            return []
        count = f"{len(insets.crowded):,}"
        if not self.look.insets:
            return [say("inset.crowded", count=count), say("inset.districts")]
        ids = self.subject.hazards["hazard_id"].astype(str).to_numpy()[insets.unread]
        said = [say("inset.crowded", count=count)]
        if len(ids) > UNREAD_MOST and self.subject.level == "province":
            said += [say("inset.unread_many", count=f"{len(ids):,}"), say("inset.districts")]
        elif len(ids):
            said.append(say("inset.unread", count=f"{len(ids):,}", ids=", ".join(sorted(ids))))
        return said

    def _document(self, told: dict[str, Any], pictures: dict[str, bytes] | None = None) -> Document:
        said = self.said
        restricted = said.restricted
        head = Head(
            said.title,
            say("badge.public") if restricted is None else restricted,
            public=restricted is None,
            language=self.look.language,
            subtitle=said.subtitle,
            badges=said.badges,
            number=self.look.number,
            about=_joined(said.standing, " ") if restricted is None else said.restricted_whole,
            provenance=(
                [say("sheet.sources", sources=same(" · ".join(said.sources)))]
                if said.sources
                else []
            ),
            paper=self.paper.name,
            landscape=self.paper.orientation == "landscape",
            two_sided=self.look.two_sided,
        )
        small = self.small
        data = {
            "draft": True,
            "map": None,
            "strip": 0.0,
            "legend": [],
            "furniture": NO_FURNITURE,
            "words": {
                "legend": say("sheet.legend"),
                "about": say("page.about"),
                "overview": say("sheet.overview"),
                "signed": say("sheet.signed"),
                "insets": say("inset.title"),
            },
            "insets": [],
            "crowded": [],
            "overview": None if small is None else {"width": small[0], "height": small[1]},
            "tables": self.tables,
            "facts": self._facts(),
            "notes": self._notes(),
            "notice": {"title": say("standing.title"), "paragraphs": self._standing()},
            "order": None if self.ranked is None else self.ranked.order,
            "ranked": None if self.ranked is None else self.ranked.listing,
            "signatures": self._signatures(),
            **told,
        }
        return Document(head, TEMPLATE, data, pictures or {})

    def _map(self, ground: Bounds, room: Size) -> tuple[Map, Insets]:
        """Draw the map into a picture so large (mm); say what of it is drawn larger."""
        page = Page(*room, self.paper.unit, self.look.language)
        view = fit(_window(room, page.unit), ground)
        shapes = flat(self.subject.hazards.geometry.to_numpy())
        if self.said.public or self.subject.level == "national":
            shapes = shapes[:0]
        insets = choose_insets(shapes, view, _window(self.cell, page.unit))
        if not self.look.insets:
            insets = replace(insets, found=(), unread=insets.crowded)
        return self._layers(page, view, insets), insets

    def _layers(
        self, page: Page, view: View, insets: Insets = NO_INSETS, *, part: bool = False
    ) -> Map:
        """Draw all layers of a map, or of a part of one, the frames of its insets, and names."""
        alone = bool(self.said.public)
        drawn = Map(page, view, self.layers, self.subject, alone=alone, part=part)
        grid = graticule(view, page.unit)
        drawn.add_ground()
        nothing = np.empty(0, dtype=object)
        own, hazards = nothing, nothing
        if isinstance(self.layers, PublicLayers):
            drawn.add_shades(self.layers.disclosed)
        else:
            own, hazards = drawn.add_hazards()
        drawn.add_graticule(grid)
        drawn.add_zone(filled=not self.said.public)
        drawn.add_veil()
        drawn.add_border()
        drawn.add_units()
        drawn.add_releases()
        drawn.add_places_entry()
        drawn.add_frame()
        taken = drawn.add_insets(insets)
        label_graticule(page, view, grid)
        labels.write(drawn, hazards, self._hazard_names(drawn, own), taken)
        return drawn

    def _hazard_names(self, drawn: Map, own: Any) -> list[labels.Name]:
        """Return the numbers of a ranked list, or the ids of a district's hazards, if few."""
        if self.ranked is not None:
            return labels.hazard_names(own, self.ranked.places, by_size=False)
        if self.subject.level != "district" or self.said.public:
            return []
        shown = np.count_nonzero(shapely.intersects(own, drawn.window))
        if shown > (NAMED_IN_PART if drawn.part else NAMED_MOST):
            return []
        return labels.hazard_names(own, self.subject.hazards["hazard_id"].astype(str).tolist())

    def _facts(self) -> list[tuple[Said, Said]]:
        told = [] if self.ranked is None else self.ranked.facts
        return [*told, *self.said.rows, (say("sheet.plane"), say("sheet.plane_is"))]

    def _notes(self) -> list[Said]:
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
        return notes

    def _standing(self) -> list[Said]:
        """Return the standing text, and what the outcomes of land release are."""
        paragraphs = [_joined(self.said.standing, " ")] if self.said.standing else []
        if self.said.outcomes:
            meanings = [Said(f"{n.en}: {m.en}", f"{n.km}៖ {m.km}") for n, m in self.said.outcomes]
            told = _joined(meanings, "; ")
            title = say("standing.outcomes")
            paragraphs.append(Said(f"{title.en} {told.en}.", f"{title.km} {told.km}។"))
        return paragraphs

    def _signatures(self) -> list[tuple[Said, Said]]:
        """Return who prepared and who approved it; a border-zone sheet leaves room for both."""
        told = (
            (say("sheet.prepared_by"), self.look.prepared_by),
            (say("sheet.approved_by"), self.look.approved_by),
        )
        return [(name, same(who)) for name, who in told if who or self.ranked is not None]


NO_FURNITURE: Final = {
    "parts": 1, "length_mm": 1.0, "labels": ["", ""], "unit": "", "scale": "", "north": [],
}  # fmt: skip


def _joined(texts: Sequence[Said], between: str) -> Said:
    return Said(between.join(each.en for each in texts), between.join(each.km for each in texts))


def draw(layers: Scene, subject: Subject, look: Look) -> Sheet:
    """Draw the sheet of a subject: it shows hazards, and is restricted.

    Raises
    ------
    OptionError
        If the paper or the language is unknown.
    """
    return _drawn(layers, subject, _said(layers, subject, subject.level, look), look)


def draw_public(layers: PublicLayers, level: str, name: str, within: str, look: Look) -> Sheet:
    """Draw the sheet of a unit for everybody: the country, or what `public.subject_of` finds.

    Raises
    ------
    OptionError
        As for `draw`.
    UnknownNameError
        If the unit is unknown.
    """
    subject = public_page.subject_of(layers, level, name, within)
    beside = Around(subject, None, layers.releases, NOWHERE)
    said = public_page.facts_of(subject, layers, beside, look.title)
    return _drawn(layers, subject, said, look)


def draw_ranked(
    layers: Scene,
    subject: Subject,
    look: Look,
    *,
    first: str,
    kind: Kind | None,
    capacity_m2: float | None,
) -> Sheet:
    """Draw the border-zone sheet of a subject: its map, and the ranked list of its hazards.

    Raises
    ------
    OptionError
        If the paper or the language is unknown, or the capacity no whole number of m².
    RecordError
        If no hazard records its kind.
    """
    choose(look.language, LANGUAGES, "language")
    scene, ours = of_one_kind(layers, subject, kind)
    listed = ranking.listed(scene, subject, ours, first, capacity_m2)
    return _drawn(scene, ours, _said(scene, ours, "border-zone", look), look, listed)


def _said(layers: Scene, subject: Subject, kind: str, look: Look) -> facts.Facts:
    beside = Around(subject, None, layers.releases, NOWHERE)
    unplaced = facts.unplaced_of(subject, None)
    return facts.facts(subject, layers, beside, kind=kind, title=look.title, unplaced=unplaced)


def _drawn(
    layers: Scene | PublicLayers,
    subject: Subject,
    said: facts.Facts,
    look: Look,
    ranked: Ranked | None = None,
) -> Sheet:
    """Draw a sheet on the paper that shows its ground largest, of those that were asked for."""
    choose(look.language, LANGUAGES, "language")
    ground = ground_of(subject, layers)
    tried = []
    for each in papers(look.paper):
        composer = Composer(layers, subject, said, each, look, ranked)
        rooms = composer.rooms(STRIP_USUAL_MM * each.unit)
        tried.append((fit(_window(rooms[0], each.unit), ground).denominator, composer, rooms))
    _, composer, rooms = min(tried, key=lambda each: each[0])
    portrait = composer.paper.orientation == "portrait"
    return composer.sheet(ground, *(composer.rooms() if portrait else rooms))


STRIP_USUAL_MM: Final = 62.0
"""How high the strip below the map of a portrait sheet is, where its legend is not yet known."""
