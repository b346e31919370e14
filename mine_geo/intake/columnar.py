"""GeoParquet: what its metadata and its dictionaries say, before the table is built.

A text of 1 GB takes some kilobytes in a compressed file, and a text that stands once in a
dictionary may stand for each of a million records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mine_geo.errors import FileError
from mine_geo.intake.headers import LONGEST_ROW, LONGEST_TEXT
from mine_geo.intake.nesting import SHORT, is_deep_wkb
from mine_geo.intake.streams import too_large

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCH: Final = 1000
"""Records that are looked at together."""
VALUE_BYTES: Final = 8
"""What a value takes at least once it is read."""


def check_parquet(path: Path, what: str, most: float) -> None:
    """Refuse a Parquet file that is damaged, or larger than it looks.

    Parameters
    ----------
    path
        The file.
    what
        What it is called in messages.
    most
        Bytes that it may have once unpacked.

    Raises
    ------
    FileError
        If the file is cut off or damaged, unpacks to more than `most` or to a quarter of it in
        one column of a row group, has no geometry column, or a text of more than 1 MB.
    """
    try:
        with pq.ParquetFile(path, thrift_string_size_limit=LONGEST_ROW) as file:
            _check_metadata(file, what, most)
            texts = _texts(file)
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            _check_values(file, texts, what, most)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        reason = str(error).splitlines()[0]
        raise FileError(
            f"{what}: a damaged GeoParquet file, it may be truncated; get it again from its maker "
            f"({reason})"
        ) from error


def _check_metadata(file: pq.ParquetFile, what: str, most: float) -> None:
    """Refuse by what the file says of itself: bytes unpacked, and number of values."""
    if b"geo" not in (file.schema_arrow.metadata or {}):
        raise FileError(f"{what}: Parquet without a geometry column; save it as GeoParquet")
    unpacked = 0
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group)
        for place in range(rows.num_columns):
            column = rows.column(place)
            size = max(column.total_uncompressed_size, column.num_values * VALUE_BYTES)
            if size > most / 4:
                raise FileError(
                    f"{what}: column {column.path_in_schema!r} has {size >> 20} MB in one row "
                    "group, refused; look for a field that is not data, or save it in smaller "
                    "row groups"
                )
            unpacked += size
    if unpacked > most:
        raise too_large(what, most)


def _texts(file: pq.ParquetFile) -> list[str]:
    """List the columns of text and of bytes, the geometry among them."""
    return [field.name for field in file.schema_arrow if _is_text(field.type)]


def _is_text(kind: pa.DataType) -> bool:
    binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return _is_words(kind) or any(test(_plain(kind)) for test in binary)


def _is_words(kind: pa.DataType) -> bool:
    words = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(_plain(kind)) for test in words)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values, also of a column that is written as a dictionary."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _check_values(file: pq.ParquetFile, texts: list[str], what: str, most: float) -> None:
    """Add up the length of what each record holds, through the dictionaries, without unpacking."""
    words = {name for name in texts if _is_words(file.schema_arrow.field(name).type)}
    total, record = 0, 0
    for batch in file.iter_batches(BATCH, columns=texts):
        for name, lengths in _lengths(batch):
            longest = pc.max(lengths).as_py() or 0
            if longest > (LONGEST_TEXT if name in words else LONGEST_ROW):
                place = record + pc.index(lengths, longest).as_py() + 1
                raise FileError(
                    f"{what}: record number {place} has {longest >> 20} MB in column {name!r}, "
                    "refused; look for a field that is not data, and take it out"
                )
            total += pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0
            if total > most:
                raise too_large(what, most)
            if longest > SHORT and name not in words:
                _check_depth(batch.column(name), what, name)
        record += len(batch)


def _check_depth(column: Any, what: str, name: str) -> None:
    """Refuse geometries in geometries, which are as long as they are deep."""
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    long = pc.greater(pc.fill_null(pc.binary_length(values), 0), SHORT)
    if any(is_deep_wkb(wkb.as_py()) for wkb in values.filter(long)):
        raise FileError(
            f"{what}: a geometry in column {name!r} of collections in collections, refused; "
            "export its polygons anew"
        )


def _lengths(batch: pa.RecordBatch) -> Iterator[tuple[str, Any]]:
    """Give for each column the bytes that each record holds."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            yield name, pc.take(pc.binary_length(column.dictionary), column.indices)
        else:
            yield name, pc.binary_length(column)
