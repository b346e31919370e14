"""From frames to one page: which layers lie where, what is switched, what is in view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely

from mine_geo.errors import OptionError
from mine_geo.maps import facts, ground, grouping, packing
from mine_geo.maps.ground import Around, frame_of, unit_of
from mine_geo.maps.pages import records
from mine_geo.maps.pages.page import OfflinePage
from mine_geo.maps.public import page as public_page
from mine_geo.maps.subject import Subject, bounds_of
from mine_geo.maps.symbols import border_name
from mine_geo.terms import OUTCOMES
from mine_geo.words import say

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.maps.scene import Scene
    from mine_geo.terms import Kind


ANYWHERE: Final = (102.0, 9.5, 108.0, 15.0)
"""The view of a page without any extent, degrees: Cambodia."""


def compose(
    layers: Scene,
    subject: Subject,
    *,
    title: str | None = None,
    first: str | None = None,
    kind: Kind | None = None,
    capacity_m2: float | None = None,
    public: bool = False,
) -> OfflinePage:
    """Make the page of a subject; with `first`, the list of its hazards stands beside the map.

    Such a page is of one kind, map and list: `kind`, else the one that the split was asked for,
    else AP minefields. A page for all shows figures and released land alone.

    Raises
    ------
    OptionError
        For a list of hazards for all.
    """
    if public:
        if first is not None:
            raise OptionError(
                "a border-zone map lists the hazards that remain, so none is public; "
                "make a national, province or district map with public=True"
            )
        return compose_public(layers.public, subject.level, subject.name, subject.within, title)
    if first is None:
        composer = Composer(layers, subject)
        said = facts.facts(subject, layers, composer.around, kind=subject.level, title=title)
        return _composed(composer, said)
    kind = records.kind_of(kind, layers.selection.kind)
    order = records.order_said(subject.hazards, first, kind)
    subject = replace(
        subject,
        hazards=records.listed(subject.hazards, kind),
        others=_of_kind(subject.others, kind),
        unplaced=_of_kind(subject.unplaced, kind),
    )
    composer = Composer(layers.of_kind(kind), subject)
    said = facts.facts(subject, composer.layers, composer.around, kind="border-zone", title=title)
    data = records.list_data(subject.hazards, first, capacity_m2)
    return _composed(composer, replace(said, order=order), data)


def _of_kind(hazards: gpd.GeoDataFrame | None, kind: str) -> gpd.GeoDataFrame | None:
    return None if hazards is None else hazards[grouping.kinds_of(hazards) == kind]


def _composed(
    composer: Composer, said: facts.Facts, listed: dict[str, Any] | None = None
) -> OfflinePage:
    composer.add_border()
    composer.add_units()
    composer.add_places()
    composer.add_records()
    return composer.page(said, listed)


def compose_public(
    layers: public_page.PublicLayers, level: str, name: str, within: str, title: str | None
) -> OfflinePage:
    """Make a page for everybody; what it is given knows no hazard."""
    subject = public_page.subject_of(layers, level, name, within)
    composer = Composer(layers, subject, alone=True)
    said = public_page.facts_of(subject, layers, composer.around, title)
    composer.switches += public_page.switches(layers.disclosed)
    composer.add_border(tinted=False)
    composer.add_units()
    composer.add_places()
    layer = public_page.district_layer(subject, layers.disclosed, said.not_counted)
    composer.records.append(layer)
    composer.add_releases(public_page.RELEASE_FIELDS)
    composer.extra["shades"] = public_page.shades(subject, layers.disclosed)
    return composer.page(said, None)


class Composer:
    """Collects the layers of one page; geometry EPSG:4326, clipped to what the page can show.

    With `alone` nothing of other units is drawn, and all ground outside of the unit is veiled.
    """

    def __init__(
        self,
        layers: Scene | public_page.PublicLayers,
        subject: Subject,
        *,
        alone: bool = False,
    ) -> None:
        self.layers = layers
        self.subject = subject
        self.box = bounds_of(subject.units, subject.hazards, layers.border) or ANYWHERE
        self.reach = ground.padded(self.box, 0.6, least=0.1)
        self.around = Around(
            replace(subject, others=None, beyond=False) if alone else subject,
            None if alone else layers.admin,
            layers.releases,
            frame_of(self.box),
        )
        self.unit = None if self.national else unit_of(subject.units)
        self.areas: list[tuple[str, str, Any]] = []
        self.lines: list[tuple[str, str, packing.Geometries]] = []
        self.labels: list[pd.DataFrame] = []
        self.switches: list[facts.Switch] = []
        self.records: list[dict[str, Any]] = []
        self.extra: dict[str, Any] = {}

    @property
    def view(self) -> ground.Box:
        """What a reader sees at first and a little around it: where a basemap is wanted."""
        return ground.padded(self.box, 0.1 if self.national else 0.25)

    @property
    def national(self) -> bool:
        """Whether the page shows the whole country."""
        return self.subject.level == "national"

    def _clip(self, geometry: Any) -> Any:
        return geometry if self.national else ground.clip(geometry, self.reach)

    def _area(self, key: str, symbol: str, geometry: Any) -> None:
        if geometry is not None and not shapely.is_empty(geometry):
            parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
            self.areas.append((key, symbol, shapely.MultiPolygon(parts)))

    def _line(self, key: str, symbol: str, geometry: Any) -> bool:
        geometry = self._clip(geometry)
        if shapely.is_empty(geometry):
            return False
        self.lines.append((key, symbol, packing.lines_of(geometry)))
        return True

    def add_border(self, *, tinted: bool = True) -> None:
        """Add land, border zone (tinted or not) with its line, and the border by neighbour."""
        border, land = self.layers.border, self.layers.land
        self._area("land", "land", self._clip(land) if land is not None else None)
        self._area("subject", "subject", self.unit)
        if border is not None and len(border):
            self._border(border, land, tinted=tinted)
        self._veil()

    def _veil(self) -> None:
        """Veil the ground on which others are not drawn; and, where others may be, all of theirs.

        The second veil lies there while the reader has switched others off.
        """
        if self.national:
            return
        self._area("veil", "veil", self.around.veil)
        if self.drawn_others:
            own = shapely.MultiPolygon() if self.unit is None else self.unit
            self._area("veil-others", "veil", shapely.difference(self.around.shown, own))

    @property
    def drawn_others(self) -> bool:
        """Whether anything of other units is drawn."""
        released = self.around.others_released
        return len(self.around.others) > 0 or (released is not None and len(released) > 0)

    def _border(self, border: gpd.GeoDataFrame, land: Any, *, tinted: bool) -> None:
        zone = self.layers.zone(ground.padded(self.box, 0.1) if self.national else self.reach)
        rim = shapely.boundary(zone)
        if land is not None:
            zone = shapely.intersection(zone, land)
            rim = shapely.intersection(rim, land)
        if tinted:
            self._area("zone", "zone", self._clip(zone))
        limit = say("layer.limit", distance=f"{self.layers.threshold_m / 1000:g}")
        if self._line("zone", "limit", rim):
            self.switches.append(facts.Switch("zone", limit, "limit"))
        sides = ["kind", "neighbour"]
        for (kind, code), part in border.groupby(sides, dropna=False, sort=True):
            self._border_part(part, str(kind), None if pd.isna(code) else str(code))
        if land is not None and self.national:
            self.labels.append(ground.neighbour_names(border, land))

    def _border_part(self, part: gpd.GeoDataFrame, kind: str, code: str | None) -> None:
        """Add the border with one neighbour; dashed where the data says: not demarcated."""
        key = f"border-{code or kind}"
        symbol = border_name(kind, code)
        label = say(
            "layer.coast" if kind == "coast" else "layer.border", country=ground.country_name(code)
        )
        said = part["demarcated"].eq(False) if "demarcated" in part else part["kind"].isna()
        demarcated = ~said | part["kind"].eq("coast")
        line = shapely.union_all(shapely.force_2d(part.geometry[demarcated].to_numpy()))
        if self._line(key, symbol, line):
            self.switches.append(facts.Switch(key, label, symbol))
        rest = shapely.union_all(shapely.force_2d(part.geometry[~demarcated].to_numpy()))
        if self._line(f"{key}-undemarcated", f"{symbol} undemarcated", rest):
            label = say("layer.undemarcated", country=ground.country_name(code))
            dashed = f"{symbol} undemarcated"
            self.switches.append(facts.Switch(f"{key}-undemarcated", label, dashed))

    def add_units(self) -> None:
        """Add the outlines of provinces and districts, their names, the unit's own outline."""
        admin = self.layers.admin
        if admin is None or not len(admin):
            return
        west, south, east, north = self.reach
        shown = admin if self.national else admin.cx[west:east, south:north]
        drawn = dict(self.layers.outlines)
        if self.layers.border is None:
            drawn["province"] = shapely.union(drawn["province"], drawn["outside"])
        for key in ("district", "province"):
            if self._line(key, key, drawn[key]):
                self.switches.append(facts.Switch(key, say(f"layer.{key}"), key))
            self.labels.append(ground.unit_names(shown, key))
        if self.unit is not None:
            self._line("subject", "subject_line", shapely.boundary(self.unit))

    def add_places(self) -> None:
        """Add the names of all places inside the view."""
        table = ground.place_names(self.layers.places)
        west, south, east, north = self.box if self.national else self.reach
        inside = table["lon"].between(west, east) & table["lat"].between(south, north)
        if inside.any():
            self.labels.append(table[inside])
            self.switches.append(facts.Switch("place", say("layer.place"), "place"))

    def add_records(self) -> None:
        """Add the hazards of the unit, of none and of others, and released land beneath them."""
        self.add_releases(records.RELEASE_FIELDS)
        units = grouping.unit_words(self.layers.admin)
        own, around = self.subject.hazards, self.around
        several = grouping.several_kinds(own, around.others, around.unplaced)
        for name, rows in (
            (grouping.OTHERS, around.others),
            (grouping.UNPLACED, around.unplaced),
            (grouping.OWN, own),
        ):
            if len(rows) or name == grouping.OWN:
                self.records.append(records.hazard_layer(rows, units, name, several=several))
        self.switches += facts.around_switches(
            around.others, around.unplaced, around.others_released
        )

    def add_releases(self, fields: tuple[tuple[str, str], ...]) -> None:
        """Add released land, by outcome and by year, with the fields of its popup."""
        keys: set[str] = set()
        others = self.around.others_released
        for releases, theirs in ((others, True), (self.around.released, False)):
            if releases is not None and len(releases):
                layer = records.release_layer(releases, fields, others=theirs)
                self.records.append(layer)
                keys |= {key for group in layer["groups"] for key in group}
        self._release_switches(keys)

    def _release_switches(self, keys: set[str]) -> None:
        for outcome in (*OUTCOMES, "released"):
            if f"released-{outcome}" in keys:
                label = say(f"outcome.{outcome}")
                self.switches.append(facts.Switch(f"released-{outcome}", label, outcome))
        years = sorted(key for key in keys if key.startswith("year-"))
        for key in years if len(years) > 1 else ():
            year = key.removeprefix("year-")
            undated = year == "undated"
            label = say("layer.released_undated" if undated else "layer.released_in", year=year)
            self.switches.append(facts.Switch(key, label, ""))

    def page(self, said: facts.Facts, listed: dict[str, Any] | None) -> OfflinePage:
        """Return the page; `listed` is what its script is told of the list beside the map."""
        names = pd.concat(self.labels) if self.labels else pd.DataFrame()
        known = packing.Vertices([lines for _, _, lines in self.lines])
        data = {
            "bounds": [[self.box[1], self.box[0]], [self.box[3], self.box[2]]],
            "areas": [
                {"key": key, "symbol": symbol, "polygons": packing.pack_areas(geometry, known)}
                for key, symbol, geometry in self.areas
            ],
            "lines": [
                {"key": key, "symbol": symbol, "lines": packing.pack_lines(lines)}
                for key, symbol, lines in self.lines
            ],
            "labels": [
                [text, khmer, level, round(lat, 5), round(lon, 5)]
                for text, khmer, level, lon, lat in names.itertuples(index=False)
            ],
            "layers": self.records,
            "unit": {"en": said.unit.en, "km": said.unit.km},
            **self.extra,
        }
        if listed is not None:
            data["list"] = listed
        basemap = self.layers.basemap
        told = [basemap.attribution] if basemap is not None and basemap.attribution else []
        said = replace(said, switches=self.switches, sources=[*said.sources, *told])
        return OfflinePage(said, data, basemap=basemap, view=self.view)
