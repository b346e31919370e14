"""Coordinates are taken block by block: no answer depends on where one ends."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mine_geo.geo import geometry
from mine_geo.geo.border import border_lines, far_off
from mine_geo.geo.geometry import exact_size_m2, find_faults, without_empty
from mine_geo.split import kernel, plane
from tests.hand import lines

RING = "((103 13, 103.1 13, 103.1 13.1, 103 13))"
BORDER = lines([(102, 13), (104, 13)])


def awkward():
    """Return geometries of all kinds, some missing, empty, far off or of no number."""
    drawn = [
        *shapely.box(np.arange(103, 104, 0.1), 13.2, np.arange(103.01, 104.01, 0.1), 13.21),
        None,
        shapely.Polygon(),
        shapely.from_wkt(f"MULTIPOLYGON ({RING}, EMPTY)"),
        shapely.box(50, 13, 51, 14),
        shapely.Polygon([(103, 13), (np.inf, 13), (103.1, 13.1)]),
        shapely.box(103, 13, 103.3, 13.3).difference(shapely.box(103.1, 13.1, 103.2, 13.2)),
        shapely.Point(103, 14),
        shapely.GeometryCollection([shapely.box(103, 13, 103.1, 13.1), shapely.Point(103, 13)]),
        shapely.box(103, 91, 103.1, 92),
    ]
    return np.array([*drawn, *drawn[::-1]], dtype=object)


def answers():
    """Return what each function says that goes by blocks."""
    geometries = awkward()
    counted = border_lines(BORDER)
    frame = gpd.GeoSeries(geometries, crs=4326)
    finite = np.array([i for i in range(len(geometries)) if i not in (14, len(geometries) - 15)])
    taken = {"window": (93.0, 113.0), "workers": 1}
    return {
        "sizes": exact_size_m2(geometries[finite]),
        "empty": without_empty(geometries)[1],
        "faults": find_faults(geometries, range(len(geometries))),
        "far off": far_off(frame, counted),
        "compiled": kernel.nearest(geometries, counted, **taken)[0],
        "numpy": plane.nearest(geometries, counted, **taken)[0],
    }


@pytest.mark.parametrize("block", [1, 3, 100])
def test_answers_do_not_depend_on_blocks(monkeypatch, block):
    whole = answers()
    monkeypatch.setattr(geometry, "BLOCK", block)
    for name, said in answers().items():
        if isinstance(said, np.ndarray):
            np.testing.assert_array_equal(said, whole[name], err_msg=name)
        else:
            assert said.equals(whole[name]), name


def test_every_place_is_in_one_block(monkeypatch):
    monkeypatch.setattr(geometry, "BLOCK", 3)
    for count in range(8):
        there = [place for block in geometry.in_blocks(count) for place in range(count)[block]]
        assert there == list(range(count))


def test_nothing_is_far_off_in_an_empty_table():
    none = gpd.GeoSeries([], crs=4326)
    assert far_off(none, border_lines(BORDER)).equals(pd.Series([], dtype="str", index=none.index))
    assert exact_size_m2([]).tolist() == []
