"""How far the two engines of distances are apart, and from a brute force.

    python -m tests.benchmarks.engines                     100,000 hazards, brute force on 3,000
    python -m tests.benchmarks.engines --count 5000 --brute 100 --vertices 0

Hazards of every kind (`tests.nasty.valid_polygon`: slivers, spikes, combs, holes; 10 m to 40 km
wide; and turned polygons of the sample), all over the country and at its border. The engines share
neither method nor plane; the brute force (`tests.hand.Chords`) shares no code with mine_geo. Then
one polygon of ten million vertices. Ends with 1 where a difference is 5 mm or more.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
import shapely

import mine_geo as mg
from mine_geo.geo.border import border_lines, window
from mine_geo.split import kernel, plane
from mine_geo.split.engines import threads
from tests.benchmarks.peers import made_up_hazards
from tests.hand import Chords
from tests.nasty import valid_polygon

MOST_M = 0.005
SIZES = (0.0001, 0.001, 0.005, 0.03, 0.4)
"""Degrees: 10 m to 40 km."""


def every_kind(count: int, lines: Any, seed: int = 7) -> np.ndarray:
    """Return nasty polygons, half of them at the border, and turned ones of the sample."""
    rng = np.random.default_rng(seed)
    nasty = count // 5
    vertices = shapely.get_coordinates(lines.geometry.to_numpy())
    at = rng.uniform((102.2, 9.8), (107.8, 14.9), (nasty, 2))
    at[::2] = vertices[rng.integers(len(vertices), size=len(at[::2]))]
    at[::2] += rng.normal(scale=0.003, size=at[::2].shape)
    made = [
        valid_polygon(number, tuple(place), size=SIZES[number % len(SIZES)])[1]
        for number, place in enumerate(at)
    ]
    turned = made_up_hazards(count - nasty, seed).geometry.to_numpy()
    return np.concatenate([np.array(made, dtype=object), turned])


def compare(count: int, brute: int) -> float:
    """Print how far the engines, and the brute force, are apart; return the worst, metres."""
    border = mg.read_border(mg.sample.path("border"))
    lines = border_lines(border)
    polygons = every_kind(count, lines)
    found, seconds = {}, {}
    for name, engine in (("compiled", kernel), ("numpy", plane)):
        start = time.perf_counter()
        found[name] = engine.nearest(polygons, lines, window=window(lines), workers=threads())
        seconds[name] = time.perf_counter() - start
    ours, other = found["compiled"][0], found["numpy"][0]
    apart = np.abs(ours - other).max()
    others = (found["compiled"][1] != found["numpy"][1]).sum()
    agree = ((ours == 0) == (other == 0)).all() and not np.isnan(ours).any()
    print(
        f"{count:,} hazards, 0 to {ours.max() / 1000:,.0f} km off, {(ours == 0).sum():,} at the "
        f"border: compiled {seconds['compiled']:.2f} s, numpy {seconds['numpy']:.2f} s, at most "
        f"{apart * 1000:.2f} mm apart, the nearest line of {others:,} another; "
        f"at the border {'the same ones' if agree else 'NOT the same ones'}"
    )
    chosen = np.random.default_rng(1).permutation(count)[:brute]
    chords = Chords(lines)
    expected = np.array([chords.polygon(polygons[place]) for place in chosen])
    # The brute force holds vertices of the border against an outline: what crosses it is not 0.
    off = np.abs(ours[chosen] - expected)[ours[chosen] > 0]
    worst = off.max() if len(off) else 0.0
    print(f"against the brute force on {len(off):,} of them: at most {worst * 1000:.2f} mm")
    return max(apart, worst, 0.0 if agree else 1.0)


def many_vertices(count: int) -> None:
    """Measure one polygon of many vertices."""
    lines = border_lines(mg.read_border(mg.sample.path("border")))
    angle = np.linspace(0, 2 * np.pi, count)
    wave = 0.5 + 0.1 * np.sin(angle * 1000)
    xy = np.column_stack([104.5 + wave * np.cos(angle), 12.5 + wave * np.sin(angle)])
    start = time.perf_counter()
    polygon = np.array([shapely.Polygon(xy)], dtype=object)
    metres = kernel.nearest(polygon, lines, window=window(lines), workers=1)[0][0]
    print(f"{count:,} vertices: {metres:,.1f} m, {time.perf_counter() - start:.1f} s")


def main() -> int:
    """Compare and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--brute", type=int, default=3000)
    parser.add_argument("--vertices", type=int, default=10_000_000)
    given = parser.parse_args()
    worst = compare(given.count, given.brute)
    if given.vertices:
        many_vertices(given.vertices)
    return int(worst >= MOST_M)


if __name__ == "__main__":
    sys.exit(main())
