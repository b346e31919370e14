"""The preview is the recording, less the writing: the same judgement, no lock, no byte changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely
from hypothesis import currently_in_test_context, event, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from psycopg import sql
from sqlalchemy import make_url, select

from mine_geo import errors, terms
from mine_geo.errors import MineGeoError
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.preview import divide, merge
from mine_geo.store import Accepted, Recorded, RecordedTask, Store, create_store, open_store
from mine_geo.store.engines import WRITE_LOCK
from mine_geo.terms import MOVEMENT_COLUMNS
from tests.hand import cell_m2
from tests.store import test_ledger_properties as ledgers
from tests.store import test_workbench_properties as desks
from tests.store.inbox import candidates, file, report_file, square
from tests.store.permissions import stopped_by_permissions
from tests.store.yard import Yard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.postgis.cluster import Server

ROOT = Path(__file__).parents[2]
EXAMPLES = settings().max_examples
OUTCOMES = [f"{outcome}_m2" for outcome in terms.OUTCOMES]
FIELDS = ("hazard_id", "new", "before_m2", "after_m2", "released_m2", "outside_m2", "notes")


def field(west: float = 103.0, east: float = 103.01) -> shapely.Polygon:
    return shapely.box(west, 13.0, east, 13.01)


def m2(west: float, east: float) -> int:
    return round(cell_m2(west, 13.0, east, 13.01))


def made(*shapes: shapely.Polygon) -> gpd.GeoDataFrame:
    """Return hazards A, B, ... of one kind, surveyed on 2020-01-31."""
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": [chr(ord("A") + place) for place in range(len(shapes))],
            "kind": "ap_minefield",
            "area_type": "SHA",
            "surveyed_on": pd.Timestamp("2020-01-31"),
        },
        geometry=list(shapes),
        crs=4326,
    )
    return to_hazards(frame)


# ---------------------------------------------------------------- what must be the same


def state(store: Store) -> str:
    """Return a hash of all that a store keeps: each byte of the file, or each row and sequence."""
    said = hashlib.sha256()
    path = store._place.path
    if path is not None:
        for name in (path, path.with_name(f"{path.name}-wal")):
            said.update(name.read_bytes() if name.exists() else b"-")
        return said.hexdigest()
    with psycopg.connect(
        store._place.url.set(drivername="postgresql").render_as_string(),
        **dict(store._place.arguments),
        options="-csearch_path=mine_geo,public",
    ) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'mine_geo' ORDER BY 1"
        ).fetchall()
        for (name,) in tables:  # ctid and xmin: a row written anew with the same content too
            rows = sql.SQL("SELECT ctid::text, xmin::text, t::text FROM {} t ORDER BY 1")
            for row in connection.execute(rows.format(sql.Identifier(name))):
                said.update(repr(row).encode())
        last = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'mine_geo'"
        said.update(repr(connection.execute(f"{last} ORDER BY 1").fetchall()).encode())
    return said.hexdigest()


def told(done: Any) -> Any:
    """Return all that a call says, but the moment and whether it was written."""
    if isinstance(done, list):
        return [told(each) for each in done]
    if isinstance(done, Recorded):
        effects = done.effects.to_dict("list")
        return str(done), [getattr(done, name) for name in FIELDS], repr(effects)
    if isinstance(done, RecordedTask):
        return str(done), done.new
    return {name: value for name, value in vars(done).items() if name != "written"}


def tried(call: Callable[[], Any]) -> tuple[Any, bool]:
    """Return what a call says, or how it refuses; and whether it says that it wrote."""
    try:
        done = call()
    except MineGeoError as error:
        return (type(error), str(error)), False
    every = done if isinstance(done, list) else [done]
    return told(done), any(each.written for each in every)


def accounted(store: Store, done: Any, since: pd.Timestamp) -> None:
    """Check what was said with the fold of all events, before and after."""
    moved = store.changes(since.isoformat())
    first = done[0] if isinstance(done, list) else done
    if isinstance(first, Recorded):
        assert_frame_equal(first.effects, moved.drop(columns="recorded_at"))
        every = done if isinstance(done, list) else [done]
        own = dict.fromkeys(map(str, every))
        own |= {f"{first}:{outcome}": None for outcome in terms.OUTCOMES}  # of a confirmation
        mine = moved[moved["event_id"].isin(list(own))]
        unique = {str(each): each.released_m2 for each in every}
        assert mine[OUTCOMES].sum().sum() == sum(unique.values())
    elif isinstance(first, Accepted):
        mine = moved[moved["event_id"].isin(first.events)]
        assert mine[OUTCOMES].sum().sum() == first.released_m2


def previewed(store: Store, name: str, said: dict[str, Any]) -> bool:
    """Preview a call, then make it: both say the same, and the preview changes nothing."""
    call = getattr(store, name)
    before, last = state(store), store.events()["recorded_at"].max()
    shown, wrote = tried(lambda: call(**said, dry_run=True))
    assert not wrote
    assert state(store) == before
    found: list[Any] = []
    done, wrote = tried(lambda: found.append(call(**said)) or found[0])  # type: ignore[func-returns-value]
    assert done == shown
    if wrote and not pd.isna(last):
        accounted(store, found[0], last)
    if currently_in_test_context():
        refused = isinstance(shown, tuple) and isinstance(shown[0], type)
        event(f"refused: {name} {shown[0].__name__}" if refused else f"accepted: {name}")
    return wrote


# ---------------------------------------------------------------- random ledgers


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def yard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Yard:
    server = request.getfixturevalue("postgis_server") if request.param == "postgis" else None
    return Yard(request.param, tmp_path_factory.mktemp("yard"), server)


@st.composite
def requests(draw: st.DrawFn) -> list[ledgers.Step]:
    """Draw what is asked: single reports, reports over several hazards, tables, spot tasks."""
    found = []
    for number, (name, said) in enumerate(draw(ledgers.steps())):
        what = draw(st.sampled_from(["as drawn"] * 6 + ["report", "many", "spot task"]))
        common = {"happened_on": draw(ledgers.days), "event_id": f"r{number}"}
        if what == "as drawn":
            found.append((name, said))
        elif what == "report":
            outcome = draw(st.sampled_from(["cancelled", "reduced", "cleared"]))
            told = {"polygon": draw(ledgers.polygons()), "outcome": outcome, **common}
            found.append(("record_report", told))
        elif what == "many":
            count = draw(st.integers(1, 3))
            rows = {
                "hazard_id": draw(st.lists(ledgers.ids, min_size=count, max_size=count)),
                "event_type": draw(
                    st.lists(
                        st.sampled_from(["cleared", "cancelled", "amended"]),
                        min_size=count,
                        max_size=count,
                    )
                ),
                "happened_on": draw(st.lists(ledgers.days, min_size=count, max_size=count)),
            }
            shapes = [draw(ledgers.polygons()) for _ in range(count)]
            frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=4326)
            found.append(("record_many", {"frame": frame}))
        else:
            task = {"task_id": f"S{draw(st.integers(0, 2))}", "uxo": draw(st.integers(0, 2))}
            found.append(("record_spot_task", {**task, "happened_on": "2021-02-01"}))
    return found


@settings(max_examples=EXAMPLES // 6)
@given(table=ledgers.registers(), told=requests())
def test_a_preview_says_what_the_recording_does(
    yard: Yard, table: gpd.GeoDataFrame, told: list[ledgers.Step]
) -> None:
    with yard.empty() as store:
        previewed(store, "register", {"hazards": table})
        for name, said in told:
            previewed(store, name, said)
        for name, said in told[:3]:  # sent again
            assert not previewed(store, name, said)
        assert store.rebuild().empty


@st.composite
def report_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw reports of one file: some name no hazard, some say the same twice, some cannot be."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        hazard = draw(st.sampled_from(desks.IDS))
        shape = desks.field(hazard, draw(st.integers(-1, 8)), draw(st.integers(2, 25)))
        row = {
            "event_id": draw(st.sampled_from([f"g{number}"] * 3 + ["g0", None])),
            "hazard_id": draw(st.sampled_from([hazard, hazard, None])),
            "event_type": draw(st.sampled_from(["cleared", "reduced", "amended", "confirmed"])),
            "happened_on": draw(desks.days),
            "geometry": shape,
        }
        if row["event_type"] == "confirmed":
            row["geometry"] = None
        found.append(row)
        if draw(st.booleans()):
            found.append({**row, "event_id": draw(st.sampled_from([row["event_id"], "other"]))})
    return found


@settings(max_examples=EXAMPLES // 6)
@given(
    rows=desks.tables(3),
    told=st.lists(desks.steps(), min_size=2, max_size=8),
    reports=st.lists(report_rows(), max_size=2),
)
def test_a_preview_of_the_desk_says_what_it_does(
    yard: Yard,
    rows: list[dict[str, Any]],
    told: list[Any],
    reports: list[list[dict[str, Any]]],
) -> None:
    with yard.empty() as store:
        store.submit(file(*rows))
        for number, (name, said) in enumerate(told):
            listed = store.submissions()["submission_id"].tolist()
            if name in {"accept", "reject"}:
                words = {"submission_id": listed[said["which"] % len(listed)]}
                more = {
                    "reject": {"reason": "no"},
                    "accept": {"happened_on": said.get("happened_on")},
                }
                words |= {"hazards": said["hazards"], **more[name]}
                previewed(store, name, words)
                continue
            try:
                desks.do(store, number, (name, said))
            except MineGeoError as error:
                event(f"refused: {type(error).__name__}")
        for each in reports:
            previewed(store, "accept", {"submission_id": store.submit(report_file(*each))})
        assert store.rebuild().empty


# ---------------------------------------------------------------- by hand


@pytest.fixture
def over(store: Store) -> Store:
    """Give two hazards of a kind on the same land, of which A was cleared in the east."""
    store.register(made(field(), field()), same_polygons=True)
    store.record("A", "cleared", field(103.005, 103.01), happened_on="2022-05-01")
    return store


def test_a_preview_knows_what_is_credited_to_another(over: Store) -> None:
    shared = m2(103.005, 103.01)
    shown = over.record(
        "B", "cleared", field(103.005, 103.01), happened_on="2022-06-01", dry_run=True
    )
    assert shown.released_m2 == m2(103, 103.01) - m2(103, 103.005) - shared == 1  # of 600,075
    assert shown.after_m2 == m2(103, 103.005)
    assert f"credited to A, which it overlaps ({shared:,} m²)" in shown.notes
    assert (shown.new, shown.written) == (True, False)
    assert len(over.events()) == 3
    done = over.record("B", "cleared", field(103.005, 103.01), happened_on="2022-06-01")
    assert told(done) == told(shown)
    assert (done.new, done.written) == (True, True)
    again = over.record("B", "cleared", field(103.005, 103.01), happened_on="2022-06-01")
    assert (again, again.new, again.written) == (done, False, False)


def test_a_preview_tells_what_other_reports_count_for_then(over: Store) -> None:
    east = m2(103, 103.01) - m2(103, 103.005)
    shown = over.record(
        "B", "reduced", field(103.005, 103.01), happened_on="2021-06-01", dry_run=True
    )
    assert shown.released_m2 == east
    effects = shown.effects.set_index("hazard_id")
    assert effects["event_type"].to_dict() == {"A": "cleared", "B": "reduced"}
    assert effects["why"].to_dict() == {"A": "re-attributed", "B": "late"}
    lost = -m2(103.005, 103.01)
    assert effects.loc["A", ["cleared_m2", "amended_m2", "change_m2"]].tolist() == [lost, lost, 0]
    assert effects.loc["B", ["reduced_m2", "change_m2"]].tolist() == [east, -east]
    moment = over.events()["recorded_at"].max()
    over.record("B", "reduced", field(103.005, 103.01), happened_on="2021-06-01")
    moved = over.changes(moment.isoformat())
    columns = ["event_id", "why", *MOVEMENT_COLUMNS, "change_m2"]
    assert_frame_equal(shown.effects[columns], moved[columns])


def test_an_amendment_into_a_neighbour_is_judged_with_it(store: Store) -> None:
    """B was cleared under the land that A is drawn over on an earlier day."""
    store.register(made(field(), field(103.02, 103.03)))
    store.record("B", "cleared", field(103.02, 103.03), happened_on="2022-05-01")
    store.record("A", "cleared", field(103.0, 103.03), happened_on="2022-06-01")
    shown = store.amend("A", field(103.0, 103.03), happened_on="2021-01-01", dry_run=True)
    assert set(shown.effects["hazard_id"]) == {"A"}
    cleared = shown.effects.set_index("event_type").loc["cleared"]
    more = m2(103.0, 103.03) - m2(103.0, 103.01)
    # all of A goes, and what lay over B was credited to B already
    assert cleared["cleared_m2"] == more - m2(103.02, 103.03)
    moment = store.events()["recorded_at"].max()
    done = store.amend("A", field(103.0, 103.03), happened_on="2021-01-01")
    assert told(done) == told(shown)
    moved = store.changes(moment.isoformat())
    assert_frame_equal(done.effects, moved[done.effects.columns.tolist()])


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        ({"happened_on": "2199-01-01"}, errors.RecordError, "2199-01-01 is in the future"),
        ({"happened_on": "2019-01-01"}, errors.RecordError, "before it was in the register"),
        ({"hazard_id": "W"}, errors.UnknownNameError, "only on the workbench"),
        ({"hazard_id": "Z"}, errors.UnknownNameError, "no hazard Z in this store"),
        ({"polygon": field(103.5, 103.6)}, errors.GeometryError, "misses A"),
        ({"uxo": -1}, errors.RecordError, "uxo is -1"),
        ({"event_id": "taken"}, errors.ConflictError, "taken is there with other content"),
    ],
)
def test_a_preview_refuses_what_the_recording_refuses(
    store: Store, call: dict[str, Any], error: type[MineGeoError], match: str
) -> None:
    store.register(made(field(), field(103.02, 103.03)))
    store.submit(file({"hazard_id": "W", "geometry": square(103.2), "surveyed_on": "2020-05-01"}))
    store.record("B", "cleared", field(103.02, 103.021), happened_on="2022-01-01", event_id="taken")
    said = {"hazard_id": "A", "outcome": "cleared", "polygon": field(103, 103.005)}
    said |= {"happened_on": "2022-05-01"} | call
    with pytest.raises(error, match=match):
        store.record(**said, dry_run=True)
    assert not previewed(store, "record", said)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("record", {"outcome": "cleared", "polygon": square(103.2)}),
        ("amend", {"polygon": square(103.2)}),
        ("describe", {"changes": {"village": "V"}}),
        ("confirm", {}),
    ],
)
def test_a_hazard_that_waits_is_accepted_first(
    store: Store, verb: str, said: dict[str, Any]
) -> None:
    row = {"hazard_id": "W", "geometry": square(103.2), "surveyed_on": "2020-05-01"}
    store.submit(file({**row, "area_type": "SHA"}))
    words = {"hazard_id": "W", "happened_on": "2022-05-01", **said}
    with pytest.raises(errors.UnknownNameError, match=r"W: .*\(S-0001\); accept it first"):
        getattr(store, verb)(**words, dry_run=True)
    store.accept("S-0001", hazards="W")
    assert previewed(store, verb, words)


def test_a_preview_of_a_division_is_that_of_the_frames(store: Store) -> None:
    store.register(made(field()))
    store.record("A", "cleared", field(103.0, 103.001), happened_on="2022-05-01")
    parts = {"A-1": field(102.99, 103.004), "A-2": field(103.004, 103.02)}
    plain = divide(store.hazards(), "A", parts)
    shown = store.divide("A", parts, happened_on="2022-06-01", dry_run=True)
    assert store.hazards()["hazard_id"].tolist() == ["A"]
    done = store.divide("A", parts, happened_on="2022-06-01")
    assert told(done) == told(shown)
    assert (shown.before_m2, shown.after_m2, shown.released_m2) == (m2(103.001, 103.01), 0, 0)
    moved = shown.effects.set_index("hazard_id")
    sizes = dict(zip(plain.hazards["hazard_id"], plain.hazards["size_m2"], strict=True))
    assert {name: moved.loc[name, "change_m2"] for name in parts} == sizes
    assert set(plain.notes) < set(shown.notes)
    left = store.hazards().set_index("hazard_id").geometry
    for name, land in zip(plain.hazards["hazard_id"], plain.hazards.geometry, strict=True):
        assert left[name].equals_exact(land, 0)


def test_a_preview_of_a_merger_is_that_of_the_frames(store: Store) -> None:
    store.register(made(field(), field(103.01, 103.02)))
    store.record("A", "cleared", field(103.0, 103.001), happened_on="2022-05-01")
    plain = merge(store.hazards(), ["A", "B"], "C")
    shown = store.merge(["A", "B"], "C", happened_on="2022-06-01", dry_run=True)
    done = store.merge(["A", "B"], "C", happened_on="2022-06-01")
    assert told(done) == told(shown)
    assert shown.effects.set_index("hazard_id").loc["C", "change_m2"] == m2(103.001, 103.02)
    found = store.hazards()
    assert found["size_m2"].tolist() == plain.hazards["size_m2"].tolist() == [m2(103.001, 103.02)]
    assert found.geometry[0].equals(plain.hazards.geometry[0])


@settings(max_examples=EXAMPLES // 6)
@given(
    worked=st.lists(st.tuples(ledgers.polygons(), ledgers.days), max_size=3),
    cuts=st.lists(st.floats(0.5, 9.5), min_size=1, max_size=3, unique=True),
    overlap=ledgers.nudges,
)
def test_a_division_of_the_frames_is_that_of_the_ledger(
    yard: Yard, worked: list[tuple[Any, str]], cuts: list[float], overlap: float
) -> None:
    """Both cut the same land: the pure calculation decides what a part may be, the fold its m²."""
    edges = [-1.0, *sorted(cuts), 11.0]
    parts = {
        f"P{place}": shapely.box(
            ledgers.WEST + edges[place] * ledgers.STEP,
            ledgers.SOUTH - ledgers.STEP,
            ledgers.WEST + edges[place + 1] * ledgers.STEP + min(overlap, 1e-9),
            ledgers.SOUTH + 11 * ledgers.STEP,
        )
        for place in range(len(edges) - 1)
    }
    with yard.empty() as store:
        end = ledgers.WEST + 10 * ledgers.STEP
        whole = shapely.box(ledgers.WEST, ledgers.SOUTH, end, ledgers.SOUTH + 10 * ledgers.STEP)
        store.register(made(whole).assign(surveyed_on=pd.Timestamp(ledgers.FIRST)))
        for polygon, day in worked:
            tried(lambda p=polygon, d=day: store.record("A", "cleared", p, happened_on=d))
        plain, refused = None, None
        try:
            plain = divide(store.hazards(closed=True), "A", parts, remainder="keep")
        except MineGeoError as error:
            refused = type(error)
        shown, _ = tried(
            lambda: store.divide(
                "A", parts, happened_on="2022-01-01", remainder="keep", dry_run=True
            )
        )
        if plain is None:
            event("refused")
            assert shown[0] in {refused, errors.RecordError}
            return
        event("divided")
        store.divide("A", parts, happened_on="2022-01-01", remainder="keep")
        found = store.hazards().set_index("hazard_id")
        assert found["size_m2"].to_dict() == dict(
            zip(plain.hazards["hazard_id"], plain.hazards["size_m2"], strict=True)
        )
        for name, land in zip(plain.hazards["hazard_id"], plain.hazards.geometry, strict=True):
            assert found.geometry[name].equals_exact(land, 0)


def test_each_verb_has_a_preview(store: Store) -> None:
    store.register(made(field(), field(103.02, 103.03), field(103.04, 103.05)))
    one = {"happened_on": "2022-05-01"}
    west = field(103.0, 103.005)
    many = gpd.GeoDataFrame(
        {"hazard_id": ["A", "B"], "outcome": "cleared", "happened_on": "2022-07-01"},
        geometry=[field(103.005, 103.006), field(103.022, 103.023)],
        crs=4326,
    )
    rows = [{"hazard_id": "N", "geometry": square(104.0), "surveyed_on": "2020-05-01"}]
    store.submit(file(*rows))
    store.submit(file({**rows[0], "hazard_id": "R"}))
    calls: list[tuple[str, dict[str, Any]]] = [
        ("record", {"hazard_id": "A", "outcome": "cleared", "polygon": west, **one}),
        ("record_report", {"polygon": field(103.008, 103.021), "outcome": "reduced", **one}),
        ("record_many", {"frame": many}),
        ("confirm", {"hazard_id": "A", **one}),
        ("amend", {"hazard_id": "A", "polygon": field(), "happened_on": "2022-08-01"}),
        ("describe", {"hazard_id": ["A", "B"], "changes": {"village": "V"}, **one}),
        ("divide", {"hazard_id": "C", "parts": {"C-1": field(103.04, 103.05)}, **one}),
        ("merge", {"hazard_ids": ["A", "B"], "into": "D", "happened_on": "2022-09-01"}),
        ("record_spot_task", {"uxo": 1, "task_id": "S", **one}),
        ("accept", {"submission_id": "S-0001"}),
        ("reject", {"submission_id": "S-0002", "reason": "no"}),
        ("register", {"hazards": made(*[field(103 + n / 50, 103.01 + n / 50) for n in range(9)])
                      .iloc[[8]]}),
    ]  # fmt: skip
    for name, said in calls:
        assert previewed(store, name, said), name
    last = store.history("D")["event_id"].iloc[-1]
    assert previewed(store, "retract", {"event_id": last, "reason": "wrong"})
    before = state(store)
    store.retract_spot_task("S", reason="wrong", dry_run=True)
    assert state(store) == before
    assert len(store.spot_tasks()) == 1
    store.retract_spot_task("S", reason="wrong")
    assert store.spot_tasks().empty
    assert store.rebuild().empty


def test_reports_of_one_file_see_each_other_in_the_preview(store: Store) -> None:
    """The second takes what the first left; the third says the same as the second."""
    store.register(to_hazards(candidates([
        {"hazard_id": "A", "geometry": square(103.0), "surveyed_on": "2020-05-01"},
    ])))  # fmt: skip
    said = {"hazard_id": None, "event_type": "cleared"}
    rows = [
        {**said, "event_id": "g1", "happened_on": "2022-05-01", "geometry": field(103, 103.006)},
        {**said, "happened_on": "2022-05-02", "geometry": field(103.004, 103.01)},
        {**said, "happened_on": "2022-05-02", "geometry": field(103.004, 103.01)},
    ]
    name = store.submit(report_file(*rows))
    shown = store.accept(name, dry_run=True)
    assert (shown.accepted, shown.released, shown.same) == (3, 2, 1)
    assert shown.released_m2 == m2(103, 103.01)
    assert not shown.written
    assert store.hazards()["status"].tolist() == ["open"]
    assert store.submission(name).records["state"].tolist() == ["waiting"] * 3
    done = store.accept(name)
    assert told(done) == told(shown)
    assert done.written
    assert store.hazards().empty


def test_what_a_file_releases_is_counted_once(store: Store) -> None:
    """The report over several hazards is judged last, and is of the earlier day."""
    store.register(made(field()))
    both = {"event_type": "cleared", "geometry": field(103.0, 103.005)}
    rows = [
        {**both, "event_id": "g1", "hazard_id": "A", "happened_on": "2022-05-02"},
        {**both, "event_id": "g2", "hazard_id": None, "happened_on": "2022-05-01"},
    ]
    name = store.submit(report_file(*rows))
    shown = store.accept(name, dry_run=True)
    assert (shown.released, shown.released_m2) == (2, m2(103, 103.01) - m2(103.005, 103.01))
    assert told(store.accept(name)) == told(shown)
    released = store.releases(by="outcome")["released_m2"].sum()
    assert released == shown.released_m2


# ---------------------------------------------------------------- who may not, or not now, write


def asked(store: Store) -> dict[str, Any]:
    """Preview each kind of recording on two hazards side by side; return what is said."""
    store_calls: dict[str, dict[str, Any]] = {
        "record": {"hazard_id": "A", "outcome": "cleared", "polygon": field(103, 103.005)},
        "record_report": {"outcome": "reduced", "polygon": field(103.005, 103.025)},
        "confirm": {"hazard_id": "A"},
        "amend": {"hazard_id": "A", "polygon": field(103.0, 103.008)},
        "describe": {"hazard_id": "B", "changes": {"village": "V"}},
        "divide": {"hazard_id": "A", "parts": {"A-1": field()}},
        "merge": {"hazard_ids": ["A", "B"], "into": "C"},
    }
    found = {
        name: tried(lambda n=name, s=said: getattr(store, n)(**s, happened_on="2022-05-01",
                                                             dry_run=True))
        for name, said in store_calls.items()
    }  # fmt: skip
    first = store.events()["event_id"].iloc[0]
    found["retract"] = tried(lambda: store.retract(first, reason="wrong", dry_run=True))
    found["accept"] = tried(lambda: store.accept("S-0001", dry_run=True))
    task = {"uxo": 1, "happened_on": "2022-05-01"}
    found["spot task"] = tried(lambda: store.record_spot_task(**task, dry_run=True))
    for name, (said, wrote) in found.items():
        assert not wrote, name
        assert not (isinstance(said, tuple) and isinstance(said[0], type)), (name, said)
    return found


def filled(place: str | Path) -> dict[str, Any]:
    """Make a store with two hazards and a file that waits; return what the previews say there."""
    with create_store(place) as store:
        store.register(made(field(), field(103.02, 103.03)))
        store.submit(file({"hazard_id": "N", "geometry": square(104), "surveyed_on": "2020-05-01"}))
        return asked(store)


def test_on_a_file_that_may_only_be_read() -> None:
    folder = Path(tempfile.mkdtemp())
    place = folder / "register.gpkg"
    try:
        expected = filled(place)
        before = place.read_bytes()
        place.chmod(0o444)
        folder.chmod(0o555)
        with stopped_by_permissions(), open_store(place) as store:
            assert asked(store) == expected
            with pytest.raises(errors.FileError, match="may not be written"):
                store.record("A", "cleared", field(), happened_on="2022-05-01")
        assert place.read_bytes() == before
        assert [each.name for each in folder.iterdir()] == ["register.gpkg"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.postgis
def test_with_a_role_that_may_only_select(postgis_url: str, postgis_server: Server) -> None:
    expected = filled(postgis_url)
    guest = postgis_server.guest(postgis_url)
    role = sql.Identifier(str(make_url(guest).username))
    with psycopg.connect(postgis_url, autocommit=True) as connection:
        for right in ("USAGE ON SCHEMA mine_geo", "SELECT ON ALL TABLES IN SCHEMA mine_geo"):
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.SQL(right), role))
    with open_store(guest) as store:
        assert asked(store) == expected
        with pytest.raises(errors.StoreError, match="permission denied"):
            store.record("A", "cleared", field(), happened_on="2022-05-01")


@pytest.mark.postgis
def test_on_connections_that_may_only_read(postgis_url: str) -> None:
    expected = filled(postgis_url)
    url = make_url(postgis_url).update_query_dict({"options": "-cdefault_transaction_read_only=on"})
    with open_store(url.render_as_string(hide_password=False)) as store:
        assert asked(store) == expected
        with pytest.raises(errors.StoreError, match="read-only"):
            store.record("A", "cleared", field(), happened_on="2022-05-01")


HOLDER = """
import sys
import shapely
from mine_geo.store import open_store
from mine_geo.store.ledger.entries import Facts
from mine_geo.store.ledger.judging import View, judge
from mine_geo.store.ledger.recording import release

with open_store(sys.argv[1]) as store:
    try:
        with store._writing() as connection:
            view = View(connection, writes=True)
            land = shapely.box(103.0, 13.0, 103.01, 13.01)
            judge(view, [release("A", "cleared", land, "2022-01-01", Facts(event_id="held"))])
            view.write(synthetic=False)
            print("held", flush=True)
            if sys.stdin.readline().strip() != "commit":
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        print("rolled back", flush=True)
"""


@pytest.fixture
def other(place: str) -> Iterator[subprocess.Popen[str]]:
    """Give another process that has recorded, and holds the write lock before it commits."""
    filled(place)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, place],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        if process.poll() is None:
            process.communicate("\n")


def is_held(place: str) -> bool:
    """Tell whether somebody holds the write lock just now, without waiting for it."""
    if place.endswith(".gpkg"):
        connection = sqlite3.connect(place, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
        else:
            return False
        finally:
            connection.close()
    with open_store(place) as store, store._engine.begin() as connection:
        row = select(WRITE_LOCK.c.fid).with_for_update(skip_locked=True)
        return connection.scalar(row) is None


def test_beside_a_writer_that_holds_the_lock(place: str, other: subprocess.Popen[str]) -> None:
    with open_store(place) as store:
        found = asked(store)
        assert other.poll() is None
        assert is_held(place)  # nobody has waited for it
        assert "held" not in store.events()["event_id"].tolist()
        released = found["record"][0][1][FIELDS.index("released_m2")]
        assert released == m2(103, 103.01) - m2(103.005, 103.01)
        other.communicate("commit\n")
        assert not is_held(place)
        with pytest.raises(errors.RecordError, match="nothing was left"):  # A is gone now
            store.record(
                "A", "cleared", field(103, 103.005), happened_on="2022-05-01", dry_run=True
            )


@pytest.mark.parametrize("place", ["gpkg"], indirect=True)
@pytest.mark.parametrize("backend", ["gpkg"])
def test_beside_a_program_without_wal(place: str, backend: str) -> None:
    """QGIS may hold the file in its own way of journalling."""
    assert backend == "gpkg"
    expected = filled(place)
    with sqlite3.connect(place, isolation_level=None) as editor:
        assert editor.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        editor.execute("BEGIN IMMEDIATE")
        with open_store(place) as store:
            assert asked(store) == expected
            assert is_held(place)
        editor.execute("ROLLBACK")
    editor.close()


def test_the_sums_of_a_preview_are_json(over: Store) -> None:
    """What a script hands on is made of plain numbers."""
    shown = over.record("A", "cleared", field(), happened_on="2022-06-01", dry_run=True)
    json.dumps({name: getattr(shown, name) for name in FIELDS})
