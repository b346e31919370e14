"""From frames to one page: which layers lie where, what is switched, what is in view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.maps import facts, ground, packing, records
from mine_geo.maps.page import OfflinePage
from mine_geo.maps.subject import Subject, bounds_of
from mine_geo.terms import NEIGHBOUR_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import geopandas as gpd

ANYWHERE: Final = (102.0, 9.5, 108.0, 15.0)
"""The view of a page without any extent, degrees: Cambodia."""

PLACES_MOST: Final = 600
ORDER_TEXT: Final = {
    "far": "Ranked by zone (far first, as the Executive Order of 4 January 2022 has it), "
    "then by border distance.",
    "near": "Ranked by zone (near first), then by border distance.",
}


class Composer:
    """Collects the layers of one page; geometry EPSG:4326, clipped to what the page can show."""

    def __init__(self, subject: Subject, said: facts.Facts) -> None:
        self.subject = subject
        self.facts = said
        self.box = bounds_of(subject.units, subject.hazards) or ANYWHERE
        self.reach = ground.padded(self.box, 0.6, least=0.1)
        self.unit = self._unit()
        self.areas: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.labels: list[pd.DataFrame] = []
        self.switches: list[facts.Switch] = []
        self.layers: list[dict[str, Any]] = []

    @property
    def national(self) -> bool:
        """Whether the page shows the whole country."""
        return self.subject.level == "national"

    def _unit(self) -> Any:
        """Return the polygon of the province or district in question, or None."""
        units = self.subject.units
        if self.national or units is None or not len(units):
            return None
        return shapely.union_all(shapely.make_valid(units.geometry.to_numpy()))

    def _clip(self, geometry: Any) -> Any:
        return geometry if self.national else ground.clip(geometry, self.reach)

    def _area(self, key: str, symbol: str, geometry: Any) -> None:
        if geometry is not None and not shapely.is_empty(geometry):
            parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
            packed = packing.pack_polygons(np.asarray([shapely.MultiPolygon(parts)], dtype=object))
            self.areas.append({"key": key, "symbol": symbol, "polygons": packed})

    def _line(self, key: str, symbol: str, geometry: Any) -> bool:
        geometry = self._clip(geometry)
        if shapely.is_empty(geometry):
            return False
        packed = packing.pack_lines(geometry)
        self.lines.append({"key": key, "symbol": symbol, "lines": packed})
        return True

    def add_border(
        self, border: gpd.GeoDataFrame | None, land: Any, threshold_m: float, *, coast: bool
    ) -> None:
        """Add land, border zone with its line, and the border by neighbour."""
        self._area("land", "land", self._clip(land) if land is not None else None)
        self._area("subject", "subject", self.unit)
        if border is None or not len(border):
            return
        view = ground.padded(self.box, 0.1) if self.national else self.reach
        zone = ground.border_zone(border, threshold_m, include_coast=coast, view=view)
        rim = shapely.boundary(zone)
        if land is not None:
            zone = shapely.intersection(zone, land)
            rim = shapely.intersection(rim, land)
        self._area("zone", "zone", self._clip(zone))
        limit = f"{threshold_m / 1000:g} km from the border"
        if self._line("zone", "limit", rim):
            self.switches.append(facts.Switch("zone", limit, "limit"))
        for (kind, code), part in border.groupby(["kind", "neighbour"], dropna=False, sort=True):
            self._border_part(part, str(kind), None if pd.isna(code) else str(code))

    def _border_part(self, part: gpd.GeoDataFrame, kind: str, code: str | None) -> None:
        line = shapely.union_all(shapely.force_2d(part.geometry.to_numpy()))
        known = code in NEIGHBOUR_NAMES
        symbol = "coast" if kind == "coast" else f"border_{code}" if known else "border"
        key = f"border-{code or kind}"
        name = NEIGHBOUR_NAMES.get(code or "", code or "neighbour")
        label = "Coast" if kind == "coast" else f"Border with {name}"
        if self._line(key, symbol, line):
            self.switches.append(facts.Switch(key, label, symbol))

    def add_units(self, admin: gpd.GeoDataFrame | None, *, outside: bool) -> None:
        """Add the outlines of provinces and districts, their names, the unit's own outline."""
        if admin is None or not len(admin):
            return
        shown = (
            admin
            if self.national
            else admin.cx[self.reach[0] : self.reach[2], self.reach[1] : self.reach[3]]
        )
        drawn = ground.outlines(shown)
        if outside:
            drawn["province"] = shapely.union(drawn["province"], drawn["outside"])
        for key, label in (("district", "Districts"), ("province", "Provinces")):
            if self._line(key, key, drawn[key]):  # type: ignore[index]
                self.switches.append(facts.Switch(key, label, key))
            self.labels.append(ground.unit_names(shown, key))  # type: ignore[arg-type]
        if self.unit is not None:
            self._line("subject", "subject_line", shapely.boundary(self.unit))

    def add_places(self, places: pd.DataFrame | None) -> None:
        """Add names of places inside the view: columns `name` and a point, or `lon`, `lat`."""
        if places is None or not len(places):
            return
        table = pd.DataFrame({"text": places["name"].astype(str), "km": "", "level": "place"})
        if "geometry" in places.columns:
            points = shapely.centroid(places["geometry"].to_numpy())
            table["lon"], table["lat"] = shapely.get_x(points), shapely.get_y(points)
        else:
            table["lon"], table["lat"] = places["lon"], places["lat"]
        west, south, east, north = self.box if self.national else self.reach
        inside = table["lon"].between(west, east) & table["lat"].between(south, north)
        if inside.any():
            self.labels.append(table[inside].head(PLACES_MOST))
            self.switches.append(facts.Switch("place", "Places", "place"))

    def add_records(self, releases: gpd.GeoDataFrame | None) -> None:
        """Add the hazards, and released land by outcome beneath them."""
        if releases is not None and len(releases):
            layer = records.release_layer(releases)
            self.layers.append(layer)
            for outcome in layer["symbols"]:
                label = f"Released land: {outcome}"
                self.switches.append(facts.Switch(f"released-{outcome}", label, outcome))
        self.layers.append(records.hazard_layer(self.subject.hazards))

    def page(self, order: Iterable[int] | None) -> OfflinePage:
        """Return the page; `order` gives the rows of the list beside the map."""
        names = pd.concat(self.labels) if self.labels else pd.DataFrame()
        data = {
            "bounds": [[self.box[1], self.box[0]], [self.box[3], self.box[2]]],
            "areas": self.areas,
            "lines": self.lines,
            "labels": [
                [text, khmer, level, round(lat, 5), round(lon, 5)]
                for text, khmer, level, lon, lat in names.itertuples(index=False)
            ],
            "layers": self.layers,
        }
        if order is not None:
            data["list"] = packing.pack(list(order))
        symbols = self.layers[-1]["symbols"]
        said = replace(self.facts, symbols=symbols, switches=self.switches)
        return OfflinePage(said, data)


def compose(
    subject: Subject,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame | None,
    admin: gpd.GeoDataFrame | None,
    *,
    releases: gpd.GeoDataFrame | None,
    places: pd.DataFrame | None,
    title: str | None,
    as_of: date | str | None,
    first: str | None = None,
) -> OfflinePage:
    """Make the page of a subject; with `first`, the list of its hazards stands beside the map."""
    kind = subject.level if first is None else "border-zone"
    said = facts.facts(subject, split, border, admin, places, kind=kind, title=title, as_of=as_of)
    if first is not None:
        said = replace(said, order=ORDER_TEXT[first])
    composer = Composer(subject, said)
    land = ground.country(border, admin)
    coast = bool(split["include_coast"].any())
    composer.add_border(border, land, facts.threshold_of(split), coast=coast)
    composer.add_units(admin, outside=border is None)
    if border is not None and land is not None and composer.national:
        composer.labels.append(ground.neighbour_names(border, land, NEIGHBOUR_NAMES))
    composer.add_places(places)
    composer.add_records(releases)
    order = None if first is None else records.ranked(subject.hazards, first)
    return composer.page(order)
