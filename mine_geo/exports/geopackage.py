"""A GeoPackage that QGIS opens styled: layers, `layer_styles`, and a table of what it is.

How QGIS draws the layers is QML from a list of rules (`styles`). The symbols and words are those of
the maps. A feature is drawn by every rule that fits it: of a hazard one rule gives the fill, which
says the area type, another the outline, which says the status, as IMAS Technical Note 07.11/01
has it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
import pandas as pd
import pyogrio
import shapely

from mine_geo.errors import FileError
from mine_geo.exports.contents import typed
from mine_geo.maps.symbols import UNDEMARCATED_DASHES, Symbol, border_name, ink, symbol
from mine_geo.terms import AREA_TYPES, KINDS, NEIGHBOURS, OUTCOMES, ZONES
from mine_geo.words import Said, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd

    from mine_geo.exports.contents import Contents
    from mine_geo.maps.provenance import Provenance


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
    texts = [_literal(value) for value in condition.values]  # noqa: PD011 - a tuple of ours
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


VERSION: Final = "1.2"
"""Of the GeoPackage standard: QGIS of 2022 warns of 1.4, which GDAL writes if not told."""
CLOCK: Final = "OGR_CURRENT_DATE"
"""GDAL's option for the moment that it writes into the contents of a GeoPackage."""
FID: Final = "fid"
GEOMETRY: Final = "geom"
TYPES: Final = {
    "near_zone": "MultiPolygon",
    "near_zone_limit": "MultiLineString",
    "border": "MultiLineString",
    "released": "MultiPolygon",
    "hazards": "MultiPolygon",
    "districts": "MultiPolygon",
    "places": "Point",
}
STYLED_BY: Final = {
    "hazards": ("kind", "area_type", "status"),
    "border": ("kind", "neighbour"),
    "released": ("outcome",),
}
"""Columns that the styles look at; where a layer lacks one it is empty."""


def write_geopackage(held: Contents, path: Path) -> None:
    """Write layers with their styles into a new GeoPackage, EPSG:4326.

    Parameters
    ----------
    held
        Layers and provenance.
    path
        A file that is not there yet.

    Raises
    ------
    FileError
        If the file cannot be written.

    Notes
    -----
    `layer_styles` is the table in which QGIS itself keeps styles in a database: a row a style,
    the QML in it, one of each layer `useAsDefault`. `provenance` holds name and text.
    """
    with _changed_at(held.said):
        try:
            _write(held, path)
        except (RuntimeError, ValueError) as error:
            raise FileError(f"{path.name}: cannot be written ({error})") from error


@contextmanager
def _changed_at(said: Provenance) -> Iterator[None]:
    """Let GDAL say that the file was changed at the moment of its data, where that is known.

    So the same data gives the same bytes on any day.
    """
    before = pyogrio.get_gdal_config_option(CLOCK)
    if said.moment is not None:
        pyogrio.set_gdal_config_options({CLOCK: f"{said.moment:%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({CLOCK: before})


def _write(held: Contents, path: Path) -> None:
    about = "\n".join(f"{name}: {text}" for name, text in held.said.rows)
    # Without Arrow a column of days would become text.
    common: dict[str, Any] = {"driver": "GPKG", "use_arrow": True}
    for number, (name, frame) in enumerate(held.layers.items()):
        first: dict[str, Any] = {"dataset_options": {"VERSION": VERSION}} if not number else {}
        pyogrio.write_dataframe(
            prepared(frame, name),
            path,
            layer=name,
            geometry_type=TYPES[name],
            append=number > 0,
            layer_metadata={"PROVENANCE": about},
            layer_options={
                "FID": FID,
                "GEOMETRY_NAME": GEOMETRY,
                "IDENTIFIER": name,
                "DESCRIPTION": _described(held.said, name),
            },
            **common,
            **first,
        )
    for name, rows in _tables(held).items():
        options = {"FID": "id", "IDENTIFIER": name}
        pyogrio.write_dataframe(
            rows, path, layer=name, append=True, layer_options=options, **common
        )


def _described(said: Provenance, layer: str) -> str:
    """Return the description of a layer, which QGIS shows: with the standing text, if any."""
    told = [text for name, text in said.notices if name in ("notice", "notice_km")]
    return ". ".join([f"{said.heading}: {layer}", *told])


def prepared(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Return a layer as it is written: typed columns, multi geometries, columns of its styles.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(103, 13), (104, 13)])], crs=4326)
    >>> made = prepared(line, "border")
    >>> list(made.columns), made.geometry.iloc[0].geom_type
    (['kind', 'neighbour', 'geometry'], 'MultiLineString')
    """
    lacking = [name for name in STYLED_BY.get(layer, ()) if name not in frame.columns]
    made = typed(frame.assign(**dict.fromkeys(lacking)), (FID, GEOMETRY))
    if TYPES[layer].startswith("Multi"):
        made = made.set_geometry(made.geometry.map(_multi))
    return made[[column for column in made.columns if column != "geometry"] + ["geometry"]]


def _multi(geometry: Any) -> Any:
    """Return a polygon or line as the only part of a multi one; flat."""
    wrap = {"Polygon": shapely.MultiPolygon, "LineString": shapely.MultiLineString}
    if geometry is None:
        return None
    flat = shapely.force_2d(geometry)
    return wrap[flat.geom_type]([flat]) if flat.geom_type in wrap else flat


def _styles(frame: gpd.GeoDataFrame, layer: str) -> list[Style]:
    """Return the styles of a layer, for its columns and kinds."""
    kinds = frame["kind"].dropna().astype(str).unique() if "kind" in frame.columns else ()
    return styles(layer, prepared(frame.iloc[:0], layer).columns, kinds)


def _tables(held: Contents) -> dict[str, pd.DataFrame]:
    """Return `layer_styles`, with the columns that QGIS gives it, and `provenance`."""
    now = pd.Timestamp(held.said.moment or datetime.now(tz=UTC)).floor("ms")
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": layer,
            "f_geometry_column": GEOMETRY,
            "styleName": style.name,
            "styleQML": style.qml(),
            "styleSLD": "",  # QGIS has the column, and reads the QML alone
            "useAsDefault": not place,
            "description": style.description,
            "owner": "",
            "ui": None,
            "update_time": now,
        }
        for layer, frame in held.layers.items()
        for place, style in enumerate(_styles(frame, layer))
    ]
    return {
        "layer_styles": pd.DataFrame(rows).astype({"ui": "str"}),
        "provenance": pd.DataFrame(held.said.rows, columns=["name", "text"]),
    }
