"""Hazards and released land as the page carries them: outlines, symbols and popup columns.

Symbols follow IMAS Technical Note 07.11/01 (land release symbology): the fill says SHA or CHA,
the outline says the status. A null `area_type` is its own symbol (purple), never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.cells import read_days
from mine_geo.maps import packing
from mine_geo.maps.words import Said, same, say
from mine_geo.terms import (
    AREA_TYPES,
    DIFFICULTIES,
    KINDS,
    NEIGHBOURS,
    OUTCOMES,
    STATUSES,
    ZONES,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

OWN: Final = "hazards"
OTHERS: Final = "others"
UNPLACED: Final = "unplaced"
OTHERS_RELEASED: Final = "others_released"
"""The layers of a page: hazards of its unit, of other units and of none; others' released land."""

PALE: Final = "pale"
"""The last word of the symbols of others."""

HAZARD_FIELDS: Final = (
    ("hazard_id", "text"),
    ("kind", "text"),
    ("also", "text"),
    ("area_type", "text"),
    ("status", "text"),
    ("in_workbench", "text"),
    ("zone", "text"),
    ("border_distance_m", "metres"),
    ("neighbour", "text"),
    ("size_m2", "m2"),
    ("near_size_m2", "m2"),
    ("far_size_m2", "m2"),
    ("outside_m2", "m2"),
    ("reported_size_m2", "m2"),
    ("province", "text"),
    ("district", "text"),
    ("commune", "text"),
    ("village", "text"),
    ("difficulty", "text"),
    ("operator", "text"),
    ("surveyed_on", "day"),
)
"""Column, and how it is written; its name is the word `field.<column>`. Others stay out."""

RELEASE_FIELDS: Final = (
    ("hazard_id", "text"),
    ("outcome", "text"),
    ("happened_on", "day"),
    ("size_m2", "m2"),
    ("released_m2", "m2"),
    ("reported_size_m2", "m2"),
    ("operator", "text"),
    ("report_ref", "text"),
)

CODES: Final[dict[str, dict[Any, str]]] = {
    "kind": {kind: f"kind_one.{kind}" for kind in KINDS},
    "neighbour": {code: f"country.{code}" for code in NEIGHBOURS},
    "status": {status: f"status.{status}" for status in STATUSES},
    "zone": {zone: f"zone.{zone}" for zone in ZONES},
    "difficulty": {level: f"difficulty.{level}" for level in DIFFICULTIES},
    "outcome": {outcome: f"outcome.{outcome}" for outcome in OUTCOMES},
    "in_workbench": {True: "register.waiting", False: "register.accepted"},
}
"""The word of each code, by column; what is no code is shown as it is."""


@dataclass(frozen=True)
class Group:
    """Rows that are switched on and off together, with their totals in whole m².

    On a page for everybody words stand where a figure is not shown.
    """

    key: str
    kind: Said
    zone: str
    hazards: int | Said
    size_m2: int | Said
    whole: tuple[int | Said, int | Said] | None = None
    """Near and far of the kind together, where that is not their sum: rounded, or not shown."""


def together(groups: Iterable[Group]) -> tuple[int | Said, int | Said]:
    """Return hazards and m² of all groups; the words where one of them is not shown."""
    hazards: list[int | Said] = []
    sizes: list[int | Said] = []
    ours = list(groups)
    for kind in dict.fromkeys(each.kind for each in ours):
        mine = [each for each in ours if each.kind == kind]
        whole = mine[0].whole
        if whole is None:
            whole = _sum(each.hazards for each in mine), _sum(each.size_m2 for each in mine)
        hazards.append(whole[0])
        sizes.append(whole[1])
    return _sum(hazards), _sum(sizes)


def _sum(figures: Iterable[int | Said]) -> int | Said:
    total = 0
    for each in figures:
        if isinstance(each, Said):
            return each
        total += each
    return total


def code_of(values: pd.Series, known: tuple[str, ...], other: str) -> np.ndarray[Any, Any]:
    """Return each value when it is known, else `other`."""
    texts = values.astype("string").fillna(other).to_numpy(dtype=object)
    return np.where(np.isin(texts, known), texts, other)


def kinds_of(hazards: pd.DataFrame) -> pd.Series:
    """Return the kinds, empty where the frame has none."""
    if "kind" not in hazards.columns:
        return pd.Series("", index=hazards.index, dtype=object)
    return hazards["kind"].astype(object).where(hazards["kind"].notna(), "")


def kind_name(kind: str) -> Said:
    """Return the plural of a kind, or what a file calls it."""
    if kind in KINDS:
        return say(f"kind.{kind}")
    return same(kind) if kind else say("kind.several")


def groups(hazards: pd.DataFrame) -> list[Group]:
    """Return near and far of each kind: counts by the rule's zone, m² by near and far size.

    Kinds are never added up. A page without hazards has one near and one far group of nothing.
    """
    kinds = kinds_of(hazards)
    return [
        Group(
            key=f"{kind or 'hazards'}-{zone}",
            kind=kind_name(kind),
            zone=zone,
            hazards=int((rows["zone"] == zone).sum()),
            size_m2=int(rows[f"{zone}_size_m2"].sum()),
        )
        for kind in sorted(kinds.unique()) or [""]
        for rows in [hazards[kinds == kind]]
        for zone in ZONES
    ]


def _said(values: pd.Series, names: Mapping[Any, str]) -> list[Said | None]:
    """Return each value in both languages: the word of its code, else the value itself."""
    known = {code: say(key) for code, key in names.items()}
    texts = values.astype(object)
    return [
        None if missing else known.get(value, same(str(value)))
        for value, missing in zip(texts, pd.isna(texts), strict=True)
    ]


def unit_words(admin: pd.DataFrame | None) -> dict[str, dict[Any, Said]]:
    """Return the names of provinces and districts in both languages, by code."""
    found: dict[str, dict[Any, Said]] = {}
    for level in ("province", "district"):
        columns = [f"{level}_code", level, f"{level}_km"]
        if admin is not None and set(columns) <= set(admin.columns):
            rows = admin[columns].dropna().drop_duplicates(f"{level}_code")
            found[level] = {
                code: Said(str(name), str(khmer)) for code, name, khmer in rows.to_numpy()
            }
    return found


def _unit_said(frame: pd.DataFrame, level: str, names: Mapping[Any, Said]) -> list[Said | None]:
    """Return recorded names, with the Khmer one where the code is known under that name."""
    recorded = _said(frame[level], {})
    codes = frame.get(f"{level}_code", pd.Series(None, index=frame.index, dtype=object))
    said: list[Said | None] = []
    for name, code in zip(recorded, codes, strict=True):
        known = names.get(code)
        said.append(known if name is not None and known and known.en == name.en else name)
    return said


def _column(values: pd.Series, how: str) -> dict[str, Any]:
    """Pack one column as its kind wants it; border distances in whole decimetres, cut off."""
    if how == "day":
        return {"rows": packing.pack_days(values)}
    if how == "metres":
        return {"rows": packing.pack_numbers(np.floor(values * 10 + 1e-6))}
    return {"rows": packing.pack_numbers(values)}


def texts(said: list[Said | None]) -> dict[str, Any]:
    """Pack texts in both languages; the Khmer words only where one differs."""
    codes, words = pd.factorize(np.asarray([*said, None], dtype=object), use_na_sentinel=True)
    english, khmer = [word.en for word in words], [word.km for word in words]
    packed: dict[str, Any] = {"words": packing.pack_words(english)}
    if len(words) < len(said) or not len(said):
        packed["rows"] = packing.pack(codes[:-1] + 1)
    return packed if khmer == english else packed | {"words_km": packing.pack_words(khmer)}


def _columns(
    frame: pd.DataFrame,
    fields: tuple[tuple[str, str], ...],
    units: Mapping[str, Mapping[Any, Said]],
) -> list[dict[str, Any]]:
    """Pack the columns that hold anything, in the order of the popup."""
    packed = []
    for name, how in fields:
        if name not in frame.columns or not frame[name].notna().any():
            continue
        if how != "text":
            content = _column(frame[name], how)
        elif name in units:
            content = texts(_unit_said(frame, name, units[name]))
        else:
            content = texts(_said(frame[name], CODES.get(name, {})))
        packed.append({"name": name, "as": how} | content)
    return packed


def _classes(values: np.ndarray[Any, Any]) -> tuple[list[str], str]:
    """Return the different values in order and which of them each row has, packed."""
    codes, names = pd.factorize(values, sort=True)
    return [str(name) for name in names], packing.pack(codes)


def _facets(*facets: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the groups of rows that are switched together: each has a key in every facet.

    A row is shown while all its keys are on.
    """
    table = pd.DataFrame(dict(enumerate(facets)))
    numbers = table.groupby(list(table.columns), sort=True).ngroup().to_numpy()
    firsts = table.assign(group=numbers).drop_duplicates("group").sort_values("group")
    keys = firsts[list(table.columns)].astype(str).to_numpy().tolist()
    return {"groups": keys, "group": packing.pack(numbers)}


def _prefixed(prefix: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray([f"{prefix}-{value}" for value in values], dtype=object)


def several_kinds(*frames: pd.DataFrame) -> bool:
    """Say whether hazards of several kinds are drawn, which are then told apart by hatching."""
    return len({kind for frame in frames for kind in kinds_of(frame)}) > 1


def hazard_layer(
    hazards: gpd.GeoDataFrame,
    units: Mapping[str, Mapping[Any, Said]],
    name: str = OWN,
    *,
    several: bool | None = None,
) -> dict[str, Any]:
    """Return the hazards of a page: outlines, the group and symbol of each row, popup columns.

    The keys of a group: kind and zone, `area_type-...`, `status-...`, and where there are several
    kinds `kind-...`; then the symbol says the kind too. Those that are not the unit's own, under
    another `name`, have that name as a further key; the `others` are paler.
    """
    several = several_kinds(hazards) if several is None else several
    empty = pd.Series(None, index=hazards.index, dtype=object)
    fill = code_of(hazards.get("area_type", empty), AREA_TYPES, "unknown")
    outline = code_of(hazards.get("status", empty), STATUSES, "open")
    kinds = kinds_of(hazards).to_numpy(dtype=object)
    pairs = zip(kinds, hazards["zone"], strict=True)
    keys = np.asarray([f"{kind or 'hazards'}-{zone}" for kind, zone in pairs], dtype=object)
    symbols = np.asarray([" ".join(pair) for pair in zip(fill, outline, strict=True)], dtype=object)
    facets = [keys, _prefixed("area_type", fill), _prefixed("status", outline)]
    if several:
        known = code_of(kinds_of(hazards), KINDS, "")
        symbols = np.asarray(
            [f"{name} {kind}".strip() for name, kind in zip(symbols, known, strict=True)],
            dtype=object,
        )
        facets.append(_prefixed("kind", np.where(known == "", "other", known)))
    if name != OWN:
        facets.append(np.full(len(hazards), name, dtype=object))
    symbol_names, symbol_rows = _classes(_paler(symbols) if name == OTHERS else symbols)
    shown = pd.DataFrame(hazards.drop(columns=hazards.geometry.name))
    if "rule" in hazards.columns and not (hazards["rule"] == "area").any():
        shown = shown.drop(columns=["near_size_m2", "far_size_m2"])
    return {
        "name": name,
        "rows": len(hazards),
        "polygons": packing.pack_polygons(hazards.geometry.to_numpy()),
        "symbols": symbol_names,
        "symbol": symbol_rows,
        "columns": _columns(shown, HAZARD_FIELDS, units),
    } | _facets(*facets)


def _years(releases: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return the year of each release, `undated` where there is none."""
    if "year" in releases:
        years = releases["year"]
    elif "happened_on" in releases:
        years = read_days(releases["happened_on"])[0].dt.year
    else:
        years = pd.Series(np.nan, index=releases.index)
    known = years.astype("Int64").astype("string").fillna("undated")
    return np.asarray(known, dtype=object)


def _paler(symbols: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray([f"{symbol} {PALE}" for symbol in symbols], dtype=object)


def release_layer(
    releases: gpd.GeoDataFrame,
    fields: tuple[tuple[str, str], ...] = RELEASE_FIELDS,
    *,
    others: bool = False,
) -> dict[str, Any]:
    """Return released land; the keys of a group: `released-<outcome>`, `year-<year>`.

    Land whose outcome is none of ours is `released`: never said to be cleared. That of `others`
    is paler, and switched with their hazards.
    """
    outcome = code_of(releases["outcome"], OUTCOMES, "released")
    names, rows = _classes(_paler(outcome) if others else outcome)
    facets = [_prefixed("released", outcome), _prefixed("year", _years(releases))]
    if others:
        facets.append(np.full(len(releases), OTHERS, dtype=object))
    shown = pd.DataFrame(releases.drop(columns=releases.geometry.name))
    return {
        "name": OTHERS_RELEASED if others else "releases",
        "rows": len(releases),
        "polygons": packing.pack_polygons(releases.geometry.to_numpy()),
        "symbols": names,
        "symbol": rows,
        "columns": _columns(shown, fields, {}),
    } | _facets(*facets)
