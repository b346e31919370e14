"""The bundled sample data: real border, schematic districts, invented hazards and their ledger.

No minefield polygons are public. The hazards and what happened to them are synthetic, calibrated
so that the published tables come out exactly; the districts are schematic. `sample_data/README.md`
says for each file where it comes from and under which licence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mine_geo import errors

FILES: Final = {
    "accidents": "lists/accidents.csv",
    "border": "border.gpkg",
    "claims": "published/claims.csv",
    "cluster_munition_areas": "cluster_munition_areas.gpkg",
    "country": "country.gpkg",
    "declarations": "lists/declarations.csv",
    "district_seats": "district_seats.csv",
    "districts": "districts.gpkg",
    "evidence": "lists/evidence.csv",
    "flows": "published/flows.csv",
    "ledger_events": "ledger/events.gpkg",
    "ledger_hazards": "ledger/hazards.gpkg",
    "minefields": "minefields.gpkg",
    "places": "places.csv",
    "population": "population.tif",
    "published": "published",
    "readme": "README.md",
    "spot_tasks": "ledger/spot_tasks.csv",
    "terrain": "terrain.tif",
    "villages": "villages.csv",
    "weights": "weights.toml",
    "workplan_2023": "plans/workplan_2023.toml",
}
"""File, or folder, of each name."""

_FOLDERS: Final = (
    Path(__file__).parents[1] / "sample_data",  # in a wheel
    Path(__file__).parents[2] / "sample_data",  # in a checkout or an editable install
)


def names() -> tuple[str, ...]:
    """Return the names that `path` knows.

    Examples
    --------
    >>> "minefields" in names()
    True
    """
    return tuple(FILES)


def path(name: str) -> Path:
    """Return where a file of the bundled sample lies.

    Geometries are in EPSG:4326 (longitude, latitude in degrees).

    Parameters
    ----------
    name
        One of `names`: for example "border", "districts", "minefields". "published" is a folder
        of CSV tables, listed in its tables.csv; "ledger_hazards" are the hazards as first
        registered, "ledger_events" what happened to them.

    Returns
    -------
    pathlib.Path
        An existing file or folder, in a checkout as in an installed wheel.

    Raises
    ------
    OptionError
        If there is no such name; the message lists the valid ones.
    FileError
        If the sample did not come with the installation.

    Examples
    --------
    >>> path("border").name
    'border.gpkg'
    >>> path("borders")
    Traceback (most recent call last):
    mine_geo.errors.OptionError: sample 'borders' is unknown; valid: accidents, border, claims, ...
    """
    file = FILES[errors.choose(name, names(), "sample")]
    for folder in _FOLDERS:
        if (folder / file).exists():
            return folder / file
    raise errors.FileError(
        f"sample file {file} is not in {_FOLDERS[-1]}; reinstall mine_geo, "
        "or run sample_data/build.py in a checkout"
    )
