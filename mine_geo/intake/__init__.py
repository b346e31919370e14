"""Foreign files into hazard tables and report tables: recognised by content, mapped by profile.

Each name is loaded when it is first used: a store needs words of the checks, no reader of files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mine_geo.intake.checks.places import (
        Filled,
        assign_units,
        fill_units,
        said_without_unit,
    )
    from mine_geo.intake.inverse import Written, to_source
    from mine_geo.intake.layers import (
        Layer,
        read_admin,
        read_border,
        receive_admin,
        receive_border,
        understood,
    )
    from mine_geo.intake.proposals import propose, sort_of
    from mine_geo.intake.reading import (
        ClosedLeftOutWarning,
        NotValidatedWarning,
        RejectedLeftOutWarning,
        check_received,
        in_order,
        read,
        read_hazards,
        read_reports,
        without_errors,
    )
    from mine_geo.intake.received import (
        Received,
        Source,
        check_ids,
    )

__all__ = [
    "ClosedLeftOutWarning",
    "Filled",
    "Layer",
    "NotValidatedWarning",
    "Received",
    "RejectedLeftOutWarning",
    "Source",
    "Written",
    "assign_units",
    "check_ids",
    "check_received",
    "fill_units",
    "in_order",
    "propose",
    "read",
    "read_admin",
    "read_border",
    "read_hazards",
    "read_reports",
    "receive_admin",
    "receive_border",
    "said_without_unit",
    "sort_of",
    "to_source",
    "understood",
    "without_errors",
]

_HOMES = {
    "ClosedLeftOutWarning": "reading",
    "Filled": "checks.places",
    "Layer": "layers",
    "NotValidatedWarning": "reading",
    "Received": "received",
    "RejectedLeftOutWarning": "reading",
    "Source": "received",
    "Written": "inverse",
    "assign_units": "checks.places",
    "check_received": "reading",
    "check_ids": "received",
    "fill_units": "checks.places",
    "in_order": "reading",
    "propose": "proposals",
    "sort_of": "proposals",
    "read": "reading",
    "read_admin": "layers",
    "read_border": "layers",
    "read_hazards": "reading",
    "read_reports": "reading",
    "receive_admin": "layers",
    "receive_border": "layers",
    "said_without_unit": "checks.places",
    "to_source": "inverse",
    "understood": "layers",
    "without_errors": "reading",
}
"""The module of each name."""

if not TYPE_CHECKING:  # else a name that does not exist would be no error of type

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'mine_geo.intake' has no attribute {name!r}")
        return getattr(import_module(f"mine_geo.intake.{_HOMES[name]}"), name)
