"""Days and moments: when work was done, and when it came into the register.

Days are those of Phnom Penh; moments are in UTC, within its office hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from building.buckets import Bucket
    from building.chains import Chain

OFFICIAL_2023 = date(2024, 4, 30)
"""By the end of this day the official figures of 2023 were drawn (day invented)."""
LATE = (date(2024, 5, 6), date(2024, 12, 18))
"""When the late reports of 2023 came in (days invented)."""
SEASON = (date(2000, 1, 8), date(2000, 12, 20))
GAP_DAYS = 9
LATE_SHARE = 0.06
LATE_DAYS = (180, 395)


def workday(day: date) -> date:
    """Return the day, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def any_day(rng: Generator, first: date, last: date) -> date:
    """Draw a working day."""
    drawn = workday(first + timedelta(days=int(rng.integers(0, (last - first).days + 1))))
    return max(first, drawn)


def days_in(rng: Generator, year: int, count: int) -> list[date]:
    """Draw so many working days of a year, in order, at least a week apart."""
    first, last = (day.replace(year=year) for day in SEASON)
    free = (last - first).days - GAP_DAYS * (count - 1)
    offsets = np.sort(rng.integers(0, free + 1, count)) + GAP_DAYS * np.arange(count)
    return [workday(first + timedelta(days=int(offset))) for offset in offsets]


def chain_days(chain: Chain, rng: Generator) -> list[date]:
    """Draw the day of each work of a chain, in order."""
    years = [work.bucket.year for work in chain.works]
    return [day for year in sorted(set(years)) for day in days_in(rng, year, years.count(year))]


def between(rng: Generator, after: date, before: date) -> date:
    """Draw a working day after one day and before another, the two some days apart."""
    room = (before - after).days
    return after + timedelta(days=int(rng.integers(1, room))) if room > 1 else before


def moment(day: date, rng: Generator) -> datetime:
    """Return a moment of office hours in Phnom Penh on a day, in UTC."""
    seconds = int(rng.integers(0, 9 * 3600))
    return datetime.combine(workday(day), time(1), tzinfo=UTC) + timedelta(seconds=seconds)


def recorded(day: date, rng: Generator, bucket: Bucket | None = None) -> datetime:
    """Draw when a report of a day came into the register: weeks after, now and then a year."""
    lag = int(np.clip(rng.lognormal(np.log(24.0), 0.6), 4, 110))
    year = bucket.year if bucket else 0
    if bucket is not None and bucket.late:
        return moment(any_day(rng, *LATE), rng)
    if year and year < 2023 and rng.random() < LATE_SHARE:
        lag = int(rng.integers(*LATE_DAYS))
    when = day + timedelta(days=lag + 3)
    return moment(min(when, OFFICIAL_2023) if year == 2023 else when, rng)


def strictly_increasing(moments: Sequence[datetime]) -> list[datetime]:
    """Return moments, in the same places, moved by seconds so that no two are the same.

    >>> [m.second for m in strictly_increasing([datetime(2020, 1, 1, tzinfo=UTC)] * 3)]
    [0, 1, 2]
    """
    order = sorted(range(len(moments)), key=lambda place: moments[place])
    result = list(moments)
    last = datetime.min.replace(tzinfo=UTC)
    for place in order:
        last = max(result[place], last + timedelta(seconds=1))
        result[place] = last
    return result
