"""What a store gives a map, an atlas or an export: the frames that are drawn or written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from mine_geo.errors import StoreError
from mine_geo.terms import NO_UNIT

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from mine_geo.cli.options import Reading
    from mine_geo.disclosure.settings import PublicSettings
    from mine_geo.maps.provenance import Selection
    from mine_geo.store import Store


@dataclass(frozen=True, eq=False)
class Frames:
    """A split of a store, read in one way, and what goes with it; EPSG:4326."""

    split: gpd.GeoDataFrame
    border: gpd.GeoDataFrame
    admin: gpd.GeoDataFrame | None
    releases: gpd.GeoDataFrame | None
    places: gpd.GeoDataFrame | None
    restricted: gpd.GeoDataFrame | None
    """For what is shown to everybody: see `Store.restricted`."""
    selection: Selection
    """How the split was asked for."""
    settings: PublicSettings
    """How public outputs are made."""


def frames(
    store: Store,
    reading: Reading,
    *,
    released: bool = True,
    places: Path | None = None,
    public: bool = False,
    printed_on: str | None = None,
) -> Frames:
    """Read what is to be drawn; without districts a map is a map still.

    Raises
    ------
    StoreError
        If no border is loaded.
    FileError, RecordError, GeometryError
        If the file of places cannot be read.
    OptionError
        If a public output is asked for otherwise than by the settings of all.
    """
    if public:
        reading = reading.for_public(click.get_current_context(), store.public_settings())
    moment = store.last_moment()
    found = _read(store, reading, released=released, places=places, public=public)
    while (now := store.last_moment()) != moment:  # somebody has recorded something meanwhile
        moment = now
        found = _read(store, reading, released=released, places=places, public=public)
    known = replace(found.selection, last_record=moment, printed_on=printed_on)
    return replace(found, selection=known)


def _read(
    store: Store,
    reading: Reading,
    *,
    released: bool,
    places: Path | None,
    public: bool,
) -> Frames:
    from mine_geo.geo.places import read_places  # noqa: PLC0415
    from mine_geo.maps.provenance import Selection  # noqa: PLC0415

    when = {"as_of": reading.as_of, "known_at": reading.known_at}
    settings = store.public_settings()
    land = store.released_land(kind=reading.kind, **when) if released else None
    return Frames(
        split=reading.split(store),
        border=store.border(),
        admin=admin_of(store),
        releases=land,
        places=None if places is None else read_places(places),
        restricted=store.restricted(**when) if public else None,
        selection=Selection(
            kind=reading.kind,
            workbench=reading.workbench,
            known_at=reading.known_at,
            threshold_m=reading.threshold_m,
            rule=reading.rule,
            include_coast=reading.include_coast,
            synthetic=store.synthetic,
            standing_text=settings.standing_text,
        ),
        settings=settings,
    )


def nowhere(
    hazards: gpd.GeoDataFrame, province: str | None, district: str | None = None
) -> list[str]:
    """Say how many hazards may lie in the unit that was asked for because they record none."""
    from mine_geo.geo.hazards import without_unit  # noqa: PLC0415

    if province is None:
        return []
    level = "province" if district is None else "district"
    lost = hazards.loc[without_unit(hazards, level, province=province), "size_m2"]
    if lost.empty:
        return []
    said = f"{NO_UNIT.capitalize()}: {len(lost):,} hazards, {lost.sum():,} m². They are in no"
    return [f"{said} {level}'s figures, and may lie in this one."]


def admin_of(store: Store) -> gpd.GeoDataFrame | None:
    """Return the districts of a store, or None where none are loaded."""
    try:
        return store.admin()
    except StoreError:
        return None
