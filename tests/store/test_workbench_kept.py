"""What was received is kept: no one changes it, and a decision stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyogrio
import pytest
from sqlalchemy import text

from mine_geo import errors
from mine_geo.intake.findings import Finding
from mine_geo.store import Store, create_store, open_store
from tests.store import gdal
from tests.store.inbox import file, square

if TYPE_CHECKING:
    from pathlib import Path

A = {"hazard_id": "A", "geometry": square(103.0), "surveyed_on": "2020-05-01"}
B = {"hazard_id": "B", "geometry": square(103.1), "surveyed_on": "2021-05-01"}
CHANGE = (
    "UPDATE submitted_record SET state = 'accepted', decided_at = '2026-01-01T00:00:00.000Z' "
    "WHERE state = 'waiting'"
)
CHANGES = [
    "UPDATE submission SET file = 'x'",
    "UPDATE submission SET operation = NULL",
    "DELETE FROM submission",
    "UPDATE submitted_record SET size_m2 = 0",
    "UPDATE submitted_record SET geometry = NULL",
    "UPDATE submitted_record SET hazard_id = 'x' WHERE state = 'waiting'",
    "UPDATE submitted_record SET counted = true",
    "DELETE FROM submitted_record",
    "UPDATE submitted_record SET state = 'waiting', decided_at = NULL, why = NULL",
    "UPDATE submitted_record SET state = 'rejected', why = 'x' WHERE state = 'accepted'",
    "UPDATE submitted_record SET decided_by = 'x' WHERE state = 'rejected'",
    "UPDATE submitted_record SET decided_by = 'x' WHERE state = 'waiting'",
    "UPDATE submission_finding SET severity = 'note'",
    "DELETE FROM submission_finding",
]


def filled(store: Store) -> None:
    store.submit(file(A, B, {"hazard_id": "C"}, findings=[Finding("size_differs", "x", record=0)]))
    store.accept("S-0001", hazards="A")
    store.reject("S-0001", reason="no", hazards="B")


@pytest.mark.parametrize("statement", CHANGES)
def test_even_a_write_of_ours_changes_nothing(store: Store, statement: str) -> None:
    filled(store)
    before = store.submission("S-0001")
    with pytest.raises(errors.StoreError, match=r"kept as it is|a decision stands"):  # noqa: SIM117
        with store._writing() as connection:
            connection.execute(text(statement))
    after = store.submission("S-0001")
    assert after.records.to_csv() == before.records.to_csv()
    assert after.findings.to_csv() == before.findings.to_csv()
    assert after.facts.to_csv() == before.facts.to_csv()


@pytest.mark.parametrize("table", ["submission", "submitted_record", "submission_finding"])
def test_no_layer_is_edited_past_the_library(store: Store, table: str) -> None:
    filled(store)
    with (
        pytest.raises(Exception, match=r"written by mine_geo only|kept as it is"),
        store._engine.begin() as connection,
    ):
        connection.exec_driver_sql(f"DELETE FROM {table}")


@pytest.mark.postgis
@pytest.mark.parametrize("table", ["submission", "submitted_record", "submission_finding"])
def test_a_superuser_is_refused(postgis_url: str, table: str) -> None:
    with create_store(postgis_url) as store:
        filled(store)
        for replica in ("origin", "replica"):
            statement = (
                "SELECT FROM write_lock FOR UPDATE; "
                f"SET LOCAL session_replication_role = {replica}; TRUNCATE {table} CASCADE"
            )
            with pytest.raises(Exception, match="kept as it is"), store._engine.begin() as one:
                one.exec_driver_sql(statement)
        assert len(store.submission("S-0001").records) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO submission SELECT * FROM submission",
        "INSERT OR REPLACE INTO submitted_record SELECT * FROM submitted_record",
        "INSERT OR REPLACE INTO submission_finding SELECT * FROM submission_finding",
        "UPDATE OR REPLACE submitted_record SET fid = 1 WHERE state = 'waiting'",
    ],
)
def test_replacing_is_refused_in_a_file(tmp_path: Path, statement: str) -> None:
    with create_store(tmp_path / "r.gpkg") as store:
        filled(store)
        with pytest.raises(errors.StoreError, match=r"kept as it is|a decision stands"):  # noqa: SIM117
            with store._writing() as connection:
                connection.exec_driver_sql(statement)
        with pytest.raises(errors.StoreError, match="kept as it is"):  # noqa: SIM117
            with store._writing() as connection:
                connection.exec_driver_sql(
                    "REPLACE INTO submitted_record (submission_id, record, state, errors, warnings,"
                    " counted, size_m2) VALUES ('S-0001', 1, 'waiting', 0, 0, false, 0)"
                )


def test_qgis_sees_the_workbench_and_edits_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    with create_store(path) as store:
        filled(store)
    for layer in ("submitted_record", "submission_finding"):
        gdal.execute(path, f"SELECT CreateSpatialIndex('{layer}', 'geometry')")
    found = pyogrio.read_dataframe(path, layer="submitted_record")
    assert found["state"].tolist() == ["accepted", "rejected", "waiting"]
    assert dict(pyogrio.list_layers(path))["submission_finding"] == "Point"
    assert pyogrio.read_info(path, layer="submission")["features"] == 1
    with pytest.raises(RuntimeError, match="written by mine_geo only"):
        gdal.execute(path, CHANGE)
    west = pyogrio.read_dataframe(path, layer="submitted_record", bbox=(103.05, 12, 104, 14))
    assert west["hazard_id"].tolist() == ["B"]
    with open_store(path) as store:  # and goes on under the index that QGIS made
        store.submit(file({**A, "geometry": square(103.0, size=0.02)}))
        assert store.accept("S-0002").amended == 1
        assert store.rebuild().empty
