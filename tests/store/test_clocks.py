"""A clock that is wrong: refused before it is believed, named where it was, and mended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from sqlalchemy import insert

from mine_geo import errors
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import DAY_WAS, MOMENT_WAS
from mine_geo.store import Store, create_store, engines, open_store, read_log, write_log
from mine_geo.store.engines import next_moment
from mine_geo.store.schema.models import SPOT_TASK
from tests.cli.conftest import Command
from tests.store.conftest import box

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    Setting = Callable[[datetime], None]

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
LATE = {"happened_on": "2024-06-04", "uxo": 2, "task_id": "late", "comment": "by the road"}


OTHER_CLOCK = """
DO $do$ BEGIN
    IF to_regprocedure('mine_geo.check_moment(timestamptz)') IS NOT NULL THEN
        CREATE OR REPLACE FUNCTION mine_geo.check_moment(at timestamptz) RETURNS void
            LANGUAGE plpgsql AS $$ BEGIN RETURN; END $$;
    END IF;
END $do$
"""


@pytest.fixture(autouse=True)
def believing_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a server believe the clock of the test; else it knows its own, see `test_chain`."""
    before = engines.settle

    def settle(connection: Connection) -> None:
        before(connection)
        connection.exec_driver_sql(OTHER_CLOCK)

    monkeypatch.setattr(engines, "settle", settle)


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Setting:
    """Give a function that stops the clock, this computer's or the server's, at a moment."""

    def at(moment: datetime) -> None:
        monkeypatch.setattr(engines, "clock", lambda _: moment)

    return at


def fields(*names: str, surveyed_on: str | None = "2024-02-01") -> gpd.GeoDataFrame:
    """Return hazards side by side."""
    return to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": names,
                "kind": "ap_minefield",
                "area_type": "SHA",
                "surveyed_on": pd.Timestamp(surveyed_on) if surveyed_on else pd.NaT,
                "task": [f"T {name}" for name in names],
            },
            geometry=[box(103 + ord(name) / 50, 13) for name in names],
            crs=4326,
        )
    )


def moment_next(store: Store) -> datetime:
    with store._writing() as connection:
        return next_moment(connection)


# ---------------------------------------------------------------- refused


def test_a_clock_a_little_behind_gets_a_millisecond_more(store: Store, setting: Setting) -> None:
    setting(NOW)
    assert moment_next(store) == NOW
    store.register(fields("A"))
    for behind in (timedelta(), timedelta(milliseconds=1), timedelta(minutes=5)):
        setting(NOW - behind)
        assert moment_next(store) == NOW + MILLISECOND
    setting(NOW + timedelta(seconds=1))
    assert moment_next(store) == NOW + timedelta(seconds=1)


def test_a_clock_far_behind_the_ledger_is_refused(store: Store, setting: Setting) -> None:
    setting(NOW)
    store.register(fields("A"))
    setting(NOW - timedelta(minutes=5, milliseconds=1))
    with pytest.raises(errors.ClockError) as caught:
        store.register(fields("B"))
    said = str(caught.value)
    assert "\n" not in said
    for part in ("2026-03-04 05:01:06 UTC", "2026-03-04 05:06:07 UTC", "--mend-moments"):
        assert part in said
    assert store.hazards()["hazard_id"].tolist() == ["A"]


@pytest.mark.parametrize("backend", ["gpkg"])
def test_on_a_file_a_clock_far_ahead_must_be_vouched_for(store: Store, setting: Setting) -> None:
    setting(NOW)
    store.register(fields("A"))
    setting(NOW + timedelta(days=30))
    assert moment_next(store) == NOW + timedelta(days=30)
    late = NOW + timedelta(days=30, milliseconds=1)
    setting(late)
    with pytest.raises(errors.ClockError, match=r"30 days after .* --clock-is-right") as caught:
        store.register(fields("B"))
    assert "2026-04-03 05:06:07 UTC" in str(caught.value)
    assert "2026-03-04 05:06:07 UTC" in str(caught.value)
    with open_store(store._place.path, clock_is_right=True) as vouched:
        vouched.register(fields("B"))
        assert vouched.events()["recorded_at"].max() == late
    store.register(fields("C"))  # the question is answered: the ledger is of today again


@pytest.mark.parametrize("backend", [pytest.param("postgis", marks=pytest.mark.postgis)])
def test_on_a_server_its_own_clock_counts(store: Store, setting: Setting) -> None:
    setting(NOW)
    store.register(fields("A"))
    setting(NOW + timedelta(days=400))
    store.register(fields("B"))
    assert store.events()["recorded_at"].max() == NOW + timedelta(days=400)


@pytest.mark.parametrize("column", ["recorded_at", "retracted_at"])
def test_the_moment_of_a_spot_task_counts_too(store: Store, column: str) -> None:
    row = {"task_id": "t", "happened_on": NOW.date(), "synthetic": False, "content_hash": "x"}
    row |= {"recorded_at": NOW, "retracted_at": NOW, "retracted_why": "twice"}
    with store._writing() as connection:
        ahead = datetime(2100, 1, 1, tzinfo=UTC)
        connection.execute(insert(SPOT_TASK).values({**row, column: ahead}))
    with pytest.raises(errors.ClockError, match="2100-01-01 00:00:00 UTC"):
        store.register(fields("A"))


def test_borders_load_and_mending_goes_on_whatever_the_clock_says(
    store: Store, setting: Setting, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    setting(NOW)
    store.register(fields("A"))
    setting(NOW - timedelta(days=1))
    assert store.load_border(border).changed
    assert store.load_admin(admin).changed
    assert len(store.split()) == 1
    assert store.rebuild(repair=True).empty


# ---------------------------------------------------------------- named


def facts(store: Store) -> dict[str, str]:
    return store.info().set_index("what")["value"].to_dict()


def test_info_says_when_something_was_last_recorded(store: Store, setting: Setting) -> None:
    assert "last recorded" not in facts(store)
    setting(NOW)
    store.register(fields("A"))
    found = facts(store)
    assert found["last recorded"] == "2026-03-04 05:06:07 UTC"
    assert not [what for what in found if "future" in what]


# ---------------------------------------------------------------- mended


def poisoned(store: Store, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Record a little, then more of it by a clock a year ahead, then set the clock right."""
    store.register(fields("A", "B"))
    store.record("A", "cleared", box(103 + ord("A") / 50, 13, 0.002), happened_on="2024-05-01")
    store.record_spot_task(happened_on="2024-05-02", uxo=1, task_id="good", lon=103.5, lat=13.5)
    ahead = engines.milliseconds(datetime.now(UTC)) + timedelta(days=400)
    setting(ahead)
    store._engine.update_execution_options(**{engines.CLOCK_OPTION: True})
    store.register(fields("C", surveyed_on=None))  # on the day of the clock, in the future
    wrong = store.record(
        "A", "reduced", box(103 + ord("A") / 50, 13.005, 0.002), happened_on="2024-06-01"
    )
    store.confirm("B", happened_on="2024-06-02", event_id="confirmed")
    store.divide(
        "B",
        {"B-1": box(103 + ord("B") / 50, 13, 0.005)},
        happened_on="2024-06-03",
        remainder="keep",
    )
    store.retract(wrong, reason="entered twice")
    store.record_spot_task(happened_on="2024-06-04", uxo=2, task_id="late", comment="by the road")
    store.retract_spot_task("good", reason="entered twice")
    monkeypatch.undo()
    store._engine.update_execution_options(**{engines.CLOCK_OPTION: False})
    return ahead


def test_a_ledger_whose_clock_ran_ahead_is_named_written_out_and_mended(
    store: Store,
    second: Store,
    setting: Setting,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ahead = poisoned(store, setting, monkeypatch)
    with pytest.raises(errors.ClockError, match="db export-log"):
        store.register(fields("D"))
    found = facts(store)
    first = f"{ahead:%Y-%m-%d %H:%M:%S}"
    assert found["in the future: events"].startswith(f"6, from {first} to ")
    assert found["in the future: spot tasks"].startswith("1, from ")
    assert found["in the future: spot tasks retracted"].startswith("1, from ")
    assert "--mend-moments" in found["if the clock is right"]

    paths = write_log(store.export_log(), tmp_path / "log")
    assert [path.name for path in paths] == ["events.gpkg", "spot_tasks.gpkg"]
    log = read_log(tmp_path / "log")
    with pytest.raises(errors.RecordError, match=r"in the future .* --mend-moments"):
        second.import_log(*log)
    before = datetime.now(UTC)
    done = second.import_log(*log, mend_moments=True)
    assert (done.hazards, done.events, done.spot_tasks, done.mended) == (3, 6, 2, 8)

    # nothing but moments is another
    assert second.rebuild().empty
    assert second.balance().equals(store.balance())
    columns = ["hazard_id", "status", "area_type", "size_m2", "parent_id", "task"]
    assert second.hazards()[columns].equals(store.hazards()[columns])
    assert second.hazards().geometry.geom_equals_exact(store.hazards().geometry, 0).all()
    assert len(second.spot_tasks()) == len(store.spot_tasks()) == 1

    # the moments are the last that could be, in their order, and say what they were
    old, new = (each.events().set_index("event_id") for each in (store, second))
    assert set(old.index) == set(new.index)
    told = new["detail"].map(lambda text: json.loads(text).get(MOMENT_WAS), na_action="ignore")
    wrong = old["recorded_at"] >= pd.Timestamp(ahead)
    assert new.loc[~wrong, "recorded_at"].equals(old.loc[~wrong, "recorded_at"])
    assert told[~wrong].isna().all()
    was = old.loc[wrong, "recorded_at"]
    assert pd.to_datetime(told[wrong], utc=True).eq(was).all()
    assert new.loc[wrong, "recorded_at"].max() <= pd.Timestamp.now(UTC)
    assert new.loc[wrong, "recorded_at"].min() > pd.Timestamp(before) - pd.Timedelta(minutes=1)
    rank = old["recorded_at"].rank(method="dense")
    assert new["recorded_at"].rank(method="dense").equals(rank[new.index])
    assert facts(second)["events with a mended moment"] == "6"
    tasks = second.export_log().spot_tasks.set_index("task_id")
    assert tasks.loc["late", "comment"].startswith("by the road [recorded_at was ")
    assert tasks.loc["good", "comment"].startswith("[retracted_at was ")
    assert tasks.loc["good", "retracted_why"] == "entered twice"


def test_a_mended_ledger_goes_on(
    store: Store, second: Store, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(store, setting, monkeypatch)
    second.import_log(*store.export_log(), mend_moments=True)
    new = second.events()
    # a registration on the day of the wrong clock is of today, and says so
    registered = new[(new["hazard_id"] == "C")].iloc[0]
    assert registered["happened_on"] <= pd.Timestamp.now("Asia/Phnom_Penh").tz_localize(None)
    assert json.loads(registered["detail"])[DAY_WAS] > f"{datetime.now(UTC):%Y-%m-%d}"
    # what is sent again is recognised
    assert second.register(fields("A", "B")).unchanged == 2
    assert second.register(fields("C", surveyed_on=None)).unchanged == 1
    again = second.confirm("B", happened_on="2024-06-02", event_id="confirmed")
    assert not again.new
    assert second.record_spot_task(**LATE) == "late"
    # known_at is of this world
    mended = new["detail"].str.contains(MOMENT_WAS, na=False)
    middle = new.loc[~mended, "recorded_at"].max()
    assert second.hazards(known_at=middle)["hazard_id"].tolist() == ["A", "B"]
    assert second.register(fields("D")).registered == 1
    assert second.events()["recorded_at"].max() < pd.Timestamp.now(UTC) + pd.Timedelta(minutes=1)
    assert second.rebuild().empty


def test_a_log_without_faults_comes_back_the_same(
    store: Store, second: Store, tmp_path: Path, hazards: gpd.GeoDataFrame
) -> None:
    store.register(hazards, recorded_by="desk ទី 2")
    store.record(
        "B-2", "cleared", box(102.55, 13.1, 0.003), happened_on="2022-05-01", uxo=3, depth_cm=13.5,
        report_ref="0014", comment='two\nlines, "quoted"', reported_size_m2=12.25,
    )  # fmt: skip
    store.describe("B-2", {"priority": 7}, happened_on="2022-05-02")
    store.record_spot_task(happened_on="2022-05-02", ap_mines=1, report_ref="007")
    write_log(store.export_log(), tmp_path / "log")
    done = second.import_log(*read_log(tmp_path / "log"), mend_moments=True)
    assert (done.hazards, done.events, done.spot_tasks, done.mended) == (4, 2, 1, 0)
    pd.testing.assert_frame_equal(
        pd.DataFrame(second.events().drop(columns="geometry")),
        pd.DataFrame(store.events().drop(columns="geometry")),
    )
    assert second.events().geometry.geom_equals_exact(store.events().geometry, 0).sum() == 5
    pd.testing.assert_frame_equal(
        pd.DataFrame(second.spot_tasks().drop(columns="geometry")),
        pd.DataFrame(store.spot_tasks().drop(columns="geometry")),
    )
    assert second.register(hazards).unchanged == 4
    assert second.rebuild().empty


def test_a_day_in_the_future_is_not_guessed(
    store: Store, second: Store, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report says its own day: that a mend cannot know."""
    store.register(fields("A"))
    ahead = engines.milliseconds(datetime.now(UTC)) + timedelta(days=400)
    setting(ahead)
    store._engine.update_execution_options(**{engines.CLOCK_OPTION: True})
    day = f"{ahead - timedelta(days=3):%Y-%m-%d}"
    store.record(
        "A", "cleared", box(103 + ord("A") / 50, 13, 0.002), happened_on=day, event_id="e-1"
    )
    monkeypatch.undo()
    log = store.export_log()
    with pytest.raises(errors.RecordError, match=r"e-1: happened in the future .* correct the day"):
        second.import_log(*log, mend_moments=True)
    events = log.events
    events.loc[events["event_id"] == "e-1", "happened_on"] = pd.Timestamp("2024-11-08")
    assert second.import_log(None, events, mend_moments=True).mended == 1


def test_many_moments_are_mended_after_a_ledger_that_ends_just_now(second: Store) -> None:
    """So many that they would reach back behind the last good moment."""
    now = pd.Timestamp.now(UTC).floor("ms")
    names = [chr(ord("A") + place) for place in range(20)]
    hazards = fields(*names).assign(
        recorded_at=[now, *(now + pd.Timedelta(days=400 + n) for n in range(19))]
    )
    events = gpd.GeoDataFrame(
        {"event_id": [], "hazard_id": [], "event_type": [], "happened_on": [], "recorded_at": []},
        geometry=[], crs=4326,
    )  # fmt: skip
    assert second.import_log(hazards, events, mend_moments=True).mended == 19
    found = second.events().sort_values("hazard_id")["recorded_at"]
    assert found.is_monotonic_increasing
    assert found.is_unique
    assert second.register(fields("Z")).registered == 1


def test_invented_and_real_logs_do_not_mix(tmp_path: Path, store: Store) -> None:
    store.register(fields("A"))
    with create_store(tmp_path / "invented.gpkg", synthetic=True) as invented:
        with pytest.raises(errors.NotSyntheticError, match="holds real data"):
            invented.import_log(*store.export_log())
        invented.register(fields("B").assign(synthetic=True))
        write_log(invented.export_log(), tmp_path / "log")
    with (
        create_store(tmp_path / "real.gpkg") as real,
        pytest.raises(errors.NotSyntheticError, match="holds invented data"),
    ):
        real.import_log(*read_log(tmp_path / "log"))
    with create_store(tmp_path / "again.gpkg", synthetic=True) as again:
        assert again.import_log(*read_log(tmp_path / "log")).hazards == 1


@pytest.mark.parametrize("wrong", [{"kind": "minefield"}, {"area_type": "C"}])
def test_a_word_that_no_hazard_has_is_refused_in_a_log(
    store: Store, second: Store, wrong: dict[str, str]
) -> None:
    store.register(fields("A"))
    events = store.export_log().events
    detail = json.loads(events.loc[0, "detail"])
    events.loc[0, "detail"] = json.dumps(detail | wrong)
    with pytest.raises(errors.RecordError, match=r"is unknown .A.; valid: "):
        second.import_log(None, events)
    assert second.events().empty


def test_what_cannot_be_written_out_or_read(store: Store, tmp_path: Path) -> None:
    with pytest.raises(errors.StoreError, match="nothing is recorded"):
        store.export_log()
    with pytest.raises(errors.FileError, match=r"no events.gpkg"):
        read_log(tmp_path)
    store.register(fields("A"))
    write_log(store.export_log(), tmp_path)
    with pytest.raises(errors.FileError, match="there already"):
        write_log(store.export_log(), tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(errors.FileError, match="cannot be written"):
        write_log(store.export_log(), tmp_path / "file")


# ---------------------------------------------------------------- the command


def test_the_mends_that_the_command_names(
    tmp_path: Path, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = Command(tmp_path)
    with create_store(command.store) as store:
        poisoned(store, setting, monkeypatch)
    monkeypatch.chdir(tmp_path)
    fields("D").to_file(tmp_path / "d.gpkg")
    said = command.refused(errors.ClockError, "load", "hazards", "d.gpkg")
    assert "mine-geo db export-log FOLDER" in said
    assert "--mend-moments" in said
    assert "in the future: events" in command.done("db", "info")
    assert "wrote log/events.gpkg" in command.done("db", "export-log", "log")
    new = tmp_path / "new.gpkg"
    command.done("init", store=new)
    done = command.done("db", "import", "log", "--mend-moments", store=new)
    assert "3 hazards registered, 6 later events and 2 spot tasks taken over" in done
    assert "8 moments lay in the future" in done
    assert "1 hazards registered" in command.done("load", "hazards", "d.gpkg", store=new)
    assert "0 differences" in command.done("db", "rebuild", store=new)
    assert "in the future" not in command.done("db", "info", store=new)


def test_the_command_takes_a_word_for_the_clock(
    tmp_path: Path, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = Command(tmp_path)
    setting(NOW)
    with create_store(command.store) as store:
        store.register(fields("A"))
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    fields("D").to_file(tmp_path / "d.gpkg")
    said = command.refused(errors.ClockError, "load", "hazards", "d.gpkg")
    assert "mine-geo --clock-is-right" in said
    said = command.done("--clock-is-right", "load", "hazards", "d.gpkg")
    assert "1 hazards registered" in said


def test_a_log_is_one_folder_or_two_files(tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.done("init")
    command.refused(errors.OptionError, "db", "import", "a", "b", "c")
