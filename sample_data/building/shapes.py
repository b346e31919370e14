"""Outlines that look like surveyed hazards: belts, angular patches, holes, several parts.

All on a plane, in metres, about the origin; the caller turns and moves them. A belt is drawn
along a centre line with its two end edges square to it, so that a strip can be grown outward
from either end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HOLE_FROM_M2 = 25000.0
PARTS_FROM_M2 = 12000.0


@dataclass(frozen=True)
class Form:
    """What kind of outline a hazard has; fixed by its id, whatever place it finds."""

    belt: bool
    parts: bool
    hole: bool


def choose_form(rng: Generator, size: float, *, near: bool) -> Form:
    """Choose a form: most near hazards are belts, a few have a hole or two parts."""
    belt = rng.random() < (0.75 if near else 0.4)
    parts = bool(belt and size > PARTS_FROM_M2 and rng.random() < 0.07)
    hole = bool(not parts and size > HOLE_FROM_M2 and rng.random() < (0.04 if belt else 0.11))
    return Form(belt, parts, hole)


def _centre_line(rng: Generator, length: float, stations: int) -> tuple[Floats, Floats]:
    """Return stations of a gently winding line, now and then with one sharp bend, and headings."""
    steps = rng.uniform(0.6, 1.4, stations - 1)
    steps *= length / steps.sum()
    turns = rng.normal(0.0, 0.16, stations - 1)
    if stations > 4 and rng.random() < 0.15:
        turns[rng.integers(1, stations - 2)] += rng.choice([-1, 1]) * rng.uniform(0.6, 1.1)
    headings = np.cumsum(turns)
    headings -= np.average(headings, weights=steps)
    moves = np.column_stack([np.cos(headings), np.sin(headings)]) * steps[:, None]
    line = np.vstack([[0.0, 0.0], np.cumsum(moves, axis=0)])
    at_station = np.concatenate([headings[:1], (headings[1:] + headings[:-1]) / 2, headings[-1:]])
    return line, at_station


def _strip(line: Floats, headings: Floats, left: Floats, right: Floats) -> shapely.Polygon:
    """Return the polygon between two sides of a centre line."""
    normals = np.column_stack([-np.sin(headings), np.cos(headings)])
    return shapely.Polygon(
        np.vstack([line + normals * left[:, None], (line - normals * right[:, None])[::-1]])
    )


def _belt(rng: Generator, size: float, aspect: float, form: Form) -> shapely.Geometry:
    """Return a belt of about `size` m², about the origin, along the x axis."""
    length = float(np.sqrt(size * aspect))
    width = length / aspect
    stations = 3 + min(7, int(length / 150)) + int(rng.integers(0, 3))
    line, headings = _centre_line(rng, length, stations)
    left, right = np.clip(rng.normal(0.5, 0.09, (2, stations)), 0.28, 0.75) * width
    if form.parts:
        cut = int(rng.integers(1, stations - 1))
        gap = rng.uniform(8.0, 30.0) * np.array([np.cos(headings[cut]), np.sin(headings[cut])])
        head, tail = slice(None, cut + 1), slice(cut, None)
        return shapely.multipolygons(
            [
                _strip(line[head] - gap, headings[head], left[head], right[head]),
                _strip(line[tail] + gap, headings[tail], left[tail], right[tail]),
            ]
        )
    polygon = _strip(line, headings, left, right)
    return _with_hole(rng, polygon, line[stations // 2], 0.26 * width) if form.hole else polygon


def _patch(rng: Generator, size: float, form: Form) -> shapely.Geometry:
    """Return an angular patch of about `size` m², about the origin."""
    corners = int(rng.integers(5, 9)) + min(4, int(size / 60000))
    angles = (np.arange(corners) + rng.uniform(-0.33, 0.33, corners)) * (2 * np.pi / corners)
    radii = np.sqrt(size / np.pi) * np.clip(rng.normal(1.0, 0.2, corners), 0.55, 1.5)
    stretch = float(np.sqrt(rng.uniform(1.0, 2.6)))
    xy = np.column_stack([np.cos(angles) * stretch, np.sin(angles) / stretch]) * radii[:, None]
    polygon = shapely.Polygon(xy)
    radius = 0.42 * float(radii.min()) / stretch
    return _with_hole(rng, polygon, np.zeros(2), radius) if form.hole else polygon


def _with_hole(
    rng: Generator, polygon: shapely.Polygon, centre: Floats, radius: float
) -> shapely.Polygon:
    """Return the polygon with a small angular hole: ground that was found safe."""
    corners = int(rng.integers(4, 7))
    angles = -(np.arange(corners) + rng.uniform(-0.25, 0.25, corners)) * (2 * np.pi / corners)
    reach = rng.uniform(0.6, 1.0, (corners, 1)) * radius
    ring = centre + np.column_stack([np.cos(angles), np.sin(angles)]) * reach
    return shapely.Polygon(polygon.exterior, [ring])


def _most_aspect(size: float) -> float:
    """Return the most that a belt of this size may be longer than wide: 2.2 km at the most."""
    return float(np.clip(2200.0**2 / size, 2.0, 14.0))


def draw(rng: Generator, size: float, form: Form, squat: float = 0.0) -> shapely.Geometry | None:
    """Return a valid outline of exactly `size` m² about the origin, a belt along the x axis.

    Parameters
    ----------
    rng
        The hazard's own generator.
    size
        m² on the plane.
    form
        From `choose_form`.
    squat
        0 for a belt of ordinary length, up to 1 where there is little room.

    Returns
    -------
    shapely.Geometry or None
        None where the drawing crosses itself; draw again.
    """
    if form.belt:
        aspect = float(np.clip(rng.lognormal(np.log(5.0), 0.45), 2.0, _most_aspect(size)))
        shape = _belt(rng, size, aspect * (1 - squat) + 1.6 * squat, form)
    else:
        shape = _patch(rng, size, form)
    if not shape.is_valid:
        return None
    factor = np.sqrt(size / shape.area)
    middle = shapely.get_coordinates(shape.centroid)[0]
    shape = shapely.transform(shape, lambda xy: (xy - middle) * factor)
    return shape if shape.is_valid else None


def moved(shape: shapely.Geometry, angle: float, to: Floats) -> shapely.Geometry:
    """Turn a shape about the origin by an angle (radians) and move it."""
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    return shapely.transform(shape, lambda xy: xy @ turn + to)
