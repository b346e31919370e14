"""Ranked hazards by year under a capacity, with those that somebody fixed to a year; and picks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import FileError, OptionError, RecordError, choose, meant, some
from mine_geo.geo.geometry import size_m2
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.terms import Zone

    Floats = NDArray[np.float64]

RANK: Final = "priority_rank"
PIN_COLUMNS: Final = ("hazard_id", "year", "who", "why")
MOST_YEARS: Final = 10_000
_SPAN: Final = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def read_pins(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read which hazards are fixed to a year: a CSV with `hazard_id`, `year`, `who` and `why`.

    Raises
    ------
    FileError
        If the file cannot be read.
    RecordError
        If a column is missing, a hazard stands twice, or a pin does not say its year (a whole
        number from 1), who fixed it, and why.

    Examples
    --------
    >>> import io
    >>> read_pins(io.StringIO("hazard_id,year,who,why\nAP-1,2,MAPU,a school"))["year"].tolist()
    [2]
    """
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"pins {path}: cannot be read as CSV ({reason})") from error
    return checked_pins(table, f"pins {path}")


def checked_pins(pins: pd.DataFrame, what: str = "pins") -> pd.DataFrame:
    """Return pins with whole years; refuse those that do not say who and why.

    Raises
    ------
    RecordError
        As for `read_pins`.

    Examples
    --------
    >>> checked_pins(pd.DataFrame({"hazard_id": ["A"], "year": ["x"], "who": "y", "why": "z"}))
    Traceback (most recent call last):
    mine_geo.errors.RecordError: pins: A: year is no whole number from 1; correct it
    """
    missing = [column for column in PIN_COLUMNS if column not in pins]
    if missing:
        raise RecordError(f"{what}: no column {some(missing)}; give {', '.join(PIN_COLUMNS)}")
    ids = pins["hazard_id"].astype("string").str.strip()
    if ids.isna().any() or (ids == "").any():
        raise RecordError(f"{what}: a row names no hazard_id; correct it")
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise RecordError(f"{what}: {some(twice)} stands twice; leave one row each")
    years = pd.to_numeric(pins["year"], errors="coerce")
    wrong = ~((years >= 1) & (years % 1 == 0) & (years <= MOST_YEARS))
    if wrong.any():
        raise RecordError(f"{what}: {some(ids[wrong])}: year is no whole number from 1; correct it")
    for column in ("who", "why"):
        unsaid = pins[column].isna() | (pins[column].astype("string").str.strip() == "")
        if unsaid.any():
            raise RecordError(f"{what}: {some(ids[unsaid])}: nobody said {column}; add it")
    return pins.assign(hazard_id=ids.astype("str"), year=years.astype("int64"))


def years(
    hazards: gpd.GeoDataFrame, capacity_m2: float, *, pins: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the year in which work on each ranked hazard begins, under a yearly capacity.

    Year 1 is the first. Pinned hazards have their year, whatever their rank, and use its capacity;
    what they leave of each year, the others fill by rank without a gap: what is not finished goes
    on in the next year. So years move with ranks, and pins do not.

    Parameters
    ----------
    hazards
        Hazards in EPSG:4326 with `hazard_id` and `priority_rank`, as `priority` gives it; those
        without a rank have no year.
    capacity_m2
        m² that can be released in a year.
    pins
        As from `read_pins`. Those of other hazards are left out.

    Returns
    -------
    pandas.DataFrame
        On the index of `hazards`: `year` (Int64), `pinned_by`, `pinned_why` (null where not
        pinned).

    Raises
    ------
    OptionError
        If there is no rank, or the capacity is no number over 0, or too small for the pins.
    RecordError
        As for `read_pins`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> rows = gpd.GeoDataFrame({"hazard_id": ["A", "B"], "priority_rank": [2, 1]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)] * 2, crs=4326)
    >>> years(rows, 1_200_149)["year"].tolist()
    [2, 1]
    """
    number = isinstance(capacity_m2, (int, float, np.integer)) and capacity_m2 is not True
    if not (number and 0 < capacity_m2 < float("inf")):
        raise OptionError(f"capacity_m2 {capacity_m2!r} is no yearly capacity; give m², over 0")
    rank = _ranks(hazards)
    fixed = (pd.DataFrame(columns=PIN_COLUMNS) if pins is None else checked_pins(pins)).set_index(
        "hazard_id"
    )
    ids = hazards["hazard_id"].astype("str")
    pinned = ids.isin(fixed.index).to_numpy() & ~np.isnan(rank)
    own = ids.map(fixed["year"]).to_numpy(dtype=float, na_value=np.nan)
    sizes = size_m2(hazards.geometry).astype(float)
    free = _free(own[pinned], sizes[pinned], float(capacity_m2))
    order = np.argsort(np.where(np.isnan(rank) | pinned, np.inf, rank), kind="stable")
    order = order[: int((~np.isnan(rank) & ~pinned).sum())]
    year = np.full(len(hazards), np.nan)
    before = np.cumsum(sizes[order]) - sizes[order]
    filled = np.cumsum(free)
    whole = filled[-1] if len(filled) else 0.0
    year[order] = np.where(
        before < whole,
        np.searchsorted(filled, before, side="right") + 1,
        len(free) + 1 + (before - whole) // capacity_m2,
    )
    year[sizes == 0] = np.nan
    year[pinned] = own[pinned]
    said = {
        f"pinned_{word}": ids.where(pinned).map(fixed[column]).astype(object)
        for word, column in (("by", "who"), ("why", "why"))
    }
    found = pd.DataFrame({"year": pd.array(year, dtype="Int64")}, index=hazards.index)
    return found.assign(**{name: cells.where(cells.notna(), None) for name, cells in said.items()})


def _free(pinned: Floats, sizes: Floats, capacity_m2: float) -> Floats:
    """Return what pins leave of the capacity of each year, as long as they use any."""
    free: list[float] = []
    wanted = np.bincount(pinned.astype(np.int64), sizes) if len(pinned) else np.zeros(1)
    carried, year = 0.0, 1
    while year < len(wanted) or carried > 0:
        carried += float(wanted[year]) if year < len(wanted) else 0.0
        free.append(max(0.0, capacity_m2 - carried))
        carried = max(0.0, carried - capacity_m2)
        year += 1
        if year > MOST_YEARS:
            raise OptionError(
                f"capacity_m2 {capacity_m2:,.10g}: the pinned hazards alone take more than "
                f"{MOST_YEARS:,} years; give more"
            )
    return np.array(free)


def _ranks(hazards: pd.DataFrame) -> Floats:
    if RANK not in hazards:
        raise OptionError(f"the hazards have no {RANK}; rank them first, by a weight set")
    return np.asarray(hazards[RANK].astype("Float64").to_numpy(dtype=float, na_value=np.nan))


def picked(
    hazards: gpd.GeoDataFrame,
    *,
    ranks: str | None = None,
    year: int | None = None,
    ids: Collection[str] | None = None,
    zone: Zone | None = None,
) -> gpd.GeoDataFrame:
    """Return the hazards that are asked for, in their order by rank where they have one.

    Parameters
    ----------
    hazards
        Hazards with `hazard_id`, and of what is asked for `priority_rank`, `year`, `zone`.
    ranks
        From which rank to which, "1-33", or one, "7".
    year
        The year in which work begins, as `years` counts.
    ids
        `hazard_id` of each.
    zone
        "near" or "far".

    Raises
    ------
    OptionError
        If ranks are no span, or a column is not there.
    RecordError
        If an id is none of a hazard, or nothing is left.

    Examples
    --------
    >>> rows = pd.DataFrame({"hazard_id": ["A", "B", "C"], "priority_rank": [3, 1, 2]})
    >>> picked(rows, ranks="1-2")["hazard_id"].tolist()
    ['B', 'C']
    """
    chosen = np.ones(len(hazards), dtype=bool)
    if ids is not None:
        names = hazards["hazard_id"].astype("str")
        strange = sorted(set(ids) - set(names))
        if strange:
            near = meant(strange, names)
            hint = "".join(f"; {said} may be {name}" for said, name in list(near.items())[:3])
            raise RecordError(f"{some(strange)}: no such hazard is here{hint}")
        chosen &= names.isin(ids).to_numpy()
    if zone is not None:
        choose(zone, ZONES, "zone")
        chosen &= _told(hazards, "zone", zone).to_numpy(dtype=bool)
    if year is not None:
        chosen &= _told(hazards, "year", year).to_numpy(dtype=bool)
    if ranks is not None:
        span = _SPAN.fullmatch(ranks.strip())
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (0, 0)
        if not 1 <= first <= last:
            raise OptionError(f"rank {ranks!r} is no span of ranks; say 1-33, or 7")
        rank = _ranks(hazards)
        chosen &= (rank >= first) & (rank <= last)
    if not chosen.any():
        raise RecordError("no hazard is what was asked for; ask for more")
    found = hazards[chosen]
    return found.sort_values(RANK) if RANK in found else found


def _told(hazards: pd.DataFrame, column: str, value: Any) -> pd.Series[bool]:
    if column not in hazards:
        raise OptionError(f"the hazards have no column {column!r}, by which to choose")
    return hazards[column].eq(value).fillna(value=False)
