"""The maps of a dossier, as SVG: where a task lies, and its land with its turning points.

Drawn by the mapping code of the sheets, in WGS 84 / UTM zone 48N (EPSG:32648), at round scales;
letters are outlines, so that no text of a picture is taken for text of the document.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import matplotlib as mpl
import numpy as np
import shapely

from mine_geo.maps.sheets import labels
from mine_geo.maps.sheets.mapping import Entry, Map
from mine_geo.maps.sheets.panel import swatch
from mine_geo.maps.sheets.paper import INK, Page, Paper, pinned, register
from mine_geo.maps.sheets.view import (
    fit,
    flat,
    graticule,
    ground_bounds,
    label_graticule,
    north_arrow,
    scale_bar,
)
from mine_geo.maps.subject import Subject
from mine_geo.maps.symbols import symbol
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
SALT: Final = "mine_geo"
PALE: Final = "CHA open pale"
"""What stands in a legend for all that is drawn beside a map's own."""


@dataclass(frozen=True)
class Pane(Paper):
    """A picture's own size, mm, in the place of a sheet of paper."""

    wide_mm: float = 0.0
    high_mm: float = 0.0

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        return self.wide_mm, self.high_mm

    @property
    def unit(self) -> float:
        """The factor of letters and furniture."""
        return 1.0


def _page(wide_mm: float, high_mm: float, language: str) -> Page:
    return Page(Pane("A4", "portrait", wide_mm, high_mm), language)


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
        swatch(page, 0.5, high / 2, entry)
        return _saved(page, "svg")


def _subject(facts: Facts) -> Subject:
    """Return what a map of the task is about: what remains of it, and all else beside it."""
    scene, ids = facts.scene, facts.ids
    own = facts.hazards[facts.hazards["remains"]]
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
    left, _, right, _ = box
    north_arrow(page, view, right, 0.3, FURNITURE_MM - 1.5)
    scale_bar(page, view, left, 1.0, min(0.45 * (right - left), 60.0))


def _names(drawn: Map, facts: Facts, own: Any, hazards: Any, *, corners: bool) -> None:
    placer = labels.Placer(drawn.page, drawn.view.box, hazards)
    placer.place(labels.hazard_ids(drawn.subject.hazards, own))
    if corners:
        _corners(drawn, facts, placer)
        return
    placer.place(labels.country_names(drawn))
    placer.place(labels.unit_names(drawn))
    labels.write_places(drawn, placer)


def _corners(drawn: Map, facts: Facts, placer: labels.Placer) -> None:
    """Dot each turning point, and number those that have room."""
    points = shapely.points(facts.points[["longitude", "latitude"]].to_numpy(dtype=float))
    xy = shapely.get_coordinates(shapely.transform(flat(points), drawn.view.to_mm))
    drawn.axes.plot(*xy.T, "o", color=INK, ms=DOT_POINTS, mew=0, zorder=9.5)
    placer.place(
        [
            labels.Name(x, y, ((str(number), 4.4, False),), INK, dot=True, radius=0.2)
            for (x, y), number in zip(xy.tolist(), facts.points["point_number"], strict=True)
        ]
    )
