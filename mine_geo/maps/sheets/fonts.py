"""Letters of a sheet: DejaVu Sans from Matplotlib, Noto Sans Khmer from the assets.

Both are named by path, so that a sheet looks the same whatever fonts a machine has. Latin and
Khmer may stand in one text: each letter comes from the first of the two that has it.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib import font_manager

FOLDER: Final = Path(__file__).parent.parent / "assets" / "fonts"
LATIN: Final = "mine_geo Latin"
KHMER: Final = "mine_geo Khmer"
FAMILIES: Final = (LATIN, KHMER)

REGULAR: Final = 400
BOLD: Final = 700
REPLACEMENT: Final = "\ufffd"
KEPT_MARKS: Final = "\u200b\u200c\u200d"
"""Marks without a look that Khmer writing needs: where words end, what joins and what does not."""

COENG: Final = "\u17d2"
"""The sign that puts the next Khmer consonant below."""


def _files() -> dict[tuple[str, int], Path]:
    """Return the font files by family and weight."""
    own = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return {
        (LATIN, REGULAR): own / "DejaVuSans.ttf",
        (LATIN, BOLD): own / "DejaVuSans-Bold.ttf",
        (KHMER, REGULAR): FOLDER / "NotoSansKhmer-Regular.ttf",
        (KHMER, BOLD): FOLDER / "NotoSansKhmer-Bold.ttf",
    }


def register() -> None:
    """Make the families known to Matplotlib under names that no other font has."""
    manager = font_manager.fontManager
    known = {entry.name for entry in manager.ttflist}
    for (family, weight), path in _files().items():
        if family not in known:
            manager.ttflist.append(
                font_manager.FontEntry(
                    fname=str(path),
                    name=family,
                    style="normal",
                    variant="normal",
                    weight=weight,
                    stretch="normal",
                    size="scalable",
                )
            )


@cache
def _glyphs(family: str) -> frozenset[int]:
    """Return the code points that a family has in both weights."""
    weights = [path for (name, _), path in _files().items() if name == family]
    charmaps = [set(font_manager.get_font(path).get_charmap()) for path in weights]
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


def clusters(text: str) -> list[str]:
    """Divide a text into the pieces that must not be cut: a letter with its marks.

    Examples
    --------
    >>> clusters("ab"), clusters("ខ្មែរ")
    (['a', 'b'], ['ខ្មែ', 'រ'])
    """
    pieces: list[str] = []
    for letter in text:
        joined = pieces and (_is_mark(letter) or pieces[-1].endswith(COENG) or letter in KEPT_MARKS)
        if joined:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def is_khmer(text: str) -> bool:
    """Say whether a text has any Khmer letter."""
    return any("\u1780" <= letter <= "\u17ff" for letter in text)
