"""Every published table of areas and items, again from the events of the sample's ledger."""

import geopandas as gpd
import pandas as pd
import pytest

import mine_geo as mg
from mine_geo.errors import OptionError, RecordError
from mine_geo.events import registered_events, to_events
from mine_geo.fold import Fold, fold
from mine_geo.rederive import RECIPES, Sources, recipe, rederive

FIGURES = {
    "wp2023_table1": 26,
    "wp2023_table2": 72,
    "wp2023_table3": 52,
    "wp2023_annex1": 154,
    "cmr2024_table1": 110,
    "cmr2024_table5": 4,
    "cmr2024_table6": 3,
    "cmr2024_table7": 3,
    "cmr2024_table8": 15,
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


@pytest.mark.parametrize("name", RECIPES)
def test_a_published_table_comes_out_to_the_unit(name: str, folds: dict[str, Fold]) -> None:
    rows = mg.reconcile(rederive(name, sources(name, folds)), name)
    assert rows["difference"].tolist() == [0] * FIGURES[name]


def test_a_table_that_a_ledger_cannot_give_is_refused() -> None:
    with pytest.raises(OptionError, match="wp2023_table2"):
        recipe("cmr2024_table4")


@pytest.mark.parametrize("name", ["wp2023_table3", "cmr2024_table8"])
def test_a_missing_source_is_named(name: str, folds: dict[str, Fold]) -> None:
    how = recipe(name)
    with pytest.raises(RecordError, match=r"split|spot tasks"):
        rederive(name, Sources(folds[how.as_of], how.kind))
