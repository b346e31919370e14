"""A report as an Excel workbook: a sheet a section, real numbers, ready to be printed.

Sheets have a frozen head, a print area, head and foot of the page, and bars where a section asks
for them. What a text holds stays text: no cell is a formula. Two workbooks of the same sections are
the same bytes.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break

from mine_geo.disclosure import restriction
from mine_geo.errors import OptionError
from mine_geo.exports.tables import for_workbook, without_moment
from mine_geo.geo.cells import day_of
from mine_geo.reports.sections import KEY, KIND_WORDS, TOTAL, Section
from mine_geo.terms import ROW, SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.tables.envelope import Envelope


WHOLE: Final = "#,##0"
DECIMAL: Final = "#,##0.00"
SMALL: Final = "0.0000"
DAY: Final = "yyyy-mm-dd"
ANY: Final = "General"
"""Of a column whose figures are of several sorts: each has a format of its own."""
WIDEST: Final = 44
WIDE: Final = 200
"""Letters in a row from which a sheet is printed on A3."""
LONG: Final = 400
"""Rows behind which a sheet is a list to be filtered, with a filter at its head."""
_WARNING: Final = Font("Calibri", 9, b=True, color="8A1538")
_HEAD: Final = PatternFill("solid", fgColor="DCE6EA")
_SUM: Final = PatternFill("solid", fgColor="F2F2F2")
_RULE: Final = Side(style="thin", color="7F7F7F")
_COLOURS: Final = ("1B6E8A", "C9622B", "6B8E23")
_YEARS: Final = ("year", "target_year")
"""Whole numbers that have no separator."""


def save(
    path: str | Path,
    sections: Sequence[Section],
    about: Envelope,
    *,
    replace: str | None = None,
) -> Path:
    """Write sections as a workbook; it says that it is restricted, and is its owner's alone.

    Parameters
    ----------
    path
        The file, ending in `.xlsx`; one that is there is replaced at the very end.
    sections
        The sheets, in their order.
    about
        What the report is, and of which day and moment.
    replace
        "public": of which kind the file that is there may be, where it is not restricted.

    Raises
    ------
    OptionError
        If the ending is another one.
    RecordError
        If a text is longer than a cell can be.
    FileError
        If the file cannot be written, or is a public one.
    """
    place = Path(path)
    if place.suffix.casefold() != ".xlsx":
        raise OptionError(f"{place.name}: a workbook is written as .xlsx; give that ending")
    restriction.check(place, public=False, replace=replace)
    restriction.write_file(place, content(sections, about), public=False, replace=replace)
    return place


def content(sections: Sequence[Section], about: Envelope) -> bytes:
    """Return the bytes of a workbook; the same sections give the same ones."""
    mark = restriction.said(about.as_of, about.known_in_words)
    book = Workbook()
    book.remove(book.active)
    properties = book.properties
    properties.keywords = restriction.KEYWORDS[restriction.RESTRICTED]
    properties.subject = properties.description = mark
    properties.title, properties.creator = about.title, about.store or ""
    for section in sections:
        _sheet(book, section, about, mark)
    written = io.BytesIO()
    book.save(written)
    return without_moment(written)


def shown(section: Section) -> pd.DataFrame:
    """Return the cells of a section as a reader sees them: sums say so, kinds are in words.

    Examples
    --------
    >>> table = pd.DataFrame({"row": ["data", "total"], "key": ["T1-01", None],
    ...     "province": ["Pailin", None], "hazards": [3, 3]})
    >>> shown(Section("T", "t", table)).values.tolist()
    [['T1-01', 'Pailin', 3], [nan, 'Total', 3]]
    """
    table = section.table
    if "kind" in table:
        words = {name: text[0].upper() + text[1:] for name, text in KIND_WORDS.items()}
        table = table.assign(kind=table["kind"].map(words).fillna("not recorded"))
    if ROW not in table:
        return table
    sums = table[ROW] == "total"
    words_in = [
        name for name in table.columns
        if name not in (ROW, KEY, "kind") and not pd.api.types.is_numeric_dtype(table[name])
    ]  # fmt: skip
    if words_in:
        first = table[words_in[0]].astype(object)
        table = table.assign(**{str(words_in[0]): first.mask(sums, TOTAL)})
    return table.drop(columns=ROW)


def _sheet(book: Workbook, section: Section, about: Envelope, mark: str) -> None:
    """Write a section into a sheet of its own."""
    sheet = book.create_sheet(section.name)
    table = for_workbook(shown(section))
    lines = [(mark, _WARNING)]
    lines += [(SYNTHETIC, _WARNING)] if about.synthetic else []
    lines += [(section.title, _font(size=14, bold=True)), (_of(about), _font(size=9))]
    lines += [(note, _font(size=9, italic=True)) for note in section.notes]
    head, columns = len(lines) + 2, max(len(table.columns), 1)
    last = head + len(table)
    _rows(sheet, section, table, head)
    _lines(sheet, lines, columns)
    sheet.freeze_panes = sheet.cell(head + 1, 1)
    if len(table) > LONG or section.name.endswith("behind"):
        sheet.auto_filter.ref = f"A{head}:{get_column_letter(columns)}{max(last, head)}"
    end = _charts(sheet, section, head)
    _page(sheet, head, max(last, head, end), columns, mark, about)


def _rows(sheet: Any, section: Section, table: pd.DataFrame, head: int) -> None:
    """Write the head of a table and its rows, sums in bold."""
    formats = [_format(table[name], str(name)) for name in table.columns]
    widths = [_width(section, table, str(name)) for name in table.columns]
    _head(sheet, section, formats, widths, head)
    # words stand clear of the figures before them; a long list goes without, and is written faster
    spaced = len(table) <= LONG
    for row, values in enumerate(table.itertuples(index=False), head + 1):
        for at, value in enumerate(values, 1):
            if pd.isna(value):
                continue
            cell, form = _put(sheet.cell(row, at), value), formats[at - 1]
            if form is not None:
                cell.number_format = _own(value) if form == ANY else form
            elif spaced:
                _set_clear(sheet, cell, widths[at - 1])
    if ROW in section.table:
        for place in np.flatnonzero(section.table[ROW] == "total"):
            for at in range(1, len(table.columns) + 1):
                cell = sheet.cell(head + 1 + int(place), at)
                cell.font, cell.fill, cell.border = _font(bold=True), _SUM, Border(top=_RULE)


def _head(
    sheet: Any, section: Section, formats: list[str | None], widths: list[float], row: int
) -> None:
    """Write the headings, over figures to the right, in as many lines as the longest needs."""
    names = [
        section.heading(str(each)) for each in section.table.columns.drop(ROW, errors="ignore")
    ]
    for at, name in enumerate(names, 1):
        cell = _put(sheet.cell(row, at), name)
        cell.font, cell.fill, cell.border = _font(size=9, bold=True), _HEAD, Border(bottom=_RULE)
        number = formats[at - 1] not in {None, DAY}
        across = "right" if number else "left"
        cell.alignment = Alignment(across, "top", wrap_text=True, indent=0 if number else 1)
        sheet.column_dimensions[get_column_letter(at)].width = widths[at - 1]
    sheet.row_dimensions[row].height = 13 * max(map(_lines_of, names, widths), default=1)


def _set_clear(sheet: Any, cell: Any, width: float) -> None:
    """Set words off the figures before them; a long text takes several lines."""
    deep = _lines_of(str(cell.value), width)
    cell.alignment = Alignment("left", wrap_text=deep > 1, indent=1)
    if deep > 1:
        height = sheet.row_dimensions[cell.row].height or 0
        sheet.row_dimensions[cell.row].height = max(height, deep * 15)


def _lines_of(text: str, width: float) -> int:
    """Return how many lines a text needs, generously; one, where its column was made for it."""
    return 1 if len(text) + 2 <= width else math.ceil((len(text) + 2) * 1.1 / width)


def _own(value: float) -> str:
    """Return the format of one figure among others: whole, or a small one with four decimals."""
    if float(value).is_integer():
        return WHOLE
    return SMALL if abs(value) < 10 else DECIMAL


def _font(*, size: float = 11, bold: bool = False, italic: bool = False) -> Font:
    return Font("Calibri", size, b=bold, i=italic)


def _lines(sheet: Any, lines: list[tuple[str, Font]], columns: int) -> None:
    """Write what stands over a table, across its columns and as many lines as it needs."""
    wide = _wide(sheet, columns)
    for row, (text, font) in enumerate(lines, 1):
        cell = _put(sheet.cell(row, 1), text)
        cell.font, cell.alignment = font, Alignment(wrap_text=True, vertical="top")
        if columns > 1:
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)
        needed = math.ceil(len(text) * (font.size or 11) / 10 / max(wide, 1))
        sheet.row_dimensions[row].height = max(needed, 1) * (font.size or 11) * 1.4


def _wide(sheet: Any, columns: int) -> float:
    """Return how wide the columns of a sheet are together, letters."""
    names = [get_column_letter(number) for number in range(1, columns + 1)]
    return float(sum(sheet.column_dimensions[name].width for name in names))


def _of(about: Envelope) -> str:
    said = [f"As of {about.as_of}"] if about.as_of else []
    said += [f"known at {about.known_in_words}"] if about.known_at else []
    said += [about.store] if about.store else []
    return " · ".join(said)


def _put(cell: Any, value: Any) -> Any:
    """Write a value; a text is text, whatever it begins with, a day a day."""
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"
    elif isinstance(value, pd.Timestamp):
        cell.value = value.to_pydatetime()
    else:
        cell.value = value.item() if hasattr(value, "item") else value
    return cell


def _format(column: pd.Series[Any], name: str) -> str | None:
    kinds = pd.api.types
    if kinds.is_datetime64_any_dtype(column.dtype):
        return DAY
    if kinds.is_bool_dtype(column.dtype) or not kinds.is_numeric_dtype(column.dtype):
        return None
    if name in _YEARS:
        return "0"
    if name == "value":
        return ANY
    if kinds.is_integer_dtype(column.dtype):
        return WHOLE
    return SMALL if name.endswith("_usd_m2") else "0.0%" if name.endswith("_share") else DECIMAL


def _width(section: Section, table: pd.DataFrame, name: str) -> float:
    """Return how wide a column must be: no figure of it is hidden."""
    cells = [f"{v:,.2f}" if isinstance(v, float) else f"{v:,}" if isinstance(v, int) else str(v)
             for v in table[name].dropna().tolist()[:2000]]  # fmt: skip
    head = max(map(len, section.heading(name).split()), default=0)
    longest = max(map(len, cells), default=0)
    if pd.api.types.is_datetime64_any_dtype(table[name].dtype):
        longest = 10
    return min(max(head, longest, 6) + 2.5, WIDEST)


def _charts(sheet: Any, section: Section, head: int) -> int:
    """Draw bars below the table, kind by kind; return the last row that they need."""
    asked, table = section.chart, section.table
    end = head + len(table)
    if asked is None:
        return end
    names = [str(name) for name in table.columns.drop(ROW, errors="ignore")]
    data = table[ROW] == "data" if ROW in table else pd.Series(data=True, index=table.index)
    kinds = table["kind"] if "kind" in table else pd.Series("", index=table.index)
    wide = _wide(sheet, len(names))
    across = min(max(wide * 0.185, 16.0), 44.0)  # as the table is, centimetres
    high = min(across * 0.42, 15.0)
    row = end + 2
    for kind in dict.fromkeys(kinds[data]):
        rows = [int(each) for each in table.index[data & (kinds == kind)]]
        first, last = head + 1 + rows[0], head + 1 + rows[-1]
        bars = BarChart()
        bars.type, bars.height, bars.width = "col", high, across
        bars.title = asked.title if not kind else f"{asked.title}: {KIND_WORDS.get(kind, kind)}"
        bars.grouping = "stacked" if asked.stacked else "clustered"
        bars.overlap = 100 if asked.stacked else 0
        bars.y_axis.numFmt, bars.y_axis.title = WHOLE, "m²"
        bars.x_axis.delete = bars.y_axis.delete = False
        for at, figure in enumerate(asked.figures):
            place = names.index(figure) + 1
            bars.add_data(Reference(sheet, min_col=place, min_row=first, max_row=last))
            series = bars.series[at]
            series.tx = _named(section.heading(figure))
            series.graphicalProperties.solidFill = _COLOURS[at % len(_COLOURS)]
        label = names.index(asked.label) + 1
        bars.set_categories(Reference(sheet, min_col=label, min_row=first, max_row=last))
        bars.legend.position = "b"
        sheet.row_breaks.append(Break(id=row - 1))  # a chart is not cut by the end of a page
        sheet.add_chart(bars, f"A{row}")
        row += math.ceil(high / 0.5) + 2
    return row


def _named(text: str) -> Any:
    from openpyxl.chart.series import SeriesLabel  # noqa: PLC0415

    return SeriesLabel(v=text)


def _page(sheet: Any, head: int, last: int, columns: int, mark: str, about: Envelope) -> None:
    """Set the page: what is printed, its head and foot, its rows that are repeated."""
    letter = get_column_letter(columns)
    sheet.print_area = f"A1:{letter}{last}"
    sheet.print_title_rows = f"{head}:{head}"
    setup = sheet.page_setup
    setup.fitToWidth, setup.fitToHeight = 1, 0
    wide = _wide(sheet, columns)
    setup.paperSize = sheet.PAPERSIZE_A3 if wide > WIDE else sheet.PAPERSIZE_A4
    setup.orientation = "landscape" if wide > 95 else "portrait"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddHeader.center.text = _escaped(mark.partition(";")[0])
    sheet.oddHeader.center.size = 8
    sheet.oddFooter.left.text = _escaped(f"{about.title} · {_day(about)}")
    sheet.oddFooter.left.size = 8
    sheet.oddFooter.right.text = "&P / &N"
    sheet.oddFooter.right.size = 8


def _day(about: Envelope) -> str:
    day = day_of(about.as_of)
    return "" if day is None else day.isoformat()


def _escaped(text: str) -> str:
    """Return a text for the head or foot of a page, where & begins a code."""
    return text.replace("&", "&&")
