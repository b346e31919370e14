"""Text of strangers, looked through once and never held: XML without entities, no NUL bytes.

Nothing is built from what is read, so the memory needed does not depend on the file.
"""

from __future__ import annotations

import codecs
import re
import xml.sax
from typing import IO, TYPE_CHECKING, Final, Protocol

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser
from openpyxl.utils.cell import column_index_from_string

from mine_geo.errors import FileError
from mine_geo.intake.guard.recognise import text_encoding

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.sax.xmlreader import AttributesImpl


CHUNK: Final = 1 << 20
LONGEST: Final = 16 << 20
"""Bytes that one value (a text, a list of coordinates, a line of a table) may have."""
DEEPEST: Final = 200
"""XML elements in elements."""
MOST_CELLS: Final = 50_000_000
"""Rows times columns of a sheet; a single cell at XFD1048576 would make 17,000,000,000."""

_NUL: Final = re.compile(rb"\x00|\\u0000")
_AGAIN: Final = "get it again from its maker"


class Checker(Protocol):
    """Looks at a text piece by piece and raises on what is wrong."""

    def feed(self, chunk: bytes) -> None:
        """Take the next piece."""

    def close(self) -> None:
        """Say what is wrong with the end."""


def check_stream(stream: IO[bytes], what: str, most: float, *, text: bool) -> int:
    """Read a stream to its end and refuse what a reader should never see.

    Parameters
    ----------
    stream
        A file, or a file within a zip; only one piece of it is held at a time.
    what
        What it is called in messages.
    most
        Bytes it may have, counted and not believed.
    text
        Whether it should be a text; XML is looked through in any case.

    Returns
    -------
    int
        Its size, bytes.

    Raises
    ------
    FileError
        If it is larger; if XML is cut off, or has a document type or entities; if a text has NUL
        bytes or a value of more than 16 MB.

    Examples
    --------
    >>> import io
    >>> check_stream(io.BytesIO(b"<kml></kml>"), "a.kml", 1000, text=True)
    11
    >>> check_stream(io.BytesIO(b"<!DOCTYPE kml><kml/>"), "a.kml", 1000, text=True)
    Traceback (most recent call last):
        ...
    mine_geo.errors.FileError: a.kml: XML with a document type or entities is refused; ...
    """
    size = 0
    checker: Checker | None = None
    while chunk := stream.read(CHUNK):
        if size == 0:
            checker = _checker(chunk, what, text=text)
        size += len(chunk)
        if size > most:
            raise too_large(what, most)
        if checker is not None:
            checker.feed(chunk)
    if checker is not None:
        checker.close()
    return size


def too_large(what: str, most: float) -> FileError:
    """Return the error that says how large a file may be.

    Examples
    --------
    >>> str(too_large("a.zip", 1 << 20))
    'a.zip: more than 1 MB, refused; ask for it in parts, or set MINE_GEO_MAX_FILE_MB higher'
    """
    return FileError(
        f"{what}: more than {most / (1 << 20):g} MB, refused; ask for it in parts, or set "
        "MINE_GEO_MAX_FILE_MB higher"
    )


def _checker(head: bytes, what: str, *, text: bool) -> Checker | None:
    """Return what looks through this kind of text, None for a binary file."""
    encoding = text_encoding(head)
    start = head[:4096]
    if encoding is not None:
        start = codecs.getincrementaldecoder(encoding)("replace").decode(start).encode()
    start = start.lstrip()
    if start.startswith(b"<"):
        return _XML(what)
    if not text:
        return None
    return _Text(what, encoding, b'"[{' if start.startswith((b"{", b"[", b"\x1e")) else b"\n")


def _too_long(what: str) -> FileError:
    return FileError(
        f"{what}: one value of more than {LONGEST >> 20} MB, refused; look for a field that is "
        "not data, and take it out"
    )


class _Text:
    """Refuses NUL bytes, and a value that does not end."""

    def __init__(self, what: str, encoding: str | None, ends: bytes) -> None:
        self.what = what
        self.ends = [ends[place : place + 1] for place in range(len(ends))]
        self.seam = b""
        self.open = 0
        wide = encoding in {"utf-16", "utf-32"}
        self.decoder = codecs.getincrementaldecoder(str(encoding))("replace") if wide else None

    def feed(self, chunk: bytes) -> None:
        """Look at the next piece, and at the seam to the one before."""
        if self.decoder is not None:
            chunk = self.decoder.decode(chunk).encode("utf-8", "replace")
        if _NUL.search(self.seam + chunk[:5]) or _NUL.search(chunk):
            raise FileError(f"{self.what}: NUL bytes in a text, the file is damaged; {_AGAIN}")
        self.seam = chunk[-5:]
        last = max(map(chunk.rfind, self.ends))
        if last < 0:
            self.open += len(chunk)
        else:
            self.open += min(place for place in map(chunk.find, self.ends) if place >= 0)
        if self.open > LONGEST:
            raise _too_long(self.what)
        if last >= 0:
            self.open = len(chunk) - last

    def close(self) -> None:
        """Nothing: a text may end anywhere."""


class _XML:
    """Refuses a document type, entities, an end too early, and a value that does not end."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.seen = _Seen(what)
        self.parser = DefusedExpatParser(forbid_dtd=True)
        self.parser.setContentHandler(self.seen)

    def feed(self, chunk: bytes) -> None:
        """Parse the next piece; nothing is kept of it."""
        before = self.seen.events
        self._parse(lambda: self.parser.feed(chunk))
        # What is one name, comment or attribute to the parser is held until it ends.
        self.seen.waiting = 0 if self.seen.events > before else self.seen.waiting + len(chunk)
        if self.seen.waiting > LONGEST:
            raise _too_long(self.what)

    def close(self) -> None:
        """Refuse a document that is cut off."""
        self._parse(self.parser.close)

    def _parse(self, step: Callable[[], None]) -> None:
        try:
            step()
        except DefusedXmlException as error:
            raise FileError(
                f"{self.what}: XML with a document type or entities is refused; save it without"
            ) from error
        except xml.sax.SAXParseException as error:
            raise FileError(
                f"{self.what}: broken XML in line {error.getLineNumber()} "
                f"({error.getMessage()}), it may be truncated; {_AGAIN}"
            ) from error
        except (LookupError, ValueError) as error:
            raise FileError(f"{self.what}: XML that cannot be read ({error}); {_AGAIN}") from error


class _Seen(xml.sax.ContentHandler):
    """Counts what the parser meets: the length of a text, the corner of a sheet."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what
        self.events = 0
        self.depth = 0
        self.waiting = 0
        self.length = 0
        self.rows = 0
        self.column = "A"

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Begin a text; note how far a sheet of a workbook reaches."""
        self.events += 1
        self.depth += 1
        self.length = 0
        if self.depth > DEEPEST:
            raise FileError(f"{self.what}: elements in elements without end; {_AGAIN}")
        if name in {"c", "x:c", "row", "x:row"} and "r" in attrs:
            self._cell(attrs["r"])

    def endElement(self, _name: str) -> None:  # noqa: N802
        """End a text."""
        self.events += 1
        self.depth -= 1
        self.length = 0

    def characters(self, content: str) -> None:
        """Count a text, however the parser cuts it."""
        self.events += 1
        self.length += len(content)
        if self.length > LONGEST:
            raise _too_long(self.what)

    def _cell(self, name: str) -> None:
        """Note a row ("12") or a cell ("AB12") of a sheet."""
        column = name.rstrip("0123456789")
        row = name[len(column) :]
        if (len(column), column) > (len(self.column), self.column) and column.isalpha():
            self.column = column
        elif not column and len(row) < 9:
            self.rows = max(self.rows, int(row))
        else:
            return
        wide = column_index_from_string(self.column) if len(self.column) < 4 else MOST_CELLS
        if self.rows * wide > MOST_CELLS:
            raise FileError(
                f"{self.what}: a sheet that reaches cell {self.column}{self.rows}; delete the "
                "empty rows and columns behind the table, and save it again"
            )
