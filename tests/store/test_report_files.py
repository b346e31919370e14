"""Files of reports as offices write them: submitted, accepted, and what the ledger then says."""

import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from mine_geo import errors
from mine_geo.cli import main
from mine_geo.intake import read, read_hazards, read_reports
from mine_geo.store import Store, create_store
from tests.reports_register import REPORTS, hazards, square

WKT, EASTINGS = "EPSG:4326", "EPSG:32648"


def submit(desk: Store, path: Path, crs: str = WKT, **how: object) -> str:
    return desk.submit(read(path, what="reports", crs=crs, **how))


def accepted(desk: Store, name: str, **word: object) -> pd.DataFrame:
    """Accept all that can be; return the releases, one row each with its effective m²."""
    desk.accept(name, **word)
    assert desk.rebuild().empty
    names = ["AP-001", "AP-002"]
    events = pd.concat([desk.history(name).assign(hazard_id=name) for name in names])
    return events[events["event_type"].isin(["cleared", "reduced", "cancelled"])]


@pytest.mark.parametrize(
    ("name", "crs", "types", "days", "sizes"),
    [
        # 80 m and 120 m of 200 m: 16,000 and 24,000 m² of the plane, 15,990 and 23,985 on earth.
        ("c3c.csv", EASTINGS, ["cleared"] * 2, ["2024-05-03", "2024-06-03"], [15_990, 23_985]),
        ("c3d.csv", EASTINGS, ["cleared"] * 2, ["2024-05-03"] * 2, [15_990, 15_990]),
        # 40 m by 100 m and a triangle of 40 m by 100 m: 6,000 m² of the plane.
        ("c21x.csv", EASTINGS, ["cleared", "reduced"], ["2024-05-03", "2024-09-09"], [5997, 5996]),
        ("c51.xlsx", EASTINGS, ["cleared", "reduced"], ["2024-05-03", "2024-05-04"], [5997, 5996]),
    ],
)
def test_turning_points_of_two_reports_on_one_hazard(desk, name, crs, types, days, sizes):
    done = accepted(desk, submit(desk, REPORTS / name, crs)).sort_values("report_ref")
    assert done["report_ref"].tolist() == ["CR-1", "CR-2"]
    assert done["event_type"].tolist() == types
    assert done["happened_on"].astype(str).tolist() == days
    assert done["released_m2"].tolist() == pytest.approx(sizes, abs=1)
    left = desk.hazards().set_index("hazard_id")["size_m2"].get("AP-001", 0)
    assert sum(sizes) + left == pytest.approx(39_975, abs=2)


MIXED = """hazard_id,outcome,completion_date,point_no,easting,northing
AP-001,Cleared,2024-05-03,1,261000,1445200
AP-001,Cleared,2024-05-03,2,261000,1445000
AP-001,Cleared,2024-05-03,3,261040,1445000
AP-001,{},{},{},261160,1445100
AP-001,{},{},{},261160,1445000
AP-001,{},{},{},261200,1445000
"""


@pytest.mark.parametrize(
    ("word", "day", "said"),
    [
        ("Reduced", "2024-05-03", "differ in outcome"),
        ("Cleared", "2024-09-09", "differ in completion_date"),
    ],
)
@pytest.mark.parametrize("first", [4, 1])  # numbered on, and anew
def test_rows_of_one_group_that_differ_are_of_several_reports(tmp_path, word, day, said, first):
    path = tmp_path / "points.csv"
    fill = [each for n in range(3) for each in (word, day, first + n)]
    path.write_text(MIXED.format(*fill))
    received = read(path, what="reports", crs=EASTINGS)
    errors = [f for f in received.findings if f.severity == "error"]
    assert [f.code for f in errors] == ["rows_mixed"]
    assert said in errors[0].message
    assert "place in the ring" not in str(received.findings)
    assert received.table.geometry.isna().all()
    # The mend, carried out: the number of its report beside each point.
    table = pd.read_csv(path).assign(report_no=["CR-1"] * 3 + ["CR-2"] * 3)
    table.to_csv(path, index=False)
    mended = read(path, what="reports", crs=EASTINGS)
    assert not [f for f in mended.findings if f.severity == "error"]
    assert mended.table["happened_on"].dt.strftime("%Y-%m-%d").tolist() == ["2024-05-03", day]
    assert mended.table.geometry.is_valid.all()


def test_points_that_repeat_their_numbers_are_not_told_to_be_put_in_one_ring(tmp_path):
    path = tmp_path / "points.csv"
    fill = [each for n in range(3) for each in ("Cleared", "2024-05-03", 1 + n)]
    path.write_text(MIXED.format(*fill))
    (said,) = [f for f in read(path, what="reports", crs=EASTINGS).findings if f.record == 0]
    assert (said.code, "report_no" in said.message) == ("point_order", True)
    assert "give each its place in the ring" not in said.message


def test_points_of_a_hazard_with_two_reports_on_another_sheet(tmp_path):
    """Which of the two reports a point is of, nothing says."""
    sheets = pd.read_excel(REPORTS / "c51.xlsx", sheet_name=None, engine="openpyxl")
    path = tmp_path / "two.xlsx"
    with pd.ExcelWriter(path) as book:
        sheets["Reports"].to_excel(book, sheet_name="Reports", index=False)
        points = sheets["Turning points"].drop(columns="report_no")
        points.to_excel(book, sheet_name="Turning points", index=False)
    received = read(path, what="reports", crs=EASTINGS)
    said = [(f.record, f.code) for f in received.findings if f.severity == "error"]
    assert said == [(0, "rows_mixed"), (1, "rows_mixed")]
    assert "2 reports of AP-001" in received.findings[0].message
    assert received.table.geometry.isna().all()


def sheet(name: str, **changes: object) -> pd.DataFrame:
    """Return the first sheet of a file, with other or further columns; None: without one."""
    table = pd.read_excel(REPORTS / name, engine="openpyxl")
    gone = [column for column, value in changes.items() if value is None]
    kept = {column: value for column, value in changes.items() if value is not None}
    return table.drop(columns=gone).assign(**kept)


def written(folder: Path, table: pd.DataFrame) -> Path:
    path = folder / "sent.xlsx"
    table.to_excel(path, index=False)
    return path


def profile(folder: Path, *lines: str) -> Path:
    path = folder / "own.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def said(desk: Store, path: Path, **how: object) -> dict[str, str]:
    """Return what is said of the only record, or of the file, by code."""
    found = desk.check(read(path, what="reports", crs=WKT, **how))
    return dict(zip(found["code"], found["message"], strict=True))


@pytest.mark.parametrize(
    ("name", "day", "reported", "items"),
    [
        ("c5c", "2024-05-20", 20_000, 0),  # the survey was in 2019
        ("c8d", "2024-05-03", 20_000, 0),  # the survey was in 2021
        ("c6", "2024-05-03", 20_000, 3),  # 2 hectares
        ("c13c", "2024-05-03", 20_000, 7),  # ap_mines is empty, "AP mines found" is not
    ],
)
def test_a_clearance_with_its_own_day_size_and_items(desk, name, day, reported, items):
    done = accepted(desk, submit(desk, REPORTS / f"{name}.xlsx"))
    assert done["event_type"].tolist() == ["cleared"]
    assert done["happened_on"].astype(str).tolist() == [day]
    assert done["reported_size_m2"].tolist() == [reported]
    assert done["ap_mines"].fillna(0).tolist() == [items]
    assert done["released_m2"].tolist() == pytest.approx([19_988], abs=1)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("c5c", "survey_date 2019-01-02, report_date 2024-05-20; taken: report_date"),
        ("c8d", "Date cleared 2024-05-03, Survey date 2021-03-01; taken: Date cleared"),
    ],
)
def test_several_days_are_shown_with_the_one_that_is_taken(desk, name, told):
    assert told in said(desk, REPORTS / f"{name}.xlsx")["several_days"]


def test_a_day_of_survey_alone_dates_no_clearance(desk, tmp_path):
    path = written(tmp_path, sheet("c8d.xlsx", **{"Date cleared": None}))
    message = said(desk, path)["bad_date"]
    assert "Survey date 2021-03-01 is a day of survey" in message
    done = accepted(desk, submit(desk, path))
    assert done.empty
    # The mend: "give its day as completion_date".
    path = written(
        tmp_path, sheet("c8d.xlsx", **{"Date cleared": None}, completion_date="2024-05-03")
    )
    done = accepted(desk, submit(desk, path))
    assert done["happened_on"].astype(str).tolist() == ["2024-05-03"]


def test_a_survey_is_dated_by_its_day(desk, tmp_path):
    table = sheet("c8d.xlsx", outcome="Cancelled by NTS")
    done = accepted(desk, submit(desk, written(tmp_path, table)))
    assert done["happened_on"].astype(str).tolist() == ["2021-03-01"]


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("c8a", "not_released", "conclusion 'Hazard confirmed, no land released'"),
        (
            "c8b",
            "land_surveyed",
            "40,000 m² surveyed, 5,000 m² released, and the polygon has 39,97",
        ),
        ("c8c", "not_released", "status 'Ongoing': the work goes on"),
        ("c8e", "mixed_outcomes", "10,000 m² cancelled, 5,000 m² reduced, 5,000 m² cleared"),
    ],
)
def test_what_was_not_released_is_not(desk, name, code, told):
    path = REPORTS / f"{name}.xlsx"
    assert told in said(desk, path)[code]
    name = submit(desk, path)
    assert accepted(desk, name).empty
    with pytest.raises(errors.RecordError):
        desk.accept(name, records=[1])
    assert int(desk.hazards()["size_m2"].sum()) == int(hazards()["size_m2"].sum())


def test_the_mends_of_what_was_not_released(desk, tmp_path):
    # Of c8a "write Confirmed and leave out the polygon"
    table = sheet("c8a.xlsx", activity="Confirmed", wkt=None).assign(wkt="")
    table.loc[0, "wkt"] = None
    desk.accept(submit(desk, written(tmp_path, table.assign(hazard_id="AP-002"))))
    assert desk.history("AP-002")["event_type"].tolist() == ["registered", "confirmed"]
    # Of c8b "give the polygon of the land released": 25 m of 200 m are 5,000 m²
    path = written(tmp_path, sheet("c8b.xlsx", wkt=square(1, 25).wkt))
    assert "land_surveyed" not in said(desk, path)
    done = accepted(desk, submit(desk, path))
    assert done["released_m2"].tolist() == pytest.approx([4997], abs=1)
    assert done["reported_size_m2"].tolist() == [5000]
    # Of c8c "if this land is finished, write Completed there", with the land of its 4,000 m²
    table = sheet("c8c.xlsx", status="Completed", wkt=square(1, 20, 100).wkt, released_m2=4000)
    path = written(tmp_path, table.assign(area_m2=4000))
    done = accepted(desk, submit(desk, path))
    assert done["released_m2"].tolist() == pytest.approx([4997, 3998], abs=1)


def test_the_mend_of_several_outcomes_under_one_polygon(desk, tmp_path):
    """c8e: "give each outcome its own row, with its own polygon": 50, 25 and 25 m of 200 m."""
    rows = [
        {"outcome": "Cancelled", "cancelled_m2": 10_000, "wkt": square(1, 50).wkt},
        {"outcome": "Reduced", "reduced_m2": 5000, "wkt": square(1, 25, 50).wkt},
        {"outcome": "Cleared", "cleared_m2": 5000, "wkt": square(1, 25, 75).wkt},
    ]
    table = pd.DataFrame(rows).assign(hazard_id="AP-001", completion_date="2024-05-03")
    done = accepted(desk, submit(desk, written(tmp_path, table))).set_index("event_type")
    assert done["reported_size_m2"].to_dict() == {
        "cancelled": 10_000, "reduced": 5000, "cleared": 5000
    }  # fmt: skip
    true = {"cancelled": 9994, "reduced": 4997, "cleared": 4997}
    assert done["released_m2"].to_dict() == pytest.approx(true, abs=1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"activity": "NTS", "completion_date": "2024-05-03"}, "release_unsaid"),
        ({"activity": "Technical survey", "completion_date": "2024-05-03"}, "release_unsaid"),
        ({"activity": "Clearance", "report_date": "2024-05-03"}, "release_unsaid"),
        ({"outcome": "Cleared", "completion_date": "2024-05-03", "status": "Blue"},
         "release_unsaid"),
        ({"outcome": "Cleared", "completion_date": "2024-05-03",
          "remarks": "handed back, no land released"}, "release_unsaid"),
        ({"outcome": "Cleared", "completion_date": "2024-05-03", "status": "Suspended"},
         "not_released"),
        ({"outcome": "Cleared", "completion_date": "2024-05-03", "report type": "Progress report"},
         "not_released"),
        ({"outcome": "Cleared", "completion_date": "2024-05-03", "Area released (m2)": 0},
         "not_released"),
        ({"activity": "Clearance", "completion_date": "2024-05-03"}, None),
        ({"activity": "Clearance", "report_date": "2024-05-03", "status": "Completed"}, None),
        ({"activity": "Clearance", "report_date": "2024-05-03", "cleared_m2": 20_000}, None),
        ({"activity": "NTS", "survey_date": "2024-05-03", "conclusion": "Land cancelled"}, None),
        ({"activity": "NTS", "survey_date": "2024-05-03", "cancelled_m2": 20_000}, None),
        ({"outcome": "Cleared", "report_date": "2024-05-03"}, None),
        ({"outcome": "Cleared", "completion_date": "2024-05-03", "report type": "Clearance report"},
         None),
        ({"outcome": "Cleared", "completion_date": "2024-05-03", "conclusion": "Good access"},
         None),
    ],
)  # fmt: skip
def test_what_says_that_land_was_released(desk, tmp_path, changes, code):
    table = pd.DataFrame([{"hazard_id": "AP-001", **changes, "wkt": square(1, 100).wkt}])
    path = written(tmp_path, table)
    codes = set(said(desk, path)) & {"not_released", "release_unsaid", "land_surveyed"}
    assert codes == ({code} if code else set())
    name = submit(desk, path)
    done = accepted(desk, name)
    assert len(done) == (0 if code else 1)
    if code == "release_unsaid":  # the officer's word: by its number
        with pytest.raises(errors.RecordError):
            read_reports(path, crs=WKT)
        desk.accept(name, records=[1])
        assert desk.hazards().set_index("hazard_id")["size_m2"]["AP-001"] == pytest.approx(
            19_987, abs=2
        )


def test_a_state_that_is_not_known_is_said_in_a_profile(desk, tmp_path):
    rows = {"hazard_id": "AP-001", "outcome": "Cleared", "completion_date": "2024-05-03"}
    table = pd.DataFrame([{**rows, "status": 'Blue "2"', "wkt": square(1, 100).wkt}])
    path = written(tmp_path, table)
    message = said(desk, path)["release_unsaid"]
    line = re.search(r'reports\.values\.report_status\.".*?" = "completed"', message)[0]
    own = profile(tmp_path, line)
    assert "release_unsaid" not in said(desk, path, profile=own)
    own = profile(tmp_path, line.replace("completed", "ongoing"))
    assert "not_released" in said(desk, path, profile=own)


@pytest.mark.parametrize("word", ["TS reduced", "C1", "C2", "C3", "LC", "Clearence"])
def test_a_word_that_is_not_known_is_refused_with_a_line_of_profile(desk, tmp_path, word):
    path = written(tmp_path, sheet("c9a.xlsx", outcome=word))
    message = said(desk, path)["unknown_word"]
    assert "valid: cancelled, reduced, cleared, amended, confirmed" in message
    line = re.search(r'reports\.values\.event_type\..* = ".*"', message)[0]
    guess = {"TS reduced": "reduced", "Clearence": "cleared"}.get(word, "...")
    assert line.endswith(f'= "{guess}"')
    assert accepted(desk, submit(desk, path)).empty
    own = profile(tmp_path, line.replace('"..."', '"cleared"'))
    done = accepted(desk, submit(desk, path, profile=own))
    assert done["event_type"].tolist() == ["reduced" if guess == "reduced" else "cleared"]


def test_columns_that_look_like_items_are_said(desk, tmp_path):
    """c13b: "AP Mines" is empty; which of the others are AP mines, nothing says."""
    path = REPORTS / "c13b.xlsx"
    message = said(desk, path)["items_unread"]
    assert "Mines (7), PMN-2 (4), ERW (5), UXO/ERW (2), BLU-26 (9)" in message
    line = re.search(r"reports\.columns\.ap_mines = \[.*?\]", message)[0]
    own = profile(
        tmp_path, line, 'reports.columns.submunitions = ["BLU-26"]', 'reports.columns.uxo = ["ERW"]'
    )
    done = accepted(desk, submit(desk, path, profile=own))
    assert done[["ap_mines", "submunitions", "uxo"]].iloc[0].tolist() == [7, 9, 5]
    assert "Mines (7)" not in said(desk, path, profile=own)["items_unread"]


def test_a_depth_of_two_tenths_of_a_centimetre_is_doubted(desk, tmp_path):
    path = written(tmp_path, sheet("c9a.xlsx", depth_cm=0.2))
    message = said(desk, path)["odd_depth"]
    own = profile(tmp_path, re.search(r"reports\.factors\.depth_cm = 100", message)[0])
    assert "odd_depth" not in said(desk, path, profile=own)
    assert read(path, what="reports", crs=WKT, profile=own).table["depth_cm"].tolist() == [20]
    assert "odd_depth" not in said(desk, written(tmp_path, sheet("c9a.xlsx", depth_cm=20)))


def test_figures_of_one_report_on_two_rows_count_once(desk):
    """c7d: 7 items and 40,000 m² on two hazards, 200 by 100 m of each."""
    message = said(desk, REPORTS / "c7d.xlsx")["figures_repeated"]
    assert message.startswith("40,000 m², 7 items stand on 2 rows of report CR-1, and count once")
    done = accepted(desk, submit(desk, REPORTS / "c7d.xlsx"))
    assert done["released_m2"].tolist() == pytest.approx([19_988, 19_989], abs=1)
    assert done["ap_mines"].sum() == 7
    assert done["reported_size_m2"].sum() == 40_000


def test_figures_that_each_row_has_of_its_own_all_count(desk, tmp_path):
    table = sheet("c7d.xlsx", area_m2=20_000, ap_mines=1)
    done = accepted(desk, submit(desk, written(tmp_path, table)))
    assert done["ap_mines"].sum() == 2
    assert done["reported_size_m2"].sum() == 40_000


def test_reports_without_a_hazard_are_asked_for(desk):
    """c7a: a polygon over AP-001, AP-002 and the gap between them."""
    path = REPORTS / "c7a.xlsx"
    message = said(desk, path)["missing_id"]
    assert "no column says of which hazard a report is" in message
    assert "all_hazards=True" in message
    name = submit(desk, path)
    desk.accept(name)
    assert int(desk.hazards()["size_m2"].sum()) == int(hazards()["size_m2"].sum())
    # The mend: an officer says it, of the very file that waits already.
    # 80,000 m² are reported, 240,000 drawn, the gap between among them: that is said as well.
    words = ["size_mistaken", "mostly_beyond", "larger_than_left"]
    name = submit(desk, path, all_hazards=True)
    done = accepted(desk, name, records=[1], despite=words)
    assert done["hazard_id"].tolist() == ["AP-001", "AP-002"]
    assert done["reported_size_m2"].sum() == 80_000


@pytest.mark.parametrize("column", ["Minefield", "SHA/CHA No", "hazard_guid"])
def test_a_column_that_holds_ids_of_the_register_is_named(desk, tmp_path, column):
    path = written(tmp_path, sheet("c9a.xlsx").rename(columns={"hazard_id": column}))
    found = desk.check(read(path, what="reports", crs=WKT))
    messages = found.loc[found["code"] == "missing_id", "message"].tolist()
    assert f"column {column!r} holds ids of hazards of the register (AP-001)" in messages[0]
    assert f"these could be it: {column!r} (AP-001)" in messages[1]
    assert f'id_column="{column}"' in messages[1]
    assert accepted(desk, submit(desk, path)).empty
    done = accepted(desk, submit(desk, path, id_column=column))
    assert done["hazard_id"].tolist() == ["AP-001"]


def test_one_report_whose_id_was_forgotten_is_an_error(desk, tmp_path):
    path = REPORTS / "c7f.xlsx"
    found = desk.check(read(path, what="reports", crs=WKT))
    wrong = found[found["severity"] == "error"]
    codes = list(zip(wrong["record"], wrong["code"], strict=True))
    assert codes == [(1, "refused"), (2, "missing_id")]  # one report waits whole
    assert accepted(desk, submit(desk, path)).empty
    path = written(tmp_path, sheet("c7f.xlsx", hazard_id=["AP-001", "AP-002"]))
    done = accepted(desk, submit(desk, path))
    assert done["hazard_id"].tolist() == ["AP-001", "AP-002"]


@pytest.mark.parametrize("path", sorted(REPORTS.glob("c*.*")), ids=lambda path: path.name)
def test_a_table_of_reports_is_never_taken_for_hazards(desk, path):
    crs = WKT if path.suffix == ".xlsx" and path.name != "c51.xlsx" else EASTINGS
    received = read(path, crs=crs)
    assert received.what == "reports"
    assert received.findings[0].message.startswith("taken for reports of released land by ")
    as_hazards = read(path, crs=crs, what="hazards")
    assert "are_reports" in [f.code for f in as_hazards.findings]
    with pytest.raises(errors.RecordError, match="these are reports"):
        read_hazards(path, crs=crs)
    with pytest.raises(errors.RecordError, match="these are reports"):
        desk.submit(as_hazards)
    again = desk.submit(received)
    assert desk.submissions()["what"].tolist() == ["reports"]
    assert again.records == len(received.table)


def test_what_could_be_hazards_or_reports_is_refused_until_it_is_said(tmp_path):
    table = sheet("c9a.xlsx", kind="AP minefield")
    path = written(tmp_path, table)
    with pytest.raises(errors.FileError, match=r"outcome \(cleared\) is of reports, kind of haz"):
        read(path, crs=WKT)
    assert read(path, crs=WKT, what="reports").what == "reports"
    assert read(path, crs=WKT, what="hazards").what == "hazards"
    days = table.rename(columns={"outcome": "x"})
    with pytest.raises(errors.FileError, match="completion_date is of reports"):
        read(written(tmp_path, days), crs=WKT)


def test_hazards_with_a_column_of_outcomes_are_said_in_a_profile(tmp_path):
    path = written(tmp_path, sheet("c9a.xlsx", completion_date=None))
    with pytest.raises(errors.RecordError) as refused:
        read_hazards(path, crs=WKT)
    own = profile(
        tmp_path, re.search(r"reports\.columns\.event_type = \[\]", str(refused.value))[0]
    )
    assert read(path, crs=WKT, profile=own).what == "hazards"
    received = read(path, crs=WKT, profile=own, kind="ap_minefield")
    assert [f.code for f in received.findings if f.severity == "error"] == []
    assert received.table["hazard_id"].tolist() == ["AP-001"]


def test_the_command_says_first_what_a_file_was_taken_for(tmp_path):
    path = tmp_path / "r.gpkg"
    with create_store(path) as other:
        other.register(hazards())

    def command(*words):
        done = CliRunner().invoke(main, ["--database", str(path), "workbench", *map(str, words)])
        return done.exit_code, done.output

    case, crs = REPORTS / "c7a.xlsx", ("--crs", WKT)
    code, text = command("submit", case, *crs)
    assert code == 0
    assert text.startswith("c7a.xlsx: taken for reports of released land by outcome (cleared)")
    assert "S-0001: c7a.xlsx; 1 reports, 1 waiting" in text
    code, text = command("submit", case, *crs, "--reports", "--all-hazards")
    assert (code, "taken for" in text) == (0, False)
    assert text.startswith("S-0002: c7a.xlsx; 1 reports, 1 waiting")
    code, text = command("submit", case, *crs, "--hazards")
    assert code != 0
    assert "as reports (--reports)" in text
