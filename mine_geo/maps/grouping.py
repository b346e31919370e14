"""Hazards of a map by kind and unit: how they are grouped, and what each group is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.maps import packing
from mine_geo.terms import AREA_TYPES, KINDS, STATUSES, ZONES
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from collections.abc import Iterable


OWN: Final = "hazards"
OTHERS: Final = "others"
UNPLACED: Final = "unplaced"
OTHERS_RELEASED: Final = "others_released"
"""The layers of a page: hazards of its unit, of other units and of none; others' released land."""

PALE: Final = "pale"
"""The last word of the symbols of others."""


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


def code_of(
    frame: pd.DataFrame, column: str, known: tuple[str, ...], other: str
) -> np.ndarray[Any, Any]:
    """Return each value of a column when it is known, else `other`; so too without the column.

    Examples
    --------
    >>> code_of(pd.DataFrame({"status": ["open", "odd", None]}), "status", ("open",), "?").tolist()
    ['open', '?', '?']
    """
    if column not in frame.columns:
        return np.full(len(frame), other, dtype=object)
    texts = frame[column].astype("string").fillna(other).to_numpy(dtype=object)
    return np.where(np.isin(texts, known), texts, other)


def classes_of(hazards: pd.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the names of each hazard's fill (by area type) and outline (by status).

    What is not recorded is never guessed as a type, and is open as a status.
    """
    fills = code_of(hazards, "area_type", AREA_TYPES, "unknown")
    return fills, code_of(hazards, "status", STATUSES, "open")


def kind_of_rows(hazards: pd.DataFrame) -> pd.Series:
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
    kinds = kind_of_rows(hazards)
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


def several_kinds(*frames: pd.DataFrame) -> bool:
    """Say whether hazards of several kinds are drawn, which are then told apart by hatching."""
    return len({kind for frame in frames for kind in kind_of_rows(frame)}) > 1


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


def texts(said: list[Said | None]) -> dict[str, Any]:
    """Pack texts in both languages; the Khmer words only where one differs."""
    codes, words = pd.factorize(np.asarray([*said, None], dtype=object), use_na_sentinel=True)
    english, khmer = [word.en for word in words], [word.km for word in words]
    packed: dict[str, Any] = {"words": packing.pack_words(english)}
    if len(words) < len(said) or not len(said):
        packed["rows"] = packing.pack(codes[:-1] + 1)
    return packed if khmer == english else packed | {"words_km": packing.pack_words(khmer)}


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
