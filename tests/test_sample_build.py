"""The bundled sample is what its scripts make: attributes and sizes by id, never bytes."""

import importlib
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
from mine_geo.geometry import exact_size_m2, size_m2

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


@pytest.fixture
def building(monkeypatch):
    monkeypatch.syspath_prepend(str(sample.path("readme").parent))
    return importlib.import_module


class TestRooms:
    """The rooms of the build, on numbers worked out by hand."""

    def test_largest_remainder(self, building):
        rounded = building("building.calibrate").largest_remainder
        assert rounded(np.array([1.4, 2.35, 3.25]), 7).tolist() == [2, 2, 3]

    def test_a_district_wholly_on_one_side_is_forced(self, building):
        near_counts = building("building.calibrate").near_counts
        counts = np.array([10, 10, 10])
        assert near_counts(counts, np.array([0.0, 0.5, 1.0]), 15).tolist() == [0, 5, 10]
        assert near_counts(counts, np.array([0.0, 0.01, 1.0]), 20).tolist() == [0, 10, 10]
        with pytest.raises(ValueError, match="21 near hazards do not fit"):
            near_counts(counts, np.array([0.0, 0.5, 1.0]), 21)

    def test_sizes_fit_both_margins(self, building):
        near_sizes = building("building.calibrate").near_sizes
        ones, sizes = np.ones((2, 2)), np.array([100, 300])
        assert near_sizes(ones, sizes, np.array([200, 200])).tolist() == [50, 150]
        one_sided = np.array([[1, 0], [1, 1]])
        assert near_sizes(one_sided, sizes, np.array([250, 150])).tolist() == [100, 150]

    def test_drawn_sizes_sum_and_keep_their_bounds(self, building):
        draw_sizes = building("building.calibrate").draw_sizes
        normal = np.random.default_rng(1).standard_normal(500)
        sizes = draw_sizes(normal, 50_000_000)
        assert sizes.sum() == 50_000_000
        assert sizes.max() <= 1_200_100
        assert sizes.min() >= 2_499
        assert draw_sizes(normal[:1], 3197).tolist() == [3197]

    def test_a_size_is_reached_on_the_lattice(self, building):
        square = shapely.box(103.0000000333, 13, 103.001, 13.001)
        wanted = int(size_m2([square])[0]) - 3
        (shape,) = building("building.lattice").to_lattice([square], np.array([wanted]))
        assert exact_size_m2([shape])[0] == pytest.approx(wanted, abs=0.2, rel=0)
        apart = shapely.get_coordinates(shapely.normalize(shape)) - shapely.get_coordinates(
            shapely.normalize(shapely.MultiPolygon([square]))
        )
        assert np.abs(apart).max() < 1e-5

    @pytest.mark.parametrize(
        "form", [(True, False, True), (True, True, False), (False, False, True)]
    )
    def test_shapes_have_the_size_asked_for(self, building, form):
        shapes = building("building.shapes")
        rng = np.random.default_rng(7)
        drawn = [shapes.draw(rng, 40_000.0, shapes.Form(*form)) for _ in range(50)]
        drawn = [shape for shape in drawn if shape is not None]
        assert len(drawn) > 30
        assert shapely.is_valid(drawn).all()
        assert shapely.area(drawn) == pytest.approx(40_000.0, abs=1e-6)
        assert (shapely.get_num_geometries(drawn) == (2 if form[1] else 1)).all()

    def test_workbench_is_met_by_one_swap(self, building):
        choose = building("building.minefields").choose_workbench
        sizes = np.arange(1, 101)
        taken = choose([f"AP-0000-{i:04d}" for i in range(100)], sizes, 1000)
        assert sizes[taken].sum() == 1000


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    run("build.py", "--out", str(folder), "--quiet")
    return folder


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("districts", "district_code"),
        ("minefields", "hazard_id"),
        ("cluster_munition_areas", "hazard_id"),
        ("ledger_hazards", "hazard_id"),
        ("ledger_events", "event_id"),
    ],
)
def test_rebuilding_gives_the_same(built, name, key):
    ours = pyogrio.read_dataframe(built / sample.FILES[name]).sort_values(key, ignore_index=True)
    kept = pyogrio.read_dataframe(sample.path(name)).sort_values(key, ignore_index=True)
    same(ours, kept)


def test_rebuilding_gives_the_same_spot_tasks(built):
    ours = (built / sample.FILES["spot_tasks"]).read_text(encoding="utf-8")
    assert ours == sample.path("spot_tasks").read_text(encoding="utf-8")


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
