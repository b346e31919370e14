"""What each event did stands as rows: the present is read, and only what needs it is folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import delete, select, text, update

from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.fold import fold
from mine_geo.store.ledger import effects, reading
from mine_geo.store.schema.models import EVENT_EFFECT

if TYPE_CHECKING:
    from mine_geo.store import Store


@pytest.fixture
def row(store: Store) -> Store:
    """Give four hazards in a row, each overlapping the next by half, and one far off."""
    shapes = [
        shapely.box(103 + place * 0.005, 13, 103.01 + place * 0.005, 13.01) for place in range(4)
    ]
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": ["A", "B", "C", "D", "Z"],
            "kind": "ap_minefield",
            "surveyed_on": pd.Timestamp("2020-01-31"),
        },
        geometry=[*shapes, shapely.box(104, 13, 104.01, 13.01)],
        crs=4326,
    )
    store.register(to_hazards(frame))
    return store


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Note which hazards a reading folds."""
    asked: list[set[str]] = []

    def noted(events: gpd.GeoDataFrame, **when: Any) -> Any:
        asked.append(set(events["hazard_id"]))
        return fold(events, **when)

    monkeypatch.setattr(effects, "fold", noted)
    monkeypatch.setattr(reading, "fold", noted)
    return asked


def kept(store: Store) -> dict[str, Any]:
    with store._reading() as connection:
        return {each.event_id: each for each in connection.execute(select(EVENT_EFFECT))}


def whole(west: float) -> shapely.Polygon:
    return shapely.box(west, 13, west + 0.01, 13.01)


def test_a_row_says_what_an_event_did(row: Store) -> None:
    half = shapely.box(103, 13, 103.005, 13.01)
    row.record("A", "cleared", half, happened_on="2022-05-01", event_id="e1")
    row.record("A", "reduced", half, happened_on="2022-06-01", event_id="e2")
    row.retract("e2", reason="sent twice")
    found = kept(row)
    assert (found["e1"].before_m2, found["e1"].after_m2, found["e1"].cleared_m2) == (
        1_200_149,
        600_074,
        600_075,
    )
    assert found["e1"].place == 2
    assert found["e1"].geometry.bounds == (103.005, 13, 103.01, 13.01)
    voided = next(each for each in found.values() if each.event_id == "e2")
    assert (voided.counts, voided.why, voided.after_m2, voided.geometry) == (
        False,
        "voided",
        None,
        None,
    )
    retraction = next(each for each in found.values() if each.why == "retraction")
    assert not retraction.counts
    assert len(found) == 5 + 3


def test_a_late_report_changes_the_credit_of_others(row: Store) -> None:
    """B and D are released over the land of C; C itself is recorded last, on an earlier day."""
    row.record("D", "cleared", whole(103.015), happened_on="2022-05-04", event_id="d")
    row.record("B", "cleared", whole(103.005), happened_on="2022-05-03", event_id="b")
    row.record("A", "cleared", whole(103.0), happened_on="2022-05-02", event_id="a")
    assert kept(row)["b"].overlap_m2 == 600_074  # A has it: half of 1,200,148.6
    assert kept(row)["d"].overlap_m2 == 0
    row.record("C", "cleared", whole(103.01), happened_on="2022-05-01", event_id="c")
    found = kept(row)
    assert [found[name].overlap_m2 for name in "abcd"] == [0, 1_200_149, 0, 600_074]
    assert row.rebuild().empty
    assert row.balance()["remaining_m2"].tolist() == [1_200_149]
    row.retract("c", reason="another field")
    assert [kept(row)[name].overlap_m2 for name in "abd"] == [0, 600_074, 0]
    assert row.rebuild().empty


def test_the_present_is_read_and_a_past_folds_what_needs_it(
    row: Store, folded: list[set[str]]
) -> None:
    row.record("A", "cleared", whole(103.0), happened_on="2022-05-02")
    moment = row.last_moment()
    row.record("Z", "cleared", whole(104.0), happened_on="2023-05-02")
    assert moment is not None
    row.balance(), row.releases(), row.released_land(), row.balance(by="kind", since="2022-01-01")
    row.balance(as_of="2023-05-02")
    assert folded == []
    row.balance(as_of="2022-12-31")
    row.changes(moment)
    assert folded == [{"Z"}, {"Z"}]


@pytest.mark.parametrize(
    "harm",
    [
        update(EVENT_EFFECT).where(EVENT_EFFECT.c.event_id == "e1").values(cleared_m2=1),
        update(EVENT_EFFECT).where(EVENT_EFFECT.c.event_id == "e1").values(geometry=None),
        delete(EVENT_EFFECT).where(EVENT_EFFECT.c.event_id == "e1"),
    ],
    ids=["m2", "polygon", "gone"],
)
def test_rebuild_finds_and_mends_a_row(row: Store, harm: Any) -> None:
    half = shapely.box(103, 13, 103.005, 13.01)
    row.record("A", "cleared", half, happened_on="2022-05-01", event_id="e1")
    before = kept(row)
    with row._writing() as connection:
        connection.execute(harm)
    found = row.rebuild()
    assert found["hazard_id"].tolist() == ["A"]
    assert found["column"].str.endswith(" of e1").all()
    assert len(row.rebuild(repair=True)) == 1
    assert row.rebuild().empty
    after = kept(row)["e1"]
    assert (after.cleared_m2, after.geometry) == (before["e1"].cleared_m2, before["e1"].geometry)


def test_rows_are_written_by_mine_geo_only(row: Store) -> None:
    with (
        pytest.raises(Exception, match="written by mine_geo only"),
        row._engine.begin() as connection,
    ):
        connection.execute(text("UPDATE event_effect SET cleared_m2 = 5"))


def test_a_store_from_before_is_filled(row: Store) -> None:
    half = shapely.box(103, 13, 103.005, 13.01)
    row.record("A", "cleared", half, happened_on="2022-05-01", event_id="e1")
    said = row.balance()
    with row._writing() as connection:
        connection.execute(text("DELETE FROM event_effect"))
        effects.complete(connection)
    assert row.rebuild().empty
    pd.testing.assert_frame_equal(row.balance(), said)
