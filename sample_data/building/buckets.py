"""From the published tables to m² by province, year, outcome and operator: what was released.

A bucket is one number that must come out. Where nobody published how a figure divides over
provinces, operators or outcomes, the shares here are invented, and README.md says so. Pure
numbers: no geometry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from building.calibrate import PROVINCES, largest_remainder
from building.place import generator
from mine_geo.geo import admin_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from building.calibrate import Table

CLUSTER = "cluster_munition"
LEAST_M2 = 60_000
"""A smaller figure is one outcome, not three."""


@dataclass(frozen=True)
class Bucket:
    """m² of one kind released in one province and year, with one outcome.

    `operator` is None where any may have done it. `late` says that it was recorded only after the
    official figures of its year were drawn.
    """

    kind: str
    province: str
    year: int
    outcome: str
    operator: str | None
    size_m2: int
    late: bool = False

    @property
    def name(self) -> str:
        """A name of its own, for the random numbers."""
        late = "-late" if self.late else ""
        return f"{self.kind}-{self.province}-{self.year}-{self.outcome}-{self.operator}{late}"


def divide(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Divide whole m² by weights, to the unit.

    >>> divide(10, {"a": 1.0, "b": 2.0})
    {'a': 3, 'b': 7}
    """
    shares = np.array(list(weights.values()), dtype=float)
    whole = largest_remainder(shares * (total / shares.sum()), total)
    return dict(zip(weights, whole.tolist(), strict=True))


MINED = {code for code, _ in PROVINCES.values()}
CLEARED_MOSTLY = {"cleared": 0.76, "reduced": 0.09, "cancelled": 0.15}
SURVEYED_MOSTLY = {"cleared": 0.22, "reduced": 0.12, "cancelled": 0.66}
"""Where no minefield remains and much was released in 2022: a survey that cancelled much."""


def minefield_buckets(table2: Table) -> list[Bucket]:
    """Return what Table 2 of the work plan says was released, by province, year and outcome."""
    buckets = []
    for row in table2:
        if not row["no"]:
            continue
        province = admin_names.province_code(row["province"])
        for year in (2020, 2021, 2022):
            total = int(row[f"released_{year}_sqm"].strip() or 0)
            if not total:
                continue
            much = province not in MINED and year == 2022 and total > 10 * LEAST_M2
            shares = SURVEYED_MOSTLY if much else CLEARED_MOSTLY
            rng = generator(f"{province}-{year}", "outcomes")
            if total < LEAST_M2:
                shares = {"cleared": 1.0}
            drawn = {name: share * rng.uniform(0.8, 1.2) for name, share in shares.items()}
            buckets += [
                Bucket("ap_minefield", province, year, outcome, None, size)
                for outcome, size in divide(total, drawn).items()
            ]
    return buckets


CMAC_2024 = {
    "Battambang": 0.006, "Kampong Cham": 0.13, "Kampong Thom": 0.06, "Kratie": 0.19,
    "Mondul Kiri": 0.012, "Preah Vihear": 0.022, "Prey Veng": 0.2, "Ratanak Kiri": 0.05,
    "Stung Treng": 0.06, "Svay Rieng": 0.13, "Tboung Khmum": 0.14,
}  # fmt: skip
"""Invented shares of the provinces that Table 8 lists for CMAC in 2024."""
CMAC_BEFORE = {name: w for name, w in CMAC_2024.items() if name != "Battambang"}
RATANAK_KIRI = {"Ratanak Kiri": 1.0}
CLEARING = {"CMAC": CMAC_2024, "MAG": RATANAK_KIRI, "NPA": RATANAK_KIRI}
CANCELLING = {
    "HALO": {"Kampong Cham": 1.0},
    "NPA": {
        "Kampong Chhnang": 0.06, "Kampong Thom": 0.72, "Kampot": 0.02, "Preah Sihanouk": 0.05,
        "Ratanak Kiri": 0.15,
    },
}  # fmt: skip
"""The provinces of Table 6; most of NPA's lay in Kampong Thom, the rest is invented."""
REDUCING = {
    "CMAC": {"Kampong Cham": 0.2, "Mondul Kiri": 0.15, "Prey Veng": 0.35, "Stung Treng": 0.3},
    "NPA": RATANAK_KIRI,
}
CLEARED_M2 = {2020: 30_988_473, 2021: 20_581_960, 2022: 30_362_115}
"""Whole m² that round to Table 9's km² of these years."""
OPERATORS_BEFORE = {"CMAC": 0.75, "MAG": 0.18, "NPA": 0.07}
CLEARED_2023 = {
    ("CMAC", False): 12_304_512, ("MAG", False): 6_196_208, ("NPA", False): 901_377,
    ("CMAC", True): 17_466_930, ("MAG", True): 1_211_834, ("NPA", True): 158_006,
}  # fmt: skip
"""m² cleared in 2023 by operator, and whether recorded late: 19.4 km² in time, 38.24 in all."""
SURVEYED_2023 = (
    ("reduced", "CMAC", {"Kampong Cham": 0.3, "Prey Veng": 0.4, "Stung Treng": 0.3}, 4_514_780),
    ("reduced", "MAG", RATANAK_KIRI, 3_226_425),
    ("cancelled", "NPA", {"Kampong Thom": 1.0}, 308_412),
)
"""Survey of 2023 as the key data: 7.74 and 0.31 km²."""


def cluster_buckets(tables: Mapping[str, Table]) -> list[Bucket]:
    """Return the cluster-munition releases of 2020 to 2024: Tables 5 to 9 and the key data.

    Parameters
    ----------
    tables
        The published tables by name.
    """
    buckets = []
    for year, total in CLEARED_M2.items():
        for operator, size in divide(total, OPERATORS_BEFORE).items():
            where = CMAC_BEFORE if operator == "CMAC" else RATANAK_KIRI
            buckets += _spread(year, "cleared", operator, size, where)
    for (operator, late), size in CLEARED_2023.items():
        where = CMAC_BEFORE if operator == "CMAC" else RATANAK_KIRI
        buckets += _spread(2023, "cleared", operator, size, where, late=late)
    for outcome, operator, where, size in SURVEYED_2023:
        buckets += _spread(2023, outcome, operator, size, where)
    for table, outcome, places in (
        ("cmr2024_table6", "cancelled", CANCELLING),
        ("cmr2024_table7", "reduced", REDUCING),
        ("cmr2024_table8", "cleared", CLEARING),
    ):
        for row in tables[table]:
            size = int(row[f"{outcome}_sqm"])
            if not row["operator"].startswith("Total") and size:
                where = places[row["operator"]]
                _check_places(row, where)
                buckets += _spread(2024, outcome, row["operator"], size, where)
    return buckets


def _spread(
    year: int,
    outcome: str,
    operator: str,
    size: int,
    where: Mapping[str, float],
    *,
    late: bool = False,
) -> list[Bucket]:
    """Divide an operator's figure over provinces."""
    return [
        Bucket(CLUSTER, admin_names.province_code(name), year, outcome, operator, m2, late)
        for name, m2 in divide(size, where).items()
    ]


def _check_places(row: Mapping[str, str], where: Mapping[str, float]) -> None:
    """See that the provinces are those that the table lists."""
    printed = {admin_names.province_code(name) for name in row["provinces"].split(",")}
    if printed != {admin_names.province_code(name) for name in where}:
        raise ValueError(f"{row['operator']}: provinces differ from the table's {row['provinces']}")
