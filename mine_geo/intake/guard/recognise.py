"""What a file is, by what stands in it and not by its name alone."""

from __future__ import annotations

import codecs
import lzma
import re
import zipfile
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from mine_geo.errors import FileError, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


HEAD_BYTES: Final = 1 << 18
"""How much of a file is looked at; keys and the root element stand at the start."""

SUPPORTED: Final = (
    "GeoPackage, Shapefile, GeoJSON, FlatGeobuf, KML, KMZ, GML, GPX, file geodatabase (folder or "
    "zip), GeoParquet, MapInfo TAB and MIF, DXF, Esri JSON, maXML, CSV, XLSX, and a zip of one of "
    "them"
)

PARTS: Final = {
    "Shapefile": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
    "MapInfo TAB": (".tab", ".dat", ".map", ".id"),
    "MapInfo MIF": (".mif", ".mid"),
}
"""The files of which the formats of several files consist, by their endings; the first is named."""

_READERS: Final = {
    "Esri JSON": "esri_json",
    "maXML": "maxml",
    "GeoParquet": "parquet",
    "CSV": "sheets",
    "XLSX": "sheets",
}
"""The reader of each format; of any other format that is known it is `vector`."""

_BINARY: Final = (
    (b"SQLite format 3\x00", "GeoPackage"),
    (b"\x00\x00\x27\x0a", "Shapefile"),
    (b"fgb\x03", "FlatGeobuf"),
    (b"PAR1", "GeoParquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_OTHERS: Final = (
    (b"\xd0\xcf\x11\xe0", "an Excel or Access file of before 2007; save it as .xlsx"),
    (b"\x00\x01\x00\x00Standard", "an Access database; export its tables as CSV or XLSX"),
    (b"AutoCAD Binary DXF", "a binary DXF; save it as a DXF in ASCII"),
    *(
        (b"AC10%02d\0" % version, "a DWG drawing; save it as DXF (in ASCII)")
        for version in range(40)
    ),
    (b"ARROW1", "an Arrow or Feather file; save it as GeoParquet or GeoPackage"),
    (b"%PDF", "a PDF; ask for the data behind it"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
)
_TEXT_STARTS: Final = (
    (re.compile(rb"(?i)!table\s"), "MapInfo TAB"),
    (re.compile(rb'(?i)version\s+\d+\s+charset\s+"'), "MapInfo MIF"),
    (re.compile(rb"(?:999\s*\n[^\n]*\n\s*)*0\s*\n\s*SECTION\s"), "DXF"),
)
_ROOTS: Final = {"kml": "KML", "gpx": "GPX"}
_FEATURES: Final = re.compile(
    rb'"type"\s*:\s*"(?:FeatureCollection|Feature|GeometryCollection|(?:Multi)?Polygon)"'
)
_ESRI: Final = re.compile(
    rb'"(?:geometryType"\s*:\s*"esri|attributes"\s*:\s*\{|objectIdFieldName"\s*:'
    rb'|type"\s*:\s*"esriFieldType)'
)
_ANSWER: Final = re.compile(rb'"(?:features|objectIds|exceededTransferLimit|error)"\s*:')
"""What a server may also answer; the reader of Esri JSON says what it is."""
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_CONTROL: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))
_IN_ZIP: Final = (
    "file geodatabase",
    "GeoPackage",
    "Shapefile",
    "FlatGeobuf",
    "KML",
    "GML",
    "GPX",
    "MapInfo TAB",
    "MapInfo MIF",
    "DXF",
    "GeoJSON",
    "Esri JSON",
    "maXML",
    "GeoParquet",
    "CSV",
    "zip",
)
"""What counts first in a zip of several."""
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
)
TABLES: Final = (".csv", ".tsv", ".txt")
_JUNK: Final = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Content:
    """What a file or folder holds."""

    format: str
    """In words for people: "GeoPackage", "Esri JSON"."""
    zipped: bool = False

    @property
    def reader(self) -> str:
        """The reader: `vector`, `parquet`, `esri_json`, `maxml` or `sheets`."""
        return _READERS.get(self.format, "vector")


def recognise(path: Path) -> str:
    """Return which reader a file or folder is for.

    Returns
    -------
    str
        `vector` (all that GDAL reads), `parquet`, `esri_json`, `maxml` or `sheets`.

    Raises
    ------
    FileError
        If there is no such file, it is empty, or of none of the formats; the message lists them.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> recognise(sample.path("minefields"))
    'vector'
    """
    return content(path).reader


def content(path: Path) -> Content:
    """Return what a file or folder holds, by its first bytes, root element or list of parts.

    Raises
    ------
    FileError
        As for `recognise`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "answer.txt")
    ...     _ = path.write_text('{"features": [{"attributes": {"id": 1}}]}')
    ...     content(path).format
    'Esri JSON'
    """
    if path.is_dir():
        return _folder(path)
    head = _head(path)
    found = _by_bytes(head)
    if found == "zip":
        return _zip(path)
    if found in PARTS and path.suffix.lower() != PARTS[found][0]:
        raise _unknown(path, head)
    if found is None or (found == "CSV" and _whole_of(path) is not None):
        raise _unknown(path, head)
    return Content(found)


def text_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte order mark announces, None without a mark.

    Examples
    --------
    >>> text_encoding("ក".encode("utf-16"))
    'utf-16'
    """
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def root_element(head: bytes) -> str | None:
    """Return namespace and name of the root element of XML, None if it is not XML.

    A document type counts for its root, and nothing of it is expanded.

    Examples
    --------
    >>> root_element(b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2">')
    'http://www.opengis.net/kml/2.2 kml'
    """
    found: list[str] = []

    def stop(name: str, *_: object) -> None:
        found.append(name)
        raise expat.ExpatError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = stop
    parser.StartDoctypeDeclHandler = stop
    with suppress(expat.ExpatError, LookupError, ValueError):  # the latter: no such encoding
        parser.Parse(head, False)
    return found[0] if found else None


def companions(path: Path) -> dict[str, Path]:
    """Return the files of which a format of several files consists, by their ending.

    Parameters
    ----------
    path
        The file that is named of a Shapefile (.shp), a MapInfo table (.tab) or a MIF (.mif).

    Returns
    -------
    dict
        By their ending in small letters, in a fixed order; empty for any other file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.SHP", "a.dbf", "a.qix", "b.shx"):
    ...         Path(folder, name).touch()
    ...     list(companions(Path(folder, "a.SHP")))
    ['.shp', '.dbf']
    """
    own = path.suffix.lower()
    endings = next((parts for parts in PARTS.values() if parts[0] == own), ())
    if not endings:
        return {}
    beside = sorted(other for other in path.parent.iterdir() if other.stem == path.stem)
    found = {other.suffix.lower(): other for other in beside} | {own: path}
    return {ending: found[ending] for ending in endings if ending in found}


def _whole_of(path: Path) -> tuple[str, str] | None:
    """Return format and name of the file to be named instead of a part of it that lies beside."""
    for form, (first, *others) in PARTS.items():
        if path.suffix.lower() not in others:
            continue
        for ending in (first, first.upper()):
            if path.with_suffix(ending).is_file():
                return form, f"{path.stem}{ending}"
    return None


def _head(path: Path) -> bytes:
    if not path.exists():
        raise FileError(f"{path}: no such file; check the path")
    if not path.is_file():
        raise FileError(f"{path}: neither a file nor a folder; name a file")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise FileError(f"{path}: the file is empty; get it again from its maker")
    return head


def _by_bytes(head: bytes) -> str | None:
    """Return the format that the first bytes show; `zip` is to be looked into."""
    for magic, name in _BINARY:
        if head.startswith(magic):
            return name
    if any(head.startswith(magic) for magic, _ in _OTHERS):
        return None
    text = _text(head)
    if text is None:
        return None
    if text.startswith(b"<"):
        return _by_root(root_element(head))
    if text.startswith((b"{", b"[", b"\x1e")):
        return _json(text)
    return next((name for pattern, name in _TEXT_STARTS if pattern.match(text)), "CSV")


def _text(head: bytes) -> bytes | None:
    """Return the start of a text as UTF-8 without space around it, None if it is not text."""
    encoding = text_encoding(head)
    if encoding is not None:
        head = codecs.getincrementaldecoder(encoding)("replace").decode(head).encode()
    control = len(head) - len(head.translate(None, _CONTROL))
    return None if control > len(head) / 20 else head.strip()


def _by_root(root: str | None) -> str | None:
    if root is None:
        return None
    space, _, name = root.rpartition(" ")
    name = name.rpartition(":")[2]
    if name.lower() in _ROOTS:
        return _ROOTS[name.lower()]
    if "maxml" in root.lower() or "fieldreport" in name.lower():
        return "maXML"
    gml = "opengis.net" in space and name in {"FeatureCollection", "Topology"}
    return "GML" if gml or name == "FeatureCollection" else None


def _json(text: bytes) -> str | None:
    """Tell the two by which comes first: either may hold the other's words as an attribute."""
    features, esri = _FEATURES.search(text), _ESRI.search(text)
    if features and (not esri or features.start() < esri.start()):
        return "GeoJSON"
    return "Esri JSON" if esri or _ANSWER.search(text) else None


def _folder(path: Path) -> Content:
    """Return what a folder holds: a geodatabase, pages of Esri JSON or tables."""
    names = sorted(part.name for part in path.iterdir() if part.name not in _JUNK)
    if any(name.lower().endswith(".gdbtable") for name in names):
        return Content("file geodatabase")
    if path.suffix.lower() == ".gdb":
        raise FileError(f"{path}: a geodatabase without its tables; copy the whole folder again")
    for name in _ending(names, ".json", ".geojson", ".txt"):
        if _by_bytes(_head(path / name)) == "Esri JSON":
            return Content("Esri JSON")
    shapes = _ending(names, ".shp", ".gpkg", ".geojson", ".kml", ".kmz", ".fgb", ".gdb", ".zip")
    if shapes:
        raise FileError(f"{path}: a folder; name one of its files: {some(shapes)}")
    if _ending(names, *TABLES):
        return Content("CSV")
    raise FileError(f"{path}: nothing in this folder can be read; supported: {SUPPORTED}")


def _ending(names: Iterable[str], *endings: str) -> list[str]:
    return [name for name in names if name.lower().endswith(endings)]


def parts_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """List the files in a zip, without folders and what file managers leave."""
    return [
        part
        for part in archive.infolist()
        if not part.is_dir() and not any(word in part.filename for word in _JUNK)
    ]


def _zip(path: Path) -> Content:
    """Return what a zip holds: a workbook, or the first of its files that is known."""
    with opened_zip(path) as archive:
        parts = parts_of(archive)
        names = [part.filename for part in parts]
        if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
            if "xl/workbook.bin" in names:
                raise FileError(f"{path}: a binary workbook (.xlsb); save it as .xlsx")
            return Content("XLSX")
        found = {_part(archive, part) for part in parts}
    best = next((name for name in _IN_ZIP if name in found), None)
    if best is None:
        listed = some(names) or "nothing"
        raise FileError(f"{path}: a zip of {listed}; supported: {SUPPORTED}")
    if best in {"Esri JSON", "maXML", "GeoParquet", "zip"}:
        raise FileError(f"{path}: {best} in a zip; unpack it and name the file in it")
    return Content(best, zipped=True)


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip; whatever is wrong in it becomes one line.

    Raises
    ------
    FileError
        If the zip is truncated or damaged, has a password, or is packed in an unknown way.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileError:
        raise
    except _DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(
            f"{path}: a damaged zip, it may be truncated; get it again from its maker ({reason})"
        ) from error
    except RuntimeError as error:
        raise FileError(f"{path}: a zip with a password; pack it again without one") from error


def _part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str | None:
    """Return the format of one file in a zip."""
    name = part.filename.lower()
    if name.endswith(".gdbtable"):
        return "file geodatabase"
    with archive.open(part) as stream:
        found = _by_bytes(stream.read(HEAD_BYTES))
    return None if found == "CSV" and not name.endswith(TABLES) else found


def _unknown(path: Path, head: bytes) -> FileError:
    """Return the error that says what a file is instead, where that can be told."""
    whole = _whole_of(path)
    if whole is not None:
        return FileError(f"{path}: a part of a {whole[0]}; name {whole[1]} instead")
    for magic, meant in _OTHERS:
        if head.startswith(magic):
            return FileError(f"{path}: {meant}")
    root = root_element(head) if (_text(head) or b"").startswith(b"<") else None
    if root is not None:
        name = root.rpartition(" ")[2]
        return FileError(f"{path}: XML of {name!r} is not read; supported: {SUPPORTED}")
    return FileError(f"{path}: not a known format, or damaged; supported: {SUPPORTED}")
