"""XML that any parser takes: elements whose text is always text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

if TYPE_CHECKING:
    from pathlib import Path

_REFUSED: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, escaped or not (its section 2.2)."""


def clean(text: str) -> str:
    r"""Return a text with U+FFFD for each character that XML cannot hold.

    Examples
    --------
    >>> clean("A\x00B \ud800 <b>") == "A\ufffdB \ufffd <b>"
    True
    """
    return _REFUSED.sub("\ufffd", text)


def put(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element to its parent and return it; text and attributes become text, never markup.

    Examples
    --------
    >>> from xml.etree.ElementTree import tostring
    >>> tostring(put(Element("a"), "b", "<i>&", id='"')).decode()
    '<b id="&quot;">&lt;i&gt;&amp;</b>'
    """
    made = SubElement(parent, tag, {name: clean(value) for name, value in attributes.items()})
    if text is not None:
        made.text = clean(text)
    return made


def save(root: Element, path: Path) -> None:
    """Write a document in UTF-8, with its declaration.

    Examples
    --------
    >>> import tempfile; from pathlib import Path
    >>> target = Path(tempfile.mkdtemp(), "a.xml")
    >>> save(Element("a"), target)
    >>> target.read_text(encoding="utf-8").splitlines()
    ["<?xml version='1.0' encoding='utf-8'?>", '<a />']
    """
    indent(root, space=" ")
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
