"""Facts from rasters against a brute force of points, and rasters that cannot be used."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import Affine
from rasterio.windows import Window

import mine_geo as mg
from mine_geo.errors import CRSError, FileError, OptionError
from mine_geo.geo.crs import geodesic_m
from mine_geo.geo.geometry import densify
from mine_geo.planning.coverage import Grid, covered
from mine_geo.planning.rasters import around
from tests.maps.rasters import write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

DEGREES = Affine(0.001, 0, 103, 0, -0.001, 13.02)
UTM = Affine(100, 0, 283_000, 0, -100, 1_440_000)
TURNED = Affine(80, 60, 283_000, 60, -80, 1_439_000)
GRIDS = {
    "degrees": (DEGREES, "EPSG:4326"),
    "utm": (UTM, "EPSG:32648"),
    "turned": (TURNED, "EPSG:32648"),
}
SIDE = 24
FINER = 100
NODATA = -9.0


def middle(affine: Affine, crs: str) -> tuple[float, float]:
    x, y = (
        affine.a * SIDE / 2 + affine.b * SIDE / 2 + affine.c,
        affine.d * SIDE / 2 + affine.e * SIDE / 2 + affine.f,
    )
    point = gpd.GeoSeries([shapely.Point(x, y)], crs=crs).to_crs(4326).iloc[0]
    return point.x, point.y


def shapes(lon: float, lat: float) -> gpd.GeoDataFrame:
    """Give a belt, one with a hole, two parts, a tenth of a cell, and one with a corner outside."""
    ring = shapely.Point(lon, lat).buffer(0.004, quad_segs=5)
    belt = shapely.Polygon(
        [(lon - 0.008, lat - 0.005), (lon + 0.007, lat + 0.006), (lon + 0.008, lat + 0.004)]
    )
    tenth = shapely.box(lon + 0.00011, lat + 0.00021, lon + 0.00031, lat + 0.00071)
    parts = shapely.MultiPolygon(
        [
            shapely.box(lon, lat, lon + 0.0033, lat + 0.0012),
            shapely.box(lon - 0.005, lat, lon - 0.0041, lat + 0.003),
        ]
    )
    corner = shapely.box(lon + 0.006, lat - 0.006, lon + 0.03, lat - 0.003)
    drawn = [belt, ring.difference(shapely.Point(lon, lat).buffer(0.002)), parts, tenth, corner]
    return gpd.GeoDataFrame(
        {"hazard_id": list("ABCDE")}, geometry=drawn, crs=4326, index=[9, 3, 3, 7, 1]
    )


def values(seed: int = 1) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    made = rng.integers(1, 5, (SIDE, SIDE)).astype(float)
    made[rng.random((SIDE, SIDE)) < 0.1] = NODATA
    return made


def brute_force(
    frame: gpd.GeoDataFrame, cells: NDArray[np.float64], affine: Affine, crs: str
) -> pd.DataFrame:
    """Ask of a hundred by a hundred points in each cell whether they lie inside."""
    step = (np.arange(SIDE * FINER) + 0.5) / FINER
    columns, rows = np.meshgrid(step, step)
    x = affine.a * columns + affine.b * rows + affine.c
    y = affine.d * columns + affine.e * rows + affine.f
    value = np.repeat(np.repeat(cells, FINER, 0), FINER, 1)
    found = []
    for each in frame.set_geometry(densify(frame.geometry), crs=4326).to_crs(crs).geometry:
        inside = shapely.contains_xy(each, x, y) & (value != NODATA)
        held = value[inside]
        row: dict[str, Any] = {
            "mean": held.mean(),
            "sum": held.sum() / FINER**2,
            "max": held.max(),
            "min": held.min(),
        }
        found.append(row | {f"share_{key}": (held == key).mean() for key in range(1, 5)})
    return pd.DataFrame(found, index=frame.index)


@pytest.fixture(params=GRIDS)
def ground(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[Path, gpd.GeoDataFrame, pd.DataFrame]:
    affine, crs = GRIDS[request.param]
    cells = values()
    path = write(tmp_path / "cells.tif", cells[None], affine, crs, nodata=NODATA)
    frame = shapes(*middle(affine, crs))
    return path, frame, brute_force(frame, cells, affine, crs)


@pytest.mark.untraced
def test_facts_are_those_of_a_brute_force(
    ground: tuple[Path, gpd.GeoDataFrame, pd.DataFrame],
) -> None:
    path, frame, expected = ground
    for how in ("mean", "sum", "max", "min"):
        found = mg.raster_facts(frame, path, how=how, name=how)
        assert found.index.tolist() == frame.index.tolist()
        np.testing.assert_allclose(found[how], expected[how], rtol=5e-3)
    shares = mg.raster_facts(frame, path, how="share", name="share")
    for key in range(1, 5):
        np.testing.assert_allclose(shares[f"share_{key}"], expected[f"share_{key}"], atol=5e-3)


def test_what_has_no_data_is_in_no_figure_and_said(tmp_path: Path) -> None:
    cells = np.full((SIDE, SIDE), 5.0)
    cells[:, 12:] = NODATA
    path = write(tmp_path / "half.tif", cells[None], DEGREES, nodata=NODATA)
    # From column 10 to 14: half of it on data; one off the raster; one with nothing but no data.
    drawn = [shapely.box(103.010, 13.005, 103.014, 13.010), shapely.box(104, 13, 104.1, 13.1),
             shapely.box(103.015, 13.005, 103.016, 13.006), None]  # fmt: skip
    frame = gpd.GeoDataFrame(geometry=drawn, crs=4326)
    found = mg.raster_facts(frame, path, how="sum", name="v")
    assert found["v"].round(6).tolist()[0] == 50.0  # 2 by 5 cells of 5
    assert found["v"].isna().tolist() == [False, True, True, True]
    assert found["v_covered"].round(6).tolist()[:3] == [0.5, 0.0, 0.0]
    assert np.isnan(found["v_covered"].iloc[3])


def test_scale_and_offset_of_the_file_are_applied(tmp_path: Path) -> None:
    path = write(tmp_path / "scaled.tif", np.full((1, SIDE, SIDE), 30, np.int16), DEGREES)
    with rasterio.open(path, "r+") as made:
        made.scales, made.offsets = (0.1,), (2.0,)
        made.set_band_unit(1, "degC")
    frame = gpd.GeoDataFrame(geometry=[shapely.box(103.01, 13.01, 103.0101, 13.0101)], crs=4326)
    found = mg.raster_facts(frame, path)
    assert found["scaled_mean"].tolist() == pytest.approx([5.0])
    assert "band 1, unit degC, mean" in found["scaled_mean_source"].iloc[0]


def test_population_within_a_kilometre_is_that_of_the_circle(tmp_path: Path) -> None:
    path = write(tmp_path / "people.tif", np.full((1, 60, 60), 7.0), UTM, "EPSG:32648")
    lon, lat = 103.0283, 13.0015
    point = shapely.Point(lon, lat).buffer(1e-6)
    frame = gpd.GeoDataFrame(geometry=[point], crs=4326)
    found = mg.raster_facts(frame, path, how="sum", measure="count", within_m=1000, name="p")
    # pi km² at 700 people a km²; the plane's scale there is 1.00017
    assert found["p"].tolist() == pytest.approx([np.pi * 700 * 1.00017**2], rel=2e-3)
    assert "within 1,000 m" in found["p_source"].iloc[0]


def test_the_land_within_a_distance_is_right_to_a_thousandth() -> None:
    box = shapely.box(103, 13, 103.05, 13.04)
    grown = around(np.array([box]), 1000.0)[0]
    corners = shapely.get_coordinates(grown.boundary)
    nearest = shapely.get_coordinates(
        shapely.line_interpolate_point(
            box.exterior, shapely.line_locate_point(box.exterior, shapely.points(corners))
        )
    )
    # The nearest point in degrees is not the nearest in metres: at straight edges it is.
    metres = geodesic_m(corners, nearest)
    assert metres.min() > 998
    assert np.median(metres) < 1002


@pytest.mark.parametrize(("affine", "crs"), [(UTM, "EPSG:32648"), (TURNED, "EPSG:32648")])
def test_the_slope_of_a_plane_is_that_of_the_plane(
    tmp_path: Path, affine: Affine, crs: str
) -> None:
    columns, rows = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5)
    x = affine.a * columns + affine.b * rows
    y = affine.d * columns + affine.e * rows
    path = write(tmp_path / "plane.tif", (0.3 * x - 0.1 * y)[None], affine, crs)
    lon, lat = middle(affine, crs)
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat).buffer(0.003)], crs=4326)
    found = mg.raster_facts(frame, path, measure="slope", name="slope")
    assert found["slope"].tolist() == pytest.approx([np.degrees(np.arctan(np.hypot(0.3, 0.1)))])
    assert "forest" in found["slope_source"].iloc[0]


def test_a_slope_in_degrees_of_longitude_is_taken_in_metres(tmp_path: Path) -> None:
    # 0.001 degree of latitude is 110.63 m at 13 degrees north, of longitude 108.49 m.
    columns = np.tile(np.arange(SIDE) + 0.5, (SIDE, 1))
    path = write(tmp_path / "east.tif", (columns * 10.0)[None], DEGREES)
    north = write(tmp_path / "north.tif", (columns.T * 10.0)[None], DEGREES)
    frame = gpd.GeoDataFrame(geometry=[shapely.box(103.005, 13.005, 103.015, 13.015)], crs=4326)
    for file, metres in ((path, 108.49), (north, 110.63)):
        found = mg.raster_facts(frame, file, measure="slope", name="slope")["slope"]
        assert found.tolist() == pytest.approx([np.degrees(np.arctan(10 / metres))], rel=1e-4)


@given(
    st.lists(
        st.tuples(
            st.floats(-3, 1100), st.floats(-3, 1100), st.floats(1e-3, 700), st.floats(1e-3, 700)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_parts_of_cells_add_up_to_the_polygon(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    polygons = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    grid = Grid(None, (1, 0, 0, 0, 1, 0), 1030, 1100)  # type: ignore[arg-type]  # three tiles a side
    parts = np.zeros(len(polygons))
    for tile in covered(grid, polygons):
        assert (tile.part <= 1 + 1e-6).all()
        parts += np.bincount(tile.polygon, tile.part, len(polygons))
    inside = shapely.area(shapely.intersection(polygons, shapely.box(0, 0, 1030, 1100)))
    np.testing.assert_allclose(parts, inside, rtol=1e-5, atol=1e-6)


class TestRefused:
    FIELD = gpd.GeoDataFrame(geometry=[shapely.box(103.005, 13.005, 103.006, 13.006)], crs=4326)

    def one_line(self, error: type[Exception], path: Path, said: str, **how: Any) -> None:
        with pytest.raises(error, match=said) as caught:
            mg.raster_facts(self.FIELD, path, **how)
        assert "\n" not in str(caught.value)

    def good(self, tmp_path: Path) -> Path:
        return write(tmp_path / "good.tif", np.ones((1, SIDE, SIDE)), DEGREES)

    def test_bad_files(self, tmp_path: Path) -> None:
        ones = np.ones((1, SIDE, SIDE))
        self.one_line(FileError, tmp_path / "none.tif", "no such file")
        self.one_line(CRSError, write(tmp_path / "a.tif", ones, DEGREES, None), "no coordinate")
        self.one_line(FileError, write(tmp_path / "b.tif", ones, None), "neither corner")
        self.one_line(CRSError, write(tmp_path / "c.tif", ones, UTM, "EPSG:3148"), "another datum")
        away = Affine(0.001, 0, 110, 0, -0.001, 13.02)
        self.one_line(FileError, write(tmp_path / "d.tif", ones, away), "does not reach any")
        empty = write(tmp_path / "e.tif", ones * NODATA, DEGREES, nodata=NODATA)
        self.one_line(FileError, empty, "has no data where the hazards lie")
        broken = tmp_path / "f.tif"
        noise = np.random.default_rng(0).random((1, 400, 400))
        whole = write(tmp_path / "w.tif", noise, DEGREES).read_bytes()
        broken.write_bytes(whole[: len(whole) // 9])
        self.one_line(FileError, broken, "cannot be read as a GeoTIFF")
        (tmp_path / "g.tif").write_text("no raster")
        self.one_line(FileError, tmp_path / "g.tif", "cannot be read as a GeoTIFF")

    def test_bad_options(self, tmp_path: Path) -> None:
        path = self.good(tmp_path)
        self.one_line(OptionError, path, "band 2 of .* is not there; it has 1", band=2)
        self.one_line(OptionError, path, "band 0", band=0)
        self.one_line(OptionError, path, "how 'median' is unknown; valid: mean", how="median")
        self.one_line(OptionError, path, "counts in cells are summed", measure="count")
        self.one_line(OptionError, path, "of slopes", measure="slope", how="sum")
        self.one_line(OptionError, path, "within_m", within_m=-1)
        self.one_line(OptionError, path, "within_m", within_m=float("nan"))

    def test_units_and_classes(self, tmp_path: Path) -> None:
        feet = self.good(tmp_path)
        with rasterio.open(feet, "r+") as made:
            made.set_band_unit(1, "ft")
        self.one_line(FileError, feet, "heights in 'ft'", measure="slope")
        broken = write(tmp_path / "h.tif", np.full((1, SIDE, SIDE), 0.5), DEGREES)
        self.one_line(FileError, broken, "classes are whole numbers", how="share")

    def test_counts_by_their_unit_are_summed(self, tmp_path: Path) -> None:
        people = self.good(tmp_path)
        for unit, counts in (
            ("people", True),
            ("Persons per cell", True),
            ("people per km2", False),
        ):
            with rasterio.open(people, "r+") as made:
                made.set_band_unit(1, unit)
            if counts:
                self.one_line(OptionError, people, "hold counts .unit")
            else:
                mg.raster_facts(self.FIELD, people)
            mg.raster_facts(self.FIELD, people, measure="value")
            mg.raster_facts(self.FIELD, people, how="sum")

    def test_another_system(self, tmp_path: Path) -> None:
        with pytest.raises(CRSError, match="to_crs"):
            mg.raster_facts(self.FIELD.to_crs(32648), self.good(tmp_path))


LIMITED = """
import resource, sys
import geopandas as gpd, shapely
import mine_geo as mg
field = gpd.GeoDataFrame(geometry=[shapely.box(105.0, 12.0, 105.001, 12.001)], crs=4326)
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
print(mg.raster_facts(field, sys.argv[1], name="v")["v"].iloc[0])
"""


def test_a_raster_larger_than_the_memory_of_the_process(tmp_path: Path) -> None:
    # 40,000 by 40,000 numbers of 8 bytes are 12.8 GB; the file holds the blocks that were written.
    path = tmp_path / "huge.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=40_000, height=40_000, count=1, dtype="float64",
        crs="EPSG:4326", transform=Affine(0.0001, 0, 103, 0, -0.0001, 14), nodata=0.0,
        tiled=True, compress="DEFLATE", sparse_ok=True,
    ) as made:  # fmt: skip
        made.write(np.full((256, 256), 4.5), 1, window=Window(19_900, 19_900, 256, 256))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("4.5", "")


def test_the_input_is_not_changed(tmp_path: Path) -> None:
    frame = shapes(103.01, 13.01)
    before = frame.copy()
    mg.raster_facts(frame, write(tmp_path / "v.tif", values()[None], DEGREES), within_m=50)
    pd.testing.assert_frame_equal(frame, before)
