"""Hazards and released land as the page carries them: outlines, symbols and popup columns.

Symbols follow IMAS Technical Note 07.11/01 (land release symbology): the fill says SHA or CHA,
the outline says the status. A null `area_type` is its own symbol (a paler red), never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.maps import packing
from mine_geo.terms import NEIGHBOUR_NAMES, STATUSES, ZONES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

KIND_NAMES: Final = {
    "ap_minefield": "AP minefields",
    "av_minefield": "AV minefields",
    "cluster_munition": "Cluster munition areas",
    "other_erw": "Other ERW areas",
}
OUTCOME_NAMES: Final = {"cancelled": "Cancelled", "reduced": "Reduced", "cleared": "Cleared"}

HAZARD_FIELDS: Final = (
    ("hazard_id", "Hazard", "text"),
    ("kind", "Kind", "text"),
    ("also", "Also", "text"),
    ("area_type", "Area type", "text"),
    ("status", "Status", "text"),
    ("in_workbench", "Register", "text"),
    ("zone", "Zone", "text"),
    ("border_distance_m", "Border distance", "metres"),
    ("neighbour", "Nearest neighbour", "text"),
    ("size_m2", "Size", "m2"),
    ("near_size_m2", "Size near", "m2"),
    ("far_size_m2", "Size far", "m2"),
    ("outside_m2", "Outside the country", "m2"),
    ("reported_size_m2", "Reported size", "m2"),
    ("province", "Province", "text"),
    ("district", "District", "text"),
    ("commune", "Commune", "text"),
    ("village", "Village", "text"),
    ("difficulty", "Difficulty", "text"),
    ("operator", "Operator", "text"),
    ("surveyed_on", "Surveyed on", "day"),
)
"""Column, name in the popup, and how it is written; other columns of a file stay out."""

RELEASE_FIELDS: Final = (
    ("hazard_id", "Hazard", "text"),
    ("outcome", "Outcome", "text"),
    ("happened_on", "Day", "day"),
    ("size_m2", "Size", "m2"),
    ("released_m2", "Released", "m2"),
    ("operator", "Operator", "text"),
    ("report_ref", "Report", "text"),
)


@dataclass(frozen=True)
class Group:
    """Rows that are switched on and off together, with their exact totals in whole m²."""

    key: str
    kind: str
    label: str
    hazards: int
    size_m2: int


def _code_of(values: pd.Series, known: tuple[str, ...], other: str) -> np.ndarray[Any, Any]:
    """Return each value when it is known, else `other`."""
    texts = values.astype("string").fillna(other).to_numpy(dtype=object)
    return np.where(np.isin(texts, known), texts, other)


def _kinds(hazards: pd.DataFrame) -> pd.Series:
    """Return the kinds, empty where the frame has none."""
    if "kind" not in hazards.columns:
        return pd.Series("", index=hazards.index, dtype=object)
    return hazards["kind"].astype(object).where(hazards["kind"].notna(), "")


def groups(hazards: pd.DataFrame) -> list[Group]:
    """Return near and far of each kind: counts by the rule's zone, m² by near and far size.

    Kinds are never added up. A page without hazards has one near and one far group of nothing.
    """
    kinds = _kinds(hazards)
    found = []
    for kind in sorted(kinds.unique()) or [""]:
        rows = hazards[kinds == kind]
        for zone in ZONES:
            label = KIND_NAMES.get(kind, kind or "Hazards")
            found.append(
                Group(
                    key=f"{kind or 'hazards'}-{zone}",
                    kind=label,
                    label=zone,
                    hazards=int((rows["zone"] == zone).sum()),
                    size_m2=int(rows[f"{zone}_size_m2"].sum()),
                )
            )
    return found


def _shown(hazards: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose codes are written out for reading."""
    shown = pd.DataFrame(hazards.drop(columns=hazards.geometry.name))
    singular = {kind: name.removesuffix("s") for kind, name in KIND_NAMES.items()}
    words: dict[str, Mapping[Any, str]] = {
        "kind": singular,
        "neighbour": NEIGHBOUR_NAMES,
        "status": {"worked_on": "worked on"},
        "in_workbench": {True: "in the workbench, not yet accepted", False: "accepted"},
    }
    for column, names in words.items():
        if column in shown.columns:
            values = shown[column].astype(object)
            shown[column] = [names.get(value, value) for value in values]
    return shown


def _column(values: pd.Series, how: str) -> dict[str, Any]:
    """Pack one column as its kind wants it; border distances in whole decimetres, cut off."""
    if how == "day":
        return {"rows": packing.pack_days(values)}
    if how == "metres":
        return {"rows": packing.pack_numbers(np.floor(values * 10 + 1e-6))}
    if how == "m2":
        return {"rows": packing.pack_numbers(values)}
    return packing.pack_texts(values)


def _columns(frame: pd.DataFrame, fields: tuple[tuple[str, str, str], ...]) -> list[dict[str, Any]]:
    """Pack the columns that hold anything, in the order of the popup."""
    packed = []
    for name, label, how in fields:
        if name in frame.columns and frame[name].notna().any():
            column = {"name": name, "label": label, "as": how}
            packed.append(column | _column(frame[name], how))
    return packed


def _classes(values: np.ndarray[Any, Any]) -> tuple[list[str], str]:
    """Return the different values in order and which of them each row has, packed."""
    codes, names = pd.factorize(values, sort=True)
    return [str(name) for name in names], packing.pack(codes)


def hazard_layer(hazards: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the hazards of a page: outlines, the group and symbol of each row, popup columns."""
    empty = pd.Series(None, index=hazards.index, dtype=object)
    fill = _code_of(hazards.get("area_type", empty), ("SHA", "CHA"), "unknown")
    outline = _code_of(hazards.get("status", empty), STATUSES, "open")
    kinds = _kinds(hazards).to_numpy(dtype=object)
    pairs = zip(kinds, hazards["zone"], strict=True)
    keys = [f"{kind or 'hazards'}-{zone}" for kind, zone in pairs]
    group_names, group_rows = _classes(np.asarray(keys, dtype=object))
    symbols = [f"{one} {other}" for one, other in zip(fill, outline, strict=True)]
    symbol_names, symbol_rows = _classes(np.asarray(symbols, dtype=object))
    shown = _shown(hazards)
    if "rule" in hazards.columns and not (hazards["rule"] == "area").any():
        shown = shown.drop(columns=["near_size_m2", "far_size_m2"])
    return {
        "name": "hazards",
        "rows": len(hazards),
        "polygons": packing.pack_polygons(hazards.geometry.to_numpy()),
        "groups": group_names,
        "group": group_rows,
        "symbols": symbol_names,
        "symbol": symbol_rows,
        "columns": _columns(shown, HAZARD_FIELDS),
    }


def release_layer(releases: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return released land, one group an outcome."""
    outcome = _code_of(releases["outcome"], tuple(OUTCOME_NAMES), "cleared")
    names, rows = _classes(outcome)
    shown = pd.DataFrame(releases.drop(columns=releases.geometry.name))
    return {
        "name": "releases",
        "rows": len(releases),
        "polygons": packing.pack_polygons(releases.geometry.to_numpy()),
        "groups": [f"released-{name}" for name in names],
        "group": rows,
        "symbols": names,
        "symbol": rows,
        "columns": _columns(shown, RELEASE_FIELDS),
    }


def ranked(hazards: pd.DataFrame, first: str) -> np.ndarray[Any, Any]:
    """Return row positions in the order of the list: zone, then border distance, then id.

    Examples
    --------
    >>> rows = pd.DataFrame({"zone": ["near", "far", "far"], "hazard_id": ["A", "B", "C"],
    ...                      "border_distance_m": [10.0, 9000.0, 7000.0]})
    >>> ranked(rows, "far").tolist(), ranked(rows, "near").tolist()
    ([2, 1, 0], [0, 2, 1])
    """
    order = pd.DataFrame(
        {
            "zone": (hazards["zone"] != first).to_numpy(),
            "metres": hazards["border_distance_m"].to_numpy(dtype=float),
            "id": hazards["hazard_id"].astype(str).to_numpy(),
        }
    )
    return np.asarray(order.sort_values(["zone", "metres", "id"]).index, dtype=np.int64)
