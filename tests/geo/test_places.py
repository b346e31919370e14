"""Names of places out of the files that offices have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from mine_geo.errors import FileError, GeometryError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.vector import read_places

if TYPE_CHECKING:
    from pathlib import Path


def test_a_table_and_a_layer_give_the_same(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    table.write_text(
        "\ufeffname,longitude,latitude,kind\nSamlout,102.8,12.6,town\n,103,13,x\nTa Sanh,,,y\n"
        "ស្រុក,103.5,13.25,z\n",
        encoding="utf-8",
    )
    found = read_places(table)
    assert found["name"].tolist() == ["Samlout", "ស្រុក"]
    assert found.get_coordinates().to_numpy().tolist() == [[102.8, 12.6], [103.5, 13.25]]
    assert found.crs == "EPSG:4326"
    found.to_crs(32648).to_file(tmp_path / "places.gpkg")
    again = read_places(tmp_path / "places.gpkg")
    assert again["name"].tolist() == ["Samlout", "ស្រុក"]
    assert abs(again.get_coordinates().to_numpy() - found.get_coordinates().to_numpy()).max() < 1e-9


def test_a_polygon_counts_with_its_centroid(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.box(103, 13, 104, 14)], crs=4326)
    frame.to_file(tmp_path / "places.gpkg")
    assert read_places(tmp_path / "places.gpkg").geometry.iloc[0].wkt == "POINT (103.5 13.5)"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("name,lon,lat\nA,103,13\nB,1030,13\n", GeometryError, "record 1"),
        ("name,lon,lat\nA,103,\n", GeometryError, "record 0"),
        ("name,lon,lat\nA,east,13\n", GeometryError, "record 0"),
        ("title,lon,lat\nA,103,13\n", RecordError, "no column 'name'"),
        ("name,east,north\nA,103,13\n", RecordError, "no columns lon and lat; there are: name"),
        ("", FileError, "cannot be read"),
    ],
)
def test_bad_tables_are_refused(
    text: str, error: type[Exception], said: str, tmp_path: Path
) -> None:
    table = tmp_path / "places.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=said):
        read_places(table)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_places(tmp_path / "none.csv")


def test_the_sample_keeps_all_its_places() -> None:
    assert len(read_places(sample.path("places"))) == 301
