"""The published 681,284,511 m², of which 137.9 km² are on the workbench: flagged, or waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mine_geo.store import Store, create_store
from tests.store.inbox import received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd

pytestmark = pytest.mark.untraced
WHOLE, WORKBENCH, FIELDS, WAITING = 681_284_511, 137_900_000, 7_392, 1_403


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def synthetic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give an empty store for the sample."""
    place = str(tmp_path / "sample.gpkg")
    if request.param == "postgis":
        place = request.getfixturevalue("postgis_url")
    with create_store(place, synthetic=True) as store:
        yield store


def figures(store: Store, workbench: str) -> tuple[int, int]:
    found = store.hazards(workbench=workbench, kind="ap_minefield")
    return len(found), int(found["size_m2"].sum())


def published(store: Store) -> None:
    """Check the three totals."""
    assert figures(store, "include") == (FIELDS, WHOLE)
    assert figures(store, "only") == (WAITING, WORKBENCH)
    assert figures(store, "exclude") == (FIELDS - WAITING, WHOLE - WORKBENCH)


def test_the_published_total_with_flagged_hazards(
    synthetic: Store, sample_hazards: gpd.GeoDataFrame
) -> None:
    synthetic.register(sample_hazards)
    published(synthetic)
    ids = synthetic.hazards(workbench="only")["hazard_id"].tolist()
    synthetic.describe(ids, {"in_workbench": False}, happened_on="2023-01-31")
    assert figures(synthetic, "exclude") == figures(synthetic, "include") == (FIELDS, WHOLE)
    assert synthetic.rebuild().empty


def test_the_published_total_with_waiting_hazards(
    synthetic: Store,
    sample_hazards: gpd.GeoDataFrame,
    sample_admin: gpd.GeoDataFrame,
    sample_border: gpd.GeoDataFrame,
) -> None:
    """The same file again, whole: what the register has is not counted beside it."""
    synthetic.load_admin(sample_admin)
    synthetic.load_border(sample_border)
    synthetic.register(sample_hazards[~sample_hazards["in_workbench"]])
    done = synthetic.submit(received(sample_hazards))
    assert done.changes == {"same": FIELDS - WAITING, "new": WAITING}
    assert (done.errors, done.not_in_split) == (0, 0)
    published(synthetic)
    split = synthetic.split(workbench="only", include_coast=True)
    assert int(split["near_size_m2"].sum() + split["far_size_m2"].sum()) == WORKBENCH
    accepted = synthetic.accept(done)
    assert (accepted.registered, accepted.same, accepted.left) == (WAITING, FIELDS - WAITING, ())
    assert figures(synthetic, "exclude") == figures(synthetic, "include") == (FIELDS, WHOLE)
    before = synthetic.submissions()["received_at"][0]
    found = synthetic.hazards(workbench="only", known_at=before)
    assert (len(found), int(found["size_m2"].sum())) == (WAITING, WORKBENCH)
    assert synthetic.rebuild().empty
