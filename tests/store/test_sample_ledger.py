"""The sample ledger taken over into a store: the published totals, and only a part folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest

import mine_geo.store.hazards
from mine_geo.geo import sample
from mine_geo.geo.vector import read_vector
from mine_geo.intake import read_hazards
from mine_geo.ledger.fold import fold
from mine_geo.store import Store, create_store

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.untraced
CODES = {"province_code": str, "district_code": str}


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def taken(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Give a store with the whole sample ledger."""
    place = str(tmp_path_factory.mktemp("sample") / "register.gpkg")
    if request.param == "postgis":
        place = request.getfixturevalue("postgis_server").database()
    with create_store(place, synthetic=True) as store:
        done = store.import_log(
            read_hazards(sample.path("ledger_hazards")),
            read_vector(sample.path("ledger_events")),
            pd.read_csv(sample.path("spot_tasks"), dtype=CODES),
        )
        assert done.hazards > 7392
        assert done.events > 4000
        yield store


def test_it_is_sound(taken: Store) -> None:
    assert taken.rebuild().empty
    assert taken.balance(by="kind")["remaining_m2"].sum() == taken.hazards()["size_m2"].sum()


def test_the_minefields_of_2022(taken: Store, sample_hazards: gpd.GeoDataFrame) -> None:
    found = taken.hazards(as_of="2022-12-31", kind="ap_minefield").set_index("hazard_id")
    expected = sample_hazards.set_index("hazard_id")
    assert found["size_m2"].sum() == 681_284_511
    assert found["size_m2"].to_dict() == expected["size_m2"].to_dict()
    assert found["status"].to_dict() == expected["status"].to_dict()


def test_the_cluster_munitions_of_2024(taken: Store) -> None:
    found = taken.hazards(as_of="2024-12-31", kind="cluster_munition")
    assert found["area_type"].value_counts().to_dict() == {"SHA": 1614, "CHA": 715}
    assert found["size_m2"].sum() == 681_218_117
    assert taken.spot_tasks(as_of="2024-12-31")["submunitions"].sum() == 698


def test_only_hazards_with_a_later_event_are_folded(
    taken: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = taken.events()
    folded: list[set[str]] = []

    def watched(some: gpd.GeoDataFrame, **options: Any) -> Any:
        folded.append(set(some["hazard_id"]))
        return fold(some, **options)

    monkeypatch.setattr(mine_geo.store.hazards, "fold", watched)
    taken.hazards()
    assert folded == []
    taken.hazards(as_of="2024-10-31")
    later = set(events.loc[events["happened_on"] > pd.Timestamp("2024-10-31"), "hazard_id"])
    assert later <= folded[0]
    assert len(folded[0]) < len(later) + 50  # those that transfers tie to them


@pytest.mark.parametrize(
    "when",
    [
        {"as_of": "2021-06-30"},
        {"as_of": "2023-12-31", "known_at": "2024-01-31T00:00:00Z"},
    ],
)
def test_a_part_folded_is_the_whole_folded(taken: Store, when: dict[str, str]) -> None:
    found = taken.hazards(closed=True, **when)
    whole = fold(taken.events(), **when).hazards
    assert found["hazard_id"].tolist() == whole["hazard_id"].tolist()
    assert found["size_m2"].tolist() == whole["size_m2"].tolist()
    assert found["status"].tolist() == whole["status"].tolist()
    assert found.geometry.to_wkb().tolist() == whole.geometry.to_wkb().tolist()


def test_the_clearance_of_2023_was_recorded_late(taken: Store) -> None:
    now = taken.releases(by=["year"], kind="cluster_munition", as_of="2023-12-31")
    then = taken.releases(
        by=["year"], kind="cluster_munition", as_of="2023-12-31", known_at="2024-01-01T00:00:00Z"
    )
    of = {"now": now, "then": then}
    cleared = {name: int(each.set_index("year")["cleared_m2"][2023]) for name, each in of.items()}
    assert cleared["then"] < cleared["now"]


def test_registering_what_was_taken_over_changes_nothing(taken: Store) -> None:
    hazards = read_hazards(sample.path("ledger_hazards")).drop(columns="recorded_at")
    assert taken.register(hazards).unchanged == len(hazards)
