"""What a map shows beside its records: country, border zone, outlines of units, names, the veil.

All of it is derived once for a page or a whole atlas, in EPSG:4326, and for drawing only:
distances to the border are never read off these shapes (`zones.border_split` computes them).

Around the unit of a page or sheet no white ground may be taken for safe ground: in a frame about
the unit the hazards and the released land of other units are drawn, or neither of them; all
ground beyond is veiled and called "not shown".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import shapely

from mine_geo.disclosure.layers import EVERYTHING
from mine_geo.maps import packing
from mine_geo.maps.provenance import split_of
from mine_geo.maps.subject import bounds_of
from mine_geo.split.zones import near_zone
from mine_geo.terms import NEIGHBOURS, THRESHOLD_M
from mine_geo.words import same, say

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.disclosure.layers import Selection
    from mine_geo.maps.pages.basemap import Basemap
    from mine_geo.maps.subject import Subject
    from mine_geo.words import Said


Box = tuple[float, float, float, float]
Outline = Literal["province", "district", "outside"]

SIMPLIFY_DEGREES: Final = 3e-5
"""Vertices within 3 m of the line through the others are left out."""


def padded(box: Box, share: float, least: float = 0.0) -> Box:
    """Return a box in degrees, wider on each side by a share of its longer side.

    Examples
    --------
    >>> padded((0.0, 0.0, 2.0, 1.0), 0.5)
    (-1.0, -1.0, 3.0, 2.0)
    """
    west, south, east, north = box
    more = max(share * max(east - west, north - south), least)
    return (west - more, south - more, east + more, north + more)


def clip(geometry: Any, box: Box) -> Any:
    """Return the part of a geometry inside a box (degrees)."""
    return shapely.clip_by_rect(geometry, *box)


def country(border: gpd.GeoDataFrame | None, admin: gpd.GeoDataFrame | None) -> Any:
    """Return the country's polygon, or None where neither table closes one.

    The border's lines are taken when land and coast close rings; else the districts' union.
    """
    if border is not None and len(border):
        lines = shapely.union_all(shapely.force_2d(border.geometry.to_numpy()))
        rings = shapely.get_parts(shapely.polygonize([lines]))
        if len(rings):
            return shapely.union_all(rings)
    if admin is not None and len(admin):
        return shapely.union_all(shapely.make_valid(admin.geometry.to_numpy()))
    return None


def border_zone(
    border: gpd.GeoDataFrame, threshold_m: float, *, include_coast: bool, view: Box
) -> Any:
    """Return the polygon within `threshold_m` (metres) of the border, right to 4 m, for drawing.

    The near zone itself, as far as it can touch the view (degrees), with fewer vertices.
    """
    zone = near_zone(
        border, threshold_m=threshold_m, include_coast=include_coast, around=shapely.box(*view)
    )
    return shapely.simplify(zone, SIMPLIFY_DEGREES)


def _segments(admin: gpd.GeoDataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each edge of the units' rings once: lattice ends (n, 4) and two owners (-1: none)."""
    polygons, unit_of = shapely.get_parts(admin.geometry.to_numpy(), return_index=True)
    rings, part_of = shapely.get_rings(polygons, return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    steps = packing.lattice(xy)
    # An edge is two vertices in a row of one ring.
    inside = ring_of[1:] == ring_of[:-1]
    start, end = steps[:-1][inside], steps[1:][inside]
    owner = unit_of[part_of[ring_of[1:][inside]]]
    # Told from its lower end, it is the same edge from either side; one of no length is none.
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    ends = np.where(turned[:, None], np.hstack([end, start]), np.hstack([start, end]))
    moved = (start != end).any(axis=1)
    edges, edge_of = np.unique(ends[moved], axis=0, return_inverse=True)
    edge_of = edge_of.ravel()
    # Whoever was written last is the first owner; any other that has the edge is the second.
    owners = np.full((len(edges), 2), -1, dtype=np.int64)
    owners[edge_of, 0] = owner[moved]
    second = owners[edge_of, 0] != owner[moved]
    owners[edge_of[second], 1] = owner[moved][second]
    return edges, owners


def outlines(admin: gpd.GeoDataFrame) -> dict[Outline, Any]:
    """Return each boundary once: between provinces, between districts, and outside ones.

    Units that share exact vertices share the line; where an official file leaves slivers, the
    two sides are drawn as two lines.

    Examples
    --------
    >>> import geopandas as gpd
    >>> admin = gpd.GeoDataFrame(
    ...     {"province_code": ["01", "01"], "geometry": [shapely.box(0, 0, 1, 1),
    ...      shapely.box(1, 0, 2, 1)]}, crs="EPSG:4326")
    >>> {kind: float(line.length) for kind, line in outlines(admin).items()}
    {'province': 0.0, 'district': 1.0, 'outside': 6.0}
    """
    edges, owners = _segments(admin)
    code = admin["province_code"].astype("string").fillna("").to_numpy()
    alone = owners[:, 1] < 0
    same = ~alone & (code[owners[:, 0]] == code[owners[:, 1]])
    chosen: dict[Outline, Any] = {}
    for kind, mask in (("province", ~alone & ~same), ("district", same), ("outside", alone)):
        ends = edges[mask].reshape(-1, 2, 2) / packing.STEPS_PER_DEGREE
        chosen[kind] = shapely.line_merge(shapely.union_all(shapely.linestrings(ends)))  # type: ignore[index]
    return chosen


def _anchor(geometry: Any) -> tuple[float, float]:
    """Return a place for a name: the centroid when it is inside, else a point on the surface."""
    parts = shapely.get_parts(geometry)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    point = shapely.centroid(largest)
    if not shapely.contains(largest, point):
        point = shapely.point_on_surface(largest)
    return (float(shapely.get_x(point)), float(shapely.get_y(point)))


def unit_names(admin: gpd.GeoDataFrame, level: Literal["province", "district"]) -> pd.DataFrame:
    """Return one row a unit for its label: `text`, `km`, `level`, `lon`, `lat` (degrees)."""
    rows = []
    named = admin[admin[level].notna() & ~admin.geometry.is_empty & admin.geometry.notna()]
    key = [f"{level}_code", level] if f"{level}_code" in named.columns else [level]
    for _, unit in named.groupby(key, sort=True, dropna=False):
        first = unit.iloc[0]
        lon, lat = _anchor(shapely.union_all(shapely.make_valid(unit.geometry.to_numpy())))
        khmer = first.get(f"{level}_km")
        khmer = "" if khmer is None or pd.isna(khmer) else str(khmer)
        rows.append((str(first[level]), khmer, level, lon, lat))
    return pd.DataFrame(rows, columns=["text", "km", "level", "lon", "lat"])


def place_names(places: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row a named place for its label: `text`, `km`, `level`, `lon`, `lat` (degrees).

    In the order of the table, or the largest first where it tells the `population`.

    Examples
    --------
    >>> place_names(pd.DataFrame({"name": ["A", None, "B"], "lon": 103.0, "lat": 13.0,
    ...                           "population": [1, 9, 20]}))["text"].tolist()
    ['B', 'A']
    """
    columns = ["text", "km", "level", "lon", "lat"]
    if places is None or not len(places):
        return pd.DataFrame(columns=columns)
    named = places[places["name"].notna()].reset_index(drop=True)
    if "population" in named.columns:
        most = pd.to_numeric(named["population"], errors="coerce")
        named = named.loc[most.sort_values(ascending=False, kind="stable").index]
    table = pd.DataFrame({"text": named["name"].astype(str), "km": "", "level": "place"})
    if "geometry" in named.columns:
        points = shapely.centroid(named["geometry"].to_numpy())
        table["lon"], table["lat"] = shapely.get_x(points), shapely.get_y(points)
    else:
        table["lon"], table["lat"] = named["lon"].astype(float), named["lat"].astype(float)
    return table[columns]


def country_name(code: str | None) -> Said:
    """Return the name of a neighbour, or what a file calls it."""
    if code in NEIGHBOURS:
        return say(f"country.{code}")
    return same(code) if code else say("country.other")


def neighbour_places(
    border: gpd.GeoDataFrame, lines: Any, land: Any, box: Box
) -> list[tuple[Said, str, float, float, float]]:
    """Return where the name of each neighbour stands, in any plane: on its side, near its middle.

    Parameters
    ----------
    border
        Canonical border table, for its column `neighbour`.
    lines
        Its lines in the plane of `land` and `box`, row by row.
    land
        The country.
    box
        The window in which the names shall stand.

    Returns
    -------
    list
        Name, code, x, y and the room around the place, all in the plane's own unit.
    """
    left, bottom, right, top = box
    size = max(right - left, top - bottom)
    # Places to try: all over the window, but for the country itself.
    xs, ys = np.meshgrid(np.linspace(left, right, 90), np.linspace(bottom, top, 70))
    points = shapely.points(xs.ravel(), ys.ravel())
    rough = shapely.simplify(land, 0.002 * size)
    shapely.prepare(rough)
    points = points[~shapely.intersects(rough, points)]
    if not len(points):
        return []
    x, y = shapely.get_x(points), shapely.get_y(points)
    # The room for a name: up to the country and to the window's edge; it is wider than high.
    across, up = np.minimum(x - left, right - x), np.minimum(y - bottom, top - y)
    room = np.minimum(shapely.distance(points, rough), np.minimum(across / 1.6, up * 1.4))
    # A place belongs to the neighbour whose border is nearest; the coast is nobody's.
    sides = border["neighbour"].fillna("").to_numpy()
    codes = sorted(set(sides))
    borders = [shapely.simplify(shapely.union_all(lines[sides == c]), 0.002 * size) for c in codes]
    away = np.stack([shapely.distance(points, line) for line in borders])
    away = np.where(np.isnan(away), np.inf, away)
    found = []
    for index, (code, line) in enumerate(zip(codes, borders, strict=True)):
        ours = (np.argmin(away, axis=0) == index) & np.isfinite(away[index])
        if not code or not ours.any():
            continue
        # As much room as a name can use, and not far from the middle of its border.
        middle = shapely.distance(points, shapely.centroid(line))
        score = np.where(ours, np.minimum(room, 0.07 * size) - 0.12 * middle, -np.inf)
        best = int(np.argmax(score))
        if room[best] > 0.01 * size:
            found.append(
                (country_name(code), code, float(x[best]), float(y[best]), float(room[best]))
            )
    return found


def neighbour_names(border: gpd.GeoDataFrame, land: Any) -> pd.DataFrame:
    """Return a label for each neighbour, as `unit_names` for units; `lon`, `lat` in degrees."""
    frame = padded(tuple(shapely.bounds(land)), 0.02)
    lines = border.geometry.to_numpy()
    rows = [
        (name.en, "" if name.km == name.en else name.km, "country", lon, lat)
        for name, _, lon, lat, _ in neighbour_places(border, lines, land, frame)
    ]
    return pd.DataFrame(rows, columns=["text", "km", "level", "lon", "lat"])


SHARE: Final = 0.3
"""How far around the unit others are drawn, as a share of its longer side."""

LEAST_DEGREES: Final = 0.05
"""And at least so far: 5 km."""

WORLD: Final = shapely.box(85.0, -5.0, 125.0, 30.0)
"""What is veiled at most, degrees: farther than anybody pans."""


def frame_of(box: Box) -> Box:
    """Return the box (degrees) around a unit's own in which others are drawn."""
    return padded(box, SHARE, least=LEAST_DEGREES)


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
    # `open_` are the rows of which no column has said yet whose they are.
    ours, open_ = np.zeros(len(frame), dtype=bool), np.ones(len(frame), dtype=bool)
    column = f"{subject.level}_code"
    tables = [subject.hazards] if subject.units is None else [subject.hazards, subject.units]
    codes = {code for table in tables if column in table for code in table[column].dropna()}
    if column in frame.columns and codes:
        ours |= frame[column].isin(codes).to_numpy()
        open_ &= frame[column].isna().to_numpy()
    # A hazard that is known, ours or another's, settles it; what is left is decided by its place.
    if "hazard_id" in frame.columns:
        ours |= open_ & frame["hazard_id"].isin(subject.hazards["hazard_id"]).to_numpy()
        known = [subject.hazards] if subject.others is None else [subject.hazards, subject.others]
        ids = pd.concat([table["hazard_id"] for table in known]).dropna()
        open_ &= ~frame["hazard_id"].isin(ids).to_numpy()
    unit = unit_of(subject.units)
    if unit is not None and open_.any():
        shapely.prepare(unit)
        ours |= open_ & shapely.intersects(frame.geometry.to_numpy(), unit)
    return ours


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
        units, admin = self.subject.units, self.admin
        known = unit_of(units)
        # Of a district the whole province is known, where the table of units tells its districts.
        if known is not None and units is not None and admin is not None:
            column = "province_code" if "province_code" in admin.columns else "province"
            if column in admin.columns:
                whole = unit_of(admin[admin[column].isin(units[column].dropna())])
                known = known if whole is None else whole
        if known is None:
            bounds = bounds_of(self.subject.hazards)
            return frame if bounds is None else shapely.box(*frame_of(bounds))
        return shapely.intersection(known, frame)

    @property
    def veil(self) -> Any:
        """All other ground."""
        return shapely.difference(WORLD, self.shown)

    def sees(self, rows: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Return which rows lie in the frame, at least in part."""
        return np.asarray(shapely.intersects(rows.geometry.to_numpy(), shapely.box(*self.box)))

    def _inside(self, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return rows[self.sees(rows)]


SEA_DEGREES: Final = 0.07
"""How far from the coast the sea is drawn: 8 km. Nothing that we hold says where it ends, and the
islands of the neighbours lie farther out."""


def sea(border: gpd.GeoDataFrame | None) -> Any:
    """Return the water along the coast (EPSG:4326), to be drawn beneath the land.

    By the end of a land border, where sea and foreign land are not told apart, there is none.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lines = gpd.GeoDataFrame({"kind": ["coast"]}, crs="EPSG:4326",
    ...                          geometry=[shapely.LineString([(103, 10), (104, 10)])])
    >>> [round(each, 2) for each in sea(lines).bounds]
    [102.93, 9.93, 104.07, 10.07]
    >>> sea(lines.assign(kind="land")).is_empty
    True
    """
    if border is None or not len(border):
        return shapely.MultiPolygon()
    lines = shapely.force_2d(border.geometry.to_numpy())
    coast = border["kind"].eq("coast").to_numpy(dtype=bool)
    bands = [
        shapely.buffer(shapely.simplify(shapely.union_all(lines[rows]), 0.002), SEA_DEGREES)
        for rows in (coast, ~coast)
    ]
    return shapely.difference(*bands)


EVERYWHERE: Final = (-180.0, -90.0, 180.0, 90.0)


class Beneath:
    """Country, border zone and outlines behind the records of a map; none comes from a hazard."""

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
        return split_of(self.told, column, self.selection)

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
        return country(self.border, self.admin)

    @cached_property
    def sea(self) -> Any:
        """The water along the coast; empty where no coast, or no land beside it, is known."""
        return shapely.MultiPolygon() if self.land is None else sea(self.border)

    @cached_property
    def whole_zone(self) -> Any:
        """The land nearer than the threshold to the border, everywhere; for drawing."""
        return self._zone(EVERYWHERE)

    def zone(self, view: Box) -> Any:
        """Return the land nearer than the threshold, as far as it can touch a view (degrees).

        What was derived for the whole country is cut; else no more is derived than asked for.
        """
        if "whole_zone" in self.__dict__:
            return clip(self.whole_zone, view)
        return self._zone(view)

    def _zone(self, view: Box) -> Any:
        if self.border is None or not len(self.border):
            return shapely.MultiPolygon()
        return border_zone(
            self.border, self.threshold_m, include_coast=self.include_coast, view=view
        )

    @cached_property
    def outlines(self) -> dict[Outline, Any]:
        """Each boundary once: between provinces, between districts, and outside ones."""
        if self.admin is None or not len(self.admin):
            return {}
        return outlines(self.admin)
