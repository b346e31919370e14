"""Names of files for provinces and districts, whatever these are called.

Small letters, figures and hyphens alone, so that a name is the same on every system, in an
archive and in an address, and never leads out of its folder.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST: Final = 60
"""Letters of a name; what is longer is cut."""

_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
"""Names that Windows keeps for devices, with any ending."""

_OTHERS: Final = re.compile("[^a-z0-9]+")


def slug(text: str) -> str:
    """Return the Latin letters and figures of a text, in small letters, joined by hyphens.

    Examples
    --------
    >>> slug("Ta Khmau"), slug("../../Krâchéh"), slug("បាត់ដំបង")
    ('ta-khmau', 'kracheh', '')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return _OTHERS.sub("-", plain.lower()).strip("-")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def file_names(
    units: Sequence[tuple[str, str, str]], taken: Collection[str] = ()
) -> dict[str, str]:
    """Return a file name without ending for each unit: its code and name, `0209-samlout`.

    Where that says nothing, is taken, or two units would have the same, letters made from the
    key follow: the order of the units, and those of other names, change nothing.

    Parameters
    ----------
    units
        Key, code and name of each; keys differ, codes may be empty.
    taken
        Names that are in use otherwise.

    Examples
    --------
    >>> file_names([("a", "02", "Battambang"), ("b", "", "CON"), ("c", "", "index")], ["index"])
    {'a': '02-battambang', 'b': 'con-3e23e816', 'c': 'index-2e7d2c03'}
    """
    plain = {
        key: "-".join(filter(None, (slug(code), slug(name))))[:MOST].strip("-")
        for key, code, name in units
    }
    often = Counter(plain.values())
    refused = {"", *taken, *_DEVICES}
    found = {key: name for key, name in plain.items() if often[name] == 1 and name not in refused}
    for key, name in plain.items():
        if key not in found:
            found[key] = _marked(name or "unit", key, {*taken, *found.values()})
    return {key: found[key] for key in plain}


def _marked(name: str, key: str, taken: Collection[str]) -> str:
    """Return the name with as many letters of the key's hash as set it apart."""
    digest = _digest(key)
    most = next(n for n in range(8, len(digest) + 1) if f"{name}-{digest[:n]}" not in taken)
    return f"{name}-{digest[:most]}"
