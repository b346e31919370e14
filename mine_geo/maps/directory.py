"""What a page of an atlas says of other pages: where it stands, its neighbours, its units.

Addresses are relative to the page. Sizes are whole m².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mine_geo.maps.words import Said


@dataclass(frozen=True)
class Link:
    """A page by its name and its address."""

    text: Said
    href: str


@dataclass(frozen=True)
class Nav:
    """The way from the index to a page, and where to go from it."""

    trail: tuple[Link, ...]
    """The pages above, the index first."""

    here: Said
    """The page itself."""

    previous: Link | None = None
    following: Link | None = None
    more: tuple[Link, ...] = ()


@dataclass(frozen=True)
class UnitRow:
    """A province, district or commune with its figures; `href` is None without a page."""

    name: Said
    href: str | None
    figures: tuple[int | Said, ...]
    """Hazards and m² near, far, and together; words where a figure is not shown."""


@dataclass(frozen=True)
class UnitTable:
    """The units of a page for one kind of hazard; the rows add up to the total."""

    caption: Said
    level: str
    """`province`, `district`, or `commune` on a page for everybody."""

    rows: tuple[UnitRow, ...]
    total: tuple[int | Said, ...]
