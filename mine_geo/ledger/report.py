"""What a report says beside hazard, outcome, polygon and day: the keywords of all that records.

Each verb of the store takes the fields that make sense for it, as `**report: Unpack[Report]`: so
editors list the names, type checkers refuse any other one, and the store refuses it at run time.
All fields may be left out; None says the same as leaving one out.
"""

from __future__ import annotations

from typing import TypedDict


class Items(TypedDict, total=False):
    """Ordnance found and destroyed, each a whole number of items."""

    ap_mines: int | None
    """Anti-personnel mines."""
    av_mines: int | None
    """Anti-vehicle mines."""
    submunitions: int | None
    """Submunitions of cluster munitions."""
    uxo: int | None
    """Other unexploded ordnance."""


class Remarks(TypedDict, total=False):
    """What anything that is recorded of a hazard may say."""

    report_ref: str | None
    """Reference of the report, as it is written on it: "TS-14"."""
    event_id: str | None
    """An id of the caller's own. Sent again with the same content it changes nothing."""
    comment: str | None
    """A remark, kept with the event."""
    recorded_by: str | None
    """Who records it; it does not count as content."""


class SurveyReport(Remarks, total=False):
    """What a survey or a desk says of a hazard confirmed, divided or merged."""

    operator: str | None
    """Who did the work, as the report names them: "MAG"."""


class RedrawnReport(SurveyReport, total=False):
    """What a survey says that drew a hazard anew."""

    reported_size_m2: float | None
    """What the operator wrote, m²; kept beside what the polygon gives, never in its place."""


class Report(RedrawnReport, Items, total=False):
    """What a report of released land says."""

    depth_cm: float | None
    """Depth of clearance, cm."""


class SpotTask(Items, total=False):
    """What a report of items destroyed outside any hazard says."""

    task_id: str | None
    """An id of the caller's own; else a hash of the content."""
    operator: str | None
    """Who did the work, as the report names them: "MAG"."""
    report_ref: str | None
    """Reference of the report, as it is written on it."""
    province: str | None
    """By name, in any known spelling, or by code; so the district."""
    district: str | None
    commune: str | None
    village: str | None
    lon: float | None
    """Longitude, degrees, WGS 84; with `lat` or not at all."""
    lat: float | None
    comment: str | None
    """A remark, kept with the task."""
    recorded_by: str | None
    """Who records it; it does not count as content."""
