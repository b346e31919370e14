"""What is on a printed document, read back by PDFium: letters, sizes and fonts, by page."""

from __future__ import annotations

import ctypes
import re
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

MM_PER_POINT = 25.4 / 72


class Letter(NamedTuple):
    """A letter of a page: size in points, font, and where its ink is, mm from the lower left."""

    text: str
    size: float
    font: str
    box: tuple[float, float, float, float]
    base: float
    """The height of the line that it stands on, mm."""


def _letters(text: pypdfium2.PdfTextPage) -> list[Letter]:
    found = []
    corners = [ctypes.c_double() for _ in range(4)]
    matrix, name = pdfium.FS_MATRIX(), ctypes.create_string_buffer(200)
    for at in range(text.count_chars()):
        if pdfium.FPDFText_IsGenerated(text, at) == 1:
            continue  # a space or the end of a line that nobody wrote
        pdfium.FPDFText_GetCharBox(text, at, *map(ctypes.byref, corners))
        left, right, bottom, top = (each.value * MM_PER_POINT for each in corners)
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(text, at, x, y)
        pdfium.FPDFText_GetMatrix(text, at, matrix)
        upright = (matrix.c**2 + matrix.d**2) ** 0.5
        size = pdfium.FPDFText_GetFontSize(text, at) * upright
        pdfium.FPDFText_GetFontInfo(text, at, name, 200, None)
        letter = chr(pdfium.FPDFText_GetUnicode(text, at))
        box, base = (left, bottom, right, top), y.value * MM_PER_POINT
        found.append(Letter(letter, size, name.value.decode(), box, base))
    return found


def pages(pdf: bytes) -> list[list[Letter]]:
    """Return the letters of each page, in the order of the file."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        found = []
        for page in document:
            text = page.get_textpage()
            found.append(_letters(text))
            text.close()
            page.close()
    finally:
        document.close()
    return found


def lines(letters: list[Letter]) -> list[str]:
    """Return a page line by line, each from left to right, without spaces."""
    found: dict[float, list[Letter]] = {}
    for letter in letters:
        near = next((base for base in found if abs(base - letter.base) <= 0.3), letter.base)
        found.setdefault(near, []).append(letter)
    return [
        re.sub(r"\s", "", "".join(each.text for each in sorted(row, key=lambda one: one.box[0])))
        for _, row in sorted(found.items(), reverse=True)
    ]


def texts(pdf: bytes) -> list[str]:
    """Return the text of each page, its lines joined."""
    return ["".join(lines(page)) for page in pages(pdf)]
