"""`mine-geo split in.parquet -o out.parquet`."""

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

from mine_geo.cli import main
from mine_geo.geo import sample


@pytest.fixture(name="source")
def _source(tmp_path):
    boxes = shapely.box([102.35, 103], [13.3, 13], [102.36, 103.01], [13.31, 13.01])
    frame = gpd.GeoDataFrame({"hazard_id": ["A", "B"]}, geometry=boxes, crs=4326)
    frame.to_parquet(tmp_path / "in.parquet")
    return tmp_path / "in.parquet"


def run(*words):
    return CliRunner().invoke(main, ["split", *map(str, words)])


def test_a_file_is_split_into_a_file(source):
    target = source.with_name("out.parquet")
    told = run(source, "-o", target, "--border", sample.path("border"), "--kind", "ap_minefield")
    assert told.exit_code == 0, told.output
    assert "2 hazards; wrote" in told.output
    assert "(restricted)" in told.output
    split = gpd.read_parquet(target)
    assert split["zone"].tolist() == ["near", "far"]
    assert set(split["kind"]) == {"ap_minefield"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["in.parquet"], "split in.parquet -o out.parquet"),
        (["in.parquet", "-o", "out.csv"], "GeoParquet into GeoParquet"),
        (["in.parquet", "-o", "out.parquet", "--province", "Pailin"], "--province is of a store"),
        (["--border", "border.gpkg"], "--border goes with a file"),
    ],
)
def test_what_does_not_go_together(source, monkeypatch, words, says):
    monkeypatch.chdir(source.parent)
    told = run(*words)
    assert told.exit_code != 0
    assert says in str(told.output) + str(told.exception)
