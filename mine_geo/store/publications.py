"""The tables of public outputs: their parameters, the editions, and which were recalled.

All of them are append-only. What an edition drew of released land is kept with the hazards that it
belongs to: restricted, as everything in a store. Geometry is EPSG:4326.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mine_geo.store.declarative import SQLITE, Base, gist
from mine_geo.store.types import Shape


class PublicSetting(Base):
    """A set of parameters of public outputs; the last one holds."""

    __tablename__ = "public_setting"
    __table_args__ = (SQLITE,)

    set_at: Mapped[datetime]
    set_by: Mapped[str]
    parameters: Mapped[str]
    """JSON of a `PublicSettings`."""


class PublicEdition(Base):
    """An edition of public outputs as it was written."""

    __tablename__ = "public_edition"
    __table_args__ = (
        CheckConstraint("asked_by <> approved_by", name="two_persons"),
        SQLITE,
    )

    number: Mapped[int] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    as_of: Mapped[date]
    known_at: Mapped[datetime | None]
    asked_by: Mapped[str]
    approved_by: Mapped[str]
    parameters: Mapped[str]
    """JSON of a `PublicSettings`."""
    files: Mapped[str]
    """The SHA-256 of each file by its name, JSON."""
    figures: Mapped[str]
    """The figures of hazards as they were shown, JSON: null where one was left out."""
    despite: Mapped[int]
    """How many polygons it withholds that an earlier edition drew, by decision of the two."""


class EditionLand(Base):
    """A released polygon that an edition drew."""

    __tablename__ = "edition_land"
    __table_args__ = (Index("ix_edition_land_edition", "edition"), gist("edition_land"), SQLITE)

    edition: Mapped[int] = mapped_column(ForeignKey("public_edition.number"))
    hazard_id: Mapped[str | None]
    outcome: Mapped[str]
    geometry_hash: Mapped[str]
    geometry: Mapped[Any] = mapped_column(Shape("MULTIPOLYGON"))


class EditionRecall(Base):
    """That an edition was recalled: it was public, and is not to be used any more."""

    __tablename__ = "edition_recall"
    __table_args__ = (SQLITE,)

    edition: Mapped[int] = mapped_column(ForeignKey("public_edition.number"), unique=True)
    recalled_at: Mapped[datetime]
    recalled_by: Mapped[str]
    reason: Mapped[str]


TABLES: Final = {
    PublicSetting.__tablename__: "The parameters of public outputs; the last row holds",
    PublicEdition.__tablename__: "Editions of public outputs as they were written",
    EditionLand.__tablename__: "Restricted: released land that editions drew, with its hazards",
    EditionRecall.__tablename__: "Editions that were recalled",
}
"""What each table is, in the words that a GeoPackage shows."""
