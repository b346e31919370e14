"""IMSMA NG: tables of its database, as CSV or XLSX, one file or sheet a table.

Taken from sources: the tables `hazard` (hazard_guid, hazard_localid), `hazreduc` (hazreduc_guid,
hazreduc_localid), `geopoint`, `geospatialinfo`, `imsmaenum` (imsmaenum_guid, enumvalue),
`<object>_has_geospatialinfo` and those of the workbench (`hazardinfoversion`,
`hazreducinfoversion`), how they join, and the columns of `geopoint` and `geospatialinfo` are
those of the checks that GICHD publishes for IMSMA NG V6 (repository GICHD/geocheck, geocheck.sql,
wb/geocheck_wb.sql and README.md) and of the page "Geopoint Uncategorised" of the IMSMA wiki of
GICHD; latitude and longitude there are decimal degrees on WGS 84, whatever system the user
entered (`coordrefsys`, `user_entered_x`, `user_entered_y`, `user_entered_mgrs`). The staging
area's tables `<object>_point` (point_type, lat, lon, coordinate_reference_system) are those of
the wiki's "GIS Data in Staging Area Database", its names `..._enum` of "Staging Area Database".

Assumed: how an operator's export names columns that it has joined or renamed itself; the further
names in `geopoints.ROLES` are guesses in that spirit. A profile's `points` come first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import FileError, some
from mine_geo.intake.findings import Finding
from mine_geo.intake.points import geopoints
from mine_geo.intake.points.geopoints import key_text
from mine_geo.intake.received import ANYTHING, NO_PROFILE, Raw, with_geometry
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.intake.received import Profile, Wanted, What

    Sheets = dict[str, pd.DataFrame]


OBJECTS: Final = {
    "hazard": ("hazard_guid", "hazard_localid"),
    "hazreduc": ("hazreduc_guid", "hazreduc_localid"),
    "hazardinfoversion": ("hazardinfoversion_guid", "hazard_localid"),
    "hazreducinfoversion": ("hazreducinfoversion_guid", "hazreduc_localid"),
}
"""Tables of records: the guid by which they are joined, and the id that people use."""

STEMS: Final[dict[What, str]] = {"hazards": "hazard", "reports": "hazreduc"}
"""How the tables begin that hold hazards, and reports of what was done on them."""
FORMAT: Final = "IMSMA NG tables"
PROFILE: Final = "imsma_ng"
SHAPE_COLUMNS: Final = {"wkt", "wkb", "shape", "geom", "geometry", "the_geom"}
"""A table of hazards with one of these has its polygons itself."""
MOST_POINTS: Final = 5_000_000
"""More geopoints than any operator has."""
_LINK: Final = "geospatialinfo_guid"


@dataclass(frozen=True)
class _Export:
    """The tables of an export by what they are."""

    records: dict[str, pd.DataFrame]
    """With the columns as the source names them; the other tables' in small letters."""
    points: tuple[pd.DataFrame, ...]
    links: tuple[pd.DataFrame, ...]
    shapes: tuple[pd.DataFrame, ...]
    words: pd.DataFrame | None


def is_export(sheets: Sheets) -> bool:
    """Say whether tables are an export of IMSMA NG: by its guids, not by their names.

    Examples
    --------
    >>> is_export({"a": pd.DataFrame(columns=["HAZARD_GUID", "hazard_localid", "status_guid"])})
    True
    >>> is_export({"a": pd.DataFrame(columns=["hazard_id", "wkt"])})
    False
    """
    export = _sorted_out(sheets)
    if export.points:
        ours = (*(guid for guid, _ in OBJECTS.values()), _LINK, "geopoint_guid")
        return any(set(ours) & set(points) for points in export.points) or bool(export.records)
    return any(
        set(OBJECTS[name]) <= set(_small(table)) and not set(_small(table)) & SHAPE_COLUMNS
        for name, table in export.records.items()
    )


def read_export(sheets: Sheets, path: Path, wanted: Wanted = ANYTHING) -> Raw:
    """Read the hazards, or the hazard reductions, of an export of IMSMA NG.

    Parameters
    ----------
    sheets
        The tables, all cells text.
    path
        The file or folder they are from, for messages.
    wanted
        The layer is `hazard`, `hazreduc` (activities: survey, clearance, completion reports) or
        the workbench's `hazardinfoversion`, `hazreducinfoversion`; without one `what` says which
        (reports are hazard reductions), else whatever is there first. Of the profile's options
        `magnetic_declination_deg` says that bearings are magnetic (degrees, east positive), and
        `number_gaps = "accept"` that point numbers may leave some out.

    Returns
    -------
    Raw
        The columns of the table, and for each that refers to `imsmaenum` one with its word
        (`status_guid`: `status_enum`); polygons from geopoints, EPSG:4326, see `geopoints.build`.

    Raises
    ------
    FileError
        If the table of records or what joins its points is not there.

    Examples
    --------
    >>> from pathlib import Path
    >>> hazard = pd.DataFrame({"hazard_guid": ["{A}"], "hazard_localid": ["MF-1"]}, dtype="str")
    >>> geopoint = pd.DataFrame({
    ...     "geopoint_guid": ["p1", "p2", "p3"], "hazard_guid": ["a", "a", "a"],
    ...     "pointno": ["3", "1", "2"], "latitude": ["13.01", "13", "13"],
    ...     "longitude": ["103", "103", "103.01"]}, dtype="str")
    >>> raw = read_export({"hazard": hazard, "geopoint": geopoint}, Path("export.zip"))
    >>> raw.table.geometry[0].wkt
    'POLYGON ((103 13, 103.01 13, 103 13.01, 103 13))'
    """
    profile = wanted.profile
    export = _sorted_out(sheets, profile)
    name = _choose(export, path, wanted)
    table = export.records[name]
    # By what points know each record, and the id that people use.
    guid, localid = OBJECTS[name]
    small = _small(table)
    key = key_text(small[guid])
    local = small[localid].fillna(key) if localid in small else key
    findings = []
    if wanted.layer is None:
        findings += [
            Finding("unread_part", f"the table {other} was not read; choose it as the layer")
            for other in export.records
            if other != name
        ]
    geometry: list[Any] = [None] * len(table)
    if export.points:
        points = _joined(export, name, path)
        findings += _strays(points, key, name)
        points = points.loc[points["record"].isin(key)]
        read = geopoints.read_points(points, profile)
        findings += geopoints.of_other_datums(points, profile)
        read = read.assign(record=points["record"], part=points["ring"].fillna(read["part"]))
        built = geopoints.build(read, gaps=profile.gaps)
        geometry = [built.geometry.get(one) for one in key]
        findings += built.of_records(key, local)
    else:
        findings.append(Finding("unread_part", "no table geopoint: no polygons; export it too"))
    table = with_geometry(_worded(table, export.words), geometry, CRS)
    return Raw(table, FORMAT, name, PROFILE, tuple(findings))


def _sorted_out(sheets: Sheets, profile: Profile = NO_PROFILE) -> _Export:
    """Tell the tables by their columns."""
    tables = {name: _small(table) for name, table in sheets.items()}
    words = next((t for t in tables.values() if {"imsmaenum_guid", "enumvalue"} <= set(t)), None)
    points = [name for name, t in tables.items() if geopoints.are_points(t, profile)]
    records: dict[str, pd.DataFrame] = {}
    for kind, (guid, localid) in OBJECTS.items():
        for name in sorted(tables, key=points.__contains__):  # a table of its own comes first
            columns = set(tables[name])
            known = localid in columns or name.strip().lower() == kind
            if known and guid in columns and f"{kind}infoversion_guid" not in columns:
                rows = tables[name].drop_duplicates(guid).index if name in points else slice(None)
                records.setdefault(kind, sheets[name].reset_index(drop=True).loc[rows])
    rest = [t for name, t in tables.items() if _LINK in t and name not in points]
    return _Export(
        records,
        tuple(_worded(tables[name], words) for name in points),
        tuple(table for table in rest if [guid for guid, _ in OBJECTS.values() if guid in table]),
        tuple(_worded(table, words) for table in rest),
        words,
    )


def _small(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its columns in small letters, the first of each."""
    table = table.set_axis([str(column).strip().lower() for column in table.columns], axis=1)
    return table.loc[:, ~table.columns.duplicated()].reset_index(drop=True)


def _worded(table: pd.DataFrame, words: pd.DataFrame | None) -> pd.DataFrame:
    """Add the words of the columns that refer to `imsmaenum`."""
    if words is None:
        return table
    said = pd.Series(words["enumvalue"].to_numpy(), index=key_text(words["imsmaenum_guid"]))
    said = said.loc[said.index.notna() & ~said.index.duplicated()]
    taken = {str(column).lower() for column in table.columns}
    new = {}
    for column in table.columns:
        stem = str(column).strip().lower().removesuffix("_guid")
        name = stem.removesuffix("enum").removesuffix("_") + "_enum"
        if stem == str(column).strip().lower() or name in taken:
            continue
        found = key_text(table[column]).map(said)
        if found.notna().any():
            new[name] = found.astype("str")
    return table.assign(**new)


def _choose(export: _Export, path: Path, wanted: Wanted) -> str:
    layer, what = wanted.layer, wanted.what
    if not export.records:
        raise FileError(
            f"{path}: geopoints of IMSMA NG, but no table hazard or hazreduc with its guid and "
            "local id; export that table too"
        )
    if layer is not None and layer.strip().lower() in export.records:
        return layer.strip().lower()
    there = [one for one in export.records if what is None or one.startswith(STEMS[what])]
    if layer is None and there:
        return there[0]
    asked = repr(layer) if what is None or layer is not None else f"{STEMS[what]} ({what})"
    raise FileError(f"{path}: no table {asked}; it has: {some(export.records)}")


def _joined(export: _Export, name: str, path: Path) -> pd.DataFrame:
    """Return the geopoints with `record` and `ring`, null where they have none, and their shape."""
    guid, _ = OBJECTS[name]
    link = next((table for table in export.links if guid in table), None)
    for points in export.points:
        ring = key_text(points[_LINK]) if _LINK in points else None
        if guid in points:
            record = key_text(points[guid])
            return _shaped(points.assign(record=record, ring=ring), export.shapes)
        if ring is not None and link is not None:
            return _shaped(_linked(points.assign(ring=ring), link, guid, path), export.shapes)
    raise FileError(
        f"{path}: nothing joins the geopoints to the table {name}; export "
        f"{name}_has_geospatialinfo too"
    )


def _linked(points: pd.DataFrame, link: pd.DataFrame, guid: str, path: Path) -> pd.DataFrame:
    pairs = pd.DataFrame({"ring": key_text(link[_LINK]), "record": key_text(link[guid])})
    pairs = pairs.dropna().drop_duplicates()
    count = points["ring"].map(pairs["ring"].value_counts()).fillna(1).sum()
    if count > MOST_POINTS:
        raise FileError(f"{path}: joins to {count:,.0f} geopoints; export the link table again")
    return points.drop(columns="record", errors="ignore").merge(pairs, on="ring", how="left")


def _shaped(points: pd.DataFrame, shapes: tuple[pd.DataFrame, ...]) -> pd.DataFrame:
    """Add what `geospatialinfo` says of the shapes that the points belong to."""
    for table in shapes:
        once = table.assign(ring=key_text(table[_LINK])).dropna(subset="ring")
        once = once.drop_duplicates("ring")
        new = [column for column in once if column == "ring" or column not in points]
        points = points.merge(once[new], on="ring", how="left")
    return points


def _strays(points: pd.DataFrame, key: pd.Series[Any], name: str) -> list[Finding]:
    lost = points.loc[~points["record"].isin(key.dropna())]
    if lost.empty:
        return []
    owners = lost["record"].dropna().unique()
    whose = f": of {some(owners)}" if len(owners) else ""
    message = f"{len(lost)} geopoints belong to no record of the table {name}{whose}"
    return [Finding("orphan_points", message)]
