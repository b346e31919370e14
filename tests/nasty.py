"""Polygons as the field and other software draw them, made from a seed.

Pairs of a hazard and a release (EPSG:4326) whose edges nearly coincide, with offsets of 1e-9
degree (0.1 mm), nicks in edges of 2 km, slivers, spikes, holes on the rim, bow-ties: `pairs`.

Single polygons that are valid and as hard as valid ones can be, of 3 to 200,000 vertices, at any
place: `valid_polygon`. GEOS calls them valid; what it builds of them may be another polygon.
"""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from shapely import affinity

from tests.hand import GEOD

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


# Single polygons: each family draws one about a place, of about a size in degrees.


def valid_polygon(number, at=(LON, LAT), size=None, vertices=None):
    """Return (name, polygon): the one of this number, at a place; the same for the same arguments.

    Where a drawing is not valid, which hangs on the last digit of its coordinates, the next one
    of the family is tried.

    Parameters
    ----------
    number
        Chooses family and shape.
    at
        Longitude and latitude of about its middle.
    size
        Degrees from the middle to the rim, about; else 5 m to 5 km.
    vertices
        About how many, for the families that can have any number (`LARGE`); else few.
    """
    families = VALID if vertices is None else LARGE
    family = families[number % len(families)]
    for attempt in range(1000):
        rng = np.random.default_rng((number, attempt))
        reach = size or 10.0 ** rng.uniform(0.7, 3.7) / 111_000
        polygon = family(rng, np.asarray(at), reach, vertices or int(rng.integers(3, 60)))
        if polygon.is_valid and not polygon.is_empty:
            return family.__name__, polygon
    raise AssertionError(f"{family.__name__} {number}: no valid one at {at}")


def _ring(rng, at, size, vertices):
    """A ring seen whole from its middle."""
    angles = (np.arange(vertices) + rng.uniform(0.05, 0.95, vertices)) / vertices * 2 * np.pi
    reach = size * rng.uniform(0.3, 1, vertices)
    return at + reach[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])


def _turned(rng, xy, at):
    """A drawing about 0, 0 turned by any angle and brought to its place."""
    turn = rng.uniform(0, 2 * np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    return at + np.asarray(xy) @ np.array([[cos, sin], [-sin, cos]])


def out_and_back(rng, at, size, vertices):
    """Spikes that run far out along an edge and back on it, to the last digit."""
    ring = list(_ring(rng, at, size, max(min(vertices, 12), 3)))
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(ring) - 1))
        start, end = ring[place], ring[place + 1]
        tip = start + (end - start) * rng.uniform(1.2, 6)
        foot = start + (tip - start) * rng.uniform(0.05, 0.95)
        ring[place + 1 : place + 1] = [tip, foot]
    return shapely.Polygon(ring)


def thin_spikes(rng, at, size, vertices):
    """Spikes out of the middle of edges, 1e-13 to 1e-6 degree wide at the foot."""
    ring = _ring(rng, at, size, max(min(vertices, 30), 3))
    after = np.roll(ring, -1, axis=0)
    foot = ring + (after - ring) * rng.uniform(0.1, 0.9, (len(ring), 1))
    tip = at + (foot - at) * rng.uniform(1.1, 8, (len(ring), 1))
    wide = 10.0 ** rng.uniform(-13, -6, (len(ring), 1))
    way = (after - ring) / np.hypot(*(after - ring).T)[:, None]
    return shapely.Polygon(
        np.stack([ring, foot - way * wide, tip, foot + way * wide], 1).reshape(-1, 2)
    )


def comb(rng, at, size, vertices):
    """Teeth side by side, some with hardly any width or gap."""
    teeth = max(vertices // 4, 2)
    steps = 10.0 ** rng.uniform(-5 if teeth < 100 else -2, 0, 2 * teeth)
    x = np.cumsum(steps)
    x = (x / x[-1] - 0.5) * 2 * size
    high = size * rng.uniform(0.2, 2, teeth)
    left, right = x[0::2], x[1::2]
    zero = np.zeros(teeth)
    teeth_xy = np.stack([[left, zero], [left, high], [right, high], [right, zero]]).transpose(
        2, 0, 1
    )
    back = [[x[-1], -size * 10.0 ** rng.uniform(-6, 0)], [x[0], -size * 10.0 ** rng.uniform(-6, 0)]]
    ring = np.vstack([teeth_xy.reshape(-1, 2), back])
    if teeth > 1000:  # turned, GEOS takes minutes to say that it is valid
        return shapely.Polygon(at + ring)
    return shapely.Polygon(_turned(rng, ring, at))


def touching_holes(rng, at, size, vertices):
    """Holes that touch the shell, or the next hole, in a point."""
    count = max(min(vertices // 3, 40), 1)
    x = np.linspace(-size, size, count + 1)
    low, high = -size * rng.uniform(0.3, 1), size * rng.uniform(0.3, 1)
    shell = [(x[0] - size, low), *[(each, low) for each in x[1:-1]], (x[-1] + size, low),
             (x[-1] + size, high), (x[0] - size, high)]  # fmt: skip
    on_shell = rng.random() < 0.5
    holes = []
    for west, east in itertools.pairwise(x):
        top = high * rng.uniform(0.1, 0.9)
        if on_shell:
            holes.append([(west, low), (east - (east - west) * 0.1, top), (west, top)])
        else:
            holes.append(
                [(west, 0), ((west + east) / 2, low * 0.5), (east, 0), ((west + east) / 2, top)]
            )
    turn = rng.bit_generator.state

    def placed(xy):
        rng.bit_generator.state = turn
        return _turned(rng, xy, at)

    return shapely.Polygon(placed(shell), [placed(hole) for hole in holes])


def near_coincident(rng, at, size, vertices):
    """A rim of 1e-12 to 1e-7 degree between a shell and its hole, or two parts as far apart."""
    ring = _ring(rng, at, size, max(min(vertices, 40), 3))
    gap = 10.0 ** rng.uniform(-12, -7)
    inner = at + (ring - at) * (1 - gap / size)
    if rng.random() < 0.5:
        return shapely.Polygon(ring, [inner])
    cut = len(ring) // 2 + 1
    one = np.vstack([ring[:cut], at])
    other = np.vstack([ring[cut - 1 :], ring[:1], at]) + gap
    return shapely.MultiPolygon([shapely.Polygon(one), shapely.Polygon(other)])


def sliver(rng, at, size, vertices):
    """A long polygon of hardly any width."""
    along = np.sort(rng.uniform(-size, size, max(vertices // 2, 2)))
    wide = 10.0 ** rng.uniform(-13, -6)
    top = np.column_stack([along, wide * rng.uniform(0.5, 1, len(along))])
    return shapely.Polygon(_turned(rng, np.vstack([top * [1, -1], top[::-1]]), at))


def corner_parts(rng, at, size, vertices):
    """Parts that touch in corners, or hardly do not; some of them spiky."""
    count = max(min(vertices // 4, 500), 2)
    side = size / count
    low = (np.arange(count) - count / 2)[:, None] * side
    off = rng.choice([0, 1e-12, 1e-9], (count, 1)).cumsum(axis=0)
    corners = low + off + np.array([[0, 0, side, 0, side, side, 0, side]])
    return shapely.MultiPolygon(
        [shapely.Polygon(each) for each in corners.reshape(count, 4, 2) + at]
    )


def spiky_parts(rng, at, size, vertices):
    """Parts far from each other, each with an out-and-back spike of its own."""
    count = max(min(vertices // 7, 3000), 2)
    wide = int(np.ceil(np.sqrt(count)))
    parts = []
    for place in range(count):
        cell = at + (np.array(divmod(place, wide)) - wide / 2) * 2 * size / wide
        for _ in range(20):
            part = out_and_back(rng, cell, size / wide / 8, 6)
            if part.is_valid and part.bounds[2] - part.bounds[0] < size / wide:
                parts.append(part)
                break
    return shapely.MultiPolygon(parts)


def spiral(rng, at, size, vertices):
    """A corridor that winds inward, its walls close to each other."""
    turns = max(vertices / 60, 1.5)
    angle = np.linspace(0.5, turns * 2 * np.pi, max(vertices // 2, 20))
    reach = size * angle / angle[-1]
    wall = size / turns * 10.0 ** rng.uniform(-6, -0.4)
    way = np.column_stack([np.cos(angle), np.sin(angle)])
    return shapely.Polygon(
        _turned(rng, np.vstack([reach[:, None] * way, ((reach - wall)[:, None] * way)[::-1]]), at)
    )


def rough(rng, at, size, vertices):
    """An outline as a machine traces it: many vertices, nearly in a row, off by the last digits."""
    angle = np.linspace(0, 2 * np.pi, max(vertices, 12), endpoint=False)
    off = 1 + rng.normal(0, 10.0 ** rng.uniform(-9, -6), len(angle))
    reach = size * (1 + 0.3 * np.sin(5 * angle + rng.uniform(0, 6))) * off
    return shapely.Polygon(at + reach[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))


def repeated(rng, at, size, vertices):
    """Vertices that stand several times."""
    ring = _ring(rng, at, size, max(min(vertices, 40), 3))
    return shapely.Polygon(np.repeat(ring, rng.integers(1, 4, len(ring)), axis=0))


def in_a_row(rng, at, size, vertices):
    """Vertices along straight edges, where rounding puts them."""
    ring = _ring(rng, at, size, max(min(vertices // 4, 12), 3))
    after = np.roll(ring, -1, axis=0)
    share = np.linspace(0, 1, 7, endpoint=False)[:, None, None]
    return shapely.Polygon((ring + share * (after - ring)).transpose(1, 0, 2).reshape(-1, 2))


def needles(rng, at, size, vertices):
    """A star of hardly any body and long rays."""
    rays = max(min(vertices // 2, 60), 3)
    angle = (np.arange(2 * rays) + rng.uniform(0.2, 0.8, 2 * rays)) * np.pi / rays
    reach = size * np.tile([1.0, 10.0 ** rng.uniform(-7, -2)], rays)
    reach[0::2] *= rng.uniform(0.3, 1.5, rays)
    return shapely.Polygon(at + reach[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))


def keyhole(rng, at, size, vertices):
    """A room inside, drawn as one ring with a corridor of 1e-12 degree instead of a hole."""
    outer = _ring(rng, at, size, max(min(vertices, 30), 4))
    inner = at + (outer[::-1] - at) * rng.uniform(0.2, 0.8)
    gap = 10.0 ** rng.uniform(-12, -7) * np.array([1.0, -1.0])
    return shapely.Polygon(
        np.vstack([outer, outer[:1] + gap, inner[-1:] + gap, inner[:-1], inner[-1:]])
    )


def spike_in_hole(rng, at, size, vertices):
    """A hole with an out-and-back spike that nearly reaches the shell."""
    hole = out_and_back(rng, at, size / 10, vertices)
    west, south, east, north = hole.bounds
    gap = size * 10.0 ** rng.uniform(-8, -1)
    return shapely.Polygon(
        shapely.box(west - gap, south - gap, east + gap, north + gap).exterior, [hole.exterior]
    )


VALID = (
    out_and_back, comb, thin_spikes, touching_holes, out_and_back, near_coincident, sliver,
    corner_parts, spiky_parts, comb, spiral, rough, repeated, in_a_row, needles, keyhole,
    spike_in_hole,
)  # fmt: skip
LARGE = (comb, rough, spiral, spiky_parts)
"""Families that can have any number of vertices."""


def towards(number, lines, oracle, vertices=None):
    """Return (name, polygon, metres): a valid polygon at a chosen distance from border lines.

    From touching the border to 300 km off it, on either side, two of five within 100 m of 7,000;
    small ones and such as reach over tens of kilometres.

    Parameters
    ----------
    number
        Chooses polygon, place and distance.
    lines
        Arrays of longitude and latitude.
    oracle
        What measures a polygon to these lines, metres.
    vertices
        As for `valid_polygon`.
    """
    rng = np.random.default_rng((number, 77))
    line = lines[rng.integers(len(lines))]
    foot = line[rng.integers(len(line))]
    wanted = rng.choice(
        [7000 + rng.choice([-1, 1]) * 10.0 ** rng.uniform(-2, 2), rng.uniform(0, 300_000),
         10.0 ** rng.uniform(0, 4.5)], p=[0.4, 0.4, 0.2],
    )  # fmt: skip
    bearing = rng.uniform(0, 360)
    size = 10.0 ** rng.uniform(0.7, min(np.log10(max(wanted, 100)), 4)) / 111_000
    out, found = wanted, 0.0
    for _ in range(6):
        at = GEOD.fwd(*foot, bearing, out)[:2]
        name, polygon = valid_polygon(number, at, size, vertices)
        found = oracle(polygon)
        off = abs(wanted - 7000)
        if off > 100 or abs(found - wanted) < 1e-2 * off or vertices is not None:
            break  # near enough to where it was to be
        out = min(max(out + wanted - found, 0), 400_000)
    return name, polygon, found
