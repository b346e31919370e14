"""The same map under other numbers: a polygon that is there already makes no second hazard."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from mine_geo import errors
from mine_geo.geo.hazards import to_hazards
from mine_geo.geo.snapshots import SAME_DEGREES, same_outlines, same_places
from mine_geo.intake import read, read_hazards
from mine_geo.store import Store
from tests.store.inbox import candidates, file, square

CASES = Path(__file__).parents[1] / "cases" / "intake"
A = {"hazard_id": "A", "geometry": square(103.0), "surveyed_on": "2020-05-01"}
B = {"hazard_id": "B", "geometry": square(103.1), "surveyed_on": "2021-05-01"}


def register(store: Store, *rows: dict[str, object], same_polygons: bool = False) -> None:
    store.register(to_hazards(candidates(rows)), same_polygons=same_polygons)


def known(store: Store, *rows: dict[str, object]) -> dict[int, str]:
    found = store.check(file(*rows))
    found = found[found["code"] == "known_polygon"]
    return dict(zip(found["record"].tolist(), found["message"].tolist(), strict=True))


def nudged(shape: shapely.Polygon, degrees: float) -> shapely.Polygon:
    return shapely.transform(shape, lambda xy: xy + degrees)


def test_three_polygons_stay_three_hazards(store: Store) -> None:
    """The map of LIBKML, loaded by the numbers of one saving and then by its names."""
    path = CASES / "k_names.kml"
    first = read_hazards(path, kind="ap_minefield", id_column="Name")
    store.register(first)
    again = read(path, kind="ap_minefield", id_column="placemark_id")
    found = store.check(again)
    found = found[found["code"] == "known_polygon"]
    assert found["severity"].eq("error").all()
    assert found["hazard_id"].tolist() == ["28", "32", "36"]
    assert found["record"].tolist() == [1, 2, 3]
    assert "that of BTB-0001, of the register" in found["message"].iloc[0]
    with pytest.raises(errors.ConflictError, match=r"28 \(BTB-0001\), 32 \(BTB-0002\)"):
        store.register(again.table)
    done = store.submit(again)
    assert done.errors == 3
    assert len(store.hazards()) == 3  # the waiting ones count in no total
    left = store.accept(done).left
    assert [each.why.split(":")[0] for each in left] == ["known_polygon"] * 3
    assert "its polygon is that of BTB-0001, of the register" in left[0].why
    # The mends: the column that says the true ids, or the caller's word.
    assert store.register(read_hazards(path, kind="ap_minefield", id_column="Name")).unchanged == 3
    assert store.register(again.table, same_polygons=True).registered == 3


def test_what_is_another_hazard(store: Store) -> None:
    register(store, A)
    assert known(store, A) == {}
    assert known(store, B) == {}
    other = {**A, "hazard_id": "C", "kind": "cluster_munition"}
    assert known(store, other) == {}
    register(store, other)
    assert list(known(store, {**A, "hazard_id": "X", "kind": None})) == [1]
    wider = {**A, "hazard_id": "D", "geometry": square(103.0, size=0.010001)}
    assert known(store, wider) == {}
    register(store, wider)


@pytest.mark.parametrize("degrees", [0.0, 0.4 * SAME_DEGREES, -0.4 * SAME_DEGREES])
def test_within_a_millimetre_and_however_it_is_drawn(store: Store, degrees: float) -> None:
    register(store, A)
    shape = nudged(A["geometry"].reverse(), degrees)  # type: ignore[attr-defined]
    ring = list(shape.exterior.coords)[:-1]
    ring = [*ring[2:], *ring[:2]]
    drawn = shapely.MultiPolygon([shapely.Polygon(ring)])
    assert list(known(store, B, {**A, "hazard_id": "X", "geometry": drawn})) == [2]


def test_a_polygon_as_it_was_drawn_before_its_land_was_released(store: Store) -> None:
    register(store, A)
    store.record("A", "cleared", square(103.0, size=0.004), happened_on="2022-01-01")
    said = known(store, {**A, "hazard_id": "X"})
    assert "as it was once drawn in the register" in said[1]
    store.record("A", "cleared", square(103.0), happened_on="2023-01-01")
    assert list(known(store, {**A, "hazard_id": "X"})) == [1]
    with pytest.raises(errors.ConflictError, match=r"X \(A\)"):
        register(store, {**A, "hazard_id": "X"})


def test_a_registration_in_error_leaves_the_polygon_free(store: Store) -> None:
    register(store, {**A, "hazard_id": "28"})
    events = store.history("28")
    store.retract(events["event_id"].iloc[0], reason="the number of a placemark")
    assert known(store, A) == {}
    register(store, A)
    assert store.hazards()["hazard_id"].tolist() == ["A"]


def test_one_that_waits_on_the_workbench_under_another_id(store: Store) -> None:
    first = store.submit(file({**A, "hazard_id": "28"}))
    second = store.submit(file(A))
    said = store.submission(second).findings
    said = said[said["code"] == "known_polygon"]["message"]
    assert f"that of 28, which waits in {first}" in said.iloc[0]
    assert store.hazards()["hazard_id"].tolist() == ["28"]
    # The mend of the message: reject the other, submit this one again.
    store.reject(first, reason="the number of a placemark")
    store.reject(second, reason="again")
    third = store.submit(file(A), again=True)
    assert store.accept(third).registered == 1
    assert store.hazards()["hazard_id"].tolist() == ["A"]


def test_what_came_into_the_register_while_a_record_waited(store: Store) -> None:
    waiting = store.submit(file({**A, "hazard_id": "28"}, B))
    register(store, A)
    done = store.accept(waiting)
    assert done.registered == 1
    assert [(each.hazard_id, each.why) for each in done.left] == [
        ("28", "its polygon is in the register as A")
    ]


def test_places_against_each_pair_by_itself() -> None:
    random = np.random.default_rng(5)
    shapes = [square(103 + n / 50, size=0.005) for n in range(12)]
    moved = [nudged(shapes[n], d) for n, d in zip(random.integers(0, 12, 40), random.choice(
        [0, 0.3, 0.9, -0.9, 1.1, 3, 100], 40) * SAME_DEGREES, strict=True)]  # fmt: skip
    mixed = [*moved, None, shapely.Polygon(), shapely.box(104, 13, 104.1, 13.1)]
    old, new = same_places([None, *shapes], gpd.GeoSeries(mixed).to_numpy())
    pairs = {
        (i + 1, j)
        for i, one in enumerate(shapes)
        for j, other in enumerate(mixed)
        if same_outlines([one], [other])[0]
    }
    assert set(zip(old.tolist(), new.tolist(), strict=True)) == pairs
    assert len(pairs) > 10


def test_two_ids_in_one_table_are_one_hazard(store: Store) -> None:
    """As against the register: refused whole, unless the caller says that they are two."""
    twin = {**A, "hazard_id": "A2", "geometry": A["geometry"].reverse()}  # type: ignore[attr-defined]
    near = {**A, "hazard_id": "A3", "geometry": nudged(square(103.0), 0.4 * SAME_DEGREES)}
    with pytest.raises(
        errors.ConflictError, match=r"A2 \(A\), A3 \(A\): 2 of 4 new hazards"
    ) as told:
        register(store, A, twin, B, near)
    assert "another one of the same table" in str(told.value)
    assert store.hazards().empty
    register(store, A, B)  # the mends: one of each, or the caller's word
    register(store, A, B, twin, near, same_polygons=True)
    assert len(store.hazards()) == 4


def test_two_kinds_on_one_polygon_are_two_hazards(store: Store) -> None:
    register(store, A, {**A, "hazard_id": "C", "kind": "cluster_munition"}, B)
    assert len(store.hazards()) == 3
