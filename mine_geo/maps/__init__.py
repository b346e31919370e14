"""Maps that open without internet: the country, a province, a district, the border zone.

Each function takes a split (`zones.border_split`) and returns a Folium map whose `save(path)`
writes one HTML file with everything in it: Leaflet, style, script and data. Geometry is
EPSG:4326, rounded to 1e-6 degree (0.11 m); sizes are whole m², distances metres.

Symbols follow IMAS Technical Note 07.11/01: CHA red (FF0000) and SHA orange (F4A718), both at
50 %; outline red and continuous when open, orange and dashed when worked on, green when closed.
Where `area_type` is null the fill is purple, and the legend says that the type is not
recorded. Attributes are shown as text, whatever they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mine_geo.disclosure.settings import USUAL
from mine_geo.errors import choose, in_order
from mine_geo.maps import subject as subjects
from mine_geo.maps.atlas.build import Atlas, atlas
from mine_geo.maps.layers import Layers
from mine_geo.maps.pages.basemap import choose_basemap
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.pages.report_map import ReportOnMap, report_map
from mine_geo.maps.provenance import EVERYTHING
from mine_geo.maps.sheets.printing import sheet
from mine_geo.maps.whole_files import write_file
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    import os
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.disclosure.settings import PublicSettings
    from mine_geo.maps.pages.page import OfflinePage
    from mine_geo.maps.provenance import Selection


__all__ = [
    "Atlas",
    "ReportOnMap",
    "atlas",
    "border_zone",
    "district",
    "national",
    "province",
    "report_map",
    "sheet",
    "write_file",
]


def national(
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    *,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    public: bool = False,
    restricted: gpd.GeoDataFrame | None = None,
    selection: Selection = EVERYTHING,
    settings: PublicSettings = USUAL,
) -> OfflinePage:
    """Return the map of all hazards of a split.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326). An empty one gives a page that says so.
    border
        Canonical border table; draws the border by neighbour and the line at the threshold.
    admin
        Canonical district table; draws provinces and districts with their names.
    releases
        Released land: polygons with `outcome`, and what `Store.released_land` returns beside.
    places
        Names to draw: `name` and a point geometry, or `name`, `lon`, `lat` in degrees.
    title
        Title of the page instead of the usual one.
    as_of
        Day of the data, for the title block; else the latest survey in it is named.
    basemap
        What lies beneath: a tile source by its xyzservices name, as "OpenStreetMap.Mapnik" (then
        the page asks the internet for tiles), or a GeoTIFF, whose image `save` puts beside the
        page. None: the lines and polygons are context enough.
    public
        For everybody: figures of accepted records by district and released land that gives
        nothing away, no polygon, id or text of a hazard. See `disclosure.disclose`.
    restricted
        A public map needs it: every polygon that remains, of any kind and anywhere, and every one
        that waits (`Store.restricted` returns them).
    selection
        How the split was asked for, where that is not all that is recorded: the page says it.
    settings
        For a public map: how public outputs are made (`Store.public_settings` returns it).

    Returns
    -------
    folium.Map
        `save(path)` writes the page.

    Raises
    ------
    RecordError
        If `split` lacks columns of a split.
    MixedError
        If it mixes thresholds, rules or borders.
    OptionError
        If there is no tile source of that name; the message lists the nearest ones. If a public
        map is asked for without `restricted`.
    FileError
        If the basemap's file cannot be used.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo.terms import SPLIT_COLUMNS
    >>> columns = ["hazard_id", "size_m2", *SPLIT_COLUMNS]
    >>> split = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry")
    >>> page = national(split)
    >>> "http" in page.get_root().render().split("<body>")[1].split("<script")[0]
    False
    """
    in_order(
        "national(split, border=None, admin=None)",
        names={"title": title},
        frames={
            "split": split,
            "border": border,
            "admin": admin,
            "releases": releases,
            "places": places,
            "restricted": restricted,
        },
    )
    ground = choose_basemap(basemap)
    layers = Layers(
        split, border, admin, releases, places, as_of, ground, restricted, selection, settings
    )
    return compose(layers, subjects.whole(split, admin), title=title, public=public)


def province(
    split: gpd.GeoDataFrame,
    name: str,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    *,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    public: bool = False,
    restricted: gpd.GeoDataFrame | None = None,
    selection: Selection = EVERYTHING,
    settings: PublicSettings = USUAL,
) -> OfflinePage:
    """Return the map of one province: its hazards, by its recorded name or code.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326).
    name
        Name or code of the province, as `admin.province_code` knows it, or as recorded in the
        frames. A province without hazards gives a page that says so.
    border, admin, releases, places, title, as_of, basemap, public, restricted, selection, settings
        As in `national`.

    Returns
    -------
    folium.Map
        `save(path)` writes the page.

    Raises
    ------
    UnknownNameError
        If the province is unknown; the message lists the valid ones.
    """
    in_order(
        "province(split, name, border=None, admin=None)",
        names={"name": name, "title": title},
        frames={
            "split": split,
            "border": border,
            "admin": admin,
            "releases": releases,
            "places": places,
            "restricted": restricted,
        },
    )
    ground = choose_basemap(basemap)
    layers = Layers(
        split, border, admin, releases, places, as_of, ground, restricted, selection, settings
    )
    return compose(layers, subjects.province(split, admin, name), title=title, public=public)


def district(
    split: gpd.GeoDataFrame,
    province: str,
    name: str,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    *,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    public: bool = False,
    restricted: gpd.GeoDataFrame | None = None,
    selection: Selection = EVERYTHING,
    settings: PublicSettings = USUAL,
) -> OfflinePage:
    """Return the map of one district of a province.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326).
    province, name
        Names or codes of the province and of the district in it.
    border, admin, releases, places, title, as_of, basemap, public, restricted, selection, settings
        As in `national`.

    Returns
    -------
    folium.Map
        `save(path)` writes the page.

    Raises
    ------
    UnknownNameError
        If the province, or the district in it, is unknown; the message lists the valid ones.
    """
    in_order(
        "district(split, province, name, border=None, admin=None)",
        names={"province": province, "name": name, "title": title},
        frames={
            "split": split,
            "border": border,
            "admin": admin,
            "releases": releases,
            "places": places,
            "restricted": restricted,
        },
    )
    ground = choose_basemap(basemap)
    layers = Layers(
        split, border, admin, releases, places, as_of, ground, restricted, selection, settings
    )
    return compose(
        layers, subjects.district(split, admin, province, name), title=title, public=public
    )


def border_zone(
    split: gpd.GeoDataFrame,
    province: str,
    district: str | None = None,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    *,
    kind: str | None = None,
    first: str = "far",
    capacity_m2: float | None = None,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    selection: Selection = EVERYTHING,
) -> OfflinePage:
    """Return the map of a province or district with the ranked list of hazards beside it.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326).
    province, district
        Names or codes; without a district the whole province.
    kind
        The one kind that is drawn and listed: kinds are never ranked together. None: the one that
        `selection` names, else `ap_minefield`, which the Executive Order is about. Hazards of
        other kinds, or of none recorded, are counted beside the list.
    first
        The zone that is ranked first: "far" (the Executive Order of 4 January 2022 has hazards
        farther than 7 km released first) or "near". Within a zone the nearest comes first. A
        column `priority_rank` of the split, where there is one, decides before both.
    capacity_m2
        What can be released in a year, whole m²: the page says which hazard falls into which
        year. The planner sets it, or another one, on the page.
    border, admin, releases, places, title, as_of, basemap, selection
        As in `national`.

    Returns
    -------
    folium.Map
        `save(path)` writes the page. A row of the list zooms to its hazard.

    Raises
    ------
    UnknownNameError
        If the province, or the district in it, is unknown; the message lists the valid ones.
    OptionError
        If `first` is no zone, `kind` no kind, or the capacity no whole number of m².
    RecordError
        If no hazard of the unit records its kind.
    """
    in_order(
        "border_zone(split, province, district=None, border=None, admin=None)",
        names={"province": province, "district": district, "title": title},
        frames={
            "split": split,
            "border": border,
            "admin": admin,
            "releases": releases,
            "places": places,
        },
    )
    choose(first, ZONES, "first")
    ground = choose_basemap(basemap)
    layers = Layers(split, border, admin, releases, places, as_of, ground, selection=selection)
    subject = (
        subjects.province(split, admin, province)
        if district is None
        else subjects.district(split, admin, province, district)
    )
    return compose(layers, subject, title=title, first=first, kind=kind, capacity_m2=capacity_m2)
