"""Least and most by zone: forced near, forced far, free; Koh Kong and nothing else."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo.errors import MixedError, OptionError, RecordError
from mine_geo.geo import sample
from mine_geo.geo.admin import to_admin
from mine_geo.geo.border import to_border
from mine_geo.intake import read_admin, read_border
from mine_geo.tables.bounds import district_reach, findings, zone_bounds
from mine_geo.tables.published import published_table

# A border along 13 N; a degree of latitude there is 110,630 m, so 7 km are 0.063274 degree.
BORDER = to_border(
    gpd.GeoDataFrame(
        {"kind": ["land"]}, geometry=[shapely.LineString([(102, 13), (104, 13)])], crs=4326
    )
)


def district(code, south, north, west=102.9, east=103.1):
    return {"district_code": code, "geometry": shapely.box(west, south, east, north)}


def layer(*rows):
    return to_admin(gpd.GeoDataFrame(list(rows), crs=4326))


MADE_UP = layer(
    district("0201", 13.01, 13.05),  # 1.1 to 5.5 km: wholly near
    district("0202", 13.05, 13.09),  # 5.5 to 10 km: both
    district("0203", 13.07, 13.12),  # 7.7 km and more: wholly far
    district("0101", 12.94, 13.06),  # 6.6 km to both sides of the border: wholly near
)
TOTALS = pd.DataFrame(
    {
        "province_code": ["02", "02", "02", "01"],
        "district_code": ["0201", "0202", "0203", "0101"],
        "hazards": [10, 20, 40, 5],
        "size_m2": [1000, 2000, 4000, 500],
    }
)


@pytest.fixture(name="real", scope="module")
def _real():
    return read_admin(sample.path("districts")), read_border(sample.path("border"))


def test_reach_of_made_up_districts():
    reach = district_reach(MADE_UP, BORDER)
    assert dict(zip(reach["district_code"], reach["reach"], strict=True)) == {
        "0101": "near",
        "0201": "near",
        "0202": "both",
        "0203": "far",
    }
    assert reach["border_distance_m"].round(-1).tolist() == [0, 1110, 5530, 7740]


def test_forced_near_forced_far_and_free():
    bounds = zone_bounds(TOTALS, MADE_UP, BORDER).set_index("province")
    battambang = bounds.loc["Battambang"]
    assert battambang["hazards"] == 70
    assert (battambang["least_near_hazards"], battambang["most_near_hazards"]) == (10, 30)
    assert (battambang["least_near_size_m2"], battambang["most_near_size_m2"]) == (1000, 3000)
    assert (battambang["least_far_hazards"], battambang["most_far_hazards"]) == (40, 60)
    assert (battambang["least_far_size_m2"], battambang["most_far_size_m2"]) == (4000, 6000)
    all_near = bounds.loc["Banteay Meanchey"]
    assert (all_near["least_near_hazards"], all_near["most_far_hazards"]) == (5, 0)
    total = bounds[bounds["row"] == "total"].squeeze()
    assert (total["least_near_hazards"], total["most_near_hazards"]) == (15, 35)
    assert (total["least_far_size_m2"], total["most_far_size_m2"]) == (4000, 6000)
    assert bounds.index.tolist()[:2] == ["Banteay Meanchey", "Battambang"]
    assert bounds["row"].tolist() == ["data", "data", "total"]
    assert "outside" not in bounds


def test_published_figures_outside_the_made_up_bounds():
    published = pd.DataFrame(
        {
            "province": ["Battambang", "Banteay Meanchey"],
            "near_hazards": [9, 4],  # least 10 and 5
            "far_hazards": [61, 1],  # most 60 and 0
            "near_size_m2": [1000, 500],
            "far_size_m2": [6000, 0],
        }
    )
    bounds = zone_bounds(TOTALS, MADE_UP, BORDER, published)
    found = findings(bounds)
    found["province"] = found["province"].where(found["row"] == "data", "(all)")
    assert found[["province", "figure", "published", "least", "most"]].to_numpy().tolist() == [
        ["Banteay Meanchey", "near_hazards", 4, 5, 5],
        ["Banteay Meanchey", "far_hazards", 1, 0, 0],
        ["Battambang", "near_hazards", 9, 10, 30],
        ["Battambang", "far_hazards", 61, 40, 60],
        ["(all)", "near_hazards", 13, 15, 35],
        ["(all)", "far_hazards", 62, 40, 60],
    ]
    assert bounds["published_near_hazards"].tolist() == [4, 9, 13]


def test_the_threshold_moves_the_bounds():
    bounds = zone_bounds(TOTALS, MADE_UP, BORDER, threshold_m=20_000).set_index("province")
    assert bounds.loc["Battambang", "least_near_hazards"] == 70
    bounds = zone_bounds(TOTALS, MADE_UP, BORDER, threshold_m=0.5).set_index("province")
    assert bounds.loc["Battambang", "most_near_hazards"] == 0
    assert bounds.loc["Banteay Meanchey", ["least_near_hazards", "most_near_hazards"]].tolist() == [
        0,
        5,
    ]


def test_a_district_ending_at_the_threshold_is_not_forced_near():
    # 0.06327 degree is 6,999.6 m: nearer, but not shown with a metre to spare; 0.06325 is
    # 6,997.4 m.
    just, less = (layer(district("0201", 13.01, 13 + north)) for north in (0.06327, 0.06325))
    assert district_reach(just, BORDER)["reach"].tolist() == ["both"]
    assert district_reach(less, BORDER)["reach"].tolist() == ["near"]


def test_table_3_with_the_land_border_names_koh_kong_alone(real):
    bounds = zone_bounds(published_table("wp2023_annex1"), *real, "wp2023_table3")
    found = findings(bounds)
    assert found["province"].unique().tolist() == ["Koh Kong"]
    assert found[["figure", "published", "least", "most"]].to_numpy().tolist() == [
        ["near_hazards", 324, 0, 276],
        ["near_size_m2", 20403677, 0, 17621716],
        ["far_hazards", 31, 79, 355],
        ["far_size_m2", 2442908, 5224869, 22846585],
    ]
    assert bounds["row"].tolist() == ["data"] * (len(bounds) - 1) + ["total"]
    assert bounds.iloc[-1]["province"] is None
    assert bounds.iloc[-1]["province_code"] is None
    assert (bounds["unplaced"] == "").all()


def test_table_3_with_the_coast_is_possible(real):
    bounds = zone_bounds(
        published_table("wp2023_annex1"), *real, "wp2023_table3", include_coast=True
    )
    assert findings(bounds).empty
    assert bounds["hazards"].iloc[-1] == 7392


def test_a_district_without_polygon_is_free_and_named(real):
    admin, border = real
    older = admin[admin["district"] != "Taing Kouk"]  # made in 2019: official files lack it
    annex = published_table("wp2023_annex1")
    annex = annex[annex["province"] == "Kampong Thom"]
    bounds = zone_bounds(annex, older, border).set_index("province")
    kampong_thom = bounds.loc["Kampong Thom"]
    assert kampong_thom["unplaced"] == "Taing Kouk"
    assert kampong_thom["most_near_hazards"] == 21
    assert kampong_thom["most_near_size_m2"] == 1520442


def test_hazards_without_a_district_are_free():
    rows = [*TOTALS.to_numpy().tolist(), ["02", None, 3, 30]]
    totals = pd.DataFrame(rows, columns=TOTALS.columns)
    bounds = zone_bounds(totals, MADE_UP, BORDER).set_index("province")
    assert bounds.loc["Battambang", "unplaced"] == "(not recorded)"
    assert bounds.loc["Battambang", ["least_near_hazards", "most_near_hazards"]].tolist() == [
        10,
        33,
    ]


def test_a_published_table_of_one_province_says_nothing_of_the_whole():
    published = pd.DataFrame({"province_code": ["02"], "near_hazards": [10]})
    bounds = zone_bounds(TOTALS, MADE_UP, BORDER, published)
    assert findings(bounds).empty
    assert bounds["published_near_hazards"].isna().tolist() == [True, False, True]
    assert bounds["published_far_hazards"].isna().all()


def test_a_published_province_without_hazards_is_outside():
    published = pd.DataFrame({"province_code": ["01", "02", "21"], "near_hazards": [5, 10, 1]})
    found = findings(zone_bounds(TOTALS, MADE_UP, BORDER, published))
    assert found[["province", "published", "least", "most"]].to_numpy().tolist() == [
        ["Takeo", 1, 0, 0]
    ]


def test_what_cannot_be_bounded_is_refused():
    annex = published_table("wp2023_annex1")
    with pytest.raises(RecordError, match="have no size_m2"):
        zone_bounds(annex.drop(columns="size_m2"), MADE_UP, BORDER)
    with pytest.raises(RecordError, match="no district_code"):
        zone_bounds(published_table("wp2023_table1"), MADE_UP, BORDER)
    with pytest.raises(RecordError, match="none of near_hazards"):
        zone_bounds(annex, MADE_UP, BORDER, "wp2023_table1")
    with pytest.raises(OptionError, match="'wp2023_table33' is unknown"):
        zone_bounds(annex, MADE_UP, BORDER, "wp2023_table33")
    mixed = annex.assign(kind=["ap_minefield", "cluster_munition"] * 38)
    with pytest.raises(MixedError, match="several kinds"):
        zone_bounds(mixed, MADE_UP, BORDER)
    with pytest.raises(RecordError, match="no published figures"):
        findings(zone_bounds(TOTALS, MADE_UP, BORDER))


def test_input_is_not_changed():
    published = pd.DataFrame({"province": ["Battambang"], "near_hazards": [9]})
    given = (TOTALS, MADE_UP, BORDER, published)
    copies = [table.copy() for table in given]
    zone_bounds(*given)
    for table, copied in zip(given, copies, strict=True):
        pd.testing.assert_frame_equal(table, copied)
