"""What must hold of a foreign file before any reader sees it, and its checksum.

A reader that meets a file made to harm, or only cut off on its way, may fill the memory, follow a
link to another file, or leave out records without a word. Each check here reads the file once, in
pieces; what it refuses it refuses in one line.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mine_geo.errors import FileError, OptionError
from mine_geo.intake.guard.archives import TEXT_ENDINGS, check_zip
from mine_geo.intake.guard.binary import (
    check_geodatabase,
    check_mif,
    check_parquet,
    check_shapefile,
    check_sqlite,
    check_tab,
)
from mine_geo.intake.guard.recognise import Content, companions, content
from mine_geo.intake.guard.streams import check_stream, too_large

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
