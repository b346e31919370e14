"""Roads, rivers, villages, relief of an office's own files: what a map is read by offline.

Lines and areas are EPSG:4326, cut to what a page can show with a margin, with fewer vertices the
more ground the page shows, and packed like all else of it. Nothing comes with this package: whose
the data is, the page must say.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from mine_geo.errors import GeometryError, OptionError
from mine_geo.geo.raster_files import opened
from mine_geo.geo.vector import read_places, read_vector

if TYPE_CHECKING:
    import os

    import geopandas as gpd

    from mine_geo.maps.ground import Box
    from mine_geo.maps.packing import Geometries


LINES: Final = {"rivers": "river", "roads": "road"}
"""The symbol of each layer of lines."""

STEPS: Final = 8000
"""A vertex that moves a line by less than one part in so many of the view is left out."""


@dataclass(frozen=True, eq=False)
class Context:
    """What is drawn beneath the hazards for orientation; EPSG:4326."""

    credit: str
    """Whose the data is, and under which licence; every page says it."""

    roads: gpd.GeoDataFrame | None = None
    rivers: gpd.GeoDataFrame | None = None
    """Lines, and areas for lakes."""

    villages: gpd.GeoDataFrame | None = None
    """Points with `name`."""

    relief: Path | None = None
    """A GeoTIFF of heights in metres."""

    def __post_init__(self) -> None:
        """Refuse data of nobody."""
        if not self.credit.strip():
            raise OptionError(
                "say whose roads, rivers, villages or relief these are, and under which licence: "
                'credit="© OpenStreetMap contributors (ODbL 1.0)"'
            )

    def within(self, name: str, view: Box) -> tuple[Geometries, Geometries]:
        """Return the lines and the areas of a layer inside a view (degrees), simplified for it.

        Examples
        --------
        >>> import geopandas as gpd
        >>> line = shapely.LineString([(103, 13), (103.5, 13.00001), (105, 13)])
        >>> made = Context("me", roads=gpd.GeoDataFrame(geometry=[line], crs="EPSG:4326"))
        >>> found = made.within("roads", (102, 12, 104, 14))[0][0]
        >>> found.bounds[0], found.bounds[2], len(found.coords)
        (103.0, 104.0, 2)
        """
        frame = getattr(self, name)
        west, south, east, north = view
        least = max(east - west, north - south) / STEPS
        shapes = shapely.force_2d(frame.cx[west:east, south:north].geometry.to_numpy())
        areal = shapely.get_dimensions(shapes) == 2
        lines = shapely.get_parts(
            shapely.line_merge(
                shapely.multilinestrings(
                    shapely.get_parts(shapes[shapely.get_dimensions(shapes) == 1])
                )
            )
        )
        parts = []
        for found in (lines, shapely.make_valid(shapes[areal])):
            cut = shapely.get_parts(shapely.simplify(shapely.clip_by_rect(found, *view), least))
            parts.append(np.asarray(cut[~shapely.is_empty(cut)], dtype=object))
        return parts[0], parts[1][shapely.get_dimensions(parts[1]) == 2]


def read_context(
    *,
    credit: str,
    roads: str | os.PathLike[str] | None = None,
    rivers: str | os.PathLike[str] | None = None,
    villages: str | os.PathLike[str] | None = None,
    relief: str | os.PathLike[str] | None = None,
) -> Context:
    """Read an office's own files for the ground of its maps.

    Parameters
    ----------
    credit
        Whose they are, and under which licence, in one line for the foot of each page.
    roads, rivers
        Vector files of lines; of rivers areas too. Any system with a known way to WGS 84.
    villages
        A CSV with `name`, `lon`, `lat`, or a vector file of points with `name`.
    relief
        A GeoTIFF of heights in metres, one band; each page has its part of it as shadows.

    Raises
    ------
    OptionError
        If nobody is credited, or no file is given.
    FileError, CRSError, RecordError
        If a file cannot be read, or names no system.
    GeometryError
        If a file of roads holds none, or one of rivers neither lines nor areas.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> made = read_context(villages=sample.path("places"), credit="GeoNames (CC BY 4.0)")
    >>> made.roads is None, len(made.villages) > 100
    (True, True)
    """
    given = {"roads": roads, "rivers": rivers}
    if villages is None and relief is None and not any(given.values()):
        raise OptionError("give a file of roads, rivers, villages or relief")
    frames = {name: read_vector(path) for name, path in given.items() if path is not None}
    for name, frame in frames.items():
        kept = shapely.get_dimensions(frame.geometry.to_numpy())
        wanted = (kept == 1) | (kept == 2) if name == "rivers" else kept == 1
        if not wanted.any():
            what = "lines or areas" if name == "rivers" else "lines"
            raise GeometryError(f"{given[name]}: no {what} in it; give the layer of {name}")
        frames[name] = frame[wanted]
    points = None if villages is None else read_places(villages)
    heights = None if relief is None else Path(relief)
    if heights is not None:
        with opened(heights, "relief"):  # before any page is made
            pass
    return Context(credit, villages=points, relief=heights, **frames)
