"""The register of a national mine-action office: polygons, the border, land release.

`import mine_geo as mg` gives the functions below; each module is loaded when it is first used.
Geometries are in EPSG:4326, distances in metres, sizes in whole m².
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mine_geo import errors, intake, maps, sample, terms
    from mine_geo.admin import assign_admin
    from mine_geo.border import border_distance
    from mine_geo.bounds import zone_bounds
    from mine_geo.checks import check_hazards
    from mine_geo.errors import MineGeoError
    from mine_geo.geometry import size_m2
    from mine_geo.hazards import to_hazards
    from mine_geo.intake import read_admin, read_border, read_hazards
    from mine_geo.nearzone import near_zone
    from mine_geo.public_settings import PublicSettings
    from mine_geo.published import published_table, reconcile
    from mine_geo.release import release_area
    from mine_geo.snapshots import compare_snapshots
    from mine_geo.store import Store, create_store, open_store
    from mine_geo.totals import totals
    from mine_geo.transfers import divide, merge
    from mine_geo.zones import border_sensitivity, border_split

__version__ = "0.1.0"

_HOMES = {
    "MineGeoError": "errors",
    "PublicSettings": "public_settings",
    "Store": "store",
    "assign_admin": "admin",
    "border_distance": "border",
    "border_sensitivity": "zones",
    "border_split": "zones",
    "check_hazards": "checks",
    "compare_snapshots": "snapshots",
    "create_store": "store",
    "divide": "transfers",
    "merge": "transfers",
    "near_zone": "nearzone",
    "open_store": "store",
    "published_table": "published",
    "read_admin": "intake",
    "read_border": "intake",
    "read_hazards": "intake",
    "reconcile": "published",
    "release_area": "release",
    "size_m2": "geometry",
    "to_hazards": "hazards",
    "zone_bounds": "bounds",
}
"""The module of each function."""

__all__ = [
    "MineGeoError",
    "PublicSettings",
    "Store",
    "assign_admin",
    "border_distance",
    "border_sensitivity",
    "border_split",
    "check_hazards",
    "compare_snapshots",
    "create_store",
    "divide",
    "errors",
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


class _Facade(ModuleType):
    """The package, in which `totals` is the function and not the module of that name."""

    @property
    def totals(self) -> Any:
        return import_module("mine_geo.totals").totals

    @totals.setter
    def totals(self, _module: ModuleType) -> None:
        """Take no notice of the import system, which would put the module here."""


sys.modules[__name__].__class__ = _Facade


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"mine_geo.{_HOMES[name]}"), name)
    if name in __all__:
        return import_module(f"mine_geo.{name}")
    raise AttributeError(f"module 'mine_geo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
