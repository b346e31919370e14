"""How the tables of a Survey123 export hang together: repeats to their parents, by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import FileError, some
from mine_geo.intake.matching import fold

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

KEYS: Final = ("globalid", "uniquerowid")
"""The id of a row."""
PARENTS: Final = ("parentglobalid", "parentrowid")
"""The id of the row that a row of a repeat belongs to."""


@dataclass(frozen=True)
class Link:
    """Where the rows of a repeat belong."""

    table: str
    """The parent's table."""
    rows: NDArray[np.intp]
    """The place of the parent in it, -1 where it is not there."""
    ids: pd.Series[Any]
    """The parent's id, as it is compared."""


@dataclass(frozen=True)
class Form:
    """The tables of an export."""

    sheets: dict[str, pd.DataFrame]
    records: str
    """The table whose rows are the records."""
    links: dict[str, Link]
    """By the repeat's name."""

    def chain(self, name: str) -> list[Link]:
        """Return the links from a repeat up to the records; nothing where it does not get there."""
        links: list[Link] = []
        while name != self.records:
            if name not in self.links or len(links) > len(self.links):
                return []
            links.append(self.links[name])
            name = links[-1].table
        return links

    def owners(self, name: str) -> NDArray[np.intp]:
        """Return the place of the record of each row of a repeat, -1 where it has none."""
        places = np.arange(len(self.sheets[name]))
        chain = self.chain(name)
        if not chain and name != self.records:
            return np.full(len(places), -1)
        for one in chain:
            inside = places >= 0
            places[inside] = one.rows[places[inside]]
        return places


def link(
    sheets: dict[str, pd.DataFrame], path: Path, layer: str | None, parents: Iterable[str]
) -> Form:
    """Find the table of records, and the parent of each repeat.

    A repeat's parent is the table that has most of its ids, so that tables may bear any name.

    Raises
    ------
    FileError
        If there is no table of records, several, or none called `layer`.

    Examples
    --------
    >>> from pathlib import Path
    >>> form = pd.DataFrame({"globalid": ["{A}", "B"]})
    >>> repeat = pd.DataFrame({"parentglobalid": ["b", "A", "c"]})
    >>> linked = link({"form": form, "repeat": repeat}, Path("a.zip"), None, PARENTS)
    >>> linked.records, linked.owners("repeat").tolist()
    ('form', [1, 0, -1])
    """
    parents = tuple(parents)
    keys = {
        name: {column: ids(sheet[column]) for column in columns_named(sheet, KEYS)}
        for name, sheet in sheets.items()
    }
    links = {}
    for name, sheet in sheets.items():
        found = _parent(sheet, {k: v for k, v in keys.items() if k != name}, parents)
        if found is not None:
            links[name] = found
    return Form(sheets, _records(sheets, keys, links, path, layer), links)


def ids(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return ids as they are compared: without braces, spaces and case; null where empty.

    Examples
    --------
    >>> ids(pd.Series(["{8A-F}", " 8a-f", ""])).tolist()
    ['8a-f', '8a-f', nan]
    """
    bare = column.astype("str").str.strip().str.strip("{}").str.strip().str.lower()
    return bare.where(bare != "").reset_index(drop=True)


def columns_named(sheet: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return the columns of a table that bear one of the names, in the order of the names."""
    there: dict[str, str] = {}
    for column in sheet.columns:
        there.setdefault(fold(str(column)), column)
    return list(dict.fromkeys(there[fold(name)] for name in names if fold(name) in there))


def _parent(
    sheet: pd.DataFrame, keys: dict[str, dict[str, pd.Series[Any]]], parents: tuple[str, ...]
) -> Link | None:
    """Return the parent of a table: where most of its ids are found; None if it has no ids."""
    best: Link | None = None
    for column in columns_named(sheet, parents):
        wanted = ids(sheet[column])
        for table, own in keys.items():
            for key in own.values():
                rows = _places(wanted, key)
                if best is None or (rows >= 0).sum() > (best.rows >= 0).sum():
                    best = Link(table, rows, wanted)
    return best


def _places(wanted: pd.Series[Any], key: pd.Series[Any]) -> NDArray[np.intp]:
    """Return where each id stands first in a column of ids, -1 where nowhere."""
    known = key.dropna().drop_duplicates()
    places = pd.Series(known.index, index=known.to_numpy())
    return wanted.map(places).fillna(-1).to_numpy(dtype=np.intp)


def _records(
    sheets: dict[str, pd.DataFrame],
    keys: dict[str, dict[str, pd.Series[Any]]],
    links: dict[str, Link],
    path: Path,
    layer: str | None,
) -> str:
    if layer is not None:
        if layer not in sheets:
            raise FileError(f"{path}: no table {layer!r}; it has: {some(sheets, 12)}")
        return layer
    forms = [
        name
        for name, sheet in sheets.items()
        if keys[name]
        and not any(sheet[column].notna().any() for column in columns_named(sheet, PARENTS))
        # Further names, as hazard_id, make a repeat only where they lead to another table.
        and not (name in links and (links[name].rows >= 0).any())
    ]
    if not forms:
        raise FileError(
            f"{path}: no table with {KEYS[0]} and without {PARENTS[0]}, only repeats; "
            "export the form with all its tables"
        )
    asked = [link.table for link in links.values() if (link.rows >= 0).any()]
    if len(forms) > 1 and any(name in asked for name in forms):
        forms = [name for name in forms if name in asked]
    if len(forms) > 1:
        raise FileError(
            f'{path}: several forms; name one, as layer="{forms[0]}", of: {some(forms, 12)}'
        )
    return forms[0]
