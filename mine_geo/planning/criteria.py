"""The value of each hazard in a criterion of a weight set: a column, a distance, a count, m²."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import FileError, OptionError, RecordError, choose, some
from mine_geo.geo.cells import read_days
from mine_geo.geo.crs import geodesic_m, require_lonlat, to_plane, utm_zone
from mine_geo.geo.geometry import as_given, densify, exact_size_m2, refuse_invalid
from mine_geo.geo.vector import read_points, read_vector
from mine_geo.planning.rasters import HOWS, raster_facts
from mine_geo.planning.rasters import MEASURES as QUANTITIES

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.planning.weights import Criterion, WeightSet

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

SLACK: Final = 1.005
"""How much longer a distance on the plane of UTM may be than on the ellipsoid, in candidates."""


def value(
    hazards: gpd.GeoDataFrame, criterion: Criterion, layers: Mapping[str, Any]
) -> pd.Series[float]:
    """Return the value of each hazard in a criterion, on the index; NaN where it is not known.

    Parameters
    ----------
    hazards
        Hazards in EPSG:4326, any index.
    criterion
        Of a weight set. Words of an `order` become numbers, the first word 0.
    layers
        Frames in EPSG:4326, or the path of a raster, by name.

    Returns
    -------
    pandas.Series
        Metres, m², counts or what the column holds.

    Raises
    ------
    OptionError
        If a layer is not given, or a column is not there.
    RecordError
        If a column holds what is no number, or a word that is not in the order.
    CRSError, FileError
        As `raster_facts`; or if a layer is in another reference system.

    Examples
    --------
    >>> from mine_geo.planning.weights import Criterion
    >>> table = pd.DataFrame({"difficulty": ["low", None, "high"]})
    >>> of = Criterion("difficulty", 1, column="difficulty", order=("high", "medium", "low"))
    >>> value(table, of, {}).tolist()
    [2.0, nan, 0.0]
    """
    if criterion.measure == "column":
        found = _numbers(_column(hazards, criterion.column, criterion), criterion)
    else:
        found = _MEASURED[criterion.measure](hazards, criterion, layers)
    return pd.Series(np.asarray(found, dtype=float), index=hazards.index, name=criterion.name)


def read_layers(weights: WeightSet, files: Mapping[str, str | os.PathLike[str]]) -> dict[str, Any]:
    """Read the layers that a weight set uses, each as its criterion needs it.

    Rasters stay paths. A CSV is a table where it is joined, else points (`lon`, `lat`); any other
    file is what GDAL reads.

    Parameters
    ----------
    weights
        As from `read_weights`.
    files
        A file for each layer, by its name.

    Raises
    ------
    OptionError
        If the weight set uses no layer of a name.
    FileError, RecordError, GeometryError, CRSError
        If a file cannot be read.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.planning.weights import read_weights
    >>> weights = read_weights(sample.path("weights"))
    >>> list(read_layers(weights, {"terrain": sample.path("terrain")}))
    ['terrain']
    """
    used = {each.layer: each for each in weights.criteria if each.layer}
    found: dict[str, Any] = {}
    for name, file in files.items():
        if name not in used:
            raise OptionError(
                f"layer {name!r}: the weight set uses none of this name; it uses "
                f"{', '.join(used) or 'none'}"
            )
        path, criterion = Path(file), used[name]
        table = path.suffix.lower() in {".csv", ".txt"}
        if criterion.measure == "raster":
            found[name] = path
        elif criterion.measure == "joined" and table:
            found[name] = _table(path, criterion.key)
        else:
            found[name] = read_points(path) if table else read_vector(path)
    return found


def _table(path: Path, key: str) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype={key: "str"}, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"{path}: cannot be read as CSV ({reason}); write it as UTF-8") from error


def _column(frame: pd.DataFrame, name: str, criterion: Criterion) -> pd.Series[Any]:
    """Return a column; one that stands twice only where both say the same."""
    if name not in frame.columns:
        raise OptionError(
            f"criterion {criterion.name!r}: there is no column {name!r}; join it to the hazards, "
            "or leave the criterion out"
        )
    found = frame[name]
    if isinstance(found, pd.Series):
        return found
    first = found.iloc[:, 0]
    if not all(first.equals(found.iloc[:, place]) for place in range(1, found.shape[1])):
        raise RecordError(
            f"criterion {criterion.name!r}: {found.shape[1]} columns are called {name!r} and "
            "differ; leave one"
        )
    return first


def _numbers(cells: pd.Series[Any], criterion: Criterion) -> Floats:
    known = cells.notna()
    if criterion.order:
        places = {word: place for place, word in enumerate(criterion.order)}
        strange = cells[known & ~cells.astype(object).isin(places)]
        if len(strange):
            raise RecordError(
                f"criterion {criterion.name!r}: {some(strange.astype(str).unique())} is not in its "
                f"order ({', '.join(criterion.order)}); add it there, or correct the records"
            )
        return np.asarray(cells.astype(object).map(places), dtype=np.float64)
    numbers = pd.to_numeric(cells, errors="coerce").astype(float)
    wrong = known & ~np.isfinite(numbers)
    if wrong.any():
        raise RecordError(
            f"criterion {criterion.name!r}: {some(cells[wrong].astype(str).unique())} is no "
            "number; correct it, or list the words in order = [...]"
        )
    return np.asarray(numbers, dtype=np.float64)


def _layer(criterion: Criterion, layers: Mapping[str, Any]) -> Any:
    if criterion.layer not in layers:
        given = f"given: {', '.join(layers)}" if layers else "none is given"
        raise OptionError(
            f"criterion {criterion.name!r}: layer {criterion.layer!r} is not given ({given})"
        )
    return layers[criterion.layer]


def _frame(criterion: Criterion, layers: Mapping[str, Any], *, drawn: bool) -> Any:
    layer = _layer(criterion, layers)
    if not hasattr(layer, "columns"):
        raise OptionError(f"criterion {criterion.name!r}: layer {criterion.layer!r} is no table")
    if drawn:
        require_lonlat(layer, f"layer {criterion.layer!r}")
    return layer


def _joined(hazards: gpd.GeoDataFrame, criterion: Criterion, layers: Mapping[str, Any]) -> Floats:
    layer = _frame(criterion, layers, drawn=False)
    keys = _column(layer, criterion.key, criterion).astype("string")
    values = _numbers(_column(layer, criterion.column, criterion), criterion)
    twice = keys[keys.duplicated() & keys.notna()]
    if len(twice):
        raise RecordError(
            f"criterion {criterion.name!r}: {some(twice.unique())} stands several times in "
            f"{criterion.key!r} of layer {criterion.layer!r}; leave one row each"
        )
    there = keys.notna().to_numpy()
    by_key = dict(zip(keys[there], values[there], strict=True))
    asked = _column(hazards, criterion.key, criterion).astype("string")
    if asked.notna().any() and there.any() and not asked.isin(list(by_key)).any():
        raise RecordError(
            f"criterion {criterion.name!r}: no {criterion.key} of the hazards "
            f"({some(asked.dropna().unique(), 1)}) is in layer {criterion.layer!r} "
            f"({some(by_key, 1)}); a spreadsheet takes the zeros of codes away"
        )
    return np.array([np.nan if pd.isna(key) else by_key.get(key, np.nan) for key in asked])


def _raster(hazards: gpd.GeoDataFrame, criterion: Criterion, layers: Mapping[str, Any]) -> Floats:
    path = _layer(criterion, layers)
    if not isinstance(path, (str, Path)):
        raise OptionError(
            f"criterion {criterion.name!r}: layer {criterion.layer!r} is to be the path of a raster"
        )
    of = f"criterion {criterion.name!r}: "
    how = choose(criterion.how, HOWS, f"{of}how")
    quantity = choose(criterion.quantity, QUANTITIES, f"{of}quantity")
    facts = raster_facts(
        hazards,
        path,
        how=how,
        name="value",
        measure=quantity,
        band=criterion.band,
        within_m=criterion.within_m,
    )
    return facts["value"].to_numpy(dtype=float)


def _distance(hazards: gpd.GeoDataFrame, criterion: Criterion, layers: Mapping[str, Any]) -> Floats:
    """Metres to the nearest thing of a layer: the nearest on the plane of UTM, by its geodesic."""
    layer = _frame(criterion, layers, drawn=True)
    metres = np.full(len(hazards), np.nan)
    ours, theirs = as_given(hazards), _there(layer)
    drawn = np.flatnonzero(~(shapely.is_missing(ours) | shapely.is_empty(ours)))
    if len(drawn) and len(theirs):
        plane = _Plane(ours[drawn], theirs)
        here, there = shapely.STRtree(plane.theirs).query_nearest(plane.ours, all_matches=False)
        metres[drawn[here]] = plane.metres(here, there)
    return metres


def _count(hazards: gpd.GeoDataFrame, criterion: Criterion, layers: Mapping[str, Any]) -> Floats:
    """How many of a layer lie within a radius; not known where the day of one there is not."""
    layer = _frame(criterion, layers, drawn=True)
    geometries = as_given(layer)
    there = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    counted, unsure = there.copy(), np.zeros(len(layer), dtype=bool)
    if criterion.since is not None or criterion.until is not None:
        days, _ = read_days(_column(layer, criterion.day, criterion))
        unsure = there & days.isna().to_numpy()
        if criterion.since is not None:
            counted &= (days >= pd.Timestamp(criterion.since)).to_numpy(dtype=bool)
        if criterion.until is not None:
            counted &= (days < pd.Timestamp(criterion.until) + pd.Timedelta(days=1)).to_numpy(
                dtype=bool
            )
    found = np.full(len(hazards), np.nan)
    ours = as_given(hazards)
    drawn = np.flatnonzero(~(shapely.is_missing(ours) | shapely.is_empty(ours)))
    if not len(drawn):
        return found
    own = _column(hazards, "hazard_id", criterion).to_numpy() if criterion.of_others else None
    whose = _column(layer, "hazard_id", criterion).to_numpy() if criterion.of_others else None
    for these, of in ((counted, 1), (unsure, 0)):
        counts = np.zeros(len(drawn))
        if these.any():
            plane = _Plane(ours[drawn], geometries[these])
            here, other = shapely.STRtree(plane.theirs).query(
                plane.ours, predicate="dwithin", distance=criterion.radius_m * SLACK
            )
            near = plane.metres(here, other) <= criterion.radius_m
            if own is not None and whose is not None:
                near &= own[drawn[here]] != whose[these][other]
            counts = np.bincount(here[near], minlength=len(drawn)).astype(float)
        if of:
            found[drawn] = counts
        else:
            found[drawn[counts > 0]] = np.nan
    return found


def _overlap(hazards: gpd.GeoDataFrame, criterion: Criterion, layers: Mapping[str, Any]) -> Floats:
    """Whole m² that a hazard shares with the polygons of a layer, each place once."""
    layer = _frame(criterion, layers, drawn=True)
    refuse_invalid(layer, f"layer {criterion.layer!r}")
    ours, theirs = as_given(hazards), _there(layer)
    m2 = np.where(shapely.is_missing(ours) | shapely.is_empty(ours), np.nan, 0.0)
    here, there = shapely.STRtree(theirs).query(ours, predicate="intersects")
    for place in np.unique(here):
        touched = theirs[there[here == place]]
        shared = shapely.intersection(ours[place], shapely.union_all(touched))
        m2[place] = exact_size_m2(_polygons(shared)).sum().round()
    return m2


def _polygons(shared: shapely.Geometry) -> Objects:
    """Return the polygons of what two things share, without the lines and points."""
    parts = shapely.get_parts(shared)
    return np.asarray(parts[shapely.get_dimensions(parts) == 2], dtype=object)


def _there(layer: gpd.GeoDataFrame) -> Objects:
    geometries = as_given(layer)
    return geometries[~(shapely.is_missing(geometries) | shapely.is_empty(geometries))]


class _Plane:
    """Hazards and the things of a layer on the plane of UTM, to find which are near each other."""

    def __init__(self, ours: Objects, theirs: Objects) -> None:
        west, south, east, north = shapely.total_bounds(ours)
        self._plane = to_plane(utm_zone((west + east) / 2, (south + north) / 2))
        self.ours, self.theirs = self._drawn(ours), self._drawn(theirs)

    def _drawn(self, geometries: Objects) -> Objects:
        return np.asarray(
            shapely.transform(
                densify(geometries),
                lambda xy: np.column_stack(self._plane.transform(xy[:, 0], xy[:, 1])),
            ),
            dtype=object,
        )

    def metres(self, here: NDArray[np.intp], there: NDArray[np.intp]) -> Floats:
        """Return the geodesics between the nearest points of pairs; 0 where they touch."""
        lines = shapely.shortest_line(self.ours[here], self.theirs[there])
        ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
        places = [
            np.column_stack(self._plane.transform(end[:, 0], end[:, 1], direction="INVERSE"))
            for end in (ends[:, 0], ends[:, 1])
        ]
        return geodesic_m(*places)


_MEASURED: Final[dict[str, Callable[[Any, Criterion, Mapping[str, Any]], Floats]]] = {
    "joined": _joined,
    "distance": _distance,
    "count": _count,
    "overlap": _overlap,
    "raster": _raster,
}
