"""Rasters that are made here, read back: distances at centres, square metres that add up."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo.disclosure import restriction
from mine_geo.errors import CRSError, FileError, GeometryError, MixedError, OptionError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.border import to_border
from mine_geo.geo.geometry import size_m2

if TYPE_CHECKING:
    from pathlib import Path

LINE = shapely.LineString([(102.9, 12.8), (103.1, 13.0), (103.05, 13.3)])
BORDER = to_border(
    gpd.GeoDataFrame(
        {"kind": ["land", "coast"], "neighbour": ["THA", None], "border_name": "drawn",
         "border_version": "1"},
        geometry=[LINE, shapely.LineString([(103.4, 12.7), (103.5, 12.9)])],
        crs=4326,
    )
)  # fmt: skip


def fields(*drawn: shapely.Geometry) -> gpd.GeoDataFrame:
    ids = [f"AP-{place}" for place in range(len(drawn))]
    return gpd.GeoDataFrame(
        {"hazard_id": ids, "kind": "ap_minefield"}, geometry=list(drawn), crs=4326
    )


@pytest.mark.parametrize("include_coast", [False, True])
def test_each_cell_is_the_distance_of_its_centre(tmp_path: Path, include_coast: bool) -> None:
    told: list[tuple[int, int]] = []
    path = mg.border_distance_raster(
        BORDER, tmp_path / "d.tif", cell_m=100, include_coast=include_coast,
        progress=lambda done, whole: told.append((done, whole)),
    )  # fmt: skip
    with rasterio.open(path) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (source.crs.to_epsg(), source.units, source.dtypes) == (
            32648, ("metre",), ("float32",),
        )  # fmt: skip
        assert source.tags()["mine_geo_border_version"] == "1"
        values = source.read(1)
        west, south, east, north = source.bounds
        affine = source.transform
    inside = shapely.box(west, south, east, north)
    assert BORDER.to_crs(32648).within(inside).all()
    rng = np.random.default_rng(5)
    row, column = rng.integers(0, values.shape[0], 400), rng.integers(0, values.shape[1], 400)
    x = affine.c + (column + 0.5) * affine.a
    y = affine.f + (row + 0.5) * affine.e
    centres = gpd.GeoSeries(shapely.points(x, y), crs=32648).to_crs(4326)
    metres = mg.border_distance(centres, BORDER, include_coast=include_coast)
    assert np.abs(values[row, column] - metres).max() < 0.05
    assert told[-1] == (len(told), len(told))
    assert restriction.kind_of(path) is None


def test_a_style_of_qgis_lies_beside(tmp_path: Path) -> None:
    mg.border_distance_raster(BORDER, tmp_path / "d.tif", cell_m=5000)
    root = ET.fromstring((tmp_path / "d.qml").read_bytes())
    items = root.findall("pipe/rasterrenderer/rastershader/colorrampshader/item")
    assert [float(item.get("value", "")) for item in items] == [0, 3500, 7000, 21000, 140000]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["d.qml", "d.tif"]


def test_a_square_metre_lies_in_the_cells_that_it_covers(tmp_path: Path) -> None:
    path = mg.contamination_raster(
        fields(shapely.box(103, 13, 103.004, 13.003)), tmp_path / "m.tif", cell_m=50
    )
    with rasterio.open(path) as source:
        values, affine = source.read(1), source.transform
        x, y = shapely.get_coordinates(
            gpd.GeoSeries([shapely.Point(103.002, 13.0015)], crs=4326).to_crs(32648).iloc[0]
        )[0]
        cell = values[int((y - affine.f) / affine.e), int((x - affine.c) / affine.a)]
        assert source.nodata == 0
        assert "not make it safe" in source.tags()["mine_geo_remark"]
    # A cell of 50 m on the plane of UTM is 2,500 m² at the scale 1.00017 there.
    assert cell == pytest.approx(2500 / 1.00017**2, rel=1e-4)
    assert values.sum() == pytest.approx(size_m2([shapely.box(103, 13, 103.004, 13.003)])[0], 1e-12)


@settings(max_examples=12)  # each writes up to three files
@given(
    st.lists(
        st.tuples(
            st.floats(0, 0.05), st.floats(0, 0.05), st.floats(1e-4, 0.03), st.floats(1e-4, 0.03)
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([60.0, 333.3, 20_000.0]),
)
def test_every_hazard_and_the_register_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    boxes: list[tuple[float, float, float, float]],
    cell_m: float,
) -> None:
    drawn = [shapely.box(103 + x, 13 + y, 103 + x + w, 13 + y + h) for x, y, w, h in boxes]
    folder = tmp_path_factory.mktemp("drawn")
    for each in [drawn, *([one] for one in drawn[:2])]:
        path = mg.contamination_raster(
            fields(*each), folder / "m.tif", cell_m=cell_m, overwrite=True
        )
        with rasterio.open(path) as source:
            assert source.read(1).sum() == pytest.approx(size_m2(each).sum(), rel=1e-9)


@pytest.mark.untraced
def test_the_register_of_the_sample_adds_up(tmp_path: Path) -> None:
    hazards = gpd.read_file(sample.path("minefields"))
    path = mg.contamination_raster(hazards, tmp_path / "m.tif", cell_m=1000)
    with rasterio.open(path) as source:
        assert source.read(1).sum() == pytest.approx(681_284_511, rel=1e-9)
        assert source.tags()["mine_geo_synthetic"].startswith("SYNTHETIC")


def test_where_hazards_lie_is_restricted(tmp_path: Path) -> None:
    path = mg.contamination_raster(
        fields(shapely.box(103, 13, 103.004, 13.003)), tmp_path / "m.tif", cell_m=50
    )
    assert restriction.kind_of(path) == "restricted"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileError, match="is restricted"):
        restriction.check_public_folder(tmp_path)


def test_what_cannot_be_drawn_is_refused_in_a_line(tmp_path: Path) -> None:
    out, one = tmp_path / "m.tif", fields(shapely.box(103, 13, 103.004, 13.003))
    for cell_m in (0, -5, float("nan"), float("inf"), "wide"):
        with pytest.raises(OptionError, match="is no side of a cell"):
            mg.contamination_raster(one, out, cell_m=cell_m)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="cells, more than"):
        mg.border_distance_raster(BORDER, out, cell_m=0.5)
    with pytest.raises(MixedError, match="several kinds"):
        mg.contamination_raster(
            fields(LINE.buffer(0.01), LINE.buffer(0.02)).assign(kind=["ap_minefield", "other_erw"]),
            out, cell_m=500,
        )  # fmt: skip
    with pytest.raises(RecordError, match="no geometry"):
        mg.contamination_raster(one.iloc[:0], out, cell_m=50)
    with pytest.raises(CRSError, match="to_crs"):
        mg.contamination_raster(one.to_crs(32648), out, cell_m=50)
    with pytest.raises(FileError, match="there is no folder"):
        mg.contamination_raster(one, tmp_path / "none" / "m.tif", cell_m=50)
    with pytest.raises(GeometryError, match="no land line"):
        mg.border_distance_raster(BORDER.iloc[1:], out, cell_m=500)
    assert not list(tmp_path.iterdir())
    mg.contamination_raster(one, out, cell_m=50)
    with pytest.raises(FileError, match="is there already"):
        mg.contamination_raster(one, out, cell_m=50)
