"""Ids, words, days, sizes and minimum data, in a canonical table and in one as it was written."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mine_geo.errors import CRSError, GeometryError, OptionError, RecordError
from mine_geo.intake.checks import check_hazards
from mine_geo.terms import AREA_TYPES, DIFFICULTIES, KINDS, STATUSES
from tests.hand import cell_m2, hazards

BOX = shapely.box(103, 13, 103.01, 13.01)
SIZE = cell_m2(103, 13, 103.01, 13.01)  # 1,200,148.6 m²


def boxes(count):
    return [shapely.box(103 + n / 10, 13, 103.01 + n / 10, 13.01) for n in range(count)]


def said(code, frame, **options):
    """Return the findings of one code."""
    found = check_hazards(frame, **options)
    return found[found["code"] == code].reset_index(drop=True)


def column(name, *values, **options):
    """Return the findings about one column, without those about minimum data."""
    frame = hazards(*boxes(len(values)), **{name: list(values)})
    found = check_hazards(frame, **options)
    return found[found["code"] != "missing_data"].reset_index(drop=True)


# Ids


@pytest.mark.parametrize("nothing", [None, "", "  ", np.nan])
def test_a_missing_id(nothing):
    found = said("missing_id", hazards(BOX).assign(hazard_id=[nothing]))
    assert found["severity"].tolist() == ["error"]
    assert found["hazard_id"].isna().all()


def test_an_id_that_a_spreadsheet_has_rounded():
    frame = hazards(*boxes(4)).assign(hazard_id=["1.23E+11", "1,5e+08", "MF-1E+2", "123000000000"])
    found = said("odd_id", frame)
    assert found[["record", "severity"]].values.tolist() == [[1, "warning"], [2, "warning"]]  # noqa: PD011
    assert "as text" in found["message"][0]


def ids(*names, **options):
    frame = hazards(*boxes(len(names))).assign(hazard_id=list(names))
    return said("duplicate_id", frame, **options)


def test_an_id_that_stands_twice_is_said_of_both():
    found = ids("A", "B", "A", "A")
    assert found["record"].tolist() == [1, 3, 4]
    assert found["message"].tolist() == [
        f"stands in record {others[0]}, record {others[1]} too; give each hazard its own id, "
        "or leave one out"
        for others in ((3, 4), (1, 4), (1, 3))
    ]


def test_an_id_that_stands_twice_after_trimming():
    found = ids("A", "A ", "B")
    assert found["record"].tolist() == [1, 2]
    assert "but for blanks at its ends" in found["message"][0]
    assert found["hazard_id"].tolist() == ["A", "A"]


def test_ids_that_differ_by_capitals_only():
    found = ids("ap-1", "AP-1", "AP-2")
    assert found["record"].tolist() == [1, 2]
    assert "differs from 'AP-1' by capital letters only" in found["message"][0]
    found = ids("ap-1", "AP-1", "AP-1")
    assert "differs from 'AP-1' by capital letters" in found["message"][0]
    assert "stands in record 3 too; give" in found["message"][1]


def test_one_id_for_all_records_is_said_shortly():
    found = ids(*["AP"] * 50)
    assert found["record"].tolist() == list(range(1, 51))
    assert "stands in record 1, record 2, record 3 and 46 more too" in found["message"][49]


def test_the_same_id_in_the_register_is_the_hazard_sent_again_but_not_in_other_capitals():
    register = hazards(*boxes(2)).assign(hazard_id=["AP-1", "AP-2"])
    found = ids("AP-1", "ap-2", register=register)
    assert found["record"].tolist() == [2]
    assert found["message"][0] == "the register writes it 'AP-2'; write it as there"


def test_whole_numbers_are_ids():
    frame = hazards(*boxes(3)).assign(hazard_id=[7.0, 8.0, 7.0])
    assert said("duplicate_id", frame)["hazard_id"].tolist() == ["7", "7"]


# Words


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("kind", KINDS),
        ("area_type", AREA_TYPES),
        ("status", STATUSES),
        ("difficulty", DIFFICULTIES),
    ],
)
def test_an_unknown_word_lists_the_valid_ones(name, valid):
    found = column(name, valid[0], "mined", None, f" {valid[1]} ")
    assert found["code"].tolist() == ["unknown_word"]
    assert found["severity"].tolist() == ["error"]
    assert found["record"].tolist() == [2]
    assert found["message"][0] == f"{name} 'mined' is unknown; write one of: {', '.join(valid)}"


def test_in_workbench_is_true_or_false_in_any_spelling():
    found = column("in_workbench", "true", "No", 1, 0.0, None, True, "maybe", 2)
    assert found["record"].tolist() == [7, 8]
    assert found["message"][0] == "in_workbench 'maybe' is unknown; write one of: true, false"


def test_columns_are_found_in_any_case():
    frame = hazards(BOX, KIND=["mined"]).rename(columns={"hazard_id": "Hazard_ID"})
    assert said("unknown_word", frame)["hazard_id"].tolist() == ["A0"]


def test_kind_fills_in_only_where_there_is_none():
    frame = hazards(*boxes(2), kind=[None, "cluster_munition"])
    missing = said("missing_data", frame, kind="ap_minefield")["message"]
    assert not missing.str.contains("kind").any()
    assert "kind, " in said("missing_data", frame)["message"][0]


# Days


def test_days():
    days = [
        "2022-12-31",
        "31/12/2022",
        None,
        "2026-01-02",
        "2026-01-01",
        "1980-01-06",
        "1991-01-01",
    ]
    found = column("surveyed_on", *days, today=date(2026, 1, 1))
    expected = [(2, "bad_date"), (4, "future_date"), (6, "early_date")]
    assert list(zip(found["record"], found["code"], strict=True)) == expected
    assert found["severity"].tolist() == ["error", "error", "warning"]
    assert "'31/12/2022' is no day; write days as 2022-12-31" in found["message"][0]
    assert "2026-01-02 has not come yet (today is 2026-01-01)" in found["message"][1]
    assert "1980-01-06 is before any survey" in found["message"][2]


def test_a_moment_is_a_day_in_cambodia():
    # 18:00 UTC is 01:00 of the next day in Phnom Penh.
    moment = pd.Series(pd.to_datetime(["2025-12-31T18:00Z"], utc=True))
    found = column("surveyed_on", *moment, today=date(2025, 12, 31))
    assert found["code"].tolist() == ["future_date"]
    assert column("surveyed_on", *moment, today=date(2026, 1, 1)).empty


def test_a_number_is_no_day():
    assert column("surveyed_on", 44926.0)["code"].tolist() == ["bad_date"]
    assert column("surveyed_on", 44926, "2020-01-01")["record"].tolist() == [1]


def test_today_is_the_default():
    assert column("surveyed_on", "2999-01-01")["code"].tolist() == ["future_date"]


# Sizes


@pytest.mark.parametrize(
    ("reported", "differs"),
    [
        (SIZE, False),
        (round(SIZE) * 1.1, False),
        (round(SIZE) * 1.1 + 1, True),
        (round(SIZE) * 0.9, False),
        (round(SIZE) * 0.9 - 1, True),
        (0, True),
        (None, False),
    ],
)
def test_reported_against_computed_size(reported, differs):
    assert (len(column("reported_size_m2", reported)) == 1) == differs


def test_the_difference_is_said():
    message = column("reported_size_m2", 1_000_000.0)["message"][0]
    assert message.startswith(
        "reported 1,000,000 m², the polygon has 1,200,149 m² (-200,149 m², -16.7%)"
    )


def test_a_small_difference_of_a_small_polygon_is_none():
    small = shapely.box(103, 13, 103.0001, 13.0001)  # 120 m²
    frame = hazards(small, reported_size_m2=[200.0])
    assert said("size_differs", frame).empty
    assert len(said("size_differs", frame, size_floor_m2=50)) == 1
    assert said("size_differs", frame, size_floor_m2=50, size_tolerance=1).empty


def test_hectares_are_recognised():
    assert "reported in hectares? give m²" in column("reported_size_m2", 120.0)["message"][0]


@pytest.mark.parametrize("written", ["1 ha", -1, np.inf])
def test_a_size_that_is_no_number(written):
    found = column("reported_size_m2", written)
    assert found["code"].tolist() == ["bad_number"]
    assert found["severity"].tolist() == ["error"]


# Minimum data


def test_missing_minimum_data_are_listed_in_one_finding():
    found = said("missing_data", hazards(BOX))
    assert found["severity"].tolist() == ["warning"]
    assert found["message"][0] == (
        "minimum data (IMAS 05.10) missing: kind, area_type, province, district, operator, "
        "surveyed_on; ask the operator"
    )


def test_a_code_or_a_district_says_the_province():
    full = {
        "kind": ["ap_minefield"],
        "area_type": ["SHA"],
        "operator": ["MAG"],
        "surveyed_on": ["2020-01-01"],
    }
    assert said("missing_data", hazards(BOX, **full, district_code=["0209"])).empty
    message = said("missing_data", hazards(BOX, **full, province_code=["02"]))["message"][0]
    assert "missing: district;" in message


# The table as a whole


def test_a_table_that_is_none_is_refused():
    with pytest.raises(CRSError, match="EPSG:4326"):
        check_hazards(hazards(BOX).to_crs(32648))
    with pytest.raises(GeometryError, match="set_geometry"):
        check_hazards(gpd.GeoDataFrame({"hazard_id": ["A"]}))
    with pytest.raises(RecordError, match="no column 'hazard_id'"):
        check_hazards(hazards(BOX).drop(columns="hazard_id"))
    with pytest.raises(RecordError, match="stands twice"):
        check_hazards(hazards(BOX, KIND=["x"], kind=["x"]))
    with pytest.raises(CRSError, match="register"):
        check_hazards(hazards(BOX), register=hazards(BOX).to_crs(32648))
    with pytest.raises(CRSError, match="country"):
        check_hazards(hazards(BOX), country=hazards(BOX).to_crs(32648))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("kind", "mines"),
        ("size_tolerance", -0.1),
        ("size_floor_m2", -1),
        ("overlap_share", 0),
        ("overlap_share", 1.1),
        ("longest_edge_m", 0),
        ("longest_edge_m", float("nan")),
    ],
)
def test_an_option_out_of_range_is_refused(option, value):
    with pytest.raises(OptionError, match="valid"):
        check_hazards(hazards(BOX), **{option: value})


def test_no_records_no_findings():
    assert check_hazards(hazards(BOX).iloc[:0], country=BOX, register=hazards(BOX)).empty


def test_direct_evidence_makes_no_suspected_area():
    frame = hazards(
        *shapely.box([103, 103.1, 103.2, 103.3], 13, [103.01, 103.11, 103.21, 103.31], 13.01),
        area_type=["SHA", "CHA", "SHA", None],
        evidence=["direct", "direct", "indirect", "direct"],
    )
    found = said("direct_evidence", frame)
    assert found["hazard_id"].tolist() == ["A0"]
    assert found["severity"].tolist() == ["warning"]
    assert "TN 08.20/02" in found["message"][0]
