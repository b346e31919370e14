"""Both languages say the same: every word is there, with the same values."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from mine_geo import maps, words

MAPS = Path(maps.__file__).parent
KHMER = re.compile("[\u1780-\u17ff]")


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(words.table()))
def test_a_word_stands_in_both_languages(key: str) -> None:
    english, khmer = words.table()[key]
    assert english.strip()
    assert KHMER.search(khmer), f"{key} has no Khmer text"
    assert not KHMER.search(english)
    assert values(english) == values(khmer)


def test_a_value_is_never_read_as_a_template() -> None:
    assert words.say("about.as_of", day="{day} {0}").en == "as of {day} {0}"


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(KeyError):
        words.say("no.such.word")
