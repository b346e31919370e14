"""What the answer of a server says of itself: how many records match, and whether more follow.

WFS (OGC 09-025r2, 7.7.4) and OGC API Features (OGC 17-069r4, 7.16) answer page by page. A page
saved as a file looks whole; only its counts and its link to the next page tell that it is not.
"""

from __future__ import annotations

import json
import mmap
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_HEAD: Final = 1 << 18
"""Bytes in which the root element of XML ends."""
_WORDS: Final = re.compile(
    rb'"(?:numberMatched|numberReturned|totalFeatures|exceededTransferLimit|rel)"\s*:'
)
_MATCHED: Final = ("numberMatched", "totalFeatures")
_RETURNED: Final = ("numberReturned", "numberOfFeatures")
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\r\n,:]*")


def of_geojson(path: Path, records: int) -> str | None:
    """Say how a GeoJSON file is an answer of a server that stops before the end, None if not.

    Parameters
    ----------
    path
        The file, UTF-8.
    records
        How many records were read from it.

    Returns
    -------
    str or None
        What the counts or the links beside the features tell of more, and the mend; attributes of
        the records with such names say nothing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "page.geojson")
    ...     _ = path.write_text('{"numberMatched": 10, "features": []}')
    ...     of_geojson(path, 3)
    '3 of 10 records that match are in the file, ...
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not _WORDS.search(content):
            return None
        text = bytes(content).decode("utf-8-sig", "replace")
    members: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):  # GDAL has read it, and says what is wrong with it
        members.update(_members(text))
    more = members.get("properties")
    limited = {**(more if isinstance(more, dict) else {}), **members}.get("exceededTransferLimit")
    links = members.get("links")
    following = isinstance(links, list) and any(
        isinstance(link, dict) and link.get("rel") == "next" for link in links
    )
    return _said(members, records, limited=limited is True, following=following)


def of_gml(path: Path, records: int) -> str | None:
    """Say how a GML file is an answer of a WFS that stops before the end, None if not.

    Parameters
    ----------
    path
        The file.
    records
        How many records all its layers have.

    Returns
    -------
    str or None
        As for `of_geojson`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "page.gml")
    ...     _ = path.write_text('<FeatureCollection numberMatched="unknown" numberReturned="3"/>')
    ...     of_gml(path, 3), of_gml(path, 2)[:15]
    (None, '2 of 3 records ')
    """
    with path.open("rb") as file:
        attributes = _root_attributes(file.read(_HEAD))
    return _said(attributes, records, following="next" in attributes)


def _said(
    counts: Mapping[str, Any], records: int, *, limited: bool = False, following: bool = False
) -> str | None:
    """Return what is to be said where an answer tells of more than there is."""
    matched = _count(counts, _MATCHED)
    returned = _count(counts, _RETURNED)
    if matched is not None and matched > records:
        return (
            f"{records:,} of {matched:,} records that match are in the file, the server stopped "
            f"before the end; ask it for all in one answer (count={matched} of WFS, "
            f"limit={matched} of OGC API), or put all pages into one GeoPackage"
        )
    if returned is not None and returned > records:
        return (
            f"{records:,} of {returned:,} records that the server gave are in the file; get its "
            "answer again, whole"
        )
    if limited:
        return (
            "the server stopped before the end (exceededTransferLimit); ask it for the rest, and "
            "put all pages into one GeoPackage"
        )
    if following and matched is None:
        return (
            "the answer has a link to a next page, and does not say how many records match; get "
            "the pages that follow, and put all of them into one GeoPackage"
        )
    return None


def _count(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Return the largest count under these names; None where none is a number ("unknown")."""
    said = [str(counts[name]) for name in names if name in counts]
    numbers = [int(text) for text in said if re.fullmatch("[0-9]{1,15}", text)]
    return max(numbers, default=None)


def _members(text: str) -> Iterator[tuple[str, Any]]:
    """Give the members of a JSON object, but for its features, which are passed over."""
    decode = json.JSONDecoder().raw_decode
    place = text.find("{") + 1
    while place:
        place = _after_space(text, place)
        if not text.startswith('"', place):
            return
        name, place = decode(text, place)
        place = _after_space(text, place)
        if name == "features":
            place = _passed(text, place)
        else:
            value, place = decode(text, place)
            yield name, value


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return place if found is None else found.end()


def _passed(text: str, place: int) -> int:
    """Return where a list or an object ends; 0 if it does not."""
    depth = 0
    for token in _TOKENS.finditer(text, place):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth <= 0:
            return token.end()
    return 0


def _root_attributes(head: bytes) -> dict[str, str]:
    """Return the attributes of the root element of XML."""
    found: dict[str, str] = {}

    def stop(_name: str, attributes: dict[str, str]) -> None:
        found.update(attributes)
        raise expat.ExpatError

    parser = expat.ParserCreate()
    parser.StartElementHandler = stop
    with suppress(expat.ExpatError, LookupError, ValueError):
        parser.Parse(head, False)
    return found
