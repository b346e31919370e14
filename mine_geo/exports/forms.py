"""XLSForms for Survey123 and ODK: what the field sends comes back with no column left over.

A question is called as the column of ours that it fills, and a choice as our word for it, so that
what is submitted needs no profile of its own. Texts are in English and Khmer. The polygon of a
Survey123 form is a repeat of turning points, for its CSV and XLSX hold no drawn polygon; that of
an ODK form one outline. Positions are those of a receiver, on WGS 84. Sizes are m², depths cm.

The layout of a form is that of XLSForm (xlsform.org): sheets `survey`, `choices`, `settings`.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError, choose
from mine_geo.exports.tables import without_moment
from mine_geo.geo import admin_names
from mine_geo.geo.cells import IDS, text_fault
from mine_geo.intake.received import REPORT_TYPES
from mine_geo.terms import (
    AREA_TYPES,
    DIFFICULTIES,
    EVIDENCES,
    ITEM_COLUMNS,
    KINDS,
    SURVEY_METHODS,
)
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    What = Literal["hazards", "reports"]
    Tool = Literal["survey123", "odk"]

FORMS: Final = ("hazards", "reports")
TOOLS: Final = ("survey123", "odk")
LANGUAGES: Final = ("English (en)", "ខ្មែរ (km)")
"""How the two languages are called in a form."""
POINTS: Final = "turning_points"
"""The repeat of a form of Survey123: `intake` knows it by this name."""

_NOT_YET: Final = ". <= today()"
_NOT_NEGATIVE: Final = ". >= 0"
_DIRECT: Final = "not(. = 'SHA' and ${evidence} = 'direct')"
"""TN 08.20/02: an area is confirmed on direct evidence, and suspected on indirect evidence."""
_SURVEY: Final = (
    "type", "name", "label", "hint", "required", "constraint", "constraint_message", "relevant",
    "choice_filter", "calculation", "appearance",
)  # fmt: skip
_SPOKEN: Final = ("label", "hint", "constraint_message")
"""The columns that stand once in each language."""

_Row = dict[str, Any]


def write_form(
    path: str | os.PathLike[str],
    what: What = "hazards",
    *,
    tool: Tool = "survey123",
    operators: Sequence[str] = (),
    replace: str | None = None,
) -> Path:
    """Write a form to be filled in the field, as XLSForm: a workbook that Survey123 and ODK take.

    A hazard on direct evidence cannot be sent as SHA: the form says why. What comes back is read
    like any other file, with `read_hazards` and `intake.read_reports`, and `check_hazards` finds
    it where a form was changed.

    Parameters
    ----------
    path
        The workbook, `.xlsx`. It holds no record, and is neither public nor restricted.
    what
        `hazards`: a form for a hazard that survey found; `reports`: one for released, redrawn or
        confirmed land.
    tool
        `survey123`: turning points, one after the other; `odk`: one outline. On WGS 84
        (EPSG:4326), latitude and longitude.
    operators
        The names of operators to choose from; else it is written.
    replace
        "restricted", to put it in the place of a restricted file.

    Returns
    -------
    pathlib.Path
        The workbook. Sizes are asked for in m², depths in cm.

    Raises
    ------
    OptionError
        If the form or tool is unknown, the ending is not `.xlsx`, or an operator is no name.
    FileError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile, openpyxl
    >>> path = write_form(Path(tempfile.mkdtemp(), "hazards.xlsx"), operators=["CMAC", "MAG"])
    >>> openpyxl.load_workbook(path).sheetnames
    ['survey', 'choices', 'settings']
    """
    choose(what, FORMS, "form")
    choose(tool, TOOLS, "tool")
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise OptionError(f"{path.name}: a form is a workbook; name it .xlsx")
    for name in operators:
        fault = text_fault(name) if name.strip() else "is blank"
        if fault or not name.strip():
            raise OptionError(f"operator {name!r} {fault}; write its name")
    restriction.check(path, public=None, replace=replace)
    questions = _hazard() if what == "hazards" else _report()
    if operators:
        questions = [_chosen(row, "operator") for row in questions]
    questions += _land(what, tool)
    choices = _choices({row["type"].partition(" ")[2] for row in questions}, operators)
    content = _workbook(what, tool, questions, choices)
    try:
        restriction.put(path, content, restricted=False)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}); choose another") from error
    return path


def _question(kind: str, name: str, label: Said, **more: Any) -> _Row:
    return {"type": kind, "name": name, "label": label, **more}


def _identified() -> _Row:
    most = IDS["hazard_id"]
    return _question(
        "text", "hazard_id", say("forms.hazard_id"), hint=say("forms.hazard_id_hint"),
        required=True, constraint=f"string-length(.) <= {most}",
        constraint_message=say("forms.letters", count=str(most)),
    )  # fmt: skip


def _day(name: str, label: Said) -> _Row:
    return _question(
        "date", name, label, required=True, constraint=_NOT_YET,
        constraint_message=say("forms.not_yet"),
    )  # fmt: skip


def _number(kind: str, name: str, label: Said, **more: Any) -> _Row:
    return _question(
        kind, name, label, constraint=_NOT_NEGATIVE,
        constraint_message=say("forms.not_negative"), **more,
    )  # fmt: skip


def _hazard() -> list[_Row]:
    """Return the questions on a hazard, evidence before what it makes of it."""
    return [
        _identified(),
        _question("select_one kind", "kind", say("field.kind"), required=True),
        _question("select_one kind", "also", say("forms.also")),
        _question(
            "select_one evidence", "evidence", say("dossier.evidence"), required=True,
            hint=say("forms.evidence_hint"),
        ),
        _question(
            "select_one area_type", "area_type", say("field.area_type"), required=True,
            constraint=_DIRECT, constraint_message=say("forms.direct"),
        ),
        _question("select_one province", "province_code", say("field.province"), required=True),
        _question(
            "select_one district", "district_code", say("field.district"), required=True,
            choice_filter="province_code = ${province_code}",
        ),
        _question("text", "commune", say("field.commune")),
        _question("text", "village", say("field.village")),
        _question("select_one difficulty", "difficulty", say("field.difficulty")),
        _question("text", "operator", say("field.operator"), required=True),
        _question("select_one survey_method", "survey_method", say("dossier.survey_method")),
        _day("surveyed_on", say("field.surveyed_on")),
        _number("decimal", "reported_size_m2", say("forms.reported_size_m2")),
    ]  # fmt: skip


def _report() -> list[_Row]:
    """Return the questions on a report: a release, a polygon drawn anew, a confirmation."""
    released = "${event_type} != 'confirmed' and ${event_type} != 'amended'"
    return [
        _identified(),
        _question("select_one event_type", "event_type", say("forms.event_type"), required=True),
        _day("happened_on", say("forms.happened_on")),
        _question("text", "operator", say("field.operator"), required=True),
        _question("text", "report_ref", say("forms.report_ref"), required=True),
        _number("decimal", "reported_size_m2", say("forms.reported_size_m2"), relevant=released),
        *(
            _number("integer", name, say(f"dossier.{name}"), relevant=released)
            for name in ITEM_COLUMNS
        ),
        _number("decimal", "depth_cm", say("forms.depth_cm"), relevant="${event_type} = 'cleared'"),
        _question("text", "comment", say("forms.comment"), appearance="multiline"),
    ]


def _chosen(row: _Row, name: str) -> _Row:
    """Return a question that was to be written as one to choose from."""
    return row | {"type": f"select_one {name}"} if row["name"] == name else row


def _land(what: str, tool: str) -> list[_Row]:
    """Return the questions of the polygon; a confirmation alone may have none."""
    drawn = {"relevant": "${event_type} != 'confirmed'"} if what == "reports" else {}
    if tool == "odk":
        return [_question("geoshape", "land", say("forms.land"), required=True, **drawn)]
    return [
        _question("begin repeat", POINTS, say("forms.turning_points"), **drawn),
        {"type": "calculate", "name": "point_no", "calculation": "position(..)"},
        _question("geopoint", "point", say("forms.turning_point"), required=True),
        {"type": "end repeat"},
    ]


def _choices(lists: set[str], operators: Sequence[str]) -> list[_Row]:
    """Return the choices of the lists that a form uses: our words, said in both languages."""
    units = admin_names.units()
    provinces = units.drop_duplicates("province_code")
    said: dict[str, list[tuple[str, Said, str | None]]] = {
        "kind": [(kind, say(f"kind.{kind}"), None) for kind in KINDS],
        "evidence": [(word, say(f"evidence.{word}").capital, None) for word in EVIDENCES],
        "area_type": [(word, say(f"symbol.{word}"), None) for word in AREA_TYPES],
        "difficulty": [(word, say(f"difficulty.{word}").capital, None) for word in DIFFICULTIES],
        "survey_method": [(word, say(f"forms.{word}"), None) for word in SURVEY_METHODS],
        "event_type": [(word, say(f"forms.{word}"), None) for word in REPORT_TYPES],
        # As OCHA writes codes: a spreadsheet would take the zero off 02.
        "province": [
            (f"KH{row.province_code}", Said(str(row.province), str(row.province_km)), None)
            for row in provinces.itertuples()
        ],
        "district": [
            (
                f"KH{row.district_code}",
                Said(str(row.district), str(row.district_km)),
                f"KH{row.province_code}",
            )
            for row in units.itertuples()
        ],
        "operator": [(name.strip(), same(name.strip()), None) for name in operators],
    }
    return [
        {"list_name": name, "name": word, "label": label, "province_code": within}
        for name, words in said.items()
        if name in lists
        for word, label, within in words
    ]


def _workbook(what: str, tool: str, questions: list[_Row], choices: list[_Row]) -> bytes:
    """Return the workbook: three sheets, all cells text, the same bytes each time."""
    from openpyxl import Workbook  # noqa: PLC0415  (slow to load)

    title = say(f"forms.{what}")
    sheets = {
        "survey": _table(questions, _SURVEY),
        "choices": _table(choices, ("list_name", "name", "label", "province_code")),
    }
    # ODK takes a form in the place of another where its version differs.
    version = hashlib.sha256(json.dumps(sheets, sort_keys=True).encode()).hexdigest()[:10]
    named = "hazard_id" if what == "hazards" else "report_ref"
    sheets["settings"] = [
        ["form_title", "form_id", "version", "default_language", "instance_name"],
        [title.both, f"mine_geo_{what}_{tool}", version, LANGUAGES[0], f"${{{named}}}"],
    ]
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for place, text in enumerate(row, start=1):
                if text:
                    # As a value and never a formula, whatever an operator's name begins with.
                    sheet.cell(row=number, column=place, value=text).data_type = "s"
        sheet.freeze_panes = "A2"
        for column in sheet.columns:
            widest = max(len(str(cell.value or "")) for cell in column)
            sheet.column_dimensions[column[0].column_letter].width = min(widest + 2, 60)
    written = io.BytesIO()
    book.save(written)
    return without_moment(written)


def _table(rows: list[_Row], columns: Sequence[str]) -> list[list[str]]:
    """Return a sheet's rows as texts, a column in each language where one is spoken."""
    head: list[str] = []
    body: list[list[str]] = [[] for _ in rows]
    for name in columns:
        spoken = name in _SPOKEN
        head += [f"{name}::{language}" for language in LANGUAGES] if spoken else [name]
        for row, cells in zip(rows, body, strict=True):
            value = row.get(name)
            if isinstance(value, Said):
                cells.extend((value.en, value.km))
            else:
                cells.extend(["yes" if value is True else str(value or "")] * (1 + spoken))
    return [head, *body]
