"""Foreign files into hazard tables and report tables: recognised by content, mapped by profile."""

from __future__ import annotations

from mine_geo.intake.checks.missing_units import Filled, assign_units, fill_units, said_without_unit
from mine_geo.intake.layers import (
    Layer,
    read_admin,
    read_border,
    receive_admin,
    receive_border,
    understood,
)
from mine_geo.intake.reading import (
    ClosedLeftOutWarning,
    NotValidatedWarning,
    RejectedLeftOutWarning,
    check_received,
    in_order,
    read,
    read_hazards,
    read_reports,
)
from mine_geo.intake.received import Received, Source, check_ids

__all__ = [
    "ClosedLeftOutWarning",
    "Filled",
    "Layer",
    "NotValidatedWarning",
    "Received",
    "RejectedLeftOutWarning",
    "Source",
    "assign_units",
    "check_ids",
    "check_received",
    "fill_units",
    "in_order",
    "read",
    "read_admin",
    "read_border",
    "read_hazards",
    "read_reports",
    "receive_admin",
    "receive_border",
    "said_without_unit",
    "understood",
]
