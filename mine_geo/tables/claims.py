"""Claims printed in the texts of published documents, held against the tables beside them.

`sample_data/published/claims.csv` lists them; each names the figures it rests on and the expression
that gives what it should have said, the reading on which it rests, and the verdict on that
reading: `contradicts`, `holds`, or `open` where the document does not print what would decide.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Final

import pandas as pd

from mine_geo.errors import RecordError, some
from mine_geo.geo import sample
from mine_geo.tables.published import published_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


VERDICTS: Final = ("contradicts", "holds", "open")
"""Of a claim, on the reading that stands beside: `open` where nothing printed decides."""
_OPERATIONS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def claims() -> pd.DataFrame:
    """Return what the texts claim, beside what their tables give, with a verdict for each.

    Returns
    -------
    pandas.DataFrame
        `id`, `document` (its title), `place`, `claim`, `printed` (as in the text), `computed`
        (from the published tables), `difference` (printed less computed), `unit`, `verdict` (one
        of `VERDICTS`), `reading` (on which the verdict rests), `note` (other readings, causes).

    Raises
    ------
    RecordError
        If a claim names a figure or a document that there is not, its expression is not
        arithmetic, or its verdict none of `VERDICTS`.

    Examples
    --------
    >>> table = claims().set_index("id")
    >>> said = table.loc["wp2023_rise_2021"]
    >>> float(said.printed), float(said.computed), said.unit, said.verdict
    (124.0, 24.4, 'percent', 'contradicts')
    """
    table = pd.read_csv(sample.path("claims"), keep_default_na=False)
    titles = _titles()
    for column, valid in (("verdict", VERDICTS), ("document", tuple(titles))):
        wrong = ~table[column].isin(valid)
        if wrong.any():
            raise RecordError(
                f"claims {some(table.loc[wrong, 'id'])}: {column} is none of {', '.join(valid)}"
            )
    rows = []
    for row in table.to_dict("records"):
        named = _figures(str(row["figures"]), str(row["id"]))
        decimals = 1 if row["unit"] == "percent" else 2
        rows.append(round(evaluate(str(row["expression"]), named), decimals))
    printed = table["printed"].astype(float)
    table = table.assign(
        document=table["document"].map(titles),
        printed=printed,
        computed=rows,
        difference=(printed - rows).round(2),
    )
    columns = ["id", "document", "place", "claim", "printed", "computed", "difference"]
    return table[[*columns, "unit", "verdict", "reading", "note"]]


def _titles() -> dict[str, str]:
    """Return the title of each document, by the beginning of the names of its tables."""
    tables = pd.read_csv(sample.path("published") / "tables.csv", keep_default_na=False)
    known = tables[tables["name"] != "claims"]
    starts = known["name"].str.split("_").str[0]
    return dict(zip(starts, known["document"], strict=True))


def evaluate(expression: str, names: Mapping[str, float]) -> float:
    """Return the value of an expression of numbers, names, + - * / and brackets.

    Raises
    ------
    RecordError
        If the expression holds anything else, or a name that is not given.

    Examples
    --------
    >>> evaluate("100 * (b / a - 1)", {"a": 2, "b": 3})
    50.0
    """
    try:
        return _value(ast.parse(expression, mode="eval").body, names)
    except (SyntaxError, ZeroDivisionError) as error:
        raise RecordError(f"{expression!r} cannot be computed: {error}") from error


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    raise RecordError(f"{ast.unparse(node)!r}: only numbers, given names, + - * / and brackets")


def _figures(text: str, claim: str) -> dict[str, float]:
    """Read `a=table/row/column; b=3.5; c=table/*; d=table/row/*` into numbers: `*` counts rows."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, value = part.partition("=")
        found[name.strip()] = _figure(value.strip(), claim)
    return found


def _figure(value: str, claim: str) -> float:
    if "/" not in value:
        return float(value)
    name, *rest = value.split("/")
    if rest == ["*"]:
        return float(len(published_table(name)))
    row, column = rest
    table = published_table(name, total=True)
    keys = table.select_dtypes(exclude="float").astype(str)
    rows = table[(keys == row).any(axis=1)]
    if column == "*":
        return float(len(rows))
    if len(rows) != 1 or column not in rows:
        raise RecordError(f"claim {claim}: no figure {value} in the published tables")
    return float(rows[column].iloc[0])
