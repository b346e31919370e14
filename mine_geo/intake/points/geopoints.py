"""Geopoints: corners given by coordinates, or by bearing and distance, to polygons.

What IMSMA NG tables and maXML field reports share: which column or element says what, its texts as
numbers and places (`read_points`), then the polygons of the points (`build`), and how well a
traverse closes.

Names of columns: those of IMSMA NG (see `imsma_ng` for the sources) come first, then those of its
import from Excel (IMSMA wiki, "Import Geospatial Data from Excel": ProjName, PolyID, PointNo,
PointID, PointType, Xcoord, Ycoord, Distance, Bearing, FrPointID), then likely ones, which are
assumed. Case, spaces and underscores do not count.

Longitude and latitude are in degrees, on the ellipsoid that the caller gives; bearings in degrees
clockwise from true north; distances in metres along the geodesic (Karney 2013, through PROJ).

The kinds of points are those of the IMSMA wiki of GICHD ("Point Types"): reference point, landmark
and benchmark are fixed points outside the hazardous area, from which it is found again; the start
point (or datum point) is the first turning point of the polygon, the end point its last, an
intermediate point a marker on the perimeter between two turning points. So the first three are no
corners, the others are.

A relative point is measured from the point it names; one that names none from the point before
it ("relative from the previous point", table geopoint in the same wiki), and the first corner of
a ring from the benchmark, else the reference point or landmark, where there is only one of it.
Where a point has coordinates they count, and its bearing and distance only check them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import OptionError, some
from mine_geo.geo.cells import read_numbers
from mine_geo.geo.crs import WGS84, geodesic_m, to_plane
from mine_geo.intake.columns import columns_named
from mine_geo.intake.findings import Finding
from mine_geo.intake.points import coordinates, turning_points
from mine_geo.intake.points.coordinates import quoted
from mine_geo.intake.points.plausible import SYSTEM_NAMES, is_other_datum, taken_as_wgs84
from mine_geo.intake.points.turning_points import Built
from mine_geo.intake.received import NO_PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    import pyproj
    from numpy.typing import ArrayLike, NDArray

    from mine_geo.intake.received import Names, Profile

    Said = list[tuple[Hashable, Finding]]


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
    """Return geopoints as `build` takes them, but for their record.

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
        `POINT_COLUMNS` without `record`, on the frame's index. Longitude and latitude
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
            bad |= read > FARTHEST_M
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


@dataclass(frozen=True)
class Closure:
    """How far a traverse ends from where it should."""

    error_m: float
    """From the end that was walked to to the one that was meant, metres."""
    ratio: float
    """The n of 1:n: metres walked for each metre of error; infinite where it closes exactly."""

    def __str__(self) -> str:
        """Say both, as surveyors do."""
        if np.isinf(self.ratio):
            return f"{self.error_m:.2f} m"
        return f"{self.error_m:.2f} m (1:{self.ratio:,.0f})"


def polar(
    origins: ArrayLike,
    bearings_deg: ArrayLike,
    distances_m: ArrayLike,
    geod: pyproj.Geod,
) -> NDArray[np.float64]:
    """Return places seen from an origin each: from one reference point, or one for each.

    Parameters
    ----------
    origins
        Longitude and latitude, degrees: shape (2,) for one origin of all, or (n, 2).
    bearings_deg
        Bearing of each place from its origin, degrees clockwise from true north.
    distances_m
        Distance of each place from its origin, metres.
    geod
        The ellipsoid of the datum.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2): longitude, latitude; NaN where anything given is not a number.

    Examples
    --------
    >>> import pyproj
    >>> polar((105.0, 0.0), [90, 270], [111_319.490793] * 2, pyproj.Geod(ellps="WGS84")).round(6)
    array([[106.,   0.],
           [104.,   0.]])
    """
    bearings, distances = _legs(bearings_deg, distances_m)
    from_ = np.broadcast_to(np.asarray(origins, dtype=float), (len(bearings), 2))
    return _fwd(from_[:, 0], from_[:, 1], bearings, distances, geod)


def closure(
    start: tuple[float, float],
    end: tuple[float, float],
    length_m: float,
    geod: pyproj.Geod,
) -> Closure:
    """Return the closure error of a traverse, in metres and as a ratio of the length walked.

    Parameters
    ----------
    start
        Longitude and latitude where the traverse should have ended (its start, or a known point).
    end
        Longitude and latitude where the walk ended.
    length_m
        All legs together, metres.
    geod
        The ellipsoid of the datum.

    Examples
    --------
    >>> import pyproj
    >>> geod = pyproj.Geod(ellps="WGS84")
    >>> str(closure((105.0, 0.0), (105.0, 0.00001), 1000, geod))
    '1.11 m (1:904)'
    """
    error = float(geod.inv(start[0], start[1], end[0], end[1])[2])
    return Closure(error, float(length_m) / error if error > 0 else float("inf"))


def _legs(bearings_deg: ArrayLike, distances_m: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    bearings, distances = np.broadcast_arrays(
        np.asarray(bearings_deg, dtype=float).reshape(-1),
        np.asarray(distances_m, dtype=float).reshape(-1),
    )
    return bearings, distances


def _fwd(
    lon: ArrayLike, lat: ArrayLike, bearings: ArrayLike, distances: ArrayLike, geod: pyproj.Geod
) -> NDArray[np.float64]:
    """Solve the direct problem; NaN in, NaN out."""
    given = np.column_stack([lon, lat, bearings, distances]).astype(float)
    known = np.isfinite(given).all(axis=1)
    places = np.full((len(given), 2), np.nan)
    if known.any():
        ends = geod.fwd(*given[known].T)
        places[known] = np.column_stack(ends[:2])
    return places


POINT_COLUMNS: Final = (
    "record",
    "part",
    "order",
    "guid",
    "name",
    "kind",
    "shape",
    "lon",
    "lat",
    "bearing",
    "distance",
    "from_point",
    "fault",
)
"""The columns of a table of geopoints, in its order of entry.

`record` and `part` (text) say which ring of which record; `order` (float), `guid` and `name`
(text) which point; `kind` and `shape` are the source's words; `lon`, `lat` (degrees), `bearing`
(degrees from true north), `distance` (metres), all NaN where not given; `from_point` the guid or
name of the point it is measured from; `fault` why it could not be read, null where it could."""

BENCHMARKS: Final = ("benchmark", "bm")
LANDMARKS: Final = ("reference", "landmark", "rp", "lm")
"""Points to measure from, and no corners: part of the kind's word (in letters only), or it."""
LOOSE_KINDS: Final = ("evidence", "target", "firing", "usage", "accident")
"""Single points that are no corners, and that others are measured from only by name."""
START_KINDS: Final = ("start", "datum", "sp")
FLAT_SHAPES: Final = ("polyline", "line", "point")
"""Shapes that are no polygon."""

FARTHEST_M: Final = 100_000.0
"""A distance that no demining team measures."""
BAD_RATIO: Final = 100.0
"""A traverse closes badly when it is worse than 1:100: a rule of thumb for compass and tape;
no standard for minefield records was found."""
BAD_ERROR_M: Final = 5.0
"""A traverse closes badly when it misses by more, metres, however long: a rule of thumb, the
accuracy of a hand-held receiver."""
FLOOR_M: Final = 1.0
"""Coordinates and bearing with distance agree within this, metres: coordinates are often written
to 0.00001 degree."""

_ABSOLUTE, _UNKNOWN, _SEVERAL = -1, -2, -3


def build(points: pd.DataFrame, *, gaps: bool = False) -> Built:
    """Build the polygons of records from geopoints.

    Parameters
    ----------
    points
        The columns of `POINT_COLUMNS`; longitude and latitude on WGS 84.
    gaps
        Whether the numbers of a ring may leave some out.

    Returns
    -------
    Built
        As `turning_points.polygons`. A record is without polygon where one of its corners has no
        place. A ring whose last leg comes back to its start closes there: the last point is the
        start measured again, `closure` or `bad_closure` says by how much it misses, and nothing
        is adjusted. That is so where the last point has the start's name or kind, or was measured
        by bearing and distance and is nearer to the start than half the shortest leg (a rule of
        thumb: an end point farther off is a corner, as GICHD defines it).

    Examples
    --------
    >>> square = pd.DataFrame({
    ...     "record": "AP-1", "part": "1", "order": [1.0, 2, 3, 4, 5], "guid": None,
    ...     "name": ["SP", "TP1", "TP2", "TP3", "SP"], "kind": None, "shape": None,
    ...     "lon": [103.0] + [np.nan] * 4, "lat": [13.0] + [np.nan] * 4,
    ...     "bearing": [np.nan, 0, 90, 180, 270], "distance": [np.nan, 101, 100, 99, 100],
    ...     "from_point": None, "fault": None})
    >>> built = build(square)
    >>> built.geometry["AP-1"].geom_type, built.findings[0][1].message
    ('Polygon', 'the traverse misses its start by 2.00 m (1:200); nothing was adjusted')
    """
    points = _prepared(points)
    onto = _references(points)
    points, said = _placed(points, onto)
    rings = _along(points.loc[points["corner"]])
    closed, misses = _closings(rings)
    said += misses
    built = turning_points.polygons(rings.loc[~closed], gaps=gaps)
    keys = pd.Index(points["record"].unique(), name="record")
    geometry = pd.Series(None, index=keys, dtype=object)
    geometry.loc[built.geometry.index] = built.geometry
    explained = {key for key, finding in said if finding.code == "bad_point"}
    return Built(geometry, said + [item for item in built.findings if item[0] not in explained])


def words(kinds: pd.Series[Any]) -> pd.Series[Any]:
    """Return kinds in small letters, without spaces and numbers; empty where there is none.

    Examples
    --------
    >>> words(pd.Series(["Bench Mark", "TP 3", None], dtype="str")).tolist()
    ['benchmark', 'tp', '']
    """
    return kinds.astype("str").str.lower().str.replace(r"[\W\d_]+", "", regex=True).fillna("")


def key_text(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Return names and guids as they are compared: trimmed, small letters, without braces.

    Examples
    --------
    >>> key_text(pd.Series([" {A1-B2} ", "", None], dtype="str")).isna().tolist()
    [False, True, True]
    """
    keys = texts.astype("str").str.strip().str.strip("{}").str.strip().str.casefold()
    return keys.where(keys != "")


def _is(kinds: pd.Series[Any], meant: tuple[str, ...]) -> NDArray[np.bool_]:
    """Say which words are one of these: short ones as a whole, others as a part."""
    found = kinds.isin(meant)
    for word in meant:
        if len(word) > 2:
            found |= kinds.str.contains(word, regex=False)
    return np.asarray(found, dtype=bool)


def _prepared(points: pd.DataFrame) -> pd.DataFrame:
    points = points.loc[points["record"].notna()].reset_index(drop=True)
    kinds = words(points["kind"])
    flat = words(points["shape"]).isin(FLAT_SHAPES).to_numpy(dtype=bool)
    benchmark, landmark = _is(kinds, BENCHMARKS), _is(kinds, LANDMARKS)
    points = points.assign(
        ring=points.groupby(["record", "part"], dropna=False, sort=False).ngroup(),
        corner=~(flat | benchmark | landmark | _is(kinds, LOOSE_KINDS)),
        base=np.select([landmark, benchmark], [1, 2], 0),
        start=_is(kinds, START_KINDS),
        name_key=key_text(points["name"]),
    )
    return points.assign(order=_orders(points))


def _orders(points: pd.DataFrame) -> pd.Series[float]:
    """Return the numbers of the points; those that benchmarks alone take up in a ring left out.

    A ring without any takes them from the names of its corners, where all those have one.
    """
    order, corner = points["order"].astype(float), points["corner"]
    named = turning_points.order_numbers(points["name"]).where(corner)
    twice = named.notna() & points.assign(named=named).duplicated(["ring", "named"], keep=False)
    clear = (named.notna() & ~twice) | ~corner
    use = (clear & order.isna()).groupby(points["ring"]).transform("all")
    order = order.where(~use, named)
    table = pd.DataFrame({"ring": points["ring"], "order": order, "corner": corner})
    table["taken"] = order.notna() & ~table.groupby(["ring", "order"])["corner"].transform(
        "any"
    ).eq(other=True)
    table = table.sort_values(["ring", "order"], kind="stable")
    before = table.groupby("ring")["taken"].cumsum()
    return order.where(~corner, (table["order"] - before).sort_index())


def _along(points: pd.DataFrame) -> pd.DataFrame:
    """Sort corners along their rings: by number, or by entry where some have none."""
    numbered = points["order"].notna().groupby(points["ring"]).transform("all")
    rank = points["order"].where(numbered, 0.0)
    return points.iloc[np.lexsort((rank, points["ring"]))]


def _references(points: pd.DataFrame) -> NDArray[np.intp]:
    """Return for each point the place of the one it is measured from; negative: none, several."""
    from_key = key_text(points["from_point"])
    place = pd.Series(np.arange(len(points)), index=points.index)
    onto = from_key.map(_first(key_text(points["guid"]), place))
    ring, record = points["ring"].astype("str") + "|", points["record"] + "|"
    onto = onto.fillna((ring + from_key).map(_first(ring + points["name_key"], place)))
    names = record + points["name_key"]
    onto = onto.fillna((record + from_key).map(_first(names, place, several=_SEVERAL)))
    onto = onto.fillna(float(_UNKNOWN))
    return onto.where(from_key.notna(), _before(points)).to_numpy(dtype=np.intp)


def _first(
    keys: pd.Series[Any], place: pd.Series[Any], several: int | None = None
) -> pd.Series[Any]:
    """Return the place of each key: the first, or `several` where it stands more than once."""
    known = keys.notna()
    keys, place = keys[known], place[known]
    if several is not None:
        place = place.mask(keys.duplicated(keep=False), several)
    once = ~keys.duplicated()
    return pd.Series(place[once].to_numpy(dtype=float), index=pd.Index(keys[once], dtype="str"))


def _before(points: pd.DataFrame) -> pd.Series[float]:
    """Return the point before each; before the first corner of a ring the base of its record."""
    place = pd.Series(np.arange(len(points), dtype=float), index=points.index)
    along = _along(points.loc[points["corner"]])
    before = place[along.index].groupby(along["ring"]).shift()
    bases = points.loc[points["base"] > 0].sort_values(["base", "order"], kind="stable")
    chain = place[bases.index].groupby(bases["record"]).shift()
    best = bases["base"].groupby(bases["record"]).transform("max")
    bases = bases.loc[bases["base"] == best]
    only = _first(bases["record"], place[bases.index], several=_SEVERAL)
    first = points["record"].map(only).where(points["corner"])
    return pd.concat([before, chain]).reindex(points.index).fillna(first).fillna(_UNKNOWN)


def _depths(onto: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return how many legs each point is from one that is measured from none, and the circles.

    By doubling: after k rounds every point looks 2**k legs ahead; then those that lead into a
    circle all look at points on it, and each of these is looked at.
    """
    ahead = np.where(onto >= 0, onto, np.arange(len(onto)))
    depth = (onto >= 0).astype(np.intp)
    for _ in range(len(onto).bit_length()):
        depth, ahead = np.minimum(depth + depth[ahead], len(onto) + 1), ahead[ahead]
    circle = onto[ahead] >= 0
    return np.where(circle, 0, depth), np.isin(np.arange(len(onto)), ahead[circle])


def _placed(points: pd.DataFrame, onto: NDArray[np.intp]) -> tuple[pd.DataFrame, Said]:
    """Place the relative points; say which points have no place, and which have two."""
    places = points[["lon", "lat"]].to_numpy(dtype=float, copy=True)
    legs = points[["bearing", "distance"]].to_numpy(dtype=float)
    given, leg = np.isfinite(places).all(axis=1), np.isfinite(legs).all(axis=1)
    places[~given] = np.nan
    relative = ~given & leg & (onto >= 0) & points["fault"].isna().to_numpy(dtype=bool)
    depth, circle = _depths(np.where(relative, onto, _ABSOLUTE))
    order = np.argsort(depth, kind="stable")
    levels = np.flatnonzero(np.diff(depth[order])) + 1
    for now in np.split(order, levels)[1:] if len(order) else []:
        places[now] = polar(places[onto[now]], legs[now, 0], legs[now, 1], WGS84)
    points = points.assign(lon=places[:, 0], lat=places[:, 1], leg=leg)
    said = _without_place(points, onto, circle)
    explicit = given & leg & (onto >= 0) & points["from_point"].notna().to_numpy(dtype=bool)
    return points, said + _contradictions(points.loc[explicit], places[onto[explicit]])


def _without_place(points: pd.DataFrame, onto: NDArray[np.intp], circle: NDArray[np.bool_]) -> Said:
    lost = points["lon"].isna()
    from_text = quoted(points["from_point"].astype("str"))
    why = points["fault"].astype(object)
    for reason, holds in (
        ("neither coordinates nor bearing and distance", ~points["leg"]),
        ("measured from each other in a circle", circle),
        ("measured from a point that several have the name of", onto == _SEVERAL),
        ("not said from which point it is measured", (onto == _UNKNOWN) & from_text.isna()),
        ("measured from " + from_text + ", which is not there", onto == _UNKNOWN),
        ("measured from a point that has no place", lost),
    ):
        why = why.mask(why.isna() & holds, reason)
    told = points.assign(why=why).loc[lost & (points["corner"] | points["leg"])]
    return [
        (key, Finding("bad_point", f"{some(group.map(str))}: {reason}"))
        for (key, reason), group in labels(told).groupby([told["record"], told["why"]], sort=False)
    ]


def labels(points: pd.DataFrame) -> pd.Series[Any]:
    """Return what to call each point in a message: its name, else its number, else `a point`."""
    number = points["order"].map(lambda order: f"point {order:g}", na_action="ignore")
    return points["name"].astype(object).fillna(number.astype(object)).fillna("a point")


def _contradictions(points: pd.DataFrame, origins: NDArray[np.float64]) -> Said:
    """Say which coordinates differ from bearing and distance."""
    legs = points[["bearing", "distance"]].to_numpy(dtype=float)
    walked = polar(origins, legs[:, 0], legs[:, 1], WGS84)
    error = geodesic_m(walked, points[["lon", "lat"]].to_numpy(dtype=float))
    bad = error > np.maximum(FLOOR_M, legs[:, 1] / BAD_RATIO)
    told = points.assign(error=error, label=labels(points)).loc[bad]
    said: Said = []
    for key, group in told.groupby("record", sort=False):
        worst = group.iloc[int(group["error"].argmax())]
        message = (
            f"coordinates and bearing with distance differ by up to {worst.error:.2f} m "
            f"({some(group['label'])}); the coordinates were taken"
        )
        place = shapely.Point(worst.lon, worst.lat)
        said.append((key, Finding("bad_closure", message, place=place)))
    return said


def _closings(rings: pd.DataFrame) -> tuple[NDArray[np.bool_], Said]:
    """Return which last points are the start again, and by how much they miss it."""
    closed = np.zeros(len(rings), dtype=bool)
    if rings.empty:
        return closed, []
    ring = rings["ring"].to_numpy()
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    last = np.r_[first[1:], len(ring)] - 1
    places = rings[["lon", "lat"]].to_numpy(dtype=float)
    legs = np.r_[0.0, geodesic_m(places[:-1], places[1:])]
    legs[first] = 0.0
    length = np.add.reduceat(legs, first)
    legs[first] = np.inf
    shortest = np.minimum.reduceat(legs, first)
    miss = geodesic_m(places[first], places[last])
    names, start = rings["name_key"].to_numpy(dtype=object), rings["start"].to_numpy()
    leg = rings["leg"].to_numpy()[last]
    named = (names[first] == names[last]) & ~pd.isna(names[last])
    back = named | start[last] | (leg & (miss < shortest / 2))
    back &= (last - first >= 3) & np.isfinite(miss) & np.isfinite(length)
    closed[last[back]] = True
    told = back & (leg | (miss > 0))
    said = [
        (key, _closure(Closure(miss_m, walked / miss_m if miss_m else np.inf), place))
        for key, miss_m, walked, place in zip(
            rings["record"].iloc[last[told]],
            miss[told].tolist(),
            length[told].tolist(),
            shapely.points(places[last[told]]),
            strict=True,
        )
    ]
    return closed, said


def _closure(closure: Closure, place: shapely.Point) -> Finding:
    bad = closure.error_m > BAD_ERROR_M or closure.ratio < BAD_RATIO
    message = f"the traverse misses its start by {closure}; nothing was adjusted"
    return Finding("bad_closure" if bad else "closure", message, place=place)
