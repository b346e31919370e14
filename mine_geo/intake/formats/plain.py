"""Plain tables: a column of WKT, or one row a turning point; the records in their own words.

Which column of a plain table says where, and whose turning point a row is.

Rows of a plain table, one turning point each, to the polygons and columns of their records.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import CRSError as ProjCRSError
from shapely.errors import GEOSException

from mine_geo.errors import CRSError, FileError, OptionError, some
from mine_geo.geo.crs import CAMBODIA, is_wgs84
from mine_geo.geo.named_systems import of_values
from mine_geo.geo.vector import FEW_POINTS, NOT_CLOSED
from mine_geo.intake.columns import ID, columns_named, fold, is_made, names_of
from mine_geo.intake.findings import Finding
from mine_geo.intake.formats.survey123 import PARENTS
from mine_geo.intake.guard.binary import is_deep_text
from mine_geo.intake.mapping import is_state
from mine_geo.intake.points import coordinates, turning_points
from mine_geo.intake.points.geopoints import BENCHMARKS, LANDMARKS, LOOSE_KINDS, words
from mine_geo.intake.points.plausible import check_columns
from mine_geo.intake.profiles import bundled
from mine_geo.intake.received import ANYTHING, NO_PROFILE, Raw, with_geometry
from mine_geo.terms import CRS, HAZARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mine_geo.intake.received import Profile, Wanted, What

    Sheets = dict[str, pd.DataFrame]


WAYS: Final = {
    "wkt": ("wkt",),
    "geojson": ("geojson",),
    "geoshape": ("geoshape",),
    "lon_lat": ("lon", "lat"),
    "utm": ("easting", "northing"),
    "mgrs": ("mgrs",),
    "plane": ("x", "y"),
}
"""How a table may say where: the columns, by role, that it takes."""
SHAPES: Final = ("wkt", "geojson", "geoshape")
"""Those of which one cell holds a whole polygon; they count before all others."""
_LOOKED_AT: Final = 50
"""Cells of a column by which its content is told."""
_GEOSHAPE: Final = (
    r"\s*[+-]?\d+(?:\.\d*)?(?:[ \t]+[+-]?\d+(?:\.\d*)?){1,3}"
    r"(?:\s*;\s*[+-]?\d+(?:\.\d*)?(?:[ \t]+[+-]?\d+(?:\.\d*)?){1,3}){2,}\s*;?\s*$"
)
"""Points of ODK, at least three: latitude, longitude, altitude, accuracy; the last two may lack."""
_GEOJSON: Final = r'\s*\{[^{}]*"(?:type|coordinates|crs)"\s*:'
_IS_SHAPE: Final = {"geojson": _GEOJSON, "geoshape": _GEOSHAPE}
PLAIN: Final = "plain"
"""The bundled profile of plain tables."""
POINT_ONLY: Final = ("part", "ring", "order", "zone", "kind_of_point")
"""Roles of columns that say something of a point, besides where it is."""
EVENT_KEYS: Final = ("event_id", "report_id")
"""Where a table has one of these, a record is a report, and a hazard may have several."""
_REFERENCE: Final = "report_ref"
"""The column of ours whose names tell reports apart, however many of them a table has."""
HAZARD: Final = "hazard"
"""The part of the key of a report that is its hazard."""
BETWEEN: Final = "\x1f"
"""Between the parts of a key: no text has it."""
_FURTHER: Final = {
    "wkt": ("geometry", "shape_wkt"),
    "mgrs": ("grid",),
    "x": ("x", "x_coord", "x_coordinate", "point_x", "coord_x"),
    "y": ("y", "y_coord", "y_coordinate", "point_y", "coord_y"),
}
"""Names besides those of the profile. x and y say neither degrees nor metres: the caller does."""


@dataclass(frozen=True)
class Layout:
    """The columns of a table that say where, and of which record."""

    way: str | None
    """One of `WAYS`; None where the table says no place."""
    columns: Mapping[str, str]
    """Columns by role, those of `WAYS` and of `POINT_ONLY` that are there."""
    key: str | None
    """The column that says to which record a row belongs."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Of reports: the columns that together say to which report a row belongs, by what they are:
    the name of a reference, or `hazard`."""

    def by(self, *, parts: Iterable[str]) -> Layout:
        """Return it with a key of these parts only."""
        kept = {part: self.parts[part] for part in parts}
        return replace(self, parts=kept, key=" and ".join(kept.values()) or self.key)


@dataclass(frozen=True)
class Chosen:
    """The tables of a file that hold the records."""

    places: str
    """The table with WKT or points."""
    records: str | None
    """The table of the records, where that is another one."""
    unread: tuple[str, ...]


def layout(table: pd.DataFrame, profile: Profile = NO_PROFILE, what: What | None = None) -> Layout:
    """Find the columns of a table that say where, and of which record.

    Parameters
    ----------
    table
        All cells text.
    profile
        Its `points` name columns by role, its `hazards` the id of a hazard; the bundled profile
        of plain tables where it names none. Case, spaces, `_` and `-` do not count.
    what
        `reports`: a hazard may have several, which their references tell apart.

    Returns
    -------
    Layout
        Of several ways to say where that of which most rows are filled; WKT before all.

    Examples
    --------
    >>> import pandas as pd
    >>> found = layout(pd.DataFrame({"Hazard ID": ["A"], "Lat": ["13"], "Long": ["104"]}))
    >>> found.way, found.key, found.columns
    ('lon_lat', 'Hazard ID', {'lon': 'Long', 'lat': 'Lat'})
    """
    taken = profile.id_column
    if not profile.points:  # it says options only, or nothing
        profile = bundled()[PLAIN]
    roles = [role for parts in WAYS.values() for role in parts]
    columns: dict[str, str] = {}
    for role in (*roles, *POINT_ONLY):
        names = (*profile.points.get(role, ()), *_FURTHER.get(role, ()))
        found = columns_named(table.columns, names)
        if found:
            columns[role] = found[0]
    columns = _with_shapes(table, columns)
    ways = [way for way, parts in WAYS.items() if all(part in columns for part in parts)]
    filled = {
        way: int(table[[columns[part] for part in WAYS[way]]].notna().all(axis=1).sum())
        for way in ways
    }
    ways = [way for way in SHAPES if filled.get(way)][:1] or ways
    way = max(ways, key=lambda name: filled[name], default=None)
    plain = bundled()[PLAIN].hazards.columns["hazard_id"]
    ids = profile.hazards.columns.get("hazard_id", plain)
    # A number that a program gives each row says nothing of the record.
    own = [name for name in table.columns if not is_made(str(name))]
    named = columns_named(own, (*EVENT_KEYS, *_parents(profile), *ids, "hazard_id"))
    if taken is not None:
        said = [taken] if taken in table.columns else columns_named(table.columns, (taken,))
        named = said or named
    key = named[0] if named else None
    made = Layout(way, columns, key)
    if what != "reports":
        return made
    return replace(made, parts=_parts(table, own, profile, key))


def _parts(
    table: pd.DataFrame, own: list[str], profile: Profile, key: str | None
) -> dict[str, str]:
    """Return the columns that tell the reports of a table apart: references, and the hazard."""
    names = (*EVENT_KEYS, *names_of(profile.reports, _REFERENCE))
    parts = {fold(str(column)): column for column in columns_named(own, names)}
    hazard = columns_named(own, names_of(profile.reports, ID))
    if key is not None and key not in parts.values():
        hazard = [key]
    if hazard:
        parts[HAZARD] = hazard[0]
    return {part: column for part, column in parts.items() if table[column].notna().any()}


def of_points(table: pd.DataFrame, found: Layout) -> Layout:
    """Return the layout of a table of points without what numbers the points, not the reports."""
    texts = {part: keys(table, column) for part, column in found.parts.items()}
    return found.by(parts=[
        part for part, text in texts.items() if text.nunique() < text.notna().sum() or len(text) < 3
    ])  # fmt: skip


def with_key(table: pd.DataFrame, found: Layout) -> pd.DataFrame:
    """Return a table with a column, named as the key, of all the parts of its key together.

    It is null where one of them is; but a report that names no hazard in any row is one all the
    same.
    """
    if len(found.parts) < 2:
        return table
    texts = {part: keys(table, column) for part, column in found.parts.items()}
    hazard = texts.pop(HAZARD, None)
    key = pd.Series("", index=table.index, dtype="str")
    for each in texts.values():
        key = key.str.cat(each, sep=BETWEEN)
    if hazard is not None:
        named = hazard.notna().groupby(key.fillna("")).transform("any")
        key = key.str.cat(hazard.where(named, ""), sep=BETWEEN)
    return table.assign(**{str(found.key): key})


def common_parts(one: Layout, other: Layout) -> list[str]:
    """Return the parts of a key that two sheets share."""
    return [part for part in one.parts if part in other.parts]


def _with_shapes(table: pd.DataFrame, named: Mapping[str, str]) -> dict[str, str]:
    """Return the columns by role with those of whole polygons that only their content tells.

    A column named for WKT may hold GeoJSON, and ODK calls a column of polygons as the form does.

    Raises
    ------
    FileError
        If several columns hold polygons; without the name of the file.
    """
    columns = dict(named)
    wkt = columns.get("wkt")
    for way, pattern in _IS_SHAPE.items():
        if way in columns:
            continue
        like = [column for column in table.columns if _is_like(table[column], pattern)]
        if len(like) > 1 and wkt not in like:
            raise FileError(
                f"several columns of polygons ({some(like)}); name the one that counts in a "
                f'profile, as  [points] {way} = ["{like[0]}"]'
            )
        if like:
            columns[way] = wkt if wkt in like else like[0]
    if wkt is not None and wkt in (columns.get(way) for way in _IS_SHAPE):
        del columns["wkt"]
    return columns


def _is_like(column: pd.Series[Any], pattern: str) -> bool:
    """Say whether most of the first cells of a column that are filled are written in a way."""
    cells = column.dropna().astype("str").head(_LOOKED_AT)
    return bool(len(cells)) and bool(cells.str.match(pattern).mean() > 0.5)


def _parents(profile: Profile) -> tuple[str, ...]:
    """Return the names of the column that says whose a point is; `[]` of a profile is none."""
    said = profile.points.get("parent")
    return () if said == () else said or bundled()[PLAIN].points.get("parent", ())


def choose_tables(sheets: Sheets, layouts: Mapping[str, Layout], layer: str | None) -> Chosen:
    """Choose the table of places, and that of the records where it is another one.

    Raises
    ------
    FileError
        If there is no such layer, no table says where, or several do and `layer` does not say
        which; without the name of the file, which the caller adds.
    """
    if layer is not None and layer not in sheets:
        raise FileError(f"no sheet {layer!r}; it has: {some(sheets, 12)}")
    placed = [name for name, found in layouts.items() if found.way is not None]
    if not placed:
        columns = some(dict.fromkeys(c for table in sheets.values() for c in table.columns), 20)
        raise FileError(
            f"no columns of WKT or of coordinates (there are: {columns}); name them in a profile's "
            "[points], or delete the rows above the headings if there are any"
        )
    places = _columns_in_words(placed, layouts, layer)
    if layer == places:
        return Chosen(places, None, tuple(name for name in sheets if name != places))
    records = [name for name in sheets if _shares_keys(sheets, layouts, places, name)]
    if layer is not None:
        records = [name for name in records if name == layer]
        if not records:
            raise FileError(f"sheet {layer!r} says no place, and no id of the sheet {places!r}")
    if len(records) > 1:
        raise _several("of records", records)
    unread = tuple(name for name in sheets if name not in {places, *records})
    return Chosen(places, records[0] if records else None, unread)


def _columns_in_words(placed: list[str], layouts: Mapping[str, Layout], layer: str | None) -> str:
    """Return the table of places: one with numbered points before those of records."""
    drawn = [name for name in placed if layouts[name].way in SHAPES]
    numbered = [
        name
        for name in placed
        if "order" in layouts[name].columns and layouts[name].key is not None
    ]
    if layer in (*drawn, *numbered) or (layer in placed and len(numbered) != 1):
        return str(layer)
    if len(numbered) == 1 and not drawn:
        return numbered[0]
    if len(placed) > 1:
        raise _several("with places", placed)
    return placed[0]


def _several(what: str, sheets: list[str]) -> FileError:
    listed = some(sheets, 12)
    return FileError(f'several sheets {what}; name one, as layer="{sheets[0]}", of: {listed}')


def _shares_keys(sheets: Sheets, layouts: Mapping[str, Layout], places: str, other: str) -> bool:
    """Say whether another table has ids of the table of points."""
    mine, theirs = layouts[places].key, layouts[other].key
    if layouts[places].way in SHAPES or mine is None or theirs is None or other == places:
        return False
    return bool(keys(sheets[places], mine).dropna().isin(keys(sheets[other], theirs)).any())


def keys(table: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return the trimmed ids of a table."""
    return table[column].astype("str").str.strip()


TELLING: Final = (
    "event_id", "hazard_id", "event_type", "happened_on", "operator", "report_ref",
)  # fmt: skip
"""What is one and the same in all rows of a report."""


@dataclass(frozen=True)
class Drawn:
    """Records and their polygons."""

    table: pd.DataFrame
    """One row a record."""
    geometry: NDArray[np.object_]
    crs: pyproj.CRS | None
    findings: tuple[Finding, ...]
    """`record` is the place in the table."""


def draw(points: pd.DataFrame, found: Layout, crs: pyproj.CRS | None, profile: Profile) -> Drawn:
    """Build the polygons of a table of turning points.

    Parameters
    ----------
    points
        One row a point, all cells text.
    found
        Its columns.
    crs
        What the profile says of the reference system; of UTM with zones its datum counts.
    profile
        Its options `decimal` and `number_gaps`.

    Returns
    -------
    Drawn
        A table of one column `key`, in the order of first appearance. A point without an id lies
        within the record of the row above, whose polygon is then unclear (`bad_point`), as it is
        where a point cannot be read; so no corner is left out unseen. Benchmarks and other points
        that are no corners, by their kind, do not count. A record none of whose points has a
        place has no polygon. Where each record has one point, and those have no numbers, it is a
        list of places: Point geometry.

    Raises
    ------
    FileError
        If no column says whose a point is.
    CRSError
        If the points are in several UTM zones and no datum is known.
    """
    if found.key is None:
        raise FileError(
            f"no column says which record a turning point belongs to (there are: "
            f"{some(points.columns, 20)}); name it as parent in a profile's [points]"
            f"{_of_form(points)}"
        )
    placed = [found.columns[role] for role in WAYS[str(found.way)]]
    empty = points[placed].isna().all(axis=1)
    points = points.loc[~(empty & points[found.key].isna())]
    corners = _corners(points, found)
    order = _orders(points, found, corners)[corners].reset_index(drop=True)
    points = points.loc[corners].reset_index(drop=True)
    empty = points[placed].isna().all(axis=1)
    own = keys(points, found.key)
    key = own.ffill()
    places = _places(points, found, crs, profile)
    reasons = places.reasons.mask(own.isna(), f"no {found.key} on its row")
    some_place = ~empty.groupby(key.fillna("")).transform("all")
    rows = pd.DataFrame(
        {
            "record": key,
            "part": _column(points, found, "part"),
            "ring": _column(points, found, "ring"),
            "order": order,
            "lon": places.xy[:, 0],
            "lat": places.xy[:, 1],
        }
    )
    rows.loc[own.isna(), ["lon", "lat"]] = np.nan
    index = pd.Index(key.dropna().unique())
    geometry, findings = _polygons(rows.loc[some_place], reasons, index, profile)
    top = key.isna()
    if top.any():
        said = f"{int(top.sum())} turning points before any {found.key}; give each row its own"
        findings.append(Finding("orphan_points", said))
    return Drawn(pd.DataFrame({"key": index}), geometry, places.crs, tuple(findings))


def merge_rows(points: pd.DataFrame, found: Layout, drawn: Drawn, profile: Profile) -> Drawn:
    """Return the records of a table of turning points with their own columns.

    The first value of each column that a record has; where rows say different things a finding
    (`rows_differ`) names the columns. Columns that no word of the profile fits and that change
    from point to point are said of the points: they are left out, and named (`left_over`).
    """
    key = keys(points, str(found.key))
    gone = {found.columns[role] for way in WAYS.values() for role in way if role in found.columns}
    gone |= {found.columns[role] for role in POINT_ONLY if role in found.columns}
    kept = [column for column in points.columns if column not in gone - {found.key}]
    telling = _telling(points, found, profile)
    index = pd.Index(drawn.table["key"])
    key = key[key.notna()]
    cells = points.loc[key.index, kept].assign(**{str(found.key): key})
    first = cells.groupby(key.to_numpy(), sort=False).first().reindex(index)[kept]
    place = index.get_indexer(pd.Index(key))
    known = _known_columns(profile)
    said_states = profile.states
    if said_states.columns is None:
        said_states = bundled()[PLAIN].states
    states = (*(said_states.columns or ()), *said_states.flags)
    findings, left = [*drawn.findings, *_other_ways(found)], []
    differing: dict[int, list[str]] = {}
    mixed: dict[int, list[str]] = {}
    for column in kept:
        own = cells[column].to_numpy(dtype=object)
        differs = pd.notna(own) & (own != first[column].to_numpy(dtype=object)[place])
        if differs.any() and is_state(str(column), states):
            # Validated here and rejected there: the words together are one that is not known.
            every = cells[column].dropna().groupby(key, sort=False).unique().map("; ".join)
            first[column] = every.reindex(index)
        elif differs.any() and column in telling:
            for row in np.unique(place[differs]):
                mixed.setdefault(int(row), []).append(str(column))
        elif differs.any() and fold(str(column)) not in known:
            left.append(column)
        elif differs.any():
            for row in np.unique(place[differs]):
                differing.setdefault(int(row), []).append(str(column))
    findings += [
        Finding(
            "rows_differ", f"its turning points differ in {some(columns)}; the first counts", row
        )
        for row, columns in sorted(differing.items())
    ]
    if left:
        said = f"columns that change from point to point, left out: {some(left, 12)}"
        findings.append(Finding("left_over", said))
    table = first.drop(columns=left).reset_index(drop=True)
    geometry = drawn.geometry.copy()
    geometry[list(mixed)] = None
    # How to put points in order is no help where they belong to several reports.
    findings = [f for f in findings if f.record not in mixed or f.code != "point_order"]
    findings += [Finding("rows_mixed", _of_reports(each), row) for row, each in mixed.items()]
    return Drawn(table, geometry, drawn.crs, tuple(findings))


def _of_reports(columns: list[str]) -> str:
    return (
        f"its turning points differ in {some(columns)}: they are of several reports, and no "
        "polygon is drawn; give the points of each report the number of its report (report_no), "
        "or correct what differs"
    )


def _telling(points: pd.DataFrame, found: Layout, profile: Profile) -> set[Any]:
    """Return the columns in which the points of one report cannot differ.

    A column that says another thing on each row numbers the points, and says nothing of a report.
    """
    if not found.parts:
        return set()
    plain = bundled()[PLAIN]
    names = {
        fold(name)
        for one in (plain, profile)
        for column in TELLING
        for name in names_of(one.reports, column)
    }
    return {
        column
        for column in points.columns
        if fold(str(column)) in names and points[column].nunique() < len(points)
    }


def _other_ways(found: Layout) -> list[Finding]:
    """Say which columns tell the place once more, and are not read."""
    roles = [role for way, parts in WAYS.items() if way != found.way for role in parts]
    columns = [found.columns[role] for role in roles if role in found.columns]
    if not columns:
        return []
    way = some(found.columns[role] for role in WAYS[str(found.way)])
    said = f"places are read from {way}; columns that say them once more, not read: {some(columns)}"
    return [Finding("left_over", said)]


def _known_columns(profile: Profile) -> set[str]:
    """Return the names of columns that say something of a record, as they are compared."""
    plain = bundled()[PLAIN]
    fields = [of for one in (plain, profile) for of in (one.hazards, one.reports)]
    ours = {*HAZARD_COLUMNS, *(column for of in fields for column in of.columns)}
    return {fold(name) for of in fields for column in ours for name in names_of(of, column)}


def _corners(points: pd.DataFrame, found: Layout) -> pd.Series[bool]:
    """Say which rows are corners, by the kind of point that is written."""
    kinds = words(_column(points, found, "kind_of_point"))
    other = kinds.isin((*BENCHMARKS, *LANDMARKS))
    for word in (*BENCHMARKS, *LANDMARKS, *LOOSE_KINDS):
        if len(word) > 2:
            other |= kinds.str.contains(word, regex=False)
    return ~other


def _of_form(points: pd.DataFrame) -> str:
    """Say more where a table is one of several of a Survey123 form."""
    repeat = any(fold(str(column)) in PARENTS for column in points.columns)
    return "; of a repeat of Survey123 name the folder or zip of all its tables" if repeat else ""


def _orders(points: pd.DataFrame, found: Layout, corners: pd.Series[bool]) -> pd.Series[Any]:
    """Return the numbers of points as text; those that benchmarks alone take up are left out."""
    written = _column(points, found, "order")
    number = turning_points.order_numbers(written)
    if corners.all() or number.isna().all():
        return written
    table = pd.DataFrame({"number": number, "corner": corners})
    part = _column(points, found, "part").fillna("")
    table["ring"] = keys(points, str(found.key)).ffill().fillna("") + "|" + part
    both = table.groupby(["ring", "number"], dropna=False)["corner"].transform("any")
    table["taken"] = np.isfinite(number) & ~both
    table = table.sort_values(["ring", "number"], kind="stable")
    before = table.groupby("ring")["taken"].cumsum().reindex(points.index)
    moved = corners & np.isfinite(number) & (before > 0)
    return written.mask(moved, (number - before).map("{:g}".format).astype("str"))


def _column(points: pd.DataFrame, found: Layout, role: str) -> pd.Series[Any]:
    if role in found.columns:
        return points[found.columns[role]].astype("str")
    return pd.Series(None, index=points.index, dtype="str")


def _places(
    points: pd.DataFrame, found: Layout, crs: pyproj.CRS | None, profile: Profile
) -> coordinates.Places:
    decimal = profile.options.get("decimal")
    columns = [points[found.columns[role]] for role in WAYS[str(found.way)]]
    if found.way == "mgrs":
        if crs is not None and not is_wgs84(crs):
            raise CRSError(
                f"MGRS references are read on WGS 84, not on {crs.name}; give the points as UTM "
                "with their zone, or leave out crs if they are on WGS 84"
            )
        return coordinates.grid(columns[0])
    x, y = columns
    if found.way == "lon_lat":
        _check_order(x, y, found)
        return coordinates.lon_lat(x, y, crs)
    if found.way == "utm" and "zone" in found.columns:
        geodetic = None if crs is None else crs.geodetic_crs
        datum = None if geodetic is None else geodetic.name
        places = coordinates.utm(x, y, points[found.columns["zone"]], datum, decimal=decimal)
        if crs is None or not crs.is_projected or places.crs in (None, crs):
            return places
        one_zone = places.crs is not None and places.crs.is_projected
        if one_zone and profile.crs_given:
            return coordinates.plane(x, y, crs, decimal=decimal)
        raise FileError(
            f"its UTM zones say {places.crs.to_string()}, and {crs.to_string()} is given; correct "
            'the zones, or give the system of their datum alone, as crs="EPSG:4326" for WGS 84'
        )
    return coordinates.plane(x, y, crs, decimal=decimal)


def _check_order(lon: pd.Series[Any], lat: pd.Series[Any], found: Layout) -> None:
    """Refuse columns of longitude and latitude most of whose numbers say the other of the two."""
    x, y = (pd.to_numeric(column, errors="coerce") for column in (lon, lat))
    west, south, east, north = CAMBODIA
    turned = y.between(west, east) & x.between(south, north)
    if turned.sum() > (x.notna() & y.notna()).sum() / 2:
        names = found.columns["lon"], found.columns["lat"]
        raise FileError(
            f"columns {names[0]!r} and {names[1]!r} are exchanged: they lie in Cambodia as "
            "latitude and longitude; name the columns in a profile, as  [points] "
            f'lon = ["{names[1]}"] lat = ["{names[0]}"], or rename them'
        )


def _polygons(
    rows: pd.DataFrame, reasons: pd.Series[Any], index: pd.Index[Any], profile: Profile
) -> tuple[NDArray[np.object_], list[Finding]]:
    """Return the geometry of each record, and its findings."""
    geometry = np.full(len(index), None, dtype=object)
    counts = rows["record"].value_counts()
    if rows["order"].isna().all() and rows["part"].isna().all() and (counts <= 1).all():
        good = rows.dropna(subset=["record", "lon", "lat"])
        places = shapely.points(good[["lon", "lat"]].to_numpy())
        geometry[index.get_indexer(pd.Index(good["record"]))] = places
        return geometry, _unreadable(rows, reasons, index)
    built = turning_points.polygons(rows, gaps=profile.gaps)
    geometry[index.get_indexer(built.geometry.index)] = built.geometry.to_numpy()
    unreadable = _unreadable(rows, reasons, index)
    said = {finding.record for finding in unreadable}
    findings = [finding for finding in built.of_records(index) if finding.record not in said]
    return geometry, unreadable + findings


def _unreadable(rows: pd.DataFrame, reasons: pd.Series[Any], index: pd.Index[Any]) -> list[Finding]:
    """Return a finding for each record with points that cannot be read, with the reasons."""
    bad = rows.loc[rows["lon"].isna() & rows["record"].notna()]
    number = rows.groupby("record", sort=False).cumcount() + 1
    said = "point " + number[bad.index].astype("str") + ": " + reasons[bad.index]
    return [
        Finding("bad_point", some(group, 3), record=int(index.get_indexer(pd.Index([key]))[0]))
        for key, group in said.groupby(bad["record"], sort=False)
    ]


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


def read_table(sheets: dict[str, pd.DataFrame], path: Path, wanted: Wanted = ANYTHING) -> Raw:
    """Read a table with WKT, or with one row a turning point, into records.

    Parameters
    ----------
    sheets
        The tables of the file by name, all cells text (`sheets.read_book`).
    path
        The file, for messages.
    wanted
        The layer is the sheet of the records. The profile's `points` name the columns by role
        (`wkt`, `lon`, `lat`, `easting`, `northing`, `zone`, `mgrs`, `parent`, `part`, `order`,
        `kind_of_point`), its `hazards` and `reports` the columns of a record; its options are
        `crs`, `decimal`, `number_gaps`. The bundled profile of plain tables where it says none.

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
    >>> raw = read_table({"points": points}, Path("points.csv"))
    >>> raw.table["village"].tolist(), raw.table.geometry[0].wkt[:21], raw.table.crs
    (['Boeng'], 'POLYGON ((104.5 13.2,', None)
    """
    profile = wanted.profile
    sheets = {name: table.reset_index(drop=True) for name, table in sheets.items()}
    layouts = {name: layout(table, profile, wanted.what) for name, table in sheets.items()}
    try:
        chosen = choose_tables(sheets, layouts, wanted.layer)
        places, found = sheets[chosen.places], layouts[chosen.places]
        crs = profile.system()
        read_from = (chosen.places, *filter(None, [chosen.records]))
        check_columns([sheets[name] for name in read_from], crs, profile)
        if found.way in READERS:
            column = found.columns[str(found.way)]
            _refuse_deep(places[column])
            drawn = READERS[str(found.way)](places, column, crs, given=profile.crs_given)
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
    return Raw(
        with_geometry(drawn.table, drawn.geometry, drawn.crs),
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
    # Where the key of a sheet of reports is the hazard alone, a hazard may have several.
    unclear = {
        name for name in by_key if len(rows.get(name, ())) > 1 and tuple(of.parts) == (HAZARD,)
    }
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
