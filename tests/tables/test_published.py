"""Published tables: as printed, checked, and laid beside ours without losing a row."""

import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import MixedError, OptionError, RecordError, UnknownNameError
from mine_geo.geo import sample
from mine_geo.intake import read_border, read_hazards
from mine_geo.split.zones import border_split
from mine_geo.tables import published
from mine_geo.tables.published import differences, published_names, published_table, reconcile
from mine_geo.tables.totals import totals

TABLE_3 = {
    "Preah Vihear": (523, 96396893, 381, 53004718),
    "Battambang": (482, 32109629, 769, 80641815),
    "Banteay Meanchey": (1412, 85312931, 252, 18268116),
    "Oddar Meanchey": (660, 69454552, 351, 20848841),
    "Pursat": (395, 34581094, 327, 37727132),
    "Koh Kong": (324, 20403677, 31, 2442908),
    "Pailin": (256, 12430240, 71, 5223806),
    "Siem Reap": (0, 0, 568, 48257278),
    "Kampong Thom": (0, 0, 410, 37589564),
    "Kratie": (13, 917225, 90, 14986169),
    "Mondul Kiri": (0, 0, 62, 8399249),
    "Ratanak Kiri": (10, 1796578, 5, 492096),
}
FIGURES_3 = ["near_hazards", "near_size_m2", "far_hazards", "far_size_m2"]


@pytest.fixture(name="table_3")
def _table_3():
    rows = [(name, *figures) for name, figures in TABLE_3.items()]
    return pd.DataFrame(rows, columns=["province", *FIGURES_3])


def called(rows, name="province"):
    """Return what each row is of: a name, or what a row of sums says that it is."""
    return rows[name].where(rows["row"] == "data", rows["row"])


def test_table_3_as_printed():
    table = published_table("wp2023_table3")
    assert dict(zip(table["province"], table[FIGURES_3].to_numpy().tolist(), strict=True)) == {
        name: list(figures) for name, figures in TABLE_3.items()
    }
    assert table["province_code"].tolist()[:3] == ["13", "02", "01"]
    assert (table[FIGURES_3].dtypes == "int64").all()
    assert table[FIGURES_3].sum().tolist() == [4075, 353402819, 3317, 327881692]


def test_the_printed_total_is_kept_when_asked():
    last = published_table("wp2023_table3", total=True).iloc[-1]
    assert last["row"] == "total"
    assert last["province"] is None
    assert last["province_code"] is None
    assert last[FIGURES_3].tolist() == [4075, 353402819, 3317, 327881692]


def test_annex_1_by_district():
    table = published_table("wp2023_annex1")
    assert len(table) == 76
    assert table["district_code"].is_unique
    assert (table["district_code"].str[:2] == table["province_code"]).all()
    assert table["hazards"].sum() == 7392
    assert table["size_m2"].sum() == 681284511
    samlout = table[table["district_code"] == "0209"].iloc[0]
    assert (samlout["district"], samlout["hazards"], samlout["size_m2"]) == (
        "Samlout",
        665,
        54935143,
    )
    assert table.loc[table["province"] == "Koh Kong", "hazards"].tolist() == [26, 33, 7, 276, 1, 12]
    assert set(table["difficulty"]) == {"high", "medium"}
    whole = published_table("wp2023_annex1", total=True)
    assert whole["row"].tolist() == ["data"] * 76 + ["total"] * (len(whole) - 76)
    subtotals = whole.iloc[76:]
    assert subtotals["district"].isna().all()
    assert subtotals["province_code"].nunique() == 12


def test_blanks_of_table_2_are_nothing_released():
    table = published_table("wp2023_table2").set_index("province")
    assert table.loc["Koh Kong"].tolist()[1:] == [91300, 0, 0]
    assert table.loc["Kep"].tolist()[1:] == [0, 190644, 878660]
    assert table.drop(columns="province_code").sum().tolist() == [89900733, 111839103, 191541632]


def test_the_two_stocks_of_681_km2_stay_apart():
    cluster = published_table("cmr2024_table1")
    assert cluster["size_m2"].sum() == 681218117
    assert cluster["cha_hazards"].sum() == 715
    assert cluster["sha_hazards"].sum() == 1614
    assert (cluster["cha_size_m2"] + cluster["sha_size_m2"] == cluster["size_m2"]).all()


@pytest.mark.parametrize("name", published_names())
def test_every_table_reads_and_has_no_total_row(name):
    table = published_table(name)
    with (sample.path("published") / f"{name}.csv").open(encoding="utf-8") as file:
        printed = list(csv.DictReader(file))
    totals = [row for row in printed if any(v.startswith("Total") for v in row.values())]
    assert len(table) == len(printed) - len(totals)
    assert len(published_table(name, total=True)) == len(printed)
    assert not table.astype(object).isin(["Total", "Totals"]).any().any()


def test_an_unknown_table_lists_the_valid_ones():
    with pytest.raises(OptionError, match=r"'wp2023_table9' is unknown; valid: .*wp2023_table3"):
        published_table("wp2023_table9")


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    good = (sample.path("published") / "wp2023_table3.csv").read_text(encoding="utf-8")
    (tmp_path / "wp2023_table3.csv").write_text(good.replace("523,", "524,"), encoding="utf-8")
    monkeypatch.setattr(published.sample, "path", lambda _: tmp_path)
    with pytest.raises(RecordError, match="near_hazards adds up to 4076, its total row says 4075"):
        published_table("wp2023_table3")


def test_reconcile_without_a_difference(table_3):
    rows = reconcile(table_3, "wp2023_table3")
    assert rows.columns.tolist() == [
        "row",
        "province",
        "province_code",
        "figure",
        "ours",
        "published",
        "difference",
    ]
    assert len(rows) == (12 + 1) * 4
    assert differences(rows).empty
    assert rows["row"].tolist() == ["data"] * 48 + ["total"] * 4
    assert rows["province"].isna().tolist() == [False] * 48 + [True] * 4
    assert rows["ours"].tolist()[-4:] == [4075, 353402819, 3317, 327881692]
    assert rows["ours"].dtype == "Int64"


def test_reconcile_names_each_difference(table_3):
    koh_kong = table_3["province"] == "Koh Kong"
    table_3.loc[koh_kong, FIGURES_3] = [276, 17621716, 79, 5224869]
    rows = differences(reconcile(table_3, "wp2023_table3"))
    assert called(rows).unique().tolist() == ["Koh Kong", "total"]
    assert rows["difference"].tolist() == [-48, -2781961, 48, 2781961] * 2


def test_reconcile_keeps_rows_of_one_side_only(table_3):
    ours = table_3[table_3["province"] != "Kratie"].copy()
    ours.loc[len(ours) + 5] = ["Kandal", 1, 100, 0, 0]
    rows = reconcile(ours, "wp2023_table3")
    rows = rows.set_index([called(rows), "figure"])
    kratie = rows.loc[("Kratie", "far_hazards")]
    assert pd.isna(kratie["ours"])
    assert kratie["published"] == 90
    assert pd.isna(kratie["difference"])
    kandal = rows.loc[("Kandal", "near_size_m2")]
    assert kandal["province_code"] == "08"
    assert kandal["ours"] == 100
    assert pd.isna(kandal["published"])
    total = rows.loc[("total", "near_hazards")]
    assert (total["ours"], total["published"]) == (4075 - 13 + 1, 4075)
    assert pd.isna(total["difference"])
    compared = rows.loc[("compared", "near_hazards")]
    assert compared[["ours", "published", "difference"]].tolist() == [4075 - 13, 4075 - 13, 0]
    assert len(differences(rows)) == 4 + 4 + 4


def test_reconcile_shows_hazards_without_a_province(table_3):
    table_3["province_code"] = [
        published.admin_names.province_code(name) for name in table_3["province"]
    ]
    table_3.loc[12] = [None, 2, 50, 0, 0, None]
    rows = differences(reconcile(table_3, "wp2023_table3"))
    assert called(rows).tolist() == ["(not recorded)"] * 4 + ["total"] * 4
    ours = [2, 50, 0, 0, 4077, 353402869, 3317, 327881692]
    assert rows["ours"].tolist() == ours
    assert rows["difference"].isna().all()


def test_reconcile_adds_a_finer_table_up():
    assert differences(reconcile(published_table("wp2023_annex1"), "wp2023_table1")).empty
    assert len(reconcile(published_table("wp2023_annex1"), "wp2023_annex1")) == (76 + 1) * 2 + 76


@given(st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)), st.integers(-5, 5))
def test_what_is_known_adds_up_and_what_is_not_is_no_figure(ours, theirs, more):
    """Of any part of the register beside any part of the table."""
    table = published_table("wp2023_table3")
    mine = table.iloc[sorted(ours)].assign(near_hazards=lambda rows: rows["near_hazards"] + more)
    rows = reconcile(mine, table.iloc[sorted(theirs)])
    for figure in FIGURES_3:
        part = rows[rows["figure"] == figure].set_index("row", drop=False)
        places, total = part[part["row"] == "data"], part.loc["total"]
        assert places["ours"].sum() == (total["ours"] if ours else 0)
        assert places["published"].sum() == (total["published"] if theirs else 0)
        one_sided = places["difference"].isna()
        assert one_sided.sum() == len(ours ^ theirs)
        assert one_sided.equals(places["ours"].isna() | places["published"].isna())
        sums = part.loc["compared" if one_sided.any() else "total"]
        assert pd.isna(total["difference"]) == bool(one_sided.any() or not ours or not theirs)
        if ours & theirs:
            known = places[~one_sided]
            assert sums[["ours", "published", "difference"]].tolist() == [
                known[name].sum() for name in ("ours", "published", "difference")
            ]
            assert known["difference"].sum() == (more if figure == FIGURES_3[0] else 0) * len(known)


def test_a_province_alone_is_compared_with_its_own_rows(table_3):
    rows = reconcile(table_3[table_3["province"] == "Pursat"], "wp2023_table3", province="PUS")
    assert called(rows).tolist() == ["Pursat"] * 4 + ["total"] * 4
    assert rows["ours"].tolist() == [395, 34_581_094, 327, 37_727_132] * 2
    assert rows["difference"].tolist() == [0] * 8
    assert reconcile(table_3, "wp2023_table3", province="Pursat").equals(rows)
    annex = published_table("wp2023_annex1", total=True)
    districts = reconcile(annex, "wp2023_annex1", province="15")
    assert differences(districts).empty
    last = districts[districts["row"] == "total"].set_index("figure")["ours"]
    assert last.to_dict() == {"hazards": 722, "size_m2": 72_308_226}
    with pytest.raises(UnknownNameError):
        reconcile(table_3, "wp2023_table3", province="Pursad")
    with pytest.raises(OptionError, match="no provinces"):
        reconcile(published_table("cmr2024_table9"), "cmr2024_table9", province="Pursat")


def test_reconcile_takes_total_rows_as_checks(table_3):
    whole = pd.DataFrame([["Total", 4075, 353402819, 3317, 327881692]], columns=table_3.columns)
    with_total = pd.concat([table_3, whole], ignore_index=True)
    assert differences(reconcile(with_total, "wp2023_table3")).empty
    with_total.loc[12, "near_hazards"] = 1
    with pytest.raises(RecordError, match="our table: near_hazards adds up to 4075"):
        reconcile(with_total, "wp2023_table3")


@pytest.mark.parametrize("null", ["", None])
def test_a_total_row_may_have_a_blank_code(table_3, null):
    codes = [published.admin_names.province_code(name) for name in table_3["province"]]
    coded = table_3.assign(province_code=codes)
    coded.loc[12] = ["Total", 4075, 353402819, 3317, 327881692, null]
    rows = reconcile(coded, "wp2023_table3")
    assert differences(rows).empty
    assert len(rows) == 13 * 4


def test_totals_of_the_sample_give_the_published_tables():
    hazards = read_hazards(sample.path("minefields"))
    border = read_border(sample.path("border"))
    coast = border_split(hazards, border, include_coast=True)
    by_province = totals(coast, by=["province"], total=True)
    assert differences(reconcile(by_province, "wp2023_table3")).empty
    by_district = totals(coast, by=["province", "district"], total=True)
    for name in ("wp2023_annex1", "wp2023_table1", "wp2023_table3"):
        assert differences(reconcile(by_district, name)).empty, name
    land = totals(border_split(hazards, border), by="province")
    rows = differences(reconcile(land, "wp2023_table3"))
    assert called(rows).unique().tolist() == ["Koh Kong", "total"]
    assert rows["difference"].tolist() == [-48, -2781961, 48, 2781961] * 2


def test_reconcile_refuses_what_cannot_be_compared(table_3):
    with pytest.raises(RecordError, match="common figures"):
        reconcile(table_3[["province"]], "wp2023_table3")
    with pytest.raises(RecordError, match="our table has no district_code"):
        reconcile(table_3.rename(columns={"near_hazards": "hazards"}), "wp2023_annex1")
    with pytest.raises(MixedError, match="ap_minefield, cluster_munition"):
        reconcile(table_3.assign(kind=["ap_minefield", "cluster_munition"] * 6), "wp2023_table3")
    with pytest.raises(UnknownNameError, match="no province 'Atlantis'"):
        reconcile(table_3.replace("Kratie", "Atlantis"), "wp2023_table3")


def test_reconcile_by_year_and_activity():
    years = reconcile(pd.DataFrame({"year": [2024], "cleared_km2": [56.3]}), "cmr2024_table9")
    assert called(years, "year").tolist() == [
        *("2024", "2023", "2022", "2021", "2020"), "compared", "total",
    ]  # fmt: skip
    assert years.loc[0, "difference"] == pytest.approx(1.05)
    activities = reconcile(published_table("cmr2024_table5"), "cmr2024_table5")
    assert set(activities["row"]) == {"data"}


def test_input_is_not_changed(table_3):
    before = table_3.copy(deep=True)
    reconcile(table_3, "wp2023_table3")
    pd.testing.assert_frame_equal(table_3, before)
