"""Restricted and public: what a file says of itself, what it may replace, and what never leaves.

Restricted is every output that shows polygons, ids or records of hazards; public is what is made
of disclosed figures alone. Totals by unit, kind, year, zone or outcome are neither. A restricted
output says so where a reader sees it and in its metadata, and is for its owner's eyes on the disk
(`restricted_mode`). One kind never replaces the other unless that is said by its name.

Files appear whole or not at all (`new_file`, `write_file`): each is made beside its place and then
moved there.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import sqlite3
import struct
import tempfile
import warnings
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mine_geo import __version__
from mine_geo.errors import FileError, OptionError, choose, some
from mine_geo.geo.cells import day_of, personal_of
from mine_geo.terms import (
    ADMIN_COLUMNS,
    EVENT_COLUMNS,
    HAZARD_COLUMNS,
    PERSONAL,
    RESTRICTED_WORD,
    RESTRICTION_COLUMN,
    SPLIT_COLUMNS,
    WEIGHT_COLUMNS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import date

    import pandas as pd


RESTRICTED_MODE_VARIABLE: Final = "MINE_GEO_RESTRICTED_MODE"
DEFAULT_RESTRICTED_MODE: Final = "600"


def restricted_mode() -> int:
    """Return who may read and write a restricted file: the mode of a new one, as chmod has it.

    From `MINE_GEO_RESTRICTED_MODE`, octal; 600, its owner alone, unless set. 640 lets the group
    read. Folders get the right to enter wherever a file gets the right to be read.

    Raises
    ------
    ValueError
        If the variable is no such mode: three octal digits (a 0 before them is no harm) that let
        the owner read and write, nobody run it, and nobody but owner and group see it.

    Examples
    --------
    >>> oct(restricted_mode()) if RESTRICTED_MODE_VARIABLE not in os.environ else "0o600"
    '0o600'
    """
    written = os.environ.get(RESTRICTED_MODE_VARIABLE) or DEFAULT_RESTRICTED_MODE
    mode = int(written, 8) if re.fullmatch("0?[0-7]{3}", written) else 0
    if mode & 0o600 != 0o600 or mode & 0o111 or mode & 0o006:
        raise ValueError(
            f"{RESTRICTED_MODE_VARIABLE}={written!r} is no mode of a restricted file; write 600 "
            "(its owner alone), 640 (the group may read) or 660 (and write)"
        )
    return mode


PUBLIC: Final = "public"
RESTRICTED: Final = "restricted"
KINDS: Final = (PUBLIC, RESTRICTED)
"""What a file may be marked as."""


KEYWORDS: Final = {kind: f"mine_geo {kind}" for kind in KINDS}
"""What metadata hold as keywords, for this package to know the file again."""
META: Final = "mine-geo-access"
"""The name of the element of a page's head that holds `public` or `restricted`."""
FIELD: Final = "mine_geo_access"
"""The name of the value of a KML document, and of the text of a PNG, that holds it."""
MANIFEST: Final = "atlas.json"
"""In the folder of an atlas: the list of its files, and whether it is public."""

RECORD_COLUMNS: Final = frozenset(
    (
        "hazard_id", "hazard_ids", "event_id", "parent_id", "retracts", "transfer_id", "report_ref",
        "submission_id", "record", "task_id", "example", "village", "commune", "geometry",
    )
)  # fmt: skip
"""A table with one of them is of single records, or so finely cut that it may be of one."""
REMARKS: Final = ("comment", "recorded_by", "accepted_by", "submitted_by", "decided_by")
"""Columns of ours that hold a person's words or name."""

IN_JSON: Final = ("detail", "extra", "kept", "folded")
"""Columns of tables that hold others, in JSON."""

_LIKELY: Final = frozenset(
    (
        ".docx", ".html", ".htm", ".pdf", ".png", ".gpkg", ".kml", ".kmz", ".gpx", ".csv", ".json",
        ".xlsx", ".parquet", ".tif", ".geojson", ".shp", ".fgb",
    )
)  # fmt: skip
_OURS: Final = frozenset(
    (
        *HAZARD_COLUMNS, *SPLIT_COLUMNS, *EVENT_COLUMNS, *ADMIN_COLUMNS, *WEIGHT_COLUMNS,
        "outcome", "year", "released_m2", "parent_id", "commune_code", "village_code",
        "outside_m2", "synthetic", "schematic",
        "as_of", "priority_rank", "attribution", "accuracy_m", "demarcated", "record", "state",
        "score", "partial", "missing", "pinned_by", "pinned_why",
    )
)  # fmt: skip
_HEAD: Final = 1 << 20
"""Bytes of a document in which its mark stands."""


def said(
    day: date | str | None = None, known_at: str | None = None, *, latest: bool = False
) -> str:
    """Return what a restricted file says of itself, in English, with the day of its data.

    Where nobody told that day it is the `latest` one in the data, and is called so. Restricted
    files have no numbered editions: the day of the data, the moment at which it was known, and the
    version of the program say which one it is.

    Examples
    --------
    >>> said("2022-12-31").rpartition(" ")[0]
    'RESTRICTED: polygons or records of hazards, not for publication; data of 2022-12-31;
    no edition; mine_geo'
    """
    known = day_of(day)
    of = "latest day in it" if latest else "data of"
    told = [
        f"{RESTRICTED_WORD}: polygons or records of hazards, not for publication",
        "data of a day that is not recorded" if known is None else f"{of} {known.isoformat()}",
        *([] if known_at is None else [f"known at {known_at}"]),
        "no edition",
        f"mine_geo {__version__}",
    ]
    return "; ".join(told)


def holds_records(columns: Iterable[Any]) -> bool:
    """Say whether a table of such columns shows single records, and so is restricted.

    Examples
    --------
    >>> holds_records(["province", "hazards", "size_m2"]), holds_records(["hazard_id", "zone"])
    (False, True)
    """
    return any(str(column) in RECORD_COLUMNS for column in columns)


# Which kind a file is


def kind_of(path: str | os.PathLike[str]) -> str | None:
    """Return whether a file says that it is `public` or `restricted`; None where it says neither.

    Files that earlier versions wrote are known by what only they hold; of a sheet that an earlier
    version printed nothing tells it. A missing file, a folder or a pipe is None too.

    Raises
    ------
    FileError
        If the file is there and cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> page = Path(tempfile.mkdtemp(), "a.html")
    >>> _ = page.write_text(f'<meta name="{META}" content="public">')
    >>> kind_of(page)
    'public'
    """
    place = Path(path)
    if not place.is_file():
        return None
    try:
        with place.open("rb") as file:
            head = file.read(16)
        for magic, of in _READERS:
            if head.startswith(magic):
                return of(place)
        return _of_text(place)
    except OSError as error:
        raise FileError(
            f"{place}: is there and cannot be read ({error.strerror}), so nobody knows whether it "
            "is public; choose another name"
        ) from error


def _of_text(place: Path) -> str | None:
    """Look into a page, a document of KML or GPX, JSON or CSV."""
    with place.open("rb") as file:
        head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
        if head.startswith(b'{"%s": "%s' % (RESTRICTION_COLUMN.encode(), RESTRICTED_WORD.encode())):
            return RESTRICTED
        if head.lstrip()[:1] == b"<":
            return _of_markup(head) or _of_page(head + file.read())
    try:
        names = next(csv.reader(io.StringIO(head.decode("utf-8", "replace"))), [])
    except csv.Error:
        return None  # no table
    return RESTRICTED if RESTRICTION_COLUMN in names else None


_IN_KML: Final = re.compile(
    rb'<Data name="%s">\s*<value>(public|restricted)</value>' % FIELD.encode()
)
_IN_PAGE: Final = re.compile(rb'<meta name="%s" content="(public|restricted)">' % META.encode())
_OLD_PAGE: Final = re.compile(rb'<div class="mg-page mg-[a-z-]+(?: mg-with-units)?( mg-public)?"')


def _of_markup(head: bytes) -> str | None:
    found = _IN_KML.search(head)
    if found:
        return found[1].decode()
    if b'creator="mine_geo"' in head[:4096]:
        return RESTRICTED  # turning points are the outlines of hazards
    if b"$[description]" not in head:
        return None
    # KML of an earlier version: its balloons, and a schema a layer
    if b'<Schema name="hazards"' in head:
        return RESTRICTED
    return PUBLIC if b'<Schema name="districts"' in head else None


def _of_page(content: bytes) -> str | None:
    found = _IN_PAGE.search(content)
    if found:
        return found[1].decode()
    old = _OLD_PAGE.search(content)
    return None if old is None else PUBLIC if old[1] else RESTRICTED


def _of_pdf(place: Path) -> str | None:
    # What streams hold is no mark: metadata in XML repeat the title as it is. A title may look like
    # one too; keywords stand after it.
    content = re.sub(rb"\bstream\r?\n.*?endstream", b"", place.read_bytes(), flags=re.DOTALL)
    found = re.findall(rb"/Keywords ?\(mine_geo (public|restricted)\)", content)
    return found[-1].decode() if found else None


def _of_png(place: Path) -> str | None:
    """Look at the texts before the picture itself."""
    content = place.read_bytes()
    at, key = 8, FIELD.encode() + b"\0"
    while at + 8 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, text = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if name == b"IDAT":
            break
        if name == b"tEXt" and text.startswith(key):
            kind = text.removeprefix(key).decode("latin-1")
            return kind if kind in KINDS else None
        at += 12 + length
    return None


def _of_zip(place: Path) -> str | None:
    """Look into a KMZ or a workbook."""
    try:
        with zipfile.ZipFile(place) as archive:
            names = archive.namelist()
            if "doc.kml" in names:
                with archive.open("doc.kml") as document:
                    return _of_markup(document.read(_HEAD))
            if "docProps/core.xml" in names:
                with archive.open("docProps/core.xml") as properties:
                    core = properties.read(_HEAD)
                found = [
                    kind for kind, words in KEYWORDS.items() if b">%s<" % words.encode() in core
                ]
                return found[-1] if found else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        return None  # no archive that any program of ours wrote
    return None


_SQLITE: Final = b"SQLite format 3\0"
_IS_STORE: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'store_info'"


def is_store(path: str | os.PathLike[str]) -> bool:
    """Say whether a file is a store, of whatever version: nothing ever takes its place.

    Raises
    ------
    FileError
        If it is a database that cannot be read: it may be a store.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp(), "a.gpkg")
    >>> is_store(place), place.write_text("words"), is_store(place)
    (False, 5, False)
    """
    place = Path(path)
    if not place.is_file():
        return False
    try:
        with place.open("rb") as file:
            if file.read(len(_SQLITE)) != _SQLITE:
                return False
        address = f"{place.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            return connection.execute(_IS_STORE).fetchone() is not None
    except (OSError, sqlite3.Error) as error:
        raise FileError(
            f"{place}: is there and cannot be read ({error}), and may be a store; choose another "
            "name"
        ) from error


def _of_sqlite(place: Path) -> str | None:
    """Look into a GeoPackage; a store is restricted."""
    address = f"{place.resolve().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            if connection.execute(_IS_STORE).fetchone() is not None:
                return RESTRICTED
            tables = {
                str(name): str(described or "")
                for name, described in connection.execute(
                    "SELECT table_name, description FROM gpkg_contents"
                )
            }
            if "provenance" not in tables:  # a layer that was repaired, or a ledger
                marked = any(each.startswith(f"{RESTRICTED_WORD}: ") for each in tables.values())
                return RESTRICTED if marked else None
            rows = dict(connection.execute("SELECT name, text FROM provenance").fetchall())
    except sqlite3.Error:
        return None  # no GeoPackage
    kind = rows.get("access", RESTRICTED if "hazards" in tables else PUBLIC)
    return kind if kind in KINDS else None


def _of_parquet(place: Path) -> str | None:
    """Look into the metadata of a Parquet file."""
    import pyarrow as pa  # noqa: PLC0415 - only where there is one
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        said = (pq.read_schema(place).metadata or {}).get(FIELD.encode(), b"").decode()
    except (pa.ArrowException, UnicodeDecodeError):
        return None  # a damaged one, or none of ours
    return said if said in KINDS else None


def _of_tiff(place: Path) -> str | None:
    """Look at the tags of a raster."""
    import rasterio  # noqa: PLC0415 - only where there is one
    from rasterio.errors import NotGeoreferencedWarning, RasterioError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            # Of rasterio's own code, which multiplies geotransforms as affine 3.1 would not.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            with rasterio.open(place, driver="GTiff") as source:
                said = str(source.tags().get(FIELD, ""))
    except (RasterioError, UnicodeDecodeError):
        return None  # a damaged one, or none of ours
    return said if said in KINDS else None


def _of_shapefile(place: Path) -> str | None:
    """Look for the column of its table that says it: a Shapefile has no other place for words."""
    table = place.with_suffix(".dbf")
    if not table.is_file():
        return None
    with table.open("rb") as file:
        head = file.read(_HEAD)
    names = {head[at : at + 11].rstrip(b"\0") for at in range(32, len(head) - 31, 32)}
    return RESTRICTED if RESTRICTED_WORD.encode() in names else None


def _of_flatgeobuf(place: Path) -> str | None:
    """Look at the description in its head."""
    with place.open("rb") as file:
        head = file.read(_HEAD)
    return RESTRICTED if b"%s: %s: " % (
        RESTRICTION_COLUMN.encode(), RESTRICTED_WORD.encode(),
    ) in head else None  # fmt: skip


_READERS: Final[tuple[tuple[bytes, Callable[[Path], str | None]], ...]] = (
    (b"%PDF", _of_pdf),
    (b"\x89PNG\r\n\x1a\n", _of_png),
    (b"PK", _of_zip),
    (_SQLITE, _of_sqlite),
    (b"PAR1", _of_parquet),
    (b"\0\0\x27\x0a", _of_shapefile),
    (b"fgb\x03fgb", _of_flatgeobuf),
    (b"II*\0", _of_tiff),
    (b"II+\0", _of_tiff),
    (b"MM\0*", _of_tiff),
    (b"MM\0+", _of_tiff),
)


# What a file may replace, and where it may lie


def check(path: str | os.PathLike[str], *, public: bool | None, replace: str | None = None) -> None:
    """Refuse a place where a file or an atlas of the other kind is, or a store.

    Parameters
    ----------
    path
        The file that shall be written.
    public
        Whether it is public; None where it is neither public nor restricted, and goes anywhere but
        in the place of a public file.
    replace
        `public` or `restricted`: what may be replaced, and added to, all the same.

    Raises
    ------
    FileError
        If there is such a thing, and `replace` does not name it; a store is never replaced.
    OptionError
        If `replace` is neither.

    Examples
    --------
    >>> import tempfile
    >>> page = Path(tempfile.mkdtemp(), "a.html")
    >>> _ = page.write_text(f'<meta name="{META}" content="public">')
    >>> check(page, public=True)
    >>> check(page, public=False)
    Traceback (most recent call last):
    mine_geo.errors.FileError: ...a.html: is a public file, and a restricted one does not take its
    place; choose another name, or say replace="public"
    """
    if replace is not None:
        choose(replace, KINDS, "replace")
    target = Path(path)
    if is_store(target):
        raise FileError(f"{target}: is a store, with all its events; choose another name")
    there = kind_of(target)
    ours = {True: PUBLIC, False: RESTRICTED, None: "neither"}[public]
    if there is not None and there not in (ours, replace):
        one = "one that is neither" if public is None else f"a {ours} one"
        raise FileError(
            f"{target}: is a {there} file, and {one} does not take its place; choose another name, "
            f'or say replace="{there}"'
        )
    if public is None:
        return
    for folder in list(target.resolve().parents)[:2]:
        held = kind_of_atlas(folder)
        if held is not None and held not in (ours, replace):
            raise FileError(
                f"{target}: lies in the folder of a {held} atlas, and a {ours} file is not put "
                f'there; choose another folder, or say replace="{held}"'
            )


def kind_of_atlas(folder: Path) -> str | None:
    """Return which kind of atlas a folder is; None where it is none.

    Examples
    --------
    >>> import tempfile
    >>> kind_of_atlas(Path(tempfile.mkdtemp())) is None
    True
    """
    try:
        listed = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    public = listed.get("public") if isinstance(listed, dict) else None
    return {True: PUBLIC, False: RESTRICTED}[public] if isinstance(public, bool) else None


def check_public_folder(folder: Path) -> None:
    """Refuse a folder that is to be public and holds a restricted file, at any depth.

    Raises
    ------
    FileError
        With the names of such files.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp())
    >>> _ = (place / "split.csv").write_text("hazard_id,restriction")
    >>> check_public_folder(place)
    Traceback (most recent call last):
    mine_geo.errors.FileError: ...: split.csv is restricted; ...
    """
    found = [
        str(each.relative_to(folder))
        for each in sorted(folder.rglob("*"))
        if each.suffix.lower() in _LIKELY and kind_of(each) == RESTRICTED
    ]
    if found:
        raise FileError(
            f"{folder}: {some(found, 3)} is restricted; the folder is to be public: move it "
            "elsewhere first"
        )


# How it lies on the disk


def file_mode() -> int:
    """Return the mode of a restricted file (`restricted_mode`).

    Raises
    ------
    OptionError
        If the environment names none.
    """
    try:
        return restricted_mode()
    except ValueError as error:
        raise OptionError(str(error)) from error


def folder_mode() -> int:
    """Return the mode of a folder of restricted files: who may read a file may enter it."""
    mode = file_mode()
    return mode | (mode & 0o444) >> 2


def make_folder(folder: Path, *, public: bool, parents: bool = False) -> None:
    """Make a folder that is not there yet; one that is stays as it is.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    if folder.is_dir():
        return
    folder.mkdir(parents=parents, exist_ok=True)
    if not public:
        folder.chmod(folder_mode())


def put(path: Path, content: bytes, *, restricted: bool) -> None:
    """Write a file so that others see the old one or the whole new one; a pipe gets the bytes.

    What is half-written lies beside it meanwhile, as `.NAME.PROCESS.part`, and is as little to be
    read as the file itself.

    Raises
    ------
    OSError
        If it cannot be written; then nothing has changed.
    OptionError
        If the environment names no mode.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp(), "a.txt")
    >>> put(place, b"whole", restricted=True)
    >>> [(each.name, each.read_bytes()) for each in place.parent.iterdir()]
    [('a.txt', b'whole')]
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    target = path.resolve()  # where a link leads to
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    mode = file_mode() if restricted else None
    try:
        part.unlink(missing_ok=True)
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        made = os.open(part, how, 0o666 if mode is None else 0o600)
        with os.fdopen(made, "wb") as file:
            file.write(content)
        if mode is not None:
            part.chmod(mode)  # not less than it says, whatever the process's mask
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise


# What never leaves, or not always


def leaving(
    table: pd.DataFrame,
    *,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
    remarks: bool = True,
) -> pd.DataFrame:
    """Return a table as it may leave: personal columns only by name, remarks unless left out.

    Parameters
    ----------
    table
        Any table; `detail` of events is looked through as well.
    without_remarks
        Leave out what persons wrote and who they are (`REMARKS`, `detail`), and of a table of
        hazards or released land every column that is none of ours.
    with_personal
        Personal columns that leave all the same: each by its name, with or without `personal_`.
    remarks
        False for tables that hold columns of ours that are not known here: then only the columns
        of `REMARKS` are left out.

    Raises
    ------
    OptionError
        If the table has no personal column of a name.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(columns=["hazard_id", "comment", "task", "personal_surveyor"])
    >>> list(leaving(table)), list(leaving(table, without_remarks=True))
    (['hazard_id', 'comment', 'task'], ['hazard_id'])
    >>> list(leaving(table, with_personal=["surveyor"]))
    ['hazard_id', 'comment', 'task', 'personal_surveyor']
    """
    named = {name if name.startswith(PERSONAL) else f"{PERSONAL}{name}" for name in with_personal}
    drawn = getattr(table, "active_geometry_name", None)
    gone = [name for name in personal_of(table.columns) if name not in named]
    if without_remarks:
        gone += [name for name in table.columns if str(name) in (*REMARKS, "detail")]
        if remarks:
            gone += [
                name
                for name in table.columns
                if str(name) not in _OURS and name not in (drawn, *named)
            ]
    left = table.drop(columns=list(dict.fromkeys(gone)))
    held = {
        name: left[name].map(lambda text: _without(text, named))
        for name in IN_JSON
        if name in left.columns
    }
    return left.assign(**held) if held else left


def check_personal(named: Collection[str], columns: Iterable[Any]) -> None:
    """Refuse the name of a personal column that is in none of the tables.

    Raises
    ------
    OptionError
        With those that there are.

    Examples
    --------
    >>> check_personal(["surveyor"], ["personal_surveyor"])
    >>> check_personal(["phone"], ["personal_surveyor"])
    Traceback (most recent call last):
    mine_geo.errors.OptionError: personal column 'phone' is unknown; valid: surveyor
    """
    there = [str(name).removeprefix(PERSONAL) for name in personal_of(columns)]
    for name in named:
        choose(name.removeprefix(PERSONAL), there, "personal column")


def _without(text: Any, named: Collection[str]) -> Any:
    """Return what an event or a record says in JSON without the personal columns in it."""
    if not isinstance(text, str) or PERSONAL not in text:
        return text
    try:
        held = json.loads(text)
    except ValueError:
        return text  # words that are no JSON hold no columns
    return json.dumps(_stripped(held, named), ensure_ascii=False, separators=(",", ":"))


def _stripped(value: Any, named: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_stripped(each, named) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _stripped(each, named)
        for name, each in value.items()
        if not name.startswith(PERSONAL) or name in named
    }


def write_file(
    path: str | os.PathLike[str],
    content: bytes | str,
    *,
    public: bool = False,
    replace: str | None = None,
) -> None:
    """Write a file at once: others see the old one or the whole new one.

    Parameters
    ----------
    path
        The file.
    content
        Its bytes, or a text, written in UTF-8.
    public
        Whether it is for everybody; else it is restricted, and its owner's alone.
    replace
        "public" or "restricted": of which kind a file that is there may be, where it is not of
        the same (`check`).

    Raises
    ------
    FileError
        If it cannot be written, or takes the place of a file of the other kind (or lies in the
        folder of an atlas of the other kind) that `replace` does not name; then nothing has
        changed.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(Path(folder) / "page.html", b"whole", public=True)
    ...     [(each.name, each.read_bytes()) for each in Path(folder).iterdir()]
    [('page.html', b'whole')]
    """
    check(path, public=public, replace=replace)
    whole = content.encode() if isinstance(content, str) else content
    try:
        put(Path(path), whole, restricted=not public)
    except OSError as error:
        raise FileError(
            f"{os.fspath(path)}: cannot be written ({error.strerror or error}); choose a folder "
            "that exists, has room, and may be written to"
        ) from error


@contextmanager
def new_file(
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    public: bool | None = False,
    replace: str | None = None,
    parts: Collection[str] = (),
) -> Iterator[Path]:
    """Give a place to write a file; what stands there at the end is moved to `path`.

    Parameters
    ----------
    path
        Where the file shall be. Its folder must be there.
    overwrite
        Replace a file that is there already, at the very end.
    public
        Whether the file is public; None where it is neither public nor restricted; else it is
        restricted, and its mode says so.
    replace
        As for `check`.
    parts
        Endings of the files beside it that belong to it, as those of a Shapefile do: where they
        were written they are moved too, before the file itself. Anything else is cleared away.

    Raises
    ------
    FileError
        If there is a file and `overwrite` is false, one of the other kind (`replace`) or a store,
        `path` is a folder, or cannot be written; then nothing has changed.
    OptionError
        If the environment names no mode of restricted files.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with new_file(folder / "a.txt") as place:
    ...     _ = place.write_text("whole")
    >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
    ('whole', 1)
    """
    target = Path(path)
    check_place(target, overwrite=overwrite, public=public, replace=replace)
    mode = file_mode() if public is False else None
    try:
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
            place = Path(folder) / target.name
            yield place
            check_place(target, overwrite=overwrite, public=public, replace=replace)
            others = [each for part in parts if (each := place.with_suffix(part)).is_file()]
            for each in others:
                beside = target.with_name(each.name)
                check_place(beside, overwrite=overwrite, public=public, replace=replace)
            for each in (*others, place):
                if mode is not None:
                    each.chmod(mode)  # the folder that it is made in is its owner's alone
                each.replace(target.with_name(each.name))
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"{target}: cannot be written ({error.strerror or error}); choose another place"
        ) from error


def check_place(
    target: Path, *, overwrite: bool, public: bool | None = False, replace: str | None = None
) -> None:
    """Refuse a place where no file can be.

    Raises
    ------
    FileError
        If it is a folder, its folder is not there, or there is a file that may not be replaced:
        any without `overwrite`, one of the other kind (`check`).

    Examples
    --------
    >>> check_place(Path("no such folder", "a.txt"), overwrite=False)
    Traceback (most recent call last):
    mine_geo.errors.FileError: ...a.txt: there is no folder ...; make it first
    """
    try:
        there, folder, parent = target.exists(), target.is_dir(), target.parent.is_dir()
    except OSError as error:
        raise FileError(f"{target}: cannot be a file ({error.strerror}); choose another") from error
    if not parent:
        raise FileError(f"{target}: there is no folder {target.parent}; make it first")
    if folder:
        raise FileError(f"{target}: is a folder; give the name of a file")
    if there and not overwrite:
        raise FileError(f"{target}: is there already; choose another name, or say overwrite")
    check(target, public=public, replace=replace)
