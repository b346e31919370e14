"""Submitted reports into the ledger: each is the event that it reports."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from mine_geo import errors
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake.findings import Finding
from mine_geo.store import Store
from tests.store.conftest import signed
from tests.store.inbox import candidates, report_file, square

SIZE = 1_200_149
WEST = shapely.box(103.0, 13.0, 103.005, 13.01)
EAST = shapely.box(103.005, 13.0, 103.01, 13.01)


@pytest.fixture
def desk(store: Store) -> Store:
    """Give a store with two fields side by side, and one of another kind far off."""
    day = "2020-05-01"
    rows = [
        {"hazard_id": "A", "geometry": square(103.0), "surveyed_on": day, "area_type": "SHA"},
        {"hazard_id": "B", "geometry": square(103.01), "surveyed_on": day},
        {
            "hazard_id": "C",
            "geometry": square(103.2),
            "surveyed_on": day,
            "kind": "cluster_munition",
        },
    ]
    store.register(to_hazards(candidates(rows)))
    return store


def report(number: int, **said: Any) -> dict[str, Any]:
    return {
        "event_id": f"{{g{number}}}",
        "hazard_id": "A",
        "event_type": "cleared",
        "happened_on": "2022-05-01",
        "geometry": WEST,
        **said,
    }


def sizes(desk: Store) -> dict[str, int]:
    found = desk.hazards()
    return dict(zip(found["hazard_id"], found["size_m2"].tolist(), strict=True))


def test_a_report_is_the_event_that_it_reports(desk: Store) -> None:
    said = report(
        1, operator="MAG", report_ref="CR-7", reported_size_m2=6e5, ap_mines=3, depth_cm=13
    )
    name = desk.submit(report_file(said, report(2, event_type="reduced", geometry=EAST)))
    assert desk.submission(name).records["event_type"].tolist() == ["cleared", "reduced"]
    done = desk.accept(name, accepted_by="chief")
    assert (done.accepted, done.released, done.released_m2) == (2, 2, SIZE)
    assert done.events == ("{g1}", "{g2}")
    row = desk.events().set_index("event_id").loc["{g1}"]
    assert row[["operator", "report_ref", "recorded_by"]].tolist() == [
        "MAG",
        "CR-7",
        signed(desk, "chief"),
    ]
    assert row[["reported_size_m2", "ap_mines", "depth_cm"]].tolist() == [6e5, 3, 13]
    assert sizes(desk) == {"B": SIZE, "C": 1_200_149}
    records = desk.submission(name).records
    assert records["did"].tolist() == ["cleared", "reduced"]
    assert set(records["decided_at"]) == {row["recorded_at"]}
    assert desk.rebuild().empty


def test_a_report_has_a_day_of_its_own(desk: Store) -> None:
    name = desk.submit(report_file(report(1)))
    with pytest.raises(errors.OptionError, match="leave out happened_on"):
        desk.accept(name, happened_on="2022-06-01")
    assert len(desk.events()) == 3


def test_a_report_over_several_hazards(desk: Store) -> None:
    both = shapely.box(103.005, 13.0, 103.015, 13.01)
    name = desk.submit(report_file(report(1, hazard_id=None, geometry=both, uxo=2)))
    done = desk.accept(name)
    assert (done.accepted, done.released, len(done.events)) == (1, 1, 2)
    assert done.released_m2 == 2 * SIZE - sizes(desk)["A"] - sizes(desk)["B"]
    assert sizes(desk)["A"] in {600_074, 600_075}
    assert desk.events()["uxo"].sum() == 2
    again = desk.submit(report_file(report(1, hazard_id=None, geometry=both, uxo=2), name="b"))
    assert not again.new  # the same file by another name


def test_all_types_of_reports(desk: Store) -> None:
    rows = [
        report(1, event_type="confirmed", geometry=None),
        report(2, hazard_id="B", event_type="amended", geometry=square(103.01, size=0.02)),
    ]
    done = desk.accept(desk.submit(report_file(*rows)))
    assert (done.confirmed, done.amended, done.released) == (1, 1, 0)
    assert desk.hazards()["area_type"].tolist()[0] == "CHA"
    assert sizes(desk)["B"] == 4_800_500


def test_reports_that_cannot_be_are_left(desk: Store) -> None:
    rows = [
        report(1),
        report(2, event_type="burnt"),
        report(3, happened_on=None),
        report(4, happened_on="2999-01-01"),
        report(5, geometry=None),
        report(6, geometry=square(104.0)),
        report(7, hazard_id="Z"),
        report(8, hazard_id=None, geometry=square(105.0)),
        report(9, hazard_id=None, event_type="amended"),
        report(10, happened_on="2019-01-01"),
        report(11, event_type="confirmed"),
        report(12, ap_mines=-1),
        report(13, hazard_id="C", geometry=square(103.2, size=0.005)),
        report(13, hazard_id="C", geometry=square(103.2, size=0.005)),
    ]
    found = [Finding("bad_date", "'31.02.2022' is not a day", record=2)]
    name = desk.submit(report_file(*rows, findings=found))
    done = desk.accept(name)
    assert (done.accepted, done.released) == (1, 1)
    why = {each.record: each.why for each in done.left}
    assert list(why) == list(range(2, 15))
    assert why[2].startswith("unknown_word: event_type 'burnt' is unknown")
    assert why[3].startswith("bad_date: '31.02.2022' is not a day")
    assert why[4].startswith("future_date: 2999-01-01 has not come yet")
    assert why[5].startswith("no_land: no polygon of the land; ask for it")
    assert "misses A by" in why[6]
    assert "no hazard Z" in why[7]
    assert "over no hazard" in why[8]
    assert why[9].startswith("missing_id: no hazard_id")
    assert "before it was in the register" in why[10]
    assert "by hand, with confirm" in why[11]
    assert why[12].startswith("bad_number: ap_mines -1 cannot be")
    assert why[13].startswith("duplicate_id: event_id {g13} stands in record 14 too")
    assert why[14].startswith("duplicate_id: event_id {g13} stands in record 13 too")
    assert len(desk.events()) == 4
    assert desk.submissions()[["waiting", "accepted"]].iloc[0].tolist() == [13, 1]
    assert desk.rebuild().empty


def test_what_is_asked_for_by_name_is_done_whole_or_not_at_all(desk: Store) -> None:
    name = desk.submit(report_file(report(1), report(2, geometry=square(104.0))))
    with pytest.raises(errors.RecordError, match=r"A \(the polygon misses A"):
        desk.accept(name, hazards=["{g1}", "{g2}"])
    assert len(desk.events()) == 3
    assert desk.accept(name, hazards="{g1}").released == 1
    with pytest.raises(errors.RecordError, match="misses A"):
        desk.accept(name, hazards="{g2}")
    desk.reject(name, reason="another place", hazards="{g2}")


def test_reports_in_any_order_count_on_their_days(desk: Store) -> None:
    """The second row happened before the first, and all of them are taken at once."""
    name = desk.submit(
        report_file(
            report(1, happened_on="2022-06-01", geometry=square(103.0)),
            report(2, happened_on="2022-05-01", event_type="cancelled"),
        )
    )
    desk.accept(name)
    found = desk.history("A").set_index("event_id")["released_m2"]
    assert found[["{g2}", "{g1}"]].tolist() == [600_075, 600_074]


def test_the_same_report_in_another_file_is_recognised(desk: Store) -> None:
    desk.accept(desk.submit(report_file(report(1))))
    name = desk.submit(report_file(report(1), report(2, geometry=EAST)))
    done = desk.accept(name)
    assert (done.accepted, done.same, done.released) == (2, 1, 1)
    assert desk.submission(name).records["did"].isna().tolist() == [True, False]
    other = desk.submit(report_file(report(1, operator="HALO")))
    left = desk.accept(other).left
    assert "is there with other content" in left[0].why


def test_two_kinds_under_one_report(desk: Store) -> None:
    wide = shapely.box(103.0, 13.0, 103.3, 13.01)
    name = desk.submit(report_file(report(1, hazard_id=None, geometry=wide)))
    assert "several kinds" in desk.accept(name).left[0].why
    said = report(1, hazard_id=None, geometry=wide, kind="cluster_munition")
    other = desk.submit(report_file(said))
    assert "mostly_beyond" in desk.accept(other).left[0].why  # 29 of 30 parts
    done = desk.accept(other, records=[1], despite=["mostly_beyond", "larger_than_left"])
    assert done.released_m2 == SIZE
    assert sizes(desk) == {"A": SIZE, "B": SIZE}
