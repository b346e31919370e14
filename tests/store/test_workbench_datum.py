"""The datum guard all the way: a file on Indian 1960, to the hazards and the report of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

import mine_geo as mg
from mine_geo.geo.crs import WGS84
from tests.geo.test_crs import EPSG_1542, INDIAN_1960, NAME, PLACES, TEN_PLACES, shifted

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.store import Store

GEOD = WGS84


def file_of(folder: Path, system: str) -> Path:
    """Write a triangle at each of the ten places, as an office has them on Indian 1960."""
    corners = PLACES[:, None] + [(0, 0), (0.002, 0), (0.001, 0.002)]
    frame = gpd.GeoDataFrame(
        {"hazard_id": list(TEN_PLACES), "kind": "ap_minefield", "surveyed_on": "2012-01-01"},
        geometry=shapely.polygons(corners),
        crs="EPSG:4131",
    )
    path = folder / "indian.gpkg"
    frame.to_crs(system).to_file(path)
    return path


@pytest.mark.parametrize("system", INDIAN_1960)
def test_ten_places_on_indian_1960_to_the_store(store: Store, tmp_path: Path, system: str) -> None:
    path = file_of(tmp_path, system)
    with pytest.raises(mg.errors.CRSError, match="EPSG:1542, 44 m"):
        store.submit(path)
    assert store.submissions().empty
    received = mg.intake.read(path, operation="EPSG:1542")
    done = store.submit(received)
    told = store.check(received)["message"]
    assert told.str.contains(f"brought to WGS 84 by {NAME} (EPSG:1542, 44 m", regex=False).any()
    listed = store.submissions().iloc[0]
    facts = store.submission(done).facts.set_index("what")["value"]
    assert listed["operation"].startswith(NAME)
    assert facts["datum transformation"].startswith(f"{NAME} (EPSG:1542, 44 m")
    assert facts["its accuracy"] == "44 m"
    assert facts["reference system"] == system
    store.accept(done)
    hazards = store.hazards(workbench="exclude").set_index("hazard_id").loc[list(TEN_PLACES)]
    # The corner that is the place itself: by hand, with no PROJ in it.
    expected = shapely.points(shifted(PLACES, EPSG_1542))
    away = []
    for place, polygon in zip(shapely.get_coordinates(expected), hazards.geometry, strict=True):
        corners = shapely.get_coordinates(polygon)
        start = np.broadcast_to(place, corners.shape)
        away.append(GEOD.inv(*start.T, *corners.T)[2].min())
    assert max(away) < 1
    assert len(away) == 10
