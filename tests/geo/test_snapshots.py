"""Two editions of a layer: each change by hand, then totals that add up whatever changed."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import CRSError, GeometryError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.geometry import exact_size_m2, size_m2
from mine_geo.geo.snapshots import CHANGE_COLUMNS, CHANGES, compare_snapshots, summary
from mine_geo.intake import read_hazards
from tests.hand import cell_m2
from tests.nasty import FAMILIES

AP, CM = "ap_minefield", "cluster_munition"
SIZE = round(cell_m2(103, 13, 103.01, 13.01))


def box(west=0.0, width=0.01):
    return shapely.box(103 + west, 13, 103 + west + width, 13.01)


def layer(**polygons):
    """Return a layer of AP minefields: id=polygon."""
    return gpd.GeoDataFrame(
        {"hazard_id": list(polygons), "kind": AP}, geometry=list(polygons.values()), crs=4326
    )


def one(old, new):
    """Return the single change."""
    changes = compare_snapshots(old, new)
    assert len(changes) == 1, changes[["hazard_id", "change", "described"]]
    return changes.iloc[0]


def squares(change):
    return tuple(change[["old_size_m2", "new_size_m2", "gained_m2", "lost_m2"]])


def test_a_layer_differs_not_from_itself():
    table = read_hazards(sample.path("minefields"))
    assert compare_snapshots(table, table.iloc[::-1]).empty
    assert compare_snapshots(layer(), layer()).empty
    assert compare_snapshots(layer(A=None), layer(A=shapely.Polygon())).empty


def test_columns_and_types():
    changes = compare_snapshots(layer(A=box()), layer(B=box(1)))
    assert tuple(changes.columns) == CHANGE_COLUMNS
    sizes = changes[["old_size_m2", "new_size_m2", "gained_m2", "lost_m2"]]
    assert set(sizes.dtypes.astype(str)) == {"int64"}
    assert changes.crs == "EPSG:4326"
    assert_geodataframe_equal(changes.iloc[:0], compare_snapshots(layer(), layer()))


def test_added_and_removed():
    changes = compare_snapshots(layer(A=box(), B=box(1)), layer(A=box(), C=box(2, 0.02)))
    added, removed = changes[changes["change"] == "added"], changes[changes["change"] == "removed"]
    wide = round(cell_m2(105, 13, 105.02, 13.01))
    assert added["hazard_id"].tolist() == ["C"]
    assert squares(added.iloc[0]) == (0, wide, wide, 0)
    assert added.geometry.iloc[0].equals(box(2, 0.02))
    assert removed["hazard_id"].tolist() == ["B"]
    assert squares(removed.iloc[0]) == (SIZE, 0, 0, SIZE)
    assert removed.geometry.iloc[0].equals(box(1))


def test_redrawn_gains_and_loses():
    change = one(layer(A=box()), layer(A=box(0.002)))
    lost = round(cell_m2(103, 13, 103.002, 13.01))
    assert change["change"] == "redrawn"
    assert squares(change) == (SIZE, SIZE, lost, lost)
    assert change.geometry.equals(box(0, 0.002).union(box(0.01, 0.002)))
    assert pd.isna(change["described"])
    assert pd.isna(change["old_id"])


def test_redrawn_and_described_are_both_said():
    old, new = layer(A=box()).assign(operator="MAG"), layer(A=box(0, 0.02)).assign(operator="HALO")
    change = one(old, new)
    assert (change["change"], change["described"]) == ("redrawn", "operator: MAG -> HALO")


def test_only_described():
    old = layer(A=box()).assign(status="open", operator=None, note="x", surveyed_on="2020-01-01")
    new = layer(A=box()).assign(status="closed", operator="MAG", note=" ", other=1)
    new["surveyed_on"] = pd.Series([pd.Timestamp("2020-01-01")])
    change = one(old, new)
    assert change["change"] == "described"
    assert (
        change["described"] == "status: open -> closed; operator: (none) -> MAG; note: x -> (none)"
    )
    assert squares(change) == (SIZE, SIZE, 0, 0)
    assert change.geometry.equals(box())


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (1, 1.0),
        (1.5, "1.50"),
        (None, np.nan),
        ("", None),
        (" MAG", "MAG "),
        (True, "True"),
        (False, "FALSE"),
        (dt.date(2020, 1, 1), pd.Timestamp("2020-01-01")),
    ],
)
def test_the_same_word_written_in_another_way_is_no_change(was, now):
    assert compare_snapshots(layer(A=box()).assign(x=[was]), layer(A=box()).assign(x=[now])).empty


@pytest.mark.parametrize(("was", "now"), [("02", "2"), (1, 2), ("a", "A"), (1.5, None)])
def test_another_word_is_a_change(was, now):
    old, new = layer(A=box()).assign(x=[was]), layer(A=box()).assign(x=[now])
    assert one(old, new)["change"] == "described"


def test_a_size_in_the_file_is_no_description():
    assert compare_snapshots(
        layer(A=box()).assign(size_m2=1), layer(A=box()).assign(size_m2=2)
    ).empty


RING = [(103, 13), (103.01, 13), (103.02, 13.01), (103, 13.01)]


@pytest.mark.parametrize(
    "again",
    [
        shapely.Polygon(RING[2:] + RING[:2]),
        shapely.Polygon(RING[::-1]),
        shapely.Polygon([RING[0], *RING, RING[3]]),
        shapely.Polygon([RING[0], (103.005, 13), *RING[1:]]),
        shapely.MultiPolygon([shapely.Polygon(RING)]),
        shapely.force_3d(shapely.Polygon(RING), 3),
        shapely.Polygon(np.add(RING, [[1e-9, 0], [0, -1e-9], [0, 0], [1e-10, 0]])),
    ],
)
def test_the_same_outline_is_not_redrawn(again):
    assert compare_snapshots(layer(A=shapely.Polygon(RING)), layer(A=again)).empty


def test_a_spike_without_a_square_metre_is_redrawn():
    spike = [RING[0], (103.005, 13), (103.005, 12.9), (103.0050000001, 13), *RING[1:]]
    change = one(layer(A=shapely.Polygon(RING)), layer(A=shapely.Polygon(spike)))
    assert change["change"] == "redrawn"
    assert change["gained_m2"] <= 1


def test_small_moves_that_change_the_whole_size_are_redrawn():
    # 1 mm along 40 km is 40 m².
    long = shapely.box(103, 13, 103.4, 13.001)
    moved = shapely.box(103, 13, 103.4, 13.001 + 9e-9)
    change = one(layer(A=long), layer(A=moved))
    assert change["change"] == "redrawn"
    assert change["gained_m2"] == pytest.approx(0.4 * 108_485 * 9e-9 * 110_640, abs=1)


def test_rounding_alone_never_gains_less_than_nothing():
    # 100.6 and 100.2 m²: 101 and 100 whole ones, though no half of one was lost.
    metre = 1 / exact_size_m2([shapely.box(103, 13, 103.001, 13.000001)])[0] * 1e-6
    old, new = (shapely.box(103, 13, 103.001, 13 + m2 * metre) for m2 in (100.6, 100.2))
    assert exact_size_m2([old, new]) == pytest.approx([100.6, 100.2], abs=0.01)
    change = one(layer(A=old), layer(A=new))
    assert (change["change"], squares(change)) == ("redrawn", (101, 100, 0, 1))
    change = one(layer(A=new), layer(A=old))
    assert (change["change"], squares(change)) == ("redrawn", (100, 101, 1, 0))


def test_a_description_shows_the_polygon_though_its_digits_changed():
    moved = shapely.Polygon(np.add(RING, [[1e-9, 0], [0, 0], [0, 0], [0, 0]]))
    old, new = layer(A=shapely.Polygon(RING)), layer(A=moved).assign(status="open")
    change = one(old.assign(status="closed"), new)
    assert change["change"] == "described"
    assert change.geometry.equals(moved)


def test_a_polygon_that_comes_or_goes():
    came, went = one(layer(A=None), layer(A=box())), one(layer(A=box()), layer(A=None))
    assert (came["change"], squares(came)) == ("redrawn", (0, SIZE, SIZE, 0))
    assert (went["change"], squares(went)) == ("redrawn", (SIZE, 0, 0, SIZE))
    assert came.geometry.equals(box())
    assert went.geometry.equals(box())


def test_the_same_polygon_under_another_id():
    old, new = layer(A=box(), B=box(1)), layer(A=box(), Z=box(1))
    change = one(old.assign(operator=["MAG", "CMAC"]), new.assign(operator=["MAG", "HALO"]))
    assert (change["change"], change["hazard_id"], change["old_id"]) == ("renumbered", "Z", "B")
    assert change["described"] == "operator: CMAC -> HALO"
    assert squares(change) == (SIZE, SIZE, 0, 0)


def test_several_of_one_polygon_are_paired_in_order():
    changes = compare_snapshots(layer(A=box(), B=box(), C=box()), layer(Y=box(), X=box()))
    found = list(zip(changes["hazard_id"], changes["old_id"].fillna(""), changes["change"],
                     strict=True))  # fmt: skip
    assert found == [("C", "", "removed"), ("X", "A", "renumbered"), ("Y", "B", "renumbered")]


def test_an_id_that_stays_is_not_renumbered():
    # A took the polygon of B, and B is there still.
    changes = compare_snapshots(layer(A=box(), B=box(1)), layer(A=box(1), B=box(1)))
    assert changes["change"].tolist() == ["redrawn"]


def test_hazards_without_polygon_are_not_paired():
    changes = compare_snapshots(layer(A=None), layer(B=None))
    assert changes["change"].tolist() == ["removed", "added"]


def test_another_kind_is_removed_and_added():
    old, new = layer(A=box()), layer(A=box()).assign(kind=CM)
    changes = compare_snapshots(old, new)
    found = list(zip(changes["kind"], changes["change"], changes["gained_m2"], changes["lost_m2"],
                     strict=True))  # fmt: skip
    assert sorted(found) == [(AP, "removed", 0, SIZE), (CM, "added", SIZE, 0)]


def test_summary_by_kind_in_order():
    old = layer(A=box(), B=box(1), C=box(2), D=box(3))
    old.loc[3, "kind"] = CM
    new = layer(A=box(0, 0.02), B=box(1), E=box(5), D=box(3)).assign(status="open")
    new.loc[3, "kind"] = CM
    table = summary(compare_snapshots(old.assign(status=["open", "closed", "open", "closed"]), new))
    assert list(zip(table["kind"], table["change"], table["hazards"], strict=True)) == [
        (AP, "added", 1),
        (AP, "removed", 1),
        (AP, "redrawn", 1),
        (AP, "described", 1),
        (CM, "described", 1),
    ]
    assert summary(compare_snapshots(old, old)).empty


# Bad input


@pytest.mark.parametrize("side", [0, 1])
def test_bad_layers_are_refused(side):
    good = layer(A=box())

    def compare(bad):
        return compare_snapshots(*((bad, good) if side == 0 else (good, bad)))

    name = ("old", "new")[side]
    with pytest.raises(CRSError, match=f"the {name} layer must be in EPSG:4326"):
        compare(good.to_crs(32648))
    with pytest.raises(RecordError, match="no column 'hazard_id'"):
        compare(good.drop(columns="hazard_id"))
    with pytest.raises(RecordError, match="record 1 has no hazard_id"):
        compare(good.assign(hazard_id=[" "]))
    with pytest.raises(RecordError, match=f"the {name} layer: hazard_id A stands more than once"):
        compare(pd.concat([good, good.assign(hazard_id=["A "])]))
    bow = shapely.Polygon([(103, 13), (104, 14), (104, 13), (103, 14)])
    with pytest.raises(GeometryError, match=r"A: invalid ring: Self-intersection.*repair"):
        compare(layer(A=bow))
    with pytest.raises(GeometryError, match="Point instead of a polygon"):
        compare(layer(A=shapely.Point(103, 13)))


# Whatever changes, the totals add up


def polygons():
    nasty = st.builds(
        lambda family, seed, which: family(np.random.default_rng(seed))[which],
        st.sampled_from(FAMILIES),
        st.integers(0, 500),
        st.integers(0, 1),
    )
    drawn = st.one_of(st.builds(box, st.sampled_from([0.0, 0.003, 0.5])), nasty)
    areal = ("Polygon", "MultiPolygon")
    sound = drawn.filter(lambda polygon: polygon.is_valid and polygon.geom_type in areal)
    return st.one_of(st.none(), sound)


@st.composite
def layers(draw):
    ids = draw(st.lists(st.sampled_from("ABCDEFG"), unique=True, max_size=6))

    def column(values):
        return draw(st.lists(values, min_size=len(ids), max_size=len(ids)))

    columns = {
        "hazard_id": pd.Series(ids, dtype="str"),
        "kind": pd.Series(column(st.sampled_from([AP, CM, None])), dtype="str"),
        "operator": pd.Series(column(st.sampled_from(["MAG", "HALO", None])), dtype="str"),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(column(polygons()), crs=4326), crs=4326)


def totals(frame):
    table = pd.DataFrame({"kind": frame["kind"].fillna("none"), "m2": size_m2(frame)})
    return table.groupby("kind")["m2"].sum().to_dict()


@settings(max_examples=100)
@given(layers(), layers())
def test_totals_add_up_by_kind(old, new):
    before = old.copy(deep=True), new.copy(deep=True)
    changes = compare_snapshots(old, new)
    assert_geodataframe_equal(old, before[0])
    assert_geodataframe_equal(new, before[1])
    assert (changes[["gained_m2", "lost_m2", "old_size_m2", "new_size_m2"]] >= 0).all(axis=None)
    moved = changes["gained_m2"] - changes["lost_m2"]
    assert (changes["new_size_m2"] - changes["old_size_m2"] == moved).all()
    net = totals(old)
    for row in summary(changes).fillna({"kind": "none"}).itertuples():
        net[row.kind] = net.get(row.kind, 0) + row.gained_m2 - row.lost_m2
    after = totals(new)
    assert {kind: net.get(kind, 0) for kind in net | after} == {
        kind: after.get(kind, 0) for kind in net | after
    }
    assert set(changes["change"]) <= set(CHANGES)
    whole = changes[changes["change"].isin(["added", "removed", "redrawn"])]
    apart = exact_size_m2(whole.geometry) - whole["gained_m2"] - whole["lost_m2"]
    assert (apart.abs() <= 2.5).all()


@settings(max_examples=50)
@given(layers(), layers(), st.randoms(use_true_random=False))
def test_order_and_index_change_nothing_and_back_is_the_reverse(old, new, random):
    changes = compare_snapshots(old, new)
    order = list(range(len(new)))
    random.shuffle(order)
    turned = compare_snapshots(old.set_axis(range(7, 7 + len(old))), new.iloc[order])
    assert_geodataframe_equal(changes, turned)
    back = compare_snapshots(new, old)
    turn = {"added": "removed", "removed": "added"}
    there = sorted(zip(changes["kind"].fillna(""), changes["change"], strict=True))
    here = back["change"].replace(turn)
    assert there == sorted(zip(back["kind"].fillna(""), here, strict=True))
