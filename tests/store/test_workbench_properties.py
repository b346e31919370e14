"""Whatever the desk does, in whatever order: nothing is counted twice, and nothing is lost."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mine_geo.errors import MineGeoError
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.fold import fold
from tests.store.inbox import candidates, file, report_file
from tests.store.yard import Yard

if TYPE_CHECKING:
    from mine_geo.store import Store

    Step = tuple[str, dict[str, Any]]

IDS = ("H0", "H1", "H2")
FIRST = dt.date(2021, 1, 1)
EXAMPLES = settings().max_examples  # each of ours is a whole store
STATE = (
    "SELECT submission_id FROM submission ORDER BY fid",
    "SELECT submission_id, record, state, decided_at, did FROM submitted_record ORDER BY fid",
    "SELECT event_id, recorded_at FROM event ORDER BY fid",
)
BOW_TIE = shapely.Polygon([(103, 14), (103.01, 14.01), (103.01, 14), (103, 14.01)])


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def yard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Yard:
    server = request.getfixturevalue("postgis_server") if request.param == "postgis" else None
    return Yard(request.param, tmp_path_factory.mktemp("yard"), server)


days = st.integers(0, 40).map(lambda n: (FIRST + dt.timedelta(days=n)).isoformat())


def field(hazard: str, shift: int, width: int) -> shapely.Polygon:
    west = 103 + 0.02 * IDS.index(hazard) + 0.001 * shift
    return shapely.box(west, 13.0, west + 0.001 * width, 13.01)


@st.composite
def hazard_rows(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a record: often in order, sometimes without polygon, kind or day, or with a fault."""
    hazard = draw(st.sampled_from(IDS))
    shape: Any = field(hazard, draw(st.integers(0, 4)), draw(st.integers(3, 12)))
    shape = draw(st.sampled_from([shape] * 10 + [None, BOW_TIE]))
    return {
        "hazard_id": draw(st.sampled_from([hazard] * 15 + [None])),
        "kind": draw(st.sampled_from(["ap_minefield"] * 12 + [None, "mines"])),
        "area_type": draw(st.sampled_from(["SHA", "CHA", None])),
        "village": draw(st.sampled_from(["V1", "V2", None])),
        "surveyed_on": draw(st.one_of(days, days, days, st.none())),
        "geometry": shape,
    }


def tables(most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw the rows of a file; an id twice in one is another test."""
    return st.lists(
        hazard_rows(), min_size=1, max_size=most, unique_by=lambda row: row["hazard_id"]
    )


@st.composite
def steps(draw: st.DrawFn) -> Step:
    name = draw(
        st.sampled_from(
            ["submit"] * 4
            + ["accept"] * 5
            + ["reject", "register", "record", "record", "retract", "reports", "describe"]
        )
    )
    hazard = draw(st.sampled_from(IDS))
    said: dict[str, Any] = {}
    if name == "submit":
        said["rows"] = draw(tables(3))
    elif name in {"accept", "reject"}:
        said["which"] = draw(st.integers(0, 5))
        said["hazards"] = draw(st.sampled_from([None, None, None, [hazard]]))
        if name == "accept":
            said["happened_on"] = draw(st.sampled_from([None, None, "2021-02-01"]))
    elif name == "register":
        shape = field(hazard, 0, draw(st.integers(3, 12)))
        flag = draw(st.booleans())
        row = {"hazard_id": hazard, "geometry": shape, "in_workbench": flag}
        said["row"] = {**row, "surveyed_on": FIRST.isoformat()}
    elif name in {"record", "reports"}:
        shape = field(hazard, draw(st.integers(-1, 8)), draw(st.integers(2, 15)))
        said |= {"hazard": hazard, "polygon": shape, "happened_on": draw(days)}
    elif name == "retract":
        said["which"] = draw(st.integers(0, 9))
    else:
        said |= {"hazard": hazard, "flag": draw(st.booleans()), "happened_on": draw(days)}
    return name, said


def do(store: Store, number: int, step: Step) -> None:
    """Do a step; it may be refused, and then nothing may have changed."""
    name, said = step
    submissions = store.submissions()["submission_id"].tolist()
    if name == "submit":
        store.submit(file(*said["rows"]))
    elif name == "reports":
        row = {"event_id": f"g{number}", "hazard_id": said["hazard"], "event_type": "cleared"}
        more = {"happened_on": said["happened_on"], "geometry": said["polygon"]}
        store.submit(report_file({**row, **more}))
    elif name in {"accept", "reject"} and submissions:
        which = submissions[said["which"] % len(submissions)]
        if name == "accept":
            options = {"hazards": said["hazards"], "happened_on": said["happened_on"]}
            done = store.accept(which, **options)
            event(f"accepted: {min(done.accepted, 2)}, left: {min(len(done.left), 2)}")
        else:
            store.reject(which, reason="no", hazards=said["hazards"])
    elif name == "register":
        store.register(to_hazards(candidates([said["row"]])))
    elif name == "record":
        when = said["happened_on"]
        store.record(said["hazard"], "reduced", said["polygon"], happened_on=when)
    elif name == "retract":
        events = store.events()["event_id"].tolist()
        if events:
            store.retract(events[said["which"] % len(events)], reason="wrong")
    elif name == "describe":
        changes = {"in_workbench": said["flag"]}
        store.describe(said["hazard"], changes, happened_on=said["happened_on"])


def waiting(store: Store, as_of: str | None, known_at: Any) -> dict[str, int]:
    """Say which records count, by reading them one by one: no query of ours but the listing."""
    listed = store.submissions()
    there = set(fold(store.events(), known_at=known_at).hazards["hazard_id"])
    found: dict[str, int] = {}
    for row in listed[listed["what"] == "hazards"].itertuples():
        if known_at is not None and row.received_at > known_at:
            continue
        received = row.received_at.tz_convert("Asia/Phnom_Penh").date()
        for record in store.submission(row.submission_id).records.itertuples():
            decided = record.state != "waiting"
            if decided and (known_at is None or record.decided_at <= known_at):
                continue
            if record.errors or pd.isna(record.kind) or record.geometry is None:
                continue
            day = received if pd.isna(record.surveyed_on) else record.surveyed_on.date()
            if as_of is not None and day.isoformat() > as_of:
                continue
            if record.hazard_id not in there:
                found[record.hazard_id] = record.size_m2
    return found


def counted_once(store: Store, as_of: str | None, known_at: Any) -> None:
    """Check the three totals of one day and moment."""
    when = {"as_of": as_of, "known_at": known_at}
    include, exclude, only = (
        store.hazards(workbench=each, closed=True, **when)
        for each in ("include", "exclude", "only")
    )
    assert include["hazard_id"].is_unique
    both = pd.concat([exclude["hazard_id"], only["hazard_id"]])
    assert sorted(both) == include["hazard_id"].tolist()
    assert include["size_m2"].sum() == exclude["size_m2"].sum() + only["size_m2"].sum()
    assert not exclude["in_workbench"].any()
    assert only["in_workbench"].all()
    register = fold(store.events(), **when).hazards
    sizes = dict(zip(register["hazard_id"], register["size_m2"], strict=True))
    extra = waiting(store, as_of, known_at)
    assert dict(zip(include["hazard_id"], include["size_m2"], strict=True)) == sizes | extra
    assert int(store.balance(**when)["remaining_m2"].sum()) == sum(sizes.values())


def state(store: Store) -> tuple[Any, ...]:
    """Return all that a refusal must leave as it was."""
    with store._reading() as connection:
        return tuple(connection.exec_driver_sql(query).all() for query in STATE)


@settings(max_examples=EXAMPLES // 7)
@given(
    rows=tables(3),
    told=st.lists(steps(), min_size=3, max_size=12),
    data=st.data(),
)
def test_nothing_is_counted_twice(
    yard: Yard, rows: list[dict[str, Any]], told: list[Step], data: st.DataObject
) -> None:
    with yard.empty() as store:
        store.submit(file(*rows))
        for number, step in enumerate(told):
            before, refusal = state(store), None
            try:
                do(store, number, step)
            except MineGeoError as error:
                refusal = error
            if refusal is not None:
                event(f"refused: {step[0]} {type(refusal).__name__}")
                assert "\n" not in str(refusal)
                assert state(store) == before
        counted_once(store, None, None)
        assert store.rebuild().empty
        moments = [*store.events()["recorded_at"], *store.submissions()["received_at"]]
        assert len(moments) == len(store.events()) + len(store.submissions())
        for _ in range(3):
            moment = data.draw(st.sampled_from([None, *sorted(set(moments))]))
            counted_once(store, data.draw(st.one_of(st.none(), days)), moment)


@settings(max_examples=EXAMPLES // 7)
@given(
    table=tables(4),
    again=tables(4),
)
def test_what_was_accepted_is_the_same_when_sent_again(
    yard: Yard, table: list[dict[str, Any]], again: list[dict[str, Any]]
) -> None:
    """Accept two files, then send the second once more: it says nothing new."""
    with yard.empty() as store:
        store.accept(store.submit(file(*table)))
        second = store.submit(file(*again), again=True)
        accepted = store.accept(second)
        left = {each.record for each in accepted.left}
        third = store.submit(file(*again), again=True)
        records = store.submission(third).records
        outweighed = any("later event counts" in note for note in accepted.notes)
        for record in records[~records["record"].isin(left)].itertuples():
            assert record.change == "same" or outweighed
        before = store.events()["event_id"].tolist()
        if not outweighed:
            assert store.accept(third).events == ()
            assert store.events()["event_id"].tolist() == before
        assert isinstance(records, gpd.GeoDataFrame)
        assert store.rebuild().empty
