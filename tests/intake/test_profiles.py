"""Profiles: the bundled ones hold together; of an officer's own all faults are told at once."""

import re

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import FileError, OptionError
from mine_geo.intake import mapping, profiles
from mine_geo.intake.columns import fold, match
from mine_geo.intake.received import OPTIONS, POINT_ROLES, Fields, Raw


def write(tmp_path, text, name="operator_x.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(tmp_path, text):
    """Return the one line that is raised, without the path."""
    path = write(tmp_path, text)
    with pytest.raises(FileError) as caught:
        profiles.load(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


def where(columns, fields, ours):
    return {m.source: m.ours for m in match(columns, fields, ours)}


# The bundled ones


def test_the_bundled_profiles_are_those_of_the_formats():
    names = {"plain", "imsma_core", "imsma_ng", "maxml", "odk", "survey123"}
    assert set(profiles.bundled()) == names
    for name, profile in profiles.bundled().items():
        assert profile.name == name
        assert profile.title


def parts():
    for name, profile in profiles.bundled().items():
        yield f"{name}.hazards", profile.hazards, profiles.OURS["hazards"]
        yield f"{name}.reports", profile.reports, profiles.OURS["reports"]
    plain = profiles.load("plain")
    yield "plain.border", plain.border, profiles.OURS["border"]
    yield "plain.admin", plain.admin, profiles.OURS["admin"]


PARTS = list(parts())
NAMES = [name for name, _, _ in PARTS]


@pytest.mark.parametrize(("name", "fields", "ours"), PARTS, ids=NAMES)
def test_a_name_of_a_bundled_profile_means_one_column(name, fields, ours):
    owner = {}
    for column, known in fields.columns.items():
        for source in known:
            assert owner.setdefault(fold(source), column) == column, source


@pytest.mark.parametrize(("name", "fields", "ours"), PARTS, ids=NAMES)
def test_a_word_of_a_bundled_profile_means_one_thing(name, fields, ours):
    for column, words in fields.values.items():
        meant = {}
        for word, meaning in words.items():
            assert meant.setdefault(fold(word), meaning) == meaning, (column, word)


@pytest.mark.parametrize(("name", "fields", "ours"), PARTS, ids=NAMES)
def test_our_own_words_mean_themselves(name, fields, ours):
    said = profiles.BORDER_WORDS if name == "plain.border" else profiles.WORDS
    for column, words in said.items():
        known = {fold(w): m for w, m in fields.values.get(column, {}).items()}
        for word in words:
            assert known.get(fold(word), word) == word, (column, word)


@pytest.mark.parametrize(("name", "fields", "ours"), PARTS, ids=NAMES)
def test_each_bundled_profile_reads_our_own_columns(name, fields, ours):
    assert where(ours, fields, ours) == {column: column for column in ours}


def test_words_of_the_field():
    hazards = profiles.load("imsma_core").hazards
    kinds = {fold(w): m for w, m in hazards.values["kind"].items()}
    for word, kind in {
        "AP Minefield": "ap_minefield",
        "Anti-personnel minefield": "ap_minefield",
        "Anti-tank minefield": "av_minefield",
        "Cluster Munition Remnants": "cluster_munition",
        "Battle area": "other_erw",
    }.items():
        assert kinds[fold(word)] == kind
    assert fold("Minefield") not in kinds, "AP, AV or both: not for us to say"
    closed = {fold(w) for w, m in hazards.values["status"].items() if m == "closed"}
    assert fold("Closed") in closed
    assert fold("Completed") not in closed, "what is closed is left out: only where it is sure"
    outcomes = {
        fold(w): m for w, m in profiles.load("survey123").reports.values["event_type"].items()
    }
    for word, outcome in {
        "NTS": "cancelled",
        "Cancellation": "cancelled",
        "TS": "reduced",
        "Reduction": "reduced",
        "BAC": "cleared",
        "Clearance": "cleared",
    }.items():
        assert outcomes[fold(word)] == outcome


def test_roles_and_options_of_bundled_profiles_are_known():
    for profile in profiles.bundled().values():
        assert set(profile.points) <= set(POINT_ROLES)
        assert set(profile.options) <= set(OPTIONS)


def test_what_is_bundled_cannot_be_changed_by_a_caller():
    profiles.bundled().clear()
    assert "plain" in profiles.bundled()


# An officer's own


OWN = """
name = "operator_x"
title = "Operator X"

[recognise]
columns = [["mf number"], "class"]
formats = ["XLSX"]

[hazards]
dates = ["%d/%m/%Y", "epoch_ms"]

[hazards.columns]
hazard_id = ["MF number", "imsma_id"]
area_type = "Class"
village = []

[hazards.values.area_type]
"Red zone" = "CHA"
"Suspected" = ""

[hazards.constants]
kind = "ap_minefield"
in_workbench = true
surveyed_on = 2022-12-31

[hazards.factors]
reported_size_m2 = 10000

[reports.columns]
event_id = ["report guid"]

[points]
lon = ["X"]

[options]
crs = "EPSG:32648"
decimal = ","
"""


def test_all_that_a_profile_can_say(tmp_path):
    profile = profiles.load(write(tmp_path, OWN))
    assert (profile.name, profile.title) == ("operator_x", "Operator X")
    assert profile.needs == (("mf number",), ("class",))
    assert profile.formats == ("XLSX",)
    hazards = profile.hazards
    assert hazards.columns["hazard_id"][:2] == ("MF number", "imsma_id")
    assert hazards.columns["area_type"][0] == "Class"
    assert hazards.columns["village"] == ()
    assert hazards.values["area_type"]["Red zone"] == "CHA"
    assert hazards.constants == {
        "kind": "ap_minefield",
        "in_workbench": "true",
        "surveyed_on": "2022-12-31",
    }
    assert hazards.factors == {"reported_size_m2": 10000.0}
    assert hazards.dates == ("%d/%m/%Y", "epoch_ms")
    assert profile.reports.dates == ()
    assert profile.points["lon"][0] == "X"
    assert profile.options == {"crs": "EPSG:32648", "decimal": ","}


def test_a_profile_builds_on_plain_unless_it_says_otherwise(tmp_path):
    plain = profiles.load("plain")
    profile = profiles.load(write(tmp_path, OWN))
    assert profile.hazards.columns["province"] == plain.hazards.columns["province"]
    assert profile.hazards.values["area_type"]["SHA"] == "SHA"
    assert profile.hazards.values["area_type"]["Suspected"] == "", "its own meaning counts"
    alone = profiles.load(write(tmp_path, 'extends = "none"\n' + OWN))
    assert set(alone.hazards.columns) == {"hazard_id", "area_type", "village"}
    assert alone.hazards.values["area_type"] == {"Red zone": "CHA", "Suspected": ""}
    core = profiles.load(write(tmp_path, 'extends = "imsma_core"\n' + OWN))
    assert "hazard_localid" in core.hazards.columns["hazard_id"]


def test_a_name_that_a_profile_takes_means_nothing_else_any_more(tmp_path):
    text = '[hazards.columns]\ndifficulty = ["Status"]\n'
    fields = profiles.load(write(tmp_path, text)).hazards
    found = where(["STATUS", "hazard status"], fields, profiles.OURS["hazards"])
    assert found == {"STATUS": "difficulty", "hazard status": "status"}


def test_extending_a_file_of_ones_own(tmp_path):
    write(tmp_path, OWN)
    other = write(tmp_path, 'extends = "operator_x.toml"\n[options]\ndecimal = "."\n', "b.toml")
    profile = profiles.load(other)
    assert profile.name == "b"
    assert profile.hazards.columns["hazard_id"][0] == "MF number"
    assert profile.options == {"crs": "EPSG:32648", "decimal": "."}
    assert (profile.needs, profile.formats) == ((), ()), "it knows other files"


@pytest.mark.parametrize(
    ("first", "second"), [("a.toml", "a.toml"), ("b.toml", "a.toml"), ("b.toml", "./b.toml")]
)
def test_profiles_that_build_on_themselves(tmp_path, first, second):
    write(tmp_path, f'extends = "{first}"', "a.toml")
    write(tmp_path, f'extends = "{second}"', "b.toml")
    with pytest.raises(FileError, match="builds on this profile itself"):
        profiles.load(tmp_path / "a.toml")


def test_a_profile_saved_by_notepad(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('title = "ប្រតិបត្តិករ"', encoding="utf-8-sig")
    assert profiles.load(path).title == "ប្រតិបត្តិករ"
    path.write_text('title = "Opérateur"', encoding="cp1252")
    with pytest.raises(FileError, match=r"p\.toml: not UTF-8; save"):
        profiles.load(str(path))


# Faults


def test_all_faults_are_told_at_once_each_with_its_line(tmp_path):
    text = """naem = "x"
[hazards.colums]
hazard_id = ["a"]
[hazards.columns]
hazrd_id = ["b"]
status = [7]
[hazards.values.status]
Finished = "done"
[hazards.values.surveyed_on]
"never" = "1900-01-01"
[hazards.constants]
kind = "minefield"
reported_size_m2 = "big"
surveyed_on = "31/12/2022"
hazard_id = "same for all"
[hazards.factors]
reported_size_m2 = 0
[reports]
dates = ["%d/%m", "%Q", "31/12/2022"]
[points]
longitude = ["x"]
[options]
csr = "EPSG:32648"
decimal = ";"
"""
    told = faults(tmp_path, text)
    for part in (
        "naem (line 1): unknown; did you mean name?",
        "hazards.colums (line 2): unknown; did you mean columns?",
        "hazards.columns.hazrd_id (line 5): unknown; did you mean hazard_id?",
        "hazards.columns.status (line 6): not a list of texts",
        "hazards.values.status.Finished (line 8): 'done' is unknown; valid: open,",
        "hazards.values.surveyed_on (line 9): unknown",
        "hazards.constants.kind (line 12): 'minefield' is unknown; valid: ap_minefield,",
        "hazards.constants.reported_size_m2 (line 13): not a number",
        "hazards.constants.surveyed_on (line 14): '31/12/2022' is no day",
        "hazards.constants.hazard_id (line 15): unknown",
        "hazards.factors.reported_size_m2 (line 17): 0 is no number above 0",
        "reports.dates (line 19): '%d/%m'",
        "reports.dates (line 19): '%Q'",
        "reports.dates (line 19): '31/12/2022'",
        "points.longitude (line 21): unknown",
        "options.csr (line 23): unknown; did you mean crs?",
        "options.decimal (line 24): ';' is unknown; valid: ., ,",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = 7", "title (line 1): not a text"),
        ("hazards = 7", "hazards (line 1): not a table; write [hazards]"),
        ("[hazards]\ncolumns = ['a']", "hazards.columns (line 2): not a table"),
        ("[hazards.columns]\nkind = 'a'\nalso = ['A ']", "'A ' stands for kind already"),
        ("[hazards.values]\nkind = 'AP'", "hazards.values.kind (line 2): not a table"),
        ("[hazards.values.kind]\nAP = 1", "hazards.values.kind.AP (line 2): not a text"),
        ("[hazards.constants]\noperator = ['a']", "not a single value"),
        ("[hazards.factors]\nreported_size_m2 = true", "True is no number above 0"),
        ("[hazards.factors]\nreported_size_m2 = inf", "inf is no number above 0"),
        ("[recognise]\ncolumns = [[]]", "recognise.columns (line 2): not a list of lists"),
        ("[recognise]\ncolumns = 5", "recognise.columns (line 2): not a list of lists"),
        ("[hazards.columns]\nsize_m2 = ['a']", "hazards.columns.size_m2 (line 2): unknown"),
        ("[hazards.columns]\ngeometry = ['a']", "hazards.columns.geometry (line 2): unknown"),
        ("extends = 'imsma'", "extends: profile 'imsma' is unknown; bundled: imsma_core,"),
    ],
)
def test_single_faults(tmp_path, text, told):
    assert told in faults(tmp_path, text)


def test_what_is_no_toml_is_told_with_its_line(tmp_path):
    told = faults(tmp_path, 'name = "x"\n[hazards.columns]\nhazard_id = [MF]\n')
    assert re.match(r"not TOML: .*line 3", told)
    assert "not TOML" in faults(tmp_path, 'name = "a"\nname = "b"\n')


def test_missing_files_and_unknown_names(tmp_path):
    with pytest.raises(FileError, match="no such file; check the path"):
        profiles.load(tmp_path / "none.toml")
    with pytest.raises(FileError):
        profiles.load(tmp_path)
    with pytest.raises(FileError, match="no such file"):
        profiles.load(write(tmp_path, 'extends = "gone.toml"'))
    with pytest.raises(
        OptionError, match="bundled: imsma_core, imsma_ng, maxml, odk, plain, survey123"
    ):
        profiles.load("operator_x")


VALUES = ["7", "-1.5", "inf", "true", '""', '"a"', '["a"]', "[[]]", "[1]", "{}", '{a = "b"}',
          "2022-12-31", '{"CHA" = "SHA"}', '["%d/%m/%Y"]', '["%"]', '"SHA"']  # fmt: skip
KEYS = ["name", "title", "extends", "recognise", "hazards", "reports", "points", "options",
        "hazards.columns", "hazards.columns.hazard_id", "hazards.values", "hazards.values.kind",
        "hazards.values.village", "hazards.constants", "hazards.constants.kind", "hazards.dates",
        "hazards.constants.surveyed_on", "hazards.constants.in_workbench", "hazards.factors",
        "hazards.factors.reported_size_m2", "reports.dates", "reports.factors.depth_cm",
        "reports.columns.event_id", "points.lon", "options.decimal", "recognise.columns",
        "recognise.formats"]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=8))
def test_any_toml_is_a_profile_or_one_line(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("p") / "p.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in lines), encoding="utf-8")
    try:
        profile = profiles.load(path)
    except FileError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert profile.name


# Which profile


def raw(*columns, form="GeoPackage", profile=None):
    table = gpd.GeoDataFrame({name: ["1"] for name in columns}, geometry=[None], crs=4326)
    return Raw(table, form, profile=profile)


def test_the_profile_that_is_given_counts_then_that_of_the_format(tmp_path):
    records = raw("imsma_id", profile="maxml")
    assert profiles.choose(records, "plain").name == "plain"
    assert profiles.choose(records, write(tmp_path, OWN)).name == "operator_x"
    assert profiles.choose(records, str(write(tmp_path, OWN))).name == "operator_x"
    assert profiles.choose(records).name == "maxml"


@pytest.mark.parametrize(
    ("columns", "form", "name"),
    [
        (["imsma_id", "x"], "GeoPackage", "imsma_core"),
        (["IMSMA ID"], "Esri JSON", "imsma_core"),
        (["hazard_guid", "hazard_localid"], "GeoPackage", "imsma_ng"),
        (["HAZARD_LOC", "HAZARD_GUI"], "ESRI Shapefile", "imsma_ng"),
        (["hazard_localid"], "GeoPackage", "plain"),
        (["globalid", "ha_code"], "GeoPackage", "imsma_core"),
        (["globalid", "outcome"], "Survey123 CSV", "survey123"),
        (["globalid", "outcome"], "GeoPackage", "plain"),
        (["SubmissionDate", "KEY", "meta-instanceID", "SubmitterID"], "CSV", "odk"),
        (["SubmissionDate", "KEY", "meta-instanceID"], "CSV", "plain"),
        (["hazard_id"], "GeoPackage", "plain"),
        ([], "GeoPackage", "plain"),
    ],
)
def test_a_source_is_known_by_its_columns(columns, form, name):
    assert profiles.choose(raw(*columns, form=form)).name == name


# Which column


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["HAZARD_LOCALID"], {"HAZARD_LOCALID": "hazard_id"}),
        (["Hazard LocalID "], {"Hazard LocalID ": "hazard_id"}),
        (["hazard-localid"], {"hazard-localid": "hazard_id"}),
        (["hazard_loc"], {"hazard_loc": "hazard_id"}),
        (["hazard_lo"], {"hazard_lo": None}),  # not cut at ten
        (["contaminat"], {"contaminat": None}),  # fits two
        (["b", "a"], {"a": "status", "b": None}),  # the first that is named
        (["status", "a"], {"a": "status", "status": None}),
        (["status"], {"status": "status"}),
        (["village"], {"village": None}),  # the profile says: none
    ],
)
def test_columns_by_name(sources, found):
    fields = Fields(
        columns={
            "hazard_id": ("hazard_localid",),
            "kind": ("contamination_type",),
            "area_type": ("contamination_status",),
            "status": ("a", "b"),
            "village": (),
        }
    )
    ours = ("hazard_id", "kind", "area_type", "status", "village")
    assert where(sources, fields, ours) == found


def test_it_is_said_why_a_column_is_left_over():
    fields = Fields(columns={"kind": ("contamination_a", "k"), "also": ("contamination_b",)})
    how = {
        m.source: m.how for m in match(["contaminat", "K", "KIND", "x"], fields, ["kind", "also"])
    }
    assert how == {
        "contaminat": "truncated name",  # the kind is K already
        "K": "by profile",
        "KIND": "left over: kind is from K",
        "x": "left over",
    }
    how = [m.how for m in match(["contaminat"], fields, ["kind", "also"])]
    assert how == ["left over: cut short, fits kind and also"]


def test_a_column_that_stands_twice():
    found = match(["Village", "VILLAGE"], Fields(), ["village"])
    assert [(m.ours, m.how) for m in found] == [
        ("village", "same name"),
        (None, "left over: village is from Village"),
    ]


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["Location/Province", "x"], {"Location/Province": "province", "x": None}),
        (["hazard.province"], {"hazard.province": "province"}),
        (["a/province", "b/Province"], {"a/province": None, "b/Province": None}),
        (["a/province", "province"], {"a/province": None, "province": "province"}),
        (["a/prov", "b/province"], {"a/prov": "province", "b/province": None}),
        (["province/name"], {"province/name": None}),
    ],
)
def test_the_last_step_of_a_path(sources, found):
    fields = Fields(columns={"province": ("prov",)})
    assert where(sources, fields, ["province"]) == found


def test_a_personal_column_is_kept_under_a_name_that_says_so_and_is_none_of_ours(tmp_path) -> None:
    file = tmp_path / "office.toml"
    file.write_text('[hazards]\npersonal = ["Operator", "sur-veyor"]\n', encoding="utf-8")
    table = gpd.GeoDataFrame(
        {"hazard_id": ["A"], "OPERATOR": ["Sok"], "Sur Veyor": ["Chan"], "personal_x": ["Dara"]},
        geometry=[shapely.box(103, 13, 103.01, 13.01)],
        crs=4326,
    )
    found = mapping.to_candidates(table, profiles.load(file))
    assert found.table["operator"].isna().all()
    assert found.table["personal_OPERATOR"].tolist() == ["Sok"]
    assert found.table["personal_Sur Veyor"].tolist() == ["Chan"]
    assert found.table["personal_x"].tolist() == ["Dara"]
    said = found.columns.set_index("source")
    assert said.loc[["OPERATOR", "Sur Veyor", "personal_x"], "example"].isna().all()
    assert said.loc["OPERATOR", "how"] == "personal: in no output unless asked for by name"
    # Read again, it is the same column, though nothing says any more that it is personal.
    again = mapping.to_candidates(found.table, profiles.load("plain")).table
    names = ["personal_OPERATOR", "personal_Sur Veyor", "personal_x"]
    assert [name for name in again if name.startswith("personal_")] == names


def test_only_records_have_personal_columns(tmp_path) -> None:
    for what in ("border", "admin"):
        file = tmp_path / f"{what}.toml"
        file.write_text(f'[{what}]\npersonal = ["x"]\n', encoding="utf-8")
        with pytest.raises(FileError, match="personal"):
            profiles.load(file)
