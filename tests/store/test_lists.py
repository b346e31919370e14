"""Lists beside the ledger: what goes in, what stands, what is withdrawn; on both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mine_geo import errors
from mine_geo.store import lists, read_log, write_log
from mine_geo.store.schema.models import LISTS
from tests.store.conftest import signed
from tests.store.listed import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.store import Store


@pytest.fixture
def listing(store: Store, hazards: gpd.GeoDataFrame) -> Store:
    """Give a store with four hazards."""
    store.register(hazards)
    return store


def test_every_list_has_its_case() -> None:
    assert tuple(TABLES) == lists.NAMES
    assert {of.table.name for of in lists._LISTS.values()} == set(LISTS)


@pytest.mark.parametrize("name", lists.NAMES)
def test_an_entry_goes_in_once_and_is_withdrawn_by_a_later_row(listing: Store, name: str) -> None:
    table = pd.DataFrame([TABLES[name], TABLES[name]])
    tried = listing.add_entries(name, table, dry_run=True)
    assert (tried.added, tried.unchanged, tried.written) == (1, 1, False)
    assert listing.listed(name).empty
    done = listing.add_entries(name, table, recorded_by="Desk 2")
    assert (done.added, done.unchanged, done.written) == (1, 1, True)
    assert listing.add_entries(name, table).added == 0
    known = listing.last_moment()
    before = listing.listed(name)
    assert before["entry_id"].tolist() == [done.entry_ids[0]]
    assert before["recorded_by"].tolist() == [signed(listing, "Desk 2")]
    for column, value in TABLES[name].items():
        if column in before and column not in {"code", "province"}:
            assert str(before[column].iloc[0]).removesuffix(" 00:00:00") == value, column

    shown = listing.withdraw_entry(name, done.entry_ids[0], reason="of another country")
    assert len(shown) == 1
    assert listing.listed(name).empty
    pd.testing.assert_frame_equal(listing.listed(name, known_at=known), before)
    gone = listing.listed(name, withdrawn=True)
    assert gone["withdrawn_why"].tolist() == ["of another country"]
    assert gone["withdrawn_at"].iloc[0] == listing.last_moment() > known
    listing.withdraw_entry(name, done.entry_ids[0], reason="of another country")  # nothing new
    with pytest.raises(errors.ConflictError, match="withdrawn already"):
        listing.withdraw_entry(name, done.entry_ids[0], reason="another reason")
    again = listing.add_entries(name, table)
    assert (again.added, again.entry_ids[0]) == (1, f"{done.entry_ids[0]}~2")
    assert len(listing.listed(name, withdrawn=True)) == 2


def test_places_codes_and_names_are_the_usual_ones(listing: Store) -> None:
    listing.add_entries("accidents", pd.DataFrame([TABLES["accidents"]]))
    found = listing.listed("accidents")
    assert found[["province_code", "district_code"]].to_numpy().tolist() == [["02", "0209"]]
    assert (found.crs.to_epsg(), found.geometry[0].coords[0]) == (4326, (102.9, 12.6))
    listing.add_entries("declarations", pd.DataFrame([TABLES["declarations"]]))
    assert listing.listed("declarations")["code"].tolist() == ["02090101"]
    listing.add_entries("operator_totals", pd.DataFrame([TABLES["operator_totals"]]))
    assert listing.listed("operator_totals")["province"].tolist() == ["Battambang"]
    sample = gpd.GeoDataFrame(
        [TABLES["inspections"]], geometry=[shapely.box(103.5, 13.5, 103.501, 13.501)], crs=4326
    )
    listing.add_entries("inspections", sample)
    assert listing.listed("inspections").geometry[0].equals(sample.geometry[0])
    facts = listing.info().set_index("what")["value"]
    assert facts["rows of operator total"] == "1"


def test_two_points_are_two_accidents(listing: Store) -> None:
    two = gpd.GeoDataFrame(
        {"happened_on": ["2021-02-03"] * 2, "victim": ["Sok", "Chan"]},
        geometry=gpd.points_from_xy([102.9, 102.91], [12.6, 12.6]),
        crs=4326,
    )
    done = listing.add_entries("accidents", two)
    assert (done.added, done.left_out) == (2, ("victim",))  # no names of persons
    assert "victim" not in listing.listed("accidents")


@pytest.mark.parametrize(
    ("name", "changed", "error", "said"),
    [
        ("accidents", {"happened_on": None}, errors.RecordError, "row 1 says no happened_on"),
        ("accidents", {"happened_on": "3/2/2021"}, errors.RecordError, "is no day"),
        ("accidents", {"happened_on": "2999-01-01"}, errors.RecordError, "in the future"),
        ("accidents", {"injured": "-1"}, errors.RecordError, "no whole number"),
        ("accidents", {"injured": "1.5"}, errors.RecordError, "no whole number"),
        ("accidents", {"lat": None}, errors.GeometryError, "no place"),
        ("accidents", {"lat": "12°"}, errors.GeometryError, "no place"),
        ("accidents", {"source": "a\0b"}, errors.RecordError, "NUL"),
        ("accidents", {"synthetic": "yes"}, errors.NotSyntheticError, "invented"),
        ("evidence", {"evidence": "hearsay"}, errors.RecordError, "valid: direct, indirect"),
        ("programmes", {"hazard_id": "A-9"}, errors.UnknownNameError, "no hazard A-9"),
        ("inspections", {"verdict": "good"}, errors.RecordError, "valid: passed, failed"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_written(
    listing: Store, name: str, changed: dict[str, Any], error: type[Exception], said: str
) -> None:
    good = {**TABLES[name], "comment": "another"}
    with pytest.raises(error, match=said):
        listing.add_entries(name, pd.DataFrame([{**TABLES[name], **changed}, good]))
    assert listing.listed(name).empty


def test_a_column_that_is_missing_names_those_that_there_are(listing: Store) -> None:
    with pytest.raises(errors.RecordError, match=r"no column declared_on.* the list has level"):
        listing.add_entries("declarations", pd.DataFrame([{"level": "village", "code": "1"}]))
    with pytest.raises(errors.OptionError, match="valid: declarations, accidents"):
        listing.listed("accident")
    with pytest.raises(errors.UnknownNameError, match="no entry A-7"):
        listing.withdraw_entry("accidents", "A-7", reason="x")


def test_an_own_id_with_other_content_is_a_conflict(listing: Store) -> None:
    entry = {**TABLES["accidents"], "entry_id": "A-17"}
    listing.add_entries("accidents", pd.DataFrame([entry]))
    with pytest.raises(errors.ConflictError, match="A-17 is there with other content"):
        listing.add_entries("accidents", pd.DataFrame([{**entry, "injured": "3"}]))
    with pytest.raises(errors.RecordError, match="stands twice"):
        listing.add_entries("accidents", pd.DataFrame([entry, {**entry, "injured": "3"}]))


def test_a_list_is_only_added_to(listing: Store) -> None:
    listing.add_entries("accidents", pd.DataFrame([TABLES["accidents"]]))
    for statement in ("UPDATE accident SET injured = 0", "DELETE FROM accident"):
        with pytest.raises(errors.StoreError, match="only added to"), listing._writing() as open_:
            open_.execute(text(statement))
    with pytest.raises(DBAPIError, match="only"), listing._engine.begin() as open_:
        open_.execute(text("DELETE FROM accident"))
    assert len(listing.listed("accidents")) == 1


def test_the_log_carries_lists_with_their_moments(
    listing: Store, second: Store, tmp_path: Path
) -> None:
    for name, entry in TABLES.items():
        listing.add_entries(name, pd.DataFrame([entry, {**entry, "comment": "two"}]))
    gone = listing.listed("accidents")["entry_id"][0]
    listing.withdraw_entry("accidents", gone, reason="of another country")
    write_log(listing.export_log(), tmp_path / "log")
    second.import_log(*read_log(tmp_path / "log"))
    for name in lists.NAMES:
        one, two = (each.listed(name, withdrawn=True) for each in (listing, second))
        pd.testing.assert_frame_equal(one, two, check_dtype=False)
    assert second.listed("accidents")["comment"].tolist() == ["two"]
