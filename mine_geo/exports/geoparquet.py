"""The split of a GeoParquet file into another one, batch by batch: memory does not grow with it.

GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0): Parquet with geometries as WKB, and in its
metadata `geo` what they are. Distances in metres, sizes in m²; geometries in EPSG:4326.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from mine_geo.disclosure import restriction
from mine_geo.disclosure.restriction import new_file
from mine_geo.errors import CRSError, FileError, RecordError, some
from mine_geo.geo.hazards import to_hazards
from mine_geo.geo.vector import types_mapper
from mine_geo.split.zones import CUTTING, NearZone, border_split
from mine_geo.terms import CRS, HAZARD_COLUMNS, RESTRICTION_COLUMN, SPLIT_COLUMNS, THRESHOLD_M

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from mine_geo.maps.provenance import Provenance
    from mine_geo.terms import Rule


BATCH: Final = 50_000
"""Hazards that are held at once: some 150 MB with their distances."""
_BUFFER: Final = 1 << 20
"""Bytes of a column that are read at once: a row group may hold all hazards of a country."""
_TYPES: Final = {
    "in_workbench": pa.bool_(),
    "residual": pa.bool_(),
    "surveyed_on": pa.timestamp("ms"),
    "reported_size_m2": pa.float64(),
    **dict.fromkeys(("size_m2", "near_size_m2", "far_size_m2"), pa.int64()),
    **dict.fromkeys(("border_distance_m", "border_margin_m", "threshold_m"), pa.float64()),
    "include_coast": pa.bool_(),
}
"""The types of our columns that are no text. A batch alone would not tell: all may be null."""
_BOX: Final = pa.struct([(side, pa.float64()) for side in ("xmin", "ymin", "xmax", "ymax")])
_WGS84: Final = (("EPSG", "4326"), ("OGC", "CRS84"))
_READ: Final = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
"""Whole numbers keep all their digits, and what is missing is neither 0 nor false."""


class How(NamedTuple):
    """How hazards are split; see `border_split`."""

    threshold_m: float = THRESHOLD_M
    rule: Rule = "edge"
    include_coast: bool = False
    kind: str | None = None
    """The kind of records that have none."""


def split_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    rule: Rule = "edge",
    include_coast: bool = False,
    kind: str | None = None,
    overwrite: bool = False,
    replace: str | None = None,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Split the hazards of a GeoParquet file into a new one, a batch at a time.

    Row for row what `border_split(to_hazards(...), border)` gives of the whole file. Memory is that
    of one batch and eight bytes a hazard. The new file is whole or not there at all; it is
    restricted, and says so in its metadata.

    Parameters
    ----------
    source
        GeoParquet, WKB, in EPSG:4326 or OGC:CRS84, with a column `hazard_id`; as `to_hazards`.
    target
        The new GeoParquet file, with a column `bbox` that its metadata name as covering.
    border
        Border lines in EPSG:4326, as from `read_border`.
    threshold_m, rule, include_coast
        As for `border_split`; metres.
    kind
        The kind of records that have none.
    overwrite, replace
        As for `exports.write`.
    without_remarks, with_personal
        As for `exports.write`.
    progress
        Called after each batch with the hazards done and those in the file.

    Returns
    -------
    int
        How many hazards were split.

    Raises
    ------
    FileError
        If the source is no GeoParquet or damaged, or the target cannot be written.
    CRSError
        If the source is in another reference system, or in none.
    RecordError, GeometryError
        As for `to_hazards`; also for an id that stands in two batches.

    Examples
    --------
    >>> import tempfile
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> folder = Path(tempfile.mkdtemp())
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["A", "B"]},
    ...     geometry=shapely.box([102.35, 103], [13.3, 13], [102.36, 103.01], [13.31, 13.01]),
    ...     crs=4326)
    >>> fields.to_parquet(folder / "in.parquet")
    >>> split_file(folder / "in.parquet", folder / "out.parquet",
    ...     read_border(sample.path("border")))
    2
    >>> gpd.read_parquet(folder / "out.parquet")[["hazard_id", "zone", "size_m2"]]
      hazard_id  zone  size_m2
    0         A  near  1198718
    1         B   far  1200149
    """
    how = How(threshold_m, rule, include_coast, kind)
    path = Path(source)
    ids: list[NDArray[np.uint64]] = []
    with new_file(target, overwrite=overwrite, replace=replace) as place, opened(path) as file:
        names = file.schema_arrow.names
        restriction.check_personal(with_personal, names)
        zones = NearZone(border, include_coast=include_coast) if rule in CUTTING else None
        done, whole = 0, file.metadata.num_rows
        with SplitWriter(place) as writer:
            for hazards in batches(file, path):
                ids.append(id_hashes(hazards))
                split = split_batch(hazards, border, how, zones)
                writer.write(
                    restriction.leaving(
                        split, without_remarks=without_remarks, with_personal=with_personal
                    ),
                    types(file.schema_arrow),
                )
                done += len(split)
                if progress is not None:
                    progress(done, whole)
            if not done:
                raise RecordError(f"{path}: no records; export the polygons again")
            refuse_repeated(ids, lambda: batches(file, path))
    return done


# Reading


@contextmanager
def opened(path: Path, handle: Any = None) -> Iterator[pq.ParquetFile]:
    """Open a GeoParquet file whose geometries can be split as they are.

    Parameters
    ----------
    path
        The file, for messages, and to be opened.
    handle
        What to read in its stead: an open file of another file system.

    Raises
    ------
    FileError
        If it is missing, damaged or no GeoParquet of WKB.
    CRSError
        If it is not in longitude / latitude on WGS 84.
    """
    try:
        with pq.ParquetFile(path if handle is None else handle, buffer_size=_BUFFER) as file:
            _check_metadata(file, path)
            yield file
    except FileNotFoundError as error:
        raise FileError(f"{path}: no such file; check the path") from error
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileError):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(
            f"{path}: cannot be read as GeoParquet ({reason}); get it again from its maker"
        ) from error


def _check_metadata(file: pq.ParquetFile, path: Path) -> None:
    """Refuse what the metadata say of the geometries that no split can take as it is."""
    said = _geo(file)
    column = said.get("columns", {}).get(said.get("primary_column"))
    if not isinstance(column, dict) or said["primary_column"] not in file.schema_arrow.names:
        raise FileError(f"{path}: Parquet without a geometry column; save it as GeoParquet")
    if column.get("encoding") != "WKB":
        raise FileError(
            f"{path}: geometries as {column.get('encoding')!r}; save it with the encoding WKB"
        )
    if column.get("edges", "planar") != "planar":
        raise CRSError(f"{path}: edges are {column['edges']}; save it with edges that are planar")
    # Without the key it is OGC:CRS84; null means that nobody knows.
    system = column.get("crs", {"id": {"authority": "OGC", "code": "CRS84"}})
    if system is None:
        raise CRSError(f"{path}: has no reference system; ask its maker, and save it in EPSG:4326")
    name = system.get("id", {}) if isinstance(system, dict) else {}
    if (str(name.get("authority")), str(name.get("code"))) not in _WGS84:
        told = system.get("name") if isinstance(system, dict) else system
        raise CRSError(
            f"{path}: in {told!r}; read it with read_hazards, which shifts its datum, "
            "and save it in EPSG:4326"
        )


def _geo(file: pq.ParquetFile) -> dict[str, Any]:
    try:
        said = json.loads((file.metadata.metadata or {})[b"geo"])
    except (KeyError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def batches(
    file: pq.ParquetFile, path: Path, groups: list[int] | None = None
) -> Iterator[gpd.GeoDataFrame]:
    """Yield the records of some row groups (else all) in EPSG:4326, at most `BATCH` at once.

    The index counts the records of the file from 0. Boxes that a covering names are left out, and
    categories are the texts that they stand for.

    Raises
    ------
    RecordError
        If a record has no id.
    GeometryError
        If a geometry cannot be built.
    """
    said = _geo(file)
    primary = said["primary_column"]
    named = said["columns"][primary].get("covering", {}).get("bbox", {})
    boxes = {"bbox", *(str(side[0]) for side in named.values())}
    kept = [
        field.name
        for field in file.schema_arrow
        if not (field.name in boxes and pa.types.is_struct(field.type))
    ]
    groups = list(range(file.metadata.num_row_groups)) if groups is None else groups
    first = sum(file.metadata.row_group(group).num_rows for group in range(min(groups, default=0)))
    for batch in file.iter_batches(BATCH, row_groups=groups, columns=kept):
        table = pa.Table.from_batches([batch])
        for place, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                table = table.set_column(
                    place, field.name, table[field.name].cast(field.type.value_type)
                )
        try:
            shapes = shapely.from_wkb(table[primary].to_numpy())
        except shapely.errors.GEOSException as error:
            raise FileError(
                f"{path}: a geometry among records {first + 1} to {first + len(table)} cannot be "
                f"built ({error}); mend the polygons in their source"
            ) from error
        frame = gpd.GeoDataFrame(
            table.drop([primary]).to_pandas(types_mapper=types_mapper(_READ), date_as_object=False),
            geometry=shapes,
            crs=CRS,
        )
        frame.index = pd.RangeIndex(first, first + len(frame))
        if "hazard_id" in frame and frame["hazard_id"].isna().any():
            missing = frame.index[frame["hazard_id"].isna()] + 1
            raise RecordError(
                f"{path}: record {some(missing)} has no hazard_id; give each hazard its id"
            )
        first += len(frame)
        if len(frame):
            yield frame


def split_batch(
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    how: How,
    zones: NearZone | None = None,
) -> gpd.GeoDataFrame:
    """Return what `border_split` gives of records that `batches` yields."""
    known = [name for name in hazards if str(name).lower() in SPLIT_COLUMNS]
    table = to_hazards(hazards.drop(columns=known), kind=how.kind)
    return border_split(
        table,
        border,
        threshold_m=how.threshold_m,
        rule=how.rule,
        include_coast=how.include_coast,
        zones=zones,
    )


# An id may stand once only. Eight bytes of each are kept; where two are alike, the ids themselves
# are read again, so that none is refused for a number that it shares by chance.


def id_hashes(hazards: gpd.GeoDataFrame) -> NDArray[np.uint64]:
    """Return a number for each `hazard_id`, the same for the same id, as `to_hazards` reads it."""
    column = next((name for name in hazards if str(name).lower() == "hazard_id"), None)
    if column is None:
        return np.empty(0, dtype=np.uint64)
    ids = hazards[column].astype("str").str.strip()
    return pd.util.hash_array(ids.to_numpy(dtype=object), categorize=False)


def refuse_repeated(
    ids: list[NDArray[np.uint64]], again: Callable[[], Iterable[gpd.GeoDataFrame]]
) -> None:
    """Refuse ids that stand twice, by name.

    Parameters
    ----------
    ids
        As `id_hashes` gives them of each batch.
    again
        Gives the batches once more: only where two numbers are alike.

    Raises
    ------
    RecordError
        If there are such ids.
    """
    numbers, count = np.unique(np.concatenate(ids), return_counts=True)
    twice = numbers[count > 1]
    if not len(twice):
        return
    seen: dict[str, int] = {}
    for hazards in again():
        alike = np.isin(id_hashes(hazards), twice)
        for name in hazards.loc[alike, "hazard_id"].astype("str").str.strip():
            seen[name] = seen.get(name, 0) + 1
    repeated = sorted(name for name, times in seen.items() if times > 1)
    if repeated:
        raise RecordError(f"hazard_id {some(repeated)} stands more than once; ids must be unique")


# Writing


def types(source: pa.Schema) -> dict[str, pa.DataType]:
    """Return the types of the columns of a split: ours, and those that a source has besides."""
    further = {
        field.name: field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        for field in source
    }
    ours = dict.fromkeys((*HAZARD_COLUMNS, *SPLIT_COLUMNS), pa.string())
    return further | ours | _TYPES


def types_of(split: gpd.GeoDataFrame) -> dict[str, pa.DataType]:
    """Return the types of the columns of a split that no file tells: further ones by their values.

    A further column without any value is one of texts.
    """
    rest = pd.DataFrame(split.drop(columns=split.geometry.name))
    found = pa.Schema.from_pandas(rest, preserve_index=False)
    return types(
        pa.schema([f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in found])
    )


class SplitWriter:
    """Writes splits into one GeoParquet file, each as a row group, with their bounding boxes.

    Parameters
    ----------
    path
        The file.
    said
        What it says of itself in its metadata; else that it is restricted.
    """

    def __init__(self, path: str | os.PathLike[str] | Any, said: Provenance | None = None) -> None:
        self._path = path
        self._said: dict[str, str] = {
            restriction.FIELD: restriction.RESTRICTED,
            RESTRICTION_COLUMN: restriction.said(),
        }
        if said is not None:
            self._said |= {RESTRICTION_COLUMN: said.restriction or ""}
            self._said |= {"provenance": json.dumps(said.rows, ensure_ascii=False)}
        self._writer: pq.ParquetWriter | None = None
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def __enter__(self) -> Self:
        """Return itself: the file is made with the first split."""
        return self

    def write(self, split: gpd.GeoDataFrame, of: dict[str, pa.DataType]) -> None:
        """Write a split with its columns as `types` says."""
        shapes = split.geometry.to_numpy()
        bounds = shapely.bounds(shapes)
        rest = pd.DataFrame(split.drop(columns=split.geometry.name))
        fields = [(str(name), of[str(name)]) for name in rest]
        table = pa.Table.from_pandas(rest, pa.schema(fields), preserve_index=False)
        boxes = pa.StructArray.from_arrays(bounds.T.copy(), fields=list(_BOX))
        table = table.append_column("geometry", pa.array(shapely.to_wkb(shapes), pa.binary()))
        table = table.append_column("bbox", boxes).replace_schema_metadata(self._said)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table, row_group_size=max(len(table), 1))
        if not len(table):
            return
        self._bounds[:2] = np.minimum(self._bounds[:2], bounds[:, :2].min(axis=0))
        self._bounds[2:] = np.maximum(self._bounds[2:], bounds[:, 2:].max(axis=0))

    def __exit__(self, failed: object, *_: object) -> None:
        """End the file; only one that is whole gets the metadata of its geometries."""
        if self._writer is None:
            return
        if failed is None:
            self._writer.add_key_value_metadata({"geo": json.dumps(_metadata(self._bounds))})
        self._writer.close()


def _metadata(bounds: NDArray[np.float64]) -> dict[str, Any]:
    """Return what GeoParquet 1.1 asks for of the geometries of a split."""
    sides = {side.name: ["bbox", side.name] for side in _BOX}
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["MultiPolygon"],
                "crs": pyproj.CRS(CRS).to_json_dict(),
                "edges": "planar",
                **({"bbox": bounds.tolist()} if np.isfinite(bounds).all() else {}),
                "covering": {"bbox": sides},
            }
        },
    }
