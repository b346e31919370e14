"""What the words of a file say of its datum, besides a reference system that it declares.

Coordinates on another datum than WGS 84 are hundreds of metres off, so such words are never passed
over: they refuse a table, or are said of points whose source keeps WGS 84 beside them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mine_geo.crs import is_wgs84
from mine_geo.declared import system_of
from mine_geo.errors import CRSError, FileError, some
from mine_geo.findings import Finding
from mine_geo.intake.matching import fold
from mine_geo.intake.values import read_texts
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd
    import pyproj

    from mine_geo.intake.raw import Profile

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


def check_columns(
    tables: Iterable[pd.DataFrame], crs: pyproj.CRS | None, profile: Profile | None
) -> None:
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
    said = None if profile is None else profile.points.get("system")
    names = {fold(name) for name in (SYSTEM_NAMES if said is None else said)}
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
