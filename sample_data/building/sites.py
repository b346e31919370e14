"""Sites: a hazard with the land released from it, drawn from the inside out.

First what is left, or the land of the last release where nothing is; then each strip outward, the
latest release first. So the outermost strip is the one worked on first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from building.ground import area_scale, to_lonlat
from building.land import on_plane
from building.lattice import STEPS_A_DEGREE, to_lattice
from building.place import generator
from building.shapes import Form, choose_form, draw, moved
from building.strips import Outline, cuts_clean, end_edges, grow

if TYPE_CHECKING:
    from numpy.random import Generator

    from building.chains import Chain, Work
    from building.place import Placer
    from building.strips import Edge, Fits, Strip

TRIES = 500
TRIES_OF_CHAIN = 160
DRAWS = 3
"""Strips drawn from one edge before the next edge is tried."""
OVERRUN_SHARE = 0.16
NEAR_M = 9000.0


@dataclass(frozen=True)
class Cut:
    """One release as drawn: the polygon reported, which may stick out of the hazard."""

    work: Work
    shape: shapely.Geometry


@dataclass
class Site:
    """A hazard as first registered, its releases in the order of time, and what is left."""

    hazard_id: str
    first: shapely.Geometry
    left: shapely.Geometry
    chain: Chain | None = None
    cuts: list[Cut] = field(default_factory=list)


def spot_and_angle(placer: Placer, rng: Generator, turn: int, tries: int) -> tuple:
    """Draw a place in a district and a direction: along the border where it is close."""
    spot = placer.spot(rng, "any", anywhere=turn > tries // 2)
    if placer.district.coarse is not None:
        point = shapely.Point(spot)
        if shapely.dwithin(point, placer.district.coarse, NEAR_M):
            return spot, placer.along(spot) + rng.normal(0.0, 0.25)
    lie = generator(placer.district.code, "lie of the land").uniform(0.0, np.pi)
    return spot, lie + rng.normal(0.0, 0.5)


def drawn_at(
    placer: Placer, rng: Generator, size_m2: int, form: Form, *, turn: int, tries: int, squat: float
) -> shapely.Geometry | None:
    """Draw a hazard of so many m² somewhere in a district (UTM 48N); None where it does not fit."""
    spot, angle = spot_and_angle(placer, rng, turn, tries)
    late = max(0.0, 2 * turn / tries - 1)
    shape = draw(rng, size_m2 * area_scale(float(spot[0])), form, squat=max(late, squat))
    if shape is None:
        return None
    shape = moved(shape, angle, spot)
    return shape if placer.fits(shape) else None


def place_area(placer: Placer, hazard_id: str, size_m2: int) -> shapely.Geometry | None:
    """Return a place for a hazard without releases (UTM 48N) and take the land; None if none."""
    rng = generator(hazard_id, "shape")
    form = choose_form(rng, size_m2, near=False)
    for turn in range(TRIES):
        shape = drawn_at(placer, rng, size_m2, form, turn=turn, tries=TRIES, squat=0.0)
        if shape is not None:
            placer.add(hazard_id, shape)
            return shape
    return None


def _grow_all(
    outline: Outline, edges: list[Edge], works: list[Work], rng: Generator, fits: Fits
) -> tuple[Outline, list[Strip]] | None:
    """Grow a strip for each work, the latest first, one beyond the other."""
    strips: list[Strip] = []
    for work in reversed(works):
        found = None
        for edge in edges:
            for _ in range(DRAWS):
                found = found or grow(outline, edge, work.size_m2, rng, fits)
        if found is None:
            return None
        outline, strip, edge = found
        strips.append(strip)
        edges = [edge, *end_edges(outline, 2)]
    return outline, strips[::-1]


def _on_plane(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, on_plane)


def work_on(placer: Placer, site: Site, chain: Chain) -> Site | None:
    """Return a hazard that remains with a chain of releases grown onto it; None if none fits."""
    rng = generator(site.hazard_id, f"strips {chain.name}")
    place = placer.place_of[site.hazard_id]
    outline = Outline.of(site.left)
    grown = _grow_all(
        outline, end_edges(outline), chain.works, rng, lambda strip: placer.fits(strip, place)
    )
    if grown is None:
        return None
    first = grown[0].shape()
    placer.taken.replace(place, _on_plane(first))
    return _cut(Site(site.hazard_id, first, site.left, chain), outline, grown[1], rng)


def place_chain(placer: Placer, hazard_id: str, chain: Chain) -> Site | None:
    """Return a hazard of which nothing is left, somewhere in a district; None if none fits."""
    rng = generator(hazard_id, "shape")
    *strips, core = chain.works
    form = Form(belt=True, parts=False, hole=False)
    if not strips:
        form = choose_form(rng, core.size_m2, near=bool(rng.random() < 0.6))
    tries = TRIES_OF_CHAIN if strips else TRIES
    squat = 0.75 if strips else 0.0
    for turn in range(tries):
        shape = drawn_at(placer, rng, core.size_m2, form, turn=turn, tries=tries, squat=squat)
        if shape is None:
            continue
        (left,) = to_lattice([shapely.transform(shape, to_lonlat)], np.array([core.size_m2]))
        outline = Outline.of(left)
        grown = _grow_all(outline, end_edges(outline), strips, rng, placer.fits)
        if grown is not None:
            first = grown[0].shape()
            placer.add(hazard_id, _on_plane(first))
            site = Site(hazard_id, first, shapely.MultiPolygon(), chain)
            site = _cut(site, outline, grown[1], rng)
            site.cuts.append(Cut(core, _last_cut(left, rng)))
            return site
    return None


def _cut(site: Site, outline: Outline, strips: list[Strip], rng: Generator) -> Site:
    """Draw the polygon of each strip's release; some go too far, on to land released before."""
    left = outline.shape()
    works = (site.chain.works if site.chain else [])[: len(strips)]
    after = left
    for number in reversed(range(len(strips))):
        strip, before = strips[number], shapely.union(after, strips[number].shape())
        cut: shapely.Geometry = strip.shape()
        outermost = number == 0
        if rng.random() < OVERRUN_SHARE and (outermost or works[number].bucket.operator is None):
            far = strip.overrun(float(rng.uniform(1.5, 4.0)))
            if far is not None and cuts_clean(before, far, after):
                cut = far
        if not cuts_clean(before, cut, after):
            raise ValueError(f"{site.hazard_id}: a cut brings new vertices")
        site.cuts.insert(0, Cut(works[number], shapely.MultiPolygon([cut])))
        after = before
    return site


def _last_cut(left: shapely.Geometry, rng: Generator) -> shapely.Geometry:
    """Return the polygon of a release of all that is left; some stick out all around."""
    if rng.random() > OVERRUN_SHARE or len(left.geoms) > 1:
        return left
    shell = shapely.Polygon(left.geoms[0].exterior)
    wide = _on_plane(shell).buffer(float(rng.uniform(1.5, 4.0)), join_style="mitre")
    wide = shapely.transform(
        wide, lambda xy: np.rint(to_lonlat(xy) * STEPS_A_DEGREE) / STEPS_A_DEGREE
    )
    good = wide.is_valid and wide.geom_type == "Polygon" and wide.contains(left)
    return shapely.MultiPolygon([wide]) if good else left
