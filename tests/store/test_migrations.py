"""One chain of migrations on both backends: the tables are the models, and a failure is nothing."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import mine_geo
from mine_geo import errors
from mine_geo.geo.geometry import size_m2
from mine_geo.ledger.events import ATTRIBUTES, LATER
from mine_geo.store import create_store, engines, making, open_store, upgrade_store
from mine_geo.store.engines import migrating
from mine_geo.store.schema import content, guards, models, rows
from mine_geo.store.schema.models import METADATA
from mine_geo.store.upkeep import doctor
from mine_geo.terms import HAZARD_COLUMNS
from tests.store.conftest import box

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    AddMigration = Callable[[str], None]

NEXT = '''
"""A migration of the tests."""

import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
'''


@pytest.fixture
def add_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AddMigration:
    """Put one more migration behind the last, in a copy of the chain."""
    chain = tmp_path / "chain"
    shutil.copytree(models.revisions_folder(), chain, ignore=shutil.ignore_patterns("__pycache__"))

    head = models.known_revisions()[-1]

    def add(body: str) -> None:
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        text = NEXT.format(head=head) + lines + "\n"
        (chain / "versions" / "9998_of_the_tests.py").write_text(text)
        monkeypatch.setattr(models, "revisions_folder", lambda: chain)

    return add


def engine_of(place: str) -> Engine:
    return engines.make_engine(engines.locate(place))


def tables(place: str) -> set[str]:
    engine = engine_of(place)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_the_first_migration_makes_every_table(place: str) -> None:
    create_store(place).close()
    assert tables(place) >= {*METADATA.tables, models.VERSION_TABLE}


def test_autogenerate_finds_no_difference(place: str) -> None:
    create_store(place).close()
    engine = engine_of(place)
    with migrating(engine) as connection:
        command.check(making.alembic_config(connection))
    engine.dispose()


def test_autogenerate_would_find_one(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    create_store(place).close()
    engine = engine_of(place)
    with migrating(engine) as connection:
        connection.execute(text("ALTER TABLE event ADD COLUMN stray TEXT"))
        connection.execute(text("DROP INDEX ix_hazard_province_code"))
        with pytest.raises(Exception, match="stray") as caught:
            command.check(making.alembic_config(connection))
    assert "ix_hazard_province_code" in str(caught.value)
    engine.dispose()


def test_a_store_is_upgraded_with_its_data_and_guards(
    place: str, hazards: gpd.GeoDataFrame, add_migration: AddMigration
) -> None:
    with create_store(place) as store:
        store.register(hazards)
    add_migration(
        'with op.batch_alter_table("event") as batch:\n'
        '    batch.add_column(sa.Column("weather", sa.Text()))\n'
        '    batch.create_check_constraint("weather", "weather <> \'\'")'
    )
    with pytest.raises(errors.SchemaVersionError, match="db upgrade"):
        open_store(place)
    assert upgrade_store(place) == (models.known_revisions()[-2], "9998")
    with open_store(place) as store:
        assert store.register(hazards).unchanged == 4
        with store._reading() as connection:
            columns = {each["name"] for each in inspect(connection).get_columns("event")}
        assert "weather" in columns
        # SQLite built the table anew: its guards must be there all the same
        with pytest.raises(errors.StoreError, match="append-only"), store._writing() as connection:
            connection.execute(text("DELETE FROM event"))


@pytest.mark.parametrize(
    "fault",
    [
        "raise RuntimeError('half way')",
        "op.execute('SELECT no_such_column FROM hazard')",
    ],
)
def test_a_failing_migration_leaves_nothing(
    place: str, hazards: gpd.GeoDataFrame, add_migration: AddMigration, fault: str
) -> None:
    with create_store(place) as store:
        store.register(hazards)
    before = tables(place)
    add_migration(
        'op.create_table("stray", sa.Column("fid", sa.Integer(), primary_key=True))\n'
        'op.add_column("hazard", sa.Column("stray", sa.Text()))\n' + fault
    )
    with pytest.raises((RuntimeError, errors.StoreError)):
        upgrade_store(place)
    migrate_folder = models.revisions_folder()
    (migrate_folder / "versions" / "9998_of_the_tests.py").unlink()
    assert tables(place) == before
    with open_store(place) as store:
        assert store.register(hazards).unchanged == 4


def test_a_migration_may_not_orphan_rows(
    tmp_path: Path, hazards: gpd.GeoDataFrame, add_migration: AddMigration
) -> None:
    place = tmp_path / "register.gpkg"
    with create_store(place) as store:
        store.register(hazards)
    add_migration(
        'op.execute("DROP TRIGGER guard_hazard_delete")\n'
        "op.execute(\"DELETE FROM hazard WHERE hazard_id = 'B-2'\")"
    )
    with pytest.raises(errors.StoreError, match="event without its links"):
        upgrade_store(place)
    (models.revisions_folder() / "versions" / "9998_of_the_tests.py").unlink()
    with open_store(place) as store:
        assert len(store.hazards()) == 4


def test_a_store_whose_making_fails_is_not_there(place: str, add_migration: AddMigration) -> None:
    add_migration("raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"):
        create_store(place)
    (models.revisions_folder() / "versions" / "9998_of_the_tests.py").unlink()
    with pytest.raises(errors.StoreNotFoundError):
        open_store(place)
    create_store(place).close()


def test_migrations_are_found_in_a_wheel_and_in_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = models.revisions_folder()
    package = tmp_path / "mine_geo"
    package.mkdir()
    monkeypatch.setattr(mine_geo, "__file__", str(package / "__init__.py"))
    with pytest.raises(errors.StoreError, match="install mine_geo again"):
        models.revisions_folder()
    shutil.copytree(real, tmp_path / "migrations")
    assert models.revisions_folder() == tmp_path / "migrations"
    shutil.copytree(real, package / "migrations")
    assert models.revisions_folder() == package / "migrations"


@pytest.mark.parametrize("revision", ["0003", "0004"])
def test_a_store_of_an_earlier_schema_keeps_its_hazards(
    place: str, hazards: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    table = hazards.assign(
        status=[None, "open", "worked_on", "closed"],
        village_code=["02090101", None, None, None],
        evidence=[None, "direct", None, "indirect"],
    )
    make_earlier(place, table, monkeypatch, revision)
    with pytest.raises(errors.SchemaVersionError, match="db upgrade"):
        open_store(place)
    assert upgrade_store(place) == (revision, models.known_revisions()[-1])
    with open_store(place, clock_is_right=True) as store:
        found = store.hazards()
        assert found["hazard_id"].tolist() == ["A-1", "B-2", "a-3", "Ä-4"]
        assert found["status"].tolist() == ["open", "open", "worked_on", "worked_on"]
        assert found["village_code"].fillna("").tolist() == ["", "02090101", "", ""]
        assert found["evidence"].fillna("").tolist() == ["direct", "", "", "indirect"]
        assert not found["residual"].any()
        assert store.rebuild().empty
        assert store.register(table).unchanged == 4
        assert store.record("B-2", "cleared", table.geometry[0], happened_on="2022-05-01").new
        assert store.rebuild().empty
    engine = engine_of(place)
    with migrating(engine) as connection:
        command.check(making.alembic_config(connection))
    engine.dispose()


WAITED = [  # as the library of schema 0007 wrote the further columns of such a file
    (
        '{"village_code":"02090101","commune_code":"020901","evidence":"direct","survey_method":"nts",'
        '"residual":true,"task":1}'
    ),
    (
        '{"village_code":null,"commune_code":null,"evidence":"hearsay","survey_method":"ts",'
        '"residual":false,"task":2}'
    ),
    '{"note":"no \\"evidence\\" of it"}',
    None,
]


@pytest.mark.parametrize("revision", ["0004", "0013"])
def test_what_waited_before_its_columns_were_there_is_accepted_whole(
    place: str, hazards: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    """Before, an acceptance lost it: a further column gave way to ours of that name."""
    table = hazards.assign(status=[None, "open", "worked_on", "closed"])
    make_earlier(place, table, monkeypatch, "0004")
    ids = [f"W-{number}" for number in range(4)]
    shapes = [shapely.multipolygons([box(102.5 + number / 50, 13)]) for number in range(4)]
    engine = engine_of(place)
    with migrating(engine) as connection:
        submission = dict.fromkeys(models.SUBMISSION.columns.keys()[1:], "x") | {
            "submission_id": "S-0001",
            "received_at": datetime(2022, 1, 2, tzinfo=UTC),
            "what": "hazards",
            "accuracy_m": None,
            "operation": None,
            "mapping": '{"columns":[]}',
            "synthetic": False,
            **dict.fromkeys(("bytes", "closed_left_out", "closed_m2"), 0),
        }
        rows.insert_rows(
            connection, models.SUBMISSION, {name: [value] for name, value in submission.items()}
        )
        record = {
            "submission_id": ["S-0001"] * 4,
            "record": [1, 2, 3, 4],
            "hazard_id": ids,
            "state": ["waiting"] * 4,
            **dict.fromkeys(("errors", "warnings"), [0] * 4),
            "counted": [True] * 4,
            "kind": ["ap_minefield"] * 4,
            "surveyed_on": [date(2021, 3, 4)] * 4,
            "size_m2": size_m2(gpd.GeoSeries(shapes, crs=4326)).tolist(),
            "extra": WAITED,
            "geometry_hash": content.geometry_hashes(gpd.GeoSeries(shapes, crs=4326)),
            "geometry": shapes,
        }
        rows.insert_rows(connection, models.RECORD, record)
        with monkeypatch.context() as before:
            before.setattr(models, "known_revisions", lambda: (revision,))
            making.migrate(connection, revision)
        guards.install(connection)
    engine.dispose()
    assert upgrade_store(place) == (revision, models.known_revisions()[-1])
    with open_store(place, clock_is_right=True) as store:
        waiting = store.submission("S-0001").records
        assert (waiting["change"] == "new").all()
        assert store.accept("S-0001").registered == 4
        found = store.hazards(workbench="exclude").set_index("hazard_id")
        for name, said in {
            "village_code": ["02090101", "", "", ""],
            "commune_code": ["020901", "", "", ""],
            "survey_method": ["nts", "ts", "", ""],
            "evidence": ["direct", "", "", ""],
            "source_evidence": ["", "hearsay", "", ""],
            "note": ["", "", 'no "evidence" of it', ""],
        }.items():
            assert found.loc[ids, name].fillna("").tolist() == said, name
        assert found.loc[ids, "task"].fillna(0).tolist() == [1, 2, 0, 0]
        assert found.loc["W-0", "source_residual"]
        assert not found["residual"].any()  # an officer says that, no file
        assert store.rebuild().empty
        change = text("UPDATE submitted_record SET extra = NULL")
        with pytest.raises(errors.StoreError, match="submit the"), store._writing() as writes:
            writes.execute(change)
    assert doctor.examine(place).query("check == 'guards'")["severity"].tolist() == ["ok"]


def test_the_chain_is_what_the_names_of_its_files_say() -> None:
    script = ScriptDirectory.from_config(making.alembic_config())
    chain = tuple(each.revision for each in script.walk_revisions())
    assert chain[::-1] == models.known_revisions()


def test_distances_kept_by_an_earlier_version_are_computed_anew(
    place: str, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    """Of some valid polygons they were wrong by up to two kilometres."""
    with create_store(place) as store:
        store.load_border(border)
        store.register(hazards)
        right = store.split()["border_distance_m"]
    engine = engine_of(place)
    with migrating(engine) as connection:
        connection.execute(text("UPDATE border_distance SET border_distance_m = 9999"))
        connection.execute(text(f"UPDATE {models.VERSION_TABLE} SET version_num = '0003'"))
    engine.dispose()
    with pytest.raises(errors.SchemaVersionError, match="db upgrade"):
        open_store(place)
    engine = engine_of(place)
    with migrating(engine) as connection:  # the tables of later revisions are there
        command.upgrade(making.alembic_config(connection), "0004")
        now = {"head": models.known_revisions()[-1]}
        connection.execute(text(f"UPDATE {models.VERSION_TABLE} SET version_num = :head"), now)
    engine.dispose()
    with open_store(place) as store:
        assert store.split()["border_distance_m"].equals(right)


def make_earlier(
    place: str, table: gpd.GeoDataFrame, patch: pytest.MonkeyPatch, revision: str
) -> None:
    """Make a store as an earlier version of the library did, with hazards."""
    if place.endswith(".gpkg"):
        Path(place).touch()
    attributes = [name for name in ATTRIBUTES if name not in LATER]
    # what are attributes by now were further columns then, where a file had them
    table = table.drop(columns=[name for name in LATER if not table[name].any()])
    said = {name: content.plain(table[name]) for name in attributes}
    extras = content.extras(table, set(HAZARD_COLUMNS) - LATER.keys())
    details = [
        content.to_json(dict(zip((*attributes, "extra"), row, strict=True)))
        for row in zip(*said.values(), extras, strict=True)
    ]
    hashes = content.geometry_hashes(table.geometry)
    ids = table["hazard_id"].tolist()
    shared = {"hazard_id": ids, "geometry": list(table.geometry)}
    days = [date(2020, 1, 31) if pd.isna(day) else day.date() for day in table["surveyed_on"]]
    engine, now = engine_of(place), datetime(2022, 1, 1, tzinfo=UTC)
    with migrating(engine) as connection, patch.context() as before:
        before.setattr(making, "clock", lambda _: now)
        before.setattr(models, "known_revisions", lambda: (revision,))
        before.setattr(guards, "install", lambda _: None)  # its own; the upgrade makes ours
        making._prepare(connection, engines.locate(place))
        making.migrate(connection, revision)
        making._describe(connection, synthetic=False, title=None)
        hazard = {
            **shared,
            **said,
            "surveyed_on": [None if pd.isna(day) else day.date() for day in table["surveyed_on"]],
            "size_m2": table["size_m2"].tolist(),
            "extra": content.extra_texts(extras),
            "synthetic": [False] * len(ids),
            "geometry_hash": hashes,
        }
        hazard["status"] = ["open", "open", "worked_on", "worked_on"]  # as it was derived
        event = {
            **shared,
            "event_id": [content.digest(*each) for each in zip(ids, details, hashes, strict=True)],
            "event_type": ["registered"] * len(ids),
            "happened_on": days,
            "recorded_at": [now] * len(ids),
            "detail": details,
        }
        rows.insert_rows(connection, METADATA.tables["hazard"], hazard)
        rows.insert_rows(connection, METADATA.tables["event"], event)
    engine.dispose()
