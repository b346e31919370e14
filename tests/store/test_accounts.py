"""What a report is made from is the same later, on both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo.errors import OptionError, StoreError
from tests.hand import lines

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.store import Store

SQUARES = shapely.box([103, 103.01], 13, [103.01, 103.02], 13.01)


def fields(*ids: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"hazard_id": list(ids), "kind": "ap_minefield", "surveyed_on": "2020-01-31"},
        geometry=SQUARES[: len(ids)],
        crs=4326,
    )


def test_accounts_of_a_moment_stay(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        store.accounts()
    store.load_border(lines([(102.94, 12), (102.94, 14)], neighbour="THA"), version="1")
    store.register(fields("AP-1", "AP-2"))
    fields("AP-8", "AP-9").set_geometry(fields("A", "B").translate(0.1)).to_file(
        tmp_path / "waits.gpkg"
    )
    submission = store.submit(tmp_path / "waits.gpkg", what="hazards")
    entry = {"hazard_id": ["AP-1"], "inspected_on": ["2021-03-01"], "verdict": ["passed"]}
    store.add_entries("inspections", pd.DataFrame(entry))
    named = {"as_of": "2022-12-31", "known_at": store.last_moment(), "border": "1"}
    first = store.accounts(**named)
    assert first.desk["state"].tolist() == ["waiting", "waiting"]
    assert first.split["in_workbench"].tolist() == [False, False, True, True]
    assert first.about.ledger_head == str(store.head())
    store.record("AP-1", "cleared", SQUARES[0], happened_on="2022-05-01")
    store.accept(submission, records=[1])
    store.reject(submission, records=[2], reason="twice")
    store.add_entries("inspections", pd.DataFrame(entry | {"verdict": ["failed"]}))
    store.load_border(lines([(103, 12), (103, 14)], neighbour="THA"), version="2")
    again, now = store.accounts(**named), store.accounts(as_of="2022-12-31")
    assert again.about == first.about
    for name in ("split", "inspections", "desk", "spot_tasks"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(first, name))
    pd.testing.assert_frame_equal(again.fold.effects, first.fold.effects)
    assert now.about.border_version == "2"
    assert sorted(now.desk["state"]) == ["accepted", "rejected"]
    assert now.split["size_m2"].sum() < first.split["size_m2"].sum()
    assert len(now.inspections) == 2
    with pytest.raises(OptionError, match="border '3' is unknown"):
        store.accounts(border="3")
