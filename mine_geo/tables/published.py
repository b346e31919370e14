"""Published tables and claims: reconciled with our figures, and held against one another.

The tables are those of the work plan of 2023 (`wp2023_*`) and of the cluster munition report on
2024 (`cmr2024_*`), as printed; sizes in m². What geography allows them to say is in
`mine_geo.tables.bounds`. `reconcile` sets ours beside them, row by row, figure by figure.

`sample_data/published/claims.csv` lists what the texts of the documents claim; each claim names
the figures it rests on and the expression that gives what it should have said, the reading on
which it rests, and the verdict on that reading: `contradicts`, `holds`, or `open` where the
document does not print what would decide.
"""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, RecordError, choose, some
from mine_geo.geo import admin_names, sample
from mine_geo.geo.hazards import refuse_several_kinds
from mine_geo.terms import NO_UNIT, ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mine_geo.terms import RowKind

    _Number = float | None
    _Cell = float | str | None
    _Key = tuple[str | None, ...]
    _Figures = dict[_Key | None, dict[str, float]]


PRINTED_TOTAL: Final = "Total"
"""What documents print in the name column of a total; ours say it in the column `row`."""
NOT_RECORDED: Final = "not recorded"

_NOT_TABLES: Final = ("claims", "flows", "name_variants", "tables")
_RENAMED: Final = {
    "minefields": "hazards",
    "size_sqm": "size_m2",
    "total_sqm": "size_m2",
    "lt7km_minefields": "near_hazards",
    "lt7km_sqm": "near_size_m2",
    "gt7km_minefields": "far_hazards",
    "gt7km_sqm": "far_size_m2",
    "cha_count": "cha_hazards",
    "cha_sqm": "cha_size_m2",
    "sha_count": "sha_hazards",
    "sha_sqm": "sha_size_m2",
}
_BLANK_IS_ZERO: Final = ("wp2023_table2",)
"""Tables whose printed blanks mean that nothing was released: their totals leave no other."""
_PLACE: Final = ("province", "province_code", "district", "district_code")
_KEYS: Final = ("province_code", "district_code", "year", "operator", "activity", "item")
_UNLIKE: Final = (["activity"], ["item"])
"""Keys of rows that have no sum: m² and items."""
_WORDS: Final = ("difficulty", "provinces")
"""Columns of words that are compared, each a list without an order."""
_NAME_OF: Final = {"province_code": "province", "district_code": "district"}
_TOTAL_CELL: Final = re.compile(r"totals?\b.*", re.IGNORECASE)


def published_names() -> tuple[str, ...]:
    """Return the names of the published tables that come with the sample data.

    Examples
    --------
    >>> published_names()[-1]
    'wp2023_table5'
    """
    files = sample.path("published").glob("*.csv")
    return tuple(sorted(file.stem for file in files if file.stem not in _NOT_TABLES))


def published_table(name: str, *, total: bool = False) -> pd.DataFrame:
    """Return a published table: figures as printed, columns and names as this library has them.

    Parameters
    ----------
    name
        One of `published_names`: "wp2023_table3", "wp2023_annex1", ...
    total
        Keep the printed totals, as last rows, and add a first column `row`: `data` or `total`.
        Of a total, name and code are null; of that of a province's districts only the district's.

    Returns
    -------
    pandas.DataFrame
        `province`, `province_code`, `district`, `district_code` where the table has them, then
        its own columns. Sizes in m². Whole numbers are int64 (Int64 where cells are blank).

    Raises
    ------
    OptionError
        If there is no such table; the message lists the valid ones.
    RecordError
        If the file was changed: a printed total is not the sum of its rows.

    Examples
    --------
    >>> table = published_table("wp2023_table3")
    >>> table.columns.tolist()
    ['province', 'province_code', 'near_hazards', 'near_size_m2', 'far_hazards', 'far_size_m2']
    >>> int(table["near_hazards"].sum()), int(table["near_size_m2"].sum())
    (4075, 353402819)
    """
    choose(name, published_names(), "published table")
    path = sample.path("published") / f"{name}.csv"
    cells = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    return in_our_words(cells, str(path), name=name, total=total)


def in_our_words(
    cells: pd.DataFrame, what: str, *, name: str = "", total: bool = False
) -> pd.DataFrame:
    """Return a table as it is printed with the columns, names and codes of this library.

    Parameters
    ----------
    cells
        Texts, as printed; blank where nothing stands.
    what
        What the table is, for messages.
    name
        Which of `published_names` it is, if any.
    total
        As for `published_table`.

    Raises
    ------
    RecordError
        If a printed total is not the sum of its rows.
    UnknownNameError
        If there is no such province or district.

    Examples
    --------
    >>> cells = pd.DataFrame({"province": ["BATTAMBANG", "Total"], "size_sqm": ["12", "12"]})
    >>> in_our_words(cells, "by hand", total=True).values.tolist()
    [['data', 'Battambang', '02', 12], ['total', None, None, 12]]
    """
    cells = cells.drop(columns="no", errors="ignore").rename(columns=rename)
    is_total = cells.map(lambda cell: bool(_TOTAL_CELL.fullmatch(cell))).any(axis=1)
    rows = _with_codes(cells[~is_total].reset_index(drop=True))
    whole = pd.concat([rows, _with_codes(cells[is_total])], ignore_index=True)
    typed = pd.DataFrame({column: _typed(whole[column], name) for column in whole})
    typed.insert(0, ROW, ["data"] * len(rows) + ["total"] * int(is_total.sum()))
    body = pd.DataFrame({column: _typed(rows[column], name) for column in rows})
    _check_totals(body, typed.iloc[len(rows) :], what)
    return _narrow(typed if total else body)


def rename(column: str) -> str:
    """Return what this library calls a column of a published table.

    Examples
    --------
    >>> rename("lt7km_sqm"), rename("cleared_sqm")
    ('near_size_m2', 'cleared_m2')
    """
    return _RENAMED.get(column) or column.replace("_sqm", "_m2")


def _with_codes(cells: pd.DataFrame) -> pd.DataFrame:
    """Write provinces and districts as this library does, with their NCDD codes, up front."""
    if "province" not in cells:
        return cells.replace(_TOTAL_CELL, "")
    cells = cells.copy()
    printed = [name if _is_name(name) else "" for name in cells["province"]]
    cells["province_code"] = [admin_names.province_code(n) if n else "" for n in printed]
    cells["province"] = [admin_names.province_name(n) if n else "" for n in printed]
    if "district" in cells:
        pairs = list(zip(cells["district"], cells["province_code"], strict=True))
        codes = [admin_names.district_code(d, p) if _is_name(d) else "" for d, p in pairs]
        cells["district_code"] = codes
        cells["district"] = [admin_names.district_name(c) if c else "" for c in codes]
    if "difficulty" in cells:
        cells["difficulty"] = cells["difficulty"].str.lower()
    first = [column for column in _PLACE if column in cells]
    return cells[first + [column for column in cells if column not in first]]


def _is_name(cell: str) -> bool:
    return _TOTAL_CELL.fullmatch(cell) is None


def _typed(cells: pd.Series[str], name: str) -> pd.Series[Any]:
    """Return the cells as whole numbers, decimal numbers or text, blanks as null."""
    blank = cells == ""
    if cells.name in _PLACE:
        return cells.astype(object).mask(blank, None)
    if name in _BLANK_IS_ZERO:
        cells, blank = cells.mask(blank, "0"), blank & False
    if cells[~blank].str.fullmatch(r"-?\d+").all():
        return cells.mask(blank, None).astype("Int64")
    if cells[~blank].str.fullmatch(r"-?\d+(\.\d+)?").all():
        return cells.mask(blank, None).astype("Float64")
    return cells.astype(object).mask(blank, None)


def _narrow(table: pd.DataFrame) -> pd.DataFrame:
    """Give columns without blanks the plain int64 and float64."""
    plain = {"Int64": "int64", "Float64": "float64"}
    full = {
        column: plain[str(table[column].dtype)]
        for column in table
        if str(table[column].dtype) in plain and not table[column].isna().any()
    }
    return table.astype(full)


def figures(table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that hold figures that may be added up.

    Examples
    --------
    >>> figures(published_table("wp2023_table1"))
    ['hazards', 'size_m2']
    """
    return [
        str(column)
        for column in table.columns
        if pd.api.types.is_numeric_dtype(table[column])
        and not pd.api.types.is_bool_dtype(table[column])
        and column not in _KEYS
        and not str(column).endswith("_pct")
    ]


def _check_totals(body: pd.DataFrame, printed: pd.DataFrame, what: str) -> None:
    """Refuse a table with a total that is not the sum of its rows, province by province."""
    for place in range(len(printed)):
        row = printed.iloc[place]
        part = body
        within = row.get("province_code")
        if isinstance(within, str) and within:
            part = body[body["province_code"] == within]
        for column in figures(body):
            if pd.isna(row[column]):
                continue
            total = part[column].sum()
            if not np.isclose(float(total), float(row[column]), rtol=0, atol=1e-6):
                raise RecordError(
                    f"{what}: {column} adds up to {total}, its total row says {row[column]}; "
                    "correct the rows or the total"
                )


def reconcile(
    table: pd.DataFrame, published: pd.DataFrame | str, *, province: str | None = None
) -> pd.DataFrame:
    """Lay our table beside a published one: every row and figure, with the difference.

    Parameters
    ----------
    table
        Ours, as from `totals`: codes (or names) and figures. Where it counts finer than the
        published one, it is added up. A row of totals in it is checked and not needed.
    published
        A table of the same words, or the name of one of `published_names`.
    province
        Only this province, name or code, on both sides; the total is then its own.

    Returns
    -------
    pandas.DataFrame
        One row for each place and figure: `row`, the names and codes, `figure`, `ours`,
        `published`, `difference` (ours less published). A row that only one side has is kept, null
        on the other, and so is its difference: what one table does not say is unknown, not 0. Then
        the difference of a total is unknown too, and rows of sums marked `compared` give what both
        tables have, so that differences add up. The totals (`row` is `total`) come last.

        Words (`difficulty`, and the `provinces` of an operator), where both tables have them, are
        compared as lists without an order; `difference` is how many of them stand on one side
        only.

    Raises
    ------
    OptionError
        If no published table has that name, or a province is asked for of one that has none.
    MixedError
        If a table holds several kinds of hazard.
    UnknownNameError
        If there is no such province.
    RecordError
        If the two share no key or no figure, or a total row is not the sum of its rows.

    Examples
    --------
    >>> annex = published_table("wp2023_annex1")
    >>> rows = reconcile(annex, "wp2023_table1")
    >>> rows[rows["province"] == "Koh Kong"].iloc[:, 3:]
            figure      ours published  difference
    15     hazards       355       355           0
    16     size_m2  22846585  22846585           0
    17  difficulty      high      high           0
    """
    theirs = published_table(published, total=True) if isinstance(published, str) else published
    keys = [key for key in _KEYS if key in _coded(theirs)]
    shared = [figure for figure in figures(theirs) if figure in table]
    if not keys or not shared:
        raise RecordError(
            "the tables cannot be compared: they need a common key "
            f"({', '.join(_KEYS)}) and common figures; ours has {some(table.columns, 12)}; "
            f"the published one {some(theirs.columns, 12)}"
        )
    if province is not None:
        table, theirs = (_within(each, province) for each in (table, theirs))
    ours = keyed_figures(table, keys, shared, "our table")
    printed = keyed_figures(theirs, keys, shared, "the published table")
    words = [word for word in _WORDS if word in theirs and word in table]
    our_words, their_words = (_keyed_words(each, keys, words) for each in (table, theirs))
    rows: list[_Row] = []
    places = [key for key in dict.fromkeys([*printed, *ours]) if key]
    for key in places:
        pair = ours.get(key, {}), printed.get(key, {})
        rows += [_Row.of(key, figure, *(side.get(figure) for side in pair)) for figure in shared]
        said = our_words.get(key, {}), their_words.get(key, {})
        rows += [_Row.of_words(key, word, *(side.get(word) for side in said)) for word in words]
    rows = [row for row in rows if not (row.ours is None and row.published is None)]
    if keys not in _UNLIKE:
        rows += _sums(rows, shared, ours.get(None, {}), printed.get(None, {}))
    return _laid_out(rows, keys)


class _Row(NamedTuple):
    """A figure on both sides."""

    key: _Key | RowKind
    """The codes, or which row of sums it is."""
    figure: str
    ours: _Cell
    published: _Cell
    difference: _Number

    @property
    def known(self) -> bool:
        """Whether both sides say it."""
        return self.ours is not None and self.published is not None

    @classmethod
    def of(cls, key: _Key | RowKind, figure: str, ours: _Number, published: _Number) -> _Row:
        known = ours is not None and published is not None
        return cls(key, figure, ours, published, ours - published if known else None)  # type: ignore[operator]

    @classmethod
    def of_words(
        cls, key: _Key, word: str, ours: set[str] | None, published: set[str] | None
    ) -> _Row:
        alone = None if ours is None or published is None else len(ours ^ published)
        mine, theirs = (
            None if each is None else ", ".join(sorted(each)) for each in (ours, published)
        )
        return cls(key, word, mine, theirs, alone)


def _sums(
    rows: list[_Row], shared: list[str], ours: dict[str, float], printed: dict[str, float]
) -> list[_Row]:
    """Return the totals; where one side lacks rows, also the sums of what both have."""
    compared, totals = [], []
    for figure in shared:
        there = [row for row in rows if row.figure == figure]
        total = _Row.of("total", figure, ours.get(figure), printed.get(figure))
        known = [row for row in there if row.known]
        if len(known) < len(there):
            total = total._replace(difference=None)
            sides = [sum(row[place] for row in known) for place in (2, 3)]  # type: ignore[misc]
            compared.append(_Row.of("compared", figure, *(sides if known else (None, None))))
        totals.append(total)
    return [*compared, *totals]


def _within(table: pd.DataFrame, province: str) -> pd.DataFrame:
    """Return the rows of a province, its own total among them."""
    table = _coded(table)
    if "province_code" not in table:
        raise OptionError(
            "this table has no provinces to choose one of; leave the province out (valid are "
            "tables by province or district, such as wp2023_table3)"
        )
    return table[table["province_code"] == admin_names.province_code(province)]


def _keyed_words(
    table: pd.DataFrame, keys: list[str], words: list[str]
) -> dict[_Key, dict[str, set[str]]]:
    """Return the words of each key; a province by the name that this library has for it."""
    found: dict[_Key, dict[str, set[str]]] = {}
    if not words:
        return found
    for record in _coded(table)[[*keys, *words]].astype(object).itertuples(index=False):
        key = _key_of(record[: len(keys)])
        for word, cell in zip(words, record[len(keys) :], strict=True):
            if isinstance(cell, str) and cell:
                said = {_word(word, each.strip()) for each in cell.split(",")}
                found.setdefault(key, {}).setdefault(word, set()).update(said)
    return found


def _word(kind: str, text: str) -> str:
    if kind != "provinces" or text in {NOT_RECORDED, NO_UNIT}:
        return text.lower()
    return admin_names.province_name(admin_names.province_code(text))


def _key_of(parts: Iterable[Any]) -> _Key:
    return tuple(None if pd.isna(part) or part == "" else str(part) for part in parts)


def _coded(table: pd.DataFrame) -> pd.DataFrame:
    """Add the codes where a table has only names."""
    for key, name in _NAME_OF.items():
        if key in table or name not in table:
            continue
        inside = table["province_code"] if key == "district_code" else [None] * len(table)
        codes = [
            _code_or_null(key, cell, within)
            for cell, within in zip(table[name], inside, strict=True)
        ]
        table = table.assign(**{key: pd.Series(codes, index=table.index, dtype=object)})
    return table


def _code_or_null(key: str, cell: object, within: str | None) -> str | None:
    if not isinstance(cell, str) or cell == NO_UNIT or not _is_name(cell):
        return None
    if key == "province_code":
        return admin_names.province_code(cell)
    return admin_names.district_code(cell, within)


def keyed_figures(table: pd.DataFrame, keys: list[str], shared: list[str], what: str) -> _Figures:
    """Return a table's figures by key, added up, and their sums over all under None.

    Parameters
    ----------
    table
        Any table of codes (or names of places) and figures; its rows of totals are checked and
        left out.
    keys
        The columns to go by: of `province_code`, `district_code`, `year`, `operator`,
        `activity`. A null stays null.
    shared
        The figures wanted.
    what
        What the table is, for messages.

    Raises
    ------
    MixedError
        If the table holds several kinds of hazard.
    RecordError
        If a key is missing, or a total row is not the sum of its rows.

    Examples
    --------
    >>> table = published_table("wp2023_table1")
    >>> found = keyed_figures(table, ["province_code"], ["hazards"], "Table 1")
    >>> found[("09",)], found[None]
    ({'hazards': 355}, {'hazards': 7392})
    """
    if "kind" in table:  # a row of the total says none
        refuse_several_kinds(
            table[table["kind"].notna()], f"{what}: figures", "reconcile one kind at a time"
        )
    table = _coded(table)
    missing = [key for key in keys if key not in table]
    if missing:
        raise RecordError(f"{what} has no {some(missing)}; make the totals by {', '.join(keys)}")
    is_total = _totals(table)
    wanted = [*keys, *shared]
    body = table.loc[~is_total, wanted]
    _check_totals(body, table.loc[is_total, wanted], what)
    rows: _Figures = {}
    for record in body.astype(object).itertuples(index=False):
        for end in (_key_of(record[: len(keys)]), None):
            row = rows.setdefault(end, {})
            for figure, value in zip(shared, record[len(keys) :], strict=True):
                if not pd.isna(value):
                    row[figure] = row.get(figure, 0) + value
    return rows


def _totals(table: pd.DataFrame) -> pd.Series[bool]:
    """Say which rows are sums: by the column `row`, or by what a document prints for a name."""
    named = [column for column in (*_PLACE, *_KEYS) if column in table]
    printed = table[named].astype(object).isin([PRINTED_TOTAL]).any(axis=1)
    return printed | table[ROW].isin(["total", "compared"]) if ROW in table else printed


def _laid_out(rows: list[_Row], keys: list[str]) -> pd.DataFrame:
    """Return the rows as a table: names and codes, figure, ours, published, difference."""
    columns: dict[str, list[str | None]] = {
        ROW: [row.key if isinstance(row.key, str) else "data" for row in rows]
    }
    for place, key in enumerate(keys):
        codes = [None if isinstance(row.key, str) else row.key[place] for row in rows]
        if key in _NAME_OF:
            columns[_NAME_OF[key]] = [
                None if isinstance(row.key, str) else _place_name(code)
                for code, row in zip(codes, rows, strict=True)
            ]
        columns[key] = codes
    result = pd.DataFrame(columns, dtype=object)
    result["figure"] = [row.figure for row in rows]
    words = {place: row for place, row in enumerate(rows) if row.figure in _WORDS}
    for side in ("ours", "published"):
        numbers = _whole(
            [None if at in words else getattr(row, side) for at, row in enumerate(rows)]
        )
        result[side] = numbers.astype(object) if words else numbers
        for at, row in words.items():
            result.loc[at, side] = getattr(row, side)
    result["difference"] = _whole([row.difference for row in rows])
    return result


def _whole(values: list[_Number]) -> pd.Series[Any]:
    """Return figures as Int64, or as Float64 where there are decimals."""
    exact = pd.Series(values, dtype="Float64").round(6)  # 0.1 + 0.2 is 0.3 here
    decimals = bool((exact.dropna() % 1 != 0).any())
    return exact if decimals else exact.astype("Int64")


def _place_name(code: str | None) -> str:
    if code is None:
        return f"({NOT_RECORDED})"
    return admin_names.province_name(code) if len(code) == 2 else admin_names.district_name(code)


def counted(reconciled: pd.DataFrame) -> str:
    """Say how many figures of `reconcile` differ, and how many one table alone has.

    Examples
    --------
    >>> annex = published_table("wp2023_annex1")
    >>> counted(reconcile(annex[annex["province"] == "Pursat"], "wp2023_table1"))
    '0 of 3 figures differ; 33 more stand in one table only and are not compared'
    """
    # A total is a figure of both tables where its difference is known; sums of what can be compared
    # are figures of neither.
    counts = (reconciled[ROW] == "data") | (
        (reconciled[ROW] == "total") & reconciled["difference"].notna()
    )
    rows = reconciled[counts]
    unknown = rows["difference"].isna()
    different = rows["difference"].ne(0) & ~unknown
    said = f"{int(different.sum()):,} of {int((~unknown).sum()):,} figures differ"
    if unknown.any():
        said += f"; {int(unknown.sum()):,} more stand in one table only and are not compared"
    return said


def differences(reconciled: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `reconcile` where the two sides differ or one side is missing.

    Examples
    --------
    >>> len(differences(reconcile(published_table("wp2023_annex1"), "wp2023_table1")))
    0
    """
    return reconciled[reconciled["difference"].ne(0).fillna(value=True)]


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
        named = named_figures(str(row["figures"]), str(row["id"]))
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
    known = tables[~tables["name"].isin(_NOT_TABLES)]
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


def _printed(name: str) -> pd.DataFrame:
    return published_table(name, total=True)


def named_figures(
    text: str, claim: str, table_of: Callable[[str], pd.DataFrame] = _printed
) -> dict[str, float]:
    """Read `a=table/row/column; b=3.5; c=table/*; d=table/row/*` into numbers: `*` counts rows.

    Parameters
    ----------
    text
        The figures that a claim names.
    claim
        Its id, for messages.
    table_of
        Gives a table by its name, its totals among the rows; else the published ones.

    Raises
    ------
    RecordError
        If a figure is not there.

    Examples
    --------
    >>> named_figures("a=wp2023_table3/Pailin/near_hazards; b=2; c=wp2023_table3/*", "x")
    {'a': 256.0, 'b': 2.0, 'c': 12.0}
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, value = part.partition("=")
        found[name.strip()] = _figure(value.strip(), claim, table_of)
    return found


def _figure(value: str, claim: str, table_of: Callable[[str], pd.DataFrame]) -> float:
    name, *rest = value.split("/")
    missing = RecordError(f"claim {claim}: no figure {value!r} in the published tables")
    if not rest:
        try:
            return float(value)
        except ValueError:
            raise missing from None
    table = table_of(name)
    if rest == ["*"]:
        return float((table[ROW] == "data").sum())
    if len(rest) != 2:
        raise missing
    row, column = rest
    row = "total" if row.casefold() == "total" else row
    keys = table.select_dtypes(exclude="float").astype(str)
    rows = table[(keys == row).any(axis=1)]
    if column == "*":
        return float(len(rows))
    if len(rows) != 1 or column not in rows or pd.isna(rows[column].iloc[0]):
        raise missing
    return float(rows[column].iloc[0])
