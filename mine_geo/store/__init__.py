"""PostGIS and one GeoPackage file behind one `Store`: the register with its ledger of events."""

from mine_geo.store.layers import Loaded
from mine_geo.store.opening import create_store, open_store, upgrade_store
from mine_geo.store.register import Registered
from mine_geo.store.store import Store

__all__ = ["Loaded", "Registered", "Store", "create_store", "open_store", "upgrade_store"]
