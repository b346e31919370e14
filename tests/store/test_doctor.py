"""What a doctor finds: each fault is made by hand past the library, and named; a sound store is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from mine_geo import errors
from mine_geo.store import create_store, engines, open_store
from mine_geo.store.engines import locate, migrating
from mine_geo.store.upkeep import doctor

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd


@pytest.fixture
def patient(place: str, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> str:
    """Give the place of a sound store."""
    with create_store(place) as store:
        store.load_border(border)
        store.register(hazards)
        store.record("B-2", "cleared", hazards.geometry[0], happened_on="2022-05-01")
        store.split()
    return place


def change(place: str, *statements: str) -> None:
    """Do to a store what only its owner can."""
    engine = engines.make_engine(locate(place))
    try:
        with migrating(engine) as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def wrong(place: str) -> pd.DataFrame:
    found = doctor.examine(place)
    return found[found["severity"].isin(["error", "warning"])]


def test_a_sound_store_is_said_to_be_so(patient: str) -> None:
    found = doctor.examine(patient)
    assert wrong(patient).empty, wrong(patient).to_dict("records")
    checks = {"chain", "versions", "guards", "indexes", "clock", "geometry", "distances", "rebuild"}
    checks |= {"grants"} if "://" in patient else {"file"}
    assert set(found["check"]) == checks


PASSING = """
    CREATE OR REPLACE FUNCTION keep_event() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RETURN NEW; END'"""
FAULTS = {
    "gpkg": [
        ("DROP TRIGGER keep_event_update", "guards", "keep_event_update of event is gone"),
        ("DROP INDEX ix_event_hazard_id", "indexes", "ix_event_hazard_id of event is gone"),
    ],
    "postgis": [
        ("ALTER TABLE event DISABLE TRIGGER keep_event", "guards", "event is disabled"),
        ("ALTER TABLE event ENABLE TRIGGER keep_event", "guards", "event is not ALWAYS"),
        ("DROP TRIGGER keep_event ON event", "guards", "keep_event of event is gone"),
        (
            PASSING,
            "guards",
            "the function keep_event of the guards is not as it was made",
        ),
        ("GRANT INSERT ON event TO PUBLIC", "grants", "PUBLIC may write event"),
        ("DROP INDEX ix_event_hazard_id", "indexes", "ix_event_hazard_id of event is gone"),
    ],
}


def test_what_was_done_past_the_library_is_named(backend: str, patient: str) -> None:
    for statement, check, said in FAULTS[backend]:
        change(patient, statement)
        found = wrong(patient)
        assert said in "; ".join(found.loc[found["check"] == check, "said"]), statement


@pytest.mark.parametrize(
    ("statement", "check", "said"),
    [
        (
            "UPDATE border_distance SET border_distance_m = border_distance_m + 1",
            "distances",
            "kept distances are off, by up to 1.000 m",
        ),
        ("UPDATE hazard SET size_m2 = 7 WHERE hazard_id = 'A-1'", "rebuild", "differences"),
        ("UPDATE spot_task SET recorded_at = recorded_at", None, ""),
    ],
)
def test_what_was_changed_in_rows_is_named(
    patient: str, statement: str, check: str | None, said: str
) -> None:
    guard = "hazard" if "hazard" in statement else ""
    if guard and "://" in patient:
        change(patient, f"ALTER TABLE {guard} DISABLE TRIGGER guard_layer", statement)
    elif guard:
        change(patient, f"DROP TRIGGER guard_{guard}_update", statement)
    else:
        change(patient, statement)
    found = wrong(patient)
    if check is None:
        assert found.empty
    else:
        assert said in "; ".join(found.loc[found["check"] == check, "said"])


def test_postgis_folds_by_itself(backend: str, patient: str) -> None:
    found = doctor.examine(patient, audit=True)
    said = found.loc[found["check"] == "audit"].iloc[0]
    if backend == "gpkg":
        assert (said["severity"], "cannot fold" in said["said"]) == ("error", True)
    else:
        assert said["severity"] == "note"
        assert said["said"].startswith("PostGIS folded 5 events by itself")


TAKES_OVER = """
    INSERT INTO taken_over (taken_at, taken_by, how, first_seq)
    VALUES (clock_timestamp(), session_user, 'imported', 1)
"""


def test_a_moment_in_the_future_is_named(patient: str) -> None:
    """A server takes none but in a transaction that is marked as taking a ledger over."""
    with open_store(patient) as store, store._writing() as connection:
        if "://" in patient:
            connection.execute(text(TAKES_OVER))
        connection.execute(
            text(
                "INSERT INTO declaration (entry_id, recorded_at, synthetic, level, code, "
                "declared_on) VALUES ('x', '2999-01-01T00:00:00.000Z', false, 'village', '1', "
                "'2022-01-01')"
            )
        )
    found = wrong(patient)
    assert found["check"].tolist() == ["clock"]
    assert "1 moments in the future, the last 2999-01-01" in found["said"].iloc[0]


def test_a_head_of_an_earlier_day_is_compared(patient: str) -> None:
    found = doctor.examine(patient)
    said = found.loc[found["check"] == "chain", "said"].iloc[0]
    head = said.removeprefix("its head is ").split(";")[0]
    with open_store(patient) as store:
        store.describe("B-2", {"village": "Ta Sanh"}, happened_on="2022-06-01")
    assert wrong(patient).empty
    later = doctor.examine(patient, head=head)
    assert (later["severity"] != "error").all()
    other = f"{head.split(':')[0]}:{'0' * 64}"
    found = doctor.examine(patient, head=other)
    assert "it was written anew" in found["said"].iloc[0]
    with pytest.raises(errors.OptionError, match="SEQ:HASH"):
        doctor.examine(patient, head="7")


def test_overwritten_pages_are_named(tmp_path: Path, hazards: gpd.GeoDataFrame) -> None:
    path = tmp_path / "register.gpkg"
    with create_store(path) as store:
        store.register(hazards)
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_event_recorded_at'"
        ).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\x7f" * page)
    found = wrong(path)
    assert (found["check"] == "file").any(), found.to_dict("records")


def test_the_state_of_an_earlier_schema_is_said(patient: str) -> None:
    change(patient, "UPDATE mine_geo_version SET version_num = '0005'")
    found = doctor.status(patient).set_index("what")["value"]
    assert found["state"].startswith("needs db upgrade (to ")
    assert found["rows of event"] == "5"
    with pytest.raises(errors.SchemaVersionError):
        doctor.examine(patient)
