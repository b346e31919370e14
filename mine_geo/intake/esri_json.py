"""Esri JSON: what a FeatureServer or MapServer answers to a query with f=json (IMSMA Core).

Geometry is built by GDAL (`esri_geometry` says what GDAL gets wrong and is done there), attributes
are typed by the answer's fields and the description of the layer (`esri_fields`), pages are put
together (`esri_pages`). Coordinates stay in the system that the answer declares; sizes are always
computed later, on the ellipsoid: the planar area of Web Mercator is 4 to 7 % too large in Cambodia.

Format: Esri, ArcGIS REST API, "Query (Feature Service/Layer)" and "Geometry objects".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mine_geo.errors import CRSError, FileError
from mine_geo.findings import Finding
from mine_geo.intake.esri_fields import merge_fields, to_columns
from mine_geo.intake.esri_geometry import draw
from mine_geo.intake.esri_pages import find_description, read_pages
from mine_geo.intake.matching import is_made
from mine_geo.intake.raw import Raw

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.intake.esri_geometry import Drawn
    from mine_geo.intake.esri_pages import Page
    from mine_geo.intake.raw import Profile

FORMAT: Final = "Esri JSON"
OBJECT_ID: Final = "objectid"
"""What the server's number of a record is called here, where its field has a name of its own."""


def read(path: Path, *, layer: str | None = None, profile: Profile | None = None) -> Raw:  # noqa: ARG001 (all readers are called alike)
    """Read the answer of an ArcGIS server, of one page or several.

    Parameters
    ----------
    path
        One answer, one file with a list of answers, or a folder with one answer a file. The
        description of the layer may lie beside it: see `esri_pages.find_description`.
    layer
        An answer has no layers: leave it out.
    profile
        Not needed to read it.

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
    ...     raw = read(file)
    >>> raw.table.hazard[0], raw.table.geometry[0].wkt, raw.table.crs.to_epsg()
    ('AP-1', 'POLYGON ((103 13, 103 13.1, 103.1 13.1, 103 13))', 4326)
    """
    if layer is not None:
        raise FileError(f"{path}: an answer of a server has no layers; leave out layer={layer!r}")
    parts: list[_Part] = []
    findings: list[Finding] = []
    start = 0
    for page in read_pages(path):
        part, said = _part(page, start)
        parts.append(part)
        findings += said
        start += len(part.attributes)
    if parts[-1].more:
        findings.append(_more(parts[-1].name, start))
    attributes = [row for part in parts for row in part.attributes]
    fields = merge_fields(part.head for part in parts)
    oid = _object_id(parts[0].head, fields)
    description, unread = find_description(path, set(fields) or set().union(*attributes))
    columns, bad = to_columns(attributes, fields, description | _zone(parts[0].head))
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
    attributes = [_attributes(feature) for feature in page.features]
    strange = len(page.answer["features"]) - len(attributes)
    if strange:
        findings.append(Finding("unread_part", f"{page.name}: {strange} features are no records"))
    if drawn.declared is not None and drawn.crs is None:
        message = f"{page.name}: a reference system that is not known: {drawn.declared[:200]}"
        findings.append(Finding("unread_part", message))
    head = {name: value for name, value in page.answer.items() if name != "features"}
    return _Part(page.name, head, attributes, drawn, page.more), findings


def _attributes(feature: dict[str, Any]) -> dict[str, Any]:
    attributes = feature.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def _zone(head: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer itself says of the time zone of its dates."""
    said = ("datesInUnknownTimezone", "dateFieldsTimeReference")
    return {name: head[name] for name in said if name in head}


def _more(name: str, records: int) -> Finding:
    message = (
        f"{name}: the server has more than these {records} records (exceededTransferLimit); "
        "ask for the next pages (resultOffset) and save them in one folder"
    )
    return Finding("more_on_server", message)


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
    ids = pd.Series([_hashable(row.get(name)) for row in attributes], dtype=object)
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


def _hashable(value: Any) -> Any:
    return value if isinstance(value, (int, float, str)) else None


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
