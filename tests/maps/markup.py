"""What the markup of a page says: its tables and links, read without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Table:
    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)

    def figures(self) -> dict[str, list[int]]:
        """Return the rows of figures by their first cell, both names of it joined."""
        return {
            row[0]: [int(cell.replace(",", "")) for cell in row[1:]]
            for row in self.rows
            if len(row) == 7 and row[1].replace(",", "").isdigit()
        }


class Markup(HTMLParser):
    """The tables, links and addresses of a page; scripts and styles are passed over."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.links: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self._open: list[str] = []
        self._text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.addresses += [named[name] for name in ("href", "src") if named.get(name)]
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.tables[-1].rows.append([])
        if tag in ("th", "td", "caption"):
            self._text = ""
        if tag == "a":
            self.links.append((named["href"] or "", ""))
        if tag in ("a", "script", "style"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self.tables[-1].rows[-1].append(" ".join(self._text.split()))
        elif tag == "caption":
            self.tables[-1].caption = " ".join(self._text.split())
        if tag in ("a", "script", "style"):
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["a"]:
            href, text = self.links[-1]
            self.links[-1] = (href, text + data)
        if not {"script", "style"} & set(self._open):
            self._text += data

    def units(self) -> list[Table]:
        """Return the tables of provinces or districts."""
        return [table for table in self.tables if " by " in table.caption]


def read(path: Path) -> Markup:
    return Markup(path.read_text(encoding="utf-8"))


def followed(page: Path, address: str) -> Path:
    """Return the file that a page's address leads to."""
    return (page.parent / unquote(urldefrag(address).url)).resolve()


def broken(folder: Path) -> list[tuple[str, str]]:
    """Return the page and address of whatever leads to no file in the folder."""
    return [
        (str(page.relative_to(folder)), address)
        for page in folder.rglob("*.html")
        for address in read(page).addresses
        for target in [followed(page, address)]
        if not (target.is_file() and target.is_relative_to(folder.resolve()))
    ]
