"""The turning points of a Survey123 form: which repeat they are, and where they lie."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyproj
from pyproj.exceptions import CRSError as ProjCRSError

from mine_geo.errors import CRSError, FileError, some
from mine_geo.findings import Finding
from mine_geo.intake import coordinates
from mine_geo.intake.matching import fold
from mine_geo.intake.survey123_links import columns_named
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.intake.coordinates import Places
    from mine_geo.intake.raw import Names, Profile
    from mine_geo.intake.survey123_links import Form, Link

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


def system(profile: Profile | None) -> pyproj.CRS:
    """Return the system of the coordinates: the profile's option `crs`, else WGS 84.

    Raises
    ------
    CRSError
        If PROJ knows no such system.
    """
    named = CRS if profile is None else profile.options.get("crs", CRS)
    try:
        return pyproj.CRS.from_user_input(named)
    except ProjCRSError as error:
        raise CRSError(f"no reference system {named!r}; write it as EPSG:32648") from error


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
        columns = [columns_named(sheet, roles.get(role, ())) for role in group]
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
    order = columns_named(sheet, roles.get("order", ()))
    numbers = [column for column in order if fold(column) not in SERVER_IDS]
    if numbers and sheet[numbers[0]].notna().any():
        points["order"] = sheet[numbers[0]]
    entry = _entry(sheet)
    return points.iloc[entry], places.crs or crs, findings


def _parts(sheet: pd.DataFrame, roles: Names, first: Link, *, nested: bool) -> pd.Series[Any]:
    """Return the part of each point: the row of the outer repeat, and a column of parts."""
    parts = pd.Series(first.rows if nested else 0, index=sheet.index).astype("str")
    for column in columns_named(sheet, roles.get("part", ()))[:1]:
        parts = parts + " " + sheet[column].astype("str").fillna("")
    return parts


def _entry(sheet: pd.DataFrame) -> Any:
    """Return the order of entry: by the server's numbers where each row has one."""
    for column in columns_named(sheet, SERVER_IDS):
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
    zones = columns_named(sheet, roles.get("zone", ()))
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
    pairs = zip(columns_named(sheet, xs), columns_named(sheet, ys), strict=False)
    x, y = (pd.Series(None, index=sheet.index, dtype="str") for _ in "xy")
    for east, north in pairs:
        free = x.isna() & y.isna()
        x, y = x.where(~free, sheet[east]), y.where(~free, sheet[north])
    return x, y


def _first(sheet: pd.DataFrame, names: tuple[str, ...]) -> pd.Series[Any]:
    return sheet[columns_named(sheet, names)[0]]


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
