"""Whether coordinates can be where the file says: in Cambodia, in the declared units and order.

What the words of a file say of its datum, besides a reference system that it declares.
Coordinates on another datum than WGS 84 are hundreds of metres off, so such words are never
ignored: a table that has them is refused, or, where its source keeps WGS 84 beside them, a finding
says so.

The rule: a file is refused when it has records with a place and none of them comes within
0.5 degree of Cambodia's box. A single record elsewhere is left to the checks. UTM zones are 6
degrees wide and Cambodia 5.3, so the wrong zone always puts all of it outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj

from mine_geo.errors import CRSError, FileError, some
from mine_geo.geo.cells import read_texts
from mine_geo.geo.crs import CAMBODIA, horizontal, is_wgs84, short_area
from mine_geo.geo.named_systems import system_of
from mine_geo.intake.columns import fold
from mine_geo.intake.findings import Finding
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from mine_geo.intake.received import Profile

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


SYSTEM_NAMES: Final = (
    *("coordrefsys", "coordinate_reference_system", "coordinate_system", "projname"),
    *("datum", "map_datum", "geodetic_datum"),
    *("crs", "srs", "srid", "epsg", "epsg_code", "spatial_reference", "spatial_reference_system"),
)
"""Columns that name the system of coordinates, or its datum."""

_PLAIN_WORDS: Final = frozenset(
    (
        *("utm", "zone", "north", "south", "universal", "transverse", "mercator", "projected"),
        *("mgrs", "grid", "geographic", "latitude", "longitude", "lat", "lon", "long", "gps"),
        *("decimal", "degrees", "degree", "minutes", "seconds", "dd", "ddm", "dms", "mm", "ss"),
        *("metre", "metres", "meter", "meters"),
    )
)
"""What names of coordinate systems say besides a datum."""


def is_other_datum(system: Any) -> bool:
    """Say whether the words of a coordinate system name another datum than WGS 84.

    Examples
    --------
    >>> [is_other_datum(system) for system in ("WGS_1984", "UTM zone 48N", "Indian 1960")]
    [False, False, True]
    >>> [is_other_datum(system) for system in ("EPSG:32648", "EPSG:3148", None)]
    [False, True, False]
    """
    if not isinstance(system, str):
        return False
    known = system_of(system)
    if known is not None:
        return not is_wgs84(known)
    words = system.lower()
    return "wgs" not in words and bool(set(re.findall("[a-z]{2,}", words)) - _PLAIN_WORDS)


def others(texts: Iterable[Any]) -> list[str]:
    """Return the different texts that name another datum than WGS 84.

    Examples
    --------
    >>> others(["WGS 84", "Indian 1960", None, "Indian 1960"])
    ['Indian 1960']
    """
    return [text for text in dict.fromkeys(texts) if is_other_datum(text)]


def check_columns(tables: Iterable[pd.DataFrame], crs: pyproj.CRS | None, profile: Profile) -> None:
    """Refuse tables a column of which names another datum than the one they would be read on.

    Parameters
    ----------
    tables
        All cells text.
    crs
        What is known of their reference system.
    profile
        Its `points` may name the columns, as `system`; `[]` for none.

    Raises
    ------
    CRSError
        If a column names another datum than WGS 84, and `crs` is on WGS 84 or not known; without
        the name of the file, which the caller adds.
    """
    if crs is not None and not is_wgs84(crs):
        return
    names = {fold(name) for name in profile.points.get("system", SYSTEM_NAMES)}
    for table in tables:
        for column in table.columns:
            if fold(str(column)) not in names:
                continue
            found = others(read_texts(table[column]).dropna().unique())
            if found:
                read = "" if crs is None else f", and it would be read as {crs.name}"
                raise CRSError(
                    f"column {column!r} says {some(map(repr, found))}{read}; give the reference "
                    'system on that datum (as crs="EPSG:4131" for Indian 1960), or, if the column '
                    "is wrong, say system = [] in a profile's [points]"
                )


def taken_as_wgs84(texts: Iterable[Any]) -> list[Finding]:
    """Say that longitude and latitude are taken as WGS 84 though words beside name another datum.

    Examples
    --------
    >>> taken_as_wgs84({"Indian 1960"})[0].message[:62]
    "points of 'Indian 1960': their longitude and latitude are take"
    """
    found = others(texts)
    if not found:
        return []
    message = (
        f"points of {some(map(repr, found))}: their longitude and latitude are taken as WGS 84, "
        "as IMSMA NG keeps them; ask the file's maker, and give crs=... where they are not"
    )
    return [Finding("datum_taken", message)]


def of_header(header: Mapping[str, str], path: Path) -> str:
    """Return the reference system: of the datum that a header names, else WGS 84.

    Parameters
    ----------
    header
        Texts by the path of their element.
    path
        The file, for the message.

    Raises
    ------
    FileError
        If the datum is not known.

    Examples
    --------
    >>> from pathlib import Path
    >>> of_header({"System/Datum": "Indian 1960"}, Path("report.xml"))
    'EPSG:4131'
    """
    datum = next((text for key, text in header.items() if fold(key).endswith("/datum")), "")
    if not is_other_datum(datum):
        return CRS
    known = system_of(datum)
    if known is None:
        raise FileError(
            f"{path}: the header says datum {datum[:60]!r}, which is not known; write it as EPSG "
            "does ('Indian 1960') after asking the file's maker"
        )
    system = known.geodetic_crs
    return CRS if system is None else str(system.to_string())


MARGIN_DEGREES: Final = 0.5
"""How far from Cambodia's box a record may lie and still be near it."""


@dataclass(frozen=True)
class _Reading:
    """Another way to read a file's numbers."""

    crs: str
    words: str
    swapped: bool = False
    turn_degrees: float = 0.0

    def lonlat(self, xy: Floats) -> Floats:
        """Return the places that the numbers then mean, in degrees."""
        if self.swapped:
            xy = xy[:, ::-1]
        return _to_degrees(pyproj.CRS(self.crs), xy) + np.array([self.turn_degrees, 0.0])


_FEET: Final = "+proj=utm +zone={} +datum=WGS84 +units=ft +type=crs"
_READINGS: Final = (
    _Reading(CRS, "longitude and latitude in degrees"),
    _Reading(CRS, "latitude first, then longitude", swapped=True),
    *(_Reading(f"EPSG:326{zone}", f"metres of UTM zone {zone}N") for zone in (48, 47, 49)),
    *(
        _Reading(f"EPSG:326{zone}", f"northing first, then easting, of UTM zone {zone}N", True)
        for zone in (48, 47, 49)
    ),
    _Reading("EPSG:3857", "metres of Web Mercator"),
    *(_Reading(_FEET.format(zone), f"feet of UTM zone {zone}N") for zone in (48, 47, 49)),
)
_OTHER_ZONES: Final = tuple(
    _Reading(CRS, f"{abs(turn)} degrees too far {'west' if turn > 0 else 'east'}", False, turn)
    for turn in (6, -6, 12, -12)
)


def check_place(frame: gpd.GeoDataFrame, what: str) -> None:
    """Refuse a file whose coordinates cannot be what its reference system says.

    Parameters
    ----------
    frame
        Records in the reference system that the file declares, before any datum shift.
    what
        What the frame is, for messages (a file's name).

    Raises
    ------
    CRSError
        If no reference system is declared, or one without places on the earth; if no record with
        a place comes within 0.5 degree of Cambodia (degrees declared as metres or the reverse,
        swapped coordinates, another UTM zone, feet); or if they do, but in a system that is meant
        for another part of the world (4236, Taiwan, written for 4326). The message says how the
        coordinates would lie in Cambodia, and the mend.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> degrees = gpd.GeoDataFrame(geometry=[shapely.Point(103.2, 13.1)], crs=32648)
    >>> check_place(degrees, "fields.shp")
    Traceback (most recent call last):
    ...
    mine_geo.errors.CRSError: fields.shp: no record lies in or near Cambodia ...
    >>> check_place(degrees.set_crs(4326, allow_override=True), "fields.shp")
    """
    boxes = _boxes(frame)
    if frame.crs is None:
        raise CRSError(_without_system(boxes, f"{what}: no coordinate reference system"))
    system = horizontal(frame.crs)
    if not (system.is_geographic or system.is_projected):
        said = f"{what}: {system.name!r} is a reference system without places on the earth"
        raise CRSError(_without_system(boxes, said))
    if not len(boxes):
        return
    if not _near(_in_degrees(system, boxes)).any():
        raise CRSError(_astray(boxes, system, what))
    _check_region(frame.crs, what)


def check_on_the_ground(frame: gpd.GeoDataFrame, what: str) -> None:
    """Refuse records of which none lies in or near Cambodia.

    Parameters
    ----------
    frame
        Records in EPSG:4326.
    what
        What the frame is, for messages (a file's name).

    Raises
    ------
    CRSError
        If there are records with a place and none of them comes within 0.5 degree of Cambodia;
        the message says the likely cause (swapped, wrong UTM zone, metres) and the mend.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> swapped = gpd.GeoDataFrame(geometry=[shapely.Point(13.1, 103.2)], crs=4326)
    >>> check_on_the_ground(swapped, "fields.csv")
    Traceback (most recent call last):
    ...
    mine_geo.errors.CRSError: fields.csv: no record lies in or near Cambodia ...
    """
    boxes = _boxes(frame)
    if len(boxes) and not _near(boxes).any():
        raise CRSError(_astray(boxes, pyproj.CRS(CRS), what))


def swapped_records(frame: gpd.GeoDataFrame) -> Flags:
    """Say which records lie in Cambodia only when their two coordinates are swapped.

    Parameters
    ----------
    frame
        Records in the reference system that the file declares.

    Returns
    -------
    numpy.ndarray
        Bool, one a record: not near Cambodia as written, in its box with x and y exchanged.
        False without geometry, and where the reference system is missing.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> points = [shapely.Point(103.2, 13.1), shapely.Point(13.1, 103.2), None]
    >>> swapped_records(gpd.GeoDataFrame(geometry=points, crs=4326)).tolist()
    [False, True, False]
    """
    swapped = np.zeros(len(frame), dtype=bool)
    if frame.crs is None:
        return swapped
    system = horizontal(frame.crs)
    if not (system.is_geographic or system.is_projected):
        return swapped
    boxes = frame.bounds.to_numpy(dtype=float)
    there = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    astray = there[~_near(_in_degrees(system, boxes[there]))]
    turned = _middles(boxes[astray])[:, ::-1]
    swapped[astray] = _inside(_to_degrees(system, turned))
    return swapped


def astray_records(frame: gpd.GeoDataFrame) -> Flags:
    """Say which records have a part that lies farther than 0.5 degree from Cambodia's box.

    Parameters
    ----------
    frame
        Records in EPSG:4326.

    Returns
    -------
    numpy.ndarray
        Bool, one a record; False without geometry, and where a coordinate is not a number.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> points = [shapely.Point(103.2, 13.1), shapely.Point(97.2, 13.1), None]
    >>> astray_records(gpd.GeoDataFrame(geometry=points, crs=4326)).tolist()
    [False, True, False]
    """
    west, south, east, north = CAMBODIA
    boxes = frame.bounds.to_numpy(dtype=float)
    least = np.array([west, south, -east, -north]) - MARGIN_DEGREES
    inside = (boxes * [1, 1, -1, -1] >= least).all(axis=1)
    return np.asarray(np.isfinite(boxes).all(axis=1) & ~inside)


def _boxes(frame: gpd.GeoDataFrame) -> Floats:
    """Return the bounds of the records whose coordinates are all numbers."""
    boxes = frame.bounds.to_numpy(dtype=float)
    return boxes[np.isfinite(boxes).all(axis=1)]


def _middles(boxes: Floats) -> Floats:
    return boxes[:, :2] / 2 + boxes[:, 2:] / 2


def _to_degrees(system: pyproj.CRS, xy: Floats) -> Floats:
    """Return longitude and latitude on the system's own datum; infinite where there is none."""
    if not len(xy):
        return np.zeros((0, 2))
    way = pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    return np.column_stack(way.transform(xy[:, 0], xy[:, 1]))


def _in_degrees(system: pyproj.CRS, boxes: Floats) -> Floats:
    """Return boxes in degrees, from two of their corners: good to the margin."""
    first, second = _to_degrees(system, boxes[:, :2]), _to_degrees(system, boxes[:, 2:])
    return np.hstack([np.minimum(first, second), np.maximum(first, second)])


def _near(boxes: Floats) -> Flags:
    """Say which boxes (degrees) reach within the margin of Cambodia's box."""
    west, south, east, north = CAMBODIA
    margin = MARGIN_DEGREES
    return np.asarray(
        np.isfinite(boxes).all(axis=1)
        & (boxes[:, 0] <= east + margin)
        & (boxes[:, 2] >= west - margin)
        & (boxes[:, 1] <= north + margin)
        & (boxes[:, 3] >= south - margin)
    )


def _inside(lonlat: Floats) -> Flags:
    west, south, east, north = CAMBODIA
    lon, lat = lonlat.T
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _fitting(boxes: Floats, readings: tuple[_Reading, ...]) -> _Reading | None:
    """Return the first reading that puts more than half of the records into Cambodia's box."""
    # Readings are tried in the order of how often they are the cause.
    xy = _middles(boxes)
    return next((read for read in readings if _inside(read.lonlat(xy)).mean() > 0.5), None)


def _without_system(boxes: Floats, said: str) -> str:
    reading = _fitting(boxes, _READINGS) if len(boxes) else None
    if reading is None:
        return f'{said}; ask its maker which one it is and give it, for example crs="EPSG:32648"'
    return (
        f"{said}; its coordinates ({_example(boxes)}) lie in Cambodia as {reading.words}: ask "
        f"its maker whether they are that, on which datum, and {_mend(reading)}"
    )


def _astray(boxes: Floats, system: pyproj.CRS, what: str) -> str:
    """Say why no record lies near Cambodia, and the mend."""
    said = f"{what}: no record lies in or near Cambodia as {system.name} ({_example(boxes)})"
    turns = _OTHER_ZONES if system.is_geographic else ()
    reading = _fitting(boxes, (*_READINGS, *turns))
    if reading is not None:
        return f"{said}; {_cause(reading, system)}; {_mend(reading)}"
    if not boxes.any():
        return f"{said}; all coordinates are 0, where positions were missing: get them first"
    return (
        f"{said}; see that it is a file of Cambodia and ask its maker for its reference system "
        "(crs=...)"
    )


def _cause(reading: _Reading, system: pyproj.CRS) -> str:
    """Say what happened to a file that lies in Cambodia by that reading."""
    if reading.turn_degrees:
        return f"it is {reading.words}, as from a wrong UTM zone"
    degrees = pyproj.CRS(reading.crs).is_geographic
    if degrees and not system.is_geographic:
        cause = "degrees are declared as metres"
    elif not degrees and system.is_geographic:
        cause = "metres or feet are declared as degrees"
    elif reading.swapped:
        cause = "x and y are swapped"
    elif "feet" in reading.words:
        cause = "the unit is wrong"
    elif "zone" in reading.words and "UTM" in system.name:
        cause = "the UTM zone is wrong"
    else:
        cause = "the projection is wrong"
    return f"{cause}: they lie there as {reading.words}"


def _mend(reading: _Reading) -> str:
    if reading.turn_degrees:
        return (
            "convert them again from UTM in the zone in which they were measured (Cambodia lies in "
            "48)"
        )
    if reading.swapped:
        return (
            "swap them in the source, or name the columns of a table in a profile, and read it "
            f'with crs="{reading.crs}" if its datum is WGS 84'
        )
    return f'read it with crs="{reading.crs}" if its datum is WGS 84'


def _example(boxes: Floats) -> str:
    x, y = boxes[0, :2]
    return f"the first is at x {x:.10g}, y {y:.10g}"


def _check_region(declared: pyproj.CRS, what: str) -> None:
    """Refuse a datum of another part of the world for data that lie in Cambodia."""
    if is_wgs84(declared):
        return
    system = horizontal(declared)
    codes = [one.to_epsg() for one in (system, system.geodetic_crs) if one is not None]
    known = [system, *(pyproj.CRS.from_epsg(code) for code in codes if code is not None)]
    area = next((one.area_of_use for one in known if one.area_of_use is not None), None)
    if area is None:
        return
    parts = [area.bounds]
    if area.west > area.east:  # across the antimeridian
        parts = [(area.west, area.south, 180, area.north), (-180, area.south, *area.bounds[2:])]
    # The coordinates lie in Cambodia, and the system is meant for elsewhere: so the digits of its
    # code may be exchanged (4236, Taiwan, for 4326).
    if not _near(np.array(parts, dtype=float)).any():
        code = next((code for code in codes if code is not None), None)
        slip = code is not None and sorted(str(code)) == sorted("4326")
        hint = f"; EPSG:{code} is easily written for EPSG:4326" if slip else ""
        meant = CRS if system.is_geographic else "EPSG:32648"
        raise CRSError(
            f"{what}: {system.name} is a reference system of {short_area(area.name)}, and the "
            f'coordinates lie in Cambodia{hint}; read it with crs="{meant}" if its maker says so'
        )
