"""Vector files into records: all that GDAL reads, and GeoParquet, in the CRS that they declare.

Coded values of a file geodatabase: the codes in its tables become the words they stand for.

GeoParquet into records: GDAL's wheels have no driver for it, geopandas reads it.
"""

from __future__ import annotations

import io
import json
import mmap
import re
import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from mine_geo.errors import FileError, some
from mine_geo.geo.named_systems import as_named, of_geometries
from mine_geo.geo.vector import (
    FEW_POINTS,
    FINE_ARCS,
    UNREADABLE,
    broken_rings,
    choose_layer,
    gdal_set,
    list_layers,
    of_geojson,
    of_gml,
    quietly,
    ring_fault,
    types_mapper,
    unreadable,
)
from mine_geo.intake.findings import Finding
from mine_geo.intake.formats.drawings import (
    TOLERANCE_M,
    as_polygons,
    draws_arcs,
    straightened,
    tolerance,
    with_lines_for_rings,
)
from mine_geo.intake.formats.shapefile import text_encoding, unread_cells
from mine_geo.intake.guard import check_file, in_one_line, opened
from mine_geo.intake.guard.binary import LONGEST_TEXT, check_mif, draws_round
from mine_geo.intake.guard.recognise import Content, companions, content
from mine_geo.intake.received import ANYTHING, Raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from mine_geo.intake.received import Wanted


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


_WHOLE: Final = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32()),
)
_TYPES: Final = dict.fromkeys(_WHOLE, pd.Int64Dtype()) | {pa.bool_(): pd.BooleanDtype()}
TO_PANDAS: Final = MappingProxyType({"types_mapper": types_mapper(_TYPES), "date_as_object": False})
"""Whole numbers keep all their digits, what is missing is neither 0 nor false, days are days."""

Reasons = dict[int, str]
"""Why the ring of a record cannot be built, by its place from 0."""


def read_parquet(path: Path) -> tuple[gpd.GeoDataFrame, Reasons, list[Finding]]:
    """Read a GeoParquet file in the CRS of its metadata.

    Parameters
    ----------
    path
        The file, after `guard.check_file`.

    Returns
    -------
    tuple
        The table (RangeIndex); where a ring cannot even be built, GEOS's reason and a null
        geometry; findings on columns that were left out because they hold lists or records.

    Raises
    ------
    FileError
        If the file cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema, said = file.schema_arrow, file.metadata.metadata
        shapes = list(json.loads(said[b"geo"])["columns"])
        nested = [
            field.name
            for field in schema
            if pa.types.is_nested(field.type) and field.name not in shapes and field.name != "bbox"
        ]
        flat = [f.name for f in schema if f.name in shapes or not pa.types.is_nested(f.type)]
        frame, broken = _built(path, flat, shapes)
    except (*UNREADABLE, pa.ArrowException, KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f"{path}: cannot be read as GeoParquet; get it again from its maker "
            f"({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        ) from error
    found = []
    if nested:
        message = f"columns of lists or records were left out: {some(nested)}"
        found.append(Finding("unread_part", message))
    return _flat(frame), broken, found


def _built(path: Path, columns: list[str], shapes: list[str]) -> tuple[gpd.GeoDataFrame, Reasons]:
    """Return the table, and the rings that were taken out because they cannot be built."""
    try:
        with path.open("rb") as file:
            return _read(file, columns), {}
    except shapely.errors.GEOSException:
        pass
    with path.open("rb") as file:
        table = pq.read_table(file, columns=columns)
    broken: Reasons = {}
    for name in shapes:
        binary = table[name].to_pylist()
        reasons = {n: why for n, wkb in enumerate(binary) if (why := ring_fault(wkb)) is not None}
        whole = [None if place in reasons else wkb for place, wkb in enumerate(binary)]
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), [pa.array(whole, pa.binary())])
        broken |= reasons
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    buffer.seek(0)
    return _read(buffer, columns), broken


def _read(file: IO[bytes], columns: list[str]) -> gpd.GeoDataFrame:
    with quietly():
        return gpd.read_parquet(file, columns=columns, to_pandas_kwargs=dict(TO_PANDAS))


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with a named index and categories as columns, other geometries as WKT."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    else:
        frame = frame.reset_index(drop=True)
    new: dict[str, Any] = {}
    for name in frame.columns.drop(frame.geometry.name):
        column = frame[name]
        if isinstance(column.dtype, gpd.array.GeometryDtype):
            new[name] = pd.Series(shapely.to_wkt(column.to_numpy()), index=frame.index).astype(
                "str"
            )
        elif isinstance(column.dtype, pd.CategoricalDtype):
            new[name] = column.astype(column.cat.categories.dtype)
    return frame.assign(**new)


PREFERRED: Final = ("hazard", "hazards", "minefields")
"""Layers that are meant when a file has several and none is named."""
_DRAWN: Final = {"GPX": ("tracks", "routes", "waypoints"), "DXF": ("entities",)}
"""The layers of a format in which polygons may stand, those first that count first."""

_COUNTED: Final = ("GeoPackage", "Shapefile", "FlatGeobuf", "file geodatabase", "MapInfo TAB")
"""Formats whose files say how many records they have."""

_FINELY: Final = (
    f"arcs are drawn with a point every {FINE_ARCS['OGR_ARC_STEPSIZE']} degrees: 1 cm off at a "
    "radius of 26 km"
)
_ROUND: Final = "ellipses are drawn with a point every 2 degrees"
_STRAIGHT: Final = ("GeoJSON", "ESRI Shapefile", "KML", "LIBKML", "GPX", "TopoJSON", "CSV")
"""Drivers of formats that have no arcs."""
_TEXT_OF_ARCS: Final = {
    ("DXF", ".dxf"): (draws_arcs, _FINELY),
    ("MapInfo File", ".mif"): (draws_round, _ROUND),
}
"""Of formats whose arcs GDAL has drawn before anybody sees them: who knows, and what is said."""
_DISPLAY: Final = ("altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon")
"""Columns that GDAL makes of KML's way of drawing; they say nothing of a record."""
_SELDOM: Final = ("id", "placemark_id", "description", "timestamp", "begin", "end")
"""Columns that GDAL makes for KML whether the file has them or not."""
PLACEMARK_ID: Final = "placemark_id"
"""What the id of a <Placemark> of KML is called."""
FEATURE_ID: Final = "feature_id"
"""What the id of a feature of GeoJSON is called that stands beside its attributes."""
_SIMPLE_FIELD: Final = re.compile(rb"<(?:\w+:)?SimpleField\b[^>]*?\bname\s*=\s*[\"']([^\"'>]*)")
_DATA: Final = re.compile(rb"<(?:\w+:)?Data\b[^>]*?\bname\s*=\s*[\"']([^\"'>]*)")
_STRANGE: Final = 20
"""Attributes that cannot be read, after which no more are looked at."""
_PROPERTIES: Final = re.compile(rb'"properties"\s*:\s*\{')
_HARMLESS: Final = "is not consistent with type in gpkg_geometry_columns"
"""What GDAL says of a GeoPackage whose polygons are all read."""
_SETTINGS: Final = {"DXF": {**FINE_ARCS, "DXF_INLINE_BLOCKS": "FALSE"}}
"""Of GDAL, while it reads a format. Blocks in blocks of a DXF, which may be without end, stay
points."""


@dataclass(frozen=True)
class _Dataset:
    """A file that GDAL opens, and what it is called in messages."""

    place: Path
    what: str
    format: str


def read_layer(path: Path, wanted: Wanted = ANYTHING) -> Raw:
    """Read one layer of a vector file, in the words and the CRS of its source.

    Parameters
    ----------
    path
        GeoPackage, Shapefile, GeoJSON, FlatGeobuf, KML, KMZ, GML, GPX, MapInfo TAB or MIF, DXF,
        file geodatabase (folder), a zip of one of these, or GeoParquet; after `guard.check_file`.
    wanted
        The layer may be left out when only one has geometry and records, or one is called hazard,
        hazards or minefields. The profile is not needed: columns keep their names.

    Returns
    -------
    Raw
        Texts as str, whole numbers as Int64, days and times as datetime64, truth as boolean; lists
        as JSON. Coded values of a geodatabase are given as their descriptions. A ring that cannot
        be built at all (not closed, too few points) gives a null geometry and a finding
        (`invalid_ring`, `few_points`), a coordinate that is not a finite number a finding
        (`bad_coordinates`) and the geometry as it is.

    Raises
    ------
    FileError
        If the file cannot be read, ends before its records do, has no such layer or several, or a
        text of more than 1 MB.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> raw = read_layer(sample.path("minefields"))
    >>> raw.format, raw.layer, len(raw.table)
    ('GeoPackage', 'minefields', 7392)
    """
    with in_one_line(str(path)):
        found = content(path)
        if found.format == "GeoParquet":
            frame, broken, findings = read_parquet(path)
            raw = _raw(frame, "GeoParquet", None, broken, findings, str(path))
            return replace(raw, unclear=of_geometries(frame))
        with opened(path) as places:
            for place in places.values():
                _draw_rings(place)
            return _read_places(places, path, found, wanted.layer)


def _read_places(places: dict[str, Path], path: Path, found: Content, layer: str | None) -> Raw:
    """Read the layer that is meant from the file, or from those in a zip."""
    sets = [
        _Dataset(place, what, check_file(place, what=what).format if found.zipped else found.format)
        for what, place in places.items()
    ]
    tables = [one.what for one in sets if one.format == "CSV"]
    findings = [Finding("unread_part", f"{what} was not read") for what in tables]
    one, name = _choose([one for one in sets if one.format != "CSV"], path, layer)
    with _named(one):
        frame, broken, more = _read_layer(one, name)
        frame, unclear = as_named(frame, one.place, name)
    form = f"{one.format} in a zip" if found.zipped else one.format
    raw = _raw(frame, form, name, broken, [*findings, *more], str(path))
    return replace(raw, unclear=unclear)


def _draw_rings(place: Path) -> None:
    """Write a KML anew, in its temporary folder, where rings stand in it as geometries."""
    if place.suffix.lower() != ".kml":
        return
    drawn = with_lines_for_rings(place.read_bytes())
    if drawn is not None:
        place.unlink()
        place.write_bytes(drawn)


def _choose(sets: list[_Dataset], path: Path, layer: str | None) -> tuple[_Dataset, str]:
    """Return the file and the layer that is meant; layers without records count last."""
    named: dict[str, tuple[_Dataset, str]] = {}
    for one in sets:
        with _named(one):
            for name in list_layers(one.place):
                named[f"{one.place.stem}/{name}" if name in named else name] = (one, name)
    names = list(named)
    if layer is None and len(names) > 1 and not set(PREFERRED).intersection(names):
        with_records = [name for name in names if _has_records(*named[name])]
        names = with_records or names
    drawn = tuple(name for one in sets[:1] for name in _DRAWN.get(one.format, ()))
    return named[choose_layer(path, layer, names, (*PREFERRED, *drawn))]


def _has_records(one: _Dataset, layer: str) -> bool:
    with _named(one), quietly(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading the layer says them again
        count = pyogrio.read_info(one.place, layer=layer, force_feature_count=True)["features"]
    return bool(count != 0)


@contextmanager
def _named(one: _Dataset) -> Iterator[None]:
    """Let errors speak of the file that was given, not of the place it is read from."""
    try:
        with gdal_set(_SETTINGS.get(one.format, {})):
            yield
    except FileError as error:
        raise FileError(str(error).replace(str(one.place), one.what)) from error
    except (*UNREADABLE, OSError, pa.ArrowException) as error:
        raise FileError(
            str(unreadable(one.what, error)).replace(str(one.place), one.what)
        ) from error


def _read_layer(
    one: _Dataset, layer: str
) -> tuple[gpd.GeoDataFrame, dict[int, str], list[Finding]]:
    """Return a layer as it is, the rings that cannot be built, and what is to be said."""
    encoding: str | None = None
    findings: list[Finding] = []
    texts: dict[int, list[str | None]] = {}
    deleted = 0
    if one.format == "Shapefile":
        encoding, findings = text_encoding(one.place)
        deleted, texts, stars = unread_cells(one.place, encoding)
        findings += stars
    count, frame, said = _read_gdal(one, layer, encoding)
    findings += said
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(f"{one.what}: layer {layer!r} has no geometry; name another layer")
    if len(frame) < count - deleted:
        raise FileError(
            f"{one.what}: {len(frame)} of {count - deleted} records could be read, the file is cut "
            "off or damaged; get it again from its maker"
        )
    if deleted:
        message = f"{deleted:,} records that are marked as deleted in the .dbf are left out"
        findings.append(Finding("deleted_left_out", message))
    names = [str(name) for name in frame.columns.drop(frame.geometry.name)]
    for place, column in texts.items():
        if place < len(names) and len(column) == len(frame):
            frame[names[place]] = pd.Series(column, index=frame.index, dtype="str")
    drawing = one.format == "DXF"  # every line in it can be built; its texts are left out
    broken = {} if drawing else broken_rings(one.place, layer, frame.geometry.to_numpy())
    frame, told = _of_format(one, layer, frame)
    frame, drawn = as_polygons(frame, one.format)
    return frame, broken, [*findings, *told, *drawn]


def _of_format(
    one: _Dataset, layer: str, frame: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return a layer in the way of its format, and what the format says of it as a whole."""
    if one.format == "file geodatabase":
        return resolve_codes(frame, one.place, layer)
    if one.format == "KML":
        return _without_display(_with_own_ids(frame, one.place))
    if one.format == "GeoJSON":
        if "id" in frame and not _has_attribute(one.place, "id"):
            frame = frame.rename(columns={"id": FEATURE_ID})
        return frame, _more(of_geojson(one.place, len(frame)))
    if one.format == "GML":
        return frame, _more(of_gml(one.place, _records(one)))
    return frame, _coarsely(one, frame)


def arcs_drawn(path: Path, layer: str) -> list[Finding]:
    """Say which arcs of a layer GDAL draws, as `vector.read_vector` reads it, and how near.

    Parameters
    ----------
    path
        A file that `vector.read_vector` has read.
    layer
        Its layer.

    Returns
    -------
    list of Finding
        `arcs_drawn`, one for the file; none where it has no arcs.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> arcs_drawn(sample.path("border"), "border")
    []
    """
    driver = pyogrio.read_info(path, layer=layer)["driver"]
    if driver in _STRAIGHT:
        return []
    if path.is_file() and (driver, path.suffix.lower()) in _TEXT_OF_ARCS:
        says, message = _TEXT_OF_ARCS[driver, path.suffix.lower()]
        return [Finding("arcs_drawn", message)] if says(path.read_bytes()) else []
    with warnings.catch_warnings(), quietly():
        warnings.simplefilter("ignore", RuntimeWarning)  # reading the layer says them
        shapes, _ = _shapes(path, layer)
    curved = [n for n, wkb in enumerate(shapes, 1) if wkb and straightened(wkb, np.inf)[1]]
    if not curved:
        return []
    return [Finding("arcs_drawn", f"{_FINELY}: record number {some(curved, 12)}")]


def _coarsely(one: _Dataset, frame: gpd.GeoDataFrame) -> list[Finding]:
    """Say what GDAL draws of arcs, and where MapInfo may lack a number."""
    found = []
    if one.format == "DXF" and draws_arcs(one.place.read_bytes()):
        found.append(Finding("as_polygon", _FINELY))
    if one.format == "MapInfo MIF" and draws_round(one.place.read_bytes()):
        found.append(Finding("as_polygon", _ROUND))
    numbers = frame.select_dtypes("number") if one.format.startswith("MapInfo") else frame[[]]
    zero = [str(name) for name in numbers if bool((numbers[name] == 0).any())]
    if zero:
        message = f"0 in {some(zero, 12)}: MapInfo writes it also where a number is missing"
        found.append(Finding("no_number", message))
    return found


def _more(said: str | None) -> list[Finding]:
    """Return the finding on an answer of a server that stops before the end."""
    return [] if said is None else [Finding("more_on_server", said)]


def _records(one: _Dataset) -> int:
    """Count the records of all layers with geometry."""
    return sum(
        pyogrio.read_info(one.place, layer=layer, force_feature_count=True)["features"]
        for layer in list_layers(one.place)
    )


def _read_gdal(one: _Dataset, layer: str, encoding: str | None) -> tuple[int, Any, list[Finding]]:
    """Return how many records a layer should have (-1: not known), them, and what is to be said."""
    counted = one.format in _COUNTED
    curved: list[Finding] = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with quietly():
            # Of a text format each of these would parse the whole file again.
            info = pyogrio.read_info(one.place, layer=layer) if counted else {"features": -1}
            coded = counted and _has_codes(one.place, layer)
            try:
                frame = _frame(one, layer, encoding, info if coded else None)
                if coded and any(
                    wkb is not None and straightened(wkb, np.inf)[1]
                    for wkb in _shapes(one.place, layer)[0]
                ):  # drawn by GDAL, with a coarse step
                    frame, curved = _without_curves(one, layer, frame)
            except NotImplementedError:  # shapely has no curves
                frame = _frame(one, layer, encoding, None, read_geometry=False)
                frame, curved = _without_curves(one, layer, frame)
    count = info["features"]
    if one.format == "MapInfo MIF":
        count = check_mif(companions(one.place), one.what)
    messages = dict.fromkeys(str(it.message) for it in said)
    heard = [f"GDAL says: {text}" for text in messages if _HARMLESS not in text]
    return count, frame, [*(Finding("unread_part", text) for text in heard), *curved]


def _frame(
    one: _Dataset,
    layer: str,
    encoding: str | None,
    info: dict[str, Any] | None,
    *,
    read_geometry: bool = True,
) -> Any:
    """Read a layer through Arrow; with `info` without it."""
    options = {
        "layer": layer,
        "encoding": encoding,
        "on_invalid": "ignore",
        "read_geometry": read_geometry,
    }
    if info is not None:
        return _typed(pyogrio.read_dataframe(one.place, **options), info)
    more = dict(TO_PANDAS)
    return pyogrio.read_dataframe(one.place, **options, use_arrow=True, arrow_to_pandas_kwargs=more)


def _shapes(place: Path, layer: str) -> tuple[list[bytes | None], dict[str, Any]]:
    """Return the geometries of a layer as GDAL has them, with their arcs, and what it says."""
    meta, table = pyogrio.raw.read_arrow(place, layer=layer, columns=[])
    return table[meta["geometry_name"] or "wkb_geometry"].to_pylist(), meta


def _without_curves(one: _Dataset, layer: str, frame: Any) -> tuple[Any, list[Finding]]:
    """Return the records with chords for arcs, and a finding that says which and how near."""
    shapes, meta = _shapes(one.place, layer)
    system = None if meta["crs"] is None else pyproj.CRS.from_user_input(meta["crs"])
    bounds = pyogrio.read_info(one.place, layer=layer, force_total_bounds=True)["total_bounds"]
    off = tolerance(system, 0.0 if bounds is None else float(bounds[0]))
    try:
        drawn = [(None, 0) if wkb is None else straightened(wkb, off) for wkb in shapes]
    except ValueError as error:
        raise FileError(
            f"{one.what}: curved edges that cannot be drawn ({error}); export the layer with "
            "straight edges (QGIS: Segmentize by maximum distance)"
        ) from error
    geometry = shapely.from_wkb([wkb for wkb, _ in drawn], on_invalid="ignore")
    frame = gpd.GeoDataFrame(
        pd.DataFrame(frame.drop(columns=meta["geometry_name"] or "wkb_geometry", errors="ignore")),
        geometry=geometry,
        crs=system,
    )
    curved = [place + 1 for place, (_, arcs) in enumerate(drawn) if arcs]
    if not curved:
        return frame, []
    message = (
        f"arcs are drawn as straight edges, at most {TOLERANCE_M * 1000:g} mm off: record number "
        f"{some(curved, 12)}"
    )
    return frame, [Finding("as_polygon", message)]


def _has_codes(place: Path, layer: str) -> bool:
    """Say whether a layer has coded values: Arrow would lose a code that is not in their list."""
    with pyogrio.raw.open_arrow(place, layer=layer, use_pyarrow=True) as (_, stream):
        return any(pa.types.is_dictionary(field.type) for field in stream.schema)


def _typed(frame: gpd.GeoDataFrame, info: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return a table that came without Arrow with the types that one has with it."""
    new = {}
    for name, kind in zip(info["fields"], info["dtypes"], strict=True):
        if kind == "bool":
            new[name] = frame[name].astype("boolean")
        elif str(kind).startswith(("int", "uint")):
            new[name] = frame[name].astype("Int64")
    return frame.assign(**new)


def _without_display(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return KML's records without the columns that GDAL makes of how they are drawn."""
    empty = [name for name in _SELDOM if name in frame and frame[name].isna().all()]
    drawn = [name for name in _DISPLAY if name in frame]
    mangled = [str(name) for name in frame.columns if not str(name).strip("_")]
    found = []
    if mangled:
        message = (
            "columns of KML <Data> whose names are not in Latin letters cannot be told apart; "
            "export as GeoPackage, or with a <Schema>"
        )
        found.append(Finding("unread_part", message))
    return frame.drop(columns=[*empty, *drawn]), found


def _with_own_ids(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Return KML's records with the `id` that the file gives them, not that of its placemarks.

    LIBKML calls the attribute id of a <Placemark>, a number of the program that wrote it, `id`,
    and what the file itself calls ID then `ID2`; only an untyped <Data name="id"> goes before it.
    """
    text = path.read_bytes()
    typed, plain = (
        Counter(name.decode(errors="replace").lower() for name in pattern.findall(text))
        for pattern in (_SIMPLE_FIELD, _DATA)
    )
    if "id" in frame and plain["id"] < len(frame):
        frame = frame.rename(columns={"id": PLACEMARK_ID})
    moved = next((name for name in frame if str(name).lower() == "id2"), None)
    if moved is None or "id" in frame or not (typed["id"] or plain["id"]) or typed["id2"]:
        return frame
    return frame.rename(columns={moved: moved[:-1]})


def _has_attribute(path: Path, name: str) -> bool:
    """Say whether GeoJSON has an attribute of a name; GDAL also makes one of a feature's own id."""
    decoder, place, strange = json.JSONDecoder(), 0, 0
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while strange < _STRANGE and (match := _PROPERTIES.search(data, place)):
            start = place = match.end() - 1
            for length in (1 << 12, 1 << 18, 1 << 24):
                try:
                    text = data[start : start + length].decode(errors="replace")
                    said, _ = decoder.raw_decode(text)
                except (ValueError, RecursionError):
                    continue
                if name in said:
                    return True
                break
            else:
                strange += 1
    return False


def _raw(
    frame: gpd.GeoDataFrame,
    form: str,
    layer: str | None,
    broken: dict[int, str],
    findings: list[Finding],
    what: str,
) -> Raw:
    """Return the records with the geometry last, and the findings on single records."""
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    _check_texts(frame, what)
    frame, more = _plain(frame)
    table = frame[[*frame.columns.drop("geometry"), "geometry"]].reset_index(drop=True)
    rings = [
        Finding("few_points" if why == FEW_POINTS else "invalid_ring", why, record=place)
        for place, why in broken.items()
    ]
    every = (*findings, *more, *rings, *_not_finite(table.geometry.to_numpy()))
    return Raw(table, form, layer=layer, findings=every)


def _not_finite(geometries: NDArray[np.object_]) -> list[Finding]:
    """Return a finding for each record with a coordinate that is NaN or infinite."""
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = np.unique(owner[~np.isfinite(xy).all(axis=1)])
    return [
        Finding("bad_coordinates", "a coordinate is not a finite number", record=int(place))
        for place in bad
    ]


def _check_texts(frame: gpd.GeoDataFrame, what: str) -> None:
    """Refuse columns of one name, bytes that are no text, and a text of more than 1 MB."""
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise FileError(f"{what}: column {some(twice)} stands twice; rename one of them")
    for name in frame.columns.drop("geometry"):
        if not pd.api.types.is_string_dtype(frame[name].dtype):
            continue
        try:
            pa.array(frame[name]).validate(full=True)
        except pa.ArrowInvalid as error:
            raise FileError(
                f"{what}: column {name!r} has texts that are not in UTF-8, or not in the encoding "
                "that the file names (.cpg); export it again as UTF-8"
            ) from error
        long = np.flatnonzero(frame[name].str.len().fillna(0).to_numpy() > LONGEST_TEXT)
        if len(long):
            raise FileError(
                f"{what}: record number {some(place + 1 for place in long)} has a text of more "
                f"than {LONGEST_TEXT >> 20} MB in column {name!r}, refused; look for a field that "
                "is not data, and take it out"
            )


def _plain(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the table with lists and records as JSON, and without columns of bytes."""
    new: dict[str, Any] = {}
    left: list[str] = []
    for name in frame.columns.drop("geometry"):
        column = frame[name]
        if column.dtype != object:
            continue
        values = column.dropna()
        if values.map(lambda value: isinstance(value, bytes)).any():
            left.append(str(name))
        else:
            texts = values.map(_as_text)
            new[name] = texts.reindex(column.index).astype("str")
    found = []
    if left:
        found.append(Finding("unread_part", f"columns of attachments were left out: {some(left)}"))
    return frame.assign(**new).drop(columns=left), found


def _as_text(value: Any) -> str:
    """Return a value that is no text as JSON: lists, records, times."""
    if isinstance(value, str):
        return value
    value = value.tolist() if isinstance(value, np.ndarray) else value
    return json.dumps(value, ensure_ascii=False, default=str).strip('"')
