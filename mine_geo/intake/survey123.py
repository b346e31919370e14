"""Survey123: the submissions of a form, as CSV or XLSX, one table for the form and each repeat.

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

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from mine_geo.errors import some
from mine_geo.findings import Finding
from mine_geo.intake import survey123_points
from mine_geo.intake.matching import fold
from mine_geo.intake.profiles import bundled
from mine_geo.intake.raw import Raw
from mine_geo.intake.survey123_links import KEYS, PARENTS, columns_named, ids, link
from mine_geo.intake.turning_points import polygons

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from mine_geo.intake.raw import Names, Profile
    from mine_geo.intake.survey123_links import Form

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


def read(
    sheets: dict[str, pd.DataFrame],
    path: Path,
    *,
    layer: str | None = None,
    profile: Profile | None = None,
) -> Raw:
    """Read the submissions of a form, and build their polygons from turning points.

    Parameters
    ----------
    sheets
        The tables, all cells text.
    path
        The file or folder they are from, for messages.
    layer
        The table whose rows are the records; the form's own where left out. A repeat may be one,
        where each of its rows is a hazard of its own.
    profile
        Its `points` say further names of columns, by role: parent, order, lon, lat, easting,
        northing, zone, mgrs; its option `crs` the system of the coordinates. The names of the
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
        If the profile's system is none, or turning points lie in several zones.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> form = pd.DataFrame({"globalid": ["{A}"], "village": ["O Tavau"]}, dtype="str")
    >>> points = pd.DataFrame({
    ...     "objectid": ["2", "1", "3"], "parentglobalid": ["a", "a", "a"],
    ...     "x": ["103.01", "103", "103"], "y": ["13", "13", "13.01"]}, dtype="str")
    >>> raw = read({"form_0": form, "turning_points_1": points}, Path("form.zip"))
    >>> raw.table.geometry[0].wkt
    'POLYGON ((103 13, 103.01 13, 103 13.01, 103 13))'
    """
    roles = _roles(profile)
    form = link(sheets, path, layer, roles.get("parent", PARENTS))
    table = sheets[form.records]
    crs = survey123_points.system(profile)
    name = survey123_points.choose(form, roles, path)
    findings = _unread(form, name) + _twice(table)
    geometry: Any = [None] * len(table)
    if name is not None:
        points, crs, said = survey123_points.locate(form, name, roles, crs, path)
        built = polygons(points)
        geometry = built.geometry.reindex(range(len(table))).to_numpy(dtype=object)
        spoken = {finding.record for finding in said}
        findings += said + [
            replace(finding, record=int(str(key)))
            for key, finding in built.findings
            if not (finding.code == "bad_point" and key in spoken)
        ]
    records = table.rename(columns={"geometry": "geometry_text"}).reset_index(drop=True)
    return Raw(
        gpd.GeoDataFrame(records, geometry=gpd.GeoSeries(geometry, crs=crs, index=records.index)),
        f"Survey123 {'XLSX' if path.suffix.lower() in {'.xlsx', '.xlsm'} else 'CSV'}",
        layer=form.records,
        profile=PROFILE,
        findings=tuple(findings),
        by_zone=crs.is_projected and not survey123_points.system(profile).is_projected,
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
    if points is None and columns_named(form.sheets[form.records], DRAWN):
        message = "polygons drawn in the form are not in its CSV or XLSX: export a file geodatabase"
        findings.append(Finding("unread_part", message))
    elif points is None:
        message = "no repeat with turning points: no polygons; name the folder, zip or XLSX with it"
        findings.append(Finding("unread_part", message))
    return findings


def _twice(table: pd.DataFrame) -> list[Finding]:
    """Name the records whose id stood before: turning points go to the first."""
    said = []
    for column in columns_named(table, KEYS)[:1]:
        keys = ids(table[column])
        for place in np.flatnonzero(keys.duplicated() & keys.notna()):
            message = f"{column} {keys[place]} stood before; its turning points go to the first"
            said.append(Finding("duplicate_id", message, record=int(place)))
    return said


def _roles(profile: Profile | None) -> Names:
    """Return names of columns by role: those of the profile, then those of the bundled one."""
    ours = bundled()[PROFILE].points
    own: Names = {} if profile is None else profile.points
    return {role: (*own.get(role, ()), *ours.get(role, ())) for role in {**own, **ours}}
