"""Profiles: how each source calls its columns and its words, as TOML that an officer can write.

What is wrong with the TOML of a profile: gathered, with key and line, and raised once.

A profile says which columns are ours and what the words in them mean; nothing of it is code. The
bundled ones lie in `profiles_data`; each begins by saying what is known from where.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import FileError, OptionError
from mine_geo.geo.cells import EPOCH, EXCEL, check_format, read_days
from mine_geo.intake.columns import fold, match
from mine_geo.intake.received import (
    ADMIN_COLUMNS,
    BORDER_COLUMNS,
    COUNTRY_WORDS,
    LINE_WORDS,
    OPTIONS,
    POINT_ROLES,
    REPORT_COLUMNS,
    REPORT_TYPES,
    SAID_COLUMNS,
    STATES,
    VILLAGE_COLUMNS,
    Fields,
    Profile,
    States,
)
from mine_geo.terms import (
    AREA_TYPES,
    DIFFICULTIES,
    EVIDENCES,
    HAZARD_COLUMNS,
    ITEM_COLUMNS,
    KINDS,
    STATUSES,
    SURVEY_METHODS,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from mine_geo.intake.received import Names, Raw

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
        groups = [
            [item] if isinstance(item, str) else item
            for item in (value if isinstance(value, list) else [value])
        ]
        for group in groups:
            if (
                not isinstance(group, list)
                or not group
                or not all((isinstance(i, str) and bool(i.strip())) for i in group)
            ):
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


BASE: Final = "plain"
"""What a profile builds on unless it says so: canonical names and everyday words."""
ALONE: Final = "none"
"""What `extends` says in a profile that builds on nothing."""

OURS: Final = {
    "hazards": tuple(c for c in HAZARD_COLUMNS if c not in {"size_m2", "geometry"}),
    "reports": (*(c for c in REPORT_COLUMNS if c != "geometry"), *SAID_COLUMNS),
    "border": BORDER_COLUMNS,
    "admin": ADMIN_COLUMNS,
    "villages": VILLAGE_COLUMNS,
}
"""The columns that a profile can name, for each sort of records."""
WORDS: Final = {
    "kind": KINDS,
    "also": KINDS,
    "area_type": AREA_TYPES,
    "status": STATUSES,
    "difficulty": DIFFICULTIES,
    "survey_method": SURVEY_METHODS,
    "evidence": EVIDENCES,
    "residual": ("true", "false"),
    "event_type": REPORT_TYPES,
    "in_workbench": ("true", "false"),
    "report_status": ("completed", "ongoing"),
    "conclusion": ("released", "not_released"),
}
"""The columns that take certain words only."""
BORDER_WORDS: Final = {"kind": LINE_WORDS, "neighbour": COUNTRY_WORDS}
"""Those of border lines; what is said of `neighbour` holds for `left` and `right` too."""
NUMBERS: Final = (
    "reported_size_m2",
    *ITEM_COLUMNS,
    "depth_cm",
    "accuracy_m",
    *(column for column in SAID_COLUMNS if column.endswith("_m2")),
)
FLAGS: Final = ("in_workbench", "residual")
DAYS: Final = ("surveyed_on", "happened_on", "cleared_on", "reported_on")

_KEYS: Final = (
    "name",
    "title",
    "extends",
    "recognise",
    "hazards",
    "reports",
    "border",
    "admin",
    "villages",
    "points",
    "states",
    "options",
)
_FIELDS: Final = ("columns", "values", "constants", "factors", "sums", "dates", "kept")
_OF_RECORDS: Final = ("hazards", "reports")
"""Whose columns may be personal: they alone keep further ones."""


def names() -> tuple[str, ...]:
    """Return the names of the bundled profiles.

    Examples
    --------
    >>> names()
    ('imsma_core', 'imsma_ng', 'maxml', 'odk', 'plain', 'survey123')
    """
    files = resources.files("mine_geo.intake").joinpath("profiles_data").iterdir()
    return tuple(sorted(Path(file.name).stem for file in files if file.name.endswith(".toml")))


def bundled() -> dict[str, Profile]:
    """Return the bundled profiles by name.

    Examples
    --------
    >>> bundled()["imsma_core"].hazards.columns["hazard_id"][0]
    'hazard_localid'
    """
    return {name: _bundled(name) for name in names()}


def text(name: str) -> str:
    """Return a bundled profile as it is written, to be read by a person.

    Raises
    ------
    OptionError
        If there is none of that name; the message lists them.

    Examples
    --------
    >>> text("plain").splitlines()[0]
    '# Plain tables: our own names, and the everyday spellings of them.'
    """
    if name not in names():
        raise OptionError(f"profile {name!r} is unknown; bundled: {', '.join(names())}")
    return _bundled_text(name)


def load(profile: str | os.PathLike[str]) -> Profile:
    """Return a bundled profile by name, or one from a TOML file.

    Parameters
    ----------
    profile
        A bundled name, or the path of a file: anything with a folder, or ending in `.toml`.

    Raises
    ------
    OptionError
        If there is no bundled profile of that name; the message lists them.
    FileError
        If the file is missing, is no TOML (with the line), or says what a profile cannot say:
        all faults at once, each with its key and line.

    Examples
    --------
    >>> load("plain").title
    'Plain tables'
    >>> load("imsma")
    Traceback (most recent call last):
        ...
    mine_geo.errors.OptionError: profile 'imsma' is unknown; bundled: imsma_core, imsma_ng, maxml,
    odk, plain, survey123; or give the path of a .toml file
    """
    path = Path(profile)
    if not isinstance(profile, str) or path.suffix.lower() == ".toml" or len(path.parts) > 1:
        return _from_file(path, ())
    if profile not in names():
        raise OptionError(
            f"profile {profile!r} is unknown; bundled: {', '.join(names())}; "
            "or give the path of a .toml file"
        )
    return _bundled(profile)


def choose(raw: Raw, profile: str | os.PathLike[str] | None = None) -> Profile:
    """Return the profile that records are read with.

    The one that is given; else the one that the format implies; else the bundled one that knows
    most of the columns; else `plain`.

    Raises
    ------
    OptionError, FileError
        See `load`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.intake.received import Raw
    >>> table = gpd.GeoDataFrame({"imsma_id": ["hazard_poly_1"]}, geometry=[None])
    >>> choose(Raw(table, "GeoPackage")).name
    'imsma_core'
    """
    given = profile if profile is not None else raw.profile
    if given is not None:
        return load(given)
    columns = [str(column) for column in raw.table.columns]
    known = [p for p in bundled().values() if p.needs and _may_be(p, raw.format, columns)]
    return max(known, key=lambda p: len(p.needs), default=load(BASE))


def _may_be(profile: Profile, form: str, columns: list[str]) -> bool:
    if profile.formats and not any(fold(form).startswith(fold(f)) for f in profile.formats):
        return False
    wanted = {str(number): group for number, group in enumerate(profile.needs)}
    found = {m.ours for m in match(columns, Fields(columns=wanted), wanted)}
    return set(wanted) <= found


@cache
def _bundled(name: str) -> Profile:
    return _read(_bundled_text(name), Path(f"{name}.toml"), ())


def _bundled_text(name: str) -> str:
    file = resources.files("mine_geo.intake").joinpath("profiles_data", f"{name}.toml")
    return file.read_text(encoding="utf-8")


def _from_file(path: Path, within: tuple[Path, ...]) -> Profile:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not UTF-8; save the profile as UTF-8 text") from error
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        raise FileError(f"{path}: {why}; check the path of the profile") from error
    return _read(text, path, within)


def _read(text: str, path: Path, within: tuple[Path, ...]) -> Profile:
    """Return a profile from TOML; raise once, with all that is wrong with it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{path}: not TOML: {error}; mend that line of the profile") from error
    faults = Faults(text)
    faults.keys((), data, _KEYS)
    recognise = faults.table(("recognise",), data)
    faults.keys(("recognise",), recognise, ("columns", "formats"))
    own = Profile(
        name=faults.text(("name",), data) or path.stem,
        title=faults.text(("title",), data) or path.stem,
        formats=faults.texts(("recognise", "formats"), recognise),
        needs=faults.groups(("recognise", "columns"), recognise),
        hazards=_fields("hazards", data, faults),
        reports=_fields("reports", data, faults),
        border=_fields("border", data, faults),
        admin=_fields("admin", data, faults),
        villages=_fields("villages", data, faults),
        points=_names(("points",), faults.table(("points",), data), POINT_ROLES, faults),
        states=_states(data, faults),
        options=_options(data, faults),
    )
    extends = faults.text(("extends",), data) or (ALONE if own.name == BASE else BASE)
    faults.raise_for(path)
    return own if extends == ALONE else _extended(_base(extends, path, within), own)


def _base(extends: str, path: Path, within: tuple[Path, ...]) -> Profile:
    if not extends.lower().endswith(".toml"):
        try:
            return load(extends)
        except OptionError as error:
            raise FileError(f"{path}: extends: {error}") from error
    within = (*within, path.resolve())
    other = path.parent / extends
    if other.resolve() in within:
        raise FileError(f"{path}: extends {extends}, which builds on this profile itself")
    return _from_file(other, within)


def _fields(what: str, data: dict[str, Any], faults: Faults) -> Fields:
    """Return how the columns of one sort of records are read."""
    ours = OURS[what]
    counted = ITEM_COLUMNS if what == "reports" else ()
    table = faults.table((what,), data)
    known = [key for key in _FIELDS if key != "sums" or counted]
    faults.keys((what,), table, (*known, *(("personal",) if what in _OF_RECORDS else ())))
    columns = _names((what, "columns"), faults.table((what, "columns"), table), ours, faults)
    faults.repeated((what, "columns"), columns)
    values = faults.table((what, "values"), table)
    texts = tuple(c for c in ours if c not in {*NUMBERS, *DAYS, "left", "right"})
    faults.keys((what, "values"), values, texts)
    constants = faults.table((what, "constants"), table)
    own = tuple(c for c in ours if c not in {"event_id", "hazard_id"})
    faults.keys((what, "constants"), constants, own)
    sums = _names((what, "sums"), faults.table((what, "sums"), table), counted, faults)
    faults.repeated((what, "sums"), sums)
    factors = faults.table((what, "factors"), table)
    faults.keys((what, "factors"), factors, tuple(c for c in ours if c in NUMBERS))
    return Fields(
        columns=columns,
        values={c: _meanings((what, "values", c), values, faults) for c in values if c in texts},
        constants={
            c: _constant((what, "constants", c), value, faults)
            for c, value in constants.items()
            if c in own
        },
        factors={c: _factor((what, "factors", c), v, faults) for c, v in factors.items()},
        sums=sums,
        dates=_dates((what, "dates"), table, faults),
        kept=faults.texts((what, "kept"), table),
        personal=faults.texts((what, "personal"), table),
    )


def _names(
    key: tuple[str, ...], table: dict[str, Any], ours: tuple[str, ...], faults: Faults
) -> Names:
    faults.keys(key, table, ours)
    return {name: faults.texts((*key, name), table, empty=True) for name in table if name in ours}


def _meanings(key: tuple[str, ...], values: dict[str, Any], faults: Faults) -> Mapping[str, str]:
    words = faults.table(key, values)
    for word, meaning in words.items():
        if not isinstance(meaning, str):
            faults.add((*key, word), "not a text")
        elif meaning:
            faults.word((*key, word), meaning, _valid(key))
    return {word: str(meaning) for word, meaning in words.items()}


def _valid(key: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the words that a column takes, None where it takes any."""
    return (BORDER_WORDS if key[0] == "border" else WORDS).get(key[2])


def _constant(key: tuple[str, ...], value: Any, faults: Faults) -> str:
    if isinstance(value, (list, dict)) or value == "":
        faults.add(key, "not a single value")
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    faults.word(key, text, _valid(key))
    if key[-1] in NUMBERS and (isinstance(value, bool) or not isinstance(value, (int, float))):
        faults.add(key, "not a number")
    if key[-1] in DAYS and read_days(pd.Series([text]))[1][0]:
        faults.add(key, f"{text!r} is no day; write 2022-12-31")
    return text


def _factor(key: tuple[str, ...], value: Any, faults: Faults) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value <= 0:
        faults.add(key, f"{value!r} is no number above 0")
        return 1.0
    return float(value)


def _dates(key: tuple[str, ...], table: dict[str, Any], faults: Faults) -> tuple[str, ...]:
    """Return formats of days; each must bring back the day that it writes."""
    formats = faults.texts(key, table)
    for written in formats:
        if written == EPOCH or written in EXCEL:
            continue
        try:
            check_format(written)
        except OptionError as error:
            faults.add(key, str(error).removeprefix("format of days "))
    return formats


def _states(data: dict[str, Any], faults: Faults) -> States:
    """Return which columns are states of approval; `columns = []` says that none is."""
    table = faults.table(("states",), data)
    faults.keys(("states",), table, ("columns", "flags", "words"))
    words = faults.table(("states", "words"), table)
    for word, meaning in words.items():
        faults.word(("states", "words", word), meaning, STATES)
    return States(
        columns=faults.texts(("states", "columns"), table) if "columns" in table else None,
        flags=faults.texts(("states", "flags"), table),
        words={word: str(meaning) for word, meaning in words.items()},
    )


def _options(data: dict[str, Any], faults: Faults) -> Mapping[str, str]:
    table = faults.table(("options",), data)
    faults.keys(("options",), table, tuple(OPTIONS))
    texts = {key: faults.text(("options", key), table) for key in table if key in OPTIONS}
    if "decimal" in texts:
        faults.word(("options", "decimal"), texts["decimal"], (".", ","))
    return texts


def _extended(base: Profile, own: Profile) -> Profile:
    """Return a profile on top of another: its names come first, its words count."""
    return replace(
        own,
        hazards=_on_top(base.hazards, own.hazards),
        reports=_on_top(base.reports, own.reports),
        border=_on_top(base.border, own.border),
        admin=_on_top(base.admin, own.admin),
        villages=_on_top(base.villages, own.villages),
        points=_names_on_top(base.points, own.points),
        states=_states_on_top(base.states, own.states),
        options={**base.options, **own.options},
    )


def _states_on_top(base: States, own: States) -> States:
    none = own.columns == ()
    return States(
        columns=base.columns if own.columns is None else own.columns,
        flags=own.flags if none else (*own.flags, *base.flags),
        words=_words_on_top(base.words, own.words),
    )


def _on_top(base: Fields, own: Fields) -> Fields:
    before, now = base.values, own.values  # noqa: PD011  (fields, no frame)
    said = dict.fromkeys((*before, *now))
    return Fields(
        columns=_names_on_top(base.columns, own.columns),
        values={c: _words_on_top(before.get(c, {}), now.get(c, {})) for c in said},
        constants={**base.constants, **own.constants},
        factors={**base.factors, **own.factors},
        sums={**base.sums, **own.sums},
        dates=own.dates or base.dates,
        kept=(*own.kept, *base.kept),
        personal=(*own.personal, *base.personal),
    )


def _words_on_top(base: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    """Return own words before those of the base: the first that means ours is written back."""
    again = {fold(word) for word in own}
    return {**own, **{word: ours for word, ours in base.items() if fold(word) not in again}}


def _names_on_top(base: Names, own: Names) -> Names:
    """Return own names before those of the base, which loses the names that mean another now."""
    again = {fold(name) for known in own.values() for name in known}
    left = {c: tuple(n for n in known if fold(n) not in again) for c, known in base.items()}
    merged = {c: known + left.get(c, ()) if known else () for c, known in own.items()}
    return {**left, **merged}
