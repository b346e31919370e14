"""What a file for everybody says beside its figures: the standing text, and what is not counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from mine_geo.cells import moment_of
from mine_geo.exports.contents import Contents
from mine_geo.exports.provenance import NOT_RECORDED
from mine_geo.standing import metadata, not_counted
from mine_geo.terms import TIME_ZONE
from mine_geo.totals import without_unit

if TYPE_CHECKING:
    from mine_geo.exports.provenance import Provenance
    from mine_geo.selection import Selection


def with_notices(held: Contents, selection: Selection) -> Contents:
    """Return contents whose metadata hold the standing text, in English and Khmer.

    Each row of the districts says what its figures do not count (`not_counted`,
    `not_counted_km`): a row of naughts never stands alone.

    Parameters
    ----------
    held
        Layers with `districts`: rows of `Disclosed.aggregates`.
    selection
        How the split was asked for, with the authority's text if it has set one.
    """
    districts = held.layers["districts"]
    lost = without_unit(districts, "district") & _counted(districts)
    english, khmer = not_counted(
        _kinds(districts) if selection.kind is None else {selection.kind},
        waiting=selection.workbench == "exclude",
        unplaced=bool(lost.any()),
    )
    told = districts.assign(not_counted=english, not_counted_km=khmer)
    rows = metadata(_data(held.said), _known_on(selection), selection.standing_text)
    return Contents(replace(held.said, notices=tuple(rows)), held.layers | {"districts": told})


def _counted(districts: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows have any hazard, as far as they say."""
    if "hazards" not in districts:
        return pd.Series(True, index=districts.index)
    return districts["hazards"].fillna(1).gt(0)


def _kinds(districts: pd.DataFrame) -> set[str]:
    return set(districts["kind"].dropna()) if "kind" in districts else set()


def _data(said: Provenance) -> str:
    return NOT_RECORDED if said.day is None else said.day.isoformat()


def _known_on(selection: Selection) -> str:
    """Return the day, in Cambodia, on which the data was known."""
    asked, last = moment_of(selection.known_at), moment_of(selection.last_record)
    moment = last if asked is None else asked
    if moment is None:
        return NOT_RECORDED
    return pd.Timestamp(moment).tz_convert(TIME_ZONE).date().isoformat()
