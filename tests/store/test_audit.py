"""PostGIS folds the ledger by itself: the same sizes, and whatever was changed past it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

import mine_geo as mg
from mine_geo.errors import OptionError
from mine_geo.geo.hazards import to_hazards
from mine_geo.store import create_store
from mine_geo.store.audit import audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mine_geo.store import Store
    from tests.postgis.cluster import Server


@pytest.fixture
def served(postgis_server: Server, empty_database: str) -> Iterator[Store]:
    """Give a register of five hazards in which everything happened."""
    url = postgis_server.copy(empty_database)
    with mg.open_store(url) as store:
        frame = gpd.GeoDataFrame(
            {
                "hazard_id": ["A", "B", "C", "D", "E"],
                "kind": "ap_minefield",
                "surveyed_on": pd.Timestamp("2020-01-31"),
            },
            geometry=shapely.box(
                [103 + 0.02 * n for n in range(5)], 13, [103.01 + 0.02 * n for n in range(5)], 13.01
            ),
            crs=4326,
        )
        store.register(to_hazards(frame))
        store.record("A", "cleared", shapely.box(103, 13, 103.003, 13.02), happened_on="2022-05-01")
        void = store.record(
            "A", "reduced", shapely.box(103, 13, 103.1, 13.1), happened_on="2022-06-01"
        )
        store.retract(void, reason="another field")
        store.record(
            "A", "cleared", shapely.box(103.002, 13, 103.006, 13.02), happened_on="2021-05-01"
        )
        store.record("B", "cleared", shapely.box(103, 12.9, 103.1, 13.1), happened_on="2022-05-01")
        west, east = shapely.box([103.04, 103.043], 13, [103.043, 103.05], 13.01)
        store.divide("C", {"CW": west, "CE": east}, happened_on="2022-07-01")
        store.record(
            "CE", "cleared", shapely.box(103.045, 13, 103.1, 13.1), happened_on="2022-08-01"
        )
        store.amend("D", shapely.box(103.06, 13, 103.075, 13.01), happened_on="2022-07-01")
        store.merge(["D", "E"], "DE", happened_on="2023-07-01")
        yield store
    postgis_server.drop(url)


def audited(store: Store) -> Any:
    with store._reading() as connection:
        return audit(connection)


def test_postgis_gives_the_same_sizes(served: Store) -> None:
    found = audited(served)
    assert found.differences.empty
    assert found.events == len(served.state().effects)


def test_what_was_changed_past_the_ledger_is_named(served: Store) -> None:
    with served._writing() as connection:
        connection.execute(
            text("UPDATE event_effect SET after_m2 = after_m2 + 1 WHERE hazard_id = 'CW'")
        )
        connection.execute(text("UPDATE hazard SET size_m2 = 5 WHERE hazard_id = 'A'"))
        connection.execute(text("DELETE FROM event_effect WHERE hazard_id = 'B' AND after_m2 = 0"))
    found = audited(served).differences
    assert found["hazard_id"].tolist() == ["A", "B", "CW"]
    assert found["event_id"].isna().tolist() == [True, False, False]
    assert found["kept_m2"].isna().tolist() == [False, True, False]


def test_a_file_cannot_fold_by_itself(tmp_path: Path) -> None:
    with (
        create_store(tmp_path / "register.gpkg") as store,
        store._reading() as connection,
        pytest.raises(OptionError, match="db rebuild"),
    ):
        audit(connection)
