"""States of approval: what a source rejected counts nowhere, what it has not validated waits."""

import json
import warnings

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mine_geo import errors, intake
from mine_geo.intake import read, read_hazards, read_reports
from mine_geo.intake.mapping import is_state, read_states
from mine_geo.intake.profiles import load
from mine_geo.intake.received import STATES
from tests.store.inbox import square

IDS = ["HZ-1", "HZ-2", "HZ-3", "HZ-4"]
SIZE = 1_200_149


def layer(tmp_path, name="export.gpkg", *, ids=IDS, **columns):
    """Write hazards as an export of IMSMA Core has them."""
    said = {
        "imsma_id": [f"hazard_poly_{n}" for n in range(1, len(ids) + 1)],
        "ha_code": ids,
        "report_code": [f"R-{n}" for n in range(len(ids))],
        "created_date": "2024-05-01",
        "last_edited_date": "2024-06-01",
        "province_name_en": "Battambang",
        "district_name_en": "Samlout",
        **columns,
    }
    shapes = [square(103 + n / 10) for n in range(len(ids))]
    path = tmp_path / name
    frame = gpd.GeoDataFrame(said, geometry=shapes, crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that a Shapefile cuts
        frame.to_file(path)
    return path


def messages(received, code):
    return [f.message for f in received.findings if f.code == code]


def test_a_rejected_record_is_left_out_and_one_that_is_not_validated_waits(tmp_path):
    path = layer(
        tmp_path,
        sys_workflow_status=["validated", "rejected", "validated", "submitted"],
        sys_review_qa_status=["validated", "validated", "in_review", None],
        sys_validation_status=["validated", "validated", "not_validated", "not_validated"],
        is_approved=["yes", "yes", "no", "no"],
    )
    received = read(path, kind="ap_minefield")
    assert received.source.profile == "imsma_core"
    assert received.table["hazard_id"].tolist() == ["HZ-1", "HZ-3", "HZ-4"]
    assert received.table["in_workbench"].tolist() == [False, True, True]
    assert (received.numbers + 1).tolist() == [1, 3, 4]
    assert messages(received, "rejected_left_out") == [
        f"1 records that their source rejected left out ({SIZE:,} m²)"
    ]
    assert messages(received, "not_validated") == [
        "2 records are not validated at their source, and count as on the workbench",
        "not validated at its source: sys_review_qa_status 'in_review'",
        "not validated at its source: sys_workflow_status 'submitted'",
    ]
    numbers = received.said().set_index("code").loc["not_validated", "record"]
    assert numbers.dropna().tolist() == [3, 4]
    with pytest.warns() as said:
        hazards = read_hazards(path)
    kinds = {each.category for each in said}
    assert kinds == {intake.NotValidatedWarning, intake.RejectedLeftOutWarning}
    assert int(hazards["size_m2"].sum()) == 3 * SIZE
    assert hazards["province_code"].tolist() == ["02"] * 3
    assert hazards["sys_workflow_status"].tolist() == ["validated", "validated", "submitted"]


def test_no_known_column_is_left_over(tmp_path):
    path = layer(
        tmp_path,
        sys_workflow_status="validated", sys_review_qa_status="validated", is_approved="true",
        sys_validation_status="validated", globalid=IDS, province_name_km="បាត់ដំបង",
        district_name_km="សំឡូត",
    )  # fmt: skip
    received = read(path, kind="ap_minefield")
    assert messages(received, "left_over") == []
    how = received.columns.set_index("source")["how"].to_dict()
    assert how["sys_review_qa_status"] == "state of approval, kept as it is"
    assert how["created_date"] == "known, kept as it is"
    assert how["province_name_km"] == "fills province where that is empty, kept as it is"
    assert not received.table["in_workbench"].any()
    assert received.table["report_code"].tolist() == ["R-0", "R-1", "R-2", "R-3"]


def test_a_unit_that_is_named_in_one_language_only(tmp_path):
    path = layer(
        tmp_path,
        province_name_en=["Battambang", None, None, ""],
        province_name_km=["បាត់ដំបង", "បាត់ដំបង", None, "ប៉ៃលិន"],
        district_name_en=["Samlout", "Samlout", None, None],
    )
    table = read(path).table
    assert table["province"].tolist()[:2] == ["Battambang", "Battambang"]
    assert table["province"].isna().tolist() == [False, False, True, False]
    assert table["province_code"].tolist()[3] == "24"


def test_an_unknown_word_is_asked_for_and_a_profile_answers(tmp_path):
    path = layer(tmp_path, sys_workflow_status=["validated", "Tier 2", "Tier 2", "validated"])
    received = read(path)
    assert len(messages(received, "unknown_state")) == 2
    with pytest.raises(
        errors.RecordError, match=r"HZ-2: sys_workflow_status 'Tier 2' is no state"
    ) as e:
        read_hazards(path)
    line = str(e.value).split("means: ")[1].split(", or ")[0]
    assert line == '[states.words] "Tier 2" = "validated"'
    profile = tmp_path / "ours.toml"
    for state, waits, count in (("validated", 0, 4), ("received", 2, 4), ("rejected", 0, 2)):
        profile.write_text(
            f'extends = "imsma_core"\n[states.words]\n"Tier 2" = "{state}"\n', encoding="utf-8"
        )
        table = read(path, profile=profile).table
        assert (int(table["in_workbench"].sum()), len(table)) == (waits, count)
    profile.write_text("[states]\ncolumns = []\n")
    table = read(path, profile=profile, id_column="ha_code").table
    assert (int(table["in_workbench"].sum()), len(table)) == (0, 4)
    profile.write_text('[states]\ncolumns = ["tier"]\n[states.words]\n"two" = "perhaps"\n')
    with pytest.raises(errors.FileError, match=r"states.words.two.*valid: received, in_review"):
        read(path, profile=profile)


def test_a_rejected_record_with_an_unknown_word_stays_rejected(tmp_path):
    path = layer(tmp_path, ids=["A"], sys_workflow_status=["?"], is_approved=["no"],
                 sys_validation_status=["rejected"])  # fmt: skip
    received = read(path)
    assert received.table.empty
    assert messages(received, "unknown_state") == []


def test_an_empty_state_is_not_validated_unless_nobody_uses_the_column(tmp_path):
    path = layer(tmp_path, sys_workflow_status=["validated", None, "validated", "validated"],
                 sys_validation_status=[None] * 4)  # fmt: skip
    assert read(path).table["in_workbench"].tolist() == [False, True, False, False]
    path = layer(tmp_path, "other.gpkg", sys_workflow_status=[None] * 4)
    assert not read(path).table["in_workbench"].any()


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb"])
def test_in_every_format_also_with_names_cut_to_ten_letters(tmp_path, ending):
    path = layer(
        tmp_path, f"export.{ending}",
        sys_review_qa_status=["validated", "rejected", "validated", "validated"],
        sys_review_gis_status=["validated", "validated", "rejected", "validated"],
        sys_validation_status=["validated", "validated", "validated", "not_validated"],
    )  # fmt: skip
    table = read(path).table
    waits = dict(zip(table["hazard_id"], table["in_workbench"], strict=True))
    assert waits == {"HZ-1": False, "HZ-4": True}


def test_esri_json_with_coded_states(tmp_path):
    rows = [
        {"attributes": {"ha_code": n, "sys_workflow_status": s},
         "geometry": {"rings": [[list(xy) for xy in square(103).exterior.coords]]}}
        for n, s in (("A", "validated"), ("B", "rejected"))
    ]  # fmt: skip
    answer = {"geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": 4326},
              "features": rows}  # fmt: skip
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer))
    assert read(path).table["hazard_id"].tolist() == ["A"]


def test_reports_that_are_not_validated_do_not_release_land(tmp_path):
    path = layer(
        tmp_path, outcome="Clearance", end_date="2024-05-03",
        sys_validation_status=["validated", "rejected", "validated", "validated"],
    )  # fmt: skip
    with pytest.warns(intake.RejectedLeftOutWarning, match="1 records that their source rejected"):
        reports = read_reports(path)
    assert reports["hazard_id"].tolist() == ["HZ-1", "HZ-3", "HZ-4"]
    assert reports["report_ref"].tolist() == ["R-0", "R-2", "R-3"]
    path = layer(
        tmp_path, "other.gpkg", outcome="Clearance", end_date="2024-05-03",
        sys_validation_status=["validated", "not_validated", "validated", "validated"],
    )  # fmt: skip
    with (
        pytest.warns(intake.NotValidatedWarning, match="1 records .*, and wait"),
        pytest.raises(errors.RecordError, match=r"HZ-2: not validated .* workbench submit FILE"),
    ):
        read_reports(path)


@given(st.lists(st.sampled_from(["", *STATES, "?"]), min_size=3, max_size=3))
def test_the_worst_state_counts(words):
    cells = pd.DataFrame(
        [words, ["validated"] * 3],
        columns=["sys_workflow_status", "sys_review_a_status", "sys_validation_status"],
    )
    state = read_states(cells, load("plain").states).states[0]
    said = set(words) - {""}
    if "rejected" in said:
        assert state == "rejected"
    elif "?" in said:
        assert state is None
    elif said <= {"validated"} and said:
        assert state == "validated"
    else:
        assert state in {"received", "in_review"}


def test_names_of_states():
    patterns = load("plain").states.columns
    for name in ("sys_workflow_status", "SYS_REVIEW_QA_STATUS", "sys_workfl", "sys_revi_1",
                 "form/sys_validation_status", "_validation_status", "ReviewState"):  # fmt: skip
        assert is_state(name, patterns), name
    for name in ("status", "hazard_status", "sys_status", "sys_review_date", "review", "sys_work"):
        assert not is_state(name, patterns), name


def test_turning_points_of_one_record_that_say_several_states(tmp_path):
    rows = [
        {"hazard_id": name, "lon": x, "lat": y, "sys_validation_status": state}
        for name, states, west in (
            ("A", ["validated"] * 4, 103.0),
            ("B", ["validated", "rejected", "validated", "validated"], 103.2),
        )
        for state, (x, y) in zip(states, square(west).exterior.coords[:-1], strict=True)
    ]
    path = tmp_path / "points.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    received = read(path, crs="EPSG:4326")
    assert len(received.table) == 2
    assert "'validated; rejected' is no state" in messages(received, "unknown_state")[0]
    with pytest.raises(errors.RecordError, match=r"B: sys_validation_status"):
        read_hazards(path, crs="EPSG:4326")
