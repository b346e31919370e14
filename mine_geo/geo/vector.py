"""Reading a layer of a vector file into a GeoDataFrame in EPSG:4326, with clear errors.

`read_vector` reads any layer, `read_places` names to draw on maps (towns, villages, offices) as
points, also from a CSV.

What the answer of a server says of itself: how many records match, and whether more follow.
WFS (OGC 09-025r2, 7.7.4) and OGC API Features (OGC 17-069r4, 7.16) answer page by page. A page
saved as a file looks whole; only its counts and its link to the next page tell that it is not.
"""

from __future__ import annotations

import json
import mmap
import re
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from mine_geo.errors import CRSError, FileError, GeometryError, RecordError, some
from mine_geo.geo.crs import to_wgs84
from mine_geo.geo.named_systems import as_named
from mine_geo.terms import CRS

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray


_HEAD: Final = 1 << 18
"""Bytes in which the root element of XML ends."""
_WORDS: Final = re.compile(
    rb'"(?:numberMatched|numberReturned|totalFeatures|exceededTransferLimit|rel)"\s*:'
)
_MATCHED: Final = ("numberMatched", "totalFeatures")
_RETURNED: Final = ("numberReturned", "numberOfFeatures")
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\r\n,:]*")


def of_geojson(path: Path, records: int) -> str | None:
    """Say how a GeoJSON file is an answer of a server that stops before the end, None if not.

    Parameters
    ----------
    path
        The file, UTF-8.
    records
        How many records were read from it.

    Returns
    -------
    str or None
        What the counts or the links beside the features tell of more, and the mend; attributes of
        the records with such names say nothing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "page.geojson")
    ...     _ = path.write_text('{"numberMatched": 10, "features": []}')
    ...     of_geojson(path, 3)
    '3 of 10 records that match are in the file, ...
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not _WORDS.search(content):
            return None
        text = bytes(content).decode("utf-8-sig", "replace")
    members: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):  # GDAL has read it, and says what is wrong with it
        members.update(_members(text))
    more = members.get("properties")
    limited = {**(more if isinstance(more, dict) else {}), **members}.get("exceededTransferLimit")
    links = members.get("links")
    following = isinstance(links, list) and any(
        isinstance(link, dict) and link.get("rel") == "next" for link in links
    )
    return _said(members, records, limited=limited is True, following=following)


def of_gml(path: Path, records: int) -> str | None:
    """Say how a GML file is an answer of a WFS that stops before the end, None if not.

    Parameters
    ----------
    path
        The file.
    records
        How many records all its layers have.

    Returns
    -------
    str or None
        As for `of_geojson`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "page.gml")
    ...     _ = path.write_text('<FeatureCollection numberMatched="unknown" numberReturned="3"/>')
    ...     of_gml(path, 3), of_gml(path, 2)[:15]
    (None, '2 of 3 records ')
    """
    with path.open("rb") as file:
        attributes = _root_attributes(file.read(_HEAD))
    return _said(attributes, records, following="next" in attributes)


def _said(
    counts: Mapping[str, Any], records: int, *, limited: bool = False, following: bool = False
) -> str | None:
    """Return what is to be said where an answer tells of more than there is."""
    matched = _count(counts, _MATCHED)
    returned = _count(counts, _RETURNED)
    if matched is not None and matched > records:
        return (
            f"{records:,} of {matched:,} records that match are in the file, the server stopped "
            f"before the end; ask it for all in one answer (count={matched} of WFS, "
            f"limit={matched} of OGC API), or put all pages into one GeoPackage"
        )
    if returned is not None and returned > records:
        return (
            f"{records:,} of {returned:,} records that the server gave are in the file; get its "
            "answer again, whole"
        )
    if limited:
        return (
            "the server stopped before the end (exceededTransferLimit); ask it for the rest, and "
            "put all pages into one GeoPackage"
        )
    if following and matched is None:
        return (
            "the answer has a link to a next page, and does not say how many records match; get "
            "the pages that follow, and put all of them into one GeoPackage"
        )
    return None


def _count(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Return the largest count under these names; None where none is a number ("unknown")."""
    said = [str(counts[name]) for name in names if name in counts]
    numbers = [int(text) for text in said if re.fullmatch("[0-9]{1,15}", text)]
    return max(numbers, default=None)


def _members(text: str) -> Iterator[tuple[str, Any]]:
    """Give the members of a JSON object, but for its features, which are passed over."""
    decode = json.JSONDecoder().raw_decode
    place = text.find("{") + 1
    while place:
        place = _after_space(text, place)
        if not text.startswith('"', place):
            return
        name, place = decode(text, place)
        place = _after_space(text, place)
        if name == "features":
            place = _passed(text, place)
        else:
            value, place = decode(text, place)
            yield name, value


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return place if found is None else found.end()


def _passed(text: str, place: int) -> int:
    """Return where a list or an object ends; 0 if it does not."""
    depth = 0
    for token in _TOKENS.finditer(text, place):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth <= 0:
            return token.end()
    return 0


def _root_attributes(head: bytes) -> dict[str, str]:
    """Return the attributes of the root element of XML."""
    found: dict[str, str] = {}

    def stop(_name: str, attributes: dict[str, str]) -> None:
        found.update(attributes)
        raise expat.ExpatError

    parser = expat.ParserCreate()
    parser.StartElementHandler = stop
    with suppress(expat.ExpatError, LookupError, ValueError):
        parser.Parse(head, False)
    return found


FEW_POINTS: Final = "fewer than three points in a ring"
NOT_CLOSED: Final = "a ring that is not closed; end it in its first point"
NO_GEOMETRY: Final = "a geometry that cannot be read; draw it again, or export the file again"
FINE_ARCS: Final = {"OGR_ARC_STEPSIZE": "0.1"}
"""Degrees from point to point of an arc that GDAL draws (its own are 4): of a radius of 26 km the
chords are then 1 cm off."""
_ANSWERS: Final = {".geojson": of_geojson, ".json": of_geojson, ".gml": of_gml}
"""By ending: what a file says of itself as the answer of a server."""
UNREADABLE: Final = (RuntimeError, ValueError, IndexError, UnboundLocalError)
"""What pyogrio raises on a file that GDAL gives up; the last where the reference system (a .prj) is
no text."""


def list_layers(path: str | os.PathLike[str]) -> list[str]:
    """List the layers of a file that hold geometry.

    Raises
    ------
    FileError
        If the file does not exist or GDAL cannot open it.
    """
    if not Path(path).exists():
        raise FileError(f"{path}: no such file; check the path")
    try:
        with quietly():
            warnings.simplefilter("ignore", RuntimeWarning)  # reading a layer says them again
            return [name for name, kind in pyogrio.list_layers(path) if kind is not None]
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def read_vector(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    prefer: tuple[str, ...] = (),
    operation: str | None = None,
) -> gpd.GeoDataFrame:
    """Read one layer of any file that GDAL reads, in EPSG:4326 (longitude, latitude).

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf, ...
    layer
        Name of the layer; may be left out when the file has one layer with geometry.
    prefer
        Layers to take, in this order, when `layer` is left out and the file has several.
    operation
        The named datum transformation, where the file's datum is not WGS 84.

    Raises
    ------
    FileError
        If the file is missing, unreadable or truncated, the answer of a server that stops before
        the end, or the layer is unknown or unclear.
    CRSError
        If the file has no reference system, names several, one that is not known, or one whose
        datum shift must be named.
    GeometryError
        If a ring is not closed or has too few points to be read at all.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> len(read_vector(sample.path("districts")))
    198
    """
    layers = list_layers(path)
    layer = choose_layer(path, layer, layers, prefer)
    try:
        frame = _read(path, layer)
    except shapely.errors.GEOSException as error:
        raise _broken_rings(path, layer) from error
    except UNREADABLE as error:
        raise unreadable(path, error) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(f"{path}: layer {layer!r} has no geometry; it has: {some(layers, 12)}")
    answers = _ANSWERS.get(Path(path).suffix.lower())
    said = None if answers is None else answers(Path(path), len(frame))
    if said is not None:
        raise FileError(f"{path}: {said}")
    frame, unclear = as_named(frame, path, layer)
    if unclear is not None:
        raise CRSError(f"{path}: {unclear}; ask its maker, and export it in EPSG:4326")
    return to_wgs84(frame, str(path), operation)


def _read(path: str | os.PathLike[str], layer: str, on_invalid: str = "raise") -> Any:
    with quietly(), gdal_set(FINE_ARCS):
        return pyogrio.read_dataframe(path, layer=layer, on_invalid=on_invalid)


@contextmanager
def gdal_set(options: Mapping[str, str]) -> Iterator[None]:
    """Set options of GDAL for a while.

    Examples
    --------
    >>> with gdal_set(FINE_ARCS):
    ...     pyogrio.get_gdal_config_option("OGR_ARC_STEPSIZE")
    '0.1'
    """
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(dict(options))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


@contextmanager
def quietly() -> Iterator[None]:
    """Silence what is dropped on purpose (a measure, M) and what becomes an error of ours.

    Examples
    --------
    >>> with quietly():
    ...     warnings.warn("Measured (M) geometry types are not supported", stacklevel=1)
    """
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        for message in ("Measured", "Non closed ring"):
            warnings.filterwarnings("ignore", message=message)
        yield


def broken_rings(
    path: str | os.PathLike[str], layer: str, geometries: NDArray[np.object_]
) -> dict[int, str]:
    """Say which records have rings that GEOS cannot even build, and why.

    Parameters
    ----------
    path, layer
        What was read.
    geometries
        What came of it with `on_invalid="ignore"`: null where a record has no polygon, or none
        that can be built.

    Returns
    -------
    dict
        The reason by the place of the record, from 0.
    """
    missing = shapely.is_missing(geometries)
    if not missing.any():
        return {}
    with quietly():
        warnings.simplefilter("ignore", RuntimeWarning)  # they were said when it was read
        binary = pyogrio.raw.read(path, layer=layer, columns=[])[2]
    return {
        int(place): reason
        for place in np.flatnonzero(missing)
        if (reason := ring_fault(binary[place])) is not None
    }


def ring_fault(wkb: bytes | None) -> str | None:
    """Return why GEOS cannot build a geometry from its WKB, None if it can or there is none.

    Examples
    --------
    >>> ring_fault(shapely.to_wkb(shapely.box(0, 0, 1, 1))), ring_fault(None)
    (None, None)
    """
    try:
        with quietly():
            shapely.from_wkb(wkb)
    except shapely.errors.GEOSException as error:
        reason = str(error)
        with quietly():
            closed = shapely.from_wkb(wkb, on_invalid="fix")
        few = shapely.get_num_coordinates(shapely.get_rings(closed)).min(initial=4) < 4
        if few or (closed is None and "point" in reason):
            return FEW_POINTS
        return NOT_CLOSED if "closed" in reason else NO_GEOMETRY
    return None


def _broken_rings(path: str | os.PathLike[str], layer: str) -> GeometryError:
    """Return the error that names the records with broken rings."""
    frame = _read(path, layer, on_invalid="ignore")
    found = broken_rings(path, layer, frame.geometry.to_numpy())
    places = list(found)
    name = next((c for c in frame.columns if str(c).lower() == "hazard_id"), None)
    records = [f"number {n + 1}" for n in places] if name is None else frame[name].iloc[places]
    return GeometryError(
        f"{path}: record {some(records)}: broken ring ({next(iter(found.values()))}); "
        "mend the polygons in their source and load again"
    )


def types_mapper(types: Mapping[Any, Any]) -> Callable[[Any], Any]:
    """Return what pyarrow asks for the pandas type that one of its own types becomes.

    The `get` of a dictionary would not do: a type that another library has registered (geoarrow,
    which SedonaDB loads) may have no hash.

    Parameters
    ----------
    types
        The pandas type of some types of Arrow; others become what pyarrow makes of them.

    Examples
    --------
    >>> import pandas as pd
    >>> import pyarrow as pa
    >>> numbers = pa.table({"n": [2**53 + 1, None]})
    >>> mapper = types_mapper({pa.int64(): pd.Int64Dtype()})
    >>> numbers.to_pandas(types_mapper=mapper)["n"].tolist()
    [9007199254740993, <NA>]
    """
    pairs = list(types.items())
    return lambda of: next((pandas for arrow, pandas in pairs if arrow == of), None)


def choose_layer(
    path: str | os.PathLike[str], layer: str | None, layers: list[str], prefer: tuple[str, ...]
) -> str:
    """Return the layer that is meant: the one named, the only one, or the first preferred.

    Raises
    ------
    FileError
        If there is none, none of that name, or it is not clear which; the message lists them.

    Examples
    --------
    >>> choose_layer("a.gpkg", None, ["event", "hazard"], ("hazard",))
    'hazard'
    """
    if not layers:
        raise FileError(f"{path}: no layer with geometry; export the polygons again")
    if layer is not None and layer not in layers:
        raise FileError(f"{path}: no layer {layer!r}; it has: {some(layers, 12)}")
    if layer is not None:
        return layer
    if len(layers) == 1:
        return layers[0]
    for name in prefer:
        if name in layers:
            return name
    raise FileError(
        f'{path}: several layers; name one, as layer="{layers[0]}", of: {some(layers, 12)}'
    )


def unreadable(path: str | os.PathLike[str], error: Exception) -> FileError:
    """Return the error on a file that GDAL gives up, with its reason if it says one.

    Examples
    --------
    >>> str(unreadable("a.gpkg", RuntimeError("file is not a database; more")))
    'a.gpkg: cannot be read as a vector file, it may be truncated or of another format; get it
    again from its maker (file is not a database)'
    """
    reason = str(error).splitlines()[0].split("; ")[0] if str(error) else ""
    if not reason or reason.startswith("Error occurred in") or isinstance(error, IndexError):
        reason = type(error).__name__
    if isinstance(error, UnboundLocalError):
        reason = "its reference system, perhaps the .prj, is no text"
    return FileError(
        f"{path}: cannot be read as a vector file, it may be truncated or of another format; "
        f"get it again from its maker ({reason})"
    )


COORDINATES: Final = (("lon", "lat"), ("longitude", "latitude"), ("x", "y"))


def read_places(path: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Read names of places from a CSV or any vector file of points.

    Parameters
    ----------
    path
        A CSV with `name`, and `lon`, `lat` (or `longitude`, `latitude`) in degrees on WGS 84; or
        a vector file whose records have a `name`. Polygons and lines count with their centroid.

    Returns
    -------
    geopandas.GeoDataFrame
        `name`, the file's other columns, points in EPSG:4326. Records without a name or a
        geometry are left out.

    Raises
    ------
    FileError
        If the file is missing or cannot be read.
    RecordError
        If there is no column `name`, or none of coordinates in a CSV.
    GeometryError
        If a coordinate is not a longitude or latitude.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> places = read_places(sample.path("places"))
    >>> places.set_index("name").loc["Phnom Penh"].geometry.x > 104
    True
    """
    if Path(path).suffix.lower() in {".csv", ".txt"}:
        found = read_points(path)
    else:
        found = read_vector(path)
        if found.geometry.name != "geometry":
            found = found.rename_geometry("geometry")
    if "name" not in found:
        raise RecordError(f"{path}: no column 'name'; there are: {some(found.columns, 20)}")
    named = found[found["name"].notna() & found.geometry.notna() & ~found.geometry.is_empty]
    points = shapely.centroid(named.geometry.to_numpy())
    return named.assign(name=named["name"].astype(str)).set_geometry(points, crs=CRS)


def read_points(path: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Read a CSV with a longitude and a latitude a row, as points in EPSG:4326.

    Raises
    ------
    FileError
        If the file is missing or no CSV.
    RecordError
        If no columns are `lon` and `lat` (or `longitude`, `latitude`).
    GeometryError
        If a coordinate is not a longitude or latitude.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> len(read_points(sample.path("places")))
    301
    """
    if not Path(path).exists():
        raise FileError(f"{path}: no such file; check the path")
    try:
        table = pd.read_csv(path, dtype={"name": "str"}, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"{path}: cannot be read as CSV ({reason}); write it as UTF-8") from error
    if pair_of(table) is None:
        raise RecordError(f"{path}: no columns lon and lat; there are: {some(table.columns, 20)}")
    return with_points(table, path)


def pair_of(table: pd.DataFrame) -> tuple[str, str] | None:
    """Return the columns of longitude and latitude of a table; None where it has none.

    Examples
    --------
    >>> pair_of(pd.DataFrame(columns=["lat", "lon"]))
    ('lon', 'lat')
    """
    return next((names for names in COORDINATES if set(names) <= set(table)), None)


def with_points(table: pd.DataFrame, path: object) -> gpd.GeoDataFrame:
    """Return a table with a point (EPSG:4326) for its longitude and latitude; null for neither.

    Raises
    ------
    RecordError
        If it has no such columns.
    GeometryError
        If a coordinate is not a longitude or latitude.

    Examples
    --------
    >>> with_points(pd.DataFrame({"lon": ["103"], "lat": ["13"]}), "x.csv").geometry.iloc[0]
    <POINT (103 13)>
    """
    pair = pair_of(table)
    if pair is None:
        raise RecordError(f"{path}: no columns lon and lat; there are: {some(table.columns, 20)}")
    numbers = table[list(pair)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero((np.abs(numbers) > [180, 90]).any(axis=1))
    unread = np.flatnonzero(np.isnan(numbers).any(axis=1) & table[list(pair)].notna().any(axis=1))
    if len(bad) or len(unread):
        row = int(np.concatenate([bad, unread]).min())
        raise GeometryError(f"{path}: record {row + 1} has no longitude and latitude in degrees")
    points = shapely.points(np.nan_to_num(numbers))
    points[np.isnan(numbers).any(axis=1)] = None
    return gpd.GeoDataFrame(table.drop(columns=list(pair)), geometry=points, crs=CRS)
