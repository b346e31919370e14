"""Cases: each hazard with what is said of it in the end, what was said first, and its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from building.attributes import reported
from building.dates import any_day, between, chain_days, recorded
from building.entries import Entry, Registration
from building.ordnance import depth, minefield_items
from building.place import generator
from mine_geo.geo.geometry import size_m2

if TYPE_CHECKING:
    from datetime import date

    from building.chains import Work
    from building.sites import Cut, Site

UNREPORTED_SHARE = 0.04
SAME_DAY_SHARE = 0.3
"""Of the surveys after which land was cleared: how many confirmed the rest on the same day."""


@dataclass
class Case:
    """One hazard: `final` as folded in the end, `start` where it was first said otherwise."""

    final: dict[str, Any]
    site: Site
    start: dict[str, Any] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    works: list[tuple[Entry, Work]] = field(default_factory=list)
    child: bool = False
    told: bool = False

    @property
    def hazard_id(self) -> str:
        """The id of the hazard."""
        return self.site.hazard_id

    @property
    def plain(self) -> bool:
        """Whether nothing was released and no other story is told of it."""
        return not (self.site.cuts or self.told or self.child)

    @property
    def surveyed_on(self) -> date:
        """The day of the survey."""
        day: date = self.final["surveyed_on"]
        return day

    def size_m2(self) -> int:
        """Return the size as first registered."""
        return int(size_m2([self.site.first])[0])

    def registration(self) -> Registration:
        """Return the hazard as first registered."""
        rng = generator(self.hazard_id, "registered")
        attributes = {**self.final, **self.start, "status": "open"}
        return Registration(attributes, self.site.first, recorded(self.surveyed_on, rng))

    def say(
        self,
        event_type: str,
        day: date,
        *,
        after: Entry | None = None,
        operator: str | None = None,
        comment: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> Entry:
        """Add an entry of a day, recorded with the entry `after`, or some weeks later."""
        rng = generator(self.hazard_id, f"{event_type} {day}")
        entry = Entry(
            self.hazard_id,
            event_type,
            day,
            after.recorded_at if after else recorded(day, rng),
            operator=operator or self.final["operator"],
            comment=comment,
            detail=detail,
        )
        self.entries.append(entry)
        return entry


def tell_releases(case: Case) -> None:
    """Write the releases of a case into its entries, with a confirmation where one is due."""
    chain = case.site.chain
    if chain is None:
        return
    rng = generator(case.hazard_id, "releases")
    days = chain_days(chain, rng)
    released: list[Entry] = []
    for day, cut in zip(days, case.site.cuts, strict=True):
        released.append(_release(case, day, cut))
    if chain.starts_as != chain.ends_as:
        case.start["area_type"] = "SHA"
        _confirm(case, released)
    if not case.site.left.is_empty:
        said = reported(case.hazard_id, case.size_m2(), "registered size")
        restate(case, released[-1], case.final["reported_size_m2"], said)


def restate(case: Case, after: Entry, now: float, first: float) -> None:
    """Say what the operator wrote of the size: at registration, and of what an event left."""
    case.start["reported_size_m2"] = first
    day = after.happened_on
    if day is None:
        raise ValueError(f"{case.hazard_id}: an event without a day changes no size")
    case.say(
        "described",
        day,
        after=after,
        operator=after.operator,
        comment="size of what is left, as the operator wrote it",
        detail={"reported_size_m2": now},
    )


def _release(case: Case, day: date, cut: Cut) -> Entry:
    """Write one release."""
    work = cut.work
    name = f"{case.hazard_id} {work.name}"
    rng = generator(name, "report")
    outside = shapely.difference(cut.shape, case.site.first)
    said = None if rng.random() < UNREPORTED_SHARE else _written(name, cut.shape)
    outside_m2 = float(size_m2([outside])[0])
    entry = case.say(work.bucket.outcome, day, operator=work.bucket.operator)
    entry.recorded_at = recorded(day, rng, work.bucket)
    entry.geometry, entry.reported_size_m2 = cut.shape, said
    entry.outside_m2, entry.depth_cm = outside_m2 or None, depth(work, name)
    if work.bucket.kind == "ap_minefield":
        entry.items = minefield_items(work, name)
    case.works.append((entry, work))
    return entry


def _written(name: str, shape: shapely.Geometry) -> float:
    return reported(name, int(size_m2([shape])[0]), "reported size")


def _confirm(case: Case, released: list[Entry]) -> None:
    """Write that a survey confirmed what it left, before the first clearance."""
    rng = generator(case.hazard_id, "confirmed")
    first = next(n for n, entry in enumerate(released) if entry.event_type == "cleared")
    before, after = released[first - 1], released[first]
    if before.happened_on is None or after.happened_on is None:
        raise ValueError(f"{case.hazard_id}: a release without a day")
    if rng.random() < SAME_DAY_SHARE:
        case.say(
            "confirmed",
            before.happened_on,
            after=before,
            operator=before.operator,
            detail={"outcome": before.event_type},
        )
    else:
        day = between(rng, before.happened_on, after.happened_on)
        case.say("confirmed", day, operator=after.operator)


def confirm_in(case: Case, year: int) -> Entry:
    """Write that a hazard was confirmed in a year, before anything was cleared in it."""
    rng = generator(case.hazard_id, f"confirmed {year}")
    start, end = case.surveyed_on.replace(year=year, month=1, day=8), None
    days = [entry.happened_on for entry in case.entries if entry.happened_on]
    end = min(days, default=start.replace(month=12, day=13))
    case.start["area_type"] = "SHA"
    day = any_day(rng, start, end) if end > start else start
    return case.say("confirmed", day, comment="direct evidence found by survey")


def left_on(case: Case, year: int) -> int:
    """Return the m² left of a case at the end of a year."""
    left = case.size_m2()
    for entry, work in case.works:
        if entry.happened_on and entry.happened_on.year <= year:
            left -= work.size_m2
    return left


def shuffled(cases: list[Case], purpose: str) -> list[Case]:
    """Return cases in an order drawn by the hash of their ids."""
    draws = [generator(case.hazard_id, purpose).random() for case in cases]
    return [cases[i] for i in np.argsort(draws, kind="stable")]
