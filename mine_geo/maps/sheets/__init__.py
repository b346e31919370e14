"""Sheets to print: the map of a country, province or district on A4 or A3, as PDF or PNG.

Title, map, legend, scale bar, north arrow, graticule, table and sources. Typst lays them out and
Matplotlib draws the map; both are loaded when the first sheet is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mine_geo.disclosure.layers import as_layers
from mine_geo.errors import choose
from mine_geo.maps import subject as subjects
from mine_geo.maps.scene import Scene
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.maps.sheets.compose import Sheet
    from mine_geo.terms import Kind, Zone


def sheet(
    layers: gpd.GeoDataFrame | Layers,
    province: str | None = None,
    district: str | None = None,
    *,
    title: str | None = None,
    paper: str = "A4",
    language: str = "en",
    public: bool = False,
    number: str = "",
    prepared_by: str = "",
    approved_by: str = "",
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
    number, prepared_by, approved_by
        The number of the map, and who answers for it, as its office writes them.

    Returns
    -------
    Sheet
        `save("sheet.pdf")` writes it, with lists that have no room beside the map on further
        pages; `save("sheet.png")` its first page with 300 dots per inch.

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
    from mine_geo.maps.sheets.compose import Look, draw, draw_public  # noqa: PLC0415

    scene, look = Scene.of(held), Look(title, paper, language, number, prepared_by, approved_by)
    if public:
        return draw_public(scene.public, subject.level, subject.name, subject.within, look)
    return draw(scene, subject, look)


def border_zone_sheet(
    layers: gpd.GeoDataFrame | Layers,
    province: str,
    district: str | None = None,
    *,
    kind: Kind | None = None,
    first: Zone = "far",
    capacity_m2: float | None = None,
    title: str | None = None,
    paper: str = "A4",
    language: str = "en",
    number: str = "",
    prepared_by: str = "",
    approved_by: str = "",
) -> Sheet:
    """Return the map of a province or district to print, with the ranked list of its hazards.

    The map bears the ranks; the list behind it has running totals, and with a capacity the year in
    which work on each begins.

    Parameters
    ----------
    layers, province, district, kind, first, capacity_m2
        As for `maps.border_zone`; EPSG:4326, sizes whole m².
    title, paper, language, number, prepared_by, approved_by
        As for `sheet`.

    Returns
    -------
    Sheet
        As for `sheet`. It is restricted.

    Raises
    ------
    UnknownNameError, RecordError, MixedError, CRSError
        As for `maps.border_zone`.
    OptionError
        If `first` is no zone, `kind` no kind, the capacity no whole number of m², or the paper or
        the language is unknown.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> import mine_geo as mg
    >>> hazards = mg.to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "province": "Battambang",
    ...      "district": "Samlout"},
    ...     geometry=[shapely.box(102.9, 12.7, 102.91, 12.71)], crs=4326))
    >>> split = mg.border_split(hazards, mg.read_border(mg.sample.path("border")))
    >>> mg.maps.border_zone_sheet(split, "Battambang")
    <Sheet Battambang province: A4 portrait, 1:...>
    """
    names = {"province": province, "district": district, "title": title}
    held = as_layers("border_zone_sheet(layers, province, district=None)", layers, names)
    choose(first, ZONES, "first")
    subject = subjects.chosen(held.split, held.admin, province, district)
    from mine_geo.maps.sheets.compose import Look, draw_ranked  # noqa: PLC0415

    look = Look(title, paper, language, number, prepared_by, approved_by)
    scene = Scene.of(held)
    return draw_ranked(scene, subject, look, first=first, kind=kind, capacity_m2=capacity_m2)
