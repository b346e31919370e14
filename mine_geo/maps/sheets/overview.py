"""The country, small, with the ground of the map marked in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from mine_geo.maps.sheets import drawing
from mine_geo.maps.sheets.mapping import OUTSIDE
from mine_geo.maps.sheets.panel import heading, heading_mm
from mine_geo.maps.sheets.paper import GREY, RULE
from mine_geo.maps.sheets.view import fit, ground_bounds
from mine_geo.maps.words import say
from mine_geo.symbology import Symbol, symbol

if TYPE_CHECKING:
    from mine_geo.maps.beneath import Beneath
    from mine_geo.maps.sheets.paper import Page
    from mine_geo.maps.sheets.view import View
    from mine_geo.maps.subject import Subject

FOUND: Final = "#d81e5b"


@dataclass
class Overview:
    """The part that tells where the map lies."""

    layers: Beneath
    subject: Subject
    high: float
    """The most that it takes, mm on A4."""

    view: View | None = None
    """The view of the map, once it stands."""

    name: str = "overview"

    def _bounds(self) -> Any:
        return ground_bounds(np.atleast_1d(self.layers.land))

    def height(self, page: Page, width: float) -> float:
        """Return its height (mm) in a column so wide (mm)."""
        west, south, east, north = self._bounds()
        return min(self.high * page.unit, width * (north - south) / (east - west)) + heading_mm(
            page
        )

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Draw it with its upper left at a place (mm)."""
        bottom = top - self.height(page, width)
        top -= heading(page, left, top, say("sheet.overview"))
        bounds = self._bounds()
        shape = (bounds[2] - bounds[0]) / (bounds[3] - bounds[1])
        wide = min(width, (top - bottom) * shape * 1.05)
        view = fit((left, bottom, left + wide, top), bounds)
        drawing_box = page.add_axes(view.box, above=6)
        drawing_box.set_xlim(left, left + wide)
        drawing_box.set_ylim(bottom, top)
        page.box(view.box, fill=OUTSIDE, line=RULE, width=0.4)
        self._draw(page, drawing_box, view)

    def _draw(self, page: Page, axes: Any, view: Any) -> None:
        layers, subject = self.layers, self.subject
        land = drawing.polygons(view.on_paper(layers.land))
        drawing.add(axes, land, symbol("subject"), unit=page.unit, above=1)
        if subject.units is not None and len(subject.units):
            ours = drawing.polygons(view.on_paper(subject.units.geometry))
            drawing.add(axes, ours, Symbol("#f4b6c8", 1, None, 1, 1, ()), unit=page.unit, above=2)
        lines = [layers.outlines[key] for key in ("province",) if key in layers.outlines]
        thin = Symbol(None, 1, "#8d897f", 1, 0.6, ())
        if lines:
            inner = drawing.lines(view.on_paper(lines))
            drawing.add(axes, inner, thin, unit=page.unit, above=3)
        rim = drawing.lines(view.on_paper(layers.land))
        drawing.add(axes, rim, Symbol(None, 1, GREY, 1, 1.2, ()), unit=page.unit, above=4)
        if self.view is None:
            return
        west, south, east, north = self.view.ground()
        corners = view.to_mm(np.array([[west, south], [east, north]]))
        frame = shapely.box(*corners.ravel())
        shown = shapely.intersection(frame, shapely.box(*view.box))
        marked = Symbol(None, 1, FOUND, 1, 2.6, ())
        drawing.add(axes, drawing.polygons(shown), marked, unit=page.unit, above=5)
