"""Tables and claims of an office's own documents, checked as the published ones are.

A CSV in UTF-8 whose first lines say what it is, then the table as it is printed:

    # document: Work plan 2027
    # table: Table 3
    # day: 2026-12-31
    # kind: ap_minefield
    province,near_hazards,near_size_m2,far_hazards,far_size_m2
    Battambang,482,32109629,769,80641815
    Total,482,32109629,769,80641815

What the ledger gives beside it follows from the columns: hazards and m² that remain, by zone, by
area type, or land released. Sizes are whole m².
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import FileError, MineGeoError, OptionError, RecordError, choose, some
from mine_geo.geo.cells import day_of, read_flags, read_numbers
from mine_geo.tables.bounds import findings, zone_bounds
from mine_geo.tables.published import (
    NOT_RECORDED,
    VERDICTS,
    evaluate,
    in_our_words,
    named_figures,
    published_names,
    published_table,
    rename,
)
from mine_geo.tables.rederive import Recipe, Sources
from mine_geo.tables.totals import totals
from mine_geo.terms import KINDS, OUTCOMES, ROW, RULES, THRESHOLD_M, ZONES

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import geopandas as gpd

    from mine_geo.terms import Kind, Rule


HEADER: Final = (
    "document", "table", "day", "kind", "rule", "threshold_m", "include_coast", "year", "note",
)  # fmt: skip
"""What the first lines of a table may say; `document`, `day` and `kind` they must."""
NEEDED: Final = ("document", "day", "kind")
CLAIM_COLUMNS: Final = (
    "id", "place", "claim", "printed", "unit", "expression", "figures", "verdict", "reading",
    "note",
)  # fmt: skip
"""The columns of a file of claims; `claim`, `printed`, `expression` and `figures` it must have."""
CLAIM_NEEDED: Final = ("claim", "printed", "expression", "figures")
LEFT: Final = ("hazards", "size_m2")
ZONED: Final = tuple(f"{zone}_{figure}" for zone in ZONES for figure in LEFT)
TYPED: Final = tuple(f"{kind}_{figure}" for kind in ("cha", "sha") for figure in LEFT)
RELEASED: Final = (*(f"{outcome}_m2" for outcome in OUTCOMES), "released_m2")
KEYS: Final = ("province_code", "district_code", "operator", "year")
_LINE: Final = re.compile(r"#\s*(?P<key>[^:]+?)\s*:\s*(?P<value>.*?)\s*")
_OF_YEAR: Final = re.compile(r"released_(?P<year>(?:19|20)\d\d)_m2")
_WORDS: Final = ("difficulty",)


@dataclass(frozen=True, eq=False)
class OwnTable:
    """A printed table, and what it is of."""

    path: str
    document: str
    name: str
    """What it is called in the document, else the name of the file."""
    day: str
    """The end of this day, ISO."""
    kind: Kind
    rule: Rule
    threshold_m: float
    include_coast: bool
    year: int
    """That of released land, where no column says it."""
    table: pd.DataFrame
    """As `published_table(total=True)` gives one."""

    @property
    def figures(self) -> list[str]:
        """The columns that are compared with the ledger."""
        return [str(name) for name in self.table if _is_figure(str(name))]

    @property
    def keys(self) -> list[str]:
        """The columns that its rows go by."""
        return [key for key in KEYS if key in self.table]

    def recipe(self) -> Recipe:
        """Return how the ledger gives it."""
        zones = bool(set(ZONED) & set(self.figures))
        return Recipe(self.kind, self.day, partial(_made, self), zones=zones)


def is_file(name: str) -> bool:
    """Say whether a name is that of a file, and not of a published table.

    Examples
    --------
    >>> is_file("wp2023_table3"), is_file("plan/t3.csv"), is_file("T3.CSV")
    (False, True, True)
    """
    return Path(name).suffix != "" or len(Path(name).parts) > 1


def read_table(path: str | os.PathLike[str]) -> OwnTable:
    r"""Read a table of a document, with the lines that say what it is.

    Parameters
    ----------
    path
        CSV in UTF-8. Its columns are called as ours (or `minefields`, `size_sqm`, ... as the
        published ones): `province`, `district`, `operator`, `year`; `hazards`, `size_m2`,
        `near_hazards`, `near_size_m2`, `far_...`, `cha_...`, `sha_...`, `cancelled_m2`,
        `reduced_m2`, `cleared_m2`, `released_m2`, `released_2026_m2`, `difficulty`.

    Raises
    ------
    FileError
        If it cannot be read, or is no table.
    RecordError
        If the lines before the table do not say what it is, a column or figure is none that a
        ledger gives, a row stands twice, or a printed total is not the sum of its rows.
    UnknownNameError
        If there is no such province or district.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "t3.csv")
    >>> _ = path.write_text("# document: Work plan 2027\n# day: 2026-12-31\n"
    ...     "# kind: ap_minefield\nprovince,near_hazards\nPailin,12\nTotal,12\n")
    >>> own = read_table(path)
    >>> own.document, own.keys, own.figures, own.recipe().zones
    ('Work plan 2027', ['province_code'], ['near_hazards'], True)
    """
    place = Path(path)
    said, rows = _parted(place)
    for key in NEEDED:
        if not said.get(key):
            raise RecordError(
                f"{place}: does not say its {key}; write before the table, as a line of its own: "
                f"# {key}: {'2026-12-31' if key == 'day' else '...'}"
            )
    cells = _cells(place, rows)
    try:
        day = day_of(said["day"])
        assert day is not None  # noqa: S101  (a text that is not empty)
        numbers = _numbers(cells)
        table = in_our_words(numbers, str(place), total=True)
        own = OwnTable(
            str(place),
            said["document"],
            said.get("table") or place.stem,
            day.isoformat(),
            choose(said["kind"], KINDS, "kind"),
            choose(said.get("rule") or "edge", RULES, "rule"),
            _positive(said.get("threshold_m") or str(THRESHOLD_M)),
            _flag(said.get("include_coast") or "false"),
            int(said.get("year") or day.year),
            table,
        )
    except (MineGeoError, ValueError) as error:
        text = str(error)
        if text.startswith(str(place)):
            raise
        kind = type(error) if isinstance(error, MineGeoError) else RecordError
        raise kind(f"{place}: {text}") from error
    _refuse_columns(own)
    return own


def _parted(place: Path) -> tuple[dict[str, str], str]:
    """Return what the first lines say, and the rest of the file."""
    try:
        text = place.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{place}: not UTF-8; save it as CSV UTF-8") from error
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        raise FileError(f"{place}: {why}; check the path") from error
    said: dict[str, str] = {}
    lines = text.splitlines(keepends=True)
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        line = lines.pop(0).strip().rstrip(",;").strip().strip('"')
        if not line.strip("# "):
            continue
        found = _LINE.fullmatch(line)
        key = "" if found is None else found["key"].strip().lower().replace(" ", "_")
        if found is None or key not in HEADER:
            raise RecordError(
                f"{place}: line {line!r}: write # key: value with one of {', '.join(HEADER)}"
            )
        said[key] = found["value"]
    return said, "".join(lines)


def _cells(place: Path, text: str) -> pd.DataFrame:
    """Return the cells of a CSV as texts."""
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise FileError(f"{place}: no rows below the names of the columns")
    names = [name.strip() for name in rows[0]]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        what = f"column {some(twice)} stands twice" if twice else "a column has no name"
        raise RecordError(f"{place}: {what}; give each column a name of its own")
    wrong = [n for n, row in enumerate(rows[1:], 1) if len(row) != len(names)]
    if wrong:
        raise RecordError(
            f"{place}: row {some(wrong)} has not as many cells as there are columns "
            f"({len(names)}); put texts with a comma into quotes"
        )
    return pd.DataFrame([[cell.strip() for cell in row] for row in rows[1:]], columns=names)


def _numbers(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells whose figures are plain digits; thousands may have been set apart."""
    found = cells.copy()
    for name in cells:
        if not _is_figure(rename(str(name))):
            continue
        numbers, bad = read_numbers(cells[name])
        bad |= np.asarray(numbers % 1 != 0) & ~np.isnan(numbers)
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise RecordError(
                f"{cells.to_numpy()[at, 0]}: {name} {cells[name].iloc[at]!r} is no whole number; "
                "write "
                "digits alone"
            )
        found[name] = ["" if np.isnan(each) else str(int(each)) for each in numbers]
    return found


def _positive(text: str) -> float:
    number = float(text)
    if not (np.isfinite(number) and number > 0):
        raise RecordError(f"threshold_m {text!r} is no number of metres above 0")
    return number


def _flag(text: str) -> bool:
    flags, bad = read_flags(pd.Series([text]))
    if bad[0]:
        raise RecordError(f"include_coast {text!r} is neither true nor false")
    return bool(flags[0])


def _is_figure(name: str) -> bool:
    return name in (*LEFT, *ZONED, *TYPED, *RELEASED) or _OF_YEAR.fullmatch(name) is not None


def _refuse_columns(own: OwnTable) -> None:
    """Refuse columns that no ledger gives, and rows that stand twice."""
    known = {ROW, "province", "district", *KEYS, *_WORDS}
    strange = [name for name in own.table if name not in known and not _is_figure(str(name))]
    if strange:
        raise RecordError(
            f"{own.path}: column {some(strange)} is none that a ledger gives; valid: province, "
            f"district, operator, year, {', '.join((*LEFT, *ZONED, *TYPED, *RELEASED))}, "
            "released_2026_m2, difficulty"
        )
    if not own.keys or not own.figures:
        raise RecordError(
            f"{own.path}: has no {'key (province, ...)' if not own.keys else 'figures'} to compare"
        )
    remains = [name for name in own.figures if name in (*LEFT, *ZONED, *TYPED)]
    if "year" in own.keys and remains:
        raise RecordError(
            f"{own.path}: {some(remains)} is of one day, and rows are by year; give each day a "
            "table of its own"
        )
    rows = own.table[own.table[ROW] == "data"]
    twice = rows[rows.duplicated(own.keys)]
    if len(twice):
        raise RecordError(
            f"{own.path}: {' '.join(str(each) for each in twice.iloc[0][own.keys])} stands in two "
            "rows; add them up"
        )


def _made(own: OwnTable, sources: Sources) -> pd.DataFrame:
    """Return the figures of a table as the ledger gives them; 0 where there is nothing."""
    parts = [*_remaining(own, sources), *_released(own, sources)]
    table = parts[0]
    for part in parts[1:]:
        table = table.merge(part, on=own.keys, how="outer")
    table = table[[*own.keys, *own.figures]]
    table[own.figures] = table[own.figures].fillna(0).astype("int64")
    if "difficulty" in own.table and "year" not in own.keys:
        groups = pd.DataFrame(sources.hazards).groupby(own.keys, dropna=False)
        words = groups["difficulty"].agg(_listed).reset_index()
        table = table.merge(words, on=own.keys, how="left")
    return table


def _remaining(own: OwnTable, sources: Sources) -> Iterator[pd.DataFrame]:
    """Give what remains by key: all of it, by zone, by area type."""
    asked, hazards = set(own.figures), sources.hazards
    if asked & set(ZONED):
        if sources.split is None:
            raise RecordError("this table counts zones; give the split")
        names: Any = [key.removesuffix("_code") for key in own.keys]
        yield totals(sources.split, names)[[*own.keys, *LEFT, *ZONED]]
    elif asked & set(LEFT):
        yield _counted(hazards, own.keys)
    for kind in ("CHA", "SHA"):
        wanted = [f"{kind.lower()}_{figure}" for figure in LEFT]
        if asked & set(wanted):
            found = _counted(hazards[hazards["area_type"] == kind], own.keys)
            yield found.rename(columns=dict(zip(LEFT, wanted, strict=True)))


def _released(own: OwnTable, sources: Sources) -> Iterator[pd.DataFrame]:
    """Give released land by key: of one year, by year, or a column a year."""
    by: Any = [key.removesuffix("_code") for key in own.keys if key != "year"]
    if set(own.figures) & set(RELEASED):
        rows = sources.releases(by, None if "year" in own.keys else own.year)
        yield rows[[*own.keys, *RELEASED]]
    for figure in own.figures:
        of = _OF_YEAR.fullmatch(figure)
        if of is not None:
            rows = sources.releases(by, int(of["year"]))
            yield rows[[*own.keys, "released_m2"]].rename(columns={"released_m2": figure})


def _listed(words: pd.Series[Any]) -> str:
    return ", ".join(sorted(words.astype(object).where(words.notna(), NOT_RECORDED).unique()))


def _counted(hazards: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    groups = pd.DataFrame(hazards).groupby(keys, dropna=False)["size_m2"]
    return groups.agg(hazards="size", size_m2="sum").reset_index()


def beyond_geography(
    own: OwnTable,
    sources: Sources,
    admin: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    include_coast: bool = False,
) -> pd.DataFrame:
    r"""Return printed figures by zone that no register whose districts are ours can have.

    Parameters
    ----------
    own
        A table by province; of any other nothing is said.
    sources
        What our side is made from: how much each district holds.
    admin, border
        Districts and border lines in EPSG:4326.
    threshold_m
        The distance below which a place is near, metres.
    include_coast
        Count the coast as border too.

    Returns
    -------
    pandas.DataFrame
        As `bounds.findings`: the least and the most that districts allow beside what is printed.

    Raises
    ------
    CRSError
        If `admin` or `border` is not in EPSG:4326.

    Examples
    --------
    >>> import tempfile
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = intake.read_hazards(sample.path("minefields"))
    >>> one = hazards[hazards["province"] == "Siem Reap"].iloc[:1]
    >>> path = Path(tempfile.mkdtemp(), "t3.csv")
    >>> _ = path.write_text("# document: Plan\n# day: 2022-12-31\n# kind: ap_minefield\n"
    ...     "province,near_hazards\nSiem Reap,1\n")
    >>> found = beyond_geography(read_table(path), Sources(fold(registered_events(one)),
    ...     "ap_minefield"), intake.read_admin(sample.path("districts")),
    ...     intake.read_border(sample.path("border")))
    >>> found[["province", "figure", "published", "most"]].head(1).to_numpy().tolist()
    [['Siem Reap', 'near_hazards', 1, 0]]
    """
    if own.keys != ["province_code"] or not set(own.figures) & set(ZONED):
        return pd.DataFrame(columns=["province", "figure", "published", "least", "most"])
    held = _counted(sources.hazards, ["province_code", "district_code"])
    bounds = zone_bounds(
        held, admin, border, own.table, threshold_m=threshold_m, include_coast=include_coast
    )
    return findings(bounds)


def polygons_behind(rows: pd.DataFrame, sources: Sources, year: int) -> pd.DataFrame:
    """Return the hazards, or releases, that our side of each difference is made of.

    Parameters
    ----------
    rows
        Of `reconcile`: those that differ (`published.differences`).
    sources
        What our side was made from.
    year
        The year of released land, where no column says it.

    Returns
    -------
    pandas.DataFrame
        The keys of the row, `figures` (which differ there, and count these), `hazard_id`,
        `event_id` of released land, `m2`, and where zones are told apart `zone` and
        `border_distance_m` (metres), those nearest to the threshold first. A unit in which we have
        nothing has no row.

    Examples
    --------
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.tables.published import differences, reconcile
    >>> hazards = intake.read_hazards(sample.path("minefields"))
    >>> some = hazards[hazards["hazard_id"].isin(["AP-2401-0001", "AP-2401-0002"])]
    >>> sources = Sources(fold(registered_events(some)), "ap_minefield")
    >>> rows = reconcile(_counted(sources.hazards, ["province_code"]), "wp2023_table1")
    >>> found = polygons_behind(differences(rows), sources, 2022)
    >>> found[["province", "figures", "hazard_id"]].values.tolist()
    [['Pailin', 'hazards, size_m2', 'AP-2401-0001'], ['Pailin', 'hazards, size_m2', 'AP-2401-0002']]
    """
    keys = [key for key in KEYS if key in rows]
    named = [name for name in rows.columns if name in {*keys, "province", "district"}]
    parts = []
    told = rows[rows[ROW] == "data"]
    for place, group in told.groupby([*keys], dropna=False, sort=False):
        unit = dict(zip(keys, place if isinstance(place, tuple) else (place,), strict=True))
        counted: dict[tuple[str, int | None], list[str]] = {}
        for figure in group["figure"]:
            counted.setdefault(_of(str(figure), unit, year), []).append(str(figure))
        for (what, of_year), figures in counted.items():
            found = _rows_of(what, of_year, unit, sources)
            first = {name: group[name].iloc[0] for name in named}
            parts.append(found.assign(**first, figures=", ".join(figures)))
    columns = [*named, "figures", "hazard_id", "event_id", "m2", "zone", "border_distance_m"]
    if not parts:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(parts, ignore_index=True).reindex(columns=columns)
    empty = [name for name in columns[-5:] if name not in {"hazard_id", "m2"}]
    return whole.drop(columns=[name for name in empty if whole[name].isna().all()])


def _of(figure: str, unit: dict[str, Any], year: int) -> tuple[str, int | None]:
    """Return which rows a figure counts: of what, and of which year."""
    of = _OF_YEAR.fullmatch(figure)
    if of is not None:
        return "released_m2", int(of["year"])
    if figure in RELEASED:
        told = unit.get("year")
        return figure, year if told is None or pd.isna(told) else int(told)
    start = figure.partition("_")[0]
    return (start if start in (*ZONES, "cha", "sha") else "all"), None


def _rows_of(what: str, year: int | None, unit: dict[str, Any], sources: Sources) -> pd.DataFrame:
    """Return the rows of the register, or of the ledger, that a figure of a unit counts."""
    if year is not None:
        return _releases_of(what, year, unit, sources)
    zoned = what in ZONES or (sources.split is not None and what == "all")
    frame = pd.DataFrame(sources.split if zoned else sources.hazards)
    frame = frame[_within(frame, unit)]
    size = f"{what}_size_m2" if what in ZONES else "size_m2"
    if what in {"cha", "sha"}:
        frame = frame[frame["area_type"] == what.upper()]
    elif what in ZONES:
        frame = frame[(frame["zone"] == what) | (frame[size] > 0)]
    if zoned:
        frame = frame.sort_values("border_margin_m", key=lambda margin: margin.abs(), kind="stable")
    kept = ["hazard_id", "zone", "border_distance_m"] if zoned else ["hazard_id"]
    return frame[kept].assign(m2=frame[size])


def _releases_of(what: str, year: int, unit: dict[str, Any], sources: Sources) -> pd.DataFrame:
    """Return the releases of a year that a figure of a unit counts."""
    hazards = pd.DataFrame(sources.fold.hazards).set_index("hazard_id")
    hazards = hazards[hazards["kind"] == sources.kind]
    effects = sources.fold.effects
    effects = effects[
        effects["event_type"].isin(OUTCOMES)
        & effects["hazard_id"].isin(hazards.index)
        & (effects["happened_on"].dt.year == year)
    ]
    of_hazard = hazards.loc[effects["hazard_id"]].reset_index(drop=True)
    operator = effects["operator"].reset_index(drop=True)
    of_hazard["operator"] = operator.fillna(of_hazard["operator"])
    columns = [f"{outcome}_m2" for outcome in OUTCOMES] if what == "released_m2" else [what]
    m2 = effects[columns].sum(axis=1).reset_index(drop=True)
    rows = effects[["hazard_id", "event_id"]].reset_index(drop=True).assign(m2=m2)
    mine = _within(of_hazard, {key: value for key, value in unit.items() if key != "year"})
    return rows[mine & (m2 > 0)]


def _within(frame: pd.DataFrame, unit: dict[str, Any]) -> pd.Series[bool]:
    mine = pd.Series(True, index=frame.index)
    for key, value in unit.items():
        mine &= frame[key].isna() if value is None or pd.isna(value) else frame[key].eq(value)
    return mine


def read_claims(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Return what the texts of an office's own document claim, beside what its tables give.

    Parameters
    ----------
    path
        CSV in UTF-8, with `# document: ...` before it, and the columns `claim`, `printed`,
        `expression`, `figures`; `id`, `place`, `unit`, `verdict`, `reading`, `note` if known.
        `figures` names what the expression is made of: `a=t3.csv/Battambang/near_size_m2; b=100`,
        where `t3.csv` is a table beside the file (`read_table`), or one of `published_names`.

    Returns
    -------
    pandas.DataFrame
        As `published.claims`. A verdict that nobody wrote is `holds` where what is computed is the
        printed figure to its last digit, else `contradicts`.

    Raises
    ------
    FileError, RecordError
        If the file, a table that it names, or a claim cannot be read; in a line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "claims.csv")
    >>> _ = path.write_text("# document: Plan\nclaim,printed,expression,figures\n"
    ...     "Near minefields,4075,a,a=wp2023_table3/total/near_hazards\n")
    >>> read_claims(path)[["document", "computed", "verdict"]].values.tolist()
    [['Plan', 4075.0, 'holds']]
    """
    place = Path(path)
    said, text = _parted(place)
    if not said.get("document"):
        raise RecordError(
            f"{place}: does not say its document; write before the table: # document: ..."
        )
    cells = _cells(place, text)
    missing = [name for name in CLAIM_NEEDED if name not in cells]
    strange = [name for name in cells if name not in CLAIM_COLUMNS]
    if missing or strange:
        wrong = f"column {some(missing)} is missing" if missing else f"unknown {some(strange)}"
        raise RecordError(f"{place}: {wrong}; the columns are {', '.join(CLAIM_COLUMNS)}")
    rows = []
    for number, row in enumerate(cells.to_dict("records"), 1):
        name = str(row.get("id") or number)
        try:
            rows.append(_claim(place, said["document"], name, row))
        except MineGeoError as error:
            text = str(error)
            where = "" if name in text else f"claim {name}: "
            raise type(error)(f"{place}: {where}{text}") from error
    columns = ["id", "document", "place", "claim", "printed", "computed", "difference"]
    return pd.DataFrame(rows)[[*columns, "unit", "verdict", "reading", "note"]]


def _claim(place: Path, document: str, name: str, row: dict[Any, Any]) -> dict[str, Any]:
    numbers, bad = read_numbers(pd.Series([row["printed"]]))
    if bad[0] or np.isnan(numbers[0]):
        raise RecordError(f"printed {row['printed']!r} is no number; write digits alone")
    printed = float(numbers[0])
    named = named_figures(str(row["figures"]), name, partial(_table_beside, place))
    computed = evaluate(str(row["expression"]), named)
    decimals = len(str(row["printed"]).partition(".")[2])
    same = round(computed, decimals) == round(printed, decimals)
    verdict = row.get("verdict") or ("holds" if same else "contradicts")
    choose(verdict, VERDICTS, "verdict")
    shown = round(computed, max(decimals, 2))
    told = {key: str(row.get(key) or "") for key in ("place", "claim", "unit", "reading", "note")}
    return told | {
        "id": name,
        "document": document,
        "printed": printed,
        "computed": shown,
        "difference": round(printed - shown, max(decimals, 2)),
        "verdict": verdict,
    }


def _table_beside(place: Path, name: str) -> pd.DataFrame:
    """Return a table that a claim names: beside its file, or one of the published ones."""
    if name.lower().endswith(".csv"):
        return read_table(place.parent / name).table
    if name not in published_names():
        raise OptionError(
            f"table {name!r} is unknown; name a .csv beside the file of claims, or one of "
            f"{', '.join(published_names())}"
        )
    return published_table(name, total=True)
