"""Released land as polygons: what was there before and is not after, with the exact figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import OptionError
from mine_geo.geo.geometry import size_m2
from mine_geo.ledger.fold import fold
from mine_geo.tables.movements import COLUMNS, released_land, releases
from tests.ledger.test_fold import BOX, WHOLE, born, event, ledger, part, random_events
from tests.tables.test_movements import TWO


def test_each_release_by_hand() -> None:
    land = released_land(fold(TWO))
    assert list(land.columns) == list(COLUMNS)
    assert land.crs == "EPSG:4326"
    found = land[["event_id", "hazard_id", "outcome", "year", "released_m2", "operator"]]
    # "b" is drawn over the western half, of which the western quarter was cancelled before.
    assert found.to_numpy().tolist() == [
        ["a", "H1", "cancelled", 2021, 300_038, "CMAC"],
        ["b", "H1", "cleared", 2022, 300_037, "HALO"],
        ["c", "H2", "reduced", 2022, 300_038, "MAG"],
    ]
    width = BOX.bounds[2] - BOX.bounds[0]
    west = [round((box[0] - BOX.bounds[0]) / width, 6) for box in land.bounds.to_numpy()]
    assert west[:2] == [0.0, 0.25]
    assert land["province_code"].tolist() == ["24", "24", "02"]


def test_a_period_and_a_kind() -> None:
    state = fold(TWO)
    assert released_land(state, since="2022-03-01")["event_id"].tolist() == ["c"]
    assert released_land(state, kind="cluster_munition").empty
    with pytest.raises(OptionError, match="ap_minefield"):
        released_land(state, kind="minefield")


def test_nothing_released_is_an_empty_frame() -> None:
    land = released_land(fold(ledger(born())))
    assert land.empty
    assert list(land.columns) == list(COLUMNS)


def test_a_hazard_released_whole_gives_its_own_outline() -> None:
    # The report reaches far beyond the hazard: only the hazard itself is released land.
    events = ledger(born(), event("a", "H1", "cleared", "2022-01-01", BOX.buffer(1)))
    land = released_land(fold(events))
    assert land.geometry.iloc[0].equals(BOX)
    assert land["released_m2"].tolist() == [WHOLE]


def test_what_takes_nothing_is_no_released_land() -> None:
    events = ledger(
        born(),
        event("a", "H1", "cleared", "2022-01-01", part(0, 0.5)),
        event("b", "H1", "reduced", "2022-02-01", part(0, 0.25)),
    )
    assert released_land(fold(events))["event_id"].tolist() == ["a"]


@given(random_events(), st.sampled_from([None, "2021-06-30"]))
def test_figures_are_those_of_the_accounts_and_land_is_released_once(events, since) -> None:
    state = fold(events)
    land = released_land(state, since=since)
    table = releases(state, by=["kind", "year", "outcome"], since=since)
    ours = land.groupby(["kind", "year", "outcome"], dropna=False)["released_m2"].sum()
    assert int(ours.sum()) == int(table["released_m2"].sum())
    # Where no other hazard was released over it, the polygon is what was released.
    effects = state.effects.set_index("event_id")
    alone = land[effects.loc[land["event_id"], "overlap_m2"].to_numpy() == 0]
    assert (abs(size_m2(alone.geometry.to_numpy()) - alone["released_m2"]) <= 1).all()
