"""What is on a printed sheet: its texts, where they stand (mm), and what may not be.

Names on the map are read off the drawing, all else off the PDF and off what Typst is told: of
Khmer a PDF names glyphs, not letters.
"""

from __future__ import annotations

import re
import weakref
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import shapely
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

from mine_geo.maps.sheets.compose import Look, draw, draw_public
from mine_geo.maps.sheets.paper import pinned
from mine_geo.typeset import Listing
from mine_geo.typeset.letters import clean
from mine_geo.words import Said
from tests.typeset.prints import Letter, lines, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mine_geo.maps.scene import Scene
    from mine_geo.maps.sheets.compose import Sheet
    from mine_geo.maps.subject import Subject

    Box = tuple[float, float, float, float]

MM_PER_INCH = 25.4
DPI = 300
LEAST_POINTS = 6.999
_PDF: weakref.WeakKeyDictionary[Sheet, list[list[Letter]]] = weakref.WeakKeyDictionary()


class Written(NamedTuple):
    """A text on the map and its box: left, bottom, right, top."""

    text: str
    box: Box
    name: bool
    """Whether it is a name: those have a white halo."""

    points: float


def written(sheet: Sheet, inset: int | None = None) -> list[Written]:
    """Return all texts of the map, or of an inset, measured anew."""
    figure = (sheet.page if inset is None else sheet.larger[inset]).figure
    width, height = (int(inches * DPI) for inches in figure.get_size_inches())
    renderer = RendererAgg(width, height, DPI)
    found = []
    with pinned():
        for artist in figure.findobj(Text):
            if artist.get_text():
                box = artist.get_window_extent(renderer).extents * MM_PER_INCH / DPI
                halo = bool(artist.get_path_effects())
                size = artist.get_fontsize()
                found.append(Written(artist.get_text(), tuple(box.tolist()), halo, size))
    return found


def printed(sheet: Sheet) -> list[list[Letter]]:
    """Return the letters of each page of the PDF."""
    if sheet not in _PDF:
        _PDF[sheet] = pages(sheet.document.pdf())
    return _PDF[sheet]


def _told(value: Any, language: str) -> Iterator[str]:
    """Give each text in what Typst is told."""
    if isinstance(value, Said):
        yield value.within(language)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _told(each, language)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _told(each, language)
    elif isinstance(value, Listing):
        yield from _told(list(vars(value).values()), language)
    elif hasattr(value, "cells"):
        yield from _told(value.cells, language)
    elif hasattr(value, "figures"):
        yield from _told(value.name, language)
    elif isinstance(value, str):
        yield value


def told(sheet: Sheet) -> list[str]:
    """Return what the sheet says beside the map, once in its language."""
    head, data = sheet.document.head, dict(sheet.document.data)
    data["tables"] = [printed_table(sheet), data["tables"][0]]
    if data["tables"][0] is data["tables"][1]:
        data["tables"].pop()
    look: list[Any] = [
        {"legend": [each["name"] for each in data.pop("legend")]},
        data.pop("furniture"),
    ]
    other = "en" if head.language == "km" else "km"
    words = data.pop("words")
    look.append(words["about"])
    if sheet.document.data["legend"]:
        look.append(words["legend"])
    if data["signatures"]:
        look.append(words["signed"])
    notice = data.pop("notice")
    notice = notice if notice["paragraphs"] else []
    parts = [head.title, head.subtitle, head.badges, head.provenance, head.standing, data, look]
    found = [*_told(parts, head.language), *_told([head.title, head.standing, notice], other)]
    found += _told(notice, head.language)
    return [text for text in map(clean, found) if text]


def texts(sheet: Sheet) -> list[str]:
    """Return all that a sheet says: beside the map, and on it."""
    return [*told(sheet), *(each.text for each in written(sheet))]


def within(inner: Box, outer: Box, slack: float = 0.05) -> bool:
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _bare(text: str) -> str:
    return re.sub(r"[\s\u200b-\u200d]", "", text)


def untidy(sheet: Sheet) -> list[str]:
    """List what is cut, too small, missing on the paper, or lies on something else."""
    names = written(sheet)
    window = sheet.page.blocks["map"]
    picture = (0.0, 0.0, sheet.page.width, sheet.page.height)
    found = [f"{each.text!r} is cut" for each in names if not within(each.box, picture, 0)]
    found += [
        f"the name {each.text!r} leaves the map"
        for each in names
        if each.name and not within(each.box, window)
    ]
    found += [
        f"{one.text!r} lies on {other.text!r}"
        for one, other in combinations(names, 2)
        if meet(one.box, other.box)
    ]
    wide, high = media(sheet)
    paper = (17.9, 3.0, wide - 8.9, high - 3.0)
    for letters in printed(sheet):
        seen = [each for each in letters if each.text.strip()]
        found += [f"{each.text!r} is cut" for each in seen if not within(each.box, paper)]
        found += [f"{each.text!r} is too small" for each in seen if each.size < LEAST_POINTS]
        found += _on_each_other([each for each in seen if "Khmer" not in each.font])
    on_paper = _bare("".join("".join(lines(page)) for page in printed(sheet)))
    in_order = [_bare("".join(each.text for each in page)) for page in printed(sheet)]
    for text in told(sheet):
        # Texts in several lines stand whole in the order of the file, not in that of the lines.
        bare = _bare(text)
        if bare.isascii() and bare not in on_paper and not _stands(bare, in_order):
            found.append(f"{text!r} is not on the paper")
    return found


def _on_each_other(letters: list[Letter]) -> list[str]:
    """List Latin letters whose ink lies on that of others."""
    boxes = []
    for each in letters:
        left, bottom, right, top = each.box
        thin = min((right - left) / 4, 0.3)  # italics and kerned pairs reach over each other
        boxes.append(shapely.box(left + thin, bottom, right - thin, top))
    tree = shapely.STRtree(boxes)
    one, other = tree.query(boxes, predicate="intersects")
    return [
        f"{letters[a].text!r} lies on {letters[b].text!r} at {letters[a].box}"
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
        if b > a + 3  # neighbours may be one sign, as fi
    ]


def _stands(bare: str, pages: list[str]) -> bool:
    """Say whether a text stands whole on a page, or goes on from the one to the next."""
    over = ((pages[n], pages[n + 1]) for n in range(len(pages) - 1))
    return any(bare in page for page in pages) or any(
        bare[:cut] in one and bare[cut:] in other
        for one, other in over
        for cut in range(1, len(bare))
    )


def media(sheet: Sheet) -> tuple[float, float]:
    """Return width and height of the paper, mm."""
    short, long = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}[sheet.paper]
    return (short, long) if sheet.orientation == "portrait" else (long, short)


def printed_table(sheet: Sheet) -> Listing:
    """Return the table that stands beside the map: the first whose rows the first page has.

    Where none has room there, the table in full, which follows on further pages.
    """
    tables, language = sheet.document.data["tables"], sheet.document.head.language
    papers = ["".join(lines(page)) for page in printed(sheet)]
    # A row is a line: its letters follow each other. Not so where Khmer words stand between the
    # figures, or a long name takes several lines: then each figure is looked for.
    for whole in (True, False) if language == "en" else (False,):
        for table in tables:
            if all(each in papers[0] for each in _wanted(table, whole=whole)):
                return table
    if all(each in "".join(papers[1:]) for each in _wanted(tables[0], whole=False)):
        return tables[0]
    raise AssertionError("no table is on the sheet")


def _wanted(table: Listing, *, whole: bool) -> list[str]:
    """Return what stands on paper where a table does: its rows, or each of its figures."""
    rows_ = [[clean(each.en) for each in row.cells] for row in table.rows if not row.heading]
    if whole:
        return ["".join(_bare(cell) for cell in row if cell.isascii()) for row in rows_]
    return [_bare(cell) for row in rows_ for cell in row[1:] if cell[:1].isdigit()]


def rows(sheet: Sheet, block: str = "table") -> list[list[str]]:
    """Return the texts of the table beside the map, or of the legend, row by row."""
    language = sheet.document.head.language
    if block == "legend":
        return [[each["name"].within(language)] for each in sheet.document.data["legend"]]
    return [
        [text for text in (each.within(language) for each in row.cells) if text]
        for row in printed_table(sheet).rows
    ]


def media_box(path: Path) -> tuple[float, float]:
    """Return width and height of a PDF's page in points."""
    found = re.search(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+) ?\]", path.read_bytes())
    assert found
    return float(found[1]), float(found[2])


def drawn(
    layers: Scene,
    subject: Subject,
    *,
    language: str = "en",
    paper: str = "A4",
    public: bool = False,
) -> Sheet:
    """Return the sheet of a subject, as `maps.sheet` draws it."""
    look = Look(language=language, paper=paper)
    if public:
        return draw_public(layers.public, subject.level, subject.name, subject.within, look)
    return draw(layers, subject, look)
