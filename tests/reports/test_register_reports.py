"""Reports of the register: figures by hand, published tables, each row followed to its list."""

from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

import mine_geo as mg
from mine_geo import reports
from mine_geo.disclosure import restriction
from mine_geo.errors import MineGeoError, OptionError, RecordError, UnknownNameError
from mine_geo.geo import sample
from mine_geo.intake import read_border, read_hazards
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold
from mine_geo.reports import workbook
from mine_geo.reports.differences import operators_own, then_and_now
from mine_geo.reports.inspected import inspected
from mine_geo.reports.monthly import waiting
from mine_geo.reports.projects import usd_a_m2
from mine_geo.split.zones import border_split
from mine_geo.tables.accounts import Accounts
from mine_geo.tables.envelope import Envelope
from mine_geo.tables.published import differences, reconcile
from mine_geo.terms import ITEM_COLUMNS
from tests.exports.conftest import ATTACK
from tests.hand import lines

if TYPE_CHECKING:
    from pathlib import Path

AP, CM = "ap_minefield", "cluster_munition"
OFFICIAL_2023 = "2024-04-30T23:59:59+07:00"


@pytest.fixture(scope="module")
def log():
    told = to_events(pyogrio.read_dataframe(sample.path("ledger_events")))
    hazards = read_hazards(sample.path("ledger_hazards"))
    return pd.concat([registered_events(hazards), told], ignore_index=True)


@pytest.fixture(scope="module")
def at_2022(log):
    """The sample as the work plan has it: the end of 2022, the coast included."""
    ledger = fold(log, as_of="2022-12-31")
    left = ledger.hazards[ledger.hazards["status"] != "closed"].reset_index(drop=True)
    split = border_split(left, read_border(sample.path("border")), include_coast=True)
    about = Envelope("Monthly report", as_of="2022-12-31", threshold_m=7000.0, synthetic=True)
    return Accounts(about, ledger, split)


@pytest.fixture(scope="module")
def at_2024(sampled):
    about = Envelope("Article 7", as_of="2024-12-31", threshold_m=7000.0)
    tasks = pd.read_csv(sample.path("spot_tasks"))
    tasks = tasks.assign(**{name: None for name in ITEM_COLUMNS if name not in tasks})
    return Accounts(about, sampled.ledger, sampled.split, spot_tasks=tasks)


@pytest.fixture(scope="module")
def sections(at_2022):
    return {each.name: each for each in reports.monthly(at_2022)}


def rows_of(section, kind=AP):
    table = section.table
    if "row" in table:
        table = table[table["row"] == "data"]
    return table[table["kind"] == kind]


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("Table 1", "wp2023_table1"),
        ("Table 2", "wp2023_table2"),
        ("Table 3", "wp2023_table3"),
        ("Annex 1", "wp2023_annex1"),
    ],
)
def test_the_tables_of_a_month_are_those_of_the_work_plan(sections, name, published):
    rows = rows_of(sections[name]).drop(columns="row")
    if name == "Annex 1":
        rows = rows.drop(columns=["near_hazards", "near_size_m2", "far_hazards", "far_size_m2"])
    found = reconcile(rows, published)
    assert len(differences(found)) == 0
    assert (found["row"] == "compared").sum() == 0


FIGURES = ["near_hazards", "near_size_m2", "far_hazards", "far_size_m2"]


@pytest.mark.parametrize("name", ["Table 1", "Table 3", "Annex 1"])
def test_the_hazards_behind_a_row_add_up_to_it(at_2022, sections, name):
    """An oracle of its own: a filter of the list by each key, and sums of what is left."""
    behind = sections["Hazards behind"].table
    assert behind["hazard_id"].is_unique
    assert set(behind["hazard_id"]) == set(at_2022.split["hazard_id"])
    table = sections[name].table
    for row in table[table["row"] == "data"].to_dict("records"):
        mine = behind[behind[name] == row["key"]]
        assert (row["hazards"], row["size_m2"]) == (len(mine), mine["size_m2"].sum())
        assert set(mine["kind"]) == {row["kind"]}
        if "near_size_m2" in row:
            assert row["near_hazards"] == (mine["zone"] == "near").sum()
            assert row["near_size_m2"] == mine["near_size_m2"].sum()
    assert behind[name].notna().all()


@pytest.mark.parametrize(
    "name", ["Table 2", "Releases by year", "Releases by operator", "Releases by outcome"]
)
def test_the_events_behind_a_row_add_up_to_it(sections, name):
    behind = sections["Events behind"].table
    assert behind["event_id"].is_unique
    released = behind[["cancelled_m2", "reduced_m2", "cleared_m2"]].sum(axis=1)
    counted = 0
    table = sections[name].table
    for row in table[table["row"] == "data"].to_dict("records"):
        mine = behind[name] == row["key"]
        assert row["released_m2"] == released[mine].sum()
        if "confirmed_m2" in row:
            assert row["confirmed_m2"] == behind.loc[mine, "confirmed_m2"].sum()
        counted += int(mine.sum())
    assert counted == behind[name].notna().sum()


def test_flows_balance_and_are_followed(sections):
    behind = sections["Events behind"].table
    for name in ("Flows of the period", "Flows of the year"):
        for row in sections[name].table.to_dict("records"):
            mine = behind[behind[name] == row["key"]]
            up = ["registered_m2", "amended_m2", "transferred_m2"]
            down = ["cancelled_m2", "reduced_m2", "cleared_m2"]
            assert [row[each] for each in up + down] == mine[up + down].sum().tolist()
            change = sum(row[each] for each in up) - sum(row[each] for each in down)
            assert row["opening_m2"] + change == row["remaining_m2"]


def test_half_of_2023_was_known_a_year_later(log):
    """19.40 km² were official, 38.24 in all; the difference is followed to single events."""
    now = fold(log, as_of="2023-12-31")
    then = fold(log, as_of="2023-12-31", known_at=OFFICIAL_2023)
    accounts = Accounts(Envelope(as_of="2023-12-31"), now, now.hazards)
    section = then_and_now(accounts, then)
    table = section.table
    cleared = table[(table["outcome"] == "cleared") & (table["kind"] == CM)]
    by_year = cleared.groupby("year")[["then_m2", "now_m2", "difference_m2"]].sum()
    assert by_year.loc[2023].round(-4).tolist() == [19_400_000, 38_240_000, 18_840_000]
    effects = now.effects.set_index("event_id")
    late = effects[effects["recorded_at"] > pd.Timestamp(OFFICIAL_2023)]
    late = late[late["event_type"] == "cleared"]
    assert set(late.index) <= set(section.events.index)
    for row in cleared.to_dict("records"):
        keyed = section.events.index[section.events == row["key"]]
        mine, before = (
            each.effects.set_index("event_id")["cleared_m2"].reindex(keyed).fillna(0).sum()
            for each in (now, then)
        )
        assert row["difference_m2"] == mine - before
        assert row["events"] == len(keyed)
    assert any("19,402,097 m² then, 38,238,867 m² now" in note for note in section.notes)


def own(*rows):
    columns = ["operator", "outcome", "kind", "year", "reported_m2", "submunitions", "source"]
    table = pd.DataFrame(list(rows), columns=columns)
    more = ["province", "province_code", "ap_mines", "av_mines", "uxo"]
    return table.assign(**dict.fromkeys(more))


def test_the_register_beside_what_operators_say_of_2024(at_2024):
    told = own(
        ("all", "cleared", CM, 2024, 56_300_000.0, 8_110, "CMR 2025"),
        ("MAG", "cleared", CM, 2024, 8_670_000.0, None, "MAG"),
        ("NPA", "cancelled", CM, 2024, 9_700_000.0, None, "NPA"),
        ("Nobody", "cleared", CM, 2024, None, 5, "nobody"),
    )
    section = operators_own(dataclasses.replace(at_2024, operator_totals=told))
    rows = section.table.set_index(["operator", "outcome"])
    every = rows.loc[("all", "cleared")]
    assert (every["register_m2"], every["own_m2"]) == (55_246_106, 56_300_000)
    assert every["difference_m2"] == -1_053_894
    assert (every["register_submunitions"], every["own_submunitions"]) == (8_678, 8_110)
    assert every["difference_submunitions"] == 568
    assert round(rows.loc[("MAG", "cleared"), "register_m2"] / 1e6, 2) == 9.43
    assert round(rows.loc[("NPA", "cancelled"), "register_m2"] / 1e6, 2) == 9.13
    nobody = rows.loc[("Nobody", "cleared")]
    assert nobody["register_m2"] == 0
    assert pd.isna(nobody["difference_m2"])
    assert pd.isna(nobody["register_submunitions"])
    effects = at_2024.fold.effects.set_index("event_id")
    for row in section.table.to_dict("records"):
        mine = section.events.index[
            section.events.str.split().map(lambda ks, k=row["key"]: k in ks)
        ]
        assert effects.loc[mine, f"{row['outcome']}_m2"].sum() == row["register_m2"]
    first = section.table.loc[section.table["operator"] == "all", "key"].iloc[0]
    spots = section.spots.index[section.spots.str.contains(first)]
    tasks = at_2024.spot_tasks.set_index("task_id").loc[spots, "submunitions"].sum()
    assert tasks == 698


def test_the_areas_of_article_7_are_those_of_the_cluster_report(at_2024):
    made = {each.name: each for each in reports.article7(at_2024)}
    areas = made["Areas CM"].table
    areas = areas[areas["row"] == "data"]
    sides = areas.pivot_table(
        index=["province", "province_code"],
        columns="area_type",
        values=["hazards", "size_m2"],
        aggfunc="sum",
        fill_value=0,
    )
    sides.columns = [f"{area.lower()}_{name}" for name, area in sides.columns]
    found = reconcile(sides.reset_index(), "cmr2024_table1")
    assert len(differences(found)) == 0
    assert {"cha_size_m2", "sha_hazards"} <= set(found["figure"])
    released = made["Released CM"].table
    total = released[released["row"] == "total"].iloc[0]
    assert (total["cleared_m2"], total["reduced_m2"], total["cancelled_m2"]) == (
        55_246_106,
        4_436_132,
        9_208_364,
    )
    items = made["Items CM"]
    assert items.table.loc[items.table["row"] == "total", "submunitions"].tolist() == [7_980]
    assert "698 submunitions" in items.notes[-1]
    assert made["Areas AV"].notes == ("No hazard of this kind remains on 2024-12-31.",)
    behind = made["Hazards behind"].table
    for row in areas.to_dict("records"):
        mine = behind[behind["Areas CM"] == row["key"]]
        assert (row["hazards"], row["size_m2"]) == (len(mine), mine["size_m2"].sum())
    events = made["Events behind"].table
    for row in released[released["row"] == "data"].to_dict("records"):
        mine = events[events["Released CM"] == row["key"]]
        assert row["cleared_m2"] == mine["cleared_m2"].sum()
        assert row["confirmed_m2"] == mine["confirmed_m2"].sum()


def rectangle(size_m2: int, place: int) -> shapely.Polygon:
    """Return a rectangle of exactly so many whole m², found by halving its width."""
    south = 12.5 + place * 0.01
    low, high = 0.0, 0.05
    while True:
        width = (low + high) / 2
        drawn = shapely.box(103, south, 103 + width, south + 0.005)
        found = int(mg.size_m2(gpd.GeoSeries([drawn], crs=4326))[0])
        if found == size_m2:
            return drawn
        low, high = (width, high) if found < size_m2 else (low, width)


def accounts_of(hazards, told=None, day="2022-12-31", **more) -> Accounts:
    parts = [registered_events(hazards)]
    parts += [] if told is None else [to_events(told)]
    ledger = fold(pd.concat(parts, ignore_index=True), as_of=day)
    left = ledger.hazards[ledger.hazards["status"] != "closed"].reset_index(drop=True)
    border = lines([(102.95, 12), (102.95, 14)], neighbour="THA", accuracy_m=5.0)
    return Accounts(
        Envelope("By hand", as_of=day, known_at="2023-01-01T00:00:00.000Z", threshold_m=7000.0),
        ledger,
        border_split(left, border),
        **more,
    )


def one() -> gpd.GeoDataFrame:
    land = [shapely.box(103, 13, 103.01, 13.01)]
    columns = {"hazard_id": ["A"], "kind": AP, "surveyed_on": "2020-01-31"}
    return gpd.GeoDataFrame(columns, geometry=land, crs=4326)


def project(count: int = 33) -> Accounts:
    sizes = [59_760] * (count - 1) + [1_972_091 - 59_760 * (count - 1)]
    drawn = [rectangle(size, place) for place, size in enumerate(sizes)]
    ids = [f"P-{place:02}" for place in range(count)]
    fields = gpd.GeoDataFrame(
        {"hazard_id": ids, "kind": AP, "province": "Battambang", "surveyed_on": "2020-01-31"},
        geometry=drawn,
        crs=4326,
    )
    told = gpd.GeoDataFrame(
        {
            "event_id": [f"C-{each}" for each in ids],
            "hazard_id": ids,
            "event_type": "cleared",
            "happened_on": "2022-05-01",
            "recorded_at": "2022-06-02T08:00:00Z",
        },
        geometry=drawn,
        crs=4326,
    )
    return accounts_of(mg.to_hazards(fields), told)


def test_a_project_of_33_minefields_cost_21_64_cents_a_square_metre():
    accounts = project()
    ids = accounts.fold.hazards["hazard_id"].tolist()
    people = pd.DataFrame({"sex": ["female", "male"], "age": "adult", "people": [120, 7]})
    found = reports.donor(accounts, ids, cost_usd=426_709, beneficiaries=people)
    summary = found[0].table.set_index("what")["value"]
    assert summary["Hazards"] == summary["Closed"] == 33
    assert summary["Released, m²"] == summary["Cleared, m²"] == 1_972_091
    assert round(summary["USD a m²"], 4) == 0.2164
    assert summary["People"] == 127
    polygons = next(each for each in found if each.name == "Polygons").table
    assert polygons.loc[polygons["row"] == "total", "released_m2"].tolist() == [1_972_091]
    before = reports.donor(accounts, ids[:2], since="2022-05-01")
    said = before[0].table.set_index("what")["value"]
    assert said["Released, m²"] == 0
    assert "USD a m²" not in said
    assert any("Cost, USD" in note for note in before[0].notes)
    assert usd_a_m2(1.0, 0) is None


def test_projects_that_are_none_are_refused():
    accounts = project(2)
    with pytest.raises(OptionError, match="no hazard of the project"):
        reports.donor(accounts, [])
    with pytest.raises(RecordError, match="P-00: twice"):
        reports.donor(accounts, ["P-00", "P-00"])
    with pytest.raises(UnknownNameError, match="P-99"):
        reports.donor(accounts, ["P-99"])
    with pytest.raises(OptionError, match="0 USD or more"):
        reports.donor(accounts, ["P-00"], cost_usd=float("nan"))
    with pytest.raises(UnknownNameError, match="no programme"):
        reports.members(accounts, "Donor")


def test_waiting_days_are_those_worked_out_by_hand():
    """Ten reports waited 1, 2 … 10 days: the median is 5.5, nine in ten waited at most 9.1."""
    received = pd.Timestamp("2022-12-01T00:00:00Z")
    decided = [received + pd.Timedelta(days=each) for each in range(1, 11)]
    desk = pd.DataFrame(
        {
            "submission_id": "S-0001",
            "record": range(1, 13),
            "what": "reports",
            "kind": None,
            "size_m2": 100,
            "state": ["accepted"] * 10 + ["waiting", "rejected"],
            "received_at": received,
            "decided_at": [*decided, pd.NaT, received + pd.Timedelta(hours=12)],
        }
    )
    hazards = mg.to_hazards(one())
    table = waiting(accounts_of(hazards, desk=desk)).table.set_index("state")
    assert table["records"].to_dict() == {"accepted": 10, "rejected": 1, "waiting": 1}
    assert table.loc["accepted", ["median_days", "p90_days"]].tolist() == [5.5, 9.1]
    assert table.loc["rejected", "median_days"] == 0.5
    assert table.loc["waiting", "median_days"] == 31.0
    assert table.loc["accepted", "size_m2"] == 1000


def test_inspections_are_counted_up_to_the_day(by_hand):
    told = pd.DataFrame(
        {
            "entry_id": ["I-1", "I-2", "I-3", "I-4"],
            "hazard_id": ["AP-1", "AP-1", "AP-2", "AP-1"],
            "event_id": ["CL-1", None, None, None],
            "inspected_on": pd.to_datetime(
                ["2022-06-01", "2022-07-01", "2022-08-01", "2023-02-01"]
            ),
            "sample_m2": pd.array([500, None, 300, 900], dtype="Int64"),
            "verdict": ["passed", "failed", "failed", "passed"],
            "recleared_on": pd.to_datetime([None, "2022-09-01", "2023-01-15", None]),
        }
    )
    accounts = Accounts(
        Envelope(as_of="2022-12-31"), by_hand.ledger, by_hand.split, inspections=told
    )
    section = inspected(accounts)
    rows = section.table[section.table["row"] == "data"].set_index("operator")
    figures = ["inspections", "sample_m2", "unsaid", "passed", "failed", "cleared_again"]
    assert rows.loc["CMAC", figures].tolist() == [2, 500, 1, 1, 1, 1]
    assert rows.loc["MAG", figures].tolist() == [1, 300, 0, 0, 1, 0]
    assert section.events.to_dict() == {"CL-1": rows.loc["CMAC", "key"]}


def cells(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_a_workbook_holds_numbers_and_texts_and_is_ready_to_be_printed(at_2022, tmp_path: Path):
    small = dataclasses.replace(
        at_2022,
        split=at_2022.split[at_2022.split["province"] == "Pailin"],
        fold=at_2022.fold.only(
            at_2022.fold.hazards.loc[at_2022.fold.hazards["province"] == "Pailin", "hazard_id"]
        ),
    )
    made = reports.monthly(small)
    place = reports.save(tmp_path / "m.xlsx", made, small.about)
    assert restriction.kind_of(place) == "restricted"
    assert place.stat().st_mode & 0o777 == 0o600
    content = place.read_bytes()
    assert content == workbook.content(made, small.about)
    book = openpyxl.load_workbook(place)
    assert book.sheetnames == [each.name for each in made]
    for section, sheet in zip(made, book, strict=True):
        assert sheet.cell(1, 1).value.startswith("RESTRICTED")
        assert "SYNTHETIC" in sheet.cell(2, 1).value
        assert sheet.freeze_panes
        assert sheet.print_area
        assert sheet.print_title_rows
        assert sheet.oddHeader.center.text.startswith("RESTRICTED")
        assert "&P" in sheet.oddFooter.right.text
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        asked = section.chart
        assert len(sheet._charts) == (0 if asked is None else section.table["kind"].nunique())
    sheet = book["Table 3"]
    heads = {
        cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value == "Near, m²"
    }
    (head,) = heads.values()
    value = sheet.cell(head.row + 1, head.column)
    assert value.value == 12_430_240
    assert value.number_format == "#,##0"


def test_hostile_texts_stay_texts():
    box = shapely.box(103, 13, 103.01, 13.01)
    evil = "=HYPERLINK(1)" + ATTACK + "\x01"
    fields = gpd.GeoDataFrame(
        {"hazard_id": ["=A"], "kind": AP, "operator": ["=1+1"], "province": ["+1&P"]},
        geometry=[box],
        crs=4326,
    )
    accounts = accounts_of(mg.to_hazards(fields.assign(surveyed_on="2020-01-31")))
    named = dataclasses.replace(accounts.about, title="=&P", store="=store")
    worse = accounts.split.assign(operator=evil)
    made = reports.monthly(dataclasses.replace(accounts, about=named, split=worse))
    book = openpyxl.load_workbook(io.BytesIO(workbook.content(made, named)))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert any(
        "HYPERLINK" in str(cell)
        for row in cells(workbook.content(made, named))["Hazards behind"]
        for cell in row
    )


def docx_rows(place: Path) -> tuple[str, list[list[list[str]]]]:
    document = docx.Document(place)
    text = "\n".join(each.text for each in document.paragraphs)
    head = document.sections[0].header.paragraphs[0].text
    tables = [[[c.text for c in row.cells] for row in table.rows] for table in document.tables]
    return f"{head}\n{text}", tables


def test_a_document_holds_each_figure_of_the_sections(by_hand, tmp_path: Path):
    about = Envelope("Monthly report", as_of="2022-12-31", threshold_m=7000.0, synthetic=True)
    accounts = Accounts(about, by_hand.ledger, by_hand.split)
    for form, make in (("monthly", reports.monthly), ("article7", reports.article7)):
        made = make(accounts)
        place = reports.save(tmp_path / f"{form}.docx", made, about, form=form)
        text, tables = docx_rows(place)
        assert text.startswith("RESTRICTED")
        assert "SYNTHETIC" in text
        assert "{" not in text
        shown = [each for each in made if not each.name.endswith("behind")]
        assert all(each.title in text for each in shown)
        full = [each for each in shown if len(each.table)]
        assert len(tables) == len(full)
        for section, rows in zip(full, tables, strict=True):
            assert len(rows) == len(section.table) + 1
            for name in section.table.columns.drop(["row", "key"], errors="ignore"):
                at = rows[0].index(section.heading(str(name)))
                if name.endswith("_m2"):
                    ours = section.table[name].map(
                        lambda v: "\N{EN DASH}" if pd.isna(v) else f"{v:,}"
                    )
                    assert [row[at] for row in rows[1:]] == ours.tolist()
        assert restriction.kind_of(place) == "restricted"
        again = reports.save(tmp_path / "again.docx", made, about, form=form)
        assert again.read_bytes() == place.read_bytes()


def test_a_template_of_the_office_is_filled_or_refused(by_hand, tmp_path: Path):
    about = Envelope("Report", as_of="2022-12-31", threshold_m=7000.0)
    made = reports.monthly(Accounts(about, by_hand.ledger, by_hand.split))
    own_one = docx.Document()
    own_one.add_paragraph(
        "{{ restricted }} {% for row in table_1 %}{{ row.province }}={{ row.size_m2 }};{% endfor %}"
    )
    own_one.save(tmp_path / "own.docx")
    place = tmp_path / "out.docx"
    reports.save(place, made, about, template=tmp_path / "own.docx")
    size = by_hand.split.loc[by_hand.split["kind"] == AP, "size_m2"].sum()
    assert f"Battambang={size:,};Total={size:,};" in docx_rows(place)[0]
    wrong = docx.Document()
    wrong.add_paragraph("{{ restricted }} {{ table_99 }}")
    wrong.save(tmp_path / "wrong.docx")
    with pytest.raises(OptionError, match="table_99 is unknown"):
        reports.save(place, made, about, template=tmp_path / "wrong.docx")
    with pytest.raises(OptionError, match="no template"):
        reports.save(place, made, about)
    with pytest.raises(OptionError, match=r"valid: \.xlsx, \.docx"):
        reports.save(tmp_path / "out.odt", made, about)
    with pytest.raises(OptionError, match=r"a template is for \.docx"):
        reports.save(tmp_path / "out.xlsx", made, about, template=tmp_path / "own.docx")


def test_a_register_of_nothing_has_a_report():
    accounts = accounts_of(mg.to_hazards(one()))
    for made in (reports.monthly(accounts), reports.article7(accounts)):
        assert workbook.content(made, accounts.about)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sex,people\nmale,1\n", "no column age"),
        ("sex,age,people\nman,adult,1\n", "sex man is unknown; valid: female, male, unknown"),
        ("sex,age,people\nmale,old,1\n", "age old is unknown"),
        ("sex,age,people\nmale,adult,1\nmale,adult,1.5\n", "people of row 2"),
        ("sex,age,people\nmale,adult,-1\n", "people of row 1"),
        ("sex,age,people\nmale,adult,\n", "people of row 1"),
    ],
)
def test_files_of_people_that_are_none_are_refused(tmp_path: Path, text, said):
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(MineGeoError, match=said):
        reports.read_beneficiaries(path)


def test_the_same_day_moment_and_versions_give_the_same_report_later(tmp_path: Path):
    """Later events, entries, a decision, another border and other districts change nothing."""
    fields = gpd.GeoDataFrame(
        {
            "hazard_id": ["AP-1", "AP-2"],
            "kind": AP,
            "area_type": "SHA",
            "province": "Battambang",
            "district": "Samlout",
            "operator": "MAG",
            "surveyed_on": "2020-01-31",
        },
        geometry=shapely.box([103, 103.01], 13, [103.01, 103.02], 13.01),
        crs=4326,
    )
    half = shapely.box(103, 13, 103.005, 13.01)
    with mg.create_store(tmp_path / "register.gpkg") as store:
        store.load_border(lines([(102.94, 12), (102.94, 14)], neighbour="THA"), version="1")
        units = mg.read_admin(sample.path("districts"))
        store.load_admin(units, name="cells", version="1")
        store.register(fields)
        store.record("AP-1", "cleared", half, happened_on="2022-05-01", operator="MAG")
        waits = fields.assign(hazard_id=["AP-8", "AP-9"]).set_geometry(
            fields.geometry.translate(0.1)
        )
        waits.to_file(tmp_path / "waits.gpkg")
        submission = store.submit(tmp_path / "waits.gpkg", what="hazards")
        then = store.last_moment()
        named = {"as_of": "2022-12-31", "known_at": then, "border": "1", "districts": "1"}
        first = made(store, **named)
        store.record("AP-2", "cancelled", fields.geometry[1], happened_on="2022-06-01")
        store.confirm("AP-1", happened_on="2022-07-01")
        store.record_spot_task(happened_on="2022-05-01", uxo=2, province="Battambang")
        store.accept(submission, records=[1])
        store.reject(submission, records=[2], reason="twice")
        store.load_border(lines([(103.0, 12), (103.0, 14)], neighbour="THA"), version="2")
        store.load_admin(units.iloc[1:], name="cells", version="2")
        assert made(store, **named) == first
        other = made(store, as_of="2022-12-31")
        assert other["Table 1"] != first["Table 1"]
        assert other["Workbench"] != first["Workbench"]
        remains = store.balance(as_of="2022-12-31", kind=AP)["remaining_m2"].iloc[0]
        flows = reports.monthly(store.accounts(as_of="2022-12-31"))
        section = next(each for each in flows if each.name == "Flows of the period")
        assert section.table["remaining_m2"].tolist() == [remains]


def made(store, **named):
    accounts = store.accounts(**named)
    return cells(workbook.content(reports.monthly(accounts), accounts.about))
