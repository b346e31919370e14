"""Checks of the province and district of hazards, and the unit of hazards that record none.

Of what is recorded: names and codes that are unknown or clash. Of where a polygon lies: in its
recorded district and province, and in the country.

`assign_units` and `fill_units` find a unit that is missing from where the polygon lies. Nothing
that is recorded is overwritten: a hazard belongs to its recorded unit, and one that lies elsewhere
is a finding of the checks. Polygons are EPSG:4326.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.geo import admin_names
from mine_geo.geo.admin import assign_admin
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import as_geometries, exact_size_m2
from mine_geo.geo.hazards import PLACE_COLUMNS, recorded_place, without_unit
from mine_geo.intake.checks.records import texts_of
from mine_geo.intake.findings import Finding
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mine_geo.intake.checks.records import Objects, Records
    from mine_geo.intake.received import Received


class Locations:
    """What the recorded words of each record mean."""

    def __init__(self, records: Records) -> None:
        columns = [texts_of(records.table, name) for name in PLACE_COLUMNS]
        rows = pd.MultiIndex.from_arrays(columns)
        self._which, kinds = pd.factorize(rows)
        self._kinds = [
            recorded_place(*(word if isinstance(word, str) else None for word in row))
            for row in kinds
        ]

    def check(self, records: Records) -> Iterator[Finding]:
        """Give names that are in no table, and names that contradict their code."""
        wrong = [bool(kind.unknown or kind.contradictions) for kind in self._kinds]
        for place in np.flatnonzero(np.array(wrong, dtype=bool)[self._which]):
            kind = self._kinds[self._which[place]]
            if kind.unknown:
                yield records.finding("unknown_place", place, "; ".join(kind.unknown))
            if kind.contradictions:
                mend = "correct the name or the code (the code counts)"
                said = "; ".join(kind.contradictions)
                yield records.finding("code_differs", place, f"{said}; {mend}")

    def codes(self, of: str) -> Objects:
        """Return the code of the recorded `province` or `district` of each record, or None."""
        found = np.array([getattr(kind, of) for kind in self._kinds], dtype=object)
        return np.asarray(found[self._which], dtype=object)


SMALL_SHARE: Final = 0.1
"""A hazard may be recorded in a district or province that holds this much of it: it belongs
wholly to the recorded one, and lines on the ground are not as sharp as in a file."""


def check_country(records: Records, country: Any) -> tuple[list[Finding], NDArray[np.bool_]]:
    """Return what lies outside the country, and which records lie there wholly.

    Parameters
    ----------
    records
        The records, in EPSG:4326.
    country
        The country's polygon: a geometry, GeoSeries or GeoDataFrame in EPSG:4326.

    Raises
    ------
    CRSError
        If `country` is in another reference system.
    """
    if hasattr(country, "crs"):  # a bare polygon says no system
        require_lonlat(country, "the country")
    land = shapely.union_all(as_geometries(country))
    shapely.prepare(land)
    places = np.flatnonzero(records.sound)
    geometries = records.geometries[places]
    out = ~shapely.covers(land, geometries)
    places, geometries = places[out], geometries[out]
    inside = exact_size_m2(shapely.intersection(geometries, land))
    whole = records.size_m2[places]
    wholly = np.zeros(len(records.ids), dtype=bool)
    wholly[places[inside == 0]] = True
    found = []
    for place, geometry, within, size in zip(places, geometries, inside, whole, strict=True):
        outside = size - within
        if within == 0:
            where = shapely.point_on_surface(geometry)
            said = (
                f"wholly outside the country, at {where.x:.5f}, {where.y:.5f}; check its "
                "coordinates and their reference system"
            )
            found.append(records.finding("outside_country", place, said, where))
        elif round(outside) >= 1:
            where = shapely.point_on_surface(shapely.difference(geometry, land))
            said = (
                f"{outside:,.0f} of its {size:,.0f} m² lie outside the country; check its vertices "
                "against the border"
            )
            found.append(records.finding("reaches_outside", place, said, where))
    return found, wholly


def check_location(
    records: Records,
    locations: Locations,
    admin: gpd.GeoDataFrame,
    abroad: NDArray[np.bool_],
) -> Iterator[Finding]:
    """Give the hazards that lie elsewhere than in their recorded province or district.

    Parameters
    ----------
    records
        The records, in EPSG:4326.
    locations
        What their recorded words mean.
    admin
        Districts, as from `read_admin`.
    abroad
        Records that are outside the country, of which that is said already.
    """
    places = np.flatnonzero(records.sound & ~abroad & (records.size_m2 > 0))
    proposed = assign_admin(gpd.GeoDataFrame(geometry=records.geometries[places], crs=CRS), admin)
    province, district = (locations.codes(of)[places] for of in ("province", "district"))
    district = _drawn(district, admin)
    other = _differ(province, proposed["province_code"]) | _differ(
        district, proposed["district_code"]
    )
    # Of a unit that is not drawn nothing can be said, unless the hazard lies in another one.
    other &= np.isin(province.astype(str), admin["province_code"].unique()) | (
        proposed["share"].notna().to_numpy()
    )
    rows = np.flatnonzero(other)
    held = _held(records.geometries[places[rows]], province[rows], district[rows], admin)
    held = held / records.size_m2[places[rows], None]
    schematic = "schematic" in admin and bool(admin["schematic"].fillna(value=False).any())
    for row, shares in zip(rows, held, strict=True):
        wrong = "province" if shares[0] < SMALL_SHARE else "district"
        unit, share = (
            (province[row], shares[0]) if wrong == "province" else (district[row], shares[1])
        )
        if unit is not None and share < SMALL_SHARE:
            yield records.finding(
                f"wrong_{wrong}",
                places[row],
                _elsewhere(unit, share, proposed.iloc[row], schematic=schematic),
                shapely.point_on_surface(records.geometries[places[row]]),
            )


def _differ(recorded: Objects, proposed: pd.Series[Any]) -> NDArray[np.bool_]:
    there = np.array([code is not None for code in recorded], dtype=bool)
    return there & (proposed.to_numpy() != recorded)


def _drawn(districts: Objects, admin: gpd.GeoDataFrame) -> Objects:
    """Return the codes as the layer has them, old or new; None for a district that it lacks."""
    drawn = set(admin["district_code"])
    known = {code: _as_drawn(code, drawn) for code in set(districts) - {None}}
    return np.array([known.get(code) for code in districts], dtype=object)


def _as_drawn(code: str, drawn: set[str]) -> str | None:
    unit = admin_names.district(code)
    return next(
        (c for c in (code, *admin_names.newer_codes(code), unit.follows) if c in drawn), None
    )


def _held(
    hazards: Objects, province: Objects, district: Objects, admin: gpd.GeoDataFrame
) -> NDArray[np.float64]:
    """Return how many m² of each hazard its recorded province and district hold: two columns."""
    units = as_geometries(admin)
    codes = admin[["province_code", "district_code"]].to_numpy(dtype=object)
    hazard, unit = shapely.STRtree(units).query(hazards, predicate="intersects")
    inside = codes[unit, 0] == province[hazard]
    hazard, unit = hazard[inside], unit[inside]
    m2 = exact_size_m2(shapely.intersection(hazards[hazard], units[unit]))
    here = codes[unit, 1] == district[hazard]
    sums = [np.bincount(hazard, weights=w, minlength=len(hazards)) for w in (m2, m2 * here)]
    return np.column_stack(sums)


def _elsewhere(unit: str, share: float, lies: pd.Series[Any], *, schematic: bool) -> str:
    """Say where a hazard is recorded and where it lies."""
    recorded = (
        admin_names.province_name(unit) if len(unit) == 2 else admin_names.district_name(unit)
    )
    part = "nothing" if share == 0 else f"{share:.1%}"
    if lies["district_code"] is None:
        where = "in none of the districts"
    else:
        name = lies["province"] if len(unit) == 2 else f"{lies['district']} ({lies['province']})"
        where = f"{lies['share']:.0%} in {name}" if len(unit) == 4 else f"in {name}"
    doubt = " (districts are schematic: look at the official ones first)" if schematic else ""
    return (
        f"recorded in {recorded} ({unit}), which holds {part} of it; it lies {where}: correct "
        f"the record or its coordinates{doubt}"
    )


UNIT_FROM: Final = "unit_from"
"""The column that says of a hazard which districts its unit was taken from; null: recorded."""
_PROVINCE: Final = ("province", "province_code")
_DISTRICT: Final = ("district", "district_code")


@dataclass(frozen=True)
class Filled:
    """Hazards with the units that were missing, as far as their polygons tell."""

    table: gpd.GeoDataFrame
    whole: NDArray[np.bool_]
    """Rows that were given their province and district."""
    district: NDArray[np.bool_]
    """Rows that were given a district of the province that they record."""

    def __str__(self) -> str:
        """Say in a line what was filled, and what is still without a unit."""
        filled = (
            f"province and district of {self.whole.sum():,} hazards and the district of "
            f"{self.district.sum():,} taken from their polygons"
        )
        return f"{filled}; {said_without_unit(self.table) or 'each has its unit'}"


def fill_units(hazards: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, source: str) -> Filled:
    """Give hazards that record no province or district the one in which their largest part lies.

    Parameters
    ----------
    hazards
        A hazard table in EPSG:4326, on any index.
    admin
        Districts, as from `read_admin`.
    source
        What the districts are called; it is kept with what they give, in the column `unit_from`.

    Returns
    -------
    Filled
        A new table. A hazard without both is given both; one with a province and no district is
        given the district if that is in its province. What has no polygon, a broken one, or lies
        in no district stays as it is.

    Raises
    ------
    CRSError
        If one of the two is not in EPSG:4326.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.intake import read_admin
    >>> field = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(102.85, 12.61, 102.86, 12.62)],
    ...     crs=4326))
    >>> filled = fill_units(field, read_admin(sample.path("districts")), "sample")
    >>> filled.table[["province", "district_code", "unit_from"]].values.tolist()
    [['Battambang', '0209', 'sample']]
    """
    bare = [without_unit(hazards, level).to_numpy(dtype=bool) for level in ("province", "district")]
    shapes = as_geometries(hazards)
    drawn = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)
    asked = np.flatnonzero(bare[1] & drawn)
    polygons = gpd.GeoDataFrame(geometry=shapes[asked], crs=hazards.crs)
    proposed = assign_admin(polygons, admin)
    found = proposed["district_code"].notna().to_numpy(dtype=bool)
    recorded = hazards["province_code"].to_numpy(dtype=object)[asked]
    same = proposed["province_code"].to_numpy(dtype=object) == recorded
    whole, district = (np.zeros(len(hazards), dtype=bool) for _ in range(2))
    whole[asked] = found & bare[0][asked]
    district[asked] = found & ~bare[0][asked] & same
    table = hazards.copy()
    for names, rows in ((_PROVINCE, whole), (_DISTRICT, whole | district)):
        for name in names:
            given = np.full(len(hazards), None, dtype=object)
            given[asked] = proposed[name].to_numpy(dtype=object)
            table[name] = _with(hazards[name], given, rows)
    if (whole | district).any():
        none = pd.Series(None, index=table.index, dtype="str")
        given = np.full(len(table), source, dtype=object)
        table[UNIT_FROM] = _with(table.get(UNIT_FROM, none), given, whole | district)
    return Filled(table, whole, district)


def _with(column: pd.Series[Any], given: NDArray[Any], rows: NDArray[np.bool_]) -> pd.Series[Any]:
    values = column.to_numpy(dtype=object, copy=True)
    values[rows] = given[rows]
    return pd.Series(values, index=column.index, dtype="str")


def assign_units(received: Received, filled: Filled, source: str) -> Received:
    """Return received hazards with the units that were missing; each is a finding.

    Parameters
    ----------
    received
        Hazards, as from `intake.read`.
    filled
        What `fill_units` made of its table.
    source
        What the districts are called.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read, read_admin
    >>> received = read(sample.path("minefields"))
    >>> filled = fill_units(received.table, read_admin(sample.path("districts")), "sample")
    >>> assign_units(received, filled, "sample").findings == received.findings
    True
    """
    said = [
        Finding("unit_assigned", f"{text}, where its polygon lies ({source})", int(place))
        for rows, names in (
            (filled.whole, ("district", "province")),
            (filled.district, ("district",)),
        )
        for place in np.flatnonzero(rows)
        for text in [", ".join(str(filled.table[name].iloc[place]) for name in names)]
    ]
    return replace(received, table=filled.table, findings=(*received.findings, *said))


def said_without_unit(hazards: pd.DataFrame) -> str:
    """Say in a line how many hazards record no province or no district; nothing if none.

    Parameters
    ----------
    hazards
        A table with `province` and `district`.

    Examples
    --------
    >>> said_without_unit(pd.DataFrame({"province": ["Pailin", None], "district": [None, None]}))
    '1 hazards record no province, 2 no district'
    """
    counts = [int(without_unit(hazards, level).sum()) for level in ("province", "district")]
    if not any(counts):
        return ""
    return f"{counts[0]:,} hazards record no province, {counts[1]:,} no district"
