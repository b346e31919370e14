"""Rows of text to a table: header, empty rows and columns, cells that are too long."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from mine_geo.errors import FileError, some

MOST_CHARACTERS: Final = 1_000_000
"""The longest cell that is read: a WKT of some 25,000 corners."""
MOST_COLUMNS: Final = 2_000


def to_table(cells: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return a table whose header is the first row that is not empty.

    Parameters
    ----------
    cells
        All rows as text (dtype str), the header among them; the index counts the rows of the
        source, from 1.
    what
        The file or the sheet, for messages.

    Returns
    -------
    pandas.DataFrame
        RangeIndex, dtype str, null where a cell is empty or blank. Names are trimmed, cells are
        not. Wholly empty rows, and columns without name and content, are left out; a column with
        content and no name is called "column 3" by its place.

    Raises
    ------
    FileError
        If there is no cell at all, a name stands twice, a row goes beyond the header, or a cell
        is too long.

    Examples
    --------
    >>> cells = pd.DataFrame([["", ""], [" id ", "lon"], ["A", " "]], dtype="str")
    >>> to_table(cells, "points.csv").to_dict("list")
    {'id': ['A'], 'lon': [nan]}
    """
    if cells.shape[1] > MOST_COLUMNS:
        raise FileError(f"{what}: {cells.shape[1]} columns; more than {MOST_COLUMNS} are not read")
    cells = _without_blanks(cells, what)
    if cells.empty:
        raise FileError(f"{what}: no cell has content; export the table again")
    header = cells.iloc[0].str.strip()
    body = cells.iloc[1:]
    named = header.notna().to_numpy()
    kept = named | body.notna().any().to_numpy()
    header, body = header[kept], body.loc[:, kept]
    places = np.flatnonzero(kept) + 1
    names = [
        name if isinstance(name, str) else f"column {place}"
        for name, place in zip(header, places, strict=True)
    ]
    table = body.reset_index(drop=True)
    table.columns = pd.Index(names, dtype="str")
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        raise FileError(f"{what}: column {some(twice)} stands twice; rename one of them")
    return table


def _without_blanks(cells: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return the rows that are not empty; blank cells are null."""
    new = {}
    for column in cells.columns:
        texts = cells[column].astype("str")
        long = texts.str.len() > MOST_CHARACTERS
        if long.any():
            raise FileError(
                f"{what}: a cell of row {long.idxmax()} has more than {MOST_CHARACTERS:,} "
                "characters; a quote may be missing before it: export the table again"
            )
        new[column] = texts.mask(texts.str.strip() == "")
    table = pd.DataFrame(new, index=cells.index)
    return table.loc[table.notna().any(axis=1)]
