"""The register that the cases of reports are about: AP-001 to AP-020, see tests/cases/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import shapely

from mine_geo.geo.hazards import to_hazards

if TYPE_CHECKING:
    from collections.abc import Sequence

REPORTS: Final = Path(__file__).parent / "cases" / "reports"
SIDE_M: Final = 200.0
SIZE_M2: Final = 39_976
"""Of AP-001: 200 m by 200 m of the grid, 239 km west of its meridian, where its scale is 0.9996 x
(1 + 239² / (2 x 6379²)) = 1.0003016, so 40,000 / 1.0003016² m². Further east 1 m² more."""


def square(
    number: int, width: float = SIDE_M, east: float = 0.0, *, height: float = SIDE_M
) -> shapely.Polygon:
    """Return a rectangle in EPSG:4326 from the south-west corner of AP-00n, metres of the grid."""
    west, south = 260_000 + number * 1000 + east, 1_445_000
    drawn = shapely.box(west, south, west + width, south + height)
    return gpd.GeoSeries([drawn], crs=32648).to_crs(4326).iloc[0]


def hazards(numbers: Sequence[int] = range(1, 21)) -> gpd.GeoDataFrame:
    """Return the hazards, or some of them."""
    return to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": [f"AP-{number:03}" for number in numbers],
                "kind": "ap_minefield",
                "area_type": ["CHA" if number % 2 else "SHA" for number in numbers],
                "operator": "CMAC",
                "surveyed_on": "2020-01-15",
            },
            geometry=[square(number) for number in numbers],
            crs=4326,
        )
    )
