"""Rows of a plain table, one turning point each, to the polygons and columns of their records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.crs import is_wgs84
from mine_geo.datum import CAMBODIA
from mine_geo.errors import CRSError, FileError, some
from mine_geo.findings import Finding
from mine_geo.intake import coordinates, turning_points
from mine_geo.intake.geopoints import BENCHMARKS, LANDMARKS, LOOSE_KINDS, words
from mine_geo.intake.matching import fold, names_of
from mine_geo.intake.plain_columns import PLAIN, POINT_ONLY, WAYS, keys
from mine_geo.intake.profiles import bundled
from mine_geo.intake.states import is_state
from mine_geo.intake.survey123_links import PARENTS
from mine_geo.terms import HAZARD_COLUMNS

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from mine_geo.intake.plain_columns import Layout
    from mine_geo.intake.raw import Profile


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


def draw(
    points: pd.DataFrame, found: Layout, crs: pyproj.CRS | None, profile: Profile | None
) -> Drawn:
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


def merge_rows(points: pd.DataFrame, found: Layout, drawn: Drawn, profile: Profile | None) -> Drawn:
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
    said_states = (profile or bundled()[PLAIN]).states
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
    # Of rings that are not of one report it is no use to say how to put their points in order.
    findings = [f for f in findings if f.record not in mixed or f.code != "point_order"]
    findings += [Finding("rows_mixed", _of_reports(each), row) for row, each in mixed.items()]
    return Drawn(table, geometry, drawn.crs, tuple(findings))


def _of_reports(columns: list[str]) -> str:
    return (
        f"its turning points differ in {some(columns)}: they are of several reports, and no "
        "polygon is drawn; give the points of each report the number of its report (report_no), "
        "or correct what differs"
    )


def _telling(points: pd.DataFrame, found: Layout, profile: Profile | None) -> set[Any]:
    """Return the columns in which the points of one report cannot differ.

    A column that says another thing on each row numbers the points, and says nothing of a report.
    """
    if not found.parts:
        return set()
    plain = bundled()[PLAIN]
    names = {
        fold(name)
        for one in (plain, profile or plain)
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


def _known_columns(profile: Profile | None) -> set[str]:
    """Return the names of columns that say something of a record, as they are compared."""
    plain = bundled()[PLAIN]
    fields = [of for one in (plain, profile or plain) for of in (one.hazards, one.reports)]
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
    points: pd.DataFrame, found: Layout, crs: pyproj.CRS | None, profile: Profile | None
) -> coordinates.Places:
    decimal = None if profile is None else profile.options.get("decimal")
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
        if one_zone and profile is not None and profile.crs_given:
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
    rows: pd.DataFrame, reasons: pd.Series[Any], index: pd.Index[Any], profile: Profile | None
) -> tuple[NDArray[np.object_], list[Finding]]:
    """Return the geometry of each record, and its findings."""
    geometry = np.full(len(index), None, dtype=object)
    counts = rows["record"].value_counts()
    if rows["order"].isna().all() and rows["part"].isna().all() and (counts <= 1).all():
        good = rows.dropna(subset=["record", "lon", "lat"])
        places = shapely.points(good[["lon", "lat"]].to_numpy())
        geometry[index.get_indexer(pd.Index(good["record"]))] = places
        return geometry, _unreadable(rows, reasons, index)
    gaps = profile is not None and profile.options.get("number_gaps", "").lower() == "accept"
    built = turning_points.polygons(rows, gaps=gaps)
    geometry[index.get_indexer(built.geometry.index)] = built.geometry.to_numpy()
    unreadable = _unreadable(rows, reasons, index)
    said = {finding.record for finding in unreadable}
    findings = [
        Finding(finding.code, finding.message, record=int(index.get_indexer(pd.Index([key]))[0]))
        for key, finding in built.findings
    ]
    return geometry, unreadable + [finding for finding in findings if finding.record not in said]


def _unreadable(rows: pd.DataFrame, reasons: pd.Series[Any], index: pd.Index[Any]) -> list[Finding]:
    """Return a finding for each record with points that cannot be read, with the reasons."""
    bad = rows.loc[rows["lon"].isna() & rows["record"].notna()]
    number = rows.groupby("record", sort=False).cumcount() + 1
    said = "point " + number[bad.index].astype("str") + ": " + reasons[bad.index]
    return [
        Finding("bad_point", some(group, 3), record=int(index.get_indexer(pd.Index([key]))[0]))
        for key, group in said.groupby(bad["record"], sort=False)
    ]
