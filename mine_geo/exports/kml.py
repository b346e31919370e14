"""KML for Google Earth: folders, styles by class, attributes as a table and as typed data.

Written by the standard library's ElementTree. GDAL's LIBKML driver, through pyogrio, writes
neither shared styles nor folders by zone; simplekml (1.3.6) hands on whatever text holds a CDATA
mark unescaped, and counts its ids through the whole process.

What stands in an attribute is text: Google Earth shows descriptions as HTML, so each value is
escaped for HTML there, and `$[` (its sign for a value of the record) too. Names are plain text;
balloons show the description alone.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd
import shapely

from mine_geo.disclosure.restriction import FIELD
from mine_geo.exports.contents import put, save, typed
from mine_geo.exports.points import DECIMALS
from mine_geo.maps.grouping import classes_of, code_of
from mine_geo.maps.symbols import Symbol, border_name, symbol, table
from mine_geo.terms import (
    BORDER_KINDS,
    NEIGHBOURS,
    OUTCOMES,
    PROVENANCE_COLUMNS,
    RESTRICTION_COLUMN,
    ZONES,
)
from mine_geo.words import Said, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from mine_geo.exports.contents import Contents


KML: Final = "http://www.opengis.net/kml/2.2"
BALLOON: Final = "$[description]"
"""What Google Earth puts into a balloon; by itself it would take the name as HTML."""
NAME_COLUMNS: Final = {
    "hazards": "hazard_id",
    "released": "hazard_id",
    "districts": "district",
    "places": "name",
}
HIDDEN: Final = ("districts", "places", "near_zone")
"""Layers that are switched off when a file with hazards opens."""
CLICKED: Final = 0.02
"""The opacity of what has no fill, so that Google Earth takes a click inside its outline."""
SAID_ONCE: Final = (*PROVENANCE_COLUMNS, "synthetic")
"""Columns that the document's description says for all, and no balloon again."""
_TYPES: Final = {"i": "int", "u": "int", "f": "double", "b": "bool"}


def write_kml(held: Contents, path: Path) -> None:
    """Write layers for Google Earth, EPSG:4326, on the ground.

    Parameters
    ----------
    held
        Layers and provenance.
    path
        The new file; where it ends in `.kmz`, a zip with the document in it.

    Notes
    -----
    Hazards lie in folders by zone, released land by outcome. A hazard's fill says the area type,
    its outline the status (IMAS TN 07.11/01); KML knows no dashes. The document's description
    holds the legend. Outer rings run counter-clockwise, as KML 2.2 wants them.
    """
    root = Element("kml", {"xmlns": KML})
    document = put(root, "Document")
    put(document, "name", held.said.heading)
    put(document, "open", "1")
    put(document, "description", _about(held))
    used: dict[str, Symbol] = {}
    folders = [_folder(held, name, used) for name in reversed(held.layers)]
    for name, look in sorted(used.items()):
        _style(document, name, look)
    marks = put(document, "ExtendedData")  # before the schemas, as KML 2.2 orders them
    for name, text in ((FIELD, held.said.kind), (RESTRICTION_COLUMN, held.said.restriction)):
        if text is not None:
            put(put(marks, "Data", name=name), "value", text)
    for layer, frame in held.layers.items():
        _schema(document, layer, typed(frame.iloc[:0] if frame.empty else frame))
    document.extend(folders)
    if path.suffix.lower() != ".kmz":
        save(root, path)
        return
    with TemporaryDirectory() as place, ZipFile(path, "w", ZIP_DEFLATED) as archive:
        save(root, Path(place, "doc.kml"))
        # The zip's own clock is that of the data: the same data gives the same bytes.
        told = held.said.moment
        entry = ZipInfo("doc.kml", (1980, 1, 1, 0, 0, 0) if told is None else told.timetuple()[:6])
        entry.compress_type = ZIP_DEFLATED
        archive.writestr(entry, Path(place, "doc.kml").read_bytes())


def _about(held: Contents) -> str:
    """Return the description of the document: what it is, and the legend, as HTML."""
    rows = _html(held.said.rows)
    fills, outlines = table()["fills"], table()["outlines"]
    legend: list[tuple[str, Said]] = []
    if "hazards" in held.layers:
        legend += [(_mark(fills[name]["fillColor"]), say(f"symbol.{name}")) for name in fills]
        legend += [
            (_mark(outlines[name]["color"], "&#9633;"), say(f"symbol.{name}")) for name in outlines
        ]
    if "released" in held.layers:
        legend += [
            (_mark(symbol(name).fill), say(f"outcome.{name}").capital)
            for name in (*OUTCOMES, "released")
        ]
    lines = "".join(
        f"<tr><td>{mark}</td><td>{escape(text.both)}</td></tr>" for mark, text in legend
    )
    return f"{rows}<table>{lines}</table>" if lines else rows


def _mark(color: Any, sign: str = "&#9632;") -> str:
    """Return a filled square, or another sign, in a colour."""
    return f'<font color="{color}">{sign}</font>'


def _html(rows: list[tuple[str, str]]) -> str:
    """Write names and values as a table of HTML in which every value is text.

    Examples
    --------
    >>> _html([("a", "<b> $[name]")])
    '<table><tr><th align="left">a</th><td>&lt;b&gt; &#36;[name]</td></tr></table>'
    """
    cells = "".join(
        f'<tr><th align="left">{_safe(name)}</th><td>{_safe(text)}</td></tr>' for name, text in rows
    )
    return f"<table>{cells}</table>"


def _safe(text: str) -> str:
    return escape(text).replace("$", "&#36;")


def _style(document: Element, name: str, look: Symbol) -> None:
    """Add a shared style."""
    style = put(document, "Style", id=name)
    if look.dot:
        icon = put(style, "IconStyle")
        put(icon, "scale", "0.4")
    lines = put(style, "LineStyle")
    put(lines, "color", _abgr(look.line or "#000000", look.line_opacity))
    put(lines, "width", f"{look.weight:g}")
    area = put(style, "PolyStyle")
    put(area, "color", _abgr(look.fill or "#ffffff", look.fill_opacity if look.fill else CLICKED))
    put(area, "outline", str(int(look.line is not None)))
    put(put(style, "BalloonStyle"), "text", BALLOON)


def _abgr(color: str, opacity: float) -> str:
    """Write a colour as KML does: opacity, blue, green, red.

    Examples
    --------
    >>> _abgr("#f4a718", 0.5)
    '8018a7f4'
    """
    return f"{round(255 * opacity):02x}{color[5:7]}{color[3:5]}{color[1:3]}"


def _schema(document: Element, layer: str, frame: gpd.GeoDataFrame) -> None:
    """Say the type of each column of a layer."""
    schema = put(document, "Schema", name=layer, id=layer)
    for column in frame.columns.drop("geometry"):
        kind = _TYPES.get(getattr(frame[column].dtype, "kind", "O"), "string")
        put(schema, "SimpleField", name=str(column), type=kind)


def _folder(held: Contents, layer: str, used: dict[str, Symbol]) -> Element:
    """Return the folder of a layer, and remember the styles that it uses."""
    frame = held.layers[layer]
    folder = Element("Folder")
    put(folder, "name", _title(layer))
    hidden = layer in HIDDEN and "hazards" in held.layers
    if hidden:
        put(folder, "visibility", "0")
    rows = typed(frame)
    texts = _texts(rows)
    names = _names(rows, layer)
    classes = _classes(frame, layer)
    used.update({_id(name): symbol(name) for name in classes})
    for title, places in _groups(frame, layer):
        parent = folder if title is None else put(folder, "Folder")
        if title is not None:
            put(parent, "name", f"{title} ({len(places):,})")
        for place in places:
            mark = put(parent, "Placemark")
            put(mark, "name", names[place])
            if hidden:
                put(mark, "visibility", "0")
            values = [(name, text) for name, column in texts if (text := column[place]) is not None]
            put(mark, "Snippet", "", maxLines="0")  # else the list shows the table's first words
            put(mark, "description", _html([row for row in values if row[0] not in SAID_ONCE]))
            put(mark, "styleUrl", f"#{_id(classes[place])}")
            data = put(put(mark, "ExtendedData"), "SchemaData", schemaUrl=f"#{layer}")
            for name, text in values:
                put(data, "SimpleData", text, name=name)
            _geometry(mark, rows.geometry.iloc[place])
    return folder


def _id(name: str) -> str:
    """Return the id of a symbol's style: an id of XML holds no space."""
    return name.replace(" ", "_")


def _texts(frame: gpd.GeoDataFrame) -> list[tuple[str, list[str | None]]]:
    """Return each column as text, None where there is nothing.

    Examples
    --------
    >>> import geopandas as gpd
    >>> frame = gpd.GeoDataFrame({"m": [7000.0, 0.25], "f": [True, False]}, geometry=[None, None])
    >>> _texts(frame)
    [('m', ['7000', '0.25']), ('f', ['true', 'false'])]
    """
    return [
        (str(column), [None if pd.isna(value) else _text(value) for value in frame[column]])
        for column in frame.columns.drop("geometry")
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _names(frame: gpd.GeoDataFrame, layer: str) -> list[str]:
    """Return the name of each placemark: an id or name, else that of the layer."""
    column = NAME_COLUMNS.get(layer)
    if layer == "border" and "neighbour" in frame.columns:
        names = {code: say(f"country.{code}").en for code in NEIGHBOURS}
        return [names.get(code, say("layer.coast").en) for code in frame["neighbour"]]
    if column not in frame.columns:
        return [_title(layer)] * len(frame)
    return [_title(layer) if pd.isna(value) else str(value) for value in frame[column]]


def _title(layer: str) -> str:
    """Return the name of a layer's folder: in English, for other programs call the layer so."""
    return say(f"export.{layer}").en


def _groups(frame: gpd.GeoDataFrame, layer: str) -> Iterator[tuple[str | None, list[int]]]:
    """Yield the folders of a layer and the positions of their rows; every row in one."""
    column, known = {"hazards": ("zone", ZONES), "released": ("outcome", OUTCOMES)}.get(
        layer, (None, ())
    )
    if column is None:
        yield None, list(range(len(frame)))
        return
    if column not in frame.columns:
        yield say("export.not_recorded").en, list(range(len(frame)))
        return
    values = frame[column].astype(object).to_numpy()
    for name in known:
        yield say(f"{column}.{name}").capital.en, np.flatnonzero(values == name).tolist()
    rest = np.flatnonzero(~np.isin(values.astype(str), known)).tolist()
    if rest:
        yield say("export.not_recorded").en, rest


def _classes(frame: gpd.GeoDataFrame, layer: str) -> list[str]:
    """Return the name of each row's symbol; what is not recorded is as on the maps."""
    if layer == "hazards":
        return [" ".join(pair) for pair in zip(*classes_of(frame), strict=True)]
    if layer == "border":
        kinds = code_of(frame, "kind", BORDER_KINDS, "land")
        sides = code_of(frame, "neighbour", NEIGHBOURS, "")
        return [border_name(kind, side or None) for kind, side in zip(kinds, sides, strict=True)]
    if layer == "released":
        return [str(outcome) for outcome in code_of(frame, "outcome", OUTCOMES, "released")]
    one = {"near_zone": "zone", "near_zone_limit": "limit", "places": "place"}
    return [one.get(layer, "district")] * len(frame)


def _geometry(mark: Element, geometry: Any) -> None:
    """Add a geometry, part by part; nothing where there is none."""
    if geometry is None or geometry.is_empty:
        return
    parts = shapely.get_parts(shapely.orient_polygons(shapely.force_2d(geometry)))
    parent = put(mark, "MultiGeometry") if len(parts) > 1 else mark
    for part in parts:
        if part.geom_type == "Polygon":
            area = put(parent, "Polygon")
            put(area, "tessellate", "1")
            for place, ring in enumerate(shapely.get_rings(part)):
                side = put(area, "innerBoundaryIs" if place else "outerBoundaryIs")
                put(put(side, "LinearRing"), "coordinates", _coordinates(ring))
        elif part.geom_type == "Point":
            put(put(parent, "Point"), "coordinates", _coordinates(part))
        else:
            line = put(parent, "LineString")
            put(line, "tessellate", "1")
            put(line, "coordinates", _coordinates(part))


def _coordinates(geometry: Any) -> str:
    """Write longitude and latitude to 1e-7 degree.

    Examples
    --------
    >>> _coordinates(shapely.LineString([(103, 13), (103.00000014, 13)]))
    '103.0000000,13.0000000 103.0000001,13.0000000'
    """
    return " ".join(
        f"{lon:.{DECIMALS}f},{lat:.{DECIMALS}f}" for lon, lat in shapely.get_coordinates(geometry)
    )
