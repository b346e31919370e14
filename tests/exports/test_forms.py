"""Forms for the field: compiled by ODK's own reader, filled a thousand times, and read back.

Submissions are made up from the compiled form alone (its instance, binds and choices), and written
as Survey123 and ODK Central export them.
"""

import random
import re
import uuid
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from pyxform.xls2xform import convert

import mine_geo as mg
from mine_geo import intake, terms
from mine_geo.cli import main
from mine_geo.errors import FileError, OptionError
from mine_geo.exports import write_form
from mine_geo.intake.received import REPORT_TYPES

MANY = 1000
X = "{http://www.w3.org/2002/xforms}"
BOTH = [(what, tool) for what in ("hazards", "reports") for tool in ("survey123", "odk")]
LAST_DAY = date(2024, 5, 3)


@dataclass
class Form:
    """What a compiled form asks."""

    warnings: list[str]
    texts: dict[str, dict[str, str]]
    """By language and id."""
    binds: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the name of a question, in their order."""
    repeats: dict[str, str] = field(default_factory=dict)
    """The repeat that a question is in."""
    choices: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """By the name of a question."""

    def offered(self, name):
        return [choice["name"] for choice in self.choices[name]]


def compiled(path):
    made = convert(str(path), validate=False)
    root = ET.fromstring(made.xform)
    translations = {
        part.get("lang"): {each.get("id"): "".join(each.itertext()).strip() for each in part}
        for part in root.iter(f"{X}translation")
    }
    form = Form(made.warnings, translations)
    for bind in root.iter(f"{X}bind"):
        _, _, *inside, name = bind.get("nodeset").split("/")
        if inside != ["meta"] and name != "meta":
            form.binds[name] = dict(bind.attrib)
            form.repeats |= {name: inside[0]} if inside else {}
    lists = {
        instance.get("id"): [
            {part.tag.removeprefix(X): part.text for part in item}
            for item in instance.iter(f"{X}item")
        ]
        for instance in root.iter(f"{X}instance")
        if instance.get("id")
    }
    for select in root.iter(f"{X}select1"):
        source = select.find(f"{X}itemset").get("nodeset")
        form.choices[select.get("ref").split("/")[-1]] = lists[re.search(r"'(\w+)'", source)[1]]
    return form


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    return {
        (what, tool): compiled(write_form(folder / f"{what}-{tool}.xlsx", what, tool=tool))
        for what, tool in BOTH
    }


@pytest.mark.parametrize(("what", "tool"), BOTH)
def test_a_form_compiles_without_a_warning_in_both_languages(forms, what, tool):
    form = forms[what, tool]
    assert form.warnings == []
    (english, khmer) = form.texts.values()
    assert set(english) == set(khmer)
    assert not {"", "-"} & {*english.values(), *khmer.values()}  # what is written for none
    assert next(iter(form.texts)).startswith("English")


@pytest.mark.parametrize(("what", "tool"), BOTH)
def test_each_question_is_a_column_and_each_choice_a_word_of_ours(forms, what, tool):
    form = forms[what, tool]
    ours = {*terms.HAZARD_COLUMNS} if what == "hazards" else {*terms.EVENT_COLUMNS}
    land = {"land"} if tool == "odk" else {"point_no", "point"}
    assert set(form.binds) - ours - {"turning_points"} == land
    words = {
        "kind": terms.KINDS, "also": terms.KINDS, "area_type": terms.AREA_TYPES,
        "evidence": terms.EVIDENCES, "difficulty": terms.DIFFICULTIES,
        "survey_method": terms.SURVEY_METHODS, "event_type": REPORT_TYPES,
    }  # fmt: skip
    for name in form.choices.keys() & words.keys():
        assert tuple(form.offered(name)) == tuple(words[name])


def test_every_district_is_offered_in_its_province(forms):
    form = forms["hazards", "odk"]
    admin = mg.read_admin(mg.sample.path("districts"))
    pairs = set(zip("KH" + admin["district_code"], "KH" + admin["province_code"], strict=True))
    offered = {(each["name"], each["province_code"]) for each in form.choices["district_code"]}
    assert pairs <= offered
    assert {province for _, province in offered} == set(form.offered("province_code"))


def holds(constraint, value, answers):
    """Evaluate a constraint of a form, as far as ours go."""
    said = re.sub(r"/data/(\w+)|/\w+/(\w+)", lambda m: repr(answers.get(m[1] or m[2])), constraint)
    said = re.sub(r"(?<![\w'])\.(?!\w)", repr(value), said).replace(" = ", " == ")
    return eval(said, {"__builtins__": {}}, {})


@pytest.mark.parametrize("tool", ["survey123", "odk"])
@pytest.mark.parametrize(
    ("evidence", "area_type", "taken"),
    [("direct", "SHA", False), ("direct", "CHA", True), ("indirect", "SHA", True)],
)
def test_direct_evidence_cannot_be_sent_as_sha(forms, tool, evidence, area_type, taken):
    form = forms["hazards", tool]
    bind = form.binds["area_type"]
    assert holds(bind["constraint"], area_type, {"evidence": evidence}) is taken
    assert list(form.binds).index("evidence") < list(form.binds).index("area_type")
    said = next(value for key, value in bind.items() if key.endswith("constraintMsg"))
    text_id = re.search(r"itext\('(.+)'\)", said)[1]
    for spoken in form.texts.values():
        assert "CHA" in spoken[text_id]


def answers_to(form, rng, number):
    """Answer the questions of a form at random; what need not be answered is at times left out."""
    said = {}
    for name, bind in form.binds.items():
        if name in form.repeats or name in {"land", "turning_points"}:
            continue
        unasked = "relevant" in bind and said["event_type"] in {"confirmed", "amended"}
        if name == "depth_cm" and said["event_type"] != "cleared":
            unasked = True
        silent = bind.get("required") != "true()" and rng.random() < 0.4
        said[name] = None if unasked or silent else answer(form, name, bind["type"], said, rng)
    said["hazard_id"] = f"AP-{number:04d}"
    if "report_ref" in said:
        said["report_ref"] = f"TS-{number}"
    if said.get("evidence") == "direct":  # the form refuses any other
        said["area_type"] = "CHA"
    return said


def answer(form, name, kind, said, rng):
    if name in form.choices:
        offered = [
            each["name"]
            for each in form.choices[name]
            if each.get("province_code") in {None, said.get("province_code")}
        ]
        return rng.choice(offered)
    if kind == "date":
        return LAST_DAY - timedelta(days=rng.randrange(3000))
    if kind == "int":
        return rng.randrange(40)
    if kind == "decimal":
        return round(rng.uniform(3, 900), 1)
    return rng.choice(["ភូមិថ្មី", "O'Smach, <b>", '=1+"2"', "CMAC"])


def land(rng, number):
    """Draw a polygon of its own for each submission, to 1e-7 degree."""
    x, y = 102.6 + 0.004 * (number % 40), 12.6 + 0.004 * (number // 40)
    angles = np.sort([rng.uniform(0, 6.28) for _ in range(rng.randrange(4, 8))])
    angles = np.unique(np.concatenate([angles, [0.1, 2.2, 4.3]]))
    ring = np.column_stack([x + 0.001 * np.cos(angles), y + 0.001 * np.sin(angles)]).round(7)
    return ring.tolist()


def submitted(form, what):
    rng = random.Random(5)
    rows = [answers_to(form, rng, number) for number in range(MANY)]
    rings = [
        None if row.get("event_type") == "confirmed" else land(rng, number)
        for number, row in enumerate(rows)
    ]
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in rows]
    return pd.DataFrame(rows, dtype=object), rings, ids


def as_survey123(path, answers, rings, ids):
    """Write a workbook as the site does: a sheet of the form, one of the repeat."""
    tracked = {"CreationDate": pd.Timestamp("2024-05-04 03:04:05"), "Creator": "field_1",
               "EditDate": pd.Timestamp("2024-05-04 03:04:05"), "Editor": "field_1"}  # fmt: skip
    form = answers.copy()
    form.insert(0, "ObjectID", range(1, len(form) + 1))
    form.insert(1, "GlobalID", ids)
    form = form.assign(**tracked)
    points = [
        (place + 1, each, x, y)
        for each, ring in zip(ids, rings, strict=True)
        for place, (x, y) in enumerate(ring or [])
    ]
    repeat = pd.DataFrame(points, columns=["point_no", "ParentGlobalID", "x", "y"])
    repeat.insert(0, "ObjectID", range(1, len(repeat) + 1))
    repeat.insert(1, "GlobalID", [str(uuid.UUID(int=n + 1)) for n in range(len(repeat))])
    with pd.ExcelWriter(path) as book:
        form.to_excel(book, sheet_name="form_0", index=False)
        repeat.assign(**tracked).to_excel(book, sheet_name="turning_points_1", index=False)
    plain = openpyxl.load_workbook(path)
    for cell in (cell for row in plain["form_0"].iter_rows() for cell in row):
        if cell.data_type == "f":
            cell.data_type = "s"
    plain.save(path)


def as_odk(path, answers, rings, ids):
    """Write a CSV as ODK Central does."""
    shapes = [
        None if ring is None else "; ".join(f"{y:.7f} {x:.7f} 0.0 0.0" for x, y in [*ring, ring[0]])
        for ring in rings
    ]
    table = answers.assign(land=shapes)
    table.insert(0, "SubmissionDate", "2024-05-04T03:04:05.678Z")
    keys = [f"uuid:{each}" for each in ids]
    table = table.assign(
        **{
            "meta-instanceID": keys, "meta-instanceName": answers["hazard_id"], "KEY": keys,
            "SubmitterID": "12", "SubmitterName": "field_1", "AttachmentsPresent": "0",
            "AttachmentsExpected": "0", "Status": None, "ReviewState": "approved",
            "DeviceID": "collect:a", "Edits": "0", "FormVersion": "1",
        }
    )  # fmt: skip
    table.to_csv(path, index=False, encoding="utf-8")


WRITERS = {"survey123": (as_survey123, "back.xlsx"), "odk": (as_odk, "back.csv")}


@pytest.mark.untraced
@pytest.mark.parametrize(("what", "tool"), BOTH)
def test_a_thousand_submissions_come_back_with_no_column_left_over(forms, tmp_path, what, tool):
    form = forms[what, tool]
    answers, rings, ids = submitted(form, what)
    write, name = WRITERS[tool]
    write(tmp_path / name, answers, rings, ids)
    received = intake.read(tmp_path / name)  # told neither what it is nor how
    assert (received.what, received.source.profile) == (what, tool)
    how = received.columns.set_index("source")["how"]
    assert how[how.str.startswith("left over")].to_dict() == {}
    table = received.table.set_index("hazard_id").loc[answers["hazard_id"]]
    for column in answers.columns.drop("hazard_id"):
        ours = table[column]
        said = answers[column]
        if column in {"province_code", "district_code"}:
            said = said.str.removeprefix("KH")
        if column in {"surveyed_on", "happened_on"}:
            ours = ours.dt.date
        pairs = list(zip(ours.tolist(), said.tolist(), strict=True))
        wrong = [(a, b) for a, b in pairs if a != b and not (pd.isna(a) and pd.isna(b))]
        assert wrong == [], column
    for ours, ring in zip(table.geometry, rings, strict=True):
        assert (ours is None) == (ring is None)
        if ring is not None:
            assert shapely.equals_exact(
                shapely.normalize(ours),
                shapely.normalize(shapely.MultiPolygon([shapely.Polygon(ring)])),
            )
    if what == "hazards":
        assert table["province"].notna().all()
        assert table["district"].notna().all()
        assert len(mg.read_hazards(tmp_path / name)) == MANY
    else:
        assert received.table["event_id"].is_unique


@pytest.mark.parametrize("tool", ["survey123", "odk"])
def test_a_form_that_was_changed_is_found_out(forms, tmp_path, tool):
    answers, rings, ids = submitted(forms["hazards", tool], "hazards")
    answers, rings, ids = answers.head(3).copy(), rings[:3], ids[:3]
    answers["evidence"] = ["direct", "indirect", "direct"]
    answers["area_type"] = ["SHA", "SHA", "CHA"]
    write, name = WRITERS[tool]
    write(tmp_path / name, answers, rings, ids)
    received = intake.read(tmp_path / name)
    found = intake.check_received(received)
    said = found[found["code"] == "direct_evidence"]
    assert said["hazard_id"].tolist() == ["AP-0000"]
    assert received.table.set_index("hazard_id")["area_type"].tolist() == ["SHA", "SHA", "CHA"]


def test_the_same_form_is_the_same_bytes_and_a_changed_one_another_version(tmp_path):
    def version(path):
        sheet = openpyxl.load_workbook(path)["settings"]
        return dict(zip(*sheet.iter_rows(values_only=True), strict=True))["version"]

    first = write_form(tmp_path / "a.xlsx")
    again = write_form(tmp_path / "b.xlsx")
    assert first.read_bytes() == again.read_bytes()
    other = write_form(tmp_path / "c.xlsx", operators=["CMAC"])
    assert version(first) != version(other)


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "-CMAC", "@MAG", "<b>អង្គការ</b>", "a, b"])
def test_an_operator_is_a_text_to_choose(tmp_path, name):
    path = write_form(tmp_path / "a.xlsx", operators=[name, "MAG"])
    with zipfile.ZipFile(path) as parts:
        assert not any(b"<f>" in parts.read(part) for part in parts.namelist())
    form = compiled(path)
    assert len(form.offered("operator")) == 2
    assert any(name in text for text in next(iter(form.texts.values())).values())


@pytest.mark.parametrize(
    ("path", "how", "says"),
    [
        ("a.xlsx", {"what": "hazard"}, "hazards"),
        ("a.xlsx", {"tool": "kobo"}, "survey123"),
        ("a.xls", {}, "name it .xlsx"),
        ("a.xlsx", {"operators": ["  "]}, "is blank"),
        ("a.xlsx", {"operators": ["CM\x00AC"]}, "write its name"),
    ],
)
def test_what_no_form_can_be_is_said(tmp_path, path, how, says):
    with pytest.raises(OptionError, match=says):
        write_form(tmp_path / path, **how)


def test_a_store_is_never_replaced_by_a_form(tmp_path):
    path = tmp_path / "register.xlsx"
    mg.create_store(tmp_path / "register.gpkg").close()
    (tmp_path / "register.gpkg").rename(path)
    with pytest.raises(FileError):
        write_form(path)


def test_the_command_writes_a_form(tmp_path):
    done = CliRunner().invoke(
        main,
        ["forms", "reports", "-o", str(tmp_path / "r.xlsx"), "--tool", "odk", "--operator", "MAG"],
    )
    assert done.exit_code == 0, done.output
    assert done.output == f"wrote {tmp_path / 'r.xlsx'}\n"
    assert compiled(Path(tmp_path, "r.xlsx")).offered("operator") == ["MAG"]
