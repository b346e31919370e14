"""Polygons and lines in millimetres as Matplotlib draws them, with the symbols of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch
from matplotlib.path import Path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mine_geo.symbology import Symbol

POINTS_PER_PIXEL: Final = 0.42
"""Lines are finer on paper than on a screen."""

HATCHES: Final = {"horizontal": "----", "vertical": "||||", "diagonal": "////"}
"""Hatchings as Matplotlib writes them: about 1 mm apart."""

HATCH: Final = "#22211d"
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
        "hatchcolor": HATCH,
        "hatch_linewidth": HATCH_WIDTH,
    }


def drawn(path: Path) -> bool:
    """Say whether a path has anything to draw."""
    return bool(np.size(path.vertices))


def colour(name: str | None, opacity: float) -> Any:
    """Return a colour with its opacity, or none."""
    return to_rgba(name, opacity) if name else "none"


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
