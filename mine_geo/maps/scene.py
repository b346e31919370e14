"""What a page, a sheet or an atlas is drawn from: the layers, and what is costly to derive of them.

Geometry is EPSG:4326. One `Scene` serves a single page or all pages of an atlas.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from mine_geo.disclosure.disclosed import disclose
from mine_geo.disclosure.layers import Layers
from mine_geo.maps.ground import Beneath
from mine_geo.maps.pages.basemap import choose_basemap
from mine_geo.maps.public import PublicLayers
from mine_geo.tables.movements import steps, year_ends
from mine_geo.terms import TIME_ZONE

if TYPE_CHECKING:
    import datetime as dt
    import os

    import geopandas as gpd

    from mine_geo.ledger.events import Day
    from mine_geo.ledger.fold import Fold
    from mine_geo.maps.context import Context
    from mine_geo.maps.pages.basemap import Basemap
    from mine_geo.tables.movements import Steps
    from mine_geo.terms import Kind


@dataclass(frozen=True, eq=False)
class Scene(Layers, Beneath):
    """Layers with the basemap of a page; land, near zone and outlines are derived once."""

    basemap: Basemap | None = None
    context: Context | None = None
    """Roads, rivers and villages of the office's own; pages for everybody have none."""

    def __post_init__(self) -> None:
        """Check nothing: its layers were checked when they were made."""

    @classmethod
    def of(
        cls,
        layers: Layers,
        basemap: str | os.PathLike[str] | None = None,
        context: Context | None = None,
    ) -> Scene:
        """Return the scene of layers that were checked; see `choose_basemap`, `read_context`.

        Raises
        ------
        OptionError
            If no basemap of that name can be used.
        FileError, CRSError
            If the basemap's file cannot be used.
        """
        held = {field.name: getattr(layers, field.name) for field in fields(Layers)}
        return cls(**held, basemap=choose_basemap(basemap), context=context)

    @property
    def told(self) -> gpd.GeoDataFrame:
        """The rows whose columns say threshold, rule, coast and border: the split."""
        return self.split

    def of_kind(self, kind: Kind) -> Scene:
        """Return the same for a page of one kind: released land is of that kind, and it says so.

        The split stays whole: a page takes its rows from its subject.
        """
        land = self.releases
        if land is not None and "kind" in land.columns:
            land = land[land["kind"] == kind]
        one = replace(self, releases=land, selection=replace(self.selection, kind=kind))
        derived = {"land", "sea", "whole_zone", "outlines"} & self.__dict__.keys()
        one.__dict__.update({name: self.__dict__[name] for name in derived})  # costly, the same
        return one

    @cached_property
    def over_time(self) -> dict[str, tuple[list[dt.date], Steps, list[Fold]]]:
        """What stood `years` by year, and as it was known at each of the `reports`.

        Each with the days of its steps, or the moments in Cambodia, and the register of each; see
        `movements.steps`. Nothing without the
        ledger, without a border, where nothing was released, or where it would be of several
        kinds.
        """
        ledger, waiting = self.ledger, self.selection.workbench
        if ledger is None or self.border is None or waiting == "only":
            return {}
        if len(ledger.hazards["kind"][self._counted(ledger)].unique()) != 1:
            return {}
        own = ledger.only(ledger.hazards["hazard_id"][self._counted(ledger)])
        days = year_ends(own)
        if not days:
            return {}
        found = {"years": (days, self._steps([(own, day) for day in days]), [own] * len(days))}
        known = [
            fold.only(fold.hazards["hazard_id"][self._counted(fold)])
            for fold in self.recorded
            if not fold.effects.empty
        ]
        if len(known) > 1:
            last = [fold.effects["recorded_at"].max() for fold in known]
            local = [moment.tz_convert(TIME_ZONE) for moment in last]
            found["reports"] = (local, self._steps([(fold, None) for fold in known]), known)
        return found

    def _counted(self, fold: Fold) -> pd.Series[bool]:
        """Return which hazards of a register the page is about."""
        rows = fold.hazards
        counted = pd.Series(data=True, index=rows.index)
        if self.selection.kind is not None:
            counted &= rows["kind"] == self.selection.kind
        if self.selection.workbench == "exclude":
            counted &= ~rows["in_workbench"].astype(bool)
        return counted

    def _steps(self, states: list[tuple[Fold, Day]]) -> Steps:
        return steps(
            states,
            self.border,
            threshold_m=self.threshold_m,
            rule=self.said("rule") or "edge",
            include_coast=self.include_coast,
        )

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
