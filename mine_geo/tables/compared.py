"""What moved between two readings of one table of totals: the one in a file, and the one of now.

Both are compared as they leave, row by row under the same keys. Figures that answer another
question are never laid side by side: other groups, another threshold, another kind of record.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import FileError, OptionError, some
from mine_geo.tables.envelope import FIELDS, SCHEMA_VERSION, Envelope, as_json, rows_of
from mine_geo.terms import TOTAL_COLUMNS

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Mapping


QUESTION: Final = ("threshold_m", "rule", "include_coast", "asked", "as_of")
"""What two readings must have in common; `as_of` so that a day is not taken for a change."""
GROUND: Final = (
    "border_name",
    "border_version",
    "districts_name",
    "districts_version",
    "product_version",
)
"""What may move a figure although no event did."""
MOVED_COLUMNS: Final = ("figure", "before", "now", "change")


@dataclass(frozen=True)
class Earlier:
    """A table that was written as JSON: what it says of itself, and its rows."""

    about: Mapping[str, Any]
    rows: pd.DataFrame


def read_earlier(path: str | os.PathLike[str]) -> Earlier:
    """Read a table that `mine-geo ... -o FILE.json` or `exports.write_table` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Earlier
        Its fields, by name, and its rows.

    Raises
    ------
    FileError
        If it cannot be read, or is no such table of this version of the schema.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "last.json"
    ...     text = as_json(rows_of(pd.DataFrame({"hazards": [3]})), Envelope(), None)
    ...     done = path.write_text(text, encoding="utf-8")
    ...     read_earlier(path).rows["hazards"].tolist()
    [3]
    """
    path = Path(path)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # no UTF-8, no JSON
        raise FileError(f"{path}: no table as JSON; write one with -o FILE.json") from error
    known = isinstance(found, dict) and isinstance(found.get("rows"), list)
    if not known or not {"schema_version", "known_at", "title"} <= set(found):
        raise FileError(f"{path}: JSON, but no table of mine-geo; write one with -o FILE.json")
    if found["schema_version"] != SCHEMA_VERSION:
        raise FileError(
            f"{path}: a table of schema {found['schema_version']}, and this is {SCHEMA_VERSION}; "
            "write it anew"
        )
    if not all(isinstance(row, dict) for row in found["rows"]):
        raise FileError(f"{path}: rows that are no rows; write it anew with -o FILE.json")
    return Earlier({name: found.get(name) for name in FIELDS}, pd.DataFrame(found["rows"]))


def moved(table: pd.DataFrame, about: Envelope, before: Earlier) -> pd.DataFrame:
    """List the figures of totals that are others than they were, and by how much.

    Parameters
    ----------
    table
        Totals, as of `totals`.
    about
        What it says of itself.
    before
        The same table as it was.

    Returns
    -------
    pandas.DataFrame
        One row for each figure that differs: the keys of its row, `row` (`data` or `total`),
        `figure` (a column of totals), `before`, `now`, `change` (hazards or whole m², int64). A
        unit that one of the two lacks counts 0 there. Empty where nothing moved.

    Raises
    ------
    OptionError
        If the two answer other questions; what differs is named.

    Examples
    --------
    >>> was, now = (pd.DataFrame({"province": ["Kratie"], **dict.fromkeys(TOTAL_COLUMNS, n)})
    ...             for n in (5, 7))
    >>> before = Earlier(Envelope().told(), rows_of(was))
    >>> moved(now, Envelope(), before)[["province", "figure", "change"]].head(2).values.tolist()
    [['Kratie', 'hazards', 2], ['Kratie', 'size_m2', 2]]
    """
    told = about.told()
    differs = [name for name in QUESTION if told[name] != before.about[name]]
    if differs:
        said = "; ".join(f"{name} was {before.about[name]}, is {told[name]}" for name in differs)
        raise OptionError(f"the earlier table answers another question: {said}")
    # Both as they leave: a number, a day and a null of the one are those of the other.
    now = pd.DataFrame(json.loads(as_json(rows_of(table), about, None))["rows"])
    was = before.rows
    figures = [name for name in TOTAL_COLUMNS if name in now]
    keys = [name for name in now if name not in TOTAL_COLUMNS]
    other = set(keys) ^ {name for name in was if name not in TOTAL_COLUMNS}
    if len(was) and (other or not set(figures) <= set(was.columns)):
        lacking = map(str, other or set(figures) - set(was.columns))
        raise OptionError(
            f"the earlier table has other columns ({some(sorted(lacking))}): ask with the same --by"
        )
    old = {_key(row): row for row in was.to_dict("records")}
    new = {_key(row): row for row in now.to_dict("records")}
    rows = []
    for key in [*new, *(key for key in old if key not in new)]:
        row, earlier = new.get(key, {}), old.get(key, {})
        named = {name: (row or earlier)[name] for name in keys}
        for figure in figures:
            counts = int(earlier.get(figure, 0)), int(row.get(figure, 0))
            if counts[0] != counts[1]:
                change = counts[1] - counts[0]
                rows.append([*named.values(), figure, *counts, change])
    return pd.DataFrame(rows, columns=[*keys, *MOVED_COLUMNS])


def ground_moved(about: Envelope, before: Earlier) -> list[str]:
    """Say what else is not as it was: border, districts, the program; a line each.

    Examples
    --------
    >>> before = Earlier(Envelope(border_version="1").told(), pd.DataFrame())
    >>> ground_moved(Envelope(border_version="2"), before)
    ['border version was 1, is 2']
    """
    told = about.told()
    return [
        f"{name.replace('_', ' ')} was {before.about[name]}, is {told[name]}"
        for name in GROUND
        if told[name] != before.about[name]
    ]


def _key(row: Mapping[Hashable, Any]) -> tuple[tuple[Hashable, str], ...]:
    """Return what a row is of: units by code, where they have one, else by name."""
    codes = {f"{name}"[: -len("_code")] for name in row if f"{name}".endswith("_code")}
    coded = {name for name in codes if not _null(row[f"{name}_code"])}
    return tuple(
        (name, "" if _null(value) else str(value))
        for name, value in row.items()
        if name not in TOTAL_COLUMNS and name not in coded
    )


def _null(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124  (not a number)
