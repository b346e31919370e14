"""The way back into IMSMA Core: what is read again with the same profile is the same."""

from __future__ import annotations

import json
import math
import unicodedata
import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError, RecordError
from mine_geo.exports import core
from mine_geo.intake import profiles, read, to_source
from mine_geo.terms import (
    AREA_TYPES,
    DIFFICULTIES,
    EVIDENCES,
    HAZARD_COLUMNS,
    KINDS,
    OUTCOMES,
    SURVEY_METHODS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OFFICE = """
name = "office"
extends = "imsma_core"
[hazards]
dates = ["%d/%m/%Y"]
[hazards.columns]
hazard_id = ["លេខ MF"]
kind = ["Contam."]
area_type = ["Land Class"]
operator = ["Org"]
province = ["ខេត្ត"]
surveyed_on = ["SurvDate"]
reported_size_m2 = ["Hectares"]
residual = ["Rest?"]
[hazards.values.kind]
"Mines, anti-personnel" = "ap_minefield"
"បោះចង្កោម" = "cluster_munition"
"Unknown" = ""
[hazards.values.area_type]
"Red" = "CHA"
"Yellow" = "SHA"
[hazards.values.operator]
"C" = "CMAC"
[hazards.values.residual]
"left" = "true"
"none left" = "false"
[hazards.factors]
reported_size_m2 = 10000
[reports]
dates = ["epoch_ms"]
[reports.columns]
event_id = ["GUID"]
hazard_id = ["លេខ MF"]
event_type = ["What was done"]
happened_on = ["Finished"]
reported_size_m2 = ["ha released (ha)"]
depth_cm = ["Depth (m)"]
[reports.values.event_type]
"BAC done" = "cleared"
[reports.sums]
ap_mines = ["PMN", "PMN-2"]
[states]
columns = ["QA state"]
[states.words]
"Signed off" = "validated"
"On my desk" = "received"
"Thrown out" = "rejected"
"""


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "office.toml"
    path.write_text(OFFICE, encoding="utf-8")
    return path


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Zs"))
WORDS = st.none() | st.text(LETTERS, min_size=2, max_size=12).map(
    lambda text: unicodedata.normalize("NFC", text)
).filter(lambda text: text.casefold() not in {"null", "<null>", "c"})
UNITS = st.sampled_from(
    [(None, None), ("Battambang", "Samlout"), ("Pailin", None), ("Pailin", "Sala Krau")]
)
KNOWN_DAYS = st.dates(pd.Timestamp("1980-01-01").date(), pd.Timestamp("2050-12-31").date())
DAYS = st.none() | KNOWN_DAYS
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.none() | st.sampled_from(KINDS),
            "area_type": st.none() | st.sampled_from(AREA_TYPES),
            "difficulty": st.none() | st.sampled_from(DIFFICULTIES),
            "evidence": st.none() | st.sampled_from(EVIDENCES),
            "survey_method": st.none() | st.sampled_from(SURVEY_METHODS),
            "operator": WORDS | st.just("CMAC"),
            "village": WORDS,
            "residual": st.booleans(),
            "in_workbench": st.booleans(),
            "unit": UNITS,
            "surveyed_on": DAYS,
            "reported_size_m2": st.none() | st.floats(0, 1e9).map(lambda m2: round(m2, 2)),
        }
    ),
    min_size=4,
    max_size=20,
)
FEW = settings(max_examples=12)
"""Lists are long instead: a file for each record would take minutes."""


def hazards_of(records: list[dict[str, object]]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(records)
    table["province"], table["district"] = zip(*table.pop("unit"), strict=True)
    table["hazard_id"] = [f"MF {n}" for n in range(len(table))]
    shapes = [shapely.box(103 + n / 7, 13, 103.001 + n / 7, 13.001) for n in range(len(table))]
    table["surveyed_on"] = pd.to_datetime(pd.Series(table["surveyed_on"], dtype=object))
    return mg.to_hazards(gpd.GeoDataFrame(table, geometry=shapes, crs=4326))


def same(found: gpd.GeoDataFrame, wanted: gpd.GeoDataFrame, columns: tuple[str, ...]) -> None:
    """Compare cell by cell, without any code of ours: null is null, a figure is that figure."""
    assert len(found) == len(wanted)
    for name in columns:
        for one, two in zip(found[name], wanted[name], strict=True):
            both = pd.isna(one) and pd.isna(two)
            figure = isinstance(two, float) and math.isclose(one, two, rel_tol=1e-12)
            assert both or figure or one == two, (name, one, two)
    vertices = [
        [shapely.get_coordinates(shape).tolist() for shape in each.geometry]
        for each in (found, wanted)
    ]
    assert vertices[0] == vertices[1]


@FEW
@given(RECORDS)
@pytest.mark.parametrize("name", ["office", "plain", "imsma_core"])
def test_hazards_come_back_as_they_were(
    office: Path, tmp_path_factory: pytest.TempPathFactory, name: str, records: list[dict]
) -> None:
    profile = str(office) if name == "office" else name
    wanted = hazards_of(records)
    written = to_source(wanted, profiles.load(profile))
    path = tmp_path_factory.mktemp("back") / "a.gpkg"
    pyogrio.write_dataframe(written.table, path, layer="hazards", use_arrow=True)
    found = read(path, what="hazards", profile=profile).table
    same(found, wanted, HAZARD_COLUMNS[:-1])
    assert written.notes == ()


REPORTS = st.lists(
    st.fixed_dictionaries(
        {
            "event_type": st.sampled_from([*OUTCOMES, "amended", "confirmed"]),
            "happened_on": KNOWN_DAYS,
            "operator": WORDS,
            "reported_size_m2": st.none() | st.floats(1, 1e7).map(lambda m2: round(m2, 1)),
            "ap_mines": st.none() | st.integers(0, 5000),
            "uxo": st.none() | st.integers(0, 5000),
            "depth_cm": st.none() | st.integers(1, 500).map(float),
            "drawn": st.booleans(),
        }
    ),
    min_size=4,
    max_size=20,
)


@FEW
@given(REPORTS)
@pytest.mark.parametrize("name", ["office", "imsma_core"])
def test_reports_come_back_as_they_were(
    office: Path, tmp_path_factory: pytest.TempPathFactory, name: str, records: list[dict]
) -> None:
    profile = str(office) if name == "office" else name
    drawn = [each.pop("drawn") for each in records]
    table = pd.DataFrame(records).assign(
        event_id=[f"R-{n}" for n in range(len(records))],
        report_ref=[f"TS {n}" for n in range(len(records))],
        hazard_id="MF 1", av_mines=None, submunitions=None, comment=None,
    )  # fmt: skip
    table = table.astype(dict.fromkeys(mg.terms.ITEM_COLUMNS, "Int64"))
    table["happened_on"] = pd.to_datetime(table["happened_on"]).astype("datetime64[ms]")
    shapes = [shapely.box(103, 13, 103.1, 13.1) if each else None for each in drawn]
    wanted = gpd.GeoDataFrame(table, geometry=shapes, crs=4326)
    written = to_source(wanted, profiles.load(profile), "reports")
    path = tmp_path_factory.mktemp("back") / "a.gpkg"
    pyogrio.write_dataframe(
        written.table, path, layer="reports", use_arrow=True, geometry_type="Unknown"
    )
    found = read(path, what="reports", profile=profile).table
    found["geometry"] = [None if s is None else s for s in found.geometry]
    columns = ("event_id", "hazard_id", "event_type", "happened_on", "operator", "report_ref",
               "reported_size_m2", "ap_mines", "uxo", "depth_cm")  # fmt: skip
    same(found, wanted, columns)


def test_words_columns_and_numbers_are_those_of_the_office(office: Path) -> None:
    record = dict.fromkeys(
        ("difficulty", "evidence", "survey_method", "village"), None
    ) | {"kind": "ap_minefield", "area_type": "CHA", "operator": "CMAC", "residual": True,
         "in_workbench": True, "unit": ("Battambang", "Samlout"),
         "surveyed_on": pd.Timestamp("2020-01-31"), "reported_size_m2": 12_345.0}  # fmt: skip
    made = to_source(hazards_of([record]), profiles.load(str(office))).table
    told = made.iloc[0]
    assert told[["លេខ MF", "Contam.", "Land Class", "Org", "SurvDate", "Hectares", "Rest?",
                 "QA state"]].tolist() == [
        "MF 0", "Mines, anti-personnel", "Red", "C", "31/01/2020", 1.2345, "left", "On my desk",
    ]  # fmt: skip
    assert "in_workbench" not in made


def test_what_would_not_come_back_is_refused(office: Path) -> None:
    record = dict.fromkeys(
        ("difficulty", "evidence", "survey_method", "village", "kind", "area_type"), None
    ) | {"operator": "C", "residual": False, "in_workbench": False, "unit": (None, None),
         "surveyed_on": None, "reported_size_m2": None}  # fmt: skip
    # By this profile "C" means CMAC: written as it is, it would be read as another operator.
    with pytest.raises(RecordError, match="MF 0: operator 'C' would be read again as 'CMAC'"):
        to_source(hazards_of([record]), profiles.load(str(office)))


def test_a_column_that_the_office_does_not_have_is_said(tmp_path: Path) -> None:
    (tmp_path / "o.toml").write_text('name = "o"\n[hazards.columns]\nvillage = []\n')
    record = dict.fromkeys(
        ("difficulty", "evidence", "survey_method", "kind", "area_type", "operator"), None
    ) | {"village": "Ou", "residual": False, "in_workbench": False, "unit": (None, None),
         "surveyed_on": None, "reported_size_m2": None}  # fmt: skip
    made = to_source(hazards_of([record]), profiles.load(tmp_path / "o.toml"))
    assert made.notes == ("village of 1 records: the profile has no column for it; left out",)
    assert "village" not in made.names


def test_two_columns_of_ours_under_one_name_are_refused(tmp_path: Path) -> None:
    record = dict.fromkeys(
        ("difficulty", "evidence", "survey_method", "kind", "area_type", "operator", "village"),
        None,
    ) | {"residual": False, "in_workbench": False, "unit": (None, None),
         "surveyed_on": None, "reported_size_m2": None}  # fmt: skip
    table = hazards_of([record]).assign(Org="of the file itself", globalid="{A-1}")
    made = to_source(table, profiles.load("imsma_core"))
    assert made.table["globalid"].tolist() == ["{A-1}"]  # by which Core knows its record
    assert made.table["Org"].tolist() == ["of the file itself"]


@pytest.fixture
def register(tmp_path: Path) -> Iterator[mg.Store]:
    hazards = gpd.GeoDataFrame(
        {"hazard_id": ["AP-1", "AP-2", "AP-3"], "kind": "ap_minefield", "area_type": "SHA",
         "surveyed_on": "2020-01-31", "globalid": ["g1", "g2", "g3"]},
        geometry=shapely.box([103, 103.1, 103.2], 13, [103.01, 103.11, 103.21], 13.01), crs=4326,
    )  # fmt: skip
    with mg.create_store(tmp_path / "register.gpkg") as store:
        store.register(hazards)
        yield store


def layer(path: Path, name: str) -> pd.DataFrame:
    return pyogrio.read_dataframe(path, layer=name)


def test_only_what_changed_goes_back_and_a_second_run_writes_nothing(
    register: mg.Store, tmp_path: Path
) -> None:
    out = tmp_path / "core"
    out.mkdir()
    first = core.send(register, out / "1.gpkg")
    assert (first.hazards, first.states, first.reports) == (3, 3, 0)
    assert core.send(register, out / "2.gpkg").empty
    assert sorted(each.name for each in out.iterdir()) == ["1.gpkg", "core.json"]

    # AP-1 is cut in half, AP-2 wholly cleared, AP-3 is left alone.
    register.record("AP-1", "reduced", shapely.box(103, 13, 103.005, 13.01),
                    happened_on="2022-05-01", event_id="TS-1", operator="MAG")  # fmt: skip
    register.record("AP-2", "cleared", shapely.box(103, 12, 104, 14), happened_on="2022-05-02",
                    event_id="BAC-2")  # fmt: skip
    done = core.send(register, out / "2.gpkg")
    assert (done.hazards, done.states, done.reports) == (1, 2, 2)
    states = layer(out / "2.gpkg", "states").set_index("hazard_localid")
    assert states["status"].to_dict() == {"AP-1": "Worked on", "AP-2": "Closed"}
    assert set(states["sys_workflow_status"]) == {"Validated"}
    half = layer(out / "2.gpkg", "hazards")
    assert half[["hazard_localid", "globalid"]].to_numpy().tolist() == [["AP-1", "g1"]]
    assert half.geometry[0].bounds == (103.005, 13.0, 103.01, 13.01)
    reports = layer(out / "2.gpkg", "reports")
    assert sorted(reports["globalid"]) == ["BAC-2", "TS-1"]
    assert core.send(register, out / "3.gpkg").empty

    # A report that is retracted goes back once more, rejected; its hazard is whole again.
    register.retract("TS-1", reason="another field of that name")
    done = core.send(register, out / "3.gpkg")
    assert (done.hazards, done.states, done.reports) == (1, 1, 1)
    back = layer(out / "3.gpkg", "reports")
    assert back[["globalid", "sys_workflow_status"]].to_numpy().tolist() == [["TS-1", "Rejected"]]
    assert layer(out / "3.gpkg", "hazards").geometry[0].bounds[0] == 103.0
    assert core.send(register, out / "4.gpkg").empty

    # Recorded and retracted between two files: nothing is left to be told.
    register.record("AP-3", "cleared", shapely.box(103.2, 13, 103.205, 13.01),
                    happened_on="2022-05-03", event_id="BAC-3")  # fmt: skip
    register.retract("BAC-3", reason="typing error")
    assert core.send(register, out / "4.gpkg").empty
    assert not (out / "4.gpkg").exists()
    assert restriction.kind_of(out / "1.gpkg") == "restricted"


def test_a_hazard_that_was_entered_in_error_is_rejected(register: mg.Store, tmp_path: Path) -> None:
    core.send(register, tmp_path / "1.gpkg")
    events = register.events()
    (entered,) = events.loc[events["hazard_id"] == "AP-3", "event_id"]
    register.retract(entered, reason="a rice field")
    done = core.send(register, tmp_path / "2.gpkg")
    assert (done.hazards, done.states) == (0, 1)
    told = layer(tmp_path / "2.gpkg", "states")
    assert told[["hazard_localid", "sys_workflow_status"]].to_numpy().tolist() == [
        ["AP-3", "Rejected"]
    ]


def test_read_with_the_same_profile_the_file_is_the_register(
    register: mg.Store, tmp_path: Path, office: Path
) -> None:
    core.send(register, tmp_path / "1.gpkg", profile=office)
    found = mg.read_hazards(tmp_path / "1.gpkg", layer="hazards", profile=str(office))
    wanted = register.hazards()
    ours = tuple(name for name in HAZARD_COLUMNS[:-1] if name != "size_m2")
    same(found, wanted, ours)
    assert np.array_equal(found["size_m2"], wanted["size_m2"])
    assert found["globalid"].tolist() == ["g1", "g2", "g3"]


def test_what_is_refused_leaves_no_file_and_no_moment(register: mg.Store, tmp_path: Path) -> None:
    for name, error, says in (
        ("a.shp", OptionError, "valid: .gpkg"),
        ("none/a.gpkg", FileError, "there is no folder"),
        ("register.gpkg", FileError, "is there already"),
    ):
        with pytest.raises(error, match=says):
            core.send(register, tmp_path / name)
    with pytest.raises(OptionError, match="profile 'imsma' is unknown"):
        core.send(register, tmp_path / "a.gpkg", profile="imsma")
    with pytest.raises(RecordError, match="has no time zone"):
        core.send(register, tmp_path / "a.gpkg", since="2024-01-01T00:00")
    assert not {"a.gpkg", "a.shp", core.KEPT_IN} & {each.name for each in tmp_path.iterdir()}
    for said in ("{", "[]", json.dumps({core.WHAT: {"known_at": "yesterday"}})):
        (tmp_path / core.KEPT_IN).write_text(said)
        with pytest.raises(FileError, match=r"core\.json: cannot be read"):
            core.send(register, tmp_path / "a.gpkg")
    (tmp_path / core.KEPT_IN).unlink()
    with mg.create_store(tmp_path / "other.gpkg") as other:
        other.register(register.hazards().iloc[:1])
        core.send(other, tmp_path / "o.gpkg")
    with pytest.raises(FileError, match="is of another ledger than register"):
        core.send(register, tmp_path / "a.gpkg")
    # A moment that is named needs no file beside.
    assert core.send(register, tmp_path / "a.gpkg", since="2020-01-01T00:00Z").hazards == 3


def test_nothing_is_passed_over_between_two_files(register: mg.Store, tmp_path: Path) -> None:
    core.send(register, tmp_path / "1.gpkg")
    kept = (tmp_path / "core.json").read_bytes()
    with pytest.raises(mg.errors.OptionError, match="would be in none of them"):
        core.send(register, tmp_path / "2.gpkg", since="2999-01-01T00:00Z")
    assert (tmp_path / "core.json").read_bytes() == kept
    assert not (tmp_path / "2.gpkg").exists()


def test_remarks_and_personal_columns_stay(tmp_path: Path) -> None:
    hazards = gpd.GeoDataFrame(
        {"hazard_id": ["AP-1"], "kind": "ap_minefield", "personal_surveyor": "Sok Dara",
         "office_remark": "ask him"},
        geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326,
    )  # fmt: skip
    with warnings.catch_warnings(), mg.create_store(tmp_path / "register.gpkg") as store:
        store.register(hazards, registered_on="2020-01-31")
        core.send(store, tmp_path / "1.gpkg")
        core.send(store, tmp_path / "2.gpkg", since="2020-01-01T00:00Z", without_remarks=True)
        core.send(store, tmp_path / "3.gpkg", since="2020-01-01T00:00Z",
                  with_personal=["surveyor"])  # fmt: skip
    held = [(tmp_path / f"{n}.gpkg").read_bytes() for n in (1, 2, 3)]
    assert [b"Sok Dara" in each for each in held] == [False, False, True]
    assert [b"ask him" in each for each in held] == [True, False, True]
