"""Schematic districts: Voronoi cells of district seats, clipped to the country's outline.

They stand where the real districts stand, more or less, and carry their names and codes. Their
limits are invented. They are a coverage: neighbours share every vertex, and together they are
the country. Khmer names are those of `mine_geo.geo.admin_names`, by code.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from mine_geo import terms
from mine_geo.geo import admin_names

LON_SQUEEZE = float(np.cos(np.radians(12.6)))
"""A degree of longitude over a degree of latitude, in the middle of the country."""


def _pieces(country: shapely.Geometry, seats: shapely.Geometry) -> np.ndarray:
    """Cut the country along the cells of the seats; the pieces share their vertices exactly."""
    squeezed = shapely.transform(seats, lambda xy: xy * [LON_SQUEEZE, 1.0])
    west, south, east, north = country.bounds
    frame = shapely.box((west - 1) * LON_SQUEEZE, south - 1, (east + 1) * LON_SQUEEZE, north + 1)
    edges = shapely.voronoi_polygons(squeezed, extend_to=frame, only_edges=True)
    edges = shapely.transform(edges, lambda xy: xy / [LON_SQUEEZE, 1.0])
    noded = shapely.union_all([shapely.boundary(country), edges])
    cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(country)
    return cells[shapely.contains(country, shapely.point_on_surface(cells))]


def make_districts(country: shapely.Geometry, seats: list[dict[str, str]]) -> gpd.GeoDataFrame:
    """Return the district table (EPSG:4326, `terms.ADMIN_COLUMNS` and `schematic`), by code.

    Parameters
    ----------
    country
        The outline, longitude and latitude in degrees.
    seats
        Rows of district_seats.csv; a district may have several.
    """
    lonlat = np.array([[float(row["lon"]), float(row["lat"])] for row in seats])
    pieces = _pieces(country, shapely.multipoints(lonlat))
    inside = shapely.get_coordinates(shapely.point_on_surface(pieces))
    gaps = (inside[:, None, :] - lonlat[None, :, :]) * [LON_SQUEEZE, 1.0]
    nearest = np.argmin((gaps**2).sum(axis=2), axis=1)
    codes = np.array([row["code"] for row in seats])[nearest]
    by_code = {row["code"]: row for row in seats}
    rows: list[dict[str, Any]] = []
    for code in sorted(by_code):
        shape = shapely.coverage_union_all(pieces[codes == code])
        parts = shapely.get_parts(shape)
        rows.append(
            {
                "province": by_code[code]["province"],
                "province_code": code[:2],
                "province_km": admin_names.province_km(code[:2]),
                "district": by_code[code]["district"],
                "district_code": code,
                "district_km": admin_names.district_km(code),
                "geometry": shapely.normalize(shapely.multipolygons(parts)),
                "schematic": True,
            }
        )
    return gpd.GeoDataFrame(
        rows, columns=[*terms.ADMIN_COLUMNS, "schematic"], geometry="geometry", crs=terms.CRS
    )


def find_district_faults(districts: gpd.GeoDataFrame, country: shapely.Geometry) -> list[str]:
    """Say what keeps the districts from being valid and a coverage of the country."""
    shapes = districts.geometry.to_numpy()
    faults = [f"{n} districts, not 198" for n in [len(shapes)] if n != 198]
    faults += [
        f"code {code} twice" for code, n in Counter(districts.district_code).items() if n > 1
    ]
    faults += [
        f"{code} is empty or invalid"
        for code, shape in zip(districts.district_code, shapes, strict=True)
        if shape.is_empty or not shape.is_valid
    ]
    if not shapely.coverage_is_valid(shapes):
        faults.append("districts do not share their vertices")
    if shapely.symmetric_difference(shapely.union_all(shapes), country).area > 1e-9:
        faults.append("districts together are not the country")
    return faults
