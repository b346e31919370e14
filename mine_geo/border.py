"""Border lines, and the geodesic distance from polygons to them (metres, WGS 84).

A border is a table of lines in EPSG:4326 with the columns of `terms.BORDER_COLUMNS`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo import crs, settings
from mine_geo.errors import CRSError, GeometryError, RecordError, some
from mine_geo.geometry import as_geometries, densify
from mine_geo.terms import BORDER_COLUMNS, BORDER_KINDS, CRS, NEIGHBOURS
from mine_geo.vector import read_vector

if TYPE_CHECKING:
    import os

    import pyproj
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]

UNKNOWN_ACCURACY_M: Final = 0.0
CHUNK_SEGMENTS: Final = 8
BLOCK: Final = 4096
EARTH_M: Final = 6_371_000.0
TOUCH_M: Final = 1e-6


def read_border(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    version: str | None = None,
    accuracy_m: float | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Read border lines from a file.

    Parameters
    ----------
    path
        Any vector file of lines.
    name, version
        What the border dataset is called; else the file's own columns, else the file's name and
        `"unversioned"`.
    accuracy_m
        How far the lines may be from the true border, metres; else the file's own column,
        else 0.
    layer
        The layer, where the file has several.

    Returns
    -------
    geopandas.GeoDataFrame
        Lines in EPSG:4326 with `kind` (land, coast), `neighbour` (THA, LAO, VNM, null on the
        coast), `border_name`, `border_version`, `accuracy_m`.

    Raises
    ------
    FileError, CRSError, GeometryError, RecordError
        If the file cannot be read, is not lines, or has words outside the vocabulary.

    Examples
    --------
    >>> from mine_geo import sample
    >>> border = read_border(sample.path("border"))
    >>> sorted(border.neighbour.dropna().unique())
    ['LAO', 'THA', 'VNM']
    """
    frame = read_vector(path, layer, prefer=("border",))
    given = {"border_name": name, "border_version": version, "accuracy_m": accuracy_m}
    given = {column: value for column, value in given.items() if value is not None}
    frame = frame.assign(**given)
    if "border_name" not in frame:
        frame = frame.assign(border_name=Path(path).stem)
    try:
        return to_border(frame)
    except (GeometryError, RecordError) as error:
        raise type(error)(f"{path}: {error}") from error


def to_border(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a border table in its canonical columns, checked.

    Raises
    ------
    CRSError
        If the frame is not in EPSG:4326.
    GeometryError
        If a geometry is missing, empty, or not a line.
    RecordError
        If `kind` or `neighbour` holds a word outside the vocabulary.

    Examples
    --------
    >>> line = shapely.LineString([(102.5, 13.0), (102.6, 13.1)])
    >>> to_border(gpd.GeoDataFrame(geometry=[line], crs=4326))[["kind", "border_version"]]
       kind border_version
    0  land    unversioned
    """
    if frame.crs != CRS:
        raise CRSError("border lines must be in EPSG:4326; use to_crs(4326) first")
    _check_lines(frame)
    filled = frame.reset_index(drop=True)
    if filled.geometry.name != "geometry":
        filled = filled.rename_geometry("geometry")
    defaults = {
        "kind": "land",
        "neighbour": None,
        "border_name": "border",
        "border_version": "unversioned",
        "accuracy_m": UNKNOWN_ACCURACY_M,
    }
    filled = filled.assign(**{c: v for c, v in defaults.items() if c not in filled})
    filled["neighbour"] = filled["neighbour"].astype(object).where(filled["neighbour"].notna())
    for column, words in (("kind", BORDER_KINDS), ("neighbour", NEIGHBOURS)):
        strange = set(filled[column].dropna()) - set(words)
        if strange:
            raise RecordError(
                f"border: {column} {some(sorted(strange))} is unknown; valid: {', '.join(words)}"
            )
    for column in ("border_name", "border_version"):
        filled[column] = filled[column].astype(str)
    filled["accuracy_m"] = filled["accuracy_m"].astype(float).fillna(UNKNOWN_ACCURACY_M)
    rest = [c for c in filled.columns if c not in BORDER_COLUMNS]
    return filled[[*BORDER_COLUMNS, *rest]]


def _check_lines(frame: gpd.GeoDataFrame) -> None:
    if frame.empty:
        raise GeometryError("border: no lines; choose a layer that holds the border")
    geometries = as_geometries(frame)
    kinds = shapely.get_type_id(geometries)
    lines = np.isin(kinds, (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING))
    bad = np.flatnonzero(~lines | shapely.is_empty(geometries))
    if len(bad):
        first = geometries[bad[0]]
        seen = "no geometry" if first is None else f"{first.geom_type}, empty or not a line"
        raise GeometryError(
            f"border: record {some(bad)} is not a line ({seen}); "
            "give the border as LineString or MultiLineString"
        )


def border_lines(border: gpd.GeoDataFrame, *, include_coast: bool = False) -> gpd.GeoDataFrame:
    """Return the lines that count: the land border, with the coast if asked.

    Raises
    ------
    GeometryError
        If no line is left.
    """
    lines = border if include_coast else border[border["kind"] == "land"]
    if lines.empty:
        raise GeometryError("border: no land line in it; use include_coast=True or another border")
    return lines


def border_distance(
    hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, *, include_coast: bool = False
) -> pd.Series[float]:
    """Geodesic distance in metres from the nearest edge of each polygon to the border.

    Right to 0.05 m. See `border_nearest` for the method.

    Parameters
    ----------
    hazards
        Polygons in EPSG:4326 (any GeoDataFrame or GeoSeries).
    border
        Border lines, as from `read_border`.
    include_coast
        Count the coast as border too.

    Returns
    -------
    pandas.Series
        `border_distance_m`, on the index of `hazards`; 0 where polygon and border touch, NaN for
        a missing or empty geometry.

    Examples
    --------
    >>> from mine_geo import sample
    >>> border = read_border(sample.path("border"))
    >>> field = gpd.GeoSeries([shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> border_distance(field, border).round(1).tolist()
    [50973.4]
    """
    return border_nearest(hazards, border, include_coast=include_coast)["border_distance_m"]


def border_nearest(
    hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, *, include_coast: bool = False
) -> pd.DataFrame:
    """Distance to the border and the neighbour there, for each polygon.

    The planar nearest distance in the UTM zone of the border bounds the search; each border
    segment that the variation of the UTM scale (k = 1 + x²/2R², Snyder 1987, section 8) could make
    the nearest is then measured by the geodesic between the two nearest points (Karney 2013,
    GeographicLib through PROJ). Edges are straight in longitude / latitude.

    Returns
    -------
    pandas.DataFrame
        `border_distance_m` (float, metres) and `neighbour` (THA, LAO, VNM; null at the coast), on
        the index of `hazards`.

    Raises
    ------
    CRSError
        If `hazards` is not in EPSG:4326.
    GeometryError
        If no border line is left to measure to.
    """
    if hazards.crs != CRS:
        raise CRSError("hazards must be in EPSG:4326; use read_hazards or to_crs(4326) first")
    lines = border_lines(border, include_coast=include_coast)
    geometries = as_geometries(hazards)
    there = np.flatnonzero(~(shapely.is_missing(geometries) | shapely.is_empty(geometries)))
    # Neighbours one after another find the same part of the border still in the cache.
    there = there[np.argsort(gpd.GeoSeries(geometries[there]).hilbert_distance().to_numpy())]
    distance = np.full(len(geometries), np.nan)
    line = np.full(len(geometries), -1)
    plane = _Plane.of(lines)
    blocks = [there[start : start + BLOCK] for start in range(0, len(there), BLOCK)]
    workers = min(settings.threads(), max(len(blocks), 1))
    # One plane a thread: a prepared geometry that is shared does not scale.
    shares = [blocks[worker::workers] for worker in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        for done in pool.map(lambda share: _measure(plane.copy(), geometries, share), shares):
            for block, (metres, owner) in done:
                distance[block], line[block] = metres, owner
    names = np.array([*lines["neighbour"], None], dtype=object)
    return pd.DataFrame(
        {"border_distance_m": distance, "neighbour": names[line]}, index=hazards.index
    )


class _Plane(NamedTuple):
    """The border in a plane: one prepared whole, its chunks in a tree, its segments."""

    system: pyproj.CRS
    project: pyproj.Transformer
    whole: Any
    tree: shapely.STRtree
    chunks: Objects
    segments: Objects
    owner: Integers
    central_x: float

    @classmethod
    def of(cls, lines: gpd.GeoDataFrame) -> _Plane:
        west, south, east, north = lines.total_bounds
        system = crs.utm_zone((west + east) / 2, (south + north) / 2)
        project = crs.to_plane(system)
        parts, line = shapely.get_parts(densify(lines), return_index=True)
        flat = _transform(parts, project)
        xy, part = shapely.get_coordinates(flat, return_index=True)
        inside = np.flatnonzero(part[1:] == part[:-1])
        ends = np.stack([xy[inside], xy[inside + 1]], axis=1)
        segments = shapely.linestrings(ends)
        chunk = np.arange(len(segments)) // CHUNK_SEGMENTS
        chunks = shapely.multilinestrings(segments, indices=chunk)
        return cls(
            system=system,
            project=project,
            whole=shapely.multilinestrings(flat),
            tree=shapely.STRtree(chunks),
            chunks=chunks,
            segments=segments,
            owner=line[part[inside]],
            central_x=500_000.0,
        )

    def copy(self) -> _Plane:
        whole = shapely.from_wkb(shapely.to_wkb(self.whole))
        shapely.prepare(whole)
        return self._replace(whole=whole, project=crs.to_plane(self.system))


def _transform(geometries: Objects, transformer: pyproj.Transformer) -> Objects:
    xy = shapely.get_coordinates(geometries)
    moved = np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    flat: Objects = shapely.set_coordinates(shapely.force_2d(geometries), moved)
    return flat


def _measure(
    plane: _Plane, geometries: Objects, blocks: list[Integers]
) -> list[tuple[Integers, tuple[Floats, Integers]]]:
    return [(block, _measure_block(plane, geometries[block])) for block in blocks]


def _measure_block(plane: _Plane, hazards: Objects) -> tuple[Floats, Integers]:
    """Return the distance in metres and the border line of each hazard of a block."""
    flat = _transform(densify(hazards), plane.project)
    first = shapely.shortest_line(plane.whole, flat)
    reach = _reach(plane, flat, first)
    hazard, segment = _candidates(plane, flat, reach)
    pairs = shapely.shortest_line(flat[hazard], plane.segments[segment])
    ends = shapely.get_coordinates(pairs)
    lonlat = np.column_stack(plane.project.transform(ends[:, 0], ends[:, 1], direction="INVERSE"))
    metres = crs.geodesic_m(lonlat[0::2], lonlat[1::2])
    metres[shapely.length(pairs) == 0] = 0.0
    order = np.lexsort((segment, metres, hazard))
    best = order[np.unique(hazard[order], return_index=True)[1]]
    return metres[best], plane.owner[segment[best]]


def _reach(plane: _Plane, flat: Objects, first: Objects) -> Floats:
    """Return the planar distance within which the geodesically nearest segment must lie.

    A segment at planar distance d has a geodesic distance of d over the mean scale on the way;
    so none beyond d times (largest mean scale / scale of the first find) can be nearer.
    """
    ends = shapely.get_coordinates(first).reshape(-1, 2, 2)
    planar = shapely.length(first)
    x0, x1 = (ends[:, side, 0] - plane.central_x for side in (0, 1))
    bounds = shapely.bounds(flat)
    x = np.abs(bounds[:, [0, 2]] - plane.central_x).max(axis=1)
    found = x0 * x0 + x0 * x1 + x1 * x1
    largest = 3 * x * x + 3 * x * planar + planar * planar
    excess = (largest - found) / (6 * EARTH_M**2)
    reach: Floats = planar * (1 + 1.1 * excess + 1e-7) + TOUCH_M
    return reach


def _candidates(plane: _Plane, flat: Objects, reach: Floats) -> tuple[Integers, Integers]:
    """Return the pairs of hazard and border segment within reach, hazard by hazard.

    By the circle about each hazard to chunks of the border, then exactly, then to segments.
    """
    bounds = shapely.bounds(flat)
    centre = (bounds[:, :2] + bounds[:, 2:]) / 2
    radius = np.hypot(*(bounds[:, 2:] - centre).T)
    hazard, chunk = plane.tree.query(
        shapely.points(centre), predicate="dwithin", distance=reach + radius
    )
    near = shapely.dwithin(flat[hazard], plane.chunks[chunk], reach[hazard])
    hazard, chunk = hazard[near], chunk[near]
    segment = (chunk[:, None] * CHUNK_SEGMENTS + np.arange(CHUNK_SEGMENTS)).ravel()
    hazard = np.repeat(hazard, CHUNK_SEGMENTS)
    real = segment < len(plane.segments)
    hazard, segment = hazard[real], segment[real]
    near = shapely.dwithin(flat[hazard], plane.segments[segment], reach[hazard])
    return hazard[near], segment[near]
