"""XLSX by calamine and by openpyxl: the same tables, rows and findings, or openpyxl alone."""

import io
import random
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.worksheet.formula import ArrayFormula

from mine_geo.errors import FileError
from mine_geo.intake.formats import sheets
from tests.intake import writers

SHEET = "xl/worksheets/sheet1.xml"
KHMER = "ភូមិត្រពាំងប្រាសាទ"


def book_of(lines, edit=None, **formats):
    """Return the bytes of a workbook of one sheet; `formats` of cells by their name."""
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    for name, code in formats.items():
        book.active[name].number_format = code
    if edit is not None:
        edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def changed(data, edits):
    """Return a workbook with parts of it changed: by name, what stood there and what stands now."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            for old, new in edits.get(name, ()):
                assert old in content
                content = content.replace(old, new)
            target.writestr(name, content)
    return buffer.getvalue()


def answer(data, monkeypatch, *, by_openpyxl):
    """Return the tables and findings, or what the refusal says."""
    with monkeypatch.context() as patch:
        if by_openpyxl:
            patch.setattr(sheets, "_plain_sheets", lambda _: None)
        try:
            return sheets.read_workbook(data, "book.xlsx")
        except FileError as error:
            return str(error)


def is_plain(data):
    """Say whether calamine reads a workbook."""
    with sheets._quiet():
        return sheets._plain_sheets(data) is not None


def same(data, monkeypatch):
    """Assert that both ways give the same, row for row."""
    ours = answer(data, monkeypatch, by_openpyxl=False)
    theirs = answer(data, monkeypatch, by_openpyxl=True)
    if isinstance(theirs, str) or isinstance(ours, str):
        assert ours == theirs
        return
    assert list(ours[0]) == list(theirs[0])
    for name, table in theirs[0].items():
        pd.testing.assert_frame_equal(ours[0][name], table)
    assert ours[1] == theirs[1]


CASES = sorted(Path("tests/cases").rglob("*.xlsx"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_workbooks_of_the_cases(path, monkeypatch):
    same(path.read_bytes(), monkeypatch)


PANDAS = [name for name, (file, *_) in writers.WRITERS.items() if file.endswith(".xlsx")]


@pytest.mark.parametrize("name", PANDAS)
def test_workbooks_that_pandas_writes_are_plain(name, tmp_path, monkeypatch):
    path = tmp_path / "a.xlsx"
    writers.WRITERS[name][1](path)
    assert is_plain(path.read_bytes())
    same(path.read_bytes(), monkeypatch)


LINES = [
    ["id", "lon", "note", "day", "at", "flag", KHMER],
    ["A-1", 104.123456789012, "a & b <c> \"d\" 'e'", 44931, 44931.3125, True, "x"],
    ["A-2", -3, " spaces ", 61, 45000.99999, False, None],
    [],
    [None, None, None, None, None, None, None],
    ["007", 1e-7, "", 2958465, 61.5, True, 12345678901234],
    [7, 123456789012345, "equals", 40000, 30000.000011574, False, 0.1],
]


def dated(book):
    for row in book.active.iter_rows(min_row=2, min_col=4, max_col=5):
        row[0].number_format, row[1].number_format = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


def test_a_plain_workbook_by_hand(monkeypatch):
    data = book_of(LINES, dated)
    assert is_plain(data)
    same(data, monkeypatch)
    table = sheets.read_workbook(data, "book.xlsx")[0]["Sheet"]
    assert table.iloc[0].tolist() == [
        "A-1", "104.123456789012", "a & b <c> \"d\" 'e'", "2023-01-05", "2023-01-05T07:30:00",
        "true", "x",
    ]  # fmt: skip
    assert table.iloc[2, [0, 1, 3, 6]].tolist() == ["007", "1e-07", "9999-12-31", "12345678901234"]


FORMATS = [
    *BUILTIN_FORMATS.values(),
    *("yyyy\\-mm\\-dd", "dd\\/mm\\/yyyy", "dd.mm.yyyy", "[$-409]d-mmm-yy;@", "0.0000000"),
    *('0" m"', '"d"0', "[Red]0.0", "0.0;[Red]-0.0", "[h]:mm", "\\d0", "yyyy/mm/dd;@", "mmm"),
]  # fmt: skip


@pytest.mark.parametrize("code", FORMATS)
def test_numbers_of_any_format(code, monkeypatch):
    rng = random.Random(code)
    numbers = [61, 44931, 44931.3125, 44931.312501157, 2958465.9, 1e-9, 7.25]
    numbers += [rng.uniform(61, 60_000) for _ in range(20)]
    numbers += [61 + rng.randrange(86_400 * 50_000) / 86_400 for _ in range(20)]
    for line in (numbers, [*numbers, 0.5], [*numbers, 12], [*numbers, -3], [3e6, 5]):
        lines = [["number"], *([number] for number in line)]
        data = book_of(lines, **{f"A{row}": code for row in range(2, len(lines) + 1)})
        same(data, monkeypatch)


def merged(book):
    book.active.merge_cells("A2:A4")


def error(book):
    book.active["B2"].value, book.active["B2"].data_type = "#N/A", "e"


def since_1904(book):
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    dated(book)


def formula(book):
    book.active["B2"] = ArrayFormula("B2:B3", "=1+1")


def hidden(book):
    book.active.row_dimensions[2].hidden = True
    book.create_sheet("b").append(["id", 1])
    book["b"].sheet_state = "veryHidden"


def far(book):
    book.active["XFD1048576"] = 1


@pytest.mark.parametrize("edit", [merged, error, since_1904, formula, hidden, far])
def test_what_a_workbook_may_have_besides(edit, monkeypatch):
    data = book_of(LINES[:3], edit)
    assert is_plain(data) == (edit is hidden) or edit in {merged, formula}
    same(data, monkeypatch)


ROW = b'<row r="2">'
CELL = b'<c r="B2" t="n"><v>1</v></c>'
HOSTILE = {
    "2^53 + 1": (CELL, b'<c r="B2"><v>9007199254740993</v></c>'),
    "17 digits": (CELL, b'<c r="B2"><v>12345678901234567</v></c>'),
    "no number": (CELL, b'<c r="B2"><v>one</v></c>'),
    "infinite": (CELL, b'<c r="B2"><v>1E999</v></c>'),
    "nan": (CELL, b'<c r="B2"><v>nan</v></c>'),
    "spaces about a number": (CELL, b'<c r="B2"><v> 1 </v></c>'),
    "no place": (CELL, b"<c><v>1</v></c>"),
    "small letters": (CELL, b'<c r="b2"><v>1</v></c>'),
    "in another row": (CELL, b'<c r="B1"><v>1</v></c>'),
    "twice": (CELL, CELL + CELL),
    "a row twice": (b"</sheetData>", b'<row r="2"><c r="A2"><v>5</v></c></row></sheetData>'),
    "a row without number": (ROW, b"<row>"),
    "row 0": (ROW, b'<row r="0">'),
    "formula": (CELL, b'<c r="B2"><f>1+1</f><v>2</v></c>'),
    "formula of another prefix": (CELL, b'<c r="B2"><x:f xmlns:x="u">1</x:f><v>2</v></c>'),
    "error": (CELL, b'<c r="B2" t="e"><v>#N/A</v></c>'),
    "text": (CELL, b'<c r="B2" t="str"><v>a</v></c>'),
    "date as text": (CELL, b'<c r="B2" t="d"><v>2023-01-05</v></c>'),
    "yes": (CELL, b'<c r="B2" t="b"><v>yes</v></c>'),
    "truth 2": (CELL, b'<c r="B2" t="b"><v>2</v></c>'),
    "a text that is not there": (CELL, b'<c r="B2" t="s"><v>99</v></c>'),
    "a text below 0": (CELL, b'<c r="B2" t="s"><v>-1</v></c>'),
    "inline": (CELL, b'<c r="B2" t="inlineStr"><is><t>in line</t></is></c>'),
    "in runs": (CELL, b'<c r="B2" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>'),
    "inline with spaces": (CELL, b'<c r="B2" t="inlineStr"><is><t> a </t></is></c>'),
    "inline escape": (CELL, b'<c r="B2" t="inlineStr"><is><t>a_x000D_b</t></is></c>'),
    "inline in two lines": (CELL, b'<c r="B2" t="inlineStr"><is><t>a\nb</t></is></c>'),
    "inline empty": (CELL, b'<c r="B2" t="inlineStr"><is><t/></is></c>'),
    "inline reference": (CELL, b'<c r="B2" t="inlineStr"><is><t>a&#10;b</t></is></c>'),
    "inline and nothing": (CELL, b'<c r="B2" t="inlineStr"/>'),
    "comment": (CELL, b'<c r="B2"><v>1<!-- 2 --></v></c>'),
    "cdata": (CELL, b'<c r="B2"><v><![CDATA[1]]></v></c>'),
    "a style that is not there": (CELL, b'<c r="B2" s="77"><v>1</v></c>'),
    "not closed": (b"</sheetData>", b""),
    "another name space": (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://u"),
    "another encoding": (b"<worksheet", b'<?xml version="1.0" encoding="latin-1"?><worksheet'),
    "beyond the last column": (CELL, b'<c r="ZZZ2"><v>1</v></c>'),
    "content after the rows": (b"</sheetData>", b"</sheetData><c r='A9'><v>1</v></c>"),
}  # fmt: skip


@pytest.mark.parametrize("edit", HOSTILE.values(), ids=HOSTILE)
def test_cells_that_no_honest_program_writes(edit, monkeypatch):
    data = book_of([["id", "lon"], ["A", 1], ["B", 2]])
    same(changed(data, {SHEET: [edit]}), monkeypatch)


TEXTS = {
    "in runs": b"<si><r><t>vil</t></r><r><t>lage</t></r></si>",
    "with its sound": "<si><t>ភូមិ</t><rPh sb='0' eb='1'><t>phum</t></rPh></si>".encode(),
    "spaces": b"<si><t> village </t></si>",
    "spaces kept": b'<si><t xml:space="preserve"> village </t></si>',
    "escape": b"<si><t>a_x000D_b</t></si>",
    "escape of an escape": b"<si><t>a_x005F_x000D_b</t></si>",
    "by number": b"<si><t>a&#13;b</t></si>",
    "two lines": b"<si><t>a\nb</t></si>",
    "two lines of Windows": b"<si><t>a\r\nb</t></si>",
    "nothing": b"<si><t></t></si>",
    "no text": b"<si/>",
    "entities": b"<si><t>&lt;a&gt; &amp;amp; &quot;</t></si>",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_shared_texts_of_all_kinds(text, monkeypatch):
    data = book_of([["id", "note"], ["A", "village"], ["B", "x"]])
    strings = {"xl/sharedStrings.xml": [(b"<si><t>village</t></si>", text)]}
    same(changed(data, strings), monkeypatch)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["C"]), max_size=12),
    st.sampled_from(["=1+1", "#N/A", "_x0041_", " a", "a\n", "&amp;", "<b>", "1904", "\t", "TRUE"]),
    st.dates(pd.Timestamp("1850-01-01").date()),
    st.datetimes(pd.Timestamp("1899-12-01").to_pydatetime()),
    st.times(),
)


@pytest.mark.untraced
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(VALUES, max_size=5), max_size=8),
    st.sampled_from(["openpyxl", "pandas"]),
)
def test_any_cells(lines, writer):
    if writer == "pandas":
        buffer = io.BytesIO()
        width = max(map(len, lines), default=0)
        even = [line + [None] * (width - len(line)) for line in lines]
        pd.DataFrame(even).astype(object).to_excel(buffer, index=False)
        data = buffer.getvalue()
    else:
        data = book_of(lines)
    with pytest.MonkeyPatch.context() as patch:
        same(data, patch)


def test_a_rectangle_that_no_memory_holds_goes_to_openpyxl(monkeypatch):
    """Two cells, from the first to the last of a sheet: 17 thousand million places."""
    data = book_of([["id", "lon"], ["A", 1]])
    last = b'<row r="9999"><c r="ZZ9999"><v>1</v></c></row></sheetData>'
    data = changed(data, {SHEET: [(b"</sheetData>", last)]})
    assert not is_plain(data)
    same(data, monkeypatch)


def test_numbers_of_rows_hold_where_rows_are_left_out():
    data = book_of([["id", "lon"], ["A", 1]])
    data = changed(
        data, {SHEET: [(b"</sheetData>", b'<row r="90"><c r="A90"><v>1</v></c></row></sheetData>')]}
    )
    assert is_plain(data)
    rows = sheets._plain_sheets(data)["Sheet"]
    assert len(rows) == 90
    assert rows[-1] == ["1"]
    assert not any(rows[2:89])


def test_a_plain_workbook_of_many_rows(monkeypatch):
    rng = np.random.default_rng(3)
    lines = [["id", "lon", "lat"], *([f"A-{n}", *rng.normal(size=2).tolist()] for n in range(900))]
    data = book_of(lines)
    assert is_plain(data)
    same(data, monkeypatch)
