"""Settings that come from the environment, read when asked and never kept.

Imports nothing of ours.
"""

from __future__ import annotations

import os
from typing import Final

DATABASE_VARIABLE: Final = "MINE_GEO_DATABASE_URL"
DEFAULT_DATABASE: Final = "mine_geo.gpkg"


def database(place: str | os.PathLike[str] | None = None) -> str:
    """Return the store's place: as given, else `MINE_GEO_DATABASE_URL`, else `mine_geo.gpkg`.

    Examples
    --------
    >>> database("register.gpkg")
    'register.gpkg'
    """
    if place is not None:
        return os.fspath(place)
    return os.environ.get(DATABASE_VARIABLE) or DEFAULT_DATABASE


def threads() -> int:
    """Return how many threads a computation may use: the cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
