"""Other polygons of a hazard: as a rougher survey drew it, as an erroneous report had it."""

from __future__ import annotations

import numpy as np
import shapely

from building.ground import to_lonlat
from building.land import on_plane
from building.lattice import STEPS_A_DEGREE, to_lattice
from building.strips import Outline, end_edges
from mine_geo.geo.geometry import exact_size_m2, size_m2

WHOLE_M2 = 0.2


def _whole(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return a shape (EPSG:4326) moved on to the lattice, of a whole size; None if it cannot be."""
    try:
        return to_lattice([shape], size_m2([shape]))[0]
    except ValueError:
        return None


def redrawn(shape: shapely.Geometry, metres: float) -> shapely.Geometry | None:
    """Return a hazard as it is drawn so many metres wider, or narrower if negative."""
    plane = shapely.transform(shape, on_plane)
    wide = shapely.simplify(shapely.buffer(plane, metres, join_style="mitre", mitre_limit=2.0), 1.0)
    if wide.geom_type != "Polygon" or not wide.is_valid or wide.area < plane.area / 2:
        return None
    return _whole(shapely.transform(wide, to_lonlat))


def cut_short(shape: shapely.Geometry, share: float) -> shapely.Geometry | None:
    """Return a hazard without a part of one end: its end edge moved inward along its sides."""
    outline = Outline.of(shape)
    edges = end_edges(outline, 1)
    if not edges or len(outline.rings) > 1:
        return None
    ring, at = edges[0]
    steps = outline.rings[ring].copy()
    count = len(steps)
    for vertex, neighbour in ((at, at - 1), ((at + 1) % count, (at + 2) % count)):
        way = outline.rings[ring][neighbour] - outline.rings[ring][vertex]
        steps[vertex] = outline.rings[ring][vertex] + np.rint(way * share).astype(np.int64)
    short = Outline([steps], outline.part_of).shape()
    return _whole(short) if short.is_valid else None


def half_of(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the western half of a hazard, as a report may have it that was entered in error."""
    west, south, east, north = shape.bounds
    box = shapely.box(west, south, (west + east) / 2, north)
    part = shapely.intersection(shape, box)
    rounded = shapely.transform(part, lambda xy: np.rint(xy * STEPS_A_DEGREE) / STEPS_A_DEGREE)
    if rounded.geom_type != "Polygon" or not rounded.is_valid:
        return None
    return shapely.MultiPolygon([rounded])


def whole_parts(shape: shapely.Geometry) -> list[shapely.Geometry] | None:
    """Return the two parts of a hazard if each has a whole size."""
    parts = [shapely.MultiPolygon([part]) for part in shape.geoms]
    sizes = exact_size_m2(parts)
    if len(parts) != 2 or np.abs(sizes - np.rint(sizes)).max() > WHOLE_M2:
        return None
    return parts if round(sizes[0]) + round(sizes[1]) == size_m2([shape])[0] else None
