"""Totals by hand; what is never added up; zero rows; the workbench; properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import MixedError, OptionError, RecordError
from mine_geo.geo.hazards import without_unit
from mine_geo.tables.published import reconcile
from mine_geo.tables.totals import group_keys, name_no_unit, totals, with_total
from mine_geo.terms import NO_UNIT, TOTAL_COLUMNS

SPLIT = pd.DataFrame(
    {
        "hazard_id": list("abcdef"),
        "kind": "ap_minefield",
        "province": ["Pailin", "Pailin", "Battambang", "Battambang", "Battambang", "Kratie"],
        "province_code": ["24", "24", "02", "02", "02", "10"],
        "district": ["Pailin", "Sala Krau", "Samlout", "Samlout", "Rotonak Mondol", None],
        "district_code": ["2401", "2402", "0209", "0209", "0207", None],
        "in_workbench": [False, True, False, True, False, True],
        "size_m2": [100, 20, 3000, 400, 50, 7],
        "near_size_m2": [100, 0, 1200, 400, 0, 0],
        "far_size_m2": [0, 20, 1800, 0, 50, 7],
        "zone": ["near", "far", "far", "near", "far", "far"],
        "reported_size_m2": [90.0, 30.4, 1000.0, 500.0, 0.0, 7.0],
        "threshold_m": 7000.0,
        "rule": "area",
        "include_coast": False,
        "border_name": "b",
        "border_version": "1",
    }
)


def figures(table):
    return table[list(TOTAL_COLUMNS)].to_numpy().tolist()


def test_by_province_in_the_order_of_codes():
    table = totals(SPLIT)
    assert table["province"].tolist() == ["Battambang", "Kratie", "Pailin"]
    assert figures(table) == [
        [3, 3450, 1, 1600, 2, 1850],
        [1, 7, 0, 0, 1, 7],
        [2, 120, 1, 100, 1, 20],
    ]
    assert (table[list(TOTAL_COLUMNS)].dtypes == np.int64).all()


def test_the_last_row_is_the_total():
    table = totals(SPLIT, total=True)
    assert table.columns[0] == "row"
    assert table["row"].tolist() == ["data"] * (len(table) - 1) + ["total"]
    assert table.loc[len(table) - 1, ["province", "province_code"]].isna().all()
    assert "row" not in totals(SPLIT)
    assert figures(table)[-1] == [6, 3577, 2, 1700, 4, 1877]
    assert figures(totals(SPLIT, by=[])) == [[6, 3577, 2, 1700, 4, 1877]]


def test_by_district_names_may_repeat_and_be_missing():
    twin = SPLIT.assign(district="Samraong")
    table = totals(twin, by="district")
    assert (
        table["district_code"].tolist()[:4] == ["0207", "0209", "2401", "2402"] or len(table) == 5
    )
    assert len(table) == 5
    assert table["size_m2"].sum() == 3577


def test_the_workbench_keeps_its_provinces_as_zeros():
    without = totals(SPLIT, workbench="exclude").set_index("province")
    assert without.loc["Kratie", list(TOTAL_COLUMNS)].tolist() == [0] * 6
    assert without.loc["Battambang", "size_m2"] == 3050
    only = totals(SPLIT, workbench="only").set_index("province")
    everything = totals(SPLIT).set_index("province")
    columns = list(TOTAL_COLUMNS)
    assert (without[columns] + only[columns] == everything[columns]).all(axis=None)


def test_unused_categories_are_rows_of_zeros():
    kinds = pd.Categorical(SPLIT["kind"], ["ap_minefield", "cluster_munition"])
    table = totals(SPLIT.assign(kind=kinds), by="kind")
    assert figures(table) == [[6, 3577, 2, 1700, 4, 1877], [0] * 6]


def test_a_categorical_province_has_one_row_each():
    """Code and name belong together: no row for each pair of a code and another name."""
    frame = SPLIT.assign(
        province=pd.Categorical(SPLIT["province"]),
        province_code=pd.Categorical(SPLIT["province_code"]),
    )
    assert len(totals(frame)) == 3
    pd.testing.assert_frame_equal(totals(frame).astype(object), totals(SPLIT).astype(object))
    kinds = frame.assign(kind=pd.Categorical(SPLIT["kind"], ["ap_minefield", "other_erw"]))
    table = totals(kinds, by=["province", "kind"])
    assert list(zip(table["province"], table["kind"], table["hazards"], strict=True)) == [
        ("Battambang", "ap_minefield", 3), ("Battambang", "other_erw", 0),
        ("Kratie", "ap_minefield", 1), ("Kratie", "other_erw", 0),
        ("Pailin", "ap_minefield", 2), ("Pailin", "other_erw", 0),
    ]  # fmt: skip


def test_reported_sizes_are_parted_like_the_computed():
    table = totals(SPLIT, size="reported").set_index("province")
    assert table.loc["Pailin", ["size_m2", "near_size_m2", "far_size_m2"]].tolist() == [120, 90, 30]
    assert table.loc["Battambang", ["size_m2", "near_size_m2"]].tolist() == [1500, 900]
    with pytest.raises(RecordError, match="c: no reported size"):
        totals(
            SPLIT.assign(
                reported_size_m2=SPLIT["reported_size_m2"].where(SPLIT["hazard_id"] != "c")
            ),
            size="reported",
        )


MIXED = SPLIT.assign(kind=["ap_minefield"] * 3 + ["cluster_munition"] * 3)


def test_kinds_are_never_added_up():
    for options in ({}, {"by": []}, {"by": "district"}, {"by": ["kind"], "total": True}):
        with pytest.raises(MixedError, match="ap_minefield, cluster_munition"):
            totals(MIXED, **options)
    assert totals(MIXED, by="kind")["size_m2"].tolist() == [3120, 457]
    assert len(totals(MIXED, by=["province", "kind"])) == 4
    with pytest.raises(MixedError, match="no kind"):
        totals(SPLIT.assign(kind=["ap_minefield"] * 5 + [None]))


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("threshold_m", 7050.0),
        ("rule", "edge"),
        ("include_coast", True),
        ("border_name", "c"),
        ("border_version", "2"),
    ],
)
def test_provenances_are_never_added_up(column, other):
    mixed = SPLIT.assign(**{column: [SPLIT[column].iloc[0]] * 5 + [other]})
    with pytest.raises(MixedError, match=f"different {column}"):
        totals(mixed)
    with pytest.raises(MixedError, match=f"different {column}"):
        totals(mixed, by=[column], total=True)
    assert totals(mixed, by=[column])["hazards"].sum() == 6


def test_faults():
    with pytest.raises(OptionError, match=r"cannot group by colour: .* hazard_id"):
        totals(SPLIT, by="colour")
    with pytest.raises(OptionError, match="valid: computed, reported"):
        totals(SPLIT, size="geodesic")
    with pytest.raises(OptionError, match="valid: include, exclude, only"):
        totals(SPLIT, workbench="all")
    with pytest.raises(RecordError, match="border_split"):
        totals(SPLIT.drop(columns="zone"))


def test_a_total_is_not_without_a_unit():
    table = name_no_unit(totals(SPLIT, total=True), ["province"])
    assert table["province"].isna().tolist() == [False] * (len(table) - 1) + [True]


def test_a_place_called_total_is_a_place():
    table = totals(SPLIT.assign(province="Total", province_code="02"), total=True)
    assert table["province"].tolist()[0] == "Total"
    assert table["row"].tolist() == ["data", "total"]


def test_a_column_called_row_is_not_mixed_up_with_ours():
    own = SPLIT.assign(row=["total", "b"] * 3)
    assert totals(own, by=["row"])["row"].tolist() == ["b", "total"]
    with pytest.raises(OptionError, match="leave the total out"):
        totals(own, by=["row"], total=True)


def test_no_rows_are_no_groups():
    assert totals(SPLIT.iloc[:0]).empty
    table = totals(SPLIT.iloc[:0], total=True)
    assert figures(table) == [[0] * 6]


@given(st.data())
def test_any_order_of_rows_and_any_index_and_groups_add_up(data):
    order = data.draw(st.permutations(range(len(SPLIT))))
    frame = SPLIT.iloc[list(order)].set_axis(list("uvwxyz"))
    before = frame.copy(deep=True)
    by = data.draw(
        st.sampled_from([["province"], ["district"], ["zone"], ["in_workbench", "province"]])
    )
    table = totals(frame, by=by)
    pd.testing.assert_frame_equal(table, totals(SPLIT, by=by))
    pd.testing.assert_frame_equal(frame, before)
    assert figures(table.sum(numeric_only=True).to_frame().T[list(TOTAL_COLUMNS)]) == figures(
        totals(SPLIT, by=[])
    )
    assert (table["near_hazards"] + table["far_hazards"] == table["hazards"]).all()
    assert (table["near_size_m2"] + table["far_size_m2"] == table["size_m2"]).all()


def test_with_total_changes_no_input():
    table = totals(SPLIT)
    before = table.copy()
    assert len(with_total(table, ["province_code", "province"])) == 4
    pd.testing.assert_frame_equal(table, before)


NOWHERE = SPLIT.assign(
    province=["Pailin", None, "Battambang", "Battambang", " ", None],
    province_code=["24", None, "02", None, None, None],
    district=["Pailin", None, "Samlout", None, None, None],
    district_code=["2401", None, "0209", None, None, None],
)


def test_hazards_without_a_unit_are_named_so_and_counted_last():
    table = totals(NOWHERE.assign(province=NOWHERE["province"].replace(" ", None)), total=True)
    assert table["province"].tolist()[:4] == ["Battambang", "Pailin", "Battambang", NO_UNIT]
    assert table["row"].tolist() == ["data"] * 4 + ["total"]
    assert table["province_code"].iloc[3] is None or np.isnan(table["province_code"].iloc[3])
    assert figures(table)[3] == [3, 77, 0, 0, 3, 77]
    assert figures(table)[4] == figures(totals(SPLIT, by=[]))[0]


def test_a_district_that_is_not_recorded_is_named_so_within_its_province():
    table = totals(SPLIT, by=["district"])
    assert table["district"].tolist()[-1] != NO_UNIT
    row = table[table["district"] == NO_UNIT]
    assert row[["province", "hazards", "size_m2"]].to_numpy().tolist() == [["Kratie", 1, 7]]


def test_the_name_of_no_unit_is_no_name_where_tables_are_laid_side_by_side():
    ours = totals(NOWHERE.assign(province=NOWHERE["province"].replace(" ", None)))
    ours = ours.drop(columns="province_code").drop(index=2)
    theirs = totals(SPLIT).drop(columns="province_code")
    rows = reconcile(ours, theirs)
    lost = rows[(rows["province"] == "(not recorded)") & (rows["figure"] == "size_m2")]
    assert lost["ours"].tolist() == [77]


def test_hazards_that_may_lie_in_a_unit_because_they_name_none():
    assert without_unit(NOWHERE).tolist() == [False, True, False, False, True, True]
    assert without_unit(NOWHERE, "district").tolist() == [False, True, False, True, True, True]
    in_battambang = without_unit(NOWHERE, "district", province="02")
    assert in_battambang.tolist() == [False, True, False, True, True, True]
    in_pailin = without_unit(NOWHERE, "district", province="Pailin")
    assert in_pailin.tolist() == [False, True, False, False, True, True]
    assert without_unit(NOWHERE[["hazard_id"]]).all()
    with pytest.raises(OptionError, match="province, district"):
        without_unit(NOWHERE, "commune")


def test_a_group_that_is_misspelt_is_asked_for() -> None:
    table = pd.DataFrame(columns=["province", "district", "district_code"])
    with pytest.raises(OptionError, match=r"no such column; did you mean district\?; there"):
        group_keys(table, ["distric"])
    with pytest.raises(OptionError, match=r"no such column; there are: province"):
        group_keys(table, ["xyz"])
