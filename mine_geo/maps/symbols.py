"""Symbols by class, from the one table that pages, sheets and exports share.

`maps/assets/symbols.json`, which the pages read too, holds them in the words of Leaflet's path
options: colours as `#rrggbb`, opacity from 0 to 1, line weight and dashes in pixels of 1/96 inch.
Hazards follow IMAS Technical Note 07.11/01: the fill says the area type, the outline the status.
Hatching, where several kinds are drawn, says the kind; the Note gives none for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).parent / "assets" / "symbols.json"
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

    hatch_color: str | None = None
    """The colour of these lines, where it is not that of ink."""

    casing: str | None = None
    """The colour of what sets the line off bright ground, on both sides of it; else None."""

    casing_weight: float = 0.0
    mark: str | None = None
    """The colour of what is too small on a map for a fill and a line."""


@dataclass(frozen=True)
class Marks:
    """Below which width a record is a mark; widths in pixels, as lines have them."""

    px: float
    """The side of the square that stands for a smaller one."""

    thin_px: float
    """What is narrower has no outline, but the one colour of its class."""

    least_px: float
    """The least width at which it is drawn."""

    share: float
    """An outline takes at most one part in so many of the width."""

    rim_px: float
    """The least width of a casing."""


@cache
def table() -> dict[str, dict[str, dict[str, Any]]]:
    """Return `fills` by area type, `outlines` by status, `kinds` by kind, `others` by name.

    `casing`, `mark` and `pale` say how they are drawn; `inks` the colours of letters and lines.
    """
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def ink(name: str) -> str:
    """Return a colour of letters and lines, as `#rrggbb`.

    Examples
    --------
    >>> ink("grey")
    '#55524a'
    """
    return str(table()["inks"][name])


def marks() -> Marks:
    """Return from which size on a record is drawn as a mark; the same for pages and sheets."""
    found = table()["mark"]
    return Marks(*(float(str(found[name])) for name in Marks.__dataclass_fields__))


def _paler(colour: str | None) -> str | None:
    """Mix a colour with white, as for what is not a map's own.

    Examples
    --------
    >>> _paler("#ff0000")
    '#ff8c8c'
    """
    if colour is None:
        return None
    share = float(str(table()["pale"]["share"]))
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{int(part + (255 - part) * share + 0.5):02x}" for part in parts)


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
        hatch_color=options.get("hatchColor"),
        casing=options.get("casing"),
        casing_weight=float(options.get("casingWeight", 0.0)),
        mark=options.get("dotColor", options.get("fillColor")),
    )


def symbol(name: str) -> Symbol:
    """Return the symbol of a class: one word, or a hazard's area type, status and kind.

    Where hazards of several kinds are drawn, the kind is told by hatching; else it is left out.
    A last word `pale` makes it that of what is drawn beside a map's own: paler, with a casing.

    Examples
    --------
    >>> symbol("CHA open").fill, symbol("SHA worked_on").dashes
    ('#ff0000', (5.0, 4.0))
    >>> symbol("CHA open cluster_munition").hatch
    'diagonal'
    >>> symbol("coast").line
    '#2469a0'
    >>> symbol("CHA open pale").fill, symbol("CHA open pale").casing
    ('#ff8c8c', '#45423b')
    """
    casing = table()["casing"]
    if name.endswith(" pale"):
        found = symbol(name.removesuffix(" pale"))
        return replace(
            found,
            fill=_paler(found.fill),
            line=_paler(found.line),
            mark=_paler(found.mark),
            casing=str(table()["pale"]["casing"]),
            casing_weight=float(str(casing["weight"])),
        )
    fill, *rest = name.split(" ")
    if rest:
        kind = table()["kinds"][rest[1]] if len(rest) > 1 else {}
        options = table()["fills"][fill] | table()["outlines"][rest[0]] | kind
        options |= {"casing": casing["color"], "casingWeight": casing["weight"]}
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
