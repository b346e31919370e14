"""What is judged before the lock is taken is what is written, or it is judged again.

Something else is written between the judgement and the lock, by a second store with a connection of
its own. The ledger must be as if the one had come whole after the other.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import event, given, settings
from pandas.testing import assert_frame_equal
from sqlalchemy import select

from mine_geo.errors import ConflictError, MineGeoError
from mine_geo.geo.hazards import to_hazards
from mine_geo.split.distance import border_distance
from mine_geo.store import Store, chain, layers, open_store
from mine_geo.store.schema.models import BORDER_DISTANCE, HAZARD
from tests.hand import cell_m2
from tests.store import test_ledger_properties as ledgers
from tests.store.test_dry_run import told
from tests.store.yard import Yard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

DAY = "2022-05-01"
EXAMPLES = settings().max_examples

Act = tuple[str, dict[str, Any]]
"""A verb of a store, and what it is told."""


class Band:
    """Hazards of one case, south of those of the next: A and B overlap, C and P lie apart."""

    def __init__(self, number: int) -> None:
        self.number = number

    def id(self, name: str) -> str:
        return f"{name}-{self.number}"

    def land(self, west: float, east: float) -> shapely.Polygon:
        south = 12 + self.number / 20
        return shapely.box(103 + west / 1000, south, 103 + east / 1000, south + 0.01)

    def sha(self, **places: tuple[float, float]) -> gpd.GeoDataFrame:
        said = {"hazard_id": list(map(self.id, places)), "kind": "ap_minefield"}
        said |= {"area_type": "SHA", "surveyed_on": pd.Timestamp("2020-01-31")}
        shapes = [self.land(*each) for each in places.values()]
        return to_hazards(gpd.GeoDataFrame(said, geometry=shapes, crs=4326))

    def release(self, name: str, west: float, east: float, event_id: str, **more: Any) -> Act:
        said = {"hazard_id": self.id(name), "outcome": "cleared", "polygon": self.land(west, east)}
        return "record", {**said, "happened_on": DAY, "event_id": self.id(event_id), **more}

    def hazards(self) -> gpd.GeoDataFrame:
        return self.sha(A=(0, 10), B=(8, 18), C=(40, 50), P=(60, 70))

    def earlier(self) -> gpd.GeoDataFrame:
        """Return what was recorded of A and B before."""
        said = {
            "hazard_id": [self.id("A"), self.id("B")],
            "event_id": [self.id("old A"), self.id("old B")],
            "event_type": "cleared",
            "happened_on": "2021-03-01",
        }
        return gpd.GeoDataFrame(said, geometry=[self.land(0, 1), self.land(9, 10)], crs=4326)


def filled(store: Store, bands: int = 1) -> None:
    every = [Band(number) for number in range(bands)]
    store.register(pd.concat([band.hazards() for band in every], ignore_index=True))
    store.record_many(pd.concat([band.earlier() for band in every], ignore_index=True))


def asked(act: Act, store: Store) -> Any:
    """Return what a call says, or how it refuses."""
    name, said = act
    try:
        return told(getattr(store, name)(**said))
    except MineGeoError as error:
        return type(error), str(error)


@contextmanager
def between(store: Store, work: Callable[[], Any]) -> Iterator[list[str]]:
    """Let something be done when a recording was judged, before it takes the lock.

    What is given says what came next: judged again, or written as it was judged.
    """
    writing, written, write = store._writing, store._written, store._write
    found: list[str] = []

    @contextmanager
    def later() -> Iterator[Connection]:
        if not found:
            found.append("lock")
            work()
        with writing() as connection:
            yield connection

    def again(*given: Any) -> Any:
        found.append("judged again")
        return written(*given)

    def noted(*given: Any) -> None:
        found.append("written")
        write(*given)

    store._writing, store._written, store._write = later, again, noted  # type: ignore[method-assign]
    yield found
    del store._writing, store._written, store._write


def same(one: Store, other: Store) -> None:
    """Check that two stores hold the same, but for their moments, and are sound."""
    logs = [each.events().drop(columns="recorded_at").to_wkb() for each in (one, other)]
    layers = [each.hazards().to_wkb() for each in (one, other)]
    for first, second in (logs, layers):
        assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second))
    assert_frame_equal(one.balance(), other.balance())
    for each in (one, other):
        assert each.rebuild().empty
        moments = each.events()["recorded_at"]
        assert moments.is_monotonic_increasing
        with each._reading() as connection:
            assert chain.broken(connection).empty


def interleaved(act: Act, meanwhile: Act, one: Store, other: Store) -> list[str]:
    """Do one between judgement and lock of another, and both in turn in another store."""
    with open_store(address(one)) as rival, between(one, lambda: asked(meanwhile, rival)) as found:
        first = asked(act, one)
    asked(meanwhile, other)
    second = asked(act, other)
    if found:
        assert first == second
    return found


def address(store: Store) -> str:
    place = store._place
    if place.path is not None:
        return str(place.path)
    user = dict(place.arguments)["user"]
    return place.url.set(drivername="postgresql", username=user).render_as_string()


def far(band: Band) -> Act:
    return band.release("P", 61, 62, "far")


MEANWHILE: dict[str, tuple[Callable[[Band], Act], bool]] = {
    "the same hazard": (lambda b: b.release("A", 3, 7, "other"), True),
    "the same report": (lambda b: b.release("A", 2, 5, "mine"), True),
    "another report of that id": (lambda b: b.release("C", 41, 42, "mine"), True),
    "a release of the neighbour there": (lambda b: b.release("B", 8, 12, "other"), True),
    "a retraction": (
        lambda b: ("retract", {"event_id": b.id("old A"), "reason": "wrong"}),
        True,
    ),
    "a retraction next door": (
        lambda b: ("retract", {"event_id": b.id("old B"), "reason": "wrong"}),
        True,
    ),
    "a division": (
        lambda b: (
            "divide",
            {
                "hazard_id": b.id("A"),
                "parts": {b.id("W"): b.land(0, 5), b.id("E"): b.land(5, 10)},
                "happened_on": DAY,
            },
        ),
        True,
    ),
    "a merger": (
        lambda b: (
            "merge",
            {"hazard_ids": [b.id("A"), b.id("B")], "into": b.id("M"), "happened_on": DAY},
        ),
        True,
    ),
    "a hazard registered over it": (lambda b: ("register", {"hazards": b.sha(N=(4, 6))}), True),
    "a hazard registered beside it": (
        lambda b: ("register", {"hazards": b.sha(N=(20, 30))}),
        False,
    ),
    "a neighbour drawn anew, over it": (
        lambda b: (
            "amend",
            {"hazard_id": b.id("B"), "polygon": b.land(3, 18), "happened_on": DAY},
        ),
        True,
    ),
    "a far one drawn anew, over it": (
        lambda b: (
            "amend",
            {"hazard_id": b.id("C"), "polygon": b.land(3, 50), "happened_on": DAY},
        ),
        True,
    ),
    "a far hazard": (far, False),
    "a spot task": (lambda b: ("record_spot_task", {"happened_on": DAY, "uxo": b.number}), False),
    "nothing": (lambda b: ("history", {"hazard_id": b.id("A")}), False),
}
"""What is written between judgement and lock of a release of A, and whether it touches it."""


def test_a_release_is_what_it_is_in_turn(store: Store, second: Store) -> None:
    for each in (store, second):
        filled(each, len(MEANWHILE))
    for number, (name, (meanwhile, touches)) in enumerate(MEANWHILE.items()):
        band = Band(number)
        act = band.release("A", 2, 5, "mine")
        found = interleaved(act, meanwhile(band), store, second)
        assert (name, "judged again" in found) == (name, touches)
    same(store, second)


def test_figures_by_hand(store: Store) -> None:
    """Two officers clear overlapping strips of one hazard: what both worked on counts once."""
    filled(store)
    band = Band(0)
    with open_store(address(store)) as rival:
        work = partial(asked, band.release("A", 3, 7, "other"), rival)
        with between(store, work) as found:
            asked(band.release("A", 2, 5, "mine", happened_on="2022-05-02"), store)
    assert "judged again" in found
    history = store.history("A-0").set_index("event_id")["released_m2"]
    for name, (west, east) in {"mine": (2, 3), "other": (3, 7)}.items():
        m2 = cell_m2(103 + west / 1000, 12, 103 + east / 1000, 12.01)
        assert abs(history[f"{name}-0"] - m2) <= 1


def over_both(band: Band, **more: Any) -> dict[str, Any]:
    return {"polygon": band.land(6, 12), "happened_on": DAY, **more}


def in_a_table(band: Band) -> gpd.GeoDataFrame:
    said = {
        "hazard_id": band.id("A"),
        "event_type": ["cleared", "described"],
        "happened_on": DAY,
        "detail": [None, '{"village": "Ou"}'],
    }
    return gpd.GeoDataFrame(said, geometry=[band.land(6, 12), None], crs=4326)


def described(band: Band, names: str, province: str) -> Act:
    ids = list(map(band.id, names))
    return "describe", {"hazard_id": ids, "changes": {"province": province}, "happened_on": DAY}


VERBS: dict[str, Callable[[Band], Act]] = {
    "a report over several": lambda b: ("record_report", over_both(b, outcome="reduced")),
    "a table": lambda b: ("record_many", {"frame": in_a_table(b)}),
    "drawn anew": lambda b: ("amend", over_both(b, hazard_id=b.id("A"))),
    "confirmed": lambda b: ("confirm", over_both(b, hazard_id=b.id("A"), outcome="cancelled")),
    "described": lambda b: described(b, "AC", "Pailin"),
    "divided": lambda b: (
        "divide",
        {
            "hazard_id": b.id("A"),
            "parts": {b.id("N"): b.land(0, 5)},
            "remainder": "keep",
            "happened_on": DAY,
        },
    ),
    "merged": lambda b: (
        "merge",
        {"hazard_ids": [b.id("A"), b.id("B")], "into": b.id("N"), "happened_on": DAY},
    ),
}
TOUCHING: dict[str, Callable[[Band], Act]] = {
    "the same hazard": lambda b: b.release("A", 3, 7, "other"),
    "a hazard there, of the new one's id": lambda b: ("register", {"hazards": b.sha(N=(7, 9))}),
    "its attributes": lambda b: described(b, "A", "Battambang"),
}


@pytest.mark.parametrize("backend", ["gpkg"])
def test_every_verb_is_what_it_is_in_turn(store: Store, second: Store) -> None:
    cases = [(verb, meanwhile) for verb in VERBS for meanwhile in ("far", "the same hazard")]
    cases += [(verb, "a hazard there, of the new one's id") for verb in ("divided", "merged")]
    cases += [("described", "its attributes"), ("divided", "its attributes")]
    cases += [("a report over several", "a hazard there, of the new one's id")]
    for each in (store, second):
        filled(each, len(cases))
    for number, (verb, meanwhile) in enumerate(cases):
        band = Band(number)
        act = {"far": far, **TOUCHING}[meanwhile](band)
        found = interleaved(VERBS[verb](band), act, store, second)
        touched = ["lock", "written"] if meanwhile == "far" else ["lock", "judged again"]
        assert (verb, meanwhile, found[:2]) == (verb, meanwhile, touched)
    same(store, second)


def test_what_is_there_already_and_what_is_refused_take_no_lock(store: Store) -> None:
    filled(store)
    band = Band(0)
    asked(band.release("A", 2, 5, "mine"), store)
    others = [("A", 2, 5, "mine"), ("A", 2, 4, "mine"), ("C", 2, 5, "other")]
    for act in (band.release(*each) for each in others):
        with between(store, pytest.fail) as found:
            asked(act, store)
        assert found == []


def test_expected_is_looked_at_under_the_lock(store: Store) -> None:
    """The second officer is told, though he saw the hazard as it was when he was judged."""
    filled(store)
    with open_store(address(store)) as rival:
        work = lambda: rival.describe("A-0", {"village": "Ou"}, happened_on=DAY)  # noqa: E731
        with between(store, work), pytest.raises(ConflictError, match="not as you saw it"):
            store.amend(
                "A-0", Band(0).land(0, 9), happened_on=DAY, expected="old A-0", event_id="m"
            )
    assert "amended" not in store.events()["event_type"].tolist()


def test_distances_are_those_of_the_border_that_is_active(
    store: Store, border: gpd.GeoDataFrame
) -> None:
    """Measured before the lock, to a border that is another one when the release is written."""
    store.load_border(border, version="1")
    filled(store)
    moved = border.assign(geometry=border.geometry.translate(xoff=0.1))
    with (
        open_store(address(store)) as rival,
        between(store, lambda: rival.load_border(moved, version="2")) as found,
    ):
        asked(Band(0).release("A", 2, 5, "mine"), store)
    assert found == ["lock", "written"]
    with store._reading() as connection:
        kept = connection.scalars(
            select(BORDER_DISTANCE.c.border_distance_m).where(
                HAZARD.c.geometry_hash == BORDER_DISTANCE.c.geometry_hash,
                HAZARD.c.hazard_id == "A-0",
                BORDER_DISTANCE.c.version_fid == layers.border_fid(connection),
            )
        ).all()
    hazards = store.hazards()
    told = border_distance(hazards[hazards["hazard_id"] == "A-0"], moved)
    assert kept == told.tolist()


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def yards(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Yard, Yard]:
    server = request.getfixturevalue("postgis_server") if request.param == "postgis" else None
    one, other = (
        Yard(request.param, tmp_path_factory.mktemp(name), server) for name in ("one", "other")
    )
    return one, other


@settings(max_examples=EXAMPLES // 15)
@given(table=ledgers.registers(), steps=ledgers.steps())
def test_any_two_are_as_in_turn(
    yards: tuple[Yard, Yard], table: gpd.GeoDataFrame, steps: list[Act]
) -> None:
    """Each second step comes between the judgement and the lock of the one before it."""
    with yards[0].empty() as one, yards[1].empty() as other, open_store(address(one)) as rival:
        one.register(table)
        other.register(table)
        for act, meanwhile in zip(steps[::2], steps[1::2], strict=False):
            work = partial(asked, meanwhile, rival)
            with between(one, work) as found:
                first = asked(act, one)
            if found:
                asked(meanwhile, other)
            assert first == asked(act, other)
            event(", ".join(found) or "no lock")
        same(one, other)
