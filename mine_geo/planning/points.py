"""On what ground a point lay on its day: an accident, or evidence, beside the ledger.

In a hazard, in land that had been released, near a hazard, or on ground of which the register says
nothing. The second list is the one to look at first. Points and polygons are in EPSG:4326,
distances in metres; a day is its end, as everywhere in the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import GeometryError, OptionError, RecordError, some
from mine_geo.geo.cells import read_days
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import ECCENTRICITY, SEMI_MAJOR_M, as_geometries
from mine_geo.tables.movements import released_land

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mine_geo.ledger.fold import Fold

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]


GROUNDS: Final = ("released", "hazard", "nearby", "unknown")
"""Where a point lay: `released` land, inside a `hazard`, `nearby` one, or on `unknown` ground."""
WORDS: Final = {
    "released": "in released land",
    "hazard": "in a hazard",
    "nearby": "near a hazard",
    "unknown": "on unknown ground",
}
WITHIN_M: Final = 500.0
MOST_WITHIN_M: Final = 5_000.0
"""Farther off, the plane in which the distance is taken is no longer right to 0.1 m."""


def ground_of_points(
    points: gpd.GeoDataFrame, fold: Fold, *, day: str = "happened_on", within_m: float = WITHIN_M
) -> pd.DataFrame:
    """Say for each point on what ground it lay at the end of its day.

    Parameters
    ----------
    points
        Points in EPSG:4326, each with a day: accidents (`happened_on`) or evidence (`found_on`).
    fold
        The register, not older than the last of the days: a day after it has the fold's state.
    day
        The column of the day.
    within_m
        Up to how many metres from a hazard a point is `nearby`, at most 5,000.

    Returns
    -------
    pandas.DataFrame
        On the index of `points`: `ground` (one of `GROUNDS`; null where a point is missing),
        `hazard_id` of the hazard or of the one whose land was released or that is nearest,
        `distance_m` from it (0 inside; null on unknown ground), `released_on` and `event_id` of
        the last release of the land. Land that was found again after its release is a hazard.

    Raises
    ------
    RecordError
        If a day is missing.
    GeometryError
        If something else than points is given.
    OptionError
        If `within_m` is not from 0 to 5,000.

    Notes
    -----
    The distance is taken in the plane that touches the ellipsoid at the point's latitude: right to
    0.05 m at 500 m in Cambodia.

    Examples
    --------
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> accidents = gpd.GeoDataFrame(
    ...     {"happened_on": ["2020-01-30", "2020-01-31", "2020-02-01"]},
    ...     geometry=gpd.points_from_xy([103.005, 103.005, 103.013], [13.005] * 3), crs=4326)
    >>> found = ground_of_points(accidents, fold(registered_events(hazards)))
    >>> found[["ground", "distance_m"]].round(1).values.tolist()
    [['unknown', nan], ['hazard', 0.0], ['nearby', 325.4]]
    """
    if not 0 <= within_m <= MOST_WITHIN_M:
        raise OptionError(f"within_m must be from 0 to {MOST_WITHIN_M:,.0f} m, not {within_m!r}")
    require_lonlat(points, "points")
    ground = as_geometries(points.geometry)
    known = ~(shapely.is_missing(ground) | shapely.is_empty(ground))
    if (shapely.get_type_id(ground[known]) != 0).any():
        raise GeometryError("accidents and evidence are points; give a layer of points")
    if day not in points:
        raise RecordError(f"points lack the column {day}, the day of each")
    read, bad = read_days(points[day])
    wrong = (bad | read.isna().to_numpy()) & known
    if wrong.any():
        raise RecordError(f"points {some(points.index[wrong])}: {day} is no day that is clear")
    days = read.to_numpy()
    table = pd.DataFrame(
        {
            "ground": ["unknown" if each else None for each in known],
            "hazard_id": None,
            "distance_m": np.nan,
            "released_on": pd.Series(np.datetime64("NaT", "ms"), index=points.index),
            "event_id": None,
        },
        index=points.index,
    ).astype({"ground": object, "hazard_id": object, "event_id": object})
    near = _nearest(ground, days, fold, within_m)
    table.iloc[near.index, 0] = np.where(near["distance_m"] == 0, "hazard", "nearby")
    table.iloc[near.index, 1] = near["hazard_id"]
    table.iloc[near.index, 2] = near["distance_m"]
    # Released land beside an open hazard is released land: that is the list to look at first.
    past = _released(ground, days, fold)
    past = past[~past.index.isin(near.index[near["distance_m"] == 0])]
    table.iloc[past.index, 0] = "released"
    table.iloc[past.index, 1] = past["hazard_id"]
    table.iloc[past.index, 2] = 0.0
    table.iloc[past.index, 3] = past["happened_on"]
    table.iloc[past.index, 4] = past["event_id"]
    return table


def listed_by_ground(
    points: pd.DataFrame, fold: Fold, *, day: str = "happened_on", within_m: float = WITHIN_M
) -> gpd.GeoDataFrame:
    """List points by the ground on which they lay on their day, the one to look at first first.

    Parameters
    ----------
    points, fold, day, within_m
        As for `ground_of_points`; points may be missing, and a column `hazard_id` says to which
        hazard one belongs.

    Returns
    -------
    geopandas.GeoDataFrame
        The points (EPSG:4326) with what `ground_of_points` says of each, in the order of `GROUNDS`
        and the latest first; `of_hazard` is the hazard to which somebody said that it belongs. Left
        out is what has no place, or happened after the day of the fold.

    Raises
    ------
    RecordError, GeometryError, OptionError
        As `ground_of_points`.

    Examples
    --------
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> accidents = gpd.GeoDataFrame(
    ...     {"happened_on": ["2020-01-30", "2020-01-31"]},
    ...     geometry=gpd.points_from_xy([103.005, 103.005], [13.005] * 2), crs=4326)
    >>> found = listed_by_ground(accidents, fold(registered_events(hazards)))
    >>> found[["happened_on", "ground"]].values.tolist()
    [['2020-01-31', 'hazard'], ['2020-01-30', 'unknown']]
    """
    if "geometry" not in points:
        raise GeometryError("accidents and evidence are points; give lon and lat, or a layer")
    placed = gpd.GeoDataFrame(points).rename(columns={"hazard_id": "of_hazard"})
    drawn = placed.geometry
    placed = placed[~(drawn.isna() | drawn.is_empty)].reset_index(drop=True)
    said = ground_of_points(placed, fold, day=day, within_m=within_m)
    days, _ = read_days(placed[day])
    found = placed.join(said)
    order = np.lexsort((-days.astype("int64").to_numpy(), found["ground"].map(GROUNDS.index)))
    known = np.ones(len(found), dtype=bool)
    if fold.as_of is not None:
        known = (days <= pd.Timestamp(fold.as_of)).to_numpy()
    return found.iloc[order[known[order]]].reset_index(drop=True)


def _nearest(points: Any, days: Any, fold: Fold, within_m: float) -> pd.DataFrame:
    """Return the nearest hazard of each point as it was on its day: a row a point that has one."""
    effects = fold.effects
    polygons = as_geometries(fold.polygons)
    begins = effects["happened_on"].to_numpy()
    # What an event left holds until the next event of the hazard, in the order of folding.
    following = effects["happened_on"].groupby(effects["hazard_id"].to_numpy()).shift(-1)
    ends = following.fillna(pd.Timestamp.max.as_unit("ms")).to_numpy()
    there = np.flatnonzero(~shapely.is_empty(polygons) & (begins < ends))
    tree = shapely.STRtree(polygons[there])
    degrees = within_m / 100_000  # more than a metre's degrees of latitude, and of longitude to 25°
    at, found = tree.query(shapely.box(*_around(points, degrees)), predicate="intersects")
    state = there[found]
    holds = (begins[state] <= days[at]) & (days[at] < ends[state])
    at, state = at[holds], state[holds]
    distance = _distance_m(points[at], polygons[state])
    table = pd.DataFrame(
        {"at": at, "hazard_id": effects["hazard_id"].to_numpy()[state], "distance_m": distance}
    )
    table = table[table["distance_m"] <= within_m].sort_values(["at", "distance_m", "hazard_id"])
    return table.drop_duplicates("at").set_index("at")


def _around(points: Any, degrees: float) -> tuple[Floats, Floats, Floats, Floats]:
    x, y = shapely.get_x(points), shapely.get_y(points)
    return x - degrees, y - degrees, x + degrees, y + degrees


def _distance_m(points: Any, polygons: Any) -> Floats:
    """Return metres from each point to its polygon, in the plane that touches at its latitude."""
    distances = np.zeros(len(points))
    for place, (point, polygon) in enumerate(zip(points, polygons, strict=True)):
        latitude = np.radians(point.y)
        bend = 1 - ECCENTRICITY**2 * np.sin(latitude) ** 2
        metres = np.radians(1) * np.array(
            [
                np.cos(latitude) * SEMI_MAJOR_M / np.sqrt(bend),
                SEMI_MAJOR_M * (1 - ECCENTRICITY**2) / bend**1.5,
            ]
        )
        here = np.array([point.x, point.y])
        flat = shapely.transform(polygon, lambda xy, o=here, m=metres: (xy - o) * m)
        distances[place] = shapely.distance(shapely.Point(0, 0), flat)
    return distances


def _released(points: Any, days: Any, fold: Fold) -> pd.DataFrame:
    """Return the last release of the land that each point lies in, by its day."""
    land = released_land(fold)
    at, found = shapely.STRtree(as_geometries(land.geometry)).query(points, predicate="intersects")
    table = pd.DataFrame(land.drop(columns="geometry"))
    table = table.iloc[found][["hazard_id", "happened_on", "event_id"]].assign(at=at)
    table = table[table["happened_on"].to_numpy() <= days[at]]
    return (
        table.sort_values("happened_on", kind="stable")
        .drop_duplicates("at", keep="last")
        .set_index("at")
    )
