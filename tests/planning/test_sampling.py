"""Samples of inspections: sizes by hand; probabilities by all samples, and drawn one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import OptionError, RecordError
from mine_geo.planning.sampling import passing, sampling_plan


def lot(count: int) -> list[str]:
    return [f"R-{number:04}" for number in range(count)]


@pytest.mark.parametrize(
    ("units", "defective", "confidence", "accept", "size", "missed"),
    [
        # Of N units one is bad: n of them miss it with (N - n) / N. 1/10 is just enough for 90 %;
        # binary floating point, where 1 - 0.9 is less than 0.1, would ask for all ten.
        (10, 1, 0.9, 0, 9, Fraction(1, 10)),
        (10, 1, "0.91", 0, 10, Fraction(0)),
        # Two bad of ten: 8·7/(10·9) = 28/45, 7·6/90 = 7/15, ... n = 7: 3·2/90 = 1/15; 8: 1/45.
        (10, 2, "0.95", 0, 8, Fraction(1, 45)),
        (10, 2, "0.90", 0, 7, Fraction(1, 15)),
        # All are bad: one look is enough, and two if one bad one is let pass.
        (10, 10, "0.999", 0, 1, Fraction(0)),
        (10, 10, "0.999", 1, 2, Fraction(0)),
        # Two bad of four, one let pass: the sample must hold both. Of 3: C(2,1) C(2,2) / 4 = 1/2.
        (4, 2, "0.5", 1, 3, Fraction(1, 2)),
        (1, 1, "0.95", 0, 1, Fraction(0)),
    ],
)
def test_sizes_worked_out_by_hand(units, defective, confidence, accept, size, missed):
    found = sampling_plan(lot(units), defective=defective, confidence=confidence, accept=accept)
    assert (found.size, found.missed) == (size, missed)


@settings(max_examples=150)
@given(st.data())
def test_every_sample_there_is_gives_the_same_probability(data):
    units = data.draw(st.integers(1, 9))
    bad = data.draw(st.integers(0, units))
    size = data.draw(st.integers(0, units))
    accept = data.draw(st.integers(0, units))
    every = list(combinations(range(units), size))
    passed = sum(sum(each < bad for each in sample) <= accept for sample in every)
    assert passing(units, bad, size, accept) == Fraction(passed, len(every))


def one_by_one(units: int, bad: int, accept: int) -> list[Fraction]:
    """Return the probability that a lot passes for samples of 0, 1, 2 ... units, drawn in turn."""
    held = [Fraction(1)] + [Fraction(0)] * bad
    found = [Fraction(1)]
    for drawn in range(units):
        left = units - drawn
        held = [
            held[k] * Fraction(left - (bad - k), left)
            + (held[k - 1] * Fraction(bad - k + 1, left) if k else 0)
            for k in range(bad + 1)
        ]
        found.append(sum(held[: accept + 1], Fraction(0)))
    return found


@settings(max_examples=60)
@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, min(n, 12)))),
    st.integers(0, 5),
    st.sampled_from(["0.8", "0.9", "0.95", "0.99"]),
)
def test_it_is_the_smallest_sample_by_drawing_one_by_one(numbers, accept, confidence):
    units, bad = numbers
    accept = min(accept, bad - 1)
    found = sampling_plan(lot(units), defective=bad, confidence=confidence, accept=accept)
    oracle = one_by_one(units, bad, accept)
    allowed = 1 - Fraction(confidence)
    assert found.missed == oracle[found.size] <= allowed
    assert all(each > allowed for each in oracle[: found.size])


@given(st.permutations(lot(30)), st.integers())
def test_the_same_seed_draws_the_same_units_whatever_their_order(units, seed):
    found = sampling_plan(units, defective=3, seed=seed)
    assert found.chosen == sampling_plan(lot(30), defective=3, seed=seed).chosen
    assert len(set(found.chosen)) == found.size == len(found.table)
    assert set(found.chosen) <= set(units)


def test_each_unit_is_drawn_about_as_often_over_many_seeds():
    """Of ten units two are drawn: each with 1/5, 400 of 2,000 ± 5 standard deviations (18)."""
    counts = dict.fromkeys(lot(10), 0)
    for seed in range(2000):
        for unit in sampling_plan(lot(10), defective=8, confidence="0.9", seed=seed).chosen:
            counts[unit] += 1
    assert sum(counts.values()) == 2000 * 2
    assert all(310 < count < 490 for count in counts.values())


@pytest.mark.parametrize(
    ("units", "how", "error", "said"),
    [
        ([], {"defective": 1}, RecordError, "no unit"),
        (["A", "B", "A"], {"defective": 1}, RecordError, "A: stands twice"),
        (lot(5), {"defective": 0}, OptionError, "give from 1 to 5"),
        (lot(5), {"defective": 6}, OptionError, "give from 1 to 5"),
        (lot(5), {"defective": 2, "accept": 2}, OptionError, "give from 3 to 5"),
        (lot(5), {"defective": 2, "accept": -1}, OptionError, "0 bad units or more"),
        (lot(5), {"defective": 2, "confidence": 1}, OptionError, "between 0 and 1"),
        (lot(5), {"defective": 2, "confidence": 0.0}, OptionError, "between 0 and 1"),
        (lot(5), {"defective": 2, "confidence": float("nan")}, OptionError, "no number"),
        (lot(5), {"defective": 2, "confidence": "95 %"}, OptionError, "no number"),
        (lot(5), {"defective": 2, "confidence": "1/0"}, OptionError, "no number"),
    ],
)
def test_what_is_no_sample_is_refused(units, how, error, said):
    with pytest.raises(error, match=said):
        sampling_plan(units, **how)
