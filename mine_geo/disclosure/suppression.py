"""Which figures of a table by unit must be left out, so that no small one can be computed.

A figure of few hazards is left out (primary suppression), and so are as many others as are needed
that it does not come out when the others are subtracted from a total (secondary suppression).

Units form a tree: the country, provinces, districts, communes; each figure is the sum of those
below it. The totals by unit, and the details of a total (near and far; years), are looked at one
after the other:

- Totals. In a tree of sums the values that an attentive reader must hold possible are an interval
  for each unit, found exactly by going up the tree and down again (`intervals`). A small total is
  protected if all values stay possible that "fewer than N" leaves.
  Below a unit of few nothing is told apart, not even who has none: two communes with "fewer than
  3" each would say that their district, with "fewer than 3", has two.
- Details are shown or left out for a unit as a whole. Moving hazards of one unit from near to far
  and of another from far to near changes no total: how many can be moved so between units whose
  details are left out together is how unsure a reader must stay, at the least.

Where a figure is not protected, the smallest neighbours are left out too, and where there are none,
the unit above; at the worst the whole tree, which tells nothing. The method is complementary cell
suppression on hierarchical tables, with the audit that makes it sound: A. Hundepool et al.,
Statistical Disclosure Control (Wiley 2012), chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Numbers = NDArray[np.int64]


ENDLESS: Final = 10**15
"""More than any figure."""
WIDTH: Final = 10
"""A size that is left out is not known to a part of this many of itself: to 10 %."""


@dataclass(frozen=True, eq=False)
class Tree:
    """Units below units; a unit stands after the one above it, and the first is above all."""

    above: NDArray[np.int64]
    """The place of the unit above each; -1 above the first."""

    def __post_init__(self) -> None:
        """Note what lies below each unit."""
        below: list[list[int]] = [[] for _ in self.above]
        for place, over in enumerate(self.above.tolist()):
            if over >= place or (over < 0) != (place == 0):
                raise ValueError(f"unit {place} of a tree cannot be below unit {over}")
            if over >= 0:
                below[over].append(place)
        object.__setattr__(self, "_below", below)

    @property
    def below(self) -> list[list[int]]:
        """The places of the units directly below each."""
        found: list[list[int]] = self._below  # type: ignore[attr-defined]
        return found

    def sums(self, own: Numbers) -> Numbers:
        """Return the figures of all units, from those of the lowest.

        Examples
        --------
        >>> Tree(np.array([-1, 0, 0, 2, 2])).sums(np.array([0, 5, 0, 2, 1])).tolist()
        [8, 5, 3, 2, 1]
        """
        found = own.copy()
        for place in range(len(self.above) - 1, 0, -1):
            found[self.above[place]] += found[place]
        return found


def veiled(tree: Tree, totals: Numbers, least: int) -> Mask:
    """Return which units lie below one of few: all of them are left out, even those of none.

    Examples
    --------
    >>> tree = Tree(np.array([-1, 0, 0, 1, 1]))
    >>> veiled(tree, np.array([9, 1, 8, 1, 0]), 3).tolist()
    [False, False, False, True, True]
    """
    found = np.zeros(len(totals), dtype=bool)
    for place, over in enumerate(tree.above.tolist()):
        if over >= 0:
            found[place] = found[over] or 0 < totals[over] < least
    return found


def intervals(
    tree: Tree, totals: Numbers, hidden: Mask, least: int, *, labelled: bool = True
) -> list[tuple[int, int]]:
    """Return the least and most that each total can be for who sees all that are not hidden.

    Parameters
    ----------
    tree
        The units.
    totals
        What each really has; above the lowest units the sum of those below.
    hidden
        Which are left out. None of them is 0, but for those that are `veiled`.
    least
        Fewer than this is few.
    labelled
        Whether a hidden total is said to be "fewer than N", or is not, which says that it is not.

    Examples
    --------
    >>> tree, totals = Tree(np.array([-1, 0, 0, 0])), np.array([12, 1, 4, 7])
    >>> intervals(tree, totals, np.array([False, True, False, False]), 3)[1]
    (1, 1)
    >>> intervals(tree, totals, np.array([False, True, True, False]), 3)[1:3]
    [(1, 2), (3, 4)]
    """
    known: list[tuple[int, int]] = []
    below_few = veiled(tree, totals, least).tolist()
    for place, total in enumerate(totals.tolist()):
        if not hidden[place]:
            known.append((total, total))
        elif below_few[place]:
            known.append((0, least - 1 if labelled else ENDLESS))
        elif not labelled:
            known.append((1, ENDLESS))
        else:
            known.append((1, least - 1) if total < least else (least, ENDLESS))
    return _narrowed(tree, known)


def _narrowed(tree: Tree, known: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what is possible of each unit, given what is known of each by itself.

    Sums of whole numbers of intervals are intervals, and a tree has no circles: up and down once
    is exact.
    """
    found = list(known)
    sums: list[tuple[int, int]] = [(0, 0)] * len(known)
    for place in range(len(known) - 1, -1, -1):
        below = tree.below[place]
        if below:
            sums[place] = (
                sum(found[each][0] for each in below),
                min(ENDLESS, sum(found[each][1] for each in below)),
            )
            found[place] = _both(found[place], sums[place])
    upward = list(found)
    for place, below in enumerate(tree.below):
        low, high = found[place]
        endless = sum(upward[each][1] >= ENDLESS for each in below)
        lows = sum(upward[each][0] for each in below)
        highs = sum(upward[each][1] for each in below if upward[each][1] < ENDLESS)
        for each in below:
            least, most = upward[each]
            others_endless = endless - (most >= ENDLESS)
            others_most = ENDLESS if others_endless else highs - (most if most < ENDLESS else 0)
            rest = (max(0, low - others_most), high if high >= ENDLESS else high - (lows - least))
            found[each] = _both((least, most), rest)
    return found


def _both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), min(one[1], other[1])


class _Hiding:
    """What is left out so far, and the groups that follow: hidden units below one shown unit."""

    def __init__(self, tree: Tree, totals: Numbers, hidden: Mask) -> None:
        self.tree = tree
        self.totals = totals
        self.hidden = hidden

    def heads(self) -> dict[int, list[int]]:
        """Return the hidden units directly below each shown one, by its place.

        Those of a hidden first unit are bound by nothing, and are in no group.
        """
        found: dict[int, list[int]] = {}
        for place in np.flatnonzero(self.hidden).tolist():
            over = int(self.tree.above[place])
            if over >= 0 and not self.hidden[over]:
                found.setdefault(over, []).append(place)
        return found

    def reached(self, place: int) -> Iterator[int]:
        """Give a hidden unit and the hidden ones below it, without a shown one between."""
        waiting = [place]
        while waiting:
            here = waiting.pop()
            yield here
            waiting += [each for each in self.tree.below[here] if self.hidden[each]]

    def lowest(self, place: int) -> list[int]:
        """Return the lowest units among those reached."""
        return [each for each in self.reached(place) if not self.tree.below[each]]

    def more(self, over: int, heads: list[int]) -> None:
        """Leave out one more unit for the group below `over`.

        The smallest shown neighbour; else the smallest shown unit below a hidden one; else the
        unit above.
        """
        beside = [each for each in self.tree.below[over] if self._open(each)]
        if not beside:
            inside = [each for head in heads for each in self.reached(head)]
            beside = [each for unit in inside for each in self.tree.below[unit] if self._open(each)]
        if beside:
            self.hide(min(beside, key=lambda each: (int(self.totals[each]), each)))
        else:
            self.hidden[over] = True

    def _open(self, place: int) -> bool:
        return bool(self.totals[place] > 0 and not self.hidden[place])

    def hide(self, place: int, enough: int = 1) -> None:
        """Leave out a unit, and of those below it the smallest: else they would add up to it."""
        self.hidden[place] = True
        below = [each for each in self.tree.below[place] if self.totals[each] > 0]
        left = sum(int(self.totals[each]) for each in below if self.hidden[each])
        for each in sorted(below, key=lambda one: (int(self.totals[one]), one)):
            if left > enough:
                return
            if not self.hidden[each]:
                self.hide(each, enough)
                left += int(self.totals[each])


def hide_totals(
    tree: Tree,
    totals: Numbers,
    sizes: Numbers,
    least: int,
    *,
    round_m2: int = 1,
    labelled: bool = True,
) -> Mask:
    """Return which totals are left out.

    Parameters
    ----------
    tree
        The units.
    totals, sizes
        How many there are in each unit, and their m²; above the lowest units the sums.
    least
        Fewer than this, but not none, is left out.
    round_m2
        To how many m² sizes are rounded.
    labelled
        As for `intervals`.

    Examples
    --------
    >>> tree, totals = Tree(np.array([-1, 0, 0, 0])), np.array([12, 1, 4, 7])
    >>> hide_totals(tree, totals, 1000 * totals, 3).tolist()
    [False, True, True, False]
    """
    few, below_few = (totals > 0) & (totals < least), veiled(tree, totals, least)
    state = _Hiding(tree, totals, few | below_few)
    if few.any():
        ideal = intervals(tree, totals, (totals > 0) | below_few, least)
        while wanting := _totals_wanting(state, few, sizes, ideal, least, round_m2, labelled):
            for over, heads in wanting:
                state.more(over, heads)
    return state.hidden


def _totals_wanting(
    state: _Hiding,
    few: Mask,
    sizes: Numbers,
    ideal: list[tuple[int, int]],
    least: int,
    round_m2: int,
    labelled: bool,
) -> list[tuple[int, list[int]]]:
    """Return the groups in which a small total is known better than it may be."""
    possible = intervals(state.tree, state.totals, state.hidden, least, labelled=labelled)
    found = []
    for over, heads in state.heads().items():
        whole = sum(int(sizes[low]) for head in heads for low in state.lowest(head))
        for place in (each for head in heads for each in state.reached(head) if few[each]):
            (low, high), (wanted_low, wanted_high) = possible[place], ideal[place]
            others = whole - sum(int(sizes[each]) for each in state.lowest(place))
            if low > wanted_low or high < wanted_high or others < _unsure(sizes[place], round_m2):
                found.append((over, heads))
                break
    return found


def _unsure(size: int, round_m2: int) -> int:
    """Return how many m² of others at least hide a size."""
    return max(round_m2, -(-int(size) // WIDTH)) if size > 0 else 0


def hide_details(
    tree: Tree,
    details: Numbers,
    sizes: Numbers,
    hidden_totals: Mask,
    least: int,
    *,
    round_m2: int = 1,
) -> Mask:
    """Return of which units the details are left out; where the total is, they always are.

    Parameters
    ----------
    tree
        The units.
    details, sizes
        For each unit (row) and part of its total (column) how many there are, and their m²;
        above the lowest units the sums.
    hidden_totals
        Which totals are left out.
    least, round_m2
        As for `hide_totals`.

    Examples
    --------
    >>> tree = Tree(np.array([-1, 0, 0, 0]))
    >>> details = np.array([[10, 15], [1, 4], [4, 1], [5, 10]])  # one near, one far: hidden
    >>> hide_details(tree, details, 1000 * details, np.zeros(4, dtype=bool), 3).tolist()
    [False, True, True, False]
    """
    totals = details.sum(axis=1)
    few = (details > 0) & (details < least)
    state = _Hiding(tree, totals, hidden_totals | few.any(axis=1))
    while wanting := [
        (over, heads)
        for over, heads in state.heads().items()
        if _details_wanting(state, heads, details, sizes, least, round_m2)
    ]:
        for over, heads in wanting:
            state.more(over, heads)
    return state.hidden


def _details_wanting(
    state: _Hiding,
    heads: list[int],
    details: Numbers,
    sizes: Numbers,
    least: int,
    round_m2: int,
) -> bool:
    """Say whether a small detail of a group is known better than it may be."""
    units = [each for head in heads for each in state.reached(head)]
    lowest = [each for each in units if not state.tree.below[each]]
    whole, size = details[lowest].sum(axis=0), sizes[lowest].sum(axis=0)
    if ((whole > 0) & (whole < least)).any():
        return True
    for unit in units:
        mine = state.lowest(unit)
        own, own_size = details[mine].sum(axis=0), sizes[mine].sum(axis=0)
        others, count = whole - own, int(own.sum())
        for part in np.flatnonzero((details[unit] > 0) & (details[unit] < least)).tolist():
            rest = count - int(own[part])
            others_rest = int(others.sum() - others[part])
            if not rest + others_rest:
                continue  # all of the group is of this part: its total says it, and is looked at
            width = min(rest, int(others[part])) + min(int(own[part]), others_rest)
            if width < min(least - 2, count):
                return True
            if size[part] - own_size[part] < _unsure(own_size[part], round_m2):
                return True
    return False


def tree_of(paths: Sequence[tuple[object, ...]]) -> tuple[Tree, dict[tuple[object, ...], int]]:
    """Return the tree of units that are named by all units above them, and the place of each.

    Examples
    --------
    >>> tree, places = tree_of([("02", "0204"), ("24", "2401"), ("02", "0209")])
    >>> tree.above.tolist(), places[("02", "0209")]
    ([-1, 0, 1, 0, 3, 1], 5)
    """
    places: dict[tuple[object, ...], int] = {(): 0}
    above = [-1]
    for path in paths:
        for depth in range(1, len(path) + 1):
            if path[:depth] not in places:
                places[path[:depth]] = len(above)
                above.append(places[path[: depth - 1]])
    return Tree(np.array(above, dtype=np.int64)), places
