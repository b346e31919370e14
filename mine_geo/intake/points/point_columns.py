"""Which column or element of a geopoint says what, and its texts as numbers and places.

The names of IMSMA NG (see `imsma_ng` for the sources) come first, then those of its import from
Excel (IMSMA wiki, "Import Geospatial Data from Excel": ProjName, PolyID, PointNo, PointID,
PointType, Xcoord, Ycoord, Distance, Bearing, FrPointID), then likely ones, which are assumed.
Case, spaces and underscores do not count.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError
from mine_geo.geo.cells import read_numbers
from mine_geo.geo.crs import to_plane
from mine_geo.intake.columns import columns_named
from mine_geo.intake.points import coordinates, geopoints
from mine_geo.intake.points.coordinates import quoted
from mine_geo.intake.points.plausible import SYSTEM_NAMES, is_other_datum, taken_as_wgs84
from mine_geo.intake.received import NO_PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from mine_geo.intake.findings import Finding
    from mine_geo.intake.received import Names, Profile


ROLES: Final[Names] = MappingProxyType(
    {
        "part": ("shape_id", "poly_id", "polygon_id"),
        "order": ("pointno", "point_number"),
        "point_id": ("geopoint_guid", "guid"),
        "point_name": ("pointlocal_id", "point_local_id", "point_id", "local_id"),
        "kind_of_point": ("pointtypeenum", "pointtype_enum", "point_type", "type"),
        "shape": ("shapeenum", "shape_enum", "shape_type"),
        "lon": ("longitude", "lon", "long"),
        "lat": ("latitude", "lat"),
        "mgrs": ("user_entered_mgrs", "mgrs"),
        "easting": ("user_entered_x", "xcoord", "easting"),
        "northing": ("user_entered_y", "ycoord", "northing"),
        "zone": ("zone", "utm_zone"),
        "system": SYSTEM_NAMES,
        "bearing": ("bearing",),
        "distance": ("distance",),
        "from_point": ("frompoint_guid", "frompointinput", "frpointid", "from_point"),
    }
)
"""For each role the names of columns, the best first."""

PLACES: Final = (("lon", "lat"), ("easting", "northing"), ("mgrs",), ("bearing", "distance"))
"""Roles that together say where a point is."""
EXCEL_SIGNS: Final = ("order", "point_id", "point_name", "kind_of_point")
"""Roles one of which a table of points has besides a place."""

_ZONE: Final = r"(?i)utm\D*?([0-9]{1,2} ?(?:north|south|[a-z])?)(?![a-z0-9])"


def roles(profile: Profile = NO_PROFILE) -> dict[str, tuple[str, ...]]:
    """Return the names of columns by role, those of the profile first.

    Examples
    --------
    >>> from mine_geo.intake.received import Profile
    >>> roles(Profile("mine", "Mine", points={"order": ("corner",)}))["order"][:2]
    ('corner', 'pointno')
    """
    return {role: (*profile.points.get(role, ()), *names) for role, names in ROLES.items()}


def are_points(columns: Iterable[Any], profile: Profile = NO_PROFILE) -> bool:
    """Say whether a table with such columns has one row a geopoint.

    Examples
    --------
    >>> are_points(["geopoint_guid", "latitude", "longitude"]), are_points(["latitude"])
    (True, False)
    """
    columns = list(columns)
    there = {role for role, names in roles(profile).items() if columns_named(columns, names)}
    return bool(there & set(EXCEL_SIGNS)) and any(set(place) <= there for place in PLACES)


def read_points(
    frame: pd.DataFrame, profile: Profile = NO_PROFILE, *, datum: str = ""
) -> pd.DataFrame:
    """Return geopoints as `geopoints.build` takes them, but for their record.

    Parameters
    ----------
    frame
        One row a point, cells text.
    profile
        Its points say further names; its options `decimal`, `magnetic_declination_deg`, and `crs`,
        whose datum counts as `datum` does.
    datum
        What the file says of the datum of all points. Grid coordinates on another than WGS 84 are
        not read.

    Returns
    -------
    pandas.DataFrame
        `geopoints.POINT_COLUMNS` without `record`, on the frame's index. Longitude and latitude
        come from the columns of that name, else from MGRS, else from easting and northing.

    Raises
    ------
    OptionError
        If the declination is not a number of degrees.
    """
    named = {role: _texts(frame, names) for role, names in roles(profile).items()}
    options = profile.options
    named["system"] = _systems(frame, roles(profile)["system"], datum or options.get("crs", ""))
    decimal = options.get("decimal")
    faults = pd.Series(None, index=frame.index, dtype=object)
    numbers = {}
    for role in ("bearing", "distance", "order"):
        bare = named[role].str.replace(
            r"\s*(?:°|º|deg\.?|degrees|m|metres|meters)\s*$", "", regex=True
        )
        read, bad = read_numbers(bare, decimal=decimal)
        if role == "bearing":
            bad |= read > 360
        if role == "distance":
            bad |= read > geopoints.FARTHEST_M
        if role != "order":
            faults = faults.mask(
                faults.isna() & bad, f"{role} " + quoted(named[role]) + " cannot be"
            )
        numbers[role] = np.where(bad, np.nan, read)
    xy, place_faults = _places(named, decimal)
    return pd.DataFrame(
        {
            "part": named["part"],
            "order": numbers["order"],
            "guid": named["point_id"],
            "name": named["point_name"],
            "kind": named["kind_of_point"],
            "shape": named["shape"],
            "lon": xy[:, 0],
            "lat": xy[:, 1],
            "bearing": (numbers["bearing"] + _declination(profile)) % 360,
            "distance": numbers["distance"],
            "from_point": named["from_point"],
            "fault": place_faults.where(place_faults.notna(), faults),
        },
        index=frame.index,
    )


def _texts(frame: pd.DataFrame, names: Iterable[str]) -> pd.Series[Any]:
    """Return the first text that stands in the columns of these names, null where none does."""
    found = pd.Series(None, index=frame.index, dtype="str")
    for column in columns_named(frame.columns, names):
        text = frame[column].astype("str").str.strip()
        found = found.where(found.notna(), text.where(text != ""))
    return found


def _systems(frame: pd.DataFrame, names: Iterable[str], datum: str) -> pd.Series[Any]:
    """Return what is said of each point's system: first what names another datum than WGS 84."""
    found = pd.Series(None, index=frame.index, dtype="str")
    columns = [_texts(frame, [column]) for column in columns_named(frame.columns, names)]
    for text in columns:
        found = found.where(found.notna(), text.where(text.map(is_other_datum).astype(bool)))
    for text in columns:
        found = found.where(found.notna(), text)
    silent = ~found.str.contains("wgs", case=False).fillna(value=False).astype(bool)
    if not is_other_datum(datum):
        return found
    return found.mask(silent, (found.fillna("") + f" {datum}").str.strip())


def _declination(profile: Profile) -> float:
    text = profile.options.get("magnetic_declination_deg", "0")
    try:
        degrees = float(text)
    except ValueError:
        degrees = np.nan
    if not abs(degrees) <= 180:
        raise OptionError(
            f"option magnetic_declination_deg is {text!r}; give degrees, east positive, as -0.5"
        )
    return degrees


def _places(
    named: dict[str, pd.Series[Any]], decimal: str | None
) -> tuple[NDArray[np.float64], pd.Series[Any]]:
    """Return longitude and latitude, NaN where there are none, and why one cannot be read."""
    lon, lat, x, y = (named[role] for role in ("lon", "lat", "easting", "northing"))
    xy = np.full((len(lon), 2), np.nan)
    faults = pd.Series(None, index=lon.index, dtype=object)
    zone = named["zone"].fillna(named["system"].str.extract(_ZONE, expand=False))
    geographic = (lon.notna() | lat.notna()).to_numpy()
    grid = named["mgrs"].notna().to_numpy() & ~geographic
    plane = (x.notna() | y.notna()).to_numpy() & ~geographic & ~grid
    utm = plane & zone.notna().to_numpy()
    other = (grid | plane) & named["system"].map(is_other_datum).to_numpy(dtype=bool)
    readers: tuple[tuple[Any, Callable[[Any], coordinates.Places]], ...] = (
        (geographic, lambda at: coordinates.lon_lat(lon[at], lat[at])),
        (grid & ~other, lambda at: coordinates.grid(named["mgrs"][at])),
        (
            utm & ~other,
            lambda at: _on_the_globe(coordinates.utm(x[at], y[at], zone[at], decimal=decimal)),
        ),
        (plane & ~utm & ~other, lambda at: coordinates.lon_lat(x[at], y[at])),
    )
    for rows, read in readers:
        if rows.any():
            places = read(rows)
            xy[rows] = places.xy
            faults[rows] = places.reasons
    faults[other] = (
        "entered in " + quoted(named["system"][other]) + ", without latitude and longitude"
    )
    return xy, faults


def _on_the_globe(places: coordinates.Places) -> coordinates.Places:
    if places.crs is None or places.crs.is_geographic:
        return places
    x, y = places.xy.T
    lon, lat = to_plane(places.crs).transform(x, y, direction="INVERSE")
    xy = np.where(np.isfinite(places.xy), np.column_stack([lon, lat]), np.nan)
    return coordinates.Places(xy, places.reasons, None)


def of_other_datums(frame: pd.DataFrame, profile: Profile) -> list[Finding]:
    """Say which points name another datum beside longitude and latitude that are taken as WGS 84.

    Examples
    --------
    >>> frame = pd.DataFrame({"coordrefsys": ["Indian 1960"], "longitude": ["103"]}, dtype="str")
    >>> [finding.code for finding in of_other_datums(frame, NO_PROFILE)]
    ['datum_taken']
    """
    if "crs" in profile.options:
        return []
    own = roles(profile)
    placed = _texts(frame, own["lon"]).notna()
    return taken_as_wgs84(_systems(frame, own["system"], "")[placed])
