"""The hazard table: canonical columns, ids, words, days, flags, places; input unchanged."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import (
    CRSError,
    GeometryError,
    MineGeoError,
    MixedError,
    OptionError,
    RecordError,
)
from mine_geo.geo import sample
from mine_geo.geo.hazards import contradictions, kinds_of, refuse_several_kinds, to_hazards
from mine_geo.intake import read_hazards
from mine_geo.terms import HAZARD_COLUMNS, KINDS
from tests.hand import cell_m2, hazards

BOX = shapely.box(103, 13, 103.01, 13.01)
BOW = shapely.Polygon([(103, 13), (104, 14), (104, 13), (103, 14)])


def one(**columns):
    """Return the canonical record of one hazard with some columns."""
    return to_hazards(hazards(BOX, **{name: [value] for name, value in columns.items()})).iloc[0]


def test_only_an_id_and_a_polygon_are_needed():
    table = to_hazards(hazards(BOX))
    row = table.iloc[0]
    assert tuple(table.columns) == HAZARD_COLUMNS
    null = set(HAZARD_COLUMNS) - {"hazard_id", "in_workbench", "residual", "size_m2", "geometry"}
    assert row[sorted(null)].isna().all()
    assert (row["hazard_id"], bool(row["in_workbench"])) == ("A0", False)
    assert row["size_m2"] == round(cell_m2(103, 13, 103.01, 13.01))
    typed = ["size_m2", "in_workbench", "residual", "surveyed_on", "reported_size_m2"]
    types = ["int64", "bool", "bool", "datetime64[ms]", "float64"]
    assert table.dtypes[typed].astype(str).tolist() == types


def test_index_order_extras_and_input_are_kept():
    frame = hazards(
        BOX, BOX, BOX, OPERATOR=["MAG", " CMAC ", ""], note=[1, 2, 3], size_m2=[5, 5, 5]
    )
    frame = frame.set_axis([7, 3, 5])
    before = frame.copy(deep=True)
    table = to_hazards(frame, kind="ap_minefield")
    assert_geodataframe_equal(frame, before)
    assert table.index.tolist() == [7, 3, 5]
    assert table.columns.tolist() == [*HAZARD_COLUMNS, "note"]
    assert table["operator"].fillna("none").tolist() == ["MAG", "CMAC", "none"]
    assert (table["size_m2"] == 1200149).all(), "a size in a file is never believed"
    assert_geodataframe_equal(to_hazards(table), table)


def test_the_sample_is_a_fixed_point():
    table = read_hazards(sample.path("minefields"))
    assert_geodataframe_equal(to_hazards(table), table)


def test_a_polygon_becomes_a_flat_multipolygon_by_any_name_of_its_column():
    frame = hazards(shapely.force_3d(BOX, 12)).rename_geometry("the_geom")
    table = to_hazards(frame)
    assert table.geometry.name == "geometry"
    assert table.geom_type.tolist() == ["MultiPolygon"]
    assert not table.has_z.any()


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)))
def test_order_of_rows_only_permutes(order):
    frame = hazards(*shapely.box(103 + np.arange(5) / 10, 13, 103.05 + np.arange(5) / 10, 13.05))
    table = to_hazards(frame)
    assert_geodataframe_equal(to_hazards(frame.iloc[list(order)]), table.iloc[list(order)])


# Ids


@pytest.mark.parametrize(
    ("ids", "read"), [([7, 8], ["7", "8"]), ([7.0, 8.0], ["7", "8"]), ([" a", "b "], ["a", "b"])]
)
def test_ids_are_trimmed_texts(ids, read):
    assert to_hazards(hazards(BOX, BOX).assign(hazard_id=ids))["hazard_id"].tolist() == read


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["a", "a"], "hazard_id a stands more than once"),
        (["a", " a "], "hazard_id a stands more than once"),
        (["a", None], "record 2 has no hazard_id"),
        (["a", "  "], "record 2 has no hazard_id"),
        ([1.0, np.nan], "record 2 has no hazard_id"),
    ],
)
def test_ids_missing_or_repeated(ids, told):
    with pytest.raises(RecordError, match=told):
        to_hazards(hazards(BOX, BOX).assign(hazard_id=ids))


def test_columns_missing_or_standing_twice():
    with pytest.raises(RecordError, match=r"no column 'hazard_id' \(there are: mine_id\); rename"):
        to_hazards(hazards(BOX).rename(columns={"hazard_id": "mine_id"}))
    with pytest.raises(RecordError, match="kind stands twice"):
        to_hazards(hazards(BOX, kind=["ap_minefield"], KIND=["ap_minefield"]))
    with pytest.raises(RecordError, match="no records"):
        to_hazards(hazards(BOX).iloc[:0])


# Words, days, flags, sizes


def test_kind_is_given_only_where_the_file_has_none():
    frame = hazards(BOX, BOX, kind=["cluster_munition", None])
    assert to_hazards(frame, kind="ap_minefield")["kind"].tolist() == [
        "cluster_munition",
        "ap_minefield",
    ]
    with pytest.raises(OptionError, match=f"valid: {', '.join(KINDS)}"):
        to_hazards(frame, kind="AP")


@pytest.mark.parametrize(
    ("column", "word"),
    [("kind", "AP"), ("area_type", "cha"), ("status", "done"), ("difficulty", "very high")],
)
def test_words_outside_the_vocabulary(column, word):
    with pytest.raises(RecordError, match=rf"{column} {word} is unknown \(A0\); valid: "):
        one(**{column: word})


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2022-12-31", "2022-12-31"),
        ("2022-12-31T23:59:00", "2022-12-31"),
        ("2022-12-31T00:00:00+07:00", "2022-12-31"),
        ("2022-12-30T17:00:00Z", "2022-12-31"),
        (pd.Timestamp("2022-12-31"), "2022-12-31"),
        (pd.Timestamp("2022-12-30 17:00", tz="UTC"), "2022-12-31"),
        (pd.Timestamp("2022-12-31", tz="Asia/Phnom_Penh"), "2022-12-31"),
        (pd.Timestamp("2022-12-31").date(), "2022-12-31"),
    ],
)
def test_a_moment_is_the_day_it_was_in_phnom_penh(written, day):
    assert one(surveyed_on=written)["surveyed_on"] == pd.Timestamp(day)


@pytest.mark.parametrize("written", ["31/12/2022", "soon", 20221231, 44926.0, "2022-13-01"])
def test_what_is_no_day_is_refused_by_id(written):
    with pytest.raises(
        RecordError, match=r"surveyed_on of A0 is no day .* write days as 2022-12-31"
    ):
        one(surveyed_on=written)


def test_days_may_be_missing():
    table = to_hazards(hazards(BOX, BOX, surveyed_on=["2022-12-31", None]))
    assert table["surveyed_on"].isna().tolist() == [False, True]
    assert one(surveyed_on=None)["surveyed_on"] is pd.NaT
    assert one(surveyed_on=np.nan)["surveyed_on"] is pd.NaT


def test_a_day_goes_through_a_geopackage(tmp_path):
    frame = hazards(BOX, BOX, surveyed_on=pd.to_datetime(["2022-12-31", "2023-01-01"]))
    frame.to_file(tmp_path / "days.gpkg")
    days = read_hazards(tmp_path / "days.gpkg")["surveyed_on"]
    assert days.tolist() == [pd.Timestamp("2022-12-31"), pd.Timestamp("2023-01-01")]


@pytest.mark.parametrize(
    ("written", "flag"),
    [(True, True), (1, True), ("yes", True), ("False", False), (0.0, False), (None, False)],
)
def test_flags(written, flag):
    assert one(in_workbench=written)["in_workbench"] == flag
    with pytest.raises(RecordError, match="in_workbench of A0 is neither true nor false"):
        one(in_workbench="perhaps")


@pytest.mark.parametrize("written", ["1,200", -1, np.inf, "many"])
def test_a_reported_size_that_is_none(written):
    said = "reported_size_m2 of A0 is not a size|A0: reported_size_m2 is no finite number"
    with pytest.raises(RecordError, match=said):
        one(reported_size_m2=written)
    assert one(reported_size_m2="1200.5")["reported_size_m2"] == 1200.5


# Places


def test_places_are_written_in_one_way_with_their_codes():
    row = one(province="BATTAMBANG Province", district="samlout")
    assert row[["province", "province_code"]].tolist() == ["Battambang", "02"]
    assert (row["district"], row["district_code"][:2]) == ("Samlout", "02")
    row = one(province="Atlantis", district="Sunken")
    assert row[["province", "district"]].tolist() == ["Atlantis", "Sunken"]
    assert row[["province_code", "district_code"]].isna().all()


# Faults of geometry


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        (None, "A1: no geometry"),
        (shapely.Polygon(), "A1: empty geometry"),
        (shapely.Point(103, 13), "A1: Point instead of a polygon"),
        (shapely.box(300000, 1400000, 300010, 1400010), "A1: not longitude / latitude"),
        (BOW, r"A1: invalid ring: Self-intersection\[103.5 13.5\]"),
    ],
)
def test_a_polygon_that_is_none_is_named(geometry, told):
    with pytest.raises(GeometryError, match=told) as error:
        to_hazards(hazards(BOX, geometry))
    assert "mend the polygons" in str(error.value)
    assert "A0" not in str(error.value)


def test_many_faults_are_told_at_once():
    with pytest.raises(GeometryError, match=r"A1: no geometry, A2: no geometry, A3: .* and 2 more"):
        to_hazards(hazards(BOX, None, None, None, None, None))


@pytest.mark.parametrize("system", [None, 32648, 4131])
def test_frames_in_another_system(system):
    with pytest.raises(CRSError, match="EPSG:4326"):
        to_hazards(hazards(BOX).set_crs(system, allow_override=True))


def test_a_frame_without_geometry_is_a_clear_fault():
    with pytest.raises(MineGeoError, match="geometry"):
        to_hazards(gpd.GeoDataFrame({"hazard_id": ["A0"]}))


def places(*rows):
    columns = ["province", "province_code", "district", "district_code"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def test_a_code_contradicts_a_name_or_the_other_code():
    table = places(
        ("Battambang", "02", "Samlout", "0209"),
        ("Battambang", "1", None, None),
        (None, None, "Samlout", "0102"),
        ("Pailin", None, None, "KH0209"),
        (None, "24", None, "0209"),
        ("02", "24", None, None),
        (None, None, "0209", "0102"),
    )
    table.index = [9, 8, 7, 6, 5, 4, 3]
    said = contradictions(table)
    assert said.tolist() == [False, True, True, True, True, True, True]
    assert said.index.tolist() == table.index.tolist()


def test_what_is_not_in_the_table_of_names_contradicts_nothing():
    table = places(
        (None, None, None, None),
        ("Atlantis", "02", "Nowhere", "0209"),
        ("Battambang", "99", "Samlout", "9999"),
        ("បាត់ដំបង", "KH02", "សំឡូត", "209"),
        (None, None, "Odongk", "0509"),  # 0505, which 0509 took the place of
        (None, None, "Samraong", "2107"),  # two districts of that name
    )
    assert not contradictions(table).any()
    assert contradictions(places()).tolist() == []


@pytest.mark.parametrize("day", [20200101, 43831.0])
def test_a_number_among_texts_is_no_day(day):
    days = pd.Series([day, "2020-01-02"], dtype=object)
    frame = gpd.GeoDataFrame(
        {"hazard_id": ["A", "B"], "surveyed_on": days}, geometry=[BOX, BOX], crs=4326
    )
    with pytest.raises(RecordError, match="surveyed_on of A is no day"):
        to_hazards(frame)


def test_a_table_without_geometry_is_refused_whatever_its_class():
    bare = pd.DataFrame({"hazard_id": ["A1"]})
    for table in (bare, gpd.GeoDataFrame(bare)):
        with pytest.raises(GeometryError, match="use set_geometry first"):
            to_hazards(table)


def test_kinds_stand_in_one_order_whatever_the_order_of_the_rows():
    kinds = [None, "other_erw", "trap", "ap_minefield", "cluster_munition", "booby", "ap_minefield"]
    wanted = ["ap_minefield", "cluster_munition", "other_erw", "booby", "trap", None]
    for rows in (kinds, kinds[::-1]):
        for dtype in (object, "str", "category"):
            assert kinds_of(pd.DataFrame({"kind": pd.Series(rows, dtype=dtype)})) == wanted
    assert kinds_of(pd.DataFrame({"hazard_id": ["A"]})) == []
    assert kinds_of(pd.DataFrame({"kind": pd.Series([], dtype="str")})) == []


@pytest.mark.parametrize("kinds", [["ap_minefield"] * 2, [None, None], [], ["trap"]])
def test_one_kind_passes(kinds):
    refuse_several_kinds(pd.DataFrame({"kind": pd.Series(kinds, dtype="str")}), "x", "y")


def test_several_kinds_are_refused_in_one_line_with_the_mend():
    table = pd.DataFrame({"kind": [None, "cluster_munition"]})
    with pytest.raises(MixedError) as told:
        refuse_several_kinds(table, "hazards", "choose one")
    assert str(told.value) == (
        "hazards of several kinds (cluster_munition, no kind), which are never added up; choose one"
    )
