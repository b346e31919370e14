"""The hazard table: one shape of data for minefields, SHA and CHA (EPSG:4326, m²).

Hazards travel as a GeoDataFrame in EPSG:4326 with the columns of `terms.HAZARD_COLUMNS`, in that
order, then whatever else a file holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mine_geo.errors import GeometryError, MixedError, RecordError, UnknownNameError, choose, some
from mine_geo.geo import admin_names
from mine_geo.geo.cells import read_days, read_flags, read_numbers, read_texts, refuse_unfit
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import find_faults, size_m2, to_multipolygons
from mine_geo.terms import (
    AREA_TYPES,
    CRS,
    DIFFICULTIES,
    EVIDENCES,
    HAZARD_COLUMNS,
    KINDS,
    STATUSES,
    SURVEY_METHODS,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_COLUMNS: Final = (
    "hazard_id",
    "kind",
    "also",
    "area_type",
    "status",
    "province",
    "province_code",
    "district",
    "district_code",
    "commune",
    "commune_code",
    "village",
    "village_code",
    "difficulty",
    "operator",
    "survey_method",
    "evidence",
)
PLACE_COLUMNS: Final = ("province", "province_code", "district", "district_code")

WORDS: Final = {
    "kind": KINDS,
    "area_type": AREA_TYPES,
    "status": STATUSES,
    "difficulty": DIFFICULTIES,
    "survey_method": SURVEY_METHODS,
    "evidence": EVIDENCES,
}


def to_hazards(frame: gpd.GeoDataFrame, *, kind: str | None = None) -> gpd.GeoDataFrame:
    """Return a canonical hazard table: checked, columns in order, size computed.

    Parameters
    ----------
    frame
        Polygons in EPSG:4326 with a column `hazard_id`; column names in any case.
    kind
        The kind of records that have none: one of `terms.KINDS`.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of `terms.HAZARD_COLUMNS`, then the frame's others; `size_m2` (int, m²) is always
        computed from the polygon. Names of provinces and districts that are known by any spelling
        are written in the standard one, and their codes filled in. The index is kept.

    Raises
    ------
    CRSError
        If the frame is not in EPSG:4326.
    RecordError
        If there is no record, an id is missing or repeated, a word is outside the vocabulary, or
        a cell is what no store takes (see `cells`).
    GeometryError
        If a geometry is missing, empty, not a polygon or invalid; with the ids and the place.

    Examples
    --------
    >>> import shapely
    >>> frame = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "province": ["BATTAMBANG"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> to_hazards(frame, kind="ap_minefield")[["province", "province_code", "size_m2"]]
         province province_code  size_m2
    0  Battambang            02  1200149
    """
    table = canonical_names(frame)
    refuse_unfit(frame)
    if table.empty:
        raise RecordError("no records; choose another layer, or export the polygons again")
    ids = _checked_ids(table)
    faults = find_faults(table, ids)
    if len(faults):
        lines = some((f"{row.id}: {row.message}" for row in faults.itertuples()), 3)
        raise GeometryError(f"{lines}; mend the polygons in their source and load again")
    table = table.assign(hazard_id=ids)
    table = _filled(table, None if kind is None else choose(kind, KINDS, "kind"))
    table = table.assign(**located(table))
    table = table.set_geometry(gpd.GeoSeries(to_multipolygons(table), index=table.index, crs=CRS))
    table["size_m2"] = size_m2(table)
    rest = [column for column in table.columns if column not in HAZARD_COLUMNS]
    return table[[*HAZARD_COLUMNS, *rest]]


def canonical_names(frame: gpd.GeoDataFrame, what: str = "hazards") -> gpd.GeoDataFrame:
    """Return a table with its known columns in small letters and its geometry called `geometry`.

    Parameters
    ----------
    frame
        Any table of hazards or reports with a column of ids.
    what
        What it holds, as it begins a message.

    Raises
    ------
    GeometryError
        If it has no active geometry column.
    CRSError
        If it is not in EPSG:4326.
    RecordError
        If it has no column `hazard_id`, or a column twice.

    Examples
    --------
    >>> import shapely
    >>> frame = gpd.GeoDataFrame({"HAZARD_ID": ["A"]}, geometry=[shapely.Point(103, 13)], crs=4326)
    >>> list(canonical_names(frame))
    ['hazard_id', 'geometry']
    """
    # A plain DataFrame is what is left of one whose geometry column was dropped.
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise GeometryError(f"no geometry column in {what}; use set_geometry first")
    require_lonlat(frame, what)
    table = frame if frame.geometry.name == "geometry" else frame.rename_geometry("geometry")
    known = set(HAZARD_COLUMNS)
    new = {c: str(c).lower() for c in table.columns if str(c).lower() in known and c not in known}
    table = table.rename(columns=new)
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        raise RecordError(f"{what}: column {some(twice)} stands twice; rename one of them")
    if "hazard_id" not in table:
        others = some(table.columns.drop("geometry"), 12) or "none"
        raise RecordError(
            f"{what}: no column 'hazard_id' (there are: {others}); rename the one that holds the id"
        )
    return table


def _checked_ids(table: gpd.GeoDataFrame) -> pd.Series[str]:
    ids = read_texts(table["hazard_id"])
    missing = np.flatnonzero(ids.isna())
    if len(missing):
        raise RecordError(f"record {some(missing + 1)} has no hazard_id; give each hazard its id")
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise RecordError(f"hazard_id {some(twice)} stands more than once; ids must be unique")
    return ids


def _filled(table: gpd.GeoDataFrame, kind: str | None) -> gpd.GeoDataFrame:
    """Return the table with every canonical column, typed and inside the vocabulary."""
    new: dict[str, Any] = {}
    for column in TEXT_COLUMNS:
        none = pd.Series(None, index=table.index, dtype="str")
        new[column] = read_texts(table[column]) if column in table else none
    if kind is not None:
        new["kind"] = new["kind"].fillna(kind)
    for column, words in WORDS.items():
        strange = sorted(set(new[column].dropna()) - set(words))
        if strange:
            ids = table["hazard_id"][new[column].isin(strange)]
            raise RecordError(
                f"{column} {some(strange)} is unknown ({some(ids)}); valid: {', '.join(words)}"
            )
    for column, read, wrong in (
        ("in_workbench", read_flags, "is neither true nor false; write true or false"),
        ("residual", read_flags, "is neither true nor false; write true or false"),
        ("surveyed_on", read_days, "is no day ({written}); write days as 2022-12-31"),
        ("reported_size_m2", read_numbers, "is not a size in m²; correct it or leave it out"),
    ):
        new[column] = _cells(table, column, read, wrong)
    return table.assign(**new)


def _cells(
    table: gpd.GeoDataFrame, column: str, read: Callable[..., Any], wrong: str
) -> pd.Series[Any]:
    """Return a column as a reader of `cells` has it; a cell that it cannot read is refused."""
    written = table.get(column, pd.Series(None, index=table.index, dtype="str"))
    values, bad = read(written)
    if bad.any():
        raise RecordError(
            f"{column} of {some(table['hazard_id'][bad])} "
            + wrong.format(written=some(written[bad], 3))
        )
    return pd.Series(np.asarray(values), index=table.index)


def located(table: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """Return province and district columns in the standard spelling, with their codes.

    A code that is written counts, also against its name (see `contradictions`); else a name is
    looked up. What is not in the table of names stays as it was written.

    Parameters
    ----------
    table
        Text columns `PLACE_COLUMNS`, null allowed.

    Examples
    --------
    >>> row = {"province": ["BTB"], "province_code": [None], "district": [None],
    ...     "district_code": ["209"]}
    >>> [column[0] for column in located(pd.DataFrame(row)).values()]
    ['Battambang', '02', 'Samlout', '0209']
    """
    known = {place: locate(*place) for place in set(_places(table))}
    found = [known[place] for place in _places(table)]
    rows = pd.DataFrame(found, columns=list(PLACE_COLUMNS), index=table.index)
    return {column: rows[column].astype("str") for column in PLACE_COLUMNS}


def contradictions(table: pd.DataFrame) -> pd.Series[bool]:
    """Say which records have a code that contradicts a name, or the other code.

    A name or code that is not in the table of names contradicts nothing.

    Parameters
    ----------
    table
        Text columns `PLACE_COLUMNS`, null allowed.

    Examples
    --------
    >>> rows = {"province": ["Battambang", "Pailin"], "province_code": ["02", "02"],
    ...     "district": [None, None], "district_code": [None, None]}
    >>> contradictions(pd.DataFrame(rows)).tolist()
    [False, True]
    """
    known = {place: bool(recorded_place(*place).contradictions) for place in set(_places(table))}
    said = [known[place] for place in _places(table)]
    return pd.Series(said, index=table.index, dtype=bool)


def _places(table: pd.DataFrame) -> list[tuple[str | None, str | None, str | None, str | None]]:
    columns = (table[column].astype(object) for column in PLACE_COLUMNS)
    return list(zip(*(column.where(column.notna(), None) for column in columns), strict=True))


def locate(
    province: str | None, province_code: str | None, district: str | None, district_code: str | None
) -> tuple[str | None, str | None, str | None, str | None]:
    """Return one place in the standard spelling, with its codes; see `located`.

    Examples
    --------
    >>> locate("BTB", None, None, "209")
    ('Battambang', '02', 'Samlout', '0209')
    >>> locate(None, None, "Nowhere", None)
    (None, None, 'Nowhere', None)
    """
    code = _look_up(admin_names.province_code, province_code or province)
    if code is not None:
        province, province_code = admin_names.province_name(code), code
    part = _look_up(admin_names.district_code, district_code or district, code)
    if part is not None:
        district, district_code = admin_names.district_name(part), part
        if code is None and province is None:
            province_code = part[:2]
            province = admin_names.province_name(province_code)
    return province, province_code, district, district_code


def _look_up(
    find: Callable[..., str],
    name: str | None,
    *within: str | None,
    unknown: list[str] | None = None,
) -> str | None:
    """Return the code of a name, None where there is none; why it is unknown goes into the list."""
    if name is None:
        return None
    try:
        return find(name, *within)
    except UnknownNameError as error:
        if unknown is not None:
            unknown.append(str(error))
        return None


@dataclass(frozen=True)
class RecordedPlace:
    """What four recorded words mean."""

    province: str | None
    """Code of the province: as its code says, else its name, else the district's."""
    district: str | None
    unknown: tuple[str, ...] = ()
    """What is wrong with names and codes that are not in the table."""
    contradictions: tuple[str, ...] = ()


def recorded_place(
    province: str | None, province_code: str | None, district: str | None, district_code: str | None
) -> RecordedPlace:
    """Return which province and district are meant, what is unknown, and what contradicts.

    A code counts before a name, as in `to_hazards`.

    Examples
    --------
    >>> recorded_place("Pailin", "02", "Samlout", None).contradictions
    ('province code 02 is Battambang (02), not Pailin (24)',)
    >>> recorded_place(None, None, "Samlot City", None).unknown
    ("no district 'Samlot City'; did you mean Samlout (0209), ...",)
    """
    unknown: list[str] = []
    by_code = _look_up(admin_names.province_code, province_code, unknown=unknown)
    by_name = _look_up(admin_names.province_code, province, unknown=unknown)
    inside = by_code or by_name
    unit = _look_up(admin_names.district_code, district_code, unknown=unknown)
    clashes = []
    if by_code and by_name and by_code != by_name:
        clashes.append(f"province code {by_code} is {_called(by_code)}, not {_called(by_name)}")
    if unit is not None and district is not None:
        clashes += _other_name(unit, district)
    elif district is not None and (inside or not unknown):
        unit = _look_up(admin_names.district_code, district, inside, unknown=unknown)
    if unit is not None and inside not in {None, unit[:2]}:
        clashes.append(f"district {_called(unit)} is in {_called(unit[:2])}, not {_called(inside)}")
    found = inside or (None if unit is None else unit[:2])
    return RecordedPlace(found, unit, tuple(dict.fromkeys(unknown)), tuple(clashes))


def _other_name(unit: str, district: str) -> list[str]:
    """Say that a district's name is that of another; names beside its code may be in any script."""
    code = _look_up(admin_names.district_code, district)
    named = (code,) if code is not None else admin_names.districts_named(district)
    either = {unit, *admin_names.newer_codes(unit)}
    if not named or any(either & {code, *admin_names.newer_codes(code)} for code in named):
        return []
    listed = " or ".join(_called(code) for code in named)
    return [f"district code {unit} is {_called(unit)}, not {listed}"]


def _called(code: str | None) -> str:
    """Name a province or district with its code."""
    if code is None:
        return "unknown"
    name = admin_names.province_name if len(code) == 2 else admin_names.district_name
    return f"{name(code)} ({code})"


def kinds_of(table: pd.DataFrame) -> list[str | None]:
    """Return the kinds of a table of hazards, in the order of `terms.KINDS`.

    Words that are none of ours follow in the order of the alphabet, then None where a record says
    none; nothing where the table has no column `kind`.

    Examples
    --------
    >>> kinds_of(pd.DataFrame({"kind": [None, "cluster_munition", "ap_minefield"]}))
    ['ap_minefield', 'cluster_munition', None]
    """
    if "kind" not in table:
        return []
    found = {None if pd.isna(kind) else str(kind) for kind in table["kind"].unique()}
    others = sorted(kind for kind in found if kind is not None and kind not in KINDS)
    return [*(kind for kind in KINDS if kind in found), *others, *([None] if None in found else [])]


def refuse_several_kinds(table: pd.DataFrame, what: str, mend: str) -> None:
    """Refuse a table of hazards of several kinds: kinds are never added up.

    Parameters
    ----------
    table
        Hazards, or figures of hazards.
    what
        What is of several kinds, as it begins the message: "hazards".
    mend
        What to do about it.

    Raises
    ------
    MixedError
        If it holds more than one kind; hazards of which no kind is recorded are one of their own.

    Examples
    --------
    >>> refuse_several_kinds(
    ...     pd.DataFrame({"kind": ["ap_minefield", None]}), "hazards", "choose one with kind=...")
    Traceback (most recent call last):
        ...
    mine_geo.errors.MixedError: hazards of several kinds (ap_minefield, no kind), which are never
    added up; choose one with kind=...
    """
    kinds = kinds_of(table)
    if len(kinds) > 1:
        named = ", ".join(kind or "no kind" for kind in kinds)
        raise MixedError(f"{what} of several kinds ({named}), which are never added up; {mend}")


def summarise(hazards: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count hazards and add up m² by kind and province, as they stand in the table.

    Parameters
    ----------
    hazards
        A canonical hazard table.

    Returns
    -------
    pandas.DataFrame
        `kind`, `province` (null where not recorded or not known), `hazards`, `size_m2`.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> table = summarise(gpd.read_file(sample.path("minefields")))
    >>> next(table.itertuples(index=False, name=None))
    ('ap_minefield', 'Banteay Meanchey', 1664, 103581047)
    """
    groups = hazards.groupby(["kind", "province"], dropna=False)["size_m2"]
    return groups.agg(hazards="size", size_m2="sum").reset_index()


LEVELS: Final = ("province", "district")


def without_unit(
    hazards: pd.DataFrame, level: str = "province", *, province: object = None
) -> pd.Series[bool]:
    """Say which hazards record no province, or no district: no unit's figures hold them.

    Where one unit is shown by itself, these may lie in it all the same, so that none is there
    cannot be said.

    Parameters
    ----------
    hazards
        A hazard table or split, on any index.
    level
        `province`: those without a province; `district`: those without a district.
    province
        With `district`: only those that may lie in this province (name or code), because they
        record it, or none.

    Returns
    -------
    pandas.Series
        bool, on the index of `hazards`. A column that is not there records nothing.

    Raises
    ------
    OptionError
        If the level is neither.

    Examples
    --------
    >>> table = pd.DataFrame({"province": ["Pailin", "Kratie", None], "province_code": None,
    ...     "district": [None, None, None], "district_code": None})
    >>> without_unit(table).tolist()
    [False, False, True]
    >>> without_unit(table, "district", province="Pailin").tolist()
    [True, False, True]
    """
    choose(level, LEVELS, "level")
    found = _unsaid(hazards, level)
    if level == "district" and province is not None:
        found &= _unsaid(hazards, "province") | _of_province(hazards, str(province))
    return found


def _unsaid(hazards: pd.DataFrame, unit: str) -> pd.Series[bool]:
    empty = pd.Series(data=True, index=hazards.index)
    for column in (unit, f"{unit}_code"):
        if column in hazards:
            cells = hazards[column]
            empty &= cells.isna() | (cells.astype("str").str.strip() == "")
    return empty.astype(bool)


def _of_province(hazards: pd.DataFrame, province: str) -> pd.Series[bool]:
    """Say which hazards record a province, by code, else by name."""
    try:
        unit = admin_names.province(province)
        code, name = unit.code, unit.name
    except UnknownNameError:
        code = name = province.strip()
    fits = pd.Series(data=False, index=hazards.index)
    for column, value in (("province_code", code), ("province", name)):
        if column in hazards:
            fits |= hazards[column].astype("str").str.casefold() == value.casefold()
    return fits.astype(bool)
