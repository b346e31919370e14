"""Lists that are only added to: declarations, accidents, evidence, weight sets, programmes,
inspections and operators' own totals.

Revision: 0007, after 0006. Runs on PostGIS and on GeoPackage. Nothing that is there changes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from mine_geo.store.schema.rows import Moment, Shape

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNITS = tuple(
    f"{name}{end}"
    for name in ("province", "district", "commune", "village")
    for end in ("", "_code")
)
KINDS = ("ap_minefield", "av_minefield", "cluster_munition", "other_erw")
ITEMS = ("ap_mines", "av_mines", "submunitions", "uxo")


def upgrade() -> None:
    add_list(
        "declaration",
        ("level", "code", "declared_on"),
        texts("level", "code", "name"),
        [sa.Column("declared_on", sa.Date())],
        texts("declared_by", "document"),
        words={"level": ("district", "commune", "village")},
    )
    add_list(
        "accident",
        ("happened_on",),
        [sa.Column("happened_on", sa.Date())],
        texts(*UNITS),
        numbers("killed", "injured"),
        texts("item", "activity", "source"),
        shape="POINT",
    )
    add_list(
        "evidence_point",
        ("found_on",),
        [sa.Column("found_on", sa.Date())],
        texts("evidence", "hazard_id", *UNITS, "what", "operator", "report_ref", "source"),
        words={"evidence": ("direct", "indirect")},
        shape="POINT",
    )
    add_list(
        "weight_set",
        ("name", "weights_hash", "weights"),
        texts("name", "weights_hash", "decided_by"),
        [sa.Column("decided_on", sa.Date())],
        texts("weights"),
    )
    add_list(
        "programme",
        ("programme", "baseline_on", "hazard_id"),
        texts("programme"),
        [sa.Column("baseline_on", sa.Date())],
        texts("hazard_id"),
        numbers("target_year"),
        texts("document"),
        index="programme",
    )
    add_list(
        "inspection",
        ("hazard_id", "inspected_on", "verdict"),
        texts("hazard_id", "event_id"),
        [sa.Column("inspected_on", sa.Date())],
        texts("inspected_by"),
        numbers("sample_m2"),
        texts("verdict"),
        [sa.Column("recleared_on", sa.Date())],
        texts("report_ref"),
        words={"verdict": ("passed", "failed")},
        index="hazard_id",
        shape="MULTIPOLYGON",
    )
    add_list(
        "operator_total",
        ("operator", "outcome", "year", "source"),
        texts("operator", "outcome", "kind", "province", "province_code"),
        numbers("year"),
        [sa.Column("reported_m2", sa.Double())],
        numbers(*ITEMS),
        texts("source"),
        words={"outcome": ("cancelled", "reduced", "cleared"), "kind": KINDS},
    )


def texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text()) for name in names]


def numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, NUMBER) for name in names]


def add_list(
    name: str,
    needed: tuple[str, ...],
    *columns: list[sa.Column[Any]],
    words: dict[str, tuple[str, ...]] | None = None,
    index: str | None = None,
    shape: str | None = None,
) -> None:
    said = " AND ".join(f"{column} IS NOT NULL" for column in needed)
    checks = {
        "reason": "(withdraws IS NULL) = (reason IS NULL)",
        "said": f"withdraws IS NOT NULL OR ({said})",
    }
    for column, valid in (words or {}).items():
        checks[column] = f"{column} IN ({', '.join(repr(word) for word in valid)})"
    op.create_table(
        name,
        sa.Column("fid", NUMBER, nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("recorded_by", sa.Text()),
        *(column for group in columns for column in group),
        *([] if shape is None else [sa.Column("geometry", Shape(shape))]),
        sa.Column("comment", sa.Text()),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("withdraws", sa.Text()),
        sa.Column("reason", sa.Text()),
        *(sa.CheckConstraint(said, name=f"ck_{name}_{of}") for of, said in checks.items()),
        sa.ForeignKeyConstraint(["withdraws"], [f"{name}.entry_id"], name=f"fk_{name}_withdraws"),
        sa.PrimaryKeyConstraint("fid", name=f"pk_{name}"),
        sa.UniqueConstraint("entry_id", name=f"uq_{name}_entry_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_recorded_at", name, ["recorded_at"])
    op.create_index(f"ix_{name}_withdraws", name, ["withdraws"], unique=True)
    if index is not None:
        op.create_index(f"ix_{name}_{index}", name, [index])
    if shape is not None and op.get_context().dialect.name == "postgresql":
        # in a GeoPackage QGIS makes its own
        op.create_index(f"ix_{name}_geometry", name, ["geometry"], postgresql_using="gist")
