"""Turning points: a traverse by hand, its direction, its names; the table read by our intake."""

from itertools import pairwise
from pathlib import Path

import mgrs
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from mine_geo import exports, maps
from mine_geo.errors import RecordError
from mine_geo.exports.points import POINT_COLUMNS, turning_points
from mine_geo.intake import read
from tests.exports.conftest import ATTACK, LONG, holed, square, table
from tests.hand import E2, GEOD, A
from tests.nasty import pairs


def points_of(geometry, hazard_id="AP-1"):
    return turning_points(table([hazard_id], [geometry]))


def read_back(path: Path) -> pd.Series:
    return read(path, crs="EPSG:4326").table.set_index("hazard_id").geometry


def test_a_square_is_walked_clockwise_with_bearings_and_distances_worked_out_by_hand():
    # On the ellipsoid a degree of a parallel is N cos φ π/180 m long, and one of a meridian about
    # M π/180; a geodesic along a parallel leaves it by half the convergence, Δλ sin φ / 2.
    points = points_of(shapely.box(103, 13, 103.2, 13.2))
    assert points[["longitude", "latitude"]].to_numpy().tolist() == [
        [103.2, 13.0], [103.0, 13.0], [103.0, 13.2], [103.2, 13.2],
    ]  # fmt: skip
    south, middle, north = np.radians([13, 13.1, 13.2])
    side = np.radians(0.2)
    across = [A * np.cos(y) / np.sqrt(1 - E2 * np.sin(y) ** 2) * side for y in (south, north)]
    up = A * (1 - E2) / (1 - E2 * np.sin(middle) ** 2) ** 1.5 * side
    assert points["distance_m"].to_numpy() == pytest.approx(
        [across[0], up, across[1], up], abs=0.02
    )
    turn = [0.1 * np.sin(y) for y in (south, north)]
    assert points["bearing_deg"].tolist() == [
        round(270 + turn[0], 4), 0.0, round(90 - turn[1], 4), 180.0,
    ]  # fmt: skip
    assert points["point_number"].tolist() == [1, 2, 3, 4]


def test_each_notation_as_it_is_written_leads_back_to_the_point(tmp_path):
    # Sides of 60 km and of 40 m: of a bearing to 0.01 degree the end of a long one is metres off.
    corners = [(103.0, 13.0), (103.4, 13.31), (103.4003, 13.3103), (103.37, 13.52), (103.05, 13.4)]
    drawn = shapely.Polygon([(lon + 1.23e-8, lat - 4.56e-8) for lon, lat in corners])
    place = tmp_path / "points.csv"
    exports.write(maps.layers(table(["AP-1"], [drawn])), place)
    written = pd.read_csv(place, dtype=str)
    number = written[
        ["longitude", "latitude", "easting", "northing", "bearing_deg", "distance_m"]
    ].astype(float)
    true = shapely.get_coordinates(shapely.orient_polygons(drawn, exterior_cw=True))[:-1]
    degrees = number[["longitude", "latitude"]].to_numpy()
    assert GEOD.inv(*true.T, *degrees.T)[2].max() < 0.1
    plane = pyproj.Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    back = plane.transform(number["easting"].to_numpy(), number["northing"].to_numpy())
    assert GEOD.inv(*true.T, *back)[2].max() < 0.1
    lon, lat, _ = GEOD.fwd(*degrees.T, number["bearing_deg"], number["distance_m"])
    assert GEOD.inv(lon, lat, *np.roll(true, -1, axis=0).T)[2].max() < 0.1
    # Ten digits of MGRS name a square of 1 m, read back as the middle of it.
    for told, (_, row) in zip(written["mgrs"], number.iterrows(), strict=True):
        _, _, east, north = mgrs.MGRS().MGRSToUTM(told)
        assert abs(row["easting"] - east) < 0.51
        assert abs(row["northing"] - north) < 0.51


def test_eastings_are_500_km_on_the_middle_of_a_zone_and_zones_are_those_of_the_place():
    frame = table(
        ["middle", "west", "south"],
        [square(105, 0.5), square(101.9, 13), shapely.box(105, -1, 105.001, -0.999)],
    )
    points = turning_points(frame)
    first = points.groupby("hazard_id", sort=False)[["utm_zone", "easting"]].first()
    assert first["utm_zone"].tolist() == ["48N", "47N", "48S"]
    at_middle = points[(points["hazard_id"] == "middle") & (points["longitude"] == 105)]
    assert at_middle["easting"].tolist() == [500_000.0, 500_000.0]
    assert points["mgrs"].str[:3].unique().tolist() == ["48N", "47P", "48M"]


@pytest.mark.parametrize("turned", [False, True])
def test_the_hazard_lies_on_the_right_hand_of_all_rings_however_they_were_drawn(turned):
    shape = holed(103, 13)
    drawn = shapely.reverse(shape) if turned else shape
    points = points_of(drawn)
    assert points["ring"].unique().tolist() == ["outer", "hole 1", "hole 2"]
    for _, ring in points.groupby(["part", "ring"]):
        xy = ring[["longitude", "latitude"]].to_numpy()
        for start, end in pairwise([*xy, xy[0]]):
            way = end - start
            right = (start + end) / 2 + 1e-5 * np.array([way[1], -way[0]]) / np.hypot(*way)
            assert shapely.contains_xy(shape, *right)


def test_no_corner_is_added_or_left_out_and_rings_begin_where_they_were_drawn_to():
    for _, hazard, _ in pairs(80, seed=5):
        if hazard.geom_type not in ("Polygon", "MultiPolygon") or not hazard.is_valid:
            continue
        points = points_of(hazard)
        rings = shapely.get_rings(shapely.get_parts(hazard))
        assert len(points) == sum(shapely.get_num_points(ring) - 1 for ring in rings)
        starts = points[points["point_number"] == 1][["longitude", "latitude"]].to_numpy()
        drawn = np.array([ring.coords[0] for ring in rings])
        assert np.abs(starts - drawn).max() <= 0.6e-7


def test_a_corner_that_stands_twice_is_kept_without_a_bearing():
    ring = [(103, 13), (103, 13.001), (103, 13.001), (103.001, 13)]
    points = points_of(shapely.Polygon(ring))
    assert len(points) == 4
    assert points["distance_m"].eq(0).sum() == 1
    assert points.loc[points["distance_m"] == 0, "bearing_deg"].isna().all()


def test_names_stand_once_whatever_the_ids():
    ids = ["A", "A P1", "A P2", "A P1H1", "A P2 P1", "A TP01"]
    shapes = [holed(103, 13) if place % 2 == 0 else square(103, 13) for place in range(len(ids))]
    names = turning_points(table(ids, shapes))["point_name"]
    assert names.is_unique
    assert {"A P1 TP01", "A P1H2 TP04", "A P1 P1 TP01", "A TP01 TP04"} <= set(names)
    assert turning_points(table(["B"], [square(103, 13)]))["point_name"].tolist() == [
        "B TP01", "B TP02", "B TP03", "B TP04",
    ]  # fmt: skip


def test_numbers_of_a_ring_of_many_corners_have_one_length():
    names = points_of(shapely.Point(103, 13).buffer(0.01, quad_segs=30))["point_name"]
    assert names.iloc[0] == "AP-1 TP001"
    assert names.iloc[-1] == "AP-1 TP120"


@pytest.mark.parametrize("ids", [["A", "A"], ["A\x00", "A\x01"]])
def test_hazards_that_would_share_a_name_are_refused(ids):
    with pytest.raises(RecordError, match="hazards of one id"):
        turning_points(table(ids, [square(103, 13)] * 2))


def test_no_hazard_gives_no_point_but_all_columns():
    points = turning_points(table([], []))
    assert points.columns.tolist() == [*POINT_COLUMNS, "row"]
    assert points.empty


def test_the_table_gives_the_same_polygons_when_read_again(split, tmp_path):
    split["status"] = "open"  # closed records are left out on reading
    before = split.copy(deep=True)
    path = tmp_path / "points.csv"
    exports.write(maps.layers(split, as_of="2022-12-31"), path)
    pd.testing.assert_frame_equal(split, before)
    found = read_back(path)
    drawn = split.set_index("hazard_id").geometry
    assert len(found) == 5
    for known in ("AP-1", "AP-2", "AP 3 / ក"):
        assert shapely.equals(found[known], drawn[known])
    # An id is trimmed by whoever reads a table, and what no text file can hold is replaced.
    assert shapely.equals(found[LONG.strip()], drawn[LONG])
    assert len(set(found.index) - {"AP-1", "AP-2", "AP 3 / ក", LONG.strip()}) == 1


def test_polygons_off_the_lattice_come_back_within_it(tmp_path):
    shapes = [hazard for _, hazard, _ in pairs(60, seed=3) if hazard.geom_type == "Polygon"]
    shapes = [shape for shape in shapes if shape.is_valid and shape.area > 1e-8]
    frame = table([f"AP-{place}" for place in range(len(shapes))], shapes)
    exports.write(frame, tmp_path / "points.csv")
    found = read_back(tmp_path / "points.csv").loc[frame["hazard_id"]].to_numpy()
    assert shapely.hausdorff_distance(found, frame.geometry.to_numpy()).max() < 1e-7


def test_each_row_says_where_it_comes_from(split, border, tmp_path):
    exports.write(maps.layers(split, border=border, as_of="2022-12-31"), tmp_path / "points.csv")
    rows = pd.read_csv(tmp_path / "points.csv", dtype="str", keep_default_na=False)
    assert rows.columns[: len(POINT_COLUMNS)].tolist() == list(POINT_COLUMNS)
    first = rows.iloc[0]
    assert first[["threshold_m", "rule", "border_name", "border_version"]].tolist() == [
        "7000", "edge", "osm by hand", "1",
    ]  # fmt: skip
    assert (first["data_day"], first["synthetic"]) == ("2022-12-31", "True")
    assert first["source"] == "© OpenStreetMap contributors (ODbL 1.0)"
    assert first["longitude"] == "103.0110000"
    assert rows["area_type"].tolist()[4:5] == ["SHA"]
    attacked = rows.loc[rows["hazard_id"].str.startswith("X"), "area_type"].iloc[0]
    assert attacked == ATTACK.replace("\x0b", "\ufffd").replace("\x00", "\ufffd")
