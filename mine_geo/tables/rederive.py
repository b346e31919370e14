"""Published tables derived again from the ledger: the same columns, figures of our own.

Each recipe says of which kind of hazard and as of which day a table speaks; `rederive` makes it
from a fold of the ledger (and, for Table 3, from the split). Whole m² as in `totals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import OptionError, RecordError, choose
from mine_geo.geo.cells import read_days
from mine_geo.tables import movements
from mine_geo.tables.published import NOT_RECORDED
from mine_geo.tables.totals import totals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd

    from mine_geo.ledger.fold import Fold
    from mine_geo.terms import Kind, Outcome, ReleaseGroup


SQUARE_KM: Final = 1_000_000


@dataclass(frozen=True)
class Sources:
    """What a table is made from."""

    fold: Fold
    """The ledger as of the table's day."""
    kind: Kind
    split: gpd.GeoDataFrame | None = None
    """The split of the hazards of `fold`, for a table of zones."""
    spot_tasks: pd.DataFrame | None = None
    """Items destroyed outside any hazard: `happened_on`, `operator`, `submunitions`."""

    @property
    def hazards(self) -> gpd.GeoDataFrame:
        """The hazards of the kind of which something is left."""
        hazards = self.fold.hazards
        return hazards[(hazards["kind"] == self.kind) & (hazards["status"] != "closed")]

    def releases(self, by: Sequence[ReleaseGroup], year: int | None = None) -> pd.DataFrame:
        """Return releases of the kind, of one year or all, summed by columns."""
        rows = movements.releases(self.fold, by=["year", *by], kind=self.kind)
        rows = rows[rows["events"] > 0].reset_index(drop=True)  # a confirmation releases nothing
        if year is None:
            return rows
        return rows[rows["year"] == year].drop(columns="year").reset_index(drop=True)

    def spot(self, year: int) -> pd.DataFrame:
        """Return the spot tasks of a year."""
        if self.spot_tasks is None:
            raise RecordError("this table counts spot tasks; load them into the store first")
        days = read_days(self.spot_tasks["happened_on"])[0]
        return self.spot_tasks[days.dt.year == year]


@dataclass(frozen=True)
class Recipe:
    """How a published table is made again."""

    kind: Kind
    as_of: str
    """The end of this day, ISO."""
    make: Callable[[Sources], pd.DataFrame]
    zones: bool = False
    """Whether it needs the split."""


def _remaining(sources: Sources, by: list[str]) -> pd.DataFrame:
    """Count hazards and m² that remain, by place, with the degrees of difficulty recorded."""
    # By name and code: names repeat among districts, and both stand in the published table.
    keys = list(dict.fromkeys(key for name in by for key in (name, f"{name}_code")))
    groups = sources.hazards.groupby(keys, dropna=False)
    table = groups["size_m2"].agg(hazards="size", size_m2="sum")
    table["difficulty"] = groups["difficulty"].agg(_listed)
    return table.reset_index()


def _listed(words: pd.Series[Any]) -> str:
    """List the different words of a column; a row without one is `not recorded`."""
    return ", ".join(sorted(words.astype(object).where(words.notna(), NOT_RECORDED).unique()))


def _by_zone(sources: Sources) -> pd.DataFrame:
    if sources.split is None:
        raise RecordError("this table counts zones; give the split")
    return totals(sources.split, ["province"])


def _released_by_year(sources: Sources) -> pd.DataFrame:
    """Give released m² by province, a column a year (work plan, Table 2)."""
    # The table has a column a year, and a province without releases in one of them has 0 there.
    rows = sources.releases(["province"])
    rows = rows[rows["year"].between(2020, 2022)]
    table = rows.pivot_table(
        index=["province", "province_code"], columns="year", values="released_m2", aggfunc="sum"
    )
    table.columns = [f"released_{year}_m2" for year in table.columns]
    return table.fillna(0).astype("int64").reset_index()


def _by_area_type(sources: Sources) -> pd.DataFrame:
    """Count CHA and SHA and their m² by province (cluster munitions, Table 1)."""
    hazards = sources.hazards
    keys = ["province", "province_code"]
    # A province may have areas of one type only: side by side by province, the other is 0.
    sides = []
    for area_type in ("CHA", "SHA"):
        rows = hazards[hazards["area_type"] == area_type].groupby(keys)["size_m2"]
        sides.append(rows.agg(hazards="size", size_m2="sum").add_prefix(f"{area_type.lower()}_"))
    table = pd.concat(sides, axis=1).fillna(0).astype("int64")
    table["size_m2"] = hazards.groupby(keys)["size_m2"].sum()
    return table.reset_index()


def _activities(sources: Sources, year: int = 2024) -> pd.DataFrame:
    """Say what each activity of a year released, and the items destroyed (Table 5)."""
    rows = sources.releases([], year)
    sums = rows[["cleared_m2", "reduced_m2", "cancelled_m2", "submunitions"]].sum()
    values = {
        "Clearance": sums["cleared_m2"],
        "Technical Survey": sums["reduced_m2"],
        "Non-Technical Survey": sums["cancelled_m2"],
        "Submunitions destroyed": _items(sources, rows, year),
    }
    said = {
        "activity": list(values),
        f"value_{year}": pd.array(list(values.values()), dtype="Int64"),
    }
    return pd.DataFrame(said)


def _items(sources: Sources, rows: pd.DataFrame, year: int) -> Any:
    """Return submunitions found in a year, with those of spot tasks; null where either is unknown.

    A year without any spot task on record is one of which they are not known.
    """
    return rows["submunitions"].sum(min_count=1) + (
        sources.spot(year)["submunitions"].astype("Int64").sum(min_count=1)
    )


def _key_data(sources: Sources) -> pd.DataFrame:
    """Give km² by activity in 2024 and 2023, items, and km² left, as printed (key data)."""
    # The report prints km² to two decimals, and what is left in whole km², for 2024 alone.
    items = ["clearance", "technical_survey", "non_technical_survey", "submunitions_destroyed"]
    table = pd.DataFrame({"item": [*items, "cmr_contamination"]})
    remaining = {2024: round(int(sources.hazards["size_m2"].sum()) / SQUARE_KM)}
    for year in (2024, 2023):
        rows = sources.releases([], year)
        sums = rows[["cleared_m2", "reduced_m2", "cancelled_m2"]].sum() / SQUARE_KM
        values = [*sums.round(2), _items(sources, rows, year), remaining.get(year)]
        table[f"value_{year}"] = pd.array(values, dtype="Float64")
    return table


def _by_operator(outcome: Outcome) -> Callable[[Sources], pd.DataFrame]:
    """Return the recipe of an outcome's m² by operator in 2024 (Tables 6 and 7)."""

    def make(sources: Sources) -> pd.DataFrame:
        rows = sources.releases(["operator", "province"], 2024)
        rows = rows[rows[f"{outcome}_m2"] > 0]
        # Releases of which no report names an operator stay a row: they are part of the sum.
        groups = rows.groupby("operator", dropna=False)
        table = groups[[f"{outcome}_m2"]].sum()
        table["provinces"] = groups["province"].agg(_listed)
        return table.reset_index()

    return make


def _cleared_by_operator(sources: Sources) -> pd.DataFrame:
    """Give cleared m² and submunitions by operator in 2024, spot tasks beside (Table 8).

    Operators that cleared nothing stand together as `Other`. Provinces are those of clearance and
    of spot tasks. Items of an operator none of whose reports names any are unknown.
    """
    # First who cleared, then the spot tasks of the same operators; all other tasks are `Other`.
    rows = sources.releases(["operator"], 2024).set_index("operator")
    rows = rows[rows["cleared_m2"] > 0]
    tasks = sources.spot(2024)
    tasks = tasks.assign(
        operator=tasks["operator"].where(tasks["operator"].isin(rows.index), "Other")
    )
    spot = tasks.groupby("operator")["submunitions"].sum()
    table = pd.DataFrame(index=rows.index.union(spot.index).rename("operator"))
    table["cleared_m2"] = rows["cleared_m2"].reindex(table.index, fill_value=0)
    table["submunitions_destroyed"] = rows["submunitions"].reindex(table.index, fill_value=0)
    table["submunitions_destroyed_spot"] = spot.reindex(table.index, fill_value=0)
    # Where each worked: the provinces of its clearance and of its spot tasks, each once.
    places = sources.releases(["operator", "province"], 2024)
    places = places.loc[places["cleared_m2"] > 0, ["operator", "province"]]
    both = pd.concat([places, tasks[["operator", "province"]]])
    table["provinces"] = both.groupby("operator")["province"].agg(_listed).reindex(table.index)
    return table.reset_index()


def _cleared_km2(sources: Sources) -> pd.DataFrame:
    """Give cleared km² by year, to two decimals as printed (Table 9)."""
    rows = sources.releases([])
    rows = rows[rows["year"].between(2020, 2024)]
    km2 = (rows["cleared_m2"] / SQUARE_KM).round(2)
    return pd.DataFrame({"year": rows["year"].astype("int64"), "cleared_km2": km2})


_AP: Final[tuple[Kind, str]] = ("ap_minefield", "2022-12-31")
_CM: Final[tuple[Kind, str]] = ("cluster_munition", "2024-12-31")
RECIPES: Final[dict[str, Recipe]] = {
    "wp2023_table1": Recipe(*_AP, lambda sources: _remaining(sources, ["province"])),
    "wp2023_table2": Recipe(*_AP, _released_by_year),
    "wp2023_table3": Recipe(*_AP, _by_zone, zones=True),
    "wp2023_annex1": Recipe(*_AP, lambda sources: _remaining(sources, ["province", "district"])),
    "cmr2024_keydata": Recipe(*_CM, _key_data),
    "cmr2024_table1": Recipe(*_CM, _by_area_type),
    "cmr2024_table5": Recipe(*_CM, _activities),
    "cmr2024_table6": Recipe(*_CM, _by_operator("cancelled")),
    "cmr2024_table7": Recipe(*_CM, _by_operator("reduced")),
    "cmr2024_table8": Recipe(*_CM, _cleared_by_operator),
    "cmr2024_table9": Recipe(*_CM, _cleared_km2),
}
"""The published tables that a ledger can give, by name."""
NO_RECIPE: Final[dict[str, str]] = {
    "cmr2024_table2": "counts staff",
    "cmr2024_table3": "tells of policies",
    "cmr2024_table4": "counts teams, dogs and machines",
    "er2019_targets": "holds yearly targets",
    "wp2023_table4": "is a plan and its cost",
    "wp2023_table5": "counts staff",
}
"""The published tables that no ledger gives, and what they hold."""


def recipe(name: str) -> Recipe:
    """Return how a published table is made again.

    Raises
    ------
    OptionError
        If a ledger cannot give a table of that name; the message says why, and lists those that
        it can.

    Examples
    --------
    >>> recipe("wp2023_table2").as_of
    '2022-12-31'
    """
    if name in NO_RECIPE:
        raise OptionError(
            f"{name} {NO_RECIPE[name]}, which no ledger holds; valid: {', '.join(RECIPES)}"
        )
    return RECIPES[choose(name, tuple(RECIPES), "table")]


def rederive(name: str, sources: Sources) -> pd.DataFrame:
    """Return a published table's figures as the ledger gives them, for `reconcile`.

    Parameters
    ----------
    name
        One of `RECIPES`.
    sources
        The fold as of the recipe's day, its kind, and what else the table counts.

    Raises
    ------
    OptionError
        If there is no such recipe.
    RecordError
        If the split or the spot tasks are needed and not given.
    """
    return recipe(name).make(sources)
