"""A known truth of reports, written in many layouts, through submit and accept into the ledger.

What was worked is known; what the ledger says of it is summed up by an oracle of its own: the
polygons of each hazard cut in the order of the days. Where the ledger has less, the desk has said
which records it left, and why.
"""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pytest
import shapely
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from mine_geo.errors import GeometryError, RecordError
from mine_geo.geo.geometry import size_m2
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read
from tests.store.deliveries import ALONE, ITEMS, LAYOUTS, NO_LAND, Said, deliver, written
from tests.store.inbox import candidates, file
from tests.store.yard import Yard

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from random import Random

    from mine_geo.intake.received import Received
    from mine_geo.store import Store
    from tests.store.deliveries import Sent

EXAMPLES = settings().max_examples  # each of ours is a whole store
WEST, SOUTH, STEP = 103.0, 13.0, 0.001
LANE: Final = 2
"""Cells of STEP that one report may be about; a hazard has three such lanes."""
WIDE: Final = 3 * LANE
OUTCOMES: Final = ("cancelled", "reduced", "cleared")
"""In the order in which those of one day count."""
OPERATORS: Final = ("CMAC", "MAG", "NPMEC")
HOLDER: Final = "CMAC"
"""The operator of every hazard."""


def cells(west: float, east: float, row: int = 0, low: float = 0, high: float = 1) -> Any:
    """Return a rectangle of the grid; rows lie apart."""
    south = SOUTH + 20 * row * STEP
    return shapely.box(
        WEST + west * STEP, south + low * STEP, WEST + east * STEP, south + high * STEP
    )


# The oracle


def movements(hazards: dict[str, Any], words: Iterable[Said]) -> tuple[Any, dict[str, int]]:
    """Return figures by operator, outcome and year, with the count of events, and what is left."""
    told = sorted(words, key=lambda said: (said.day, OUTCOMES.index(said.outcome)))
    sums: dict[Any, list[int]] = {}
    left = {}
    for name, polygon in hazards.items():
        rest, size = polygon, _whole(polygon)
        for said in told:
            for hazard, land in said.land:
                if hazard != name:
                    continue
                rest = shapely.difference(rest, land)
                after = _whole(rest)
                _add(sums, said, size - after, 0, 0, 0, 1)
                size = after
        left[name] = size
    for said in told:
        _add(sums, said, 0, said.reported or 0, said.ap_mines or 0, said.uxo or 0, 0)
    return {key: tuple(each) for key, each in sums.items()}, left


def _whole(polygon: Any) -> int:
    return int(size_m2(np.array([polygon], dtype=object))[0])


def _add(sums: dict[Any, list[int]], said: Said, *figures: int) -> None:
    key = (said.operator or HOLDER, said.outcome, int(said.day[:4]))
    mine = sums.setdefault(key, [0] * len(figures))
    for place, figure in enumerate(figures):
        mine[place] += figure


def holds(store: Store, hazards: dict[str, Any], words: Iterable[Said]) -> None:
    """Check that the ledger says these reports and nothing else."""
    wanted, left = movements(hazards, words)
    found = store.releases(by=["operator", "outcome", "year"])
    numbers = ["released_m2", "reported_m2", *ITEMS]
    found[numbers] = found[numbers].fillna(0).astype("int64")
    got = found.set_index(["operator", "outcome", "year"])[numbers].T.to_dict("list")
    assert {key: each[1:] for key, each in got.items()} == {
        key: list(each[1:4]) for key, each in wanted.items()
    }
    for key, each in wanted.items():
        assert got[key][0] == pytest.approx(each[0], abs=each[4]), key  # a m² an event
    balance = store.balance().iloc[0]
    registered = sum(_whole(polygon) for polygon in hazards.values())
    released = int(balance[["cancelled_m2", "reduced_m2", "cleared_m2"]].sum())
    assert balance["registered_m2"] == registered
    assert released == sum(each[0] for each in got.values())
    assert balance["remaining_m2"] == registered - released
    assert balance["remaining_m2"] == pytest.approx(sum(left.values()), abs=3 * len(left))


def sound(store: Store, hazards: dict[str, Any], words: Iterable[Said]) -> None:
    """Check as well what is left of each hazard, and that the projection is that of the events."""
    _, left = movements(hazards, words)
    table = store.hazards(workbench="exclude").set_index("hazard_id")["size_m2"]
    assert set(table.index) <= set(hazards)
    for name, size in left.items():
        assert table.get(name, 0) == pytest.approx(size, abs=3), name
    assert store.balance().iloc[0]["remaining_m2"] == int(table.sum())
    assert store.rebuild().empty


# One test a layout, figures by hand


HAND: Final = {"AP-001": cells(0, 6), "AP-002": cells(6, 12)}
"""Two hazards that share an edge. A cell at 13° N has 12,001.6 m²: 108.489 m by 110.625 m."""
CLEARED = Said(
    "CR-1", "MAG", "cleared", "2024-05-03", (("AP-001", cells(0, 2)),), 24_000, 3, None
)  # fmt: skip
REDUCED = Said(
    "CR-2", "CMAC", "reduced", "2023-11-20",
    (("AP-001", cells(5, 6)), ("AP-002", cells(6, 7))), 24_500, 7, 1,
)  # fmt: skip
GOES_ON = Said(
    "CR-3", "MAG", "cleared", "2024-06-03", (("AP-002", cells(8, 9)),), 12_000, 9, 9, "Ongoing"
)
CONFIRMED = Said(
    "CR-4", "MAG", "cancelled", "2024-06-04", (("AP-002", cells(10, 11)),), 12_000, 5, 5,
    conclusion=NO_LAND,
)  # fmt: skip


@pytest.fixture
def desk(store: Store) -> Store:
    """Give a store with the two hazards."""
    register(store, HAND)
    return store


def register(store: Store, hazards: dict[str, Any]) -> None:
    store.register(to_hazards(candidates(_records(hazards))))


def _records(hazards: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"hazard_id": name, "geometry": shape, "surveyed_on": "2020-01-15", "operator": HOLDER}
        for name, shape in hazards.items()
    ]


def received(sent: Sent) -> Received:
    return read(sent.path, **sent.how)


def said_by(store: Store) -> list[list[Any]]:
    """Return what the releases say, in the order of outcomes."""
    found = store.releases(by=["outcome", "operator", "year"]).sort_values("outcome")
    names = ["outcome", "operator", "year", "released_m2", "reported_m2", *ITEMS]
    return found[names].astype(object).where(found[names].notna(), None).to_numpy().tolist()


THINNED: Final = ("points in UTM", "Shapefile", "IMSMA NG", "maXML")
"""Layouts that are taken through both backends; the others read no other way into the ledger."""


@pytest.mark.parametrize(
    ("backend", "layout"),
    [
        *(("gpkg", name) for name in LAYOUTS),
        *(pytest.param("postgis", name, marks=pytest.mark.postgis) for name in THINNED),
    ],
)
def test_a_layout_says_what_was_released(desk: Store, tmp_path: Path, layout: str) -> None:
    """Sent, sent again, and corrected.

    A hazard has 72,010 m² of 72,010.19, without a cell 60,008 of 60,008.49, without three 36,005 of
    36,005.09: of AP-001 12,002 are reduced and then 24,003 cleared, of AP-002 12,002 reduced.
    """
    sent = deliver(_folder(tmp_path, "first"), layout, [CLEARED, GOES_ON, REDUCED, CONFIRMED])
    name = desk.submit(received(sent))
    findings = desk.submission(name).findings
    assert set(LAYOUTS[layout].named) <= set(findings["code"])
    assert (findings["code"] == "not_released").sum() == 2
    done = desk.accept(name)
    assert [sent.whose[left.record - 1] for left in done.left] == [1, 3]
    no_items = "ap_mines" in LAYOUTS[layout].loses
    whose = HOLDER if "operator" in LAYOUTS[layout].loses else "MAG"
    assert said_by(desk) == [
        ["cleared", whose, 2024, 24_003, 24_000, *((None, None) if no_items else (3, None))],
        ["reduced", "CMAC", 2023, 24_004, 24_500, *((None, None) if no_items else (7, 1))],
    ]
    truth = [written(CLEARED, layout), written(REDUCED, layout)]
    holds(desk, HAND, truth)
    assert not desk.submit(received(sent)).new
    again = desk.submit(received(sent), again=True)
    assert desk.accept(again).events == ()
    sound(desk, HAND, truth)
    if LAYOUTS[layout].loses:
        return
    # One cell of 12,002 m² was cleared; then of AP-001 60,008 m² become 48,007 of 48,006.79.
    right = [
        CLEARED._replace(land=(("AP-001", cells(1, 2)),), reported=12_000, ap_mines=4, uxo=2),
        REDUCED._replace(outcome="cancelled", day="2024-11-20", reported=None),
    ]
    name = desk.submit(received(deliver(_folder(tmp_path, "second"), layout, right)))
    assert desk.accept(name).events == ()
    holds(desk, HAND, truth)
    done = desk.accept(name, as_correction=True)
    assert (done.retracted, done.left) == (3, ())
    assert said_by(desk) == [
        ["cancelled", "CMAC", 2024, 24_003, None, 7, 1],
        ["cleared", "MAG", 2024, 12_002, 12_000, 4, 2],
    ]
    holds(desk, HAND, right)
    sound(desk, HAND, right)


def _folder(within: Path, name: str) -> Path:
    path = within / name
    path.mkdir()
    return path


def test_reports_without_an_operator_are_of_the_operator_of_their_file(
    desk: Store, tmp_path: Path
) -> None:
    """MAG sends its polygons; the hazards are in the hands of CMAC."""
    sent = deliver(tmp_path, ALONE, [CLEARED, REDUCED])
    desk.accept(desk.submit(received(sent), operator="MAG"))
    assert said_by(desk) == [
        ["cleared", "MAG", 2024, 24_003, 24_000, 3, None],
        ["reduced", "MAG", 2023, 24_004, 24_500, 7, 1],
    ]
    name = desk.submit(received(sent), operator="MAG", again=True)
    done = desk.accept(name)
    assert (done.events, done.left, done.same) == ((), (), 2)


@pytest.mark.parametrize(
    ("layout", "old", "new"),
    [
        ("IMSMA NG", "status_enum", "hazreducstatus_enum"),
        ("maXML", "Status>", "HazardReductionStatus>"),
    ],
)
def test_the_state_of_an_activity_counts_under_each_of_its_names(
    desk: Store, tmp_path: Path, layout: str, old: str, new: str
) -> None:
    """CR-3 goes on: it released its 12,002 m² where nobody read the column of its state."""
    sent = deliver(tmp_path, layout, [CLEARED, GOES_ON])
    path = sent.path / "hazreduc.csv" if sent.path.is_dir() else sent.path
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    done = desk.accept(desk.submit(received(sent)))
    ((record, _, why),) = done.left
    assert (record, "'Ongoing': the work goes on" in why) == (2, True)
    holds(desk, HAND, [CLEARED])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_report_that_comes_in_two_files(
    desk: Store, tmp_path: Path, order: tuple[int, int]
) -> None:
    """CR-2 by its hazards, each with its own figures: the second waits until it is another part."""
    parts = [
        REDUCED._replace(land=REDUCED.land[:1], reported=12_500),
        REDUCED._replace(land=REDUCED.land[1:], reported=12_000, ap_mines=None, uxo=None),
    ]
    names = []
    for layout, part in zip(("GeoPackage", "points in UTM"), parts, strict=True):
        sent = deliver(_folder(tmp_path, layout), layout, [part])
        names.append(desk.submit(received(sent)))
    for place in order:
        done = desk.accept(names[place])
        if done.left:
            assert "CR-2 of CMAC" in done.left[0].why
            done = desk.accept(names[place], as_another=True)
        assert done.left == ()
    assert said_by(desk) == [["reduced", "CMAC", 2023, 24_004, 24_500, 7, 1]]
    holds(desk, HAND, [REDUCED])


@pytest.mark.parametrize(
    ("layout", "leave_out"), [(ALONE, "all_hazards"), ("other headings", "id_column")]
)
def test_a_report_of_which_nothing_says_the_hazard_waits(
    desk: Store, tmp_path: Path, layout: str, leave_out: str
) -> None:
    sent = deliver(tmp_path, layout, [CLEARED, REDUCED])
    how = {name: value for name, value in sent.how.items() if name != leave_out}
    name = desk.submit(read(sent.path, **how))
    done = desk.accept(name)
    assert done.events == ()
    assert len(done.left) == len(sent.whose)
    assert all(each.why.startswith("missing_id: ") for each in done.left)
    assert any(leave_out in text for text in desk.submission(name).findings["message"])
    holds(desk, HAND, [])


# Stories


class Delivery(NamedTuple):
    """A file: its layout, and of which reports it says which version."""

    layout: str
    words: tuple[tuple[int, int], ...]
    figures: str
    resent: bool
    """Whether the same file comes once more in the end."""


class Plan(NamedTuple):
    """A register, what was done in it, and how the office hears of it."""

    hazards: dict[str, Any]
    waiting: tuple[str, ...]
    """Hazards that are on the workbench only."""
    reports: tuple[tuple[Said, ...], ...]
    """All versions of each, the last is the truth."""
    deliveries: tuple[Delivery, ...]
    acts: tuple[tuple[str, int], ...]
    """`submit`, `accept` a delivery; `hazards`: those that wait; `hand`: record a report."""


def _shape(draw: st.DrawFn, west: int, row: int) -> Any:
    """Draw a hazard: a belt of six cells, with a hole, a step, or a part of its own."""
    belt = cells(west, west + WIDE, row)
    how = draw(st.sampled_from(["belt", "belt", "hole", "step", "parts"]))
    if how == "hole":
        return shapely.difference(belt, cells(west + 2.3, west + 2.7, row, 0.3, 0.7))
    if how == "step":
        return shapely.union(belt, cells(west + 1, west + 4, row, 1, 2))
    if how == "parts":
        return shapely.union(belt, cells(west + 1, west + 2, row, 3, 4))
    return belt


def _land(draw: st.DrawFn, lane: float, row: int, *, first: bool) -> Any:
    """Draw land within a lane; it may reach over an edge of the hazard, or back a little."""
    whole = cells(lane, lane + 2, row)
    west, south, east, north = whole.bounds
    ways = {
        "all": whole,
        "west": cells(lane, lane + 1.5, row),
        "east": cells(lane + 1, lane + 2, row),
        "cut": shapely.Polygon([(west, south), (east, south), (east, north)]),
        "over": cells(lane, lane + 2, row, -0.05, 1),
        "far over": cells(lane, lane + 2, row, -0.3, 1),
        "parts": shapely.union(cells(lane, lane + 0.5, row), cells(lane + 1, lane + 2, row)),
    }
    if not first:  # within its hazard, over land of another report
        ways["back"] = cells(lane - 0.5, lane + 1.5, row)
    return ways[draw(st.sampled_from(sorted(ways)))]


def _version(
    draw: st.DrawFn, number: int, spot: list[tuple[str, float, int, bool]], operator: str
) -> Said:
    """Draw what a report says. No two reports have a day in common."""
    day = date(draw(st.integers(2022, 2024)), draw(st.sampled_from([2, 7, 12])), 3 + number)
    land = tuple((hazard, _land(draw, lane, row, first=first)) for hazard, lane, row, first in spot)
    drawn = sum(_whole(polygon) for _, polygon in land)
    times = draw(st.sampled_from([None, 1.0, 0.99, 1.03, 1.3, 10.0]))
    items = st.sampled_from([None, 0, 1, 4, 12])
    return Said(
        f"CR-{number + 1}",
        operator,
        draw(st.sampled_from(OUTCOMES)),
        day.isoformat(),
        land,
        None if times is None else round(times * drawn),
        draw(items),
        draw(items),
        draw(st.sampled_from([None, None, "Completed"])),
    )


def _spots(chance: Random, row: int, names: tuple[str, ...]) -> list[Any]:
    """Return the places of reports on one or two hazards side by side."""
    west = [(names[0], 0.0, row, True), (names[0], 2.0, row, False), (names[0], 4.0, row, False)]
    if len(names) == 1:
        return [[each] for each in west]
    east = [(names[1], 6.0, row, True), (names[1], 8.0, row, False), (names[1], 10.0, row, False)]
    if chance.random() < 0.7:
        return [*([each] for each in west[:2]), [west[2], east[0]], *([e] for e in east[1:])]
    return [[each] for each in (*west, *east)]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a register, reports on it, and the way in which they come."""
    # What makes a story long or wide is spread evenly, which drawn choices are not.
    chance = draw(st.randoms(use_true_random=True))
    count = draw(st.integers(3, 6))
    hazards: dict[str, Any] = {}
    spots = []
    rows = []
    for row, first in enumerate(range(1, count + 1, 2)):
        names = tuple(f"AP-{n:03}" for n in range(first, min(first + 2, count + 1)))
        rows.append(names)
        for place, name in enumerate(names):
            hazards[name] = _shape(draw, WIDE * place, row)
        spots += _spots(chance, row, names)
    waiting = draw(st.sampled_from([(), (), rows[-1]]))
    over_two = [spot for spot in spots if len(spot) > 1]
    chosen = [*over_two[:1], *chance.sample(spots, draw(st.integers(2, 4)))]
    chosen = [spot for place, spot in enumerate(chosen) if spot not in chosen[:place]]
    reports, queues = [], []
    for number, spot in enumerate(chosen):
        operator = draw(st.sampled_from(OPERATORS))
        versions = draw(st.sampled_from([1, 1, 2]))
        said = [_version(draw, number, spot, operator) for _ in range(versions)]
        ghost = draw(st.sampled_from(["Ongoing", "Suspended", NO_LAND]))
        if chance.random() < 0.2:  # a word before the work was done; alone, it is all that there is
            key = "conclusion" if ghost == NO_LAND else "status"
            early = said[0]._replace(**{"status": None, key: ghost})
            said = [early] if draw(st.booleans()) else [early, *said]
        reports.append(tuple(said))
        queues.append([(number, version) for version in range(len(said))])
    deliveries = _deliveries(draw, chance, reports, queues)
    return Plan(
        hazards,
        waiting,
        tuple(reports),
        deliveries,
        _acts(chance, len(deliveries), len(reports), bool(waiting)),
    )


def _deliveries(
    draw: st.DrawFn,
    chance: Random,
    reports: list[tuple[Said, ...]],
    queues: list[list[tuple[int, int]]],
) -> tuple[Delivery, ...]:
    """Draw the files in the order in which they come: a later version in a later file."""
    found = []
    while any(queues):
        ready = [queue for queue in queues if queue]
        size = draw(st.integers((len(ready) + 1) // 2, len(ready)))
        words = tuple(queue.pop(0) for queue in draw(st.permutations(ready))[:size])
        layout = chance.choice(list(LAYOUTS))
        said = [reports[number][version] for number, version in words]
        several = any(
            shapely.get_num_geometries(land) > 1 for each in said for _, land in each.land
        )
        # What says neither reference nor hazard is known by its land alone: it comes once.
        anew = any(len(reports[number]) > 1 for number, _ in words)
        if (several and not LAYOUTS[layout].parts) or (layout == ALONE and anew):
            layout = "GeoPackage"
        figures = draw(st.sampled_from(["repeated", "repeated", "once", "own"]))
        if any(each.reported is not None and _odd(each) for each in said):
            figures = "repeated" if figures == "own" else figures
        found.append(Delivery(layout, words, figures, chance.random() < 0.2))
    return tuple(found)


def _odd(said: Said) -> bool:
    drawn = sum(_whole(polygon) for _, polygon in said.land)
    return said.reported is not None and not 0.9 * drawn < said.reported < 1.1 * drawn


def _acts(
    chance: Random, deliveries: int, reports: int, waiting: bool
) -> tuple[tuple[str, int], ...]:
    """Choose in which order files come, are accepted, hazards too, and what is recorded by hand."""
    acts: list[tuple[str, int]] = [("submit", place) for place in range(deliveries)]
    for place in range(deliveries):
        if chance.random() < 0.6:
            after = acts.index(("submit", place)) + 1
            acts.insert(chance.randint(after, len(acts)), ("accept", place))
    if waiting and chance.random() < 0.5:
        acts.insert(chance.randint(0, len(acts)), ("hazards", 0))
    for number in range(reports):
        if chance.random() < 0.15:
            acts.insert(chance.randint(0, len(acts)), ("hand", number))
    return tuple(acts)


class Desk:
    """An officer, who goes by what the desk says; and what the ledger must say by then."""

    def __init__(self, store: Store, plan: Plan, folder: Path) -> None:
        self.store, self.plan, self.folder = store, plan, folder
        self.truth: dict[int, Said] = {}
        self.names: dict[int, str] = {}
        self.open: dict[int, set[int]] = {}
        """By delivery the reports that wait, by their place in it."""
        self.sent: dict[int, Sent] = {}
        self.registered = {
            name: shape for name, shape in plan.hazards.items() if name not in plan.waiting
        }
        register(store, self.registered)
        if plan.waiting:
            waits = {name: plan.hazards[name] for name in plan.waiting}
            self.waits = store.submit(file(*_records(waits)))

    def tell(self) -> None:
        """Check what the ledger says now."""
        holds(self.store, self.registered, self.truth.values())

    def said(self, place: int, at: int) -> Said:
        """Return what a delivery says of one of its reports, as its layout can."""
        number, version = self.plan.deliveries[place].words[at]
        return written(self.plan.reports[number][version], self.plan.deliveries[place].layout)

    def submit(self, place: int, tag: str = "") -> str:
        """Write the file, and submit it."""
        delivery = self.plan.deliveries[place]
        words = [self.plan.reports[number][version] for number, version in delivery.words]
        path = self.folder / f"{place}{tag}"
        if not tag:
            path.mkdir()
            self.sent[place] = deliver(path, delivery.layout, words, delivery.figures)
        got = received(self.sent[place])
        if any(said != self.said(place, at) for at, said in enumerate(words)):
            said = {finding.code for finding in got.findings}
            lost_items = any(each.ap_mines or each.uxo for each in words)
            if "ap_mines" not in LAYOUTS[delivery.layout].loses or lost_items:
                assert set(LAYOUTS[delivery.layout].named) <= said
        name = self.store.submit(got, again=bool(tag))
        assert name.new
        note(f"{name}: {delivery}")
        return name

    def records(self, place: int, at: int) -> list[int]:
        """Return the numbers of the records of a report in a delivery."""
        whose = self.sent[place].whose
        return [record for record, each in enumerate(whose, start=1) if each == at]

    def accept(self, place: int, name: str, at: int | None = None, **word: Any) -> set[int]:
        """Accept what can be; return the reports of the file that were left, each whole."""
        words = self.plan.deliveries[place].words
        if at is not None:
            word["records"] = self.records(place, at)
        done = self.store.accept(name, **word)
        note(f"{name} {word}: {[(each.record, each.why) for each in done.left]}, {done.notes}")
        assert all(each.why for each in done.left)
        left = {each.record: each.why for each in done.left}
        new = {each.record for each in done.reports if each.new}
        behind = set()
        for each in range(len(words)) if at is None else [at]:
            mine = set(self.records(place, each))
            if mine & set(left):
                behind.add(each)
                assert not mine & new
            elif mine & new:
                self.truth[words[each][0]] = self.said(place, each)
        if done.events:
            self.tell()
        return behind

    def hand(self, number: int) -> None:
        """Record the first word of a report by hand, where its hazards are there."""
        said = self.plan.reports[number][0]
        if not said.releases or any(name not in self.registered for name, _ in said.land):
            return
        facts = {
            "happened_on": said.day,
            "operator": said.operator,
            "report_ref": said.ref,
            "reported_size_m2": said.reported,
            **{name: getattr(said, name) for name in ITEMS},
        }
        try:
            done = self._recorded(said, facts)
        except (GeometryError, RecordError) as error:  # all of its land is released
            assert number in self.truth
            note(f"by hand: {error}")
            return
        if number in self.truth:
            if any(each.new for each in done):
                assert any("of the same report" in text for each in done for text in each.notes)
                self.store.retract(str(done[0]), reason="recorded twice")
        else:
            self.truth[number] = said
        self.tell()

    def _recorded(self, said: Said, facts: dict[str, Any]) -> list[Any]:
        if len(said.land) > 1:
            land = shapely.union_all([land for _, land in said.land])
            return self.store.record_report(said.outcome, land, **facts)
        ((hazard, land),) = said.land
        return [self.store.record(hazard, said.outcome, land, **facts)]

    def hazards(self) -> None:
        """Accept the hazards that wait."""
        if set(self.registered) == set(self.plan.hazards):
            return
        self.store.accept(self.waits)
        self.registered = self.plan.hazards
        self.tell()

    def finish(self) -> None:
        """Go through all that waits, the newest first, until the last word of each counts."""
        self.hazards()
        last = {}
        for place, delivery in enumerate(self.plan.deliveries):
            last |= {number: place for number, _ in delivery.words}
        for place in reversed(range(len(self.plan.deliveries))):
            self._settle(place, last)
        for place, delivery in enumerate(self.plan.deliveries):
            if delivery.resent:
                self.accept(place, self.submit(place, "again"))
        self._last(last)

    def _settle(self, place: int, last: dict[int, int]) -> None:
        """Reject old words, accept the others, and say the officer's word of what is left."""
        name, words = self.names[place], self.plan.deliveries[place].words
        old = {at for at in self.open[place] if last[words[at][0]] != place}
        if old:
            records = [record for at in old for record in self.records(place, at)]
            self.store.reject(name, reason="an old word", records=records)
        if not self.open[place] - old:
            return
        left = {at for at in self.accept(place, name) if self.said(place, at).releases}
        event("waits for a word" if left else "done at once")
        if left:
            left &= self.accept(place, name, as_correction=True)
        for at in left:
            assert _odd(self.said(place, at))
            word = {"as_correction": True, "despite": ["size_mistaken"]}
            assert not self.accept(place, name, at, **word)

    def _last(self, last: dict[int, int]) -> None:
        """Check that each report that released land is there, in its last word."""
        for number, place in last.items():
            numbers = [each for each, _ in self.plan.deliveries[place].words]
            said = self.said(place, numbers.index(number))
            if said.releases:
                assert self.truth[number] == said
            else:
                assert number not in self.truth
        self.tell()
        sound(self.store, self.registered, self.truth.values())


def live(yard: Yard, folder: Path, plan: Plan) -> None:
    """Carry out a plan in an empty store."""
    with yard.empty() as store:
        desk = Desk(store, plan, folder)
        for act, place in plan.acts:
            if act == "submit":
                desk.names[place] = desk.submit(place)
                desk.open[place] = set(range(len(plan.deliveries[place].words)))
                event(plan.deliveries[place].layout)
            elif act == "accept":
                desk.open[place] = desk.accept(place, desk.names[place])
            elif act == "hand":
                desk.hand(place)
            else:
                desk.hazards()
        desk.finish()


FOLDERS = itertools.count()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    return Yard("gpkg", tmp_path_factory.mktemp("yard"), None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, postgis_server: Any) -> Yard:
    return Yard("postgis", tmp_path_factory.mktemp("yard"), postgis_server)


@settings(max_examples=EXAMPLES // 4)
@given(plan=plans())
def test_deliveries_say_the_truth(
    files: Yard, tmp_path_factory: pytest.TempPathFactory, plan: Plan
) -> None:
    live(files, tmp_path_factory.mktemp("office"), plan)


@pytest.mark.postgis
@settings(max_examples=EXAMPLES // 15)
@given(plan=plans())
def test_deliveries_say_the_truth_on_a_server(
    server: Yard, tmp_path_factory: pytest.TempPathFactory, plan: Plan
) -> None:
    live(server, tmp_path_factory.mktemp("office"), plan)
