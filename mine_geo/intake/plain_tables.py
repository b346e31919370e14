"""Plain tables: a column of WKT, or one row a turning point; the records in their own words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import CRSError as ProjCRSError
from shapely.errors import GEOSException

from mine_geo.declared import of_values
from mine_geo.errors import CRSError, FileError, OptionError, some
from mine_geo.findings import Finding
from mine_geo.intake.datums import check_columns
from mine_geo.intake.nesting import is_deep_text
from mine_geo.intake.plain_columns import (
    BETWEEN,
    HAZARD,
    choose_tables,
    common_parts,
    keys,
    layout,
    of_points,
    with_key,
)
from mine_geo.intake.plain_points import Drawn, draw, merge_rows
from mine_geo.intake.raw import Raw
from mine_geo.terms import CRS
from mine_geo.vector import FEW_POINTS, NOT_CLOSED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mine_geo.intake.plain_columns import Layout
    from mine_geo.intake.raw import Profile
    from mine_geo.intake.received import What

FORMATS: Final = {
    "wkt": "table with WKT",
    "geojson": "table with GeoJSON",
    "geoshape": "table with geoshapes",
}
"""By the way in which a table says where; of all others it is a table of turning points."""
_SRID: Final = r"(?is)^\s*SRID\s*=\s*(?P<srid>[0-9]{1,7})\s*;(?P<rest>.*)$"
_HEX: Final = r"\s*[0-9A-Fa-f]{18,}\s*"
_LIKE_WKT: Final = "write it as POLYGON ((103.1 13.2, 103.2 13.2, 103.2 13.3, 103.1 13.2))"
_NO_GEOJSON: Final = (
    "no GeoJSON that can be read; write the polygon as "
    '{"type": "Polygon", "coordinates": [[[103.1, 13.2], ...]]}'
)
_NO_GEOSHAPE: Final = (
    "no geoshape that can be read; write each point as latitude, longitude, altitude, accuracy "
    "(12.7 102.75 0 4.5) with ; between them"
)
_OPEN_GEOSHAPE: Final = (
    "an open line, no polygon: it does not end where it begins; repeat its first point at the end "
    "where it was walked around the area"
)
_CURVES: Final = re.compile(r"(?i)circularstring|compoundcurve|curvepolygon|multi(?:curve|surface)")


def read(
    sheets: dict[str, pd.DataFrame],
    path: Path,
    *,
    layer: str | None = None,
    profile: Profile | None = None,
    what: What | None = None,
) -> Raw:
    """Read a table with WKT, or with one row a turning point, into records.

    Parameters
    ----------
    sheets
        The tables of the file by name, all cells text (`sheets.read_book`).
    path
        The file, for messages.
    layer
        The sheet of the records, where several can be.
    profile
        Its `points` name the columns by role (`wkt`, `lon`, `lat`, `easting`, `northing`, `zone`,
        `mgrs`, `parent`, `part`, `order`, `kind_of_point`), its `hazards` and `reports` the
        columns of a record; its options: `crs`, `decimal`, `number_gaps`. The bundled profile of
        plain tables where there is none.
    what
        `reports`: a hazard may have several, which their references tell apart.

    Returns
    -------
    Raw
        One row a record. WKT may begin with `SRID=4326;`, or be the hexadecimal WKB of PostGIS.
        Points: one row each, in one sheet with their record's columns, or in a sheet of their own
        that shares the id of another sheet of records; see `plain_points`. The reference system
        is that of MGRS (WGS 84), of an SRID, or the option `crs`; else None, for a plain table
        does not say its datum, and the caller must. UTM of several zones needs `crs`, for its
        datum.

    Raises
    ------
    FileError
        If no column says where, several sheets do, no column says whose a turning point is, or a
        file contradicts itself on its reference system.
    OptionError, CRSError
        If the option `crs` is unknown; if zones are several and no datum is said.

    Examples
    --------
    >>> from pathlib import Path
    >>> points = pd.DataFrame({"hazard_id": ["A"] * 3, "lon": ["104.5", "104.51", "104.51"],
    ...     "lat": ["13.2N", "13.2N", "13°13'N"], "village": "Boeng"}, dtype="str")
    >>> raw = read({"points": points}, Path("points.csv"))
    >>> raw.table["village"].tolist(), raw.table.geometry[0].wkt[:21], raw.table.crs
    (['Boeng'], 'POLYGON ((104.5 13.2,', None)
    """
    sheets = {name: table.reset_index(drop=True) for name, table in sheets.items()}
    layouts = {name: layout(table, profile, what) for name, table in sheets.items()}
    try:
        chosen = choose_tables(sheets, layouts, layer)
        places, found = sheets[chosen.places], layouts[chosen.places]
        crs = _said_crs(profile)
        read_from = (chosen.places, *filter(None, [chosen.records]))
        check_columns([sheets[name] for name in read_from], crs, profile)
        if found.way in READERS:
            given = profile is not None and profile.crs_given
            column = found.columns[str(found.way)]
            _refuse_deep(places[column])
            drawn = READERS[str(found.way)](places, column, crs, given=given)
        elif chosen.records is None:
            found = of_points(places, found)
            places = with_key(places, found)
            drawn = merge_rows(places, found, draw(places, found, crs, profile), profile)
            drawn = _without_key(drawn, found)
        else:
            found, of = _on_both(of_points(places, found), layouts[chosen.records])
            records = with_key(sheets[chosen.records], of)
            drawn = draw(with_key(places, found), found, crs, profile)
            drawn = _without_key(_joined(records, str(of.key), drawn, of), of)
    except (FileError, CRSError, OptionError) as error:
        raise type(error)(f"{path}: {error}") from error
    unread = [
        Finding("unread_part", f"sheet {name!r} says no place of a record: not read")
        for name in chosen.unread
    ]
    table = drawn.table.rename(columns={"geometry": "geometry_text"}).reset_index(drop=True)
    geometry = gpd.GeoSeries(list(drawn.geometry), index=table.index, crs=drawn.crs)
    return Raw(
        gpd.GeoDataFrame(table, geometry=geometry),
        FORMATS.get(str(found.way), "table of turning points"),
        layer=(chosen.records or chosen.places) if len(sheets) > 1 else None,
        findings=(*drawn.findings, *unread),
        by_zone=found.way == "utm" and "zone" in found.columns,
    )


def _on_both(points: Layout, records: Layout) -> tuple[Layout, Layout]:
    """Return the layouts of two sheets with what both of them say of whose a point is."""
    parts = common_parts(points, records)
    if not parts:
        return points, records
    return points.by(parts=parts), records.by(parts=parts)


def _without_key(drawn: Drawn, found: Layout) -> Drawn:
    """Return the records without the column that holds the parts of their key together."""
    if len(found.parts) < 2:
        return drawn
    return replace(drawn, table=drawn.table.drop(columns=str(found.key)))


def _said_crs(profile: Profile | None) -> pyproj.CRS | None:
    """Return the reference system that the profile says."""
    said = None if profile is None else profile.options.get("crs")
    if not said:
        return None
    try:
        return pyproj.CRS.from_user_input(said)
    except ProjCRSError as error:
        raise OptionError(f"option crs {said!r} is unknown; write it as EPSG:32648") from error


def _refuse_deep(texts: pd.Series[Any]) -> None:
    deep = [n for n, text in enumerate(texts.astype("str").fillna(""), 1) if is_deep_text(text)]
    if deep:
        raise FileError(f"record number {some(deep)}: collections in collections, refused")


def _from_wkt(
    table: pd.DataFrame, column: str, crs: pyproj.CRS | None, *, given: bool = False
) -> Drawn:
    texts = table[column].astype("str")
    parts = texts.str.extract(_SRID)
    wkt = parts["rest"].fillna(texts)
    binary = texts.str.fullmatch(_HEX).fillna(value=False).to_numpy(dtype=bool)
    geometry = np.full(len(table), None, dtype=object)
    words = np.array([text if isinstance(text, str) else None for text in wkt], dtype=object)
    geometry[~binary] = _parsed(shapely.from_wkt, words[~binary])
    geometry[binary] = _parsed(shapely.from_wkb, texts[binary].str.strip().to_numpy(dtype=object))
    srids = np.array(pd.to_numeric(parts["srid"]).fillna(0), dtype=int)
    srids[binary] = shapely.get_srid(geometry[binary])
    bad = np.flatnonzero(shapely.is_missing(geometry) & texts.notna().to_numpy())
    findings = [Finding(*_reason(words[row]), record=int(row)) for row in bad]
    there = ~shapely.is_missing(geometry)
    said = _one_srid(srids[there])
    if said is not None and crs is not None and said != crs and not given:
        raise FileError(f"its polygons say {said.to_string()}, the profile {crs.to_string()}")
    geometry[there] = shapely.set_srid(geometry[there], 0)
    system = crs if given else said or crs
    return Drawn(table.drop(columns=column), geometry, system, tuple(findings))


def _from_geojson(
    table: pd.DataFrame, column: str, crs: pyproj.CRS | None, *, given: bool = False
) -> Drawn:
    """Return the geometries of texts of GeoJSON; WGS 84 where they name no other system."""
    geometry = np.full(len(table), None, dtype=object)
    findings: list[Finding] = []
    drawn: list[Any] = [None] * len(table)
    for row, text in enumerate(table[column]):
        if not isinstance(text, str):
            continue
        try:
            content = json.loads(text)
            shape = content.get("geometry", content) if isinstance(content, dict) else {}
            geometry[row] = shapely.from_geojson(json.dumps(shape))
        except (ValueError, TypeError, AttributeError, RecursionError, GEOSException):
            findings.append(Finding("bad_coordinates", _NO_GEOJSON, record=row))
        else:
            drawn[row] = content
    if given:
        return Drawn(table.drop(columns=column), geometry, crs, tuple(findings))
    system, unclear = of_values(drawn, pyproj.CRS(CRS))
    if unclear is not None:
        raise CRSError(
            f"{unclear}; ask its maker, and export them in EPSG:4326, or, if one system holds for "
            'all, give it, as crs="EPSG:32648"'
        )
    return Drawn(table.drop(columns=column), geometry, system, tuple(findings))


def _from_geoshapes(
    table: pd.DataFrame, column: str, crs: pyproj.CRS | None, *, given: bool = False
) -> Drawn:
    """Return the polygons of ODK and Kobo: latitude and longitude of a receiver, on WGS 84."""
    geometry = np.full(len(table), None, dtype=object)
    findings = []
    for row, text in enumerate(table[column]):
        if not isinstance(text, str):
            continue
        points = [point.split()[:2] for point in text.split(";") if point.strip()]
        try:
            xy = np.array(points, dtype=float)[:, ::-1]
        except (ValueError, IndexError):
            findings.append(Finding("bad_coordinates", _NO_GEOSHAPE, record=row))
            continue
        if not (np.abs(xy) <= (180, 90)).all():
            findings.append(Finding("bad_coordinates", _NO_GEOSHAPE, record=row))
        elif (xy[0] != xy[-1]).any():
            findings.append(Finding("not_polygon", _OPEN_GEOSHAPE, record=row))
        elif len(xy) < 4:
            findings.append(Finding("few_points", FEW_POINTS, record=row))
        else:
            geometry[row] = shapely.Polygon(xy)
    system = crs if given else pyproj.CRS(CRS)
    return Drawn(table.drop(columns=column), geometry, system, tuple(findings))


READERS: Final = {"wkt": _from_wkt, "geojson": _from_geojson, "geoshape": _from_geoshapes}
"""Of each way in which one cell holds a whole polygon."""


def _parsed(parse: Any, texts: Any) -> Any:
    """Return geometries, None for a text that is none, and for one with curved edges."""
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            return parse(texts, on_invalid="ignore")
        except NotImplementedError:  # GEOS reads curves, shapely has none: each text by itself
            if len(texts) == 1:
                return [None]
            return [_parsed(parse, texts[[place]])[0] for place in range(len(texts))]


def _reason(text: str) -> tuple[str, str]:
    """Return the code of a WKT that cannot be read, and why, as GEOS says it."""
    if _CURVES.search(text):
        return "not_polygon", "curved edges; draw them with straight ones, close together"
    if re.fullmatch(_HEX, text):
        return "bad_coordinates", "hexadecimal WKB that cannot be read; export the table with WKT"
    if re.match(r"(?is)\s*(?:multi)?polygon\b", text):
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                shapely.from_wkt(text)
        except (GEOSException, ValueError) as error:
            if "closed" in str(error):
                return "invalid_ring", NOT_CLOSED
            if "points" in str(error):
                return "few_points", FEW_POINTS
    return "bad_coordinates", f"no WKT that can be read ({_shortened(text)}); {_LIKE_WKT}"


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return repr(plain if len(plain) <= 40 else f"{plain[:20]} ... {plain[-15:]}")


def _one_srid(srids: NDArray[np.int_]) -> pyproj.CRS | None:
    """Return the reference system of an SRID; 0 says none."""
    different = np.unique(srids)
    if len(different) > 1:
        raise FileError(f"SRID {some(different)} in one column of WKT; one table has one of them")
    if not len(different) or different[0] == 0:
        return None
    try:
        return pyproj.CRS.from_epsg(int(different[0]))
    except ProjCRSError as error:
        raise CRSError(f"SRID {different[0]} is unknown; say the right one") from error


def _joined(records: pd.DataFrame, key: str, drawn: Drawn, of: Layout) -> Drawn:
    """Return the records of one sheet with the polygons of another."""
    ids = keys(records, key)
    rows: dict[Any, list[int]] = {}
    for row, name in enumerate(ids):
        if pd.notna(name):
            rows.setdefault(name, []).append(row)
    by_key = dict(zip(drawn.table["key"], drawn.geometry, strict=True))
    unclear = {name for name in by_key if len(rows.get(name, ())) > 1 and _of_several(of)}
    geometry = np.full(len(ids), None, dtype=object)
    geometry[:] = [None if name in unclear else by_key.get(name) for name in ids]
    findings = []
    for finding in drawn.findings:
        name = None if finding.record is None else drawn.table["key"].iloc[finding.record]
        if name is None or (name in rows and name not in unclear):
            place = None if name is None else rows[name][0]
            findings.append(Finding(finding.code, finding.message, record=place))
    for name in unclear:
        said = f"{len(rows[name])} reports of {name}, and their turning points do not say of which"
        mend = "no polygon is drawn: write the number of its report (report_no) beside each point"
        findings += [Finding("rows_mixed", f"{said}; {mend}", record=row) for row in rows[name]]
    orphans = [str(name).replace(BETWEEN, " ") for name in drawn.table["key"] if name not in rows]
    if orphans:
        said = f"turning points of {some(orphans)}, which the records do not have"
        findings.append(Finding("orphan_points", said))
    return Drawn(records, geometry, drawn.crs, tuple(findings))


def _of_several(of: Layout) -> bool:
    """Say whether the key of a sheet of reports is that of the hazard alone."""
    return tuple(of.parts) == (HAZARD,)
