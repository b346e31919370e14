"""Checks of hazards before they enter a register: findings, never repairs in silence."""

from mine_geo.checks.hazards import check_hazards, is_fit
from mine_geo.checks.repair import repair
from mine_geo.checks.reports import check_reports

__all__ = ["check_hazards", "check_reports", "is_fit", "repair"]
