"""PostGIS and one GeoPackage file behind one `Store`: the register with its ledger of events.

Each name is loaded when it is first used: where a store is (`store.address`) is asked by the
command before it knows whether it needs one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mine_geo.ledger.report import RedrawnReport, Remarks, Report, SpotTask, SurveyReport
    from mine_geo.store.layers import Loaded
    from mine_geo.store.ledger.imports import Imported, Log, read_log, write_log
    from mine_geo.store.ledger.judging import Recorded
    from mine_geo.store.ledger.register import Registered
    from mine_geo.store.ledger.spot_tasks import RecordedTask
    from mine_geo.store.ledger.spot_tasks import read_file as read_spot_tasks
    from mine_geo.store.lists import Entered, read_list_file, weight_set
    from mine_geo.store.making import create_store, upgrade_store
    from mine_geo.store.publisher import Comparison, Edition
    from mine_geo.store.roles import grant_role, make_roles, revoke_role
    from mine_geo.store.store import Store, open_store
    from mine_geo.store.workbench.accept import Accepted, Left, Rejected
    from mine_geo.store.workbench.listing import Examined
    from mine_geo.store.workbench.submit import Submitted

__all__ = [
    "Accepted",
    "Comparison",
    "Edition",
    "Entered",
    "Examined",
    "Imported",
    "Left",
    "Loaded",
    "Log",
    "Recorded",
    "RecordedTask",
    "RedrawnReport",
    "Registered",
    "Rejected",
    "Remarks",
    "Report",
    "SpotTask",
    "Store",
    "Submitted",
    "SurveyReport",
    "create_store",
    "grant_role",
    "make_roles",
    "open_store",
    "read_list_file",
    "read_log",
    "read_spot_tasks",
    "revoke_role",
    "upgrade_store",
    "weight_set",
    "write_log",
]

_HOMES = {
    "Accepted": "workbench.accept",
    "Comparison": "publisher",
    "Edition": "publisher",
    "Entered": "lists",
    "Examined": "workbench.listing",
    "Imported": "ledger.imports",
    "Left": "workbench.accept",
    "Loaded": "layers",
    "Log": "ledger.imports",
    "Recorded": "ledger.judging",
    "RecordedTask": "ledger.spot_tasks",
    "RedrawnReport": ".ledger.report",
    "Registered": "ledger.register",
    "Rejected": "workbench.accept",
    "Remarks": ".ledger.report",
    "Report": ".ledger.report",
    "SpotTask": ".ledger.report",
    "Store": "store",
    "Submitted": "workbench.submit",
    "SurveyReport": ".ledger.report",
    "create_store": "making",
    "grant_role": "roles",
    "make_roles": "roles",
    "open_store": "store",
    "read_list_file": "lists",
    "read_log": "ledger.imports",
    "read_spot_tasks": "ledger.spot_tasks",
    "revoke_role": "roles",
    "upgrade_store": "making",
    "weight_set": "lists",
    "write_log": "ledger.imports",
}
"""The module of each name; one that begins with a dot stands beside this package."""

_NAMED_THERE = {"read_spot_tasks": "read_file"}
"""What has another name there."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'mine_geo.store' has no attribute {name!r}")
        home = import_module(f".{_HOMES[name]}", __name__)
        return getattr(home, _NAMED_THERE.get(name, name))
