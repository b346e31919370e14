"""Inspections of released land in a report: how much was sampled, passed, failed, cleared again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from mine_geo.reports.sections import Section, keyed
from mine_geo.tables.totals import with_total

if TYPE_CHECKING:
    from mine_geo.tables.accounts import Accounts


FIGURES: Final = ("inspections", "sample_m2", "unsaid", "passed", "failed", "cleared_again")


def inspected(accounts: Accounts) -> Section:
    """Return inspections by year and operator: samples, verdicts, and what was cleared again.

    Parameters
    ----------
    accounts
        The register, with the list of inspections; those after its day are left out.

    Returns
    -------
    Section
        `inspections`, `sample_m2` (m², of those that say it; `unsaid` do not), `passed`, `failed`,
        and `cleared_again`, of those that failed. The operator is that of the release inspected,
        else of the hazard.
    """
    name, title = "Inspections", "Inspections of released land"
    told = accounts.inspections
    days = None if told is None else pd.to_datetime(told["inspected_on"])
    if told is None or days is None or not (days <= pd.Timestamp(accounts.day)).any():
        empty = pd.DataFrame({each: pd.Series(dtype="int64") for each in ("year", *FIGURES)})
        return Section(name, title, empty, ("No inspection is recorded by this day.",))
    rows = told[days <= pd.Timestamp(accounts.day)]
    days = days[rows.index]
    again = pd.to_datetime(rows["recleared_on"])
    effects = accounts.fold.effects.set_index("event_id")["operator"]
    hazards = accounts.fold.hazards.set_index("hazard_id")["operator"]
    table = pd.DataFrame(
        {
            "entry_id": rows["entry_id"],
            "event_id": rows["event_id"],
            "year": days.dt.year.astype("int64"),
            "operator": rows["event_id"].map(effects).fillna(rows["hazard_id"].map(hazards)),
            "inspections": 1,
            "sample_m2": rows["sample_m2"].astype("Int64"),
            "unsaid": rows["sample_m2"].isna().astype("int64"),
            "passed": (rows["verdict"] == "passed").astype("int64"),
            "failed": (rows["verdict"] == "failed").astype("int64"),
            "cleared_again": (again <= pd.Timestamp(accounts.day)).astype("int64"),
        }
    )
    on = ["year", "operator"]
    groups = table.groupby(on, dropna=False, sort=True)
    summed = groups[[each for each in FIGURES if each != "sample_m2"]].sum()
    summed["sample_m2"] = groups["sample_m2"].sum(min_count=1)
    whole = with_total(summed[list(FIGURES)].reset_index(), on)
    numbered, of = keyed(whole, "IN", table, on, "entry_id")
    events = pd.Series(of.to_numpy(), index=table["event_id"].to_numpy(), dtype="str")
    events = events[events.index.notna()]
    events = events[~events.index.duplicated()]
    return Section(
        name,
        title,
        numbered,
        (
            "Cleared again: of those that failed, how many were cleared again by this day.",
            "Events are named where the inspection says which release it was of.",
        ),
        events=events,
        headings={
            "inspections": "Inspections", "sample_m2": "Sampled, m²", "unsaid": "Sample not said",
            "passed": "Passed", "failed": "Failed", "cleared_again": "Cleared again",
        },
    )  # fmt: skip
