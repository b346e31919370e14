"""The maps of a dossier, as SVG: where a task lies, and its land with its turning points.

Drawn by the mapping code of the sheets, in WGS 84 / UTM zone 48N (EPSG:32648), at round scales;
letters are outlines, so that no text of a picture is taken for text of the document. What stands
below a map is laid out by Typst.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely

from mine_geo.maps.sheets import labels
from mine_geo.maps.sheets.mapping import Entry, Map
from mine_geo.maps.sheets.paper import INK, Page, pinned, register
from mine_geo.maps.sheets.view import (
    fit,
    flat,
    furniture,
    graticule,
    ground_bounds,
    label_graticule,
)
from mine_geo.maps.subject import Subject
from mine_geo.maps.symbols import symbol
from mine_geo.terms import CRS
from mine_geo.typeset import Document
from mine_geo.words import say

if TYPE_CHECKING:
    from mine_geo.maps.sheets.view import Bounds
    from mine_geo.reports.facts import Facts
    from mine_geo.typeset import Head


TEMPLATE: Final = Path(__file__).with_name("picture.typ")
DPI: Final = 200
"""Dots per inch of a picture that is no SVG."""

GUTTER_MM: Final = 3.6
"""Around a map, for the names of the graticule."""

AROUND_M: Final = 100.0
"""How much ground a detail map shows around a task at least, metres."""

OVERVIEW_M: Final = 16_000.0
"""How much ground an overview map shows at least, from side to side, metres."""

DOT_POINTS: Final = 1.7
LETTERS: Final = 7.0
"""The size of letters, points: no smaller ones are printed."""

NOTHING: Final = shapely.MultiPolygon()
SALT: Final = "mine_geo"
PALE: Final = "CHA open pale"
"""What stands in a legend for all that is drawn beside a map's own."""


def _svg(page: Page) -> bytes:
    """Return the bytes of a picture; nothing in them tells when it was made."""
    written = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": SALT}):
        register()
        page.figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()


@dataclass(frozen=True)
class Picture:
    """A map, with what stands below it and what its legend names."""

    content: bytes
    furniture: dict[str, Any]
    entries: tuple[Entry, ...]
    size_mm: tuple[float, float]

    def png(self, head: Head) -> bytes:
        """Return the map with its scale bar and north arrow as a picture for other documents."""
        data = {"furniture": self.furniture, "wide": self.size_mm[0]}
        return Document(head, TEMPLATE, data, {"map.svg": self.content}).png(DPI)[0]


def _subject(facts: Facts) -> Subject:
    """Return what a map of the task is about: what remains of it, and all else beside it."""
    scene, ids = facts.scene, facts.ids
    # of a closed one nothing is drawn, but what was released of it is the task's own
    shapes = np.where(facts.hazards["remains"], facts.hazards.geometry.to_numpy(), NOTHING)
    own = facts.hazards.set_geometry(gpd.GeoSeries(shapes, index=facts.hazards.index, crs=CRS))
    rest = scene.split[~scene.split["hazard_id"].isin(ids)]
    return Subject(
        "task", ", ".join(ids), "", "", "", own, None, others=rest, unplaced=None, beyond=True
    )


def ground_of(facts: Facts) -> Bounds:
    """Return the ground of a task in metres of the plane: what remains, and what was released."""
    shapes = [facts.hazards.geometry.to_numpy(), facts.released.geometry.to_numpy()]
    found = ground_bounds(np.concatenate(shapes))
    return (0.0, 0.0, 0.0, 0.0) if found is None else found


def detail(facts: Facts, wide_mm: float, high_mm: float, language: str) -> Picture:
    """Draw the land of a task with its turning points and what lies beside it."""
    west, south, east, north = ground_of(facts)
    bounds = (west - AROUND_M, south - AROUND_M, east + AROUND_M, north + AROUND_M)
    return _drawn(facts, bounds, wide_mm, high_mm, language, corners=True)


def overview(facts: Facts, wide_mm: float, high_mm: float, language: str) -> Picture:
    """Draw where a task lies: border, near zone, districts, places, other hazards."""
    west, south, east, north = ground_of(facts)
    x, y, half = (west + east) / 2, (south + north) / 2, OVERVIEW_M / 2
    bounds = (min(west, x - half), min(south, y - half), max(east, x + half), max(north, y + half))
    return _drawn(facts, bounds, wide_mm, high_mm, language, corners=False)


def _drawn(
    facts: Facts,
    bounds: Bounds,
    wide_mm: float,
    high_mm: float,
    language: str,
    *,
    corners: bool,
) -> Picture:
    box = (GUTTER_MM, GUTTER_MM, wide_mm - GUTTER_MM, high_mm - GUTTER_MM)
    with pinned():
        page = Page(wide_mm, high_mm, 1.0, language)
        view = fit(box, bounds)
        drawn = Map(page, view, facts.scene, _subject(facts))
        grid = graticule(view, page.unit)
        drawn.add_ground()
        own, hazards = drawn.add_hazards()
        drawn.add_graticule(grid)
        drawn.add_zone(filled=not corners)
        drawn.add_border()
        drawn.add_units()
        drawn.add_releases()
        drawn.add_places_entry()
        drawn.add_frame()
        label_graticule(page, view, grid)
        _names(drawn, facts, own, hazards, corners=corners)
        below = furniture(view, min(0.25 * wide_mm, 60.0), "A4")
        return Picture(_svg(page), below, _legend(drawn), (wide_mm, high_mm))


def _legend(drawn: Map) -> tuple[Entry, ...]:
    """Return what the symbols mean: what is paler is of no unit but of no task."""
    pale = symbol(PALE)
    others = Entry(pale, say("dossier.others"))
    return tuple(
        dict.fromkeys(others if entry.symbol == pale else entry for entry in drawn.entries)
    )


def _names(drawn: Map, facts: Facts, own: Any, hazards: Any, *, corners: bool) -> None:
    placer = labels.Placer(drawn.page, drawn.view.box, hazards)
    ids = drawn.subject.hazards["hazard_id"]
    named = zip(own, ids, strict=True)
    placer.place([_name(place, str(each)) for place, each in named if not place.is_empty])
    if corners:
        _corners(drawn, facts, placer)
        return
    placer.place(labels.country_names(drawn))
    placer.place(labels.unit_names(drawn))
    labels.write_places(drawn, placer)


def _name(place: Any, text: str) -> labels.Name:
    """Return the name of a hazard (mm), beside its middle."""
    (west, south, east, north), middle = shapely.bounds(place), shapely.centroid(place)
    radius = min(max(east - west, north - south) / 2, labels.RADIUS_MOST_MM)
    x, y = float(shapely.get_x(middle)), float(shapely.get_y(middle))
    return labels.Name(x, y, ((text, LETTERS, False),), INK, dot=True, radius=float(radius))


def _corners(drawn: Map, facts: Facts, placer: labels.Placer) -> None:
    """Dot each turning point, and number those that have room."""
    points = shapely.points(facts.points[["longitude", "latitude"]].to_numpy(dtype=float))
    xy = shapely.get_coordinates(shapely.transform(flat(points), drawn.view.to_mm))
    drawn.axes.plot(*xy.T, "o", color=INK, ms=DOT_POINTS, mew=0, zorder=9.5)
    placer.place(
        [
            labels.Name(x, y, ((str(number), LETTERS, False),), INK, dot=True, radius=0.2)
            for (x, y), number in zip(xy.tolist(), facts.points["point_number"], strict=True)
        ]
    )
