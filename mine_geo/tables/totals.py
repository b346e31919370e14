"""Totals of a split by province, district or any column: hazards and whole m², near and far."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import MixedError, OptionError, RecordError, choose, some
from mine_geo.geo.hazards import LEVELS, refuse_several_kinds
from mine_geo.terms import NO_UNIT, PROVENANCE_COLUMNS, ROW, SIZES, TOTAL_COLUMNS, WORKBENCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from mine_geo.terms import Group, Size, Workbench


GROUPS: Final = {
    "province": ["province", "province_code"],
    "district": ["province", "province_code", "district", "district_code"],
}
"""What a group is keyed and named by: names repeat, so the code decides."""


UNITS: Final = (*LEVELS, "commune", "village")
PLACES: Final = ("province_code", "province", "district_code", "district")


def totals(
    split: gpd.GeoDataFrame,
    by: Sequence[Group] | Group = ("province",),
    *,
    size: Size = "computed",
    total: bool = False,
    workbench: Workbench = "include",
) -> pd.DataFrame:
    """Count hazards and add up m², nearer and farther than the threshold.

    Parameters
    ----------
    split
        What `border_split` returned, in EPSG:4326; its polygons are not looked at.
    by
        Columns to group by: `terms.Group`, or a further column of the table. `province` and
        `district` are grouped by code and come with code and name; hazards that record none stand
        last, under `terms.NO_UNIT`, their code null. A categorical column keeps its unused
        categories as rows of zeros; so do the provinces and districts of records that `workbench`
        leaves out.
    size
        `computed` (our size of each polygon) or `reported` (as the operator wrote it; the near
        part is then the computed share of it, and a hazard with no reported size is refused).
    total
        Add a last row of sums, and a first column `row` that marks it: see `with_total`.
    workbench
        Records not yet accepted into the register: `include`, `exclude` or `only`.

    Returns
    -------
    pandas.DataFrame
        The group's columns, then `hazards`, `size_m2`, `near_hazards`, `near_size_m2`,
        `far_hazards`, `far_size_m2` (whole m²), all int64, sorted by code.

    Raises
    ------
    MixedError
        If hazards of several kinds would be added up (group by `kind` to see them side by side),
        or rows of different thresholds, rules or borders; a total adds them up too.
    OptionError
        For an unknown option or column.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "kind": "ap_minefield", "province": ["Kratie", "Kratie"], "province_code": "10",
    ...     "in_workbench": False, "size_m2": [100, 20], "zone": ["near", "far"],
    ...     "near_size_m2": [100, 0], "far_size_m2": [0, 20]})
    >>> totals(frame)[["province", "hazards", "size_m2", "near_size_m2", "far_size_m2"]]
      province  hazards  size_m2  near_size_m2  far_size_m2
    0   Kratie        2      120           100           20
    """
    named = [by] if isinstance(by, str) else list(by)
    choose(size, SIZES, "size")
    choose(workbench, WORKBENCH, "workbench")
    keys = group_keys(split, named)
    if "zone" not in split:
        raise RecordError("no zones in this table; call border_split (or store.split) first")
    apart = [] if total else named
    refuse_kinds(split, apart)
    _refuse_other_splits(split, apart)
    figures = figures_of(split, size)
    counted = _counted(split, workbench)
    figures = figures.where(counted, 0)
    table = _summed(_groups(split, keys), figures, keys) if keys else figures.sum().to_frame().T
    table[list(TOTAL_COLUMNS)] = table[list(TOTAL_COLUMNS)].astype(np.int64)
    if total and keys:
        table = with_total(table, keys)
    return table


def _summed(groups: pd.DataFrame, figures: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add up the figures of each group, in the order of the codes.

    Codes and names of a place go together as one number: a category elsewhere that is not used
    gives a row of zeros for each place, not for each pair of a code and another's name.
    """
    order = sorted(keys, key=lambda key: not key.endswith("_code"))
    names = [key for key in order if key in PLACES]
    rest = [key for key in order if key not in PLACES]
    if names:
        place = groups.groupby(names, observed=True, dropna=False, sort=True).ngroup()
        numbered = groups[rest].assign(place=place)
    else:
        numbered = groups
    by_group = pd.concat([numbered, figures], axis=1).groupby(
        ["place", *rest] if names else rest, observed=False, dropna=False, sort=True
    )
    # A sum over nothing keeps the group: a province without near hazards shows zeros.
    table = by_group[list(TOTAL_COLUMNS)].sum().reset_index()
    if names:
        named = groups[names].assign(place=place).drop_duplicates("place")
        table = table.merge(named, on="place", how="left", validate="many_to_one")
    return name_no_unit(table[[*keys, *TOTAL_COLUMNS]])


def name_no_unit(table: pd.DataFrame, units: Sequence[str] = LEVELS) -> pd.DataFrame:
    """Return a table by province or district whose rows without a unit say so.

    Codes stay null, and sums have no unit. Only the columns named in `units` are looked at, where
    they are there.

    Examples
    --------
    >>> name_no_unit(pd.DataFrame({"province": ["Kratie", None], "hazards": [1, 2]}))
               province  hazards
    0            Kratie        1
    1  no unit recorded        2
    """
    named = table.copy()
    sums = table[ROW] != "data" if ROW in table else pd.Series(data=False, index=table.index)
    for unit in units:
        if unit in table and table[unit].isna().any():
            names = table[unit].astype(object)
            code = table.get(f"{unit}_code", pd.Series(None, index=table.index, dtype=object))
            named[unit] = names.where(names.notna() | sums, code.where(code.notna(), NO_UNIT))
    return named


def with_total(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return the table with a last row: the sum of each figure.

    A first column `row` says which it is: `total`, where all others are `data`. Its keys are null,
    so that nobody takes it for a place of that name. Of figures that may be null it is the sum of
    those that are known, null where none is.

    Raises
    ------
    OptionError
        If the table is grouped by a column `row`.

    Examples
    --------
    >>> with_total(pd.DataFrame({"kind": ["a", "b"], "hazards": [1, 2]}), ["kind"])
         row  kind  hazards
    0   data     a        1
    1   data     b        2
    2  total  None        3
    """
    if ROW in keys:
        raise OptionError(f"a table with a total has its own column {ROW}: leave the total out")
    last: dict[Any, Any] = {
        column: None
        if column in keys
        else table[column].sum(min_count=int(table[column].dtype == "Int64"))
        for column in table
    }
    named = table.astype(dict.fromkeys(keys, object))
    row = pd.DataFrame([last]).astype(named.dtypes.to_dict())
    whole = pd.concat([named, row], ignore_index=True)
    whole.insert(0, ROW, [*["data"] * len(named), "total"])
    return whole


def group_keys(table: pd.DataFrame, by: Sequence[str], further: Sequence[str] = ()) -> list[str]:
    """Return the columns that groups are keyed and named by.

    Parameters
    ----------
    table
        The rows to be grouped.
    by
        What to group by; a province or district by its code, and by the name beside it.
    further
        What can be grouped by although it is no column yet.

    Raises
    ------
    OptionError
        If there is no such column; the message lists those that there are.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": [], "province": [], "province_code": []})
    >>> group_keys(table, ["kind", "province"])
    ['kind', 'province', 'province_code']
    """
    keys = list(dict.fromkeys(key for name in by for key in GROUPS.get(name, [name])))
    missing = [key for key in keys if key not in table and key not in further]
    if missing:
        there = [*further, *(str(name) for name in table.columns if name != "geometry")]
        like = difflib.get_close_matches(missing[0], there, 1)
        hint = f"; did you mean {like[0]}?" if like else ""
        raise OptionError(
            f"cannot group by {some(missing)}: no such column{hint}; there are: {some(there, 40)}"
        )
    return keys


def _groups(split: gpd.GeoDataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return the columns to group by; one name for each code, however it was spelled."""
    groups = pd.DataFrame(split[list(keys)])
    for code in ("province_code", "district_code"):
        if code in keys:
            name = code.removesuffix("_code")
            first = groups.groupby(code)[name].transform("first")
            groups[name] = groups[name].where(groups[code].isna(), first)
    return groups


def refuse_kinds(hazards: pd.DataFrame, apart: Sequence[str]) -> None:
    """Refuse to add up hazards of several kinds.

    Parameters
    ----------
    hazards
        The rows that shall be added up.
    apart
        The columns whose values are not added up: those of the groups, none of a total.

    Raises
    ------
    MixedError
        If there are several kinds, and `kind` is not among them.

    Examples
    --------
    >>> refuse_kinds(pd.DataFrame({"kind": ["ap_minefield", "other_erw"]}), ["kind"])
    """
    if "kind" not in apart:
        refuse_several_kinds(
            hazards, "hazards", 'choose one with kind=..., or group by "kind" without a total'
        )


def _refuse_other_splits(split: gpd.GeoDataFrame, by: Sequence[str]) -> None:
    for column in PROVENANCE_COLUMNS:
        if column in split and column not in by and len(split[column].unique()) > 1:
            raise MixedError(
                f"rows with different {column} ({some(split[column].unique())}) are never added "
                "up; split all hazards in one way"
            )


def figures_of(split: gpd.GeoDataFrame, size: str) -> pd.DataFrame:
    """Return what each row of a split adds to `TOTAL_COLUMNS`, on its index; see `totals`."""
    near = split["zone"] == "near"
    sizes, near_size = split["size_m2"], split["near_size_m2"]
    if size == "reported":
        reported = split["reported_size_m2"]
        if reported.isna().any():
            ids = split.loc[reported.isna(), "hazard_id"]
            raise RecordError(f"{some(ids)}: no reported size; use the computed size")
        whole = np.rint(reported).astype(np.int64)
        share = (near_size / sizes.where(sizes > 0, 1)).where(sizes > 0, near.astype(float))
        sizes, near_size = whole, np.rint(whole * share).astype(np.int64)
    columns = {
        "hazards": 1,
        "size_m2": sizes,
        "near_hazards": near.astype(np.int64),
        "near_size_m2": near_size,
        "far_hazards": (~near).astype(np.int64),
        "far_size_m2": sizes - near_size,
    }
    return pd.DataFrame(columns, index=split.index)


def _counted(split: gpd.GeoDataFrame, workbench: Workbench) -> pd.Series[bool]:
    if workbench == "include":
        return pd.Series(data=True, index=split.index)
    waiting = split["in_workbench"].astype(bool)
    return waiting if workbench == "only" else ~waiting


# Totals in parts: each part of a split becomes a few rows, and these are added up.


def condensed(
    split: gpd.GeoDataFrame,
    by: Sequence[Group] | Group = ("province",),
    *,
    size: Size = "computed",
    workbench: Workbench = "include",
) -> pd.DataFrame:
    """Return the sums of a part of a split, for `totals_of_parts`: a row for each combination.

    Parameters
    ----------
    split
        Some of the rows of a split.
    by, size, workbench
        As for `totals`.

    Returns
    -------
    pandas.DataFrame
        The group's columns, kind and provenance, and the six figures (hazards, m²).

    Examples
    --------
    >>> part = pd.DataFrame({
    ...     "kind": "ap_minefield", "province": ["Kratie", "Kratie"], "province_code": "10",
    ...     "in_workbench": False, "size_m2": [100, 20], "zone": ["near", "far"],
    ...     "near_size_m2": [100, 0], "far_size_m2": [0, 20]})
    >>> condensed(part)[["province", "kind", "hazards", "size_m2"]]
      province          kind  hazards  size_m2
    0   Kratie  ap_minefield        2      120
    """
    named = [by] if isinstance(by, str) else list(by)
    choose(size, SIZES, "size")
    choose(workbench, WORKBENCH, "workbench")
    keys = group_keys(split, named)
    kept = [name for name in ("kind", *PROVENANCE_COLUMNS) if name in split and name not in keys]
    groups = pd.DataFrame(split[[*keys, *kept]])
    figures = figures_of(split, size).where(_counted(split, workbench), 0)
    rows = pd.concat([groups, figures], axis=1)
    sums = rows.groupby([*keys, *kept], observed=True, dropna=False, sort=False)
    return sums[list(TOTAL_COLUMNS)].sum().reset_index()


def totals_of_parts(
    parts: Sequence[pd.DataFrame],
    by: Sequence[Group] | Group = ("province",),
    *,
    total: bool = False,
) -> pd.DataFrame:
    """Add up what `condensed` gives of the parts of a split: the same as `totals` of the whole.

    Raises
    ------
    MixedError
        As for `totals`, also where two parts differ.

    Examples
    --------
    >>> part = pd.DataFrame({
    ...     "kind": "ap_minefield", "province": ["Kratie", "Kratie"], "province_code": "10",
    ...     "in_workbench": False, "size_m2": [100, 20], "zone": ["near", "far"],
    ...     "near_size_m2": [100, 0], "far_size_m2": [0, 20]})
    >>> totals_of_parts([condensed(part), condensed(part)])[["province", "hazards", "size_m2"]]
      province  hazards  size_m2
    0   Kratie        4      240
    """
    named = [by] if isinstance(by, str) else list(by)
    rows = pd.concat(parts, ignore_index=True)
    keys = list(dict.fromkeys(key for name in named for key in GROUPS.get(name, [name])))
    apart = [] if total else named
    refuse_kinds(rows, apart)
    _refuse_other_splits(rows, apart)
    figures = rows[list(TOTAL_COLUMNS)]
    table = _summed(_groups(rows, keys), figures, keys) if keys else figures.sum().to_frame().T
    table[list(TOTAL_COLUMNS)] = table[list(TOTAL_COLUMNS)].astype(np.int64)
    return with_total(table, keys) if total and keys else table
