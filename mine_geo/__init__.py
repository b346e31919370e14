"""The register of a national mine-action office: polygons, the border, land release.

`import mine_geo as mg` gives these; each is loaded when it is first used. Geometries are in
EPSG:4326 (longitude, latitude), distances in metres, sizes in whole m².

Read files
    read_hazards        hazards of any supported file, in our columns
    read_border         border lines, land and coast
    read_admin          districts
    sample              the synthetic sample: `sample.path("minefields")`

Look at hazards
    to_hazards          a GeoDataFrame of your own, in our columns
    check_hazards       what is wrong, one finding a row
    checks              the checks one by one, and repairs
    assign_admin        the province and district with the largest part of each
    compare_snapshots   two editions of a layer
    size_m2             the one size of a polygon

The 7 km split
    border_split        distance, neighbour and zone of each hazard
    border_distance     the distance alone
    border_sensitivity  what the split depends on: rule, coast, accuracy
    near_zone           all that lies nearer than the threshold, as a polygon
    distributed         the split and its totals on several machines, with Dask

Figures
    totals              hazards and m², near and far, by province, district, ...
    published_table     a table as it was published
    reconcile           ours beside the published one, row by row
    zone_bounds         the least and the most that can lie in each zone
    shown               a table as a notebook shows it: units, separators, sums
    dated_figures       stocks and releases as press and reviews print them
    flows               the inflow that two stocks and what was released imply

Plan
    raster_facts        slope, population, land cover beneath each hazard
    border_distance_raster  metres to the border, as a raster
    contamination_raster  m² of hazards in each cell, as a raster
    read_weights        a weight set: what counts, how much, who decided
    priority            score and rank of each hazard by a weight set
    robustness          how often each is among the first under other weights

Land release, without a store
    release_area        what a release leaves of a hazard
    divide, merge       hazards made of one, one made of several
    fold                events to hazards as of a day, as known at a moment
    balance             opening, what came and went, what remains
    releases            released m² by outcome, effective and reported
    changes             why a total moved
    released_land       what each release took, as polygons

Planning
    read_plan           what a plan rests on, from a TOML file
    make_plan           year by year, province by province; simulated
    sampling_plan       how many releases to inspect, and which
    mine_free           what stands between each village and its declaration

The register
    open_store          a store: PostGIS, or one GeoPackage
    create_store        a new one
    Store               its class: everything that a register can do

Maps and files
    maps                pages that open offline, sheets to print, atlases
    exports             files for QGIS, Google Earth and GPS; tables as files
    reports             dossiers of single hazards and tasks
    plot                charts: near and far, releases, what remains, a fan
    Layers              all that they are made from, checked once
    Selection           how a split was asked for, for maps and files to say it

What may be shown to everybody
    disclose            a split as it may be published
    PublicSettings      the parameters of everything public
    StandingText        what an authority has its public outputs say

While it takes long
    progress_bar        a bar in a notebook or terminal, for every `progress=`

Words and faults
    terms               the vocabulary: kinds, rules, columns
    errors              every exception, with its exit code
    MineGeoError        the base of them all
    intake              all that reads foreign files, with profiles of your own
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mine_geo import distributed, errors, exports, intake, maps, plot, reports, terms
    from mine_geo.disclosure.disclosed import disclose
    from mine_geo.disclosure.layers import Layers, Selection
    from mine_geo.disclosure.settings import PublicSettings, StandingText
    from mine_geo.errors import MineGeoError
    from mine_geo.geo import sample
    from mine_geo.geo.admin import assign_admin
    from mine_geo.geo.geometry import size_m2
    from mine_geo.geo.hazards import to_hazards
    from mine_geo.geo.snapshots import compare_snapshots
    from mine_geo.intake import checks, read_admin, read_border, read_hazards
    from mine_geo.intake.checks import check_hazards
    from mine_geo.ledger.fold import fold
    from mine_geo.ledger.preview import divide, merge, release_area
    from mine_geo.planning.plan import make_plan
    from mine_geo.planning.plan_inputs import read_plan
    from mine_geo.planning.priority import priority, robustness
    from mine_geo.planning.rasters import raster_facts
    from mine_geo.planning.sampling import sampling_plan
    from mine_geo.planning.surfaces import border_distance_raster, contamination_raster
    from mine_geo.planning.villages import mine_free
    from mine_geo.planning.weights import read_weights
    from mine_geo.progress import progress_bar
    from mine_geo.split.distance import border_distance
    from mine_geo.split.zones import border_sensitivity, border_split, near_zone
    from mine_geo.store import Store, create_store, open_store
    from mine_geo.tables.bounds import zone_bounds
    from mine_geo.tables.flows import dated_figures, flows
    from mine_geo.tables.movements import balance, changes, released_land, releases
    from mine_geo.tables.published import published_table, reconcile
    from mine_geo.tables.shown import shown
    from mine_geo.tables.totals import totals

__version__ = "0.1.0"

_HOMES = {
    "Layers": "disclosure.layers",
    "MineGeoError": "errors",
    "PublicSettings": "disclosure.settings",
    "Selection": "disclosure.layers",
    "StandingText": "disclosure.settings",
    "Store": "store",
    "assign_admin": "geo.admin",
    "balance": "tables.movements",
    "border_distance": "split.distance",
    "border_distance_raster": "planning.surfaces",
    "border_sensitivity": "split.zones",
    "border_split": "split.zones",
    "changes": "tables.movements",
    "check_hazards": "intake.checks",
    "compare_snapshots": "geo.snapshots",
    "contamination_raster": "planning.surfaces",
    "create_store": "store",
    "dated_figures": "tables.flows",
    "disclose": "disclosure.disclosed",
    "divide": "ledger.preview",
    "flows": "tables.flows",
    "fold": "ledger.fold",
    "make_plan": "planning.plan",
    "merge": "ledger.preview",
    "mine_free": "planning.villages",
    "near_zone": "split.zones",
    "open_store": "store",
    "priority": "planning.priority",
    "progress_bar": "progress",
    "published_table": "tables.published",
    "raster_facts": "planning.rasters",
    "read_admin": "intake",
    "read_border": "intake",
    "read_hazards": "intake",
    "read_plan": "planning.plan_inputs",
    "read_weights": "planning.weights",
    "reconcile": "tables.published",
    "release_area": "ledger.preview",
    "released_land": "tables.movements",
    "releases": "tables.movements",
    "robustness": "planning.priority",
    "shown": "tables.shown",
    "sampling_plan": "planning.sampling",
    "size_m2": "geo.geometry",
    "to_hazards": "geo.hazards",
    "totals": "tables.totals",
    "zone_bounds": "tables.bounds",
}
"""The module of each name."""

_MODULES = {"checks": "intake.checks", "sample": "geo.sample"}
"""The modules that are reached here, and stand elsewhere."""

__all__ = [
    "Layers",
    "MineGeoError",
    "PublicSettings",
    "Selection",
    "StandingText",
    "Store",
    "assign_admin",
    "balance",
    "border_distance",
    "border_distance_raster",
    "border_sensitivity",
    "border_split",
    "changes",
    "check_hazards",
    "checks",
    "compare_snapshots",
    "contamination_raster",
    "create_store",
    "dated_figures",
    "disclose",
    "distributed",
    "divide",
    "errors",
    "exports",
    "flows",
    "fold",
    "intake",
    "make_plan",
    "maps",
    "merge",
    "mine_free",
    "near_zone",
    "open_store",
    "plot",
    "priority",
    "progress_bar",
    "published_table",
    "raster_facts",
    "read_admin",
    "read_border",
    "read_hazards",
    "read_plan",
    "read_weights",
    "reconcile",
    "release_area",
    "released_land",
    "releases",
    "reports",
    "robustness",
    "sample",
    "sampling_plan",
    "shown",
    "size_m2",
    "terms",
    "to_hazards",
    "totals",
    "zone_bounds",
]


if not TYPE_CHECKING:  # else a name that does not exist would be no error of type

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(f"mine_geo.{_HOMES[name]}"), name)
        if name in __all__:
            return import_module(f"mine_geo.{_MODULES.get(name, name)}")
        raise AttributeError(f"module 'mine_geo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
