"""PostGIS and one GeoPackage file behind one `Store`: the register with its ledger of events."""

from mine_geo.store.imports import Imported
from mine_geo.store.layers import Loaded
from mine_geo.store.ledger import Recorded
from mine_geo.store.opening import create_store, open_store, upgrade_store
from mine_geo.store.register import Registered
from mine_geo.store.store import Store

__all__ = [
    "Imported",
    "Loaded",
    "Recorded",
    "Registered",
    "Store",
    "create_store",
    "open_store",
    "upgrade_store",
]
