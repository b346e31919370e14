"""Esri JSON: what a FeatureServer or MapServer answers to a query with f=json (IMSMA Core).

The attributes of Esri JSON: types by the answer's fields, codes by the domains of the layer.
They are taken from the JSON, not from GDAL, which (tried with 3.12) reads a date that is a text as
1970, an object id above 2,147,483,647 as that number, a text in a number field as 0, leaves out
attributes that `fields` does not name, and knows no subtypes.

The files of an Esri JSON answer: its pages, and the description of the layer beside them.
A server gives at most some thousand records in one answer. The pages of a longer one are kept as
one file that holds a JSON list of them, or as files in a folder of their own (in the order of the
numbers in their names). A file stands for itself: other pages beside it are not read.

The geometry of Esri JSON: what GDAL reads right is GDAL's, the rest is made plain for it.
GDAL (ESRIJSON driver, tried with 3.12) is right on rings in either direction, holes, islands in
holes, several parts and on `spatialReference` (`latestWkid`, `wkid` with 102100 as EPSG:3857, WKT).
Tried and found wrong, or not said, and therefore done here before it sees the rings:

- a z or m that is null or "NaN", as servers write it where there is none, loses the whole polygon:
  only x and y are handed on;
- curves (`curveRings`) become null without a word: `not_polygon`;
- a coordinate that is not a number, a point of one number: null without a word: `bad_coordinates`;
- rings of one or two points: null or degenerate without a word: `few_points`;
- a ring that is not closed: null in pyogrio; closed here, and said (`repaired`);
- a `spatialReference` that stands in the geometries only, or that PROJ does not know, becomes
  "none" without a word; one in a geometry that differs from that of its layer is passed over.

Geometry is built by GDAL (`esri_geometry` says what GDAL gets wrong and is done there), attributes
are typed by the answer's fields and the description of the layer (`esri_fields`), pages are put
together (`esri_pages`). Coordinates stay in the system that the answer declares; sizes are always
computed later, on the ellipsoid: the planar area of Web Mercator is 4 to 7 % too large in Cambodia.

Format: Esri, ArcGIS REST API, "Query (Feature Service/Layer)" and "Geometry objects".
"""

from __future__ import annotations

import json
import math
import re
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio.errors

from mine_geo.errors import CRSError, FileError, some
from mine_geo.geo.cells import iso_moments
from mine_geo.geo.named_systems import same_system, system_of
from mine_geo.intake.columns import is_made
from mine_geo.intake.findings import Finding
from mine_geo.intake.received import ANYTHING, Raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyproj
    from numpy.typing import NDArray

    from mine_geo.intake.received import Wanted


Values = list[Any]
Codes = dict[str, str]

WHOLE: Final = ("OID", "SmallInteger", "Integer", "BigInteger", "Long")
BROKEN: Final = ("Single", "Double")
"""Types of numbers, without `esriFieldType`."""

FIRST_MS: Final = -62_135_596_800_000
LAST_MS: Final = 253_402_300_799_999
"""The years 1 to 9999, milliseconds from 1970."""


def merge_fields(answers: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the fields of several answers by name, in their order; the first of a name counts."""
    merged: dict[str, dict[str, Any]] = {}
    for answer in answers:
        fields = answer.get("fields")
        for field in fields if isinstance(fields, list) else []:
            if isinstance(field, dict) and isinstance(field.get("name"), str):
                merged.setdefault(field["name"], field)
    return merged


def to_columns(
    attributes: Sequence[Mapping[str, Any]],
    fields: Mapping[str, dict[str, Any]],
    description: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the attributes as columns, named and ordered as the fields, then what else there is.

    Parameters
    ----------
    attributes
        One mapping a record.
    fields
        The fields of the answer, by name.
    description
        The description of the layer, or nothing.

    Returns
    -------
    tuple
        Columns by name, and findings (`bad_date`). Whole numbers Int64, others float64; `Date`
        datetime64[ms, UTC] (without zone where the service keeps none: `datesInUnknownTimezone`),
        `DateOnly` datetime64[ms] without zone, `TimestampOffset` datetime64[ms, UTC]; all else
        text. Coded values are replaced by their names; a code that is in no domain stays. A
        column of numbers in which something else stands is text.

    Examples
    --------
    >>> fields = {"day": {"name": "day", "type": "esriFieldTypeDate"},
    ...           "kind": {"name": "kind", "domain": {"type": "codedValue", "codedValues": [
    ...               {"name": "AP mines", "code": 1}]}}}
    >>> columns, findings = to_columns([{"day": -86400000, "kind": 1}], fields, {})
    >>> columns["day"][0], columns["kind"][0]
    (Timestamp('1969-12-31 00:00:00+0000', tz='UTC'), 'AP mines')
    """
    described = merge_fields([description])
    known = {name: described.get(name, {}) | field for name, field in fields.items()}
    names = list(known) + [
        name for name in dict.fromkeys(n for row in attributes for n in row) if name not in known
    ]
    subtypes = _subtypes(attributes, description)
    local = _without_zone(description)
    columns: dict[str, Any] = {}
    findings: list[Finding] = []
    for name in names:
        field = known.get(name) or described.get(name, {})
        kind = str(field.get("type", "")).removeprefix("esriFieldType")
        if kind == "Geometry":
            continue
        values = [row.get(name) for row in attributes]
        domain = field.get("domain") or described.get(name, {}).get("domain")
        codes = [_codes(domain)] * len(values)
        if subtypes is not None:
            codes = [
                subtype.get(name, usual) for subtype, usual in zip(subtypes, codes, strict=True)
            ]
        if any(codes):
            values = [_named(value, words) for value, words in zip(values, codes, strict=True)]
            kind = "Coded"
        column = "geometry_" if name == "geometry" else name  # ours is called so
        columns[column], bad = _column(values, kind, local=local)
        findings += [
            Finding("bad_date", f"{name} {_text(values[record])[:40]!r} is no day", record=record)
            for record in bad
        ]
    return columns, findings


def _column(values: Values, kind: str, *, local: bool) -> tuple[Any, list[int]]:
    """Return a column of one type, and the places of what is no day."""
    values = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
    if kind in ("Date", "TimestampOffset", "DateOnly"):
        return _moments(values, zone=not (kind == "DateOnly" or (local and kind == "Date")))
    there = [value for value in values if value is not None]
    if kind in (*WHOLE, *BROKEN) or (kind == "" and there):
        whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in there]
        integers = all(type(value) is int and -(2**63) < value < 2**63 for value in whole)
        if integers and (kind in WHOLE or all(type(value) is int for value in there)):
            return pd.array([None if v is None else int(v) for v in values], dtype="Int64"), []
        if all(type(value) in (int, float) and abs(value) < 1e308 for value in there):
            numbers = [math.nan if value is None else float(value) for value in values]
            return pd.Series(numbers, dtype=float), []
    return pd.Series([_text(value) for value in values], dtype="str"), []


def _moments(values: Values, *, zone: bool) -> tuple[pd.Series[Any], list[int]]:
    """Return days and times from milliseconds since 1970 or from ISO texts."""
    numbers = np.array(
        [
            np.datetime64(
                math.floor(value)
                if (type(value) in (int, float) and FIRST_MS <= value <= LAST_MS)
                else "NaT",
                "ms",
            )
            for value in values
        ],
        dtype="datetime64[ms]",
    )
    texts = pd.Series([v if isinstance(v, str) else None for v in values], dtype=object)
    said = iso_moments(texts)
    moments = pd.Series(numbers).dt.tz_localize("UTC").fillna(said.astype("datetime64[ms, UTC]"))
    bad = [place for place in np.flatnonzero(moments.isna()) if values[place] is not None]
    return (moments if zone else moments.dt.tz_localize(None)), [int(place) for place in bad]


def _text(value: Any) -> Any:
    """Return a text; objects, lists and numbers as JSON has them, null as None."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _without_zone(description: Mapping[str, Any]) -> bool:
    """Say whether the service keeps its dates in no known time zone."""
    zone = description.get("dateFieldsTimeReference")
    name = zone.get("timeZone") if isinstance(zone, dict) else None
    unknown = description.get("datesInUnknownTimezone") is True
    return unknown or (isinstance(name, str) and name.lower() == "unknown")


def _key(code: Any) -> str:
    """Return a code as text; 1, 1.0 and "1" are one code."""
    if isinstance(code, float) and code.is_integer():
        code = int(code)
    return str(code).strip()


def _codes(domain: Any) -> Codes:
    """Return the names of a coded-value domain by code; nothing for a range or no domain."""
    if not isinstance(domain, dict) or not isinstance(domain.get("codedValues"), list):
        return {}
    return {
        _key(word["code"]): word["name"]
        for word in domain["codedValues"]
        if isinstance(word, dict) and "code" in word and isinstance(word.get("name"), str)
    }


def _named(value: Any, codes: Codes) -> Any:
    if value is None or isinstance(value, (dict, list)):
        return value
    return codes.get(_key(value), value)


def _subtypes(
    attributes: Sequence[Mapping[str, Any]], description: Mapping[str, Any]
) -> list[dict[str, Codes]] | None:
    """Return for each record the codes that its subtype gives to fields; None without subtypes."""
    field = description.get("typeIdField") or description.get("subtypeField")
    types = description.get("types") or description.get("subtypes")
    if not isinstance(field, str) or not field or not isinstance(types, list):
        return None
    names: Codes = {}
    own: dict[str, dict[str, Codes]] = {}
    for kind in types:
        if not isinstance(kind, dict) or not isinstance(kind.get("name"), str):
            continue
        key = _key(kind.get("id", kind.get("code")))
        names[key] = kind["name"]
        domains = kind.get("domains")
        given = domains.items() if isinstance(domains, dict) else ()
        own[key] = {name: codes for name, domain in given if (codes := _codes(domain))}
    by_type = {key: {field: names} | codes for key, codes in own.items()}
    return [by_type.get(_key(row.get(field)), {}) for row in attributes]


MOST_BYTES: Final = 256 * 1024**2
"""The largest file that is read; in memory it takes about ten times its size."""

ENDINGS: Final = (".json", ".geojson", ".txt")
"""Of the files of a folder that may be pages."""

DESCRIBED: Final = ("Feature Layer", "Table")
"""The `type` of a layer's description."""

_UNPAIRED: Final = re.compile(rb"\\u[dD][89abAB]")
_AGAIN: Final = "ask the server again with f=json and save that answer"


@dataclass(frozen=True)
class Page:
    """One answer of the server."""

    name: str
    """The file, and the number of the page in it."""
    answer: dict[str, Any]

    @property
    def features(self) -> list[dict[str, Any]]:
        """The records as they stand; what is no object is left out."""
        return [feature for feature in self.answer["features"] if isinstance(feature, dict)]

    @property
    def more(self) -> bool:
        """Whether the server said that records follow."""
        said = self.answer.get("properties")
        said = said if isinstance(said, dict) else {}
        return self.answer.get("exceededTransferLimit", said.get("exceededTransferLimit")) is True


def read_pages(path: Path) -> Iterator[Page]:
    """Read the pages of a file or a folder, one after the other.

    Raises
    ------
    FileError
        If a file is missing, too large, no JSON, or no answer with records: the error of a
        server (with its message), a list of ids, a count, a description, GeoJSON.
    """
    if not path.is_dir():
        content = load(path)
        pages = content if isinstance(content, list) else [content]
        several = isinstance(content, list)
        for number, page in enumerate(pages, 1):
            yield _page(page, f"{path}, page {number}" if several else str(path))
        if not pages:
            raise FileError(f"{path}: an empty list, no answer of a server; {_AGAIN}")
        return
    found = False
    for file in _files(path):
        content = load(file)
        if not is_description(content):
            found = True
            yield _page(content, str(file))
    if not found:
        raise FileError(f"{path}: no pages of a server's answer (*.json) in this folder")


def find_description(path: Path, fields: set[str]) -> tuple[dict[str, Any], list[Finding]]:
    """Find the description of the layer: the answer of .../FeatureServer/0?f=json, saved beside.

    Beside `hazards.json` it is `hazards.layer.json`, else `layer.json`; in a folder of pages any
    file that is one. Another layer's description would give codes other meanings: it counts only
    if it has the fields of the records.

    Returns
    -------
    tuple
        The description, empty where there is none, and a finding (`unread_part`) on one that
        does not fit or cannot be read.
    """
    if path.is_dir():
        files = _files(path)
    else:
        files = [path.with_name(f"{path.stem}.layer.json"), path.with_name("layer.json")]
    strange: list[str] = []
    for file in files:
        if not file.is_file() or file == path:
            continue
        try:
            content = load(file)
        except FileError as error:
            strange.append(str(error))
            continue
        if not is_description(content):
            continue
        names = set(merge_fields([content]))
        if fields <= names:
            return content, []
        strange.append(f"{file}: describes another layer, without {some(sorted(fields - names))}")
    return {}, [Finding("unread_part", message) for message in strange]


def is_description(content: object) -> bool:
    """Say whether a JSON value describes a layer."""
    return (
        isinstance(content, dict)
        and content.get("type") in DESCRIBED
        and isinstance(content.get("fields"), list)
    )


def load(file: Path) -> Any:
    """Read a JSON file (UTF-8, -16 or -32, with or without byte order mark).

    Raises
    ------
    FileError
        If the file is missing, too large or no JSON.
    """
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise FileError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    if size > MOST_BYTES:
        raise FileError(
            f"{file}: {size / 1024**2:.0f} MB, more than {MOST_BYTES // 1024**2} MB for one page; "
            "ask the server for pages (resultRecordCount) and save each as a file in one folder"
        )
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise FileError(f"{file}: a web page, no JSON; log in to the server, then {_AGAIN}")
    if b"\0" in data[:4096].rstrip(b"\0") or rb"\u0000" in data:
        data = _without_utf16(file, data)
    try:
        content = json.loads(data)
        if _UNPAIRED.search(data):
            # Half a pair of UTF-16 is not a character, and no column or store can hold it.
            content = json.loads(json.dumps(content, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        raise FileError(f"{file}: lists in lists without end, no answer of a server") from None
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"{file}: no JSON, or cut short ({reason}); {_AGAIN}") from error
    return content


def _without_utf16(file: Path, data: bytes) -> bytes:
    """Return the text in UTF-8; the error says that NUL characters stand in it."""
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or r"\u0000" in text:
        raise FileError(f"{file}: NUL characters in it; the file is damaged, {_AGAIN}")
    return text.encode()


def _files(folder: Path) -> list[Path]:
    """List the JSON files of a folder, by their content too, `page_2` before `page_10`."""
    files = []
    for file in folder.iterdir():
        if file.suffix.lower() not in ENDINGS or file.name.startswith(".") or not file.is_file():
            continue
        with file.open("rb") as stream:
            start = stream.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
        if file.suffix.lower() == ".json" or start.startswith((b"{", b"[")):
            files.append(file)
    return sorted(
        files,
        key=lambda file: [(text, int(n or 0)) for text, n in _NUMBERED.findall(file.name.lower())],
    )


_NUMBERED: Final = re.compile(r"([^0-9]*)([0-9]{0,18})")


def _page(content: Any, name: str) -> Page:
    """Return a page; the error says what else it is."""
    if not isinstance(content, dict):
        raise FileError(f"{name}: no answer of a server; {_AGAIN}")
    error = content.get("error")
    if isinstance(error, dict):
        said = f"{error.get('message') or 'no reason given'} (code {error.get('code')})"
        raise FileError(f"{name}: the server answered with an error: {said}; {_AGAIN}")
    if content.get("type") == "FeatureCollection":
        raise FileError(f"{name}: GeoJSON, no Esri JSON; read it as a file of its own")
    if is_description(content):
        raise FileError(f"{name}: the description of a layer, not its records; {_AGAIN}")
    if not isinstance(content.get("features"), list):
        if "objectIds" in content or "count" in content:
            raise FileError(f"{name}: only a count or ids, no records (returnIdsOnly); {_AGAIN}")
        raise FileError(f"{name}: no features in it, no answer of a query; {_AGAIN}")
    if content.get("transform"):
        raise FileError(
            f"{name}: coordinates are steps of a grid (transform); "
            "ask again without quantizationParameters"
        )
    return Page(name, content)


CURVED: Final = ("curveRings", "curvePaths")
BLOCK: Final = 10_000
"""Geometries handed to GDAL at once."""

_Fault = tuple[str, str]


class _PointError(ValueError):
    """A position that is no pair of numbers."""


@dataclass(frozen=True)
class Drawn:
    """The geometries of a page."""

    geometries: NDArray[np.object_]
    """One a record, None where it has none or one that cannot be read."""
    crs: pyproj.CRS | None
    declared: str | None
    """The `spatialReference` as it stands, None where there is none."""
    findings: list[Finding]
    """`record` is the place in the page, from 0."""
    unclear: str | None = None
    """Which systems the geometries name, where they are several."""


def draw(page: Page) -> Drawn:
    """Build the geometries of a page in the reference system that it declares.

    Raises
    ------
    FileError
        If GDAL cannot read the page at all.
    """
    written = [feature.get("geometry") for feature in page.features]
    declared, unclear = _declared(page, written)
    findings: list[Finding] = []
    geometries = np.full(len(written), None, dtype=object)
    crs = None
    for start in range(0, max(len(written), 1), BLOCK):
        plain: list[dict[str, Any] | None] = []
        for record, geometry in enumerate(written[start : start + BLOCK], start):
            shape, faults = _plain(geometry)
            plain.append(shape)
            findings += [Finding(code, message, record=record) for code, message in faults]
        built, crs = _by_gdal(page, plain, declared)
        geometries[start : start + BLOCK] = built
        for record, shape in enumerate(plain, start):
            if shape is not None and geometries[record] is None:
                message = "a geometry that cannot be built from its coordinates"
                findings.append(Finding("bad_coordinates", message, record=record))
    text = None if declared is None else json.dumps(declared, sort_keys=True)
    return Drawn(geometries, crs, text, findings, unclear)


def _by_gdal(
    page: Page, shapes: list[dict[str, Any] | None], declared: dict[str, Any] | None
) -> tuple[NDArray[np.object_], pyproj.CRS | None]:
    answer = {
        "geometryType": "esriGeometryPolygon",
        "spatialReference": declared,
        "fields": [{"name": "n", "type": "esriFieldTypeInteger"}],
        "features": [{"attributes": {"n": n}, "geometry": g} for n, g in enumerate(shapes)],
    }
    try:
        with warnings.catch_warnings():
            # Codes of ESRI that PROJ knows under another number.
            warnings.simplefilter("ignore", RuntimeWarning)
            frame = pyogrio.read_dataframe(json.dumps(answer).encode(), columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise FileError(f"{page.name}: GDAL cannot read its geometries ({error})") from error
    geometries = frame.geometry.to_numpy(dtype=object)
    if len(geometries) != len(shapes):
        raise FileError(f"{page.name}: GDAL read {len(geometries)} of {len(shapes)} geometries")
    missing = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    geometries[missing] = None
    return geometries, frame.crs


def _declared(page: Page, geometries: list[Any]) -> tuple[dict[str, Any] | None, str | None]:
    """Return the spatial reference of the page, or else the one of all its geometries.

    And what is named, where that is not one: a geometry may say another than its layer.
    """
    said = page.answer.get("spatialReference")
    whole = said if isinstance(said, dict) and said else None
    kept: list[tuple[dict[str, Any] | None, int]] = []
    for record, (feature, geometry) in enumerate(zip(page.features, geometries, strict=True), 1):
        own = _own(geometry) or _own(feature) or whole
        if geometry and not any(_same(own, other) for other, _ in kept):
            kept.append((own, record))
    declared = whole or next((own for own, _ in kept if own), None)
    if all(_same(own, declared) for own, _ in kept):
        return declared, None
    named = [f"{_system_in_words(own)} (record {record:,})" for own, record in kept]
    layer = f", and their layer {_system_in_words(whole)}" if whole else ""
    return declared, f"its geometries name {some(named, 3)}{layer}"


def _same(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    return one == other or same_system(system_of(one), system_of(other))


def _system_in_words(said: dict[str, Any] | None) -> str:
    return "none" if said is None else json.dumps(said, sort_keys=True)[:200]


def _own(value: Any) -> dict[str, Any] | None:
    """Return the spatial reference that a feature or geometry says itself."""
    said = value.get("spatialReference") if isinstance(value, dict) else None
    return said if isinstance(said, dict) and said else None


def _plain(geometry: Any) -> tuple[dict[str, Any] | None, list[_Fault]]:
    """Return a geometry with x and y only, and what is wrong with it."""
    if geometry is None or geometry == {}:
        return None, []
    if not isinstance(geometry, dict):
        return None, [("bad_coordinates", "a geometry that is none (a text or a number)")]
    if any(geometry.get(name) for name in CURVED):
        message = "curved edges; ask the server for straight ones (returnTrueCurves=false)"
        return None, [("not_polygon", message)]
    try:
        if "rings" in geometry:
            return _rings(geometry["rings"])
        return _other(geometry)
    except _PointError as error:
        return None, [("bad_coordinates", str(error))]


def _rings(rings: Any) -> tuple[dict[str, Any] | None, list[_Fault]]:
    faults: list[_Fault] = []
    kept = []
    for number, ring in enumerate(_list(rings), 1):
        points = _positions(ring, f"ring {number}")
        if not points:
            continue
        closed = points if points[0] == points[-1] else [*points, points[0]]
        if len(closed) < 4:
            count = max(len(closed) - 1, 1)
            faults.append(("few_points", f"ring {number} has {count} points, not 3: left out"))
            continue
        if closed is not points:
            faults.append(("repaired", f"ring {number} did not end where it begins: closed"))
        kept.append(closed)
    return ({"rings": kept} if kept else None), faults


def _other(geometry: dict[str, Any]) -> tuple[dict[str, Any] | None, list[_Fault]]:
    """Return a point, a line or points; a hazard it is not, but the checks say so."""
    if "x" in geometry:
        if geometry["x"] in (None, "NaN"):  # so an empty point is written
            return None, []
        x, y = _positions([[geometry["x"], geometry.get("y")]], "the point")[0]
        return {"x": x, "y": y}, []
    if "paths" in geometry:
        paths = [_positions(path, "a path") for path in _list(geometry["paths"])]
        paths = [path for path in paths if len(path) > 1]
        return ({"paths": paths} if paths else None), []
    if "points" in geometry:
        points = _positions(geometry["points"], "the points")
        return ({"points": points} if points else None), []
    named = ", ".join(sorted(geometry))[:60]
    return None, [("not_polygon", f"a geometry of an unknown kind ({named})")]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _PointError("a geometry whose rings are no list")
    return value


def _positions(points: Any, where: str) -> list[list[float]]:
    """Return the pairs of x and y; z and m are left out."""
    if not isinstance(points, list) or not all(
        isinstance(point, list) and len(point) >= 2 for point in points
    ):
        raise _PointError(f"{where}: a point that is no pair of numbers")
    try:
        xy = np.array([point[:2] for point in points], dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise _PointError(f"{where}: a coordinate that is no number") from None
    if not np.isfinite(xy).all():
        raise _PointError(f"{where}: a coordinate that is no number")
    return xy.tolist()


FORMAT: Final = "Esri JSON"
OBJECT_ID: Final = "objectid"
"""What the server's number of a record is called here, where its field has a name of its own."""


def read_answer(path: Path, wanted: Wanted = ANYTHING) -> Raw:
    """Read the answer of an ArcGIS server, of one page or several.

    Parameters
    ----------
    path
        One answer, one file with a list of answers, or a folder with one answer a file. The
        description of the layer may lie beside it: see `esri_pages.find_description`.
    wanted
        An answer has no layers: leave it out. The profile is not needed to read it.

    Returns
    -------
    Raw
        Columns by field name (not alias), in the order of the fields; `geometry` in the declared
        system, x and y only, null where a record has none or an unreadable one. Findings:
        `more_on_server` (the last page says that records follow), `duplicate_id` (an object id on
        two pages: they shifted while they were downloaded), `not_polygon`, `bad_coordinates`,
        `few_points`, `repaired` (a ring that was not closed), `bad_date`, `unread_part`.

    Raises
    ------
    FileError
        If a file is missing, too large, no JSON, the error of a server, or no answer at all.
    CRSError
        If pages are in different reference systems.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> ring = [[103, 13], [103, 13.1], [103.1, 13.1], [103, 13]]
    >>> answer = {"spatialReference": {"wkid": 4326},
    ...           "fields": [{"name": "hazard", "type": "esriFieldTypeString"}],
    ...           "features": [{"attributes": {"hazard": "AP-1"}, "geometry": {"rings": [ring]}}]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "hazards.json")
    ...     _ = file.write_text(json.dumps(answer))
    ...     raw = read_answer(file)
    >>> raw.table.hazard[0], raw.table.geometry[0].wkt, raw.table.crs.to_epsg()
    ('AP-1', 'POLYGON ((103 13, 103 13.1, 103.1 13.1, 103 13))', 4326)
    """
    if wanted.layer is not None:
        raise FileError(
            f"{path}: an answer of a server has no layers; leave out layer={wanted.layer!r}"
        )
    parts: list[_Part] = []
    findings: list[Finding] = []
    start = 0
    for page in read_pages(path):
        part, said = _part(page, start)
        parts.append(part)
        findings += said
        start += len(part.attributes)
    if parts[-1].more:
        message = (
            f"{parts[-1].name}: the server has more than these {start} records "
            "(exceededTransferLimit); ask for the next pages (resultOffset) and save them in one "
            "folder"
        )
        findings.append(Finding("more_on_server", message))
    attributes = [row for part in parts for row in part.attributes]
    fields = merge_fields(part.head for part in parts)
    oid = _object_id(parts[0].head, fields)
    description, unread = find_description(path, set(fields) or set().union(*attributes))
    # What the answer itself says of the time zone of its dates counts.
    zone = ("datesInUnknownTimezone", "dateFieldsTimeReference")
    description |= {name: parts[0].head[name] for name in zone if name in parts[0].head}
    columns, bad = to_columns(attributes, fields, description)
    findings += unread + bad + _twice(parts, attributes, oid)
    if oid in columns and not is_made(oid):
        # The server's number of a record, whatever it is called: never the id of a hazard.
        free = OBJECT_ID if OBJECT_ID not in columns else f"{OBJECT_ID}_{oid}"
        columns = {free if name == oid else name: each for name, each in columns.items()}
    unclear = next((f"{p.name}: {p.drawn.unclear}" for p in parts if p.drawn.unclear), None)
    table = _table(columns, parts, start)
    return Raw(table, FORMAT, findings=tuple(findings), unclear=unclear)


@dataclass(frozen=True)
class _Part:
    """What stays of a page once it is read."""

    name: str
    head: dict[str, Any]
    attributes: list[dict[str, Any]]
    drawn: Drawn
    more: bool


def _part(page: Page, start: int) -> tuple[_Part, list[Finding]]:
    """Return what stays of a page, and its findings with the places of the whole table."""
    drawn = draw(page)
    findings = [replace(f, record=f.record + start) for f in drawn.findings if f.record is not None]
    written = [feature.get("attributes") for feature in page.features]
    attributes = [each if isinstance(each, dict) else {} for each in written]
    strange = len(page.answer["features"]) - len(attributes)
    if strange:
        findings.append(Finding("unread_part", f"{page.name}: {strange} features are no records"))
    if drawn.declared is not None and drawn.crs is None:
        message = f"{page.name}: a reference system that is not known: {drawn.declared[:200]}"
        findings.append(Finding("unread_part", message))
    head = {name: value for name, value in page.answer.items() if name != "features"}
    return _Part(page.name, head, attributes, drawn, page.more), findings


def _object_id(head: dict[str, Any], fields: dict[str, dict[str, Any]]) -> str | None:
    """Return the field of the server's own number of a record."""
    name = head.get("objectIdFieldName")
    if isinstance(name, str):
        return name
    return next((n for n, field in fields.items() if field.get("type") == "esriFieldTypeOID"), None)


def _twice(parts: list[_Part], attributes: list[dict[str, Any]], name: str | None) -> list[Finding]:
    """Name the records whose object id stood before: pages that shifted while they were saved."""
    if name is None:
        return []
    written = [row.get(name) for row in attributes]
    hashable = [each if isinstance(each, (int, float, str)) else None for each in written]
    ids = pd.Series(hashable, dtype=object)
    places = np.repeat([part.name for part in parts], [len(part.attributes) for part in parts])
    first = dict(zip(ids[::-1], places[::-1], strict=True))
    again = np.flatnonzero(ids.duplicated() & ids.notna())
    advice = "the pages shifted while they were saved, others may be missing: save them again"
    return [
        Finding(
            "duplicate_id",
            f"{name} {ids[place]} stands in {first[ids[place]]} and in {places[place]}; {advice}",
            record=int(place),
        )
        for place in again
    ]


def _table(columns: dict[str, Any], parts: list[_Part], records: int) -> gpd.GeoDataFrame:
    """Put columns and geometries together; the error names pages in different systems."""
    filled = [part for part in parts if part.attributes] or parts[:1]
    first = filled[0]
    for part in filled[1:]:
        if part.drawn.crs != first.drawn.crs:
            raise CRSError(
                f"{part.name}: another reference system ({part.drawn.declared}) than {first.name} "
                f"({first.drawn.declared}); ask the server for all pages in one (outSR=4326)"
            )
    geometry = np.concatenate([part.drawn.geometries for part in parts])
    index = pd.RangeIndex(records)
    series = gpd.GeoSeries(geometry, index=index, crs=first.drawn.crs)
    data = pd.DataFrame(columns, index=index)
    return gpd.GeoDataFrame(data, geometry=series)
