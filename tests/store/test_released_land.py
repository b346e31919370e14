"""Released land out of a store: the same polygons and figures from both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from tests.store.conftest import box

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.store import Store


def test_released_land_is_read_as_it_was_recorded(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    half = box(102.555, 13.1, 0.02)
    store.record("B-2", "reduced", half, happened_on="2022-05-03", operator="MAG", report_ref="T-1")
    store.record("B-2", "cleared", box(102.55, 13.1), happened_on="2023-01-09")
    land = store.released_land()
    assert land[["hazard_id", "outcome", "year"]].to_numpy().tolist() == [
        ["B-2", "reduced", 2022],
        ["B-2", "cleared", 2023],
    ]
    assert land["report_ref"].fillna("").tolist() == ["T-1", ""]
    assert land.crs == "EPSG:4326"
    assert land["province_code"].tolist() == ["02", "02"]
    whole = box(102.55, 13.1)
    assert shapely.union_all(land.geometry.to_numpy()).equals(whole)
    assert int(land["released_m2"].sum()) == int(hazards["size_m2"][0])
    # As of a day, as known at a moment, since a day.
    assert store.released_land(as_of="2022-12-31")["outcome"].tolist() == ["reduced"]
    assert store.released_land(since="2022-12-31")["outcome"].tolist() == ["cleared"]
    assert store.released_land(known_at="2020-01-01T00:00+07:00").empty
    assert store.released_land(kind="cluster_munition").empty
