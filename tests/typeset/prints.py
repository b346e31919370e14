"""What is on a printed document, read back by pdfminer: its texts, letters and fonts by page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, NamedTuple

from pdfminer.high_level import extract_pages
from pdfminer.layout import LTChar, LTFigure, LTPage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MM_PER_POINT = 25.4 / 72


class Letter(NamedTuple):
    """A letter of a page: its size in points, its font, and its box in mm from the lower left."""

    text: str
    size: float
    font: str
    box: tuple[float, float, float, float]


def _letters(part: Any) -> Iterator[Letter]:
    if isinstance(part, LTChar):
        # A letter's box is as high as its size; of one that stands on its side, as wide.
        upright = abs(part.matrix[0]) >= abs(part.matrix[1])
        size = part.height if upright else part.width
        left, bottom, right, top = (each * MM_PER_POINT for each in part.bbox)
        yield Letter(part.get_text(), size, part.fontname, (left, bottom, right, top))
    elif isinstance(part, (LTPage, LTFigure)) or hasattr(part, "__iter__"):
        for each in part:
            yield from _letters(each)


def pages(pdf: bytes) -> list[list[Letter]]:
    """Return the letters of each page."""
    return [list(_letters(page)) for page in extract_pages(io.BytesIO(pdf), laparams=None)]


def lines(letters: list[Letter]) -> list[str]:
    """Return a page line by line, each from left to right, without spaces."""
    found: dict[int, list[Letter]] = {}
    for letter in sorted(letters, key=lambda each: -each.box[1]):
        middle = round((letter.box[1] + letter.box[3]) * 2)
        near = next((line for line in found if abs(line - middle) <= 3), middle)
        found.setdefault(near, []).append(letter)
    return [
        re.sub(r"\s", "", "".join(each.text for each in sorted(row, key=lambda one: one.box[0])))
        for row in found.values()
    ]


def texts(pdf: bytes) -> list[str]:
    """Return the text of each page, its lines joined."""
    return ["".join(lines(page)) for page in pages(pdf)]
