"""The register of a national mine-action office: polygons, the border, land release.

`import mine_geo as mg` gives the functions below; each module is loaded when it is first used.
Geometries are in EPSG:4326, distances in metres, sizes in whole m².
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mine_geo import distributed, errors, exports, intake, maps, terms
    from mine_geo.disclosure.disclosed import disclose
    from mine_geo.disclosure.settings import PublicSettings
    from mine_geo.disclosure.standing import StandingText
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
    from mine_geo.maps.provenance import Selection
    from mine_geo.split.distance import border_distance
    from mine_geo.split.near_zone import near_zone
    from mine_geo.split.zones import border_sensitivity, border_split
    from mine_geo.store import Store, create_store, open_store
    from mine_geo.tables.bounds import zone_bounds
    from mine_geo.tables.published import published_table, reconcile
    from mine_geo.tables.totals import totals

__version__ = "0.1.0"

_HOMES = {
    "MineGeoError": "errors",
    "PublicSettings": "disclosure.settings",
    "Selection": "maps.provenance",
    "StandingText": "disclosure.standing",
    "Store": "store",
    "assign_admin": "geo.admin",
    "border_distance": "split.distance",
    "border_sensitivity": "split.zones",
    "border_split": "split.zones",
    "check_hazards": "intake.checks",
    "compare_snapshots": "geo.snapshots",
    "create_store": "store",
    "disclose": "disclosure.disclosed",
    "divide": "ledger.preview",
    "fold": "ledger.fold",
    "merge": "ledger.preview",
    "near_zone": "split.near_zone",
    "open_store": "store",
    "published_table": "tables.published",
    "read_admin": "intake",
    "read_border": "intake",
    "read_hazards": "intake",
    "reconcile": "tables.published",
    "release_area": "ledger.preview",
    "size_m2": "geo.geometry",
    "to_hazards": "geo.hazards",
    "totals": "tables.totals",
    "zone_bounds": "tables.bounds",
}
"""The module of each name."""

_MODULES = {"checks": "intake.checks", "sample": "geo.sample"}
"""The modules that are reached here, and stand elsewhere."""

__all__ = [
    "MineGeoError",
    "PublicSettings",
    "Selection",
    "StandingText",
    "Store",
    "assign_admin",
    "border_distance",
    "border_sensitivity",
    "border_split",
    "check_hazards",
    "checks",
    "compare_snapshots",
    "create_store",
    "disclose",
    "distributed",
    "divide",
    "errors",
    "exports",
    "fold",
    "intake",
    "maps",
    "merge",
    "near_zone",
    "open_store",
    "published_table",
    "read_admin",
    "read_border",
    "read_hazards",
    "reconcile",
    "release_area",
    "sample",
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
