"""Both languages say the same: every word is there, with the same values."""

from __future__ import annotations

import re
import string
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from mine_geo import maps, words
from mine_geo.maps import facts
from mine_geo.maps.subject import chosen

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


KHMER_DIGITS = re.compile("[០-៩]")


def test_figures_have_the_same_digits_in_both_languages() -> None:
    """Whoever compares a Khmer table with an English one reads the same figures.

    Letters for digits that are typed stand in one function of the page.
    """
    assert [key for key, pair in words.table().items() if KHMER_DIGITS.search("".join(pair))] == []
    texts = [*MAPS.parent.rglob("*.typ"), *MAPS.parent.rglob("*.html"), *MAPS.rglob("*.js")]
    assert len(texts) > 40
    found = [path.name for path in texts if KHMER_DIGITS.search(path.read_text("utf-8"))]
    assert found == ["format.js"]


def test_a_value_is_never_read_as_a_template() -> None:
    assert words.say("about.as_of", day="{day} {0}").en == "as of {day} {0}"


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(KeyError):
        words.say("no.such.word")


@pytest.mark.parametrize(
    ("province", "district", "said"),
    [
        (("12", "Phnom Penh", "ភ្នំពេញ"), None, ("Phnom Penh capital", "រាជធានីភ្នំពេញ")),
        (
            ("12", "Phnom Penh", "រាជធានីភ្នំពេញ"),
            ("1204", "Tuol Kouk", "ទួលគោក"),
            ("Tuol Kouk khan, Phnom Penh capital", "ខណ្ឌទួលគោក រាជធានីភ្នំពេញ"),
        ),
        (
            ("02", "Battambang", "ខេត្តបាត់ដំបង"),
            ("0203", "Krong Battambang", "ក្រុងបាត់ដំបង"),
            ("Battambang town, Battambang province", "ក្រុងបាត់ដំបង ខេត្តបាត់ដំបង"),
        ),
        (
            ("02", "Battambang", "បាត់ដំបង"),
            ("0204", "Bavel", "បវេល"),
            ("Bavel district, Battambang province", "ស្រុកបវេល ខេត្តបាត់ដំបង"),
        ),
    ],
)
def test_a_title_says_what_the_unit_is(
    province: tuple[str, str, str],
    district: tuple[str, str, str] | None,
    said: tuple[str, str],
    split: gpd.GeoDataFrame,
) -> None:
    own = district or ("9999", "Somewhere", "កន្លែង")
    names = ["province_code", "province", "province_km"]
    below = [name.replace("province", "district") for name in names]
    admin = gpd.GeoDataFrame(
        [dict(zip([*names, *below], [*province, *own], strict=True))],
        geometry=[shapely.box(103, 13, 103.5, 14)],
        crs=4326,
    )
    subject = chosen(split.iloc[:0], admin, province[1], district[1] if district else None)
    title = facts.title_of(subject, words.same("AP minefields"))
    assert (title.en, title.km) == said
