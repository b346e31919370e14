"""The ranked list of a border-zone sheet: ranks, running totals and years, as on the page.

The order is that of the page (`pages.compose.ranked`); the years are those of `planning.picks`.
Sizes are whole m², distances metres, cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import choose
from mine_geo.maps import grouping
from mine_geo.maps.pages.compose import order_said, ranked, ranks, whole_capacity
from mine_geo.planning import picks
from mine_geo.terms import ZONES
from mine_geo.typeset import Column, Listing, Row
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.maps.scene import Scene
    from mine_geo.maps.subject import Subject


NO_RANK: Final = "\N{EN DASH}"


@dataclass(frozen=True)
class Ranked:
    """A ranked list, and what a sheet says of it."""

    order: Said
    """By what it is ordered, and which hazards are not in it."""

    listing: Listing
    places: list[str]
    """The number of each hazard on the map, in the order of the subject's rows."""

    by_year: Listing | None
    """How many hazards begin in each year, and their m²; None without a capacity."""

    facts: list[tuple[Said, Said]]


def table(
    hazards: gpd.GeoDataFrame, first: str = "far", capacity_m2: float | None = None
) -> pd.DataFrame:
    """Return the ranked list of hazards of one kind, its rows in order.

    Parameters
    ----------
    hazards
        Rows of a split, EPSG:4326. Where they have `pinned_by`, their `year` is kept.
    first
        The zone that comes first, "far" or "near".
    capacity_m2
        What can be released in a year, whole m².

    Returns
    -------
    pandas.DataFrame
        On the index of `hazards`, in the order of the list: `number` (the recorded rank, or where
        none is recorded for any the place; null for one without), `hazard_id`, `area_type`,
        `zone`, `district`, `border_m` (whole metres, cut off), `size_m2`, `running_m2` (both
        whole), `year` (Int64, null without a capacity), `pinned_by`.

    Raises
    ------
    OptionError
        If `first` is no zone, or the capacity no whole number of m².
    RecordError
        If a rank is no whole number from 1.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> rows = gpd.GeoDataFrame(
    ...     {"hazard_id": ["A", "B"], "zone": ["near", "far"], "size_m2": [1_200_149] * 2,
    ...      "border_distance_m": [10.5, 7000.9]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)] * 2, crs=4326)
    >>> listed = table(rows, capacity_m2=1_200_149)
    >>> listed[["number", "hazard_id", "border_m", "running_m2", "year"]]
       number hazard_id  border_m  running_m2  year
    1       1         B      7000     1200149     1
    0       2         A        10     2400298     2
    """
    choose(first, ZONES, "first")
    rows = hazards.iloc[ranked(hazards, first)]
    place = np.arange(1, len(rows) + 1)
    recorded = ranks(rows)
    known = recorded is not None and recorded.notna().any()
    numbers = recorded if known else pd.array(place, dtype="Int64")
    nothing = pd.Series(None, index=rows.index, dtype=object)
    found = pd.DataFrame(
        {
            "number": numbers,
            "hazard_id": rows["hazard_id"].astype(str),
            "area_type": rows.get("area_type", nothing),
            "zone": rows["zone"],
            "district": rows.get("district", nothing),
            "border_m": np.floor(rows["border_distance_m"].astype(float) + 1e-6).astype("int64"),
            "size_m2": rows["size_m2"].astype("int64"),
            "running_m2": rows["size_m2"].astype("int64").cumsum(),
            "year": pd.array([pd.NA] * len(rows), dtype="Int64"),
            "pinned_by": rows.get("pinned_by", nothing),
        },
        index=rows.index,
    )
    if capacity_m2 is None:
        return found
    pins = None
    fixed = found["pinned_by"].notna()
    if fixed.any():
        held = rows[fixed]
        pins = pd.DataFrame(
            {
                "hazard_id": held["hazard_id"].astype(str),
                "year": held["year"],
                "who": held["pinned_by"],
                "why": held["pinned_why"],
            }
        )
    in_order = rows.assign(priority_rank=place)
    planned = picks.years(in_order, whole_capacity(capacity_m2), pins=pins)
    return found.assign(year=planned["year"])


def listed(
    layers: Scene,
    whole: Subject,
    subject: Subject,
    first: str,
    capacity_m2: float | None,
) -> Ranked:
    """Return the list of a subject's hazards of one kind, that of the layers' selection.

    `whole`: the subject with its hazards of all kinds.
    """
    kind = str(layers.selection.kind)
    rows = table(subject.hazards, first, capacity_m2)
    names = grouping.unit_words(layers.admin).get("district", {})
    units = subject.hazards.get("district_code", pd.Series(dtype=object))
    with_year = capacity_m2 is not None
    numbers = [NO_RANK if pd.isna(each) else f"{each:,}" for each in rows["number"]]
    found = [
        Row(_cells(number, row, names.get(units.get(index)), with_year=with_year))
        for number, (index, row) in zip(numbers, rows.iterrows(), strict=True)
    ]
    columns = [
        Column(say("field.rank"), figures=True),
        Column(say("field.hazard_id")),
        Column(say("sheet.type")),
        Column(say("field.zone")),
        Column(say("field.district"), wide=True),
        Column(say("list.border_m"), figures=True),
        Column(say("list.size_m2"), figures=True),
        Column(say("list.running_m2"), figures=True),
        *([Column(say("list.year"), figures=True)] if with_year else []),
    ]
    listing = Listing(tuple(columns), tuple(found), title=say("sheet.ranked"))
    places = pd.Series(numbers, index=rows.index).reindex(subject.hazards.index).tolist()
    order = order_said(whole.hazards, first, kind)
    return Ranked(
        order, listing, places, _by_year(rows) if with_year else None, _told(rows, capacity_m2)
    )


def _cells(number: str, row: Any, unit: Said | None, *, with_year: bool) -> tuple[Said, ...]:
    name = "" if pd.isna(row["district"]) else str(row["district"])
    area = "" if pd.isna(row["area_type"]) else str(row["area_type"])
    year = "" if pd.isna(row["year"]) else f"{row['year']:,}"
    if year and not pd.isna(row["pinned_by"]):
        year = f"{year}*"
    return (
        same(number),
        same(row["hazard_id"]),
        same(area),
        say(f"zone.{row['zone']}") if row["zone"] in ZONES else same(str(row["zone"])),
        unit if unit is not None and unit.en == name else same(name),
        *(same(f"{row[column]:,}") for column in ("border_m", "size_m2", "running_m2")),
        *([same(year)] if with_year else []),
    )


def _by_year(rows: pd.DataFrame) -> Listing:
    """Return how many hazards begin in each year, their m², and the m² begun until then."""
    begun = rows.groupby("year", sort=True)["size_m2"].agg(["size", "sum"])
    begun["until"] = begun["sum"].cumsum()
    return Listing(
        (
            Column(say("list.year"), figures=True),
            Column(say("totals.hazards"), figures=True),
            Column(say("list.size_m2"), figures=True),
            Column(say("list.running_m2"), figures=True),
        ),
        tuple(
            Row(tuple(same(f"{int(each):,}") for each in (year, *row)))
            for year, row in begun.iterrows()
        ),
        title=say("sheet.begun"),
    )


def _told(rows: pd.DataFrame, capacity_m2: float | None) -> list[tuple[Said, Said]]:
    found = [
        (
            say("sheet.listed"),
            say("sheet.listed_m2", count=f"{len(rows):,}", size=f"{int(rows['size_m2'].sum()):,}"),
        )
    ]
    if capacity_m2 is not None:
        number = f"{whole_capacity(capacity_m2):,}"
        found.append((say("plan.capacity"), say("unit.m2", number=number)))
    who = sorted({str(each) for each in rows["pinned_by"].dropna()})
    if who:
        found.append((say("sheet.pinned"), same(", ".join(who))))
    return found
