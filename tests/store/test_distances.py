"""No polygon of a register is without its distance from the border, if there is a border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import select

from mine_geo.geo.hazards import to_hazards
from mine_geo.store import hazards as hazard_rows
from mine_geo.store.schema.models import BORDER_DISTANCE, HAZARD, RECORD

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.store import Store


def lacking(store: Store, table: Any = HAZARD) -> set[str]:
    """Return the ids whose polygon has no distance from the land border."""
    with store._reading() as connection:
        measured = select(BORDER_DISTANCE.c.geometry_hash).where(~BORDER_DISTANCE.c.include_coast)
        kept = set(connection.scalars(measured))
        drawn = select(table.c.hazard_id, table.c.geometry_hash)
        found = connection.execute(drawn.where(table.c.geometry_hash.is_not(None))).all()
    assert found
    return {hazard for hazard, hashed in found if hashed not in kept}


def test_every_verb_measures_what_it_draws(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    assert lacking(store) == {"A-1", "B-2", "a-3", "Ä-4"}  # there is no border yet
    store.load_border(border)
    assert lacking(store) == set()
    half = shapely.box(102.55, 13.1, 102.555, 13.11)
    done = store.record("B-2", "cleared", half, happened_on="2022-05-01")
    assert lacking(store) == set()
    west, east = shapely.box([104, 104.005], 13.5, [104.005, 104.01], 13.51)
    store.divide("Ä-4", {"W": west, "E": east}, happened_on="2022-05-01")
    store.amend("a-3", shapely.box(103, 13, 103.02, 13.01), happened_on="2022-05-01")
    store.retract(done, reason="another field")
    assert lacking(store) == set()
    store.load_border(border.assign(border_version="2"))
    split = store.split()
    assert lacking(store) == set()
    assert len(split) == 5


def test_waiting_records_are_measured_too(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    store.load_border(border)
    hazards[["hazard_id", "kind", "geometry"]].to_file(tmp_path / "new.gpkg")
    store.submit(tmp_path / "new.gpkg")
    assert lacking(store, RECORD) == set()


def test_what_cannot_be_measured_stops_nothing(store: Store, border: gpd.GeoDataFrame) -> None:
    frame = gpd.GeoDataFrame(
        {"hazard_id": ["far", "here"], "kind": "ap_minefield", "surveyed_on": "2020-01-31"},
        geometry=shapely.box([13, 103], 13, [13.01, 103.01], 13.01),
        crs=4326,
    )
    store.register(to_hazards(frame))
    store.load_border(border)
    assert lacking(store) == {"far"}


def test_a_coast_alone_is_no_land_border(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.load_border(border[border["kind"] == "coast"])
    store.register(hazards)
    assert lacking(store) == {"A-1", "B-2", "a-3", "Ä-4"}
    assert len(store.split(include_coast=True)) == 4


@pytest.mark.parametrize(("portions", "many"), [(3, 2), (1, 2), (3, 500)])
def test_kept_distances_are_the_same_however_they_are_asked_for(
    store: Store,
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    monkeypatch: pytest.MonkeyPatch,
    portions: int,
    many: int,
) -> None:
    store.load_border(border)
    store.register(hazards)
    whole = store.split()
    monkeypatch.setattr(hazard_rows, "_PORTIONS", portions)
    monkeypatch.setattr(hazard_rows, "MANY", many)
    with store._reading() as connection:
        hashes = list(connection.scalars(select(HAZARD.c.geometry_hash)))
        kept = hazard_rows.known(connection, 1, include_coast=False, hashes=hashes)
        assert sorted(kept.index) == sorted(hashes)
        some = hazard_rows.known(connection, 1, include_coast=False, hashes=hashes[:3])
        assert kept.loc[hashes[:3]].equals(some.loc[hashes[:3]])
        assert hazard_rows.known(connection, 1, include_coast=False, hashes=[]).empty
    assert store.split().equals(whole)
    assert store.split(province="Battambang")["hazard_id"].tolist() == ["A-1", "B-2"]
