"""Divisions and mergers tried on a table: shares by hand, what the fold makes of them, refusals."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely import affinity

from mine_geo.errors import (
    CRSError,
    GeometryError,
    MixedError,
    OptionError,
    RecordError,
    UnknownNameError,
)
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.fold import fold
from mine_geo.ledger.preview import Balance, divide, merge
from tests.ledger.test_fold import BOX, THIRDS, WHOLE, born, ledger, part, sides, sizes_of

NEXT = affinity.translate(BOX, 0.01, 0)


def table(*polygons, **columns):
    ids = [f"H{number}" for number in range(1, len(polygons) + 1)]
    frame = gpd.GeoDataFrame({"hazard_id": ids, **columns}, geometry=list(polygons), crs=4326)
    return to_hazards(frame, kind="ap_minefield")


def named(result):
    return dict(zip(result.hazards["hazard_id"], result.hazards["size_m2"], strict=True))


def test_thirds_of_a_box_and_the_fold_of_the_same():
    done = divide(table(BOX, province="Pailin"), "H1", dict(THIRDS))
    assert named(done) == {"H1a": 400_050, "H1b": 400_050, "H1c": 400_050}
    assert done.rounding_m2 == 1
    assert done.balance == Balance(WHOLE, WHOLE, 0)
    assert set(done.hazards["province"]) == {"Pailin"}
    assert set(done.hazards["parent_id"]) == {"H1"}
    assert "lie outside H1" in done.notes[0]
    state = fold(ledger(born(), *sides("t", "2021-01-01", ["H1"], THIRDS)))
    assert sizes_of(state) == {"H1": 0, **named(done)}
    drawn = zip(state.hazards.geometry[1:], done.hazards.geometry, strict=True)
    assert all(one.equals_exact(two) for one, two in drawn)


def test_the_remainder_is_refused_or_kept():
    parts = {"X": part(0, 0.25)}
    with pytest.raises(GeometryError, match="leave 900,111 m² of H1 over"):
        divide(table(BOX), "H1", parts)
    done = divide(table(BOX), "H1", parts, remainder="keep")
    assert named(done) == {"H1": 900_111, "X": 300_037}
    assert done.balance == Balance(WHOLE, 300_038, 900_111)
    with pytest.raises(OptionError, match="valid: refuse, keep"):
        divide(table(BOX), "H1", parts, remainder="lose")


def test_a_sliver_between_parts_is_not_lost():
    gap = 0.01 / 108_500  # a centimetre
    west, east = shapely.box(103, 13, 103.005, 13.01), shapely.box(103.005 + gap, 13, 103.01, 13.01)
    done = divide(table(BOX), "H1", {"A": west, "B": east})
    assert sum(named(done).values()) + -done.rounding_m2 == WHOLE
    assert abs(done.rounding_m2) <= 2


def test_parts_bring_their_own_attributes():
    parts = gpd.GeoDataFrame(
        {"hazard_id": ["B", "A"], "district": ["Pailin", None]},
        geometry=[part(0.5, 1), part(0, 0.5)], crs=4326,
    )  # fmt: skip
    done = divide(table(BOX, district="Sala Krau"), "H1", parts)
    assert done.hazards["district"].tolist() == ["Sala Krau", "Pailin"]


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ({"H1": part(0, 1)}, RecordError, "H1 is taken"),
        ({"A": part(0, 0.6), "B": part(0.5, 1)}, GeometryError, "A and B overlap by"),
        ({"A": BOX, "B": affinity.translate(BOX, 1, 0)}, GeometryError, "misses H1 by"),
        ({"A": BOX, "B": NEXT}, GeometryError, "part B takes nothing of H1"),
        ({}, RecordError, "no hazard_id"),
        ({"A": shapely.Point(103, 13)}, GeometryError, "part A: Point instead of a polygon"),
        (gpd.GeoDataFrame({"hazard_id": ["A"]}, geometry=[BOX], crs=32648), CRSError, "4326"),
        (gpd.GeoDataFrame(geometry=[BOX], crs=4326), RecordError, "no column 'hazard_id'"),
    ],
)
def test_bad_parts_are_refused(parts, error, message):
    with pytest.raises(error, match=message):
        divide(table(BOX), "H1", parts)


def test_a_merger_and_the_fold_of_the_same():
    done = merge(table(BOX, NEXT), ["H2", "H1"], "H3")
    assert named(done) == {"H3": 2_400_297}
    assert done.rounding_m2 == -1
    assert done.balance == Balance(2 * WHOLE, 2 * WHOLE, 0)
    assert done.hazards["parent_id"].tolist() == ["H1 + H2"]
    union = done.hazards.geometry[0]
    events = ledger(
        born(), born("H2", NEXT), *sides("t", "2021-01-01", ["H1", "H2"], [("H3", union)])
    )
    assert sizes_of(fold(events)) == {"H1": 0, "H2": 0, "H3": 2_400_297}


def test_a_merger_into_one_of_them():
    done = merge(table(BOX, NEXT), ["H1", "H2"], "H2")
    assert named(done) == {"H2": 2_400_297}
    assert done.balance == Balance(2 * WHOLE, WHOLE, WHOLE)
    assert done.hazards["parent_id"].tolist() == ["H1"]


def test_overlap_and_differing_attributes_are_said():
    wide = affinity.scale(affinity.translate(BOX, 0.005, 0), 2, 1, origin=(103.005, 13))
    done = merge(table(BOX, wide, village=["Ou Chra", "Krachab"]), ["H1", "H2"], "H3")
    assert done.hazards["village"].tolist() == ["Krachab"]
    assert "village: of H2, the largest" in done.notes[0]
    assert "overlap by" in done.notes[1]


def test_bad_mergers_are_refused():
    two = table(BOX, NEXT)
    with pytest.raises(RecordError, match="two or more"):
        merge(two, ["H1"], "H3")
    with pytest.raises(RecordError, match="two or more"):
        merge(two, ["H1", "H1"], "H3")
    with pytest.raises(RecordError, match="H2 is taken"):
        merge(table(BOX, NEXT, affinity.translate(BOX, 1, 0)), ["H1", "H3"], "H2")
    with pytest.raises(UnknownNameError, match="no hazard 'H9'"):
        merge(two, ["H1", "H9"], "H3")
    mixed = two.assign(kind=["ap_minefield", "cluster_munition"])
    with pytest.raises(MixedError, match="several kinds"):
        merge(mixed, ["H1", "H2"], "H3")
