"""The sections of a report: tables whose rows can be followed to hazards and events.

Each row of a section has a key (`T3-07`). The lists behind a report name each hazard and each
event once, with the key of the row that counts it in each section: whoever filters a list by a key
has the hazards or events of that row, and their m² add up to it. Sizes are whole m².
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pandas as pd

from mine_geo.errors import RecordError, some
from mine_geo.tables.movements import OUTCOME_COLUMNS, confirmed_m2
from mine_geo.tables.totals import with_total
from mine_geo.terms import ITEM_COLUMNS, OUTCOMES, ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.ledger.fold import Fold
    from mine_geo.tables.accounts import Accounts


KEY: Final = "key"
"""The column of a section that names its rows; null where a row is a sum of others."""
TOTAL: Final = "Total"
"""What stands in the first words of a row of sums."""

KIND_WORDS: Final = {
    "ap_minefield": "AP minefields",
    "av_minefield": "AV minefields",
    "cluster_munition": "cluster munitions",
    "other_erw": "other ERW",
}
"""The kinds as a heading has them."""
HEADINGS: Final = {
    KEY: "Key", "kind": "Kind", "province": "Province", "province_code": "Code",
    "district": "District", "district_code": "Code", "operator": "Operator", "outcome": "Outcome",
    "year": "Year", "period": "Period", "difficulty": "Difficulty", "area_type": "Type",
    "hazards": "Hazards", "size_m2": "m²", "near_hazards": "Near, hazards",
    "near_size_m2": "Near, m²", "far_hazards": "Far, hazards", "far_size_m2": "Far, m²",
    "events": "Events", "cancelled_m2": "Cancelled, m²", "reduced_m2": "Reduced, m²",
    "cleared_m2": "Cleared, m²", "released_m2": "Released, m²", "confirmed_m2": "SHA to CHA, m²",
    "reported_m2": "As reported, m²", "unreported": "Not reported, events",
    "ap_mines": "AP mines", "av_mines": "AV mines", "submunitions": "Submunitions", "uxo": "UXO",
    "opening_m2": "Opening, m²", "registered_m2": "Registered, m²", "amended_m2": "Amended, m²",
    "transferred_m2": "Transferred, m²", "remaining_m2": "Remaining, m²", "hazard_id": "Hazard",
    "event_id": "Event", "event_type": "What happened", "happened_on": "Day",
    "recorded_at": "Recorded", "report_ref": "Report", "zone": "Zone", "status": "Status",
    "in_workbench": "On the workbench", "border_distance_m": "To the border, m",
    "neighbour": "Neighbour", "change_m2": "Change, m²", "why": "Why",
}  # fmt: skip
"""Columns as a reader knows them, with their unit."""


@dataclass(frozen=True)
class Chart:
    """Bars beside a section: of each row the figures of some columns, kind by kind."""

    label: str
    """The column that names the bars."""
    figures: tuple[str, ...]
    title: str
    stacked: bool = True


@dataclass(frozen=True, eq=False)
class Section:
    """A table of a report, with what is said of it, and what its rows are made from."""

    name: str
    """What its sheet is called, and with `_` its rows in a template."""
    title: str
    table: pd.DataFrame
    """Its rows; `row` and `key` first, where it has sums and can be followed."""
    notes: tuple[str, ...] = ()
    hazards: pd.Series[str] | None = None
    """The key of the row that counts a hazard, on its id."""
    events: pd.Series[str] | None = None
    """The key of the row that counts an event, on its id."""
    spots: pd.Series[str] | None = None
    """The key of the row that counts a spot task, on its id."""
    chart: Chart | None = None
    headings: dict[str, str] = field(default_factory=dict)
    """Of columns that `HEADINGS` does not have, or that mean more here."""

    @property
    def field(self) -> str:
        """What its rows are called in a template.

        Examples
        --------
        >>> Section("Table 3", "Near and far", pd.DataFrame()).field
        'table_3'
        """
        return "_".join(self.name.lower().replace("-", " ").split())

    def heading(self, column: str) -> str:
        """Return the heading of a column."""
        named = self.headings.get(column) or HEADINGS.get(column)
        return named or column.replace("_m2", ", m²").replace("_", " ").capitalize()


def keyed(
    table: pd.DataFrame, prefix: str, behind: pd.DataFrame, on: Sequence[str], ids: str
) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Return a table with its rows numbered, and the number under which each behind it counts.

    Parameters
    ----------
    table
        Rows that are keyed by `on`; those that a column `row` marks as sums get no key.
    prefix
        What keys begin with.
    behind
        Hazards or events, with the same columns.
    on
        Columns whose values, null too, tell rows apart.
    ids
        The column of `behind` that names it.

    Returns
    -------
    tuple
        The table with a column `key`, and the key of each of `behind`, on its id.

    Raises
    ------
    RecordError
        If one of `behind` has no row: then no sum would hold it.

    Examples
    --------
    >>> table = pd.DataFrame({"province_code": ["02", "10"], "hazards": [2, 1]})
    >>> behind = pd.DataFrame({"hazard_id": ["A", "B", "C"], "province_code": ["10", "02", "02"]})
    >>> numbered, keys = keyed(table, "T1", behind, ["province_code"], "hazard_id")
    >>> numbered["key"].tolist(), keys.to_dict()
    (['T1-01', 'T1-02'], {'A': 'T1-02', 'B': 'T1-01', 'C': 'T1-01'})
    """
    sums = table[ROW] == "total" if ROW in table else pd.Series(data=False, index=table.index)
    digits = max(2, len(str(int((~sums).sum()))))
    numbers = (~sums).cumsum()
    keys = pd.Series(
        [
            None if total else f"{prefix}-{number:0{digits}}"
            for total, number in zip(sums, numbers, strict=True)
        ],
        index=table.index,
        dtype="str",
    )
    places = _places(table[~sums], on)
    found = dict(zip(places, keys[~sums], strict=True))
    wanted = _places(behind, on)
    lost = [
        str(each) for each, place in zip(behind[ids], wanted, strict=True) if place not in found
    ]
    if lost:
        raise RecordError(f"{prefix}: no row of this table counts {some(lost)}")
    numbered = table.copy()
    numbered.insert(1 if ROW in table else 0, KEY, keys)
    named = [found[place] for place in wanted]
    return numbered, pd.Series(named, index=behind[ids].to_numpy(), dtype="str")


def _places(table: pd.DataFrame, on: Sequence[str]) -> list[tuple[str, ...]]:
    cells = [table[name].astype(object).where(table[name].notna(), "").map(str) for name in on]
    return list(zip(*cells, strict=True)) if cells else [() for _ in range(len(table))]


def released_rows(fold: Fold) -> pd.DataFrame:
    """Return a row a release, with what of its hazard and day it can be grouped by.

    Parameters
    ----------
    fold
        The ledger.

    Returns
    -------
    pandas.DataFrame
        `event_id`, `hazard_id`, `kind`, `year`, `outcome`, `operator` (of the release, else of its
        hazard), province and district, `report_ref`, the day, m² by outcome and items.
    """
    effects = fold.effects[fold.effects["event_type"].isin(OUTCOMES)].reset_index(drop=True)
    about = pd.DataFrame(fold.hazards).set_index("hazard_id").reindex(effects["hazard_id"])
    about = about.reset_index(drop=True)
    places = ["kind", "province", "province_code", "district", "district_code"]
    return effects.assign(
        **{name: about[name] for name in places},
        operator=effects["operator"].fillna(about["operator"]),
        year=effects["happened_on"].dt.year.astype("int64"),
        outcome=effects["event_type"],
        released_m2=effects[list(OUTCOME_COLUMNS)].sum(axis=1),
    )


_HAZARD: Final = [
    "hazard_id", "kind", "area_type", "status", "in_workbench", "province", "province_code",
    "district", "district_code", "operator", "zone", "border_distance_m", "neighbour", "size_m2",
    "near_size_m2", "far_size_m2",
]  # fmt: skip
_EVENT: Final = [
    "event_id", "hazard_id", "kind", "event_type", "happened_on", "recorded_at", "operator",
    "report_ref", "province", "province_code", "registered_m2", "amended_m2", "transferred_m2",
    "cancelled_m2", "reduced_m2", "cleared_m2", "confirmed_m2", "reported_size_m2", *ITEM_COLUMNS,
]  # fmt: skip
_SPOT: Final = [
    "task_id", "happened_on", "recorded_at", "operator", "report_ref", "province", "province_code",
    *ITEM_COLUMNS,
]  # fmt: skip


def behind(accounts: Accounts, sections: Sequence[Section]) -> list[Section]:
    """Return the lists behind a report: each hazard and each event, with the rows that count it.

    Parameters
    ----------
    accounts
        What the sections were made from.
    sections
        The sections of the report.

    Returns
    -------
    list of Section
        `Hazards behind`, `Events behind` and, where there are any, `Spot tasks behind`; a column
        for each section that can be followed.
    """
    hazards = pd.DataFrame(accounts.split.reindex(columns=_HAZARD)).sort_values("hazard_id")
    distance = hazards["border_distance_m"].astype(float).round(1)
    hazards = hazards.assign(border_distance_m=distance)
    about = pd.DataFrame(accounts.fold.hazards).set_index("hazard_id")
    effects = accounts.fold.effects
    of = about.reindex(effects["hazard_id"]).set_axis(effects.index)
    events = effects.assign(
        **{name: of[name] for name in ("kind", "province", "province_code")},
        operator=effects["operator"].fillna(of["operator"]),
        confirmed_m2=confirmed_m2(effects),
    )
    events = events.reindex(columns=_EVENT).sort_values(["happened_on", "event_id"])
    lists = [("Hazards", "hazards", hazards, "hazard_id"), ("Events", "events", events, "event_id")]
    if accounts.spot_tasks is not None and len(accounts.spot_tasks):
        tasks = pd.DataFrame(accounts.spot_tasks).reindex(columns=_SPOT)
        tasks = tasks.sort_values(["happened_on", "task_id"])
        lists.append(("Spot tasks", "spots", tasks, "task_id"))
    found = []
    for name, of_rows, table, ids in lists:
        columns = {
            section.name: table[ids].map(keys.to_dict())
            for section in sections
            if (keys := getattr(section, of_rows)) is not None
        }
        whole = pd.DataFrame(table.assign(**columns))
        if of_rows != "hazards":  # a ledger holds many events that no row counts
            whole = whole[whole[list(columns)].notna().any(axis=1)]
        whole = whole.reset_index(drop=True)
        said = (
            "Filter a column at the right by the key of a row: what is left is what it counts.",
        )
        headings = {each: f"Key in {each}" for each in columns}
        found.append(
            Section(f"{name} behind", f"{name} behind the rows", whole, said, headings=headings)
        )
    return found


def with_sums(table: pd.DataFrame, keys: Sequence[str], within: str = "kind") -> pd.DataFrame:
    """Return a table with a row of sums behind the rows of each kind; kinds are never added up.

    Parameters
    ----------
    table
        Rows in the order of `within`.
    keys
        Columns that have no sum.
    within
        The column whose values are not added up.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["a", "a", "b"], "hazards": [1, 2, 3]})
    >>> with_sums(table, [])["hazards"].tolist()
    [1, 2, 3, 3, 3]
    """
    parts = []
    for value, rows in table.groupby(within, sort=False, dropna=False):
        whole = with_total(rows.reset_index(drop=True), list(keys))
        whole.loc[whole[ROW] == "total", within] = value
        parts.append(whole)
    if parts:
        return pd.concat(parts, ignore_index=True)
    empty = table.copy()
    empty.insert(0, ROW, pd.Series(dtype="str"))
    return empty
