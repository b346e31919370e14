"""PostGIS and one GeoPackage file behind one `Store`: the register with its ledger of events."""

from mine_geo.store.deciding import Accepted, Left, Rejected
from mine_geo.store.imports import Imported, Log, read_log, write_log
from mine_geo.store.judging import Recorded
from mine_geo.store.layers import Loaded
from mine_geo.store.opening import create_store, open_store, upgrade_store
from mine_geo.store.publisher import Comparison, Edition
from mine_geo.store.register import Registered
from mine_geo.store.spot_tasks import RecordedTask
from mine_geo.store.spot_tasks import read_file as read_spot_tasks
from mine_geo.store.store import Store
from mine_geo.store.submissions import Examined
from mine_geo.store.submitting import Submitted

__all__ = [
    "Accepted",
    "Comparison",
    "Edition",
    "Examined",
    "Imported",
    "Left",
    "Loaded",
    "Log",
    "Recorded",
    "RecordedTask",
    "Registered",
    "Rejected",
    "Store",
    "Submitted",
    "create_store",
    "open_store",
    "read_log",
    "read_spot_tasks",
    "upgrade_store",
    "write_log",
]
