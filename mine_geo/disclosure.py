"""What may be shown to everybody: figures by district and commune, and land released for good.

The outline of land that is not released stays restricted. So does each released polygon that
would give it away: land cut from a hazard of which something is left shares its cut edge with
the rest, and even without that edge the gap between released polygons shows where the rest lies.
Names of persons, identifiers of hazards and reports, remarks and days stay restricted too.

Geometry is EPSG:4326 (longitude, latitude in degrees); sizes are whole m².
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.cells import read_days
from mine_geo.errors import CRSError, OptionError, RecordError, some
from mine_geo.geometry import as_geometries, size_m2
from mine_geo.public_settings import USUAL, PublicSettings
from mine_geo.shown_figures import WAITING, Exact, shown
from mine_geo.terms import (
    ADMIN_COLUMNS,
    CRS,
    KINDS,
    OUTCOMES,
    PROVENANCE_COLUMNS,
    TOTAL_COLUMNS,
)
from mine_geo.totals import totals
from mine_geo.withholding import LEAST_CLEARANCE_M, drawn, may_be_shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date


RELEASED_COLUMNS: Final = tuple(f"{outcome}_m2" for outcome in OUTCOMES)

_PLACE: Final = ("province", "province_code", "district", "district_code")
_UNIT: Final = ADMIN_COLUMNS[:-1]
_SIZES: Final = ("size_m2", "near_size_m2", "far_size_m2")


@dataclass(frozen=True, eq=False)
class Disclosed:
    """What `disclose` found fit to be shown; no polygon of land that remains is in it.

    A figure that is left out is null, sizes are rounded: see `public_settings`. `few` says that
    there are fewer hazards than the least count, `suppressed` in words what is left out.
    """

    aggregates: gpd.GeoDataFrame
    """A row a district and kind; geometry: the district as the district table has it, or null."""

    upper: pd.DataFrame
    """The same of each province and of the country (`level`), which no sum of rows gives."""

    upper_yearly: pd.DataFrame
    upper_withheld: pd.DataFrame

    communes: pd.DataFrame
    """A row a commune and kind in districts that have any recorded; commune null: not recorded."""

    yearly: pd.DataFrame
    """All released land by district, kind, year and outcome: `releases`, `released_m2`."""

    released: gpd.GeoDataFrame
    """The released polygons that may be shown."""

    withheld: pd.DataFrame
    """By district, kind and outcome: how many released polygons are not shown, and their m²."""

    settings: PublicSettings
    """The parameters that it was made with."""

    as_of: date | str | None
    """The day of the data as told."""

    latest_survey: pd.Timestamp | None
    """The latest day of survey among the hazards."""

    synthetic: bool
    """Whether any hazard is invented."""

    def of(self, codes: Collection[str], column: str | None) -> Disclosed:
        """Return the part of some units; what is left out is the same as in the whole.

        Parameters
        ----------
        codes
            The codes of provinces or districts.
        column
            `province_code` or `district_code`; None: all.
        """
        if column is None:
            return self
        wanted = frozenset(codes)

        def part(table: Any) -> Any:
            return table[table[column].isin(wanted)].reset_index(drop=True)

        return replace(
            self,
            aggregates=part(self.aggregates),
            communes=part(self.communes),
            yearly=part(self.yearly),
            released=part(self.released),
            withheld=part(self.withheld),
        )

    @property
    def clearance_m(self) -> float:
        """How far released land that is drawn lies from all that remains, metres."""
        return float(self.settings.clearance_m)


def disclose(
    split: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame | None = None,
    released: gpd.GeoDataFrame | None = None,
    *,
    restricted: gpd.GeoDataFrame | None = None,
    clearance_m: float | None = None,
    as_of: date | str | None = None,
    settings: PublicSettings = USUAL,
) -> Disclosed:
    """Reduce a split and its released land to what may be shown to everybody.

    Give all districts and all hazards of the kinds that are shown, and take the part that is wanted
    out of the result: figures left out of one part would come out of another.

    A released polygon is shown if its hazard is wholly released, and every polygon released of
    that hazard lies at least `clearance_m` from every polygon that remains. All others are in
    the figures alone. A polygon whose hazard is not recorded is not shown.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326): the hazards of the figures.
    admin
        Districts, as from `read_admin`; each gets a row, with zeros if need be. Pass those of
        the area that the split covers: a district outside it would show zeros.
    released
        Released land (EPSG:4326), a row a release: `outcome`; `hazard_id`, without which
        nothing is shown; `kind` (else that of a split of one kind); `year` or `happened_on`;
        `released_m2` (else the size of the polygon); the columns of province and district.
    restricted
        Every polygon that remains, of any kind and anywhere: `hazard_id`, geometry and, if
        known, `parent_id`. Needed where `split` holds one kind or one province only: land
        released of one hazard may lie on the edge of another that the split leaves out. The
        polygons of `split` are restricted in any case.
    clearance_m
        Metres, at least 1, instead of those of the settings; measured on the safe side: never
        shown if nearer, and it may be withheld up to 5 % farther away.
    as_of
        The day of the data, handed on.
    settings
        How public outputs are made, as `Store.public_settings` returns it. A split that was made
        otherwise is refused.

    Returns
    -------
    Disclosed
        Tables and polygons that name no hazard, no person, no report and no day of a release.

    Raises
    ------
    RecordError
        If there is neither `admin` nor a column `district`, a district comes twice, a zone,
        an id or an outcome is missing.
    MixedError
        If the split mixes thresholds, rules or borders.
    CRSError
        If polygons are not in EPSG:4326: nearness to them could not be told.
    OptionError
        If `clearance_m` is no number of at least 1, or the split was made with another threshold,
        rule or coast than the settings say.

    Notes
    -----
    What no map with released land on it can hide: that nothing remains where it is drawn, and
    about where something may remain, in gaps between drawn polygons of different hazards, never
    nearer than `clearance_m`. Two publications tell more than one: a polygon that was drawn
    before and is withheld now has something within `clearance_m` of it that was found since, and
    figures of several thresholds, days or rules together narrow down how far from the border the
    hazards of a small commune lie; so there is one set of parameters, and editions are compared
    before they are written (`editions`). Figures of fewer hazards than the least count are left
    out with as many others as that takes (`suppression`), and sizes rounded. That does not hide
    what somebody knows already who holds all hazards of a figure but one, nor that one hazard has
    nearly all the m² of a figure.

    Examples
    --------
    >>> from mine_geo import intake, sample, zones
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> fields = fields[fields["province"] == "Pailin"]
    >>> split = zones.border_split(fields, intake.read_border(sample.path("border")))
    >>> districts = intake.read_admin(sample.path("districts"))
    >>> open_to_all = disclose(split, districts[districts["province"] == "Pailin"])
    >>> open_to_all.aggregates[["district", "hazards", "size_m2", "near_size_m2"]]
        district  hazards   size_m2  near_size_m2
    0     Pailin      252  12975000       9609000
    1  Sala Krau       75   4680000       2822000
    """
    if clearance_m is not None:
        _refuse_clearance(clearance_m)
        settings = replace(settings, clearance_m=float(clearance_m))
    clearance_m = settings.clearance_m
    _refuse(split, admin, released, restricted)
    hazards = _without_geometry(split)
    land = _land(released, hazards["kind"])
    units = _units(admin, hazards, land)
    kinds = _kinds([*hazards["kind"], *land["kind"]])
    public = may_be_shown(land, [split] if restricted is None else [split, restricted], clearance_m)
    exact = Exact(
        aggregates=_aggregates(hazards, None if released is None else land, units, kinds),
        communes=_communes(hazards, units),
        yearly=_added_up(land, units, ["kind", "year", "outcome"]),
        released=_polygons(land[public], units),
        withheld=_added_up(land[~public & drawn(land)], units, ["kind", "outcome"]),
    )
    _refuse_otherwise(exact.aggregates, settings)
    return Disclosed(
        **vars(shown(exact, settings)),
        settings=settings,
        as_of=as_of,
        latest_survey=_latest(split),
        synthetic=bool("synthetic" in split and split["synthetic"].eq(True).any()),
    )


def _refuse(
    split: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame | None,
    released: gpd.GeoDataFrame | None,
    restricted: gpd.GeoDataFrame | None,
) -> None:
    for frame, what in (
        (split, "split"),
        (admin, "districts"),
        (released, "released land"),
        (restricted, "restricted polygons"),
    ):
        if frame is not None and len(frame) and frame.crs != CRS:
            raise CRSError(f"{what}: must be in EPSG:4326; use to_crs(4326) first")
    for frame, what in ((split, "split"), (restricted, "restricted polygons")):
        if frame is not None and "hazard_id" not in frame:
            raise RecordError(f"{what}: no column hazard_id; read them with read_hazards")
    if admin is None and "district" not in split:
        raise RecordError(
            "no districts to add up by: the split has no column district; pass admin=, or set "
            "the district of each hazard (assign_admin proposes it)"
        )
    if released is not None:
        known = released["outcome"].isin(OUTCOMES) if "outcome" in released else [False]
        if not all(known):
            raise RecordError(
                f"released land: each row needs an outcome, one of {', '.join(OUTCOMES)}"
            )


def _refuse_clearance(clearance_m: float) -> None:
    if not (np.isfinite(clearance_m) and clearance_m >= LEAST_CLEARANCE_M):
        raise OptionError(f"clearance_m {clearance_m!r}: give metres, at least 1")


def _refuse_otherwise(figures: pd.DataFrame, settings: PublicSettings) -> None:
    """Refuse figures of another threshold, rule or coast than that of all public outputs."""
    told = [figures[name].dropna() for name in ("threshold_m", "rule", "include_coast")]
    threshold, rule, coast = (None if each.empty else each.iloc[0] for each in told)
    settings.check_told(threshold_m=threshold, rule=rule, include_coast=coast)


def _without_geometry(split: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what the figures are made of: no polygon, no id, no name of a person."""
    wanted = ("kind", *_PLACE, "commune", "zone", *_SIZES, *PROVENANCE_COLUMNS)
    missing = [column for column in ("zone", *_SIZES) if column not in split]
    if missing:
        raise RecordError(f"no {some(missing)} in the split; call border_split first")
    table = pd.DataFrame({c: split.get(c) for c in wanted}, index=split.index)
    waiting = split["in_workbench"].eq(True) if "in_workbench" in split else False
    table = table.astype(dict.fromkeys(("kind", *_PLACE, "commune"), object))
    return table.where(table.notna(), None).assign(**{WAITING: waiting}).reset_index(drop=True)


def _land(released: gpd.GeoDataFrame | None, kinds: pd.Series[Any]) -> pd.DataFrame:
    """Return released land in columns of known names; nothing else of it is used."""
    columns = ("hazard_id", "kind", *_PLACE, "outcome")
    if released is None or not len(released):
        return pd.DataFrame(columns=[*columns, "year", "released_m2", "geometry"]).astype(
            {"year": "Int64", "released_m2": np.int64}
        )
    land = pd.DataFrame({c: _texts(released, c) for c in columns}, dtype=object)
    if "kind" not in released and len(set(kinds)) == 1:
        land["kind"] = kinds.iloc[0]
    if "year" in released:
        years = pd.to_numeric(released["year"])
    elif "happened_on" in released:
        years = read_days(released["happened_on"])[0].dt.year
    else:
        years = pd.Series(np.nan, index=released.index)
    land["year"] = years.astype("Int64").to_numpy()
    own = size_m2(released)
    told = (
        pd.to_numeric(released["released_m2"]).to_numpy(float) if "released_m2" in released else own
    )
    land["released_m2"] = np.rint(np.where(np.isnan(told), own, told)).astype(np.int64)
    land["geometry"] = as_geometries(released)
    return land


def _texts(frame: pd.DataFrame, column: str) -> list[Any]:
    """Return a column as texts, None where there is nothing."""
    if column not in frame:
        return [None] * len(frame)
    return [None if pd.isna(value) else str(value) for value in frame[column]]


def _names(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the names of province and district, spelled in one way."""
    pairs = zip(frame["province"], frame["district"], strict=True)
    return [(str(province).casefold(), str(district).casefold()) for province, district in pairs]


def _key(frame: pd.DataFrame, codes: dict[tuple[str, str], str] | None = None) -> list[str]:
    """Return what tells districts apart: the code, else the names of province and district."""
    named = zip(frame["district_code"], _names(frame), strict=True)
    codes = codes or {}
    return [codes.get(n, "/".join(n)) if pd.isna(code) else str(code) for code, n in named]


def _units(admin: gpd.GeoDataFrame | None, *tables: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return all districts by key, and give the tables their keys.

    Those of the district table, and others that the records name; no other has a polygon.
    """
    columns = [*_UNIT, *(["schematic"] if admin is not None and "schematic" in admin else [])]
    known = pd.DataFrame(columns=[*columns, "geometry"]) if admin is None else admin
    known = pd.DataFrame({c: known.get(c) for c in [*columns, "geometry"]}, dtype=object)
    known["key"] = _key(known)
    if known["key"].duplicated().any():
        twice = known["key"][known["key"].duplicated()]
        raise RecordError(f"district {some(twice)} comes more than once; dissolve its parts")
    codes = dict(zip(_names(known), known["key"], strict=True))
    found = [known]
    for table in tables:
        table["key"] = np.array(_key(table, codes), dtype=object)
        found.append(table[["key", *_PLACE]].sort_values(list(_PLACE)))
    units = pd.concat(found, ignore_index=True).drop_duplicates("key")
    units = units.astype(object).where(units.notna(), None)
    units = units.sort_values(["district_code", "province", "district"], na_position="last")
    khmer = units.groupby("province_code")["province_km"].transform("first")
    units["province_km"] = units["province_km"].where(units["province_km"].notna(), khmer)
    return gpd.GeoDataFrame(units.reset_index(drop=True), geometry="geometry", crs=CRS)


def _kinds(values: Iterable[Any]) -> list[str | None]:
    found = {None if pd.isna(value) else value for value in values}
    known = [kind for kind in KINDS if kind in found]
    rest = sorted(str(kind) for kind in found - set(KINDS) - {None})
    return [*known, *rest, *([None] if None in found or not found else [])]


def _aggregates(
    hazards: pd.DataFrame,
    land: pd.DataFrame | None,
    units: gpd.GeoDataFrame,
    kinds: list[str | None],
) -> gpd.GeoDataFrame:
    """Return a row a district and kind; of no recorded kind only where there is something."""
    grid = units.merge(pd.DataFrame({"kind": pd.Series(kinds, dtype=object)}), how="cross")
    table = _with_figures(grid, hazards, ["key", "kind"])
    counted = [*TOTAL_COLUMNS, WAITING]
    if land is not None:
        for outcome, column in zip(OUTCOMES, RELEASED_COLUMNS, strict=True):
            sums = _sums(land[land["outcome"] == outcome], ["key", "kind"], "released_m2")
            table = table.merge(
                sums.rename(columns={"released_m2": column}), how="left", on=["key", "kind"]
            )
            counted.append(column)
    table[counted] = table[counted].fillna(0).astype(np.int64)
    if len(kinds) > 1:
        table = table[table["kind"].notna() | table[counted].any(axis=1)]
    for column in PROVENANCE_COLUMNS:
        told = hazards[column].dropna()
        table[column] = told.iloc[0] if len(told) else None
    plain = [*_UNIT, "kind", *counted, *PROVENANCE_COLUMNS]
    plain += ["schematic"] if "schematic" in units else []
    return gpd.GeoDataFrame(
        table[[*plain, "geometry"]].reset_index(drop=True), geometry="geometry", crs=CRS
    )


def _with_figures(rows: pd.DataFrame, hazards: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return rows with the figures of the hazards that they name."""
    figures = totals(hazards, by).astype(dict.fromkeys(by, object))
    figures = figures.merge(_sums(hazards, by, WAITING), on=by)
    return rows.merge(figures, how="left", on=by, validate="one_to_one")


def _sums(frame: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    sums = frame.groupby(by, dropna=False)[column].sum().reset_index()
    return sums.astype(dict.fromkeys(by, object))


def _communes(hazards: pd.DataFrame, units: gpd.GeoDataFrame) -> pd.DataFrame:
    by = ["key", "commune", "kind"]
    with_any = hazards["key"][hazards["commune"].notna()]
    some_recorded = hazards[hazards["key"].isin(with_any)]
    rows = some_recorded[by].drop_duplicates().merge(_named(units), on="key")
    table = _with_figures(rows, some_recorded, by)
    table = table.sort_values(["district_code", "district", "commune", "kind"], na_position="last")
    columns = [*_UNIT, "commune", "kind", *TOTAL_COLUMNS, WAITING]
    return (
        table[columns]
        .astype(dict.fromkeys((*TOTAL_COLUMNS, WAITING), np.int64))
        .reset_index(drop=True)
    )


def _named(units: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(units[["key", *_UNIT]])


def _added_up(land: pd.DataFrame, units: gpd.GeoDataFrame, by: list[str]) -> pd.DataFrame:
    """Return how many releases there are, and their m², by district and the columns given."""
    groups = land.groupby(["key", *by], dropna=False)["released_m2"]
    table = groups.agg(releases="size", released_m2="sum").reset_index()
    table = table.merge(_named(units), on="key")
    table = table.sort_values(["district_code", "province", "district", *by], na_position="last")
    return table[[*_UNIT, *by, "releases", "released_m2"]].reset_index(drop=True)


def _polygons(land: pd.DataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return polygons in an order that says nothing of when they were recorded."""
    table = land[["key", "outcome", "kind", "year", "released_m2", "geometry"]]
    table = table.merge(_named(units)[["key", *_PLACE]], on="key")
    table["order"] = shapely.to_wkb(as_geometries(table["geometry"].to_numpy(dtype=object)))
    table = table.sort_values([*_PLACE, "kind", "outcome", "year", "order"], na_position="last")
    columns = ["outcome", "kind", "year", "released_m2", *_PLACE, "geometry"]
    return gpd.GeoDataFrame(table[columns].reset_index(drop=True), geometry="geometry", crs=CRS)


def _latest(split: gpd.GeoDataFrame) -> pd.Timestamp | None:
    days = read_days(split["surveyed_on"])[0] if "surveyed_on" in split else pd.Series([pd.NaT])
    return None if days.isna().all() else days.max()
