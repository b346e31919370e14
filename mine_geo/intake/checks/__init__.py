"""Checks of hazards before they enter a register: findings, never repairs in silence."""

from __future__ import annotations

from mine_geo.intake.checks.hazards import check_hazards, is_fit
from mine_geo.intake.checks.reports import check_reports
from mine_geo.intake.checks.shapes import repair

__all__ = ["check_hazards", "check_reports", "is_fit", "repair"]
