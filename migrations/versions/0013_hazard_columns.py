"""Hazards say more: codes of commune and village, how they were surveyed, what speaks for them, and
whether what remains is residual.

Revision: 0013, after 0012. Runs on PostGIS and on GeoPackage. The ledger stays as it is: where its
events say such a thing among the further columns of a file, the hazard layer has it as its own
column from now on, as a fold of these events does.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXTS = ("commune_code", "village_code", "survey_method", "evidence")
WORDS = {
    "survey_method": ("baseline", "cmrs", "nts", "ts", "other"),
    "evidence": ("direct", "indirect"),
    "residual": (True, False),
}


def upgrade() -> None:
    for table in ("hazard", "submitted_record"):
        for name in TEXTS:
            op.add_column(table, sa.Column(name, sa.Text()))
    residual = sa.Column("residual", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("hazard", residual)
    move_columns(op.get_bind())


def move_columns(connection: sa.Connection) -> None:
    names = (*TEXTS, "residual")
    hazard = sa.table("hazard", sa.column("fid"), sa.column("extra"), *map(sa.column, names))
    said = sa.or_(*(hazard.c.extra.contains(f'"{name}"', autoescape=True) for name in names))
    found = connection.execute(sa.select(hazard.c.fid, hazard.c.extra).where(said)).all()
    if not found:
        return
    guarded(connection, guard=False)
    for fid, text in found:
        extra: dict[str, Any] = json.loads(text)
        moved = {
            name: extra.pop(name)
            for name in names
            if extra.get(name) is not None and extra[name] in WORDS.get(name, (extra[name],))
        }
        rest = json.dumps(extra, ensure_ascii=False, separators=(",", ":")) if extra else None
        statement = sa.update(hazard).where(hazard.c.fid == fid)
        connection.execute(statement.values(extra=rest, **moved))
    guarded(connection, guard=True)


def guarded(connection: sa.Connection, *, guard: bool) -> None:
    """Take the guard off the hazard layer, or put it on again: it is of the schema before."""
    if connection.dialect.name == "postgresql":
        state = "ENABLE ALWAYS" if guard else "DISABLE"
        there = (
            "SELECT FROM pg_trigger WHERE tgname = 'guard_layer' AND tgrelid = 'hazard'::regclass"
        )
        if connection.execute(sa.text(there)).first() is None:
            return
        connection.execute(sa.DDL(f"ALTER TABLE hazard {state} TRIGGER guard_layer"))
        return
    info = sa.table("store_info", sa.column("writing", sa.Boolean()))
    connection.execute(sa.update(info).values(writing=not guard))
