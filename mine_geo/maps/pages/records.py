"""Hazards and released land as the page carries them: outlines, symbols and popup columns.

Symbols follow IMAS Technical Note 07.11/01 (land release symbology): the fill says SHA or CHA,
the outline says the status. A null `area_type` is its own symbol (purple), never a guess.

The ranked list of a border-zone page: which hazard comes first, and what the page is told.
The running totals and the years under a yearly capacity are worked out on the page, where the
planner sets the capacity (`assets/capacity.js`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, RecordError, choose, some
from mine_geo.geo.cells import read_days
from mine_geo.maps import grouping, packing
from mine_geo.maps.grouping import (
    OTHERS,
    OTHERS_RELEASED,
    OWN,
    PALE,
    classes_of,
    code_of,
    kinds_of,
    several_kinds,
    texts,
)
from mine_geo.terms import DIFFICULTIES, KINDS, NEIGHBOURS, OUTCOMES, STATUSES, ZONES
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.terms import Kind

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


def _said(values: pd.Series, names: Mapping[Any, str]) -> list[Said | None]:
    """Return each value in both languages: the word of its code, else the value itself."""
    known = {code: say(key) for code, key in names.items()}
    texts = values.astype(object)
    return [
        None if missing else known.get(value, same(str(value)))
        for value, missing in zip(texts, pd.isna(texts), strict=True)
    ]


def _unit_said(frame: pd.DataFrame, level: str, names: Mapping[Any, Said]) -> list[Said | None]:
    """Return recorded names, with the Khmer one where the code is known under that name."""
    recorded = _said(frame[level], {})
    codes = frame.get(f"{level}_code", pd.Series(None, index=frame.index, dtype=object))
    said: list[Said | None] = []
    for name, code in zip(recorded, codes, strict=True):
        known = names.get(code)
        said.append(known if name is not None and known and known.en == name.en else name)
    return said


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
        if how == "day":
            content: dict[str, Any] = {"rows": packing.pack_days(frame[name])}
        elif how == "metres":  # whole decimetres, cut off: 6,999.99 m stays below 7,000
            content = {"rows": packing.pack_numbers(np.floor(frame[name] * 10 + 1e-6))}
        elif how != "text":
            content = {"rows": packing.pack_numbers(frame[name])}
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
    fill, outline = classes_of(hazards)
    kinds = kinds_of(hazards).to_numpy(dtype=object)
    pairs = zip(kinds, hazards["zone"], strict=True)
    keys = np.asarray([f"{kind or 'hazards'}-{zone}" for kind, zone in pairs], dtype=object)
    symbols = np.asarray([" ".join(pair) for pair in zip(fill, outline, strict=True)], dtype=object)
    facets = [keys, _prefixed("area_type", fill), _prefixed("status", outline)]
    if several:
        known = code_of(hazards, "kind", KINDS, "")
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
    outcome = code_of(releases, "outcome", OUTCOMES, "released")
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


ORDERED_KIND: Final = "ap_minefield"
"""The kind that the Executive Order of 4 January 2022 is about: listed unless another is told."""
RANK: Final = "priority_rank"
"""The column of recorded ranks: 1 comes first, null last."""
MOST_M2: Final = 2**53
"""Up to here a page counts exactly."""


def ranks(hazards: pd.DataFrame) -> pd.Series | None:
    """Return the recorded ranks (Int64, null where there is none); None without the column.

    Raises
    ------
    RecordError
        If a rank is no whole number from 1.

    Examples
    --------
    >>> ranks(pd.DataFrame({"hazard_id": ["A", "B"], "priority_rank": [2.0, None]})).tolist()
    [2, <NA>]
    """
    if RANK not in hazards.columns:
        return None
    numbers = pd.to_numeric(hazards[RANK], errors="coerce")
    wrong = hazards[RANK].notna() & ~((numbers >= 1) & (numbers % 1 == 0) & (numbers < MOST_M2))
    if wrong.any():
        raise RecordError(
            f"{RANK} is no whole number from 1 for hazards {some(hazards['hazard_id'][wrong])}; "
            "correct it, or leave it out"
        )
    return numbers.astype("Int64")


def ranked(hazards: pd.DataFrame, first: str) -> NDArray[np.int64]:
    """Return row positions in the order of the list.

    By `priority_rank` where the frame has it (1 first, null last); then by zone, then border
    distance, then id.

    Parameters
    ----------
    hazards
        Rows of a split.
    first
        The zone that comes first, "far" or "near".

    Examples
    --------
    >>> rows = pd.DataFrame({"zone": ["near", "far", "far"], "hazard_id": ["A", "B", "C"],
    ...                      "border_distance_m": [10.0, 9000.0, 7000.0]})
    >>> ranked(rows, "far").tolist(), ranked(rows, "near").tolist()
    ([2, 1, 0], [0, 2, 1])
    >>> ranked(rows.assign(priority_rank=[2, None, 1]), "far").tolist()
    [2, 0, 1]
    """
    recorded = ranks(hazards)
    order = pd.DataFrame(
        {
            "rank": 0.0 if recorded is None else recorded.to_numpy(dtype=float, na_value=np.inf),
            "zone": (hazards["zone"] != first).to_numpy(),
            "metres": hazards["border_distance_m"].to_numpy(dtype=float),
            "id": hazards["hazard_id"].astype(str).to_numpy(),
        },
        index=range(len(hazards)),
    )
    keys = ["rank", "zone", "metres", "id"]
    return np.asarray(order.sort_values(keys).index, dtype=np.int64)


def kind_of(kind: Kind | None, asked: Kind | None) -> Kind:
    """Return the one kind of a list: as told, else as the split was asked for, else AP minefields.

    Raises
    ------
    OptionError
        If it is no kind.

    Examples
    --------
    >>> kind_of(None, None), kind_of(None, "other_erw")
    ('ap_minefield', 'other_erw')
    """
    return choose(kind or asked or ORDERED_KIND, KINDS, "kind")


def listed(hazards: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Return the rows that the list of a kind takes; kinds are never ranked together.

    Raises
    ------
    RecordError
        If there are hazards and none of them records its kind: the list would say that there is
        nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"hazard_id": ["A", "B", "C"],
    ...                      "kind": ["ap_minefield", "cluster_munition", None]})
    >>> listed(rows, "ap_minefield")["hazard_id"].tolist()
    ['A']
    """
    kinds = grouping.kinds_of(hazards)
    if len(hazards) and (kinds == "").all():
        raise RecordError(
            f"no hazard here records its kind ({some(hazards['hazard_id'])}), and a list of "
            "priorities is of one kind; read them with kind=..., as read_hazards(file, "
            f'kind="{kind}")'
        )
    return hazards[kinds == kind]


def order_said(hazards: pd.DataFrame, first: str, kind: str) -> Said:
    """Return in words which kind is listed, by what it is ordered, and how many others are not.

    Parameters
    ----------
    hazards
        All rows of the unit, of any kind.
    first
        The zone that comes first, "far" or "near".
    kind
        The kind that is listed.

    Examples
    --------
    >>> rows = pd.DataFrame({"hazard_id": ["A", "B", "C"],
    ...                      "kind": ["ap_minefield", "cluster_munition", None]})
    >>> print(order_said(rows, "near", "ap_minefield").en)
    AP minefields. Near the border first, then by border distance. Not in this list: Cluster \
munition areas: 1; kind not recorded: 1.
    """
    kinds = grouping.kinds_of(hazards)
    ours = hazards[kinds == kind]
    by_rank = RANK in ours.columns and ours[RANK].notna().any()
    order = say(f"order.priority_{first}" if by_rank else f"order.{first}")
    told = say("list.of_kind", what=grouping.kind_name(kind), order=order)
    counts = kinds[kinds != kind].value_counts().sort_index(ascending=False)
    others = [
        say("list.other", what=grouping.kind_name(str(name)) if name else say("list.no_kind"),
            count=f"{count:,}")
        for name, count in counts.items()
    ]  # fmt: skip
    if not others:
        return told
    joined = Said("; ".join(each.en for each in others), "; ".join(each.km for each in others))
    return say("list.left_out", told=told, others=joined)


def list_data(
    hazards: pd.DataFrame, first: str = "far", capacity_m2: float | None = None
) -> dict[str, Any]:
    """Return what the page's script is told of the list.

    Parameters
    ----------
    hazards
        Rows of a split.
    first
        The zone that comes first, "far" or "near".
    capacity_m2
        The yearly capacity that the page starts with, whole m²; the planner may change it there.

    Returns
    -------
    dict
        `order`: packed row positions; `ranks`: packed recorded ranks in that order, only where
        any is recorded; `capacity_m2`, only where given; `synthetic`, only where any hazard is
        invented: the list as CSV says so too.

    Raises
    ------
    OptionError
        If `first` is no zone, or the capacity no whole number from 1 to 2^53.
    RecordError
        If a rank is no whole number from 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"zone": ["near", "far"], "hazard_id": ["A", "B"],
    ...                      "border_distance_m": [10.0, 9000.0]})
    >>> list_data(rows, capacity_m2=5_000_000)
    {'order': 'BA', 'capacity_m2': 5000000}
    """
    choose(first, ZONES, "first")
    order = ranked(hazards, first)
    told: dict[str, Any] = {"order": packing.pack(order)}
    recorded = ranks(hazards)
    if recorded is not None and recorded.notna().any():
        told["ranks"] = packing.pack_numbers(recorded.iloc[order].astype("Float64"))
    if capacity_m2 is not None:
        told["capacity_m2"] = _capacity(capacity_m2)
    if "synthetic" in hazards and hazards["synthetic"].eq(True).any():
        told["synthetic"] = True
    return told


def _capacity(capacity_m2: float) -> int:
    whole = isinstance(capacity_m2, (int, float, np.integer)) and capacity_m2 == capacity_m2 // 1
    if not (whole and 1 <= capacity_m2 < MOST_M2):
        raise OptionError(
            f"capacity_m2 {capacity_m2!r} is no yearly capacity; give whole m², from 1, like "
            "5_000_000"
        )
    return int(capacity_m2)
