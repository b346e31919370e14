"""Tables of text from a CSV, an XLSX, a folder of CSV files or a zip of them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from mine_geo.errors import FileError, some
from mine_geo.intake.delimited import read_csv
from mine_geo.intake.guard import most_bytes
from mine_geo.intake.recognise import TABLES
from mine_geo.intake.streams import too_large
from mine_geo.intake.workbooks import read_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from mine_geo.findings import Finding

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Book:
    """The tables of a file, all cells text."""

    tables: dict[str, pd.DataFrame]
    """By name of sheet, or of file without its ending; in their order."""
    format: str
    """In words for people: "CSV", "XLSX", "zip of CSV", "folder of CSV"."""
    findings: tuple[Finding, ...] = ()
    """What the reading has to say: an encoding that was taken, cells that hold no value."""


def read_book(path: Path) -> Book:
    r"""Read the tables of a CSV, an XLSX, a folder of CSV files or a zip of them, as text.

    Parameters
    ----------
    path
        The file or folder, recognised by its content. CSV: UTF-8, UTF-16 with its mark, or
        Windows-1252; comma, semicolon, tab or bar. Folder and zip: each file ending in .csv, .tsv
        or .txt.

    Returns
    -------
    Book
        All cells are text (dtype str), null where empty; see `delimited.read_csv` and
        `workbooks.read_workbook`.

    Raises
    ------
    FileError
        If there is no such file, no table in it, it is too large, has a password, is damaged, or
        is an older .xls; one line that says which and how to mend it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "points.csv")
    ...     _ = path.write_text("id,lon\nA,104.5\n")
    ...     book = read_book(path)
    >>> book.format, book.tables["points"].to_dict("list")
    ('CSV', {'id': ['A'], 'lon': ['104.5']})
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _is_table(file.name) and file.is_file())
        _check_size(sum(file.stat().st_size for file in files), path)
        return _several(((file.name, _bytes(file)) for file in files), path, "folder of CSV")
    data = _bytes(path)
    if data.startswith(_ZIP):
        return _from_zip(data, path)
    if data.startswith(_OLE):
        raise FileError(
            f"{path}: a workbook with a password, or an old .xls; open it in a spreadsheet "
            "program and save it as XLSX without a password"
        )
    table, findings = read_csv(data, str(path))
    return Book({path.stem: table}, "CSV", findings)


def _bytes(path: Path) -> bytes:
    try:
        _check_size(path.stat().st_size, path)
        return path.read_bytes()
    except FileError:
        raise
    except FileNotFoundError as error:
        raise FileError(f"{path}: no such file; check the path") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check its rights") from error


def _check_size(size: int, path: Path) -> None:
    """Refuse more than a file, or all files of a folder, zip or workbook, may hold unpacked."""
    most = most_bytes()
    if size > most:
        raise too_large(str(path), most)


def _is_table(name: str) -> bool:
    """Say whether a file is looked at: by its ending, hidden files not."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in TABLES and not hidden


def _from_zip(data: bytes, path: Path) -> Book:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = parts.namelist()
            _check_size(sum(part.file_size for part in parts.infolist()), path)
            if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
                tables, findings = read_workbook(data, str(path))
                return Book(tables, "XLSX", findings)
            if any(part.flag_bits & 1 for part in parts.infolist()):
                raise FileError(f"{path}: a zip with a password; pack it again without one")
            files = [name for name in names if _is_table(name)]
            read = ((name, parts.read(name)) for name in files)
            return _several(read, path, "zip of CSV")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"{path}: a damaged zip, it may be truncated; get it again from its maker ({error})"
        ) from error


def _several(files: Iterable[tuple[str, bytes]], path: Path, form: str) -> Book:
    tables: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for name, data in files:
        stem = PurePosixPath(name).stem
        if stem in tables:
            raise FileError(f"{path}: two tables are called {stem!r}; rename one of them")
        tables[stem], said = read_csv(data, f"{path}/{name}")
        findings.extend(said)
    if not tables:
        raise FileError(f"{path}: no table in it; looked for files ending in {some(TABLES)}")
    return Book(tables, form, tuple(findings))
