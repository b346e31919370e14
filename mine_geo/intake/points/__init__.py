"""Turning points as people write them, to polygons."""
