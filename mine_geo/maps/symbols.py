"""Symbols by class, as the maps know them: those of `mine_geo.symbology`."""

from mine_geo.symbology import (
    TABLE,
    UNDEMARCATED_DASHES,
    WEIGHT,
    Symbol,
    border_name,
    symbol,
    table,
)

__all__ = [
    "TABLE",
    "UNDEMARCATED_DASHES",
    "WEIGHT",
    "Symbol",
    "border_name",
    "symbol",
    "table",
]
