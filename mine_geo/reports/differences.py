"""Difference sheets: what was known then against now; the register against operators' own totals.

Each row can be followed to reports, events and hazards by its key. Whole m²; what one side does not
say is unknown, and so is the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.geo.cells import read_days
from mine_geo.reports.sections import KIND_WORDS, Section, keyed, released_rows
from mine_geo.tables.envelope import written_moment
from mine_geo.tables.movements import changes
from mine_geo.terms import ITEM_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from mine_geo.ledger.fold import Fold
    from mine_geo.tables.accounts import Accounts


EVERYBODY: Final = "all"
"""The operator of a total that is of all operators together."""
ITEM_OF: Final = dict(
    zip(
        ("ap_minefield", "av_minefield", "cluster_munition", "other_erw"), ITEM_COLUMNS, strict=True
    )
)
"""The items of which spot tasks count with a kind: they record no kind, their items tell it."""


def then_and_now(accounts: Accounts, then: Fold) -> Section:
    """Return released m² by kind, year, operator and outcome, as known then and as known now.

    Parameters
    ----------
    accounts
        The register as it is known now.
    then
        The ledger as it was known at an earlier moment.

    Returns
    -------
    Section
        `then_m2`, `now_m2`, `difference_m2` (now less then) and `events`, how many make it; its
        events are those that differ.

    Raises
    ------
    RecordError
        If they are of two ledgers.
    """
    on = ["kind", "year", "outcome", "operator"]
    now_rows, then_rows = (released_rows(fold) for fold in (accounts.fold, then))
    sides = [
        rows.groupby(on, dropna=False)["released_m2"].sum().rename(name)
        for rows, name in ((now_rows, "now_m2"), (then_rows, "then_m2"))
    ]
    moved = changes(then, accounts.fold)
    moved = moved[moved["event_type"].isin(OUTCOMES)]
    about = pd.concat([now_rows, then_rows]).drop_duplicates("event_id").set_index("event_id")
    known = about.reindex(moved["event_id"])
    differ = moved.assign(
        **{name: known[name].to_numpy() for name in ("year", "outcome", "operator")}
    )
    table = pd.concat(sides, axis=1).fillna(0).astype("int64")
    table["difference_m2"] = table["now_m2"] - table["then_m2"]
    counts = differ.groupby(on, dropna=False).size().rename("events")
    table = table.join(counts).fillna({"events": 0}).astype({"events": "int64"})
    table = table[(table["difference_m2"] != 0) | (table["events"] > 0)]
    table = table[["then_m2", "now_m2", "difference_m2", "events"]]
    table = table.reset_index().sort_values(["kind", "year", "outcome", "operator"])
    numbered, of = keyed(table.reset_index(drop=True), "TN", differ, on, "event_id")
    moment = "" if then.known_at is None else f"{written_moment(then.known_at)} "
    why = differ["why"].value_counts()
    said = ", ".join(f"{count:,} {name}" for name, count in why.items())
    whole = [
        f"{KIND_WORDS.get(kind, kind)} {year}, {outcome}: {int(rows['then'].sum()):,} m² then, "
        f"{int(rows['now'].sum()):,} m² now"
        for (kind, year, outcome), rows in _sides(now_rows, then_rows).items()
    ]
    return Section(
        "Then and now",
        f"Released land, as known {moment}and now",
        numbered,
        (f"Events that make the difference: {said or 'none'}.", *whole),
        events=of,
        headings={
            "then_m2": "Known then, m²", "now_m2": "Known now, m²",
            "difference_m2": "Difference, m²", "events": "Events that differ",
        },
    )  # fmt: skip


def _sides(now: pd.DataFrame, then: pd.DataFrame) -> dict[tuple[str, int, str], pd.DataFrame]:
    """Return the m² of both sides by kind, year and outcome, where they differ."""
    on = ["kind", "year", "outcome"]
    both = pd.DataFrame(
        {
            "now": now.groupby(on)["released_m2"].sum(),
            "then": then.groupby(on)["released_m2"].sum(),
        }
    ).fillna(0)
    both = both[both["now"] != both["then"]]
    return {key: both.loc[[key]] for key in both.index}


def operators_own(accounts: Accounts) -> Section:
    """Return the register's released m² and items beside what operators say of their own year.

    A total of `EVERYBODY` is set beside the sum of all operators. Spot tasks count with clearance,
    by the items of its kind.

    Parameters
    ----------
    accounts
        The register, with the list of operators' totals.

    Returns
    -------
    Section
        `register_m2`, `own_m2`, `difference_m2` (the register's less their own); of each item that
        an operator tells both figures. Its events are the releases that the register counts.
    """
    totals = accounts.operator_totals
    name, title = "Operators' totals", "The register against operators' own totals"
    columns = ["kind", "year", "outcome", "operator", "province", "register_m2", "own_m2"]
    if totals is None or totals.empty:
        empty = pd.DataFrame({each: pd.Series(dtype="str") for each in columns})
        return Section(
            name, title, empty, ("No operator gave a total: load operator-totals FILE.",)
        )
    rows = released_rows(accounts.fold)
    spots = accounts.spot_tasks
    table: list[dict[str, Any]] = []
    keys: dict[str, list[str]] = {}
    tasks: dict[str, list[str]] = {}
    asked = totals.sort_values(["kind", "year", "outcome", "operator", "province_code", "source"])
    for number, row in enumerate(asked.to_dict("records"), 1):
        mine = rows[_of(rows, row)]
        key = f"OT-{number:02}"
        for event in mine["event_id"]:
            keys.setdefault(event, []).append(key)
        beside = _spots(row, spots)
        for task in beside["task_id"]:
            tasks.setdefault(task, []).append(key)
        table.append({"key": key, **_beside(row, mine, beside)})
    whole = pd.DataFrame(table)
    figures = [each for each in whole.columns if each.endswith("_m2")]
    figures += [each for item in ITEM_COLUMNS for each in _columns(item) if each in whole]
    whole = whole.astype(dict.fromkeys(figures, "Int64"))
    whole = whole.dropna(axis="columns", how="all")
    headings = {
        "register_m2": "Register, m²", "own_m2": "Their own, m²",
        "difference_m2": "Register less their own, m²", "source": "Source",
    }  # fmt: skip
    for item in ITEM_COLUMNS:
        named = item.replace("_", " ").replace("ap ", "AP ").replace("av ", "AV ")
        ours, own, less = _columns(item)
        headings |= {ours: f"Register, {named}", own: f"Their own, {named}"}
        headings |= {less: f"Register less their own, {named}"}
    return Section(
        name,
        title,
        whole,
        (
            "Operators' figures are never added to the register's.",
            "Spot tasks, outside any hazard, count with clearance.",
        ),
        events=_joined(keys),
        spots=_joined(tasks),
        headings=headings,
    )


def _joined(keys: dict[str, list[str]]) -> pd.Series[str]:
    """Return the keys of each, as one text: a release may count in several totals."""
    return pd.Series({name: " ".join(found) for name, found in keys.items()}, dtype="str")


def _columns(item: str) -> tuple[str, str, str]:
    return f"register_{item}", f"own_{item}", f"difference_{item}"


def _of(rows: pd.DataFrame, asked: dict[Any, Any]) -> pd.Series[bool]:
    """Return which releases, or spot tasks, a total of an operator is about."""
    chosen = rows["year"] == int(asked["year"])
    if "outcome" in rows:
        chosen &= rows["outcome"] == asked["outcome"]
    for name in ("kind", "province_code"):
        if name in rows and not pd.isna(asked[name]):
            chosen &= rows[name] == asked[name]
    if str(asked["operator"]).strip().casefold() != EVERYBODY:
        chosen &= rows["operator"] == asked["operator"]
    return chosen


def _spots(asked: dict[Any, Any], spots: pd.DataFrame | None) -> pd.DataFrame:
    """Return the spot tasks that count with a total: with clearance, by the items of its kind."""
    if spots is None or asked["outcome"] != "cleared":
        return pd.DataFrame(columns=["task_id", *ITEM_COLUMNS])
    found = pd.DataFrame(spots).assign(year=read_days(spots["happened_on"])[0].dt.year)
    found = found[_of(found, asked)]
    counted = [ITEM_OF[str(asked["kind"])]] if asked["kind"] in ITEM_OF else list(ITEM_COLUMNS)
    others = [name for name in ITEM_COLUMNS if name not in counted]
    found[others] = pd.NA
    return found[found[counted].notna().any(axis=1)]


def _beside(asked: dict[Any, Any], mine: pd.DataFrame, spots: pd.DataFrame) -> dict[str, Any]:
    """Return a row: the register's figures, the operator's own, and what lies between."""
    own = asked["reported_m2"]
    ours = int(mine["released_m2"].sum())
    row = {name: asked[name] for name in ("kind", "year", "outcome", "operator", "province")}
    row["register_m2"] = ours
    row["own_m2"] = None if pd.isna(own) else round(own)
    row["difference_m2"] = None if pd.isna(own) else ours - round(own)
    for item in ITEM_COLUMNS:
        told = asked[item]
        if pd.isna(told):
            continue
        both = pd.concat([mine[item].astype("Int64"), spots[item].astype("Int64")])
        found = both.sum(min_count=1)
        known = not pd.isna(found)
        ours_name, own_name, less = _columns(item)
        row |= {ours_name: int(found) if known else None, own_name: int(told)}
        row[less] = int(found) - int(told) if known else None
    return row | {"source": asked["source"]}
