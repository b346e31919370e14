"""The claims: what they say the tables give is what the tables give."""

import ast
import csv
import operator

import pandas as pd
import pytest

from mine_geo.geo import sample
from mine_geo.tables.published import published_names, published_table

with sample.path("claims").open(encoding="utf-8", newline="") as file:
    CLAIMS = list(csv.DictReader(file))
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COLUMNS = [
    "id", "document", "place", "claim", "printed", "unit", "tables_give", "expression", "figures",
    "verdict", "reading", "note",
]  # fmt: skip


def figure(text: str) -> float:
    """Return a figure: a number, or table/row/column of a published table."""
    if "/" not in text:
        return float(text)
    name, row, *column = text.split("/")
    if not column:
        assert row == "*"
        return len(published_table(name))
    table = published_table(name, total=True)
    words = table.select_dtypes(exclude="number").astype("string")
    if "year" in table:
        words["year"] = table["year"].astype("string")
    rows = words.eq(row).any(axis=1)
    (column,) = column
    if column == "*":
        return int(rows.sum())
    (value,) = table.loc[rows, column]
    return float(value)


def computed(claim: dict[str, str]) -> float:
    names = {
        name.strip(): figure(text.strip())
        for name, _, text in (part.partition("=") for part in claim["figures"].split(";"))
    }

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        return float(node.value) if isinstance(node, ast.Constant) else names[node.id]

    return value(ast.parse(claim["expression"], mode="eval").body)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_the_tables_give_what_it_says(claim):
    decimals = len(claim["tables_give"].partition(".")[2])
    assert round(computed(claim), decimals) == float(claim["tables_give"])
    assert claim["verdict"] in {"contradicts", "holds", "open"}
    if claim["verdict"] == "contradicts":
        assert float(claim["printed"]) != float(claim["tables_give"])


def test_columns_and_ids():
    assert list(CLAIMS[0]) == COLUMNS
    assert pd.Series([claim["id"] for claim in CLAIMS]).is_unique
    for claim in CLAIMS:
        assert claim["id"].startswith(claim["document"])
        assert all(claim[name] for name in COLUMNS if name != "note")


def test_the_target_of_2023_goes_into_the_near_zone_by_what_is_said():
    (claim,) = [claim for claim in CLAIMS if claim["id"] == "wp2023_target_2023"]
    assert int(claim["printed"]) - int(claim["tables_give"]) == 17_402_819
    assert int(claim["printed"]) == published_table("wp2023_table4")["released_m2"].iloc[0]


def test_claims_are_not_a_table():
    assert "claims" not in published_names()
