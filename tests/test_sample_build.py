"""The bundled sample is what its scripts make: attributes and sizes by id, never bytes."""

import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from mine_geo import sample

SOURCE = "MINE_GEO_SAMPLE_SOURCE"
CENTIMETRES = 1e-6
"""Degrees by which a coordinate may differ: 11 cm."""


def run(script: str, *arguments: str) -> None:
    path = sample.path("readme").with_name(script)
    subprocess.run([sys.executable, str(path), *arguments], check=True)


def same(ours: gpd.GeoDataFrame, kept: gpd.GeoDataFrame) -> None:
    pd.testing.assert_frame_equal(
        pd.DataFrame(ours.drop(columns="geometry")), pd.DataFrame(kept.drop(columns="geometry"))
    )
    mine, theirs = ours.geometry.to_numpy(), kept.geometry.to_numpy()
    assert (shapely.get_num_coordinates(mine) == shapely.get_num_coordinates(theirs)).all()
    apart = shapely.get_coordinates(mine) - shapely.get_coordinates(theirs)
    assert np.abs(apart).max() <= CENTIMETRES


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    run("build.py", "--out", str(folder), "--quiet")
    return folder


@pytest.mark.parametrize(
    ("name", "key"), [("districts", "district_code"), ("minefields", "hazard_id")]
)
def test_rebuilding_gives_the_same(built, name, key):
    ours = pyogrio.read_dataframe(built / f"{name}.gpkg").sort_values(key, ignore_index=True)
    kept = pyogrio.read_dataframe(sample.path(name)).sort_values(key, ignore_index=True)
    same(ours, kept)


@pytest.mark.skipif(SOURCE not in os.environ, reason=f"{SOURCE}: the unpacked packages")
def test_extracting_the_border_gives_the_same(tmp_path):
    run("extract_border.py", os.environ[SOURCE], "--out", str(tmp_path))
    for name in ("border", "country"):
        same(
            pyogrio.read_dataframe(tmp_path / f"{name}.gpkg"),
            pyogrio.read_dataframe(sample.path(name)),
        )
    kept = sample.path("places").read_text(encoding="utf-8")
    assert (tmp_path / "places.csv").read_text(encoding="utf-8") == kept
