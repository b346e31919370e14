"""Which reference systems a file names, also where GDAL passes over them.

GDAL takes the reference system of a layer from one place. PostGIS writes it into each geometry,
others onto features, into each line of a sequence, as a link or in words; a GeoPackage keeps a
number in each geometry. What GDAL passes over it reads as WGS 84 without a word, and Indian 1960
read as WGS 84 is 440 m off. So the file itself is looked through, and what it names is compared
with what GDAL understood. Nothing is fetched, whatever a link says.
"""

from __future__ import annotations

import codecs
import json
import mmap
import re
import sqlite3
import zipfile
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
import shapely
import sqlalchemy
from pyproj.exceptions import CRSError as UnknownSystemError
from sqlalchemy.dialects import sqlite

from mine_geo.errors import FileError, some
from mine_geo.geo.crs import is_wgs84

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    import geopandas as gpd

    Bytes = bytes | mmap.mmap


KEYS: Final = ("crs", "coordRefSys", "srsName", "srs", "srid", "spatialReference")
"""The members of JSON that name a reference system."""
WITHIN: Final = ("name", "code", "href", "url", "latestWkid", "wkid", "wkt")
"""Where an object that names one says it, the best first."""
MOST_PARSED: Final = 256 << 20
"""Bytes of JSON that are taken apart to see which record names what."""

_SHOWN: Final = 60
_LONGEST: Final = 1 << 16
_CODE: Final = re.compile(
    r"(?i)(?<![a-z])(epsg|esri)[:/#. ]*(?:[0-9.]+[:/])?(?:xml#|io/)?([0-9]{4,6})"
)
_CRS84: Final = re.compile(r"(?i)(?<![a-z])CRS(84|83|27)h?(?![0-9])")
_NUMBER: Final = re.compile(r"\s*([0-9]{4,6})(?:\.0)?\s*")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ()/._-]{0,80}")
_WKT: Final = re.compile(r"(?i)\s*(?:GEO|PROJ|COMPD|COMPOUND|BOUND|VERT|ENG|LOCAL)[A-Z_]*\s*\[")
_PROJ: Final = re.compile(r"\s*\+proj=[A-Za-z0-9_+=.,:\s-]{1,500}")
_IN_XML: Final = re.compile(
    rb"<(?:[\w.-]+:)?([\w.-]+)\b[^<>]*?\bsrsName\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
)
_WEB_MERCATOR: Final = {"102100": 3857, "102113": 3857, "900913": 3857}
_WGS84: Final = ("wgs84", "wgs1984", "gcswgs1984", "dwgs1984", "worldgeodeticsystem1984")
_UNDEFINED: Final = (0, -1)
_TEXTS: Final = (".json", ".geojson", ".geojsonl", ".topojson", ".gml", ".xml")
_DATA: Final = (".shp", ".gpkg", ".fgb", ".kml", ".gdbtable", ".tab", ".mif")
_BOXES: Final = ("Envelope", "Box", "boundedBy")
_MARKS: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


# A letter of JSON may be escaped.
_ESCAPED: Final = ["".join(rf"(?:{one}|\\u00{ord(one):02x})" for one in key) for key in KEYS]
_MEMBER: Final = re.compile(rf'"(?:{"|".join(_ESCAPED)})"\s*:\s*'.encode(), re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """A reference system as a file names it."""

    text: str
    """What stands there, shortened."""
    system: pyproj.CRS | None
    """None where it is not known."""


@dataclass
class _Records:
    """What the records of a file name: for each named thing how many, and the first."""

    count: int = 0
    first: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    named: dict[str, Named] = field(default_factory=dict)
    silent: int = 0

    def add(self, names: Iterable[Named]) -> None:
        """Note what one record names; nothing is what stands for the whole file."""
        found = {each.text: each for each in names}
        for text, each in found.items():
            self.first.setdefault(text, self.count + 1)
            self.named[text] = each
            self.counts[text] += 1
        self.silent += not found
        self.count += 1


def system_of(said: Any) -> pyproj.CRS | None:
    """Return the reference system that a name, number, URN, link or object of JSON means.

    Parameters
    ----------
    said
        As GeoJSON of 2008 (`{"type": "name", "properties": {"name": "EPSG:4131"}}`, its links and
        codes), JSON-FG, PROJJSON, Esri JSON, GML and everyday words have it. A name must be the
        whole name of the system: "Indian" could be several.

    Returns
    -------
    pyproj.CRS or None
        None where it is not known, or says nothing.

    Examples
    --------
    >>> old = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4131"}}
    >>> [system_of(said).to_epsg() for said in (old, "Indian 1960", 4131, "4326")]
    [4131, 4131, 4131, 4326]
    >>> system_of("http://spatialreference.org/ref/epsg/4131/proj4/").name
    'Indian 1960'
    >>> system_of("Indian"), system_of(None)
    (None, None)
    """
    if isinstance(said, list):
        return system_of(said[0]) if said else None  # of a compound one, the horizontal part
    if isinstance(said, dict):
        return _of_object(said)
    if isinstance(said, bool) or not isinstance(said, (str, int, float)):
        return None
    return _of_text(str(said))


def _of_object(said: dict[str, Any]) -> pyproj.CRS | None:
    if "$schema" in said or "datum" in said or "base_crs" in said or "datum_ensemble" in said:
        try:
            return pyproj.CRS.from_json_dict(said)
        except UnknownSystemError:
            return None
    inside = said.get("properties")
    if isinstance(inside, dict):
        said = inside
    values = (said.get(name) for name in WITHIN)
    return next((system_of(value) for value in values if value not in (None, "")), None)


@lru_cache(maxsize=1000)
def _of_text(text: str) -> pyproj.CRS | None:
    if len(text) > _LONGEST:
        return None
    try:
        return _coded(text) or _spelled(text.strip())
    except UnknownSystemError:
        return None


def _coded(text: str) -> pyproj.CRS | None:
    """Return the system of WKT, or of the code of an authority in a text."""
    if _WKT.match(text):
        return pyproj.CRS.from_wkt(text)
    if code := _CODE.search(text):
        return pyproj.CRS.from_authority(code[1].upper(), code[2])
    if number := _NUMBER.fullmatch(text):
        return _of_number(number[1])
    if old := _CRS84.search(text):
        return pyproj.CRS.from_authority("OGC", f"CRS{old[1]}")
    return None


def _spelled(text: str) -> pyproj.CRS | None:
    """Return the system of PROJ's parameters, or of a name; PROJ also takes the next best name."""
    if _PROJ.fullmatch(text):
        return pyproj.CRS.from_user_input(text)
    if not _PLAIN_NAME.fullmatch(text):
        return None
    if _letters(text) in _WGS84:
        return pyproj.CRS.from_epsg(4326)
    found = pyproj.CRS.from_user_input(text)
    flat = found.is_geographic or found.is_projected
    return found if flat and _letters(found.name) == _letters(text) else None


def _of_number(number: str) -> pyproj.CRS:
    """Return the system of a bare number: EPSG's, or Esri's where EPSG has none."""
    try:
        return pyproj.CRS.from_epsg(_WEB_MERCATOR.get(number, int(number)))
    except UnknownSystemError:
        return pyproj.CRS.from_authority("ESRI", number)


def _letters(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def of_geometries(frame: gpd.GeoDataFrame) -> str | None:
    """Say which other system the geometries themselves bear (SRID of EWKB); None if they do not.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> old = shapely.set_srid(shapely.Point(104, 12), 4131)
    >>> of_geometries(gpd.GeoDataFrame(geometry=[old], crs=4326))
    'its geometries bear SRID 4131, and it says WGS 84'
    """
    numbers = np.unique(shapely.get_srid(frame.geometry.to_numpy()))
    other = [n for n in numbers if n > 0 and not same_system(system_of(int(n)), frame.crs)]
    if not other:
        return None
    whole = "no reference system" if frame.crs is None else frame.crs.name
    return f"its geometries bear SRID {some(other)}, and it says {whole}"


def same_system(one: pyproj.CRS | None, other: pyproj.CRS | None) -> bool:
    """Say whether two reference systems place coordinates at the same spot; axes do not count.

    Examples
    --------
    >>> same_system(pyproj.CRS("OGC:CRS84"), pyproj.CRS("EPSG:4326"))
    True
    >>> same_system(pyproj.CRS("EPSG:4131"), pyproj.CRS("EPSG:4326"))
    False
    """
    if one is None or other is None:
        return False
    if one.is_geographic and other.is_geographic and is_wgs84(one) and is_wgs84(other):
        return True
    if one.equals(other, ignore_axis_order=True):
        return True
    codes = [system.to_authority(min_confidence=70) for system in (one, other)]
    return codes[0] is not None and codes[0] == codes[1]


def as_named(
    frame: gpd.GeoDataFrame, path: str | os.PathLike[str], layer: str | None = None
) -> tuple[gpd.GeoDataFrame, str | None]:
    """Return a layer in the one reference system that its file names, or why there is not one.

    Parameters
    ----------
    frame
        What GDAL read, in the system that it understood.
    path
        The file it was read from.
    layer
        The layer, in a file that has several.

    Returns
    -------
    geopandas.GeoDataFrame
        The same, in the system that all records name, where GDAL passed over it.
    str or None
        What the file names, where that is several systems, or one that is not known.

    Raises
    ------
    FileError
        If the file names systems beside the one of the layer, and is too large to be looked into.
    """
    file = Path(path)
    if not file.is_file():
        return frame, None  # a folder: file geodatabase, which has one system for each layer
    for part in _parts(file):
        with part as data:
            start = bytes(data[:256]).lstrip(b"\xef\xbb\xbf \t\r\n")
            if start.startswith(b"SQLite format 3\x00"):
                return frame, _in_geopackage(frame, file, layer)
            if start.startswith(b"<"):
                why = _in_xml(frame, data)
            elif start.startswith((b"{", b"[", b"\x1e")):
                frame, why = _in_json(frame, data, file)
            else:
                why = None
        if why is not None:
            return frame, why
    return frame, None


def _parts(file: Path) -> list[Any]:
    """Return what opens the texts of a file: itself, or those in a zip."""
    if not zipfile.is_zipfile(file):
        return [_mapped(file)]
    with zipfile.ZipFile(file) as archive:
        names = [part.filename for part in archive.infolist()]
    if any(name.lower().endswith(_DATA) for name in names):
        return []  # a text beside a Shapefile says something of it, or of something else
    return [_unpacked(file, name) for name in names if name.lower().endswith(_TEXTS)]


@contextmanager
def _mapped(file: Path) -> Iterator[Bytes]:
    with file.open("rb") as stream:
        start = stream.read(4)
        encoding = next((name for mark, name in _MARKS if start.startswith(mark)), None)
        if encoding is not None or not start:
            stream.seek(0)
            yield stream.read().decode(encoding or "utf-8", errors="replace").encode()
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


@contextmanager
def _unpacked(file: Path, name: str) -> Iterator[Bytes]:
    with zipfile.ZipFile(file) as archive:
        yield archive.read(name)


def _named(said: Any) -> Named:
    """Return what a value of JSON names."""
    shown = said
    while isinstance(shown, dict):
        inside = shown.get("properties", shown)
        inside = inside if isinstance(inside, dict) else {}
        shown = next((inside[name] for name in WITHIN if inside.get(name)), json.dumps(said))
    text = "null" if shown is None else shown if isinstance(shown, str) else json.dumps(shown)
    system = system_of(said)
    code = None if system is None else system.to_authority(min_confidence=100)
    known = None if system is None else ":".join(code) if code else system.name
    return Named(known or text[:_SHOWN], system)


def _in_json(
    frame: gpd.GeoDataFrame, data: Bytes, file: Path
) -> tuple[gpd.GeoDataFrame, str | None]:
    """Compare what is named anywhere in JSON with what GDAL understood."""
    if not any(not same_system(each.system, frame.crs) for each in _mentions(data)):
        return frame, None
    if len(data) > MOST_PARSED:
        named = some(dict.fromkeys(each.text for each in _mentions(data)))
        raise FileError(
            f"{file}: names {named} beside the reference system of its layer, and is too large to "
            f"see which record does ({len(data) >> 20} MB); export it in EPSG:4326"
        )
    try:
        found = _records(_values(bytes(data).decode("utf-8-sig", errors="replace")))
    except RecursionError:
        raise FileError(f"{file}: lists in lists without end; export it again") from None
    system, why = _one(found, frame.crs)
    if why is not None or system is None or same_system(system, frame.crs):
        return frame, why
    return frame.set_crs(system, allow_override=True), None


def of_values(values: Iterable[Any], whole: pyproj.CRS) -> tuple[pyproj.CRS, str | None]:
    """Return the one system that values of JSON name, one a record, or why there is not one.

    Parameters
    ----------
    values
        Features or geometries of GeoJSON; None for a record without one.
    whole
        The system of those that name none.

    Examples
    --------
    >>> system, why = of_values([{"crs": "EPSG:4131"}, {}], pyproj.CRS(4326))
    >>> why
    'its records name several reference systems: EPSG:4131 in 1 (the first is number 1), WGS 84 in
    1'
    """
    found = _Records()
    for value in values:
        if value is None:
            found.count += 1
        else:
            found.add(_inside(value))
    system, why = _one(found, whole)
    return system or whole, why


def _one(found: _Records, whole: pyproj.CRS | None) -> tuple[pyproj.CRS | None, str | None]:
    """Return the one system of records, or why there is not one."""
    # A name that is not known could be any datum: nothing is taken for it.
    unknown = [each for each in found.named.values() if each.system is None]
    if unknown:
        return None, _unknown(found, unknown[0])
    systems = _different(each.system for each in found.named.values() if each.system)
    if found.silent:
        # A record that names nothing is in the system that was taken for the whole.
        systems = _different((*systems, *([whole] if whole else [])))
    if len(systems) > 1 or (found.silent and whole is None):
        return None, _several(found, whole)
    return (systems[0] if systems else None), None


def _mentions(data: Bytes) -> Iterator[Named]:
    """Give what members of JSON name, wherever they stand, without taking the text apart."""
    decoder, known = json.JSONDecoder(), dict[str, Named]()
    for match in _MEMBER.finditer(data):
        for length in (1 << 10, 1 << 18):
            text = bytes(data[match.end() : match.end() + length]).decode(errors="replace")
            try:
                said, end = decoder.raw_decode(text)
            except (ValueError, RecursionError):
                continue
            written = text[:end]
            if written not in known:
                known[written] = _named(said)
            yield known[written]
            break
        else:
            yield Named(text[:_SHOWN], None)


def _values(text: str) -> Iterator[Any]:
    """Give the values of a text of JSON: one, or one a line, or between record separators."""
    decoder, place = json.JSONDecoder(), 0
    gap = re.compile(r"[\s,\x1e]*")
    while between := gap.match(text, place):
        place = between.end()
        if place == len(text):
            return
        try:
            value, place = decoder.raw_decode(text, place)
        except ValueError:
            return  # GDAL said what is wrong, or read as far as this
        yield value


def _records(values: Iterable[Any]) -> _Records:
    """Return what each record names, in it or for the whole file."""
    found = _Records()
    for value in values:
        whole: list[Named] = []
        features = value.get("features") if isinstance(value, dict) else None
        if not isinstance(features, list):
            _add_alone(found, value)
            continue
        rest = {name: each for name, each in value.items() if name != "features"}
        whole = _inside(rest)
        for feature in features:
            own = _inside(feature)
            if own or whole or (isinstance(feature, dict) and feature.get("geometry")):
                found.add([*whole, *own])
            else:
                found.count += 1
    return found


def _add_alone(found: _Records, value: Any) -> None:
    """Note what a value names that is no collection of features: one of them, or a topology."""
    names = _inside(value)
    objects = value.get("objects") if isinstance(value, dict) else None
    if not isinstance(objects, dict):
        found.add(names)
        return
    # Of a topology what stands at its top holds for all, what stands deeper for some.
    top = _inside({name: each for name, each in value.items() if name != "objects"})
    found.add(names)
    if names and not top:
        found.add([])


def _inside(value: Any) -> list[Named]:
    """Return what is named anywhere inside a value; words in attributes only if they are known."""
    found: list[Named] = []
    wanted = {key.lower() for key in KEYS}
    waiting: list[tuple[Any, bool]] = [(value, False)]
    while waiting:
        node, attributes = waiting.pop()
        if isinstance(node, list):
            if not (node and isinstance(node[0], (int, float))):
                waiting += [(each, attributes) for each in node]
            continue
        if not isinstance(node, dict):
            continue
        for name, each in node.items():
            if name.lower() in wanted:
                named = _named(each)
                plain = attributes and not isinstance(each, dict)
                if not (plain and named.system is None):
                    found.append(named)
            elif isinstance(each, (dict, list)):
                waiting.append((each, attributes or name == "properties"))
    return found


def _different(systems: Iterable[pyproj.CRS]) -> list[pyproj.CRS]:
    """Return the systems without those that are the same as one before."""
    kept: list[pyproj.CRS] = []
    for system in systems:
        if not any(same_system(system, other) for other in kept):
            kept.append(system)
    return kept


def _unknown(found: _Records, named: Named) -> str:
    if named.text == "null":
        return "it says that its reference system is not known (crs: null)"
    where = f"record number {found.first[named.text]}"
    return f"it names a reference system that is not known: {named.text!r} ({where})"


def _several(found: _Records, whole: pyproj.CRS | None) -> str:
    said = [
        f"{text} in {count:,} (the first is number {found.first[text]})"
        for text, count in found.counts.most_common()
    ]
    if found.silent:
        said.append(f"{'none' if whole is None else whole.name} in {found.silent:,}")
    return f"its records name several reference systems: {some(said, 5)}"


def _in_xml(frame: gpd.GeoDataFrame, data: Bytes) -> str | None:
    """Compare the srsName of each geometry of GML with what GDAL understood."""
    places: dict[str, list[str]] = {}
    for element, quoted, single in _IN_XML.findall(data):
        name = (quoted or single).decode(errors="replace")
        places.setdefault(name, []).append(element.decode(errors="replace"))
    drawn = {
        name: elements
        for name, elements in places.items()
        if any(e not in _BOXES for e in elements)
    }
    named = {name: _named(name) for name in drawn or places}
    if frame.crs is None and len(_different(n.system for n in named.values() if n.system)) < 2:
        return None  # that is refused anyway
    other = [each for each in named.values() if not same_system(each.system, frame.crs)]
    if not other:
        return None
    unknown = [each for each in other if each.system is None]
    if unknown:
        return f"it names a reference system that is not known: {unknown[0].text!r} (srsName)"
    told = some(dict.fromkeys(each.text for each in named.values()))
    return f"its geometries name several reference systems: {told} (srsName)"


def _in_geopackage(frame: gpd.GeoDataFrame, file: Path, layer: str | None) -> str | None:
    """Compare the number of a system in each geometry with that of its layer.

    A geometry of OGC 12-128 begins with `GP`, a version, flags (bit 0: little endian) and the
    number of its system; 0 and -1 say none.
    """
    if frame.crs is None or layer is None:
        return None
    beside = file.with_name(f"{file.name}-wal").exists()
    how = "mode=ro" if beside else "mode=ro&immutable=1"  # the latter makes no file beside it
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True)) as connection:
        try:
            return _numbers(frame.crs, connection, layer)
        except sqlite3.Error:
            return None  # no GeoPackage, or one that GDAL reads in another way


def _numbers(whole: pyproj.CRS, connection: sqlite3.Connection, layer: str) -> str | None:
    query = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE lower(table_name) = ?"
    row = connection.execute(query, (layer.lower(),)).fetchone()
    if row is None:
        return None
    column, own = row
    if own in _UNDEFINED:
        return None  # that is refused anyway
    systems = {
        number: (name, f"{body}:{code}", wkt)
        for number, name, body, code, wkt in connection.execute(
            "SELECT srs_id, srs_name, organization, organization_coordsys_id, definition "
            "FROM gpkg_spatial_ref_sys"
        )
    }
    definition = system_of(systems.get(own, ("", "", None))[2])
    if definition is not None and is_wgs84(definition) != is_wgs84(whole):
        return f"its layer is said to be {systems[own][1]}, which it defines as {definition.name}"
    heads = sqlalchemy.func.substr(sqlalchemy.column(column), 4, 5)
    asked = sqlalchemy.select(heads, sqlalchemy.func.count()).select_from(sqlalchemy.table(layer))
    asked = asked.group_by(heads)
    text = str(asked.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    counts: Counter[int] = Counter()
    for start, count in connection.execute(text):
        if isinstance(start, bytes) and len(start) == 5:
            order = "little" if start[0] & 1 else "big"
            counts[int.from_bytes(start[1:], order, signed=True)] += count  # type: ignore[arg-type]
    said = []
    for number, count in counts.most_common():
        if number == own or number in _UNDEFINED:
            continue
        name, code, wkt = systems.get(number, ("", f"number {number}", None))
        system = system_of(code) or system_of(wkt)
        if system is None or not same_system(system, whole):
            said.append(f"{name or code} in {count:,}")
    if not said:
        return None
    return (
        f"its geometries bear other reference systems than its layer ({whole.name}): {some(said)}"
    )
