"""From buckets to single releases, and from releases to the story of one hazard.

A work is one release, of a whole number of m². A chain is the works on one hazard, in the order
of time: cancelled and reduced land first, while the hazard is suspected, cleared land after.
Pure numbers: no geometry here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from building.calibrate import draw_sizes
from building.place import generator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.random import Generator

    from building.buckets import Bucket

MEAN_M2 = {"ap_minefield": 170_000, "cluster_munition": 215_000}
"""The mean release that is aimed at."""
JOIN_SHARE = 0.36
MOST_WORKS = 3
MOST_M2 = 2_400_000
RATIO = (0.3, 3.0)
"""A strip is not much smaller or larger than the one before it."""


@dataclass(frozen=True)
class Work:
    """One release to come: so many m² from a bucket."""

    name: str
    bucket: Bucket
    size_m2: int


@dataclass
class Chain:
    """The works on one hazard, in the order of time."""

    works: list[Work] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the first work."""
        return self.works[0].name

    @property
    def size_m2(self) -> int:
        """M² released in all."""
        return sum(work.size_m2 for work in self.works)

    @property
    def first_year(self) -> int:
        """The year of the first release."""
        return self.works[0].bucket.year

    @property
    def starts_as(self) -> str:
        """SHA where the first release is a survey's, else CHA."""
        return "CHA" if self.works[0].bucket.outcome == "cleared" else "SHA"

    @property
    def ends_as(self) -> str:
        """CHA where land was cleared in the end, else SHA."""
        return "CHA" if self.works[-1].bucket.outcome == "cleared" else "SHA"


def make_works(bucket: Bucket) -> list[Work]:
    """Divide a bucket into releases of plausible sizes, to the unit."""
    count = max(1, round(bucket.size_m2 / MEAN_M2[bucket.kind]))
    normal = generator(bucket.name, "works").standard_normal(count)
    return [
        Work(f"{bucket.name}-{number:03d}", bucket, size)
        for number, size in enumerate(draw_sizes(normal, bucket.size_m2, spread=0.85).tolist(), 1)
    ]


def may_follow(chain: Chain, work: Work) -> bool:
    """Say whether a work may be the next on the hazard of a chain."""
    last = chain.works[-1]
    return (
        len(chain.works) < MOST_WORKS
        and last.bucket.operator == work.bucket.operator
        and (last.bucket.outcome != "cleared" or work.bucket.outcome == "cleared")
        and RATIO[0] <= work.size_m2 / last.size_m2 <= RATIO[1]
        and chain.size_m2 + work.size_m2 <= MOST_M2
    )


def make_chains(buckets: Iterable[Bucket]) -> dict[tuple[str, str], list[Chain]]:
    """Return the chains of each kind and province; a third of the works follow another."""
    works: dict[tuple[str, str], list[Work]] = defaultdict(list)
    for bucket in buckets:
        works[bucket.kind, bucket.province] += make_works(bucket)
    chains = {}
    for key, mine in works.items():
        rng = generator("-".join(key), "chains")
        draws = dict(zip([work.name for work in mine], rng.random(len(mine)), strict=True))
        mine.sort(key=lambda work: (work.bucket.year, draws[work.name]))
        chains[key] = _joined(mine, rng)
    return chains


def _joined(works: list[Work], rng: Generator) -> list[Chain]:
    """Join works, given in the order of time, to chains."""
    chains: list[Chain] = []
    for work in works:
        open_ones = (
            [chain for chain in chains if may_follow(chain, work)]
            if rng.random() < JOIN_SHARE
            else []
        )
        if open_ones:
            open_ones[int(rng.integers(0, len(open_ones)))].works.append(work)
        else:
            chains.append(Chain([work]))
    return chains


def split_up(chain: Chain) -> list[Chain]:
    """Return one chain for each work: for land where the whole finds no room."""
    return [Chain([work]) for work in chain.works]


HOST_RATIO = (0.08, 1.7)
"""What was released from a hazard of which something remains, over what remains."""


def candidates(
    chains: Iterable[Chain], area_type: str, size_m2: int, rng: Generator, most: int = 8
) -> list[Chain]:
    """Return a few chains that may have been worked on a hazard that remains, in random order."""
    low, high = HOST_RATIO[0] * size_m2, HOST_RATIO[1] * size_m2
    fit = [c for c in chains if c.ends_as == area_type and low <= c.size_m2 <= high]
    order = rng.permutation(len(fit))[:most]
    return [fit[i] for i in np.atleast_1d(order)]
