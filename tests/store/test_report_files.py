"""Files of reports as offices write them: submitted, accepted, and what the ledger then says."""

from pathlib import Path

import pandas as pd
import pytest

from mine_geo.intake import read
from mine_geo.store import Store
from tests.reports_register import REPORTS, hazards

WKT, EASTINGS = "EPSG:4326", "EPSG:32648"


@pytest.fixture
def desk(store: Store) -> Store:
    """Give a store with the register that the files are about."""
    store.register(hazards())
    return store


def submit(desk: Store, path: Path, crs: str = WKT, **how: object) -> str:
    return desk.submit(read(path, what="reports", crs=crs, **how))


def accepted(desk: Store, name: str) -> pd.DataFrame:
    """Accept all that can be; return the releases, one row each with its effective m²."""
    desk.accept(name)
    assert desk.rebuild().empty
    events = pd.concat([desk.history(f"AP-{n:03d}") for n in (1, 2)], ignore_index=True)
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
    sheets = pd.read_excel(REPORTS / "c51.xlsx", sheet_name=None)
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
