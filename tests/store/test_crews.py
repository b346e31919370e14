"""Officers at once, and officers killed: nothing is lost and nothing counts twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo.geo.geometry import size_m2
from mine_geo.geo.hazards import to_hazards
from mine_geo.store import create_store, open_store
from tests.store import crew

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fields(place: str) -> gpd.GeoDataFrame:
    """Give the hazards of the crews, registered in a store that is closed again."""
    table = to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": [f"K{number:02d}" for number in range(crew.HAZARDS)],
                "kind": "ap_minefield",
                "surveyed_on": pd.Timestamp("2020-01-31"),
            },
            geometry=[
                shapely.box(crew.WEST + n * 0.02, 13.0, crew.WEST + n * 0.02 + 0.012, 13.01)
                for n in range(crew.HAZARDS)
            ],
            crs=4326,
        )
    )
    with create_store(place) as store:
        store.register(table)
    return table


def run(*arguments: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.crew", *map(str, arguments)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_recordings_that_are_killed(place: str, fields: gpd.GeoDataFrame) -> None:
    total = crew.HAZARDS * crew.STRIPS
    done = run("killed", place, total)
    assert done["faults"] == []
    assert done["acknowledged"] == total
    assert done["kills"] > 0
    with open_store(place) as store:
        before = store.events()
        assert len(before) == total + crew.HAZARDS
        for number in (0, total // 2, total - 1):
            assert not store.record(**crew.strip(number)).new
        assert len(store.events()) == len(before)
        left = [
            hazard.geometry.difference(
                shapely.union_all(
                    [
                        crew.strip(number)["polygon"]
                        for number in range(total)
                        if crew.strip(number)["hazard_id"] == hazard.hazard_id
                    ]
                )
            )
            for hazard in fields.itertuples()
        ]
        assert store.hazards()["size_m2"].tolist() == size_m2(left).tolist()
        assert store.rebuild().empty


def test_officers_on_one_hazard_at_once(place: str, fields: gpd.GeoDataFrame) -> None:
    officers, each = 3, 6
    told = run("together", place, officers, each)["told"]
    own = [line for lines in told for line in lines if line.startswith("own")]
    assert sorted(own) == [f"own t{number:03d} True" for number in range(officers * each)]
    same = [line for lines in told for line in lines if line.startswith("same")]
    assert sorted(same) == ["same same False"] * (officers - 1) + ["same same True"]
    last = [lines[-1] for lines in told]
    assert sorted(last) == ["conflict"] * (officers - 1) + ["first"]
    with open_store(place) as store:
        events = store.events()
        recorded = events.loc[events["event_type"] != "registered", "recorded_at"]
        assert recorded.is_unique
        history = store.history("K00")
        released = history.loc[history["event_type"] == "reduced", "released_m2"]
        assert len(released) == officers * each
        worked = [
            crew.shared(number, officers * each)["polygon"] for number in range(officers * each)
        ]
        rest = fields.geometry[0].difference(shapely.union_all(worked))
        left = store.hazards().set_index("hazard_id").loc["K00", "size_m2"]
        assert left == size_m2([rest])[0]  # what two officers worked on counts once
        assert released.sum() == fields["size_m2"][0] - left
        assert store.rebuild().empty
