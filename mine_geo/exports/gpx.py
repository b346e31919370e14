"""GPX 1.1 for handheld GPS: a waypoint at each turning point, a closed track along each ring.

Tracks and not routes: many handhelds cut a route off after 50 or 250 points. Written by the
standard library's ElementTree: GDAL's driver, through pyogrio, writes one layer a file and so no
waypoints beside tracks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element

import numpy as np
import shapely

from mine_geo.disclosure.restriction import KEYWORDS
from mine_geo.exports.points import DECIMALS, turning_points
from mine_geo.exports.xml_text import put, save

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from mine_geo.maps.provenance import Provenance


GPX: Final = "http://www.topografix.com/GPX/1/1"
SYMBOL: Final = "Flag, Red"
"""A symbol that Garmin's devices know; others show their own."""


def write_gpx(hazards: gpd.GeoDataFrame, path: Path, said: Provenance) -> None:
    """Write the turning points of hazards for handheld GPS.

    Parameters
    ----------
    hazards
        `hazard_id` and polygons in EPSG:4326.
    path
        The new file.
    said
        What its metadata says; its time is the day of the data, 00:00 UTC.

    Raises
    ------
    RecordError
        If a turning point's name would stand twice.

    Examples
    --------
    >>> import tempfile; from pathlib import Path
    >>> import geopandas as gpd; from mine_geo.maps.provenance import provenance
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326)
    >>> target = Path(tempfile.mkdtemp(), "points.gpx")
    >>> write_gpx(fields, target, provenance(fields))
    >>> gpd.read_file(target, layer="waypoints")["name"].tolist()
    ['AP-1 TP01', 'AP-1 TP02', 'AP-1 TP03', 'AP-1 TP04']
    """
    points = turning_points(hazards)
    root = Element("gpx", {"version": "1.1", "creator": "mine_geo", "xmlns": GPX})
    _metadata(root, said, hazards)
    counts = points.groupby(["row", "part", "ring"])["point_number"].transform("size")
    for point, count in zip(points.itertuples(), counts, strict=True):
        _waypoint(root, point, int(count))
    for (_, part, ring), ring_points in points.groupby(["row", "part", "ring"], sort=False):
        _track(root, ring_points, f"part {part}, {ring}")
    save(root, path)


def _metadata(root: Element, said: Provenance, hazards: gpd.GeoDataFrame) -> None:
    """Say what the file is; the order of elements is that of the GPX schema."""
    metadata = put(root, "metadata")
    put(metadata, "name", said.heading)
    put(metadata, "desc", "\n".join(f"{name}: {text}" for name, text in said.rows))
    if said.day is not None:
        put(metadata, "time", f"{said.day.isoformat()}T00:00:00Z")
    words = [KEYWORDS[said.kind], *(["synthetic sample"] if said.synthetic else [])]
    put(metadata, "keywords", ", ".join(words))
    box = shapely.total_bounds(hazards.geometry.to_numpy()) if len(hazards) else [np.nan]
    if np.isfinite(box).all():
        names = ("minlon", "minlat", "maxlon", "maxlat")
        sides = {name: _degrees(side) for name, side in zip(names, box, strict=True)}
        put(metadata, "bounds", **sides)


def _degrees(value: float) -> str:
    """Write degrees to 1e-7.

    Examples
    --------
    >>> _degrees(103.1), _degrees(-0.00000001)
    ('103.1000000', '-0.0000000')
    """
    return f"{value:.{DECIMALS}f}"


def _waypoint(root: Element, point: Any, count: int) -> None:
    at = {"lat": _degrees(point.latitude), "lon": _degrees(point.longitude)}
    waypoint = put(root, "wpt", **at)
    put(waypoint, "name", point.point_name)
    way = "the same place" if np.isnan(point.bearing_deg) else f"{point.bearing_deg:.2f}° true"
    put(
        waypoint,
        "desc",
        f"{point.hazard_id}, part {point.part}, {point.ring}: turning point "
        f"{point.point_number} of {count}; next: {way}, {point.distance_m:.2f} m; "
        f"{point.mgrs}",
    )
    put(waypoint, "sym", SYMBOL)
    put(waypoint, "type", "turning point")


def _track(root: Element, points: pd.DataFrame, which: str) -> None:
    """Add a ring that ends at its first point."""
    first = points.iloc[0]
    track = put(root, "trk")
    put(track, "name", str(first["point_name"]).rpartition(" TP")[0])
    put(track, "desc", f"{first['hazard_id']}, {which}; the hazard lies on the right hand")
    put(track, "type", "hole in a hazard" if which.split(", ")[1] != "outer" else "hazard")
    segment = put(track, "trkseg")
    xy = points[["longitude", "latitude"]].to_numpy()
    for lon, lat in np.vstack([xy, xy[:1]]):
        put(segment, "trkpt", lat=_degrees(lat), lon=_degrees(lon))
