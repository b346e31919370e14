"""What a page is about: the whole country, a province or a district, and its rows.

What a page of an atlas says of other pages: where it stands, its neighbours, its units.
Addresses are relative to the page. Sizes are whole m².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from mine_geo.errors import OptionError, UnknownNameError, some
from mine_geo.geo import admin_names
from mine_geo.geo.hazards import without_unit
from mine_geo.maps.provenance import first
from mine_geo.words import Said

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True)
class Subject:
    """A page's rows and the district polygons (EPSG:4326) of the unit that it shows."""

    level: str
    """`national`, `province` or `district`."""

    name: str
    """Name as recorded; empty on a national page."""

    name_km: str
    """The Khmer name, empty where no district table gives it."""

    within: str
    """The province of a district, else empty."""

    within_km: str
    """The Khmer name of that province, else empty."""

    hazards: gpd.GeoDataFrame
    units: gpd.GeoDataFrame | None

    others: gpd.GeoDataFrame | None = None
    """The rows of the split that another unit is recorded for; None on a national page."""

    unplaced: gpd.GeoDataFrame | None = None
    """Those that no such unit is recorded for: they may lie in this one. None as above."""

    beyond: bool = False
    """Whether the split knows of hazards in other provinces, and so what lies around the unit."""

    @property
    def said(self) -> Said:
        """The name in both languages."""
        return Said(self.name, self.name_km or self.name)

    @property
    def said_within(self) -> Said:
        """The province of a district in both languages."""
        return Said(self.within, self.within_km or self.within)


@dataclass(frozen=True)
class Choice:
    """The rows of a named unit, and its names as recorded, else as the table has them."""

    hazards: gpd.GeoDataFrame
    rest: gpd.GeoDataFrame
    """The rows of the other units, and of none."""

    units: gpd.GeoDataFrame | None
    name: str
    name_km: str


def _matches(frame: pd.DataFrame, name_column: str, name: str) -> pd.Series:
    """Return which rows bear the name, or the code, in the pair of columns."""
    wanted = name.strip().casefold()
    found = pd.Series(False, index=frame.index)
    for column in (name_column, f"{name_column}_code"):
        if column in frame.columns:
            recorded = frame[column].astype("string").str.strip().str.casefold()
            found |= recorded.eq(wanted).fillna(False)
    return found


def _text(frame: pd.DataFrame | None, column: str) -> str:
    """Return the first value of a column as text, empty where there is none."""
    value = first(frame, column)
    return "" if value is None else str(value)


def _valid_names(frames: list[pd.DataFrame], column: str) -> list[str]:
    names: set[str] = set()
    for frame in frames:
        if column in frame.columns:
            names.update(str(name) for name in frame[column].dropna().unique())
    return sorted(names)


def _table_unit(column: str, name: str, within: str | None) -> admin_names.Unit | None:
    """Return the unit that the table of names knows under this spelling, or None."""
    try:
        if column == "province":
            return admin_names.province(name)
        return admin_names.district(name, within)
    except UnknownNameError:
        return None


def _choose(
    split: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame | None,
    column: str,
    name: str,
    within: str | None = None,
) -> Choice:
    """Find the rows of both frames that belong to the named province or district.

    A name or code recorded in the frames comes first, then the table of Cambodia's names.
    """
    frames = [split] if admin is None else [split, admin]
    hits = [_matches(frame, column, name) for frame in frames]
    coded = [f"{column}_code" in frame.columns for frame in frames]
    codes: set[Any] = set()
    for frame, hit, has_code in zip(frames, hits, coded, strict=True):
        if has_code:
            codes.update(frame.loc[hit, f"{column}_code"].dropna())
    known = _table_unit(column, name, within)
    if not any(hit.any() for hit in hits):
        if known is None:
            valid = some(_valid_names(frames, column), 250) or "none in these frames"
            raise UnknownNameError(f"{column} {name!r} is unknown; valid: {valid}")
        codes = {known.code}
    masks = [
        hit | frame[f"{column}_code"].isin(codes) if has_code else hit
        for frame, hit, has_code in zip(frames, hits, coded, strict=True)
    ]
    chosen = [frame[mask] for frame, mask in zip(frames, masks, strict=True)]
    units = chosen[1] if admin is not None else None
    recorded = _text(units, column) or _text(chosen[0], column)
    shown = recorded or (known.name if known else name)
    # The table's Khmer name only for what bears the table's own name.
    same = known is not None and known.name.casefold() == shown.casefold()
    khmer = _text(units, f"{column}_km") or (known.name_km if known and same else "")
    return Choice(chosen[0], split[~masks[0]], units, shown, khmer)


def whole(split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame | None) -> Subject:
    """Return the subject of a national page."""
    return Subject("national", "", "", "", "", split, admin)


def province(split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame | None, name: str) -> Subject:
    """Return the subject of a province page.

    Raises
    ------
    UnknownNameError
        If neither frame knows the province; the message lists the valid ones.
    """
    found = _choose(split, admin, "province", name)
    nowhere = without_unit(found.rest, "province")
    return Subject(
        "province",
        found.name,
        found.name_km,
        "",
        "",
        found.hazards,
        found.units,
        others=found.rest[~nowhere],
        unplaced=found.rest[nowhere],
        beyond=not nowhere.all(),
    )


def district(
    split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame | None, within: str, name: str
) -> Subject:
    """Return the subject of a district page: a district of the province `within`.

    Raises
    ------
    UnknownNameError
        If neither frame knows the province, or the district in it.
    """
    outer = province(split, admin, within)
    found = _choose(outer.hazards, outer.units, "district", name, outer.name)
    nowhere = without_unit(found.rest, "district")
    return Subject(
        "district",
        found.name,
        found.name_km,
        outer.name,
        outer.name_km,
        found.hazards,
        found.units,
        others=_together(outer.others, found.rest[~nowhere]),
        unplaced=_together(outer.unplaced, found.rest[nowhere]),
        beyond=outer.beyond,
    )


def chosen(
    split: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame | None,
    province_name: str | None,
    district_name: str | None = None,
) -> Subject:
    """Return the country, a province or a district, as far as one is named.

    Raises
    ------
    OptionError
        If a district is named without its province.
    UnknownNameError
        If the province, or the district in it, is unknown; the message lists the valid ones.
    """
    if province_name is None:
        if district_name is not None:
            raise OptionError(f"district {district_name!r}: name its province too (province=...)")
        return whole(split, admin)
    if district_name is None:
        return province(split, admin, province_name)
    return district(split, admin, province_name, district_name)


def _together(one: gpd.GeoDataFrame | None, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows of two slices of one split."""
    return other if one is None or not len(one) else pd.concat([one, other]) if len(other) else one


def bounds_of(*layers: gpd.GeoDataFrame | None) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north in degrees of the first layer that has any extent."""
    for layer in layers:
        if layer is not None and len(layer):
            box = shapely.total_bounds(layer.geometry.to_numpy())
            if not pd.isna(box).any():
                return (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    return None


@dataclass(frozen=True)
class Link:
    """A page by its name and its address."""

    text: Said
    href: str


@dataclass(frozen=True)
class Nav:
    """The way from the index to a page, and where to go from it."""

    trail: tuple[Link, ...]
    """The pages above, the index first."""

    here: Said
    """The page itself."""

    previous: Link | None = None
    following: Link | None = None
    more: tuple[Link, ...] = ()


@dataclass(frozen=True)
class UnitRow:
    """A province, district or commune with its figures; `href` is None without a page."""

    name: Said
    href: str | None
    figures: tuple[int | Said, ...]
    """Hazards and m² near, far, and together; words where a figure is not shown."""


@dataclass(frozen=True)
class UnitTable:
    """The units of a page for one kind of hazard; the rows add up to the total."""

    caption: Said
    level: str
    """`province`, `district`, or `commune` on a page for everybody."""

    rows: tuple[UnitRow, ...]
    total: tuple[int | Said, ...]
