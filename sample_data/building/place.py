"""Finding a place for each hazard: inside its district, in its zone, clear of the others.

Large hazards are placed first. Each hazard draws from its own generator, seeded by its id; places
are drawn from the district's grid points, thick near the border and about a few centres.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from building.ground import INSET_M, MARGIN_M, District, area_scale
from building.shapes import Form, choose_form, draw, moved
from mine_geo import terms

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GAP_M = 12.0
"""Hazards stay this far apart."""
TRIES = 600
STRADDLE_SHARE = 0.085
"""Of the near hazards large enough; not all find a place across the line."""
STRADDLE_FROM_M2 = 9000
EDGE_CASES = {"0109": ("near", 6998.0), "0209": ("near", 6998.0), "1303": ("far", 7001.5)}
"""District, zone and border distance (m, on the ellipsoid) of the edge cases."""
EDGE_CASES_EACH = 4
EDGE_CASE_M2 = (15000, 60000)


def generator(hazard_id: str, purpose: str) -> Generator:
    """Return the random generator of one hazard for one purpose: the same on every machine."""
    digest = hashlib.sha256(f"{purpose}:{hazard_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


@dataclass(frozen=True)
class Wish:
    """A hazard that looks for a place; size in whole m² of ground."""

    hazard_id: str
    zone: str
    size_m2: int
    straddles: bool = False
    edge_case_m: float | None = None


@dataclass
class Taken:
    """The shapes already placed in one district."""

    boxes: Floats
    shapes: list[shapely.Geometry] = field(default_factory=list)

    def free(self, shape: shapely.Geometry, but: int | None = None) -> bool:
        """Say whether a shape keeps its distance from all that stand, or all `but` one."""
        count = len(self.shapes)
        west, south, east, north = shape.bounds
        boxes = self.boxes[:count]
        close = (
            (boxes[:, 0] < east + GAP_M)
            & (boxes[:, 2] > west - GAP_M)
            & (boxes[:, 1] < north + GAP_M)
            & (boxes[:, 3] > south - GAP_M)
        )
        return not any(
            shapely.dwithin(shape, self.shapes[i], GAP_M) for i in np.flatnonzero(close) if i != but
        )

    def add(self, shape: shapely.Geometry) -> None:
        """Take the ground under a shape."""
        if len(self.shapes) == len(self.boxes):
            self.boxes = np.vstack([self.boxes, np.empty((50 + len(self.boxes), 4))])
        self.boxes[len(self.shapes)] = shape.bounds
        self.shapes.append(shape)

    def replace(self, place: int, shape: shapely.Geometry) -> None:
        """Take the ground under a shape in place of one that stands."""
        self.boxes[place] = shape.bounds
        self.shapes[place] = shape


def mark_wishes(code: str, wishes: list[Wish]) -> list[Wish]:
    """Choose, by id, which hazards of a district straddle the 7 km line or are edge cases."""
    zone, metres = EDGE_CASES.get(code, ("", 0.0))
    low, high = EDGE_CASE_M2
    fit = [w.hazard_id for w in wishes if w.zone == zone and low <= w.size_m2 <= high]
    cases = set(fit[:EDGE_CASES_EACH])
    marked = []
    for wish in wishes:
        straddles = (
            wish.zone == "near"
            and wish.size_m2 >= STRADDLE_FROM_M2
            and code != "0905"
            and generator(wish.hazard_id, "straddle").random() < STRADDLE_SHARE
        )
        case = wish.hazard_id in cases
        marked.append(
            Wish(
                wish.hazard_id,
                wish.zone,
                wish.size_m2,
                straddles and not case,
                metres if case else None,
            )
        )
    return marked


class Placer:
    """Places the hazards of one district, one after the other."""

    def __init__(self, district: District, count: int) -> None:
        self.district = district
        self.taken = Taken(np.empty((count, 4)))
        self.place_of: dict[str, int] = {}
        self.cumulated = {zone: self._weights(zone) for zone in ("near", "far", "line", "any")}

    def _weights(self, zone: str) -> Floats:
        """Return the cumulated weights of the grid points for a zone, or for its line."""
        points, away = self.district.points, self.district.distance_m
        rng = generator(self.district.code, f"centres {zone}")
        centres = points[rng.integers(0, len(points), 3 + len(points) // 1000)]
        spread = rng.uniform(1500.0, 4000.0, len(centres))
        apart = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        thick = 0.12 + np.exp(-apart / (2 * spread**2)).sum(axis=1)
        if zone == "near":
            weight = thick * np.exp(-away / 2500.0) * (away < terms.THRESHOLD_M)
        elif zone == "far":
            weight = thick * (away > terms.THRESHOLD_M)
        elif zone == "any":
            weight = thick * (1.0 + 4.0 * np.exp(-away / 2500.0))
        else:
            weight = (np.abs(away - terms.THRESHOLD_M) < 350.0).astype(float)
        return np.cumsum(weight)

    def spot(self, rng: Generator, zone: str, *, anywhere: bool) -> Floats | None:
        """Draw a place for a zone: weighted, or anywhere in the zone."""
        cumulated = self.cumulated[zone]
        if cumulated[-1] <= 0:
            return None
        if anywhere:
            possible = np.flatnonzero(np.diff(cumulated, prepend=0.0) > 0)
            index = possible[rng.integers(0, len(possible))]
        else:
            index = np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right")
        jitter = rng.uniform(-0.5, 0.5, 2) * self.district.spacing_m
        return self.district.points[min(index, len(cumulated) - 1)] + jitter

    def along(self, spot: Floats) -> float:
        """Return the direction of the border by a place, radians; at random far from any."""
        if self.district.coarse is None:
            return 0.0
        ends = shapely.get_coordinates(
            shapely.shortest_line(shapely.Point(spot), self.district.coarse)
        )
        across = ends[1] - ends[0]
        return float(np.arctan2(across[1], across[0]) + np.pi / 2)

    def fits(self, shape: shapely.Geometry, but: int | None = None) -> bool:
        """Say whether a shape keeps inside its district and clear of all that stand, `but` one."""
        return self._inside(shape) and self.taken.free(shape, but)

    def _inside(self, shape: shapely.Geometry) -> bool:
        """Say whether a shape keeps inside its district."""
        xy = shapely.get_coordinates(shape)
        district = self.district
        return bool(shapely.contains_xy(district.shape, xy).all()) and not shapely.dwithin(
            district.limit, shape, INSET_M
        )

    def _in_zone(self, shape: shapely.Geometry, wish: Wish) -> bool:
        """Say whether a shape lies in its zone, off the line, or across it where it should."""
        border = self.district.border
        if wish.edge_case_m is not None:
            return True
        if border is None:
            return wish.zone == "far"
        if wish.zone == "far":
            return not shapely.dwithin(border, shape, terms.THRESHOLD_M + MARGIN_M)
        corners = shapely.points(shapely.get_coordinates(shape))
        within = shapely.dwithin(border, corners, terms.THRESHOLD_M - MARGIN_M)
        if not wish.straddles:
            return bool(within.all())
        beyond = ~shapely.dwithin(border, corners, terms.THRESHOLD_M + MARGIN_M)
        return bool(within.any() and beyond.any())

    def _to_edge(self, shape: shapely.Geometry, wish: Wish) -> shapely.Geometry | None:
        """Move an edge case along the shortest line until its distance is the wanted one.

        None where the distance on the plane of UTM does not fall on the wrong side.
        """
        border = self.district.border
        for _ in range(8):
            gap = self.district.geodesic_m(shape) - (wish.edge_case_m or 0.0)
            if abs(gap) < 0.02:
                break
            ends = shapely.get_coordinates(shapely.shortest_line(shape, border))
            way = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
            step = way * gap
            shape = shapely.transform(shape, lambda xy, step=step: xy + step)
        else:
            return None
        wrong = (shapely.distance(shape, border) < terms.THRESHOLD_M - 0.4) == (wish.zone == "far")
        clear = abs(shapely.distance(shape, border) - terms.THRESHOLD_M) > 0.4
        return shape if wrong and clear else None

    def _attempt(
        self, rng: Generator, wish: Wish, form: Form, turn: int
    ) -> shapely.Geometry | None:
        """Draw one shape at one place; None where it does not fit."""
        line = wish.straddles or wish.edge_case_m is not None
        spot = self.spot(rng, "line" if line else wish.zone, anywhere=turn > TRIES // 3)
        if spot is None:
            return None
        plane_m2 = wish.size_m2 * area_scale(float(spot[0]))
        shape = draw(rng, plane_m2, form, squat=max(0.0, 2 * turn / TRIES - 1))
        if shape is None:
            return None
        if wish.straddles:
            angle = self.along(spot) + rng.uniform(0.35, np.pi - 0.35)
        elif wish.zone == "near":
            angle = self.along(spot) + rng.normal(0.0, 0.22)
        else:
            angle = rng.uniform(0.0, np.pi)
        placed: shapely.Geometry | None = moved(shape, angle, spot)
        if wish.edge_case_m is not None:
            placed = self._to_edge(placed, wish)
        if placed is None or not (self._inside(placed) and self._in_zone(placed, wish)):
            return None
        return placed if self.taken.free(placed) else None

    def add(self, hazard_id: str, shape: shapely.Geometry) -> None:
        """Take the ground under a hazard."""
        self.place_of[hazard_id] = len(self.taken.shapes)
        self.taken.add(shape)

    def place(self, wish: Wish) -> tuple[shapely.Geometry, Wish]:
        """Return a shape for a hazard, on the plane, and the wish as it was met.

        A hazard that finds no place across the line lies on the near side of it instead.

        Raises
        ------
        ValueError
            If there is no room.
        """
        rng = generator(wish.hazard_id, "shape")
        form = choose_form(rng, wish.size_m2, near=wish.zone == "near")
        if wish.straddles or wish.edge_case_m is not None:
            form = Form(belt=form.belt, parts=False, hole=False)
        for turn in range(TRIES):
            if wish.straddles and turn == 120:
                wish = Wish(wish.hazard_id, wish.zone, wish.size_m2)
            shape = self._attempt(rng, wish, form, turn)
            if shape is not None:
                self.add(wish.hazard_id, shape)
                return shape, wish
        raise ValueError(f"{wish.hazard_id}: no room for {wish.size_m2} m² in {wish.zone}")


def place_wishes(placer: Placer, wishes: list[Wish]) -> dict[str, shapely.Geometry]:
    """Return the shape (UTM 48N) of each hazard of one district, by id."""
    order = sorted(
        mark_wishes(placer.district.code, wishes),
        key=lambda w: (w.edge_case_m is None, not w.straddles, -w.size_m2, w.hazard_id),
    )
    return {wish.hazard_id: placer.place(wish)[0] for wish in order}
