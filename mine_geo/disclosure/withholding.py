"""What must be withheld: figures from which a small one comes out, land that tells what remains.

Two algorithms, each free of how things are shown:

- `hide_totals` and `hide_details` say which figures of a table by unit must be left out, so that
  no small one can be computed.
- `may_be_shown` says which released polygons would give away the outline of land that remains.
  Geometry is EPSG:4326 (longitude, latitude in degrees), edges straight in them.

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
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import RecordError, some
from mine_geo.geo.geometry import as_geometries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import geopandas as gpd
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


CLEARANCE_M: Final = 10.0
"""How far released land lies at least from all that remains if it is shown, metres."""
LEAST_CLEARANCE_M: Final = 1.0

_METRES_A_DEGREE: Final = 110_574.0
"""The shortest degree of latitude on WGS 84; one of longitude is longer than it times cosine."""


def drawn(polygons: Any) -> Mask:
    """Return which geometries are there and not empty.

    Examples
    --------
    >>> drawn([shapely.box(103, 13, 103.1, 13.1), shapely.Polygon(), None])
    array([ True, False, False])
    """
    polygons = as_geometries(polygons)
    return np.asarray(~(shapely.is_missing(polygons) | shapely.is_empty(polygons)), dtype=bool)


def nearer(polygons: Any, others: Any, metres: float) -> Mask:
    """Return which polygons lie nearer than `metres` to any of the others, or little farther.

    A degree in any direction is at least the shortest degree of latitude times the cosine of
    the latitude; what is not nearer by that measure is not nearer on the ground.

    Parameters
    ----------
    polygons, others
        Geometries in EPSG:4326, none missing; each of `polygons` is told of.
    metres
        The distance. Up to 5 % farther may count as nearer (at 15 degrees of latitude).

    Examples
    --------
    >>> field = shapely.box(103, 13, 103.01, 13.01)
    >>> nine, eleven = 13.01 + 9 / 110_630, 13.01 + 11 / 110_630  # metres north of it
    >>> nearer([shapely.box(103, y, 103.01, y + 1) for y in (nine, eleven)], [field], 10)
    array([ True, False])
    """
    polygons, others = as_geometries(polygons), as_geometries(others)
    found = np.zeros(len(polygons), dtype=bool)
    if not len(others) or not len(polygons):
        return found
    south, north = shapely.total_bounds(polygons)[[1, 3]]
    # Others that are near lie at these latitudes too; where the rest lie, if anywhere, is all one.
    steepest = min(max(abs(south), abs(north)) + 2 * metres / _METRES_A_DEGREE, 89.0)
    degrees = metres / (_METRES_A_DEGREE * np.cos(np.radians(steepest)))
    pairs = shapely.STRtree(others).query(polygons, predicate="dwithin", distance=degrees)
    found[pairs[0]] = True
    return found


def remains(frame: gpd.GeoDataFrame) -> Mask:
    """Return which rows of restricted polygons are of hazards with anything left, or waiting.

    A polygon that is missing says that nobody knows where it lies; one that is empty, that there
    is nothing. What a column `remains` calls False is no longer there.

    Examples
    --------
    >>> import geopandas as gpd
    >>> there, nothing = shapely.box(103, 13, 103.1, 13.1), shapely.Polygon()
    >>> remains(gpd.GeoDataFrame(geometry=[there, nothing, None], crs=4326))
    array([ True, False,  True])
    """
    missing = shapely.is_missing(as_geometries(frame))
    size = np.full(len(frame), np.nan)
    if "size_m2" in frame:
        size = pd.to_numeric(frame["size_m2"]).to_numpy(dtype=float, na_value=np.nan)
    left = drawn(frame) | (size > 0) | (missing & (size != 0))
    if "remains" in frame:
        left &= ~frame["remains"].eq(False).to_numpy()
    return np.asarray(left, dtype=bool)


def safely(polygons: Any) -> Any:
    """Return polygons as they are; instead of a broken one, all the land that it may mean.

    Examples
    --------
    >>> bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> shapely.area(safely([bow, shapely.box(0, 0, 1, 1)])).tolist()
    [1.0, 1.0]
    """
    polygons = as_geometries(polygons).copy()
    for place in np.flatnonzero(~shapely.is_valid(polygons)):
        xy = shapely.get_coordinates(polygons[place])
        vertices = shapely.multipoints(xy[np.isfinite(xy).all(axis=1)])
        polygons[place] = shapely.convex_hull(vertices)
    return polygons


def _named(ids: str) -> tuple[str, ...]:
    """Return the ids that one text may name: itself, and what ` + ` joins."""
    return tuple(dict.fromkeys((ids, *ids.split(" + "))))


def families(frames: Iterable[pd.DataFrame]) -> dict[str, str]:
    """Return for each hazard with kin an id that all of them share.

    Kin are hazards that divisions, mergers or amendments link, over any number of generations.

    Parameters
    ----------
    frames
        Rows of `hazard_id` with `parent_id` or `kin`, as far as they have these columns; a merged
        hazard names several, joined with " + ".

    Raises
    ------
    RecordError
        If a parent is named that has no row: nobody could tell what it was a part of itself.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"hazard_id": ["A", "B", "C", "D"], "parent_id": [None, "A", "B", None]}
    >>> families([pd.DataFrame(rows)])
    {'A': 'A', 'B': 'A', 'C': 'A'}
    """
    head: dict[str, str] = {}

    def top(each: str) -> str:
        while head.setdefault(each, each) != each:
            head[each] = head[head[each]]
            each = head[each]
        return each

    there: set[str] = set()
    parents: set[str] = set()
    for frame in frames:
        there.update(str(each) for each in frame["hazard_id"].dropna())
        for column in ("parent_id", "kin"):
            if column not in frame:
                continue
            linked = frame.loc[frame[column].notna() & frame["hazard_id"].notna()]
            for own, told in zip(linked["hazard_id"], linked[column], strict=True):
                for each in _named(str(told)):
                    one, other = sorted((top(str(own)), top(each)))
                    head[other] = one
            if column == "parent_id":
                parents.update(str(told) for told in linked[column])
    lost = {p for p in parents if p not in there and not set(p.split(" + ")) <= there}
    if lost:
        raise RecordError(
            f"restricted polygons: no row of {some(sorted(lost))}, which hazards name as their "
            "parent_id, so that what it was a part of itself is not known; hand over closed "
            "hazards too, with an empty polygon (Store.restricted does)"
        )
    return {each: top(each) for each in sorted(head)}


def _hulls(polygons: Any, owners: Any) -> tuple[Any, Any]:
    """Return each owner once, and the convex hull of all its polygons."""
    names, place = np.unique(owners, return_inverse=True)
    xy, of = shapely.get_coordinates(polygons, return_index=True)
    told = np.isfinite(xy).all(axis=1)
    xy, mine = xy[told], place[of[told]]
    order = np.argsort(mine, kind="stable")
    each = np.split(xy[order], np.searchsorted(mine[order], np.arange(1, len(names))))
    return names, shapely.convex_hull(np.array([shapely.multipoints(part) for part in each]))


def may_be_shown(
    land: pd.DataFrame, restricted: Sequence[gpd.GeoDataFrame], clearance_m: float = CLEARANCE_M
) -> Mask:
    """Return which released polygons give away nothing of what remains.

    Those of a hazard of which nothing is left, nor of its kin, if the convex hull of all land
    that was released of them lies `clearance_m` from everything that remains of others: what is
    shown of them has no hole, notch or slot with something in it. They are shown all or not at
    all.

    Parameters
    ----------
    land
        Released land: `hazard_id` (str or None) and `geometry` (EPSG:4326).
    restricted
        Frames with `hazard_id`, `geometry` and, as far as they are known:

        - `parent_id`, `kin`: ids of hazards that land came from, or that are linked otherwise;
        - `remains`: False for land that is released already, in `land` or not, and for hazards
          of which nothing is left. All others remain: with their polygon, or, where that is
          missing, nobody knows where.
    clearance_m
        Metres.

    Raises
    ------
    RecordError
        As for `families`.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> left, strip, far = shapely.box(3, 1, 4, 2), shapely.box(4, 1, 5, 2), shapely.box(7, 1, 8, 2)
    >>> fields = gpd.GeoDataFrame({"hazard_id": ["A"]}, geometry=[left], crs=4326)
    >>> land = pd.DataFrame({"hazard_id": ["A", "B", None], "geometry": [strip, far, far]})
    >>> may_be_shown(land, [fields])
    array([False,  True, False])
    """
    told = [*restricted, land] if "parent_id" in land else restricted
    family = families(told)
    remaining = [frame[remains(frame)] for frame in restricted]
    unfinished = {
        family.get(str(each), str(each))
        for frame in remaining
        for each in frame["hazard_id"].dropna()
    }
    gone = [land, *(frame[~remains(frame)] for frame in restricted)]
    ids = [None if pd.isna(each) else str(each) for frame in gone for each in frame["hazard_id"]]
    owners = np.array([family.get(each, each) if each else "" for each in ids], dtype=object)
    polygons = np.concatenate(
        [as_geometries(frame["geometry"].to_numpy(dtype=object)) for frame in gone]
    )
    there = drawn(polygons) & (owners != "")
    broken = np.zeros(len(polygons), dtype=bool)
    broken[there] = ~np.isfinite(shapely.bounds(polygons[there])).all(axis=1)
    unfinished.update(owners[broken])
    whole = there & ~broken
    if whole.any():
        names, hulls = _hulls(polygons[whole], owners[whole].astype(str))
        left = np.concatenate([safely(as_geometries(f)[drawn(f)]) for f in remaining])
        unfinished.update(names[nearer(hulls, left, clearance_m)].tolist())
    mine = owners[: len(land)]
    return there[: len(land)] & np.array([each not in unfinished for each in mine], dtype=bool)
