"""Coordinates on the 1e-7 degree lattice, and sizes that are whole.

Rounding coordinates changes a size by a few m². Vertices are then nudged by a few steps of the
lattice (1.1 cm each), until the size before rounding is within 0.2 m² of the wanted whole number:
so every program that measures it rightly rounds it to the same number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from mine_geo.geo.geometry import exact_size_m2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

STEPS_A_DEGREE = 10_000_000
TOLERANCE_M2 = 0.1
MOST_STEPS = 40
_E2 = 0.00669437999014
_A = 6378137.0


def _m2_a_square_step(lat: Floats) -> Floats:
    """Return m² of a square of one lattice step at each latitude (degrees), on WGS 84."""
    phi = np.radians(lat)
    both = _A**2 * (1 - _E2) * np.cos(phi) / (1 - _E2 * np.sin(phi) ** 2) ** 2
    return both * np.radians(1 / STEPS_A_DEGREE) ** 2


def _gains(rings: list[Ints]) -> tuple[Floats, Ints, Ints, Ints]:
    """Return the m² that one step of each vertex adds, and its ring, vertex and axis.

    Rings are open (first vertex not repeated); shells run one way round and holes the other.
    """
    gains, ring_of, vertex_of, axis_of = [], [], [], []
    for number, ring in enumerate(rings):
        ahead, behind = np.roll(ring, -1, axis=0), np.roll(ring, 1, axis=0)
        scale = _m2_a_square_step(ring[:, 1] / STEPS_A_DEGREE) / 2
        for axis, other, sign in ((0, 1, 1.0), (1, 0, -1.0)):
            gains.append(sign * scale * (ahead[:, other] - behind[:, other]))
            ring_of.append(np.full(len(ring), number))
            vertex_of.append(np.arange(len(ring)))
            axis_of.append(np.full(len(ring), axis))
    return tuple(np.concatenate(part) for part in (gains, ring_of, vertex_of, axis_of))


def _best_step(gains: Floats, missing: float) -> tuple[int, int]:
    """Return the vertex coordinate and the steps that leave least missing, small steps first."""
    some = np.abs(gains) > 1e-4
    wanted = np.divide(missing, gains, out=np.zeros(len(gains)), where=some)
    steps = np.clip(np.rint(wanted), -MOST_STEPS, MOST_STEPS)
    best = int(np.argmin(np.abs(missing - steps * gains) + 1e-4 * np.abs(steps)))
    return best, int(steps[best])


def _nudge(rings: list[Ints], missing: float, *, fixed_ends: bool = False) -> None:
    """Move vertices (in place) so that `missing` m² are added, nearly.

    One coordinate at a time takes off most; where no single one helps, one is moved a step so
    that another can make up for it. With `fixed_ends` the first and the last vertex of the one
    ring stay.
    """
    for _ in range(6):
        if abs(missing) < TOLERANCE_M2 / 2:
            return
        gains, ring_of, vertex_of, axis_of = _gains(rings)
        free = np.ones(len(gains), dtype=bool)
        if fixed_ends:
            free = (vertex_of > 0) & (vertex_of < len(rings[0]) - 1)
            gains = np.where(free, gains, 0.0)
        moves = [_best_step(gains, missing)]
        if moves[0][1] == 0:
            first = [(i, s) for i in np.flatnonzero(free) for s in (-1, 1)]
            pairs = [(one, _best_step(gains, missing - one[1] * gains[one[0]])) for one in first]
            moves = list(
                min(pairs, key=lambda pair: abs(missing - sum(s * gains[i] for i, s in pair)))
            )
        for i, s in moves:
            rings[ring_of[i]][vertex_of[i], axis_of[i]] += s
            missing -= s * float(gains[i])


def to_rings(shape: shapely.Geometry) -> tuple[list[Ints], list[int]]:
    """Return open rings in lattice steps, shells counter-clockwise, and the part of each."""
    rings, part_of = [], []
    for number, part in enumerate(shapely.get_parts(shapely.orient_polygons(shape))):
        for ring in shapely.get_rings(part):
            xy = shapely.get_coordinates(ring)[:-1]
            rings.append(np.rint(xy * STEPS_A_DEGREE).astype(np.int64))
            part_of.append(number)
    return rings, part_of


def to_shape(rings: list[Ints], part_of: list[int]) -> shapely.MultiPolygon:
    """Return the multipolygon of the rings, in degrees."""
    parts: dict[int, list[Floats]] = {}
    for ring, number in zip(rings, part_of, strict=True):
        parts.setdefault(number, []).append(ring / STEPS_A_DEGREE)
    return shapely.MultiPolygon([shapely.Polygon(own[0], own[1:]) for own in parts.values()])


def to_lattice(shapes: list[shapely.Geometry], sizes: Ints) -> list[shapely.Geometry]:
    """Return multipolygons on the lattice whose sizes are the wanted whole numbers.

    Parameters
    ----------
    shapes
        Polygons in longitude and latitude (degrees), within a few m² of the wanted size.
    sizes
        Whole m².

    Raises
    ------
    ValueError
        If a size cannot be reached, or a shape is no longer valid.
    """
    drawn = [to_rings(shape) for shape in shapes]
    result = np.array([to_shape(*rings) for rings in drawn], dtype=object)
    for _ in range(12):
        missing = sizes - exact_size_m2(result)
        wrong = np.flatnonzero(np.abs(missing) > TOLERANCE_M2)
        if not len(wrong):
            break
        for i in wrong:
            _nudge(drawn[i][0], float(missing[i]))
            result[i] = to_shape(*drawn[i])
    else:
        raise ValueError(f"{len(wrong)} sizes cannot be reached")
    if not shapely.is_valid(result).all():
        raise ValueError("nudging made shapes invalid")
    return list(result)


def settle_strip(ring: Ints, wanted_m2: float) -> Ints | None:
    """Return a strip's ring with its free vertices moved until its size is the wanted one.

    Parameters
    ----------
    ring
        Open ring in lattice steps, counter-clockwise; its first and last vertex are those of the
        edge that it grew from, and stay.
    wanted_m2
        The size before rounding that makes the whole of hazard and strips a whole number.

    Returns
    -------
    numpy.ndarray or None
        None where the size cannot be reached.
    """
    ring = ring.copy()
    for _ in range(12):
        missing = wanted_m2 - float(exact_size_m2([shapely.Polygon(ring / STEPS_A_DEGREE)])[0])
        if abs(missing) <= TOLERANCE_M2:
            return ring
        _nudge([ring], missing, fixed_ends=True)
    return None
