"""Strips of worked land, grown outward from an end edge of what is left of a hazard.

The hazard before the release is what is left and the strip: its ring takes the strip's outer
vertices in between the two of the edge. So the cut brings no new vertex, and what is left comes
out as it was, bit for bit. Outlines are in steps of the lattice; drawing is on the plane of UTM
zone 48N, in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from building.ground import area_scale, to_lonlat
from building.land import on_plane
from building.lattice import STEPS_A_DEGREE, settle_strip, to_rings, to_shape
from mine_geo.geo.geometry import exact_size_m2

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Edge = tuple[int, int]
    Fits = Callable[[shapely.Geometry], bool]

LEAST_EDGE_M = 18.0
MOST_LENGTH_M = 1900.0
MOST_SLENDER = 7.0
CLEARANCE_DEGREES = 5e-6
"""No two edges of a hazard come nearer than some half a metre: no sliver is in doubt."""
OVERRUN_M = 4.0
"""How far a cut may stick out of its hazard: hazards stay 12 m apart."""


@dataclass
class Outline:
    """A hazard's rings in lattice steps (shells counter-clockwise) and its exact size."""

    rings: list[Ints]
    part_of: list[int]

    @classmethod
    def of(cls, shape: shapely.Geometry) -> Outline:
        """Return the outline of a shape in longitude and latitude, on the lattice."""
        return cls(*to_rings(shape))

    def shape(self) -> shapely.MultiPolygon:
        """Return the multipolygon, in degrees."""
        return to_shape(self.rings, self.part_of)

    def plane(self, ring: int) -> Floats:
        """Return a ring on the plane, metres."""
        return on_plane(self.rings[ring] / STEPS_A_DEGREE)

    def grown(self, edge: Edge, path: Ints) -> Outline:
        """Return the outline with a path in between the two vertices of an edge."""
        ring, at = edge
        rings = list(self.rings)
        rings[ring] = np.insert(rings[ring], at + 1, path, axis=0)
        return Outline(rings, self.part_of)


@dataclass(frozen=True)
class Strip:
    """A strip: its open ring in lattice steps, first and last vertex on the edge it grew from."""

    ring: Ints

    def shape(self) -> shapely.Polygon:
        """Return the polygon, in degrees."""
        return shapely.Polygon(self.ring / STEPS_A_DEGREE)

    def overrun(self, metres: float = OVERRUN_M) -> shapely.Polygon | None:
        """Return the strip as a team may draw it that went too far on all sides but one.

        It keeps the edge towards what is left of the hazard. None where that cannot be drawn.
        """
        xy = on_plane(self.ring / STEPS_A_DEGREE)
        side = shapely.offset_curve(shapely.LineString(xy), -metres, join_style="mitre")
        if side.geom_type != "LineString" or side.is_empty:
            return None
        steps = np.rint(to_lonlat(shapely.get_coordinates(side)) * STEPS_A_DEGREE).astype(np.int64)
        polygon = shapely.Polygon(
            np.vstack([self.ring[:1], steps, self.ring[-1:]]) / STEPS_A_DEGREE
        )
        return polygon if polygon.is_valid else None


def _turns(ring: Floats) -> Floats:
    """Return the inner angle at each vertex of a counter-clockwise ring, radians."""
    back = np.roll(ring, 1, axis=0) - ring
    ahead = np.roll(ring, -1, axis=0) - ring
    angle = np.arctan2(back[:, 1], back[:, 0]) - np.arctan2(ahead[:, 1], ahead[:, 0])
    return angle % (2 * np.pi)


def end_edges(outline: Outline, most: int = 4) -> list[Edge]:
    """Return the edges that a strip may grow from, the likeliest first.

    Of a belt its two ends; of a patch its longest edges. Both corners must stand out, so that
    the strip does not run into its own hazard.
    """
    found = []
    shells = [i for i, n in enumerate(outline.part_of) if i == 0 or n != outline.part_of[i - 1]]
    for number in shells:
        ring = outline.plane(number)
        moves = np.roll(ring, -1, axis=0) - ring
        lengths = np.hypot(*moves.T)
        middle = ring.mean(axis=0)
        axes = np.linalg.svd(ring - middle, full_matrices=False)
        slender = axes.S[0] / axes.S[1]
        normals = np.column_stack([moves[:, 1], -moves[:, 0]]) / lengths[:, None]
        along = np.abs(normals @ axes.Vh[0])
        far = np.abs((ring + moves / 2 - middle) @ axes.Vh[0])
        angles = _turns(ring)
        corners = np.stack([angles, np.roll(angles, -1)])
        good = (lengths > LEAST_EDGE_M) & (corners < 2.75).all(axis=0) & (corners > 0.9).all(axis=0)
        if slender > 1.7:
            good &= along > 0.8
            score = far / far.max() * lengths**0.25
        else:
            score = lengths / lengths.max()
        found += [(float(score[i]), number, int(i)) for i in np.flatnonzero(good)]
    found.sort(key=lambda item: (-item[0], item[1], item[2]))
    return [(ring, at) for _, ring, at in found[:most]]


def _sides(
    rng: Generator, start: Floats, end: Floats, length: float, flare: float
) -> Callable[[float], Floats]:
    """Draw a strip beyond an edge; return its outer path for a scale of its length."""
    move = end - start
    width = float(np.hypot(*move))
    stations = 1 + min(4, int(length / 230))
    turns = rng.normal(0.0, 0.1, stations)
    turns[0] *= 0.4
    heading = np.arctan2(-move[0], move[1]) + np.cumsum(turns)
    steps = rng.uniform(0.75, 1.25, stations)
    steps *= length / steps.sum()
    part = np.cumsum(steps) / length
    half = width / 2 * (1 + (flare - 1) * part) * rng.uniform(0.94, 1.06, (2, stations))
    ways = np.column_stack([np.cos(heading), np.sin(heading)])
    across = np.column_stack([-np.sin(heading), np.cos(heading)])

    def path(scale: float) -> Floats:
        centre = (start + end) / 2 + np.cumsum(ways * (steps * scale)[:, None], axis=0)
        right = centre - across * half[0][:, None]
        left = centre + across * half[1][:, None]
        return np.vstack([right, left[::-1]])

    return path


def draw_path(rng: Generator, start: Floats, end: Floats, area: float) -> Floats | None:
    """Return the outer path of a strip of so many m² beyond an edge, on the plane.

    None where the strip would be too long for the edge.
    """
    width = float(np.hypot(*(end - start)))
    flare = float(np.clip(rng.normal(1.0, 0.12), 0.75, 1.3))
    if area / width > 4 * width:
        flare = float(rng.uniform(1.3, 1.7))
    length = area / (width * (1 + flare) / 2)
    if length > min(MOST_LENGTH_M, MOST_SLENDER * width):
        return None
    path = _sides(rng, start, end, length, flare)
    scale = 1.0
    for _ in range(6):
        drawn = shapely.Polygon(np.vstack([start, path(scale), end]))
        if not drawn.is_valid:
            return None
        scale *= area / drawn.area
    return path(scale)


def grow(
    outline: Outline, edge: Edge, size_m2: int, rng: Generator, fits: Fits
) -> tuple[Outline, Strip, Edge] | None:
    """Grow a strip of so many m² from an edge of an outline.

    Parameters
    ----------
    outline
        What is left after the release.
    edge
        Ring and first vertex.
    size_m2
        M² that the release takes off, after rounding.
    rng
        The chain's own generator.
    fits
        Says of a polygon on the plane whether the land is free.

    Returns
    -------
    tuple or None
        The outline before the release, the strip, and the strip's own end edge in it. None where
        it finds no place.
    """
    ring, at = edge
    steps = outline.rings[ring]
    ends = steps[[at, (at + 1) % len(steps)]]
    start, end = on_plane(ends / STEPS_A_DEGREE)
    path = draw_path(rng, start, end, size_m2 * area_scale(float(start[0])))
    if path is None or not fits(shapely.Polygon(np.vstack([start, path, end]))):
        return None
    left = float(exact_size_m2([outline.shape()])[0])
    rough = np.rint(to_lonlat(path) * STEPS_A_DEGREE).astype(np.int64)
    settled = settle_strip(np.vstack([ends[:1], rough, ends[1:]]), round(left) + size_m2 - left)
    if settled is None:
        return None
    before = outline.grown(edge, settled[1:-1])
    if not _sound(before.shape(), round(left) + size_m2):
        return None
    return before, Strip(settled), (ring, at + len(path) // 2)


def _sound(shape: shapely.Geometry, size_m2: int) -> bool:
    """Say whether a hazard is valid, nowhere thin, and of a whole size."""
    if not shape.is_valid or shape.minimum_clearance < CLEARANCE_DEGREES:
        return False
    return abs(float(exact_size_m2([shape])[0]) - size_m2) < 0.19


def cuts_clean(before: shapely.Geometry, cut: shapely.Geometry, after: shapely.Geometry) -> bool:
    """Say whether a cut leaves exactly what it should: the same vertices, nothing else."""
    left = shapely.difference(before, cut)
    if after.is_empty or left.is_empty:
        return bool(after.is_empty and left.is_empty)
    same = shapely.equals_exact(shapely.normalize(left), _plain(after), tolerance=0.0)
    return bool(same)


def _plain(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a multipolygon of one part as that part, in normal form."""
    parts = shapely.get_parts(shape)
    return shapely.normalize(parts[0] if len(parts) == 1 else shape)
