"""The figures of a disclosure as they are shown: those of few hazards left out, sizes rounded.

Takes exact tables by district, commune, kind, year and outcome and gives them back with nulls where
a figure is left out, with the totals of provinces and of the country beside: these cannot be added
up from rows of which some are left out. Sizes are whole m². Kinds are never added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.disclosure.withholding import Tree, hide_details, hide_totals, tree_of, veiled
from mine_geo.errors import RecordError
from mine_geo.terms import OUTCOMES, TOTAL_COLUMNS, ZONES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.disclosure.settings import PublicSettings
    from mine_geo.disclosure.withholding import Mask, Numbers


WAITING: Final = "workbench_hazards"
RELEASED: Final = {outcome: f"{outcome}_m2" for outcome in OUTCOMES}
PROVINCE: Final = ("province", "province_code", "province_km")
PLACE: Final = ("province", "province_code", "district", "district_code")
FEW: Final = "few"
SUPPRESSED: Final = "suppressed"
_ZONED: Final = tuple(f"{zone}_{what}" for zone in ZONES for what in ("hazards", "size_m2"))
_WHOLE: Final = ("hazards", "size_m2")


@dataclass(frozen=True, eq=False)
class Exact:
    """What is recorded, as it must not be shown."""

    aggregates: gpd.GeoDataFrame
    communes: pd.DataFrame
    yearly: pd.DataFrame
    released: gpd.GeoDataFrame
    withheld: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Shown:
    """The same tables with what is left out as null, and those of provinces and the country."""

    aggregates: gpd.GeoDataFrame
    communes: pd.DataFrame
    yearly: pd.DataFrame
    released: gpd.GeoDataFrame
    withheld: pd.DataFrame
    upper: pd.DataFrame
    upper_yearly: pd.DataFrame
    upper_withheld: pd.DataFrame


def shown(exact: Exact, settings: PublicSettings) -> Shown:
    """Leave out what is of few hazards, and what it could be computed from; round sizes.

    Parameters
    ----------
    exact
        The tables of a disclosure. All districts and all hazards: what is left out of a part
        would come out when another part, or the whole, is shown beside it.
    settings
        From which number on a figure is shown, and how sizes are rounded.

    Returns
    -------
    Shown
        Figures that are left out are null. `few`: there are fewer hazards than `least_count`, and
        not none. `suppressed`: what is left out, in words.

    Raises
    ------
    RecordError
        If communes have more than their district.
    """
    places = _Places.of(exact)
    remaining = _Remaining.of(exact, places, settings)
    land = _Released.of(exact, places, settings)
    return Shown(
        aggregates=_with_released(remaining.districts, land),
        communes=remaining.communes,
        yearly=land.yearly,
        released=exact.released.assign(
            released_m2=_rounded(exact.released["released_m2"], settings).astype(np.int64)
        ),
        withheld=land.withheld,
        upper=_with_released(remaining.upper, land),
        upper_yearly=land.upper_yearly,
        upper_withheld=land.upper_withheld,
    )


def _rounded(sizes: pd.Series[Any], settings: PublicSettings) -> pd.Series[Any]:
    return sizes.map(lambda size: pd.NA if pd.isna(size) else settings.rounded(int(size)))


def _kinds(frame: pd.DataFrame) -> list[Any]:
    return [None if pd.isna(each) else each for each in pd.unique(frame["kind"].astype(object))]


def _of_kind(frame: pd.DataFrame, kind: Any) -> pd.DataFrame:
    return frame[frame["kind"].isna() if kind is None else frame["kind"].eq(kind)]


def _words(row: Any, what: str) -> str | None:
    """Return the code, else the name in small letters; None where there is neither."""
    code, name = row[f"{what}_code"], row[what]
    if not pd.isna(code):
        return str(code)
    return None if pd.isna(name) else f"/{str(name).casefold()}"


@dataclass(frozen=True)
class _Places:
    """How provinces and districts are told apart, the same in every table."""

    province_codes: dict[str, str]
    """The code of a province that some row names without it."""

    @classmethod
    def of(cls, exact: Exact) -> _Places:
        table = pd.DataFrame(exact.aggregates)
        coded = table[table["province_code"].notna() & table["province"].notna()]
        names = (f"/{str(name).casefold()}" for name in coded["province"])
        return cls(dict(zip(names, coded["province_code"].astype(str), strict=True)))

    def paths(self, frame: pd.DataFrame) -> list[tuple[object, ...]]:
        """Return the province and the district of each row."""
        rows = frame[list(PLACE)].to_dict("records")
        return [(*self.paths_of_province(row), _words(row, "district")) for row in rows]

    def paths_of_province(self, row: Any) -> tuple[object, ...]:
        """Return what tells a province apart."""
        province = _words(row, "province")
        return (province if province is None else self.province_codes.get(province, province),)


def _upper_rows(
    frame: pd.DataFrame, paths: list[tuple[object, ...]]
) -> dict[object, dict[str, Any]]:
    """Return the names of each province, by what it is told apart by."""
    found: dict[object, dict[str, Any]] = {}
    for path, row in zip(paths, frame[list(PROVINCE)].to_dict("records"), strict=True):
        names = {str(name): None if pd.isna(value) else value for name, value in row.items()}
        there = found.setdefault(path[0], names)
        for name, value in names.items():
            if there[name] is None:
                there[name] = value
    return found


@dataclass(frozen=True, eq=False)
class _Kind:
    """The hazards of a kind in the tree of its units."""

    tree: Tree
    places: dict[tuple[object, ...], int]
    totals: Numbers
    size_m2: Numbers
    details: Numbers
    """Near and far, for each unit."""

    detail_sizes: Numbers
    waiting: Numbers
    hidden: Mask
    hidden_zones: Mask
    hidden_waiting: Mask
    veiled: Mask

    def figures(
        self, path: tuple[object, ...], settings: PublicSettings
    ) -> dict[str, int | bool | str | None]:
        """Return what is shown of a unit."""
        place = self.places[path]
        found: dict[str, int | bool | str | None] = dict.fromkeys((*TOTAL_COLUMNS, WAITING))
        if not self.hidden[place]:
            found["hazards"] = int(self.totals[place])
            found["size_m2"] = settings.rounded(int(self.size_m2[place]))
        if not self.hidden_zones[place]:
            for part, zone in enumerate(ZONES):
                found[f"{zone}_hazards"] = int(self.details[place, part])
                found[f"{zone}_size_m2"] = settings.rounded(int(self.detail_sizes[place, part]))
        if settings.tell_waiting and not self.hidden_waiting[place]:
            found[WAITING] = int(self.waiting[place])
        few = bool(0 < self.totals[place] < settings.least_count and not self.veiled[place])
        found[FEW] = few
        found[SUPPRESSED] = _said(
            few=few,
            total=bool(self.hidden[place]),
            zones=bool(self.hidden_zones[place]),
            least=settings.least_count,
        )
        return found


def _said(*, few: bool, total: bool, zones: bool, least: int) -> str | None:
    """Say what is left out of the remaining hazards of a unit.

    Examples
    --------
    >>> _said(few=True, total=True, zones=True, least=3)
    'fewer than 3 hazards'
    >>> _said(few=False, total=False, zones=True, least=3)
    'near and far not shown, so that no figure of fewer than 3 hazards can be computed'
    """
    if few:
        return f"fewer than {least} hazards"
    so = f"so that no figure of fewer than {least} hazards can be computed"
    if total:
        return f"not shown, {so}"
    return f"near and far not shown, {so}" if zones else None


@dataclass(frozen=True, eq=False)
class _Remaining:
    districts: gpd.GeoDataFrame
    communes: pd.DataFrame
    upper: pd.DataFrame

    @classmethod
    def of(cls, exact: Exact, places: _Places, settings: PublicSettings) -> _Remaining:
        districts, communes = exact.aggregates, exact.communes
        upper: list[dict[str, Any]] = []
        rows: dict[Any, dict[str, Any]] = {}
        commune_rows: dict[Any, dict[str, Any]] = {}
        for kind in _kinds(districts):
            ours, theirs = _of_kind(districts, kind), _of_kind(communes, kind)
            paths, below = places.paths(ours), _commune_paths(theirs, places)
            found = _kind(ours, paths, theirs, below, settings)
            for index, path in zip(ours.index, paths, strict=True):
                rows[index] = found.figures(path, settings)
            for index, path in zip(theirs.index, below, strict=True):
                commune_rows[index] = found.figures(path, settings)
            told = {"level": "national", **dict.fromkeys(PROVINCE), "kind": kind}
            upper.append(told | found.figures((), settings))
            for province, names in _upper_rows(ours, paths).items():
                told = {"level": "province", **names, "kind": kind}
                upper.append(told | found.figures((province,), settings))
        table = pd.DataFrame(
            upper, columns=["level", *PROVINCE, "kind", *TOTAL_COLUMNS, WAITING, FEW, SUPPRESSED]
        )
        return cls(_put(districts, rows), _put(communes, commune_rows), _typed(table))


def _commune_paths(communes: pd.DataFrame, places: _Places) -> list[tuple[object, ...]]:
    names = [None if pd.isna(name) else str(name) for name in communes["commune"]]
    return [(*path, name) for path, name in zip(places.paths(communes), names, strict=True)]


def _kind(
    districts: pd.DataFrame,
    paths: list[tuple[object, ...]],
    communes: pd.DataFrame,
    below: list[tuple[object, ...]],
    settings: PublicSettings,
) -> _Kind:
    columns = [*_ZONED, WAITING]  # the last is there only if it is to be told
    own = dict(
        zip(paths, districts.reindex(columns=columns, fill_value=0).to_numpy(np.int64), strict=True)
    )
    if len(own) != len(paths):
        raise RecordError("a district comes more than once in the figures of a kind")
    lowest = dict(
        zip(below, communes.reindex(columns=columns, fill_value=0).to_numpy(np.int64), strict=True)
    )
    for path, figures in lowest.items():
        own[path[:2]] = own[path[:2]] - figures
    for path in {path[:2] for path in lowest}:
        if (own[path] < 0).any():
            raise RecordError("communes have more hazards than their district")
        if own[path].any():
            lowest[*path, "", "other"] = own[path]
        own[path] = np.zeros(len(columns), dtype=np.int64)
    tree, at = tree_of([*paths, *lowest])
    figures = np.zeros((len(tree.above), len(columns)), dtype=np.int64)
    for path, each in (own | lowest).items():
        figures[at[path]] = each
    figures = tree.sums(figures)
    details, sizes, waiting = figures[:, [0, 2]], figures[:, [1, 3]], figures[:, 4]
    totals, size_m2 = details.sum(axis=1), sizes.sum(axis=1)
    least, step = settings.least_count, settings.round_m2
    nothing = np.zeros(len(totals), dtype=bool)
    hidden, zones, hidden_waiting = nothing, nothing, nothing
    if settings.suppresses:
        hidden = hide_totals(tree, totals, size_m2, least, round_m2=step)
        zones = hide_details(tree, details, sizes, hidden, least, round_m2=step)
        hidden_waiting = hide_totals(tree, waiting, 0 * waiting, least, labelled=False)
    return _Kind(
        tree=tree,
        places=at,
        totals=totals,
        size_m2=size_m2,
        details=details,
        detail_sizes=sizes,
        waiting=waiting,
        hidden=hidden,
        hidden_zones=zones,
        hidden_waiting=hidden_waiting,
        veiled=veiled(tree, totals, least),
    )


def _put(table: Any, rows: dict[Any, dict[str, Any]]) -> Any:
    """Return a table with its figures as they are shown."""
    columns = [*TOTAL_COLUMNS, *([WAITING] if WAITING in table else []), FEW, SUPPRESSED]
    found = pd.DataFrame.from_dict(rows, orient="index", columns=columns).reindex(table.index)
    return table.assign(**{name: _typed(found)[name] for name in columns})


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    figures = [name for name in (*TOTAL_COLUMNS, WAITING) if name in table]
    kinds = dict.fromkeys(figures, "Int64") | {FEW: bool, SUPPRESSED: object}
    return table.astype(kinds)


@dataclass(frozen=True, eq=False)
class _Released:
    """Released land: nothing is left out of what is drawn, for its polygons say it themselves."""

    places: _Places
    totals: dict[tuple[Any, str, tuple[object, ...]], int | None]
    """m² by kind, outcome and unit; None: left out."""

    yearly: pd.DataFrame
    withheld: pd.DataFrame
    upper_yearly: pd.DataFrame
    upper_withheld: pd.DataFrame

    @classmethod
    def of(cls, exact: Exact, places: _Places, settings: PublicSettings) -> _Released:
        totals: dict[tuple[Any, str, tuple[object, ...]], int | None] = {}
        years: list[dict[str, Any]] = []
        drawn = exact.released.assign(releases=1)
        kinds = dict.fromkeys([*_kinds(exact.aggregates), *_kinds(exact.yearly)])
        named = _names(exact.aggregates, places)
        for kind in kinds:
            for outcome in OUTCOMES:
                every, public = (
                    (ours := _of_kind(frame, kind))[ours["outcome"].eq(outcome)]
                    for frame in (exact.yearly, drawn)
                )
                found = _Outcome.of(every, public, list(named), places, settings)
                for path in found.places:
                    totals[kind, outcome, path] = found.total(path, settings)
                    years += [
                        {"path": path, "kind": kind, "outcome": outcome, **each}
                        for each in found.years(path, settings)
                    ]
        table = pd.DataFrame(years, columns=["path", "kind", "year", "outcome", *_RELEASES])
        lower, upper = _by_level(table, named)
        held, upper_held = _by_level(_withheld(exact, places, totals, settings), named)
        return cls(places, totals, lower, held, upper, upper_held)


_RELEASES: Final = ("releases", "released_m2")


def _names(aggregates: pd.DataFrame, places: _Places) -> dict[tuple[object, ...], dict[str, Any]]:
    """Return the names of each district, and of all above it."""
    paths = places.paths(aggregates)
    columns = [*PROVINCE, "district", "district_code", "district_km"]
    found: dict[tuple[object, ...], dict[str, Any]] = {(): {}}
    found |= {(key,): names for key, names in _upper_rows(aggregates, paths).items()}
    for path, row in zip(paths, aggregates[columns].to_dict("records"), strict=True):
        found[path] = {str(name): value for name, value in row.items()}
    return found


@dataclass(frozen=True, eq=False)
class _Outcome:
    """The releases of a kind and an outcome, in the tree of units, by year."""

    places: dict[tuple[object, ...], int]
    all_years: list[int | None]
    counts: Numbers
    sizes: Numbers
    hidden: Mask
    hidden_years: Mask

    @classmethod
    def of(
        cls,
        every: pd.DataFrame,
        public: pd.DataFrame,
        named: list[tuple[object, ...]],
        places: _Places,
        settings: PublicSettings,
    ) -> _Outcome:
        tree, at = tree_of(named)
        years = [None if pd.isna(each) else int(each) for each in pd.unique(every["year"])]
        years = [*sorted(each for each in years if each is not None)] + [None] * (None in years)
        columns = {year: place for place, year in enumerate(years)}
        shape = (len(tree.above), len(years))
        sums: list[NDArray[np.int64]] = []
        for frame in (every, public):
            paths = places.paths(frame)
            for column in _RELEASES:
                table = np.zeros(shape, dtype=np.int64)
                for path, year, value in zip(paths, frame["year"], frame[column], strict=True):
                    table[at[path], columns[None if pd.isna(year) else int(year)]] += int(value)
                sums.append(tree.sums(table))
        counts, sizes, drawn, drawn_m2 = sums
        secret, secret_m2 = np.maximum(counts - drawn, 0), np.maximum(sizes - drawn_m2, 0)
        hidden = np.zeros(shape[0], dtype=bool)
        hidden_years = hidden
        if settings.suppresses:
            least, step = settings.least_count, settings.round_m2
            hidden = hide_totals(
                tree,
                secret.sum(axis=1),
                secret_m2.sum(axis=1),
                least,
                round_m2=step,
                labelled=False,
            )
            hidden_years = hide_details(tree, secret, secret_m2, hidden, least, round_m2=step)
        return cls(at, years, counts, sizes, hidden, hidden_years)

    def total(self, path: tuple[object, ...], settings: PublicSettings) -> int | None:
        """Return the m² of a unit, None where they are left out."""
        place = self.places[path]
        if self.hidden[place]:
            return None
        return settings.rounded(int(self.sizes[place].sum()))

    def years(self, path: tuple[object, ...], settings: PublicSettings) -> list[dict[str, Any]]:
        """Return a row a year: of all years where they are left out, so that none stands out."""
        place = self.places[path]
        if self.hidden_years[place]:
            return [
                {"year": year, "releases": None, "released_m2": None} for year in self.all_years
            ]
        return [
            {
                "year": year,
                "releases": int(self.counts[place, at]),
                "released_m2": settings.rounded(int(self.sizes[place, at])),
            }
            for at, year in enumerate(self.all_years)
            if self.counts[place, at]
        ]


def _withheld(
    exact: Exact,
    places: _Places,
    totals: dict[tuple[Any, str, tuple[object, ...]], int | None],
    settings: PublicSettings,
) -> pd.DataFrame:
    """Return what is not drawn by unit, kind and outcome; null where the m² are left out."""
    sums: dict[tuple[tuple[object, ...], Any, str], list[int]] = {}
    paths = places.paths(exact.withheld)
    for path, row in zip(paths, exact.withheld.to_dict("records"), strict=True):
        kind = None if pd.isna(row["kind"]) else row["kind"]
        for depth in range(len(path) + 1):
            found = sums.setdefault((path[:depth], kind, str(row["outcome"])), [0, 0])
            found[0] += int(row["releases"])
            found[1] += int(row["released_m2"])
    rows = []
    for (path, kind, outcome), (count, size) in sums.items():
        told = totals.get((kind, outcome, path)) is not None
        told &= not 0 < count < settings.least_count
        rows.append(
            {
                "path": path,
                "kind": kind,
                "outcome": outcome,
                "releases": count if told else None,
                "released_m2": settings.rounded(size) if told else None,
            }
        )
    return pd.DataFrame(rows, columns=["path", "kind", "outcome", *_RELEASES])


def _by_level(
    table: pd.DataFrame, named: dict[tuple[object, ...], dict[str, Any]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of districts, and those of provinces and the country, with their names."""
    order = [name for name in ("kind", "year", "outcome") if name in table]
    kinds: dict[str, Any] = {"kind": object, "outcome": object}
    kinds |= dict.fromkeys(_RELEASES, "Int64")
    if "year" in table:
        kinds["year"] = "Int64"
    found = []
    for depths, names in (
        ((2,), [*PROVINCE, "district", "district_code", "district_km"]),
        ((0, 1), ["level", *PROVINCE]),
    ):
        mine = np.array([len(path) in depths for path in table["path"]], dtype=bool)
        ours = table[mine].astype(kinds)
        levels = {0: "national", 1: "province"}
        told = pd.DataFrame(
            [{"level": levels.get(len(path)), **named[path]} for path in ours["path"]],
            columns=names,
            index=ours.index,
            dtype=object,
        )
        whole = pd.concat([told.where(told.notna(), None), ours.drop(columns="path")], axis=1)
        by = [name for name in ("level", "district_code", "province", "district") if name in whole]
        whole = whole.sort_values([*by, *order], na_position="last", ignore_index=True)
        found.append(whole[[*names, *order, *_RELEASES]])
    return found[0], found[1]


def _with_released(table: Any, land: _Released) -> Any:
    """Return figures of units with the m² released there, where the table has or needs them."""
    upper = "level" in table
    if upper:
        paths: list[tuple[object, ...]] = [
            () if row["level"] == "national" else land.places.paths_of_province(row)
            for row in table.to_dict("records")
        ]
    else:
        paths = land.places.paths(table)
    kinds = [None if pd.isna(kind) else kind for kind in table["kind"]]
    for outcome, column in RELEASED.items():
        if not upper and column not in table:
            continue
        told = [
            land.totals.get((kind, outcome, path), 0)
            for kind, path in zip(kinds, paths, strict=True)
        ]
        table = table.assign(**{column: pd.array(told, dtype="Int64")})
    return table
