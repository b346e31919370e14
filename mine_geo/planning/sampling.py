"""How many units of released land to inspect, and which: by exact hypergeometric probability.

Nothing is rounded: probabilities are fractions of whole numbers. Units are drawn by a hash of the
seed and their ids, so that anybody can draw the same sample again, whatever the order of the list.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Final

import pandas as pd

from mine_geo.errors import OptionError, RecordError, some

if TYPE_CHECKING:
    from collections.abc import Sequence


_TOLD: Final = (
    "hazard_id", "outcome", "happened_on", "released_m2", "operator", "report_ref", "province",
    "district",
)  # fmt: skip


@dataclass(frozen=True)
class SamplingPlan:
    """A sample: how large, which units, and how likely a bad lot passes all the same."""

    lot: int
    """How many units there are."""
    defective: int
    """So many bad units must not pass."""
    accept: int
    """The lot passes if the sample holds no more bad units than this."""
    confidence: Fraction
    seed: int
    size: int
    """How many units are inspected: the fewest that give the confidence."""
    missed: Fraction
    """How likely a lot with `defective` bad units passes: at most 1 - `confidence`."""
    chosen: tuple[str, ...]
    """The units to inspect, in the order in which they were drawn."""

    @property
    def table(self) -> pd.DataFrame:
        """The units to inspect: `draw`, from 1, and `unit`."""
        return pd.DataFrame({"draw": range(1, self.size + 1), "unit": list(self.chosen)})


def sampling_plan(
    units: Sequence[str],
    *,
    defective: int,
    confidence: float | str | Fraction = "0.95",
    accept: int = 0,
    seed: int = 0,
) -> SamplingPlan:
    """Return the smallest sample that finds out a lot with too many bad units, and its units.

    Parameters
    ----------
    units
        The ids of all units of the lot: releases, hazards, or boxes of a field.
    defective
        How many bad units are too many.
    confidence
        The least probability with which such a lot must be found out, between 0 and 1; a decimal
        is taken as it is written.
    accept
        How many bad units a sample may hold for the lot to pass all the same.
    seed
        Draws the sample: the same seed and units give the same sample.

    Returns
    -------
    SamplingPlan
        Size, units, and the exact probability that a bad lot passes.

    Raises
    ------
    OptionError
        If the confidence is not between 0 and 1, or no sample can tell such a lot: `defective` is
        not from `accept` + 1 to the number of units.
    RecordError
        If there is no unit, or one stands twice.

    Notes
    -----
    Of N units D are bad. A sample of n holds k of them with probability
    C(D, k) C(N - D, n - k) / C(N, n); the lot passes where k is no more than `accept`.

    Examples
    --------
    One bad unit of ten is found with 90 % by looking at nine of them, and not by eight.

    >>> found = sampling_plan([f"R-{n}" for n in range(10)], defective=1, confidence=0.9)
    >>> found.size, found.missed
    (9, Fraction(1, 10))
    """
    ids = [str(each) for each in units]
    _check(ids, defective, accept)
    sure = _fraction(confidence)
    low, high = accept + 1, len(ids)  # fewer than `accept` + 1 always pass; all never do
    while low < high:
        middle = (low + high) // 2
        if passing(len(ids), defective, middle, accept) <= 1 - sure:
            high = middle
        else:
            low = middle + 1
    drawn = sorted(ids, key=lambda name: (_drawn(seed, name), name))
    return SamplingPlan(
        lot=len(ids),
        defective=defective,
        accept=accept,
        confidence=sure,
        seed=seed,
        size=low,
        missed=passing(len(ids), defective, low, accept),
        chosen=tuple(drawn[:low]),
    )


def inspections(released: pd.DataFrame, found: SamplingPlan) -> pd.DataFrame:
    """Return the releases of a sample with what is known of them, in the order of the draw.

    Parameters
    ----------
    released
        Releases, as from `movements.released_land`; their `event_id` are the units of the lot.
    found
        The sample.

    Returns
    -------
    pandas.DataFrame
        `draw`, `event_id`, `hazard_id`, `outcome`, `happened_on`, `released_m2` (m²), `operator`,
        `report_ref`, `province`, `district`.

    Examples
    --------
    >>> released = pd.DataFrame({"event_id": ["CL-1", "CL-2"], "released_m2": [500, 700]})
    >>> found = sampling_plan(["CL-1", "CL-2"], defective=2, confidence=0.9)
    >>> len(inspections(released, found)), found.size
    (1, 1)
    """
    table = found.table.rename(columns={"unit": "event_id"})
    names = [name for name in _TOLD if name in released]
    return table.merge(pd.DataFrame(released[["event_id", *names]]), on="event_id", how="left")


def passing(lot: int, defective: int, size: int, accept: int = 0) -> Fraction:
    """Return the probability that a lot passes: no more than `accept` bad units in its sample.

    Parameters
    ----------
    lot, defective, size, accept
        Units in all, bad ones among them, units of the sample, bad ones that are let pass.

    Examples
    --------
    >>> passing(lot=4, defective=2, size=2), passing(lot=4, defective=2, size=2, accept=1)
    (Fraction(1, 6), Fraction(5, 6))
    """
    good = sum(comb(defective, k) * comb(lot - defective, size - k)
               for k in range(min(accept, size) + 1))  # fmt: skip
    return Fraction(good, comb(lot, size))


def _check(ids: list[str], defective: int, accept: int) -> None:
    if not ids:
        raise RecordError("there is no unit to sample; give at least one id")
    repeated = pd.Series(ids)[pd.Series(ids).duplicated()].unique()
    if len(repeated):
        raise RecordError(f"{some(repeated)}: stands twice; give each unit once")
    if accept < 0:
        raise OptionError(f"a sample may hold 0 bad units or more, not {accept}")
    if not accept < defective <= len(ids):
        raise OptionError(
            f"{defective} bad of {len(ids):,} units cannot be told from {accept} that are let "
            f"pass; give from {accept + 1} to {len(ids)}"
        )


def _fraction(confidence: float | str | Fraction) -> Fraction:
    try:
        sure = confidence if isinstance(confidence, Fraction) else Fraction(str(confidence))
    except (ValueError, ZeroDivisionError) as error:
        raise OptionError(f"confidence {confidence!r} is no number; 0.95, say") from error
    if not 0 < sure < 1:
        raise OptionError(f"confidence {confidence} is not between 0 and 1; 0.95, say")
    return sure


def _drawn(seed: int, name: str) -> str:
    """Return where a unit stands in the draw."""
    return hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest()
