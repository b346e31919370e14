"""In which encoding the texts of a Shapefile are."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from mine_geo.findings import Finding
from mine_geo.intake.recognise import shapefile_parts

if TYPE_CHECKING:
    from pathlib import Path

WESTERN: Final = "cp1252"
"""What is taken where nothing is said and the texts are not UTF-8."""
_CHUNK: Final = 1 << 20


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
    parts = shapefile_parts(path)
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
