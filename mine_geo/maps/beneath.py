"""What lies beneath the records of a map, derived once for a page or a whole atlas.

Geometry is EPSG:4326.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import shapely

from mine_geo.maps import ground
from mine_geo.selection import EVERYTHING
from mine_geo.terms import THRESHOLD_M

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.maps.basemap import Basemap
    from mine_geo.selection import Selection

EVERYWHERE: Final = (-180.0, -90.0, 180.0, 90.0)


class Beneath:
    """Country, border zone and outlines of a map's frames; none of it comes from a polygon."""

    border: gpd.GeoDataFrame | None
    admin: gpd.GeoDataFrame | None
    places: pd.DataFrame | None
    as_of: date | str | None
    basemap: Basemap | None
    selection: Selection = EVERYTHING

    @property
    def told(self) -> pd.DataFrame:
        """The rows whose columns say threshold, rule, coast and border."""
        raise NotImplementedError

    @property
    def releases(self) -> gpd.GeoDataFrame | None:
        """The released land that is drawn."""
        raise NotImplementedError

    def said(self, column: str) -> Any:
        """Return what the rows say in a provenance column, else what was asked for, else None."""
        values = self.told[column].dropna()
        return values.iloc[0] if len(values) else self.selection.told(column)

    @property
    def threshold_m(self) -> float:
        """The threshold in metres; 7,000 where nobody says."""
        said = self.said("threshold_m")
        return THRESHOLD_M if said is None else float(said)

    @property
    def include_coast(self) -> bool:
        """Whether the coast counted as border."""
        return bool(self.said("include_coast"))

    @cached_property
    def land(self) -> Any:
        """The country's polygon, or None where neither border nor districts close one."""
        return ground.country(self.border, self.admin)

    @cached_property
    def whole_zone(self) -> Any:
        """The land nearer than the threshold to the border, everywhere; for drawing."""
        return self._zone(EVERYWHERE)

    def zone(self, view: ground.Box) -> Any:
        """Return the land nearer than the threshold, as far as it can touch a view (degrees).

        What was derived for the whole country is cut; else no more is derived than asked for.
        """
        if "whole_zone" in self.__dict__:
            return ground.clip(self.whole_zone, view)
        return self._zone(view)

    def _zone(self, view: ground.Box) -> Any:
        if self.border is None or not len(self.border):
            return shapely.MultiPolygon()
        return ground.border_zone(
            self.border, self.threshold_m, include_coast=self.include_coast, view=view
        )

    @cached_property
    def outlines(self) -> dict[ground.Outline, Any]:
        """Each boundary once: between provinces, between districts, and outside ones."""
        if self.admin is None or not len(self.admin):
            return {}
        return ground.outlines(self.admin)
