"""The register that the files of tests/cases/reports are about, and where those files lie."""

from pathlib import Path

import geopandas as gpd
import shapely

from mine_geo.hazards import to_hazards

REPORTS = Path(__file__).parent / "cases" / "reports"
SIDE_M = 200.0


def square(number, width=SIDE_M, offset=0.0):
    """Return a part of the square of a hazard, metres of EPSG:32648 carried to EPSG:4326."""
    west = 260_000 + number * 1000 + offset
    shape = shapely.box(west, 1_445_000, west + width, 1_445_000 + SIDE_M)
    return gpd.GeoSeries([shape], crs=32648).to_crs(4326).iloc[0]


def hazards():
    """Return AP-001 to AP-020: squares of 200 m, odd ids CHA, even ids SHA."""
    numbers = range(1, 21)
    return to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": [f"AP-{n:03d}" for n in numbers],
                "kind": "ap_minefield",
                "area_type": ["CHA" if n % 2 else "SHA" for n in numbers],
                "operator": "CMAC",
                "surveyed_on": "2020-01-15",
            },
            geometry=[square(n) for n in numbers],
            crs=4326,
        )
    )
