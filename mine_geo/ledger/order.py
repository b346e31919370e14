"""The order in which standing events are folded, and which of them find their hazard there.

Events of a day follow the rank of their type, then `event_id`; a transfer is one step for all its
sides. When an event was recorded does not matter here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from mine_geo.ledger.events import detail_of
from mine_geo.terms import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd


_RANK = {name: rank for rank, name in enumerate(EVENT_TYPES)}


class Step(NamedTuple):
    """One step of the fold: an event, or the sides of a transfer; places in the events table."""

    places: tuple[int, ...]
    children: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sequence:
    """The steps of a fold."""

    order: list[int]
    """The places of the events that are folded, in order."""
    levels: list[list[Step]]
    """The same, so that no hazard stands twice in one level: a level is done at once."""
    ignored: dict[int, str] = field(default_factory=dict)
    """The places of the others, and why: a code of `events.CANNOT_BE`."""


def sequence(events: pd.DataFrame) -> Sequence:
    """Put standing events in the order of folding.

    Parameters
    ----------
    events
        What `standing` returned.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "event_id": ["a", "b", "c"], "hazard_id": ["AP-1", "AP-1", "AP-2"],
    ...     "event_type": ["cleared", "registered", "cleared"],
    ...     "happened_on": pd.to_datetime(["2022-05-01"] * 3), "transfer_id": None, "detail": None})
    >>> found = sequence(table)
    >>> found.order, found.ignored
    ([1, 0], {2: 'not_registered'})
    """
    hazards = events["hazard_id"].tolist()
    types = events["event_type"].tolist()
    registered = {
        hazard for hazard, kind in zip(hazards, types, strict=True) if kind == "registered"
    }
    found = Sequence([], [])
    begun: set[str] = set()
    level: dict[str, int] = {}
    for step in _steps(events):
        if step.children:
            step = _transfer(step, hazards, begun, found.ignored)  # noqa: PLW2901
        elif not _stands(step.places[0], hazards, types, begun, registered, found.ignored):
            continue
        if not step.places:
            continue
        who = {hazards[place] for place in (*step.places, *step.children)}
        height = max(level.get(hazard, 0) for hazard in who)
        level.update(dict.fromkeys(who, height + 1))
        if height == len(found.levels):
            found.levels.append([])
        found.levels[height].append(step)
        found.order.extend((*step.places, *step.children))
    return found


def _stands(
    place: int,
    hazards: list[str],
    types: list[str],
    begun: set[str],
    registered: set[str],
    ignored: dict[int, str],
) -> bool:
    """Say whether a single event finds its hazard as it must be; a registration begins it."""
    hazard, kind = hazards[place], types[place]
    if kind == "transferred":
        ignored[place] = "lone_side"
    elif kind == "registered" and hazard in begun:
        ignored[place] = "registered_twice"
    elif kind == "registered":
        begun.add(hazard)
        return True
    elif hazard in begun:
        return True
    else:
        ignored[place] = "not_yet_registered" if hazard in registered else "not_registered"
    return False


def _transfer(step: Step, hazards: list[str], begun: set[str], ignored: dict[int, str]) -> Step:
    """Return the sides of a transfer that can be: parents that are there, children beside them."""
    parents, children, seen = [], [], set()
    for place in sorted(step.places, key=lambda place: hazards[place]):
        if hazards[place] not in begun:
            ignored[place] = "not_yet_registered"
        elif hazards[place] in seen:
            ignored[place] = "twice_in_transfer"
        else:
            parents.append(place)
            seen.add(hazards[place])
    for place in sorted(step.children, key=lambda place: hazards[place]):
        if hazards[place] in seen:
            ignored[place] = "twice_in_transfer"
        else:
            children.append(place)
            seen.add(hazards[place])
    if not parents or not children:
        left = dict.fromkeys((*parents, *children), "lone_side")
        ignored.update(left)
        return Step(())
    begun.update(hazards[place] for place in children)
    return Step(tuple(parents), tuple(children))


def _steps(events: pd.DataFrame) -> Iterator[Step]:
    """Yield the events in order, those of one transfer together."""
    days = events["happened_on"].astype("int64").tolist()
    ranks = [_RANK[kind] for kind in events["event_type"]]
    ids = events["event_id"].tolist()
    places = sorted(range(len(ids)), key=lambda place: (days[place], ranks[place], ids[place]))
    moved = _RANK["transferred"]
    for (_, rank), group in groupby(places, key=lambda place: (days[place], ranks[place])):
        if rank == moved:
            yield from _transfers(events, group)
        else:
            yield from (Step((place,)) for place in group)


def _transfers(events: pd.DataFrame, places: Iterable[int]) -> Iterator[Step]:
    """Yield the transfers of a day: what makes a hazard before what takes from it."""
    names, details = events["transfer_id"].to_numpy(), events["detail"].to_numpy()
    sides: dict[str, tuple[list[int], list[int]]] = {}
    for place in places:
        parents, children = sides.setdefault(str(names[place]), ([], []))
        role = (detail_of(details[place]) or {}).get("role")
        (parents if role == "parent" else children).append(place)
    hazards = events["hazard_id"].to_numpy()
    groups = list(sides.values())
    for number in _makers_first([({*hazards[p]}, {*hazards[c]}) for p, c in groups]):
        parents, children = groups[number]
        if parents and children:
            yield Step(tuple(parents), tuple(children))
        else:
            yield from (Step((place,)) for place in (*parents, *children))


def _makers_first(groups: list[tuple[set[str], set[str]]]) -> Iterator[int]:
    """Order pairs (taken from, added to): first those that nobody adds to what they take from.

    Among the free ones, and in a circle, the order given decides.

    Examples
    --------
    >>> list(_makers_first([({"B"}, {"C"}), ({"A"}, {"B"})]))
    [1, 0]
    """
    makers: dict[str, set[int]] = {}
    for number, (_, made) in enumerate(groups):
        for hazard in made:
            makers.setdefault(hazard, set()).add(number)
    needs = [set().union(*(makers.get(h, ()) for h in taken)) for taken, _ in groups]
    waiting = dict.fromkeys(range(len(groups)))
    users: dict[int, list[int]] = {}
    for number, need in enumerate(needs):
        need.discard(number)
        for maker in need:
            users.setdefault(maker, []).append(number)
    free = [number for number in waiting if not needs[number]]
    while waiting:
        number = heappop(free) if free else next(iter(waiting))
        if number not in waiting:
            continue
        del waiting[number]
        yield number
        for user in users.get(number, ()):
            needs[user].discard(number)
            if not needs[user]:
                heappush(free, user)
