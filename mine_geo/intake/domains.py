"""Coded values of a file geodatabase: the codes in its tables become the words they stand for."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pyogrio
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from mine_geo.errors import some
from mine_geo.findings import Finding
from mine_geo.vector import UNREADABLE, quietly

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    import pandas as pd

Codes = dict[str, dict[str, str]]
"""For each column the description of each code, both as text."""


def resolve_codes(
    frame: pd.DataFrame, folder: Path, layer: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return a layer's table with the descriptions in place of the codes.

    Parameters
    ----------
    frame
        The layer as read.
    folder
        The file geodatabase.
    layer
        Name of the layer.

    Returns
    -------
    tuple
        The table; columns with coded values are texts. And a finding for codes that their domain
        does not know: they stay as they are.
    """
    codes = coded_values(folder, layer)
    found, new = [], {}
    for column, words in codes.items():
        if column not in frame:
            continue
        written = frame[column].astype(object).where(frame[column].notna(), None)
        texts = written.map(_as_code, na_action="ignore")
        strange = sorted(set(texts.dropna()) - set(words))
        new[column] = texts.map(lambda code, words=words: words.get(code, code), "ignore").astype(
            "str"
        )
        if strange:
            message = f"{column}: codes that its list of values does not have: {some(strange)}"
            found.append(Finding("unknown_word", message))
    return frame.assign(**new), found


def coded_values(folder: Path, layer: str) -> Codes:
    """Return the coded values of a layer's columns, from the definitions in the geodatabase.

    They are the XML documents of the table GDB_Items, as ArcGIS and GDAL write them: a feature
    class names the domain of each of its fields, a domain lists codes and names. Empty where an
    older geodatabase (ArcGIS 9) has no such table.
    """
    try:
        with quietly():
            warnings.simplefilter("ignore", RuntimeWarning)  # of what is damaged there
            items = pyogrio.read_dataframe(
                folder, sql="SELECT Name, Definition FROM GDB_Items", read_geometry=False
            )
    except UNREADABLE:
        return {}
    roots = [root for text in items["Definition"].dropna() if (root := _root(text)) is not None]
    domains = {
        _text(root, "DomainName"): {
            _text(value, "Code"): _text(value, "Name") for value in root.iter("CodedValue")
        }
        for root in roots
        if root.find("CodedValues") is not None
    }
    return {
        _text(field, "Name"): domains[name]
        for root in roots
        if root.find("GPFieldInfoExs") is not None and _text(root, "Name") == layer
        for field in root.iter("GPFieldInfoEx")
        if (name := _text(field, "DomainName")) in domains
    }


def _root(text: str) -> Element | None:
    try:
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        return None


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _as_code(value: Any) -> str:
    """Return a code as the definition writes it: 1 for 1.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
