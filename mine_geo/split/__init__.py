"""How far hazards are from the border, and the split at 7 km (metres, WGS 84)."""
