"""How QGIS draws the layers of a GeoPackage: QML from a list of rules.

The symbols and words are those of the maps. A feature is drawn by every rule that fits it:
of a hazard one rule gives the fill, which says the area type, another the outline, which says the
status, as IMAS Technical Note 07.11/01 has it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2

from mine_geo.maps.symbols import UNDEMARCATED_DASHES, Symbol, border_name, ink, symbol
from mine_geo.terms import AREA_TYPES, KINDS, NEIGHBOURS, OUTCOMES, ZONES
from mine_geo.words import Said, say

if TYPE_CHECKING:
    from collections.abc import Iterable


ASSETS: Final = Path(__file__).parent / "assets"
POINTS_A_PIXEL: Final = 0.75
"""A pixel of Leaflet is 1/96 inch, a point 1/72."""

HATCH_POINTS: Final = 4.5
"""Between the lines of a hatching."""
ANGLES: Final = {"horizontal": 0, "diagonal": 45, "vertical": 90}
"""Of the lines of a hatching, degrees against the horizontal."""


@dataclass(frozen=True)
class Condition:
    """That a column holds one of some values; or, with `others`, none of them or nothing."""

    column: str
    values: tuple[Any, ...]
    others: bool = False


@dataclass(frozen=True)
class Rule:
    """Features for which all conditions hold are drawn with the symbol."""

    label: Said
    symbol: Symbol
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Label:
    """The text at a feature: the lines are columns; from a scale of 1:`scale` to 1:`closest`."""

    columns: tuple[str, ...]
    size: float
    """Points."""
    color: str
    scale: int
    closest: int = 1


IDS: Final = Label(("hazard_id",), 8, ink("hatch"), 60_000)


@dataclass(frozen=True)
class Style:
    """A named way to draw a layer."""

    name: str
    description: str
    geometry: str
    """`fill`, `line` or `marker`."""
    rules: tuple[Rule, ...]
    label: Label | None = None

    def qml(self) -> str:
        """Return the style in the format of QGIS."""
        made = _templates().get_template("style.qml")
        return made.render(style=self, hatch_points=HATCH_POINTS, hatch_color=ink("hatch"))


def styles(layer: str, columns: Iterable[str], kinds: Iterable[str] = ()) -> list[Style]:
    """Return the styles of a layer of an export, the usual one first.

    Parameters
    ----------
    layer
        A name of `contents`.
    columns
        The columns that the layer has.
    kinds
        The kinds of its hazards: several are told apart by hatching, as on the maps.

    Examples
    --------
    >>> [style.name for style in styles("hazards", ["area_type", "status", "zone"])]
    ['IMAS TN 07.11/01', 'Near and far zone']
    >>> [rule.label.en for rule in styles("released", ["outcome"])[0].rules]
    ['Cancelled', 'Reduced', 'Cleared', 'Outcome not recorded']
    >>> styles("hazards", ["kind"], ["ap_minefield", "cluster_munition"])[0].rules[-1].label.en
    'Kind: Cluster munition area'
    """
    there = set(columns)
    if layer == "hazards":
        several = tuple(kind for kind in KINDS if kind in set(kinds))
        return [_hazards(several if len(several) > 1 else ()), _zones()]
    if layer == "border":
        return [_border(demarcated="demarcated" in there)]
    if layer == "districts":
        return [_districts(tuple(name for name in ("district", "district_km") if name in there))]
    return [_released() if layer == "released" else _one_symbol(layer)]


def _hazards(kinds: tuple[str, ...]) -> Style:
    """Return fills by area type, outlines by status, and hatching by kind where there are several.

    What has no area type is of the class `unknown`; what has no status is open, as on the maps.
    """
    fills, outlines = ("CHA", "SHA", "unknown"), ("open", "worked_on", "closed")
    rules = [
        Rule(
            say(f"symbol.{name}"),
            _only(symbol(f"{name} open"), fill=True),
            (_those("area_type", name, others=AREA_TYPES if name == "unknown" else ()),),
        )
        for name in fills
    ]
    rules += [
        Rule(
            say(f"symbol.{name}"),
            _only(symbol(f"CHA {name}"), fill=False),
            (_those("status", name, others=outlines[1:] if name == "open" else ()),),
        )
        for name in outlines
    ]
    rules += [
        Rule(
            say("export.kind", kind=say(f"kind_one.{kind}")),
            Symbol(None, 0.0, None, 0.0, 0.0, (), hatch=hatch),
            (_those("kind", kind),),
        )
        for kind in kinds
        if (hatch := symbol(f"CHA open {kind}").hatch)
    ]
    text = "Fill: area type, outline: status, after IMAS Technical Note 07.11/01"
    return Style("IMAS TN 07.11/01", text, "fill", tuple(rules), IDS)


def _zones() -> Style:
    rules = [
        Rule(
            say("export.zone", zone=say(f"zone.{zone}")),
            symbol(f"zone_{zone}"),
            (_those("zone", zone),),
        )
        for zone in ZONES
    ]
    text = "Near: nearer to the border than the threshold; far: at it or farther"
    return Style("Near and far zone", text, "fill", tuple(rules), IDS)


def _border(*, demarcated: bool) -> Style:
    """Return the coast, and each neighbour's border; dashed where it is not demarcated.

    A coast needs no demarcation.
    """
    rules = [Rule(say("layer.coast"), symbol("coast"), (_those("kind", "coast"),))]
    land = _those("kind", others=("coast",))
    sides = [
        *((say(f"country.{code}"), code, _those("neighbour", code)) for code in NEIGHBOURS),
        (say("export.other_border"), None, _those("neighbour", others=NEIGHBOURS)),
    ]
    for name, code, side in sides:
        look = symbol(border_name("land", code))
        if not demarcated:
            rules.append(Rule(name, look, (land, side)))
            continue
        surely = Condition("demarcated", (False,), others=True)
        rules.append(Rule(name, look, (land, side, surely)))
        open_ = say("export.undemarcated", country=name)
        dashed = replace(_only(look, fill=False), dashes=UNDEMARCATED_DASHES)
        rules.append(Rule(open_, dashed, (land, side, replace(surely, others=False))))
    return Style("Border by neighbour", "Dashed where not demarcated", "line", tuple(rules))


def _districts(columns: tuple[str, ...]) -> Style:
    grey = ink("grey")
    label = Label(columns, 9, grey, 1_000_000, closest=60_000) if columns else None
    rules = (Rule(say("export.district"), symbol("district")),)
    return Style("Districts", "Outlines, names in English and Khmer", "fill", rules, label)


def _released() -> Style:
    rules = [
        Rule(
            say(f"outcome.{name}").capital,
            symbol(name),
            (_those("outcome", name, others=OUTCOMES if name == "released" else ()),),
        )
        for name in (*OUTCOMES, "released")
    ]
    text = "Cancelled by survey, reduced by technical survey, cleared"
    return Style("Released by outcome", text, "fill", tuple(rules))


def _one_symbol(layer: str) -> Style:
    """Return the style of a layer that is drawn with one symbol."""
    name, text, geometry = _ONE[layer]
    title = say(f"export.{layer}").en
    label = Label(("name",), 8, ink("grey"), 250_000) if geometry == "marker" else None
    rule = Rule(say("export.place" if geometry == "marker" else f"export.{layer}"), symbol(name))
    return Style(title, text, geometry, (rule,), label)


_ONE: Final = {
    "near_zone": ("zone", "Nearer to the border than the threshold", "fill"),
    "near_zone_limit": ("limit", "At the threshold", "line"),
    "places": ("place", "Names", "marker"),
}
"""By layer: its symbol, what it is, and how it is drawn."""


def _those(column: str, *values: Any, others: tuple[Any, ...] = ()) -> Condition:
    """Return that a column holds one of some values; with `others`, none of those or nothing."""
    return Condition(column, others or values, others=bool(others))


def _only(found: Symbol, *, fill: bool) -> Symbol:
    """Return the fill of a symbol alone, or its line."""
    if fill:
        return Symbol(found.fill, found.fill_opacity, None, 0.0, 0.0, ())
    return Symbol(None, 0.0, found.line, found.line_opacity, found.weight, found.dashes)


def _expression(condition: Condition) -> str:
    r"""Write a condition as QGIS does; a column that is null fits `others` alone.

    Examples
    --------
    >>> _expression(Condition("area_type", ("CHA",)))
    '"area_type" IN (\'CHA\')'
    >>> _expression(Condition("demarcated", (False,), others=True))
    '("demarcated" IS NULL OR "demarcated" NOT IN (false))'
    """
    texts = [_literal(value) for value in condition.values]
    if condition.others:
        column = f'"{condition.column}"'
        return f"({column} IS NULL OR {column} NOT IN ({', '.join(texts)}))"
    return f'"{condition.column}" IN ({", ".join(texts)})'


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


def _filter(rule: Rule) -> str:
    return " AND ".join(_expression(condition) for condition in rule.conditions)


def _label_expression(label: Label) -> str:
    r"""Write the lines of a label as QGIS does; a line without text is left out.

    Examples
    --------
    >>> print(_label_expression(Label(("a", "b"), 8, "#000000", 1)))
    array_to_string(array_remove_all(array(coalesce("a", ''), coalesce("b", '')), ''), '\n')
    """
    lines = ", ".join(f"coalesce(\"{column}\", '')" for column in label.columns)
    return rf"array_to_string(array_remove_all(array({lines}), ''), '\n')"


def _rgba(color: str, opacity: float = 1.0) -> str:
    """Write a colour as QGIS does.

    Examples
    --------
    >>> _rgba("#f4a718", 0.5)
    '244,167,24,128'
    """
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return ",".join(str(part) for part in (*parts, round(255 * opacity)))


def _points(pixels: float) -> str:
    return f"{pixels * POINTS_A_PIXEL:g}"


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "filter_text": _filter,
        "label_text": _label_expression,
        "rgba": _rgba,
        "points": _points,
        "angle": ANGLES.__getitem__,
    }
    return made
