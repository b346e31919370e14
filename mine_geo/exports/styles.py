"""How QGIS and others draw the layers of a GeoPackage: QML and SLD from one list of rules.

The symbols are those of the maps (`symbology`). A feature is drawn by every rule that fits it:
of a hazard one rule gives the fill, which says the area type, another the outline, which says the
status, as IMAS Technical Note 07.11/01 has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2

from mine_geo.maps.symbols import UNDEMARCATED_DASHES, Symbol, border_name, symbol, table
from mine_geo.terms import AREA_TYPES, KINDS, NEIGHBOUR_NAMES, NEIGHBOURS, OUTCOMES, ZONES

if TYPE_CHECKING:
    from collections.abc import Iterable


ASSETS: Final = Path(__file__).parent / "assets"
POINTS_A_PIXEL: Final = 0.75
"""A pixel of Leaflet is 1/96 inch, a point 1/72."""
LINE_WEIGHT: Final = 1.2

FILL_NAMES: Final = {
    "CHA": "Confirmed hazardous area (CHA)",
    "SHA": "Suspected hazardous area (SHA)",
    "unknown": "Area type not recorded",
}
OUTLINE_NAMES: Final = {
    "open": "Status: open",
    "worked_on": "Status: worked on",
    "closed": "Status: closed",
}
OUTCOME_NAMES: Final = {
    "cancelled": "Cancelled",
    "reduced": "Reduced",
    "cleared": "Cleared",
    "released": "Outcome not recorded",
}
KIND_NAMES: Final = {
    "ap_minefield": "AP minefield",
    "av_minefield": "AV minefield",
    "cluster_munition": "Cluster munition area",
    "other_erw": "Other ERW area",
}
HATCH_POINTS: Final = 4.5
"""Between the lines of a hatching."""
HATCH_COLOR: Final = "#22211d"
ANGLES: Final = {"horizontal": 0, "diagonal": 45, "vertical": 90}
"""Of the lines of a hatching, degrees against the horizontal."""
MARKS: Final = {"horizontal": "horline", "diagonal": "slash", "vertical": "vline"}
"""The names that QGIS and GeoServer have for them in SLD."""
ZONE_FILLS: Final = {"near": "#3f76d1", "far": "#e08a1e"}
"""Blue and orange: told apart by readers who do not tell red from green."""


@dataclass(frozen=True)
class Condition:
    """That a column holds one of some values; or, with `others`, none of them or nothing."""

    column: str
    values: tuple[Any, ...]
    others: bool = False


@dataclass(frozen=True)
class Rule:
    """Features for which all conditions hold are drawn with the symbol."""

    label: str
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
        return _render("style.qml", self)

    def sld(self, layer: str) -> str:
        """Return the style as an OGC Styled Layer Descriptor 1.1 for a layer."""
        return _render("style.sld", self, layer=layer)


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
    >>> [rule.label for rule in styles("released", ["outcome"])[0].rules]
    ['Cancelled', 'Reduced', 'Cleared', 'Outcome not recorded']
    >>> styles("hazards", ["kind"], ["ap_minefield", "cluster_munition"])[0].rules[-1].label
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
    return [_ONE[layer]()]


def _hazards(kinds: tuple[str, ...]) -> Style:
    known = AREA_TYPES
    outlines = tuple(name for name in table()["outlines"] if name != "open")
    fills = [
        Rule(FILL_NAMES[name], _fill_of(f"{name} open"), (Condition("area_type", (name,)),))
        for name in ("CHA", "SHA")
    ]
    unknown = Condition("area_type", known, others=True)
    fills.append(Rule(FILL_NAMES["unknown"], _fill_of("unknown open"), (unknown,)))
    # What has no status is open, as on the maps.
    lines = [
        Rule(
            OUTLINE_NAMES["open"],
            _line_of("CHA open"),
            (Condition("status", outlines, others=True),),
        )
    ]
    lines += [
        Rule(OUTLINE_NAMES[name], _line_of(f"CHA {name}"), (Condition("status", (name,)),))
        for name in outlines
    ]
    hatched = [(kind, symbol(f"CHA open {kind}").hatch) for kind in kinds]
    lines += [
        Rule(
            f"Kind: {KIND_NAMES[kind]}",
            Symbol(None, 0.0, None, 0.0, 0.0, (), hatch=hatch),
            (Condition("kind", (kind,)),),
        )
        for kind, hatch in hatched
        if hatch
    ]
    text = "Fill: area type, outline: status, after IMAS Technical Note 07.11/01"
    label = Label(("hazard_id",), 8, "#22211d", 60_000)
    return Style("IMAS TN 07.11/01", text, "fill", (*fills, *lines), label)


def _zones() -> Style:
    rules = [
        Rule(
            f"Zone: {zone}",
            Symbol(ZONE_FILLS[zone], 0.55, ZONE_FILLS[zone], 1.0, LINE_WEIGHT, ()),
            (Condition("zone", (zone,)),),
        )
        for zone in ZONES
    ]
    text = "Near: nearer to the border than the threshold; far: at it or farther"
    label = Label(("hazard_id",), 8, "#22211d", 60_000)
    return Style("Near and far zone", text, "fill", tuple(rules), label)


def _border(*, demarcated: bool) -> Style:
    sides: list[tuple[str, tuple[Condition, ...], Symbol]] = [
        ("Coast", (Condition("kind", ("coast",)),), symbol("coast"))
    ]
    land = Condition("kind", ("coast",), others=True)
    for code in NEIGHBOURS:
        where = (land, Condition("neighbour", (code,)))
        sides.append((NEIGHBOUR_NAMES[code], where, symbol(border_name("land", code))))
    rest = (land, Condition("neighbour", NEIGHBOURS, others=True))
    sides.append(("Other border", rest, symbol(border_name("land", None))))
    rules = [Rule(name, look, where) for name, where, look in sides]
    if demarcated:
        coast = rules[0]  # a coast needs no demarcation
        surely = {True: " (not demarcated)", False: ""}
        rules = [
            Rule(
                rule.label + surely[dashed],
                _dashed(rule.symbol) if dashed else rule.symbol,
                (*rule.conditions, Condition("demarcated", (False,), others=not dashed)),
            )
            for rule, dashed in product(rules[1:], (False, True))
        ]
        rules.insert(0, coast)
    return Style("Border by neighbour", "Dashed where not demarcated", "line", tuple(rules))


def _districts(columns: tuple[str, ...]) -> Style:
    label = Label(columns, 9, "#55524a", 1_000_000, closest=60_000) if columns else None
    rules = (Rule("District", symbol("district")),)
    return Style("Districts", "Outlines, names in English and Khmer", "fill", rules, label)


def _released() -> Style:
    rules = [
        Rule(OUTCOME_NAMES[name], symbol(name), (Condition("outcome", (name,)),))
        for name in OUTCOMES
    ]
    rest = Condition("outcome", OUTCOMES, others=True)
    rules.append(Rule(OUTCOME_NAMES["released"], symbol("released"), (rest,)))
    text = "Cancelled by survey, reduced by technical survey, cleared"
    return Style("Released by outcome", text, "fill", tuple(rules))


def _near_zone() -> Style:
    rules = (Rule("Near zone", symbol("zone")),)
    return Style("Near zone", "Nearer to the border than the threshold", "fill", rules)


def _limit() -> Style:
    rules = (Rule("Limit of the near zone", symbol("limit")),)
    return Style("Limit of the near zone", "At the threshold", "line", rules)


def _places() -> Style:
    label = Label(("name",), 8, "#55524a", 250_000)
    return Style("Places", "Names", "marker", (Rule("Place", symbol("place")),), label)


_ONE: Final = {
    "released": _released,
    "near_zone": _near_zone,
    "near_zone_limit": _limit,
    "places": _places,
}


def _fill_of(name: str) -> Symbol:
    found = symbol(name)
    return Symbol(found.fill, found.fill_opacity, None, 0.0, 0.0, ())


def _line_of(name: str) -> Symbol:
    found = symbol(name)
    return Symbol(None, 0.0, found.line, found.line_opacity, found.weight, found.dashes)


def _dashed(found: Symbol) -> Symbol:
    return Symbol(None, 0.0, found.line, found.line_opacity, found.weight, UNDEMARCATED_DASHES)


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
        "mark": MARKS.__getitem__,
        "literal": lambda value: str(value).lower() if isinstance(value, bool) else str(value),
    }
    return made


def _render(name: str, style: Style, **more: str) -> str:
    made = _templates().get_template(name)
    return made.render(style=style, hatch_points=HATCH_POINTS, hatch_color=HATCH_COLOR, **more)
