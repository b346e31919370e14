"""Reports as files: a workbook, or a Word document from a template that an office can change.

A template asks for the sections of a report by their names (`{%tr for row in table_3 %}`), or for
all of them (`sections`). What is filled in is text, as `office` fills it in.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from mine_geo.disclosure import restriction
from mine_geo.errors import OptionError, choose
from mine_geo.reports import workbook
from mine_geo.reports.office import TEMPLATES, filled
from mine_geo.reports.sections import KEY, Section
from mine_geo.terms import ROW, SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.tables.envelope import Envelope


Form = Literal["monthly", "article7"]
FORMS: Final[tuple[Form, ...]] = ("monthly", "article7")
"""The reports that have a template."""
ENDINGS: Final = (".xlsx", ".docx")
_BEHIND: Final = "behind"
"""What the names of lists end with: thousands of rows, which stand in the workbook alone."""
_YEARS: Final = ("year", "target_year")


def save(
    path: str | Path,
    sections: Sequence[Section],
    about: Envelope,
    *,
    form: Form | None = None,
    template: str | Path | None = None,
    replace: str | None = None,
) -> Path:
    """Write a report as a workbook (`.xlsx`), or from a template as a Word document (`.docx`).

    It says that it is restricted, and is its owner's alone.

    Parameters
    ----------
    path
        The file; one that is there is replaced at the very end.
    sections
        The sections of the report, in their order; m².
    about
        What the report is, and of which day and moment.
    form
        Of a document: "monthly" or "article7", whose template is taken.
    template
        A DOCX of the office instead.
    replace
        "public": of which kind the file that is there may be, where it is not restricted.

    Raises
    ------
    OptionError
        If the ending is another one, a document has no template, or a template asks for what there
        is not or does not say that the report is restricted.
    RecordError
        If a text is longer than a cell of a workbook can be.
    FileError
        If the template cannot be read or filled, or the file cannot be written.

    Examples
    --------
    >>> save("report.pdf", [], None)
    Traceback (most recent call last):
    mine_geo.errors.OptionError: report.pdf: the ending '.pdf' is unknown; valid: .xlsx, .docx
    """
    used = check(path, form=form, template=template, replace=replace)
    place = Path(path)
    if used is None:
        return workbook.save(place, sections, about, replace=replace)
    content = filled(
        used,
        context(sections, about),
        title=about.title,
        subject=restriction.said(about.as_of, about.known_in_words),
    )
    restriction.write_file(place, content, public=False, replace=replace)
    return place


def check(
    path: str | Path,
    *,
    form: Form | None = None,
    template: str | Path | None = None,
    replace: str | None = None,
) -> Path | None:
    """Return the template of a report that shall be written, None of a workbook; write nothing.

    Parameters
    ----------
    path, form, template, replace
        As for `save`.

    Raises
    ------
    OptionError, FileError
        As for `save`, as far as the place and the options tell.

    Examples
    --------
    >>> check("report.xlsx") is None, check("report.docx", form="monthly").name
    (True, 'monthly.docx')
    """
    place = Path(path)
    ending = choose(place.suffix.lower(), ENDINGS, f"{place.name}: the ending")
    used = None
    if ending == ".docx":
        if template is not None:
            used = Path(template)
        elif form is not None:
            used = TEMPLATES / f"{choose(form, FORMS, 'report')}.docx"
        else:
            raise OptionError(
                f"{place.name}: this report has no template; give one, or write .xlsx"
            )
    elif template is not None:
        raise OptionError(f"{place.name}: a template is for .docx; leave it out")
    restriction.check(place, public=False, replace=replace)
    return used


def context(sections: Sequence[Section], about: Envelope) -> dict[str, Any]:
    """Return what a template can show: texts, and lists of rows of texts.

    Parameters
    ----------
    sections
        The sections of a report; lists behind them are left out.
    about
        What the report is.

    Returns
    -------
    dict
        `title`, `as_of`, `known_at`, `store`, `restricted`, `synthetic` (empty where it is not),
        `sections` (`name`, `title`, `notes`, `head`, and `rows` of `cells`: `text`, `number`); and
        of each section by its name its rows (`table_3`), whose cells are named by its columns,
        `table_3_title` and `table_3_notes`. `total` says whether a row is a sum.

    Examples
    --------
    >>> from mine_geo.tables.envelope import Envelope
    >>> table = pd.DataFrame({"row": ["data"], "key": ["T1-01"], "size_m2": [1200149]})
    >>> told = context([Section("Table 1", "What remains", table)], Envelope(as_of="2022-12-31"))
    >>> told["table_1"], told["sections"][0]["rows"]
    ([{'size_m2': '1,200,149', 'total': False}],
     [{'cells': [{'text': '1,200,149', 'number': True}], 'total': False}])
    """
    told: dict[str, Any] = {
        "title": about.title,
        "as_of": about.as_of or "",
        "known_at": about.known_in_words or "",
        "store": about.store or "",
        "restricted": restriction.said(about.as_of, about.known_in_words),
        "synthetic": SYNTHETIC if about.synthetic else "",
        "sections": [],
    }
    for section in sections:
        if section.name.endswith(_BEHIND):
            continue
        told |= _section(section)
        told["sections"].append(
            {
                "name": section.name,
                "title": section.title,
                "notes": list(section.notes),
                **_cells(section),
            }
        )
    return told


def _table(section: Section) -> tuple[pd.DataFrame, list[bool]]:
    """Return the cells of a section without their keys, and which rows are sums."""
    table = workbook.shown(section).drop(columns=KEY, errors="ignore")
    if ROW not in section.table:
        return table, [False] * len(table)
    return table, (section.table[ROW] == "total").tolist()


def _section(section: Section) -> dict[str, Any]:
    """Return the rows of a section, and what is said of it, by its name."""
    table, sums = _table(section)
    columns = {str(name): _texts(table[name], sums) for name in table}
    rows = [
        {**{name: columns[name][place] for name in columns}, "total": total}
        for place, total in enumerate(sums)
    ]
    name = section.field
    return {name: rows, f"{name}_title": section.title, f"{name}_notes": list(section.notes)}


def _cells(section: Section) -> dict[str, Any]:
    """Return head and rows of a section as cells: a text, and whether it is a number."""
    table, sums = _table(section)
    numbers = [pd.api.types.is_numeric_dtype(table[name]) for name in table]
    head = [
        {"text": section.heading(str(name)), "number": number}
        for name, number in zip(table.columns, numbers, strict=True)
    ]
    columns = [_texts(table[name], sums) for name in table]
    rows = [
        {
            "cells": [
                {"text": column[place], "number": number}
                for column, number in zip(columns, numbers, strict=True)
            ],
            "total": total,
        }
        for place, total in enumerate(sums)
    ]
    return {"head": head, "rows": rows}


def _texts(column: pd.Series[Any], sums: list[bool]) -> list[str]:
    """Return a column as a document shows it; a sum has no place, and so no dash there."""
    words = not pd.api.types.is_numeric_dtype(column)
    return [
        "" if total and words and pd.isna(value) else _text(value, str(column.name))
        for value, total in zip(column, sums, strict=True)
    ]


def _text(value: Any, name: str) -> str:
    """Return a cell as a document shows it; unknown is a dash."""
    if pd.isna(value):
        return "\N{EN DASH}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return value if isinstance(value, str) else _number(value, name)


def _number(value: float, name: str) -> str:
    """Return a figure with separators; a year has none, and a share is in percent."""
    if name in _YEARS:
        return f"{value:.0f}"
    if isinstance(value, float | np.floating):
        return f"{value:.1%}" if name.endswith("_share") else f"{value:,.10g}"
    return f"{value:,}"
