"""Papers of an office: default templates hold the facts; what is filled in is text, or refused."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import docx
import pytest

from mine_geo import maps, reports
from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError, RecordError
from mine_geo.reports.documents import FORMS as REPORTS
from mine_geo.reports.office import FORMS, TEMPLATES
from scripts.office_templates import report, template
from tests.exports.conftest import ATTACK

if TYPE_CHECKING:
    from pathlib import Path


def words_of(place: Path | io.BytesIO) -> tuple[str, list[list[str]]]:
    """Return the text of head, foot and body, and the rows of all tables."""
    document = docx.Document(place)
    section = document.sections[0]
    parts = [*section.header.paragraphs, *document.paragraphs, *section.footer.paragraphs]
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    return "\n".join(part.text for part in parts), rows


def own_template(tmp_path: Path, text: str, name: str = "own.docx") -> Path:
    document = docx.Document()
    document.add_paragraph(text)
    document.save(tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("form", FORMS)
def test_default_papers_hold_balance_points_map_and_say_that_they_are_restricted(
    by_hand, tmp_path, form
):
    place = tmp_path / "paper.docx"
    made = reports.paper(by_hand, ["AP-1", "AP-2"], form, number="T-7")
    made.save(place)
    text, rows = words_of(place)
    facts = made.facts
    assert "RESTRICTED, not for publication" in text
    assert "ដាក់កម្រិត" in text
    line = facts.by_kind.iloc[0]
    assert f"task {line['task_m2']:,} m² = cancelled {line['cancelled_m2']:,} + reduced" in text
    points = facts.points if form == "task-order" else facts.released_points
    for point in points.itertuples():
        cells = [
            point.hazard_id, str(point.point_number), f"{point.latitude:.7f}",
            f"{point.longitude:.7f}", f"{point.easting:.2f}", f"{point.northing:.2f}",
            f"{point.bearing_deg:.4f}", f"{point.distance_m:.2f}",
        ]  # fmt: skip
        assert rows.count(cells) == 1
    if form != "task-order":
        for event in facts.released.itertuples():
            told = [event.event_id, event.hazard_id, f"{event.happened_on:%Y-%m-%d}"]
            told += [event.outcome, f"{event.released_m2:,}"]
            assert sum(row[:5] == told for row in rows) == 1
    assert "{" not in text + "".join(cell for row in rows for cell in row)
    with zipfile.ZipFile(place) as archive:
        assert [name for name in archive.namelist() if name.endswith(".png")]
    assert restriction.kind_of(place) == "restricted"
    assert place.stat().st_mode & 0o777 == 0o600
    assert made.content() == place.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_the_templates_are_those_that_the_script_makes(form):
    shipped = TEMPLATES / f"{form}.docx"
    with zipfile.ZipFile(shipped) as old, zipfile.ZipFile(io.BytesIO(template(form))) as new:
        for part in ("word/document.xml", "word/header1.xml", "word/footer1.xml"):
            assert old.read(part) == new.read(part)


@pytest.mark.parametrize("form", REPORTS)
def test_the_templates_of_reports_are_those_that_the_script_makes(form):
    shipped = TEMPLATES / f"{form}.docx"
    with zipfile.ZipFile(shipped) as old, zipfile.ZipFile(io.BytesIO(report())) as new:
        for part in ("word/document.xml", "word/header1.xml", "word/footer1.xml"):
            assert old.read(part) == new.read(part)


def test_hostile_texts_stay_texts(by_hand, tmp_path):
    texts = dict.fromkeys(("operator", "access_route"), ATTACK + "{{ 7*7 }} {% if %} <w:t>&amp;")
    layers = maps.layers(by_hand.split.assign(**texts))
    number = "{{ cycler.__init__.__globals__ }} <b> & ]]>"
    place = reports.paper(layers, "AP-1", "task-order", number=number).save(tmp_path / "a.docx")
    text, rows = words_of(place)
    assert number in text
    told = "".join(cell for row in rows for cell in row)
    assert "{{ 7*7 }} {% if %} <w:t>&amp;" in told
    assert "</script><b>" in told
    assert "\x00" not in told


def test_a_template_of_the_office_is_filled_and_its_faults_are_said(by_hand, tmp_path):
    good = "{{ restricted }} {{ number }}: {% for p in points %}{{ p.mgrs }};{% endfor %}"
    place = reports.paper(
        by_hand, "AP-1", "task-order", number="T-7", template=own_template(tmp_path, good)
    ).save(tmp_path / "out.docx")
    text, _ = words_of(place)
    assert re.search(r"T-7: (48PT[A-Z]\d{10};)+", text)

    def refused(text: str) -> str:
        own = own_template(tmp_path, text)
        with pytest.raises((FileError, OptionError)) as caught:
            reports.paper(by_hand, "AP-1", "task-order", template=own).content()
        return str(caught.value)

    assert "operatr" in refused("{{ restricted }} {{ operatr }}")
    assert "does not say that it is restricted" in refused("{{ number }}")
    assert "mend" in refused("{{ restricted }} {% for p in points %}")
    assert "cannot be filled" in refused("{{ restricted }} {{ number.__class__.__mro__ }}")
    assert "cannot be filled" in refused("{{ restricted }} {{ points.first.mgrs }}")
    (tmp_path / "text.docx").write_text("no archive")
    with pytest.raises(FileError, match="is no \\.docx"):
        reports.paper(by_hand, "AP-1", "task-order", template=tmp_path / "text.docx").content()
    with pytest.raises(FileError, match="cannot be read"):
        reports.paper(by_hand, "AP-1", "task-order", template=tmp_path / "no.docx").content()


@pytest.mark.parametrize(
    ("ids", "form", "said"),
    [
        ("AP-2", "task-order", "nothing remains to be worked on"),
        ("AP-9", "handover", "nothing was released"),
        ("AP-9", "completion", "nothing was released"),
    ],
)
def test_a_paper_that_would_be_of_nothing_is_refused(by_hand, ids, form, said):
    with pytest.raises(RecordError, match=said):
        reports.paper(by_hand, ids, form)


def test_what_the_ledger_does_not_hold_is_not_handed_over(by_hand, tmp_path):
    with pytest.raises(RecordError, match="not in the ledger"):
        reports.paper(maps.layers(by_hand.split), "AP-1", "handover")
    with pytest.raises(OptionError, match="paper 'invoice' is unknown"):
        reports.paper(by_hand, "AP-1", "invoice")
    with pytest.raises(OptionError, match=r"written as \.docx"):
        reports.paper(by_hand, "AP-1", "handover").save(tmp_path / "a.pdf")
