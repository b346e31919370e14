"""The frames that a page is drawn from, and what is costly to derive from them, once.

Geometry is EPSG:4326. One `Layers` serves a single page or all pages of an atlas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mine_geo.disclosure.disclosed import disclose
from mine_geo.disclosure.settings import USUAL, PublicSettings
from mine_geo.maps.ground import Beneath
from mine_geo.maps.provenance import EVERYTHING
from mine_geo.maps.public.page import PublicLayers
from mine_geo.maps.subject import check_split

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.maps.pages.basemap import Basemap
    from mine_geo.maps.provenance import Selection


@dataclass(frozen=True, eq=False)
class Layers(Beneath):
    """A split and what is drawn beneath and beside it; only the split is required.

    Raises
    ------
    RecordError
        If `split` lacks columns of a split.
    MixedError
        If it mixes thresholds, rules or borders.
    """

    split: gpd.GeoDataFrame
    border: gpd.GeoDataFrame | None = None
    admin: gpd.GeoDataFrame | None = None
    releases: gpd.GeoDataFrame | None = None
    places: pd.DataFrame | None = None
    as_of: date | str | None = None
    basemap: Basemap | None = None
    restricted: gpd.GeoDataFrame | None = None
    """For public maps: all that remains, of any kind and anywhere, and all that waits; public
    maps are refused without it. See `Store.restricted`."""

    selection: Selection = EVERYTHING
    """How the split was asked for."""

    settings: PublicSettings = USUAL
    """For public maps: how they are made, as `Store.public_settings` returns it."""

    def __post_init__(self) -> None:
        """Refuse what is no split."""
        check_split(self.split)

    @property
    def told(self) -> gpd.GeoDataFrame:
        """The rows whose columns say threshold, rule, coast and border: the split."""
        return self.split

    def of_kind(self, kind: str) -> Layers:
        """Return the same for a page of one kind: released land is of that kind, and it says so.

        The split stays whole: a page takes its rows from its subject.
        """
        land = self.releases
        if land is not None and "kind" in land.columns:
            land = land[land["kind"] == kind]
        one = replace(self, releases=land, selection=replace(self.selection, kind=kind))
        derived = {"land", "whole_zone", "outlines"} & self.__dict__.keys()
        one.__dict__.update({name: self.__dict__[name] for name in derived})  # costly, the same
        return one

    @cached_property
    def public(self) -> PublicLayers:
        """What a map for everybody is drawn from; see `disclosure.disclose`.

        Raises
        ------
        OptionError
            If nothing says what is restricted, or only what waits was asked for.
        """
        selection = self.selection.accepted()
        disclosed = disclose(
            self.split,
            self.admin,
            self.releases,
            restricted=self.restricted,
            as_of=self.as_of,
            settings=self.settings,
        )
        return PublicLayers(
            disclosed,
            self.border,
            self.admin,
            self.places,
            self.as_of,
            self.basemap,
            selection,
        )
