"""Sheets to print: the map of a country, province or district on A4 or A3, as PDF or PNG.

Title, map, legend, scale bar, north arrow, graticule, table and sources. Matplotlib draws them; it
is loaded when the first sheet is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mine_geo.disclosure.layers import as_layers
from mine_geo.maps import subject as subjects
from mine_geo.maps.scene import Scene

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.maps.sheets.compose import Sheet


def sheet(
    layers: gpd.GeoDataFrame | Layers,
    province: str | None = None,
    district: str | None = None,
    *,
    title: str | None = None,
    paper: str = "A4",
    language: str = "en",
    public: bool = False,
) -> Sheet:
    """Return the map of the country, of a province or of a district, ready to print.

    The map is drawn in WGS 84 / UTM zone 48N (EPSG:32648) at a round scale, grid north up.

    Parameters
    ----------
    layers
        What `border_split` returned (EPSG:4326), or the split with all that is drawn with it
        (`maps.layers`, `Store.layers`). An empty split gives a sheet that says so.
    province, district
        Names or codes; without them the whole country. A district needs its province.
    title
        Title instead of the usual one.
    paper
        "A4" or "A3", turned as the ground fits best; or told: "A4-portrait", "A4-landscape",
        "A3-portrait", "A3-landscape". Capitals do not matter.
    language
        "en" or "km"; the names of the title and of units stand in the other one too.
    public
        For everybody: districts shaded by the m² that remain, released land that gives nothing
        away, and no hazard (see `disclosure.disclose`). Its layers must say what is restricted.

    Returns
    -------
    Sheet
        `save("sheet.pdf")` or `save("sheet.png")` writes it, the PNG with 300 dots per inch.

    Raises
    ------
    UnknownNameError
        If the province, or the district in it, is unknown; the message lists the valid ones.
    OptionError
        If the paper or the language is unknown, a district is told without its province, or a
        public sheet is asked for and nothing says what is restricted.
    RecordError, MixedError, CRSError
        As for `maps.layers`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.terms import SPLIT_COLUMNS
    >>> columns = ["hazard_id", "size_m2", *SPLIT_COLUMNS]
    >>> split = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry", crs=4326)
    >>> drawn = sheet(split, paper="a3")
    >>> drawn.paper, drawn.orientation, drawn.scale
    ('A3', 'landscape', 2750000.0)
    """
    names = {"province": province, "district": district, "title": title}
    held = as_layers("sheet(layers, province=None, district=None)", layers, names)
    subject = subjects.chosen(held.split, held.admin, province, district)
    from mine_geo.maps.sheets.compose import draw  # noqa: PLC0415

    return draw(Scene.of(held), subject, title=title, paper=paper, language=language, public=public)
