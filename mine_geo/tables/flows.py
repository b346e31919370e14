"""Stocks and flows between published figures: what inflow two stocks and the releases imply.

A figure is dated: a stock at the end of a day, a release over a period. Between two stocks

    inflow = closing stock - opening stock + released in between

and the inflow is registered + amended + transferred land. Every printed figure is rounded, a
period may reach over one of the two days, and figures of one title may be of several kinds of
hazard: so the answer is an interval, or that the two cannot be compared, with the reason.

Figures are in km², as press and reviews print them; days are calendar days, both ends counted.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import FileError, RecordError, some
from mine_geo.geo import sample
from mine_geo.geo.cells import day_of
from mine_geo.tables.movements import OUTCOME_COLUMNS, balance

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from mine_geo.ledger.fold import Fold
    from mine_geo.terms import Kind

FIGURE_COLUMNS: Final = (
    "what",
    "kinds",
    "km2",
    "rounding_km2",
    "from_day",
    "to_day",
    "document",
    "note",
)
"""The columns of dated figures."""
WHATS: Final = ("stock", "released", "target")
"""What a dated figure is; targets imply nothing and are passed over."""
SHORT: Final[dict[str, Kind]] = {
    "ap": "ap_minefield",
    "av": "av_minefield",
    "cluster": "cluster_munition",
    "other_erw": "other_erw",
}
"""How `kinds` of a figure writes them: "ap", "ap+av" of both together, "ap or ap+av" where the
document does not say which."""
DECIMALS: Final = 7
"""Of a figure in km²: a tenth of a square metre, the half of the last digit of whole m²."""
SQUARE_KM: Final = 1_000_000

Kinds = frozenset[str]


@dataclass(frozen=True)
class _Figure:
    """A dated figure, its kinds read: each of `readings` is one that the document allows."""

    readings: frozenset[Kinds]
    kinds: str
    km2: float
    rounding: float
    start: date | None
    day: date
    document: str
    note: str

    @property
    def certain(self) -> bool:
        """Whether the document says which kinds it is of."""
        return len(self.readings) == 1

    def touches(self, kinds: Kinds) -> bool:
        """Whether it may be of one of these kinds."""
        return any(reading & kinds for reading in self.readings)

    def is_within(self, kinds: Kinds) -> bool:
        """Whether it is of these kinds alone, whatever the document means."""
        return all(reading <= kinds for reading in self.readings)

    def holds(self, kind: str) -> bool:
        """Whether this kind is counted in it, whatever the document means."""
        return all(kind in reading for reading in self.readings)

    @property
    def period(self) -> str:
        """The days of a release, in words."""
        return f"{self.start} to {self.day}"


def dated_figures(path: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return dated figures from a CSV file: stocks, releases and targets, as printed.

    Parameters
    ----------
    path
        A file with `FIGURE_COLUMNS`; None: those that come with the sample.

    Returns
    -------
    pandas.DataFrame
        `FIGURE_COLUMNS`; `km2` and `rounding_km2` (half the last digit) are float64, in km².

    Raises
    ------
    FileError
        If the file cannot be read, or lacks a column.

    Examples
    --------
    >>> figures = dated_figures()
    >>> figures[figures["what"] == "released"][["kinds", "km2", "to_day"]].values.tolist()
    [['ap', 362.0, '2023-12-31'], ['ap', 130.0, '2024-12-31']]
    """
    source = sample.path("flows") if path is None else path
    try:
        table = pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise FileError(f"{source}: not a CSV file of figures: {error}") from error
    missing = [name for name in FIGURE_COLUMNS if name not in table]
    if missing:
        raise FileError(f"{source}: no column {some(missing)}; needed: {some(FIGURE_COLUMNS, 8)}")
    for name in ("km2", "rounding_km2"):
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.isna().any():
            line = int(np.flatnonzero(numbers.isna())[0]) + 2
            raise FileError(f"{source}, line {line}: {name} is not a number of km²")
        table[name] = numbers.astype(np.float64)
    return table


def flows(figures: pd.DataFrame) -> pd.DataFrame:
    """Say between each two stocks what inflow the releases between them imply, as an interval.

    Parameters
    ----------
    figures
        Dated figures (`FIGURE_COLUMNS`, km²), as from `dated_figures` or `register_figures`.

    Returns
    -------
    pandas.DataFrame
        A row for each pair of stocks of different days that may be of common kinds, by day:

        - `opening_day`, `opening_km2`, `opening_kinds`, `closing_day`, `closing_km2`,
          `closing_kinds`
        - `released_km2`: releases whose period lies between; `partly_km2`: those whose period
          reaches over one of the two days, whole (what of it fell between is not known)
        - `leaves_km2`, `more_km2`: the arithmetic of the printed figures without what is partly
          between: opening less released, and closing less that
        - `leaves_with_partly_km2`, `more_with_partly_km2`: the same with all of it
        - `least_km2`, `most_km2`: the inflow, by the rounding of each figure; null where nothing
          bounds it, both where the stocks cannot be compared
        - `comparable`: `yes`; `if`, where it hangs on kinds that a document does not say; `no`
        - `said`, `reason`: the arithmetic in words; why it is an interval or cannot be said
        - `documents`

    Raises
    ------
    RecordError
        If a figure is not finite, negative, of unknown kinds, or without its day.

    Notes
    -----
    Releases are never negative: a period without a figure of releases leaves the upper end open.

    Examples
    --------
    >>> table = flows(dated_figures())
    >>> first = table.iloc[0]
    >>> first["said"]
    '681.284511 less 362 released 2023-01-01 to 2023-12-31 leaves 319.284511, yet 533 stood on
    2024-03-14: 213.715489 more, and what of 130 (2024-01-01 to 2024-12-31) was released in
    between'
    >>> float(first["least_km2"]), float(first["most_km2"]), first["comparable"]
    (212.7154885, 345.2154895, 'if')
    """
    rows = _read(figures)
    stocks = sorted(rows["stock"], key=lambda each: (each.day, each.kinds))
    found = [
        _between(opening, closing, rows["released"])
        for opening, closing in itertools.combinations(stocks, 2)
        if opening.day < closing.day and _related(opening, closing)
    ]
    table = pd.DataFrame(found, columns=list(_COLUMNS))
    numbers = [name for name in _COLUMNS if name.endswith("_km2")]
    return table.astype(dict.fromkeys(numbers, "Float64"))


_COLUMNS: Final = (
    "opening_day",
    "opening_km2",
    "opening_kinds",
    "closing_day",
    "closing_km2",
    "closing_kinds",
    "released_km2",
    "partly_km2",
    "leaves_km2",
    "more_km2",
    "leaves_with_partly_km2",
    "more_with_partly_km2",
    "least_km2",
    "most_km2",
    "comparable",
    "said",
    "reason",
    "documents",
)


def _read(figures: pd.DataFrame) -> dict[str, list[_Figure]]:
    missing = [name for name in FIGURE_COLUMNS[:6] if name not in figures]
    if missing:
        raise RecordError(f"figures lack {some(missing)}; needed: {some(FIGURE_COLUMNS, 8)}")
    found: dict[str, list[_Figure]] = {what: [] for what in WHATS}
    for number, row in enumerate(figures.to_dict("records"), 1):
        said = f"figure {number}"
        what = row["what"]
        if what not in WHATS:
            raise RecordError(f"{said}: what is {what!r}; valid: {', '.join(WHATS)}")
        found[what].append(_figure(said, what, {str(name): cell for name, cell in row.items()}))
    return found


def _figure(said: str, what: str, row: dict[str, Any]) -> _Figure:
    for name in ("km2", "rounding_km2"):
        value = row[name]
        if not isinstance(value, int | float | np.number) or not 0 <= value < np.inf:
            raise RecordError(f"{said}: {name} must be a number of km², 0 or more, not {value!r}")
    days = {name: _day(said, name, row[name]) for name in ("from_day", "to_day")}
    start, end = days["from_day"], days["to_day"]
    if end is None:
        raise RecordError(f"{said}: no to_day, the day of a stock or the last of a period")
    if what == "released" and (start is None or start > end):
        raise RecordError(f"{said}: a release needs from_day, not after its to_day")
    return _Figure(
        _kinds(said, row["kinds"]),
        str(row["kinds"]),
        float(row["km2"]),
        float(row["rounding_km2"]),
        start,
        end,
        str(row.get("document", "")),
        str(row.get("note", "")),
    )


def _day(said: str, name: str, cell: Any) -> date | None:
    if cell is None or cell == "" or cell != cell:  # noqa: PLR0124  (NaN of a column of days)
        return None
    try:
        return day_of(cell)
    except RecordError as error:
        raise RecordError(f"{said}: {name}: {error}") from error


def _kinds(said: str, cell: Any) -> frozenset[Kinds]:
    written = str(cell).split(" or ")
    readings = [frozenset(kind.strip() for kind in each.split("+")) for each in written]
    unknown = sorted({kind for reading in readings for kind in reading} - set(SHORT))
    if unknown:
        raise RecordError(
            f'{said}: kinds {str(cell)!r} are unknown; write "ap", "ap+av" of both together, or '
            f'"ap or ap+av" where the document does not say; valid: {", ".join(SHORT)}'
        )
    return frozenset(readings)


def _related(opening: _Figure, closing: _Figure) -> bool:
    """Whether the two may have a kind in common."""
    return bool(frozenset().union(*opening.readings) & frozenset().union(*closing.readings))


def _between(opening: _Figure, closing: _Figure, releases: list[_Figure]) -> tuple[Any, ...]:
    """Return the row of two stocks."""
    shared = opening.readings & closing.readings
    wanted = shared or opening.readings
    of_kind = [each for each in releases if any(each.touches(reading) for reading in wanted)]
    whole, partly, left_out = _placed(of_kind, opening.day, closing.day)
    released, part = (sum(each.km2 for each in part) for part in (whole, partly))
    more = closing.km2 - opening.km2 + released
    reasons = [*_of_kinds(opening, closing, shared)]
    least = most = None
    if shared:
        rounded = opening.rounding + closing.rounding
        change = closing.km2 - opening.km2
        surely = [each for each in whole if all(each.is_within(reading) for reading in shared)]
        least = change - rounded + sum(each.km2 - each.rounding for each in surely)
        unknown = _unknown(shared, [*whole, *partly], opening.day, closing.day)
        if not unknown:
            most = change + rounded + sum(each.km2 + each.rounding for each in [*whole, *partly])
        reasons += [
            "each figure is rounded",
            *(f"how much of {_number(each.km2)} ({each.period}) is not said" for each in partly),
            *unknown,
        ]
    reasons += [
        f"{_number(each.km2)} ({each.period}) is left out: another counts it" for each in left_out
    ]
    documents = dict.fromkeys(
        each.document for each in (opening, *whole, *partly, closing) if each.document
    )
    figures = (
        released, part, opening.km2 - released, more, opening.km2 - released - part, more + part,
        least, most,
    )  # fmt: skip
    return (
        opening.day.isoformat(), opening.km2, opening.kinds,
        closing.day.isoformat(), closing.km2, closing.kinds,
        *(None if value is None else round(value, DECIMALS) for value in figures),
        "no" if not shared else "yes" if opening.certain and closing.certain else "if",
        _in_words(opening, closing, whole, partly),
        "; ".join(reasons),
        "; ".join(documents),
    )  # fmt: skip


def _placed(
    releases: list[_Figure], opening: date, closing: date
) -> tuple[list[_Figure], list[_Figure], list[_Figure]]:
    """Return the releases that lie between two days, those partly between, and those left out.

    A quarter within a year that is given too would count twice: the longer period stays.
    """
    whole: list[_Figure] = []
    partly: list[_Figure] = []
    left_out: list[_Figure] = []
    for each in sorted(releases, key=_length, reverse=True):
        start = each.start or each.day
        if start > closing or each.day <= opening:
            continue
        if start <= opening or each.day > closing:
            partly.append(each)
        elif any(_overlap(each, other) for other in whole):
            left_out.append(each)
        else:
            whole.append(each)
    return (
        sorted(whole, key=_first_day),
        sorted(partly, key=_first_day),
        sorted(left_out, key=_first_day),
    )


def _first_day(release: _Figure) -> date:
    return release.start or release.day


def _length(release: _Figure) -> timedelta:
    return release.day - _first_day(release)


def _overlap(one: _Figure, other: _Figure) -> bool:
    same = any(one.touches(reading) for reading in other.readings)
    return same and _first_day(one) <= other.day and _first_day(other) <= one.day


def _of_kinds(opening: _Figure, closing: _Figure, shared: frozenset[Kinds]) -> list[str]:
    """Say what the kinds of two stocks do to the answer."""
    if not shared:
        of = [f"{_number(each.km2)} is of {each.kinds}" for each in (opening, closing)]
        return [f"not comparable: {', '.join(of)}"]
    if len(shared) > 1:
        return [f"if both are of the same: {opening.kinds}"]
    (reading,) = shared
    return [
        f"if {_number(each.km2)}, of {each.kinds}, is of {'+'.join(sorted(reading))}"
        for each in (opening, closing)
        if not each.certain
    ]


def _unknown(
    shared: frozenset[Kinds], releases: list[_Figure], opening: date, closing: date
) -> list[str]:
    """Say of which kinds and days no figure of releases tells."""
    said = []
    for kind in sorted({kind for reading in shared for kind in reading}):
        day = opening + timedelta(days=1)  # the first that no figure has told of
        for each in sorted((each for each in releases if each.holds(kind)), key=_first_day):
            if _first_day(each) > day:
                said.append(_gap(kind, day, _first_day(each) - timedelta(days=1)))
            day = max(day, each.day + timedelta(days=1))
        if day <= closing:
            said.append(_gap(kind, day, closing))
    return said


def _gap(kind: str, start: date, end: date) -> str:
    return f"no figure of {kind} released {start} to {end}, so nothing bounds it above"


def _in_words(
    opening: _Figure, closing: _Figure, whole: list[_Figure], partly: list[_Figure]
) -> str:
    """Write the arithmetic of two stocks."""
    left = opening.km2 - sum(each.km2 for each in whole)
    said = _number(opening.km2)
    if whole:
        released = " and ".join(f"{_number(each.km2)} released {each.period}" for each in whole)
        said += f" less {released} leaves {_number(left)}"
    said += f" on {opening.day}" if not whole else ""
    more = closing.km2 - left
    said += f", yet {_number(closing.km2)} stood on {closing.day}: "
    said += f"{_number(abs(more))} {'less' if more < 0 else 'more'}"
    if not partly:
        return said
    told = " and ".join(f"{_number(each.km2)} ({each.period})" for each in partly)
    said += f", and what of {told} was released in between"
    part = sum(each.km2 for each in partly)
    if _first_day(partly[0]) <= opening.day:
        said += (
            f"; with all of it {_number(left - part)} is left, and {_number(abs(more + part))} "
            f"{'less' if more + part < 0 else 'more'}"
        )
    return said


def _number(km2: float) -> str:
    """Write km² without the noise of floating point."""
    return f"{round(km2, DECIMALS):,.{DECIMALS}f}".rstrip("0").rstrip(".")


def register_figures(fold: Fold, days: Sequence[Any], *, kind: Kind) -> pd.DataFrame:
    """Return the stocks of a register at some days, and its releases between, for `flows`.

    Of a register nothing is rounded: `flows` gives registered + amended + transferred land
    between any two of the days, to the square metre.

    Parameters
    ----------
    fold
        The register, see `ledger.fold`.
    days
        Two days or more; each stock is that at the end of a day.
    kind
        Of which kind of hazard.

    Returns
    -------
    pandas.DataFrame
        `FIGURE_COLUMNS`, in km².

    Raises
    ------
    RecordError
        If there are not two different days, or one is after the day of the fold.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": ["ap_minefield"], "surveyed_on": ["2023-05-01"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> figures = register_figures(
    ...     fold(registered_events(hazards)), ["2022-12-31", "2023-12-31"], kind="ap_minefield")
    >>> flows(figures)["least_km2"].tolist()
    [1.200149]
    """
    read = [day_of(day) for day in days]
    wanted = sorted({day for day in read if day is not None})
    if len(wanted) < 2:
        raise RecordError("the flows of a register need two different days")
    if fold.as_of is not None and wanted[-1] > fold.as_of:
        raise RecordError(f"{wanted[-1]} is after {fold.as_of}, the day of the register")
    short = next(word for word, long in SHORT.items() if long == kind)
    # What the register was at the end of a day, and all that was released since, until its own day.
    opened: list[tuple[int, int]] = []
    for day in wanted:
        row = balance(fold, since=day, kind=kind).iloc[0]
        opened.append((int(row["opening_m2"]), int(row[list(OUTCOME_COLUMNS)].sum())))
    rows = [
        ("stock", short, stock / SQUARE_KM, 0.0, "", day.isoformat(), "the register", "")
        for (stock, _), day in zip(opened, wanted, strict=True)
    ]
    for place in range(1, len(wanted)):
        released = opened[place - 1][1] - opened[place][1]
        start = wanted[place - 1] + timedelta(days=1)
        span = (start.isoformat(), wanted[place].isoformat())
        rows.append(("released", short, released / SQUARE_KM, 0.0, *span, "the register", ""))
    return pd.DataFrame(rows, columns=list(FIGURE_COLUMNS))
