"""The split of more hazards than one machine holds, with Dask, over files of GeoParquet.

`pip install mine_geo[distributed]`. On one machine this gains nothing: `border_split` uses all its
cores already, and `exports.split_file` holds a batch at a time. It is for several machines. There,
start each worker with `MINE_GEO_THREADS=1`, or each takes all the cores of its machine for every
task. A worker that is lost in the middle prints a long trace and changes nothing in the answer.

Distances in metres, sizes in m², geometries in EPSG:4326.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import pandas as pd

from mine_geo.errors import FileError, MineGeoError, RecordError, some
from mine_geo.exports import geoparquet
from mine_geo.split.zones import CUTTING, NearZone
from mine_geo.tables.totals import condensed, totals_of_parts
from mine_geo.terms import THRESHOLD_M

try:
    import dask
    import dask.dataframe as dd
    import dask_geopandas  # noqa: TC002 - it tells Dask of the frames of geopandas
    import fsspec
except ImportError as error:
    raise MineGeoError(
        "dask and dask-geopandas are not installed; pip install 'mine_geo[distributed]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mine_geo.terms import Group, Rule, Size, Workbench


ENDINGS: Final = ("*.parquet", "*.geoparquet")
"""The files of a folder that are read."""


class Part(NamedTuple):
    """One row group of a file: what a worker takes at once."""

    address: str
    group: int


def border_split(
    source: str,
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    rule: Rule = "edge",
    include_coast: bool = False,
    kind: str | None = None,
    storage_options: dict[str, Any] | None = None,
) -> dask_geopandas.GeoDataFrame:
    """Split the hazards of a GeoParquet dataset; lazy, on whatever scheduler the client has.

    Row for row what `mine_geo.border_split` gives of the whole, in the order of the names of the
    files. Each row group is a partition. Before the first one is split, the ids of all are looked
    through: an id may stand once only.

    Parameters
    ----------
    source
        A file, a folder, or a pattern with `*`, on any file system that fsspec knows
        (`s3://bucket/hazards/*.parquet`). As for `exports.split_file`.
    border
        Border lines in EPSG:4326; sent to each worker once.
    threshold_m, rule, include_coast
        As for `mine_geo.border_split`.
    kind
        The kind of records that have none.
    storage_options
        As fsspec takes them, for the file system.

    Returns
    -------
    dask_geopandas.GeoDataFrame
        Columns as those of `mine_geo.border_split`.

    Raises
    ------
    FileError
        If there is no file.
    CRSError, RecordError, GeometryError
        When it is computed, as for `exports.split_file`.

    Examples
    --------
    >>> import tempfile
    >>> import shapely
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> folder = tempfile.mkdtemp()
    >>> boxes = shapely.box([102.35, 103], [13.3, 13], [102.36, 103.01], [13.31, 13.01])
    >>> fields = gpd.GeoDataFrame({"hazard_id": ["A", "B"]}, geometry=boxes, crs=4326)
    >>> fields.to_parquet(f"{folder}/in.parquet")
    >>> split = border_split(folder, read_border(sample.path("border")))
    >>> split.compute(scheduler="sync")[["hazard_id", "zone", "size_m2"]]
      hazard_id  zone  size_m2
    0         A  near  1198718
    1         B   far  1200149
    """
    options = storage_options or {}
    how = geoparquet.How(threshold_m, rule, include_coast, kind)
    parts = _parts(source, options)
    known = dask.delayed(border, pure=True)
    ids = [dask.delayed(_ids)(part, options) for part in parts]
    unique = dask.delayed(_refuse_repeated)(parts, ids, options)
    split = [dask.delayed(_split)(part, known, how, options, unique) for part in parts]
    # Without `meta` Dask would split a made-up record to see what comes out.
    return dd.from_delayed(split, meta=_meta(parts[0], border, how, options), verify_meta=False)


def totals(
    split: dask_geopandas.GeoDataFrame,
    by: Sequence[Group] | Group = ("province",),
    *,
    size: Size = "computed",
    workbench: Workbench = "include",
    total: bool = False,
) -> pd.DataFrame:
    """Add up a split where it lies; only the sums of each partition come here.

    Parameters
    ----------
    split
        As from `border_split`.
    by, size, workbench, total
        As for `mine_geo.totals`.

    Returns
    -------
    pandas.DataFrame
        As from `mine_geo.totals`.

    Raises
    ------
    MixedError, OptionError
        As for `mine_geo.totals`.
    """
    parts = [
        dask.delayed(condensed)(part, by, size=size, workbench=workbench)
        for part in split.to_delayed()
    ]
    return totals_of_parts(dask.compute(*parts), by, total=total)


def write(
    split: dask_geopandas.GeoDataFrame,
    folder: str,
    *,
    partitions: int | None = None,
    progress: bool = False,
    storage_options: dict[str, Any] | None = None,
) -> list[str]:
    """Write a split as a GeoParquet dataset whose files each hold one neighbourhood.

    Parameters
    ----------
    split
        As from `border_split`.
    folder
        A folder, made if need be, with no GeoParquet file in it.
    partitions
        How many files; as many as `split` has partitions unless told.
    progress
        Show a bar of the tasks; it needs a client.
    storage_options
        As for `border_split`.

    Returns
    -------
    list of str
        The files: each with a column `bbox` that its metadata name as covering, and restricted.

    Raises
    ------
    FileError
        If there are such files already.
    """
    options = storage_options or {}
    system, root = fsspec.core.url_to_fs(folder, **options)
    system.makedirs(root, exist_ok=True)
    if any(system.glob(f"{root}/{pattern}") for pattern in ENDINGS):
        raise FileError(f"{folder}: holds GeoParquet files already; choose another folder")
    # The places of all are asked for before any is moved: without keeping it where the workers are,
    # each hazard would be split twice.
    near = split.persist().spatial_shuffle(npartitions=partitions or split.npartitions)
    names = [f"{root}/part-{number:05}.parquet" for number in range(near.npartitions)]
    written = [
        dask.delayed(_write)(part, name, folder, options)
        for part, name in zip(near.to_delayed(), names, strict=True)
    ]
    if progress:
        from distributed import progress as bar  # noqa: PLC0415 - asks for a client at once

        written = list(dask.persist(*written))
        bar(written)
    return [name for name in dask.compute(*written) if name is not None]


# What the workers do


def _parts(source: str, options: dict[str, Any]) -> list[Part]:
    """Return the row groups of the files that are meant, in the order of their names."""
    system, root = fsspec.core.url_to_fs(source, **options)
    if system.isdir(root):
        names = [name for pattern in ENDINGS for name in system.glob(f"{root}/{pattern}")]
    else:
        names = system.glob(root)
    if not names:
        raise FileError(f"{source}: no GeoParquet file there; looked for {some(ENDINGS)}")
    parts = []
    for name in sorted(names):
        address = system.unstrip_protocol(name)
        with fsspec.open(address, **options) as handle, _opened(address, handle) as file:
            groups = range(file.metadata.num_row_groups)
            parts += [Part(address, g) for g in groups if file.metadata.row_group(g).num_rows]
    if not parts:
        raise RecordError(f"{source}: no records; export the polygons again")
    return parts


def _opened(address: str, handle: Any) -> Any:
    return geoparquet.opened(_named(address), handle)


def _named(address: str) -> Any:
    """Return a file's name as messages have it."""
    return PurePosixPath(address.removeprefix("file://"))


def _read(part: Part, options: dict[str, Any]) -> gpd.GeoDataFrame:
    with fsspec.open(part.address, **options) as handle, _opened(part.address, handle) as file:
        found = list(geoparquet.batches(file, _named(part.address), [part.group]))
    return pd.concat(found)


def _ids(part: Part, options: dict[str, Any]) -> NDArray[np.uint64]:
    return geoparquet.id_hashes(_read(part, options))


def _refuse_repeated(
    parts: list[Part], ids: list[NDArray[np.uint64]], options: dict[str, Any]
) -> bool:
    geoparquet.refuse_repeated(ids, lambda: (_read(part, options) for part in parts))
    return True


def _split(
    part: Part,
    border: gpd.GeoDataFrame,
    how: geoparquet.How,
    options: dict[str, Any],
    _unique: bool,
) -> gpd.GeoDataFrame:
    zones = NearZone(border, include_coast=how.include_coast) if how.rule in CUTTING else None
    return geoparquet.split_batch(_read(part, options), border, how, zones)


def _meta(
    part: Part, border: gpd.GeoDataFrame, how: geoparquet.How, options: dict[str, Any]
) -> gpd.GeoDataFrame:
    """Return the columns of the split of a part, from its first record."""
    first = _read(part, options).iloc[:1]
    return geoparquet.split_batch(first, border, how).iloc[:0]


def _write(part: gpd.GeoDataFrame, name: str, folder: str, options: dict[str, Any]) -> str | None:
    """Write a partition; an empty one is no file."""
    if part.empty:
        return None
    system, _ = fsspec.core.url_to_fs(folder, **options)
    with system.open(name, "wb") as handle, geoparquet.SplitWriter(handle) as writer:
        writer.write(gpd.GeoDataFrame(part), geoparquet.types_of(part))
    return name
