"""Ways to do one thing, taken in turn: their seconds, how they compare, what is claimed of them."""

from __future__ import annotations

import os
import statistics
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

CLAIMS = Path(__file__).with_name("claims.toml")
FEWER = 3
"""In how many rounds a slow way is taken: the first, the last, and others between."""


class Timed(NamedTuple):
    """The seconds of every round of a way."""

    wall: list[float]
    cpu: list[float]


class Claim(NamedTuple):
    """How many times as long as the first way of a comparison another one takes, at least."""

    what: str
    peer: str
    times: float


def claims() -> list[Claim]:
    """Return what is claimed, in the order of the file."""
    found = tomllib.loads(CLAIMS.read_text(encoding="utf-8"))["claim"]
    return [Claim(each["what"], each["peer"], float(each["times"])) for each in found]


def few_of(rounds: int) -> set[int]:
    """Return the rounds, counted from 0, in which a slow way is taken.

    Spread over all of them, so that what else the machine does falls on it as on the others.
    """
    if rounds <= FEWER:
        return set(range(rounds))
    return {round(place * (rounds - 1) / (FEWER - 1)) for place in range(FEWER)}


def interleaved(
    ways: Mapping[str, Callable[[], Any]], rounds: int, slow: Collection[str] = ()
) -> tuple[dict[str, Timed], dict[str, Any]]:
    """Take every way once in each round; return their seconds, and what each gave at last.

    CPU is of this process and of the processes it has started and awaited.
    """
    times = {way: Timed([], []) for way in ways}
    given: dict[str, Any] = {}
    few = few_of(rounds)
    for number in range(rounds):
        for way, run in ways.items():
            if way in slow and number not in few:
                continue
            wall, cpu = time.perf_counter(), sum(os.times()[:4])
            given[way] = run()
            times[way].wall.append(time.perf_counter() - wall)
            times[way].cpu.append(sum(os.times()[:4]) - cpu)
        print(f"  round {number + 1} of {rounds}, load {os.getloadavg()[0]:.2f}", flush=True)
    return times, given


class Beside(NamedTuple):
    """One more column of a table: what stands above it, and a text for some of the ways."""

    heading: str
    of: dict[str, str]


NOTHING = Beside("", {})


def report(
    what: str,
    times: dict[str, Timed],
    beside: Beside = NOTHING,
    elsewhere: Collection[str] = (),
) -> dict[str, float]:
    """Print a comparison; return how many times as long as the first way each one takes.

    Parameters
    ----------
    what
        What is compared.
    times
        The seconds of each way, the one that the others are compared with first.
    beside
        A further column.
    elsewhere
        Ways whose work is done in processes that are not ours: their CPU is not known.
    """
    first = next(iter(times))
    wall, cpu = (statistics.median(each) for each in times[first])
    ratios = {}
    heads = f"{'rounds':>7}{'s':>9}{'CPU s':>9}{'times':>8}{'by CPU':>8}{beside.heading:>18}"
    print(f"\n{what}\n{'':32}{heads}")
    for way, taken in times.items():
        its_wall, its_cpu = (statistics.median(each) for each in taken)
        ratios[way] = its_wall / wall
        known = way not in elsewhere
        shown = (
            f"{len(taken.wall):7}",
            f"{its_wall:9.3f}",
            f"{its_cpu:9.3f}" if known else f"{'-':>9}",
            f"{ratios[way]:8.1f}",
            f"{its_cpu / max(cpu, 1e-9):8.1f}" if known else f"{'-':>8}",
            f"{beside.of.get(way, ''):>18}",
        )
        print(f"{way:32}{''.join(shown)}", flush=True)
    return ratios


def missed(claimed: list[Claim], found: dict[str, dict[str, float]]) -> list[str]:
    """Return a line for each claim that does not hold, or that nothing was measured for.

    Parameters
    ----------
    claimed
        What is claimed.
    found
        What `report` returned, by what was compared.
    """
    lines = []
    for what, peer, least in claimed:
        ratio = found.get(what, {}).get(peer)
        if ratio is None:
            lines.append(f"{what}: {peer} was not measured, {least:g} times claimed")
        elif ratio < least:
            lines.append(f"{what}: {peer} took {ratio:.1f} times as long, {least:g} claimed")
    return lines
