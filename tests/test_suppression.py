"""What is left out cannot be computed: every table that fits what is shown is listed and counted.

The oracle knows nothing of intervals and groups: it writes down all tables of the lowest units that
agree with each figure that is shown and with each "fewer than N", and looks at what values a figure
that is left out takes among them.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mine_geo.disclosure.withholding import Tree, hide_details, hide_totals, intervals, tree_of


def leaves_of(tree):
    """Return the lowest units below each unit, itself where it is one."""
    found = [set() for _ in tree.above]
    for place in range(len(tree.above) - 1, -1, -1):
        if not tree.below[place]:
            found[place] = {place}
        for each in tree.below[place]:
            found[place] |= found[each]
    return found


def below_few(tree, totals, least):
    """Return which units lie below one that has few: nothing is said of them."""
    found = np.zeros(len(totals), dtype=bool)
    for place in range(len(totals)):
        over = int(tree.above[place])
        while over >= 0:
            found[place] |= 0 < totals[over] < least
            over = int(tree.above[over])
    return found


def tables(tree, details, hidden, hidden_details, least, most):
    """Give every table of the lowest units that agrees with what is shown; a dict a table.

    `most`: the most that a part of a unit without a shown total is tried with.
    """
    under = leaves_of(tree)
    lowest = sorted(under[0])
    parts = details.shape[1]
    known = []  # (units, parts, sum) of each figure that is shown
    limits = []  # (units, low, high) of each total that is only said to be few, or not to be
    silent = below_few(tree, details.sum(axis=1), least)
    for place in range(len(tree.above)):
        total = int(details[place].sum())
        if not hidden[place]:
            known.append((under[place], range(parts), total))
        elif silent[place]:
            limits.append((under[place], 0, least - 1))
        elif total < least:
            limits.append((under[place], 1, least - 1))
        else:
            limits.append((under[place], least, 10**6))
        if not hidden_details[place]:
            known += [(under[place], [p], int(details[place, p])) for p in range(parts)]
    yield from _filled(lowest, parts, known, limits, most, {})


def _filled(lowest, parts, known, limits, most, so_far):
    if len(so_far) == len(lowest):
        for units, low, high in limits:
            if not low <= sum(sum(so_far[u]) for u in units) <= high:
                return
        yield so_far
        return
    here = lowest[len(so_far)]
    free = set(lowest[len(so_far) + 1 :])
    for values in product(range(most + 1), repeat=parts):
        now = so_far | {here: values}
        fits = True
        for units, which, total in known:
            if here in units:
                told = sum(now[u][p] for u in units if u in now for p in which)
                if told > total or (told < total and not units & free):
                    fits = False
                    break
        if fits:
            yield from _filled(lowest, parts, known, limits, most, now)


def values(found, units, part=None):
    return {
        sum(sum(table[u]) if part is None else table[u][part] for u in units) for table in found
    }


def own(tree, leaves):
    """Return the figures of all units from those of the lowest, in their order."""
    lowest = [place for place, below in enumerate(tree.below) if not below]
    table = np.zeros((len(tree.above), len(leaves[0])), dtype=np.int64)
    for place, figures in zip(lowest, leaves, strict=True):
        table[place] = figures
    return tree.sums(table)


SHAPES = [
    Tree(np.array([-1, 0, 0])),
    Tree(np.array([-1, 0, 0, 0])),
    Tree(np.array([-1, 0, 0, 0, 0])),
    Tree(np.array([-1, 0, 0, 1, 1, 2])),
    Tree(np.array([-1, 0, 0, 1, 1, 2, 2])),
    Tree(np.array([-1, 0, 1, 1, 0])),
    Tree(np.array([-1, 0, 0, 1, 3, 3, 2])),
]


@st.composite
def registers(draw, parts=2, most=4):
    tree = draw(st.sampled_from(SHAPES))
    count = sum(not below for below in tree.below)
    figures = st.tuples(*[st.integers(0, most)] * parts)
    return tree, own(tree, draw(st.lists(figures, min_size=count, max_size=count)))


@settings(max_examples=60, deadline=None)
@given(registers(parts=1, most=7), st.integers(3, 5))
@example((Tree(np.array([-1, 0, 0, 0])), np.array([[12], [1], [4], [7]])), 3)
def test_a_small_total_can_be_all_that_fewer_than_says(register, least):
    tree, details = register
    totals = details[:, 0]
    hidden = hide_totals(tree, totals, 1000 * totals, least)
    few = (totals > 0) & (totals < least)
    assert hidden[few].all()
    assert not hidden[(totals == 0) & ~below_few(tree, totals, least)].any()
    under, most = leaves_of(tree), int(totals[0]) + least
    assume((most + 1) ** int(hidden[sorted(under[0])].sum()) < 200_000)
    found = list(tables(tree, details, hidden, hidden, least, most))
    whole = (totals > 0) | below_few(tree, totals, least)
    free = list(tables(tree, details, whole, whole, least, 2 * least))
    possible = intervals(tree, totals, hidden, least)
    for place in np.flatnonzero(few):
        seen = values(found, under[place])
        # what the words alone leave possible, if no other figure were shown
        assert seen == {each for each in values(free, under[place]) if each < least}
    for place in np.flatnonzero(hidden):  # the intervals are what the oracle sees
        low, high = possible[place]
        seen = values(found, under[place])
        assert min(seen) == low
        assert max(seen) == high or high > most


@pytest.mark.untraced
@settings(max_examples=40, deadline=None)
@given(registers())
@example(
    (Tree(np.array([-1, 0, 0, 0])), own(Tree(np.array([-1, 0, 0, 0])), [(3, 1), (1, 3), (4, 4)]))
)
def test_a_small_detail_is_never_known(register):
    tree, details = register
    least = 3
    totals = details.sum(axis=1)
    hidden = hide_totals(tree, totals, 1000 * totals, least)
    left_out = hide_details(tree, details, 1000 * details, hidden, least)
    few = (details > 0) & (details < least)
    assert (left_out >= hidden).all()
    assert left_out[few.any(axis=1)].all()
    under = leaves_of(tree)
    assume(left_out[sorted(under[0])].sum() <= 3)
    most = int(totals[0]) + least if left_out[0] else int(totals[0])
    assume(most <= 16)
    found = list(tables(tree, details, hidden, left_out, least, most))
    assert found
    for place, part in zip(*np.nonzero(few), strict=True):
        seen = values(found, under[place], part)
        assert len(seen) >= 2, (details.tolist(), place, part)
        wanted = min(least - 1, int(totals[place]) + 1)
        assert len(seen) >= wanted
    for place in np.flatnonzero((totals > 0) & (totals < least)):
        assert len(values(found, under[place])) >= min(2, least - 1)


def test_the_oracle_finds_what_naive_suppression_gives_away():
    """One district left out of a province is its total less the others: the mend is tested."""
    tree, details = Tree(np.array([-1, 0, 0, 0])), np.array([[12], [1], [4], [7]])
    naive = np.array([False, True, False, False])
    assert values(list(tables(tree, details, naive, naive, 3, 12)), {1}) == {1}
    assert intervals(tree, details[:, 0], naive, 3)[1] == (1, 1)
    right = hide_totals(tree, details[:, 0], 1000 * details[:, 0], 3)
    assert right.tolist() == [False, True, True, False]
    assert values(list(tables(tree, details, right, right, 3, 12)), {1}) == {1, 2}


def test_two_neighbours_of_one_each_are_not_enough():
    """Their sum of 2 would say that each is 1."""
    tree = Tree(np.array([-1, 0, 0, 0, 0]))
    totals = np.array([29, 1, 1, 7, 20])
    assert hide_totals(tree, totals, 1000 * totals, 3).tolist() == [False, True, True, True, False]


def test_a_neighbour_that_hides_is_left_out_with_some_of_its_own_communes():
    """Else the communes, which are all shown, would add up to it."""
    tree, at = tree_of([("02", "a"), ("02", "b", "1"), ("02", "b", "2"), ("24",)])
    totals = tree.sums(np.array([0, 0, 2, 0, 6, 30, 50]))
    hidden = hide_totals(tree, totals, 1000 * totals, 5)
    assert [path for path, place in at.items() if hidden[place]] == [
        ("02", "a"),
        ("02", "b"),
        ("02", "b", "1"),
        ("02", "b", "2"),
    ]


def test_where_no_neighbour_is_the_unit_above_is_left_out_too():
    tree, at = tree_of([("02", "a"), ("24", "b"), ("24", "c"), ("25", "d")])
    totals = tree.sums(np.array([0, 0, 1, 0, 9, 8, 0, 40]))
    hidden = hide_totals(tree, totals, 1000 * totals, 3)
    assert hidden[at["02",]]
    assert hidden[at["24",]]
    assert not hidden[0]
    assert not hidden[at["25", "d"]]


def test_nothing_but_few():
    tree, totals = Tree(np.array([-1, 0, 0])), np.array([2, 1, 1])
    assert hide_totals(tree, totals, 1000 * totals, 3).all()
    assert not hide_totals(tree, 0 * totals, 0 * totals, 3).any()


def test_the_size_of_one_is_not_known_from_a_neighbour_of_next_to_nothing():
    tree, totals = Tree(np.array([-1, 0, 0, 0])), np.array([18, 1, 7, 10])
    sizes = np.array([1_200_000, 900_000, 500, 299_500])
    hidden = hide_totals(tree, totals, sizes, 3, round_m2=1000)
    assert hidden.tolist() == [False, True, True, True]  # 500 m² hide nothing of 900,000
    sizes = np.array([1_200_000, 900_000, 250_000, 50_000])
    assert hide_totals(tree, totals, sizes, 3, round_m2=1000).tolist() == [False, True, True, False]


def test_near_and_far_are_left_out_together_and_with_a_neighbour():
    tree = Tree(np.array([-1, 0, 0, 0]))
    details = own(tree, [(1, 40), (30, 12), (200, 100)])
    nothing = np.zeros(4, dtype=bool)
    assert hide_details(tree, details, 1000 * details, nothing, 5).tolist() == [
        False,
        True,
        True,
        False,
    ]
    # A neighbour without any near hides nothing of the one: more are left out.
    details = own(tree, [(1, 40), (0, 12), (200, 100)])
    assert hide_details(tree, details, 1000 * details, nothing, 5).tolist() == [
        False,
        True,
        True,
        True,
    ]


def test_a_tree_is_one():
    for above in ([0], [-1, 2, 0], [-1, -1]):
        with pytest.raises(ValueError, match="tree"):
            Tree(np.array(above))


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(3, 10))
def test_larger_trees_are_protected_too(data, least):
    """Of 60 units no table can be listed: the intervals, which the small trees have proved."""
    above = [-1] + [data.draw(st.integers(0, max(0, place - 2))) for place in range(1, 40)]
    tree = Tree(np.array(above))
    count = sum(not below for below in tree.below)
    figures = data.draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))
    totals = own(tree, [(each,) for each in figures])[:, 0]
    hidden = hide_totals(tree, totals, 1000 * totals, least)
    whole = (totals > 0) | below_few(tree, totals, least)
    ideal, possible = (intervals(tree, totals, each, least) for each in (whole, hidden))
    for place in np.flatnonzero((totals > 0) & (totals < least)):
        assert hidden[place]
        assert ideal[place][0] <= 1
        assert ideal[place][1] == least - 1
        assert possible[place] == ideal[place]
