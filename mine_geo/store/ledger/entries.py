"""One entry for the ledger, as its recorder gave it: checked, and known by its content.

Nothing here looks into a store. Polygons are EPSG:4326, sizes m², days those of Cambodia.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self, Unpack
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from mine_geo.errors import RecordError, quoted, visible
from mine_geo.geo.cells import (
    FLOAT_WHOLE,
    ID_LENGTH,
    IDS,
    TEXT_LENGTH,
    day_of,
    text_fault,
    value_fault,
)
from mine_geo.ledger.events import ATTRIBUTES, MARKS
from mine_geo.ledger.report import Report
from mine_geo.store.schema import content
from mine_geo.terms import ITEM_COLUMNS, TIME_ZONE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping


DAYS_IN: Final = ZoneInfo(TIME_ZONE)
"""Where a day begins and ends."""
_NEXT: Final = re.compile(r"(?P<own>.+)~(?P<time>[1-9]\d{0,8})", re.DOTALL)
CONTENT: Final = (
    "hazard_id",
    "event_type",
    "happened_on",
    "operator",
    "report_ref",
    "reported_size_m2",
    *ITEM_COLUMNS,
    "depth_cm",
    "comment",
    "retracts",
    "transfer_id",
    "detail",
)
"""What makes two entries the same, with the polygon; not who recorded them, and when."""


@dataclass(frozen=True)
class Facts:
    """What a report says beside hazard, day and polygon."""

    operator: str | None = None
    report_ref: str | None = None
    reported_size_m2: float | None = None
    ap_mines: int | None = None
    av_mines: int | None = None
    submunitions: int | None = None
    uxo: int | None = None
    depth_cm: float | None = None
    comment: str | None = None
    recorded_by: str | None = None

    event_id: str | None = None
    """The id that the report brought along; of several events of one report that of the first."""

    @classmethod
    def of(cls, **report: Unpack[Report]) -> Self:
        """Check what a report says; missing values, NaN and blanks are None.

        Raises
        ------
        RecordError
            If a number is negative, not finite or, for items, not whole.

        Examples
        --------
        >>> Facts.of(operator=" MAG ", uxo=2).operator
        'MAG'
        """
        return cls.of_row(report)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """Check what a row of a table says of a report; its other columns are left alone.

        Raises
        ------
        RecordError
            As for `of`.

        Examples
        --------
        >>> Facts.of_row({"hazard_id": "AP-1", "uxo": 2.0}).uxo
        2
        """
        checks: dict[str, Callable[[Any, str], Any]] = {
            **dict.fromkeys(Report.__annotations__, text_of),
            **dict.fromkeys(("reported_size_m2", "depth_cm"), _number),
            **dict.fromkeys(ITEM_COLUMNS, _items),
        }
        return cls(**{name: check(row.get(name), name) for name, check in checks.items()})

    def without_figures(self) -> Facts:
        """Return the same without size and items: what may stand on several events."""
        nothing: dict[str, Any] = dict.fromkeys(("reported_size_m2", *ITEM_COLUMNS))
        return replace(self, **nothing)


@dataclass(frozen=True)
class Entry:
    """One event before it is recorded."""

    hazard_id: str
    event_type: str
    happened_on: dt.date | None
    geometry: Any = None
    """MultiPolygon in EPSG:4326, or None."""
    facts: Facts = field(default_factory=Facts)
    event_id: str | None = None
    """As the caller gave it; else the hash of the content serves."""
    retracts: str | None = None
    transfer_id: str | None = None
    detail: str | None = None
    outside_m2: int | None = None
    """Where the caller knows better than the ledger: a report over several hazards."""
    renewed: bool = False
    """Whether it may stand though an event of its id said just this and was retracted."""

    def said(self) -> dict[str, Any]:
        """Return all columns of the event but its moment."""
        own = ("event_id", "hazard_id", "event_type", "happened_on", "retracts", "transfer_id")
        return vars(self.facts) | {name: getattr(self, name) for name in (*own, "detail")}

    def digest(self) -> str:
        """Return the hash of the content."""
        return digest(self.said(), self.geometry)


def own_id(event_id: str | None) -> str | None:
    """Return the id that a report brought along, whichever time it comes back.

    Examples
    --------
    >>> own_id("{G1}~2"), own_id("{G1}")
    ('{G1}', '{G1}')
    """
    found = _NEXT.fullmatch(event_id or "")
    return found["own"] if found else event_id


def next_id(event_id: str) -> str:
    """Return the id under which an event comes back whose own one was retracted.

    Examples
    --------
    >>> next_id("{G1}"), next_id("{G1}~2")
    ('{G1}~2', '{G1}~3')
    """
    found = _NEXT.fullmatch(event_id)
    return f"{found['own']}~{int(found['time']) + 1}" if found else f"{event_id}~2"


def digest(said: Mapping[str, Any], geometry: Any) -> str:
    """Return the hash of what an event says, recorded or not."""
    plain = {name: content.plain_value(said[name]) for name in CONTENT}
    text = content.to_json(plain | {"detail": unmarked(plain["detail"])})
    nothing = geometry is None or geometry.is_empty
    drawn = "" if nothing else content.geometry_hashes(gpd.GeoSeries([geometry]))[0]
    return content.digest(text, drawn)


def unmarked(detail: str | None) -> str | None:
    """Return what `detail` says without the marks of a mended moment.

    Examples
    --------
    >>> unmarked('{"recorded_at_was":"2100-01-01T00:00:00.000Z"}') is None
    True
    >>> unmarked('{"role":"child","recorded_at_was":"2100-01-01T00:00:00.000Z"}')
    '{"role":"child"}'
    """
    if detail is None or not any(mark in detail for mark in MARKS):
        return detail
    said = {name: value for name, value in content.from_json(detail).items() if name not in MARKS}
    return content.to_json(said, keep_missing=True) if said else None


def id_of(value: Any, name: str) -> str:
    """Return an id, or a reason: a text that is not blank.

    Raises
    ------
    RecordError
        If it is missing, too long, or holds what no store takes; an id also if it holds something
        invisible.

    Examples
    --------
    >>> id_of(" AP-1 ", "hazard_id")
    'AP-1'
    """
    is_id = name != "reason"
    most = IDS.get(name, ID_LENGTH) if is_id else TEXT_LENGTH
    text = _text(value, name, most, is_id=is_id)
    if text is None:
        raise RecordError(f"{name} is missing; give it")
    return text


def text_of(value: Any, name: str) -> str | None:
    """Return a text, or an id that may be left out, without spaces around it; blank as None.

    Raises
    ------
    RecordError
        If it is no text and no number, too long, or holds what no store takes.

    Examples
    --------
    >>> text_of("  ", "operator") is None
    True
    """
    is_id = name in IDS
    return _text(value, name, ID_LENGTH if is_id else TEXT_LENGTH, is_id=is_id)


def _text(value: Any, name: str, most: int, *, is_id: bool) -> str | None:
    if _missing(value):
        return None
    if not isinstance(value, str | int | float | np.integer | np.floating):
        raise RecordError(f"{name} is {quoted(value)}; give a text")
    why = None if isinstance(value, str) else value_fault(value)
    text = "" if why else str(value).strip()
    why = why or text_fault(text, most, is_id=is_id)
    if why:
        raise RecordError(f"{name} {why}, which no store takes ({visible(text, 40)}); correct it")
    return text or None


def day(value: Any, name: str = "happened_on") -> dt.date:
    """Return the day of a report: a date, ISO text, or a moment with its time zone.

    Raises
    ------
    RecordError
        If it is missing, no day, or a moment without a time zone.

    Examples
    --------
    >>> import datetime as dt
    >>> day("2022-05-01")
    datetime.date(2022, 5, 1)
    >>> day(dt.datetime(2022, 12, 31, 20, 0, tzinfo=dt.UTC))
    datetime.date(2023, 1, 1)
    """
    found = None if _missing(value) else _named_day(value, name)
    if found is None:
        raise RecordError(f"{name} is missing; give the day from the report, as 2022-12-31")
    return found


def _named_day(value: Any, name: str) -> dt.date | None:
    try:
        return day_of(value)
    except RecordError as error:
        raise RecordError(f"{name}: {error}") from error


def not_in_future(value: dt.date, today: dt.date, what: str) -> None:
    """Refuse a day that has not come yet.

    Raises
    ------
    RecordError
        If `value` is later than `today`.
    """
    if value > today:
        raise RecordError(f"{what}: {value} is in the future (today is {today}); check the day")


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _number(value: Any, name: str) -> float | None:
    if _missing(value):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise RecordError(
            f"{name} is {quoted(value)}; give a number that is 0 or more, or leave it out"
        )
    return number


def _items(value: Any, name: str) -> int | None:
    number = _number(value, name)
    if number is not None and (not number.is_integer() or number > FLOAT_WHOLE):
        raise RecordError(
            f"{name} is {quoted(value)}; items are counted in whole numbers, up to {FLOAT_WHOLE:,}"
        )
    return None if number is None else int(number)


DESCRIBED: Final = tuple(name for name in ATTRIBUTES if name not in {"in_workbench", "residual"})
"""What a submitted hazard says; whether it is on the workbench, the store knows itself, and that
land is residual is decided here, not by whoever submits it."""
