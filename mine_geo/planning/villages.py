"""What stands between a village, commune or district and its declaration as free of mines.

Units are known by the official codes of NCDD: a district has 4 figures, a commune 6, a village 8,
and each begins with the code of the unit around it. Names repeat, so codes decide. Geometries are
in EPSG:4326, sizes whole m². Kinds of hazard are counted together, for a village is free when none
is left, but their m² stand side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import RecordError, choose, some
from mine_geo.geo.cells import day_of, read_days
from mine_geo.geo.geometry import as_geometries, refuse_invalid, size_m2
from mine_geo.planning.units import FIGURES
from mine_geo.terms import KINDS, NO_UNIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from mine_geo.ledger.events import Day
    from mine_geo.planning.units import Level

State = Literal["declared", "ready", "unknown", "open", "reopened", "doubtful"]

CODE_COLUMNS: Final = ("village_code", "commune_code", "district_code", "province_code")
"""Where a record says in which unit it is, the smallest first."""
STATES: Final = ("declared", "ready", "unknown", "open", "reopened", "doubtful")
"""`declared`, and nothing stands against it; `ready` to be declared; `unknown`, because nothing is
known to stand against it and not all was looked at; `open`; `reopened`, because land was found or
an accident happened after the declaration; `doubtful`, because something was left when it was
declared."""
_NOWHERE: Final = ""
"""The code, within these tables, of what records no unit of the level."""
WORDS: Final = {
    "hazards": "open hazards",
    "waiting": "records waiting",
    "spot_tasks": "open spot tasks",
    "evidence": "evidence without a hazard",
    "accidents": "accidents",
}
COUNTS: Final = tuple(WORDS)
"""What stands between a unit and its declaration, things each."""


def mine_free(
    hazards: gpd.GeoDataFrame,
    units: pd.DataFrame,
    *,
    level: Level = "village",
    spot_tasks: pd.DataFrame | None = None,
    accidents: pd.DataFrame | None = None,
    evidence: pd.DataFrame | None = None,
    waiting: pd.DataFrame | None = None,
    declarations: pd.DataFrame | None = None,
    since: Day = None,
    as_of: Day = None,
) -> pd.DataFrame:
    """List what stands between each unit and its declaration, the nearest to it first.

    Parameters
    ----------
    hazards
        The register (EPSG:4326), of all kinds: closed and `residual` ones stand in nobody's way,
        but a closed one that was found after a declaration ended it.
        Further columns read: `village_code`, `commune_code`, `district_code`, `surveyed_on`. As of
        a day: give the hazards as of that day, and `as_of`.
    units
        `code` and `name`, and if known `geometry` (EPSG:4326). Where units have polygons, a hazard
        is listed in each one that it overlaps by a m² or more, beside the one that it records.
    level
        Which units are listed; smaller ones of `units` tell of polygons only.
    spot_tasks
        Open ones, with codes of units, or `hazard_id`.
    accidents
        `happened_on`, and codes of units or points. Those after the declaration count; where there
        is none, those after `since`.
    evidence
        `found_on`, `hazard_id`, and codes or points. Counted is what belongs to no hazard and lies
        in no open one.
    waiting
        Records that wait on the workbench: codes of units, or the `hazard_id` that they are of.
    declarations
        `declared_on`, and `level` and `code`, or a code of this level (`village_code`). The last
        one counts.
    since
        For units that are not declared: accidents up to this day stand in nobody's way.
    as_of
        What happened after this day is left out; None: nothing is.

    Returns
    -------
    pandas.DataFrame
        A row a unit: `name`, `code`, `state` (one of `STATES`), `hazards`, the m² left of each
        kind (`ap_minefield_m2`, ...; of hazards that are shared with a neighbour the whole, in
        each), `waiting`, `spot_tasks`, `evidence`, `accidents`, `declared_on`, `why`. Sorted by
        things and m² in the way. A count of what was not given is null: it is not known to be none,
        and what would be `ready` or `declared` without it is `unknown`. Where land was found after
        a declaration and all of it is released, the unit is `ready` to be declared anew. A last
        row counts what records no unit of this level, or one that is not listed, if anything does:
        nobody can say which unit it stands against.

    Raises
    ------
    OptionError
        If the level is unknown.
    RecordError
        If a table lacks a column, holds a day that is none, or a unit is listed twice.

    Examples
    --------
    >>> import geopandas as gpd
    >>> hazards = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": ["ap_minefield"], "status": ["open"],
    ...      "size_m2": [900], "village_code": ["02030405"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> units = pd.DataFrame({"code": ["02030405", "02030406"], "name": ["Boeng", "Kandal"]})
    >>> mine_free(hazards, units)[["name", "state", "hazards", "ap_minefield_m2"]]
         name    state  hazards  ap_minefield_m2
    0  Kandal  unknown        0                0
    1   Boeng     open        1              900
    >>> lists = dict.fromkeys(["spot_tasks", "accidents", "evidence", "waiting"], nothing())
    >>> mine_free(hazards, units, **lists)["state"].tolist()
    ['ready', 'open']
    """
    figures = FIGURES[choose(level, tuple(FIGURES), "level")]
    day = day_of(as_of)
    listed = _listed(units, figures)
    place = _Places(units, figures)
    open_ = _open(hazards)
    told = hazards[["hazard_id", *_there(hazards)]].drop_duplicates("hazard_id")
    declared = _declared(declarations, level, day)
    pairs = place.of(open_, "hazards", shared=True)
    sizes = open_.set_index("hazard_id")
    table = pd.DataFrame(index=[*listed["code"], _NOWHERE])
    table["hazards"] = _count(pairs, table.index)
    for kind in KINDS:
        mine = pairs[pairs["item"].map(sizes["kind"]) == kind]
        m2 = mine.assign(m2=mine["item"].map(sizes["size_m2"])).groupby("code")["m2"]
        table[f"{kind}_m2"] = _aligned(m2.sum(), table.index)
    happened = _until(accidents, "happened_on", "accidents", day)
    counted = {
        "waiting": place.of(_coded(waiting, told), "waiting"),
        "spot_tasks": place.of(_coded(spot_tasks, told), "spot_tasks"),
        "evidence": place.of(_unattached(evidence, open_, day), "evidence"),
        "accidents": _after(place.of(happened, "accidents"), happened, declared, day_of(since)),
    }
    for name, found in counted.items():
        table[name] = _count(found, table.index)
    table["declared_on"] = pd.Series(table.index, index=table.index).map(declared)
    later, before = _found(pairs, open_, declared)
    ended = _found(place.of(_closed(hazards), "hazards", shared=True), hazards, declared)[0]
    given = {"waiting": waiting, "spot_tasks": spot_tasks, "evidence": evidence}
    given["accidents"] = accidents
    # What nobody gave is not known to be none.
    unknown = [name for name in COUNTS if name in given and given[name] is None]
    table["state"], table["why"] = _states(table, (later, before, ended), unknown)
    table.insert(0, "code", table.index)
    names = dict(zip(listed["code"], listed["name"], strict=True))
    table.insert(0, "name", [names.get(code, NO_UNIT) for code in table.index])
    found = _in_order(table)
    return found.assign(**dict.fromkeys(unknown, pd.array([None] * len(found), dtype="Int64")))


def declared(
    hazards: gpd.GeoDataFrame,
    declarations: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    spot_tasks: pd.DataFrame | None = None,
    accidents: pd.DataFrame | None = None,
    evidence: pd.DataFrame | None = None,
    waiting: pd.DataFrame | None = None,
    as_of: Day = None,
) -> pd.DataFrame:
    """List declarations, the latest first, and say of each whether it still holds.

    Parameters
    ----------
    hazards, spot_tasks, accidents, evidence, waiting, as_of
        As for `mine_free`.
    declarations
        `level`, `code`, `declared_on`, and if known `name`, `declared_by`, `document`.
    units
        As for `mine_free`, where units have polygons: only the declared ones are listed.

    Returns
    -------
    pandas.DataFrame
        A row a declaration up to `as_of`: `level`, `code`, `name`, `declared_on`, `state` (one of
        `STATES`, or `renewed` where a later one of the unit counts), `why`, `declared_by`,
        `document`.

    Raises
    ------
    RecordError
        As `mine_free`; or if a level is none, or a code is not of its level.

    Examples
    --------
    >>> import geopandas as gpd
    >>> hazards = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": ["ap_minefield"], "status": ["open"],
    ...      "size_m2": [900], "village_code": ["02030405"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> said = pd.DataFrame({"level": ["village"] * 2, "code": ["02030405"] * 2,
    ...     "declared_on": ["2019-06-30", "2018-06-30"]})
    >>> declared(hazards, said)[["state", "why"]].values.tolist()
    [['reopened', '1 hazard found afterwards'], ['renewed', '']]
    """
    missing = [name for name in ("level", "code", "declared_on") if name not in declarations]
    if missing:
        raise RecordError(f"declarations lack the column {some(missing)}")
    given = _until(declarations, "declared_on", "declarations", day_of(as_of))
    rows = pd.DataFrame(declarations if given is None else given).reset_index(drop=True)
    texts = rows["code"].astype("str")
    wrong = texts.str.len() != rows["level"].map(FIGURES)
    if wrong.any():
        raise RecordError(
            f"declarations of {some(texts[wrong])}: not the code of a level; a district has 4 "
            "figures, a commune 6, a village 8"
        )
    rows = rows.assign(
        code=texts,
        declared_on=_days(rows, "declared_on", "declarations"),
        **{name: None for name in ("name", "declared_by", "document") if name not in rows},
    )
    rows = rows.sort_values(["declared_on", "code"], ascending=[False, True], kind="stable")
    last = ~rows.duplicated(["level", "code"])
    rows["state"], rows["why"] = "renewed", ""
    levels: tuple[Level, ...] = ("district", "commune", "village")
    for level in levels:
        mine = rows[last & (rows["level"] == level)]
        if mine.empty:
            continue
        listed = mine[["code", "name"]]
        if units is not None and "geometry" in units:
            codes = units["code"].astype("str")
            listed = listed.merge(pd.DataFrame(units)[["code", "geometry"]].assign(code=codes))
        table = mine_free(
            hazards, listed, level=level, spot_tasks=spot_tasks, accidents=accidents,
            evidence=evidence, waiting=waiting, declarations=mine, as_of=as_of,
        ).set_index("code")  # fmt: skip
        rows.loc[mine.index, "state"] = mine["code"].map(table["state"])
        rows.loc[mine.index, "why"] = mine["code"].map(table["why"])
    first = ["level", "code", "name", "declared_on", "state", "why", "declared_by", "document"]
    return rows[first].reset_index(drop=True)


def nothing() -> pd.DataFrame:
    """Return a list that somebody looked at, and in which there is nothing.

    Examples
    --------
    >>> len(nothing())
    0
    """
    names = ["level", "code", "village_code", "happened_on", "found_on", "declared_on"]
    return pd.DataFrame({name: [] for name in names}, dtype="str")


def _listed(units: pd.DataFrame, figures: int) -> pd.DataFrame:
    """Return the units of a level, each once."""
    missing = [name for name in ("code", "name") if name not in units]
    if missing:
        raise RecordError(f"units lack the column {some(missing)}; they need code and name")
    codes = units["code"].astype("str")
    found = pd.DataFrame({"code": codes, "name": units["name"]})[codes.str.len() == figures]
    if found.empty:
        raise RecordError(
            f"no unit has a code of {figures} figures; there are codes as {some(codes.head(3))}"
        )
    twice = found.loc[found["code"].duplicated(), "code"]
    if len(twice):
        raise RecordError(f"units listed twice: {some(sorted(set(twice)))}; leave one row each")
    return found


class _Places:
    """Says in which unit a record is: by its codes, by its point, by the polygons it overlaps."""

    def __init__(self, units: pd.DataFrame, figures: int) -> None:
        self._figures = figures
        codes = units["code"].astype("str")
        drawn = np.zeros(len(units), dtype=bool)
        geometry = np.array([], dtype=object)
        if "geometry" in units:
            geometry = as_geometries(units["geometry"])
            drawn = np.isin(shapely.get_type_id(geometry), (3, 6))
        drawn &= (codes.str.len() >= figures).to_numpy()
        if len(geometry):
            refuse_invalid(geometry[drawn], "units")
        self._codes = codes.to_numpy()[drawn]
        self._polygons = geometry[drawn] if len(geometry) else geometry
        self._tree = shapely.STRtree(self._polygons)

    def of(self, records: pd.DataFrame | None, what: str, *, shared: bool = False) -> pd.DataFrame:
        """Return `item` and `code`, a row for each record and unit of the level that it is in.

        A record that is in none stands once, with the code `_NOWHERE`. `shared`: records are
        polygons, in every unit that they overlap.
        """
        if records is None or records.empty:
            return pd.DataFrame({"item": [], "code": []}, dtype=object)
        items = records["hazard_id"].to_numpy() if shared else np.arange(len(records))
        own = [_cut(code, self._figures) for code in _deepest(records)]
        pairs = [(item, code) for item, code in zip(items, own, strict=True) if code is not None]
        pairs += [(items[at], code) for at, code in self._by_ground(records, own, shared=shared)]
        there = {item for item, _ in pairs}
        pairs += [(item, _NOWHERE) for item in items if item not in there]
        found = pd.DataFrame(pairs, columns=["item", "code"], dtype=object)
        if not shared and "geometry" not in records and not _there(records):
            raise RecordError(f"{what} need a code of their unit ({some(CODE_COLUMNS)}) or a point")
        return found.drop_duplicates(ignore_index=True)

    def _by_ground(
        self, records: pd.DataFrame, own: list[str | None], *, shared: bool
    ) -> Iterable[tuple[int, str]]:
        """Give the place of each record, and a unit that its polygon overlaps or its point is in.

        Of a point the recorded unit counts; its ground only where none is recorded.
        """
        if "geometry" not in records or not len(self._polygons):
            return
        geometry = as_geometries(records["geometry"])
        at, unit = self._tree.query(geometry, predicate="intersects")
        if shared:
            common = shapely.intersection(geometry[at], self._polygons[unit])
            overlap = size_m2(common) > 0
            at, unit = at[overlap], unit[overlap]
        else:
            # On a line between two units: the one with the lower code.
            order = np.lexsort((self._codes[unit], at))
            at, unit = at[order], unit[order]
            first = np.concatenate([[True], at[1:] != at[:-1]]) if len(at) else np.zeros(0, bool)
            none = np.array([own[each] is None for each in at], dtype=bool)
            at, unit = at[first & none], unit[first & none]
        for each, code in zip(at, self._codes[unit], strict=True):
            yield int(each), str(code)[: self._figures]


def _there(records: pd.DataFrame) -> list[str]:
    return [name for name in CODE_COLUMNS if name in records]


def _deepest(records: pd.DataFrame) -> list[str | None]:
    """Return the code of the smallest unit that each record names."""
    names = _there(records)
    if not names:
        return [None] * len(records)
    codes = records[names].astype(object)
    first = codes.where(codes.notna() & (codes != ""), None).bfill(axis=1).iloc[:, 0]
    return [None if pd.isna(code) else str(code) for code in first]


def _cut(code: str | None, figures: int) -> str | None:
    """Return the code of the unit around it at a level; None where it names only a larger one."""
    return None if code is None or len(code) < figures else code[:figures]


def _open(hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hazards of which something is left that has to be released."""
    left = (hazards["size_m2"] > 0) & (hazards["status"] != "closed")
    if "residual" in hazards:
        left &= ~hazards["residual"].fillna(value=False).astype(bool)
    return hazards[left]


def _closed(hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hazards of which nothing is left, of a day that is known."""
    closed = (hazards["size_m2"] == 0) | (hazards["status"] == "closed")
    return hazards[closed & hazards["surveyed_on"].notna()]


def _coded(records: pd.DataFrame | None, hazards: pd.DataFrame) -> pd.DataFrame | None:
    """Give records of a hazard its codes, where they have none of their own."""
    if records is None or "hazard_id" not in records:
        return records
    own = pd.Series(_deepest(records), index=records.index, dtype=object)
    codes = pd.Series(_deepest(hazards), index=hazards["hazard_id"], dtype=object)
    code = own.where(own.notna(), records["hazard_id"].map(codes))
    return pd.DataFrame(records).drop(columns=_there(records)).assign(village_code=code)


def _days(records: pd.DataFrame, column: str, what: str) -> pd.Series[Any]:
    if column not in records:
        raise RecordError(f"{what} lack the column {column}")
    days, bad = read_days(records[column])
    if bad.any() or (what != "hazards" and days.isna().any()):
        row = int(np.flatnonzero(bad | days.isna().to_numpy())[0])
        raise RecordError(f"{what}, row {row + 1}: {column} is no day that is clear")
    return days


def _until(records: pd.DataFrame | None, column: str, what: str, day: Any) -> pd.DataFrame | None:
    """Return the records up to a day."""
    if records is None:
        return None
    days = _days(records, column, what)
    return records if day is None else records[days <= pd.Timestamp(day)]


def _declared(declarations: pd.DataFrame | None, level: str, day: Any) -> dict[str, pd.Timestamp]:
    """Return the last day on which each unit was declared."""
    found = _until(declarations, "declared_on", "declarations", day)
    if found is None:
        return {}
    column = next((name for name in (f"{level}_code", "code") if name in found), None)
    if column is None or (column == "code" and "level" not in found):
        raise RecordError(
            f"declarations lack a code: give the column {level}_code, or level and code"
        )
    mine = found[found[column].notna()]
    if "level" in mine:
        mine = mine[mine["level"] == level]
    days = _days(mine, "declared_on", "declarations")
    last = days.groupby(mine[column].astype("str").to_numpy()).max()
    return {str(code): latest for code, latest in last.items()}


def _unattached(
    evidence: pd.DataFrame | None, open_: gpd.GeoDataFrame, day: Any
) -> pd.DataFrame | None:
    """Return the evidence that belongs to no hazard, and lies in no open one."""
    found = _until(evidence, "found_on", "evidence", day)
    if found is None or found.empty:
        return found
    alone = np.ones(len(found), dtype=bool)
    if "hazard_id" in found:
        alone &= found["hazard_id"].isna().to_numpy()
    if "geometry" in found:
        tree = shapely.STRtree(as_geometries(open_.geometry))
        inside, _ = tree.query(as_geometries(found["geometry"]), predicate="intersects")
        alone[inside] = False
    return found[alone]


def _after(
    pairs: pd.DataFrame,
    accidents: pd.DataFrame | None,
    declared: dict[str, pd.Timestamp],
    since: Any,
) -> pd.DataFrame:
    """Return the accidents that count in each unit: those after its declaration, or after a day."""
    if accidents is None or pairs.empty:
        return pairs
    days = _days(accidents, "happened_on", "accidents").to_numpy()
    when = pd.Series(days[pairs["item"].to_numpy(dtype=np.intp)], index=pairs.index)
    first = pd.Timestamp.min if since is None else pd.Timestamp(since)
    limit = pairs["code"].map(lambda code: declared.get(code, first))
    return pairs[when > limit]


def _count(pairs: pd.DataFrame, index: pd.Index) -> Any:
    return _aligned(pairs.groupby("code")["item"].nunique(), index)


def _aligned(sums: pd.Series[Any], index: pd.Index) -> Any:
    """Return sums by code in the order of the units; what is of no listed unit goes to the last."""
    found = dict.fromkeys(index, 0)
    for code, value in sums.items():
        found[code if code in found else _NOWHERE] += int(value)
    return pd.Series(found, dtype=np.int64).reindex(index).to_numpy()


def _found(
    pairs: pd.DataFrame, open_: gpd.GeoDataFrame, declared: dict[str, pd.Timestamp]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many open hazards of each declared unit were found afterwards, and before."""
    mine = pairs[pairs["code"].isin(list(declared))]
    if mine.empty:
        return {}, {}
    days = _days(open_, "surveyed_on", "hazards").set_axis(open_["hazard_id"])
    afterwards = mine["item"].map(days) > mine["code"].map(declared)
    later, before = (
        {str(code): int(count) for code, count in mine[which].groupby("code").size().items()}
        for which in (afterwards, ~afterwards)
    )
    return later, before


def _states(
    table: pd.DataFrame,
    found_: tuple[dict[str, int], dict[str, int], dict[str, int]],
    unknown: list[str],
) -> tuple[list[str], list[str]]:
    """Return the state of each unit, and what it rests on, in words.

    `found_`: of each declared unit how many hazards were found after its declaration, before it,
    and after it but are closed; `unknown`: what nobody looked at.
    """
    later, before, ended = found_
    states: list[str] = []
    reasons: list[str] = []
    not_looked_at = f"not looked at: {', '.join(WORDS[name] for name in unknown)}"
    for code, row in table.iterrows():
        things = {name: int(row[name]) for name in COUNTS if row[name]}
        if code == _NOWHERE:
            states.append("open")
            reasons.append(_listed_words(things))
        elif pd.isna(row["declared_on"]):
            states.append("open" if things else "unknown" if unknown else "ready")
            reasons.append(_listed_words(things) or (not_looked_at if unknown else ""))
        elif not things:
            again = ended.get(str(code), 0)
            said = [f"{_counted(again, 'hazards')} found afterwards and released: declare it anew"]
            said = said if again else []
            states.append("unknown" if unknown else "ready" if again else "declared")
            reasons.append("; ".join([*said, not_looked_at] if unknown else said))
        else:
            found, left = later.get(str(code), 0), before.get(str(code), 0)
            happened = things.get("accidents", 0)
            other = {
                name: count
                for name, count in things.items()
                if name not in ("hazards", "accidents")
            }
            states.append("reopened" if found or happened else "doubtful")
            said = [f"{_counted(found, 'hazards')} found afterwards"] if found else []
            said += [f"{_counted(happened, 'accidents')} afterwards"] if happened else []
            known = "left or of no known day when it was declared"
            said += [f"{_counted(left, 'hazards')} {known}"] if left else []
            said += [_listed_words(other)] if other else []
            reasons.append("; ".join(said))
    return states, reasons


def _listed_words(things: dict[str, int]) -> str:
    return ", ".join(_counted(count, WORDS[name]) for name, count in things.items())


def _counted(count: int, things: str) -> str:
    """Write how many of something there are: "1 open hazard", "2 open hazards"."""
    if count == 1:
        for many, one in (("hazards", "hazard"), ("accidents", "accident"), ("tasks", "task"),
                          ("records", "record")):  # fmt: skip
            things = things.replace(many, one)
    return f"{count:,} {things}"


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return the units with the nearest to its declaration first, and what has no unit last."""
    last = (table["code"] == _NOWHERE).to_numpy()
    things = table[list(COUNTS)].sum(axis=1).to_numpy()
    kinds = [f"{kind}_m2" for kind in KINDS]
    m2 = table[kinds].sum(axis=1).to_numpy()  # an order, not a figure: kinds are not added up
    order = np.lexsort((table["code"].to_numpy(dtype=str), m2, things, last))
    found = table.iloc[order][~last[order] | (things[order] > 0)].reset_index(drop=True)
    found["code"] = found["code"].where(found["code"] != _NOWHERE, None)
    first = ["name", "code", "state", "hazards", *kinds, *COUNTS[1:], "declared_on", "why"]
    return found[first]
