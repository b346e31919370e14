"""Symbols by class, from the one table that pages, sheets and exports share.

`maps/assets/symbols.json`, which the pages read too, holds them in the words of Leaflet's path
options: colours as `#rrggbb`, opacity from 0 to 1, line weight and dashes in pixels of 1/96 inch.
Hazards follow IMAS Technical Note 07.11/01: the fill says the area type, the outline the status.
Hatching, where several kinds are drawn, says the kind; the Note gives none for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).parent / "maps" / "assets" / "symbols.json"
UNDEMARCATED_DASHES: Final = (5.0, 4.0)
WEIGHT: Final = 1.2
"""The weight of a line that the table does not give, pixels."""


@dataclass(frozen=True)
class Symbol:
    """How a class is drawn; widths and dashes in pixels of 1/96 inch."""

    fill: str | None
    fill_opacity: float
    line: str | None
    line_opacity: float
    weight: float
    dashes: tuple[float, ...]
    dot: bool = False
    hatch: str | None = None
    """`horizontal`, `vertical` or `diagonal` lines over the fill, by kind; else None."""


@cache
def table() -> dict[str, dict[str, dict[str, Any]]]:
    """Return `fills` by area type, `outlines` by status, `kinds` by kind, `others` by name."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def _symbol(options: dict[str, Any], *, filled: bool) -> Symbol:
    dashes = str(options.get("dashArray", "")).split()
    return Symbol(
        fill=options.get("fillColor") if filled else None,
        fill_opacity=float(options.get("fillOpacity", 1.0)),
        line=options.get("color") if options.get("stroke", True) else None,
        line_opacity=float(options.get("opacity", 1.0)),
        weight=float(options.get("weight", WEIGHT)),
        dashes=tuple(float(length) for length in dashes),
        dot=bool(options.get("dot", False)),
        hatch=options.get("hatch"),
    )


def symbol(name: str) -> Symbol:
    """Return the symbol of a class: one word, or a hazard's area type, status and kind.

    Where hazards of several kinds are drawn, the kind is told by hatching; else it is left out.

    Examples
    --------
    >>> symbol("CHA open").fill, symbol("SHA worked_on").dashes
    ('#ff0000', (5.0, 4.0))
    >>> symbol("CHA open cluster_munition").hatch
    'diagonal'
    >>> symbol("coast").line
    '#4d8fbd'
    """
    fill, *rest = name.split(" ")
    if rest:
        kind = table()["kinds"][rest[1]] if len(rest) > 1 else {}
        options = table()["fills"][fill] | table()["outlines"][rest[0]] | kind
        return _symbol(options, filled=True)
    options = table()["others"][name]
    return _symbol(options, filled=bool(options.get("fill", False)))


def border_name(kind: str, code: str | None) -> str:
    """Return the name of a border line's symbol: the coast, a neighbour's, or any other.

    Examples
    --------
    >>> border_name("land", "THA"), border_name("land", None), border_name("coast", None)
    ('border_THA', 'border', 'coast')
    """
    if kind == "coast":
        return "coast"
    own = f"border_{code}"
    return own if own in table()["others"] else "border"
