"""The maps of a dossier, as SVG: where a task lies, and its land with its turning points.

Drawn by the mapping code of the sheets, in WGS 84 / UTM zone 48N (EPSG:32648), at round scales;
letters are outlines, so that no text of a picture is taken for text of the document.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely

from mine_geo.maps.sheets import labels, mapping
from mine_geo.maps.sheets.mapping import Entry, Map
from mine_geo.maps.sheets.paper import INK, Page, pinned, register
from mine_geo.maps.sheets.view import (
    bar_of,
    fit,
    flat,
    graticule,
    ground_bounds,
    label_graticule,
    north_words,
)
from mine_geo.maps.subject import Subject
from mine_geo.maps.symbols import Symbol, symbol
from mine_geo.terms import CRS
from mine_geo.words import say

if TYPE_CHECKING:
    from mine_geo.maps.sheets.view import Bounds, View
    from mine_geo.reports.facts import Facts


Form = Literal["svg", "png"]
DPI: Final = 200
"""Dots per inch of a picture that is no SVG."""

GUTTER_MM: Final = 3.6
"""Around a map, for the names of the graticule."""

FURNITURE_MM: Final = 8.5
"""Below a map: scale bar and north arrow."""

SWATCH_MM: Final = (8.0, 3.4)
AROUND_M: Final = 100.0
"""How much ground a detail map shows around a task at least, metres."""

OVERVIEW_M: Final = 16_000.0
"""How much ground an overview map shows at least, from side to side, metres."""

DOT_POINTS: Final = 1.7
LETTERS: Final = 7.0
"""The size of letters, points: no smaller ones are printed."""

NOTHING: Final = shapely.MultiPolygon()
NORTH: Final = Symbol(INK, 1, INK, 1, 1, ())
SALT: Final = "mine_geo"
PALE: Final = "CHA open pale"
"""What stands in a legend for all that is drawn beside a map's own."""


def _page(wide_mm: float, high_mm: float, language: str) -> Page:
    return Page(wide_mm, high_mm, 1.0, language)


def _saved(page: Page, form: Form) -> bytes:
    """Return the bytes of a picture; nothing in them tells when it was made."""
    written = io.BytesIO()
    about = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": SALT}):
        register()
        page.figure.savefig(written, format=form, dpi=DPI, metadata=about)
    return written.getvalue()


@dataclass(frozen=True)
class Picture:
    """A map, with the denominator of its scale and what its legend names."""

    content: bytes
    scale: float
    entries: tuple[Entry, ...]
    size_mm: tuple[float, float]


@cache
def swatch_svg(entry: Entry) -> bytes:
    """Return a symbol of a legend as SVG."""
    wide, high = SWATCH_MM
    with pinned():
        page = _page(wide, high, "en")
        _swatch(page, (0.8, high / 2 - 1.15, wide - 0.8, high / 2 + 1.15), entry)
        return _saved(page, "svg")


def _swatch(page: Page, box: Any, entry: Entry) -> None:
    """Draw a symbol into a box (mm), as the map has it."""
    style, (left, bottom, right, top) = entry.symbol, box
    whole = mapping.polygons(shapely.box(*box))
    if style.dot:
        middle = ((left + right) / 2, (bottom + top) / 2)
        page.axes.plot(*zip(middle, strict=True), "o", color=style.fill, ms=2, mew=0, zorder=9)
    elif style.fill is not None or entry.outline:
        if style.casing is not None:
            rim = style.weight + 2 * style.casing_weight
            cased = replace(style, fill=None, hatch=None, line=style.casing, weight=rim, dashes=())
            mapping.add(page.axes, whole, cased, unit=1, above=8)
        shown = replace(style, fill=None) if entry.outline else style
        mapping.add(page.axes, whole, shown, unit=1, above=9)
    else:
        line = mapping.path_of_lines(shapely.linestrings([box[:2], (right, bottom)]))
        mapping.add(page.axes, line, style, unit=1, above=9)


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


def detail(
    facts: Facts, wide_mm: float, high_mm: float, language: str, *, form: Form = "svg"
) -> Picture:
    """Draw the land of a task with its turning points and what lies beside it."""
    west, south, east, north = ground_of(facts)
    bounds = (west - AROUND_M, south - AROUND_M, east + AROUND_M, north + AROUND_M)
    return _drawn(facts, bounds, wide_mm, high_mm, language, corners=True, form=form)


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
    form: Form = "svg",
) -> Picture:
    box = (GUTTER_MM, FURNITURE_MM + GUTTER_MM, wide_mm - GUTTER_MM, high_mm - GUTTER_MM)
    with pinned():
        page = _page(wide_mm, high_mm, language)
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
        _furniture(page, view, box)
        return Picture(_saved(page, form), view.denominator, _legend(drawn), (wide_mm, high_mm))


def _legend(drawn: Map) -> tuple[Entry, ...]:
    """Return what the symbols mean: what is paler is of no unit but of no task."""
    pale = symbol(PALE)
    others = Entry(pale, say("dossier.others"))
    return tuple(
        dict.fromkeys(others if entry.symbol == pale else entry for entry in drawn.entries)
    )


def _furniture(page: Page, view: View, box: Any) -> None:
    """Draw the scale bar, and what is said of north, below a map."""
    left, _, right, _ = box
    bar = bar_of(view, min(0.2 * (right - left), 60.0))
    step, (unit, of) = bar.length_mm / bar.parts, ("metres", 1)
    if bar.metres >= 1000:
        unit, of = "kilometres", 1000
    for part in range(bar.parts + 1):
        x, text = left + part * step, f"{bar.metres * part / bar.parts / of:g}"
        if part in (0, bar.parts) or page.width_of(text, LETTERS) < 0.7 * step:
            page.text(x, 3.1, text, size=LETTERS, align="center")
        if part < bar.parts:
            fill = "white" if part % 2 else INK
            page.box((x, 1.0, x + step, 2.3), fill=fill, line=INK, width=0.4)
    end = left + bar.length_mm + page.width_of(text, LETTERS) / 2 + 1.2
    page.text(end, 3.1, say(f"sheet.{unit}").within(page.language), size=LETTERS)
    key, degrees = north_words(view)
    for up, said in ((4.3, say("sheet.grid_north")), (1.0, say(key, degrees=degrees))):
        page.text(right - 5, up, said.within(page.language), size=LETTERS, align="right")
    arrow = shapely.Polygon(
        [(right - 2, 7), (right - 3.6, 0.8), (right - 2, 2.3), (right - 0.4, 0.8)]
    )
    mapping.add(page.axes, mapping.polygons(arrow), NORTH, unit=1, above=9)


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
