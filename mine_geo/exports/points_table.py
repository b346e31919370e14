"""Turning points as CSV, to walk a traverse by, and to be read again by `mine_geo.intake`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mine_geo.cells import guarded_table
from mine_geo.exports.provenance import NOT_RECORDED
from mine_geo.exports.turning import DECIMALS, turning_points
from mine_geo.exports.xml_text import clean
from mine_geo.restriction import COLUMN
from mine_geo.terms import PROVENANCE_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from mine_geo.exports.provenance import Provenance

HAZARD_FIELDS: Final = (
    "kind",
    "area_type",
    "status",
    "province",
    "district",
    "size_m2",
)
"""What a table of turning points says of the hazard, on each of its rows."""

_PLACES: Final = {
    "longitude": DECIMALS,
    "latitude": DECIMALS,
    "easting": 2,
    "northing": 2,
    "bearing_deg": 2,
    "distance_m": 2,
}


def points_table(hazards: gpd.GeoDataFrame, said: Provenance) -> pd.DataFrame:
    """Return the turning points of hazards as text, with what the file says of itself.

    Parameters
    ----------
    hazards
        `hazard_id`, polygons in EPSG:4326, and the columns of a split as far as they are there.
    said
        What each row says in its last columns: `data_day` or `latest_survey`, `known_at` and
        `printed_on` where they are known, `source`, `synthetic` where it is, and `restriction`.

    Raises
    ------
    RecordError
        If a turning point's name would stand twice.

    Examples
    --------
    >>> import geopandas as gpd, shapely; from mine_geo.exports.provenance import provenance
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326)
    >>> points_table(fields, provenance(fields))[["longitude", "easting"]].iloc[0].tolist()
    ['103.0010000', '283185.91']
    """
    points = turning_points(hazards)
    row = points.pop("row").to_numpy()
    for column, decimals in _PLACES.items():
        numbers = points[column]
        points[column] = numbers.map(f"{{:.{decimals}f}}".format).where(numbers.notna(), "")
    renamed = {"zone": "border_zone"}  # a column "zone" would be taken for that of UTM
    for column in (*HAZARD_FIELDS, "zone", *PROVENANCE_COLUMNS):
        if column in hazards.columns:
            values = hazards[column].astype(object)
            texts = values.map(_text).where(values.notna(), "")
            points[renamed.get(column, column)] = texts.to_numpy()[row]
    told = ("data_day", "latest_survey", "known_at", "printed_on")
    own = {name: text for name, text in said.rows if name in told}
    if said.known_at == NOT_RECORDED:
        own.pop("known_at")
    points = points.assign(**own, source="; ".join(said.sources))
    points = points.assign(synthetic=True) if said.synthetic else points
    return points.assign(**{COLUMN: said.restriction})


def _text(value: object) -> str:
    """Write a cell; whole metres without decimals.

    Examples
    --------
    >>> _text(7000.0), _text(False), _text("a")
    ('7000', 'false', 'a')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else clean(str(value))


def write_points(hazards: gpd.GeoDataFrame, path: Path, said: Provenance) -> None:
    """Write the turning points of hazards as CSV: UTF-8, comma, full stop, one line of headings.

    A text that a spreadsheet would run as a formula has a `'` before it, which reading takes away.

    Parameters
    ----------
    hazards, said
        As for `points_table`.
    path
        The new file.

    Raises
    ------
    RecordError
        If a turning point's name would stand twice.

    Examples
    --------
    >>> import tempfile; from pathlib import Path; import geopandas as gpd, shapely
    >>> from mine_geo.exports.provenance import provenance; from mine_geo.intake import read
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326)
    >>> target = Path(tempfile.mkdtemp(), "points.csv")
    >>> write_points(fields, target, provenance(fields))
    >>> read(target, crs="EPSG:4326").table.geometry.iloc[0].equals(fields.geometry.iloc[0])
    True
    """
    table = points_table(hazards, said)
    texts = guarded_table(table.drop(columns=list(_PLACES)))
    table = table.assign(**{str(column): texts[column] for column in texts})
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\r\n")
