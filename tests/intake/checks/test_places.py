"""Recorded province and district: unknown, against their codes, against the place; the country.

Units that a file leaves out are taken from the polygon, and nothing recorded is overwritten.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import CRSError
from mine_geo.geo import sample
from mine_geo.geo.admin import to_admin
from mine_geo.geo.hazards import PLACE_COLUMNS, contradictions, to_hazards
from mine_geo.intake import (
    assign_units,
    fill_units,
    read,
    read_admin,
    read_hazards,
    said_without_unit,
)
from mine_geo.intake.checks import check_hazards
from tests.hand import cell_m2, hazards

CODES = [
    "unknown_place",
    "code_differs",
    "wrong_province",
    "wrong_district",
    "outside_country",
    "reaches_outside",
]


def district(code, west, width=1.0, **columns):
    frame = gpd.GeoDataFrame(
        {"adm2_pcode": [f"KH{code}"], **columns},
        geometry=[shapely.box(west, 13, west + width, 14)],
        crs=4326,
    )
    return to_admin(frame)


@pytest.fixture
def admin():
    """Give three districts in a row: Samlout and Banan of Battambang, then Pailin."""
    cells = [("KH0209", 102), ("KH0201", 103), ("KH2401", 104)]
    frame = gpd.GeoDataFrame(
        {"adm2_pcode": [code for code, _ in cells]},
        geometry=[shapely.box(west, 13, west + 1, 14) for _, west in cells],
        crs=4326,
    )
    return to_admin(frame)


def at(west, width=0.01, **columns):
    """Return one hazard in a row of latitude, where parts of a width are parts of the size."""
    polygon = shapely.box(west, 13.5, west + width, 13.51)
    return hazards(polygon, **{name: [value] for name, value in columns.items()})


def said(frame, **options):
    found = check_hazards(frame, **options)
    return found[found["code"].isin(CODES)].reset_index(drop=True)


def one(frame, **options):
    found = said(frame, **options)
    assert len(found) == 1, found["message"].tolist()
    return found.iloc[0]


# Names


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"province": "Batambong"}, "no province 'Batambong'; did you mean Battambang (02)"),
        ({"province_code": "77"}, "no province '77'; codes run"),
        ({"district": "Nowhere"}, "no district 'Nowhere'"),
        ({"district": "Samraong"}, "give the province as well"),
        ({"district": "Samlout", "province": "Pailin"}, "there is 0209 in Battambang"),
        ({"district_code": "0299"}, "no district '0299'"),
    ],
)
def test_a_name_that_is_in_no_table(columns, says):
    found = one(at(103, **columns))
    assert (found["code"], found["severity"]) == ("unknown_place", "warning")
    assert says in found["message"]


def test_an_unknown_province_is_not_blamed_on_the_district_too():
    assert one(at(103, province="Nowhere", district="Samraong"))["message"].count("no ") == 1


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"province": "Pailin", "province_code": "02"}, "is Battambang (02), not Pailin (24)"),
        ({"district": "Banan", "district_code": "0209"}, "is Samlout (0209), not Banan (0201)"),
        ({"district_code": "0209", "province": "Pailin"}, "Samlout (0209) is in Battambang (02)"),
        ({"district_code": "0209", "province_code": "24"}, "not Pailin (24)"),
    ],
)
def test_a_name_that_contradicts_its_code(columns, says):
    found = one(at(103, **columns))
    assert (found["code"], found["severity"]) == ("code_differs", "warning")
    assert says in found["message"]
    assert found["message"].endswith("correct the name or the code (the code counts)")


@pytest.mark.parametrize(
    "columns",
    [
        {"province": "BTB", "province_code": "KH02", "district": "Samlot", "district_code": 209},
        {"province": "បាត់ដំបង", "district": "សំឡូត"},
        {"province": None, "district": " "},
        {},
    ],
)
def test_names_that_fit(columns):
    assert said(at(103, **columns)).empty


WORDS = [None, "Battambang", "02", "Pailin", "24", "Samlout", "0209", "Banan", "Samraong", "2401",
         "0505", "0509", "Nowhere"]  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.sampled_from(WORDS)] * 4), min_size=1, max_size=6))
def test_contradictions_are_those_of_the_hazard_table(rows):
    frame = hazards(*[shapely.box(103, 13, 104, 14)] * len(rows))
    for number, name in enumerate(PLACE_COLUMNS):
        frame[name] = [row[number] for row in rows]
    found = said(frame)
    records = set(found["record"][found["code"] == "code_differs"])
    expected = contradictions(frame[list(PLACE_COLUMNS)])
    assert records == {place + 1 for place, wrong in enumerate(expected) if wrong}


# Places


def test_another_province(admin):
    found = one(at(104.5, province="Battambang"), admin=admin)
    assert (found["code"], found["severity"]) == ("wrong_province", "warning")
    assert found["message"] == (
        "recorded in Battambang (02), which holds nothing of it; it lies in Pailin: correct the "
        "record or its coordinates"
    )
    assert shapely.box(104, 13, 105, 14).contains(found["place"])


def test_another_district_of_the_same_province(admin):
    found = one(at(103.5, district_code="0209"), admin=admin)
    assert found["code"] == "wrong_district"
    assert "recorded in Samlout (0209), which holds nothing of it" in found["message"]
    assert "100% in Banan (Battambang)" in found["message"]


def test_the_wrong_province_is_not_a_wrong_district_too(admin):
    assert one(at(104.5, district_code="0209"), admin=admin)["code"] == "wrong_province"


@pytest.mark.parametrize(("inside", "count"), [(0.11, 0), (0.09, 1)])
def test_a_recorded_unit_that_holds_a_tenth_is_not_doubted(admin, inside, count):
    # Banan ends and Pailin begins at 104.
    field = at(104 - 0.01 * inside, province="Battambang")
    assert len(said(field, admin=admin)) == count
    field = at(103 - 0.01 * inside, district_code="0209")
    found = said(field, admin=admin)
    assert found["code"].tolist() == ["wrong_district"] * count
    if count:
        assert "holds 9.0% of it; it lies 91% in Banan" in found["message"][0]


def test_a_hazard_over_both_districts_of_its_province_is_in_it(admin):
    assert said(at(102.995, province="Battambang"), admin=admin).empty


def test_what_is_not_recorded_is_not_doubted(admin):
    assert said(at(104.5), admin=admin).empty
    assert said(at(104.5, province="Nowhere"), admin=admin)["code"].tolist() == ["unknown_place"]


def test_in_no_district_at_all(admin):
    found = one(at(110, province="Battambang"), admin=admin)
    assert "it lies in none of the districts" in found["message"]
    assert said(at(110, province="Kep"), admin=admin).empty, "Kep is not drawn"


def test_a_district_that_the_layer_has_not_drawn_is_not_doubted(admin):
    assert said(at(103.5, district_code="0207"), admin=admin).empty
    assert one(at(104.5, district_code="0207"), admin=admin)["code"] == "wrong_province"


def test_old_and_new_code_of_a_district_are_one():
    old, new = district("0505", 102), district("0509", 102)
    for code in ("0505", "0509"):
        for layer in (old, new):
            assert said(at(102.5, district_code=code), admin=layer).empty


def test_schematic_districts_say_so(admin):
    found = one(at(104.5, province="Battambang"), admin=admin.assign(schematic=True))
    assert found["message"].endswith("(districts are schematic: look at the official ones first)")


def test_districts_in_another_reference_system_are_refused(admin):
    with pytest.raises(CRSError, match="districts"):
        check_hazards(at(103), admin=admin.to_crs(32648))


# The country


COUNTRY = shapely.box(102, 13, 105, 14)


def test_wholly_outside_the_country(admin):
    found = one(at(110, province="Battambang"), country=COUNTRY, admin=admin)
    assert (found["code"], found["severity"]) == ("outside_country", "error")
    assert "at 110.00500, 13.50500" in found["message"]


def test_partly_outside_the_country():
    found = one(at(104.99, width=0.04), country=gpd.GeoSeries([COUNTRY], crs=4326))
    assert (found["code"], found["severity"]) == ("reaches_outside", "warning")
    outside, whole = (cell_m2(west, 13.5, 105.03, 13.51) for west in (105, 104.99))
    assert found["message"].startswith(f"{outside:,.0f} of its {whole:,.0f} m² lie outside")
    assert found["place"].x > 105


@pytest.mark.parametrize(("beyond", "count"), [(2e-8, 1), (2e-9, 0)])
def test_a_square_metre_outside_counts_and_less_does_not(beyond, count):
    # 0.01 degrees of latitude are 1,106 m, 1e-8 of longitude 1.08 mm.
    found = said(at(104.99 + beyond), country=COUNTRY)
    assert found["code"].tolist() == ["reaches_outside"] * count


def test_on_the_edge_of_the_country_and_in_a_country_of_parts():
    assert said(at(104.99), country=COUNTRY).empty
    halves = [shapely.box(102, 13, 103, 14), shapely.box(103, 13, 105, 14)]
    assert said(at(102.995), country=gpd.GeoDataFrame(geometry=halves, crs=4326)).empty


def test_touching_the_country_from_outside_is_outside():
    assert one(at(105), country=COUNTRY)["code"] == "outside_country"


# The bundled sample


@pytest.mark.parametrize("name", ["minefields", "cluster_munition_areas"])
def test_the_sample_is_clean(name):
    table = read_hazards(sample.path(name))
    country = gpd.read_file(sample.path("country"))
    admin = read_admin(sample.path("districts"))
    found = check_hazards(table, admin=admin, country=country, register=table)
    assert found["message"].tolist() == []


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
