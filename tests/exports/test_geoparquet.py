"""A GeoParquet file split batch by batch: row for row as the whole, whole or not at all."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from mine_geo.disclosure import restriction
from mine_geo.errors import CRSError, FileError, GeometryError, RecordError
from mine_geo.exports import geoparquet, split_file
from mine_geo.geo import sample
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read_border
from mine_geo.split.zones import border_split


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


@pytest.fixture(name="fields", scope="module")
def _fields():
    """Ninety fields from the border on, some of them across the 7 km line; further columns."""
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(102.5, 102.75, 90), rng.uniform(13.2, 13.9, 90)
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": [f"AP-{n:03}" for n in range(90)],
            "kind": "ap_minefield",
            "province": ["BATTAMBANG", None, "Pailin"] * 30,
            "surveyed_on": [None] * 60 + [pd.Timestamp("2021-02-03")] * 30,
            "bought": pd.array([1, None, 2**60 + 1] * 30, dtype="Int64"),
            "note": [None] * 89 + ["the last only"],
            "zone": "of another split",
        },
        geometry=shapely.box(lon, lat, lon + 0.02, lat + 0.01),
        crs=4326,
    )
    return frame.astype({"note": "str"})


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(geoparquet, "BATCH", 7)


def local(path, border, **options):
    hazards = gpd.read_parquet(path).drop(columns="bbox", errors="ignore")
    return border_split(
        to_hazards(hazards.drop(columns="zone", errors="ignore")), border, **options
    )


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("rule", ["edge", "area"])
@pytest.mark.parametrize("covering", [False, True])
def test_row_for_row_what_the_whole_gives(fields, border, tmp_path, rule, covering):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    fields.to_parquet(source, row_group_size=20, write_covering_bbox=covering)
    steps = []
    done = split_file(
        source, target, border, rule=rule, progress=lambda n, whole: steps.append((n, whole))
    )
    assert done == 90
    assert steps[-1] == (90, 90)
    assert len(steps) > 10
    ours = gpd.read_parquet(target)
    theirs = local(source, border, rule=rule)
    assert set(ours.columns) - {"bbox"} == set(theirs.columns)
    whole = theirs[[name for name in ours if name != "bbox"]]
    assert_geodataframe_equal(ours.drop(columns="bbox", errors="ignore"), whole, check_dtype=False)
    assert ours["bought"].iloc[2] == 2**60 + 1
    assert set(ours["zone"]) == {"near", "far"}


@pytest.mark.usefixtures("small_batches")
def test_the_new_file_is_geoparquet_with_its_boxes_and_restricted(fields, border, tmp_path):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    fields.to_parquet(source)
    split_file(source, target, border)
    said = json.loads(pq.read_metadata(target).metadata[b"geo"])
    column = said["columns"][said["primary_column"]]
    assert (column["encoding"], column["geometry_types"]) == ("WKB", ["MultiPolygon"])
    assert column["bbox"] == pytest.approx(fields.total_bounds.tolist(), abs=0)
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 4326}
    boxes = pd.DataFrame(pq.read_table(target)["bbox"].to_pylist())
    shapes = gpd.read_parquet(target)
    np.testing.assert_array_equal(boxes.to_numpy(), shapes.bounds.to_numpy())
    west, south = fields.total_bounds[:2]
    some = gpd.read_parquet(target, bbox=(west, south, west + 0.05, south + 0.3))
    expected = shapes.cx[west : west + 0.05, south : south + 0.3]
    assert set(some["hazard_id"]) == set(expected["hazard_id"])
    assert 0 < len(some) < 90
    assert restriction.kind_of(target) == restriction.RESTRICTED
    assert target.stat().st_mode & 0o077 == 0


def changed(path, **geo):
    """Write a file again with other words of its geometry column in the metadata."""
    table = pq.read_table(path)
    said = json.loads(table.schema.metadata[b"geo"])
    for name, value in geo.items():
        said["columns"]["geometry"][name] = value
    said["columns"]["geometry"] = {
        k: v for k, v in said["columns"]["geometry"].items() if v != "left out"
    }
    metadata = table.schema.metadata | {b"geo": json.dumps(said).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path)


def test_without_the_key_it_is_longitude_and_latitude(fields, border, tmp_path):
    source = tmp_path / "in.parquet"
    fields.to_parquet(source)
    changed(source, crs="left out")
    assert split_file(source, tmp_path / "out.parquet", border) == 90


@pytest.mark.parametrize(
    ("geo", "error", "words"),
    [
        ({"crs": None}, CRSError, "has no reference system"),
        ({"encoding": "polygon"}, FileError, "geometries as 'polygon'"),
        ({"edges": "spherical"}, CRSError, "edges are spherical"),
    ],
)
def test_metadata_that_no_split_can_take(fields, border, tmp_path, geo, error, words):
    source = tmp_path / "in.parquet"
    fields.to_parquet(source)
    changed(source, **geo)
    refused(source, border, error, words)


def refused(source, border, error, words, **options):
    target = source.with_name("out.parquet")
    target.write_text("old")
    with pytest.raises(error, match=words) as caught:
        split_file(source, target, border, overwrite=True, **options)
    assert len(str(caught.value).splitlines()) == 1
    assert target.read_text() == "old"
    assert {each.name for each in target.parent.iterdir()} <= {source.name, target.name}


def test_another_reference_system_is_refused_by_its_name(fields, border, tmp_path):
    source = tmp_path / "in.parquet"
    fields.to_crs(32648).to_parquet(source)
    refused(source, border, CRSError, "WGS 84 / UTM zone 48N")


@pytest.mark.usefixtures("small_batches")
def test_an_id_in_two_batches_is_refused_by_name(fields, border, tmp_path):
    source = tmp_path / "in.parquet"
    twice = fields.assign(hazard_id=fields["hazard_id"].replace("AP-088", " AP-001 "))
    twice.to_parquet(source)
    refused(source, border, RecordError, "hazard_id AP-001 stands more than once")


@pytest.mark.usefixtures("small_batches")
def test_numbers_that_are_alike_by_chance_refuse_no_id(fields, border, tmp_path, monkeypatch):
    """All ids have the same number here: they are read again, and no two are the same."""
    source = tmp_path / "in.parquet"
    fields.to_parquet(source)
    monkeypatch.setattr(geoparquet, "id_hashes", lambda one: np.zeros(len(one), dtype=np.uint64))
    assert split_file(source, tmp_path / "out.parquet", border) == 90


@pytest.mark.usefixtures("small_batches")
def test_a_fault_in_a_late_batch_leaves_the_old_file(fields, border, tmp_path):
    source = tmp_path / "in.parquet"
    shapes = fields.geometry.to_numpy().copy()
    shapes[80] = shapely.from_wkt(
        "POLYGON ((102.6 13.2, 102.7 13.3, 102.7 13.2, 102.6 13.3, 102.6 13.2))"
    )
    fields.set_geometry(gpd.GeoSeries(shapes, crs=4326)).to_parquet(source)
    refused(source, border, GeometryError, "AP-080")
    fields.assign(hazard_id=fields["hazard_id"].where(fields.index != 85)).to_parquet(source)
    refused(source, border, RecordError, "record 86 has no hazard_id")
    fields.assign(kind=fields["kind"].where(fields.index != 70, "mines")).to_parquet(source)
    refused(source, border, RecordError, "mines")


def test_files_that_are_none(fields, border, tmp_path):
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"hazard_id": ["A"]}), source)
    refused(source, border, FileError, "without a geometry column")
    source.write_bytes(b"PAR1 and no more")
    refused(source, border, FileError, "cannot be read as GeoParquet")
    source.unlink()
    refused(source, border, FileError, "no such file")
    fields[:0].to_parquet(source)
    refused(source, border, RecordError, "no records")


def test_personal_columns_stay(fields, border, tmp_path):
    source = tmp_path / "in.parquet"
    fields.assign(personal_name="S. Dara").to_parquet(source)
    split_file(source, tmp_path / "out.parquet", border)
    assert "personal_name" not in gpd.read_parquet(tmp_path / "out.parquet")
    split_file(source, tmp_path / "named.parquet", border, with_personal=["personal_name"])
    assert "personal_name" in gpd.read_parquet(tmp_path / "named.parquet")
