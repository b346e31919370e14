"""Polygons and lines in millimetres as Matplotlib draws them, with the symbols of the pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from mine_geo.maps.sheets.paper import MM_PER_POINT
from mine_geo.maps.symbols import ink, marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from mine_geo.maps.symbols import Marks, Symbol


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


def lines(geometries: Any) -> Path:
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
