"""The ground of all tables: their base class, names of constraints, and spatial indexes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Boolean, Double, Index, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mine_geo.store.types import Moment, WholeNumber, Words

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def one_of(column: str, values: tuple[str, ...]) -> str:
    """Return the condition of a column that holds one of some words."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        str: Words(),
        float: Double(),
        bool: Boolean(),
        int: WholeNumber,
        datetime: Moment(),
    }

    fid: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


SQLITE: Final = {"sqlite_autoincrement": True}


def gist(table: str) -> Index:
    """Return the spatial index of a table on PostGIS; in a GeoPackage QGIS makes its own."""
    index = Index(f"ix_{table}_geometry", "geometry", postgresql_using="gist")
    return index.ddl_if(dialect="postgresql")
