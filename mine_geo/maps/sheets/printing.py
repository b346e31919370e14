"""Sheets to print: title, map, legend, scale bar, north arrow, graticule, table and sources.

Matplotlib draws them; it is loaded when the first sheet is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mine_geo.disclosure.settings import USUAL
from mine_geo.errors import OptionError, in_order
from mine_geo.maps import subject as subjects
from mine_geo.maps.layers import Layers
from mine_geo.maps.provenance import EVERYTHING

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.disclosure.settings import PublicSettings
    from mine_geo.maps.provenance import Selection
    from mine_geo.maps.sheets.output import Sheet


def sheet(
    split: gpd.GeoDataFrame,
    province: str | None = None,
    district: str | None = None,
    *,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
    paper: str = "A4",
    language: str = "en",
    public: bool = False,
    restricted: gpd.GeoDataFrame | None = None,
    selection: Selection = EVERYTHING,
    settings: PublicSettings = USUAL,
) -> Sheet:
    """Return the map of the country, of a province or of a district, ready to print.

    The map is drawn in WGS 84 / UTM zone 48N (EPSG:32648) at a round scale, grid north up.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326). An empty one gives a sheet that says so.
    province, district
        Names or codes; without them the whole country. A district needs its province.
    border
        Canonical border table; draws the border by neighbour (dashed where a column `demarcated`
        is False) and the line at the threshold.
    admin
        Canonical district table; draws provinces and districts with their names.
    releases
        Released land: polygons with `outcome`.
    places
        Names to draw: `name` and a point geometry, or `name`, `lon`, `lat` in degrees.
    title
        Title instead of the usual one.
    as_of
        Day of the data; else the latest survey in it is named.
    paper
        "A4" or "A3", turned as the ground fits best; or told: "A4-portrait", "A4-landscape",
        "A3-portrait", "A3-landscape". Capitals do not matter.
    language
        "en" or "km"; the names of the title and of units stand in the other one too.
    public
        For everybody: districts shaded by the m² that remain, released land that gives nothing
        away, and no hazard (see `disclosure.disclose`).
    restricted
        A public sheet needs it: every polygon that remains or waits, as for `national`.
    selection
        How the split was asked for, where that is not all that is recorded: the sheet says it.
    settings
        For a public sheet: how public outputs are made (`Store.public_settings` returns it).

    Returns
    -------
    Sheet
        `save("sheet.pdf")` or `save("sheet.png")` writes it, the PNG with 300 dots per inch.

    Raises
    ------
    RecordError
        If `split` lacks columns of a split.
    MixedError
        If it mixes thresholds, rules or borders.
    UnknownNameError
        If the province, or the district in it, is unknown; the message lists the valid ones.
    OptionError
        If the paper or the language is unknown, a district is told without its province, or a
        public sheet is asked for without `restricted`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.terms import SPLIT_COLUMNS
    >>> columns = ["hazard_id", "size_m2", *SPLIT_COLUMNS]
    >>> split = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry")
    >>> drawn = sheet(split, paper="a3")
    >>> drawn.paper, drawn.orientation, drawn.scale
    ('A3', 'landscape', 2750000.0)
    """
    in_order(
        "sheet(split, province=None, district=None, *, border=None, admin=None)",
        names={"province": province, "district": district, "title": title},
        frames={
            "split": split,
            "border": border,
            "admin": admin,
            "releases": releases,
            "places": places,
            "restricted": restricted,
        },
    )
    from mine_geo.maps.sheets.compose import draw  # noqa: PLC0415

    layers = Layers(
        split,
        border,
        admin,
        releases,
        places,
        as_of,
        restricted=restricted,
        selection=selection,
        settings=settings,
    )
    if province is None:
        if district is not None:
            raise OptionError(f"district {district!r}: name its province too (province=...)")
        subject = subjects.whole(split, admin)
    elif district is None:
        subject = subjects.province(split, admin, province)
    else:
        subject = subjects.district(split, admin, province, district)
    return draw(layers, subject, title=title, paper=paper, language=language, public=public)
