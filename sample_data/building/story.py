"""The other events, a few of each, so that every feature of the ledger is seen.

None of them changes a published figure: what is left of a hazard, and what was released from it,
stay what they are. All of it is invented.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import shapely

from building.attributes import draw_operator, reported
from building.cases import restate, shuffled
from building.dates import any_day, moment
from building.place import generator
from building.reshaped import half_of, redrawn, whole_parts
from building.sites import Site
from mine_geo.geo.geometry import size_m2

if TYPE_CHECKING:
    import geopandas as gpd

    from building.cases import Case
    from building.entries import Entry

FIRST, LAST = date(2020, 2, 3), date(2022, 10, 28)
OTHER_OPERATORS = 24
OTHER_DISTRICTS = 12
REFORM_DAY = date(2019, 1, 1)
REFORM = ("0609", "0601")
"""Taing Kouk, and Baray, of which it was part: the batch of an admin reform (day invented)."""
AMENDED = {"ap_minefield": 16, "cluster_munition": 6}
DIVIDED = {"ap_minefield": 4, "cluster_munition": 3}
MERGED = 2
RETRACTED = {"ap_minefield": 6, "cluster_munition": 2}
APART_DEGREES = {"ap_minefield": 0.0007, "cluster_munition": 0.004}
WIDER_M = (3.0, 4.5)
NARROWER_M = (-9.0, -4.0)


def _day(case: Case, purpose: str) -> date:
    return any_day(generator(case.hazard_id, purpose), FIRST, LAST)


def _some(cases: list[Case], purpose: str) -> list[Case]:
    return shuffled([case for case in cases if case.plain], purpose)


def other_operators(cases: list[Case]) -> None:
    """Let some hazards be taken over by another operator."""
    told = 0
    for case in _some(cases, "operators"):
        former = draw_operator(case.hazard_id, case.final["kind"], "former operator")
        if former != case.final["operator"] and told < OTHER_OPERATORS:
            told, case.told = told + 1, True
            case.start["operator"] = former
            case.say(
                "described",
                _day(case, "taken over"),
                comment=f"taken over from {former}",
                detail={"operator": case.final["operator"]},
            )


def other_districts(cases: list[Case], districts: gpd.GeoDataFrame) -> None:
    """Let some hazards be recorded in the neighbouring district first, and that be put right."""
    for case in _some(cases, "districts")[:OTHER_DISTRICTS]:
        province, code = case.final["province_code"], case.final["district_code"]
        mine = districts[districts["province_code"] == province].drop(index=code)
        apart = shapely.distance(mine.geometry.to_numpy(), case.site.left)
        case.told = True
        wrong = mine.iloc[int(apart.argmin())]
        case.start |= {"district": wrong["district"], "district_code": wrong.name}
        case.say(
            "described",
            _day(case, "district"),
            comment="the district was recorded wrongly",
            detail={name: case.final[name] for name in ("district", "district_code")},
        )


def reform(cases: list[Case], districts: gpd.GeoDataFrame) -> None:
    """Make a district of a part of another: a batch on one day."""
    new, old = REFORM
    when = moment(REFORM_DAY + timedelta(days=15), generator(new, "reform"))
    for case in cases:
        if case.final["district_code"] != new or case.surveyed_on >= REFORM_DAY or case.child:
            continue
        case.start |= {"district": districts["district"][old], "district_code": old}
        case.told = True
        detail = {"district": districts["district"][new], "district_code": new}
        entry = case.say("described", REFORM_DAY, comment="new district", detail=detail)
        entry.recorded_at = when


def amendments(cases: list[Case]) -> None:
    """Let a survey draw some hazards anew: most were too wide before, some too narrow."""
    for kind, count in AMENDED.items():
        told = 0
        for case in _some([c for c in cases if c.final["kind"] == kind], "amended"):
            if told == count:
                break
            rng = generator(case.hazard_id, "amended")
            metres = float(rng.uniform(*(NARROWER_M if told % 4 == 3 else WIDER_M)))
            shape = redrawn(case.site.left, metres) if len(case.site.left.geoms) == 1 else None
            if shape is not None:
                told, case.told = told + 1, True
                case.site = Site(case.hazard_id, shape, case.site.left)
                amend(case, _day(case, "amended"))


def amend(case: Case, day: date) -> Entry:
    """Write that a survey redrew what is left of a case."""
    now = case.final["reported_size_m2"]
    entry = case.say("amended", day, comment="redrawn by non-technical survey")
    entry.geometry, entry.reported_size_m2 = case.site.left, now
    restate(case, entry, now, reported(case.hazard_id, case.size_m2(), "registered size"))
    return entry


def divisions(cases: list[Case]) -> None:
    """Divide some hazards that were two in one record; of CM, a SHA gives two CHA."""
    for kind, count in DIVIDED.items():
        mine = _some([c for c in cases if c.final["kind"] == kind], "divided")
        if kind == "cluster_munition":
            mine = [c for c in mine if c.final["area_type"] == "CHA"]
        told = 0
        for parent, child in _pairs(mine, APART_DEGREES[kind]):
            if told < count and parent.plain and child.plain and _alike(parent, child):
                told += 1
                divide(parent, child)


def _pairs(cases: list[Case], degrees: float) -> list[tuple[Case, Case]]:
    """Return neighbours of one district, in the order of the cases given."""
    shapes = [case.site.left for case in cases]
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=degrees)
    pairs = sorted(zip(first.tolist(), second.tolist(), strict=True))
    return [(cases[a], cases[b]) for a, b in pairs if a != b]


def _alike(parent: Case, child: Case) -> bool:
    same = ("district_code", "area_type", "in_workbench")
    days = (parent.surveyed_on, child.surveyed_on)
    return all(parent.final[n] == child.final[n] for n in same) and max(days) < FIRST


def divide(parent: Case, child: Case) -> None:
    """Write that a hazard of two parts was divided: the second part has its own id since."""
    parent.told = child.told = child.child = True
    day = _day(parent, "divided")
    whole = shapely.MultiPolygon([*parent.site.left.geoms, *child.site.left.geoms])
    moved = child.site.left
    parent.site = Site(parent.hazard_id, whole, parent.site.left)
    cluster = parent.final["kind"] == "cluster_munition"
    attributes = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in child.final.items()
        if name not in {"hazard_id", "status"} and (value, parent.final[name]) != (None, None)
    }
    if cluster:
        parent.start["area_type"] = attributes["area_type"] = "SHA"
    side = _transfer(parent, child, day, moved, f"DIV-{parent.hazard_id}", attributes)
    side.comment = f"divided; one part is {child.hazard_id} since"
    written = reported(parent.hazard_id, parent.size_m2(), "registered size")
    restate(parent, side, parent.final["reported_size_m2"], written)
    if cluster:
        for case in (parent, child):
            case.say("confirmed", day + timedelta(days=21))


def _transfer(
    parent: Case,
    child: Case,
    day: date,
    land: shapely.Geometry,
    name: str,
    attributes: dict[str, Any],
) -> Entry:
    """Write both sides of a transfer; return that of the parent, which loses the land."""
    role = {"role": "child", "parent_id": parent.hazard_id, **attributes}
    side = parent.say("transferred", day, detail={"role": "parent"})
    other = child.say("transferred", day, after=side, detail=role)
    other.comment = f"part of {parent.hazard_id} until then"
    for entry in (side, other):
        entry.geometry, entry.transfer_id = land, name
    return side


def mergers(cases: list[Case], new_id: dict[str, str]) -> list[Case]:
    """Merge some hazards that were two records; return the hazards merged into others.

    Parameters
    ----------
    cases
        All cases.
    new_id
        For each district a free id.
    """
    merged = []
    for case in _some([c for c in cases if c.final["kind"] == "ap_minefield"], "merged"):
        parts = whole_parts(case.site.left) if len(case.site.left.geoms) == 2 else None
        code = case.final["district_code"]
        if parts is None or code not in new_id or case.surveyed_on >= FIRST:
            continue
        merged.append(_merge(case, parts, new_id.pop(code)))
        if len(merged) == MERGED:
            return merged
    raise ValueError("too few hazards of two parts to merge")


def _merge(case: Case, parts: list[shapely.Geometry], other_id: str) -> Case:
    """Write that another hazard, the second part, was merged into a case."""
    day = _day(case, "merged")
    written = float(size_m2([parts[1]])[0])
    final = {**case.final, "hazard_id": other_id, "reported_size_m2": written}
    other = type(case)(final, Site(other_id, parts[1], shapely.MultiPolygon()), told=True)
    case.told = True
    case.site = Site(case.hazard_id, parts[0], case.site.left)
    side = _transfer(other, case, day, parts[1], f"MRG-{case.hazard_id}", {})
    side.comment = f"merged into {case.hazard_id}"
    restate(case, side, case.final["reported_size_m2"], float(size_m2([parts[0]])[0]))
    return other


def retractions(cases: list[Case]) -> None:
    """Enter some reports for the wrong hazard, and void them weeks later."""
    for kind, count in RETRACTED.items():
        told = 0
        for case in _some([c for c in cases if c.final["kind"] == kind], "retracted"):
            wrong = half_of(case.site.left)
            if told == count or wrong is None or case.surveyed_on >= FIRST:
                continue
            told, case.told = told + 1, True
            _void(case, "cleared" if told % 3 else "reduced", wrong, later=20 + 15 * told)


def _void(case: Case, outcome: str, wrong: shapely.Geometry, *, later: int) -> None:
    """Write a release that never was, and so many days later its retraction."""
    day = _day(case, "in error")
    entry = case.say(outcome, day, comment="belongs to another hazard")
    entry.geometry, entry.reported_size_m2 = wrong, float(size_m2([wrong])[0])
    entry.depth_cm = 20.0 if outcome == "cleared" else None
    voided = case.say("retracted", day, comment="report entered for the wrong hazard")
    when = entry.recorded_at.date() + timedelta(days=later)
    voided.recorded_at = moment(when, generator(case.hazard_id, "voided"))
    voided.happened_on, voided.retracts = None, entry
