"""Survey123: the submissions of a form, as CSV or XLSX, one table for the form and each repeat.

How the tables of a Survey123 export hang together: repeats to their parents, by id.

The turning points of a Survey123 form: which repeat they are, and where they lie.

The form's table has `globalid`, a repeat's table `parentglobalid` besides (older forms:
`uniquerowid`, `parentrowid`); ids are compared without braces and case. Turning points in a repeat
become the polygon of their record, in the order of `objectid`, which is that of entry; in a repeat
within a repeat each row of the outer one is a part. The `x` and `y` of a repeat with a point are
longitude and latitude on WGS 84: "Survey123 never works with projected coordinates: geopoint
values are always in geographic coordinates using WGS84" (Esri, "Pulling data from geopoint
questions", ArcGIS Survey123 blog). A profile's option `crs` says otherwise.

What these exports do not hold: a polygon that was drawn (geoshape) has no vertices in CSV or XLSX,
and the form's own `x`, `y` are a single point, so they are not used; a file geodatabase has the
polygon. Choices stand by their names, not their labels, and times as the portal writes them:
both stay text, and the profile says what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyproj

from mine_geo.errors import FileError, some
from mine_geo.intake.columns import columns_named, fold
from mine_geo.intake.findings import Finding
from mine_geo.intake.points import coordinates
from mine_geo.intake.points.turning_points import polygons
from mine_geo.intake.profiles import bundled
from mine_geo.intake.received import ANYTHING, Raw, with_geometry
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from mine_geo.intake.points.coordinates import Places
    from mine_geo.intake.received import Names, Wanted


KEYS: Final = ("globalid", "uniquerowid")
"""The id of a row."""
PARENTS: Final = ("parentglobalid", "parentrowid")
"""The id of the row that a row of a repeat belongs to."""


@dataclass(frozen=True)
class Link:
    """Where the rows of a repeat belong."""

    table: str
    """The parent's table."""
    rows: NDArray[np.intp]
    """The place of the parent in it, -1 where it is not there."""
    ids: pd.Series[Any]
    """The parent's id, as it is compared."""


@dataclass(frozen=True)
class Form:
    """The tables of an export."""

    sheets: dict[str, pd.DataFrame]
    records: str
    """The table whose rows are the records."""
    links: dict[str, Link]
    """By the repeat's name."""

    def chain(self, name: str) -> list[Link]:
        """Return the links from a repeat up to the records; nothing where it does not get there."""
        links: list[Link] = []
        while name != self.records:
            if name not in self.links or len(links) > len(self.links):
                return []
            links.append(self.links[name])
            name = links[-1].table
        return links

    def owners(self, name: str) -> NDArray[np.intp]:
        """Return the place of the record of each row of a repeat, -1 where it has none."""
        places = np.arange(len(self.sheets[name]))
        chain = self.chain(name)
        if not chain and name != self.records:
            return np.full(len(places), -1)
        for one in chain:
            inside = places >= 0
            places[inside] = one.rows[places[inside]]
        return places


def link(
    sheets: dict[str, pd.DataFrame], path: Path, layer: str | None, parents: Iterable[str]
) -> Form:
    """Find the table of records, and the parent of each repeat.

    A repeat's parent is the table that has most of its ids, so that tables may bear any name.

    Raises
    ------
    FileError
        If there is no table of records, several, or none called `layer`.

    Examples
    --------
    >>> from pathlib import Path
    >>> form = pd.DataFrame({"globalid": ["{A}", "B"]})
    >>> repeat = pd.DataFrame({"parentglobalid": ["b", "A", "c"]})
    >>> linked = link({"form": form, "repeat": repeat}, Path("a.zip"), None, PARENTS)
    >>> linked.records, linked.owners("repeat").tolist()
    ('form', [1, 0, -1])
    """
    parents = tuple(parents)
    keys = {
        name: {column: ids(sheet[column]) for column in columns_named(sheet.columns, KEYS)}
        for name, sheet in sheets.items()
    }
    links = {}
    for name, sheet in sheets.items():
        found = _parent(sheet, {k: v for k, v in keys.items() if k != name}, parents)
        if found is not None:
            links[name] = found
    return Form(sheets, _records(sheets, keys, links, path, layer), links)


def ids(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return ids as they are compared: without braces, spaces and case; null where empty.

    Examples
    --------
    >>> ids(pd.Series(["{8A-F}", " 8a-f", ""])).tolist()
    ['8a-f', '8a-f', nan]
    """
    bare = column.astype("str").str.strip().str.strip("{}").str.strip().str.lower()
    return bare.where(bare != "").reset_index(drop=True)


def _parent(
    sheet: pd.DataFrame, keys: dict[str, dict[str, pd.Series[Any]]], parents: tuple[str, ...]
) -> Link | None:
    """Return the parent of a table: where most of its ids are found; None if it has no ids."""
    best: Link | None = None
    for column in columns_named(sheet.columns, parents):
        wanted = ids(sheet[column])
        for table, own in keys.items():
            for key in own.values():
                rows = _rows_of(wanted, key)
                if best is None or (rows >= 0).sum() > (best.rows >= 0).sum():
                    best = Link(table, rows, wanted)
    return best


def _rows_of(wanted: pd.Series[Any], key: pd.Series[Any]) -> NDArray[np.intp]:
    """Return where each id stands first in a column of ids, -1 where nowhere."""
    known = key.dropna().drop_duplicates()
    places = pd.Series(known.index, index=known.to_numpy())
    return wanted.map(places).fillna(-1).to_numpy(dtype=np.intp)


def _records(
    sheets: dict[str, pd.DataFrame],
    keys: dict[str, dict[str, pd.Series[Any]]],
    links: dict[str, Link],
    path: Path,
    layer: str | None,
) -> str:
    if layer is not None:
        if layer not in sheets:
            raise FileError(f"{path}: no table {layer!r}; it has: {some(sheets, 12)}")
        return layer
    forms = [
        name
        for name, sheet in sheets.items()
        if keys[name]
        and not any(sheet[column].notna().any() for column in columns_named(sheet.columns, PARENTS))
        # Further names, as hazard_id, make a repeat only where they lead to another table.
        and not (name in links and (links[name].rows >= 0).any())
    ]
    if not forms:
        raise FileError(
            f"{path}: no table with {KEYS[0]} and without {PARENTS[0]}, only repeats; "
            "export the form with all its tables"
        )
    asked = [link.table for link in links.values() if (link.rows >= 0).any()]
    if len(forms) > 1 and any(name in asked for name in forms):
        forms = [name for name in forms if name in asked]
    if len(forms) > 1:
        raise FileError(
            f'{path}: several forms; name one, as layer="{forms[0]}", of: {some(forms, 12)}'
        )
    return forms[0]


CORNERS: Final = re.compile(
    "turning|corner|vertex|vertic|bound|perim|polygon|outline|(?:^|[^a-z])tps?(?:[^a-z]|$)"
)
"""What stands in the name of a repeat of turning points."""
OTHERS: Final = re.compile(
    "evidence|device|mines|item|ordnance|uxo|explosive|accident|incident|victim|casualt|photo|"
    "image|attach|landmark|reference|benchmark|target|building|infrastructure|interview"
)
"""What stands in the name of a repeat that is something else, even if it has points."""
SERVER_IDS: Final = ("objectid", "oid", "fid")
"""Numbers that a server gives one after the other, with gaps: order of entry, no point numbers."""
ROLES: Final = (("lon", "lat"), ("mgrs",), ("easting", "northing"))
"""Roles of columns that together say where a point is, the best first."""


def choose(form: Form, roles: Names, path: Path) -> str | None:
    """Choose the repeat of the turning points: one with coordinates that leads to the records.

    Returns
    -------
    str or None
        Its name; None where there is none.

    Raises
    ------
    FileError
        If several may be it.
    """
    ranks = {
        name: _rank(name)
        for name, sheet in form.sheets.items()
        if form.chain(name) and _place_columns(sheet, roles)
    }
    best = [name for name, rank in ranks.items() if rank == max(ranks.values()) and rank > 0]
    if len(best) > 1:
        raise FileError(
            f"{path}: several repeats with coordinates ({some(best, 12)}); call the one of the "
            "turning points 'turning_points', or take out the others"
        )
    return best[0] if best else None


def _rank(name: str) -> int:
    """Say how well a name fits turning points: 2 well, 1 not badly, 0 not at all."""
    if CORNERS.search(name.lower()):
        return 2
    return 0 if OTHERS.search(name.lower()) else 1


def _place_columns(sheet: pd.DataFrame, roles: Names) -> tuple[str, ...]:
    """Return the roles by which a table says where its rows are; filled ones before empty ones."""
    there = []
    for group in ROLES:
        columns = [columns_named(sheet.columns, roles.get(role, ())) for role in group]
        if all(columns):
            filled = all(any(sheet[c].notna().any() for c in found) for found in columns)
            there.append((not filled, group))
    return min(there, key=lambda pair: pair[0])[1] if there else ()


def locate(
    form: Form, name: str, roles: Names, crs: pyproj.CRS, path: Path
) -> tuple[pd.DataFrame, pyproj.CRS, list[Finding]]:
    """Return the turning points as `turning_points.polygons` takes them.

    Returns
    -------
    tuple
        Columns `record` (place in the table of records), `part`, `order`, `lon`, `lat`, in order
        of entry; the system of `lon` and `lat`; findings (`orphan_points`, and `bad_point` with
        the reasons, one a record).

    Raises
    ------
    FileError
        If eastings and northings have neither a zone nor a system.
    """
    sheet = form.sheets[name].reset_index(drop=True)
    owners = form.owners(name)
    places = _places(sheet, roles, crs, f"{path}, table {name!r}")
    first = form.chain(name)[0]
    points = pd.DataFrame(
        {
            "record": pd.Series(owners, dtype="Int64").mask(owners < 0),
            "part": _parts(sheet, roles, first, nested=first.table != form.records),
            "lon": places.xy[:, 0],
            "lat": places.xy[:, 1],
        }
    )
    findings = _orphans(name, first.ids[owners < 0])
    findings += _unreadable(points["record"], places.reasons)
    order = columns_named(sheet.columns, roles.get("order", ()))
    numbers = [column for column in order if fold(column) not in SERVER_IDS]
    if numbers and sheet[numbers[0]].notna().any():
        points["order"] = sheet[numbers[0]]
    entry = _entry(sheet)
    return points.iloc[entry], places.crs or crs, findings


def _parts(sheet: pd.DataFrame, roles: Names, first: Link, *, nested: bool) -> pd.Series[Any]:
    """Return the part of each point: the row of the outer repeat, and a column of parts."""
    parts = pd.Series(first.rows if nested else 0, index=sheet.index).astype("str")
    for column in columns_named(sheet.columns, roles.get("part", ()))[:1]:
        parts = parts + " " + sheet[column].astype("str").fillna("")
    return parts


def _entry(sheet: pd.DataFrame) -> Any:
    """Return the order of entry: by the server's numbers where each row has one."""
    for column in columns_named(sheet.columns, SERVER_IDS):
        numbers = pd.to_numeric(sheet[column], errors="coerce")
        if numbers.notna().all():
            return np.argsort(numbers.to_numpy(dtype=float), kind="stable")
    return np.arange(len(sheet))


def _places(sheet: pd.DataFrame, roles: Names, crs: pyproj.CRS, where: str) -> Places:
    group = _place_columns(sheet, roles)
    if group == ("mgrs",):
        return coordinates.grid(_first(sheet, roles["mgrs"]))
    x, y = _pairs(sheet, roles[group[0]], roles[group[1]])
    if group == ("lon", "lat"):
        return (coordinates.lon_lat if crs.is_geographic else coordinates.plane)(x, y, crs)
    zones = columns_named(sheet.columns, roles.get("zone", ()))
    if zones:
        datum = crs.geodetic_crs.name if crs.geodetic_crs is not None else None
        return coordinates.utm(x, y, _first(sheet, roles["zone"]), datum)
    if not crs.is_projected:
        raise FileError(
            f"{where}: eastings and northings without a zone; name their system in the profile, "
            'as  [options] crs = "EPSG:32648"'
        )
    return coordinates.plane(x, y, crs)


def _pairs(
    sheet: pd.DataFrame, xs: tuple[str, ...], ys: tuple[str, ...]
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return for each row the first pair of columns (x with y, longitude with latitude) in it."""
    pairs = zip(columns_named(sheet.columns, xs), columns_named(sheet.columns, ys), strict=False)
    x, y = (pd.Series(None, index=sheet.index, dtype="str") for _ in "xy")
    for east, north in pairs:
        free = x.isna() & y.isna()
        x, y = x.where(~free, sheet[east]), y.where(~free, sheet[north])
    return x, y


def _first(sheet: pd.DataFrame, names: tuple[str, ...]) -> pd.Series[Any]:
    return sheet[columns_named(sheet.columns, names)[0]]


def _orphans(name: str, parents: pd.Series[Any]) -> list[Finding]:
    """Say how many points belong to no record."""
    if parents.empty:
        return []
    named = some(parents.dropna().unique(), 3) or "none given"
    message = (
        f"{len(parents)} turning points of {name!r} belong to no record there (parent {named})"
    )
    return [Finding("orphan_points", message)]


def _unreadable(records: pd.Series[Any], reasons: pd.Series[Any]) -> list[Finding]:
    """Say for each record which points cannot be read, and why."""
    bad = pd.DataFrame({"record": records, "reason": reasons.to_numpy()})
    bad = bad.loc[bad["reason"].notna() & bad["record"].notna()]
    return [
        Finding(
            "bad_point",
            f"{len(group)} turning points that cannot be read: {some(group['reason'], 3)}",
            record=int(str(record)),
        )
        for record, group in bad.groupby("record")
    ]


PROFILE: Final = "survey123"
TRACKED: Final = ("creationdate", "creator", "editdate", "editor")
"""Columns by which a form without repeats is known besides its `globalid`."""
DRAWN: Final = ("shapearea", "shapestarea()", "shapelength")
"""Columns of a layer whose polygons were drawn, as they are compared."""
SHAPES: Final = ("wkt", "wkb", "geom", "geometry", "thegeom")
"""Columns that hold the polygon itself, as they are compared."""


def is_form(sheets: dict[str, pd.DataFrame]) -> bool:
    """Say whether tables are an export of Survey123: by their ids, not by their names.

    Examples
    --------
    >>> import pandas as pd
    >>> form = pd.DataFrame(columns=["ObjectID", "GlobalID", "village"])
    >>> points = pd.DataFrame(columns=["GlobalID", "ParentGlobalID", "x", "y"])
    >>> is_form({"form_0": form, "points_1": points}), is_form({"form_0": form})
    (True, False)
    """
    folded = {name: {fold(str(column)) for column in sheets[name].columns} for name in sheets}
    for name, columns in folded.items():
        others = (other for key, other in folded.items() if key != name)
        if columns.intersection(PARENTS) and any(other.intersection(KEYS) for other in others):
            return True
    return any(
        columns.intersection(KEYS)
        and len(columns.intersection(TRACKED)) >= 2
        and not columns.intersection(SHAPES)
        for columns in folded.values()
    )


def read_form(sheets: dict[str, pd.DataFrame], path: Path, wanted: Wanted = ANYTHING) -> Raw:
    """Read the submissions of a form, and build their polygons from turning points.

    Parameters
    ----------
    sheets
        The tables, all cells text.
    path
        The file or folder they are from, for messages.
    wanted
        The layer is the table whose rows are the records; the form's own where left out. A repeat
        may be one, where each of its rows is a hazard of its own. The profile's `points` say
        further names of columns, by role: parent, order, lon, lat, easting, northing, zone, mgrs;
        its option `crs` the system of the coordinates, else they are on WGS 84. The names of the
        bundled profile `survey123` come after.

    Returns
    -------
    Raw
        The columns of the table of records; geometry in EPSG:4326 (or the profile's system), null
        for a record without turning points or with unclear ones. Findings: `orphan_points`
        (points of a record that is not there), `bad_point`, `few_points`, `point_order`,
        `duplicate_id` (an id of the form that stands twice), `unread_part`.

    Raises
    ------
    FileError
        If the table of records is not there or unclear, several repeats may be the turning
        points, or coordinates are eastings and northings of no known zone.
    CRSError, OptionError
        If the system that the profile names is unknown, or turning points lie in several zones.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> form = pd.DataFrame({"globalid": ["{A}"], "village": ["O Tavau"]}, dtype="str")
    >>> points = pd.DataFrame({
    ...     "objectid": ["2", "1", "3"], "parentglobalid": ["a", "a", "a"],
    ...     "x": ["103.01", "103", "103"], "y": ["13", "13", "13.01"]}, dtype="str")
    >>> raw = read_form({"form_0": form, "turning_points_1": points}, Path("form.zip"))
    >>> raw.table.geometry[0].wkt
    'POLYGON ((103 13, 103.01 13, 103 13.01, 103 13))'
    """
    own, ours = wanted.profile.points, bundled()[PROFILE].points
    roles = {role: (*own.get(role, ()), *ours.get(role, ())) for role in {**own, **ours}}
    form = link(sheets, path, wanted.layer, roles.get("parent", PARENTS))
    table = sheets[form.records]
    given = crs = wanted.profile.system() or pyproj.CRS(CRS)
    name = choose(form, roles, path)
    findings = _unread(form, name) + _twice(table)
    geometry: Any = [None] * len(table)
    if name is not None:
        points, crs, said = locate(form, name, roles, crs, path)
        built = polygons(points)
        geometry = built.geometry.reindex(range(len(table))).to_numpy(dtype=object)
        spoken = {finding.record for finding in said}
        findings += said + [
            finding
            for finding in built.of_records(range(len(table)))
            if not (finding.code == "bad_point" and finding.record in spoken)
        ]
    return Raw(
        with_geometry(table, geometry, crs),
        f"Survey123 {'XLSX' if path.suffix.lower() in {'.xlsx', '.xlsm'} else 'CSV'}",
        layer=form.records,
        profile=PROFILE,
        findings=tuple(findings),
        by_zone=crs.is_projected and not given.is_projected,
    )


def _unread(form: Form, points: str | None) -> list[Finding]:
    """Say which tables were not read, and that drawn polygons are not in such a file."""
    findings = []
    read = {form.records}
    if points is not None:
        read |= {points, *(link.table for link in form.chain(points))}
    others = [name for name in form.sheets if name not in read]
    if others:
        findings.append(Finding("unread_part", f"tables that were not read: {some(others, 12)}"))
    if points is None and columns_named(form.sheets[form.records].columns, DRAWN):
        message = "polygons drawn in the form are not in its CSV or XLSX: export a file geodatabase"
        findings.append(Finding("unread_part", message))
    elif points is None:
        message = "no repeat with turning points: no polygons; name the folder, zip or XLSX with it"
        findings.append(Finding("unread_part", message))
    return findings


def _twice(table: pd.DataFrame) -> list[Finding]:
    """Name the records whose id stood before: turning points go to the first."""
    said = []
    for column in columns_named(table.columns, KEYS)[:1]:
        keys = ids(table[column])
        for place in np.flatnonzero(keys.duplicated() & keys.notna()):
            message = f"{column} {keys[place]} stood before; its turning points go to the first"
            said.append(Finding("duplicate_id", message, record=int(place)))
    return said
