"""What moved between two tables of totals: by hand, against pandas, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo.tables.compared import Earlier, ground_moved, moved, read_earlier
from mine_geo.tables.envelope import Envelope, as_json, rows_of
from mine_geo.tables.totals import with_total
from mine_geo.terms import TOTAL_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = Envelope("Totals", threshold_m=7000.0, rule="edge", include_coast=False)


def table(*rows: tuple[str | None, str | None, int, int]) -> pd.DataFrame:
    """Build totals: province, code, hazards near of 10 m² each, hazards far of 1 m² each."""
    found = [
        (name, code, near + far, 10 * near + far, near, 10 * near, far, far)
        for name, code, near, far in rows
    ]
    columns = ["province", "province_code", *TOTAL_COLUMNS]
    return with_total(pd.DataFrame(found, columns=columns), ["province", "province_code"])


def written(rows: pd.DataFrame, path: Path, about: Envelope = ABOUT) -> Earlier:
    path.write_text(as_json(rows_of(rows), about, None), encoding="utf-8")
    return read_earlier(path)


def test_each_figure_that_moved_by_hand(tmp_path: Path) -> None:
    was = table(("Kratie", "10", 2, 1), ("Pailin", "24", 1, 0), (None, None, 0, 3))
    now = table(("Kratie", "10", 2, 2), ("Takeo", "21", 1, 0), (None, None, 0, 3))
    found = moved(now, ABOUT, written(was, tmp_path / "last.json"))
    rows = found.drop(columns=["row", "province_code"]).astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [
        ["Kratie", "hazards", 3, 4, 1],
        ["Kratie", "size_m2", 21, 22, 1],
        ["Kratie", "far_hazards", 1, 2, 1],
        ["Kratie", "far_size_m2", 1, 2, 1],
        ["Takeo", "hazards", 0, 1, 1],
        ["Takeo", "size_m2", 0, 10, 10],
        ["Takeo", "near_hazards", 0, 1, 1],
        ["Takeo", "near_size_m2", 0, 10, 10],
        [None, "hazards", 7, 8, 1],
        [None, "size_m2", 34, 35, 1],
        [None, "far_hazards", 4, 5, 1],
        [None, "far_size_m2", 4, 5, 1],
        ["Pailin", "hazards", 1, 0, -1],
        ["Pailin", "size_m2", 10, 0, -10],
        ["Pailin", "near_hazards", 1, 0, -1],
        ["Pailin", "near_size_m2", 10, 0, -10],
    ]
    assert found["row"].tolist() == ["data"] * 8 + ["total"] * 4 + ["data"] * 4


def test_a_unit_is_its_code_and_a_name_alone_moves_nothing(tmp_path: Path) -> None:
    was = table(("Kratie", "10", 2, 1), ("Siem Reap", "17", 1, 1), ("Siem Reap", "99", 5, 0))
    now = table(("Kracheh", "10", 2, 1), ("Siem Reap", "17", 1, 1), ("Siem Reap", "99", 4, 0))
    found = moved(now, ABOUT, written(was, tmp_path / "last.json"))
    assert found.loc[found["row"] == "data", "province_code"].unique().tolist() == ["99"]


counts = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 10**6), st.integers(0, 10**6)),
    unique_by=lambda row: row[0],
)


@given(counts, counts)
def test_what_moved_is_what_pandas_says(one: list, two: list) -> None:
    was, now = (table(*((f"P{n}", n, a, b) for n, a, b in rows)) for rows in (one, two))
    before = Earlier(
        ABOUT.told(), pd.DataFrame(json.loads(as_json(rows_of(was), ABOUT, None))["rows"])
    )
    found = moved(now, ABOUT, before).set_index(["province_code", "figure"])["change"]
    sides = [
        each[each["row"] == "data"].set_index("province_code")[list(TOTAL_COLUMNS)]
        for each in (now, was)
    ]
    changes = sides[0].sub(sides[1], fill_value=0).to_dict("index")
    expected = {(n, f): c for n, row in changes.items() for f, c in row.items() if c != 0}
    data = found[found.index.get_level_values(0).notna()]
    assert data.to_dict() == expected


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (Envelope(threshold_m=5000.0, rule="edge", include_coast=False), "threshold_m was 7000.0"),
        (Envelope(threshold_m=7000.0, rule="area", include_coast=False), "rule was edge, is area"),
        (Envelope(threshold_m=7000.0, rule="edge", include_coast=True), "include_coast was False"),
        (
            Envelope(threshold_m=7000.0, rule="edge", include_coast=False, asked="kind=other_erw"),
            "asked was None, is kind=other_erw",
        ),
        (
            Envelope(threshold_m=7000.0, rule="edge", include_coast=False, as_of="2024-12-31"),
            "as_of was None, is 2024-12-31",
        ),
    ],
)
def test_another_question_is_refused(tmp_path: Path, about: Envelope, says: str) -> None:
    rows = table(("Kratie", "10", 2, 1))
    with pytest.raises(mg.errors.OptionError, match=says):
        moved(rows, about, written(rows, tmp_path / "last.json"))


def test_other_groups_are_refused(tmp_path: Path) -> None:
    rows = table(("Kratie", "10", 2, 1))
    by_kind = rows.rename(columns={"province": "kind"}).drop(columns="province_code")
    with pytest.raises(
        mg.errors.OptionError, match=r"other columns \(kind, province, province_code\)"
    ):
        moved(by_kind, ABOUT, written(rows, tmp_path / "last.json"))


def test_border_and_program_are_told_beside() -> None:
    before = Earlier(Envelope(border_version="1", districts_name="A").told(), pd.DataFrame())
    now = Envelope(border_version="2", districts_name="A")
    assert ground_moved(now, before) == ["border version was 1, is 2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no table as JSON"),
        ("\xff", "no table of mine-geo|no table as JSON"),
        ("[]", "no table of mine-geo"),
        ('{"rows": []}', "no table of mine-geo"),
        ('{"schema_version": 2, "known_at": null, "title": "", "rows": []}', "schema 2"),
        ('{"schema_version": 1, "known_at": null, "title": "", "rows": [3]}', "no rows"),
        ('{"schema_version": 1, "known_at": null, "title": "", "rows": {}}', "no table of"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "last.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(mg.errors.FileError, match=says):
        read_earlier(path)
    with pytest.raises(mg.errors.FileError, match="No such file"):
        read_earlier(tmp_path / "none.json")
