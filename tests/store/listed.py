"""An entry of each list beside the ledger."""

from __future__ import annotations

from typing import Any

import geopandas as gpd

from tests.store.conftest import box

TABLES: dict[str, dict[str, Any]] = {
    "declarations": {"level": "village", "code": "2090101", "declared_on": "2022-05-01"},
    "accidents": {"happened_on": "2021-02-03", "district": "Samlout", "injured": "2",
                  "lon": "102.9", "lat": "12.6"},
    "evidence": {"found_on": "2021-02-03", "evidence": "direct", "hazard_id": "A-1"},
    "weights": {"name": "2026", "weights_hash": "ab", "weights": 'name = "2026"'},
    "programmes": {"programme": "Strategy", "baseline_on": "2021-12-31", "hazard_id": "A-1",
                   "target_year": "2025"},
    "inspections": {"hazard_id": "A-1", "inspected_on": "2023-01-02", "verdict": "failed",
                    "sample_m2": "120", "recleared_on": "2023-02-01"},
    "operator_totals": {"operator": "MAG", "outcome": "cleared", "year": "2022",
                        "province": "BTB", "reported_m2": "1200.5", "source": "report"},
}  # fmt: skip
"""An entry of each list, as the cells of a file."""


def villages(**columns: object) -> gpd.GeoDataFrame:
    """Give two villages of a commune, one with a boundary."""
    said = {
        "village_code": ["02090101", "02090102"], "village": ["Ou", "Phnum / Thmei"],
        "village_km": None, "commune_code": "020901", "commune": "Kampong Lpou",
        "commune_km": None, "district_code": "0209", "surplus": [0, 1],
    }  # fmt: skip
    return gpd.GeoDataFrame(said | columns, geometry=[box(102.9, 12.8, 0.1), None], crs=4326)
