"""Documents to print: Typst lays out a template of ours with data, and gives a PDF or a PNG.

A `Document` is a template (a `.typ` file of this package), the data that it shows, and a `Head`:
what stands at the head and the foot of each page. A template begins with

    #import "house.typ": *
    #show: house

and has from `house.typ` the data as `data`, `say` and `second` for texts in both languages,
`listing` for tables whose heads are repeated, `facts` for names and values, `notice` and `badge`.
Its pictures stand beside it under their names: `#image("map.pdf")`.

A `Book` is documents in one file, their pages numbered through.

Figures come as texts: what a document says is said in Python, once, as on pages. The compiler lies
in the package `typst`; nothing is fetched. The same document gives the same bytes, on each day and
from each folder. No letters are smaller than 7 pt.
"""

from __future__ import annotations

import json
import struct
import tempfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst

from mine_geo.disclosure import restriction
from mine_geo.disclosure.restriction import write_file
from mine_geo.errors import OptionError, choose
from mine_geo.typeset import letters
from mine_geo.words import LANGUAGES, Said, same, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


NOTHING: Final = same("")
HOUSE: Final = Path(__file__).parent / "house.typ"
ENDINGS: Final = (".pdf", ".png")
SIZES_MM: Final = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
DPI: Final = 300
"""Dots per inch of a PNG."""
PNG_HEAD: Final = 33
"""Bytes before the first chunk of a PNG that may be a text."""
METRES_PER_INCH: Final = 0.0254


@dataclass(frozen=True)
class Head:
    """What stands at the head and the foot of each page."""

    title: Said
    standing: Said
    """What each page says in its margins: that it is restricted, and of which data; or public."""

    public: bool
    """Whether it is for everybody; else it is restricted."""

    language: str = "en"
    """`en` or `km`: the language that comes first."""

    subtitle: Said = NOTHING
    badges: Sequence[Said] = ()
    """What is not real, in boxes: invented hazards, schematic districts."""

    number: str = ""
    """The number of the document or map, as its office counts them."""

    about: Said | None = None
    """What its metadata say, where that is not `standing`."""

    provenance: Sequence[Said] = ()
    """Sources and days of the data, at the foot."""

    paper: str = "A4"
    landscape: bool = False
    two_sided: bool = False
    """Whether the edge for binding is the inner one of leaves that are printed on both sides."""

    depth: int = 1
    """How deep it stands in a book: 1, or 2 beneath the last of 1."""

    def __post_init__(self) -> None:
        """Refuse a language or a paper that there is not."""
        choose(self.language, LANGUAGES, "language")
        choose(self.paper, tuple(SIZES_MM), "paper")

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the paper."""
        short, long = SIZES_MM[self.paper]
        return (long, short) if self.landscape else (short, long)


@dataclass(frozen=True)
class Document:
    """A document to print.

    Examples
    --------
    >>> head = Head(Said("Task 7", "កិច្ចការ 7"), Said("RESTRICTED", "ដាក់កម្រិត"), public=False)
    >>> table = Listing((Column(same("m²"), figures=True),), (Row((same("1,234"),)),))
    >>> document = Document(head, HOUSE.with_name("plain.typ"), {"listing": table})
    >>> document.pdf()[:5], len(document.png(dpi=40))
    (b'%PDF-', 1)
    """

    head: Head
    template: Path
    data: Mapping[str, Any] = field(default_factory=dict)
    """Texts, `Said`, lists, mappings and dataclasses of them."""

    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """What the template shows by name: PDF, SVG, PNG."""

    @property
    def public(self) -> bool:
        """Whether it is for everybody; else it is restricted."""
        return self.head.public

    def pdf(self) -> bytes:
        """Return the bytes of a tagged PDF with its fonts in it."""
        made = self._compiled("pdf")
        return made if isinstance(made, bytes) else b"".join(made)

    def png(self, dpi: int = DPI) -> list[bytes]:
        """Return each page as a PNG of so many dots per inch."""
        made = self._compiled("png", dpi)
        pages = [made] if isinstance(made, bytes) else made
        return [_marked(page, self._access, self._about, dpi) for page in pages]

    def save(
        self, path: str | Path, *, replace: str | None = None, first_page: bool = False
    ) -> Path:
        """Write the document, as PDF, or as PNG where it is one page, by the path's ending.

        A restricted one says so in its metadata and is its owner's alone.

        Parameters
        ----------
        path
            The file; one that is there is replaced at the very end, or not at all.
        replace
            "public" or "restricted": of which kind the file that is there may be, where it is not
            of the same.
        first_page
            Of several pages a PNG has the first.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OptionError
            If the ending is neither `.pdf` nor `.png`, or a PNG is asked for of several pages.
        FileError
            If the file cannot be written, or takes the place of one of the other kind (or lies in
            the folder of an atlas of the other kind) that `replace` does not name.
        """
        place = Path(path)
        ending = place.suffix.casefold()
        if ending not in ENDINGS:
            raise OptionError(
                f"{place.name}: a sheet is written as {' or '.join(ENDINGS)}; give one of them"
            )
        if ending == ".pdf":
            content = self.pdf()
        else:
            pages = self.png()
            if len(pages) > 1 and not first_page:
                raise OptionError(
                    f"{place.name}: it has {len(pages)} pages, and a PNG has one; write a .pdf"
                )
            content = pages[0]
        write_file(place, content, public=self.public, replace=replace)
        return place

    @property
    def _access(self) -> str:
        return restriction.PUBLIC if self.public else restriction.RESTRICTED

    @property
    def _about(self) -> str:
        """Return what its metadata say: in letters that any program finds, where restricted."""
        said = self.head.about or self.head.standing
        text = said.within(self.head.language) if self.public else said.en.replace(" · ", "; ")
        return letters.clean(text)

    def _told(self, *, part: bool) -> str:
        head = {
            **_plain(self.head),
            "part": part,
            "access": self._access,
            "keywords": restriction.KEYWORDS[self._access],
            "about": self._about,
            "page": _plain(say("print.page", page="{page}", pages="{pages}")),
            "number_is": _plain(say("print.number")),
        }
        return json.dumps({"head": head, "data": _plain(self.data)}, ensure_ascii=False)

    def query(self, label: str) -> list[Any]:
        """Return what the template says of itself: the values of `metadata` under a label.

        `pages`: how many it has.
        """
        with self._compiler() as compiler:
            found: list[Any] = json.loads(compiler.query(f"<{label}>", field="value"))
        return found

    def _compiled(self, kind: Any, dpi: int = DPI) -> Any:
        with self._compiler() as compiler:
            return compiler.compile(format=kind, ppi=float(dpi), timestamp=0)

    def files(self, *, part: bool = False) -> dict[str, bytes]:
        """Return what the compiler reads, by name; `part`: of a document in a book."""
        return {
            "main.typ": self.template.read_bytes(),
            "house.typ": HOUSE.read_bytes(),
            "told.json": self._told(part=part).encode(),
            **self.pictures,
        }

    @contextmanager
    def _compiler(self) -> Iterator[typst.Compiler]:
        # Typst takes pictures that are no text from the disk alone.
        with tempfile.TemporaryDirectory(prefix="mine_geo-print-") as folder:
            for name, content in self.files().items():
                place = Path(folder, name)
                place.parent.mkdir(exist_ok=True)
                place.write_bytes(content)
            yield typst.Compiler(
                Path(folder, "main.typ"),
                root=Path(folder),
                font_paths=_fonts(),
                ignore_system_fonts=True,
            )


@dataclass(frozen=True)
class Book(Document):
    """A document with others behind it in one file, all pages numbered through.

    It says what it is, restricted or public, as its own head does; the others keep their heads,
    and each begins a page. In its template `query(<title>)` finds where each of them begins.

    Examples
    --------
    >>> head = Head(same("Sheets"), same("RESTRICTED"), public=False)
    >>> table = Listing((Column(same("m²")),), (Row((same("1,234"),)),))
    >>> sheet = Document(head, HOUSE.with_name("plain.typ"), {"listing": table})
    >>> book = Book(head, HOUSE.with_name("plain.typ"), {"listing": table}, parts=[sheet, sheet])
    >>> book.query("pages")
    [3, 3, 3]
    """

    parts: Sequence[Document] = ()

    def files(self, *, part: bool = False) -> dict[str, bytes]:
        """Return what the compiler reads, each document in a folder of its own."""
        found: dict[str, bytes] = {}
        own, others = super().files(part=part), [each.files(part=True) for each in self.parts]
        for number, files in enumerate([own, *others]):
            found |= {f"{number}/{name}": content for name, content in files.items()}
        entry = [f'#include "{number}/main.typ"' for number in range(len(self.parts) + 1)]
        return {"main.typ": "\n".join(entry).encode(), **found}


@dataclass(frozen=True)
class Column:
    """A column of a listing; `wide` takes the room that is left."""

    name: Said
    figures: bool = False
    """Whether it holds figures, which stand to the right."""

    wide: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table: its cells, and whether it is a heading over rows, or a total."""

    cells: tuple[Said, ...]
    heading: bool = False
    total: bool = False


@dataclass(frozen=True)
class Listing:
    """A table over as many pages as it needs; its head is repeated on each."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    groups: tuple[tuple[Said, int], ...] = ()
    """Headings over several columns: name, and how many."""

    title: Said = NOTHING


@cache
def _fonts() -> typst.Fonts:
    folder = next(iter(letters.files().values())).parent
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
    )


def _plain(value: Any) -> Any:
    """Return what JSON can hold; each text can be printed."""
    if isinstance(value, str):
        return letters.clean(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(each) for name, each in vars(value).items()}
    if hasattr(value, "items"):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _marked(png: bytes, access: str, about: str, dpi: int) -> bytes:
    """Return a PNG that says what it is, whether for everybody, and how large it is printed."""
    told = {"Software": "mine_geo", restriction.FIELD: access, "Description": about}
    dots = round(dpi / METRES_PER_INCH)
    chunks = _chunk(b"pHYs", struct.pack(">IIB", dots, dots, 1))
    for name, text in told.items():
        try:
            chunks += _chunk(b"tEXt", name.encode() + b"\0" + text.encode("latin-1"))
        except UnicodeEncodeError:
            chunks += _chunk(b"iTXt", name.encode() + b"\0\0\0\0\0" + text.encode())
    return png[:PNG_HEAD] + chunks + png[PNG_HEAD:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
