"""What is shown to everybody: figures by hand, and no polygon that gives the rest away."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.disclosure import disclosed
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import CRSError, MixedError, OptionError, RecordError
from tests import hand

STEP = 0.001  # degrees; 108 m to the east and 111 m to the north at 13 degrees
WHERE = {
    "0209": ("Battambang", "02", "Samlout", "0209"),
    "0204": ("Battambang", "02", "Bavel", "0204"),
    "2401": ("Pailin", "24", "Pailin", "2401"),
}
PLACE = ["province", "province_code", "district", "district_code"]


EXACT = PublicSettings(least_count=1, round_m2=1)
"""Every figure as it is: what is left out is tested in test_shown_figures."""


def disclose(*args, waiting_count=False, **options):
    told = dataclasses.replace(EXACT, tell_waiting=waiting_count)
    return disclosed.disclose(*args, **({"settings": told} | options))


def cell(x, y, width=1, height=1):
    """Return a rectangle on a grid of 0.001 degree."""
    west, south = 103 + x * STEP, 13 + y * STEP
    return shapely.box(west, south, west + width * STEP, south + height * STEP)


def split_of(*rows, **columns):
    """Return a split of rows (id, district code, size, near size, polygon)."""
    ids, codes, size, near, polygons = zip(*rows, strict=True) if rows else ([], [], [], [], [])
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": list(ids),
            "kind": "ap_minefield",
            **dict(zip(PLACE, zip(*[WHERE[code] for code in codes], strict=True), strict=False)),
            "size_m2": list(size),
            "near_size_m2": list(near),
            "far_size_m2": [whole - part for whole, part in zip(size, near, strict=True)],
            "zone": ["near" if part else "far" for part in near],
            "threshold_m": 7000.0,
            "rule": "edge",
            "include_coast": False,
            "border_name": "by hand",
            "border_version": "1",
        },
        geometry=list(polygons),
        crs=4326,
    )
    return frame.assign(**columns)


def land_of(*rows, **columns):
    """Return released land of rows (hazard, outcome, year, m², district code, polygon)."""
    ids, outcomes, years, sizes, codes, polygons = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame(
        {
            "event_id": [f"event {place}" for place in range(len(ids))],
            "hazard_id": list(ids),
            "kind": "ap_minefield",
            "outcome": list(outcomes),
            "happened_on": pd.to_datetime([f"{year}-03-04" for year in years]),
            "year": list(years),
            "released_m2": list(sizes),
            "operator": "MAG",
            "report_ref": "TS-14",
            "recorded_by": "Sok Dara",
            **dict(zip(PLACE, zip(*[WHERE[code] for code in codes], strict=True), strict=True)),
        },
        geometry=list(polygons),
        crs=4326,
    )
    return frame.assign(**columns)


def districts(**columns):
    return gpd.GeoDataFrame(
        {
            "province": ["Battambang", "Battambang", "Pailin"],
            "province_code": ["02", "02", "24"],
            "province_km": ["បាត់ដំបង", "បាត់ដំបង", "ប៉ៃលិន"],
            "district": ["Samlout", "Bavel", "Pailin"],
            "district_code": ["0209", "0204", "2401"],
            "district_km": ["សំឡូត", "បវេល", None],
        },
        geometry=[cell(0, 0, 100, 100), cell(100, 0, 100, 100), cell(200, 0, 100, 100)],
        crs=4326,
    ).assign(**columns)


NOTHING = gpd.GeoDataFrame({"hazard_id": []}, geometry=[], crs=4326)
"""What is restricted beside the split where a test says nothing else."""


def told_of(split, admin=None, released=None, *, restricted=NOTHING, **options):
    return disclose(split, admin, released, restricted=restricted, **options)


SPLIT = split_of(
    ("A", "0209", 100, 100, cell(1, 1)),
    ("B", "0209", 30, 0, cell(10, 1)),
    ("C", "0204", 7, 0, cell(110, 1)),
    commune=["Ta Taok", None, None],
    recorded_by="Sok Dara",
    synthetic=[False, True, False],
    surveyed_on=pd.to_datetime(["2020-01-02", None, "2019-12-31"]),
)
LAND = land_of(
    ("A", "cleared", 2021, 50, "0209", cell(2, 1)),  # beside what is left of A
    ("Z", "cleared", 2021, 60, "0209", cell(20, 1)),  # wholly released, far from all
    ("Z", "reduced", 2022, 5, "0209", cell(21, 1)),
    ("Y", "cancelled", 2022, 8, "0209", cell(11, 2)),  # wholly released, touches a corner of B
    ("Y", "cleared", 2020, 9, "0209", cell(30, 30)),  # the same hazard, far away
    (None, "cancelled", 2022, 11, "0204", cell(150, 50)),  # of an unknown hazard
)


def vertices(geometries, decimals=6):
    xy = shapely.get_coordinates(np.asarray(geometries, dtype=object))
    return {tuple(each) for each in np.round(xy, decimals).tolist()}


def test_figures_of_each_district_and_zeros():
    table = told_of(SPLIT, districts(), LAND).aggregates
    assert table["district_code"].tolist() == ["0204", "0209", "2401"]
    assert table["district_km"].tolist()[:2] == ["បវេល", "សំឡូត"]
    columns = [
        *("hazards", "size_m2", "near_hazards", "near_size_m2", "far_hazards", "far_size_m2"),
        *("cancelled_m2", "reduced_m2", "cleared_m2"),
    ]
    assert table[columns].to_numpy().tolist() == [
        [1, 7, 0, 0, 1, 7, 11, 0, 0],
        [2, 130, 1, 100, 1, 30, 8, 5, 50 + 60 + 9],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    assert (table["threshold_m"] == 7000).all()
    assert (table["rule"] == "edge").all()
    for code, polygon in zip(table["district_code"], table.geometry, strict=True):
        own = districts().set_index("district_code").geometry[code]
        assert polygon.equals_exact(own, 0)


def test_only_land_of_hazards_wholly_released_and_clear_of_the_rest():
    told = told_of(SPLIT, districts(), LAND)
    assert told.released[["outcome", "year", "released_m2", "district"]].to_numpy().tolist() == [
        ["cleared", 2021, 60, "Samlout"],
        ["reduced", 2022, 5, "Samlout"],
    ]
    # B's neighbour Y is shown whole or not at all: its strip far away stays back too.
    assert told.withheld[
        ["district", "outcome", "releases", "released_m2"]
    ].to_numpy().tolist() == [
        ["Bavel", "cancelled", 1, 11],
        ["Samlout", "cancelled", 1, 8],
        ["Samlout", "cleared", 2, 59],
    ]
    assert told.yearly[["district", "year", "outcome", "released_m2"]].to_numpy().tolist() == [
        ["Bavel", 2022, "cancelled", 11],
        ["Samlout", 2020, "cleared", 9],
        ["Samlout", 2021, "cleared", 110],
        ["Samlout", 2022, "cancelled", 8],
        ["Samlout", 2022, "reduced", 5],
    ]


def test_columns_name_nobody_and_no_hazard():
    told = told_of(SPLIT, districts(), LAND, as_of="2022-12-31")
    allowed = {"outcome", "kind", "year", "released_m2", *PLACE, "geometry"}
    assert set(told.released.columns) == allowed
    hidden = {"A", "B", "C", "Y", "Z", "Sok Dara", "MAG", "TS-14", "event 0"}
    for table in (told.aggregates, told.communes, told.yearly, told.released, told.withheld):
        values = {str(each) for c in table.columns.drop("geometry", "ignore") for each in table[c]}
        assert not values & hidden
    assert told.as_of == "2022-12-31"
    assert told.synthetic
    assert not hasattr(told, "latest_survey")  # it is the day of one hazard


def test_communes_have_the_names_of_their_layer_alone():
    """A names Ta Taok and B its land's owner: the layer decides what is printed."""
    fields = SPLIT.assign(commune=["TA TAOK", "beside the house of Sok Dara", None])
    layer = pd.DataFrame(
        {
            "district_code": ["0209", "0204"],
            "commune": ["Ta Taok", "beside the house of Sok Dara"],
            "commune_code": ["020901", "020401"],
        }
    )
    table = told_of(fields, districts(), communes=layer).communes
    assert table["district"].tolist() == ["Samlout", "Samlout"]
    assert table["commune"].fillna("").tolist() == ["Ta Taok", ""]
    assert table["size_m2"].tolist() == [100, 30]
    assert "geometry" not in table
    # Without a layer of communes all are counted as not recorded.
    table = told_of(fields, districts()).communes
    assert table[["district", "size_m2"]].to_numpy().tolist() == [["Samlout", 130]]
    assert table["commune"].isna().all()
    coded = fields.assign(commune_code=["020901", "020999", None])
    table = told_of(coded, districts(), communes=layer).communes
    assert table["commune"].fillna("").tolist() == ["Ta Taok", ""]
    assert told_of(SPLIT.assign(commune=None), districts(), communes=layer).communes.empty


def test_what_waits_is_in_no_figure_and_a_number_if_asked_for():
    waits = SPLIT.assign(in_workbench=[True, False, False])
    plain = told_of(waits, districts(), LAND)
    samlout = plain.aggregates.set_index("district_code").loc["0209"]
    assert samlout[["hazards", "size_m2", "near_size_m2"]].tolist() == [1, 30, 0]
    assert "workbench_hazards" not in plain.aggregates
    alone = told_of(SPLIT.iloc[1:], districts(), LAND, restricted=SPLIT.iloc[:1])
    for name in ("aggregates", "communes", "yearly", "released", "withheld"):
        pd.testing.assert_frame_equal(getattr(plain, name), getattr(alone, name))
    counted = told_of(waits, districts(), LAND, waiting_count=True).aggregates
    assert counted["workbench_hazards"].tolist() == [0, 1, 0]
    pd.testing.assert_frame_equal(counted.drop(columns="workbench_hazards"), plain.aggregates)
    # A kind that only waits has no row of zeros, which would say that it is there.
    other = waits.assign(kind=["other_erw", "ap_minefield", "ap_minefield"])
    assert set(told_of(other, districts()).aggregates["kind"]) == {"ap_minefield"}
    counted = told_of(other, districts(), waiting_count=True).aggregates
    assert counted.set_index(["district_code", "kind"])["workbench_hazards"].to_dict() == {
        (code, kind): int((code, kind) == ("0209", "other_erw"))
        for code in ("0204", "0209", "2401")
        for kind in ("ap_minefield", "other_erw")
    }


def test_kinds_are_never_added_up():
    mixed = SPLIT.assign(kind=["ap_minefield", "cluster_munition", "ap_minefield"])
    table = told_of(mixed, districts(), LAND).aggregates
    samlout = table[table["district"] == "Samlout"].set_index("kind")
    assert samlout["size_m2"].to_dict() == {"ap_minefield": 100, "cluster_munition": 30}
    assert samlout["cleared_m2"].to_dict() == {"ap_minefield": 119, "cluster_munition": 0}
    assert len(table) == 3 * 2
    unknown = told_of(mixed, districts(), LAND.drop(columns="kind")).aggregates
    assert unknown.loc[unknown["kind"].isna(), "cleared_m2"].tolist() == [0, 119]


@pytest.mark.parametrize("metres", [0.0, 2.0, 9.9])
@pytest.mark.parametrize("side", ["east", "north", "corner"])
def test_nearer_than_ten_metres_is_not_shown(metres, side):
    here = cell(1, 1)
    east, north = (metres if side in (way, "corner") else 0 for way in ("east", "north"))
    if side == "corner":
        east, north = east * 0.7, north * 0.7  # 0.99 of the metres along the diagonal
    east /= hand.geod_m(103, 13.002, 104, 13.002)
    north /= hand.geod_m(103, 13.002, 103, 13.003) / 0.001
    moved = {"east": (STEP + east, 0), "north": (0, STEP + north)}.get(
        side, (STEP + east, STEP + north)
    )
    there = shapely.transform(here, lambda xy: xy + moved)
    fields = split_of(("A", "0209", 1, 1, here))
    land = land_of(("Z", "cleared", 2020, 1, "0209", there))
    assert told_of(fields, districts(), land).released.empty
    assert not told_of(fields.iloc[:0], districts(), land).released.empty


def test_a_little_farther_is_shown():
    there = cell(2 + 10.8 / 108, 1)
    land = land_of(("Z", "cleared", 2020, 1, "0209", there))
    told = told_of(SPLIT, districts(), land)
    assert len(told.released) == 1
    assert told_of(SPLIT, districts(), land, clearance_m=11).released.empty


def test_land_inside_a_hazard_or_around_it_is_not_shown():
    ring = shapely.difference(cell(0, 0, 9, 9), cell(1, 1, 7, 7))
    for inner, outer in ((cell(1, 1), cell(0, 0, 9, 9)), (cell(4, 4), cell(0, 0, 9, 9))):
        fields = split_of(("A", "0209", 1, 1, outer))
        assert told_of(
            fields, None, land_of(("Z", "cleared", 2020, 1, "0209", inner))
        ).released.empty
        fields = split_of(("A", "0209", 1, 1, inner))
        assert told_of(
            fields, None, land_of(("Z", "cleared", 2020, 1, "0209", outer))
        ).released.empty
    # A ring 300 m wide of what was one hazard, of which a part lives on under another id.
    fields = split_of(("A", "0209", 1, 1, cell(40, 4)), parent_id="Z + X")
    closed = NOTHING.reindex([0, 1]).assign(hazard_id=["Z", "X"], geometry=shapely.Polygon())
    for whole in ("Z", "X"):
        land = land_of((whole, "cleared", 2020, 1, "0209", ring))
        assert told_of(fields, None, land, restricted=closed).released.empty
        assert not told_of(fields.drop(columns="parent_id"), None, land).released.empty


def test_all_that_remains_counts_not_the_split_alone():
    cluster = split_of(("CM-1", "0209", 5, 0, cell(21, 2)), kind="cluster_munition")
    assert len(told_of(SPLIT, districts(), LAND).released) == 2
    both = told_of(SPLIT, districts(), LAND, restricted=cluster[["hazard_id", "geometry"]])
    assert both.released.empty
    assert both.aggregates["hazards"].sum() == 3
    # The split's own polygons stay restricted.
    far = split_of(("CM-2", "0209", 5, 0, cell(90, 90)))
    assert len(told_of(SPLIT, districts(), LAND, restricted=far).released) == 2


@pytest.mark.parametrize("shift", [0, 5])
def test_broken_polygons_are_restricted_too(shift):
    """Z's strips reach from 20 to 22; what a ring that crosses itself means is all within it."""
    crossed = shapely.Polygon(
        [(x, y) for x, y in zip([103.019, 103.023] * 2, [13, 13.003, 13.003, 13], strict=True)]
    )
    corner = cell(20.2, 1.2)
    unfinished = shapely.transform(
        corner, lambda xy: np.where(np.arange(len(xy))[:, None] == 2, np.nan, xy)
    )
    in_metres = shapely.box(300_000, 1_400_000, 301_000, 1_401_000)
    for broken in (crossed, unfinished):
        moved = shapely.transform(broken, lambda xy: xy + shift * STEP)
        found = gpd.GeoDataFrame({"hazard_id": list("KL")}, geometry=[moved, in_metres], crs=4326)
        released = told_of(SPLIT, districts(), LAND, restricted=found).released
        assert len(released) == (2 if shift else 0)


def test_a_hazard_closed_or_without_outline():
    closed = split_of(("Z", "0209", 0, 0, shapely.MultiPolygon()))
    assert len(told_of(closed, districts(), LAND.iloc[1:3]).released) == 2
    undrawn = split_of(("Z", "0209", 9, 0, None))
    assert told_of(undrawn, districts(), LAND.iloc[1:3]).released.empty


def test_only_outcome_and_geometry_of_released_land():
    bare = LAND[["outcome", "geometry"]]
    told = told_of(SPLIT, districts(), bare)
    assert told.released.empty
    assert told.withheld["releases"].sum() == 6
    assert told.aggregates["district_code"].isna().sum() == 1
    size = hand.cell_m2(103, 13, 103.001, 13.001)
    assert told.withheld["released_m2"].sum() == pytest.approx(6 * size, rel=1e-3)
    days = told_of(SPLIT, districts(), LAND.drop(columns=["year", "released_m2"]))
    assert days.released["year"].tolist() == [2021, 2022]
    nothing = told_of(SPLIT, districts(), LAND.assign(geometry=shapely.Polygon()))
    assert nothing.withheld.empty
    assert nothing.aggregates["cleared_m2"].sum() == 119


def test_districts_are_told_by_code_then_by_name():
    named = SPLIT.assign(district_code=None, district=["SAMLOUT", "samlout", "Elsewhere"])
    table = told_of(named, districts()).aggregates
    assert table["district"].fillna("").tolist() == ["Bavel", "Samlout", "Pailin", ""]
    assert table["province"].tolist() == ["Battambang", "Battambang", "Pailin", "Battambang"]
    assert table["hazards"].tolist() == [0, 2, 0, 1]
    assert table.geometry.isna().tolist() == [False, False, False, True]
    # A code decides alone; a name beside one that nobody knows may be another unit's.
    coded = SPLIT.assign(district_code=["0204", "0299", "0209"], district="Pailin")
    table = told_of(coded, districts()).aggregates
    assert table["hazards"].tolist() == [1, 1, 0, 1]
    nowhere = coded.assign(province_code="99", district_code="9901")
    table = told_of(nowhere, districts()).aggregates
    assert table["hazards"].tolist() == [0, 0, 0, 3]
    assert table.iloc[-1][["province", "province_code", "district"]].isna().all()
    alone = told_of(SPLIT).aggregates
    assert alone[["province", "province_code", "district", "district_code"]].isna().all(axis=None)
    assert alone["hazards"].tolist() == [3]
    assert alone.geometry.isna().all()
    assert "cleared_m2" not in alone


def test_no_text_of_a_record_is_in_any_table():
    """Each column of text says something planted, of accepted hazards, waiting ones and land."""
    texts = [*PLACE, "commune", "commune_code", "village", "kind", "operator", "comment", "status"]
    for waits in (False, True):
        planted = {column: f"farm of {column} 103.0123 13.1045" for column in texts}
        fields = SPLIT.assign(**planted, in_workbench=waits)
        land = LAND.assign(**{column: planted[column] for column in (*PLACE, "kind")})
        told = told_of(fields, districts(), land, restricted=fields, waiting_count=True)
        for name in ("aggregates", "communes", "yearly", "released", "withheld"):
            table = getattr(told, name)
            assert "farm" not in table.to_csv(), name
            assert table["kind"].dropna().empty
        assert told.aggregates["hazards"].sum() == (0 if waits else 3)
        assert told.aggregates["workbench_hazards"].sum() == (3 if waits else 0)
        assert told.aggregates["cleared_m2"].sum() == 119


def test_only_what_is_of_some_units():
    told = told_of(SPLIT, districts(), LAND)
    bavel = told.within(told.aggregates.iloc[:1])
    for name in ("aggregates", "yearly", "withheld"):
        assert set(getattr(bavel, name)["district"]) == {"Bavel"}
    assert bavel.released.empty
    assert isinstance(bavel.aggregates, gpd.GeoDataFrame)
    without = told_of(SPLIT, districts()).within(told.aggregates.iloc[:1])
    assert isinstance(without.released, gpd.GeoDataFrame)
    assert without.aggregates["hazards"].tolist() == [1]
    rest = told.within(told.aggregates.iloc[1:])
    for name in ("aggregates", "communes", "yearly", "released", "withheld"):
        assert len(getattr(bavel, name)) + len(getattr(rest, name)) == len(getattr(told, name))


def test_nothing_is_public_without_what_is_restricted():
    with pytest.raises(OptionError, match=r"needs restricted=.*of all kinds.*Store.restricted"):
        disclose(SPLIT, districts(), LAND, restricted=None)
    with pytest.raises(TypeError, match="restricted"):
        disclose(SPLIT, districts(), LAND)


def test_kin_of_several_generations_are_withheld_while_a_grandchild_remains():
    """G is divided off P, which was divided off Z; each lies 1 km from the next."""
    grandchild = split_of(("G", "0209", 1, 1, cell(60, 60)), parent_id="P")
    before = gpd.GeoDataFrame(
        {"hazard_id": ["P", "Z"], "parent_id": ["Z", None]},
        geometry=[shapely.Polygon()] * 2,
        crs=4326,
    )
    land = land_of(
        ("Z", "cleared", 2020, 1, "0209", cell(1, 1)),
        ("P", "cleared", 2021, 1, "0209", cell(20, 1)),
        ("sister", "cleared", 2021, 1, "0209", cell(20, 20)),
        ("Q", "cleared", 2021, 1, "0209", cell(1, 40)),
    )
    sister = before.iloc[:1].assign(hazard_id="sister", parent_id="P")
    for split, rest in ((grandchild, before), (SPLIT.iloc[:0], pd.concat([grandchild, before]))):
        told = told_of(split, None, land, restricted=pd.concat([rest, sister]))
        assert told.released.geometry.tolist() == [cell(1, 40)]
    assert len(told_of(grandchild.drop(columns="parent_id"), None, land).released) == 4
    # The chain must reach: of P nothing else would be known.
    with pytest.raises(RecordError, match=r"no row of P.*parent_id.*closed hazards too"):
        told_of(grandchild, None, land)
    # Nothing of G is left: all is shown.
    closed = grandchild.assign(geometry=shapely.Polygon(), size_m2=0)
    assert len(told_of(closed, None, land, restricted=before).released) == 4


@pytest.mark.parametrize("waits", [False, True])
def test_a_hazard_in_a_hole_of_released_land(waits):
    """12 m from the land around it: each polygon is far enough, and the ring gives it away."""
    hole = cell(20, 20, 5, 5)
    inside = hole.buffer(-12 / 108_000)
    ring = shapely.difference(cell(15, 15, 15, 15), hole)
    kept_apart(inside, [ring], waits=waits)


@pytest.mark.parametrize("waits", [False, True])
def test_a_hazard_in_a_notch_that_an_amendment_left_out(waits):
    """A notch cut from the rim of a hazard, registered as another one 12 m inside of it."""
    notch = cell(20, 15, 3, 6)
    inside = shapely.box(*np.add(notch.bounds, np.array([12, 12, -12, -12]) / 108_000))
    kept_apart(inside, [shapely.difference(cell(15, 15, 15, 15), notch)], waits=waits)


@pytest.mark.parametrize("waits", [False, True])
def test_a_hazard_in_a_slot_between_two_releases(waits):
    west, east = cell(15, 15, 5, 15), cell(23, 15, 5, 15)
    inside = cell(20, 16, 3, 4).buffer(-12 / 108_000)
    kept_apart(inside, [west, east], waits=waits)
    kept_apart(inside, [west, east], ids=["Z", "kin of Z"], waits=waits)


def kept_apart(inside, polygons, *, waits, ids="Z"):
    """Check that released land of one family is withheld around a hazard, and shown without it."""
    names = [ids] * len(polygons) if isinstance(ids, str) else ids
    land = land_of(
        *((z, "cleared", 2020, 1, "0209", p) for z, p in zip(names, polygons, strict=True))
    )
    kin = NOTHING.reindex([0]).assign(hazard_id=names[-1], kin=names[0], remains=False)
    other = split_of(("N", "0209", 1, 1, inside), in_workbench=waits)
    metres = [
        hand.geod_m(*here, *there)
        for polygon in polygons
        for here, there in [shapely.shortest_line(polygon, inside).coords]
    ]
    assert min(metres) > 11
    assert narrowed_km2(inside, polygons) < 1  # what the drawn polygons would have given away
    # Beside the split, in it, or of another kind: it is withheld.
    for split, rest in (
        (other, kin),
        (SPLIT.iloc[:0], pd.concat([kin, other.assign(remains=True)])),
    ):
        told = told_of(split, districts(), land, restricted=rest)
        assert told.released.empty
        assert told.withheld["releases"].sum() == len(land)
    alone = told_of(SPLIT.iloc[:0], districts(), land, restricted=kin)
    assert len(alone.released) == len(land)
    # Land that the selection leaves out counts too, if it is told of.
    part = pd.concat([kin, other, released_before(land.iloc[1:])])
    assert told_of(SPLIT.iloc[:0], None, land.iloc[:1], restricted=part).released.empty


def released_before(land):
    return land[["hazard_id", "geometry"]].assign(remains=False)


def narrowed_km2(hazard, polygons):
    """Return the size of the hole, notch or slot in released land that holds some of a hazard.

    By the definition, and on a grid, with none of what is tested: of 200 by 200 places in the
    box around all, those outside of the polygons that lie between two of their points (on a line
    in one of 90 directions), near the hazard's own. Infinite where the hazard is in none.
    """
    whole = shapely.union_all(polygons)
    west, south, east, north = whole.bounds
    xs, ys = (np.linspace(low, high, 201)[:-1] for low, high in ((west, east), (south, north)))
    xs, ys = xs + (east - west) / 400, ys + (north - south) / 400
    lon, lat = (each.ravel() for each in np.meshgrid(xs, ys))
    free = ~shapely.contains_xy(whole, lon, lat)
    corners = shapely.get_coordinates(whole)
    between = np.ones(len(lon), dtype=bool)
    for angle in np.radians(np.arange(0, 360, 2)):
        way = np.array([np.cos(angle), np.sin(angle)])
        between &= lon * way[0] + lat * way[1] <= (corners @ way).max() + 1e-12
    pocket = free & between
    mine = pocket & shapely.contains_xy(hazard, lon, lat)
    if not mine.any():
        return np.inf
    cell_km2 = hand.cell_m2(west, south, east, north) / len(lon) / 1e6
    return reached(pocket.reshape(200, 200), mine.reshape(200, 200)).sum() * cell_km2


def reached(free, start):
    """Return the places of a grid that can be walked to, step by step."""
    found = start.copy()
    while True:
        more = found.copy()
        more[1:] |= found[:-1]
        more[:-1] |= found[1:]
        more[:, 1:] |= found[:, :-1]
        more[:, :-1] |= found[:, 1:]
        more &= free
        if (more == found).all():
            return found
        found = more


def test_the_narrowing_is_measured_rightly():
    ring = shapely.difference(cell(0, 0, 4, 4), cell(1, 1, 2, 2))
    size = hand.cell_m2(103.001, 13.001, 103.003, 13.003) / 1e6
    assert narrowed_km2(cell(1, 1), [ring]) == pytest.approx(size, rel=0.03)
    assert narrowed_km2(cell(1.2, 1.2, 0.5, 0.5), [ring]) == pytest.approx(size, rel=0.03)
    assert narrowed_km2(cell(9, 9), [ring]) == np.inf
    # A slot between two strips: 1 of 3 cells.
    strips = [cell(0, 0, 1, 3), cell(2, 0, 1, 3)]
    slot = hand.cell_m2(103.001, 13, 103.002, 13.003) / 1e6
    assert narrowed_km2(cell(1.2, 1, 0.5, 0.5), strips) == pytest.approx(slot, rel=0.03)


def test_a_waiting_record_without_a_polygon_withholds_the_hazard_of_its_id():
    waits = NOTHING.reindex([0, 1]).assign(hazard_id=["Z", None])
    assert waits.geometry.isna().all()
    assert len(told_of(SPLIT, districts(), LAND).released) == 2
    assert told_of(SPLIT, districts(), LAND, restricted=waits).released.empty
    gone = waits.assign(remains=False)
    assert len(told_of(SPLIT, districts(), LAND, restricted=gone).released) == 2


def test_an_empty_split():
    told = told_of(SPLIT.iloc[:0], districts(schematic=True), LAND)
    assert told.aggregates["hazards"].tolist() == [0, 0, 0]
    assert told.aggregates["schematic"].all()
    assert len(told.released) == 5  # all but the one of an unknown hazard


def test_input_is_not_changed():
    before = SPLIT.copy(), districts(), LAND.copy()
    told_of(SPLIT, districts(), LAND)
    pd.testing.assert_frame_equal(SPLIT, before[0])
    pd.testing.assert_frame_equal(LAND, before[2])


@pytest.mark.parametrize(
    ("error", "text", "change"),
    [
        (RecordError, "border_split", {"split": SPLIT.drop(columns="zone")}),
        (RecordError, "hazard_id", {"split": SPLIT.drop(columns="hazard_id")}),
        (RecordError, "hazard_id", {"restricted": SPLIT[["geometry"]]}),
        (RecordError, "0204", {"admin": districts(district_code="0204")}),
        (RecordError, "outcome", {"released": LAND.assign(outcome="burnt")}),
        (RecordError, "outcome", {"released": LAND.drop(columns="outcome")}),
        (MixedError, "rule", {"split": SPLIT.assign(rule=["edge", "edge", "area"])}),
        (CRSError, "split", {"split": SPLIT.to_crs(32648)}),
        (CRSError, "released", {"released": LAND.set_crs(None, allow_override=True)}),
        (CRSError, "restricted", {"restricted": SPLIT.to_crs(32648)}),
        (OptionError, "clearance_m", {"clearance_m": 0}),
        (OptionError, "clearance_m", {"clearance_m": float("nan")}),
    ],
)
def test_refusals(error, text, change):
    given_all = {"split": SPLIT, "admin": districts(), "released": LAND} | change
    options = {
        name: given_all[name] for name in given_all if name not in ("split", "admin", "released")
    }
    with pytest.raises(error, match=text):
        told_of(given_all["split"], given_all["admin"], given_all["released"], **options)


cells = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 3), st.integers(1, 3))
hazard_ids = st.sampled_from("ABCDE")


@settings(max_examples=30)
@given(
    remaining=st.lists(st.tuples(hazard_ids, cells), max_size=4, unique_by=lambda row: row[0]),
    gone=st.lists(st.tuples(hazard_ids, cells), min_size=1, max_size=6),
    grain=st.sampled_from([STEP, STEP / 12, STEP / 50]),  # 108 m, 9 m, 2 m
)
def test_no_vertex_of_what_remains_and_nothing_near_it(remaining, gone, grain):
    def drawn(x, y, width, height):
        west, south = 103 + x * grain, 13 + y * grain
        return shapely.box(west, south, west + width * grain, south + height * grain)

    fields = split_of(*((each, "0209", 1, 1, drawn(*where)) for each, where in remaining))
    land = land_of(*((each, "cleared", 2020, 1, "0209", drawn(*where)) for each, where in gone))
    told = told_of(fields, districts(), land)
    left = list(fields.geometry)
    assert not vertices(told.released.geometry) & vertices(left)
    for shown in told.released.geometry:
        for other in left:
            here, there = shapely.shortest_line(shown, other).coords
            assert hand.geod_m(*here, *there) >= 10
    assert len(told.released) + told.withheld["releases"].sum() == len(gone)
    assert told.yearly["releases"].sum() == len(gone)
    # What is shown of one hazard has nothing that remains in any hole, notch or slot.
    seen = {each.wkb for each in told.released.geometry}
    for name, polygons in land.groupby("hazard_id")["geometry"]:
        drawn_of_it = [each for each in polygons if each.wkb in seen]
        for other in left if drawn_of_it else []:
            assert narrowed_km2(other, drawn_of_it) == np.inf, name
