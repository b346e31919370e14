"""Which column of a plain table says where, and whose turning point a row is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import FileError, some
from mine_geo.intake.matching import ID, fold, is_made, names_of
from mine_geo.intake.profiles import bundled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mine_geo.intake.raw import Profile
    from mine_geo.intake.received import What

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


def layout(table: pd.DataFrame, profile: Profile | None = None, what: What | None = None) -> Layout:
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
    taken = None if profile is None else profile.id_column
    if profile is None or not profile.points:  # one that says options only
        profile = bundled()["plain"]
    there = _folded(table.columns)
    roles = [role for parts in WAYS.values() for role in parts]
    columns: dict[str, str] = {}
    for role in (*roles, *POINT_ONLY):
        found = _first(there, (*profile.points.get(role, ()), *_FURTHER.get(role, ())))
        if found is not None:
            columns[role] = found
    columns = _with_shapes(table, columns)
    ways = [way for way, parts in WAYS.items() if all(part in columns for part in parts)]
    filled = {way: _filled(table, [columns[part] for part in WAYS[way]]) for way in ways}
    ways = [way for way in SHAPES if filled.get(way)][:1] or ways
    way = max(ways, key=lambda name: filled[name], default=None)
    plain = bundled()[PLAIN].hazards.columns["hazard_id"]
    ids = plain if profile is None else profile.hazards.columns.get("hazard_id", plain)
    # A number that a program gives each row says nothing of the record.
    own = _folded(name for name in table.columns if not is_made(str(name)))
    key = _first(own, (*EVENT_KEYS, *_role_names(profile, "parent"), *ids, "hazard_id"))
    if taken is not None:
        key = taken if taken in table.columns else _first(there, (taken,)) or key
    made = Layout(way, columns, key)
    if what != "reports":
        return made
    return replace(made, parts=_parts(table, own, profile, key))


def _parts(
    table: pd.DataFrame, own: Mapping[str, str], profile: Profile, key: str | None
) -> dict[str, str]:
    """Return the columns that tell the reports of a table apart: references, and the hazard."""
    names = (*EVENT_KEYS, *names_of(profile.reports, _REFERENCE))
    parts = {fold(name): own[fold(name)] for name in names if fold(name) in own}
    hazard = _first(own, names_of(profile.reports, ID))
    if key is not None and key not in parts.values():
        hazard = key
    if hazard is not None:
        parts[HAZARD] = hazard
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


def _role_names(profile: Profile | None, role: str) -> tuple[str, ...]:
    """Return the names of columns of a role; those of plain tables where a profile says none."""
    said = None if profile is None else profile.points.get(role)
    if said is not None and not said:
        return ()
    return (*(said or bundled()[PLAIN].points.get(role, ())), *_FURTHER.get(role, ()))


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
    places = _places(placed, layouts, layer)
    if layer == places:
        return Chosen(places, None, _others(sheets, places))
    records = [name for name in sheets if _shares_keys(sheets, layouts, places, name)]
    if layer is not None:
        records = [name for name in records if name == layer]
        if not records:
            raise FileError(f"sheet {layer!r} says no place, and no id of the sheet {places!r}")
    if len(records) > 1:
        raise _several("of records", records)
    return Chosen(places, records[0] if records else None, _others(sheets, places, *records))


def _places(placed: list[str], layouts: Mapping[str, Layout], layer: str | None) -> str:
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


def _others(sheets: Sheets, *read: str) -> tuple[str, ...]:
    return tuple(name for name in sheets if name not in read)


def _folded(columns: Iterable[Any]) -> dict[str, str]:
    there: dict[str, str] = {}
    for column in columns:
        there.setdefault(fold(str(column)), column)
    return there


def _first(there: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((there[fold(name)] for name in names if fold(name) in there), None)


def _filled(table: pd.DataFrame, columns: list[str]) -> int:
    """Count the rows in which all these columns hold something."""
    return int(table[columns].notna().all(axis=1).sum())
