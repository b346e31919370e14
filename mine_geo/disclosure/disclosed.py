"""What may be shown to everybody: figures by district and commune, and land released for good.

The outline of land that is not released stays restricted. So does each released polygon that
would give it away: land cut from a hazard of which something is left shares its cut edge with
the rest, and even without that edge the gap between released polygons shows where the rest lies.
Names of persons, identifiers of hazards and reports, remarks and days stay restricted too.

No text of a record is handed on: units have the names of the loaded layers, kinds and outcomes
are ours. Figures are those of accepted records.

Geometry is EPSG:4326 (longitude, latitude in degrees); sizes are whole m².
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.disclosure.figures import WAITING, Exact, shown
from mine_geo.disclosure.settings import USUAL, PublicSettings
from mine_geo.disclosure.withholding import LEAST_CLEARANCE_M, drawn, may_be_shown
from mine_geo.errors import OptionError, RecordError, some
from mine_geo.geo.cells import read_days
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import as_geometries, size_m2
from mine_geo.tables.totals import totals
from mine_geo.terms import ADMIN_COLUMNS, CRS, KINDS, OUTCOMES, PROVENANCE_COLUMNS, TOTAL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from mine_geo.terms import Group


RELEASED_COLUMNS: Final = tuple(f"{outcome}_m2" for outcome in OUTCOMES)

_PLACE: Final = ("province", "province_code", "district", "district_code")
_UNIT: Final = ADMIN_COLUMNS[:-1]
_COMMUNE: Final = ("commune", "commune_code")
_SIZES: Final = ("size_m2", "near_size_m2", "far_size_m2")
_NOWHERE: Final = "\n"
"""The key of what is in no province of the layer; no code or name of a unit."""
_IN_PROVINCE: Final = "\nprovince "
"""What begins the key of a province, for what is in none of its districts."""


@dataclass(frozen=True, eq=False)
class Disclosed:
    """What `disclose` found fit to be shown; no polygon of land that remains is in it.

    A figure that is left out is null, sizes are rounded: see `public_settings`. `few` says that
    there are fewer hazards than the least count, `suppressed` in words what is left out.
    """

    aggregates: gpd.GeoDataFrame
    """A row a district and kind; geometry: the district as the district table has it, or null.

    What records no district that the table knows stands in rows without one: of its province, if
    the table knows that, else without province."""

    upper: pd.DataFrame
    """The same of each province and of the country (`level`), which no sum of rows gives."""

    upper_yearly: pd.DataFrame
    upper_withheld: pd.DataFrame

    communes: pd.DataFrame
    """A row a commune and kind in districts where any is recorded; commune null: not recorded, or
    none that a layer of communes names."""

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

    synthetic: bool
    """Whether any hazard is invented."""

    @property
    def clearance_m(self) -> float:
        """How far released land that is drawn lies from all that remains, metres."""
        return float(self.settings.clearance_m)

    def within(self, units: pd.DataFrame) -> Disclosed:
        """Return what is of some units only: those of rows of `aggregates`.

        Examples
        --------
        >>> from mine_geo import intake
        >>> from mine_geo.geo import sample
        >>> from mine_geo.split import zones
        >>> fields = intake.read_hazards(sample.path("minefields"))
        >>> fields = fields[fields["province"] == "Pailin"]
        >>> split = zones.border_split(fields, intake.read_border(sample.path("border")))
        >>> whole = disclose(split, intake.read_admin(sample.path("districts")), restricted=split)
        >>> rows = whole.aggregates
        >>> whole.within(rows[rows["district"] == "Sala Krau"]).aggregates["district_code"].tolist()
        ['2402']
        """
        wanted = set(_places_of(units))
        tables = {}
        for name in ("aggregates", "communes", "yearly", "released", "withheld"):
            table = getattr(self, name)
            # an array: an empty list would choose columns
            mine = np.array([place in wanted for place in _places_of(table)], dtype=bool)
            tables[name] = table[mine].reset_index(drop=True)
        return replace(self, **tables)


def required(restricted: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return what is restricted; nothing is public without it.

    Raises
    ------
    OptionError
        If it is None.
    """
    if restricted is None:
        raise OptionError(
            "what is public needs restricted=: every polygon that remains, of all kinds and "
            "everywhere, and every one that waits to be accepted (Store.restricted() returns "
            "them, and Store.layers(public=True) has them; an empty frame with a column hazard_id "
            "says that nothing remains)"
        )
    return restricted


def _places_of(table: pd.DataFrame) -> list[tuple[str, ...]]:
    texts = [table[column].astype(object).where(table[column].notna(), "") for column in _PLACE]
    return list(zip(*texts, strict=True))


def disclose(
    split: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame | None = None,
    released: gpd.GeoDataFrame | None = None,
    *,
    restricted: gpd.GeoDataFrame | None,
    communes: pd.DataFrame | None = None,
    clearance_m: float | None = None,
    as_of: date | str | None = None,
    settings: PublicSettings = USUAL,
) -> Disclosed:
    """Reduce a split and its released land to what may be shown to everybody.

    Give all districts and all hazards of the kinds that are shown, and take the part that is wanted
    out of the result (`Disclosed.within`): figures left out of one part would come out of another.

    A released polygon is shown if its hazard is wholly released, and all its kin (what it was
    divided into or merged with, over generations), and the convex hull of all land released of
    them lies at least `clearance_m` from every polygon that remains or waits. All others are in
    the figures alone. A polygon whose hazard is not recorded is not shown.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326): the hazards of the figures. Those that are
        `in_workbench` are restricted like all others, and in no figure.
    admin
        Districts, as from `read_admin`; each gets a row, with zeros if need be. Pass those of
        the area that the split covers: a district outside it would show zeros. A hazard belongs
        to one by its code, or, where it records none, by the names of province and district. No
        other name is printed: the rest is counted as not recorded, all of it without `admin`.
    released
        Released land (EPSG:4326), a row a release: `outcome`; `hazard_id`, without which
        nothing is shown; `kind` (else that of a split of one kind); `year` or `happened_on`;
        `released_m2` (else the size of the polygon); the columns of province and district.
    restricted
        Every polygon that remains, of any kind and anywhere, and every one that waits to be
        accepted (EPSG:4326), as `Store.restricted` gives them: `hazard_id`, geometry (missing
        where something remains and nobody knows where) and, as far as they are known,
        `parent_id`, `kin`, `remains`, see `withholding.may_be_shown`. `split` may hold one kind
        or province only, but land released of one hazard may lie on the edge of any other. An
        empty frame says that nothing remains anywhere. The polygons of `split` are restricted in
        any case.
    communes
        A layer of communes: `district_code`, `commune` and, if known, `commune_code`. A commune
        that it does not name is counted as not recorded; all are without it.
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
        Tables and polygons that name no hazard, no person, no report and no day of a survey or
        release, and hold no text of a record.

    Raises
    ------
    RecordError
        If a district comes twice, a zone, an id or an outcome is missing, or hazards name parents
        of which nothing else is known.
    MixedError
        If the split mixes thresholds, rules or borders.
    CRSError
        If polygons are not in EPSG:4326: nearness to them could not be told.
    OptionError
        If `restricted` is None, `clearance_m` no number of at least 1, or the split was made with
        another threshold, rule or coast than the settings say.

    Notes
    -----
    What no map with released land on it can hide:

    - That nothing remains where it is drawn, nor within its convex hull; and about where
      something may remain, in gaps between drawn polygons of different hazards, never nearer than
      `clearance_m`.
    - That something may be near land which is in the figures and not drawn: of a small unit
      where all but one of the releases are drawn, the last one's m² are known.
    - What is not in the register: land that nobody surveyed; a record that waits without a
      polygon and without the id of a hazard withholds nothing, for nobody knows what of. Land
      left out by an amendment and found again counts as kin if the store holds the amendment;
      frames must say it in a column `kin`.
    - Two publications tell more than one: a polygon that was drawn before and is withheld now has
      something within `clearance_m` of its hull that was found since, and figures of several
      thresholds, days or rules together narrow down how far from the border the hazards of a
      small commune lie. So there is one set of parameters, and editions are compared before they
      are written (`editions`).
    - Figures of fewer hazards than the least count are left out with as many others as that takes
      (`withholding`), and sizes rounded. That does not hide what somebody knows already who holds
      all hazards of a figure but one, nor that one hazard has nearly all the m² of a figure.
    - The difference of figures with and without what waits, where both get out.

    Examples
    --------
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split import zones
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> districts = intake.read_admin(sample.path("districts"))
    >>> border = intake.read_border(sample.path("border"))
    >>> pailin = fields[fields["province"] == "Pailin"]
    >>> open_to_all = disclose(
    ...     zones.border_split(pailin, border),
    ...     districts[districts["province"] == "Pailin"],
    ...     restricted=fields,
    ... )
    >>> open_to_all.aggregates[["district", "hazards", "size_m2", "near_size_m2"]]
        district  hazards   size_m2  near_size_m2
    0     Pailin      207  10767000       7838000
    1  Sala Krau       60   3793000       2264000
    """
    restricted = required(restricted)
    if clearance_m is not None:
        _refuse_clearance(clearance_m)
        settings = replace(settings, clearance_m=float(clearance_m))
    clearance_m, waiting_count = settings.clearance_m, settings.tell_waiting
    _refuse(split, admin, released, restricted)
    every = _without_geometry(split)
    land = _land(released, every["kind"])
    units = _units(admin, every, land)
    waits = every[WAITING].to_numpy(dtype=bool)
    hazards, waiting = every[~waits], every[waits] if waiting_count else None
    kinds = _kinds([*(every if waiting_count else hazards)["kind"], *land["kind"]])
    public = may_be_shown(land, [split, restricted], clearance_m)
    exact = Exact(
        aggregates=_aggregates(hazards, None if released is None else land, units, kinds, waiting),
        communes=_communes(hazards, units, communes),
        yearly=_added_up(land, units, ["kind", "year", "outcome"]),
        released=_polygons(land[public], units),
        withheld=_added_up(land[~public & drawn(land)], units, ["kind", "outcome"]),
    )
    _refuse_otherwise(exact.aggregates, settings)
    return Disclosed(
        **vars(shown(exact, settings)),
        settings=settings,
        as_of=as_of,
        synthetic=bool("synthetic" in split and split["synthetic"].eq(True).any()),
    )


def _refuse(
    split: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame | None,
    released: gpd.GeoDataFrame | None,
    restricted: gpd.GeoDataFrame,
) -> None:
    for frame, what in (
        (split, "split"),
        (admin, "districts"),
        (released, "released land"),
        (restricted, "restricted polygons"),
    ):
        if frame is not None and len(frame):
            require_lonlat(frame, what)
    for frame, what in ((split, "split"), (restricted, "restricted polygons")):
        if "hazard_id" not in frame:
            raise RecordError(f"{what}: no column hazard_id; read them with read_hazards")
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
    settings.check_told(
        threshold_m=threshold, rule=rule, include_coast=None if coast is None else bool(coast)
    )


def _without_geometry(split: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what the figures are made of: no polygon, no id, no name of a person."""
    wanted = ("kind", *_PLACE, *_COMMUNE, "zone", *_SIZES, *PROVENANCE_COLUMNS)
    missing = [column for column in ("zone", *_SIZES) if column not in split]
    if missing:
        raise RecordError(f"no {some(missing)} in the split; call border_split first")
    texts = {c: _texts(split, c) for c in (*_PLACE, *_COMMUNE)}
    table = pd.DataFrame({c: split.get(c) for c in wanted}, index=split.index)
    waiting = split["in_workbench"].eq(True) if "in_workbench" in split else False
    table = table.assign(**texts, kind=_known_kinds(split)).astype(dict.fromkeys(texts, object))
    return table.where(table.notna(), None).assign(**{WAITING: waiting}).reset_index(drop=True)


def _known_kinds(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return the kinds that are ours; whatever else a record says is none."""
    kinds = [kind if kind in KINDS else None for kind in _texts(frame, "kind")]
    return pd.Series(kinds, index=frame.index, dtype=object)


def _land(released: gpd.GeoDataFrame | None, kinds: pd.Series[Any]) -> pd.DataFrame:
    """Return released land in columns of known names; nothing else of it is used."""
    columns = ("hazard_id", "kind", *_PLACE, "outcome")
    if released is None or not len(released):
        return pd.DataFrame(columns=[*columns, "year", "released_m2", "geometry"]).astype(
            {"year": "Int64", "released_m2": np.int64}
        )
    land = pd.DataFrame({c: _texts(released, c) for c in columns}, dtype=object)
    land["kind"] = _known_kinds(land)
    if "kind" not in released and len(set(kinds)) == 1:
        land["kind"] = kinds.iloc[0]
    if "parent_id" in released:
        land["parent_id"] = pd.Series(_texts(released, "parent_id"), dtype=object)
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


class _Layer:
    """The districts of the loaded layer, and to which of them, if any, a record belongs."""

    def __init__(self, admin: gpd.GeoDataFrame | None) -> None:
        more = ["schematic"] if admin is not None and "schematic" in admin else []
        columns = [*_UNIT, *more, "geometry"]
        known = pd.DataFrame(columns=columns) if admin is None else admin
        known = pd.DataFrame({c: known.get(c) for c in columns}, dtype=object)
        names = _names(known)
        coded = list(zip(known["district_code"], names, strict=True))
        known["key"] = ["/".join(name) if pd.isna(code) else str(code) for code, name in coded]
        if known["key"].duplicated().any():
            twice = known["key"][known["key"].duplicated()]
            raise RecordError(f"district {some(twice)} comes more than once; dissolve its parts")
        self.units = known
        self._keys = {str(code): str(code) for code, _ in coded if not pd.isna(code)}
        self._named: dict[tuple[str, str], str | None] = {}
        for name, key in zip(names, known["key"], strict=True):
            self._named[name] = None if name in self._named else key
        self._provinces: dict[str, str] = {}
        for code, name in zip(known["province_code"], known["province"], strict=True):
            key = _IN_PROVINCE + (str(name).casefold() if pd.isna(code) else str(code))
            if not pd.isna(code):
                self._provinces.setdefault(str(code).casefold(), key)
            self._provinces.setdefault(str(name).casefold(), key)

    def keys_of(self, table: pd.DataFrame) -> list[str]:
        """Return the key of each record's district, else of its province, else of nowhere.

        A code decides alone: a name beside an unknown code may be that of another unit.
        """
        places = zip(*(table[column] for column in _PLACE), _names(table), strict=True)
        return [self._key(*place) for place in places]

    def _key(
        self,
        province: str | None,
        province_code: str | None,
        district: str | None,
        district_code: str | None,
        names: tuple[str, str],
    ) -> str:
        if district_code is not None and not pd.isna(district_code):
            found = self._keys.get(str(district_code))
        else:
            found = None if district is None else self._named.get(names)
        if found is not None:
            return found
        told = province_code if province_code is not None else province
        return self._provinces.get("" if told is None else str(told).casefold(), _NOWHERE)

    def beyond(self, keys: set[str]) -> pd.DataFrame:
        """Return rows for what is in no district of the layer, named as far as the layer goes."""
        known = self.units[["province", "province_code", "province_km"]]
        of = [
            self._provinces[str(name if pd.isna(code) else code).casefold()]
            for name, code in zip(known["province"], known["province_code"], strict=True)
        ]
        found = known.assign(key=of).drop_duplicates("key")
        found = found[found["key"].isin(keys)]
        nowhere = pd.DataFrame({"key": [_NOWHERE]}) if _NOWHERE in keys else None
        return found if nowhere is None else pd.concat([found, nowhere], ignore_index=True)


def _units(admin: gpd.GeoDataFrame | None, *tables: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return all units by key, and give the tables their keys.

    Those of the district table; and what records no such district, which has no polygon.
    """
    layer = _Layer(admin)
    beyond: set[str] = set()
    for table in tables:
        keys = layer.keys_of(table)
        table["key"] = np.array(keys, dtype=object)
        beyond.update(keys)
    units = pd.concat([layer.units.assign(listed=True), layer.beyond(beyond)], ignore_index=True)
    units = units.astype(object).where(units.notna(), None)
    units["listed"] = units["listed"].eq(True)
    units = units.sort_values(["district_code", "province", "district"], na_position="last")
    khmer = units.groupby("province_code")["province_km"].transform("first")
    units["province_km"] = units["province_km"].where(units["province_km"].notna(), khmer)
    return gpd.GeoDataFrame(units.reset_index(drop=True), geometry="geometry", crs=CRS)


def _kinds(values: Iterable[Any]) -> list[str | None]:
    found = {None if pd.isna(value) else value for value in values}
    known = [kind for kind in KINDS if kind in found]
    return [*known, *([None] if None in found or not found else [])]


def _aggregates(
    hazards: pd.DataFrame,
    land: pd.DataFrame | None,
    units: gpd.GeoDataFrame,
    kinds: list[str | None],
    waiting: pd.DataFrame | None,
) -> gpd.GeoDataFrame:
    """Return a row a district and kind.

    Of no recorded kind, or outside of all districts, only where there is something.
    """
    grid = units.merge(pd.DataFrame({"kind": pd.Series(kinds, dtype=object)}), how="cross")
    table = _with_figures(grid, hazards, ["key", "kind"])
    counted = [*TOTAL_COLUMNS]
    if waiting is not None:
        waits = _sums(waiting, ["key", "kind"], WAITING)
        table = table.merge(waits, how="left", on=["key", "kind"])
        counted.append(WAITING)
    if land is not None:
        for outcome, column in zip(OUTCOMES, RELEASED_COLUMNS, strict=True):
            sums = _sums(land[land["outcome"] == outcome], ["key", "kind"], "released_m2")
            table = table.merge(
                sums.rename(columns={"released_m2": column}), how="left", on=["key", "kind"]
            )
            counted.append(column)
    table[counted] = table[counted].fillna(0).astype(np.int64)
    always = table["listed"] & (table["kind"].notna() if len(kinds) > 1 else True)
    table = table[always | table[counted].any(axis=1)]
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
    # Columns of these rows, that no reader of a public file sees: a unit by its key.
    figures = totals(hazards, cast("list[Group]", by)).astype(dict.fromkeys(by, object))
    return rows.merge(figures, how="left", on=by, validate="one_to_one")


def _sums(frame: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    sums = frame.groupby(by, dropna=False)[column].sum().reset_index()
    return sums.astype(dict.fromkeys(by, object))


def _communes(
    hazards: pd.DataFrame, units: gpd.GeoDataFrame, layer: pd.DataFrame | None
) -> pd.DataFrame:
    """Return figures by commune, in districts where any is recorded; named by the layer alone."""
    with_any = hazards["key"][hazards[list(_COMMUNE)].notna().any(axis=1)]
    recorded = hazards[hazards["key"].isin(with_any)]
    recorded = recorded.assign(commune=_commune_names(recorded, layer))
    by = ["key", "commune", "kind"]
    rows = recorded[by].drop_duplicates().merge(_named(units), on="key")
    table = _with_figures(rows, recorded, by)
    table = table.sort_values(["district_code", "district", "commune", "kind"], na_position="last")
    columns = [*_UNIT, "commune", "kind", *TOTAL_COLUMNS]
    return table[columns].astype(dict.fromkeys(TOTAL_COLUMNS, np.int64)).reset_index(drop=True)


def _commune_names(hazards: pd.DataFrame, layer: pd.DataFrame | None) -> pd.Series[Any]:
    """Return what the layer calls the commune of each hazard, by its code, else by its name."""
    names: dict[tuple[str, str], str] = {}
    if layer is not None:
        codes = _texts(layer, "commune_code")
        places = zip(layer["district_code"], layer["commune"], codes, strict=True)
        for district, commune, code in places:
            names[str(district), str(commune).casefold()] = str(commune)
            if code is not None:
                names[str(district), code] = str(commune)
    told = zip(hazards["key"], hazards["commune"], hazards["commune_code"], strict=True)
    found = [
        None
        if pd.isna(each := name if pd.isna(code) else code)
        else names.get((key, str(each).casefold()))
        for key, name, code in told
    ]
    return pd.Series(found, index=hazards.index, dtype=object)


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
