"""The files of MapInfo: TAB with its .dat, .map and .id, MIF with its .mid; whether all is there.

GDAL reads what is left of a table that was cut off, and a MIF without its .mid with empty cells.
Layout: MapInfo Data Interchange Format (MapInfo Professional, User Guide, appendix J).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mine_geo.errors import FileError, some

if TYPE_CHECKING:
    from pathlib import Path

_OBJECTS: Final = re.compile(
    rb"(?im)^[ \t]*(none|point|line|pline|region|arc|text|rect|roundrect|ellipse|multipoint"
    rb"|collection)\b[ \t]*(\d+)?"
)
_DATA: Final = re.compile(rb"(?im)^[ \t]*data[ \t]*\r?$")
_NATIVE: Final = re.compile(rb"(?i)\btype\s+native\b")
_ELSEWHERE: Final = re.compile(
    rb'(?im)^[ \t]*(?:open\s+table|create\s+view|file\s+"|begin_metadata)'
)
_ROUND: Final = re.compile(rb"(?im)^[ \t]*(?:ellipse|roundrect|arc)\b")


def check_mif(parts: dict[str, Path], what: str) -> int:
    """Refuse a MIF without its .mid, or one of the two cut off; return its number of objects.

    Raises
    ------
    FileError
        If the .mid is missing, or the objects of the one are not as many as the rows of the other.
    """
    if ".mid" not in parts:
        raise FileError(
            f"{what}: {parts['.mif'].stem}.mid is missing beside it; ask for both files"
        )
    objects = _count(parts[".mif"].read_bytes())
    rows = sum(1 for line in parts[".mid"].read_bytes().splitlines() if line.strip(b" \t\x1a"))
    if objects != rows:
        raise FileError(
            f"{what}: {objects} objects, and {rows} rows in the .mid: one of the two is cut off; "
            "get both again from their maker"
        )
    return objects


def draws_round(mif: bytes) -> bool:
    r"""Say whether a MIF has ellipses or arcs, which GDAL draws with a point every 2 degrees.

    Examples
    --------
    >>> draws_round(b"Data\n\nEllipse 1 1 2 2\n"), draws_round(b"Data\n\nRegion 1\n")
    (True, False)
    """
    return _ROUND.search(mif) is not None


def check_tab(parts: dict[str, Path], what: str) -> None:
    """Refuse a TAB without its other files, or one that only points to other files.

    Raises
    ------
    FileError
        If a file is missing beside it, or it is a view, a linked table or a picture.
    """
    text = parts[".tab"].read_bytes()
    if not _NATIVE.search(text) or _ELSEWHERE.search(text):
        raise FileError(
            f"{what}: a MapInfo table that points to other files (a view, a linked table, a "
            "picture); save a copy of it as a native table, or as GeoPackage"
        )
    missing = [ending for ending in (".dat", ".map", ".id") if ending not in parts]
    if missing:
        names = some(parts[".tab"].stem + ending for ending in missing)
        raise FileError(f"{what}: {names} is missing beside it; ask for all files of the table")


def _count(mif: bytes) -> int:
    """Count the objects behind the word Data; the parts of a collection are none of their own."""
    data = _DATA.search(mif)
    if data is None:
        return 0
    count = inside = 0
    for found in _OBJECTS.finditer(mif, data.end()):
        if inside:
            inside -= 1
            continue
        count += 1
        if found[1].lower() == b"collection":
            inside = int(found[2] or 0)
    return count
