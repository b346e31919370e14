"""What comes onto the workbench, and which totals know of it; on PostGIS and on GeoPackage."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from sqlalchemy import insert

import mine_geo.store.hazards
from mine_geo import errors
from mine_geo.geo import sample
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read_admin
from mine_geo.intake.findings import Finding
from mine_geo.store import Store, create_store
from mine_geo.store.schema.models import SUBMISSION
from mine_geo.tables.totals import totals
from mine_geo.terms import HAZARD_COLUMNS
from tests.store.conftest import signed
from tests.store.inbox import candidates, file, received, report_file, square

SIZE = 1_200_149  # a square of 0.01 degree at 13 degrees north
A = {"hazard_id": "A", "geometry": square(103.0), "surveyed_on": "2020-05-01"}
B = {"hazard_id": "B", "geometry": square(103.1), "surveyed_on": "2021-05-01"}
BOW_TIE = shapely.Polygon([(103, 14), (103.01, 14.01), (103.01, 14), (103, 14.01)])


def register(store: Store, *rows: dict[str, Any]) -> None:
    store.register(to_hazards(candidates(rows)))


def ids(store: Store, workbench: str = "include", **when: Any) -> list[str]:
    found = store.hazards(workbench=workbench, **when)
    assert found["hazard_id"].is_unique
    return found["hazard_id"].tolist()


def moment(store: Store, submission: str) -> dt.datetime:
    found = store.submissions().set_index("submission_id")
    return found.loc[str(submission), "received_at"].to_pydatetime()


# ---------------------------------------------------------------- what is kept


def test_a_submission_is_listed_with_how_it_was_read(store: Store) -> None:
    done = store.submit(
        file(
            A,
            {"hazard_id": "B"},
            operation="Indian 1960 to WGS 84 (2)",
            accuracy_m=44.0,
            crs="EPSG:3148",
            layer="fields",
            closed_left_out=3,
            closed_m2=12_345,
            findings=[Finding("closed_left_out", "3 closed records (12,345 m²)")],
        ),
        submitted_by="desk",
        operator="MAG",
        comment="second quarter",
    )
    assert (done, done.new, done.records, done.waiting) == ("S-0001", True, 2, 2)
    assert done.changes == {"new": 1, "no polygon": 1}
    assert (done.same, done.not_in_split, done.errors) == (0, 1, 0)
    row = store.submissions().iloc[0]
    assert row["submission_id"] == "S-0001"
    assert row[["file", "format", "what"]].tolist() == ["fields.gpkg", "GeoPackage", "hazards"]
    assert row[["operator", "submitted_by"]].tolist() == ["MAG", signed(store, "desk")]
    assert row["operation"] == "Indian 1960 to WGS 84 (2)"
    counts = ["records", "waiting", "accepted", "rejected", "not_in_split", "errors"]
    assert row[counts].tolist() == [2, 2, 0, 0, 1, 0]
    assert row[["closed_left_out", "closed_m2", "waiting_m2"]].tolist() == [3, 12_345, SIZE]
    facts = store.submission("S-0001").facts.set_index("what")["value"]
    assert facts["datum transformation"] == "Indian 1960 to WGS 84 (2)"
    assert facts["its accuracy"] == "44 m"
    assert facts["reference system"] == "EPSG:3148"
    assert facts["closed records left out"] == "3 (12,345 m²)"
    assert facts["comment"] == "second quarter"
    assert store.submission("S-0001").columns["ours"].tolist() == ["hazard_id"]


def test_an_unknown_submission_is_named(store: Store) -> None:
    with pytest.raises(errors.UnknownNameError, match="no submission S-0001"):
        store.submission("S-0001")


def test_records_are_kept_as_they_were_read(store: Store) -> None:
    """An id, a word, a geometry, a date that cannot be: all of it comes back."""
    point = shapely.Point(103, 13)
    broken = shapely.Polygon([(103, 13), (103.1, 13), (103.1, float("inf"))])
    store.submit(
        file(
            {"hazard_id": "A", "geometry": BOW_TIE, "kind": "Mines!", "task": "TS 14 <b>"},
            {"hazard_id": None, "geometry": point, "task": "ទី"},
            {"hazard_id": "C", "geometry": broken, "reported_size_m2": 7.5},
            {"hazard_id": "D", "geometry": shapely.Polygon(), "district": " Samlout "},
            findings=[
                Finding("bad_date", "surveyed_on '31.02.2020' is not a day", record=3),
                Finding("unread_part", "a layer that was not read"),
            ],
        )
    )
    found = store.submission("S-0001")
    records = found.records
    assert records["record"].tolist() == [1, 2, 3, 4]
    assert records["kind"].tolist()[0] == "Mines!"
    assert records["district"].tolist()[3] == "Samlout"
    assert records["reported_size_m2"].tolist()[2] == 7.5
    assert records["hazard_id"].isna().tolist() == [False, True, False, False]
    assert records.geometry[0].equals_exact(shapely.MultiPolygon([BOW_TIE]), 0)
    assert records.geometry[1].equals_exact(point, 0)
    assert shapely.get_coordinates(records.geometry[2])[2].tolist() == [103.1, float("inf")]
    assert records.geometry[3] is None
    assert (records["errors"] > 0).all()
    said = found.findings
    by_record = said[said["severity"] == "error"].groupby("record")["code"].apply(set).to_dict()
    assert by_record[1] == {"invalid_ring", "unknown_word"}
    assert by_record[2] == {"missing_id", "not_polygon"}
    assert by_record[3] == {"bad_coordinates"}
    assert by_record[4] == {"bad_date"}
    assert said.loc[said["code"] == "unread_part", "record"].isna().all()
    with store._reading() as connection:
        rows = connection.exec_driver_sql("SELECT extra FROM submitted_record ORDER BY record")
        assert [json.loads(row[0])["task"] for row in rows][:2] == ["TS 14 <b>", "ទី"]
    assert ids(store) == []
    assert store.not_in_split(only="waiting").equals(store.not_in_split())
    assert store.not_in_split(only="unmeasured").empty
    assert sorted(store.not_in_split()["why"]) == [
        "errors",
        "no polygon",
        "no polygon",
        "no polygon",
    ]


def test_a_finding_that_names_only_the_hazard_counts_for_its_record(store: Store) -> None:
    store.submit(file(A, B, findings=[Finding("bad_point", "point 3", hazard_id="B")]))
    assert store.submission("S-0001").records["errors"].tolist() == [0, 1]
    assert ids(store) == ["A"]


def test_records_keep_the_numbers_that_they_have_in_the_file(store: Store) -> None:
    """Closed records between them were left out by the reader."""
    got = file(A, B, findings=[Finding("bad_point", "point 3", record=1)])
    store.submit(replace(got, numbers=np.array([0, 4])))
    found = store.submission("S-0001")
    assert found.records["record"].tolist() == [1, 5]
    assert found.records["errors"].tolist() == [0, 1]
    assert found.findings.set_index("code").loc["bad_point", "record"] == 5
    assert store.accept("S-0001").left[0][:2] == (5, "B")
    assert store.reject("S-0001", reason="no", records=[5]).rejected == 1


def test_the_table_that_was_read_is_not_changed(store: Store) -> None:
    got = file(A, {"hazard_id": " B ", "geometry": square(103.1), "province": "BATTAMBANG"})
    before = got.table.copy(deep=True)
    store.submit(got)
    assert_geodataframe_equal(got.table, before)
    assert store.submission("S-0001").records["province"].tolist()[1] == "Battambang"
    assert ids(store) == ["A", "B"]


def test_a_submission_of_nothing_is_kept_too(store: Store) -> None:
    empty = candidates([A]).iloc[:0]
    done = store.submit(received(empty, closed_left_out=5, closed_m2=10))
    assert (done.records, done.waiting, done.changes) == (0, 0, {})
    assert store.submission(done).records.empty
    assert store.accept(done).accepted == 0


def test_a_table_that_is_no_submission_is_refused(store: Store) -> None:
    with pytest.raises(errors.CRSError, match="4326"):
        store.submit(received(candidates([A]).to_crs(32648)))
    with pytest.raises(errors.OptionError, match="hazards, reports"):
        store.submit(received(candidates([A]), "minefields"))
    assert store.submissions().empty


# ---------------------------------------------------------------- the same file again


def test_the_same_file_again_is_recognised(store: Store) -> None:
    first = store.submit(file(A, B), submitted_by="one")
    again = store.submit(file(A, B), submitted_by="two", comment="sorry")
    assert (again, again.new, again.records) == (first, False, 2)
    assert "S-0001" in again.notes[0]
    assert len(store.submissions()) == 1
    store.reject(first, reason="wrong file")
    assert not store.submit(file(A, B)).new  # each night's run would bring it back
    assert ids(store) == []
    anew = store.submit(file(A, B), again=True)
    assert (anew, anew.new) == ("S-0002", True)
    assert ids(store) == ["A", "B"]


@pytest.mark.parametrize(
    "other",
    [
        {"layer": "b"},
        {"profile": "operator"},
        {"operation": "another shift"},
        {"crs": "EPSG:24048"},
    ],
)
def test_the_same_file_read_otherwise_is_another_submission(
    store: Store, other: dict[str, Any]
) -> None:
    store.submit(file(A, checksum="c1"))
    done = store.submit(file(A, checksum="c1", **other))
    assert (done, done.new) == ("S-0002", True)
    assert "another way" in done.notes[0]
    assert ids(store) == ["A"]  # once


def test_the_same_file_with_a_kind_given_is_another_submission(store: Store) -> None:
    store.submit(file({**A, "kind": None}, checksum="c1"))
    assert ids(store) == []
    assert store.not_in_split()["why"].tolist() == ["no kind"]
    assert store.submit(file(A, checksum="c1")).new
    assert ids(store) == ["A"]


# ---------------------------------------------------------------- totals


def test_a_waiting_hazard_is_known_only_to_include_and_only(store: Store) -> None:
    register(store, {**B, "in_workbench": True}, {**A, "hazard_id": "R", "geometry": square(104)})
    store.submit(file({**A, "province": "Battambang"}, {"hazard_id": "C"}))
    assert ids(store) == ["A", "B", "R"]
    assert ids(store, "exclude") == ["R"]
    assert ids(store, "only") == ["A", "B"]
    row = store.hazards(workbench="only").iloc[0]
    assert row["in_workbench"] is True or bool(row["in_workbench"])
    assert (row["status"], row["size_m2"], row["province_code"]) == ("open", SIZE, "02")
    assert store.hazards().columns[: len(HAZARD_COLUMNS)].tolist() == list(HAZARD_COLUMNS)
    assert ids(store, province="Battambang") == ["A"]
    assert ids(store, kind="cluster_munition") == []
    assert store.balance()["remaining_m2"].sum() == 2 * SIZE  # the ledger knows nothing of it
    assert store.rebuild().empty


def test_a_province_that_only_waiting_hazards_name(store: Store) -> None:
    store.submit(file({**A, "province": "Atlantis"}))
    assert ids(store, province="atlantis") == ["A"]
    with pytest.raises(errors.UnknownNameError):
        store.hazards(province="atlantis", workbench="exclude")


def test_totals_with_and_without(store: Store, border: gpd.GeoDataFrame) -> None:
    store.load_border(border)
    near = {"hazard_id": "N", "geometry": square(102.51), "surveyed_on": "2020-05-01"}
    register(store, A)
    store.submit(file(near, {"hazard_id": "Z", "geometry": square(103.2), "kind": None}))
    split = {each: store.split(workbench=each) for each in ("include", "exclude", "only")}
    figures = {
        name: totals(each, by=[]).iloc[0].tolist() if len(each) else []
        for name, each in split.items()
    }
    assert figures["include"] == [2, 2 * SIZE, 1, SIZE, 1, SIZE]
    assert figures["exclude"] == [1, SIZE, 0, 0, 1, SIZE]
    assert figures["only"] == [1, SIZE, 1, SIZE, 0, 0]
    whole = totals(split["include"], by=[], workbench="exclude").iloc[0].tolist()
    assert whole == figures["exclude"]


def test_distances_of_waiting_hazards_are_kept(
    store: Store, border: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.load_border(border)
    store.submit(file(A))
    first = store.split()["border_distance_m"].tolist()

    def computed(*_: Any, **__: Any) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(mine_geo.store.hazards, "border_nearest", computed)
    store.accept("S-0001")
    assert store.split()["border_distance_m"].tolist() == first


def test_a_resubmission_is_never_counted_beside_the_register(store: Store) -> None:
    register(store, A)
    done = store.submit(file({**A, "geometry": square(103.0, size=0.02)}, B))
    assert done.changes == {"redrawn": 1, "new": 1}
    assert ids(store) == ["A", "B"]
    assert store.hazards()["size_m2"].tolist() == [SIZE, SIZE]
    store.record("A", "cleared", square(103, size=0.02), happened_on="2022-05-01")
    assert ids(store) == ["B"]  # closed, but in the register


def test_of_one_id_twice_on_the_workbench_the_newest_counts(store: Store) -> None:
    store.submit(file({**A, "geometry": square(103.0, size=0.02)}))
    first = moment(store, "S-0001")
    store.submit(file(A))
    store.submit(file({**A, "geometry": BOW_TIE}))  # cannot enter, so it cannot count
    assert store.hazards()["size_m2"].tolist() == [SIZE]
    assert store.hazards(known_at=first)["size_m2"].tolist() != [SIZE]
    store.reject("S-0002", reason="the older one was right")
    assert store.hazards()["size_m2"].tolist() != [SIZE]


def test_an_id_twice_in_one_file_counts_nowhere(store: Store) -> None:
    store.submit(file(A, {**B, "hazard_id": " A "}))
    assert ids(store) == []
    assert set(store.submission("S-0001").records["errors"]) == {1}


def test_as_of_a_day_and_as_known_at_a_moment(store: Store) -> None:
    store.submit(file(A))
    first = moment(store, "S-0001")
    store.submit(file(B, {"hazard_id": "U", "geometry": square(103.2)}))
    second = moment(store, "S-0002")
    assert first < second
    assert ids(store, as_of="2020-04-30") == []
    assert ids(store, as_of="2020-05-01") == ["A"]
    assert ids(store, as_of="2021-05-01") == ["A", "B"]  # U has no day: since it was received
    assert ids(store) == ["A", "B", "U"]
    assert ids(store, known_at=first) == ["A"]
    assert ids(store, known_at=second, as_of="2021-05-01") == ["A", "B"]
    assert ids(store, known_at=first - pd.Timedelta(milliseconds=1)) == []
    with pytest.raises(errors.RecordError, match="time zone"):
        store.hazards(known_at="2022-01-01T00:00:00")


def test_an_accepted_record_is_the_waiting_one_at_earlier_moments(store: Store) -> None:
    done = store.submit(file(A, B))
    before = moment(store, done)
    store.accept(done, hazards="A")
    accepted = store.events()["recorded_at"].max()
    assert ids(store, "exclude") == ["A"]
    assert ids(store, "only") == ["B"]
    assert ids(store, "exclude", known_at=before) == []
    assert ids(store, "only", known_at=before) == ["A", "B"]
    just_before = accepted - pd.Timedelta(milliseconds=1)
    assert ids(store, "only", known_at=just_before) == ["A", "B"]
    assert ids(store, "exclude", known_at=accepted) == ["A"]
    assert ids(store, "only", known_at=accepted) == ["B"]
    store.reject(done, reason="not a minefield")
    assert ids(store) == ["A"]
    assert ids(store, "only", known_at=accepted) == ["B"]


def test_a_retracted_registration_waits_again_if_it_was_sent_again(store: Store) -> None:
    register(store, A)
    registered = store.events()
    store.submit(file({**A, "village": "Ta Sanh"}))
    assert ids(store, "only") == []
    store.retract(registered["event_id"][0], reason="registered by mistake")
    assert ids(store, "only") == ["A"]
    assert ids(store, "only", known_at=moment(store, "S-0001")) == []
    assert ids(store, "exclude", known_at=moment(store, "S-0001")) == ["A"]


def test_reports_are_in_no_total(store: Store) -> None:
    register(store, A)
    done = store.submit(
        report_file(
            {
                "event_id": "{g1}",
                "hazard_id": "A",
                "event_type": "cleared",
                "happened_on": "2022-05-01",
                "geometry": square(103.0, size=0.005),
            }
        )
    )
    assert (done.records, done.not_in_split, done.changes) == (1, 0, {})
    assert store.hazards()["size_m2"].tolist() == [SIZE]
    assert store.not_in_split().empty


# ---------------------------------------------------------------- checked by the store


def test_a_check_says_what_a_submission_keeps(store: Store, admin: gpd.GeoDataFrame) -> None:
    store.load_admin(admin)
    register(store, A)
    over = {"hazard_id": "O", "geometry": square(103.001), "province": "Pailin"}
    got = file(over, {"hazard_id": "O"}, findings=[Finding("bad_date", "x", record=0)])
    found = store.check(got)
    assert {"overlaps_register", "duplicate_id", "bad_date"} <= set(found["code"])
    assert store.submissions().empty
    store.submit(got)
    kept = store.submission("S-0001").findings
    assert_geodataframe_equal(kept, found, check_dtype=False)


def test_only_the_districts_of_all_provinces_say_where_the_country_ends(store: Store) -> None:
    every = read_admin(sample.path("districts"))
    abroad = file({**B, "geometry": square(101.5, 13.5)}, {**A, "geometry": square(103.2, 13.1)})
    store.load_admin(every[every["province_code"] == "12"])
    assert "outside_country" not in set(store.check(abroad)["code"])
    store.load_admin(every)
    found = store.check(abroad)
    assert found.loc[found["code"] == "outside_country", "hazard_id"].tolist() == ["B"]


def test_a_check_of_reports_wants_their_hazards(store: Store) -> None:
    """While they wait, the hazard may come: so it is no error of the submission."""
    row = {"event_id": "g", "hazard_id": "A", "event_type": "cleared", "happened_on": "2022-05-01"}
    got = report_file({**row, "geometry": square(103.0)})
    assert store.check(got)["code"].tolist() == ["unknown_hazard"]
    store.submit(got)
    assert store.submission("S-0001").findings.empty
    assert "no hazard A" in store.accept("S-0001").left[0].why
    register(store, A)
    assert store.check(got).empty
    assert store.accept("S-0001").released_m2 == SIZE
    assert store.check(got)["code"].tolist() == ["same_report"]  # closed, and in the register


def test_info_counts_the_workbench(store: Store) -> None:
    assert "submissions" not in store.info()["what"].tolist()
    store.submit(file(A, {"hazard_id": "C"}))
    found = store.info().set_index("what")["value"]
    assert (found["submissions"], found["records on the workbench"]) == ("1", "2")


# ---------------------------------------------------------------- invented and real


def test_invented_records_do_not_enter_a_real_workbench(store: Store) -> None:
    with pytest.raises(errors.NotSyntheticError, match="A is invented"):
        store.submit(file({**A, "synthetic": "True"}, {**B, "synthetic": "false"}))
    assert store.submissions().empty
    assert store.submit(file({**A, "synthetic": False})).new
    assert "synthetic" not in store.hazards()


def test_real_records_do_not_enter_a_synthetic_workbench(place: str) -> None:
    with create_store(place, synthetic=True) as store:
        with pytest.raises(errors.NotSyntheticError, match="not marked synthetic"):
            store.submit(file(A))
        store.submit(file({**A, "synthetic": "1"}))
        assert store.hazards()["synthetic"].tolist() == [True]
        store.accept("S-0001")
        assert store.hazards()["synthetic"].tolist() == [True]
        assert store.rebuild().empty


# ---------------------------------------------------------------- moments


def test_every_moment_is_later_than_the_one_before(store: Store) -> None:
    """Also where the clock stands still, or ran a little ahead when a file was received."""
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=4)
    with store._writing() as connection:
        row = dict.fromkeys(("file", "path", "checksum", "format", "profile", "crs"), "x")
        numbers = dict.fromkeys(("bytes", "closed_left_out", "closed_m2"), 0)
        ahead = {"received_at": soon, "what": "hazards"}
        said = {"submission_id": "S-0001", "reading_hash": "x", "synthetic": False}
        connection.execute(insert(SUBMISSION).values({**row, **numbers, **ahead, **said}))
    register(store, A)
    name = store.submit(file({**A, "village": "V"}, B))
    store.reject(name, reason="no", hazards="B")
    store.accept(name)
    store.describe("A", {"village": "W"}, happened_on="2022-01-01")
    moments = [moment(store, "S-0001"), *store.events()["recorded_at"].sort_values()[:1]]
    moments += [moment(store, name)]
    decided = store.submission(name).records.set_index("hazard_id")["decided_at"]
    moments += [decided["B"], decided["A"], store.events()["recorded_at"].max()]
    assert all(earlier < later for earlier, later in itertools.pairwise(moments))
    assert decided["A"] in set(store.events()["recorded_at"])


# ---------------------------------------------------------------- a real file


def test_a_file_is_submitted_by_its_path(store: Store, tmp_path: Path) -> None:
    path, copy = tmp_path / "fields.gpkg", tmp_path / "copy of fields.gpkg"
    table = candidates([{**A, "operator": "MAG"}, B, {"hazard_id": "N"}])
    table[["hazard_id", "kind", "operator", "surveyed_on", "geometry"]].to_file(path)
    done = store.submit(path, submitted_by="desk")
    assert (done.records, done.changes) == (3, {"new": 2, "no polygon": 1})
    assert store.submissions()["file"].tolist() == ["fields.gpkg"]
    shutil.copy(path, copy)
    assert not store.submit(str(copy)).new
    assert store.accept(done).registered == 2
    assert store.hazards()["size_m2"].tolist() == [SIZE, SIZE]
    with pytest.raises(errors.FileError, match=r"no\.gpkg"):
        store.submit(tmp_path / "no.gpkg")
