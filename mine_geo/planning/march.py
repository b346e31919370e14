"""The years of a plan, for many runs at once: what is there, what is found, what is released.

Everything is in whole m², so that each run keeps its balance to the square metre:
opening + inflow - released = closing. Arrays have the axes runs, provinces, zones (far, near).
Capacity of a province works there alone; common capacity goes where land is left, in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from mine_geo.planning.plan_inputs import Order

    Whole = NDArray[np.int64]
    Floats = NDArray[np.float64]


FAR: Final = 0
NEAR: Final = 1


class Period(NamedTuple):
    """A year of a plan, or the part of the first one that is left."""

    length: float
    """In years: 1, but for a plan that begins within a year."""
    own: Whole
    """Capacity of each province, m² in this period: (runs, provinces)."""
    common: Whole
    """Capacity for any province, m² in this period: (runs,)."""
    inflow: Whole
    """Newly found land, m² in this period: (runs, provinces, zones)."""


@dataclass(frozen=True)
class Step:
    """What one period did: all (runs, provinces, zones), m²."""

    opening: Whole
    inflow: Whole
    released: Whole
    closing: Whole
    finished: Floats
    """When each province was without land, in years from the start, inf where it is not:
    (runs, provinces)."""
    finished_all: Floats
    """The same of all provinces together: (runs,)."""


def march(stock: Whole, periods: Iterable[Period], order: Order) -> Iterator[Step]:
    """Release land period by period.

    Parameters
    ----------
    stock
        What is there at the start, m²: (runs, provinces, zones far and near).
    periods
        The years, one after the other; as many steps are given.
    order
        Which zone goes first.

    Notes
    -----
    Within the period in which it ends, land goes at an even rate, while it is found at an even
    rate: with stock S, capacity C and inflow I a year it takes S / (C - I) years. Provinces that
    need the common capacity end together; of those without land in the zone that goes second the
    first zone decides.

    Examples
    --------
    >>> whole = lambda value, *shape: np.full(shape, value, dtype=np.int64)
    >>> year = Period(1.0, whole(0, 1, 1), whole(130, 1), whole(0, 1, 1, 2))
    >>> steps = list(march(whole(469, 1, 1, 1) * [1, 0], [year] * 4, "far_first"))
    >>> [int(step.closing.sum()) for step in steps]
    [339, 209, 79, 0]
    >>> round(float(steps[-1].finished_all[0]), 2)
    3.61
    """
    elapsed = 0.0
    empty = stock.sum(axis=2) == 0
    finished = np.where(empty, 0.0, np.inf)
    finished_all = np.where(empty.all(axis=1), 0.0, np.inf)
    for period in periods:
        there = stock + period.inflow
        released = np.zeros_like(there)
        left = period.own.copy()
        for zones in _turns(order):
            released[..., zones] += _own(there[..., zones], left)
        common = period.common.copy()
        for zones in _turns(order):
            released[..., zones] += _shared(there[..., zones] - released[..., zones], common)
        closing = there - released
        part = _part(stock, period, order)
        done = closing.sum(axis=2) == 0
        now = elapsed + period.length * part
        finished = np.where(done, np.where(np.isinf(finished), now, finished), np.inf)
        whole = done.all(axis=1)
        ended = np.where(np.isinf(finished_all), finished.max(axis=1), finished_all)
        finished_all = np.where(whole, ended, np.inf)
        yield Step(stock, period.inflow, released, closing, finished, finished_all)
        stock, elapsed = closing, elapsed + period.length


def _turns(order: Order) -> list[list[int]]:
    """Return the zones that are worked on one after the other."""
    turns = {"far_first": [[FAR], [NEAR]], "near_first": [[NEAR], [FAR]], "together": [[FAR, NEAR]]}
    return turns[order]


def _own(there: Whole, capacity: Whole) -> Whole:
    """Release with the capacity of each province, which is used up in place."""
    used = np.minimum(there.sum(axis=2), capacity)
    capacity -= used
    return divided(there, used)


def _shared(there: Whole, capacity: Whole) -> Whole:
    """Release with common capacity, in proportion to what is left; it is used up in place."""
    runs = there.shape[0]
    used = np.minimum(there.sum(axis=(1, 2)), capacity)
    capacity -= used
    return divided(there.reshape(runs, -1), used).reshape(there.shape)


def divided(there: Whole, amount: Whole) -> Whole:
    """Divide whole amounts along the last axis, in proportion to what is there.

    Parameters
    ----------
    there
        m² of each part, last axis.
    amount
        m² to divide, at most the sum of the parts; no part gets more than it has.

    Examples
    --------
    >>> divided(np.array([[3, 3, 3]]), np.array([4])).tolist()
    [[1, 1, 2]]
    """
    # Whole numbers throughout: products stay below 2**63 for areas below MOST_M2.
    ends = np.cumsum(there, axis=-1)
    total = np.maximum(ends[..., -1:], 1)
    shares = ends * amount[..., None] // total
    return np.diff(shares, axis=-1, prepend=0)


def _part(stock: Whole, period: Period, order: Order) -> Floats:
    """Return after which part of the period the land of each province ends, if it does."""
    land, found = stock.sum(axis=2), period.inflow.sum(axis=2)
    alone = period.own >= land + found
    mine = _ratio(land, period.own - found)
    together = ~alone & (land + found > 0)
    rate = period.common + np.where(together, period.own - found, 0).sum(axis=1)
    joint = _ratio(np.where(together, land, 0).sum(axis=1), rate)
    end = np.where(alone, mine, joint[:, None])
    if order != "together":
        first, second = (FAR, NEAR) if order == "far_first" else (NEAR, FAR)
        early = together & (stock[..., second] + period.inflow[..., second] == 0)
        rate = period.common + np.where(together, period.own - period.inflow[..., first], 0).sum(
            axis=1
        )
        before = _ratio(np.where(together, stock[..., first], 0).sum(axis=1), rate)
        end = np.where(early, np.minimum(before[:, None], end), end)
    return end


def _ratio(land: Any, rate: Any) -> Floats:
    """Divide, at most 1; where there is no rate it takes the whole period."""
    return np.clip(np.where(rate > 0, land / np.where(rate > 0, rate, 1), 1.0), 0.0, 1.0)
