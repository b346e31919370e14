"""The store of schema 0003 that the code of that schema made, put where a test wants it.

How it was made, and what that code said of it, is told in `golden/schema_0003`.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any, Final

import pandas as pd
import psycopg

FOLDER: Final = Path(__file__).parent / "golden" / "schema_0003"
REVISION: Final = "0003"


def put(place: str) -> None:
    """Put the store into a file that is not there, or a database with PostGIS and no store."""
    if "://" not in place:
        shutil.copy(FOLDER / "register.gpkg", place)
        return
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = on")  # a server that is killed has it all
        connection.execute((FOLDER / "register.sql").read_bytes())


def said(name: str) -> pd.DataFrame:
    """Return a table as the code of that schema printed it."""
    told: dict[str, Any] = json.loads((FOLDER / "said.json").read_text(encoding="utf-8"))[name]
    return pd.DataFrame(told["data"], columns=told["columns"])


def box_m2(width: float, south: float, north: float) -> float:
    """Return the size of a box in longitude and latitude (degrees) on the WGS 84 ellipsoid, m².

    In closed form, Snyder, Map Projections: A Working Manual (1987), formula 3-12.
    """
    a, f = 6_378_137.0, 1 / 298.257223563
    e = math.sqrt(f * (2 - f))

    def q(latitude: float) -> float:
        sine = math.sin(math.radians(latitude))
        return (1 - e * e) * (sine / (1 - (e * sine) ** 2) + math.atanh(e * sine) / e)

    return a * a / 2 * math.radians(width) * (q(north) - q(south))
