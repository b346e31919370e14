"""The .dbf of a Shapefile: its encoding, deleted records, and cells that GDAL misreads."""

from __future__ import annotations

import codecs
import datetime as dt
import re
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mine_geo.errors import some
from mine_geo.intake.findings import Finding
from mine_geo.intake.guard.recognise import companions

if TYPE_CHECKING:
    from pathlib import Path


WESTERN: Final = "cp1252"
"""What is taken where nothing is said and the texts are not UTF-8."""
_CHUNK: Final = 1 << 20
_DELETED: Final = ord("*")
_END_OF_FIELDS: Final = 0x0D


def text_encoding(path: Path) -> tuple[str | None, list[Finding]]:
    """Return the encoding to read a Shapefile's texts in, and what is to be said of it.

    The .cpg counts ("UTF-8", "65001", "1252", "ANSI 874", "TIS-620"), then the language byte of
    the .dbf. Without either GDAL takes Latin-1 and makes Khmer unreadable without a word: texts
    that are valid UTF-8 are read as such, others as Windows-1252, which is said.

    Returns
    -------
    tuple
        A name that Python and GDAL know, None where the .dbf itself says it; findings.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for ending, text in ((".shp", ""), (".cpg", "ANSI 1252"), (".dbf", "x" * 32)):
    ...         _ = Path(folder, f"a{ending}").write_text(text)
    ...     text_encoding(Path(folder, "a.shp"))
    ('cp1252', [])
    """
    parts = companions(path)
    said = ""
    if ".cpg" in parts:
        with parts[".cpg"].open("rb") as file:
            said = file.read(40).decode("ascii", "replace").strip(" \t\r\n\0\ufeff\ufffd")
    known = _codec(said)
    if known is not None:
        return known, []
    named = f" ({said!r} in the .cpg is none that is known)" if said else ""
    language, plain, utf8 = _looked_at(parts[".dbf"])
    if language and not said:
        return None, []
    if plain:
        return "utf-8", []
    taken = "utf-8" if utf8 else WESTERN
    shown = "UTF-8, as which they are valid" if utf8 else "Windows-1252"
    message = f"the Shapefile does not say the encoding of its texts{named}; read as {shown}"
    return taken, [Finding("encoding_taken", message)]


def _codec(said: str) -> str | None:
    """Return Python's name for an encoding as ESRI, GDAL and Windows write it."""
    name = re.sub(r"[^a-z0-9]", "", said.lower())
    name = re.sub(r"^(?:ansi|oem|windows|cp)(?=\d)", "", name)
    if name in {"65001", "utf8"}:
        name = "utf-8"
    elif name == "tis620":
        name = "cp874"
    elif standard := re.fullmatch(r"(?:iso)?8859(\d{1,2})", name):
        name = f"iso8859-{standard[1]}"
    elif name.isdigit():
        name = f"cp{name}"
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        return None


def _looked_at(dbf: Path) -> tuple[bool, bool, bool]:
    """Say of a .dbf: has a language byte, texts are ASCII, texts are valid UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    plain = utf8 = True
    with dbf.open("rb") as file:
        header = file.read(32)
        file.seek(int.from_bytes(header[8:10], "little"))
        while chunk := file.read(_CHUNK):
            if plain and chunk.isascii():
                continue
            plain = False
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                utf8 = False
                break
    return header[29:30] not in {b"", b"\0"}, plain, utf8


def unread_cells(
    path: Path, encoding: str | None
) -> tuple[int, dict[int, list[str | None]], list[Finding]]:
    """Return how many records are marked as deleted, and the columns that GDAL would misread.

    GDAL makes 1 December of the day 20221131, and 12 of a number 12,5. A column with such a cell
    is given as text, as it is written. Stars in place of a number say that none is there (GDAL and
    QGIS write them so) or that it had no room (dBASE): which of the two nobody can tell, and it is
    said.

    Parameters
    ----------
    path
        The Shapefile, after `guard.check_file`.
    encoding
        Of its texts.

    Returns
    -------
    int
        Records marked as deleted, which no program shows.
    dict
        By the place of the column: the texts of the records that are not deleted, null where a
        cell is empty; days of the calendar as 2022-12-31.
    list of Finding
        Stars in place of numbers (`no_number`), one finding a column.
    """
    dbf = companions(path)[".dbf"]
    with dbf.open("rb") as file:
        head = file.read(32)
        count, first, width = struct.unpack("<IHH", head[4:12])
        fields = file.read(max(0, first - 32))
    if not count or not width:
        return 0, {}, []
    rows = np.memmap(dbf, np.uint8, "r", first, (count, width))
    there = rows[:, 0] != _DELETED
    new: dict[int, list[str | None]] = {}
    stars: list[Finding] = []
    start = 1
    for place in range(len(fields) // 32):
        field = fields[place * 32 : place * 32 + 32]
        if field[0] == _END_OF_FIELDS:
            break
        kind, length = chr(field[11]), field[16]
        if kind in _READ_AS and start + length <= width:
            cells = rows[there, start : start + length].tobytes()
            written = np.frombuffer(cells, f"S{length}") if length else np.zeros(0, "S1")
            stars += _stars(field, written)
            texts = _as_written(written, kind, encoding or "latin-1")
            if texts is not None:
                new[place] = texts
        start += length
    return int(count - there.sum()), new, stars


def _stars(field: bytes, cells: Any) -> list[Finding]:
    """Say in which records stars stand in place of a number."""
    places = np.flatnonzero(cells == b"*" * cells.itemsize)
    if not len(places):
        return []
    name = field[:11].split(b"\0")[0].decode("latin-1")
    message = (
        f"stars for a number in {name}, taken as missing: record number "
        f"{some((place + 1 for place in places), 12)}; QGIS writes them where there is none, dBASE "
        "where it has no room: ask the maker which it is"
    )
    return [Finding("no_number", message)]


def _as_written(cells: Any, kind: str, encoding: str) -> list[str | None] | None:
    """Return the texts of a column if one of them is not what its type says, else None."""
    different, places = np.unique(cells, return_inverse=True)
    read = _READ_AS[kind]
    texts = [cell.decode(encoding, "replace").strip(" \0\t") for cell in different.tolist()]
    said = [read(text) for text in texts]
    if all(one is not None for one in said):
        return None
    shown = [one if one is not None else text for one, text in zip(said, texts, strict=True)]
    return [shown[place] or None for place in places.tolist()]


def _day(text: str) -> str | None:
    """Return a day as 2022-12-31, "" for none, None for what is no day of the calendar."""
    if not text.strip("0"):
        return ""
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date().isoformat() if len(text) == 8 else None  # noqa: DTZ007
    except ValueError:
        return None


def _number(text: str) -> str | None:
    """Return a number as it is written, "" for none, None for what is no number."""
    if not text.strip("*"):
        return ""
    try:
        return text if not text or np.isfinite(float(text)) else None
    except ValueError:
        return None


_READ_AS: Final = {"D": _day, "N": _number, "F": _number}
"""How a cell of each type is read."""
