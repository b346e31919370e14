"""Records that their source rejected or has not validated, on their way into the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from mine_geo import errors
from mine_geo.intake import NotValidatedWarning, RejectedLeftOutWarning, read, read_hazards
from tests.store.inbox import square

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.store import Store

SIZE = 1_200_149


def export(path: Path, *states: str, **more: object) -> Path:
    columns = {
        "ha_code": [f"HZ-{n}" for n in range(1, len(states) + 1)],
        "eo_type": "AP mines",
        "survey_date": "2021-03-04",
        "sys_validation_status": states,
        **more,
    }
    shapes = [square(103 + n / 10) for n in range(len(states))]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)
    return path


def test_only_what_is_validated_enters_by_itself(store: Store, tmp_path: Path) -> None:
    path = export(tmp_path / "a.gpkg", "validated", "rejected", "not_validated", "Tier 2")
    received = read(path)
    found = store.check(received)
    counts = found["code"].value_counts()
    assert counts["rejected_left_out"] == 1
    assert counts["not_validated"] == 2  # the file, and the record
    assert counts["unknown_state"] == 1
    done = store.submit(received)
    assert (done.records, done.waiting) == (3, 3)
    assert store.hazards()["hazard_id"].tolist() == ["HZ-1", "HZ-3"]
    assert store.hazards(workbench="exclude").empty
    accepted = store.accept(done)
    assert accepted.registered == 1
    why = {each.hazard_id: each.why for each in accepted.left}
    assert list(why) == ["HZ-3", "HZ-4"]
    assert why["HZ-3"].startswith("not validated at its source: accept it by its id or number")
    assert why["HZ-4"].startswith("unknown_state: sys_validation_status 'Tier 2' is no state of")
    assert store.hazards(workbench="exclude")["hazard_id"].tolist() == ["HZ-1"]
    # The mend: an officer names it.
    assert store.accept(done, hazards=["HZ-3"]).registered == 1
    assert store.hazards(workbench="exclude")["hazard_id"].tolist() == ["HZ-1", "HZ-3"]
    # Read again from here it is what the officer decided, whatever its source had said.
    store.hazards(workbench="exclude").to_file(tmp_path / "ours.gpkg")
    ours = read_hazards(tmp_path / "ours.gpkg")
    assert ours["sys_validation_status"].tolist() == ["validated", "not_validated"]
    assert not ours["in_workbench"].any()


def test_what_is_loaded_waits_in_the_register_until_it_is_validated(
    store: Store, tmp_path: Path
) -> None:
    path = export(tmp_path / "a.gpkg", "validated", "rejected", "not_validated")
    with pytest.warns((NotValidatedWarning, RejectedLeftOutWarning)) as said:
        hazards = read_hazards(path)
    assert len(said) == 2
    assert store.register(hazards).registered == 2
    split = store.hazards()
    assert split["hazard_id"].tolist() == ["HZ-1", "HZ-3"]
    assert store.hazards(workbench="only")["hazard_id"].tolist() == ["HZ-3"]
    assert int(store.hazards(workbench="exclude")["size_m2"].sum()) == SIZE
    # Validated at last: the same polygon, sent again.
    later = read(export(tmp_path / "b.gpkg", "validated", "rejected", "validated"))
    with pytest.raises(errors.ConflictError, match="HZ-3"):
        store.register(later.table)
    done = store.submit(later)
    store.accept(done)
    assert store.hazards(workbench="only").empty
    assert int(store.hazards(workbench="exclude")["size_m2"].sum()) == 2 * SIZE


def test_a_report_that_is_not_validated_releases_nothing(store: Store, tmp_path: Path) -> None:
    store.register(read_hazards(export(tmp_path / "h.gpkg", *["validated"] * 3)))
    path = export(
        tmp_path / "r.gpkg",
        *("validated", "rejected", "not_validated"),
        outcome="Clearance",
        end_date="2024-05-03",
        report_code=["R-1", "R-2", "R-3"],
    )
    received = read(path, what="reports")
    done = store.submit(received)
    assert done.records == 2
    accepted = store.accept(done)
    assert accepted.released_m2 == SIZE
    assert [each.hazard_id for each in accepted.left] == ["HZ-3"]
    assert store.hazards()["hazard_id"].tolist() == ["HZ-2", "HZ-3"]
    assert store.accept(done, hazards=["HZ-3"]).released_m2 == SIZE
