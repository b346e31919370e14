"""Polygons as the field and other software draw them, made from a seed.

Pairs of a hazard and a release (EPSG:4326) whose edges nearly coincide, with offsets of 1e-9
degree (0.1 mm), nicks in edges of 2 km, slivers, spikes, holes on the rim, bow-ties.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely import affinity

LON, LAT = 103.0, 13.0
KM = 1 / 111.3
"""Degrees of about a kilometre."""
TINY = (0.0, 1e-15, 1e-12, 1e-9, 3e-9, 1e-8, 1e-7, 1e-6)


def pairs(count: int, seed: int = 0):
    """Yield (name, hazard, release) `count` times, each family in turn."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        yield (family.__name__, *family(rng))


def tiny(rng):
    return float(rng.choice(TINY) * rng.choice((-1, 1)))


def star(rng, size=KM, at=(LON, LAT), points=None):
    """A polygon around a place, seen whole from it, so valid."""
    points = points or int(rng.integers(3, 40))
    angles = np.sort(rng.random(points) * 2 * np.pi)
    angles += np.arange(points) * 1e-6
    reach = size * (0.2 + 0.8 * rng.random(points))
    ring = np.column_stack([at[0] + reach * np.cos(angles), at[1] + reach * np.sin(angles)])
    polygon = shapely.Polygon(ring)
    return (
        polygon
        if polygon.is_valid and polygon.area > 0
        else shapely.box(at[0], at[1], at[0] + size, at[1] + size)
    )


def shifted(rng):
    """The hazard itself, moved by next to nothing."""
    hazard = star(rng)
    return hazard, affinity.translate(hazard, tiny(rng), tiny(rng))


def scaled(rng):
    """The hazard itself, larger or smaller by next to nothing."""
    hazard = star(rng)
    return hazard, affinity.scale(hazard, 1 + tiny(rng) * 10, 1 + tiny(rng) * 10)


def half(rng):
    """A half whose three outer edges nearly are the hazard's."""
    hazard = shapely.box(LON, LAT, LON + 2 * KM, LAT + KM)
    middle = LON + 2 * KM * rng.random()
    west, south, north = LON + tiny(rng), LAT + tiny(rng), LAT + KM + tiny(rng)
    return hazard, shapely.box(west, south, max(middle, west + 1e-6), north)


def nicked(rng):
    """Edges of 2 km with nicks, each in its own polygon and nearly in the same place."""
    along = np.sort(rng.random(8)) * 2 * KM
    depth = rng.choice([1e-9, 1e-8, 1e-7, 1e-5], 8)
    top = [(LON + x + dx, LAT + KM - d * (dx == 1e-6)) for x, d in zip(along, depth, strict=True)
           for dx in (0, 1e-6, 2e-6)]  # fmt: skip
    east = LON + 2 * KM + 1e-5
    corners = [(LON, LAT), (east, LAT), (east, LAT + KM)]
    hazard = shapely.Polygon([*corners, *top[::-1], (LON, LAT + KM)])
    ring = shapely.get_coordinates(hazard)[:-1]
    moved = ring + rng.choice([0, 1e-9, -1e-9], ring.shape)
    release = shapely.Polygon(moved)
    hazard = hazard if hazard.is_valid else shapely.box(*hazard.bounds)
    return hazard, release


def bow_tie(rng):
    """A release whose ring crosses itself, now and then the hazard's does."""
    a, b = KM * (0.5 + rng.random()), KM * (0.5 + rng.random())
    tie = shapely.Polygon([(LON, LAT), (LON + a, LAT + b), (LON + a, LAT), (LON, LAT + b)])
    hazard = star(rng)
    return (tie, hazard) if rng.random() < 0.2 else (hazard, tie)


def strip(rng):
    """All but a strip, or only a strip, of some thickness from 0.1 mm to 10 m."""
    thick = 10.0 ** rng.uniform(-9, -4)
    hazard = shapely.box(LON, LAT, LON + 2 * KM, LAT + KM)
    if rng.random() < 0.5:
        return hazard, shapely.box(LON - KM, LAT - KM, LON + 3 * KM, LAT + KM - thick)
    return hazard, shapely.box(LON - KM, LAT + KM - thick, LON + 3 * KM, LAT + 2 * KM)


def holed(rng):
    """A hole that touches the shell in a point; the release nearly is the hole or its rim."""
    shell = shapely.box(LON, LAT, LON + KM, LAT + KM)
    hole = [(LON, LAT + KM / 2), (LON + KM / 2, LAT + KM / 4), (LON + KM / 2, LAT + KM * 0.75)]
    hazard = shapely.Polygon(shell.exterior, [hole])
    release = shapely.Polygon(np.array(hole) + tiny(rng))
    if rng.random() < 0.5:
        release = shapely.box(*shell.bounds).difference(affinity.scale(release, 1.1, 1.1))
    return hazard, release


def parts(rng):
    """Parts that touch in a corner; the release crosses some."""
    boxes = [shapely.box(LON + i * KM, LAT + i * KM, LON + (i + 1) * KM, LAT + (i + 1) * KM)
             for i in range(4)]  # fmt: skip
    hazard = shapely.MultiPolygon(boxes)
    return hazard, star(rng, 2 * KM, (LON + 2 * KM + tiny(rng), LAT + 2 * KM + tiny(rng)))


def collected(rng):
    """What an overlay hands out: polygons, lines and points in one collection."""
    hazard, other = star(rng), star(rng)
    mixed = [other, shapely.LineString([(LON, LAT), (LON + KM, LAT)]), shapely.Point(LON, LAT)]
    return hazard, shapely.GeometryCollection(mixed if rng.random() < 0.9 else mixed[1:])


def spiked(rng):
    """A spike, as thin as can be, out of one edge of each."""
    thin = 10.0 ** rng.uniform(-12, -6)
    ring = [(LON, LAT), (LON + KM, LAT), (LON + KM, LAT + KM / 2), (LON + 2 * KM, LAT + KM / 2),
            (LON + KM, LAT + KM / 2 + thin), (LON + KM, LAT + KM), (LON, LAT + KM)]  # fmt: skip
    spike = shapely.Polygon(ring)
    return spike, affinity.translate(spike, KM * rng.choice((0, 0.5, 1)) + tiny(rng), tiny(rng))


def dense(rng):
    """Redundant vertices on straight edges, set off by the last digits."""
    hazard = shapely.segmentize(shapely.box(LON, LAT, LON + KM, LAT + KM), KM / 40)
    ring = shapely.get_coordinates(hazard)[:-1]
    release = shapely.Polygon(ring + rng.normal(0, 10.0 ** rng.uniform(-15, -8), ring.shape))
    return hazard, affinity.translate(release, KM / 2 * int(rng.integers(0, 2)), 0)


def apart(rng):
    """Side by side, touching, nearly touching, or far away."""
    hazard = star(rng)
    gap = float(rng.choice((0, 1e-12, 1e-9, 1e-7, 1e-5, 0.1)))
    east = hazard.bounds[2] + gap
    return hazard, shapely.box(east, LAT - KM, east + KM, LAT + KM)


def flat(rng):
    """A release without area, or with hardly any."""
    height = float(rng.choice((0, 1e-15, 1e-12, 1e-9)))
    return star(rng), shapely.Polygon(
        [(LON, LAT), (LON + KM, LAT), (LON + KM, LAT + height), (LON, LAT + height)]
    )


FAMILIES = (
    shifted, scaled, half, nicked, bow_tie, strip, holed, parts, collected, spiked, dense, apart,
    flat,
)  # fmt: skip
