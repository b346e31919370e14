"""The figures of an Article 7 report: areas by type and unit, land released, items destroyed.

AP minefields, AV minefields and cluster munitions stand apart, each on sheets of its own. The
layout is ours, and an office can change it: no form of the Convention is filled in. Whole m².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.reports.differences import operators_own, then_and_now
from mine_geo.reports.inspected import inspected
from mine_geo.reports.monthly import provenance
from mine_geo.reports.sections import KIND_WORDS, Section, behind, keyed, released_rows
from mine_geo.tables import movements
from mine_geo.tables.totals import totals, with_total
from mine_geo.terms import AREA_TYPES, ITEM_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from mine_geo.ledger.fold import Fold
    from mine_geo.tables.accounts import Accounts
    from mine_geo.terms import Kind


SHORT: Final[dict[Kind, str]] = {
    "ap_minefield": "AP",
    "av_minefield": "AV",
    "cluster_munition": "CM",
    "other_erw": "ERW",
}
"""The kinds in the names of sheets; the first three always have theirs."""
NOT_SAID: Final = "not recorded"
_UNIT: Final = ["province", "province_code", "district", "district_code"]


def article7(accounts: Accounts, *, then: Fold | None = None) -> list[Section]:
    """Return the sections of an Article 7 report of the year up to the day of the accounts.

    Parameters
    ----------
    accounts
        The register at the end of the year, see `Store.accounts`; EPSG:4326, m².
    then
        The ledger as it was known at an earlier moment: what was known then stands beside now.

    Returns
    -------
    list of Section
        For each kind areas by type and unit, releases by outcome, items destroyed; the lists
        behind them, and where the figures come from.

    Raises
    ------
    RecordError
        If the accounts have no day.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, shapely
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.store import create_store
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "province": "Battambang",
    ...      "area_type": "SHA", "surveyed_on": "2020-01-31"},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> with create_store(tempfile.mkdtemp() + "/register.gpkg") as store:
    ...     _ = store.load_border(intake.read_border(sample.path("border")))
    ...     _ = store.register(fields)
    ...     areas = article7(store.accounts(as_of="2020-12-31"))[0]
    >>> areas.name, areas.table[["province", "area_type", "size_m2"]].values.tolist()[0]
    ('Areas AP', ['Battambang', 'SHA', 1200149])
    """
    kinds = [kind for kind in SHORT if kind != "other_erw" or kind in accounts.kinds]
    sections = [make(accounts, kind) for make in (areas, released, items) for kind in kinds]
    sections += [inspected(accounts), operators_own(accounts)]
    if then is not None:
        sections.append(then_and_now(accounts, then))
    return [*sections, *behind(accounts, sections), provenance(accounts)]


def areas(accounts: Accounts, kind: Kind) -> Section:
    """Return hazards and m² of a kind by unit, confirmed and suspected."""
    split = accounts.of_kind(kind)
    split = split.assign(area_type=split["area_type"].fillna(NOT_SAID))
    table = totals(split, ["district", "area_type"])[[*_UNIT, "area_type", "hazards", "size_m2"]]
    on = ["province_code", "district_code", "area_type"]
    whole = with_total(table, [*_UNIT, "area_type"])
    numbered, of = keyed(whole, f"A{SHORT[kind]}", split, on, "hazard_id")
    sums = split.groupby("area_type")["size_m2"].agg(["size", "sum"])
    said = [
        f"{name}: {int(row['size']):,} hazards, {int(row['sum']):,} m²."
        for name, row in sums.reindex([*AREA_TYPES, NOT_SAID]).dropna().iterrows()
    ]
    title = f"{_named(kind)}: areas by type and unit"
    return Section(
        f"Areas {SHORT[kind]}",
        title,
        numbered,
        tuple(said or [f"No hazard of this kind remains on {accounts.day}."]),
        hazards=of,
    )


def released(accounts: Accounts, kind: Kind) -> Section:
    """Return released m² of a kind in the year, by province and outcome."""
    year = accounts.day.year
    found = movements.releases(accounts.fold, by=["year", "province"], kind=kind)
    found = found[found["year"] == year].drop(columns=["year", *ITEM_COLUMNS])
    rows = _of_year(accounts, kind)
    if "confirmed_m2" in found:
        rows = pd.concat([rows, _confirmed(accounts, kind)], ignore_index=True)
    whole = with_total(found.reset_index(drop=True), ["province", "province_code"])
    numbered, of = keyed(whole, f"R{SHORT[kind]}", rows, ["province_code"], "event_id")
    title = f"{_named(kind)}: released in {year}, by outcome"
    said = () if len(found) else (f"Nothing was released by {accounts.day}.",)
    return Section(f"Released {SHORT[kind]}", title, numbered, said, events=of)


def items(accounts: Accounts, kind: Kind) -> Section:
    """Return items destroyed in the year, by outcome and in spot tasks of the kind's own items."""
    year = accounts.day.year
    rows = _of_year(accounts, kind)
    table = []
    for outcome in OUTCOMES:
        mine = rows[rows["outcome"] == outcome]
        silent = int(mine[list(ITEM_COLUMNS)].isna().all(axis=1).sum())
        table.append({"outcome": outcome, **_items(mine), "events": len(mine), "silent": silent})
    whole = pd.DataFrame(table)
    whole = whole.astype(dict.fromkeys(ITEM_COLUMNS, "Int64"))
    numbered, of = keyed(
        with_total(whole, ["outcome"]), f"I{SHORT[kind]}", rows, ["outcome"], "event_id"
    )
    return Section(
        f"Items {SHORT[kind]}",
        f"{_named(kind)}: items found and destroyed in {year}",
        numbered,
        (
            "On hazards of this kind. What no report says is blank, and counted as silent.",
            _spots(accounts, year),
        ),
        events=of,
        headings={"silent": "Silent, events"},
    )


def _items(rows: pd.DataFrame) -> dict[str, Any]:
    return {name: rows[name].astype("Int64").sum(min_count=1) for name in ITEM_COLUMNS}


def _spots(accounts: Accounts, year: int) -> str:
    """Say what spot tasks destroyed: outside any hazard, they are of no kind."""
    tasks = accounts.spot_tasks
    if tasks is None or tasks.empty:
        return "No spot task is recorded."
    mine = tasks[pd.to_datetime(tasks["happened_on"]).dt.year == year]
    told = [
        f"{int(count):,} {name.replace('_', ' ')}"
        for name, count in _items(mine).items()
        if not pd.isna(count)
    ]
    found = ", ".join(told) or "nothing that is said"
    return f"Spot tasks, outside any hazard and in none of these figures: {found}."


def _of_year(accounts: Accounts, kind: Kind) -> pd.DataFrame:
    rows = released_rows(accounts.fold)
    return rows[(rows["kind"] == kind) & (rows["year"] == accounts.day.year)]


def _confirmed(accounts: Accounts, kind: Kind) -> pd.DataFrame:
    """Return the confirmations of the year that the releases count beside."""
    effects = accounts.fold.effects
    made = effects[effects["event_type"] == movements.CONFIRMED]
    made = made[made["happened_on"].dt.year == accounts.day.year]
    about = pd.DataFrame(accounts.fold.hazards).set_index("hazard_id")
    of = about.reindex(made["hazard_id"]).set_axis(made.index)
    return made.assign(province_code=of["province_code"], kind=of["kind"])[of["kind"] == kind]


def _named(kind: Kind) -> str:
    words = KIND_WORDS[kind]
    return words[0].upper() + words[1:]
