"""Two officers change one hazard: the second is told, and nothing of theirs is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from mine_geo import errors
from tests.store.inbox import file

if TYPE_CHECKING:
    from mine_geo.store import Store

DAY = "2022-05-01"
WEST, EAST = shapely.box([103, 103.005], 13, [103.005, 103.01], 13.01)


@pytest.fixture
def seen(store: Store) -> dict[str, Any]:
    """Give what an officer saw of two hazards, of which another then changes the first."""
    shapes = shapely.box([103, 103.02], 13, [103.01, 103.03], 13.01)
    said = {"hazard_id": ["A", "B"], "kind": "ap_minefield", "area_type": "SHA"}
    store.register(gpd.GeoDataFrame(said, geometry=shapes, crs=4326), registered_on="2020-01-31")
    events = store.events().set_index("hazard_id")["event_id"]
    sizes = store.hazards().set_index("hazard_id")["size_m2"]
    store.describe("A", {"village": "Ou"}, happened_on=DAY, event_id="other")
    store.record("A", "cleared", WEST, happened_on=DAY, event_id="worked")
    return {"event": events["A"], "size": int(sizes["A"]), "B": events["B"]}


def acts(store: Store) -> dict[str, Any]:
    """Return each verb that heeds what was seen of A, as a function of it."""
    name = store.submit(
        file({"hazard_id": "A", "kind": "ap_minefield", "geometry": EAST, "surveyed_on": DAY})
    )
    return {
        "amend": lambda e, **k: store.amend("A", EAST, happened_on=DAY, expected=e, **k),
        "confirm": lambda e, **k: store.confirm("A", happened_on=DAY, expected=e, **k),
        "divide": lambda e, **k: store.divide(
            "A", {"A1": EAST}, happened_on=DAY, remainder="keep", expected=e, **k
        ),
        "merge": lambda e, **k: store.merge(
            ["A", "B"], "C", happened_on=DAY, expected=None if e is None else {"A": e}, **k
        ),
        "accept": lambda e, **k: store.accept(name, expected=None if e is None else {"A": e}, **k),
    }


@pytest.mark.parametrize("verb", ["amend", "confirm", "divide", "merge", "accept"])
def test_the_second_officer_is_told(store: Store, seen: dict[str, Any], verb: str) -> None:
    act = acts(store)[verb]
    count = len(store.events())
    for stale in (seen["event"], seen["size"], "other", str(seen["size"])):
        for dry_run in (True, False):
            with pytest.raises(errors.ConflictError) as caught:
                act(stale, dry_run=dry_run)
            said = str(caught.value)
            assert "A is not as you saw it" in said
            assert "cleared worked" in said
            assert "\n" not in said
    assert len(store.events()) == count
    assert store.rebuild().empty
    act("worked", dry_run=True)
    act(int(store.hazards().set_index("hazard_id").loc["A", "size_m2"]))
    assert len(store.events()) > count


def test_what_was_written_already_is_no_conflict(store: Store, seen: dict[str, Any]) -> None:
    """Sent again after a lost connection: it is there, though the hazard is as it left it."""
    assert seen["event"]
    first = store.amend("A", EAST, happened_on=DAY, event_id="mine", expected="worked")
    again = store.amend("A", EAST, happened_on=DAY, event_id="mine", expected="worked")
    assert (first.new, again.new) == (True, False)


def test_what_cannot_be_expected(store: Store, seen: dict[str, Any]) -> None:
    for bad in (True, 1.5, "", object()):
        with pytest.raises(errors.RecordError, match="give the event_id of the last event"):
            store.amend("A", EAST, happened_on=DAY, expected=bad)  # type: ignore[arg-type]
    with pytest.raises(errors.UnknownNameError, match="no hazard Z"):
        store.merge(["A", "B"], "C", happened_on=DAY, expected={"Z": seen["B"]})
