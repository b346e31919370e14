"""Released land as polygons: what each release really took off its hazard. Pure: a fold in.

Geometry is EPSG:4326. The polygon of a report may reach over land that was released before or lies
outside the hazard; what is returned here is only what was there before and is not there after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import choose
from mine_geo.geo.cells import day_of
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.ledger.cut import LEAST_M2, areal
from mine_geo.tables.movements import OUTCOME_COLUMNS
from mine_geo.terms import CRS, KINDS, OUTCOMES

if TYPE_CHECKING:
    from mine_geo.ledger.events import Day
    from mine_geo.ledger.fold import Fold
    from mine_geo.terms import Kind


COLUMNS: Final = (
    "event_id",
    "hazard_id",
    "kind",
    "outcome",
    "happened_on",
    "year",
    "released_m2",
    "reported_size_m2",
    "operator",
    "report_ref",
    "province",
    "province_code",
    "district",
    "district_code",
    "geometry",
)
"""What `released_land` says of each release."""


def released_land(fold: Fold, *, kind: Kind | None = None, since: Day = None) -> gpd.GeoDataFrame:
    """Return the land that each release took off its hazard.

    Parameters
    ----------
    fold
        The register.
    kind
        Only releases on hazards of this kind.
    since
        Only releases after this day.

    Returns
    -------
    geopandas.GeoDataFrame
        `COLUMNS`, in the order of folding, EPSG:4326: one row a release that counts some m².
        `released_m2` is effective and exact, as `movements.releases` adds it up. The polygon is
        for drawing: its size may differ from that by rounding, and where the hazard overlapped
        another one whose release the land is credited to.

    Raises
    ------
    OptionError
        If the kind is unknown.
    RecordError
        If `since` is no day.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> cleared = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-06-01T08:00:00Z"]},
    ...     geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)], crs=4326)
    >>> land = released_land(fold(pd.concat([registered_events(hazards), cleared])))
    >>> land[["hazard_id", "outcome", "year", "released_m2"]].values.tolist()
    [['AP-1', 'cleared', 2022, 600075]]
    >>> land.total_bounds.tolist()
    [103.005, 13.0, 103.01, 13.01]
    """
    if kind is not None:
        choose(kind, KINDS, "kind")
    effects = fold.effects
    after = fold.polygons.to_numpy()
    before = fold.polygons.groupby(effects["hazard_id"].to_numpy()).shift(1).to_numpy()
    known = fold.hazards.set_index("hazard_id")
    released = effects[list(OUTCOME_COLUMNS)].sum(axis=1)
    wanted = effects["event_type"].isin(OUTCOMES) & (released > 0)
    if kind is not None:
        wanted &= effects["hazard_id"].map(known["kind"]).eq(kind)
    if (day := day_of(since)) is not None:
        wanted &= effects["happened_on"] > pd.Timestamp(day)
    chosen = pd.DataFrame(effects[wanted])
    hazards = known.reindex(chosen["hazard_id"]).set_axis(chosen.index)
    places = ["kind", "province", "province_code", "district", "district_code"]
    table = chosen.assign(
        outcome=chosen["event_type"],
        year=chosen["happened_on"].dt.year.astype(np.int64),
        released_m2=released[wanted].astype(np.int64),
        operator=chosen["operator"].fillna(hazards["operator"]),
    ).join(pd.DataFrame(hazards[places]))
    mask = wanted.to_numpy()
    land = [_taken(had, left) for had, left in zip(before[mask], after[mask], strict=True)]
    found = gpd.GeoDataFrame(table, geometry=land, crs=CRS)
    return found[list(COLUMNS)].reset_index(drop=True)


def _taken(before: Any, after: Any) -> Any:
    """Return what was there before and is not after; crumbs of rounding left out."""
    if after.is_empty:
        return areal(before)
    parts = areal(shapely.difference(before, after)).geoms
    return areal(
        shapely.MultiPolygon([part for part in parts if exact_size_m2([part])[0] >= LEAST_M2 / 10])
    )
