"""Tables (CSV, XLSX, a folder or zip of CSV): opened once, told apart by their columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mine_geo.intake.formats import imsma_ng, plain, survey123
from mine_geo.intake.formats.sheets import read_book
from mine_geo.intake.received import ANYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.intake.received import Raw, Wanted


def read_tables(path: Path, wanted: Wanted = ANYTHING) -> Raw:
    r"""Read a Survey123 form, an export of IMSMA NG, or a plain table.

    Parameters
    ----------
    path
        A CSV or XLSX file, a folder of CSV files, or a zip of them.
    wanted
        As for the readers.

    Returns
    -------
    Raw
        From `survey123.read_form`, `imsma_ng.read_export` or `plain.read_table`; what the opening
        has to say stands before their findings.

    Raises
    ------
    FileError
        If the file cannot be read, or what is needed is not in it.
    OptionError, CRSError
        If the profile's options cannot be, or no system of the coordinates is said where one must.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "fields.csv")
    ...     _ = path.write_text('id,wkt\nA,"POLYGON ((103 13, 104 13, 104 14, 103 13))"\n')
    ...     raw = read_tables(path)
    >>> raw.format, raw.table["id"].tolist()
    ('table with WKT (CSV)', ['A'])
    """
    book = read_book(path)
    if survey123.is_form(book.tables):
        raw = survey123.read_form(book.tables, path, wanted)
    elif imsma_ng.is_export(book.tables):
        raw = imsma_ng.read_export(book.tables, path, wanted)
    else:
        raw = plain.read_table(book.tables, path, wanted)
    said = any(word in raw.format for word in ("CSV", "XLSX"))
    form = raw.format if said else f"{raw.format} ({book.format})"
    return replace(raw, format=form, findings=(*book.findings, *raw.findings))
