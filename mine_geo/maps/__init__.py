"""Maps that open without internet: the country, a province, a district, the border zone.

Each function takes a split (`zones.border_split`) and returns a Folium map whose `save(path)`
writes one HTML file with everything in it: Leaflet, style, script and data. Geometry is
EPSG:4326, rounded to 1e-6 degree (0.11 m); sizes are whole m², distances metres.

Symbols follow IMAS Technical Note 07.11/01: CHA red (FF0000) and SHA orange (F4A718), both at
50 %; outline red and continuous when open, orange and dashed when worked on, green when closed.
Where `area_type` is null the fill is a paler red and the legend says that the type is not
recorded. Attributes are shown as text, whatever they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mine_geo.errors import choose
from mine_geo.maps import subject as subjects
from mine_geo.maps.compose import compose
from mine_geo.maps.layers import Layers
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.maps.page import OfflinePage

__all__ = ["border_zone", "district", "national", "province"]


def national(
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    *,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
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
        Released land: polygons with `outcome`, and `hazard_id`, `happened_on`, `size_m2` if known.
    places
        Names to draw: `name` and a point geometry, or `name`, `lon`, `lat` in degrees.
    title
        Title of the page instead of the usual one.
    as_of
        Day of the data, for the title block; else the latest survey in it is named.

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
    layers = Layers(split, border, admin, releases, places, as_of)
    return compose(layers, subjects.whole(split, admin), title=title)


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
) -> OfflinePage:
    """Return the map of one province: its hazards, by its recorded name or code.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326).
    name
        Name or code of the province, as `admin.province_code` knows it, or as recorded in the
        frames. A province without hazards gives a page that says so.
    border, admin, releases, places, title, as_of
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
    layers = Layers(split, border, admin, releases, places, as_of)
    return compose(layers, subjects.province(split, admin, name), title=title)


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
) -> OfflinePage:
    """Return the map of one district of a province.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326).
    province, name
        Names or codes of the province and of the district in it.
    border, admin, releases, places, title, as_of
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
    layers = Layers(split, border, admin, releases, places, as_of)
    return compose(layers, subjects.district(split, admin, province, name), title=title)


def border_zone(
    split: gpd.GeoDataFrame,
    province: str,
    district: str | None = None,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    *,
    first: str = "far",
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
) -> OfflinePage:
    """Return the map of a province or district with the ranked list of hazards beside it.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326).
    province, district
        Names or codes; without a district the whole province.
    first
        The zone that is ranked first: "far" (the Executive Order of 4 January 2022 has hazards
        farther than 7 km released first) or "near". Within a zone the nearest comes first.
    border, admin, releases, places, title, as_of
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
        If `first` is no zone.
    """
    choose(first, ZONES, "first")
    layers = Layers(split, border, admin, releases, places, as_of)
    subject = (
        subjects.province(split, admin, province)
        if district is None
        else subjects.district(split, admin, province, district)
    )
    return compose(layers, subject, title=title, first=first)
