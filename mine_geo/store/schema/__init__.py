"""The tables of a store, in PostGIS and in a GeoPackage alike, and what guards them."""
