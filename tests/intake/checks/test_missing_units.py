"""Units that a file leaves out are taken from the polygon, and nothing recorded is overwritten."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mine_geo.geo.admin import to_admin
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import assign_units, fill_units, read, said_without_unit

# Two districts of Battambang, one of Pailin, side by side, a tenth of a degree wide.
ADMIN = to_admin(
    gpd.GeoDataFrame(
        {"district_code": ["0209", "0201", "2401"]},
        geometry=[shapely.box(103 + at, 13, 103.1 + at, 13.1) for at in (0, 0.1, 0.2)],
        crs=4326,
    )
)
IN_0209, IN_0201, IN_2401, NOWHERE = (
    shapely.box(103.04 + at, 13.04, 103.05 + at, 13.05) for at in (0, 0.1, 0.2, 5)
)
ACROSS = shapely.box(103.08, 13.04, 103.11, 13.05)
"""Two thirds of it in 0209, a third in 0201."""


def table(polygons, **columns):
    ids = [f"H{place}" for place in range(len(polygons))]
    frame = gpd.GeoDataFrame({"hazard_id": ids, **columns}, geometry=list(polygons), crs=4326)
    return to_hazards(frame)


def codes(filled):
    both = filled.table[["province_code", "district_code"]].astype(object)
    return both.where(both.notna(), None).to_numpy().tolist()


def test_a_hazard_without_a_unit_gets_that_of_its_largest_part():
    filled = fill_units(table([IN_0201, IN_2401, ACROSS, NOWHERE]), ADMIN, "made up 1")
    assert codes(filled) == [["02", "0201"], ["24", "2401"], ["02", "0209"], [None, None]]
    assert filled.table["province"].tolist()[:3] == ["Battambang", "Pailin", "Battambang"]
    assert filled.table["unit_from"].tolist()[:3] == ["made up 1"] * 3
    assert pd.isna(filled.table["unit_from"].iloc[3])
    assert filled.whole.tolist() == [True, True, True, False]
    assert str(filled) == (
        "province and district of 3 hazards and the district of 0 taken from their polygons; "
        "1 hazards record no province, 1 no district"
    )


def test_what_is_recorded_stays():
    hazards = table(
        [IN_0201, IN_2401, IN_0209, IN_0209],
        province=["Battambang", "Battambang", "Pailin", None],
        district=[None, None, "Pailin", "Banan"],
    )
    before = hazards.copy()
    filled = fill_units(hazards, ADMIN, "made up")
    assert codes(filled) == [["02", "0201"], ["02", None], ["24", "2401"], ["02", "0201"]]
    assert filled.district.tolist() == [True, False, False, False]
    assert not filled.whole.any()
    pd.testing.assert_frame_equal(pd.DataFrame(hazards), pd.DataFrame(before))


def test_nothing_to_fill_adds_no_column():
    hazards = table([IN_0201], province=["Pailin"], district=["Pailin"])
    filled = fill_units(hazards, ADMIN, "made up")
    pd.testing.assert_frame_equal(pd.DataFrame(filled.table), pd.DataFrame(hazards))
    assert "each has its unit" in str(filled)


def test_broken_and_missing_polygons_and_any_index_are_no_hindrance(tmp_path):
    bow = shapely.Polygon([(103.01, 13.01), (103.02, 13.02), (103.02, 13.01), (103.01, 13.02)])
    path = tmp_path / "x.gpkg"
    frame = gpd.GeoDataFrame(
        {"hazard_id": ["bow", "none", "fine"]}, geometry=[bow, None, IN_0209], crs=4326
    )
    frame.to_file(path)
    received = read(path, kind="ap_minefield")
    odd = received.table.set_axis([7, 7, 7], axis=0)
    filled = fill_units(odd, ADMIN, "made up")
    assert codes(filled) == [[None, None], [None, None], ["02", "0209"]]
    assert filled.table.index.tolist() == [7, 7, 7]
    given = assign_units(received, fill_units(received.table, ADMIN, "made up"), "made up")
    [finding] = [one for one in given.findings if one.code == "unit_assigned"]
    assert (finding.record, finding.message) == (
        2, "Samlout, Battambang, where its polygon lies (made up)",
    )  # fmt: skip


def test_counts_are_said_in_a_line():
    hazards = table([IN_0201, IN_2401, NOWHERE], province=["Pailin", None, None])
    assert said_without_unit(hazards) == "2 hazards record no province, 3 no district"
    assert said_without_unit(hazards.iloc[:0]) == ""


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_the_order_of_the_districts_says_nothing(order):
    hazards = table([ACROSS, IN_2401])
    filled = fill_units(hazards, ADMIN.iloc[np.array(order)], "made up")
    assert codes(filled) == [["02", "0209"], ["24", "2401"]]
