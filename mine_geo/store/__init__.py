"""PostGIS and one GeoPackage file behind one `Store`: the register with its ledger of events."""

from mine_geo.store.deciding import Accepted, Left, Rejected
from mine_geo.store.imports import Imported, Log, read_log, write_log
from mine_geo.store.layers import Loaded
from mine_geo.store.ledger import Recorded
from mine_geo.store.opening import create_store, open_store, upgrade_store
from mine_geo.store.register import Registered
from mine_geo.store.store import Store
from mine_geo.store.submissions import Examined
from mine_geo.store.submitting import Submitted

__all__ = [
    "Accepted",
    "Examined",
    "Imported",
    "Left",
    "Loaded",
    "Log",
    "Recorded",
    "Registered",
    "Rejected",
    "Store",
    "Submitted",
    "create_store",
    "open_store",
    "read_log",
    "upgrade_store",
    "write_log",
]
