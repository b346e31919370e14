"""Turning points: every corner of every ring, with the way to the next one (EPSG:4326, metres).

Walked in their order, the hazard lies on the right hand: outer rings run clockwise, holes the
other way round. Each ring begins at the corner at which it was drawn to begin; no corner is added
or left out, and the first is not repeated at the end. Bearings are from true north.

Turning points as CSV, to walk a traverse by, and to be read again by `mine_geo.intake`.

Turning points as GPX 1.1 for handheld GPS: a waypoint at each, a closed track along each ring.
Tracks and not routes: many handhelds cut a route off after 50 or 250 points. Written by the
standard library's ElementTree: GDAL's driver, through pyogrio, writes one layer a file and so no
waypoints beside tracks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element

import mgrs
import numpy as np
import pandas as pd
import shapely

from mine_geo.disclosure.restriction import KEYWORDS
from mine_geo.errors import RecordError, some
from mine_geo.exports.contents import clean, put, save
from mine_geo.geo.cells import guarded_table
from mine_geo.geo.crs import WGS84, to_plane, utm_zone
from mine_geo.maps.provenance import NOT_RECORDED
from mine_geo.terms import PROVENANCE_COLUMNS, RESTRICTION_COLUMN

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.maps.provenance import Provenance

    Floats = NDArray[np.float64]


DECIMALS: Final = 7
"""Of a degree: 1e-7 is 11 mm, the lattice on which coordinates travel."""

POINT_COLUMNS: Final = (
    "hazard_id",
    "part",
    "ring",
    "point_number",
    "point_name",
    "longitude",
    "latitude",
    "utm_zone",
    "easting",
    "northing",
    "mgrs",
    "datum",
    "bearing_deg",
    "distance_m",
)
"""The columns of a table of turning points; those of the hazard follow."""

BEARING_DECIMALS: Final = 4
"""Of a degree: to 0.01 the end of a side of 1,200 m would be more than 0.1 m off."""

_LIKE_A_PART: Final = re.compile(r" P\d+(H\d+)?$")


def turning_points(hazards: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return one row a turning point, in the order of the hazards and of their rings.

    Parameters
    ----------
    hazards
        `hazard_id` and polygons in EPSG:4326.

    Returns
    -------
    pandas.DataFrame
        `POINT_COLUMNS`: `part` counts the polygons of a hazard from 1, `ring` is "outer" or
        "hole 1", `point_number` counts in its ring from 1; `point_name` ("AP-0209-0001 TP01", with
        "P2" or "P1H1" before TP where a hazard has several rings) stands once in the table.
        `longitude`, `latitude` (degrees, to 1e-7); `easting`, `northing` (metres, to 0.01) in the
        UTM zone of the hazard's middle; `mgrs` (the square of 1 m: ten digits, the most that MGRS
        has); all on the `datum` WGS 84. `bearing_deg` (0 to 360 from true north, to 0.0001) and
        `distance_m` (geodesic, to 0.01) lead to the next point, from the last to the first, within
        0.1 m over 50 km. `row` is the position in `hazards`.

    Raises
    ------
    RecordError
        If two hazards have the same id, or ids that differ in control characters alone.

    Examples
    --------
    >>> import geopandas as gpd
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326)
    >>> points = turning_points(fields)
    >>> points[["point_name", "longitude", "latitude", "mgrs"]]
      point_name  longitude  latitude             mgrs
    0  AP-1 TP01    103.001    13.000  48PTV8318537986
    1  AP-1 TP02    103.000    13.000  48PTV8307737987
    2  AP-1 TP03    103.000    13.001  48PTV8307838098
    3  AP-1 TP04    103.001    13.001  48PTV8318638097
    >>> points["bearing_deg"].tolist(), points["distance_m"].tolist()
    ([270.0001, 0.0, 89.9999, 180.0], [108.48, 110.63, 108.48, 110.63])
    """
    ids = [clean(str(each)) for each in hazards["hazard_id"]]
    repeated = pd.Series(ids)[pd.Series(ids).duplicated()].unique()
    if len(repeated):
        raise RecordError(
            f"hazards of one id: {some(repeated)}; a turning point's name would stand twice: "
            "give each hazard an id of its own"
        )
    corners = _corners(hazards.geometry.to_numpy())
    row = corners["row"].to_numpy(dtype=np.intp)
    xy = corners[["longitude", "latitude"]].to_numpy()
    bearing, distance = _legs(xy, corners["ring_number"].to_numpy(dtype=np.intp))
    zone, plane = _utm(hazards, row, xy)
    grid = mgrs.MGRS()
    points = corners.assign(
        hazard_id=np.asarray(ids, dtype=object)[row] if ids else pd.Series(dtype=object),
        utm_zone=zone,
        easting=plane[:, 0].round(2),
        northing=plane[:, 1].round(2),
        mgrs=[grid.toMGRS(lat, lon) for lon, lat in xy],
        datum="WGS 84",
        bearing_deg=bearing,
        distance_m=distance,
    )
    points["point_name"] = _names(points)
    return points[[*POINT_COLUMNS, "row"]]


def _corners(geometries: NDArray[np.object_]) -> pd.DataFrame:
    """Return the corners of all rings in walking order, on the lattice, closing points left out."""
    turned = shapely.orient_polygons(shapely.force_2d(geometries), exterior_cw=True)
    polygons, row = shapely.get_parts(turned, return_index=True)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.append(ring[1:] != ring[:-1], True)[: len(ring)]
    xy, ring = xy[~last].round(DECIMALS), ring[~last]
    part = pd.Series(row).groupby(row).cumcount().to_numpy() + 1
    hole = pd.Series(polygon).groupby(polygon).cumcount().to_numpy()
    names = np.asarray(["outer" if not each else f"hole {each}" for each in hole], dtype=object)
    return pd.DataFrame(
        {
            "row": row[polygon[ring]],
            "part": part[polygon[ring]],
            "ring": names[ring] if len(names) else pd.Series(dtype=object),
            "hole": hole[ring],
            "ring_number": ring,
            "point_number": pd.Series(ring).groupby(ring).cumcount().to_numpy() + 1,
            "longitude": xy[:, 0],
            "latitude": xy[:, 1],
        }
    )


def _legs(xy: Floats, ring: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return bearing (degrees) and distance (metres) from each corner to the next of its ring.

    A corner that stands twice has no bearing (NaN) to itself.
    """
    follows = np.arange(1, len(ring) + 1)
    ends = np.flatnonzero(np.append(ring[1:] != ring[:-1], True)[: len(ring)])
    follows[ends] = np.searchsorted(ring, ring[ends])
    to = xy[follows]
    bearing, _, distance = WGS84.inv(xy[:, 0], xy[:, 1], to[:, 0], to[:, 1])
    bearing = np.asarray(bearing, dtype=float).round(BEARING_DECIMALS) % 360.0
    distance = np.asarray(distance, dtype=float)
    return np.where(distance > 0, bearing, np.nan), distance.round(2)


def _utm(
    hazards: gpd.GeoDataFrame, row: NDArray[np.intp], xy: Floats
) -> tuple[NDArray[np.object_], Floats]:
    """Return the zone (48N) and the easting and northing of each corner, metres."""
    bounds = shapely.bounds(hazards.geometry.to_numpy())
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    zones = np.full(len(xy), None, dtype=object)
    plane = np.full((len(xy), 2), np.nan)
    number = np.floor((middle[:, 0] + 180) / 6)
    kind = np.where(middle[:, 1] >= 0, number, -1 - number)[row]
    for one in np.unique(kind[np.isfinite(kind)]):
        here = kind == one
        zone = utm_zone(*middle[row[here][0]])
        zones[here] = str(zone.utm_zone)
        plane[here] = np.column_stack(to_plane(zone).transform(xy[here, 0], xy[here, 1]))
    return zones, plane


def _names(points: pd.DataFrame) -> list[str]:
    """Return a name for each point that is its own.

    The part is told where a hazard has several rings, and where its id ends as if it told one: so
    the id, the ring and the number can be read back from any name, and no two are the same.
    """
    rings = points.groupby("row")["ring_number"].transform("nunique").to_numpy()
    most = points.groupby("row")["point_number"].transform("max").to_numpy()
    return [
        _name(*each)
        for each in zip(
            points["hazard_id"],
            points["part"],
            points["hole"],
            points["point_number"],
            rings > 1,
            most,
            strict=True,
        )
    ]


def _name(hazard_id: str, part: int, hole: int, number: int, several: Any, most: int) -> str:
    """Name a point, so that names of one hazard have one length.

    Examples
    --------
    >>> _name("AP-1", 1, 0, 7, False, 12), _name("AP-1", 2, 1, 7, True, 120)
    ('AP-1 TP07', 'AP-1 P2H1 TP007')
    """
    ring = ""
    if several or _LIKE_A_PART.search(hazard_id):
        ring = f" P{part}H{hole}" if hole else f" P{part}"
    return f"{hazard_id}{ring} TP{number:0{max(2, len(str(most)))}}"


HAZARD_FIELDS: Final = (
    "kind",
    "area_type",
    "status",
    "province",
    "district",
    "size_m2",
)
"""What a table of turning points says of the hazard, on each of its rows."""

_PLACES: Final = {
    "longitude": DECIMALS,
    "latitude": DECIMALS,
    "easting": 2,
    "northing": 2,
    "bearing_deg": BEARING_DECIMALS,
    "distance_m": 2,
}


def points_table(hazards: gpd.GeoDataFrame, said: Provenance) -> pd.DataFrame:
    """Return the turning points of hazards as text, with what the file says of itself.

    Parameters
    ----------
    hazards
        `hazard_id`, polygons in EPSG:4326, and the columns of a split as far as they are there.
    said
        What each row says in its last columns: `data_day` or `latest_survey`, `known_at` and
        `printed_on` where they are known, `source`, `synthetic` where it is, and `restriction`.

    Raises
    ------
    RecordError
        If a turning point's name would stand twice.

    Examples
    --------
    >>> import geopandas as gpd, shapely; from mine_geo.maps.provenance import provenance
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326)
    >>> points_table(fields, provenance(fields))[["longitude", "easting"]].iloc[0].tolist()
    ['103.0010000', '283185.91']
    """
    points = turning_points(hazards)
    row = points.pop("row").to_numpy()
    for column, decimals in _PLACES.items():
        numbers = points[column]
        points[column] = numbers.map(f"{{:.{decimals}f}}".format).where(numbers.notna(), "")
    renamed = {"zone": "border_zone"}  # a column "zone" would be taken for that of UTM
    for column in (*HAZARD_FIELDS, "zone", *PROVENANCE_COLUMNS):
        if column in hazards.columns:
            values = hazards[column].astype(object)
            texts = values.map(_text).where(values.notna(), "")
            points[renamed.get(column, column)] = texts.to_numpy()[row]
    told = ("data_day", "latest_survey", "known_at", "printed_on")
    own = {name: text for name, text in said.rows if name in told}
    if said.known_at == NOT_RECORDED:
        own.pop("known_at")
    points = points.assign(**own, source="; ".join(said.sources))
    points = points.assign(synthetic=True) if said.synthetic else points
    return points.assign(**{RESTRICTION_COLUMN: said.restriction})


def _text(value: object) -> str:
    """Write a cell; whole metres without decimals.

    Examples
    --------
    >>> _text(7000.0), _text(False), _text("a")
    ('7000', 'false', 'a')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else clean(str(value))


def write_points(hazards: gpd.GeoDataFrame, path: Path, said: Provenance) -> None:
    """Write the turning points of hazards as CSV: UTF-8, comma, full stop, one line of headings.

    A text that a spreadsheet would run as a formula has a `'` before it, which reading takes away.

    Parameters
    ----------
    hazards, said
        As for `points_table`.
    path
        The new file.

    Raises
    ------
    RecordError
        If a turning point's name would stand twice.

    Examples
    --------
    >>> import tempfile; from pathlib import Path; import geopandas as gpd, shapely
    >>> from mine_geo.maps.provenance import provenance; from mine_geo.intake import read
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326)
    >>> target = Path(tempfile.mkdtemp(), "points.csv")
    >>> write_points(fields, target, provenance(fields))
    >>> read(target, crs="EPSG:4326").table.geometry.iloc[0].equals(fields.geometry.iloc[0])
    True
    """
    table = points_table(hazards, said)
    texts = guarded_table(table.drop(columns=list(_PLACES)))
    table = table.assign(**{str(column): texts[column] for column in texts})
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\r\n")


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
    way = "the same place"
    if not np.isnan(point.bearing_deg):
        way = f"{point.bearing_deg:.{BEARING_DECIMALS}f}° true"
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
