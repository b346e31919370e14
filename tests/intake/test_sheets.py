"""Tables of text: encodings, delimiters, quotes, ragged rows, workbooks, folders, zips."""

import datetime as dt
import io
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import FileError
from mine_geo.intake.formats.sheets import MOST_CHARACTERS, read_book, read_csv, read_workbook

KHMER = "ភូមិត្រពាំងប្រាសាទ"
ACCENTS = "Préah Vihéar, \u201cÔ Smach\u201d \u2013 5 \u20ac"


@pytest.fixture
def written(tmp_path):
    """Write bytes or text to a file, and return its path."""

    def write(data, name="points.csv", encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
        return path

    return write


def rows(path, name=None):
    """Return the only table, or that of a name, as lists with None for null."""
    tables = read_book(path).tables
    table = tables[name] if name else next(iter(tables.values()))
    assert all(dtype == "str" for dtype in table.dtypes)
    assert table.index.equals(pd.RangeIndex(len(table)))
    cells = table.astype(object).where(table.notna(), None)
    return [list(table.columns), *cells.to_numpy().tolist()]


def refused(path):
    """Return the one line that says why a file is refused."""
    with pytest.raises(FileError) as caught:
        read_book(path)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert path.name in message
    return message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_and_without_its_mark(written, encoding):
    path = written(f"id,village\nAP-1,{KHMER}\n", encoding=encoding)
    assert rows(path) == [["id", "village"], ["AP-1", KHMER]]
    assert read_book(path).findings == ()


@pytest.mark.parametrize("big", [True, False])
def test_utf_16_of_either_order(written, big):
    mark, name = (b"\xfe\xff", "utf-16-be") if big else (b"\xff\xfe", "utf-16-le")
    path = written(mark + f"id\tvillage\r\nAP-1\t{KHMER}\r\n".encode(name))
    assert rows(path) == [["id", "village"], ["AP-1", KHMER]]


def test_windows_1252_is_taken_and_said(written):
    path = written(f"id;village\r\nAP-1;{ACCENTS}\r\n", encoding="cp1252")
    assert rows(path) == [["id", "village"], ["AP-1", ACCENTS]]
    (finding,) = read_book(path).findings
    assert finding.code == "encoding_taken"
    assert "Windows-1252" in finding.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no cell has content"),
        (b"\xef\xbb\xbf", "no cell has content"),
        (b" \r\n\r\n", "no cell has content"),
        (b",,\n,,\n", "no cell has content"),
        (b"id,lon\nA,\x00\n", "NUL bytes"),
        ("id,lon\nA,1\n".encode("utf-16-le"), "NUL bytes"),
        (b"\xff\xfei\x00d\x00\n", "no utf-16-le text"),
        (b"id,lon\nA,\xff\x81\n", "neither UTF-8 nor Windows-1252"),
        (b"id,lon\nA\x07,\xe9\n", "neither UTF-8 nor Windows-1252"),
        (b"id,lon,id\nA,1,2\n", "column id stands twice"),
        (b"id,lon, id \nA,1,2\n", "column id stands twice"),
        (b"id,lon\nA,1\nB,2,3\n", "row 3 has more cells than the first row (2)"),
        (b"id;lon\nA;1\n\nB;2;3\n", "row 4 has more cells than the first row (2)"),
        (b"sep=;\nid;lon\nA;1;2\n", "row 3 has more cells"),
        (b"id,lon,lat\nA,1,2\nB,1", "row 3, the last one, breaks off"),
        (b'id,wkt\nA,"POLYGON((1 2', "EOF inside string"),
        (b"id," + b",".join(b"c%d" % n for n in range(2500)) + b"\n1\n", "2501 columns"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(written, data, words):
    assert words in refused(written(data))


def test_a_cell_that_is_too_long_is_refused(written):
    text = "1" * MOST_CHARACTERS
    assert rows(written(f"id,wkt\nA,{text}\n"))[1][1] == text
    assert "a cell of row 3 has more than" in refused(written(f"id,wkt\nA,1\nB,{text}2\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(written, delimiter):
    lines = [["id", "lon", "lat"], ["A", "104.5", "13.2"], ["B", "105.5", "13.3"]]
    assert rows(written("\n".join(delimiter.join(line) for line in lines))) == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id;lon;lat\nA;104,5;13,2\n", [["id", "lon", "lat"], ["A", "104,5", "13,2"]]),
        ('id,wkt\nA,"POLYGON((1 2,3 4;5 6))"\n', [["id", "wkt"], ["A", "POLYGON((1 2,3 4;5 6))"]]),
        ("sep=;\r\nid;b,c\r\n1;2\r\n", [["id", "b,c"], ["1", "2"]]),
        ('"sep=|"\nid|b,c\n1|2\n', [["id", "b,c"], ["1", "2"]]),
        ("village\nBoeng\n", [["village"], ["Boeng"]]),
        ("village\nBoeng, Kandal\n", None),
        ('id,note\nA,"two\nlines, ""quoted"""\n', [["id", "note"], ["A", 'two\nlines, "quoted"']]),
        ("id,lat\nA,13°21'30\"N\nB,9°\n", [["id", "lat"], ["A", "13°21'30\"N"], ["B", "9°"]]),
        ("\n\nid,lon\n\nA,1\n,\nB,2\n", [["id", "lon"], ["A", "1"], ["B", "2"]]),
        (" id , lon \nA, 1 \n", [["id", "lon"], ["A", " 1 "]]),
        ("id,lon\nNA,null\nNaN,\n", [["id", "lon"], ["NA", "null"], ["NaN", None]]),
        ("id,,lon,\nA,x,1,\n", [["id", "column 2", "lon"], ["A", "x", "1"]]),
        ("id,lon\nA,1,,\nB,2\n", [["id", "lon"], ["A", "1"], ["B", "2"]]),
        ("id,lon\n", [["id", "lon"]]),
        ("id,lon\rA,1\rB,2\r", [["id", "lon"], ["A", "1"], ["B", "2"]]),
        ("id,lon\n007,1e5\n", [["id", "lon"], ["007", "1e5"]]),
        ("id,lon\nA,1\nB,2", [["id", "lon"], ["A", "1"], ["B", "2"]]),
    ],
)  # fmt: skip
def test_everyday_oddities(written, text, expected):
    path = written(text)
    if expected is None:
        assert "row 2 has more cells" in refused(path)
    else:
        assert rows(path) == expected


def test_rows_that_end_early_are_filled_and_said(written):
    path = written("id,lon,lat,comment\nA,1,2,x\nB,1,2\nC,1,2\nD,1\n")
    assert rows(path)[2:] == [["B", "1", "2", None], ["C", "1", "2", None], ["D", "1", None, None]]
    (finding,) = read_book(path).findings
    assert finding.code == "short_rows"
    assert finding.message.startswith("row 3, 4, 5 of ")


def test_pandas_own_csv_is_read_back(written):
    table = pd.DataFrame({"id": ["A", 'b"c', "d\ne"], "note": [KHMER, "1,5;2", None]}, dtype="str")
    for sep in ",;\t|":
        buffer = io.StringIO()
        table.to_csv(buffer, sep=sep, index=False)
        read = next(iter(read_book(written(buffer.getvalue())).tables.values()))
        pd.testing.assert_frame_equal(read, table)


def workbook(sheets, **edits):
    """Return the bytes of a workbook of sheets, rows and cells."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    for edit in edits.values():
        edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_cells_of_a_workbook_as_text(written):
    line = [
        7, 7.0, 7.25, 0.1, 1e15, 123456789012, -3, True, False, "007", KHMER, None, "  ",
        dt.date(2023, 1, 5), pd.Timestamp("2023-01-05 07:30").to_pydatetime(),
        pd.Timestamp("2023-01-05").to_pydatetime(), dt.time(7, 30),
    ]  # fmt: skip
    header = [f"c{place}" for place in range(len(line))]
    path = written(workbook({"points": [header, line]}), "points.xlsx")
    assert rows(path, "points")[1] == [
        "7", "7", "7.25", "0.1", "1000000000000000", "123456789012", "-3", "true", "false", "007",
        KHMER, None, None, "2023-01-05", "2023-01-05T07:30:00", "2023-01-05", "07:30:00",
    ]  # fmt: skip
    assert read_book(path).format == "XLSX"


def test_sheets_in_their_order_hidden_ones_too_and_empty_ones_not(written):
    def hide(book):
        book["b"].sheet_state = "hidden"

    data = workbook({"b": [["id"], ["1"]], "empty": [], "a": [["id", "x"], ["2", "3"]]}, hide=hide)
    tables = read_book(written(data, "two.xlsx")).tables
    assert list(tables) == ["b", "a"]
    assert tables["b"]["id"].tolist() == ["1"]


def test_rows_and_columns_around_the_table_that_are_empty_do_not_count(written):
    lines = [[None, None], [None, "id", None, "lon"], [], [None, "A", None, 104.5], [None, " "]]
    path = written(workbook({"points": lines}), "points.xlsx")
    assert rows(path) == [["id", "lon"], ["A", "104.5"]]


def test_cells_merged_over_rows_have_their_value_in_each(written):
    def merge(book):
        book["p"].merge_cells("A2:A4")
        book["p"].merge_cells("B5:C5")

    lines = [["id", "lon", "lat"], ["A", 1, 2], [None, 3, 4], [None, 5, 6], ["B", 7, None]]
    path = written(workbook({"p": lines}, merge=merge), "points.xlsx")
    assert rows(path)[1:] == [["A", "1", "2"], ["A", "3", "4"], ["A", "5", "6"], ["B", "7", None]]


def test_formulas_without_a_saved_value_and_error_values_are_said(written):
    lines = [["id", "lon", "lat"], ["A", "=1+1", "#N/A"], ["B", 2, 3]]

    def error(book):
        book["p"]["C2"].data_type = "e"

    book = read_book(written(workbook({"p": lines}, error=error), "points.xlsx"))
    assert book.tables["p"].loc[0].isna().tolist() == [False, True, True]
    assert [finding.code for finding in book.findings] == ["unread_part", "unread_part"]
    messages = sorted(finding.message for finding in book.findings)
    assert "sheet 'p': a formula without saved value in B2; left empty" in messages[0]
    assert "sheet 'p': an error value in C2; left empty" in messages[1]


def replaced(data, name, old, new):
    """Return a workbook with the text of one of its parts changed.

    Empty elements are written in one way: openpyxl has two, with lxml at hand and without.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part == name:
                content = content.replace(b" />", b"/>").replace(b"<v></v>", b"<v/>")
            assert part != name or old in content
            target.writestr(part, content.replace(old, new) if part == name else content)
    return buffer.getvalue()


def test_formulas_with_a_saved_value_are_read_even_where_it_is_an_empty_text(written):
    data = workbook({"p": [["id", "a", "b"], ["A", "=1+1", '=""']]})
    sheet = "xl/worksheets/sheet1.xml"
    data = replaced(
        data, sheet, b'<c r="B2"><f>1+1</f><v/></c>', b'<c r="B2"><f>1+1</f><v>2</v></c>'
    )
    data = replaced(
        data, sheet, b'<c r="C2"><f>""</f><v/></c>', b'<c r="C2" t="str"><f>""</f><v></v></c>'
    )
    book = read_book(written(data, "p.xlsx"))
    assert book.tables["p"].loc[0, ["id", "a"]].tolist() == ["A", "2"]
    assert book.findings == ()


def test_a_size_that_the_sheet_says_wrongly_does_not_cut_it(written):
    data = workbook({"p": [["id", "lon"], ["A", 1]]})
    data = replaced(
        data, "xl/worksheets/sheet1.xml", b'<dimension ref="A1:B2"/>', b'<dimension ref="A1"/>'
    )
    assert rows(written(data, "p.xlsx")) == [["id", "lon"], ["A", "1"]]


@pytest.mark.parametrize("number", [b"1048577", b"99999999999"])
def test_a_row_number_that_no_sheet_has_is_refused_at_once(written, number):
    data = workbook({"p": [["id", "lon"], ["A", "=1+1"]]})
    data = replaced(data, "xl/worksheets/sheet1.xml", b'<row r="2">', b'<row r="%s">' % number)
    data = replaced(data, "xl/worksheets/sheet1.xml", b'"A2"', b'"A%s"' % number)
    assert "more rows than a workbook can have" in refused(written(data, "p.xlsx"))


def test_a_merged_area_without_end_is_filled_as_far_as_there_are_rows(written):
    def merge(book):
        book["p"].merge_cells("A2:A3")

    data = workbook({"p": [["id", "lon"], ["A", 1], [None, 2]]}, merge=merge)
    data = replaced(data, "xl/worksheets/sheet1.xml", b'"A2:A3"', b'"A2:XFD1048576"')
    assert rows(written(data, "p.xlsx"))[1:] == [["A", "1"], ["A", "2"]]


def test_entities_in_a_workbook_are_refused(written):
    data = workbook({"p": [["id"], ["A"]]})
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet '
    data = replaced(data, "xl/worksheets/sheet1.xml", b"<worksheet ", bomb)
    assert "cannot be read as a workbook" in refused(written(data, "p.xlsx"))


def test_duplicate_names_in_a_sheet_are_refused_with_its_name(written):
    path = written(workbook({"points": [["id", "x", "x"], [1, 2, 3]]}), "p.xlsx")
    assert "sheet 'points': column x stands twice" in refused(path)


def test_a_workbook_without_content_is_refused(written):
    assert "no cell has content" in refused(written(workbook({"p": []}), "p.xlsx"))


def test_an_old_workbook_and_one_with_a_password_are_refused(written):
    path = written(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "p.xls")
    assert "a workbook with a password, or an old .xls" in refused(path)


def test_a_folder_of_csv(written):
    written("id,lon\nA,1\n", "form/points.csv")
    written("id\tvillage\nA\tBoeng\n", "form/hazards.TSV")
    written("not a table\x00", "form/notes.doc")
    written("\x00", "form/.hidden.csv")
    folder = written("", "form/readme.md").parent
    book = read_book(folder)
    assert list(book.tables) == ["hazards", "points"]
    assert book.format == "folder of CSV"


def packed(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def test_a_zip_of_csv(written):
    data = packed(
        {"form/points.csv": "id,lon\nA,1\n", "__MACOSX/form/._points.csv": b"\0", "a.pdf": b"\0"}
    )
    book = read_book(written(data, "form.zip"))
    assert book.tables["points"]["lon"].tolist() == ["1"]
    assert book.format == "zip of CSV"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"a/p.csv": "id\n1\n", "b/p.csv": "id\n1\n"}, "two tables are called 'p'"),
        ({"a.pdf": "x"}, "no table in it"),
        ({}, "no table in it"),
        ({"p.csv": "id\nA,\x00\n"}, "form.zip/p.csv: NUL bytes"),
        ({"[Content_Types].xml": "x"}, "cannot be read as a workbook"),
    ],
)
def test_zips_that_are_refused(written, parts, words):
    assert words in refused(written(packed(parts), "form.zip"))


def test_a_zip_that_unpacks_to_too_much_is_refused_by_what_it_says(written):
    data = bytearray(packed({"p.csv": "id\n1\n"}))
    size = data.index(b"PK\x01\x02") + 24
    data[size : size + 4] = (600_000_000).to_bytes(4, "little")
    assert "more than 512 MB" in refused(written(bytes(data), "bomb.zip"))


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.99])
def test_cut_files_are_refused(written, cut):
    for name, data in {
        "p.xlsx": workbook({"p": [["id", "lon"], *[[f"A{n}", n] for n in range(50)]]}),
        "p.zip": packed({"p.csv": "id,lon\n" + "A,1\n" * 50}),
    }.items():
        refused(written(data[: int(len(data) * cut)], name))


def test_a_file_that_is_not_there(tmp_path):
    assert "no such file" in refused(tmp_path / "none.csv")


def attempt(read, data):
    """Return what is read, or None where one line says why nothing is."""
    try:
        return read(data, "some file")
    except FileError as error:
        message = str(error)
    assert len(message.splitlines()) == 1
    return None


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_one_line(data):
    read = attempt(read_csv, data)
    assert read is None or len(read[0].columns)


@settings(max_examples=60)
@given(st.text('ab,;\t|"\r\n ១', max_size=60))
def test_any_text_is_a_table_or_one_line(text):
    read = attempt(read_csv, text.encode())
    assert read is None or not read[0].isna().all(axis=1).any()


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["C"]), max_size=8), min_size=2, max_size=2
        ),
        max_size=6,
    )
)
def test_a_table_that_was_written_is_read_again(lines):
    table = pd.DataFrame(lines, columns=["id", "note"], dtype="str")
    buffer = io.StringIO()
    table.to_csv(buffer, index=False)
    read, findings = read_csv(buffer.getvalue().encode(), "some.csv")
    expected = table.mask(table.apply(lambda column: column.str.strip() == ""))
    expected = expected.dropna(how="all").reset_index(drop=True)
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)
    assert findings == ()


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_workbook_is_a_table_or_one_line(place, patch):
    data = bytearray(workbook({"p": [["id", "lon"], ["A", 1.5], ["B", "=1+1"]]}))
    place %= len(data)
    data[place : place + len(patch)] = patch
    read = attempt(read_workbook, bytes(data))
    assert read is None or all(len(table.columns) for table in read[0].values())


def test_a_large_table_keeps_all_rows(written):
    numbers = np.arange(50_000)
    text = "id,lon\n" + "\n".join(f"A-{n},{n / 1000}" for n in numbers)
    table = read_book(written(text)).tables["points"]
    assert table["lon"].astype(float).to_numpy() == pytest.approx(numbers / 1000)
