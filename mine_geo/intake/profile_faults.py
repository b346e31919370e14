"""What is wrong with the TOML of a profile: gathered, with key and line, and raised once."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from mine_geo.errors import FileError
from mine_geo.intake.matching import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Key = tuple[str, ...]


class Faults:
    r"""The faults of one text of TOML; each check reads a value and notes what is wrong with it.

    Examples
    --------
    >>> faults = Faults("[hazards]\ndate = []")
    >>> faults.keys(("hazards",), {"date": []}, ("dates", "columns"))
    >>> faults.found
    ['hazards.date (line 2): unknown; did you mean dates?']
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.found: list[str] = []

    def add(self, key: Key, message: str) -> None:
        """Note a fault of a key."""
        line = _line(self._text, key)
        where = f" (line {line})" if line else ""
        self.found.append(f"{'.'.join(key)}{where}: {message}")

    def raise_for(self, path: Path) -> None:
        """Raise all that was noted.

        Raises
        ------
        FileError
            If anything was.
        """
        if self.found:
            raise FileError(f"{path}: {'; '.join(self.found)}")

    def keys(self, key: Key, table: Mapping[str, Any], valid: Sequence[str]) -> None:
        """Note keys that mean nothing here."""
        for name in table:
            if name not in valid:
                alike = difflib.get_close_matches(fold(name), valid, n=1)
                mend = f"did you mean {alike[0]}?" if alike else f"valid: {', '.join(valid)}"
                self.add((*key, name), f"unknown; {mend}")

    def table(self, key: Key, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the table at the end of a key; empty where it is missing."""
        value = data.get(key[-1], {})
        if isinstance(value, dict):
            return value
        self.add(key, f"not a table; write [{'.'.join(key)}] and its keys below")
        return {}

    def text(self, key: Key, data: Mapping[str, Any]) -> str:
        """Return the text at the end of a key; empty where it is missing."""
        value = data.get(key[-1])
        if value is None:
            return ""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.add(key, "not a text; write it between quotes")
        return ""

    def texts(self, key: Key, data: Mapping[str, Any], *, empty: bool = False) -> tuple[str, ...]:
        """Return a list of texts, or one text as such; an empty list means none at all."""
        value = data.get(key[-1], [] if not empty else None)
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(i, str) and i.strip() for i in items):
            return tuple(items)
        self.add(key, 'not a list of texts, as ["name", "other name"]')
        return ()

    def groups(self, key: Key, data: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        """Return a list of lists of texts; a text in it is a list of its own."""
        value = data.get(key[-1], [])
        groups = [[item] if isinstance(item, str) else item for item in _listed(value)]
        for group in groups:
            if not isinstance(group, list) or not group or not all(_is_text(i) for i in group):
                self.add(key, 'not a list of lists of texts, as [["id", "code"], ["status"]]')
                return ()
        return tuple(tuple(group) for group in groups)

    def word(self, key: Key, word: str, valid: Sequence[str] | None) -> None:
        """Note a word outside the vocabulary."""
        if valid is not None and word not in valid:
            self.add(key, f"{word!r} is unknown; valid: {', '.join(valid)}")

    def repeated(self, key: Key, names: Mapping[str, Sequence[str]]) -> None:
        """Note a source's name that stands for two columns of ours."""
        owner: dict[str, str] = {}
        for ours, known in names.items():
            for name in known:
                if owner.setdefault(fold(name), ours) != ours:
                    self.add((*key, ours), f"{name!r} stands for {owner[fold(name)]} already")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _line(text: str, key: Key) -> int | None:
    """Return the line where a key stands, for a message; None where it is not found as such."""
    header = ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip().replace('"', "").replace("'", "")
        if plain.startswith("["):
            header = plain.split("]")[0].strip("[ ")
            full = header
        else:
            name = plain.split("=")[0].strip()
            full = f"{header}.{name}" if header else name
        if full == ".".join(key):
            return number
    return None
