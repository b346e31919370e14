"""What measures the earth, and the canonical tables drawn on it (EPSG:4326, metres, m²)."""
