"""The same content gives the same text and hash; other content another."""

from __future__ import annotations

import datetime as dt
import decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.geo import blobs
from mine_geo.store.schema import content

degrees = st.floats(-180, 180, allow_nan=False, width=64)


def hashes(*shapes: shapely.Geometry | None) -> list[str]:
    return content.geometry_hashes(gpd.GeoSeries(list(shapes), crs=4326))


def ring(size: int, turn: int, *, back: bool) -> list[tuple[float, float]]:
    """Return a convex ring that begins at vertex `turn` and may run backward."""
    angles = 2 * np.pi * np.arange(size) / size
    points = list(zip(np.cos(angles).tolist(), np.sin(angles).tolist(), strict=True))
    points = points[turn % size :] + points[: turn % size]
    return points[::-1] if back else points


@given(st.integers(3, 9), st.integers(0, 8), st.booleans(), st.booleans())
def test_where_a_ring_begins_and_runs_does_not_count(
    size: int, turn: int, back: bool, parts_back: bool
) -> None:
    one = shapely.Polygon(ring(size, 0, back=False))
    same = shapely.Polygon(ring(size, turn, back=back))
    far = shapely.box(10, 10, 11, 11)
    parts = [far, same] if parts_back else [same, far]
    both = shapely.MultiPolygon([one, far])
    assert len(set(hashes(both, shapely.MultiPolygon(parts)))) == 1


@given(st.integers(3, 9), st.integers(0, 8), st.floats(1e-12, 1))
def test_a_moved_vertex_counts(size: int, vertex: int, by: float) -> None:
    points = ring(size, 0, back=False)
    moved = list(points)
    x, y = moved[vertex % size]
    moved[vertex % size] = (x * (1 + by), y * (1 + by))
    first, second = hashes(shapely.Polygon(points), shapely.Polygon(moved))
    assert (first == second) == (points == moved)


def test_a_hole_counts_and_neighbours_do_not() -> None:
    whole, hole = shapely.box(0, 0, 9, 9), shapely.box(3, 3, 6, 6)
    holed = whole - hole
    alone = hashes(holed)
    assert hashes(whole)[0] != alone[0]
    assert hashes(whole, holed, hole)[1] == alone[0]


def test_zero_has_no_sign() -> None:
    assert len(set(hashes(shapely.box(-0.0, -0.0, 1, 1), shapely.box(0.0, 0.0, 1, 1)))) == 1


def test_lines_and_missing_geometries_have_hashes() -> None:
    line = shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])
    found = hashes(line, None, shapely.reverse(line))
    assert found[0] == found[2] != found[1]


def test_parts_are_not_run_together() -> None:
    assert content.digest("ab", "c") != content.digest("a", "bc") != content.digest("abc")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], [1, 2]),
        ([1.0, np.nan, 2.5, np.inf], [1, None, 2.5, "inf"]),
        ([True, None], [True, None]),
        (["ទី", None, ""], ["ទី", None, ""]),
        ([dt.date(2022, 1, 2), dt.time(3, 4)], ["2022-01-02", "03:04:00"]),
        ([["a", 1.0], {"b": np.int64(2)}], [["a", 1], {"b": 2}]),
        ([decimal.Decimal("1.50"), b"x"], ["1.50", "b'x'"]),
    ],
)
def test_plain_values(values: list[object], expected: list[object]) -> None:
    column = pd.Series(values, dtype=object if isinstance(values[0], list) else None)
    assert content.plain(column) == expected


def test_moments_keep_their_time_and_zone() -> None:
    column = pd.Series(pd.to_datetime(["2022-01-02T03:04:05+07:00", None]))
    assert content.plain(column) == ["2022-01-02T03:04:05+07:00", None]
    assert content.plain(pd.Series(pd.to_datetime(["2022-01-02"]))) == ["2022-01-02"]


def test_extra_columns_come_back_with_the_empty_ones() -> None:
    frame = gpd.GeoDataFrame({"hazard_id": ["a", "b"], "z": [None, None], "task": ["x", None]})
    texts = content.extra_texts(content.extras(frame, ["hazard_id"]))
    back = content.with_extras(frame[["hazard_id"]], texts)
    assert back.columns.tolist() == ["hazard_id", "z", "task"]
    assert back["z"].isna().all()


def test_an_extra_column_never_hides_a_canonical_one() -> None:
    frame = gpd.GeoDataFrame({"hazard_id": ["a"]})
    assert content.with_extras(frame, ['{"hazard_id":"b"}'])["hazard_id"].tolist() == ["a"]


@given(st.lists(st.tuples(degrees, degrees, degrees, degrees), max_size=5))
def test_blobs_give_back_the_geometry_and_its_bounds(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    shapes = [shapely.MultiPolygon([shapely.box(*each)]) for each in boxes] + [None]
    made = blobs.to_blobs(shapes)
    back = blobs.from_wkbs([blobs.wkb_of(blob) for blob in made])
    assert made[-1] is None
    assert back[-1] is None
    for shape, blob, again in zip(shapes[:-1], made, back, strict=False):
        assert again.equals_exact(shape, 0)
        assert blobs.bounds_of(blob) == shape.bounds


@pytest.mark.parametrize("flags", range(10))
def test_blobs_of_other_programs_are_read(flags: int) -> None:
    point = shapely.Point(1, 2)
    little = "<" if flags & 1 else ">"
    envelope = {0: "", 1: "4d", 2: "6d", 3: "6d", 4: "8d"}.get(flags >> 1 & 7, "")
    import struct  # noqa: PLC0415

    numbers = (1.0, 1.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0)[: int(envelope[:1] or 0)]
    blob = struct.pack(f"{little}2sBBi{envelope}", b"GP", 0, flags, 4326, *numbers) + point.wkb
    assert shapely.from_wkb(blobs.wkb_of(blob)) == point
    assert blobs.bounds_of(blob) == (1.0, 2.0, 1.0, 2.0)


def test_a_blob_with_an_empty_geometry_has_no_bounds() -> None:
    blob = b"GP\x00\x11" + (4326).to_bytes(4, "little") + shapely.MultiPolygon().wkb
    assert blobs.bounds_of(blob) is None
