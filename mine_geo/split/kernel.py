"""The compiled engine: hands coordinates to `kernel.c`, where the method and its error stand.

Metres on WGS 84, EPSG:4326. No plane, no zone: any place on the earth can be measured.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np

from mine_geo.errors import GeometryError, OptionError
from mine_geo.geo.geometry import DENSIFY_DEGREES, Rings, in_blocks
from mine_geo.split.engines import BUILD, library
from mine_geo.split.segments import Segments

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


SHARE: Final = 2_000
"""How many hazards a thread takes at once: enough to be near one another."""


class _Border(ctypes.Structure):
    """`struct border` of kernel.h."""

    _fields_ = (
        ("segments", ctypes.c_int64),
        ("lonlat", ctypes.c_void_p),
        ("number", ctypes.c_void_p),
        ("space", ctypes.c_void_p),
        ("spheres", ctypes.c_void_p),
        ("places", ctypes.c_int64),
        ("place", ctypes.c_void_p),
    )


class _Hazards(ctypes.Structure):
    """`struct hazards` of kernel.h."""

    _fields_ = (
        ("lonlat", ctypes.c_void_p),
        ("vertex", ctypes.c_void_p),
        ("ring", ctypes.c_void_p),
        ("longest_degrees", ctypes.c_double),
        ("west", ctypes.c_double),
        ("east", ctypes.c_double),
    )


def _loaded() -> ctypes.CDLL:
    """Return the kernel with the types of what it is given."""
    kernel = library()
    if kernel is None:
        raise OptionError(f"the compiled kernel is not built; {BUILD}")
    kernel.border_spheres.restype = ctypes.c_int64
    kernel.border_spheres.argtypes = (ctypes.c_int64,)
    kernel.border_build.restype = ctypes.c_int
    kernel.border_build.argtypes = (ctypes.POINTER(_Border),)
    kernel.nearest.restype = None
    kernel.nearest.argtypes = (
        ctypes.POINTER(_Border), ctypes.POINTER(_Hazards), ctypes.c_void_p, ctypes.c_int64,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
    )  # fmt: skip
    return kernel


def in_morton_order(lonlat: Floats) -> NDArray[np.intp]:
    """Return places in the order of a Z curve, so that neighbours follow one another.

    Morton (1966): the bits of both coordinates, on a grid of 2^16 by 2^16 over their box, in turn.

    Examples
    --------
    >>> in_morton_order(np.array([[0.0, 0], [1, 1], [0.1, 0], [0.9, 1]])).tolist()
    [0, 2, 3, 1]
    """
    key = np.zeros(len(lonlat), dtype=np.uint64)
    for axis in (0, 1):
        value = lonlat[:, axis]
        fine = np.isfinite(value)
        low, high = (value[fine].min(), value[fine].max()) if fine.any() else (0.0, 0.0)
        scale = 65_535 / (high - low) if high > low else 0.0
        bits = np.zeros(len(lonlat), dtype=np.uint64)
        bits[fine] = ((value[fine] - low) * scale).astype(np.uint64)
        # Four steps move each bit of sixteen to twice its place (Warren 2013, section 7-2).
        for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
        key |= bits << np.uint64(axis)
    return np.argsort(key, kind="stable")


class Tree:
    """Border segments in space, with a tree of spheres, for the kernel."""

    def __init__(self, segments: Segments) -> None:
        """Build it; the segments are put in Morton order, so that neighbours share a sphere."""
        kernel = _loaded()
        order = in_morton_order((segments.lonlat[:, 0] + segments.lonlat[:, 1]) / 2)
        starts = segments.starts
        self.lonlat = np.ascontiguousarray(segments.lonlat[order])
        self.number = order.astype(np.int64)
        self.space = np.empty((len(segments), 6))
        self.spheres = np.empty((kernel.border_spheres(len(segments)), 4))
        self.place = np.ascontiguousarray(starts[np.argsort(starts[:, 0], kind="stable")])
        self.struct = _Border(
            len(segments), self.lonlat.ctypes.data, self.number.ctypes.data,
            self.space.ctypes.data, self.spheres.ctypes.data,
            len(self.place), self.place.ctypes.data,
        )  # fmt: skip
        if kernel.border_build(self.struct) != 0:
            raise GeometryError("border: a coordinate is not longitude / latitude; correct it")


def nearest(
    geometries: Geometries, lines: gpd.GeoDataFrame, *, window: tuple[float, float], workers: int
) -> tuple[Floats, Integers]:
    """Measure from each geometry to the nearest of some lines, all in EPSG:4326.

    Parameters
    ----------
    geometries
        Geometries of any type, missing ones too.
    lines
        Border lines.
    window
        The longitudes, west and east, between which a geometry is measured.
    workers
        How many threads work; the answer is the same, to the bit.

    Returns
    -------
    tuple
        Metres (NaN for a geometry that is missing, empty, or not wholly between the longitudes),
        and the place of the nearest line (then -1).
    """
    segments = Segments(lines)
    tree = Tree(segments)
    metres = np.full(len(geometries), np.nan)
    number = np.full(len(geometries), -1, dtype=np.int64)
    touches = np.zeros(len(geometries), dtype=np.uint8)
    with ThreadPoolExecutor(workers) as pool:
        for block in in_blocks(len(geometries)):
            _measure(
                tree, Rings.of(geometries[block]), window, pool,
                (metres[block], number[block], touches[block]),
            )  # fmt: skip
    # The kernel says what surely does not touch; of the rest GEOS decides.
    doubtful = np.flatnonzero(touches)
    if len(doubtful):
        meets, segment = segments.meeting(geometries[doubtful])
        first, at = np.unique(meets, return_index=True)
        if len(first):
            # The pairs come polygon by polygon; the lowest segment of each names the line.
            metres[doubtful[first]] = 0.0
            number[doubtful[first]] = np.minimum.reduceat(segment, at)
    return metres, np.append(segments.line, -1)[number]


def _measure(
    tree: Tree,
    rings: Rings,
    window: tuple[float, float],
    pool: ThreadPoolExecutor,
    found: tuple[Floats, Integers, NDArray[np.uint8]],
) -> None:
    """Measure the geometries of one block, shared out among threads; write what is found."""
    kernel = _loaded()
    first = rings.vertex[rings.ring[:-1]]
    filled = np.flatnonzero(first < rings.vertex[rings.ring[1:]])
    order = filled[in_morton_order(rings.xy[first[filled]])].astype(np.int64)
    struct = _Hazards(
        rings.xy.ctypes.data, rings.vertex.ctypes.data, rings.ring.ctypes.data,
        DENSIFY_DEGREES, *window,
    )  # fmt: skip

    def share(begin: int) -> None:
        part = order[begin : begin + SHARE]
        kernel.nearest(
            tree.struct, struct, part.ctypes.data, len(part),
            *(array.ctypes.data for array in found),
        )  # fmt: skip

    for _ in pool.map(share, range(0, len(order), SHARE)):
        pass  # a fault in a thread is raised here
