"""Documents by Typst: what was told is printed as it is, alike each time, in letters to be read."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError
from mine_geo.typeset import HOUSE, Column, Document, Head, Listing, Row, letters
from mine_geo.words import Said, same
from tests.typeset.prints import pages, texts

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = HOUSE.with_name("plain.typ")
STANDING = Said("RESTRICTED, not for publication", "ដាក់កម្រិត មិនសម្រាប់ផ្សព្វផ្សាយ")


def document(cells: tuple[str, ...] = ("a", "1"), rows: int = 1, **head: object) -> Document:
    told = {
        "title": Said("Task 7", "កិច្ចការ ៧"),
        "standing": STANDING,
        "public": False,
        "number": "AP-7",
        "provenance": (same("Data of 31 December 2022"),),
        **head,
    }
    columns = (Column(same("Head of names"), wide=True), Column(same("m²"), figures=True))
    body = tuple(Row(tuple(same(f"{cell}{number}") for cell in cells)) for number in range(rows))
    return Document(Head(**told), PLAIN, {"listing": Listing(columns, body)})


@pytest.mark.parametrize("language", ["en", "km"])
def test_a_table_goes_over_pages_each_with_head_foot_and_its_number(language: str) -> None:
    found = texts(document(rows=200, language=language).pdf())
    assert len(found) >= 3
    for number, page in enumerate(found, 1):
        assert "Headofnames" in page
        assert "RESTRICTED,notforpublication" in page  # once in each language
        assert f"{number}of{len(found)}" in page if language == "en" else f"{number}" in page
        assert "AP-7" in page
        assert "Dataof31December2022" in page
    whole = "".join(found)
    for number in (0, 77, 199):
        assert whole.count(f"a{number}1{number}") == 1


def test_all_letters_are_of_our_fonts_and_large_enough() -> None:
    odd = document(cells=("ຄົນ ≥ \N{MINUS SIGN} ភាសា", "1"), rows=3, language="km").pdf()
    found = [letter for page in pages(odd) for letter in page if letter.text.strip()]
    assert min(letter.size for letter in found) >= 6.999
    fonts = {letter.font.partition("+")[2] for letter in found}
    assert fonts <= {path.stem for path in letters.files().values()}
    assert "DejaVuSans" in fonts
    assert b"/StructTreeRoot" in odd
    assert not re.search(rb"/(CreationDate|ModDate)", odd)


def test_the_same_bytes_again_and_in_another_process_and_folder(tmp_path: Path) -> None:
    asked = document(rows=3)
    script = (
        "import sys\n"
        "from tests.typeset.test_typeset import document\n"
        "sys.stdout.buffer.write(document(rows=3).pdf())\n"
    )
    root = str(HOUSE.parents[2])
    other = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root, "TMPDIR": str(tmp_path), "TZ": "Asia/Tokyo"},
        check=True,
        capture_output=True,
    ).stdout
    first = asked.pdf()
    assert asked.pdf() == first
    assert other == first
    assert str(tmp_path).encode() not in first
    assert asked.png(50) == asked.png(50)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=25)
def test_what_was_told_is_text_and_never_markup(text: str) -> None:
    assert document(cells=(text, "1")).pdf()[:5] == b"%PDF-"


def test_markup_and_paths_are_printed_as_they_are() -> None:
    text = '#read("/told.json") *b* _i_ $x$ <l> @r \\ // [c] {d} = H'
    (page,) = texts(document(cells=(text, "1")).pdf())
    assert re.sub(r"\s", "", text).replace("//", "//") in page


def test_a_file_says_what_it_is_and_one_kind_does_not_replace_the_other(tmp_path: Path) -> None:
    restricted, public = document(), document(public=True, standing=same("PUBLIC"))
    for ending in ("pdf", "png"):
        place = tmp_path / f"a.{ending}"
        restricted.save(place)
        assert restriction.kind_of(place) == "restricted"
        assert place.stat().st_mode & 0o777 == 0o600
        with pytest.raises(FileError, match="is a restricted file"):
            public.save(place)
        public.save(place, replace="restricted")
        assert restriction.kind_of(place) == "public"
    with pytest.raises(OptionError, match="written as"):
        restricted.save(tmp_path / "a.docx")
    with pytest.raises(OptionError, match="pages, and a PNG has one"):
        document(rows=200).save(tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()


def test_a_title_that_says_the_other_kind_deceives_nobody(tmp_path: Path) -> None:
    said = "/Keywords (mine_geo public) /Keywords(mine_geo public)"
    for ending in ("pdf", "png"):
        place = document(title=same(said), standing=same(said)).save(tmp_path / f"c.{ending}")
        assert restriction.kind_of(place) == "restricted"


@pytest.mark.parametrize(
    ("paper", "landscape", "size"), [("A4", False, (210, 297)), ("A3", True, (420, 297))]
)
def test_the_paper_is_as_told_and_its_left_edge_is_left_free(
    paper: str, landscape: bool, size: tuple[int, int]
) -> None:
    made = document(rows=150, paper=paper, landscape=landscape)
    wide, high = struct.unpack(">II", made.png(72)[0][16:24])
    assert (wide, high) == pytest.approx([each / 25.4 * 72 for each in size], abs=1)
    for page in pages(made.pdf()):
        assert min(letter.box[0] for letter in page if letter.text.strip()) >= 17.99
        assert max(letter.box[2] for letter in page) <= size[0] - 8.9


def test_unknown_languages_and_papers_are_refused() -> None:
    with pytest.raises(OptionError, match="language"):
        document(language="fr")
    with pytest.raises(OptionError, match="paper"):
        document(paper="Letter")
