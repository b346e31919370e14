"""The same outline in other digits is no redrawing: a file through another format or projection."""

from shapely import box
from shapely.affinity import translate

from mine_geo.store import Store
from tests.store.inbox import file
from tests.store.test_workbench import A, register


def through_web_mercator(polygon):
    """Return a polygon whose digits went astray by less than a tenth of a millimetre."""
    return translate(polygon, 3e-10, -4e-10)


def test_the_same_polygon_in_other_digits_says_nothing_new(store: Store) -> None:
    register(store, A)
    done = store.submit(file({**A, "geometry": through_web_mercator(A["geometry"])}))
    assert done.changes == {"same": 1}
    accepted = store.accept(done)
    assert (accepted.same, accepted.amended) == (1, 0)
    assert store.history("A")["event_type"].tolist() == ["registered"]


def test_a_centimetre_is_a_redrawing(store: Store) -> None:
    register(store, A)
    moved = translate(A["geometry"], 1e-7)
    assert store.submit(file({**A, "geometry": moved})).changes == {"redrawn": 1}


def test_a_worked_on_hazard_drawn_as_before_in_other_digits_brings_no_land_back(
    store: Store,
) -> None:
    """Many sources keep the whole polygon: accepting it must not undo the release."""
    register(store, A)
    west = box(103.0, 13.0, 103.004, 14.0)
    store.record("A", "cleared", west, happened_on="2022-01-01")
    left = store.hazards()["size_m2"].sum()
    done = store.submit(file({**A, "geometry": through_web_mercator(A["geometry"])}))
    assert done.changes == {"same": 1}
    assert "were released" in store.submission(done).records["changed"][0]
    store.accept(done, happened_on="2022-02-01")
    assert store.hazards()["size_m2"].sum() == left
