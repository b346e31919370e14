"""Letters that are printed: Noto Sans, Noto Sans Khmer, and DejaVu Sans for what both lack.

All are named by path, so that a print looks the same whatever fonts a machine has. The first two
stand in `fonts/`, the third comes with Matplotlib. They may stand in one text: each letter comes
from the first of them that has it.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib as mpl
from fontTools.ttLib import TTFont

FOLDER: Final = Path(__file__).parent / "fonts"
OTHERS: Final = Path(mpl.get_data_path()) / "fonts" / "ttf"
LATIN: Final = "Noto Sans"
KHMER: Final = "Noto Sans Khmer"
OTHER: Final = "DejaVu Sans"
FAMILIES: Final = (LATIN, KHMER, OTHER)

REGULAR: Final = 400
BOLD: Final = 700
REPLACEMENT: Final = "\ufffd"
KEPT_MARKS: Final = "\u200b\u200c\u200d"
"""Marks without a look that Khmer writing needs: where words end, what joins and what does not."""


@cache
def files() -> dict[tuple[str, int], Path]:
    """Return the font files by family and weight, side by side in a folder of this process.

    Matplotlib embeds fonts in the order of their paths, and Typst takes a whole folder: so a PDF
    has the same bytes wherever Matplotlib and this package lie.
    """
    folder = Path(tempfile.mkdtemp(prefix="mine_geo-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    found = {
        (LATIN, REGULAR): FOLDER / "NotoSans-Regular.ttf",
        (LATIN, BOLD): FOLDER / "NotoSans-Bold.ttf",
        (KHMER, REGULAR): FOLDER / "NotoSansKhmer-Regular.ttf",
        (KHMER, BOLD): FOLDER / "NotoSansKhmer-Bold.ttf",
        (OTHER, REGULAR): OTHERS / "DejaVuSans.ttf",
        (OTHER, BOLD): OTHERS / "DejaVuSans-Bold.ttf",
    }
    return {each: Path(shutil.copy(path, folder)) for each, path in found.items()}


@cache
def _glyphs(family: str) -> frozenset[int]:
    """Return the code points that a family has in both weights."""
    charmaps = []
    for (name, _), path in files().items():
        if name == family:
            with TTFont(path, lazy=True) as font:
                charmaps.append(set(font.getBestCmap()))
    return frozenset(set.intersection(*charmaps))


def _family(letter: str) -> str | None:
    """Return the family that a letter is taken from, or None."""
    return next((family for family in FAMILIES if ord(letter) in _glyphs(family)), None)


def _is_mark(letter: str) -> bool:
    """Say whether a letter is drawn over, under or around the one before."""
    return unicodedata.category(letter) in ("Mn", "Mc", "Me")


def _shown(letter: str) -> str:
    """Return what is drawn for a letter: itself, a space, nothing, or the replacement mark."""
    category = unicodedata.category(letter)
    if letter in KEPT_MARKS:
        return letter
    if category in ("Zl", "Zp", "Zs") or letter in "\t\n\v\f\r\x85":
        return " "
    if category == "Cf":  # marks that only turn the direction of writing, or hide
        return ""
    return REPLACEMENT if category.startswith("C") or _family(letter) is None else letter


@cache
def clean(text: str) -> str:
    r"""Return a text as one line that can be drawn: what no font has is a replacement mark.

    So is a mark over a letter that the mark's font does not have.

    Examples
    --------
    >>> clean("Sam\u202elout\n\x00$x$")
    'Samlout �$x$'
    """
    shown: list[str] = []
    base = ""
    for letter in "".join(map(_shown, text)).strip():
        if not _is_mark(letter):
            base = letter if letter not in KEPT_MARKS else base
            shown.append(letter)
        elif base and _family(base) == _family(letter):
            shown.append(letter)
        else:
            base = REPLACEMENT
            shown.append(REPLACEMENT)
    return "".join(shown)


def is_khmer(text: str) -> bool:
    """Say whether a text has any Khmer letter."""
    return any("\u1780" <= letter <= "\u17ff" for letter in text)
