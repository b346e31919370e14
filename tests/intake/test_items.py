"""Several columns of one kind of items: parts are added up, totals count once, or it is asked."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import FileError
from mine_geo.intake import check_received, profiles, read
from mine_geo.intake.report_words import items_of, of_model
from tests.reports_register import square

ITEMS = ["ap_mines", "av_mines", "submunitions", "uxo"]


def written(folder, rows, **columns):
    """Write reports, one a row, each over a hazard of its own."""
    table = {
        "hazard_id": [f"AP-{number:03d}" for number in range(1, rows + 1)],
        "outcome": "Clearance",
        "completion_date": "2024-05-03",
        **columns,
        "wkt": [square(number).wkt for number in range(1, rows + 1)],
    }
    path = folder / "reports.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def profile(folder, *lines):
    path = folder / "own.toml"
    path.write_text("\n".join(('name = "own"', *lines)), encoding="utf-8")
    return path


def received(path, own=None):
    return read(path, what="reports", crs="EPSG:4326", profile=own)


def items(path, own=None, column="ap_mines"):
    values = received(path, own).table[column]
    return [None if pd.isna(each) else int(each) for each in values]


def said(path, code, own=None):
    found = check_received(received(path, own))
    return found.loc[found["code"] == code, "message"].tolist()


def test_two_columns_that_say_different_numbers_are_asked_for(tmp_path):
    """Found 5 and destroyed 3: 5 mines, 8 or 3? Once they differ, equal numbers say nothing."""
    path = written(
        tmp_path, 4, ap_mines_found=[5, 2, 0, 4], ap_mines_destroyed=[3, 2, 0, None], uxo=1
    )
    assert items(path) == [None, None, 0, 4]
    assert items(path, column="uxo") == [1, 1, 1, 1]
    messages = said(path, "items_unclear")
    assert len(messages) == 2
    assert messages[0].startswith("ap_mines_found 5, ap_mines_destroyed 3: are these different")
    both, one = re.findall(r"reports\.sums\.ap_mines = \[.*?\]", messages[0])
    # Both mends are carried out.
    assert items(path, profile(tmp_path, both)) == [8, 4, 0, 4]
    assert said(path, "items_unclear", profile(tmp_path, both)) == []
    own = profile(tmp_path, one)
    assert items(path, own) == [5, 2, 0, 4]
    assert "ap_mines_destroyed (5)" in said(path, "items_unread", own)[0]  # named, not counted


def test_two_columns_that_always_agree_are_one(tmp_path):
    path = written(tmp_path, 3, ap_mines_found=[5, 0, 2], ap_mines_destroyed=[5, 0, None])
    assert items(path) == [5, 0, 2]
    assert said(path, "items_unclear") == []


def test_models_of_one_kind_are_added_up(tmp_path):
    """The heading says the kind and the model: different models are different mines."""
    columns = {"AP mines (PMN)": [3, None, None], "AP mines (PMN-2)": [4, 1, None]}
    assert items(written(tmp_path, 3, **columns)) == [7, 1, None]
    how = received(tmp_path / "reports.csv").columns.set_index("source")["how"]
    assert how["AP mines (PMN)"] == "a part of ap_mines, kept as it is"
    assert "items_unread" not in set(check_received(received(tmp_path / "reports.csv"))["code"])


def test_a_total_beside_its_parts_counts_once(tmp_path):
    """A total may hold models that have no column; parts that are more than it are asked for."""
    columns = {
        "AP mines": [7, 9, None, 2],
        "AP mines (PMN)": [3, 3, 3, 3],
        "AP mines (PMN-2)": [4, 4, 4, 4],
    }
    path = written(tmp_path, 4, **columns)
    assert items(path) == [7, 9, 7, None]
    assert said(path, "items_unclear")[0].startswith(
        "AP mines 2, AP mines (PMN) 3, AP mines (PMN-2) 4"
    )


def test_models_that_a_profile_names_are_added_up(tmp_path):
    """Of PMN nothing says that the column counts mines found: it is asked for."""
    columns = {"PMN": [3, 3], "PMN-2": [4, None], "Type 72": [1, 0]}
    path = written(tmp_path, 2, **columns)
    assert items(path) == [None, None]
    message = said(path, "items_unread")[0]
    assert "PMN (6), PMN-2 (4), Type 72 (1)" in message
    line = re.search(r"reports\.sums\.ap_mines = \[.*?\]", message)[0]
    assert line == 'reports.sums.ap_mines = ["PMN", "PMN-2"]'
    assert items(path, profile(tmp_path, line)) == [7, 3]
    own = profile(tmp_path, 'reports.columns.ap_mines = ["PMN", "PMN-2", "Type 72"]')
    assert items(path, own) == [8, 3]
    kept = received(path, own).table
    assert kept["PMN-2"].astype("str").str.strip().tolist()[0].startswith("4")


def test_a_column_beside_one_that_is_read_is_named_with_both(tmp_path):
    columns = {"AP mines found": [5], "AP mines destroyed by MAG": [3]}
    path = written(tmp_path, 1, **columns)
    assert items(path) == [5]
    message = said(path, "items_unread")[0]
    line = re.search(r"reports\.sums\.ap_mines = \[.*?\]", message)[0]
    assert line.endswith('["AP mines found", "AP mines destroyed by MAG"]')
    assert items(path, profile(tmp_path, line)) == [8]


def test_a_sum_of_columns_that_are_not_there_changes_nothing(tmp_path):
    path = written(tmp_path, 1, ap_mines=[5])
    assert items(path, profile(tmp_path, 'reports.sums.ap_mines = ["PMN", "PMN-2"]')) == [5]


def test_a_part_that_is_no_number_keeps_the_report_out(tmp_path):
    columns = {"AP mines (PMN)": [3], "AP mines (PMN-2)": ["some"]}
    path = written(tmp_path, 1, **columns)
    assert "AP mines (PMN-2) 'some' is no whole number" in said(path, "bad_number")[0]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (('reports.sums.depth_cm = ["a"]',), "reports.sums.depth_cm"),
        (('hazards.sums.ap_mines = ["a"]',), "hazards.sums"),
        (
            ('reports.sums.ap_mines = ["PMN"]', 'reports.sums.uxo = ["pmn"]'),
            "stands for ap_mines already",
        ),
    ],
)
def test_a_profile_with_sums_that_cannot_be_is_refused(tmp_path, lines, fault):
    with pytest.raises(FileError, match=fault):
        profiles.load(profile(tmp_path, *lines))


def test_sums_of_a_profile_are_handed_on(tmp_path):
    profile(tmp_path, 'reports.sums.ap_mines = ["PMN", "PMN-2"]').rename(tmp_path / "base.toml")
    own = profile(tmp_path, 'extends = "base.toml"', 'reports.sums.uxo = ["ERW", "UXO"]')
    sums = profiles.load(own).reports.sums
    assert dict(sums) == {"ap_mines": ("PMN", "PMN-2"), "uxo": ("ERW", "UXO")}


@pytest.mark.parametrize("name", ["PMN", "PMN-2", "POMZ-2M", "Type 72A", "MD-82B", "TM-57", "M14"])
def test_models(name):
    assert of_model(name)[1]
    assert of_model(f"AP mines ({name})") == ("AP mines", True)
    assert of_model(f"AP_mines {name}") == ("AP_mines", True)


@pytest.mark.parametrize(
    "name", ["AP mines", "area m2", "AP mines (found)", "AP mines by MAG", "M 2", "uxo", "type"]
)
def test_no_models(name):
    assert not of_model(name)[1]


COUNTS = st.integers(0, 20)


@given(st.lists(COUNTS, min_size=1, max_size=6), st.lists(COUNTS, min_size=1, max_size=6))
def test_a_count_is_the_truth_or_is_asked_for(known, unknown):
    """Mines of models with and without a column of their own, with a total and without one."""
    parts = {f"PMN-{n}": np.array([float(each), np.nan]) for n, each in enumerate(known)}
    total = float(sum(known) + sum(unknown))
    found, unclear = items_of({"AP": np.array([total, np.nan])}, parts)
    assert not unclear.any()
    assert found[0] == total
    found, unclear = items_of({}, parts)
    assert (found[0], unclear[0]) == (sum(known), False)
    assert np.isnan(found[1])
    found, unclear = items_of({"AP": np.array([sum(known) - 1.0, 3])}, parts)
    assert unclear.tolist() == [True, False]
    assert np.isnan(found[0])
