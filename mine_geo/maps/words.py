"""Every word that a page or a sheet shows, in English and Khmer.

The words stand in `assets/words/*.json`, one file for each feature: a key, then the English and
the Khmer text, in which `{name}` stands for a value. The page's script reads the same tables.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "assets" / "words"
LANGUAGES: Final = ("en", "km")


@dataclass(frozen=True)
class Said:
    """A text in both languages; where only one is known, both are the same."""

    en: str
    km: str

    @property
    def turned(self) -> Said:
        """The same text, each language in the place of the other."""
        return Said(self.km, self.en)

    def within(self, language: str) -> str:
        """Return the text in `en` or `km`."""
        return self.km if language == "km" else self.en


def same(text: str) -> Said:
    """Return a text that is the same in both languages: a name, a figure."""
    return Said(text, text)


@cache
def table() -> dict[str, tuple[str, str]]:
    """Return all words by key; a key that stands in two files is refused."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        for key, (english, khmer) in json.loads(path.read_text(encoding="utf-8")).items():
            if key in found:
                raise ValueError(f"{path.name}: the word {key} stands in another file too")
            found[key] = (english, khmer)
    return found


def say(key: str, /, **values: str | Said) -> Said:
    """Return the words of a key with its values put in, as they are.

    Examples
    --------
    >>> say("field.zone").en
    'Zone'
    >>> say("title.district", district=Said("Bavel", "បវេល"), province="{}").en
    'Bavel district, {} province'
    """
    english, khmer = table()[key]
    pairs = {n: same(v) if isinstance(v, str) else v for n, v in values.items()}
    return Said(
        english.format(**{name: pair.en for name, pair in pairs.items()}),
        khmer.format(**{name: pair.km for name, pair in pairs.items()}),
    )
