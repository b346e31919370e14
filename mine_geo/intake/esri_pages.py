"""The files of an Esri JSON answer: its pages, and the description of the layer beside them.

A server gives at most some thousand records in one answer. The pages of a longer one are kept as
one file that holds a JSON list of them, or as files in a folder of their own (in the order of the
numbers in their names). A file stands for itself: other pages beside it are not read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mine_geo.errors import FileError, some
from mine_geo.findings import Finding
from mine_geo.intake.esri_fields import merge_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_BYTES: Final = 256 * 1024**2
"""The largest file that is read; in memory it takes about ten times its size."""

ENDINGS: Final = (".json", ".geojson", ".txt")
"""Of the files of a folder that may be pages."""

DESCRIBED: Final = ("Feature Layer", "Table")
"""The `type` of a layer's description."""

_UNPAIRED: Final = re.compile(rb"\\u[dD][89abAB]")
_AGAIN: Final = "ask the server again with f=json and save that answer"


@dataclass(frozen=True)
class Page:
    """One answer of the server."""

    name: str
    """The file, and the number of the page in it."""
    answer: dict[str, Any]

    @property
    def features(self) -> list[dict[str, Any]]:
        """The records as they stand; what is no object is left out."""
        return [feature for feature in self.answer["features"] if isinstance(feature, dict)]

    @property
    def more(self) -> bool:
        """Whether the server said that records follow."""
        said = self.answer.get("properties")
        said = said if isinstance(said, dict) else {}
        return self.answer.get("exceededTransferLimit", said.get("exceededTransferLimit")) is True


def read_pages(path: Path) -> Iterator[Page]:
    """Read the pages of a file or a folder, one after the other.

    Raises
    ------
    FileError
        If a file is missing, too large, no JSON, or no answer with records: the error of a
        server (with its message), a list of ids, a count, a description, GeoJSON.
    """
    if not path.is_dir():
        content = load(path)
        pages = content if isinstance(content, list) else [content]
        several = isinstance(content, list)
        for number, page in enumerate(pages, 1):
            yield _page(page, f"{path}, page {number}" if several else str(path))
        if not pages:
            raise FileError(f"{path}: an empty list, no answer of a server; {_AGAIN}")
        return
    found = False
    for file in _files(path):
        content = load(file)
        if not is_description(content):
            found = True
            yield _page(content, str(file))
    if not found:
        raise FileError(f"{path}: no pages of a server's answer (*.json) in this folder")


def find_description(path: Path, fields: set[str]) -> tuple[dict[str, Any], list[Finding]]:
    """Find the description of the layer: the answer of .../FeatureServer/0?f=json, saved beside.

    Beside `hazards.json` it is `hazards.layer.json`, else `layer.json`; in a folder of pages any
    file that is one. Another layer's description would give codes other meanings: it counts only
    if it has the fields of the records.

    Returns
    -------
    tuple
        The description, empty where there is none, and a finding (`unread_part`) on one that
        does not fit or cannot be read.
    """
    if path.is_dir():
        files = _files(path)
    else:
        files = [path.with_name(f"{path.stem}.layer.json"), path.with_name("layer.json")]
    strange: list[str] = []
    for file in files:
        if not file.is_file() or file == path:
            continue
        try:
            content = load(file)
        except FileError as error:
            strange.append(str(error))
            continue
        if not is_description(content):
            continue
        names = set(merge_fields([content]))
        if fields <= names:
            return content, []
        strange.append(f"{file}: describes another layer, without {some(sorted(fields - names))}")
    return {}, [Finding("unread_part", message) for message in strange]


def is_description(content: object) -> bool:
    """Say whether a JSON value describes a layer."""
    return (
        isinstance(content, dict)
        and content.get("type") in DESCRIBED
        and isinstance(content.get("fields"), list)
    )


def load(file: Path) -> Any:
    """Read a JSON file (UTF-8, -16 or -32, with or without byte order mark).

    Raises
    ------
    FileError
        If the file is missing, too large or no JSON.
    """
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise FileError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    if size > MOST_BYTES:
        raise FileError(
            f"{file}: {size / 1024**2:.0f} MB, more than {MOST_BYTES // 1024**2} MB for one page; "
            "ask the server for pages (resultRecordCount) and save each as a file in one folder"
        )
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise FileError(f"{file}: a web page, no JSON; log in to the server, then {_AGAIN}")
    if b"\0" in data[:4096].rstrip(b"\0") or rb"\u0000" in data:
        data = _without_utf16(file, data)
    try:
        content = json.loads(data)
        if _UNPAIRED.search(data):
            # Half a pair of UTF-16 is no character, and no column or store holds it.
            content = json.loads(json.dumps(content, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        raise FileError(f"{file}: lists in lists without end, no answer of a server") from None
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"{file}: no JSON, or cut short ({reason}); {_AGAIN}") from error
    return content


def _without_utf16(file: Path, data: bytes) -> bytes:
    """Return the text in UTF-8; the error says that NUL characters stand in it."""
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or r"\u0000" in text:
        raise FileError(f"{file}: NUL characters in it; the file is damaged, {_AGAIN}")
    return text.encode()


def _files(folder: Path) -> list[Path]:
    """List the JSON files of a folder, by their content too, `page_2` before `page_10`."""
    files = []
    for file in folder.iterdir():
        if file.suffix.lower() not in ENDINGS or file.name.startswith(".") or not file.is_file():
            continue
        with file.open("rb") as stream:
            start = stream.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
        if file.suffix.lower() == ".json" or start.startswith((b"{", b"[")):
            files.append(file)
    return sorted(
        files,
        key=lambda file: [(text, int(n or 0)) for text, n in _NUMBERED.findall(file.name.lower())],
    )


_NUMBERED: Final = re.compile(r"([^0-9]*)([0-9]{0,18})")


def _page(content: Any, name: str) -> Page:
    """Return a page; the error says what else it is."""
    if not isinstance(content, dict):
        raise FileError(f"{name}: no answer of a server; {_AGAIN}")
    error = content.get("error")
    if isinstance(error, dict):
        said = f"{error.get('message') or 'no reason given'} (code {error.get('code')})"
        raise FileError(f"{name}: the server answered with an error: {said}; {_AGAIN}")
    if content.get("type") == "FeatureCollection":
        raise FileError(f"{name}: GeoJSON, no Esri JSON; read it as a file of its own")
    if is_description(content):
        raise FileError(f"{name}: the description of a layer, not its records; {_AGAIN}")
    if not isinstance(content.get("features"), list):
        if "objectIds" in content or "count" in content:
            raise FileError(f"{name}: only a count or ids, no records (returnIdsOnly); {_AGAIN}")
        raise FileError(f"{name}: no features in it, no answer of a query; {_AGAIN}")
    if content.get("transform"):
        raise FileError(
            f"{name}: coordinates are steps of a grid (transform); "
            "ask again without quantizationParameters"
        )
    return Page(name, content)
