"""What must hold of a foreign file before any reader sees it, and its checksum.

A reader that meets a file made to harm, or only cut off on its way, may fill the memory, follow a
link to another file, or leave out records without a word. Each check here reads the file once, in
pieces; what it refuses it refuses in one line.

A zip is looked through before it is unpacked into a temporary folder. What stands in its list is
not believed: each file is unpacked once, piece by piece, to count its bytes and to compare its
checksum, and nothing is kept.

`recognise` says what a file is, `streams` looks through text, `binary` through what is no text.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from mine_geo.errors import FileError, OptionError
from mine_geo.intake.guard.binary import (
    check_geodatabase,
    check_mif,
    check_parquet,
    check_shapefile,
    check_sqlite,
    check_tab,
)
from mine_geo.intake.guard.recognise import (
    TABLES,
    Content,
    companions,
    content,
    opened_zip,
    parts_of,
)
from mine_geo.intake.guard.streams import check_stream, too_large

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator


MOST_FILES: Final = 10_000
MOST_RATIO: Final = 500
"""Unpacked to packed, beyond `FREE_BYTES`; tables full of spaces reach some 200."""
FREE_BYTES: Final = 64 << 20

_ENDINGS: Final = {
    "GeoPackage": ".gpkg",
    "GeoJSON": ".geojson",
    "FlatGeobuf": ".fgb",
    "KML": ".kml",
    "GML": ".gml",
    "GPX": ".gpx",
    "GeoParquet": ".parquet",
    "file geodatabase": ".gdb",
    "Shapefile": ".shp",
    "MapInfo TAB": ".tab",
    "MapInfo MIF": ".mif",
    "DXF": ".dxf",
}
TEXT_ENDINGS: Final = (
    *TABLES,
    ".json",
    ".geojson",
    ".kml",
    ".gml",
    ".gpx",
    ".xml",
    ".mif",
    ".mid",
    ".dxf",
)
_NESTED: Final = (".zip", ".kmz", ".xlsx", ".xlsm", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar")


def check_zip(path: Path, what: str, most: float) -> None:
    """Refuse a zip that is damaged, unpacks to too much, or would write outside its folder.

    Parameters
    ----------
    path
        The zip, KMZ or XLSX.
    what
        What it is called in messages.
    most
        Bytes that it may have once unpacked.

    Raises
    ------
    FileError
        If it is damaged, has a password, holds archives, links, absolute paths or "..", more than
        10,000 files, unpacks to more than `most` or to 500 times its size; or if a text in it has
        NUL bytes, or XML in it has a document type or entities.
    """
    size, total = path.stat().st_size, 0
    with opened_zip(path) as archive:
        every = archive.infolist()
        if len(every) > MOST_FILES:
            raise FileError(f"{what}: {len(every)} files in a zip, refused; pack only what counts")
        workbook = "xl/workbook.xml" in archive.namelist()
        for part in every:
            _check_part(part, what, workbook=workbook)
        if sum(part.file_size for part in every) > most:
            raise too_large(f"{what} unpacked", most)
        for part in every:
            if part.is_dir():
                continue
            with archive.open(part) as stream:
                name = f"{what}: {part.filename} in it"
                text = part.filename.lower().endswith(TEXT_ENDINGS)
                total += check_stream(stream, name, most - total, text=text)
            if total > FREE_BYTES and total > MOST_RATIO * size:
                raise FileError(
                    f"{what}: unpacks to more than {MOST_RATIO} times its size, refused as a zip "
                    "bomb; ask its maker what it is"
                )


def _check_part(part: zipfile.ZipInfo, what: str, *, workbook: bool) -> None:
    """Refuse names that lead out of the folder, links, and archives in the archive."""
    name = part.filename
    place = PurePosixPath(name)
    if place.is_absolute() or PureWindowsPath(name).drive or ".." in place.parts or "\\" in name:
        raise FileError(f"{what}: a zip with the path {name!r}, refused; pack it again from inside")
    if stat.S_ISLNK(part.external_attr >> 16):
        raise FileError(f"{what}: a zip with a link, {name!r}, refused; pack the file itself")
    if name.lower().endswith(_NESTED) and not workbook:
        raise FileError(f"{what}: {name!r} is an archive in an archive; unpack it and name it")


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Path]]:
    """Give places to read a vector file from: itself by another name, or what a zip unpacks to.

    Readers make files beside what they read (.gfs, -wal, -shm), and go by the ending of a name.
    So they get a link in a temporary folder, with the ending of its content; of a GeoPackage
    that another program has open a copy with its log.

    Parameters
    ----------
    path
        A file or folder that `guard.check_file` has let through.

    Yields
    ------
    dict
        Places by what they are called in messages; several where a zip holds several. Of a zip
        all files that are known are listed, also tables.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> with opened(sample.path("minefields")) as places:
    ...     [place.name for place in places.values()]
    ['minefields.gpkg']
    """
    found = content(path)
    with TemporaryDirectory(prefix="mine_geo_") as temporary:
        folder = Path(temporary)
        if not found.zipped:
            yield {str(path): _linked(path, folder, found.format)}
            return
        inside = folder / f"{path.stem}{_ENDINGS['file geodatabase']}"
        with opened_zip(path) as archive:
            archive.extractall(inside, parts_of(archive))
        yield {
            (
                str(path)
                if place == inside
                else f"{path}: {place.relative_to(inside).as_posix()} in it"
            ): place
            for place in _known(inside)
        }


def _linked(path: Path, folder: Path, form: str) -> Path:
    """Make a link to a file, or a copy of a database with a log, and return it."""
    place = folder / (path.stem + _ENDINGS.get(form, path.suffix))
    if parts := companions(path):
        for ending, part in parts.items():
            place.with_name(path.stem + ending).symlink_to(part.resolve())
        return place
    log, schema = path.with_name(f"{path.name}-wal"), path.with_suffix(".xsd")
    if form == "GeoPackage" and _has_log(path):
        shutil.copyfile(path, place)
        if log.is_file():
            shutil.copyfile(log, place.with_name(f"{place.name}-wal"))
        return place
    place.symlink_to(path.resolve())
    if form == "GML" and schema.is_file():
        place.with_name(f"{path.stem}.xsd").symlink_to(schema.resolve())
    return place


def _known(folder: Path) -> list[Path]:
    """List what can be read in a folder, each under a name with the ending of its content."""
    known = []
    tables = {part.parent for part in folder.rglob("*.gdbtable")}
    for base in sorted(tables):
        place = base if base.suffix.lower() == ".gdb" else base.with_name(f"{base.name}.gdb")
        known.append(base.rename(place))
    for part in sorted(folder.rglob("*")):
        if not part.is_file() or any(place in part.parents for place in known):
            continue
        try:
            form = content(part).format
        except FileError:
            continue
        if form == "CSV" and not part.name.lower().endswith(TABLES):
            continue
        ending = _ENDINGS.get(form, part.suffix)
        known.append(part if part.suffix.lower() == ending else part.rename(f"{part}{ending}"))
    return known


def _has_log(path: Path) -> bool:
    """Say whether a database keeps a write-ahead log (SQLite file format, bytes 18 and 19)."""
    with path.open("rb") as file:
        return 2 in file.read(20)[18:]


FILE_SIZE_VARIABLE: Final = "MINE_GEO_MAX_FILE_MB"
DEFAULT_FILE_MB: Final = 512


def max_file_mb() -> float:
    """Return how large a foreign file may be, unpacked, in MB (of 1024 * 1024 bytes).

    From `MINE_GEO_MAX_FILE_MB`, 512 unless set.

    Raises
    ------
    ValueError
        If the variable is set to something that is not a number above 0.

    Examples
    --------
    >>> max_file_mb() > 0
    True
    """
    written = os.environ.get(FILE_SIZE_VARIABLE) or str(DEFAULT_FILE_MB)
    try:
        size = float(written)
    except ValueError:
        size = 0
    if not 0 < size < float("inf"):
        raise ValueError(f"{FILE_SIZE_VARIABLE}={written!r} is no size; write a number of MB, 512")
    return size


TREES: Final = ("KML", "maXML", "Esri JSON", "XLSX")
"""Formats whose readers hold the whole text as a tree, some five times its size: they may have a
quarter of what others may."""
_TEXTS: Final = ("CSV", "GeoJSON", "Esri JSON", "KML", "GML", "GPX", "maXML", "MapInfo MIF", "DXF")
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
LOCKS: Final = (".lock", "-wal", "-shm")
"""How files end that programs keep beside data they have open."""


def check_file(path: Path, *, what: str | None = None) -> Content:
    """Refuse a file that is missing, too large, cut off, or made to harm a reader.

    Parameters
    ----------
    path
        A file, or a folder (file geodatabase, pages of Esri JSON, CSV files).
    what
        What it is called in messages; its path, if left out.

    Returns
    -------
    Content
        What the file holds.

    Raises
    ------
    FileError
        If the file is missing, empty, of no known format, or larger than `most_bytes`, as it is
        or unpacked; if a zip is damaged, has archives, links or paths out of its folder in it; if
        XML has a document type or entities, or is cut off; if a text has NUL bytes; if an
        attribute has more than 1 MB (16 MB in a text format, where the reader looks again); if a
        Shapefile, geodatabase, GeoPackage or GeoParquet file is cut off or lacks a part.
    OptionError
        If `MINE_GEO_MAX_FILE_MB` is not a number.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> check_file(sample.path("minefields")).format
    'GeoPackage'
    """
    name = str(path) if what is None else what
    with in_one_line(name):
        size, most = sum(part.stat().st_size for part in files_of(path)), most_bytes()
        if size > most:
            raise too_large(name, most)
        found = content(path)
        most = most / 4 if found.format in TREES else most
        if size > most:
            raise too_large(name, most)
        if found.zipped or found.format == "XLSX":
            check_zip(path, name, most)
        elif found.format in _TEXTS:
            _check_texts(path, name, most)
            if found.format == "MapInfo MIF":
                check_mif(companions(path), name)
        else:
            _check_binary(path, name, found, most)
    return found


def most_bytes() -> float:
    """Return how many bytes a file may have, as it is or unpacked (`max_file_mb`)."""
    try:
        return max_file_mb() * (1 << 20)
    except ValueError as error:
        raise OptionError(str(error)) from error


def checksum(path: Path) -> tuple[str, int]:
    """Return SHA-256 (hexadecimal) and size in bytes of all that is read of a file.

    Of a file it is that of its bytes, as `sha256sum` gives it. Of a Shapefile (its .shp, .shx,
    .dbf, .prj and .cpg), a MapInfo table and a folder it is that of the list that `sha256sum`
    prints of the files, sorted by name, those of the first two named by their endings: another
    name of the whole, or lock files of a program that has it open, change nothing.

    Raises
    ------
    FileError
        If a file is missing or cannot be read.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> text, size = checksum(sample.path("minefields"))
    >>> len(text), size == sample.path("minefields").stat().st_size
    (64, True)
    """
    with in_one_line(str(path)):
        parts = files_of(path)
        sums = {part: _sha256(part) for part in parts}
        size = sum(part.stat().st_size for part in parts)
    if parts == [path]:
        return sums[path], size
    folder = path.is_dir()
    names = {(p.relative_to(path).as_posix() if folder else p.suffix.lower()): p for p in parts}
    listed = "".join(f"{sums[names[name]]}  {name}\n" for name in sorted(names))
    return hashlib.sha256(listed.encode()).hexdigest(), size


def files_of(path: Path) -> list[Path]:
    """List the files that make up what is read: of a Shapefile, a MapInfo table, a folder.

    Raises
    ------
    FileError
        If there is no such file.
    """
    if not path.exists():
        raise FileError(f"{path}: no such file; check the path")
    if path.is_dir():
        every = sorted(part for part in path.rglob("*") if part.is_file())
        return [p for p in every if not p.name.startswith(".") and not p.name.endswith(LOCKS)]
    return list(companions(path).values()) or [path]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def in_one_line(name: str) -> Iterator[None]:
    r"""Let an error be one line, whatever the names in a damaged file are; also the system's.

    Raises
    ------
    FileError
        For any that is raised inside, and for what the system refuses to read.

    Examples
    --------
    >>> with in_one_line("a.gpkg"):
    ...     raise FileError("a.gpkg: no layer 'fie\nlds'")
    Traceback (most recent call last):
        ...
    mine_geo.errors.FileError: a.gpkg: no layer 'fie lds'
    """
    try:
        yield
    except FileError as error:
        text = _BREAKS.sub(" ", str(error))
        if text == str(error):
            raise
        raise FileError(text) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileError(f"{name}: cannot be read ({reason}); check who may read it") from error


def _check_texts(path: Path, name: str, most: float) -> None:
    """Look through a text file, or through those of a folder."""
    endings = TEXT_ENDINGS if path.is_dir() else ("",)
    for part in files_of(path):
        if not part.name.lower().endswith(endings):
            continue
        said = name if part == path else f"{name}: {part.name} in it"
        with part.open("rb") as stream:
            check_stream(stream, said, most, text=True)


def _check_binary(path: Path, name: str, found: Content, most: float) -> None:
    if found.format == "Shapefile":
        check_shapefile(path, name)
    elif found.format == "MapInfo TAB":
        check_tab(companions(path), name)
    elif found.format == "file geodatabase":
        check_geodatabase(path, name)
    elif found.format == "GeoPackage":
        check_sqlite(path, name)
    elif found.format == "GeoParquet":
        check_parquet(path, name, most)
