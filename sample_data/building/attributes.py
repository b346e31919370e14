"""What is said of each minefield: plausible, invented, seeded by its id.

Nothing is invented that could be taken for a real place: commune and village stay empty, until
`nearest` says near which place each lies.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from building.place import Wish, generator

if TYPE_CHECKING:
    import pandas as pd
    from numpy.random import Generator

    from building.calibrate import Margin

THAI_BORDER = {"CMAC": 0.42, "HALO": 0.34, "MAG": 0.08, "RCA": 0.07, "NPMEC": 0.06, "CSHD": 0.03}
INLAND = {"CMAC": 0.55, "HALO": 0.12, "MAG": 0.08, "RCA": 0.08, "NPMEC": 0.09, "APOPO": 0.08}
EAST = {"CMAC": 0.5, "MAG": 0.3, "NPA": 0.12, "RCA": 0.08}
OPERATORS = {
    **dict.fromkeys(("01", "02", "22", "24"), THAI_BORDER),
    **dict.fromkeys(("06", "09", "13", "15", "17"), INLAND),
    **dict.fromkeys(("10", "11", "16"), EAST),
}
"""Operators of the work plan's Table 5, with invented shares, by province code."""

FIRST_SURVEY, LAST_SURVEY = date(2009, 3, 1), date(2019, 11, 30)
FIRST_NEW, LAST_NEW = date(2020, 1, 6), date(2021, 12, 17)


def _day(rng: Generator, first: date, last: date) -> date:
    """Draw a working day."""
    day = first + timedelta(days=int(rng.integers(0, (last - first).days + 1)))
    return day - timedelta(days=max(0, day.weekday() - 4))


def _reported(rng: Generator, size: int) -> float:
    """Draw what the operator wrote: mostly the size, else a rounded or slightly other figure."""
    draw = rng.random()
    if draw < 0.8:
        return float(size)
    if draw < 0.92:
        return float(max(1, round(size * (1 + rng.normal(0.0, 0.006)))))
    return float(max(10, round(size, -2 if size >= 2000 else -1)))


def attributes(
    wish: Wish, margin: Margin, district: pd.Series, *, in_workbench: bool
) -> dict[str, Any]:
    """Return the attributes of one minefield; `margin` and `district` are those of its place."""
    rng = generator(wish.hazard_id, "attributes")
    shares = OPERATORS[margin.code[:2]]
    suspected = rng.random() < (0.45 if wish.size_m2 > 150_000 else 0.25)
    also = margin.code[:2] in OPERATORS and rng.random() < 0.05
    worked_on = rng.random() < 0.12 and not in_workbench
    operator = str(rng.choice(list(shares), p=list(shares.values())))
    days = (FIRST_NEW, LAST_NEW) if in_workbench else (FIRST_SURVEY, LAST_SURVEY)
    return {
        "hazard_id": wish.hazard_id,
        "kind": "ap_minefield",
        "also": "av_minefield" if also else None,
        "area_type": "SHA" if suspected else "CHA",
        "status": "worked_on" if worked_on else "open",
        "in_workbench": in_workbench,
        "province": district["province"],
        "province_code": district["province_code"],
        "district": district["district"],
        "district_code": margin.code,
        **UNSAID,
        "difficulty": margin.difficulty,
        "operator": operator,
        "surveyed_on": _day(rng, *days),
        "reported_size_m2": _reported(rng, wish.size_m2),
    }


UNSAID = dict.fromkeys(
    ("commune", "commune_code", "village", "village_code", "survey_method", "evidence")
) | {"residual": False}
"""What the sample says of no hazard."""
UNSAID_TEXTS = tuple(name for name in UNSAID if name != "residual")
ELSEWHERE = {"CMAC": 0.7, "HALO": 0.12, "RCA": 0.1, "NPMEC": 0.08}
CLUSTER = {"CMAC": 0.86, "HALO": 0.04, "MAG": 0.06, "NPA": 0.04}
CLUSTER_RATANAK_KIRI = {"CMAC": 0.3, "MAG": 0.48, "NPA": 0.22}
FIRST_CONFIRMED = date(2015, 6, 1)
"""Since 2015 cluster-munition remnants survey identifies confirmed areas."""
REPORTED_AFTER = "reported after"


def place_of(code: str, district: pd.Series) -> dict[str, Any]:
    """Return province and district of a hazard; commune and village stay empty."""
    return {
        "province": district["province"],
        "province_code": district["province_code"],
        "district": district["district"],
        "district_code": code,
        **UNSAID,
    }


def draw_operator(hazard_id: str, kind: str, purpose: str = "operator") -> str:
    """Draw an operator who works on that kind in that province."""
    province = hazard_id[3:5]
    if kind == "ap_minefield":
        shares = OPERATORS.get(province, ELSEWHERE)
    else:
        shares = CLUSTER_RATANAK_KIRI if province == "16" else CLUSTER
    return str(generator(hazard_id, purpose).choice(list(shares), p=list(shares.values())))


def released_attributes(
    hazard_id: str, kind: str, district: pd.Series, *, area_type: str, difficulty: str | None
) -> dict[str, Any]:
    """Return the attributes of a hazard that no table lists: one that is wholly released."""
    code = hazard_id[3:7]
    return {
        "hazard_id": hazard_id,
        "kind": kind,
        "also": None,
        "area_type": area_type,
        "status": "open",
        "in_workbench": False,
        **place_of(code, district),
        "difficulty": difficulty,
        "operator": draw_operator(hazard_id, kind),
        "surveyed_on": survey_day(hazard_id, kind, area_type),
        "reported_size_m2": None,
    }


def survey_day(hazard_id: str, kind: str, area_type: str, year: int | None = None) -> date:
    """Draw the day of the survey: before 2020, or in a year."""
    rng = generator(hazard_id, "surveyed")
    if year is not None:
        return _day(rng, date(year, 1, 15), date(year, 10, 31))
    confirmed = kind == "cluster_munition" and area_type == "CHA"
    return _day(rng, FIRST_CONFIRMED if confirmed else FIRST_SURVEY, LAST_SURVEY)


def reported(hazard_id: str, size: int, when: str) -> float:
    """Draw what the operator wrote of a size at one time."""
    return _reported(generator(hazard_id, when), size)
