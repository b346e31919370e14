"""What a store is and holds: the lines of `mine-geo db info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
from sqlalchemy import Table, func, select

from mine_geo.events import MOMENT_WAS
from mine_geo.store import migrate
from mine_geo.store.models import AdminVersion, BorderVersion, Event, Hazard, SpotTask
from mine_geo.store.submitted import WAITING, Submission, SubmittedRecord
from mine_geo.store.transactions import MOMENTS, clock, last_moment

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
_EVENT: Final[Table] = Event.__table__  # type: ignore[assignment]
_SPOT_TASK: Final[Table] = SpotTask.__table__  # type: ignore[assignment]
_SUBMISSION: Final[Table] = Submission.__table__  # type: ignore[assignment]
_RECORD: Final[Table] = SubmittedRecord.__table__  # type: ignore[assignment]
_VERSIONS: Final[dict[str, Table]] = {
    "border": BorderVersion.__table__,  # type: ignore[dict-item]
    "districts": AdminVersion.__table__,  # type: ignore[dict-item]
}


def info(connection: Connection, title: str | None, *, synthetic: bool) -> pd.DataFrame:
    """Return the facts of a store, one a row: `what` and `value`."""
    rows = [
        ("title", title or ""),
        ("data", "synthetic" if synthetic else "a register of its own"),
        ("backend", "PostGIS" if connection.dialect.name == "postgresql" else "GeoPackage"),
        ("schema", migrate.current(connection) or ""),
    ]
    for what, versions in _VERSIONS.items():
        query = select(versions).order_by(versions.c.loaded_at)
        rows += [
            (what, f"{row.name} {row.version}{' (active)' if row.active else ''}")
            for row in connection.execute(query)
        ]
    left = _HAZARD.c.status.is_not(None) & (_HAZARD.c.status != "closed")
    kinds = select(_HAZARD.c.kind, func.count()).where(left).group_by(_HAZARD.c.kind)
    rows += [
        (f"hazards, {kind or 'no kind'}", f"{count:,}")
        for kind, count in connection.execute(kinds.order_by(_HAZARD.c.kind))
    ]
    closed = select(func.count()).select_from(_HAZARD).where(_HAZARD.c.status == "closed")
    waiting = select(func.count()).select_from(_RECORD).where(_RECORD.c.state == WAITING)
    counts = [
        ("closed hazards", closed),
        ("events", select(func.count()).select_from(_EVENT)),
        ("spot tasks", select(func.count()).select_from(_SPOT_TASK)),
        ("submissions", select(func.count()).select_from(_SUBMISSION)),
        ("records on the workbench", waiting),
    ]
    for what, query in counts:
        count = connection.scalar(query) or 0
        if count or what == "events":
            rows.append((what, f"{count:,}"))
    return pd.DataFrame([*rows, *_moments(connection)], columns=["what", "value"])


def _moments(connection: Connection) -> list[tuple[str, str]]:
    """Return the last moment, those that have not come yet, and how many were mended."""
    last, now = last_moment(connection), clock(connection)
    if last is None:
        return []
    rows = [("last recorded", f"{last:%Y-%m-%d %H:%M:%S} UTC")]
    for what, moment in MOMENTS.items():
        query = select(func.count(), func.min(moment), func.max(moment)).where(moment > now)
        count, first, latest = connection.execute(query).one()
        if count:
            said = f"{count:,}, from {first:%Y-%m-%d %H:%M:%S} to {latest:%Y-%m-%d %H:%M:%S} UTC"
            rows.append((f"in the future: {what}", said))
    if len(rows) > 1:
        rows.append(("the clock says", f"{now:%Y-%m-%d %H:%M:%S} UTC"))
        mend = "db export FOLDER; into a new store: db import FOLDER --mend-moments"
        rows.append(("if the clock is right", mend))
    marked = _EVENT.c.detail.contains(f'"{MOMENT_WAS}"', autoescape=True)
    mended = connection.scalar(select(func.count()).select_from(_EVENT).where(marked)) or 0
    return [*rows, ("events with a mended moment", f"{mended:,}")] if mended else rows
