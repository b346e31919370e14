"""Figures worked out by other means than the library's, for its tests."""

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from mine_geo.geo.border import to_border

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


class Chords:
    """The geodesic minimum between outlines and border lines, right to a millimetre.

    No plane, no library of geometry, no sampling: edges are cut to pieces of 20 m, which a chord
    through the Earth follows within 8 micrometres; two pieces are compared by the closed formula
    for the nearest points of two straight pieces in space, and those nearest points measured by
    the geodesic. Chords and geodesics of like length do not rank alike over hundreds of
    kilometres (the curvature of the ellipsoid differs by 1.3 % of d³/24R²), so every pair within
    that is measured. Spheres about runs of pieces spare the pairs that cannot be the nearest.
    """

    STEP_M = 20.0
    RUN = 64

    def __init__(self, border):
        parts = shapely.get_parts(border.geometry.to_numpy())
        self.lines = [np.asarray(part.coords)[:, :2] for part in parts]
        self.pieces = _Pieces(self.lines, self.STEP_M, self.RUN)
        self.vertices = np.vstack(self.lines)

    def polygon(self, polygon):
        """Return the distance of a polygon in metres; 0 where it holds a vertex of the border."""
        rings = [np.asarray(r.coords)[:, :2] for r in shapely.get_rings(shapely.get_parts(polygon))]
        if self._within(rings):
            return 0.0
        outline = _Pieces(rings, self.STEP_M, self.RUN)
        one, other, most = _near_runs(outline, self.pieces)
        metres = most + _doubt_m(most)
        for start in range(0, len(one), 200):
            part = slice(start, start + 200)
            metres = min(metres, _least_m(outline, self.pieces, one[part], other[part], metres))
        return metres

    def _within(self, rings):
        """Whether a border vertex lies inside by the even-odd rule."""
        every = np.vstack(rings)
        box = ((self.vertices >= every.min(axis=0)) & (self.vertices <= every.max(axis=0))).all(1)
        start = np.vstack([ring[:-1] for ring in rings])
        end = np.vstack([ring[1:] for ring in rings])
        for lon, lat in self.vertices[box]:
            spans = (start[:, 1] > lat) != (end[:, 1] > lat)
            (x0, y0), (x1, y1) = start[spans].T, end[spans].T
            if (x0 + (lat - y0) / (y1 - y0) * (x1 - x0) > lon).sum() % 2:
                return True
        return False


class _Pieces:
    """Chains in space as short straight pieces, in runs with a sphere about each."""

    def __init__(self, chains, step_m, run):
        starts, ends, begins = [], [], []
        count = 0
        for chain in chains:
            places = along(chain, step_m)
            space = ecef(places)
            starts.append(space[:-1])
            ends.append(space[1:])
            begins.append(count + np.arange(0, len(space) - 1, run))
            count += len(space) - 1
        self.start, self.end = np.vstack(starts), np.vstack(ends)
        self.begin = np.concatenate(begins)
        self.stop = np.append(self.begin[1:], count)
        low = np.minimum(self.start, self.end)
        high = np.maximum(self.start, self.end)
        low, high = (
            np.minimum.reduceat(low, self.begin),
            np.maximum.reduceat(high, self.begin),
        )
        self.middle = (low + high) / 2
        self.radius = np.linalg.norm(high - low, axis=1) / 2

    def of(self, run):
        return np.arange(self.begin[run], self.stop[run])


def _doubt_m(metres):
    """How much longer a chord may be of the pair whose geodesic is the shortest."""
    return 0.013 * metres**3 / (24 * A * A) + 0.01


def _near_runs(outline, border):
    """Return the pairs of runs that may hold the nearest points, nearest first, and a bound."""
    most, least = np.inf, []
    for start in range(0, len(outline.middle), 500):
        part = slice(start, start + 500)
        apart = np.linalg.norm(outline.middle[part, None] - border.middle[None], axis=2)
        around = outline.radius[part, None] + border.radius[None]
        most = min(most, (apart + around).min())
        close = np.nonzero(apart - around <= most + _doubt_m(most))
        least.append((close[0] + start, close[1], (apart - around)[close]))
    one, other, low = (np.concatenate(each) for each in zip(*least, strict=True))
    kept = low <= most + _doubt_m(most)
    order = np.argsort(low[kept])
    return one[kept][order], other[kept][order], most


def _least_m(outline, border, one, other, most):
    """Return the least geodesic between pieces of some pairs of runs, at most `most` metres."""
    firsts, seconds = [], []
    for run, across in zip(one, other, strict=True):
        a, b = outline.of(run), border.of(across)
        firsts.append(np.repeat(a, len(b)))
        seconds.append(np.tile(b, len(a)))
    a, b = np.concatenate(firsts), np.concatenate(seconds)
    begin = outline.start[a] - border.start[b]
    near = np.einsum("ij,ij->i", begin, begin) <= (most + 3 * Chords.STEP_M) ** 2
    a, b = a[near], b[near]
    if not len(a):
        return np.inf
    here, there = _nearest_points(outline.start[a], outline.end[a], border.start[b], border.end[b])
    chord = np.linalg.norm(here - there, axis=1)
    close = chord <= chord.min() + _doubt_m(chord.min())
    close &= chord <= most
    if not close.any():
        return np.inf
    return geod_m(*_lonlat(here[close]).T, *_lonlat(there[close]).T).min()


def _nearest_points(p0, p1, q0, q1):
    """Return the nearest points of straight pieces in space (Ericson 2005, section 5.1.9)."""
    d1, d2, r = p1 - p0, q1 - q0, p0 - q0

    def dot(one, other):
        return np.einsum("ij,ij->i", one, other)

    a, e, f, c, b = dot(d1, d1), dot(d2, d2), dot(d2, r), dot(d1, r), dot(d1, d2)
    a, e = np.where(a > 0, a, 1), np.where(e > 0, e, 1)
    denominator = a * e - b * b
    parallel = denominator <= 1e-12 * a * e
    s = np.clip(np.where(parallel, 0, (b * f - c * e) / np.where(parallel, 1, denominator)), 0, 1)
    t = np.clip((b * s + f) / e, 0, 1)
    s = np.clip((b * t - c) / a, 0, 1)
    t = np.clip((b * s + f) / e, 0, 1)
    best = p0 + s[:, None] * d1, q0 + t[:, None] * d2
    # Nearly parallel pieces: the ends are what is sure.
    for s_end in (0.0, 1.0):
        here = p0 + s_end * d1
        t = np.clip(dot(d2, here - q0) / e, 0, 1)
        there = q0 + t[:, None] * d2
        nearer = np.linalg.norm(here - there, axis=1) < np.linalg.norm(best[0] - best[1], axis=1)
        best = tuple(
            np.where(nearer[:, None], new, old)
            for new, old in zip((here, there), best, strict=True)
        )
    for t_end in (0.0, 1.0):
        there = q0 + t_end * d2
        s = np.clip(dot(d1, there - p0) / a, 0, 1)
        here = p0 + s[:, None] * d1
        nearer = np.linalg.norm(here - there, axis=1) < np.linalg.norm(best[0] - best[1], axis=1)
        best = tuple(
            np.where(nearer[:, None], new, old)
            for new, old in zip((here, there), best, strict=True)
        )
    return best


_TO_SPACE = pyproj.Transformer.from_crs(4979, 4978, always_xy=True)


def _lonlat(space):
    """Return longitude and latitude of positions on or just below the ellipsoid."""
    lon, lat, _ = _TO_SPACE.transform(*space.T, direction="INVERSE")
    return np.column_stack([lon, lat])
