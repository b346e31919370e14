"""Hazards that wait say in their own columns what they brought before there were such columns.

Revision: 0014, after 0013. Runs on PostGIS and on GeoPackage. Since 0013 a record has codes of
commune and village, `survey_method` and `evidence`; one that was submitted before has them among
the further columns of its file, and an acceptance would have lost them: a further column gives way
to a column of ours of the same name. What is no word of ours, and whether land is residual (which
an officer says, not a file), stays a further column, as `source_evidence` and so on.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Iterator

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXTS = ("commune_code", "village_code", "survey_method", "evidence")
WORDS = {
    "survey_method": ("baseline", "cmrs", "nts", "ts", "other"),
    "evidence": ("direct", "indirect"),
}
NAMES = (*TEXTS, "residual")


def upgrade() -> None:
    connection = op.get_bind()
    names = ("fid", "submission_id", "extra", *TEXTS)
    record = sa.table("submitted_record", *map(sa.column, names))
    submission = sa.table("submission", sa.column("submission_id"), sa.column("what"))
    of_hazards = sa.select(submission.c.submission_id).where(submission.c.what == "hazards")
    said = sa.or_(*(record.c.extra.contains(f'"{name}"', autoescape=True) for name in NAMES))
    query = sa.select(record).where(said, record.c.submission_id.in_(of_hazards))
    found = connection.execute(query).all()
    if not found:
        return
    with unguarded(connection):
        for row in found:
            extra, moved = parted(json.loads(row.extra), row)
            rest = json.dumps(extra, ensure_ascii=False, separators=(",", ":")) if extra else None
            update = sa.update(record).where(record.c.fid == row.fid)
            connection.execute(update.values(extra=rest, **moved))


def parted(extra: dict[str, Any], row: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the further columns of a record without ours, and what its own are to say."""
    rest: dict[str, Any] = {}
    moved: dict[str, str] = {}
    for name, value in extra.items():
        if name not in NAMES:
            rest[name] = value
        elif value is None or (name == "residual" and not value):
            continue
        elif name in TEXTS and getattr(row, name) is None and fits(name, value):
            moved[name] = str(value)
        else:
            free = f"source_{name}"
            while free in extra or free in rest:
                free += "_"
            rest[free] = value
    return rest, moved


def fits(name: str, value: Any) -> bool:
    """Say whether a value is one of the column; a code may have been a whole number."""
    if name in WORDS:
        return value in WORDS[name]
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(str(value).strip())


@contextmanager
def unguarded(connection: sa.Connection) -> Iterator[None]:
    """Take the guards off the records, and put them on again as they were."""
    if connection.dialect.name == "postgresql":
        query = sa.text(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'submitted_record'::regclass "
            "AND NOT tgisinternal"
        )
        names = connection.scalars(query).all()
        for name in names:
            connection.execute(sa.DDL(f'ALTER TABLE submitted_record DISABLE TRIGGER "{name}"'))
        yield
        for name in names:
            always = sa.DDL(f'ALTER TABLE submitted_record ENABLE ALWAYS TRIGGER "{name}"')
            connection.execute(always)
        return
    query = sa.text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
        "AND tbl_name = 'submitted_record' AND (name GLOB 'keep_*' OR name GLOB 'guard_*')"
    )
    triggers = connection.execute(query).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)
