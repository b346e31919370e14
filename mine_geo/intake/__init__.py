"""Foreign files into hazard tables and report tables: recognised by content, mapped by profile."""

from mine_geo.intake.checking import check
from mine_geo.intake.reading import (
    ClosedLeftOutWarning,
    NotValidatedWarning,
    RejectedLeftOutWarning,
    in_order,
    read,
    read_hazards,
    read_reports,
)
from mine_geo.intake.received import Received, Source, check_ids

__all__ = [
    "ClosedLeftOutWarning",
    "NotValidatedWarning",
    "Received",
    "RejectedLeftOutWarning",
    "Source",
    "check",
    "check_ids",
    "in_order",
    "read",
    "read_hazards",
    "read_reports",
]
