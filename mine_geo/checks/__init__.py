"""Checks of hazards before they enter a register: findings, never repairs in silence."""
