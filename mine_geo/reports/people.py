"""Beneficiaries by sex and age: a file that an office keeps, read whole or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import RecordError, some
from mine_geo.geo.cells import read_numbers, read_texts
from mine_geo.planning.units import read_entries

if TYPE_CHECKING:
    import os


NEEDED: Final = ("sex", "age", "people")
SEXES: Final = ("female", "male", "unknown")
AGES: Final = ("adult", "child", "unknown")


def read_beneficiaries(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read people who benefit, by sex and age, from a CSV.

    Parameters
    ----------
    path
        A row a group: `sex` (female, male, unknown), `age` (adult, child, unknown), `people` (a
        whole number), and if known `province` and `hazard_id`. An empty cell of sex or age is
        unknown.

    Returns
    -------
    pandas.DataFrame
        Those columns; no names of persons.

    Raises
    ------
    FileError
        If it cannot be read.
    RecordError
        If a column is missing, a word is unknown, or people are no whole number from 0 up.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "people.csv")
    >>> _ = path.write_text("sex,age,people\nfemale,adult,120\nmale,,7\n")
    >>> read_beneficiaries(path).values.tolist()
    [['female', 'adult', 120], ['male', 'unknown', 7]]
    """
    table = read_entries(path)
    table = table.rename(columns={name: str(name).strip().lower() for name in table.columns})
    missing = [name for name in NEEDED if name not in table]
    if missing:
        raise RecordError(f"{path}: no column {some(missing)}; a row has {', '.join(NEEDED)}")
    found: dict[str, pd.Series[Any]] = {}
    for name, words in (("sex", SEXES), ("age", AGES)):
        texts = read_texts(table[name]).str.strip().str.lower().fillna("unknown")
        strange = sorted(set(texts) - set(words))
        if strange:
            raise RecordError(
                f"{path}: {name} {some(strange)} is unknown; valid: {', '.join(words)}"
            )
        found[name] = texts
    people, bad = read_numbers(table["people"], whole=True)
    wrong = np.asarray(bad) | np.isnan(people) | (people < 0)
    if wrong.any():
        raise RecordError(
            f"{path}: people of row {some(np.flatnonzero(wrong) + 1)} is no whole number from 0 up"
        )
    found["people"] = pd.Series(people, index=table.index).astype("int64")
    more = [name for name in ("province", "hazard_id") if name in table]
    return pd.DataFrame(found | {name: read_texts(table[name]) for name in more})
