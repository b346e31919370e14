"""The ledger behind a store, on PostGIS and on GeoPackage alike; sizes worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal
from shapely import affinity
from sqlalchemy import text

import mine_geo.store.hazards
import mine_geo.store.ledger.judging
from mine_geo import errors
from mine_geo.geo import sample
from mine_geo.geo.geometry import size_m2
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.fold import fold
from mine_geo.ledger.preview import release_area
from mine_geo.store import Registered, Store, create_store, read_spot_tasks
from mine_geo.store.ledger.spot_tasks import with_position
from mine_geo.store.schema.models import HAZARD
from mine_geo.terms import EVENT_COLUMNS, MOVEMENT_COLUMNS
from tests import nasty
from tests.hand import cell_m2
from tests.store.conftest import signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

box = shapely.box
NORTH = 13.01
PHNOM_PENH = dt.timezone(dt.timedelta(hours=7))


def m2(west: float, east: float) -> int:
    """Return the size of a strip of our field between two longitudes, in closed form."""
    return round(cell_m2(west, 13.0, east, NORTH))


def gone(*left: tuple[float, float], of: int = 0) -> int:
    """Return what a release took off a field of 0.01 degree that leaves these strips."""
    return (of or m2(103.0, 103.01)) - sum(m2(*strip) for strip in left)


def field(west: float = 103.0, east: float = 103.01) -> shapely.Polygon:
    return box(west, 13.0, east, NORTH)


def made(**columns: Any) -> gpd.GeoDataFrame:
    """Return three hazards side by side, A, B and C, surveyed on 2020-01-31."""
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": ["A", "B", "C"],
            "kind": "ap_minefield",
            "area_type": "SHA",
            "province": ["Battambang", "Pailin", "Pailin"],
            "surveyed_on": pd.Timestamp("2020-01-31"),
            "task": ["T1", None, "T3"],
            **columns,
        },
        geometry=[field(), field(103.02, 103.03), field(103.04, 103.05)],
        crs=4326,
    )
    return to_hazards(frame)


@pytest.fixture
def ledger(store: Store) -> Store:
    store.register(made())
    return store


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def untouched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Give one store to all tests after which it must be as before."""
    if request.param == "gpkg":
        place = str(tmp_path_factory.mktemp("untouched") / "register.gpkg")
    else:
        place = request.getfixturevalue("postgis_server").database()
    with create_store(place) as store:
        store.register(made())
        yield store


def sizes(store: Store, **when: Any) -> dict[str, int]:
    found = store.hazards(**when)
    return dict(zip(found["hazard_id"], found["size_m2"].tolist(), strict=True))


def sound(store: Store) -> None:
    """Check that the layer is the fold of the events, and that what moved is what remains."""
    assert store.rebuild().empty
    found = store.balance().iloc[0]
    assert found["remaining_m2"] == store.hazards()["size_m2"].sum()
    signs = dict(zip(MOVEMENT_COLUMNS, (1, 1, 1, -1, -1, -1), strict=True))
    moved = sum(sign * found[name] for name, sign in signs.items())
    assert found["opening_m2"] + moved == found["remaining_m2"]


# ---------------------------------------------------------------- releases


def test_a_release_takes_off_what_lies_under_the_polygon(ledger: Store) -> None:
    done = ledger.record(
        "A",
        "cleared",
        box(103.006, 12.99, 103.012, 13.02),
        happened_on="2022-05-01",
        operator="MAG",
        report_ref="CL-7",
        reported_size_m2=480_000,
        ap_mines=3,
        uxo=0,
        depth_cm=20,
        comment=" by hand ",
        recorded_by="officer",
    )
    assert isinstance(done, str)
    assert done.new
    assert done.released_m2 == gone((103.0, 103.006)) == 480_060
    assert (done.before_m2, done.after_m2) == (m2(103, 103.01), m2(103, 103.006))
    whole = cell_m2(103.006, 12.99, 103.012, 13.02)
    assert done.outside_m2 == round(whole - cell_m2(103.006, 13.0, 103.01, NORTH))
    assert sizes(ledger) == {"A": 720_089, "B": m2(103.02, 103.03), "C": m2(103.04, 103.05)}
    assert ledger.hazards()["status"].tolist() == ["worked_on", "open", "open"]
    row = ledger.history("A").iloc[-1]
    assert row[["operator", "report_ref", "comment", "recorded_by"]].tolist() == [
        "MAG",
        "CL-7",
        "by hand",
        signed(ledger, "officer"),
    ]
    assert row[["ap_mines", "uxo", "depth_cm"]].tolist() == [3, 0, 20.0]
    assert pd.isna(row["av_mines"])
    assert row["reported_size_m2"] == 480_000
    assert row["released_m2"] == row["cleared_m2"] == 480_060
    sound(ledger)


VERBS: dict[str, tuple[Any, ...]] = {
    "record": ("A", "cleared", field()),
    "record_report": ("cleared", field()),
    "amend": ("A", field()),
    "describe": ("A", {"operator": "x"}),
    "confirm": ("A",),
    "divide": ("A", {"A-1": field()}),
    "merge": (["A", "B"], "C"),
    "record_spot_task": (),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("word", "meant"), [("dryrun", "dry_run"), ("recordedby", "recorded_by"), ("colour", None)]
)
def test_a_word_that_no_report_has_records_nothing(
    untouched: Store, verb: str, word: str, meant: str | None
) -> None:
    # A misspelled dry_run must not record what was only to be tried.
    method = getattr(untouched, verb)
    with pytest.raises(errors.OptionError) as refused:
        method(*VERBS[verb], happened_on="2022-05-01", **{word: 1})
    said = str(refused.value)
    assert said.startswith(f"{verb}: {word} is unknown;")
    assert meant is None or f"did you mean {meant}?" in said
    named = said.partition("valid: ")[2].split(", ")
    assert {"happened_on", "dry_run", "report_ref", "comment", "recorded_by"} <= set(named)
    assert len(untouched.events()) == 3


@pytest.mark.parametrize("land", [field(), gpd.GeoSeries([field()], crs=4326)], ids=type)
def test_the_outcome_comes_before_the_polygon(untouched: Store, land: Any) -> None:
    swapped: Any = untouched.record_report
    with pytest.raises(errors.OptionError, match=r"write record_report\(outcome, polygon\)"):
        swapped(land, "cleared", happened_on="2022-05-01")
    single: Any = untouched.record
    with pytest.raises(errors.OptionError, match=r"write record\(hazard_id, outcome, polygon\)"):
        single("A", land, "cleared", happened_on="2022-05-01")
    preview: Any = release_area
    with pytest.raises(errors.OptionError, match=r"write release_area\(hazards, haz"):
        preview(untouched.hazards(), "A", land, "cleared")
    with pytest.raises(errors.OptionError, match=r"outcome is a .*; valid: cancelled, reduced"):
        swapped(land, land, happened_on="2022-05-01")


def test_the_recording_does_what_the_preview_shows(ledger: Store) -> None:
    polygon = shapely.Polygon([(102.99, 12.99), (103.007, 13.002), (103.003, 13.02)])
    shown = release_area(ledger.hazards(), "A", "reduced", polygon)
    done = ledger.record("A", "reduced", polygon, happened_on="2022-05-01")
    assert (done.released_m2, done.outside_m2) == (shown.balance.released_m2, shown.outside_m2)
    left = ledger.hazards().set_index("hazard_id").geometry["A"]
    assert left.equals_exact(shown.remaining, 0)


def test_field_polygons_do_what_their_preview_shows(store: Store) -> None:
    drawn = {f"N{place:02d}": pair for place, pair in enumerate(nasty.pairs(28, seed=7))}
    frame = gpd.GeoDataFrame(
        {"hazard_id": list(drawn), "kind": "other_erw", "surveyed_on": pd.Timestamp("2020-01-31")},
        geometry=[moved(hazard, name) for name, (_, hazard, _) in drawn.items()],
        crs=4326,
    )
    hazards = to_hazards(frame[frame.geometry.is_valid & ~frame.geometry.is_empty])
    store.register(hazards)
    did = 0
    for name in hazards["hazard_id"]:
        polygon = moved(drawn[name][2], name)
        shown = refused = None
        try:
            shown = release_area(hazards, name, "cleared", polygon)
        except errors.MineGeoError as error:
            refused = type(error)
        if shown is None:
            assert refused is not None
            with pytest.raises(refused):
                store.record(name, "cleared", polygon, happened_on="2022-05-01")
            continue
        done = store.record(name, "cleared", polygon, happened_on="2022-05-01")
        assert (done.released_m2, done.outside_m2) == (shown.balance.released_m2, shown.outside_m2)
        did += 1
    assert did > 14
    sound(store)


def moved(shape: Any, name: str) -> Any:
    """Return a polygon at a place of its own."""
    return affinity.translate(shape, int(name[1:]) * 0.05)


def test_land_is_released_once(ledger: Store) -> None:
    ledger.record("A", "cleared", field(103.0, 103.004), happened_on="2022-05-01")
    second = ledger.record("A", "cleared", field(103.0, 103.006), happened_on="2022-05-02")
    assert second.released_m2 == m2(103.004, 103.006)
    third = ledger.record("A", "reduced", field(103.001, 103.003), happened_on="2022-05-03")
    assert third.released_m2 == 0
    assert "outside what was left" in third.notes[0]
    assert sizes(ledger)["A"] == m2(103.006, 103.01)
    sound(ledger)


def test_a_hazard_released_whole_is_closed(ledger: Store) -> None:
    done = ledger.record("B", "cancelled", field(103.0, 104.0), happened_on="2022-05-01")
    assert "nothing is left of B: closed" in done.notes
    assert list(sizes(ledger)) == ["A", "C"]
    assert list(sizes(ledger, as_of="2022-04-30")) == ["A", "B", "C"]
    closed = ledger.hazards(closed=True).set_index("hazard_id").loc["B"]
    assert (closed["status"], closed["size_m2"], closed.geometry.is_empty) == ("closed", 0, True)
    assert ledger.hazards(closed=True, as_of="2022-05-01")["status"].tolist() == [
        "open",
        "closed",
        "open",
    ]
    with pytest.raises(errors.RecordError, match="B: nothing was left of it on 2022-06-01"):
        ledger.record("B", "cleared", field(103.02, 103.03), happened_on="2022-06-01")
    # earlier there was something left
    late = ledger.record("B", "cleared", field(103.02, 103.024), happened_on="2022-04-01")
    assert late.released_m2 == gone((103.024, 103.03))
    assert ledger.releases(by="outcome")["released_m2"].sum() == m2(103.02, 103.03)
    sound(ledger)


def test_a_late_report_lands_on_its_own_day(ledger: Store) -> None:
    second = ledger.record("A", "cleared", field(103.002, 103.006), happened_on="2022-07-01")
    known = ledger.events()["recorded_at"].max()
    first = ledger.record("A", "reduced", field(103.0, 103.004), happened_on="2022-06-01")
    assert first.released_m2 == gone((103.004, 103.01))
    effects = ledger.history("A").set_index("event_id")["released_m2"]
    assert effects[first] == gone((103.004, 103.01))
    assert effects[second] == gone((103.006, 103.01), of=m2(103.004, 103.01))
    before = ledger.history("A", known_at=known).set_index("event_id")["released_m2"]
    assert first not in before
    assert before[second] == gone((103.0, 103.002), (103.006, 103.01))
    assert sizes(ledger, as_of="2022-06-30")["A"] == m2(103.004, 103.01)
    assert sizes(ledger, as_of="2022-06-30", known_at=known)["A"] == m2(103.0, 103.01)
    changes = ledger.changes(known.isoformat()).set_index("event_id")
    assert changes["why"].to_dict() == {first: "late", second: "re-attributed"}
    left = m2(103.006, 103.01)
    assert changes["change_m2"].sum() == left - size_m2([field(103.0, 103.002) | field(103.006)])[0]
    sound(ledger)


def test_an_order_of_arrival_does_not_matter(ledger: Store, tmp_path: Any) -> None:
    reports = [
        ("A", "cleared", field(103.003, 103.007), "2022-05-03"),
        ("A", "reduced", box(103.0, 13.002, 103.008, 13.004), "2022-05-01"),
        ("A", "cancelled", box(103.001, 13.0, 103.002, 13.02), "2022-05-02"),
    ]
    for hazard, outcome, polygon, when in reports:
        ledger.record(hazard, outcome, polygon, happened_on=when)
    with create_store(tmp_path / "other.gpkg") as other:
        other.register(made())
        for hazard, outcome, polygon, when in reversed(reports):
            other.record(hazard, outcome, polygon, happened_on=when)
        one, two = ledger.hazards(), other.hazards()
        assert one.geometry.to_wkb().tolist() == two.geometry.to_wkb().tolist()  # to the last bit
        did = [s.history("A").set_index("event_id")["released_m2"] for s in (ledger, other)]
        assert did[0].to_dict() == did[1].to_dict()


# ---------------------------------------------------------------- the same call again


def test_the_same_report_sent_again_changes_nothing(ledger: Store) -> None:
    for given in (None, "R-1"):
        report = {"happened_on": "2022-05-01", "operator": "MAG", "event_id": given}
        polygon = field(103.0, 103.002) if given else field(103.002, 103.003)
        first = ledger.record("A", "cleared", polygon, **report, recorded_by="one")
        before = ledger.events()
        again = ledger.record(
            "A", "cleared", shapely.reverse(polygon), **report, recorded_by="another"
        )
        assert again == first
        assert not again.new
        assert again.released_m2 == first.released_m2
        assert_frame_equal(pd.DataFrame(ledger.events()), pd.DataFrame(before))


@pytest.mark.parametrize(
    "other",
    [
        {"outcome": "reduced"},
        {"polygon": field(103.0, 103.003)},
        {"happened_on": "2022-05-02"},
        {"operator": "HALO"},
        {"uxo": 1},
        {"reported_size_m2": 7.0},
        {"hazard_id": "B", "polygon": field(103.02, 103.03)},
    ],
)
def test_an_event_id_with_other_content_is_a_conflict(ledger: Store, other: dict[str, Any]) -> None:
    said = {
        "hazard_id": "A",
        "outcome": "cleared",
        "polygon": field(103.0, 103.002),
        "happened_on": "2022-05-01",
        "event_id": "R-1",
        "operator": "MAG",
    }
    ledger.record(**said)
    before = ledger.events()
    with pytest.raises(errors.ConflictError, match="event R-1 is there with other content"):
        ledger.record(**{**said, **other})
    assert_frame_equal(pd.DataFrame(ledger.events()), pd.DataFrame(before))


# ---------------------------------------------------------------- retractions


def test_a_retracted_event_is_as_if_it_had_never_been(ledger: Store) -> None:
    ledger.record("A", "cleared", field(103.0, 103.006), happened_on="2022-05-01", event_id="bad")
    good = ledger.record("A", "reduced", field(103.004, 103.008), happened_on="2022-06-01")
    known = ledger.events()["recorded_at"].max()
    ledger.retract("bad", reason="another hazard was meant", recorded_by="officer")
    assert sizes(ledger)["A"] == m2(103.0, 103.004) + m2(103.008, 103.01)
    assert sizes(ledger, as_of="2022-05-31")["A"] == m2(103.0, 103.01)
    assert sizes(ledger, known_at=known)["A"] == m2(103.008, 103.01)
    history = ledger.history("A").set_index("event_id")
    assert history.loc[good, "released_m2"] == gone((103.0, 103.004), (103.008, 103.01))
    bad = history.loc["bad"]
    assert (bad["voided"], bad["counts"], pd.isna(bad["released_m2"])) == (True, False, True)
    last = history.iloc[-1]
    assert (last["event_type"], last["retracts"]) == ("retracted", "bad")
    assert last["comment"] == "another hazard was meant"
    assert bad["retracted_by"] == history.index[-1]
    before = ledger.history("A", known_at=known).set_index("event_id")
    assert before.loc["bad", "released_m2"] == gone((103.006, 103.01))
    sound(ledger)


def test_retracting_twice(ledger: Store) -> None:
    bad = ledger.record("A", "cleared", field(103.0, 103.006), happened_on="2022-05-01")
    first = ledger.retract(bad, reason="twice entered")
    again = ledger.retract(bad, reason="twice entered")
    assert (again, again.new) == (first, False)
    with pytest.raises(errors.ConflictError, match="is retracted already: twice entered"):
        ledger.retract(bad, reason="something else")
    with pytest.raises(errors.RecordError, match="is itself a retraction"):
        ledger.retract(first, reason="no")
    with pytest.raises(errors.UnknownNameError, match="no event nothing"):
        ledger.retract("nothing", reason="no")
    with pytest.raises(errors.RecordError, match="reason is missing"):
        ledger.retract(bad, reason=" ")


def test_what_was_retracted_can_be_recorded_again(ledger: Store) -> None:
    report = {"happened_on": "2022-05-01", "operator": "MAG"}
    first = ledger.record("A", "cleared", field(103.0, 103.006), **report)
    ledger.retract(first, reason="wrong after all")
    second = ledger.record("A", "cleared", field(103.0, 103.006), **report)
    assert second.new
    assert second != first
    assert sizes(ledger)["A"] == m2(103.006, 103.01)
    assert not ledger.record("A", "cleared", field(103.0, 103.006), **report).new
    ledger.record("B", "cleared", field(103.02, 103.024), **report, event_id="mine")
    ledger.retract("mine", reason="wrong")
    with pytest.raises(errors.ConflictError, match="event mine was retracted"):
        ledger.record("B", "cleared", field(103.02, 103.024), **report, event_id="mine")
    sound(ledger)


def test_a_registration_is_retracted_only_when_nothing_hangs_on_it(ledger: Store) -> None:
    release = ledger.record("A", "cleared", field(103.0, 103.006), happened_on="2022-05-01")
    registered = ledger.history("A")["event_id"].iloc[0]
    with pytest.raises(errors.RecordError, match="could not stand any more"):
        ledger.retract(registered, reason="no mines here")
    assert not ledger.history("A")["voided"].any()
    ledger.retract(release, reason="no mines here")
    ledger.retract(registered, reason="no mines here")
    assert list(sizes(ledger, closed=True)) == ["B", "C"]
    with pytest.raises(errors.RecordError, match="its registration was retracted"):
        ledger.record("A", "cleared", field(), happened_on="2022-05-01")
    sound(ledger)
    assert ledger.register(made()) == Registered(registered=1, unchanged=2)
    assert ledger.register(made()) == Registered(registered=0, unchanged=3)
    assert list(sizes(ledger)) == ["A", "B", "C"]
    sound(ledger)


# ---------------------------------------------------------------- amendments, attributes


def test_an_amendment_sets_what_remains(ledger: Store) -> None:
    ledger.record("A", "cleared", field(103.0, 103.006), happened_on="2022-05-01")
    done = ledger.amend("A", field(103.004, 103.02), happened_on="2022-06-01", report_ref="S-1")
    assert done.after_m2 == m2(103.004, 103.02)
    assert done.released_m2 == 0
    again = f"covers land again that was released earlier ({m2(103.004, 103.006):,} m²)"
    assert any(again in note for note in done.notes)
    assert ledger.balance().iloc[0]["amended_m2"] == m2(103.004, 103.02) - m2(103.006, 103.01)
    assert sizes(ledger, as_of="2022-05-31")["A"] == m2(103.006, 103.01)
    sound(ledger)


def test_a_closed_hazard_may_be_drawn_again(ledger: Store) -> None:
    ledger.record("A", "cleared", field(), happened_on="2022-05-01")
    ledger.amend("A", field(103.0, 103.001), happened_on="2022-06-01")
    assert sizes(ledger)["A"] == m2(103.0, 103.001)
    assert ledger.hazards()["status"].tolist()[0] == "worked_on"


def test_attributes_change_on_their_day(ledger: Store) -> None:
    done = ledger.describe(
        ["B", "C"], {"province": "battambang", "district": "SAMLOUT"}, happened_on="2023-01-01"
    )
    assert len(done) == 2
    now = ledger.hazards().set_index("hazard_id")
    assert now.loc["B", ["province", "province_code", "district", "district_code"]].tolist() == [
        "Battambang",
        "02",
        "Samlout",
        "0209",
    ]
    then = ledger.hazards(as_of="2022-12-31").set_index("hazard_id")
    assert then.loc["B", "province_code"] == "24"
    assert pd.isna(then.loc["B", "district"])
    assert list(sizes(ledger, province="Pailin", as_of="2022-12-31")) == ["B", "C"]
    assert list(sizes(ledger, province="Pailin")) == []
    ledger.describe(
        "B", {"district": None, "task": "T9", "difficulty": "high"}, happened_on="2023-02-01"
    )
    row = ledger.hazards().set_index("hazard_id").loc["B"]
    assert pd.isna(row["district"])
    assert pd.isna(row["district_code"])
    assert (row["task"], row["difficulty"]) == ("T9", "high")
    assert ledger.hazards(as_of="2022-12-31").columns.tolist() == ledger.hazards().columns.tolist()
    sound(ledger)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"size_m2": 3}, errors.OptionError, "cannot change size_m2"),
        ({"status": "closed"}, errors.OptionError, "cannot change status"),
        ({"distrct": "x"}, errors.OptionError, "valid: kind, "),
        ({}, errors.OptionError, "cannot change nothing"),
        ({"kind": "mines"}, errors.RecordError, "kind mines is unknown"),
        ({"surveyed_on": "soon"}, errors.RecordError, "surveyed_on"),
    ],
)
def test_attributes_outside_the_vocabulary(
    untouched: Store, changes: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        untouched.describe("A", changes, happened_on="2023-01-01")
    assert len(untouched.history("A")) == 1


# ---------------------------------------------------------------- confirmed, divided, merged


def test_a_suspected_area_is_confirmed(ledger: Store) -> None:
    done = ledger.confirm("A", happened_on="2022-05-01", operator="MAG")
    assert done.after_m2 == m2(103, 103.01)
    assert ledger.hazards()["area_type"].tolist() == ["CHA", "SHA", "SHA"]
    assert ledger.hazards(as_of="2022-04-30")["area_type"].tolist() == ["SHA"] * 3
    assert not ledger.confirm("A", happened_on="2022-05-01", operator="MAG").new
    with pytest.raises(errors.RecordError, match="was confirmed"):
        ledger.confirm("A", happened_on="2022-06-01")
    sound(ledger)


def test_a_narrower_polygon_releases_the_rest(ledger: Store) -> None:
    said = {"happened_on": "2022-05-01", "polygon": field(103.0, 103.004), "event_id": "conf"}
    for missing in ({"outcome": None}, {"outcome": "cleared"}):
        with pytest.raises(errors.OptionError, match="cancelled, reduced"):
            ledger.confirm("A", **said, **missing)
    with pytest.raises(errors.OptionError, match="needs the narrower polygon"):
        ledger.confirm("A", happened_on="2022-05-01", outcome="reduced")
    done = ledger.confirm("A", **said, outcome="reduced")
    assert done.released_m2 == gone((103.0, 103.004))
    assert ledger.history("A")["event_type"].tolist() == ["registered", "confirmed", "reduced"]
    assert sizes(ledger)["A"] == m2(103.0, 103.004)
    again = ledger.confirm("A", **said, outcome="reduced")
    assert (again.new, again.released_m2) == (False, done.released_m2)
    with pytest.raises(errors.ConflictError, match="conf is there"):
        ledger.confirm("A", **said, outcome="cancelled")
    with pytest.raises(errors.GeometryError, match="misses B by"):
        ledger.confirm("B", happened_on="2022-05-01", polygon=field(), outcome="reduced")
    sound(ledger)


def test_a_hazard_is_divided(ledger: Store) -> None:
    ledger.record("A", "cleared", field(103.0, 103.002), happened_on="2022-05-01")
    parts = {"A-2": field(103.006, 103.02), "A-1": field(103.0, 103.006)}
    done = ledger.divide("A", parts, happened_on="2022-06-01", event_id="div")
    assert done == "div"
    assert any("lie outside A" in note for note in done.notes)
    found = ledger.hazards().set_index("hazard_id")
    assert found["size_m2"].to_dict() == {
        "A-1": m2(103.002, 103.006),
        "A-2": m2(103.006, 103.01),
        "B": m2(103.02, 103.03),
        "C": m2(103.04, 103.05),
    }
    assert found.loc["A-1", "parent_id"] == "A"
    assert found.loc["A-2", ["province", "kind", "task"]].tolist() == [
        "Battambang",
        "ap_minefield",
        "T1",
    ]
    assert "parent_id" not in ledger.hazards(as_of="2022-05-31")
    assert ledger.balance().iloc[0]["transferred_m2"] == 0
    # a late report from before the division
    ledger.record("A", "reduced", field(103.0, 103.004), happened_on="2022-05-15")
    assert sizes(ledger)["A-1"] == m2(103.004, 103.006)
    done = ledger.record("A-1", "cleared", field(103.004, 103.005), happened_on="2022-07-01")
    assert done.released_m2 == m2(103.004, 103.005)
    assert not ledger.divide(
        "A", dict(reversed(parts.items())), happened_on="2022-06-01", event_id="div"
    ).new
    with pytest.raises(errors.RecordError, match="comes before it was in the register"):
        ledger.record("A-1", "cleared", field(103.004, 103.005), happened_on="2022-05-31")
    with pytest.raises(errors.RecordError, match="could not stand any more"):
        ledger.retract("div", reason="no")
    with pytest.raises(errors.ConflictError, match=r"A-1.* registered with other content"):
        ledger.register(ledger.hazards())
    sound(ledger)


def test_a_division_may_be_retracted_and_made_anew(ledger: Store) -> None:
    parts = {"A-1": field(103.0, 103.006), "A-2": field(103.006, 103.01)}
    first = ledger.divide("A", parts, happened_on="2022-06-01")
    ledger.retract(first, reason="the line was wrong")
    assert list(sizes(ledger, closed=True)) == ["A", "B", "C"]
    assert ledger.history("A-1")["voided"].tolist() == [True]
    better = {"A-1": field(103.0, 103.005), "A-2": field(103.005, 103.01)}
    ledger.divide("A", better, happened_on="2022-06-01")
    assert sizes(ledger)["A-1"] == m2(103.0, 103.005)
    sound(ledger)


def test_parts_may_differ_from_their_parent(ledger: Store) -> None:
    parts = gpd.GeoDataFrame(
        {"hazard_id": ["A-1", "A-2"], "area_type": ["CHA", None], "district": ["samlout", None]},
        geometry=[field(103.0, 103.006), field(103.006, 103.008)],
        crs=4326,
    )
    with pytest.raises(errors.GeometryError, match="over"):
        ledger.divide("A", parts, happened_on="2022-06-01")
    ledger.divide("A", parts, happened_on="2022-06-01", remainder="keep")
    found = ledger.hazards().set_index("hazard_id")
    assert found.loc["A", "size_m2"] == m2(103.008, 103.01)
    assert found.loc["A-1", ["area_type", "district_code"]].tolist() == ["CHA", "0209"]
    assert found.loc["A-2", "area_type"] == "SHA"
    for wrong, error, match in (
        ({"B": field()}, errors.RecordError, "B is taken"),
        ({"X": field(104, 105)}, errors.GeometryError, "misses C"),
        (
            {"X": field(103.04, 103.046), "Y": field(103.045, 103.05)},
            errors.GeometryError,
            "overlap",
        ),
    ):
        with pytest.raises(error, match=match):
            ledger.divide("C", wrong, happened_on="2022-06-01")
    with pytest.raises(errors.RecordError, match="area_type CHX is unknown"):
        ledger.divide(
            "C",
            parts.assign(hazard_id=["X", "Y"], area_type="CHX").set_geometry(
                [field(103.04, 103.046), field(103.046, 103.05)], crs=4326
            ),
            happened_on="2022-06-01",
        )
    sound(ledger)


@pytest.mark.parametrize("into", ["BC", "B"])
def test_hazards_are_merged(ledger: Store, into: str) -> None:
    ledger.record("C", "cleared", field(103.04, 103.042), happened_on="2022-05-01")
    done = ledger.merge(["C", "B"], into, happened_on="2022-06-01")
    found = ledger.hazards().set_index("hazard_id")
    assert found["size_m2"].to_dict() == {
        "A": m2(103, 103.01),
        into: round(cell_m2(103.02, 13, 103.03, NORTH) + cell_m2(103.042, 13, 103.05, NORTH)),
    }
    if into == "BC":
        assert found.loc["BC", "parent_id"] == "B + C"
    assert not ledger.merge(["B", "C"], into, happened_on="2022-06-01").new
    assert abs(int(ledger.balance().iloc[0]["amended_m2"])) <= 1
    with pytest.raises(errors.RecordError, match="C: nothing was left"):
        ledger.merge(["A", "C"], "AC", happened_on="2022-07-01")
    with pytest.raises(errors.RecordError, match="A is taken"):
        ledger.merge(["B", "C"], "A", happened_on="2022-05-15")
    ledger.retract(done, reason="two fields after all")
    assert sizes(ledger)["C"] == m2(103.042, 103.05)
    sound(ledger)


# ---------------------------------------------------------------- several at once


def test_a_report_over_several_hazards(ledger: Store) -> None:
    polygon = box(103.006, 12.99, 103.024, 13.02)
    said = {"happened_on": "2022-05-01", "event_id": "R", "reported_size_m2": 1e6, "uxo": 4}
    done = ledger.record_report("cleared", polygon, **said)
    assert [(each, each.hazard_id, each.released_m2) for each in done] == [
        ("R", "A", gone((103.0, 103.006))),
        ("R:B", "B", gone((103.024, 103.03))),
    ]
    total = cell_m2(103.006, 12.99, 103.024, 13.02)
    inside = cell_m2(103.006, 13, 103.01, NORTH) + cell_m2(103.02, 13, 103.024, NORTH)
    assert [each.outside_m2 for each in done] == [round(total - inside), 0]
    table = ledger.releases(by="year")
    assert table[["events", "reported_m2", "uxo"]].iloc[0].tolist() == [2, 1_000_000, 4]
    again = ledger.record_report("cleared", polygon, **said)
    assert again == done
    assert not any(each.new for each in again)
    with pytest.raises(errors.ConflictError, match="R is there with other content"):
        ledger.record_report("reduced", polygon, **said)
    with pytest.raises(errors.GeometryError, match="over no hazard on 2022-05-01: the nearest, C"):
        ledger.record_report("cleared", box(103.06, 13, 103.07, 13.01), happened_on="2022-05-01")
    sound(ledger)


def test_a_report_over_several_kinds_says_which(store: Store) -> None:
    store.register(made(kind=["ap_minefield", "cluster_munition", "ap_minefield"]))
    polygon = box(103.006, 12.99, 103.024, 13.02)
    with pytest.raises(errors.MixedError, match="kind="):
        store.record_report("cleared", polygon, happened_on="2022-05-01")
    done = store.record_report(
        "cleared", polygon, happened_on="2022-05-01", kind="cluster_munition"
    )
    assert [each.hazard_id for each in done] == ["B"]


def many(**columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "event_id": ["m1", "m2", "m3", "m4"],
            "hazard_id": ["A", "B", "A", "C"],
            "event_type": ["cleared", "reduced", "amended", "described"],
            "happened_on": ["2022-05-01", "2022-05-02", "2022-05-03", "2022-05-04"],
            "operator": ["MAG", None, None, None],
            "uxo": [1, None, None, None],
            "detail": [None, None, None, '{"village": "O"}'],
            **columns,
        },
        geometry=[field(103.0, 103.002), field(103.02, 103.03), field(103.0, 103.001), None],
        crs=4326,
    )


def test_many_events_in_one_transaction(ledger: Store) -> None:
    done = ledger.record_many(many(), recorded_by="clerk")
    assert [*done] == ["m1", "m2", "m3", "m4"]
    assert sizes(ledger) == {"A": m2(103.0, 103.001), "C": m2(103.04, 103.05)}
    assert ledger.hazards()["village"].tolist()[1] == "O"
    events = ledger.events().set_index("event_id")
    assert len(set(events.loc[["m1", "m2", "m3", "m4"], "recorded_at"])) == 1
    assert set(events.loc[["m1", "m2"], "recorded_by"]) == {signed(ledger, "clerk")}
    assert not any(each.new for each in ledger.record_many(many()))
    sound(ledger)


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        ({"hazard_id": ["A", "B", "A", "X"]}, errors.UnknownNameError, "row 4 .X.*no hazard X"),
        ({"happened_on": "2019-01-01"}, errors.RecordError, "before it was in the register"),
        ({"uxo": [-1, None, None, None]}, errors.RecordError, r"row 1 \(A\): uxo is -1"),
        ({"event_type": "transferred"}, errors.OptionError, "row 1 .*transferred"),
        ({"event_id": "same"}, errors.ConflictError, "stands twice with other content"),
        ({"recorded_at": "2022-01-01"}, errors.RecordError, "import_log"),
        ({"weather": "fine"}, errors.RecordError, "column weather is unknown"),
    ],
)
def test_of_many_events_all_or_none(
    untouched: Store, wrong: dict[str, Any], error: type[Exception], match: str
) -> None:
    before = untouched.events()
    with pytest.raises(error, match=match):
        untouched.record_many(many(**wrong))
    assert_frame_equal(pd.DataFrame(untouched.events()), pd.DataFrame(before))
    assert sizes(untouched)["A"] == m2(103, 103.01)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        ({"hazard_id": "X"}, errors.UnknownNameError, "no hazard X in this store"),
        ({"hazard_id": ""}, errors.RecordError, "hazard_id is missing"),
        ({"outcome": "clear"}, errors.OptionError, "cancelled, reduced, cleared"),
        ({"happened_on": "2100-01-01"}, errors.RecordError, "2100-01-01 is in the future"),
        ({"happened_on": "2020-01-30"}, errors.RecordError, "from 2020-01-31 on"),
        ({"happened_on": "yesterday"}, errors.RecordError, "is not a day"),
        ({"happened_on": None}, errors.RecordError, "happened_on is missing"),
        ({"happened_on": dt.datetime(2022, 5, 1, 8)}, errors.RecordError, "no time zone"),  # noqa: DTZ001
        ({"happened_on": dt.datetime(2022, 5, 1)}, errors.RecordError, "no time zone"),  # noqa: DTZ001
        ({"uxo": -1}, errors.RecordError, "uxo is -1"),
        ({"ap_mines": 1.5}, errors.RecordError, "whole numbers"),
        ({"depth_cm": -0.1}, errors.RecordError, "depth_cm is -0.1"),
        ({"reported_size_m2": "much"}, errors.RecordError, "reported_size_m2 is 'much'"),
        ({"reported_size_m2": float("inf")}, errors.RecordError, "reported_size_m2 is inf"),
        ({"polygon": None}, errors.GeometryError, "missing"),
        ({"polygon": shapely.Polygon()}, errors.GeometryError, "empty"),
        ({"polygon": shapely.Point(103, 13)}, errors.GeometryError, "Point"),
        (
            {"polygon": box(300_000, 1_400_000, 300_100, 1_400_100)},
            errors.GeometryError,
            "longitude",
        ),
        (
            {"polygon": shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])},
            errors.GeometryError,
            r"Self-intersection\[103.005 13.005\]",
        ),
        ({"polygon": gpd.GeoSeries([field()])}, errors.CRSError, "no reference system"),
        (
            {"polygon": gpd.GeoSeries([field()], crs=4326).to_crs(32648)},
            errors.CRSError,
            "UTM zone 48N",
        ),
        ({"polygon": field(103.0111, 103.0112)}, errors.GeometryError, r"misses A by 119\.\d m"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_is_written(
    untouched: Store, wrong: dict[str, Any], error: type[Exception], match: str
) -> None:
    said = {
        "hazard_id": "A",
        "outcome": "cleared",
        "polygon": field(103.0, 103.002),
        "happened_on": "2022-05-01",
    }
    before = untouched.events()
    with pytest.raises(error, match=match) as caught:
        untouched.record(**{**said, **wrong})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert_frame_equal(pd.DataFrame(untouched.events()), pd.DataFrame(before))
    sound(untouched)


def test_a_moment_with_its_zone_is_a_day_in_cambodia(ledger: Store) -> None:
    late = dt.datetime(2022, 5, 1, 20, 0, tzinfo=dt.UTC)
    done = ledger.record("A", "cleared", field(103.0, 103.002), happened_on=late)
    row = ledger.history("A").set_index("event_id").loc[done]
    assert row["happened_on"] == pd.Timestamp("2022-05-02")


@pytest.mark.parametrize("call", ["hazards", "split", "balance", "releases", "spot_tasks"])
def test_a_naive_moment_is_refused(untouched: Store, call: str) -> None:
    naive = dt.datetime(2022, 5, 1)  # noqa: DTZ001
    with pytest.raises(errors.RecordError, match="no time zone"):
        getattr(untouched, call)(known_at=naive)
    with pytest.raises(errors.RecordError, match="not a day"):
        getattr(untouched, call)(as_of="someday")
    with pytest.raises(errors.RecordError, match="no time zone"):
        untouched.changes(naive)
    with pytest.raises(errors.RecordError, match="no time zone"):
        untouched.history("A", known_at=naive)
    with pytest.raises(errors.UnknownNameError, match="no hazard X"):
        untouched.history("X")


def test_a_survey_to_come_is_refused(store: Store) -> None:
    with pytest.raises(errors.RecordError, match="A, B, C: surveyed_on is in the future"):
        store.register(made(surveyed_on=pd.Timestamp("2100-01-01")))
    assert store.hazards().empty


# ---------------------------------------------------------------- overlapping hazards


def test_land_released_over_two_hazards_of_a_kind_is_credited_once(store: Store) -> None:
    table = made()
    table = table.set_geometry([field(), field(103.005, 103.015), field(103.04, 103.05)], crs=4326)
    store.register(to_hazards(table))
    polygon = field(103.0, 103.02)
    done = store.record_report("cleared", polygon, happened_on="2022-05-01")
    by_hazard = {each.hazard_id: each for each in done}
    assert by_hazard["A"].released_m2 == m2(103, 103.01)
    assert by_hazard["B"].released_m2 == m2(103, 103.01) - m2(103.005, 103.01)
    assert any("credited to A" in note for note in by_hazard["B"].notes)
    found = store.history("B").iloc[-1]
    assert found["overlap_m2"] == m2(103.005, 103.01)
    assert abs(store.releases(by="year")["released_m2"].iloc[0] - m2(103, 103.015)) <= 1
    sound(store)


# ---------------------------------------------------------------- the layer and the events


def test_recording_one_release_folds_one_hazard(
    ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record("B", "cleared", field(103.02, 103.021), happened_on="2022-05-01")
    folded: list[set[str]] = []

    def watched(events: gpd.GeoDataFrame, **options: Any) -> Any:
        folded.append(set(events["hazard_id"]))
        return fold(events, **options)

    monkeypatch.setattr(mine_geo.store.ledger.judging, "fold", watched)
    monkeypatch.setattr(mine_geo.store.hazards, "fold", watched)
    ledger.record("A", "cleared", field(103.0, 103.001), happened_on="2022-05-03")
    assert folded == [{"A"}]
    ledger.hazards()
    assert folded == [{"A"}]
    ledger.hazards(as_of="2022-05-02")  # only A has a later event
    assert folded == [{"A"}, {"A"}]


def test_rebuild_finds_and_mends_what_differs(ledger: Store) -> None:
    ledger.record("A", "cleared", field(103.0, 103.001), happened_on="2022-05-03")
    ledger.divide("C", {"C-1": field(103.04, 103.05)}, happened_on="2022-06-01")
    before = ledger.hazards(closed=True)
    assert ledger.rebuild(repair=True).empty
    table = HAZARD
    with ledger._writing() as connection:
        change = table.update()
        connection.execute(change.where(table.c.hazard_id == "A").values(size_m2=7, status="open"))
        moved = shapely.MultiPolygon([field(104, 104.01)])
        connection.execute(change.where(table.c.hazard_id == "B").values(geometry=moved))
        connection.execute(change.where(table.c.hazard_id == "C-1").values(extra='{"task":"T8"}'))
    found = ledger.rebuild()
    assert [tuple(row) for row in found[["hazard_id", "column"]].to_numpy()] == [
        ("A", "size_m2"),
        ("A", "status"),
        ("B", "geometry"),
        ("C-1", "extra"),
    ]
    assert found.loc[0, ["kept", "folded"]].tolist() == ["7", str(m2(103.001, 103.01))]
    assert_frame_equal(ledger.rebuild(repair=True), found)
    assert ledger.rebuild().empty
    assert ledger.hazards(closed=True).equals(before)


def test_sizes_are_those_of_the_polygons(ledger: Store) -> None:
    ledger.record("A", "cleared", box(103.0, 12.9, 103.0033, 13.0077), happened_on="2022-05-03")
    found = ledger.hazards()
    assert found["size_m2"].tolist() == size_m2(found).tolist()


def test_the_split_of_a_day(ledger: Store, border: gpd.GeoDataFrame) -> None:
    ledger.load_border(border)
    ledger.record("A", "cleared", field(103.0, 103.005), happened_on="2022-05-03")
    ledger.record("B", "cleared", field(103.0, 104), happened_on="2022-05-03")
    now = ledger.split(threshold_m=54_500)
    assert now["hazard_id"].tolist() == ["A", "C"]
    assert now["zone"].tolist() == ["far", "far"]
    then = ledger.split(threshold_m=54_500, as_of="2022-05-02")
    assert then["zone"].tolist() == ["near", "far", "far"]
    assert then["size_m2"].tolist() == ledger.hazards(as_of="2022-05-02")["size_m2"].tolist()
    table = ledger.balance(by="zone", since="2022-01-01", threshold_m=54_500).set_index("zone")
    assert table.loc["far", "moved_m2"] == m2(103.005, 103.01) == -table.loc["near", "moved_m2"]
    found = ledger.releases(by=["zone"], threshold_m=54_500).set_index("zone")["released_m2"]
    assert found.to_dict() == {"near": gone((103.005, 103.01)), "far": m2(103.02, 103.03)}


# ---------------------------------------------------------------- whole ledgers


@pytest.fixture(scope="module")
def exported(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Give hazards as first registered, and what happened to them, from another store."""
    hazards = made().assign(recorded_at=pd.Timestamp("2020-02-03T01:02:03.004Z"))
    with create_store(
        tmp_path_factory.mktemp("source") / "source.gpkg", clock_is_right=True
    ) as source:
        source.import_log(hazards, source.events())
        source.record("A", "cleared", field(103.0, 103.001), happened_on="2022-05-03", event_id="e")
        source.divide("C", {"C-1": field(103.04, 103.05)}, happened_on="2022-06-01")
        source.retract("e", reason="wrong")
        source.confirm("B", happened_on="2023-01-01")
        events = source.events()
    return hazards, events[events["event_type"] != "registered"].reset_index(drop=True)


def test_a_ledger_is_taken_over_with_its_moments(
    store: Store, exported: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
) -> None:
    hazards, events = exported
    done = store.import_log(hazards, events)
    assert (done.hazards, done.events, done.spot_tasks) == (3, 5, 0)
    found = store.events()
    registered = found[found["event_type"] == "registered"]
    assert set(registered["recorded_at"]) == {pd.Timestamp("2020-02-03T01:02:03.004Z")}
    others = found[found["event_type"] != "registered"].reset_index(drop=True)
    assert_frame_equal(
        pd.DataFrame(others[list(EVENT_COLUMNS[:-1])]),
        pd.DataFrame(events[list(EVENT_COLUMNS[:-1])]),
    )
    assert list(sizes(store)) == ["A", "B", "C-1"]
    assert store.hazards().columns.tolist()[-2:] == ["parent_id", "task"]
    assert store.register(made()) == Registered(registered=0, unchanged=3)
    sound(store)
    with pytest.raises(errors.ConflictError, match="into an empty store only"):
        store.import_log(hazards, events)


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        ({"hazard_id": ["X", "C", "C-1", "A", "B"]}, errors.RecordError, "X is in the events"),
        ({"happened_on": "2019-01-01"}, errors.RecordError, "events that cannot be"),
        ({"happened_on": "2100-01-01"}, errors.RecordError, "in the future"),
        ({"event_id": "same"}, errors.RecordError, "same stands twice"),
        ({"event_type": "registered"}, errors.RecordError, "take them out"),
        ({"recorded_at": [None, *["2023-01-02T00:00Z"] * 4]}, errors.RecordError, "no recorded_at"),
        ({"recorded_at": pd.Timestamp("2022-01-01")}, errors.RecordError, "no time zone"),
    ],
)
def test_a_ledger_that_cannot_be_is_refused(
    store: Store,
    exported: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    wrong: dict[str, Any],
    error: type[Exception],
    match: str,
) -> None:
    hazards, events = exported
    with pytest.raises(error, match=match):
        store.import_log(hazards, events.assign(**wrong))
    naive = hazards.assign(recorded_at=pd.Timestamp("2022-01-01"))
    with pytest.raises(errors.RecordError, match="no time zone"):
        store.import_log(naive, events)
    assert store.events().empty
    assert store.hazards().empty


# ---------------------------------------------------------------- spot tasks


def test_spot_tasks_have_their_own_table(ledger: Store) -> None:
    task = {
        "task_id": "S-1",
        "happened_on": "2024-05-01",
        "submunitions": 3,
        "operator": "MAG",
        "province": "ratanak kiri",
        "lon": 107.0,
        "lat": "13.5",
        "recorded_by": "one",
    }
    assert ledger.record_spot_task(**task) == "S-1"
    assert ledger.record_spot_task(**task | {"recorded_by": "another"}) == "S-1"
    nameless = ledger.record_spot_task(happened_on="2024-06-01", uxo=1)
    found = ledger.spot_tasks()
    assert found["task_id"].tolist() == ["S-1", nameless]
    assert found.loc[0, ["province_code", "submunitions"]].tolist() == ["16", 3]
    assert found.geometry[0].equals(shapely.Point(107, 13.5))
    assert found.geometry[1] is None
    assert found.crs == "EPSG:4326"
    assert ledger.spot_tasks(as_of="2024-05-31")["task_id"].tolist() == ["S-1"]
    known = found["recorded_at"].max()
    assert ledger.spot_tasks(known_at=found["recorded_at"].min())["task_id"].tolist() == ["S-1"]
    with pytest.raises(errors.ConflictError, match="S-1 is there with other content"):
        ledger.record_spot_task(**task | {"uxo": 1})
    ledger.retract_spot_task("S-1", reason="a minefield after all")
    ledger.retract_spot_task("S-1", reason="a minefield after all")
    with pytest.raises(errors.ConflictError, match="a minefield after all"):
        ledger.retract_spot_task("S-1", reason="no")
    with pytest.raises(errors.UnknownNameError, match="no spot task S-9"):
        ledger.retract_spot_task("S-9", reason="no")
    assert ledger.spot_tasks()["task_id"].tolist() == [nameless]
    assert len(ledger.spot_tasks(known_at=known)) == 2
    assert sizes(ledger)["A"] == m2(103, 103.01)


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        ({"uxo": 0}, errors.RecordError, "without items"),
        ({"uxo": -2}, errors.RecordError, "uxo is -2"),
        ({"happened_on": "2100-01-01"}, errors.RecordError, "in the future"),
        ({"lon": 107.0}, errors.GeometryError, "is no place"),
        ({"lon": 1e6, "lat": 13}, errors.GeometryError, "is no place"),
    ],
)
def test_spot_tasks_that_cannot_be(
    untouched: Store, wrong: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        untouched.record_spot_task(**{"happened_on": "2024-05-01", "uxo": 1} | wrong)
    assert untouched.spot_tasks().empty


@pytest.mark.parametrize("form", ["frame", "points.gpkg", "table.csv", "table.xlsx"])
def test_spot_tasks_are_taken_over_with_their_moments(
    store: Store,
    tmp_path: Path,
    exported: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    form: str,
) -> None:
    with create_store(tmp_path / "source.gpkg") as source:
        placed = {"province": "ratanak kiri", "district": "Lumphat", "lon": 107.0, "lat": 13.5}
        source.record_spot_task(task_id="007", happened_on="2024-05-01", submunitions=3, **placed)
        source.record_spot_task(happened_on="2024-06-01", uxo=1, comment="by the road")
        found = source.spot_tasks()
    tasks: pd.DataFrame = found
    if form != "frame":
        file = tmp_path / form
        plain = pd.DataFrame(found.drop(columns="geometry"))
        plain = plain.assign(lon=found.geometry.x, lat=found.geometry.y)
        plain["recorded_at"] = [each.isoformat() for each in plain["recorded_at"]]
        if form == "points.gpkg":
            found.to_file(file)
        elif form == "table.csv":
            plain.to_csv(file, index=False)
        else:
            plain.to_excel(file, index=False)
        tasks = read_spot_tasks(file)
    done = store.import_log(*exported, tasks)
    assert done.spot_tasks == 2
    assert_frame_equal(store.spot_tasks(), found)


def test_invented_spot_tasks_do_not_enter_a_real_store(
    store: Store, exported: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
) -> None:
    tasks = read_spot_tasks(sample.path("spot_tasks"))
    with pytest.raises(errors.NotSyntheticError, match=r"SPOT-.* is invented sample data"):
        store.import_log(*exported, tasks)
    assert store.events().empty
    assert store.import_log(*exported, tasks.iloc[:0]).spot_tasks == 0


def test_a_table_of_spot_tasks_that_cannot_be_read(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "two.xlsx") as book:
        for name in ("2023", "2024"):
            pd.DataFrame({"task_id": ["S"], "uxo": [1]}).to_excel(book, sheet_name=name)
    with pytest.raises(errors.FileError, match="2 tables"):
        read_spot_tasks(tmp_path / "two.xlsx")
    lines = gpd.GeoDataFrame(
        {"task_id": ["S"]}, geometry=[shapely.LineString([(103, 13), (104, 13)])], crs=4326
    )
    lines.to_file(tmp_path / "lines.gpkg")
    with pytest.raises(errors.GeometryError, match="must be points"):
        read_spot_tasks(tmp_path / "lines.gpkg")
    with pytest.raises(errors.CRSError, match="must be in EPSG:4326"):
        with_position(lines.to_crs(32648))


def test_what_a_store_holds(ledger: Store) -> None:
    ledger.record("A", "cleared", field(), happened_on="2022-05-01")
    ledger.record_spot_task(happened_on="2024-06-01", uxo=1)
    found = ledger.info().set_index("what")["value"]
    names = ["hazards, ap_minefield", "closed hazards", "events", "spot tasks"]
    assert found[names].tolist() == ["2", "1", "4", "1"]


def test_spot_tasks_are_guarded(ledger: Store) -> None:
    ledger.record_spot_task(happened_on="2024-06-01", uxo=1)
    with pytest.raises(Exception, match="written by mine_geo only"), ledger._engine.begin() as one:
        one.execute(text("DELETE FROM spot_task"))
