"""What geography allows a published split to say: least and most that can lie in each zone.

When hazards are known by district only, a district wholly nearer to the border than the threshold
forces all of its hazards near, one with no part nearer forces them far, and any other district may
have them in either zone. Sizes in m², distances in metres (geodesic, WGS 84), polygons in
EPSG:4326.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import RecordError, some
from mine_geo.geo import admin_names
from mine_geo.geo.border import border_lines
from mine_geo.geo.geometry import as_geometries
from mine_geo.split.distance import border_distance
from mine_geo.split.zones import near_zone
from mine_geo.tables.published import keyed_figures, published_table
from mine_geo.terms import CRS, ROW, THRESHOLD_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Numbers = dict[str, float]


MARGIN_M: Final = 1.0
"""`near_zone` is right to this: a district counts as wholly near if it is by so much more."""

PROBES: Final = 32
"""Vertices of a district that are measured before the near zone is drawn about it."""

_SIZES: Final = ("hazards", "size_m2")
FIGURES: Final = ("near_hazards", "near_size_m2", "far_hazards", "far_size_m2")
"""The published figures that are checked."""


def district_reach(
    admin: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    include_coast: bool = False,
) -> pd.DataFrame:
    """Tell for each district whether it lies wholly in one zone.

    Parameters
    ----------
    admin
        Districts in EPSG:4326, as from `read_admin`.
    border
        Border lines, as from `read_border`.
    threshold_m
        The distance below which a place is near, metres.
    include_coast
        Count the coast as border too.

    Returns
    -------
    pandas.DataFrame
        On the index of `admin`: `district_code`, `border_distance_m` (nearest edge) and `reach`:
        `near` (every point is nearer than the threshold, shown with 1 m to spare), `far` (no
        point is) or `both`.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_admin
    >>> from mine_geo.intake import read_border
    >>> districts = read_admin(sample.path("districts")).iloc[[8, 9]]
    >>> reach = district_reach(districts, read_border(sample.path("border")))
    >>> reach[["district_code", "reach"]].values.tolist()
    [['0110', 'both'], ['0201', 'far']]
    """
    polygons = as_geometries(admin)
    lines = shapely.union_all(as_geometries(border_lines(border, include_coast=include_coast)))
    shapely.prepare(lines)
    # A district that the border crosses or bounds is 0 m from it: nothing is left to search, and
    # along thousands of common vertices a search would be long.
    distance = np.zeros(len(admin))
    apart = ~shapely.intersects(lines, polygons)
    distance[apart] = border_distance(admin[apart], border, include_coast=include_coast)
    reach = np.where(distance < threshold_m, "both", "far").astype(object)
    partly = np.flatnonzero(distance < threshold_m)
    # One point of a district at the threshold or beyond shows that it is not wholly near. Most
    # have one among a few of their vertices; only for the rest is the near zone drawn.
    ends, owner = _some_vertices(polygons[partly])
    places = gpd.GeoSeries(ends, crs=CRS)
    reaching = border_distance(places, border, include_coast=include_coast) >= threshold_m
    partly = np.delete(partly, np.unique(owner[reaching]))
    if len(partly) and threshold_m > MARGIN_M:
        zone = near_zone(
            border,
            threshold_m=threshold_m - MARGIN_M,
            include_coast=include_coast,
            around=polygons[partly],
        )
        shapely.prepare(zone)
        reach[partly[shapely.covers(zone, polygons[partly])]] = "near"
    columns = {
        "district_code": admin["district_code"].to_numpy(),
        "border_distance_m": distance,
        "reach": reach,
    }
    return pd.DataFrame(columns, index=admin.index)


def _some_vertices(
    polygons: NDArray[np.object_],
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return about `PROBES` vertices of each polygon as points, and the polygon each is of."""
    xy, owner = shapely.get_coordinates(polygons, return_index=True)
    count = np.bincount(owner, minlength=len(polygons))
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    kept = place % np.maximum(count // PROBES, 1)[owner] == 0
    return shapely.points(xy[kept]), owner[kept]


def zone_bounds(
    district_totals: pd.DataFrame,
    admin: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    published: pd.DataFrame | str | None = None,
    *,
    threshold_m: float = THRESHOLD_M,
    include_coast: bool = False,
) -> pd.DataFrame:
    """Return the least and the most that can lie near and far in each province, and in all.

    Parameters
    ----------
    district_totals
        Hazards and size by district, whatever the zone: `province_code`, `district_code` (or
        names), `hazards`, `size_m2`; for example `published_table("wp2023_annex1")`.
    admin
        Districts in EPSG:4326, as from `read_admin`.
    border
        Border lines in EPSG:4326, as from `read_border`.
    published
        A table with some of `near_hazards`, `near_size_m2`, `far_hazards`, `far_size_m2` by
        province, or the name of a published one.
    threshold_m
        The distance below which a place is near, metres.
    include_coast
        Count the coast as border too.

    Returns
    -------
    pandas.DataFrame
        One row a province and one of all: `row` (`data` or `total`), `province`,
        `province_code`, `hazards`, `size_m2`; `least_…` and `most_…` for each of the four figures;
        `unplaced`, the districts with hazards that `admin` lacks (they count as free). With
        `published` also `published_…` and `outside`, the figures that lie outside their bounds
        ("" if none). Sizes are whole m².

    Raises
    ------
    OptionError
        If no published table has that name.
    RecordError
        If `district_totals` lacks a column, or `published` has none of the four figures.
    MixedError
        If a table holds several kinds of hazard.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_admin
    >>> from mine_geo.intake import read_border
    >>> admin, border = read_admin(sample.path("districts")), read_border(sample.path("border"))
    >>> bounds = zone_bounds(published_table("wp2023_annex1"), admin, border, "wp2023_table3")
    >>> bounds.loc[bounds["outside"] != "", ["province", "most_near_hazards"]].values.tolist()
    [['Koh Kong', 276]]
    """
    # Which districts are forced into a zone decides everything: a district's hazards are counted as
    # forced there, or as free. The least in a zone is what is forced into it, the most is all that
    # is not forced into the other. Counts and m² go the same way.
    missing = [figure for figure in _SIZES if figure not in district_totals]
    if missing:
        raise RecordError(f"the totals by district have no {some(missing)}; add the column")
    keys = ["province_code", "district_code"]
    by_district = keyed_figures(district_totals, keys, list(_SIZES), "the table by district")
    placed = admin[admin["district_code"].isin([key[1] for key in by_district if key])]
    reached = district_reach(placed, border, threshold_m=threshold_m, include_coast=include_coast)
    reach = dict(zip(reached["district_code"], reached["reach"], strict=True))
    rows: dict[str | None, _Row] = {}
    for key, sizes in by_district.items():
        if key is not None:
            for place in (key[0], None):
                rows.setdefault(place, _Row()).add(key[1], sizes, reach.get(str(key[1])))
    table = None if published is None else _published_figures(published)
    if table is not None:
        if set(rows) - set(table):
            table[None] = {}  # a table of some provinces only says nothing of the whole
        for place in table:
            rows.setdefault(place, _Row())
    ordered = sorted(rows, key=lambda place: (place is None, str(place)))
    return _typed([_as_record(place, rows[place], table) for place in ordered])


class _Row:
    """The sums of a province: all, forced near, forced far, and the districts without polygon."""

    def __init__(self) -> None:
        self.all: _Numbers = dict.fromkeys(_SIZES, 0)
        self.forced: dict[str, _Numbers] = {
            zone: dict.fromkeys(_SIZES, 0) for zone in ("near", "far")
        }
        self.unplaced: list[str] = []

    def add(self, code: str | None, sizes: _Numbers, reach: str | None) -> None:
        for figure in _SIZES:
            self.all[figure] += sizes.get(figure, 0)
            if reach in self.forced:
                self.forced[reach][figure] += sizes.get(figure, 0)
        if reach is None:
            self.unplaced.append(_district(code))

    def limits(self, figure: str) -> tuple[int, int]:
        """Return the least and the most of a figure such as `near_size_m2`."""
        zone, size = figure.split("_", 1)
        other = "far" if zone == "near" else "near"
        return int(self.forced[zone][size]), int(self.all[size] - self.forced[other][size])


def _district(code: str | None) -> str:
    return "(not recorded)" if code is None else admin_names.district_name(code)


def _published_figures(published: pd.DataFrame | str) -> dict[str | None, _Numbers]:
    """Return the published figures by province code, their sums under None."""
    table = published_table(published) if isinstance(published, str) else published
    checked = [figure for figure in FIGURES if figure in table]
    if not checked:
        raise RecordError(
            f"the published table has none of {', '.join(FIGURES)}; it has "
            f"{some(table.columns, 12)}"
        )
    figures = keyed_figures(table, ["province_code"], checked, "the published table")
    return {key[0] if key else None: row for key, row in figures.items()}


def _as_record(
    place: str | None, row: _Row, table: dict[str | None, _Numbers] | None
) -> dict[str, object]:
    record: dict[str, object] = {
        ROW: "total" if place is None else "data",
        "province": None if place is None else admin_names.province_name(place),
        "province_code": place,
        **{figure: int(row.all[figure]) for figure in _SIZES},
    }
    for figure in FIGURES:
        record[f"least_{figure}"], record[f"most_{figure}"] = row.limits(figure)
    record["unplaced"] = ", ".join(row.unplaced)
    if table is None:
        return record
    printed = table.get(place, {})
    record |= {f"published_{figure}": printed.get(figure) for figure in FIGURES}
    outside = [
        figure
        for figure, value in printed.items()
        if not row.limits(figure)[0] <= value <= row.limits(figure)[1]
    ]
    return record | {"outside": ", ".join(outside)}


def _typed(records: list[dict[str, object]]) -> pd.DataFrame:
    """Return the records as a table: nulls as None in text, published figures as Int64."""
    bounds = pd.DataFrame(records)
    for name in ("province", "province_code"):
        bounds[name] = bounds[name].astype(object).where(bounds[name].notna(), None)
    printed = [column for column in bounds if str(column).startswith("published_")]
    return bounds.astype(dict.fromkeys(printed, "Int64"))


def findings(bounds: pd.DataFrame) -> pd.DataFrame:
    """Return every published figure outside its bounds, one row each.

    Parameters
    ----------
    bounds
        As from `zone_bounds` with a published table.

    Returns
    -------
    pandas.DataFrame
        `row`, `province`, `province_code`, `figure`, `published`, `least`, `most`.

    Raises
    ------
    RecordError
        If `bounds` was made without a published table.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_admin
    >>> from mine_geo.intake import read_border
    >>> admin, border = read_admin(sample.path("districts")), read_border(sample.path("border"))
    >>> annex = published_table("wp2023_annex1")
    >>> koh_kong = annex[annex["province"] == "Koh Kong"]
    >>> said = pd.DataFrame({"province": ["Koh Kong"], "near_hazards": [324]})
    >>> bounds = zone_bounds(koh_kong, admin, border, said)
    >>> findings(bounds)[["row", "figure", "published", "least", "most"]].values.tolist()
    [['data', 'near_hazards', 324, 0, 276], ['total', 'near_hazards', 324, 0, 276]]
    """
    if "outside" not in bounds:
        raise RecordError("these bounds name no published figures; give zone_bounds a table")
    rows = [
        (
            row[ROW],
            row["province"],
            row["province_code"],
            figure,
            int(row[f"published_{figure}"]),
            int(row[f"least_{figure}"]),
            int(row[f"most_{figure}"]),
        )
        for row in bounds.to_dict("records")
        for figure in filter(None, str(row["outside"]).split(", "))
    ]
    columns = [ROW, "province", "province_code", "figure", "published", "least", "most"]
    return pd.DataFrame(rows, columns=columns)
