"""Reports sent, resent, corrected and retracted in any order: the last word of each counts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
import shapely
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mine_geo.geo.hazards import to_hazards
from tests.hand import cell_m2
from tests.store.inbox import candidates, report_file
from tests.store.yard import Yard

if TYPE_CHECKING:
    from mine_geo.store import Store

EXAMPLES = settings().max_examples  # each of ours is a whole store
WEST, SOUTH, STEP = 103.0, 13.0, 0.001
EDGE: Final = WEST + 10 * STEP
"""Where the first hazard ends and the second begins."""
LANES: Final = 4
KNOWN_BY: Final = ("ref", "id", "id over two", "no hazard", "nothing")
OUTCOMES: Final = ("cleared", "reduced", "cancelled")


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def yard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Yard:
    server = request.getfixturevalue("postgis_server") if request.param == "postgis" else None
    return Yard(request.param, tmp_path_factory.mktemp("yard"), server)


class Version(NamedTuple):
    """What a report says, once."""

    outcome: str
    day: str
    width: int
    share: float | None
    """What it says was released, by the land that it draws; None where it says nothing."""
    mines: int

    @property
    def mistaken(self) -> bool:
        """Whether its size is so far from its land that it waits until somebody looks at it."""
        return self.share is not None and max(self.share, 1 / self.share) > 2


class Lane(NamedTuple):
    """A report: its place, how it is known, and what it has said."""

    place: int
    by: str
    operator: str


def versions(by: str) -> st.SearchStrategy[Version]:
    """Draw what a report says; one that only its land tells stays where and when it was."""
    days, outcomes, widths = ["2023-12-20", "2024-01-05", "2024-09-09"], list(OUTCOMES), [3, 5, 6]
    if by in {"no hazard", "nothing"}:
        days, outcomes, widths = days[:2], outcomes[:1], [5]
    return st.builds(
        Version,
        st.sampled_from(outcomes),
        st.sampled_from(days),
        st.sampled_from(widths),
        st.sampled_from([None, 1.0, 0.8, 1.5, 3.0]),
        st.integers(0, 3),
    )


class Step(NamedTuple):
    """What is done, and what the file says: of each report once."""

    does: str
    """Of what waits for a word: `send` leaves it, `correct` says that it corrects; or `retract`."""
    words: dict[Lane, Version]


@st.composite
def stories(draw: st.DrawFn) -> list[Step]:
    """Draw what the desk does with some reports.

    Each has one to three versions, so that a word comes again: one that stands, or was retracted.
    """
    lanes = [
        Lane(place, draw(st.sampled_from(KNOWN_BY)), draw(st.sampled_from(["CMAC", "MAG"])))
        for place in range(draw(st.integers(1, LANES)))
    ]
    words = {
        lane: draw(st.lists(versions(lane.by), min_size=1, max_size=3, unique=True))
        for lane in lanes
    }
    found = []
    for _ in range(draw(st.integers(1, 6))):
        does = draw(st.sampled_from(["send", "send", "correct", "correct", "retract"]))
        several = 1 if does == "retract" else len(lanes)
        some = draw(st.lists(st.sampled_from(lanes), min_size=1, max_size=several, unique=True))
        found.append(Step(does, {lane: draw(st.sampled_from(words[lane])) for lane in some}))
    return found


def south(lane: Lane) -> float:
    return SOUTH + 2 * lane.place * STEP


def field(lane: Lane, west: float, east: float) -> shapely.Polygon:
    return shapely.box(west, south(lane), east, south(lane) + STEP)


def rows(lane: Lane, said: Version) -> list[dict[str, Any]]:
    """Return the rows of a file; two hazards share the land, and the form repeats the figures."""
    west, east = EDGE - said.width * STEP, EDGE + said.width * STEP
    row = {
        "hazard_id": "H0",
        "event_type": said.outcome,
        "happened_on": said.day,
        "operator": lane.operator,
        "reported_size_m2": reported_m2(lane, said),
        "ap_mines": said.mines,
        "geometry": field(lane, west, EDGE),
    }
    if lane.by == "ref":
        return [row | {"report_ref": f"CR-{lane.place}"}]
    if lane.by == "no hazard":
        whole = {"hazard_id": None, "geometry": field(lane, west, east)}
        return [row | whole | {"report_ref": f"CR-{lane.place}"}]
    if lane.by == "nothing":
        return [row]
    row["event_id"] = f"{{{lane.place}}}"
    if lane.by == "id":
        return [row]
    return [row, row | {"hazard_id": "H1", "geometry": field(lane, EDGE, east)}]


def land_m2(lane: Lane, said: Version) -> float:
    """Return the land of a report, by hand."""
    west = EDGE - said.width * STEP
    return sides(lane) * cell_m2(west, south(lane), EDGE, south(lane) + STEP)


def sides(lane: Lane) -> int:
    """Return on how many hazards it lies."""
    return 2 if lane.by in {"id over two", "no hazard"} else 1


def reported_m2(lane: Lane, said: Version) -> float | None:
    """Return what the report says was released."""
    return None if said.share is None else float(round(said.share * land_m2(lane, said)))


def sound(store: Store) -> None:
    """Check that all m² of the ledger are accounted for, and the layers are what it says."""
    assert store.rebuild().empty
    table = store.balance().iloc[0]
    released = table[["cancelled_m2", "reduced_m2", "cleared_m2"]].sum()
    assert table["registered_m2"] - released == table["remaining_m2"]
    assert table["remaining_m2"] == store.hazards()["size_m2"].sum()


def holds(store: Store, truth: dict[Lane, Version]) -> None:
    """Check that the ledger says the last word of each report, and nothing else."""
    found = store.releases(by=["operator", "outcome", "year"])
    found["reported_m2"] = found["reported_m2"].fillna(0)
    got = {
        (row.operator, row.outcome, row.year): (row.released_m2, row.reported_m2, row.ap_mines)
        for row in found.itertuples()
    }
    wanted: dict[Any, list[float]] = {}
    for lane, said in truth.items():
        key = (lane.operator, said.outcome, int(said.day[:4]))
        sums = wanted.setdefault(key, [0.0, 0.0, 0])
        for place, more in enumerate(
            (land_m2(lane, said), reported_m2(lane, said) or 0, said.mines)
        ):
            sums[place] += more
    assert got.keys() == wanted.keys()
    for key, (size, reported, mines) in wanted.items():
        assert got[key][0] == pytest.approx(size, abs=2 * LANES)  # whole m² an event
        assert got[key][1:] == (reported, mines)


class Desk:
    """What the desk does, and what the ledger must say after it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.truth: dict[Lane, Version] = {}
        self._gone: dict[Lane, set[Version]] = defaultdict(set)
        self._ids = set(store.events()["event_id"])

    def does(self, step: Step) -> None:
        if step.does == "retract":
            self._retract(*step.words)
        else:
            self._send(step)

    def _retract(self, lane: Lane) -> None:
        if lane in self.truth:
            self.store.retract(self._standing(lane), reason="wrong")
            self._gone[lane].add(self.truth.pop(lane))
            self._ids = set(self.store.events()["event_id"])
            holds(self.store, self.truth)

    def _standing(self, lane: Lane) -> str:
        """Return an event of a report: all of its events go with one."""
        events = self.store.events()
        events = events[~events["event_id"].isin(events["retracts"])]
        here = events.bounds["miny"].sub(south(lane)).abs() < STEP
        return events.loc[here & events["event_type"].isin(OUTCOMES), "event_id"].iloc[-1]

    def _send(self, step: Step) -> None:
        """Send a file; what is new is in the ledger, and what contradicts waits for a word."""
        is_ = [
            (lane, each) for lane, said in step.words.items() for each in self._records(lane, said)
        ]
        for lane, each in is_:
            event(f"{lane.by}: {each}")

        def those(*what: str) -> set[int]:
            return {number for number, (_, each) in enumerate(is_, 1) if each in what}

        def lanes(what: str) -> dict[Lane, Version]:
            return {lane: step.words[lane] for lane, each in is_ if each == what}

        file = report_file(*(row for lane, said in step.words.items() for row in rows(lane, said)))
        name = self.store.submit(file, again=True)
        waits, mistaken = those("waits"), those("mistaken")
        new = self._accept(name, waits | mistaken, foreseen=name.foreseen)
        assert len(new) == sum(map(sides, lanes("new")))
        self._stands(lanes("new"))
        if step.does == "send" and waits | mistaken:
            self.store.reject(name, reason="an old word")
        if step.does == "correct" and waits:
            self._accept(name, mistaken, as_correction=True)
            self._stands(lanes("waits"))
        if step.does == "correct" and mistaken:
            word: dict[str, Any] = {"records": sorted(mistaken), "despite": "size_mistaken"}
            if any(self._contradicted(*each) for each in lanes("mistaken").items()):
                word["as_correction"] = True
            self._accept(name, set(), **word)
            self._stands(lanes("mistaken"))

    def _records(self, lane: Lane, said: Version) -> list[str]:
        """Tell what each record of a report is for the ledger."""
        stands = self.truth.get(lane)
        if stands == said:
            is_ = "same"
        elif said.mistaken:
            is_ = "mistaken"
        else:
            is_ = "waits" if self._contradicted(lane, said) else "new"
        every = [is_] * len(rows(lane, said))
        if stands is not None and stands[:3] == said[:3]:
            every[1:] = ["same"] * len(every[1:])  # the figures stand on the first
        return every

    def _contradicted(self, lane: Lane, said: Version) -> bool:
        """Say whether a report stands with other content, or said just this and was retracted."""
        return lane in self.truth or said in self._gone[lane]

    def _accept(self, name: str, left: set[int], *, foreseen: Any = None, **word: Any) -> set[str]:
        """Accept, and return the events; what was said before is what is done, and no more."""
        if foreseen is None:
            foreseen = self.store.accept(name, dry_run=True, **word)
            assert set(self.store.events()["event_id"]) == self._ids
        done = self.store.accept(name, **word)
        assert vars(done) | {"written": False} == vars(foreseen)
        assert {each.record for each in done.left} == left
        before, self._ids = self._ids, set(self.store.events()["event_id"])
        assert set(done.events) == self._ids - before
        return self._ids - before

    def _stands(self, words: dict[Lane, Version]) -> None:
        """Hold that reports stand now, and see that the ledger says it."""
        for lane in words.keys() & self.truth:
            self._gone[lane].add(self.truth[lane])
        self.truth |= words
        if words:
            holds(self.store, self.truth)


@settings(max_examples=EXAMPLES // 4)  # --hypothesis-profile=search looks for more
@given(told=stories())
def test_the_last_word_of_each_report_counts(yard: Yard, told: list[Step]) -> None:
    shapes = [
        shapely.box(EDGE - 9 * STEP, SOUTH - STEP, EDGE, SOUTH + 20 * STEP),
        shapely.box(EDGE, SOUTH - STEP, EDGE + 9 * STEP, SOUTH + 20 * STEP),
    ]
    with yard.empty() as store:
        fields = [
            {"hazard_id": f"H{place}", "geometry": shape, "surveyed_on": "2020-01-15"}
            for place, shape in enumerate(shapes)
        ]
        store.register(to_hazards(candidates(fields)))
        desk = Desk(store)
        for step in told:
            desk.does(step)
        sound(store)
