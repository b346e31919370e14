"""Every published table of areas and items, again from the events of the sample's ledger."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest

import mine_geo as mg
from mine_geo.errors import OptionError, RecordError
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import Fold, fold
from mine_geo.tables.published import differences, published_names
from mine_geo.tables.rederive import NO_RECIPE, RECIPES, Sources, recipe, rederive

FIGURES = {  # figures, and words: a degree of difficulty or a list of provinces a row
    "wp2023_table1": 26 + 12,
    "wp2023_table2": 72,
    "wp2023_table3": 52,
    "wp2023_annex1": 154 + 76,
    "cmr2024_table1": 110,
    "cmr2024_table5": 4,
    "cmr2024_table6": 3 + 2,
    "cmr2024_table7": 3 + 2,
    "cmr2024_table8": 15 + 4,
    "cmr2024_table9": 6,
}


@pytest.fixture(scope="module")
def events() -> gpd.GeoDataFrame:
    hazards = mg.read_hazards(mg.sample.path("ledger_hazards"))
    further = to_events(gpd.read_file(mg.sample.path("ledger_events")))
    return pd.concat([registered_events(hazards), further], ignore_index=True)


@pytest.fixture(scope="module")
def folds(events: gpd.GeoDataFrame) -> dict[str, Fold]:
    days = {each.as_of for each in RECIPES.values()}
    return {day: fold(events, as_of=day) for day in days}


def sources(name: str, folds: dict[str, Fold]) -> Sources:
    how = recipe(name)
    spot = pd.read_csv(mg.sample.path("spot_tasks"))
    plain = Sources(folds[how.as_of], how.kind, spot_tasks=spot)
    if not how.zones:
        return plain
    border = mg.read_border(mg.sample.path("border"))
    split = mg.border_split(plain.hazards, border, include_coast=True)
    return Sources(plain.fold, plain.kind, split, spot)


@pytest.mark.parametrize("name", FIGURES)
def test_a_published_table_comes_out_to_the_unit(name: str, folds: dict[str, Fold]) -> None:
    rows = mg.reconcile(rederive(name, sources(name, folds)), name)
    assert rows["difference"].tolist() == [0] * FIGURES[name]


def test_the_key_data_come_out_but_for_items_that_nobody_listed(folds: dict[str, Fold]) -> None:
    """7,800 in 2023 include 507 of spot tasks, of which the sample has none: unknown, not less."""
    name = "cmr2024_keydata"
    rows = mg.reconcile(rederive(name, sources(name, folds)), name)
    known = rows[rows["difference"].notna()]
    assert known["difference"].tolist() == [0] * 8
    (unknown,) = rows[rows["difference"].isna()].itertuples()
    assert (unknown.item, unknown.figure) == ("submunitions_destroyed", "value_2023")
    assert unknown.published == 7800
    assert pd.isna(unknown.ours)


def test_a_wrong_difficulty_and_a_wrong_province_are_named(folds: dict[str, Fold]) -> None:
    table = rederive("wp2023_table1", sources("wp2023_table1", folds))
    table.loc[table["province"] == "Kratie", "difficulty"] = "high, medium"
    rows = differences(mg.reconcile(table, "wp2023_table1"))
    assert rows[["province", "figure", "ours", "published", "difference"]].to_numpy().tolist() == [
        ["Kratie", "difficulty", "high, medium", "medium", 1]
    ]
    table = rederive("cmr2024_table7", sources("cmr2024_table7", folds))
    table.loc[table["operator"] == "NPA", "provinces"] = "Kratie"
    rows = differences(mg.reconcile(table, "cmr2024_table7"))
    assert rows[["operator", "figure", "ours", "published", "difference"]].to_numpy().tolist() == [
        ["NPA", "provinces", "Kratie", "Ratanak Kiri", 2]
    ]


def test_every_bundled_table_is_known() -> None:
    assert {*RECIPES, *NO_RECIPE} == set(published_names())
    assert not set(RECIPES) & set(NO_RECIPE)


@pytest.mark.parametrize("name", NO_RECIPE)
def test_a_table_that_a_ledger_cannot_give_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match=rf"{name} .* which no ledger holds; .*wp2023_table2"):
        recipe(name)


def test_items_that_no_report_names_are_unknown(folds: dict[str, Fold]) -> None:
    plain = sources("cmr2024_table8", folds)
    effects = plain.fold.effects.assign(submunitions=None)
    silent = replace(plain, fold=replace(plain.fold, effects=effects))
    table = rederive("cmr2024_table8", silent).set_index("operator")["submunitions_destroyed"]
    assert table.isna().to_dict() == {"CMAC": True, "MAG": True, "NPA": True, "Other": False}
    assert pd.isna(rederive("cmr2024_table5", silent)["value_2024"].iloc[-1])


@pytest.mark.parametrize("name", ["wp2023_table3", "cmr2024_table8"])
def test_a_missing_source_is_named(name: str, folds: dict[str, Fold]) -> None:
    how = recipe(name)
    with pytest.raises(RecordError, match=r"split|spot tasks"):
        rederive(name, Sources(folds[how.as_of], how.kind))
