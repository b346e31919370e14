"""The ranked list of a border-zone page: which hazard comes first, and what the page is told.

The running totals and the years under a yearly capacity are worked out on the page, where the
planner sets the capacity (`assets/capacity.js`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError, RecordError, choose, some
from mine_geo.maps import packing, records
from mine_geo.maps.words import Said, say
from mine_geo.terms import KINDS, ZONES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

ORDERED_KIND: Final = "ap_minefield"
"""The kind that the Executive Order of 4 January 2022 is about: listed unless another is told."""
RANK: Final = "priority_rank"
"""The column of recorded ranks: 1 comes first, null last."""
MOST_M2: Final = 2**53
"""Up to here a page counts exactly."""


def ranks(hazards: pd.DataFrame) -> pd.Series | None:
    """Return the recorded ranks (Int64, null where there is none); None without the column.

    Raises
    ------
    RecordError
        If a rank is no whole number from 1.

    Examples
    --------
    >>> ranks(pd.DataFrame({"hazard_id": ["A", "B"], "priority_rank": [2.0, None]})).tolist()
    [2, <NA>]
    """
    if RANK not in hazards.columns:
        return None
    numbers = pd.to_numeric(hazards[RANK], errors="coerce")
    wrong = hazards[RANK].notna() & ~((numbers >= 1) & (numbers % 1 == 0) & (numbers < MOST_M2))
    if wrong.any():
        raise RecordError(
            f"{RANK} is no whole number from 1 for hazards {some(hazards['hazard_id'][wrong])}; "
            "correct it, or leave it out"
        )
    return numbers.astype("Int64")


def ranked(hazards: pd.DataFrame, first: str) -> NDArray[np.int64]:
    """Return row positions in the order of the list.

    By `priority_rank` where the frame has it (1 first, null last); then by zone, then border
    distance, then id.

    Parameters
    ----------
    hazards
        Rows of a split.
    first
        The zone that comes first, "far" or "near".

    Examples
    --------
    >>> rows = pd.DataFrame({"zone": ["near", "far", "far"], "hazard_id": ["A", "B", "C"],
    ...                      "border_distance_m": [10.0, 9000.0, 7000.0]})
    >>> ranked(rows, "far").tolist(), ranked(rows, "near").tolist()
    ([2, 1, 0], [0, 2, 1])
    >>> ranked(rows.assign(priority_rank=[2, None, 1]), "far").tolist()
    [2, 0, 1]
    """
    recorded = ranks(hazards)
    order = pd.DataFrame(
        {
            "rank": 0.0 if recorded is None else recorded.to_numpy(dtype=float, na_value=np.inf),
            "zone": (hazards["zone"] != first).to_numpy(),
            "metres": hazards["border_distance_m"].to_numpy(dtype=float),
            "id": hazards["hazard_id"].astype(str).to_numpy(),
        },
        index=range(len(hazards)),
    )
    keys = ["rank", "zone", "metres", "id"]
    return np.asarray(order.sort_values(keys).index, dtype=np.int64)


def kind_of(kind: str | None, asked: str | None) -> str:
    """Return the one kind of a list: as told, else as the split was asked for, else AP minefields.

    Raises
    ------
    OptionError
        If it is no kind.

    Examples
    --------
    >>> kind_of(None, None), kind_of(None, "other_erw")
    ('ap_minefield', 'other_erw')
    """
    return choose(kind or asked or ORDERED_KIND, KINDS, "kind")


def listed(hazards: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Return the rows that the list of a kind takes; kinds are never ranked together.

    Raises
    ------
    RecordError
        If there are hazards and none of them records its kind: the list would say that there is
        nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"hazard_id": ["A", "B", "C"],
    ...                      "kind": ["ap_minefield", "cluster_munition", None]})
    >>> listed(rows, "ap_minefield")["hazard_id"].tolist()
    ['A']
    """
    kinds = records.kinds_of(hazards)
    if len(hazards) and (kinds == "").all():
        raise RecordError(
            f"no hazard here records its kind ({some(hazards['hazard_id'])}), and a list of "
            "priorities is of one kind; read them with kind=..., as read_hazards(file, "
            f'kind="{kind}")'
        )
    return hazards[kinds == kind]


def order_said(hazards: pd.DataFrame, first: str, kind: str) -> Said:
    """Return in words which kind is listed, by what it is ordered, and how many others are not.

    Parameters
    ----------
    hazards
        All rows of the unit, of any kind.
    first
        The zone that comes first, "far" or "near".
    kind
        The kind that is listed.

    Examples
    --------
    >>> rows = pd.DataFrame({"hazard_id": ["A", "B", "C"],
    ...                      "kind": ["ap_minefield", "cluster_munition", None]})
    >>> print(order_said(rows, "near", "ap_minefield").en)
    AP minefields. Near the border first, then by border distance. Not in this list: Cluster \
munition areas: 1; kind not recorded: 1.
    """
    kinds = records.kinds_of(hazards)
    ours = hazards[kinds == kind]
    by_rank = RANK in ours.columns and ours[RANK].notna().any()
    order = say(f"order.priority_{first}" if by_rank else f"order.{first}")
    told = say("list.of_kind", what=records.kind_name(kind), order=order)
    counts = kinds[kinds != kind].value_counts().sort_index(ascending=False)
    others = [
        say("list.other", what=records.kind_name(str(name)) if name else say("list.no_kind"),
            count=f"{count:,}")
        for name, count in counts.items()
    ]  # fmt: skip
    if not others:
        return told
    joined = Said("; ".join(each.en for each in others), "; ".join(each.km for each in others))
    return say("list.left_out", told=told, others=joined)


def list_data(
    hazards: pd.DataFrame, first: str = "far", capacity_m2: float | None = None
) -> dict[str, Any]:
    """Return what the page's script is told of the list.

    Parameters
    ----------
    hazards
        Rows of a split.
    first
        The zone that comes first, "far" or "near".
    capacity_m2
        The yearly capacity that the page starts with, whole m²; the planner may change it there.

    Returns
    -------
    dict
        `order`: packed row positions; `ranks`: packed recorded ranks in that order, only where
        any is recorded; `capacity_m2`, only where given; `synthetic`, only where any hazard is
        invented: the list as CSV says so too.

    Raises
    ------
    OptionError
        If `first` is no zone, or the capacity no whole number from 1 to 2^53.
    RecordError
        If a rank is no whole number from 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"zone": ["near", "far"], "hazard_id": ["A", "B"],
    ...                      "border_distance_m": [10.0, 9000.0]})
    >>> list_data(rows, capacity_m2=5_000_000)
    {'order': 'BA', 'capacity_m2': 5000000}
    """
    choose(first, ZONES, "first")
    order = ranked(hazards, first)
    told: dict[str, Any] = {"order": packing.pack(order)}
    recorded = ranks(hazards)
    if recorded is not None and recorded.notna().any():
        told["ranks"] = packing.pack_numbers(recorded.iloc[order].astype("Float64"))
    if capacity_m2 is not None:
        told["capacity_m2"] = _capacity(capacity_m2)
    if "synthetic" in hazards and hazards["synthetic"].eq(True).any():
        told["synthetic"] = True
    return told


def _capacity(capacity_m2: float) -> int:
    whole = isinstance(capacity_m2, (int, float, np.integer)) and capacity_m2 == capacity_m2 // 1
    if not (whole and 1 <= capacity_m2 < MOST_M2):
        raise OptionError(
            f"capacity_m2 {capacity_m2!r} is no yearly capacity; give whole m², from 1, like "
            "5_000_000"
        )
    return int(capacity_m2)
