"""Figures worked out by other means than the library's, for its tests."""

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from mine_geo.border import to_border

GEOD = pyproj.Geod(ellps="WGS84")
A = 6378137.0
F = 1 / 298.257223563
E2 = F * (2 - F)
E = np.sqrt(E2)
B = A * (1 - F)


def cell_m2(west, south, east, north):
    """Return the area of a cell of the grid in closed form (b² Δλ/2 [sin φ/(1-e² sin² φ) + …])."""

    def up_to(latitude):
        s = np.sin(np.radians(latitude))
        return s / (1 - E2 * s * s) + np.log((1 + E * s) / (1 - E * s)) / (2 * E)

    return B * B * np.radians(east - west) / 2 * (up_to(north) - up_to(south))


def lines(*coordinates, **columns):
    """Return a border table of one line for each list of coordinates."""
    columns = {"kind": "land", "border_name": "made up", "border_version": "1", **columns}
    geometry = [shapely.LineString(xy) for xy in coordinates]
    return to_border(
        gpd.GeoDataFrame(columns, index=range(len(geometry)), geometry=geometry, crs=4326)
    )


def hazards(*polygons, **columns):
    """Return polygons as a bare frame, ids A0, A1, …"""
    ids = [f"A{place}" for place in range(len(polygons))]
    return gpd.GeoDataFrame({"hazard_id": ids, **columns}, geometry=list(polygons), crs=4326)


def geod_m(lon0, lat0, lon1, lat1):
    return GEOD.inv(lon0, lat0, lon1, lat1)[2]


def along(xy, step_m):
    """Return points on a chain of edges straight in longitude / latitude, step_m apart or less."""
    xy = np.asarray(xy, dtype=float)[:, :2]
    length = np.hypot(*(np.diff(xy, axis=0) * [111_320.0, 110_700.0]).T)
    pieces = [
        start
        + np.linspace(0, 1, max(int(np.ceil(metres / step_m)), 1), endpoint=False)[:, None]
        * (end - start)
        for start, end, metres in zip(xy[:-1], xy[1:], length, strict=True)
    ]
    return np.vstack([*pieces, xy[-1:]])


def ecef(lonlat):
    """Return positions in space, metres."""
    lon, lat = np.radians(np.asarray(lonlat)).T
    n = A / np.sqrt(1 - E2 * np.sin(lat) ** 2)
    return np.column_stack(
        [n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - E2) * np.sin(lat)]
    )


class BruteForce:
    """The geodesic minimum between points on polygons and points on border lines.

    No plane and no library of geometry in it. Both sides are points, 20 m apart (1 m where polygon
    and border are nearer than 3 km); all pairs are compared by their chord through the Earth.
    Chords and geodesics of like length do not rank alike to the last decimetre, so every pair
    within 0.3 m of the least chord is measured by the geodesic; the best are refined to 0.1 m.
    """

    def __init__(self, border, step_m=20.0, near_m=3000.0, near_step_m=1.0):
        parts = shapely.get_parts(border.geometry.to_numpy())
        self.parts = [np.asarray(part.coords)[:, :2] for part in parts]
        self.step_m, self.near_m, self.near_step_m = step_m, near_m, near_step_m
        chains = [along(part, step_m) for part in self.parts]
        self.points = np.vstack(chains)
        self.owner = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
        self.space = ecef(self.points)

    def polygon(self, polygon):
        """Return the distance of a polygon that the border does not cross, metres."""
        rings = [
            np.asarray(ring.coords)[:, :2] for ring in shapely.get_rings(shapely.get_parts(polygon))
        ]
        side = np.vstack([along(ring, self.step_m) for ring in rings])
        space = ecef(side)
        middle = space.mean(axis=0)
        radius = np.linalg.norm(space - middle, axis=1).max()
        from_middle = np.linalg.norm(self.space - middle, axis=1)
        kept = np.flatnonzero(from_middle <= from_middle.min() + 2 * radius + 2 * self.step_m)
        step, points, owner = self.step_m, self.points[kept], self.owner[kept] * 10**7 + kept
        if from_middle.min() - radius < self.near_m:
            # Runs of neighbours become chains again, then finer ones.
            step = self.near_step_m
            runs = np.split(points, np.flatnonzero(np.diff(owner) != 1) + 1)
            points = np.vstack([along(run, step) for run in runs])
            side = np.vstack([along(ring, step) for ring in rings])
        here, there = _closest(side, points)
        metres = geod_m(*here.T, *there.T)
        best = np.argsort(metres)[:3]
        refined = [_refined(side, points, here[one], there[one], step) for one in best]
        return min([metres.min(), *refined])


def _closest(side, points):
    """Return the pairs, one for each point, whose chord is within 0.3 m of the least."""
    origin = ecef(side[:1])
    one, other = ecef(side) - origin, ecef(points) - origin
    square, partner = np.full(len(other), np.inf), np.zeros(len(other), dtype=int)
    lengths = (one * one).sum(axis=1)
    for start in range(0, len(other), 2000):
        part = slice(start, start + 2000)
        apart = lengths - 2 * other[part] @ one.T
        partner[part] = apart.argmin(axis=1)
        square[part] = apart.min(axis=1) + (other[part] ** 2).sum(axis=1)
    chord = np.sqrt(np.maximum(square, 0))
    close = chord <= chord.min() + 0.3
    return side[partner[close]], points[close]


def _refined(side, points, here, there, step):
    """Return the least distance between points 0.1 m apart about one pair."""
    fine = [_finer(side, here, step), _finer(points, there, step)]
    for _ in range(20):
        before = here, there
        here = fine[0][geod_m(*fine[0].T, *np.broadcast_to(there, fine[0].shape).T).argmin()]
        there = fine[1][geod_m(*fine[1].T, *np.broadcast_to(here, fine[1].shape).T).argmin()]
        if (here == before[0]).all() and (there == before[1]).all():
            break
    return geod_m(*here, *there)


def _finer(points, middle, step):
    """Return the edges that meet in a point of a chain, as points 0.1 m apart."""
    near = np.flatnonzero((points == middle).all(axis=1))
    pieces = [middle[None]]
    for place in near:
        pieces += [
            along(points[[place, other]], 0.1)
            for other in (place - 1, place + 1)
            if 0 <= other < len(points) and geod_m(*points[place], *points[other]) <= step * 1.01
        ]
    return np.vstack(pieces)
