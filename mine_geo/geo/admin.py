"""Districts and provinces: their polygons from official files, and which one a hazard is in.

Polygons are in EPSG:4326 (longitude, latitude). Names and codes are those of `admin_names`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import (
    GeometryError,
    OptionError,
    RecordError,
    UnknownNameError,
    choose,
    some,
)
from mine_geo.geo import admin_names
from mine_geo.geo.admin_names import district, province
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import (
    as_geometries,
    exact_size_m2,
    find_faults,
    to_multipolygons,
    without_empty,
)
from mine_geo.terms import ADMIN_COLUMNS, CRS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Objects = NDArray[np.object_]


__all__ = ["assign_admin", "district", "province", "provinces", "to_admin"]

COLUMNS: Final = {
    "district_code": ("district_code", "adm2_pcode"),
    "district": ("district", "adm2_name", "adm2_en", "shapename"),
    "province_code": ("province_code", "adm1_pcode"),
    "province": ("province", "adm1_name", "adm1_en"),
}
"""Where tables keep names and codes: ours, COD-AB (now and before 2024), geoBoundaries. A profile
can name others, see `intake.read_admin`."""

_KHANS: Final = frozenset({"1210", "1211", "1212"})
"""Districts of Phnom Penh whose codes lists give in different orders: there the name counts."""

_TOUCH_DEGREES: Final = 1e-4
_TIE_M2: Final = 1e-4


def to_admin(frame: gpd.GeoDataFrame, columns: Mapping[str, str] | None = None) -> gpd.GeoDataFrame:
    """Return district polygons in the canonical columns, one row a district, by code.

    Names and codes become those of `admin_names`. Where the file has no codes, a district is
    found by its name (and province); one whose name two provinces have by the province that it
    touches in the same file.

    Parameters
    ----------
    frame
        Polygons in EPSG:4326 with a column of district codes (`district_code`, `adm2_pcode`:
        0102, KH0102) or of district names (`district`, `adm2_name`, `ADM2_EN`, `shapeName`),
        best with one of provinces.
    columns
        Which column of the frame is our `district_code`, `district`, `province_code`,
        `province`, where they have other names; then only those that are named count.

    Returns
    -------
    geopandas.GeoDataFrame
        `province`, `province_code`, `province_km`, `district`, `district_code`, `district_km`,
        `geometry` (MultiPolygon), then `repaired` (bool: the ring was invalid and was mended by
        GEOS's `make_valid`, polygons kept), then the file's other columns.

    Raises
    ------
    CRSError
        If the frame is not in EPSG:4326.
    GeometryError
        If a geometry is missing, empty, not a polygon, or cannot be repaired.
    RecordError
        If there is no column of districts, a code and a name contradict each other, or a
        district comes twice.
    UnknownNameError
        If a name is not in the table of names, or its province cannot be told.

    Examples
    --------
    >>> square = shapely.box(102.9, 12.5, 103.0, 12.6)
    >>> cod = gpd.GeoDataFrame({"adm2_pcode": ["KH0209"]}, geometry=[square], crs=4326)
    >>> to_admin(cod)[["province", "district", "district_code", "repaired"]].values.tolist()
    [['Battambang', 'Samlout', '0209', False]]
    """
    require_lonlat(frame, "districts")
    if frame.empty:
        raise GeometryError("no district polygon in it; choose a layer that holds districts")
    found = _find_columns(frame) if columns is None else _named(frame, columns)
    geometries, repaired = _repair(frame)
    codes = _codes(frame, found, geometries)
    names = [_names(code, frame, found, place) for place, code in enumerate(codes)]
    canonical = pd.DataFrame(names, columns=list(ADMIN_COLUMNS[:-1]), dtype=object)
    _check_once(canonical["district_code"])
    taken = {*ADMIN_COLUMNS, "repaired", frame.geometry.name}
    extras = frame[[c for c in frame.columns if c not in taken]].reset_index(drop=True)
    if "repaired" in frame:
        repaired |= frame["repaired"].fillna(value=False).to_numpy(dtype=bool)
    table = canonical.assign(geometry=geometries, repaired=repaired).join(extras)
    ordered = table.sort_values("district_code", ignore_index=True)
    return gpd.GeoDataFrame(ordered, geometry="geometry", crs=CRS)


def _find_columns(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Return which column of the file holds each of our four."""
    folded = {str(column).casefold(): str(column) for column in frame.columns}
    found = {
        ours: next(folded[name] for name in names if name in folded)
        for ours, names in COLUMNS.items()
        if any(name in folded for name in names)
    }
    return _with_districts(frame, found)


def _named(frame: gpd.GeoDataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that the caller names."""
    for ours, theirs in columns.items():
        choose(ours, tuple(COLUMNS), "column")
        if theirs not in frame:
            raise OptionError(f"no column {theirs!r}; it has: {some(frame.columns, 20)}")
    return _with_districts(frame, dict(columns))


def _with_districts(frame: gpd.GeoDataFrame, found: dict[str, str]) -> dict[str, str]:
    """Return the columns, if one of districts is among them."""
    if not {"district", "district_code"} & set(found):
        valid = some([name for key in ("district_code", "district") for name in COLUMNS[key]], 12)
        raise RecordError(
            f"no column of districts; rename one to one of: {valid}, or say which it is (it has: "
            f"{some(frame.columns, 12)})"
        )
    return found


def _repair(frame: gpd.GeoDataFrame) -> tuple[Objects, NDArray[np.bool_]]:
    """Return multipolygons, invalid rings mended and empty parts left out, and which these are."""
    geometries, emptied = without_empty(frame)
    geometries = geometries.copy()
    faults = find_faults(geometries, np.arange(len(geometries)))
    hopeless = faults[faults["fault"] != "ring"]
    if len(hopeless):
        first = hopeless.iloc[0]
        raise GeometryError(
            f"record {first['id'] + 1}: {first['message']} ({len(hopeless)} such); "
            "districts must be polygons"
        )
    broken = np.zeros(len(geometries), dtype=bool)
    broken[faults["id"].to_numpy(dtype=int)] = True
    mended = shapely.make_valid(geometries[broken], method="structure", keep_collapsed=False)
    geometries[broken] = mended
    lost = np.flatnonzero(shapely.is_empty(geometries))
    if len(lost):
        raise GeometryError(f"record {some(lost + 1)}: invalid ring without an area; draw it again")
    return to_multipolygons(geometries), broken | emptied


def _codes(frame: gpd.GeoDataFrame, found: dict[str, str], geometries: Objects) -> list[str]:
    """Return the district code of each row: from its code, else from its name."""
    if "district_code" in found:
        codes = [_read_code(value) for value in frame[found["district_code"]]]
        if "district" in found:
            texts = frame[found["district"]].astype(object).where(frame[found["district"]].notna())
            codes = [_agreed(code, name) for code, name in zip(codes, texts, strict=True)]
        return codes
    key = found.get("province_code") or found.get("province")
    inside = frame[key].tolist() if key else [None] * len(frame)
    names = frame[found["district"]].astype(str).tolist()
    candidates = [
        admin_names.districts_named(name, within)
        for name, within in zip(names, inside, strict=True)
    ]
    unknown = [name for name, codes in zip(names, candidates, strict=True) if not codes]
    if unknown:
        try:
            admin_names.district_code(unknown[0])
        except UnknownNameError as error:
            raise UnknownNameError(f"{len(unknown)} names not found, the first: {error}") from error
        raise UnknownNameError(f"{some(unknown)}: no such district in the province given there")
    return _by_place(candidates, names, geometries)


def _read_code(value: object) -> str:
    """Return a district code; one that is newer than the table passes if its province is known."""
    try:
        return admin_names.district_code(value)
    except UnknownNameError:
        digits = str(value).strip().upper().removeprefix("KH")
        if len(digits) != 4 or not digits.isdecimal():
            raise RecordError(
                f"district code {value!r} is not one of the national gazetteer (0102, KH0102)"
            ) from None
        admin_names.province_code(digits[:2])
        return digits


def _agreed(code: str, name: object) -> str:
    """Return the code, if the name does not belong to another district of that province."""
    named = admin_names.districts_named(str(name), code[:2]) if name is not None else ()
    if not named or code in named:
        return code
    if {code, *named} <= _KHANS:
        return named[0]
    unit = admin_names.district(named[0])
    if code in admin_names.newer_codes(named[0]):
        return code
    raise RecordError(
        f"district code {code} has the name {name!r}, which is {unit.name} ({unit.code}); "
        "correct the one or the other"
    )


def _by_place(
    candidates: list[tuple[str, ...]], names: list[str], geometries: Objects
) -> list[str]:
    """Choose between districts of one name: the one of whose province a known one is beside it."""
    sure = np.array([len(codes) == 1 for codes in candidates])
    beside = shapely.STRtree(geometries[sure])
    known = [codes[0][:2] for codes in candidates if len(codes) == 1]
    chosen = []
    for name, codes, geometry in zip(names, candidates, geometries, strict=True):
        near = beside.query(geometry, predicate="dwithin", distance=_TOUCH_DEGREES)
        around = {known[place] for place in near}
        fits = [code for code in codes if code[:2] in around] if len(codes) > 1 else list(codes)
        if len(fits) != 1:
            listed = some(f"{c} in {admin_names.province_name(c[:2])}" for c in codes)
            raise UnknownNameError(
                f"district {name!r} may be {listed}, and its neighbours in the file do not tell; "
                "add a column province"
            )
        chosen.append(fits[0])
    return chosen


def _names(
    code: str, frame: gpd.GeoDataFrame, found: dict[str, str], place: int
) -> tuple[str, str, str, str, str, str | None]:
    above = admin_names.province(code[:2])
    try:
        unit = admin_names.district(code)
        names: tuple[str, str | None] = (unit.name, unit.name_km)
    except UnknownNameError:
        written = frame[found["district"]].iloc[place] if "district" in found else None
        names = (code if pd.isna(written) else str(written), None)
    return (above.name, above.code, above.name_km, names[0], code, names[1])


def _check_once(codes: pd.Series[str]) -> None:
    twice = codes[codes.duplicated(keep=False)]
    if len(twice):
        records = some(twice.index[twice == twice.iloc[0]])
        raise RecordError(
            f"district {some(dict.fromkeys(twice))} comes more than once (records {records}); "
            "dissolve its parts to one row"
        )


def assign_admin(hazards: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> pd.DataFrame:
    """Propose the province and district of each hazard: where its largest part by size lies.

    Nothing is overwritten: a hazard belongs to its recorded province and district.

    Parameters
    ----------
    hazards
        Polygons in EPSG:4326, on any index.
    admin
        Districts, as from `read_admin`.

    Returns
    -------
    pandas.DataFrame
        On the index of `hazards`: `province`, `province_code`, `district`, `district_code`
        (null where no part of the hazard lies in a district; on a tie the lower code) and
        `share`, the part of the hazard's size that lies there (0 to 1; NaN where null).

    Raises
    ------
    CRSError
        If one of the two is not in EPSG:4326.
    GeometryError
        If a hazard has an invalid ring.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_admin
    >>> districts = read_admin(sample.path("districts"))
    >>> field = gpd.GeoDataFrame(geometry=[shapely.box(102.85, 12.61, 102.86, 12.62)], crs=4326)
    >>> assign_admin(field, districts)[["province", "district_code", "share"]].values.tolist()
    [['Battambang', '0209', 1.0]]
    """
    require_lonlat(hazards, "hazards")
    require_lonlat(admin, "districts")
    geometries = as_geometries(hazards)
    bad = ~(shapely.is_valid(geometries) | shapely.is_missing(geometries))
    if bad.any():
        raise GeometryError(f"hazard {some(hazards.index[bad])}: invalid ring; repair it first")
    units = admin.sort_values("district_code", ignore_index=True)
    best, share = _largest_part(geometries, as_geometries(units))
    columns = ["province", "province_code", "district", "district_code"]
    padded = units[columns].astype(object).to_numpy()
    padded = np.vstack([padded, np.full((1, len(columns)), None)])
    result = pd.DataFrame(padded[best], columns=columns, index=hazards.index, dtype=object)
    return result.assign(share=share)


def _largest_part(hazards: Objects, units: Objects) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return for each hazard the unit (-1: none) with its largest part, and that part's share."""
    # 1. Which hazards meet which units.
    hazard, unit = shapely.STRtree(units).query(hazards, predicate="intersects")
    shapely.prepare(units)
    # 2. How much of the hazard lies in the unit: all of it where it is covered, else the size of
    #    the part that is cut out. Parts of no size (a shared edge) do not count.
    whole = exact_size_m2(hazards)
    size = whole[hazard]
    cut = ~shapely.covers(units[unit], hazards[hazard])
    size[cut] = exact_size_m2(shapely.intersection(hazards[hazard[cut]], units[unit[cut]]))
    real = size > 0
    hazard, unit, size = hazard[real], unit[real], size[real]
    # 3. The unit with the largest part; of parts that differ by rounding alone the first unit,
    #    which is the one with the lowest code.
    largest = np.zeros(len(hazards))
    np.maximum.at(largest, hazard, size)
    candidate = size >= largest[hazard] - _TIE_M2
    hazard, unit, size = hazard[candidate], unit[candidate], size[candidate]
    order = np.lexsort((unit, hazard))
    first = order[np.unique(hazard[order], return_index=True)[1]]
    best = np.full(len(hazards), -1)
    share = np.full(len(hazards), np.nan)
    best[hazard[first]] = unit[first]
    share[hazard[first]] = np.minimum(size[first] / whole[hazard[first]], 1.0)
    return best, share


def provinces(admin: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the provinces, dissolved from their districts, for maps.

    Where the districts of a province are a coverage (no overlap, shared edges with the same
    vertices) the union keeps every vertex; else it is the general one.

    Parameters
    ----------
    admin
        Districts in EPSG:4326, as from `read_admin`.

    Returns
    -------
    geopandas.GeoDataFrame
        `province`, `province_code`, `province_km`, `geometry` (MultiPolygon), by code; with
        `schematic` where the districts have it.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_admin
    >>> whole = provinces(read_admin(sample.path("districts")))
    >>> whole["province"].tolist()[:3]
    ['Banteay Meanchey', 'Battambang', 'Kampong Cham']
    """
    keep = [c for c in ("province", "province_code", "province_km", "schematic") if c in admin]
    groups = admin.sort_values("district_code").groupby("province_code", sort=True)
    rows = groups[keep].first().reset_index(drop=True)
    dissolved = to_multipolygons([_dissolve(as_geometries(part)) for _, part in groups])
    return gpd.GeoDataFrame(rows, geometry=dissolved, crs=admin.crs)


def _dissolve(polygons: Sequence[shapely.Geometry] | Objects) -> shapely.Geometry:
    if shapely.coverage_is_valid(polygons):
        return shapely.coverage_union_all(polygons)
    return shapely.union_all(polygons)
