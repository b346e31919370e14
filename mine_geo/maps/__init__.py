"""Maps that open without internet: the country, a province, a district, the border zone.

Each function takes a split (`zones.border_split`), or the split with all that is drawn with it
(`layers`, `Store.layers`), then what the map is about, then how it is to look. `national`,
`province`, `district` and `border_zone` return a Folium map whose `save(path)` writes one HTML file
with everything in it: Leaflet, style, script and data. Geometry is EPSG:4326, rounded to
1e-6 degree (0.11 m), hazards of a page that can draw to 1e-9; sizes are whole m², distances
metres.

Symbols follow IMAS Technical Note 07.11/01: CHA red (FF0000) and SHA orange (F4A718), both at
50 %; outline red and continuous when open, orange and dashed when worked on, green when closed.
Where `area_type` is null the fill is purple, and the legend says that the type is not
recorded. Attributes are shown as text, whatever they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mine_geo.disclosure.layers import EVERYTHING, Layers, as_layers
from mine_geo.disclosure.restriction import write_file
from mine_geo.disclosure.settings import USUAL
from mine_geo.errors import choose
from mine_geo.maps import subject as subjects
from mine_geo.maps.atlas.build import Atlas, atlas
from mine_geo.maps.atlas.printed import printed_atlas
from mine_geo.maps.context import Context, read_context
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.pages.report_map import ReportOnMap, report_map
from mine_geo.maps.scene import Scene
from mine_geo.maps.sheets import border_zone_sheet, sheet
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    import os
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.disclosure.layers import Selection
    from mine_geo.disclosure.settings import PublicSettings
    from mine_geo.ledger.fold import Fold
    from mine_geo.maps.pages.page import OfflinePage
    from mine_geo.terms import Kind, Zone


__all__ = [
    "Atlas",
    "Context",
    "Layers",
    "ReportOnMap",
    "atlas",
    "border_zone",
    "border_zone_sheet",
    "district",
    "layers",
    "national",
    "printed_atlas",
    "province",
    "read_context",
    "report_map",
    "sheet",
    "write_file",
]


def layers(
    split: gpd.GeoDataFrame,
    *,
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    as_of: date | str | None = None,
    restricted: gpd.GeoDataFrame | None = None,
    selection: Selection = EVERYTHING,
    settings: PublicSettings = USUAL,
    ledger: Fold | None = None,
    recorded: tuple[Fold, ...] = (),
) -> Layers:
    """Return all that maps, sheets, atlases and files are made from; the frames are checked here.

    A store gives the same in one call: `Store.layers`.

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326; sizes whole m²). An empty one gives pages that
        say so.
    border
        Canonical border table; draws the border by neighbour (dashed where a column `demarcated`
        is False) and the line at the threshold.
    admin
        Canonical district table; draws provinces and districts with their names.
    releases
        Released land: polygons with `outcome`, and what `Store.released_land` returns beside.
    places
        Names to draw: `name` and a point geometry, or `name`, `lon`, `lat` in degrees.
    as_of
        Day of the data; else the latest survey or release in it is named.
    restricted
        What is public needs it: every polygon that remains, of any kind and anywhere, and every
        one that waits (`Store.restricted` returns them).
    selection
        How the split was asked for, where that is not all that is recorded: maps and files say it.
    settings
        For what is public: how it is made (`Store.public_settings` returns it).
    ledger
        For dossiers, and for pages over time: what each event did, as `fold` or `Store.state`
        returns it.
    recorded
        For pages over time: the ledger as it was known at moments of recording, the first first;
        the last one is `ledger`.

    Raises
    ------
    OptionError
        If something other than a table is given for one.
    RecordError
        If `split` lacks columns of a split, has a hazard without a zone, or one id twice; if
        `as_of` is no day.
    MixedError
        If it mixes thresholds, rules or borders.
    CRSError
        If a frame is not in EPSG:4326.

    Examples
    --------
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split import zones
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> border = intake.read_border(sample.path("border"))
    >>> split = zones.border_split(fields[fields["province"] == "Pailin"], border)
    >>> held = layers(split, border=border, as_of="2022-12-31")
    >>> province(held, "Pailin").facts.total_hazards == len(split)
    True
    """
    return Layers(
        split,
        border,
        admin,
        releases,
        places,
        as_of,
        restricted,
        selection,
        settings,
        ledger,
        recorded,
    )


def national(
    layers: gpd.GeoDataFrame | Layers,
    *,
    title: str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    context: Context | None = None,
    public: bool = False,
    draw: bool = False,
) -> OfflinePage:
    """Return the map of all hazards of a split.

    Parameters
    ----------
    layers
        What `border_split` returned (EPSG:4326; sizes whole m²), or the split with all that is
        drawn with it (`layers`, `Store.layers`).
    title
        Title of the page instead of the usual one.
    basemap
        What lies beneath: a tile source by its xyzservices name, as "OpenStreetMap.Mapnik" (then
        the page asks the internet for tiles), or a GeoTIFF, whose image `save` puts beside the
        page. None: the lines and polygons are context enough.
    context
        Roads, rivers and villages of the office's own, inside the page: see `read_context`. A page
        for everybody has none.
    public
        For everybody: figures of accepted records by district and released land that gives
        nothing away, no polygon, id or text of a hazard. See `disclosure.disclose`. Its layers
        must say what is restricted.
    draw
        Whether a task can be drawn on the page, or opened from a GPX or GeoJSON file: it says how
        many m² of which hazards lie inside, as `release_area` would (within 1 m²; strips thinner
        than 0.05 m stay). Outlines are then to 1e-9 degree, and the page is larger:
        `OfflinePage.draw_bytes`. Not for a public page.

    Returns
    -------
    folium.Map
        `save(path)` writes the page.

    Raises
    ------
    OptionError
        If there is no tile source of that name; the message lists the nearest ones. If a public
        map is asked for and nothing says what is restricted.
    FileError
        If the basemap's file cannot be used.
    RecordError, MixedError, CRSError
        As for `layers`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.terms import SPLIT_COLUMNS
    >>> columns = ["hazard_id", "size_m2", *SPLIT_COLUMNS]
    >>> split = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry", crs=4326)
    >>> page = national(split)
    >>> "http" in page.get_root().render().split("<body>")[1].split("<script")[0]
    False
    """
    held = as_layers("national(layers, *, title=None)", layers, {"title": title})
    scene = Scene.of(held, basemap, context)
    return compose(
        scene, subjects.whole(held.split, held.admin), title=title, public=public, draw=draw
    )


def province(
    layers: gpd.GeoDataFrame | Layers,
    name: str,
    *,
    title: str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    context: Context | None = None,
    public: bool = False,
    draw: bool = False,
) -> OfflinePage:
    """Return the map of one province: its hazards, by its recorded name or code.

    Parameters
    ----------
    layers
        As for `national`; EPSG:4326, sizes whole m².
    name
        Name or code of the province, as `admin.province_code` knows it, or as recorded in the
        frames. A province without hazards gives a page that says so.
    title, basemap, context, public, draw
        As for `national`.

    Returns
    -------
    folium.Map
        `save(path)` writes the page.

    Raises
    ------
    UnknownNameError
        If the province is unknown; the message lists the valid ones.
    OptionError, FileError, RecordError, MixedError, CRSError
        As for `national`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> import mine_geo as mg
    >>> hazards = mg.to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "province": "Battambang",
    ...      "district": "Samlout"},
    ...     geometry=[shapely.box(102.9, 12.7, 102.91, 12.71)], crs=4326))
    >>> split = mg.border_split(hazards, mg.read_border(mg.sample.path("border")))
    >>> mg.maps.province(split, "Battambang").facts.title.en
    'Battambang province'
    """
    held = as_layers("province(layers, name)", layers, {"name": name, "title": title})
    subject = subjects.province(held.split, held.admin, name)
    return compose(Scene.of(held, basemap, context), subject, title=title, public=public, draw=draw)


def district(
    layers: gpd.GeoDataFrame | Layers,
    province: str,
    name: str,
    *,
    title: str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    context: Context | None = None,
    public: bool = False,
    draw: bool = False,
) -> OfflinePage:
    """Return the map of one district of a province.

    Parameters
    ----------
    layers
        As for `national`; EPSG:4326, sizes whole m².
    province, name
        Names or codes of the province and of the district in it.
    title, basemap, context, public, draw
        As for `national`.

    Returns
    -------
    folium.Map
        `save(path)` writes the page.

    Raises
    ------
    UnknownNameError
        If the province, or the district in it, is unknown; the message lists the valid ones.
    OptionError, FileError, RecordError, MixedError, CRSError
        As for `national`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> import mine_geo as mg
    >>> hazards = mg.to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "province": "Battambang",
    ...      "district": "Samlout"},
    ...     geometry=[shapely.box(102.9, 12.7, 102.91, 12.71)], crs=4326))
    >>> split = mg.border_split(hazards, mg.read_border(mg.sample.path("border")))
    >>> mg.maps.district(split, "Battambang", "Samlout").facts.title.en
    'Samlout district, Battambang province'
    """
    names = {"province": province, "name": name, "title": title}
    held = as_layers("district(layers, province, name)", layers, names)
    subject = subjects.district(held.split, held.admin, province, name)
    return compose(Scene.of(held, basemap, context), subject, title=title, public=public, draw=draw)


def border_zone(
    layers: gpd.GeoDataFrame | Layers,
    province: str,
    district: str | None = None,
    *,
    kind: Kind | None = None,
    first: Zone = "far",
    capacity_m2: float | None = None,
    title: str | None = None,
    basemap: str | os.PathLike[str] | None = None,
    context: Context | None = None,
    draw: bool = False,
) -> OfflinePage:
    """Return the map of a province or district with the ranked list of hazards beside it.

    Parameters
    ----------
    layers
        As for `national`; EPSG:4326, sizes whole m².
    province, district
        Names or codes; without a district the whole province.
    kind
        The one kind that is drawn and listed: kinds are never ranked together. None: the one that
        the layers' `selection` names, else `ap_minefield`, which the Executive Order is about.
        Hazards of other kinds, or of none recorded, are counted beside the list.
    first
        The zone that is ranked first: "far" (the Executive Order of 4 January 2022 has hazards
        farther than 7 km released first) or "near". Within a zone the nearest comes first. A
        column `priority_rank` of the split, where there is one, decides before both. Hazards that
        are fixed to a year (`year`, `pinned_by`, `pinned_why`, as `planning.picks.years` gives
        them) keep it, whatever the capacity, and the list says who fixed them and why.
    capacity_m2
        What can be released in a year, whole m²: the page says which hazard falls into which
        year. The planner sets it, or another one, on the page.
    title, basemap, context, draw
        As for `national`.

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
    FileError, MixedError, CRSError
        As for `national`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> import mine_geo as mg
    >>> hazards = mg.to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "province": "Battambang",
    ...      "district": "Samlout"},
    ...     geometry=[shapely.box(102.9, 12.7, 102.91, 12.71)], crs=4326))
    >>> split = mg.border_split(hazards, mg.read_border(mg.sample.path("border")))
    >>> mg.maps.border_zone(split, "Battambang").facts.title.en
    'Battambang province'
    """
    names = {"province": province, "district": district, "title": title}
    held = as_layers("border_zone(layers, province, district=None)", layers, names)
    choose(first, ZONES, "first")
    subject = (
        subjects.province(held.split, held.admin, province)
        if district is None
        else subjects.district(held.split, held.admin, province, district)
    )
    return compose(
        Scene.of(held, basemap, context),
        subject,
        title=title,
        first=first,
        kind=kind,
        capacity_m2=capacity_m2,
        draw=draw,
    )
