"""The schema that the migrations make, as golden records: no migration changes it by accident.

Where a migration changes it on purpose, `MINE_GEO_RENEW=1 pytest tests/store/test_schema.py` writes
the records anew; look at the difference before it is committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from mine_geo.store import create_store
from mine_geo.store.engines import locate, make_engine, reading
from mine_geo.store.schema import guards

if TYPE_CHECKING:
    from sqlalchemy import Connection

GOLDEN = Path(__file__).parent / "golden"

SQLITE = {
    "": "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL",
    "contents": "SELECT table_name, data_type, identifier, description, srs_id FROM gpkg_contents",
    "geometry": "SELECT * FROM gpkg_geometry_columns",
    "system": "SELECT srs_id, organization, organization_coordsys_id FROM gpkg_spatial_ref_sys",
    "header": "SELECT * FROM pragma_application_id, pragma_user_version",
    "revision": "SELECT * FROM mine_geo_version",
}
SERVER = {
    "column": """
        SELECT relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
            pg_get_expr(adbin, adrelid)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'mine_geo'::regnamespace AND relkind = 'r' AND attnum > 0
            AND NOT attisdropped""",
    "constraint": """
        SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'mine_geo'::regnamespace AND contype <> 'n'""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'mine_geo'",
    "trigger": """
        SELECT pg_get_triggerdef(t.oid), tgenabled FROM pg_trigger t
        JOIN pg_class c ON c.oid = tgrelid
        WHERE relnamespace = 'mine_geo'::regnamespace AND NOT tgisinternal""",
    "function": """
        SELECT pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'mine_geo'::regnamespace""",
    "sequence": """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'mine_geo'::regnamespace AND relkind IN ('S', 'v', 'm')""",
    "revision": "SELECT version_num FROM mine_geo_version",
}


def described(connection: Connection) -> list[str]:
    """Return what there is, one thing a line, in an order of its own; spaces do not count."""
    queries = SERVER if connection.dialect.name == "postgresql" else SQLITE
    lines = [
        " ".join([what, *("" if value is None else str(value) for value in row)])
        for what, query in queries.items()
        for row in connection.execute(text(query.replace(":", "\\:")))
    ]
    return sorted(re.sub(r"\s+", " ", line).strip() for line in lines)


def test_the_migrations_make_the_schema_that_is_recorded(backend: str, place: str) -> None:
    create_store(place).close()
    engine = make_engine(locate(place))
    with reading(engine) as connection:
        found = described(connection)
    engine.dispose()
    record = GOLDEN / f"schema_{backend}.txt"
    if os.environ.get("MINE_GEO_RENEW"):
        record.parent.mkdir(exist_ok=True)
        record.write_text("\n".join(found) + "\n", "utf-8")
    assert found == record.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "name", ["geopackage", "guards_sqlite", "guards_postgresql", "views_sqlite"]
)
def test_each_statement_stands_whole(name: str) -> None:
    for part in guards.read_statements(name).values():
        for statement in part:
            first = statement.split(maxsplit=1)[0]
            assert first in {"CREATE", "DROP", "ALTER", "PRAGMA", "DELETE"}, statement
            assert "--" not in statement
            # one statement: a semicolon stands only inside the body of a trigger or a function
            body = re.sub(r"(?s)BEGIN .*END$|AS \$\$.*\$\$$", "", statement)
            assert ";" not in body, statement
