"""The split with Dask: row for row as the local one, also where a worker is lost on the way."""

import os
import signal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from distributed import Client, LocalCluster
from geopandas.testing import assert_geodataframe_equal

from mine_geo import distributed
from mine_geo.errors import CRSError, FileError, MixedError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read_border
from mine_geo.split.zones import border_split
from mine_geo.tables.totals import totals


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


def fields(count, seed=5):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(102.5, 102.75, count), rng.uniform(13.2, 13.9, count)
    columns = {
        "hazard_id": [f"AP-{n:05}" for n in range(count)],
        "kind": "ap_minefield",
        "province": rng.choice(["Battambang", "Pailin", "Pursat"], count),
        "in_workbench": rng.random(count) < 0.2,
    }
    boxes = shapely.box(lon, lat, lon + 0.004, lat + 0.003)
    return gpd.GeoDataFrame(columns, geometry=boxes, crs=4326)


def dataset(folder, frame, files, **options):
    """Write a frame as several files of several row groups."""
    folder.mkdir()
    for number, rows in enumerate(np.array_split(np.arange(len(frame)), files)):
        frame.iloc[rows].to_parquet(folder / f"{number:02}.parquet", row_group_size=40, **options)
    return folder


@pytest.fixture(name="hazards", scope="module")
def _hazards():
    return fields(200)


@pytest.fixture(name="folder", scope="module")
def _folder(hazards, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dask") / "in"
    return dataset(folder, hazards, 3, write_covering_bbox=True)


def local(hazards, border, **options):
    return border_split(to_hazards(hazards), border, **options).reset_index(drop=True)


def same(split, hazards, border, **options):
    ours = pd.concat([split]).reset_index(drop=True)
    assert_geodataframe_equal(ours, local(hazards, border, **options), check_dtype=False)


@pytest.mark.parametrize("rule", ["edge", "area"])
def test_row_for_row_what_the_local_function_gives(hazards, folder, border, rule):
    split = distributed.border_split(str(folder), border, rule=rule)
    assert split.npartitions > 4
    same(split.compute(scheduler="sync"), hazards, border, rule=rule)


def test_a_pattern_and_one_file(hazards, folder, border):
    split = distributed.border_split(f"file://{folder}/0[01].parquet", border)
    assert len(split.compute(scheduler="sync")) == 134
    same(
        distributed.border_split(str(folder / "00.parquet"), border).compute(scheduler="sync"),
        hazards.iloc[:67],
        border,
    )


def test_totals_are_those_of_the_whole(hazards, folder, border):
    split = distributed.border_split(str(folder), border)
    whole = local(hazards, border)
    for options in (
        {},
        {"by": ["province", "zone"], "total": True},
        {"by": [], "workbench": "only"},
        {"by": "kind", "workbench": "exclude"},
    ):
        pd.testing.assert_frame_equal(
            distributed.totals(split, **options), totals(whole, **options), check_dtype=False
        )


def test_kinds_of_two_parts_are_never_added_up(hazards, border, tmp_path):
    mixed = hazards.assign(kind=["ap_minefield"] * 150 + ["cluster_munition"] * 50)
    split = distributed.border_split(str(dataset(tmp_path / "in", mixed, 4)), border)
    with pytest.raises(MixedError, match="several kinds"):
        distributed.totals(split)
    table = distributed.totals(split, by=["kind"])
    assert table["hazards"].tolist() == [150, 50]


def test_an_id_in_two_files_is_refused_before_anything_is_split(hazards, border, tmp_path):
    twice = hazards.assign(hazard_id=hazards["hazard_id"].replace("AP-00199", "AP-00000"))
    split = distributed.border_split(str(dataset(tmp_path / "in", twice, 4)), border)
    with pytest.raises(RecordError, match="AP-00000 stands more than once"):
        split.compute(scheduler="sync")


def test_what_is_refused_at_once(hazards, border, tmp_path):
    with pytest.raises(FileError, match="no GeoParquet file there"):
        distributed.border_split(str(tmp_path), border)
    folder = dataset(tmp_path / "in", hazards.to_crs(32648), 1)
    with pytest.raises(CRSError, match="UTM zone 48N"):
        distributed.border_split(str(folder), border)


def test_written_by_neighbourhoods_with_boxes(hazards, folder, border, tmp_path):
    split = distributed.border_split(str(folder), border)
    out = str(tmp_path / "out")
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"):
        names = distributed.write(split, out, partitions=4)
    found = [gpd.read_parquet(name) for name in names]
    assert sum(map(len, found)) == 200
    ours = pd.concat(found).drop(columns="bbox", errors="ignore").sort_values("hazard_id")
    same(ours[local(hazards, border).columns], hazards, border)
    areas = [np.prod(one.total_bounds[2:] - one.total_bounds[:2]) for one in found]
    assert max(areas) < np.prod(hazards.total_bounds[2:] - hazards.total_bounds[:2])
    west, south = hazards.total_bounds[:2]
    few = gpd.read_parquet(names[0], bbox=(west - 1, south - 1, west - 0.5, south - 0.5))
    assert few.empty
    with pytest.raises(FileError, match="holds GeoParquet files already"):
        distributed.write(split, out)


@pytest.mark.untraced
def test_a_worker_that_is_killed_changes_nothing(border, tmp_path, monkeypatch):
    monkeypatch.setenv("MINE_GEO_THREADS", "1")
    hazards = fields(3000, seed=6)
    folder = dataset(tmp_path / "in", hazards, 8)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        split = distributed.border_split(str(folder), border).persist()
        victim = next(iter(client.run(os.getpid).values()))
        os.kill(victim, signal.SIGKILL)
        same(split.compute(), hazards, border)
