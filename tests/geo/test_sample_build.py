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

from mine_geo.geo import sample
from mine_geo.geo.geometry import exact_size_m2, size_m2

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

    def test_a_figure_is_divided_to_the_unit(self, building):
        divide = building("building.buckets").divide
        assert divide(10, {"a": 1.0, "b": 2.0}) == {"a": 3, "b": 7}
        assert sum(divide(5900, dict.fromkeys("abc", 1.0)).values()) == 5900

    def test_chains_clear_after_survey_and_lose_nothing(self, building):
        buckets, chains = building("building.buckets"), building("building.chains")
        made = [
            buckets.Bucket("ap_minefield", "02", year, outcome, None, 9_000_001)
            for year in (2020, 2021)
            for outcome in ("cancelled", "cleared")
        ]
        (mine,) = chains.make_chains(made).values()
        assert sum(chain.size_m2 for chain in mine) == 36_000_004
        assert max(len(chain.works) for chain in mine) == 3
        for chain in mine:
            years = [work.bucket.year for work in chain.works]
            cleared = [work.bucket.outcome == "cleared" for work in chain.works]
            assert years == sorted(years)
            assert cleared == sorted(cleared)

    def test_a_strip_grows_to_its_size_and_is_cut_off_cleanly(self, building):
        strips = building("building.strips")
        field = shapely.MultiPolygon([shapely.box(103, 13, 103.004, 13.001)])
        field = building("building.lattice").to_lattice([field], size_m2([field]))[0]
        outline = strips.Outline.of(field)
        edge = strips.end_edges(outline)[0]
        rng = np.random.default_rng(3)
        before, strip, _ = strips.grow(outline, edge, 12_345, rng, lambda _: True)
        assert size_m2([before.shape()])[0] == size_m2([field])[0] + 12_345
        assert strips.cuts_clean(before.shape(), strip.shape(), field)
        wide = strip.overrun(3.0)
        assert wide.contains(strip.shape().buffer(-1e-6))
        assert size_m2([wide])[0] > 12_345 + 500
        assert strips.cuts_clean(before.shape(), wide, field)

    def test_a_strip_does_not_grow_on_land_that_is_taken(self, building):
        strips = building("building.strips")
        outline = strips.Outline.of(shapely.MultiPolygon([shapely.box(103, 13, 103.004, 13.001)]))
        edge = strips.end_edges(outline)[0]
        rng = np.random.default_rng(3)
        assert strips.grow(outline, edge, 12_345, rng, lambda _: False) is None

    def test_moments_are_moved_apart(self, building):
        dates = building("building.dates")
        friday = dates.moment(dates.date(2022, 5, 7), np.random.default_rng(1))
        assert friday.date() == dates.date(2022, 5, 6)
        moments = dates.strictly_increasing([friday] * 3)
        assert [(later - friday).seconds for later in moments] == [0, 1, 2]

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


@pytest.mark.parametrize("name", ["accidents", "evidence", "declarations"])
def test_rebuilding_gives_the_same_lists(built, name):
    files = built / sample.FILES[name], sample.path(name)
    ours, kept = (pd.read_csv(file, dtype={"code": str, "district_code": str}) for file in files)
    pd.testing.assert_frame_equal(ours, kept, rtol=0, atol=2e-6)


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
