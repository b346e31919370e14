"""Every word that a page, a sheet or an exported file shows, in English and Khmer.

The words stand in the JSON files of this folder, one for each feature: a key, then the English and
the Khmer text, in which `{name}` stands for a value. The page's script reads the same tables. The
folder lies below all that speaks: what disclosure has an output say stands here too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "km")
Pair: TypeAlias = tuple[str, str]
"""A text in English and in Khmer."""


@dataclass(frozen=True)
class Said:
    """A text in both languages; where only one is known, both are the same."""

    en: str
    km: str

    @property
    def turned(self) -> Said:
        """The same text, each language in the place of the other."""
        return Said(self.km, self.en)

    @property
    def both(self) -> str:
        """The two texts beside each other, as for a legend without a choice of language."""
        return self.en if self.en == self.km else f"{self.en} · {self.km}"

    @property
    def capital(self) -> Said:
        """The same text as the first of its line; Khmer knows no capitals."""
        return Said(self.en[:1].upper() + self.en[1:], self.km)

    def within(self, language: str) -> str:
        """Return the text in `en` or `km`."""
        return self.km if language == "km" else self.en


def same(text: str) -> Said:
    """Return a text that is the same in both languages: a name, a figure."""
    return Said(text, text)


@cache
def table() -> dict[str, Pair]:
    """Return all words by key; a key that stands in two files is refused."""
    found: dict[str, Pair] = {}
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
    >>> say("list.of_kind", what=Said("Mines", "មីន"), order="{}").en
    'Mines. {}'
    """
    pairs = {n: (v, v) if isinstance(v, str) else (v.en, v.km) for n, v in values.items()}
    return Said(*filled(table()[key], **pairs))


def filled(pair: Pair, **values: Pair) -> Pair:
    """Put values into a text in both languages; what they hold is no template.

    Examples
    --------
    >>> filled(("of {what}", "នៃ {what}"), what=("{a}", "{b}"))
    ('of {a}', 'នៃ {b}')
    """
    english = pair[0].format(**{name: value[0] for name, value in values.items()})
    return english, pair[1].format(**{name: value[1] for name, value in values.items()})
