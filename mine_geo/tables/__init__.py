"""Figures by province, district and year, from hazards and events; and the published ones."""
