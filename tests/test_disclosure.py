"""What is shown to everybody: figures by hand, and no polygon that gives the rest away."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo import disclosure
from mine_geo.errors import CRSError, MixedError, OptionError, RecordError
from mine_geo.public_settings import PublicSettings
from tests import hand

STEP = 0.001  # degrees; 108 m to the east and 111 m to the north at 13 degrees
WHERE = {
    "0209": ("Battambang", "02", "Samlout", "0209"),
    "0204": ("Battambang", "02", "Bavel", "0204"),
    "2401": ("Pailin", "24", "Pailin", "2401"),
}
PLACE = ["province", "province_code", "district", "district_code"]


EXACT = PublicSettings(least_count=1, round_m2=1, tell_waiting=True)
"""Every figure as it is: what is left out is tested in test_shown_figures."""


def disclose(*args, settings=EXACT, **options):
    return disclosure.disclose(*args, settings=settings, **options)


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


SPLIT = split_of(
    ("A", "0209", 100, 100, cell(1, 1)),
    ("B", "0209", 30, 0, cell(10, 1)),
    ("C", "0204", 7, 0, cell(110, 1)),
    commune=["Ta Taok", None, None],
    in_workbench=[True, False, False],
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
    table = disclose(SPLIT, districts(), LAND).aggregates
    assert table["district_code"].tolist() == ["0204", "0209", "2401"]
    assert table["district_km"].tolist()[:2] == ["បវេល", "សំឡូត"]
    columns = [
        *("hazards", "size_m2", "near_hazards", "near_size_m2", "far_hazards", "far_size_m2"),
        *("workbench_hazards", "cancelled_m2", "reduced_m2", "cleared_m2"),
    ]
    assert table[columns].to_numpy().tolist() == [
        [1, 7, 0, 0, 1, 7, 0, 11, 0, 0],
        [2, 130, 1, 100, 1, 30, 1, 8, 5, 50 + 60 + 9],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    assert (table["threshold_m"] == 7000).all()
    assert (table["rule"] == "edge").all()
    for code, polygon in zip(table["district_code"], table.geometry, strict=True):
        own = districts().set_index("district_code").geometry[code]
        assert polygon.equals_exact(own, 0)


def test_only_land_of_hazards_wholly_released_and_clear_of_the_rest():
    told = disclose(SPLIT, districts(), LAND)
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
    told = disclose(SPLIT, districts(), LAND, as_of="2022-12-31")
    allowed = {"outcome", "kind", "year", "released_m2", *PLACE, "geometry"}
    assert set(told.released.columns) == allowed
    hidden = {"A", "B", "C", "Y", "Z", "Sok Dara", "MAG", "TS-14", "event 0"}
    for table in (told.aggregates, told.communes, told.yearly, told.released, told.withheld):
        values = {str(each) for c in table.columns.drop("geometry", "ignore") for each in table[c]}
        assert not values & hidden
    assert told.as_of == "2022-12-31"
    assert told.synthetic
    assert told.latest_survey == pd.Timestamp("2020-01-02")


def test_communes_where_any_is_recorded():
    table = disclose(SPLIT, districts()).communes
    assert table["district"].tolist() == ["Samlout", "Samlout"]
    assert table["commune"].tolist()[0] == "Ta Taok"
    assert table["commune"].isna().tolist() == [False, True]
    assert table["size_m2"].tolist() == [100, 30]
    assert "geometry" not in table


def test_kinds_are_never_added_up():
    mixed = SPLIT.assign(kind=["ap_minefield", "cluster_munition", "ap_minefield"])
    table = disclose(mixed, districts(), LAND).aggregates
    samlout = table[table["district"] == "Samlout"].set_index("kind")
    assert samlout["size_m2"].to_dict() == {"ap_minefield": 100, "cluster_munition": 30}
    assert samlout["cleared_m2"].to_dict() == {"ap_minefield": 119, "cluster_munition": 0}
    assert len(table) == 3 * 2
    unknown = disclose(mixed, districts(), LAND.drop(columns="kind")).aggregates
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
    assert disclose(fields, districts(), land).released.empty
    assert not disclose(fields.iloc[:0], districts(), land).released.empty


def test_a_little_farther_is_shown():
    there = cell(2 + 10.8 / 108, 1)
    land = land_of(("Z", "cleared", 2020, 1, "0209", there))
    told = disclose(SPLIT, districts(), land)
    assert len(told.released) == 1
    assert disclose(SPLIT, districts(), land, clearance_m=11).released.empty


def test_land_inside_a_hazard_or_around_it_is_not_shown():
    ring = shapely.difference(cell(0, 0, 9, 9), cell(1, 1, 7, 7))
    for inner, outer in ((cell(1, 1), cell(0, 0, 9, 9)), (cell(4, 4), cell(0, 0, 9, 9))):
        fields = split_of(("A", "0209", 1, 1, outer))
        assert disclose(
            fields, None, land_of(("Z", "cleared", 2020, 1, "0209", inner))
        ).released.empty
        fields = split_of(("A", "0209", 1, 1, inner))
        assert disclose(
            fields, None, land_of(("Z", "cleared", 2020, 1, "0209", outer))
        ).released.empty
    # A ring 300 m wide of what was one hazard, of which a part lives on under another id.
    fields = split_of(("A", "0209", 1, 1, cell(4, 4)), parent_id="Z + X")
    for whole in ("Z", "X"):
        land = land_of((whole, "cleared", 2020, 1, "0209", ring))
        assert disclose(fields, None, land).released.empty
        assert not disclose(fields.drop(columns="parent_id"), None, land).released.empty


def test_all_that_remains_counts_not_the_split_alone():
    cluster = split_of(("CM-1", "0209", 5, 0, cell(21, 2)), kind="cluster_munition")
    assert len(disclose(SPLIT, districts(), LAND).released) == 2
    both = disclose(SPLIT, districts(), LAND, restricted=cluster[["hazard_id", "geometry"]])
    assert both.released.empty
    assert both.aggregates["hazards"].sum() == 3
    # The split's own polygons stay restricted.
    far = split_of(("CM-2", "0209", 5, 0, cell(90, 90)))
    assert len(disclose(SPLIT, districts(), LAND, restricted=far).released) == 2


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
        released = disclose(SPLIT, districts(), LAND, restricted=found).released
        assert len(released) == (2 if shift else 0)


def test_a_hazard_closed_or_without_outline():
    closed = split_of(("Z", "0209", 0, 0, shapely.MultiPolygon()))
    assert len(disclose(closed, districts(), LAND.iloc[1:3]).released) == 2
    undrawn = split_of(("Z", "0209", 9, 0, None))
    assert disclose(undrawn, districts(), LAND.iloc[1:3]).released.empty


def test_only_outcome_and_geometry_of_released_land():
    bare = LAND[["outcome", "geometry"]]
    told = disclose(SPLIT, districts(), bare)
    assert told.released.empty
    assert told.withheld["releases"].sum() == 6
    assert told.aggregates["district_code"].isna().sum() == 1
    size = hand.cell_m2(103, 13, 103.001, 13.001)
    assert told.withheld["released_m2"].sum() == pytest.approx(6 * size, rel=1e-3)
    days = disclose(SPLIT, districts(), LAND.drop(columns=["year", "released_m2"]))
    assert days.released["year"].tolist() == [2021, 2022]
    nothing = disclose(SPLIT, districts(), LAND.assign(geometry=shapely.Polygon()))
    assert nothing.withheld.empty
    assert nothing.aggregates["cleared_m2"].sum() == 119


def test_districts_are_told_by_code_then_by_name():
    named = SPLIT.assign(district_code=None, district=["SAMLOUT", "samlout", "Elsewhere"])
    table = disclose(named, districts()).aggregates
    assert table["district"].tolist() == ["Bavel", "Samlout", "Pailin", "Elsewhere"]
    assert table["hazards"].tolist() == [0, 2, 0, 1]
    assert table.geometry.isna().tolist() == [False, False, False, True]
    alone = disclose(SPLIT).aggregates
    assert alone["district_code"].tolist() == ["0204", "0209"]
    assert alone.geometry.isna().all()
    assert "cleared_m2" not in alone


def test_an_empty_split():
    told = disclose(SPLIT.iloc[:0], districts(schematic=True), LAND)
    assert told.aggregates["hazards"].tolist() == [0, 0, 0]
    assert told.aggregates["schematic"].all()
    assert len(told.released) == 5  # all but the one of an unknown hazard
    assert told.latest_survey is None


def test_input_is_not_changed():
    before = SPLIT.copy(), districts(), LAND.copy()
    disclose(SPLIT, districts(), LAND)
    pd.testing.assert_frame_equal(SPLIT, before[0])
    pd.testing.assert_frame_equal(LAND, before[2])


@pytest.mark.parametrize(
    ("error", "text", "change"),
    [
        (RecordError, "no districts", {"split": SPLIT.drop(columns="district"), "admin": None}),
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
        disclose(given_all["split"], given_all["admin"], given_all["released"], **options)


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
    told = disclose(fields, districts(), land)
    left = list(fields.geometry)
    assert not vertices(told.released.geometry) & vertices(left)
    for shown in told.released.geometry:
        for other in left:
            here, there = shapely.shortest_line(shown, other).coords
            assert hand.geod_m(*here, *there) >= 10
    assert len(told.released) + told.withheld["releases"].sum() == len(gone)
    assert told.yearly["releases"].sum() == len(gone)
