"""Empty stores in quick succession, for tests that need many: made once, emptied each time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import psycopg

from mine_geo.store import Store, create_store, open_store

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = (
    "event_effect",
    "event",
    "hazard",
    "spot_task",
    "submission_finding",
    "submitted_record",
    "submission",
    "border_distance",
    "border",
    "border_version",
    "district",
    "admin_version",
)
GUARDS = """
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger
    WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY(%s)
"""


class Yard:
    """Gives the one store of a backend, emptied; a superuser's trick, which only tests may use."""

    def __init__(self, kind: str, folder: Path, server: Any) -> None:
        self._folder, self._made = folder, 0
        self._url = server.database() if kind == "postgis" else None
        self._template = folder / "template.gpkg"
        create_store(self._url or str(self._template)).close()

    def empty(self) -> Store:
        """Give an empty store; on PostgreSQL the one given before is empty from then on."""
        if self._url is None:
            self._made += 1
            path = self._folder / f"{self._made}.gpkg"
            shutil.copy(self._template, path)
            return open_store(path)
        with psycopg.connect(self._url, options="-csearch_path=mine_geo,public") as connection:
            guards = connection.execute(GUARDS, (list(LAYERS),)).fetchall()
            for layer in LAYERS:
                connection.execute(f"ALTER TABLE {layer} DISABLE TRIGGER USER")
            connection.execute(f"TRUNCATE {', '.join(LAYERS)}")
            for layer, guard in guards:
                connection.execute(f"ALTER TABLE {layer} ENABLE ALWAYS TRIGGER {guard}")
        return open_store(self._url)
