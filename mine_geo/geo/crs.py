"""Reference systems and shifts of datum: everything travels in EPSG:4326, no shift is silent.

Which transformations to WGS 84 there are, how good they are and where they are meant for stands
first, then what brings coordinates to WGS 84, or to a plane in metres, with one of them.

PROJ picks a transformation by itself, place by place, and takes a null shift ("ballpark") where it
has none: it puts Indian 1960 (EPSG:4131, 3148) 430 to 505 m off in most of Cambodia, right in its
north-east, without a word. So a transformation is named by a person, and recorded.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyproj
from pyproj.exceptions import CRSError as UnknownSystemError
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from mine_geo.errors import CRSError
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray


Extent = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

AS_DECLARED: Final = "as the file declares"
"""The name of a shift that stands in the file's own reference system (TOWGS84, a grid)."""

CAMBODIA: Final[Extent] = (102.3, 9.9, 107.7, 14.7)
"""A box around Cambodia with its islands, in degrees (WGS 84)."""

_MOST: Final = 5  # operations listed in a message


@dataclass(frozen=True)
class Shift:
    """The datum transformation that was named and used."""

    operation: str
    """As EPSG names it; for a shift of the file's own, that and its numbers."""
    accuracy_m: float | None
    """Metres; None where it is not known."""
    area: str
    """Where it is meant for, in the words of EPSG; empty where that is not known."""
    covers: bool
    """Whether that area is known to hold all the data."""
    code: str = ""
    """Like `EPSG:1542`; empty where it has none."""
    ballpark: bool = False
    """Whether it shifts nothing at all."""

    @property
    def text(self) -> str:
        """The operation, its accuracy and its area in one line, for reports.

        Examples
        --------
        >>> Shift("Indian 1960 to WGS 84 (2)", 44.0, "Vietnam", False, "EPSG:1542").text
        'Indian 1960 to WGS 84 (2) (EPSG:1542, 44 m, meant for: Vietnam; the data lie outside)'
        """
        facts = _facts(self.code, self.accuracy_m, self.area, ballpark=self.ballpark)
        if self.area and not self.covers:
            facts += "; the data lie outside"
        return f"{self.operation} ({facts})"


@dataclass(frozen=True)
class _Way:
    """One way of PROJ's from a system to EPSG:4326."""

    name: str
    code: str
    accuracy_m: float | None
    area: str
    box: Extent | None
    ballpark: bool
    grids: tuple[str, ...]
    description: str
    transformer: pyproj.Transformer | None

    def covers(self, extent: Extent | None) -> bool:
        """Say whether the area of use is known to hold the extent.

        EPSG gives an area in words and as a box; the box of Thailand holds half of Cambodia. So
        for data there the words must not speak of other countries alone.
        """
        if self.box is None or extent is None or not _holds(self.box, extent):
            return False
        west, south, east, north = CAMBODIA
        meets = west <= extent[2] and extent[0] <= east and south <= extent[3]
        elsewhere = not (meets and extent[1] <= north)
        return elsewhere or "Cambodia" in self.area or self.area.startswith("World")

    def answers_to(self, operation: str) -> bool:
        """Say whether a caller's words mean this way."""
        said = operation.strip().casefold()
        names = [self.name, self.code, self.description]
        if self.name.startswith(AS_DECLARED):
            names.append(AS_DECLARED)
        return bool(said) and said in {name.casefold() for name in names}


def operations(system: pyproj.CRS, extent: Extent | None = None) -> pd.DataFrame:
    """List the datum transformations from a reference system to WGS 84 (EPSG:4326).

    Parameters
    ----------
    system
        Any reference system: projected, compound, or with a shift of its own (TOWGS84).
    extent
        West, south, east, north of the data in degrees.

    Returns
    -------
    pandas.DataFrame
        One row an operation, those first that hold the extent, null shifts last: `name`, `code`
        (by which it may be named as well; "" where it has none), `accuracy_m` (NaN where not
        known), `area` (text) and its `west`, `south`, `east`, `north` in degrees (NaN where not
        known), `covers` (whether that area is known to hold the extent; for data in Cambodia an
        area of other countries does not, whatever its box; null without an extent), `ballpark` (a
        null shift), `grids` (files that it needs and that are not installed), `description`
        (PROJ's whole way).

    Examples
    --------
    >>> import pyproj
    >>> table = operations(pyproj.CRS("EPSG:3148"), (102.3, 10.4, 107.7, 14.7))
    >>> table[["code", "accuracy_m", "covers", "ballpark"]].values.tolist()[0]
    ['EPSG:1542', 44.0, False, False]
    """
    ways = _ways(system, extent)
    boxes = np.array([way.box or (np.nan,) * 4 for way in ways], dtype=float).reshape(-1, 4)
    covers = [None if extent is None else way.covers(extent) for way in ways]
    return pd.DataFrame(
        {
            "name": pd.Series([way.name for way in ways], dtype="str"),
            "code": pd.Series([way.code for way in ways], dtype="str"),
            "accuracy_m": pd.Series([way.accuracy_m for way in ways], dtype=float),
            "area": pd.Series([way.area for way in ways], dtype="str"),
            **dict(zip(("west", "south", "east", "north"), boxes.T, strict=True)),
            "covers": pd.Series(covers, dtype="boolean"),
            "ballpark": pd.Series([way.ballpark for way in ways], dtype=bool),
            "grids": pd.Series([", ".join(way.grids) for way in ways], dtype="str"),
            "description": pd.Series([way.description for way in ways], dtype="str"),
        }
    )


def choose_operation(
    system: pyproj.CRS, operation: str | None, what: str, extent: Extent | None = None
) -> tuple[pyproj.Transformer, Shift]:
    """Return the one operation that the caller names, as a transformer to EPSG:4326 (x, y).

    Parameters
    ----------
    system
        The reference system of the data.
    operation
        Name, code (`EPSG:1542`) or PROJ's whole description; `AS_DECLARED` for a shift that
        stands in the file itself.
    what
        What the data are, for messages.
    extent
        West, south, east, north of the data in degrees.

    Raises
    ------
    CRSError
        If the operation is not named, is none of those that there are (the message lists them,
        with accuracy and area), or needs a grid that is not installed.

    Examples
    --------
    >>> import pyproj
    >>> way, shift = choose_operation(pyproj.CRS("EPSG:4131"), "EPSG:1542", "old.shp")
    >>> [round(float(value), 5) for value in way.transform(104, 12)]
    [103.99628, 12.00196]
    >>> shift.operation, shift.accuracy_m
    ('Indian 1960 to WGS 84 (2)', 44.0)
    """
    ways = _ways(system, extent)
    if not any(not way.ballpark for way in ways) and operation is None:
        raise CRSError(
            f"{what}: {system.name!r} says no datum that can be brought to WGS 84; ask the "
            "file's maker for its coordinate reference system and set that in the file, or give "
            'it, as crs="EPSG:4131" for Indian 1960'
        )
    if operation is None:
        raise CRSError(
            f"{what}: {system.name} has another datum than WGS 84; name the transformation "
            f"(operation=...): {_listed(ways, extent)}"
        )
    chosen = next((way for way in ways if way.answers_to(operation)), None)
    if chosen is None:
        raise CRSError(
            f"{what}: no operation {operation!r} leads from {system.name} to WGS 84; name one of "
            f"these (operation=...): {_listed(ways, extent) or 'none is known'}"
        )
    if chosen.transformer is None:
        others = [way for way in ways if way.transformer is not None]
        raise CRSError(
            f"{what}: operation {chosen.name!r} needs {_needs(chosen.grids)}; put it into "
            f"PROJ's data folder or name another: {_listed(others, extent) or 'none is known'}"
        )
    shift = Shift(
        chosen.name,
        chosen.accuracy_m,
        chosen.area,
        chosen.covers(extent),
        chosen.code,
        chosen.ballpark,
    )
    return chosen.transformer, shift


def horizontal(system: pyproj.CRS) -> pyproj.CRS:
    """Return a system without its heights, and without a shift that it declares.

    Examples
    --------
    >>> import pyproj
    >>> horizontal(pyproj.CRS("EPSG:3148+5773")).to_epsg()
    3148
    """
    if system.is_compound:
        system = system.sub_crs_list[0]
    if system.is_bound and system.source_crs is not None:
        return horizontal(system.source_crs)
    return system.to_2d() if len(system.axis_info) > 2 else system


def declared_shift(system: pyproj.CRS) -> tuple[float, ...]:
    """Return the numbers of the shift to WGS 84 that a system declares (TOWGS84); often none.

    Examples
    --------
    >>> import pyproj
    >>> declared_shift(pyproj.CRS("+proj=longlat +ellps=evrst30 +towgs84=198,881,317 +type=crs"))
    (198.0, 881.0, 317.0)
    """
    for part in [system, *system.sub_crs_list]:
        if part.is_bound and part.coordinate_operation is not None:
            return tuple(float(number) for number in part.coordinate_operation.towgs84)
    return ()


def short_area(area: str) -> str:
    """Return an area's words for a message: not all the counties of the United States.

    Examples
    --------
    >>> short_area("Vietnam - Con Son Island.")
    'Vietnam - Con Son Island'
    """
    area = area.rstrip(".")
    return area if len(area) <= 90 else f"{area[:90].rsplit(' ', 1)[0]} ..."


def _ways(system: pyproj.CRS, extent: Extent | None) -> list[_Way]:
    """List PROJ's ways to EPSG:4326 that change the datum, the fittest first."""
    ways = _group(system)
    # A system may bring a shift of its own (TOWGS84, a grid). That is one way among those that
    # PROJ has for the bare system, and a person chooses between them.
    bare = horizontal(system)
    if any(part.is_bound for part in [system, *system.sub_crs_list]):
        numbers = ", ".join(f"{number:g}" for number in declared_shift(system))
        # Where the shift that a file brings along is good for, nobody says.
        own = f"TOWGS84[{numbers}]" if numbers else None
        ways = [
            replace(way, name=f"{AS_DECLARED}: {own or way.name}", code="", area="", box=None)
            for way in ways[:1]
        ] + _group(bare)
    # PROJ lists a change of datum once for each way to compute it: of one name the first counts.
    first: dict[str, _Way] = {}
    for way in ways:
        first.setdefault(way.name, way)
    return sorted(
        first.values(),
        key=lambda way: (way.ballpark, not way.covers(extent), bool(way.grids)),
    )


def _group(system: pyproj.CRS) -> list[_Way]:
    try:
        with warnings.catch_warnings():
            # Said in the list: what needs a grid that is not installed.
            warnings.filterwarnings("ignore", message="Best transformation is not available")
            group = TransformerGroup(system, CRS, always_xy=True)
    except ProjError:
        return []
    ready = [_way(way, way, ()) for way in group.transformers]
    lacking = [
        _way(way, None, tuple(grid.short_name for grid in way.grids if not grid.available))
        for way in group.unavailable_operations
    ]
    return [way for way in ready + lacking if way.name]


def _way(way: Any, transformer: pyproj.Transformer | None, grids: tuple[str, ...]) -> _Way:
    """Describe a transformer, or an operation that lacks a grid, by its change of datum."""
    # Only its transformations change the datum: conversions (a projection undone, axes exchanged)
    # are exact, and say nothing of its accuracy.
    written = way.to_json_dict()
    steps = [s for s in written.get("steps", [written]) if s["type"] == "Transformation"]
    ballpark = any(step["name"].startswith("Ballpark") for step in steps)
    known = way.area_of_use is not None and not ballpark
    return _Way(
        name=" + ".join(step["name"] for step in steps),
        code=" + ".join(_code(step) for step in steps if "id" in step),
        accuracy_m=way.accuracy if way.accuracy >= 0 else None,
        area=way.area_of_use.name.rstrip(".") if known else "",
        box=way.area_of_use.bounds if known else None,
        ballpark=ballpark,
        grids=grids,
        description=way.description if transformer is not None else way.name,
        transformer=transformer,
    )


def _code(step: dict[str, Any]) -> str:
    """Return a step's code, without PROJ's remark that it is inverted or made two-dimensional."""
    authority = str(step["id"]["authority"]).split("(")[-1].rstrip(")")
    return f"{authority}:{step['id']['code']}"


def _holds(box: Extent, extent: Extent) -> bool:
    west, south, east, north = box
    if not (south <= extent[1] and extent[3] <= north):
        return False
    if west > east:  # across the antimeridian
        return bool(extent[0] >= west or extent[2] <= east)
    return bool(west <= extent[0] and extent[2] <= east)


def _listed(ways: Sequence[_Way], extent: Extent | None) -> str:
    """List operations for a message, each with its accuracy and area."""
    texts = []
    for way in ways[:_MOST]:
        facts = _facts(way.code, way.accuracy_m, way.area, ballpark=way.ballpark)
        if way.area and extent is not None and not way.covers(extent):
            facts += "; these data lie outside"
        if way.grids:
            facts += f"; needs {_needs(way.grids)}"
        texts.append(f"{way.name!r} ({facts})")
    more = len(ways) - len(texts)
    rest = f"; and {more} more, see mine_geo.geo.crs.operations" if more > 0 else ""
    return "; ".join(texts) + rest


def _facts(code: str, accuracy_m: float | None, area: str, *, ballpark: bool) -> str:
    accuracy = "accuracy not known" if accuracy_m is None else f"{accuracy_m:g} m"
    if ballpark:
        return f"{accuracy}: no shift at all, hundreds of metres may be missing"
    short = short_area(area)
    return ", ".join(
        part
        for part in (code, accuracy, f"meant for: {short}" if short else "area not known")
        if part
    )


def _needs(grids: Sequence[str]) -> str:
    return f"the grid {', '.join(grids)}, which is not installed"


WGS84 = pyproj.Geod(ellps="WGS84")
"""The ellipsoid on which every distance is measured."""

WGS84_DATUMS: Final = ("wgs 84", "wgs_1984", "wgs 1984", "world geodetic system 1984")
"""How the datum's name begins, in small letters and without ESRI's `D_`, in EPSG, ESRI, OGC."""


def require_lonlat(frame: Any, what: str) -> None:
    """Refuse a frame or series of geometries that is not in EPSG:4326 (longitude, latitude).

    Parameters
    ----------
    frame
        GeoDataFrame or GeoSeries.
    what
        What it holds, as it begins the message: "hazards", "the report".

    Raises
    ------
    CRSError
        If it is in another reference system, or says none; with the call that mends it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> require_lonlat(gpd.GeoSeries([], crs=32648), "hazards")
    Traceback (most recent call last):
        ...
    mine_geo.errors.CRSError: hazards must be in EPSG:4326, not in WGS 84 / UTM zone 48N; use
    to_crs(4326) first
    """
    # Of a table without geometry there is no system; a column could be called crs.
    system = getattr(frame, "crs", None)
    if not isinstance(system, pyproj.CRS):
        raise CRSError(
            f"{what} must be in EPSG:4326, and no reference system is set; use set_crs with the "
            "right one, and to_crs(4326) if it is another"
        )
    if system != CRS:
        raise CRSError(f"{what} must be in EPSG:4326, not in {system.name}; use to_crs(4326) first")


def system_given(said: str) -> pyproj.CRS:
    """Return the reference system that a person names, as "EPSG:32648".

    Raises
    ------
    CRSError
        If there is no such system.

    Examples
    --------
    >>> system_given("EPSG:32648").name
    'WGS 84 / UTM zone 48N'
    """
    try:
        return pyproj.CRS.from_user_input(said)
    except UnknownSystemError as error:
        raise CRSError(f"{said!r} is no reference system; give one as EPSG:32648") from error


def utm_zone(longitude: float, latitude: float) -> pyproj.CRS:
    """Return the UTM zone (WGS 84) that holds a place, for planar work of small extent.

    Examples
    --------
    >>> utm_zone(103.2, 13.1).to_epsg()
    32648
    """
    zone = int((longitude + 180) // 6) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def to_plane(crs: pyproj.CRS) -> pyproj.Transformer:
    """Return the transformer from EPSG:4326 (longitude first) to a projected system, metres."""
    return pyproj.Transformer.from_crs(CRS, crs, always_xy=True)


def geodesic_m(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Geodesic length in metres from each start to each end on WGS 84 (Karney 2013).

    Parameters
    ----------
    starts, ends
        Arrays of shape (n, 2): longitude, latitude, in EPSG:4326.

    Examples
    --------
    >>> geodesic_m(np.array([[103.0, 13.0]]), np.array([[103.0, 13.1]])).round(2)
    array([11063.09])
    """
    lengths = WGS84.inv(starts[:, 0], starts[:, 1], ends[:, 0], ends[:, 1])[2]
    return np.asarray(lengths, dtype=float)


def to_wgs84(frame: gpd.GeoDataFrame, what: str, operation: str | None = None) -> gpd.GeoDataFrame:
    """Return a frame in EPSG:4326; refuse a missing reference system and a silent datum shift.

    As `shift_to_wgs84`, which also says the shift.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> utm = gpd.GeoDataFrame(geometry=[shapely.Point(500000, 0)], crs=32648)
    >>> round(to_wgs84(utm, "points.gpkg").geometry[0].x, 9)
    105.0
    """
    return shift_to_wgs84(frame, what, operation)[0]


def shift_to_wgs84(
    frame: gpd.GeoDataFrame, what: str, operation: str | None = None
) -> tuple[gpd.GeoDataFrame, Shift | None]:
    """Return a frame in EPSG:4326, and the datum transformation that brought it there.

    PROJ would choose one by place, or shift nothing, without a word. Here one operation is named,
    and used for all records, inside its area of use or not (`Shift.covers` says which).

    Parameters
    ----------
    frame
        Any GeoDataFrame.
    what
        What the frame is, for messages (a file's name).
    operation
        The datum transformation, where the data's datum is not WGS 84: by its name ("Indian 1960
        to WGS 84 (2)"), its code ("EPSG:1542"), or PROJ's description of the whole way;
        "as the file declares" for a shift in the file itself (TOWGS84).

    Returns
    -------
    geopandas.GeoDataFrame
        The same records; a coordinate that cannot be transformed becomes infinite.
    Shift or None
        The operation, its accuracy and area; None where the data stand on WGS 84.

    Raises
    ------
    CRSError
        If the frame has no reference system; has another datum and `operation` is not given, is
        none of those that there are (the message lists them with accuracy and area) or needs a
        grid that is not installed; or stands on WGS 84 although an operation is named.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> old = gpd.GeoDataFrame(geometry=[shapely.Point(104, 12)], crs=4131)
    >>> new, shift = shift_to_wgs84(old, "old.shp", "EPSG:1542")
    >>> shift.operation, shift.accuracy_m, shift.covers
    ('Indian 1960 to WGS 84 (2)', 44.0, False)
    """
    if frame.crs is None:
        raise CRSError(
            f"{what}: no coordinate reference system; set it in the file (for example EPSG:32648 "
            "in a .prj), after asking its maker which one it is"
        )
    if is_wgs84(frame.crs):
        _check_wgs84(frame.crs, what, operation)
        return _same_datum(frame), None
    transformer, shift = choose_operation(frame.crs, operation, what, extent(frame))
    moved = frame.geometry.transform(
        lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )
    return frame.set_geometry(moved.set_crs(CRS, allow_override=True)), shift


def extent(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of a frame in degrees on its own datum.

    Records with a coordinate that is not a number do not count. None where no record is left, or
    the coordinates cannot be places of their reference system.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> utm = gpd.GeoDataFrame(geometry=[shapely.box(500000, 0, 600000, 100000)], crs=3148)
    >>> tuple(round(float(v), 2) for v in extent(utm))
    (105.0, 0.0, 105.9, 0.9)
    """
    system = horizontal(frame.crs)
    boxes = frame.bounds.to_numpy(dtype=float)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes) or not (system.is_projected or system.is_geographic):
        return None
    bounds = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    try:
        to_degrees = pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
        degrees = to_degrees.transform_bounds(*bounds)
    except ProjError:
        return None
    west, south, east, north = (float(value) for value in degrees)
    return (west, south, east, north) if np.isfinite(degrees).all() else None


def _check_wgs84(system: pyproj.CRS, what: str, operation: str | None) -> None:
    """Refuse a shift, named or declared, of data that stand on WGS 84; and what is no map."""
    flat = horizontal(system)
    if not (flat.is_geographic or flat.is_projected):
        raise CRSError(
            f"{what}: {system.name!r} ({system.type_name}) has no longitude and latitude, nor "
            "easting and northing; export the file in EPSG:4326"
        )
    numbers = declared_shift(system)
    if any(numbers):
        raise CRSError(
            f"{what}: its reference system says WGS 84, and yet a shift to WGS 84 (TOWGS84 "
            f"{', '.join(f'{number:g}' for number in numbers)}); ask its maker which is true and "
            'set the reference system in the file, or give it, as crs="EPSG:4326"'
        )
    if operation is not None:
        raise CRSError(
            f"{what}: {system.name!r} stands on WGS 84, where operation {operation!r} has nothing "
            "to shift; leave operation out, or set the reference system that the data truly have"
        )


def _same_datum(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame that stands on WGS 84 in EPSG:4326."""
    if frame.crs == pyproj.CRS.from_user_input(CRS):
        return frame
    # A degree that a .prj rounds to 0.01745329 would move Cambodia by 1.5 m.
    unit = frame.crs.axis_info[0].unit_conversion_factor
    degrees = frame.crs.is_geographic and abs(unit * 180 / np.pi - 1) < 1e-6
    return frame.set_crs(CRS, allow_override=True) if degrees else frame.to_crs(CRS)


def is_wgs84(system: pyproj.CRS) -> bool:
    """Say whether a reference system, projected or not, stands on the datum WGS 84.

    By the datum's name, ellipsoid and prime meridian: files often carry no authority's code.

    Examples
    --------
    >>> is_wgs84(pyproj.CRS("OGC:CRS84")), is_wgs84(pyproj.CRS("EPSG:3148"))
    (True, False)
    """
    geodetic = system.geodetic_crs
    if geodetic is None or geodetic.datum is None or geodetic.ellipsoid is None:
        return False
    name = geodetic.datum.name.lower().removeprefix("d_")
    ellipsoid, meridian = geodetic.ellipsoid, geodetic.prime_meridian
    return (
        name.startswith(WGS84_DATUMS)
        and abs(ellipsoid.semi_major_metre - WGS84.a) < 1e-3
        and abs(ellipsoid.inverse_flattening - 1 / WGS84.f) < 1e-6
        and (meridian is None or meridian.longitude == 0)
    )
