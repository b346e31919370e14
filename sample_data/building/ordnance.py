"""What was found: items by release, so that the published counts come out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from building.calibrate import largest_remainder
from building.place import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from building.chains import Work
    from building.entries import Entry

SUBMUNITIONS_2023 = 7800 - 507
"""Key data: destroyed in 2023, without the spot tasks."""
AP_MINES_A_KM2 = 260.0
SUBMUNITIONS_A_KM2 = 165.0
DEPTHS_CM = {"ap_minefield": (13.0, 20.0), "cluster_munition": (20.0, 30.0)}


def depth(work: Work, name: str) -> float | None:
    """Return the depth of clearance, cm; none for surveys."""
    if work.bucket.outcome != "cleared":
        return None
    shallow, deep = DEPTHS_CM[work.bucket.kind]
    return shallow if generator(name, "depth").random() < 0.85 else deep


def minefield_items(work: Work, name: str) -> dict[str, int]:
    """Draw the mines and other items found on a minefield; a cancellation finds none."""
    if work.bucket.outcome == "cancelled":
        return {}
    rng = generator(name, "items")
    share = 1.0 if work.bucket.outcome == "cleared" else 0.04
    mines = rng.poisson(rng.gamma(0.45, AP_MINES_A_KM2 / 0.45) * work.size_m2 / 1e6 * share)
    return {
        "ap_mines": int(mines),
        "av_mines": int(rng.random() < 0.03 * share),
        "submunitions": 0,
        "uxo": int(rng.poisson(1.1 * share)),
    }


def count_submunitions(
    found: Sequence[tuple[Entry, Work]], printed_2024: Mapping[str, int]
) -> None:
    """Give each cluster-munition release its items, in place.

    Parameters
    ----------
    found
        Releases with their works.
    printed_2024
        Submunitions destroyed by clearance in 2024 by operator (Table 8). Those of 2023 sum to
        the key data; those of other years and the unexploded ordnance are drawn.
    """
    groups: dict[tuple[int, str], list[tuple[Entry, Work]]] = defaultdict(list)
    for entry, work in found:
        if work.bucket.outcome == "cleared":
            year = work.bucket.year
            groups[year, str(work.bucket.operator) if year == 2024 else ""].append((entry, work))
        elif work.bucket.outcome == "reduced":
            entry.items = {"ap_mines": 0, "av_mines": 0, "submunitions": 0, "uxo": 0}
    for (year, operator), rows in groups.items():
        sizes = np.array([work.size_m2 for _, work in rows], dtype=float)
        rngs = [generator(work.name, "items") for _, work in rows]
        weights = sizes * np.array([rng.gamma(0.7, 1.0) for rng in rngs])
        total = round(float(sizes.sum()) / 1e6 * SUBMUNITIONS_A_KM2)
        if year == 2024:
            total = printed_2024[operator]
        elif year == 2023:
            total = SUBMUNITIONS_2023
        counts = largest_remainder(weights * (total / weights.sum()), total)
        for (entry, _), count, rng in zip(rows, counts.tolist(), rngs, strict=True):
            uxo = int(rng.poisson(2.0))
            entry.items = {"ap_mines": 0, "av_mines": 0, "submunitions": count, "uxo": uxo}
