"""What lies around the unit of a page or sheet, so that no white ground is taken for safe ground.

In a frame about the unit the hazards and the released land of other units are drawn, or neither
of them; all ground beyond is veiled and called "not shown". Geometry is EPSG:4326.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from mine_geo.maps import ground
from mine_geo.maps.subject import bounds_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from mine_geo.maps.ground import Box
    from mine_geo.maps.subject import Subject

SHARE: Final = 0.3
"""How far around the unit others are drawn, as a share of its longer side."""

LEAST_DEGREES: Final = 0.05
"""And at least so far: 5 km."""

WORLD: Final = shapely.box(85.0, -5.0, 125.0, 30.0)
"""What is veiled at most, degrees: farther than anybody pans."""


def frame_of(box: Box) -> Box:
    """Return the box (degrees) around a unit's own in which others are drawn."""
    return ground.padded(box, SHARE, least=LEAST_DEGREES)


def unit_of(units: gpd.GeoDataFrame | None) -> Any:
    """Return the polygon of a unit's districts, or None where there is none."""
    if units is None or not len(units):
        return None
    whole = shapely.union_all(shapely.make_valid(units.geometry.to_numpy()))
    return None if whole.is_empty else whole


def belongs(frame: pd.DataFrame, subject: Subject) -> NDArray[np.bool_]:
    """Return which rows, of released land, are those of a page's unit.

    By the recorded code; where a row has none, by the hazard that it names; else by where it lies.
    """
    if subject.level == "national":
        return np.ones(len(frame), dtype=bool)
    ours, open_ = np.zeros(len(frame), dtype=bool), np.ones(len(frame), dtype=bool)
    codes, column = _codes(subject), f"{subject.level}_code"
    if column in frame.columns and codes:
        ours |= frame[column].isin(codes).to_numpy()
        open_ &= frame[column].isna().to_numpy()
    if "hazard_id" in frame.columns:
        ours |= open_ & frame["hazard_id"].isin(subject.hazards["hazard_id"]).to_numpy()
        known = [subject.hazards, *(f for f in (subject.others,) if f is not None)]
        ids = {each for table in known for each in table["hazard_id"].dropna()}
        open_ &= ~frame["hazard_id"].isin(ids).to_numpy()
    unit = unit_of(subject.units)
    if unit is not None and open_.any():
        shapely.prepare(unit)
        ours |= open_ & shapely.intersects(frame.geometry.to_numpy(), unit)
    return ours


def _codes(subject: Subject) -> set[Any]:
    column = f"{subject.level}_code"
    tables = [subject.hazards] if subject.units is None else [subject.hazards, subject.units]
    return {code for table in tables if column in table for code in table[column].dropna()}


@dataclass(frozen=True, eq=False)
class Around:
    """The records that a page or sheet draws beside those of its unit."""

    subject: Subject
    admin: gpd.GeoDataFrame | None
    releases: gpd.GeoDataFrame | None
    box: Box
    """The frame, degrees, in which they are drawn."""

    @property
    def national(self) -> bool:
        """Whether the page shows the whole country, around which is nothing of ours."""
        return self.subject.level == "national"

    @cached_property
    def others(self) -> gpd.GeoDataFrame:
        """The hazards of other units in the frame; none where not all of them are known."""
        rows = self.subject.others
        if rows is None or not len(rows):
            return self.subject.hazards.iloc[:0]
        return self._inside(rows)

    @cached_property
    def unplaced(self) -> gpd.GeoDataFrame:
        """The hazards in the frame for which no unit is recorded: they may be this one's."""
        rows = self.subject.unplaced
        return self.subject.hazards.iloc[:0] if rows is None else self._inside(rows)

    @cached_property
    def _ours(self) -> NDArray[np.bool_]:
        return np.zeros(0, bool) if self.releases is None else belongs(self.releases, self.subject)

    @property
    def released(self) -> gpd.GeoDataFrame | None:
        """The land released in the unit; all of it on a national page."""
        return None if self.releases is None else self.releases[self._ours]

    @cached_property
    def others_released(self) -> gpd.GeoDataFrame | None:
        """Land released in other units, in the frame: only as far as their hazards are drawn."""
        if self.releases is None or self.national:
            return None
        rest = self._inside(self.releases[~self._ours])
        return rest[shapely.intersects(self.shown, rest.geometry.to_numpy())]

    @cached_property
    def shown(self) -> Any:
        """The ground on which all that is recorded is drawn: white means none recorded there."""
        frame = shapely.box(*self.box)
        if self.subject.beyond:
            return frame
        known = unit_of(self._province())
        if known is None:
            known = unit_of(self.subject.units)
        if known is None:
            bounds = bounds_of(self.subject.hazards)
            return frame if bounds is None else shapely.box(*frame_of(bounds))
        return shapely.intersection(known, frame)

    @property
    def veil(self) -> Any:
        """All other ground."""
        return shapely.difference(WORLD, self.shown)

    def _province(self) -> gpd.GeoDataFrame | None:
        """Return the districts of the province in which a district lies."""
        admin, units = self.admin, self.subject.units
        if admin is None or units is None or not len(units):
            return None
        column = "province_code" if "province_code" in admin.columns else "province"
        if column not in admin.columns:
            return None
        return admin[admin[column].isin(units[column].dropna())]

    def sees(self, rows: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Return which rows lie in the frame, at least in part."""
        return np.asarray(shapely.intersects(rows.geometry.to_numpy(), shapely.box(*self.box)))

    def _inside(self, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return rows[self.sees(rows)]
