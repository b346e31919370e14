"""What lies in the window of a sheet: ground, border, units, released land and hazards.

Polygons and lines, in millimetres, are drawn as Matplotlib draws them, with the symbols of the
pages.

Hazards are drawn in one place, `add_hazards`, and disclosed figures of districts in one place,
`add_shades`: a public sheet calls the second instead of the first, and its layers hold no hazard.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from mine_geo.maps import ground, grouping
from mine_geo.maps import public as public_page
from mine_geo.maps.facts import around_switches, veiled_said
from mine_geo.maps.ground import Around
from mine_geo.maps.sheets.paper import GREY, INK, MM_PER_POINT
from mine_geo.maps.symbols import (
    UNDEMARCATED_DASHES,
    Symbol,
    border_name,
    ink,
    marks,
    symbol,
    table,
)
from mine_geo.terms import KINDS, NEIGHBOURS, OUTCOMES
from mine_geo.words import Said, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from mine_geo.disclosure.disclosed import Disclosed
    from mine_geo.maps.public import PublicLayers
    from mine_geo.maps.scene import Scene
    from mine_geo.maps.sheets.insets import Insets
    from mine_geo.maps.sheets.paper import Box, Page
    from mine_geo.maps.sheets.view import Graticule, View
    from mine_geo.maps.subject import Subject
    from mine_geo.maps.symbols import Marks


POINTS_PER_PIXEL: Final = 0.42
"""Lines are finer on paper than on a screen."""

HATCHES: Final = {"horizontal": "----", "vertical": "||||", "diagonal": "////"}
"""Hatchings as Matplotlib writes them: about 1 mm apart."""

STEP: Final = 4
SCRAMBLE: Final = 48271
"""Of Park and Miller's generator: neighbours in a table are parted."""
SCRAMBLED: Final = 2**31 - 1
LEAST_MM2: Final = 1e-6

HATCH_WIDTH: Final = 0.4
LETTER_SIZE: Final = 8.0
"""The size of an inset's letter, points."""


def _parts(geometries: Any, kind: str) -> Any:
    """Return the parts of a kind (`Polygon`, `LineString`) in geometries of any kind."""
    parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(geometries)))
    types = shapely.get_type_id(parts)
    wanted = shapely.GeometryType[kind.upper()].value
    return parts[(types == wanted) & ~shapely.is_empty(parts)]


def path_of(lines: Any, *, closed: bool) -> Path:
    """Return one path of many lines or rings."""
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    codes = np.full(len(xy), Path.LINETO, dtype=Path.code_type)
    codes[np.flatnonzero(np.diff(line_of, prepend=-1))] = Path.MOVETO
    if closed:
        codes[np.flatnonzero(np.diff(line_of, append=len(xy)))] = Path.CLOSEPOLY
    return Path(xy, codes)


def polygons(geometries: Any) -> Path:
    """Return polygons as one path; a hole runs against its shell, so that it stays a hole."""
    parts = shapely.orient_polygons(_parts(geometries, "Polygon"))
    return path_of(shapely.get_rings(parts), closed=True)


def path_of_lines(geometries: Any) -> Path:
    """Return lines as one path; polygons give their rings."""
    rings = shapely.get_rings(_parts(geometries, "Polygon"))
    return path_of(np.concatenate([_parts(geometries, "LineString"), rings]), closed=False)


def dashes(symbol: Symbol, unit: float) -> Any:
    """Return the dashes of a symbol for Matplotlib (points), or a solid line."""
    if not symbol.dashes:
        return "solid"
    width = symbol.weight * POINTS_PER_PIXEL * unit
    return (0, tuple(length * POINTS_PER_PIXEL * unit / width for length in symbol.dashes))


def hatching(symbol: Symbol) -> dict[str, Any]:
    """Return what a patch is told of the hatching of a symbol."""
    if symbol.hatch is None:
        return {}
    return {
        "hatch": HATCHES[symbol.hatch],
        "hatchcolor": symbol.hatch_color or ink("hatch"),
        "hatch_linewidth": HATCH_WIDTH,
    }


def drawn(path: Path) -> bool:
    """Say whether a path has anything to draw."""
    return bool(np.size(path.vertices))


def colour(name: str | None, opacity: float) -> Any:
    """Return a colour with its opacity, or none."""
    return to_rgba(name, opacity) if name else "none"


def widths(geometries: Any) -> NDArray[np.float64]:
    """Return how wide polygons are: the shorter side of a rectangle of their area and perimeter.

    Of what is rounder than any rectangle, the side of the square.

    Examples
    --------
    >>> widths([shapely.box(0, 0, 2, 9), shapely.Point(0, 0).buffer(1)]).round(1).tolist()
    [2.0, 1.8]
    """
    area, half = shapely.area(geometries), shapely.length(geometries) / 2
    rest = half**2 - 4 * area
    found: NDArray[np.float64] = np.where(
        rest > 0, (half - np.sqrt(np.maximum(rest, 0))) / 2, np.sqrt(area)
    )
    return found


def records(
    axes: Axes, geometries: Any, symbols: Sequence[Symbol], *, unit: float, above: float
) -> None:
    """Draw polygons (mm), each with its symbol: large ones first, small ones on top.

    The rule of the pages (`assets/shape.js`): an outline never takes much of what it surrounds;
    below a few pixels a record is a mark in the one colour of its class, whose casing lies
    beneath all marks.
    """
    there = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    rule, pixel = marks(), POINTS_PER_PIXEL * unit * MM_PER_POINT
    area = np.where(there, shapely.area(geometries), 0)
    order = [int(row) for row in _order(area) if there[row]]
    wide = widths(geometries) / pixel
    bounds = shapely.bounds(geometries)
    long = np.nanmax(bounds[:, 2:] - bounds[:, :2], axis=1, initial=0) / pixel
    small = [row for row in order if long[row] < rule.px or wide[row] < rule.thin_px]
    _marks(
        axes,
        [(geometries[row], symbols[row], wide[row], long[row]) for row in small],
        rule,
        pixel,
        above,
    )
    seen = set(small)
    for number, row in enumerate(each for each in order if each not in seen):
        place = above + 0.1 + 0.4 * number / max(len(order), 1)
        _whole(axes, polygons(geometries[row]), symbols[row], wide[row], rule, unit, place)


def _order(area: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return rows in the order of drawing: large ones first.

    Of about the same size (less than fourfold) none comes first by its class: in a crowd of marks
    each class keeps its share.

    Examples
    --------
    >>> _order(np.array([1.0, 90.0, 1000.0, 1.0])).tolist()
    [2, 1, 0, 3]
    """
    rows = np.arange(len(area), dtype=np.int64)
    classes = np.floor(np.log(np.maximum(area, LEAST_MM2)) / np.log(STEP))
    found: NDArray[np.int64] = np.lexsort((rows * SCRAMBLE % SCRAMBLED, -classes))
    return found


def _whole(
    axes: Axes, path: Path, look: Symbol, wide: float, rule: Marks, unit: float, above: float
) -> None:
    """Draw a polygon with its fill, the casing of its outline and the outline."""
    finer = min(1.0, wide / (rule.share * (look.weight + 2 * look.casing_weight)))
    add(axes, path, replace(look, line=None, casing=None), unit=unit, above=above)
    if look.line is None:
        return
    line = replace(look, fill=None, hatch=None)
    if look.casing is not None:
        rim = max(finer * look.casing_weight, rule.rim_px)
        cased = replace(line, line=look.casing, weight=finer * look.weight + 2 * rim, dashes=())
        add(axes, path, cased, unit=unit, above=above)
    add(axes, path, line, unit=unit, above=above, thin=finer)


def _marks(
    axes: Axes,
    found: list[tuple[Any, Symbol, float, float]],
    rule: Marks,
    pixel: float,
    above: float,
) -> None:
    """Draw what is too small for a fill and an outline, its casing first.

    Each with its symbol, and how wide and how long it is in pixels of so many mm.
    """
    if not found:
        return
    half = rule.px * pixel / 2
    paths, thin = [], []
    for shape, _, wide, long in found:
        west, south, east, north = shapely.bounds(shape)
        x, y = (west + east) / 2, (south + north) / 2
        if long < rule.px:
            paths.append(polygons(shapely.box(x - half, y - half, x + half, y + half)))
            thin.append(0.0)
        else:
            paths.append(polygons(shape))
            thin.append(max(rule.least_px - wide, 0.0) * pixel / MM_PER_POINT)
    rims = [look.casing or look.line or "none" for _, look, _, _ in found]
    wider = [look.casing_weight or rule.rim_px for _, look, _, _ in found]
    beneath = PathCollection(
        paths,
        facecolors=rims,
        edgecolors=rims,
        linewidths=[
            own + 2 * more * pixel / MM_PER_POINT for own, more in zip(thin, wider, strict=True)
        ],
        zorder=above,
    )
    colours = [look.mark or "none" for _, look, _, _ in found]
    over = PathCollection(
        paths, facecolors=colours, edgecolors=colours, linewidths=thin, zorder=above + 0.6
    )
    for drawn_ in (beneath, over):
        axes.add_collection(drawn_, autolim=False)


def add(
    axes: Axes, path: Path, symbol: Symbol, *, unit: float, above: float, thin: float = 1
) -> None:
    """Draw a path with a symbol; `thin` makes its outline finer."""
    if not drawn(path):
        return
    filled = symbol.fill is not None
    axes.add_patch(
        PathPatch(
            path,
            facecolor=colour(symbol.fill, symbol.fill_opacity),
            edgecolor=colour(symbol.line, symbol.line_opacity),
            linewidth=symbol.weight * POINTS_PER_PIXEL * unit * thin if symbol.line else 0,
            linestyle=dashes(symbol, unit),
            fill=filled,
            capstyle="butt",
            joinstyle="round",
            zorder=above,
            **hatching(symbol),
        )
    )


STRANGE_MOST: Final = 2
"""Of more neighbours than so many that no code is known for, the legend makes one line."""

_Rows = TypeVar("_Rows", "gpd.GeoDataFrame", "gpd.GeoDataFrame | None")

LEAST_VEIL_MM2: Final = 1.0
NOTHING: Final = np.empty(0, dtype=object)


def _filled(name: str) -> Symbol:
    """Return the fill of a hazard in the casing that each has."""
    found = symbol(name)
    return replace(found, line=found.casing, weight=found.casing_weight, casing=None)


@dataclass(frozen=True)
class Entry:
    """A line of the legend: a symbol and its name; `outline` shows a box without fill."""

    symbol: Symbol
    name: Said
    outline: bool = False


@dataclass
class Map:
    """The map of a sheet, drawn layer by layer into a window."""

    page: Page
    view: View
    layers: Scene | PublicLayers
    subject: Subject
    alone: bool = False
    """Whether nothing of other units is drawn, and the ground outside is veiled."""

    part: bool = False
    """Whether it is a part of another map, drawn larger: that one names its unit."""

    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the window."""
        left, bottom, right, top = self.view.box
        self.axes = self.page.add_axes(self.view.box, above=1)
        self.axes.set_xlim(left, right)
        self.axes.set_ylim(bottom, top)
        # Neighbours and sea are warmer and darker than the near zone over land, which is bluish.
        back = symbol("land" if self.layers.land is None else "outside").fill
        self.axes.add_patch(
            Rectangle((left, bottom), right - left, top - bottom, facecolor=back, zorder=0)
        )

    @property
    def unit(self) -> float:
        """The factor of letters and lines."""
        return self.page.unit

    @cached_property
    def around(self) -> Around:
        """What is drawn beside the subject's own, in the whole window."""
        subject, alone = self.subject, self.alone
        if alone:
            subject = replace(subject, others=None, beyond=False)
        admin = None if alone else self.layers.admin
        return Around(subject, admin, self.layers.releases, self.view.degrees)

    @cached_property
    def veil(self) -> Any:
        """The ground (mm) on which others are not drawn; nothing on a national sheet."""
        if self.subject.level == "national":
            return shapely.Polygon()
        shown = shapely.make_valid(self.view.on_paper(self.around.shown)[0])
        return shapely.difference(self.window, shown)

    def add_veil(self) -> None:
        """Veil the ground of which the sheet does not show what is recorded there."""
        if shapely.area(self.veil) > LEAST_VEIL_MM2:
            self.fill(self.veil, "veil", 3.2)
            said = veiled_said(self.subject, alone=self.alone)
            self.entries.append(Entry(symbol("veil"), said))

    @cached_property
    def window(self) -> Any:
        """The window as a polygon, mm."""
        return shapely.box(*self.view.box)

    @cached_property
    def land(self) -> Any:
        """The country in the window (mm), or None where it is not known."""
        if self.layers.land is None:
            return None
        placed = shapely.make_valid(self.view.on_paper(self.layers.land)[0])
        return shapely.intersection(placed, self.window)

    def fill(self, geometries: Any, name: str, above: float) -> None:
        """Fill polygons (mm) with a symbol of the table."""
        path = polygons(geometries)
        add(self.axes, path, symbol(name), unit=self.unit, above=above)

    def stroke(self, geometries: Any, style: Symbol, above: float) -> bool:
        """Draw lines (mm) with a symbol; say whether any lies in the window."""
        seen = shapely.intersection(np.atleast_1d(geometries), shapely.buffer(self.window, 2))
        path = path_of_lines(seen)
        add(self.axes, path, style, unit=self.unit, above=above)
        return drawn(path) and bool(shapely.intersects(seen, self.window).any())

    def add_ground(self) -> None:
        """Draw the sea and the land, and the unit that the sheet is about."""
        if self.land is not None:
            water = shapely.make_valid(self.view.on_paper(self.layers.sea)[0])
            self.fill(shapely.intersection(water, self.window), "sea", 0.9)
            beyond = shapely.difference(shapely.difference(self.window, self.veil), self.land)
            for name, seen in (
                ("sea", shapely.intersection(beyond, water)),
                ("outside", shapely.difference(beyond, water)),
            ):
                if shapely.area(seen) > LEAST_VEIL_MM2:
                    self.entries.append(Entry(symbol(name), say(f"layer.{name}")))
            self.fill(self.land, "land", 1)
        if self.subject.level == "national":
            if self.land is not None:
                self.fill(self.land, "subject", 1.1)
        elif self.subject.units is not None:
            self.fill(self.view.on_paper(self.subject.units.geometry), "subject", 1.1)

    def add_graticule(self, grid: Graticule) -> None:
        """Draw the lines of longitude and latitude."""
        if grid.lines:
            lines = np.array([shapely.LineString(line) for line in grid.lines], dtype=object)
            path, look = path_of_lines(lines), symbol("graticule")
            add(self.axes, path, look, unit=self.unit, above=2)

    def add_zone(self, *, filled: bool) -> None:
        """Draw the line at the threshold; `filled`: and the land nearer than it."""
        zone = shapely.make_valid(self.view.on_paper(self.layers.zone(self.view.degrees))[0])
        rim = shapely.boundary(zone)
        if self.land is not None:
            zone = shapely.intersection(zone, self.land)
            rim = shapely.intersection(rim, shapely.buffer(self.land, 0.01))
        if shapely.is_empty(zone):
            return
        distance = f"{self.layers.threshold_m / 1000:g}"
        if filled:
            self.fill(zone, "zone", 3)
            self.entries.append(Entry(symbol("zone"), say("sheet.zone", distance=distance)))
        if self.stroke(rim, symbol("limit"), 5):
            self.entries.append(Entry(symbol("limit"), say("layer.limit", distance=distance)))

    def add_border(self) -> None:
        """Draw the border by neighbour, dashed where it is not demarcated, and the coast."""
        border = self.layers.border
        if border is None or not len(border):
            return
        coast = border["kind"].eq("coast")
        open_ = border["demarcated"].eq(False) if "demarcated" in border else False
        sides = [coast, border["neighbour"], ~coast & pd.Series(open_, index=border.index)]
        strange = border["neighbour"][~border["neighbour"].isin(NEIGHBOURS)].nunique()
        for (at_sea, code, dashed), part in border.groupby(
            sides, dropna=False, sort=True
        ):  # land first
            named = pd.notna(code) and (code in NEIGHBOURS or strange <= STRANGE_MOST)
            country = ground.country_name(str(code) if named else None)
            style = symbol(
                border_name("coast" if at_sea else "land", None if pd.isna(code) else str(code))
            )
            name = say("layer.coast") if at_sea else say("layer.border", country=country)
            if dashed:
                style = replace(style, dashes=UNDEMARCATED_DASHES)
                name = say("layer.undemarcated", country=country)
            lines = self.view.on_paper(part.geometry)
            if not at_sea:
                self.stroke(lines, symbol("border_casing"), 5.9)
            if self.stroke(lines, style, 6) and Entry(style, name) not in self.entries:
                self.entries.append(Entry(style, name))

    def add_units(self) -> None:
        """Draw the outlines of provinces and districts, and of the unit in question."""
        outlines = self.layers.outlines
        for key, above in (("province", 4), ("district", 3.5)):
            lines = [outlines[key]] if key in outlines else []
            if key == "province" and self.layers.border is None and "outside" in outlines:
                lines.append(outlines["outside"])
            if lines and self.stroke(self.view.on_paper(lines), symbol(key), above):
                self.entries.append(Entry(symbol(key), say(f"sheet.{key}_line")))
        units = self.subject.units
        if self.subject.level != "national" and units is not None and len(units):
            whole = shapely.union_all(shapely.make_valid(units.geometry.to_numpy()))
            self.stroke(self.view.on_paper(whole), symbol("subject_line"), 5.5)

    def add_releases(self) -> None:
        """Draw released land by outcome: the subject's own, and others' paler."""
        found: list[tuple[Any, Symbol]] = []
        around = self.around
        for releases, pale in ((around.others_released, " pale"), (around.released, "")):
            if releases is None or not len(releases):
                continue
            outcomes = grouping.code_of(releases, "outcome", OUTCOMES, "released")
            placed = self.view.on_paper(releases.geometry.to_numpy())
            seen = ~shapely.is_empty(placed) & shapely.intersects(placed, self.window)
            found += [
                (shape, symbol(f"{outcome}{pale}"))
                for shape, outcome in zip(placed[seen], outcomes[seen], strict=True)
            ]
            for outcome in (*OUTCOMES, "released") if not pale else ():
                if (outcomes[seen] == outcome).any():
                    name = say("layer.released", outcome=say(f"outcome.{outcome}"))
                    self.entries.append(Entry(symbol(outcome), name))
        self._records(found, above=7)

    def _seen(self, rows: _Rows) -> _Rows:
        """Return the rows that lie in the window, at least in part."""
        if rows is None or not len(rows):
            return rows
        placed = self.view.on_paper(rows.geometry.to_numpy())
        return rows[shapely.intersects(placed, self.window)]

    def _records(self, found: list[tuple[Any, Symbol]], above: float) -> None:
        if found:
            shapes = np.array([shape for shape, _ in found], dtype=object)
            looks = [look for _, look in found]
            records(self.axes, shapes, looks, unit=self.unit, above=above)

    def add_shades(self, disclosed: Disclosed) -> None:
        """Shade districts by what remains in them: all that a public sheet shows of hazards.

        Of several kinds the first is shaded, and the legend names it.
        """
        kinds = public_page.kinds_in_rows(disclosed.aggregates)
        for kind in kinds[:1]:
            rows = public_page.of_kind(self.subject.hazards, kind)
            all_rows = public_page.of_kind(disclosed.aggregates, kind)
            steps = public_page.breaks(all_rows["size_m2"])
            classes = np.asarray(public_page.classes(rows["size_m2"], steps), dtype=object)
            placed = self.view.on_paper(rows.geometry) if len(rows) else np.empty(0, object)
            what = public_page.kind_name(kind)
            for name, meaning in public_page.legend_of(disclosed, kind):
                path = polygons(placed[classes == name])
                add(self.axes, path, symbol(name), unit=self.unit, above=2.5)
                self.entries.append(
                    Entry(symbol(name), say("sheet.remains", what=what, size=meaning))
                )

    def add_hazards(self) -> tuple[Any, Any]:
        """Draw the hazards by area type and status: the subject's own, those of no unit, others'.

        Return its own, and all (mm). No public sheet calls it.
        """
        own = self.subject.hazards
        unplaced, others = self._seen(self.around.unplaced), self._seen(self.around.others)
        placed, found = [], []
        for hazards, pale in ((own, ""), (unplaced, ""), (others, " pale")):
            shapes = self.view.on_paper(hazards.geometry) if len(hazards) else NOTHING
            fills, outlines = grouping.classes_of(hazards)
            placed.append(shapes)
            found += [
                (shape, symbol(f"{fill} {outline}{pale}"))
                for shape, fill, outline in zip(shapes, fills, outlines, strict=True)
            ]
        self._records(found, above=8)
        drawn = pd.concat([own, *(f for f in (unplaced, others) if len(f))])
        fills, outlines = grouping.classes_of(drawn)
        self.entries[:0] = [
            *(
                Entry(_filled(f"{fill} open"), say(f"symbol.{fill}"))
                for fill in table()["fills"]
                if (fills == fill).any()
            ),
            *(
                Entry(symbol(f"CHA {outline}"), say(f"symbol.{outline}"), outline=True)
                for outline in table()["outlines"]
                if (outlines == outline).any()
            ),
            *self._hatch_kinds(drawn, np.concatenate(placed)),
            *(
                Entry(symbol(switch.symbol), switch.label)
                for switch in around_switches(
                    others, unplaced, self._seen(self.around.others_released)
                )
            ),
        ]
        return placed[0], np.concatenate(placed)

    def _hatch_kinds(self, hazards: pd.DataFrame, placed: Any) -> list[Entry]:
        """Hatch hazards (mm) by kind where there are several; return what the legend says."""
        kinds = grouping.kind_of_rows(hazards)
        found = sorted(kinds.unique())
        if len(found) < 2:
            return []
        entries = []
        for kind in found:
            hatch = symbol(f"CHA open {kind}").hatch if kind in KINDS else None
            add(
                self.axes,
                polygons(placed[(kinds == kind).to_numpy()]),
                Symbol(None, 1, None, 1, 1, (), hatch=hatch),
                unit=self.unit,
                above=8.55,
            )
            box = Symbol(None, 1, GREY, 1, 1, (), hatch=hatch)
            entries.append(Entry(box, grouping.kind_name(kind), outline=True))
        return entries

    def add_places_entry(self) -> None:
        """Put places into the legend where the sheet writes them."""
        places = self.layers.places
        if self.subject.level != "national" and places is not None and len(places):
            self.entries.append(Entry(symbol("place"), say("layer.place")))

    def add_insets(self, insets: Insets) -> list[Box]:
        """Draw the frames of insets with their letters; return where these stand (mm)."""
        taken: list[Box] = []
        for each in insets.found:
            west, south, east, north = each.view.ground()
            corners = self.view.to_mm(np.array([[west, south], [east, north]]))
            seen = shapely.intersection(shapely.box(*corners.ravel()), self.window)
            if shapely.area(seen) <= 0:
                continue
            for name, above in (("inset_casing", 8.7), ("inset", 8.8)):
                path = path_of_lines(seen)
                add(self.axes, path, symbol(name), unit=self.unit, above=above)
            left, _, _, top = shapely.bounds(seen).tolist()
            wide = self.page.width_of(each.letter, LETTER_SIZE, bold=True) + 1.2 * self.unit
            high = self.page.line_mm(LETTER_SIZE)
            # above the frame, so that it hides nothing in it; within it at the edge of the map
            low = top if top + high < self.view.box[3] else top - high
            corner = (left, low, left + wide, low + high)
            self.page.box(corner, fill="white", line=symbol("inset").line, width=0.6 * self.unit)
            self.page.text(
                left + wide / 2, low + 0.24 * high, each.letter,
                size=LETTER_SIZE, bold=True, align="center",
            )  # fmt: skip
            taken.append(corner)
        if taken:
            self.entries.append(Entry(symbol("inset"), say("inset.legend"), outline=True))
        return taken

    def add_frame(self) -> None:
        """Draw the line around the window."""
        self.page.box(self.view.box, line=INK, width=0.7 * self.unit, above=12)
        self.page.blocks["map"] = self.view.box
