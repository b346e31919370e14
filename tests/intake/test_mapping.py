"""Records in the words of a source into hazards and reports: by hand, and what must not be lost."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError, OptionError
from mine_geo.geo import sample
from mine_geo.geo.hazards import contradictions, to_hazards
from mine_geo.intake import profiles, read_hazards
from mine_geo.intake.findings import as_table
from mine_geo.intake.mapping import to_candidates, to_reports
from mine_geo.intake.received import REPORT_COLUMNS, Fields, Profile
from mine_geo.terms import HAZARD_COLUMNS, ITEM_COLUMNS
from tests.hand import cell_m2

BOX = shapely.box(103, 13, 103.01, 13.01)
PLAIN = profiles.load("plain")


def source(**columns):
    """Return records with a box each; a column is a list, or one value for all."""
    count = max((len(c) for c in columns.values() if isinstance(c, list)), default=1)
    full = {n: c if isinstance(c, (list, pd.Series)) else [c] * count for n, c in columns.items()}
    return gpd.GeoDataFrame(pd.DataFrame(full), geometry=[BOX] * count, crs=4326)


def profile(columns=None, options=None, **fields):
    said = Fields(columns=columns or {}, **fields)
    return Profile("p", "P", hazards=said, reports=said, options=options or {})


def column(mapped, name):
    return [None if pd.isna(value) else value for value in mapped.table[name]]


def days(mapped, name="surveyed_on"):
    return [None if pd.isna(day) else str(day.date()) for day in mapped.table[name]]


def told(mapped):
    return [(f.code, f.record, f.hazard_id) for f in mapped.findings if f.code != "left_over"]


def went(mapped):
    rows = mapped.columns.astype(object).where(mapped.columns.notna(), None)
    return [tuple(row) for row in rows.itertuples(index=False, name=None)]


# The shape


def test_hazards_have_all_canonical_columns_typed_then_the_others():
    table = to_candidates(source(Name="x", hazard_id="A", note=5), PLAIN).table
    assert tuple(table.columns) == (*HAZARD_COLUMNS, "Name", "note")
    types = {
        "in_workbench": "bool",
        "residual": "bool",
        "surveyed_on": "datetime64[ms]",
        "reported_size_m2": "float64",
        "size_m2": "int64",
        "geometry": "geometry",
        "note": "int64",
    }
    for name, dtype in table.dtypes.astype(str).items():
        assert dtype == types.get(name, "str"), name
    assert table.crs == "EPSG:4326"
    row = table.iloc[0]
    assert (row["hazard_id"], row["size_m2"]) == ("A", round(cell_m2(103, 13, 103.01, 13.01)))
    assert (row["in_workbench"], row["geometry"].geom_type) == (False, "MultiPolygon")


def test_reports_have_all_their_columns_typed_then_the_others():
    table = to_reports(source(globalid="g", outcome="BAC", uxo="3", x=1.5), PLAIN).table
    assert tuple(table.columns) == (*REPORT_COLUMNS, "x")
    types = dict.fromkeys(ITEM_COLUMNS, "Int64")
    types |= {"happened_on": "datetime64[ms]", "geometry": "geometry", "x": "float64"}
    types |= dict.fromkeys(("reported_size_m2", "depth_cm"), "float64")
    for name, dtype in table.dtypes.astype(str).items():
        assert dtype == types.get(name, "str"), name
    assert table["uxo"].tolist() == [3]
    assert table["ap_mines"].isna().all()


def test_no_records_and_no_columns():
    nothing = gpd.GeoDataFrame({"hazard_id": []}, geometry=[], crs=4326)
    for mapped in (to_candidates(nothing, PLAIN, kind="ap_minefield"), to_reports(nothing, PLAIN)):
        assert len(mapped.table) == 0
        assert mapped.findings == ()
        assert went(mapped)[0] == ("hazard_id", "hazard_id", "same name", 0, None)
    bare = to_candidates(gpd.GeoDataFrame(geometry=[BOX], crs=4326), PLAIN)
    assert bare.table["hazard_id"].isna().all()
    assert len(bare.columns) == 0


def test_the_sample_comes_back_as_it_is():
    table = read_hazards(sample.path("minefields"))
    mapped = to_candidates(table, PLAIN)
    assert_geodataframe_equal(mapped.table, table)
    assert told(mapped) == []
    assert set(mapped.columns["how"]) == {"same name", "computed anew", "left over"}
    assert mapped.columns.loc[mapped.columns["how"] == "left over", "source"].tolist() == [
        "synthetic"
    ]


def test_what_is_mapped_without_a_finding_is_a_hazard_table():
    table = source(
        **{"Hazard No": ["1", "2"]}, Kind="AP minefield", AREA_TYPE="sha", Province="BTB"
    )
    mapped = to_candidates(table, PLAIN)
    assert_geodataframe_equal(to_hazards(mapped.table), mapped.table)


def test_the_input_is_not_changed_and_any_index_will_do():
    table = source(hazard_id=["a", "b", "c"], status=["Open", "x", None], when=[1, 2, 3])
    table = table.set_axis([5, 5, 2]).rename_geometry("shape")
    before = table.copy(deep=True)
    mapped = to_candidates(table, PLAIN)
    assert_geodataframe_equal(table, before)
    assert mapped.table.index.tolist() == [0, 1, 2]
    assert mapped.table.geometry.name == "geometry"


@given(st.permutations(range(4)))
def test_the_order_of_records_only_permutes(order):
    table = source(
        hazard_id=["a", "b", "c", "d"],
        status=["Open", "x", None, "Closed"],
        survey_date=["2022-01-02", "x", None, "2022-01-03T20:00Z"],
    )
    straight = to_candidates(table, PLAIN).table
    mixed = to_candidates(table.iloc[list(order)], PLAIN).table
    assert_geodataframe_equal(mixed, straight.iloc[list(order)].reset_index(drop=True))


@pytest.mark.parametrize("crs", [None, 32648])
def test_records_must_stand_on_wgs84(crs):
    table = gpd.GeoDataFrame({"hazard_id": ["a"]}, geometry=[BOX], crs=crs)
    for into in (to_candidates, to_reports):
        with pytest.raises(CRSError, match="EPSG:4326"):
            into(table, PLAIN)


# Geometry


def test_any_geometry_is_kept_and_what_can_be_measured_is():
    bow = shapely.Polygon([(103, 13), (104, 14), (104, 13), (103, 14)])
    with np.errstate(invalid="ignore"):
        holes = shapely.Polygon([(103, 13), (103, np.nan), (104, 13)])
        far = shapely.Polygon([(103, 13), (103, np.inf), (104, 13)])
    shapes = [BOX, None, shapely.Point(103, 13), bow, shapely.Polygon(), holes, far]
    shapes.append(shapely.force_3d(BOX, 7))
    table = gpd.GeoDataFrame({"hazard_id": list("abcdefgh")}, geometry=shapes, crs=4326)
    got = to_candidates(table, PLAIN).table
    size = round(cell_m2(103, 13, 103.01, 13.01))
    assert got["size_m2"].tolist()[:3] == [size, 0, 0]
    assert got["size_m2"].tolist()[4:] == [0, 0, 0, size]
    assert got.geometry.isna().tolist() == [False, True, *[False] * 6]
    assert got.geom_type.tolist()[2] == "Point"
    assert not got.geometry.iloc[3].is_valid
    assert not got.has_z.any()


# Columns


def test_which_column_went_where():
    table = source(
        **{
            "HAZARD_LOC": ["  A ", None],
            "Prov Name": ["Battambang", ""],
            "Shape__Area": [1.5, 2.5],
        },
        comment=["x" * 50, None],
        size_m2=[7, 8],
    )
    known = profile(
        {"hazard_id": ("hazard_localid",), "province": ("prov_name",)},
        constants={"operator": "MAG", "province": "Pailin"},
    )
    mapped = to_candidates(table, known, kind="ap_minefield")
    assert went(mapped) == [
        ("HAZARD_LOC", "hazard_id", "truncated name", 1, "A"),
        ("Prov Name", "province", "by profile", 1, "Battambang"),
        ("Shape__Area", None, "left over", 2, "1.5"),
        ("comment", None, "left over", 1, "x" * 39 + "…"),
        ("size_m2", "size_m2", "computed anew", 2, "7"),
        (None, "kind", "constant", 2, "ap_minefield"),
        (None, "province", "constant", 1, "Pailin"),
        (None, "operator", "constant", 2, "MAG"),
    ]
    assert mapped.columns["filled"].dtype == "int64"
    (left,) = mapped.findings
    assert (left.code, left.record) == ("left_over", None)
    assert left.message.endswith("Shape__Area, comment")
    assert column(mapped, "province") == ["Battambang", "Pailin"]
    assert (mapped.table["size_m2"] > 1e6).all(), "a size in a file is never believed"
    assert "size_m2" not in mapped.table.columns[len(HAZARD_COLUMNS) :]


def test_columns_that_are_left_over_keep_their_values_under_a_name_of_their_own():
    table = source(MF="1", Hazard_ID="2", hazard_id="3", Note="n", note="m", Size_M2=4)
    mapped = to_candidates(table, profile({"hazard_id": ("mf",)}))
    extras = list(mapped.table.columns[len(HAZARD_COLUMNS) :])
    assert extras == ["source_Hazard_ID", "source_hazard_id_2", "Note", "source_note"]
    assert len({name.lower() for name in mapped.table.columns}) == len(mapped.table.columns)
    assert mapped.table[extras].iloc[0].tolist() == ["2", "3", "n", "m"]
    how = dict(zip(mapped.columns["source"], mapped.columns["how"], strict=True))
    assert how["Hazard_ID"] == "left over: hazard_id is from MF, kept as source_Hazard_ID"
    assert how["note"] == "left over, kept as source_note"


def test_a_source_with_one_name_twice_and_names_that_are_numbers():
    frame = pd.DataFrame([["a", "b", 7]], columns=["village", "village", 2022])
    table = gpd.GeoDataFrame(frame, geometry=[BOX], crs=4326)
    mapped = to_candidates(table, PLAIN)
    assert column(mapped, "village") == ["a"]
    assert column(mapped, "source_village") == ["b"]
    assert column(mapped, "2022") == [7]


NAMES = st.sampled_from(
    ["hazard_id", "Hazard ID", "HAZARD_ID", "mf_id", "status", "Status ", "x", "X", "source_x",
     "province", "area_classification", "area_class", "area_clas", "adm1_pcode", "size_m2", "note"]
)  # fmt: skip


@given(st.lists(NAMES, max_size=8))
def test_every_column_goes_to_one_place_and_no_value_is_lost(names):
    frame = pd.DataFrame([[f"v{n}" for n in range(len(names))]], columns=names)
    mapped = to_candidates(gpd.GeoDataFrame(frame, geometry=[BOX], crs=4326), PLAIN)
    assert mapped.columns["source"].tolist() == names
    columns = mapped.table.columns
    assert columns.str.lower().is_unique
    kept = set(mapped.table.drop(columns="geometry").iloc[0].astype(str))
    lost = [f"v{n}" for n, name in enumerate(names) if name != "size_m2" and f"v{n}" not in kept]
    assert not lost


# Words


def test_words_are_translated_and_unknown_ones_stay():
    table = source(
        hazard_id=[1.0, 2.0, 3.0],
        Contamination=["Anti-Personnel  Minefield", "cmr", "Minefield"],
        sha_cha=["Confirmed Hazardous Area", "suspected_hazardous_area", "Red"],
        status=["CLOSED", "worked-on", "Open"],
        difficulty=["HIGH", None, " m "],
        workbench=["yes", "0", "perhaps"],
    )
    mapped = to_candidates(table, PLAIN, kind="av_minefield")
    assert column(mapped, "hazard_id") == ["1", "2", "3"]
    assert column(mapped, "kind") == ["ap_minefield", "cluster_munition", "Minefield"]
    assert column(mapped, "area_type") == ["CHA", "SHA", "Red"]
    assert column(mapped, "status") == ["closed", "worked_on", "open"]
    assert column(mapped, "difficulty") == ["high", None, "medium"]
    assert column(mapped, "in_workbench") == [True, False, False]
    assert told(mapped) == [("unknown_word", 2, "3")]
    assert "'perhaps' is neither true nor false" in mapped.findings[0].message


def test_the_kind_that_is_given_is_that_of_records_without_one():
    known = profile(constants={"kind": "other_erw"})
    mapped = to_candidates(source(hazard_id=["a", "b"], kind=["av_minefield", " "]), known)
    assert column(mapped, "kind") == ["av_minefield", "other_erw"]
    mapped = to_candidates(source(hazard_id="a"), known, kind="cluster_munition")
    assert column(mapped, "kind") == ["cluster_munition"]
    with pytest.raises(OptionError, match="kind 'minefield' is unknown; valid: ap_minefield"):
        to_candidates(source(hazard_id="a"), known, kind="minefield")


# Days and numbers


def test_days_that_cannot_be_read_are_told_with_their_text():
    table = source(
        hazard_id=["a", "b", "c", None],
        Survey_Date=["2022-12-31T18:00:00Z", "5/12/2022", None, "44926"],
    )
    mapped = to_candidates(table, PLAIN)
    assert days(mapped) == ["2023-01-01", None, None, None]
    assert told(mapped) == [("bad_date", 1, "b"), ("bad_date", 3, None)]
    assert mapped.findings[0].message.startswith("Survey_Date '5/12/2022' is no day")
    assert "\n" not in mapped.findings[0].message
    assert as_table(mapped.findings)["record"].tolist() == [2, 4]
    mapped = to_candidates(table, profile({"surveyed_on": ("survey_date",)}, dates=("%d/%m/%Y",)))
    assert days(mapped)[:2] == ["2023-01-01", "2022-12-05"]


def test_numbers_with_factor_sign_and_constant():
    table = source(hazard_id=["a", "b", "c", "d"], ha=["1,5", "0,25 ha", None, "-1"])
    known = profile(
        {"reported_size_m2": ("HA",)},
        factors={"reported_size_m2": 10_000.0},
        constants={"reported_size_m2": "7", "surveyed_on": "2020-02-29"},
    )
    mapped = to_candidates(table, known)
    assert column(mapped, "reported_size_m2") == [15000, None, 7, None]
    assert told(mapped) == [("bad_number", 1, "b"), ("bad_number", 3, "d")]
    assert "'0,25 ha'" in mapped.findings[0].message
    assert days(mapped) == ["2020-02-29"] * 4
    known = Profile("p", "P", hazards=PLAIN.hazards, options={"decimal": "."})
    mapped = to_candidates(source(hazard_id="a", reported_size="12,345"), known)
    assert column(mapped, "reported_size_m2") == [12345]


def test_a_constant_is_not_put_over_what_could_not_be_read():
    table = source(hazard_id=["a", "b"], surveyed_on=["x", None], reported_size_m2=["y", None])
    known = profile(constants={"surveyed_on": "2020-01-01", "reported_size_m2": "5"})
    mapped = to_candidates(table, known)
    assert days(mapped) == [None, "2020-01-01"]
    assert column(mapped, "reported_size_m2") == [None, 5]
    filled = {(row[1], row[3]) for row in went(mapped) if row[2] == "constant"}
    assert filled == {("surveyed_on", 1), ("reported_size_m2", 1)}


def test_a_long_text_with_lines_is_shortened_to_one():
    mapped = to_candidates(source(hazard_id="a", survey_date="x\n" * 500), PLAIN)
    assert len(mapped.findings[0].message) < 200
    assert "\n" not in mapped.findings[0].message


# Places


def test_places_are_spelled_the_standard_way_with_codes():
    table = source(
        hazard_id=["a", "b", "c", "d"],
        Province=["BATTAMBANG", "ខេត្តបាត់ដំបង", None, "Atlantis"],
        Dist_Name=["Srok Samlout", None, None, "Nowhere"],
        adm2_pcode=[None, None, "KH0209", None],
    )
    mapped = to_candidates(table, PLAIN)
    assert column(mapped, "province") == ["Battambang"] * 3 + ["Atlantis"]
    assert column(mapped, "province_code") == ["02", "02", "02", None]
    assert column(mapped, "district") == ["Samlout", None, "Samlout", "Nowhere"]
    assert column(mapped, "district_code") == ["0209", None, "0209", None]


def test_a_code_that_contradicts_a_name_is_left_beside_it():
    table = source(
        hazard_id=["a", "b"], Province=["Pailin", "BTB"], Prov_code=["2", None], district="Samlout"
    )
    mapped = to_candidates(table, PLAIN)
    assert column(mapped, "province") == ["Pailin", "Battambang"]
    assert column(mapped, "province_code") == ["2", "02"]
    assert column(mapped, "district_code") == [None, "0209"]
    assert contradictions(mapped.table).tolist() == [True, False]


# Reports


def test_a_report_by_hand():
    guid = "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}"
    table = source(
        GlobalID=[guid, "R-7", None],
        HAZARD_ID=["MF-1", None, "MF-3"],
        Outcome=["Battle Area Clearance", "reduced by TS", "Handover certificate"],
        end_date=["2024-05-01", "1/5/2024", None],
        Organisation=["MAG", "CMAC", "HALO"],
        cleared_m2=["1,234.50", "99", "7"],
        APM=["3", "2.5", ""],
        clearance_depth_cm=[20, 13.5, None],
        x=[103.5, 103.6, 103.7],
    )
    mapped = to_reports(table, profiles.load("survey123"))
    assert column(mapped, "event_id") == ["6f9619ff-8b86-d011-b42d-00cf4fc964ff", "R-7", None]
    assert column(mapped, "hazard_id") == ["MF-1", None, "MF-3"]
    assert column(mapped, "event_type") == ["cleared", "reduced", "Handover certificate"]
    assert days(mapped, "happened_on") == ["2024-05-01", None, None]
    assert column(mapped, "operator") == ["MAG", "CMAC", "HALO"]
    assert column(mapped, "reported_size_m2") == [1234.5, 99, 7]
    assert column(mapped, "ap_mines") == [3, None, None]
    assert column(mapped, "depth_cm") == [20, 13.5, None]
    assert column(mapped, "x") == [103.5, 103.6, 103.7]
    assert told(mapped) == [
        ("bad_number", 1, None),
        ("bad_date", 1, None),
        ("missing_id", 1, None),
        ("unknown_word", 2, "MF-3"),
        ("bad_date", 2, "MF-3"),
    ]


def test_the_same_report_has_one_id_in_every_export():
    ids = ["{6F9619FF-8B86-D011-B42D-00CF4FC964FF}", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"]
    ids.append("6F9619FF-8B86-D011-B42D-00CF4FC964FF ")
    assert len(set(to_reports(source(globalid=ids), PLAIN).table["event_id"])) == 1


def test_a_report_without_an_outcome_is_told():
    mapped = to_reports(source(globalid=["a"], activity=[None], end_date=["2024-01-01"]), PLAIN)
    assert told(mapped) == [("unknown_word", 0, None), ("missing_id", 0, None)]
