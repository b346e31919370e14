"""Reports on the desk, each drawn over its hazard: what was left, the land, what would remain.

One page that opens without internet, of plain SVG: nothing in it runs. Geometry is EPSG:4326; a
drawing is in metres around its middle, north up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from mine_geo.disclosure.restriction import RESTRICTED
from mine_geo.maps.facts import day_said, restricted_said
from mine_geo.maps.pages.page import khmer_face, markup
from mine_geo.maps.symbols import symbol
from mine_geo.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    import geopandas as gpd


WIDTH: Final = 640
HEIGHT: Final = 420
MARGIN: Final = 0.15
"""Of the extent, on each side."""
CLOSER: Final = 4.0
"""A hazard is drawn a second time, alone, where the report reaches so many times as far."""
METRES_A_DEGREE: Final = 111_320.0
STYLE: Final = """
body {{ font: 15px/1.4 sans-serif, 'Mine Geo Khmer'; color: #22211d; }}
body {{ margin: 1rem auto; max-width: 44rem; }}
h2 {{ font-size: 1rem; margin: 1.5rem 0 .3rem; }} p {{ margin: .1rem 0; }}
figure {{ margin: .5rem 0; }} svg {{ background: #f6f4ee; }} figure svg {{ width: 100%; }}
.legend {{ list-style: none; padding: 0; }} .note {{ font-weight: bold; }}
.before {{ fill: {before}; fill-opacity: .5; stroke: {before}; }}
.worked {{ fill: {worked}; fill-opacity: .45; stroke: {edge}; stroke-width: 1.5; }}
.left {{ fill: none; stroke: {left}; stroke-width: 2.5; stroke-dasharray: 6 3; }}
.restricted {{ padding: .2rem .5rem; background: #8a1538; color: #fff; }}
.restricted {{ print-color-adjust: exact; }} .restricted span {{ display: block; }}
.others {{ fill: none; stroke: {others}; }} .scale {{ stroke: {left}; stroke-width: 3; }}
text {{ font-size: 12px; }} section {{ break-inside: avoid; }}
"""


@dataclass(frozen=True)
class ReportOnMap:
    """A report as it is drawn; polygons in EPSG:4326, None where there is none."""

    head: str
    lines: tuple[str, ...]
    hazards: tuple[str, ...]
    worked: Any
    before: Any = None
    """What was left of its hazards before it."""
    left: Any = None
    """What would remain."""


@dataclass(frozen=True)
class _Frame:
    """One drawing, in pixels."""

    shapes: list[dict[str, str]]
    names: list[dict[str, Any]]
    bar_px: float
    bar: str
    near: bool
    width: int = WIDTH
    height: int = HEIGHT


def report_map(
    reports: Iterable[ReportOnMap],
    hazards: gpd.GeoDataFrame,
    *,
    title: str,
    note: str | None = None,
    as_of: date | str | None = None,
) -> str:
    """Return a page that draws reports over their hazards, as HTML.

    Parameters
    ----------
    reports
        The reports, in their order.
    hazards
        The hazards that are there (`hazard_id`, EPSG:4326): those around a report are drawn and
        named.
    title
        Over the page.
    note
        What stands below the title, as that the data are invented.
    as_of
        The day of the data: the page is restricted, and says so with it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> field, land = shapely.box(103, 13, 103.01, 13.01), shapely.box(103, 13, 103.005, 13.02)
    >>> hazards = gpd.GeoDataFrame({"hazard_id": ["AP-1"]}, geometry=[field], crs=4326)
    >>> one = ReportOnMap("record 1: AP-1", (), ("AP-1",), land, field, field.difference(land))
    >>> page = report_map([one], hazards, title="S-0001")
    >>> page.count('<path class="worked"'), "http" in page
    (1, False)
    """
    drawn = [
        {"head": each.head, "lines": each.lines, "frames": _frames(each, hazards)}
        for each in reports
    ]
    colours = {
        "before": symbol("unknown open").fill,
        "worked": symbol("reduced").fill,
        "edge": symbol("reduced").line,
        "left": symbol("subject_line").line,
        "others": symbol("province").line,
    }
    restricted = restricted_said(say("about.no_date") if as_of is None else day_said(as_of))
    style = Markup(khmer_face() + STYLE.format(**colours))  # noqa: S704  (all of it is ours)
    return markup("report_map.html").render(
        title=title, note=note, style=style, reports=drawn, restricted=restricted, access=RESTRICTED
    )


def _frames(report: ReportOnMap, hazards: gpd.GeoDataFrame) -> list[_Frame]:
    """Return the drawing of a report; where it reaches far beyond its hazard, that one too."""
    there = [each for each in (report.worked, report.before) if _any(each)]
    if not there:
        return []
    whole = shapely.total_bounds(there)
    frames = [_frame(report, hazards, whole, near=False)]
    if _any(report.before):
        own = np.asarray(report.before.bounds)
        if max(whole[2:] - whole[:2]) > CLOSER * max(own[2:] - own[:2]):
            frames.append(_frame(report, hazards, own, near=True))
    return frames


def _any(geometry: Any) -> bool:
    return geometry is not None and not shapely.is_empty(geometry)


def _frame(report: ReportOnMap, hazards: gpd.GeoDataFrame, bounds: Any, *, near: bool) -> _Frame:
    """Draw what lies within some bounds, degrees."""
    west, south, east, north = bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    metres = METRES_A_DEGREE * np.array([math.cos(math.radians(middle[1])), 1.0])
    wide, high = np.maximum(np.array([east - west, north - south]) * metres, 1.0)
    scale = min(WIDTH / wide, HEIGHT / high) / (1 + 2 * MARGIN)
    half = np.array([WIDTH, HEIGHT]) / 2
    reach = np.concatenate([middle - half / scale / metres, middle + half / scale / metres])

    def pixels(degrees: Any) -> Any:
        return half + (degrees - middle) * metres * scale * [1, -1]

    box = shapely.box(*reach)
    around = hazards[hazards.intersects(box).to_numpy()]
    others = around[~around["hazard_id"].isin(report.hazards)]
    layers: list[tuple[str, Any]] = [("others", each) for each in others.geometry]
    layers += [("before", report.before), ("worked", report.worked), ("left", report.left)]
    shapes = [
        {"key": key, "path": _path(shapely.clip_by_rect(shape, *reach), pixels)}
        for key, shape in layers
        if _any(shape)
    ]
    names = _names(around, box, pixels)
    length = _round_length(wide / 3)
    bar = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    return _Frame(shapes, names, round(length * scale, 1), bar, near)


def _names(around: gpd.GeoDataFrame, box: Any, pixels: Any) -> list[dict[str, Any]]:
    """Return the names of hazards, each at a point of it that is seen."""
    found = []
    for name, shape in zip(around["hazard_id"], around.geometry, strict=True):
        if pd.isna(name):
            continue
        seen = shapely.intersection(shape, box)
        x, y = pixels(shapely.get_coordinates(shapely.point_on_surface(seen))[0])
        found.append({"text": name, "x": round(float(x), 1), "y": round(float(y), 1)})
    return found


def _path(shape: Any, pixels: Any) -> str:
    """Return the rings of polygons as an SVG path."""
    rings = [
        ring
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and not part.is_empty
        for ring in (part.exterior, *part.interiors)
    ]
    return "".join(f"M{_points(pixels(shapely.get_coordinates(ring)))}Z" for ring in rings)


def _points(xy: Sequence[Any]) -> str:
    return "L".join(f"{x:.1f},{y:.1f}" for x, y in xy)


def _round_length(metres: float) -> float:
    """Return 1, 2 or 5 times a power of ten, not above some metres.

    Examples
    --------
    >>> _round_length(67), _round_length(430)
    (50.0, 200.0)
    """
    power = 10.0 ** math.floor(math.log10(metres))
    return max(times * power for times in (1, 2, 5) if times * power <= metres)
