"""The names on a sheet: provinces, districts, neighbours, places, and ids of few hazards.

Where names stand on a map: one after the other, none across another or across the frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.maps import ground
from mine_geo.maps.sheets.paper import GREY, INK, MM_PER_POINT, inside, overlap
from mine_geo.maps.symbols import border_name, ink, symbol
from mine_geo.typeset.letters import is_khmer
from mine_geo.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mine_geo.maps.sheets.mapping import Map
    from mine_geo.maps.sheets.paper import Box, Page


GAP_MM: Final = 0.4
COVERED_MOST: Final = 8.0
OUTSIDE_COST: Final = 12.0
"""What it costs a place to cover hazards, at most, and to lie outside; a place further down the
list costs 0.15."""

HALO: Final = 1.6
LATIN_LINE: Final = 1.3
KHMER_LINE: Final = 1.6
"""The height of a line, as a share of the letters' size: Khmer has letters below letters."""
LATIN_RISE: Final = 0.78
KHMER_RISE: Final = 0.6
"""How far down in its line the letters stand."""


@dataclass(frozen=True)
class Name:
    """A name to place: its lines of text (text, size in points, bold) about a place (mm)."""

    x: float
    y: float
    lines: tuple[tuple[str, float, bool], ...]
    colour: str = GREY
    dot: bool = False
    """Whether the name stands beside a dot, and not across the place."""

    radius: float = 0.4
    """How large (mm) the dot is, or what stands for it."""

    reach: float = 0.0
    """How far (mm) the name may move from its place."""

    within: Any = None
    """A polygon (mm) in which the middle of the name had better stay."""

    only_within: bool = False
    """Whether the name is left out rather than stand outside of it."""


def _places(name: Name, wide: float, high: float) -> Iterator[tuple[float, float]]:
    """Give the middles to try, best first."""
    if name.dot:
        side, up = wide / 2 + name.radius + 0.6, high / 2 + name.radius + 0.3
        for dx, dy in ((1, 0.1), (-1, 0.1), (0, 1), (0, -1), (0.9, 0.8), (-0.9, 0.8)):
            yield name.x + dx * side, name.y + dy * up
        return
    yield name.x, name.y
    for ring in np.arange(1, 6) / 5 * name.reach:
        for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
            yield name.x + ring * float(np.cos(angle)), name.y + 0.6 * ring * float(np.sin(angle))


class Placer:
    """Places names in a window (mm), clear of what is taken, best clear of hazards."""

    def __init__(self, page: Page, window: Box, hazards: Any, taken: Sequence[Box] = ()) -> None:
        self.page = page
        self.window = (window[0] + 0.8, window[1] + 0.8, window[2] - 0.8, window[3] - 0.8)
        self.taken = list(taken)
        self.hazards = shapely.STRtree(hazards)
        self.placed: list[tuple[Name, Box]] = []

    def size_of(self, name: Name) -> tuple[float, float]:
        """Return width and height of a name, mm."""
        wide = max(self.page.width_of(text, size, bold=bold) for text, size, bold in name.lines)
        return wide, sum(self._line_mm(text, size) for text, size, _ in name.lines)

    def _line_mm(self, text: str, size: float) -> float:
        share = KHMER_LINE if is_khmer(text) else LATIN_LINE
        return self.page.points(size, text) * MM_PER_POINT * share

    def _best(self, name: Name) -> Box | None:
        """Return the cheapest box of a name; None where each leaves the window or meets another."""
        wide, high = self.size_of(name)
        best, least = None, np.inf
        for number, (x, y) in enumerate(_places(name, wide, high)):
            box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            wider = (box[0] - GAP_MM, box[1] - GAP_MM, box[2] + GAP_MM, box[3] + GAP_MM)
            if not inside(box, self.window) or any(overlap(wider, each) for each in self.taken):
                continue
            # Names may lie on hazards where nothing else is free; the first few weigh the most.
            covered = len(self.hazards.query(shapely.box(*box), predicate="intersects"))
            cost = min(2 * np.sqrt(covered), COVERED_MOST) + 0.15 * number
            if name.within is not None and not shapely.contains_xy(name.within, x, y):
                if name.only_within:
                    continue
                cost += OUTSIDE_COST
            if cost < least:
                best, least = box, cost
        return best

    def place(self, names: Sequence[Name]) -> int:
        """Write the names that have room, first come first served; return how many."""
        before = len(self.placed)
        for name in names:
            box = self._best(name)
            if box is not None:
                self.taken.append(box)
                self.placed.append((name, box))
                self._write(name, box)
        return len(self.placed) - before

    def _write(self, name: Name, box: Box) -> None:
        top = box[3]
        for text, size, bold in name.lines:
            high = self._line_mm(text, size)
            self.page.text(
                (box[0] + box[2]) / 2,
                top - high * (KHMER_RISE if is_khmer(text) else LATIN_RISE),
                text,
                size=size,
                bold=bold,
                colour=name.colour,
                align="center",
                halo=HALO,
            )
            top -= high


LEAST_SIZE: Final = 7.0
"""The smallest letters of a print, points."""

FAINT: Final = ink("faint")
LEAST_AREA_MM2: Final = 40.0
"""A unit beside the one in question is named if so much of it lies in the window."""

VEIL_CELL_MM: Final = 38.0
PLACES_APART_MM: Final = 9.0
RADIUS_MOST_MM: Final = 5.0


def _pair(name: str, khmer: str, size: float, language: str, *, bold: bool) -> Any:
    """Return the lines of a name: the sheet's language first, the other one smaller below."""
    if not khmer or khmer == name:
        return ((name, size, bold),)
    if language == "km":
        return ((khmer, size, bold), (name, LEAST_SIZE, False))
    return ((name, size, bold), (khmer, LEAST_SIZE, False))


def _middle(shape: Any) -> tuple[float, float]:
    """Return the middle of the largest circle in the largest part of a shape."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_dimensions(parts) == 2]
    largest = parts[int(np.argmax(shapely.area(parts)))]
    line = shapely.maximum_inscribed_circle(largest, tolerance=0.5)
    (x, y), _ = shapely.get_coordinates(line).tolist()
    return x, y


def _units(drawn: Map, level: str) -> list[tuple[str, str, Any, bool]]:
    """Return name, Khmer name and shape (mm) of the units in the window, and whether ours."""
    admin = drawn.layers.admin
    if admin is None or level not in admin.columns:
        return []
    ours = drawn.subject.units
    mine = set() if ours is None else set(ours.index)
    code = f"{level}_code" if f"{level}_code" in admin.columns else level
    admin = admin[shapely.intersects(admin.geometry, shapely.box(*drawn.view.degrees))]
    placed = pd.Series(drawn.view.on_paper(admin.geometry), index=admin.index)
    found = []
    for _, rows in admin[admin[level].notna()].groupby(code, sort=True):
        shape = shapely.union_all(shapely.make_valid(placed[rows.index].to_numpy()))
        shape = shapely.intersection(shape, drawn.window)
        if shapely.area(shape) > 0:
            khmer = rows[f"{level}_km"].iloc[0] if f"{level}_km" in rows else None
            name = str(rows[level].iloc[0])
            found.append(
                (name, "" if pd.isna(khmer) else str(khmer), shape, bool(mine & set(rows.index)))
            )
    return found


def _across(shape: Any, lines: Any, colour: str = FAINT, *, least_mm: float = 0.0) -> Name:
    """Return a name across a shape (mm), that may move by half its width, at least by so much.

    One that has no such least stands inside of the shape or nowhere.
    """
    x, y = _middle(shape)
    reach = max(0.5 * float(np.sqrt(shapely.area(shape))), least_mm)
    return Name(x, y, lines, colour, reach=reach, within=shape, only_within=not least_mm)


def unit_names(drawn: Map) -> list[Name]:
    """Return the names of the units that the sheet is divided into, then of those around it.

    A province has other provinces around it, a district other districts. The smallest comes first,
    for it has the least room.
    """
    level, language = drawn.subject.level, drawn.page.language
    units = _units(drawn, "province" if level == "national" else "district")
    beside = _units(drawn, "province") if level == "province" else units
    names = [
        _across(shape, _pair(name, khmer, 7.6, language, bold=True), INK, least_mm=6.0)
        for name, khmer, shape, ours in units
        if (ours and not drawn.part) or level == "national"
    ]
    around = [
        _across(shape, _pair(name, khmer, LEAST_SIZE, language, bold=False))
        for name, khmer, shape, ours in beside
        if not ours and level != "national" and shapely.area(shape) > LEAST_AREA_MM2
    ]
    return [*sorted(names, key=lambda each: each.reach), *around]


def country_names(drawn: Map) -> list[Name]:
    """Return the names of the neighbours: on their side of the border, near its middle."""
    border = drawn.layers.border
    if border is None or drawn.land is None or shapely.is_empty(drawn.land):
        return []
    lines = drawn.view.on_paper(border.geometry)
    names = []
    for name, code, x, y, room in ground.neighbour_places(
        border, lines, drawn.land, drawn.view.box
    ):
        colour = symbol(border_name("land", code)).line or INK
        pair = _pair(name.en, name.km, 8.0, drawn.page.language, bold=True)
        names.append(Name(x, y, pair, colour, reach=room))
    return names


def place_names(drawn: Map) -> list[Name]:
    """Return names beside dots, none of them close to another."""
    places = ground.place_names(drawn.layers.places)
    if not len(places):
        return []
    placed = drawn.view.on_paper(shapely.points(places[["lon", "lat"]].to_numpy(dtype=float)))
    region = drawn.window if drawn.land is None else drawn.land
    inside = ~shapely.is_empty(placed) & shapely.intersects(
        placed, shapely.intersection(shapely.buffer(drawn.window, -2), region)
    )
    names: list[Name] = []
    kept: list[tuple[float, float]] = []
    apart = PLACES_APART_MM * drawn.unit
    for text, point in zip(places["text"][inside], placed[inside], strict=True):
        x, y = float(shapely.get_x(point)), float(shapely.get_y(point))
        if all((x - other) ** 2 + (y - up) ** 2 >= apart**2 for other, up in kept):
            kept.append((x, y))
            names.append(Name(x, y, ((text, LEAST_SIZE, False),), dot=True))
    return names


def hazard_names(placed: Any, names: Sequence[str], *, by_size: bool = True) -> list[Name]:
    """Return names of hazards (mm) beside them: the largest first, or in the order of numbers."""
    if not len(placed):
        return []
    order = np.argsort(-shapely.area(placed), kind="stable")
    if not by_size:
        numbers = pd.to_numeric(pd.Series(names).str.replace(",", ""), errors="coerce")
        order = np.argsort(numbers.to_numpy(dtype=float), kind="stable")
    middles = shapely.centroid(placed)
    bounds = shapely.bounds(placed)
    radius = np.minimum((bounds[:, 2:] - bounds[:, :2]).max(axis=1, initial=0) / 2, RADIUS_MOST_MM)
    return [
        Name(
            float(shapely.get_x(middles[row])),
            float(shapely.get_y(middles[row])),
            ((names[row], LEAST_SIZE, not by_size),),
            INK,
            dot=True,
            radius=float(radius[row]),
        )
        for row in order
        if not shapely.is_empty(placed[row])
    ]


def not_shown(drawn: Map) -> list[Name]:
    """Return what stands on the veil, in both languages: at least once on each large piece."""
    said = say("around.not_shown")
    lines = _pair(said.en, said.km, LEAST_SIZE, drawn.page.language, bold=True)
    left, bottom, right, top = drawn.view.box
    step = VEIL_CELL_MM * drawn.unit
    across, up = max(round((right - left) / step), 1), max(round((top - bottom) / step), 1)
    xs, ys = np.linspace(left, right, across + 1), np.linspace(bottom, top, up + 1)
    names = []
    for column in range(across):
        for row in range(up):
            cell = shapely.box(xs[column], ys[row], xs[column + 1], ys[row + 1])
            piece = shapely.intersection(drawn.veil, cell)
            if shapely.area(piece) > LEAST_AREA_MM2:
                names.append(replace(_across(piece, lines, INK), within=drawn.veil))
    return names


def write(
    drawn: Map, placed_hazards: Any, hazards: Sequence[Name], taken: Sequence[Box] = ()
) -> Placer:
    """Place all names of a sheet, those of `hazards` too, clear of what is taken (mm)."""
    placer = Placer(drawn.page, drawn.view.box, placed_hazards, taken)
    # First what must not be missed, last what may be left out: who comes later yields.
    placer.place(not_shown(drawn))
    placer.place(unit_names(drawn))
    placer.place(country_names(drawn))
    placer.place(hazards)
    if drawn.subject.level != "national":
        write_places(drawn, placer)
    return placer


def write_places(drawn: Map, placer: Placer) -> None:
    """Write the places that have room; a dot is drawn for each that is named."""
    style = symbol("place")
    for name in place_names(drawn):
        dot = (name.x - 0.6, name.y - 0.6, name.x + 0.6, name.y + 0.6)
        if placer.place([name]):
            placer.taken.append(dot)
            drawn.axes.plot(
                [name.x], [name.y], "o", color=style.fill, ms=1.9 * drawn.unit, mew=0, zorder=9
            )
