"""Zips of strangers: looked through before they are unpacked, and unpacked into a temporary folder.

What stands in the list of a zip is not believed: each file is unpacked once, piece by piece, to
count its bytes and to compare its checksum, and nothing is kept.
"""

from __future__ import annotations

import shutil
import stat
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from mine_geo.errors import FileError
from mine_geo.intake.guard.recognise import TABLES, companions, content, opened_zip, parts_of
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
        A file or folder that `guard.check` has let through.

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
