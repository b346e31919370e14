"""Column types that are the same in PostGIS and in a GeoPackage.

Geometries as bytes: GeoPackage blobs and PostGIS EWKB, whole columns at a time.
Everything is EPSG:4326 (longitude, latitude in degrees) and two-dimensional.

Source: OGC 12-128r18 (GeoPackage 1.3), clause 2.1.3; PostGIS, extended well-known binary.

A GeoPackage allows few column types, and GDAL drops a column of any other without a word:
geometry is a blob declared by its OGC name, a moment is text of milliseconds ending in Z.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.dialects.sqlite.base import ischema_names
from sqlalchemy.types import UserDefinedType

from mine_geo.errors import RecordError
from mine_geo.geo.cells import text_fault
from mine_geo.geo.geometry import without_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.types import TypeEngine


SRID: Final = 4326
_HEADER: Final = struct.Struct("<2sBBi4d")
_FLAGS: Final = 0b0000_0011  # an envelope of x and y, little endian
_ENVELOPE_BYTES: Final = (0, 32, 48, 48, 64, 0, 0, 0)


def to_blobs(geometries: Sequence[Any]) -> list[bytes | None]:
    """Turn geometries into GeoPackage blobs with an envelope; missing and empty ones into None.

    Examples
    --------
    >>> blob = to_blobs([shapely.box(102.5, 13.5, 102.6, 13.6)])[0]
    >>> blob[:2], len(blob) - len(wkb_of(blob))
    (b'GP', 40)
    >>> to_blobs([None, shapely.MultiPolygon()])
    [None, None]
    """
    shapes = _present(geometries)
    wkbs = shapely.to_wkb(shapes, byte_order=1, flavor="iso")
    return [
        None if wkb is None else _HEADER.pack(b"GP", 0, _FLAGS, SRID, *bounds) + wkb
        for wkb, bounds in zip(wkbs, _gpkg_order(shapely.bounds(shapes)), strict=True)
    ]


def _gpkg_order(bounds: np.ndarray[Any, Any]) -> list[list[float]]:
    """Put (minx, miny, maxx, maxy) into the order of a GeoPackage envelope."""
    return bounds[:, [0, 2, 1, 3]].tolist()


def to_ewkbs(geometries: Sequence[Any]) -> list[bytes | None]:
    """Turn geometries into EWKB with SRID 4326; missing and empty ones into None.

    Examples
    --------
    >>> to_ewkbs([shapely.Point(102.5, 13.5), None])[0].hex()[:18]
    '0101000020e6100000'
    """
    shapes = shapely.set_srid(_present(geometries), SRID)
    return list(shapely.to_wkb(shapes, byte_order=1, include_srid=True))


def _present(geometries: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Return a flat object array of 2D geometries, None for missing and empty ones."""
    shapes = np.empty(len(geometries), dtype=object)
    shapes[:] = list(geometries)
    shapes = shapely.force_2d(shapes)
    shapes[shapely.is_empty(shapes)] = None
    return shapes


def wkb_of(blob: bytes | None) -> bytes | None:
    """Cut the header off a GeoPackage blob.

    Examples
    --------
    >>> shapely.from_wkb(wkb_of(to_blobs([shapely.Point(102.5, 13.5)])[0]))
    <POINT (102.5 13.5)>
    >>> wkb_of(None) is None
    True
    """
    return None if blob is None else blob[8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7] :]


def from_wkbs(wkbs: Sequence[bytes | None]) -> np.ndarray[Any, Any]:
    """Read a column of well-known binary in one call: an object array of shapely geometries.

    Empty parts and holes, which earlier versions let in, are left out.

    Examples
    --------
    >>> from_wkbs([None, shapely.Point(102.5, 13.5).wkb])
    array([None, <POINT (102.5 13.5)>], dtype=object)
    """
    column = np.empty(len(wkbs), dtype=object)
    column[:] = list(wkbs)
    return without_empty(shapely.from_wkb(column))[0]


def bounds_of(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """Return (minx, miny, maxx, maxy) of a GeoPackage blob, degrees; None where it has none.

    Examples
    --------
    >>> bounds_of(to_blobs([shapely.box(102.5, 13.5, 102.625, 13.75)])[0])
    (102.5, 13.5, 102.625, 13.75)
    """
    wkb = wkb_of(blob)
    if blob is None or wkb is None:
        return None
    if blob[3] >> 1 & 7 and blob[3] & 1:
        minx, maxx, miny, maxy = struct.unpack_from("<4d", blob, 8)
    else:
        minx, miny, maxx, maxy = shapely.bounds(shapely.from_wkb(wkb)).tolist()
    return None if np.isnan(minx) else (minx, miny, maxx, maxy)


WholeNumber = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both: SQLite's INTEGER is, and must be called so to be a key."""


class MultiPolygonBlob(UserDefinedType[bytes]):
    """A GeoPackage column of multipolygons."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:  # noqa: ARG002
        """Return the OGC name, as the GeoPackage standard wants it in the table."""
        return "MULTIPOLYGON"


class MultiLineStringBlob(UserDefinedType[bytes]):
    """A GeoPackage column of multilines."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:  # noqa: ARG002
        """Return the OGC name, as the GeoPackage standard wants it in the table."""
        return "MULTILINESTRING"


class PointBlob(UserDefinedType[bytes]):
    """A GeoPackage column of points."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:  # noqa: ARG002
        """Return the OGC name, as the GeoPackage standard wants it in the table."""
        return "POINT"


_BLOBS: dict[str, type[UserDefinedType[bytes]]] = {
    "MULTIPOLYGON": MultiPolygonBlob,
    "MULTILINESTRING": MultiLineStringBlob,
    "POINT": PointBlob,
}
# GeoAlchemy2 puts its SpatiaLite types under these names when it is imported; reading the tables
# of a plain GeoPackage back then fails with "no such table: geometry_columns".
ischema_names.update(_BLOBS)


class Shape(TypeDecorator[Any]):
    """A geometry in EPSG:4326: PostGIS geometry, or a GeoPackage blob.

    Parameters
    ----------
    geometry_type
        "MULTIPOLYGON", "MULTILINESTRING" or "POINT".
    """

    impl = LargeBinary
    cache_ok = True
    spatial_index = False  # asked by GeoAlchemy2; the models name their own indexes

    def __init__(self, geometry_type: str) -> None:
        super().__init__()
        self.geometry_type = geometry_type

    def __repr__(self) -> str:
        """Return the call, as Alembic writes it into a migration."""
        return f"Shape({self.geometry_type!r})"

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        """Return the type of the backend; GeoAlchemy2 asks once without one."""
        if dialect is None or dialect.name == "postgresql":
            kind = Geometry(self.geometry_type, srid=SRID, spatial_index=False)
            return kind if dialect is None else dialect.type_descriptor(kind)
        return dialect.type_descriptor(_BLOBS[self.geometry_type]())

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | str | None:
        """Write a shapely geometry; bytes are taken as ready for the backend."""
        if value is None or isinstance(value, bytes):
            return value
        if dialect.name == "postgresql":
            ewkb = to_ewkbs([value])[0]
            return None if ewkb is None else ewkb.hex()
        return to_blobs([value])[0]

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a shapely geometry. Whole columns are read by `rows.read`, much faster."""
        if value is None:
            return None
        wkb = value.data if dialect.name == "postgresql" else wkb_of(value)
        return from_wkbs([wkb])[0]


class _IsoText(DATETIME):
    """A moment as GeoPackage's DATETIME: 2026-01-31T08:15:00.250Z."""

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # noqa: ARG002
        return _to_text

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        coltype: object,  # noqa: ARG002
    ) -> Callable[[Any], Any]:
        return _from_text


def _to_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    text = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC to the millisecond; a datetime without a time zone is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the backend."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True, precision=3))
        return dialect.type_descriptor(_IsoText())  # type: ignore[no-untyped-call]

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a datetime without a time zone.

        Raises
        ------
        RecordError
            If `value` has no time zone.
        """
        if value is not None and value.tzinfo is None:
            raise RecordError(f"{value} has no time zone; say which, as in {value}+07:00")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every moment in UTC, wherever the session thinks it is."""
        return None if value is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """A text that both backends hold: what is not one is refused, whichever way it comes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse what no store takes.

        Raises
        ------
        RecordError
            If a character cannot be held.
        """
        return None if value is None else held_text(value)


def held_text(value: str, what: str = "a text") -> str:
    """Return a text that both backends hold; how long each may be is asked where it comes in.

    Raises
    ------
    RecordError
        If a character cannot be held.

    Examples
    --------
    >>> held_text("ទី 2")
    'ទី 2'
    """
    why = text_fault(str(value), len(value))
    if why:
        raise RecordError(f"{what} {why}, which no store takes; correct it")
    return value


def milliseconds(moment: datetime) -> datetime:
    """Cut a moment to the millisecond, which is what both backends keep.

    Examples
    --------
    >>> milliseconds(datetime(2026, 1, 31, 8, 15, 0, 250999, UTC)).isoformat()
    '2026-01-31T08:15:00.250000+00:00'
    """
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
