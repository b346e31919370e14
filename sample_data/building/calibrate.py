"""From the published tables to a count and a size for each district and zone.

Annex 1 gives count and m² by district, Table 3 by province and zone; nothing published says how
a district divides between the zones. Counts: what lies wholly on one side is forced; elsewhere
they follow the room that each district has in each zone, scaled until the province's count comes
out, then the largest remainders. Sizes: a proportional fit to both margins, then the largest
remainders. Pure numbers: no geometry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Table = Sequence[Mapping[str, str]]

PROVINCES = {
    "PVH": ("13", "PREAH VIHEAR"),
    "BTB": ("02", "BATTAMBANG"),
    "BMC": ("01", "BANTEAY MEANCHEY"),
    "OMC": ("22", "ODDAR MEANCHEY"),
    "PUS": ("15", "PURSAT"),
    "KOG": ("09", "KOH KONG"),
    "PLN": ("24", "PAILIN"),
    "SRP": ("17", "SIEMREAP"),
    "KPT": ("06", "KAMPONG THOM"),
    "KRA": ("10", "KRATIE"),
    "MDK": ("11", "MONDUL KIRI"),
    "RTK": ("16", "RATANAK KIRI"),
}
"""Annex 1's province codes: the official code, and the name as Table 3 prints it."""


@dataclass(frozen=True)
class Margin:
    """What Annex 1 says of one district."""

    code: str
    count: int
    size_m2: int
    difficulty: str


@dataclass(frozen=True)
class Cell:
    """How many hazards, of how many m² together, one district has in one zone."""

    code: str
    zone: str
    count: int
    size_m2: int


def district_margins(annex1: Table, seats: Table) -> list[Margin]:
    """Return count, m² and difficulty of each district of Annex 1, by official code."""
    codes = {(row["code"][:2], row["district"]): row["code"] for row in seats}
    return [
        Margin(
            code=codes[PROVINCES[row["province_code"]][0], row["district"]],
            count=int(row["minefields"]),
            size_m2=int(row["size_sqm"]),
            difficulty=row["difficulty"].lower(),
        )
        for row in annex1
        if not row["district"].startswith("Total ")
    ]


def largest_remainder(shares: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Round shares that sum to `total` to whole numbers that do too.

    >>> largest_remainder(np.array([1.4, 2.35, 3.25]), 7)
    array([2, 2, 3])
    """
    whole = np.floor(shares + 1e-9).astype(np.int64)
    missing = total - int(whole.sum())
    first = np.argsort(-(shares - whole), kind="stable")[:missing]
    whole[first] += 1
    return whole


def near_counts(
    counts: NDArray[np.int64], room: NDArray[np.float64], total: int
) -> NDArray[np.int64]:
    """Divide a province's near hazards over its districts.

    Parameters
    ----------
    counts
        Hazards of each district.
    room
        The part of each district's land that is near, 0 to 1. At 0 and 1 the district is forced.
    total
        Near hazards of the province.
    """
    low, high = -40.0, 40.0
    shares = counts * room
    for _ in range(200):
        odds = np.exp((low + high) / 2)
        shares = counts * odds * room / (odds * room + 1 - room)
        low, high = ((low + high) / 2, high) if shares.sum() < total else (low, (low + high) / 2)
    if abs(shares.sum() - total) > 0.01:
        raise ValueError(f"{total} near hazards do not fit: room allows {shares.sum():.1f}")
    return largest_remainder(shares, total)


def near_sizes(
    counts: NDArray[np.int64], sizes: NDArray[np.int64], totals: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Divide the m² of a province's districts over the zones by a proportional fit.

    Parameters
    ----------
    counts
        Hazards by district (row) and zone (near, far).
    sizes
        m² of each district.
    totals
        m² of the province by zone (near, far).

    Returns
    -------
    numpy.ndarray
        Near m² of each district.
    """
    fit = counts * (totals / np.maximum(counts.sum(axis=0), 1))
    for _ in range(20000):
        fit = fit * (sizes / fit.sum(axis=1))[:, None]
        columns = fit.sum(axis=0)
        if np.abs(columns - totals).max() < 1e-3:
            break
        fit = fit * np.divide(totals, columns, out=np.zeros(2), where=columns > 0)
    else:
        raise ValueError("the sizes of districts and zones do not fit together")
    near = largest_remainder(fit[:, 0], int(totals[0]))
    return np.where(counts[:, 1] == 0, sizes, np.where(counts[:, 0] == 0, 0, near))


def make_cells(margins: Sequence[Margin], table3: Table, room: Mapping[str, float]) -> list[Cell]:
    """Return count and m² by district and zone, true to Annex 1 and to Table 3.

    Parameters
    ----------
    margins
        From `district_margins`.
    table3
        The rows of wp2023_table3.csv.
    room
        The part of each district that is near, by code. That of Mondol Seima is given as 1: all
        of its 276 hazards belong near the land border.
    """
    printed = {row["province"]: row for row in table3}
    cells = []
    for province, name in PROVINCES.values():
        mine = [margin for margin in margins if margin.code[:2] == province]
        row = printed[name]
        counts = np.array([margin.count for margin in mine])
        sizes = np.array([margin.size_m2 for margin in mine])
        shares = np.array([room[margin.code] for margin in mine])
        near = near_counts(counts, shares, int(row["lt7km_minefields"]))
        both = np.stack([near, counts - near], axis=1)
        totals = np.array([int(row["lt7km_sqm"]), int(row["gt7km_sqm"])])
        near_m2 = near_sizes(both, sizes, totals)
        for margin, n, m2 in zip(mine, near.tolist(), near_m2.tolist(), strict=True):
            cells.append(Cell(margin.code, "near", n, m2))
            cells.append(Cell(margin.code, "far", margin.count - n, margin.size_m2 - m2))
        if near_m2.sum() != totals[0]:
            raise ValueError(f"{name}: near m² come to {near_m2.sum()}, not {totals[0]}")
    return [cell for cell in cells if cell.count]


def draw_sizes(
    normal: NDArray[np.float64], total: int, spread: float = 0.95, most: float = 1.2e6
) -> NDArray[np.int64]:
    """Return lognormal sizes in whole m² that sum to `total`.

    Parameters
    ----------
    normal
        One standard normal number for each hazard.
    total
        m² of the cell.
    spread
        Standard deviation of the logarithm.
    most
        The largest size wanted, m²; none is under a fortieth of the mean.
    """
    mean = total / len(normal)
    weights = np.exp(spread * normal)
    sizes = weights * total / weights.sum()
    for _ in range(200):
        sizes = np.clip(sizes, mean / 40, max(most, 1.5 * mean))
        sizes = sizes * total / sizes.sum()
    return largest_remainder(sizes, total)
