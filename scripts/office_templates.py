"""Make the default templates of papers and reports anew: `python -m scripts.office_templates`.

Each is a Word document with the fields of docxtpl, in English and Khmer, so that an office can take
it, put its own head on it, and hand it over with `--template`.
"""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from mine_geo.reports.documents import FORMS as REPORTS
from mine_geo.reports.office import FORMS, TEMPLATES, Form, steady
from mine_geo.words import say

WARNING = RGBColor(0x8A, 0x15, 0x38)
LATIN, KHMER = "Noto Sans", "Noto Sans Khmer"
TWO = tuple[str, str]

NOT_SAFE: TWO = (
    "No record does not mean no danger. Land beyond the turning points below is no part of this.",
    "គ្មានកំណត់ត្រា មិនមានន័យថាគ្មានគ្រោះថ្នាក់ទេ។ ដីក្រៅចំណុចបត់ខាងក្រោម មិនស្ថិតក្នុងឯកសារនេះទេ។",
)
STATEMENTS: dict[Form, TWO] = {
    "task-order": (
        "The land within the turning points below is to be surveyed or cleared.",
        "ដីក្នុងចំណុចបត់ខាងក្រោម ត្រូវអង្កេត ឬបោសសម្អាត។",
    ),
    "completion": (
        "The land below was released as it says. What remains is said beside it.",
        "ដីខាងក្រោមត្រូវបានដោះលែងតាមការរៀបរាប់។ អ្វីដែលនៅសល់ មានសរសេរនៅជាប់គ្នា។",
    ),
    "handover": (
        "The land within the turning points below was released and is handed over. No other is.",
        "ដីក្នុងចំណុចបត់ខាងក្រោម ត្រូវបានដោះលែង និងប្រគល់ជូន។ ដីផ្សេងទៀត មិនត្រូវបានប្រគល់ទេ។",
    ),
}
SIGNED: dict[Form, tuple[TWO, ...]] = {
    "task-order": (
        ("Ordered by", "ចេញបញ្ជាដោយ"),
        ("Received by", "ទទួលដោយ"),
    ),
    "completion": (("Prepared by", "រៀបចំដោយ"), ("Approved by", "អនុម័តដោយ")),
    "handover": (
        ("Handed over by", "ប្រគល់ដោយ"),
        ("Received by", "ទទួលដោយ"),
        ("Witnessed by", "សាក្សី"),
    ),
}
Table = tuple[str, tuple[tuple[TWO, str], ...]]
POINTS_MM = (34, 13, 24, 25, 24, 24, 14, 16)
"""The widths of the columns of turning points: no figure of them is broken."""


def words(key: str) -> TWO:
    """Return a text of ours in both languages."""
    said = say(key)
    return said.en, said.km


def points(title: TWO, name: str) -> tuple[TWO, Table]:
    """Return the table of turning points of a list."""
    of: TWO = ("Of", "នៃ")
    return title, (
        name,
        (
            (of, "hazard_id"),
            (words("dossier.point"), "point_number"),
            (words("dossier.latitude"), "latitude"),
            (words("dossier.longitude"), "longitude"),
            (("UTM E", "UTM កើត"), "easting"),
            (("UTM N", "UTM ជើង"), "northing"),
            (words("dossier.bearing"), "bearing_deg"),
            (words("dossier.distance"), "distance_m"),
        ),
    )


BALANCE: tuple[TWO, Table] = (
    words("dossier.balance"),
    (
        "balances",
        (
            (words("field.hazard_id"), "hazard_id"),
            (words("field.kind"), "kind"),
            (words("dossier.task"), "task_m2"),
            *(
                (words(f"outcome.{name}"), f"{name}_m2")
                for name in ("cancelled", "reduced", "cleared")
            ),
            (words("dossier.remaining"), "remaining_m2"),
        ),
    ),
)
RELEASED: tuple[TWO, Table] = (
    words("history.history"),
    (
        "released",
        (
            (words("dossier.event"), "event_id"),
            (words("field.hazard_id"), "hazard_id"),
            (words("field.happened_on"), "day"),
            (words("field.outcome"), "outcome"),
            (words("history.released_m2"), "released_m2"),
            (words("field.operator"), "operator"),
            (words("field.report_ref"), "report_ref"),
        ),
    ),
)
ITEMS: tuple[TWO, Table] = (
    words("dossier.items"),
    (
        "items",
        (
            (words("field.hazard_id"), "hazard_id"),
            (words("field.outcome"), "outcome"),
            *(
                (words(f"dossier.{name}"), name)
                for name in ("ap_mines", "av_mines", "submunitions", "uxo")
            ),
            (words("dossier.silent"), "silent"),
        ),
    ),
)
NEIGHBOURS: tuple[TWO, Table] = (
    ("Hazards within 500 m", "តំបន់គ្រោះថ្នាក់ក្នុងចម្ងាយ 500 ម"),
    (
        "neighbours",
        (
            (words("field.hazard_id"), "hazard_id"),
            (words("field.kind"), "kind"),
            (("m²", "ម²"), "size_m2"),
            (words("dossier.distance"), "distance_m"),
        ),
    ),
)
ACCESS: tuple[TWO, Table] = (
    words("dossier.access"),
    (
        "access",
        (
            (words("field.hazard_id"), "hazard_id"),
            (("Field", "វាល"), "name"),
            (("Text", "អត្ថបទ"), "text"),
        ),
    ),
)
OWN = points(words("dossier.points"), "points")
GONE = points(("Turning points of released land", "ចំណុចបត់នៃដីដែលបានដោះលែង"), "released_points")
TABLES: dict[Form, tuple[tuple[TWO, Table], ...]] = {
    "task-order": (BALANCE, ACCESS, NEIGHBOURS, OWN),
    "completion": (BALANCE, RELEASED, ITEMS, GONE),
    "handover": (BALANCE, RELEASED, GONE),
}


def write(
    paragraph: Any, text: str, *, size: float = 9, bold: bool = False, warn: bool = False
) -> None:
    """Add a text to a paragraph, in our fonts for Latin and Khmer."""
    run = paragraph.add_run(text)
    run.bold, run.font.size, run.font.name = bold, Pt(size), LATIN
    properties = run.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    fonts.set(qn("w:hAnsi"), LATIN)
    fonts.set(qn("w:cs"), KHMER)
    for tag in ("w:szCs", *(("w:bCs",) if bold else ())):
        extra = OxmlElement(tag)
        if tag == "w:szCs":
            extra.set(qn("w:val"), str(int(size * 2)))
        properties.append(extra)
    if warn:
        run.font.color.rgb = WARNING


def field(paragraph: Any, code: str) -> None:
    """Add a field that Word counts: the page, or how many there are."""
    run = paragraph.add_run()
    run.font.size, run.font.name = Pt(8), LATIN
    for kind in ("begin", None, "end"):
        if kind is None:
            part = OxmlElement("w:instrText")
            part.text = code
        else:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        run.element.append(part)


def table(document: Any, title: TWO, rows: Table) -> None:
    """Add a heading and a table with a row for each of a list; its head is repeated."""
    name, columns = rows
    heading = document.add_paragraph()
    heading.paragraph_format.space_before, heading.paragraph_format.keep_with_next = Pt(8), True
    write(heading, f"{title[0]} · {title[1]}", size=10, bold=True)
    made = document.add_table(rows=4, cols=len(columns))
    made.style, made.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    head = made.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no other door
    head.append(OxmlElement("w:tblHeader"))
    for at, ((english, khmer), key) in enumerate(columns):
        write(made.cell(0, at).paragraphs[0], f"{english} · {khmer}", size=7, bold=True)
        write(made.cell(2, at).paragraphs[0], "{{ row." + key + " }}", size=7.5)
        if len(columns) == len(POINTS_MM):
            made.autofit = False
            for cell in made.columns[at].cells:
                cell.width = Mm(POINTS_MM[at])
    write(made.cell(1, 0).paragraphs[0], "{%tr for row in " + name + " %}", size=8)
    write(made.cell(3, 0).paragraphs[0], "{%tr endfor %}", size=8)


def template(form: Form) -> bytes:
    """Return the template of a form."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(22), Mm(15)
    section.top_margin = section.bottom_margin = Mm(22)
    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write(head, "{{ restricted_en }}", size=8, bold=True, warn=True)
    line = section.header.add_paragraph()
    write(line, "{% for line in balance %}{{ line }} {% endfor %}", size=8, bold=True)
    foot = section.footer.paragraphs[0]
    write(foot, "{{ number }} · {% for line in provenance %}{{ line }} · {% endfor %}", size=7)
    pages = section.footer.add_paragraph()
    pages.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field(pages, "PAGE")
    write(pages, " / ", size=8)
    field(pages, "NUMPAGES")
    below = section.footer.add_paragraph()
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write(below, "{{ restricted_km }}", size=8, bold=True, warn=True)
    title = words(f"office.{form.replace('-', '_')}")
    first = document.paragraphs[0] if document.paragraphs else document.add_paragraph()
    write(first, f"{title[0]} · {title[1]}", size=17, bold=True)
    write(document.add_paragraph(), "{{ number }}", size=12, bold=True)
    write(
        document.add_paragraph(),
        "{% for badge in badges %}[{{ badge }}] {% endfor %}",
        size=9,
        bold=True,
        warn=True,
    )
    write(document.add_paragraph(), "{{ hazards }}", size=9)
    for text in STATEMENTS[form]:
        write(document.add_paragraph(), text, size=10)
    for text in NOT_SAFE:
        write(document.add_paragraph(), text, size=9, bold=True, warn=True)
    if form != "task-order":
        remains = (
            "{% if remains %}" + "{{ balance|join(' ') }}" + "{% else %}{{ closed }}{% endif %}"
        )
        write(document.add_paragraph(), remains, size=9, bold=True)
    write(document.add_paragraph(), "{{ map }}")
    for said, rows in TABLES[form]:
        table(document, said, rows)
    document.add_paragraph()
    signed = document.add_table(rows=2, cols=len(SIGNED[form]))
    for at, (english, khmer) in enumerate(SIGNED[form]):
        write(signed.cell(0, at).paragraphs[0], f"{english} · {khmer}", size=9, bold=True)
        write(signed.cell(1, at).paragraphs[0], "\n\n______________________\n", size=9)
    written = io.BytesIO()
    document.save(written)
    return steady(written.getvalue())


def cells(made: Any, row: int, of: str, *, bold: bool) -> None:
    """Fill a row of a table with a cell for each of a list: numbers to the right, words left."""
    texts = ("{%tc for cell in " + of + " %}", "{%tc if cell.number %}", "{{ cell.text }}",
             "{%tc else %}", "{{ cell.text }}", "{%tc endif %}", "{%tc endfor %}")  # fmt: skip
    for at, text in enumerate(texts):
        paragraph = made.cell(row, at).paragraphs[0]
        write(paragraph, text, size=7, bold=bold)
        if at == 2:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def report() -> bytes:
    """Return the template of a report: each of its sections, whatever columns it has."""
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin = section.bottom_margin = Mm(18)
    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write(head, "{{ restricted }}", size=8, bold=True, warn=True)
    foot = section.footer.paragraphs[0]
    write(foot, "{{ title }} · {{ as_of }} · {{ store }} · ", size=8)
    field(foot, "PAGE")
    write(foot, " / ", size=8)
    field(foot, "NUMPAGES")
    first = document.paragraphs[0] if document.paragraphs else document.add_paragraph()
    write(first, "{{ title }}", size=20, bold=True)
    write(document.add_paragraph(), "As of {{ as_of }}, known at {{ known_at }}", size=10)
    write(document.add_paragraph(), "{{ synthetic }}", size=10, bold=True, warn=True)
    document.add_paragraph("{%p for section in sections %}")
    title = document.add_paragraph()
    title.paragraph_format.space_before, title.paragraph_format.keep_with_next = Pt(12), True
    write(title, "{{ section.title }}", size=12, bold=True)
    document.add_paragraph("{%p for note in section.notes %}")
    note = document.add_paragraph()
    note.paragraph_format.keep_with_next = True
    note.paragraph_format.space_after = Pt(3)
    write(note, "{{ note }}", size=8)
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p if section.rows %}")
    made = document.add_table(rows=8, cols=7)
    made.style = "Table Grid"
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001
    cells(made, 0, "section.head", bold=True)
    for row, text in (
        (1, "{%tr for row in section.rows %}"),
        (2, "{%tr if row.total %}"),
        (4, "{%tr else %}"),
        (6, "{%tr endif %}"),
        (7, "{%tr endfor %}"),
    ):
        write(made.cell(row, 0).paragraphs[0], text)
    cells(made, 3, "row.cells", bold=True)
    cells(made, 5, "row.cells", bold=False)
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p endfor %}")
    written = io.BytesIO()
    document.save(written)
    return steady(written.getvalue())


if __name__ == "__main__":
    TEMPLATES.mkdir(exist_ok=True)
    for name in REPORTS:
        TEMPLATES.joinpath(f"{name}.docx").write_bytes(report())
    for each in FORMS:
        TEMPLATES.joinpath(f"{each}.docx").write_bytes(template(each))
